//! From a client's criteria to a filter that has been checked against the catalogue (conventions.md sections 3.1,
//! 3.3 and 3.4).

use crate::v3::answer::with_message;
use crate::v3::call::Call;
use desk::permissions::may_ask;
use desk::{Context, Snapshot};
use model::{Filter, Kind, Leaf, Module, Op, Path, Test, Value};
use serde_json::Value as Json;
use std::sync::Arc;
use wire::criteria::{Condition, Criteria, DateVariable, date_variable};
use wire::failure::Failure;
use wire::list_info::{FilterBy, ListInfo};
use wire::reader::{self, Operand};

/// What criteria are read against: the fields there are, what time it is and where.
#[derive(Clone, Copy)]
struct Ground<'a> {
    snapshot: &'a Snapshot,
    ctx: &'a Context,
}

impl<'a> Ground<'a> {
    fn of(call: &'a Call<'_>) -> Self {
        Self { snapshot: &call.snapshot, ctx: &call.ctx }
    }
}

/// The filter that a `search_criteria` means, for whoever has them from elsewhere than a call.
///
/// # Errors
/// All that is wrong with them.
pub fn criteria_filter(
    snapshot: &Snapshot,
    ctx: &Context,
    module: &Arc<Module>,
    criteria: &Json,
) -> Result<Filter, Failure> {
    let wire::criteria::Reading { criteria, mut failures } = wire::criteria::read(criteria);
    let ground = Ground { snapshot, ctx };
    let filter =
        criteria.map_or(Filter::everything(), |criteria| tree(ground, module, &criteria, &mut failures));
    Failure::merge(failures)?;
    Ok(filter)
}

/// Everything in a `list_info` that says which records are meant; what is wrong with it comes to the failures.
pub(crate) fn filter(
    call: &Call<'_>,
    module: &Arc<Module>,
    info: &ListInfo,
    failures: &mut Vec<Failure>,
) -> Filter {
    let mut filter = Filter::everything();
    if let Some(criteria) = &info.criteria {
        filter = filter.and(tree(Ground::of(call), module, criteria, failures));
    }
    for (field, value) in info.search_fields.iter().flatten() {
        filter = filter.and(simple(call, module, field, value, failures));
    }
    if let Some(view) = &info.filter_by {
        match named_view(call, module, view, failures) {
            Some(part) => filter = filter.and(part),
            None => failures.push(Failure::not_valid("filter_by")),
        }
    }
    filter
}

fn tree(
    ground: Ground<'_>,
    module: &Arc<Module>,
    criteria: &Criteria,
    failures: &mut Vec<Failure>,
) -> Filter {
    match criteria {
        Criteria::All(parts) => {
            Filter::All(parts.iter().map(|p| tree(ground, module, p, failures)).collect())
        }
        Criteria::Any(parts) => {
            Filter::Any(parts.iter().map(|p| tree(ground, module, p, failures)).collect())
        }
        Criteria::Test(t) => match comparison(ground, module, &t.field, t.condition, &t.operands) {
            Ok(filter) => filter,
            Err(failure) => {
                failures.push(failure);
                Filter::nothing()
            }
        },
    }
}

/// Where a client's field leads, if that is the caller's to ask about. An additional field may come without its `udf_fields.`.
pub(crate) fn path(call: &Call<'_>, module: &Arc<Module>, field: &str) -> Option<Path> {
    path_in(Ground::of(call), module, field)
}

fn path_in(ground: Ground<'_>, module: &Arc<Module>, field: &str) -> Option<Path> {
    let catalogue = &ground.snapshot.catalogue;
    let inside = |group: &str| catalogue.path(module, &format!("{group}.{field}"));
    let found =
        catalogue.path(module, field).or_else(|| inside("udf_fields")).or_else(|| inside("ci_attributes"));
    found.filter(|path| may_ask(ground.ctx, ground.snapshot, path))
}

