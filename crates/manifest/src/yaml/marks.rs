//! How scalars were written, if their values do not show it.
//!
//! Kustomize works on the nodes of a text, not on values: a key without a value is different from one with `null`, a
//! field keeps its quotes when a patch sets it, and an annotation is the text as written. A value with its marks
//! preserves as much of that as is visible in Kustomize's output.

use std::collections::BTreeMap;
use std::sync::Arc;

use smol_str::SmolStr;

use super::decode::infinite;
use super::error::{Error, Result};
use super::resolve::{Resolved, resolve};
use super::scalar_text::folded;
use super::{Dialect, read_values};
use crate::Value;
use crate::patch::is_surely_quoted;

/// The marks of a value and of what is in it; most values have none.
///
/// A mark survives a change of its value, like the style of a node. It only counts if it matches the value.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Marks {
    /// The value alone is sufficient.
    #[default]
    None,
    /// There was no value.
    Empty,
    /// A string without quotes that looks as if it had some, such as one with several lines.
    Plain,
    /// A string in quotes or a literal block, which would be the same without.
    Quoted,
    /// A folded block.
    Folded,
    /// A plain scalar that is not a string, as it was written. One that JSON cannot represent is a string for now.
    Text(SmolStr),
    /// Marks in a map.
    Fields(Layout, Arc<BTreeMap<SmolStr, Marks>>),
    /// Marks in a list.
    Elements(Layout, Arc<BTreeMap<usize, Marks>>),
}

/// How a map or a list was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Layout {
    /// With indentation.
    #[default]
    Block,
    /// In braces or brackets, where different values are printed in quotes.
    Flow,
}

/// A value with its marks.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Marked {
    /// The value.
    pub value: Value,
    /// How it was written.
    pub marks: Marks,
}

impl From<Value> for Marked {
    fn from(value: Value) -> Self {
        Self { value, marks: Marks::None }
    }
}

impl Marks {
    /// Returns the marks of a map with these.
    pub fn of_fields(layout: Layout, marks: BTreeMap<SmolStr, Self>) -> Self {
        match layout {
            Layout::Block if marks.is_empty() => Self::None,
            layout => Self::Fields(layout, Arc::new(marks)),
        }
    }

    /// Returns the marks of a list with these.
    pub fn of_elements(layout: Layout, marks: BTreeMap<usize, Self>) -> Self {
        match layout {
            Layout::Block if marks.is_empty() => Self::None,
            layout => Self::Elements(layout, Arc::new(marks)),
        }
    }

    /// Returns how the map or list was written.
    pub fn layout(&self) -> Layout {
        match self {
            Self::Fields(layout, _) | Self::Elements(layout, _) => *layout,
            _ => Layout::Block,
        }
    }

    /// Returns the marks in a map.
    pub fn into_fields(self) -> BTreeMap<SmolStr, Self> {
        match self {
            Self::Fields(_, marks) => Arc::unwrap_or_clone(marks),
            _ => BTreeMap::new(),
        }
    }

    /// Returns the marks in a list.
    pub fn into_elements(self) -> BTreeMap<usize, Self> {
        match self {
            Self::Elements(_, marks) => Arc::unwrap_or_clone(marks),
            _ => BTreeMap::new(),
        }
    }

    /// Returns the marks of a field.
    pub fn field(&self, key: &str) -> &Self {
        match self {
            Self::Fields(_, marks) => marks.get(key).unwrap_or(&Self::None),
            _ => &Self::None,
        }
    }

    /// Returns the marks of an element.
    pub fn element(&self, index: usize) -> &Self {
        match self {
            Self::Elements(_, marks) => marks.get(&index).unwrap_or(&Self::None),
            _ => &Self::None,
        }
    }

    /// Tells whether a scalar is a string in quotes or in a block, which it stays whatever value it is set to.
    pub fn is_quoted(&self, value: &Value) -> bool {
        match (self, value) {
            (Self::Quoted | Self::Folded, Value::String(_)) => true,
            (Self::None, Value::String(text)) => is_surely_quoted(text),
            _ => false,
        }
    }

    /// Returns the marks of a quoted string.
    pub fn of_quoted(text: &str) -> Self {
        if is_surely_quoted(text) { Self::None } else { Self::Quoted }
    }

    /// Returns the marks of a string that counts as written without quotes, although it may need them when printed.
    pub fn of_unquoted(text: &str) -> Self {
        if is_surely_quoted(text) { Self::Plain } else { Self::None }
    }

    /// Returns the marks of a string that Kustomize adds: it is quoted if YAML 1.1 would read it as something else.
    pub fn of_new(text: &str) -> Self {
        let is_other = || match read_values(text, Dialect::Sigs).as_deref() {
            Ok([Value::String(_), ..]) | Err(_) => false,
            Ok(_) => !text.is_empty(),
        };
        if text.contains('\n') || is_other() { Self::of_quoted(text) } else { Self::of_unquoted(text) }
    }

    /// Returns the text that a scalar was written as, if the value does not show it.
    pub fn text_of(&self, value: &Value) -> Option<&str> {
        match (self, value) {
            (Self::Text(text), value) if is_written_as(value, text) => Some(text),
            (Self::Empty, Value::Null) => Some(""),
            _ => None,
        }
    }

