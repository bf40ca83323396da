//! Impact analysis: what a CI has an effect on, or depends on, to any depth.
//!
//! The relationships are a graph in memory: a walk to depth five costs microseconds, the whole of a hundred thousand
//! CIs some milliseconds, where a recursive query would cost seconds. It is built when it is first asked for, and again
//! when the version that every change of a relationship raises in its own commit is not the one it was built from. So
//! it is never older than the last acknowledged change, of whichever process.

use crate::context::{Context, Verb};
use crate::permissions::permit;
use crate::records::{ListAsk, Place};
use crate::{Desk, DeskError, Snapshot};
use model::filter::equals;
use model::{Filter, Id, Map, Record, Value};
use std::ops::Range;
use std::sync::Arc;
use store::Statement;
use store::engine::Expect;

/// The version that every change of a relationship raises.
const VERSION: &str = "graph";
/// How many relationships are read at once while the graph is built.
const PAGE: u64 = 20_000;
/// A walk to this depth is taken to find few.
const NEAR: u32 = 8;
/// How many open requests, and as many problems, are told with one page of CIs.
const OPEN_MAX: u64 = 500;

/// Which way trouble is followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// To what suffers when the CI fails.
    Downstream,
    /// To what may have made the CI fail.
    Upstream,
}

/// How trouble travels along relationships of a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Travel {
    down: bool,
    up: bool,
}

impl Travel {
    fn of(kind: &Record) -> Self {
        match kind.text("impact") {
            Some("child_to_parent") => Self { down: false, up: true },
            Some("both") => Self { down: true, up: true },
            Some("none") => Self { down: false, up: false },
            _ => Self { down: true, up: false },
        }
    }
}

/// Edges in the order of the node that they leave, found by that node's place. Where they lead stands apart from what
/// else is known of them: a walk looks at all of the one, and at few of the other.
#[derive(Debug, Default)]
struct Adjacency {
    from: Vec<u32>,
    to: Vec<u32>,
    edges: Vec<Edge>,
}

/// A relationship, and its type.
#[derive(Clone, Copy, Debug)]
struct Edge {
    relationship: i64,
    kind: i64,
}

impl Adjacency {
    fn new(nodes: usize, mut all: Vec<(u32, u32, Edge)>) -> Self {
        all.sort_unstable_by_key(|(from, _, edge)| (*from, edge.relationship));
        let mut from = vec![0_u32; nodes + 1];
        for (node, ..) in &all {
            if let Some(count) = from.get_mut(*node as usize + 1) {
                *count += 1;
            }
        }
        let mut sum = 0;
        for count in &mut from {
            sum += *count;
            *count = sum;
        }
        let (to, edges) = all.into_iter().map(|(_, to, edge)| (to, edge)).unzip();
        Self { from, to, edges }
    }

    /// The places of the edges that leave a node.
    fn of(&self, node: u32) -> Range<usize> {
        let place = node as usize;
        match (self.from.get(place), self.from.get(place + 1)) {
            (Some(start), Some(end)) => *start as usize..*end as usize,
            _ => 0..0,
        }
    }
}

/// All relationships, by the way in which trouble travels along them.
#[derive(Debug)]
pub(crate) struct Graph {
    version: i64,
    travels: Vec<(Id, Travel)>,
    places: Map<i64, u32>,
    nodes: Vec<i64>,
    down: Adjacency,
    up: Adjacency,
}

impl Graph {
    fn new(version: i64, travels: Vec<(Id, Travel)>, rows: &[[i64; 4]]) -> Self {
        let mut places: Map<i64, u32> = Map::default();
        let mut nodes = Vec::new();
        let mut place = |id: i64| {
            *places.entry(id).or_insert_with(|| {
                nodes.push(id);
                // Four thousand million CIs are more than any desk has.
                u32::try_from(nodes.len() - 1).unwrap_or(u32::MAX)
            })
        };
        let (mut down, mut up) = (Vec::new(), Vec::new());
        let by_kind: Map<i64, Travel> = travels.iter().map(|(id, travel)| (id.get(), *travel)).collect();
        for [relationship, parent, child, kind] in rows {
            let Some(travel) = by_kind.get(kind) else { continue };
            let (parent, child) = (place(*parent), place(*child));
            let edge = Edge { relationship: *relationship, kind: *kind };
            if travel.down {
                down.push((parent, child, edge));
                up.push((child, parent, edge));
            }
            if travel.up {
                down.push((child, parent, edge));
                up.push((parent, child, edge));
            }
        }
        let (down, up) = (Adjacency::new(nodes.len(), down), Adjacency::new(nodes.len(), up));
        Self { version, travels, places, nodes, down, up }
    }

