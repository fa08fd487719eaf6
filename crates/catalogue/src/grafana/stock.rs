//! The generated dashboards: the platform, its nodes, and every component with metrics.

use aqueduct_render::GraphNode;

use super::dashboard::{Dashboard, Panel, Row, Variable};

/// Whether there are logs to show next to the metrics.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Logs {
    /// There is a Loki among the data sources.
    Shown,
    /// There is none.
    None,
}

/// Returns the dashboard for all tenants.
pub(super) fn overview(logs: Logs) -> Dashboard {
    let query = str::to_owned;
    let mut rows = vec![
        Row {
            title: "Platform",
            panels: vec![
                Panel::number(
                    "Nodes that are ready",
                    "none",
                    query("sum(kube_node_status_condition{condition=\"Ready\", status=\"true\"})"),
                ),
                Panel::number("Running pods", "none", query("sum(kube_pod_status_phase{phase=\"Running\"})")),
                Panel::number(
                    "Pods that do not run",
                    "none",
                    query("sum(kube_pod_status_phase{phase=~\"Pending|Unknown|Failed\"})"),
                ),
                Panel::number("Targets that do not answer", "none", query("count(up == 0) or vector(0)")),
                Panel::number(
                    "Alerts",
                    "none",
                    query(
                        "count(ALERTS{alertstate=\"firing\", severity=~\"critical|warning\"}) or vector(0)",
                    ),
                ),
                Panel::number(
                    "Restarts in an hour",
                    "none",
                    query("sum(increase(kube_pod_container_status_restarts_total[1h]))"),
                ),
            ],
        },
        Row {
            title: "Tenants",
            panels: vec![
                Panel::graph(
                    "Processors in use",
                    "short",
                    vec![(
                        query("namespace:container_cpu_usage_seconds:sum_rate5m{namespace=~\"$namespace\"}"),
                        "{{namespace}}",
                    )],
                ),
                Panel::graph(
                    "Memory in use",
                    "bytes",
                    vec![(
                        query("namespace:container_memory_working_set_bytes:sum{namespace=~\"$namespace\"}"),
                        "{{namespace}}",
                    )],
                ),
                Panel::bars(
                    "Use of quotas",
                    query(
                        "max by (namespace, resource) (kube_resourcequota{type=\"used\", namespace=~\"$namespace\"} / ignoring (type) (kube_resourcequota{type=\"hard\"} > 0))",
                    ),
                    "{{namespace}} {{resource}}",
                ),
                Panel::bars(
                    "Fill of volumes",
                    query(
                        "max by (namespace, persistentvolumeclaim) (kubelet_volume_stats_used_bytes{namespace=~\"$namespace\"} / kubelet_volume_stats_capacity_bytes)",
                    ),
                    "{{namespace}}/{{persistentvolumeclaim}}",
                ),
                Panel::graph(
                    "Restarts",
                    "short",
                    vec![(
                        query(
                            "sum by (namespace) (increase(kube_pod_container_status_restarts_total{namespace=~\"$namespace\"}[5m]))",
                        ),
                        "{{namespace}}",
                    )],
                ),
                Panel::graph(
                    "Targets that answer",
                    "percentunit",
                    vec![(query("avg by (tenant) (up{tenant!=\"\"})"), "{{tenant}}")],
                ),
            ],
        },
        Row {
            title: "Nodes",
            panels: vec![
                Panel::graph(
                    "Processors in use",
                    "percentunit",
                    vec![(query("node:node_cpu_utilisation:rate5m"), "{{node}}")],
                ),
                Panel::graph(
                    "Memory in use",
                    "percentunit",
                    vec![(query("node:node_memory_utilisation:ratio"), "{{node}}")],
                ),
                Panel::graph(
                    "Requested of what nodes have",
                    "percentunit",
                    vec![(
                        query(
                            "sum by (resource) (namespace:kube_pod_container_resource_requests:sum) / sum by (resource) (kube_node_status_allocatable{resource=~\"cpu|memory\"})",
                        ),
                        "{{resource}}",
                    )],
                ),
                Panel::graph(
                    "Kubernetes API, 99th percentile",
                    "s",
                    vec![(
                        query(
                            "histogram_quantile(0.99, sum by (le, verb) (rate(apiserver_request_duration_seconds_bucket{verb!~\"WATCH|CONNECT\"}[$__rate_interval])))",
                        ),
                        "{{verb}}",
                    )],
                ),
            ],
        },
    ];
    if logs == Logs::Shown {
        rows.push(Row {
            title: "Logs",
            panels: vec![Panel::logs(
                "Errors",
                query("{namespace=~\"$namespace\"} |~ \"(?i)(error|fatal|panic)\""),
            )],
        });
    }
    Dashboard {
        title: "Platform".to_owned(),
        tags: vec!["platform".to_owned()],
        variables: vec![Variable {
            name: "namespace",
            query: "label_values(kube_namespace_created, namespace)",
        }],
        rows,
    }
}

