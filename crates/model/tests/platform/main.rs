//! Loads and resolves whole platforms, written as texts.

mod delivery;
mod diagnostics;
mod edit;
mod explain;
mod fixture;
mod resolve;
mod robust;
mod schema;
mod together;
