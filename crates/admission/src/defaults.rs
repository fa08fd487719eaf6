//! What the API server fills in before admission judges an object.
//!
//! A policy may ask for a field that nobody writes, for a server always has it. The defaults that policies, limits and
//! quotas look at are here: those of pods, controllers, Services, claims and autoscalers.

use aqueduct_manifest::{List, Map, Object, Value};

/// Returns an object with what a server fills in.
pub(crate) fn filled(object: &Object) -> Object {
    let mut whole = object.clone();
    let map = &mut whole.map;
    match (object.group(), object.kind()) {
        ("", "Pod") => {
            let spec = map.map_entry("spec");
            pod(spec);
            bare_pod(spec);
        }
        ("", "PodTemplate") => template(map),
        ("", "ReplicationController") | ("apps", "ReplicaSet") => {
            let spec = map.map_entry("spec");
            set(spec, "replicas", 1);
            template(spec);
        }
        ("apps", "Deployment") => {
            let spec = map.map_entry("spec");
            for (field, value) in
                [("replicas", 1), ("revisionHistoryLimit", 10), ("progressDeadlineSeconds", 600)]
            {
                set(spec, field, value);
            }
            let strategy = spec.map_entry("strategy");
            set(strategy, "type", "RollingUpdate");
            if strategy.get("type").and_then(Value::as_str) == Some("RollingUpdate") {
                let rolling = strategy.map_entry("rollingUpdate");
                set(rolling, "maxUnavailable", "25%");
                set(rolling, "maxSurge", "25%");
            }
            template(spec);
        }
        ("apps", "StatefulSet") => {
            let spec = map.map_entry("spec");
            set(spec, "replicas", 1);
            set(spec, "revisionHistoryLimit", 10);
            set(spec, "podManagementPolicy", "OrderedReady");
            let strategy = spec.map_entry("updateStrategy");
            set(strategy, "type", "RollingUpdate");
            if strategy.get("type").and_then(Value::as_str) == Some("RollingUpdate") {
                set(strategy.map_entry("rollingUpdate"), "partition", 0);
            }
            let retention = spec.map_entry("persistentVolumeClaimRetentionPolicy");
            set(retention, "whenDeleted", "Retain");
            set(retention, "whenScaled", "Retain");
            template(spec);
        }
        ("apps", "DaemonSet") => {
            let spec = map.map_entry("spec");
            set(spec, "revisionHistoryLimit", 10);
            let strategy = spec.map_entry("updateStrategy");
            set(strategy, "type", "RollingUpdate");
            if strategy.get("type").and_then(Value::as_str) == Some("RollingUpdate") {
                let rolling = strategy.map_entry("rollingUpdate");
                set(rolling, "maxUnavailable", 1);
                set(rolling, "maxSurge", 0);
            }
            template(spec);
        }
        ("batch", "Job") => job(map.map_entry("spec")),
        ("batch", "CronJob") => {
            let spec = map.map_entry("spec");
            set(spec, "concurrencyPolicy", "Allow");
            set(spec, "suspend", false);
            set(spec, "successfulJobsHistoryLimit", 3);
            set(spec, "failedJobsHistoryLimit", 1);
            template(spec.map_entry("jobTemplate").map_entry("spec"));
        }
        ("", "Service") => service(map.map_entry("spec")),
        ("", "PersistentVolumeClaim") => set(map.map_entry("spec"), "volumeMode", "Filesystem"),
        ("", "Secret") => secret(map),
        ("", "Namespace") => {
            let name = Value::from(object.name());
            set(whole.metadata_mut().map_entry("labels"), "kubernetes.io/metadata.name", name);
        }
        ("autoscaling", "HorizontalPodAutoscaler") => set(map.map_entry("spec"), "minReplicas", 1),
        ("networking.k8s.io", "NetworkPolicy") => network_policy(map.map_entry("spec")),
        _ => {}
    }
    whole
}

/// Sets a field that is not there.
fn set(map: &mut Map, field: &str, value: impl Into<Value>) {
    if map.get(field).is_none_or(Value::is_null) {
        map.insert(field, value);
    }
}

