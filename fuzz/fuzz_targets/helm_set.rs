//! Any arguments of `--set` and similar flags are parsed or refused, without a panic and the same way twice, and
//! become values of bounded size.
//!
//! The input is split at lines of `===` into arguments of `--set`, `--set-string`, `--set-json` and `--set-literal`.

#![no_main]

use aqueduct_helm::{Notation, UserValues};
use aqueduct_helm::value::Value;
use aqueduct_manifest as manifest;
use libfuzzer_sys::fuzz_target;

/// More than the nesting depth of names, lists in lists and JSON together.
const DEPTH: usize = 700;
/// More than the number of values that the longest input can request.
const NODES: usize = 4 << 20;

fuzz_target!(|text: &str| {
    let mut parts = text.split("===\n").map(|part| part.lines().map(str::to_owned).collect::<Vec<_>>());
    let mut next = || parts.next().unwrap_or_default();
    let settings = [Notation::Typed, Notation::Text, Notation::Json, Notation::Literal].map(|notation| (notation, next()));
    let merged = || {
        let mut values = UserValues::new();
        for (notation, texts) in &settings {
            texts.iter().try_for_each(|text| values.set(text, notation)).map_err(|error| error.to_string())?;
        }
        Value::Map(values.into_map()).to_manifest().map_err(|error| error.to_string())
    };
    let first = merged();
    if let Ok(value) = &first {
        assert!(depth(value) <= DEPTH);
        assert!(nodes(value) <= NODES);
    }
    assert_eq!(first, merged());
});

fn depth(value: &manifest::Value) -> usize {
    let inner = match value {
        manifest::Value::List(list) => list.iter().map(depth).max(),
        manifest::Value::Map(map) => map.iter().map(|(_, value)| depth(value)).max(),
        _ => None,
    };
    inner.map_or(0, |depth| depth + 1)
}

fn nodes(value: &manifest::Value) -> usize {
    1 + match value {
        manifest::Value::List(list) => list.iter().map(nodes).sum(),
        manifest::Value::Map(map) => map.iter().map(|(_, value)| nodes(value)).sum(),
        _ => 0,
    }
}
