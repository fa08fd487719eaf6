//! Objects that are authored as structs: only the fields that are written, under the names that Kubernetes and the
//! operators read. Foreign objects never pass through structs.

use aqueduct_manifest::Object;
use serde::Serialize;

use crate::Error;

/// A custom resource that is authored as a struct.
pub trait CustomResource: Serialize {
    /// The API group and version.
    const API_VERSION: &'static str;
    /// The kind.
    const KIND: &'static str;

    /// Returns the object.
    ///
    /// # Errors
    /// A field that has no place in a manifest.
    fn object(&self) -> Result<Object, Error> {
        let mut object =
            Object::from_typed(self).map_err(|error| Error::field("", format!("{}: {error}", Self::KIND)))?;
        object.map.insert("apiVersion", Self::API_VERSION);
        object.map.insert("kind", Self::KIND);
        Ok(object)
    }
}

/// Returns the object of an authored struct.
///
/// # Errors
/// A struct that has no place in a manifest.
pub fn object<T: Serialize>(typed: &T) -> Result<Object, Error> {
    Object::from_typed(typed).map_err(|error| Error::field("", error.to_string()))
}
