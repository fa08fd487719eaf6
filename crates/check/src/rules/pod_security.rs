//! Pods comply with the Pod Security Standard that their namespace enforces.
//!
//! Source: <https://kubernetes.io/docs/concepts/security/pod-security-standards/>.

use aqueduct_manifest::Value;

use crate::facts::Entry;
use crate::index::Index;
use crate::pod::{Container, Pod, list_at, text};
use crate::report::{Field, Report};
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
        for (field, violation) in violations {
            report.error(
                &pod.entry,
                field,
                format!("{title} violates the Pod Security Standard `{standard}`: {violation}"),
            );
        }
    }
}

/// Returns the first field of an object with pods that violates a Pod Security Standard, checking baseline before
/// restricted.
pub fn insecure_field<'a>(entry: &Entry<'a>) -> Option<Field<'a>> {
    let pod = Pod::of(*entry)?;
    let (field, _) = baseline(&pod).into_iter().chain(restricted(&pod)).next()?;
    Some(field)
}

/// The field that violates a standard, and how.
type Violation<'a> = (Field<'a>, String);

/// Returns a field of the security context of a pod or a container.
fn of_context<'a>(of: &'a Value, field: &str) -> Field<'a> {
    (of, ["securityContext", field]).into()
}

/// Returns what violates the baseline standard.
fn baseline<'a>(pod: &Pod<'a>) -> Vec<Violation<'a>> {
    let mut violations = Vec::new();
    for field in ["hostNetwork", "hostPID", "hostIPC"] {
        if pod.spec.get(field).and_then(Value::as_bool) == Some(true) {
            violations.push(((pod.spec, [field]).into(), format!("`{field}` is set")));
        }
    }
    for volume in pod.volumes().iter().filter(|volume| volume.get("hostPath").is_some()) {
        let what = format!("volume `{}` has the type `hostPath`", text(volume, "name"));
        violations.push(((volume, ["hostPath"]).into(), what));
    }
    for container in pod.containers() {
        let context = container.value.get("securityContext").unwrap_or(&Value::Null);
        let (name, field) = (container.name, |field| of_context(container.value, field));
        if context.get("privileged").and_then(Value::as_bool) == Some(true) {
            violations.push((field("privileged"), format!("container `{name}` is privileged")));
        }
        let added = added_capabilities(context);
        let refused: Vec<&str> = added.filter(|added| !OF_BASELINE.contains(added)).collect();
        if !refused.is_empty() {
            let what = format!("container `{name}` adds the capabilities {}", refused.join(", "));
            violations.push((field("capabilities"), what));
        }
        let ports = list_at(container.value, "ports").iter();
        let host_ports = ports.filter_map(|port| Some((port, port.get("hostPort")?.as_i64()?)));
        violations.extend(host_ports.filter(|(_, number)| *number != 0).map(|(port, number)| {
            ((port, ["hostPort"]).into(), format!("container `{name}` uses the host port {number}"))
        }));
        if seccomp(context) == Some("Unconfined") {
            violations
                .push((field("seccompProfile"), format!("container `{name}` is not confined by seccomp")));
        }
    }
    if pod.spec.get("securityContext").and_then(seccomp) == Some("Unconfined") {
        let what = "the pod is not confined by seccomp".to_owned();
        violations.push((of_context(pod.spec, "seccompProfile"), what));
    }
    violations
}

/// Returns what violates the restricted standard in addition to the baseline.
fn restricted<'a>(pod: &Pod<'a>) -> Vec<Violation<'a>> {
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
            let what = format!("volume `{}` has the type `{kind}`", text(volume, "name"));
            violations.push(((volume, [kind.as_str()]).into(), what));
        }
    }
    let of_pod = pod.spec.get("securityContext").unwrap_or(&Value::Null);
    for container in pod.containers() {
        violations.extend(restricted_container(pod, &container, of_pod));
    }
    violations
}

