//! Applications of Argo CD, and what Argo CD makes of their sources.

use std::path::Path;
use std::process::Command;

use aqueduct_manifest::{Object, Value, yaml};

use crate::objects::read;
use crate::program::run;
use crate::{copy, text_below};

/// The version of Kubernetes of all clusters.
const KUBERNETES: &str = "1.33";

/// What an Application applies, and where.
pub(crate) struct Application {
    /// The name.
    pub(crate) name: String,
    /// The cluster and the namespace.
    pub(crate) destination: Value,
    /// Where the objects come from, without what only holds values.
    pub(crate) sources: Vec<Source>,
}

/// One source of an Application.
pub(crate) struct Source {
    /// The folder in the repository.
    pub(crate) path: String,
    /// The settings of Helm, null where there are none.
    helm: Value,
    /// Whether the folder is a chart that was fetched from elsewhere.
    is_remote: bool,
}

impl Application {
    /// Reads an Application.
    pub(crate) fn read(object: &Object) -> Self {
        let spec = object.at(&["spec"]).expect("an Application has a spec");
        let sources = match spec.get("sources").and_then(Value::as_list) {
            Some(sources) => sources.to_vec(),
            None => vec![spec.get("source").expect("an Application has a source").clone()],
        };
        let sources = sources.iter().filter(|source| source.get("ref").is_none()).map(|source| {
            let text = |key: &str| source.get(key).and_then(Value::as_str);
            let chart = text("chart").map(|chart| {
                format!("vendor/charts/{chart}-{}", text("targetRevision").expect("a chart has a version"))
            });
            Source {
                is_remote: chart.is_some(),
                path: chart.unwrap_or_else(|| text("path").expect("a source has a path").to_owned()),
                helm: source.get("helm").cloned().unwrap_or(Value::Null),
            }
        });
        Self {
            name: object.name().to_owned(),
            destination: spec.get("destination").expect("an Application has a destination").clone(),
            sources: sources.collect(),
        }
    }

    /// Tells whether it only leads to other Applications.
    pub(crate) fn is_root(&self) -> bool {
        self.sources.iter().any(|source| source.path.split('/').any(|part| part == "argocd"))
    }

    /// Returns the namespace of the destination.
    pub(crate) fn namespace(&self) -> String {
        self.destination.get("namespace").and_then(Value::as_str).expect("there is a namespace").to_owned()
    }

    /// Returns what Argo CD applied: by the engines of this program, and by Helm and Kustomize where they are there.
    pub(crate) fn rendered(&self, root: &Path) -> Vec<(&'static str, String)> {
        assert_eq!(self.sources.len(), 1, "sources of objects of {}", self.name);
        let source = &self.sources[0];
        let folder = root.join(&source.path);
        if folder.join("Chart.yaml").is_file() {
            if !source.is_remote {
                gather(root, &folder, &folder);
            }
            let words = self.helm(root, source);
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            let own = run(root, &[&["helm"], &words[..]].concat()).done();
            let theirs = reference(root, "AQUEDUCT_HELM", &words);
            return [("aqueduct", own)].into_iter().chain(theirs.map(|text| ("Helm", text))).collect();
        }
        if folder.join("kustomization.yaml").is_file() {
            return source.kustomize(root);
        }
        vec![("nobody", text_below(&folder))]
    }

    /// Returns the words of `helm` for a source, in the order in which Argo CD lays values over one another.
    fn helm(&self, root: &Path, source: &Source) -> Vec<String> {
        let helm = |key: &str| source.helm.get(key);
        let release = helm("releaseName").and_then(Value::as_str).unwrap_or(&self.name);
        let namespace = self.namespace();
        let mut words =
            ["template", release, &source.path, "--namespace", &namespace, "--kube-version", KUBERNETES]
                .map(str::to_owned)
                .to_vec();
        words.push("--skip-tests".to_owned());
        if helm("skipCrds").and_then(Value::as_bool) != Some(true) {
            words.push("--include-crds".to_owned());
        }
        let may_be_missing = helm("ignoreMissingValueFiles").and_then(Value::as_bool) == Some(true);
        let mut values = |file: String| words.extend(["--values".to_owned(), file]);
        for file in helm("valueFiles").and_then(Value::as_list).into_iter().flat_map(|list| list.iter()) {
            let file = file.as_str().expect("a file has a name");
            let file = match file.strip_prefix('$').and_then(|file| file.split_once('/')) {
                Some((_, of_the_repository)) => of_the_repository.to_owned(),
                None => format!("{}/{file}", source.path),
            };
            if !may_be_missing || root.join(&file).exists() {
                values(file);
            }
        }
        let object = helm("valuesObject").map(yaml::write);
        if let Some(text) = object.or_else(|| helm("values").and_then(Value::as_str).map(str::to_owned)) {
            let file = format!("values-of-{}.yaml", self.name);
            std::fs::write(root.join(&file), text).expect("a file can be written");
            values(file);
        }
        for parameter in helm("parameters").and_then(Value::as_list).into_iter().flat_map(|list| list.iter())
        {
            let text = |key: &str| parameter.get(key).and_then(Value::as_str).expect("a parameter is text");
            words.extend(["--set".to_owned(), format!("{}={}", text("name"), text("value"))]);
        }
        words
    }
}

