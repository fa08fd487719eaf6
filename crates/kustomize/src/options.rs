//! How a kustomization is built, where the caller has a say.

use crate::chart::ChartInflator;
use crate::remote::Remotes;

/// How a kustomization is built.
#[derive(Clone, Copy, Default)]
pub struct Options<'a> {
    /// What files a kustomization may name.
    pub load_restrictor: LoadRestrictor,
    /// The order of the output, where the kustomization itself does not say.
    pub reorder: Reorder,
    /// Whether charts are rendered; a kustomization with charts is refused otherwise.
    pub enable_helm: bool,
    /// Whether everything gets the label `app.kubernetes.io/managed-by`.
    pub managed_by_label: bool,
    /// Whether it is noted where each resource comes from and what changed it.
    pub trace: bool,
    /// Where remote bases and files were put.
    pub remotes: Option<&'a dyn Remotes>,
    /// What renders charts.
    pub charts: Option<&'a dyn ChartInflator>,
}

/// What files a kustomization may name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LoadRestrictor {
    /// Files in or below its own folder, links resolved.
    #[default]
    RootOnly,
    /// Any files.
    None,
}

/// The order of the output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reorder {
    /// As [`Reorder::Legacy`], without anybody having asked for it.
    #[default]
    Unspecified,
    /// As the resources were loaded.
    None,
    /// By kind: namespaces first, webhooks last.
    Legacy,
}
