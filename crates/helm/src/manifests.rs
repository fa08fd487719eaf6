//! Rendered files as manifests: split into documents, with hooks separated, sorted for installation.
//!
//! The rules follow Helm's `pkg/release/v1/util`.

use std::collections::BTreeMap;
use std::sync::Arc;

use aqueduct_manifest::SmolStr;

use crate::Error;
use crate::decode::{Fields, read_entries, utf8};
use crate::engine::Rendered;
use crate::template::TemplatePlace;

/// The kinds in the order in which Helm installs them. Others come afterwards, sorted by name.
const INSTALL_ORDER: &[&str] = &[
    "PriorityClass",
    "Namespace",
    "NetworkPolicy",
    "ResourceQuota",
    "LimitRange",
    "PodSecurityPolicy",
    "PodDisruptionBudget",
    "ServiceAccount",
    "Secret",
    "SecretList",
    "ConfigMap",
    "StorageClass",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "CustomResourceDefinition",
    "ClusterRole",
    "ClusterRoleList",
    "ClusterRoleBinding",
    "ClusterRoleBindingList",
    "Role",
    "RoleList",
    "RoleBinding",
    "RoleBindingList",
    "Service",
    "DaemonSet",
    "Pod",
    "ReplicationController",
    "ReplicaSet",
    "Deployment",
    "HorizontalPodAutoscaler",
    "StatefulSet",
    "Job",
    "CronJob",
    "IngressClass",
    "Ingress",
    "APIService",
    "MutatingWebhookConfiguration",
    "ValidatingWebhookConfiguration",
];

/// A document of a rendered file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// The path of the template, such as `chart/templates/service.yaml`.
    pub source: Arc<str>,
    /// The place in the templates where the document begins, if known.
    pub place: Option<TemplatePlace>,
    /// The kind; empty if the document has none.
    pub kind: SmolStr,
    /// The document as rendered, without surrounding whitespace.
    pub content: String,
    /// The offset of the document in the rendered file, in bytes.
    pub(crate) start: usize,
}

/// A document that Helm runs at an event instead of installing it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hook {
    /// The document.
    pub manifest: Manifest,
    /// The name of the object.
    pub name: SmolStr,
    /// When it runs.
    pub events: Vec<HookEvent>,
    /// Its position among the hooks of an event, lowest first.
    pub weight: i64,
    /// When Helm deletes the object: `before-hook-creation`, `hook-succeeded`, `hook-failed`.
    pub delete_policies: Vec<SmolStr>,
}

/// When a hook runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names are Helm's own")]
pub enum HookEvent {
    PreInstall,
    PostInstall,
    PreDelete,
    PostDelete,
    PreUpgrade,
    PostUpgrade,
    PreRollback,
    PostRollback,
    Test,
}

impl HookEvent {
    fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "pre-install" => Self::PreInstall,
            "post-install" => Self::PostInstall,
            "pre-delete" => Self::PreDelete,
            "post-delete" => Self::PostDelete,
            "pre-upgrade" => Self::PreUpgrade,
            "post-upgrade" => Self::PostUpgrade,
            "pre-rollback" => Self::PreRollback,
            "post-rollback" => Self::PostRollback,
            "test" | "test-success" => Self::Test,
            _ => return None,
        })
    }
}

/// The documents of a release.
#[derive(Debug, Default)]
pub(crate) struct Sorted {
    pub(crate) manifests: Vec<Manifest>,
    pub(crate) hooks: Vec<Hook>,
}

/// Splits rendered files into documents and sorts them.
pub(crate) fn sort(files: &BTreeMap<Arc<str>, Rendered>) -> Result<Sorted, Error> {
    let mut sorted = Sorted::default();
    for (path, file) in files {
        let name = path.rsplit('/').next().unwrap_or(path);
        if name.starts_with('_') {
            continue;
        }
        let text = utf8(file.text.as_bytes())
            .map_err(|error| error.context(format!("YAML parse error on {path}")))?;
        if text.trim().is_empty() {
            continue;
        }
        for (line, document) in documents(text) {
            let start = document.as_ptr().addr() - text.as_ptr().addr();
            sorted.add(path, || file.place(line), start, document)?;
        }
    }
    sorted.in_install_order();
    Ok(sorted)
}