fn each(map: &mut Map, list: &str, mut change: impl FnMut(&mut Map)) {
    let items = map.get_mut(list).and_then(Value::as_list_mut).map(List::make_mut);
    items.into_iter().flatten().filter_map(Value::as_map_mut).for_each(&mut change);
}

fn change(map: &mut Map, field: &str, change: impl FnOnce(&mut Map)) {
    if let Some(inner) = map.get_mut(field).and_then(Value::as_map_mut) {
        change(inner);
    }
}

fn template(spec: &mut Map) {
    pod(spec.map_entry("template").map_entry("spec"));
}

fn job(spec: &mut Map) {
    let is_indexed = spec.get("completionMode").and_then(Value::as_str) == Some("Indexed");
    let has_parallelism = spec.get("parallelism").is_some_and(|value| !value.is_null());
    if !has_parallelism && !is_indexed {
        set(spec, "completions", 1);
    }
    set(spec, "parallelism", 1);
    set(spec, "backoffLimit", 6);
    set(spec, "completionMode", "NonIndexed");
    set(spec, "suspend", false);
    set(spec, "manualSelector", false);
    set(spec, "podReplacementPolicy", "TerminatingOrFailed");
    template(spec);
}

/// Fills in what pods and templates of pods get.
fn pod(spec: &mut Map) {
    set(spec, "restartPolicy", "Always");
    set(spec, "dnsPolicy", "ClusterFirst");
    set(spec, "schedulerName", "default-scheduler");
    set(spec, "terminationGracePeriodSeconds", 30);
    set(spec, "securityContext", Map::new());
    account(spec);
    for list in ["initContainers", "containers", "ephemeralContainers"] {
        each(spec, list, container);
    }
    each(spec, "volumes", |volume| {
        if volume.iter().all(|(key, value)| key.as_str() == "name" || value.is_null()) {
            volume.insert("emptyDir", Map::new());
        }
        for source in ["secret", "configMap", "downwardAPI", "projected"] {
            change(volume, source, |source| set(source, "defaultMode", 420));
        }
        change(volume, "hostPath", |source| set(source, "type", ""));
    });
}

/// The name of the account stands under its old name, too.
fn account(spec: &mut Map) {
    if let Some(name) = spec.get("serviceAccountName").filter(|name| !name.is_null()).cloned() {
        set(spec, "serviceAccount", name);
    }
}

/// Fills in what a Pod gets and a template does not.
fn bare_pod(spec: &mut Map) {
    set(spec, "enableServiceLinks", true);
    set(spec, "serviceAccountName", "default");
    account(spec);
    set(spec, "preemptionPolicy", "PreemptLowerPriority");
    if spec.get("priorityClassName").is_none() {
        set(spec, "priority", 0);
    }
    for list in ["initContainers", "containers"] {
        each(spec, list, |container| change(container, "resources", limits_as_requests));
    }
    change(spec, "resources", limits_as_requests);
    if spec.get("hostNetwork").and_then(Value::as_bool) == Some(true) {
        for list in ["initContainers", "containers"] {
            each(spec, list, |container| {
                each(container, "ports", |port| {
                    let number = port.get("containerPort").cloned().unwrap_or_default();
                    set(port, "hostPort", number);
                });
            });
        }
    }
    for key in ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"] {
        tolerate(spec, key);
    }
}

fn tolerate(spec: &mut Map, key: &str) {
    if spec.get("tolerations").is_none_or(Value::is_null) {
        spec.insert("tolerations", List::new());
    }
    let Some(tolerations) = spec.get_mut("tolerations").and_then(Value::as_list_mut) else { return };
    let tolerates = |toleration: &Value| {
        let field = |name: &str| toleration.get(name).and_then(Value::as_str).unwrap_or("");
        matches!(field("key"), "") && field("operator") == "Exists"
            || field("key") == key && matches!(field("effect"), "" | "NoExecute")
    };
    if !tolerations.iter().any(tolerates) {
        let mut toleration = Map::new();
        toleration.insert("key", key);
        toleration.insert("operator", "Exists");
        toleration.insert("effect", "NoExecute");
        toleration.insert("tolerationSeconds", 300);
        tolerations.push(toleration);
    }
}

