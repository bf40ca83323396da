//! Filters of a list, built from the catalogue: which fields can be filtered by, with which input, and what the values
//! in an address mean.
//!
//! A value of a lookup or a person is an id, `me` or `none`; of a yes-or-no field `true` or `false`; of a time a name
//! from [`RANGES`], `none`, or days as `2026-01-01..2026-01-31`, either end open; of a number the same with numbers; of
//! a text a part of it, or `none`.

use super::query::Query;
use crate::input::{self, Choice, Control};
use crate::numbers;
use crate::show;
use crate::visit::Visit;
use desk::DeskError;
use model::{Filter, Kind, Leaf, Module, Op, Path, Size, Test, Value};
use std::str::FromStr;
use std::sync::Arc;

/// Stretches of time by name: from the beginning of which day to the beginning of which, counted from today.
const RANGES: [(&str, i64, i64); 7] = [
    ("today", 0, 1),
    ("yesterday", -1, 0),
    ("tomorrow", 1, 2),
    ("last_7_days", -6, 1),
    ("last_30_days", -29, 1),
    ("last_90_days", -89, 1),
    ("next_7_days", 0, 8),
];

/// A filter that is set, as the list shows it.
pub(crate) struct Chip {
    pub label: String,
    pub value: String,
    /// The address without it.
    pub without: String,
}

/// What is wrong with a list's address, or the filter that it means.
pub(crate) struct Meant {
    pub filter: Filter,
    pub chips: Vec<Chip>,
    pub problems: Vec<String>,
}

/// Whether a list can be filtered by a field.
pub(crate) fn is_filterable(visit: &Visit, module: &Module, leaf: &Leaf) -> bool {
    if is_worked_out(module, &leaf.path) {
        return true;
    }
    let is_short = match &leaf.field.kind {
        Kind::Text { .. } | Kind::Email | Kind::Pick { .. } | Kind::Bool | Kind::Time | Kind::Date => true,
        Kind::Int { .. } | Kind::Digits { .. } | Kind::Decimal | Kind::Double => true,
        Kind::Ref(target) => visit.snapshot.catalogue.module(target).is_some_and(|m| m.size != Size::Large),
        _ => false,
    };
    is_short
        && leaf.field.shown
        && leaf.field.searchable
        && leaf.path != "id"
        && Some(leaf.path.as_str()) != module.deleted_flag()
}

/// Values that are worked out, and that the desk knows how to search for.
fn is_worked_out(module: &Module, path: &str) -> bool {
    module.name == "request" && matches!(path, "is_overdue" | "is_first_response_overdue")
}

/// The filter of an address.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn meant(
    visit: &Visit,
    module: &Arc<Module>,
    base: &str,
    query: &Query,
) -> Result<Meant, DeskError> {
    let mut meant = Meant { filter: Filter::everything(), chips: Vec::new(), problems: Vec::new() };
    for path in query.filtered() {
        let leaf = module.find(path).filter(|leaf| is_filterable(visit, module, leaf));
        let values: Vec<&str> = query.filter(path).collect();
        let filter = leaf.and_then(|leaf| one(visit, module, leaf, &values));
        let without = format!("{base}{}", query.with(&format!("f.{path}"), None).address());
        match (leaf, filter) {
            (Some(leaf), Some(filter)) => {
                meant.filter = meant.filter.and(filter);
                let mut words = Vec::with_capacity(values.len());
                for value in &values {
                    words.push(in_words(visit, leaf, value).await?);
                }
                let label = visit.lang().label(&leaf.field.label);
                meant.chips.push(Chip { label, value: words.join(", "), without });
            }
            _ => {
                let words = visit.lang().say("list.bad_filter", &[("filter", path)]);
                meant.problems.push(words);
            }
        }
    }
    Ok(meant)
}

