//! Whole platforms, written as texts: what loading and resolving make of them.

mod diagnostics;
mod fixture;
mod resolve;
