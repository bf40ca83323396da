//! Upgrades that are killed: the real binary, started on desks as earlier versions left them, dies at its n-th call of the
//! system, for many n all over the upgrade. What is there then is what an undisturbed upgrade has behind one of its steps, whole.
//! The next start goes on from there and comes to what an undisturbed upgrade comes to: in schema, rows and words.

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use model::{Additions, Catalogue, Value};
use serde_json::Value as Json;
use store::Dialect;
use store::engine::{Cost, Db, FrozenView, PostgresOptions, Query, Row, SqliteOptions, Step};
use store::migrations::steps;
use store::shapes::{CellKind, shapes, tables};
use testkit::{Database, Engine};

use crate::binary::scratch;
use crate::disk::may_trace;
use crate::home::{Home, wait};

/// The steps of an earlier version, by the last file of steps that it had.
fn steps_until(version: u32) -> Vec<Step> {
    steps().into_iter().filter(|step| step.number / 1000 <= version).collect()
}

/// A desk of today, and the rows of its tables with the names of their columns.
struct Today {
    tables: BTreeMap<String, (Vec<String>, Vec<Row>)>,
    /// When it was made: what is younger was written by an upgrade.
    now: i64,
}

impl Today {
    fn new(requests: u32) -> Today {
        let home = Home::new(Engine::Sqlite).unwrap();
        home.done(&["demo", &requests.to_string()]);
        let tables = wait(async {
            let db = open(&home).await;
            let view = db.freeze().await.unwrap();
            let mut found = BTreeMap::new();
            for shape in shapes(&view).await.unwrap() {
                let rows = view.read(shape.page(None, 100_000)).await.unwrap();
                found.insert(shape.name, (shape.columns.into_iter().map(|(name, _)| name).collect(), rows));
            }
            drop(view);
            db.close().await;
            found
        });
        let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_millis();
        Today { tables, now: i64::try_from(now).unwrap() }
    }

    /// Makes a desk of an earlier version: its schema, and of the rows of today what has a place in it.
    async fn fill(&self, db: &Db, version: u32) {
        db.migrate(&steps_until(version), 0).await.unwrap();
        let view = db.freeze().await.unwrap();
        let there = shapes(&view).await.unwrap();
        let names = tables(&view).await.unwrap();
        drop(view);
        for shape in &there {
            let Some((columns, rows)) = self.tables.get(&shape.name) else { continue };
            // Steps add to these what today's have already.
            if ["counter", "cache_version"].contains(&shape.name.as_str()) {
                continue;
            }
            db.execute_ddl(&format!("DELETE FROM \"{}\"", shape.name)).await.unwrap();
            let names: Vec<&str> = shape.columns.iter().map(|(name, _)| name.as_str()).collect();
            // Before there were types of CI, nothing belonged to one.
            let of_type = columns.iter().position(|name| name == "ci_type" && !names.contains(&"ci_type"));
            let rows = rows.iter().filter(|row| of_type.is_none_or(|at| row[at] == Value::Null));
            let row = |(n, row)| shape.columns.iter().map(|column| cell(column, columns, row, n)).collect();
            db.load(&shape.name, &names, (0..).zip(rows).map(row).collect()).await.unwrap();
        }
        let catalogue = Catalogue::new(&Additions::default());
        for module in catalogue.modules().iter().filter(|module| module.fixed.is_none()) {
            if names.contains(&format!("search_{}", module.table)) {
                let [sqlite, postgres] = store::search::refill(module, &catalogue);
                let sql = if db.dialect() == Dialect::Sqlite { sqlite } else { postgres };
                db.execute_ddl(&sql).await.unwrap();
            }
        }
    }

    /// A desk on this database, which is another version's.
    fn home(&self, database: Option<&Database>) -> Home {
        let url = database.map(|database| database.url.clone());
        Home { dir: scratch(), url, database: None, secrets: Json::Null }
    }
}

