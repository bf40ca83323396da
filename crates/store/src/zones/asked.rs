//! A filter as zones are asked it: which of them may have rows that pass.

use super::table::{Columns, Zone};
use model::{Filter, Id, Op, Test};

/// A filter, with columns by their places in a zone and operands by theirs in the order.
#[derive(Debug)]
pub(super) enum Asked {
    All(Vec<Self>),
    Any(Vec<Self>),
    Not(Box<Self>),
    Column {
        column: usize,
        op: Op,
        operands: Vec<i64>,
    },
    /// The reference leads somewhere.
    Refers(usize),
    /// Zones know nothing of it.
    Unknown,
}

/// The tests in a filter of what a reference leads to, in the order in which [`Asked::new`] comes to them.
pub(super) fn referring<'f>(filter: &'f Filter, tests: &mut Vec<&'f Test>) {
    match filter {
        Filter::All(parts) | Filter::Any(parts) => parts.iter().for_each(|part| referring(part, tests)),
        Filter::Not(inner) => referring(inner, tests),
        Filter::Test(test) if test.path.via.is_empty() => {}
        Filter::Test(test) => tests.push(test),
    }
}

/// Whether a filter asks for a stretch of a column that has an order, other than of the one that is sorted by. Where such rows
/// stand in that order no share of them tells.
pub(super) fn has_stretches(filter: &Filter, columns: &Columns, order: Option<usize>) -> bool {
    match filter {
        Filter::All(parts) | Filter::Any(parts) => {
            parts.iter().any(|part| has_stretches(part, columns, order))
        }
        Filter::Not(inner) => has_stretches(inner, columns, order),
        Filter::Test(test) => {
            let has_places = |leaf| columns.of(leaf).is_some_and(|(_, class)| class.has_places());
            test.op.is_stretch()
                && !is_of(filter, order)
                && test.path.via.is_empty()
                && test.path.leaf().is_some_and(has_places)
        }
    }
}

/// Whether a filter is a test of the column that is sorted by.
pub(super) fn is_of(filter: &Filter, order: Option<usize>) -> bool {
    matches!(filter, Filter::Test(test) if test.path.via.is_empty() && Some(test.path.slot) == order)
}

impl Asked {
    /// Without what references lead to.
    pub fn alone(filter: &Filter, columns: &Columns) -> Self {
        Self::new(filter, columns, &mut std::iter::repeat(None))
    }

    /// `referred` gives, for each of the [`referring`] tests, the ids that the reference may have; `None` where they are many.
    pub fn new(
        filter: &Filter,
        columns: &Columns,
        referred: &mut impl Iterator<Item = Option<Vec<Id>>>,
    ) -> Self {
        match filter {
            Filter::All(parts) => Self::All(parts.iter().map(|p| Self::new(p, columns, referred)).collect()),
            Filter::Any(parts) => Self::Any(parts.iter().map(|p| Self::new(p, columns, referred)).collect()),
            Filter::Not(inner) => Self::Not(Box::new(Self::new(inner, columns, referred))),
            Filter::Test(test) => match test.path.via.first() {
                None => Self::of_column(test, columns).unwrap_or(Self::Unknown),
                Some((module, slot)) => {
                    let ids = referred.next().flatten();
                    let column = module.leaf(*slot).and_then(|leaf| columns.of(leaf));
                    match (column, ids) {
                        // A reference that leads nowhere passes as well.
                        _ if test.op == Op::Empty => Self::Unknown,
                        (Some((column, _)), Some(ids)) => {
                            let operands = ids.into_iter().map(Id::get).collect();
                            Self::Column { column, op: Op::In, operands }
                        }
                        (Some((column, _)), None) => Self::Refers(column),
                        (None, _) => Self::Unknown,
                    }
                }
            },
        }
    }

    fn of_column(test: &Test, columns: &Columns) -> Option<Self> {
        let (column, class) = columns.of(test.path.leaf()?)?;
        let op = test.op;
        // Of texts, and of parts of numbers, zones know only whether there are any.
        if op == Op::Empty || op.is_part() || !class.has_places() {
            return Some(Self::Column { column, op, operands: Vec::new() });
        }
        let operands: Vec<i64> =
            test.operands.iter().map(|value| class.place(value)).collect::<Option<_>>()?;
        let wanted = match op {
            Op::Between => 2,
            Op::Less | Op::LessOrEqual | Op::Greater | Op::GreaterOrEqual => 1,
            _ => 0,
        };
        (operands.len() >= wanted).then_some(Self::Column { column, op, operands })
    }

    /// Whether a row of the zone may pass.
    pub fn may(&self, zone: &Zone) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.may(zone)),
            Self::Any(parts) => parts.iter().any(|part| part.may(zone)),
            Self::Not(inner) => !inner.all(zone),
            Self::Column { column, op, operands } => zone.seen(*column).is_none_or(|s| s.may(*op, operands)),
            Self::Refers(column) => zone.seen(*column).is_none_or(|seen| seen.has_values()),
            Self::Unknown => true,
        }
    }

    /// Whether all rows of the zone pass for certain.
    pub fn all(&self, zone: &Zone) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.all(zone)),
            Self::Any(parts) => parts.iter().any(|part| part.all(zone)),
            Self::Not(inner) => !inner.may(zone),
            Self::Column { column, op, operands } => zone.seen(*column).is_some_and(|s| s.all(*op, operands)),
            Self::Refers(_) | Self::Unknown => false,
        }
    }

    /// How many rows of a zone pass of which none has changed; `None` where they have to be read.
    pub fn count(&self, zone: &Zone) -> Option<usize> {
        if !self.may(zone) {
            return Some(0);
        }
        if self.all(zone) {
            return Some(zone.rows);
        }
        match self {
            Self::All(parts) => only(parts.iter().filter(|part| !part.all(zone)))?.count(zone),
            Self::Any(parts) => only(parts.iter().filter(|part| part.may(zone)))?.count(zone),
            Self::Not(inner) => zone.rows.checked_sub(inner.count(zone)?),
            Self::Column { column, op, operands } => zone.seen(*column)?.count(*op, operands),
            Self::Refers(_) | Self::Unknown => None,
        }
    }
}

/// The one that there is.
fn only<'p>(mut parts: impl Iterator<Item = &'p Asked>) -> Option<&'p Asked> {
    parts.next().filter(|_| parts.next().is_none())
}
