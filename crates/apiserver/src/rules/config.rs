//! ConfigMaps and Secrets, Nodes, Namespaces, Events and Leases.

use std::collections::BTreeSet;

use aqueduct_manifest::Value;

use crate::field::Field;
use crate::names;
use crate::report::Report;
use crate::rules::address;
use crate::rules::pod::resources;

/// The size limit of a ConfigMap or Secret, in bytes.
const MOST: usize = 1024 * 1024;

pub(crate) fn config_map(root: &Field<'_>, report: &mut Report) {
    let (data, binary) = (root.get("data"), root.get("binaryData"));
    let mut size = 0;
    for (key, value) in data.entries() {
        keyed(&value, key, report);
        if binary.value.get(key).is_some() {
            report.invalid_as(&value, key, "duplicate of key present in binaryData");
        }
        size += value.len();
    }
    for (key, value) in binary.entries() {
        keyed(&value, key, report);
        size += bytes(&value);
    }
    if size > MOST {
        // The API server reports it under an empty name.
        report.too_long(&root.key(""), MOST);
    }
}

fn keyed(value: &Field<'_>, key: &str, report: &mut Report) {
    if let Some(problem) = names::config_key(key) {
        report.invalid_as(value, key, problem);
    }
}

/// Returns the number of bytes that base64 encodes.
fn bytes(value: &Field<'_>) -> usize {
    match value.value {
        Value::List(list) => list.len(),
        _ => value.text().bytes().filter(|byte| !matches!(byte, b'=' | b'\r' | b'\n')).count() * 3 / 4,
    }
}

pub(crate) fn secret(root: &Field<'_>, report: &mut Report) {
    let (data, text, kind) = (root.get("data"), root.get("stringData"), root.get("type"));
    let mut size = 0;
    for (key, value) in data.entries() {
        if text.value.get(key).is_none() {
            size += bytes(&value);
            keyed(&value, key, report);
        }
    }
    for (key, value) in text.entries() {
        size += value.len();
        let place = data.key(key);
        keyed(&place, key, report);
    }
    if size > MOST {
        report.too_long(&data, MOST);
    }
    // Values in `stringData` replace those in `data`.
    let content = |key: &str| -> Option<String> {
        match text.value.get(key) {
            Some(value) => Some(value.as_str().unwrap_or_default().to_owned()),
            None => data.value.get(key).map(|value| decoded(value.as_str().unwrap_or_default())),
        }
    };
    let needs = |key: &str, report: &mut Report| {
        if content(key).is_none() {
            report.required(&data.key(key), "");
        }
    };
    match kind.text() {
        "kubernetes.io/service-account-token" => {
            let meta = root.get("metadata");
            let annotations = meta.get("annotations");
            let name = annotations.key("kubernetes.io/service-account.name");
            if name.is_empty() {
                report.required(&name, "");
            }
        }
        "kubernetes.io/dockercfg" | "kubernetes.io/dockerconfigjson" => {
            let key = if kind.text().ends_with("json") { ".dockerconfigjson" } else { ".dockercfg" };
            match content(key) {
                None => report.required(&data.key(key), ""),
                Some(text) => {
                    if !matches!(aqueduct_manifest::json::read(&text), Ok(Value::Map(_) | Value::Null)) {
                        report.invalid_as(&data.key(key), "<secret contents redacted>", "must be JSON");
                    }
                }
            }
        }
        "kubernetes.io/basic-auth" if content("username").is_none() && content("password").is_none() => {
            report.required(&data.key("username"), "");
            report.required(&data.key("password"), "");
        }
        "kubernetes.io/ssh-auth" if content("ssh-privatekey").is_none_or(|text| text.is_empty()) => {
            report.required(&data.key("ssh-privatekey"), "");
        }
        "kubernetes.io/tls" => {
            needs("tls.crt", report);
            needs("tls.key", report);
        }
        _ => {}
    }
}

/// Decodes valid base64 into text.
fn decoded(text: &str) -> String {
    let mut out = Vec::new();
    let (mut buffer, mut bits) = (0_u32, 0);
    for byte in text.bytes() {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => continue,
        };
        buffer = buffer << 6 | u32::from(value);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            out.push((buffer >> bits) as u8);
            buffer &= (1 << bits) - 1;
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

pub(crate) fn namespace(root: &Field<'_>, report: &mut Report) {
    let meta = root.get("metadata");
    let name = meta.get("name");
    // Each Namespace gets a label with its name.
    if let Some(problem) = names::label_value(name.text()) {
        report.invalid_as(&meta.get("labels"), name.text(), problem);
    }
    let spec = root.get("spec");
    let finalizers = spec.get("finalizers");
    for finalizer in finalizers.items() {
        let text = finalizer.text();
        if let Some(problem) = names::qualified_name(text) {
            report.invalid_as(&finalizers, text, problem);
        }
        if !text.contains('/') && !matches!(text, "kubernetes" | "orphan" | "foregroundDeletion") {
            report.invalid_as(
                &finalizers,
                text,
                "name is neither a standard finalizer name nor is it fully qualified",
            );
        }
    }
}

pub(crate) fn node(root: &Field<'_>, report: &mut Report) {
    let (meta, spec) = (root.get("metadata"), root.get("spec"));
    let taints = spec.get("taints");
    let place = meta.with("taints", taints.value);
    let mut seen = BTreeSet::new();
    for taint in place.items() {
        let (key, value, effect) = (taint.get("key"), taint.get("value"), taint.get("effect"));
        report.format(&key, names::qualified_name);
        report.format(&value, names::label_value);
        report.needs_one_of(&effect, &["NoSchedule", "PreferNoSchedule", "NoExecute"]);
        if !seen.insert((key.text().to_owned(), effect.text().to_owned())) {
            report.duplicate(&taint);
        }
    }
    let status = root.get("status");
    for name in ["capacity", "allocatable"] {
        for (resource, amount) in status.get(name).entries() {
            resources::value(&amount, resource, report);
        }
    }
    let mut addresses = BTreeSet::new();
    for address in status.get("addresses").items() {
        if !addresses
            .insert((address.get("type").text().to_owned(), address.get("address").text().to_owned()))
        {
            report.duplicate(&address);
        }
    }
    let (single, list) = (spec.get("podCIDR"), spec.get("podCIDRs"));
    let given = Value::from(vec![single.value.clone()]);
    let differs = !single.is_empty() && list.index(0).text() != single.text();
    let list = if differs { spec.with("podCIDRs", &given) } else { list };
    for cidr in list.items() {
        address::network(&cidr, report);
    }
    if list.len() > 2 {
        report.invalid(&list, "may specify no more than one CIDR for each IP family");
    }
}

pub(crate) fn event(root: &Field<'_>, report: &mut Report) {
    let meta = root.get("metadata");
    let (object, namespace) = (root.get("involvedObject"), meta.get("namespace"));
    let place = object.get("namespace");
    // The namespace of the request is known only if the object contains it.
    if !namespace.is_empty() && place.text() != namespace.text() {
        let is_cluster_wide = place.is_empty() && matches!(namespace.text(), "default" | "kube-system");
        if !is_cluster_wide && !place.is_empty() {
            report.invalid(&place, "does not match event.namespace");
        }
    }
}

pub(crate) fn lease(root: &Field<'_>, report: &mut Report) {
    let spec = root.get("spec");
    let duration = spec.get("leaseDurationSeconds");
    if duration.integer().is_some_and(|seconds| seconds <= 0) {
        report.invalid(&duration, "must be greater than 0");
    }
    report.not_negative(&spec.get("leaseTransitions"));
}
