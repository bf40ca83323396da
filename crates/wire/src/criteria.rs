//! `search_criteria`: from a client's JSON to a tree (conventions 3.3 and 3.4). Nothing is known of fields here;
//! whoever knows them checks the tree and decodes the operands.

use crate::{Failure, lenient};
use serde_json::{Map, Value};

/// How deep groups may lie in one another.
const DEPTH_MAX: usize = 16;
/// How many tests one search may have.
pub const TESTS_MAX: usize = 200;
/// How many operands one test may have.
pub const OPERANDS_MAX: usize = 1000;
/// Values in one search; a database takes only so many.
pub const ALL_OPERANDS_MAX: usize = 10_000;
/// How many characters an operand may have: SQLite looks for no pattern of more than 50,000 bytes.
pub const OPERAND_CHARS_MAX: usize = 10_000;

/// The keys of an element; `field_name` and `operator` are old ones.
const KEYS: [&str; 8] =
    ["field", "field_name", "condition", "value", "values", "logical_operator", "operator", "children"];

/// Which records.
#[derive(Clone, Debug, PartialEq)]
pub enum Criteria {
    /// Those that pass all.
    All(Vec<Self>),
    /// Those that pass any.
    Any(Vec<Self>),
    /// Those that pass this test.
    Test(Test),
}

/// One comparison, as the client gave it.
#[derive(Clone, Debug, PartialEq)]
pub struct Test {
    /// The dotted field.
    pub field: String,
    /// How.
    pub condition: Condition,
    /// With what.
    pub operands: Vec<Value>,
}

/// How a field is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the vendor's own words")]
pub enum Condition {
    Is,
    IsNot,
    GreaterThan,
    GreaterOrEqual,
    LesserThan,
    LesserOrEqual,
    Between,
    NotBetween,
    StartsWith,
    EndsWith,
    Contains,
    NotContains,
    Empty,
    NotEmpty,
}

impl Condition {
    /// The condition with this name: long and short forms and the synonyms of conventions 3.4, in any letter
    /// case, with spaces or underscores.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let name = name.trim().to_ascii_lowercase().replace('_', " ");
        Some(match name.as_str() {
            "is" | "=" | "==" | "eq" | "equal" | "equals" | "equal to" | "in" => Self::Is,
            "is not" | "!=" | "<>" | "neq" | "ne" | "not equal" | "not equals" | "not equal to"
            | "not in" => Self::IsNot,
            "greater than" | "gt" | ">" | "after" => Self::GreaterThan,
            "greater or equal" | "greater than or equal" | "greater than or equal to" | "gte" | ">=" => {
                Self::GreaterOrEqual
            }
            "lesser than" | "less than" | "lt" | "<" | "before" => Self::LesserThan,
            "lesser or equal"
            | "less or equal"
            | "lesser than or equal"
            | "less than or equal"
            | "less than or equal to"
            | "lte"
            | "<=" => Self::LesserOrEqual,
            "between" => Self::Between,
            "not between" => Self::NotBetween,
            "starts with" | "start with" | "begins with" => Self::StartsWith,
            "ends with" | "end with" => Self::EndsWith,
            "contains" | "contain" | "like" => Self::Contains,
            "not contains" | "not contain" | "does not contain" | "not like" => Self::NotContains,
            "is empty" | "empty" | "is null" => Self::Empty,
            "is not empty" | "not empty" | "is not null" => Self::NotEmpty,
            _ => return None,
        })
    }
}

/// Criteria as far as they could be read, and what is wrong with the rest. A test whose condition or operands could
/// not be read stands among the others as one for being there at all, so that its field is looked at too.
#[derive(Debug, Default)]
pub struct Reading {
    /// The tree; `None` when there are no criteria.
    pub criteria: Option<Criteria>,
    /// What is wrong.
    pub failures: Vec<Failure>,
}

