//! What the small installations of metrics, logs and dashboards render, and what they reject.

use super::shop::{check, check_with, with_resources};

/// Returns the text between a line that contains `from` and the end of its document.
fn part<'a>(text: &'a str, from: &str) -> &'a str {
    let start = text.find(from).expect("the text has the part");
    text[start..].split("---\n").next().unwrap_or_default()
}

#[test]
fn prometheus_and_its_alertmanager() {
    let prometheus = with_resources(
        "kind = \"prometheus\"\nalertmanager = \"pager\"\nstorage = { size = \"20Gi\" }\nretention = \"7d\"\n",
    );
    let pager = with_resources(
        r##"
kind = "alertmanager"
remote = "shop/receivers"
receiver = "team"
routes = [{ labels = { severity = "critical", shop = 'a "b" \ c' }, receiver = "on-call" }]

[receivers.team]
slack = { channel = "#alerts", secret = "slack-url" }
email = { to = "a@example.com", from = "b@example.com", server = "mail.example.com", port = 465, user = "b", secret = "mail-password" }

[receivers.on-call]
pagerduty = { secret = "pagerduty-key" }
webhook = "https://hooks.example.com/alerts"
"##,
    );
    insta::assert_snapshot!(check(&[("pager", &pager), ("prometheus", &prometheus)]));
}

#[test]
fn agents_of_nodes() {
    let exporter = with_resources("kind = \"node-exporter\"\n");
    let states = with_resources("kind = \"kube-state-metrics\"\n");
    let loki = with_resources(
        "kind = \"loki\"\nretention = \"30d\"\nstorage = { size = \"10Gi\" }\nbucket = { name = \"logs\", endpoint = \"https://fra1.digitaloceanspaces.com\", remote = \"shop/spaces\" }\n",
    );
    let promtail = with_resources("kind = \"promtail\"\nto = \"loki\"\n");
    insta::assert_snapshot!(check(&[
        ("exporter", &exporter),
        ("loki", &loki),
        ("promtail", &promtail),
        ("states", &states)
    ]));
}

const GRAFANA: &str = "kind = \"grafana\"\nremote = \"shop/grafana\"\ningress = { host = \"g.example.com\", path = \"/grafana\" }\n";

