//! A review as text for people, folded, and as JSON for programs, whole.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use aqueduct_manifest::{List, Map, SmolStr, Value, json};

use crate::claim::Judged;
use crate::compare::{Change, Fate, Review};
use crate::diff::{Edit, FieldChange};
use crate::embedded::{Inside, inside};
use crate::fold::{Edits, Folded, counts, cut, fold, shown};
use crate::path::{Path, Step};

/// How wide a value is at most.
const WIDTH: usize = 60;

/// How many places an entry names.
const PLACES: usize = 3;

/// How many names of fields or images are told.
const NAMES: usize = 4;

/// How many lines of what is inside of a text are shown.
const INSIDE: usize = 12;

/// The version of the form of the JSON.
const VERSION: i64 = 1;

/// Returns the review as text: the claims, what comes of the change, the gravest at the top, then what differs, the same
/// only once.
pub fn text(review: &Review) -> String {
    if review.changes.is_empty() {
        return claims(review);
    }
    format!("{}{}\n{}", claims(review), sums(review), body(review))
}

fn sums(review: &Review) -> String {
    let [added, removed, changed] = counts(review);
    format!("{added} added, {removed} removed, {changed} changed")
}

fn body(review: &Review) -> String {
    let mut out = String::new();
    let folded = fold(review);
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

/// How many of the things that break a claim are told.
const BREAKERS: usize = 5;

/// Returns the claims: first those that are broken, each with what breaks it, then those that hold.
fn claims(review: &Review) -> String {
    let mut out = String::new();
    let (hold, broken): (Vec<_>, Vec<_>) =
        review.claims.iter().partition(|judged| judged.broken_by.is_empty());
    for judged in broken {
        let _ = writeln!(out, "claim broken: {}", judged.claim);
        for line in judged.broken_by.iter().take(BREAKERS) {
            let _ = writeln!(out, "    {line}");
        }
        if judged.broken_by.len() > BREAKERS {
            let _ = writeln!(out, "    and {} more", judged.broken_by.len() - BREAKERS);
        }
    }
    for judged in hold {
        let _ = writeln!(out, "claim holds: {}", judged.claim);
    }
    out
}

fn differing(out: &mut String, folded: &Folded<'_>) {
    for ((fate, kind, name), objects) in &folded.objects {
        let sign = if *fate == Fate::Added { '+' } else { '-' };
        match objects.len() {
            count if count > PLACES => drop(writeln!(out, "{sign} {kind} {name} in {count} places")),
            _ => drop(writeln!(out, "{sign} {}", places(objects))),
        }
    }
    for (old, change) in &folded.renamed {
        let _ = writeln!(out, "~ {old} is now {}", title(change));
    }
    for (edits, changes) in &folded.edits {
        match edits {
            Edits::Field(field) => edited(out, field, changes),
            Edits::Images { old, new, names } => {
                let names: Vec<&str> = names.iter().copied().collect();
                let _ = writeln!(out, "~ image {old} -> {new}: {} ({})", some(&names), places(changes));
            }
            Edits::Branch { path, fields } => {
                let names: Vec<String> = fields.iter().map(|field| short(path, field)).collect();
                let (count, names) = (fields.len(), some(&names));
                let _ = writeln!(out, "~ {path}: {count} fields: {names} ({})", places(changes));
            }
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

fn edited(out: &mut String, field: &FieldChange, changes: &[&Change]) {
    let (path, places) = (&field.path, places(changes));
    let is_hidden = changes.iter().any(|change| is_secret(change, field));
    match &field.edit {
        Edit::Order { .. } => drop(writeln!(out, "~ {path}: another order ({places})")),
        _ if is_hidden => drop(writeln!(out, "~ {path}: a secret value ({places})")),
        Edit::Set { old, new } => match inside(field) {
            Some(inside) => {
                let _ = writeln!(out, "~ {path} ({places})");
                document(out, &inside);
            }
            None => {
                let (old, new) = (shown(old.as_ref(), WIDTH), shown(new.as_ref(), WIDTH));
                let _ = writeln!(out, "~ {path}: {old} -> {new} ({places})");
            }
        },
    }
}

/// Names the first of many.
fn some<T: AsRef<str>>(names: &[T]) -> String {
    let first: Vec<&str> = names.iter().take(NAMES).map(AsRef::as_ref).collect();
    let more = names.len() - first.len();
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    first.join(", ") + &more
}

/// Names a field by its last step, with a sign for what became of it.
fn short(branch: &Path, field: &FieldChange) -> String {
    let sign = match &field.edit {
        Edit::Set { old: None, .. } => "+",
        Edit::Set { new: None, .. } => "-",
        _ => "~",
    };
    // Inside of a schema the last step says little, the one before it what is meant.
    let steps = field.path.0.get(branch.0.len()..).unwrap_or_default();
    let last = steps.get(steps.len().saturating_sub(2)..).unwrap_or_default();
    format!("{sign}{}", cut(Path(last.to_vec()).to_string(), WIDTH))
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

/// Names objects: all where they are few, else how many of which kinds and environments, and the first.
fn places(changes: &[&Change]) -> String {
    let mut names: Vec<String> = changes.iter().map(|change| title(change)).collect();
    names.dedup();
    if names.len() <= PLACES {
        return names.join(", ");
    }
    let kinds: BTreeSet<&str> = changes.iter().map(|change| change.object.kind()).collect();
    let environments: BTreeSet<&str> = changes.iter().map(|change| change.environment.as_str()).collect();
    let mut what = match kinds.into_iter().collect::<Vec<_>>()[..] {
        [kind] => format!("{} of kind {kind}", names.len()),
        ref kinds => format!("{} of {} kinds", names.len(), kinds.len()),
    };
    if environments.len() > 1 {
        what.push_str(&format!(" in {} environments", environments.len()));
    }
    format!("{what}, such as {}", names.first().map_or("", |name| name))
}

pub(crate) fn title(change: &Change) -> String {
    let (object, environment) = (&change.object, &change.environment);
    let slash = if object.namespace().is_empty() { "" } else { "/" };
    let place = if environment.is_empty() { String::new() } else { format!(" in {environment}") };
    format!("{} {}{slash}{}{place}", object.kind(), object.namespace(), object.name())
}

/// Tells whether a field is what a Secret holds.
fn is_secret(change: &Change, field: &FieldChange) -> bool {
    let object = &change.object;
    let holder = field.path.0.first();
    object.group().is_empty()
        && object.kind() == "Secret"
        && matches!(holder, Some(Step::Field(name)) if matches!(name.as_str(), "data" | "stringData"))
}

/// Returns the review as Markdown of at most so many characters, for a comment of a pull request: the same as the text, with
/// what has no room counted.
pub fn markdown(review: &Review, limit: usize) -> String {
    const ROOM: usize = 200;
    if review.changes.is_empty() && review.claims.is_empty() {
        return "### What this change does\n\nNo object differs.\n".to_owned();
    }
    let (counts, rest) = (sums(review), claims(review) + &body(review));
    // A fence that nothing inside of it can end.
    let longest = rest.split(|letter| letter != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat((longest + 1).max(3));
    let mut out = format!("### What this change does\n\n{counts}\n\n{fence}diff\n");
    let room = limit.saturating_sub(ROOM + 2 * fence.len());
    let mut used = out.chars().count();
    let mut left = 0;
    for line in rest.lines() {
        used += line.chars().count() + 1;
        if used > room {
            left += 1;
        } else {
            let _ = writeln!(out, "{line}");
        }
    }
    let _ = writeln!(out, "{fence}");
    if left > 0 {
        let _ = writeln!(out, "\n{left} more lines have no room here; `aqueduct review` prints them.");
    }
    out
}

/// Returns the review as JSON, with every object and field.
pub fn json(review: &Review) -> String {
    let changes: List = review.changes.iter().map(change).collect();
    let connections: List = review.connections.iter().map(|line| Value::from(line.as_str())).collect();
    let root: Map = [
        ("version", Value::from(VERSION)),
        ("changes", Value::List(changes)),
        ("reachability", Value::List(connections)),
        ("claims", Value::List(review.claims.iter().map(claim).collect())),
    ]
    .into_iter()
    .collect();
    json::write_pretty(&Value::Map(root))
}

fn claim(judged: &Judged) -> Value {
    let broken_by: List = judged.broken_by.iter().map(|line| Value::from(line.as_str())).collect();
    let map: Map = [
        ("claim", Value::from(judged.claim.to_string())),
        ("holds", Value::Bool(judged.broken_by.is_empty())),
        ("broken_by", Value::List(broken_by)),
    ]
    .into_iter()
    .collect();
    Value::Map(map)
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
    let fields: List = change.fields.iter().map(|one| field(one, is_secret(change, one))).collect();
    let mut map: Map = [
        ("change", Value::from(fate)),
        ("object", Value::Map(identity)),
        ("fields", Value::List(fields)),
        ("consequences", Value::List(consequences)),
    ]
    .into_iter()
    .collect();
    if !change.environment.is_empty() {
        map.insert("environment", change.environment.clone());
        // What a platform renders says there whose it is.
        let tenant = object.labels().and_then(|labels| labels.get("app.kubernetes.io/part-of"));
        if let Some(tenant) = tenant {
            map.insert("tenant", tenant.clone());
        }
    }
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
