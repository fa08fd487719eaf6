//! The Applications of an ApplicationSet.

use aqueduct_helm::{Engine, Pattern, value};
use aqueduct_manifest::{List, Map, Object, Value, yaml};

use crate::tree::{Failure, Resource, Tree, list, only, text};

/// The language of the templates.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Language {
    /// Go's, with `goTemplate: true`.
    Go,
    /// Names between braces.
    Names,
}

/// Returns the Applications that an ApplicationSet makes.
pub(crate) fn applications(tree: &Tree, set: &Resource) -> Result<Vec<Resource>, Failure> {
    const KNOWN: [&str; 7] = [
        "goTemplate",
        "goTemplateOptions",
        "generators",
        "template",
        "syncPolicy",
        "strategy",
        "preservedFields",
    ];
    only(set.spec(), "an ApplicationSet", &KNOWN)?;
    let is_go = set.spec().get("goTemplate").and_then(Value::as_bool) == Some(true);
    let language = if is_go { Language::Go } else { Language::Names };
    let template = set.spec().get("template").cloned().unwrap_or(Value::Null);
    let mut found = Vec::new();
    for generator in list(set.spec(), &["generators"]) {
        for parameters in generate(tree, generator, language)? {
            let Value::Map(mut map) = fill(&template, &parameters, language)? else {
                return Err(Failure::Wrong(format!("{} has no template", set.title())));
            };
            map.insert("apiVersion", "argoproj.io/v1alpha1");
            map.insert("kind", "Application");
            found.push(Resource { file: set.file.clone(), object: Object::new(map) });
        }
    }
    Ok(found)
}

/// Returns the parameters of each Application that a generator asks for.
fn generate(tree: &Tree, generator: &Value, language: Language) -> Result<Vec<Map>, Failure> {
    let (name, arguments) = match generator.as_map().map(|map| map.iter().collect::<Vec<_>>()).as_deref() {
        Some([(name, arguments)]) => (name.as_str(), *arguments),
        _ => return Err(Failure::Wrong("a generator is one field".to_owned())),
    };
    match name {
        "list" => {
            only(arguments, "the list generator", &["elements"])?;
            Ok(list(arguments, &["elements"]).iter().filter_map(Value::as_map).cloned().collect())
        }
        "git" => git(tree, arguments, language),
        "matrix" => matrix(tree, arguments, language),
        "merge" => merge(tree, arguments, language),
        other => Err(Failure::Outside(format!("the generator `{other}` asks somebody else"))),
    }
}

fn git(tree: &Tree, arguments: &Value, language: Language) -> Result<Vec<Map>, Failure> {
    only(arguments, "the git generator", &["repoURL", "revision", "directories", "files", "values"])?;
    let address = text(arguments, &["repoURL"]);
    if !tree.is_own(address) {
        return Err(Failure::Outside(format!("the git generator reads {address}")));
    }
    let mut found = Vec::new();
    // A folder's pattern is one of Go's `path.Match`, where two asterisks are as good as one.
    let folders = tree.folders();
    for folder in chosen(list(arguments, &["directories"]), folders.iter().copied(), Pattern::path)? {
        found.push([("path", path_of(folder))].into_iter().collect());
    }
    let paths = tree.files.iter().map(|(path, _)| &**path);
    for path in chosen(list(arguments, &["files"]), paths, Pattern::glob)? {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        let mut place = path_of(folder);
        place.as_map_mut().expect("it was made as a map").insert("filename", name);
        let content = yaml::read(tree.files.text(path).unwrap_or_default()).map_err(Failure::of)?;
        let entries = match &content {
            Value::List(entries) => entries.clone(),
            other => List::from_iter([other.clone()]),
        };
        for map in entries.iter().filter_map(Value::as_map) {
            let mut map = map.clone();
            map.insert("path", place.clone());
            found.push(map);
        }
    }
    if let Some(values) = arguments.get("values") {
        for parameters in &mut found {
            let values = fill(values, parameters, language)?;
            parameters.insert("values", values);
        }
    }
    Ok(found)
}

