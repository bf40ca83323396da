//! A load generator: one kept-alive connection for each client, every answer checked. One thread drives all clients,
//! so that it takes as little as possible of the machine that it shares with the server.

use crate::Outcome;
use crate::server::Server;
use std::fmt;
use std::ops::Range;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// What a run showed.
#[derive(Clone, Copy, Debug)]
pub struct Measured {
    /// Calls in a second.
    pub per_second: f64,
    /// Server CPU for each call, user and system, in microseconds.
    pub cpu_us: f64,
    /// The latency that half of the calls stay within, in microseconds.
    pub p50_us: u64,
    /// The latency that 99 of a hundred stay within.
    pub p99_us: u64,
    /// The latency that 999 of a thousand stay within.
    pub p999_us: u64,
}

impl fmt::Display for Measured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { per_second, cpu_us, p50_us, p99_us, p999_us } = self;
        write!(
            f,
            "{per_second:.0}/s, p50 {p50_us} µs, p99 {p99_us} µs, p999 {p999_us} µs, {cpu_us:.1} µs CPU a call"
        )
    }
}

/// A GET, ready to send.
pub fn get(path: &str, key: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: desk\r\nauthtoken: {key}\r\n\r\n").into_bytes()
}

/// A POST of a new request, ready to send.
pub fn post(key: &str, body: &str) -> Vec<u8> {
    send("POST", "/api/v3/requests", key, body)
}

/// A call with a body of JSON, ready to send.
pub fn send(method: &str, path: &str, key: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!(
        "{method} {path} HTTP/1.1\r\nHost: desk\r\nauthtoken: {key}\r\nContent-Type: application/json\r\n\
         Content-Length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}

/// A POST to the requester API, ready to send.
pub fn post_requesters(basic: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!(
        "POST /api/v2/public/requesters/ HTTP/1.1\r\nHost: desk\r\nAuthorization: Basic {basic}\r\n\
         Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}

/// Percent-encoded.
pub fn encoded(text: &str) -> String {
    text.bytes()
        .map(|b| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") })
        .collect()
}

/// A kept-alive connection, and what has arrived on it.
pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
    /// Where in it the body of the last answer is.
    body: Range<usize>,
}

/// How long an answer may take before the run counts as failed.
const PATIENCE: Duration = Duration::from_secs(30);

impl Connection {
    /// A connection to `host:port`.
    pub async fn open(address: &str) -> Outcome<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(64 * 1024), body: 0..0 })
    }

    /// One call; the answer's body.
    pub async fn call(&mut self, request: &[u8]) -> Outcome<&[u8]> {
        tokio::time::timeout(PATIENCE, self.call_patiently(request)).await?
    }

    /// The body of the last answer.
    pub fn answered(&self) -> &[u8] {
        self.buffer.get(self.body.clone()).unwrap_or_default()
    }

    async fn call_patiently(&mut self, request: &[u8]) -> Outcome<&[u8]> {
        self.stream.write_all(request).await?;
        self.buffer.clear();
        loop {
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                return Err("the server hung up".into());
            }
            if let Some(body) = body_of(&self.buffer)? {
                self.body = body;
                return Ok(self.answered());
            }
        }
    }
}

/// Where the body of an answer is, once all of it is there.
fn body_of(answer: &[u8]) -> Outcome<Option<Range<usize>>> {
    let Some(head_end) = answer.windows(4).position(|w| w == b"\r\n\r\n") else { return Ok(None) };
    let head = std::str::from_utf8(answer.get(..head_end).unwrap_or_default())?;
    if !head.starts_with("HTTP/1.1 20") {
        return Err(format!("not a success: {}", String::from_utf8_lossy(answer)).into());
    }
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim())
    });
    let length: usize = length.ok_or("an answer without a length")?.parse()?;
    let body = head_end + 4..head_end + 4 + length;
    Ok((answer.len() >= body.end).then_some(body))
}

/// Runs one future to its end.
pub fn block_on<T>(future: impl Future<Output = Outcome<T>>) -> Outcome<T> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(future)
}

/// So many clients send these calls, each beginning at another one, for so long: each as fast as it gets answers.
pub fn run(server: &Server, calls: &[Vec<u8>], connections: usize, time: Duration) -> Outcome<Measured> {
    paced(server, calls, connections, time, Duration::ZERO)
}

/// The same with so much time from one call of a client to its next. A call that is late because the one before took long
/// counts from when it was due.
pub fn paced(
    server: &Server,
    calls: &[Vec<u8>],
    connections: usize,
    time: Duration,
    pace: Duration,
) -> Outcome<Measured> {
    let cpu = server.cpu()?;
    let begun = Instant::now();
    let clients = (0_u32..).take(connections).map(|i| {
        let share = pace * i / u32::try_from(connections).unwrap_or(u32::MAX);
        client(&server.address, calls, i as usize * 7919, (begun + share)..(begun + time), pace)
    });
    let mut latencies = block_on(futures_util::future::try_join_all(clients))?.concat();
    let elapsed = begun.elapsed().as_secs_f64();
    let cpu = server.cpu()?.saturating_sub(cpu);
    latencies.sort_unstable();
    let at = |share: usize| latencies.get(latencies.len() * share / 1000).copied().unwrap_or(0);
    #[expect(clippy::cast_precision_loss, reason = "counts of calls are far below 2^52")]
    let count = latencies.len() as f64;
    Ok(Measured {
        per_second: count / elapsed,
        cpu_us: cpu.as_secs_f64() * 1e6 / count,
        p50_us: at(500),
        p99_us: at(990),
        p999_us: at(999),
    })
}

async fn client(
    address: &str,
    calls: &[Vec<u8>],
    from: usize,
    time: Range<Instant>,
    pace: Duration,
) -> Outcome<Vec<u64>> {
    let mut connection = Connection::open(address).await?;
    let mut latencies = Vec::with_capacity(100_000);
    let mut due = time.start;
    for request in calls.iter().cycle().skip(from % calls.len()) {
        due += pace;
        let now = Instant::now();
        let begun = if due > now {
            tokio::time::sleep_until(due.into()).await;
            // Timers are up to a millisecond late.
            Instant::now()
        } else if pace.is_zero() {
            now
        } else {
            due
        };
        if begun >= time.end {
            break;
        }
        connection.call(request).await?;
        latencies.push(u64::try_from(begun.elapsed().as_micros())?);
    }
    Ok(latencies)
}

/// The figure in the middle.
pub fn middle(mut figures: Vec<f64>) -> Outcome<f64> {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().ok_or_else(|| "no figures".into())
}

/// The run in the middle.
pub fn median(mut runs: Vec<Measured>) -> Outcome<Measured> {
    runs.sort_by(|a, b| a.per_second.total_cmp(&b.per_second));
    runs.get(runs.len() / 2).copied().ok_or_else(|| "no runs".into())
}
