//! A review as text for people, folded, and as JSON for programs, whole.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use aqueduct_manifest::{List, Map, Object, SmolStr, Value, json};

use crate::compare::{Change, Fate, Review};
use crate::diff::{Edit, FieldChange};
use crate::embedded::{Inside, inside};
use crate::fold::{Folded, counts, fold, shown};
use crate::path::Step;

/// How wide a value is at most.
const WIDTH: usize = 60;

/// How many places an entry names.
const PLACES: usize = 3;

/// How many lines of what is inside of a text are shown.
const INSIDE: usize = 12;

/// The version of the form of the JSON.
const VERSION: i64 = 1;

/// Returns the review as text: consequences first, the gravest at the top, then what differs, the same only once.
pub fn text(review: &Review) -> String {
    let mut out = String::new();
    if review.changes.is_empty() {
        return out;
    }
    let [added, removed, changed] = counts(review);
    let folded = fold(review);
    let _ = writeln!(out, "{added} added, {removed} removed, {changed} changed");
    for (consequence, objects) in &folded.consequences {
        let field =
            if consequence.field.is_empty() { String::new() } else { format!("{}: ", consequence.field) };
        let _ = writeln!(
            out,
            "! {}: {field}{} ({})",
            consequence.name.as_str(),
            consequence.message,
            places(objects)
        );
    }
    for line in &review.connections {
        let _ = writeln!(out, "! reachability: {line}");
    }
    differing(&mut out, &folded);
    out
}

fn differing(out: &mut String, folded: &Folded<'_>) {
    for ((fate, kind, name), objects) in &folded.objects {
        let sign = if *fate == Fate::Added { '+' } else { '-' };
        let namespaces: BTreeSet<&str> = objects.iter().map(|object| object.namespace()).collect();
        match namespaces.len() {
            0 | 1 => drop(writeln!(out, "{sign} {}", places(objects))),
            count => drop(writeln!(out, "{sign} {kind} {name} in {count} namespaces")),
        }
    }
    for (old, object) in &folded.renamed {
        let _ = writeln!(out, "~ {} {old} -> {}", object.kind(), object.name());
    }
    for (field, objects) in &folded.fields {
        let path = &field.path;
        let is_hidden = objects.iter().any(|object| is_secret(object, field));
        match &field.edit {
            Edit::Order { .. } => drop(writeln!(out, "~ {path}: another order ({})", places(objects))),
            _ if is_hidden => drop(writeln!(out, "~ {path}: a secret value ({})", places(objects))),
            Edit::Set { old, new } => match inside(field) {
                Some(inside) => {
                    let _ = writeln!(out, "~ {path} ({})", places(objects));
                    document(out, &inside);
                }
                None => {
                    let (old, new) = (shown(old.as_ref(), WIDTH), shown(new.as_ref(), WIDTH));
                    let _ = writeln!(out, "~ {path}: {old} -> {new} ({})", places(objects));
                }
            },
        }
    }
    let noise = &folded.noise;
    if noise.fields > 0 {
        let names: Vec<String> =
            noise.names.iter().map(|(name, edit)| format!("{name}{}", step(edit))).collect();
        let _ = writeln!(
            out,
            "~ labels and annotations of versions in {} objects: {}",
            noise.objects,
            names.join(", ")
        );
    }
}

/// Returns a short step from an old to a new text.
fn step(edit: &Edit) -> String {
    match edit {
        Edit::Set { old: Some(Value::String(old)), new: Some(Value::String(new)) }
            if old.len() + new.len() < WIDTH =>
        {
            format!(" {old} -> {new}")
        }
        _ => String::new(),
    }
}

fn document(out: &mut String, inside: &Inside) {
    let lines: Vec<String> = match inside {
        Inside::Lines(lines) => lines.clone(),
        Inside::Fields(fields) => fields
            .iter()
            .map(|field| match &field.edit {
                Edit::Set { old, new } => {
                    format!(
                        "{}: {} -> {}",
                        field.path,
                        shown(old.as_ref(), WIDTH),
                        shown(new.as_ref(), WIDTH)
                    )
                }
                Edit::Order { .. } => format!("{}: another order", field.path),
            })
            .collect(),
    };
    for line in lines.iter().take(INSIDE) {
        let _ = writeln!(out, "    {line}");
    }
    if lines.len() > INSIDE {
        let _ = writeln!(out, "    and {} more", lines.len() - INSIDE);
    }
}

