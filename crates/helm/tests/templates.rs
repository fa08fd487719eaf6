//! Templates of the corpus, against what Helm's engine printed or refused.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use aqueduct_helm::engine::{TemplateFile, Templates};
use aqueduct_helm::template::{CallSite, Host, Limits, Moment, Refusal};
use aqueduct_helm::value::{Map, VALUES_MAP, Value};
use aqueduct_manifest::json;
use base64::Engine as _;
use serde::Deserialize;

#[derive(Deserialize)]
struct Line {
    name: String,
    template: String,
    values: serde_json::Value,
    helpers: Option<String>,
    #[serde(default)]
    files: BTreeMap<String, String>,
    chart: Option<String>,
    output: Option<String>,
    output_base64: Option<String>,
    error: Option<String>,
    error_base64: Option<String>,
}

struct Machine;

impl Host for Machine {
    fn now(&mut self, _: &CallSite) -> Result<Moment, Refusal> {
        Ok(Moment { seconds: 1_700_000_000, nanoseconds: 0 })
    }

    fn random(&mut self, _: &CallSite, buffer: &mut [u8]) -> Result<(), Refusal> {
        for (index, byte) in buffer.iter_mut().enumerate() {
            *byte = (index as u8).wrapping_mul(37).wrapping_add(11);
        }
        Ok(())
    }
}

fn corpus() -> PathBuf {
    std::env::var_os("AQUEDUCT_CORPUS").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/corpus")),
        PathBuf::from,
    )
}

/// Helm drops the nulls of the chart's own values, except in lists.
fn without_nulls(value: &aqueduct_manifest::Value) -> aqueduct_manifest::Value {
    match value.as_map() {
        None => value.clone(),
        Some(map) => map
            .iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(key, value)| (key.clone(), without_nulls(value)))
            .collect::<aqueduct_manifest::Map>()
            .into(),
    }
}

/// Renders one line; the result is the output or the message.
fn render(line: &Line) -> Result<Vec<u8>, Vec<u8>> {
    let values = json::read(&line.values.to_string()).expect("values are JSON");
    let values = match Value::from(&without_nulls(&values)) {
        Value::Map(map) => map,
        _ => Map::new(),
    };
    let release = [
        ("Name", Value::from("demo")),
        ("Namespace", "demo-ns".into()),
        ("IsInstall", true.into()),
        ("IsUpgrade", false.into()),
        ("Revision", Value::int(1)),
        ("Service", "Helm".into()),
    ];
    let chart = [("Name", Value::from("c")), ("Version", "1.2.3".into()), ("AppVersion", "4.5.6".into())];
    let scope: Map = [
        ("Values", Value::Map(values.converted(&VALUES_MAP))),
        ("Release", Value::Map(release.into_iter().collect())),
        ("Chart", Value::Map(chart.into_iter().collect())),
        ("Files", Value::Map(Map::new())),
        ("Capabilities", Value::Map(Map::new())),
        ("Subcharts", Value::Map(Map::new())),
    ]
    .into_iter()
    .collect();
    let file = |name: &str, text: &str| TemplateFile {
        path: format!("c/templates/{name}").into(),
        base_path: "c/templates".into(),
        text: text.as_bytes().into(),
        scope: 0,
    };
    let mut files = vec![file("t.yaml", &line.template)];
    files.extend(line.helpers.as_deref().map(|text| file("_helpers.tpl", text)));
    let error = |error: aqueduct_helm::engine::RenderError| error.message.as_bytes().to_vec();
    let templates = Templates::parse(files).map_err(error)?;
    let output = templates.render(&[scope], &mut Machine, Limits::default()).map_err(error)?;
    Ok(output.get("c/templates/t.yaml").map(|rendered| rendered.text.as_bytes().to_vec()).unwrap_or_default())
}

#[test]
fn templates() {
    let path = corpus().join("truth/templates.jsonl");
    let Ok(text) = std::fs::read_to_string(&path) else {
        println!("templates: skipped, no {}", path.display());
        return;
    };
    let decode = |text: &str| base64::engine::general_purpose::STANDARD.decode(text).expect("base64");
    let (mut passed, mut failed) = (0, Vec::new());
    for line in text.lines() {
        let line: Line = serde_json::from_str(line).expect("the truth is JSON");
        let expected = match (&line.output, &line.output_base64, &line.error, &line.error_base64) {
            (Some(output), ..) => Ok(output.clone().into_bytes()),
            (_, Some(output), ..) => Ok(decode(output)),
            (_, _, Some(error), _) => Err(error.clone().into_bytes()),
            (.., Some(error)) => Err(decode(error)),
            _ => panic!("{}: neither output nor error", line.name),
        };
        let found = render(&line);
        if found == expected {
            passed += 1;
            continue;
        }
        let show = |result: &Result<Vec<u8>, Vec<u8>>| match result {
            Ok(bytes) => format!("output {:?}", String::from_utf8_lossy(bytes)),
            Err(bytes) => format!("error {:?}", String::from_utf8_lossy(bytes).chars().take(2000).collect::<String>()),
        };
        failed.push(format!(
            "{}\n  template {:?}\n  expected {}\n  found    {}",
            line.name,
            line.template,
            show(&expected),
            show(&found)
        ));
    }
    println!("templates: {passed} of {} lines", passed + failed.len());
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}
