//! Helm charts rendered natively, byte for byte as Helm v4 does.
//!
//! # From a chart to objects
//!
//! A [`Chart`] is read from a folder, a packed file or memory; any number of releases can share it. [`UserValues`]
//! assembles the user's values. [`Prepared`] works out which subcharts take part and which values each chart sees.
//! [`Prepared::render`] runs the templates in an [`Engine`] and returns the documents in installation order, the
//! hooks and the notes.
//!
//! ```
//! use std::sync::Arc;
//!
//! use aqueduct_helm::hosts::Refusing;
//! use aqueduct_helm::{Capabilities, Chart, Engine, Notation, Prepared, Release, UserValues};
//! use aqueduct_manifest::Files;
//!
//! let mut files = Files::new();
//! files.insert("Chart.yaml", "apiVersion: v2\nname: web\nversion: 1.0.0\n".as_bytes());
//! files.insert("values.yaml", "greeting: Hello\n".as_bytes());
//! files.insert("templates/NOTES.txt", "{{ .Release.Name }} says {{ .Values.greeting }}.".as_bytes());
//! files.insert("templates/page.yaml", "apiVersion: v1
//! kind: ConfigMap
//! metadata: {name: {{ .Release.Name }}}
//! data: {text: {{ .Values.greeting | quote }}}
//! ".as_bytes());
//! let chart = Arc::new(Chart::from_files(&files, "")?);
//!
//! let mut values = UserValues::new();
//! values.set("greeting=Ahoy", &Notation::Typed)?;
//!
//! let prepared = Prepared::new(&chart, &values.into_map())?;
//! prepared.validate()?;
//! let release = Release::new("shop", "default");
//! let rendered = prepared
//!     .render(&Engine::new(), &release, &Capabilities::default(), &mut Refusing)
//!     .map_err(|failure| failure.error)?;
//!
//! let objects = rendered.objects()?;
//! assert_eq!((objects[0].kind(), objects[0].name()), ("ConfigMap", "shop"));
//! assert_eq!(rendered.notes.unwrap().to_str(), "shop says Ahoy.");
//! # Ok::<(), aqueduct_helm::Error>(())
//! ```
//!
//! # Custom functions
//!
//! [`Engine::with`] adds a [`Function`](template::Function) made from a closure; the closure's parameters determine
//! the Go types that the function takes. A function that needs the clock, randomness or a cluster must be marked with
//! [`Function::asks`](template::Function::asks). A function without the mark cannot reach the host, so callers that
//! need the same bytes every time can rely on it.
//!
//! ```
//! use aqueduct_helm::Engine;
//! use aqueduct_helm::template::{Asks, Function};
//!
//! let engine = Engine::new().with(Function::typed("shout", |text: String| text.to_uppercase()));
//! assert_eq!(engine.text("{{ shout .name }}", &[("name", "shop".into())])?, "SHOP");
//!
//! let asking = engine.functions().into_iter().filter(|function| function.asks == Asks::Always);
//! assert!(asking.map(|function| function.name).any(|name| name == "randAlphaNum"));
//! # Ok::<(), aqueduct_helm::engine::RenderError>(())
//! ```
//!
//! # The world outside
//!
//! Anything that could make two renders differ comes from a [`Host`](template::Host). [`hosts`] has three: this
//! machine, one that refuses, and one that always gives the same answers.
//!
//! ```
//! use aqueduct_helm::Engine;
//! use aqueduct_helm::hosts::{Fixed, Refusing};
//! use aqueduct_helm::template::Moment;
//!
//! let engine = Engine::new();
//! let text = "{{ now | date \"2006-01-02\" }} {{ randAlpha 5 | len }}";
//! let mut host = Fixed::at(Moment { seconds: 1_700_000_000, nanoseconds: 0 });
//! assert_eq!(engine.text_with(text, &[], &mut host)?, "2023-11-14 5");
//! let error = engine.text_with(text, &[], &mut Refusing).expect_err("the host has no clock");
//! assert!(error.to_string().contains("`now` gives a different result each time"));
//! # Ok::<(), aqueduct_helm::engine::RenderError>(())
//! ```
//!
//! # Which template wrote a line
//!
//! An engine with [tracing](Engine::tracing) records which templates wrote each line and each value of a document,
//! even through `include`, `tpl`, `nindent` and similar functions. See [`RenderedRelease::writers`] and
//! [`RenderedRelease::writers_of`].
//!
//! # Bounds
//!
//! [`Limits`](template::Limits) bound a render in steps, which take roughly equal time, and in bytes. Charts, schemas
//! and values are bounded as well, so a hostile chart ends in an error.

mod capabilities;
mod chart;
mod decode;
mod dependencies;
pub mod engine;
mod error;
mod files;
pub mod functions;
pub mod hosts;
mod manifests;
mod methods;
mod part;
mod pattern;
mod release;
mod schema;
mod scope;
mod stack;
pub mod template;
pub mod value;
mod values;

pub use capabilities::{Capabilities, KubeVersion};
pub use chart::{Chart, Dependency, File, Maintainer, Metadata, reason, unpack};
pub use engine::Engine;
pub use error::Error;
pub use manifests::{Hook, HookEvent, Manifest, documents};
pub use pattern::{BadPattern, Pattern};
pub use release::{
    CustomResourceDefinitions, Prepared, ReleaseError, RenderedRelease, check_installable, release_name,
};
pub use scope::Release;
pub use values::{Notation, UserValues, read_values};
