//! Bounds of a render, so that a hostile chart cannot run forever.

/// How far a render may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The bytes that all templates together may write; output of `include` counts each time.
    pub output: usize,
    /// The steps that all templates together may take; what functions read and produce counts as steps too.
    pub steps: u64,
    /// The bytes that a single string may have.
    pub text: usize,
    /// How deep `include` and `tpl` may nest in total. Helm limits each name to 1,000, so two templates that call
    /// each other end at 2,000.
    pub nesting: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { output: 1 << 28, steps: 20_000_000, text: 1 << 25, nesting: 2_100 }
    }
}
