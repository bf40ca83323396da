//! Dashboards: the figures that show how a desk is doing, of what the caller may see.

use crate::context::Context;
use crate::figures::{CountAsk, CountBy, Group, spread};
use crate::records::Place;
use crate::{Desk, DeskError, Snapshot, request_view};
use model::filter::{equals, test};
use model::{Filter, Id, Module, Op, Value};
use std::sync::Arc;

/// What a dashboard is about.
#[derive(Clone, Debug, Default)]
pub struct BoardAsk {
    /// Only this site.
    pub site: Option<Id>,
    /// Only this group.
    pub group: Option<Id>,
    /// The beginnings of the stretches of time that are compared, and the end of the last, in milliseconds.
    pub ends: Vec<i64>,
    /// Where one age ends and the next begins, the earliest first: what was created before the first is the oldest.
    pub ages: Vec<i64>,
}

impl BoardAsk {
    fn narrowed(&self, module: &Arc<Module>) -> Filter {
        let mut filter = Filter::everything();
        for (path, id) in [("site", self.site), ("group", self.group)] {
            if let Some(id) = id.filter(|_| module.slot(path).is_some()) {
                filter = filter.and(equals(module, path, vec![id.into()]));
            }
        }
        filter
    }

    /// The whole time that is looked at.
    fn within(&self, module: &Arc<Module>, path: &str) -> Filter {
        match (self.ends.first(), self.ends.last()) {
            (Some(first), Some(last)) => {
                test(module, path, Op::Between, vec![Value::Int(*first), Value::Int(last - 1)])
            }
            _ => Filter::nothing(),
        }
    }
}

