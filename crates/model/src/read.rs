//! Typed reading: serde out of a [`Node`], with every problem at once and where it is.
//!
//! Serde stops at the first error. So the node is read again and again, each time without the values that
//! were found wrong and with a stand-in for the keys that were found missing, until nothing new is found.

mod deserializer;
mod error;
mod stand_in;
#[cfg(test)]
mod tests;

use aqueduct_manifest::Diagnostic;
use serde::de::DeserializeOwned;

use crate::interpolate::has_names;
use crate::node::Node;

use deserializer::{Amendments, Reader};
use error::{Kind, Place, ReadError};
use stand_in::StandIn;

/// How many problems of one node are looked for.
const LIMIT: usize = 200;

impl Node {
    /// Reads this node as a type; `what` is what messages call it, such as ``service `shop/web` ``.
    ///
    /// # Errors
    /// All that is wrong: unknown keys, wrong types, values that are refused, and keys that are missing.
    pub fn read<T: DeserializeOwned>(&self, what: &str) -> Result<T, Vec<Diagnostic>> {
        match self.read_leniently(what) {
            (Some(value), diagnostics) if diagnostics.is_empty() => Ok(value),
            (_, diagnostics) => Err(diagnostics),
        }
    }

    /// Reads this node as a type, as [`Node::read`] does, and returns what can be made of it beside what is
    /// wrong with it: what was refused is left out, and what is missing has some value.
    pub fn read_leniently<T: DeserializeOwned>(&self, what: &str) -> (Option<T>, Vec<Diagnostic>) {
        let mut amendments = Amendments::default();
        let mut diagnostics = Vec::new();
        let mut value = None;
        for _ in 0..LIMIT {
            match T::deserialize(Reader::new(self, &amendments)) {
                Ok(read) => {
                    value = Some(read);
                    break;
                }
                Err(error) => {
                    let (diagnostic, next) = amend(self, what, error, amendments);
                    diagnostics.extend(diagnostic);
                    match next {
                        Some(next) => amendments = next,
                        None => break,
                    }
                }
            }
        }
        diagnostics.sort_by(|left, right| left.labels.cmp(&right.labels));
        (value, diagnostics)
    }
}

/// Makes an error known, unless an earlier one caused it, and returns what the next reading is to leave
/// out and to put in; nothing where no further reading can tell more.
fn amend<'a>(
    root: &'a Node,
    what: &str,
    error: ReadError<'a>,
    mut amendments: Amendments<'a>,
) -> (Option<Diagnostic>, Option<Amendments<'a>>) {
    let place = error.place.unwrap_or(Place::Value(root));
    let (Place::Key(node) | Place::Value(node)) = place;
    let follow_up = match &error.kind {
        Kind::Unknown { .. } => false,
        Kind::StandIn => true,
        Kind::Missing { key } => amendments.explain_missing(node, key),
        // A name that stands for nothing was reported already.
        Kind::Variant { .. } | Kind::Type { .. } | Kind::Refused { .. } => {
            amendments.touch(node) || node.as_str().is_some_and(has_names)
        }
    };
    let diagnostic = (!follow_up).then(|| error.diagnostic(what, place));
    let next = match &error.kind {
        Kind::Missing { key } => {
            amendments.stand_ins.push(StandIn::new(node, key));
            Some(amendments)
        }
        Kind::StandIn => {
            let can_change = amendments.stand_ins.last_mut().is_some_and(StandIn::change);
            if can_change {
                Some(amendments)
            } else {
                // Nothing stands in for this key, so that the table as a whole cannot be read any further.
                amendments.stand_ins.pop().and_then(|stand_in| amendments.leave_out(root, stand_in.table))
            }
        }
        Kind::Unknown { suggestion, .. } => {
            if let (Some(suggestion), Some(table)) = (suggestion, error.table) {
                amendments.suggested.push((table, suggestion));
            }
            amendments.leave_out(root, node)
        }
        _ => amendments.leave_out(root, node),
    };
    (diagnostic, next)
}
