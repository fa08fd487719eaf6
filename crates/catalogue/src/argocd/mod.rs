//! `argocd`: Argo CD itself, which then delivers itself from the tree.

mod programs;
mod settings;

pub use settings::APPLICATION_HEALTH;

use std::collections::BTreeMap;

use aqueduct_kinds::constant;
use aqueduct_kinds::custom::{ExternalSecret, SecretTemplate};
use aqueduct_kinds::workload::{Amounts, Resources, Scheduling, secret_store};
use aqueduct_manifest::{Object, yaml};
use aqueduct_model::types::{Duration, Hostname, Image, Name, Repository, Url};
use aqueduct_render::{Component, Context, CustomResource as _, Error, Offer, Site, digest};
use schemars::JsonSchema;
use serde::Deserialize;

/// Argo CD: the programs, their settings and the connection to the platform's repository.
///
/// Renders the application controller, the repository server, the server with its Ingress, the ApplicationSet
/// controller and a Redis, each with an account, minimal roles and a network policy; the ConfigMaps `argocd-cm`,
/// `argocd-rbac-cm` and `argocd-cmd-params-cm`; the Secrets by reference; and the definitions of Application,
/// ApplicationSet and AppProject. The definitions only validate the top level of a resource and accept anything below
/// `spec` and `status`.
///
/// Nothing is templated in the cluster: the tree is plain YAML, so Helm, Kustomize and Jsonnet are disabled. The
/// owners of the tenant administer Argo CD. The owners of other tenants can see and sync their own Applications,
/// through the projects that are rendered with the tree.
///
/// To start on an empty cluster, apply the tenant's folder, this component's folder, and the root Application with
/// its project once, with Argo CD as the field manager. From then on, Argo CD manages itself like everything else.
/// The guide has the commands.
///
/// It is an installation for a small cluster, without Dex, notifications or a replicated Redis. For larger ones, use
/// `kind = "chart"` with the chart `argo/argo-cd`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Argocd {
    /// The image of all programs except Redis.
    #[serde(default = "image")]
    pub image: Image,
    /// The image of Redis.
    #[serde(default = "redis_image")]
    pub redis_image: Image,
    /// The host of the server's Ingress.
    pub host: Hostname,
    /// How long a sync may take. After that, a wave that never becomes healthy or a deletion that nobody confirms no
    /// longer blocks later commits.
    #[serde(default = "sync_timeout")]
    pub sync_timeout: Duration,
    /// The host keys of repositories accessed over SSH, as `ssh-keyscan` prints them.
    pub known_hosts: Option<String>,
    /// The number of pods of the server and of the repository server (default: 1).
    pub replicas: Option<u16>,
    /// The entries in the environment's secret store.
    pub remotes: RemoteSecrets,
    /// The login provider (default: none, so that only the account `admin` can log in).
    pub login: Option<Login>,
    /// CPU and memory of each program.
    #[serde(default)]
    pub resources: Programs,
    /// Where the pods may run.
    #[serde(default)]
    pub scheduling: Scheduling,
}

/// The entries in the environment's secret store.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RemoteSecrets {
    /// `admin.password` (a bcrypt hash), `admin.passwordMtime` and `server.secretkey`; with `login` also
    /// `oidc.clientSecret`.
    pub server: String,
    /// `username` and `password` of the git repository, or `sshPrivateKey` for access over SSH; without an entry, the
    /// repository must be public.
    pub repository: Option<String>,
    /// `auth`, the password of Redis.
    pub redis: String,
}

/// An OpenID Connect provider, whose groups are the owners of tenants.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Login {
    /// The name on the button.
    pub name: String,
    /// The URL of the issuer.
    pub issuer: Url,
    /// The client id of Argo CD at the issuer.
    pub client: String,
}

/// CPU and memory of each program.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Programs {
    /// The application controller.
    pub controller: Resources,
    /// The repository server.
    pub repository_server: Resources,
    /// The server.
    pub server: Resources,
    /// The ApplicationSet controller.
    pub application_sets: Resources,
    /// Redis.
    pub redis: Resources,
}

impl Default for Programs {
    fn default() -> Self {
        let resources = |cpu: &str, memory: &str, most_cpu: &str, most_memory: &str| Resources {
            requests: Amounts { cpu: constant(cpu), memory: constant(memory) },
            limits: Amounts { cpu: constant(most_cpu), memory: constant(most_memory) },
        };
        Self {
            controller: resources("150m", "384Mi", "1", "1Gi"),
            repository_server: resources("50m", "128Mi", "1", "512Mi"),
            server: resources("50m", "128Mi", "500m", "256Mi"),
            application_sets: resources("20m", "64Mi", "250m", "128Mi"),
            redis: resources("20m", "32Mi", "250m", "128Mi"),
        }
    }
}

fn sync_timeout() -> Duration {
    constant("15m")
}

fn image() -> Image {
    constant("quay.io/argoproj/argocd:v3.5.1")
}

fn redis_image() -> Image {
    constant("redis:7.2.7-alpine")
}

const DEFINITIONS: &str = include_str!("definitions.yaml");
const SERVER_SECRET: &str = "argocd-secret";
const PART_OF: &str = "app.kubernetes.io/part-of";

