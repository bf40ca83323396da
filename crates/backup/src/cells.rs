//! Rows as lines of JSON, the same from both engines.

use model::Value;
use store::shapes::CellKind;

/// Writes a row as an array and a line break. Numbers with a fraction are text, digit for digit, because JSON readers round.
pub(crate) fn write(row: &[Value], kinds: &[CellKind], out: &mut Vec<u8>) -> Result<(), String> {
    out.push(b'[');
    for (i, (value, kind)) in row.iter().zip(kinds).enumerate() {
        if i > 0 {
            out.push(b',');
        }
        match (kind, value) {
            (_, Value::Null) => out.extend_from_slice(b"null"),
            (CellKind::Bool, value) => match value.as_bool() {
                Some(true) => out.extend_from_slice(b"true"),
                Some(false) => out.extend_from_slice(b"false"),
                None => return Err(format!("{value:?} is neither true nor false")),
            },
            (CellKind::Whole, Value::Int(number)) => out.extend_from_slice(number.to_string().as_bytes()),
            (CellKind::Fraction, value) => match value.as_double() {
                Some(number) => out.extend_from_slice(format!("\"{number:?}\"").as_bytes()),
                None => return Err(format!("{value:?} is no number")),
            },
            (CellKind::Text, Value::Text(text)) => {
                serde_json::to_writer(&mut *out, text).map_err(|error| error.to_string())?;
            }
            (kind, value) => return Err(format!("{value:?} in a column of kind {kind:?}")),
        }
    }
    out.extend_from_slice(b"]\n");
    Ok(())
}

/// Reads a line.
pub(crate) fn read(line: &[u8], kinds: &[CellKind]) -> Result<Vec<Value>, String> {
    use serde_json::Value as Json;
    let cells: Vec<Json> = serde_json::from_slice(line).map_err(|error| error.to_string())?;
    if cells.len() != kinds.len() {
        return Err(format!("{} cells for {} columns", cells.len(), kinds.len()));
    }
    let cell = |(json, kind): (Json, &CellKind)| match (kind, json) {
        (_, Json::Null) => Ok(Value::Null),
        (CellKind::Bool, Json::Bool(truth)) => Ok(Value::Bool(truth)),
        (CellKind::Whole, Json::Number(n)) => n.as_i64().map(Value::Int).ok_or("no whole number".to_owned()),
        (CellKind::Fraction, Json::String(text)) => {
            text.parse().map(Value::Double).map_err(|_| format!("{text} is no number"))
        }
        (CellKind::Text, Json::String(text)) => Ok(Value::Text(text)),
        (kind, json) => Err(format!("{json} in a column of kind {kind:?}")),
    };
    cells.into_iter().zip(kinds).map(cell).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const KINDS: [CellKind; 4] = [CellKind::Bool, CellKind::Whole, CellKind::Fraction, CellKind::Text];

    fn there_and_back(row: [Value; 4]) -> Vec<Value> {
        let mut line = Vec::new();
        write(&row, &KINDS, &mut line).expect("written");
        assert_eq!(line.iter().filter(|byte| **byte == b'\n').count(), 1, "{line:?}");
        read(&line, &KINDS).expect("read")
    }

    #[test]
    fn every_value_comes_back_as_it_was() {
        for number in [0.1, -0.0, 1e300, f64::MIN_POSITIVE, 5e-324, f64::INFINITY, 123_456_789.123_456_78] {
            let row = [
                Value::Bool(true),
                Value::Int(i64::MIN),
                Value::Double(number),
                Value::Text("\n\"ä\u{2028}".into()),
            ];
            assert_eq!(there_and_back(row.clone()), row);
        }
        assert_eq!(there_and_back([const { Value::Null }; 4]), [const { Value::Null }; 4]);
        // SQLite has no truth of its own.
        let row = [Value::Int(1), Value::Int(i64::MAX), Value::Int(2), Value::Text(String::new())];
        assert_eq!(there_and_back(row)[0], Value::Bool(true));
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        assert!(write(&[Value::Text("x".into())], &[CellKind::Whole], &mut Vec::new()).is_err());
        for line in ["[1", "[]", "[1,2]", "[\"1\"]", "[1.5]", "[9223372036854775808]", "{}"] {
            assert!(read(line.as_bytes(), &[CellKind::Whole]).is_err(), "{line}");
        }
    }
}
