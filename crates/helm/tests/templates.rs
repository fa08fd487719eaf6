//! Compares the templates of the corpus with what Helm's engine printed or refused.

mod corpus_folder;

use std::collections::BTreeMap;
use std::sync::Arc;

use aqueduct_helm::template::{CallSite, Host, Moment, Refusal};
use aqueduct_helm::value::Map;
use aqueduct_helm::{Capabilities, Chart, Engine, Error, KubeVersion, Prepared, Release};
use aqueduct_manifest::Files;
use base64::Engine as _;
use corpus_folder::corpus_folder;
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

/// Lines for which an earlier Helm printed something else, and what this one prints.
const NEWER: &[(&str, &str)] = &[
    ("len/017", "57"),
    ("builtin/016", "57 true"),
    ("math/031", "1 -1 42 0 0 0 1 0 0 1 1000000 42 31 8 -5 -9223372036854775808"),
];
/// A line that lists the API versions of an earlier Kubernetes.
const OF_ITS_TIME: &str = "builtin/015";

const CHART: &str = "apiVersion: v2\nname: c\nversion: 1.2.3\nappVersion: \"4.5.6\"\ndescription: A tiny chart\n\
                     type: application\n";

/// Renders one line; the result is the output or the error message.
fn render(line: &Line) -> Result<Vec<u8>, Vec<u8>> {
    let mut files = Files::new();
    let mut add = |path: &str, text: &str| files.insert(format!("c/{path}"), text.as_bytes());
    add("Chart.yaml", line.chart.as_deref().unwrap_or(CHART));
    add("values.yaml", &line.values.to_string());
    add("templates/t.yaml", &line.template);
    if let Some(helpers) = &line.helpers {
        add("templates/_helpers.tpl", helpers);
    }
    for (path, text) in &line.files {
        add(path, text);
    }
    let error = |error: Error| error.to_string().into_bytes();
    let chart = Arc::new(Chart::from_files(&files, "c").map_err(error)?);
    let prepared = Prepared::new(&chart, &Map::new()).map_err(error)?;
    let capabilities = Capabilities {
        kube_version: KubeVersion::parse("v1.33.0").map_err(error)?,
        helm_version: "v4.2".into(),
        ..Capabilities::default()
    };
    let release = Release::new("demo", "demo-ns");
    let output =
        prepared.render_files(&Engine::new(), &release, &capabilities, &mut Machine).map_err(error)?;
    Ok(output.get("c/templates/t.yaml").map(|rendered| rendered.text.as_bytes().to_vec()).unwrap_or_default())
}

#[test]
fn templates() {
    let path = corpus_folder().join("truth/templates.jsonl");
    let Ok(text) = std::fs::read_to_string(&path) else {
        println!("templates: skipped, no {}", path.display());
        return;
    };
    let decode = |text: &str| base64::engine::general_purpose::STANDARD.decode(text).expect("base64");
    let (mut passed, mut failed) = (0, Vec::new());
    for line in text.lines() {
        let mut line: Line = serde_json::from_str(line).expect("the truth is JSON");
        if line.name == OF_ITS_TIME {
            continue;
        }
        if let Some((_, output)) = NEWER.iter().find(|(name, _)| *name == line.name) {
            line.output = Some((*output).to_owned());
        }
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
            Err(bytes) => {
                format!("error {:?}", String::from_utf8_lossy(bytes).chars().take(2000).collect::<String>())
            }
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
