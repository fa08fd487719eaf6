//! What containers may do on their node.

use std::collections::BTreeSet;

use super::container::descending_path;
use super::{CONTAINERS, Pod, each_container};
use crate::field::Field;
use crate::names;
use crate::report::Report;

const MOST_ID: i64 = i32::MAX as i64;

/// Checks the security context of a pod.
pub(super) fn of_pod(pod: &Field<'_>, security: &Field<'_>, report: &mut Report) {
    for name in ["fsGroup", "runAsUser", "runAsGroup"] {
        report.between(&security.get(name), 0, MOST_ID);
    }
    for group in security.get("supplementalGroups").items() {
        report.between(&group, 0, MOST_ID);
    }
    let shared = pod.get("shareProcessNamespace");
    if shared.is_true() && pod.get("hostPID").is_true() {
        report.invalid(&shared, "ShareProcessNamespace and HostPID cannot both be enabled");
    }
    sysctls(pod, &security.get("sysctls"), report);
    report.set_is_one_of(&security.get("fsGroupChangePolicy"), &["OnRootMismatch", "Always"]);
    report.set_is_one_of(&security.get("supplementalGroupsPolicy"), &["Merge", "Strict"]);
    report.set_is_one_of(&security.get("seLinuxChangePolicy"), &["Recursive", "MountOption"]);
    profiles(security, report);
}

/// Checks the security context of a container.
pub(super) fn of_container(security: &Field<'_>, pod: &Pod<'_>, report: &mut Report) {
    for name in ["runAsUser", "runAsGroup"] {
        report.between(&security.get(name), 0, MOST_ID);
    }
    let mount = security.get("procMount");
    report.set_is_one_of(&mount, &["Default", "Unmasked"]);
    if mount.text() == "Unmasked" && pod.has_host_users {
        report.invalid(&mount, "`hostUsers` must be false to use `Unmasked`");
    }
    profiles(security, report);
    if security.get("allowPrivilegeEscalation").value.as_bool() == Some(false) {
        if security.get("privileged").is_true() {
            report
                .invalid(security, "cannot set `allowPrivilegeEscalation` to false and `privileged` to true");
        }
        let capabilities = security.get("capabilities");
        if capabilities.get("add").has("CAP_SYS_ADMIN") {
            report.invalid(
                security,
                "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN",
            );
        }
    }
}

/// Checks the profiles that pods and containers have in common.
fn profiles(security: &Field<'_>, report: &mut Report) {
    seccomp(&security.get("seccompProfile"), report);
    app_armor(&security.get("appArmorProfile"), report);
    windows_options(&security.get("windowsOptions"), report);
}

fn sysctls(pod: &Field<'_>, sysctls: &Field<'_>, report: &mut Report) {
    let mut seen = BTreeSet::new();
    for sysctl in sysctls.items() {
        let name = sysctl.get("name");
        let text = name.text();
        if text.is_empty() {
            report.required(&name, "");
        } else if !is_sysctl(text) {
            report.invalid(&name, "must have at most 253 characters and be parts of small letters, digits, `-` and `_` between points or slashes");
        } else if seen.contains(text) {
            report.duplicate(&name);
        }
        // A slash may replace a dot, and then a dot may replace a slash.
        let first = text.find(['.', '/']).map_or("", |at| &text[at..=at]);
        let dotted = if first == "/" { text.replace('/', ".") } else { text.to_owned() };
        let is_net = dotted.starts_with("net.");
        let is_ipc = dotted.starts_with("kernel.shm")
            || dotted.starts_with("kernel.msg")
            || dotted.starts_with("fs.mqueue.")
            || dotted == "kernel.sem";
        if is_net && pod.get("hostNetwork").is_true() {
            report.invalid(&name, "may not be specified when 'hostNetwork' is true");
        } else if is_ipc && pod.get("hostIPC").is_true() {
            report.invalid(&name, "may not be specified when 'hostIPC' is true");
        }
        seen.insert(text.to_owned());
    }
}

