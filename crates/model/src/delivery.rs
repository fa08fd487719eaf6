//! Delivery: the settings of Argo CD Applications, and what happens to objects that are removed from the tree.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use aqueduct_manifest::{Diagnostic, SmolStr};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::interpolate::{Scope, fill};
use crate::node::{Layer, Node};
use crate::types::parsed::{Parsed, checked_text, parsed};
use crate::types::{Duration, Invalid, LabelKey, LabelValue, Name, Subdomain};

/// How Argo CD delivers: `[delivery]` of the platform, an environment, a tenant or a component. These layers merge
/// tables; everything else is replaced.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Delivery {
    /// Whether Argo CD applies changes automatically; `sync` of an environment sets the same.
    pub automatic: bool,
    /// Whether an automatic sync deletes objects that were removed from the tree.
    pub prune: bool,
    /// Whether Argo CD reverts changes made in the cluster.
    pub self_heal: bool,
    /// Whether an automatic sync may delete all objects of an Application.
    pub allow_empty: bool,
    /// Sync options of Argo CD, each as `Name=value`, on top of `ApplyOutOfSyncOnly=true`, `CreateNamespace=false`,
    /// `PruneLast=true` and `ServerSideApply=true`.
    pub sync_options: Vec<SyncOption>,
    /// Differences between the tree and the cluster that Argo CD ignores.
    pub ignore_differences: Vec<IgnoredDifference>,
    /// How Argo CD retries a failed sync.
    pub retry: Retry,
    /// What happens to the objects of an Application that is removed from the tree.
    pub removal: Removal,
    /// What happens to objects with data that are removed from the tree: volume claims, namespaces,
    /// CustomResourceDefinitions, StatefulSets with claims, databases of operators.
    pub data: DataRemoval,
    /// What the waves of components order. Not available in a component.
    pub order: Order,
    /// The branch, tag or commit that Argo CD reads (default: the environment's).
    pub revision: Option<String>,
    /// The AppProject. In a tenant, it names the tenant's own project; in a component, an existing project, which is
    /// not rendered.
    pub project: Option<Name>,
    /// The name of the Application. Only available in a component.
    pub name: Option<Subdomain>,
    /// The namespace of Applications (default: Argo CD's). Argo CD must list it in `application.namespaces`, which
    /// the kind `argocd` does. Not available in a component.
    pub namespace: Option<Name>,
    /// The sync wave, instead of the one that follows from links. Only available in a component.
    pub wave: Option<i32>,
    /// Labels of Applications.
    pub labels: BTreeMap<LabelKey, LabelValue>,
    /// Annotations of Applications, such as those that subscribe to notifications.
    pub annotations: BTreeMap<LabelKey, String>,
    /// Additional information that the web interface shows for Applications, by name.
    pub info: BTreeMap<String, String>,
    /// How many old revisions Argo CD keeps.
    pub history: u16,
    /// The namespaced kinds that a tenant may own, such as `apps/Deployment`, `Service` or `batch/*`. Not available
    /// in a component.
    pub kinds: Vec<KindPattern>,
    /// The cluster-scoped kinds that a tenant may own in addition to Namespace; a system tenant that lists none may
    /// own all. Not available in a component.
    pub cluster_kinds: Vec<KindPattern>,
}

impl Default for Delivery {
    fn default() -> Self {
        Self {
            automatic: true,
            prune: true,
            self_heal: true,
            allow_empty: false,
            sync_options: Vec::new(),
            ignore_differences: Vec::new(),
            retry: Retry::default(),
            removal: Removal::Delete,
            data: DataRemoval::Confirm,
            order: Order::Creation,
            revision: None,
            project: None,
            name: None,
            namespace: None,
            wave: None,
            labels: BTreeMap::new(),
            annotations: BTreeMap::new(),
            info: BTreeMap::new(),
            history: 3,
            kinds: vec![KindPattern { group: "*".into(), kind: "*".into() }],
            cluster_kinds: Vec::new(),
        }
    }
}

