//! Properties of every value: it reads back as written, here and with another reader.

use aqueduct_manifest::{Map, Value, json, to_value, yaml};
use proptest::prelude::*;

/// Texts of characters with a meaning in YAML, and of any other characters.
fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => "[a-z0-9 ]{0,12}",
        2 => prop::sample::select(vec![
            ":", ": ", " #", "#", "-", "- ", "---", "...", "?", "? ", "|", ">", "&a", "*a", "!", "!!", "%", "@", "`", "'", "\"",
            "{", "}", "[", "]", ",", "<<", "=", "~", "null", "yes", "no", "on", "off", "y", "n", "true", "0", "0x1F", "0b1", "0o7",
            "1_0", ".5", "1e3", ".inf", ".nan", "-.inf", "12:30", "2001-01-01", "2001-01-01T00:00:00Z", "\n", "\n\n", " \n", "\n ",
            "\t", "\r", "\r\n", "\0", "\u{7}", "\u{7F}", "\u{85}", "\u{A0}", "\u{2028}", "\u{2029}", "\u{FEFF}", "\u{FFFD}", "é", "日本",
            "😀", "  ", "\\", "\u{FFFE}",
        ])
        .prop_map(str::to_owned),
        1 => any::<String>(),
        1 => "[a-z ]{70,200}",
    ];
    prop::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat())
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        prop::num::f64::NORMAL.prop_map(|number| Value::Float(number + 0.5)),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 48, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((text(), inner), 0..6)
                .prop_map(|entries| Value::Map(entries.into_iter().collect::<Map>())),
        ]
    })
}

/// Returns the value after a round trip through JSON, in which whole floats become integers.
fn settled(value: &Value) -> Value {
    json::read(&json::write(value)).expect("what was written can be read")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_reads_back(value in value()) {
        let written = yaml::write(&value);
        let read = yaml::read(&written);
        prop_assert_eq!(read.as_ref().map(settled), Ok(settled(&value)), "{}", written);
        // Writing is a fixed point.
        prop_assert_eq!(yaml::write(&read.expect("it was read above")), written);
    }

    #[test]
    fn json_reads_back(value in value()) {
        for written in [json::write(&value), json::write_raw(&value), json::write_pretty(&value)] {
            prop_assert_eq!(json::read(&written).map(|value| json::write(&value)), Ok(json::write(&value)), "{}", written);
        }
    }

    #[test]
    fn another_reader_agrees(words in prop::collection::btree_map("[g-m][g-m. /-]{0,30}[g-m]", prop::collection::vec("[g-m:#'\"] ?[g-m \n-]{0,100}[g-m]", 0..4), 0..5)) {
        let value = to_value(&words).expect("these are lists of texts");
        let written = yaml::write(&value);
        let other: Value = serde_yaml::from_str(&written).expect("the text is YAML");
        prop_assert_eq!(&other, &value, "{}", written);
        prop_assert_eq!(yaml::read(&serde_yaml::to_string(&value).expect("any value can be written")).ok(), Some(value));
    }

    #[test]
    fn no_text_brings_it_down(pieces in prop::collection::vec(text(), 0..8), start in 0usize..40) {
        let text = pieces.concat();
        let text: String = text.chars().skip(start).collect();
        for dialect in [yaml::Dialect::Sigs, yaml::Dialect::Kyaml] {
            if let Ok(documents) = yaml::read_documents(&text, dialect) {
                for document in documents {
                    let _ = document.spans.value(&[yaml::Step::Index(0)]);
                    let _ = yaml::write_marshal(&document.value);
                }
            }
        }
        let _ = json::read(&text);
        let _ = yaml::convert_json(&text);
    }
}
