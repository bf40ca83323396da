//! What was seen of a column's values in a zone.

use model::{Kind, Op, Value};

/// The place of what is empty in an order, and of a text that says nothing. Everything else comes behind.
pub(super) const EMPTY: i64 = i64::MIN;
pub(super) const BLANK: i64 = i64::MIN + 1;
const LEAST: i64 = i64::MIN + 2;
/// Of those that are few, so many are told apart in one zone.
const EACH_MAX: usize = 64;

/// How a column's values are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    /// Whole numbers, which have an order: from the least to the greatest.
    Number,
    /// Numbers with a fraction, likewise.
    Real,
    /// References without an index, and flags: each of them, and how many rows have it.
    Few,
    /// Texts: whether there is one.
    Text,
}

impl Class {
    /// `begins_index`: an index leads to the values of this column. It is not the zones that have to know each of them.
    pub const fn of(kind: &Kind, begins_index: bool) -> Self {
        match kind {
            Kind::Double | Kind::Decimal => Self::Real,
            Kind::Ref(_) if !begins_index => Self::Few,
            Kind::Bool => Self::Few,
            Kind::Ref(_)
            | Kind::Id
            | Kind::Int { .. }
            | Kind::Digits { .. }
            | Kind::Number { .. }
            | Kind::Time
            | Kind::Date
            | Kind::Span => Self::Number,
            Kind::Text { .. }
            | Kind::Html { .. }
            | Kind::Email
            | Kind::Color
            | Kind::Pick { .. }
            | Kind::PickMany { .. }
            | Kind::RefMany(_)
            | Kind::Group(_)
            | Kind::Json => Self::Text,
        }
    }

    /// Whether values have places in an order that zones know.
    pub const fn has_places(self) -> bool {
        !matches!(self, Self::Text)
    }

    /// The place of a value in the order of its kind; `None` for what has no such place.
    pub fn place(self, value: &Value) -> Option<i64> {
        let place = match self {
            Self::Text => None,
            Self::Real => value.as_double().map(in_order),
            Self::Number | Self::Few => match value {
                Value::Bool(truth) => Some(i64::from(*truth)),
                other => other.as_int(),
            },
        };
        place.filter(|place| *place >= LEAST)
    }

    /// Whether all values at this place are the same.
    pub const fn is_place_of_one(self, place: i64) -> bool {
        self.has_places() || place <= BLANK
    }

    /// The place of what a list is sorted by, and whether no other value has the same.
    pub fn sorted(self, value: &Value) -> (i64, bool) {
        match (value, self.place(value)) {
            (Value::Null, _) => (EMPTY, true),
            (_, Some(place)) => (place, true),
            (Value::Text(text), None) if text.is_empty() => (BLANK, true),
            _ => (i64::MAX, false),
        }
    }
}

/// The number whose order among whole numbers is that of this one among those with a fraction.
const fn in_order(number: f64) -> i64 {
    // There are two zeros.
    let bits = (number + 0.0).to_bits().cast_signed();
    bits ^ ((bits >> 63).cast_unsigned() >> 1).cast_signed()
}

/// What was seen. There may be less: rows change, and what they had before is not forgotten. Then the numbers say nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Seen {
    /// Rows without a value.
    empty: u16,
    /// Rows with a text that says nothing.
    blank: u16,
    values: Values,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum Values {
    #[default]
    None,
    /// From the least to the greatest.
    Range(i64, i64),
    /// These, in order, and how many rows have each.
    Each(Vec<(i64, u16)>),
    /// Some that nobody looked at.
    Some,
}

impl Seen {
    /// Takes a row's cell up. Of a text the cell is the answer to whether it says anything.
    pub fn note(&mut self, class: Class, cell: &Value) {
        if cell.is_null() {
            self.empty = self.empty.saturating_add(1);
            return;
        }
        if class == Class::Text && cell.as_bool() == Some(false) {
            self.blank = self.blank.saturating_add(1);
            return;
        }
        let Some(place) = class.place(cell) else {
            self.values = Values::Some;
            return;
        };
        match &mut self.values {
            Values::None if class == Class::Few => self.values = Values::Each(vec![(place, 1)]),
            Values::None => self.values = Values::Range(place, place),
            Values::Range(least, greatest) => {
                (*least, *greatest) = (place.min(*least), place.max(*greatest));
            }
            Values::Each(all) => {
                match all.binary_search_by_key(&place, |(one, _)| *one) {
                    Ok(at) => all.iter_mut().skip(at).take(1).for_each(|(_, n)| *n = n.saturating_add(1)),
                    Err(at) => all.insert(at, (place, 1)),
                }
                if let ([(least, _), .., (greatest, _)], true) = (all.as_slice(), all.len() > EACH_MAX) {
                    self.values = Values::Range(*least, *greatest);
                }
            }
            Values::Some => {}
        }
    }

