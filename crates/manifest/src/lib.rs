//! Kubernetes YAML as data: read like Kubernetes, and written byte for byte like `sigs.k8s.io/yaml`.
//!
//! Everything that Aqueduct reads or writes passes through this crate. It depends on no other crate of the workspace
//! and uses no clock, environment variables or network. Depth, size and time are bounded for any input.
//!
//! | to | see |
//! |---|---|
//! | read and write YAML | [`yaml`], and [`json`] for its JSON |
//! | represent any value | [`Value`], [`Map`], [`List`] |
//! | represent a resource | [`Object`], [`ObjectKey`] |
//! | convert to and from typed structs | [`to_value`], [`from_value`] |
//! | change objects | [`patch`] |
//! | calculate with amounts | [`Quantity`] |
//! | read a folder once | [`Files`] |
//! | report problems and their places | [`Diagnostic`], [`Place`] |
//! | compare texts by line | [`line_diff`] |
//! | recognise secrets | [`secret`] |
//! | check names and labels | [`is_dns_label`], [`is_label_key`] |
//! | print floats and hashes like the tools of Kubernetes | [`float`], [`struct@Hash`] |
//! | look up the APIs of Kubernetes | [`KUBERNETES_APIS`] |
//!
//! # Reading and writing
//!
//! A text has the same meaning as for kubectl: YAML 1.1 with its booleans and octal numbers, where the last of
//! several equal keys counts. Each value is written in exactly one form, with sorted keys, and with quotes only where
//! needed.
//!
//! ```
//! use aqueduct_manifest::{Value, yaml};
//!
//! let value = yaml::read("{on: yes, mode: 0644, version: '1.10', list: [a]}")?;
//! assert_eq!(value.get("mode"), Some(&Value::Int(420)));
//! assert_eq!(yaml::write(&value), "list:\n- a\nmode: 420\n\"true\": true\nversion: \"1.10\"\n");
//! # Ok::<(), yaml::Error>(())
//! ```
//!
//! Kustomize follows the rules of YAML 1.2; [`yaml::Dialect`] chooses between the two.
//!
//! ```
//! use aqueduct_manifest::{Value, yaml};
//!
//! let values = yaml::read_values("on: yes", yaml::Dialect::Kyaml)?;
//! assert_eq!(values[0].get("on"), Some(&Value::from("yes")));
//! # Ok::<(), yaml::Error>(())
//! ```
//!
//! # Places
//!
//! [`yaml::read_documents`] also returns the places of all keys and values, computed on demand.
//!
//! ```
//! use aqueduct_manifest::yaml::{self, Dialect, Step};
//!
//! let documents = yaml::read_documents("a: 1\n---\nspec:\n  ports:\n  - 80\n", Dialect::Sigs)?;
//! let port = documents[1].spans.value(&[Step::Key("spec"), Step::Key("ports"), Step::Index(0)]);
//! assert_eq!(port.map(|port| (port.line, port.column)), Some((5, 5)));
//! # Ok::<(), yaml::Error>(())
//! ```
//!
//! Errors contain their place:
//!
//! ```
//! use aqueduct_manifest::yaml;
//!
//! let error = yaml::read("a: [1,\nb: 2").expect_err("the list has no end");
//! assert!(error.to_string().contains("line 2"), "{error}");
//! ```
//!
//! # Objects
//!
//! ```
//! use aqueduct_manifest::{Object, Value, yaml};
//!
//! let Value::Map(map) = yaml::read("{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}}")? else {
//!     unreachable!("the text is a map");
//! };
//! let mut object = Object::new(map);
//! assert_eq!((object.group(), object.version(), object.name()), ("apps", "v1", "web"));
//! object.metadata_mut().map_entry("labels").insert("app", "web");
//! assert_eq!(object.at(&["metadata", "labels", "app"]), Some(&Value::from("web")));
//! # Ok::<(), yaml::Error>(())
//! ```
//!
//! # Patches
//!
//! Strategic merge patches and JSON patches work as in Kustomize 5.8, and errors contain the affected element.
//!
//! ```
//! use aqueduct_manifest::patch::{self, MergeContext, Outcome};
//! use aqueduct_manifest::yaml;
//!
//! let pod = |container: &str| yaml::read(&format!("{{apiVersion: v1, kind: Pod, spec: {{containers: [{container}]}}}}"));
//! let target = pod("{name: web, image: web:1}")?;
//!
//! let merged = patch::strategic_merge(&target, &pod("{name: web, image: web:2}")?, &MergeContext::kubernetes());
//! assert_eq!(merged, Ok(Outcome::Changed(pod("{name: web, image: web:2}")?)));
//!
//! let failed = patch::strategic_merge(&target, &pod("{name: web, image: []}")?, &MergeContext::kubernetes());
//! let message = failed.expect_err("a list is no image").to_string();
//! assert!(message.starts_with("field `spec.containers[name=web].image`"), "{message}");
//!
//! let mut changed = target.clone();
//! let operations = patch::read_operations("- {op: replace, path: /spec/containers/0/image, value: 'web:3'}")
//!     .expect("it is a list of operations");
//! patch::json6902(&mut changed, &operations).expect("the path is there");
//! assert_eq!(changed, pod("{name: web, image: web:3}")?);
//! # Ok::<(), yaml::Error>(())
//! ```
//!
//! # Amounts and files
//!
//! ```
//! use aqueduct_manifest::{Files, Quantity, Value};
//!
//! let read = |text: &str| Quantity::read(&Value::from(text));
//! assert_eq!(read("1Gi"), Some(Quantity::bytes(1 << 30)));
//! assert_eq!(read("500m"), Some(Quantity::millis(500)));
//! assert_eq!(read("lots"), None);
//!
//! let files: Files = [("a/b.yaml", b"x: 1\n".to_vec())].into_iter().collect();
//! assert_eq!((files.text("a/b.yaml"), files.is_folder("a")), (Some("x: 1\n"), true));
//! ```

mod apis;
mod deserialize;
mod diagnostic;
mod files;
pub mod float;
mod hash;
pub mod json;
mod label_selector;
mod line_diff;
mod list_defaults;
mod names;
mod object;
pub mod patch;
mod place;
mod pointer;
mod quantity;
mod scope;
pub mod secret;
mod serialize;
mod value;
pub mod yaml;

pub use apis::{KUBERNETES_APIS, KubernetesApi, plural};
pub use deserialize::from_value;
pub use diagnostic::{Diagnostic, Label, Severity, closest};
pub use files::{FileError, Files};
pub use hash::{Hash, hex};
pub use label_selector::LabelSelector;
pub use line_diff::{Hunk, Sign, line_diff};
pub use list_defaults::list_defaults;
pub use names::{is_dns_label, is_dns_subdomain, is_label_key, is_label_name};
pub use object::{Object, ObjectKey, PodTemplate};
pub use place::{Lines, Place, Position, Span};
pub use pointer::Pointer;
pub use quantity::{NoQuantity, Quantity};
pub use scope::{is_cluster_scoped, is_native};
pub use serialize::to_value;
pub use smol_str::{SmolStr, format_smolstr};
pub use value::{List, Map, MapIter, Value};
