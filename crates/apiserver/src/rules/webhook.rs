//! Admission webhooks, APIServices, and what they have in common with conversion webhooks.

use std::collections::BTreeSet;

use crate::field::Field;
use crate::names;
use crate::report::Report;
use crate::rules::admission::{conditions, rule};
use crate::rules::pod::volume;
use crate::rules::selector;

pub(crate) fn configuration(root: &Field<'_>, report: &mut Report) {
    super::admission::not_static(root, report);
    let mut seen = BTreeSet::new();
    for hook in root.get("webhooks").items() {
        let (name, effects, seconds, config, versions) = (
            hook.get("name"),
            hook.get("sideEffects"),
            hook.get("timeoutSeconds"),
            hook.get("clientConfig"),
            hook.get("admissionReviewVersions"),
        );
        report.needs_format(&name, names::fully_qualified_name);
        if !name.is_empty() && !seen.insert(name.text().to_owned()) {
            report.duplicate(&name);
        }
        for entry in hook.get("rules").items() {
            rule(&entry, report);
        }
        report.set_is_one_of(&hook.get("failurePolicy"), &["Fail", "Ignore"]);
        report.set_is_one_of(&hook.get("matchPolicy"), &["Equivalent", "Exact"]);
        report.set_is_one_of(&hook.get("reinvocationPolicy"), &["IfNeeded", "Never"]);
        if effects.is_set() {
            report.one_of(&effects, &["None", "NoneOnDryRun"]);
        } else {
            report.required(&effects, "must specify one of None, NoneOnDryRun");
        }
        if seconds.integer().is_some_and(|number| !(1..=30).contains(&number)) {
            report.invalid(&seconds, "the timeout value must be between 1 and 30 seconds");
        }
        selector::labels(&hook.get("namespaceSelector"), report);
        selector::labels(&hook.get("objectSelector"), report);
        client(&config, report);
        conditions(&hook.get("matchConditions"), false, report);
        review_versions(&versions, "must specify one of v1, v1beta1", report);
    }
}

/// Checks the supported review versions.
pub(crate) fn review_versions(versions: &Field<'_>, missing: &str, report: &mut Report) {
    if versions.is_empty() {
        return report.required(versions, missing);
    }
    let mut seen = BTreeSet::new();
    for version in versions.items() {
        if seen.insert(version.text().to_owned()) {
            report.format(&version, names::label_1035);
        } else {
            report.invalid(&version, "duplicate version");
        }
    }
    if !versions.has("v1") && !versions.has("v1beta1") {
        report.invalid(versions, "must include at least one of v1, v1beta1");
    }
}

/// Checks the address of a webhook.
pub(crate) fn client(config: &Field<'_>, report: &mut Report) {
    let (url, service) = (config.get("url"), config.get("service"));
    match (url.is_set(), service.is_set()) {
        (true, false) => self::url(&url, report),
        (false, true) => {
            let (name, namespace) = (service.get("name"), service.get("namespace"));
            // The API server treats one as the other.
            for (missing, told) in [(&name, &namespace), (&namespace, &name)] {
                if missing.is_empty() {
                    report.required(missing, "");
                    report.required(
                        told,
                        "the API server also reports this if only the other of name and namespace is missing",
                    );
                }
            }
            service_port(&service.get("port"), report);
            path(&service.get("path"), report);
        }
        _ => report.required(config, "exactly one of url or service is required"),
    }
}

fn service_port(port: &Field<'_>, report: &mut Report) {
    if port.integer().is_some_and(|number| !(1..=65535).contains(&number)) {
        report.invalid(port, "port is not valid: must be between 1 and 65535, inclusive");
    }
}

fn path(path: &Field<'_>, report: &mut Report) {
    if !path.is_set() {
        return;
    }
    let text = path.text();
    if text == "/" || text.is_empty() {
        return;
    }
    if !text.starts_with('/') {
        report.invalid(path, "must start with a '/'");
    }
    let rest = text.strip_prefix('/').unwrap_or(text);
    let rest = rest.strip_suffix('/').unwrap_or(rest);
    for (number, segment) in rest.split('/').enumerate() {
        if segment.is_empty() {
            report.invalid(path, format_args!("segment[{number}] may not be empty"));
        } else if let Some(problem) = names::subdomain(segment) {
            report.invalid(path, format_args!("segment[{number}]: {problem}"));
        }
    }
}

