//! The checks of the Pod Security Standards, one function each, with the versions since which they apply.
//!
//! The rules are in <https://kubernetes.io/docs/concepts/security/pod-security-standards/>; their history is in the
//! release notes. A check that is stricter at `restricted` replaces its namesake at `baseline`.

use std::collections::BTreeSet;

use aqueduct_manifest::Value;

use super::{PodSecurityLevel, Violation};
use crate::pod::{Pod, is_set, items, text};

/// A check of one level, since a minor version; `replaces` is the `baseline` check that it replaces.
struct Check {
    name: &'static str,
    level: PodSecurityLevel,
    since: u32,
    replaces: &'static str,
    run: fn(&Context<'_>) -> Option<(String, String)>,
}

/// A pod, and the minor version of the checks.
struct Context<'a> {
    pod: Pod<'a>,
    containers: Vec<&'a Value>,
    minor: u32,
}

/// All checks, in the order in which the server lists them.
const ALL: &[Check] = &[
    baseline("appArmorProfile", 0, app_armor),
    baseline("capabilities_baseline", 0, capabilities),
    baseline("hostNamespaces", 0, host_namespaces),
    baseline("hostPathVolumes", 0, host_path_volumes),
    baseline("hostPorts", 0, host_ports),
    baseline("hostProbesAndHostLifecycle", 34, host_probes),
    baseline("privileged", 0, privileged),
    baseline("procMount", 0, proc_mount),
    baseline("seLinuxOptions", 0, se_linux),
    baseline("seccompProfile_baseline", 0, seccomp),
    baseline("sysctls", 0, sysctls),
    baseline("windowsHostProcess", 0, windows_host_process),
    restricted("allowPrivilegeEscalation", 8, "", privilege_escalation),
    restricted("capabilities_restricted", 22, "capabilities_baseline", capabilities_restricted),
    restricted("procMount_restricted", 35, "procMount", proc_mount_restricted),
    restricted("restrictedVolumes", 0, "hostPathVolumes", volumes),
    restricted("runAsNonRoot", 0, "", run_as_non_root),
    restricted("runAsUser", 23, "", run_as_user),
    restricted("seccompProfile_restricted", 19, "seccompProfile_baseline", seccomp_restricted),
];

const fn baseline(
    name: &'static str,
    since: u32,
    run: fn(&Context<'_>) -> Option<(String, String)>,
) -> Check {
    Check { name, level: PodSecurityLevel::Baseline, since, replaces: "", run }
}

const fn restricted(
    name: &'static str,
    since: u32,
    replaces: &'static str,
    run: fn(&Context<'_>) -> Option<(String, String)>,
) -> Check {
    Check { name, level: PodSecurityLevel::Restricted, since, replaces, run }
}

/// Returns the checks that a pod fails.
pub(super) fn run(pod: Pod<'_>, level: PodSecurityLevel, minor: u32) -> Vec<Violation> {
    let context = Context { pod, containers: pod.containers().collect(), minor };
    let asked = |check: &&Check| check.level <= level && check.since <= minor;
    let replaced: Vec<&str> = ALL.iter().filter(asked).map(|check| check.replaces).collect();
    ALL.iter()
        .filter(asked)
        .filter(|check| !replaced.contains(&check.name))
        .filter_map(|check| {
            let (reason, detail) = (check.run)(&context)?;
            Some(Violation { check: check.name, reason, detail })
        })
        .collect()
}

impl<'a> Context<'a> {
    /// Returns the names of the containers that satisfy a condition.
    fn names(&self, holds: impl Fn(&Value) -> bool) -> Vec<&'a str> {
        self.containers.iter().filter(|one| holds(one)).map(|one| text(one, &["name"])).collect()
    }

    /// Returns a field of the security context of the pod as a whole.
    fn security(&self, field: &str) -> Option<&'a Value> {
        self.pod.spec.at(&["securityContext", field])
    }

    /// Tells whether the pod has a user namespace of its own, which some checks consider.
    fn has_own_users(&self) -> bool {
        self.minor >= 35 && self.pod.spec.get("hostUsers").and_then(Value::as_bool) == Some(false)
    }

    /// Tells whether the pod runs on Windows, so that the rules for Linux do not apply.
    fn is_windows(&self) -> bool {
        self.minor >= 25 && text(self.pod.spec, &["os", "name"]) == "windows"
    }
}