fn comparison(
    ground: Ground<'_>,
    module: &Arc<Module>,
    field: &str,
    condition: Condition,
    operands: &[Json],
) -> Result<Filter, Failure> {
    if let Some(late) = lateness(module, field) {
        return is_late(late(module, ground.ctx.now), field, condition, operands);
    }
    let unknown = || with_message(Failure::not_valid("search_criteria"), format!("Cannot search by {field}"));
    let path = path_in(ground, module, field).ok_or_else(unknown)?;
    let leaf = path.leaf().cloned().ok_or_else(unknown)?;
    let (op, negated) = match condition {
        Condition::Is => (Op::In, false),
        Condition::IsNot => (Op::In, true),
        Condition::GreaterThan => (Op::Greater, false),
        Condition::GreaterOrEqual => (Op::GreaterOrEqual, false),
        Condition::LesserThan => (Op::Less, false),
        Condition::LesserOrEqual => (Op::LessOrEqual, false),
        Condition::Between => (Op::Between, false),
        Condition::NotBetween => (Op::Between, true),
        Condition::StartsWith => (Op::StartsWith, false),
        Condition::EndsWith => (Op::EndsWith, false),
        Condition::Contains => (Op::Contains, false),
        Condition::NotContains => (Op::Contains, true),
        Condition::Empty => (Op::Empty, false),
        Condition::NotEmpty => (Op::Empty, true),
    };
    let path = if matches!(op, Op::In | Op::Empty) { nearest(path) } else { path };
    let filter = match (&leaf.field.kind, op) {
        (_, Op::Empty) => Filter::Test(Test { path, op, operands: Vec::new() }),
        (Kind::Ref(target) | Kind::RefMany(target), _) => {
            reference(ground, path, &leaf, target, op, operands)?
        }
        (Kind::Time | Kind::Date, _) => instant(ground, path, &leaf, op, operands)?,
        _ => plain(path, &leaf, op, operands)?,
    };
    Ok(if negated { filter.negate() } else { filter })
}

/// Where to look for an id: that of a record that is referred to is the reference itself, whose index has the rows in the order that
/// is asked for. So it is where something empty is looked for: the id of a record is missing only where there is no reference to
/// one. Nothing else is always there: what is required now need not have been when the record was made.
fn nearest(mut path: Path) -> Path {
    if path.leaf().is_some_and(|leaf| leaf.path == "id")
        && let Some((module, slot)) = path.via.pop()
    {
        (path.module, path.slot) = (module, slot);
    }
    path
}

fn values(leaf: &Leaf, operands: &[Json]) -> Result<Vec<Value>, Failure> {
    Ok(reader::operands(leaf, operands)?
        .into_iter()
        .map(|operand| match operand {
            Operand::Value(value) => value,
            Operand::Id(id) => id.into(),
            Operand::Name(name) => Value::Text(model::fold(&name)),
        })
        .collect())
}

fn plain(path: Path, leaf: &Leaf, op: Op, operands: &[Json]) -> Result<Filter, Failure> {
    let kind = &leaf.field.kind;
    let is_text = matches!(
        kind,
        Kind::Text { .. }
            | Kind::Html { .. }
            | Kind::Email
            | Kind::Color
            | Kind::Pick { .. }
            | Kind::PickMany { .. }
    );
    let op = match op {
        // A number that is a number on the wire has no parts; the whole is meant.
        op if op.is_part() && !is_text && !kind.is_digits() => Op::In,
        Op::Less | Op::LessOrEqual | Op::Greater | Op::GreaterOrEqual | Op::Between
            if *kind == Kind::Bool =>
        {
            return Err(Failure::not_valid("search_criteria"));
        }
        op => op,
    };
    if op.is_part() && kind.is_digits() {
        // `display_id contains 27` comes from search boxes.
        let digits: Option<Vec<Value>> =
            operands.iter().map(|o| wire::scalar::text(o).map(|t| Value::from(t.trim()))).collect();
        let operands = digits.ok_or_else(|| Failure::not_valid("search_criteria"))?;
        enough(op, &operands, leaf)?;
        return Ok(Filter::Test(Test { path, op, operands }));
    }
    let operands = values(leaf, operands)?;
    enough(op, &operands, leaf)?;
    Ok(if is_text && op == Op::In {
        with_empty(path, operands)
    } else {
        Filter::Test(Test { path, op, operands })
    })
}

