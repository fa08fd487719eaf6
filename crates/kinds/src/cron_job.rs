//! `cron-job`: a program that runs to completion on a schedule.

use aqueduct_manifest::Object;
use aqueduct_model::types::{Duration, Schedule};
use aqueduct_render::{Component, Context, Error, Errors, Horizon, Link, Offer, Site, SourceName, object};
use k8s_openapi::api::batch::v1 as batch;
use k8s_openapi::api::core::v1::PodTemplateSpec;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::job::job_spec;
use crate::workload::{PodOptions, Workload, companions, file_texts, pod_template};

/// A program that runs to completion on a schedule: a CronJob.
///
/// Renders a CronJob and a ServiceAccount, and depending on the fields, a ConfigMap, ExternalSecrets and
/// PersistentVolumeClaims.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct CronJob {
    /// The fields of all kinds with pods.
    #[serde(rename = "..")]
    #[schemars(flatten)]
    pub workload: Workload,
    /// When it runs, as a cron schedule in UTC.
    pub schedule: Schedule,
    /// How long a run may take (default: one hour).
    pub timeout: Option<Duration>,
    /// How many times a failed run is retried (default: 2).
    pub retries: Option<u16>,
}

impl Component for CronJob {
    const KIND: &'static str = "cron-job";
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
        let job = cron_job(context, &self.schedule, template, self.timeout.as_ref(), self.retries);
        objects.extend(errors.all([object(&job)]));
        errors.end(objects)
    }
}

/// Returns a CronJob with the component's name whose runs never overlap.
pub(crate) fn cron_job(
    context: &Context<'_>,
    schedule: &Schedule,
    template: PodTemplateSpec,
    timeout: Option<&Duration>,
    retries: Option<u16>,
) -> batch::CronJob {
    batch::CronJob {
        metadata: context.metadata(context.name()),
        spec: Some(batch::CronJobSpec {
            concurrency_policy: Some("Forbid".to_owned()),
            failed_jobs_history_limit: Some(3),
            job_template: batch::JobTemplateSpec {
                spec: Some(job_spec(template, timeout.map_or(3600, Duration::seconds), retries.unwrap_or(2))),
                ..Default::default()
            },
            schedule: schedule.to_string(),
            successful_jobs_history_limit: Some(1),
            time_zone: Some("Etc/UTC".to_owned()),
            ..Default::default()
        }),
        ..Default::default()
    }
}