/// What is open, and what came and went.
#[derive(Clone, Debug, Default)]
pub struct WorkBoard {
    /// How many are open.
    pub open: u64,
    /// What is open, by the field of this path.
    pub by: Vec<(&'static str, Vec<Group>)>,
    /// What is open by age, the oldest first; one more than [`BoardAsk::ages`].
    pub by_age: Vec<u64>,
    /// How many were created in each stretch of time.
    pub created: Vec<u64>,
    /// How many were completed.
    pub closed: Vec<u64>,
    /// Of requests: how many are in each of the views that call for somebody to act.
    pub views: Vec<(&'static str, u64)>,
    /// Of requests completed in the time, by priority: how many in time, and how many late. Those without a promise
    /// are in neither.
    pub kept: Vec<(Option<Id>, u64, u64)>,
}

/// What a company has.
#[derive(Clone, Debug, Default)]
pub struct EstateBoard {
    /// How many assets there are.
    pub total: u64,
    /// What they cost.
    pub cost: f64,
    /// All of them, with their purchase cost, by the field of this path.
    pub by: Vec<(&'static str, Vec<Group>)>,
    /// By the end of their warranty: one more than [`BoardAsk::ages`].
    pub by_warranty: Vec<u64>,
    /// How many have no warranty that is known.
    pub without_warranty: u64,
}

/// The views of requests that call for somebody to act.
const VIEWS: [&str; 4] = ["Unassigned", "Overdue", "Due_Today", "Onhold"];

fn open(snapshot: &Snapshot, module: &Arc<Module>) -> Filter {
    let open = snapshot.rows("status").iter().filter(|s| s.is("in_progress"));
    equals(module, "status", open.map(|s| s.id().into()).collect())
}

impl Desk {
    /// How requests are doing.
    ///
    /// # Errors
    /// When the caller may not read requests, or the database does not answer in time.
    pub async fn request_board(&self, ctx: &Context, ask: &BoardAsk) -> Result<WorkBoard, DeskError> {
        let place = Place::top(self.snapshot().module("request")?.clone());
        let fields = ["status", "priority", "group", "technician", "category", "site"];
        let (mut board, views, kept) = tokio::try_join!(
            self.work(ctx, &place, ask, &fields, ("created_time", "completed_time")),
            self.views(ctx, &place, ask),
            self.kept(ctx, &place, ask),
        )?;
        (board.views, board.kept) = (views, kept);
        Ok(board)
    }

    /// How problems are doing.
    ///
    /// # Errors
    /// As for [`Self::request_board`].
    pub async fn problem_board(&self, ctx: &Context, ask: &BoardAsk) -> Result<WorkBoard, DeskError> {
        let place = Place::top(self.snapshot().module("problem")?.clone());
        let fields = ["status", "priority", "group", "technician", "category", "impact"];
        self.work(ctx, &place, ask, &fields, ("reported_time", "closed_time")).await
    }

    async fn work(
        &self,
        ctx: &Context,
        place: &Place,
        ask: &BoardAsk,
        fields: &[&'static str],
        (begun, ended): (&str, &str),
    ) -> Result<WorkBoard, DeskError> {
        let module = &place.module;
        let narrowed = || ask.narrowed(module);
        let open = open(&self.snapshot(), module).and(narrowed());
        // From before all time to after it.
        let ages: Vec<i64> =
            std::iter::once(0).chain(ask.ages.iter().copied()).chain(std::iter::once(i64::MAX)).collect();
        let mut counts = Vec::with_capacity(fields.len());
        for path in fields {
            counts.push(self.groups(ctx, place, CountAsk::by(open.clone(), CountBy::Field(path))));
        }
        let (by, by_age, created, closed) = tokio::try_join!(
            all(counts),
            self.over_time(ctx, place, open.clone(), begun, &ages),
            self.over_time(ctx, place, narrowed(), begun, &ask.ends),
            self.over_time(ctx, place, narrowed(), ended, &ask.ends),
        )?;
        let open = by_age.iter().sum();
        let by = fields.iter().copied().zip(by).collect();
        Ok(WorkBoard { open, by, by_age, created, closed, ..WorkBoard::default() })
    }

    async fn views(
        &self,
        ctx: &Context,
        place: &Place,
        ask: &BoardAsk,
    ) -> Result<Vec<(&'static str, u64)>, DeskError> {
        let snapshot = self.snapshot();
        let mut counts = Vec::with_capacity(VIEWS.len());
        for name in VIEWS {
            let view = request_view(&snapshot, ctx, &[], &place.module, name).unwrap_or_else(Filter::nothing);
            counts.push(self.how_many(ctx, place, view.and(ask.narrowed(&place.module))));
        }
        Ok(VIEWS.into_iter().zip(all(counts).await?).collect())
    }

    /// Whether what was promised was kept.
    async fn kept(
        &self,
        ctx: &Context,
        place: &Place,
        ask: &BoardAsk,
    ) -> Result<Vec<(Option<Id>, u64, u64)>, DeskError> {
        let module = &place.module;
        let promised = test(module, "due_by_time", Op::Empty, Vec::new()).negate();
        let filter = ask.within(module, "completed_time").and(ask.narrowed(module)).and(promised);
        let by = vec![CountBy::Field("priority"), CountBy::Field("ended_late")];
        let mut kept: Vec<(Option<Id>, u64, u64)> = Vec::new();
        for group in self.counted(ctx, place, CountAsk { filter, by, sum: None }).await? {
            let priority = group.values.first().and_then(Value::as_int).map(Id::new);
            let is_late = group.values.get(1).and_then(Value::as_bool).unwrap_or(false);
            let (in_time, late) = if is_late { (0, group.count) } else { (group.count, 0) };
            match kept.iter_mut().find(|(known, ..)| *known == priority) {
                Some((_, all_in_time, all_late)) => {
                    *all_in_time += in_time;
                    *all_late += late;
                }
                None => kept.push((priority, in_time, late)),
            }
        }
        kept.sort_by_key(|(_, in_time, late)| std::cmp::Reverse(in_time + late));
        Ok(kept)
    }

    /// What the company has, and what it cost.
    ///
    /// # Errors
    /// As for [`Self::request_board`].
    pub async fn estate_board(&self, ctx: &Context, ask: &BoardAsk) -> Result<EstateBoard, DeskError> {
        let place = Place::top(self.snapshot().module("asset")?.clone());
        let module = &place.module;
        let narrowed = || ask.narrowed(module);
        let fields = ["state", "product_type", "site", "department"];
        let mut counts = Vec::with_capacity(fields.len());
        for path in fields {
            let by = vec![CountBy::Field(path)];
            let ask = CountAsk { filter: narrowed(), by, sum: Some("purchase_cost") };
            counts.push(self.groups(ctx, &place, ask));
        }
        let unknown = || test(module, "warranty_expiry", Op::Empty, Vec::new());
        let known = unknown().negate().and(narrowed());
        let warranty = CountAsk::by(known, CountBy::Stretch("warranty_expiry", ask.ages.clone()));
        let (by, warranties, without_warranty) = tokio::try_join!(
            all(counts),
            self.groups(ctx, &place, warranty),
            self.how_many(ctx, &place, unknown().and(narrowed())),
        )?;
        let states = by.first().map(Vec::as_slice).unwrap_or_default();
        Ok(EstateBoard {
            total: states.iter().map(|g| g.count).sum(),
            cost: states.iter().map(|g| g.sum).sum(),
            by: fields.into_iter().zip(by).collect(),
            by_warranty: spread(&warranties, ask.ages.len() + 1),
            without_warranty,
        })
    }
}

/// All of some questions at once: the readers share them.
async fn all<T>(questions: Vec<impl Future<Output = Result<T, DeskError>>>) -> Result<Vec<T>, DeskError> {
    futures_util::future::try_join_all(questions).await
}