/// A row's cell for a column of an earlier schema; where today's has no such column, some value that no other row has.
fn cell((name, kind): &(String, CellKind), columns: &[String], row: &Row, n: i32) -> Value {
    let place = columns.iter().position(|column| column == name);
    match (place.map(|at| row[at].clone()), kind) {
        (Some(Value::Int(truth)), CellKind::Bool) => Value::Bool(truth != 0),
        (Some(value), _) => value,
        (None, CellKind::Bool) => Value::Bool(false),
        (None, CellKind::Whole) => Value::Int(n.into()),
        (None, CellKind::Fraction) => Value::Double(n.into()),
        (None, CellKind::Text) => Value::Text(format!("of then {n}")),
    }
}

fn file_of(home: &Home) -> PathBuf {
    home.dir.join("frontdesk-data/frontdesk.db")
}

async fn open(home: &Home) -> Db {
    match &home.url {
        Some(url) => Db::open_postgres(url, PostgresOptions::default()).await.unwrap(),
        None => Db::open_sqlite(&file_of(home), SqliteOptions::default()).await.unwrap(),
    }
}

/// All that a later start could find.
#[derive(Clone, Debug, Default, PartialEq)]
struct Found {
    steps: Vec<String>,
    schema: BTreeSet<String>,
    /// Columns and rows by table, in the order of their keys.
    rows: BTreeMap<String, (Vec<String>, Vec<Row>)>,
    /// Search documents, and on SQLite the words behind them as soon as the schema tells of them.
    words: BTreeSet<String>,
}

impl Found {
    /// Each row by itself.
    fn rows(&self) -> BTreeSet<String> {
        let of_table = |(table, (columns, rows)): (&String, &(Vec<String>, Vec<Row>))| {
            let row = |row: &Row| format!("{table}: {:?}", columns.iter().zip(row).collect::<Vec<_>>());
            rows.iter().map(row).collect::<Vec<_>>()
        };
        self.rows.iter().flat_map(of_table).collect()
    }
}

const SQLITE_SCHEMA: &str = "SELECT type || ' ' || name || ' ' || coalesce(sql, '') FROM sqlite_schema";
const POSTGRES_SCHEMA: &str = "SELECT concat_ws(' ', table_name, column_name, data_type, is_nullable, column_default, collation_name) \
     FROM information_schema.columns WHERE table_schema = current_schema() \
     UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = current_schema() \
     UNION ALL SELECT concat_ws(' ', CAST(conrelid::regclass AS TEXT), conname, pg_get_constraintdef(oid)) FROM pg_constraint \
     WHERE connamespace = CAST(current_schema() AS regnamespace)";

async fn lines(view: &FrozenView, sql: &str) -> Vec<String> {
    let rows = view.read(Query { sql: sql.into(), binds: Vec::new(), cost: Cost::Scan }).await.unwrap();
    let line = |row: Row| row.iter().map(|cell| cell.as_str().unwrap().to_owned()).collect();
    rows.into_iter().map(line).collect()
}

/// Looks at a database that nobody writes to; times behind `now` count as one.
async fn look(db: &Db, now: i64) -> Found {
    let view = db.freeze().await.unwrap();
    let is_sqlite = view.dialect() == Dialect::Sqlite;
    let applied = "SELECT CAST(\"number\" AS TEXT) || ' ' || \"name\" || ' ' || \"checksum\" FROM \"schema_step\" ORDER BY \"number\"";
    let schema = if is_sqlite { SQLITE_SCHEMA } else { POSTGRES_SCHEMA };
    let mut found = Found {
        steps: lines(&view, applied).await,
        schema: lines(&view, schema).await.into_iter().collect(),
        ..Found::default()
    };
    let younger = now..now + 600_000;
    for shape in shapes(&view).await.unwrap() {
        let mut rows = view.read(shape.page(None, 100_000)).await.unwrap();
        for cell in rows.iter_mut().flatten() {
            if cell.as_int().is_some_and(|n| younger.contains(&n)) {
                *cell = Value::Text("now".into());
            }
        }
        let columns = shape.columns.into_iter().map(|(name, _)| name).collect();
        found.rows.insert(shape.name, (columns, rows));
    }
    for table in tables(&view).await.unwrap() {
        let sql = match table.strip_prefix("search_") {
            Some(_) if !is_sqlite => "SELECT CAST(\"id\" AS TEXT) || ' ' || CAST(\"words\" AS TEXT)",
            Some(name) if name.ends_with("_words") => "SELECT term || ' ' || doc",
            // The rest are where SQLite keeps the index.
            Some(name) if !name.contains('_') => "SELECT CAST(rowid AS TEXT)",
            _ => continue,
        };
        let words = lines(&view, &format!("{sql} FROM \"{table}\"")).await;
        found.words.extend(words.into_iter().map(|words| format!("{table} {words}")));
    }
    drop(view);
    found
}

