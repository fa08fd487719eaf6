//! Opinionated platform add-ons with pinned versions. Each is one file, and its doc comment is its reference page.
//!
//! They build on the kinds of `aqueduct-kinds` and use nothing that your own kinds could not use too.

mod alertmanager;
mod argocd;
mod fluent_bit;
mod grafana;
mod ingress_nginx;
mod kibana;
mod kube_state_metrics;
mod loki;
mod node_exporter;
mod prometheus;
mod promtail;
mod values;

pub use alertmanager::Alertmanager;
pub use argocd::{APPLICATION_HEALTH, Argocd};
pub use fluent_bit::FluentBit;
pub use grafana::Grafana;
pub use ingress_nginx::IngressNginx;
pub use kibana::Kibana;
pub use kube_state_metrics::KubeStateMetrics;
pub use loki::Loki;
pub use node_exporter::NodeExporter;
pub use prometheus::Prometheus;
pub use promtail::Promtail;

use aqueduct_render::RegisteredKind;

/// Returns all kinds of the catalogue by name.
pub fn all() -> Vec<RegisteredKind> {
    vec![
        RegisteredKind::of::<Alertmanager>(),
        RegisteredKind::of::<Argocd>(),
        RegisteredKind::of::<FluentBit>(),
        RegisteredKind::of::<Grafana>(),
        RegisteredKind::of::<IngressNginx>(),
        RegisteredKind::of::<Kibana>(),
        RegisteredKind::of::<KubeStateMetrics>(),
        RegisteredKind::of::<Loki>(),
        RegisteredKind::of::<NodeExporter>(),
        RegisteredKind::of::<Prometheus>(),
        RegisteredKind::of::<Promtail>(),
    ]
}
