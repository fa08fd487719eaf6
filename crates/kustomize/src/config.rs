//! The fields that transformers change: Kustomize's defaults, merged with a kustomization's own.

use aqueduct_manifest::Value;

use crate::decode::{Decode, Fields, Reading};
use crate::error::{Error, Result, Within};
use crate::field_spec::FieldSpec;
use crate::id::Gvk;
use crate::read;

/// The fields, by what is done to them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct TransformerConfig {
    pub(crate) name_prefix: Vec<FieldSpec>,
    pub(crate) name_suffix: Vec<FieldSpec>,
    pub(crate) namespace: Vec<FieldSpec>,
    pub(crate) common_labels: Vec<FieldSpec>,
    pub(crate) labels: Vec<FieldSpec>,
    pub(crate) template_labels: Vec<FieldSpec>,
    pub(crate) common_annotations: Vec<FieldSpec>,
    pub(crate) name_references: Vec<NameReference>,
    pub(crate) var_references: Vec<FieldSpec>,
    pub(crate) images: Vec<FieldSpec>,
    pub(crate) replicas: Vec<FieldSpec>,
}

/// The fields that refer to resources of a kind by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct NameReference {
    pub(crate) target: Gvk,
    pub(crate) fields: Vec<FieldSpec>,
}

impl Decode for NameReference {
    const NAME: &'static str = "NameBackReferences";

    fn decode(fields: &Fields<'_>) -> Result<Self> {
        Ok(Self { target: Gvk::decode(fields)?, fields: fields.structs("fieldSpecs")? })
    }
}

impl Decode for TransformerConfig {
    const NAME: &'static str = "TransformerConfig";

    fn decode(fields: &Fields<'_>) -> Result<Self> {
        Ok(Self {
            name_prefix: fields.structs("namePrefix")?,
            name_suffix: fields.structs("nameSuffix")?,
            namespace: fields.structs("namespace")?,
            common_labels: fields.structs("commonLabels")?,
            labels: fields.structs("labels")?,
            template_labels: fields.structs("templateLabels")?,
            common_annotations: fields.structs("commonAnnotations")?,
            name_references: fields.structs("nameReference")?,
            var_references: fields.structs("varReference")?,
            images: fields.structs("images")?,
            replicas: fields.structs("replicas")?,
        })
    }
}

impl TransformerConfig {
    /// Reads a file of `configurations`.
    pub(crate) fn read(text: &str) -> Result<Self> {
        match read::value(text)? {
            Value::Null => Ok(Self::default()),
            value => {
                let mut config = Self::from_value(&value, Reading::StrictYaml)?;
                config.sort();
                Ok(config)
            }
        }
    }

    /// Sorts the fields in the order in which they are merged and applied: a field of specific kinds comes before one
    /// of all kinds, and if both have the same path, merging keeps only the first.
    pub(crate) fn sort(&mut self) {
        for fields in [
            &mut self.name_prefix,
            &mut self.name_suffix,
            &mut self.namespace,
            &mut self.common_labels,
            &mut self.labels,
            &mut self.template_labels,
            &mut self.common_annotations,
            &mut self.var_references,
            &mut self.images,
            &mut self.replicas,
        ] {
            fields.sort_by_cached_key(|field| field.gvk.sort_key());
        }
        self.name_references.sort_by_cached_key(|reference| reference.target.sort_key());
    }

    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Merges two configurations, each sorted by kind.
    pub(crate) fn merge(&self, other: &Self) -> Result<Self> {
        let one = |name: &str, left: &[FieldSpec], right: &[FieldSpec]| -> Result<Vec<FieldSpec>> {
            merge_all(left.to_vec(), right).within(|| format!("failed to merge {name} fieldSpec"))
        };
        let mut name_references = self.name_references.clone();
        for reference in &other.name_references {
            add_name_reference(&mut name_references, reference)
                .within(|| "failed to merge NameReference fieldSpec".to_owned())?;
        }
        let mut merged = Self {
            name_prefix: one("NamePrefix", &self.name_prefix, &other.name_prefix)?,
            name_suffix: one("NameSuffix", &self.name_suffix, &other.name_suffix)?,
            namespace: one("NameSpace", &self.namespace, &other.namespace)?,
            common_labels: one("CommonLabels", &self.common_labels, &other.common_labels)?,
            labels: one("Labels", &self.labels, &other.labels)?,
            template_labels: one("TemplateLabels", &self.template_labels, &other.template_labels)?,
            common_annotations: one(
                "CommonAnnotations",
                &self.common_annotations,
                &other.common_annotations,
            )?,
            name_references,
            var_references: one("VarReference", &self.var_references, &other.var_references)?,
            images: one("Images", &self.images, &other.images)?,
            replicas: one("Replicas", &self.replicas, &other.replicas)?,
        };
        merged.sort();
        Ok(merged)
    }
}

/// Adds fields that are not present yet.
pub(crate) fn merge_all(mut fields: Vec<FieldSpec>, more: &[FieldSpec]) -> Result<Vec<FieldSpec>> {
    for field in more {
        merge_one(&mut fields, field)?;
    }
    Ok(fields)
}

/// Adds a field, unless there is one with the same path whose kind the new one selects.
pub(crate) fn merge_one(fields: &mut Vec<FieldSpec>, field: &FieldSpec) -> Result<()> {
    match fields.iter().find(|known| known.path == field.path && known.gvk.is_selected(&field.gvk)) {
        None => fields.push(field.clone()),
        Some(known) if known.create == field.create => {}
        Some(known) => {
            return Err(Error::new(format!(
                "conflicting fieldspecs: `{}` of {} with and without `create: true`",
                field.path, known.gvk
            )));
        }
    }
    Ok(())
}

pub(crate) fn add_name_reference(
    references: &mut Vec<NameReference>,
    reference: &NameReference,
) -> Result<()> {
    match references.iter_mut().find(|known| known.target == reference.target) {
        Some(known) => {
            known.fields = merge_all(std::mem::take(&mut known.fields), &reference.fields)?;
        }
        None => references.push(reference.clone()),
    }
    Ok(())
}
