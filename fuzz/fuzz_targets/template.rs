//! Any bytes as a template: parsing and rendering end in an output or in an error, never in a panic, and
//! never run on.

#![no_main]

use aqueduct_helm::engine::{TemplateFile, Templates};
use aqueduct_helm::template::{CallSite, Host, Limits, Moment, Refusal};
use aqueduct_helm::value::{Map, Value};
use libfuzzer_sys::fuzz_target;

struct Nothing;

impl Host for Nothing {
    fn now(&mut self, _: &CallSite) -> Result<Moment, Refusal> {
        Err(Refusal("no clock".to_owned()))
    }

    fn random(&mut self, _: &CallSite, _: &mut [u8]) -> Result<(), Refusal> {
        Err(Refusal("no randomness".to_owned()))
    }
}

fuzz_target!(|text: &[u8]| {
    let file = TemplateFile {
        path: "c/templates/t.yaml".into(),
        base_path: "c/templates".into(),
        text: text.into(),
        scope: 0,
    };
    let Ok(templates) = Templates::parse(vec![file]) else { return };
    let values: Map = [
        ("text", Value::from("text")),
        ("number", Value::Float(1.5)),
        ("list", Value::list(vec![Value::int(1), Value::Nil, "a".into()])),
        ("map", Value::Map([("key", Value::from("value"))].into_iter().collect())),
    ]
    .into_iter()
    .collect();
    let scope: Map = [("Values", Value::Map(values))].into_iter().collect();
    let limits = Limits { output: 1 << 16, steps: 10_000, text: 1 << 16, nesting: 100 };
    let Ok(output) = templates.render(&[scope], &mut Nothing, limits) else { return };
    for rendered in output.values() {
        for line in 1..=rendered.text.as_bytes().split(|byte| *byte == b'\n').count() {
            rendered.place(line as u32);
        }
    }
});
