//! Malicious texts: deep, self-multiplying, or slow to tokenize.

use std::fmt::Write as _;
use std::thread;

use aqueduct_manifest::{List, Map, Value, json, yaml};
use yaml::{Dialect, MAX_DEPTH};

/// Runs a check with a stack as small as that of any thread.
fn on_small_stack(check: impl FnOnce() + Send + 'static) {
    let thread = thread::Builder::new().stack_size(2 << 20).spawn(check).expect("a thread can be started");
    thread.join().expect("the check holds");
}

#[test]
fn the_deepest_text_is_read_written_and_dropped() {
    on_small_stack(|| {
        for (open, close) in [("[", "]"), ("{a: ", "}"), ("[a: ", "]")] {
            let levels = if open == "[a: " { MAX_DEPTH / 2 } else { MAX_DEPTH };
            let text = format!("{}1{}", open.repeat(levels), close.repeat(levels));
            let value = yaml::read(&text).expect("this is just deep enough");
            let documents = yaml::read_documents(&text, Dialect::Kyaml).expect("this is just deep enough");
            assert_eq!(documents.len(), 1);
            let written = yaml::write(&value);
            assert_eq!(yaml::read(&written).expect("what was written can be read"), value);
            assert_eq!(json::read(&json::write_pretty(&value)).expect("what was written can be read"), value);
            assert!(yaml::write_marshal(&value.clone()).is_ok());
        }
    });
}

#[test]
fn deeper_text_is_refused() {
    on_small_stack(|| {
        let level = |level| format!("{:level$}a:\n", "");
        let blocks: String = (0..MAX_DEPTH + 1).map(level).collect();
        for text in [
            "[".repeat(1_000_000),
            "{a: ".repeat(100_000),
            "- ".repeat(100_000),
            "? ".repeat(100_000),
            blocks,
        ] {
            let error = yaml::read(&text).expect_err("the text is too deep");
            assert!(error.to_string().ends_with(&format!("exceeded max depth of {MAX_DEPTH}")), "{error}");
        }
        assert!(json::read(&"[".repeat(100_000)).is_err());
        assert!(json::read(&"{\"a\":".repeat(100_000)).is_err());
    });
}

#[test]
fn a_deeper_value_is_not_marshalled() {
    on_small_stack(|| {
        let deep = |levels| (0..levels).fold(Value::Null, |value, _| Value::from(vec![value]));
        assert!(yaml::write_marshal(&deep(MAX_DEPTH)).is_ok());
        let error = yaml::write_marshal(&deep(MAX_DEPTH + 1)).expect_err("the value is too deep");
        assert!(error.to_string().ends_with("exceeded max depth of 1000"), "{error}");
    });
}

#[test]
fn aliases_do_not_make_it_deeper() {
    on_small_stack(|| {
        let mut text = "a0: &a0 [1]\n".to_owned();
        for level in 1..20 {
            let (open, close) = ("[".repeat(90), "]".repeat(90));
            writeln!(text, "a{level}: &a{level} {open}*a{}{close}", level - 1).expect("a string takes all");
        }
        let error = yaml::read(&text).expect_err("the value is too deep");
        assert!(error.to_string().contains("exceeded max depth"), "{error}");
    });
}

#[test]
fn a_billion_laughs_are_refused() {
    for (first, next) in [("[lol]", "[{}]"), ("{a: lol}", "{{a: {0}, b: {0}, c: {0}}}")] {
        let mut text = format!("a0: &a0 {first}\n");
        for level in 1..30 {
            let alias = format!("*a{} ", level - 1);
            let value = match next {
                "[{}]" => format!("[{}]", vec![alias; 9].join(", ")),
                _ => next.replace("{{", "{").replace("}}", "}").replace("{0}", &alias),
            };
            writeln!(text, "a{level}: &a{level} {value}").expect("a string takes all");
        }
        for dialect in [Dialect::Sigs, Dialect::Kyaml] {
            let error = yaml::read_values(&text, dialect).expect_err("the value is too large");
            assert_eq!(error.to_string(), "yaml: document contains excessive aliasing");
        }
    }
}

#[test]
fn keys_that_hold_themselves_are_refused() {
    for text in ["&a {[*a, *a]: 1}", "&a [{*a: 1}, *a]", "&a {? {b: [*a, *a], c: *a} : d}"] {
        for dialect in [Dialect::Sigs, Dialect::Kyaml] {
            let error = yaml::read_values(text, dialect).expect_err("the key holds itself");
            assert_eq!(error.to_string(), "yaml: anchor 'a' value contains itself", "{text}");
        }
    }
    let mut text = "a0: &a0 [1]\n".to_owned();
    for level in 1..40 {
        writeln!(text, "a{level}: &a{level} {{? [*a{0}, *a{0}] : 1}}", level - 1)
            .expect("a string takes all");
    }
    assert!(yaml::read(&text).is_err());
    let lists: String =
        (1..40).map(|level| format!("a{level}: &a{level} [*a{0}, *a{0}]\n", level - 1)).collect();
    let error = yaml::read(&format!("? {{a0: &a0 [1], {}}}\n: 1\n", lists.trim_end().replace('\n', ", ")))
        .expect_err("the key is too large");
    assert_eq!(error.to_string(), "yaml: document contains excessive aliasing");
}

#[test]
fn a_long_text_is_read_in_time_that_grows_with_it() {
    // Each of these is quadratic if every token checks all open keys or blocks.
    let texts = [
        format!("{}{}{}", "[".repeat(900), "a, ".repeat(100_000), "]".repeat(900)),
        "a ".repeat(200_000),
        format!("{}: 1", "\"a\" ".repeat(3)),
        "- ? : ".repeat(300),
        "&a ".repeat(100_000),
        "!a ".repeat(100_000),
        "\n".repeat(500_000),
        format!("a: |\n{}", "\n".repeat(500_000)),
    ];
    for text in texts {
        let _ = yaml::read_values(&text, Dialect::Sigs);
        let _ = yaml::read_values(&text, Dialect::Kyaml);
    }
}

#[test]
fn an_order_that_is_none_does_no_harm() {
    let keys = ["v1", "v1alpha1", "v2", "v10", "1", "2", "10", "1a", "0", "00", "01", "a٣"];
    let map: Map = keys.iter().map(|key| (*key, Value::from(1))).collect();
    let nested = Value::Map(Map::from_iter([("a", Value::List(List::from(vec![Value::Map(map.clone())])))]));
    assert_eq!(yaml::read(&yaml::write(&nested)).expect("what was written can be read"), nested);
}
