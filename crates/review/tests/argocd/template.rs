//! The strings of an ApplicationSet with parameters filled in, in either of its two languages.

use std::sync::LazyLock;

use aqueduct_helm::template::Function;
use aqueduct_helm::{Engine, value};
use aqueduct_manifest::{List, Map, Value};

use super::tree::Failure;

/// The language of the templates.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    /// Go's, with `goTemplate: true`.
    Go,
    /// The same with `missingkey=error`.
    StrictGo,
    /// Names between braces.
    Names,
}

static ENGINE: LazyLock<Engine> = LazyLock::new(|| {
    let slugify = |length: i64, is_smart: bool, name: String| slug(&name, length, is_smart);
    Engine::new()
        .with(Function::typed("normalize", |name: String| normalized(&name)))
        .with(Function::typed("slugify", slugify))
});

/// Fills the parameters into each text of a value.
pub(crate) fn fill(value: &Value, parameters: &Map, language: Language) -> Result<Value, Failure> {
    Ok(match value {
        Value::Map(map) => {
            let mut filled = Map::new();
            for (name, value) in map {
                filled.insert(fill_text(name, parameters, language)?, fill(value, parameters, language)?);
            }
            Value::Map(filled)
        }
        Value::List(entries) => {
            let filled: Result<List, Failure> =
                entries.iter().map(|entry| fill(entry, parameters, language)).collect();
            Value::List(filled?)
        }
        Value::String(text) => Value::from(fill_text(text, parameters, language)?),
        other => other.clone(),
    })
}

/// Fills the parameters into a text.
pub(crate) fn fill_text(text: &str, parameters: &Map, language: Language) -> Result<String, Failure> {
    if !text.contains("{{") {
        return Ok(text.to_owned());
    }
    if language == Language::Names {
        return Ok(fill_names(text, parameters));
    }
    let marked = without_absent(text, parameters, language)?;
    let values: Vec<(&str, value::Value)> =
        parameters.iter().map(|(name, value)| (name.as_str(), (&as_floats(value)).into())).collect();
    let filled = ENGINE.text(&marked, &values).map_err(Failure::of)?;
    Ok(filled.replace(NO_VALUE, "<no value>"))
}

/// A placeholder for a missing field until everything is filled in: Helm's engine prints nothing in its place.
const NO_VALUE: &str = "\u{1}no value\u{1}";

/// Marks each field that is used and missing, or fails. A text with conditions or loops stays unchanged.
fn without_absent(text: &str, parameters: &Map, language: Language) -> Result<String, Failure> {
    let mut marked = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        let Some((action, after)) = after.split_once("}}") else { break };
        let words: Vec<&str> =
            action.split([' ', '(', ')', '|', '-']).filter(|word| !word.is_empty()).collect();
        if ["if", "range", "with", "define", "block"].iter().any(|control| words.first() == Some(control)) {
            return Ok(text.to_owned());
        }
        marked.push_str(before);
        let mut absent = words.iter().filter(|word| word.starts_with('.') && is_absent(word, parameters));
        match absent.next() {
            Some(field) if language == Language::StrictGo => {
                return Err(Failure::Wrong(format!("there is no {field}")));
            }
            Some(_) if words.len() == 1 => marked.push_str(NO_VALUE),
            _ => marked.push_str(&format!("{{{{{action}}}}}")),
        }
        rest = after;
    }
    Ok(marked + rest)
}

/// Tells whether a map lacks the last name of a field.
fn is_absent(field: &str, parameters: &Map) -> bool {
    let mut names = field.split('.').filter(|name| !name.is_empty());
    let Some(first) = names.next() else { return false };
    let mut value = parameters.get(first);
    for name in names {
        match value {
            Some(Value::Map(map)) => value = map.get(name),
            _ => return false,
        }
    }
    value.is_none()
}

/// Returns a value as Go decodes JSON, where all numbers have one type.
fn as_floats(value: &Value) -> Value {
    match value {
        Value::Int(number) => Value::Float(*number as f64),
        Value::Uint(number) => Value::Float(*number as f64),
        Value::List(entries) => Value::List(entries.iter().map(as_floats).collect()),
        Value::Map(map) => {
            Value::Map(map.iter().map(|(name, value)| (name.clone(), as_floats(value))).collect())
        }
        other => other.clone(),
    }
}

/// Fills in names such as `{{path.basename}}`, `{{path[0]}}` or `{{path}}`; unknown ones stay.
fn fill_names(text: &str, parameters: &Map) -> String {
    let mut filled = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        let Some((name, after)) = after.split_once("}}") else { break };
        filled.push_str(before);
        match parameters.get(name.trim()).and_then(Value::as_str) {
            Some(value) => filled.push_str(value),
            None => filled.push_str(&format!("{{{{{name}}}}}")),
        }
        rest = after;
    }
    filled.push_str(rest);
    filled
}

/// Returns a valid name for objects.
pub(crate) fn normalized(name: &str) -> String {
    let plain = |letter: char| match letter {
        'a'..='z' | '0'..='9' | '-' | '.' => letter,
        _ => '-',
    };
    let name: String = name.to_lowercase().chars().map(plain).take(253).collect();
    name.trim_matches(['-', '.']).to_owned()
}

/// Returns a name of limited length; a smart cut is between words.
fn slug(name: &str, length: i64, is_smart: bool) -> String {
    let length = usize::try_from(length).unwrap_or_default();
    let mut whole = normalized(name).replace('.', "-");
    while whole.contains("--") {
        whole = whole.replace("--", "-");
    }
    let mut cut: String = whole.chars().take(length).collect();
    if is_smart && cut.len() < whole.len() && !whole[cut.len()..].starts_with('-') {
        cut = cut.rsplit_once('-').map_or(cut.clone(), |(words, _)| words.to_owned());
    }
    cut.trim_matches(['-', '_']).to_owned()
}
