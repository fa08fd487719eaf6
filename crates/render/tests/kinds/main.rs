//! What the stock kinds render, and what they refuse.

#[path = "../rendering/mod.rs"]
mod rendering;
mod shop;

mod charts;
mod clouds;
mod delivery;
mod fields;
mod foreign;
mod installs;
mod observability;