/// Returns the dashboard of the nodes, with metrics from the node exporter.
pub(super) fn nodes() -> Dashboard {
    let graph =
        |title, unit, query: &str, legend| Panel::graph(title, unit, vec![(query.to_owned(), legend)]);
    let both =
        |title, unit, (inward, first): (&str, &'static str), (outward, second): (&str, &'static str)| {
            Panel::graph(title, unit, vec![(inward.to_owned(), first), (outward.to_owned(), second)])
        };
    Dashboard {
        title: "Nodes".to_owned(),
        tags: vec!["platform".to_owned()],
        variables: vec![Variable { name: "node", query: "label_values(node_uname_info, node)" }],
        rows: vec![
            Row {
                title: "Processors and memory",
                panels: vec![
                    graph(
                        "Processors in use",
                        "percentunit",
                        "sum by (node, mode) (rate(node_cpu_seconds_total{node=~\"$node\", mode!=\"idle\"}[$__rate_interval])) / on (node) group_left () count by (node) (node_cpu_seconds_total{node=~\"$node\", mode=\"idle\"})",
                        "{{node}} {{mode}}",
                    ),
                    graph("Load over five minutes", "short", "node_load5{node=~\"$node\"}", "{{node}}"),
                    both(
                        "Memory",
                        "bytes",
                        (
                            "node_memory_MemTotal_bytes{node=~\"$node\"} - node_memory_MemAvailable_bytes{node=~\"$node\"}",
                            "{{node}} in use",
                        ),
                        ("node_memory_MemTotal_bytes{node=~\"$node\"}", "{{node}} total"),
                    ),
                    graph(
                        "Waiting for memory",
                        "percentunit",
                        "rate(node_pressure_memory_waiting_seconds_total{node=~\"$node\"}[$__rate_interval])",
                        "{{node}}",
                    ),
                ],
            },
            Row {
                title: "Disks and network",
                panels: vec![
                    graph(
                        "Fill of file systems",
                        "percentunit",
                        "1 - node_filesystem_avail_bytes{node=~\"$node\", fstype!~\"tmpfs|overlay|squashfs\"} / node_filesystem_size_bytes",
                        "{{node}} {{mountpoint}}",
                    ),
                    graph(
                        "Disks at work",
                        "percentunit",
                        "rate(node_disk_io_time_seconds_total{node=~\"$node\"}[$__rate_interval])",
                        "{{node}} {{device}}",
                    ),
                    both(
                        "Disk traffic",
                        "Bps",
                        (
                            "sum by (node) (rate(node_disk_read_bytes_total{node=~\"$node\"}[$__rate_interval]))",
                            "{{node}} read",
                        ),
                        (
                            "sum by (node) (rate(node_disk_written_bytes_total{node=~\"$node\"}[$__rate_interval]))",
                            "{{node}} written",
                        ),
                    ),
                    both(
                        "Network traffic",
                        "Bps",
                        (
                            "sum by (node) (rate(node_network_receive_bytes_total{node=~\"$node\", device!=\"lo\"}[$__rate_interval]))",
                            "{{node}} received",
                        ),
                        (
                            "sum by (node) (rate(node_network_transmit_bytes_total{node=~\"$node\", device!=\"lo\"}[$__rate_interval]))",
                            "{{node}} sent",
                        ),
                    ),
                ],
            },
        ],
    }
}

