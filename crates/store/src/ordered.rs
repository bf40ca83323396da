//! Lists in the order of what a reference shows: requests by the names of their requesters.
//!
//! No index of the requests has that order, and a database that is left alone reads and sorts all of them for a page: at a
//! million that takes most of a second. So the list is put together from lists of its parts, in the order of what is shown:
//! those that refer to nobody, then those that refer to the first few, and so on, until the page is full. Each part is an
//! ordinary list, planned by itself. SQLite only, where what is known of the values says how large the parts will be; of a
//! reference without an index zones say at least which values there are ([`crate::zones`]).
//!
//! Likewise a list in the ascending order of a field in a document begins with those that have no value.
//!
//! It rests on references that lead to what is there: nothing is removed while others refer to it.

mod sqlite_values;

use crate::engine::StoreError;
use crate::plan::{Referred, float};
use crate::query::{Query, side_column};
use crate::records::Store;
use crate::table::key_of;
use model::filter::test;
use model::{Filter, Id, Leaf, Module, Op, Path, Record, SortKey, Storage, Test, Value};
use std::collections::{HashSet, VecDeque};
use std::sync::Arc;

/// Parts are tried until they have cost this share of what the whole list costs by itself.
const SHARE_MAX: f64 = 0.25;
/// Records that are referred to are few where there are no more; so many of them are in one part at most.
const FEW_MAX: usize = 512;
/// Of many, so many are read ahead in the order, then four times as many each time.
const READ_AHEAD: u64 = 256;
/// A part is made so large that it should fill the page half as much again; where it did not, the next is four times as large.
const MARGIN: f64 = 1.5;
const GROWTH: f64 = 4.0;
/// A record to which so many times the wanted number refer is a part by itself, of which as many are read as are wanted.
const LARGE: f64 = 4.0;

/// A list in the order of what a reference shows.
struct Order<'q> {
    query: &'q Query,
    key: &'q SortKey,
    /// What decides among rows that show the same.
    rest: &'q [SortKey],
    /// The module that has the reference, and its place there.
    owner: &'q Arc<Module>,
    slot: usize,
    reference: &'q Leaf,
    /// Whether none of the records that it leads to is without what is sorted by.
    is_there: bool,
    /// How often the records that it leads to are referred to.
    referred: Referred,
}

/// A record that is referred to: what it is sorted by, and its id.
struct Shown {
    key: Value,
    id: Id,
}

/// Rows that stand together in the order.
enum Part {
    /// Those whose reference leads nowhere, and is empty or one of these.
    Nowhere(Vec<Id>),
    /// Those that refer to one of these.
    To(Vec<Shown>),
}

impl Store {
    /// A list that is put together from its parts; `None` where that would not cost less. [`Self::list`] asks for it; public
    /// for tests.
    ///
    /// # Errors
    /// When the database does not answer, or not in time.
    pub async fn list_by_parts(&self, query: &Query) -> Result<Option<Vec<Record>>, StoreError> {
        let Some(order) = Order::of(self, query) else { return self.list_of_empty(query).await };
        let count = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
        let (from, wanted) = (count(query.offset), count(query.offset.saturating_add(query.limit)));
        let mut budget = order.referred.cost() * SHARE_MAX;
        let (mut found, mut seen) = (Vec::new(), HashSet::new());
        let Some(mut parts) = Parts::new(self, &order).await? else { return Ok(None) };
        while found.len() < wanted {
            let missing = wanted - found.len();
            let Some(part) = parts.next(missing).await? else { break };
            let query = order.part(&part, missing);
            budget -= self.planner().cost(&query).unwrap_or(f64::INFINITY);
            if budget < 0.0 {
                return Ok(None);
            }
            // A record that went from one part to another meanwhile is there once.
            let records = match self.list_by_zones(&query).await? {
                Some(records) => records,
                None => self.list_planned(&query).await?,
            };
            found.extend(records.into_iter().filter(|record| seen.insert(record.id())));
        }
        found.drain(..from.min(found.len()));
        Ok(Some(found))
    }

    /// A list in the ascending order of a field in a document, where the page is full of rows without a value: they come first,
    /// in the order of ids, and no index has them.
    async fn list_of_empty(&self, query: &Query) -> Result<Option<Vec<Record>>, StoreError> {
        let [SortKey { path, descending: false }] = query.sort.as_slice() else { return Ok(None) };
        let is_in_document = |leaf: &Leaf| matches!(leaf.field.storage, Storage::Document { .. });
        let Some(cost) = self.planner().cost(query).filter(|_| path.via.is_empty()) else { return Ok(None) };
        // A text that says nothing counts as empty, and comes behind those that are not there: of rows that are passed over
        // nobody knows which they are.
        let is_told = |leaf: &Leaf| {
            is_in_document(leaf) && (query.offset == 0 || side_column(&leaf.field.kind) != "word")
        };
        if !path.leaf().is_some_and(is_told) {
            return Ok(None);
        }
        let mut part = query.clone();
        if !part.slots.is_empty() {
            part.slots.push(path.slot);
        }
        let empty = Test { path: path.clone(), op: Op::Empty, operands: Vec::new() };
        part.filter = Filter::Test(empty).and(part.filter);
        part.sort.clear();
        if self.planner().cost(&part).is_none_or(|of_part| of_part > cost * SHARE_MAX) {
            return Ok(None);
        }
        let records = self.list_planned(&part).await?;
        let is_right =
            records.len() as u64 == part.limit && records.iter().all(|r| r.at(path.slot).is_null());
        Ok(is_right.then_some(records))
    }

