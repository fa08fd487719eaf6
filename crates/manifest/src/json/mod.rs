//! JSON as Go's `encoding/json` writes and reads it, with integers kept exact.

mod kind;
mod read;
mod write;

pub use kind::{kind, mismatch};
pub use read::{Error, read, read_bytes};
pub use write::{indented, write, write_pretty, write_raw};
