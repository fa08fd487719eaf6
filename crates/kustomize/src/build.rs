//! The way from a folder to finished objects.

use std::collections::{BTreeMap, BTreeSet};

use aqueduct_manifest::{Map, Object, Place, Value, yaml};

use crate::accumulator::Accumulator;
use crate::config::TransformerConfig;
use crate::error::{Error, Result};
use crate::file_system::FileSystem;
use crate::id::Gvk;
use crate::kustomization::{FieldSpec, Kustomization};
use crate::loader::Loader;
use crate::read;
use crate::resources::Resources;
use crate::schemas::Schemas;
use crate::target::{Shared, Target};
use crate::transform::Transform;
use crate::transform::hash::HashTransformer;
use crate::transform::metadata::MetadataTransformer;
use crate::transform::name_reference::NameReferenceTransformer;
use crate::transform::sort_order::SortOrderTransformer;
use crate::transform::variable::VariableTransformer;

/// How a kustomization is built.
#[derive(Clone, Copy, Default)]
pub struct Options<'a> {
    /// What files a kustomization may name.
    pub load_restrictor: LoadRestrictor,
    /// The order of the output, where the kustomization itself does not say.
    pub reorder: Reorder,
    /// Whether charts are rendered; a kustomization with charts is refused otherwise.
    pub enable_helm: bool,
    /// Whether everything gets the label `app.kubernetes.io/managed-by`.
    pub managed_by_label: bool,
    /// Where remote bases and files were put.
    pub remotes: Option<&'a dyn Remotes>,
    /// What renders charts.
    pub charts: Option<&'a dyn ChartInflator>,
}

/// What files a kustomization may name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LoadRestrictor {
    /// Files in or below its own folder, links resolved.
    #[default]
    RootOnly,
    /// Any files.
    None,
}

/// The order of the output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reorder {
    /// As [`Reorder::Legacy`], without anybody having asked for it.
    #[default]
    Unspecified,
    /// As the resources were loaded.
    None,
    /// By kind: namespaces first, webhooks last.
    Legacy,
}

/// Knows where copies of remote files and repositories lie.
pub trait Remotes {
    /// Returns the copy of what a remote name stands for.
    ///
    /// # Errors
    /// Why there is none that may be used, and what to do.
    fn find(&self, name: &str) -> std::result::Result<RemoteCopy, MissingCopy>;
}

/// The copy of a remote, by paths of the file system that is built from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoteCopy {
    /// The folder of the whole copy, which nothing in it may leave.
    pub root: String,
    /// The file that the name stands for, or the folder of the kustomization.
    pub path: String,
}

/// Why there is no copy of a remote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MissingCopy {
    /// The message.
    pub message: String,
    /// What to do, where that is known.
    pub hint: Option<String>,
}

/// Renders charts.
pub trait ChartInflator {
    /// Returns what `helm template` would print.
    ///
    /// # Errors
    /// Why the chart cannot be rendered.
    fn inflate(&self, request: &ChartRequest<'_>) -> std::result::Result<String, String>;
}

/// A chart to be rendered.
#[derive(Clone)]
pub struct ChartRequest<'a> {
    /// Where the chart lies.
    pub files: &'a dyn FileSystem,
    /// The folder with `Chart.yaml`.
    pub folder: &'a str,
    /// The name of the release; empty where a template makes it.
    pub release_name: &'a str,
    /// The namespace of the release; may be empty.
    pub namespace: &'a str,
    /// Values above the chart's own, the last ones winning.
    pub values: Vec<Map>,
    /// Whether the chart's `crds` folder is part of the output.
    pub include_crds: bool,
    /// Whether hooks are left out.
    pub skip_hooks: bool,
    /// Whether tests are left out.
    pub skip_tests: bool,
    /// API versions that the cluster is said to have, beyond Helm's own.
    pub api_versions: Vec<&'a str>,
    /// The version that the cluster is said to have.
    pub kube_version: Option<&'a str>,
    /// A template for the name of the release.
    pub name_template: Option<&'a str>,
}

/// A finished build.
#[derive(Clone, Debug, Default)]
pub struct Build {
    /// The objects in their order.
    pub objects: Vec<Object>,
    /// What Kustomize prints to standard error, such as notes on deprecated fields.
    pub warnings: Vec<String>,
}

