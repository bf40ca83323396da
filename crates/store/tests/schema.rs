//! The migrated database has every column and index that the catalogue wants. Without this, a field that was
//! described and not migrated would show up at the first write.
#![expect(clippy::unwrap_used, reason = "in a test, what does not work must stop it")]

use model::{Catalogue, Value};
use std::collections::BTreeSet;
use store::engine::{Cost, Db, Expect, Query, SqliteOptions, Statement};

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
    for module in Catalogue::new(&model::Additions::default()).modules().iter().filter(|m| m.fixed.is_none())
    {
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
                // An index may hold more behind what it is in order of, so that figures are read from it alone.
                let wanted = plain(&statement.replace("{first}", ""));
                let begun = wanted.strip_suffix(')').unwrap_or(&wanted);
                let is_it = |rest: &str| rest.starts_with(')') || rest.starts_with(", ");
                if !made.iter().any(|sql| sql.strip_prefix(begun).is_some_and(is_it)) {
                    missing.push(name);
                }
            }
            let search =
                statement.strip_prefix("@sqlite ").filter(|sql| sql.starts_with("CREATE VIRTUAL TABLE"));
            missing.extend(search.filter(|sql| !made.contains(&plain(sql))).map(str::to_owned));
        }
    }
    assert!(missing.is_empty(), "a migration must add: {missing:#?}");
}

/// The index of full text and [`model::words`] have the same words: what one took for two would not be found, or could not be
/// looked for.
#[tokio::test]
async fn the_index_and_we_have_the_same_words() {
    let dir = tempfile::tempdir().unwrap();
    let db = Db::open_sqlite(&dir.path().join("desk.db"), SqliteOptions::default()).await.unwrap();
    db.migrate(&store::migrations::steps(), 0).await.unwrap();
    // Each character between two letters: one word or two.
    let sql = "INSERT INTO \"search_request\" (rowid, words) WITH RECURSIVE n(c) AS (VALUES (1) UNION ALL SELECT c + 1 FROM n \
               WHERE c < 1114111) SELECT c, 'a' || char(c) || 'b' FROM n WHERE c NOT BETWEEN 55296 AND 57343";
    db.commit(vec![Statement::new(sql, Vec::new(), Expect::Any)]).await.unwrap();
    let split = texts(&db, "SELECT doc FROM \"search_request_words\" WHERE term = 'b'", Vec::new()).await;
    let split: BTreeSet<u32> = split.iter().map(|doc| doc.parse().unwrap()).collect();
    let is_split = |c: char| split.contains(&u32::from(c));
    // What is of a word for us is for the index; else it could not even be asked.
    let torn: Vec<char> = ('\u{1}'..=char::MAX).filter(|c| model::is_of_word(*c) && is_split(*c)).collect();
    assert!(torn.is_empty(), "{torn:?}");
    // What is between words for us is for the index, unless it is younger than the index's tables: it takes what it does not
    // know for letters.
    let known =
        ['\u{1}'..='\u{377}', '\u{2010}'..='\u{205e}', '\u{20a0}'..='\u{20b8}', '\u{2190}'..='\u{23f3}'];
    let pictures = [
        '\u{3000}'..='\u{3004}',
        '\u{ff01}'..='\u{ff0f}',
        '\u{1f300}'..='\u{1f320}',
        '\u{1f400}'..='\u{1f43e}',
    ];
    let joined: Vec<char> = known
        .into_iter()
        .chain(pictures)
        .flatten()
        .filter(|c| !model::is_of_word(*c) && !is_split(*c))
        .collect();
    assert!(joined.is_empty() && split.len() > 5_000, "{} {joined:?}", split.len());
}

/// Words with marks are found in what was written before the index knew them.
#[tokio::test]
async fn old_documents_have_words_with_marks() {
    let dir = tempfile::tempdir().unwrap();
    let db = Db::open_sqlite(&dir.path().join("desk.db"), SqliteOptions::default()).await.unwrap();
    let mut steps = store::migrations::steps();
    steps.retain(|step| step.number < 20_000);
    db.migrate(&steps, 0).await.unwrap();
    for sql in [
        "INSERT INTO \"request\" (\"id\", \"subject_key\", \"description_key\", \"row_version\") VALUES (7, 'हिन्दी', 'समाचार', 1)",
        "INSERT INTO \"request\" (\"id\", \"subject_key\", \"row_version\") VALUES (8, 'plain', 1)",
        "INSERT INTO \"request_note\" (\"id\", \"request\", \"description_key\", \"row_version\") VALUES (9, 8, 'दूसरा', 1)",
        "INSERT INTO \"search_request\" (rowid, words) VALUES (7, 'हिन्दी समाचार')",
        "INSERT INTO \"search_request\" (rowid, words) VALUES (8, 'plain दूसरा')",
    ] {
        db.commit(vec![Statement::new(sql, Vec::new(), Expect::Exactly(1))]).await.unwrap();
    }
    db.migrate(&store::migrations::steps(), 0).await.unwrap();
    for (word, id) in [("हिन्दी", "7"), ("समाचार", "7"), ("plain", "8"), ("दूसरा", "8")]
    {
        let found = texts(
            &db,
            "SELECT rowid FROM search_request WHERE search_request MATCH $1",
            vec![format!("\"{word}\"").into()],
        )
        .await;
        assert_eq!(found.into_iter().collect::<Vec<_>>(), [id], "{word}");
    }
}

