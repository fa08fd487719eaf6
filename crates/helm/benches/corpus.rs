//! Renders the corpus in one process, beside what Helm took for it, each case twice: the second time as
//! another instance of the chart that is loaded already.
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

/// A clock and numbers that look random.
struct BenchHost(u64);

impl Host for BenchHost {
    fn now(&mut self, _site: &CallSite) -> Result<Moment, Refusal> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Ok(Moment { seconds: now.as_secs() as i64, nanoseconds: now.subsec_nanos() })
    }

    fn random(&mut self, _site: &CallSite, buffer: &mut [u8]) -> Result<(), Refusal> {
        for byte in buffer {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            *byte = (self.0 >> 56) as u8;
        }
        Ok(())
    }
}

/// How long a case took, from the disk and as a further instance, and how long Helm took.
struct Measured {
    name: String,
    first: Duration,
    second: Duration,
    helm: f64,
}

fn main() {
    let root = match std::env::var_os("AQUEDUCT_CORPUS") {
        Some(folder) => PathBuf::from(folder),
        None => PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/corpus")),
    }
    .join("helm");
    let only = std::env::var("AQUEDUCT_CASE").unwrap_or_default();
    let mut measured = Vec::new();
    for folder in folders(&root) {
        for case in folders(&folder.join("cases")) {
            let name = case.strip_prefix(&root).unwrap_or(&case).display().to_string();
            if name.contains(&only) {
                measured.extend(measure(name, &folder.join("chart"), &case));
            }
        }
    }
    if measured.is_empty() {
        println!("skipped: no cases at {}", root.display());
        return;
    }
    let sum = |time: fn(&Measured) -> f64| measured.iter().map(time).sum::<f64>();
    let first = sum(|case| case.first.as_secs_f64());
    let second = sum(|case| case.second.as_secs_f64());
    let helm = sum(|case| case.helm);
    println!("{} cases in {first:.3} s, Helm {helm:.3} s: {:.1} times as fast", measured.len(), helm / first);
    println!("a further instance takes {:.2} of the first", second / first);
    measured.sort_by_key(|case| std::cmp::Reverse(case.first));
    for case in measured.iter().take(10) {
        println!(
            "{:.4} s, again {:.4} s, Helm {:.3} s: {}",
            case.first.as_secs_f64(),
            case.second.as_secs_f64(),
            case.helm,
            case.name
        );
    }
}

fn folders(parent: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(parent).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut folders: Vec<PathBuf> = entries.filter(|path| path.is_dir()).collect();
    folders.sort();
    folders
}

/// Measures one case; one that cannot be rendered is measured as far as it goes.
fn measure(name: String, chart: &Path, case: &Path) -> Option<Measured> {
    let meta: serde_json::Value = serde_json::from_slice(&fs::read(case.join("meta.json")).ok()?).ok()?;
    let values = case.join("values.yaml");
    let files = if values.exists() { vec![values.display().to_string()] } else { Vec::new() };
    let options = ValueOptions { files, ..ValueOptions::default() };
    let start = Instant::now();
    let chart = Arc::new(Chart::read(chart).ok()?);
    check_installable(&chart).ok()?;
    render(&chart, &options);
    let first = start.elapsed();
    let start = Instant::now();
    render(&chart, &options);
    Some(Measured { name, first, second: start.elapsed(), helm: meta.get("seconds")?.as_f64()? })
}

fn render(chart: &Arc<Chart>, options: &ValueOptions) {
    let Ok(values) = options.merge(&read_file) else { return };
    let Ok(prepared) = Prepared::new(chart, &values) else { return };
    if prepared.validate().is_ok() {
        let release = Release::new("demo", "demo-ns");
        // A chart may refuse its values; that takes time too.
        let _ = prepared.render(&release, &Capabilities::default(), &mut BenchHost(1));
    }
}
