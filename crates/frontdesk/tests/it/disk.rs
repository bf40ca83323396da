//! A disk that errs or is slow: system calls of the server fail or wait as `strace` has them. What was acknowledged stays,
//! what could not be written is refused, and the server goes on.

use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;

use testkit::Engine;

use crate::answers::Answers;
use crate::binary::Desk;
use crate::faults::{check_all, load_for};
use crate::home::{Client, Home};
use crate::load;

/// Whether processes may be traced here.
pub fn may_trace() -> bool {
    let tried =
        Command::new("strace").args(["-f", "-qq", "--seccomp-bpf", "-o", "/dev/null", "true"]).output();
    testkit::is_here(tried.is_ok_and(|output| output.status.success()), "strace")
}

/// A server with little memory some of whose system calls meet a fault; `None` where processes may not be traced.
fn serve_with(home: &Home, calls: &str, fault: &str) -> Option<Desk> {
    let trace = format!("trace={calls}");
    if !may_trace() {
        return None;
    }
    let mut strace = Command::new("strace");
    strace.args(["-f", "-qq", "--seccomp-bpf", "-o", "/dev/null", "-e", &trace]);
    strace.args(["-e", &format!("inject={calls}:{fault}")]);
    let serve = home.below(strace, &["serve", "--listen", "127.0.0.1:0", "--memory-mib", "8"]);
    Some(Desk::spawn_logging(serve, &home.dir.join("log")))
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

/// With little memory most is read from the disk again and again. In each thread the 260th such call fails and then every seventh, up
/// to the 1,400th: from there on the disk is sound.
#[test]
fn reads_that_fail_are_said_to_and_when_the_disk_reads_again_the_server_goes_on() {
    const ROUNDS: usize = 60;
    let home = Home::new(Engine::Sqlite).unwrap();
    home.done(&["demo", "500"]);
    let sound = home.serve(&[]);
    let mut accounts = load_for(&home, &sound, "before", 300);
    let right = Answers::of(&home.client(&sound));
    sound.stop();
    let Some(mut desk) = serve_with(&home, "pread64", "error=EIO:when=260..1400+7") else { return };
    let client = home.client(&desk);
    // Whatever is asked, until all of it is answered again.
    let rounds = (0..ROUNDS).map(|round| right.compare(&client, &format!("round {round}")).1);
    let failed: Vec<usize> = rounds.scan(0, until_all_is_well).collect();
    assert!(failed.len() < ROUNDS && failed.iter().sum::<usize>() > 30, "answers that failed: {failed:?}");
    // The thread that writes meets its own failures, for it has read little until now.
    accounts.append(&mut load_for(&home, &desk, "meanwhile", 700));
    let ids = right.requests();
    let mut subjects: Vec<Vec<String>> = vec![Vec::new(); ids.len()];
    let rounds = (0..ROUNDS).map(|round| {
        let subject = format!("of round {round}");
        let edits = ids.iter().zip(&mut subjects).map(|(id, may_be)| edit(&client, id, &subject, may_be));
        edits.filter(|is_done| !is_done).count()
    });
    let failed: Vec<usize> = rounds.scan(0, until_all_is_well).collect();
    assert!(failed.len() < ROUNDS && failed.iter().sum::<usize>() > 10, "edits that failed: {failed:?}");
    assert!(!home.logs().contains("panicked"), "{}", home.logs());
    for account in &accounts {
        load::check(account, &client, &home.happyfox());
    }
    desk.kill_below();
    let desk = home.serve(&[]);
    let client = home.client(&desk);
    for (id, may_be) in ids.iter().zip(&subjects) {
        let is = client.ok("GET", &format!("/requests/{id}"), "")["request"]["subject"].clone();
        assert!(may_be.iter().any(|subject| is == **subject), "{id} is {is}, and not {may_be:?}");
    }
    desk.stop();
    check_all(&home, &accounts);
}

/// Goes on until a round is without failure that follows one with some.
fn until_all_is_well(before: &mut usize, failed: usize) -> Option<usize> {
    let is_well = failed == 0 && *before > 0;
    *before += failed;
    (!is_well).then_some(failed)
}

/// Edits a request's subject; false where that failed. Keeps account of what it may be then.
fn edit(client: &Client, id: &str, subject: &str, may_be: &mut Vec<String>) -> bool {
    let body = format!("{{\"request\": {{\"subject\": \"{subject}\"}}}}");
    let (status, json) = client.must("PUT", &format!("/requests/{id}"), &body);
    match status {
        200 => may_be.clear(),
        503 => assert_eq!(json["response_status"]["status"], "failed", "{json}"),
        _ => panic!("{status}: {json}"),
    }
    may_be.push(subject.to_owned());
    status == 200
}
