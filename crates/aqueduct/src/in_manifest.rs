//! Finds the place of an object's field in a YAML file.

use aqueduct_manifest::yaml::{self, Dialect, Document, Step};
use aqueduct_manifest::{Files, Lines, List, Object, Place, Pointer, Position, SmolStr, Value};

/// The largest manifest, in bytes, that is parsed again to find a line in it.
const MANIFEST: usize = 8 << 20;

/// What to look for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// The field, whatever its value there.
    Field,
    /// The field, only if its value there is that of the object. A later change does not come from there.
    Value,
}

/// A place in a manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) place: Place,
    /// Whether it is the place of the field itself.
    pub(crate) is_exact: bool,
}

/// Returns the place of a field in the manifest that an object was read from or in a patch, or else of its nearest
/// parent; `None` for templates.
pub(crate) fn in_manifest(
    files: &Files,
    origin: &Place,
    object: &Object,
    pointer: &Pointer,
    wanted: Wanted,
) -> Option<Found> {
    let is_manifest = [".yaml", ".yml", ".json"].iter().any(|ending| origin.file.ends_with(ending));
    let text = files.text(&origin.file).filter(|text| is_manifest && text.len() <= MANIFEST)?;
    if origin.file.contains("/templates/") {
        return None;
    }
    let documents = yaml::read_documents(text, Dialect::Sigs).ok()?;
    let lines = Lines::new(text);
    let rest = |position| lines.rest(position).map(|span| Place::new(origin.file.clone(), span));
    if let Some(place) = documents.iter().find_map(|document| rest(operation(document, pointer)?)) {
        return Some(Found { place, is_exact: true });
    }
    let line = origin.span.map(|span| span.position(text).line);
    let (document, number, value) = document_of(&documents, line, object)?;
    let before = match number {
        Some(number) => vec![Step::Key("items"), Step::Index(number)],
        None => Vec::new(),
    };
    let written = (0..=pointer.steps().len()).rev().find_map(|depth| {
        let (steps, found) = alike(value, object, &pointer.steps()[..depth])?;
        let is_whole = depth == pointer.steps().len();
        if is_whole && wanted == Wanted::Value && pointer.find(&object.map) != Some(found) {
            return None;
        }
        let place = rest(document.spans.key(&[before.clone(), steps].concat())?)?;
        Some(Found { place, is_exact: is_whole })
    });
    let document = Place { file: origin.file.clone(), span: lines.span(document.line) };
    Some(written.unwrap_or(Found { place: document, is_exact: pointer.is_empty() }))
}

/// Returns the document, or the list item in a document, that an object was read from.
fn document_of<'d>(
    documents: &'d [Document],
    line: Option<u32>,
    object: &Object,
) -> Option<(&'d Document, Option<usize>, &'d Value)> {
    let objects = documents.iter().flat_map(|document| {
        let list = document.value.get("items").and_then(Value::as_list);
        let items = list.into_iter().flatten().enumerate();
        let items = items.map(move |(number, item)| (document, Some(number), item));
        items.chain([(document, None, &document.value)])
    });
    let likeness = |(document, number, value): &(&Document, Option<usize>, &Value)| {
        let name = value.at(&["metadata", "name"]).and_then(Value::as_str).unwrap_or_default();
        let is_kind = value.get("kind").and_then(Value::as_str) == Some(object.kind());
        let item = number.and_then(|number| {
            document.spans.value(&[Step::Key("items"), Step::Index(number)]).map(|position| position.line)
        });
        let is_line = line.is_none_or(|line| document.line == line || item == Some(line));
        match is_kind && is_line && !name.is_empty() {
            true if name == object.name() => Some(2),
            // Kustomizations add prefixes and suffixes to names.
            true if object.name().contains(name) => Some(1),
            _ => None,
        }
    };
    let found = objects.filter_map(|found| Some((likeness(&found)?, found)));
    found.max_by_key(|(likeness, _)| *likeness).map(|(_, found)| found)
}

/// Returns the position of the JSON patch operation that wrote a field or a parent of it.
fn operation(document: &Document, pointer: &Pointer) -> Option<Position> {
    let operations = document.value.as_list()?;
    let wrote = |operation: &Value| {
        let path = operation.get("path").and_then(Value::as_str).filter(|path| path.starts_with('/'));
        path.is_some_and(|path| pointer.is_below(&Pointer::read(path)))
    };
    let number = operations.iter().rposition(wrote)?;
    let value = document.spans.key(&[Step::Index(number), Step::Key("value")]);
    value.or_else(|| document.spans.value(&[Step::Index(number)]))
}

/// Returns the steps to the field in a manifest that became a field of an object, and its value there. List items
/// with a name are matched by it, since others may have been inserted before them.
fn alike<'p, 'v>(
    value: &'v Value,
    object: &Object,
    path: &'p [SmolStr],
) -> Option<(Vec<Step<'p>>, &'v Value)> {
    walk(value, path, |list, depth| {
        let index = path[depth].parse().ok()?;
        let element = Pointer::new(path[..=depth].iter().cloned());
        let name = element.find(&object.map).and_then(|element| element.get("name"));
        let named = name.and_then(|name| list.iter().position(|element| element.get("name") == Some(name)));
        Some(named.unwrap_or(index))
    })
}

/// Returns the steps of a path for the YAML reader; `None` if the path does not exist.
pub(crate) fn steps<'p>(value: &Value, path: &'p [SmolStr]) -> Option<Vec<Step<'p>>> {
    walk(value, path, |_, depth| path[depth].parse().ok()).map(|(steps, _)| steps)
}

/// Follows a path. The caller decides which list item a step selects.
fn walk<'p, 'v>(
    mut value: &'v Value,
    path: &'p [SmolStr],
    element: impl Fn(&List, usize) -> Option<usize>,
) -> Option<(Vec<Step<'p>>, &'v Value)> {
    let mut steps = Vec::with_capacity(path.len());
    for (depth, step) in path.iter().enumerate() {
        let step = match value {
            Value::Map(_) => Step::Key(step),
            Value::List(list) => Step::Index(element(list, depth)?),
            _ => return None,
        };
        value = match step {
            Step::Key(key) => value.get(key)?,
            Step::Index(index) => value.as_list()?.get(index)?,
        };
        steps.push(step);
    }
    Some((steps, value))
}
