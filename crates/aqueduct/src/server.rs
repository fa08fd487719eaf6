//! What an environment's API server and its admission control would answer to the rendered objects.
//!
//! Objects that decide about others are in place from the start: Argo CD applies everything again and again, so the
//! final state counts. Then each object is submitted to an API server of the environment's version and to its
//! admission control, wave by wave. A controller is rejected if its pods would be.

use std::collections::BTreeMap;

use aqueduct_admission::{Action, AdmissionFinding, Cluster, pod_of};
use aqueduct_apiserver::{Cause, Server};
use aqueduct_check::{Entry, Facts, Field, GROUPS, Level, Report, insecure_field};
use aqueduct_manifest::{Object, Pointer, Severity, Value};
use rayon::prelude::*;

/// The group, and the rule name, of what the API server rejects.
pub(crate) const API: &str = "api";

/// The group of what admission control rejects.
pub(crate) const ADMISSION: &str = "admission";

/// A rule for what a server rejects or warns about.
pub(crate) struct ServerRule {
    /// The rule name.
    pub(crate) name: &'static str,
    /// The admission rule behind it; empty for the API server itself.
    rule: &'static str,
    /// The problem, in one line.
    pub(crate) summary: &'static str,
    pub(crate) level: Level,
    /// The body of its documentation page.
    pub(crate) page: &'static str,
}

/// All server rules, sorted by name.
pub(crate) const SERVER_RULES: [ServerRule; 6] = [
    ServerRule {
        name: "admission-custom-resource",
        rule: "custom-resource",
        summary: "a custom resource breaks its definition",
        level: Level::Error,
        page: include_str!("server/custom_resource.md"),
    },
    ServerRule {
        name: "admission-limits",
        rule: "limits",
        summary: "a pod or claim exceeds a LimitRange",
        level: Level::Error,
        page: include_str!("server/limits.md"),
    },
    ServerRule {
        name: "admission-pod-security",
        rule: "pod-security",
        summary: "a pod breaks the Pod Security Standard of its namespace",
        level: Level::Either,
        page: include_str!("server/pod_security.md"),
    },
    ServerRule {
        name: "admission-policy",
        rule: "policy",
        summary: "a ValidatingAdmissionPolicy refuses an object",
        level: Level::Either,
        page: include_str!("server/policy.md"),
    },
    ServerRule {
        name: "admission-quota",
        rule: "quota",
        summary: "an object exceeds a ResourceQuota",
        level: Level::Error,
        page: include_str!("server/quota.md"),
    },
    ServerRule {
        name: API,
        rule: "",
        summary: "the API server refuses an object",
        level: Level::Either,
        page: include_str!("server/api.md"),
    },
];

impl ServerRule {
    /// Returns the group of the rule.
    pub(crate) fn group(&self) -> &'static str {
        if self.name == API { API } else { ADMISSION }
    }
}

/// Returns the server rule with a name.
pub(crate) fn server_rule(name: &str) -> Option<&'static ServerRule> {
    SERVER_RULES.iter().find(|rule| rule.name == name)
}

/// Returns the rule name and severity of an admission finding; `None` if there is no rule for it.
pub(crate) fn weighed(finding: &AdmissionFinding) -> Option<(&'static str, Severity)> {
    let name = SERVER_RULES.iter().find(|rule| rule.rule == finding.rule)?.name;
    let severity = match finding.action {
        Action::Deny => Severity::Error,
        Action::Warn | Action::Audit | Action::Unknown => Severity::Warning,
    };
    Some((name, severity))
}

/// Returns the message for a cause about an object.
pub(crate) fn message(title: &str, cause: &Cause) -> String {
    let field = if cause.field.is_empty() { String::new() } else { format!(": `{}`", cause.field) };
    format!("{title}{field}: {}", cause.message)
}

/// Submits every object of an environment, and adds the findings that the report does not contain yet.
pub(crate) fn ask(environment: &Facts<'_>, minor: u32, report: &mut Report) {
    if !Server::MINORS.contains(&minor) {
        return;
    }
    let mut known: Known = BTreeMap::new();
    for (path, rule, severity, pointer) in report.said() {
        known.entry(path.to_owned()).or_default().push((rule, severity, pointer.clone()));
    }
    let mut findings = Findings { environment: environment.name, known, report };
    let server = Server::new(minor);
    // Encrypted files are decrypted before they reach the server.
    let entries: Vec<&Entry<'_>> =
        environment.entries.iter().filter(|entry| !entry.object.map.contains_key("sops")).collect();
    let answers: Vec<_> =
        entries.par_iter().map(|entry| server.create(&Value::Map(entry.object.map.clone()))).collect();
    let mut cluster = cluster(environment, &entries, minor);
    let mut asked: Vec<_> = entries.into_iter().zip(answers).collect();
    asked.sort_by_cached_key(|(entry, _)| environment.waves.get(&(entry.tenant, entry.component)).copied());
    for (entry, answer) in asked {
        let is_refused = !answer.errors.is_empty();
        for (severity, causes) in [(Severity::Error, answer.errors), (Severity::Warning, answer.warnings)] {
            causes.into_iter().for_each(|cause| findings.add(entry, API, severity, &cause, ""));
        }
        // A rejected object never reaches admission control.
        if is_refused {
            continue;
        }
        let mut is_pod_refused = false;
        if let Some((pod, path)) = pod_of(entry.object) {
            let denied = cluster.review(&pod).into_iter().filter(|found| found.action == Action::Deny);
            for found in denied {
                is_pod_refused = true;
                findings.add_found(entry, &found, &path);
            }
        }
        let of_object = cluster.admit(entry.object).into_iter();
        for found in of_object.filter(|found| found.action == Action::Deny || !is_pod_refused) {
            findings.add_found(entry, &found, "");
        }
    }
}

