//! The companion objects of pods in any workload: account, roles, configuration, secrets, claims, certificate and
//! monitor.

use std::collections::BTreeMap;

use aqueduct_manifest::Object;
use aqueduct_render::{Context, Error, Errors, object};
use k8s_openapi::api::core::v1::ServiceAccount;

use super::certificate::certificate;
use super::metrics::service_monitor;
use super::permissions::roles;
use super::secrets::{external_secret, pull_secret};
use super::volumes::claim;
use super::{Workload, config_map};

/// Returns the companion objects of a workload's pods.
///
/// # Errors
/// Returns an error for a secret without a source, and for features that the environment lacks.
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
    let claims = claims.map(|(name, volume)| {
        let metadata = context.metadata(format!("{}-{name}", context.name()));
        object(&claim(context, name, volume, metadata)?)
    });
    objects.extend(errors.all(claims));
    objects.extend(errors.take(certificate(context, workload)));
    objects.extend(errors.take(service_monitor(context, workload)));
    errors.end(objects)
}
