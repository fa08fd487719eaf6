//! The kustomization file as typed data, with deprecated fields moved to their current places.

use std::collections::BTreeMap;

use aqueduct_manifest::{Map, SmolStr, Value};

use crate::decode::{Decode, Fields, Reading};
use crate::error::{Error, Result, Within};
use crate::field_spec::FieldSpec;
use crate::id::{Gvk, Id};
use crate::loader::{FILE_NAMES, Loader};
use crate::read;
use crate::selector::Selector;

const KIND: &str = "Kustomization";
const VERSION: &str = "kustomize.config.k8s.io/v1beta1";
const COMPONENT_KIND: &str = "Component";
const COMPONENT_VERSION: &str = "kustomize.config.k8s.io/v1alpha1";

/// A kustomization or a component.
#[derive(Clone, Debug, Default)]
pub(crate) struct Kustomization {
    pub(crate) api_version: SmolStr,
    pub(crate) kind: SmolStr,
    pub(crate) open_api: BTreeMap<SmolStr, SmolStr>,
    pub(crate) name_prefix: SmolStr,
    pub(crate) name_suffix: SmolStr,
    pub(crate) namespace: SmolStr,
    pub(crate) common_labels: BTreeMap<SmolStr, SmolStr>,
    pub(crate) labels: Vec<Labels>,
    pub(crate) common_annotations: BTreeMap<SmolStr, SmolStr>,
    pub(crate) patches_strategic_merge: Vec<SmolStr>,
    pub(crate) patches_json6902: Vec<Patch>,
    pub(crate) patches: Vec<Patch>,
    pub(crate) images: Vec<Image>,
    pub(crate) replacements: Vec<ReplacementField>,
    pub(crate) replicas: Vec<Replica>,
    pub(crate) vars: Vec<Var>,
    pub(crate) sort_options: Option<SortOptions>,
    pub(crate) resources: Vec<SmolStr>,
    pub(crate) components: Vec<SmolStr>,
    pub(crate) crds: Vec<SmolStr>,
    pub(crate) config_maps: Vec<ConfigMapArgs>,
    pub(crate) secrets: Vec<SecretArgs>,
    pub(crate) helm_globals: HelmGlobals,
    pub(crate) helm_charts: Vec<HelmChart>,
    pub(crate) generator_options: Option<GeneratorOptions>,
    pub(crate) configurations: Vec<SmolStr>,
    pub(crate) generators: Vec<SmolStr>,
    pub(crate) transformers: Vec<SmolStr>,
    pub(crate) validators: Vec<SmolStr>,
    pub(crate) build_metadata: Vec<SmolStr>,
    /// What Kustomize prints about deprecated fields.
    pub(crate) warnings: Vec<String>,
    /// The name of the file that this was read from.
    pub(crate) file_name: String,
}

impl Kustomization {
    /// Reads the kustomization of a folder.
    pub(crate) fn load(loader: &Loader<'_>) -> Result<Self> {
        let (file_name, text) = find(loader)?;
        let mut kustomization = Self::read(&text).map_err(|error| {
            let error = error.within("invalid Kustomization");
            error.within(crate::path::join(loader.root(), &file_name))
        })?;
        kustomization.file_name = file_name;
        kustomization.check(loader.root())?;
        Ok(kustomization)
    }

    pub(crate) fn is_component(&self) -> bool {
        self.kind == COMPONENT_KIND
    }

    fn read(text: &str) -> Result<Self> {
        let value = read::value(text)?;
        if !matches!(value, Value::Map(_) | Value::Null) {
            return Err(Error::new(format!("a kustomization must be a map, not a {}", value.kind())));
        }
        let mut kustomization = Self::from_value(&value, Reading::Json)?;
        if kustomization.kind.is_empty() {
            kustomization.kind = KIND.into();
        }
        if kustomization.api_version.is_empty() {
            let version = if kustomization.is_component() { COMPONENT_VERSION } else { VERSION };
            kustomization.api_version = version.into();
        }
        if !value.as_map().into_iter().flatten().any(|(key, value)| says_something(key, value)) {
            return Err(Error::new("kustomization.yaml is empty"));
        }
        Ok(kustomization)
    }

