//! Where a built resource comes from and what changed it.
//!
//! The effect of a step is found by comparing each resource before and after it, so transformers need not report
//! anything.

use std::sync::Arc;

use aqueduct_manifest::yaml::{self, Dialect, Spans};
use aqueduct_manifest::{Lines, Map, Place, SmolStr, Value};

use crate::file_system::FileSystem;

/// The history of one resource in a build.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    /// What read or generated the resource.
    pub source: Arc<BuildStep>,
    /// What changed it afterwards, in order.
    pub changes: Vec<ValueChange>,
}

/// One value that a step changed, added or removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValueChange {
    /// The JSON pointer of the value, valid for the resource right after the step. A list whose length changed is
    /// recorded as a whole.
    pub pointer: String,
    /// What changed it.
    pub cause: Arc<BuildStep>,
}

/// A step of a build, and where it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuildStep {
    /// `Resource` for something read from a file; otherwise the generator or transformer under Kustomize's name for
    /// it, such as `PatchTransformer`.
    pub step: SmolStr,
    /// The file of the resource or patch, or the entry in the kustomization.
    pub place: Place,
}

impl Trace {
    /// Returns the changes of a value, of what encloses it and of what it contains, in order.
    pub fn of(&self, pointer: &str) -> impl Iterator<Item = &ValueChange> {
        self.changes.iter().filter(move |change| {
            let is_within = |inner: &str, outer: &str| {
                inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            };
            is_within(pointer, &change.pointer) || is_within(&change.pointer, pointer)
        })
    }
}

/// A trace that is being written.
#[derive(Clone, Debug)]
pub(crate) struct Recorder {
    trace: Trace,
    before: Map,
}

impl Recorder {
    pub(crate) fn new(source: Arc<BuildStep>) -> Self {
        Self { trace: Trace { source, changes: Vec::new() }, before: Map::new() }
    }

    /// Remembers the state of a resource before a step.
    pub(crate) fn start(&mut self, map: &Map) {
        self.before = visible(map);
    }

    /// Records what a step changed.
    pub(crate) fn finish(&mut self, map: &Map, cause: &Arc<BuildStep>) {
        let mut pointers = Vec::new();
        compare_maps(&self.before, &visible(map), "", &mut pointers);
        let changes = pointers.into_iter().map(|pointer| ValueChange { pointer, cause: Arc::clone(cause) });
        self.trace.changes.extend(changes);
        self.before = Map::new();
    }

    pub(crate) fn into_trace(self) -> Trace {
        self.trace
    }
}

/// Returns a resource as it would be printed: without empty annotations.
fn visible(map: &Map) -> Map {
    let mut map = map.clone();
    let is_empty = |value: &Value| value.as_map().is_some_and(Map::is_empty);
    let annotations = map.get("metadata").and_then(|metadata| metadata.get("annotations"));
    if annotations.is_some_and(is_empty)
        && let Some(Value::Map(metadata)) = map.get_mut("metadata")
    {
        metadata.remove("annotations");
    }
    map
}

fn compare_maps(before: &Map, after: &Map, pointer: &str, found: &mut Vec<String>) {
    let below = |key: &str| format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1"));
    found.extend(before.keys().filter(|key| !after.contains_key(key)).map(|key| below(key)));
    for (key, value) in after {
        match before.get(key) {
            Some(old) => compare(old, value, &|| below(key), found),
            None => found.push(below(key)),
        }
    }
}

fn compare(before: &Value, after: &Value, pointer: &dyn Fn() -> String, found: &mut Vec<String>) {
    match (before, after) {
        _ if before == after => {}
        (Value::Map(before), Value::Map(after)) => compare_maps(before, after, &pointer(), found),
        (Value::List(before), Value::List(after)) if before.len() == after.len() => {
            for (index, (before, after)) in before.iter().zip(after.iter()).enumerate() {
                compare(before, after, &|| format!("{}/{index}", pointer()), found);
            }
        }
        _ => found.push(pointer()),
    }
}

/// The part of a file that a resource is in.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Section {
    pub(crate) document: usize,
    /// The index of the element, if the document is a list of resources.
    pub(crate) item: Option<usize>,
}

/// The text of a file with the positions in it.
pub(crate) struct Spots {
    file: Arc<str>,
    text: String,
    documents: Vec<(u32, Spans)>,
}

impl Spots {
    /// Reads a file; one that cannot be read has no positions.
    pub(crate) fn read(files: &dyn FileSystem, file: &str) -> Self {
        let bytes = files.read(file).ok();
        let text = bytes.and_then(|bytes| String::from_utf8(bytes.to_vec()).ok()).unwrap_or_default();
        let documents = yaml::read_documents(&text, Dialect::Kyaml).unwrap_or_default();
        let documents = documents.into_iter().map(|document| (document.line, document.spans)).collect();
        Self { file: file.into(), text, documents }
    }

    /// Returns the first line of a part of the file.
    pub(crate) fn part(&self, part: Section) -> Place {
        let Some((line, spans)) = self.documents.get(part.document) else {
            return Place::whole(Arc::clone(&self.file));
        };
        let item =
            part.item.and_then(|item| spans.value(&[yaml::Step::Key("items"), yaml::Step::Index(item)]));
        self.line(item.map_or(*line, |position| position.line))
    }

    /// Returns the line of a field of the first document, or of one of its elements.
    pub(crate) fn field(&self, name: &str, index: Option<usize>) -> Place {
        let key = yaml::Step::Key(name);
        let position = self.documents.first().and_then(|(_, spans)| {
            let element = index.and_then(|index| spans.value(&[key, yaml::Step::Index(index)]));
            element.or_else(|| spans.key(&[key]))
        });
        position.map_or_else(|| Place::whole(Arc::clone(&self.file)), |position| self.line(position.line))
    }

    fn line(&self, line: u32) -> Place {
        let span = Lines::new(&self.text).span(line);
        Place { file: Arc::clone(&self.file), span }
    }
}

#[cfg(test)]
mod tests {
    use aqueduct_manifest::{Value, yaml};

    use super::compare;

    #[test]
    fn pointers_of_changes() {
        let read = |text: &str| yaml::read(text).expect("the values of these tests are well formed");
        let changed = |before: &str, after: &str| {
            let mut found = Vec::new();
            compare(&read(before), &read(after), &String::new, &mut found);
            found
        };
        assert_eq!(
            changed("{a: 1, b: {c: [1, 2]}}", "{a: 1, b: {c: [1, 3], d/e~: 1}}"),
            ["/b/c/1", "/b/d~1e~0"]
        );
        assert_eq!(changed("{a: [1], gone: 1}", "{a: [1, 2]}"), ["/gone", "/a"]);
        assert_eq!(changed("{a: {b: 1}}", "{a: [1]}"), ["/a"]);
        assert_eq!(read("{}"), Value::Map(Default::default()));
        assert!(changed("{a: 1}", "{a: 1}").is_empty());
    }
}
