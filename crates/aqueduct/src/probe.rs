//! Trial changes to the text of a source, which show what it affects.
//!
//! No component records which source field became which output field, least of all custom kinds. So it is measured:
//! the text is changed in one place, compiled again, and the results are compared.

use std::collections::BTreeSet;

use aqueduct_manifest::yaml::{self, Dialect};
use aqueduct_manifest::{Files, Lines, Map, Object, Place, Pointer, SmolStr, Span, Value, format_smolstr};
use aqueduct_model::{Content, Layer, Node, Shadowed, Source};

use crate::in_manifest::steps;

/// A part of a TOML file that can be changed on its own: a scalar, an empty list or table, or the key of an entry.
#[derive(Clone, Debug)]
pub(crate) struct Leaf {
    /// The keys and indices that lead to it.
    pub(crate) keys: Vec<SmolStr>,
    /// Its value.
    pub(crate) value: Value,
    /// Where it is written.
    pub(crate) source: Source,
    /// Whether this is the key instead of the value.
    pub(crate) is_key: bool,
    /// The place of the value's key.
    key: Option<Span>,
    /// The values of lower layers.
    pub(crate) shadowed: Vec<Shadowed>,
    /// The table around it, if that is removed as a whole.
    table: Option<Span>,
}

/// Adds the patches of a table, or each operation of a patch that has several. Changing an operation's text does not
/// show what it removes, but without the operation the field is there again.
pub(crate) fn patches(root: &Node, found: &mut Vec<Leaf>) {
    fn list<'n>(node: &'n Node, key: &str) -> &'n [Node] {
        node.get(key).and_then(Node::as_list).unwrap_or_default()
    }
    for (number, patch) in list(root, "patches").iter().enumerate() {
        let operations = list(patch, "operations");
        for (operation, node) in operations.iter().enumerate() {
            let mut keys = vec!["patches".into(), format_smolstr!("{number}"), "operations".into()];
            keys.extend([format_smolstr!("{operation}"), "path".into()]);
            let (Some(path), whole) = (node.get("path"), if operations.len() > 1 { node } else { patch })
            else {
                continue;
            };
            let (source, table) = (path.origin.clone(), whole.origin.place.span);
            let value = path.to_value();
            found.push(Leaf { keys, value, source, is_key: false, key: None, shadowed: Vec::new(), table });
        }
    }
}

/// Adds all leaves of a tree.
pub(crate) fn leaves(node: &Node, keys: &mut Vec<SmolStr>, found: &mut Vec<Leaf>) {
    match &node.content {
        Content::Table(table) if !table.is_empty() => {
            for (key, inner) in table {
                keys.push(key.clone());
                // The keys of the outermost table are fields of the kind, so they cannot be renamed.
                if let (Some(span), true) = (inner.key, keys.len() > 1) {
                    let mut source = inner.origin.clone();
                    source.place.span = Some(span);
                    let (keys, value) = (keys.clone(), Value::String(key.clone()));
                    let (key, shadowed, table) = (None, Vec::new(), None);
                    found.push(Leaf { keys, value, source, is_key: true, key, shadowed, table });
                }
                leaves(inner, keys, found);
                keys.pop();
            }
        }
        Content::List(list) if !list.is_empty() => {
            for (number, inner) in list.iter().enumerate() {
                keys.push(format_smolstr!("{number}"));
                leaves(inner, keys, found);
                keys.pop();
            }
        }
        _ => found.push(Leaf {
            keys: keys.clone(),
            value: node.to_value(),
            source: node.origin.clone(),
            is_key: false,
            key: node.key,
            shadowed: node.shadowed(),
            table: None,
        }),
    }
}

/// Returns the leaves of a file that is not TOML: the whole text, and each YAML value that ends its line.
pub(crate) fn leaves_of_file(file: &str, text: &str) -> Vec<Leaf> {
    let whole = Leaf::of_text(file, Span::from(0..text.len()), text.into());
    let mut found = vec![whole];
    let is_yaml = [".yaml", ".yml", ".json"].iter().any(|ending| file.ends_with(ending));
    let documents = yaml::read_documents(text, Dialect::Sigs).ok().filter(|_| is_yaml);
    let lines = Lines::new(text);
    for document in documents.into_iter().flatten() {
        values(&document.value, &mut Vec::new(), &mut |keys, value| {
            let position = steps(&document.value, keys).and_then(|steps| document.spans.value(&steps));
            let rest = position.and_then(|position| lines.rest(position));
            if let Some(span) = rest.and_then(|rest| said(text, rest, value)) {
                found.push(Leaf { keys: keys.to_vec(), ..Leaf::of_text(file, span, value.clone()) });
            }
        });
    }
    found
}

