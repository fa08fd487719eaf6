//! The Pod Security Standards, as set by the labels of a namespace.
//!
//! A Pod that violates the standard of the label `enforce` is refused; `warn` and `audit` only report. A
//! controller is never refused, only warned about, because the server judges the pods that it creates.

mod checks;

use aqueduct_apiserver::Cause;
use aqueduct_manifest::{Map, Object, Value};

use crate::finding::{Action, AdmissionFinding};
use crate::pod::Pod;

const RULE: &str = "pod-security";

/// The prefix of the labels that set a level.
pub const PREFIX: &str = "pod-security.kubernetes.io/";

/// What follows from a violation; each mode has its own label for a level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PodSecurityMode {
    /// A pod is refused.
    Enforce,
    /// The violation is noted in the audit log.
    Audit,
    /// Whoever submits the object is warned.
    Warn,
}

impl PodSecurityMode {
    /// All modes, in the order in which the server judges.
    pub const ALL: [Self; 3] = [Self::Enforce, Self::Audit, Self::Warn];

    /// Returns the label that sets the level.
    pub fn label(self) -> &'static str {
        match self {
            Self::Enforce => "pod-security.kubernetes.io/enforce",
            Self::Audit => "pod-security.kubernetes.io/audit",
            Self::Warn => "pod-security.kubernetes.io/warn",
        }
    }

    /// Returns the label that sets the version of the standard.
    fn version_label(self) -> &'static str {
        match self {
            Self::Enforce => "pod-security.kubernetes.io/enforce-version",
            Self::Audit => "pod-security.kubernetes.io/audit-version",
            Self::Warn => "pod-security.kubernetes.io/warn-version",
        }
    }

    fn action(self) -> Action {
        match self {
            Self::Enforce => Action::Deny,
            Self::Audit => Action::Audit,
            Self::Warn => Action::Warn,
        }
    }
}

/// How strict a standard is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PodSecurityLevel {
    /// Everything is allowed.
    Privileged,
    /// Known privilege escalations are prevented.
    Baseline,
    /// Current best practices are required.
    Restricted,
}

/// The names of the levels in labels.
const LEVELS: [(&str, PodSecurityLevel); 3] = [
    ("privileged", PodSecurityLevel::Privileged),
    ("baseline", PodSecurityLevel::Baseline),
    ("restricted", PodSecurityLevel::Restricted),
];

impl PodSecurityLevel {
    /// Returns the name for labels.
    pub fn as_str(self) -> &'static str {
        LEVELS.iter().find(|(_, level)| *level == self).map_or("", |(name, _)| name)
    }
}

/// Returns the level that a namespace sets for a mode.
pub fn level(namespace: &Object, mode: PodSecurityMode) -> PodSecurityLevel {
    let standard = namespace.labels().and_then(|labels| standard(labels, asked(labels, mode)));
    standard.map_or(PodSecurityLevel::Privileged, |(level, _)| level)
}

/// One check of the standards that a pod fails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The name of the check, such as `hostNamespaces`.
    pub check: &'static str,
    /// A short reason, such as `host namespaces`.
    pub reason: String,
    /// The places.
    pub detail: String,
}

/// Returns the checks of a level that the pod of an object fails, as of a minor version of Kubernetes 1.
///
/// An object without a pod fails none.
pub fn violations(object: &Object, level: PodSecurityLevel, minor: u32) -> Vec<Violation> {
    Pod::of(object).map_or_else(Vec::new, |(pod, _)| checks::run(pod, level, minor))
}

