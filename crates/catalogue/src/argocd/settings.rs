//! The settings of Argo CD: what it shows, who may do what, and how its programs find each other.

use std::collections::{BTreeMap, BTreeSet};

use aqueduct_manifest::{Object, yaml};
use aqueduct_model::{Selection, tenancies};
use aqueduct_render::{Context, Error, Site, object};
use k8s_openapi::api::core::v1::ConfigMap;

use super::{Argocd, PART_OF, program};

/// The ConfigMap with the settings of all programs.
pub(super) const GENERAL: &str = "argocd-cm";
/// The ConfigMap with the parameters of the programs.
pub(super) const PARAMETERS: &str = "argocd-cmd-params-cm";

/// An Application is healthy when everything that it delivers is, so that a wave of an app of apps waits for the one
/// before. An Application that waits for a manual sync holds up nothing.
///
/// Source: <https://argo-cd.readthedocs.io/en/stable/operator-manual/health/#argocd-app>.
pub const APPLICATION_HEALTH: &str = include_str!("health.lua");

/// Returns the ConfigMaps with the names that Argo CD requires.
pub(super) fn objects(argocd: &Argocd, context: &Context<'_>) -> Result<Vec<Object>, Error> {
    let settings = [
        (GENERAL, general(argocd)?),
        ("argocd-rbac-cm", permissions(context)),
        (PARAMETERS, parameters(argocd, context)),
        // For additions in the web interface; Argo CD expects these ConfigMaps to exist.
        ("argocd-gpg-keys-cm", BTreeMap::new()),
        ("argocd-ssh-known-hosts-cm", known_hosts(argocd)),
        ("argocd-tls-certs-cm", BTreeMap::new()),
    ];
    settings
        .into_iter()
        .map(|(name, data)| {
            let mut metadata = context.metadata(name);
            // Argo CD only watches ConfigMaps with this label.
            metadata.labels.get_or_insert_default().insert(PART_OF.to_owned(), "argocd".to_owned());
            object(&ConfigMap {
                metadata,
                data: Some(data).filter(|data| !data.is_empty()),
                ..Default::default()
            })
        })
        .collect()
}

/// Returns the host keys of repositories accessed over SSH.
fn known_hosts(argocd: &Argocd) -> BTreeMap<String, String> {
    argocd.known_hosts.iter().map(|keys| ("ssh_known_hosts".to_owned(), keys.clone())).collect()
}

fn texts<const N: usize>(pairs: [(&str, String); N]) -> BTreeMap<String, String> {
    pairs.into_iter().map(|(key, text)| (key.to_owned(), text)).collect()
}

/// Source: <https://argo-cd.readthedocs.io/en/stable/operator-manual/argocd-cm-yaml/>.
fn general(argocd: &Argocd) -> Result<BTreeMap<String, String>, Error> {
    let off = || "false".to_owned();
    let mut data = texts([
        ("url", format!("https://{}", argocd.host)),
        // Labels belong to the platform. An annotation cannot be mistaken for one of them.
        ("application.resourceTrackingMethod", "annotation".to_owned()),
        ("resource.customizations.health.argoproj.io_Application", APPLICATION_HEALTH.to_owned()),
        ("helm.enable", off()),
        ("jsonnet.enable", off()),
        ("kustomize.enable", off()),
        ("exec.enabled", off()),
        ("users.anonymous.enabled", off()),
        ("timeout.reconciliation", "180s".to_owned()),
    ]);
    if let Some(login) = &argocd.login {
        let mut configuration = aqueduct_manifest::Map::new();
        configuration.insert("name", login.name.as_str());
        configuration.insert("issuer", login.issuer.to_string());
        configuration.insert("clientID", login.client.as_str());
        configuration.insert("clientSecret", "$oidc.clientSecret");
        let scopes = ["openid", "profile", "email", "groups"].into_iter().map(Into::into).collect();
        configuration.insert("requestedScopes", aqueduct_manifest::Value::List(scopes));
        data.insert("oidc.config".to_owned(), yaml::write(&configuration.into()));
        // With a login provider, the shared account is not needed.
        data.insert("admin.enabled".to_owned(), off());
    }
    Ok(data)
}

/// The owners of this tenant may do anything; the owners of other tenants only what their projects permit. Source:
/// <https://argo-cd.readthedocs.io/en/stable/operator-manual/rbac/>.
fn permissions(context: &Context<'_>) -> BTreeMap<String, String> {
    let owners = context.tenancy().tenant.owners.iter();
    let policies: String = owners
        .map(|owner| {
            let subject = owner.strip_prefix("group:").or(owner.strip_prefix("user:")).unwrap_or(owner);
            format!("g, {subject}, role:admin\n")
        })
        .collect();
    texts([
        ("policy.csv", policies),
        ("policy.default", String::new()),
        ("policy.matchMode", "glob".to_owned()),
        ("scopes", "[groups, email]".to_owned()),
    ])
}

/// Source: <https://argo-cd.readthedocs.io/en/stable/operator-manual/argocd-cmd-params-cm-yaml/>.
fn parameters(argocd: &Argocd, context: &Context<'_>) -> BTreeMap<String, String> {
    let address = |part: &str, port: u16| format!("{}:{port}", context.host(&program(&context.site, part)));
    let json = || "json".to_owned();
    texts([
        ("repo.server", address("repo-server", super::programs::REPOSITORY)),
        ("redis.server", address("redis", super::programs::REDIS)),
        // The ingress controller terminates TLS, so the server behind it uses plain HTTP.
        ("server.insecure", "true".to_owned()),
        ("application.namespaces", namespaces(&context.site).join(",")),
        ("applicationsetcontroller.log.format", json()),
        ("controller.log.format", json()),
        ("controller.sync.timeout.seconds", argocd.sync_timeout.seconds().to_string()),
        ("reposerver.log.format", json()),
        ("server.log.format", json()),
    ])
}

/// Returns the namespaces, other than Argo CD's own, that contain Applications of the platform.
pub(super) fn namespaces(site: &Site<'_>) -> Vec<String> {
    let all = tenancies(site.platform, &Selection::default());
    let own = &site.platform.argocd.namespace;
    let elsewhere = all.iter().filter_map(|tenancy| tenancy.delivery.namespace.as_ref());
    let names: BTreeSet<String> = elsewhere.filter(|name| *name != own).map(ToString::to_string).collect();
    names.into_iter().collect()
}