    fn check(&self, root: &str) -> Result<()> {
        let mut problems = Vec::new();
        if self.kind != KIND && self.kind != COMPONENT_KIND {
            problems.push(format!("kind should be {KIND} or {COMPONENT_KIND}"));
        }
        let version = if self.is_component() { COMPONENT_VERSION } else { VERSION };
        if self.api_version != version {
            problems.push(format!("apiVersion for {} should be {version}", self.kind));
        }
        if problems.is_empty() {
            return Ok(());
        }
        Err(Error::new(format!("Failed to read kustomization file under {root}:\n{}", problems.join("\n"))))
    }
}

/// Returns whether a field makes a file a kustomization. Empty lists and maps do, unless the field is a deprecated
/// one whose elements move to another field.
fn says_something(key: &str, value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) => {
            !text.is_empty() && !["apiversion", "kind"].contains(&key.to_ascii_lowercase().as_str())
        }
        Value::List(list) if list.is_empty() => !["bases", "imagetags", "helmchartinflationgenerator"]
            .contains(&key.to_ascii_lowercase().as_str()),
        _ => true,
    }
}

/// Finds the kustomization file of a folder.
fn find(loader: &Loader<'_>) -> Result<(String, String)> {
    let mut found = Vec::new();
    for name in FILE_NAMES {
        if loader.files().is_file(&crate::path::join(loader.root(), name)) {
            found.push(name);
        }
    }
    match found.as_slice() {
        [] => Err(Error::new(format!(
            "unable to find one of 'kustomization.yaml', 'kustomization.yml' or 'Kustomization' in directory '{}'",
            loader.root()
        ))),
        [name] => Ok(((*name).to_owned(), loader.load_text(name)?)),
        names => Err(Error::new(format!("Found multiple kustomization files under: {}", loader.root()))
            .with_hint(format!("keep one of `{}`", names.join("`, `")))),
    }
}

const RUN_EDIT_FIX: &str = "Run 'kustomize edit fix' to update your Kustomization automatically.";

impl Decode for Kustomization {
    const NAME: &'static str = "Kustomization";

    fn decode(fields: &Fields<'_>) -> Result<Self> {
        let mut warnings = Vec::new();
        for (old, new, mark) in [
            ("bases", "resources", ""),
            ("commonLabels", "labels", ""),
            ("imageTags", "images", ""),
            ("patchesJson6902", "patches", ""),
            ("patchesStrategicMerge", "patches", ""),
            ("vars", "replacements", "[EXPERIMENTAL] "),
        ] {
            if fields.mentions(old) {
                warnings.push(format!(
                    "# Warning: '{old}' is deprecated. Please use '{new}' instead. {mark}{RUN_EDIT_FIX}"
                ));
            }
        }
        fields.optional::<Metadata>("metadata")?;
        let mut resources = fields.texts("resources")?;
        resources.extend(fields.texts("bases")?);
        let mut replacements: Vec<ReplacementField> = fields.structs("replacements")?;
        for entry in &mut replacements {
            // An empty list becomes none when it is serialized for the transformer.
            entry.replacement.targets =
                entry.replacement.targets.take().filter(|targets| !targets.is_empty());
        }
        let mut images = fields.structs("images")?;
        images.extend(fields.structs::<Image>("imageTags")?);
        let old_charts: Vec<HelmChartArgs> = fields.structs("helmChartInflationGenerator")?;
        let mut helm_globals: Option<HelmGlobals> = fields.optional("helmGlobals")?;
        if helm_globals.is_none() {
            let mut globals = HelmGlobals::default();
            for chart in &old_charts {
                if !chart.chart_home.is_empty() {
                    globals.chart_home = chart.chart_home.clone();
                }
                if !chart.helm_home.is_empty() {
                    globals.config_home = chart.helm_home.clone();
                }
            }
            helm_globals = Some(globals);
        }
        let mut helm_charts: Vec<HelmChart> = fields.structs("helmCharts")?;
        helm_charts.extend(old_charts.into_iter().map(|old| old.chart));
        Ok(Self {
            api_version: fields.text("apiVersion")?,
            kind: fields.text("kind")?,
            open_api: fields.text_map("openapi")?,
            name_prefix: fields.text("namePrefix")?,
            name_suffix: fields.text("nameSuffix")?,
            namespace: fields.text("namespace")?,
            common_labels: fields.text_map("commonLabels")?,
            labels: fields.structs("labels")?,
            common_annotations: fields.text_map("commonAnnotations")?,
            patches_strategic_merge: fields.texts("patchesStrategicMerge")?,
            patches_json6902: fields.structs("patchesJson6902")?,
            patches: fields.structs("patches")?,
            images,
            replacements,
            replicas: fields.structs("replicas")?,
            vars: fields.structs("vars")?,
            sort_options: fields.optional("sortOptions")?,
            resources,
            components: fields.texts("components")?,
            crds: fields.texts("crds")?,
            config_maps: fields.structs("configMapGenerator")?,
            secrets: fields.structs("secretGenerator")?,
            helm_globals: helm_globals.unwrap_or_default(),
            helm_charts,
            generator_options: fields.optional("generatorOptions")?,
            configurations: fields.texts("configurations")?,
            generators: fields.texts("generators")?,
            transformers: fields.texts("transformers")?,
            validators: fields.texts("validators")?,
            build_metadata: fields.texts("buildMetadata")?,
            warnings,
            file_name: String::new(),
        })
    }
}

