//! `kibana`: the web interface for searching the data in an Elasticsearch.

use std::collections::BTreeMap;

use aqueduct_kinds::custom::ExternalSecret;
use aqueduct_kinds::workload::{
    DatabaseField, DatabaseTable, FileField, IngressField, PortField, Probe, Probes, Resources, Scheduling,
    SecretField, Variable, VolumeField, Workload, secret_store,
};
use aqueduct_kinds::{Service, constant};
use aqueduct_manifest::Object;
use aqueduct_model::types::Image;
use aqueduct_render::{Component, Context, CustomResource as _, Error, Link, Offer, Site, Target};
use schemars::JsonSchema;
use serde::Deserialize;

/// Kibana, the web interface for searching the data in an `elasticsearch` in the same namespace.
///
/// People log in as the `elasticsearch` user `operator`. All state is stored there, so Kibana itself has no volume.
///
/// Renders the same objects as `service`, and an ExternalSecret with the key that encrypts sessions and saved
/// secrets. It is one pod for a small cluster. For larger ones, use the ECK operator, or the chart:
///
/// ```toml
/// kind = "chart"
/// repository = "https://helm.elastic.co"
/// name = "kibana"
/// version = "^8.5"
///
/// [values]
/// elasticsearchHosts = "https://elasticsearch-master:9200"
/// replicas = 2
/// ```
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Kibana {
    /// The image, with the same version as the `elasticsearch`.
    #[serde(default = "image")]
    pub image: Image,
    /// The `elasticsearch` component.
    pub elasticsearch: Target,
    /// The entry in the environment's secret store with `encryption-key` (at least 32 characters).
    pub remote: String,
    /// An Ingress that leads to the web interface.
    pub ingress: Option<IngressField>,
    /// CPU and memory.
    pub resources: Resources,
    /// Where the pod may run.
    #[serde(default)]
    pub scheduling: Scheduling,
}

const CONFIGURATION: &str = "/etc/kibana";
const KEY: &str = "KIBANA_ENCRYPTION_KEY";

fn image() -> Image {
    constant("docker.elastic.co/kibana/kibana:8.17.3")
}

impl Kibana {
    fn secret(&self, site: &Site<'_>) -> String {
        format!("{}-encryption", site.name())
    }

    /// Returns the configuration, in which the server itself fills in the variables.
    fn configuration(&self, site: &Site<'_>) -> String {
        let mut lines = vec![
            format!("server.name: {}", site.name()),
            "server.host: 0.0.0.0".to_owned(),
            "server.port: 5601".to_owned(),
            "server.shutdownTimeout: 10s".to_owned(),
        ];
        if let Some(ingress) = &self.ingress {
            let scheme = if ingress.tls.unwrap_or(true) { "https" } else { "http" };
            let path = ingress.path.as_ref().map(|path| path.to_string()).filter(|path| path != "/");
            lines.push(format!(
                "server.publicBaseUrl: {scheme}://{}{}",
                ingress.host,
                path.as_deref().unwrap_or("")
            ));
            if let Some(path) = path {
                lines.push(format!("server.basePath: {path}"));
                lines.push("server.rewriteBasePath: true".to_owned());
            }
        }
        lines.extend(
            [
                "elasticsearch.hosts: [\"http://${ELASTICSEARCH_HOST}:${ELASTICSEARCH_PORT}\"]",
                "elasticsearch.username: ${ELASTICSEARCH_USER}",
                "elasticsearch.password: ${ELASTICSEARCH_LOGIN}",
                "path.data: /usr/share/kibana/data",
                "telemetry.optIn: false",
                "newsfeed.enabled: false",
                "map.includeElasticMapsService: false",
                "xpack.fleet.agents.enabled: false",
            ]
            .map(str::to_owned),
        );
        lines.extend(
            ["encryptedSavedObjects", "reporting", "security"]
                .map(|part| format!("xpack.{part}.encryptionKey: ${{{KEY}}}")),
        );
        lines.join("\n") + "\n"
    }

    fn service(&self, site: &Site<'_>) -> Service {
        let probe = |path: Option<&str>, delay: &str, failures| Probe {
            path: path.map(constant),
            delay: Some(constant(delay)),
            period: Some(constant("10s")),
            timeout: Some(constant("5s")),
            failures: Some(failures),
            ..Probe::default()
        };
        let variables = [
            ("ELASTICSEARCH_HOST", "host"),
            ("ELASTICSEARCH_PORT", "port"),
            ("ELASTICSEARCH_USER", "kibana-user"),
            ("ELASTICSEARCH_LOGIN", "kibana-password"),
        ];
        Service {
            ingress: self.ingress.clone(),
            ..Service::new(Workload {
                ports: BTreeMap::from([(constant("http"), PortField::Number(constant("5601")))]),
                variables: BTreeMap::from([(
                    "KBN_PATH_CONF".to_owned(),
                    Variable::Text(CONFIGURATION.to_owned()),
                )]),
                secrets: BTreeMap::from([(
                    constant("encryption"),
                    SecretField {
                        existing: Some(constant(&self.secret(site))),
                        remote: None,
                        component: None,
                        keys: vec![KEY.to_owned()],
                        mount: None,
                    },
                )]),
                database: Some(DatabaseField::Table(DatabaseTable {
                    component: self.elasticsearch.clone(),
                    variables: variables
                        .map(|(name, property)| (name.to_owned(), property.to_owned()))
                        .into(),
                })),
                files: BTreeMap::from([(
                    "kibana.yml".to_owned(),
                    FileField {
                        mount: CONFIGURATION.to_owned(),
                        text: Some(self.configuration(site)),
                        content: None,
                        source: None,
                    },
                )]),
                volumes: BTreeMap::from([(
                    constant("data"),
                    VolumeField {
                        size: Some(constant("256Mi")),
                        ..VolumeField::scratch("/usr/share/kibana/data")
                    },
                )]),
                // The login page is only available once Elasticsearch answers.
                probes: Probes {
                    startup: Some(probe(None, "20s", 30)),
                    liveness: Some(probe(None, "30s", 6)),
                    readiness: Some(probe(Some("/login"), "20s", 3)),
                },
                scheduling: self.scheduling.clone(),
                ..Workload::new(self.image.clone(), self.resources.clone())
            })
        }
    }
}

impl Component for Kibana {
    const KIND: &'static str = "kibana";

    fn offer(&self, site: &Site<'_>) -> Offer {
        Component::offer(&self.service(site), site)
    }

    fn links(&self) -> Vec<Link> {
        vec![Link { field: vec!["elasticsearch".to_owned()], ..Link::new("database", &self.elasticsearch) }]
    }

    fn render(&self, context: &Context<'_>) -> Result<Vec<Object>, Error> {
        if let Some(neighbour) = context.link("database")
            && neighbour.site.instance.kind != "elasticsearch"
        {
            return Err(Error::field(
                "elasticsearch",
                format!("`{}` is not an `elasticsearch`", self.elasticsearch),
            ));
        }
        let mut objects = Component::render(&self.service(&context.site), context)?;
        let metadata = context.metadata(self.secret(&context.site));
        let store = secret_store(context, &["remote"])?;
        let keys = [(KEY.to_owned(), "encryption-key".to_owned())];
        objects.push(ExternalSecret::new(metadata, store, &self.remote, keys).object()?);
        Ok(objects)
    }
}
