//! Ingresses, network policies, and the addresses of endpoints.

use std::collections::BTreeSet;

use crate::field::Field;
use crate::names;
use crate::report::Report;
use crate::rules::pod::probe_port;
use crate::rules::service::special_problem;
use crate::rules::{address, selector};

pub(crate) fn ingress(root: &Field<'_>, report: &mut Report) {
    let (meta, spec) = (root.get("metadata"), root.get("spec"));
    let annotations = meta.get("annotations");
    let (old, class) = (annotations.key("kubernetes.io/ingress.class"), spec.get("ingressClassName"));
    if old.is_set() && class.is_set() && old.text() != class.text() {
        let place = root.with("annotations", annotations.value);
        report.invalid(
            &place.with("kubernetes.io/ingress.class", old.value),
            "must match `ingressClassName` when both are specified",
        );
    }
    if class.is_set() {
        report.format(&class, names::subdomain);
    }
    let (rules, default) = (spec.get("rules"), spec.get("defaultBackend"));
    if rules.is_empty() && !default.is_set() {
        report.invalid(&spec, "either `defaultBackend` or `rules` must be specified");
    }
    if default.is_set() {
        backend(&default, report);
    }
    for tls in spec.get("tls").items() {
        for host in tls.get("hosts").items() {
            host_name(&host, report);
        }
        report.optional_format(&tls.get("secretName"), names::subdomain);
    }
    for rule in rules.items() {
        let (host, http) = (rule.get("host"), rule.get("http"));
        if !host.is_empty() {
            if address::ip_problem(host.text(), report.minor).is_none() {
                report.invalid(&host, "must be a DNS name, not an IP address");
            }
            host_name(&host, report);
        }
        if !http.is_set() {
            continue;
        }
        let paths = http.get("paths");
        report.needs(&paths);
        for path in paths.items() {
            ingress_path(&path, report);
        }
    }
}

fn host_name(host: &Field<'_>, report: &mut Report) {
    if host.text().contains('*') {
        report.format(host, names::wildcard_subdomain);
    } else {
        report.format(host, names::subdomain);
    }
}

fn ingress_path(path: &Field<'_>, report: &mut Report) {
    let (kind, place) = (path.get("pathType"), path.get("path"));
    let text = place.text();
    match kind.text() {
        "Exact" | "Prefix" => {
            if !text.starts_with('/') {
                report.invalid(&place, "must be an absolute path");
            }
            for part in ["//", "/./", "/../", "%2f", "%2F"] {
                if text.contains(part) {
                    report.invalid(&place, format_args!("must not contain '{part}'"));
                }
            }
            for end in ["/..", "/."] {
                if text.ends_with(end) {
                    report.invalid(&place, format_args!("cannot end with '{end}'"));
                }
            }
        }
        "ImplementationSpecific" => {
            if !text.is_empty() && !text.starts_with('/') {
                report.invalid(&place, "must be an absolute path");
            }
        }
        "" => report.required(&kind, "pathType must be specified"),
        _ => report.unsupported(&kind, &["Exact", "ImplementationSpecific", "Prefix"]),
    }
    backend(&path.get("backend"), report);
}

fn backend(backend: &Field<'_>, report: &mut Report) {
    let (resource, service) = (backend.get("resource"), backend.get("service"));
    match (resource.is_set(), service.is_set()) {
        (true, true) => report.invalid(backend, "cannot set both resource and service backends"),
        (false, false) => report.invalid(backend, "resource or service backend is required"),
        (true, false) => {
            report.needs(&resource.get("name"));
            report.needs(&resource.get("kind"));
            report.optional_format(&resource.get("apiGroup"), names::subdomain);
        }
        (false, true) => {
            report.needs_format(&service.get("name"), names::label);
            let port = service.get("port");
            let (name, number) = (port.get("name"), port.get("number"));
            let has_number = number.integer().unwrap_or(0) != 0;
            match (!name.is_empty(), has_number) {
                (true, true) => report.invalid(backend, "cannot set both port name & port number"),
                (false, false) => report.required(backend, "port name or number is required"),
                (true, false) => report.format(&name, names::port_name),
                (false, true) => report.between(&number, 1, 65535),
            }
        }
    }
}

pub(crate) fn ingress_class(root: &Field<'_>, report: &mut Report) {
    let spec = root.get("spec");
    let (controller, parameters) = (spec.get("controller"), spec.get("parameters"));
    if controller.len() > 250 {
        report.too_long(&controller, 250);
    }
    report.needs_format(&controller, names::domain_prefixed_path);
    if !parameters.is_set() {
        return;
    }
    report.optional_format(&parameters.get("apiGroup"), names::subdomain);
    report.needs_format(&parameters.get("kind"), names::path_segment);
    report.needs_format(&parameters.get("name"), names::path_segment);
    let (scope, namespace) = (parameters.get("scope"), parameters.get("namespace"));
    report.default_or_one_of(&scope, &["Cluster", "Namespace"]);
    if scope.is_set() && scope.is_empty() {
        report.unsupported(&scope, &["Cluster", "Namespace"]);
    }
    if scope.text() == "Namespace" {
        if namespace.is_set() {
            report.format(&namespace, names::label);
        } else {
            report.required(&namespace, "`parameters.scope` is set to 'Namespace'");
        }
    } else if namespace.is_set() && matches!(scope.text(), "" | "Cluster") {
        report.forbidden(&namespace, "`parameters.scope` is set to 'Cluster'");
    }
}

