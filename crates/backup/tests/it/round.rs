//! Desk → archive → desk, from each engine to each.

use crate::{archive_of, fill, open, place, refused, upload};
use backup::{check_archive, check_desk, check_sums, restore};
use desk::{Desk, DeskOptions};
use std::path::Path;
use store::engine::{Cost, Db, Query, SqliteOptions};
use testkit::{App, Database, Engine};

/// The rows of every table of two SQLite files, compared by SQLite and not by code that a backup uses; the words of every
/// search document likewise.
fn same_rows(one: &Path, other: &Path) {
    let connection = rusqlite::Connection::open(one).unwrap();
    connection.execute("ATTACH ?1 AS other", [other.to_str().unwrap()]).unwrap();
    let names = |schema: &str| -> Vec<String> {
        let sql = format!(
            "SELECT name FROM {schema}.sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name"
        );
        let mut statement = connection.prepare(&sql).unwrap();
        let names = statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap);
        names.collect()
    };
    let tables = names("main");
    assert_eq!(tables, names("other"));
    assert!(tables.len() > 60, "{tables:?}");
    let mut compared = 0;
    for table in &tables {
        if table.starts_with("search_") || ["node", "schema_step"].contains(&table.as_str()) {
            continue;
        }
        for (a, b) in [("main", "other"), ("other", "main")] {
            let sql = format!(
                "SELECT count(*) FROM (SELECT * FROM {a}.\"{table}\" EXCEPT SELECT * FROM {b}.\"{table}\")"
            );
            let differ: i64 = connection.query_row(&sql, [], |row| row.get(0)).unwrap();
            assert_eq!(differ, 0, "{table}: rows of {a} that are not in {b}");
        }
        compared += connection
            .query_row(&format!("SELECT count(*) FROM {table:?}"), [], |row| row.get::<_, i64>(0))
            .unwrap();
    }
    assert!(compared > 200, "only {compared} rows");
    for table in ["search_request", "search_problem", "search_asset", "search_product", "search_ci"] {
        let words = |file: &Path| -> Vec<(String, i64)> {
            let connection = rusqlite::Connection::open(file).unwrap();
            connection
                .execute_batch(&format!("CREATE VIRTUAL TABLE temp.v USING fts5vocab(main, {table}, row)"))
                .unwrap();
            let mut statement = connection.prepare("SELECT term, doc FROM temp.v ORDER BY term").unwrap();
            let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
            rows.map(Result::unwrap).collect()
        };
        assert_eq!(words(one), words(other), "{table}");
    }
}

