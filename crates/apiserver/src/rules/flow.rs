//! API Priority and Fairness.

use crate::field::Field;
use crate::names;
use crate::report::Report;

pub(crate) fn flow_schema(root: &Field<'_>, report: &mut Report) {
    let spec = root.get("spec");
    let precedence = spec.get("matchingPrecedence");
    if let Some(number) = precedence.integer().filter(|number| *number != 0) {
        if number < 0 {
            report.invalid(&precedence, "must be a positive value");
        } else if number > 10_000 {
            report.invalid(&precedence, "must not be greater than 10000");
        } else if number == 1 && root.get("metadata").get("name").text() != "exempt" {
            report.invalid(&precedence, "only the schema named 'exempt' may have matchingPrecedence 1");
        }
    }
    let method = spec.get("distinguisherMethod");
    if method.is_set() {
        report.one_of(&method.get("type"), &["ByNamespace", "ByUser"]);
    }
    let level = spec.get("priorityLevelConfiguration");
    report.needs_format(&level.get("name"), names::subdomain);
    for rule in spec.get("rules").items() {
        let (subjects, resources, others) =
            (rule.get("subjects"), rule.get("resourceRules"), rule.get("nonResourceRules"));
        if subjects.is_empty() {
            report.required(&subjects, "subjects must contain at least one value");
        }
        for subject in subjects.items() {
            self::subject(&subject, report);
        }
        if resources.is_empty() && others.is_empty() {
            report.required(&rule, "at least one of resourceRules and nonResourceRules has to be non-empty");
        }
        for rule in resources.items() {
            resource_rule(&rule, report);
        }
        for rule in others.items() {
            other_rule(&rule, report);
        }
    }
}

fn subject(subject: &Field<'_>, report: &mut Report) {
    const KINDS: [(&str, &str); 3] =
        [("ServiceAccount", "serviceAccount"), ("User", "user"), ("Group", "group")];
    let kind = subject.get("kind");
    report.one_of(&kind, &["Group", "ServiceAccount", "User"]);
    let Some((_, wanted)) = KINDS.iter().find(|(name, _)| *name == kind.text()) else { return };
    for (name, field) in KINDS {
        let value = subject.get(field);
        if field == *wanted {
            if !value.is_set() {
                report.required(&value, &format!("{field} is required when subject kind is '{name}'"));
                continue;
            }
            let inner = value.get("name");
            if field == "serviceAccount" {
                let namespace = value.get("namespace");
                if inner.is_empty() {
                    report.required(&inner, "");
                } else if inner.text() != "*" {
                    report.format(&inner, names::subdomain);
                }
                if namespace.is_empty() {
                    report.required(&namespace, "must specify namespace for service account");
                } else {
                    report.format(&namespace, names::label);
                }
            } else {
                report.needs(&inner);
            }
        } else if value.is_set() {
            report.forbidden(&value, &format!("{field} is forbidden when subject kind is not '{name}'"));
        }
    }
}

const VERBS: [&str; 9] =
    ["create", "delete", "deletecollection", "get", "list", "patch", "proxy", "update", "watch"];

fn star(list: &Field<'_>, what: &str, report: &mut Report) -> bool {
    if list.has("*") && list.len() > 1 {
        report.invalid(list, format_args!("if '*' is present, must not specify other {what}"));
    }
    list.has("*")
}

fn verbs(list: &Field<'_>, supported: &[&str], report: &mut Report) {
    if list.is_empty() {
        report.required(list, "verbs must contain at least one value");
    } else if !star(list, "verbs", report) && list.items().any(|verb| !supported.contains(&verb.text())) {
        report.unsupported(list, supported);
    }
}

fn resource_rule(rule: &Field<'_>, report: &mut Report) {
    let (groups, resources, namespaces) =
        (rule.get("apiGroups"), rule.get("resources"), rule.get("namespaces"));
    verbs(&rule.get("verbs"), &VERBS, report);
    if groups.is_empty() {
        report.required(&groups, "resource rules must supply at least one api group");
    } else {
        star(&groups, "api groups", report);
    }
    if resources.is_empty() {
        report.required(&resources, "resource rules must supply at least one resource");
    } else {
        star(&resources, "resources", report);
    }
    if namespaces.is_empty() && !rule.get("clusterScope").is_true() {
        report.required(
            &namespaces,
            "resource rules that are not cluster scoped must supply at least one namespace",
        );
    } else {
        star(&namespaces, "namespaces", report);
        for namespace in namespaces.items() {
            if namespace.text() != "*"
                && let Some(problem) = names::label(namespace.text())
            {
                report.invalid(
                    &namespace,
                    format_args!("each member of this list must be '*' or a DNS-1123 label; {problem}"),
                );
            }
        }
    }
}

