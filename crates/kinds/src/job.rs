//! `job`: a program that runs to completion once.

use std::collections::BTreeMap;

use aqueduct_manifest::Object;
use aqueduct_model::types::Duration;
use aqueduct_render::{Component, Context, Error, Errors, Horizon, Link, Offer, Site, SourceName, object};
use k8s_openapi::api::batch::v1 as batch;
use k8s_openapi::api::core::v1::PodTemplateSpec;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::workload::{PodOptions, Workload, companions, file_texts, pod_template};

/// A program that runs to completion: a Job, which runs again at each sync.
///
/// An existing Job cannot be changed, so it is an Argo CD hook: the old Job is deleted before the new one is created.
/// Renders a Job and a ServiceAccount, and depending on the fields, a ConfigMap and ExternalSecrets.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Job {
    /// What all kinds with pods have.
    #[serde(rename = "..")]
    #[schemars(flatten)]
    pub workload: Workload,
    /// When it runs during a sync.
    #[serde(default)]
    pub hook: SyncHook,
    /// How long it may take (default: ten minutes).
    pub timeout: Option<Duration>,
    /// How many times it is retried after a failure (default: 2).
    pub retries: Option<u16>,
}

/// When a job runs during a sync.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SyncHook {
    /// Together with the rest of the component.
    #[default]
    Sync,
    /// After everything in the component is healthy.
    PostSync,
}

impl Component for Job {
    const KIND: &'static str = "job";
    const HORIZON: Horizon = Horizon::Links;

    fn sources(&self) -> Vec<SourceName<'_>> {
        self.workload.sources()
    }

    fn offer(&self, site: &Site<'_>) -> Offer {
        Offer { pod_groups: vec![self.workload.pod_group(site)], ..Offer::default() }
    }

    fn links(&self) -> Vec<Link> {
        self.workload.needs()
    }

    fn render(&self, context: &Context<'_>) -> Result<Vec<Object>, Error> {
        let workload = &self.workload;
        let mut errors = Errors::default();
        let texts = errors.take(file_texts(context, &workload.files));
        let mut objects = errors.take(companions(context, workload, &texts, false));
        let options = PodOptions { replicas: 1, claims_per_pod: false, runs_to_end: true, own_account: true };
        let template = errors.take(pod_template(context, workload, &texts, options));
        let timeout = self.timeout.as_ref().map_or(600, |timeout| timeout.seconds());
        let hook = match self.hook {
            SyncHook::Sync => "Sync",
            SyncHook::PostSync => "PostSync",
        };
        let mut metadata = context.metadata(context.name());
        metadata.annotations = Some(BTreeMap::from([
            ("argocd.argoproj.io/hook".to_owned(), hook.to_owned()),
            ("argocd.argoproj.io/hook-delete-policy".to_owned(), "BeforeHookCreation".to_owned()),
        ]));
        let job = object(&batch::Job {
            metadata,
            spec: Some(job_spec(template, timeout, self.retries.unwrap_or(2))),
            ..Default::default()
        });
        objects.extend(errors.all([job]));
        errors.end(objects)
    }
}

/// Returns the spec of a Job with a time limit and a number of retries.
pub(crate) fn job_spec(template: PodTemplateSpec, timeout: u64, retries: u16) -> batch::JobSpec {
    batch::JobSpec {
        active_deadline_seconds: Some(timeout.min(i64::MAX as u64) as i64),
        backoff_limit: Some(retries.into()),
        template,
        ..Default::default()
    }
}
