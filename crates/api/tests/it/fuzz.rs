//! What no client would send, thousands of times: every reader of the faces answers, with an error that is the client's.
//!
//! Inputs are made from `corpus.txt` by changing, cutting, repeating and mixing. Here some thousand calls each time;
//! `FRONTDESK_TEST_FUZZ_SECONDS` goes on for so long, `FRONTDESK_TEST_FUZZ_SEED` repeats a run. What was found once goes
//! into the corpus. A panic ends the test with its input in the message of the test's output.

use std::time::{Duration, Instant};
use testkit::{App, Client, Engine};

const CALLS: u64 = 2_500;

/// Sections of the corpus: what is sent where.
const CORPUS: &str = include_str!("corpus.txt");

/// What is put in anywhere.
const DICTIONARY: [&str; 44] = [
    "null",
    "true",
    "-1",
    "0",
    "9223372036854775807",
    "9223372036854775808",
    "1e999",
    "0.1",
    "\"\"",
    "{}",
    "[]",
    "[[",
    "{\"",
    "\\",
    "\\u0000",
    "\\ud800",
    "\u{0}",
    "\u{feff}",
    "\u{202e}",
    "é",
    "𝒳",
    "%",
    "%00",
    "%zz",
    "%C3%28",
    "&",
    "=",
    ";",
    "\r\n",
    "--b",
    "\"",
    "'",
    "<",
    ">",
    "id",
    "name",
    "value",
    "is not",
    "between",
    "$(",
    "..",
    "/",
    ",",
    " AND ",
];

struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % n.max(1)
    }

    /// A text of the corpus that is not what it was.
    fn bent(&mut self, texts: &[&str]) -> Vec<u8> {
        let mut bytes = texts[self.below(texts.len())].as_bytes().to_vec();
        for _ in 0..=self.below(4) {
            let at = self.below(bytes.len() + 1);
            let to = (at + self.below(20)).min(bytes.len());
            match self.below(9) {
                0 if at < bytes.len() => bytes[at] ^= 1 << self.below(8),
                1 if at < bytes.len() => bytes[at] = u8::try_from(self.below(256)).unwrap(),
                2 => drop(bytes.drain(at..to)),
                3 => {
                    let part = bytes[at..to].to_vec();
                    bytes.splice(at..at, part.repeat(1 + self.below(40)));
                }
                4 | 5 => drop(bytes.splice(at..to, DICTIONARY[self.below(DICTIONARY.len())].bytes())),
                6 => drop(bytes.splice(at..at, DICTIONARY[self.below(DICTIONARY.len())].bytes())),
                7 => {
                    let other = texts[self.below(texts.len())].as_bytes();
                    let from = self.below(other.len());
                    bytes.truncate(at);
                    bytes.extend_from_slice(&other[from..]);
                }
                _ => {
                    let deep = ["[", "{\"a\":", "(", "%25"][self.below(4)].repeat(self.below(600));
                    bytes.splice(at..at, deep.bytes());
                }
            }
        }
        bytes
    }
}

fn section(name: &str) -> Vec<&'static str> {
    let start = CORPUS.find(&format!("## {name}\n")).unwrap();
    let (_, body) = CORPUS[start..].split_once('\n').unwrap();
    body.split("\n## ").next().unwrap().lines().filter(|line| !line.is_empty()).collect()
}

fn setting(name: &str) -> Option<u64> {
    std::env::var(format!("FRONTDESK_TEST_FUZZ_{name}")).ok()?.parse().ok()
}

/// Percent-encoded in full: what is decoded is what was bent.
fn escaped(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("%{byte:02X}")).collect()
}

/// What a query may hold as it stands.
fn raw_query(bytes: &[u8]) -> String {
    bytes
        .iter()
        .filter(|b| b.is_ascii_graphic() && !b"#<>\"{}|\\^`".contains(b))
        .map(|b| char::from(*b))
        .collect()
}

struct Fuzz<'a> {
    app: &'a App,
    admin: Client<'a>,
    fox: Client<'a>,
    request: String,
}

