//! What the API server accepts but warns about: deprecated fields, and values that hardly do what is
//! intended.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use crate::defaults::pod_path;
use crate::field::Field;
use crate::names;
use crate::report::Report;
use crate::rules::pod::resources;

/// Adds warnings about an object.
pub(crate) fn check(group: &str, kind: &str, root: &Field<'_>, report: &mut Report) {
    metadata(group, kind, root, report);
    let spec = root.get("spec");
    match (group, kind) {
        ("", "Endpoints") if report.minor >= 33 => {
            report.warn(
                &root.get("apiVersion"),
                "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice",
            );
        }
        ("", "Service") => service(&spec, report),
        ("", "PersistentVolume") => {
            let policy = spec.get("persistentVolumeReclaimPolicy");
            if policy.text() == "Recycle" {
                report.warn(
                    &policy,
                    "the Recycle reclaim policy is deprecated; use dynamic provisioning instead",
                );
            }
            volume_sources(&spec, report);
            let affinity = spec.get("nodeAffinity");
            node_terms(&affinity.get("required"), report);
        }
        ("", "PersistentVolumeClaim") => {
            let amounts = spec.get("resources");
            fractions(&amounts.get("requests"), report);
        }
        ("networking.k8s.io", "Ingress") => {
            let meta = root.get("metadata");
            let annotations = meta.get("annotations");
            let annotation = annotations.key("kubernetes.io/ingress.class");
            if annotation.is_set() && !spec.get("ingressClassName").is_set() {
                report.warn(&annotation, "deprecated, please use 'spec.ingressClassName' instead");
            }
        }
        ("batch", "Job") => {
            let (completions, parallelism) = (spec.get("completions"), spec.get("parallelism"));
            if completions.integer().unwrap_or(0) > 100_000 && parallelism.integer().unwrap_or(0) > 10_000 {
                report.warn(&spec, "with completions above 100000 and a parallelism above 10000, Kubernetes might not be able to track all indexes");
            }
        }
        ("", "Pod") => {
            let meta = root.get("metadata");
            let annotations = meta.get("annotations");
            for (key, annotation) in annotations.entries() {
                if key.starts_with("container.apparmor.security.beta.kubernetes.io/") && report.minor >= 30 {
                    report.warn(
                        &annotation,
                        "deprecated since v1.30; use the \"appArmorProfile\" field instead",
                    );
                } else if key.contains("seccomp.security.alpha.kubernetes.io/") {
                    report.warn(
                        &annotation,
                        "non-functional in v1.27+; use the \"seccompProfile\" field instead",
                    );
                }
            }
        }
        ("apps", "StatefulSet") => {
            let history = spec.get("revisionHistoryLimit");
            if history.integer().is_some_and(|number| number < 0) {
                report.warn(
                    &history,
                    "a negative value retains all historical revisions; a value >= 0 is recommended",
                );
            }
        }
        ("storage.k8s.io", "CSIDriver") => {
            let secrets = spec.get("serviceAccountTokenInSecrets");
            if !spec.get("tokenRequests").is_empty() && !secrets.is_set() && report.minor >= 35 {
                report.warn(&secrets, "unset; if supported by this CSI driver, set to true to prevent possible logging of tokens in volume attributes");
            }
        }
        _ => {}
    }
    if matches!(group, "" | "apps" | "batch")
        && let Some(path) = pod_path(kind)
    {
        at(root, path, &mut |pod| self::pod(pod, kind == "Pod", report));
    }
}

/// Calls a function with the value at a path.
fn at(field: &Field<'_>, path: &[&str], visit: &mut dyn FnMut(&Field<'_>)) {
    match path.split_first() {
        Some((step, rest)) => at(&field.get(step), rest, visit),
        None => visit(field),
    }
}

fn metadata(group: &str, kind: &str, root: &Field<'_>, report: &mut Report) {
    let meta = root.get("metadata");
    let (name, annotations) = (meta.get("name"), meta.get("annotations"));
    let names_pods = matches!(
        (group, kind),
        (
            "" | "apps" | "batch",
            "Pod" | "ReplicationController" | "Deployment" | "ReplicaSet" | "Job" | "CronJob"
        )
    );
    if names_pods && !name.is_empty() && names::label(name.text()).is_some() {
        report.warn(&name, "this is used in the names and hostnames of pods, which can result in surprising behavior; a DNS label is recommended");
    }
    let mut owners = BTreeSet::new();
    let references = meta.get("ownerReferences");
    for owner in references.items() {
        if !owners.insert(owner.get("uid").text().to_owned()) {
            report.warn(&owner, "duplicate entries of the same owner");
        }
    }
    for (key, since) in [
        (
            "volume.beta.kubernetes.io/storage-class",
            "deprecated since v1.8; use \"storageClassName\" attribute instead",
        ),
        (
            "volume.beta.kubernetes.io/mount-options",
            "deprecated since v1.31; use \"mountOptions\" attribute instead",
        ),
        (
            "kubernetes.io/enforce-mountable-secrets",
            "deprecated since v1.32; prefer separate namespaces to isolate access to mounted secrets",
        ),
    ] {
        let annotation = annotations.key(key);
        if annotation.is_set() {
            report.warn(&annotation, since);
        }
    }
}

