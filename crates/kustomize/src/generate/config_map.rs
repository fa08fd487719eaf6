//! Generated ConfigMaps and Secrets.

use std::rc::Rc;

use aqueduct_manifest::{Map, Value};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::{Generate, key_values};
use crate::error::{Error, Result, Within};
use crate::kustomization::{ConfigMapArgs, SecretArgs};
use crate::loader::Loader;
use crate::resource::{Behavior, Resource};
use crate::schemas::Schemas;

/// Generates one ConfigMap.
pub(crate) struct ConfigMapGenerator<'a> {
    pub(crate) loader: Loader<'a>,
    pub(crate) schemas: Rc<Schemas>,
    pub(crate) args: ConfigMapArgs,
}

/// Generates one Secret.
pub(crate) struct SecretGenerator<'a> {
    pub(crate) loader: Loader<'a>,
    pub(crate) schemas: Rc<Schemas>,
    pub(crate) args: SecretArgs,
}

impl Generate for ConfigMapGenerator<'_> {
    fn generate(&self) -> Result<Vec<Resource>> {
        let mut map = base(&self.args, "ConfigMap")?;
        let pairs = key_values::load(&self.loader, &self.args).within(|| "loading KV pairs".to_owned())?;
        for (key, bytes) in pairs {
            match String::from_utf8(bytes) {
                Ok(text) => map.map_entry("data").insert(key, text),
                Err(error) => map.map_entry("binaryData").insert(key, encode(error.as_bytes())),
            };
        }
        finish(map, &self.args, &self.schemas)
    }
}

impl Generate for SecretGenerator<'_> {
    fn generate(&self) -> Result<Vec<Resource>> {
        let args = &self.args.common;
        let mut map = base(args, "Secret")?;
        let kind = if self.args.kind.is_empty() { "Opaque" } else { &self.args.kind };
        map.insert("type", kind);
        // Unlike a ConfigMap, a Secret has its data field even if it is empty.
        map.insert("data", Map::new());
        let pairs = key_values::load(&self.loader, args).within(|| "loading KV pairs".to_owned())?;
        for (key, bytes) in pairs {
            map.map_entry("data").insert(key, encode(&bytes));
        }
        finish(map, args, &self.schemas)
    }
}

fn base(args: &ConfigMapArgs, kind: &str) -> Result<Map> {
    if args.name.is_empty() {
        return Err(Error::new(format!("a {} must have a name", kind.to_ascii_lowercase())));
    }
    let mut map = Map::new();
    map.insert("apiVersion", "v1");
    map.insert("kind", kind);
    let metadata = map.map_entry("metadata");
    metadata.insert("name", args.name.clone());
    if !args.namespace.is_empty() {
        metadata.insert("namespace", args.namespace.clone());
    }
    Ok(map)
}

fn finish(mut map: Map, args: &ConfigMapArgs, schemas: &Rc<Schemas>) -> Result<Vec<Resource>> {
    let mut needs_hash = true;
    if let Some(options) = &args.options {
        for (field, entries) in [("labels", &options.labels), ("annotations", &options.annotations)] {
            for (key, value) in entries {
                map.map_entry("metadata").map_entry(field).insert(key.clone(), value.clone());
            }
        }
        if options.immutable {
            map.insert("immutable", Value::Bool(true));
        }
        needs_hash = !options.disable_name_suffix_hash;
    }
    let resource = Resource::generated(map, schemas, Behavior::read(&args.behavior), needs_hash);
    for path in [["data"].as_slice(), &["binaryData"], &["metadata", "labels"], &["metadata", "annotations"]]
    {
        resource.check_keys(path)?;
    }
    Ok(vec![resource])
}

/// Encodes bytes as base64, in lines of 70 characters if they do not fit on one.
fn encode(bytes: &[u8]) -> String {
    const LINE: usize = 70;
    let encoded = STANDARD.encode(bytes);
    if encoded.len() < LINE {
        return encoded;
    }
    let mut lines = String::with_capacity(encoded.len() + encoded.len() / LINE + 1);
    for (number, character) in encoded.chars().enumerate() {
        if number > 0 && number % LINE == 0 {
            lines.push('\n');
        }
        lines.push(character);
    }
    lines.push('\n');
    lines
}

#[cfg(test)]
mod tests {
    use super::encode;

    #[test]
    fn breaks_long_base64_into_lines() {
        assert_eq!(encode(b"abc"), "YWJj");
        let long = encode(&[0; 60]);
        assert_eq!(long.lines().map(str::len).collect::<Vec<_>>(), [70, 10]);
        assert!(long.ends_with('\n'));
    }
}