    /// Whether a row may pass a test. The operands are places, at least as many as the test takes.
    pub fn may(&self, op: Op, operands: &[i64]) -> bool {
        let (first, second) = ends_of(operands);
        match (&self.values, op) {
            (_, Op::Empty) => self.empty > 0 || self.blank > 0,
            // It may be less than something, and begin with nothing.
            (Values::None, _) => self.blank > 0,
            (Values::Some, _) | (_, Op::StartsWith | Op::EndsWith | Op::Contains) => true,
            (Values::Each(all), Op::In) => all.iter().any(|(one, _)| operands.contains(one)),
            (values, _) => {
                let (least, greatest) = values.ends();
                match op {
                    Op::In => operands.iter().any(|one| (least..=greatest).contains(one)),
                    Op::Less => least < first,
                    Op::LessOrEqual => least <= first,
                    Op::Greater => greatest > first,
                    Op::GreaterOrEqual => greatest >= first,
                    Op::Between => greatest >= first && least <= second,
                    Op::Empty | Op::StartsWith | Op::EndsWith | Op::Contains => true,
                }
            }
        }
    }

    /// Whether all rows pass a test for certain.
    pub fn all(&self, op: Op, operands: &[i64]) -> bool {
        let (first, second) = ends_of(operands);
        if op == Op::Empty {
            return self.values == Values::None && self.blank == 0;
        }
        if self.empty > 0 || self.blank > 0 {
            return false;
        }
        match (&self.values, op) {
            (Values::None | Values::Some, _) => false,
            (Values::Each(all), Op::In) => all.iter().all(|(one, _)| operands.contains(one)),
            (values, _) => {
                let (least, greatest) = values.ends();
                match op {
                    Op::In => least == greatest && operands.contains(&least),
                    Op::Less => greatest < first,
                    Op::LessOrEqual => greatest <= first,
                    Op::Greater => least > first,
                    Op::GreaterOrEqual => least >= first,
                    Op::Between => least >= first && greatest <= second,
                    Op::Empty | Op::StartsWith | Op::EndsWith | Op::Contains => false,
                }
            }
        }
    }

    /// How many rows pass a test, where every row was taken up once and none has changed since; `None` where that is not known.
    pub fn count(&self, op: Op, operands: &[i64]) -> Option<usize> {
        match (&self.values, op) {
            // Not every text that says nothing is an empty field.
            (_, Op::Empty) if self.blank == 0 => Some(self.empty.into()),
            (Values::Each(all), Op::In) => {
                let passing = all.iter().filter(|(one, _)| operands.contains(one));
                Some(passing.map(|(_, n)| usize::from(*n)).sum())
            }
            _ => None,
        }
    }

    /// Whether there may be a value.
    pub const fn has_values(&self) -> bool {
        !matches!(self.values, Values::None)
    }

    /// Which values there may be; `None` where nobody knows.
    pub fn each(&self) -> Option<impl Iterator<Item = i64>> {
        let all = match &self.values {
            Values::None => &[],
            Values::Each(all) => all.as_slice(),
            Values::Range(..) | Values::Some => return None,
        };
        Some(all.iter().map(|(one, _)| *one))
    }

    /// The place where a list in the order of this column may begin with rows of this zone, at the earliest.
    pub fn first(&self, descending: bool) -> i64 {
        let (least, greatest) = self.values.ends();
        match (descending, &self.values) {
            (false, _) if self.empty > 0 => EMPTY,
            (_, Values::None) if self.blank > 0 => BLANK,
            (_, Values::None) => EMPTY,
            (false, _) if self.blank > 0 => BLANK,
            (false, _) => least,
            (true, _) => greatest,
        }
    }
}

impl Values {
    fn ends(&self) -> (i64, i64) {
        match self {
            Self::Range(least, greatest) => (*least, *greatest),
            Self::Each(all) => match (all.first(), all.last()) {
                (Some((least, _)), Some((greatest, _))) => (*least, *greatest),
                _ => (LEAST, i64::MAX),
            },
            Self::None | Self::Some => (LEAST, i64::MAX),
        }
    }
}

