//! The components of an environment and the links between them.
//!
//! Links are resolved once, in both directions: the dependent gets addresses and egress, its target gets ingress.

use std::collections::BTreeMap;

use aqueduct_manifest::{Diagnostic, Place};
use aqueduct_model::types::{ComponentPeer, Name};
use aqueduct_model::{Instance, Peer, Platform, absence};

use crate::{AnyComponent, Endpoint, Inputs, Link, Offer, Pods, Registry, Site};

/// The field with components to wait for, without a connection to them.
const DEPENDS_ON: &str = "depends-on";

/// The components of one environment.
#[derive(Default)]
pub struct Graph<'a> {
    nodes: Vec<GraphNode<'a>>,
    index: BTreeMap<(&'a str, &'a str), usize>,
}

/// One component of one tenant in the environment.
pub struct GraphNode<'a> {
    /// The instance and its names.
    pub site: Site<'a>,
    /// The component as its kind has read it.
    pub component: Box<dyn AnyComponent>,
    /// Whether all its fields are valid; if not, only some of its links are known.
    pub sound: bool,
    /// What it offers to others.
    pub offer: Offer,
    /// The links to the components that it needs.
    pub links: Vec<ResolvedLink>,
    /// The nodes that need it, with the index of their link.
    users: Vec<(usize, usize)>,
}

/// A link and its target node.
pub struct ResolvedLink {
    /// The link as the component declares it.
    pub link: Link,
    /// The node; `None` for an invalid link, which has been reported.
    pub to: Option<usize>,
}

/// A link that leads to pods.
#[derive(Clone, Debug, PartialEq)]
pub struct Route {
    /// The tenant and the component that have the link.
    pub from: (String, String),
    /// The tenant and the component that it leads to.
    pub to: (String, String),
    /// The target, as written.
    pub target: String,
    /// Where it is written.
    pub place: Place,
    /// The name of the endpoint.
    pub endpoint: String,
    /// The host name for callers; `None` if only a Secret contains it.
    pub host: Option<String>,
    /// The port for callers.
    pub port: u16,
    /// The pods behind the endpoint.
    pub pods: Pods,
}

impl ResolvedLink {
    /// Tells whether the component only waits for the other one, which opens no connection.
    fn is_wait(&self) -> bool {
        self.link.field.first().is_some_and(|field| field == DEPENDS_ON)
    }
}

impl GraphNode<'_> {
    /// Returns an endpoint by name, or the first one.
    pub fn endpoint(&self, name: Option<&Name>) -> Option<&Endpoint> {
        match name {
            Some(name) => self.offer.endpoints.iter().find(|endpoint| endpoint.name == name.as_str()),
            None => self.offer.endpoints.first(),
        }
    }

    /// Returns the place where a link is written.
    fn written(&self, link: &ResolvedLink) -> Option<&aqueduct_model::Node> {
        let path: Vec<&str> = link.link.field.iter().map(String::as_str).collect();
        let Instance { spec, common, .. } = self.site.instance;
        spec.find(&path).or_else(|| common.find(&path))
    }
}

impl<'a> Graph<'a> {
    /// Reads every instance of an environment and resolves the links.
    pub fn new(
        platform: &'a Platform,
        instances: &'a [Instance],
        registry: &Registry,
        inputs: &'a Inputs<'a>,
    ) -> (Self, Vec<Diagnostic>) {
        let mut graph = Self::default();
        let mut diagnostics = Vec::new();
        let mut unread = Vec::new();
        for instance in instances {
            let (component, found) = registry.read(instance);
            let sound = found.is_empty();
            diagnostics.extend(found);
            match component {
                Some(component) => {
                    let site = Site { platform, instance, inputs, part: None };
                    let offer = if sound { component.offer(&site) } else { Offer::default() };
                    let mut links: Vec<Link> = component.links();
                    links.extend(component.shared(&platform.services));
                    links.extend(instance.depends_on.iter().enumerate().map(|(number, reference)| Link {
                        name: reference.to_string(),
                        target: crate::Target { reference: reference.clone(), endpoint: None },
                        field: vec![DEPENDS_ON.to_owned(), number.to_string()],
                        ordered: true,
                    }));
                    let links = links.into_iter().map(|link| ResolvedLink { link, to: None }).collect();
                    graph.index.insert((site.tenant(), site.name()), graph.nodes.len());
                    graph.nodes.push(GraphNode { site, component, sound, offer, links, users: Vec::new() });
                }
                None => unread.push((instance.tenancy.tenant.name.as_str(), instance.component.as_str())),
            }
        }
        graph.join(&unread, &mut diagnostics);
        (graph, diagnostics)
    }

    /// Returns all components, tenant by tenant.
    pub fn nodes(&self) -> &[GraphNode<'a>] {
        &self.nodes
    }

