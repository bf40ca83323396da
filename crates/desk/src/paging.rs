//! Paging by key: a page begins behind the last row of the page before, whatever was added or removed meanwhile, and
//! the thousandth page costs what the first one did.
//!
//! A spot is the value that a row is sorted by, and the row's id, which decides between equals: `i1772614800000~id`,
//! `tprinter~id`, `d12.5~id`, `n~id` for a row without a value. No value is the least value, as the store has it.

use model::filter::test;
use model::{Filter, Id, Kind, Module, Op, Path, SortKey, Test, Value};
use std::sync::Arc;

/// A spot in a sorted list: the end of a page.
#[derive(Clone, Debug, PartialEq)]
pub struct Spot {
    /// What the row before it is sorted by, as [`compared`] has it.
    pub value: Value,
    /// Its id.
    pub id: Id,
}

impl Spot {
    /// Reads a spot from an address.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let (value, id) = text.rsplit_once('~')?;
        let id = id.parse().ok()?;
        let value = match value.split_at_checked(1)? {
            ("n", "") => Value::Null,
            ("i", digits) => Value::Int(digits.parse().ok()?),
            ("b", "0") => Value::Bool(false),
            ("b", "1") => Value::Bool(true),
            ("t", text) => Value::Text(text.to_owned()),
            ("d", number) => Value::Double(number.parse().ok().filter(|n: &f64| n.is_finite())?),
            _ => return None,
        };
        Some(Self { value, id })
    }
}

impl std::fmt::Display for Spot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.value {
            Value::Int(n) => write!(f, "i{n}~{}", self.id),
            Value::Bool(b) => write!(f, "b{}~{}", u8::from(*b), self.id),
            Value::Text(text) => write!(f, "t{text}~{}", self.id),
            // Written so that the very same number is read.
            Value::Double(n) => write!(f, "d{n}~{}", self.id),
            Value::Null => write!(f, "n~{}", self.id),
        }
    }
}

/// Whether lists can be sorted by a kind of field, and paged.
#[must_use]
pub const fn is_sortable(kind: &Kind) -> bool {
    matches!(
        kind,
        Kind::Id
            | Kind::Text { .. }
            | Kind::Email
            | Kind::Pick { .. }
            | Kind::Bool
            | Kind::Int { .. }
            | Kind::Digits { .. }
            | Kind::Number { .. }
            | Kind::Time
            | Kind::Date
            | Kind::Span
            | Kind::Double
            | Kind::Decimal
            | Kind::Ref(_)
    )
}

/// The value by which a row is compared: text is folded and amounts are numbers, as the store compares them.
#[must_use]
pub fn compared(path: &Path, value: &Value) -> Value {
    match (path.leaf().map(|l| &l.field.kind), value) {
        (Some(Kind::Text { .. } | Kind::Email | Kind::Pick { .. }), Value::Text(text)) => {
            Value::Text(model::fold(text))
        }
        (Some(Kind::Decimal), Value::Text(text)) => text.parse().map_or(Value::Null, Value::Double),
        (Some(Kind::Bool), value) => value.as_bool().map_or(Value::Null, Value::Bool),
        (_, value) => value.clone(),
    }
}

/// The rows behind a spot, in the order of a key; of a list that is sorted by words alone, by id.
#[must_use]
pub fn behind(module: &Arc<Module>, key: Option<&SortKey>, spot: &Spot) -> Filter {
    let descending = key.is_none_or(|key| key.descending);
    let id = || {
        let op = if descending { Op::Less } else { Op::Greater };
        test(module, "id", op, vec![spot.id.into()])
    };
    let Some(key) = key else { return id() };
    let compare = |op: Op| {
        let operands = if op == Op::Empty { Vec::new() } else { vec![spot.value.clone()] };
        Filter::Test(Test { path: key.path.clone(), op, operands })
    };
    let empty = || compare(Op::Empty);
    match (spot.value.is_null(), descending) {
        (true, true) => empty().and(id()),
        (true, false) => Filter::Any(vec![empty().negate(), empty().and(id())]),
        // The comparison that an index answers comes first, by itself.
        (false, false) => compare(Op::GreaterOrEqual).and(Filter::Any(vec![compare(Op::Greater), id()])),
        (false, true) => {
            let behind = compare(Op::LessOrEqual).and(Filter::Any(vec![compare(Op::Less), id()]));
            if is_always_there(key) { behind } else { Filter::Any(vec![behind, empty()]) }
        }
    }
}

/// Whether no row is without a value.
fn is_always_there(key: &SortKey) -> bool {
    let leaf = key.path.leaf();
    key.path.via.is_empty()
        && leaf.is_some_and(|l| {
            l.field.required
                || matches!(l.field.preset, model::Preset::Now)
                || l.path == "id"
                || l.path == "display_id"
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spots_are_written_and_read() {
        let id = Id::new(100_001_000_000_006_619);
        for value in [
            Value::Null,
            Value::Int(-5),
            Value::Bool(true),
            Value::Double(-0.1),
            Value::Double(1e300),
            Value::Text("a~b ü".into()),
            Value::Text(String::new()),
        ] {
            let spot = Spot { value, id };
            assert_eq!(Spot::read(&spot.to_string()), Some(spot));
        }
        for bad in ["", "~", "x~1", "i~1", "ix~1", "n", "nx~1", "b2~1", "ü~1", "dNaN~1", "dinf~1", "d~1"] {
            assert_eq!(Spot::read(bad), None, "{bad}");
        }
    }
}
