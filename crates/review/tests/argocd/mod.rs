//! What Argo CD makes of a repository: which Applications there are, and the objects of each of their sources.
//!
//! `tree` holds the files and finds the Applications among them, `application_set` makes the others; `source` picks what
//! renders a source: `chart`, `kustomization` or `directory`.

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
