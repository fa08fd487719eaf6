//! Every function that a template can name.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use super::tree::Special;
use super::{Function, builtin};
use crate::{engine, functions};

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
            _ => Special::None,
        };
        all().map(|function| (function.name, (function, special(function)))).collect()
    });
    functions.get(name).copied()
}