/// What happens to the objects of an Application that is removed from the tree.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Removal {
    /// They are deleted, and the Application waits until all are gone.
    #[default]
    Delete,
    /// They are deleted, and their dependents are deleted in the background.
    Background,
    /// They keep running, but no Application manages them.
    Keep,
}

/// What happens to an object with data when it or its Application is removed from the tree.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DataRemoval {
    /// It is deleted once a person confirms it.
    #[default]
    Confirm,
    /// It stays. If the Application still exists, it remains out of sync.
    Keep,
    /// It is deleted like any other object.
    Delete,
}

/// What the waves of components order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Order {
    /// Only the creation of Applications, one for each component. Later changes are applied in no particular order.
    #[default]
    Creation,
    /// Every change. All components of a tenant form one Application, with waves on its objects.
    Always,
}

/// How Argo CD retries a failed sync.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Retry {
    /// How many retries; -1 for no limit, 0 for none.
    pub limit: i32,
    /// The delay before the first retry.
    pub duration: Duration,
    /// The factor by which each delay is longer than the one before.
    pub factor: u16,
    /// The longest delay.
    pub max_duration: Duration,
    /// Whether a retry uses a newer commit instead of the one that failed.
    pub refresh: bool,
}

impl Default for Retry {
    /// During the first sync of a cluster, webhooks and operators are still starting.
    fn default() -> Self {
        let duration = |text: &str| text.parse().expect("the duration is valid");
        Self { limit: 5, duration: duration("10s"), factor: 2, max_duration: duration("3m"), refresh: false }
    }
}

/// Differences between the tree and the cluster that Argo CD ignores.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct IgnoredDifference {
    /// The API group (default: the group of Kubernetes' own kind with this name).
    pub group: Option<String>,
    /// The kind.
    pub kind: String,
    /// The name (default: any).
    pub name: Option<String>,
    /// The namespace (default: any).
    pub namespace: Option<String>,
    /// The fields, as JSON pointers such as `/spec/replicas`.
    #[serde(default)]
    pub pointers: Vec<IgnoredPointer>,
    /// The fields, as jq expressions.
    #[serde(default)]
    pub jq: Vec<String>,
    /// The field managers whose fields are ignored.
    #[serde(default)]
    pub managers: Vec<String>,
}

/// A sync option of Argo CD: `Name=value`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SyncOption(SmolStr);

impl SyncOption {
    fn check(text: &str) -> Result<(), Invalid> {
        let is_word = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        match text.split_once('=') {
            Some((name, value)) if is_word(name) && is_word(value) => Ok(()),
            _ => Err(Invalid::new(format!(
                "`{text}` is not an option: expected a name and a value, such as `ServerSideApply=true`"
            ))),
        }
    }

    /// Returns the name of the option.
    pub fn name(&self) -> &str {
        self.0.split_once('=').map_or(&self.0, |(name, _)| name)
    }
}

checked_text!(SyncOption, "an option such as `\"ServerSideApply=true\"`", {
    "type": "string",
    "description": "A sync option of Argo CD: `Name=value`.",
    "pattern": "^[A-Za-z0-9]+=[A-Za-z0-9]+$"
});

/// A JSON pointer (RFC 6901) to a field.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IgnoredPointer(SmolStr);

impl IgnoredPointer {
    fn check(text: &str) -> Result<(), Invalid> {
        if text.starts_with('/') {
            Ok(())
        } else {
            Err(Invalid::new(format!(
                "`{text}` is not a JSON pointer: expected a path such as `/spec/replicas`"
            )))
        }
    }
}

checked_text!(IgnoredPointer, "a JSON pointer such as `\"/spec/replicas\"`", {
    "type": "string",
    "description": "A JSON pointer, such as `/spec/replicas`.",
    "pattern": "^/"
});

/// Kinds of an API group: `group/Kind`, or `Kind` for the core group; `*` matches any text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KindPattern {
    /// The group; empty for the core group.
    pub group: SmolStr,
    /// The kind.
    pub kind: SmolStr,
}

