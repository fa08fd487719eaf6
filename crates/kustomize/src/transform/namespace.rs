//! Sets the namespace of all namespaced resources, and of the fields in which they refer to it.

use aqueduct_manifest::{SmolStr, Value};

use super::Transform;
use crate::error::{Error, Result};
use crate::field::Field;
use crate::field_spec::{FieldSpec, Missing};
use crate::resource::Resource;
use crate::resources::Resources;
use crate::step::Step;
use crate::text;

/// Sets the namespace.
pub(crate) struct NamespaceTransformer {
    pub(crate) namespace: SmolStr,
    pub(crate) fields: Vec<FieldSpec>,
    /// Sets the namespace only where there is none.
    pub(crate) unset_only: bool,
    pub(crate) subjects: Subjects,
}

/// Which subjects of role bindings get the namespace too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Subjects {
    /// Those named `default`.
    #[default]
    Default,
    /// All service accounts.
    ServiceAccounts,
    /// None.
    None,
}

impl Subjects {
    pub(crate) fn read(text: &str) -> Result<Self> {
        match text {
            "" | "defaultOnly" => Ok(Self::Default),
            "allServiceAccounts" => Ok(Self::ServiceAccounts),
            "none" => Ok(Self::None),
            other => Err(Error::new(format!(
                "invalid value \"{other}\" for setRoleBindingSubjects: must be one of \"defaultOnly\", \"none\" or \"allServiceAccounts\""
            ))),
        }
    }
}

impl Transform for NamespaceTransformer {
    fn transform(&self, resources: &mut Resources) -> Result<()> {
        if self.namespace.is_empty() {
            return Ok(());
        }
        for resource in resources.list_mut() {
            if resource.is_empty() || resource.is_of_chart() {
                continue;
            }
            resource.store_previous_id();
            self.change(resource)?;
        }
        for resource in resources.list() {
            let id = resource.id();
            if resources.with_current_id(&id.key()).len() > 1 {
                return Err(Error::new(format!("namespace transformation produces ID conflict: {id}")));
            }
        }
        Ok(())
    }
}

impl NamespaceTransformer {
    /// Changes one resource without recording its previous name.
    pub(crate) fn change(&self, resource: &mut Resource) -> Result<()> {
        let id = resource.id();
        let is_binding = id.gvk.kind == "RoleBinding" || id.gvk.kind == "ClusterRoleBinding";
        let is_core = resource.api_version() == "v1";
        if !id.cluster_scoped {
            resource.change_path("metadata/namespace", Missing::Scalar, &mut |field| self.set(field))?;
        }
        if is_binding {
            self.set_subjects(resource)?;
        }
        for field in &self.fields {
            // These are handled above, or belong to another kind named Namespace.
            let skip = match field.path.as_str() {
                "metadata/namespace" => true,
                "metadata/name" => !is_core,
                "subjects/namespace" => {
                    is_binding && (field.gvk.kind == "RoleBinding" || field.gvk.kind == "ClusterRoleBinding")
                }
                _ => false,
            };
            if !skip {
                resource
                    .change(&id.gvk, field, Missing::Scalar, &mut |field| self.set(field))
                    .map_err(|error| error.within("namespace transformation failed"))?;
            }
        }
        Ok(())
    }

    fn set_subjects(&self, resource: &mut Resource) -> Result<()> {
        let (key, wanted) = match self.subjects {
            Subjects::None => return Ok(()),
            Subjects::Default => ("name", "default"),
            Subjects::ServiceAccounts => ("kind", "ServiceAccount"),
        };
        let Some(subjects) = resource.map().get("subjects").filter(|subjects| !subjects.is_null()) else {
            return Ok(());
        };
        let Some(subjects) = subjects.as_list() else {
            return Err(Error::new(
                "setting namespace on (cluster)role binding subjects: `subjects` must be a list",
            ));
        };
        let is_meant = |subject: &Value| subject.get(key).is_some_and(|value| text::of(value) == wanted);
        let meant = subjects.iter().enumerate().filter(|(_, subject)| is_meant(subject));
        let indices: Vec<usize> = meant.map(|(index, _)| index).collect();
        for index in indices {
            let place = [Step::Key("subjects".into()), Step::Index(index), Step::Key("namespace".into())];
            resource.change_place(&place, &mut |field| self.set(field))?;
        }
        Ok(())
    }

    fn set(&self, field: &mut Field<'_>) -> Result<()> {
        if self.unset_only && !text::of(field.value).is_empty() {
            return Ok(());
        }
        field.set_text(&self.namespace)
    }
}
