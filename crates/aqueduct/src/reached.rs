//! Which tenants a change of files can affect. All others render the same objects before and after it.

use std::collections::BTreeSet;
use std::sync::Arc;

use aqueduct_manifest::Files;
use aqueduct_model::types::Name;
use aqueduct_model::{Content, Instance, Node, Selection, Tenancy, tenancies};
use aqueduct_render::{Horizon, Registry};
use rayon::prelude::*;

use crate::compiler::{Loaded, load};

/// The tenants that a change affects, and those that have to be rendered with them.
pub(crate) struct Reached {
    /// The tenants whose files changed, and those that depend on them.
    pub(crate) followed: BTreeSet<Name>,
    /// These, the tenants that they depend on, and those that decide about objects of others.
    pub(crate) rendered: BTreeSet<Name>,
}

/// Follows a change of tenants' files; `None` if it may affect all tenants or most of them.
pub(crate) fn reached(before: &Files, after: &Files, new: &Loaded, registry: &Registry) -> Option<Reached> {
    let mut followed = changed(before, after)?;
    if followed.is_empty() {
        return Some(Reached { rendered: followed.clone(), followed });
    }
    let everything = Selection::default();
    // The files of all other tenants are the same on both sides.
    let old = load(&of_tenants(before, &followed), registry, &everything);
    let tenancies: Vec<Arc<Tenancy>> =
        [&old, new].into_iter().flat_map(|side| tenancies(&side.platform, &everything)).collect();
    let both = Both::of([&old, new], &tenancies, registry);
    grow(&mut followed, |found| both.users(found));
    let shared = both.named([&*old.platform.node, &*new.platform.node]);
    let at = |horizons: &[Horizon]| -> BTreeSet<Name> {
        let instances = both.instances.iter().filter(|instance| horizons.contains(&both.horizon(instance)));
        instances.map(|instance| instance.tenancy.tenant.name.clone()).collect()
    };
    if !followed.is_disjoint(&shared) || !followed.is_disjoint(&at(&[Horizon::Environment])) {
        return None;
    }
    let deciding = at(&[Horizon::Cluster, Horizon::Environment]);
    let mut rendered: BTreeSet<Name> = followed.iter().chain(&deciding).chain(&shared).cloned().collect();
    grow(&mut rendered, |found| both.needs(found));
    (rendered.len() * 2 <= both.tenants.len()).then_some(Reached { followed, rendered })
}

/// Adds the neighbours of the elements of a set until there are no new ones.
fn grow(set: &mut BTreeSet<Name>, next: impl Fn(&BTreeSet<Name>) -> BTreeSet<Name>) {
    let mut found = set.clone();
    while !found.is_empty() {
        found = next(&found).difference(set).cloned().collect();
        set.extend(found.iter().cloned());
    }
}

/// Returns the files of a platform without those of other tenants.
pub(crate) fn of_tenants(files: &Files, tenants: &BTreeSet<Name>) -> Files {
    files.only(|path| tenant(path).is_none_or(|tenant| tenants.contains(tenant)))
}

/// Returns the tenant that a file belongs to.
fn tenant(path: &str) -> Option<&str> {
    Some(path.strip_prefix("tenants/")?.split_once('/')?.0)
}

/// Returns the tenants whose files differ; `None` if any other file differs too.
fn changed(before: &Files, after: &Files) -> Option<BTreeSet<Name>> {
    let gone = before.iter().filter(|(path, _)| after.get(path).is_none());
    let other = after.iter().filter(|(path, bytes)| before.get(path) != Some(bytes));
    gone.chain(other).map(|(path, _)| tenant(path)?.parse().ok()).collect()
}

/// The tenants on both sides of a change.
struct Both<'l> {
    tenancies: &'l [Arc<Tenancy>],
    instances: Vec<&'l Instance>,
    /// All TOML nodes, each with its tenant.
    written: Vec<(&'l Name, &'l Node)>,
    tenants: BTreeSet<Name>,
    registry: &'l Registry,
}

impl<'l> Both<'l> {
    fn of(sides: [&'l Loaded; 2], tenancies: &'l [Arc<Tenancy>], registry: &'l Registry) -> Self {
        let instances: Vec<&Instance> = sides.iter().flat_map(|side| &side.instances).collect();
        let of_tenants = tenancies.iter().map(|tenancy| (&tenancy.tenant.name, tenancy.node.as_ref()));
        let of_instances = instances.iter().flat_map(|instance| {
            [&instance.spec, &instance.common].map(|node| (&instance.tenancy.tenant.name, node))
        });
        let written = of_tenants.chain(of_instances).collect();
        let tenants = sides.iter().flat_map(|side| side.platform.tenants.keys()).cloned().collect();
        Self { tenancies, instances, written, tenants, registry }
    }

    fn horizon(&self, instance: &Instance) -> Horizon {
        self.registry.kind(&instance.kind).map_or(Horizon::Environment, |kind| kind.horizon)
    }

    /// Returns the tenants that refer to any of the given ones, or share a namespace with them.
    fn users(&self, tenants: &BTreeSet<Name>) -> BTreeSet<Name> {
        let is_naming = |node: &Node| names(node, &mut |part| tenants.contains(part));
        let naming = self.written.par_iter().filter(|(_, node)| is_naming(node));
        let naming: BTreeSet<Name> = naming.map(|(tenant, _)| (*tenant).clone()).collect();
        naming.into_iter().chain(self.housemates(tenants)).collect()
    }

    /// Returns the tenants that the given ones refer to, or share a namespace with.
    fn needs(&self, tenants: &BTreeSet<Name>) -> BTreeSet<Name> {
        let own = self.written.iter().filter(|(tenant, _)| tenants.contains(*tenant));
        let named = self.named(own.map(|(_, node)| *node));
        named.into_iter().chain(self.housemates(tenants)).collect()
    }

    /// Returns the tenants that share a namespace with the given ones, and so see their objects.
    fn housemates(&self, tenants: &BTreeSet<Name>) -> BTreeSet<Name> {
        let houses = |tenancy: &'_ Arc<Tenancy>| {
            let environment = tenancy.environment.name.clone();
            tenancy.namespaces.clone().into_iter().map(move |namespace| (environment.clone(), namespace))
        };
        let own = self.tenancies.iter().filter(|tenancy| tenants.contains(&tenancy.tenant.name));
        let own: BTreeSet<(Name, Name)> = own.flat_map(houses).collect();
        let mates = self.tenancies.iter().filter(|tenancy| houses(tenancy).any(|house| own.contains(&house)));
        mates.map(|tenancy| tenancy.tenant.name.clone()).collect()
    }

