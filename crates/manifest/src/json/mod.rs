//! JSON as Go's `encoding/json` writes and reads it, with integers kept exact.

pub(crate) mod number;
mod read;
mod write;

pub use read::{Error, read};
pub use write::{write, write_pretty, write_raw};
