//! Renders small charts, one for each feature, failures included.
//!
//! A case is `charts/<feature>/cases/<case>.json`; its members are named after the flags of
//! `helm template`. The whole outcome is a snapshot.

use std::fmt::Write as _;
use std::path::Path;

use aqueduct::helm::{TemplateOptions, ValueOptions, read_file, template};
use aqueduct_helm::template::{CallSite, Host, Moment, Refusal};
use serde_json::Value;

/// A host that gives no answers, as for a reproducible render.
struct NoHost;

impl Host for NoHost {
    fn now(&mut self, site: &CallSite) -> Result<Moment, Refusal> {
        Err(Refusal(format!("`{}` is not repeatable", site.function)))
    }

    fn random(&mut self, site: &CallSite, _buffer: &mut [u8]) -> Result<(), Refusal> {
        Err(Refusal(format!("`{}` is not repeatable", site.function)))
    }
}

#[test]
fn charts() {
    insta::glob!("charts/*/cases/*.json", |path| {
        let text = std::fs::read_to_string(path).expect("the case is there");
        let case: Value = serde_json::from_str(&text).expect("the case is JSON");
        let feature = path.ancestors().nth(2).expect("a case lies in the folder of its feature");
        insta::assert_snapshot!(outcome(feature, &case));
    });
}

fn outcome(feature: &Path, case: &Value) -> String {
    for key in case.as_object().expect("the case is an object").keys() {
        assert!(KNOWN.contains(&key.as_str()), "{}: no such option: {key}", feature.display());
    }
    let mut out = String::new();
    match template(&options(feature, case), &read_file, &mut NoHost) {
        Ok(output) => {
            out.push_str(&String::from_utf8_lossy(&output.stdout));
            for (path, content) in output.files {
                // Writing to a text cannot fail.
                let _ = write!(out, "\n=== {} ===\n{}", path.display(), String::from_utf8_lossy(&content));
            }
        }
        Err(failure) => {
            out.push_str(&String::from_utf8_lossy(&failure.stdout));
            let _ = writeln!(out, "Error: {}", failure.error);
        }
    }
    // The location of the charts must not matter.
    out.replace(&feature.display().to_string(), "")
}

const KNOWN: &[&str] = &[
    "about",
    "api-versions",
    "chart",
    "debug",
    "generate-name",
    "include-crds",
    "is-upgrade",
    "kube-version",
    "name",
    "name-template",
    "namespace",
    "no-hooks",
    "output-dir",
    "release-name",
    "set",
    "set-file",
    "set-json",
    "set-literal",
    "set-string",
    "show-only",
    "skip-schema-validation",
    "skip-tests",
    "values",
];

fn options(feature: &Path, case: &Value) -> TemplateOptions {
    let text = |key: &str| case[key].as_str().map(str::to_owned);
    let flag = |key: &str| case[key].as_bool().unwrap_or_default();
    let texts = |key: &str| -> Vec<String> {
        case[key].as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let files = |key: &str| texts(key).iter().map(|name| feature.join(name).display().to_string()).collect();
    // A file is given after its key, relative to the feature's folder.
    let set_files = texts("set-file").into_iter().map(|argument| match argument.split_once('=') {
        Some((key, name)) => format!("{key}={}", feature.join(name).display()),
        None => argument,
    });
    TemplateOptions {
        name: if case["name"].is_null() { Some("demo".to_owned()) } else { text("name") },
        chart: feature.join(text("chart").unwrap_or_else(|| "chart".to_owned())),
        namespace: text("namespace").unwrap_or_else(|| "demo-ns".to_owned()),
        values: ValueOptions {
            files: files("values"),
            json: texts("set-json"),
            set: texts("set"),
            strings: texts("set-string"),
            set_files: set_files.collect(),
            literals: texts("set-literal"),
        },
        generate_name: flag("generate-name"),
        name_template: text("name-template"),
        include_crds: flag("include-crds"),
        skip_tests: flag("skip-tests"),
        no_hooks: flag("no-hooks"),
        is_upgrade: flag("is-upgrade"),
        show_only: texts("show-only"),
        kube_version: text("kube-version"),
        api_versions: texts("api-versions"),
        skip_schema_validation: flag("skip-schema-validation"),
        output_dir: text("output-dir").map(Into::into),
        use_release_name: flag("release-name"),
        debug: flag("debug"),
    }
}