/// The metadata of a kustomization, which is not used.
#[derive(Default)]
struct Metadata;

impl Decode for Metadata {
    const NAME: &'static str = "ObjectMeta";

    fn decode(fields: &Fields<'_>) -> Result<Self> {
        fields.text("name")?;
        fields.text("namespace")?;
        fields.text_map("labels")?;
        fields.text_map("annotations")?;
        Ok(Self)
    }
}

/// One entry of `labels`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Labels {
    pub(crate) pairs: BTreeMap<SmolStr, SmolStr>,
    pub(crate) include_selectors: bool,
    pub(crate) include_templates: bool,
    pub(crate) fields: Vec<FieldSpec>,
}

impl Decode for Labels {
    const NAME: &'static str = "Label";

    fn decode(fields: &Fields<'_>) -> Result<Self> {
        Ok(Self {
            pairs: fields.text_map("pairs")?,
            include_selectors: fields.truth("includeSelectors")?,
            include_templates: fields.truth("includeTemplates")?,
            fields: fields.structs("fields")?,
        })
    }
}

/// A patch, from a file or inline, with its targets.
#[derive(Clone, Debug, Default)]
pub(crate) struct Patch {
    pub(crate) path: SmolStr,
    pub(crate) patch: SmolStr,
    pub(crate) target: Option<Selector>,
    pub(crate) options: BTreeMap<SmolStr, bool>,
}

impl Decode for Patch {
    const NAME: &'static str = "Patch";

    fn decode(fields: &Fields<'_>) -> Result<Self> {
        Ok(Self {
            path: fields.text("path")?,
            patch: fields.text("patch")?,
            target: fields.optional("target")?,
            options: fields.truth_map("options")?,
        })
    }
}

/// A change to an image's name, tag or digest.
#[derive(Clone, Debug, Default)]
pub(crate) struct Image {
    pub(crate) name: SmolStr,
    pub(crate) new_name: SmolStr,
    pub(crate) tag_suffix: SmolStr,
    pub(crate) new_tag: SmolStr,
    pub(crate) digest: SmolStr,
}

impl Decode for Image {
    const NAME: &'static str = "Image";

    fn decode(fields: &Fields<'_>) -> Result<Self> {
        Ok(Self {
            name: fields.text("name")?,
            new_name: fields.text("newName")?,
            tag_suffix: fields.text("tagSuffix")?,
            new_tag: fields.text("newTag")?,
            digest: fields.text("digest")?,
        })
    }
}

/// A number of replicas.
#[derive(Clone, Debug, Default)]
pub(crate) struct Replica {
    pub(crate) name: SmolStr,
    pub(crate) count: i64,
}

impl Decode for Replica {
    const NAME: &'static str = "Replica";

    fn decode(fields: &Fields<'_>) -> Result<Self> {
        Ok(Self { name: fields.text("name")?, count: fields.integer("count")? })
    }
}

/// One entry of `replacements`: a replacement, or the file that contains one or more.
#[derive(Clone, Debug, Default)]
pub(crate) struct ReplacementField {
    pub(crate) path: SmolStr,
    pub(crate) replacement: Replacement,
}