/// Builds the kustomization of a folder.
///
/// # Errors
/// Whatever Kustomize refuses, and what it would fetch or run.
pub fn build(files: &dyn FileSystem, folder: &str, options: &Options<'_>) -> Result<Build> {
    let shared = Shared::default();
    let target = Target::load(Loader::new(files, folder, options)?, &shared)?;
    let mut collected = target.accumulate(Accumulator::default())?;
    if let Some(warning) = settle(&mut collected)? {
        shared.warnings.borrow_mut().push(warning);
    }
    drop_local(&mut collected.resources)?;
    let kustomization = &target.kustomization;
    if let Some(warning) = sort(&mut collected.resources, kustomization, options.reorder)? {
        shared.warnings.borrow_mut().push(warning);
    }
    let wants = |option: &str| kustomization.build_metadata.iter().any(|wanted| wanted == option);
    if options.managed_by_label || wants("managedByLabel") {
        label_managed_by(&mut collected.resources)?;
    }
    let (with_origin, with_transformations) = (wants("originAnnotations"), wants("transformerAnnotations"));
    let objects = collected.resources.into_list().into_iter().map(|resource| {
        let origin = resource.file.as_ref().map(|file| Place::whole(&**file));
        let map = resource.finish(with_origin, with_transformations)?;
        Ok(Object { map, origin })
    });
    Ok(Build { objects: objects.collect::<Result<_>>()?, warnings: shared.warnings.take() })
}

/// Prints objects as `kustomize build` does.
///
/// # Errors
/// Texts with control characters: Kustomize goes through JSON here and reads that as YAML.
pub fn to_yaml(objects: &[Object]) -> Result<String> {
    let document = |object: &Object| {
        yaml::write_marshal(&Value::Map(object.map.clone())).map_err(|error| {
            Error::new(error.to_string()).within(format!("{}/{}", object.kind(), object.name()))
        })
    };
    Ok(objects.iter().map(document).collect::<Result<Vec<String>>>()?.join("---\n"))
}

/// Returns the names of the files that `kustomize build --output FOLDER` writes the objects to.
///
/// The namespace is part of a name where the objects lie in several.
pub fn file_names(objects: &[Object]) -> Vec<String> {
    let schemas = Schemas::default();
    let namespaces: Vec<Option<String>> = objects
        .iter()
        .map(|object| {
            let gvk = Gvk::new(object.api_version(), object.kind());
            let namespace = if object.namespace().is_empty() { "default" } else { object.namespace() };
            (!schemas.is_cluster_scoped(&gvk)).then(|| namespace.to_owned())
        })
        .collect();
    let distinct: BTreeSet<&String> = namespaces.iter().flatten().collect();
    let names = objects.iter().zip(&namespaces).map(|(object, namespace)| {
        let namespace = namespace.as_deref().filter(|_| distinct.len() > 1).unwrap_or("");
        let parts = [namespace, object.group(), object.version(), object.kind(), object.name()];
        let parts: Vec<String> =
            parts.iter().filter(|part| !part.is_empty()).map(|part| part.to_lowercase()).collect();
        format!("{}.yaml", parts.join("_"))
    });
    names.collect()
}

/// Does what can only be done over everything: hashes, references, variables. Returns a warning.
fn settle(collected: &mut Accumulator) -> Result<Option<String>> {
    HashTransformer.transform(&mut collected.resources)?;
    let config: std::rc::Rc<TransformerConfig> = std::rc::Rc::clone(&collected.config);
    NameReferenceTransformer { references: &config.name_references }.transform(&mut collected.resources)?;
    if collected.variables().is_empty() {
        return Ok(None);
    }
    let variables =
        VariableTransformer::new(collected.variables(), collected.resources.list(), &config.var_references)?;
    variables.transform(&mut collected.resources)?;
    let unused = variables.unused();
    Ok((!unused.is_empty())
        .then(|| format!("well-defined vars that were never replaced: {}", unused.join(","))))
}

/// Drops resources that are only meant for the build itself; what a patch left without a name is refused.
fn drop_local(resources: &mut Resources) -> Result<()> {
    resources.list().iter().try_for_each(|resource| read::check_metadata(resource.map()))?;
    resources.list_mut().retain(|resource| {
        let local = resource.metadata_text("annotations", "config.kubernetes.io/local-config");
        local.is_none_or(|local| local == "false")
    });
    Ok(())
}

fn sort(
    resources: &mut Resources,
    kustomization: &Kustomization,
    reorder: Reorder,
) -> Result<Option<String>> {
    match (&kustomization.sort_options, reorder) {
        (Some(options), reorder) => {
            SortOrderTransformer { options: options.clone() }.transform(resources)?;
            let warning = "Warning: Sorting order is set both in 'kustomization.yaml' ('sortOptions') and in a CLI flag ('--reorder'). Using the kustomization file over the CLI flag.";
            Ok((reorder != Reorder::Unspecified).then(|| warning.to_owned()))
        }
        (None, Reorder::None) => Ok(None),
        (None, Reorder::Legacy | Reorder::Unspecified) => {
            SortOrderTransformer::legacy().transform(resources)?;
            Ok(None)
        }
    }
}

fn label_managed_by(resources: &mut Resources) -> Result<()> {
    let field = FieldSpec { path: "metadata/labels".into(), create: true, ..FieldSpec::default() };
    let entries = BTreeMap::from([("app.kubernetes.io/managed-by".into(), "kustomize-v5.8.1".into())]);
    MetadataTransformer { entries, fields: vec![field] }.transform(resources)
}
