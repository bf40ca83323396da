//! Impact analysis: what a CI has an effect on, or depends on, to any depth.
//!
//! The relationships are a graph in memory: a walk to depth five costs microseconds, the whole of a hundred thousand
//! CIs some milliseconds, where a recursive query would cost seconds. It is built when it is first asked for, and again
//! when the version that every change of a relationship raises in its own commit is not the one it was built from. So
//! it is never older than the last acknowledged change, of whichever process.

use super::graph::{Direction, Graph, Reach, Step, Travel};
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
/// How many open requests, and as many problems, are told with one page of CIs.
const OPEN_MAX: u64 = 500;
/// What is told of them, and how it is known what they speak of.
const TOLD: [&str; 7] =
    ["display_id", "subject", "title", "status", "priority", "configuration_items", "assets"];

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
        let cis: Map<Id, Arc<Record>> = found.into_iter().map(|ci| (ci.id(), ci)).collect();
        let (requests, problems) =
            (self.open_on(ctx, "request", &cis).await?, self.open_on(ctx, "problem", &cis).await?);
        let hit = |step: &Step| {
            let ci = cis.get(&graph.id(step.node))?.clone();
            Some(Hit {
                depth: step.depth,
                relationship: Id::new(step.edge.relationship),
                kind: snapshot.record(Id::new(step.edge.kind)).cloned(),
                from: graph.id(step.from),
                requests: requests.of(&ci),
                problems: problems.of(&ci),
                ci,
            })
        };
        Ok(steps.iter().filter_map(hit).collect())
    }

    /// The open records of a module that speak of these CIs, or of the assets that they stand for. None where the
    /// caller's scopes do not reach that far.
    pub(super) async fn open_on(
        &self,
        ctx: &Context,
        module: &str,
        cis: &Map<Id, Arc<Record>>,
    ) -> Result<Speaking, DeskError> {
        let snapshot = self.snapshot();
        let place = Place::top(snapshot.module(module)?.clone());
        if cis.is_empty() || permit(ctx, &place, Verb::Read).is_err() {
            return Ok(Speaking::default());
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
        let mut ask = ListAsk::new(Filter::Any(speaking).and(open), OPEN_MAX);
        ask.slots = TOLD.iter().filter_map(|path| place.module.slot(path)).collect();
        let found = self.list_in(ctx, &place, ask).await?.records;
        Ok(Speaking::new(found.into_iter().map(Arc::new).collect()))
    }

    /// The graph as the database has it now.
    pub(super) async fn graph(&self) -> Result<Arc<Graph>, DeskError> {
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

/// Open records of a module, and of which CIs and assets they speak.
#[derive(Default)]
pub(super) struct Speaking {
    records: Vec<Arc<Record>>,
    /// The places of those that speak of a CI, and of an asset.
    of_cis: Map<Id, Vec<usize>>,
    of_assets: Map<Id, Vec<usize>>,
}

impl Speaking {
    fn new(records: Vec<Arc<Record>>) -> Self {
        let mut this = Self { records, ..Self::default() };
        for (place, record) in this.records.iter().enumerate() {
            for (path, of) in [("configuration_items", &mut this.of_cis), ("assets", &mut this.of_assets)] {
                for id in record.references(path) {
                    of.entry(id).or_default().push(place);
                }
            }
        }
        this
    }

    /// Those that speak of a CI, or of the asset that it stands for, in the order in which they came.
    pub(super) fn of(&self, ci: &Record) -> Vec<Arc<Record>> {
        let asset = ci.int("linked_instance").filter(|_| ci.text("linked_module") == Some("asset"));
        let of_asset = asset.and_then(|asset| self.of_assets.get(&Id::new(asset)));
        let mut places: Vec<usize> =
            self.of_cis.get(&ci.id()).into_iter().chain(of_asset).flatten().copied().collect();
        places.sort_unstable();
        places.dedup();
        places.into_iter().filter_map(|place| self.records.get(place).cloned()).collect()
    }
}

fn open_statuses(snapshot: &Snapshot) -> Vec<Value> {
    snapshot.rows("status").iter().filter(|s| s.is("in_progress")).map(|s| s.id().into()).collect()
}