/// Reads criteria: an object, an array, or a string that holds one. Whatever is wrong (unknown keys and conditions,
/// wrong types, more than the limits allow) is told all at once.
#[must_use]
pub fn read(value: &Value) -> Reading {
    let value = lenient::opened(value);
    // The oldest form has a wrapper.
    let value = value.get("criteria").unwrap_or(&value);
    let mut reader = Reader { tests: 0, operands: 0, failures: Vec::new() };
    let criteria = match value {
        Value::Array(elements) => reader.fold(elements, DEPTH_MAX),
        Value::Object(map) if map.is_empty() => None,
        Value::Object(_) => reader.element(value, DEPTH_MAX),
        Value::Null => None,
        _ => reader.refuse(Failure::type_mismatch("search_criteria")),
    };
    Reading { criteria, failures: reader.failures }
}

struct Reader {
    tests: usize,
    operands: usize,
    failures: Vec<Failure>,
}

impl Reader {
    fn refuse<T>(&mut self, failure: Failure) -> Option<T> {
        self.failures.push(failure);
        None
    }

    fn too_much<T>(&mut self, field: &str, words: String) -> Option<T> {
        self.refuse(Failure::not_valid(field).saying(words))
    }

    /// Folds the elements of one array from left to right, each joined by its own operator to what precedes it.
    fn fold(&mut self, elements: &[Value], depth: usize) -> Option<Criteria> {
        let mut folded = None;
        for value in elements {
            let value = lenient::opened(value);
            // The first one has nothing before it to be joined to.
            let any = folded.is_some() && self.is_or(&value).unwrap_or(false);
            let Some(next) = self.element(&value, depth) else { continue };
            folded = Some(match folded {
                None => next,
                Some(before) => join(before, any, next),
            });
        }
        folded
    }

    /// One element: its own test, joined with the group of its children. The first child's operator is what joins
    /// them; a parent that says `or` itself, while the child says `and`, is the old form in which it binds its own
    /// children (conventions 3.3, the row of D-OLD).
    fn element(&mut self, value: &Value, depth: usize) -> Option<Criteria> {
        if depth == 0 {
            return self
                .too_much("search_criteria", format!("Criteria may be nested {DEPTH_MAX} levels deep"));
        }
        if self.tests >= TESTS_MAX {
            return self.too_much("search_criteria", format!("At most {TESTS_MAX} criteria in one search"));
        }
        let Value::Object(map) = value else { return self.refuse(Failure::type_mismatch("search_criteria")) };
        self.failures.extend(
            map.keys().filter(|k| !KEYS.contains(&k.as_str())).map(|k| Failure::extra_key(k.clone())),
        );
        let field = map.get("field").or_else(|| map.get("field_name"));
        let own = field.and_then(|field| {
            self.tests += 1;
            self.test(field, map).map(Criteria::Test)
        });
        let children = match map.get("children").map(lenient::opened).as_deref() {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::Array(children)) => children.clone(),
            Some(one @ Value::Object(_)) => vec![one.clone()],
            Some(_) => return self.refuse(Failure::type_mismatch("children")),
        };
        if field.is_none() && children.is_empty() {
            return self.refuse(Failure::mandatory(vec!["field".into()]));
        }
        let group = self.fold(&children, depth - 1);
        match (own, group) {
            (Some(own), Some(group)) => {
                let parent = self.is_or(value);
                let child = children.first().and_then(|c| self.is_or(&lenient::opened(c)));
                let any = match (parent, child) {
                    (Some(true), Some(false)) if children.len() > 1 => true,
                    (_, Some(child)) => child,
                    (parent, None) => parent.unwrap_or(false),
                };
                Some(join(own, any, group))
            }
            (own, group) => own.or(group),
        }
    }

    /// Whether the element's operator is `or`; `None` when it has none.
    fn is_or(&mut self, value: &Value) -> Option<bool> {
        match value.get("logical_operator").or_else(|| value.get("operator")) {
            None | Some(Value::Null) => None,
            Some(Value::String(word)) => match word.trim().to_ascii_lowercase().as_str() {
                "and" | "&&" => Some(false),
                "or" | "||" => Some(true),
                "" => None,
                _ => self.refuse(Failure::not_valid("logical_operator")),
            },
            Some(_) => self.refuse(Failure::type_mismatch("logical_operator")),
        }
    }

    fn test(&mut self, field: &Value, map: &Map<String, Value>) -> Option<Test> {
        let Some(field) = field.as_str() else { return self.refuse(Failure::type_mismatch("field")) };
        let operands = operands(map);
        let condition = match map.get("condition") {
            None | Some(Value::Null) => Some(Condition::Is),
            Some(Value::String(name)) => Condition::named(name).or_else(|| {
                self.refuse(Failure::not_valid("condition").saying(format!("There is no condition {name}")))
            }),
            Some(_) => self.refuse(Failure::type_mismatch("condition")),
        };
        self.operands += operands.len();
        let operands = if self.operands > ALL_OPERANDS_MAX {
            self.too_much("values", format!("At most {ALL_OPERANDS_MAX} values in one search"))
        } else if operands.len() > OPERANDS_MAX {
            self.too_much("values", format!("At most {OPERANDS_MAX} values in one criterion"))
        } else if operands.iter().any(is_too_long) {
            self.too_much("values", format!("At most {OPERAND_CHARS_MAX} characters in one value"))
        } else {
            Some(operands)
        };
        let field = field.trim().to_owned();
        let (Some(condition), Some(operands)) = (condition, operands) else {
            return Some(Test { field, condition: Condition::NotEmpty, operands: Vec::new() });
        };
        // `is` without a value means empty, `is not` without one not empty (conventions 3.4).
        let condition = match condition {
            Condition::Is if operands.is_empty() => Condition::Empty,
            Condition::IsNot if operands.is_empty() => Condition::NotEmpty,
            other => other,
        };
        Some(Test { field, condition, operands })
    }
}

