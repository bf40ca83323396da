//! Instructions of the hot functions, counted by valgrind: figures that do not depend on what else the machine does.
//! Each is told beside what `serde_json` takes for the same bytes.

use crate::{Outcome, raw};
use model::filter::{equals, test};
use model::{Catalogue, Id, Module, Op, Record, SortKey, Value};
use std::hint::black_box;
use std::process::Command;
use std::sync::Arc;
use store::engine::{Db, SqliteOptions};
use store::{Query, Store};

/// The argument that makes this program run one function so many times.
pub const MODE: &str = "hot-function";

/// A function runs so often, and then so often again: what the program itself takes is in both counts.
const TURNS: (u64, u64) = (200, 1_200);

const CRITERIA: &str = r#"{"list_info":{"row_count":100,"sort_field":"created_time","sort_order":"desc","search_criteria":[{"field":"status.name","condition":"is","values":["Open","On Hold"]},{"field":"priority.name","condition":"is","value":"High","logical_operator":"and","children":[{"field":"created_time","condition":"greater than","value":"1700000000000","logical_operator":"or"}]}]}}"#;

/// What is counted: its name, and the measure that it is told beside.
const FUNCTIONS: [(&str, Option<&str>); 8] = [
    ("reader of an input: a request of three fields", Some("serde_json reads the same input")),
    ("serde_json reads the same input", None),
    ("reader of a list's criteria: four tests", Some("serde_json reads the same criteria")),
    ("serde_json reads the same criteria", None),
    ("planner: four tests to a statement of SQLite", None),
    ("writer of a record: a request with all its fields", Some("serde_json writes the same answer")),
    ("serde_json writes the same answer", None),
    ("statements of a new request, its history and its search document", None),
];

/// Counts all of them.
///
/// # Errors
/// There is no valgrind.
pub fn measure() -> Outcome<()> {
    println!("| function | instructions a call | beside it |\n|---|--:|--:|");
    let counted: Vec<u64> = (0..FUNCTIONS.len()).map(of_function).collect::<Outcome<_>>()?;
    for ((name, beside), count) in FUNCTIONS.iter().zip(&counted) {
        let measure = FUNCTIONS.iter().zip(&counted).find(|((name, _), _)| Some(*name) == *beside);
        #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
        let ratio =
            measure.map_or(String::new(), |(_, measure)| format!("{:.2} ×", *count as f64 / *measure as f64));
        println!("| {name} | {count} | {ratio} |");
    }
    Ok(())
}

/// Instructions of one call.
fn of_function(place: usize) -> Outcome<u64> {
    let (few, many) = (counted(place, TURNS.0)?, counted(place, TURNS.1)?);
    Ok(many.saturating_sub(few) / (TURNS.1 - TURNS.0))
}

