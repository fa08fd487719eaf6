//! Custom resources that components author: only the fields that are written, under the names that their
//! operators read. Foreign objects never pass through these types.

mod application;
mod certificate;
mod external_secret;
mod issuer;
mod postgresql;
mod service_monitor;

pub use application::{
    AppProject, AppProjectSpec, Application, ApplicationSet, ApplicationSetSpec, ApplicationSpec,
    ApplicationTemplate, Automated, Backoff, Destination, Directory, Generator, GroupKind, ListGenerator,
    MatchExpression, ProjectRole, Retry, RollingStep, RollingSync, Source, Strategy, SyncPolicy,
    TemplateMetadata,
};
pub use certificate::{Certificate, CertificateSpec, IssuerReference};
pub use external_secret::{
    ExternalSecret, ExternalSecretSpec, RemoteReference, SecretData, SecretTarget, SecretTemplate,
    StoreReference,
};
pub use issuer::{Issuer, IssuerSpec};
pub use postgresql::{Postgresql, PostgresqlSpec, PostgresqlVersion, PostgresqlVolume};
pub use service_monitor::{MonitorEndpoint, ServiceMonitor, ServiceMonitorSpec};

use aqueduct_manifest::Object;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::Serialize;

use crate::Error;

/// A custom resource with its spec.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Resource<'a, S> {
    api_version: &'static str,
    kind: &'static str,
    metadata: &'a ObjectMeta,
    spec: &'a S,
}

/// Returns the object of a custom resource.
fn object<S: Serialize>(
    api_version: &'static str,
    kind: &'static str,
    metadata: &ObjectMeta,
    spec: &S,
) -> Result<Object, Error> {
    Object::from_typed(&Resource { api_version, kind, metadata, spec })
        .map_err(|error| Error::field("", format!("{kind}: {error}")))
}

/// Declares the conversion of a custom resource into an object.
macro_rules! custom_resource {
    ($type:ident, $api_version:literal, $kind:literal) => {
        impl $type {
            /// The API group and version.
            pub const API_VERSION: &'static str = $api_version;

            /// Returns the object.
            ///
            /// # Errors
            /// A field that has no place in a manifest.
            pub fn object(&self) -> Result<aqueduct_manifest::Object, crate::Error> {
                super::object($api_version, $kind, &self.metadata, &self.spec)
            }
        }
    };
}
use custom_resource;
