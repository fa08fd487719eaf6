//! All reading and writing of YAML, equivalent to Go's sigs.k8s.io/yaml.
//!
//! Reading uses a scanner, a parser and a composer modelled on libyaml, of which go-yaml is a port. Only this way
//! does a text have the same meaning as for kubectl, Helm and Kustomize. Writing has one form for each value, byte
//! for byte that of `yaml.JSONToYAML`.

mod binary;
mod block;
mod block_collection;
mod compose;
mod cursor;
mod decode;
mod directive;
mod error;
mod flow_collection;
mod indicator;
mod key;
mod mapping;
mod marks;
mod order;
mod parser;
mod readable;
mod resolve;
mod scalar;
mod scalar_text;
mod scanner;
mod spans;
mod spell;
mod style;
mod timestamp;
mod token;
mod tree;
mod tree_print;
mod tree_read;
mod write;

use std::cell::Cell;

use compose::{Composer, Node};
use decode::{Decoder, Keep};

pub use error::Error;
pub use marks::{Layout, Marked, Marks, is_text_key};
pub use order::compare as compare_keys;
pub use spans::{Spans, Step};
pub use tree::EditableDocument;
pub use write::{
    convert_json, is_simple_key, write, write_marshal, write_portable, write_to, write_unfolded,
};

use crate::Value;

/// The maximum nesting depth. go-yaml allows 10,000.
pub const MAX_DEPTH: usize = 1000;

/// The maximum length of a text, in bytes.
pub const MAX_LENGTH: usize = 256 << 20;

/// The rules for reading a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// sigs.k8s.io/yaml, as used by kubectl and Helm: YAML 1.1 as in yaml.v2, where `yes` is a boolean and the last
    /// of equal keys counts.
    Sigs,
    /// kyaml, as used by Kustomize: yaml.v3, where `yes` is a string and equal keys are an error.
    Kyaml,
}

/// One document of a stream.
#[derive(Clone, Debug)]
pub struct Document {
    /// Its value.
    pub value: Value,
    /// The places of its keys and values.
    pub spans: Spans,
    /// The line on which it starts, counted from 1.
    pub line: u32,
}

/// Reads the first document of a text like `yaml.YAMLToJSON`, and ignores the rest. An empty text is `null`.
///
/// # Errors
/// Returns the error of go-yaml or of the conversion to JSON.
pub fn read(text: &str) -> Result<Value, Error> {
    read_first(text, Keep::All)
}

/// Reads the first document of a text like [`read`], but only keeps the entries of its mapping with wanted keys. The
/// others are checked too.
///
/// # Errors
/// Returns the error of go-yaml or of the conversion to JSON.
pub fn read_entries(text: &str, wanted: fn(&str) -> bool) -> Result<Value, Error> {
    read_first(text, Keep::Entries(wanted))
}

thread_local! {
    /// Memory for the nodes of the next text: many texts are short, and allocating takes longer than reading them.
    static SPARE: Cell<Vec<Node<'static>>> = const { Cell::new(Vec::new()) };
}

/// The maximum number of nodes for which memory is kept.
const SPARE_LIMIT: usize = 100_000;

fn read_first(text: &str, keep: Keep) -> Result<Value, Error> {
    check_length(text)?;
    let spare = emptied(SPARE.take());
    let Some(document) = Composer::new(text, Dialect::Sigs).next_document(spare)? else {
        return Ok(Value::Null);
    };
    let value = Decoder::new(&document.nodes, Dialect::Sigs).keeping(keep).decode();
    if document.nodes.capacity() <= SPARE_LIMIT {
        SPARE.set(emptied(document.nodes));
    }
    value
}

/// Returns the memory of nodes for use by another text.
fn emptied<'b>(mut nodes: Vec<Node<'_>>) -> Vec<Node<'b>> {
    nodes.clear();
    // Collecting a vector's own iterator keeps its memory.
    nodes.into_iter().map_while(|_| None).collect()
}

