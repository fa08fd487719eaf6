//! Where resources come from and what changed them, as `buildMetadata` records it.

use aqueduct_manifest::SmolStr;

use crate::path;
use crate::repository::RemoteFolder;

/// The annotation with the source of a resource.
pub(crate) const ORIGIN: &str = "config.kubernetes.io/origin";
/// The annotation with everything that changed a resource.
pub(crate) const TRANSFORMATIONS: &str = "alpha.config.kubernetes.io/transformations";

/// The source of a resource or of a transformer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Origin {
    pub(crate) path: String,
    pub(crate) repo: String,
    pub(crate) reference: String,
    pub(crate) configured_in: String,
    pub(crate) configured_by: Option<ConfiguredBy>,
}

/// The generator or transformer that did the work.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ConfiguredBy {
    pub(crate) api_version: SmolStr,
    pub(crate) kind: SmolStr,
    pub(crate) name: SmolStr,
    pub(crate) namespace: SmolStr,
}

impl Origin {
    /// Returns the origin of a name that this one refers to.
    pub(crate) fn append(&self, name: &str) -> Self {
        let mut origin = self.clone();
        if let Some(repository) = RemoteFolder::parse(name) {
            origin.repo = repository.address;
            origin.reference = repository.reference;
            // Kustomize mistakes the name of its clone folder for part of the path.
            let whole = repository.folder.is_empty();
            origin.path = if whole { "notCloned".to_owned() } else { repository.folder };
        } else {
            origin.path =
                path::clean(&format!("{}/{name}", if self.path.is_empty() { "." } else { &self.path }));
        }
        origin
    }

    /// Returns the origin of whatever a file in this folder configures.
    pub(crate) fn configured(&self, file: &str, by: ConfiguredBy) -> Self {
        Self {
            path: String::new(),
            repo: self.repo.clone(),
            reference: self.reference.clone(),
            configured_in: self.append(file).path,
            configured_by: Some(by),
        }
    }

    /// Returns the value of the annotation.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        for line in self.lines() {
            text.push_str(&line);
            text.push('\n');
        }
        if text.is_empty() {
            text.push_str("{}\n");
        }
        text
    }

    fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        let mut add = |indent: &str, key: &str, value: &str| {
            if !value.is_empty() {
                let value = aqueduct_manifest::yaml::write(&value.into());
                lines.push(format!("{indent}{key}: {}", value.trim_end()));
            }
        };
        add("", "path", &self.path);
        add("", "repo", &self.repo);
        add("", "ref", &self.reference);
        add("", "configuredIn", &self.configured_in);
        if let Some(by) = &self.configured_by {
            let mut inner = Vec::new();
            std::mem::swap(&mut inner, &mut lines);
            inner.push("configuredBy:".to_owned());
            let mut add = |key: &str, value: &str| {
                if !value.is_empty() {
                    let value = aqueduct_manifest::yaml::write(&value.into());
                    inner.push(format!("  {key}: {}", value.trim_end()));
                }
            };
            add("apiVersion", &by.api_version);
            add("kind", &by.kind);
            add("name", &by.name);
            add("namespace", &by.namespace);
            lines = inner;
        }
        lines
    }
}

/// Returns the value of the annotation that lists changes.
pub(crate) fn transformations_text(transformations: &[Origin]) -> String {
    let mut text = String::new();
    for transformation in transformations {
        for (number, line) in transformation.lines().iter().enumerate() {
            text.push_str(if number == 0 { "- " } else { "  " });
            text.push_str(line);
            text.push('\n');
        }
    }
    text
}
