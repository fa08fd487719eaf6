//! Objects that are written as structs: only the fields that are set, with the names that Kubernetes and the
//! operators read. Foreign objects never pass through structs.

use aqueduct_manifest::Object;
use serde::Serialize;

use crate::Error;

/// A custom resource that is written as a struct.
pub trait CustomResource: Serialize {
    /// The API group and version.
    const API_VERSION: &'static str;
    /// The kind.
    const KIND: &'static str;

    /// Returns the object.
    ///
    /// # Errors
    /// Returns an error for a field that cannot be written as a manifest.
    fn object(&self) -> Result<Object, Error> {
        let mut object =
            Object::from_typed(self).map_err(|error| Error::field("", format!("{}: {error}", Self::KIND)))?;
        object.map.insert("apiVersion", Self::API_VERSION);
        object.map.insert("kind", Self::KIND);
        Ok(object)
    }
}

/// Returns a struct as an object.
///
/// # Errors
/// Returns an error for a struct that cannot be written as a manifest.
pub fn object<T: Serialize>(typed: &T) -> Result<Object, Error> {
    Object::from_typed(typed).map_err(|error| Error::field("", error.to_string()))
}