/// Calls a function with each scalar of a value and the keys and indices that lead to it.
fn values(value: &Value, keys: &mut Vec<SmolStr>, each: &mut dyn FnMut(&[SmolStr], &Value)) {
    let mut below = |key, inner: &Value| {
        keys.push(key);
        values(inner, keys, each);
        keys.pop();
    };
    match value {
        Value::Map(map) => map.iter().for_each(|(key, inner)| below(key.clone(), inner)),
        Value::List(list) => {
            list.iter().enumerate().for_each(|(number, inner)| below(format_smolstr!("{number}"), inner));
        }
        _ => each(keys, value),
    }
}

/// Returns the part of the rest of a line that contains a value: all of it, or the text before a comment or the next
/// value.
fn said(text: &str, rest: Span, value: &Value) -> Option<Span> {
    let line = text.get(rest.start as usize..rest.end as usize)?;
    let ends = line.match_indices([',', '}', ']', '#']).map(|(at, _)| at).chain([line.len()]);
    let mut parts = ends.map(|end| line[..end].trim_end()).filter(|part| !part.is_empty());
    let part = parts.find(|part| yaml::read(part).is_ok_and(|read| read == *value))?;
    Some(Span::from(rest.start as usize..rest.start as usize + part.len()))
}

/// The most digits of a number that is counted up or down.
const DIGITS: usize = 9;

impl Leaf {
    /// Returns a leaf for a value in a file that is not TOML.
    pub(crate) fn of_text(file: &str, span: Span, value: Value) -> Self {
        let source = Source { layer: Layer::Component, place: Place::new(file, span) };
        let (keys, shadowed) = (Vec::new(), Vec::new());
        Self { keys, value, source, is_key: false, key: None, shadowed, table: None }
    }

    /// Tells whether the change removes a patch.
    pub(crate) fn takes_away(&self) -> bool {
        self.table.is_some()
    }

    /// Returns alternative texts of the file, likeliest to be valid first; `words` are values of similar fields.
    pub(crate) fn variations(&self, text: &str, words: &[SmolStr]) -> Vec<String> {
        if let Some(table) = self.table {
            return without_table(text, table).into_iter().collect();
        }
        let Some(span) = self.source.place.span else { return Vec::new() };
        let Some(raw) = text.get(span.start as usize..span.end as usize) else { return Vec::new() };
        if raw == text && self.value.as_str() == Some(text) {
            return vec![format!("{text}x")];
        }
        let written: Vec<String> = match &self.value {
            Value::Bool(value) => vec![(!value).to_string()],
            Value::Int(value) => [value.checked_add(1), value.checked_sub(1), value.checked_add(2)]
                .into_iter()
                .flatten()
                .map(|value| value.to_string())
                .collect(),
            Value::Float(value) => vec![format!("{:?}", value + 1.0), format!("{:?}", value / 2.0)],
            Value::String(value) => {
                // For a string with `${…}`, the tree has the resolved value, so the raw text is used.
                let value = if raw.contains("${") { raw.trim_matches(['"', '\'']) } else { value };
                texts(value, words).iter().map(|text| quoted(text)).collect()
            }
            _ => Vec::new(),
        };
        let mut variations: Vec<String> = written.into_iter().map(|new| spliced(text, span, &new)).collect();
        variations.extend(without_lines(text, self.key, span).filter(|_| !self.is_key));
        variations
    }

    /// Returns an alternative text of the file with a part of this value changed.
    pub(crate) fn with_part(&self, text: &str, part: &str) -> Option<String> {
        let span = self.source.place.span?;
        let raw = text.get(span.start as usize..span.end as usize)?;
        raw.contains(part).then(|| spliced(text, span, &raw.replacen(part, &format!("{part}x"), 1)))
    }
}

/// Returns the text without a field: a table with a header, or a value with lines of its own.
pub(crate) fn without(text: &str, node: &Node) -> Option<String> {
    let span = node.origin.place.span?;
    let is_header = text.get(span.start as usize..)?.starts_with('[') && node.as_table().is_some();
    if is_header { without_table(text, span) } else { without_lines(text, node.key, span) }
}

