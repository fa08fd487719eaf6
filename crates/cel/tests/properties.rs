//! Any expression has a value or an error, and neither takes long.

use aqueduct_cel::{CelDialect, Datum, ExpressionScope, ExpressionType, Program, Variables};
use aqueduct_manifest::{Map, Value};
use proptest::prelude::{Strategy, any, prop_oneof, proptest};
use proptest::{collection, sample};

/// Pieces of expressions, so that some combinations are valid.
const PIECES: [&str; 74] = [
    "object",
    ".spec",
    ".?x",
    "[?'a']",
    "[0]",
    "['a']",
    "1",
    "-1",
    "9223372036854775807",
    "2u",
    "1.5",
    "'a'",
    "\"b\"",
    "b'c'",
    "null",
    "true",
    "false",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "{'a': 1}",
    "[1, 2]",
    ", ",
    ": ",
    " + ",
    " - ",
    " * ",
    " / ",
    " % ",
    " == ",
    " != ",
    " < ",
    " >= ",
    " && ",
    " || ",
    " ? ",
    " in ",
    "!",
    "-",
    ".all(k, k > 1)",
    ".exists(k, v, v == k)",
    ".map(x, x + x)",
    ".filter(x, x)",
    ".transformMap(k, v, k)",
    ".transformMapEntry(k, v, {v: k})",
    ".size()",
    "size(",
    "has(object.a)",
    "optional.of(",
    ".orValue(1)",
    ".hasValue()",
    "quantity('1Gi')",
    ".add(1)",
    "semver('1.2.3')",
    "ip('::1')",
    "cidr('10.0.0.0/8')",
    ".containsIP('10.1.1.1')",
    "url('https://a/b?c=d')",
    ".getQuery()",
    "timestamp('2024-01-01T00:00:00Z')",
    "duration('1h')",
    ".getHours('Europe/Berlin')",
    "format.named('uuid').value()",
    ".validate('x')",
    ".replace('', 'aa')",
    ".split('')",
    ".join('x')",
    "'%s %d %.3f %e %x %b'.format([1])",
    ".substring(1)",
    ".matches('(a+)+$')",
    ".flatten()",
];

fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        sample::select(vec![Value::Null, Value::Bool(true), Value::Int(i64::MIN), Value::Uint(u64::MAX)]),
        any::<f64>().prop_map(Value::Float),
        "[a-z1]{0,3}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            collection::btree_map("[abx]|spec|a-b|__", inner, 0..4)
                .prop_map(|entries| Value::Map(Map::from_iter(entries))),
        ]
    })
}

fn run(source: &str, value: &Value) {
    for (dialect, of) in
        [(CelDialect::Kubernetes, ExpressionType::Dyn), (CelDialect::Unchecked, ExpressionType::Dyn)]
    {
        let scope = ExpressionScope::new(dialect).with("object", of);
        if let Ok(program) = Program::compile(source, &scope) {
            let variables = Variables::new().with("object", Datum::new(value));
            let answer = program.evaluate(&variables);
            assert!(answer.is_ok() || answer.is_err_and(|error| !error.to_string().is_empty()));
        }
    }
}

proptest! {
    #[test]
    fn pieces_have_a_value_or_an_error(pieces in collection::vec(sample::select(&PIECES[..]), 1..8), value in json()) {
        run(&pieces.concat(), &value);
    }

    #[test]
    fn any_text_has_a_value_or_an_error(source in ".{0,40}", value in json()) {
        run(&source, &value);
    }
}

#[test]
fn what_grows_without_end_is_ended() {
    let doubled = format!("['xxxxxxxx']{}", ".map(x, x + x)".repeat(60));
    let nested = "[1,2,3,4,5,6,7,8,9,10]";
    let loops = (0..9).fold("true".to_owned(), |inner, level| format!("{nested}.all(v{level}, {inner})"));
    let replaced = format!("'aaaa'{}", ".replace('', 'aaaaaaaa')".repeat(40));
    for source in [doubled, loops, replaced] {
        let program =
            Program::compile(&source, &ExpressionScope::new(CelDialect::Kubernetes)).expect("an expression");
        assert!(program.evaluate(&Variables::new()).is_err(), "{source}");
    }
}

#[test]
fn what_is_deep_is_refused_or_computed() {
    let mut sources = vec![
        "(".repeat(5_000),
        "-".repeat(5_000),
        "!".repeat(100_000),
        "[".repeat(3_000) + &"]".repeat(3_000),
    ];
    sources.push(vec!["1"; 1_900].join(" + "));
    sources.push(vec!["true"; 1_900].join(" && "));
    sources.push(vec!["1"; 50_000].join(" + "));
    sources.push("true ? 1 : ".repeat(900) + "2");
    for source in sources {
        run(&source, &Value::Null);
    }
}
