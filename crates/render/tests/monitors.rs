//! The configuration of metrics and alerts, tried on the programs themselves, and every dashboard's queries.
//!
//! The texts are those of the repository's own platform, in each of its environments. Only what a cluster has
//! and this machine has not is replaced: folders, and the discovery of pods, which Debian's Prometheus lacks.
//! A program that is not installed is skipped, visibly.

#[path = "rendering/mod.rs"]
mod rendering;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::OnceLock;
use std::thread::sleep;
use std::time::Duration;

use aqueduct_manifest::{Files, List, Map, Object, Value, json, yaml};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
const SOURCES: [&str; 7] =
    ["platform.toml", "aqueduct.lock", "tenants", "blueprints", "charts", "kustomizations", "vendor"];

/// Returns the objects of the repository's platform, of all environments.
fn objects() -> &'static [Object] {
    static OBJECTS: OnceLock<Vec<Object>> = OnceLock::new();
    OBJECTS.get_or_init(|| {
        let files = Files::read(Path::new(ROOT), &SOURCES).expect("the repository can be read");
        let (objects, diagnostics) = rendering::objects(&files);
        assert!(diagnostics.is_empty(), "{diagnostics:?}");
        objects
    })
}

/// Returns the files of all ConfigMaps whose name begins with some text: the name of the file, and its text.
fn files(config_map: &str) -> Vec<(&'static str, &'static str)> {
    let found = objects()
        .iter()
        .filter(|object| object.kind() == "ConfigMap" && object.name().starts_with(config_map));
    let data = found.filter_map(|object| object.at(&["data"])?.as_map()).flat_map(|data| data.iter());
    let files: Vec<_> = data.filter_map(|(name, text)| Some((name.as_str(), text.as_str()?))).collect();
    assert!(!files.is_empty(), "there is no ConfigMap of this name: {config_map}");
    files
}

fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("the folder can be made");
    folder
}

fn write(path: &Path, text: &str) {
    fs::write(path, text).expect("the file can be written");
}

/// Runs a program to its end; `None` where it is not installed.
#[expect(clippy::panic, clippy::print_stderr, reason = "a test fails and skips visibly")]
fn run(program: &str, arguments: &[&str]) -> Option<Output> {
    match Command::new(program).args(arguments).output() {
        Ok(output) => Some(output),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            eprintln!("skipped: `{program}` is not installed");
            None
        }
        Err(error) => panic!("{program}: {error}"),
    }
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// Returns the jobs of a configuration, each changed.
fn with_jobs(text: &str, change: impl Fn(&str, &mut Map)) -> String {
    let mut value = yaml::read(text).expect("the configuration is YAML");
    let map = value.as_map_mut().expect("the configuration is a map");
    let jobs = map.get("scrape_configs").and_then(Value::as_list).expect("there are jobs").clone();
    let jobs = jobs.iter().map(|job| {
        let mut job = job.as_map().expect("a job is a map").clone();
        let name = job.get("job_name").and_then(Value::as_str).expect("a job has a name").to_owned();
        change(&name, &mut job);
        Value::Map(job)
    });
    let jobs: List = jobs.collect();
    map.insert("scrape_configs", jobs);
    yaml::write(&value)
}

#[test]
fn promtool_takes_the_configuration_and_the_rules() {
    let folder = folder("promtool");
    let path = folder.display().to_string();
    for file in ["token", "ca.crt"] {
        write(&folder.join(file), "");
    }
    for (number, (name, text)) in files("prometheus-files").into_iter().enumerate() {
        if name != "prometheus.yml" {
            let rules = folder.join(format!("{number}-{name}"));
            write(&rules, text);
            let Some(output) =
                run("promtool", &["check", "rules", "--lint=all", &rules.display().to_string()])
            else {
                return;
            };
            assert!(
                output.status.success() && said(&output).contains("rules found"),
                "{name}: {}",
                said(&output)
            );
            continue;
        }
        assert!(
            text.contains("- alertmanager-0.alertmanager-headless.prometheus.svc.cluster.local:9093"),
            "{text}"
        );
        let text = with_jobs(text, |_, job| {
            let discovery = job.remove("kubernetes_sd_configs");
            let role = discovery
                .as_ref()
                .and_then(Value::as_list)
                .and_then(|list| list.first()?.get("role")?.as_str());
            assert!(matches!(role, Some("node" | "pod" | "endpoints")), "{discovery:?}");
        });
        let text = text
            .replace("/var/run/secrets/kubernetes.io/serviceaccount", &path)
            .replace("/etc/prometheus-rules/*.yaml", &format!("{path}/none-*.yaml"));
        let configuration = folder.join(format!("{number}.yml"));
        write(&configuration, &text);
        let Some(output) = run("promtool", &["check", "config", &configuration.display().to_string()]) else {
            return;
        };
        assert!(output.status.success(), "{}", said(&output));
    }
}