/// Returns the text without a value and its key, if they have lines of their own.
fn without_lines(text: &str, key: Option<Span>, span: Span) -> Option<String> {
    let start = key.map_or(span.start, |key| key.start.min(span.start)) as usize;
    let from = text.get(..start)?.rfind('\n').map_or(0, |at| at + 1);
    let end = span.end as usize;
    let rest = text.get(end..)?;
    let to = rest.find('\n').map_or(text.len(), |at| end + at + 1);
    let after = text.get(end..to)?.trim_start();
    let is_alone = text.get(from..start)?.trim().is_empty()
        && (after.is_empty() || after.starts_with('#') || after.starts_with(','));
    is_alone.then(|| [&text[..from], &text[to..]].concat())
}

/// Returns the text without a table: an inline table of a list, or a table with a header and everything below it.
fn without_table(text: &str, span: Span) -> Option<String> {
    let (start, end) = (span.start as usize, span.end as usize);
    let (before, own, after) = (text.get(..start)?, text.get(start..end)?, text.get(end..)?);
    if !own.starts_with('[') {
        let rest = after.trim_start();
        return Some(match rest.strip_prefix(',') {
            Some(rest) => [before, rest].concat(),
            None => [before.trim_end().trim_end_matches(','), rest].concat(),
        });
    }
    let name = own.trim_matches(['[', ']']);
    let is_next = |line: &str| {
        let header = line.trim_start().strip_prefix('[').map(|header| header.trim_start_matches('['));
        header.is_some_and(|header| !header.strip_prefix(name).is_some_and(|below| below.starts_with('.')))
    };
    let kept = after.split_inclusive('\n').skip(1).skip_while(|line| !is_next(line));
    Some(std::iter::once(before).chain(kept).collect())
}

/// Returns variations of a string.
fn texts(value: &str, words: &[SmolStr]) -> Vec<String> {
    let mut texts = Vec::new();
    let is_digit = |letter: char| letter.is_ascii_digit();
    if let Some(end) = value.rfind(is_digit) {
        let start = value[..end]
            .rfind(|letter| !is_digit(letter))
            .map_or(0, |at| at + value[at..].chars().next().map_or(1, char::len_utf8));
        texts.extend(counted(value, start, end + 1));
    }
    texts.push(format!("{value}x"));
    if let Some(start) = value.find(is_digit) {
        let end = value[start..].find(|letter| !is_digit(letter)).map_or(value.len(), |at| start + at);
        texts.extend(counted(value, start, end));
    }
    texts.extend(words.iter().filter(|word| *word != value).map(ToString::to_string));
    texts
}

/// Counts a number in a string up and down.
fn counted(value: &str, start: usize, end: usize) -> Vec<String> {
    let Some(number) = value[start..end].parse::<u32>().ok().filter(|_| end - start <= DIGITS) else {
        return Vec::new();
    };
    let changed = [Some(number + 1), number.checked_sub(1)].into_iter().flatten();
    changed.map(|number| format!("{}{number}{}", &value[..start], &value[end..])).collect()
}

fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap_or_default()
}

fn spliced(text: &str, span: Span, new: &str) -> String {
    [&text[..span.start as usize], new, &text[span.end as usize..]].concat()
}

/// Returns a copy of the files in which one has a different text.
pub(crate) fn with_text(files: &Files, place: &Place, text: String) -> Files {
    let mut files = files.clone();
    files.insert(place.file.clone(), text.into_bytes());
    files
}

/// Returns the fields in which two maps differ: changed values, and the outermost fields that only one of them has.
pub(crate) fn differences(left: &Map, right: &Map) -> Vec<Pointer> {
    let mut found = Vec::new();
    differ_in(left, right, &Pointer::default(), &mut found);
    found
}

fn differ_in(left: &Map, right: &Map, at: &Pointer, found: &mut Vec<Pointer>) {
    let keys: BTreeSet<&SmolStr> = left.keys().chain(right.keys()).collect();
    for key in keys {
        differ(left.get(key), right.get(key), at.clone().join(key.clone()), found);
    }
}

fn differ(left: Option<&Value>, right: Option<&Value>, at: Pointer, found: &mut Vec<Pointer>) {
    match (left, right) {
        (Some(Value::Map(left)), Some(Value::Map(right))) => differ_in(left, right, &at, found),
        (Some(Value::List(left)), Some(Value::List(right))) => {
            for number in 0..left.len().max(right.len()) {
                let at = at.clone().join(number.to_string());
                differ(left.get(number), right.get(number), at, found);
            }
        }
        (left, right) if left == right => {}
        _ => found.push(at),
    }
}

