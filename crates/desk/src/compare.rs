//! Comparisons in memory, with the same outcome as in the database: for lookups that are in memory anyway, and as
//! the measure that tests hold both databases to.

use model::{Kind, Op, Test, Value, fold, fold_as};

/// Whether a field's value passes a test (the test's path is not looked at).
#[must_use]
pub fn passes(value: &Value, test: &Test) -> bool {
    let kind = test.path.leaf().map(|l| &l.field.kind);
    let digits = test.op.is_part() && kind.is_some_and(Kind::is_digits);
    let value = match value {
        Value::Int(number) if digits => Value::Text(number.to_string()),
        value => comparable(value, kind),
    };
    let operands = &test.operands;
    let first = operands.first();
    if test.op == Op::Empty {
        return value.is_null() || value.as_str() == Some("");
    }
    if value.is_null() {
        return false;
    }
    let order = |other: Option<&Value>| other.and_then(|o| compare(&value, o));
    match test.op {
        Op::In => operands.iter().any(|o| compare(&value, o).is_some_and(std::cmp::Ordering::is_eq)),
        Op::Less => order(first).is_some_and(std::cmp::Ordering::is_lt),
        Op::LessOrEqual => order(first).is_some_and(std::cmp::Ordering::is_le),
        Op::Greater => order(first).is_some_and(std::cmp::Ordering::is_gt),
        Op::GreaterOrEqual => order(first).is_some_and(std::cmp::Ordering::is_ge),
        Op::Between => {
            order(first).is_some_and(std::cmp::Ordering::is_ge)
                && order(operands.get(1)).is_some_and(std::cmp::Ordering::is_le)
        }
        Op::StartsWith => text(&value, operands, |v, o| v.starts_with(o)),
        Op::EndsWith => text(&value, operands, |v, o| v.ends_with(o)),
        Op::Contains => text(&value, operands, |v, o| v.contains(o)),
        Op::Empty => false,
    }
}

/// What the key column would hold.
fn comparable(value: &Value, kind: Option<&Kind>) -> Value {
    match (value, kind) {
        (Value::Text(s), Some(Kind::Decimal)) => s.parse().map_or(Value::Null, Value::Double),
        (Value::Text(s), Some(kind)) => Value::Text(fold_as(kind, s)),
        (Value::Text(s), None) => Value::Text(fold(s)),
        (other, _) => other.clone(),
    }
}

fn compare(a: &Value, b: &Value) -> Option<std::cmp::Ordering> {
    match (a, b) {
        (Value::Text(a), Value::Text(b)) => Some(a.cmp(b)),
        (Value::Int(a), Value::Int(b)) => Some(a.cmp(b)),
        (Value::Bool(_), _) | (_, Value::Bool(_)) => Some(a.as_bool()?.cmp(&b.as_bool()?)),
        _ => a.as_double()?.partial_cmp(&b.as_double()?),
    }
}

fn text(value: &Value, operands: &[Value], test: fn(&str, &str) -> bool) -> bool {
    value.as_str().is_some_and(|v| operands.iter().any(|o| o.as_str().is_some_and(|o| test(v, o))))
}
