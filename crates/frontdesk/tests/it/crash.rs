//! Killed in mid-write: what was acknowledged is there, whole, and nothing else is half there.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::binary::{Desk, output, scratch};

const WRITERS: usize = 12;
const ROUNDS: u64 = 6;

/// One call on a connection of its own; `None` when the server was gone before the whole answer was here.
fn call(address: &str, key: &str, method: &str, path: &str, body: &str) -> Option<(u16, Value)> {
    let mut socket = TcpStream::connect(address).ok()?;
    socket.set_read_timeout(Some(Duration::from_secs(20))).ok()?;
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: desk\r\nauthtoken: {key}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    socket.write_all(head.as_bytes()).ok()?;
    socket.write_all(body.as_bytes()).ok()?;
    let mut answer = String::new();
    socket.read_to_string(&mut answer).ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    // An answer that was cut off is no acknowledgement.
    Some((status, serde_json::from_str(body).ok()?))
}

fn found(address: &str, key: &str, word: &str) -> u64 {
    let info = format!(
        "%7B%22list_info%22%3A%7B%22search_text%22%3A%22{word}%22%2C%22get_total_count%22%3Atrue%7D%7D"
    );
    let (_, json) =
        call(address, key, "GET", &format!("/api/v3/requests?input_data={info}"), "").expect("a list");
    json["list_info"]["total_count"].as_u64().expect("a count")
}

/// Creates, edits and notes until the server is gone; what was acknowledged goes into `acked`.
fn write(
    address: &str,
    key: &str,
    writer: usize,
    round: u64,
    stop: &AtomicBool,
    acked: &Mutex<Vec<(String, String)>>,
) {
    for n in 0.. {
        if stop.load(Ordering::Relaxed) {
            return;
        }
        // A letter at the end, because words are found by their beginnings too.
        let subject = format!("w{writer}r{round}n{n}z");
        let body = format!("{{\"request\": {{\"subject\": \"{subject}\"}}}}");
        let Some((201, made)) = call(address, key, "POST", "/api/v3/requests", &body) else { return };
        let id = made["request"]["id"].as_str().expect("an id").to_owned();
        let edit = "{\"request\": {\"priority\": {\"name\": \"High\"}}}";
        let edited = call(address, key, "PUT", &format!("/api/v3/requests/{id}"), edit);
        let last = if matches!(edited, Some((200, _))) { "High" } else { "" };
        acked.lock().expect("the list").push((id, last.to_owned()));
        if edited.is_none() {
            return;
        }
    }
}

#[test]
fn nothing_acknowledged_is_lost_when_the_server_is_killed() {
    let dir = scratch();
    let made = output(&dir, &["init", "--json"]);
    let secrets: Value = serde_json::from_slice(&made.stdout).expect("secrets");
    let key = secrets["technician_key"].as_str().expect("a key").to_owned();
    let mut all: Vec<(String, String)> = Vec::new();
    for round in 0..ROUNDS {
        let mut desk = Desk::serve(&dir, &[]);
        let address = desk.address();
        let acked = Mutex::new(Vec::new());
        let stop = AtomicBool::new(false);
        thread::scope(|scope| {
            for writer in 0..WRITERS {
                let (address, key, stop, acked) = (&address, &key, &stop, &acked);
                scope.spawn(move || write(address, key, writer, round, stop, acked));
            }
            // Long enough for writes to be under way, and each time at another moment of a commit.
            thread::sleep(Duration::from_millis(150 + 37 * round));
            desk.signal("KILL");
            stop.store(true, Ordering::Relaxed);
        });
        desk.wait();
        all.append(&mut acked.into_inner().expect("the list"));
        check(&dir, &key, &all);
    }
    assert!(all.len() > 50, "only {} writes were acknowledged", all.len());
}

fn check(dir: &Path, key: &str, acked: &[(String, String)]) {
    let desk = Desk::serve(dir, &[]);
    let address = desk.address();
    for (id, priority) in acked {
        let (status, json) =
            call(&address, key, "GET", &format!("/api/v3/requests/{id}"), "").expect("an answer");
        assert_eq!(status, 200, "request {id} was acknowledged and is lost");
        if !priority.is_empty() {
            assert_eq!(json["request"]["priority"]["name"], priority.as_str(), "an edit of {id} is lost");
        }
        let (_, history) =
            call(&address, key, "GET", &format!("/api/v3/requests/{id}/_history"), "").expect("a history");
        let operations: Vec<&str> = history["history"]
            .as_array()
            .expect("rows")
            .iter()
            .filter_map(|h| h["operation"].as_str())
            .collect();
        assert!(operations.contains(&"CREATE"), "{id} has no history: {operations:?}");
        let subject = json["request"]["subject"].as_str().expect("a subject");
        assert_eq!(found(&address, key, subject), 1, "{subject} is not found by its words");
    }
    // Nothing half there: every request that exists has a history and a search document.
    let (_, list) =
        call(&address, key, "GET", "/api/v3/requests?get_total_count=true&row_count=1", "").expect("a list");
    let total = list["list_info"]["total_count"].as_u64().expect("a count");
    assert!(total >= acked.len() as u64);
    let documents: u64 = (0..WRITERS).map(|w| found(&address, key, &format!("w{w}r"))).sum();
    assert_eq!(documents, total, "requests and search documents differ");
    let numbered =
        call(&address, key, "POST", "/api/v3/requests", "{\"request\": {\"subject\": \"w0rafter\"}}");
    assert!(matches!(numbered, Some((201, _))), "the desk does not go on: {numbered:?}");
    desk.stop();
}
