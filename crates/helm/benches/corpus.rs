//! Renders the corpus in one process and compares the time with Helm's. Each chart is loaded once and rendered with
//! the values of all its cases, first on one core, then on all cores, like the instances of a platform. Each case is
//! also measured on its own with all cores available: from disk, and as another instance of the loaded chart.
//!
//! Keys are searched at random, as in production, so cases that generate keys vary in duration from run to run; the
//! times of the other cases are also reported separately. All files have been read once beforehand.
#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a benchmark measures time and prints it"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use aqueduct_helm::template::{CallSite, Host, Moment, Refusal};
use aqueduct_helm::{Capabilities, Chart, Engine, Prepared, Release, UserValues, check_installable};
use rayon::prelude::*;

/// The allocator of the `aqueduct` program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// A clock and randomness, and whether a key was made from it.
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
        // `genPrivateKey`, `genCA` and related functions.
        self.keys |= site.function.starts_with("gen");
        getrandom::fill(buffer).map_err(|error| Refusal(error.to_string()))
    }
}

/// Values for a chart, and how long Helm took to render it.
struct Case {
    name: String,
    chart: PathBuf,
    /// The user's values file.
    values: Option<Vec<u8>>,
    helm: f64,
}

/// How long a case took, from disk and as another instance.
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
    let mut charts: Vec<Vec<Case>> = folders(&root).iter().map(|folder| read_cases(&root, folder)).collect();
    charts
        .iter_mut()
        .for_each(|cases| cases.retain(|case| case.name.contains(&only) && case.load().is_some()));
    charts.retain(|cases| !cases.is_empty());
    if charts.is_empty() {
        println!("skipped: no cases at {}", root.display());
        return;
    }
    let mut measured: Vec<Measured<'_>> = charts.iter().flatten().filter_map(measure).collect();
    let Ok(core) = rayon::ThreadPoolBuilder::new().num_threads(1).build() else { return };
    let one_core = core.install(|| seconds(|| render_all(&charts)));
    let all_cores = seconds(|| render_all(&charts));
    let total = Sums::of(measured.iter());
    let (keys, others): (Vec<_>, Vec<_>) = measured.iter().partition(|measured| measured.keys);
    let [keys, others] = [keys, others].map(|measured| Sums::of(measured.into_iter()));
    let helm = total.helm;
    println!("{} charts with {} cases, for which Helm took {helm:.3} s", charts.len(), total.count);
    println!("on one core {one_core:.3} s: {:.1} times as fast", helm / one_core);
    let cores = rayon::current_num_threads();
    println!("on {cores} cores {all_cores:.3} s: {:.1} times as fast", helm / all_cores);
    println!("a further instance takes {:.2} of the first", total.ratio());
    println!(
        "without the {} cases that search keys at random: {:.2}; Helm took {:.3} s for them, one after the other they take {:.3} s",
        keys.count,
        others.ratio(),
        others.helm,
        others.first
    );
    measured.sort_by(|left, right| right.first.total_cmp(&left.first));
    for Measured { case, first, second, keys } in measured.iter().take(10) {
        let keys = if *keys { " (keys)" } else { "" };
        println!("{first:.4} s, again {second:.4} s, Helm {:.3} s: {}{keys}", case.helm, case.name);
    }
}

/// The summed seconds of some cases.
#[derive(Default)]
struct Sums {
    count: usize,
    first: f64,
    second: f64,
    helm: f64,
}

impl Sums {
    fn of<'a>(measured: impl Iterator<Item = &'a Measured<'a>>) -> Self {
        measured.fold(Self::default(), |sums, one| Self {
            count: sums.count + 1,
            first: sums.first + one.first,
            second: sums.second + one.second,
            helm: sums.helm + one.case.helm,
        })
    }

    fn ratio(&self) -> f64 {
        self.second / self.first
    }
}

/// Loads each chart and renders it with the values of its cases.
fn render_all(charts: &[Vec<Case>]) {
    charts.par_iter().with_max_len(1).for_each(|cases| {
        if let Some(chart) = cases.first().and_then(Case::load) {
            cases.par_iter().for_each(|case| {
                case.render(&chart);
            });
        }
    });
}

fn seconds(work: impl FnOnce()) -> f64 {
    let start = Instant::now();
    work();
    start.elapsed().as_secs_f64()
}

fn folders(parent: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(parent).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut folders: Vec<PathBuf> = entries.filter(|path| path.is_dir()).collect();
    folders.sort();
    folders
}

/// Reads the cases of a chart, which has a folder in the corpus.
fn read_cases(root: &Path, folder: &Path) -> Vec<Case> {
    let read = |case: PathBuf| {
        let meta: serde_json::Value = serde_json::from_slice(&fs::read(case.join("meta.json")).ok()?).ok()?;
        let name = case.strip_prefix(root).unwrap_or(&case).display().to_string();
        let values = case.join("values.yaml");
        let values = fs::read(&values).ok();
        Some(Case { name, chart: folder.join("chart"), values, helm: meta.get("seconds")?.as_f64()? })
    };
    folders(&folder.join("cases")).into_iter().filter_map(read).collect()
}

/// Measures a case; one that cannot be rendered is measured as far as it goes.
fn measure(case: &Case) -> Option<Measured<'_>> {
    let start = Instant::now();
    let chart = case.load()?;
    let keys = case.render(&chart);
    let first = start.elapsed().as_secs_f64();
    let second = seconds(|| {
        case.render(&chart);
    });
    Some(Measured { case, first, second, keys })
}

impl Case {
    fn load(&self) -> Option<Arc<Chart>> {
        let chart = Arc::new(Chart::read(&self.chart).ok()?);
        check_installable(&chart).ok()?;
        Some(chart)
    }

    /// Renders the chart and returns whether keys were made.
    fn render(&self, chart: &Arc<Chart>) -> bool {
        let mut host = BenchHost::default();
        let mut values = UserValues::new();
        if self.values.iter().any(|file| values.add_file(file).is_err()) {
            return false;
        }
        let Ok(prepared) = Prepared::new(chart, &values.into_map()) else { return false };
        if prepared.validate().is_ok() {
            let release = Release::new("demo", "demo-ns");
            // A chart may reject its values; that takes time too.
            let _ = prepared.render(&Engine::new(), &release, &Capabilities::default(), &mut host);
        }
        host.keys
    }
}
