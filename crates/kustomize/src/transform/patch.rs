//! Patches: strategic merge and JSON 6902, by target or by the name in the patch.

use std::rc::Rc;

use aqueduct_manifest::patch::{self, Operation, Outcome};
use aqueduct_manifest::yaml::Marked;
use aqueduct_manifest::{SmolStr, Value};

use super::Transform;
use crate::error::{Error, Result, Within};
use crate::kustomization::Patch;
use crate::loader::Loader;
use crate::read;
use crate::resource::Resource;
use crate::resources::Resources;
use crate::schemas::Schemas;
use crate::selector::Selector;
use crate::text::quoted;

/// Applies one entry of `patches`.
pub(crate) struct PatchTransformer {
    source: String,
    target: Option<Selector>,
    content: Content,
}

enum Content {
    Merge(Vec<Resource>),
    Operations(Vec<Operation>),
}

impl PatchTransformer {
    pub(crate) fn new(patch: &Patch, loader: &Loader<'_>, schemas: &Rc<Schemas>) -> Result<Self> {
        let inline = patch.patch.trim();
        let (text, source) = match (inline.is_empty(), patch.path.is_empty()) {
            (true, true) => return Err(Error::new("must specify one of patch and path")),
            (false, false) => return Err(Error::new("patch and path can't be set at the same time")),
            (false, true) => (inline.to_owned(), format!("[patch: {}]", quoted(inline))),
            (true, false) => {
                let text = loader
                    .load_text(&patch.path)
                    .within(|| format!("failed to get the patch file from path({})", patch.path))?;
                (text, format!("[path: {}]", quoted(&patch.path)))
            }
        };
        // With a target, the annotations are rebuilt from all that are present.
        let read = if patch.target.is_some() { read::resources } else { read::patches };
        let merge = read(&text, schemas);
        let operations = read_operations(&text);
        let content = match (merge, operations) {
            (Ok(merge), Ok(operations)) if !merge.is_empty() && !operations.is_empty() => {
                return Err(Error::new(format!(
                    "illegally qualifies as both an SM and JSON patch: {source}"
                )));
            }
            (Ok(mut merge), _) => {
                let allows = |option: &str| patch.options.get(option).copied().unwrap_or(false);
                for resource in &mut merge {
                    resource.allow_name_change = allows("allowNameChange");
                    resource.allow_kind_change = allows("allowKindChange");
                }
                Content::Merge(merge)
            }
            (Err(_), Ok(operations)) => Content::Operations(operations),
            (Err(merge), Err(operations)) => {
                return Err(Error::new(format!("unable to parse SM or JSON patch from {source}")).with_hint(
                    format!("as a strategic merge patch: {merge}; as a JSON patch: {operations}"),
                ));
            }
        };
        Ok(Self { source, target: patch.target.clone(), content })
    }
}

impl Transform for PatchTransformer {
    fn transform(&self, resources: &mut Resources) -> Result<()> {
        match (&self.content, &self.target) {
            (Content::Merge(patches), Some(target)) => {
                let [patch] = patches.as_slice() else {
                    if patches.is_empty() {
                        return Ok(());
                    }
                    return Err(Error::new(format!(
                        "Multiple Strategic-Merge Patches in one `patches` entry is not allowed to set `patches.target` field: {}",
                        self.source
                    )));
                };
                let places = resources
                    .select(target)
                    .within(|| "unable to find patch target in `resources`".to_owned())?;
                merge_into(resources, &places, patch)
            }
            (Content::Merge(patches), None) => {
                for patch in patches {
                    let id = patch.original_id();
                    let place = resources.find_target(&id).within(|| {
                        format!("no resource matches strategic merge patch {}", quoted(&id.to_string()))
                    })?;
                    merge_at(resources, place, patch)?;
                }
                Ok(())
            }
            (Content::Operations(operations), Some(target)) => {
                for place in resources.select(target)? {
                    let Some(resource) = resources.list_mut_same_ids().get_mut(place) else { continue };
                    resource.store_previous_id();
                    let id = resource.id();
                    operate(resource, operations)
                        .within(|| format!("applying JSON patch {} to {id}", self.source))?;
                    if resource.id() != id {
                        // The index must pick up the new names.
                        resources.list_mut();
                    }
                }
                Ok(())
            }
            (Content::Operations(operations), None) if operations.is_empty() => Ok(()),
            (Content::Operations(_), None) => {
                Err(Error::new(format!("must specify a target for JSON patch {}", self.source)))
            }
        }
    }
}

