//! A drawing of a network as SVG: namespaces as bands, workloads in columns from left to right, arrows in between.
//!
//! 1. `picture` decides what is drawn: crowds of workloads instead of single ones, and no arrow between two
//!    unrestricted ends.
//! 2. `layout` assigns each node its column, its position in it, and its coordinates.
//! 3. `svg` writes the text.

mod layout;
mod picture;
mod svg;

use crate::crowd::Ends;
use crate::network::Network;

/// Returns the drawing of the connections from some ends to others.
pub fn svg(network: &Network, from: &Ends, to: &Ends) -> String {
    let picture = picture::Picture::of(network, from, to);
    svg::write(&picture, &layout::Layout::of(&picture))
}
