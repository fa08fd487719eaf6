//! Pods and pod templates.

mod container;
mod environment;
mod probe;
pub(crate) mod resources;
mod scheduling;
mod security;
pub(crate) mod volume;

use std::collections::{BTreeMap, BTreeSet};

use crate::field::Field;
use crate::names;
use crate::report::Report;
use crate::rules::{address, metadata};

pub(crate) use probe::port as probe_port;
pub(crate) use scheduling::{overhead_amount, tolerations};

/// Whether a pod or a pod controller is created.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Pod,
    Template,
    /// The template of a StatefulSet.
    Stateful,
}

/// What the checks of a pod's parts need to know about the pod.
struct Pod<'p> {
    form: Form,
    /// The names of the volumes, with their kinds.
    volumes: BTreeMap<&'p str, Field<'p>>,
    claims: BTreeSet<&'p str>,
    restart_policy: &'p str,
    grace_seconds: i64,
    has_host_users: bool,
}

/// Checks a pod to be created.
pub(crate) fn check(root: &Field<'_>, report: &mut Report) {
    let meta = root.get("metadata");
    let pod = root.get("spec");
    annotations(&meta.get("annotations"), &pod, report);
    let name = meta.get("name");
    let prefix = meta.get("generateName");
    let made = if prefix.is_empty() { String::new() } else { metadata::generated(prefix.text()) };
    let pod_name = if name.is_empty() { &made } else { name.text() };
    spec(&pod, Form::Pod, pod_name, &pod.get("volumeClaimTemplates"), report);
    // A token without an account is not refused, because admission fills in the account `default` first.
    let ephemeral = pod.get("ephemeralContainers");
    if !ephemeral.is_empty() {
        report.forbidden(&ephemeral, "cannot be set on create");
    }
    let node = pod.get("nodeName");
    if !node.is_empty() && !pod.get("schedulingGates").is_empty() {
        report.forbidden(&node, "cannot be set until all schedulingGates have been cleared");
    }
    security::annotations_match(&meta.get("annotations"), &pod, report);
}

/// Checks the template of a controller, together with its claim templates.
pub(crate) fn template(template: &Field<'_>, form: Form, claims: &Field<'_>, report: &mut Report) {
    let meta = template.get("metadata");
    let pod = template.get("spec");
    // The API server omits `metadata` in these paths.
    let (labels, notes) = (meta.get("labels"), meta.get("annotations"));
    let notes = template.with("annotations", notes.value);
    metadata::labels(&template.with("labels", labels.value), report);
    metadata::annotations(&notes, report);
    annotations(&notes, &pod, report);
    spec(&pod, form, "", claims, report);
    let ephemeral = pod.get("ephemeralContainers");
    if !ephemeral.is_empty() {
        report.forbidden(&ephemeral, "ephemeral containers not allowed in pod template");
    }
}

/// Checks the pod annotations that Kubernetes reads.
fn annotations(annotations: &Field<'_>, pod: &Field<'_>, report: &mut Report) {
    let cost = annotations.key("controller.kubernetes.io/pod-deletion-cost");
    if cost.is_set() && !is_integer(cost.text()) {
        report.invalid(&cost, "must be a 32bit integer");
    }
    security::annotations(annotations, pod, report);
}

/// Tells whether a text is a 32-bit number, as Kubernetes parses the pod deletion cost.
fn is_integer(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let is_plain = digits == "0" || !digits.starts_with(['0', '+']);
    text == "0" || is_plain && !text.starts_with("-0") && text.parse::<i32>().is_ok()
}

/// All lists of containers, by name.
const CONTAINERS: [&str; 3] = ["initContainers", "containers", "ephemeralContainers"];

/// Calls a function with every container of a pod.
fn each_container(pod: &Field<'_>, mut visit: impl FnMut(&Field<'_>)) {
    for list in CONTAINERS {
        for container in pod.get(list).items() {
            visit(&container);
        }
    }
}

/// Checks the spec of a pod.
fn spec(pod: &Field<'_>, form: Form, pod_name: &str, templates: &Field<'_>, report: &mut Report) {
    let volume_list = pod.get("volumes");
    let volumes_with_claims = volume::with_claims(&volume_list, templates);
    let volume_list = match &volumes_with_claims {
        Some(volumes) => pod.with("volumes", volumes),
        None => volume_list,
    };
    let right = volume::check(&volume_list, (form == Form::Pod).then_some(pod_name), report);
    let volumes_of: Vec<Field<'_>> =
        volume_list.items().zip(right).filter(|(_, is_right)| *is_right).map(|(volume, _)| volume).collect();
    let claim_list = pod.get("resourceClaims");
    let claims: Vec<Field<'_>> = claim_list.items().collect();
    let claim_names: Vec<Field<'_>> = claims.iter().map(|claim| claim.get("name")).collect();
    let volume_names: Vec<Field<'_>> = volumes_of.iter().map(|volume| volume.get("name")).collect();
    let restart_policy = pod.get("restartPolicy");
    let security = pod.get("securityContext");
    let host_users = pod.get("hostUsers");
    let whole = Pod {
        form,
        volumes: volume_names.iter().map(Field::text).zip(volumes_of.iter().copied()).collect(),
        claims: claim_names.iter().map(Field::text).filter(|name| !name.is_empty()).collect(),
        restart_policy: if restart_policy.is_empty() { "Always" } else { restart_policy.text() },
        grace_seconds: pod.get("terminationGracePeriodSeconds").integer().unwrap_or(30),
        has_host_users: host_users.value.as_bool() != Some(false),
    };

    resource_claims(&claim_list, report);
    container::check(pod, &whole, report);
    resources::of_pod(pod, &whole.claims, form, report);

    let has_host_network = pod.get("hostNetwork").is_true();
    if has_host_network {
        for container in pod.get("containers").items() {
            for port in container.get("ports").items() {
                let (host, inner) = (port.get("hostPort"), port.get("containerPort"));
                let number = host.integer().unwrap_or(0);
                // For a pod, absent ones are filled in.
                if number != 0 && Some(number) != inner.integer() {
                    report.invalid(&host, "must match `containerPort` when `hostNetwork` is true");
                }
            }
        }
    }
    report.default_or_one_of(&restart_policy, &["Always", "OnFailure", "Never"]);
    dns(pod, report);
    metadata::labels(&pod.get("nodeSelector"), report);
    security::of_pod(pod, &security, report);
    scheduling::check(pod, report);
    security::windows(pod, report);
    if !whole.has_host_users {
        let policies = [("hostNetwork", "hostNetwork"), ("HostPID", "hostPID"), ("HostIPC", "hostIPC")];
        for (path, name) in policies {
            let flag = pod.get(name);
            if flag.is_true() {
                report.forbidden(&pod.with(path, flag.value), "when `hostUsers` is false");
            }
        }
    }
    identity(pod, has_host_network, form, report);
    for alias in pod.get("hostAliases").items() {
        address::ip(&alias.get("ip"), report);
        for name in alias.get("hostnames").items() {
            report.format(&name, names::subdomain);
        }
    }
    let deadline = pod.get("activeDeadlineSeconds");
    report.between(&deadline, 1, i64::from(i32::MAX));
    security::operating_system(pod, report);
}

