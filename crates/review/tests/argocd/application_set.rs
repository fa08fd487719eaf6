//! The Applications of an ApplicationSet.

use aqueduct_manifest::{Object, Value, patch, yaml};

use super::generator::Generation;
use super::template::{Language, fill, fill_text};
use super::tree::{Failure, Resource, Tree, is_empty, list, only, text};

/// The finalizer of a generated Application without one, so that its objects are deleted with it.
const FINALIZER: &str = "resources-finalizer.argocd.argoproj.io";

/// Returns the Applications that an ApplicationSet generates.
pub(crate) fn applications(tree: &Tree, set: &Resource) -> Result<Vec<Resource>, Failure> {
    const KNOWN: [&str; 11] = [
        "goTemplate",
        "goTemplateOptions",
        "generators",
        "template",
        "templatePatch",
        "syncPolicy",
        "strategy",
        "preservedFields",
        "ignoreApplicationDifferences",
        "applyNestedSelectors",
        "revisionHistoryLimit",
    ];
    only(set.spec(), "an ApplicationSet", &KNOWN)?;
    let is = |name: &str| set.spec().get(name).and_then(Value::as_bool) == Some(true);
    let options = list(set.spec(), &["goTemplateOptions"]);
    let language = match is("goTemplate") {
        true if options.iter().any(|option| option.as_str() == Some("missingkey=error")) => {
            Language::StrictGo
        }
        true => Language::Go,
        false => Language::Names,
    };
    let generation = Generation { tree, language, has_nested_selectors: is("applyNestedSelectors") };
    let keeps = set.spec().at(&["syncPolicy", "preserveResourcesOnDeletion"]).and_then(Value::as_bool);
    let template = set.spec().get("template").cloned().unwrap_or(Value::Null);
    let mut found = Vec::new();
    for generator in list(set.spec(), &["generators"]) {
        // The generator's own template comes first. The set's template fills in what it leaves empty.
        let own = generator.as_map().and_then(|map| map.values().find_map(|value| value.get("template")));
        let template = own.map_or_else(|| template.clone(), |own| completed(own, &template));
        for parameters in generation.generate(generator)? {
            let mut filled = fill(&template, &parameters, language)?;
            let changes = fill_text(text(set.spec(), &["templatePatch"]), &parameters, language)?;
            if !changes.is_empty() {
                patch::merge(&mut filled, &yaml::read(&changes).map_err(Failure::of)?);
            }
            let Value::Map(mut map) = filled else {
                return Err(Failure::Wrong(format!("{} has no template", set.title())));
            };
            map.insert("apiVersion", "argoproj.io/v1alpha1");
            map.insert("kind", "Application");
            let metadata = map.map_entry("metadata");
            // It is in the namespace of its set.
            if !set.object.namespace().is_empty() {
                metadata.insert("namespace", set.object.namespace());
            }
            if keeps != Some(true)
                && metadata.get("finalizers").is_none_or(is_empty)
                && !parameters.is_empty()
            {
                metadata.insert("finalizers", vec![Value::from(FINALIZER)]);
            }
            found.push(Resource { file: set.file.clone(), object: Object::new(map) });
        }
    }
    Ok(found)
}

/// Returns a template, completed from another one where it is empty.
fn completed(template: &Value, base: &Value) -> Value {
    match (template, base) {
        (template, base) if is_empty(template) => base.clone(),
        (Value::Map(template), Value::Map(base)) => {
            let mut map = base.clone();
            for (name, value) in template {
                let value = base.get(name).map_or_else(|| value.clone(), |base| completed(value, base));
                map.insert(name.clone(), value);
            }
            Value::Map(map)
        }
        (template, _) => template.clone(),
    }
}