/// Any of the values of one field; `None` when one of them means nothing.
fn one(visit: &Visit, module: &Arc<Module>, leaf: &Leaf, values: &[&str]) -> Option<Filter> {
    if is_worked_out(module, &leaf.path) {
        let late = if leaf.path == "is_overdue" { desk::overdue } else { desk::response_overdue };
        let late = late(module, visit.ctx.now);
        return match values {
            ["true"] => Some(late),
            ["false"] => Some(late.negate()),
            ["true", "false"] | ["false", "true"] => Some(Filter::everything()),
            _ => None,
        };
    }
    let path = visit.snapshot.catalogue.path(module, &leaf.path)?;
    if !desk::permissions::may_ask(&visit.ctx, &visit.snapshot, &path) {
        return None;
    }
    let mut any = Vec::new();
    let mut equal = Vec::new();
    for value in values {
        if *value == "none" && leaf.field.kind != Kind::Bool {
            any.push(compare(&path, Op::Empty, Vec::new()));
            continue;
        }
        match &leaf.field.kind {
            Kind::Ref(target) => match (*value, value.parse::<model::Id>()) {
                ("me", _) => equal.push(visit.ctx.caller.user.into()),
                (_, Ok(id)) => equal.push(id.into()),
                (words, Err(_)) => any.push(named(visit, &path, target, words)?),
            },
            Kind::Bool => match *value {
                "true" => equal.push(true.into()),
                "false" => equal.push(false.into()),
                _ => return None,
            },
            Kind::Pick { .. } => equal.push(Value::Text(model::fold(value))),
            Kind::Time | Kind::Date => any.push(stretch(visit, leaf, &path, value)?),
            Kind::Int { .. } | Kind::Digits { .. } => {
                any.push(between(&path, value, |n| number::<i64>(visit, n).map(Value::Int))?);
            }
            Kind::Double | Kind::Decimal => {
                any.push(between(&path, value, |n| number::<f64>(visit, n).map(Value::Double))?);
            }
            _ => any.push(compare(&path, Op::Contains, vec![Value::Text(model::fold(value))])),
        }
    }
    if !equal.is_empty() {
        any.push(compare(&path, Op::In, equal));
    }
    match any.len() {
        1 => any.pop(),
        _ => Some(Filter::Any(any)),
    }
}

fn compare(path: &Path, op: Op, operands: Vec<Value>) -> Filter {
    Filter::Test(Test { path: path.clone(), op, operands })
}

/// A reference by a part of a name: what is typed where there are too many for a list.
fn named(visit: &Visit, path: &Path, target: &str, words: &str) -> Option<Filter> {
    let module = visit.snapshot.catalogue.module(target)?.clone();
    let mut via = path.via.clone();
    via.push((path.module.clone(), path.slot));
    let by = |field: &str, op: Op, text: &str| {
        let slot = module.slot(field)?;
        let path = Path { via: via.clone(), module: module.clone(), slot };
        Some(compare(&path, op, vec![Value::Text(model::fold(text))]))
    };
    // As inputs complete it: `Ann Lee <ann.lee@example.com>`.
    let address = words.rsplit_once('<').and_then(|(_, rest)| rest.strip_suffix('>'));
    match address {
        Some(address) if module.table == "person" => by("email_id", Op::In, address.trim()),
        _ if module.table == "person" && words.contains('@') => by("email_id", Op::In, words),
        _ if module.table == "person" => by("name_plain", Op::Contains, &model::unaccented(words)),
        _ => by(module.title, Op::Contains, words),
    }
}

/// A stretch of time: by name, or from a day to a day, both included.
fn stretch(visit: &Visit, leaf: &Leaf, path: &Path, value: &str) -> Option<Filter> {
    let times = &visit.times;
    if let Some((_, from, to)) = RANGES.iter().find(|(name, _, _)| *name == value) {
        let ends = vec![Value::Int(times.day_begins(*from)?), Value::Int(times.day_begins(*to)? - 1)];
        return Some(compare(path, Op::Between, ends));
    }
    let (from, to) = value.split_once("..").unwrap_or((value, value));
    let begins = |day: &str| match leaf.field.kind {
        Kind::Date => crate::times::Times::read_date(day),
        _ => times.date_begins(day),
    };
    const DAY_MS: i64 = 86_400_000;
    let from = if from.is_empty() { None } else { Some(begins(from)?) };
    let to = if to.is_empty() { None } else { Some(begins(to)?.saturating_add(DAY_MS - 1)) };
    ends(path, from.map(Value::Int), to.map(Value::Int))
}

/// A number in the signs of the visitor's language, else as programs write it: addresses go from one to another.
fn number<N: FromStr>(visit: &Visit, text: &str) -> Option<N> {
    numbers::read(visit.lang(), text).and_then(|plain| plain.parse().ok()).or_else(|| text.parse().ok())
}

fn between(path: &Path, value: &str, read: impl Fn(&str) -> Option<Value>) -> Option<Filter> {
    let Some((from, to)) = value.split_once("..") else {
        return Some(compare(path, Op::In, vec![read(value)?]));
    };
    let end = |text: &str| if text.is_empty() { Some(None) } else { read(text).map(Some) };
    ends(path, end(from)?, end(to)?)
}

fn ends(path: &Path, from: Option<Value>, to: Option<Value>) -> Option<Filter> {
    match (from, to) {
        (Some(from), Some(to)) => Some(compare(path, Op::Between, vec![from, to])),
        (Some(from), None) => Some(compare(path, Op::GreaterOrEqual, vec![from])),
        (None, Some(to)) => Some(compare(path, Op::LessOrEqual, vec![to])),
        (None, None) => None,
    }
}