/// Panics with what is not the same.
fn assert_same(found: &Found, wanted: &Found, when: &str) {
    if found == wanted {
        return;
    }
    let sides = |found: &Found| {
        let steps = found.steps.iter().cloned().collect();
        [steps, found.schema.clone(), found.words.clone(), found.rows()]
    };
    for (found, wanted) in sides(found).iter().zip(sides(wanted)) {
        let [more, less] =
            [found - &wanted, &wanted - found].map(|set| set.into_iter().take(3).collect::<Vec<_>>());
        assert!(more.is_empty() && less.is_empty(), "{when}: there is {more:#?}, and there is not {less:#?}");
    }
    panic!("{when}: in another order");
}

/// When all steps are done the desk writes what they cannot: each row is as the last step left it, or as it is in the end.
fn assert_between(found: &Found, migrated: &Found, whole: &Found, when: &str) {
    let schema = |found: &Found| Found {
        steps: found.steps.clone(),
        schema: found.schema.clone(),
        ..Found::default()
    };
    assert_same(&schema(found), &schema(whole), when);
    let (rows, before, behind) = (found.rows(), migrated.rows(), whole.rows());
    let odd: Vec<_> = rows.iter().filter(|row| !before.contains(*row) && !behind.contains(*row)).collect();
    assert!(odd.is_empty(), "{when}: {odd:#?}");
    let lost: Vec<_> = before.intersection(&behind).filter(|row| !rows.contains(*row)).collect();
    assert!(lost.is_empty(), "{when}: {lost:#?}");
    let counts = |found: &Found| found.rows.values().map(|(_, rows)| rows.len()).collect::<Vec<_>>();
    let counted = counts(found).into_iter().zip(counts(migrated)).zip(counts(whole));
    assert!(counted.into_iter().all(|((n, least), most)| (least..=most).contains(&n)), "{when}");
}

/// Opens a desk as a server does and, without serving, closes it again: the first start of a version that upgrades.
/// As little memory as may be: what does not fit is written in mid-transaction.
const START: [&str; 6] = ["export", "sites", "--output", "sites.csv", "--memory-mib", "8"];

/// A start below a program, whose end it tells. One thread speaks to PostgreSQL, so that its calls are counted as one row.
fn start_below(home: &Home, program: Command) -> Output {
    let mut start = home.below(program, &START);
    start.env("TOKIO_WORKER_THREADS", "1").output().unwrap()
}

/// Starts, to be killed as a thread makes this call of the system for the n-th time. False where none did.
fn is_killed(home: &Home, call: &str, n: usize) -> bool {
    let mut strace = Command::new("strace");
    // Without --seccomp-bpf, with which strace (6.1) injects a signal at the first call or never.
    strace.args(["-f", "-qq", "-o", "/dev/null", "-e", &format!("trace={call}")]);
    strace.args(["-e", &format!("inject={call}:signal=SIGKILL:when={n}")]);
    let end = start_below(home, strace);
    assert!(end.status.success() || end.status.signal() == Some(9), "{end:?}");
    !end.status.success()
}