impl Sorted {
    fn in_install_order(&mut self) {
        self.manifests.sort_by(|left, right| order(&left.kind).cmp(&order(&right.kind)));
        self.hooks.sort_by(|left, right| order(&left.manifest.kind).cmp(&order(&right.manifest.kind)));
    }

    fn add(
        &mut self,
        path: &Arc<str>,
        place: impl FnOnce() -> Option<TemplatePlace>,
        start: usize,
        document: &str,
    ) -> Result<(), Error> {
        let fail = |error: Error| error.context(format!("YAML parse error on {path}"));
        let head = Head::read(document).map_err(fail)?;
        let manifest = Manifest {
            source: Arc::clone(path),
            place: place(),
            kind: head.kind.clone(),
            content: document.to_owned(),
            start,
        };
        let Some(events) = head.annotation("helm.sh/hook") else {
            self.manifests.push(manifest);
            return Ok(());
        };
        let events: Option<Vec<HookEvent>> =
            events.split(',').map(|event| HookEvent::parse(&event.trim().to_lowercase())).collect();
        // A hook for an unknown event is dropped.
        if let Some(events) = events {
            let weight = head.annotation("helm.sh/hook-weight").and_then(|weight| weight.parse().ok());
            let policies = head.annotation("helm.sh/hook-delete-policy").unwrap_or_default();
            self.hooks.push(Hook {
                manifest,
                name: head.name.clone(),
                events,
                weight: weight.unwrap_or(0),
                delete_policies: policies
                    .split(',')
                    .map(|policy| policy.trim().to_lowercase().into())
                    .filter(|policy: &SmolStr| !policy.is_empty())
                    .collect(),
            });
        }
        Ok(())
    }
}

/// The parts of a document that Helm reads.
struct Head {
    kind: SmolStr,
    name: SmolStr,
    annotations: Vec<(SmolStr, SmolStr)>,
}

impl Head {
    fn read(document: &str) -> Result<Self, Error> {
        let wanted =
            |key: &str| ["apiVersion", "kind", "metadata"].iter().any(|name| key.eq_ignore_ascii_case(name));
        let value = &read_entries(document, wanted)?;
        let mut head = Self { kind: SmolStr::default(), name: SmolStr::default(), annotations: Vec::new() };
        let Some(fields) = Fields::of(value, "util", "SimpleHead")? else { return Ok(head) };
        fields.text("apiVersion")?;
        head.kind = fields.text("kind")?.unwrap_or_default();
        let metadata = "struct { Name string \"json:\\\"name\\\"\"; Annotations map[string]string \
                        \"json:\\\"annotations\\\"\" }";
        if let Some(metadata) = fields.structure("metadata", metadata)? {
            head.name = metadata.text("name")?.unwrap_or_default();
            head.annotations = metadata.text_map("annotations")?.unwrap_or_default();
        }
        Ok(head)
    }

    fn annotation(&self, name: &str) -> Option<&str> {
        self.annotations.iter().find(|(key, _)| key == name).map(|(_, value)| &**value)
    }
}

/// The sort key of a kind: known ones in their order, then the others by name.
fn order(kind: &str) -> (usize, &str) {
    match INSTALL_ORDER.iter().position(|known| *known == kind) {
        Some(place) => (place, ""),
        None => (INSTALL_ORDER.len(), kind),
    }
}

/// Splits a text at `---` at the start of a line, including the blanks after it, and returns the documents with the
/// lines where they start, counted from 1.
///
/// The separator need not be alone on its line: `---apiVersion: v1` is split too. Whitespace before a separator
/// belongs to the document.
pub fn documents(text: &str) -> Vec<(u32, &str)> {
    let mut documents = Vec::new();
    let mut line = 1;
    let mut rest = text.trim_start();
    line += newlines(text.get(..text.len() - rest.len()).unwrap_or_default());
    // The text starts a line only before the first separator; what follows a separator is on the same line.
    let mut begins = true;
    loop {
        let end =
            if begins && rest.starts_with("---") { Some(0) } else { rest.find("\n---").map(|end| end + 1) };
        let part = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
        let document = part.trim_start();
        if !document.is_empty() {
            let skipped = part.get(..part.len() - document.len()).unwrap_or_default();
            documents.push((line + newlines(skipped), document));
        }
        let Some(end) = end else { return documents };
        line += newlines(part);
        rest = rest.get(end + "---".len()..).unwrap_or_default().trim_start_matches([' ', '\t']);
        begins = false;
    }
}

