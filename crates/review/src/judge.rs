//! What a server and its controllers do with an object that is written: refuse it, or accept it and recreate its
//! pods.

use aqueduct_apiserver::custom::CustomDefinition;
use aqueduct_apiserver::{Cause, FieldType, Response, Server, defaulted};
use aqueduct_manifest::{Map, Object, Value};

use crate::diff::{Edit, FieldChange, differences};
use crate::normal::{Amounts, normal, same};
use crate::path::{Path, PathStep};
use crate::update::{self, Update, job};
use crate::write::{Apply, written};

/// The result of writing an object.
#[derive(Debug, Default)]
pub(crate) struct Verdict {
    /// Why it is refused; empty if it is accepted.
    pub(crate) refused: Vec<Cause>,
    /// What differs in its pod template, if its controller recreates the pods.
    pub(crate) restart: Vec<FieldChange>,
    /// Whether the server stores the same as before.
    pub(crate) is_no_change: bool,
}

/// Judges an object that is new to the server.
pub(crate) fn created(server: &Server, new: &Object, around: &[Object], apply: Apply) -> Vec<Cause> {
    let answer = sent(server, &Value::Map(new.map.clone()), apply);
    match answer.is_built_in {
        true if answer.errors.is_empty() => expressions(new),
        true => answer.errors,
        false => custom(new, None, around),
    }
}

/// Returns what is wrong with the expressions of an object.
fn expressions(object: &Object) -> Vec<Cause> {
    match object.kind() {
        "CustomResourceDefinition" => CustomDefinition::new(object).check_rules(),
        "ValidatingAdmissionPolicy" => aqueduct_admission::policy::check(object),
        _ => Vec::new(),
    }
}

/// Returns how the server answers an object that it does not have yet.
fn sent(server: &Server, object: &Value, apply: Apply) -> Response {
    match apply {
        Apply::Server => server.apply(object),
        Apply::Replace => server.create(object),
    }
}

/// Judges an object that is written over an old one.
pub(crate) fn updated(
    server: &Server,
    old: &Object,
    new: &Object,
    around: &[Object],
    apply: Apply,
) -> Verdict {
    let kind = server.kind(new.api_version(), new.kind());
    let manifest = Value::Map(new.map.clone());
    if kind.is_none() {
        let answer = sent(server, &manifest, apply);
        let refused = if answer.is_built_in { answer.errors } else { custom(new, Some(old), around) };
        return Verdict { refused, ..Verdict::default() };
    }
    let (old_value, new_value) = (readable(old), readable(new));
    let live = defaulted(old_value.clone());
    let after = written(server, &old_value, &live, &new_value, apply);
    let mut update =
        Update { kind, apply, live: &live, new: &after, manifest: &manifest, around, causes: Vec::new() };
    update::check(&mut update, new.group(), new.kind());
    let mut refused = unreadable(server, &new_value, apply);
    if refused.is_empty() {
        refused = wrong(server, &live, &after);
        refused.extend(update.causes);
    }
    if refused.is_empty() {
        refused = expressions(new);
    }
    if !refused.is_empty() {
        return Verdict { refused, ..Verdict::default() };
    }
    let restart = template(new, kind, &live, &after);
    let is_no_change = same(kind, &live, &after);
    Verdict { refused, restart, is_no_change }
}

/// Returns an object without what only a server can add.
fn readable(object: &Object) -> Value {
    let value = Value::Map(object.map.clone());
    if object.group() == "batch" && object.kind() == "Job" { job::without_generated(&value) } else { value }
}

/// Returns what cannot be decoded in a manifest: unknown fields, wrong types and duplicate entries.
fn unreadable(server: &Server, manifest: &Value, apply: Apply) -> Vec<Cause> {
    let answer = sent(server, manifest, apply);
    let is_reading = |cause: &Cause| READING.contains(&cause.reason);
    answer.errors.into_iter().filter(is_reading).collect()
}

const READING: [&str; 4] = ["BadRequest", "DuplicateEntry", "NotFound", "UnknownField"];

/// Returns what is newly wrong with an object.
fn wrong(server: &Server, live: &Value, after: &Value) -> Vec<Cause> {
    let create = |object: &Value| {
        let mut object = object.clone();
        if let Some(meta) = object.as_map_mut().and_then(|map| map.get_mut("metadata")?.as_map_mut()) {
            meta.remove("resourceVersion");
        }
        server.create(&object).errors
    };
    let mut wrong = create(after);
    if !wrong.is_empty() {
        let before = create(live);
        wrong.retain(|cause| !before.contains(cause));
    }
    wrong
}

/// Judges a custom resource by the definition of its kind, if the manifests contain it.
fn custom(new: &Object, old: Option<&Object>, around: &[Object]) -> Vec<Cause> {
    let defines = |definition: &&Object| {
        definition.kind() == "CustomResourceDefinition"
            && definition.at(&["spec", "group"]).and_then(Value::as_str) == Some(new.group())
            && definition.at(&["spec", "names", "kind"]).and_then(Value::as_str) == Some(new.kind())
    };
    let Some(definition) = around.iter().find(defines) else { return Vec::new() };
    CustomDefinition::new(definition).check(new, old)
}

/// Returns what differs in the pod template, as its controller compares it.
fn template(new: &Object, kind: Option<FieldType>, live: &Value, after: &Value) -> Vec<FieldChange> {
    let amounts = match (new.group(), new.kind()) {
        // Deployments compare values.
        ("apps", "Deployment") => Amounts::Value,
        // These compare the stored notation.
        ("apps", "DaemonSet" | "StatefulSet") => Amounts::Text,
        _ => return Vec::new(),
    };
    // A paused rollout starts when it is resumed, with everything that was waiting.
    let is_paused = |object: &Value| update::at(object, "spec.paused").as_bool() == Some(true);
    if is_paused(after) {
        return Vec::new();
    }
    let part = |object: &Value| {
        let kind = kind.and_then(|kind| kind.field("spec")?.field("template"));
        let template = normal(kind, update::at(object, "spec.template"), amounts);
        let spec: Map = [("template", template)].into_iter().collect();
        Value::Map([("spec", Value::Map(spec))].into_iter().collect())
    };
    let mut found = differences(kind, &part(live), &part(after));
    if is_paused(live) {
        let path = Path(["spec", "paused"].map(|name| PathStep::Field(name.into())).to_vec());
        let (old, new) = (Some(Value::Bool(true)), after.at(&["spec", "paused"]).cloned());
        found.insert(0, FieldChange { path, edit: Edit::Set { old, new } });
    }
    found
}