fn service(spec: &Field<'_>, report: &mut Report) {
    let (external, name, address, affinity, traffic) = (
        spec.get("externalIPs"),
        spec.get("externalName"),
        spec.get("loadBalancerIP"),
        spec.get("sessionAffinity"),
        spec.get("trafficDistribution"),
    );
    if spec.get("clusterIP").text() == "None" {
        for field in [&external, &address] {
            if !field.is_empty() {
                report.warn(field, "ignored for headless services");
            }
        }
        if affinity.text() == "ClientIP" {
            report.warn(&affinity, "ignored for headless services");
        }
    }
    if !external.is_empty() && report.minor >= 36 {
        report.warn(&external, "deprecated and may no longer be implemented in some clusters");
    }
    if !name.is_empty() && spec.get("type").text() != "ExternalName" {
        report.warn(&name, "ignored when spec.type is not \"ExternalName\"");
    }
    if traffic.text() == "PreferClose" && report.minor >= 35 {
        report.warn(&traffic, "\"PreferClose\" is deprecated; use \"PreferSameZone\"");
    }
    for ip in external.items() {
        canonical(&ip, report);
    }
}

/// Adds a warning for an IPv6 address that is not in canonical form.
fn canonical(ip: &Field<'_>, report: &mut Report) {
    if let Ok(address @ IpAddr::V6(_)) = ip.text().parse::<IpAddr>()
        && address.to_string() != ip.text()
    {
        report.warn(ip, format!("should be in RFC 5952 canonical format: {address}"));
    }
}

/// Adds warnings for byte quantities that are not whole numbers.
fn fractions(amounts: &Field<'_>, report: &mut Report) {
    for (name, amount) in amounts.entries() {
        if matches!(name, "memory" | "storage" | "ephemeral-storage")
            && !resources::is_whole(resources::amount(&amount))
        {
            report.warn(&amount, "fractional byte value is invalid, must be an integer");
        }
    }
}

/// Volumes that Kubernetes no longer has, each with the version that removed it.
const OLD_VOLUMES: [(&str, &str); 9] = [
    ("cephfs", "deprecated in v1.28, non-functional in v1.31+"),
    ("flocker", "deprecated in v1.22, non-functional in v1.25+"),
    ("gitRepo", "deprecated in v1.11, and disabled by default in v1.33+"),
    ("glusterfs", "deprecated in v1.25, non-functional in v1.26+"),
    ("photonPersistentDisk", "deprecated in v1.11, non-functional in v1.16+"),
    ("quobyte", "deprecated in v1.22, non-functional in v1.25+"),
    ("rbd", "deprecated in v1.28, non-functional in v1.31+"),
    ("scaleIO", "deprecated in v1.16, non-functional in v1.22+"),
    ("storageos", "deprecated in v1.22, non-functional in v1.25+"),
];

fn volume_sources(holder: &Field<'_>, report: &mut Report) {
    for (name, since) in OLD_VOLUMES {
        let source = holder.get(name);
        if source.is_set() {
            report.warn(&source, since);
        }
    }
}

/// Node labels that have other names today.
const OLD_LABELS: [(&str, &str); 5] = [
    ("beta.kubernetes.io/arch", "kubernetes.io/arch"),
    ("beta.kubernetes.io/os", "kubernetes.io/os"),
    ("failure-domain.beta.kubernetes.io/region", "topology.kubernetes.io/region"),
    ("failure-domain.beta.kubernetes.io/zone", "topology.kubernetes.io/zone"),
    ("beta.kubernetes.io/instance-type", "node.kubernetes.io/instance-type"),
];

fn label(field: &Field<'_>, name: &str, report: &mut Report) {
    if let Some((_, today)) = OLD_LABELS.iter().find(|(old, _)| *old == name) {
        report.warn(field, format!("{name} is deprecated; use \"{today}\" instead"));
    }
}

fn node_terms(selector: &Field<'_>, report: &mut Report) {
    for term in selector.get("nodeSelectorTerms").items() {
        for expression in term.get("matchExpressions").items() {
            let key = expression.get("key");
            label(&key, key.text(), report);
        }
    }
}

