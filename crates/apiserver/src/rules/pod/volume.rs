//! Volumes of pods.

use std::collections::BTreeSet;

use aqueduct_manifest::{Map, Value};

use super::container::{descending_path, file_path, no_backsteps};
use super::environment::{field_reference, resource_reference};
use super::resources;
use crate::field::Field;
use crate::names;
use crate::report::Report;
use crate::rules::{metadata, selector, storage};

/// The volume sources in the order of the API server's checks, each with its name in paths.
const SOURCES: [(&str, &str); 30] = [
    ("emptyDir", "emptyDir"),
    ("hostPath", "hostPath"),
    ("gitRepo", "gitRepo"),
    ("gcePersistentDisk", "persistentDisk"),
    ("awsElasticBlockStore", "awsElasticBlockStore"),
    ("secret", "secret"),
    ("nfs", "nfs"),
    ("iscsi", "iscsi"),
    ("glusterfs", "glusterfs"),
    ("flocker", "flocker"),
    ("persistentVolumeClaim", "persistentVolumeClaim"),
    ("rbd", "rbd"),
    ("cinder", "cinder"),
    ("cephfs", "cephfs"),
    ("quobyte", "quobyte"),
    ("downwardAPI", "downwardAPI"),
    ("fc", "fc"),
    ("flexVolume", "flexVolume"),
    ("configMap", "configMap"),
    ("azureFile", "azureFile"),
    ("vsphereVolume", "vsphereVolume"),
    ("photonPersistentDisk", "photonPersistentDisk"),
    ("portworxVolume", "portworxVolume"),
    ("azureDisk", "azureDisk"),
    ("storageos", "storageos"),
    ("projected", "projected"),
    ("scaleIO", "scaleIO"),
    ("csi", "csi"),
    ("ephemeral", "ephemeral"),
    ("image", "image"),
];

/// The path of a superfluous source, if it differs from the usual one.
fn second_path(name: &str) -> &str {
    match name {
        "cephfs" => "cephFS",
        "downwardAPI" => "downwarAPI",
        name => name,
    }
}

/// Tells whether a volume is an `emptyDir`; a volume without a source becomes one.
pub(super) fn is_empty_dir(volume: &Field<'_>) -> bool {
    volume.get("emptyDir").is_set() || !SOURCES.iter().any(|(name, _)| volume.get(name).is_set())
}

/// Returns the volumes of a StatefulSet's pods, including claim templates: each becomes a volume and replaces one with
/// the same name.
pub(super) fn with_claims(volumes: &Field<'_>, templates: &Field<'_>) -> Option<Value> {
    if templates.is_empty() {
        return None;
    }
    let mut all: Vec<Value> = Vec::new();
    let mut names = BTreeSet::new();
    for template in templates.items() {
        let meta = template.get("metadata");
        let name = meta.get("name");
        if names.insert(name.text().to_owned()) {
            let claim = Map::from_iter([("claimName", name.text())]);
            let volume = [("name", Value::from(name.text())), ("persistentVolumeClaim", Value::Map(claim))];
            all.push(Value::Map(Map::from_iter(volume)));
        }
    }
    let kept = volumes.items().filter(|volume| !names.contains(volume.get("name").text()));
    all.extend(kept.map(|volume| volume.value.clone()));
    Some(Value::from(all))
}

/// Checks the volumes of a pod. Returns the valid ones, because others cannot be mounted.
pub(super) fn check(volumes: &Field<'_>, pod_name: Option<&str>, report: &mut Report) -> Vec<bool> {
    let mut seen = BTreeSet::new();
    let mut right = Vec::new();
    for volume in volumes.items() {
        let errors = report.errors.len();
        let name = volume.get("name");
        if report.needs(&name) {
            if names::label(name.text()).is_some() {
                report.format(&name, names::label);
            } else if !seen.insert(name.text().to_owned()) {
                report.duplicate(&name);
            }
        }
        let mut found = false;
        for (source, path) in SOURCES {
            let field = volume.get(source);
            if !field.is_set() {
                continue;
            }
            if found {
                report.forbidden(
                    &volume.with(second_path(source), field.value),
                    "may not specify more than 1 volume type",
                );
            } else {
                found = true;
                self::source(source, &volume.with(path, field.value), report);
                if source == "ephemeral" {
                    claim_name(pod_name, &name, report);
                }
                if source == "iscsi"
                    && field.get("initiatorName").is_set()
                    && name.len() + 1 + field.get("targetPortal").len() > 64
                {
                    report.invalid(
                        &name,
                        "Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if iscsi.initiatorName is specified.",
                    );
                }
            }
        }
        right.push(report.errors.len() == errors);
    }
    right
}

