//! What workloads request at their largest, summed without the checks of the compiler.

use std::collections::BTreeMap;

use aqueduct_manifest::Value;

use crate::tree::{Stored, list, text};

/// An amount of CPU in thousandths of a core, of memory and storage in bytes, and a number of pods.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Sum {
    pub(crate) cpu: f64,
    pub(crate) memory: f64,
    pub(crate) pods: f64,
    pub(crate) storage: f64,
}

/// Returns the sum of each namespace; a DaemonSet has a pod on each of the nodes.
pub(crate) fn by_namespace(objects: &[Stored], nodes: f64) -> BTreeMap<String, Sum> {
    let mut sums: BTreeMap<String, Sum> = BTreeMap::new();
    for stored in objects {
        let object = &stored.object;
        let count = replicas(objects, stored, nodes);
        if let Some((pod, _)) = stored.pod() {
            let sum = sums.entry(object.namespace().to_owned()).or_default();
            sum.pods += count;
            sum.cpu += count * request(pod, "cpu") * 1000.0;
            sum.memory += count * request(pod, "memory");
        }
        let claims: Vec<&Value> = match (object.kind(), object.map.get("spec")) {
            ("PersistentVolumeClaim", Some(spec)) => vec![spec],
            ("StatefulSet", Some(spec)) => {
                list(spec, &["volumeClaimTemplates"]).filter_map(|claim| claim.get("spec")).collect()
            }
            _ => Vec::new(),
        };
        let size =
            claims.iter().filter_map(|claim| claim.at(&["resources", "requests", "storage"])).map(amount);
        let count = if object.kind() == "StatefulSet" { count } else { 1.0 };
        sums.entry(object.namespace().to_owned()).or_default().storage += count * size.sum::<f64>();
    }
    sums
}

/// Returns the larger of what runs together and what any one step before it takes.
fn request(pod: &Value, resource: &str) -> f64 {
    let of = |container: &Value| container.at(&["resources", "requests", resource]).map_or(0.0, amount);
    let running: f64 = list(pod, &["containers"]).map(of).sum();
    list(pod, &["initContainers"]).map(of).fold(running, f64::max)
}

fn replicas(objects: &[Stored], stored: &Stored, nodes: f64) -> f64 {
    let object = &stored.object;
    let number = |value: &Value| value.as_i64().map(|number| number as f64);
    if object.kind() == "DaemonSet" {
        return nodes;
    }
    let scaler = objects.iter().map(|other| &other.object).find(|other| {
        other.kind() == "HorizontalPodAutoscaler"
            && other.namespace() == object.namespace()
            && other.at(&["spec", "scaleTargetRef", "kind"]).and_then(Value::as_str) == Some(object.kind())
            && other.at(&["spec", "scaleTargetRef", "name"]).and_then(Value::as_str) == Some(object.name())
    });
    match scaler {
        Some(scaler) => {
            scaler.at(&["spec", "maxReplicas"]).and_then(number).expect("an autoscaler has a most")
        }
        None => object.at(&["spec", "replicas"]).and_then(number).unwrap_or(1.0),
    }
}

/// Reads a quantity.
pub(crate) fn amount(value: &Value) -> f64 {
    let written = match value.as_str() {
        Some(text) => text.to_owned(),
        None => {
            return value
                .as_f64()
                .or(value.as_i64().map(|whole| whole as f64))
                .expect("a quantity is a number");
        }
    };
    let end = written.find(|letter: char| letter.is_ascii_alphabetic()).unwrap_or(written.len());
    let (number, unit) = written.split_at(end);
    let number: f64 = number.parse().unwrap_or_else(|_| panic!("not a quantity: {written}"));
    let kibi = 1024_f64;
    let factor = match unit {
        "" => 1.0,
        "m" => 0.001,
        "Ki" => kibi,
        "Mi" => kibi.powi(2),
        "Gi" => kibi.powi(3),
        "Ti" => kibi.powi(4),
        _ => panic!("unknown unit: {written}"),
    };
    number * factor
}

/// Returns what a namespace asks for beyond its quota, a line each.
pub(crate) fn beyond_quotas(objects: &[Stored], nodes: f64) -> (usize, Vec<String>) {
    let sums = by_namespace(objects, nodes);
    let mut beyond = Vec::new();
    let mut compared = 0;
    for stored in objects.iter().filter(|stored| stored.object.kind() == "ResourceQuota") {
        let sum = sums.get(stored.object.namespace()).copied().unwrap_or_default();
        let spec = stored.object.map.get("spec").expect("a quota has a spec");
        for (resource, hard) in spec.get("hard").and_then(Value::as_map).into_iter().flatten() {
            let asked = match resource.as_str() {
                "requests.cpu" => sum.cpu / 1000.0,
                "requests.memory" => sum.memory,
                "requests.storage" => sum.storage,
                "pods" => sum.pods,
                other => panic!("a quota over {other} is not summed here"),
            };
            compared += 1;
            // Sums of decimal fractions are off by less than anybody could ask for.
            if asked > amount(hard) + 1e-6 {
                beyond.push(format!(
                    "{}: {resource}: {asked} of {}",
                    stored.path,
                    text(spec, &["hard", resource])
                ));
            }
        }
    }
    (compared, beyond)
}
