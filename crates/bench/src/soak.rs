//! A long run of a desk at work: nothing may grow that does not hold data.

use crate::desks::Desks;
use crate::mixes::{Desk, MIXES, WORKING};
use crate::server::Server;
use crate::{Outcome, load, mixed};
use std::time::{Duration, Instant};

/// How long one look takes.
const LOOK: Duration = Duration::from_secs(30);
/// Clients, each of which calls a hundred times a second. That is about a quarter of what two cores can do: what grows shows
/// in how long answers take, and the desk grows by what a busy year brings, not by what a machine can write.
const CLIENTS: usize = 8;
const PACE: Duration = Duration::from_millis(10);
/// How much more the last fifth may show than the second: the first fills caches.
const MEMORY: f64 = 1.15;
const HANDLES: f64 = 1.05;
const LATENCY: f64 = 1.5;
/// How long the server has to notice that clients hung up before its handles are counted.
const HUNG_UP: Duration = Duration::from_millis(500);
/// A log that is copied and begun anew stays below this, in megabytes.
const LOG_MB: f64 = 160.0;

/// What one look shows.
struct Seen {
    memory_mb: f64,
    handles: f64,
    log_mb: f64,
    p99_ms: f64,
}

/// So long on a desk of this size.
///
/// # Errors
/// A call failed, or something grew.
pub fn run(desks: &Desks, size: u64, time: Duration) -> Outcome<()> {
    let server = desks.of_requests(size)?;
    println!(
        "\n| minute | calls/s | p50 and p99 | memory | handles | write-ahead log | in transactions, of it their commits; on the log |\n\
         |--:|--:|---|--:|--:|--:|---|"
    );
    let (begun, mut looks) = (Instant::now(), Vec::new());
    while begun.elapsed() < time {
        let calls = calls(&Desk::of(&server, u64::try_from(looks.len())?)?);
        let [transactions_before, commits_before, log_before] = writer(&server)?;
        let result = load::paced(&server, &calls, CLIENTS, LOOK.min(time / 10), PACE)?;
        std::thread::sleep(HUNG_UP);
        let seen = Seen {
            memory_mb: f64::from(u32::try_from(server.resident_mb()?)?),
            handles: f64::from(u32::try_from(server.handles()?)?),
            log_mb: server.log_bytes()? / 1e6,
            p99_ms: Duration::from_micros(result.p99_us).as_secs_f64() * 1e3,
        };
        // Where the time went when calls were late: a commit is mostly waiting for the disk.
        let [transactions, commits, log] = writer(&server)?;
        println!(
            "| {} | {:.0} | {} µs, {} µs | {:.0} MB | {:.0} | {:.1} MB | {:.1} s, {:.1} s; {:.1} s |",
            begun.elapsed().as_secs() / 60,
            result.per_second,
            result.p50_us,
            result.p99_us,
            seen.memory_mb,
            seen.handles,
            seen.log_mb,
            transactions - transactions_before,
            commits - commits_before,
            log - log_before
        );
        looks.push(seen);
    }
    let fifth = (looks.len() / 5).max(1);
    let (Some(early), Some(late)) = (looks.get(fifth..2 * fifth), looks.get(looks.len() - fifth..)) else {
        return Err("too short to say anything".into());
    };
    let ratio = |of: fn(&Seen) -> f64| middle(late, of) / middle(early, of).max(f64::EPSILON);
    let mut grown = Vec::new();
    for (what, ratio, most) in [
        ("memory", ratio(|seen| seen.memory_mb), MEMORY),
        ("handles", ratio(|seen| seen.handles), HANDLES),
        ("p99", ratio(|seen| seen.p99_ms), LATENCY),
    ] {
        println!("\n{what}: the last fifth against the second {ratio:.2} (at most {most})");
        if ratio > most {
            grown.push(what);
        }
    }
    let log = looks.iter().map(|seen| seen.log_mb).fold(0.0, f64::max);
    println!("\nwrite-ahead log: {log:.1} MB at most (at most {LOG_MB})");
    if log > LOG_MB {
        grown.push("write-ahead log");
    }
    if grown.is_empty() { Ok(()) } else { Err(format!("grew: {}", grown.join(", ")).into()) }
}

/// All mixes side by side, half of it people at work. Each look is at other requests: nobody writes a thousand notes to
/// one of them.
fn calls(desk: &Desk<'_>) -> Vec<Vec<u8>> {
    let work = std::iter::repeat_n(&WORKING, 2);
    let calls = MIXES.iter().chain(work).flat_map(|mix| desk.calls(mix));
    let mut shuffled: Vec<_> = (0..).map(mixed).zip(calls).collect();
    shuffled.sort_unstable();
    shuffled.into_iter().map(|(_, call)| call).collect()
}

/// Seconds that the writer was in transactions so far, of that in their commits, and with the log.
fn writer(server: &Server) -> Outcome<[f64; 3]> {
    let seconds = |what: &str| server.counter(&format!("frontdesk_engine_{what}_seconds_total"));
    Ok([seconds("batch")?, seconds("commit")?, seconds("log")?])
}

fn middle(looks: &[Seen], of: fn(&Seen) -> f64) -> f64 {
    load::middle(looks.iter().map(of).collect()).unwrap_or(0.0)
}