impl Decode for ReplacementField {
    const NAME: &'static str = "ReplacementField";

    fn decode(fields: &Fields<'_>) -> Result<Self> {
        Ok(Self { path: fields.text("path")?, replacement: Replacement::decode(fields)? })
    }
}

/// A value that is copied from one field to other fields.
#[derive(Clone, Debug, Default)]
pub(crate) struct Replacement {
    pub(crate) source: Option<ReplacementSource>,
    pub(crate) source_value: Option<SmolStr>,
    pub(crate) targets: Option<Vec<ReplacementTarget>>,
}

impl Decode for Replacement {
    const NAME: &'static str = "Replacement";

    fn decode(fields: &Fields<'_>) -> Result<Self> {
        Ok(Self {
            source: fields.optional("source")?,
            source_value: fields.optional_text("sourceValue")?,
            targets: fields.get("targets").map(|_| fields.structs("targets")).transpose()?,
        })
    }
}

/// Where a replacement's value comes from.
#[derive(Clone, Debug, Default)]
pub(crate) struct ReplacementSource {
    pub(crate) id: Id,
    pub(crate) field_path: SmolStr,
    pub(crate) options: Option<FieldOptions>,
}

impl Decode for ReplacementSource {
    const NAME: &'static str = "SourceSelector";

    fn decode(fields: &Fields<'_>) -> Result<Self> {
        Ok(Self {
            id: Id {
                gvk: Gvk::decode(fields)?,
                name: fields.embedded_text("name")?,
                namespace: fields.embedded_text("namespace")?,
                cluster_scoped: false,
            },
            field_path: fields.text("fieldPath")?,
            options: fields.optional("options")?,
        })
    }
}

/// Where a replacement's value goes to.
#[derive(Clone, Debug, Default)]
pub(crate) struct ReplacementTarget {
    pub(crate) select: Option<Selector>,
    pub(crate) reject: Vec<Selector>,
    pub(crate) field_paths: Vec<SmolStr>,
    pub(crate) options: Option<FieldOptions>,
}

impl Decode for ReplacementTarget {
    const NAME: &'static str = "TargetSelector";

    fn decode(fields: &Fields<'_>) -> Result<Self> {
        Ok(Self {
            select: fields.optional("select")?,
            reject: fields.structs("reject")?,
            field_paths: fields.texts("fieldPaths")?,
            options: fields.optional("options")?,
        })
    }
}

/// Which part of a field's text a replacement reads or writes.
#[derive(Clone, Debug, Default)]
pub(crate) struct FieldOptions {
    pub(crate) delimiter: SmolStr,
    pub(crate) index: i64,
    pub(crate) create: bool,
}

impl Decode for FieldOptions {
    const NAME: &'static str = "FieldOptions";

    fn decode(fields: &Fields<'_>) -> Result<Self> {
        fields.get("encoding");
        Ok(Self {
            delimiter: fields.text("delimiter")?,
            index: fields.integer("index")?,
            create: fields.truth("create")?,
        })
    }
}

/// A variable: a field whose value replaces `$(NAME)`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Var {
    pub(crate) name: SmolStr,
    pub(crate) target: VarTarget,
    pub(crate) field_path: SmolStr,
}

/// The resource of a variable.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct VarTarget {
    pub(crate) gvk: Gvk,
    pub(crate) name: SmolStr,
    pub(crate) namespace: SmolStr,
}

impl Decode for Var {
    const NAME: &'static str = "Var";

    fn decode(fields: &Fields<'_>) -> Result<Self> {
        let field: VarField = fields.optional("fieldref")?.unwrap_or_default();
        Ok(Self {
            name: fields.text("name")?,
            target: fields.optional("objref")?.unwrap_or_default(),
            field_path: if field.0.is_empty() { "metadata.name".into() } else { field.0 },
        })
    }
}

impl Decode for VarTarget {
    const NAME: &'static str = "Target";

    fn decode(fields: &Fields<'_>) -> Result<Self> {
        let api_version = fields.text("apiVersion")?;
        let mut gvk = Gvk::decode(fields)?;
        if !api_version.is_empty() {
            gvk = Gvk::new(&api_version, &gvk.kind);
        }
        Ok(Self { gvk, name: fields.text("name")?, namespace: fields.text("namespace")? })
    }
}