/// Instructions of the program that calls a function so many times.
fn counted(place: usize, turns: u64) -> Outcome<u64> {
    let output = Command::new("valgrind")
        .args(["--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null"])
        .arg(std::env::current_exe()?)
        .args([MODE, &place.to_string(), &turns.to_string()])
        .output()
        .map_err(|error| format!("valgrind counts instructions, and it does not run: {error}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    let line = said.lines().find_map(|line| line.split_once("refs:"));
    match (line, output.status.success()) {
        (Some((_, count)), true) => Ok(count.trim().replace(',', "").parse()?),
        _ => Err(format!("valgrind: {said}").into()),
    }
}

/// Runs one function, as the arguments say.
pub fn run() -> Outcome<()> {
    let mut arguments = std::env::args().skip(2);
    let mut number = || -> Outcome<u64> { Ok(arguments.next().ok_or("too few arguments")?.parse()?) };
    let (place, turns) = (number()?, number()?);
    let catalogue = Catalogue::new(&model::Additions::default());
    let module = catalogue.module("request").ok_or("no requests")?.clone();
    match place {
        0 => repeat(turns, || {
            let raw = wire::payload::Raw { query: "", content_type: Some(JSON), body: raw::BODY.as_bytes() };
            let payload = wire::payload::read(black_box(raw)).ok()?;
            wire::reader::input(&module, payload.input.as_ref()?).ok()
        }),
        1 => repeat(turns, || serde_json::from_str::<serde_json::Value>(black_box(raw::BODY)).ok()),
        2 => {
            let query = format!("input_data={}", crate::load::encoded(CRITERIA));
            repeat(turns, || {
                let raw = wire::payload::Raw { query: &query, content_type: None, body: &[] };
                let payload = wire::payload::read(black_box(raw)).ok()?;
                let asked = wire::ListInfo::read(payload.input.as_ref(), &payload.params);
                asked.whole().ok()
            })
        }
        3 => repeat(turns, || serde_json::from_str::<serde_json::Value>(black_box(CRITERIA)).ok()),
        4 => {
            let store = scratch()?;
            let query = query(&module)?;
            repeat(turns, || Some(store.explain(black_box(&query))))
        }
        5 | 6 => {
            let shown = Shown::new(&catalogue);
            let record = raw::new_request(&module, Id::shipped(1), 1, NOW);
            let answer = shown.written(&record);
            if place == 5 {
                return repeat(turns, || Some(shown.written(black_box(&record))));
            }
            let answer: serde_json::Value = serde_json::from_str(&answer)?;
            repeat(turns, || serde_json::to_string(black_box(&answer)).ok())
        }
        7 => {
            let store = scratch()?;
            let history = catalogue.module("history").ok_or("no history")?;
            let record = raw::new_request(&module, Id::shipped(1), 1, NOW);
            let entry = raw::its_history(history, Id::shipped(2), Id::shipped(1), NOW);
            repeat(turns, || Some((store.insert(black_box(&record)), store.insert(black_box(&entry)))))
        }
        _ => Err("no such function".into()),
    }
}

const JSON: &str = "application/json";
/// When the request was made.
const NOW: i64 = 1_700_000_000_000;

/// Calls something so often; it must succeed each time.
fn repeat<T>(turns: u64, mut call: impl FnMut() -> Option<T>) -> Outcome<()> {
    for _ in 0..turns {
        black_box(call().ok_or("the function failed")?);
    }
    Ok(())
}

/// A store that only makes statements.
fn scratch() -> Outcome<Store> {
    let dir = tempfile::tempdir()?;
    tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
        Ok(Store::new(Db::open_sqlite(&dir.path().join("scratch.db"), SqliteOptions::default()).await?))
    })
}

/// What [`CRITERIA`] come to.
fn query(module: &Arc<Module>) -> Outcome<Query> {
    let ids = |tails: &[i64]| tails.iter().map(|tail| Id::shipped(*tail).into()).collect::<Vec<Value>>();
    let recent = test(module, "created_time", Op::Greater, vec![NOW.into()]);
    let high = equals(module, "priority", ids(&[6805]));
    let filter = equals(module, "status", ids(&[6657, 6661])).and(model::Filter::Any(vec![high, recent]));
    let mut query = Query::new(module.clone(), filter, 101);
    let path = model::Path::of(module, "created_time").ok_or("requests have no time of creation")?;
    query.sort = vec![SortKey { path, descending: true }];
    Ok(query)
}

/// References that are found: a record of a name for each module.
struct Shown {
    records: std::collections::HashMap<String, Record>,
}

impl Shown {
    fn new(catalogue: &Catalogue) -> Self {
        let named = |module: &Arc<Module>| {
            let mut record = Record::new(module.clone());
            record.set("id", Id::shipped(3));
            record.set("name", "A name as people have them");
            (module.name.to_string(), record)
        };
        Self { records: catalogue.modules().iter().map(named).collect() }
    }

    fn written(&self, record: &Record) -> String {
        let zone = jiff::tz::TimeZone::UTC;
        let mut out = String::with_capacity(16 * 1024);
        wire::writer::Writer::new(self, &zone).record(&mut out, record);
        out
    }
}

impl wire::writer::Lookups for Shown {
    fn record(&self, module: &str, _: Id) -> Option<&Record> {
        self.records.get(module)
    }
}