/// Reads all documents of a text, with their places.
///
/// # Errors
/// Returns the first error of go-yaml or of the conversion to JSON.
pub fn read_documents(text: &str, dialect: Dialect) -> Result<Vec<Document>, Error> {
    check_length(text)?;
    let mut composer = Composer::new(text, dialect);
    let mut documents = Vec::new();
    while let Some(document) = composer.next_document(Vec::new())? {
        let value = Decoder::new(&document.nodes, dialect).decode()?;
        let start = document.nodes.first().map_or(document.start, |root: &Node<'_>| root.mark);
        documents.push(Document { value, spans: Spans::new(&document, dialect), line: start.line + 1 });
    }
    Ok(documents)
}

/// Reads all documents of a text like Kustomize, with marks of how their scalars were written.
///
/// # Errors
/// Returns the first error of go-yaml. Values that JSON cannot represent are reported when the marks are settled.
pub fn read_marked(text: &str) -> Result<Vec<Marked>, Error> {
    read_marked_by(text, |decoder| decoder)
}

/// Reads documents like [`read_marked`], but only the first of duplicate `annotations`.
///
/// # Errors
/// Returns the errors of [`read_marked`].
pub fn read_marked_first(text: &str) -> Result<Vec<Marked>, Error> {
    read_marked_by(text, |decoder| decoder.keeping_first())
}

fn read_marked_by(
    text: &str,
    set_up: for<'n, 'a> fn(Decoder<'n, 'a>) -> Decoder<'n, 'a>,
) -> Result<Vec<Marked>, Error> {
    check_length(text)?;
    let mut composer = Composer::new(text, Dialect::Kyaml);
    let mut documents = Vec::new();
    let mut spare = Vec::new();
    while let Some(document) = composer.next_document(spare)? {
        documents.push(set_up(Decoder::new(&document.nodes, Dialect::Kyaml)).decode_marked()?);
        spare = document.nodes;
    }
    Ok(documents)
}

/// Reads all documents of a text.
///
/// # Errors
/// Returns the first error of go-yaml or of the conversion to JSON.
pub fn read_values(text: &str, dialect: Dialect) -> Result<Vec<Value>, Error> {
    check_length(text)?;
    let mut composer = Composer::new(text, dialect);
    let mut values = Vec::new();
    let mut spare = Vec::new();
    while let Some(document) = composer.next_document(spare)? {
        values.push(Decoder::new(&document.nodes, dialect).decode()?);
        spare = document.nodes;
    }
    Ok(values)
}

fn check_length(text: &str) -> Result<(), Error> {
    if text.len() > MAX_LENGTH {
        return Err(Error::new(format!("yaml: the text is longer than {MAX_LENGTH} bytes")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Node, emptied, read, read_entries};

    #[test]
    fn memory_is_kept() {
        assert!(emptied(Vec::<Node<'_>>::with_capacity(100)).capacity() >= 100);
    }

    #[test]
    fn unwanted_entries_are_checked() {
        let wanted = |key: &str| key == "kept";
        let value =
            read_entries("dropped: {a: [1, x]}\nkept: {b: [2, 3]}\n", wanted).expect("it is well formed");
        assert_eq!(value, read("kept: {b: [2, 3]}").expect("it is well formed"));
        let merged = "base: &base {dropped: {a: 1}, kept: {b: 2}}\n<<: *base\n";
        let value = read_entries(merged, wanted).expect("it is well formed");
        assert_eq!(value, read("kept: {b: 2}").expect("it is well formed"));
        for text in [
            "dropped: [!!int a]",
            "dropped: {? [a] : b}",
            "dropped: .nan",
            "dropped: !!binary =",
            "dropped: {null: 1}",
            "dropped: &a [*a]",
            "dropped: *a",
            "dropped: {<<: 1}",
        ] {
            let error = read(text).expect_err(text);
            assert_eq!(read_entries(text, wanted).expect_err(text).to_string(), error.to_string(), "{text}");
        }
    }
}