fn url(url: &Field<'_>, report: &mut Report) {
    let text = url.text();
    let mut refuse = |problem: &str| report.invalid(url, problem);
    let (scheme, rest) = text.split_once("://").unwrap_or(("", text));
    if scheme != "https" {
        refuse("'https' is the only allowed URL scheme; desired format: https://host[/path]");
    }
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, tail) = if scheme.is_empty() { ("", rest) } else { rest.split_at(end) };
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    if host.is_empty() {
        refuse("host must be specified; desired format: https://host[/path]");
    }
    if authority.contains('@') {
        refuse("user information is not permitted in the URL");
    }
    let (before, fragment) =
        tail.split_once('#').map_or((tail, None), |(before, after)| (before, Some(after)));
    if fragment.is_some_and(|fragment| !fragment.is_empty()) {
        refuse("fragments are not permitted in the URL");
    }
    if before.split_once('?').is_some_and(|(_, query)| !query.is_empty()) {
        refuse("query parameters are not permitted in the URL");
    }
}

pub(crate) fn signing_request(root: &Field<'_>, report: &mut Report) {
    const USAGES: [&str; 23] = [
        "signing",
        "digital signature",
        "content commitment",
        "key encipherment",
        "key agreement",
        "data encipherment",
        "cert sign",
        "crl sign",
        "encipher only",
        "decipher only",
        "any",
        "server auth",
        "client auth",
        "code signing",
        "email protection",
        "s/mime",
        "ipsec end system",
        "ipsec tunnel",
        "ipsec user",
        "timestamping",
        "ocsp signing",
        "microsoft sgc",
        "netscape sgc",
    ];
    let spec = root.get("spec");
    let (usages, signer, seconds) =
        (spec.get("usages"), spec.get("signerName"), spec.get("expirationSeconds"));
    report.needs(&usages);
    for usage in usages.items() {
        report.one_of(&usage, &USAGES);
    }
    if report.needs(&signer) {
        volume::signer_name(&signer, report);
    }
    if seconds.integer().is_some_and(|number| number < 600) {
        report.invalid(&seconds, "may not specify a duration less than 600 seconds (10 minutes)");
    }
}

pub(crate) fn api_service(root: &Field<'_>, report: &mut Report) {
    let (meta, spec) = (root.get("metadata"), root.get("spec"));
    let (group, version, service) = (spec.get("group"), spec.get("version"), spec.get("service"));
    let wanted = format!("{}.{}", version.text(), group.text());
    for field in [meta.get("name"), meta.get("generateName")] {
        if !field.is_empty() && field.text() != wanted {
            report.invalid(&field, format_args!("must be `spec.version+\".\"+spec.group`: {wanted:?}"));
        }
    }
    if group.is_empty() && version.text() != "v1" {
        report.required(&group, "only v1 may have an empty group and it better be legacy kube");
    }
    report.optional_format(&group, names::subdomain);
    report.format(&version, names::label_1035);
    for (name, most) in [("groupPriorityMinimum", 20_000), ("versionPriority", 1000)] {
        let field = spec.get(name);
        if !(1..=most).contains(&field.integer().unwrap_or(0)) {
            report.invalid(&field, format_args!("must be positive and less than {most}"));
        }
    }
    if service.is_set() {
        report.needs(&service.get("namespace"));
        report.needs(&service.get("name"));
        service_port(&service.get("port"), report);
        let (insecure, bundle) = (spec.get("insecureSkipTLSVerify"), spec.get("caBundle"));
        if insecure.is_true() && !bundle.is_empty() {
            report.invalid(&insecure, "may not be true if caBundle is present");
        }
    } else {
        let bundle = spec.get("caBundle");
        if !bundle.is_empty() {
            report.invalid(&bundle, "local APIServices may not have a caBundle");
        }
        let insecure = spec.get("insecureSkipTLSVerify");
        if insecure.is_true() {
            report.invalid(&insecure, "local APIServices may not have insecureSkipTLSVerify");
        }
    }
}