fn is_sysctl(text: &str) -> bool {
    let edge =
        |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    text.len() <= 253
        && text.split(['.', '/']).all(|part| {
            let bytes = part.as_bytes();
            edge(bytes.first())
                && edge(bytes.last())
                && bytes.iter().all(|byte| edge(Some(byte)) || matches!(byte, b'-' | b'_'))
        })
}

fn seccomp(profile: &Field<'_>, report: &mut Report) {
    if !profile.is_set() {
        return;
    }
    let (kind, path) = (profile.get("type"), profile.get("localhostProfile"));
    if kind.is_empty() {
        report.required(&kind, "type is required when seccompProfile is set");
    } else {
        report.one_of(&kind, &["Localhost", "RuntimeDefault", "Unconfined"]);
    }
    if kind.text() == "Localhost" {
        if path.is_set() {
            descending_path(&path, &path, report);
        } else {
            report.required(&path, "must be set when seccomp type is Localhost");
        }
    } else if path.is_set() {
        report.invalid(&path, "can only be set when seccomp type is Localhost");
    }
}

fn app_armor(profile: &Field<'_>, report: &mut Report) {
    if !profile.is_set() {
        return;
    }
    let (kind, path) = (profile.get("type"), profile.get("localhostProfile"));
    match kind.text() {
        "Localhost" => {
            if path.text().trim() != path.text() {
                report.invalid(&path, "must not be padded with whitespace");
            } else if path.is_empty() {
                report.required(&path, "must be set when AppArmor type is Localhost");
            }
            if path.len() > 4095 {
                report.too_long(&path, 4095);
            }
        }
        "RuntimeDefault" | "Unconfined" => {
            if path.is_set() {
                report.invalid(&path, "can only be set when AppArmor type is Localhost");
            }
        }
        "" => report.required(&kind, "type is required when appArmorProfile is set"),
        _ => report.unsupported(&kind, &["Localhost", "RuntimeDefault", "Unconfined"]),
    }
}

/// Checks the annotations for profiles, from before there were fields.
pub(super) fn annotations(annotations: &Field<'_>, pod: &Field<'_>, report: &mut Report) {
    for (key, value) in annotations.entries() {
        let profile = value.text();
        if let Some(name) = key.strip_prefix("container.apparmor.security.beta.kubernetes.io/") {
            let mut is_known = false;
            each_container(pod, |container| is_known |= container.get("name").text() == name);
            if !is_known {
                report.invalid_as(&value, name, "container not found");
            }
            let is_right =
                matches!(profile, "" | "runtime/default" | "unconfined") || profile.starts_with("localhost/");
            if !is_right {
                report.invalid(&value, "invalid AppArmor profile name");
            }
        } else if key == "seccomp.security.alpha.kubernetes.io/pod"
            || key.starts_with("container.seccomp.security.alpha.kubernetes.io/")
        {
            let place = annotations.with(key, value.value);
            match profile.strip_prefix("localhost/") {
                Some(path) => {
                    if path.starts_with('/') {
                        report.invalid_as(&place, path, "must be a relative path");
                    }
                    if path.split('/').any(|part| part == "..") {
                        report.invalid_as(&place, path, "must not contain '..'");
                    }
                }
                None if matches!(profile, "runtime/default" | "docker/default" | "unconfined") => {}
                None => report.invalid(&place, "must be a valid seccomp profile"),
            }
        }
    }
}