/// Returns `container "a"` or `containers "a", "b"`.
fn named(word: &str, names: &[&str]) -> String {
    let plural = if names.len() == 1 { "" } else { "s" };
    format!("{word}{plural} {}", quoted(names))
}

fn quoted(names: &[&str]) -> String {
    let list: Vec<String> = names.iter().map(|name| format!("\"{name}\"")).collect();
    list.join(", ")
}

/// Returns a reason with the places where it applies; `None` if there are none.
fn found(reason: &str, places: Vec<String>) -> Option<(String, String)> {
    (!places.is_empty()).then(|| (reason.to_owned(), places.join("; ")))
}

/// Returns the places that set something forbidden: the pod itself and its containers.
fn setting(is_pod: bool, containers: &[&str], what: &str) -> Vec<String> {
    let mut setters = Vec::new();
    if is_pod {
        setters.push("pod".to_owned());
    }
    if !containers.is_empty() {
        setters.push(named("container", containers));
    }
    if setters.is_empty() { Vec::new() } else { vec![format!("{} {what}", setters.join(" and "))] }
}

/// Returns what sets profiles of a type that no standard allows, and these types.
fn bad_profiles(context: &Context<'_>, field: &str, what: &str) -> Vec<String> {
    let mut types = BTreeSet::new();
    let mut is_bad = |owner: &Value| {
        let kind = text(owner, &["securityContext", field, "type"]);
        let is_bad = !matches!(kind, "" | "RuntimeDefault" | "Localhost");
        if is_bad {
            types.insert(kind.to_owned());
        }
        is_bad
    };
    let is_pod = is_bad(context.pod.spec);
    let setters = context.containers.iter().filter(|container| is_bad(container));
    let containers: Vec<&str> = setters.map(|container| text(container, &["name"])).collect();
    let types: Vec<&str> = types.iter().map(String::as_str).collect();
    setting(is_pod, &containers, &format!("{what} {}", quoted(&types)))
}

/// Returns the annotations with a forbidden profile, as `key="value"`.
fn bad_annotations(context: &Context<'_>, is_about: impl Fn(&str) -> bool, allowed: &[&str]) -> Vec<String> {
    let annotations = context.pod.annotations.into_iter().flatten();
    annotations
        .filter(|(key, _)| is_about(key))
        .filter_map(|(key, value)| value.as_str().map(|value| (key, value)))
        .filter(|(_, value)| {
            !value.is_empty() && !allowed.contains(value) && !value.starts_with("localhost/")
        })
        .map(|(key, value)| format!("{key}=\"{value}\""))
        .collect()
}

fn app_armor(context: &Context<'_>) -> Option<(String, String)> {
    let mut places = bad_profiles(context, "appArmorProfile", "must not set AppArmor profile type to");
    let is_about = |key: &str| key.starts_with("container.apparmor.security.beta.kubernetes.io/");
    let annotations = bad_annotations(context, is_about, &["runtime/default"]);
    let plural = if annotations.len() > 1 { "s" } else { "" };
    if !annotations.is_empty() {
        places.push(format!("annotation{plural} {}", annotations.join(", ")));
    }
    found(&format!("forbidden AppArmor profile{plural}"), places)
}

const ADDABLE: [&str; 13] = [
    "AUDIT_WRITE",
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "MKNOD",
    "NET_BIND_SERVICE",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYS_CHROOT",
];

/// Returns the containers that add capabilities beyond the allowed ones, and these capabilities.
fn added<'a>(context: &Context<'a>, allowed: &[&str]) -> (Vec<&'a str>, BTreeSet<&'a str>) {
    let (mut containers, mut all) = (Vec::new(), BTreeSet::new());
    for container in &context.containers {
        let Some(capabilities) = container.at(&["securityContext", "capabilities"]) else { continue };
        let before: Vec<&str> = items(capabilities, "add").iter().filter_map(Value::as_str).collect();
        let bad: Vec<&str> = before.into_iter().filter(|name| !allowed.contains(name)).collect();
        if !bad.is_empty() {
            containers.push(text(container, &["name"]));
            all.extend(bad);
        }
    }
    (containers, all)
}

