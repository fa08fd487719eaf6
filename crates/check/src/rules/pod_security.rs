//! Pods keep the Pod Security Standard that their namespace enforces.
//!
//! Source: <https://kubernetes.io/docs/concepts/security/pod-security-standards/>.

use aqueduct_manifest::Value;

use crate::index::Index;
use crate::pod::{Container, Pod, list_at, text};
use crate::report::Report;
use crate::rule::{Level, Rule};

pub(crate) const RULE: Rule = Rule {
    name: "pod-security",
    summary: "a pod violates its namespace's Pod Security Standard",
    level: Level::Error,
    page: include_str!("pod_security.md"),
    check: pod_security,
};

const LABEL: &str = "pod-security.kubernetes.io/enforce";

fn pod_security(index: &Index<'_>, report: &mut Report) {
    for pod in index.pods() {
        let Some(namespace) = index.get("", "Namespace", "", pod.namespace()) else { continue };
        let standard = namespace.object.labels().and_then(|labels| labels.get(LABEL)).and_then(Value::as_str);
        let violations = match standard {
            Some("restricted") => [baseline(pod), restricted(pod)].concat(),
            Some("baseline") => baseline(pod),
            _ => continue,
        };
        let (title, standard) = (pod.entry.title(), standard.unwrap_or_default());
        for violation in violations {
            report.error(&pod.entry, format!("{title} breaks the standard `{standard}`: {violation}"));
        }
    }
}

/// Returns what breaks the baseline standard.
fn baseline(pod: &Pod<'_>) -> Vec<String> {
    let mut violations = Vec::new();
    for field in ["hostNetwork", "hostPID", "hostIPC"] {
        if pod.spec.get(field).and_then(Value::as_bool) == Some(true) {
            violations.push(format!("`{field}` is set"));
        }
    }
    for volume in pod.volumes().iter().filter(|volume| volume.get("hostPath").is_some()) {
        violations.push(format!("volume `{}` has the type `hostPath`", text(volume, "name")));
    }
    for container in pod.containers() {
        let context = container.value.get("securityContext").unwrap_or(&Value::Null);
        let name = container.name;
        if context.get("privileged").and_then(Value::as_bool) == Some(true) {
            violations.push(format!("container `{name}` is privileged"));
        }
        let added = added_capabilities(context);
        let refused: Vec<&str> = added.filter(|added| !OF_BASELINE.contains(added)).collect();
        if !refused.is_empty() {
            violations.push(format!("container `{name}` adds the capabilities {}", refused.join(", ")));
        }
        let ports = list_at(container.value, "ports").iter();
        let host_ports = ports.filter_map(|port| port.get("hostPort")?.as_i64()).filter(|port| *port != 0);
        violations.extend(host_ports.map(|port| format!("container `{name}` uses the host port {port}")));
        if seccomp(context) == Some("Unconfined") {
            violations.push(format!("container `{name}` is not confined by seccomp"));
        }
    }
    if pod.spec.get("securityContext").and_then(seccomp) == Some("Unconfined") {
        violations.push("the pod is not confined by seccomp".to_owned());
    }
    violations
}

/// Returns what breaks the restricted standard beyond the baseline.
fn restricted(pod: &Pod<'_>) -> Vec<String> {
    let mut violations = Vec::new();
    const VOLUMES: [&str; 8] = [
        "configMap",
        "csi",
        "downwardAPI",
        "emptyDir",
        "ephemeral",
        "persistentVolumeClaim",
        "projected",
        "secret",
    ];
    for volume in pod.volumes() {
        let types = volume.as_map().into_iter().flat_map(|map| map.keys()).filter(|key| *key != "name");
        for kind in types.filter(|key| !VOLUMES.contains(&key.as_str()) && *key != "hostPath") {
            violations.push(format!("volume `{}` has the type `{kind}`", text(volume, "name")));
        }
    }
    let of_pod = pod.spec.get("securityContext").unwrap_or(&Value::Null);
    for container in pod.containers() {
        violations.extend(restricted_container(&container, of_pod));
    }
    violations
}

