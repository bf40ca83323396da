//! Scalars as clients send them: numbers as strings, booleans as strings, ids as either
//! (conventions 1.7 points 4 and 5, wire-facts 8 and 9).

use serde_json::Value;

/// A whole number: a JSON number without a fraction, or a string of digits with an optional sign. What does
/// not fit is the nearest number that does, so a huge offset is merely an offset past the end. `None` for
/// anything else.
#[must_use]
pub fn whole(value: &Value) -> Option<i64> {
    match value {
        Value::Number(n) => {
            if let Some(i) = n.as_i64() {
                return Some(i);
            }
            let f = n.as_f64()?;
            #[expect(
                clippy::cast_possible_truncation,
                reason = "the cast saturates, which is what is wanted"
            )]
            (f.fract() == 0.0).then_some(f as i64)
        }
        Value::String(s) => {
            let s = s.trim();
            let digits = s.strip_prefix(['-', '+']).unwrap_or(s);
            if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
                return None;
            }
            Some(s.parse().unwrap_or(if s.starts_with('-') { i64::MIN } else { i64::MAX }))
        }
        _ => None,
    }
}

/// True or false: JSON's own, the words in any case, or 1 and 0 as number or string.
#[must_use]
pub fn truth(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(b) => Some(*b),
        Value::String(s) => match s.trim() {
            "1" => Some(true),
            "0" => Some(false),
            s if s.eq_ignore_ascii_case("true") => Some(true),
            s if s.eq_ignore_ascii_case("false") => Some(false),
            _ => None,
        },
        Value::Number(n) => match n.as_i64() {
            Some(1) => Some(true),
            Some(0) => Some(false),
            _ => None,
        },
        _ => None,
    }
}

/// Text: a string as it is, a number as its digits.
#[must_use]
pub fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(s) => Some(s.clone()),
        Value::Number(n) => Some(n.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn whole_numbers() {
        let check = |value: Value, expected| assert_eq!(whole(&value), expected, "{value}");
        check(json!(5), Some(5));
        check(json!("1000"), Some(1000));
        check(json!(" -2 "), Some(-2));
        check(json!(5.0), Some(5));
        check(json!("99999999999999999999999"), Some(i64::MAX));
        check(json!("-99999999999999999999999"), Some(i64::MIN));
        check(json!(1e300), Some(i64::MAX));
        check(json!(u64::MAX), Some(i64::MAX));
        for bad in [
            json!(5.5),
            json!(""),
            json!("-"),
            json!("1e3"),
            json!("x"),
            json!(true),
            json!(null),
            json!([1]),
        ] {
            check(bad, None);
        }
    }

    #[test]
    fn truths() {
        let check = |value: Value, expected| assert_eq!(truth(&value), expected, "{value}");
        for yes in [json!(true), json!("true"), json!("True"), json!(1), json!("1")] {
            check(yes, Some(true));
        }
        for no in [json!(false), json!("FALSE"), json!(0), json!(" 0 ")] {
            check(no, Some(false));
        }
        for bad in [json!("yes"), json!(2), json!(null), json!({})] {
            check(bad, None);
        }
    }

    #[test]
    fn texts() {
        let check =
            |value: Value, expected: Option<&str>| assert_eq!(text(&value).as_deref(), expected, "{value}");
        check(json!("a"), Some("a"));
        check(json!(123_640_000_000_240_013_i64), Some("123640000000240013"));
        check(json!(true), None);
    }
}
