//! Any bytes as a template: parsing and rendering end in output or in an error with its place, the same one twice,
//! without a panic and without running forever.

#![no_main]

use aqueduct_helm::Engine;
use aqueduct_helm::engine::{RenderError, Rendered, TemplateFile, Templates};
use aqueduct_helm::template::{CallSite, Host, Limits, Moment, Refusal};
use aqueduct_helm::value::{Map, Value};
use libfuzzer_sys::fuzz_target;

const PATH: &str = "c/templates/t.yaml";

/// A clock that stands still and bytes from a counter: too few per call for keys that take long to make.
struct Repeatable(u64);

impl Host for Repeatable {
    fn now(&mut self, _: &CallSite) -> Result<Moment, Refusal> {
        Ok(Moment { seconds: 1_700_000_000, nanoseconds: 123_456_789 })
    }

    fn random(&mut self, _: &CallSite, buffer: &mut [u8]) -> Result<(), Refusal> {
        if buffer.len() > 64 {
            return Err(Refusal("too much randomness".to_owned()));
        }
        for byte in buffer {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            *byte = (self.0 >> 56) as u8;
        }
        Ok(())
    }
}

fuzz_target!(|text: &[u8]| {
    let file = TemplateFile {
        path: PATH.into(),
        base_path: "c/templates".into(),
        text: text.into(),
        scope: 0,
    };
    let templates = match Engine::new().parse(vec![file]) {
        Ok(templates) => templates,
        Err(error) => {
            assert!(error.message.to_str().contains(PATH), "{error}");
            return;
        }
    };
    let lines = text.split(|byte| *byte == b'\n').count() as u32;
    let first = rendered(&templates);
    match &first {
        Ok(output) => {
            for line in 1..=output.text.as_bytes().split(|byte| *byte == b'\n').count() {
                if let Some(place) = output.place(line as u32) {
                    assert!((1..=lines).contains(&place.line), "line {line} comes from {place:?}");
                }
            }
        }
        Err(error) => {
            assert!(error.message.to_str().contains(PATH), "{error}");
            let outermost = error.places.first().expect("an error has a place");
            assert_eq!(&*outermost.template, PATH);
            assert!((1..=lines).contains(&outermost.line), "{error}");
        }
    }
    let second = rendered(&templates);
    match (first, second) {
        (Ok(first), Ok(second)) => assert_eq!(first.text, second.text),
        (first, second) => assert_eq!(first.err(), second.err()),
    }
});

fn rendered(templates: &Templates) -> Result<Rendered, RenderError> {
    let values: Map = [
        ("text", Value::from("text")),
        ("number", Value::Float(1.5)),
        ("list", Value::list(vec![Value::int(1), Value::Nil, "a".into()])),
        ("map", Value::Map([("key", Value::from("value"))].into_iter().collect())),
    ]
    .into_iter()
    .collect();
    let scope: Map = [("Values", Value::Map(values))].into_iter().collect();
    let limits = Limits { output: 1 << 16, steps: 300_000, text: 1 << 16, nesting: 100 };
    let output = Engine::new().limited(limits).render(templates, &[scope], &mut Repeatable(0))?;
    Ok(output.into_values().next().expect("there is one file"))
}