/// Returns the fields of objects that differ after a change, by the index of the object. Objects are paired by name,
/// or if names changed, by position.
pub(crate) fn reached(before: &[Object], after: &[Object]) -> Vec<(usize, Pointer)> {
    let in_place = before.len() == after.len()
        && before.iter().zip(after).all(|(left, right)| left.kind() == right.kind());
    let mut found = Vec::new();
    for (number, object) in before.iter().enumerate() {
        let same = match in_place {
            true => after.get(number),
            false => after.iter().find(|other| other.key() == object.key()),
        };
        match same {
            Some(other) => {
                found.extend(differences(&object.map, &other.map).into_iter().map(|at| (number, at)))
            }
            None => found.push((number, Pointer::default())),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use aqueduct_manifest::yaml;
    use aqueduct_model::{Layer, parse};

    use super::{Leaf, differences, leaves, leaves_of_file, patches};

    #[test]
    fn every_leaf_is_varied() {
        let text = "image = \"web:1.9\"\nports = { http = 80 }\n";
        let node = parse("web.toml", text, Layer::Component).expect("the example is TOML");
        let mut found = Vec::new();
        leaves(&node, &mut Vec::new(), &mut found);
        let lines = |leaf: &Leaf| {
            let variations = leaf.variations(text, &["other".into()]).into_iter();
            let other = |line: &&str| !text.lines().any(|known| known == *line);
            variations.map(|variation| variation.lines().find(other).unwrap_or("-").to_owned()).collect()
        };
        let shown: Vec<Vec<String>> = found.iter().map(lines).collect();
        let image =
            ["\"web:1.10\"", "\"web:1.8\"", "\"web:1.9x\"", "\"web:2.9\"", "\"web:0.9\"", "\"other\""];
        let image = image.map(|image| format!("image = {image}")).into_iter().chain(["-".to_owned()]);
        let ports = [81, 79, 82].map(|port| format!("ports = {{ http = {port} }}"));
        let keys = ["httpx", "other"].map(|key| format!("ports = {{ \"{key}\" = 80 }}"));
        assert_eq!(shown, [image.collect(), keys.to_vec(), ports.to_vec()]);
    }

    #[test]
    fn patches_are_taken_away() {
        let lines = |text: &str| -> Vec<String> {
            let node = parse("web.toml", text, Layer::Component).expect("the example is TOML");
            let mut found = Vec::new();
            patches(&node, &mut found);
            found.iter().flat_map(|leaf| leaf.variations(text, &[])).collect()
        };
        let headers = "[[patches]]\n[[patches.operations]]\npath = \"/a\"\n[patches.target]\nkind = \"A\"\n";
        let others = "[[patches]]\nmerge.a = 1\n[patchesx]\nb = 1\n";
        assert_eq!(lines(&[headers, others].concat()), [others]);
        let inline = "[[patches]]\noperations = [{ path = \"/a\" }, { path = \"/b\" }]\n";
        let expected = ["{ path = \"/b\" }", "{ path = \"/a\" }"];
        let expected = expected.map(|kept| format!("[[patches]]\noperations = [{kept}]\n"));
        let spaces = |text: String| text.replace("[ ", "[");
        assert_eq!(lines(inline).into_iter().map(spaces).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn values_of_yaml_that_have_a_place() {
        let text = "# A.\na: {b: 1, c: 'x, y'} # c\nd:\n- \"e\"\n- |\n  f\n";
        let said = |leaf: &Leaf| {
            let span = leaf.source.place.span.expect("it has a place");
            (leaf.keys.join("."), text[span.start as usize..span.end as usize].to_owned())
        };
        let found: Vec<(String, String)> = leaves_of_file("a.yaml", text).iter().map(said).collect();
        let expected = [("", text), ("a.b", "1"), ("a.c", "'x, y'"), ("d.0", "\"e\"")];
        assert_eq!(found, expected.map(|(keys, said)| (keys.to_owned(), said.to_owned())));
        assert_eq!(leaves_of_file("a.txt", "b")[0].variations("b", &[]), ["bx"]);
    }

    #[test]
    fn fields_that_differ() {
        let read = |text| yaml::read(text).expect("the example is YAML").as_map().cloned().expect("a map");
        let left = read("{a: {b: 1, c: [1, 2]}, d: x}");
        let right = read("{a: {b: 1, c: [1, 3, 4], e: {f: 1}}, d: y}");
        let found: Vec<String> = differences(&left, &right).iter().map(ToString::to_string).collect();
        assert_eq!(found, ["/a/c/1", "/a/c/2", "/a/e", "/d"]);
        assert_eq!(differences(&left, &left), []);
    }
}
