//! Any argument of `--set` and its kin is read or refused, without a panic, and the same way twice.
//!
//! The text is cut at lines of `===`: arguments of `--set`, `--set-string`, `--set-json`, `--set-literal`.

#![no_main]

use aqueduct_helm::ValueOptions;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let mut parts = text.split("===\n").map(|part| part.lines().map(str::to_owned).collect::<Vec<_>>());
    let mut next = || parts.next().unwrap_or_default();
    let options = ValueOptions {
        set: next(),
        strings: next(),
        json: next(),
        literals: next(),
        ..ValueOptions::default()
    };
    let merged = || {
        let values = options.merge(&|_| Ok(Vec::new())).map_err(|error| error.to_string())?;
        let value = aqueduct_helm::value::Value::Map(values);
        value.to_manifest().map_err(|error| error.to_string())
    };
    assert_eq!(merged(), merged());
});
