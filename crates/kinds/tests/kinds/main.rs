//! What the kinds render, and what they reject.

#[path = "../rendering/mod.rs"]
mod rendering;
mod shop;

mod charts;
mod clouds;
mod fields;
mod foreign;
mod programs;
mod settings;
mod stores;
mod tenancy;
mod written;

use aqueduct_render::Registry;

fn registry() -> Registry {
    aqueduct_kinds::all().into_iter().collect()
}
