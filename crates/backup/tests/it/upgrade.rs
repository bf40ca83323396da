//! From every schema that there ever was, with rows in every table, to today's, stopped behind every step. Processes that are
//! killed in the middle are the matter of `crates/frontdesk/tests/it/upgrade.rs`.

use model::Value;
use std::collections::BTreeMap;
use store::engine::{Db, PostgresOptions, Row, SqliteOptions, Step};
use store::migrations::steps;
use store::shapes::{CellKind, Shape, shapes};
use testkit::Database;

const ROWS: i64 = 3;

/// Rows for a table whose meaning we do not know: no two values of a column are the same.
fn rows(shape: &Shape, salt: i64) -> Vec<Row> {
    let cell = |kind: &CellKind, n: i64| match kind {
        CellKind::Bool => Value::Bool(n % 2 == 0),
        CellKind::Whole => Value::Int(n),
        CellKind::Fraction => Value::Double(n as f64 + 0.5),
        CellKind::Text => Value::Text(format!("{} {n}", shape.name)),
    };
    (0..ROWS).map(|n| shape.columns.iter().map(|(_, kind)| cell(kind, salt * 100 + n)).collect()).collect()
}

/// What is in every table, by table and key, as columns and cells.
async fn everything(db: &Db) -> BTreeMap<(String, String), BTreeMap<String, Value>> {
    let view = db.freeze().await.unwrap();
    let mut found = BTreeMap::new();
    for shape in shapes(&view).await.unwrap() {
        for row in view.read(shape.page(None, 10_000)).await.unwrap() {
            let key = format!("{:?}", shape.key_of(&row));
            let cells = shape.columns.iter().zip(row).map(|((name, kind), value)| {
                // SQLite has no truth of its own.
                let value = match (kind, value.as_bool()) {
                    (CellKind::Bool, Some(truth)) => Value::Bool(truth),
                    _ => value,
                };
                (name.clone(), value)
            });
            found.insert((shape.name.clone(), key), cells.collect());
        }
    }
    found
}

/// Puts rows into tables that have none of ours yet.
async fn fill(db: &Db, filled: &mut Vec<String>, salt: i64) {
    let view = db.freeze().await.unwrap();
    let shapes = shapes(&view).await.unwrap();
    drop(view);
    for shape in shapes {
        // What the migrations themselves count in must stay countable.
        if filled.contains(&shape.name) || ["counter", "cache_version"].contains(&shape.name.as_str()) {
            continue;
        }
        let names: Vec<&str> = shape.columns.iter().map(|(name, _)| name.as_str()).collect();
        db.load(&shape.name, &names, rows(&shape, salt)).await.unwrap();
        filled.push(shape.name);
    }
}

/// Columns that later schemas call otherwise or work out anew.
fn is_rewritten(table: &str, column: &str) -> bool {
    matches!(
        (table, column),
        ("portal", "owner_email_id" | "owner_email_id_key") | ("request", "ended_late" | "response_late")
    )
}

fn nothing_is_lost(
    before: &BTreeMap<(String, String), BTreeMap<String, Value>>,
    after: &BTreeMap<(String, String), BTreeMap<String, Value>>,
    step: u32,
) {
    for ((table, key), cells) in before {
        let row = after.get(&(table.clone(), key.clone()));
        let row = row.unwrap_or_else(|| panic!("{table} {key} was lost by step {step}"));
        for (column, value) in cells {
            if !is_rewritten(table, column) {
                assert_eq!(row.get(column), Some(value), "{table}.{column} of {key}, step {step}");
            }
        }
    }
}

/// Each schema in turn gets rows, then the next steps come one by one, each as after a kill behind the one before.
async fn step_by_step(db: &Db) {
    let all = steps();
    let mut filled = Vec::new();
    let mut before = BTreeMap::new();
    let mut file = 0;
    for (i, step) in all.iter().enumerate() {
        if step.number / 1000 != file {
            file = step.number / 1000;
            fill(db, &mut filled, i64::from(file)).await;
            before = everything(db).await;
        }
        assert_eq!(db.migrate(&all[..=i], 0).await.unwrap(), 1, "step {}", step.number);
        // Rows are compared where it is affordable: behind each file, and behind every step that writes rows.
        let next = all.get(i + 1).map_or(0, |next| next.number / 1000);
        if next != file || !step.postgres.starts_with("CREATE") && !step.postgres.starts_with("ALTER") {
            // Between making a table anew and giving it its old name, its rows are in neither.
            if !(7..8).contains(&file) || next != file {
                nothing_is_lost(&before, &everything(db).await, step.number);
            }
        }
    }
    assert!(before.len() > 150, "only {} rows", before.len());
    assert_eq!(db.migrate(&all, 0).await.unwrap(), 0);
}

/// A step that fails leaves the schema of the step before, with its rows.
async fn a_failing_step(db: &Db) {
    let all = steps();
    let files: Vec<u32> = all.iter().map(|step| step.number / 1000).collect();
    let mut filled = Vec::new();
    for file in files.iter().copied().collect::<std::collections::BTreeSet<_>>() {
        let mut broken: Vec<Step> = all.iter().filter(|step| step.number / 1000 <= file).cloned().collect();
        let whole = broken.clone();
        let number = file * 1000 + 999;
        broken.push(Step { number, name: "broken", sqlite: "NO SQL".into(), postgres: "NO SQL".into() });
        let before = everything(db).await;
        assert!(db.migrate(&broken, 0).await.is_err());
        nothing_is_lost(&before, &everything(db).await, number);
        db.migrate(&whole, 0).await.unwrap();
        fill(db, &mut filled, i64::from(file)).await;
    }
}

async fn sqlite() -> (Db, tempfile::TempDir) {
    let dir = tempfile::tempdir().unwrap();
    let db = Db::open_sqlite(&dir.path().join("old.db"), SqliteOptions::default()).await.unwrap();
    (db, dir)
}

async fn postgres() -> Option<(Db, Database)> {
    let database = Database::empty().await?;
    Some((Db::open_postgres(&database.url, PostgresOptions::default()).await.unwrap(), database))
}

#[tokio::test]
async fn every_schema_with_rows_comes_to_todays_on_sqlite() {
    let (db, _dir) = sqlite().await;
    step_by_step(&db).await;
}

#[tokio::test]
async fn every_schema_with_rows_comes_to_todays_on_postgres() {
    let Some((db, _database)) = postgres().await else { return };
    step_by_step(&db).await;
}

#[tokio::test]
async fn a_step_that_fails_leaves_the_rows_on_sqlite() {
    let (db, _dir) = sqlite().await;
    a_failing_step(&db).await;
}

#[tokio::test]
async fn a_step_that_fails_leaves_the_rows_on_postgres() {
    let Some((db, _database)) = postgres().await else { return };
    a_failing_step(&db).await;
}