fn claim_name(pod_name: Option<&str>, volume: &Field<'_>, report: &mut Report) {
    if let Some(pod) = pod_name.filter(|pod| !pod.is_empty() && !volume.is_empty()) {
        let claim = format!("{pod}-{}", volume.text());
        if let Some(problem) = names::subdomain(&claim) {
            report.invalid(volume, format_args!("PVC name {claim:?}: {problem}"));
        }
    }
}

/// The required fields of sources without other rules, here and in PersistentVolumes.
pub(crate) const NEEDED: [(&str, &[&str]); 12] = [
    ("gitRepo", &["repository"]),
    ("secret", &["secretName"]),
    ("configMap", &["name"]),
    ("persistentVolumeClaim", &["claimName"]),
    ("glusterfs", &["endpoints", "path"]),
    ("rbd", &["monitors", "image"]),
    ("cephfs", &["monitors"]),
    ("azureFile", &["secretName", "shareName"]),
    ("vsphereVolume", &["volumePath"]),
    ("photonPersistentDisk", &["pdID"]),
    ("portworxVolume", &["volumeID"]),
    ("scaleIO", &["gateway", "system", "volumeName"]),
];

/// Checks the fields of a source that both kinds of volumes have.
pub(crate) fn common_source(name: &str, source: &Field<'_>, report: &mut Report) {
    if let Some((_, needed)) = NEEDED.iter().find(|(known, _)| *known == name) {
        for field in *needed {
            report.needs(&source.get(field));
        }
    }
    match name {
        "hostPath" => {
            let path = source.get("path");
            if report.needs(&path) {
                no_backsteps(&path, &path, report);
                report.default_or_one_of(&source.get("type"), &HOST_PATHS);
            }
        }
        "gcePersistentDisk" => disk(source, "pdName", report),
        "awsElasticBlockStore" => disk(source, "volumeID", report),
        "nfs" => {
            let path = source.get("path");
            report.needs(&source.get("server"));
            report.needs(&path);
            if !path.text().starts_with('/') {
                report.invalid(&path, "must be an absolute path");
            }
        }
        "iscsi" => iscsi(source, report),
        "flocker" => {
            let (dataset, uuid) = (source.get("datasetName"), source.get("datasetUUID"));
            if dataset.is_empty() && uuid.is_empty() {
                report.required(source, "one of datasetName and datasetUUID is required");
            }
            if !dataset.is_empty() && !uuid.is_empty() {
                report.invalid(source, "datasetName and datasetUUID can not be specified simultaneously");
            }
            if dataset.text().contains('/') {
                report.invalid(&dataset, "must not contain '/'");
            }
        }
        "quobyte" => quobyte(source, report),
        "fc" => fibre_channel(source, report),
        "flexVolume" => flex(source, report),
        "azureDisk" => azure_disk(source, report),
        "cinder" => {
            report.needs(&source.get("volumeID"));
            needs_secret_name(source, report);
        }
        "storageos" => {
            report.needs_format(&source.get("volumeName"), names::label);
            report.optional_format(&source.get("volumeNamespace"), names::label);
            needs_secret_name(source, report);
        }
        _ => {}
    }
}

