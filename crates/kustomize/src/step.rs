//! The path to a value within a resource, and to the marks of how it was written.

use aqueduct_manifest::yaml::Marks;
use aqueduct_manifest::{List, Map, SmolStr, Value};

/// One step to a value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Step {
    Key(SmolStr),
    Index(usize),
}

/// Returns the value at the end of the steps.
pub(crate) fn get<'a>(map: &'a Map, steps: &[Step]) -> Option<&'a Value> {
    let (first, rest) = steps.split_first()?;
    let Step::Key(key) = first else { return None };
    rest.iter().try_fold(map.get(key)?, |value, step| match step {
        Step::Key(key) => value.get(key),
        Step::Index(index) => value.as_list()?.get(*index),
    })
}

/// Returns the value at the end of the steps, for changing.
pub(crate) fn get_mut<'a>(map: &'a mut Map, steps: &[Step]) -> Option<&'a mut Value> {
    let (first, rest) = steps.split_first()?;
    let Step::Key(key) = first else { return None };
    at(map.get_mut(key)?, rest)
}

/// Returns the value at the end of the steps from another value, for changing.
pub(crate) fn at<'a>(value: &'a mut Value, steps: &[Step]) -> Option<&'a mut Value> {
    steps.iter().try_fold(value, |value, step| match (step, value) {
        (Step::Key(key), Value::Map(map)) => map.get_mut(key),
        (Step::Index(index), Value::List(list)) => List::make_mut(list).get_mut(*index),
        _ => None,
    })
}

/// Returns the marks at the end of the steps.
pub(crate) fn marks<'a>(marks: &'a Marks, steps: &[Step]) -> &'a Marks {
    steps.iter().fold(marks, |marks, step| match step {
        Step::Key(key) => marks.field(key),
        Step::Index(index) => marks.element(*index),
    })
}

/// Sets the marks at the end of the steps.
pub(crate) fn set_marks(marks: &mut Marks, steps: &[Step], new: Marks) {
    let Some((first, rest)) = steps.split_first() else {
        *marks = new;
        return;
    };
    let layout = marks.layout();
    let old = std::mem::take(marks);
    *marks = match first {
        Step::Key(key) => {
            let mut fields = old.into_fields();
            set_marks(fields.entry(key.clone()).or_default(), rest, new);
            fields.retain(|_, marks| *marks != Marks::None);
            Marks::of_fields(layout, fields)
        }
        Step::Index(index) => {
            let mut elements = old.into_elements();
            set_marks(elements.entry(*index).or_default(), rest, new);
            elements.retain(|_, marks| *marks != Marks::None);
            Marks::of_elements(layout, elements)
        }
    };
}