#[test]
fn grafana_shows_what_the_platform_has() {
    let grafana = with_resources(&format!(
        "{GRAFANA}data-sources = {{ prometheus = \"prometheus\", search = \"search:http\" }}\n"
    ));
    let prometheus = with_resources("kind = \"prometheus\"\nstorage = { size = \"20Gi\" }\n");
    let search = with_resources("kind = \"elasticsearch\"\nremote = \"shop/users\"\n");
    let web = with_resources(
        "kind = \"service\"\nimage = \"shop/web:1\"\nports = { http = 80 }\nmetrics = { port = 9090 }\n",
    );
    let silent = with_resources("kind = \"worker\"\nimage = \"shop/web:1\"\n");
    let text = check_with(
        &[
            ("grafana", &grafana),
            ("prometheus", &prometheus),
            ("search", &search),
            ("silent", &silent),
            ("web", &web),
        ],
        &[(
            "tenants/shop/dashboards/sales.json",
            r#"{"id": 7, "title": "${tenant.name} in ${environment.name}", "panels": [{"type": "stat", "datasource": {"uid": "prometheus"}, "targets": [{"expr": "sum(sales{shop=~\"$shop|${tenant.namespace}\"})"}]}]}"#,
        )],
    );
    let dashboards = part(&text, "  sales.json: ");
    let (sales, web) = dashboards.split_once("  web.json: ").expect("both are there");
    insta::assert_snapshot!(sales, @r#"
      sales.json: |
        {
        "panels": [
        {"datasource":{"uid":"prometheus"},"targets":[{"expr":"sum(sales{shop=~\"$shop|shop\"})"}],"type":"stat"}
        ],
        "title": "shop in dev",
        "uid": "shop-sales"
        }
    "#);
    insta::assert_snapshot!("dashboard_of_a_component", web);
    insta::assert_snapshot!(part(&text, "  datasources.yaml: "), @r"
      datasources.yaml: |
        apiVersion: 1
        datasources:
        - access: proxy
          editable: false
          isDefault: true
          jsonData:
            httpMethod: POST
            prometheusType: Prometheus
            timeInterval: 30s
          name: prometheus
          type: prometheus
          uid: prometheus
          url: http://prometheus.shop.svc.cluster.local:9090
        - access: proxy
          basicAuth: true
          basicAuthUser: reader
          editable: false
          isDefault: false
          jsonData:
            index: kubernetes-*
            logMessageField: log
            maxConcurrentShardRequests: 5
            timeField: '@timestamp'
          name: search
          secureJsonData:
            basicAuthPassword: $__file{/etc/grafana-secrets/search/reader}
          type: elasticsearch
          uid: search
          url: http://search.shop.svc.cluster.local:9200
        prune: true
    kind: ConfigMap
    metadata:
      labels:
        app.kubernetes.io/component: grafana
        app.kubernetes.io/instance: shop-grafana
        app.kubernetes.io/managed-by: aqueduct
        app.kubernetes.io/name: grafana
        app.kubernetes.io/part-of: shop
      name: grafana-files
      namespace: shop
    ");
    // A component with metrics is scraped and has a dashboard; one without has neither.
    assert!(text.contains("  web.json: "), "{text}");
    assert!(!text.contains("  silent.json: "), "{text}");
    assert!(text.contains("  nodes.json: ") && text.contains("  overview.json: "), "{text}");
    assert!(text.contains("value: https://g.example.com/grafana/"), "{text}");
}

#[test]
fn the_platform_shares_its_metrics_logs_and_dashboards() {
    let web = with_resources(
        "kind = \"service\"\nimage = \"shop/web:1\"\nports = { http = 80 }\nmetrics = { port = 9090 }\n",
    );
    let files = [
        ("tenants/eyes/tenant.toml", "system = true\n".to_owned()),
        ("tenants/eyes/grafana.toml", with_resources(GRAFANA)),
        ("tenants/eyes/loki.toml", with_resources("kind = \"loki\"\nstorage = { size = \"1Gi\" }\n")),
        ("tenants/eyes/prometheus.toml", with_resources("kind = \"prometheus\"\nstorage = { size = \"1Gi\" }\n")),
        ("tenants/eyes/promtail.toml", with_resources("kind = \"promtail\"\n")),
        ("tenants/other/tenant.toml", "delivery = { cluster-kinds = [\"*\"] }\n".to_owned()),
        ("tenants/other/grafana.toml", with_resources(GRAFANA)),
        ("platform.toml", "[services]\nmetrics = \"eyes/prometheus\"\nlogs = \"eyes/loki\"\ndashboards = \"eyes/grafana\"\n".to_owned()),
    ];
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (*path, text.as_str())).collect();
    let text = check_with(&[("web", &web)], &files);
    assert!(text.contains("url: http://loki.eyes.svc.cluster.local:3100/loki/api/v1/push"), "{text}");
    let names: Vec<&str> =
        text.lines().filter_map(|line| line.trim().strip_prefix("name: grafana-dashboards-")).collect();
    // The shared one shows all tenants, the other one its own; each name is in the object and in the pod.
    for folder in ["platform", "eyes", "shop", "other"] {
        assert!(names.contains(&folder), "{names:?}");
    }
    assert_eq!(names.iter().filter(|name| **name == "shop").count(), 2, "{names:?}");
    assert_eq!(names.iter().filter(|name| **name == "other").count(), 4, "{names:?}");
}

#[test]
fn a_dashboard_must_be_one() {
    let grafana = with_resources(&format!("{GRAFANA}data-sources = {{ prometheus = \"prometheus\" }}\n"));
    let prometheus = with_resources("kind = \"prometheus\"\nstorage = { size = \"20Gi\" }\n");
    let text = check_with(
        &[("grafana", &grafana), ("prometheus", &prometheus)],
        &[
            ("tenants/shop/dashboards/broken.json", "{"),
            ("tenants/shop/dashboards/empty.json", "{}"),
            ("tenants/shop/dashboards/notes.txt", ""),
            (
                "tenants/shop/dashboards/source.json",
                r#"{"title": "a", "panels": [{}, {"type": "stat", "datasource": {"uid": "prometheu"}, "targets": [{"datasource": {"uid": "$any"}}]}]}"#,
            ),
        ],
    );
    insta::assert_snapshot!(text, @r"
    error: not JSON: unexpected end of JSON input: tenants/shop/dashboards/broken.json
    error: a dashboard needs a `title`: tenants/shop/dashboards/empty.json
    error: a dashboard needs a list of `panels`: tenants/shop/dashboards/empty.json
    error: a dashboards folder may only contain `.json` files: tenants/shop/dashboards/notes.txt
    error: panel 1 has no `type`: tenants/shop/dashboards/source.json
    error: there is no such data source: `prometheu`; did you mean `prometheus`?: tenants/shop/dashboards/source.json
    ");
}

#[test]
fn an_alertmanager_tells_only_receivers_that_there_are() {
    let first = with_resources(
        "kind = \"alertmanager\"\nreceiver = \"tam\"\n[receivers.team]\nwebhook = \"https://example.com\"\n",
    );
    let second = with_resources(
        "kind = \"alertmanager\"\n[receivers.team]\nslack = { channel = \"#a\", secret = \"b\" }\n",
    );
    let third = with_resources("kind = \"alertmanager\"\n[receivers.team]\n");
    let fourth = with_resources(
        "kind = \"alertmanager\"\nroutes = [{ labels = {}, receiver = \"team\" }]\n[receivers.team]\nwebhook = \"https://example.com\"\n",
    );
    insta::assert_snapshot!(check(&[("first", &first), ("fourth", &fourth), ("second", &second), ("third", &third)]), @r"
    error: there is no such receiver: `tam`: tenants/shop/first.toml
      hint: did you mean `team`?
    error: a route without `labels` would match every alert: tenants/shop/fourth.toml
      hint: set `receiver` instead
    error: the credentials of the receivers have no source: tenants/shop/second.toml
      hint: set `remote` to their entry in the secret store
    error: receiver `team` notifies nobody: tenants/shop/third.toml
      hint: set `slack`, `pagerduty`, `email` or `webhook`, and use a name other than `nobody`
    ");
}

#[test]
fn a_watcher_is_linked_to_its_own_kind() {
    let web = with_resources("kind = \"service\"\nimage = \"shop/web:1\"\nports = { http = 80 }\n");
    let grafana = with_resources(&format!("{GRAFANA}data-sources = {{ web = \"web\" }}\n"));
    let prometheus =
        with_resources("kind = \"prometheus\"\nalertmanager = \"web\"\nstorage = { size = \"20Gi\" }\n");
    let promtail = with_resources("kind = \"promtail\"\nto = \"web\"\n");
    let nowhere = with_resources("kind = \"promtail\"\n");
    let loki = with_resources("kind = \"loki\"\nretention = \"36h\"\nstorage = { size = \"20Gi\" }\n");
    insta::assert_snapshot!(check(&[
        ("grafana", &grafana),
        ("loki", &loki),
        ("nowhere", &nowhere),
        ("prometheus", &prometheus),
        ("promtail", &promtail),
        ("web", &web)
    ]), @r"
    error: a component of kind `service` is not a data source: `web`: tenants/shop/grafana.toml
      hint: use a `prometheus`, `loki`, `elasticsearch` or `alertmanager`
    error: the retention must be in whole days: `36h`: tenants/shop/loki.toml
      hint: the index has one table per day, and is deleted table by table
    error: there is no receiver for the logs: tenants/shop/nowhere.toml
      hint: set a `loki` as `logs` in `[services]` of platform.toml, or as `to`
    error: `web` is not an Alertmanager: tenants/shop/prometheus.toml
      hint: refer to a component of kind `alertmanager`
    error: `web` is not a Loki: tenants/shop/promtail.toml
      hint: refer to a component of kind `loki`
    ");
}

#[test]
fn rules_are_held_against_their_shape() {
    let prometheus =
        with_resources("kind = \"prometheus\"\nrules = \"rules\"\nstorage = { size = \"20Gi\" }\n");
    let with =
        |text: &str| check_with(&[("prometheus", &prometheus)], &[("tenants/shop/rules/sales.yaml", text)]);
    assert!(with("groups: [{name: a, rules: [{alert: A, expr: up == 0}]}]\n").contains("  sales.yaml: "));
    insta::assert_snapshot!(with("groups: [{rules: []}]\n"), @"error: a rule group has no `name`: `tenants/shop/rules/sales.yaml`: tenants/shop/prometheus.toml");
    insta::assert_snapshot!(with("groups: [{name: a, rules: [{alert: A}]}]\n"), @"error: a rule needs `expr` and either `alert` or `record`: `tenants/shop/rules/sales.yaml`: tenants/shop/prometheus.toml");
    insta::assert_snapshot!(with("rules: []\n"), @"error: a rules file needs a list `groups`: `tenants/shop/rules/sales.yaml`: tenants/shop/prometheus.toml");
    insta::assert_snapshot!(with("a: ["), @"error: not YAML, yaml: line 1: did not find expected node content: `tenants/shop/rules/sales.yaml`: tenants/shop/prometheus.toml");
}

#[test]
fn monitors_of_manifests_become_jobs() {
    let prometheus = with_resources("kind = \"prometheus\"\nstorage = { size = \"20Gi\" }\n");
    let text = check_with(
        &[("prometheus", &prometheus), ("foreign", "kind = \"manifests\"\npath = \"monitors.yaml\"\n")],
        &[(
            "tenants/shop/monitors.yaml",
            r#"
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata: {name: till}
spec:
  namespaceSelector: {matchNames: [till, bank]}
  selector:
    matchLabels: {app.kubernetes.io/version: v1.2}
    matchExpressions:
      - {key: tier, operator: In, values: [front, back]}
      - {key: old, operator: DoesNotExist}
  endpoints:
    - port: http-metrics
      path: /stats
      interval: 10s
      scheme: https
      tlsConfig: {insecureSkipVerify: true}
      bearerTokenFile: /var/run/secrets/kubernetes.io/serviceaccount/token
      relabelings: [{sourceLabels: [__meta_kubernetes_pod_node_name], targetLabel: node}]
      metricRelabelings: [{action: labeldrop, regex: secret_.*}]
    - targetPort: 9090
      basicAuth: {username: {name: login, key: user}}
"#,
        )],
    );
    let (_, jobs) = text.split_once("job_name: serviceMonitor/").expect("the monitor became a job");
    let (jobs, _) = jobs.split_once("\nkind: ConfigMap").expect("the jobs stand in a ConfigMap");
    insta::assert_snapshot!(jobs, @r#"
    shop/till/0
            kubernetes_sd_configs:
            - namespaces:
                names:
                - till
                - bank
              role: endpoints
            metric_relabel_configs:
            - action: labeldrop
              regex: secret_.*
            metrics_path: /stats
            relabel_configs:
            - action: drop
              regex: "true"
              source_labels:
              - __meta_kubernetes_pod_annotation_prometheus_io_scrape
            - action: keep
              regex: v1\.2
              source_labels:
              - __meta_kubernetes_service_label_app_kubernetes_io_version
            - action: keep
              regex: front|back
              source_labels:
              - __meta_kubernetes_service_label_tier
            - action: drop
              regex: "true"
              source_labels:
              - __meta_kubernetes_service_labelpresent_old
            - action: keep
              regex: http-metrics
              source_labels:
              - __meta_kubernetes_endpoint_port_name
            - source_labels:
              - __meta_kubernetes_namespace
              target_label: namespace
            - source_labels:
              - __meta_kubernetes_pod_name
              target_label: pod
            - source_labels:
              - __meta_kubernetes_service_name
              target_label: job
            - source_labels:
              - __meta_kubernetes_service_name
              target_label: component
            - replacement: shop
              target_label: tenant
            - source_labels:
              - __meta_kubernetes_pod_node_name
              target_label: node
            scheme: https
            scrape_interval: 10s
            tls_config:
              insecure_skip_verify: true

          # serviceMonitor/shop/till/1 is left out: its credentials are in another namespace.
    "#);
}
