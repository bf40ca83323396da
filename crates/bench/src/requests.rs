//! Single requests against a bare route, new ones against a raw loop, lists and searches at several sizes of desk.

use crate::desks::Desks;
use crate::load::{self, Measured};
use crate::server::Server;
use crate::{Outcome, raw};
use std::time::Duration;

/// All of it on desks of these sizes.
pub fn measure(desks: &Desks, sizes: &[u64], time: Duration) -> Outcome<()> {
    let mut lists: Vec<Vec<Measured>> = Vec::new();
    for size in sizes {
        let server = desks.of_requests(*size)?;
        println!("| {size} requests: start to ready | {} ms |", server.ready_ms);
        println!("| {size} requests: resident memory when idle | {} MB |", server.resident_mb()?);
        let one = gets(&server, *size, time)?;
        lists.push(queries(&server, *size, time, &one)?);
        creates(&server, *size, time)?;
    }
    if let ([small, .., large], [few, .., many]) = (lists.as_slice(), sizes) {
        for ((name, _), (small, large)) in QUERIES.iter().zip(small.iter().zip(large)) {
            println!(
                "| {name}: server CPU at {many} against {few} requests | {:.2} × |",
                large.cpu_us / small.cpu_us
            );
        }
    }
    Ok(())
}

/// The size of desk from which on there are more requests than fit into the memory kept for them.
const FAR: u64 = 50_000;

/// One full request, against a bare route that answers as many bytes; in turns, because the machine is shared. Returns what
/// one costs at one connection.
fn gets(server: &Server, size: u64, time: Duration) -> Outcome<Measured> {
    let calls = server.full_requests(10)?;
    let bytes = server.size_of(calls.first().ok_or("the desk has no requests")?)?;
    let bare = Server::bare(bytes)?;
    let constant = vec![load::get("/", "")];
    // What people look at is looked at again and again; what a synchronisation walks through is not.
    let mut cases = vec![("of a thousand", 64, calls.clone()), ("of a thousand", 1, calls)];
    if size >= FAR {
        cases.push(("of 20,000, each in its turn", 64, server.full_requests(200)?));
    }
    let mut one = None;
    for (which, connections, calls) in cases {
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for _ in 0..3 {
            theirs.push(load::run(&bare, &constant, connections, time / 3)?);
            ours.push(load::run(server, &calls, connections, time / 3)?);
        }
        let (ours, theirs) = (load::median(ours)?, load::median(theirs)?);
        println!("| {size} requests, {connections} connections: GET one {which} ({bytes} bytes) | {ours} |");
        println!("| … bare axum route of the same size | {theirs} |");
        println!(
            "| … **ratio of throughput** (goal at 64 ≥ 0.6) | **{:.2}** |",
            ours.per_second / theirs.per_second
        );
        println!("| … ratio of CPU per call | {:.2} |", theirs.cpu_us / ours.cpu_us);
        if connections == 1 {
            one = Some(ours);
        }
    }
    one.ok_or_else(|| "not measured at one connection".into())
}

/// Durable creates, against a raw loop that writes the same rows in transactions of 100, and one in transactions as the
/// server's were: the first is what the machine could do, the second what it could do for so many who wait for answers.
fn creates(server: &Server, size: u64, time: Duration) -> Outcome<()> {
    let calls = vec![load::post(&server.key, raw::BODY)];
    let (mut ours, mut hundreds, mut alike) = (Vec::new(), Vec::new(), Vec::new());
    let mut rows = 0;
    for _ in 0..3 {
        hundreds.push(raw::rows_per_second(&server.data_copy()?, 100, time / 3)?);
        let before = batches(server)?;
        ours.push(load::run(server, &calls, 64, time / 3)?);
        let after = batches(server)?;
        rows = (after.0 - before.0).checked_div(after.1 - before.1).ok_or("no transactions")?;
        alike.push(raw::rows_per_second(&server.data_copy()?, usize::try_from(rows)?, time / 3)?);
    }
    let (hundreds, alike) = (load::middle(hundreds)?, load::middle(alike)?);
    let ours = load::median(ours)?;
    println!("| {size} requests: durable create, 64 connections | {ours} |");
    println!(
        "| … raw rusqlite loop, transactions of 100, into a copy of the same database | {hundreds:.0}/s |"
    );
    println!("| … **ratio** (goal ≥ 0.8) | **{:.2}** |", ours.per_second / hundreds);
    println!("| … the same loop in transactions of {rows}, as the server's were | {alike:.0}/s |");
    println!("| … ratio | {:.2} |", ours.per_second / alike);
    let one = load::run(server, &calls, 1, time / 2)?;
    println!("| {size} requests: durable create, 1 connection | {one} |");
    let single = raw::rows_per_second(&server.data_copy()?, 1, time / 3)?;
    println!("| … the same loop in transactions of 1 | {single:.0}/s |");
    println!("| … ratio | {:.2} |", one.per_second / single);
    Ok(())
}

