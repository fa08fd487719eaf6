//! Small charts that request a lot of work: it is refused, or grows no faster than the chart.

use std::fmt::Write as _;
use std::sync::Arc;

use aqueduct_helm::hosts::Refusing;
use aqueduct_helm::value::Map;
use aqueduct_helm::{Capabilities, Chart, Engine, Prepared, Release, read_values};
use aqueduct_manifest::Files;

/// Renders a chart and returns the number of its documents and the template line that the last one comes from.
fn outcome(files: &[(String, String)]) -> String {
    let mut chart = Files::new();
    for (path, text) in files {
        chart.insert(path.clone(), text.as_bytes());
    }
    let result = Chart::from_files(&chart, "").and_then(|chart| {
        let values = Map::from(&read_values(b"{}")?);
        let prepared = Prepared::new(&Arc::new(chart), &values)?;
        prepared.validate()?;
        prepared
            .render(&Engine::new(), &Release::new("r", "n"), &Capabilities::default(), &mut Refusing)
            .map_err(|failure| failure.error)
    });
    match result {
        Ok(rendered) => {
            let last = rendered.manifests.last().and_then(|manifest| manifest.place.as_ref());
            format!("{} documents, line {}", rendered.manifests.len(), last.map_or(0, |place| place.line))
        }
        Err(error) => error.to_string(),
    }
}

fn file(path: &str, text: impl Into<String>) -> (String, String) {
    (path.to_owned(), text.into())
}

fn chart(name: &str, dependencies: &str) -> String {
    format!("apiVersion: v2\nname: {name}\nversion: 1.0.0\n{dependencies}")
}

/// Returns a chart with nested subcharts, each declared by its parent as often as there are aliases.
fn nested(levels: usize, declared: &dyn Fn(&str) -> String, files: &[(&str, &str)]) -> Vec<(String, String)> {
    let mut all = Vec::new();
    let mut folder = String::new();
    for level in 0..=levels {
        let dependencies = if level < levels {
            format!("dependencies:\n{}", declared(&format!("s{}", level + 1)))
        } else {
            String::new()
        };
        all.push(file(&format!("{folder}Chart.yaml"), chart(&format!("s{level}"), &dependencies)));
        all.extend(files.iter().map(|(path, text)| file(&format!("{folder}{path}"), *text)));
        let _ = write!(folder, "charts/s{}/", level + 1);
    }
    all
}

#[test]
fn aliases_of_subcharts() {
    let twice = |name: &str| {
        format!(
            "- {{name: {name}, version: 1.0.0, alias: x}}\n- {{name: {name}, version: 1.0.0, alias: y}}\n"
        )
    };
    let template = [("templates/a.yaml", "kind: A\n")];
    assert_eq!(outcome(&nested(7, &twice, &template)), "255 documents, line 1");
    assert_eq!(
        outcome(&nested(25, &twice, &template)),
        "chart dependencies processing failed: more than 1000 subcharts take part"
    );
    // Subcharts that a condition excludes do not count.
    let once = |name: &str| {
        let left_out =
            |number| format!("- {{name: {name}, version: 1.0.0, alias: x{number}, condition: on}}\n");
        format!("{}- {{name: {name}, version: 1.0.0}}\n", (0..100).map(left_out).collect::<String>())
    };
    let files = [("templates/a.yaml", "kind: A\n"), ("values.yaml", "on: false\n")];
    assert_eq!(outcome(&nested(1, &once, &files)), "2 documents, line 1");
}

#[test]
fn values_that_are_imported_again_and_again() {
    let twice = |name: &str| {
        format!(
            "- name: {name}\n  version: 1.0.0\n  import-values: [{{child: a, parent: a.x}}, {{child: a, parent: a.y}}]\n"
        )
    };
    let files = [("values.yaml", "a: {z: {k: 1}}\n"), ("templates/a.yaml", "kind: A\n")];
    assert_eq!(outcome(&nested(5, &twice, &files)), "6 documents, line 1");
    assert_eq!(
        outcome(&nested(25, &twice, &files)),
        "chart dependencies processing failed: more than 200000 values are imported from subcharts"
    );
}

#[test]
fn documents_of_one_template() {
    let text = "---\nkind: A\n".repeat(20_000);
    let files = [file("Chart.yaml", chart("c", "")), file("templates/a.yaml", text)];
    assert_eq!(outcome(&files), "20000 documents, line 40000");
    let text = "---\n{{ if true }}kind: A{{ end }}\n{{ .Values.none }}\n".repeat(5_000);
    let files = [file("Chart.yaml", chart("c", "")), file("templates/a.yaml", text)];
    assert_eq!(outcome(&files), "5000 documents, line 14999");
}

/// Returns a schema whose parts each refer twice to the next one; `d` may be spelled in different ways.
fn doubling(d: &str, levels: usize, keyword: &dyn Fn(&str) -> String, first: &str, last: &str) -> String {
    let mut parts = String::new();
    for level in 0..levels {
        let _ =
            write!(parts, "\"a{level}\": {}, ", keyword(&format!("{{\"$ref\": \"#/{d}/a{}\"}}", level + 1)));
    }
    format!("{{{first}, \"d\": {{{parts}\"a{levels}\": {last}}}}}")
}

#[test]
fn schemas_that_double() {
    let refused = "values don't meet the specifications of the schema(s) in the following chart(s):\nc:\nchecking the \
                   values would take more than 300000 comparisons with parts of the schema: its references lead to the \
                   same parts over and over\n";
    let here = "\"$ref\": \"#/d/a0\"";
    let any = |next: &str| format!("{{\"anyOf\": [{next}, {next}]}}");
    let all = |next: &str| format!("{{\"allOf\": [{next}, {next}]}}");
    let condition = |next: &str| format!("{{\"if\": {next}, \"else\": {next}}}");
    let inside = |next: &str| {
        format!("{{\"properties\": {{\"a\": {next}}}, \"additionalProperties\": {next}, \"not\": {next}}}")
    };
    let deep = format!("{}1{}\n", "{a: ".repeat(40), "}".repeat(40));
    let is_refused = |last: &str, keyword: &dyn Fn(&str) -> String| {
        for d in ["d", "%64"] {
            let schema = doubling(d, 40, keyword, here, last);
            let files = [
                file("Chart.yaml", chart("c", "")),
                file("values.yaml", deep.clone()),
                file("values.schema.json", schema.clone()),
            ];
            assert_eq!(outcome(&files), refused, "{schema}");
        }
    };
    is_refused("false", &any);
    is_refused("true", &all);
    is_refused("false", &condition);
    is_refused("false", &inside);
    // What no value meets costs nothing, and neither does what refers to itself.
    for schema in [
        doubling("%64", 40, &any, "\"properties\": {\"none\": {\"$ref\": \"#/d/a0\"}}", "false"),
        "{\"$ref\": \"#/d/a\", \"d\": {\"a\": {\"properties\": {\"a\": {\"$ref\": \"#/d/a\"}}}}}".to_owned(),
        "{\"allOf\": [{\"$ref\": \"#\"}]}".to_owned(),
        "{\"allOf\": [{\"$ref\": \"#\"}, {\"$ref\": \"#\"}]}".to_owned(),
    ] {
        let files = [
            file("Chart.yaml", chart("c", "")),
            file("values.yaml", deep.clone()),
            file("values.schema.json", schema.clone()),
        ];
        assert_eq!(outcome(&files), "0 documents, line 0", "{schema}");
    }
}
