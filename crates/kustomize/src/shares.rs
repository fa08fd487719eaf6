//! Scalars that are shared between several places of a resource.
//!
//! When Kustomize sets a label, it puts one node into all maps that lack it, so a later change in one of these places
//! changes all of them. The values here are trees, so the places are recorded separately.

use aqueduct_manifest::{Map, Value};

use crate::step::{Step, get, get_mut};

/// The scalars of one resource that occur in several places.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shares(Vec<Share>);

#[derive(Clone, Debug)]
struct Share {
    value: Value,
    places: Vec<Vec<Step>>,
}

impl Shares {
    /// Records that a value was put into several places as one node.
    pub(crate) fn add(&mut self, value: Value, places: Vec<Vec<Step>>) {
        self.0.push(Share { value, places });
        self.drop_single();
    }

    /// Propagates a change in one of the places to the others.
    pub(crate) fn settle(&mut self, map: &mut Map) {
        for share in &mut self.0 {
            share.places.retain(|place| get(map, place).is_some_and(is_scalar));
            let changed =
                share.places.iter().find_map(|place| get(map, place).filter(|at| **at != share.value));
            if let Some(changed) = changed.cloned() {
                share.write(map, changed);
            }
        }
        self.drop_single();
    }

    /// Forgets the places at or below one whose value was replaced entirely.
    pub(crate) fn forget_below(&mut self, steps: &[Step]) {
        for share in &mut self.0 {
            share.places.retain(|place| !place.starts_with(steps));
        }
        self.drop_single();
    }

    /// Propagates what a strategic merge patch wrote to the other places. The patch writes in key order, and the last
    /// value stays.
    pub(crate) fn settle_merged(&mut self, map: &mut Map, patch: &Map) {
        for share in &mut self.0 {
            share.places.retain(|place| get(map, place).is_some_and(is_scalar));
            share.places.sort_by(|left, right| keys(left).cmp(keys(right)));
            let mut written = None;
            share.places.retain(|place| {
                let touch = touch(patch, place);
                if touch == Touch::Written {
                    written = get(map, place).cloned();
                }
                touch != Touch::Replaced
            });
            if let Some(written) = written {
                share.write(map, written);
            }
        }
        self.drop_single();
    }

    fn drop_single(&mut self) {
        self.0.retain(|share| share.places.len() > 1);
    }
}

impl Share {
    fn write(&mut self, map: &mut Map, value: Value) {
        for place in &self.places {
            if let Some(at) = get_mut(map, place) {
                *at = value.clone();
            }
        }
        self.value = value;
    }
}

fn is_scalar(value: &Value) -> bool {
    !matches!(value, Value::Map(_) | Value::List(_))
}

fn keys(place: &[Step]) -> impl Iterator<Item = &str> {
    place.iter().map(|step| match step {
        Step::Key(key) => key.as_str(),
        Step::Index(_) => "",
    })
}

/// Returns whether a strategic merge patch leaves a place alone.
pub(crate) fn is_untouched(patch: &Map, place: &[Step]) -> bool {
    touch(patch, place) == Touch::Untouched
}

/// What a strategic merge patch does to a place.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Touch {
    Untouched,
    Written,
    /// Something around it was replaced, including a list.
    Replaced,
}

fn touch(patch: &Map, place: &[Step]) -> Touch {
    let mut around = patch;
    let mut steps = place.iter();
    while let Some(Step::Key(key)) = steps.next() {
        if around.get("$patch").is_some_and(|directive| directive.as_str() != Some("merge")) {
            return Touch::Replaced;
        }
        match around.get(key) {
            None => return Touch::Untouched,
            Some(Value::Map(inner)) => around = inner,
            Some(Value::List(_)) => return Touch::Replaced,
            Some(_) => return Touch::Written,
        }
    }
    Touch::Untouched
}