/// Refuses annotations that contradict the corresponding fields.
pub(super) fn annotations_match(annotations: &Field<'_>, pod: &Field<'_>, report: &mut Report) {
    let of_pod = pod.get("securityContext");
    let annotation = annotations.key("seccomp.security.alpha.kubernetes.io/pod");
    if annotation.is_set() {
        annotation_matches(&of_pod.get("seccompProfile"), annotation.text(), "seccomp", report);
    }
    let is_windows = pod.get("os").get("name").text() == "windows";
    each_container(pod, |container| {
        let own = container.get("securityContext");
        let name = container.get("name");
        let key = format!("container.seccomp.security.alpha.kubernetes.io/{}", name.text());
        let annotation = annotations.key(&key);
        if annotation.is_set() {
            annotation_matches(&own.get("seccompProfile"), annotation.text(), "seccomp", report);
        }
        let key = format!("container.apparmor.security.beta.kubernetes.io/{}", name.text());
        let annotation = annotations.key(&key);
        let own_profile = own.get("appArmorProfile");
        let of_pod = of_pod.get("appArmorProfile");
        let effective =
            if own_profile.is_set() { own_profile } else { own.with("appArmorProfile", of_pod.value) };
        if annotation.is_set() && !is_windows {
            annotation_matches(&effective, annotation.text(), "apparmor", report);
        }
    });
}

fn annotation_matches(profile: &Field<'_>, annotation: &str, what: &str, report: &mut Report) {
    let (kind, path) = (profile.get("type"), profile.get("localhostProfile"));
    let is_same = match kind.text() {
        "Unconfined" => annotation == "unconfined",
        "RuntimeDefault" => {
            annotation == "runtime/default" || what == "seccomp" && annotation == "docker/default"
        }
        "Localhost" => match annotation.strip_prefix("localhost/") {
            Some(rest) => {
                if rest != path.text() {
                    report.forbidden(&path, &format!("{what} profile in annotation and field must match"));
                }
                true
            }
            None => false,
        },
        _ => true,
    };
    if !is_same {
        report.forbidden(&kind, &format!("{what} type in annotation and field must match"));
    }
}

fn windows_options(options: &Field<'_>, report: &mut Report) {
    let (name, spec, user) = (
        options.get("gmsaCredentialSpecName"),
        options.get("gmsaCredentialSpec"),
        options.get("runAsUserName"),
    );
    if name.is_set() {
        report.format(&name, names::subdomain);
    }
    if spec.is_set() {
        if spec.is_empty() {
            report.invalid(&spec, "gmsaCredentialSpec cannot be an empty string");
        } else if spec.len() > 64 * 1024 {
            report.invalid(&spec, "gmsaCredentialSpec size must be under 64 KiB");
        }
    }
    if user.is_set() {
        for problem in user_problems(user.text()) {
            report.invalid(&user, problem);
        }
    }
}

fn user_problems(text: &str) -> Vec<&'static str> {
    if text.is_empty() {
        return vec!["runAsUserName cannot be an empty string"];
    }
    if text.chars().any(|letter| letter.is_ascii_control()) {
        return vec!["runAsUserName cannot contain control characters"];
    }
    let parts: Vec<&str> = text.split('\\').collect();
    let (domain, user) = match parts[..] {
        [user] => (None, user),
        [domain, user] => (Some(domain), user),
        _ => return vec!["runAsUserName cannot contain more than one backslash"],
    };
    let mut problems = Vec::new();
    if let Some(domain) = domain {
        if domain.len() >= 256 {
            problems.push("runAsUserName's Domain length must be under 256 characters");
        }
        let is_net_bios = !domain.is_empty()
            && domain.chars().count() <= 15
            && !domain.starts_with('.')
            && !domain.contains(['\\', '/', ':', '*', '?', '"', '<', '>', '|']);
        let is_dns = domain.split('.').all(|part| {
            let bytes = part.as_bytes();
            bytes.len() <= 63
                && bytes.first().is_some_and(u8::is_ascii_alphanumeric)
                && bytes.last().is_some_and(u8::is_ascii_alphanumeric)
                && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-')
        });
        if !is_net_bios && !is_dns {
            problems.push("runAsUserName's Domain doesn't match the NetBios nor the DNS format");
        }
    }
    if user.is_empty() {
        problems.push("runAsUserName's User cannot be empty");
    } else if user.len() > 104 {
        problems.push("runAsUserName's User length must not be longer than 104 characters");
    }
    if !user.is_empty() && user.chars().all(|letter| matches!(letter, '.' | ' ')) {
        problems.push("runAsUserName's User cannot contain only periods or spaces");
    }
    if user.contains(['"', '/', '\\', ':', ';', '|', '=', ',', '+', '*', '?', '<', '>', '@', '[', ']']) {
        problems.push("runAsUserName's User cannot contain the following characters: \"/\\:;|=,+*?<>@[]");
    }
    problems
}