#[derive(Default)]
struct VarField(SmolStr);

impl Decode for VarField {
    const NAME: &'static str = "FieldSelector";

    fn decode(fields: &Fields<'_>) -> Result<Self> {
        Ok(Self(fields.text("fieldPath")?))
    }
}

/// The order of the output.
#[derive(Clone, Debug, Default)]
pub(crate) struct SortOptions {
    pub(crate) order: SmolStr,
    pub(crate) legacy: Option<LegacySortOptions>,
}

impl Decode for SortOptions {
    const NAME: &'static str = "SortOptions";

    fn decode(fields: &Fields<'_>) -> Result<Self> {
        Ok(Self { order: fields.text("order")?, legacy: fields.optional("legacySortOptions")? })
    }
}

/// The kinds that come first and last.
#[derive(Clone, Debug, Default)]
pub(crate) struct LegacySortOptions {
    pub(crate) first: Vec<SmolStr>,
    pub(crate) last: Vec<SmolStr>,
}

impl Decode for LegacySortOptions {
    const NAME: &'static str = "LegacySortOptions";

    fn decode(fields: &Fields<'_>) -> Result<Self> {
        Ok(Self { first: fields.texts("orderFirst")?, last: fields.texts("orderLast")? })
    }
}

/// The options shared by all generated ConfigMaps and Secrets.
#[derive(Clone, Debug, Default)]
pub(crate) struct GeneratorOptions {
    pub(crate) labels: BTreeMap<SmolStr, SmolStr>,
    pub(crate) annotations: BTreeMap<SmolStr, SmolStr>,
    pub(crate) disable_name_suffix_hash: bool,
    pub(crate) immutable: bool,
}

impl Decode for GeneratorOptions {
    const NAME: &'static str = "GeneratorOptions";

    fn decode(fields: &Fields<'_>) -> Result<Self> {
        Ok(Self {
            labels: fields.text_map("labels")?,
            annotations: fields.text_map("annotations")?,
            disable_name_suffix_hash: fields.truth("disableNameSuffixHash")?,
            immutable: fields.truth("immutable")?,
        })
    }
}

impl GeneratorOptions {
    /// Returns a generator's options, completed with the kustomization's own.
    pub(crate) fn or(mut self, all: &Self) -> Self {
        for (key, value) in &all.labels {
            self.labels.entry(key.clone()).or_insert_with(|| value.clone());
        }
        for (key, value) in &all.annotations {
            self.annotations.entry(key.clone()).or_insert_with(|| value.clone());
        }
        self.disable_name_suffix_hash |= all.disable_name_suffix_hash;
        self.immutable |= all.immutable;
        self
    }
}

/// A generated ConfigMap.
#[derive(Clone, Debug, Default)]
pub(crate) struct ConfigMapArgs {
    pub(crate) namespace: SmolStr,
    pub(crate) name: SmolStr,
    pub(crate) behavior: SmolStr,
    pub(crate) literals: Vec<SmolStr>,
    pub(crate) files: Vec<SmolStr>,
    pub(crate) env_files: Vec<SmolStr>,
    pub(crate) options: Option<GeneratorOptions>,
}

impl Decode for ConfigMapArgs {
    const NAME: &'static str = "ConfigMapArgs";

    fn decode(fields: &Fields<'_>) -> Result<Self> {
        let mut env_files = fields.texts("envs")?;
        let env_file = fields.text("env")?;
        if !env_file.is_empty() {
            env_files.push(env_file);
        }
        Ok(Self {
            namespace: fields.text("namespace")?,
            name: fields.text("name")?,
            behavior: fields.text("behavior")?,
            literals: fields.texts("literals")?,
            files: fields.texts("files")?,
            env_files,
            options: fields.optional("options")?,
        })
    }
}

/// A generated Secret.
#[derive(Clone, Debug, Default)]
pub(crate) struct SecretArgs {
    pub(crate) common: ConfigMapArgs,
    pub(crate) kind: SmolStr,
}

impl Decode for SecretArgs {
    const NAME: &'static str = "SecretArgs";

    fn decode(fields: &Fields<'_>) -> Result<Self> {
        Ok(Self { common: ConfigMapArgs::decode(fields)?, kind: fields.text("type")? })
    }
}

