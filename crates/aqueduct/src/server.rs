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

/// What a server says about an object.
pub(crate) struct Answer<'e> {
    entry: &'e Entry<'e>,
    /// The name of the server rule.
    name: &'static str,
    severity: Severity,
    cause: Cause,
    /// The path of the pod template, if it is about a pod that the object creates.
    path: String,
}

/// Submits every object of an environment.
pub(crate) fn ask<'e>(environment: &'e Facts<'e>, minor: u32) -> Vec<Answer<'e>> {
    let mut answers = Vec::new();
    if !Server::MINORS.contains(&minor) {
        return answers;
    }
    let server = Server::new(minor);
    // Encrypted files are decrypted before they reach the server.
    let entries: Vec<&Entry<'_>> =
        environment.entries.iter().filter(|entry| !entry.object.map.contains_key("sops")).collect();
    let mut cluster = cluster(environment, &entries, minor);
    let responses: Vec<_> = entries
        .par_iter()
        .map(|entry| {
            let response = server.create(&Value::Map(entry.object.map.clone()));
            // A rejected object never reaches admission control.
            let judged = response.errors.is_empty().then(|| {
                let pod = pod_of(entry.object).map(|(pod, path)| (cluster.judge(&pod), path));
                (cluster.judge(entry.object), pod)
            });
            (response, judged)
        })
        .collect();
    let mut asked: Vec<_> = entries.into_iter().zip(responses).collect();
    asked.sort_by_cached_key(|(entry, _)| environment.waves.get(&(entry.tenant, entry.component)).copied());
    for (entry, (response, judged)) in asked {
        for (severity, causes) in [(Severity::Error, response.errors), (Severity::Warning, response.warnings)]
        {
            let said = causes.into_iter().map(|cause| Answer {
                entry,
                name: API,
                severity,
                cause,
                path: String::new(),
            });
            answers.extend(said);
        }
        let Some((judged, pod)) = judged else { continue };
        let mut add = |found: AdmissionFinding, path: &str| {
            if let Some((name, severity)) = weighed(&found).filter(|_| found.action != Action::Audit) {
                answers.push(Answer { entry, name, severity, cause: found.cause, path: path.to_owned() });
            }
        };
        let mut is_pod_refused = false;
        if let Some((pod, path)) = pod {
            for found in cluster.weigh(pod).into_iter().filter(AdmissionFinding::is_denial) {
                is_pod_refused = true;
                add(found, &path);
            }
        }
        let of_object = cluster.enter(judged).into_iter();
        of_object.filter(|found| found.is_denial() || !is_pod_refused).for_each(|found| add(found, ""));
    }
    answers
}

/// Adds the answers that the report does not contain yet.
pub(crate) fn add(environment: &str, answers: Vec<Answer<'_>>, report: &mut Report) {
    let mut known: Known = BTreeMap::new();
    for (path, rule, severity, pointer) in report.said() {
        known.entry(path.to_owned()).or_default().push((rule, severity, pointer.clone()));
    }
    let mut findings = Findings { environment, known, report };
    answers.into_iter().for_each(|answer| findings.add(answer));
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

    fn add(&mut self, answer: Answer<'_>) {
        let Answer { entry, name, severity, cause, path } = answer;
        let field = match (path.as_str(), cause.field.as_str()) {
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
        let cause = Cause { field, ..cause };
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
