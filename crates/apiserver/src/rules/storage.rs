//! PersistentVolumes, claims, storage classes and drivers.

use std::collections::BTreeSet;

use aqueduct_manifest::Quantity;

use crate::field::Field;
use crate::names;
use crate::report::Report;
use crate::rules::pod::{resources, volume};
use crate::rules::selector;

const MODES: [&str; 4] = ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"];

fn access_modes(modes: &Field<'_>, report: &mut Report) {
    for mode in modes.items() {
        if !MODES.contains(&mode.text()) {
            report.unsupported(modes, &MODES);
        }
    }
    let others = modes.items().any(|mode| mode.text() != "ReadWriteOncePod" && MODES.contains(&mode.text()));
    if modes.has("ReadWriteOncePod") && others {
        report.forbidden(modes, "may not use ReadWriteOncePod with other access modes");
    }
}

pub(crate) fn claim(root: &Field<'_>, report: &mut Report) {
    let spec = root.get("spec");
    claim_without_source(&spec, report);
    let (source, reference) = (spec.get("dataSource"), spec.get("dataSourceRef"));
    let (kind, group) = (source.get("kind"), source.get("apiGroup"));
    // Other sources than these are dropped. Then each of the two fields is filled in from the other.
    let is_kept = matches!(
        (group.text(), kind.text()),
        ("", "PersistentVolumeClaim") | ("snapshot.storage.k8s.io", "VolumeSnapshot")
    );
    if is_kept && source.is_set() {
        data_source(&source, report);
        data_source(
            &if reference.is_set() { reference } else { spec.with("dataSourceRef", source.value) },
            report,
        );
        let differs = ["kind", "name", "apiGroup"]
            .iter()
            .any(|name| reference.get(name).text() != source.get(name).text());
        if reference.is_set() && differs {
            report.invalid(&spec, "must match dataSourceRef");
        }
    } else if reference.is_set() {
        data_source(&reference, report);
        if reference.get("namespace").is_empty() {
            data_source(&spec.with("dataSource", reference.value), report);
        }
    }
}

/// Checks the spec of a claim template.
pub(crate) fn claim_spec(spec: &Field<'_>, report: &mut Report) {
    claim_without_source(spec, report);
    for name in ["dataSource", "dataSourceRef"] {
        let source = spec.get(name);
        if source.is_set() {
            data_source(&source, report);
        }
    }
}

fn claim_without_source(spec: &Field<'_>, report: &mut Report) {
    let modes = spec.get("accessModes");
    if modes.is_empty() {
        report.required(&modes, "at least 1 access mode is required");
    }
    selector::labels(&spec.get("selector"), report);
    access_modes(&modes, report);
    let resources = spec.get("resources");
    let requests = resources.get("requests");
    let place = resources.key("storage");
    match requests.value.get("storage") {
        None => report.required(&place, ""),
        Some(_) => {
            let amount = self::resources::amount(&requests.key("storage"));
            if amount <= Quantity::default() {
                report.invalid_as(&place, &amount.to_string(), "must be greater than zero");
            }
        }
    }
    report.optional_format(&spec.get("storageClassName"), names::subdomain);
    report.set_is_one_of(&spec.get("volumeMode"), &["Block", "Filesystem"]);
    report.optional_format(&spec.get("volumeAttributesClassName"), names::subdomain);
}

fn data_source(source: &Field<'_>, report: &mut Report) {
    let (name, kind, group) = (source.get("name"), source.get("kind"), source.get("apiGroup"));
    report.needs(&name);
    report.needs(&kind);
    if group.is_empty() && kind.text() != "PersistentVolumeClaim" {
        report.invalid(source, "must be 'PersistentVolumeClaim' when referencing the default apiGroup");
    }
    report.optional_format(&group, names::subdomain);
    report.optional_format(&source.get("namespace"), names::label);
}

/// The volume sources in the order of the API server's checks, each with its name in paths.
const SOURCES: [(&str, &str); 22] = [
    ("hostPath", "hostPath"),
    ("gcePersistentDisk", "persistentDisk"),
    ("awsElasticBlockStore", "awsElasticBlockStore"),
    ("glusterfs", "glusterfs"),
    ("flocker", "flocker"),
    ("nfs", "nfs"),
    ("rbd", "rbd"),
    ("quobyte", "quobyte"),
    ("cephfs", "cephfs"),
    ("iscsi", "iscsi"),
    ("cinder", "cinder"),
    ("fc", "fc"),
    ("flexVolume", "flexVolume"),
    ("azureFile", "azureFile"),
    ("vsphereVolume", "vsphereVolume"),
    ("photonPersistentDisk", "photonPersistentDisk"),
    ("portworxVolume", "portworxVolume"),
    ("azureDisk", "azureDisk"),
    ("scaleIO", "scaleIO"),
    ("local", "local"),
    ("storageos", "storageos"),
    ("csi", "csi"),
];