#[test]
fn alerts_fire_and_end() {
    let folder = folder("alerts");
    let rules = files("prometheus-files")
        .into_iter()
        .find(|(name, _)| *name == "default.yaml")
        .expect("there are rules");
    write(&folder.join("default.yaml"), rules.1);
    let tests = folder.join("tests.yaml");
    write(&tests, include_str!("alerts.yaml"));
    let Some(output) = run("promtool", &["test", "rules", &tests.display().to_string()]) else { return };
    assert!(output.status.success(), "{}", said(&output));
}

#[test]
fn amtool_takes_the_receivers() {
    let folder = folder("amtool");
    for (number, (_, text)) in files("alertmanager-files").into_iter().enumerate() {
        let configuration = folder.join(format!("{number}.yaml"));
        write(&configuration, text);
        let path = configuration.display().to_string();
        let Some(output) = run("amtool", &["check-config", &path]) else { return };
        assert!(output.status.success(), "{}", said(&output));
        let route = |labels: &[&str]| {
            let config = format!("--config.file={path}");
            let arguments = [&["config", "routes", "test", &config], labels].concat();
            run("amtool", &arguments).map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned())
        };
        assert_eq!(route(&["alertname=Watchdog", "severity=none"]).as_deref(), Some("nobody"));
        assert_eq!(route(&["alertname=PodNotReady", "severity=warning"]).as_deref(), Some("platform-team"));
        let woken = if text.contains("on-call") { "on-call" } else { "platform-team" };
        assert_eq!(route(&["alertname=VolumeBroken", "severity=critical"]).as_deref(), Some(woken));
    }
}

/// Returns the queries of Prometheus in a dashboard.
fn queries(value: &Value, found: &mut BTreeSet<String>) {
    let is_prometheus = value.at(&["datasource", "uid"]).and_then(Value::as_str) == Some("prometheus");
    if let Some(query) = value.get("expr").and_then(Value::as_str).filter(|_| is_prometheus) {
        found.insert(query.to_owned());
    }
    match value {
        Value::Map(map) => map.iter().for_each(|(_, inner)| queries(inner, found)),
        Value::List(list) => list.iter().for_each(|inner| queries(inner, found)),
        _ => {}
    }
}

#[test]
fn every_query_of_a_dashboard_is_one() {
    let mut found = BTreeSet::new();
    let mut identifiers: BTreeMap<String, usize> = BTreeMap::new();
    let dashboards = files("grafana-dashboards-");
    let environments = files("grafana-files").len() / 2;
    for (name, text) in &dashboards {
        let dashboard = json::read(text).unwrap_or_else(|error| panic!("{name}: {error}"));
        for field in ["title", "uid"] {
            let text = dashboard.get(field).and_then(Value::as_str).unwrap_or_default();
            assert!(!text.is_empty() && text.len() <= 40 && !text.contains("${"), "{name}: {field} {text}");
        }
        let identifier = dashboard.get("uid").and_then(Value::as_str).unwrap_or_default().to_owned();
        *identifiers.entry(identifier).or_default() += 1;
        queries(&dashboard, &mut found);
    }
    assert!(
        identifiers.values().all(|count| *count <= environments),
        "each dashboard has an identifier of its own"
    );
    for written in [
        "goverse-cluster",
        "goverse-gates",
        "goverse-nodes",
        "demo-dao-dao",
        "platform-overview",
        "goverse-etcd",
    ] {
        assert_eq!(identifiers.get(written), Some(&environments), "{written}");
    }
    let mut groups = List::new();
    for (number, query) in found.iter().enumerate() {
        let query = query.replace("$__rate_interval", "5m");
        assert!(!query.contains("${"), "{query}");
        let mut rule = Map::new();
        rule.insert("record", format!("query:{number}"));
        rule.insert("expr", query);
        let rules: List = [Value::Map(rule)].into_iter().collect();
        let mut group = Map::new();
        group.insert("name", format!("query-{number}"));
        group.insert("rules", rules);
        groups.push(group);
    }
    let mut rules = Map::new();
    rules.insert("groups", groups);
    let path = folder("queries").join("queries.yaml");
    write(&path, &yaml::write(&rules.into()));
    let Some(output) = run("promtool", &["check", "rules", &path.display().to_string()]) else { return };
    assert!(output.status.success(), "{}", said(&output));
    println!("dashboards: {} with {} different queries", dashboards.len(), found.len());
}

struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Asks a server on this machine, and returns the body of its answer.
fn ask(port: u16, path: &str) -> Option<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    write!(stream, "GET {path} HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n").ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    head.contains(" 200 ").then(|| body.to_owned())
}

