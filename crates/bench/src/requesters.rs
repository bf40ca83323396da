//! The requester API: lists of 300 against a raw loop that looks up and writes the very rows that they made, and one
//! requester at a time on desks of different sizes.

use crate::desks::Desks;
use crate::imports::Now;
use crate::load::{self, Measured, post_requesters};
use crate::raw::Cell;
use crate::{Outcome, server::Server};
use desk::{Desk, DeskOptions};
use model::filter::equals;
use model::{Record, Value};
use rusqlite::{Connection, params_from_iter};
use serde_json::{Value as Json, json};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use store::engine::{Db, SqliteOptions};
use store::{Query, Statement};

/// How many a list brings.
const LIST: usize = 300;
/// How many lists are measured.
const LISTS: usize = 20;
/// How many people are there before them.
const KNOWN: u64 = 30_000;

/// Both figures.
pub fn measure(desks: &Desks, sizes: &[u64], time: Duration) -> Outcome<()> {
    lists(desks)?;
    let mut measured = Vec::new();
    for size in sizes {
        measured.push((*size, singles(desks, *size, time)?));
    }
    if let (Some((small, first)), Some((large, last))) = (measured.first(), measured.last())
        && measured.len() > 1
    {
        let (cpu, time) = (last.cpu_us / first.cpu_us, first.per_second / last.per_second);
        println!(
            "| one requester updated: server CPU at {large} against {small} (goal ≤ 1.2) | **{cpu:.2} ×** |"
        );
        println!("| … time at one connection | {time:.2} × |");
    }
    Ok(())
}

fn describe_fields(server: &Server) -> Outcome<()> {
    for field in [
        json!({"name": "Nick", "type": "text"}),
        json!({"name": "Team", "type": "dropdown", "options": ["A", "B", "C"]}),
        json!({"name": "Desk", "type": "number"}),
    ] {
        let body = field.to_string();
        let call = String::from_utf8(post_requesters(&server.basic, &body))?;
        server.ask(call.replace("/requesters/", "/requester_fields/").as_bytes())?;
    }
    Ok(())
}

fn person(n: u64, round: u64) -> Json {
    json!({
        "email": format!("person.{n}@example.com"),
        "name": format!("Person {n} of {round}"),
        "phones": [{"type": "work", "number": format!("+49 30 {n:07}")}, {"type": "mobile", "number": format!("0171 {n:07}-{round}")}],
        "custom_fields": {"1": format!("P{n}-{round}"), "2": (n + round) % 3 + 1, "3": n % 500},
    })
}

/// Fills a desk with people, by lists.
fn fill(server: &Server, people: u64) -> Outcome<()> {
    describe_fields(server)?;
    let all: Vec<u64> = (0..people).collect();
    for some in all.chunks(LIST) {
        let list: Vec<Json> = some.iter().map(|n| person(*n, 0)).collect();
        server.ask(&post_requesters(&server.basic, &json!(list).to_string()))?;
    }
    Ok(())
}

fn lists(desks: &Desks) -> Outcome<()> {
    let server = desks.empty()?;
    fill(&server, KNOWN)?;
    let before = server.data_copy()?;
    // Half of each list is new, half is known, in turns and from all over.
    let mut next = KNOWN;
    let mut lists: Vec<Vec<Json>> = Vec::new();
    for list in 0..LISTS as u64 {
        let mut people = Vec::with_capacity(LIST);
        for n in 0..LIST as u64 / 2 {
            people.push(person((list * 150 + n) * 7 % KNOWN, list + 1));
            people.push(person(next, 0));
            next += 1;
        }
        lists.push(people);
    }
    let calls: Vec<Vec<u8>> =
        lists.iter().map(|list| post_requesters(&server.basic, &json!(list).to_string())).collect();
    let (begun, cpu) = (Instant::now(), server.cpu()?);
    for call in &calls {
        server.ask(call)?;
    }
    let (took, cpu) = (begun.elapsed(), server.cpu()?.saturating_sub(cpu));
    #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
    let items = (LIST * LISTS) as f64;
    let ours = items / took.as_secs_f64();
    let after = server.database();
    let emails: Vec<Vec<String>> = lists
        .iter()
        .map(|list| list.iter().filter_map(|p| p.get("email")?.as_str().map(str::to_owned)).collect())
        .collect();
    // A copy, because the server still has its own.
    let copy = after.with_file_name("after.db");
    Connection::open(&after)?.execute("VACUUM INTO ?1", [copy.to_string_lossy().into_owned()])?;
    let theirs = tokio::runtime::Runtime::new()?.block_on(again(&before, &copy, &emails))?;
    let (cpu, each) = (cpu.as_secs_f64() * 1e6 / items, took.as_secs_f64() * 1e6 / items);
    println!(
        "| lists of {LIST}, half new, on {KNOWN} requesters: each item | {ours:.0}/s, {each:.0} µs, {cpu:.0} µs CPU |"
    );
    println!(
        "| … raw rusqlite loop, the same rows, looked up and written in transactions of {LIST} | {theirs:.0}/s |"
    );
    println!("| … **ratio** (goal ≥ 0.5) | **{:.2}** |", ours / theirs);
    Ok(())
}

