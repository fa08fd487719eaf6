//! Configuration files: from the source into a ConfigMap, and into the pods, which have its digest.

use std::collections::BTreeMap;

use aqueduct_manifest::{Object, Value, json, yaml};
use aqueduct_render::{Context, Error, Errors, Target, digest};
use k8s_openapi::api::core::v1::ConfigMap;
use schemars::JsonSchema;
use serde::Deserialize;

/// A configuration file, mounted into the container.
///
/// Set its content with one of `text`, `content` and `source`. The pods are replaced when it changes.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct FileField {
    /// The folder for the file.
    pub mount: String,
    /// The text of the file; `${link.…}` is expanded.
    pub text: Option<String>,
    /// The content as a table, written as YAML or JSON according to the file extension.
    pub content: Option<FreeTable>,
    /// A source file, relative to the tenant's folder.
    pub source: Option<String>,
}

/// Any table.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct FreeTable(#[schemars(with = "BTreeMap<String, serde_json::Value>")] pub aqueduct_manifest::Map);

/// Any value.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Anything(#[schemars(with = "serde_json::Value")] pub Value);

/// The configuration of a `config` component, mounted into the container.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConfigMount {
    /// The `config` component.
    pub component: Target,
    /// The folder for its files.
    pub mount: String,
}

/// Returns the text of each file, with links expanded.
///
/// # Errors
/// Returns an error for a file with none or several of `text`, `content` and `source`, with a missing source, or with
/// content that its extension does not support.
pub fn file_texts(
    context: &Context<'_>,
    files: &BTreeMap<String, FileField>,
) -> Result<BTreeMap<String, String>, Error> {
    let mut errors = Errors::default();
    let texts = files.iter().map(|(name, file)| Ok((name.clone(), file_text(context, name, file)?)));
    let texts = errors.all(texts).into_iter().collect();
    errors.end(texts)
}

fn file_text(context: &Context<'_>, name: &str, file: &FileField) -> Result<String, Error> {
    let field = ["files", name];
    let valid = !name.is_empty()
        && name.len() <= 253
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    if !valid {
        return Err(Error::path(
            &field,
            format!("a file name may only contain letters, digits, `-`, `_` and `.`: `{name}`"),
        )
        .hint("set the folder with `mount`"));
    }
    match (&file.text, &file.content, &file.source) {
        (Some(text), None, None) => context.expand(&["files", name, "text"], text),
        (None, None, Some(path)) => {
            let text = context.source(&format!("files.{name}.source"), path)?;
            context.expand(&["files", name, "source"], text)
        }
        (None, Some(content), None) => {
            let value = context.expand_value(&["files", name, "content"], &content.0.clone().into())?;
            match name.rsplit_once('.').map_or("", |(_, ending)| ending) {
                // A program in any language may read this file.
                "yaml" | "yml" => Ok(yaml::write_portable(&value)),
                "json" => Ok(json::write_pretty(&value) + "\n"),
                _ => Err(Error::path(
                    &["files", name, "content"],
                    "a table can only be written as `.yaml` or `.json`",
                )
                .hint("set the file's `text` instead")),
            }
        }
        _ => Err(Error::path(
            &field,
            format!("file `{name}` needs exactly one of `text`, `content` and `source`"),
        )),
    }
}

/// Returns the ConfigMap of some files; `None` if there are none.
///
/// # Errors
/// Returns an error if the files exceed the limit of a ConfigMap, 1 MiB.
pub fn config_map(
    context: &Context<'_>,
    name: &str,
    texts: &BTreeMap<String, String>,
) -> Result<Option<Object>, Error> {
    if texts.is_empty() {
        return Ok(None);
    }
    let size: usize = texts.iter().map(|(name, text)| name.len() + text.len()).sum();
    if size > 1 << 20 {
        return Err(Error::field(
            "files",
            format!("the files are too large for a ConfigMap: {size} bytes, the limit is 1 MiB"),
        ));
    }
    let config_map =
        ConfigMap { metadata: context.metadata(name), data: Some(texts.clone()), ..Default::default() };
    Object::from_typed(&config_map).map(Some).map_err(|error| Error::field("files", error.to_string()))
}

/// Returns the digest of some files, shortened for an annotation.
pub fn file_digest(texts: &BTreeMap<String, String>) -> String {
    let mut bytes = Vec::new();
    for (name, text) in texts {
        // The lengths separate neighbouring texts.
        bytes.extend_from_slice(&(name.len() as u64).to_le_bytes());
        bytes.extend_from_slice(name.as_bytes());
        bytes.extend_from_slice(&(text.len() as u64).to_le_bytes());
        bytes.extend_from_slice(text.as_bytes());
    }
    digest(&bytes)[..16].to_owned()
}