    /// Every CI within reach, nearest first: how many there are, and for those of a page the edge by which each was
    /// first reached.
    fn walk(&self, from: Id, direction: Direction, depth_max: u32, page: &Range<usize>) -> Reach {
        let mut reach = Reach::default();
        let Some(start) = self.places.get(&from.get()).copied() else { return reach };
        let edges = match direction {
            Direction::Downstream => &self.down,
            Direction::Upstream => &self.up,
        };
        // A bit for each node: those of a hundred thousand stay in the nearest cache.
        let mut seen = vec![0_u64; self.nodes.len() / 64 + 1];
        let mut mark = |node: u32| {
            let bit = 1_u64 << (node % 64);
            seen.get_mut(node as usize / 64).is_some_and(|word| {
                let is_new = *word & bit == 0;
                *word |= bit;
                is_new
            })
        };
        mark(start);
        // In the order in which they are found: the start, one level after the other.
        let mut found = Vec::with_capacity(if depth_max > NEAR { self.nodes.len() } else { 1_024 });
        found.push(start);
        let mut level = 0..1;
        for depth in 1..=depth_max {
            for place in level.clone() {
                let Some(node) = found.get(place).copied() else { break };
                let leaving = edges.of(node);
                let to = edges.to.get(leaving.clone()).unwrap_or_default();
                for (edge, to) in leaving.zip(to) {
                    if !mark(*to) {
                        continue;
                    }
                    if page.contains(&(found.len() - 1))
                        && let Some(edge) = edges.edges.get(edge)
                    {
                        reach.steps.push(Step { node: *to, depth, from: node, edge: *edge });
                    }
                    found.push(*to);
                }
            }
            level = level.end..found.len();
            if level.is_empty() {
                break;
            }
            reach.levels.push(level.len());
        }
        reach
    }

    fn id(&self, node: u32) -> Id {
        Id::new(self.nodes.get(node as usize).copied().unwrap_or(0))
    }
}

/// What a walk found.
#[derive(Debug, Default)]
struct Reach {
    /// How many are how far away.
    levels: Vec<usize>,
    /// Those of the page.
    steps: Vec<Step>,
}

#[derive(Clone, Copy, Debug)]
struct Step {
    node: u32,
    depth: u32,
    from: u32,
    edge: Edge,
}

/// A CI within reach.
#[derive(Debug)]
pub struct Hit {
    /// The CI.
    pub ci: Arc<Record>,
    /// How many relationships away it is.
    pub depth: u32,
    /// The relationship by which it is reached first.
    pub relationship: Id,
    /// That relationship's type.
    pub kind: Option<Arc<Record>>,
    /// The CI at its other end.
    pub from: Id,
    /// The requests that are open on it, or on the asset that it stands for.
    pub requests: Vec<Arc<Record>>,
    /// The problems that are.
    pub problems: Vec<Arc<Record>>,
}

/// What was found.
#[derive(Debug)]
pub struct Impact {
    /// The CI that was asked about.
    pub ci: Record,
    /// How many CIs are within reach.
    pub total: usize,
    /// How many are how far away: the first number is of those one relationship away.
    pub levels: Vec<usize>,
    /// Those of the page that was asked for, nearest first.
    pub hits: Vec<Hit>,
}

/// The statement that tells of a change of a relationship.
pub(crate) fn changed(desk: &Desk) -> Statement {
    desk.store.raise_cache_version(VERSION)
}

impl Desk {
    /// What a CI has an effect on, or depends on, within so many relationships; a page of it, with what is open on each.
    ///
    /// # Errors
    /// [`DeskError::NotFound`] for the CI.
    pub async fn impact(
        &self,
        ctx: &Context,
        place: &Place,
        ci: Id,
        direction: Direction,
        depth_max: u32,
        page: Range<usize>,
    ) -> Result<Impact, DeskError> {
        let record = self.get(ctx, place, ci).await?;
        let graph = self.graph().await?;
        let Reach { levels, steps } = graph.walk(ci, direction, depth_max, &page);
        let hits = self.hits(ctx, &graph, &steps).await?;
        Ok(Impact { ci: record, total: levels.iter().sum(), levels, hits })
    }