const HOST_PATHS: [&str; 8] =
    ["", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"];

fn needs_secret_name(source: &Field<'_>, report: &mut Report) {
    let secret = source.get("secretRef");
    if secret.is_set() {
        report.needs(&secret.get("name"));
    }
}

fn source(name: &str, source: &Field<'_>, report: &mut Report) {
    common_source(name, source, report);
    match name {
        "emptyDir" => {
            let size = source.get("sizeLimit");
            if size.is_set() && resources::is_negative(resources::amount(&size)) {
                report.forbidden(&size, "SizeLimit field must be a valid resource quantity");
            }
        }
        "gitRepo" => {
            let folder = source.get("directory");
            descending_path(&folder, &folder, report);
        }
        "secret" | "configMap" => {
            mode(&source.get("defaultMode"), report);
            for item in source.get("items").items() {
                key_to_path(&item, report);
            }
        }
        "downwardAPI" => {
            mode(&source.get("defaultMode"), report);
            for file in source.get("items").items() {
                downward_file(&file, source, report);
            }
        }
        "projected" => projected(source, report),
        "csi" => {
            driver_name(&source.get("driver"), report);
            let secret = source.get("nodePublishSecretRef");
            if secret.is_set() {
                let name = secret.get("name");
                if report.needs(&name) {
                    report.format(&source.with("name", name.value), names::subdomain);
                }
            }
        }
        "ephemeral" => {
            let template = source.get("volumeClaimTemplate");
            if !template.is_set() {
                return report.required(&template, "");
            }
            let meta = template.get("metadata");
            metadata::labels(&meta.get("labels"), report);
            metadata::annotations(&meta.get("annotations"), report);
            for (name, field) in meta.fields() {
                let is_zero = field.is_empty() && field.value.as_i64().unwrap_or(0) == 0;
                if !matches!(name, "labels" | "annotations") && !is_zero {
                    report.forbidden(&field, "cannot be set");
                }
            }
            storage::claim_spec(&template.get("spec"), report);
        }
        "image" => {
            report.needs(&source.get("reference"));
            report.default_or_one_of(&source.get("pullPolicy"), &["Always", "IfNotPresent", "Never"]);
        }
        _ => {}
    }
}

fn mode(mode: &Field<'_>, report: &mut Report) {
    if mode.integer().is_some_and(|mode| !(0..=0o777).contains(&mode)) {
        report.invalid(mode, "must be a number between 0 and 0777 (octal), both inclusive");
    }
}

fn key_to_path(item: &Field<'_>, report: &mut Report) {
    let path = item.get("path");
    report.needs(&item.get("key"));
    report.needs(&path);
    file_path(&path, &path, report);
    mode(&item.get("mode"), report);
}

const FIELDS: [&str; 5] =
    ["metadata.name", "metadata.namespace", "metadata.labels", "metadata.annotations", "metadata.uid"];

/// Checks a file of the downward API. Its paths are those of the source, not of the file.
fn downward_file(file: &Field<'_>, source: &Field<'_>, report: &mut Report) {
    let (path, field, resource) = (file.get("path"), file.get("fieldRef"), file.get("resourceFieldRef"));
    let place = source.with("path", path.value);
    report.needs(&place);
    file_path(&path, &place, report);
    if field.is_set() {
        field_reference(&source.with("fieldRef", field.value), &FIELDS, report);
        if resource.is_set() {
            report.invalid(source, "fieldRef and resourceFieldRef can not be specified simultaneously");
        }
    } else if resource.is_set() {
        let place = source.with("resourceFieldRef", resource.value);
        if report.needs(&place.get("containerName")) {
            resource_reference(&place, report);
        }
    } else {
        report.required(source, "one of fieldRef and resourceFieldRef is required");
    }
    let file_mode = file.get("mode");
    mode(&source.with("mode", file_mode.value), report);
}

fn projected(volume: &Field<'_>, report: &mut Report) {
    mode(&volume.get("defaultMode"), report);
    let mut paths = BTreeSet::new();
    let mut note = |path: &str, report: &mut Report| {
        if !path.is_empty() && !paths.insert(path.to_owned()) {
            report.invalid_as(volume, path, "conflicting duplicate paths");
        }
    };
    for source in volume.get("sources").items() {
        let mut count = 0;
        for name in ["secret", "configMap"] {
            let part = source.get(name);
            if part.is_set() {
                count += 1;
                report.needs(&part.get("name"));
                for item in part.get("items").items() {
                    key_to_path(&item, report);
                    note(item.get("path").text(), report);
                }
            }
        }
        let part = source.get("downwardAPI");
        if part.is_set() {
            count += 1;
            for file in part.get("items").items() {
                downward_file(&file, &part, report);
                note(file.get("path").text(), report);
            }
        }
        let token = source.get("serviceAccountToken");
        if token.is_set() {
            count += 1;
            let (seconds, path) = (token.get("expirationSeconds"), token.get("path"));
            token_seconds(&seconds, report);
            let place = volume.with("path", path.value);
            if report.needs(&place) {
                file_path(&path, &place, report);
            }
        }
        let bundle = source.get("clusterTrustBundle");
        if bundle.is_set() {
            count += 1;
            trust_bundle(&bundle, report);
            note(bundle.get("path").text(), report);
        }
        let certificate = source.get("podCertificate");
        if certificate.is_set() {
            count += 1;
            pod_certificate(&certificate, report);
            for name in ["credentialBundlePath", "keyPath", "certificateChainPath"] {
                note(certificate.get(name).text(), report);
            }
        }
        if count > 1 {
            report.forbidden(&source, "may not specify more than 1 volume type per source");
        }
    }
}

/// Checks the lifetime of a token; an absent one is an hour.
pub(crate) fn token_seconds(seconds: &Field<'_>, report: &mut Report) {
    if let Some(number) = seconds.integer() {
        if number < 600 {
            report.invalid(seconds, "may not specify a duration less than 10 minutes");
        }
        if number > 1 << 32 {
            report.invalid(seconds, "may not specify a duration larger than 2^32 seconds");
        }
    }
}

fn trust_bundle(bundle: &Field<'_>, report: &mut Report) {
    let (name, signer, labels, path) =
        (bundle.get("name"), bundle.get("signerName"), bundle.get("labelSelector"), bundle.get("path"));
    match (name.is_set(), signer.is_set()) {
        (true, true) => report.invalid(bundle, "only one of name and signerName may be used"),
        (true, false) => {
            if name.is_empty() {
                report.required(&name, "must be a valid object name");
            }
            if names::subdomain(&name.text().replace(':', ".")).is_some() {
                report.invalid(&name, "not a valid clustertrustbundlename");
            }
            if labels.is_set() {
                report.invalid(&labels, "labelSelector must be unset if name is specified");
            }
        }
        (false, true) => {
            if signer.is_empty() {
                report.required(&signer, "must be a valid signer name");
            }
            signer_name(&signer, report);
            selector::labels(&labels, report);
        }
        (false, false) => report.required(bundle, "either name or signerName must be specified"),
    }
    report.needs(&path);
    file_path(&path, &path, report);
}

/// Checks the name of a certificate signer: a domain and a path.
pub(crate) fn signer_name(name: &Field<'_>, report: &mut Report) {
    let parts: Vec<&str> = name.text().split('/').collect();
    let is_right = match parts[..] {
        [domain, path] => {
            domain.split('.').count() >= 2
                && names::subdomain(domain).is_none()
                && names::subdomain(path).is_none()
                && name.len() <= 571
        }
        _ => false,
    };
    if !is_right {
        report
            .invalid(name, "must be a fully qualified domain and path of the form 'example.com/signer-name'");
    }
}

fn pod_certificate(certificate: &Field<'_>, report: &mut Report) {
    let (signer, key, seconds) =
        (certificate.get("signerName"), certificate.get("keyType"), certificate.get("maxExpirationSeconds"));
    signer_name(&signer, report);
    report.one_of(&key, &["RSA3072", "RSA4096", "ECDSAP256", "ECDSAP384", "ECDSAP521", "ED25519"]);
    if let Some(number) = seconds.integer() {
        if number < 3600 {
            report.invalid(&seconds, "if provided, maxExpirationSeconds must be >= 3600");
        } else if number > 91 * 24 * 3600 {
            report.invalid(&seconds, "if provided, maxExpirationSeconds must be <= 7862400");
        }
    }
    let paths = ["credentialBundlePath", "keyPath", "certificateChainPath"].map(|name| certificate.get(name));
    if paths.iter().all(Field::is_empty) {
        report.required(
            certificate,
            "specify at least one of credentialBundlePath, keyPath, and certificateChainPath",
        );
    }
    for path in &paths {
        file_path(path, path, report);
    }
}

fn disk(source: &Field<'_>, name: &str, report: &mut Report) {
    report.needs(&source.get(name));
    let partition = source.get("partition");
    if partition.integer().is_some_and(|number| !(0..=255).contains(&number)) {
        report.invalid(&partition, "must be between 0 and 255, inclusive");
    }
}

fn iscsi(source: &Field<'_>, report: &mut Report) {
    let (name, initiator, secret) = (source.get("iqn"), source.get("initiatorName"), source.get("secretRef"));
    report.needs(&source.get("targetPortal"));
    if report.needs(&name) {
        iscsi_name(&name, &name, report);
    }
    report.between(&source.get("lun"), 0, 255);
    if (source.get("chapAuthDiscovery").is_true() || source.get("chapAuthSession").is_true())
        && !secret.is_set()
    {
        report.required(&secret, "");
    }
    if initiator.is_set() {
        iscsi_name(&initiator, &source.with("initiatorname", initiator.value), report);
    }
}

fn iscsi_name(field: &Field<'_>, place: &Field<'_>, report: &mut Report) {
    let text = field.text();
    let hex =
        |text: &str, length: usize| text.len() == length && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let is_right = if text.starts_with("iqn") {
        let rest = text.strip_prefix("iqn.").unwrap_or_default();
        let (date, rest) = rest.split_once('.').unwrap_or_default();
        let is_date = matches!(date.split_once('-'), Some((year, month)) if year.len() == 4 && month.len() == 2
            && year.bytes().chain(month.bytes()).all(|byte| byte.is_ascii_digit()));
        let rest = rest.strip_prefix('.').unwrap_or(rest);
        is_date && rest.starts_with(|letter: char| letter.is_ascii_alphanumeric())
    } else if let Some(rest) = text.strip_prefix("eui.") {
        hex(rest, 16)
    } else if let Some(rest) = text.strip_prefix("naa.") {
        hex(rest, 32)
    } else if text.starts_with("eui") || text.starts_with("naa") {
        false
    } else {
        return report.invalid(place, "must be valid format starting with iqn, eui, or naa");
    };
    if !is_right {
        report.invalid(place, "must be valid format");
    }
}

fn quobyte(source: &Field<'_>, report: &mut Report) {
    const FORM: &str = "must be a host:port pair or multiple pairs separated by commas";
    let (registry, tenant) = (source.get("registry"), source.get("tenant"));
    if registry.is_empty() {
        report.required(&registry, FORM);
    } else if tenant.len() >= 65 {
        report.required(&tenant, "must be a UUID and may not exceed a length of 64 characters");
    } else {
        let is_pair = |pair: &str| {
            pair.rsplit_once(':').is_some_and(|(host, _)| !host.contains(':') || host.ends_with(']'))
        };
        if !registry.text().split(',').all(is_pair) {
            report.invalid(&registry, FORM);
        }
    }
    report.needs(&source.get("volume"));
}

fn fibre_channel(source: &Field<'_>, report: &mut Report) {
    let (targets, ids, lun) = (source.get("targetWWNs"), source.get("wwids"), source.get("lun"));
    match (targets.is_empty(), ids.is_empty()) {
        (true, true) => report.required(&targets, "must specify either targetWWNs or wwids, but not both"),
        (false, false) => {
            report.invalid(&targets, "targetWWNs and wwids can not be specified simultaneously")
        }
        _ => {}
    }
    if !targets.is_empty() {
        if lun.is_set() {
            report.between(&lun, 0, 255);
        } else {
            report.required(&lun, "lun is required if targetWWNs is specified");
        }
    }
}

fn flex(source: &Field<'_>, report: &mut Report) {
    report.needs(&source.get("driver"));
    for (key, field) in source.get("options").entries() {
        let namespace = key.split_once('/').map_or(key, |(namespace, _)| namespace);
        let normal = format!(".{}", namespace.to_lowercase());
        if normal.ends_with(".kubernetes.io") || normal.ends_with(".k8s.io") {
            report.invalid_as(&field, key, "kubernetes.io and k8s.io namespaces are reserved");
        }
    }
}

fn azure_disk(source: &Field<'_>, report: &mut Report) {
    let (uri, kind) = (source.get("diskURI"), source.get("kind"));
    report.needs(&source.get("diskName"));
    report.needs(&uri);
    report.set_is_one_of(&source.get("cachingMode"), &["None", "ReadOnly", "ReadWrite"]);
    report.set_is_one_of(&kind, &["Dedicated", "Managed", "Shared"]);
    if kind.text() == "Managed" {
        if !uri.text().starts_with("/subscriptions/") {
            report.unsupported(
                &uri,
                &["/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}"],
            );
        }
    } else if !uri.text().starts_with("https://") {
        report.unsupported(
            &uri,
            &["https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd"],
        );
    }
}

/// Checks the name of a CSI driver.
pub(crate) fn driver_name(name: &Field<'_>, report: &mut Report) {
    report.needs(name);
    if name.len() > 63 {
        report.too_long(name, 63);
    }
    if let Some(problem) = names::subdomain(&name.text().to_lowercase()) {
        report.invalid(name, problem);
    }
}
