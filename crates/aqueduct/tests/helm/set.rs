//! Compares the results of `--set` and similar flags with Helm's.

use aqueduct::helm::ValueOptions;
use serde_json::Value;

use crate::truth_table::{self, truth_lines};

#[test]
fn arguments_as_helm_reads_them() {
    let Some(lines) = truth_lines("set") else { return };
    let mut failures = Vec::new();
    for line in &lines {
        let texts = |key: &str| -> Vec<String> {
            let texts = line[key].as_array().map(Vec::as_slice).unwrap_or_default();
            texts.iter().filter_map(Value::as_str).map(str::to_owned).collect()
        };
        let base = line["base"].to_string();
        let mut options = ValueOptions { files: vec!["base".to_owned()], ..ValueOptions::default() };
        match line["mode"].as_str().unwrap_or_default() {
            "set" => options.set = texts("args"),
            "set-string" => options.strings = texts("args"),
            "set-json" => options.json = texts("args"),
            "set-literal" => options.literals = texts("args"),
            mode => failures.push(format!("{}: no such mode: {mode}", line["name"])),
        }
        let actual = options
            .merge(&|_| Ok(base.clone().into_bytes()))
            .map_err(|error| error.to_string())
            .map(|values| truth_table::json_of(&values));
        let expected = match line["error"].as_str() {
            Some(error) => Err(error.to_owned()),
            None => Ok(line["result"].clone()),
        };
        if !truth_table::same(&actual, &expected) {
            failures.push(format!("{}: {:?}, not {:?}", line["name"], actual, expected));
        }
    }
    truth_table::report("set", &lines, &failures);
}

proptest::proptest! {
    #[test]
    fn any_argument_is_read_or_refused(
        arguments in proptest::collection::vec("[ab.=,{}\\[\\]\\\\\"0-9-]{0,40}", 0..4),
        mode in 0..4,
    ) {
        let mut options = ValueOptions::default();
        *match mode {
            0 => &mut options.set,
            1 => &mut options.strings,
            2 => &mut options.json,
            _ => &mut options.literals,
        } = arguments;
        if let Ok(values) = options.merge(&|_| Ok(Vec::new())) {
            truth_table::json_of(&values);
        }
    }
}

#[test]
fn lists_of_lists_have_an_end() {
    let merge = |set: Vec<String>| {
        let options = ValueOptions { set, ..ValueOptions::default() };
        options.merge(&|_| Ok(Vec::new())).map(drop).map_err(|error| error.to_string())
    };
    let refusal = Err("failed parsing --set data: more than 1048576 elements of lists".to_owned());
    assert_eq!(merge(vec![format!("a{}=1", "[65536]".repeat(10))]), Ok(()));
    assert_eq!(merge(vec![format!("a{}=1", "[65536]".repeat(100))]), refusal);
    assert_eq!(merge((0..100).map(|number| format!("a{number}[65536]=1")).collect()), refusal);
}

#[test]
fn nesting_has_an_end() {
    let merge = |argument: String| {
        let options = ValueOptions { set: vec![argument], ..ValueOptions::default() };
        options
            .merge(&|_| Ok(Vec::new()))
            .map(|values| truth_table::json_of(&values))
            .map_err(|error| error.to_string())
    };
    assert!(merge(format!("a{}=1", "[0]".repeat(400))).is_ok());
    let error = merge(format!("a{}=1", "[0]".repeat(100_000))).expect_err("it is too deep");
    assert_eq!(error, "failed parsing --set data: lists nest deeper than 500 levels");
    let error = merge("a.".repeat(100_000) + "b=1").expect_err("it is too deep");
    assert!(error.contains("value name nested level is greater than maximum supported nested level of 30"));
    let error = merge("a[65537]=1".to_owned()).expect_err("it is too large");
    assert!(error.ends_with("index of 65537 is greater than maximum supported index of 65536"), "{error}");
    let error = merge("a[99999999999999999999]=1".to_owned()).expect_err("it is too large");
    assert!(error.ends_with("strconv.Atoi: parsing \"99999999999999999999\": value out of range"), "{error}");
}
