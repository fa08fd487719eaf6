//! The generators of an ApplicationSet: the parameters of each Application.

use aqueduct_helm::{BadPattern, Pattern};
use aqueduct_manifest::{LabelSelector, List, Map, Value, yaml};

use super::parameters::{add_values, flatten, of_cluster, of_path};
use super::pattern::of_files;
use super::template::{Language, fill};
use super::tree::{Failure, Tree, is_empty, list, only, text};

/// The cluster that Argo CD itself runs in.
const IN_CLUSTER: &str = "https://kubernetes.default.svc";

/// The context of a generation: a tree, and the language of the set.
#[derive(Clone, Copy)]
pub(crate) struct Generation<'t> {
    pub(crate) tree: &'t Tree,
    pub(crate) language: Language,
    /// Whether selectors inside nested matrices count.
    pub(crate) has_nested_selectors: bool,
}

impl Generation<'_> {
    /// Returns the parameters of each Application that a generator produces: usually from one field, and none if it is
    /// empty.
    pub(crate) fn generate(&self, generator: &Value) -> Result<Vec<Map>, Failure> {
        let mut found = Vec::new();
        for (name, arguments) in fields(generator) {
            found.extend(match name {
                "list" => self.list(arguments),
                "git" => self.git(arguments),
                "clusters" => self.clusters(arguments),
                "matrix" => self.matrix(arguments),
                "merge" => self.merge(arguments),
                other => Err(Failure::Outside(format!("the generator `{other}` asks somebody else"))),
            }?);
        }
        if let Some(selector) = generator.get("selector") {
            let selector = LabelSelector::full(selector);
            found.retain(|parameters| {
                let mut flat = Map::new();
                flatten(&Value::Map(parameters.clone()), "", &mut flat);
                selector.matches(&flat)
            });
        }
        Ok(found)
    }

    fn list(&self, arguments: &Value) -> Result<Vec<Map>, Failure> {
        only(arguments, "the list generator", &["elements", "elementsYaml", "template"])?;
        let mut elements = list(arguments, &["elements"]).to_vec();
        let more = yaml::read(text(arguments, &["elementsYaml"])).map_err(Failure::of)?;
        elements.extend(more.as_list().map(|list| list.to_vec()).unwrap_or_default());
        let mut found = Vec::new();
        for element in elements {
            let Value::Map(element) = element else {
                return Err(Failure::Wrong("an element of the list generator is no map".to_owned()));
            };
            found.push(match self.language {
                Language::Go | Language::StrictGo => element,
                Language::Names => texts(&element)?,
            });
        }
        Ok(found)
    }

    fn clusters(&self, arguments: &Value) -> Result<Vec<Map>, Failure> {
        only(arguments, "the clusters generator", &["selector", "values", "template", "flatList"])?;
        let selector = arguments.get("selector").map(LabelSelector::full).unwrap_or_default();
        let clusters = &self.tree.settings.clusters;
        let mut known: Vec<Value> = Vec::new();
        if selector.is_empty() && !clusters.iter().any(|cluster| text(cluster, &["server"]) == IN_CLUSTER) {
            let local = [("name", "in-cluster"), ("server", IN_CLUSTER)];
            known.push(Value::Map(local.into_iter().collect()));
        }
        for cluster in clusters {
            let mut cluster = cluster.as_map().cloned().unwrap_or_default();
            let labels = cluster.map_entry("labels");
            labels.insert("argocd.argoproj.io/secret-type", "cluster");
            if selector.matches(labels) {
                known.push(Value::Map(cluster));
            }
        }
        let mut found = Vec::new();
        for cluster in known {
            let mut parameters = of_cluster(&cluster, self.language);
            add_values(&mut parameters, arguments.get("values"), self.language)?;
            found.push(parameters);
        }
        if arguments.get("flatList").and_then(Value::as_bool) == Some(true) {
            let clusters: Vec<Value> = found.into_iter().map(Value::Map).collect();
            return Ok(vec![Map::from_iter([("clusters", Value::from(clusters))])]);
        }
        Ok(found)
    }

    fn git(&self, arguments: &Value) -> Result<Vec<Map>, Failure> {
        const KNOWN: [&str; 8] = [
            "repoURL",
            "revision",
            "directories",
            "files",
            "values",
            "pathParamPrefix",
            "requeueAfterSeconds",
            "template",
        ];
        only(arguments, "the git generator", &KNOWN)?;
        let address = text(arguments, &["repoURL"]);
        if !self.tree.is_own(address) {
            return Err(Failure::Outside(format!("the git generator reads {address}")));
        }
        let prefix = text(arguments, &["pathParamPrefix"]);
        let mut found = Vec::new();
        let folders = self.tree.folders();
        let seen =
            folders.iter().copied().filter(|folder| !folder.split('/').any(|part| part.starts_with('.')));
        // A folder's pattern uses Go's `path.Match`, where two asterisks match the same as one.
        for folder in chosen(list(arguments, &["directories"]), seen, Pattern::path)? {
            found.push(of_path(folder, None, prefix, self.language));
        }
        if list(arguments, &["directories"]).is_empty() {
            let paths = self.tree.files.iter().map(|(path, _)| &**path);
            for path in chosen(list(arguments, &["files"]), paths, of_files)? {
                found.extend(self.of_file(path, prefix)?);
            }
        }
        for parameters in &mut found {
            add_values(parameters, arguments.get("values"), self.language)?;
        }
        Ok(found)
    }

    /// Returns the parameters in a file, which is a map or a list of maps.
    fn of_file(&self, path: &str, prefix: &str) -> Result<Vec<Map>, Failure> {
        let (folder, name) = path.rsplit_once('/').unwrap_or((".", path));
        let content = yaml::read(self.tree.files.text(path).unwrap_or_default()).map_err(Failure::of)?;
        let entries = match content {
            Value::List(entries) => entries,
            Value::Null => List::from_iter([Value::Map(Map::new())]),
            other => List::from_iter([other]),
        };
        let mut found = Vec::new();
        for entry in entries.into_vec() {
            let Value::Map(map) = entry else {
                return Err(Failure::Wrong(format!("{path} has no parameters")));
            };
            let mut parameters = match self.language {
                Language::Go | Language::StrictGo => map,
                Language::Names => {
                    let mut flat = Map::new();
                    flatten(&Value::Map(map), "", &mut flat);
                    flat
                }
            };
            for (name, value) in of_path(folder, Some(name), prefix, self.language).into_entries() {
                parameters.insert(name, value);
            }
            found.push(parameters);
        }
        Ok(found)
    }

    /// Combines each parameter set of the first generator with each one of the second, which can use the
    /// first.
    fn matrix(&self, arguments: &Value) -> Result<Vec<Map>, Failure> {
        only(arguments, "the matrix generator", &["generators", "template"])?;
        let [first, second] = list(arguments, &["generators"]) else {
            return Err(Failure::Wrong("a matrix has two generators".to_owned()));
        };
        let mut found = Vec::new();
        for outer in self.generate(&self.inner(first)?)? {
            let second = fill(&self.inner(second)?, &outer, self.language)?;
            for inner in self.generate(&second)? {
                found.push(match self.language {
                    Language::Go | Language::StrictGo => merged(&inner, &outer),
                    Language::Names => joined(&outer, &inner)?,
                });
            }
        }
        Ok(found)
    }

    /// The parameters of the first generator, overlaid with those of the others that have the same keys.
    fn merge(&self, arguments: &Value) -> Result<Vec<Map>, Failure> {
        only(arguments, "the merge generator", &["generators", "mergeKeys", "template"])?;
        let [first, others @ ..] = list(arguments, &["generators"]) else {
            return Err(Failure::Wrong("a merge has generators".to_owned()));
        };
        let names: Vec<&str> = list(arguments, &["mergeKeys"]).iter().filter_map(Value::as_str).collect();
        let is_same = |one: &Map, other: &Map| names.iter().all(|name| one.get(name) == other.get(name));
        let mut found = self.generate(&self.inner(first)?)?;
        for generator in others {
            let over = self.generate(&self.inner(generator)?)?;
            if let Some(place) = over.iter().enumerate().position(|(place, parameters)| {
                over[..place].iter().any(|before| is_same(before, parameters))
            }) {
                return Err(Failure::Wrong(format!(
                    "parameters {place} are not the only ones of their keys"
                )));
            }
            for parameters in over {
                for known in found.iter_mut().filter(|known| is_same(known, &parameters)) {
                    *known = match self.language {
                        Language::Go | Language::StrictGo => merged(known, &parameters),
                        Language::Names => over_all(known, &parameters),
                    };
                }
            }
        }
        Ok(found)
    }

    /// Returns a generator in a matrix or a merge, without the selectors that do not count.
    fn inner(&self, generator: &Value) -> Result<Value, Failure> {
        if fields(generator).count() != 1 {
            return Err(Failure::Wrong("a generator within another one is one field".to_owned()));
        }
        let mut generator = generator.clone();
        for name in ["matrix", "merge"] {
            let Some(map) = generator.as_map_mut().and_then(|map| map.get_mut(name)) else { continue };
            let inner =
                map.as_map_mut().and_then(|map| map.get_mut("generators")).and_then(Value::as_list_mut);
            let inner = inner.into_iter().flat_map(|list| list.make_mut().iter_mut());
            inner.filter(|_| !self.has_nested_selectors).filter_map(Value::as_map_mut).for_each(|map| {
                map.remove("selector");
            });
        }
        Ok(generator)
    }
}