/// The first operand and the second, of tests that have an order.
fn ends_of(operands: &[i64]) -> (i64, i64) {
    match operands {
        [] => (EMPTY, EMPTY),
        [one] => (*one, *one),
        [first, second, ..] => (*first, *second),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cmp::Ordering;

    /// Whether a row passes, as the database decides.
    fn passes(cell: Option<i64>, op: Op, operands: &[i64]) -> bool {
        let Some(value) = cell else { return op == Op::Empty };
        let (first, second) = ends_of(operands);
        match op {
            Op::In => operands.contains(&value),
            Op::Less => value < first,
            Op::LessOrEqual => value <= first,
            Op::Greater => value > first,
            Op::GreaterOrEqual => value >= first,
            Op::Between => (first..=second).contains(&value),
            Op::StartsWith | Op::EndsWith | Op::Contains => value.to_string().contains('1'),
            Op::Empty => false,
        }
    }

    /// A zone is passed over only where no row passes, and counted as passing only where all do.
    #[test]
    fn zones_claim_too_much_and_never_too_little() {
        const OPS: [Op; 10] = [
            Op::In,
            Op::Less,
            Op::LessOrEqual,
            Op::Greater,
            Op::GreaterOrEqual,
            Op::Between,
            Op::StartsWith,
            Op::EndsWith,
            Op::Contains,
            Op::Empty,
        ];
        let cells = [None, Some(1), Some(3), Some(5), Some(7)];
        let (mut passed_over, mut all_pass, mut known) = (0, 0, 0);
        for class in [Class::Number, Class::Few] {
            for chosen in 1_u32..1 << cells.len() {
                let rows: Vec<Option<i64>> =
                    cells.iter().enumerate().filter(|(i, _)| chosen >> i & 1 == 1).map(|(_, c)| *c).collect();
                let mut seen = Seen::default();
                rows.iter().for_each(|row| seen.note(class, &row.map_or(Value::Null, Value::Int)));
                for op in OPS {
                    for (first, second) in (0..9).flat_map(|a| (0..9).map(move |b| (a, b))) {
                        let operands = [first, second];
                        let count = rows.iter().filter(|row| passes(**row, op, &operands)).count();
                        let (may, all) = (seen.may(op, &operands), seen.all(op, &operands));
                        assert!(may || count == 0, "{class:?} {rows:?} {op:?} {operands:?}");
                        assert!(!all || count == rows.len(), "{class:?} {rows:?} {op:?} {operands:?}");
                        if let Some(counted) = seen.count(op, &operands) {
                            assert_eq!(counted, count, "{class:?} {rows:?} {op:?} {operands:?}");
                            known += 1;
                        }
                        passed_over += usize::from(!may);
                        all_pass += usize::from(all);
                    }
                }
                let earliest = |descending: bool| {
                    let places = rows.iter().map(|row| class.sorted(&row.map_or(Value::Null, Value::Int)).0);
                    if descending { places.max() } else { places.min() }
                };
                assert_eq!(Some(seen.first(false)), earliest(false), "{rows:?}");
                assert_eq!(Some(seen.first(true)), earliest(true), "{rows:?}");
            }
        }
        assert!(passed_over > 5_000 && all_pass > 2_000 && known > 5_000, "{passed_over} {all_pass} {known}");
    }

    #[test]
    fn texts_are_there_or_not() {
        let seen = |cells: &[Option<bool>]| {
            let mut seen = Seen::default();
            cells.iter().for_each(|cell| seen.note(Class::Text, &cell.map_or(Value::Null, Value::Bool)));
            seen
        };
        let (none, blank, text) = (seen(&[None]), seen(&[None, Some(false)]), seen(&[Some(true), None]));
        assert!(!none.may(Op::Contains, &[]) && none.may(Op::Empty, &[]) && none.all(Op::Empty, &[]));
        assert!(blank.may(Op::Less, &[]) && blank.may(Op::Empty, &[]) && !blank.all(Op::Empty, &[]));
        assert!(text.may(Op::In, &[]) && !text.all(Op::In, &[]) && !text.all(Op::Empty, &[]));
        assert_eq!([&none, &blank, &text].map(|s| s.first(true)), [EMPTY, BLANK, i64::MAX]);
        assert_eq!([&none, &blank, &text].map(|s| s.first(false)), [EMPTY, EMPTY, EMPTY]);
    }

    #[test]
    fn many_references_are_a_range() {
        let mut seen = Seen::default();
        for id in 0..64 {
            seen.note(Class::Few, &Value::Int(id * 2));
        }
        assert!(seen.may(Op::In, &[2]) && !seen.may(Op::In, &[1]));
        seen.note(Class::Few, &Value::Int(128));
        assert!(seen.may(Op::In, &[1]), "nobody knows any more");
        assert!(!seen.may(Op::In, &[129]) && !seen.may(Op::Empty, &[]));
    }

    #[test]
    fn numbers_with_a_fraction_keep_their_order() {
        let numbers =
            [f64::MIN, -2.5, -1.0, -f64::MIN_POSITIVE, 0.0, f64::MIN_POSITIVE, 0.1, 1.0, 2.5, f64::MAX];
        assert!(numbers.is_sorted_by(|a, b| in_order(*a).cmp(&in_order(*b)) == Ordering::Less));
        assert_eq!(in_order(-0.0), in_order(0.0));
        assert_eq!(Class::Real.place(&Value::Int(3)), Class::Real.place(&Value::Double(3.0)));
    }
}
