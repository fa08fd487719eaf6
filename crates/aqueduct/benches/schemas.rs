//! Validates manifest files against the schemas and rules of the API server.
//!
//! `cargo bench --bench schemas` prints the fastest of several runs of `aqueduct check --manifests` on 50,000
//! objects, and its ratio to the 6.7 s that kubeconform reports for the same number on four cores.

#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a benchmark measures time and prints it"
)]

use std::fmt::Write as _;
use std::fs;
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// The program's own.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const FILES: usize = 500;
/// The number of Deployments, and of Services.
const WORKLOADS: usize = 50;
const REPEATS: usize = 5;
/// Source: <https://github.com/yannh/kubeconform#speed-comparison-with-kubeval>.
const KUBECONFORM: Duration = Duration::from_millis(6700);

fn main() -> ExitCode {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    for file in 0..FILES {
        let mut text = String::new();
        for number in 0..WORKLOADS {
            let name = format!("web-{file}-{number}");
            let _ = write!(
                text,
                "apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}, namespace: shop, labels: {{app: {name}}}}}
spec:
  replicas: 2
  selector: {{matchLabels: {{app: {name}}}}}
  template:
    metadata: {{labels: {{app: {name}}}}}
    spec:
      containers:
      - name: web
        image: nginx:1.29
        ports: [{{name: http, containerPort: 8080}}]
        resources:
          requests: {{cpu: 50m, memory: 64Mi}}
          limits: {{cpu: 500m, memory: 64Mi}}
        readinessProbe: {{httpGet: {{path: /, port: http}}}}
---
apiVersion: v1
kind: Service
metadata: {{name: {name}, namespace: shop}}
spec:
  selector: {{app: {name}}}
  ports: [{{name: http, port: 80, targetPort: http}}]
---
"
            );
        }
        fs::write(folder.path().join(format!("{file}.yaml")), text).expect("a file can be written");
    }
    let mut fastest = Duration::MAX;
    for _ in 0..REPEATS {
        let words = ["aqueduct", "check", "--quiet", "--rules", "api", "--manifests"].map(Into::into);
        let words = words.into_iter().chain([folder.path().as_os_str().to_owned()]);
        let start = Instant::now();
        let code = aqueduct::Cli::new().run_with(words);
        fastest = fastest.min(start.elapsed());
        if code != ExitCode::SUCCESS {
            return code;
        }
    }
    let seconds = fastest.as_secs_f64();
    let ratio = KUBECONFORM.as_secs_f64() / seconds;
    println!("{} objects: {seconds:.2} s, {ratio:.1} times as fast as 6.7 s", FILES * WORKLOADS * 2);
    ExitCode::SUCCESS
}
