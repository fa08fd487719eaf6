//! Renders the corpus in one process, beside what Helm took for it: all cases on one core, each twice, the second
//! time as another instance of the chart that is loaded already, and then all cases on all cores, as a platform of
//! many instances is rendered.
//!
//! Keys are searched at random, as they are in use, so that the cases that make some take longer or shorter from run
//! to run; the times of the others are told on their own too.
#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a benchmark measures time and prints it"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use aqueduct_helm::template::{CallSite, Host, Moment, Refusal};
use aqueduct_helm::{Capabilities, Chart, Prepared, Release, ValueOptions, check_installable, read_file};
use rayon::prelude::*;

/// The allocator of the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// A clock and randomness, and whether a key was made of it.
#[derive(Default)]
struct BenchHost {
    keys: bool,
}

impl Host for BenchHost {
    fn now(&mut self, _site: &CallSite) -> Result<Moment, Refusal> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Ok(Moment { seconds: now.as_secs() as i64, nanoseconds: now.subsec_nanos() })
    }

    fn random(&mut self, site: &CallSite, buffer: &mut [u8]) -> Result<(), Refusal> {
        // `genPrivateKey`, `genCA` and those that go with it.
        self.keys |= site.function.starts_with("gen");
        getrandom::fill(buffer).map_err(|error| Refusal(error.to_string()))
    }
}

/// A chart with values, and how long Helm took for it.
struct Case {
    name: String,
    chart: PathBuf,
    values: ValueOptions,
    helm: f64,
}

/// How long a case took, from the disk and as a further instance.
struct Measured<'a> {
    case: &'a Case,
    first: f64,
    second: f64,
    keys: bool,
}

fn main() {
    let root = match std::env::var_os("AQUEDUCT_CORPUS") {
        Some(folder) => PathBuf::from(folder),
        None => PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/corpus")),
    }
    .join("helm");
    let only = std::env::var("AQUEDUCT_CASE").unwrap_or_default();
    let cases: Vec<Case> = folders(&root)
        .iter()
        .flat_map(|folder| {
            folders(&folder.join("cases")).into_iter().map(|case| (folder.join("chart"), case))
        })
        .filter_map(|(chart, case)| read_case(&root, chart, &case))
        .filter(|case| case.name.contains(&only))
        .collect();
    let Ok(core) = rayon::ThreadPoolBuilder::new().num_threads(1).build() else { return };
    let mut measured: Vec<Measured<'_>> = core.install(|| cases.iter().filter_map(measure).collect());
    if measured.is_empty() {
        println!("skipped: no cases at {}", root.display());
        return;
    }
    let start = Instant::now();
    measured.par_iter().with_max_len(1).for_each(|measured| {
        measured.case.load().map(|chart| measured.case.render(&chart));
    });
    let all = start.elapsed().as_secs_f64();
    let total = Sums::of(measured.iter());
    let keyless = Sums::of(measured.iter().filter(|measured| !measured.keys));
    let Sums { first, helm, .. } = total;
    println!("{} cases, Helm {helm:.3} s", measured.len());
    println!("on one core {first:.3} s: {:.1} times as fast", helm / first);
    println!("on {} cores {all:.3} s: {:.1} times as fast", rayon::current_num_threads(), helm / all);
    println!("a further instance takes {:.2} of the first", total.ratio());
    println!(
        "without the {} cases that search keys: on one core {:.3} s, Helm {:.3} s; a further instance takes {:.2}",
        measured.iter().filter(|measured| measured.keys).count(),
        keyless.first,
        keyless.helm,
        keyless.ratio()
    );
    measured.sort_by(|left, right| right.first.total_cmp(&left.first));
    for Measured { case, first, second, keys } in measured.iter().take(10) {
        let keys = if *keys { " (keys)" } else { "" };
        println!("{first:.4} s, again {second:.4} s, Helm {:.3} s: {}{keys}", case.helm, case.name);
    }
}

/// The seconds of some cases, summed up.
struct Sums {
    first: f64,
    second: f64,
    helm: f64,
}

impl Sums {
    fn of<'a>(measured: impl Iterator<Item = &'a Measured<'a>>) -> Self {
        measured.fold(Self { first: 0.0, second: 0.0, helm: 0.0 }, |sums, one| Self {
            first: sums.first + one.first,
            second: sums.second + one.second,
            helm: sums.helm + one.case.helm,
        })
    }

    fn ratio(&self) -> f64 {
        self.second / self.first
    }
}

fn folders(parent: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(parent).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut folders: Vec<PathBuf> = entries.filter(|path| path.is_dir()).collect();
    folders.sort();
    folders
}

fn read_case(root: &Path, chart: PathBuf, case: &Path) -> Option<Case> {
    let meta: serde_json::Value = serde_json::from_slice(&fs::read(case.join("meta.json")).ok()?).ok()?;
    let name = case.strip_prefix(root).unwrap_or(case).display().to_string();
    let values = case.join("values.yaml");
    let files = if values.exists() { vec![values.display().to_string()] } else { Vec::new() };
    let values = ValueOptions { files, ..ValueOptions::default() };
    Some(Case { name, chart, values, helm: meta.get("seconds")?.as_f64()? })
}

/// Measures a case; one that cannot be rendered is measured as far as it goes.
fn measure(case: &Case) -> Option<Measured<'_>> {
    let start = Instant::now();
    let chart = case.load()?;
    let keys = case.render(&chart);
    let first = start.elapsed();
    let start = Instant::now();
    case.render(&chart);
    let [first, second] = [first, start.elapsed()].map(|time: Duration| time.as_secs_f64());
    Some(Measured { case, first, second, keys })
}

impl Case {
    fn load(&self) -> Option<Arc<Chart>> {
        let chart = Arc::new(Chart::read(&self.chart).ok()?);
        check_installable(&chart).ok()?;
        Some(chart)
    }

    /// Renders the chart and tells whether keys were made.
    fn render(&self, chart: &Arc<Chart>) -> bool {
        let mut host = BenchHost::default();
        let Ok(values) = self.values.merge(&read_file) else { return false };
        let Ok(prepared) = Prepared::new(chart, &values) else { return false };
        if prepared.validate().is_ok() {
            let release = Release::new("demo", "demo-ns");
            // A chart may refuse its values; that takes time too.
            let _ = prepared.render(&release, &Capabilities::default(), &mut host);
        }
        host.keys
    }
}
