//! The general kinds of components: programs, configuration, secrets, data stores, and third-party packages.
//!
//! Each kind is one file, and its doc comment is its reference page. [`workload`] contains the code shared by all
//! kinds with pods, and [`foreign`] the code shared by kinds with foreign manifests. They use nothing that your own
//! kinds could not use too.

mod backup;
mod chart;
mod config;
mod cron_job;
pub mod custom;
mod daemon;
mod elasticsearch;
mod etcd;
pub mod foreign;
mod job;
mod kustomization;
mod manifests;
mod postgres;
mod redis;
mod secret;
mod service;
mod stateful;
mod template;
mod worker;
pub mod workload;

pub use backup::{Backup, Bucket};
pub use chart::ChartRelease;
pub use config::Config;
pub use cron_job::CronJob;
pub use daemon::Daemon;
pub use elasticsearch::{Elasticsearch, READER};
pub use etcd::{Etcd, Storage};
pub use job::Job;
pub use kustomization::Kustomization;
pub use manifests::Manifests;
pub use postgres::Postgres;
pub use redis::Redis;
pub use secret::Secret;
pub use service::Service;
pub use stateful::Stateful;
pub use template::Template;
pub use worker::Worker;

use aqueduct_render::RegisteredKind;

/// Returns all kinds by name.
pub fn all() -> Vec<RegisteredKind> {
    vec![
        RegisteredKind::of::<Backup>(),
        RegisteredKind::of::<ChartRelease>(),
        RegisteredKind::of::<Config>(),
        RegisteredKind::of::<CronJob>(),
        RegisteredKind::of::<Daemon>(),
        RegisteredKind::of::<Elasticsearch>(),
        RegisteredKind::of::<Etcd>(),
        RegisteredKind::of::<Job>(),
        RegisteredKind::of::<Kustomization>(),
        RegisteredKind::of::<Manifests>(),
        RegisteredKind::of::<Postgres>(),
        RegisteredKind::of::<Redis>(),
        RegisteredKind::of::<Secret>(),
        RegisteredKind::of::<Service>(),
        RegisteredKind::of::<Stateful>(),
        RegisteredKind::of::<Template>(),
        RegisteredKind::of::<Worker>(),
    ]
}

/// Parses a literal in a kind's code.
///
/// # Panics
/// Panics if the literal is not a valid value of the type.
pub fn constant<T: std::str::FromStr>(text: &str) -> T {
    text.parse().ok().expect("the literals of a kind are valid, as its tests show")
}
