//! The API server of one version, and its answers.

use std::ops::RangeInclusive;

use aqueduct_manifest::{KUBERNETES_APIS, KubernetesApi, Value, closest};

use crate::cause::Cause;
use crate::field::Field;
use crate::report::Report;
use crate::rules;
use crate::schema::decode::{Write, decode};
use crate::schema::field_type::FieldType;
use crate::schema::{FIRST, LAST, Schemas, is_built_in};

/// The API server of one minor version of Kubernetes.
pub struct Server {
    minor: u32,
    schemas: &'static Schemas,
}

/// The API server's answer to an object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Response {
    /// Why the object is refused; empty if it is accepted.
    pub errors: Vec<Cause>,
    /// Warnings about an accepted object.
    pub warnings: Vec<Cause>,
    /// Whether the kind is built in. Custom resources are not judged at all.
    pub is_built_in: bool,
}

impl Server {
    /// The minor versions of Kubernetes 1 with known schemas. For other versions, the nearest one is used.
    pub const MINORS: RangeInclusive<u32> = FIRST..=LAST;

    /// Returns the server of Kubernetes `1.minor`.
    pub fn new(minor: u32) -> Self {
        Server { minor, schemas: Schemas::of(minor) }
    }

    /// Returns the minor version of Kubernetes 1.
    pub fn minor(&self) -> u32 {
        self.minor
    }

    /// Returns the server's answer to creating an object.
    pub fn create(&self, object: &Value) -> Response {
        self.answer(object, Write::Create)
    }

    /// Returns the server's answer to a server-side apply of an object that it does not have yet. Unlike a plain create,
    /// this also refuses lists that contain an entry twice.
    pub fn apply(&self, object: &Value) -> Response {
        self.answer(object, Write::Apply)
    }

    fn answer(&self, object: &Value, write: Write) -> Response {
        let mut report = Report::new(self.minor);
        let is_built_in = self.judge(object, write, &mut report);
        Response { errors: report.errors, warnings: report.warnings, is_built_in }
    }

    /// Returns the type of an object of a built-in kind.
    pub fn kind(&self, api_version: &str, kind: &str) -> Option<FieldType> {
        let shape = self.schemas.kind(api_version, kind)?;
        Some(FieldType { schemas: self.schemas, shape })
    }

    fn judge(&self, object: &Value, write: Write, report: &mut Report) -> bool {
        let root = Field::root(object);
        let (api_version, kind) = (root.get("apiVersion"), root.get("kind"));
        let (version, name) = (api_version.text(), kind.text());
        let group = version.split_once('/').map_or("", |(group, _)| group);
        if version.is_empty() || name.is_empty() {
            let missing = if version.is_empty() { &api_version } else { &kind };
            report.required(missing, "");
            return true;
        }
        if !is_built_in(group) {
            return false;
        }
        let mut apis =
            KUBERNETES_APIS.iter().filter(|api| api.version == version && api.kinds.contains(&name));
        let shape =
            self.schemas.kind(version, name).filter(|_| apis.clone().any(|api| api.is_served(self.minor)));
        let Some(shape) = shape else {
            self.not_served(&api_version, version, name, report);
            return true;
        };
        if let Some(api) = apis.find(|api| !api.instead.is_empty()) {
            let (instead, until) = (api.instead, api.until);
            report.warn(
                &api_version,
                format!("{version} {name} is deprecated, unavailable in v1.{until}+; use {instead} {name}"),
            );
        }
        decode(self.schemas, shape, object, write, report);
        if report.errors.is_empty() {
            rules::check(group, name, &root, report);
            let meta = root.get("metadata");
            let version = meta.get("resourceVersion");
            if !version.is_empty() && report.errors.is_empty() {
                report.invalid(&version, "should not be set on objects to be created");
            }
        }
        true
    }

    fn not_served(&self, field: &Field<'_>, version: &str, kind: &str, report: &mut Report) {
        let minor = self.minor;
        let served = |api: &&KubernetesApi| api.kinds.contains(&kind) && api.is_served(minor);
        let mut message = format!("Kubernetes 1.{minor} does not serve kind `{kind}` in `{version}`");
        if let Some(api) = KUBERNETES_APIS.iter().find(served) {
            message.push_str(&format!("; use `{}`", api.version));
        } else if self.schemas.versions_of(kind).any(|known| known == version) {
            message.push_str(" by default; enable it in the API server");
        }
        // A suggestion only helps if the name is unknown everywhere.
        let is_known = KUBERNETES_APIS.iter().any(|api| api.kinds.contains(&kind));
        let near = closest(kind, self.schemas.kinds_of(version)).filter(|_| !is_known);
        if let Some(near) = near {
            message.push_str(&format!("; did you mean `{near}`?"));
        }
        report.decode(field, "NotFound", message);
    }
}
