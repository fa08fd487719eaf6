//! Built-in generators and transformers that are configured in their own files.

use std::rc::Rc;

use aqueduct_manifest::{SmolStr, Value};

use crate::decode::{Decode, Fields, Reading};
use crate::error::{Error, Result, Within};
use crate::field_spec::FieldSpec;
use crate::generate::Generate;
use crate::generate::chart::{self, ChartGenerator};
use crate::generate::config_map::{ConfigMapGenerator, SecretGenerator};
use crate::generate::iam_policy::{self, IamPolicyGenerator};
use crate::kustomization::{
    ConfigMapArgs, Image, Patch, Replacement, ReplacementField, Replica, SecretArgs, load_replacements,
};
use crate::loader::Loader;
use crate::resource::Resource;
use crate::schemas::Schemas;
use crate::selector::Selector;
use crate::text;
use crate::transform::Transform;
use crate::transform::affix::{AffixTransformer, Side};
use crate::transform::hash::HashTransformer;
use crate::transform::image::ImageTransformer;
use crate::transform::metadata::MetadataTransformer;
use crate::transform::namespace::{NamespaceTransformer, Subjects};
use crate::transform::patch::{MergeTransformer, OperationsTransformer, PatchTransformer};
use crate::transform::replacement::ReplacementTransformer;
use crate::transform::replicas::ReplicaTransformer;
use crate::transform::value_add::ValueAddTransformer;

/// Returns the generator that a file configures.
pub(crate) fn generator<'a>(config: &Resource, loader: &Loader<'a>) -> Result<Box<dyn Generate + 'a>> {
    let plugin = Plugin::new(config, loader)?;
    match plugin.generator().within(|| plugin.place())? {
        Some(generator) => Ok(generator),
        None if plugin.transformers().is_ok() => {
            Err(Error::new(format!("plugin {} not a generator", config.original_id())))
        }
        None => Err(plugin.unknown()),
    }
}

/// Returns the transformers that a file configures.
pub(crate) fn transformers<'a>(
    config: &Resource,
    loader: &Loader<'a>,
) -> Result<Vec<Box<dyn Transform + 'a>>> {
    let plugin = Plugin::new(config, loader)?;
    if plugin.generator().within(|| plugin.place())?.is_some() {
        return Err(Error::new(format!("plugin {} not a transformer", config.original_id())));
    }
    plugin.transformers().within(|| plugin.place())
}

struct Plugin<'a, 'c> {
    config: &'c Resource,
    value: Value,
    kind: SmolStr,
    loader: &'c Loader<'a>,
    schemas: Rc<Schemas>,
}

impl<'a, 'c> Plugin<'a, 'c> {
    fn new(config: &'c Resource, loader: &'c Loader<'a>) -> Result<Self> {
        let gvk = config.gvk();
        let function = |key: &str| config.metadata("annotations").is_some_and(|all| all.get(key).is_some());
        if function("config.kubernetes.io/function") || function("config.k8s.io/function") {
            return Err(Error::new(format!("function `{}` of kind `{}` is not run", config.name(), gvk.kind)).with_hint(
                "functions in containers and programs could do anything during a build; render their output once and list it as a resource",
            ));
        }
        if gvk.group != "builtin" && gvk.version != "builtin" {
            return Err(Error::new(format!(
                "external plugins disabled; unable to load external plugin '{}'",
                gvk.kind
            ))
            .with_hint("only the built-in generators and transformers (`apiVersion: builtin`) run"));
        }
        Ok(Self {
            config,
            value: Value::Map(config.map().clone()),
            kind: gvk.kind,
            loader,
            schemas: Rc::clone(config.schemas()),
        })
    }

    fn place(&self) -> String {
        format!("plugin {} fails configuration", self.config.original_id())
    }

    fn unknown(&self) -> Error {
        Error::new(format!("unable to load builtin {}", self.config.gvk()))
    }

    fn read<T: Decode>(&self) -> Result<T> {
        T::from_value(&self.value, Reading::Yaml)
    }

    /// Reads a struct that the plugin's struct embeds.
    fn read_embedded<T: Decode>(&self) -> Result<T> {
        T::from_value(&self.value, Reading::EmbeddedYaml)
    }