    /// Returns a component of a tenant.
    pub fn node(&self, tenant: &str, component: &str) -> Option<&GraphNode<'a>> {
        self.index.get(&(tenant, component)).map(|at| &self.nodes[*at])
    }

    /// Returns the components that need this one, each with the endpoint it uses.
    pub fn users<'g>(&'g self, node: &'g GraphNode<'a>) -> Vec<(Site<'a>, Option<&'g Endpoint>)> {
        let users = node.users.iter().map(|(user, link)| (&self.nodes[*user], *link));
        users
            .filter(|(user, link)| !user.links[*link].is_wait())
            .map(|(user, link)| (user.site, node.endpoint(user.links[link].link.target.endpoint.as_ref())))
            .collect()
    }

    /// Returns the endpoints that a component uses.
    pub fn uses<'g>(&'g self, node: &'g GraphNode<'a>) -> Vec<(Site<'a>, &'g Endpoint)> {
        let found = node.links.iter().filter(|link| !link.is_wait()).filter_map(|link| {
            let target = &self.nodes[link.to?];
            Some((target.site, target.endpoint(link.link.target.endpoint.as_ref())?))
        });
        found.collect()
    }

    /// Returns the links that lead to pods, in the order of the components that have them.
    pub fn routes(&self) -> Vec<Route> {
        let mut routes = Vec::new();
        for node in &self.nodes {
            let written = |link: &ResolvedLink| node.written(link).unwrap_or(&node.site.instance.spec);
            for link in node.links.iter().filter(|link| !link.is_wait()) {
                let Some(target) = link.to.map(|to| &self.nodes[to]) else { continue };
                let Some(endpoint) = target.endpoint(link.link.target.endpoint.as_ref()) else { continue };
                let Some(pods) = &endpoint.pods else { continue };
                let name = |site: &Site<'_>| (site.tenant().to_owned(), site.name().to_owned());
                routes.push(Route {
                    from: name(&node.site),
                    to: name(&target.site),
                    target: link.link.target.to_string(),
                    place: written(link).origin.place.clone(),
                    endpoint: endpoint.name.clone(),
                    host: endpoint.host.clone(),
                    port: endpoint.port,
                    pods: pods.clone(),
                });
            }
        }
        routes
    }

    /// Returns the names of nodes that need each other, and the place of the first one's link.
    pub(crate) fn cycle(&self, members: &[usize]) -> (Vec<(String, String)>, Place) {
        let nodes = || members.iter().map(|member| &self.nodes[*member]);
        let names = nodes().map(|node| (node.site.tenant().to_owned(), node.site.name().to_owned()));
        let is_inside =
            |link: &&ResolvedLink| link.link.ordered && link.to.is_some_and(|to| members.contains(&to));
        let written =
            nodes().find_map(|node| node.links.iter().filter(is_inside).find_map(|link| node.written(link)));
        let file = || Place::whole(nodes().next().map_or("", |node| node.site.instance.file.as_ref()));
        (names.collect(), written.map_or_else(file, |node| node.origin.place.clone()))
    }

    fn join(&mut self, unread: &[(&str, &str)], diagnostics: &mut Vec<Diagnostic>) {
        let mut edges = Vec::new();
        for (from, node) in self.nodes.iter().enumerate() {
            for (number, link) in node.links.iter().enumerate() {
                // Placeholders stand in for invalid fields.
                if !node.sound && node.written(link).is_none() {
                    continue;
                }
                let target = &link.link.target;
                let tenant = target.reference.tenant.as_ref().map_or(node.site.tenant(), Name::as_str);
                let component = target.reference.component.as_str();
                match self.index.get(&(tenant, component)) {
                    Some(to) if !self.nodes[*to].sound => {}
                    Some(to) => match self.refusal(node, &self.nodes[*to], link) {
                        Some(refusal) => diagnostics.push(refusal),
                        None => edges.push((from, number, *to)),
                    },
                    // Invalid fields have already been reported, and so have invalid `depends-on` references.
                    None if link.is_wait() => {}
                    None if unread.contains(&(tenant, component)) || is_broken(node, tenant, component) => {}
                    None => diagnostics.push(self.unknown(node, link, tenant)),
                }
            }
        }
        for (from, number, to) in edges {
            self.nodes[from].links[number].to = Some(to);
            self.nodes[to].users.push((from, number));
        }
    }

    fn unknown(&self, node: &GraphNode<'_>, link: &ResolvedLink, tenant: &str) -> Diagnostic {
        let environment = &node.site.environment().name;
        let of_tenant = tenant.parse().ok().and_then(|tenant| {
            absence(node.site.platform, environment, &tenant, &link.link.target.reference.component)
        });
        if let Some(absence) = of_tenant {
            let diagnostic = place(node, link, "absent-component", absence.message.clone());
            return absence
                .place(diagnostic)
                .hint(format!("change or remove the link in `[environments.{environment}]`"));
        }
        let siblings = self.nodes.iter().filter(|other| other.site.tenant() == tenant);
        let message = format!("there is no such component: `{}`", link.link.target);
        let mut diagnostic = place(node, link, "unknown-component", message);
        if let Some(label) = diagnostic.labels.first_mut() {
            label.text = format!("in `{environment}`");
        }
        diagnostic.did_you_mean(
            link.link.target.reference.component.as_str(),
            siblings.map(|other| other.site.name()).filter(|name| *name != node.site.name()),
        )
    }

    /// Returns why a link is not permitted, if so.
    fn refusal(
        &self,
        node: &GraphNode<'_>,
        target: &GraphNode<'_>,
        link: &ResolvedLink,
    ) -> Option<Diagnostic> {
        if let Some(endpoint) = &link.link.target.endpoint
            && target.endpoint(Some(endpoint)).is_none()
        {
            let names = target.offer.endpoints.iter().map(|endpoint| endpoint.name.as_str());
            let message = format!("`{}` has no such endpoint: `{endpoint}`", link.link.target.reference);
            return Some(
                place(node, link, "unknown-endpoint", message).did_you_mean(endpoint.as_str(), names),
            );
        }
        let tenant = &target.site.tenancy().tenant;
        let may = |peers: &[Peer], wanted: &Name| {
            peers.iter().any(|peer| match peer {
                Peer::Any => true,
                Peer::Tenant(name) => name == wanted,
            })
        };
        let is_near = tenant.system || tenant.name == node.site.tenancy().tenant.name;
        let is_order = link.is_wait();
        let tenant_isolation = |message: String, hint: String| {
            let message = format!("{message}: `{}`", link.link.target);
            Some(place(node, link, "tenant-isolation", message).hint(hint))
        };
        let (from, to) = (node.site.tenant(), target.site.tenant());
        match node.site.instance.allow_to.as_ref().filter(|_| !is_order) {
            Some(peers) if tenant.system || names(peers, node, target) => {}
            Some(_) => {
                let message = format!("`{}` may not link to `{}`", called(node), called(target));
                return Some(unlisted(node, link, message, "allow-to", (node, target)));
            }
            None if is_near || may(&node.site.tenancy().isolation.allow_to, &tenant.name) => {}
            None => {
                return tenant_isolation(
                    format!("tenant `{from}` may not link to tenant `{to}`"),
                    format!("add `{to}` to `allow-to` in `[isolation]` of tenants/{from}/tenant.toml"),
                );
            }
        }
        match &target.site.instance.allow_from {
            Some(peers) if names(peers, target, node) => None,
            Some(_) if !is_order => {
                let message = format!("`{}` does not permit links from `{}`", called(target), called(node));
                Some(unlisted(node, link, message, "allow-from", (target, node)))
            }
            _ if is_near => None,
            _ if may(&target.site.tenancy().isolation.allow_from, &node.site.tenancy().tenant.name) => None,
            _ => tenant_isolation(
                format!("tenant `{to}` does not permit links from tenant `{from}`"),
                format!("add `{from}` to `allow-from` in `[isolation]` of tenants/{to}/tenant.toml"),
            ),
        }
    }
}

