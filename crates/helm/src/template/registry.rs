//! Every function that a template can name.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use super::tree::Special;
use super::{Function, builtin};
use crate::{engine, functions};

/// The functions that go through all that their arguments hold.
const WALKING: &[&str] = &[
    "cat",
    "html",
    "join",
    "js",
    "mustToJson",
    "mustToPrettyJson",
    "mustToRawJson",
    "mustToToml",
    "mustToYaml",
    "print",
    "printf",
    "println",
    "quote",
    "sortAlpha",
    "squote",
    "toJson",
    "toPrettyJson",
    "toRawJson",
    "toString",
    "toStrings",
    "toToml",
    "toYaml",
    "toYamlPretty",
    "urlquery",
];

/// The functions that read a text and make a value of it.
const READING: &[&str] = &[
    "fromJson",
    "fromJsonArray",
    "fromToml",
    "fromYaml",
    "fromYamlArray",
    "mustFromJson",
    "semver",
    "semverCompare",
    "urlJoin",
    "urlParse",
];

/// Helm's functions come after Go's own, so that they win, and the engine's come last.
fn all() -> impl Iterator<Item = &'static Function> {
    builtin::ALL.iter().chain(functions::ALL).chain(engine::FUNCTIONS)
}

/// Returns a function, and whether the evaluator has to treat it on its own.
pub(super) fn find(name: &str) -> Option<(&'static Function, Special)> {
    static FUNCTIONS: OnceLock<BTreeMap<&'static str, (&'static Function, Special)>> = OnceLock::new();
    let functions = FUNCTIONS.get_or_init(|| {
        let special = |function: &Function| match function.name {
            "and" => Special::And,
            "or" => Special::Or,
            "call" => Special::Call,
            name if WALKING.contains(&name) => Special::Walk,
            name if READING.contains(&name) => Special::Read,
            _ => Special::None,
        };
        all().map(|function| (function.name, (function, special(function)))).collect()
    });
    functions.get(name).copied()
}
