//! Keys and strings as Go's library writes them in TOML.

use crate::value::Text;

/// Returns a key, quoted if necessary.
pub(super) fn key_text(key: &Text) -> String {
    let text = key.to_str();
    let is_bare = |rune: char| rune.is_ascii_alphanumeric() || rune == '_' || rune == '-';
    if !text.is_empty() && text.chars().all(is_bare) { text.into_owned() } else { quoted(&text) }
}

/// Returns a text in quotes.
pub(super) fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for rune in text.chars() {
        match rune {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\u{c}' => out.push_str("\\f"),
            '\r' => out.push_str("\\r"),
            '\0'..='\u{1f}' | '\u{7f}' => out.push_str(&format!("\\u{:04x}", u32::from(rune))),
            _ => out.push(rune),
        }
    }
    out.push('"');
    out
}