    /// Returns the value of a metadata field.
    fn metadata(&self, key: &str) -> SmolStr {
        self.config.metadata(key).map(text::of).unwrap_or_default()
    }

    /// Gives a generated resource the name and namespace of its configuration if it has none of its own.
    fn named(&self, mut args: ConfigMapArgs) -> ConfigMapArgs {
        if args.name.is_empty() {
            args.name = self.metadata("name");
        }
        if args.namespace.is_empty() {
            args.namespace = self.metadata("namespace");
        }
        args
    }

    fn generator(&self) -> Result<Option<Box<dyn Generate + 'a>>> {
        let (loader, schemas) = (self.loader.clone(), Rc::clone(&self.schemas));
        Ok(Some(match self.kind.as_str() {
            "ConfigMapGenerator" => {
                let args = self.named(self.read_embedded()?);
                Box::new(ConfigMapGenerator { loader, schemas, args })
            }
            "SecretGenerator" => {
                let mut args: SecretArgs = self.read_embedded()?;
                args.common = self.named(args.common);
                Box::new(SecretGenerator { loader, schemas, args })
            }
            "HelmChartInflationGenerator" => {
                let args: chart::Args = self.read_embedded()?;
                Box::new(ChartGenerator { loader, schemas, args })
            }
            "IAMPolicyGenerator" => {
                let args: iam_policy::Args = self.read()?;
                Box::new(IamPolicyGenerator { schemas, args })
            }
            _ => return Ok(None),
        }))
    }

    fn transformers(&self) -> Result<Vec<Box<dyn Transform + 'a>>> {
        let one: Box<dyn Transform> = match self.kind.as_str() {
            "PrefixTransformer" => self.affix(Side::Prefix)?,
            "SuffixTransformer" => self.affix(Side::Suffix)?,
            "PrefixSuffixTransformer" => {
                return Ok(vec![self.affix(Side::Prefix)?, self.affix(Side::Suffix)?]);
            }
            "LabelTransformer" => {
                let config: Entries = self.read()?;
                Box::new(MetadataTransformer { entries: config.labels, fields: config.fields })
            }
            "AnnotationsTransformer" => {
                let config: Entries = self.read()?;
                Box::new(MetadataTransformer { entries: config.annotations, fields: config.fields })
            }
            "NamespaceTransformer" => {
                let config: Namespace = self.read()?;
                Box::new(NamespaceTransformer {
                    namespace: self.metadata("namespace"),
                    fields: config.fields,
                    unset_only: config.unset_only,
                    subjects: Subjects::read(&config.subjects)?,
                })
            }
            "ImageTagTransformer" => {
                let config: Images = self.read()?;
                Box::new(ImageTransformer::new(config.image, config.fields)?)
            }
            "ReplicaCountTransformer" => {
                let config: Replicas = self.read()?;
                Box::new(ReplicaTransformer { replica: config.replica, fields: config.fields })
            }
            "PatchTransformer" => {
                let config: Patch = self.read()?;
                Box::new(PatchTransformer::new(&config, self.loader, &self.schemas)?)
            }
            "PatchStrategicMergeTransformer" => {
                let config: Merge = self.read()?;
                Box::new(MergeTransformer::new(&config.paths, &config.patches, self.loader, &self.schemas)?)
            }
            "PatchJson6902Transformer" => {
                let config: Operations = self.read()?;
                let target = config.target.as_ref();
                Box::new(OperationsTransformer::new(target, &config.path, &config.inline, self.loader)?)
            }
            "ReplacementTransformer" => {
                let config: Replacements = self.read_embedded()?;
                let mut replacements: Vec<Replacement> = Vec::new();
                for entry in &config.0 {
                    replacements.extend(load_replacements(self.loader, entry)?);
                }
                Box::new(ReplacementTransformer { replacements })
            }
            "ValueAddTransformer" => Box::new(self.read::<ValueAddTransformer>()?.complete(self.loader)?),
            "HashTransformer" => Box::new(HashTransformer),
            _ => return Err(self.unknown()),
        };
        Ok(vec![one])
    }

    fn affix(&self, side: Side) -> Result<Box<dyn Transform>> {
        let config: Affixes = self.read()?;
        if config.fields.is_empty() {
            return Err(Error::new("fieldSpecs is not expected to be nil"));
        }
        let affix = match side {
            Side::Prefix => config.prefix,
            Side::Suffix => config.suffix,
        };
        Ok(Box::new(AffixTransformer { side, affix, fields: config.fields }))
    }
}

