//! The common parts of all value types: parsing from a scalar, and printing as in a manifest.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{self, Visitor};

/// Why a value is invalid: lower-case, literals in backticks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invalid(String);

impl Invalid {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}

impl fmt::Display for Invalid {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl std::error::Error for Invalid {}

/// A type that is parsed from a scalar.
pub(crate) trait Parsed: Sized {
    /// What messages expect, such as `a port between 1 and 65535`.
    const EXPECTED: &'static str;

    fn from_text(_text: &str) -> Option<Result<Self, Invalid>> {
        None
    }

    fn from_integer(_value: i64) -> Option<Result<Self, Invalid>> {
        None
    }

    fn from_float(_value: f64) -> Option<Result<Self, Invalid>> {
        None
    }
}

pub(crate) struct ParsedVisitor<T>(pub(crate) PhantomData<T>);

impl<T: Parsed> Visitor<'_> for ParsedVisitor<T> {
    type Value = T;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(T::EXPECTED)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
        match T::from_text(text) {
            Some(parsed) => parsed.map_err(E::custom),
            None => Err(E::invalid_type(de::Unexpected::Str(text), &self)),
        }
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<T, E> {
        match T::from_integer(value) {
            Some(parsed) => parsed.map_err(E::custom),
            None => Err(E::invalid_type(de::Unexpected::Signed(value), &self)),
        }
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<T, E> {
        match i64::try_from(value) {
            Ok(value) => self.visit_i64(value),
            Err(_) => Err(E::invalid_value(de::Unexpected::Unsigned(value), &self)),
        }
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<T, E> {
        match T::from_float(value) {
            Some(parsed) => parsed.map_err(E::custom),
            None => Err(E::invalid_type(de::Unexpected::Float(value), &self)),
        }
    }
}

/// Implements serde and JSON Schema for a [`Parsed`] type that prints itself. If neither `a` nor 1 is a valid value,
/// the schema needs an example to stand in for a missing value, so that the rest is read too.
macro_rules! parsed {
    ($type:ident, $schema:tt) => {
        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        crate::types::parsed::parsed!(@read $type, $schema);
    };
    (@read $type:ident, $schema:tt) => {
        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_any(crate::types::parsed::ParsedVisitor(std::marker::PhantomData))
            }
        }

        impl schemars::JsonSchema for $type {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($type).into()
            }

            fn schema_id() -> std::borrow::Cow<'static, str> {
                concat!(module_path!(), "::", stringify!($type)).into()
            }

            fn json_schema(_generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!($schema)
            }
        }
    };
}

/// Implements the common parts of a type that is just a checked string. The struct `Type(SmolStr)` and a function
/// `check(&str) -> Result<(), Invalid>` are written by hand.
macro_rules! checked_text {
    ($type:ident, $expected:literal, $schema:tt) => {
        impl $type {
            /// Returns the text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::str::FromStr for $type {
            type Err = crate::types::Invalid;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::check(text)?;
                Ok(Self(text.into()))
            }
        }

        impl std::fmt::Display for $type {
            fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                out.pad(&self.0)
            }
        }

        impl AsRef<str> for $type {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl std::borrow::Borrow<str> for $type {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl From<$type> for aqueduct_manifest::SmolStr {
            fn from(value: $type) -> Self {
                value.0
            }
        }

        impl From<&$type> for aqueduct_manifest::SmolStr {
            fn from(value: &$type) -> Self {
                value.0.clone()
            }
        }

        impl From<$type> for String {
            fn from(value: $type) -> Self {
                value.0.into()
            }
        }

        impl From<&$type> for aqueduct_manifest::Value {
            fn from(value: &$type) -> Self {
                Self::String(value.0.clone())
            }
        }

        impl crate::types::parsed::Parsed for $type {
            const EXPECTED: &'static str = $expected;

            fn from_text(text: &str) -> Option<Result<Self, crate::types::Invalid>> {
                Some(text.parse())
            }
        }

        crate::types::parsed::parsed!($type, $schema);
    };
}

pub(crate) use checked_text;
pub(crate) use parsed;

#[cfg(test)]
pub(crate) mod tests {
    use std::fmt::{Display, Write};
    use std::str::FromStr;

    /// Lists the result of parsing each text, one per line: the printed value, or the error.
    pub(crate) fn table<T: FromStr<Err = super::Invalid> + Display>(texts: &[&str]) -> String {
        texts.iter().fold(String::new(), |mut out, text| {
            let shown: String = if text.len() > 40 {
                format!("{}… ({} bytes)", &text[..20], text.len())
            } else {
                (*text).into()
            };
            match text.parse::<T>() {
                Ok(value) if value.to_string() == *text => writeln!(out, "{shown}: ok"),
                Ok(value) => writeln!(out, "{shown}: {value}"),
                Err(error) => writeln!(out, "{shown}: ERROR {error}"),
            }
            .expect("every text is a valid string");
            out
        })
    }
}