/// Whether an operand, or what an object names, has more characters than may be looked for.
#[must_use]
pub fn is_too_long(operand: &Value) -> bool {
    match operand {
        Value::String(text) => text.chars().nth(OPERAND_CHARS_MAX).is_some(),
        Value::Array(several) => several.iter().any(is_too_long),
        Value::Object(members) => members.values().any(is_too_long),
        _ => false,
    }
}

fn join(a: Criteria, any: bool, b: Criteria) -> Criteria {
    match (any, a) {
        (true, Criteria::Any(mut parts)) => {
            parts.push(b);
            Criteria::Any(parts)
        }
        (false, Criteria::All(mut parts)) => {
            parts.push(b);
            Criteria::All(parts)
        }
        (true, a) => Criteria::Any(vec![a, b]),
        (false, a) => Criteria::All(vec![a, b]),
    }
}

fn operands(map: &Map<String, Value>) -> Vec<Value> {
    let single = map.get("value").filter(|v| !v.is_null());
    let several = map.get("values").filter(|v| !v.is_null());
    let mut operands = match (several.map(lenient::opened).as_deref(), single) {
        (Some(Value::Array(values)), _) => values.clone(),
        (Some(one), _) => vec![one.clone()],
        (None, Some(value)) => match lenient::opened(value).into_owned() {
            Value::Array(values) => values,
            other => vec![if value.is_string() && !other.is_object() { value.clone() } else { other }],
        },
        (None, None) => Vec::new(),
    };
    operands.retain(|o| !o.is_null());
    operands
}

/// A stretch of time that a word names, such as `$(LAST_30_DAYS)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DateVariable {
    /// A calendar unit, so many units from the current one: `LAST_WEEK` is the week −1.
    Calendar(Unit, i64),
    /// The last so many days, up to now.
    LastDays(i64),
    /// The next so many days, from now on.
    NextDays(i64),
    /// The last so many hours, up to now.
    LastHours(i64),
}