fn pod(pod: &Field<'_>, is_pod: bool, report: &mut Report) {
    for (name, field) in pod.get("nodeSelector").entries() {
        label(&field, name, report);
    }
    let affinity = pod.get("affinity");
    let nodes = affinity.get("nodeAffinity");
    node_terms(&nodes.get("requiredDuringSchedulingIgnoredDuringExecution"), report);
    for preference in nodes.get("preferredDuringSchedulingIgnoredDuringExecution").items() {
        let term = preference.get("preference");
        for expression in term.get("matchExpressions").items() {
            for value in expression.get("values").items() {
                if let Some(problem) = names::label_value(value.text()) {
                    report.warn(&value, format!("{} is invalid, {problem}", value.text()));
                }
            }
        }
    }
    for name in ["podAffinity", "podAntiAffinity"] {
        let affinity = affinity.get(name);
        for term in affinity.get("requiredDuringSchedulingIgnoredDuringExecution").items() {
            null_selector(&term.get("labelSelector"), report);
        }
        for preference in affinity.get("preferredDuringSchedulingIgnoredDuringExecution").items() {
            let term = preference.get("podAffinityTerm");
            null_selector(&term.get("labelSelector"), report);
        }
    }
    for constraint in pod.get("topologySpreadConstraints").items() {
        null_selector(&constraint.get("labelSelector"), report);
    }
    let grace = pod.get("terminationGracePeriodSeconds");
    // For a pod, it is filled in right away.
    if !is_pod && grace.integer().is_some_and(|seconds| seconds < 0) {
        report.warn(&grace, "must be >= 0; negative values are invalid and will be treated as 1");
    }
    let mut secrets = BTreeSet::new();
    for secret in pod.get("imagePullSecrets").items() {
        let name = secret.get("name");
        if name.is_empty() {
            report.warn(&name, "invalid empty name");
        } else if !secrets.insert(name.text().to_owned()) {
            report.warn(&name, "duplicate name of a pull secret");
        }
    }
    let mut aliases = BTreeSet::new();
    for alias in pod.get("hostAliases").items() {
        let ip = alias.get("ip");
        canonical(&ip, report);
        if !aliases.insert(ip.text().to_owned()) {
            report.warn(&ip, "duplicate ip");
        }
    }
    for volume in pod.get("volumes").items() {
        volume_sources(&volume, report);
        let projected = volume.get("projected");
        for source in projected.get("sources").items() {
            if source.fields().all(|(_, part)| !part.is_set()) {
                report.warn(&source, "a projected volume has no sources provided");
            }
        }
    }
    for container in pod.get("initContainers").items() {
        self::container(&container, &mut BTreeSet::new(), report);
    }
    let (mut names, mut ports) = (BTreeMap::new(), BTreeSet::new());
    for container in pod.get("containers").items() {
        self::container(&container, &mut ports, report);
        port_names(&container, &mut names, report);
    }
}

/// The number, protocol, host port and host address of a port.
type Port = (Option<i64>, String, i64, String);

fn null_selector(labels: &Field<'_>, report: &mut Report) {
    if !labels.is_set() {
        report.warn(labels, "a null labelSelector results in matching no pod");
    }
}

fn port_names(container: &Field<'_>, seen: &mut BTreeMap<String, String>, report: &mut Report) {
    for port in container.get("ports").items() {
        let name = port.get("name");
        if name.is_empty() {
            continue;
        }
        match seen.get(name.text()) {
            Some(first) => report.warn(&port, format!("duplicate port name {:?} with {first}", name.text())),
            None => {
                seen.insert(name.text().to_owned(), port.path());
            }
        }
    }
}

fn container(container: &Field<'_>, ports: &mut BTreeSet<Port>, report: &mut Report) {
    let mut variables = BTreeSet::new();
    for variable in container.get("env").items() {
        let name = variable.get("name");
        if !name.is_empty() && !variables.insert(name.text().to_owned()) {
            report.warn(
                &variable,
                format!(
                    "hides previous definition of {:?}, which may be dropped when using apply",
                    name.text()
                ),
            );
        }
    }
    let resources = container.get("resources");
    for list in ["limits", "requests"] {
        fractions(&resources.get(list), report);
    }
    for port in container.get("ports").items() {
        let (number, protocol, host, ip) =
            (port.get("containerPort"), port.get("protocol"), port.get("hostPort"), port.get("hostIP"));
        let protocol = if protocol.is_empty() { "TCP" } else { protocol.text() };
        let host_number = host.integer().unwrap_or(0);
        if !ports.insert((number.integer(), protocol.to_owned(), host_number, ip.text().to_owned())) {
            report.warn(&port, "duplicate port definition");
        }
        if !ip.is_empty() && host_number == 0 {
            report.warn(&port, "hostIP set without hostPort");
        }
    }
}