fn must_not_add(context: &Context<'_>, allowed: &[&str]) -> Vec<String> {
    let (containers, capabilities) = added(context, allowed);
    if containers.is_empty() {
        return Vec::new();
    }
    let capabilities: Vec<&str> = capabilities.into_iter().collect();
    vec![format!(
        "{} must not include {} in securityContext.capabilities.add",
        named("container", &containers),
        quoted(&capabilities)
    )]
}

fn capabilities(context: &Context<'_>) -> Option<(String, String)> {
    found("non-default capabilities", must_not_add(context, &ADDABLE))
}

fn capabilities_restricted(context: &Context<'_>) -> Option<(String, String)> {
    if context.is_windows() {
        return None;
    }
    let keeping = context.names(|container| {
        let capabilities = container.at(&["securityContext", "capabilities"]);
        !capabilities.is_some_and(|set| items(set, "drop").iter().any(|name| name.as_str() == Some("ALL")))
    });
    let mut places = Vec::new();
    if !keeping.is_empty() {
        places.push(format!(
            "{} must set securityContext.capabilities.drop=[\"ALL\"]",
            named("container", &keeping)
        ));
    }
    places.extend(must_not_add(context, &["NET_BIND_SERVICE"]));
    found("unrestricted capabilities", places)
}

fn host_namespaces(context: &Context<'_>) -> Option<(String, String)> {
    let shared: Vec<String> = ["hostNetwork", "hostPID", "hostIPC"]
        .iter()
        .filter(|field| is_set(context.pod.spec, &[field]))
        .map(|field| format!("{field}=true"))
        .collect();
    (!shared.is_empty()).then(|| ("host namespaces".to_owned(), shared.join(", ")))
}

fn host_path_volumes(context: &Context<'_>) -> Option<(String, String)> {
    let names: Vec<&str> = items(context.pod.spec, "volumes")
        .iter()
        .filter(|volume| volume.get("hostPath").is_some_and(|source| !source.is_null()))
        .map(|volume| text(volume, &["name"]))
        .collect();
    (!names.is_empty()).then(|| ("hostPath volumes".to_owned(), named("volume", &names)))
}

fn host_ports(context: &Context<'_>) -> Option<(String, String)> {
    let ports_of = |container: &Value| -> Vec<i64> {
        let ports = items(container, "ports").iter().filter_map(|port| port.get("hostPort")?.as_i64());
        ports.filter(|port| *port != 0).collect()
    };
    let containers = context.names(|container| !ports_of(container).is_empty());
    let ports: BTreeSet<String> =
        context.containers.iter().copied().flat_map(ports_of).map(|port| port.to_string()).collect();
    let uses = if containers.len() == 1 { "uses" } else { "use" };
    let plural = if ports.len() == 1 { "" } else { "s" };
    let ports: Vec<String> = ports.into_iter().collect();
    (!containers.is_empty()).then(|| {
        let detail =
            format!("{} {uses} hostPort{plural} {}", named("container", &containers), ports.join(", "));
        ("hostPort".to_owned(), detail)
    })
}

fn host_probes(context: &Context<'_>) -> Option<(String, String)> {
    const HANDLERS: [&[&str]; 5] = [
        &["livenessProbe"],
        &["readinessProbe"],
        &["startupProbe"],
        &["lifecycle", "postStart"],
        &["lifecycle", "preStop"],
    ];
    let hosts_of = |container: &Value| -> BTreeSet<String> {
        let handlers = HANDLERS.iter().filter_map(|path| container.at(path));
        let hosts =
            handlers.flat_map(|handler| ["httpGet", "tcpSocket"].map(|kind| text(handler, &[kind, "host"])));
        hosts.filter(|host| !host.is_empty()).map(str::to_owned).collect()
    };
    let containers = context.names(|container| !hosts_of(container).is_empty());
    let hosts: BTreeSet<String> = context.containers.iter().copied().flat_map(hosts_of).collect();
    let hosts: Vec<&str> = hosts.iter().map(String::as_str).collect();
    let uses = if containers.len() == 1 { "uses" } else { "use" };
    let plural = if hosts.len() == 1 { "" } else { "s" };
    (!containers.is_empty()).then(|| {
        let who = named("container", &containers);
        let detail = format!("{who} {uses} probe or lifecycle host{plural} {}", quoted(&hosts));
        ("probe or lifecycle host".to_owned(), detail)
    })
}

fn privileged(context: &Context<'_>) -> Option<(String, String)> {
    let containers = context.names(|container| is_set(container, &["securityContext", "privileged"]));
    found("privileged", setting(false, &containers, "must not set securityContext.privileged=true"))
}

