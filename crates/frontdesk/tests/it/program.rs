//! The binary at work: first start, probes, signals.

use std::io::{Read, Write};
use std::time::{Duration, Instant};

use crate::binary::{Desk, frontdesk, output, scratch};

#[test]
fn the_first_start_says_how_to_sign_in_and_later_ones_do_not() {
    let dir = scratch();
    let first = Desk::serve(&dir, &["--admin-email", "me@example.com"]);
    let url = first.url.clone();
    assert!(!url.ends_with(":0"), "{url}");
    let text = first.stop();
    for expected in [
        "me@example.com",
        "password ",
        &format!("{url}/set_up?secret="),
        "curl -H 'authtoken: ",
        &format!("'{url}/api/v3/requests'"),
    ] {
        assert!(text.contains(expected), "{expected} is missing from {text}");
    }
    let text = Desk::serve(&dir, &[]).stop();
    assert_eq!(text, "For new credentials: frontdesk credentials --help\n");
}

#[test]
fn it_says_where_it_listens_and_where_people_reach_it() {
    let public = Desk::serve(&scratch(), &["--public-url", "https://desk.example.com/"]);
    assert!(public.url.starts_with("http://127.0.0.1:"), "{}", public.url);
    assert_eq!(public.beside, "(public address: https://desk.example.com)");
    assert!(public.get("/healthz").starts_with("HTTP/1.1 200 OK"));
    let text = public.stop();
    assert!(text.contains("https://desk.example.com/\n"), "{text}");
    let dir = scratch();
    let mut command = frontdesk(&dir);
    command.args(["serve", "--listen", "0.0.0.0:0"]);
    let everywhere = Desk::spawn_logging(command, &dir.join("log"));
    assert!(everywhere.url.starts_with("http://127.0.0.1:"), "{}", everywhere.url);
    assert_eq!(everywhere.beside, "and every other address of this machine");
}

#[test]
fn a_refused_call_is_found_in_the_log_and_typing_mistakes_too() {
    let dir = scratch();
    let mut command = frontdesk(&dir);
    // Without the name of the command that serves.
    command.args(["--listen", "127.0.0.1:0"]).env("FRONTDESK_LISTN", "x").env("FRONTDESK_TEST_POSTGRES", "x");
    let log = dir.join("log");
    let desk = Desk::spawn_logging(command, &log);
    let answer = desk.get("/api/v3/requests");
    let trace = answer.lines().find_map(|line| line.strip_prefix("x-trace-id: ")).unwrap().to_owned();
    assert!(desk.get("/healthz").contains("200 OK"));
    desk.stop();
    let log = std::fs::read_to_string(log).unwrap();
    let line =
        log.lines().find(|line| line.contains(&trace)).unwrap_or_else(|| panic!("no {trace} in {log}"));
    assert!(
        line.contains(" INFO frontdesk::access: request refused ") && line.contains("status=401"),
        "{line}"
    );
    assert!(!log.contains("/healthz") && !log.contains("TEST_POSTGRES"), "{log}");
    assert!(log.contains("no setting and is ignored variable=FRONTDESK_LISTN"), "{log}");
}

#[test]
fn probes_answer() {
    let dir = scratch();
    let desk = Desk::serve(&dir, &[]);
    for path in ["/healthz", "/readyz"] {
        let answer = desk.get(path);
        assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
        assert!(answer.ends_with("{\"status\":\"ok\"}") && answer.contains("x-trace-id: "), "{answer}");
    }
    let metrics = desk.get("/metrics");
    for expected in [
        "content-type: text/plain; version=0.0.4",
        "frontdesk_build_info{version=\"",
        "frontdesk_http_requests_total{method=\"GET\",status=\"2xx\"} 2",
        "frontdesk_http_requests_in_flight 1",
        "process_resident_memory_bytes ",
        "process_start_time_seconds ",
    ] {
        assert!(metrics.contains(expected), "{expected} is missing from {metrics}");
    }
}

/// A request that has begun: its head is on its way when the signal comes.
fn begun(desk: &Desk) -> std::net::TcpStream {
    let mut stream = desk.connect();
    stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: ").unwrap();
    std::thread::sleep(Duration::from_millis(100));
    stream
}

#[test]
fn a_request_that_has_begun_is_answered_after_sigterm() {
    let mut desk = Desk::serve(&scratch(), &[]);
    let mut stream = begun(&desk);
    desk.signal("TERM");
    std::thread::sleep(Duration::from_millis(100));
    stream.write_all(b"x\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    assert_eq!(desk.wait(), Some(0));
}

#[test]
fn a_second_signal_ends_it_at_once() {
    let mut desk = Desk::serve(&scratch(), &[]);
    let _stream = begun(&desk);
    let start = Instant::now();
    desk.signal("TERM");
    std::thread::sleep(Duration::from_millis(100));
    desk.signal("INT");
    assert_eq!(desk.wait(), Some(1));
    assert!(start.elapsed() < Duration::from_secs(5));
}

/// A page that listens never ends by itself; the server ends it, and does not wait.
#[test]
fn it_stops_while_pages_listen() {
    let dir = scratch();
    let made = output(&dir, &["init", "--json"]);
    let made: serde_json::Value = serde_json::from_slice(&made.stdout).unwrap();
    let mut desk = Desk::serve(&dir, &[]);
    let call = |head: &str, cookie: &str, form: &str| {
        let (length, mut stream) = (form.len(), desk.connect());
        write!(
            stream,
            "{head} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nCookie: {cookie}\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {length}\r\n\r\n{form}"
        )
        .unwrap();
        stream
    };
    let read = |mut stream: std::net::TcpStream| {
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        text
    };
    let cookies = |answer: &str| -> Vec<String> {
        let set = answer.lines().filter_map(|line| line.strip_prefix("set-cookie: "));
        set.map(|line| line.split(';').next().unwrap().to_owned()).collect()
    };
    let door = read(call("GET /sign_in", "", ""));
    let token = door.split("name=\"token\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let (email, password) = (&made["admin"]["email"], &made["admin"]["password"]);
    let form =
        format!("token={token}&email={}&password={}", email.as_str().unwrap(), password.as_str().unwrap());
    let entered = read(call("POST /sign_in", &cookies(&door).join("; "), &form));
    let session = cookies(&entered).into_iter().find(|c| c.starts_with("frontdesk_session=")).unwrap();
    let mut page = call("GET /live?on=/requests&mark=0", &session, "");
    let mut heard = String::new();
    while !heard.contains("retry:") {
        let mut bytes = [0; 4096];
        let n = page.read(&mut bytes).unwrap();
        assert!(n > 0, "{heard}");
        heard.push_str(std::str::from_utf8(&bytes[..n]).unwrap());
    }
    assert!(heard.starts_with("HTTP/1.1 200 OK") && heard.contains("text/event-stream"), "{heard}");
    desk.signal("TERM");
    assert_eq!(desk.wait(), Some(0));
    let rest = read(page);
    assert!(rest.is_empty() || rest.ends_with("0\r\n\r\n"), "cut off: {rest}");
}
