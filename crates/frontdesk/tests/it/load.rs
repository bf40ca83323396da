//! A mixed load that keeps account of what was acknowledged, and the check of that account against a desk.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use base64::Engine as _;
use serde_json::Value;

use crate::home::Client;

/// A number that looks random and comes again with the same seed.
pub struct Dice(pub u64);

impl Dice {
    pub fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }
}

/// What a request's row says of itself: both change together, in one edit.
#[derive(Clone, Debug, PartialEq, Eq)]
struct State {
    subject: String,
    priority: &'static str,
}

/// A request, as far as the desk has acknowledged it.
#[derive(Clone, Debug)]
struct Made {
    id: String,
    state: State,
    edits: usize,
    /// Words of notes.
    notes: Vec<String>,
    /// Ids of files, and what is in them.
    files: Vec<(String, String)>,
    unsure: Option<Unsure>,
}

/// What was under way when the server vanished: it has happened, whole, or it has not.
#[derive(Clone, Debug)]
enum Unsure {
    Edit(State),
    Note(String),
    File,
}

/// What one writer did.
#[derive(Debug, Default)]
pub struct Account {
    made: Vec<Made>,
    /// Subjects of requests whose creation was not answered.
    unsure: Vec<String>,
    /// Addresses of people who were pushed, acknowledged or not.
    people: Vec<String>,
}

impl Account {
    /// How much was acknowledged.
    pub fn acknowledged(&self) -> usize {
        self.made.iter().map(|made| 1 + made.edits + made.notes.len() + made.files.len()).sum()
    }
}

const PRIORITIES: [&str; 3] = ["Low", "Medium", "High"];

/// Writers on as many threads as there are clients, until each finds its server gone or `stop` is set. A call that is
/// answered with an error is no acknowledgement; `patient` writers go on after one, others take it for a failure.
pub fn run(
    clients: &[Client],
    happyfox: &str,
    name: &str,
    seed: u64,
    stop: &AtomicBool,
    patient: bool,
) -> Vec<Account> {
    thread::scope(|scope| {
        let writers: Vec<_> = clients
            .iter()
            .enumerate()
            .map(|(i, client)| {
                let name = format!("{name}w{i}");
                let dice = Dice(seed.wrapping_mul(31).wrapping_add(i as u64));
                let writer =
                    Writer { client, happyfox, name, dice, count: 0, patient, account: Account::default() };
                scope.spawn(move || writer.write(stop))
            })
            .collect();
        writers.into_iter().map(|writer| writer.join().unwrap()).collect()
    })
}

struct Writer<'a> {
    client: &'a Client,
    happyfox: &'a str,
    name: String,
    dice: Dice,
    count: u64,
    patient: bool,
    account: Account,
}

/// The server does not answer any more.
struct Gone;

