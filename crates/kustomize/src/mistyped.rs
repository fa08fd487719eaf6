//! Scalars whose text is none of the type that they have.
//!
//! A replacement changes the text of a scalar and leaves its type. A number that says `api` is an error when the
//! resource is printed, unless somebody gives it another value before.

use std::collections::BTreeMap;

use aqueduct_manifest::{Map, SmolStr, Value};

use crate::error::{Error, Result};
use crate::step::{self, Step};

/// The scalars of one resource that are so.
#[derive(Clone, Debug, Default)]
pub(crate) struct Mistyped(BTreeMap<Vec<Step>, Scalar>);

#[derive(Clone, Debug)]
struct Scalar {
    text: SmolStr,
    /// A value of the type.
    like: Value,
    error: Error,
}

impl Mistyped {
    /// Notes a text that was put in the place of a value of another type, and what is to be said of that.
    pub(crate) fn add(&mut self, place: Vec<Step>, text: SmolStr, like: Value, error: Error) {
        self.0.insert(place, Scalar { text, like, error });
    }

    /// Returns a value of the type of a scalar that still holds what was noted.
    pub(crate) fn like(&self, map: &Map, place: &[Step]) -> Option<&Value> {
        let scalar = self.0.get(place)?;
        scalar.is_at(map, place).then_some(&scalar.like)
    }

    /// Refuses what is still there.
    pub(crate) fn check(&self, map: &Map) -> Result<()> {
        let wrong = self.0.iter().find(|(place, scalar)| scalar.is_at(map, place));
        wrong.map_or(Ok(()), |(_, scalar)| Err(scalar.error.clone()))
    }
}

impl Scalar {
    fn is_at(&self, map: &Map, place: &[Step]) -> bool {
        step::get(map, place).and_then(Value::as_str) == Some(&*self.text)
    }
}
