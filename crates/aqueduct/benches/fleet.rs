//! Renders a fleet of tenants cold, again and in part, compared with `cp -r` of the same tree, and checks it.
//!
//! For growing fleets, `cargo bench --bench fleet` prints the time of each render and its ratio to the copy, the time
//! of a check and its ratio to the cold render, and the peak memory of both. `cargo bench --bench fleet -- 100`
//! measures one fleet of 100 tenants.

#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a benchmark measures time and prints it"
)]

use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

/// The program's own.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The components of each tenant.
const COMPONENTS: usize = 10;
/// How many times each run is repeated; the fastest counts.
const REPEATS: usize = 3;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    // Each run has its own process, so that its peak memory can be measured.
    if let Some(at) = arguments.iter().position(|argument| argument == "--run") {
        let words = std::iter::once("aqueduct").chain(arguments[at + 1..].iter().map(String::as_str));
        let code = aqueduct::Cli::new().run_with(words.map(OsString::from));
        println!("{}", peak_memory());
        return code;
    }
    let sizes: Vec<usize> = arguments.iter().filter_map(|argument| argument.parse().ok()).collect();
    let sizes = if sizes.is_empty() { vec![100, 300, 1000] } else { sizes };
    println!(
        "{:>8} {:>9} {:>8} {:>7} {:>16} {:>16} {:>16} {:>9} {:>16} {:>9}",
        "tenants",
        "instances",
        "files",
        "cp -r",
        "cold",
        "nothing changed",
        "one tenant",
        "memory",
        "check",
        "memory"
    );
    for tenants in sizes {
        measure(tenants);
    }
    ExitCode::SUCCESS
}

fn measure(tenants: usize) {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let platform = folder.path().join("platform");
    generate(&platform, tenants);
    let output = platform.join("output");
    let mut memory = 0;
    // Old trees are moved away, not deleted: creating files is slow right after deleting others.
    let mut aside = (0..).map(|number| folder.path().join(format!("aside-{number}")));
    let mut clear = |path: &Path| {
        if path.exists() {
            fs::rename(path, aside.next().expect("there is always another number"))
                .expect("a folder can be moved");
        }
    };
    let cold = fastest(|| {
        clear(&output);
        let start = Instant::now();
        memory = run(&platform, &["render", "--quiet"]).max(memory);
        start.elapsed()
    });
    let files = count(&output);
    let warm = fastest(|| {
        timed(|| {
            run(&platform, &["render", "--quiet"]);
        })
    });
    let one = fastest(|| {
        timed(|| {
            run(&platform, &["render", "--quiet", "--tenant", "tenant-0"]);
        })
    });
    let copy = fastest(|| {
        let target = folder.path().join("copy");
        clear(&target);
        timed(|| {
            let status = Command::new("cp").arg("-r").arg(&output).arg(&target).status();
            assert!(status.is_ok_and(|status| status.success()), "the tree can be copied");
        })
    });
    let mut check_memory = 0;
    let check = fastest(|| timed(|| check_memory = run(&platform, &["check", "--quiet"]).max(check_memory)));
    let ratio_to = |base: Duration, time: Duration| {
        format!("{:>7.2} s {:>4.2} x", time.as_secs_f64(), time.as_secs_f64() / base.as_secs_f64())
    };
    let ratio = |time| ratio_to(copy, time);
    println!(
        "{tenants:>8} {:>9} {files:>8} {:>5.2} s {} {} {} {:>5} MiB {} {:>5} MiB",
        tenants * COMPONENTS * 3,
        copy.as_secs_f64(),
        ratio(cold),
        ratio(warm),
        ratio(one),
        memory / 1024,
        ratio_to(cold, check),
        check_memory / 1024
    );
}

fn fastest(mut run: impl FnMut() -> Duration) -> Duration {
    (0..REPEATS).map(|_| run()).min().unwrap_or_default()
}

fn timed(run: impl FnOnce()) -> Duration {
    let start = Instant::now();
    run();
    start.elapsed()
}

/// Runs a command in its own process and returns its peak memory in KiB.
fn run(platform: &Path, words: &[&str]) -> u64 {
    let program = std::env::current_exe().expect("the benchmark knows its own path");
    let output = Command::new(program).arg("--run").args(words).arg("--directory").arg(platform).output();
    let output = output.expect("the benchmark can start itself");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().parse().unwrap_or(0)
}

/// Returns the peak memory of this process in KiB, if the system provides it.
fn peak_memory() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
}

fn count(folder: &Path) -> usize {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| if entry.path().is_dir() { count(&entry.path()) } else { 1 }).sum()
}

fn generate(platform: &Path, tenants: usize) {
    let write = |path: &str, text: &str| {
        let path = platform.join(path);
        fs::create_dir_all(path.parent().expect("every file is in a folder")).expect("folders can be made");
        fs::write(path, text).expect("files can be written");
    };
    let mut text = "name = \"fleet\"\nrepository = \"https://example.com/fleet\"\n".to_owned();
    for environment in ["dev", "staging", "prod"] {
        text += &format!(
            "[environments.{environment}]\nkubernetes = \"1.33\"\ndomain = \"{environment}.example.com\"\n\
             storage-class = \"standard\"\ningress-class = \"nginx\"\nsecret-store = \"store\"\n\
             apis = [\"external-secrets.io/v1\"]\n"
        );
    }
    write("platform.toml", &text);
    for tenant in 0..tenants {
        write(
            &format!("tenants/tenant-{tenant}/tenant.toml"),
            "owners = [\"team\"]\n[quota]\ncpu = \"20\"\nmemory = \"40Gi\"\n",
        );
        for component in 0..COMPONENTS {
            let links = match component {
                0 => String::new(),
                _ => format!("[links]\nprevious = \"service-{}\"\n", component - 1),
            };
            write(
                &format!("tenants/tenant-{tenant}/service-{component}.toml"),
                &format!(
                    "kind = \"service\"\nimage = \"registry.example.com/tenant-{tenant}/service-{component}:v1.{component}.0\"\n\
                     replicas = 1\n[ports]\nhttp = 8080\n\
                     [variables]\nLOG_LEVEL = \"info\"\nHOST = \"service-{component}.${{environment.domain}}\"\n\
                     [resources]\nrequests = {{ cpu = \"50m\", memory = \"64Mi\" }}\nlimits = {{ cpu = \"500m\", memory = \"256Mi\" }}\n\
                     [probes]\nreadiness = {{ path = \"/ready\" }}\nliveness = {{ path = \"/healthz\" }}\n\
                     {links}[environments.prod]\nreplicas = 3\n"
                ),
            );
        }
    }
}
