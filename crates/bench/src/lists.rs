//! What lists of requests cost beside what they return: by every field with every condition, in both orders of every field,
//! and how many pass each condition.

use crate::desks::Desks;
use crate::server::Server;
use crate::{Outcome, load};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// So many rows a list brings at most.
const ROWS: u32 = 100;
/// Each call is made so often, and the quickest counts: what is read from the disk for the first time is read before.
const TRIES: usize = 2;
/// A list that takes more than so many times as long as one that finds as many rows at once is named.
const FAR: f64 = 10.0;
/// Hundreds of requests among which there are values to ask for.
const HUNDREDS: u64 = 2;

/// What is asked of a list, in the three ways in which lists are asked.
const KINDS: [&str; 3] = ["by a condition", "in an order", "how many pass a condition"];

/// A list.
struct List {
    kind: usize,
    field: String,
    /// The condition or the order, in words.
    how: String,
    info: Value,
    /// The same list without the count, where it is counted.
    without: Option<Value>,
}

/// What a list showed.
struct Shown {
    time: Duration,
    rows: u32,
}

/// A field as conditions are made for it.
struct Field {
    path: String,
    form: Form,
    is_sortable: bool,
}

/// How the values of a field are compared.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Text,
    Number,
    Flag,
    /// A reference, looked at for being there.
    Reference,
    /// The id of what is referred to.
    Id,
}

/// All lists on desks of these sizes, one line for each field that has lists which take long.
///
/// # Errors
/// A call failed otherwise than by being refused.
pub fn measure(desks: &Desks, sizes: &[u64]) -> Outcome<()> {
    for size in sizes {
        let server = desks.of_requests(*size)?;
        let at_once = |rows: u32| -> Outcome<f64> { Ok(rows_at_once(&server, rows)?.time.as_secs_f64()) };
        let (one, full) = (at_once(1)?, at_once(ROWS)?);
        let each = (full - one).max(0.0) / f64::from(ROWS - 1);
        println!(
            "| {size} requests: a list that finds its rows at once | {:.2} ms for one, {:.2} ms for {ROWS} |",
            one * 1e3,
            full * 1e3
        );
        let (mut within, mut refused) = ([[0; 3]; KINDS.len()], 0);
        let lists = lists(&server)?;
        for of_field in lists.chunk_by(|a, b| a.field == b.field) {
            let mut far = [const { Vec::new() }; KINDS.len()];
            for list in of_field {
                let Some(mut shown) = timed(&server, &list.info)? else {
                    refused += 1;
                    continue;
                };
                if let Some(without) = &list.without {
                    // What the count adds to a list of one row, which may take long itself.
                    let listed = timed(&server, without)?.map_or(Duration::ZERO, |listed| listed.time);
                    shown.time = shown.time.saturating_sub(listed) + Duration::from_secs_f64(one);
                }
                let at_once = one + each * f64::from(shown.rows.saturating_sub(1));
                let times = shown.time.as_secs_f64() / at_once;
                let place = if times <= 2.0 { 0 } else { usize::from(times > FAR) + 1 };
                if let Some(count) = within.get_mut(list.kind).and_then(|counts| counts.get_mut(place)) {
                    *count += 1;
                }
                if let Some(far) = far.get_mut(list.kind).filter(|_| times > FAR) {
                    let ms = shown.time.as_secs_f64() * 1e3;
                    far.push((times, format!("{} ({} rows) {ms:.0} ms, {times:.0} ×", list.how, shown.rows)));
                }
            }
            let field = of_field.first().map_or("", |list| &list.field);
            for (kind, mut slow) in KINDS.iter().zip(far).filter(|(_, slow)| !slow.is_empty()) {
                slow.sort_by(|a, b| b.0.total_cmp(&a.0));
                let words: Vec<String> = slow.into_iter().map(|(_, words)| words).collect();
                println!("| {size} requests, {kind}: `{field}` | {} |", words.join("; "));
            }
        }
        for (kind, [near, between, far]) in KINDS.iter().zip(within) {
            println!(
                "| {size} requests, {kind}: within 2 times as long, within {FAR}, longer | {near}, {between}, **{far}** |"
            );
        }
        println!("| … refused | {refused} |");
    }
    Ok(())
}

/// The newest requests, which every desk has at hand.
fn rows_at_once(server: &Server, rows: u32) -> Outcome<Shown> {
    let info = json!({"row_count": rows, "sort_field": "created_time", "sort_order": "desc"});
    timed(server, &info)?.ok_or_else(|| "the newest requests were refused".into())
}

/// How long a list takes, and how many rows it brings; `None` where it is refused. How many pass is one row.
fn timed(server: &Server, info: &Value) -> Outcome<Option<Shown>> {
    let input = load::encoded(&json!({"list_info": info}).to_string());
    let call = load::get(&format!("/api/v3/requests?input_data={input}"), &server.key);
    load::block_on(async {
        let mut best: Option<Shown> = None;
        for _ in 0..TRIES {
            let mut connection = load::Connection::open(&server.address).await?;
            let begun = Instant::now();
            let answer = match connection.call(&call).await {
                Ok(answer) => answer,
                Err(refused) if refused.to_string().contains("HTTP/1.1 400") => return Ok(None),
                // It was given up, which is the slowest that a list can be.
                Err(late) if late.to_string().contains("HTTP/1.1 503") => {
                    best.get_or_insert(Shown { time: begun.elapsed(), rows: 0 });
                    continue;
                }
                Err(failed) => return Err(failed),
            };
            let time = begun.elapsed();
            let answer: Value = serde_json::from_slice(answer)?;
            let rows = answer.get("requests").and_then(Value::as_array).map_or(0, Vec::len);
            if best.as_ref().is_none_or(|best| time < best.time) {
                best = Some(Shown { time, rows: u32::try_from(rows)? });
            }
        }
        Ok(best)
    })
}

