//! Load as people make it: mixes of calls on a desk with everything around its requests, on either engine.

use crate::desks::Desks;
use crate::load::{self, Measured};
use crate::server::Server;
use crate::{Outcome, mixed};
use std::time::Duration;

/// A mix has so many different calls; each client begins at another one.
const CALLS: u64 = 2_000;

/// One kind of call, told apart by a number.
type Call = fn(&Desk<'_>, u64) -> Vec<u8>;

/// Kinds of call, each with its share of a hundred.
pub struct Mix {
    /// What people do who make such calls.
    pub name: &'static str,
    parts: &'static [(u64, Call)],
}

/// What technicians' pages and scripts do most: one request, what belongs to it, the lists around it.
const READING: Mix = Mix {
    name: "reading",
    parts: &[
        (50, one),
        (12, notes),
        (5, history),
        (15, newest_open),
        (10, of_technician),
        (5, page),
        (3, people),
    ],
};

/// A team at work: mostly looking, with edits, notes, worklogs and new requests in between.
pub const WORKING: Mix = Mix {
    name: "working",
    parts: &[
        (42, one),
        (15, newest_open),
        (8, notes),
        (5, word),
        (14, edit),
        (6, note),
        (3, worklog),
        (7, create),
    ],
};

/// Other systems that keep up: whole pages in the order of ids and of changes, people written in lists.
const SYNCING: Mix =
    Mix { name: "syncing", parts: &[(45, page), (30, changed), (15, people), (10, requesters)] };

/// People who look for something.
const SEARCHING: Mix = Mix {
    name: "searching",
    parts: &[(35, word), (25, beginning), (20, two_words), (10, rare), (10, of_category)],
};

/// The mixes, in the order in which they are measured: those that write come last.
pub const MIXES: [Mix; 4] = [READING, SEARCHING, SYNCING, WORKING];

/// A desk under load: where its records are.
pub struct Desk<'a> {
    server: &'a Server,
    requests: Vec<String>,
    technicians: Vec<String>,
    turn: u64,
}

impl<'a> Desk<'a> {
    /// Finds records all over a desk, others in each turn.
    pub fn of(server: &'a Server, turn: u64) -> Outcome<Self> {
        let requests = server.ids("requests", 10, turn)?;
        Ok(Self { server, requests, technicians: server.ids("technicians", 1, 0)?, turn })
    }

    /// The calls of a mix.
    pub fn calls(&self, mix: &Mix) -> Vec<Vec<u8>> {
        let first = self.turn * 2 * CALLS;
        (first..first + CALLS)
            .filter_map(|n| {
                let mut place = mixed(n) % 100;
                let (_, call) = mix.parts.iter().find(|(share, _)| {
                    let here = place < *share;
                    place = place.saturating_sub(*share);
                    here
                })?;
                Some(call(self, mixed(n + CALLS)))
            })
            .collect()
    }

    fn request(&self, n: u64) -> &str {
        pick(&self.requests, n)
    }

    fn get(&self, path: &str) -> Vec<u8> {
        load::get(&format!("/api/v3/{path}"), &self.server.key)
    }

    fn list(&self, path: &str, info: &str) -> Vec<u8> {
        let input = load::encoded(&format!("{{\"list_info\":{{{info}}}}}"));
        self.get(&format!("{path}?input_data={input}"))
    }

    fn send(&self, method: &str, path: &str, body: &str) -> Vec<u8> {
        load::send(method, &format!("/api/v3/{path}"), &self.server.key, body)
    }
}

fn pick(of: &[String], n: u64) -> &str {
    let count = of.len().max(1);
    of.get(usize::try_from(n).unwrap_or(0) % count).map_or("0", String::as_str)
}

fn one(desk: &Desk<'_>, n: u64) -> Vec<u8> {
    desk.get(&format!("requests/{}", desk.request(n)))
}

fn notes(desk: &Desk<'_>, n: u64) -> Vec<u8> {
    desk.get(&format!("requests/{}/notes", desk.request(n)))
}

fn history(desk: &Desk<'_>, n: u64) -> Vec<u8> {
    desk.get(&format!("requests/{}/_history", desk.request(n)))
}

fn newest_open(desk: &Desk<'_>, _: u64) -> Vec<u8> {
    desk.list(
        "requests",
        r#""row_count":50,"sort_field":"created_time","sort_order":"desc","search_criteria":{"field":"status.name","condition":"is","value":"Open"}"#,
    )
}

fn of_technician(desk: &Desk<'_>, n: u64) -> Vec<u8> {
    let technician = pick(&desk.technicians, n);
    desk.list(
        "requests",
        &format!(
            r#""row_count":25,"sort_field":"created_time","sort_order":"desc","search_criteria":{{"field":"technician.id","condition":"is","value":"{technician}"}}"#
        ),
    )
}

/// The next page of a walk in the order of ids.
fn page(desk: &Desk<'_>, n: u64) -> Vec<u8> {
    let after = desk.request(n);
    desk.list(
        "requests",
        &format!(
            r#""row_count":100,"sort_field":"id","sort_order":"asc","search_criteria":{{"field":"id","condition":"greater than","value":"{after}"}}"#
        ),
    )
}