/// Returns the generators in an entry, with their arguments.
fn fields(generator: &Value) -> impl Iterator<Item = (&str, &Value)> {
    let fields = generator.as_map().into_iter().flatten();
    fields.map(|(name, value)| (name.as_str(), value)).filter(|(name, _)| *name != "selector")
}

/// Returns the strings of an element: its own, and those of its `values`.
fn texts(element: &Map) -> Result<Map, Failure> {
    let mut texts = Map::new();
    for (name, value) in element {
        match (name.as_str(), value) {
            (_, Value::String(_)) => drop(texts.insert(name.clone(), value.clone())),
            ("values", Value::Map(values)) if values.values().all(|value| value.as_str().is_some()) => {
                flatten(value, "values", &mut texts);
            }
            _ => return Err(Failure::Wrong(format!("`{name}` of an element is no text"))),
        }
    }
    Ok(texts)
}

/// Returns the paths that a list of patterns includes and does not exclude.
fn chosen<'p>(
    patterns: &[Value],
    paths: impl Iterator<Item = &'p str>,
    compile: fn(&str) -> Result<Pattern, BadPattern>,
) -> Result<Vec<&'p str>, Failure> {
    let mut takes = Vec::new();
    let mut leaves = Vec::new();
    for pattern in patterns {
        let compiled = compile(text(pattern, &["path"]))
            .map_err(|_| Failure::Wrong(format!("no pattern: {}", text(pattern, &["path"]))))?;
        let is_excluded = pattern.get("exclude").and_then(Value::as_bool) == Some(true);
        if is_excluded { &mut leaves } else { &mut takes }.push(compiled);
    }
    let has = |patterns: &[Pattern], path: &str| patterns.iter().any(|pattern| pattern.matches(path));
    Ok(paths.filter(|path| has(&takes, path) && !has(&leaves, path)).collect())
}

/// Returns the union of two sets of parameters, which must not contradict each other.
fn joined(one: &Map, other: &Map) -> Result<Map, Failure> {
    let twice = other.iter().find(|(name, value)| one.get(name).is_some_and(|known| known != *value));
    match twice {
        Some((name, _)) => Err(Failure::Wrong(format!("both generators say `{name}`"))),
        None => Ok(over_all(one, other)),
    }
}

fn over_all(below: &Map, above: &Map) -> Map {
    let mut map = below.clone();
    for (name, value) in above {
        map.insert(name.clone(), value.clone());
    }
    map
}

/// Overlays parameters on others, map by map; empty ones do not count.
fn merged(below: &Map, above: &Map) -> Map {
    let mut map = below.clone();
    for (name, value) in above {
        let value = match (map.get(name), value) {
            (Some(Value::Map(known)), Value::Map(more)) => Value::Map(merged(known, more)),
            (Some(known), value) if is_empty(value) => known.clone(),
            (_, value) => value.clone(),
        };
        map.insert(name.clone(), value);
    }
    map
}