fn proc_mount(context: &Context<'_>) -> Option<(String, String)> {
    if context.has_own_users() { None } else { proc_mount_restricted(context) }
}

fn proc_mount_restricted(context: &Context<'_>) -> Option<(String, String)> {
    let of = |container: &'_ Value| text(container, &["securityContext", "procMount"]).to_owned();
    let is_bad = |kind: &str| !matches!(kind, "" | "Default");
    let containers = context.names(|container| is_bad(&of(container)));
    let kinds: BTreeSet<String> =
        context.containers.iter().copied().map(of).filter(|kind| is_bad(kind)).collect();
    let kinds: Vec<&str> = kinds.iter().map(String::as_str).collect();
    let what = format!("must not set securityContext.procMount to {}", quoted(&kinds));
    found("procMount", setting(false, &containers, &what))
}

fn se_linux(context: &Context<'_>) -> Option<(String, String)> {
    let (mut types, mut has_user, mut has_role) = (BTreeSet::new(), false, false);
    let mut check = |options: Option<&Value>| {
        let Some(options) = options else { return false };
        let of = |field: &str| text(options, &[field]);
        let kind = of("type");
        let is_known = matches!(kind, "" | "container_t" | "container_init_t" | "container_kvm_t")
            || (context.minor >= 31 && kind == "container_engine_t");
        if !is_known {
            types.insert(kind.to_owned());
        }
        has_user |= !of("user").is_empty();
        has_role |= !of("role").is_empty();
        !is_known || !of("user").is_empty() || !of("role").is_empty()
    };
    let is_pod = check(context.security("seLinuxOptions"));
    let mut containers = Vec::new();
    for container in &context.containers {
        if check(container.at(&["securityContext", "seLinuxOptions"])) {
            containers.push(text(container, &["name"]));
        }
    }
    let mut faults = Vec::new();
    if !types.is_empty() {
        let list: Vec<&str> = types.iter().map(String::as_str).collect();
        faults.push(named("type", &list));
    }
    if has_user {
        faults.push("user may not be set".to_owned());
    }
    if has_role {
        faults.push("role may not be set".to_owned());
    }
    let what = format!("set forbidden securityContext.seLinuxOptions: {}", faults.join("; "));
    found("seLinuxOptions", setting(is_pod, &containers, &what))
}

const SECCOMP: &str = "must not set securityContext.seccompProfile.type to";

fn seccomp(context: &Context<'_>) -> Option<(String, String)> {
    if context.minor >= 19 {
        return found("seccompProfile", bad_profiles(context, "seccompProfile", SECCOMP));
    }
    let is_about = |key: &str| {
        key == "seccomp.security.alpha.kubernetes.io/pod"
            || key.starts_with("container.seccomp.security.alpha.kubernetes.io/")
    };
    let faults = bad_annotations(context, is_about, &["runtime/default", "docker/default"]);
    let plural = if faults.len() == 1 { "" } else { "s" };
    (!faults.is_empty())
        .then(|| ("seccompProfile".to_owned(), format!("forbidden annotation{plural} {}", faults.join(", "))))
}

fn seccomp_restricted(context: &Context<'_>) -> Option<(String, String)> {
    if context.is_windows() {
        return None;
    }
    let mut places = bad_profiles(context, "seccompProfile", SECCOMP);
    let is_silent = |owner: &Value| text(owner, &["securityContext", "seccompProfile", "type"]).is_empty();
    let silent = context.names(is_silent);
    if places.is_empty() && is_silent(context.pod.spec) && !silent.is_empty() {
        places.push(format!(
            "pod or {} must set securityContext.seccompProfile.type to \"RuntimeDefault\" or \"Localhost\"",
            named("container", &silent)
        ));
    }
    found("seccompProfile", places)
}

/// The safe sysctls, with the minor version since which they are allowed.
const SYSCTLS: &[(&str, u32)] = &[
    ("kernel.shm_rmid_forced", 0),
    ("net.ipv4.ip_local_port_range", 0),
    ("net.ipv4.tcp_syncookies", 0),
    ("net.ipv4.ping_group_range", 0),
    ("net.ipv4.ip_unprivileged_port_start", 0),
    ("net.ipv4.ip_local_reserved_ports", 27),
    ("net.ipv4.tcp_keepalive_time", 29),
    ("net.ipv4.tcp_fin_timeout", 29),
    ("net.ipv4.tcp_keepalive_intvl", 29),
    ("net.ipv4.tcp_keepalive_probes", 29),
    ("net.ipv4.tcp_rmem", 32),
    ("net.ipv4.tcp_wmem", 32),
    ("net.ipv4.tcp_slow_start_after_idle", 37),
    ("net.ipv4.tcp_notsent_lowat", 37),
];