    /// Converts a value to what Kustomize prints: dates get their full form, a missing value in braces becomes an
    /// empty string, and folded strings with more indented lines get the empty lines that go-yaml adds.
    ///
    /// # Errors
    /// Returns an error for a number that JSON cannot represent.
    pub fn settle(&self, value: &mut Value) -> Result<()> {
        self.apply(value, Way::Printed(Layout::Block))
    }

    /// Converts a value to what Kustomize decodes, which only changes dates.
    ///
    /// # Errors
    /// Returns an error for a number that JSON cannot represent.
    pub fn settle_decoded(&self, value: &mut Value) -> Result<()> {
        self.apply(value, Way::Decoded)
    }

    /// Removes the marks of a field and its content.
    pub fn forget(&mut self, path: &[&str]) {
        match (self, path) {
            (marks, []) => *marks = Self::None,
            (Self::Fields(_, fields), [key, rest @ ..]) => {
                if let Some(marks) = Arc::make_mut(fields).get_mut(*key) {
                    marks.forget(rest);
                }
            }
            _ => {}
        }
    }

    fn apply(&self, value: &mut Value, way: Way) -> Result<()> {
        match (self, &mut *value) {
            (Self::Empty, Value::Null) if way == Way::Printed(Layout::Flow) => *value = "".into(),
            (Self::Folded, Value::String(text)) if way == Way::Printed(Layout::Block) => {
                if let Some(folded) = refold(text) {
                    *value = folded;
                }
            }
            (Self::Text(written), Value::String(text)) if written == text => {
                match resolve(written, Dialect::Kyaml) {
                    // A time of day contains colons, so it is quoted in braces and stays a string.
                    Resolved::Timestamp(_) if way == Way::Printed(Layout::Flow) && text.contains(':') => {}
                    Resolved::Timestamp(timestamp) => *value = timestamp.to_json().into(),
                    Resolved::Float(number) if !number.is_finite() => {
                        return Err(Error::new(format!("json: unsupported value: {}", infinite(number))));
                    }
                    _ => {}
                }
            }
            (Self::Fields(layout, marks), Value::Map(map)) => {
                let way = way.inside(*layout);
                for (key, marks) in marks.iter() {
                    if let Some(value) = map.get_mut(key) {
                        marks.apply(value, way)?;
                    }
                }
            }
            (Self::Elements(layout, marks), Value::List(list)) if !marks.is_empty() => {
                let way = way.inside(*layout);
                let list = list.make_mut();
                for (index, marks) in marks.iter() {
                    if let Some(value) = list.get_mut(*index) {
                        marks.apply(value, way)?;
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }
}

impl Marked {
    /// Returns a map or list as if it had been written that way.
    pub fn with_layout(self, layout: Layout) -> Self {
        let marks = match &self.value {
            _ if self.marks.layout() == layout => self.marks,
            Value::Map(_) => Marks::of_fields(layout, self.marks.into_fields()),
            Value::List(_) => Marks::of_elements(layout, self.marks.into_elements()),
            _ => self.marks,
        };
        Self { value: self.value, marks }
    }
}

/// How Kustomize processes its nodes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    /// It prints them as YAML, in braces or not, and reads that.
    Printed(Layout),
    /// It decodes them as they are.
    Decoded,
}

impl Way {
    /// Returns the way for the content of a map or list.
    fn inside(self, layout: Layout) -> Self {
        match (self, layout) {
            (Self::Printed(_), Layout::Flow) => Self::Printed(Layout::Flow),
            (way, _) => way,
        }
    }
}

/// Tells whether Kustomize can set a key: it writes keys plain, and if YAML reads one as a number, boolean or date,
/// JSON cannot represent the map.
pub fn is_text_key(key: &str) -> bool {
    key != "<<" && resolve(key, Dialect::Kyaml) == Resolved::String
}

/// Tells whether a value is what a plain scalar means.
fn is_written_as(value: &Value, text: &str) -> bool {
    match (resolve(text, Dialect::Kyaml), value) {
        (Resolved::Null, Value::Null) => true,
        (Resolved::Bool(meant), Value::Bool(value)) => meant == *value,
        (Resolved::Int(meant), Value::Int(value)) => meant == *value,
        (Resolved::Uint(meant), Value::Uint(value)) => meant == *value,
        (Resolved::Float(meant), Value::Float(value)) if meant.is_finite() => meant == *value,
        (Resolved::Float(_) | Resolved::Timestamp(_), Value::String(value)) => value == text,
        _ => false,
    }
}

/// Writes a string as a folded block like go-yaml, and reads it again; `None` if it has a different style.
fn refold(text: &str) -> Option<Value> {
    if !text.contains('\n') || text.ends_with(' ') || text.contains(" \n") || text.contains(is_special) {
        return None;
    }
    let read = read_values(&format!("k: {}", folded(text, 2)), Dialect::Kyaml).ok()?;
    read.first()?.get("k").cloned()
}

/// Tells whether go-yaml writes a string with this character in double quotes.
fn is_special(character: char) -> bool {
    !matches!(character, '\t' | '\n' | '\r' | ' '..='~' | '\u{85}' | '\u{A0}'..='\u{D7FF}'
        | '\u{E000}'..='\u{FEFE}' | '\u{FF00}'..='\u{FFFD}' | '\u{10000}'..='\u{10FFFF}')
}
