//! What is known of fields whose values are in the side table: how many records have a value, how often the common
//! values occur, and where the numbers lie.

use super::{VALUES_MAX, float, prefixed};
use crate::engine::{Cost, Db, StoreError};
use crate::query::{as_number, side_column};
use crate::sql::Sql;
use model::{Filter, Leaf, Map, Module, Op, Storage, Test, Value};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Numbers that cut a field's values into parts of the same size.
const STEPS: i64 = 64;

/// What was counted of a field: its number, its values, how many of them differ, how often each of the commonest
/// occurs, and the numbers that cut them into parts.
pub(super) type Counted = (i64, i64, i64, Vec<(String, i64)>, Vec<f64>);

/// The fields in the side table of these modules, which have one table, and the columns that hold them.
fn fields(modules: &[Arc<Module>]) -> BTreeMap<i64, &'static str> {
    let leaves = modules.iter().flat_map(|module| module.leaves());
    leaves.filter_map(|leaf| Some((number(leaf)?, side_column(&leaf.field.kind)))).collect()
}

fn number(leaf: &Leaf) -> Option<i64> {
    match leaf.field.storage {
        Storage::Document { field } => Some(field),
        _ => None,
    }
}

/// Counts in the side table.
pub(super) async fn count(db: &Db, modules: &[Arc<Module>]) -> Result<Vec<Counted>, StoreError> {
    let mut counted = Vec::new();
    for (field, column) in fields(modules) {
        let mut sql = Sql::new(super::EACH_VALUE);
        sql.name(column).push(" v, count(*) n FROM \"field_value\" WHERE \"field\" = ").bind(field);
        sql.push(" AND ").name(column).push(" IS NOT NULL");
        sql.push(" GROUP BY 1) ORDER BY n DESC LIMIT ").bind(VALUES_MAX);
        let rows = db.read(sql.query(Cost::Scan)).await?;
        let whole = |i: usize| rows.first().and_then(|row| row.get(i)).and_then(Value::as_int).unwrap_or(0);
        let (different, all) = (whole(2), whole(3));
        let each = |row: &Vec<Value>| Some((row.first()?.to_string(), row.get(1)?.as_int()?));
        let common: Vec<(String, i64)> = rows.iter().filter_map(each).collect();
        let steps =
            if column == "word" || all == 0 { Vec::new() } else { cut(db, field, column, all).await? };
        counted.push((field, all, different, common, steps));
    }
    Ok(counted)
}

async fn cut(db: &Db, field: i64, column: &'static str, all: i64) -> Result<Vec<f64>, StoreError> {
    let mut sql = Sql::new("SELECT v FROM (SELECT ");
    sql.name(column).push(" v, row_number() OVER (ORDER BY ").name(column);
    sql.push(") r FROM \"field_value\" WHERE \"field\" = ").bind(field);
    sql.push(" AND ").name(column).push(" IS NOT NULL) WHERE r % ");
    sql.bind((all / STEPS).max(1)).push(" = 0 ORDER BY 1");
    let rows = db.read(sql.query(Cost::Scan)).await?;
    Ok(rows.iter().filter_map(|row| row.first().and_then(number_of)).collect())
}

fn number_of(value: &Value) -> Option<f64> {
    value.as_double().or_else(|| value.as_int().map(|n| float(Some(n))))
}

/// How the values of a field are spread.
#[derive(Clone, Debug)]
struct Field {
    /// How many there are.
    values: f64,
    /// How often the commonest occur.
    common: BTreeMap<String, f64>,
    /// How often each of the others does, on average; zero where there are none.
    other: f64,
    steps: Vec<f64>,
}

/// How the values of all fields are spread.
#[derive(Clone, Debug, Default)]
pub(super) struct Fields(Map<i64, Field>);

impl Fields {
    pub fn new(counted: Vec<Counted>) -> Self {
        let field = |(number, values, different, common, steps): Counted| {
            let values = float(Some(values));
            let common: BTreeMap<String, f64> =
                common.into_iter().map(|(value, n)| (value, float(Some(n)))).collect();
            let left = (values - common.values().sum::<f64>()).max(0.0);
            let others = different - i64::try_from(common.len()).unwrap_or(0);
            let other = if others > 0 { left / float(Some(others)) } else { 0.0 };
            (number, Field { values, common, other, steps })
        };
        Self(counted.into_iter().map(field).collect())
    }

    /// How many values pass a test of a field in the side table; `None` for other tests, and where nothing was counted.
    pub fn passing(&self, test: &Test) -> Option<f64> {
        if !test.path.via.is_empty() {
            return None;
        }
        let field = self.0.get(&number(test.path.leaf()?)?)?;
        Some(field.passing(test))
    }

    /// How many rows an index of the side table gives for a test, or for any of several.
    pub fn given(&self, filter: &Filter) -> Option<f64> {
        match filter {
            Filter::Test(test) if test.op != Op::Empty => self.passing(test),
            Filter::Any(parts) if !parts.is_empty() => {
                parts.iter().map(|part| self.given(part)).sum::<Option<f64>>()
            }
            _ => None,
        }
    }
}

impl Field {
    fn passing(&self, test: &Test) -> f64 {
        let known = |fits: &dyn Fn(&str) -> bool| -> f64 {
            self.common.iter().filter(|(value, _)| fits(value)).map(|(_, n)| n).sum()
        };
        let all_known = self.other == 0.0;
        let texts = || test.operands.iter().map(Value::to_string);
        let at = |i: usize| self.below(test.operands.get(i));
        let passing = match test.op {
            Op::In => {
                let each = |value: &Value| {
                    self.common.get(&as_number(value).to_string()).copied().unwrap_or(self.other)
                };
                test.operands.iter().map(each).sum()
            }
            Op::Less | Op::LessOrEqual => self.values * at(0),
            Op::Greater | Op::GreaterOrEqual => self.values * (1.0 - at(0)),
            Op::Between => self.values * (at(1) - at(0)).max(0.0),
            Op::StartsWith if all_known => known(&|value| texts().any(|text| value.starts_with(&text))),
            Op::EndsWith if all_known => known(&|value| texts().any(|text| value.ends_with(&text))),
            Op::Contains if all_known => known(&|value| texts().any(|text| value.contains(&text))),
            Op::StartsWith => self.values * prefixed(test),
            Op::EndsWith | Op::Contains => self.values * 0.3,
            // Those that have none; told by whoever knows how many there are.
            Op::Empty => self.values,
        };
        passing.clamp(0.0, self.values).max(1.0)
    }

    /// The share of the values that are less than this one.
    fn below(&self, value: Option<&Value>) -> f64 {
        let Some(number) = value.and_then(number_of) else { return 0.5 };
        let place = self.steps.partition_point(|step| *step < number);
        #[expect(clippy::cast_precision_loss, reason = "some sixty steps")]
        let (place, count) = (place as f64, self.steps.len().max(1) as f64);
        place / count
    }
}
