//! What components tell one another: what one offers, what another needs.
//!
//! Everything that crosses a component's border goes through these types, so that an address, a port or
//! the name of a secret is written once, by the component that owns it.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use aqueduct_model::types::{Name, Reference};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de};

/// What a component offers to others.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Offer {
    /// Where it can be reached; the first endpoint is the one meant when none is named.
    pub endpoints: Vec<Endpoint>,
    /// How to log in, for databases.
    pub credentials: Option<Credentials>,
    /// The ConfigMap that others mount, for shared configuration.
    pub config_map: Option<String>,
    /// The Secret that others use, for shared secrets, and its keys.
    pub secret: Option<(String, Vec<String>)>,
    /// Its groups of pods, for network policies; most components have one.
    pub pod_groups: Vec<PodGroup>,
}

/// One group of equal pods and who reaches them beside those that are linked to the component.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PodGroup {
    /// The name, which is also the name of its NetworkPolicy.
    pub name: String,
    /// The labels that select the pods.
    pub labels: BTreeMap<String, String>,
    /// Whether nobody asked for its NetworkPolicy, so that there is none where the component has no pods.
    pub assumed: bool,
    /// The container ports that the ingress controller reaches.
    pub from_ingress: Vec<u16>,
    /// Where metrics are served.
    pub metrics: Option<MetricsOffer>,
    /// The container ports that the outside world reaches, each with the ranges that may.
    pub from_outside: Vec<(u16, Vec<String>)>,
    /// The container ports that all pods of a namespace reach, such as those of an operator.
    pub from_namespaces: Vec<(String, Vec<u16>)>,
    /// The container ports that every namespace of the cluster reaches.
    pub from_cluster: Vec<u16>,
    /// The other groups of the same component that reach it, by name, each with the container ports.
    pub from_groups: Vec<(String, Vec<u16>)>,
    /// The container ports on which the pods of the group reach one another.
    pub among: Vec<u16>,
    /// Whether the pods of the group reach one another on every port.
    pub open_among: bool,
    /// Where the pods go outside of the cluster: a range (everywhere where `None`) and ports.
    pub egress: Vec<(Option<String>, Vec<u16>)>,
    /// Whether the pods talk to the Kubernetes API.
    pub api_server: bool,
    /// Whether the pods reach every pod and node of the cluster, as a scraper or an ingress controller does.
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

/// One place where a component can be reached.
#[derive(Clone, Debug, PartialEq)]
pub struct Endpoint {
    /// The name of the port.
    pub name: String,
    /// The host name; `None` where only a secret knows it.
    pub host: Option<String>,
    /// The port that callers use.
    pub port: u16,
    /// The URL scheme, such as `http`.
    pub scheme: &'static str,
    /// The pods behind it, for network policies; `None` for what is not in the cluster.
    pub pods: Option<Pods>,
    /// Where it is outside of the cluster, for egress rules.
    pub outside: Option<Outside>,
    /// The stable host name of each pod, for clients that must know all of them.
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

/// An address range outside of the cluster.
#[derive(Clone, Debug, PartialEq)]
pub struct Outside {
    /// The range.
    pub cidr: String,
    /// The port.
    pub port: u16,
}

/// How to log in to a database: where each property is to be found.
#[derive(Clone, Debug, PartialEq)]
pub struct Credentials {
    /// `host`, `port`, `database`, `user`, `password` and what else the database has, by name.
    pub properties: BTreeMap<&'static str, Credential>,
    /// The namespace that the secrets live in.
    pub namespace: String,
}

/// One property of a login.
#[derive(Clone, Debug, PartialEq)]
pub enum Credential {
    /// Known and not secret.
    Value(String),
    /// A key of a Secret.
    Secret {
        /// The name of the Secret.
        name: String,
        /// The key in it.
        key: String,
    },
}

/// A need: the name that a component gives to another one.
#[derive(Clone, Debug, PartialEq)]
pub struct Link {
    /// The name, as it is used in `${link.<name>.…}`.
    pub name: String,
    /// Whom it means.
    pub target: Target,
    /// The field that declares it, for messages.
    pub field: Vec<String>,
    /// Whether the target must be up first.
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

    /// Returns a link whose target must be up first, declared by the field of the same name.
    pub fn new(name: &str, target: &Target) -> Self {
        Self { name: name.to_owned(), target: target.clone(), field: vec![name.to_owned()], ordered: true }
    }
}

/// A reference to an endpoint of a component: `component`, `tenant/component` or either with `:endpoint`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Target {
    /// The component.
    pub reference: Reference,
    /// The endpoint; the component's first one where none is named.
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