    /// The ids that a reference has, where they are few: by its index, or by what zones know.
    async fn few(&self, order: &Order<'_>) -> Result<Option<Vec<Id>>, StoreError> {
        if !order.referred.is_counted() {
            let ids = self.values_by_zones(order.owner, order.reference).await?;
            return Ok(ids.filter(|ids| ids.len() <= FEW_MAX));
        }
        if !order.referred.are_few() {
            return Ok(None);
        }
        let (table, column) = (&order.owner.table, &order.reference.column);
        let rows = self.db().read(sqlite_values::values(table, column, FEW_MAX + 1)).await?;
        let ids: Vec<Id> = rows.iter().filter_map(|row| row.first()?.as_int()).map(Id::new).collect();
        Ok(Some(ids).filter(|ids| ids.len() <= FEW_MAX))
    }
}

impl<'q> Order<'q> {
    /// What there is to know; `None` for lists in other orders, and for those of which nobody knows how many pass.
    fn of(store: &Store, query: &'q Query) -> Option<Self> {
        let (key, rest) = query.sort.split_first()?;
        let [(owner, slot)] = key.path.via.as_slice() else { return None };
        let shown = key.path.leaf().filter(|leaf| leaf.is_column())?;
        let reference = owner.leaf(*slot)?;
        let referred = store.planner().referred(query, reference)?;
        let is_there = shown.field.required || shown.path == "id";
        Some(Self { query, key, rest, owner, slot: *slot, reference, is_there, referred })
    }

    /// The list of a part.
    fn part(&self, part: &Part, limit: usize) -> Query {
        let reference = |op, operands| {
            let path = Path { via: Vec::new(), module: self.owner.clone(), slot: self.slot };
            Filter::Test(Test { path, op, operands })
        };
        let to = |ids: &mut dyn Iterator<Item = Id>| reference(Op::In, ids.map(Value::from).collect());
        let (of_part, is_one) = match part {
            Part::Nowhere(ids) if ids.is_empty() => (reference(Op::Empty, Vec::new()), true),
            Part::Nowhere(ids) => {
                let ids = to(&mut ids.iter().copied());
                (Filter::Any(vec![reference(Op::Empty, Vec::new()), ids]), true)
            }
            Part::To(shown) => {
                let is_one = shown.iter().all(|s| shown.first().is_some_and(|first| first.key == s.key));
                (to(&mut shown.iter().map(|s| s.id)), is_one)
            }
        };
        let mut query = self.query.clone();
        query.filter = of_part.and(query.filter);
        (query.offset, query.limit) = (0, limit as u64);
        if is_one {
            // What is left of the order may be walked. At last the id decides, in the direction of the first key.
            query.sort = self.rest.to_vec();
            let follows = matches!(self.rest, [one] if one.descending == self.key.descending);
            let id = Path::of(&query.module, "id").filter(|_| !follows);
            query.sort.extend(id.map(|path| SortKey { path, descending: self.key.descending }));
        }
        query
    }

    /// Whether a test begins with the reference.
    fn is_of_reference(&self, test: &Test) -> bool {
        let (module, slot) = match test.path.via.first() {
            Some((module, slot)) => (module, *slot),
            None => (&test.path.module, test.path.slot),
        };
        module.table == self.owner.table
            && module.leaf(slot).is_some_and(|leaf| leaf.is_column() && leaf.column == self.reference.column)
    }

    /// What the filter says of the records that are referred to; `None` where it says nothing of them alone.
    fn of_shown(&self, filter: &Filter) -> Option<Filter> {
        match filter {
            Filter::Test(test) if self.is_of_reference(test) => match (test.path.via.len(), test.op) {
                (0, Op::In) => {
                    let path = Path::of(&self.key.path.module, "id")?;
                    Some(Filter::Test(Test { path, ..test.clone() }))
                }
                (0, Op::Empty) => Some(Filter::nothing()),
                (1, _) => {
                    let path = Path { via: Vec::new(), ..test.path.clone() };
                    Some(Filter::Test(Test { path, ..test.clone() }))
                }
                _ => None,
            },
            Filter::All(parts) => parts.iter().filter_map(|part| self.of_shown(part)).reduce(Filter::and),
            Filter::Any(parts) => {
                parts.iter().map(|part| self.of_shown(part)).collect::<Option<_>>().map(Filter::Any)
            }
            Filter::Test(_) | Filter::Not(_) => None,
        }
    }