/// The lists of a desk.
fn lists(server: &Server) -> Outcome<Vec<List>> {
    let meta: Value =
        serde_json::from_slice(&server.ask(&load::get("/api/v3/requests/_metainfo", &server.key))?)?;
    let mut fields = Vec::new();
    collect(meta.pointer("/metainfo/fields").ok_or("no fields")?, "", &mut fields);
    let mut records = Vec::new();
    for call in server.full_requests(HUNDREDS)? {
        let record: Value = serde_json::from_slice(&server.ask(&call)?)?;
        records.extend(record.get("request").cloned());
    }
    let mut lists = Vec::new();
    for field in &fields {
        let values: Vec<String> = records.iter().filter_map(|record| value_at(record, &field.path)).collect();
        let value = values.get(values.len() / 2);
        for (condition, values) in conditions(field.form, value.map(String::as_str)) {
            let mut criteria = json!({"field": field.path, "condition": condition, "values": values});
            if let Some(criteria) = criteria.as_object_mut().filter(|_| values.is_empty()) {
                criteria.remove("values");
            }
            // In one line: what people wrote has several, which would end the table.
            let shown = values.join(" ").split_whitespace().collect::<Vec<_>>().join(" ");
            let short: String = shown.chars().take(24).collect();
            let how = format!("{condition} {short}").trim_end().to_owned();
            let info = |rows: u32, counted: bool| {
                json!({
                    "row_count": rows, "sort_field": "created_time", "sort_order": "desc",
                    "get_total_count": counted, "search_criteria": criteria,
                })
            };
            for (kind, info, without) in
                [(0, info(ROWS, false), None), (2, info(1, true), Some(info(1, false)))]
            {
                lists.push(List { kind, field: field.path.clone(), how: how.clone(), info, without });
            }
        }
        for order in ["asc", "desc"].into_iter().filter(|_| field.is_sortable) {
            let info = json!({"row_count": ROWS, "sort_field": field.path, "sort_order": order});
            let (field, how) = (field.path.clone(), order.to_owned());
            lists.push(List { kind: 1, field, how, info, without: None });
        }
    }
    Ok(lists)
}

/// The fields that lists may be asked by, those in groups and the names and ids of what is referred to included.
fn collect(fields: &Value, above: &str, into: &mut Vec<Field>) {
    for (key, field) in fields.as_object().into_iter().flatten() {
        let path = format!("{above}{key}");
        if let Some(inner) = field.get("fields") {
            collect(inner, &format!("{path}."), into);
            continue;
        }
        let is = |key: &str| field.get(key).and_then(Value::as_bool) == Some(true);
        if !is("searchable") {
            continue;
        }
        let form = match field.get("type").and_then(Value::as_str) {
            Some("lookup") => {
                let is_sortable = is("sortable");
                into.push(Field { path: format!("{path}.id"), form: Form::Id, is_sortable: false });
                into.push(Field { path: format!("{path}.name"), form: Form::Text, is_sortable });
                Form::Reference
            }
            Some("boolean") => Form::Flag,
            Some("string" | "array") => Form::Text,
            _ => Form::Number,
        };
        into.push(Field { path, form, is_sortable: is("sortable") && form != Form::Reference });
    }
}

/// Conditions with the values that they are asked with: one that a request has, if there is one, and one that none has.
fn conditions(form: Form, value: Option<&str>) -> Vec<(&'static str, Vec<String>)> {
    let mut all: Vec<(&'static str, Vec<String>)> =
        vec![("is empty", Vec::new()), ("is not empty", Vec::new())];
    if form == Form::Reference {
        return all;
    }
    let values = match form {
        Form::Flag => vec!["true", "false"],
        Form::Text => value.into_iter().chain(["qzx jwv"]).collect(),
        _ => value.into_iter().chain(["987654321"]).collect(),
    };
    for value in values {
        let text = || vec![value.to_owned()];
        all.extend([("is", text()), ("is not", text())]);
        if matches!(form, Form::Text | Form::Number) {
            let orderings = ["greater than", "greater or equal", "lesser than", "lesser or equal"];
            all.extend(orderings.map(|condition| (condition, text())));
            let stretch = || vec![value.to_owned(), format!("{value}0")];
            all.extend(["between", "not between"].map(|condition| (condition, stretch())));
        }
        if form == Form::Text {
            let letters: Vec<char> = value.chars().collect();
            let part = |from: usize, to: usize| -> Vec<String> {
                vec![letters.get(from..to).unwrap_or_default().iter().collect()]
            };
            let (count, some) = (letters.len(), letters.len().min(7));
            let middle = (count - some) / 2;
            all.push(("starts with", part(0, some)));
            all.push(("ends with", part(count - some, count)));
            all.extend(
                ["contains", "not contains"].map(|condition| (condition, part(middle, middle + some))),
            );
        }
    }
    all
}

/// A value of a record as a condition takes it; of several the first.
fn value_at(record: &Value, path: &str) -> Option<String> {
    let mut at = record;
    for key in path.split('.') {
        at = match at {
            Value::Array(several) => several.first()?,
            one => one,
        };
        at = at.get(key)?;
    }
    match at {
        Value::Array(several) => several.first()?.as_str().map(str::to_owned),
        Value::Object(_) => at.get("value")?.as_str().map(str::to_owned),
        Value::String(text) => Some(text.clone()).filter(|text| !text.is_empty()),
        Value::Null => None,
        other => Some(other.to_string()),
    }
}
