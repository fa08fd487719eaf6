//! Services.

use std::collections::BTreeSet;
use std::net::IpAddr;

use aqueduct_manifest::Value;

use crate::field::Field;
use crate::names;
use crate::report::Report;
use crate::rules::pod::probe_port;
use crate::rules::{address, metadata};

pub(crate) fn check(root: &Field<'_>, report: &mut Report) {
    let spec = root.get("spec");
    let kind = spec.get("type");
    let kind_name = if kind.is_empty() { "ClusterIP" } else { kind.text() };
    let cluster_ip = spec.get("clusterIP");
    // A single address is stored as a list with one entry.
    let single = Value::from(vec![cluster_ip.value.clone()]);
    let given = spec.get("clusterIPs");
    let cluster_ips =
        if given.is_empty() && !cluster_ip.is_empty() { spec.with("clusterIPs", &single) } else { given };
    let is_headless = cluster_ip.text() == "None";
    let (families, policy) = (spec.get("ipFamilies"), spec.get("ipFamilyPolicy"));
    let ports = spec.get("ports");
    if ports.is_empty() && !is_headless && kind_name != "ExternalName" {
        report.required(&ports, "");
    }
    match kind_name {
        "LoadBalancer" | "NodePort" => {
            if is_headless {
                let first = cluster_ips.index(0);
                report.invalid(&first, format_args!("may not be set to 'None' for {kind_name} services"));
            }
        }
        "ExternalName" => {
            for field in [&cluster_ips, &families, &policy] {
                if field.is_set() && !(field.value.as_list().is_some() && field.is_empty()) {
                    report.forbidden(field, "may not be set for ExternalName services");
                }
            }
            let name = spec.get("externalName");
            let text = name.text().strip_suffix('.').unwrap_or(name.text());
            if text.is_empty() {
                report.required(&name, "");
            } else if let Some(problem) = names::subdomain(text) {
                report.invalid(&name, problem);
            }
        }
        "ClusterIP" => {}
        _ => report.unsupported(&kind, &["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"]),
    }
    self::ports(&ports, kind_name, report);
    metadata::labels(&spec.get("selector"), report);
    affinity(&spec, report);
    for ip in spec.get("externalIPs").items() {
        external_ip(&ip, report);
    }
    source_ranges(root, &spec, kind_name, report);
    traffic(&spec, kind_name, report);
    if kind_name != "ExternalName" {
        addresses(&spec, &cluster_ip, &cluster_ips, report);
    }
    report.set_is_one_of(
        &spec.get("trafficDistribution"),
        &["PreferClose", "PreferSameZone", "PreferSameNode"],
    );
}

fn ports(ports: &Field<'_>, kind: &str, report: &mut Report) {
    let (mut names, mut numbers, mut node_ports) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    let is_one = ports.len() <= 1;
    for port in ports.items() {
        let (name, number, protocol, node) =
            (port.get("name"), port.get("port"), port.get("protocol"), port.get("nodePort"));
        if name.is_empty() {
            if !is_one {
                report.required(&name, "");
            }
        } else {
            report.format(&name, names::label);
            if !names.insert(name.text().to_owned()) {
                report.duplicate(&name);
            }
        }
        let protocol_name = if protocol.is_empty() { "TCP" } else { protocol.text() };
        if !(1..=65535).contains(&number.integer().unwrap_or(0)) {
            report.invalid(&number, "must be between 1 and 65535, inclusive");
        }
        report.default_or_one_of(&protocol, &["SCTP", "TCP", "UDP"]);
        let target = port.get("targetPort");
        let is_filled_in = match target.value {
            Value::String(text) => text.is_empty(),
            value => value.as_i64().unwrap_or(0) == 0,
        };
        // The default is the port itself.
        probe_port(&if is_filled_in { port.with("targetPort", number.value) } else { target }, report);
        report.optional_format(&port.get("appProtocol"), names::qualified_name);
        if !numbers.insert((protocol_name.to_owned(), number.integer().unwrap_or(0))) {
            report.duplicate(&port);
        }
        if kind == "LoadBalancer" && number.integer() == Some(10250) {
            report.invalid(&port, "may not expose port 10250 externally since it is used by kubelet");
        }
        let Some(node_number) = node.integer().filter(|number| *number != 0) else { continue };
        match kind {
            "ClusterIP" => report.forbidden(&node, "may not be used when `type` is 'ClusterIP'"),
            "NodePort" | "LoadBalancer" => {
                if !node_ports.insert((protocol_name.to_owned(), node_number)) {
                    report.duplicate(&node);
                }
                if !(30000..=32767).contains(&node_number) {
                    report.invalid(
                        &node,
                        "provided port is not in the valid range. The range of valid ports is 30000-32767",
                    );
                }
            }
            _ => {}
        }
    }
}

fn affinity(spec: &Field<'_>, report: &mut Report) {
    let (affinity, config) = (spec.get("sessionAffinity"), spec.get("sessionAffinityConfig"));
    report.default_or_one_of(&affinity, &["ClientIP", "None"]);
    if affinity.text() == "ClientIP" {
        let client = config.get("clientIP");
        let seconds = client.get("timeoutSeconds");
        if seconds.integer().is_some_and(|number| number <= 0 || number > 86400) {
            report.invalid(&seconds, "must be greater than 0 and less than 86400");
        }
    }
}