/// A text that is one of these; an empty one among them is also one that was never given.
fn with_empty(path: Path, mut operands: Vec<Value>) -> Filter {
    let all = operands.len();
    operands.retain(|o| o.as_str() != Some(""));
    let is_empty =
        (operands.len() < all).then(|| Test { path: path.clone(), op: Op::Empty, operands: Vec::new() });
    let is_one = (!operands.is_empty()).then_some(Test { path, op: Op::In, operands });
    match (is_empty, is_one) {
        (Some(a), Some(b)) => Filter::Any(vec![Filter::Test(a), Filter::Test(b)]),
        (one, other) => one.or(other).map_or(Filter::nothing(), Filter::Test),
    }
}

fn enough(op: Op, operands: &[Value], leaf: &Leaf) -> Result<(), Failure> {
    let wanted = if op == Op::Between { 2 } else { 1 };
    let fits = operands.len() >= wanted && (wanted == 1 || operands.len() == 2);
    let message = || format!("{} needs {wanted} value(s)", leaf.path);
    if fits { Ok(()) } else { Err(with_message(Failure::not_valid("search_criteria"), message())) }
}

/// A comparison of a reference itself: by id, or by what names the other record.
fn reference(
    ground: Ground<'_>,
    path: Path,
    leaf: &Leaf,
    target: &str,
    op: Op,
    operands: &[Json],
) -> Result<Filter, Failure> {
    let target = ground.snapshot.catalogue.module(target).ok_or_else(Failure::not_found)?;
    let mut ids = Vec::new();
    let mut names = Vec::new();
    for operand in reader::operands(leaf, operands)? {
        match operand {
            Operand::Id(id) => ids.push(Value::from(id)),
            Operand::Name(name) => names.push(Value::Text(model::fold(&name))),
            Operand::Value(value) => ids.push(value),
        }
    }
    let beyond = |field: &str| {
        let mut via = path.via.clone();
        via.push((path.module.clone(), path.slot));
        target.slot(field).map(|slot| Path { via, module: target.clone(), slot })
    };
    let mut any = Vec::new();
    if !ids.is_empty() {
        if op != Op::In {
            return Err(Failure::not_valid("search_criteria"));
        }
        any.push(Filter::Test(Test { path: path.clone(), op: Op::In, operands: ids }));
    }
    if !names.is_empty() {
        let has_address = names.iter().any(|n| n.as_str().is_some_and(|n| n.contains('@')));
        for field in [Some(target.title), has_address.then_some("email_id")].into_iter().flatten() {
            if let Some(path) = beyond(field).filter(|path| may_ask(ground.ctx, ground.snapshot, path)) {
                let operands = model::filter::in_one_spelling(&path, names.clone());
                any.push(Filter::Test(Test { path, op, operands }));
            }
        }
    }
    if any.is_empty() {
        return Err(Failure::not_valid("search_criteria"));
    }
    Ok(if any.len() == 1 { any.remove(0) } else { Filter::Any(any) })
}

/// A day, in milliseconds.
const DAY_MS: i64 = 86_400_000;

