//! What an Application ignores when comparing: `ignoreDifferences`.

use std::iter::Peekable;
use std::str::Chars;

use aqueduct_helm::Pattern;
use aqueduct_manifest::{Object, Value};

use crate::argocd::tree::{Failure, Resource, list, text};

/// A step of a jq path.
#[derive(Debug)]
enum Step {
    Field(String),
    Index(usize),
    /// All entries of a list.
    Every,
    /// The entries with a string in a field.
    Where(Vec<String>, String),
}

/// Removes the ignored fields.
pub(crate) fn strip(objects: &mut [Object], application: &Resource) -> Result<(), Failure> {
    for rule in list(application.spec(), &["ignoreDifferences"]) {
        let mut paths = Vec::new();
        for pointer in list(rule, &["jsonPointers"]).iter().filter_map(Value::as_str) {
            let token = |token: &str| Step::Field(token.replace("~1", "/").replace("~0", "~"));
            paths.push(pointer.split('/').skip(1).map(token).collect());
        }
        for expression in list(rule, &["jqPathExpressions"]).iter().filter_map(Value::as_str) {
            let path = path(expression);
            paths.push(path.ok_or_else(|| Failure::Wrong(format!("not read by this test: {expression}")))?);
        }
        for object in objects.iter_mut().filter(|object| is_meant(rule, object)) {
            let mut value = Value::Map(std::mem::take(&mut object.map));
            for path in &paths {
                remove(&mut value, path);
            }
            if let Value::Map(map) = value {
                object.map = map;
            }
        }
    }
    Ok(())
}

fn is_meant(rule: &Value, object: &Object) -> bool {
    let is_like =
        |pattern: &str, said: &str| Pattern::path(pattern).is_ok_and(|pattern| pattern.matches(said));
    let may = |name: &str, said: &str| text(rule, &[name]).is_empty() || text(rule, &[name]) == said;
    is_like(text(rule, &["group"]), object.group())
        && is_like(text(rule, &["kind"]), object.kind())
        && may("name", object.name())
        && may("namespace", object.namespace())
}

/// Removes what a path leads to; returns true if that is the value itself.
fn remove(value: &mut Value, path: &[Step]) -> bool {
    let Some((step, rest)) = path.split_first() else { return true };
    match (step, value) {
        (Step::Field(name), Value::Map(map)) => {
            let is_meant = map.get_mut(name).is_some_and(|value| remove(value, rest));
            if is_meant {
                map.remove(name);
            }
        }
        (_, Value::List(entries)) => {
            let mut place = 0;
            entries.make_mut().retain_mut(|entry| {
                let is_meant = match step {
                    Step::Every => true,
                    Step::Index(index) => *index == place,
                    Step::Field(name) => name.parse() == Ok(place),
                    Step::Where(fields, said) => {
                        let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
                        text(entry, &fields) == said
                    }
                };
                place += 1;
                !(is_meant && remove(entry, rest))
            });
        }
        _ => {}
    }
    false
}

/// Parses a path such as `.spec.containers[0].env[] | select(.name == "A").value`.
fn path(expression: &str) -> Option<Vec<Step>> {
    let mut rest = expression.trim().chars().peekable();
    let mut steps = Vec::new();
    while let Some(first) = rest.next() {
        match first {
            '.' if rest.peek() == Some(&'"') => steps.push(Step::Field(quoted(&mut rest)?)),
            '.' if rest.peek() == Some(&'[') => {}
            '.' => steps.push(Step::Field(word(&mut rest)?)),
            '[' => {
                let step = match rest.peek()? {
                    ']' => Step::Every,
                    '"' => Step::Field(quoted(&mut rest)?),
                    _ => Step::Index(word(&mut rest)?.parse().ok()?),
                };
                steps.push(step);
                (rest.next()? == ']').then_some(())?;
            }
            '?' | ' ' => {}
            // What follows applies to each entry.
            '|' => {
                let after: String = rest.by_ref().collect();
                let Some(condition) = after.trim().strip_prefix("select(") else {
                    steps.extend(path(&after)?);
                    break;
                };
                let (condition, after) = condition.split_once(')')?;
                let (field, said) = condition.split_once("==")?;
                let fields = field.trim().strip_prefix('.')?.split('.').map(str::to_owned).collect();
                let said = said.trim().strip_prefix('"')?.strip_suffix('"')?.to_owned();
                matches!(steps.pop()?, Step::Every).then(|| steps.push(Step::Where(fields, said)))?;
                steps.extend(path(after)?);
                break;
            }
            _ => return None,
        }
    }
    Some(steps)
}

fn word(rest: &mut Peekable<Chars<'_>>) -> Option<String> {
    let mut word = String::new();
    while let Some(next) = rest.next_if(|next| next.is_alphanumeric() || matches!(next, '_' | '-')) {
        word.push(next);
    }
    (!word.is_empty()).then_some(word)
}

fn quoted(rest: &mut Peekable<Chars<'_>>) -> Option<String> {
    rest.next_if_eq(&'"')?;
    let text: String = std::iter::from_fn(|| rest.next_if(|next| *next != '"')).collect();
    rest.next_if_eq(&'"').map(|_| text)
}
