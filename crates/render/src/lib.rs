//! Instances in, objects out.
//!
//! 1. [`Registry`] knows the kinds and reads an instance's fields into a typed [`Component`].
//! 2. [`Graph`] connects the components of an environment: what each one offers, and what each one needs.
//! 3. Each component renders its own objects with a [`Context`], which has all the information that it may use. The
//!    wave in which it may start follows from its links and from the webhooks that admit its objects.
//! 4. [`tenancy`] adds the tenant's own objects, and [`argocd`] the objects that deliver the tree.
//! 5. [`normalise`](mod@normalise) gives every object its namespace and labels.
//!
//! This crate contains no kinds: the caller fills a [`Registry`] with those that a platform may use.

mod alone;
pub mod application;
pub mod argocd;
mod authored;
mod component;
mod context;
mod data;
mod definitions;
mod differences;
mod graph;
mod inputs;
mod needs;
pub mod normalise;
mod offer;
mod order;
mod owned;
mod patches;
mod render;
mod scope;
mod selected;
pub mod tenancy;
mod wave;

pub use alone::{Surroundings, render_alone, writers};
pub use authored::{CustomResource, object};
pub use component::{
    AnyComponent, Component, Error, Errors, FieldWriter, Horizon, RegisteredKind, Registry, SourceName,
    Writers,
};
pub use context::{Context, Neighbour, Site, application_name, digest, not_a_source};
pub use definitions::{Definitions, is_address, path as path_of_platform};
pub use graph::{Graph, GraphNode, Route};
pub use inputs::{GatheredChart, Inputs, Problem};
pub use offer::{
    Credential, Credentials, Endpoint, Link, MetricsOffer, Offer, Outside, PodGroup, Pods, Target,
};
pub use render::{Outline, RenderedComponent, RenderedObjects, TENANCY, render};
pub use scope::{Scope, Scopes};
