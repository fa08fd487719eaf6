//! `bridge`: a program that carries messages from one chain to others, as a custom kind.

use std::collections::BTreeMap;

use aqueduct::kinds::Worker;
use aqueduct::types::Name;
use aqueduct::workload::{Rollout, Variable, Workload};
use aqueduct::{Component, Context, Error, Link, Object, Offer, Site, SourceName, Target};
use schemars::JsonSchema;
use serde::Deserialize;

/// A relayer between chains.
///
/// Renders what `worker` renders, with one pod: two relayers with one key would pay for every message twice.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Bridge {
    /// What all kinds with pods have.
    #[serde(rename = "..")]
    #[schemars(flatten)]
    workload: Workload,
    /// The chain that messages come from.
    chain: String,
    /// The chains that messages go to, each with the component that is its node.
    targets: BTreeMap<Name, Target>,
}

impl Bridge {
    /// Returns the relayer as a worker that learns the chains from environment variables.
    fn worker(&self) -> Worker {
        let mut workload = self.workload.clone();
        workload.variables.insert("SOURCE_CHAIN".to_owned(), Variable::Text(self.chain.clone()));
        workload.variables.extend(self.targets.keys().map(|chain| {
            let name = format!("TARGET_{}", chain.as_str().replace('-', "_").to_uppercase());
            (name, Variable::Text(format!("${{link.{chain}.address}}")))
        }));
        Worker { rollout: Rollout::Recreate, ..Worker::new(workload) }
    }
}

impl Component for Bridge {
    const KIND: &'static str = "bridge";

    fn sources(&self) -> Vec<SourceName<'_>> {
        self.workload.sources()
    }

    /// Returns the groups of pods, for which network policies are rendered.
    fn offer(&self, site: &Site<'_>) -> Offer {
        self.worker().offer(site)
    }

    /// Returns the components that are called: they start first, and traffic to them is allowed.
    fn links(&self) -> Vec<Link> {
        let targets = self.targets.iter().map(|(chain, target)| Link {
            field: vec!["targets".to_owned(), chain.to_string()],
            ..Link::new(chain.as_str(), target)
        });
        self.workload.needs().into_iter().chain(targets).collect()
    }

    fn render(&self, context: &Context<'_>) -> Result<Vec<Object>, Error> {
        if self.targets.is_empty() {
            return Err(Error::field("targets", "a bridge needs at least one target")
                .hint("name a chain and its node: `[targets]` with `moonbeam = \"moonbeam:rpc\"`"));
        }
        self.worker().render(context)
    }
}
