//! What Argo CD makes of a repository: its Applications, and the objects of their sources.
//!
//! `tree` contains the files and finds the Applications in them; `application_set` generates the others. `source` picks
//! what renders a source: `chart`, `kustomization` or `directory`.

pub(crate) mod application_set;
mod chart;
mod directory;
mod environment;
mod generator;
mod kustomization;
mod parameters;
mod pattern;
pub(crate) mod source;
mod template;
pub(crate) mod tree;
mod values;
