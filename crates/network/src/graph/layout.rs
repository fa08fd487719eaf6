//! Where the nodes of a drawing go: columns by distance along the arrows, bands by namespace.

use super::picture::{Picture, Side};

/// The coordinates of a picture.
#[derive(Debug)]
pub(super) struct Layout {
    pub(super) width: f64,
    pub(super) height: f64,
    /// The boxes of the nodes.
    pub(super) boxes: Vec<Rectangle>,
    /// The bands of the namespaces.
    pub(super) bands: Vec<Rectangle>,
}

/// A rectangle by its upper left corner and its size.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Rectangle {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

/// The width of a letter in a box, and of one beside an arrow.
pub(super) const LETTER: f64 = 6.7;
pub(super) const SMALL_LETTER: f64 = 6.1;
/// The height of a line in a box, and of a slot.
pub(super) const LINE: f64 = 15.0;
pub(super) const SLOT: f64 = 18.0;
/// The most letters of a line and of the ports beside an arrow.
pub(super) const LETTERS: usize = 36;
/// The free space around boxes, above and below, and between bands.
const GAP: f64 = 14.0;
const MARGIN: f64 = 20.0;
/// The height of a namespace's heading.
const HEADING: f64 = 24.0;
/// Where arrows bend.
const BEND: f64 = 56.0;
/// The most columns of workloads. Longer chains of arrows share columns.
const COLUMNS: usize = 7;
/// How often the nodes of a column are sorted by their neighbours.
const SWEEPS: usize = 6;

impl Layout {
    pub(super) fn of(picture: &Picture) -> Self {
        let columns = columns(picture);
        let cells = cells(picture, &columns);
        let count = columns.iter().max().map_or(1, |last| last + 1);
        let letters = |text: &str, letter: f64| text.chars().count().min(LETTERS) as f64 * letter;
        let mut boxes: Vec<Rectangle> = picture
            .nodes
            .iter()
            .map(|node| {
                let widest = node.lines.iter().map(|line| letters(line, LETTER)).fold(0.0, f64::max);
                let lines = node.lines.len() as f64 * LINE;
                let height = (lines + 12.0).max(node.slots.len() as f64 * SLOT + 6.0);
                Rectangle { width: widest + 24.0, height, ..Rectangle::default() }
            })
            .collect();
        let mut x = MARGIN + GAP;
        for column in 0..count {
            let here = || (0..boxes.len()).filter(|node| columns[*node] == column);
            let slots = here().flat_map(|node| &picture.nodes[node].slots);
            let labels = slots.map(|slot| letters(slot, SMALL_LETTER) + BEND).fold(0.0, f64::max);
            let widest = here().map(|node| boxes[node].width).fold(0.0, f64::max);
            let nodes: Vec<usize> = here().collect();
            x += labels;
            nodes.into_iter().for_each(|node| boxes[node].x = x);
            x += widest;
        }
        let width = x + GAP + MARGIN;
        let mut bands = Vec::new();
        let mut y = MARGIN;
        for band in 0..picture.bands.len() {
            let in_band = |cell: &&Cell| cell.side == Side::Band(band);
            let tallest = cells.iter().filter(in_band).map(|cell| stack(cell, &boxes)).fold(0.0, f64::max);
            for cell in cells.iter().filter(in_band) {
                place(cell, y + HEADING + (tallest - stack(cell, &boxes)) / 2.0, &mut boxes);
            }
            let height = HEADING + tallest + GAP;
            bands.push(Rectangle { x: MARGIN, y, width: width - 2.0 * MARGIN, height });
            y += height + GAP;
        }
        let outer = cells.iter().filter(|cell| !matches!(cell.side, Side::Band(_)));
        let mut height = y;
        for cell in outer {
            let own = stack(cell, &boxes);
            place(cell, ((y - own) / 2.0).max(MARGIN), &mut boxes);
            height = height.max(own + 2.0 * MARGIN);
        }
        // Ends that are not workloads are beside the bands.
        let [left, right] = [Side::Source, Side::Destination].map(|side| {
            cells.iter().filter(|cell| cell.side == side).flat_map(|cell| &cell.nodes).copied().collect()
        });
        let ends: [Vec<usize>; 2] = [left, right];
        let first = ends[0].iter().map(|node| boxes[*node].x + boxes[*node].width).fold(0.0, f64::max);
        let last = ends[1].iter().map(|node| boxes[*node].x).fold(width, f64::min);
        for band in &mut bands {
            let start = if ends[0].is_empty() { MARGIN } else { first + GAP };
            let end = if ends[1].is_empty() { width - MARGIN } else { last - GAP };
            (band.x, band.width) = (start, end - start);
        }
        Self { width, height: height + MARGIN, boxes, bands }
    }
}