/// A calendar unit. Weeks begin on Monday.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "plain words")]
pub enum Unit {
    Day,
    Week,
    Month,
    Quarter,
    Year,
}

/// The variable of this name, in any letter case, with or without `$( )`.
#[must_use]
pub fn date_variable(text: &str) -> Option<DateVariable> {
    let text = text.trim();
    let name = text.strip_prefix("$(").and_then(|t| t.strip_suffix(')')).unwrap_or(text);
    let name = name.trim().to_ascii_uppercase().replace(' ', "_");
    let calendar = |unit, offset| Some(DateVariable::Calendar(unit, offset));
    match name.as_str() {
        "TODAY" => return calendar(Unit::Day, 0),
        "YESTERDAY" => return calendar(Unit::Day, -1),
        "TOMORROW" => return calendar(Unit::Day, 1),
        _ => {}
    }
    let mut words = name.split('_');
    let (first, second, third) = (words.next()?, words.next()?, words.next());
    if words.next().is_some() {
        return None;
    }
    if let Some(unit) = third {
        let number: i64 = second.parse().ok().filter(|n| (1..=3660).contains(n))?;
        return match (first, unit) {
            ("LAST", "DAYS" | "DAY") => Some(DateVariable::LastDays(number)),
            ("NEXT", "DAYS" | "DAY") => Some(DateVariable::NextDays(number)),
            ("LAST", "HOURS" | "HOUR") => Some(DateVariable::LastHours(number)),
            _ => None,
        };
    }
    let offset = match first {
        "THIS" | "CURRENT" => 0,
        "LAST" | "PREVIOUS" => -1,
        "NEXT" => 1,
        _ => return None,
    };
    let unit = match second {
        "DAY" => Unit::Day,
        "WEEK" => Unit::Week,
        "MONTH" => Unit::Month,
        "QUARTER" => Unit::Quarter,
        "YEAR" => Unit::Year,
        _ => return None,
    };
    calendar(unit, offset)
}

impl DateVariable {
    /// From which instant, to before which, in milliseconds. Days begin at midnight of the zone.
    #[must_use]
    pub fn range(self, now_ms: i64, zone: &jiff::tz::TimeZone) -> (i64, i64) {
        const HOUR: i64 = 3_600_000;
        match self {
            Self::LastDays(n) => (now_ms.saturating_sub(n * 24 * HOUR), now_ms + 1),
            Self::NextDays(n) => (now_ms, now_ms.saturating_add(n * 24 * HOUR)),
            Self::LastHours(n) => (now_ms.saturating_sub(n * HOUR), now_ms + 1),
            Self::Calendar(unit, offset) => {
                let range = calendar(unit, offset, now_ms, zone);
                range.unwrap_or((now_ms, now_ms))
            }
        }
    }
}

