//! A load generator: one thread and one kept-alive connection for each client, every answer checked.

use crate::Outcome;
use crate::server::Server;
use std::fmt;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// What a run showed.
#[derive(Clone, Copy, Debug)]
pub struct Measured {
    /// Calls in a second.
    pub per_second: f64,
    /// Server CPU for each call, user and system, in microseconds.
    pub cpu_us: f64,
    p50_us: u64,
    p99_us: u64,
}

impl fmt::Display for Measured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { per_second, cpu_us, p50_us, p99_us } = self;
        write!(f, "{per_second:.0}/s, p50 {p50_us} µs, p99 {p99_us} µs, {cpu_us:.1} µs CPU a call")
    }
}

/// A GET, ready to send.
pub fn get(path: &str, key: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: desk\r\nauthtoken: {key}\r\n\r\n").into_bytes()
}

/// A POST of a new request, ready to send.
pub fn post(key: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!(
        "POST /api/v3/requests HTTP/1.1\r\nHost: desk\r\nauthtoken: {key}\r\nContent-Type: application/json\r\n\
         Content-Length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}

/// Percent-encoded.
pub fn encoded(text: &str) -> String {
    text.bytes()
        .map(|b| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") })
        .collect()
}

/// One call; the answer's body.
pub fn call(stream: &mut BufReader<TcpStream>, request: &[u8]) -> Outcome<Vec<u8>> {
    stream.get_mut().write_all(request)?;
    let mut line = String::new();
    stream.read_line(&mut line)?;
    if !line.starts_with("HTTP/1.1 20") {
        return Err(format!("not a success: {line}").into());
    }
    let mut length = 0;
    loop {
        line.clear();
        stream.read_line(&mut line)?;
        if line == "\r\n" {
            break;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse()?;
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body)?;
    Ok(body)
}

/// A connection.
pub fn connect(address: &str) -> Outcome<BufReader<TcpStream>> {
    let stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    Ok(BufReader::with_capacity(64 * 1024, stream))
}

/// So many clients send these calls, each beginning at another one, for so long.
pub fn run(server: &Server, calls: &[Vec<u8>], connections: usize, time: Duration) -> Outcome<Measured> {
    let cpu = server.cpu()?;
    let begun = Instant::now();
    let mut latencies: Vec<u64> = Vec::new();
    let results: Vec<Outcome<Vec<u64>>> = std::thread::scope(|scope| {
        let clients: Vec<_> = (0..connections)
            .map(|i| scope.spawn(move || client(&server.address, calls, i * 7919, begun + time)))
            .collect();
        clients.into_iter().map(|c| c.join().unwrap_or_else(|_| Err("a client panicked".into()))).collect()
    });
    for result in results {
        latencies.append(&mut result?);
    }
    let elapsed = begun.elapsed().as_secs_f64();
    let cpu = server.cpu()?.saturating_sub(cpu);
    latencies.sort_unstable();
    let at = |share: usize| latencies.get(latencies.len() * share / 100).copied().unwrap_or(0);
    #[expect(clippy::cast_precision_loss, reason = "counts of calls are far below 2^52")]
    let count = latencies.len() as f64;
    Ok(Measured {
        per_second: count / elapsed,
        cpu_us: cpu.as_secs_f64() * 1e6 / count,
        p50_us: at(50),
        p99_us: at(99),
    })
}

fn client(address: &str, calls: &[Vec<u8>], from: usize, until: Instant) -> Outcome<Vec<u64>> {
    let mut stream = connect(address)?;
    let mut latencies = Vec::with_capacity(100_000);
    for request in calls.iter().cycle().skip(from % calls.len()) {
        let begun = Instant::now();
        if begun >= until {
            break;
        }
        call(&mut stream, request)?;
        latencies.push(u64::try_from(begun.elapsed().as_micros())?);
    }
    Ok(latencies)
}

/// The run in the middle.
pub fn median(mut runs: Vec<Measured>) -> Outcome<Measured> {
    runs.sort_by(|a, b| a.per_second.total_cmp(&b.per_second));
    runs.get(runs.len() / 2).copied().ok_or_else(|| "no runs".into())
}