/// Where charts are.
#[derive(Clone, Debug, Default)]
pub(crate) struct HelmGlobals {
    pub(crate) chart_home: SmolStr,
    pub(crate) config_home: SmolStr,
}

impl Decode for HelmGlobals {
    const NAME: &'static str = "HelmGlobals";

    fn decode(fields: &Fields<'_>) -> Result<Self> {
        Ok(Self { chart_home: fields.text("chartHome")?, config_home: fields.text("configHome")? })
    }
}

/// A chart to render.
#[derive(Clone, Debug, Default)]
pub(crate) struct HelmChart {
    pub(crate) name: SmolStr,
    pub(crate) version: SmolStr,
    pub(crate) repo: SmolStr,
    pub(crate) release_name: SmolStr,
    pub(crate) namespace: SmolStr,
    pub(crate) additional_values_files: Vec<SmolStr>,
    pub(crate) values_file: SmolStr,
    pub(crate) values_inline: Map,
    pub(crate) values_merge: SmolStr,
    pub(crate) include_crds: bool,
    pub(crate) skip_hooks: bool,
    pub(crate) api_versions: Vec<SmolStr>,
    pub(crate) kube_version: SmolStr,
    pub(crate) name_template: SmolStr,
    pub(crate) skip_tests: bool,
}

impl Decode for HelmChart {
    const NAME: &'static str = "HelmChart";

    fn decode(fields: &Fields<'_>) -> Result<Self> {
        fields.get("debug");
        fields.get("devel");
        Ok(Self {
            name: fields.text("name")?,
            version: fields.text("version")?,
            repo: fields.text("repo")?,
            release_name: fields.text("releaseName")?,
            namespace: fields.text("namespace")?,
            additional_values_files: fields.texts("additionalValuesFiles")?,
            values_file: fields.text("valuesFile")?,
            values_inline: fields.map("valuesInline")?,
            values_merge: fields.text("valuesMerge")?,
            include_crds: fields.truth("includeCRDs")?,
            skip_hooks: fields.truth("skipHooks")?,
            api_versions: fields.texts("apiVersions")?,
            kube_version: fields.text("kubeVersion")?,
            name_template: fields.text("nameTemplate")?,
            skip_tests: fields.truth("skipTests")?,
        })
    }
}

/// A chart in the form of `helmChartInflationGenerator`.
#[derive(Clone, Debug, Default)]
struct HelmChartArgs {
    chart: HelmChart,
    chart_home: SmolStr,
    helm_home: SmolStr,
}

impl Decode for HelmChartArgs {
    const NAME: &'static str = "HelmChartArgs";

    fn decode(fields: &Fields<'_>) -> Result<Self> {
        for name in ["chartRepoName", "helmBin", "releaseNamespace", "extraArgs"] {
            fields.get(name);
        }
        Ok(Self {
            chart: HelmChart {
                name: fields.text("chartName")?,
                version: fields.text("chartVersion")?,
                repo: fields.text("chartRepoUrl")?,
                values_file: fields.text("values")?,
                values_inline: fields.map("valuesLocal")?,
                values_merge: fields.text("valuesMerge")?,
                release_name: fields.text("releaseName")?,
                ..HelmChart::default()
            },
            chart_home: fields.text("chartHome")?,
            helm_home: fields.text("helmHome")?,
        })
    }
}

/// Reads the file of an entry in `replacements`: one replacement or a list of them.
pub(crate) fn load_replacements(loader: &Loader<'_>, entry: &ReplacementField) -> Result<Vec<Replacement>> {
    if entry.path.is_empty() {
        return Ok(vec![entry.replacement.clone()]);
    }
    if entry.replacement.source.is_some() || entry.replacement.targets.is_some() {
        return Err(Error::new("cannot specify both path and inline replacement"));
    }
    let text = loader.load_text(&entry.path)?;
    match read::value(&text).within(|| entry.path.to_string())? {
        Value::List(list) => list.iter().map(|value| Replacement::from_value(value, Reading::Yaml)).collect(),
        value @ Value::Map(_) => Ok(vec![Replacement::from_value(&value, Reading::Yaml)?]),
        other => Err(Error::new(format!(
            "unsupported replacement type encountered within replacement path: {}",
            other.kind()
        ))),
    }
}