fn other_rule(rule: &Field<'_>, report: &mut Report) {
    verbs(&rule.get("verbs"), &["delete", "get", "head", "options", "patch", "post", "put"], report);
    let urls = rule.get("nonResourceURLs");
    if urls.is_empty() {
        report.required(&urls, "nonResourceURLs must contain at least one value");
    } else if !star(&urls, "non-resource URLs", report) {
        for url in urls.items() {
            let text = url.text();
            let problem = if text.is_empty() {
                report.required(&url, "must not be empty");
                continue;
            } else if text.contains(' ') {
                "must not contain white-space"
            } else if !text.starts_with('/') {
                "must start with slash"
            } else if text.contains("//") {
                "must not contain double slash"
            } else if text.find('*').is_some_and(|at| at + 1 != text.len() || !text.ends_with("/*")) {
                "wildcard can only do suffix matching"
            } else {
                continue;
            };
            report.invalid(&url, problem);
        }
    }
}

pub(crate) fn priority_level(root: &Field<'_>, report: &mut Report) {
    let spec = root.get("spec");
    let (kind, limited, exempt) = (spec.get("type"), spec.get("limited"), spec.get("exempt"));
    let is_exempt = root.get("metadata").get("name").text() == "exempt";
    if !kind.is_empty() && (kind.text() == "Exempt") != is_exempt {
        report.invalid(&kind, "must be 'Exempt' if and only if `name` is 'exempt'");
    }
    match kind.text() {
        "Exempt" => {
            if limited.is_set() {
                report.forbidden(&limited, "must be nil if the type is Exempt");
            }
        }
        "Limited" => {
            if exempt.is_set() {
                report.forbidden(&exempt, "must be nil if the type is Limited");
            }
            if limited.is_set() {
                self::limited(&limited, report);
            } else {
                report.required(&limited, "must not be empty when type is Limited");
            }
        }
        "" => {
            report.required(&kind, "");
            if limited.is_set() {
                report.forbidden(&limited, "");
            }
        }
        _ => {
            report.unsupported(&kind, &["Exempt", "Limited"]);
            if limited.is_set() {
                report.forbidden(&limited, "");
            }
        }
    }
}

fn limited(limited: &Field<'_>, report: &mut Report) {
    let (shares, lendable, borrowing, response) = (
        limited.get("nominalConcurrencyShares"),
        limited.get("lendablePercent"),
        limited.get("borrowingLimitPercent"),
        limited.get("limitResponse"),
    );
    if shares.integer().is_some_and(|number| number < 0) {
        report.invalid(&shares, "must be a non-negative integer");
    }
    report.between(&lendable, 0, 100);
    if borrowing.integer().is_some_and(|number| number < 0) {
        report.invalid(&borrowing, "if specified, must be a non-negative integer");
    }
    let (kind, queuing) = (response.get("type"), response.get("queuing"));
    match kind.text() {
        "Reject" => {
            if queuing.is_set() {
                report.forbidden(&queuing, "must be nil if the type is Reject");
            }
        }
        "Queue" => {
            if !queuing.is_set() {
                return report.required(&queuing, "must not be empty if the type is Queue");
            }
            let [queues, hand, length] =
                ["queues", "handSize", "queueLengthLimit"].map(|name| queuing.get(name));
            let number =
                |field: &Field<'_>, default: i64| field.integer().filter(|n| *n != 0).unwrap_or(default);
            let (queue_count, hand_size) = (number(&queues, 64), number(&hand, 8));
            if number(&length, 50) <= 0 {
                report.invalid(&length, "must be positive");
            }
            if queue_count <= 0 {
                report.invalid(&queues, "must be positive");
            } else if queue_count > 10_000_000 {
                report.invalid(&queues, "must not be greater than 10000000");
            }
            if hand_size <= 0 {
                report.invalid(&hand, "must be positive");
            } else if hand_size > queue_count {
                report.invalid(&hand, format_args!("should not be greater than queues ({queue_count})"));
            }
        }
        _ => {
            if kind.is_empty() {
                report.required(&kind, "");
            } else {
                report.unsupported(&kind, &["Queue", "Reject"]);
            }
            if queuing.is_set() {
                report.forbidden(&queuing, "");
            }
        }
    }
}