impl Writer<'_> {
    fn write(mut self, stop: &AtomicBool) -> Account {
        while !stop.load(Ordering::Relaxed) {
            self.count += 1;
            let done = match (self.dice.below(10), self.account.made.is_empty()) {
                (0..=2, _) | (_, true) => self.create(),
                (3..=5, _) => self.edit(),
                (6 | 7, _) => self.note(),
                (8, _) => self.attach(),
                _ => self.push_person(),
            };
            match done {
                Err(Gone) if !self.patient => break,
                // Somebody who waits a moment: each call without an answer must be looked into later.
                Err(Gone) => thread::sleep(Duration::from_millis(50)),
                Ok(()) => {}
            }
        }
        self.account
    }

    /// A word that nobody else uses; with a letter at its end, because words are found by their beginnings.
    fn word(&self) -> String {
        format!("{}n{}z", self.name, self.count)
    }

    /// An answer that acknowledges, or else none.
    fn acknowledged(&self, answer: Option<(u16, Value)>) -> Option<Value> {
        match answer {
            Some((200 | 201, json)) => Some(json),
            // Whatever is broken below it, a desk says that it cannot now, and nothing else.
            Some((status, json)) if status != 503 => panic!("refused: {status} {json}"),
            _ => None,
        }
    }

    fn create(&mut self) -> Result<(), Gone> {
        let subject = self.word();
        let Some(made) = self.acknowledged(create(self.client, &subject)) else {
            self.account.unsure.push(subject);
            return Err(Gone);
        };
        let request = &made["request"];
        let priority = PRIORITIES.iter().find(|p| request["priority"]["name"] == **p).copied().unwrap_or("");
        self.account.made.push(Made {
            id: request["id"].as_str().unwrap().to_owned(),
            state: State { subject, priority },
            edits: 0,
            notes: Vec::new(),
            files: Vec::new(),
            unsure: None,
        });
        Ok(())
    }

    /// One of the newest requests of this writer about which nothing is unsure.
    fn any(&mut self) -> Result<usize, Gone> {
        let all = self.account.made.len() as u64;
        let at = all - 1 - self.dice.below(all.min(8));
        let at = usize::try_from(at).unwrap();
        if self.account.made[at].unsure.is_some() { Err(Gone) } else { Ok(at) }
    }

    fn edit(&mut self) -> Result<(), Gone> {
        let at = self.any()?;
        let priority = PRIORITIES[usize::try_from(self.dice.below(3)).unwrap()];
        let state = State { subject: self.word(), priority };
        let body = format!(
            "{{\"request\": {{\"subject\": \"{}\", \"priority\": {{\"name\": \"{priority}\"}}}}}}",
            state.subject
        );
        let path = format!("/requests/{}", self.account.made[at].id);
        let done = self.acknowledged(self.client.call("PUT", &path, &body));
        let made = &mut self.account.made[at];
        if done.is_none() {
            made.unsure = Some(Unsure::Edit(state));
            return Err(Gone);
        }
        (made.state, made.edits) = (state, made.edits + 1);
        Ok(())
    }

    fn note(&mut self) -> Result<(), Gone> {
        let at = self.any()?;
        let word = self.word();
        let path = format!("/requests/{}/notes", self.account.made[at].id);
        let body = format!("{{\"note\": {{\"description\": \"{word}\"}}}}");
        let done = self.acknowledged(self.client.call("POST", &path, &body));
        let made = &mut self.account.made[at];
        if done.is_none() {
            made.unsure = Some(Unsure::Note(word));
            return Err(Gone);
        }
        made.notes.push(word);
        Ok(())
    }

    fn attach(&mut self) -> Result<(), Gone> {
        let at = self.any()?;
        let text =
            format!("{} {}", self.word(), "x".repeat(usize::try_from(self.dice.below(20_000)).unwrap()));
        let path = format!("/api/v3/requests/{}/_uploads", self.account.made[at].id);
        let body = format!(
            "--b\r\nContent-Disposition: form-data; name=\"input_file\"; filename=\"a.txt\"\r\n\r\n{text}\r\n\
             --b\r\nContent-Disposition: form-data; name=\"addtoattachment\"\r\n\r\ntrue\r\n--b--\r\n"
        );
        let headers =
            format!("authtoken: {}\r\nContent-Type: multipart/form-data; boundary=b\r\n", self.client.key);
        let answer = self.client.send("POST", &path, &headers, body.as_bytes());
        let answer = answer.and_then(|(status, body)| Some((status, serde_json::from_slice(&body).ok()?)));
        let done = self.acknowledged(answer);
        let made = &mut self.account.made[at];
        let Some(done) = done else {
            made.unsure = Some(Unsure::File);
            return Err(Gone);
        };
        let file = done["files"][0]["file_id"].as_str().unwrap_or_else(|| panic!("{done}"));
        made.files.push((file.to_owned(), text));
        Ok(())
    }

    /// By its address, and by the key of the call, a person is created once, however often it is pushed.
    fn push_person(&mut self) -> Result<(), Gone> {
        let email = format!("{}@example.com", self.word());
        self.account.people.push(email.clone());
        match push(self.client, self.happyfox, &email) {
            Some((200 | 201, _)) => Ok(()),
            _ => Err(Gone),
        }
    }
}

/// Adds a request under a key of its own.
fn create(client: &Client, subject: &str) -> Option<(u16, Value)> {
    let body =
        format!("{{\"request\": {{\"subject\": \"{subject}\", \"description\": \"<p>{subject}</p>\"}}}}");
    client.call_with(&format!("Idempotency-Key: {subject}\r\n"), "POST", "/requests", &body)
}

fn happyfox(
    client: &Client,
    happyfox: &str,
    method: &str,
    path: &str,
    key: &str,
    body: &str,
) -> Option<(u16, Vec<u8>)> {
    let token = base64::engine::general_purpose::STANDARD.encode(happyfox);
    let mut headers = format!("Authorization: Basic {token}\r\nContent-Type: application/json\r\n");
    if !key.is_empty() {
        headers.push_str(&format!("Idempotency-Key: {key}\r\n"));
    }
    client.send(method, &format!("/api/v2/public/requesters/{path}"), &headers, body.as_bytes())
}

fn push(client: &Client, key: &str, email: &str) -> Option<(u16, Vec<u8>)> {
    happyfox(client, key, "POST", "", email, &format!("{{\"email\": \"{email}\", \"name\": \"Pushed\"}}"))
}

/// What a check found.
#[derive(Debug, Default)]
pub struct Checked {
    /// Requests that are there: all that were acknowledged, and perhaps some whose answer was lost.
    pub requests: u64,
}

