//! Secret values by reference: from the environment's secret store, or from an existing Secret.

use std::collections::BTreeMap;

use aqueduct_manifest::Object;
use aqueduct_model::types::{Name, Subdomain};
use aqueduct_render::{Context, CustomResource as _, Error};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::custom::{ExternalSecret, SecretTemplate};

/// Secret values from the environment's secret store, or from an existing Secret.
///
/// The source never contains the values themselves. `remote` is an entry of the store, from which the External
/// Secrets operator creates the Secret. `existing` is a Secret that something else creates.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SecretField {
    /// The entry in the environment's secret store.
    pub remote: Option<String>,
    /// The name of an existing Secret.
    pub existing: Option<Subdomain>,
    /// A `secret` component of this tenant.
    pub component: Option<Name>,
    /// The keys. Each becomes an environment variable with that name, unless `mount` is set.
    #[serde(default)]
    pub keys: Vec<String>,
    /// The folder for the keys as files, instead of environment variables.
    pub mount: Option<String>,
}

/// The login for the image's registry.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PullSecret {
    /// The entry in the environment's secret store that contains the Docker configuration.
    pub remote: Option<String>,
    /// The name of an existing Secret of type `kubernetes.io/dockerconfigjson`.
    pub existing: Option<Subdomain>,
}

/// Returns the secret store of the environment.
///
/// # Errors
/// Returns an error if the environment has none.
pub fn secret_store<'a>(context: &Context<'a>, field: &[&str]) -> Result<&'a str, Error> {
    let environment = context.site.environment();
    environment.secret_store.as_ref().map(|store| store.as_str()).ok_or_else(|| {
        Error::path(field, format!("environment {} has no `secret-store`", environment.name))
            .hint(format!("set `secret-store` in `[environments.{}]` of platform.toml", environment.name))
    })
}

/// Returns the name of the Secret behind a field.
pub(super) fn secret_name(context: &Context<'_>, name: &Name, secret: &SecretField) -> Result<String, Error> {
    let field = ["secrets", name.as_str()];
    match (&secret.remote, &secret.existing, &secret.component) {
        (Some(_), None, None) => Ok(format!("{}-{name}", context.name())),
        (None, Some(existing), None) => Ok(existing.to_string()),
        (None, None, Some(component)) => {
            let Some(neighbour) = context.link(&format!("secrets.{name}")) else {
                return Ok(component.to_string());
            };
            match &neighbour.offer().secret {
                Some((secret, _)) => Ok(secret.clone()),
                None => Err(Error::path(
                    &["secrets", name.as_str(), "component"],
                    format!("`{component}` provides no secret"),
                )
                .hint("refer to a component of kind `secret`")),
            }
        }
        _ => Err(Error::path(
            &field,
            format!("secret `{name}` needs exactly one of `remote`, `existing` and `component`"),
        )),
    }
}

pub(super) fn external_secret(
    context: &Context<'_>,
    name: &Name,
    secret: &SecretField,
) -> Result<Option<Object>, Error> {
    let Some(remote) = &secret.remote else { return Ok(None) };
    if secret.keys.is_empty() {
        // Without a mount, its variables need keys too.
        let lacks = if secret.mount.is_some() { "needs `keys`" } else { "has neither `keys` nor a `mount`" };
        return Err(Error::path(&["secrets", name.as_str()], format!("secret `{name}` {lacks}")));
    }
    let metadata = context.metadata(secret_name(context, name, secret)?);
    let keys = secret.keys.iter().map(|key| (key.clone(), key.clone()));
    ExternalSecret::new(metadata, secret_store(context, &["secrets", name.as_str()])?, remote, keys)
        .object()
        .map(Some)
}

/// Returns the name of the Secret with the registry's login.
pub(super) fn pull_secret_name(context: &Context<'_>, pull: &PullSecret) -> String {
    pull.existing.as_ref().map_or_else(|| format!("{}-pull", context.name()), ToString::to_string)
}

pub(super) fn pull_secret(context: &Context<'_>, pull: &PullSecret) -> Result<Option<Object>, Error> {
    let remote = match (&pull.remote, &pull.existing) {
        (Some(remote), None) => remote,
        (None, Some(_)) => return Ok(None),
        _ => {
            return Err(Error::field(
                "pull-secret",
                "a pull secret needs exactly one of `remote` and `existing`",
            ));
        }
    };
    let key = ".dockerconfigjson";
    let store = secret_store(context, &["pull-secret"])?;
    let metadata = context.metadata(pull_secret_name(context, pull));
    let mut secret =
        ExternalSecret::new(metadata, store, remote, [("login".to_owned(), key[1..].to_owned())]);
    secret.spec.target.template = Some(SecretTemplate {
        kind: "kubernetes.io/dockerconfigjson",
        metadata: None,
        data: BTreeMap::from([(key.to_owned(), "{{ .login }}".to_owned())]),
    });
    secret.object().map(Some)
}
