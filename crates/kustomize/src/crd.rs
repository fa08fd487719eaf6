//! Learns from the schemas of custom resources (`crds`) which of their fields are names, labels and references.

use aqueduct_manifest::{SmolStr, Value};

use crate::config::{self, NameReference, TransformerConfig};
use crate::error::{Error, Result, Within};
use crate::field_spec::FieldSpec;
use crate::id::Gvk;
use crate::loader::Loader;
use crate::read;

/// Deeper schemas are not followed; a schema may refer to itself.
const MAX_DEPTH: usize = 32;

/// Returns the configuration from the files of `crds`.
pub(crate) fn load(loader: &Loader<'_>, files: &[SmolStr]) -> Result<TransformerConfig> {
    let mut merged = TransformerConfig::default();
    for file in files {
        let text = loader.load_text(file)?;
        let types =
            read::value(&text).within(|| format!("unable to parse open API definition from '{file}'"))?;
        merged = merged.merge(&from_types(&types)?)?;
    }
    Ok(merged)
}

fn from_types(types: &Value) -> Result<TransformerConfig> {
    let mut merged = TransformerConfig::default();
    for (name, definition) in types.as_map().into_iter().flatten() {
        let properties = definition.at(&["Schema", "properties"]);
        let has = |key| properties.is_some_and(|properties| properties.get(key).is_some());
        if !(has("kind") && has("apiVersion") && has("metadata")) {
            continue;
        }
        if name.split('.').count() < 3 {
            return Err(Error::new(format!(
                "`{name}` should be specified in dot notation: group.version.kind"
            )));
        }
        let kind = name.rsplit('.').next().unwrap_or(name);
        let gvk = Gvk { kind: kind.into(), ..Gvk::default() };
        let mut found = TransformerConfig::default();
        Walk { types, gvk: &gvk, found: &mut found }.definition(name, &mut Vec::new())?;
        merged = merged.merge(&found)?;
    }
    Ok(merged)
}

struct Walk<'a> {
    types: &'a Value,
    gvk: &'a Gvk,
    found: &'a mut TransformerConfig,
}

impl<'a> Walk<'a> {
    fn definition(&mut self, name: &str, path: &mut Vec<&'a str>) -> Result<()> {
        if path.len() > MAX_DEPTH {
            return Ok(());
        }
        let types = self.types;
        let properties = types.get(name).and_then(|definition| definition.at(&["Schema", "properties"]));
        for (property, schema) in properties.and_then(Value::as_map).into_iter().flatten() {
            path.push(property);
            let text = |key| schema.get(key).and_then(Value::as_str);
            if text("x-kubernetes-annotation").is_some() {
                let field = self.field(path, None);
                config::merge_one(&mut self.found.common_annotations, &field)?;
            }
            if text("x-kubernetes-label-selector").is_some() {
                let field = self.field(path, None);
                config::merge_one(&mut self.found.common_labels, &field)?;
            }
            if text("x-kubernetes-identity").is_some() {
                let field = self.field(path, None);
                config::merge_one(&mut self.found.name_prefix, &field)?;
            }
            if let Some(version) = text("x-kubernetes-object-ref-api-version")
                && let Some(kind) = text("x-kubernetes-object-ref-kind")
            {
                let key = text("x-kubernetes-object-ref-name-key").unwrap_or("name");
                let target = Gvk { group: SmolStr::default(), version: version.into(), kind: kind.into() };
                let reference = NameReference { target, fields: vec![self.field(path, Some(key))] };
                config::add_name_reference(&mut self.found.name_references, &reference)?;
            }
            if let Some(reference) = text("$ref") {
                self.definition(reference, path)?;
            }
            path.pop();
        }
        Ok(())
    }

    fn field(&self, path: &[&str], last: Option<&str>) -> FieldSpec {
        let parts: Vec<&str> = path.iter().copied().chain(last).collect();
        FieldSpec { gvk: self.gvk.clone(), path: parts.join("/").into(), create: false }
    }
}
