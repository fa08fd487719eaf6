//! Compares `aqueduct helm template` with Helm, with one process per chart: how many times as much processor time
//! Helm takes.
//!
//! `AQUEDUCT_HELM=helm cargo bench -p aqueduct --bench helm` renders the charts of the reference corpus, each with
//! the values of its first case. A word after `--` selects charts with it in their names. Charts that generate keys
//! are listed separately, since searching for primes takes random time in both programs.

#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a benchmark measures time and prints it"
)]

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

/// The program's own.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How many times each program is run, since the kernel counts in hundredths of a second.
const REPEATS: u32 = 25;
const HELM_REPEATS: u32 = 5;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    // A run in its own process.
    if let Some(at) = arguments.iter().position(|argument| argument == "--run") {
        let words = std::iter::once("aqueduct").chain(arguments[at + 1..].iter().map(String::as_str));
        return aqueduct::Cli::new().run_with(words.map(OsString::from));
    }
    let Some(helm) = std::env::var_os("AQUEDUCT_HELM") else {
        println!("skipped: AQUEDUCT_HELM does not name Helm");
        return ExitCode::SUCCESS;
    };
    let root = match std::env::var_os("AQUEDUCT_CORPUS") {
        Some(folder) => PathBuf::from(folder),
        None => PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/corpus")),
    }
    .join("helm");
    let wanted = arguments.iter().skip(1).find(|argument| !argument.starts_with("--"));
    let charts: Vec<PathBuf> = folders(&root)
        .into_iter()
        .filter(|chart| chart.join("chart").is_dir())
        .filter(|chart| wanted.is_none_or(|wanted| chart.to_string_lossy().contains(wanted.as_str())))
        .collect();
    let (Ok(own), Some(_)) = (std::env::current_exe(), charts.first()) else {
        println!("skipped: no charts at {}", root.display());
        return ExitCode::SUCCESS;
    };
    let (mut ratios, mut ours_in_all, mut helm_in_all) = (Vec::new(), 0.0, 0.0);
    println!("{:>9} {:>9} {:>6}", "aqueduct", "Helm", "ratio");
    for chart in &charts {
        let ours = milliseconds(REPEATS, || {
            let mut command = Command::new(&own);
            command.arg("--run").arg("helm");
            template(command, chart)
        });
        let theirs = milliseconds(HELM_REPEATS, || template(Command::new(&helm), chart));
        let keys = makes_keys(&chart.join("chart"));
        let name = chart.file_name().unwrap_or_default().to_string_lossy();
        let ratio = theirs / ours;
        println!("{ours:>6.1} ms {theirs:>6.1} ms {ratio:>6.1} {name}{}", if keys { " (keys)" } else { "" });
        if !keys {
            ratios.push(ratio);
            ours_in_all += ours;
            helm_in_all += theirs;
        }
    }
    ratios.sort_by(f64::total_cmp);
    if let Some(median) = ratios.get(ratios.len() / 2) {
        println!(
            "of {} charts without keys: {ours_in_all:.0} ms beside {helm_in_all:.0} ms, {:.1} times; median {median:.1}",
            ratios.len(),
            helm_in_all / ours_in_all
        );
    }
    ExitCode::SUCCESS
}

/// Completes the command that renders a chart with the values of its first case.
fn template(mut command: Command, chart: &Path) -> Command {
    command.args(["template", "demo"]).arg(chart.join("chart")).args(["-n", "demo-ns", "--include-crds"]);
    let values = folders(&chart.join("cases")).first().map(|case| case.join("values.yaml"));
    if let Some(values) = values.filter(|values| values.is_file()) {
        command.arg("-f").arg(values);
    }
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// Returns the processor time of a command, in user and system mode.
fn milliseconds(repeats: u32, command: impl Fn() -> Command) -> f64 {
    let before = ticks();
    for _ in 0..repeats {
        // A chart can reject its values, which takes time too.
        let _ = command().status();
    }
    (ticks() - before) as f64 * 10.0 / f64::from(repeats)
}

/// Returns the processor time of awaited child processes, in hundredths of a second.
fn ticks() -> u64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The program name, in parentheses, can contain blanks.
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace().skip(13).take(2);
    fields.filter_map(|field| field.parse::<u64>().ok()).sum()
}

fn folders(parent: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(parent).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut folders: Vec<PathBuf> = entries.filter(|path| path.is_dir()).collect();
    folders.sort();
    folders
}

fn makes_keys(folder: &Path) -> bool {
    fs::read_dir(folder).into_iter().flatten().flatten().any(|entry| {
        let path = entry.path();
        if path.is_dir() {
            return makes_keys(&path);
        }
        let text = fs::read(&path).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        ["genCA", "genPrivateKey", "genSelfSignedCert", "genSignedCert"]
            .iter()
            .any(|name| text.contains(name))
    })
}
