//! From a folder to finished objects.

use std::collections::{BTreeMap, BTreeSet};

use aqueduct_manifest::{Object, Place, Value, yaml};

use crate::accumulator::Accumulator;
use crate::config::TransformerConfig;
use crate::error::{Error, Result};
use crate::field_spec::FieldSpec;
use crate::file_system::FileSystem;
use crate::id::Gvk;
use crate::kustomization::Kustomization;
use crate::loader::Loader;
use crate::options::{Options, Reorder};
use crate::read;
use crate::resources::Resources;
use crate::schemas::Schemas;
use crate::target::{Shared, Target};
use crate::trace::Trace;
use crate::transform::Transform;
use crate::transform::hash::HashTransformer;
use crate::transform::metadata::MetadataTransformer;
use crate::transform::name_reference::NameReferenceTransformer;
use crate::transform::sort_order::SortOrderTransformer;
use crate::transform::variable::VariableTransformer;

/// A finished build.
#[derive(Clone, Debug, Default)]
pub struct Build {
    /// The objects in output order.
    pub objects: Vec<Object>,
    /// What Kustomize prints to standard error, such as notes on deprecated fields.
    pub warnings: Vec<String>,
    /// The origin of each object and what changed it, if [`Options::trace`] is set.
    pub traces: Vec<Trace>,
}

/// Builds the kustomization of a folder.
///
/// # Errors
/// Fails on anything that Kustomize refuses, and on anything that it would fetch or run.
pub fn build(files: &dyn FileSystem, folder: &str, options: &Options<'_>) -> Result<Build> {
    let shared = Shared::default();
    let target = Target::load(Loader::new(files, folder, options)?, &shared)?;
    let mut collected = target.accumulate(Accumulator::default())?;
    if let Some(warning) = settle(&mut collected, &target)? {
        shared.warnings.borrow_mut().push(warning);
    }
    drop_local(&mut collected.resources)?;
    let kustomization = &target.kustomization;
    if let Some(warning) = sort(&mut collected.resources, kustomization, options.reorder)? {
        shared.warnings.borrow_mut().push(warning);
    }
    let wants = |option: &str| kustomization.build_metadata.iter().any(|wanted| wanted == option);
    if options.managed_by_label || wants("managedByLabel") {
        let cause = target.cause("LabelTransformer", "buildMetadata", None, "");
        collected.resources.step(cause.as_ref(), label_managed_by)?;
    }
    let (with_origin, with_transformations) = (wants("originAnnotations"), wants("transformerAnnotations"));
    let mut built = Build { warnings: shared.warnings.take(), ..Build::default() };
    for mut resource in collected.resources.into_list() {
        let origin = resource.file.as_ref().map(|file| Place::whole(&**file));
        built.traces.extend(resource.recorder.take().map(|recorder| recorder.into_trace()));
        built.objects.push(Object { map: resource.finish(with_origin, with_transformations)?, origin });
    }
    Ok(built)
}

/// Prints objects as `kustomize build` does.
///
/// # Errors
/// Fails on strings with control characters: Kustomize goes through JSON here and reads that as YAML.
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
/// The names include the namespace if the objects are in several namespaces.
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

/// Applies what needs all resources: hashes, references and variables. Returns a warning, if any.
fn settle(collected: &mut Accumulator, target: &Target<'_, '_>) -> Result<Option<String>> {
    let config: std::rc::Rc<TransformerConfig> = std::rc::Rc::clone(&collected.config);
    let references = NameReferenceTransformer { references: &config.name_references };
    let steps: [(&str, &dyn Transform); 2] =
        [("HashTransformer", &HashTransformer), ("NameReferenceTransformer", &references)];
    for (name, step) in steps {
        let cause = target.cause(name, "", None, "");
        collected.resources.step(cause.as_ref(), |resources| step.transform(resources))?;
    }
    if collected.variables().is_empty() {
        return Ok(None);
    }
    let variables =
        VariableTransformer::new(collected.variables(), collected.resources.list(), &config.var_references)?;
    let cause = target.cause("RefVarTransformer", "vars", None, "");
    collected.resources.step(cause.as_ref(), |resources| variables.transform(resources))?;
    let unused = variables.unused();
    Ok((!unused.is_empty())
        .then(|| format!("well-defined vars that were never replaced: {}", unused.join(","))))
}

/// Drops resources that only serve the build itself; refuses a resource that a patch left without a name.
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