/// Looks up and writes the same people into the database as it was before, and says how many a second that was.
async fn again(before: &Path, after: &Path, lists: &[Vec<String>]) -> Outcome<f64> {
    let old = open(before).await?;
    let new = open(after).await?;
    let mut work: Vec<Vec<(String, Vec<Statement>)>> = Vec::new();
    let mut known: std::collections::HashMap<String, Record> = std::collections::HashMap::new();
    for emails in lists {
        let mut items = Vec::with_capacity(emails.len());
        let (olds, news) = (people(&old, emails).await?, people(&new, emails).await?);
        known.extend(olds);
        for (email, person) in news {
            let statements = statements(&new, known.get(&email), &person).await?;
            // The next time they are known as they are now; versions apart.
            let mut person = person;
            person.version = known.get(&email).map_or(0, |old| old.version + 1);
            known.insert(email.clone(), person);
            items.push((email, statements));
        }
        work.push(items);
    }
    old.close().await;
    let connection = Connection::open(before)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.set_prepared_statement_cache_capacity(256);
    let (begun, mut items) = (Instant::now(), 0_u32);
    for list in &work {
        connection.execute_batch("BEGIN IMMEDIATE")?;
        for (email, statements) in list {
            let mut found =
                connection.prepare_cached("SELECT * FROM \"person\" WHERE \"email_id_key\" = ?1")?;
            let mut rows = found.query([email])?;
            let mut cells = 0;
            while let Some(row) = rows.next()? {
                let columns = row.as_ref().column_count();
                for column in 0..columns {
                    cells += usize::from(row.get_ref(column)?.as_str_or_null().is_ok());
                }
            }
            std::hint::black_box(cells);
            for statement in statements {
                connection
                    .prepare_cached(&statement.sql)?
                    .execute(params_from_iter(statement.binds.iter().map(Cell)))?;
            }
            items += 1;
        }
        connection.execute_batch("COMMIT")?;
    }
    let took = begun.elapsed();
    new.close().await;
    Ok(f64::from(items) / took.as_secs_f64())
}

async fn open(path: &Path) -> Outcome<Arc<Desk>> {
    let db = Db::open_sqlite(path, SqliteOptions::default()).await?;
    let options = DeskOptions { files_dir: PathBuf::from("/nonexistent"), clock: Arc::new(Now(0)), node: 7 };
    Ok(Desk::open(db, options).await?)
}

async fn people(desk: &Desk, emails: &[String]) -> Outcome<Vec<(String, Record)>> {
    let user = desk.snapshot().module("user")?.clone();
    let keys: Vec<Value> = emails.iter().map(|email| email.as_str().into()).collect();
    let found = desk.store().list(&Query::new(user.clone(), equals(&user, "email_id", keys), 1_000)).await?;
    let mut people: Vec<(String, Record)> =
        found.into_iter().filter_map(|person| Some((person.text("email_id")?.to_owned(), person))).collect();
    people.sort_by_key(|(email, _)| emails.iter().position(|e| e == email));
    Ok(people)
}

/// What writes a person: the row and what goes with it, and the last entry of their history.
async fn statements(desk: &Desk, old: Option<&Record>, person: &Record) -> Outcome<Vec<Statement>> {
    let snapshot = desk.snapshot();
    let mut statements = match old {
        None => desk.store().insert(person),
        Some(old) => desk.store().update(old, person, &snapshot.catalogue),
    };
    let history = snapshot.module("history")?;
    let told = Query::new(history.clone(), equals(history, "owner", vec![person.id().into()]), 100);
    let entries = desk.store().list(&told).await?;
    statements.extend(entries.last().into_iter().flat_map(|entry| {
        // Under another id, since a person may be written twice.
        let mut entry = entry.clone();
        entry.set("id", desk.fresh_id());
        desk.store().insert(&entry)
    }));
    Ok(statements)
}

/// One requester after the other, updated, at one connection.
fn singles(desks: &Desks, size: u64, time: Duration) -> Outcome<Measured> {
    let server = desks.empty()?;
    let begun = Instant::now();
    fill(&server, size)?;
    println!("| {size} requesters: filled by lists of {LIST} in | {:.1} s |", begun.elapsed().as_secs_f64());
    let calls: Vec<Vec<u8>> = (0..20_000_u64)
        .map(|n| post_requesters(&server.basic, &person(n * 7919 % size, n + 1).to_string()))
        .collect();
    let mut runs = Vec::new();
    for _ in 0..3 {
        runs.push(load::run(&server, &calls, 1, time)?);
    }
    let measured = load::median(runs)?;
    println!("| {size} requesters: one updated, 1 connection | {measured} |");
    Ok(measured)
}
