//! A picture and its layout as the text of an SVG file.

use std::fmt::Write as _;

use super::layout::{LETTERS, LINE, Layout, Rectangle, SLOT, SMALL_LETTER};
use super::picture::{Node, Picture, Side};

/// The colours of arrows, by source node.
const COLOURS: [&str; 8] =
    ["#2563eb", "#c2410c", "#15803d", "#7e22ce", "#0e7490", "#be123c", "#a16207", "#4d5b6e"];

const STYLE: &str = "\
text{font:11px ui-monospace,Menlo,Consolas,monospace;fill:#1f2937}
.ports{font-size:10px;fill:#475569;text-anchor:end}
.behind{fill:#fff;opacity:.8}
.band{fill:#f8fafc;stroke:#cbd5e1}
.namespace{font-weight:bold;fill:#334155}
.node{fill:#fff;stroke:#94a3b8}
.other{fill:#f1f5f9;stroke:#94a3b8}
.closed{stroke:#1e293b;stroke-width:3}
.open{stroke:#f59e0b;stroke-width:3;stroke-dasharray:3 2}
.arrow{fill:none;stroke-width:1.4;opacity:.75}
.arrow:hover{stroke-width:4;opacity:1}
.legend{fill:#64748b}";

/// The height of the legend.
const LEGEND: f64 = 40.0;

/// Writes the file.
pub(super) fn write(picture: &Picture, layout: &Layout) -> String {
    let Layout { width, height, boxes, bands } = layout;
    let (width, whole) = (width.max(620.0), height + LEGEND);
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {whole:.0}\" width=\"{width:.0}\" \
         height=\"{whole:.0}\">\n<style>\n{STYLE}\n</style>\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n"
    );
    for (name, band) in picture.bands.iter().zip(bands) {
        rectangle(&mut text, "band", 8.0, band);
        line(&mut text, "namespace", band.x + 10.0, band.y + 17.0, name);
    }
    for arrow in &picture.arrows {
        let (from, to) = (&picture.nodes[arrow.from], &picture.nodes[arrow.to]);
        let (start, end) = (&boxes[arrow.from], &boxes[arrow.to]);
        let (x1, y1) = (start.x + start.width, start.y + start.height / 2.0);
        let (x2, y2) = (end.x - 6.0, slot_height(to, end, arrow.slot));
        // An arrow that leads back also starts on the right and arrives on the left.
        let bend = ((x2 - x1) / 2.0).clamp(40.0, 160.0);
        let colour = COLOURS[arrow.from % COLOURS.len()];
        let _ = writeln!(
            text,
            "<path class=\"arrow\" stroke=\"{colour}\" d=\"M{x1:.1} {y1:.1}C{:.1} {y1:.1} {:.1} {y2:.1} {x2:.1} {y2:.1}\">\
             <title>{}</title></path>",
            x1 + bend,
            x2 - bend,
            escaped(&format!("{}\n=> {} : {}", from.title, to.title, to.slots[arrow.slot])),
        );
    }
    for (node, place) in picture.nodes.iter().zip(boxes) {
        self::node(&mut text, node, place);
    }
    let legend = [
        "solid side: restricted by policies (left: incoming traffic, right: outgoing traffic); dashed side: everything passes",
        "arrows between two open sides are omitted; policies treat all workloads in one box the same",
    ];
    for (number, words) in legend.iter().enumerate() {
        line(&mut text, "legend", 20.0, height + 8.0 + number as f64 * LINE, words);
    }
    text.push_str("</svg>\n");
    text
}

fn node(text: &mut String, node: &Node, place: &Rectangle) {
    let is_workload = matches!(node.side, Side::Band(_));
    let _ = write!(text, "<g><title>{}</title>", escaped(&node.title));
    rectangle(text, if is_workload { "node" } else { "other" }, 4.0, place);
    let lines = node.lines.len() as f64 * LINE;
    for (number, words) in node.lines.iter().enumerate() {
        let y = place.y + (place.height - lines) / 2.0 + 11.5 + number as f64 * LINE;
        line(text, "name", place.x + 12.0, y, words);
    }
    if is_workload {
        let (top, bottom) = (place.y + 3.0, place.y + place.height - 3.0);
        for (closed, x) in node.closed.into_iter().zip([place.x, place.x + place.width]) {
            let class = if closed { "closed" } else { "open" };
            let _ = write!(text, "<path class=\"{class}\" d=\"M{x:.1} {top:.1}V{bottom:.1}\"/>");
        }
    }
    for (slot, ports) in node.slots.iter().enumerate() {
        let y = slot_height(node, place, slot);
        let x = place.x;
        let _ = write!(text, "<path fill=\"#475569\" d=\"M{:.1} {:.1}l6 4l-6 4z\"/>", x - 7.0, y - 4.0);
        let width = ports.chars().count().min(LETTERS) as f64 * SMALL_LETTER;
        let behind = Rectangle { x: x - 11.0 - width, y: y - 12.0, width: width + 2.0, height: 11.0 };
        rectangle(text, "behind", 2.0, &behind);
        line(text, "ports", x - 10.0, y - 3.0, ports);
    }
    text.push_str("</g>\n");
}

/// Returns the height at which arrows arrive at a slot.
fn slot_height(node: &Node, place: &Rectangle, slot: usize) -> f64 {
    let all = node.slots.len() as f64 * SLOT;
    place.y + (place.height - all) / 2.0 + (slot as f64 + 0.5) * SLOT
}

fn rectangle(text: &mut String, class: &str, round: f64, place: &Rectangle) {
    let Rectangle { x, y, width, height } = place;
    let _ = writeln!(
        text,
        "<rect class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" rx=\"{round}\"/>"
    );
}

/// Writes a line of text, truncated if it does not fit.
fn line(text: &mut String, class: &str, x: f64, y: f64, words: &str) {
    let is_long = class != "legend" && words.chars().count() > LETTERS;
    let shown = match is_long {
        true => words.chars().take(LETTERS - 1).chain(['…']).collect(),
        false => words.to_owned(),
    };
    let _ = writeln!(text, "<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\">{}</text>", escaped(&shown));
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