/// A start that nobody disturbs.
fn finish(home: &Home) {
    home.done(&START);
}

/// What a check of all rows and files finds. Of the first versions it has something to say: rows of today speak of some that had no
/// place yet.
fn verified(home: &Home) -> String {
    String::from_utf8(home.run(&["verify"]).stdout).unwrap()
}

/// How often each of these calls is made in an upgrade, by the thread that makes it most.
fn calls(home: &Home, names: [&str; 3]) -> [usize; 3] {
    let told = home.dir.join("calls");
    let mut strace = Command::new("strace");
    strace.args(["-f", "-qq", "--seccomp-bpf", "-o"]).arg(&told);
    strace.args(["-e", &format!("trace={}", names.join(","))]);
    assert!(start_below(home, strace).status.success());
    let mut counts: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    let told = std::fs::read_to_string(told).unwrap();
    for line in told.lines() {
        let Some((thread, call)) = line.split_once(' ') else { continue };
        let Some((call, _)) = call.trim_start().split_once('(') else { continue };
        *counts.entry((call, thread)).or_default() += 1;
    }
    names.map(|name| counts.iter().filter(|((call, _), _)| *call == name).map(|(_, n)| *n).max().unwrap())
}

/// So many numbers from 1 to `last`, as far from each other as can be.
fn spread(last: usize, count: usize) -> BTreeSet<usize> {
    (0..count).map(|i| 1 + i * (last - 1) / (count - 1)).collect()
}

/// Files of a database, with those beside it.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(to).unwrap() {
        std::fs::remove_file(entry.unwrap().path()).unwrap();
    }
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

/// Looks at a copy of the files, so that it is the desk that opens them first.
fn look_aside(home: &Home, today: &Today) -> Found {
    let aside = today.home(None);
    copy(file_of(home).parent().unwrap(), file_of(&aside).parent().unwrap());
    let found = wait(async {
        let db = open(&aside).await;
        let found = look(&db, today.now).await;
        db.close().await;
        found
    });
    std::fs::remove_dir_all(aside.dir).unwrap();
    found
}

fn on_sqlite(today: &Today, version: u32, points: [usize; 3]) {
    let (kept, home) = (today.home(None), today.home(None));
    let folder = |home: &Home| file_of(home).parent().unwrap().to_owned();
    let renew = || copy(&folder(&kept), &folder(&home));
    wait(async {
        let db = open(&kept).await;
        today.fill(&db, version).await;
        db.close().await;
    });
    let old = look_aside(&kept, today);
    renew();
    wait(async {
        let db = open(&home).await;
        db.migrate(&steps(), 0).await.unwrap();
        db.close().await;
    });
    let migrated = look_aside(&home, today);
    renew();
    finish(&home);
    let whole = look_aside(&home, today);
    let told = verified(&home);
    renew();
    let names = ["pread64", "pwrite64", "fdatasync"];
    let counts = calls(&home, names);
    let (mut begun, mut behind) = (0, 0);
    for ((call, count), points) in names.iter().zip(counts).zip(points) {
        for n in spread(count, points) {
            let when = format!("version {version}, killed at {call} {n} of {count}");
            renew();
            if !is_killed(&home, call, n) {
                // Whether indexes of words are merged before it closes is a matter of moments.
                assert!(n * 10 > count * 9, "{when}: not killed");
                continue;
            }
            let log = std::fs::metadata(folder(&home).join("frontdesk.db-wal")).map_or(0, |log| log.len());
            let found = look_aside(&home, today);
            if found.steps == old.steps {
                // SQLite takes all steps at once; the header of the log alone has 32 bytes.
                assert_same(&found, &old, &when);
                begun += usize::from(log > 32);
            } else {
                assert_between(&found, &migrated, &whole, &when);
                behind += 1;
            }
            finish(&home);
            assert_same(&look_aside(&home, today), &whole, &format!("{when}, started again"));
        }
    }
    assert!(begun > 1 && behind > 1, "version {version}: {begun} kills between, {behind} behind: {counts:?}");
    assert_eq!(verified(&home), told);
}