fn sysctls(context: &Context<'_>) -> Option<(String, String)> {
    let security = context.pod.spec.get("securityContext")?;
    let forbidden: Vec<&str> = items(security, "sysctls")
        .iter()
        .map(|sysctl| text(sysctl, &["name"]))
        .filter(|name| !SYSCTLS.iter().any(|(known, since)| known == name && *since <= context.minor))
        .collect();
    (!forbidden.is_empty()).then(|| ("forbidden sysctls".to_owned(), forbidden.join(", ")))
}

fn windows_host_process(context: &Context<'_>) -> Option<(String, String)> {
    const PATH: [&str; 3] = ["securityContext", "windowsOptions", "hostProcess"];
    let containers = context.names(|container| is_set(container, &PATH));
    let is_pod = is_set(context.pod.spec, &PATH);
    found(
        "hostProcess",
        setting(is_pod, &containers, "must not set securityContext.windowsOptions.hostProcess=true"),
    )
}

fn privilege_escalation(context: &Context<'_>) -> Option<(String, String)> {
    if context.is_windows() {
        return None;
    }
    let containers = context.names(|container| {
        container.at(&["securityContext", "allowPrivilegeEscalation"]).and_then(Value::as_bool) != Some(false)
    });
    let what = "must set securityContext.allowPrivilegeEscalation=false";
    found("allowPrivilegeEscalation != false", setting(false, &containers, what))
}

/// The kinds of volumes allowed at `restricted`.
const VOLUMES: [&str; 9] = [
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "image",
    "persistentVolumeClaim",
    "projected",
    "secret",
];

fn volumes(context: &Context<'_>) -> Option<(String, String)> {
    let (mut names, mut kinds) = (Vec::new(), BTreeSet::new());
    for volume in items(context.pod.spec, "volumes") {
        let sources = volume
            .as_map()
            .into_iter()
            .flatten()
            .filter(|(key, value)| key.as_str() != "name" && !value.is_null());
        let sources: Vec<&str> = sources.map(|(key, _)| key.as_str()).collect();
        // A volume without a source is an `emptyDir`.
        if let Some(kind) = sources.iter().find(|kind| !VOLUMES.contains(kind)) {
            names.push(text(volume, &["name"]));
            kinds.insert(*kind);
        }
    }
    let kinds: Vec<&str> = kinds.into_iter().collect();
    (!names.is_empty()).then(|| {
        let uses = if names.len() == 1 { "uses" } else { "use" };
        let detail =
            format!("{} {uses} restricted {}", named("volume", &names), named("volume type", &kinds));
        ("restricted volume types".to_owned(), detail)
    })
}

fn run_as_non_root(context: &Context<'_>) -> Option<(String, String)> {
    if context.has_own_users() {
        return None;
    }
    let of = |container: &Value| container.at(&["securityContext", "runAsNonRoot"]).and_then(Value::as_bool);
    let pod = context.security("runAsNonRoot").and_then(Value::as_bool);
    let denying = context.names(|container| of(container) == Some(false));
    let mut places = setting(pod == Some(false), &denying, "must not set securityContext.runAsNonRoot=false");
    let silent = context.names(|container| of(container).is_none());
    if places.is_empty() && pod.is_none() && !silent.is_empty() {
        places.push(format!(
            "pod or {} must set securityContext.runAsNonRoot=true",
            named("container", &silent)
        ));
    }
    found("runAsNonRoot != true", places)
}

fn run_as_user(context: &Context<'_>) -> Option<(String, String)> {
    if context.has_own_users() {
        return None;
    }
    const PATH: [&str; 2] = ["securityContext", "runAsUser"];
    let is_root = |value: &Value| value.at(&PATH).and_then(Value::as_i64) == Some(0);
    let containers = context.names(is_root);
    found("runAsUser=0", setting(is_root(context.pod.spec), &containers, "must not set runAsUser=0"))
}
