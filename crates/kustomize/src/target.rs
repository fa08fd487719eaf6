//! Builds one kustomization: resources, generators, components and transformers, in Kustomize's order.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;

use aqueduct_manifest::{Place, SmolStr};

use crate::accumulator::Accumulator;
use crate::config::{self, TransformerConfig};
use crate::error::{Error, Result, Within};
use crate::field_spec::FieldSpec;
use crate::generate::Generate;
use crate::generate::chart::{self, ChartGenerator};
use crate::generate::config_map::{ConfigMapGenerator, SecretGenerator};
use crate::kustomization::{ConfigMapArgs, Kustomization, SecretArgs, load_replacements};
use crate::loader::Loader;
use crate::origin::{ConfiguredBy, Origin};
use crate::resource::Resource;
use crate::resources::Resources;
use crate::schemas::Schemas;
use crate::trace::{BuildStep, Spots};
use crate::transform::Transform;
use crate::transform::affix::{AffixTransformer, Side};
use crate::transform::image::ImageTransformer;
use crate::transform::metadata::MetadataTransformer;
use crate::transform::namespace::{NamespaceTransformer, Subjects};
use crate::transform::patch::{MergeTransformer, OperationsTransformer, PatchTransformer};
use crate::transform::replacement::ReplacementTransformer;
use crate::transform::replicas::ReplicaTransformer;
use crate::{configurations, crd, path, plugin, read};

/// The label with which a validator records that it ran.
const VALIDATED_BY: &str = "validated-by";

/// How often folders may be entered again from where they were entered before. Each level of a diamond doubles that
/// number, so a few small files would fill any memory.
const MAX_REPEATS: usize = 10_000;

/// What the whole build shares.
#[derive(Default)]
pub(crate) struct Shared {
    pub(crate) schemas: Rc<Schemas>,
    pub(crate) warnings: RefCell<Vec<String>>,
    /// Which folders were entered from which.
    entered: RefCell<BTreeSet<(Rc<str>, Rc<str>)>>,
    repeats: Cell<usize>,
}

impl Shared {
    fn count(&self, from: &Rc<str>, to: &Rc<str>) -> Result<()> {
        if !self.entered.borrow_mut().insert((Rc::clone(from), Rc::clone(to))) {
            self.repeats.set(self.repeats.get() + 1);
        }
        if self.repeats.get() <= MAX_REPEATS {
            return Ok(());
        }
        Err(Error::new(format!("kustomizations refer to each other too many times: '{to}' from '{from}'"))
            .with_hint("list each component once, in the outermost kustomization that needs it"))
    }
}

/// A kustomization that is being built.
pub(crate) struct Target<'a, 's> {
    pub(crate) kustomization: Kustomization,
    loader: Loader<'a>,
    shared: &'s Shared,
    origin: Option<Origin>,
    /// The namespace of this kustomization or of the nearest outer one; charts are rendered for it.
    chart_namespace: SmolStr,
    /// The places in the kustomization file, if changes are traced.
    spots: Option<Spots>,
}

/// A generator or transformer, and what to record on what it makes or changes.
struct Step<T: ?Sized> {
    run: Box<T>,
    origin: Option<Origin>,
    cause: Option<Arc<BuildStep>>,
}

impl<'a, 's> Target<'a, 's> {
    /// Loads the kustomization to build.
    pub(crate) fn load(loader: Loader<'a>, shared: &'s Shared) -> Result<Self> {
        let kustomization = Kustomization::load(&loader)?;
        shared.warnings.borrow_mut().extend(kustomization.warnings.iter().cloned());
        let origin = (!kustomization.build_metadata.is_empty()).then(Origin::default);
        let target = Self {
            chart_namespace: kustomization.namespace.clone(),
            spots: spots(&loader, &kustomization),
            kustomization,
            loader,
            shared,
            origin,
        };
        target.adopt_schema()?;
        Ok(target)
    }

    /// Adopts the schema of this kustomization for the whole build, if none has been adopted.
    fn adopt_schema(&self) -> Result<()> {
        let field = &self.kustomization.open_api;
        let path = field.get("path");
        let text = path.map(|path| self.loader.load_text(path)).transpose()?;
        if self.shared.schemas.is_chosen() {
            return Ok(());
        }
        match (path.zip(text), field.get("version").map(SmolStr::as_str)) {
            (Some(_), Some(_)) => {
                return Err(Error::new("builtin version and custom schema provided, cannot use both"));
            }
            (Some((path, text)), None) => {
                self.shared.schemas.adopt(read::value(&text).within(|| path.to_string())?);
            }
            (None, None | Some("")) => {}
            (None, Some("v1.21.2")) => self.shared.schemas.keep_builtin(),
            (None, Some(version)) => {
                return Err(Error::new(format!("the specified OpenAPI version is not built in: {version}"))
                    .with_hint(
                        "use the built-in `v1.21.2`, or set `openapi.path` to a schema of another version",
                    ));
            }
        }
        Ok(())
    }