/// Tells whether a list of one component contains another.
fn names(peers: &[ComponentPeer], owner: &GraphNode<'_>, other: &GraphNode<'_>) -> bool {
    let own = &owner.site.tenancy().tenant.name;
    let (tenant, component) = (&other.site.tenancy().tenant.name, &other.site.instance.component);
    peers.iter().any(|peer| peer.is(own, tenant, component))
}

/// Returns the name of a component with its tenant.
fn called(node: &GraphNode<'_>) -> String {
    format!("{}/{}", node.site.tenant(), node.site.name())
}

/// Returns the error that the list of one component does not contain another, with a hint what to add.
fn unlisted(
    node: &GraphNode<'_>,
    link: &ResolvedLink,
    message: String,
    field: &str,
    (owner, other): (&GraphNode<'_>, &GraphNode<'_>),
) -> Diagnostic {
    let is_own = owner.site.tenant() == other.site.tenant();
    let name = if is_own { other.site.name().to_owned() } else { called(other) };
    let message = format!("{message}: `{}`", link.link.target);
    place(node, link, "component-isolation", message)
        .hint(format!("add `{name}` to `{field}` in {}", owner.site.instance.file))
}

/// Tells whether the file of a component is invalid.
fn is_broken(node: &GraphNode<'_>, tenant: &str, component: &str) -> bool {
    node.site.inputs.broken.contains(format!("tenants/{tenant}/{component}.toml").as_str())
}

fn place(node: &GraphNode<'_>, link: &ResolvedLink, code: &'static str, message: String) -> Diagnostic {
    node.written(link).unwrap_or(&node.site.instance.spec).diagnostic(code, message)
}
