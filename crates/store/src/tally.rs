//! Counting and adding up records in groups: what figures and charts are made of.

use crate::engine::{Cost, Db, StoreError};
use crate::plan::Plan;
use crate::query::{self, Query};
use model::{Filter, Module, Value};
use std::sync::Arc;

/// What records are grouped by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TallyBy {
    /// The value of the field at this place.
    Value(usize),
    /// The stretch between two of these numbers, the least first, that the value at this place falls into: 0 below the
    /// first, 1 from the first on, and so on; what is empty falls into the last.
    Stretch(usize, Vec<i64>),
}

/// Which records are counted, in which groups.
#[derive(Clone, Debug)]
pub struct Tally {
    /// The module.
    pub module: Arc<Module>,
    /// Which.
    pub filter: Filter,
    /// By what they are grouped; all are one group where this is empty.
    pub by: Vec<TallyBy>,
    /// The place of a field that is added up in each group: an amount, or a number.
    pub sum: Option<usize>,
}

/// A group.
#[derive(Clone, Debug, PartialEq)]
pub struct Counted {
    /// The values that its records have in common, in the order of [`Tally::by`].
    pub values: Vec<Value>,
    /// How many records it has.
    pub count: u64,
    /// The sum that was asked for. Added up in floating point, which is exact to the cent for amounts below some ten
    /// million million.
    pub sum: f64,
}

impl Tally {
    /// The list of the same records, which a plan is made for.
    pub(crate) fn query(&self) -> Query {
        Query::new(self.module.clone(), self.filter.clone(), u64::MAX)
    }
}

/// The groups that have records, in no order.
pub(crate) async fn run(db: &Db, tally: &Tally, plan: Option<&Plan>) -> Result<Vec<Counted>, StoreError> {
    let (select, groups) = (query::tally(tally, db.dialect(), plan), tally.by.len());
    debug_assert_eq!(select.cost, Cost::Scan);
    let rows = db.read(select).await?;
    let counted = rows.into_iter().map(|mut row| {
        let figures = row.split_off(groups.min(row.len()));
        Counted {
            values: row,
            count: figures.first().and_then(Value::as_int).and_then(|n| u64::try_from(n).ok()).unwrap_or(0),
            sum: figures.get(1).map_or(0.0, number),
        }
    });
    Ok(counted.filter(|group| group.count > 0).collect())
}

#[expect(clippy::cast_precision_loss, reason = "sums of numbers that people read")]
fn number(value: &Value) -> f64 {
    match value {
        Value::Double(n) => *n,
        Value::Int(n) => *n as f64,
        _ => 0.0,
    }
}