    /// Whether the filter lets no row pass whose reference is empty.
    fn leads_somewhere(&self, filter: &Filter) -> bool {
        match filter {
            Filter::Test(test) => test.op != Op::Empty && self.is_of_reference(test),
            Filter::All(parts) => parts.iter().any(|part| self.leads_somewhere(part)),
            Filter::Any(parts) => parts.iter().all(|part| self.leads_somewhere(part)),
            Filter::Not(_) => false,
        }
    }

    /// A list of those that are referred to, in the order.
    fn shown(&self, filter: Filter) -> Query {
        let path = Path { via: Vec::new(), ..self.key.path.clone() };
        let mut query = Query::new(path.module.clone(), filter, FEW_MAX as u64);
        query.slots = vec![path.slot];
        query.sort = vec![SortKey { path, descending: self.key.descending }];
        query
    }

    /// What a record that is referred to is sorted by.
    fn read(&self, record: &Record) -> Shown {
        let value = record.at(self.key.path.slot);
        let leaf = self.key.path.leaf().filter(|leaf| leaf.has_key_column());
        Shown { key: leaf.map_or_else(|| value.clone(), |leaf| key_of(&leaf.field, value)), id: record.id() }
    }
}

/// The parts of a list, in its order.
struct Parts<'s, 'q> {
    store: &'s Store,
    order: &'s Order<'q>,
    nowhere: Option<Part>,
    ahead: VecDeque<Shown>,
    /// The list of those that are referred to, from where on it is still to be read.
    rest: Option<Query>,
    margin: f64,
}

impl<'s, 'q> Parts<'s, 'q> {
    /// `None` where many are referred to and some may be without what is sorted by: they would have to be looked for.
    async fn new(store: &'s Store, order: &'s Order<'q>) -> Result<Option<Self>, StoreError> {
        let asked = order.of_shown(&order.query.filter);
        let mut parts =
            Self { store, order, nowhere: None, ahead: VecDeque::new(), rest: None, margin: MARGIN };
        let mut lost = Vec::new();
        if let Some(mut ids) = store.few(order).await? {
            let among = |ids: &[Id]| {
                let ids = ids.iter().map(|id| Value::from(*id)).collect();
                test(&order.key.path.module, "id", Op::In, ids)
            };
            let all = store.list_planned(&order.shown(among(&ids))).await?;
            let there: Vec<Shown> =
                all.iter().map(|record| order.read(record)).filter(|shown| !shown.key.is_null()).collect();
            // Rows that refer to what has nothing to be sorted by stand with those that refer to nothing.
            ids.retain(|id| !there.iter().any(|shown| shown.id == *id));
            lost = ids;
            parts.ahead = there.into();
            if let Some(asked) = asked {
                let ids: Vec<Id> = parts.ahead.iter().map(|shown| shown.id).collect();
                let asked = store.list_planned(&order.shown(among(&ids).and(asked))).await?;
                parts.ahead.retain(|shown| asked.iter().any(|record| record.id() == shown.id));
            }
        } else if !order.is_there || !order.referred.is_counted() {
            return Ok(None);
        } else {
            let mut rest = order.shown(asked.unwrap_or_else(Filter::everything));
            rest.limit = READ_AHEAD;
            parts.rest = Some(rest);
        }
        if !lost.is_empty() || !order.leads_somewhere(&order.query.filter) {
            parts.nowhere = Some(Part::Nowhere(lost));
        }
        Ok(Some(parts))
    }

    /// The next part of a list that lacks so many rows.
    async fn next(&mut self, missing: usize) -> Result<Option<Part>, StoreError> {
        if !self.order.key.descending
            && let Some(part) = self.nowhere.take()
        {
            return Ok(Some(part));
        }
        let (mut part, mut expected) = (Vec::<Shown>::new(), 0.0);
        let missing = float(i64::try_from(missing).ok());
        loop {
            if self.ahead.is_empty() {
                self.read_on().await?;
            }
            let Some(next) = self.ahead.front() else { break };
            let rows = self.order.referred.passing(next.id);
            // What shows the same belongs together: there the id decides.
            let is_equal = part.last().is_some_and(|last| last.key == next.key);
            let is_enough =
                expected >= missing * self.margin || part.len() >= FEW_MAX || rows > missing * LARGE;
            if !part.is_empty() && is_enough && !is_equal {
                break;
            }
            expected += rows;
            part.extend(self.ahead.pop_front());
        }
        self.margin *= GROWTH;
        if part.is_empty() { Ok(self.nowhere.take()) } else { Ok(Some(Part::To(part))) }
    }

    async fn read_on(&mut self) -> Result<(), StoreError> {
        let Some(mut query) = self.rest.take() else { return Ok(()) };
        let records = self.store.list_planned(&query).await?;
        if records.len() as u64 == query.limit {
            query.offset += query.limit;
            query.limit *= 4;
            self.rest = Some(query);
        }
        self.ahead.extend(records.iter().map(|record| self.order.read(record)));
        Ok(())
    }
}
