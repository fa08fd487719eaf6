//! What a change of manifests does: which objects and fields change, and what that does in a cluster.
//!
//! 1. [`review`] takes two sets of objects. It pairs them by group, kind, namespace and name, finds renamed objects, and lists
//!    the fields that differ. [`patch`] makes the new value from the old one and its differences.
//! 2. Each change is judged: what a server stores after the new manifest is written over the old one, what it refuses,
//!    whether pods are recreated, and which other effects it has. Each effect is a [`Consequence`].
//! 3. [`fold`] merges what is the same in many places. [`print`](mod@print) writes it as text, or everything as JSON.
//!
//! The old manifests are assumed to be in the cluster, written by the same field manager as the new ones.

mod chain;
mod claim;
mod compare;
mod consequence;
mod delivery;
mod demand;
mod diff;
mod embedded;
mod endpoints;
mod fold;
mod html;
mod image;
mod judge;
mod normal;
mod path;
pub mod print;
mod promotion;
mod rename;
mod roles;
mod rollout;
mod traffic;
mod update;
mod write;

pub use claim::{Claim, ClaimSubject, Judged, What};
pub use compare::{Change, Fate, Review, review};
pub use consequence::{Consequence, Effect};
pub use demand::{Demand, Growth};
pub use diff::{Edit, FieldChange, differences, patch};
pub use embedded::{Inside, inside};
pub use fold::{Edits, Folded, Named, Noise, counts, fold};
pub use html::html;
pub use path::{Path, PathStep};
pub use rollout::RolloutSteps;
pub use traffic::selected;
pub use write::Apply;
