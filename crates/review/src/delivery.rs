//! What a change does in Argo CD: what it reads, prunes, replaces or waits for, and what a project allows.

use std::collections::BTreeSet;

use aqueduct_manifest::{Map, Object, Value, json};

use crate::consequence::{Consequence, Effect, consequence};

const FINALIZER: &str = "resources-finalizer.argocd.argoproj.io";

/// Returns the effects of a change in Argo CD.
pub(crate) fn of_changed(old: &Object, new: &Object) -> Vec<Consequence> {
    let mut found = marks(old, new);
    match (new.group(), new.kind()) {
        ("argoproj.io", "Application") => found.extend(application(old, new)),
        ("argoproj.io", "AppProject") => found.extend(project(old, new)),
        _ => {}
    }
    found
}

/// Returns the effects of removing an object.
pub(crate) fn of_removed(object: &Object) -> Vec<Consequence> {
    let mut found = Vec::new();
    if (object.group(), object.kind()) == ("argoproj.io", "Application") {
        let fate = match has_finalizer(object) {
            true => "everything that it deployed is deleted with it, because it has a finalizer",
            false => "what it deployed stays in the cluster unmanaged, because it has no finalizer",
        };
        found.push(consequence(Effect::ArgoCd, "metadata.finalizers", fate));
    }
    let options = options(object);
    if options.contains("Prune=false") {
        let fate = "it stays in the cluster, and its Application stays out of sync: `Prune=false`";
        found.push(consequence(Effect::ArgoCd, SYNC_OPTIONS, fate));
    } else if options.contains("Prune=confirm") {
        let fate = "its Application waits until somebody confirms the deletion: `Prune=confirm`";
        found.push(consequence(Effect::ArgoCd, SYNC_OPTIONS, fate));
    }
    found
}

/// Tells whether an object stays in the cluster when it is removed from the tree.
pub(crate) fn stays(object: &Object) -> bool {
    options(object).contains("Prune=false")
}

const SYNC_OPTIONS: &str = "metadata.annotations[argocd.argoproj.io/sync-options]";

fn options(object: &Object) -> BTreeSet<String> {
    let text = object.annotation("argocd.argoproj.io/sync-options").unwrap_or_default();
    text.split(',').map(|option| option.trim().to_owned()).filter(|option| !option.is_empty()).collect()
}

fn has_finalizer(object: &Object) -> bool {
    let finalizers = object.at(&["metadata", "finalizers"]).and_then(Value::as_list);
    finalizers.into_iter().flatten().filter_map(Value::as_str).any(|one| one.starts_with(FINALIZER))
}

/// The effects of Argo CD annotations, which any object can have.
fn marks(old: &Object, new: &Object) -> Vec<Consequence> {
    let mut found = Vec::new();
    let annotation = |name: &str| {
        let [was, is] = [old, new].map(|object| object.annotation(name).map(str::to_owned));
        (was != is).then_some((was, is))
    };
    let wave = "argocd.argoproj.io/sync-wave";
    if let Some((was, is)) = annotation(wave) {
        let [was, is] = [was, is].map(|wave| wave.unwrap_or_else(|| "0".to_owned()));
        if was != is {
            let message = format!("it is synced in wave {is} instead of wave {was}");
            found.push(consequence(Effect::ArgoCd, &format!("metadata.annotations[{wave}]"), message));
        }
    }
    for hook in ["argocd.argoproj.io/hook", "helm.sh/hook"] {
        let Some((was, is)) = annotation(hook) else { continue };
        let message = match (was, is) {
            (None, Some(is)) => format!("it becomes a hook, which each sync recreates: `{is}`"),
            (Some(was), None) => format!("it is no longer a hook: `{was}`"),
            (was, is) => format!(
                "as a hook, it runs at `{}` instead of `{}`",
                is.unwrap_or_default(),
                was.unwrap_or_default()
            ),
        };
        found.push(consequence(Effect::ArgoCd, &format!("metadata.annotations[{hook}]"), message));
    }
    found.extend(new_options(&options(old), &options(new), SYNC_OPTIONS));
    found
}

/// Describes the effects of new options.
fn new_options(old: &BTreeSet<String>, new: &BTreeSet<String>, field: &str) -> Option<Consequence> {
    const EFFECTS: [(&str, &str); 6] = [
        ("Replace=true", "it is replaced instead of patched, so fields that others set are lost"),
        ("Force=true", "it is deleted and recreated if a change is refused"),
        ("Prune=false", "it stays in the cluster when it is removed from the tree"),
        ("Delete=false", "it stays in the cluster when its Application is deleted"),
        ("PruneLast=true", "what is removed from the tree is deleted after all waves"),
        ("Validate=false", "it is applied even if its schema refuses it"),
    ];
    let effects: Vec<String> = EFFECTS
        .iter()
        .filter(|(option, _)| new.contains(*option) && !old.contains(*option))
        .map(|(option, effect)| format!("{effect}: `{option}`"))
        .collect();
    (!effects.is_empty()).then(|| consequence(Effect::ArgoCd, field, effects.join("; ")))
}