fn calendar(unit: Unit, offset: i64, now_ms: i64, zone: &jiff::tz::TimeZone) -> Option<(i64, i64)> {
    use jiff::ToSpan;
    let today = jiff::Timestamp::from_millisecond(now_ms).ok()?.to_zoned_datetime(zone.clone()).date();
    let (first, step) = match unit {
        Unit::Day => (today, 1.day()),
        Unit::Week => {
            let since_monday = i64::from(today.weekday().to_monday_zero_offset());
            (today.checked_sub(since_monday.days()).ok()?, 1.week())
        }
        Unit::Month => (today.first_of_month(), 1.month()),
        Unit::Quarter => {
            let into = i64::from((today.month() - 1) % 3);
            (today.first_of_month().checked_sub(into.months()).ok()?, 3.months())
        }
        Unit::Year => (today.first_of_year(), 1.year()),
    };
    let from = first.checked_add(step.checked_mul(offset).ok()?).ok()?;
    let to = from.checked_add(step).ok()?;
    let instant = |date: jiff::civil::Date| {
        zone.to_zoned_datetime(date.at(0, 0, 0, 0)).map(|z| z.timestamp().as_millisecond()).ok()
    };
    Some((instant(from)?, instant(to)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// A tree in short: letters for fields, `&` and `|` between.
    fn short(criteria: &Criteria) -> String {
        match criteria {
            Criteria::Test(t) => t.field.clone(),
            Criteria::All(parts) => format!("({})", parts.iter().map(short).collect::<Vec<_>>().join("&")),
            Criteria::Any(parts) => format!("({})", parts.iter().map(short).collect::<Vec<_>>().join("|")),
        }
    }

    #[track_caller]
    fn check(criteria: Value, expected: &str) {
        let read = read(&criteria);
        assert!(read.failures.is_empty(), "{criteria}: {:?}", read.failures);
        assert_eq!(read.criteria.map_or(String::new(), |c| short(&c)), expected, "{criteria}");
    }

    fn t(field: &str, operator: &str) -> Value {
        json!({"field": field, "condition": "is", "value": 1, "logical_operator": operator})
    }

    fn with(mut parent: Value, children: Value) -> Value {
        parent["children"] = children;
        parent
    }

    #[test]
    fn grouping_follows_the_samples() {
        check(with(t("A", ""), json!([t("B", "and")])), "(A&B)");
        check(json!([t("A", ""), t("B", "AND")]), "(A&B)");
        check(json!([t("A", "AND"), t("B", "or")]), "(A|B)");
        check(json!([t("A", ""), t("B", "and"), with(t("C", "and"), json!([t("D", "and")]))]), "(A&B&(C&D))");
        check(
            json!([with(t("A", ""), json!([t("B", "or")])), with(t("C", "and"), json!([t("D", "or")]))]),
            "((A|B)&(C|D))",
        );
        check(json!([with(t("A", "or"), json!([t("B", "and"), t("C", "and")]))]), "(A|(B&C))");
        check(with(t("A", ""), json!([t("B", "and"), t("C", "or")])), "(A&(B|C))");
        check(
            json!([
                with(t("A", ""), json!([t("B", "and"), t("C", "or")])),
                with(t("D", "or"), json!([t("E", "and")]))
            ]),
            "((A&(B|C))|(D&E))",
        );
        check(json!([t("A", ""), json!({"field": "B", "condition": "is", "value": 1})]), "(A&B)");
        check(json!([]), "");
        check(json!({"criteria": [json!({"field_name": "A", "condition": "is", "value": 1})]}), "A");
    }

    #[test]
    fn operands_come_in_many_forms() {
        let check = |test: Value, condition: Condition, operands: Value| {
            let Some(Criteria::Test(read)) = read(&test).criteria else { unreachable!() };
            assert_eq!((read.condition, json!(read.operands)), (condition, operands), "{test}");
        };
        check(json!({"field": "a", "condition": "is", "value": "x"}), Condition::Is, json!(["x"]));
        check(json!({"field": "a", "condition": "EQ", "values": ["x", 2]}), Condition::Is, json!(["x", 2]));
        check(
            json!({"field": "a", "condition": "is", "values": "['x', 'y']"}),
            Condition::Is,
            json!(["x", "y"]),
        );
        check(json!({"field": "a", "condition": "is", "value": "(x)"}), Condition::Is, json!(["(x)"]));
        check(json!({"field": "a", "condition": "is"}), Condition::Empty, json!([]));
        check(json!({"field": "a", "condition": "is not"}), Condition::NotEmpty, json!([]));
        check(json!({"field": "a", "condition": "is", "values": []}), Condition::Empty, json!([]));
        check(
            json!({"field": "a", "condition": "is", "value": {"id": "1"}}),
            Condition::Is,
            json!([{"id": "1"}]),
        );
        check(json!({"field": "a", "condition": "like", "value": "x"}), Condition::Contains, json!(["x"]));
        check(
            json!({"field": "a", "condition": "greater_than", "value": 1}),
            Condition::GreaterThan,
            json!([1]),
        );
    }

    #[test]
    fn what_is_wrong_is_refused() {
        for bad in [
            json!(7),
            json!([7]),
            json!({"condition": "is"}),
            json!([t("A", "xor"), t("B", "xor")]),
            json!({"field": 1}),
        ] {
            assert!(!read(&bad).failures.is_empty(), "{bad}");
        }
        let resembles = json!({"field": "a", "condition": "resembles", "value": 1});
        assert!(!read(&resembles).failures.is_empty());
    }

    #[test]
    fn all_that_is_wrong_is_told() {
        let criteria = json!([
            {"field": "a", "condition": "resembles", "colour": 1, "size": 2},
            {"field": 7, "logical_operator": "xor", "children": [{"field": "b", "weight": 3}]},
            "x",
        ]);
        let Reading { criteria, failures } = read(&criteria);
        let told: Vec<&str> =
            failures.iter().flat_map(|f| &f.messages).filter_map(|m| m.field.as_deref()).collect();
        for field in ["condition", "colour", "size", "field", "logical_operator", "weight", "search_criteria"]
        {
            assert!(told.contains(&field), "{field} in {told:?}");
        }
        // The fields that could be read are there to be looked at.
        assert_eq!(short(&criteria.unwrap()), "(a&b)");
    }

    #[test]
    fn limits_are_stated() {
        let check = |criteria: &Value, words: &str| {
            let told = Failure::merge(read(criteria).failures).unwrap_err();
            let told: Vec<&str> = told.messages.iter().filter_map(|m| m.message.as_deref()).collect();
            assert_eq!(told, [words]);
        };
        let mut deep = t("A", "");
        for _ in 0..20 {
            deep = with(t("A", ""), json!([deep]));
        }
        check(&deep, "Criteria may be nested 16 levels deep");
        check(&json!(vec![t("A", ""); 201]), "At most 200 criteria in one search");
        let values: Vec<i64> = (0..1001).collect();
        check(
            &json!({"field": "A", "condition": "is", "values": values}),
            "At most 1000 values in one criterion",
        );
        assert!(read(&json!(vec![t("A", ""); 200])).failures.is_empty());
        let long = |count: usize| json!({"field": "A", "condition": "contains", "value": "ä".repeat(count)});
        check(&long(10_001), "At most 10000 characters in one value");
        assert!(read(&long(10_000)).failures.is_empty());
    }

    #[test]
    fn variables_mean_stretches_of_time() {
        let zone = jiff::tz::TimeZone::get("Europe/Berlin").unwrap();
        // Wednesday, 2026-03-04 12:00 in Berlin.
        let now = 1_772_622_000_000;
        let check = |name: &str, from: &str, to: &str| {
            let (a, b) = date_variable(name).unwrap().range(now, &zone);
            let told = |ms: i64| {
                jiff::Timestamp::from_millisecond(ms)
                    .unwrap()
                    .to_zoned_datetime(zone.clone())
                    .strftime("%F")
                    .to_string()
            };
            assert_eq!((told(a).as_str(), told(b).as_str()), (from, to), "{name}");
        };
        check("$(TODAY)", "2026-03-04", "2026-03-05");
        check("yesterday", "2026-03-03", "2026-03-04");
        check("$(THIS_WEEK)", "2026-03-02", "2026-03-09");
        check("$(LAST_MONTH)", "2026-02-01", "2026-03-01");
        check("$(THIS_QUARTER)", "2026-01-01", "2026-04-01");
        check("$(LAST_YEAR)", "2025-01-01", "2026-01-01");
        check("$(LAST_30_DAYS)", "2026-02-02", "2026-03-04");
        assert_eq!(date_variable("subject"), None);
        assert_eq!(date_variable("$(LAST_99999999_DAYS)"), None);
    }
}
