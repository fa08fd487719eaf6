//! The stock kinds: one file each, its doc comment its reference page.
//!
//! They use the public interface that a kind of your own uses, and nothing else.

mod alertmanager;
mod argocd;
mod backup;
mod chart;
mod config;
mod cron_job;
mod daemon;
mod elasticsearch;
mod etcd;
mod fluent_bit;
mod grafana;
mod ingress_nginx;
mod job;
mod kibana;
mod kube_state_metrics;
mod kustomization;
mod loki;
mod manifests;
mod node_exporter;
mod postgres;
mod prometheus;
mod promtail;
mod redis;
mod secret;
mod service;
mod stateful;
mod template;
mod values;
mod worker;

pub use alertmanager::Alertmanager;
pub use argocd::Argocd;
pub use backup::Backup;
pub use chart::Chart;
pub use config::Config;
pub use cron_job::CronJob;
pub use daemon::Daemon;
pub use elasticsearch::Elasticsearch;
pub use etcd::Etcd;
pub use fluent_bit::FluentBit;
pub use grafana::Grafana;
pub use ingress_nginx::IngressNginx;
pub use job::Job;
pub use kibana::Kibana;
pub use kube_state_metrics::KubeStateMetrics;
pub use kustomization::Kustomization;
pub use loki::Loki;
pub use manifests::Manifests;
pub use node_exporter::NodeExporter;
pub use postgres::Postgres;
pub use prometheus::Prometheus;
pub use promtail::Promtail;
pub use redis::Redis;
pub use secret::Secret;
pub use service::Service;
pub use stateful::Stateful;
pub use template::Template;
pub use worker::Worker;

use crate::Kind;

/// Returns all stock kinds by name.
pub fn all() -> Vec<Kind> {
    vec![
        Kind::of::<Alertmanager>(),
        Kind::of::<Argocd>(),
        Kind::of::<Backup>(),
        Kind::of::<Chart>(),
        Kind::of::<Config>(),
        Kind::of::<CronJob>(),
        Kind::of::<Daemon>(),
        Kind::of::<Elasticsearch>(),
        Kind::of::<Etcd>(),
        Kind::of::<FluentBit>(),
        Kind::of::<Grafana>(),
        Kind::of::<IngressNginx>(),
        Kind::of::<Job>(),
        Kind::of::<Kibana>(),
        Kind::of::<KubeStateMetrics>(),
        Kind::of::<Kustomization>(),
        Kind::of::<Loki>(),
        Kind::of::<Manifests>(),
        Kind::of::<NodeExporter>(),
        Kind::of::<Postgres>(),
        Kind::of::<Prometheus>(),
        Kind::of::<Promtail>(),
        Kind::of::<Redis>(),
        Kind::of::<Secret>(),
        Kind::of::<Service>(),
        Kind::of::<Stateful>(),
        Kind::of::<Template>(),
        Kind::of::<Worker>(),
    ]
}

/// Returns a value that a stock kind writes as a literal.
pub(crate) fn constant<T: std::str::FromStr>(text: &str) -> T {
    text.parse().ok().expect("the literals of stock kinds are valid, as their tests show")
}
