//! Any text is parsed or refused, without a panic, and what was parsed is written so that it reads back the same.

#![no_main]

use aqueduct_manifest::yaml::{self, Dialect};
use aqueduct_manifest::{Value, json};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    for dialect in [Dialect::Sigs, Dialect::Kyaml] {
        let Ok(documents) = yaml::read_documents(text, dialect) else { continue };
        let values = yaml::read_values(text, dialect).expect("it was read with its places");
        assert_eq!(values.len(), documents.len());
        // An empty document at the end may begin after the last line.
        let lines = 1 + text.split(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}']).count();
        for (document, value) in documents.iter().zip(&values) {
            assert!((1..=lines as u32).contains(&document.line));
            assert_eq!(settled(&document.value), settled(value));
            check(value);
        }
        if dialect == Dialect::Sigs {
            let first = values.first().map_or(Value::Null, Value::clone);
            assert_eq!(yaml::read(text).as_ref().map(settled), Ok(settled(&first)));
        }
    }
    if let Ok(value) = json::read(text) {
        check(&value);
    }
});

/// Writes a value in every available form, and reads it back.
fn check(value: &Value) {
    let same = settled(value);
    for written in [yaml::write(value), yaml::write_portable(value)] {
        let again = yaml::read(&written).expect("what was written can be read");
        assert_eq!(settled(&again), same, "{written}");
        assert_eq!(yaml::write(&again), yaml::write(value));
    }
    if let Ok(written) = yaml::write_marshal(value) {
        // To the reader, a plain `<<` is a merge key.
        assert!(yaml::read(&written).is_ok() || written.contains("<<"), "{written}");
    }
    assert_eq!(json::write(&json::read(&json::write_pretty(value)).expect("it was written")), json::write(value));
}

/// Returns the value as it reads after a round trip through JSON and YAML: whole floats are integers, and zero has no
/// sign.
fn settled(value: &Value) -> Value {
    unsigned(json::read(&json::write(value)).expect("what was written can be read"))
}

fn unsigned(value: Value) -> Value {
    match value {
        Value::Float(0.0) => Value::Int(0),
        Value::List(list) => Value::from(list.into_vec().into_iter().map(unsigned).collect::<Vec<_>>()),
        Value::Map(map) => {
            Value::Map(map.iter().map(|(key, value)| (key.clone(), unsigned(value.clone()))).collect())
        }
        other => other,
    }
}
