//! Custom resources that components create: only the fields that they set, with the names that the operators read.
//! Foreign objects never pass through these types.

mod certificate;
mod external_secret;
mod issuer;
mod postgresql;
mod service_monitor;

pub use certificate::{Certificate, CertificateSpec, IssuerReference};
pub use external_secret::{
    ExternalSecret, ExternalSecretSpec, RemoteReference, SecretData, SecretTarget, SecretTemplate,
    StoreReference,
};
pub use issuer::{Issuer, IssuerSpec};
pub use postgresql::{Postgresql, PostgresqlSpec, PostgresqlVersion, PostgresqlVolume};
pub use service_monitor::{MonitorEndpoint, ServiceMonitor, ServiceMonitorSpec};
