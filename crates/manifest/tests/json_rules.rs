//! JSON as written by Go's `encoding/json`, and the errors of its decoder.

use aqueduct_manifest::{Map, Value, json};

#[test]
fn texts_are_escaped_as_go_escapes_them() {
    let value = Value::from("<a & b> \"\\\u{8}\u{c}\n\r\t\u{1}\u{7f}\u{2028}é😀");
    assert_eq!(
        json::write(&value),
        "\"\\u003ca \\u0026 b\\u003e \\\"\\\\\\b\\f\\n\\r\\t\\u0001\u{7f}\\u2028é😀\""
    );
    assert_eq!(json::write_raw(&Value::from("<a & b>\u{2029}")), "\"<a & b>\\u2029\"");
}

#[test]
fn numbers_are_written_by_their_size() {
    for (value, expected) in [
        (Value::Float(1e20), "100000000000000000000"),
        (Value::Float(1e21), "1e+21"),
        (Value::Float(0.000_001), "0.000001"),
        (Value::Float(1e-7), "1e-7"),
        (Value::Float(-1.5e-10), "-1.5e-10"),
        (Value::Float(-0.0), "-0"),
        (Value::Float(1.0), "1"),
        (Value::from(u64::MAX), "18446744073709551615"),
        (Value::from(i64::MIN), "-9223372036854775808"),
    ] {
        assert_eq!(json::write(&value), expected);
    }
}

#[test]
fn keys_are_in_byte_order_and_empty_collections_stay_on_their_line() {
    let empty = Value::Map(Map::new());
    let list = Value::from(vec![Value::from(1), Value::Null, Value::from(Vec::new())]);
    let value = Value::Map(Map::from_iter([("b", empty), ("a10", list), ("a2", Value::from(true))]));
    assert_eq!(json::write(&value), r#"{"a10":[1,null,[]],"a2":true,"b":{}}"#);
    insta::assert_snapshot!(json::write_pretty(&value), @r#"
    {
      "a10": [
        1,
        null,
        []
      ],
      "a2": true,
      "b": {}
    }
    "#);
}

#[test]
fn reading_keeps_integers_exact_and_takes_the_last_of_equal_keys() {
    let text = r#" {"a": 1, "a": [9007199254740993, 18446744073709551615, 1e3, -0], "\u00e9\ud83d\ude00\ud800": "\/"} "#;
    let value = json::read(text).expect("the text is JSON");
    assert_eq!(
        json::write(&value),
        "{\"a\":[9007199254740993,18446744073709551615,1000,-0],\"é😀\u{fffd}\":\"/\"}"
    );
}

#[test]
fn what_is_no_json_is_refused_in_the_words_of_go() {
    for (text, message, line, column) in [
        ("", "unexpected end of JSON input", 1, 1),
        ("{", "unexpected end of JSON input", 1, 2),
        ("{\"a\":\n x}", "invalid character 'x' looking for beginning of value", 2, 2),
        ("{'a': 1}", r"invalid character '\'' looking for beginning of object key string", 1, 2),
        ("{\"a\" 1}", "invalid character '1' after object key", 1, 6),
        ("{\"a\": 1 \"b\"}", "invalid character '\"' after object key:value pair", 1, 9),
        ("[1 2]", "invalid character '2' after array element", 1, 4),
        ("[1,]", "invalid character ']' looking for beginning of value", 1, 4),
        ("{\"a\": 1,}", "invalid character '}' looking for beginning of object key string", 1, 9),
        ("1 2", "invalid character '2' after top-level value", 1, 3),
        ("nul", "unexpected end of JSON input", 1, 4),
        ("nulx", "invalid character 'x' in literal null (expecting 'l')", 1, 4),
        ("01", "invalid character '1' after top-level value", 1, 2),
        ("1.", "unexpected end of JSON input", 1, 3),
        ("-a", "invalid character 'a' in numeric literal", 1, 2),
        ("\"\\x\"", r"invalid escape sequence `\x` in string", 1, 2),
        ("\"\\u12\"}", "invalid escape sequence `\\u12\"}` in string", 1, 2),
        ("\"\\u12", "unexpected end of JSON input", 1, 2),
        ("é", "invalid character 'é' looking for beginning of value", 1, 1),
        (
            "{\"a/b\": {\"c\": 1e999}}",
            "json: cannot unmarshal number 1e999 into Go struct field .a~1b.c of type float64",
            1,
            20,
        ),
        ("[1, 1e999]", "json: cannot unmarshal number 1e999 into .1 of type float64", 1, 10),
        ("\"a\nb\"", r"invalid character '\n' in string", 1, 3),
        ("1e999", "json: cannot unmarshal number 1e999 into Go value of type float64", 1, 6),
    ] {
        let error = json::read(text).expect_err("the text is no JSON");
        assert_eq!(
            (error.to_string().as_str(), error.line, error.column),
            (message, line, column),
            "{text:?}"
        );
    }
}
