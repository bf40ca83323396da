//! Where things are in the picture of a map: layers from left to right as trouble travels, in each of them one CI below
//! the other, near those that they are related to.

use desk::ImpactMap;
use model::{Id, Map};

/// The sizes of the picture, in its own units, which are pixels when it is shown at full size.
pub(crate) const NODE_WIDTH: i32 = 196;
pub(crate) const NODE_HEIGHT: i32 = 52;
const GAP_ACROSS: i32 = 138;
const GAP_DOWN: i32 = 22;
const MARGIN: i32 = 26;
/// So much of a line is straight where its name stands on it.
const STRAIGHT: i32 = 74;
/// Above the layers, for what they are called.
const HEAD: i32 = 34;
/// How often the order of the layers is bettered.
const SWEEPS: usize = 3;

/// A place in the picture: of a CI its upper left corner.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct At {
    pub x: i32,
    pub y: i32,
}

/// A column of the picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Column {
    /// As in the map: less than zero for what the CI depends on.
    pub layer: i32,
    /// Its middle.
    pub x: i32,
    /// How many CIs of it are not in the picture, and where that is said.
    pub more: Option<(usize, At)>,
}

/// A line from one CI to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    /// What an SVG path wants.
    pub path: String,
    pub label: String,
    /// Where the label is, and on which side of it the text is.
    pub label_at: Option<(At, &'static str)>,
    /// Against the order of the layers, or within one.
    pub is_aside: bool,
}

/// The picture.
#[derive(Debug, Default)]
pub(crate) struct Picture {
    pub width: i32,
    pub height: i32,
    /// The place of each node, in the order of the map.
    pub places: Vec<At>,
    pub columns: Vec<Column>,
    pub lines: Vec<Line>,
}

/// The nodes of each layer in the order in which they are drawn, the leftmost layer first.
fn ordered(map: &ImpactMap) -> Vec<(i32, Vec<usize>)> {
    let mut layers: Vec<(i32, Vec<usize>)> = Vec::new();
    for (at, node) in map.nodes.iter().enumerate() {
        match layers.iter_mut().find(|(layer, _)| *layer == node.layer) {
            Some((_, nodes)) => nodes.push(at),
            None => layers.push((node.layer, vec![at])),
        }
    }
    layers.sort_by_key(|(layer, _)| *layer);
    let at_of: Map<Id, usize> = map.nodes.iter().enumerate().map(|(at, node)| (node.ci.id(), at)).collect();
    let mut near: Vec<Vec<usize>> = vec![Vec::new(); map.nodes.len()];
    for edge in &map.edges {
        let (Some(from), Some(to)) = (at_of.get(&edge.from), at_of.get(&edge.to)) else { continue };
        for (one, other) in [(*from, *to), (*to, *from)] {
            if let Some(list) = near.get_mut(one) {
                list.push(other);
            }
        }
    }
    for _ in 0..SWEEPS {
        // Outwards from the middle: each layer by where its neighbours nearer to the middle are.
        let mut by_distance: Vec<usize> = (0..layers.len()).collect();
        by_distance.sort_by_key(|at| layers.get(*at).map_or(0, |(layer, _)| layer.abs()));
        for at in by_distance {
            let heights = heights(&layers, map.nodes.len());
            let Some((layer, nodes)) = layers.get_mut(at) else { continue };
            let inner = *layer - layer.signum();
            let wish = |node: &usize| -> i64 {
                let neighbours = near.get(*node).map(Vec::as_slice).unwrap_or_default();
                let inner: Vec<i64> = neighbours
                    .iter()
                    .filter(|n| map.nodes.get(**n).is_some_and(|n| n.layer == inner))
                    .filter_map(|n| heights.get(*n).copied())
                    .collect();
                match i64::try_from(inner.len()) {
                    Ok(count) if count > 0 => inner.iter().sum::<i64>() / count,
                    _ => heights.get(*node).copied().unwrap_or(0),
                }
            };
            nodes.sort_by_cached_key(wish);
        }
    }
    layers
}

/// How high each node is, in thousandths of its column.
fn heights(layers: &[(i32, Vec<usize>)], nodes: usize) -> Vec<i64> {
    let mut heights = vec![0; nodes];
    for (_, layer) in layers {
        let count = i64::try_from(layer.len()).unwrap_or(1).max(1);
        for (row, node) in (0_i64..).zip(layer) {
            if let Some(height) = heights.get_mut(*node) {
                *height = (2 * row + 1) * 1000 / count - 1000;
            }
        }
    }
    heights
}

