//! Detects secrets in plain text: by their form, by the name of the value, or by their randomness.
//!
//! Findings contain the place of a secret, but never its value. A reference, a path, a placeholder, an encrypted
//! value or a template is not a secret.

mod form;
mod holder;
mod literal;
mod text;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

pub use text::arguments;

use form::form;
use holder::{Holder, holder};
use text::text;

/// Returns a description of a named value if it is a secret, such as `a password in a URL`.
///
/// `value` is usually that of a single variable or field, but secrets in a whole file are found too.
pub fn value(name: &str, value: &str) -> Option<String> {
    if value.starts_with("ENC[") {
        return None;
    }
    let named = || match holder(name) {
        Some(Holder::Certain) => literal::is_literal(value).then(|| format!("the value of `{name}`")),
        Some(Holder::Possible) => (literal::is_literal(value) && literal::is_random(value))
            .then(|| format!("the value of `{name}`")),
        None => literal::is_mixed(value).then(|| "a random key".to_owned()),
    };
    // `passwords:1.31.0` is an image with its tag.
    let in_text = || if name == "image" { None } else { text(value) };
    form(value).map(str::to_owned).or_else(named).or_else(in_text)
}

/// Returns the decoded text of a value in a Secret; `None` if it is not valid base64 or not text.
pub fn decoded(value: &str) -> Option<String> {
    let value: String = value.split_whitespace().collect();
    String::from_utf8(STANDARD.decode(value).ok()?).ok()
}

/// Returns a description of a value in the data of a Secret. A single value is the secret itself, unless it is
/// something that goes with a secret, such as a user or port. Files are searched like any other.
pub fn held(name: &str, held: &str) -> Option<String> {
    let trimmed = held.trim();
    let is_file = trimmed.contains('\n') || trimmed.starts_with(['{', '[']);
    if is_file || trimmed.starts_with("ssh-") || holder::is_companion(name) {
        return value(name, held);
    }
    let gives_away =
        !trimmed.starts_with("ENC[") && !literal::is_open(trimmed) && trimmed.parse::<u16>().is_err();
    gives_away.then(|| "a value of a Secret".to_owned())
}
