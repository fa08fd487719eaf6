//! Renders with Helm in a separate process, and here.

use std::fmt;
use std::path::Path;
use std::process::Command;

use aqueduct::helm::{TemplateOptions, ValueOptions, read_file, template};
use aqueduct_helm::template::{CallSite, Host, Moment, Refusal};
use tempfile::TempDir;

use super::charts::Case;

/// The outcome of a render.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Output(String),
    Refusal(String),
}

impl fmt::Display for Answer {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Output(text) => write!(out, "{text}"),
            Self::Refusal(text) => write!(out, "refused: {text}"),
        }
    }
}

impl Answer {
    /// Returns the number of the generated template in an error.
    pub(crate) fn template(&self) -> Option<usize> {
        let Self::Refusal(text) = self else { return None };
        let (_, after) = text.split_once("c/templates/t")?;
        after.get(..3)?.parse().ok()
    }

    /// Returns the output of one generated template.
    pub(crate) fn of_template(&self, at: usize) -> Self {
        let Self::Output(text) = self else { return self.clone() };
        let head = format!("---\n# Source: c/templates/t{at:03}.yaml\n");
        let Some((_, after)) = text.split_once(&head) else { return Self::Output(String::new()) };
        let part = after.split("---\n# Source: c/templates/t").next().unwrap_or_default();
        Self::Output(format!("{head}{}\n", part.trim_end()))
    }

    /// Tells whether another outcome is equivalent: the same bytes, or an error with the same text if that is
    /// guaranteed.
    pub(crate) fn agrees(&self, ours: &Self) -> bool {
        match (self, ours) {
            (Self::Output(theirs), Self::Output(ours)) => theirs == ours,
            (Self::Refusal(theirs), Self::Refusal(ours)) => theirs == ours || is_free(theirs),
            _ => false,
        }
    }
}

/// Tells whether the exact text of an error is not guaranteed: errors of the TOML library and of the reader of JSON
/// flags, and errors in which Helm picks one of several items at random.
fn is_free(message: &str) -> bool {
    ["toml: ", "x509: ", "asn1: "].iter().any(|library| message.contains(library))
}

/// Helm.
pub(crate) struct Reference {
    command: Vec<String>,
    home: TempDir,
}

impl Reference {
    pub(crate) fn new(command: &str) -> Self {
        Self {
            command: command.split_whitespace().map(str::to_owned).collect(),
            home: tempfile::tempdir().expect("a folder for Helm's own files"),
        }
    }

    /// Writes a chart to a temporary folder, which is deleted with the returned value.
    pub(crate) fn write(&self, case: &Case) -> TempDir {
        let folder = tempfile::tempdir().expect("a folder for a chart");
        for (path, content) in &case.files {
            write(&folder.path().join(path), content);
        }
        if let Some(values) = &case.values {
            write(&folder.path().join("user.yaml"), values);
        }
        folder
    }

    pub(crate) fn render(&self, chart: &Path, values: Option<&Path>, flags: &[(&str, String)]) -> Answer {
        let (program, arguments) = self.command.split_first().expect("AQUEDUCT_HELM is a command");
        let mut command = Command::new(program);
        command.args(arguments).args(["template", "demo"]).arg(chart).args(["-n", "demo-ns"]);
        command.env_clear().env("HOME", self.home.path()).env("TZ", "UTC").current_dir(self.home.path());
        if let Some(values) = values {
            command.arg("-f").arg(values);
        }
        for (flag, value) in flags {
            command.arg(flag);
            if !value.is_empty() {
                command.arg(value);
            }
        }
        let output = command.output().expect("AQUEDUCT_HELM can be run");
        if output.status.success() {
            return Answer::Output(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        let (_, message) = message.split_once("Error: ").unwrap_or(("", &message));
        Answer::Refusal(message.trim_end().to_owned())
    }
}

fn write(path: &Path, content: &str) {
    let folder = path.parent().expect("files lie in folders");
    std::fs::create_dir_all(folder).expect("a folder can be made");
    std::fs::write(path, content).expect("a file can be written");
}

/// A host with a fixed time and fixed randomness.
struct Still;

impl Host for Still {
    fn now(&mut self, _: &CallSite) -> Result<Moment, Refusal> {
        Ok(Moment { seconds: 1_700_000_000, nanoseconds: 0 })
    }

    fn random(&mut self, _: &CallSite, buffer: &mut [u8]) -> Result<(), Refusal> {
        buffer.fill(7);
        Ok(())
    }
}

/// Renders a chart here.
pub(crate) fn ours(chart: &Path, values: Option<&Path>, flags: &[(&str, String)]) -> Answer {
    let all = |name: &str| -> Vec<String> {
        flags.iter().filter(|(flag, _)| *flag == name).map(|(_, value)| value.clone()).collect()
    };
    let given = |name: &str| flags.iter().any(|(flag, _)| *flag == name);
    let options = TemplateOptions {
        name: Some("demo".to_owned()),
        chart: chart.to_owned(),
        namespace: "demo-ns".to_owned(),
        values: ValueOptions {
            files: values.iter().map(|path| path.display().to_string()).collect(),
            json: all("--set-json"),
            set: all("--set"),
            strings: all("--set-string"),
            set_files: all("--set-file"),
            literals: all("--set-literal"),
        },
        include_crds: given("--include-crds"),
        no_hooks: given("--no-hooks"),
        skip_tests: given("--skip-tests"),
        is_upgrade: given("--is-upgrade"),
        debug: given("--debug"),
        show_only: all("--show-only"),
        ..TemplateOptions::default()
    };
    match template(&options, &read_file, &mut Still) {
        Ok(output) => Answer::Output(String::from_utf8_lossy(&output.stdout).into_owned()),
        Err(failure) => Answer::Refusal(failure.error.to_string().trim_end().to_owned()),
    }
}
