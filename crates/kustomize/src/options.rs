//! The caller's options for a build.

use crate::chart::ChartInflator;
use crate::remote::Remotes;

/// How a kustomization is built.
#[derive(Clone, Copy, Default)]
pub struct Options<'a> {
    /// Which files a kustomization may refer to.
    pub load_restrictor: LoadRestrictor,
    /// The order of the output, if the kustomization does not set it.
    pub reorder: Reorder,
    /// Whether to render charts; otherwise a kustomization with charts is refused.
    pub enable_helm: bool,
    /// Whether every resource gets the label `app.kubernetes.io/managed-by`.
    pub managed_by_label: bool,
    /// Whether to record where each resource comes from and what changed it.
    pub trace: bool,
    /// Where to find copies of remote bases and files.
    pub remotes: Option<&'a dyn Remotes>,
    /// The chart renderer.
    pub charts: Option<&'a dyn ChartInflator>,
}

/// Which files a kustomization may refer to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LoadRestrictor {
    /// Files in or below its own folder, with links resolved.
    #[default]
    RootOnly,
    /// Any files.
    None,
}

/// The order of the output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reorder {
    /// Like [`Reorder::Legacy`], but not explicitly requested.
    #[default]
    Unspecified,
    /// In the order in which the resources were loaded.
    None,
    /// By kind: namespaces first, webhooks last.
    Legacy,
}
