//! Tests the metrics configuration, rules and alerts with Prometheus and its tool.
//!
//! Debian's Prometheus lacks pod discovery, so the discovered targets are in the configuration.

use aqueduct_manifest::{List, Map, Value, json, yaml};

use super::pod::Container;
use super::server::{Server, ask, free_ports, wait};
use super::{files, folder, installed, object, run, said, write};

/// Returns the jobs of a configuration, each modified.
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

/// Returns a pod as discovery would report it.
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
        // A Service with annotations for its pods, and one whose pods have them.
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
    let [listen] = free_ports();
    let mut container = Container::main(object("StatefulSet", "prometheus", "prometheus"))
        .replace("/etc/prometheus", &path)
        .replace("=/prometheus", &format!("={path}/data"));
    container.command.push(format!("--web.listen-address=127.0.0.1:{listen}"));
    if !installed(&["prometheus"]) {
        return;
    }
    let _server = Server::start(&mut container.start(Some("prometheus")));
    for probe in ["startupProbe", "readinessProbe", "livenessProbe"] {
        wait(|| ask(listen, container.path(probe))).expect(probe);
    }
    let answer = wait(|| {
        let value = json::read(&ask(listen, "/api/v1/targets?state=active")?).ok()?;
        let targets = value.at(&["data", "activeTargets"])?.as_list()?.clone();
        // The jobs are filled in one after the other.
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