/// Compares an account with a desk: all that was acknowledged is there, with its history and its words; what was under
/// way is there as a whole or not at all; what is pushed again is there once.
pub fn check(account: &Account, client: &Client, key: &str) -> Checked {
    let mut checked = Checked::default();
    for (i, made) in account.made.iter().enumerate() {
        let subject = check_row(made, client);
        // Of many that differ in nothing but their numbers, some are looked into.
        if account.made.len() <= THOROUGH || i % 4 == 0 || made.unsure.is_some() {
            check_below(made, &subject, client);
        }
        checked.requests += 1;
    }
    for subject in &account.unsure {
        // The client knows not whether it was done, so it does it again, under the same key.
        let (status, json) = create(client, subject).expect("an answer");
        let found = client.found(subject);
        // The claim of a call that died with its server stands for a minute.
        let is_claimed = (400..500).contains(&status);
        assert!(
            found == 1 || (is_claimed && found == 0),
            "{subject} is there {found} times: {status} {json}"
        );
        checked.requests += found;
        if found == 1 {
            let info = format!("{{\"list_info\":{{\"search_text\":\"{subject}\"}}}}");
            let list = client.ok("GET", &format!("/requests?input_data={}", testkit::encoded(&info)), "");
            let id = list["requests"][0]["id"].as_str().unwrap();
            assert_eq!(history(client, id, "CREATE"), 1, "{subject} came about without a history");
        }
    }
    for email in &account.people {
        // The client knows not whether it was done, so it does it again.
        let (mut status, mut body) = push(client, key, email).expect("an answer");
        if status == 409 {
            // The claim of a call that died with its server stands for a minute; the address is a key as well.
            let again = format!("{{\"email\": \"{email}\", \"name\": \"Pushed\"}}");
            (status, body) = happyfox(client, key, "POST", "", "", &again).expect("an answer");
        }
        assert!(status == 200 || status == 201, "{email}: {status} {}", String::from_utf8_lossy(&body));
        let (_, body) = happyfox(client, key, "GET", &format!("?email={email}"), "", "").expect("an answer");
        let list: Value = serde_json::from_slice(&body).unwrap();
        let found = list["data"].as_array().unwrap_or_else(|| panic!("{list}")).len();
        assert_eq!(found, 1, "{email} is there {found} times");
    }
    checked
}

fn history(client: &Client, id: &str, operation: &str) -> usize {
    let info = "{\"list_info\":{\"row_count\":100}}";
    let path = format!("/requests/{id}/_history?input_data={}", testkit::encoded(info));
    let history = client.ok("GET", &path, "");
    history["history"].as_array().unwrap().iter().filter(|row| row["operation"] == operation).count()
}

/// Requests of one writer that are all looked into.
const THOROUGH: usize = 15;

/// A request's own row; its subject.
fn check_row(made: &Made, client: &Client) -> String {
    let id = &made.id;
    let (status, json) = client.must("GET", &format!("/requests/{id}"), "");
    assert_eq!(status, 200, "request {id} was acknowledged and is lost: {json}");
    let priority = json["request"]["priority"]["name"].as_str().unwrap_or("");
    let subject = json["request"]["subject"].as_str().unwrap().to_owned();
    let is = |state: &State| state.subject == subject && state.priority == priority;
    let unsure = match &made.unsure {
        Some(Unsure::Edit(state)) => is(state),
        _ => false,
    };
    assert!(
        unsure || is(&made.state),
        "an edit of {id} is lost, or half there: {subject} {priority}, not {made:?}"
    );
    let files = json["request"]["attachments"].as_array().map_or(0, Vec::len);
    let unsure = usize::from(matches!(made.unsure, Some(Unsure::File)));
    assert!(
        (made.files.len()..=made.files.len() + unsure).contains(&files),
        "{id} has {files} files: {made:?}"
    );
    subject
}

/// What stands below a request and beside it: history, words, notes, files.
fn check_below(made: &Made, subject: &str, client: &Client) {
    let id = &made.id;
    let edited = usize::from(matches!(&made.unsure, Some(Unsure::Edit(state)) if state.subject == subject));
    assert_eq!(history(client, id, "UPDATE"), made.edits + edited, "edits of {id} in its history");
    assert_eq!(client.found(subject), 1, "{subject} is not found by its words");

    let info = testkit::encoded("{\"list_info\":{\"row_count\":100}}");
    let notes = client.ok("GET", &format!("/requests/{id}/notes?input_data={info}"), "");
    let notes: Vec<&str> =
        notes["notes"].as_array().unwrap().iter().filter_map(|note| note["description"].as_str()).collect();
    for word in &made.notes {
        assert!(
            notes.iter().any(|note| note.contains(word.as_str())),
            "note {word} of {id} is lost: {notes:?}"
        );
    }
    if let Some(word) = made.notes.last() {
        assert_eq!(client.found(word), 1, "note {word} is not found");
    }
    let unsure = match &made.unsure {
        Some(Unsure::Note(word)) => usize::from(notes.iter().any(|note| note.contains(word.as_str()))),
        _ => 0,
    };
    assert_eq!(notes.len(), made.notes.len() + unsure, "notes of {id}: {notes:?}");
    // A request's history tells of its notes as well.
    assert_eq!(history(client, id, "CREATE"), 1 + notes.len(), "{id} and its notes in its history");

    for (file, text) in &made.files {
        let headers = format!("authtoken: {}\r\n", client.key);
        let answer = client.send("GET", &format!("/api/v3/requests/{id}/_uploads/{file}"), &headers, b"");
        let (status, bytes) = answer.expect("an answer");
        assert!(status == 200 && bytes == text.as_bytes(), "file {file} of {id} is lost");
    }
}
