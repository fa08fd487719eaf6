//! The objects beside the pods, whatever runs them: account, roles, configuration, secrets, claims,
//! certificate and monitor.

use std::collections::BTreeMap;

use aqueduct_manifest::Object;
use aqueduct_model::types::Name;
use aqueduct_render::{Context, Error, Errors, object};
use k8s_openapi::api::core::v1::{PersistentVolumeClaim, ServiceAccount};

use super::certificate::certificate;
use super::metrics::service_monitor;
use super::permissions::roles;
use super::secrets::{external_secret, pull_secret};
use super::volumes::claim_spec;
use super::{VolumeField, Workload, config_map};

/// Returns what stands beside the pods of a workload, whatever runs them.
///
/// # Errors
/// A secret without a source, and what the environment lacks.
pub fn companions(
    context: &Context<'_>,
    workload: &Workload,
    texts: &BTreeMap<String, String>,
    claims_per_pod: bool,
) -> Result<Vec<Object>, Error> {
    let mut objects = vec![object(&ServiceAccount {
        automount_service_account_token: Some(false),
        metadata: context.metadata(context.name()),
        ..Default::default()
    })?];
    let mut errors = Errors::default();
    if let Some(permissions) = &workload.permissions {
        objects.extend(errors.take(roles(context, context.name(), permissions)));
    }
    objects.extend(errors.take(config_map(context, &format!("{}-files", context.name()), texts)));
    let secrets = workload.secrets.iter().map(|(name, secret)| external_secret(context, name, secret));
    let pull = workload.pull_secret.as_ref().map(|pull| pull_secret(context, pull));
    objects.extend(errors.all(secrets.chain(pull)).into_iter().flatten());
    let claims = workload.volumes.iter().filter(|(_, volume)| volume.is_claim() && !claims_per_pod);
    objects.extend(errors.all(claims.map(|(name, volume)| claim(context, name, volume))));
    objects.extend(errors.take(certificate(context, workload)));
    objects.extend(errors.take(service_monitor(context, workload)));
    errors.end(objects)
}

/// Returns the claim of a persistent volume that all pods share.
fn claim(context: &Context<'_>, name: &Name, volume: &VolumeField) -> Result<Object, Error> {
    let size = volume
        .size
        .as_ref()
        .ok_or_else(|| Error::path(&["volumes", name.as_str()], "a persistent volume needs a `size`"))?;
    object(&PersistentVolumeClaim {
        metadata: context.metadata(format!("{}-{name}", context.name())),
        spec: Some(claim_spec(
            context,
            volume.class.as_ref().map(ToString::to_string),
            size,
            &["volumes", name.as_str(), "size"],
        )?),
        ..Default::default()
    })
}
