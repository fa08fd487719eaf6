//! Bounds of a render, so that a hostile chart cannot run on.

/// How far a render may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The bytes that all templates together may write, those of `include` counted each time.
    pub output: usize,
    /// The steps that all templates together may take; what functions read and make counts as steps as well.
    pub steps: u64,
    /// The bytes that one text may have.
    pub text: usize,
    /// How deep `include` and `tpl` may nest, whatever they name. Helm ends a name at 1,000, so two that call each other
    /// at 2,000.
    pub nesting: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { output: 1 << 28, steps: 20_000_000, text: 1 << 25, nesting: 2_100 }
    }
}