/// Returns a pod as discovery would tell of it.
fn pod(labels: &[(&str, &str)]) -> Value {
    let mut meta = Map::new();
    meta.insert("__meta_kubernetes_namespace", "shop");
    meta.insert("__meta_kubernetes_pod_ip", "10.1.2.3");
    meta.insert("__meta_kubernetes_pod_phase", "Running");
    for (key, value) in labels {
        meta.insert(format!("__meta_kubernetes_{key}"), *value);
    }
    let mut group = Map::new();
    group.insert("targets", ["10.1.2.3:80".into()].into_iter().collect::<List>());
    group.insert("labels", meta);
    group.into()
}

#[test]
fn pods_are_found_as_they_say() {
    const PORT: u16 = 39090;
    let folder = folder("targets");
    let (_, text) = files("prometheus-files")
        .into_iter()
        .find(|(name, _)| *name == "prometheus.yml")
        .expect("it is there");
    let scraped = ("pod_annotation_prometheus_io_scrape", "true");
    let port = ("pod_annotation_prometheus_io_port", "9464");
    let pods = [
        pod(&[
            scraped,
            port,
            ("pod_name", "web-1"),
            ("pod_annotation_prometheus_io_path", "/stats"),
            ("pod_annotation_prometheus_io_interval", "5s"),
            ("pod_label_app_kubernetes_io_part_of", "shop"),
            ("pod_label_app_kubernetes_io_name", "web"),
            ("pod_label_app_kubernetes_io_instance", "shop-web"),
        ]),
        pod(&[scraped, port, ("pod_name", "six"), ("pod_ip", "fd00::7")]),
        pod(&[("pod_name", "silent"), port]),
        pod(&[scraped, port, ("pod_name", "ended"), ("pod_phase", "Succeeded")]),
        pod(&[
            scraped,
            port,
            ("pod_node_name", "n1"),
            ("pod_label_app_kubernetes_io_component", "node-exporter"),
        ]),
        pod(&[scraped, port, ("pod_label_app_kubernetes_io_name", "kube-state-metrics")]),
        // Of a Service that says it for its pods, and of one whose pods say it themselves.
        pod(&[
            ("service_name", "dns"),
            ("service_annotation_prometheus_io_scrape", "true"),
            ("service_annotation_prometheus_io_port", "9153"),
        ]),
        pod(&[
            ("service_name", "twice"),
            ("service_annotation_prometheus_io_scrape", "true"),
            scraped,
            port,
            ("pod_name", "web-1"),
        ]),
    ];
    let text = with_jobs(text, |name, job| {
        job.remove("kubernetes_sd_configs");
        if matches!(name, "pods" | "services" | "node-exporter" | "kube-state-metrics") {
            job.insert("static_configs", pods.iter().cloned().collect::<List>());
        }
    });
    let path = folder.display().to_string();
    let configuration = folder.join("prometheus.yml");
    write(&configuration, &text.replace("/var/run/secrets/kubernetes.io/serviceaccount", &path));
    if run("prometheus", &["--version"]).is_none() {
        return;
    }
    let server = Command::new("prometheus")
        .arg(format!("--config.file={}", configuration.display()))
        .arg(format!("--storage.tsdb.path={path}/data"))
        .arg(format!("--web.listen-address=127.0.0.1:{PORT}"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the server was asked for its version");
    let _server = Server(server);
    let answer = (0..150).find_map(|_| {
        sleep(Duration::from_millis(100));
        let value = json::read(&ask(PORT, "/api/v1/targets?state=active")?).ok()?;
        let targets = value.at(&["data", "activeTargets"])?.as_list()?.clone();
        // The jobs are filled one after the other.
        (targets.len() >= 5).then_some(targets)
    });
    let targets = answer.expect("the server finds the pods");
    let mut lines: Vec<String> = targets
        .iter()
        .map(|target| {
            let text = |path: &[&str]| target.at(path).and_then(Value::as_str).unwrap_or("-").to_owned();
            let labels = target.get("labels").and_then(Value::as_map).expect("a target has labels");
            let labels: Vec<String> =
                labels.iter().filter_map(|(key, value)| Some(format!("{key}={}", value.as_str()?))).collect();
            format!("{} every {}: {}", text(&["scrapeUrl"]), text(&["scrapeInterval"]), labels.join(" "))
        })
        .collect();
    lines.sort();
    insta::assert_snapshot!(lines.join("\n"), @r"
    http://10.1.2.3:9153/metrics every 30s: component=dns instance=10.1.2.3:9153 job=services namespace=shop
    http://10.1.2.3:9464/metrics every 30s: instance=10.1.2.3:9464 job=kube-state-metrics
    http://10.1.2.3:9464/metrics every 30s: instance=10.1.2.3:9464 job=node-exporter node=n1
    http://10.1.2.3:9464/metrics every 30s: instance=10.1.2.3:9464 job=pods namespace=shop pod=web-1
    http://10.1.2.3:9464/stats every 5s: component=web instance=10.1.2.3:9464 job=shop-web namespace=shop pod=web-1 tenant=shop
    http://[fd00::7]:9464/metrics every 30s: instance=[fd00::7]:9464 job=pods namespace=shop pod=six
    ");
}
