//! A review as folded text for people, and as complete JSON for programs.

pub(crate) mod json;

use std::collections::BTreeSet;
use std::fmt::Write as _;

use aqueduct_manifest::{Value, json as values};

pub use self::json::json;
use crate::compare::{Change, Fate, Review};
use crate::consequence::{Consequence, Effect};
use crate::diff::{Edit, FieldChange};
use crate::embedded::{Inside, inside};
use crate::fold::{Edits, Folded, counts, fold};
use crate::path::{Path, PathStep};

/// The maximum width of a value.
const WIDTH: usize = 60;

/// How many places an entry lists.
const PLACES: usize = 3;

/// How many names of fields or images are listed.
const NAMES: usize = 4;

/// How many lines inside a string are shown.
const INSIDE: usize = 12;

/// The maximum length of a line with several items, of a line inside a string, and of a line in a comment.
const LINE: usize = 300;

/// Returns the review as text: the claims, then the effects of the change, most serious first, then the differences,
/// each only once.
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
    consequences(&mut out, &folded);
    for line in &review.connections {
        let _ = writeln!(out, "! reachability: {line}");
    }
    for growth in &review.demands {
        let _ = writeln!(out, "! capacity: {growth}");
    }
    differing(&mut out, &folded);
    out
}

/// Writes the effects of the changes. A refusal and its remedy are one line.
fn consequences(out: &mut String, folded: &Folded<'_>) {
    let is_remedy =
        |refused: &Consequence, objects: &[&Change], (other, others): &(&Consequence, Vec<&Change>)| {
            let same = || {
                objects.len() == others.len()
                    && objects.iter().zip(others).all(|(one, two)| std::ptr::eq(*one, *two))
            };
            refused.name == Effect::Refused
                && other.name == Effect::Recreate
                && refused.field == other.field
                && same()
        };
    let mut told: Vec<&Consequence> = Vec::new();
    for (consequence, objects) in &folded.consequences {
        if told.contains(consequence) {
            continue;
        }
        let remedy = folded.consequences.iter().find(|other| is_remedy(consequence, objects, other));
        let remedy = remedy.map(|(remedy, _)| {
            told.push(remedy);
            format!("; {}", remedy.message)
        });
        let field =
            if consequence.field.is_empty() { String::new() } else { format!("{}: ", consequence.field) };
        let (name, message) = (consequence.name.as_str(), &consequence.message);
        let _ =
            writeln!(out, "! {name}: {field}{message}{} ({})", remedy.unwrap_or_default(), places(objects));
    }
}

/// How many of the things that break a claim are listed.
const BREAKERS: usize = 5;

/// Returns the claims: first the broken ones, each with what breaks it, then those that hold.
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
        // An object that must be recreated is already reported.
        if !change.consequences.iter().any(|one| one.name == Effect::Recreate) {
            let is_moved = old.namespace != change.object.namespace();
            let namespace = if is_moved { format!("{}/", old.namespace) } else { String::new() };
            let _ = writeln!(out, "~ {namespace}{} is now {}", old.name, title(change));
        }
    }
    images(out, folded);
    for (edits, changes) in &folded.edits {
        match edits {
            Edits::Field(field) => edited(out, field, changes),
            Edits::Images { .. } => {}
            Edits::Branch { path, fields } => branch(out, path, fields, changes),
        }
    }
    let noise = &folded.noise;
    if noise.fields > 0 {
        let names: Vec<String> =
            noise.names.iter().map(|(name, edit)| format!("{name}{}", short_step(edit))).collect();
        let _ = writeln!(
            out,
            "~ version labels and annotations in {} objects: {}",
            noise.objects,
            names.join(", ")
        );
    }
}

/// Writes the changes of images, on one line if they fit.
fn images(out: &mut String, folded: &Folded<'_>) {
    let steps = folded.edits.iter().filter_map(|(edits, changes)| match edits {
        Edits::Images { old, new, names } => {
            let names: Vec<&str> = names.iter().copied().collect();
            Some(format!("image {old} -> {new}: {} ({})", some(&names), places(changes)))
        }
        _ => None,
    });
    let steps: Vec<String> = steps.collect();
    match in_line(&steps, "; ") {
        Some(line) if !steps.is_empty() => drop(writeln!(out, "~ {line}")),
        _ => {
            for step in &steps {
                let _ = writeln!(out, "~ {step}");
            }
        }
    }
}

fn edited(out: &mut String, field: &FieldChange, changes: &[&Change]) {
    match entry(field) {
        Some(entry) => {
            let list = Path(field.path.0[..field.path.0.len() - 1].to_vec());
            block(out, &list.to_string(), &[entry], changes);
        }
        None => block(out, &field.path.to_string(), &content(field, changes), changes),
    }
}

/// Describes a list entry that is its own key as added or removed.
fn entry(field: &FieldChange) -> Option<String> {
    match &field.edit {
        Edit::Set { old: None, new: Some(own) } if field.path.is_entry(own) => {
            Some(format!("+{}", shown(own)))
        }
        Edit::Set { old: Some(own), new: None } if field.path.is_entry(own) => {
            Some(format!("-{}", shown(own)))
        }
        _ => None,
    }
}

