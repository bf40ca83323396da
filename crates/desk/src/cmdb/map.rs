//! The map of an impact analysis: the CIs around one, in layers, to be drawn. Where [`super::impact`] tells all that is
//! within reach, page by page, this is what fits on a screen: so many of each layer, those with open requests and
//! problems first, and how many more there are.

use super::graph::{Direction, Graph};
use super::impact::Speaking;
use crate::context::Context;
use crate::records::Place;
use crate::{Desk, DeskError};
use model::{Id, Map, Record};
use std::collections::HashSet;
use std::sync::Arc;

/// Steps from the CI in the middle; beyond, a map is no longer read.
pub const LAYERS_MAX: u32 = 12;
/// So many of a layer are looked at for what is open on them; of a greater one the first.
const LOOKED_AT: usize = 300;

/// What a map is to show.
#[derive(Clone, Debug)]
pub struct MapAsk {
    /// What suffers when the CI fails.
    pub down: bool,
    /// What may have made it fail.
    pub up: bool,
    /// So many steps from the CI are shown.
    pub depth: u32,
    /// CIs whose next step is shown as well, however far away they are.
    pub opened: Vec<Id>,
    /// So many CIs of a layer at most.
    pub layer_max: usize,
}

/// A CI on a map.
#[derive(Clone, Debug)]
pub struct MapNode {
    /// The CI.
    pub ci: Arc<Record>,
    /// How many steps down it is; less than zero for steps up, zero for the CI in the middle.
    pub layer: i32,
    /// The requests that are open on it, or on the asset that it stands for.
    pub requests: Vec<Arc<Record>>,
    /// The problems that are.
    pub problems: Vec<Arc<Record>>,
    /// How many CIs a step further are not on the map, because nobody asked for them.
    pub beyond: usize,
    /// Whether its next step was asked for by its own id.
    pub is_opened: bool,
}

/// A layer of a map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MapLayer {
    /// As in [`MapNode`].
    pub layer: i32,
    /// How many CIs of it there are; more than the map shows where it is too great.
    pub total: usize,
}

/// A relationship between two CIs on a map. Trouble travels from the one to the other.
#[derive(Clone, Debug)]
pub struct MapEdge {
    /// Where trouble comes from.
    pub from: Id,
    /// Where it goes.
    pub to: Id,
    /// The relationship's type.
    pub kind: Option<Arc<Record>>,
    /// Whether trouble comes from the relationship's child, so that it is called by its inverse name.
    pub from_child: bool,
}

/// A map.
#[derive(Debug)]
pub struct ImpactMap {
    /// The CI in the middle.
    pub ci: Record,
    /// Every CI on it, the one in the middle first, then layer by layer.
    pub nodes: Vec<MapNode>,
    /// The layers that are not empty, but for the middle.
    pub layers: Vec<MapLayer>,
    /// Every relationship between two CIs on it.
    pub edges: Vec<MapEdge>,
}

/// One side of a map while it grows.
struct Side {
    direction: Direction,
    /// The sign of its layers.
    sign: i32,
    /// The places of the CIs in its outermost layer.
    frontier: Vec<u32>,
}

/// What is open on the CIs of a layer.
type Open = (Speaking, Speaking);

impl Desk {
    /// The map around a CI.
    ///
    /// # Errors
    /// [`DeskError::NotFound`] for the CI.
    pub async fn impact_map(
        &self,
        ctx: &Context,
        place: &Place,
        ci: Id,
        ask: &MapAsk,
    ) -> Result<ImpactMap, DeskError> {
        let record = self.get(ctx, place, ci).await?;
        let graph = self.graph().await?;
        let middle = graph.place(ci);
        let mut seen: HashSet<u32> = middle.into_iter().collect();
        let (mut nodes, mut layers) = (vec![self.middle(ctx, record.clone()).await?], Vec::new());
        let sides = [(ask.down, Direction::Downstream, 1), (ask.up, Direction::Upstream, -1)];
        let mut sides: Vec<Side> = sides
            .into_iter()
            .filter(|(is_wanted, ..)| *is_wanted)
            .map(|(_, direction, sign)| Side { direction, sign, frontier: middle.into_iter().collect() })
            .collect();
        for (depth, step) in (0..LAYERS_MAX).zip(1_i32..) {
            for side in &mut sides {
                let found = next(&graph, side, ask, depth, &mut seen);
                if found.is_empty() {
                    side.frontier.clear();
                    continue;
                }
                layers.push(MapLayer { layer: step * side.sign, total: found.len() });
                let chosen = self.chosen(ctx, &graph, &found, ask, step * side.sign).await?;
                side.frontier = chosen.iter().filter_map(|node| graph.place(node.ci.id())).collect();
                nodes.extend(chosen);
            }
        }
        let edges = self.edges_between(&graph, &nodes);
        leading_on(&graph, ask, &mut nodes);
        Ok(ImpactMap { ci: record, nodes, layers, edges })
    }

