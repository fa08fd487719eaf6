//! Delivery: what Argo CD is told of an Application, and what becomes of objects that leave the tree.

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

/// How Argo CD delivers: `[delivery]` of the platform, an environment, a tenant or a component. Tables merge over
/// these layers, everything else replaces.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Delivery {
    /// Whether Argo CD applies changes by itself; `sync` of an environment says the same.
    pub automatic: bool,
    /// Whether what left the tree leaves the cluster when Argo CD applies changes by itself.
    pub prune: bool,
    /// Whether changes that were made in the cluster are undone.
    pub self_heal: bool,
    /// Whether an Application may lose all its objects at once.
    pub allow_empty: bool,
    /// Options of Argo CD, each as `Name=value`, over `ApplyOutOfSyncOnly=true`, `CreateNamespace=false`,
    /// `PruneLast=true` and `ServerSideApply=true`.
    pub sync_options: Vec<SyncOption>,
    /// Differences between the tree and the cluster that Argo CD leaves alone.
    pub ignore_differences: Vec<IgnoredDifference>,
    /// How a failed synchronisation is tried again.
    pub retry: Retry,
    /// What becomes of the objects of an Application that leaves the tree.
    pub removal: Removal,
    /// What becomes of objects that hold data when they leave the tree: volume claims, namespaces, definitions,
    /// StatefulSets with claims, databases of operators.
    pub data: DataRemoval,
    /// What the waves of components order. Not at a component.
    pub order: Order,
    /// The branch, tag or commit that Argo CD reads (default: that of the environment).
    pub revision: Option<String>,
    /// The AppProject: at a tenant the name of its own, at a component that of another one, which is not rendered.
    pub project: Option<Name>,
    /// The name of the Application. At a component only.
    pub name: Option<Subdomain>,
    /// The namespace that Applications stand in (default: that of Argo CD). Argo CD has to be told of
    /// it with `application.namespaces`, which the kind `argocd` does. Not at a component.
    pub namespace: Option<Name>,
    /// The wave, in the place of the one that follows from links. At a component only.
    pub wave: Option<i32>,
    /// Labels of Applications.
    pub labels: BTreeMap<LabelKey, LabelValue>,
    /// Annotations of Applications, such as those that subscribe to notifications.
    pub annotations: BTreeMap<LabelKey, String>,
    /// Additional information that the web interface shows with Applications, by name.
    pub info: BTreeMap<String, String>,
    /// How many old revisions are kept.
    pub history: u16,
    /// The kinds in namespaces that a tenant may own, such as `apps/Deployment`, `Service` or `batch/*`. Not at a
    /// component.
    pub kinds: Vec<KindPattern>,
    /// The cluster-scoped kinds that a tenant may own besides Namespace; a system tenant that lists none may own all of
    /// them. Not at a component.
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

/// What becomes of the objects of an Application that leaves the tree.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Removal {
    /// They are deleted, and the Application waits for each to be gone.
    #[default]
    Delete,
    /// They are deleted, and what they own goes after them.
    Background,
    /// They stay and run on, reported by nobody.
    Keep,
}

/// What becomes of an object that holds data when it leaves the tree, or its Application does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DataRemoval {
    /// It is deleted once a person has confirmed it.
    #[default]
    Confirm,
    /// It stays. An Application that goes on is out of sync for ever then.
    Keep,
    /// It is deleted like everything else.
    Delete,
}

/// What the waves of components order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Order {
    /// The creation of Applications, one for each component. Later changes arrive in no order.
    #[default]
    Creation,
    /// Every change: the components of a tenant are one Application, with waves on its objects.
    Always,
}

/// How a failed synchronisation is tried again.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Retry {
    /// How often; -1 is without end, 0 never.
    pub limit: i32,
    /// The first wait.
    pub duration: Duration,
    /// How many times longer each wait is than the one before.
    pub factor: u16,
    /// The longest wait.
    pub max_duration: Duration,
    /// Whether a new commit is taken instead of the one that failed.
    pub refresh: bool,
}

impl Default for Retry {
    /// The first synchronisation of a cluster meets webhooks and operators that are still starting.
    fn default() -> Self {
        let duration = |text: &str| text.parse().expect("the duration is valid");
        Self { limit: 5, duration: duration("10s"), factor: 2, max_duration: duration("3m"), refresh: false }
    }
}

/// Differences between the tree and the cluster that Argo CD leaves alone.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct IgnoredDifference {
    /// The API group (default: that of Kubernetes' own kind of this name).
    pub group: Option<String>,
    /// The kind.
    pub kind: String,
    /// The name (default: every name).
    pub name: Option<String>,
    /// The namespace (default: every namespace).
    pub namespace: Option<String>,
    /// The fields, as JSON pointers such as `/spec/replicas`.
    #[serde(default)]
    pub pointers: Vec<IgnoredPointer>,
    /// The fields, as expressions of jq.
    #[serde(default)]
    pub jq: Vec<String>,
    /// The fields that belong to these field managers.
    #[serde(default)]
    pub managers: Vec<String>,
}

/// An option of Argo CD: `Name=value`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SyncOption(SmolStr);

impl SyncOption {
    fn check(text: &str) -> Result<(), Invalid> {
        let is_word = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        match text.split_once('=') {
            Some((name, value)) if is_word(name) && is_word(value) => Ok(()),
            _ => Err(Invalid::new(format!(
                "`{text}` is not an option: wanted is a name and a value, such as `ServerSideApply=true`"
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
    "description": "An option of Argo CD: `Name=value`.",
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
                "`{text}` is not a JSON pointer: wanted is a path such as `/spec/replicas`"
            )))
        }
    }
}