/// Returns the Applications that an ApplicationSet makes of the folders of the repository.
pub(crate) fn made_by_set(root: &Path, set: &Object) -> Vec<Application> {
    let generators = set.at(&["spec", "generators"]).and_then(Value::as_list).expect("it has generators");
    let directories = generators.iter().filter_map(|one| one.at(&["git", "directories"])?.as_list());
    let paths = directories.flat_map(|list| list.iter()).map(|one| one.get("path").and_then(Value::as_str));
    let mut made = Vec::new();
    for path in paths {
        let parent =
            path.and_then(|path| path.strip_suffix("/*")).expect("all folders in a folder are meant");
        let mut names: Vec<String> = std::fs::read_dir(root.join(parent))
            .expect("the folder can be listed")
            .map(|entry| entry.expect("it can be listed").file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        for name in names {
            let template = yaml::write(set.at(&["spec", "template"]).expect("it has a template"));
            let text =
                template.replace("{{path.basename}}", &name).replace("{{path}}", &format!("{parent}/{name}"));
            made.extend(read(&text).iter().map(Application::read));
        }
    }
    made
}

impl Source {
    /// Returns what a kustomization makes, by the engines that are there.
    fn kustomize(&self, root: &Path) -> Vec<(&'static str, String)> {
        let text = std::fs::read_to_string(root.join(&self.path).join("kustomization.yaml"));
        let has_charts = text.expect("the kustomization is text").contains("helmCharts:");
        let own = run(root, &["kustomize", "build", "--enable-helm", &self.path]).done();
        // Kustomize starts Helm for charts.
        let helm = helm_command().filter(|_| has_charts);
        let mut words = vec![self.path.as_str()];
        words.extend(helm.iter().flat_map(|helm| ["--enable-helm", "--helm-command", helm]));
        let is_possible = !has_charts || helm.is_some();
        let theirs = is_possible.then(|| reference(root, "AQUEDUCT_KUSTOMIZE", &words)).flatten();
        [("aqueduct", own)].into_iter().chain(theirs.map(|text| ("Kustomize", text))).collect()
    }
}

/// Lays what a chart of the repository depends on where Helm looks for it, as `helm dependency build` does.
///
/// `origin` is where the chart lies, for its dependencies may be named from there; `chart` is where it is laid.
fn gather(root: &Path, origin: &Path, chart: &Path) {
    let text = std::fs::read_to_string(chart.join("Chart.yaml")).expect("a chart says what it is");
    let metadata = yaml::read(&text).expect("it is YAML");
    for dependency in
        metadata.get("dependencies").and_then(Value::as_list).into_iter().flat_map(|list| list.iter())
    {
        let text = |key: &str| dependency.get(key).and_then(Value::as_str).unwrap_or_default();
        let (name, version, repository) = (text("name"), text("version"), text("repository"));
        let target = chart.join("charts").join(name);
        if target.exists() {
            continue;
        }
        let source = match repository.strip_prefix("file://") {
            Some(near) => origin.join(near),
            None => root.join(format!("vendor/charts/{name}-{version}")),
        };
        copy(&source, &target);
        gather(root, &source, &target);
    }
}

#[expect(clippy::disallowed_methods, reason = "who runs the tests says where the programs are")]
fn helm_command() -> Option<String> {
    std::env::var("AQUEDUCT_HELM").ok()
}

/// Returns what another program prints, where it is there.
#[expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "who runs the tests says where the programs are"
)]
fn reference(root: &Path, variable: &str, words: &[&str]) -> Option<String> {
    let Ok(program) = std::env::var(variable) else {
        println!("skipped: {} is not compared with {variable}, which is not set", words.join(" "));
        return None;
    };
    let mut parts = program.split(' ');
    let output = Command::new(parts.next()?).args(parts).args(words).current_dir(root).output();
    let output = output.expect("the program starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}
