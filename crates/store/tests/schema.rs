//! The migrated database has every column and index that the catalogue wants. Without this, a field that was
//! described and not migrated would show up at the first write.
#![expect(clippy::unwrap_used, reason = "in a test, what does not work must stop it")]

use model::{Catalogue, Value};
use std::collections::BTreeSet;
use store::engine::{Cost, Db, Query, SqliteOptions};

async fn texts(db: &Db, sql: &str, binds: Vec<Value>) -> BTreeSet<String> {
    let rows = db.read(Query { sql: sql.into(), binds, cost: Cost::Scan }).await.unwrap();
    rows.into_iter().filter_map(|row| row.into_iter().next()).map(|v| v.to_string()).collect()
}

#[tokio::test]
async fn migrations_make_what_the_catalogue_describes() {
    let dir = tempfile::tempdir().unwrap();
    let db = Db::open_sqlite(&dir.path().join("desk.db"), SqliteOptions::default()).await.unwrap();
    db.migrate(&store::migrations::steps(), 0).await.unwrap();
    let made = texts(&db, "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL", Vec::new()).await;
    let plain = |sql: &str| sql.split_whitespace().collect::<Vec<_>>().join(" ");
    let made: BTreeSet<String> = made.iter().map(|sql| plain(sql)).collect();
    let mut missing = Vec::new();
    for module in Catalogue::new(&[]).modules().iter().filter(|m| m.fixed.is_none()) {
        let columns =
            texts(&db, "SELECT name FROM pragma_table_info($1)", vec![module.table.as_ref().into()]).await;
        for leaf in module.leaves().iter().filter(|l| l.is_column()) {
            if !columns.contains(&leaf.column) {
                missing.push(format!("{}.{}", module.table, leaf.column));
            }
        }
        for statement in store::migrations::describe(module) {
            if let Some(index) = statement.split_once("INDEX \"").filter(|_| !statement.starts_with('@')) {
                let name = index.1.split('"').next().unwrap().to_owned();
                let wanted = plain(&statement.replace("{first}", ""));
                if !made.contains(&wanted) {
                    missing.push(name);
                }
            }
        }
    }
    assert!(missing.is_empty(), "a migration must add: {missing:#?}");
}