/// Returns the dashboard of a component; `None` if it has no metrics.
pub(super) fn component(node: &GraphNode<'_>, logs: Logs) -> Option<Dashboard> {
    let parts: Vec<&str> = node
        .offer
        .pod_groups
        .iter()
        .filter(|part| part.metrics.is_some())
        .filter_map(|part| part.labels.get("app.kubernetes.io/name"))
        .map(String::as_str)
        .collect();
    if parts.is_empty() {
        return None;
    }
    let (tenant, namespace) = (node.site.tenant(), node.site.namespace());
    let parts = parts.join("|");
    // Matches the pod names of a StatefulSet, a DaemonSet and a Deployment.
    let pods = format!(
        "namespace=\"{namespace}\", pod=~\"({parts})-([0-9]+|[a-z0-9]{{5}}|[a-z0-9]{{6,10}}-[a-z0-9]{{5}})\""
    );
    let own = match node.site.instance.kind.as_str() {
        // Its metrics are about all nodes or all objects, not about the exporter's own pods.
        kind @ ("node-exporter" | "kube-state-metrics") => format!("job=\"{kind}\""),
        _ => format!("tenant=\"{tenant}\", component=~\"{parts}\""),
    };
    let containers = format!("{pods}, container!=\"\"");
    let mut rows = vec![
        Row {
            title: "Health",
            panels: vec![
                Panel::number("Pods that answer", "none", format!("sum(up{{{own}}})")),
                Panel::number("Pods that do not", "none", format!("count(up{{{own}}} == 0) or vector(0)")),
                Panel::number(
                    "Restarts in an hour",
                    "none",
                    format!("sum(increase(kube_pod_container_status_restarts_total{{{pods}}}[1h]))"),
                ),
                Panel::number(
                    "Processors in use",
                    "short",
                    format!("sum(rate(container_cpu_usage_seconds_total{{{containers}}}[$__rate_interval]))"),
                ),
                Panel::number(
                    "Memory in use",
                    "bytes",
                    format!("sum(container_memory_working_set_bytes{{{containers}}})"),
                ),
                Panel::number(
                    "Alerts",
                    "none",
                    format!("count(ALERTS{{alertstate=\"firing\", {pods}}}) or vector(0)"),
                ),
            ],
        },
        Row {
            title: "Resources",
            panels: vec![
                Panel::graph(
                    "Processors",
                    "short",
                    vec![
                        (
                            format!(
                                "sum by (pod) (rate(container_cpu_usage_seconds_total{{{containers}}}[$__rate_interval]))"
                            ),
                            "{{pod}}",
                        ),
                        (
                            format!("max(kube_pod_container_resource_requests{{{pods}, resource=\"cpu\"}})"),
                            "requested",
                        ),
                        (
                            format!("max(kube_pod_container_resource_limits{{{pods}, resource=\"cpu\"}})"),
                            "limit",
                        ),
                    ],
                ),
                Panel::graph(
                    "Memory",
                    "bytes",
                    vec![
                        (
                            format!("sum by (pod) (container_memory_working_set_bytes{{{containers}}})"),
                            "{{pod}}",
                        ),
                        (
                            format!(
                                "max(kube_pod_container_resource_requests{{{pods}, resource=\"memory\"}})"
                            ),
                            "requested",
                        ),
                        (
                            format!("max(kube_pod_container_resource_limits{{{pods}, resource=\"memory\"}})"),
                            "limit",
                        ),
                    ],
                ),
                Panel::graph(
                    "Periods that ended at the CPU limit",
                    "percentunit",
                    vec![(
                        format!(
                            "sum by (pod) (rate(container_cpu_cfs_throttled_periods_total{{{containers}}}[$__rate_interval])) / sum by (pod) (rate(container_cpu_cfs_periods_total{{{containers}}}[$__rate_interval]))"
                        ),
                        "{{pod}}",
                    )],
                ),
                Panel::graph(
                    "Network",
                    "Bps",
                    vec![
                        (
                            format!(
                                "sum by (pod) (rate(container_network_receive_bytes_total{{{pods}}}[$__rate_interval]))"
                            ),
                            "{{pod}} received",
                        ),
                        (
                            format!(
                                "sum by (pod) (rate(container_network_transmit_bytes_total{{{pods}}}[$__rate_interval]))"
                            ),
                            "{{pod}} sent",
                        ),
                    ],
                ),
            ],
        },
    ];
    rows.extend(by_kind(&node.site.instance.kind, &own));
    rows.push(Row {
        title: "Process",
        panels: vec![
            Panel::graph(
                "Open files of those allowed",
                "percentunit",
                vec![(format!("process_open_fds{{{own}}} / process_max_fds{{{own}}}"), "{{pod}}")],
            ),
            Panel::graph(
                "Time to collect metrics",
                "s",
                vec![(format!("scrape_duration_seconds{{{own}}}"), "{{pod}}")],
            ),
        ],
    });
    if logs == Logs::Shown {
        rows.push(Row {
            title: "Logs",
            panels: vec![Panel::logs("Logs", format!("{{tenant=\"{tenant}\", component=~\"{parts}\"}}"))],
        });
    }
    Some(Dashboard {
        title: node.site.name().to_owned(),
        tags: vec![tenant.to_owned(), node.site.instance.kind.to_string(), "component".to_owned()],
        variables: Vec::new(),
        rows,
    })
}