impl Fuzz<'_> {
    /// One call, of whatever kind.
    async fn call(&self, dice: &mut Dice) {
        let json = "application/json";
        let form = "application/x-www-form-urlencoded";
        let inputs = section("input_data");
        let (client, method, path, kind, body): (&Client<'_>, &str, String, &str, Vec<u8>) = match dice
            .below(11)
        {
            0 => {
                let list = dice.bent(&section("list_info"));
                (
                    &self.admin,
                    "GET",
                    format!("/api/v3/requests?input_data={}", escaped(&list)),
                    json,
                    Vec::new(),
                )
            }
            1 => {
                let query = raw_query(&dice.bent(&section("query")));
                let place = ["requests", "assets", "cmdb", "users", "problems"][dice.below(5)];
                (&self.admin, "GET", format!("/api/v3/{place}?{query}"), json, Vec::new())
            }
            2 => (&self.admin, "POST", "/api/v3/requests".into(), json, dice.bent(&inputs)),
            3 => {
                let body = format!("input_data={}", escaped(&dice.bent(&inputs))).into_bytes();
                (&self.admin, "PUT", format!("/api/v3/requests/{}", self.request), form, body)
            }
            4 => (&self.admin, "POST", "/api/v3/requests".into(), form, dice.bent(&section("query"))),
            5 => {
                let body = dice
                    .bent(&section("multipart"))
                    .iter()
                    .map(|b| if *b == b'|' { b'\n' } else { *b })
                    .collect();
                let path =
                    ["/api/v3/requests".to_owned(), format!("/api/v3/requests/{}/_uploads", self.request)];
                (&self.admin, "POST", path[dice.below(2)].clone(), "multipart/form-data; boundary=b", body)
            }
            6 => {
                let place = ["problems", "assets", "cmdb/ci_computer", "users", "statuses", "udf_fields"]
                    [dice.below(6)];
                (&self.admin, "POST", format!("/api/v3/{place}"), json, dice.bent(&inputs))
            }
            7 => {
                let path = raw_query(&dice.bent(&section("path")));
                let method = ["GET", "POST", "PUT", "DELETE", "PATCH"][dice.below(5)];
                (
                    &self.admin,
                    method,
                    format!("/api/v3/{}", path.trim_start_matches('/')),
                    json,
                    b"{}".to_vec(),
                )
            }
            8 => {
                let path = [
                    "/oauth/v2/token",
                    "/oauth/v2/token/revoke",
                    "/sign_in",
                    "/oauth/v2/auth/sign_in",
                    "/oauth/v2/auth/decide",
                ];
                (&self.fox, "POST", path[dice.below(5)].to_owned(), form, dice.bent(&section("oauth")))
            }
            9 => {
                let query = raw_query(&dice.bent(&section("oauth")));
                (&self.fox, "GET", format!("/oauth/v2/auth?{query}"), form, Vec::new())
            }
            _ => {
                let method = ["POST", "PUT"][dice.below(2)];
                let path = if method == "POST" {
                    "/api/v2/public/requesters/".to_owned()
                } else {
                    "/api/v2/public/requesters/1/".into()
                };
                (&self.fox, method, path, json, dice.bent(&section("happyfox")))
            }
        };
        let told = format!("{method} {path} {kind} {:?}", String::from_utf8_lossy(&body));
        // Read when the next line panics.
        println!("{told}");
        let reply = client.send(method, &path, &[("Content-Type", kind)], body).await;
        assert!(
            reply.status.as_u16() < 500,
            "{}: {} for {told}",
            reply.status,
            String::from_utf8_lossy(&reply.bytes)
        );
        if reply.status.is_client_error() && path.starts_with("/api/v3/") {
            assert_eq!(reply.json()["response_status"]["status"], "failed", "{told}");
        }
    }

    /// Headers that name nobody.
    async fn credential(&self, dice: &mut Dice) {
        let value: String = dice
            .bent(&section("credential"))
            .iter()
            .filter(|b| (32..127).contains(*b))
            .map(|b| char::from(*b))
            .collect();
        let name = ["Authorization", "authtoken", "TECHNICIAN_KEY", "Cookie", "Content-Type", "traceparent"]
            [dice.below(6)];
        for path in ["/api/v3/requests", "/api/v2/public/requesters/", "/"] {
            let reply = self.app.nobody().send("GET", path, &[(name, value.as_str())], String::new()).await;
            assert!(reply.status.as_u16() < 500, "{name}: {value}");
            assert!(path == "/" || !reply.status.is_success(), "{name}: {value} is let in");
        }
    }
}

#[tokio::test]
async fn whatever_is_sent_is_answered() {
    let app = App::start(Engine::Sqlite).await.unwrap();
    let request = app.admin().new_request("bent").await;
    let fuzz = Fuzz { app: &app, admin: app.admin(), fox: app.happyfox(), request };
    let now = std::time::UNIX_EPOCH.elapsed().unwrap().subsec_nanos();
    let seed = setting("SEED").unwrap_or(now.into());
    let end = setting("SECONDS").map(|seconds| Instant::now() + Duration::from_secs(seconds));
    println!("FRONTDESK_TEST_FUZZ_SEED={seed}");
    let mut dice = Dice(seed);
    let mut calls = 0;
    while end.map_or(calls < CALLS, |end| Instant::now() < end) {
        fuzz.call(&mut dice).await;
        if calls % 20 == 0 {
            fuzz.credential(&mut dice).await;
        }
        calls += 1;
    }
    // It is as well as before.
    app.admin().new_request("after all that").await;
}