fn restricted_container(container: &Container<'_>, of_pod: &Value) -> Vec<String> {
    let context = container.value.get("securityContext").unwrap_or(&Value::Null);
    let name = container.name;
    let mut violations = Vec::new();
    let either = |field| context.get(field).or_else(|| of_pod.get(field));
    if either("runAsNonRoot").and_then(Value::as_bool) != Some(true) {
        violations.push(format!("container `{name}` does not set `runAsNonRoot: true`"));
    }
    if either("runAsUser").and_then(Value::as_i64) == Some(0) {
        violations.push(format!("container `{name}` runs as user 0"));
    }
    if context.get("allowPrivilegeEscalation").and_then(Value::as_bool) != Some(false) {
        violations.push(format!("container `{name}` does not set `allowPrivilegeEscalation: false`"));
    }
    let dropped = context.at(&["capabilities", "drop"]).and_then(Value::as_list).map_or(&[][..], |list| list);
    if !dropped.iter().any(|capability| capability.as_str() == Some("ALL")) {
        violations.push(format!("container `{name}` does not drop the capabilities `ALL`"));
    }
    let refused: Vec<&str> = added_capabilities(context)
        .filter(|added| OF_BASELINE.contains(added) && *added != "NET_BIND_SERVICE")
        .collect();
    if !refused.is_empty() {
        violations.push(format!("container `{name}` adds the capabilities {}", refused.join(", ")));
    }
    let profile = seccomp(context).or_else(|| seccomp(of_pod));
    // What is unconfined already breaks the baseline.
    if !matches!(profile, Some("RuntimeDefault" | "Localhost" | "Unconfined")) {
        violations.push(format!("container `{name}` sets no `seccompProfile`"));
    }
    violations
}

fn seccomp(context: &Value) -> Option<&str> {
    context.at(&["seccompProfile", "type"])?.as_str()
}

fn added_capabilities(context: &Value) -> impl Iterator<Item = &str> {
    let added = context.at(&["capabilities", "add"]).and_then(Value::as_list).map_or(&[][..], |list| list);
    added.iter().filter_map(Value::as_str)
}

/// The capabilities that the baseline standard lets containers add.
const OF_BASELINE: [&str; 13] = [
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

#[cfg(test)]
mod tests {
    use crate::testing::findings;

    #[test]
    fn pods_keep_the_standard() {
        insta::assert_snapshot!(findings("pod-security", "
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {pod-security.kubernetes.io/enforce: restricted}}
---
apiVersion: v1
kind: Namespace
metadata: {name: bank, labels: {pod-security.kubernetes.io/enforce: baseline}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: bad, namespace: shop}
spec: {template: {spec: {volumes: [{name: v, hostPath: {path: /}}, {name: n, nfs: {}}], containers: [{name: a, securityContext: {capabilities: {add: [SYS_ADMIN, CHOWN]}}}]}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: good, namespace: shop}
spec:
  template:
    spec:
      securityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}
      containers: [{name: a, securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}}]
---
apiVersion: v1
kind: Pod
metadata: {name: host, namespace: bank}
spec: {hostNetwork: true, containers: [{name: a, ports: [{hostPort: 80}], securityContext: {privileged: true}}]}
---
apiVersion: v1
kind: Pod
metadata: {name: free, namespace: platform}
spec: {hostNetwork: true, containers: []}
"), @r"
        error: `Deployment shop/bad` breaks the standard `restricted`: container `a` adds the capabilities CHOWN: 3.yaml
        error: `Deployment shop/bad` breaks the standard `restricted`: container `a` adds the capabilities SYS_ADMIN: 3.yaml
        error: `Deployment shop/bad` breaks the standard `restricted`: container `a` does not drop the capabilities `ALL`: 3.yaml
        error: `Deployment shop/bad` breaks the standard `restricted`: container `a` does not set `allowPrivilegeEscalation: false`: 3.yaml
        error: `Deployment shop/bad` breaks the standard `restricted`: container `a` does not set `runAsNonRoot: true`: 3.yaml
        error: `Deployment shop/bad` breaks the standard `restricted`: container `a` sets no `seccompProfile`: 3.yaml
        error: `Deployment shop/bad` breaks the standard `restricted`: volume `n` has the type `nfs`: 3.yaml
        error: `Deployment shop/bad` breaks the standard `restricted`: volume `v` has the type `hostPath`: 3.yaml
        error: `Pod bank/host` breaks the standard `baseline`: `hostNetwork` is set: 5.yaml
        error: `Pod bank/host` breaks the standard `baseline`: container `a` is privileged: 5.yaml
        error: `Pod bank/host` breaks the standard `baseline`: container `a` uses the host port 80: 5.yaml
        ");
    }
}
