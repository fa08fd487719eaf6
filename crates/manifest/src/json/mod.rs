//! JSON as read and written by Go's `encoding/json`, with exact integers.

mod kind;
mod read;
mod write;

pub use kind::{kind, mismatch};
pub use read::{Error, read, read_bytes};
pub use write::{indented, write, write_pretty, write_raw};
