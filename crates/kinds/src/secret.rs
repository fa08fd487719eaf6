//! `secret`: secret values that several components share, or that must exist before one starts.

use aqueduct_manifest::Object;
use aqueduct_render::{Component, Context, CustomResource as _, Error, Horizon, Offer, Site};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::custom::ExternalSecret;
use crate::workload::secret_store;

/// Secret values from the environment's secret store: an ExternalSecret, which creates a Secret.
///
/// Components use it with `[secrets.<name>] component = "…"`. It is applied in an earlier wave than they are, so that
/// it exists for a job before the rollout.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Secret {
    /// The entry in the environment's secret store.
    pub remote: String,
    /// The keys; each is a property of the entry.
    pub keys: Vec<String>,
}

impl Component for Secret {
    const KIND: &'static str = "secret";
    const HORIZON: Horizon = Horizon::Links;

    fn offer(&self, site: &Site<'_>) -> Offer {
        Offer { secret: Some((site.name().to_owned(), self.keys.clone())), ..Offer::default() }
    }

    fn render(&self, context: &Context<'_>) -> Result<Vec<Object>, Error> {
        if self.keys.is_empty() {
            return Err(Error::field("keys", "a secret needs at least one key"));
        }
        let keys = self.keys.iter().map(|key| (key.clone(), key.clone()));
        let store = secret_store(context, &[])?;
        Ok(vec![ExternalSecret::new(context.metadata(context.name()), store, &self.remote, keys).object()?])
    }
}
