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
pub use chart::Chart;
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

use aqueduct_render::Kind;

/// Returns all kinds by name.
pub fn all() -> Vec<Kind> {
    vec![
        Kind::of::<Backup>(),
        Kind::of::<Chart>(),
        Kind::of::<Config>(),
        Kind::of::<CronJob>(),
        Kind::of::<Daemon>(),
        Kind::of::<Elasticsearch>(),
        Kind::of::<Etcd>(),
        Kind::of::<Job>(),
        Kind::of::<Kustomization>(),
        Kind::of::<Manifests>(),
        Kind::of::<Postgres>(),
        Kind::of::<Redis>(),
        Kind::of::<Secret>(),
        Kind::of::<Service>(),
        Kind::of::<Stateful>(),
        Kind::of::<Template>(),
        Kind::of::<Worker>(),
    ]
}

/// Parses a literal in a kind's code.
///
/// # Panics
/// Panics if the literal is not a valid value of the type.
pub fn constant<T: std::str::FromStr>(text: &str) -> T {
    text.parse().ok().expect("the literals of a kind are valid, as its tests show")
}