checked_text!(IgnoredPointer, "a JSON pointer such as `\"/spec/replicas\"`", {
    "type": "string",
    "description": "A JSON pointer, such as `/spec/replicas`.",
    "pattern": "^/"
});

/// Kinds of an API group: `group/Kind`, or `Kind` for the core group; `*` stands for any letters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KindPattern {
    /// The group; empty for the core group.
    pub group: SmolStr,
    /// The kind.
    pub kind: SmolStr,
}

impl KindPattern {
    /// Tells whether a kind of a group is meant.
    pub fn matches(&self, group: &str, kind: &str) -> bool {
        is_like(&self.group, group) && is_like(&self.kind, kind)
    }
}

/// Tells whether a text is what a pattern says, in which `*` stands for any letters.
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
                "`{text}` is not a kind: wanted is a group and a kind, such as `apps/Deployment`, `Service` or `batch/*`"
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
    "description": "Kinds of an API group: `group/Kind`, or `Kind` for the core group; `*` stands for any letters.",
    "pattern": "^([a-z0-9.*-]+/)?[A-Za-z0-9*]+$"
});

/// What messages call `[delivery]`, whosoever's it is: a mistake in a layer is one message.
const WHAT: &str = "`[delivery]`";

/// The keys that say something of one Application only.
const OF_ONE: [&str; 2] = ["name", "wave"];
/// The keys that say something of a tenant as a whole.
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
                .diagnostic("missing-key", "an entry of `ignore-differences` names no field")
                .hint("`pointers`, `jq` or `managers` say which differences are left alone")
        }));
        Arc::new(delivery.unwrap_or_default())
    }
}

/// Returns a table that holds nothing but the `delivery` of another one, to be laid below a component.
pub(crate) fn layer(node: &Node) -> Option<Node> {
    Some(node.with_only("delivery", node.get("delivery")?.clone()))
}

/// Returns the delivery that some tables make, lowest first.
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

/// Reports keys of the `[delivery]` of the platform, an environment or a tenant that mean nothing there, and takes them
/// out, so that nothing follows from them.
pub(crate) fn check_keys(delivery: &mut Node, is_tenant: bool, diagnostics: &mut Vec<Diagnostic>) {
    let hint = "it is one Application's, and stands in `[delivery]` of a component";
    let names = OF_ONE.iter().map(|key| (*key, hint));
    let project =
        ("project", "`project` of `[argocd.names]` says how the projects of all tenants are called");
    for (key, hint) in names.chain((!is_tenant).then_some(project)) {
        if let Some(node) = delivery.take(key) {
            diagnostics.push(misplaced(&node, key).hint(hint));
        }
    }
}

/// The keys that a component may say where its tenant is one Application.
const OF_PARTS: [&str; 2] = ["data", "ignore-differences"];

/// Reports keys of the merged `[delivery]` of a component that it says itself and that mean nothing there.
pub(crate) fn check_component(node: &Node, order: Order, diagnostics: &mut Vec<Diagnostic>) {
    use Layer::{Blueprint, BlueprintEnvironment, Component, ComponentEnvironment};
    let own = [Blueprint, BlueprintEnvironment, Component, ComponentEnvironment];
    for (key, node) in node.as_table().into_iter().flatten() {
        if !own.contains(&node.origin.layer) {
            continue;
        }
        let key = key.as_str();
        if OF_TENANTS.contains(&key) {
            diagnostics.push(misplaced(node, key).hint(
                "it is the same for all components of a tenant, and stands in `[delivery]` of the tenant",
            ));
        } else if order == Order::Always && !OF_PARTS.contains(&key) {
            diagnostics.push(misplaced(node, key).hint(
                "with `order = \"always\"` a tenant is one Application: it stands in `[delivery]` of the tenant",
            ));
        }
    }
}

fn misplaced(node: &Node, key: &str) -> Diagnostic {
    node.key_diagnostic("unknown-key", format!("`{key}` of {WHAT} means nothing here"))
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
        Replace: ERROR `Replace` is not an option: wanted is a name and a value, such as `ServerSideApply=true`
        A=b=c: ERROR `A=b=c` is not an option: wanted is a name and a value, such as `ServerSideApply=true`
        : ERROR `` is not an option: wanted is a name and a value, such as `ServerSideApply=true`
        ");
        insta::assert_snapshot!(table::<KindPattern>(&["apps/Deployment", "Service", "batch/*", "*", "*/*", "apps/", "a b", "apps/v1/Deployment", ""]), @r"
        apps/Deployment: ok
        Service: ok
        batch/*: ok
        *: */*
        */*: ok
        apps/: ERROR `apps/` is not a kind: wanted is a group and a kind, such as `apps/Deployment`, `Service` or `batch/*`
        a b: ERROR `a b` is not a kind: wanted is a group and a kind, such as `apps/Deployment`, `Service` or `batch/*`
        apps/v1/Deployment: ERROR `apps/v1/Deployment` is not a kind: wanted is a group and a kind, such as `apps/Deployment`, `Service` or `batch/*`
        : ERROR `` is not a kind: wanted is a group and a kind, such as `apps/Deployment`, `Service` or `batch/*`
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
