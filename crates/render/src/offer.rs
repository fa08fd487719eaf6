//! The interface between components: what one offers, and what another needs.
//!
//! Everything that crosses a component's boundary goes through these types, so that an address, a port or the name of
//! a secret is written once, by the component that owns it.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use aqueduct_model::types::{Name, Reference};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de};

/// What a component offers to others.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Offer {
    /// The endpoints; the first is the default.
    pub endpoints: Vec<Endpoint>,
    /// The login, for databases.
    pub credentials: Option<Credentials>,
    /// The ConfigMap for others to mount, for shared configuration.
    pub config_map: Option<String>,
    /// The Secret for others to use and its keys, for shared secrets.
    pub secret: Option<(String, Vec<String>)>,
    /// Its groups of pods, for network policies; most components have one.
    pub pod_groups: Vec<PodGroup>,
}

/// A group of equal pods, and who can reach them in addition to linked components.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PodGroup {
    /// The name, which is also the name of its NetworkPolicy.
    pub name: String,
    /// The labels that select the pods.
    pub labels: BTreeMap<String, String>,
    /// Whether its NetworkPolicy is implicit, so that there is none if the component has no pods.
    pub assumed: bool,
    /// The container ports that the ingress controller can reach.
    pub from_ingress: Vec<u16>,
    /// Where metrics are served.
    pub metrics: Option<MetricsOffer>,
    /// The container ports that can be reached from outside, each with the permitted address ranges.
    pub from_outside: Vec<(u16, Vec<String>)>,
    /// The container ports that all pods of a namespace can reach, such as an operator's.
    pub from_namespaces: Vec<(String, Vec<u16>)>,
    /// The container ports that every namespace of the cluster can reach.
    pub from_cluster: Vec<u16>,
    /// The other groups of the same component that can reach it, by name, each with the container ports.
    pub from_groups: Vec<(String, Vec<u16>)>,
    /// The container ports on which the pods of the group can reach each other.
    pub among: Vec<u16>,
    /// Whether the pods of the group can reach each other on every port.
    pub open_among: bool,
    /// The destinations outside the cluster: an address range (`None` for everywhere) and ports.
    pub egress: Vec<(Option<String>, Vec<u16>)>,
    /// Whether the pods talk to the Kubernetes API.
    pub api_server: bool,
    /// Whether the pods can reach every pod and node of the cluster, as a metrics scraper or ingress controller must.
    pub to_cluster: bool,
}

/// Where a group of pods serves metrics.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MetricsOffer {
    /// The container port.
    pub port: u16,
    /// The HTTP path.
    pub path: String,
}

/// An endpoint of a component.
#[derive(Clone, Debug, PartialEq)]
pub struct Endpoint {
    /// The name of the port.
    pub name: String,
    /// The host name; `None` if only a Secret contains it.
    pub host: Option<String>,
    /// The port for callers.
    pub port: u16,
    /// The URL scheme, such as `http`.
    pub scheme: &'static str,
    /// The pods behind it, for network policies; `None` for an endpoint outside the cluster.
    pub pods: Option<Pods>,
    /// Its address outside the cluster, for egress rules.
    pub outside: Option<Outside>,
    /// The stable host name of each pod, for clients that need all of them.
    pub members: Vec<String>,
}

/// The pods behind an endpoint.
#[derive(Clone, Debug, PartialEq)]
pub struct Pods {
    /// The namespace.
    pub namespace: String,
    /// The labels that select them.
    pub labels: BTreeMap<String, String>,
    /// The port that the container listens on.
    pub port: u16,
}

/// An address range outside the cluster.
#[derive(Clone, Debug, PartialEq)]
pub struct Outside {
    /// The range.
    pub cidr: String,
    /// The port.
    pub port: u16,
}

/// The login of a database: the source of each property.
#[derive(Clone, Debug, PartialEq)]
pub struct Credentials {
    /// `host`, `port`, `database`, `user`, `password` and any other properties, by name.
    pub properties: BTreeMap<&'static str, Credential>,
    /// The namespace of the secrets.
    pub namespace: String,
}

/// One property of a login.
#[derive(Clone, Debug, PartialEq)]
pub enum Credential {
    /// A known value that is not secret.
    Value(String),
    /// A key of a Secret.
    Secret {
        /// The name of the Secret.
        name: String,
        /// The key in it.
        key: String,
    },
}

/// A link: a component's name for another one that it needs.
#[derive(Clone, Debug, PartialEq)]
pub struct Link {
    /// The name, as in `${link.<name>.…}`.
    pub name: String,
    /// The target.
    pub target: Target,
    /// The field that declares it, for messages.
    pub field: Vec<String>,
    /// Whether the target must start first.
    pub ordered: bool,
}

impl Link {
    /// Returns the links of a table `[links]`.
    pub fn table(links: &BTreeMap<Name, Target>) -> impl Iterator<Item = Self> {
        links.iter().map(|(name, target)| Self {
            field: vec!["links".to_owned(), name.to_string()],
            ..Self::new(name.as_str(), target)
        })
    }

    /// Returns a link whose target must start first, declared by the field of the same name.
    pub fn new(name: &str, target: &Target) -> Self {
        Self { name: name.to_owned(), target: target.clone(), field: vec![name.to_owned()], ordered: true }
    }
}

/// A reference to an endpoint of a component: `component` or `tenant/component`, optionally with `:endpoint`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Target {
    /// The component.
    pub reference: Reference,
    /// The endpoint (default: the component's first one).
    pub endpoint: Option<Name>,
}

impl fmt::Display for Target {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", self.reference)?;
        match &self.endpoint {
            Some(endpoint) => write!(out, ":{endpoint}"),
            None => Ok(()),
        }
    }
}

impl FromStr for Target {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (reference, endpoint) = match text.split_once(':') {
            Some((reference, endpoint)) => (reference, Some(endpoint)),
            None => (text, None),
        };
        Ok(Self {
            reference: reference.parse().map_err(|error| format!("{error}"))?,
            endpoint: endpoint.map(str::parse).transpose().map_err(|error| format!("{error}"))?,
        })
    }
}

impl<'de> Deserialize<'de> for Target {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

impl JsonSchema for Target {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Target".into()
    }

    fn json_schema(_generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "A component of this tenant (`postgres`), of another tenant (`monitoring/loki`), or an endpoint of either (`web:grpc`).",
            "pattern": "^([a-z0-9]([-a-z0-9]*[a-z0-9])?/)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(:[a-z0-9]([-a-z0-9]*[a-z0-9])?)?$"
        })
    }
}