impl Argocd {
    fn secrets(&self, context: &Context<'_>) -> Result<Vec<Object>, Error> {
        let store = secret_store(context, &["remotes"])?;
        let same =
            |keys: &[&str]| keys.iter().map(|key| ((*key).to_owned(), (*key).to_owned())).collect::<Vec<_>>();
        let mut keys = same(&["admin.password", "admin.passwordMtime", "server.secretkey"]);
        if self.login.is_some() {
            keys.extend(same(&["oidc.clientSecret"]));
        }
        let mut server =
            ExternalSecret::new(context.metadata(SERVER_SECRET), store, &self.remotes.server, keys.clone());
        // Argo CD finds its settings by this label.
        let labels = BTreeMap::from([(PART_OF.to_owned(), "argocd".to_owned())]);
        server.spec.target.template = Some(SecretTemplate {
            kind: "Opaque",
            metadata: Some(BTreeMap::from([("labels", labels)])),
            data: keys.iter().map(|(key, _)| (key.clone(), format!("{{{{ index . \"{key}\" }}}}"))).collect(),
        });
        let name = self.redis_secret(&context.site);
        let redis = ExternalSecret::new(context.metadata(name), store, &self.remotes.redis, same(&["auth"]));
        let mut objects = vec![server.object()?, redis.object()?];
        if let Some(remote) = &self.remotes.repository {
            objects.push(repository(context, store, remote)?);
        }
        Ok(objects)
    }

    fn redis_secret(&self, site: &Site<'_>) -> String {
        format!("{}-redis", site.name())
    }
}

/// Returns the repository that Argo CD reads the environment from.
fn repository_of<'a>(site: &Site<'a>) -> &'a Repository {
    site.environment().repository.as_ref().unwrap_or(&site.platform.repository)
}

/// Returns the connection to the platform's repository: a Secret that Argo CD finds by its label.
fn repository(context: &Context<'_>, store: &str, remote: &str) -> Result<Object, Error> {
    let url = repository_of(&context.site);
    let keys: &[&str] = if url.is_ssh() {
        &["sshPrivateKey"]
    } else if url.scheme() == "https" {
        &["username", "password"]
    } else {
        let message = format!("only a repository with an https or SSH URL can have a login: `{url}`");
        return Err(Error::field("remotes.repository", message).hint("remove it: the repository is public"));
    };
    let metadata = context.metadata(format!("{}-repository", context.name()));
    let mut secret = ExternalSecret::new(
        metadata,
        store,
        remote,
        keys.iter().map(|key| ((*key).to_owned(), (*key).to_owned())),
    );
    let mut data: BTreeMap<String, String> =
        keys.iter().map(|key| ((*key).to_owned(), format!("{{{{ .{key} }}}}"))).collect();
    data.insert("type".to_owned(), "git".to_owned());
    data.insert("url".to_owned(), url.to_string());
    let labels = BTreeMap::from([("argocd.argoproj.io/secret-type".to_owned(), "repository".to_owned())]);
    secret.spec.target.template =
        Some(SecretTemplate { kind: "Opaque", metadata: Some(BTreeMap::from([("labels", labels)])), data });
    secret.object()
}

impl Component for Argocd {
    const KIND: &'static str = "argocd";

    fn offer(&self, site: &Site<'_>) -> Offer {
        programs::offer(self, site)
    }

    fn render(&self, context: &Context<'_>) -> Result<Vec<Object>, Error> {
        let namespace = &context.site.platform.argocd.namespace;
        if context.namespace() != namespace.as_str() {
            return Err(Error::field(
                "",
                format!("Argo CD must run in its own namespace, `{namespace}`: `{}`", context.namespace()),
            )
            .hint("set `namespace` of the tenant, or `namespace` in `[argocd]` of platform.toml"));
        }
        if repository_of(&context.site).is_ssh() && self.known_hosts.is_none() {
            return Err(Error::field("", "the repository uses SSH, but there are no host keys")
                .hint("set `known-hosts` to the output of `ssh-keyscan HOST`"));
        }
        let mut objects = settings::objects(self, context)?;
        let parameters = objects.iter().filter(|object| object.name() == settings::PARAMETERS);
        let digest =
            digest(parameters.map(|object| format!("{:?}", object.map)).collect::<String>().as_bytes());
        let mut programs = programs::objects(self, context)?;
        programs.iter_mut().for_each(|program| roll(program, &digest[..16]));
        objects.extend(programs);
        objects.extend(self.secrets(context)?);
        objects.extend(definitions());
        Ok(objects)
    }
}

/// The programs read their parameters when they start, so a change must replace the pods.
fn roll(program: &mut Object, digest: &str) {
    if matches!(program.kind(), "Deployment" | "StatefulSet") {
        let template = program.map.map_entry("spec").map_entry("template").map_entry("metadata");
        template.map_entry("annotations").insert("aqueduct.dev/config-digest", digest);
    }
}

/// Returns the definitions of Argo CD's own resources.
fn definitions() -> Vec<Object> {
    yaml::read_values(DEFINITIONS, yaml::Dialect::Sigs)
        .expect("the definitions are valid YAML, as a test shows")
        .into_iter()
        .filter_map(|value| value.as_map().cloned())
        .map(Object::new)
        .collect()
}

/// Returns the name of one of the programs.
fn program(site: &Site<'_>, name: &str) -> String {
    format!("{}-{name}", site.name())
}

/// Parses a port name.
fn port_name(name: &str) -> Name {
    constant(name)
}
