//! A copy of a desk over the API, against the bulk load of as many requests into an empty one; and how long the command line
//! of the connector takes for one action.

use crate::desks::Desks;
use crate::server::{Secrets, place, run, to_its_end};
use crate::{Outcome, server::Server};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// So often an action is run; the middle one counts.
const RUNS: usize = 21;

/// Copies desks of these sizes.
pub fn measure(desks: &Desks, sizes: &[u64]) -> Outcome<()> {
    for size in sizes {
        let source = desks.of_requests(*size)?;
        let (copy, peak) = copied(desks, &source)?;
        let load = loaded(desks, *size)?;
        println!("| copy of {size} requests and all around them | {:.1} s |", copy.as_secs_f64());
        println!("| … greatest resident memory | {peak} MB |");
        println!("| … bulk load of as many | {:.1} s |", load.as_secs_f64());
        println!("| … **ratio** (goal ≥ 0.3) | **{:.2}** |", load.as_secs_f64() / copy.as_secs_f64());
        if Some(size) == sizes.first() {
            println!(
                "| one action on the command line, from start to end (goal < 50 ms) | {:.1} ms |",
                action(desks, &source)?
            );
        }
    }
    Ok(())
}

/// The whole process that copies a desk into a new one: how long it took, and its greatest resident memory in megabytes.
fn copied(desks: &Desks, source: &Server) -> Outcome<(Duration, u64)> {
    let dir = tempfile::tempdir()?;
    let _secrets = Secrets::of(&run(desks.binary(), &place(dir.path(), None), &["init", "--json"])?)?;
    let mut copy = Command::new(desks.binary());
    copy.args(["migrate", "--from", &format!("http://{}", source.address), "--log", "error", "--data-dir"])
        .arg(dir.path())
        .env("FRONTDESK_CONNECTOR_KEY", &source.key)
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    to_its_end(&mut copy)
}

fn loaded(desks: &Desks, size: u64) -> Outcome<Duration> {
    let dir = tempfile::tempdir()?;
    let place = place(dir.path(), None);
    run(desks.binary(), &place, &["init", "--json"])?;
    let begun = Instant::now();
    run(desks.binary(), &place, &["demo", &size.to_string()])?;
    Ok(begun.elapsed())
}

/// Milliseconds of a process that reads one request.
fn action(desks: &Desks, source: &Server) -> Outcome<f64> {
    let id = source.ids("requests", 1, 0)?.pop().ok_or("the desk has no requests")?;
    let mut took = Vec::with_capacity(RUNS);
    for _ in 0..RUNS {
        let begun = Instant::now();
        let status = Command::new(desks.binary())
            .args(["connector", "run", "getRequest", "--input", &format!("toGetRequestId={id}")])
            .env("FRONTDESK_CONNECTOR_URL", format!("http://{}", source.address))
            .env("FRONTDESK_CONNECTOR_KEY", &source.key)
            .stdout(Stdio::null())
            .status()?;
        if !status.success() {
            return Err("the action failed".into());
        }
        took.push(begun.elapsed());
    }
    took.sort_unstable();
    Ok(took.get(RUNS / 2).map_or(0.0, Duration::as_secs_f64) * 1e3)
}