/// Commits of the server so far, and the transactions that held them.
fn batches(server: &Server) -> Outcome<(u64, u64)> {
    let count = |what: &str| server.counter(&format!("frontdesk_engine_{what}_total"));
    Ok((count("commits")?, count("batches")?))
}

/// Lists of 100 and searches: their names and their `list_info`.
const QUERIES: [(&str, &str); 12] = [
    (
        "list of 100: status and priority, newest first",
        r#"{"row_count":100,"sort_field":"created_time","sort_order":"desc","search_criteria":[{"field":"status.name","condition":"is","value":"Closed"},{"field":"priority.name","condition":"is","value":"Normal","logical_operator":"and"}]}"#,
    ),
    (
        "list of 100: category and status, oldest first",
        r#"{"row_count":100,"sort_field":"created_time","sort_order":"asc","search_criteria":[{"field":"category.name","condition":"is","value":"User Administration"},{"field":"status.name","condition":"is","value":"Closed","logical_operator":"and"}]}"#,
    ),
    (
        "list of 100: no criteria, newest first",
        r#"{"row_count":100,"sort_field":"created_time","sort_order":"desc"}"#,
    ),
    (
        "list of 100: by the names of requesters",
        r#"{"row_count":100,"sort_field":"requester.name","sort_order":"asc"}"#,
    ),
    (
        "list of 100: not closed, by priority, the most pressing last",
        r#"{"row_count":100,"sort_field":"priority","sort_order":"desc","search_criteria":{"field":"status.name","condition":"is not","value":"Closed"}}"#,
    ),
    (
        "list of 100: without a technician, by department",
        r#"{"row_count":100,"sort_field":"department.name","sort_order":"asc","search_criteria":{"field":"technician","condition":"is empty"}}"#,
    ),
    (
        "list of 100: a level that no request has",
        r#"{"row_count":100,"search_criteria":{"field":"level.name","condition":"is","value":"Tier 4"}}"#,
    ),
    (
        "list of 100: by the time of resolution, newest first",
        r#"{"row_count":100,"sort_field":"resolved_time","sort_order":"desc"}"#,
    ),
    (
        "list of 100 and how many there are: those that came up again",
        r#"{"row_count":100,"get_total_count":true,"search_criteria":{"field":"is_reopened","condition":"is","value":"true"}}"#,
    ),
    ("full text, 50 newest: a word", r#"{"row_count":50,"search_text":"printer"}"#),
    ("full text, 50 newest: two words", r#"{"row_count":50,"search_text":"printer floor"}"#),
    ("full text, 50 newest: a beginning", r#"{"row_count":50,"search_text":"pri"}"#),
];

/// Lists and searches, at one connection; `one` is what a single request costs there.
fn queries(server: &Server, size: u64, time: Duration, one: &Measured) -> Outcome<Vec<Measured>> {
    let mut measured = Vec::new();
    for (name, info) in QUERIES {
        let input = format!("{{\"list_info\":{info}}}");
        let path = format!("/api/v3/requests?input_data={}", load::encoded(&input));
        let result = load::run(server, &[load::get(&path, &server.key)], 1, time / 2)?;
        println!("| {size} requests: {name} | {result} |");
        let spread =
            Duration::from_micros(result.p99_us).div_duration_f64(Duration::from_micros(result.p50_us));
        let gets = result.cpu_us / one.cpu_us;
        println!("| … p99 in p50 (goal ≤ 5 for lists) | {spread:.1} |");
        println!("| … CPU in GETs of one request (goal ≤ 20 for full text) | {gets:.1} |");
        measured.push(result);
    }
    Ok(measured)
}
