//! One connection to a desk, and how long calls on it take.

use crate::load::{self, Connection};
use crate::{Outcome, server::Server};
use serde_json::Value;
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;

/// A call is repeated until it was made so often or for so long, but so often at least.
const MOST: usize = 50;
const TIME: Duration = Duration::from_millis(300);
const LEAST: usize = 3;

/// A kept-alive connection.
pub struct Caller<'s> {
    pub server: &'s Server,
    connection: Option<Connection>,
    runtime: Runtime,
}

/// What a call showed: the time that half of its repetitions stay within, and how much its last answer had.
#[derive(Clone, Copy, Debug)]
pub struct Shown {
    pub p50: Duration,
    pub bytes: usize,
    pub rows: usize,
}

impl Shown {
    pub fn ms(&self) -> f64 {
        self.p50.as_secs_f64() * 1e3
    }

    pub fn kb(&self) -> f64 {
        number(self.bytes) / 1e3
    }
}

#[expect(clippy::cast_precision_loss, reason = "sizes of answers and counts of rows, for a figure")]
pub const fn number(count: usize) -> f64 {
    count as f64
}

impl<'s> Caller<'s> {
    pub fn new(server: &'s Server) -> Outcome<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        Ok(Self { server, connection: None, runtime })
    }

    /// A GET of the V3 API, with a `list_info` where there is one.
    pub fn get(&self, path: &str, info: Option<&str>) -> Vec<u8> {
        let input = info.map(|info| load::encoded(&format!("{{\"list_info\":{info}}}")));
        let query = input.map_or_else(String::new, |input| format!("?input_data={input}"));
        load::get(&format!("/api/v3{path}{query}"), &self.server.key)
    }

    /// A call of the V3 API with a body.
    pub fn send(&self, method: &str, path: &str, body: &Value) -> Vec<u8> {
        load::send(method, &format!("/api/v3{path}"), &self.server.key, &body.to_string())
    }

    /// One call whose answer is JSON; which call it was is told where it fails.
    pub fn json(&mut self, call: &[u8]) -> Outcome<Value> {
        let answer = self.exchange(call).map_err(|failed| named(call, &*failed))?;
        Ok(serde_json::from_slice(answer)?)
    }

    fn exchange(&mut self, call: &[u8]) -> Outcome<&[u8]> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.runtime.block_on(Connection::open(&self.server.address))?,
        };
        // What fails leaves half an answer behind, so the next call has a connection of its own.
        self.runtime.block_on(connection.call(call))?;
        Ok(self.connection.insert(connection).answered())
    }

    /// The same call again and again.
    pub fn timed(&mut self, call: &[u8]) -> Outcome<Shown> {
        self.repeated(MOST, |_| Some(call))
    }

    /// These calls, each once.
    pub fn each(&mut self, calls: &[Vec<u8>]) -> Outcome<Shown> {
        self.repeated(calls.len().saturating_sub(1), |n| calls.get(n).map(Vec::as_slice))
    }

    /// So many calls at most, each by its number. The first one is not counted: it reads what was never read before.
    fn repeated<'c>(&mut self, most: usize, call: impl Fn(usize) -> Option<&'c [u8]>) -> Outcome<Shown> {
        let mut took = Vec::with_capacity(most);
        let first = call(0).ok_or("nothing to call")?;
        self.exchange(first).map_err(|failed| named(first, &*failed))?;
        let begun = Instant::now();
        let mut answer = Vec::new();
        while took.len() < most && (took.len() < LEAST || begun.elapsed() < TIME) {
            let next = call(took.len() + 1).ok_or("nothing more to call")?;
            let begun = Instant::now();
            let body = self.exchange(next).map_err(|failed| named(next, &*failed))?;
            took.push(begun.elapsed());
            answer.clear();
            answer.extend_from_slice(body);
        }
        took.sort_unstable();
        let p50 = took.get(took.len() / 2).copied().ok_or("nothing was measured")?;
        let json = serde_json::from_slice(&answer).unwrap_or_default();
        Ok(Shown { p50, bytes: answer.len(), rows: rows(&json).map_or(0, <[Value]>::len) })
    }
}

/// The rows of an answer that has some; where a list has them inside of what it tells, the longest list of that.
pub fn rows(answer: &Value) -> Option<&[Value]> {
    let members = || answer.as_object().into_iter().flatten().filter(|(key, _)| *key != "response_status");
    let outside = members().find_map(|(_, value)| value.as_array());
    let is_list = answer.get("list_info").is_some();
    let inside = || members().filter_map(|(_, told)| told.as_object()).flatten();
    let longest = || inside().filter_map(|(_, value)| value.as_array()).max_by_key(|rows| rows.len());
    outside.or_else(|| longest().filter(|_| is_list)).map(Vec::as_slice)
}

/// What failed, under the line that the call begins with.
fn named(call: &[u8], failed: &(dyn std::error::Error + Send + Sync)) -> String {
    let line = call.split(|byte| *byte == b'\r').next().unwrap_or_default();
    let told: String = failed.to_string().replace("\r\n", " ").chars().take(600).collect();
    format!("{}: {told}", String::from_utf8_lossy(line))
}
