//! Typed reading with serde from a [`Node`], which reports all problems at once, with their places.
//!
//! Serde stops at the first error. In that case, a walk over the node finds all errors.

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
    /// Reads this node as a type; `what` is its name in messages, such as ``service `shop/web` ``.
    ///
    /// # Errors
    /// Returns all errors: unknown keys, wrong types, invalid values and missing keys.
    pub fn read<T: DeserializeOwned + JsonSchema + 'static>(&self, what: &str) -> Result<T, Vec<Diagnostic>> {
        match self.read_leniently(what) {
            (Some(value), diagnostics) if diagnostics.is_empty() => Ok(value),
            (_, diagnostics) => Err(diagnostics),
        }
    }

    /// Reads this node as [`Node::read`] does, and returns a value along with the errors. Invalid values are left
    /// out, and missing ones are filled with examples.
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

/// Returns the schema of a type, which is created once: if one node is invalid, thousands may be.
fn schema<T: JsonSchema + 'static>() -> Arc<Value> {
    static SCHEMAS: Mutex<BTreeMap<TypeId, Arc<Value>>> = Mutex::new(BTreeMap::new());
    let mut schemas = SCHEMAS.lock().unwrap_or_else(PoisonError::into_inner);
    schemas.entry(TypeId::of::<T>()).or_insert_with(|| Arc::new(schema_for!(T).to_value())).clone()
}