/// What is limited and not requested is requested up to the limit.
pub(crate) fn limits_as_requests(resources: &mut Map) {
    let Some(limits) = resources.get("limits").and_then(Value::as_map).cloned() else { return };
    let requests = resources.map_entry("requests");
    for (name, amount) in &limits {
        set(requests, name, amount.clone());
    }
}

fn container(container: &mut Map) {
    set(container, "terminationMessagePath", "/dev/termination-log");
    set(container, "terminationMessagePolicy", "File");
    set(container, "resources", Map::new());
    let image = container.get("image").and_then(Value::as_str).unwrap_or("");
    let is_latest = !image.contains('@')
        && image.rsplit('/').next().is_some_and(|name| match name.split_once(':') {
            Some((_, tag)) => tag == "latest",
            None => true,
        });
    let policy = if is_latest { "Always" } else { "IfNotPresent" };
    set(container, "imagePullPolicy", policy);
    each(container, "ports", |port| set(port, "protocol", "TCP"));
    each(container, "env", |variable| {
        change(variable, "valueFrom", |from| {
            change(from, "fieldRef", |field| set(field, "apiVersion", "v1"))
        });
    });
    for probe in ["livenessProbe", "readinessProbe", "startupProbe"] {
        change(container, probe, |probe| {
            for (field, value) in [
                ("timeoutSeconds", 1),
                ("periodSeconds", 10),
                ("successThreshold", 1),
                ("failureThreshold", 3),
            ] {
                set(probe, field, value);
            }
            change(probe, "httpGet", http_get);
            change(probe, "grpc", |grpc| set(grpc, "service", ""));
        });
    }
    change(container, "lifecycle", |lifecycle| {
        for hook in ["postStart", "preStop"] {
            change(lifecycle, hook, |hook| change(hook, "httpGet", http_get));
        }
    });
}

fn http_get(get: &mut Map) {
    set(get, "path", "/");
    set(get, "scheme", "HTTP");
}

fn service(spec: &mut Map) {
    set(spec, "type", "ClusterIP");
    set(spec, "sessionAffinity", "None");
    each(spec, "ports", |port| {
        set(port, "protocol", "TCP");
        let number = port.get("port").cloned().unwrap_or_default();
        set(port, "targetPort", number);
    });
    let kind = spec.get("type").and_then(Value::as_str).unwrap_or("").to_owned();
    if kind != "ExternalName" {
        set(spec, "internalTrafficPolicy", "Cluster");
    }
    if matches!(kind.as_str(), "NodePort" | "LoadBalancer") {
        set(spec, "externalTrafficPolicy", "Cluster");
    }
    if kind == "LoadBalancer" {
        set(spec, "allocateLoadBalancerNodePorts", true);
    }
    if spec.get("sessionAffinity").and_then(Value::as_str) == Some("ClientIP") {
        set(spec.map_entry("sessionAffinityConfig").map_entry("clientIP"), "timeoutSeconds", 10800);
    }
}

fn secret(map: &mut Map) {
    use base64::Engine;
    set(map, "type", "Opaque");
    if let Some(texts) = map.remove("stringData").as_ref().and_then(Value::as_map) {
        let data = map.map_entry("data");
        for (key, value) in texts {
            let text = value.as_str().unwrap_or("");
            data.insert(key.clone(), base64::engine::general_purpose::STANDARD.encode(text));
        }
    }
}

fn network_policy(spec: &mut Map) {
    for rules in ["ingress", "egress"] {
        each(spec, rules, |rule| each(rule, "ports", |port| set(port, "protocol", "TCP")));
    }
    if spec.get("policyTypes").is_none_or(Value::is_null) {
        let has_egress = spec.get("egress").and_then(Value::as_list).is_some_and(|rules| !rules.is_empty());
        let types = if has_egress { vec!["Ingress".into(), "Egress".into()] } else { vec!["Ingress".into()] };
        spec.insert("policyTypes", Value::from(types));
    }
}
