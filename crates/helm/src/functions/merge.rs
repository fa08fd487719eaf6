//! Merges maps into the first one, as the Go library mergo does for sprig.
//!
//! The first map is changed in place and takes over nested maps as they are: a later change to one of those is
//! visible in both.

use super::arguments::{Answer, Arguments};
use super::defaults::is_empty;
use crate::stack::deepen;
use crate::template::{Call, FunctionError};
use crate::value::{Map, Value};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// Fills in what is missing or empty.
    Fill,
    /// Replaces what is present.
    Overwrite,
}

/// How deep maps may nest before they are taken to contain themselves.
const DEPTH_LIMIT: usize = 1000;

pub(super) fn merge(call: &mut Call<'_>, arguments: &[Value]) -> Answer {
    merge_all(call, arguments, Mode::Fill)
}

pub(super) fn merge_overwrite(call: &mut Call<'_>, arguments: &[Value]) -> Answer {
    merge_all(call, arguments, Mode::Overwrite)
}

fn merge_all(call: &mut Call<'_>, arguments: &[Value], mode: Mode) -> Answer {
    let spend = &mut |entries| call.spend(entries);
    let mut target = Arguments(arguments).map(0)?.clone();
    for source in Arguments(arguments).from(1).iter().filter_map(Value::as_map) {
        if target.is_nil() && !source.is_nil() {
            target = Map::new();
        }
        merge_maps(&target, source, mode, DEPTH_LIMIT, spend)?;
    }
    Ok(target.into())
}

/// Counts the visited entries: a map that occurs in several places is visited several times.
type Spend<'a> = &'a mut dyn FnMut(usize) -> Result<(), FunctionError>;

fn merge_maps(
    target: &Map,
    source: &Map,
    mode: Mode,
    depth: usize,
    spend: Spend<'_>,
) -> Result<(), FunctionError> {
    let Some(depth) = depth.checked_sub(1) else {
        return Err(FunctionError::new("the maps nest too deeply to be merged"));
    };
    if target.same(source) {
        return Ok(());
    }
    spend(source.len())?;
    for (key, theirs) in source.entries() {
        if theirs.is_nil() {
            if mode == Mode::Overwrite {
                target.insert(key, theirs);
            }
            continue;
        }
        let ours = target.get(&key);
        match (&ours, &theirs) {
            (Some(Value::Map(ours)), Value::Map(theirs)) => {
                deepen(|| merge_maps(ours, theirs, mode, depth, spend))?;
                if ours.is_empty() {
                    target.insert(key, Value::Map(theirs.clone()));
                }
                continue;
            }
            (ours, Value::List(_) | Value::Bytes(_)) => {
                // A list replaces another only as a whole.
                let vacant = ours.as_ref().is_none_or(is_empty);
                if vacant || mode == Mode::Overwrite && !source.is_empty() {
                    target.insert(key, theirs);
                }
                continue;
            }
            _ => {}
        }
        if mode == Mode::Overwrite || ours.as_ref().is_none_or(is_empty) {
            target.insert(key, theirs);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::{ANY_MAP, Kind};

    fn map(entries: &[(&str, Value)]) -> Map {
        Map::with_entries(&ANY_MAP, entries.iter().map(|(key, value)| (*key, value.clone())))
    }

    #[test]
    fn what_holds_itself_is_refused_or_left() {
        let (left, right) = (Map::new(), Map::new());
        left.insert("self", Value::Map(left.clone()));
        right.insert("self", Value::Map(right.clone()));
        let free = &mut |_| Ok(());
        assert!(merge_maps(&left, &left.clone(), Mode::Fill, DEPTH_LIMIT, free).is_ok());
        assert!(merge_maps(&left, &right, Mode::Overwrite, DEPTH_LIMIT, free).is_err());
        // Otherwise the cycle would keep itself alive.
        left.remove("self");
        right.remove("self");
    }

    #[test]
    fn maps_are_shared_and_lists_replaced() {
        let inner = map(&[("y", Value::int(2))]);
        let target = map(&[("list", Value::list(vec![Value::int(1)])), ("zero", Value::Int(Kind::Int, 0))]);
        let source = map(&[
            ("inner", Value::Map(inner.clone())),
            ("list", Value::list(vec![Value::int(2)])),
            ("zero", Value::int(7)),
        ]);
        merge_maps(&target, &source, Mode::Fill, DEPTH_LIMIT, &mut |_| Ok(())).expect("the maps are flat");
        inner.insert("z", Value::int(3));
        let shared = target.get("inner").expect("the map was taken over");
        assert!(shared.as_map().is_some_and(|map| map.contains_key("z")));
        assert!(target.get("zero").is_some_and(|value| value.as_i64() == Some(7)));
        let list = target.get("list").expect("the list stays");
        assert!(list.deep_equal(&Value::list(vec![Value::int(1)])));
    }
}
