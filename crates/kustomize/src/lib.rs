//! Kustomizations built natively, byte for byte as Kustomize 5.8 does.
//!
//! [`build`] goes these steps: a loader reads the kustomization and whatever it names, through a
//! [`FileSystem`] and within its own folder; a target collects resources, runs generators, components
//! and transformers, kustomization by kustomization from the innermost one out; then, once and over
//! everything, names get their hashes, references to renamed resources are repaired, variables are
//! replaced, and the result is sorted. [`to_yaml`] prints it.
//!
//! Nothing is fetched and nothing is run: copies of remotes come from [`Remotes`], charts from
//! [`ChartInflator`], and functions in containers or programs are refused. Which remotes there are to be
//! copied, [`inventory`] says.

mod accumulator;
mod build;
mod chart;
mod config;
mod configurations;
mod crd;
mod decode;
mod defaults;
mod error;
mod field;
mod field_spec;
mod file_system;
mod generate;
mod id;
mod inventory;
mod kustomization;
mod loader;
mod options;
mod origin;
mod path;
mod plugin;
mod rank;
mod read;
mod remote;
mod repository;
mod resource;
mod resources;
mod schemas;
mod selector;
mod shares;
mod step;
mod target;
mod text;
mod trace;
mod transform;

pub use build::{Build, build, file_names, to_yaml};
pub use chart::{ChartInflator, ChartRequest};
pub use error::Error;
pub use file_system::{Disk, FileSystem};
pub use inventory::{Inventory, Meaning, RemoteName, holds_resources, inventory};
pub use options::{LoadRestrictor, Options, Reorder};
pub use remote::{MissingCopy, RemoteCopy, Remotes};
pub use repository::Repository;
pub use trace::{Cause, Change, Trace};