#[test]
fn an_upgrade_that_is_killed_is_done_whole_or_not_at_all_on_sqlite() {
    if !may_trace() {
        return;
    }
    // So many requests that the changes of all steps do not fit into the memory: some of them are in the log long before the end.
    let today = Today::new(450);
    on_sqlite(&today, 1, [4, 8, 7]);
    on_sqlite(&today, 14, [3, 6, 3]);
}

/// What a killed upgrade left on PostgreSQL, once the server has noticed and nobody of it is left.
fn settled(home: &Home, today: &Today) -> Found {
    const OTHERS: &str = "SELECT CAST(pid AS TEXT) FROM pg_stat_activity \
        WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()";
    wait(async {
        let db = open(home).await;
        loop {
            let others = Query { sql: OTHERS.into(), binds: Vec::new(), cost: Cost::Scan };
            if db.read(others).await.unwrap().is_empty() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let found = look(&db, today.now).await;
        db.close().await;
        found
    })
}

/// Upgrades in as many starts as it takes, each of which is killed some calls further on than the one before.
fn on_postgres(today: &Today, version: u32, victim: &Database, undisturbed: &Database) {
    let (home, other) = (today.home(Some(victim)), today.home(Some(undisturbed)));
    let all = steps();
    for home in [&home, &other] {
        wait(async {
            let db = open(home).await;
            today.fill(&db, version).await;
            db.close().await;
        });
    }
    let step_by_step = |until: usize| {
        wait(async {
            let db = open(&other).await;
            db.migrate(&all[..until], 0).await.unwrap();
            let found = look(&db, today.now).await;
            db.close().await;
            found
        })
    };
    let begun = steps_until(version).len();
    let (mut found, mut kills, mut between) = (settled(&home, today), 0, 0);
    while found.steps.len() < all.len() {
        let done = found.steps.len();
        // Before the first step there are some ten calls, in each six or seven, and a hundred behind the last: so each start is
        // killed, has done something before, and each place between two calls has its turn.
        let calls = if all.len() - done > 20 { 180 } else { 100 };
        let is_killed = is_killed(&home, "sendto", calls + kills % 7);
        assert!(is_killed, "version {version}: done at once, behind {done} steps");
        kills += 1;
        found = settled(&home, today);
        let when = format!("version {version}, kill {kills}, behind {} steps", found.steps.len());
        assert!(found.steps.len() >= done, "{when}: there were {done}");
        if (begun + 1..all.len()).contains(&found.steps.len()) {
            assert_same(&found, &step_by_step(found.steps.len()), &when);
            between += 1;
        }
    }
    assert!(between > 1, "version {version}: {between} of {kills} kills between the steps");
    let migrated = step_by_step(all.len());
    finish(&other);
    let whole = settled(&other, today);
    assert_between(&found, &migrated, &whole, &format!("version {version}, killed behind the last step"));
    let mut n = 1;
    while is_killed(&home, "sendto", n) {
        let when = format!("version {version}, killed at call {n} behind all steps");
        assert_between(&settled(&home, today), &migrated, &whole, &when);
        n += 60;
    }
    assert!(n > 75, "version {version}: {n}");
    finish(&home);
    assert_same(&settled(&home, today), &whole, "in the end");
    assert_eq!(verified(&home), verified(&other));
}

#[test]
fn an_upgrade_that_is_killed_goes_on_behind_its_last_whole_step_on_postgres() {
    if !may_trace() {
        return;
    }
    let today = Today::new(25);
    for version in [1, 14] {
        let databases = [wait(Database::empty()), wait(Database::empty())];
        let [Some(victim), Some(undisturbed)] = &databases else { return };
        on_postgres(&today, version, victim, undisturbed);
    }
}
