//! Whole platforms, written as texts: what loading and resolving make of them.

mod delivery;
mod diagnostics;
mod edit;
mod explain;
mod fixture;
mod resolve;
mod robust;
mod schema;
mod together;
