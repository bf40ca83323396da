//! The other measure: what SQLite itself takes for the rows of a new request, written by a loop that does nothing else.

use crate::Outcome;
use model::{Catalogue, Id, IdSource, Module, Record, Value};
use rusqlite::types::ToSqlOutput;
use rusqlite::{Connection, ToSql, params_from_iter};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use store::engine::{Db, SqliteOptions};
use store::{Statement, Store};

const SUBJECT: &str = "The printer on floor 3 does not answer";
const DESCRIPTION: &str =
    "<div>It says paper jam, but there is none. Please help, the whole floor waits.</div>";

/// The body that the server gets for the same rows.
pub const BODY: &str = r#"{"request":{"subject":"The printer on floor 3 does not answer","description":"<div>It says paper jam, but there is none. Please help, the whole floor waits.</div>","priority":{"name":"High"}}}"#;

/// A value as rusqlite binds it.
pub struct Cell<'a>(pub &'a Value);

impl ToSql for Cell<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        match self.0 {
            Value::Null => None::<i64>.to_sql().map(|_| ToSqlOutput::from(rusqlite::types::Null)),
            Value::Bool(b) => Ok(ToSqlOutput::from(*b)),
            Value::Int(n) => Ok(ToSqlOutput::from(*n)),
            Value::Double(d) => Ok(ToSqlOutput::from(*d)),
            Value::Text(s) => Ok(ToSqlOutput::from(s.as_str())),
        }
    }
}

/// Rows a second that a loop in transactions of so many writes into the database: the request with all its columns and
/// indexes, its history entry, its search document.
pub fn rows_per_second(database: &Path, in_transaction: usize, time: Duration) -> Outcome<f64> {
    let scratch = tempfile::tempdir()?;
    let statements = tokio::runtime::Runtime::new()?.block_on(async {
        // Only the texts of the statements come from here; the loop has nothing of the store in it.
        let db = Db::open_sqlite(&scratch.path().join("scratch.db"), SqliteOptions::default()).await?;
        Ok::<_, Box<dyn std::error::Error + Send + Sync>>(statements(&Store::new(db)))
    })??;
    let connection = Connection::open(database)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.set_prepared_statement_cache_capacity(64);
    let begun = Instant::now();
    let mut rows = 0_u32;
    for portion in statements.chunks(in_transaction.max(1)) {
        if begun.elapsed() >= time {
            break;
        }
        connection.execute_batch("BEGIN IMMEDIATE")?;
        for row in portion {
            for statement in row {
                connection
                    .prepare_cached(&statement.sql)?
                    .execute(params_from_iter(statement.binds.iter().map(Cell)))?;
            }
        }
        connection.execute_batch("COMMIT")?;
        rows += u32::try_from(portion.len())?;
    }
    Ok(f64::from(rows) / begun.elapsed().as_secs_f64())
}

/// The statements of many new requests.
fn statements(store: &Store) -> Outcome<Vec<Vec<Statement>>> {
    const ROWS: i64 = 40_000;
    let catalogue = Catalogue::new(&model::Additions::default());
    let request = catalogue.module("request").ok_or("no requests")?;
    let history = catalogue.module("history").ok_or("no history")?;
    let now = i64::try_from(std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?.as_millis())?;
    let ids = IdSource::new(77, 0);
    let mut all = Vec::new();
    for n in 0..ROWS {
        let id = ids.next(now);
        let row = new_request(request, id, n, now);
        let entry = its_history(history, ids.next(now), id, now);
        let mut statements = store.insert(&row);
        statements.extend(store.insert(&entry));
        all.push(statements);
    }
    Ok(all)
}

/// A new request as [`BODY`] makes it.
pub fn new_request(module: &Arc<Module>, id: Id, number: i64, now: i64) -> Record {
    let mut row = Record::new(module.clone());
    for (slot, leaf) in module.leaves().iter().enumerate() {
        if let model::Preset::Value(value) = &leaf.field.preset {
            row.put(slot, value.clone());
        }
    }
    row.set("id", id);
    row.set("display_id", 50_000_000 + number);
    row.set("subject", SUBJECT);
    row.set("description", DESCRIPTION);
    row.set("created_time", now);
    let shipped = [
        ("status", 6657),
        ("template", 6655),
        ("request_type", 8391),
        ("mode", 6665),
        ("level", 6671),
        ("urgency", 7921),
        ("priority", 6805),
        ("site", 222_001),
        ("requester", 1_000_001),
        ("created_by", 1_000_001),
    ];
    for (path, tail) in shipped {
        row.set(path, Id::shipped(tail));
    }
    row
}

/// The history entry of a new request.
pub fn its_history(module: &Arc<Module>, id: Id, request: Id, now: i64) -> Record {
    let mut entry = Record::new(module.clone());
    entry.set("id", id);
    entry.set("owner", request.get());
    entry.set("module", "request");
    entry.set("record", request.get());
    entry.set("by", Id::shipped(1_000_001));
    entry.set("time", now);
    entry.set("operation", "CREATE");
    entry.set("diff", "[]");
    entry
}
