//! Configuration files: from the source into a ConfigMap, and into the pods by its digest.

use std::collections::BTreeMap;

use aqueduct_manifest::{Object, Value, json, yaml};
use aqueduct_render::{Context, Error, Errors, Target, digest};
use k8s_openapi::api::core::v1::ConfigMap;
use schemars::JsonSchema;
use serde::Deserialize;

/// A file of configuration, mounted into the container.
///
/// One of `text`, `content` and `source` says what is in it. The pods roll when it changes.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct FileField {
    /// The folder in which the file appears.
    pub mount: String,
    /// The text of the file; `${link.…}` is expanded.
    pub text: Option<String>,
    /// The content as a table, written as YAML or JSON by the ending of the file's name.
    pub content: Option<FreeTable>,
    /// A file of the source, relative to the tenant's folder.
    pub source: Option<String>,
}

/// Any table, taken as it is.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct FreeTable(#[schemars(with = "BTreeMap<String, serde_json::Value>")] pub aqueduct_manifest::Map);

/// Any value, taken as it is.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Anything(#[schemars(with = "serde_json::Value")] pub Value);

/// A configuration of a `config` component, mounted into the container.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConfigMount {
    /// The `config` component.
    pub component: Target,
    /// The folder in which its files appear.
    pub mount: String,
}

/// Returns the text of each file, with links expanded.
///
/// # Errors
/// A file with none or several of `text`, `content` and `source`, one whose source is absent, and content
/// that its ending has no form for.
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
            format!("a file's name may hold only letters, digits, `-`, `_` and `.`: `{name}`"),
        )
        .hint("the folder belongs in `mount`"));
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
                // Whatever language the program is written in reads this file.
                "yaml" | "yml" => Ok(yaml::write_portable(&value)),
                "json" => Ok(json::write_pretty(&value) + "\n"),
                _ => Err(Error::path(
                    &["files", name, "content"],
                    "a table can be written as `.yaml` or `.json` only",
                )
                .hint("give the file's `text` instead")),
            }
        }
        _ => Err(Error::path(
            &field,
            format!("file `{name}` needs exactly one of `text`, `content` and `source`"),
        )),
    }
}

/// Returns the ConfigMap of some files; `None` where there is no file.
///
/// # Errors
/// More than a ConfigMap can hold: 1 MiB.
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
            format!("a ConfigMap holds at most 1 MiB, the files take {size} bytes"),
        ));
    }
    let config_map =
        ConfigMap { metadata: context.metadata(name), data: Some(texts.clone()), ..Default::default() };
    Object::from_typed(&config_map).map(Some).map_err(|error| Error::field("files", error.to_string()))
}

/// Returns the digest of some files, shortened to what an annotation needs.
pub fn file_digest(texts: &BTreeMap<String, String>) -> String {
    let mut bytes = Vec::new();
    for (name, text) in texts {
        // Lengths keep two neighbouring texts from being mistaken for one.
        bytes.extend_from_slice(&(name.len() as u64).to_le_bytes());
        bytes.extend_from_slice(name.as_bytes());
        bytes.extend_from_slice(&(text.len() as u64).to_le_bytes());
        bytes.extend_from_slice(text.as_bytes());
    }
    digest(&bytes)[..16].to_owned()
}