/// A comparison of times, with variables such as `$(LAST_30_DAYS)`, which mean a stretch of time.
fn instant(
    ground: Ground<'_>,
    path: Path,
    leaf: &Leaf,
    op: Op,
    operands: &[Json],
) -> Result<Filter, Failure> {
    let variables: Option<Vec<DateVariable>> =
        operands.iter().map(|o| o.as_str().and_then(date_variable)).collect();
    let op = if matches!(op, Op::Contains | Op::StartsWith | Op::EndsWith) { Op::In } else { op };
    let ranges: Vec<(i64, i64)> = match variables.filter(|v| !v.is_empty()) {
        Some(variables) => variables.iter().map(|v| v.range(ground.ctx.now, &ground.ctx.zone)).collect(),
        None => {
            let operands = values(leaf, operands)?;
            enough(op, &operands, leaf)?;
            if leaf.field.kind != Kind::Date {
                return Ok(Filter::Test(Test { path, op, operands }));
            }
            // A day is meant, at whatever hour of it the value may be.
            operands.iter().filter_map(Value::as_int).map(|day| (day, day.saturating_add(DAY_MS))).collect()
        }
    };
    let (Some(first), Some(last)) = (ranges.first().copied(), ranges.last().copied()) else {
        return Err(Failure::not_valid("search_criteria"));
    };
    let one = |op: Op, operands: Vec<i64>| {
        Filter::Test(Test {
            path: path.clone(),
            op,
            operands: operands.into_iter().map(Value::Int).collect(),
        })
    };
    Ok(match op {
        Op::Between => one(Op::Between, vec![first.0, last.1 - 1]),
        Op::Less => one(Op::Less, vec![first.0]),
        Op::LessOrEqual => one(Op::Less, vec![first.1]),
        Op::Greater => one(Op::GreaterOrEqual, vec![first.1]),
        Op::GreaterOrEqual => one(Op::GreaterOrEqual, vec![first.0]),
        _ => Filter::Any(ranges.into_iter().map(|(from, to)| one(Op::Between, vec![from, to - 1])).collect()),
    })
}

/// Which requests a field that is worked out is true of, and so what a search for it finds.
fn lateness(module: &Module, field: &str) -> Option<fn(&Arc<Module>, i64) -> Filter> {
    match (module.name.as_ref(), field) {
        ("request", "is_overdue") => Some(desk::overdue),
        ("request", "is_first_response_overdue") => Some(desk::response_overdue),
        _ => None,
    }
}

fn is_late(late: Filter, field: &str, condition: Condition, operands: &[Json]) -> Result<Filter, Failure> {
    let wanted = match operands {
        [one] => wire::scalar::truth(one),
        _ => None,
    };
    match (condition, wanted) {
        (Condition::Is, Some(true)) | (Condition::IsNot, Some(false)) => Ok(late),
        (Condition::Is, Some(false)) | (Condition::IsNot, Some(true)) => Ok(late.negate()),
        _ => Err(with_message(
            Failure::not_valid("search_criteria"),
            format!("{field} is true or is false, nothing else can be asked of it"),
        )),
    }
}

/// `search_fields`: text is looked for anywhere in the field, anything else is compared whole.
fn simple(
    call: &Call<'_>,
    module: &Arc<Module>,
    field: &str,
    value: &Json,
    failures: &mut Vec<Failure>,
) -> Filter {
    let operands = match value {
        Json::Array(values) => values.clone(),
        one => vec![one.clone()],
    };
    let condition = if value.is_null() { Condition::Empty } else { Condition::Contains };
    let leaf = path(call, module, field).and_then(|p| p.leaf().cloned());
    let kind = leaf.as_ref().map(|l| &l.field.kind);
    let is_reference = matches!(kind, Some(Kind::Ref(_) | Kind::RefMany(_)));
    let is_number = kind.is_some_and(Kind::is_digits);
    let names_one = match value {
        Json::Object(_) | Json::Number(_) => true,
        Json::String(s) => !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit()),
        _ => false,
    };
    let is_whole = (is_reference && names_one) || is_number || lateness(module, field).is_some();
    let condition = if is_whole { Condition::Is } else { condition };
    comparison(Ground::of(call), module, field, condition, &operands).unwrap_or_else(|failure| {
        failures.push(failure);
        Filter::nothing()
    })
}

/// `filter_by`: a view by name, or a field and its value, as one client sends it.
fn named_view(
    call: &Call<'_>,
    module: &Arc<Module>,
    view: &FilterBy,
    failures: &mut Vec<Failure>,
) -> Option<Filter> {
    let name = view.name.as_deref()?;
    if let Some(value) = &view.value {
        let operands = [Json::String(value.clone())];
        return comparison(Ground::of(call), module, name, Condition::Is, &operands)
            .map_err(|failure| failures.push(failure))
            .ok();
    }
    if module.name != "request" {
        return name.to_ascii_lowercase().starts_with("all").then(Filter::everything);
    }
    crate::v3::catalogs::view_filter(call, module, name)
}
