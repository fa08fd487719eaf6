//! Ports and their names.

use std::fmt;
use std::num::NonZeroU16;

use aqueduct_manifest::SmolStr;
use serde::{Serialize, Serializer};

use crate::types::Invalid;
use crate::types::name::check_length;
use crate::types::parsed::{Parsed, checked_text, parsed};

/// A port: an integer between 1 and 65535.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Port(NonZeroU16);

impl Port {
    /// Returns the number.
    pub fn get(self) -> u16 {
        self.0.get()
    }
}

impl From<NonZeroU16> for Port {
    fn from(number: NonZeroU16) -> Self {
        Self(number)
    }
}

impl From<Port> for i32 {
    fn from(port: Port) -> Self {
        port.get().into()
    }
}

impl std::str::FromStr for Port {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        text.parse().map(Self).map_err(|_| {
            Invalid::new(format!("`{text}` is not a port: expected an integer between 1 and 65535"))
        })
    }
}

impl fmt::Display for Port {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(out)
    }
}

impl Serialize for Port {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u16(self.get())
    }
}

impl Parsed for Port {
    const EXPECTED: &'static str = "a port, an integer between 1 and 65535";

    fn from_integer(value: i64) -> Option<Result<Self, Invalid>> {
        Some(value.to_string().parse())
    }
}

parsed!(@read Port, {
    "type": "integer",
    "description": "A port.",
    "minimum": 1,
    "maximum": 65535
});

/// The name of a port: at most 15 lower-case letters, digits and single `-`, with at least one letter.
///
/// See RFC 6335, section 5.1.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PortName(SmolStr);

impl PortName {
    fn check(text: &str) -> Result<(), Invalid> {
        check_length("port name", text, 15)?;
        let letters = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if text.bytes().all(letters)
            && text.bytes().any(|byte| byte.is_ascii_lowercase())
            && !text.contains("--")
            && !text.starts_with('-')
            && !text.ends_with('-')
        {
            Ok(())
        } else {
            Err(Invalid::new(format!(
                "`{text}` is not a valid port name: it may only contain lower-case letters, digits and single `-` between them, with at least one letter"
            )))
        }
    }
}

checked_text!(PortName, "a port name", {
    "type": "string",
    "description": "The name of a port: at most 15 lower-case letters, digits and single `-`, with at least one letter.",
    "pattern": "^[0-9]*(-?[0-9]+)*-?[a-z](-?[a-z0-9]+)*$",
    "maxLength": 15
});

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::parsed::tests::table;

    #[test]
    fn ports() {
        insta::assert_snapshot!(table::<Port>(&["1", "65535", "0", "65536", "-1", "http", ""]), @r"
        1: ok
        65535: ok
        0: ERROR `0` is not a port: expected an integer between 1 and 65535
        65536: ERROR `65536` is not a port: expected an integer between 1 and 65535
        -1: ERROR `-1` is not a port: expected an integer between 1 and 65535
        http: ERROR `http` is not a port: expected an integer between 1 and 65535
        : ERROR `` is not a port: expected an integer between 1 and 65535
        ");
        insta::assert_snapshot!(table::<PortName>(&["http", "8080-tcp", "8080", "a--b", "-a", "a-", "HTTP", "sixteen-letters-", ""]), @r"
        http: ok
        8080-tcp: ok
        8080: ERROR `8080` is not a valid port name: it may only contain lower-case letters, digits and single `-` between them, with at least one letter
        a--b: ERROR `a--b` is not a valid port name: it may only contain lower-case letters, digits and single `-` between them, with at least one letter
        -a: ERROR `-a` is not a valid port name: it may only contain lower-case letters, digits and single `-` between them, with at least one letter
        a-: ERROR `a-` is not a valid port name: it may only contain lower-case letters, digits and single `-` between them, with at least one letter
        HTTP: ERROR `HTTP` is not a valid port name: it may only contain lower-case letters, digits and single `-` between them, with at least one letter
        sixteen-letters-: ERROR the port name `sixteen-letters-` is too long: 16 bytes, the limit is 15
        : ERROR the port name must not be empty
        ");
    }
}
