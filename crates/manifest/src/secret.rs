//! Secrets in plain text: told by their form, by the name that they stand under, or by their randomness.
//!
//! Whoever finds one says where it is, never what it is. What only leads to a secret is none: a reference, a path, a
//! placeholder, an encrypted value, a template.

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

/// Returns what the value under a name is, if it is a secret: `a password in an address`, say.
///
/// `value` is a single value, such as that of a variable or a field; what lies in a whole file is found too.
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

/// Returns the text that a value of a Secret stands for; `None` where it is no base64, or no text.
pub fn decoded(value: &str) -> Option<String> {
    let value: String = value.split_whitespace().collect();
    String::from_utf8(STANDARD.decode(value).ok()?).ok()
}

/// Returns what a value in the data of a Secret is: one that stands there alone is the secret, but for what stands beside
/// secrets, such as a user or a port; files are looked through like any other.
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