/// Checks that either all containers are Windows host processes or none is.
pub(super) fn windows(pod: &Field<'_>, report: &mut Report) {
    let security = pod.get("securityContext");
    let of_pod = security.get("windowsOptions").get("hostProcess").value.as_bool();
    let (mut containers, mut processes) = (0, 0);
    each_container(pod, |container| {
        containers += 1;
        let security = container.get("securityContext");
        let options = security.get("windowsOptions");
        let own = options.get("hostProcess");
        if let (Some(whole), Some(part)) = (of_pod, own.value.as_bool())
            && whole != part
        {
            report.invalid(
                &own,
                format_args!("pod hostProcess value must be identical if both are specified, was {whole}"),
            );
        }
        processes += usize::from(own.value.as_bool().or(of_pod) == Some(true));
    });
    if processes == 0 {
        return;
    }
    if processes != containers {
        report.invalid_as(
            pod,
            "",
            "If pod contains any hostProcess containers then all containers must be HostProcess containers",
        );
    }
    let network = pod.get("hostNetwork");
    if !network.is_true() {
        report.invalid(&network, "hostNetwork must be true if pod contains any hostProcess containers");
    }
}

/// Refuses fields that the operating system of a pod does not support.
pub(super) fn operating_system(pod: &Field<'_>, report: &mut Report) {
    let system = pod.get("os");
    if !system.is_set() {
        return;
    }
    let name = system.get("name");
    match name.text() {
        "" => report.required(&name, "cannot be empty"),
        "linux" => {
            let forbid = |holder: &Field<'_>, report: &mut Report| {
                let security = holder.get("securityContext");
                let options = security.get("windowsOptions");
                if options.is_set() {
                    report.forbidden(&options, "windows options cannot be set for a linux pod");
                }
            };
            forbid(pod, report);
            for list in CONTAINERS {
                for container in pod.get(list).items() {
                    forbid(&container, report);
                }
            }
        }
        "windows" => of_windows(pod, report),
        other => {
            let shown = aqueduct_manifest::Value::from(other);
            report.unsupported(&pod.with("os", &shown), &["linux", "windows"]);
        }
    }
}

fn of_windows(pod: &Field<'_>, report: &mut Report) {
    const OF_POD: [&str; 11] = [
        "appArmorProfile",
        "seLinuxOptions",
        "seccompProfile",
        "fsGroup",
        "fsGroupChangePolicy",
        "sysctls",
        "runAsUser",
        "runAsGroup",
        "supplementalGroups",
        "supplementalGroupsPolicy",
        "seLinuxChangePolicy",
    ];
    const OF_CONTAINER: [&str; 10] = [
        "appArmorProfile",
        "seLinuxOptions",
        "seccompProfile",
        "capabilities",
        "readOnlyRootFilesystem",
        "privileged",
        "allowPrivilegeEscalation",
        "procMount",
        "runAsUser",
        "runAsGroup",
    ];
    let forbid = |holder: &Field<'_>, names: &[&str], report: &mut Report| {
        for name in names {
            let field = holder.get(name);
            if field.is_set() && !(*name == "sysctls" && field.is_empty()) {
                report.forbidden(&field, "cannot be set for a windows pod");
            }
        }
    };
    forbid(&pod.get("securityContext"), &OF_POD, report);
    forbid(pod, &["hostUsers", "shareProcessNamespace"], report);
    for name in ["hostPID", "hostIPC"] {
        let flag = pod.get(name);
        if flag.is_true() {
            report.forbidden(&flag, "cannot be set for a windows pod");
        }
    }
    for list in CONTAINERS {
        for container in pod.get(list).items() {
            forbid(&container.get("securityContext"), &OF_CONTAINER, report);
        }
    }
}