/// The picture of a map. `label` says what a line is called.
pub(crate) fn draw(map: &ImpactMap, label: impl Fn(&desk::MapEdge) -> String) -> Picture {
    let layers = ordered(map);
    let step = NODE_HEIGHT + GAP_DOWN;
    let hidden = |layer: i32, shown: usize| {
        let total = map.layers.iter().find(|l| l.layer == layer).map_or(shown, |l| l.total);
        total.saturating_sub(shown)
    };
    let rows = |nodes: &[usize], layer: i32| {
        let rows = nodes.len() + usize::from(hidden(layer, nodes.len()) > 0);
        i32::try_from(rows).unwrap_or(i32::MAX / 1000)
    };
    let tallest = layers.iter().map(|(layer, nodes)| rows(nodes, *layer)).max().unwrap_or(1);
    let mut picture = Picture {
        width: 2 * MARGIN + (NODE_WIDTH + GAP_ACROSS) * i32::try_from(layers.len()).unwrap_or(1) - GAP_ACROSS,
        height: HEAD + 2 * MARGIN + tallest * step - GAP_DOWN,
        places: vec![At::default(); map.nodes.len()],
        ..Picture::default()
    };
    let mut x = MARGIN;
    for (layer, nodes) in &layers {
        let mut y = HEAD + MARGIN + (tallest - rows(nodes, *layer)) * step / 2;
        for node in nodes {
            if let Some(place) = picture.places.get_mut(*node) {
                *place = At { x, y };
            }
            y += step;
        }
        let more = hidden(*layer, nodes.len());
        picture.columns.push(Column {
            layer: *layer,
            x: x + NODE_WIDTH / 2,
            more: (more > 0).then_some((more, At { x, y })),
        });
        x += NODE_WIDTH + GAP_ACROSS;
    }
    picture.lines = lines(map, &picture.places, label);
    picture
}

fn lines(map: &ImpactMap, places: &[At], label: impl Fn(&desk::MapEdge) -> String) -> Vec<Line> {
    let at_of: Map<Id, usize> = map.nodes.iter().enumerate().map(|(at, node)| (node.ci.id(), at)).collect();
    let mut named: Vec<usize> = Vec::new();
    let mut lines: Vec<Line> = Vec::with_capacity(map.edges.len());
    for edge in &map.edges {
        let (Some(from), Some(to)) = (at_of.get(&edge.from).copied(), at_of.get(&edge.to).copied()) else {
            continue;
        };
        let layer = |at: usize| map.nodes.get(at).map_or(0, |node| node.layer);
        let (Some(start), Some(end)) = (places.get(from).copied(), places.get(to).copied()) else { continue };
        let is_outwards = layer(from).abs() < layer(to).abs();
        let mut line = Line {
            path: path(start, end, is_outwards),
            label: label(edge),
            label_at: None,
            is_aside: layer(from) >= layer(to),
        };
        // The line by which a CI hangs on the middle is named beside that CI, where no other name can be.
        let outer = if is_outwards { to } else { from };
        if layer(to) == layer(from) + 1 && !named.contains(&outer) {
            named.push(outer);
            line.label_at = Some(if outer == to {
                (At { x: end.x - 12, y: end.y + NODE_HEIGHT / 2 - 6 }, "end")
            } else {
                (At { x: start.x + NODE_WIDTH + 8, y: start.y + NODE_HEIGHT / 2 - 6 }, "start")
            });
        }
        lines.push(line);
    }
    lines
}

/// From the right side of the one to the left side of the other; where that one is not to the right, around the outside.
/// Beside the CI that is farther from the middle a line is straight, so that its name can stand on it.
fn path(from: At, to: At, is_outwards: bool) -> String {
    let (y1, y2) = (from.y + NODE_HEIGHT / 2, to.y + NODE_HEIGHT / 2);
    if to.x > from.x {
        let (x1, x2) = (from.x + NODE_WIDTH, to.x - 2);
        let (bent1, bent2) = if is_outwards { (x1, x2 - STRAIGHT) } else { (x1 + STRAIGHT, x2 - 8) };
        let middle = i32::midpoint(bent1, bent2);
        return format!("M{x1} {y1}H{bent1}C{middle} {y1} {middle} {y2} {bent2} {y2}H{x2}");
    }
    if to.x == from.x {
        let x = from.x + NODE_WIDTH;
        return format!("M{x} {y1}C{0} {y1} {0} {y2} {1} {y2}", x + 44, x + 2);
    }
    let (x1, x2) = (from.x, to.x + NODE_WIDTH + 2);
    let bend = (x1 - x2) / 2;
    format!("M{x1} {y1}C{} {y1} {} {y2} {x2} {y2}", x1 - bend, x2 + bend)
}