/// Applies `patchesStrategicMerge`.
pub(crate) struct MergeTransformer {
    patches: Vec<Resource>,
}

impl MergeTransformer {
    /// Reads patches from files or inline, and one more text of patches.
    pub(crate) fn new(
        paths: &[SmolStr],
        more: &str,
        loader: &Loader<'_>,
        schemas: &Rc<Schemas>,
    ) -> Result<Self> {
        if paths.is_empty() && more.is_empty() {
            return Err(Error::new("empty file path and empty patch content"));
        }
        let mut patches = Vec::new();
        for path in paths {
            match read::resources(path, schemas) {
                Ok(inline) => patches.extend(inline),
                Err(_) => patches.extend(read::file(loader, path, schemas)?),
            }
        }
        if !more.is_empty() {
            patches.extend(read::resources(more, schemas)?);
        }
        if patches.is_empty() {
            return Err(Error::new(format!("patch appears to be empty; files=[{}]", paths.join(" "))));
        }
        Ok(Self { patches })
    }
}

impl Transform for MergeTransformer {
    fn transform(&self, resources: &mut Resources) -> Result<()> {
        for patch in &self.patches {
            let place = resources.find_target(&patch.original_id())?;
            merge_into(resources, &[place], patch)?;
        }
        Ok(())
    }
}

/// Applies one entry of `patchesJson6902`.
pub(crate) struct OperationsTransformer {
    target: Selector,
    operations: Vec<Operation>,
}

impl OperationsTransformer {
    pub(crate) fn new(
        target: Option<&Selector>,
        path: &str,
        inline: &str,
        loader: &Loader<'_>,
    ) -> Result<Self> {
        let target = target.filter(|target| !target.id.name.is_empty());
        let target = target.ok_or_else(|| Error::new("must specify the target name"))?.clone();
        let text = match (path.is_empty(), inline.is_empty()) {
            (true, true) => return Err(Error::new("empty file path and empty jsonOp")),
            (false, false) => return Err(Error::new("must specify a file path or jsonOp, not both")),
            (false, true) => loader.load_text(path)?,
            (true, false) => inline.to_owned(),
        };
        if text.is_empty() {
            return Err(Error::new(format!("patch file '{path}' empty seems to be empty")));
        }
        let operations = read_operations(&text).within(|| format!("decoding {text}"))?;
        if operations.is_empty() {
            return Err(Error::new(format!("patch appears to be empty; file={path}, JsonOp={text}")));
        }
        Ok(Self { target, operations })
    }
}

impl Transform for OperationsTransformer {
    fn transform(&self, resources: &mut Resources) -> Result<()> {
        for place in resources.select(&self.target)? {
            if let Some(resource) = resources.list_mut().get_mut(place) {
                operate(resource, &self.operations)?;
            }
        }
        Ok(())
    }
}

fn read_operations(text: &str) -> Result<Vec<Operation>> {
    if text.is_empty() {
        return Err(Error::new("empty json patch operations"));
    }
    if text.starts_with('[') {
        return patch::read_operations(text).map_err(|error| Error::new(error.to_string()));
    }
    match read::value(text)? {
        Value::Null => Ok(Vec::new()),
        Value::List(list) => list
            .iter()
            .map(|value| Operation::from_value(value).map_err(|error| Error::new(error.to_string())))
            .collect(),
        other => Err(Error::new(format!("a JSON patch must be a list, not a {}", other.kind()))),
    }
}

