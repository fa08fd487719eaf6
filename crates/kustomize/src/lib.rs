//! Kustomizations built natively, byte for byte as Kustomize 5.8 does.
//!
//! [`build`] turns a folder into objects, and [`to_yaml`] prints them as `kustomize build` does:
//!
//! ```
//! use aqueduct_kustomize::{Options, build, to_yaml};
//! use aqueduct_manifest::Files;
//!
//! let files: Files = [
//!     ("base/kustomization.yaml", "resources: [map.yaml]\n"),
//!     ("base/map.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\n"),
//!     ("shop/kustomization.yaml", "resources: [../base]\nnamePrefix: shop-\nnamespace: shop\n"),
//! ]
//! .map(|(path, text)| (path, text.as_bytes()))
//! .into_iter()
//! .collect();
//!
//! let built = build(&files, "shop", &Options::default())?;
//! assert_eq!(
//!     to_yaml(&built.objects)?,
//!     "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: shop-settings\n  namespace: shop\n"
//! );
//! # Ok::<(), aqueduct_kustomize::Error>(())
//! ```
//!
//! # Which files are read
//!
//! All files come from a [`FileSystem`]: [`Files`](aqueduct_manifest::Files) in memory, the [`Disk`], or your own
//! implementation. A kustomization reads only from its own folder and those below it, unless [`LoadRestrictor::None`]
//! is set.
//!
//! A build fetches nothing and runs nothing: copies of remotes come from [`Remotes`], charts from a
//! [`ChartInflator`], and functions in containers or programs are refused. [`inventory`] lists what has to be present
//! before a build:
//!
//! ```
//! use aqueduct_kustomize::{Meaning, inventory};
//! use aqueduct_manifest::Files;
//!
//! let mut files = Files::new();
//! files.insert("app/kustomization.yaml", b"resources:\n- a.yaml\n- github.com/org/repo?ref=v1\n".as_slice());
//! files.insert("app/a.yaml", b"".as_slice());
//! let found = inventory(&files, "app")?;
//! assert!(found.files.contains("app/a.yaml"));
//! let remote = found.remotes.first().expect("there is one remote");
//! assert_eq!((remote.meaning, remote.spot()), (Meaning::Repository, "app/kustomization.yaml:3:3".to_owned()));
//! # Ok::<(), aqueduct_kustomize::Error>(())
//! ```
//!
//! # What changed a resource
//!
//! With [`Options::trace`], each object has a [`Trace`]: the file and line that it comes from, and what later changed
//! each of its values.
//!
//! ```
//! use aqueduct_kustomize::{Options, build};
//! use aqueduct_manifest::Files;
//!
//! let mut files = Files::new();
//! files.insert("app/kustomization.yaml", b"resources: [a.yaml]\nnamePrefix: p-\n".as_slice());
//! files.insert("app/a.yaml", b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n".as_slice());
//! let built = build(&files, "app", &Options { trace: true, ..Options::default() })?;
//! assert_eq!(&*built.traces[0].source.place.file, "app/a.yaml");
//! let change = built.traces[0].of("/metadata/name").next().expect("it was changed");
//! assert_eq!((change.cause.step.as_str(), &*change.cause.place.file), ("PrefixTransformer", "app/kustomization.yaml"));
//! # Ok::<(), aqueduct_kustomize::Error>(())
//! ```
//!
//! # What is refused
//!
//! An [`Error`] is one message that leads from the outermost kustomization to the cause. [`Error::hint`] says what to
//! do, and [`Error::located`] gives the place of the cause, if known. Work that would grow quadratically or faster is
//! either done in linear time or refused.
//!
//! # How a build works
//!
//! A loader reads the kustomization and the files that it refers to. A target collects resources and runs generators,
//! components and transformers, one kustomization at a time from the innermost outwards. Finally, once for all
//! resources, generated names get their hashes, references to renamed resources are updated, variables are replaced,
//! and the result is sorted.

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
mod mistyped;
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
pub use chart::{ChartInflator, ChartProblem, ChartRequest};
pub use error::Error;
pub use file_system::{Disk, FileSystem};
pub use inventory::{Inventory, Meaning, RemoteName, holds_resources, inventory};
pub use options::{LoadRestrictor, Options, Reorder};
pub use remote::{MissingCopy, RemoteCopy, Remotes};
pub use repository::RemoteFolder;
pub use trace::{BuildStep, Trace, ValueChange};
