//! `config`: configuration files shared by several components, as a ConfigMap.

use std::collections::BTreeMap;

use aqueduct_manifest::Object;
use aqueduct_model::types::Name;
use aqueduct_render::{Component, Context, Error, Horizon, Link, Offer, Site, SourceName, Target};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::workload::{FileField, FreeTable, config_map, file_texts};

/// Configuration files shared by several components: a ConfigMap.
///
/// A component mounts them with `config = { component = "…", mount = "…" }`. Its pods are replaced when a file
/// changes.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Config {
    /// The files by name.
    pub files: BTreeMap<String, ConfigFile>,
    /// Components whose addresses the files use, as `${link.<name>.address}`.
    #[serde(default)]
    pub links: BTreeMap<Name, Target>,
}

/// A file of a shared configuration. Set its content with one of `text`, `content` and `source`.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ConfigFile {
    /// The text of the file; `${link.…}` is expanded.
    pub text: Option<String>,
    /// The content as a table, written as YAML or JSON according to the file extension.
    pub content: Option<FreeTable>,
    /// A source file, relative to the tenant's folder.
    pub source: Option<String>,
}

impl Component for Config {
    const KIND: &'static str = "config";
    const HORIZON: Horizon = Horizon::Links;

    fn sources(&self) -> Vec<SourceName<'_>> {
        self.files.values().filter_map(|file| file.source.as_deref()).map(SourceName::Files).collect()
    }

    fn offer(&self, site: &Site<'_>) -> Offer {
        Offer { config_map: Some(site.name().to_owned()), ..Offer::default() }
    }

    fn links(&self) -> Vec<Link> {
        // Addresses are known before anything runs, so a configuration need not wait for its links.
        Link::table(&self.links).map(|link| Link { ordered: false, ..link }).collect()
    }

    fn render(&self, context: &Context<'_>) -> Result<Vec<Object>, Error> {
        let files = self
            .files
            .iter()
            .map(|(name, file)| {
                let file = file.clone();
                let mount = String::new();
                (
                    name.clone(),
                    FileField { mount, text: file.text, content: file.content, source: file.source },
                )
            })
            .collect();
        let texts = file_texts(context, &files)?;
        Ok(config_map(context, context.name(), &texts)?.into_iter().collect())
    }
}