impl KindPattern {
    /// Tells whether a kind of a group matches.
    pub fn matches(&self, group: &str, kind: &str) -> bool {
        is_like(&self.group, group) && is_like(&self.kind, kind)
    }
}

/// Tells whether a text matches a pattern, in which `*` matches any text.
fn is_like(pattern: &str, text: &str) -> bool {
    let Some((before, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut text) = text.strip_prefix(before) else { return false };
    let mut parts: Vec<&str> = rest.split('*').collect();
    let last = parts.pop().unwrap_or_default();
    for part in parts {
        let Some(at) = text.find(part) else { return false };
        text = &text[at + part.len()..];
    }
    text.ends_with(last)
}

impl FromStr for KindPattern {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let (group, kind) = match text.rsplit_once('/') {
            Some(parts) => parts,
            None if text == "*" => ("*", "*"),
            None => ("", text),
        };
        let is_group =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-*".contains(&byte);
        let is_kind = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'*';
        if kind.is_empty() || !kind.bytes().all(is_kind) || !group.bytes().all(is_group) || text.len() > 320 {
            return Err(Invalid::new(format!(
                "`{text}` is not a kind: expected a group and a kind, such as `apps/Deployment`, `Service` or `batch/*`"
            )));
        }
        Ok(Self { group: group.into(), kind: kind.into() })
    }
}

impl fmt::Display for KindPattern {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.group.as_str() {
            "" => out.pad(&self.kind),
            group => write!(out, "{group}/{}", self.kind),
        }
    }
}

impl Parsed for KindPattern {
    const EXPECTED: &'static str = "a kind such as `\"apps/Deployment\"`";

    fn from_text(text: &str) -> Option<Result<Self, Invalid>> {
        Some(text.parse())
    }
}

parsed!(KindPattern, {
    "type": "string",
    "description": "Kinds of an API group: `group/Kind`, or `Kind` for the core group; `*` matches any text.",
    "pattern": "^([a-z0-9.*-]+/)?[A-Za-z0-9*]+$"
});

/// The name of `[delivery]` in messages, whatever the layer, so that a mistake is reported once.
const WHAT: &str = "`[delivery]`";

/// The keys that apply to a single Application.
const OF_ONE: [&str; 2] = ["name", "wave"];
/// The keys that apply to a tenant as a whole.
const OF_TENANTS: [&str; 4] = ["cluster-kinds", "kinds", "namespace", "order"];

impl Delivery {
    /// Reads the merged layers.
    pub(crate) fn read(node: &Node, diagnostics: &mut Vec<Diagnostic>) -> Arc<Self> {
        let (delivery, errors) = node.read_leniently::<Self>(WHAT);
        diagnostics.extend(errors);
        let entries = node.get("ignore-differences").and_then(Node::as_list).unwrap_or_default();
        let names_none = |entry: &&Node| {
            entry.as_table().is_some()
                && ["pointers", "jq", "managers"].iter().all(|key| entry.get(key).is_none())
        };
        diagnostics.extend(entries.iter().filter(names_none).map(|entry| {
            entry
                .diagnostic("missing-key", "an entry of `ignore-differences` has no field")
                .hint("set `pointers`, `jq` or `managers` to the fields to ignore")
        }));
        Arc::new(delivery.unwrap_or_default())
    }
}

/// Returns a table with only the `delivery` of another one, as a layer below a component.
pub(crate) fn layer(node: &Node) -> Option<Node> {
    Some(node.with_only("delivery", node.get("delivery")?.clone()))
}

