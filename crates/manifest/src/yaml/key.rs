//! Keys of mappings: how sigs.k8s.io/yaml converts them to text, and which it rejects.

use smol_str::{SmolStr, format_smolstr};

use super::compose::Node;
use super::decode::text;
use super::error::Result;
use super::resolve::Resolved;
use crate::float::shortest_single;

/// Returns a scalar as the text of a JSON key; `None` if it cannot be one.
pub(super) fn key_text(node: &Node<'_>, value: &str, resolved: Resolved) -> Result<Option<SmolStr>> {
    Ok(Some(match resolved {
        Resolved::String | Resolved::Timestamp(_) => text(node, value)?,
        Resolved::Bool(true) => SmolStr::new_static("true"),
        Resolved::Bool(false) => SmolStr::new_static("false"),
        Resolved::Int(value) => format_smolstr!("{value}"),
        Resolved::Float(value) => match shortest_single(value).as_str() {
            "+Inf" => SmolStr::new_static(".inf"),
            "-Inf" => SmolStr::new_static("-.inf"),
            "NaN" => SmolStr::new_static(".nan"),
            text => text.into(),
        },
        Resolved::Null | Resolved::Uint(_) => return Ok(None),
    }))
}