fn application(old: &Object, new: &Object) -> Vec<Consequence> {
    let mut found = Vec::new();
    let mut say = |field: &str, message: String| found.push(consequence(Effect::ArgoCd, field, message));
    let at = |object: &Object, path: &[&str]| object.at(path).filter(|value| !value.is_null()).cloned();
    let changed = |path: &[&str]| {
        let (was, is) = (at(old, path), at(new, path));
        (was != is).then_some((was, is))
    };
    let shown = |value: Option<Value>| value.map_or_else(|| "nothing".to_owned(), |value| text(&value));
    for part in ["repoURL", "chart", "path", "targetRevision"] {
        if let Some((was, is)) = changed(&["spec", "source", part]) {
            say(
                &format!("spec.source.{part}"),
                format!("it reads `{}` instead of `{}`", shown(is), shown(was)),
            );
        }
    }
    let destination = ["server", "name"].map(|part| changed(&["spec", "destination", part]));
    if destination.iter().any(Option::is_some) {
        let message = "what it deployed to the previous cluster stays there unmanaged";
        say("spec.destination", message.to_owned());
    }
    if let Some((was, is)) = changed(&["spec", "project"]) {
        say("spec.project", format!("it belongs to the project `{}` instead of `{}`", shown(is), shown(was)));
    }
    let automated = ["spec", "syncPolicy", "automated"];
    let is_automated = |object: &Object| {
        at(object, &automated)
            .is_some_and(|policy| policy.get("enabled").and_then(Value::as_bool) != Some(false))
    };
    match (is_automated(old), is_automated(new)) {
        (false, true) => say("spec.syncPolicy.automated", "it now syncs automatically".to_owned()),
        (true, false) => say("spec.syncPolicy.automated", "it no longer syncs automatically".to_owned()),
        _ => {}
    }
    let is_on = |object: &Object, name: &str| {
        is_automated(object)
            && object.at(&automated).and_then(|policy| policy.get(name)).and_then(Value::as_bool)
                == Some(true)
    };
    const SWITCHES: [(&str, &str, &str); 2] = [
        (
            "prune",
            "each sync deletes what is not in the tree",
            "what is removed from the tree stays in the cluster",
        ),
        ("selfHeal", "manual changes in the cluster are undone", "manual changes in the cluster stay"),
    ];
    for (name, on, off) in SWITCHES {
        match (is_on(old, name), is_on(new, name)) {
            (false, true) => say(&format!("spec.syncPolicy.automated.{name}"), on.to_owned()),
            (true, false) if is_automated(new) => {
                say(&format!("spec.syncPolicy.automated.{name}"), off.to_owned())
            }
            _ => {}
        }
    }
    match (has_finalizer(old), has_finalizer(new)) {
        (false, true) => {
            say("metadata.finalizers", "when it is deleted, what it deployed is deleted with it".to_owned())
        }
        (true, false) => {
            say("metadata.finalizers", "when it is deleted, what it deployed stays in the cluster".to_owned())
        }
        _ => {}
    }
    let options = |object: &Object| -> BTreeSet<String> {
        let list = object.at(&["spec", "syncPolicy", "syncOptions"]).and_then(Value::as_list);
        list.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    found.extend(new_options(&options(old), &options(new), "spec.syncPolicy.syncOptions"));
    found
}

/// The effects of what a project newly allows or no longer allows.
fn project(old: &Object, new: &Object) -> Vec<Consequence> {
    let mut found = Vec::new();
    let entries = |object: &Object, name: &str| -> Option<BTreeSet<String>> {
        let list = object.at(&["spec", name])?.as_list()?;
        Some(list.iter().map(text).collect())
    };
    // Whether a longer list allows more, and whether a project without the list allows everything.
    const LISTS: [(&str, bool, bool); 8] = [
        ("clusterResourceBlacklist", false, false),
        ("clusterResourceWhitelist", true, false),
        ("destinations", true, false),
        ("namespaceResourceBlacklist", false, false),
        ("namespaceResourceWhitelist", true, true),
        ("roles", true, false),
        ("sourceNamespaces", true, false),
        ("sourceRepos", true, false),
    ];
    for (list, lets_in, is_open) in LISTS {
        let [was, is] = [old, new].map(|object| entries(object, list));
        let field = format!("spec.{list}");
        if is_open && was.is_some() != is.is_some() {
            let (name, message) = match is {
                None => (Effect::Rbac, "the project now allows every namespaced resource"),
                Some(_) => (Effect::ArgoCd, "the project no longer allows every namespaced resource"),
            };
            found.push(consequence(name, &field, message));
            continue;
        }
        let (was, is) = (was.unwrap_or_default(), is.unwrap_or_default());
        let [more, less] =
            [is.difference(&was), was.difference(&is)].map(|all| all.cloned().collect::<Vec<_>>());
        let (wider, narrower) = if lets_in { (more, less) } else { (less, more) };
        if !wider.is_empty() {
            let message = format!("the project also allows {}", named(&wider));
            found.push(consequence(Effect::Rbac, &field, message));
        }
        if !narrower.is_empty() {
            let message = format!(
                "the project no longer allows {}; what is already deployed stays unmanaged",
                named(&narrower)
            );
            found.push(consequence(Effect::ArgoCd, &field, message));
        }
    }
    found
}

fn named(all: &[String]) -> String {
    const NAMED: usize = 3;
    let first: Vec<String> = all.iter().take(NAMED).map(|one| format!("`{one}`")).collect();
    let more = all.len() - first.len();
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    first.join(", ") + &more
}

/// Returns a value in a few words: a string as it is, or the values of a map side by side.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.to_string(),
        Value::Map(map) => parts(map),
        other => json::write_raw(other),
    }
}

fn parts(map: &Map) -> String {
    let part = |name: &str| map.get(name).and_then(Value::as_str);
    match (part("kind"), part("group")) {
        (Some(kind), Some("") | None) => kind.to_owned(),
        (Some(kind), Some(group)) => format!("{kind}.{group}"),
        _ => {
            let parts = map.iter().filter(|(_, value)| !value.is_null());
            let parts: Vec<String> = parts.map(|(name, value)| format!("{name} {}", text(value))).collect();
            parts.join(", ")
        }
    }
}
