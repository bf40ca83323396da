//! Conditions of the list actions, as `search_criteria`.

use super::clean::Values;
use crate::catalogue::OPERATORS;
use crate::list::both;
use crate::{Error, Result};
use serde_json::{Map, Value as Json, json};
use wire::criteria::Condition;

const OPERATOR: &str = "conditionsCriteria";
const OPERAND: &str = "conditionsCriteriaValue";

/// What a row must pass: the conditions, and the criteria as the API has them.
pub(super) fn of(values: &Values) -> Result<Option<Json>> {
    let mut conditions = conditions(values)?;
    let free = values.json("searchCriteria");
    if let Some(free) = free {
        check(free)?;
    }
    let Some(last) = conditions.pop() else { return Ok(free.cloned()) };
    let mut list = conditions;
    match both(last, free) {
        Json::Array(more) => list.extend(more),
        one => list.push(one),
    }
    for later in list.iter_mut().skip(1).filter_map(Json::as_object_mut) {
        later.insert("logical_operator".into(), json!("and"));
    }
    Ok(Some(match list.len() {
        1 => list.pop().unwrap_or(Json::Null),
        _ => Json::Array(list),
    }))
}

/// The conditions of the two lists of pairs. A field may come several times: the first operator then goes with the
/// first operand, and so on.
fn conditions(values: &Values) -> Result<Vec<Json>> {
    let mut operands: Vec<(String, Json)> = values.pairs(OPERAND).to_vec();
    let mut conditions = Vec::new();
    for (field, operator) in values.pairs(OPERATOR) {
        let found = operands.iter().position(|(name, _)| name == field);
        let operand = found.map(|at| operands.remove(at).1);
        conditions.push(condition(field, operator, operand)?);
    }
    match operands.first() {
        Some((field, _)) => Err(Error::input(OPERATOR, format!("{field} has a value and no operator"))),
        None => Ok(conditions),
    }
}

fn condition(field: &str, operator: &Json, operand: Option<Json>) -> Result<Json> {
    let name = operator.as_str().unwrap_or_default();
    let (word, condition) = known(name).ok_or_else(|| {
        let words: Vec<&str> = OPERATORS.iter().map(|(word, _)| *word).collect();
        Error::input(OPERATOR, format!("{field}: {operator} is none of {}", words.join(", ")))
    })?;
    let operand =
        operand.ok_or_else(|| Error::input(OPERAND, format!("{field} has an operator and no value")))?;
    let mut test = Map::new();
    test.insert("field".into(), json!(field));
    test.insert("condition".into(), json!(word));
    let range = matches!(condition, Condition::Between | Condition::NotBetween);
    match operand {
        Json::Array(list) => {
            test.insert("values".into(), json!(list));
        }
        Json::String(text) if range => {
            test.insert("values".into(), text.split(',').map(|part| json!(part.trim())).collect());
        }
        one => {
            test.insert("value".into(), one);
        }
    }
    if range && test.get("values").and_then(Json::as_array).is_none_or(|values| values.len() != 2) {
        return Err(Error::input(OPERAND, format!("{field}: a range has two ends, such as 1,5")));
    }
    Ok(Json::Object(test))
}

/// An operator by its value, its label or any other spelling; the documents' word for it.
fn known(name: &str) -> Option<(&'static str, Condition)> {
    let by_label = OPERATORS.iter().find(|(_, label)| label.eq_ignore_ascii_case(name.trim()));
    let condition = Condition::named(by_label.map_or(name, |(word, _)| word))?;
    let word = OPERATORS.iter().find(|(word, _)| Condition::named(word) == Some(condition))?;
    Some((word.0, condition))
}

/// Says at once what is wrong with criteria, instead of sending them to hear it.
fn check(criteria: &Json) -> Result<()> {
    match wire::criteria::read(criteria).failures.first() {
        Some(failure) => Err(Error::input("searchCriteria", failure.to_string())),
        None => Ok(()),
    }
}
