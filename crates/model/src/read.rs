//! Typed reading: serde out of a [`Node`], with every problem at once and where it is.
//!
//! Serde stops at the first error. Where there is one, a walk over the node finds all of them.

mod deserializer;
mod error;
mod form;
mod search;
#[cfg(test)]
mod tests;

use std::any::TypeId;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use aqueduct_manifest::Diagnostic;
use schemars::{JsonSchema, schema_for};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::node::Node;

use deserializer::Reader;
use search::Search;

impl Node {
    /// Reads this node as a type; `what` is what messages call it, such as ``service `shop/web` ``.
    ///
    /// # Errors
    /// All that is wrong: unknown keys, wrong types, values that are refused, and keys that are missing.
    pub fn read<T: DeserializeOwned + JsonSchema + 'static>(&self, what: &str) -> Result<T, Vec<Diagnostic>> {
        match self.read_leniently(what) {
            (Some(value), diagnostics) if diagnostics.is_empty() => Ok(value),
            (_, diagnostics) => Err(diagnostics),
        }
    }

    /// Reads this node as a type, as [`Node::read`] does, and returns what can be made of it beside what is
    /// wrong with it: what was refused is left out, and what is missing has some value.
    pub fn read_leniently<T: DeserializeOwned + JsonSchema + 'static>(
        &self,
        what: &str,
    ) -> (Option<T>, Vec<Diagnostic>) {
        let error = match T::deserialize(Reader::new(self, &[])) {
            Ok(value) => return (Some(value), Vec::new()),
            Err(error) => error,
        };
        let schema = schema::<T>();
        let mut search = Search::<T>::new(self, &schema, what);
        let remains = search.run(error);
        let mut diagnostics = search.diagnostics;
        diagnostics.sort_by(|left, right| left.labels.cmp(&right.labels));
        (remains.and_then(|remains| T::deserialize(Reader::new(&remains, &[])).ok()), diagnostics)
    }
}

/// Returns the schema of a type, made once: where one node is wrong, thousands may be.
fn schema<T: JsonSchema + 'static>() -> Arc<Value> {
    static SCHEMAS: Mutex<BTreeMap<TypeId, Arc<Value>>> = Mutex::new(BTreeMap::new());
    let mut schemas = SCHEMAS.lock().unwrap_or_else(PoisonError::into_inner);
    schemas.entry(TypeId::of::<T>()).or_insert_with(|| Arc::new(schema_for!(T).to_value())).clone()
}