    /// The requests and problems that are open on a CI, or on the asset that it stands for: as the CI in the middle of
    /// a map has them.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn open_on_ci(&self, ctx: &Context, ci: Record) -> Result<MapNode, DeskError> {
        self.middle(ctx, ci).await
    }

    async fn middle(&self, ctx: &Context, ci: Record) -> Result<MapNode, DeskError> {
        let ci = Arc::new(ci);
        let (requests, problems) = self.open_of(ctx, std::slice::from_ref(&ci)).await?;
        let (requests, problems) = (requests.of(&ci), problems.of(&ci));
        Ok(MapNode { ci, layer: 0, requests, problems, beyond: 0, is_opened: false })
    }

    async fn open_of(&self, ctx: &Context, cis: &[Arc<Record>]) -> Result<Open, DeskError> {
        let by_id: Map<Id, Arc<Record>> = cis.iter().map(|ci| (ci.id(), ci.clone())).collect();
        Ok((self.open_on(ctx, "request", &by_id).await?, self.open_on(ctx, "problem", &by_id).await?))
    }

    /// Those of a layer that the map shows: what was opened first, then what is hit, then as they were found.
    async fn chosen(
        &self,
        ctx: &Context,
        graph: &Graph,
        found: &[u32],
        ask: &MapAsk,
        layer: i32,
    ) -> Result<Vec<MapNode>, DeskError> {
        let ids: Vec<Id> = found.iter().map(|place| graph.id(*place)).collect();
        let is_opened = |id: &Id| ask.opened.contains(id);
        let mut looked_at: Vec<Id> = ids.iter().copied().filter(is_opened).collect();
        looked_at.extend(ids.iter().copied().filter(|id| !is_opened(id)).take(LOOKED_AT));
        let rows = self.store.get_many(self.snapshot().module("ci")?, &looked_at).await?;
        let by_id: Map<Id, Arc<Record>> = rows.into_iter().map(|ci| (ci.id(), ci)).collect();
        let cis: Vec<Arc<Record>> = looked_at.iter().filter_map(|id| by_id.get(id).cloned()).collect();
        let (requests, problems) = self.open_of(ctx, &cis).await?;
        let mut nodes: Vec<MapNode> = cis
            .into_iter()
            .map(|ci| MapNode {
                layer,
                requests: requests.of(&ci),
                problems: problems.of(&ci),
                beyond: 0,
                is_opened: is_opened(&ci.id()),
                ci,
            })
            .collect();
        nodes.sort_by_key(|n| (!n.is_opened, n.problems.is_empty(), n.requests.is_empty()));
        nodes.truncate(ask.layer_max);
        Ok(nodes)
    }

    fn edges_between(&self, graph: &Graph, nodes: &[MapNode]) -> Vec<MapEdge> {
        let snapshot = self.snapshot();
        let ids: HashSet<Id> = nodes.iter().map(|node| node.ci.id()).collect();
        let down = graph.edges(Direction::Downstream);
        let (mut edges, mut told) = (Vec::new(), HashSet::new());
        for node in nodes {
            let Some(place) = graph.place(node.ci.id()) else { continue };
            for at in down.of(place) {
                let (Some(to), Some(edge)) = (down.to.get(at), down.edges.get(at)) else { continue };
                let to = graph.id(*to);
                // A relationship that trouble travels both ways is one line.
                if ids.contains(&to) && told.insert(edge.relationship) {
                    let kind = snapshot.record(Id::new(edge.kind)).cloned();
                    edges.push(MapEdge { from: node.ci.id(), to, kind, from_child: edge.from_child });
                }
            }
        }
        edges
    }
}

/// The CIs of the next layer of a side: one step from those of the last one that are followed.
fn next(graph: &Graph, side: &Side, ask: &MapAsk, depth: u32, seen: &mut HashSet<u32>) -> Vec<u32> {
    let edges = graph.edges(side.direction);
    let mut found = Vec::new();
    for place in &side.frontier {
        if depth >= ask.depth && !ask.opened.contains(&graph.id(*place)) {
            continue;
        }
        for to in edges.to.get(edges.of(*place)).unwrap_or_default() {
            if seen.insert(*to) {
                found.push(*to);
            }
        }
    }
    found
}

/// Counts what is a step further than the outermost CIs, away from the middle.
fn leading_on(graph: &Graph, ask: &MapAsk, nodes: &mut [MapNode]) {
    let shown: HashSet<Id> = nodes.iter().map(|node| node.ci.id()).collect();
    for node in nodes.iter_mut().filter(|node| node.layer != 0 && !node.is_opened) {
        if node.layer.unsigned_abs() < ask.depth || node.layer.unsigned_abs() >= LAYERS_MAX {
            continue;
        }
        let Some(place) = graph.place(node.ci.id()) else { continue };
        let edges = graph.edges(if node.layer > 0 { Direction::Downstream } else { Direction::Upstream });
        let further: HashSet<u32> =
            edges.to.get(edges.of(place)).unwrap_or_default().iter().copied().collect();
        node.beyond = further.into_iter().filter(|to| !shown.contains(&graph.id(*to))).count();
    }
}