pub(crate) fn policy(root: &Field<'_>, report: &mut Report) {
    let spec = root.get("spec");
    selector::labels(&spec.get("podSelector"), report);
    for (list, peers) in [("ingress", "from"), ("egress", "to")] {
        for rule in spec.get(list).items() {
            for port in rule.get("ports").items() {
                policy_port(&port, report);
            }
            for peer in rule.get(peers).items() {
                policy_peer(&peer, report);
            }
        }
    }
    let kinds = spec.get("policyTypes");
    if kinds.len() > 2 {
        report.invalid(&kinds, "may not specify more than two policyTypes");
    } else {
        for kind in kinds.items() {
            report.one_of(&kind, &["Ingress", "Egress"]);
        }
    }
}

fn policy_port(entry: &Field<'_>, report: &mut Report) {
    let (protocol, port, end) = (entry.get("protocol"), entry.get("port"), entry.get("endPort"));
    report.set_is_one_of(&protocol, &["TCP", "UDP", "SCTP"]);
    if !port.is_set() {
        if end.is_set() {
            report.required(&port, "must be specified when `endPort` is specified");
        }
        return;
    }
    probe_port(&port, report);
    if let Some(last) = end.integer() {
        match port.integer() {
            None => report.invalid(&end, "may not be specified when `port` is non-numeric"),
            Some(first) => {
                if last < first {
                    report.invalid(&end, "must be greater than or equal to `port`");
                }
                report.between(&end, 1, 65535);
            }
        }
    }
}

fn policy_peer(peer: &Field<'_>, report: &mut Report) {
    let (pods, namespaces, block) =
        (peer.get("podSelector"), peer.get("namespaceSelector"), peer.get("ipBlock"));
    selector::labels(&pods, report);
    selector::labels(&namespaces, report);
    let others = pods.is_set() || namespaces.is_set();
    match (others, block.is_set()) {
        (false, false) => report.required(peer, "must specify a peer"),
        (true, true) => report.forbidden(peer, "may not specify both ipBlock and another peer"),
        _ => {}
    }
    if !block.is_set() {
        return;
    }
    let cidr = block.get("cidr");
    if cidr.is_empty() {
        return report.required(&cidr, "");
    }
    address::network(&cidr, report);
    let outer = network(cidr.text());
    for except in block.get("except").items() {
        if let Some(problem) = address::network_problem(except.text(), report.minor) {
            report.invalid(&except, problem);
        }
        if let (Some(outer), Some(inner)) = (outer, network(except.text()))
            && !is_inside(outer, inner)
        {
            report.invalid(&except, "must be a strict subset of `cidr`");
        }
    }
}

/// The bits of a network from the left, the length of its prefix, and whether it is IPv6.
type Network = (u128, u32, bool);

fn network(text: &str) -> Option<Network> {
    let (ip, length) = text.split_once('/')?;
    let length: u32 = length.parse().ok()?;
    match ip.parse().ok()? {
        std::net::IpAddr::V4(ip) if length <= 32 => Some((u128::from(ip.to_bits()) << 96, length, false)),
        std::net::IpAddr::V6(ip) if length <= 128 => Some((ip.to_bits(), length, true)),
        _ => None,
    }
}

fn is_inside((outer, outer_length, outer_v6): Network, (inner, inner_length, inner_v6): Network) -> bool {
    let mask = u128::MAX.checked_shl(128 - outer_length).unwrap_or(0);
    outer_v6 == inner_v6 && outer_length < inner_length && outer & mask == inner & mask
}

pub(crate) fn service_cidr(root: &Field<'_>, report: &mut Report) {
    let spec = root.get("spec");
    let cidrs = spec.get("cidrs");
    if cidrs.is_empty() {
        return report.required(&cidrs, "at least one CIDR required");
    }
    let is_v6 = |at: usize| cidrs.index(at).text().contains(':');
    if cidrs.len() > 2 {
        report.invalid(&cidrs, "may only hold up to 2 values");
    } else if cidrs.len() == 2
        && is_v6(0) == is_v6(1)
        && cidrs.items().all(|cidr| network(cidr.text()).is_some())
    {
        report.invalid(
            &cidrs,
            "may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64",
        );
    }
    for cidr in cidrs.items() {
        address::network(&cidr, report);
    }
}

