//! The traps of YAML 1.1 in go-yaml: the meaning of texts, and the error messages.

use aqueduct_manifest::{Position, Value, json, yaml};
use yaml::{Dialect, Step};

#[track_caller]
fn check(cases: &[(&str, &str)]) {
    for (text, expected) in cases {
        let outcome = yaml::read(text).map_or_else(|error| error.to_string(), |value| json::write(&value));
        assert_eq!(&outcome, expected, "{text:?}");
    }
}

#[track_caller]
fn check_kyaml(cases: &[(&str, &str)]) {
    for (text, expected) in cases {
        let outcome = yaml::read_values(text, Dialect::Kyaml).map_or_else(
            |error| error.to_string(),
            |values| values.iter().map(json::write).collect::<Vec<_>>().join(" "),
        );
        assert_eq!(&outcome, expected, "{text:?}");
    }
}

#[test]
fn words_that_are_truth_values() {
    check(&[
        (
            "[yes, no, on, off, y, n, Y, N, Yes, ON]",
            "[true,false,true,false,true,false,true,false,true,true]",
        ),
        ("[tRue, yEs, oN, nUll]", r#"["tRue","yEs","oN","nUll"]"#),
        ("yes: no", r#"{"true":false}"#),
        ("['yes', \"no\", !!str on]", r#"["yes","no","on"]"#),
        ("[~, null, Null, NULL, ]", "[null,null,null,null]"),
    ]);
}

#[test]
fn numbers_of_all_kinds() {
    check(&[
        ("[0777, 0o777, 0x1F, 0b11, +0x1F, -0b11]", "[511,511,31,3,31,-3]"),
        ("[0778, 08, 00, 0o8]", r#"[778,8,0,"0o8"]"#),
        ("[1_000, 1__0, 1_, 0x_1F, _1]", r#"[1000,10,1,31,"_1"]"#),
        ("[1e3, .5, 1., +.5, 1e400, .5_0, .5_]", r#"[1000,0.5,1,0.5,"1e400",0.5,".5_"]"#),
        ("[18446744073709551615, 18446744073709551616]", "[18446744073709551615,18446744073709552000]"),
        ("[-9223372036854775808, -9223372036854775809]", "[-9223372036854775808,-9223372036854776000]"),
        ("[12:30:00, 1:2, 190:20:30.15]", r#"["12:30:00","1:2","190:20:30.15"]"#),
        ("[2001-01-01, 2001-12-14t21:59:43.10-05:00]", r#"["2001-01-01","2001-12-14t21:59:43.10-05:00"]"#),
        (".inf", "json: unsupported value: +Inf"),
        ("a: .NaN", "json: unsupported value: NaN"),
    ]);
}

#[test]
fn keys_become_text() {
    check(&[
        ("{1: a, 1.5: b, 1e3: c, 0x10: d, true: e}", r#"{"1":"a","1.5":"b","1000":"c","16":"d","true":"e"}"#),
        (".inf: a", r#"{".inf":"a"}"#),
        ("{b:1}", r#"{"b:1":null}"#),
        ("a: 1\na: 2\n", r#"{"a":2}"#),
        ("~: v", "unsupported map key of type: %!s(<nil>), key: <nil>, value: \"v\""),
        (
            "9223372036854775808: a",
            "unsupported map key of type: uint64, key: 0x8000000000000000, value: \"a\"",
        ),
        // The key is reported before the number that JSON cannot represent.
        ("{a: .inf, ~: 1}", "unsupported map key of type: %!s(<nil>), key: <nil>, value: 1"),
        ("[1, 2]: a", "yaml: invalid map key: []interface {}{1, 2}"),
        (
            "a: {{ .Values.x }}",
            r#"yaml: invalid map key: map[interface {}]interface {}{".Values.x":interface {}(nil)}"#,
        ),
    ]);
}

#[test]
fn merge_keys() {
    check(&[
        ("b: &b {x: 1, y: 2}\na:\n  <<: *b\n  x: 3\n", r#"{"a":{"true":2,"x":3},"b":{"true":2,"x":1}}"#),
        // yaml.v2 overwrites what came before.
        ("b: &b {x: 1}\na:\n  x: 3\n  <<: *b\n", r#"{"a":{"x":1},"b":{"x":1}}"#),
        ("<<: [{a: 1, b: 1}, {b: 2, c: 2}]", r#"{"a":1,"b":1,"c":2}"#),
        ("'<<': {a: 1}", r#"{"\u003c\u003c":{"a":1}}"#),
        ("<<: {<<: {a: 1}, b: 2}", r#"{"a":1,"b":2}"#),
        ("<<: 1", "yaml: map merge requires map or sequence of maps as the value"),
        ("<<: [{a: 1}, 2]", "yaml: map merge requires map or sequence of maps as the value"),
    ]);
}

#[test]
fn tags() {
    check(&[
        ("[!!int '12', !!str 12, !foo 1, ! 1]", r#"[12,"12","1","1"]"#),
        ("!!binary aGk=", r#""hi""#),
        ("!!binary //8=", "\"\u{fffd}\u{fffd}\""),
        ("!!binary a", "yaml: !!binary value contains invalid base64 data"),
        ("!!float 1", "1"),
        ("!!int abc", "yaml: cannot decode !!str `abc` as a !!int"),
        ("!!timestamp 1", "yaml: cannot decode !!int `1` as a !!timestamp"),
        ("%TAG !e! tag:example.com,2000:\n---\n!e!x 1", r#""1""#),
        ("!e!x 1", "yaml: found undefined tag handle"),
    ]);
}

#[test]
fn scalars_over_several_lines() {
    check(&[
        ("a: |\n  x", r#"{"a":"x"}"#),
        ("a: |\n  x\n", r#"{"a":"x\n"}"#),
        ("a: |+\n  x\n\n\nb: 1\n", r#"{"a":"x\n\n\n","b":1}"#),
        ("a: |-\n  x\n\n", r#"{"a":"x"}"#),
        ("a: |2\n   x\n", r#"{"a":" x\n"}"#),
        ("a: >\n  x\n  y\n\n  z\n   w\n  v\n", r#"{"a":"x y\nz\n w\nv\n"}"#),
        ("a: \"x\ny\"", r#"{"a":"x y"}"#),
        ("a: \"x\\\n   y\"", r#"{"a":"xy"}"#),
        ("a: 'x\n\n  y'", r#"{"a":"x\ny"}"#),
        ("a: x\n  y\n\n  z\n", r#"{"a":"x y\nz"}"#),
        ("a: x\u{2028}  y\n", "{\"a\":\"x\\u2028y\"}"),
        ("a: |\r\n  x\r\n  y\r\n", r#"{"a":"x\ny\n"}"#),
        ("a: |0\n  x\n", "yaml: found an indentation indicator equal to 0"),
        ("a: |\n\tx\n", "yaml: line 2: found a tab character where an indentation space is expected"),
    ]);
}

#[test]
fn streams_and_documents() {
    check(&[
        ("", "null"),
        ("---", "null"),
        ("\u{FEFF}a: 1", r#"{"a":1}"#),
        ("a: 1\n--- {{{ not looked at", r#"{"a":1}"#),
        ("%YAML 1.1\n---\na: 1\n", r#"{"a":1}"#),
        ("%YAML 1.2\n---\na: 1\n", "yaml: found incompatible YAML document"),
        ("a: \"x\"#c", r#"{"a":"x"}"#),
        ("a:\tb", r#"{"a":"b"}"#),
        ("- \ta", "yaml: found character that cannot start any token"),
        ("a: \u{1}", "yaml: control characters are not allowed"),
        ("a: \"\\/\"", "yaml: found unknown escape character"),
        (r#""\ud83d\ude00""#, "yaml: found invalid Unicode character escape code"),
        ("a: b: c", "yaml: mapping values are not allowed in this context"),
        ("a: 'x", "yaml: found unexpected end of stream"),
        ("a: [1, 2", "yaml: line 1: did not find expected ',' or ']'"),
        ("a: *b", "yaml: unknown anchor 'b' referenced"),
        ("a: &a [*a]", "yaml: anchor 'a' value contains itself"),
    ]);
}

#[test]
fn what_comes_later_is_read_in_pieces_of_512_bytes() {
    let within = format!("a: 1\n---\n{}\u{1}", "#".repeat(400));
    assert!(yaml::read(&within).is_err());
    let beyond = format!("a: 1\n---\n{}\u{1}", "#".repeat(600));
    assert!(yaml::read(&beyond).is_ok());
    assert!(yaml::read_values(&beyond, Dialect::Sigs).is_err());
}

#[test]
fn kyaml_reads_by_the_rules_of_yaml_v3() {
    check_kyaml(&[
        ("[yes, no, on, off, y, n]", r#"["yes","no","on","off","y","n"]"#),
        ("[0777, 0o777, -0o7, 1_000, True]", "[511,511,-7,1000,true]"),
        ("yes: no", r#"{"yes":"no"}"#),
        ("%YAML 1.2\n---\na: 1\n", r#"{"a":1}"#),
        ("b: &b {x: 1, y: 2}\na:\n  x: 3\n  <<: *b\n", r#"{"a":{"x":3,"y":2},"b":{"x":1,"y":2}}"#),
        ("<<: [{a: 1, b: 1}, {b: 2, c: 2}]", r#"{"a":1,"b":1,"c":2}"#),
        (
            "[2001-01-01, 2001-12-14t21:59:43.10-05:00]",
            r#"["2001-01-01T00:00:00Z","2001-12-14T21:59:43.1-05:00"]"#,
        ),
        ("! 12", "12"),
        ("1: a", r#"{"1":"a"}"#),
        ("~: a\nb: c", r#"{"b":"c"}"#),
        ("a: {1: b}", "json: unsupported type: map[interface {}]interface {}"),
        ("a: {'1': b}", r#"{"a":{"1":"b"}}"#),
        (
            "a: 1\nb: 2\na: 3\n'b': 4\n",
            "yaml: unmarshal errors:\n  line 3: mapping key \"a\" already defined at line 1\n  \
             line 4: mapping key \"b\" already defined at line 2",
        ),
        ("a: 1\n---\nb: 2\n---\n", r#"{"a":1} {"b":2} null"#),
        ("a:\n  - 'x\n", "yaml: line 2: found unexpected end of stream"),
        ("a: 1\nb:\n  c: 1\n d: 2\n", "yaml: line 3: did not find expected key"),
    ]);
}

#[test]
fn places_of_keys_and_values() {
    let text = "# c\nbase: &base\n  y: 1\n---\nkind: Pod\nspec:\n- name: é\n  image: x\nother:\n  <<: {m: 1}\n  k: 2\n";
    let documents = yaml::read_documents(text, Dialect::Sigs).expect("the text is sound");
    assert_eq!(documents.iter().map(|document| document.line).collect::<Vec<_>>(), [2, 5]);
    assert_eq!(documents[0].value, yaml::read("base: {y: 1}").expect("the text is sound"));
    let spans = &documents[1].spans;
    let at = |line, column| Some(Position { line, column });
    let image = [Step::Key("spec"), Step::Index(0), Step::Key("image")];
    assert_eq!((spans.key(&image), spans.value(&image)), (at(8, 3), at(8, 10)));
    assert_eq!(spans.value(&image[..2]), at(7, 3));
    assert_eq!(spans.key(&[Step::Key("other"), Step::Key("m")]), at(10, 8));
    assert_eq!(spans.key(&[Step::Key("other"), Step::Key("k")]), at(11, 3));
    assert_eq!(spans.value(&[]), at(5, 1));
    assert_eq!(spans.key(&[Step::Key("spec"), Step::Index(1)]), None);
    assert_eq!(spans.key(&[Step::Key("kind"), Step::Key("x")]), None);
    assert_eq!(documents[0].spans.key(&[Step::Key("base"), Step::Key("true")]), at(3, 3));
}

#[test]
fn errors_have_a_place() {
    let error = yaml::read("a: 1\nb: c: d\n").expect_err("there are two values");
    assert_eq!((error.line, error.column), (2, 5));
    assert_eq!(error.to_string(), "yaml: line 2: mapping values are not allowed in this context");
    assert!(error.converting().starts_with("error converting YAML to JSON: yaml: line 2:"));
}

#[test]
fn texts_are_written_as_go_writes_them() {
    for (value, expected) in [
        (Value::from("yes"), "\"yes\"\n"),
        (Value::from(""), "\"\"\n"),
        (Value::from("<<"), "\"<<\"\n"),
        (Value::from("="), "=\n"),
        (Value::from("a: b"), "'a: b'\n"),
        (Value::from("it's: x"), "'it''s: x'\n"),
        (Value::from("2001-01-01"), "\"2001-01-01\"\n"),
        (Value::from("2001-13-01"), "2001-13-01\n"),
        (Value::from("12:30"), "\"12:30\"\n"),
        (Value::from("a\nb"), "|-\n  a\n  b\n"),
        (Value::from("\n"), "|2+\n\n"),
        (Value::from(" a\nb\n"), "|2\n   a\n  b\n"),
        (Value::from("a \nb"), "\"a \\nb\"\n"),
        (Value::from("a\tb"), "\"a\\tb\"\n"),
        (Value::from("\u{1F600}"), "\"\\U0001F600\"\n"),
        (Value::from("x\u{2028}y"), "'x\u{2028}  y'\n"),
        (Value::Float(1e6), "1000000\n"),
        (Value::Float(123_456_789.5), "1.234567895e+08\n"),
        (Value::Float(-0.0), "0\n"),
        (Value::Float(1e20), "1e+20\n"),
        (Value::from(u64::MAX), "18446744073709551615\n"),
    ] {
        assert_eq!(yaml::write(&value), expected, "{value:?}");
    }
}

#[test]
fn maps_are_written_in_natural_order_and_lists_at_the_indent_of_their_key() {
    let text = r#"{"b10":[1,[2,{"x":[]}],{}],"b2":{"c":{}},"B":null,"9":1,"multi\nline":{"z":[1]}}"#;
    let value = json::read(text).expect("the text is JSON");
    insta::assert_snapshot!(yaml::write(&value), @r#"
    "9": 1
    B: null
    b2:
      c: {}
    b10:
    - 1
    - - 2
      - x: []
    - {}
    ? |-
      multi
      line
    : z:
      - 1
    "#);
}

#[test]
fn marshalling_fails_where_go_fails() {
    let message = |value: &Value| yaml::write_marshal(value).map_err(|error| error.to_string());
    assert_eq!(message(&Value::from("a\u{7F}")), Err("yaml: control characters are not allowed".to_owned()));
    assert_eq!(message(&Value::from("a\u{85}b")), Ok("a b\n".to_owned()));
    assert!(message(&Value::Float(f64::NAN)).is_err());
    assert_eq!(
        yaml::convert_json("[1e6, 1000000]").map_err(|error| error.to_string()),
        Ok("- 1e+06\n- 1000000\n".to_owned())
    );
}

#[test]
fn numbers_that_only_other_readers_see_are_quoted_for_them() {
    let address = "0x9395e0fE5C3A5F9E0F4C8D2b2cA1B9A6b7c3D401";
    let written = |text: &str| (yaml::write(&text.into()), yaml::write_portable(&text.into()));
    assert_eq!(written(address), (format!("{address}\n"), format!("\"{address}\"\n")));
    assert_eq!(written("-0x1p"), ("-0x1p\n".to_owned(), "-0x1p\n".to_owned()));
    // A number for both, and a string for both.
    for (text, expected) in
        [("0x10", "\"0x10\"\n"), ("0xyz", "0xyz\n"), ("1.2.3", "1.2.3\n"), ("web", "web\n")]
    {
        assert_eq!(written(text), (expected.to_owned(), expected.to_owned()), "{text}");
    }
}
