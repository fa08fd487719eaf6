//! Go strings: bytes that usually, but not always, are UTF-8.

use std::borrow::{Borrow, Cow};
use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use aqueduct_manifest::SmolStr;

/// A Go string, ordered and compared by its bytes.
#[derive(Clone)]
pub struct Text(Form);

#[derive(Clone)]
enum Form {
    Utf8(SmolStr),
    /// Used only for bytes that are not valid UTF-8, so that equal strings have equal representations.
    Bytes(Arc<[u8]>),
}

impl Text {
    /// Returns the string of bytes that may not be UTF-8.
    pub fn from_bytes(bytes: impl AsRef<[u8]>) -> Self {
        let bytes = bytes.as_ref();
        match std::str::from_utf8(bytes) {
            Ok(text) => Self(Form::Utf8(text.into())),
            Err(_) => Self(Form::Bytes(bytes.into())),
        }
    }

    /// Returns the bytes.
    pub fn as_bytes(&self) -> &[u8] {
        match &self.0 {
            Form::Utf8(text) => text.as_bytes(),
            Form::Bytes(bytes) => bytes,
        }
    }

    /// Returns the string, if it is UTF-8.
    pub fn as_str(&self) -> Option<&str> {
        match &self.0 {
            Form::Utf8(text) => Some(text),
            Form::Bytes(_) => None,
        }
    }

    /// Returns the string with U+FFFD for each byte that is not UTF-8, as Go's `range` over a string sees it.
    pub fn to_str(&self) -> Cow<'_, str> {
        match &self.0 {
            Form::Utf8(text) => Cow::Borrowed(text),
            Form::Bytes(bytes) => Cow::Owned(decode(bytes)),
        }
    }

    /// Returns the string as the manifest model stores it, with U+FFFD for each byte that is not UTF-8.
    pub fn to_smol(&self) -> SmolStr {
        match &self.0 {
            Form::Utf8(text) => text.clone(),
            Form::Bytes(bytes) => decode(bytes).into(),
        }
    }

    /// Returns whether there are no bytes.
    pub fn is_empty(&self) -> bool {
        self.as_bytes().is_empty()
    }

    /// Returns the number of bytes.
    pub fn len(&self) -> usize {
        self.as_bytes().len()
    }
}

/// Replaces each invalid byte with one U+FFFD; Rust's own lossy decoding merges several.
fn decode(mut bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    loop {
        match std::str::from_utf8(bytes) {
            Ok(rest) => {
                text.push_str(rest);
                return text;
            }
            Err(error) => {
                let (good, bad) = bytes.split_at(error.valid_up_to());
                text.push_str(std::str::from_utf8(good).expect("checked up to here"));
                text.push('\u{fffd}');
                bytes = bad.get(1..).unwrap_or_default();
            }
        }
    }
}

impl Default for Text {
    fn default() -> Self {
        Self(Form::Utf8(SmolStr::default()))
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Form::Utf8(text) => fmt::Debug::fmt(text.as_str(), out),
            Form::Bytes(bytes) => write!(out, "\"{}\"", bytes.escape_ascii()),
        }
    }
}

impl PartialEq for Text {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl Eq for Text {}

impl std::hash::Hash for Text {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.as_bytes().hash(state);
    }
}

impl PartialEq<str> for Text {
    fn eq(&self, other: &str) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl PartialEq<&str> for Text {
    fn eq(&self, other: &&str) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl PartialOrd for Text {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Text {
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_bytes().cmp(other.as_bytes())
    }
}

impl Borrow<[u8]> for Text {
    fn borrow(&self) -> &[u8] {
        self.as_bytes()
    }
}

impl AsRef<[u8]> for Text {
    fn as_ref(&self) -> &[u8] {
        self.as_bytes()
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self(Form::Utf8(text.into()))
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self(Form::Utf8(text.into()))
    }
}

impl From<SmolStr> for Text {
    fn from(text: SmolStr) -> Self {
        Self(Form::Utf8(text))
    }
}

impl From<&Text> for Text {
    fn from(text: &Text) -> Self {
        text.clone()
    }
}

impl From<Vec<u8>> for Text {
    fn from(bytes: Vec<u8>) -> Self {
        match String::from_utf8(bytes) {
            Ok(text) => text.into(),
            Err(error) => Self(Form::Bytes(error.as_bytes().into())),
        }
    }
}