/// Returns the rows for the metrics of a kind's program.
fn by_kind(kind: &str, own: &str) -> Option<Row> {
    let graph = |title, unit, query: String, legend| Panel::graph(title, unit, vec![(query, legend)]);
    let slow = |metric: &str| {
        format!(
            "histogram_quantile(0.99, sum by (le, pod) (rate({metric}_bucket{{{own}}}[$__rate_interval])))"
        )
    };
    let rate = |metric: &str| format!("sum by (pod) (rate({metric}{{{own}}}[$__rate_interval]))");
    let (title, panels) = match kind {
        "etcd" => (
            "etcd",
            vec![
                graph(
                    "Members with a leader",
                    "none",
                    format!("sum(etcd_server_has_leader{{{own}}})"),
                    "members",
                ),
                graph(
                    "Changes of the leader in an hour",
                    "none",
                    format!("max(increase(etcd_server_leader_changes_seen_total{{{own}}}[1h]))"),
                    "changes",
                ),
                graph(
                    "Write-ahead log, 99th percentile",
                    "s",
                    slow("etcd_disk_wal_fsync_duration_seconds"),
                    "{{pod}}",
                ),
                graph(
                    "Commits, 99th percentile",
                    "s",
                    slow("etcd_disk_backend_commit_duration_seconds"),
                    "{{pod}}",
                ),
                graph(
                    "Round trip between members, 99th percentile",
                    "s",
                    slow("etcd_network_peer_round_trip_time_seconds"),
                    "{{pod}}",
                ),
                graph(
                    "Size of the database",
                    "bytes",
                    format!("etcd_mvcc_db_total_size_in_bytes{{{own}}}"),
                    "{{pod}}",
                ),
            ],
        ),
        "prometheus" => (
            "Prometheus",
            vec![
                graph("Series", "short", format!("prometheus_tsdb_head_series{{{own}}}"), "{{pod}}"),
                graph(
                    "Samples a second",
                    "short",
                    rate("prometheus_tsdb_head_samples_appended_total"),
                    "{{pod}}",
                ),
                graph(
                    "Size of what is kept",
                    "bytes",
                    format!("prometheus_tsdb_storage_blocks_bytes{{{own}}}"),
                    "{{pod}}",
                ),
                graph(
                    "Rules that fail",
                    "short",
                    rate("prometheus_rule_evaluation_failures_total"),
                    "{{pod}}",
                ),
            ],
        ),
        "alertmanager" => (
            "Alertmanager",
            vec![
                graph(
                    "Alerts",
                    "short",
                    format!("sum by (state) (alertmanager_alerts{{{own}}})"),
                    "{{state}}",
                ),
                graph(
                    "Notifications that fail",
                    "short",
                    format!(
                        "sum by (integration) (rate(alertmanager_notifications_failed_total{{{own}}}[$__rate_interval]))"
                    ),
                    "{{integration}}",
                ),
            ],
        ),
        "loki" => (
            "Loki",
            vec![
                graph("Logs taken", "Bps", rate("loki_distributor_bytes_received_total"), "{{pod}}"),
                graph("Lines taken", "short", rate("loki_distributor_lines_received_total"), "{{pod}}"),
                graph(
                    "Requests, 99th percentile",
                    "s",
                    format!(
                        "histogram_quantile(0.99, sum by (le, route) (rate(loki_request_duration_seconds_bucket{{{own}}}[$__rate_interval])))"
                    ),
                    "{{route}}",
                ),
                graph(
                    "Lines refused",
                    "short",
                    format!(
                        "sum by (reason) (rate(loki_discarded_samples_total{{{own}}}[$__rate_interval]))"
                    ),
                    "{{reason}}",
                ),
            ],
        ),
        "promtail" => (
            "Promtail",
            vec![
                graph("Logs sent", "Bps", rate("promtail_sent_bytes_total"), "{{pod}}"),
                graph("Lines given up", "short", rate("promtail_dropped_entries_total"), "{{pod}}"),
            ],
        ),
        "ingress-nginx" => (
            "Ingress",
            vec![
                graph(
                    "Requests a second",
                    "reqps",
                    format!(
                        "sum by (ingress) (rate(nginx_ingress_controller_requests{{{own}}}[$__rate_interval]))"
                    ),
                    "{{ingress}}",
                ),
                graph(
                    "Requests that fail",
                    "percentunit",
                    format!(
                        "sum by (ingress) (rate(nginx_ingress_controller_requests{{{own}, status=~\"5..\"}}[$__rate_interval])) / sum by (ingress) (rate(nginx_ingress_controller_requests{{{own}}}[$__rate_interval]))"
                    ),
                    "{{ingress}}",
                ),
                graph(
                    "Requests, 99th percentile",
                    "s",
                    format!(
                        "histogram_quantile(0.99, sum by (le, ingress) (rate(nginx_ingress_controller_request_duration_seconds_bucket{{{own}}}[$__rate_interval])))"
                    ),
                    "{{ingress}}",
                ),
                graph(
                    "Connections",
                    "short",
                    format!("sum by (state) (nginx_ingress_controller_nginx_process_connections{{{own}}})"),
                    "{{state}}",
                ),
            ],
        ),
        _ => return None,
    };
    Some(Row { title, panels })
}