/// The nodes of one band in one column, from top to bottom.
struct Cell {
    side: Side,
    column: usize,
    nodes: Vec<usize>,
}

fn stack(cell: &Cell, boxes: &[Rectangle]) -> f64 {
    cell.nodes.iter().map(|node| boxes[*node].height + GAP).sum::<f64>()
}

fn place(cell: &Cell, mut y: f64, boxes: &mut [Rectangle]) {
    for node in &cell.nodes {
        boxes[*node].y = y;
        y += boxes[*node].height + GAP;
    }
}

/// Returns the column of each node: the number of arrows that lead to it from the left, ignoring arrows that lead
/// back.
fn columns(picture: &Picture) -> Vec<usize> {
    let nodes = &picture.nodes;
    let is_inner = |node: usize| matches!(nodes[node].side, Side::Band(_));
    let mut next = vec![Vec::new(); nodes.len()];
    for arrow in picture.arrows.iter().filter(|arrow| is_inner(arrow.from) && is_inner(arrow.to)) {
        next[arrow.from].push(arrow.to);
    }
    // Nodes in reverse order of a depth-first walk. An arrow against that order leads back.
    let mut order = Vec::new();
    let mut seen = vec![false; nodes.len()];
    let mut targeted = vec![false; nodes.len()];
    next.iter().flatten().for_each(|node| targeted[*node] = true);
    let (starts, others): (Vec<usize>, Vec<usize>) = (0..nodes.len()).partition(|node| !targeted[*node]);
    for start in starts.into_iter().chain(others) {
        if std::mem::replace(&mut seen[start], true) {
            continue;
        }
        let mut walk = vec![(start, 0)];
        while let Some((node, step)) = walk.pop() {
            match next[node].get(step) {
                Some(target) => {
                    walk.push((node, step + 1));
                    if !std::mem::replace(&mut seen[*target], true) {
                        walk.push((*target, 0));
                    }
                }
                None => order.push(node),
            }
        }
    }
    order.reverse();
    let mut position = vec![0; nodes.len()];
    order.iter().enumerate().for_each(|(at, node)| position[*node] = at);
    let mut steps = vec![0; nodes.len()];
    for node in order {
        for target in next[node].iter().filter(|target| position[**target] > position[node]) {
            steps[*target] = steps[*target].max(steps[node] + 1);
        }
    }
    let most = steps.iter().max().copied().unwrap_or(0);
    let has_sources = nodes.iter().any(|node| node.side == Side::Source);
    let first = usize::from(has_sources);
    let squeezed = |steps: usize| if most < COLUMNS { steps } else { steps * COLUMNS / (most + 1) };
    let column = |node: usize| match nodes[node].side {
        Side::Source => 0,
        Side::Band(_) => first + squeezed(steps[node]),
        Side::Destination => first + squeezed(most) + 1,
    };
    (0..nodes.len()).map(column).collect()
}

/// Returns the nodes by band and column, each near the nodes that it is connected to.
fn cells(picture: &Picture, columns: &[usize]) -> Vec<Cell> {
    let mut cells: Vec<Cell> = Vec::new();
    for (node, column) in columns.iter().enumerate() {
        let side = picture.nodes[node].side;
        match cells.iter_mut().find(|cell| cell.side == side && cell.column == *column) {
            Some(cell) => cell.nodes.push(node),
            None => cells.push(Cell { side, column: *column, nodes: vec![node] }),
        }
    }
    let mut neighbours = vec![Vec::new(); columns.len()];
    for arrow in &picture.arrows {
        neighbours[arrow.from].push(arrow.to);
        neighbours[arrow.to].push(arrow.from);
    }
    let mut heights = vec![0.0; columns.len()];
    for _ in 0..SWEEPS {
        for cell in &mut cells {
            let band = match cell.side {
                Side::Band(band) => band as f64,
                _ => picture.bands.len() as f64 / 2.0,
            };
            let size = cell.nodes.len() as f64;
            for (at, node) in cell.nodes.iter().enumerate() {
                heights[*node] = band + (at as f64 + 0.5) / size;
            }
        }
        for cell in &mut cells {
            let middle = |node: usize| {
                let around = &neighbours[node];
                match around.is_empty() {
                    true => heights[node],
                    false => around.iter().map(|other| heights[*other]).sum::<f64>() / around.len() as f64,
                }
            };
            cell.nodes.sort_by(|left, right| middle(*left).total_cmp(&middle(*right)));
        }
    }
    cells
}
