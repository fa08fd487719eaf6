//! The platform as types: the content of the TOML files, and its meaning.
//!
//! 1. [`load`] reads `platform.toml`, `tenants/` and `blueprints/` into a [`Platform`]: its
//!    [`Environment`]s, [`Tenant`]s with their [`DeclaredComponent`]s, and [`Blueprint`]s.
//! 2. [`resolve`] merges the layers of every component, replaces every `${…}` by its value, and returns one
//!    [`Instance`] for each component of each tenant in each environment.
//! 3. The fields that belong to a component's kind are a [`Node`]; [`Node::read`] turns them into the
//!    kind's own type, built from the value types in [`types`].
//!
//! Both steps report all problems in all files in one run, each with the line to change.

mod blueprint;
mod cloud;
mod component;
mod definitions;
mod delivery;
mod document;
pub mod edit;
mod environment;
mod explain;
mod instance;
mod interpolate;
mod load;
mod names;
mod node;
mod patch;
mod plaintext;
mod platform;
mod read;
mod resolve;
mod review;
pub mod schema;
#[cfg(test)]
mod snapshot;
mod table;
mod tenancy;
mod tenant;
pub mod types;

pub use blueprint::{Blueprint, Parameter, ParameterType};
pub use cloud::{Cloud, LoadBalancerAnnotations};
pub use component::{Adopt, DeclaredComponent, Definition};
pub use delivery::{
    DataRemoval, Delivery, IgnoredDifference, KindPattern, Order, Removal, Retry, SyncOption,
};
pub use document::parse;
pub use environment::{ApiSource, Environment, Infrastructure, NodePool, PricedItem};
pub use explain::{Explanation, Shadowed, explain};
pub use instance::Instance;
pub use load::{LoadedPlatform, load};
pub use names::{Names, short_name};
pub use node::{Content, Layer, Node, Source};
pub use patch::{Patch, PatchAction, PatchTarget};
pub use plaintext::plaintext;
pub use platform::{ArgocdSettings, CheckLevel, Platform, Selection, Services, tenancies};
pub use resolve::{Absence, Fragment, Resolved, absence, resolve};
pub use review::{Claims, PlatformClaims, ReviewSettings};
pub use table::Table;
pub use tenancy::{
    Allowance, ContainerLimits, CpuAndMemory, Isolation, IsolationLevel, NamespaceSettings, Peer,
    PodSecurity, Quota, Tenancy,
};
pub use tenant::Tenant;
