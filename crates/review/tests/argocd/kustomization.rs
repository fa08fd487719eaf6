//! Kustomizations in the tree, built as Argo CD has Kustomize build them.

use std::borrow::Cow;
use std::collections::BTreeMap;

use aqueduct_kustomize::{LoadRestrictor, Options, build as build_folder};
use aqueduct_manifest::{Map, Object, Value, yaml};

use super::chart::Charts;
use super::environment::Environment;
use super::source::{is_set, joined, options};
use super::tree::{Failure, Tree, list, only, text};

/// The file names of kustomizations.
pub(crate) const NAMES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

const KNOWN: [&str; 18] = [
    "namePrefix",
    "nameSuffix",
    "namespace",
    "images",
    "replicas",
    "commonLabels",
    "forceCommonLabels",
    "labelWithoutSelector",
    "labelIncludeTemplates",
    "commonAnnotations",
    "forceCommonAnnotations",
    "commonAnnotationsEnvsubst",
    "patches",
    "components",
    "ignoreMissingComponents",
    "kubeVersion",
    "apiVersions",
    "version",
];

/// Returns the objects of a kustomization, after applying the Application's settings to it.
pub(crate) fn build(
    tree: &Tree,
    source: &Value,
    path: &str,
    environment: &Environment,
) -> Result<Vec<Object>, Failure> {
    let mut files = Cow::Borrowed(&tree.files);
    let said = options(source, "kustomize");
    only(said, "kustomize", &KNOWN)?;
    if said.as_map().is_some_and(|said| !said.is_empty()) {
        let file = NAMES.map(|name| joined(path, name)).into_iter().find(|file| files.get(file).is_some());
        let file = file.ok_or_else(|| Failure::Wrong(format!("there is no kustomization in {path}")))?;
        let Value::Map(map) = yaml::read(files.text(&file).unwrap_or_default()).map_err(Failure::of)? else {
            return Err(Failure::Wrong(format!("{file} is no kustomization")));
        };
        let mut edited = Edited { map, environment };
        edited.edit(tree, said, path)?;
        files.to_mut().insert(file, yaml::write(&Value::Map(edited.map)).into_bytes());
    }
    let flags = &tree.settings.build_options;
    let charts = Charts { tree, options: said };
    let options = Options {
        load_restrictor: match flags.contains("LoadRestrictionsNone") {
            true => LoadRestrictor::None,
            false => LoadRestrictor::RootOnly,
        },
        enable_helm: flags.contains("--enable-helm"),
        charts: Some(&charts),
        ..Options::default()
    };
    let built = build_folder(&*files, path, &options).map_err(|error| {
        let whole = format!("{error} {}", error.hint().unwrap_or_default());
        if is_remote(&whole) { Failure::Outside(whole) } else { Failure::Wrong(whole) }
    })?;
    Ok(built.objects)
}

/// Tells whether a build was stopped by something that would have to be fetched.
fn is_remote(message: &str) -> bool {
    ["is not read from the network", "are not pulled during a build"]
        .iter()
        .any(|reason| message.contains(reason))
}

/// A kustomization that `kustomize edit` works on.
struct Edited<'e> {
    map: Map,
    environment: &'e Environment,
}