    /// Collects resources and changes them; references between them are updated later.
    pub(crate) fn accumulate(&self, mut into: Accumulator) -> Result<Accumulator> {
        let kustomization = &self.kustomization;
        self.add_resources(&mut into, &kustomization.resources)
            .within(|| "accumulating resources".to_owned())?;
        let config = configurations::load(&self.loader, &kustomization.configurations)?;
        into.merge_config(&config).within(|| "merging config".to_owned())?;
        if !kustomization.crds.is_empty() {
            let crds = crd::load(&self.loader, &kustomization.crds).within(|| "loading CRDs".to_owned())?;
            into.merge_config(&Rc::new(crds)).within(|| "merging CRDs".to_owned())?;
        }
        self.generate(&mut into)?;
        self.add_components(&mut into).within(|| "accumulating components".to_owned())?;
        self.transform(&mut into)?;
        self.validate(&mut into)?;
        into.merge_variables(&kustomization.vars).within(|| "merging vars".to_owned())?;
        Ok(into)
    }

    fn add_resources(&self, into: &mut Accumulator, names: &[SmolStr]) -> Result<()> {
        for name in names {
            let as_file = match self.add_file(into, name) {
                Ok(()) => continue,
                Err(error) => error,
            };
            // If the name is not a folder, only the error about the file is useful.
            if as_file.is_malformed() || !self.loader.is_folder(name) {
                return Err(as_file);
            }
            let inner = self.loader.enter(name);
            inner
                .and_then(|inner| self.add_folder(into, inner, name, Role::Kustomization))
                .within(|| format!("accumulating resources from '{name}'"))?;
        }
        Ok(())
    }

    fn add_file(&self, into: &mut Accumulator, name: &str) -> Result<()> {
        let mut list = read::file(&self.loader, name, &self.shared.schemas)
            .within(|| format!("accumulating resources from '{name}'"))?;
        if let Some(origin) = &self.origin {
            let origin = origin.append(name);
            for resource in &mut list {
                resource.origin = Some(origin.clone());
            }
        }
        if self.spots.is_some() {
            let spots = Spots::read(self.loader.files(), &self.loader.source(name));
            for resource in &mut list {
                let place = spots.part(resource.part);
                resource.record(&Arc::new(BuildStep { step: "Resource".into(), place }));
            }
        }
        list.into_iter()
            .try_for_each(|resource| into.resources.append(resource))
            .within(|| format!("merging resources from '{name}'"))
    }

    fn add_components(&self, into: &mut Accumulator) -> Result<()> {
        for name in &self.kustomization.components {
            let inner = self.loader.enter(name).within(|| "loader.New".to_owned())?;
            self.add_folder(into, inner, name, Role::Component)
                .within(|| "accumulateDirectory".to_owned())?;
        }
        Ok(())
    }

    fn add_folder(&self, into: &mut Accumulator, loader: Loader<'a>, name: &str, role: Role) -> Result<()> {
        let root = loader.shared_root();
        self.shared.count(&self.loader.shared_root(), &root)?;
        let mut kustomization =
            Kustomization::load(&loader).within(|| format!("couldn't make target for path '{root}'"))?;
        self.shared.warnings.borrow_mut().extend(kustomization.warnings.iter().cloned());
        kustomization.build_metadata = self.kustomization.build_metadata.clone();
        let inner = Target {
            chart_namespace: if kustomization.namespace.is_empty() {
                self.chart_namespace.clone()
            } else {
                kustomization.namespace.clone()
            },
            spots: spots(&loader, &kustomization),
            kustomization,
            loader,
            shared: self.shared,
            origin: self.origin.as_ref().map(|origin| origin.append(name)),
        };
        inner.adopt_schema()?;
        match (role, inner.kustomization.is_component()) {
            (Role::Component, false) => {
                return Err(Error::new(format!(
                    "expected kind 'Component' for path '{root}' but got '{}'",
                    inner.kustomization.kind
                )));
            }
            (Role::Kustomization, true) => {
                return Err(Error::new(format!("expected kind != 'Component' for path '{root}'"))
                    .with_hint("list it under `components`"));
            }
            _ => {}
        }
        let outer = match role {
            // A component continues with what was collected so far.
            Role::Component => std::mem::take(into),
            Role::Kustomization => Accumulator::default(),
        };
        let collected =
            inner.accumulate(outer).within(|| format!("recursed accumulation of path '{root}'"))?;
        into.merge(collected).within(|| format!("recursed merging from path '{root}'"))
    }