/// Returns the paths that a list of patterns takes and does not exclude.
fn chosen<'p>(
    patterns: &[Value],
    paths: impl Iterator<Item = &'p str>,
    compile: fn(&str) -> Result<Pattern, aqueduct_helm::BadPattern>,
) -> Result<Vec<&'p str>, Failure> {
    let mut takes = Vec::new();
    let mut leaves = Vec::new();
    for pattern in patterns {
        let compiled = compile(text(pattern, &["path"]))
            .map_err(|_| Failure::Wrong(format!("no pattern: {}", text(pattern, &["path"]))))?;
        let is_excluded = pattern.get("exclude").and_then(Value::as_bool) == Some(true);
        if is_excluded { &mut leaves } else { &mut takes }.push(compiled);
    }
    let has = |patterns: &[Pattern], path: &str| patterns.iter().any(|pattern| pattern.matches(path));
    Ok(paths.filter(|path| has(&takes, path) && !has(&leaves, path)).collect())
}

fn path_of(folder: &str) -> Value {
    let segments: Vec<&str> = folder.split('/').collect();
    let basename = segments.last().copied().unwrap_or_default();
    Value::Map(Map::from_iter([
        ("path", Value::from(folder)),
        ("basename", Value::from(basename)),
        ("segments", Value::List(segments.iter().map(|segment| Value::from(*segment)).collect())),
    ]))
}

/// Every parameters of the first generator with every ones of the second, which sees the first ones.
fn matrix(tree: &Tree, arguments: &Value, language: Language) -> Result<Vec<Map>, Failure> {
    only(arguments, "the matrix generator", &["generators"])?;
    let [first, second] = list(arguments, &["generators"]) else {
        return Err(Failure::Wrong("a matrix has two generators".to_owned()));
    };
    let mut found = Vec::new();
    for outer in generate(tree, first, language)? {
        let second = fill(second, &outer, language)?;
        for inner in generate(tree, &second, language)? {
            found.push(over(&outer, &inner));
        }
    }
    Ok(found)
}

/// The parameters of the first generator, with those of the others that have the same keys laid over them.
fn merge(tree: &Tree, arguments: &Value, language: Language) -> Result<Vec<Map>, Failure> {
    only(arguments, "the merge generator", &["generators", "mergeKeys"])?;
    let [first, others @ ..] = list(arguments, &["generators"]) else {
        return Err(Failure::Wrong("a merge has generators".to_owned()));
    };
    let names: Vec<&str> = list(arguments, &["mergeKeys"]).iter().filter_map(Value::as_str).collect();
    let is_same = |one: &Map, other: &Map| names.iter().all(|name| one.get(name) == other.get(name));
    let mut found = generate(tree, first, language)?;
    for generator in others {
        for parameters in generate(tree, generator, language)? {
            for known in found.iter_mut().filter(|known| is_same(known, &parameters)) {
                *known = over(known, &parameters);
            }
        }
    }
    Ok(found)
}

fn over(below: &Map, above: &Map) -> Map {
    let mut map = below.clone();
    for (name, value) in above {
        map.insert(name.clone(), value.clone());
    }
    map
}

/// Fills the parameters into each text of a value.
fn fill(value: &Value, parameters: &Map, language: Language) -> Result<Value, Failure> {
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

fn fill_text(text: &str, parameters: &Map, language: Language) -> Result<String, Failure> {
    if !text.contains("{{") {
        return Ok(text.to_owned());
    }
    if language == Language::Names {
        return Ok(fill_names(text, parameters));
    }
    let values: Vec<(&str, value::Value)> =
        parameters.iter().map(|(name, value)| (name.as_str(), value.into())).collect();
    Engine::new().text(text, &values).map_err(Failure::of)
}

/// Fills in what is named, such as `{{path.basename}}`, `{{path[0]}}` or `{{path}}`; what nobody knows stays.
fn fill_names(text: &str, parameters: &Map) -> String {
    let mut filled = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        let Some((name, after)) = after.split_once("}}") else { break };
        filled.push_str(before);
        match named(name.trim(), parameters) {
            Some(value) => filled.push_str(value),
            None => filled.push_str(&format!("{{{{{name}}}}}")),
        }
        rest = after;
    }
    filled.push_str(rest);
    filled
}

fn named<'v>(name: &str, parameters: &'v Map) -> Option<&'v str> {
    if let Some(index) = name.strip_prefix("path[").and_then(|rest| rest.strip_suffix(']')) {
        let segments = parameters.get("path")?.get("segments")?.as_list()?;
        return segments.get(index.parse::<usize>().ok()?)?.as_str();
    }
    let mut parts = name.split('.');
    let mut value = parameters.get(parts.next()?)?;
    for part in parts {
        value = value.get(part)?;
    }
    value.as_str().or_else(|| value.get("path")?.as_str())
}
