//! The objects beside the pods, whatever runs them: account, roles, configuration, secrets, claims,
//! certificate and monitor.

use std::collections::BTreeMap;

use aqueduct_manifest::Object;
use aqueduct_render::{Context, Error, object};
use k8s_openapi::api::core::v1::{PersistentVolumeClaim, ServiceAccount};

use super::certificate::certificate;
use super::metrics::service_monitor;
use super::permissions::roles;
use super::secrets::{external_secret, pull_secret};
use super::volumes::claim_spec;
use super::{Workload, config_map};

/// Returns what stands beside the pods of a workload, whatever runs them.
///
/// # Errors
/// A secret without a source, and what the environment lacks.
pub fn companions(
    context: &Context<'_>,
    workload: &Workload<'_>,
    texts: &BTreeMap<String, String>,
    claims_per_pod: bool,
) -> Result<Vec<Object>, Error> {
    let mut objects = vec![object(&ServiceAccount {
        automount_service_account_token: Some(false),
        metadata: context.metadata(context.name()),
        ..Default::default()
    })?];
    if let Some(permissions) = workload.permissions {
        objects.extend(roles(context, context.name(), permissions)?);
    }
    objects.extend(config_map(context, &format!("{}-files", context.name()), texts)?);
    for (name, secret) in workload.secrets {
        objects.extend(external_secret(context, name, secret)?);
    }
    objects.extend(workload.pull_secret.map(|pull| pull_secret(context, pull)).transpose()?.flatten());
    if !claims_per_pod {
        for (name, volume) in workload.volumes.iter().filter(|(_, volume)| volume.is_claim()) {
            let size = volume.size.as_ref().ok_or_else(|| {
                Error::path(&["volumes", name.as_str()], "a persistent volume needs a `size`")
            })?;
            objects.push(object(&PersistentVolumeClaim {
                metadata: context.metadata(format!("{}-{name}", context.name())),
                spec: Some(claim_spec(
                    context,
                    volume.class.as_ref().map(ToString::to_string),
                    size,
                    &["volumes", name.as_str(), "size"],
                )?),
                ..Default::default()
            })?);
        }
    }
    objects.extend(certificate(context, workload)?);
    objects.extend(service_monitor(context, workload)?);
    Ok(objects)
}