impl Edited<'_> {
    /// Applies the settings of an Application.
    fn edit(&mut self, tree: &Tree, said: &Value, path: &str) -> Result<(), Failure> {
        for name in ["namePrefix", "nameSuffix", "namespace"] {
            if !text(said, &[name]).is_empty() {
                self.map.insert(name, text(said, &[name]));
            }
        }
        self.add_images(list(said, &["images"]))?;
        for replicas in list(said, &["replicas"]) {
            let mut replicas = replicas.clone();
            if let (Some(map), Ok(count)) = (replicas.as_map_mut(), text(said, &["count"]).parse::<i64>()) {
                map.insert("count", count);
            }
            let entries = self.entries("replicas");
            entries.retain(|known| text(known, &["name"]) != text(&replicas, &["name"]));
            entries.push(replicas);
        }
        self.add_labels(said)?;
        let is_filled = is_set(said, "commonAnnotationsEnvsubst");
        let annotations = self.texts(said, "commonAnnotations", is_filled);
        self.add_texts("commonAnnotations", annotations, is_set(said, "forceCommonAnnotations"))?;
        for patch in list(said, &["patches"]) {
            self.entries("patches").push(patch.clone());
        }
        for component in list(said, &["components"]).iter().filter_map(Value::as_str) {
            let is_left =
                is_set(said, "ignoreMissingComponents") && !tree.files.is_folder(&joined(path, component));
            let entries = self.entries("components");
            let is_there = entries.iter().any(|known| known.as_str() == Some(component));
            if !is_left && !is_there {
                entries.push(component.into());
            }
        }
        Ok(())
    }

    /// Adds images, replacing those with the same names. An asterisk keeps the existing part.
    fn add_images(&mut self, images: &[Value]) -> Result<(), Failure> {
        if images.is_empty() {
            return Ok(());
        }
        let mut known: BTreeMap<String, Map> = BTreeMap::new();
        for image in self.entries("images").iter().filter_map(Value::as_map) {
            let name = image.get("name").and_then(Value::as_str).unwrap_or_default();
            known.insert(name.to_owned(), image.clone());
        }
        for image in images.iter().filter_map(Value::as_str) {
            let (name, mut image) = image_of(&self.environment.fill(image))?;
            let before = known.remove(&name).unwrap_or_default();
            for field in ["newName", "newTag", "digest"] {
                if image.get(field).and_then(Value::as_str) == Some("*") {
                    match before.get(field) {
                        Some(value) => drop(image.insert(field, value.clone())),
                        None => drop(image.remove(field)),
                    }
                }
            }
            known.insert(name, image);
        }
        *self.entries("images") = known.into_values().map(Value::Map).collect();
        Ok(())
    }

    fn add_labels(&mut self, said: &Value) -> Result<(), Failure> {
        let labels = self.texts(said, "commonLabels", true);
        if labels.is_empty() || !is_set(said, "labelWithoutSelector") {
            return self.add_texts("commonLabels", labels, is_set(said, "forceCommonLabels"));
        }
        let mut entry = Map::new();
        entry.insert("pairs", labels);
        if is_set(said, "labelIncludeTemplates") {
            entry.insert("includeTemplates", true);
        }
        self.entries("labels").push(Value::Map(entry));
        Ok(())
    }

    fn texts(&self, said: &Value, name: &str, is_filled: bool) -> Map {
        let texts = said.get(name).and_then(Value::as_map).into_iter().flatten();
        let fill = |value: &Value| match value.as_str() {
            Some(text) if is_filled => self.environment.fill(text).into(),
            _ => value.clone(),
        };
        texts.map(|(key, value)| (key.clone(), fill(value))).collect()
    }

    fn add_texts(&mut self, name: &str, texts: Map, is_forced: bool) -> Result<(), Failure> {
        for (key, value) in &texts {
            let known = self.map.map_entry(name);
            if known.contains_key(key) && !is_forced {
                return Err(Failure::Wrong(format!("`{key}` is among the {name} already")));
            }
            known.insert(key.clone(), value.clone());
        }
        Ok(())
    }

    fn entries(&mut self, name: &str) -> &mut Vec<Value> {
        let entry = self.map.entry(name);
        if entry.as_list().is_none() {
            *entry = Value::List(aqueduct_manifest::List::new());
        }
        entry.as_list_mut().expect("it was made a list").make_mut()
    }
}

/// Parses `image:tag`, `image@digest`, or either after `name=`.
fn image_of(said: &str) -> Result<(String, Map), Failure> {
    let (name, image) = said.split_once('=').map_or((None, said), |(name, image)| (Some(name), image));
    let is_tag =
        |tag: &str| tag.chars().all(|letter| letter.is_ascii_alphanumeric() || "._-*".contains(letter));
    let (image, more) = match (image.split_once('@'), image.rsplit_once(':')) {
        (Some((image, digest)), _) => (image, Some(("digest", digest))),
        (None, Some((image, tag))) if is_tag(tag) => (image, Some(("newTag", tag))),
        _ if name.is_none() => return Err(Failure::Wrong(format!("no image to set: {said}"))),
        _ => (image, None),
    };
    let mut map = Map::new();
    map.insert("name", name.unwrap_or(image));
    let new_name = name.map(|_| ("newName", image));
    for (field, value) in new_name.into_iter().chain(more).filter(|(_, value)| !value.is_empty()) {
        map.insert(field, value);
    }
    Ok((name.unwrap_or(image).to_owned(), map))
}