    async fn hits(&self, ctx: &Context, graph: &Graph, steps: &[Step]) -> Result<Vec<Hit>, DeskError> {
        let snapshot = self.snapshot();
        let ids: Vec<Id> = steps.iter().map(|step| graph.id(step.node)).collect();
        let found = self.store.get_many(snapshot.module("ci")?, &ids).await?;
        let cis: Map<Id, Arc<Record>> = found.into_iter().map(|ci| (ci.id(), Arc::new(ci))).collect();
        let (requests, problems) =
            (self.open_on(ctx, "request", &cis).await?, self.open_on(ctx, "problem", &cis).await?);
        let on = |all: &[Arc<Record>], ci: &Record| -> Vec<Arc<Record>> {
            let asset = ci.int("linked_instance").filter(|_| ci.text("linked_module") == Some("asset"));
            let speaks = |r: &&Arc<Record>| {
                r.references("configuration_items").contains(&ci.id())
                    || asset.is_some_and(|asset| r.references("assets").contains(&Id::new(asset)))
            };
            all.iter().filter(speaks).cloned().collect()
        };
        let hit = |step: &Step| {
            let ci = cis.get(&graph.id(step.node))?.clone();
            Some(Hit {
                depth: step.depth,
                relationship: Id::new(step.edge.relationship),
                kind: snapshot.record(Id::new(step.edge.kind)).cloned(),
                from: graph.id(step.from),
                requests: on(&requests, &ci),
                problems: on(&problems, &ci),
                ci,
            })
        };
        Ok(steps.iter().filter_map(hit).collect())
    }

    /// The open records of a module that speak of these CIs, or of the assets that they stand for. None where the
    /// caller's scopes do not reach that far.
    async fn open_on(
        &self,
        ctx: &Context,
        module: &str,
        cis: &Map<Id, Arc<Record>>,
    ) -> Result<Vec<Arc<Record>>, DeskError> {
        let snapshot = self.snapshot();
        let place = Place::top(snapshot.module(module)?.clone());
        if cis.is_empty() || permit(ctx, &place, Verb::Read).is_err() {
            return Ok(Vec::new());
        }
        let ids: Vec<Value> = cis.keys().map(|id| (*id).into()).collect();
        let assets: Vec<Value> = cis
            .values()
            .filter(|ci| ci.text("linked_module") == Some("asset"))
            .filter_map(|ci| ci.int("linked_instance").map(Value::Int))
            .collect();
        let mut speaking = vec![equals(&place.module, "configuration_items", ids)];
        if !assets.is_empty() {
            speaking.push(equals(&place.module, "assets", assets));
        }
        let open = equals(&place.module, "status", open_statuses(&snapshot));
        let ask = ListAsk::new(Filter::Any(speaking).and(open), OPEN_MAX);
        Ok(self.list_in(ctx, &place, ask).await?.records.into_iter().map(Arc::new).collect())
    }

    /// The graph as the database has it now.
    async fn graph(&self) -> Result<Arc<Graph>, DeskError> {
        let snapshot = self.snapshot();
        let travels: Vec<(Id, Travel)> =
            snapshot.rows("ci_relationship_type").iter().map(|kind| (kind.id(), Travel::of(kind))).collect();
        let version = self.graph_version().await?;
        let current = |known: &Option<Arc<Graph>>| {
            known.as_ref().filter(|g| g.version == version && g.travels == travels).cloned()
        };
        if let Some(graph) = current(&self.graph.load_full()) {
            return Ok(graph);
        }
        // One builds it, the others wait for it.
        let _building = self.graph_building.lock().await;
        if let Some(graph) = current(&self.graph.load_full()) {
            return Ok(graph);
        }
        let module = snapshot.module("ci_relationship")?;
        let paths = ["id", "parent_ci", "child_ci", "relationship_type"];
        let mut rows: Vec<[i64; 4]> = Vec::new();
        loop {
            let after = rows.last().map_or(0, |row| row[0]);
            let page = self.store.numbers(module, &paths, Id::new(after), PAGE).await?;
            let full = page.len() as u64 == PAGE;
            rows.extend(page);
            if !full {
                break;
            }
        }
        // Built from rows that are at least as new as the version that was read before them.
        let graph = Arc::new(Graph::new(version, travels, &rows));
        self.graph.store(Some(graph.clone()));
        Ok(graph)
    }

