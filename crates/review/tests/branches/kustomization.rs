//! Kustomizations in the tree, built as Argo CD has Kustomize build them.

use aqueduct_kustomize::{LoadRestrictor, Options, build as build_folder};
use aqueduct_manifest::{Map, Object, Value, yaml};

use crate::tree::{Failure, Tree, list, only, text};

/// What the file of a kustomization is called.
pub(crate) const NAMES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

const KNOWN: [&str; 9] = [
    "namePrefix",
    "nameSuffix",
    "namespace",
    "images",
    "replicas",
    "commonLabels",
    "commonAnnotations",
    "patches",
    "components",
];

/// Returns the objects of a kustomization, with what the Application writes into it before.
pub(crate) fn build(tree: &Tree, source: &Value, path: &str) -> Result<Vec<Object>, Failure> {
    let mut files = tree.files.clone();
    if let Some(options) = source.get("kustomize") {
        only(options, "kustomize", &KNOWN)?;
        let file =
            NAMES.map(|name| format!("{path}/{name}")).into_iter().find(|file| files.get(file).is_some());
        let file = file.ok_or_else(|| Failure::Wrong(format!("there is no kustomization in {path}")))?;
        let Value::Map(mut map) = yaml::read(files.text(&file).unwrap_or_default()).map_err(Failure::of)?
        else {
            return Err(Failure::Wrong(format!("{file} is no kustomization")));
        };
        write(&mut map, options);
        files.insert(file, yaml::write(&Value::Map(map)).into_bytes());
    }
    // `kustomize.buildOptions` of Argo CD's own settings is not in the tree, and some of its kustomizations need it.
    let options = Options { load_restrictor: LoadRestrictor::None, ..Options::default() };
    let built = build_folder(&files, path, &options).map_err(Failure::of)?;
    Ok(built.objects)
}

/// Writes what an Application says into a kustomization, as `kustomize edit` does.
fn write(kustomization: &mut Map, options: &Value) {
    for name in ["namePrefix", "nameSuffix", "namespace"] {
        if let Some(value) = options.get(name) {
            kustomization.insert(name, value.clone());
        }
    }
    for name in ["commonLabels", "commonAnnotations"] {
        for (key, value) in options.get(name).and_then(Value::as_map).into_iter().flatten() {
            kustomization.map_entry(name).insert(key.clone(), value.clone());
        }
    }
    for name in ["patches", "components"] {
        for entry in list(options, &[name]) {
            entries(kustomization, name).push(entry.clone());
        }
    }
    for replicas in list(options, &["replicas"]) {
        put(kustomization, "replicas", replicas.clone());
    }
    for image in list(options, &["images"]).iter().filter_map(Value::as_str) {
        put(kustomization, "images", Value::Map(image_of(image)));
    }
}

fn entries<'m>(kustomization: &'m mut Map, name: &str) -> &'m mut Vec<Value> {
    let entry = kustomization.entry(name);
    if entry.as_list().is_none() {
        *entry = Value::List(aqueduct_manifest::List::new());
    }
    entry.as_list_mut().expect("it was made a list").make_mut()
}

/// Puts an entry into a list in place of the one with the same name.
fn put(kustomization: &mut Map, list: &str, entry: Value) {
    let entries = entries(kustomization, list);
    entries.retain(|known| text(known, &["name"]) != text(&entry, &["name"]));
    entries.push(entry);
}

/// Reads `[name=]image[:tag][@digest]`.
fn image_of(said: &str) -> Map {
    let (name, image) = said.split_once('=').map_or((None, said), |(name, image)| (Some(name), image));
    let (image, digest) =
        image.split_once('@').map_or((image, None), |(image, digest)| (image, Some(digest)));
    let (image, tag) = match image.rsplit_once(':') {
        Some((image, tag)) if !tag.contains('/') => (image, Some(tag)),
        _ => (image, None),
    };
    let mut map = Map::new();
    map.insert("name", name.unwrap_or(image));
    let new_name = (name.is_some() && name != Some(image)).then_some(image);
    for (field, value) in [("newName", new_name), ("newTag", tag), ("digest", digest)] {
        if let Some(value) = value {
            map.insert(field, value);
        }
    }
    map
}