    /// Returns the tenants that any string in some nodes may refer to.
    fn named<'n>(&self, nodes: impl IntoIterator<Item = &'n Node>) -> BTreeSet<Name> {
        let mut named = BTreeSet::new();
        for node in nodes {
            names(node, &mut |part| {
                named.extend(self.tenants.get(part).cloned());
                false
            });
        }
        named
    }
}

/// Tells whether any string in a node, or a part of a path in it, matches.
fn names(node: &Node, is_it: &mut dyn FnMut(&str) -> bool) -> bool {
    match &node.content {
        Content::String(text) => text.split(['/', ':']).any(is_it),
        Content::List(list) => list.iter().any(|item| names(item, is_it)),
        Content::Table(table) => table.values().any(|value| names(value, is_it)),
        Content::Integer(_) | Content::Float(_) | Content::Boolean(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use aqueduct_manifest::Files;
    use aqueduct_model::Selection;

    use super::reached;
    use crate::compiler::load;
    use crate::stock;

    /// Six tenants that have nothing to do with each other, and those that each case is about.
    fn platform() -> Files {
        let plain = "kind = \"service\"\nimage = \"registry.example.com/web:1\"\n[ports]\nhttp = 8080\n";
        let mut files: Files = [(
            "platform.toml",
            "name = \"acme\"\nrepository = \"https://example.com/acme\"\n[services]\nmetrics = \"watch/prometheus\"\n\
             [environments.dev]\ndomain = \"acme.example\"\nstorage-class = \"standard\"\n",
        )]
        .map(|(path, text)| (path, text.as_bytes().to_vec()))
        .into_iter()
        .collect();
        let mut add = |path: &str, text: &str| files.insert(path, text.as_bytes().to_vec());
        for name in ["a", "b", "c", "d", "e", "f"] {
            add(&format!("tenants/{name}/tenant.toml"), "");
            add(&format!("tenants/{name}/web.toml"), plain);
        }
        let linked = |to: &str| format!("{plain}[links]\nnext = \"{to}/web\"\n");
        for (name, text) in [
            ("front", linked("middle")),
            ("middle", linked("back")),
            ("back", plain.to_owned()),
            ("reader", "kind = \"config\"\n[files.\"x.txt\"]\nfrom = \"/tenants/back/x.txt\"\n".to_owned()),
            ("guest", plain.to_owned()),
            ("raw", "kind = \"manifests\"\npath = \"raw\"\n".to_owned()),
        ] {
            let settings = if name == "guest" { "namespaces = [\"guest\", \"a\"]\n" } else { "" };
            add(&format!("tenants/{name}/tenant.toml"), settings);
            add(&format!("tenants/{name}/web.toml"), &text);
        }
        add("tenants/watch/tenant.toml", "system = true\n");
        add("tenants/watch/prometheus.toml", "kind = \"prometheus\"\n");
        files
    }

    #[test]
    fn what_changes_reach() {
        let before = platform();
        let registry = stock();
        let mut seen = String::new();
        for path in [
            "tenants/f/web.toml",
            "tenants/a/web.toml",
            "tenants/front/web.toml",
            "tenants/middle/web.toml",
            "tenants/back/x.txt",
            "tenants/raw/raw/policy.yaml",
            "tenants/new/tenant.toml",
            "tenants/watch/prometheus.toml",
            "tenants/stray.toml",
            "platform.toml",
            "blueprints/web.toml",
        ] {
            let mut after = before.clone();
            let text = after.text(path).unwrap_or_default().to_owned();
            after.insert(path, format!("{text}# changed\n").into_bytes());
            let new = load(&after, &registry, &Selection::default());
            let names = |names: &std::collections::BTreeSet<super::Name>| {
                names.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
            };
            let told = match reached(&before, &after, &new, &registry) {
                Some(reached) => format!(
                    "followed: {}; seen with: {}",
                    names(&reached.followed),
                    names(&reached.rendered.difference(&reached.followed).cloned().collect())
                ),
                None => "everything".to_owned(),
            };
            seen.push_str(&format!("{path}: {told}\n"));
        }
        insta::assert_snapshot!(seen);
    }
}
