//! One text of what a database must do, run on both engines. PostgreSQL takes part when `FRONTDESK_TEST_POSTGRES` holds a
//! URL such as `postgres://postgres@127.0.0.1:54329/postgres`, whose user may create databases.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr
)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};
use store::engine::{
    Cost, Db, Dialect, Document, Expect, PostgresOptions, Query, SqliteOptions, Statement, Step, StoreError,
    Value,
};
use store::nodes::{LEASE_MS, Node};

/// A fresh database, and how to open it again.
struct Bed {
    db: Db,
    home: Home,
}

enum Home {
    Sqlite(PathBuf),
    Postgres { url: String, admin: String, name: String },
}

static NUMBER: AtomicU32 = AtomicU32::new(0);

/// How long a read may take here.
const DEADLINE: Duration = Duration::from_millis(700);

fn fresh_name() -> String {
    let nanos = std::time::UNIX_EPOCH.elapsed().unwrap().subsec_nanos();
    format!("fd_test_{}_{}_{nanos}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed))
}

fn sqlite_options() -> SqliteOptions {
    SqliteOptions { read_deadline: DEADLINE, ..SqliteOptions::default() }
}

fn postgres_options() -> PostgresOptions {
    PostgresOptions { statement_timeout: DEADLINE, pool: 8, ..PostgresOptions::default() }
}

impl Bed {
    async fn sqlite() -> Self {
        Self::sqlite_with(sqlite_options()).await
    }

    async fn sqlite_with(options: SqliteOptions) -> Self {
        let folder = std::env::temp_dir().join(fresh_name());
        let path = folder.join("inner").join("desk.db");
        let db = Db::open_sqlite(&path, options).await.unwrap();
        Self { db, home: Home::Sqlite(folder) }.with_tables().await
    }

    async fn postgres() -> Option<Self> {
        let Ok(admin) = std::env::var("FRONTDESK_TEST_POSTGRES") else {
            // As the test kit has it, which stands above this room.
            let is_needed = std::env::var("FRONTDESK_TEST_ALL").is_ok_and(|all| all == "1");
            assert!(!is_needed, "missing, and needed: FRONTDESK_TEST_POSTGRES");
            eprintln!("NOT TESTED, for want of: FRONTDESK_TEST_POSTGRES");
            return None;
        };
        let name = fresh_name();
        admin_sql(&admin, &format!("CREATE DATABASE {name}")).await;
        let (start, _) = admin.rsplit_once('/').unwrap();
        let url = format!("{start}/{name}");
        let db = Db::open_postgres(&url, postgres_options()).await.unwrap();
        Some(Self { db, home: Home::Postgres { url, admin, name } }.with_tables().await)
    }

    async fn with_tables(self) -> Self {
        for sql in [
            "CREATE TABLE item (id BIGINT PRIMARY KEY, name TEXT NOT NULL, flag BOOLEAN, ratio DOUBLE PRECISION, \
             note TEXT, small SMALLINT)",
            "CREATE UNIQUE INDEX item_name_is_unique ON item (name)",
            "CREATE TABLE pair (a BIGINT NOT NULL, b TEXT NOT NULL)",
            "CREATE UNIQUE INDEX pair_is_unique ON pair (a, b)",
        ] {
            self.db.execute_ddl(sql).await.unwrap();
        }
        self
    }

    /// A second handle on the same database, as another process has; PostgreSQL only.
    async fn another(&self) -> Option<Db> {
        match &self.home {
            Home::Sqlite(_) => None,
            Home::Postgres { url, .. } => Some(Db::open_postgres(url, postgres_options()).await.unwrap()),
        }
    }

    async fn end(self) {
        self.db.close().await;
        match &self.home {
            Home::Sqlite(folder) => std::fs::remove_dir_all(folder).unwrap(),
            Home::Postgres { admin, name, .. } => {
                admin_sql(admin, &format!("DROP DATABASE {name} WITH (FORCE)")).await;
            }
        }
    }
}

async fn admin_sql(url: &str, sql: &str) {
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    client.batch_execute(sql).await.unwrap();
}

fn write(sql: &str, binds: impl IntoIterator<Item = Value>, expect: Expect) -> Statement {
    Statement::new(sql, binds.into_iter().collect(), expect)
}

fn insert(id: i64, name: &str) -> Statement {
    write("INSERT INTO item (id, name) VALUES ($1, $2)", [id.into(), name.into()], Expect::Exactly(1))
}

fn rename(id: i64, name: &str) -> Statement {
    write("UPDATE item SET name = $1 WHERE id = $2", [name.into(), id.into()], Expect::Exactly(1))
}

fn scan(sql: &str, binds: impl IntoIterator<Item = Value>) -> Query {
    Query { sql: sql.into(), binds: binds.into_iter().collect(), cost: Cost::Scan }
}

fn point(sql: &str, binds: impl IntoIterator<Item = Value>) -> Query {
    Query { cost: Cost::Point, ..scan(sql, binds) }
}

async fn count(db: &Db) -> i64 {
    db.read(scan("SELECT count(*) FROM item", [])).await.unwrap()[0][0].as_int().unwrap()
}

fn conflict(name: &str) -> StoreError {
    StoreError::Conflict { constraint: name.into() }
}

macro_rules! on_both {
    ($($(#[$doc:meta])* async fn $name:ident($bed:ident: &Bed) $body:block)*) => {
        $(async fn $name($bed: &Bed) $body)*
        mod on_sqlite {
            $($(#[$doc])* #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                let bed = super::Bed::sqlite().await;
                super::$name(&bed).await;
                bed.end().await;
            })*
        }
        mod on_postgres {
            $($(#[$doc])* #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                let Some(bed) = super::Bed::postgres().await else { return };
                super::$name(&bed).await;
                bed.end().await;
            })*
        }
    };
}

on_both! {
    async fn what_is_written_is_read_back(bed: &Bed) {
        let sql = "INSERT INTO item (id, name, flag, ratio, note, small) VALUES ($1, $2, $3, $4, $5, $6)";
        let rows = [
            vec![i64::MAX.into(), "größte ‘Zahl’ 🦀".into(), true.into(), 0.1.into(), "".into(), 7.into()],
            vec![i64::MIN.into(), "b".into(), false.into(), (-1.5e300).into(), "a\nb".into(), (-7).into()],
            vec![0.into(), "c".into(), Value::Null, Value::Null, Value::Null, Value::Null],
        ];
        for row in &rows {
            let done = bed.db.commit(vec![write(sql, row.clone(), Expect::Exactly(1))]).await.unwrap();
            assert_eq!(done, [1]);
        }
        for cost in [Cost::Point, Cost::Scan] {
            for row in &rows {
                let sql = "SELECT id, name, flag, ratio, note, small FROM item WHERE id = $1";
                let query = Query { sql: sql.into(), binds: vec![row[0].clone()], cost };
                let mut read = bed.db.read(query).await.unwrap();
                assert_eq!(read.len(), 1);
                if let Some(truth) = read[0][2].as_bool() {
                    read[0][2] = truth.into(); // SQLite has none of its own
                }
                assert_eq!(&read[0], row);
            }
        }
        let none = bed.db.read(point("SELECT id FROM item WHERE id = $1", [5.into()])).await.unwrap();
        assert!(none.is_empty());
    }

    async fn processes_lease_their_numbers(bed: &Bed) {
        // The bed's own tables are in the way of some of the desk's.
        let steps: Vec<Step> = store::migrations::steps().into_iter().filter(|s| s.sqlite.contains("\"node\"")).collect();
        bed.db.migrate(&steps, 0).await.unwrap();
        let (first, second) = (Node::take(&bed.db, 11, 1_000), Node::take(&bed.db, 22, 1_000));
        let (first, second) = tokio::join!(first, second);
        let (first, second) = (first.unwrap(), second.unwrap());
        assert_eq!(BTreeSet::from([first.number, second.number]), BTreeSet::from([1, 2]));
        assert_eq!(Node::take(&bed.db, 33, 1_000).await.unwrap().number, 3);
        // One is renewed, the others are left behind by processes that died; the least of them is taken over.
        let late = 1_000 + LEASE_MS;
        assert_eq!(second.renew(&bed.db, late).await, Ok(true));
        let heir = Node::take(&bed.db, 44, late + 1).await.unwrap();
        assert_eq!(heir.number, if second.number == 1 { 2 } else { 1 });
        // The dead one was only asleep: it notices, and does not give away what is another's.
        assert_eq!(heir.number, first.number);
        assert_eq!(first.renew(&bed.db, late + 2).await, Ok(false));
        first.give_back(&bed.db).await.unwrap();
        assert_eq!(heir.renew(&bed.db, late + 3).await, Ok(true));
        heir.give_back(&bed.db).await.unwrap();
        assert_eq!(Node::take(&bed.db, 55, late + 3).await.unwrap().number, heir.number);
    }

    async fn places_are_bound_in_order(bed: &Bed) {
        let binds: Vec<Value> = (1..=12).map(Value::Int).collect();
        let places: Vec<String> = (1..=12).map(|n| format!("CAST(${n} AS BIGINT)")).collect();
        let sql = format!("SELECT {}", places.join(", "));
        assert_eq!(bed.db.read(point(&sql, binds.clone())).await.unwrap(), std::slice::from_ref(&binds));
        // Too few values, too many values, no SQL at all: our own mistakes.
        for query in [scan(&sql, binds[..11].to_vec()), scan("SELECT 1", [1.into()]), scan("SELEKT", [])] {
            assert!(matches!(bed.db.read(query).await, Err(StoreError::Invalid(_))));
        }
        let bad = vec![insert(1, "a"), write("INSERT INTO item (id, name) VALUES ($1, $2)", [2.into()], Expect::Any)];
        assert!(matches!(bed.db.commit(bad).await, Err(StoreError::Invalid(_))));
        let bad = vec![insert(1, "a"), write("INSERT INTO nothing (id) VALUES ($1)", [2.into()], Expect::Any)];
        assert!(matches!(bed.db.commit(bad).await, Err(StoreError::Invalid(_))));
        let null = vec![insert(1, "a"), write("INSERT INTO item (id) VALUES ($1)", [2.into()], Expect::Any)];
        assert!(matches!(bed.db.commit(null).await, Err(StoreError::Invalid(_))));
        assert_eq!(count(&bed.db).await, 0);
    }

    async fn a_commit_is_all_or_nothing(bed: &Bed) {
        let db = &bed.db;
        assert_eq!(db.commit(vec![]).await, Ok(vec![]));
        assert_eq!(db.commit(vec![insert(1, "a"), insert(2, "b"), rename(1, "c")]).await, Ok(vec![1, 1, 1]));
        assert_eq!(db.commit(vec![insert(3, "d"), rename(9, "x")]).await, Err(StoreError::Stale { statement: 1 }));
        assert_eq!(db.commit(vec![rename(9, "x"), insert(3, "d")]).await, Err(StoreError::Stale { statement: 0 }));
        assert_eq!(db.commit(vec![insert(3, "d"), insert(4, "b")]).await, Err(conflict("item_name_is_unique")));
        assert_eq!(db.commit(vec![rename(1, "b"), insert(3, "d")]).await, Err(conflict("item_name_is_unique")));
        assert_eq!(count(db).await, 2);
        let all = |expect| vec![write("UPDATE item SET note = $1", ["n".into()], expect)];
        assert_eq!(db.commit(all(Expect::AtLeast(2))).await, Ok(vec![2]));
        assert_eq!(db.commit(all(Expect::AtLeast(3))).await, Err(StoreError::Stale { statement: 0 }));
        assert_eq!(db.commit(all(Expect::Exactly(1))).await, Err(StoreError::Stale { statement: 0 }));
        assert_eq!(db.commit(vec![write("DELETE FROM item WHERE id = 77", [], Expect::Any)]).await, Ok(vec![0]));
        // What failed leaves nothing behind that a later commit would trip over.
        assert_eq!(db.commit(vec![insert(3, "d")]).await, Ok(vec![1]));
    }

    async fn a_value_that_does_not_fit_keeps_the_rest_out(bed: &Bed) {
        let sql = "INSERT INTO item (id, name, small) VALUES ($1, $2, $3)";
        let big = write(sql, [2.into(), "b".into(), 1_000_000.into()], Expect::Any);
        let done = bed.db.commit(vec![insert(1, "a"), big, insert(3, "c")]).await;
        // SQLite's columns have no width.
        if bed.db.dialect() == Dialect::Postgres {
            assert!(matches!(done, Err(StoreError::Invalid(_))), "{done:?}");
            assert_eq!(count(&bed.db).await, 0);
            assert_eq!(bed.db.commit(vec![insert(1, "a"), insert(2, "b")]).await, Ok(vec![1, 1]));
        }
    }

    async fn conflicts_name_the_index(bed: &Bed) {
        let pair = |a: i64, b: &str| {
            write("INSERT INTO pair (a, b) VALUES ($1, $2)", [a.into(), b.into()], Expect::Exactly(1))
        };
        bed.db.commit(vec![insert(1, "a"), pair(1, "x"), pair(1, "y")]).await.unwrap();
        assert_eq!(bed.db.commit(vec![pair(1, "x")]).await, Err(conflict("pair_is_unique")));
        assert_eq!(bed.db.commit(vec![insert(1, "z")]).await, Err(conflict("item_pkey")));
        bed.db.execute_ddl("CREATE UNIQUE INDEX item_lower ON item (lower(name))").await.unwrap();
        assert_eq!(bed.db.commit(vec![insert(2, "A")]).await, Err(conflict("item_lower")));
        bed.db.execute_ddl("CREATE TABLE plain (a BIGINT UNIQUE)").await.unwrap();
        let plain = || write("INSERT INTO plain (a) VALUES ($1)", [1.into()], Expect::Any);
        bed.db.commit(vec![plain()]).await.unwrap();
        assert_eq!(bed.db.commit(vec![plain()]).await, Err(conflict("plain_a_key")));
    }

    async fn one_bad_commit_does_not_harm_its_neighbours(bed: &Bed) {
        bed.db.commit(vec![insert(0, "taken")]).await.unwrap();
        let mut tasks = Vec::new();
        for n in 1..=200_i64 {
            let db = bed.db.clone();
            tasks.push(tokio::spawn(async move {
                let statements = match n % 10 {
                    3 => vec![insert(n, &n.to_string()), insert(n + 1000, "taken")],
                    5 => vec![insert(n, &n.to_string()), rename(-n, "x")],
                    7 => vec![insert(n, &n.to_string()), write("INSERT INTO nothing VALUES (1)", [], Expect::Any)],
                    _ => vec![insert(n, &n.to_string()), rename(n, &format!("{n}!"))],
                };
                (n, db.commit(statements).await)
            }));
        }
        for task in tasks {
            let (n, result) = task.await.unwrap();
            match n % 10 {
                3 => assert_eq!(result, Err(conflict("item_name_is_unique"))),
                5 => assert_eq!(result, Err(StoreError::Stale { statement: 1 })),
                7 => assert!(matches!(result, Err(StoreError::Invalid(_)))),
                _ => assert_eq!(result, Ok(vec![1, 1])),
            }
        }
        assert_eq!(count(&bed.db).await, 141);
        let half = bed.db.read(scan("SELECT id FROM item WHERE name NOT LIKE '%!' AND id > 0", [])).await;
        assert_eq!(half, Ok(vec![]));
        let stats = bed.db.stats();
        assert_eq!((stats.commits, stats.failed_commits), (141, 60));
    }

    async fn a_dropped_caller_wedges_nothing(bed: &Bed) {
        for n in 0..200 {
            let db = bed.db.clone();
            let task = tokio::spawn(async move { db.commit(vec![insert(n, &n.to_string()), rename(n, "x")]).await });
            if n % 3 == 0 {
                tokio::task::yield_now().await;
            }
            task.abort();
            let db = bed.db.clone();
            let task = tokio::spawn(async move {
                db.read_many(vec![scan("SELECT count(*) FROM item", []), scan("SELECT id FROM item", [])]).await
            });
            tokio::task::yield_now().await;
            task.abort();
        }
        let done = bed.db.commit(vec![insert(1000, "last"), rename(1000, "very last")]).await;
        assert_eq!(done, Ok(vec![1, 1]));
        let answers = bed.db.read_many(vec![scan("SELECT count(*) FROM item WHERE name = 'x'", [])]).await.unwrap();
        assert!(answers[0][0][0].as_int().unwrap() <= 1, "by half");
    }

    async fn concurrent_updates_of_one_row_lose_nothing(bed: &Bed) {
        bed.db.commit(vec![insert(1, "a"), write("UPDATE item SET small = 0", [], Expect::Exactly(1))]).await.unwrap();
        let mut tasks = Vec::new();
        for _ in 0..8 {
            let db = bed.db.clone();
            tasks.push(tokio::spawn(async move {
                for _ in 0..20 {
                    loop {
                        let row = db.read(point("SELECT small FROM item WHERE id = $1", [1.into()])).await.unwrap();
                        let seen = row[0][0].as_int().unwrap();
                        let sql = "UPDATE item SET small = $1 WHERE id = 1 AND small = $2";
                        let change = write(sql, [(seen + 1).into(), seen.into()], Expect::Exactly(1));
                        match db.commit(vec![change]).await {
                            Ok(_) => break,
                            Err(StoreError::Stale { statement: 0 }) => {}
                            Err(e) => panic!("{e}"),
                        }
                    }
                }
            }));
        }
        for task in tasks {
            task.await.unwrap();
        }
        let row = bed.db.read(point("SELECT small FROM item WHERE id = $1", [1.into()])).await.unwrap();
        assert_eq!(row[0][0], Value::Int(160));
    }

    async fn many_rows_are_loaded(bed: &Bed) {
        let columns = ["id", "name", "flag", "ratio", "note"];
        let row = |n: i64| {
            let note = if n % 2 == 0 { Value::Null } else { "odd".into() };
            vec![n.into(), format!("n{n}").into(), (n % 3 == 0).into(), (n as f64 / 8.0).into(), note]
        };
        assert_eq!(bed.db.load("item", &columns, vec![]).await, Ok(0));
        assert_eq!(bed.db.load("item", &columns, (0..5003).map(row).collect()).await, Ok(5003));
        let sums = bed.db.read(scan("SELECT count(*), sum(ratio), count(note) FROM item WHERE flag", [])).await.unwrap();
        let sum: f64 = (0..5003).filter(|n| n % 3 == 0).map(|n| f64::from(n) / 8.0).sum();
        assert_eq!(sums[0], [Value::Int(1668), Value::Double(sum), Value::Int(834)]);
        // All or nothing here too.
        let again = |n: i64| vec![n.into(), format!("again {n}").into(), Value::Null, Value::Null, Value::Null];
        let twice = bed.db.load("item", &columns, (5000..5100).rev().map(again).collect()).await;
        assert_eq!(twice, Err(conflict("item_pkey")));
        assert!(matches!(bed.db.load("item", &columns, vec![vec![]]).await, Err(StoreError::Invalid(_))));
        assert!(matches!(bed.db.load("no\"thing", &["a"], vec![vec![1.into()]]).await, Err(StoreError::Invalid(_))));
        assert_eq!(count(&bed.db).await, 5003);
        assert_eq!(bed.db.commit(vec![insert(5003, "next")]).await, Ok(vec![1]));
    }

    async fn steps_are_applied_once(bed: &Bed) {
        let all = steps();
        assert_eq!(bed.db.migrate(&all[..2], 1).await, Ok(2));
        assert_eq!(bed.db.migrate(&all[..2], 2).await, Ok(0));
        assert_eq!(bed.db.migrate(&all, 3).await, Ok(2));
        let rows = bed.db.read(scan("SELECT number, name, applied_at FROM schema_step ORDER BY number", [])).await;
        let row = |number: i64, name: &str, at: i64| vec![number.into(), name.into(), at.into()];
        assert_eq!(rows, Ok(vec![row(1, "one", 1), row(2, "two", 1), row(5, "three", 3), row(6, "four", 3)]));
        // The index's name is known at once.
        let one = || write("INSERT INTO one (a) VALUES ($1)", [1.into()], Expect::Any);
        bed.db.commit(vec![one()]).await.unwrap();
        assert_eq!(bed.db.commit(vec![one()]).await, Err(conflict("one_is_unique")));
        // An older program, an edited step, steps in disorder.
        let schema = |result| matches!(result, Err(StoreError::Schema(_)));
        assert!(schema(bed.db.migrate(&all[..3], 4).await));
        let mut edited = all.clone();
        edited[1].sqlite.to_mut().push(' ');
        edited[1].postgres.to_mut().push(' ');
        assert!(schema(bed.db.migrate(&edited, 4).await));
        let mut disorder = all.clone();
        disorder.swap(0, 1);
        assert!(matches!(bed.db.migrate(&disorder, 4).await, Err(StoreError::Invalid(_))));
        // A step that fails leaves its number free.
        let mut more = all.clone();
        more.push(step(7, "bad", "CREATE TABLE one (a BIGINT) nonsense"));
        assert!(schema(bed.db.migrate(&more, 5).await));
        assert_eq!(bed.db.migrate(&all, 6).await, Ok(0));
        more[4] = step(7, "good", "CREATE TABLE seven (a BIGINT)");
        assert_eq!(bed.db.migrate(&more, 7).await, Ok(1));
    }

    async fn many_may_migrate_at_once(bed: &Bed) {
        let mut tasks = Vec::new();
        for n in 0..6 {
            let db = bed.another().await.unwrap_or_else(|| bed.db.clone());
            tasks.push(tokio::spawn(async move { db.migrate(&steps(), n).await }));
        }
        let mut applied = 0;
        for task in tasks {
            applied += task.await.unwrap().unwrap();
        }
        assert_eq!(applied, 4);
        let rows = bed.db.read(scan("SELECT count(*) FROM schema_step", [])).await.unwrap();
        assert_eq!(rows[0][0], Value::Int(4));
    }

    async fn several_reads_see_one_state(bed: &Bed) {
        bed.db.commit(vec![insert(1, "a"), write("UPDATE item SET small = 0", [], Expect::Any)]).await.unwrap();
        let db = bed.db.clone();
        let writer = tokio::spawn(async move {
            for _ in 0..150 {
                let sql = "UPDATE item SET small = small + 1 WHERE id = $1";
                db.commit(vec![write(sql, [1.into()], Expect::Exactly(1))]).await.unwrap();
            }
        });
        let mut last = 0;
        while !writer.is_finished() {
            for cost in [Cost::Point, Cost::Scan] {
                let sql = "SELECT small FROM item WHERE id = $1";
                let one = Query { sql: sql.into(), binds: vec![1.into()], cost };
                // Work in between gives the writer its chance.
                let slow = scan("WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 500) \
                                 SELECT count(*) FROM n", []);
                let slow = Query { cost, ..slow };
                let answers = bed.db.read_many(vec![one.clone(), slow, one.clone()]).await.unwrap();
                assert_eq!(answers.len(), 3);
                assert_eq!(answers[0], answers[2]);
                let now = answers[0][0][0].as_int().unwrap();
                assert!(now >= last, "time went backwards");
                last = now;
            }
        }
        writer.await.unwrap();
        assert_eq!(bed.db.read_many(vec![]).await, Ok(vec![]));
        let answers = bed.db.read_many(vec![scan("SELECT 1", []), scan("SELEKT", [])]).await;
        assert!(matches!(answers, Err(StoreError::Invalid(_))));
        assert_eq!(count(&bed.db).await, 1);
    }

    async fn what_is_committed_is_seen_at_once(bed: &Bed) {
        for n in 0..100 {
            bed.db.commit(vec![insert(n, &n.to_string())]).await.unwrap();
            let read = bed.db.read(point("SELECT name FROM item WHERE id = $1", [n.into()])).await.unwrap();
            assert_eq!(read, [[Value::from(n.to_string())]]);
        }
    }

    async fn a_runaway_read_is_stopped(bed: &Bed) {
        let endless = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 100000000000) \
                       SELECT count(*) FROM n";
        let began = Instant::now();
        let (a, b) = tokio::join!(bed.db.read(scan(endless, [])), bed.db.read_many(vec![scan(endless, [])]));
        assert_eq!((a, b), (Err(StoreError::Timeout), Err(StoreError::Timeout)));
        // It claims to be quick and is not: another thread takes over.
        assert_eq!(bed.db.read(point(endless, [])).await, Err(StoreError::Timeout));
        assert!(began.elapsed() < DEADLINE * 4);
        assert_eq!(bed.db.stats().timeouts, 3);
        // One that was only tried is given up by itself, before it is late.
        let tried = |sql: &str| Query { cost: Cost::Try(1_000_000), ..scan(sql, []) };
        assert_eq!(bed.db.read(tried(endless)).await, Err(StoreError::TooLong));
        assert_eq!(bed.db.read(tried("SELECT count(*) FROM item")).await.unwrap(), [[Value::Int(0)]]);
        assert_eq!(bed.db.stats().timeouts, 3);
        assert_eq!(count(&bed.db).await, 0);
        assert_eq!(bed.db.ping().await, Ok(()));
    }

    async fn reads_cannot_write(bed: &Bed) {
        // The one engine knows, of the other the caller must.
        if bed.db.dialect() == Dialect::Sqlite {
            let sneaky = bed.db.read(scan("INSERT INTO item (id, name) VALUES (1, 'a')", [])).await;
            assert!(sneaky.is_err());
            assert_eq!(count(&bed.db).await, 0);
        }
        assert!(matches!(
            bed.db.read_many(vec![
                scan("INSERT INTO item (id, name) VALUES (1, 'a')", []),
                scan("SELECT 1", [])
            ]).await,
            Err(StoreError::Unavailable(_) | StoreError::Invalid(_))
        ));
        assert_eq!(count(&bed.db).await, 0);
    }

    async fn closing_finishes_what_is_queued(bed: &Bed) {
        let mut tasks = Vec::new();
        for n in 0..300 {
            let db = bed.db.clone();
            tasks.push(tokio::spawn(async move { db.commit(vec![insert(n, &n.to_string())]).await }));
        }
        tokio::time::sleep(Duration::from_millis(3)).await;
        bed.db.close().await;
        let mut kept = 0;
        for task in tasks {
            match task.await.unwrap() {
                Ok(_) => kept += 1,
                Err(StoreError::Unavailable(_)) => {}
                Err(e) => panic!("{e}"),
            }
        }
        bed.db.close().await;
        for result in [
            bed.db.commit(vec![insert(1000, "late")]).await.map(|_| ()),
            bed.db.read(point("SELECT 1", [])).await.map(|_| ()),
            bed.db.read(scan("SELECT 1", [])).await.map(|_| ()),
            bed.db.load("item", &["id"], vec![vec![1.into()]]).await.map(|_| ()),
            bed.db.ping().await,
        ] {
            assert!(matches!(result, Err(StoreError::Unavailable(_))), "{result:?}");
        }
        let again = match &bed.home {
            Home::Sqlite(folder) => {
                let path = folder.join("inner/desk.db");
                let wal = std::fs::metadata(folder.join("inner/desk.db-wal")).map_or(0, |m| m.len());
                assert_eq!(wal, 0, "the log is emptied");
                Db::open_sqlite(&path, sqlite_options()).await.unwrap()
            }
            Home::Postgres { .. } => bed.another().await.unwrap(),
        };
        assert_eq!(count(&again).await, kept);
        again.close().await;
    }
}

fn step(number: u32, name: &'static str, sql: &'static str) -> Step {
    Step { number, name, sqlite: sql.into(), postgres: sql.into() }
}

fn steps() -> Vec<Step> {
    vec![
        step(1, "one", "CREATE TABLE one (a BIGINT)"),
        step(2, "two", "CREATE UNIQUE INDEX one_is_unique ON one (a)"),
        step(5, "three", "CREATE TABLE two (b TEXT)"),
        Step { number: 6, name: "four", sqlite: "".into(), postgres: "CREATE INDEX two_b ON two (b)".into() },
    ]
}

fn database(bed: &Bed) -> &Path {
    match &bed.home {
        Home::Sqlite(folder) => folder,
        Home::Postgres { .. } => panic!("SQLite only"),
    }
}

#[tokio::test]
async fn sqlite_is_opened_once_and_for_the_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let bed = Bed::sqlite().await;
    let folder = database(&bed).join("inner");
    bed.db.commit(vec![insert(1, "a")]).await.unwrap();
    for file in ["desk.db", "desk.db-wal", "desk.db-shm", "desk.db.lock"] {
        let mode = std::fs::metadata(folder.join(file)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
    let alias = folder.join("alias.db");
    std::os::unix::fs::symlink(folder.join("desk.db"), &alias).unwrap();
    for path in [&folder.join("desk.db"), &alias] {
        let second = Db::open_sqlite(path, sqlite_options()).await;
        assert!(matches!(second, Err(StoreError::Unavailable(text)) if text.contains("already open")));
    }
    let text = folder.join("text");
    std::fs::write(&text, "no database, but long enough to be looked at ".repeat(40)).unwrap();
    assert!(matches!(Db::open_sqlite(&text, sqlite_options()).await, Err(StoreError::Unavailable(_))));
    // Dropping the last handle closes as well.
    let path = folder.join("desk.db");
    let db = bed.db.clone();
    let home = bed.home;
    drop(bed.db);
    drop(db);
    let db = Db::open_sqlite(&path, sqlite_options()).await.unwrap();
    assert_eq!(count(&db).await, 1);
    Bed { db, home }.end().await;
}

/// Documents are written behind the rest of their transaction, in order, and of one record the last: whatever the order in
/// which they were asked for, a transaction adds one segment to the index.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn documents_of_a_transaction_are_one_segment() {
    let bed = Bed::sqlite().await;
    let ddl =
        "CREATE VIRTUAL TABLE search_item USING fts5(words, content='', contentless_delete=1, detail=none)";
    bed.db.execute_ddl(ddl).await.unwrap();
    let about = |id: i64, sql: &str, binds: Vec<Value>| Statement {
        document: Some(Document { table: "search_item".into(), id }),
        ..write(sql, binds, Expect::Any)
    };
    let put = |id: i64, text: &str| {
        about(
            id,
            "INSERT OR REPLACE INTO search_item (rowid, words) VALUES ($1, $2)",
            vec![id.into(), text.into()],
        )
    };
    let take = |id: i64| about(id, "DELETE FROM search_item WHERE rowid = $1", vec![id.into()]);
    let found = async |word: &str| -> Vec<i64> {
        let sql = "SELECT rowid FROM search_item WHERE search_item MATCH $1 ORDER BY rowid";
        let rows = bed.db.read(scan(sql, [word.into()])).await.unwrap();
        rows.iter().map(|row| row[0].as_int().unwrap()).collect()
    };
    let segments = async || {
        let rows = bed.db.read(scan("SELECT count(DISTINCT segid) FROM search_item_idx", [])).await.unwrap();
        rows[0][0].as_int().unwrap()
    };
    let mut falling: Vec<Statement> = (1..=100).rev().map(|id| put(id, "first")).collect();
    falling.extend([put(7, "second"), take(8), take(9), put(9, "third")]);
    assert_eq!(bed.db.commit(falling).await.unwrap().len(), 104);
    assert_eq!(segments().await, 1);
    assert_eq!((found("second").await, found("third").await), (vec![7], vec![9]));
    assert_eq!(found("first").await.len(), 97);
    // What fails leaves no document, alone or beside others, and whether it had written rows or not.
    let fails = |id: i64, rows: Option<Statement>| {
        let mut all: Vec<Statement> = rows.into_iter().collect();
        all.extend([put(id, "never"), rename(999, "nobody")]);
        bed.db.commit(all)
    };
    let good = |id: i64| bed.db.commit(vec![insert(id, &id.to_string()), put(id, "beside")]);
    let (a, b, c, d, e) =
        tokio::join!(good(201), fails(202, None), good(203), fails(204, Some(insert(204, "x"))), good(205));
    assert!(a.is_ok() && c.is_ok() && e.is_ok());
    assert_eq!(b, Err(StoreError::Stale { statement: 1 }));
    assert_eq!(d, Err(StoreError::Stale { statement: 2 }));
    assert_eq!(fails(206, None).await, Err(StoreError::Stale { statement: 1 }));
    assert_eq!((found("never").await, found("beside").await), (vec![], vec![201, 203, 205]));
    bed.end().await;
}

/// Each commit leaves a segment in the index. When nobody writes any more they are merged, every document is still found, and
/// then the writer rests; another process beside the server leaves them alone.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn full_text_is_merged_while_nobody_writes() {
    let bed = Bed::sqlite().await;
    let ddl = "CREATE VIRTUAL TABLE search_item USING fts5(words, content='', contentless_delete=1, detail=none); \
               INSERT INTO search_item (search_item, rank) VALUES ('automerge', 0); \
               INSERT INTO search_item (search_item, rank) VALUES ('crisismerge', 1000)";
    // So that nothing else merges.
    bed.db.execute_ddl(ddl).await.unwrap();
    let put = async |db: &Db, id: i64, text: &str| {
        let sql = "INSERT OR REPLACE INTO search_item (rowid, words) VALUES ($1, $2)";
        let document = Some(Document { table: "search_item".into(), id });
        let statement = Statement { document, ..write(sql, [id.into(), text.into()], Expect::Any) };
        db.commit(vec![statement]).await.unwrap();
    };
    let segments = async |db: &Db| {
        let rows = db.read(scan("SELECT count(DISTINCT segid) FROM search_item_idx", [])).await.unwrap();
        rows[0][0].as_int().unwrap()
    };
    for id in 1..=60 {
        put(&bed.db, id, "paper").await;
        put(&bed.db, id, if id % 2 == 0 { "paper jam" } else { "paper tray" }).await;
    }
    while segments(&bed.db).await > 12 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    // Three times as long as it waits before it begins, and nothing was merged any more.
    let mut before = u64::MAX;
    while before != bed.db.stats().tidied {
        before = bed.db.stats().tidied;
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    assert!(before >= 1);
    let found = async |word: &str| {
        let sql = "SELECT rowid FROM search_item WHERE search_item MATCH $1 ORDER BY rowid";
        bed.db.read(scan(sql, [word.into()])).await.unwrap().len()
    };
    assert_eq!((found("paper").await, found("jam").await, found("tray").await), (60, 30, 30));

    let path = database(&bed).join("inner/desk.db");
    let beside = Db::open_sqlite(&path, SqliteOptions { shared: true, ..sqlite_options() }).await.unwrap();
    for id in 61..=80 {
        put(&beside, id, "paper").await;
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(beside.stats().tidied, 0);
    assert!(segments(&beside).await >= 20);
    beside.close().await;
    // The server hears nothing of those until it writes itself.
    put(&bed.db, 81, "paper").await;
    while segments(&bed.db).await > 12 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(found("paper").await, 81);
    bed.end().await;
}

#[tokio::test]
async fn a_full_disk_passes() {
    let bed = Bed::sqlite_with(SqliteOptions { max_pages: Some(80), ..sqlite_options() }).await;
    let text = "x".repeat(2000);
    let fat = |id: i64| {
        let sql = "INSERT INTO item (id, name, note) VALUES ($1, $2, $3)";
        write(sql, [id.into(), id.to_string().into(), text.as_str().into()], Expect::Exactly(1))
    };
    let mut kept = 0;
    let full = loop {
        match bed.db.commit(vec![fat(kept)]).await {
            Ok(_) => kept += 1,
            Err(e) => break e,
        }
        assert!(kept < 1000);
    };
    assert!(matches!(full, StoreError::Full(_)), "{full:?}");
    let (a, b) = tokio::join!(bed.db.commit(vec![fat(5000)]), bed.db.commit(vec![fat(5001)]));
    assert!(matches!((a, b), (Err(StoreError::Full(_)), Err(StoreError::Full(_)))));
    assert_eq!(count(&bed.db).await, kept);
    let rows =
        (6000..6500).map(|n: i64| vec![n.into(), n.to_string().into(), text.as_str().into()]).collect();
    assert!(matches!(bed.db.load("item", &["id", "name", "note"], rows).await, Err(StoreError::Full(_))));
    // Room again: the writer is still there.
    bed.db.commit(vec![write("DELETE FROM item WHERE id < 10", [], Expect::Exactly(10))]).await.unwrap();
    assert_eq!(bed.db.commit(vec![fat(5000)]).await, Ok(vec![1]));
    assert_eq!(count(&bed.db).await, kept - 9);
    bed.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_stays_bounded_and_a_full_queue_refuses() {
    let bed = Bed::sqlite_with(SqliteOptions { readers: 1, read_queue: 2, ..sqlite_options() }).await;
    let endless = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 100000000000) \
                   SELECT count(*) FROM n";
    // Asked in one breath, so that the first cannot be done before the last asks.
    let ask = || bed.db.read(scan(endless, []));
    let answers = tokio::join!(ask(), ask(), ask(), ask(), ask(), ask(), ask(), ask());
    let answers: [_; 8] = answers.into();
    let mut refused = 0;
    for answer in answers {
        match answer {
            Err(StoreError::Unavailable(_)) => refused += 1,
            Err(StoreError::Timeout) => {}
            other => panic!("{other:?}"),
        }
    }
    assert!(refused >= 5, "{refused}");
    // Somebody always reads, who began before the log was copied.
    let db = bed.db.clone();
    let reader = tokio::spawn(async move {
        let long = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 50000) \
                    SELECT count(*) + (SELECT count(*) FROM item) FROM n";
        loop {
            db.read(scan(long, [])).await.unwrap();
        }
    });
    let text = "y".repeat(20_000);
    for round in 0..60 {
        let row =
            |n: i64| vec![(round * 1000 + n).into(), format!("{round} {n}").into(), text.as_str().into()];
        bed.db.load("item", &["id", "name", "note"], (0..250).map(row).collect()).await.unwrap();
    }
    reader.abort();
    let wal = std::fs::metadata(database(&bed).join("inner/desk.db-wal")).unwrap().len();
    assert!(wal < 180 << 20, "{wal}");
    assert!(bed.db.stats().checkpoints > 0);
    bed.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_comes_back() {
    let Some(bed) = Bed::postgres().await else { return };
    let Home::Postgres { admin, name, url } = &bed.home else { panic!() };
    let kill = format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'");
    bed.db.commit(vec![insert(1, "a"), rename(1, "b")]).await.unwrap();
    for n in 0..5 {
        admin_sql(admin, &kill).await;
        assert_eq!(
            bed.db.commit(vec![insert(10 + n, &format!("k{n}")), rename(1, &n.to_string())]).await,
            Ok(vec![1, 1])
        );
        admin_sql(admin, &kill).await;
        assert_eq!(count(&bed.db).await, n + 2);
        admin_sql(admin, &kill).await;
        let both = bed.db.read_many(vec![scan("SELECT 1", []), scan("SELECT 2", [])]).await.unwrap();
        assert_eq!(both, [[[Value::Int(1)]], [[Value::Int(2)]]]);
    }
    // In the midst of work every answer is either right or `Unavailable`, and none is by half.
    let mut tasks = Vec::new();
    for task in 0..6_i64 {
        let db = bed.db.clone();
        tasks.push(tokio::spawn(async move {
            let mut kept = Vec::new();
            for n in 0..100 {
                let (a, b) = (10_000 + task * 1000 + n, -(10_000 + task * 1000 + n));
                match db.commit(vec![insert(a, &a.to_string()), insert(b, &b.to_string())]).await {
                    Ok(_) => kept.push(a),
                    Err(StoreError::Unavailable(_)) => {}
                    Err(e) => panic!("{e}"),
                }
            }
            kept
        }));
    }
    for _ in 0..10 {
        tokio::time::sleep(Duration::from_millis(10)).await;
        admin_sql(admin, &kill).await;
    }
    for task in tasks {
        for id in task.await.unwrap() {
            assert_eq!(
                bed.db.read(point("SELECT id FROM item WHERE id = $1", [id.into()])).await.unwrap().len(),
                1
            );
        }
    }
    let odd = "SELECT count(*) FROM item a WHERE abs(a.id) >= 10000 \
               AND NOT EXISTS (SELECT 1 FROM item b WHERE b.id = -a.id)";
    assert_eq!(bed.db.read(scan(odd, [])).await.unwrap()[0][0], Value::Int(0));
    // A schema that changes under prepared statements.
    let star = || scan("SELECT * FROM pair", []);
    assert_eq!(bed.db.read(star()).await, Ok(vec![]));
    admin_sql(url, "ALTER TABLE pair ADD COLUMN c BIGINT").await;
    for _ in 0..10 {
        assert_eq!(bed.db.read(star()).await, Ok(vec![]));
    }
    // Nobody there at all.
    let began = Instant::now();
    let nobody = Db::open_postgres("postgres://x@127.0.0.1:1/x", postgres_options()).await;
    assert!(matches!(nobody, Err(StoreError::Unavailable(_))));
    assert!(began.elapsed() < Duration::from_secs(4));
    let url = "postgres://x:secret@127.0.0.1:1/x?sslmode=verify-full&sslrootcert=%2Fnone&nonsense=1";
    let wrong = Db::open_postgres(url, postgres_options()).await;
    assert!(matches!(wrong, Err(StoreError::Invalid(text)) if !text.contains("secret")));
    bed.end().await;
}