#[derive(Default)]
struct Affixes {
    prefix: SmolStr,
    suffix: SmolStr,
    fields: Vec<FieldSpec>,
}

impl Decode for Affixes {
    const NAME: &'static str = "PrefixSuffixTransformer";

    fn decode(fields: &Fields<'_>) -> Result<Self> {
        Ok(Self {
            prefix: fields.text("prefix")?,
            suffix: fields.text("suffix")?,
            fields: fields.structs("fieldSpecs")?,
        })
    }
}

#[derive(Default)]
struct Entries {
    labels: std::collections::BTreeMap<SmolStr, SmolStr>,
    annotations: std::collections::BTreeMap<SmolStr, SmolStr>,
    fields: Vec<FieldSpec>,
}

impl Decode for Entries {
    const NAME: &'static str = "LabelTransformer";

    fn decode(fields: &Fields<'_>) -> Result<Self> {
        Ok(Self {
            labels: fields.text_map("labels")?,
            annotations: fields.text_map("annotations")?,
            fields: fields.structs("fieldSpecs")?,
        })
    }
}

#[derive(Default)]
struct Namespace {
    fields: Vec<FieldSpec>,
    unset_only: bool,
    subjects: SmolStr,
}

impl Decode for Namespace {
    const NAME: &'static str = "NamespaceTransformer";

    fn decode(fields: &Fields<'_>) -> Result<Self> {
        Ok(Self {
            fields: fields.structs("fieldSpecs")?,
            unset_only: fields.truth("unsetOnly")?,
            subjects: fields.text("setRoleBindingSubjects")?,
        })
    }
}

#[derive(Default)]
struct Images {
    image: Image,
    fields: Vec<FieldSpec>,
}

impl Decode for Images {
    const NAME: &'static str = "ImageTagTransformer";

    fn decode(fields: &Fields<'_>) -> Result<Self> {
        Ok(Self {
            image: fields.optional("imageTag")?.unwrap_or_default(),
            fields: fields.structs("fieldSpecs")?,
        })
    }
}

#[derive(Default)]
struct Replicas {
    replica: Replica,
    fields: Vec<FieldSpec>,
}

impl Decode for Replicas {
    const NAME: &'static str = "ReplicaCountTransformer";

    fn decode(fields: &Fields<'_>) -> Result<Self> {
        Ok(Self {
            replica: fields.optional("replica")?.unwrap_or_default(),
            fields: fields.structs("fieldSpecs")?,
        })
    }
}

#[derive(Default)]
struct Merge {
    paths: Vec<SmolStr>,
    patches: SmolStr,
}

impl Decode for Merge {
    const NAME: &'static str = "PatchStrategicMergeTransformer";

    fn decode(fields: &Fields<'_>) -> Result<Self> {
        Ok(Self { paths: fields.texts("paths")?, patches: fields.text("patches")? })
    }
}

#[derive(Default)]
struct Operations {
    target: Option<Selector>,
    path: SmolStr,
    inline: SmolStr,
}

impl Decode for Operations {
    const NAME: &'static str = "PatchJson6902Transformer";

    fn decode(fields: &Fields<'_>) -> Result<Self> {
        Ok(Self {
            target: fields.optional("target")?,
            path: fields.text("path")?,
            inline: fields.text("jsonOp")?,
        })
    }
}

#[derive(Default)]
struct Replacements(Vec<ReplacementField>);

impl Decode for Replacements {
    const NAME: &'static str = "ReplacementTransformer";

    fn decode(fields: &Fields<'_>) -> Result<Self> {
        Ok(Self(fields.structs("replacements")?))
    }
}