pub(crate) fn endpoints(root: &Field<'_>, report: &mut Report) {
    for subset in root.get("subsets").items() {
        let (ready, other, ports) =
            (subset.get("addresses"), subset.get("notReadyAddresses"), subset.get("ports"));
        if ready.is_empty() && other.is_empty() {
            report.required(&subset, "must specify `addresses` or `notReadyAddresses`");
        }
        for entry in ready.items().chain(other.items()) {
            let ip = entry.get("ip");
            endpoint_ip(&ip, report);
            report.optional_format(&entry.get("hostname"), names::label);
            let node = entry.get("nodeName");
            if node.is_set() {
                report.format(&node, names::subdomain);
            }
        }
        let needs_name = ports.len() > 1;
        for port in ports.items() {
            let name = port.get("name");
            if name.is_empty() {
                if needs_name {
                    report.required(&name, "");
                }
            } else {
                report.format(&name, names::label);
            }
            let number = port.get("port");
            if !(1..=65535).contains(&number.integer().unwrap_or(0)) {
                report.invalid(&number, "must be between 1 and 65535, inclusive");
            }
            report.default_or_one_of(&port.get("protocol"), &["SCTP", "TCP", "UDP"]);
            report.optional_format(&port.get("appProtocol"), names::qualified_name);
        }
    }
}

fn endpoint_ip(ip: &Field<'_>, report: &mut Report) {
    if let Some(problem) = address::ip_problem(ip.text(), report.minor).or_else(|| special_problem(ip.text()))
    {
        report.invalid(ip, problem);
    }
}

pub(crate) fn endpoint_slice(root: &Field<'_>, report: &mut Report) {
    let (kind, endpoints, ports) = (root.get("addressType"), root.get("endpoints"), root.get("ports"));
    report.needs_one_of(&kind, &["FQDN", "IPv4", "IPv6"]);
    if endpoints.len() > 1000 {
        report.too_many(&endpoints, 1000);
    }
    for endpoint in endpoints.items() {
        let addresses = endpoint.get("addresses");
        report.needs(&addresses);
        if addresses.len() > 100 {
            report.too_many(&addresses, 100);
        }
        for entry in addresses.items() {
            endpoint_address(&entry, &addresses, kind.text(), report);
        }
        let hostname = endpoint.get("hostname");
        if hostname.is_set() {
            report.format(&hostname, names::label);
        }
        let node = endpoint.get("nodeName");
        if node.is_set() {
            report.format(&node, names::subdomain);
        }
        let topology = endpoint.get("deprecatedTopology");
        super::metadata::labels(&topology, report);
        if topology.len() > 16 {
            report.too_many(&topology, 16);
        }
        for (list, most) in [("forZones", 8), ("forNodes", 8)] {
            let hints = endpoint.get("hints");
            let entries = hints.get(list);
            if entries.len() > most {
                report.too_many(&entries, most);
            }
            let mut seen = BTreeSet::new();
            for entry in entries.items() {
                let name = entry.get("name");
                if !seen.insert(name.text().to_owned()) {
                    report.duplicate(&name);
                } else if list == "forZones" {
                    report.format(&name, names::label_value);
                } else {
                    report.format(&name, names::subdomain);
                }
            }
        }
    }
    if ports.len() > 20_000 {
        report.too_many(&ports, 20_000);
    }
    let mut seen = BTreeSet::new();
    for port in ports.items() {
        let name = port.get("name");
        report.optional_format(&name, names::label);
        if !seen.insert(name.text().to_owned()) {
            report.duplicate(&name);
        }
        report.default_or_one_of(&port.get("protocol"), &["SCTP", "TCP", "UDP"]);
        report.optional_format(&port.get("appProtocol"), names::qualified_name);
    }
}

fn endpoint_address(entry: &Field<'_>, list: &Field<'_>, kind: &str, report: &mut Report) {
    let text = entry.text();
    match kind {
        "IPv4" | "IPv6" => {
            if let Some(problem) = address::ip_problem(text, report.minor) {
                return report.invalid(entry, problem);
            }
            if text.contains(':') != (kind == "IPv6") {
                report.invalid_as(list, text, format_args!("must be an {kind} address"));
            }
            if let Ok(ip) = text.parse::<std::net::IpAddr>()
                && ip.to_string() != text
            {
                report.invalid(entry, format_args!("must be in canonical form ({:?})", ip.to_string()));
            }
            if let Some(problem) = special_problem(text) {
                report.invalid(entry, problem);
            }
        }
        "FQDN" => {
            let name = text.strip_suffix('.').unwrap_or(text);
            if let Some(problem) = names::subdomain(name) {
                report.invalid(entry, problem);
            } else if !name.contains('.') {
                report.invalid(entry, "should be a domain with at least two segments separated by dots");
            }
        }
        _ => {}
    }
}