/// Judges an object by the labels of its namespace.
pub(crate) fn admit(object: &Object, namespace: Option<&Object>, minor: u32) -> Vec<AdmissionFinding> {
    if object.group().is_empty() && object.kind() == "Namespace" {
        return labels(object);
    }
    let Some((pod, is_pod)) = Pod::of(object) else { return Vec::new() };
    let Some(labels) = namespace.and_then(Object::labels) else { return Vec::new() };
    let mut findings: Vec<AdmissionFinding> = Vec::new();
    // Most namespaces request the same standard in all modes.
    let mut known: Vec<((PodSecurityLevel, u32), Vec<Violation>)> = Vec::new();
    for mode in PodSecurityMode::ALL {
        let action = mode.action();
        if !is_pod && action == Action::Deny {
            continue;
        }
        let Some((level, version)) = standard(labels, asked(labels, mode)) else { continue };
        let standard = (level, version.unwrap_or(minor).min(minor));
        let place = known.iter().position(|(one, _)| *one == standard).unwrap_or_else(|| {
            known.push((standard, checks::run(pod, level, standard.1)));
            known.len() - 1
        });
        let violations = &known[place].1;
        if violations.is_empty() {
            continue;
        }
        let label = version.map_or_else(|| "latest".to_owned(), |version| format!("v1.{version}"));
        let name = level.as_str();
        let list: Vec<String> =
            violations.iter().map(|one| format!("{} ({})", one.reason, one.detail)).collect();
        let would = if action == Action::Deny { "violates" } else { "would violate" };
        let message = format!("{would} PodSecurity \"{name}:{label}\": {}", list.join(", "));
        findings.push(AdmissionFinding::about(RULE, action, message));
    }
    // A refused object does not get warnings as well.
    if findings.iter().any(AdmissionFinding::is_denial) {
        findings.retain(|finding| finding.action != Action::Warn);
    }
    findings
}

/// Returns the mode whose labels apply. Without a label for warnings, there are warnings for what is
/// enforced.
fn asked(labels: &Map, mode: PodSecurityMode) -> PodSecurityMode {
    let is_silent = mode == PodSecurityMode::Warn && !labels.contains_key(mode.label());
    if is_silent { PodSecurityMode::Enforce } else { mode }
}

/// Returns the level and the minor version of a mode; `None` if it sets no level. Without a version, the latest
/// applies.
fn standard(labels: &Map, mode: PodSecurityMode) -> Option<(PodSecurityLevel, Option<u32>)> {
    let text = |label: &str| labels.get(label).and_then(Value::as_str);
    let level = text(mode.label())?;
    let level = LEVELS.iter().find(|(name, _)| *name == level).map(|(_, level)| *level)?;
    (level != PodSecurityLevel::Privileged).then(|| (level, text(mode.version_label()).and_then(minor_of)))
}

/// Parses `v1.25`; anything else, such as `latest`, is not a version.
fn minor_of(text: &str) -> Option<u32> {
    let digits = text.strip_prefix("v1.")?;
    let is_number =
        digits == "0" || (!digits.starts_with('0') && digits.bytes().all(|byte| byte.is_ascii_digit()));
    is_number.then(|| digits.parse().ok()).flatten()
}

/// Returns what is wrong with the labels of a namespace.
fn labels(namespace: &Object) -> Vec<AdmissionFinding> {
    let Some(labels) = namespace.labels() else { return Vec::new() };
    let mut findings = Vec::new();
    let mut refuse = |label: &str, message: String| {
        let cause =
            Cause { field: format!("metadata.labels[{label}]"), reason: "FieldValueInvalid", message };
        findings.push(AdmissionFinding { rule: RULE, action: Action::Deny, cause });
    };
    for mode in PodSecurityMode::ALL {
        let text = |label: &str| labels.get(label).and_then(Value::as_str);
        if let Some(value) = text(mode.label())
            && !LEVELS.iter().any(|(name, _)| *name == value)
        {
            let message =
                format!("Invalid value: \"{value}\": must be one of privileged, baseline, restricted");
            refuse(mode.label(), message);
        }
        if let Some(value) = text(mode.version_label())
            && value != "latest"
            && minor_of(value).is_none()
        {
            let message = format!("Invalid value: \"{value}\": must be \"latest\" or \"v1.x\"");
            refuse(mode.version_label(), message);
        }
    }
    findings
}
