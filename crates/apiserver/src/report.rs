//! The findings of rules, in the words of the API server.

use std::fmt::Display;

use aqueduct_manifest::{Value, json};

use crate::cause::Cause;
use crate::field::Field;

/// The causes found so far.
pub(crate) struct Report {
    /// The minor version of Kubernetes.
    pub(crate) minor: u32,
    pub(crate) errors: Vec<Cause>,
    pub(crate) warnings: Vec<Cause>,
}

/// Returns what is wrong with a text; empty if it is valid.
pub(crate) type Format = fn(&str) -> Option<String>;

/// How many causes are kept for one object.
const MOST: usize = 1000;

impl Report {
    /// Returns an empty report for a minor version.
    pub(crate) fn new(minor: u32) -> Self {
        Self { minor, errors: Vec::new(), warnings: Vec::new() }
    }

    fn push(&mut self, field: &Field<'_>, reason: &'static str, message: String) {
        if self.errors.len() < MOST {
            self.errors.push(Cause { field: field.path(), reason, message });
        }
    }

    /// Adds a warning of the API server.
    pub(crate) fn warn(&mut self, field: &Field<'_>, message: impl Into<String>) {
        if self.warnings.len() < MOST {
            self.warnings.push(Cause { field: field.path(), reason: "Warning", message: message.into() });
        }
    }

    pub(crate) fn decode(&mut self, field: &Field<'_>, reason: &'static str, message: String) {
        self.push(field, reason, message);
    }

    pub(crate) fn required(&mut self, field: &Field<'_>, detail: &str) {
        self.push(field, "FieldValueRequired", join("Required value", detail));
    }

    pub(crate) fn forbidden(&mut self, field: &Field<'_>, detail: &str) {
        self.push(field, "FieldValueForbidden", join("Forbidden", detail));
    }

    pub(crate) fn invalid(&mut self, field: &Field<'_>, detail: impl Display) {
        let message = format!("Invalid value: {}: {detail}", shown(field.value));
        self.push(field, "FieldValueInvalid", message);
    }

    /// Like [`Self::invalid`], if the invalid text is only a part of the field.
    pub(crate) fn invalid_as(&mut self, field: &Field<'_>, text: &str, detail: impl Display) {
        let message = format!("Invalid value: {}: {detail}", shown(&Value::from(text)));
        self.push(field, "FieldValueInvalid", message);
    }

    pub(crate) fn unsupported(&mut self, field: &Field<'_>, supported: &[&str]) {
        let mut supported = supported.to_vec();
        supported.sort_unstable();
        let list = supported.iter().map(|value| format!("{value:?}")).collect::<Vec<_>>().join(", ");
        let message = format!("Unsupported value: {}: supported values: {list}", shown(field.value));
        self.push(field, "FieldValueNotSupported", message);
    }

    pub(crate) fn duplicate(&mut self, field: &Field<'_>) {
        self.push(field, "FieldValueDuplicate", format!("Duplicate value: {}", shown(field.value)));
    }

    pub(crate) fn not_found(&mut self, field: &Field<'_>, detail: &str) {
        let message = join(&format!("Not found: {}", shown(field.value)), detail);
        self.push(field, "FieldValueNotFound", message);
    }

    pub(crate) fn too_long(&mut self, field: &Field<'_>, most: usize) {
        self.push(field, "FieldValueTooLong", format!("Too long: may not be more than {most} bytes"));
    }

    pub(crate) fn too_many(&mut self, field: &Field<'_>, most: usize) {
        let message = format!("Too many: {}: must have at most {most} items", field.len());
        self.push(field, "FieldValueTooMany", message);
    }

    /// Refuses a text with the wrong form.
    pub(crate) fn format(&mut self, field: &Field<'_>, format: Format) {
        if let Some(problem) = format(field.text()) {
            self.invalid(field, problem);
        }
    }

    /// Refuses a text that is empty or has the wrong form.
    pub(crate) fn needs_format(&mut self, field: &Field<'_>, format: Format) {
        if self.needs(field) {
            self.format(field, format);
        }
    }

    /// Refuses a text with the wrong form, unless it is empty.
    pub(crate) fn optional_format(&mut self, field: &Field<'_>, format: Format) {
        if !field.is_empty() {
            self.format(field, format);
        }
    }

    /// Refuses an empty text, list or map; tells whether it has a value.
    pub(crate) fn needs(&mut self, field: &Field<'_>) -> bool {
        if field.is_empty() {
            self.required(field, "");
        }
        !field.is_empty()
    }

    /// Refuses a text that is not in a list, including an empty one.
    pub(crate) fn one_of(&mut self, field: &Field<'_>, supported: &[&str]) {
        if !supported.contains(&field.text()) {
            self.unsupported(field, supported);
        }
    }

    /// Refuses a text that is not in a list, if a default replaces an absent or empty one.
    pub(crate) fn default_or_one_of(&mut self, field: &Field<'_>, supported: &[&str]) {
        if !field.is_empty() {
            self.one_of(field, supported);
        }
    }

    /// Refuses a text that is not in a list, if a default replaces an absent one, but not an empty one.
    pub(crate) fn set_is_one_of(&mut self, field: &Field<'_>, supported: &[&str]) {
        if field.is_set() {
            self.one_of(field, supported);
        }
    }

    /// Refuses a text that is not in a list, and reports an empty one as missing.
    pub(crate) fn needs_one_of(&mut self, field: &Field<'_>, supported: &[&str]) {
        if self.needs(field) {
            self.one_of(field, supported);
        }
    }

    /// Refuses a negative number.
    pub(crate) fn not_negative(&mut self, field: &Field<'_>) {
        if field.integer().is_some_and(|number| number < 0) {
            self.invalid(field, "must be greater than or equal to 0");
        }
    }

    /// Refuses a number outside a range.
    pub(crate) fn between(&mut self, field: &Field<'_>, least: i64, most: i64) {
        if field.integer().is_some_and(|number| number < least || number > most) {
            self.invalid(field, format_args!("must be between {least} and {most}, inclusive"));
        }
    }
}

fn join(what: &str, detail: &str) -> String {
    if detail.is_empty() { what.to_owned() } else { format!("{what}: {detail}") }
}

/// Returns a value as JSON, truncated if it is long.
pub(crate) fn shown(value: &Value) -> String {
    const LONGEST: usize = 200;
    let mut text = match value {
        Value::List(_) | Value::Map(_) if value.weight(4 * LONGEST).is_none() => return "{...}".to_owned(),
        Value::String(text) if text.len() > LONGEST => {
            let end = (0..=LONGEST).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
            return format!("{:?}...", &text[..end]);
        }
        value => json::write_raw(value),
    };
    text.truncate(
        (0..=text.len().min(4 * LONGEST)).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0),
    );
    text
}