    async fn graph_version(&self) -> Result<i64, DeskError> {
        Ok(self.store.cache_versions().await?.get(VERSION).copied().unwrap_or(0))
    }

    /// Whether one CI is reached from another along relationships of one type, from parent to child.
    pub(crate) async fn reaches(&self, kind: Id, from: Id, to: Id) -> Result<bool, DeskError> {
        let snapshot = self.snapshot();
        let module = snapshot.module("ci_relationship")?;
        let mut seen: std::collections::HashSet<Id> = [from].into();
        let mut level = vec![from];
        while !level.is_empty() {
            let mut next = Vec::new();
            for parents in level.chunks(200) {
                let parents: Vec<Value> = parents.iter().map(|id| (*id).into()).collect();
                let filter = equals(module, "parent_ci", parents).and(equals(
                    module,
                    "relationship_type",
                    vec![kind.into()],
                ));
                let mut query = store::Query::new(module.clone(), filter, 100_000);
                query.slots = ["id", "child_ci"].iter().filter_map(|path| module.slot(path)).collect();
                for row in self.store.list(&query).await? {
                    let Some(child) = row.reference("child_ci") else { continue };
                    if child == to {
                        return Ok(true);
                    }
                    if seen.insert(child) {
                        next.push(child);
                    }
                }
            }
            level = next;
        }
        Ok(false)
    }

    /// The statement that makes a relationship of an acyclic type: nobody may have made another meanwhile that closes
    /// the ring from the other side.
    pub(crate) async fn changed_unless_others(&self) -> Result<Statement, DeskError> {
        let seen = self.graph_version().await?;
        Ok(self.store.raise_cache_version_from(VERSION, seen, Expect::Exactly(1)))
    }
}

fn open_statuses(snapshot: &Snapshot) -> Vec<Value> {
    snapshot.rows("status").iter().filter(|s| s.is("in_progress")).map(|s| s.id().into()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const KIND: i64 = 9;

    fn graph(travel: Travel, pairs: &[(i64, i64)]) -> Graph {
        let rows: Vec<[i64; 4]> =
            (100..).zip(pairs).map(|(id, (parent, child))| [id, *parent, *child, KIND]).collect();
        Graph::new(1, vec![(Id::new(KIND), travel)], &rows)
    }

    fn found(graph: &Graph, from: i64, direction: Direction, depth: u32) -> Vec<(i64, u32)> {
        let reach = graph.walk(Id::new(from), direction, depth, &(0..usize::MAX));
        assert_eq!(reach.levels.iter().sum::<usize>(), reach.steps.len());
        // A page is a part of the whole.
        let page = graph.walk(Id::new(from), direction, depth, &(1..2)).steps;
        assert_eq!(page.first().map(|s| s.node), reach.steps.get(1).map(|s| s.node));
        let mut found: Vec<_> = reach.steps.iter().map(|s| (graph.id(s.node).get(), s.depth)).collect();
        found.sort_unstable();
        found
    }

    #[test]
    fn rings_end_and_each_is_found_once_and_nearest_first() {
        let down = Travel { down: true, up: false };
        let ring = graph(down, &[(1, 2), (2, 3), (3, 1), (1, 3), (3, 4)]);
        assert_eq!(found(&ring, 1, Direction::Downstream, 99), [(2, 1), (3, 1), (4, 2)]);
        assert_eq!(found(&ring, 1, Direction::Downstream, 1), [(2, 1), (3, 1)]);
        assert_eq!(found(&ring, 4, Direction::Upstream, 99), [(1, 2), (2, 2), (3, 1)]);
        assert_eq!(found(&ring, 4, Direction::Downstream, 99), []);
        assert_eq!(found(&ring, 5, Direction::Downstream, 99), []);
    }

    #[test]
    fn trouble_travels_as_the_type_says() {
        for (travel, down, up) in [
            (Travel { down: false, up: true }, vec![], vec![(2, 1)]),
            (Travel { down: true, up: true }, vec![(2, 1)], vec![(2, 1)]),
            (Travel { down: false, up: false }, vec![], vec![]),
        ] {
            let pair = graph(travel, &[(1, 2)]);
            assert_eq!(found(&pair, 1, Direction::Downstream, 9), down, "{travel:?}");
            assert_eq!(found(&pair, 1, Direction::Upstream, 9), up, "{travel:?}");
        }
    }
}