/// Refuses addresses that are not reachable from other machines.
pub(crate) fn special_problem(text: &str) -> Option<&'static str> {
    let ip: IpAddr = text.parse().ok()?;
    let (is_link_local, is_link_multicast) = match ip {
        IpAddr::V4(ip) => (ip.is_link_local(), ip.octets()[..3] == [224, 0, 0]),
        IpAddr::V6(ip) => (ip.segments()[0] & 0xffc0 == 0xfe80, ip.segments()[0] & 0xff0f == 0xff02),
    };
    if ip.is_unspecified() {
        Some("may not be unspecified")
    } else if ip.is_loopback() {
        Some("may not be in the loopback range (127.0.0.0/8, ::1/128)")
    } else if is_link_local {
        Some("may not be in the link-local range (169.254.0.0/16, fe80::/10)")
    } else if is_link_multicast {
        Some("may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)")
    } else {
        None
    }
}

/// Checks an address outside the cluster.
pub(crate) fn external_ip(ip: &Field<'_>, report: &mut Report) {
    if let Some(problem) = address::ip_problem(ip.text(), report.minor).or_else(|| special_problem(ip.text()))
    {
        report.invalid(ip, problem);
    }
}

fn source_ranges(root: &Field<'_>, spec: &Field<'_>, kind: &str, report: &mut Report) {
    let ranges = spec.get("loadBalancerSourceRanges");
    let place = spec.with("LoadBalancerSourceRanges", ranges.value);
    if !ranges.is_empty() {
        if kind != "LoadBalancer" {
            report.forbidden(&place, "may only be used when `type` is 'LoadBalancer'");
        }
        for range in place.items() {
            if let Some(problem) = address::network_problem(range.text().trim(), report.minor) {
                report.invalid(&range, problem);
            }
        }
        return;
    }
    let meta = root.get("metadata");
    let annotations = meta.get("annotations");
    let annotation = annotations.key("service.beta.kubernetes.io/load-balancer-source-ranges");
    if annotation.is_set() {
        if kind != "LoadBalancer" {
            report.forbidden(&annotation, "may only be used when `type` is 'LoadBalancer'");
        }
        let text = annotation.text().trim();
        if !text.is_empty()
            && text.split(',').any(|range| address::network_problem(range.trim(), report.minor).is_some())
        {
            report.invalid(&annotation, "must be a list of IP ranges, such as 10.240.0.0/24,10.250.0.0/24");
        }
    }
}

fn traffic(spec: &Field<'_>, kind: &str, report: &mut Report) {
    let (external, internal, check, class, allocate) = (
        spec.get("externalTrafficPolicy"),
        spec.get("internalTrafficPolicy"),
        spec.get("healthCheckNodePort"),
        spec.get("loadBalancerClass"),
        spec.get("allocateLoadBalancerNodePorts"),
    );
    let is_reachable = matches!(kind, "LoadBalancer" | "NodePort")
        || kind == "ClusterIP" && !spec.get("externalIPs").is_empty();
    if !external.is_empty() {
        if is_reachable {
            report.one_of(&external, &["Cluster", "Local"]);
        } else {
            report.invalid(&external, "may only be set for externally-accessible services");
        }
    }
    let needs_check = kind == "LoadBalancer" && external.text() == "Local";
    if let Some(number) = check.integer().filter(|number| *number != 0) {
        if !needs_check {
            report.invalid(
                &check,
                "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'",
            );
        } else if !(0..=65535).contains(&number) {
            report.invalid(&check, "must be between 1 and 65535, inclusive");
        } else if !(30000..=32767).contains(&number) {
            report.invalid(
                &check,
                "provided port is not in the valid range. The range of valid ports is 30000-32767",
            );
        }
    }
    report.set_is_one_of(&internal, &["Cluster", "Local"]);
    if kind != "LoadBalancer" {
        for field in [&class, &allocate] {
            if field.is_set() {
                report.forbidden(field, "may only be used when `type` is 'LoadBalancer'");
            }
        }
    }
    if class.is_set() && kind == "LoadBalancer" {
        report.format(&class, names::qualified_name);
    }
}

fn addresses(spec: &Field<'_>, single: &Field<'_>, list: &Field<'_>, report: &mut Report) {
    let (families, policy) = (spec.get("ipFamilies"), spec.get("ipFamilyPolicy"));
    let mut seen = BTreeSet::new();
    for family in families.items() {
        report.one_of(&family, &["IPv4", "IPv6"]);
        if !seen.insert(family.text().to_owned()) {
            report.duplicate(&family);
        }
    }
    report.set_is_one_of(&policy, &["PreferDualStack", "RequireDualStack", "SingleStack"]);
    if (families.len() > 1 || list.len() > 1) && matches!(policy.text(), "" | "SingleStack") {
        report.invalid(
            &policy,
            "must be 'RequireDualStack' or 'PreferDualStack' when multiple IP families are specified",
        );
    }
    if list.is_empty() {
        return;
    }
    if single.is_empty() {
        report.invalid(list, "must be empty when `clusterIP` is not specified");
    } else if list.index(0).text() != single.text() {
        report.invalid(list, "first value must match `clusterIP`");
    }
    if list.len() > 2 {
        report.invalid(list, "may only hold up to 2 values");
    }
    if list.has("None") {
        if list.len() == 1 {
            return;
        }
        report.invalid(list, "'None' must be the first and only value");
    }
    let is_v6 = |text: &str| text.contains(':');
    let mut is_right = true;
    for (number, ip) in list.items().enumerate() {
        if let Some(problem) = address::ip_problem(ip.text(), report.minor) {
            is_right = false;
            report.invalid(&ip, problem);
        } else {
            let family = families.index(number);
            if matches!(family.text(), "IPv4" | "IPv6") && (family.text() == "IPv6") != is_v6(ip.text()) {
                report.invalid(
                    &ip,
                    format_args!(
                        "expected an {} value as indicated by `ipFamilies[{number}]`",
                        family.text()
                    ),
                );
            }
        }
    }
    if is_right && list.len() == 2 && is_v6(list.index(0).text()) == is_v6(list.index(1).text()) {
        report.invalid(list, "may specify no more than one IP for each IP family");
    }
}
