//! Scalars whose text does not match their type.
//!
//! A replacement changes the text of a scalar and keeps its type. A number with the text `api` is an error when the
//! resource is printed, unless it gets another value before that.

use std::collections::BTreeMap;

use aqueduct_manifest::{Map, SmolStr, Value};

use crate::error::{Error, Result};
use crate::step::{self, Step};

/// The mistyped scalars of one resource.
#[derive(Clone, Debug, Default)]
pub(crate) struct Mistyped(BTreeMap<Vec<Step>, Scalar>);

#[derive(Clone, Debug)]
struct Scalar {
    text: SmolStr,
    /// A value of the scalar's type.
    like: Value,
    error: Error,
}

impl Mistyped {
    /// Records a text that replaced a value of another type, and the error to report for it.
    pub(crate) fn add(&mut self, place: Vec<Step>, text: SmolStr, like: Value, error: Error) {
        self.0.insert(place, Scalar { text, like, error });
    }

    /// Returns a value of the type of a scalar, if the scalar still has the recorded text.
    pub(crate) fn like(&self, map: &Map, place: &[Step]) -> Option<&Value> {
        let scalar = self.0.get(place)?;
        scalar.is_at(map, place).then_some(&scalar.like)
    }

    /// Fails if any scalar is still mistyped.
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