/// Writes fields with a common parent: only the names in schemas of definitions, all differences elsewhere.
fn branch(out: &mut String, path: &Path, fields: &[&FieldChange], changes: &[&Change]) {
    let head = format!("{path}: {} fields", fields.len());
    if path.schema().is_some() {
        let mut names: Vec<(String, usize)> = Vec::new();
        for field in fields {
            let name = short(path, field);
            match names.iter_mut().find(|(known, _)| *known == name) {
                Some((_, count)) => *count += 1,
                None => names.push((name, 1)),
            }
        }
        let times = |(name, count): &(String, usize)| match count {
            1 => name.clone(),
            count => format!("{name} ({count} times)"),
        };
        let names: Vec<String> = names.iter().map(times).collect();
        return block(out, &head, &[some(&names)], changes);
    }
    let mut lines = Vec::new();
    // Equal differences are listed once.
    let mut told: Vec<(Vec<String>, Vec<String>)> = Vec::new();
    for field in fields {
        let rest = field.path.below(path.0.len());
        let content = content(field, changes);
        match (&field.edit, entry(field)) {
            (Edit::Order { .. }, _) => lines.extend(content),
            (_, Some(entry)) => lines.push(entry),
            _ => match told.iter_mut().find(|(_, known)| *known == content) {
                Some((names, _)) => names.push(rest.to_string()),
                None => told.push((vec![rest.to_string()], content)),
            },
        }
    }
    for (names, content) in &told {
        let names = some(names);
        if let Some(line) = in_line(content, ", ") {
            lines.push(format!("{names}: {line}"));
        } else {
            lines.push(format!("{names}:"));
            lines.extend(content.iter().map(|line| format!("  {line}")));
        }
    }
    block(out, &head, &lines, changes);
}

/// Writes an entry: on one line if it fits, otherwise with its first lines below.
fn block(out: &mut String, head: &str, lines: &[String], changes: &[&Change]) {
    let places = places(changes);
    if let Some(line) = in_line(lines, "; ") {
        let _ = writeln!(out, "~ {head}: {line} ({places})");
        return;
    }
    let _ = writeln!(out, "~ {head} ({places})");
    for line in lines.iter().take(INSIDE) {
        let _ = writeln!(out, "    {line}");
    }
    if lines.len() > INSIDE {
        let _ = writeln!(out, "    and {} more", lines.len() - INSIDE);
    }
}

/// Joins lines if the result is not too long.
fn in_line(lines: &[String], between: &str) -> Option<String> {
    let line = lines.iter().map(|line| line.trim()).collect::<Vec<_>>().join(between);
    (lines.len() == 1 || line.chars().count() <= LINE).then_some(line)
}

/// Describes how a field differs: in a few words, or by the lines inside it.
fn content(field: &FieldChange, changes: &[&Change]) -> Vec<String> {
    match &field.edit {
        Edit::Order { .. } => vec!["different order".to_owned()],
        _ if changes.iter().any(|change| is_secret(change, field)) => vec!["a secret value".to_owned()],
        Edit::Set { old, new } => match inside(field) {
            Some(inside) => document(&inside),
            None => vec![step(old.as_ref(), new.as_ref())],
        },
    }
}

/// Describes the change of a value in a few words; for long strings, only the part that differs.
fn step(old: Option<&Value>, new: Option<&Value>) -> String {
    let [was, is] = match (old, new) {
        (Some(Value::String(old)), Some(Value::String(new))) if is_sum(old) && is_sum(new) => {
            return "different checksum".to_owned();
        }
        (Some(Value::String(old)), Some(Value::String(new))) if old.len().max(new.len()) > WIDTH / 2 => {
            apart(old, new).map(|part| values::write_raw(&Value::from(part)))
        }
        _ => [old, new].map(|value| value.map_or_else(|| "nothing".to_owned(), values::write_raw)),
    };
    format!("{} -> {}", cut(was, WIDTH), cut(is, WIDTH))
}

/// Returns a value on one line.
fn shown(value: &Value) -> String {
    cut(values::write_raw(value), WIDTH)
}

/// Truncates a text to a width.
fn cut(text: String, width: usize) -> String {
    if text.chars().count() <= width {
        return text;
    }
    let cut: String = text.chars().take(width.saturating_sub(1)).collect();
    format!("{cut}…")
}

