//! Room for recursion: work that nests as deeply as its input runs on a stack that grows.

use std::cell::Cell;

/// How deep any stack carries the recursion. Asking a thread how much stack is left takes longer than parsing a small
/// chart, and most charts never nest that deep.
const CARRIED: usize = 16;

thread_local! {
    static DEPTH: Cell<usize> = const { Cell::new(0) };
}

/// One level of recursion; dropping it leaves the level.
struct Level;

impl Drop for Level {
    fn drop(&mut self) {
        DEPTH.set(DEPTH.get() - 1);
    }
}

/// Runs something that may nest deeply.
pub(crate) fn deepen<T>(work: impl FnOnce() -> T) -> T {
    let depth = DEPTH.get();
    DEPTH.set(depth + 1);
    let _level = Level;
    if depth < CARRIED { work() } else { stacker::maybe_grow(512 * 1024, 4 * 1024 * 1024, work) }
}