fn restricted_container<'a>(pod: &Pod<'a>, container: &Container<'a>, of_pod: &Value) -> Vec<Violation<'a>> {
    let context = container.value.get("securityContext").unwrap_or(&Value::Null);
    let (name, field) = (container.name, |field| of_context(container.value, field));
    let mut violations = Vec::new();
    let either = |field| context.get(field).or_else(|| of_pod.get(field));
    // A setting that only the pod has must be changed there.
    let said = |name| match (context.get(name), of_pod.get(name)) {
        (None, Some(_)) => of_context(pod.spec, name),
        _ => field(name),
    };
    if either("runAsNonRoot").and_then(Value::as_bool) != Some(true) {
        violations
            .push((said("runAsNonRoot"), format!("container `{name}` does not set `runAsNonRoot: true`")));
    }
    if either("runAsUser").and_then(Value::as_i64) == Some(0) {
        violations.push((said("runAsUser"), format!("container `{name}` runs as user 0")));
    }
    if context.get("allowPrivilegeEscalation").and_then(Value::as_bool) != Some(false) {
        let what = format!("container `{name}` does not set `allowPrivilegeEscalation: false`");
        violations.push((field("allowPrivilegeEscalation"), what));
    }
    let dropped = context.at(&["capabilities", "drop"]).and_then(Value::as_list).map_or(&[][..], |list| list);
    if !dropped.iter().any(|capability| capability.as_str() == Some("ALL")) {
        violations.push((
            field("capabilities"),
            format!("container `{name}` does not drop the capabilities `ALL`"),
        ));
    }
    let refused: Vec<&str> = added_capabilities(context)
        .filter(|added| OF_BASELINE.contains(added) && *added != "NET_BIND_SERVICE")
        .collect();
    if !refused.is_empty() {
        let what = format!("container `{name}` adds the capabilities {}", refused.join(", "));
        violations.push((field("capabilities"), what));
    }
    let profile = seccomp(context).or_else(|| seccomp(of_pod));
    // An unconfined profile already violates the baseline.
    if !matches!(profile, Some("RuntimeDefault" | "Localhost" | "Unconfined")) {
        violations.push((field("seccompProfile"), format!("container `{name}` sets no `seccompProfile`")));
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
        error: `Deployment shop/bad` violates the Pod Security Standard `restricted`: container `a` adds the capabilities CHOWN: 3.yaml at spec.template.spec.containers[0].securityContext.capabilities
        error: `Deployment shop/bad` violates the Pod Security Standard `restricted`: container `a` adds the capabilities SYS_ADMIN: 3.yaml at spec.template.spec.containers[0].securityContext.capabilities
        error: `Deployment shop/bad` violates the Pod Security Standard `restricted`: container `a` does not drop the capabilities `ALL`: 3.yaml at spec.template.spec.containers[0].securityContext.capabilities
        error: `Deployment shop/bad` violates the Pod Security Standard `restricted`: container `a` does not set `allowPrivilegeEscalation: false`: 3.yaml at spec.template.spec.containers[0].securityContext.allowPrivilegeEscalation
        error: `Deployment shop/bad` violates the Pod Security Standard `restricted`: container `a` does not set `runAsNonRoot: true`: 3.yaml at spec.template.spec.containers[0].securityContext.runAsNonRoot
        error: `Deployment shop/bad` violates the Pod Security Standard `restricted`: container `a` sets no `seccompProfile`: 3.yaml at spec.template.spec.containers[0].securityContext.seccompProfile
        error: `Deployment shop/bad` violates the Pod Security Standard `restricted`: volume `n` has the type `nfs`: 3.yaml at spec.template.spec.volumes[1].nfs
        error: `Deployment shop/bad` violates the Pod Security Standard `restricted`: volume `v` has the type `hostPath`: 3.yaml at spec.template.spec.volumes[0].hostPath
        error: `Pod bank/host` violates the Pod Security Standard `baseline`: `hostNetwork` is set: 5.yaml at spec.hostNetwork
        error: `Pod bank/host` violates the Pod Security Standard `baseline`: container `a` is privileged: 5.yaml at spec.containers[0].securityContext.privileged
        error: `Pod bank/host` violates the Pod Security Standard `baseline`: container `a` uses the host port 80: 5.yaml at spec.containers[0].ports[0].hostPort
        ");
    }
}