pub(crate) fn persistent_volume(root: &Field<'_>, report: &mut Report) {
    let spec = root.get("spec");
    let (modes, capacity) = (spec.get("accessModes"), spec.get("capacity"));
    report.needs(&modes);
    access_modes(&modes, report);
    report.needs(&capacity);
    if capacity.value.get("storage").is_none() || capacity.len() > 1 {
        report.unsupported(&capacity, &["storage"]);
    }
    for (_, field) in capacity.entries() {
        let amount = resources::amount(&field);
        if resources::is_negative(amount) {
            report.invalid(&field, "must be a valid resource quantity");
        }
        if amount <= Quantity::default() {
            report.invalid(&field, "must be greater than zero");
        }
    }
    let policy = spec.get("persistentVolumeReclaimPolicy");
    report.default_or_one_of(&policy, &["Delete", "Recycle", "Retain"]);
    let affinity = spec.get("nodeAffinity");
    let required = affinity.get("required");
    if affinity.is_set() {
        if required.is_set() {
            selector::nodes(&required, report);
        } else {
            report.required(&required, "must specify required node constraints");
        }
    }
    let mut found = false;
    for (name, path) in SOURCES {
        let source = spec.get(name);
        if !source.is_set() {
            continue;
        }
        if found && name != "flexVolume" {
            let path = if name == "cephfs" { "cephFS" } else { name };
            report.forbidden(&spec.with(path, source.value), "may not specify more than 1 volume type");
            continue;
        }
        found = true;
        let place = spec.with(path, source.value);
        volume::common_source(name, &place, report);
        self::source(name, &place, report);
        if name == "local" && !required.is_set() {
            report.required(&affinity, "Local volume requires node affinity");
        }
    }
    if !found {
        report.required(&spec, "must specify a volume type");
    }
    let host_path = spec.get("hostPath");
    let path = host_path.get("path");
    let is_root = path.text().starts_with('/') && path.text().split('/').all(|part| matches!(part, "" | "."));
    if is_root && policy.text() == "Recycle" {
        report.forbidden(&policy, "may not be 'recycle' for a hostPath mount of '/'");
    }
    report.optional_format(&spec.get("storageClassName"), names::subdomain);
    report.set_is_one_of(&spec.get("volumeMode"), &["Block", "Filesystem"]);
    let class = spec.get("volumeAttributesClassName");
    if class.is_set() {
        if class.is_empty() {
            report.required(&class, "an empty string is disallowed");
        } else {
            report.format(&class, names::subdomain);
        }
        let driver = spec.get("csi");
        if !driver.is_set() {
            report.required(&driver, "has to be specified when using volumeAttributesClassName");
        }
    }
}

fn source(name: &str, source: &Field<'_>, report: &mut Report) {
    match name {
        "local" => {
            let path = source.get("path");
            if report.needs(&path) && path.text().split('/').any(|part| part == "..") {
                report.invalid(&path, "must not contain '..'");
            }
        }
        "csi" => {
            volume::driver_name(&source.get("driver"), report);
            report.needs(&source.get("volumeHandle"));
            for name in [
                "controllerPublishSecretRef",
                "controllerExpandSecretRef",
                "nodePublishSecretRef",
                "nodeStageSecretRef",
                "nodeExpandSecretRef",
            ] {
                let secret = source.get(name);
                if secret.is_set() && name != "nodeStageSecretRef" {
                    report.needs_format(&secret.get("name"), names::subdomain);
                    report.needs_format(&secret.get("namespace"), names::label);
                }
            }
        }
        "glusterfs" => {
            let namespace = source.get("endpointsNamespace");
            if namespace.is_set() {
                if namespace.is_empty() {
                    report.invalid(
                        &namespace,
                        "if the endpointnamespace is set, it must be a valid namespace name",
                    );
                } else {
                    report.format(&namespace, names::label);
                }
            }
        }
        "azureFile" => {
            let namespace = source.get("secretNamespace");
            if namespace.is_set() {
                report.needs(&namespace);
            }
        }
        "cinder" | "storageos" => {
            let secret = source.get("secretRef");
            if secret.is_set() {
                report.needs(&secret.get("namespace"));
            }
        }
        "iscsi" => {
            let secret = source.get("secretRef");
            if secret.is_set() {
                report.needs(&secret.get("name"));
            }
        }
        _ => {}
    }
}

pub(crate) fn storage_class(root: &Field<'_>, report: &mut Report) {
    let provisioner = root.get("provisioner");
    if report.needs(&provisioner)
        && let Some(problem) = names::qualified_name(&provisioner.text().to_lowercase())
    {
        report.invalid(&provisioner, problem);
    }
    parameters(&root.get("parameters"), report);
    report.default_or_one_of(&root.get("reclaimPolicy"), &["Delete", "Retain"]);
    report.default_or_one_of(&root.get("volumeBindingMode"), &["Immediate", "WaitForFirstConsumer"]);
    selector::topologies(&root.get("allowedTopologies"), report);
}

