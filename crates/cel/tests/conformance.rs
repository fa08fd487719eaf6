//! The conformance tests of the language, if present: the result of each expression, except for protocol buffers.

use std::fs;
use std::path::PathBuf;

use aqueduct_cel::{CelDialect, ExpressionScope, Program, Variables};
use aqueduct_manifest::{Value, json};

#[expect(clippy::disallowed_methods, reason = "whoever runs the tests says where the data is")]
fn path() -> PathBuf {
    let root: PathBuf = match std::env::var_os("AQUEDUCT_CORPUS") {
        Some(folder) => folder.into(),
        None => concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/corpus").into(),
    };
    root.join("kubernetes/cel-conformance.json")
}

/// Returns a value of the tests as an expression, because both sides are compared as text.
fn literal(value: &Value) -> Option<String> {
    let (kind, inner) = value.as_map()?.iter().next()?;
    let text = || inner.as_str().map(str::to_owned).or_else(|| Some(inner.as_f64()?.to_string()));
    let number = |key: &str| inner.get(key);
    Some(match kind.as_str() {
        "nullValue" => "null".to_owned(),
        "boolValue" => inner.as_bool()?.to_string(),
        "int64Value" => format!("int('{}')", text()?),
        "uint64Value" => format!("uint('{}')", text()?),
        "doubleValue" => match inner {
            Value::String(name) => format!("double('{name}')"),
            other => format!("double('{:?}')", other.as_f64()?),
        },
        "stringValue" => json::write_raw(inner),
        "bytesValue" => format!("base64.decode('{}')", inner.as_str()?),
        "listValue" => {
            let items = number("values").and_then(Value::as_list).cloned().unwrap_or_default();
            format!("[{}]", items.iter().map(literal).collect::<Option<Vec<_>>>()?.join(", "))
        }
        "mapValue" => {
            let entries = number("entries").and_then(Value::as_list).cloned().unwrap_or_default();
            let entries = entries.iter().map(|entry| {
                Some(format!("{}: {}", literal(entry.get("key")?)?, literal(entry.get("value")?)?))
            });
            format!("{{{}}}", entries.collect::<Option<Vec<_>>>()?.join(", "))
        }
        "typeValue" => inner.as_str()?.to_owned(),
        _ => return None,
    })
}

fn evaluate(source: &str, variables: &Variables) -> Result<String, String> {
    let program = Program::compile(source, &ExpressionScope::new(CelDialect::Unchecked))
        .map_err(|error| error.message)?;
    program.evaluate(variables).map(|datum| datum.to_string()).map_err(|error| error.to_string())
}

#[test]
fn expressions_give_what_the_language_says() {
    let Ok(text) = fs::read_to_string(path()) else {
        println!("skipped: the conformance tests are not here");
        return;
    };
    let tests = json::read(&text).expect("the tests are JSON");
    let (mut total, mut good) = (0, 0);
    for test in tests.as_list().expect("a list of tests") {
        let original = test.get("original").expect("the test itself");
        let whole = json::write(original);
        let about = ["proto", "TestAllTypes", "@type", "objectValue", "enumValue"];
        if about.iter().any(|word| whole.contains(word)) {
            continue;
        }
        total += 1;
        let source = original.get("expr").and_then(Value::as_str).unwrap_or("");
        let mut variables = Variables::new();
        for (name, value) in original.get("bindings").and_then(Value::as_map).into_iter().flatten() {
            let literal = value.get("value").and_then(literal);
            let program = literal.and_then(|literal| {
                Program::compile(&literal, &ExpressionScope::new(CelDialect::Unchecked)).ok()
            });
            if let Some(datum) = program.and_then(|program| program.evaluate(&Variables::new()).ok()) {
                variables.set(name.clone(), datum);
            }
        }
        let got = evaluate(source, &variables);
        let wanted = original.get("value").or_else(|| original.at(&["typedResult", "result"]));
        let is_good = if original.get("evalError").is_some() {
            got.is_err()
        } else if original.get("checkOnly").is_some() {
            Program::compile(source, &ExpressionScope::new(CelDialect::Unchecked)).is_ok()
        } else {
            let wanted = wanted.map_or(Some("true".to_owned()), literal);
            let wanted = wanted.map(|wanted| evaluate(&wanted, &Variables::new()));
            got.is_ok() && Some(&got) == wanted.as_ref()
        };
        good += usize::from(is_good);
        if !is_good {
            println!("    {source}: {got:?}, wanted {wanted:?} {:?}", original.get("evalError").is_some());
        }
    }
    println!("conformance: {good} of {total}");
    assert!(good * 100 >= total * 98, "{good} of {total}");
}