/// Checks the names that a pod has or refers to.
fn identity(pod: &Field<'_>, has_host_network: bool, form: Form, report: &mut Report) {
    // The old name of the field is filled in from the new one, and vice versa.
    let (account, old_account) = (pod.get("serviceAccountName"), pod.get("serviceAccount"));
    report.optional_format(&account, names::subdomain);
    if account.is_empty() && names::subdomain(old_account.text()).is_some() && !old_account.is_empty() {
        report.format(&pod.with("serviceAccountName", old_account.value), names::subdomain);
    }
    report.optional_format(&pod.get("nodeName"), names::subdomain);
    // The pods of a StatefulSet get their own hostnames.
    if form != Form::Stateful {
        report.optional_format(&pod.get("hostname"), names::label);
        report.optional_format(&pod.get("subdomain"), names::label);
    }
    report.optional_format(&pod.get("priorityClassName"), names::subdomain);
    let class = pod.get("runtimeClassName");
    if class.is_set() {
        report.format(&class, names::subdomain);
    }
    let hostname = pod.get("hostnameOverride");
    if hostname.is_set() {
        if has_host_network {
            report.forbidden(&hostname, "may not be specified when hostNetwork is true");
        }
        if pod.get("setHostnameAsFQDN").is_true() {
            report.forbidden(&hostname, "may not be specified when setHostnameAsFQDN is true");
        }
        if hostname.len() > 64 {
            report.too_long(&hostname, 64);
        }
        report.format(&hostname, names::subdomain);
    }
}

fn dns(pod: &Field<'_>, report: &mut Report) {
    let (policy, config) = (pod.get("dnsPolicy"), pod.get("dnsConfig"));
    report.default_or_one_of(&policy, &["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"]);
    let (servers, searches) = (config.get("nameservers"), config.get("searches"));
    if policy.text() == "None" {
        if !config.is_set() {
            return report.required(&config, "must provide `dnsConfig` when `dnsPolicy` is None");
        }
        if servers.is_empty() {
            return report
                .required(&servers, "must provide at least one DNS nameserver when `dnsPolicy` is None");
        }
    }
    if servers.len() > 3 {
        report.invalid(&servers, "must not have more than 3 nameservers");
    }
    for server in servers.items() {
        address::ip(&server, report);
    }
    if searches.len() > 32 {
        report.invalid(&searches, "must not have more than 32 search paths");
    }
    let letters: usize = searches.items().map(|search| search.len() + 1).sum();
    if letters > 2048 + 1 {
        report.invalid(
            &searches,
            "must not have more than 2048 characters (including spaces) in the search list",
        );
    }
    for search in searches.items() {
        let text = search.text();
        if text != "." && names::subdomain_with_underscores(text.strip_suffix('.').unwrap_or(text)).is_some()
        {
            report.invalid(
                &search,
                "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and must start and end with an alphanumeric character",
            );
        }
    }
    for option in config.get("options").items() {
        if option.get("name").is_empty() {
            report.required(&option, "must not be empty");
        }
    }
}

fn resource_claims(claims: &Field<'_>, report: &mut Report) {
    let mut seen = BTreeSet::new();
    for claim in claims.items() {
        let name = claim.get("name");
        if report.needs(&name) {
            if seen.contains(name.text()) {
                report.duplicate(&name);
            } else {
                report.format(&name, names::label);
                seen.insert(name.text().to_owned());
            }
        }
        let (direct, template) = (claim.get("resourceClaimName"), claim.get("resourceClaimTemplateName"));
        match (direct.is_set(), template.is_set()) {
            (true, true) => report.invalid(
                &claim,
                "at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified",
            ),
            (false, false) => {
                report
                    .invalid(&claim, "must specify one of: `resourceClaimName`, `resourceClaimTemplateName`");
            }
            _ => {}
        }
        for reference in [direct, template] {
            if reference.is_set() {
                report.format(&reference, names::subdomain);
            }
        }
    }
}
