//! A scalar that is being changed: its value, how it was written, and what becomes of both.
//!
//! Kustomize changes nodes, which keep their quotes but lose their type. An unquoted name takes the type that it
//! reads as: `2` with the prefix `1` is a number. A quoted one stays a string.

use aqueduct_manifest::yaml::{self, Marked, Marks};
use aqueduct_manifest::{SmolStr, Value};

use crate::error::{Error, Result};
use crate::text;

/// A scalar and how it was written.
pub(crate) struct Field<'a> {
    pub(crate) value: &'a mut Value,
    marks: &'a mut Marks,
    /// Whether the new value has no type; `None` until something is set.
    untyped: Option<bool>,
}

impl<'a> Field<'a> {
    pub(crate) fn new(value: &'a mut Value, marks: &'a mut Marks) -> Self {
        Self { value, marks, untyped: None }
    }

    /// Returns the text as written.
    pub(crate) fn text(&self) -> SmolStr {
        written(self.value, self.marks)
    }

    /// Sets a text without a type: unless it is quoted, it is whatever it reads as.
    pub(crate) fn set_untyped(&mut self, text: &str) -> Result<()> {
        self.check()?;
        if self.marks.is_quoted(self.value) {
            return self.set_text(text);
        }
        Marked { value: *self.value, marks: *self.marks } = plain(text);
        self.untyped = Some(true);
        Ok(())
    }

    /// Returns whether the new value has no type, if something was set.
    pub(crate) fn is_untyped(&self) -> Option<bool> {
        self.untyped
    }

    /// Sets a string in a field that had none.
    pub(crate) fn set_new(&mut self, text: &str) -> Result<()> {
        (*self.value, *self.marks) = (text.into(), Marks::of_new(text));
        Ok(())
    }

    /// Sets a string, whatever was there before.
    pub(crate) fn set_entry(&mut self, text: &str) -> Result<()> {
        if self.check().is_ok() { self.set_text(text) } else { self.set_new(text) }
    }

    /// Sets a string that stays a string.
    pub(crate) fn set_text(&mut self, text: &str) -> Result<()> {
        self.check()?;
        *self.marks = match &*self.marks {
            Marks::Folded => Marks::Folded,
            marks if marks.is_quoted(self.value) => Marks::of_quoted(text),
            _ => Marks::of_unquoted(text),
        };
        *self.value = text.into();
        self.untyped = Some(false);
        Ok(())
    }

    /// Sets a number, whatever scalar was there before.
    pub(crate) fn set_number(&mut self, number: i64) -> Result<()> {
        self.check()?;
        *self.value = number.into();
        Ok(())
    }

    fn check(&self) -> Result<()> {
        if matches!(self.value, Value::Map(_) | Value::List(_)) {
            return Err(Error::wrong_kind("ScalarNode", self.value));
        }
        Ok(())
    }
}

/// Returns the text that a scalar was written as; empty for lists and maps.
pub(crate) fn written(value: &Value, marks: &Marks) -> SmolStr {
    match marks.text_of(value) {
        Some(text) => text.into(),
        None if value.is_null() => SmolStr::new_static("null"),
        None => text::of(value),
    }
}

/// Returns the YAML meaning of a plain scalar: `8080` is a number.
pub(crate) fn plain(text: &str) -> Marked {
    let is_word = !text.is_empty()
        && text.chars().all(|at| at.is_ascii_alphanumeric() || "_.+-:~".contains(at))
        && !text.starts_with(':')
        && !text.ends_with(':')
        && text != "-";
    let as_text = || Marked { value: text.into(), marks: Marks::of_unquoted(text) };
    if text.is_empty() {
        return Marked { value: Value::Null, marks: Marks::Empty };
    }
    if !is_word {
        return as_text();
    }
    match yaml::read_marked(text).ok().and_then(|documents| documents.into_iter().next()) {
        Some(marked) if !matches!(marked.value, Value::List(_) | Value::Map(_)) => marked,
        _ => as_text(),
    }
}
