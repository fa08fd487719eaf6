//! `bridge`: a program that carries messages from one chain to others, as a kind of one's own.

use std::collections::BTreeMap;

use aqueduct::types::{Image, Name};
use aqueduct::workload::{Resources, requirements};
use aqueduct::{Component, Context, Error, Link, Object, Offer, Part, Site, Target};
use k8s_openapi::api::apps::v1::{Deployment, DeploymentSpec, DeploymentStrategy};
use k8s_openapi::api::core::v1::{
    Capabilities, Container, EnvVar, PodSecurityContext, PodSpec, PodTemplateSpec, SeccompProfile,
    SecurityContext,
};
use schemars::JsonSchema;
use serde::Deserialize;

/// A relayer between chains.
///
/// Renders a Deployment with one pod: two relayers with one key would pay for every message twice.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Bridge {
    /// The image of the relayer.
    image: Image,
    /// The chain that messages come from.
    chain: String,
    /// The chains that messages go to, each with the component that is its node.
    targets: BTreeMap<Name, Target>,
    /// CPU and memory.
    resources: Resources,
}

impl Component for Bridge {
    const KIND: &'static str = "bridge";

    /// Says which pods there are, so that network policies are made for them.
    fn offer(&self, site: &Site<'_>) -> Offer {
        let part = Part { name: site.name().to_owned(), labels: site.selector(), ..Part::default() };
        Offer { parts: vec![part], ..Offer::default() }
    }

    /// Says which components are called: they start first, and the way to them is opened.
    fn links(&self) -> Vec<Link> {
        self.targets
            .iter()
            .map(|(chain, target)| Link {
                field: vec!["targets".to_owned(), chain.to_string()],
                ..Link::new(chain.as_str(), target)
            })
            .collect()
    }

    fn render(&self, context: &Context<'_>) -> Result<Vec<Object>, Error> {
        if self.targets.is_empty() {
            return Err(Error::field("targets", "a bridge needs at least one target")
                .hint("name a chain and its node: `[targets]` with `moonbeam = \"moonbeam:rpc\"`"));
        }
        let mut variables = vec![variable("SOURCE_CHAIN", self.chain.clone())];
        for (chain, target) in &self.targets {
            // A link that leads nowhere has been reported already.
            let Some(node) = context.link(chain.as_str()) else { continue };
            let address = node.property("address").map_err(|message| {
                Error::path(&["targets", chain.as_str()], format!("{message}: `{target}`"))
            })?;
            let name = format!("TARGET_{}", chain.as_str().replace('-', "_").to_uppercase());
            variables.push(variable(&name, address));
        }
        let container = Container {
            name: context.name().to_owned(),
            image: Some(self.image.to_string()),
            env: Some(variables),
            resources: Some(requirements(&self.resources)?),
            security_context: Some(SecurityContext {
                allow_privilege_escalation: Some(false),
                capabilities: Some(Capabilities { drop: Some(vec!["ALL".to_owned()]), ..Default::default() }),
                read_only_root_filesystem: Some(true),
                ..Default::default()
            }),
            ..Default::default()
        };
        let deployment = Deployment {
            metadata: context.metadata(context.name()),
            spec: Some(DeploymentSpec {
                replicas: Some(1),
                selector: context.label_selector(),
                strategy: Some(DeploymentStrategy {
                    type_: Some("Recreate".to_owned()),
                    ..Default::default()
                }),
                template: PodTemplateSpec {
                    metadata: Some(k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta {
                        labels: Some(context.labels()),
                        ..Default::default()
                    }),
                    spec: Some(PodSpec {
                        automount_service_account_token: Some(false),
                        containers: vec![container],
                        security_context: Some(PodSecurityContext {
                            run_as_non_root: Some(true),
                            run_as_user: Some(1000),
                            seccomp_profile: Some(SeccompProfile {
                                type_: "RuntimeDefault".to_owned(),
                                ..Default::default()
                            }),
                            ..Default::default()
                        }),
                        ..Default::default()
                    }),
                },
                ..Default::default()
            }),
            ..Default::default()
        };
        let object = Object::from_typed(&deployment).map_err(|error| Error::field("", error.to_string()))?;
        Ok(vec![object])
    }
}

fn variable(name: &str, value: String) -> EnvVar {
    EnvVar { name: name.to_owned(), value: Some(value), ..Default::default() }
}