fn newlines(text: &str) -> u32 {
    text.bytes().filter(|byte| *byte == b'\n').count() as u32
}

#[cfg(test)]
mod tests {
    use super::{Sorted, documents};

    #[test]
    fn splitting() {
        for (text, expected) in [
            ("a: 1", vec![(1, "a: 1")]),
            ("a: 1\n", vec![(1, "a: 1\n")]),
            ("---\na: 1\n---\nb: 2\n", vec![(2, "a: 1\n"), (4, "b: 2\n")]),
            ("\n\n--- \n\na: 1  \n\n\n---\n\n\nb: 2\n---\n", vec![(5, "a: 1  \n\n\n"), (11, "b: 2\n")]),
            ("a: |\n  ---\n  b\n", vec![(1, "a: |\n  ---\n  b\n")]),
            ("---apiVersion: v1\n---kind: X", vec![(1, "apiVersion: v1\n"), (2, "kind: X")]),
            ("---\n---\na: 1\n", vec![(3, "a: 1\n")]),
            ("--- ---\na: 1\n", vec![(1, "---\na: 1\n")]),
            ("# only\n---\n# comments\n", vec![(1, "# only\n"), (3, "# comments\n")]),
            ("a\r\n---\r\nb", vec![(1, "a\r\n"), (3, "b")]),
            ("----\na: 1\n", vec![(1, "-\na: 1\n")]),
            ("a: |+\n\n \t\n---\n", vec![(1, "a: |+\n\n \t\n")]),
            ("", vec![]),
        ] {
            assert_eq!(documents(text), expected, "{text:?}");
        }
    }

    fn sorted(files: &[(&str, &str)]) -> Result<Sorted, crate::Error> {
        let mut sorted = Sorted::default();
        for (path, text) in files {
            for (_, document) in documents(text) {
                sorted.add(&(*path).into(), || None, 0, document)?;
            }
        }
        sorted.in_install_order();
        Ok(sorted)
    }

    #[test]
    fn kinds_in_install_order() {
        let hook = "kind: Job\nmetadata:\n  name: x\n  annotations:\n    helm.sh/hook: Post-Install , test\n    \
                    helm.sh/hook-weight: -5\n---\nkind: Job\nmetadata:\n  annotations:\n    \
                    helm.sh/hook: nonsense\n";
        let sorted = sorted(&[
            ("c/templates/a.yaml", "kind: Zebra\n---\nkind: Deployment\n---\nkind: Apple\n"),
            ("c/templates/b.yaml", "kind: Service\n---\nkind: Namespace\n---\n# nothing\n"),
            ("c/templates/e.yaml", hook),
        ])
        .expect("every document is well formed");
        let kinds: Vec<&str> = sorted.manifests.iter().map(|manifest| &*manifest.kind).collect();
        assert_eq!(kinds, ["Namespace", "Service", "Deployment", "", "Apple", "Zebra"]);
        let hooks: Vec<_> =
            sorted.hooks.iter().map(|hook| (hook.weight, hook.events.len(), &*hook.name)).collect();
        assert_eq!(hooks, [(-5, 2, "x")]);
    }

    #[test]
    fn errors_name_the_file() {
        for (text, expected) in [
            ("a: [", "YAML parse error on c/t.yaml: error converting YAML to JSON: yaml: "),
            (
                "just text",
                "YAML parse error on c/t.yaml: error unmarshaling JSON: while decoding JSON: json: cannot \
                 unmarshal string into Go value of type util.SimpleHead",
            ),
        ] {
            let error = sorted(&[("c/t.yaml", text)]).expect_err("the document is not well formed");
            assert!(error.to_string().starts_with(expected), "{error}");
        }
    }
}
