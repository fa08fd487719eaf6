//! What a cloud adds to Kubernetes: how pods select a node pool, how load balancers are configured, what nodes cost.
//!
//! All of it is data. Each preset is one file next to this one. An environment selects a preset and can override
//! parts of it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::types::{LabelKey, ScalarOrTable};

/// What an environment's cloud adds to Kubernetes.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Cloud {
    /// The label that the cloud sets on each node, with the pool's name as its value.
    pub node_pool_label: Option<LabelKey>,
    /// The object storage provider, as rclone names it.
    pub object_storage: Option<String>,
    /// The configuration of load balancers.
    #[serde(default)]
    pub load_balancer: LoadBalancerAnnotations,
    /// The monthly price of a node, by size.
    #[serde(default)]
    pub node_prices: BTreeMap<String, f64>,
}

/// The annotations of Services of type LoadBalancer. A value may contain `{name}`, `{protocol}`, `{size}` and
/// `{certificate}`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct LoadBalancerAnnotations {
    /// The annotations of every load balancer.
    #[serde(default)]
    pub annotations: BTreeMap<LabelKey, String>,
    /// Additional annotations of load balancers with a certificate.
    #[serde(default)]
    pub certificate_annotations: BTreeMap<LabelKey, String>,
}

/// The clouds with a preset.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Preset {
    /// DigitalOcean Kubernetes.
    DigitalOcean,
    /// Amazon EKS with the AWS Load Balancer Controller.
    Aws,
    /// Google Kubernetes Engine.
    Google,
    /// Azure Kubernetes Service.
    Azure,
    /// On-premises machines, or another cloud.
    #[default]
    None,
}

impl Preset {
    fn cloud(self) -> Cloud {
        let text = match self {
            Self::DigitalOcean => include_str!("cloud/digitalocean.toml"),
            Self::Aws => include_str!("cloud/aws.toml"),
            Self::Google => include_str!("cloud/google.toml"),
            Self::Azure => include_str!("cloud/azure.toml"),
            Self::None => "",
        };
        toml::from_str(text).expect("a test reads every preset")
    }
}

/// The cloud of an environment: a preset, or a table that overrides parts of one.
#[derive(Deserialize, JsonSchema)]
#[serde(from = "ScalarOrTable<Preset, CloudTable>")]
#[schemars(untagged)]
pub(crate) enum CloudField {
    /// A preset alone.
    Preset(Preset),
    /// A preset with overrides.
    Table(CloudTable),
}

/// A preset with overrides.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct CloudTable {
    /// The preset for everything that the table does not set.
    #[serde(default)]
    preset: Preset,
    /// The label that the cloud sets on each node, with the pool's name as its value; without it, pods select a pool
    /// by the pool's own `labels`.
    node_pool_label: Option<LabelKey>,
    /// The object storage provider, as rclone names it, such as `AWS` or `Minio`.
    object_storage: Option<String>,
    /// The annotations of load balancers, instead of the preset's.
    load_balancer: Option<LoadBalancerAnnotations>,
    /// The monthly price of a node, by size, for pools that set `size` but no price.
    #[serde(default)]
    node_prices: BTreeMap<String, Price>,
}

/// A monthly price, at least 0.
#[derive(Deserialize, JsonSchema)]
struct Price(
    #[serde(deserialize_with = "crate::environment::price")]
    #[schemars(range(min = 0))]
    f64,
);

impl From<ScalarOrTable<Preset, CloudTable>> for CloudField {
    fn from(cloud: ScalarOrTable<Preset, CloudTable>) -> Self {
        match cloud {
            ScalarOrTable::Scalar(preset) => Self::Preset(preset),
            ScalarOrTable::Table(table) => Self::Table(table),
        }
    }
}

impl Default for CloudField {
    fn default() -> Self {
        Self::Preset(Preset::None)
    }
}

impl From<CloudField> for Cloud {
    fn from(field: CloudField) -> Self {
        match field {
            CloudField::Preset(preset) => preset.cloud(),
            CloudField::Table(table) => {
                let mut cloud = table.preset.cloud();
                cloud.node_pool_label = table.node_pool_label.or(cloud.node_pool_label);
                cloud.object_storage = table.object_storage.or(cloud.object_storage);
                cloud.load_balancer = table.load_balancer.unwrap_or(cloud.load_balancer);
                cloud
                    .node_prices
                    .extend(table.node_prices.into_iter().map(|(size, Price(price))| (size, price)));
                cloud
            }
        }
    }
}

impl LoadBalancerAnnotations {
    /// Returns the annotations with their placeholders filled in.
    pub fn fill(
        &self,
        name: &str,
        protocol: &str,
        size: u16,
        certificate: Option<&str>,
    ) -> BTreeMap<String, String> {
        let fill = |text: &String| {
            let text = text.replace("{name}", name).replace("{protocol}", protocol);
            text.replace("{size}", &size.to_string())
                .replace("{certificate}", certificate.unwrap_or_default())
        };
        let with_certificate = certificate.is_some().then_some(&self.certificate_annotations);
        let all = self.annotations.iter().chain(with_certificate.into_iter().flatten());
        all.map(|(key, text)| (key.to_string(), fill(text))).collect()
    }

    /// Tells whether any annotation contains a placeholder, such as `{size}`.
    pub fn asks_for(&self, placeholder: &str) -> bool {
        self.annotations
            .values()
            .chain(self.certificate_annotations.values())
            .any(|text| text.contains(placeholder))
    }
}

#[cfg(test)]
mod tests {
    use super::Preset;

    #[test]
    fn every_preset_says_how_a_node_pool_is_chosen() {
        for preset in [Preset::DigitalOcean, Preset::Aws, Preset::Google, Preset::Azure] {
            let cloud = preset.cloud();
            assert!(cloud.node_pool_label.is_some(), "{preset:?}");
            assert!(!cloud.node_prices.is_empty(), "{preset:?}");
        }
        assert_eq!(Preset::None.cloud(), super::Cloud::default());
    }
}
