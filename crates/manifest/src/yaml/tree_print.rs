//! Writes nodes like yaml.v3's encoder for Kustomize: indented by two spaces, with lists at the indent of their key,
//! and without folding.

use super::scalar_text::{self, folded};
use super::style::{self, Style};
use super::tree::{Collection, EditableDocument, Entry, Form, Kind, Node, Scalar, TEXT, tag_of};
use super::write::push_spaces;

/// The context of a scalar.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Key,
    Block,
    Flow,
}

/// The text so far.
#[derive(Default)]
pub(super) struct Printer {
    out: String,
    /// The indent of the comment that was just written below something. An empty line precedes the next entry at this
    /// indent.
    foot: Option<usize>,
}

impl Printer {
    pub(super) fn document(mut self, tree: &EditableDocument) -> String {
        for comment in &tree.top {
            self.comment(comment, 0);
            self.out.push_str("\n\n");
        }
        match &tree.root {
            Node::Collection(collection) if !is_flow(collection) => self.block(collection, 0, false),
            node => self.out.push_str(&value_text(node, 0, Role::Block)),
        }
        self.foot = None;
        if !tree.end.is_empty() {
            self.end_line();
            self.out.push('\n');
            self.comment(&tree.end, 0);
        }
        self.end_line();
        self.out
    }

    fn end_line(&mut self) {
        if !self.out.is_empty() && !self.out.ends_with('\n') {
            self.out.push('\n');
        }
    }

    fn start_line(&mut self, indent: usize) {
        self.end_line();
        if self.foot.take() == Some(indent) {
            self.out.push('\n');
        }
        push_spaces(&mut self.out, indent);
    }

    fn comment(&mut self, lines: &[String], indent: usize) {
        for line in lines {
            if line.is_empty() {
                self.end_line();
                self.out.push('\n');
            } else {
                self.start_line(indent);
                self.out.push_str(line);
            }
        }
    }

    /// Writes a list or map with a line for each entry; the first can continue the current line.
    fn block(&mut self, collection: &Collection, indent: usize, mut goes_on: bool) {
        for entry in &collection.entries {
            self.comment(&entry.head, indent);
            if !std::mem::take(&mut goes_on) {
                self.start_line(indent);
            }
            match &entry.key {
                Some(key) => {
                    self.out.push_str(&scalar_text(key, indent, Role::Key));
                    self.out.push(':');
                }
                None => self.out.push('-'),
            }
            self.value(entry, collection.kind, indent);
            if !entry.foot.is_empty() {
                self.comment(&entry.foot, indent);
                self.foot = Some(indent);
            }
        }
    }

    fn value(&mut self, entry: &Entry, kind: Kind, indent: usize) {
        let line = entry.line.as_ref().map(|comment| format!(" {comment}")).unwrap_or_default();
        match &entry.value {
            Node::Collection(inner) if !is_flow(inner) => match (kind, inner.kind) {
                (Kind::List, _) => {
                    self.out.push(' ');
                    self.block(inner, indent + 2, true);
                }
                (Kind::Map, inner_kind) => {
                    self.out.push_str(&line);
                    let deeper = if inner_kind == Kind::Map { 2 } else { 0 };
                    self.block(inner, indent + deeper, false);
                }
            },
            value => {
                let text = value_text(value, indent + 2, Role::Block);
                if !text.is_empty() {
                    self.out.push(' ');
                }
                // A comment goes after the first line of a block.
                match text.split_once('\n').filter(|_| is_block(value)) {
                    Some((first, rest)) => {
                        self.out.push_str(&format!("{first}{line}\n{rest}"));
                    }
                    None => {
                        self.out.push_str(&text);
                        self.out.push_str(&line);
                    }
                }
            }
        }
    }
}

fn is_flow(collection: &Collection) -> bool {
    collection.flow || collection.entries.is_empty()
}

fn is_block(value: &Node) -> bool {
    matches!(value, Node::Scalar(scalar) if matches!(scalar.form, Form::Literal | Form::Folded) || scalar.text.contains('\n'))
}

fn value_text(node: &Node, indent: usize, place: Role) -> String {
    let collection = match node {
        Node::Scalar(scalar) => return scalar_text(scalar, indent, place),
        Node::Collection(collection) => collection,
    };
    let entries = collection.entries.iter().map(|entry| {
        let value = value_text(&entry.value, indent, Role::Flow);
        match &entry.key {
            Some(key) => format!("{}: {value}", scalar_text(key, indent, Role::Flow)),
            None => value,
        }
    });
    let inside = entries.collect::<Vec<_>>().join(", ");
    match collection.kind {
        Kind::List => format!("[{inside}]"),
        Kind::Map => format!("{{{inside}}}"),
    }
}

/// Returns a scalar in its own style, if possible; its further lines get the indent.
fn scalar_text(scalar: &Scalar, indent: usize, place: Role) -> String {
    let text = scalar.text.as_str();
    let is_other = scalar.tag.filter(|tag| *tag != tag_of(text));
    let space = if text.is_empty() { "" } else { " " };
    let tag = is_other.filter(|tag| *tag != TEXT).map(|tag| format!("{tag}{space}")).unwrap_or_default();
    let allowed = style::Allowed::of(text);
    let mut form = match scalar.form {
        Form::Plain if text.contains('\n') => Form::Literal,
        Form::Plain if is_other == Some(TEXT) => Form::DoubleQuoted,
        form => form,
    };
    if place == Role::Key && allowed.multiline {
        form = Form::DoubleQuoted;
    }
    let plain = match place {
        Role::Block => allowed.plain,
        Role::Key => allowed.plain && !text.is_empty(),
        Role::Flow => allowed.plain_in_flow,
    };
    if form == Form::Plain && !plain {
        form = Form::SingleQuoted;
    }
    if form == Form::SingleQuoted && !allowed.single_quoted {
        form = Form::DoubleQuoted;
    }
    if matches!(form, Form::Literal | Form::Folded) && !(allowed.block && place == Role::Block) {
        form = Form::DoubleQuoted;
    }
    let form = match form {
        Form::Folded => return format!("{tag}{}", folded(text, indent)),
        Form::Plain => style::Form::Plain,
        Form::SingleQuoted => style::Form::SingleQuoted,
        Form::DoubleQuoted => style::Form::DoubleQuoted,
        Form::Literal => style::Form::Literal,
    };
    let mut out = tag;
    let style = Style { form, multiline: allowed.multiline };
    // A key stays on its line, and so does every string here.
    scalar_text::Scalar { text, style, indent, is_key: true }.write(&mut out, &mut 0);
    out
}
