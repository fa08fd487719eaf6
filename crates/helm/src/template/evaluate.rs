//! Runs a parsed template.

use super::Host;

/// Why a template could not be run.
#[derive(Clone, Debug)]
pub struct ExecutionError {}

/// The state of one render.
pub(crate) struct Evaluator<'run> {
    pub(super) host: &'run mut dyn Host,
}
