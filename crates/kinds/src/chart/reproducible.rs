//! Checks whether a chart renders the same objects each time.
//!
//! A chart that uses the clock or randomness is rendered again with different answers. If an object differs, the
//! calls are varied one by one, so that each finding has the call and the fields that it decides. `lookup` and host
//! name lookups get the same empty answer in every render, as without a cluster.

use aqueduct_manifest::{Map, Object, Value};
use aqueduct_render::Error;

use super::answers::{Answers, Call};

/// The maximum number of renders: different answers can have the same effect, such as a choice between two numbers.
const ROUNDS: u32 = 8;
/// How many calls are varied one by one, and how many times each.
const PLACES: usize = 24;
const ROUNDS_ALONE: u32 = 3;

/// A difference between two renders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Difference {
    /// A field of an object of the first render, by the names that lead to it.
    Field {
        /// The index of the object.
        object: usize,
        /// The names.
        path: Vec<String>,
    },
    /// An object of the first render, by index, that the other one lacks.
    Object(usize),
    /// The other render fails, or has objects that the first one lacks.
    Whole,
}

/// A call, and what its answer decides.
pub(super) type Cause = (Call, Vec<Difference>);

/// Returns the objects of a chart, and the calls that decide their content.
///
/// # Errors
/// Returns the reason why the chart cannot be rendered.
pub(super) fn render(
    once: &dyn Fn(&mut Answers<'_>) -> Result<Vec<Object>, Error>,
) -> Result<(Vec<Object>, Vec<Cause>), Error> {
    let mut answers = Answers::new(0, None);
    let objects = once(&mut answers)?;
    if answers.asked.is_empty() {
        return Ok((objects, Vec::new()));
    }
    let differences = |round, only: Option<&Call>| match once(&mut Answers::new(round, only)) {
        Ok(others) => compare(&objects, &others),
        Err(_) => vec![Difference::Whole],
    };
    let mut rounds = (1..ROUNDS).map(|round| (round, differences(round, None)));
    let Some((round, together)) = rounds.find(|(_, found)| !found.is_empty()) else {
        return Ok((objects, Vec::new()));
    };
    let places: Vec<Call> = answers.asked.into_keys().collect();
    let alone = |place: &Call| {
        let mut rounds = (round..round + ROUNDS_ALONE).map(|round| differences(round, Some(place)));
        rounds.find(|found| !found.is_empty())
    };
    let mut causes: Vec<Cause> =
        places.iter().take(PLACES).filter_map(|place| Some((place.clone(), alone(place)?))).collect();
    if causes.is_empty() {
        // Only several calls together make a difference.
        causes = places.into_iter().map(|place| (place, together.clone())).collect();
    }
    Ok((objects, causes))
}

fn compare(objects: &[Object], others: &[Object]) -> Vec<Difference> {
    let mut found = Vec::new();
    if objects.len() == others.len() {
        for (number, (object, other)) in objects.iter().zip(others).enumerate() {
            compare_maps(number, &mut Vec::new(), &object.map, &other.map, &mut found);
        }
        return found;
    }
    let gone = |object: &Object| others.iter().all(|other| other.key() != object.key());
    let gone = objects.iter().enumerate().filter(|(_, object)| gone(object));
    found.extend(gone.map(|(number, _)| Difference::Object(number)));
    if found.is_empty() {
        found.push(Difference::Whole);
    }
    found
}

fn compare_maps(object: usize, path: &mut Vec<String>, map: &Map, other: &Map, found: &mut Vec<Difference>) {
    let added = other.keys().filter(|key| !map.contains_key(key));
    for key in map.keys().chain(added) {
        path.push(key.to_string());
        compare_values(object, path, map.get(key), other.get(key), found);
        path.pop();
    }
}

fn compare_values(
    object: usize,
    path: &mut Vec<String>,
    value: Option<&Value>,
    other: Option<&Value>,
    found: &mut Vec<Difference>,
) {
    match (value, other) {
        (Some(Value::Map(map)), Some(Value::Map(other))) => compare_maps(object, path, map, other, found),
        (Some(Value::List(list)), Some(Value::List(other))) if list.len() == other.len() => {
            for (number, (value, other)) in list.iter().zip(other).enumerate() {
                path.push(number.to_string());
                compare_values(object, path, Some(value), Some(other), found);
                path.pop();
            }
        }
        (value, other) if value == other => {}
        _ => found.push(Difference::Field { object, path: path.clone() }),
    }
}