    fn generate(&self, into: &mut Accumulator) -> Result<()> {
        for Step { run, origin, cause } in self.generators()? {
            let mut made = run.generate()?;
            if let Some(origin) = &origin {
                Resources::add_origin(&mut made, origin);
            }
            if let Some(cause) = &cause {
                made.iter_mut().for_each(|resource| resource.record(cause));
            }
            into.resources
                .step(cause.as_ref(), |resources| resources.absorb_all(made))
                .within(|| "merging from generator".to_owned())?;
        }
        Ok(())
    }

    fn generators(&self) -> Result<Vec<Step<dyn Generate + 'a>>> {
        let kustomization = &self.kustomization;
        let mut generators: Vec<Step<dyn Generate + 'a>> = Vec::new();
        let with_options = |args: &ConfigMapArgs| {
            let mut args = args.clone();
            if let Some(all) = &kustomization.generator_options {
                args.options = Some(args.options.unwrap_or_default().or(all));
            }
            args
        };
        let mut add = |kind: &'static str, field: &str, index: usize, run: Box<dyn Generate + 'a>| {
            let cause = self.cause(kind, field, Some(index), "");
            generators.push(Step { run, origin: self.builtin_origin(kind), cause });
        };
        for (index, args) in kustomization.config_maps.iter().enumerate() {
            let (loader, schemas) = (self.loader.clone(), Rc::clone(&self.shared.schemas));
            let generator = ConfigMapGenerator { loader, schemas, args: with_options(args) };
            add("ConfigMapGenerator", "configMapGenerator", index, Box::new(generator));
        }
        for (index, args) in kustomization.secrets.iter().enumerate() {
            let (loader, schemas) = (self.loader.clone(), Rc::clone(&self.shared.schemas));
            let args = SecretArgs { common: with_options(&args.common), kind: args.kind.clone() };
            let generator = SecretGenerator { loader, schemas, args };
            add("SecretGenerator", "secretGenerator", index, Box::new(generator));
        }
        for (index, chart) in kustomization.helm_charts.iter().enumerate() {
            let (loader, schemas) = (self.loader.clone(), Rc::clone(&self.shared.schemas));
            let mut args = chart::Args { chart: chart.clone(), globals: kustomization.helm_globals.clone() };
            if args.chart.namespace.is_empty() {
                args.chart.namespace = self.chart_namespace.clone();
            }
            let generator = ChartGenerator { loader, schemas, args };
            add("HelmChartInflationGenerator", "helmCharts", index, Box::new(generator));
        }
        let configs = self
            .plugin_configs(&kustomization.generators)
            .within(|| "loading generator plugins".to_owned())?;
        for config in configs {
            let run =
                plugin::generator(&config, &self.loader).within(|| "loading generator plugins".to_owned())?;
            let cause = self.plugin_cause(&config, "generators");
            generators.push(Step { run, origin: plugin_origin(&config), cause });
        }
        Ok(generators)
    }

    /// Reads plugin configurations: inline, from files, or from kustomizations that contain them.
    fn plugin_configs(&self, entries: &[SmolStr]) -> Result<Vec<Resource>> {
        let mut collected = Accumulator::default();
        let mut names = Vec::new();
        for entry in entries {
            match read::resources(entry, &self.shared.schemas) {
                Ok(mut inline) => {
                    if let Some(origin) = &self.origin {
                        let origin = origin.append(&self.kustomization.file_name);
                        inline.iter_mut().for_each(|resource| resource.origin = Some(origin.clone()));
                    }
                    inline.into_iter().try_for_each(|resource| collected.resources.append(resource))?;
                }
                Err(error) if entry.contains('\n') => return Err(error),
                Err(_) => names.push(entry.clone()),
            }
        }
        self.add_resources(&mut collected, &names)?;
        Ok(collected.resources.into_list())
    }

    /// Returns a step of this kustomization if changes are traced: the file that it refers to, or the entry of a
    /// field.
    pub(crate) fn cause(
        &self,
        step: &str,
        field: &str,
        index: Option<usize>,
        file: &str,
    ) -> Option<Arc<BuildStep>> {
        let spots = self.spots.as_ref()?;
        let place = match file {
            "" => spots.field(field, index),
            file => Place::whole(self.loader.source(file)),
        };
        Some(Arc::new(BuildStep { step: step.into(), place }))
    }

    /// Returns the step of a plugin: in its own file, or inline in this kustomization.
    fn plugin_cause(&self, config: &Resource, field: &str) -> Option<Arc<BuildStep>> {
        let spots = self.spots.as_ref()?;
        let place = match &config.file {
            Some(file) => Spots::read(self.loader.files(), file).part(config.part),
            None => spots.field(field, None),
        };
        Some(Arc::new(BuildStep { step: config.kind(), place }))
    }

    fn builtin_origin(&self, kind: &'static str) -> Option<Origin> {
        let by = ConfiguredBy { api_version: "builtin".into(), kind: kind.into(), ..ConfiguredBy::default() };
        self.origin.as_ref().map(|origin| origin.configured(&self.kustomization.file_name, by))
    }

    fn transform(&self, into: &mut Accumulator) -> Result<()> {
        let config = Rc::clone(&into.config);
        let mut steps = self.builtin_steps(&config)?;
        steps.extend(self.plugin_steps(&self.kustomization.transformers)?);
        for Step { run, origin, cause } in steps {
            into.resources.step(cause.as_ref(), |resources| run.transform(resources))?;
            if let Some(origin) = &origin {
                into.resources.add_transformation(origin);
            }
            into.resources.drop_empties();
        }
        Ok(())
    }

    fn plugin_steps(&self, entries: &[SmolStr]) -> Result<Vec<Step<dyn Transform + 'a>>> {
        let mut steps: Vec<Step<dyn Transform + 'a>> = Vec::new();
        for config in self.plugin_configs(entries)? {
            for run in plugin::transformers(&config, &self.loader)? {
                let cause = self.plugin_cause(&config, "transformers");
                steps.push(Step { run, origin: plugin_origin(&config), cause });
            }
        }
        Ok(steps)
    }

    fn builtin_steps(&self, config: &TransformerConfig) -> Result<Vec<Step<dyn Transform + 'a>>> {
        let kustomization = &self.kustomization;
        let (loader, schemas) = (&self.loader, &self.shared.schemas);
        let mut steps: Vec<Step<dyn Transform + 'a>> = Vec::new();
        let mut add = |kind: &'static str, cause: Option<Arc<BuildStep>>, run: Box<dyn Transform>| {
            steps.push(Step { run, origin: self.builtin_origin(kind), cause });
        };
        let trouble = |kind: &str| format!("trouble configuring builtin {kind}");
        if !kustomization.patches_strategic_merge.is_empty() {
            let kind = "PatchStrategicMergeTransformer";
            let paths = &kustomization.patches_strategic_merge;
            let transformer = MergeTransformer::new(paths, "", loader, schemas).within(|| trouble(kind))?;
            add(kind, self.cause(kind, "patchesStrategicMerge", None, ""), Box::new(transformer));
        }
        for (index, patch) in kustomization.patches.iter().enumerate() {
            let kind = "PatchTransformer";
            let transformer = PatchTransformer::new(patch, loader, schemas).within(|| trouble(kind))?;
            add(kind, self.cause(kind, "patches", Some(index), &patch.path), Box::new(transformer));
        }
        if !kustomization.namespace.is_empty() {
            let kind = "NamespaceTransformer";
            add(
                kind,
                self.cause(kind, "namespace", None, ""),
                Box::new(NamespaceTransformer {
                    namespace: kustomization.namespace.clone(),
                    fields: config.namespace.clone(),
                    unset_only: false,
                    subjects: Subjects::Default,
                }),
            );
        }
        for (kind, field, side, affix, fields) in [
            (
                "PrefixTransformer",
                "namePrefix",
                Side::Prefix,
                &kustomization.name_prefix,
                &config.name_prefix,
            ),
            (
                "SuffixTransformer",
                "nameSuffix",
                Side::Suffix,
                &kustomization.name_suffix,
                &config.name_suffix,
            ),
        ] {
            if !affix.is_empty() {
                let transformer = AffixTransformer { side, affix: affix.clone(), fields: fields.clone() };
                add(kind, self.cause(kind, field, None, ""), Box::new(transformer));
            }
        }
        for (index, labels) in kustomization.labels.iter().enumerate() {
            let kind = "LabelTransformer";
            let mut fields = config::merge_all(labels.fields.clone(), &config.labels)?;
            if labels.include_selectors {
                fields = config::merge_all(fields, &config.common_labels)?;
            } else {
                if labels.include_templates {
                    fields = config::merge_all(fields, &config.template_labels)?;
                }
                let own = FieldSpec { path: "metadata/labels".into(), create: true, ..Default::default() };
                config::merge_one(&mut fields, &own)?;
            }
            let transformer = MetadataTransformer { entries: labels.pairs.clone(), fields };
            add(kind, self.cause(kind, "labels", Some(index), ""), Box::new(transformer));
        }
        // A trace shows that the label transformer of `commonLabels` ran after those of `labels`.
        if !kustomization.labels.is_empty() || !kustomization.common_labels.is_empty() {
            let fields = config.common_labels.clone();
            let entries = kustomization.common_labels.clone();
            let kind = "LabelTransformer";
            let cause = self.cause(kind, "commonLabels", None, "");
            add(kind, cause, Box::new(MetadataTransformer { entries, fields }));
        }
        if !kustomization.common_annotations.is_empty() {
            let fields = config.common_annotations.clone();
            let entries = kustomization.common_annotations.clone();
            let kind = "AnnotationsTransformer";
            let cause = self.cause(kind, "commonAnnotations", None, "");
            add(kind, cause, Box::new(MetadataTransformer { entries, fields }));
        }
        for (index, patch) in kustomization.patches_json6902.iter().enumerate() {
            let kind = "PatchJson6902Transformer";
            let transformer =
                OperationsTransformer::new(patch.target.as_ref(), &patch.path, &patch.patch, loader)
                    .within(|| trouble(kind))?;
            let cause = self.cause(kind, "patchesJson6902", Some(index), &patch.path);
            add(kind, cause, Box::new(transformer));
        }
        for (index, replica) in kustomization.replicas.iter().enumerate() {
            let kind = "ReplicaCountTransformer";
            let transformer =
                ReplicaTransformer { replica: replica.clone(), fields: config.replicas.clone() };
            add(kind, self.cause(kind, "replicas", Some(index), ""), Box::new(transformer));
        }
        for (index, image) in kustomization.images.iter().enumerate() {
            let kind = "ImageTagTransformer";
            let transformer = ImageTransformer::new(image.clone(), config.images.clone())?;
            add(kind, self.cause(kind, "images", Some(index), ""), Box::new(transformer));
        }
        if !kustomization.replacements.is_empty() {
            let kind = "ReplacementTransformer";
            let mut replacements = Vec::new();
            for entry in &kustomization.replacements {
                replacements.extend(load_replacements(loader, entry).within(|| trouble(kind))?);
            }
            let cause = self.cause(kind, "replacements", None, "");
            add(kind, cause, Box::new(ReplacementTransformer { replacements }));
        }
        Ok(steps)
    }

    /// Runs validators: transformers that may only add the label that records that they ran.
    fn validate(&self, into: &mut Accumulator) -> Result<()> {
        for validator in self.plugin_steps(&self.kustomization.validators)? {
            let before = into.resources.clone();
            validator.run.transform(&mut into.resources)?;
            let mut after = into.resources.clone();
            for resource in after.list_mut() {
                if resource.metadata_text("labels", VALIDATED_BY).is_some() {
                    let mut labels = resource.metadata_texts("labels");
                    labels.remove(VALIDATED_BY);
                    resource.set_metadata_map("labels", labels);
                }
            }
            if !after.list().iter().map(Resource::map).eq(before.list().iter().map(Resource::map)) {
                return Err(Error::new("validator shouldn't modify the resource map"));
            }
        }
        Ok(())
    }
}

/// The role in which another folder is referenced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Kustomization,
    Component,
}

/// Returns the places in a kustomization file, if changes are traced.
fn spots(loader: &Loader<'_>, kustomization: &Kustomization) -> Option<Spots> {
    let file = path::join(loader.root(), &kustomization.file_name);
    loader.options().trace.then(|| Spots::read(loader.files(), &file))
}

fn plugin_origin(config: &Resource) -> Option<Origin> {
    let origin = config.origin.as_ref()?;
    Some(Origin {
        path: String::new(),
        repo: origin.repo.clone(),
        reference: origin.reference.clone(),
        configured_in: origin.path.clone(),
        configured_by: Some(ConfiguredBy {
            api_version: config.api_version(),
            kind: config.kind(),
            name: config.name(),
            namespace: config.namespace(),
        }),
    })
}