fn parameters(parameters: &Field<'_>, report: &mut Report) {
    const MOST: usize = 512;
    const SIZE: usize = 256 * 1024;
    if parameters.len() > MOST {
        report.too_long(parameters, MOST);
    }
    let mut size = 0;
    for (key, value) in parameters.entries() {
        if key.is_empty() {
            report.invalid_as(parameters, key, "field can not be empty.");
        }
        size += key.len() + value.len();
    }
    if size > SIZE {
        report.too_long(parameters, SIZE);
    }
}

pub(crate) fn driver(root: &Field<'_>, report: &mut Report) {
    let spec = root.get("spec");
    let modes = spec.get("volumeLifecycleModes");
    for mode in modes.items() {
        if !matches!(mode.text(), "Persistent" | "Ephemeral") {
            report.unsupported(&modes, &["Persistent", "Ephemeral"]);
        }
    }
    report.set_is_one_of(&spec.get("fsGroupPolicy"), &["File", "None", "ReadWriteOnceWithFSType"]);
    let tokens = spec.get("tokenRequests");
    let mut seen = BTreeSet::new();
    for token in tokens.items() {
        let audience = token.get("audience");
        if !seen.insert(audience.text().to_owned()) {
            report.duplicate(&audience);
        }
        volume::token_seconds(&token.get("expirationSeconds"), report);
    }
    let secrets = spec.get("serviceAccountTokenInSecrets");
    if secrets.is_set() && tokens.is_empty() {
        report.invalid(&secrets, "serviceAccountTokenInSecrets is set but no tokenRequests are specified");
    }
    let period = spec.get("nodeAllocatableUpdatePeriodSeconds");
    if period.integer().is_some_and(|seconds| seconds < 10) {
        report.invalid(&period, "must be greater than or equal to 10 seconds");
    }
}

pub(crate) fn csi_node(root: &Field<'_>, report: &mut Report) {
    let spec = root.get("spec");
    let mut seen = BTreeSet::new();
    for driver in spec.get("drivers").items() {
        let (name, node) = (driver.get("name"), driver.get("nodeID"));
        volume::driver_name(&name, report);
        if !seen.insert(name.text().to_owned()) {
            report.duplicate(&name);
        }
        if report.needs(&node) && node.len() > 256 {
            report.invalid(&node, "must be 256 characters or less");
        }
        let allocatable = driver.get("allocatable");
        report.not_negative(&allocatable.get("count"));
        let mut keys = BTreeSet::new();
        for key in driver.get("topologyKeys").items() {
            if !keys.insert(key.text().to_owned()) {
                report.duplicate(&key);
            }
            if let Some(problem) = names::qualified_name(key.text()) {
                report.invalid_as(&driver, key.text(), problem);
            }
        }
    }
}

pub(crate) fn capacity(root: &Field<'_>, report: &mut Report) {
    selector::labels(&root.get("nodeTopology"), report);
    let class = root.get("storageClassName");
    report.format(&class, names::subdomain);
    for name in ["capacity", "maximumVolumeSize"] {
        let amount = root.get(name);
        if amount.is_set() && resources::is_negative(resources::amount(&amount)) {
            report.invalid(&amount, "must be greater than or equal to 0");
        }
    }
}

pub(crate) fn attachment(root: &Field<'_>, report: &mut Report) {
    let spec = root.get("spec");
    let (attacher, node, source) = (spec.get("attacher"), spec.get("nodeName"), spec.get("source"));
    volume::driver_name(&attacher, report);
    report.format(&node, names::subdomain);
    let (volume, inline) = (source.get("persistentVolumeName"), source.get("inlineVolumeSpec"));
    match (volume.is_set(), inline.is_set()) {
        (false, false) => {
            report.required(&source, "must specify exactly one of inlineVolumeSpec and persistentVolumeName");
        }
        (true, true) => {
            report.forbidden(&source, "must specify exactly one of inlineVolumeSpec and persistentVolumeName")
        }
        (true, false) => {
            if volume.is_empty() {
                report.required(&volume, "must specify non empty persistentVolumeName");
            } else {
                report.format(&volume, names::subdomain);
            }
        }
        (false, true) => {}
    }
}

pub(crate) fn attributes_class(root: &Field<'_>, report: &mut Report) {
    volume::driver_name(&root.get("driverName"), report);
    let values = root.get("parameters");
    if values.is_empty() {
        report.required(&values, "must contain at least one key/value pair");
    }
    parameters(&values, report);
}