/// Returns the merged delivery of some tables, lowest first.
pub(crate) fn of_tables<const N: usize>(
    tables: [&Node; N],
    scope: &Scope<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Arc<Delivery> {
    let layers = tables.into_iter().filter_map(|table| table.get("delivery")).cloned();
    let merged = layers.reduce(|mut merged, layer| {
        merged.merge(&layer);
        merged
    });
    let Some(mut merged) = merged else { return Arc::default() };
    fill(&mut merged, scope, diagnostics);
    Delivery::read(&merged, diagnostics)
}

/// Reports and removes keys that have no effect in the `[delivery]` of the platform, an environment or a tenant.
pub(crate) fn check_keys(delivery: &mut Node, is_tenant: bool, diagnostics: &mut Vec<Diagnostic>) {
    let hint = "it applies to a single Application: set it in `[delivery]` of a component";
    let names = OF_ONE.iter().map(|key| (*key, hint));
    let project = ("project", "set the project names of all tenants with `project` in `[argocd.names]`");
    for (key, hint) in names.chain((!is_tenant).then_some(project)) {
        if let Some(node) = delivery.take(key) {
            diagnostics.push(misplaced(&node, key).hint(hint));
        }
    }
}

/// The keys that a component may set if its tenant is one Application.
const OF_PARTS: [&str; 2] = ["data", "ignore-differences"];

/// Reports keys that a component sets in `[delivery]` and that have no effect there.
pub(crate) fn check_component(node: &Node, order: Order, diagnostics: &mut Vec<Diagnostic>) {
    use Layer::{Blueprint, BlueprintEnvironment, Component, ComponentEnvironment};
    let own = [Blueprint, BlueprintEnvironment, Component, ComponentEnvironment];
    for (key, node) in node.as_table().into_iter().flatten() {
        if !own.contains(&node.origin.layer) {
            continue;
        }
        let key = key.as_str();
        if OF_TENANTS.contains(&key) {
            diagnostics.push(
                misplaced(node, key)
                    .hint("it applies to all components of a tenant: set it in `[delivery]` of the tenant"),
            );
        } else if order == Order::Always && !OF_PARTS.contains(&key) {
            diagnostics.push(misplaced(node, key).hint(
                "with `order = \"always\"`, a tenant is one Application: set it in `[delivery]` of the tenant",
            ));
        }
    }
}

fn misplaced(node: &Node, key: &str) -> Diagnostic {
    node.key_diagnostic("unknown-key", format!("`{key}` of {WHAT} has no effect here"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::parsed::tests::table;

    #[test]
    fn texts() {
        insta::assert_snapshot!(table::<SyncOption>(&["ServerSideApply=true", "Prune=confirm", "Replace", "A=b=c", ""]), @r"
        ServerSideApply=true: ok
        Prune=confirm: ok
        Replace: ERROR `Replace` is not an option: expected a name and a value, such as `ServerSideApply=true`
        A=b=c: ERROR `A=b=c` is not an option: expected a name and a value, such as `ServerSideApply=true`
        : ERROR `` is not an option: expected a name and a value, such as `ServerSideApply=true`
        ");
        insta::assert_snapshot!(table::<KindPattern>(&["apps/Deployment", "Service", "batch/*", "*", "*/*", "apps/", "a b", "apps/v1/Deployment", ""]), @r"
        apps/Deployment: ok
        Service: ok
        batch/*: ok
        *: */*
        */*: ok
        apps/: ERROR `apps/` is not a kind: expected a group and a kind, such as `apps/Deployment`, `Service` or `batch/*`
        a b: ERROR `a b` is not a kind: expected a group and a kind, such as `apps/Deployment`, `Service` or `batch/*`
        apps/v1/Deployment: ERROR `apps/v1/Deployment` is not a kind: expected a group and a kind, such as `apps/Deployment`, `Service` or `batch/*`
        : ERROR `` is not a kind: expected a group and a kind, such as `apps/Deployment`, `Service` or `batch/*`
        ");
    }

    #[test]
    fn patterns() {
        for (pattern, text, wanted) in [
            ("*", "", true),
            ("apps", "apps", true),
            ("apps", "app", false),
            ("*.example.com", "a.b.example.com", true),
            ("*.example.com", "example.com", false),
            ("Cluster*Policy", "ClusterNetworkPolicy", true),
            ("Cluster*Policy", "ClusterPolic", false),
            ("a*a", "a", false),
            ("a*b*c", "a-b-b-c", true),
        ] {
            assert_eq!(is_like(pattern, text), wanted, "{pattern} {text}");
        }
    }
}
