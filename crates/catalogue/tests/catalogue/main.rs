//! What the kinds of the catalogue render, what they reject, and how they find each other.

#[path = "../../../kinds/tests/rendering/mod.rs"]
mod rendering;
#[path = "../../../kinds/tests/kinds/shop.rs"]
mod shop;

mod delivery;
mod installs;
mod observability;

use aqueduct_render::Registry;

fn registry() -> Registry {
    aqueduct_kinds::all().into_iter().chain(aqueduct_catalogue::all()).collect()
}