/// Tells whether a text looks like a checksum.
fn is_sum(text: &str) -> bool {
    const SHORTEST: usize = 32;
    text.len() >= SHORTEST && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Cuts off the common start and end of two texts, up to the word that differs.
fn apart(old: &str, new: &str) -> [String; 2] {
    let is_end = |letter: char| !letter.is_alphanumeric() && !matches!(letter, '.' | '-' | '_' | ':');
    let same = old.chars().zip(new.chars()).take_while(|(one, two)| one == two);
    let mut start = 0;
    let mut at = 0;
    for (letter, _) in same {
        at += letter.len_utf8();
        if is_end(letter) {
            start = at;
        }
    }
    let (old_rest, new_rest) = (&old[start..], &new[start..]);
    let same = old_rest.chars().rev().zip(new_rest.chars().rev()).take_while(|(one, two)| one == two);
    let mut end = 0;
    let mut at = 0;
    for (letter, _) in same {
        at += letter.len_utf8();
        if is_end(letter) {
            end = at;
        }
    }
    [old_rest, new_rest].map(|rest| {
        let part = &rest[..rest.len() - end.min(rest.len())];
        let [before, after] = [start, end].map(|cut| if cut > 0 { "…" } else { "" });
        format!("{before}{part}{after}")
    })
}

/// Lists the first of many names.
fn some<T: AsRef<str>>(names: &[T]) -> String {
    let first: Vec<&str> = names.iter().take(NAMES).map(AsRef::as_ref).collect();
    let more = names.len() - first.len();
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    first.join(", ") + &more
}

/// Returns a field's last step, with a sign for added, removed or changed.
fn short(branch: &Path, field: &FieldChange) -> String {
    let sign = match &field.edit {
        Edit::Set { old: None, .. } => "+",
        Edit::Set { new: None, .. } => "-",
        _ => "~",
    };
    // In a schema, the last step says little. The step before it identifies the field.
    let last = field.path.0.len().saturating_sub(2).max(branch.0.len());
    format!("{sign}{}", cut(field.path.below(last).to_string(), WIDTH))
}

/// Returns a short description of the change from an old to a new text.
fn short_step(edit: &Edit) -> String {
    match edit {
        Edit::Set { old: Some(Value::String(old)), new: Some(Value::String(new)) }
            if old.len() + new.len() < WIDTH =>
        {
            format!(" {old} -> {new}")
        }
        _ => String::new(),
    }
}

/// Returns the differences inside a string, line by line.
fn document(inside: &Inside) -> Vec<String> {
    match inside {
        Inside::Lines(lines) => lines.iter().map(|line| cut(line.clone(), LINE)).collect(),
        Inside::Fields(fields) => {
            // The path that fields share is written only for the first of them.
            let paths: Vec<&Path> = fields.iter().map(|field| &field.path).collect();
            let shared = common(&paths);
            let lines = fields.iter().enumerate().map(|(index, field)| {
                let step = match &field.edit {
                    Edit::Set { old, new } => step(old.as_ref(), new.as_ref()),
                    Edit::Order { .. } => "different order".to_owned(),
                };
                match index {
                    0 => format!("{}: {step}", field.path),
                    _ => format!("{}{}: {step}", if shared > 0 { "…" } else { "" }, field.path.below(shared)),
                }
            });
            lines.collect()
        }
    }
}

/// Returns how many steps paths have in common, excluding each last one.
fn common(paths: &[&Path]) -> usize {
    let Some((first, rest)) = paths.split_first() else { return 0 };
    let same = |path: &&Path| {
        let most = first.0.len().min(path.0.len()).saturating_sub(1);
        first.0.iter().zip(&path.0).take(most).take_while(|(one, two)| one == two).count()
    };
    rest.iter().map(same).min().unwrap_or(0)
}

/// Lists objects: all if they are few, otherwise how many of which kinds and environments, and the first.
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

/// Tells whether a field is in the data of a Secret.
fn is_secret(change: &Change, field: &FieldChange) -> bool {
    let object = &change.object;
    let holder = field.path.0.first();
    object.group().is_empty()
        && object.kind() == "Secret"
        && matches!(holder, Some(PathStep::Field(name)) if matches!(name.as_str(), "data" | "stringData"))
}

/// Returns the review as Markdown for a pull request comment, with at most `limit` characters. It contains the text, and
/// counts the lines that do not fit.
pub fn markdown(review: &Review, limit: usize) -> String {
    const ROOM: usize = 200;
    if review.changes.is_empty() && review.claims.is_empty() {
        return "### What this change does\n\nNo object changes.\n".to_owned();
    }
    let (counts, rest) = (sums(review), claims(review) + &body(review));
    let rest: Vec<String> = rest.lines().map(|line| cut(line.to_owned(), LINE)).collect();
    // A fence that nothing inside it can end.
    let runs = rest.iter().flat_map(|line| line.split(|letter| letter != '`'));
    let longest = runs.map(str::len).max().unwrap_or(0);
    let fence = "`".repeat((longest + 1).max(3));
    let mut out = format!("### What this change does\n\n{counts}\n\n{fence}diff\n");
    let room = limit.saturating_sub(ROOM + 2 * fence.len());
    let mut used = out.chars().count();
    let mut left = 0;
    for line in &rest {
        used += line.chars().count() + 1;
        if used > room {
            left += 1;
        } else {
            let _ = writeln!(out, "{line}");
        }
    }
    let _ = writeln!(out, "{fence}");
    if left > 0 {
        let lines = if left == 1 { "line" } else { "lines" };
        let _ = writeln!(out, "\n{left} more {lines} not shown; `aqueduct review` prints all of them.");
    }
    out
}