/// What changed last.
fn changed(desk: &Desk<'_>, n: u64) -> Vec<u8> {
    let start = n % 20 * 100 + 1;
    desk.list(
        "requests",
        &format!(
            r#""row_count":100,"start_index":{start},"sort_field":"last_updated_time","sort_order":"desc""#
        ),
    )
}

fn people(desk: &Desk<'_>, n: u64) -> Vec<u8> {
    desk.list("users", &format!(r#""row_count":100,"start_index":{}"#, n % 3 * 100 + 1))
}

fn requesters(desk: &Desk<'_>, n: u64) -> Vec<u8> {
    let people: Vec<String> = (0..10)
        .map(|i| {
            let n = mixed(n + i) % 5_000;
            format!(r#"{{"name":"Load Person {n}","email":"load.{n}@example.com"}}"#)
        })
        .collect();
    load::post_requesters(&desk.server.basic, &format!("[{}]", people.join(",")))
}

fn search(desk: &Desk<'_>, text: &str) -> Vec<u8> {
    desk.list("requests", &format!(r#""row_count":50,"search_text":"{text}""#))
}

fn word(desk: &Desk<'_>, n: u64) -> Vec<u8> {
    search(desk, pick(&["printer", "password", "laptop", "access", "screen"].map(str::to_owned), n))
}

fn beginning(desk: &Desk<'_>, n: u64) -> Vec<u8> {
    search(desk, pick(&["pri", "pass", "lapt", "acc", "scr"].map(str::to_owned), n))
}

fn two_words(desk: &Desk<'_>, n: u64) -> Vec<u8> {
    search(desk, pick(&["printer floor", "laptop slow", "password expired"].map(str::to_owned), n))
}

fn rare(desk: &Desk<'_>, n: u64) -> Vec<u8> {
    search(desk, &format!("word{}", n % 1_000))
}

fn of_category(desk: &Desk<'_>, _: u64) -> Vec<u8> {
    desk.list(
        "requests",
        r#""row_count":50,"sort_field":"created_time","sort_order":"desc","search_criteria":[{"field":"category.name","condition":"is","value":"Software"},{"field":"subject","condition":"starts with","value":"New","logical_operator":"and"}]"#,
    )
}

fn edit(desk: &Desk<'_>, n: u64) -> Vec<u8> {
    let priority = pick(&["Low", "Normal", "Medium", "High"].map(str::to_owned), n / 7).to_owned();
    let body = format!(r#"{{"request":{{"priority":{{"name":"{priority}"}},"impact_details":"Seen {n}"}}}}"#);
    desk.send("PUT", &format!("requests/{}", desk.request(n)), &body)
}

fn note(desk: &Desk<'_>, n: u64) -> Vec<u8> {
    let body = r#"{"note":{"description":"Called back, nobody there. Trying again after lunch.","show_to_requester":false}}"#;
    desk.send("POST", &format!("requests/{}/notes", desk.request(n)), body)
}

fn worklog(desk: &Desk<'_>, n: u64) -> Vec<u8> {
    let technician = pick(&desk.technicians, n);
    let body = format!(
        r#"{{"worklog":{{"owner":{{"id":"{technician}"}},"description":"Looked at it","time_spent":{{"hours":"0","minutes":"15"}}}}}}"#
    );
    desk.send("POST", &format!("requests/{}/worklogs", desk.request(n)), &body)
}

fn create(desk: &Desk<'_>, _: u64) -> Vec<u8> {
    desk.send("POST", "requests", crate::raw::BODY)
}

/// All mixes on desks of these sizes, on SQLite and, where an address is given, on PostgreSQL.
pub fn measure(desks: &Desks, sizes: &[u64], postgres: Option<&str>, time: Duration) -> Outcome<()> {
    println!(
        "\n| engine | requests | mix | connections | calls/s | p50 | p99 | p999 | server CPU a call | memory |"
    );
    println!("|---|--:|---|--:|--:|--:|--:|--:|--:|--:|");
    for engine in [None, postgres].into_iter().take(if postgres.is_some() { 2 } else { 1 }) {
        for size in sizes {
            let server = match engine {
                None => desks.of_requests(*size)?,
                Some(url) => desks.of_requests_on_postgres(*size, url)?,
            };
            let desk = Desk::of(&server, 0)?;
            for mix in &MIXES {
                let calls = desk.calls(mix);
                // What is in the memory of a desk that has run for a while.
                load::run(&server, &calls, 8, time / 4)?;
                for connections in [1, 64] {
                    let result = load::run(&server, &calls, connections, time)?;
                    row(
                        if engine.is_some() { "PostgreSQL" } else { "SQLite" },
                        *size,
                        mix,
                        connections,
                        &result,
                        &server,
                    )?;
                }
            }
        }
    }
    Ok(())
}

fn row(
    engine: &str,
    size: u64,
    mix: &Mix,
    connections: usize,
    result: &Measured,
    server: &Server,
) -> Outcome<()> {
    let Measured { per_second, p50_us, p99_us, p999_us, cpu_us } = result;
    let (ms, memory) = (
        |us: &u64| format!("{:.2} ms", Duration::from_micros(*us).as_secs_f64() * 1e3),
        server.resident_mb()?,
    );
    println!(
        "| {engine} | {size} | {} | {connections} | {per_second:.0} | {} | {} | {} | {cpu_us:.0} µs | {memory} MB |",
        mix.name,
        ms(p50_us),
        ms(p99_us),
        ms(p999_us)
    );
    Ok(())
}