/// Names objects: all where they are few, else how many of which kinds, and the first.
fn places(objects: &[&Object]) -> String {
    let mut names: Vec<String> = objects.iter().map(|object| title(object)).collect();
    names.dedup();
    if names.len() <= PLACES {
        return names.join(", ");
    }
    let kinds: BTreeSet<&str> = objects.iter().map(|object| object.kind()).collect();
    let what = match kinds.into_iter().collect::<Vec<_>>()[..] {
        [kind] => format!("{} of kind {kind}", names.len()),
        ref kinds => format!("{} of {} kinds", names.len(), kinds.len()),
    };
    format!("{what}, such as {}", names.first().map_or("", |name| name))
}

fn title(object: &Object) -> String {
    let slash = if object.namespace().is_empty() { "" } else { "/" };
    format!("{} {}{slash}{}", object.kind(), object.namespace(), object.name())
}

/// Tells whether a field is what a Secret holds.
fn is_secret(object: &Object, field: &FieldChange) -> bool {
    let holder = field.path.0.first();
    object.group().is_empty()
        && object.kind() == "Secret"
        && matches!(holder, Some(Step::Field(name)) if matches!(name.as_str(), "data" | "stringData"))
}

/// Returns the review as JSON, with every object and field.
pub fn json(review: &Review) -> String {
    let changes: List = review.changes.iter().map(change).collect();
    let connections: List = review.connections.iter().map(|line| Value::from(line.as_str())).collect();
    let root: Map = [
        ("version", Value::from(VERSION)),
        ("changes", Value::List(changes)),
        ("reachability", Value::List(connections)),
    ]
    .into_iter()
    .collect();
    json::write_pretty(&Value::Map(root))
}

fn change(change: &Change) -> Value {
    let object = &change.object;
    let fate = match change.fate {
        Fate::Added => "added",
        Fate::Removed => "removed",
        Fate::Changed => "changed",
    };
    let mut identity: Map = [
        ("apiVersion", object.api_version()),
        ("kind", object.kind()),
        ("name", object.name()),
        ("namespace", object.namespace()),
    ]
    .into_iter()
    .collect();
    if object.namespace().is_empty() {
        identity.remove("namespace");
    }
    let consequences: List = change
        .consequences
        .iter()
        .map(|one| {
            let map: Map = [("name", one.name.as_str()), ("field", &one.field), ("message", &one.message)]
                .into_iter()
                .collect();
            Value::Map(map)
        })
        .collect();
    let fields: List = change.fields.iter().map(|one| field(one, is_secret(object, one))).collect();
    let mut map: Map = [
        ("change", Value::from(fate)),
        ("object", Value::Map(identity)),
        ("fields", Value::List(fields)),
        ("consequences", Value::List(consequences)),
    ]
    .into_iter()
    .collect();
    if let Some(old) = &change.old_name {
        map.insert("old_name", old.clone());
    }
    Value::Map(map)
}

/// What stands for a value that is not to be read: whether it is the old or the new one is all that is said.
const HIDDEN: [&str; 2] = ["*** (before)", "*** (after)"];

fn field(change: &FieldChange, is_hidden: bool) -> Value {
    let mut map: Map = [("path", Value::from(change.path.to_string()))].into_iter().collect();
    match &change.edit {
        Edit::Set { old, new } => {
            for (name, value, hidden) in [("old", old, HIDDEN[0]), ("new", new, HIDDEN[1])] {
                if let Some(value) = value {
                    map.insert(name, if is_hidden { Value::from(hidden) } else { value.clone() });
                }
            }
        }
        Edit::Order { old, new } => {
            let keys =
                |keys: &[SmolStr]| Value::List(keys.iter().map(|key| Value::from(key.clone())).collect());
            map.insert("order", true);
            map.insert("old", keys(old));
            map.insert("new", keys(new));
        }
    }
    if !is_hidden && let Some(Inside::Fields(fields)) = inside(change) {
        let fields: List = fields.iter().map(|one| field(one, false)).collect();
        map.insert("inside", fields);
    }
    Value::Map(map)
}