/// Applies operations; what Kustomize keeps in annotations survives them.
fn operate(resource: &mut Resource, operations: &[Operation]) -> Result<()> {
    resource.count_work()?;
    resource.hold_memory();
    resource.settle()?;
    let is_of_chart = resource.is_of_chart();
    let Marked { mut value, .. } = resource.take();
    patch::json6902(&mut value, operations).map_err(|error| Error::new(error.to_string()))?;
    match value {
        Value::Map(map) => {
            resource.replace(map);
            if !resource.release_memory() {
                resource.forget_origin();
            }
            resource.spell_out_annotations();
            if is_of_chart {
                resource.mark_of_chart();
            }
            Ok(())
        }
        other => Err(Error::new(format!("a JSON patch turned a resource into a {}", other.kind()))),
    }
}

/// Merges a patch into resources, whatever names the patch has.
fn merge_into(resources: &mut Resources, places: &[usize], patch: &Resource) -> Result<()> {
    for place in places {
        let Some(gvk) = resources.list().get(*place).map(Resource::gvk) else { continue };
        let mut copy = patch.clone();
        copy.take_metadata_from(patch);
        copy.set_gvk(&gvk);
        copy.set_kind(&patch.kind());
        merge_at(resources, *place, &copy)?;
        // The copy has them without a type, so that they are whatever they read as unless they were quoted.
        if let Some(resource) = resources.list_mut_same_ids().get_mut(*place) {
            if patch.allow_name_change && resource.name() == patch.name() {
                resource.set_name(&patch.name());
            }
            if patch.allow_kind_change && resource.kind() == patch.kind() {
                resource.set_kind(&patch.kind());
            }
        }
    }
    if patch.allow_name_change || patch.allow_kind_change {
        resources.drop_empties();
        resources.check_unique()?;
    }
    Ok(())
}

fn merge_at(resources: &mut Resources, place: usize, patch: &Resource) -> Result<()> {
    let renames = patch.allow_name_change || patch.allow_kind_change;
    let list = if renames { resources.list_mut() } else { resources.list_mut_same_ids() };
    let Some(resource) = list.get_mut(place) else { return Ok(()) };
    merge(resource, patch)?;
    if forgets(patch) {
        // The index must forget the previous names.
        resources.list_mut();
    }
    Ok(())
}

fn merge(resource: &mut Resource, patch: &Resource) -> Result<()> {
    resource.count_work()?;
    let (name, namespace, kind) = (resource.name(), resource.namespace(), resource.kind());
    if patch.allow_name_change || patch.allow_kind_change {
        resource.store_previous_id();
    }
    resource.hold_memory();
    let (target, change) = (resource.take(), patch.to_marked());
    let outcome = patch::strategic_merge_marked(target, change, &resource.schemas().merge_context())
        .map_err(|error| Error::new(error.to_string()).within(format!("patching {kind}/{name}")))?;
    match outcome {
        Outcome::Deleted => {
            resource.delete();
            return Ok(());
        }
        Outcome::Changed(merged) => {
            resource.put(merged)?;
            let (object, shares) = resource.parts_mut();
            shares.settle_merged(object, patch.map());
            resource.quote_untyped(patch.map());
        }
    }
    if resource.is_empty() {
        return Ok(());
    }
    if !resource.release_memory() {
        resource.forget();
        resource.forget_origin();
    }
    if !patch.allow_kind_change {
        resource.set_kind(&kind);
    }
    if !patch.allow_name_change {
        resource.set_name(&name);
    }
    resource.set_namespace(&namespace);
    Ok(())
}

/// Returns whether a patch removes the annotations, in which Kustomize keeps the previous names of a resource.
fn forgets(patch: &Resource) -> bool {
    patch.metadata("annotations").is_some_and(Value::is_null)
}
