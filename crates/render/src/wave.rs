//! The wave of each component: it starts after those that it needs, after those that render what its objects need, and after
//! the webhooks that admit its objects.
//!
//! Components that need each other share a wave. Objects and webhooks only add an edge if none leads the other way.
//! So links take precedence, and a controller's own dependencies still start before it.

use std::collections::{BTreeMap, BTreeSet};

use aqueduct_manifest::{List, Object, Value, plural};

use crate::Graph;
use crate::needs::{Thing, needed, provided};

/// Returns the wave of each node of a graph, from 0, and the groups of nodes of which none can start first. `objects`
/// contains the objects of each node.
pub(crate) fn waves(graph: &Graph<'_>, objects: &[&[Object]]) -> (Vec<usize>, Vec<Vec<usize>>) {
    let links = |node: &crate::graph::GraphNode<'_>| {
        node.links.iter().filter(|link| link.link.ordered).filter_map(|link| link.to).collect()
    };
    let mut edges: Vec<Vec<usize>> = graph.nodes().iter().map(links).collect();
    let refused = provide(graph, objects, &mut edges);
    let mut all = edges.clone();
    refused.iter().for_each(|(user, provider)| all[*user].push(*provider));
    // Components that only talk to each other can start at the same time.
    let is_torn = |circle: &Vec<usize>| refused.iter().any(|(user, _)| circle.contains(user));
    let cycles = groups(&all).into_iter().filter(is_torn).collect();
    admit(graph, objects, &mut edges);
    (order(&edges), cycles)
}

/// Adds an edge from each node to those that render what its objects need, and returns the edges that would form a
/// cycle.
fn provide(graph: &Graph<'_>, objects: &[&[Object]], edges: &mut [Vec<usize>]) -> Vec<(usize, usize)> {
    let namespaced = |node: usize| {
        let own = graph.nodes()[node].site.namespace();
        objects[node]
            .iter()
            .map(move |object| (object, if object.namespace().is_empty() { own } else { object.namespace() }))
    };
    let mut providers: BTreeMap<Thing<'_>, usize> = BTreeMap::new();
    for node in 0..objects.len() {
        let own = namespaced(node).filter_map(|(object, namespace)| provided(object, namespace));
        providers.extend(own.map(|thing| (thing, node)));
    }
    let mut needs: BTreeSet<(usize, usize)> = BTreeSet::new();
    for user in 0..objects.len() {
        let things = namespaced(user).flat_map(|(object, namespace)| needed(object, namespace));
        let of_others = things.filter_map(|thing| providers.get(&thing)).filter(|node| **node != user);
        needs.extend(of_others.map(|provider| (user, *provider)));
    }
    let mut refused = Vec::new();
    for (user, provider) in needs {
        if edges[user].contains(&provider) {
            continue;
        }
        if reachable(provider, edges).contains(&user) {
            refused.push((user, provider));
        } else {
            edges[user].push(provider);
        }
    }
    refused
}

/// The rules of a webhook whose failure policy rejects objects.
struct Webhook<'o> {
    /// The node that registers it.
    registers: usize,
    /// The node whose Service answers, if it is in the graph.
    answers: Option<usize>,
    rules: &'o List,
}

/// Adds an edge from each node to those whose webhooks must answer before the API server accepts its objects.
fn admit(graph: &Graph<'_>, objects: &[&[Object]], edges: &mut [Vec<usize>]) {
    let webhooks = webhooks(graph, objects);
    if webhooks.is_empty() {
        return;
    }
    // The node that answers must start before the webhook is called.
    for Webhook { registers, answers, .. } in &webhooks {
        if let Some(answers) = answers.filter(|answers| !reachable(*answers, edges).contains(registers)) {
            edges[*registers].push(answers);
        }
    }
    let plurals = declared_plurals(objects);
    let kinds: Vec<BTreeSet<(&str, &str)>> = objects
        .iter()
        .map(|objects| objects.iter().map(|object| (object.group(), object.kind())).collect())
        .collect();
    let mut added = Vec::new();
    for webhook in &webhooks {
        let admits = |(group, kind): &(&str, &str)| {
            let plural =
                plurals.get(&(*group, *kind)).map_or_else(|| plural(kind), |name| (*name).to_owned());
            webhook.rules.iter().any(|rule| admits(rule, group, &plural))
        };
        for needed in [Some(webhook.registers), webhook.answers].into_iter().flatten() {
            let before = reachable(needed, edges);
            let users = kinds.iter().enumerate().filter(|(user, _)| !before.contains(user));
            added.extend(users.filter(|(_, kinds)| kinds.iter().any(admits)).map(|(user, _)| (user, needed)));
        }
    }
    for (user, needed) in added {
        edges[user].push(needed);
    }
}