/// What a value says to people.
async fn in_words(visit: &Visit, leaf: &Leaf, value: &str) -> Result<String, DeskError> {
    let lang = visit.lang();
    if value == "none" {
        return Ok(lang.text("word.none").to_owned());
    }
    Ok(match &leaf.field.kind {
        Kind::Ref(_) if value == "me" => lang.text("word.me").to_owned(),
        Kind::Ref(target) => match value.parse() {
            Ok(id) => {
                let small = visit.snapshot.record_of(target, id).cloned();
                let found = match small {
                    Some(row) => Some(row),
                    None => visit.desk().person(id).await?,
                };
                found.map_or_else(|| value.to_owned(), |row| show::title(&row))
            }
            Err(_) => format!("“{value}”"),
        },
        Kind::Bool => lang.text(if value == "true" { "word.yes" } else { "word.no" }).to_owned(),
        Kind::Time | Kind::Date => {
            let named = RANGES.iter().any(|(name, _, _)| *name == value);
            if named { lang.text(&format!("range.{value}")).to_owned() } else { value.replace("..", " – ") }
        }
        Kind::Text { .. } | Kind::Email => format!("“{value}”"),
        _ => value.to_owned(),
    })
}

/// The inputs of the filter form: the fields that are filtered by most, the others where they are asked for; and whether
/// there are others.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn controls(
    visit: &Visit,
    module: &Arc<Module>,
    query: &Query,
) -> Result<(Vec<Control>, bool), DeskError> {
    let technicians = match module.leaves().iter().any(|l| l.target() == Some("technician")) {
        true => input::technicians(visit).await?,
        false => None,
    };
    let is_whole = query.get("more").is_some();
    let (mut controls, mut has_more) = (Vec::new(), false);
    for leaf in module.leaves().iter().filter(|leaf| is_filterable(visit, module, leaf)) {
        let given: Vec<&str> = query.filter(&leaf.path).collect();
        if given.is_empty() && !is_whole && !is_main(module, leaf) {
            has_more = true;
            continue;
        }
        let mut control = Control {
            name: format!("f.{}", leaf.path),
            label: visit.lang().label(&leaf.field.label),
            value: given.first().copied().unwrap_or("").to_owned(),
            ..Control::default()
        };
        let (kind, choices) = choices(visit, leaf, technicians.as_deref());
        control.kind = kind;
        control.people = input::people(leaf.target().unwrap_or_default());
        control.choices = choices
            .into_iter()
            .map(|mut choice| {
                choice.is_chosen = given.contains(&choice.value.as_str());
                choice
            })
            .collect();
        controls.push(control);
    }
    Ok((controls, has_more))
}

/// The fields that lists are filtered by most: those of the rows, and lookups of requests.
fn is_main(module: &Module, leaf: &Leaf) -> bool {
    if module.name == "request" {
        return [
            "status",
            "priority",
            "technician",
            "group",
            "category",
            "requester",
            "site",
            "created_time",
            "is_overdue",
        ]
        .contains(&leaf.path.as_str());
    }
    leaf.field.in_list && !matches!(leaf.field.kind, Kind::Text { .. } | Kind::Email)
}

fn choices(visit: &Visit, leaf: &Leaf, technicians: Option<&[model::Record]>) -> (&'static str, Vec<Choice>) {
    let lang = visit.lang();
    let none = || Choice::new("none", lang.text("word.none"));
    match &leaf.field.kind {
        Kind::Ref(target) => {
            let is_small = visit.snapshot.catalogue.module(target).is_some_and(|m| m.size == Size::Small);
            if is_small {
                let rows = visit.snapshot.rows(target).iter().filter(|r| !desk::is_gone(r));
                let row = |r: &Arc<model::Record>| {
                    let color = r.module.slot("color").and_then(|s| r.at(s).as_str()).map(str::to_owned);
                    Choice { color, ..Choice::new(r.id().to_string(), show::title(r)) }
                };
                return ("checks", std::iter::once(none()).chain(rows.map(row)).collect());
            }
            match technicians.filter(|_| target == "technician") {
                Some(technicians) => {
                    let me = Choice::new("me", lang.text("word.me"));
                    let rows = technicians.iter().map(|t| Choice::new(t.id().to_string(), t.title()));
                    ("checks", [me, none()].into_iter().chain(rows).collect())
                }
                None => ("person", Vec::new()),
            }
        }
        Kind::Bool => {
            let yes = Choice::new("true", lang.text("word.yes"));
            ("checks", vec![yes, Choice::new("false", lang.text("word.no"))])
        }
        Kind::Pick { options } => {
            ("checks", options.iter().map(|o| Choice::new(o.as_ref(), o.as_ref())).collect())
        }
        Kind::Time | Kind::Date => {
            let named =
                RANGES.iter().map(|(name, _, _)| Choice::new(*name, lang.text(&format!("range.{name}"))));
            ("range", named.chain(std::iter::once(none())).collect())
        }
        _ => ("text", Vec::new()),
    }
}
