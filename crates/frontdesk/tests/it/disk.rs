//! A disk that errs or is slow: system calls of the server fail or wait as `strace` has them. What was acknowledged stays,
//! what could not be written is refused, and the server goes on.

use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;

use testkit::Engine;

use crate::binary::Desk;
use crate::faults::{check_all, load_for};
use crate::home::Home;
use crate::load;

/// Whether processes may be traced here.
pub fn may_trace() -> bool {
    let tried =
        Command::new("strace").args(["-f", "-qq", "--seccomp-bpf", "-o", "/dev/null", "true"]).output();
    testkit::is_here(tried.is_ok_and(|output| output.status.success()), "strace")
}

/// A server some of whose system calls meet a fault; `None` where processes may not be traced.
fn serve_with(home: &Home, calls: &str, fault: &str) -> Option<Desk> {
    let trace = format!("trace={calls}");
    if !may_trace() {
        return None;
    }
    let mut strace = Command::new("strace");
    strace.args(["-f", "-qq", "--seccomp-bpf", "-o", "/dev/null", "-e", &trace]);
    strace.args(["-e", &format!("inject={calls}:{fault}")]);
    Some(home.serve_below(strace))
}

/// Load on a disk with this fault, then a kill: what was acknowledged is there, and some was refused.
fn survives(calls: &str, fault: &str) {
    let home = Home::new(Engine::Sqlite).unwrap();
    let sound = home.serve(&[]);
    let mut accounts = load_for(&home, &sound, "before", 300);
    sound.stop();
    let Some(mut desk) = serve_with(&home, calls, fault) else { return };
    accounts.append(&mut load_for(&home, &desk, "meanwhile", 2_500));
    let acknowledged = accounts.iter().map(load::Account::acknowledged).sum::<usize>();
    let client = home.client(&desk);
    let mut answers = [0, 0];
    for n in 0..60 {
        match client.must("POST", "/requests", &format!("{{\"request\": {{\"subject\": \"fault {n}\"}}}}")) {
            (201, _) => answers[0] += 1,
            (503, json) => {
                assert_eq!(json["response_status"]["status"], "failed", "{json}");
                answers[1] += 1;
            }
            (status, json) => panic!("{status}: {json}"),
        }
    }
    let logs = home.logs();
    let end: Vec<&str> = logs.lines().rev().take(6).collect();
    assert!(
        answers[0] > 0 && answers[1] > 0,
        "{answers:?} of {acknowledged}: nothing failed, or everything: {end:#?}"
    );
    assert!(desk.get("/healthz").starts_with("HTTP/1.1 200"));
    assert!(!home.logs().contains("panicked"), "{}", home.logs());
    desk.kill_below();
    check_all(&home, &accounts);
}

#[test]
fn commits_that_do_not_reach_the_disk_are_not_acknowledged() {
    survives("fdatasync,fsync", "error=EIO:when=12+7");
}

#[test]
fn writes_that_fail_are_refused_and_the_next_go_on() {
    // A commit of one request writes some thirty pages, each in two calls: it must have a chance.
    survives("pwrite64", "error=EIO:when=80+401");
}

#[test]
fn a_slow_disk_holds_writers_and_nobody_else() {
    let home = Home::new(Engine::Sqlite).unwrap();
    let Some(mut desk) = serve_with(&home, "fdatasync,fsync", "delay_enter=700000") else { return };
    let client = home.client(&desk);
    let made = client.ok("POST", "/requests", "{\"request\": {\"subject\": \"read meanwhile\"}}");
    let path = format!("/requests/{}", made["request"]["id"].as_str().unwrap());
    let (written, read) = (AtomicBool::new(false), AtomicU32::new(0));
    thread::scope(|scope| {
        scope.spawn(|| {
            while !written.load(Ordering::Acquire) {
                client.ok("GET", &path, "");
                read.fetch_add(1, Ordering::Relaxed);
            }
        });
        client.ok("PUT", &path, "{\"request\": {\"subject\": \"written slowly\"}}");
        written.store(true, Ordering::Release);
    });
    // One commit waits for the disk once at least; a read that waited as well would come back with it.
    assert!(read.load(Ordering::Relaxed) > 5, "{read:?} reads while one write waited");
    assert_eq!(client.ok("GET", &path, "")["request"]["subject"], "written slowly");
    desk.kill_below();
    let desk = home.serve(&[]);
    assert_eq!(home.client(&desk).ok("GET", &path, "")["request"]["subject"], "written slowly");
    desk.stop();
}