/// Returns the webhooks among the objects.
fn webhooks<'o>(graph: &Graph<'_>, objects: &[&'o [Object]]) -> Vec<Webhook<'o>> {
    let numbered = || {
        objects
            .iter()
            .enumerate()
            .flat_map(|(node, objects)| objects.iter().map(move |object| (node, object)))
    };
    let serving = |service: (&str, &str)| {
        let is_it = |(node, object): &(usize, &Object)| {
            let own = graph.nodes()[*node].site.namespace();
            let namespace = if object.namespace().is_empty() { own } else { object.namespace() };
            object.kind() == "Service" && (namespace, object.name()) == service
        };
        numbered().find(is_it).map(|(node, _)| node)
    };
    let mut found = Vec::new();
    for (registers, object) in numbered() {
        if !matches!(object.kind(), "MutatingWebhookConfiguration" | "ValidatingWebhookConfiguration") {
            continue;
        }
        for webhook in object.map.get("webhooks").and_then(Value::as_list).into_iter().flatten() {
            let text = |path: &[&str]| webhook.at(path).and_then(Value::as_str);
            // `Fail` is the default of admissionregistration.k8s.io/v1.
            let may_be_silent = text(&["failurePolicy"]).is_some_and(|policy| policy != "Fail");
            if let (false, Some(rules)) = (may_be_silent, webhook.get("rules").and_then(Value::as_list)) {
                let service = ["namespace", "name"].map(|key| text(&["clientConfig", "service", key]));
                let answers = service[0].zip(service[1]).and_then(serving);
                found.push(Webhook { registers, answers, rules });
            }
        }
    }
    found
}

/// Tells whether a webhook's rule applies to new or changed objects of a resource.
fn admits(rule: &Value, group: &str, plural: &str) -> bool {
    let has = |key: &str, wanted: &[&str]| {
        let list = rule.get(key).and_then(Value::as_list).into_iter().flatten();
        list.filter_map(Value::as_str).any(|one| wanted.contains(&one))
    };
    has("apiGroups", &[group, "*"])
        && has("resources", &[plural, "*", "*/*"])
        && has("operations", &["CREATE", "UPDATE", "*"])
}

/// Returns the plurals that the CRDs among some objects declare, by group and kind.
fn declared_plurals<'o>(objects: &[&'o [Object]]) -> BTreeMap<(&'o str, &'o str), &'o str> {
    let text = |crd: &'o Object, path: &[&str]| crd.at(path).and_then(Value::as_str);
    let crds = objects.iter().flat_map(|objects| objects.iter());
    crds.filter(|object| object.kind() == "CustomResourceDefinition")
        .filter_map(|crd| {
            let key = (text(crd, &["spec", "group"])?, text(crd, &["spec", "names", "kind"])?);
            Some((key, text(crd, &["spec", "names", "plural"])?))
        })
        .collect()
}

/// Returns a node and all its dependencies.
fn reachable(from: usize, edges: &[Vec<usize>]) -> BTreeSet<usize> {
    let mut found = BTreeSet::from([from]);
    let mut open = vec![from];
    while let Some(node) = open.pop() {
        open.extend(edges[node].iter().filter(|to| found.insert(**to)));
    }
    found
}

/// Sets the wave of every node: one more than the highest wave of its dependencies.
fn order(edges: &[Vec<usize>]) -> Vec<usize> {
    let groups = groups(edges);
    let mut group_of = vec![0; edges.len()];
    for (number, group) in groups.iter().enumerate() {
        for member in group {
            group_of[*member] = number;
        }
    }
    let mut waves = vec![0; edges.len()];
    // Groups are in an order in which all their dependencies come first.
    for (number, group) in groups.iter().enumerate() {
        let needs = group.iter().flat_map(|member| &edges[*member]).filter(|to| group_of[**to] != number);
        let wave = needs.map(|to| waves[*to] + 1).max().unwrap_or(0);
        for member in group {
            waves[*member] = wave;
        }
    }
    waves
}

/// Returns the strongly connected components, each after all that it points to (Tarjan's algorithm, without
/// recursion).
fn groups(edges: &[Vec<usize>]) -> Vec<Vec<usize>> {
    const UNSEEN: usize = usize::MAX;
    let mut groups = Vec::new();
    let (mut number, mut low) = (vec![UNSEEN; edges.len()], vec![0; edges.len()]);
    let (mut open, mut is_open) = (Vec::new(), vec![false; edges.len()]);
    let mut next = 0;
    for start in 0..edges.len() {
        if number[start] != UNSEEN {
            continue;
        }
        let mut path = vec![(start, 0)];
        while let Some((node, edge)) = path.pop() {
            if edge == 0 {
                number[node] = next;
                low[node] = next;
                next += 1;
                open.push(node);
                is_open[node] = true;
            }
            match edges[node].get(edge) {
                Some(to) => {
                    path.push((node, edge + 1));
                    if number[*to] == UNSEEN {
                        path.push((*to, 0));
                    } else if is_open[*to] {
                        low[node] = low[node].min(number[*to]);
                    }
                }
                None => {
                    if low[node] == number[node] {
                        let at = open.iter().rposition(|member| *member == node).unwrap_or(0);
                        let mut group = open.split_off(at);
                        group.iter().for_each(|member| is_open[*member] = false);
                        group.sort_unstable();
                        groups.push(group);
                    }
                    if let Some((parent, _)) = path.last() {
                        low[*parent] = low[*parent].min(low[node]);
                    }
                }
            }
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::{groups, order};

    #[test]
    fn a_wave_follows_what_it_needs() {
        assert_eq!(
            order(&[vec![1, 2], vec![2], vec![], vec![0, 3], vec![5], vec![4, 1]]),
            [2, 1, 0, 3, 2, 2]
        );
    }

    #[test]
    fn a_group_follows_what_it_points_to() {
        assert_eq!(groups(&[vec![1], vec![2], vec![]]), [vec![2], vec![1], vec![0]]);
    }

    #[test]
    fn a_cycle_is_one_group() {
        assert_eq!(groups(&[vec![1], vec![0, 2], vec![], vec![0]]), [vec![2], vec![0, 1], vec![3]]);
    }
}