/// Returns a cluster that contains all objects that decide about others.
fn cluster(environment: &Facts<'_>, entries: &[&Entry<'_>], minor: u32) -> Cluster {
    let mut cluster = Cluster::partial(minor);
    // If several definitions share a name, it is not known which one is installed.
    let mut definitions: BTreeMap<&str, Vec<&Object>> = BTreeMap::new();
    for definition in environment.definitions {
        definitions.entry(definition.name()).or_default().push(definition);
    }
    definitions.values().filter(|same| same.len() == 1).flatten().for_each(|one| cluster.add(one));
    cluster.settle(entries.iter().map(|entry| entry.object));
    cluster
}

/// The findings of rules by the object's path: the rule, its severity and the field.
type Known = BTreeMap<String, Vec<(&'static str, Severity, Pointer)>>;

/// The findings in an environment.
struct Findings<'e> {
    environment: &'e str,
    known: Known,
    report: &'e mut Report,
}

impl Findings<'_> {
    /// Adds an admission finding, with its field below a path in the object.
    fn add_found(&mut self, entry: &Entry<'_>, found: &AdmissionFinding, path: &str) {
        if let Some((name, severity)) = weighed(found).filter(|_| found.action != Action::Audit) {
            self.add(entry, name, severity, &found.cause, path);
        }
    }

    /// Tells whether a rule already reports the same.
    fn is_said(&self, entry: &Entry<'_>, name: &str, severity: Severity, pointer: &Pointer) -> bool {
        let mut of_object = self.known.get(entry.path).into_iter().flatten();
        match name {
            "admission-limits" | "admission-policy" => false,
            "admission-pod-security" => of_object.any(|(rule, ..)| *rule == "pod-security"),
            // The rule counts all pods of a namespace, and reports at the quota.
            "admission-quota" => self.known.values().flatten().any(|(rule, ..)| *rule == "quota"),
            _ => of_object.any(|(rule, weight, known)| {
                // A finding about a whole field covers its parts only if the rule is about the form of objects.
                let is_of_form =
                    || GROUPS.iter().any(|(group, rules)| *group == "objects" && rules.contains(rule));
                let is_related = match (known.is_empty(), pointer.is_empty()) {
                    (false, false) => known.is_below(pointer) || pointer.is_below(known) && is_of_form(),
                    (is_whole, other_is) => is_whole && other_is,
                };
                is_related && (severity == Severity::Warning || *weight == Severity::Error)
            }),
        }
    }

    fn add(&mut self, entry: &Entry<'_>, name: &'static str, severity: Severity, cause: &Cause, path: &str) {
        let field = match (path, cause.field.as_str()) {
            (path, "") => path.to_owned(),
            ("", field) => field.to_owned(),
            (path, field) => format!("{path}.{field}"),
        };
        // For a definition with one version, the API server uses the older notation.
        let pointer = match field.strip_prefix("spec.validation.") {
            Some(rest) if entry.kind == "CustomResourceDefinition" => {
                Pointer::read(&format!("spec.versions[0].schema.{rest}"))
            }
            _ => Pointer::read(&field),
        };
        if self.is_said(entry, name, severity, &pointer) {
            return;
        }
        let mut report = Report::of(name, self.environment);
        let cause = Cause { field, ..cause.clone() };
        let field = if cause.field == path { meant(entry, name) } else { None };
        report.add(severity, entry, field.unwrap_or(pointer.into()), message(&entry.title(), &cause));
        self.report.extend(report);
    }
}

/// Returns the field behind a rejection that has none.
fn meant<'a>(entry: &Entry<'a>, name: &str) -> Option<Field<'a>> {
    match (name, entry.kind) {
        ("admission-pod-security", _) => insecure_field(entry),
        ("admission-limits", "PersistentVolumeClaim") => Some(["spec", "resources"].into()),
        ("admission-limits", _) => {
            let containers = entry.object.pod_template()?.spec.get("containers")?;
            match &**containers.as_list()? {
                [only] => Some((only, ["resources"]).into()),
                _ => Some(containers.into()),
            }
        }
        _ => None,
    }
}