#[tokio::test]
async fn old_requests_are_judged_when_lateness_comes_in() {
    let dir = tempfile::tempdir().unwrap();
    let db = Db::open_sqlite(&dir.path().join("desk.db"), SqliteOptions::default()).await.unwrap();
    let mut steps = store::migrations::steps();
    steps.retain(|step| step.number < 2_000);
    db.migrate(&steps, 0).await.unwrap();
    // Due at 10: running, resolved in time and closed later, resolved late, on hold late, cancelled late, not promised.
    for (id, due, resolved, completed, held, responded) in [
        (1, Some(10), None, None, None, None),
        (2, Some(10), Some(9), Some(20), None, Some(11)),
        (3, Some(10), Some(11), None, None, Some(10)),
        (4, Some(10), None, None, Some(11), None),
        (5, Some(10), None, Some(11), None, None),
        (6, None, Some(11), Some(11), None, Some(11)),
    ] {
        let sql = r#"INSERT INTO "request" ("id", "due_by_time", "first_response_due_by_time", "resolved_time",
            "completed_time", "stopped_since", "responded_time", "row_version") VALUES ($1, $2, $3, $4, $5, $6, $7, 1)"#;
        let binds = vec![
            i64::from(id).into(),
            due.into(),
            due.into(),
            resolved.into(),
            completed.into(),
            held.into(),
        ];
        let binds: Vec<Value> = binds.into_iter().chain([responded.into()]).collect();
        db.commit(vec![Statement::new(sql, binds, Expect::Exactly(1))]).await.unwrap();
    }
    db.migrate(&store::migrations::steps(), 0).await.unwrap();
    for (flag, late) in [("ended_late", ["3", "4", "5"].as_slice()), ("response_late", &["4", "5"])] {
        let sql = format!("SELECT id FROM request WHERE {flag} = TRUE");
        let found = texts(&db, &sql, Vec::new()).await;
        assert_eq!(found.iter().map(String::as_str).collect::<Vec<_>>(), late, "{flag}");
        let unset = texts(&db, &format!("SELECT id FROM request WHERE {flag} IS NULL"), Vec::new()).await;
        assert!(unset.is_empty(), "{flag}: {unset:?}");
    }
}

/// Words that engines which speak PostgreSQL's protocol may not know, or know otherwise (docs/many-processes.md).
const NOT_PORTABLE: [&str; 34] = [
    "serial",
    "bigserial",
    "sequence",
    "nextval",
    "currval",
    "trigger",
    "plpgsql",
    "listen",
    "notify",
    "unlisten",
    "pg_advisory_lock",
    "pg_advisory_xact_lock",
    "pg_try_advisory_lock",
    "lock table",
    "temp table",
    "temporary table",
    "with recursive",
    "now()",
    "current_timestamp",
    "clock_timestamp",
    "localtimestamp",
    "ctid",
    "xmin",
    "deferrable",
    "unlogged",
    "prepare transaction",
    "savepoint",
    "inherits",
    "tablesample",
    "generated always",
    "create extension",
    "create type",
    "create domain",
    "create rule",
];

/// The texts between quotes in a source file, comments left out.
fn literals(source: &str) -> Vec<String> {
    let mut found = Vec::new();
    let code: String = source
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .map(|line| format!("{line}\n"))
        .collect();
    // What tests hold is theirs.
    let code = code.split("#[cfg(test)]").next().unwrap_or_default();
    let mut rest = code;
    while let Some((_, after)) = rest.split_once('"') {
        let mut end = 0;
        let bytes = after.as_bytes();
        while end < bytes.len() && bytes.get(end) != Some(&b'"') {
            end += if bytes.get(end) == Some(&b'\\') { 2 } else { 1 };
        }
        found.push(after.get(..end).unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" "));
        rest = after.get(end + 1..).unwrap_or_default();
    }
    found
}

fn sources(folder: &std::path::Path, out: &mut Vec<std::path::PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, out);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            out.push(path);
        }
    }
}

/// Whether a word stands in a text by itself.
fn has_word(text: &str, word: &str) -> bool {
    let is_part = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    text.match_indices(word).any(|(at, _)| {
        let before = text.get(..at).and_then(|t| t.chars().last());
        let after = text.get(at + word.len()..).and_then(|t| t.chars().next());
        !(is_part(before) || is_part(after) && word.ends_with(char::is_alphanumeric))
    })
}

#[test]
fn no_statement_needs_what_only_postgresql_has() {
    let mut statements: Vec<(String, String)> = Vec::new();
    for step in store::migrations::steps() {
        statements.push((format!("step {}", step.number), step.postgres.to_lowercase()));
    }
    let migrations = statements.len();
    let crates = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut files = Vec::new();
    for room in ["store", "desk", "backup", "transfer", "api"] {
        sources(&crates.join(room).join("src"), &mut files);
    }
    let verbs = [
        "select ", "insert ", "update ", "delete ", "begin", "commit", "set ", "copy ", "create ", "drop ",
        " from ", " where ",
    ];
    for file in &files {
        // SQLite's own are SQLite's.
        if file.file_name().is_some_and(|name| name.to_str().unwrap_or_default().starts_with("sqlite")) {
            continue;
        }
        for text in literals(&std::fs::read_to_string(file).unwrap()) {
            let text = text.to_lowercase();
            if verbs.iter().any(|verb| text.starts_with(verb) || text.contains(verb)) {
                statements.push((file.display().to_string(), text));
            }
        }
    }
    assert!(
        migrations > 300 && statements.len() - migrations > 100,
        "{migrations} and {} statements",
        statements.len()
    );
    let mut wrong = Vec::new();
    for (place, text) in &statements {
        for word in NOT_PORTABLE.iter().filter(|word| has_word(text, word)) {
            wrong.push(format!("{place}: {word} in {text}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    // The net holds.
    assert!(
        has_word("create table x (id serial primary key)", "serial")
            && !has_word("\"serial_number\"", "serial")
    );
    assert!(has_word("select now()", "now()"));
}
