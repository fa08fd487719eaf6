//! Room for recursion: what nests as deep as its input says runs on a stack that grows.

use std::cell::Cell;

/// How deep any stack carries the recursion. To find out how much is left of one takes a thread longer than a small
/// chart takes to parse, and most of them never nest that deep.
const CARRIED: usize = 16;

thread_local! {
    static DEPTH: Cell<usize> = const { Cell::new(0) };
}

/// One level of the recursion, while it lasts.
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
