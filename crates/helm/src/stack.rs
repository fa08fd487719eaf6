//! Room for recursion: what nests as deep as its input says runs on a stack that grows.

/// Runs something that may nest deeply.
pub(crate) fn deepen<T>(work: impl FnOnce() -> T) -> T {
    stacker::maybe_grow(512 * 1024, 4 * 1024 * 1024, work)
}