/// From this engine to both and back, until it is on SQLite twice, where it is compared.
async fn round(engine: Engine) {
    let Some(app) = App::start(engine).await else { return };
    let request = fill(&app).await;
    let dir = tempfile::tempdir().unwrap();
    let first = dir.path().join("first.tar.gz");
    let written = archive_of(&app, &first).await;
    assert_eq!((written.files, written.missing_files.len()), (2, 0));
    let contents = check_sums(&first).await.unwrap();

    let sqlite = place(&dir.path().join("sqlite"), None);
    let restored = restore(&first, &sqlite).await.unwrap();
    assert_eq!((restored.rows.values().sum::<u64>(), restored.files), (written.rows, 2));
    if engine == Engine::Sqlite {
        same_rows(&app.sqlite_file(), &sqlite.data_dir.join("frontdesk.db"));
    }
    let mut places = vec![sqlite];
    let database = Database::empty().await;
    if database.is_some() {
        let postgres = place(&dir.path().join("postgres"), database.as_ref());
        restore(&first, &postgres).await.unwrap();
        places.push(postgres);
    }
    for (i, place) in places.iter().enumerate() {
        let db = open(place).await;
        let files = place.data_dir.join("files");
        let audit = check_desk(&db, &files).await.unwrap();
        assert_eq!((audit.faults, audit.files), (Vec::new(), 2));
        // Archives of both are the same to the byte of every entry.
        let again = dir.path().join(format!("again{i}.tar.gz"));
        backup::write(&db, &again, &crate::options(files)).await.unwrap();
        let told = check_sums(&again).await.unwrap();
        assert_eq!(told.rows, contents.rows);
        for (name, entry) in contents.entries.iter().filter(|(name, _)| *name != "desk.json") {
            assert_eq!(told.entries.get(name), Some(entry), "{name}");
        }
        goes_on(&db, place, &request).await;
        assert!(refused(restore(&first, place).await).contains("empty"), "a desk was overwritten");
        db.close().await;
    }
    if let [_, _postgres] = &places[..] {
        let back = place(&dir.path().join("back"), None);
        restore(&dir.path().join("again1.tar.gz"), &back).await.unwrap();
        let copy = place(&dir.path().join("copy"), None);
        restore(&first, &copy).await.unwrap();
        same_rows(&copy.data_dir.join("frontdesk.db"), &back.data_dir.join("frontdesk.db"));
    }
    let (_, audit) = check_archive(&first, dir.path()).await.unwrap();
    assert_eq!((audit.faults, audit.files), (Vec::new(), 2));
    let left: Vec<_> = std::fs::read_dir(dir.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert!(!left.iter().any(|name| name.to_str().unwrap().starts_with('.')), "{left:?}");
}

/// The restored desk is one: it opens, finds, and gives numbers and ids that are new.
async fn goes_on(db: &Db, place: &backup::Place, request: &str) {
    let clock = std::sync::Arc::new(Later);
    let options = DeskOptions { files_dir: place.data_dir.join("files"), clock, node: 0 };
    let desk = Desk::open(db.clone(), options).await.unwrap();
    assert!(!desk.is_new());
    let snapshot = desk.snapshot();
    let requests = snapshot.module("request").unwrap();
    let found = desk.store().get(requests, request.parse().unwrap()).await.unwrap().unwrap();
    assert!(found.text("subject").unwrap().contains("quoted"));
    assert_eq!(desk.sweep_files().await.unwrap(), desk::files::Swept::default());
}

#[derive(Debug)]
struct Later;

impl desk::Clock for Later {
    fn now_ms(&self) -> i64 {
        testkit::START + 1_000_000
    }
}

#[tokio::test]
async fn a_desk_on_sqlite_comes_back_on_either_engine() {
    round(Engine::Sqlite).await;
}

#[tokio::test]
async fn a_desk_on_postgres_comes_back_on_either_engine() {
    round(Engine::Postgres).await;
}

/// A moment is kept whatever is written afterwards: the rows of the archive are those of the moment, and a file that is
/// removed before it is copied is there all the same.
async fn one_moment(engine: Engine) {
    let Some(app) = App::start(engine).await else { return };
    let request = app.admin().new_request("Before").await;
    let file = upload(&app, &request, "kept.txt", "kept").await;
    let view = app.desk.store().db().freeze().await.unwrap();
    app.admin().new_request("After").await;
    app.admin().delete(&format!("/requests/{request}/_uploads/{file}")).await.ok();
    let count = |sql: &'static str| Query { sql: sql.into(), binds: Vec::new(), cost: Cost::Scan };
    for (sql, then, now) in
        [("SELECT count(*) FROM request", 1, 2), ("SELECT count(*) FROM attachment", 1, 0)]
    {
        assert_eq!(view.read(count(sql)).await.unwrap()[0][0].as_int(), Some(then), "{sql}");
        assert_eq!(app.desk.store().db().read(count(sql)).await.unwrap()[0][0].as_int(), Some(now), "{sql}");
    }
    assert!(!app.files_dir().join(desk::files::path_of(&file).unwrap()).exists());
    assert_eq!(std::fs::read(desk::files::removed(&app.files_dir(), &file)).unwrap(), b"kept");
}

#[tokio::test]
async fn rows_and_files_are_of_one_moment_on_sqlite() {
    one_moment(Engine::Sqlite).await;
}

#[tokio::test]
async fn rows_and_files_are_of_one_moment_on_postgres() {
    one_moment(Engine::Postgres).await;
}

#[tokio::test]
async fn a_database_that_holds_something_else_is_left_alone() {
    let Some(database) = Database::empty().await else { return };
    let app = App::start(Engine::Sqlite).await.unwrap();
    let dir = tempfile::tempdir().unwrap();
    let archive = dir.path().join("a.tar.gz");
    archive_of(&app, &archive).await;
    let target = place(&dir.path().join("data"), Some(&database));
    let db = open(&target).await;
    db.execute_ddl("CREATE TABLE somebody_elses (n BIGINT)").await.unwrap();
    assert!(refused(restore(&archive, &target).await).contains("somebody_elses"));
    assert!(!target.is_half_restored());
    db.execute_ddl("DROP TABLE somebody_elses").await.unwrap();
    // Half a restore: tables, the mark, some rows. No program takes it for a desk, and the next restore clears it away.
    db.migrate(&store::migrations::steps(), 0).await.unwrap();
    db.execute_ddl("INSERT INTO schema_step VALUES (999999999, 'restoring', '', 0); INSERT INTO portal (id, row_version) VALUES (1, 1)")
        .await
        .unwrap();
    let opened = db.migrate(&store::migrations::steps(), 0).await;
    assert!(opened.unwrap_err().to_string().contains("run frontdesk restore again"));
    assert!(
        refused(backup::write(&db, &dir.path().join("b.tar.gz"), &crate::options(dir.path().into())).await)
            .contains("restore")
    );
    restore(&archive, &target).await.unwrap();
    assert_eq!(check_desk(&db, &target.data_dir.join("files")).await.unwrap().faults, Vec::new());
    db.close().await;
}

#[tokio::test]
async fn a_check_tells_what_is_wrong() {
    let app = App::start(Engine::Sqlite).await.unwrap();
    let request = fill(&app).await;
    let file = upload(&app, &request, "three.txt", "three").await;
    let path = app.files_dir().join(desk::files::path_of(&file).unwrap());
    std::fs::write(path, "longer than it was").unwrap();
    let db = app.desk.store().db();
    db.execute_ddl(&format!(
        "UPDATE request SET technician = 4711 WHERE id = {request}; DELETE FROM search_request WHERE rowid = {request}"
    ))
    .await
    .unwrap();
    let audit = check_desk(db, &app.files_dir()).await.unwrap();
    let told: Vec<&str> = audit.faults.iter().map(|fault| fault.what.as_str()).collect();
    let file_fault = format!("the attached file {file} has 18 bytes instead of 5");
    assert_eq!(
        told,
        ["request.technician refers to no technician", "request is not found by its words", &file_fault]
    );
    assert_eq!(audit.faults[0].example, request.parse().ok());
}

#[tokio::test]
async fn a_folder_without_a_desk_has_no_backup() {
    let dir = tempfile::tempdir().unwrap();
    let db = Db::open_sqlite(&dir.path().join("x.db"), SqliteOptions::default()).await.unwrap();
    let archive = dir.path().join("x.tar.gz");
    assert!(
        refused(backup::write(&db, &archive, &crate::options(dir.path().into())).await).contains("no desk")
    );
    let left: Vec<_> = std::fs::read_dir(dir.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert!(!left.iter().any(|name| name.to_str().unwrap().contains("tar")), "{left:?}");
}
