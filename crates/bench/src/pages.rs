//! What the main pages weigh, how long their first byte takes, and what they cost the server, at several sizes of desk.

use crate::desks::Desks;
use crate::load::{self, Measured};
use crate::server::Server;
use crate::{Outcome, load::encoded};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// Requests whose pages are looked at, from places all over the desk.
const REQUESTS: usize = 40;
/// So many first bytes are waited for.
const TRIES: usize = 60;

/// A page: what it is called, whether the project promises that it costs at most 1.3 times as much, its addresses, and
/// whose it is.
struct Page {
    name: &'static str,
    is_promised: bool,
    paths: Vec<String>,
    is_requesters: bool,
}

/// What was measured of a page.
struct Figures {
    bytes: usize,
    compressed: usize,
    first_byte: Duration,
    load: Measured,
}

/// All pages at these numbers of requests, and the ratios of the last to the first.
pub fn measure(desks: &Desks, sizes: &[u64], time: Duration) -> Outcome<()> {
    let mut all: Vec<Vec<(&'static str, bool, Figures)>> = Vec::new();
    for size in sizes {
        let server = desks.of_requests(*size)?;
        let admin = sign_in(&server, &server.administrator)?;
        let requester = requester(&server, &admin)?;
        let mut figures = Vec::new();
        for page in pages(&server)? {
            let cookie = if page.is_requesters { &requester } else { &admin };
            let figure = of_page(&server, &page, cookie, time)?;
            println!(
                "| {size} requests: {} | {} bytes, {} compressed, first byte {} µs, {:.0} µs CPU |",
                page.name,
                figure.bytes,
                figure.compressed,
                figure.first_byte.as_micros(),
                figure.load.cpu_us
            );
            figures.push((page.name, page.is_promised, figure));
        }
        all.push(figures);
    }
    let ([small, .., large], [few, .., many]) = (all.as_slice(), sizes) else { return Ok(()) };
    for ((name, is_promised, small), (_, _, large)) in small.iter().zip(large) {
        let goal = if *is_promised { " (goal ≤ 1.3)" } else { "" };
        println!(
            "| {name}: at {many} against {few} requests{goal} | **{:.2} × CPU**, {:.2} × first byte, {:.2} × bytes |",
            large.load.cpu_us / small.load.cpu_us,
            large.first_byte.as_secs_f64() / small.first_byte.as_secs_f64(),
            ratio(large.bytes, small.bytes)
        );
    }
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "sizes of pages")]
fn ratio(large: usize, small: usize) -> f64 {
    large as f64 / small.max(1) as f64
}

fn pages(server: &Server) -> Outcome<Vec<Page>> {
    let requests = server.ids("requests", 10, 0)?;
    let step = (requests.len() / REQUESTS).max(1);
    let requests = requests.iter().step_by(step).map(|id| format!("/requests/{id}")).collect();
    let ci = server.ids("cmdb/ci_server", 1, 0)?.into_iter().next().ok_or("the desk has no server")?;
    let one = |name, is_promised, path: &str| Page {
        name,
        is_promised,
        paths: vec![path.to_owned()],
        is_requesters: false,
    };
    let of_requester = |name, path: &str| Page { is_requesters: true, ..one(name, false, path) };
    Ok(vec![
        one("home", false, "/"),
        one("request list", true, "/requests"),
        one("request list, all", true, "/requests?in=All_Requests"),
        Page { paths: requests, ..one("request page", true, "") },
        one("palette, a word", true, "/palette?q=printer"),
        one("palette, nothing typed yet", true, "/palette?q="),
        one("search page", false, "/search?q=printer"),
        one("dashboard of requests, 30 days", false, "/dashboards/requests"),
        one("dashboard of requests, 12 months", false, "/dashboards/requests?period=12m"),
        one("dashboard of assets", false, "/dashboards/assets"),
        one("CMDB", false, "/cmdb"),
        one("CI page", false, &format!("/cmdb/{ci}")),
        one("impact", false, &format!("/cmdb/{ci}/impact")),
        of_requester("portal", "/portal"),
        of_requester("portal: solved before", "/portal/similar?q=printer+does+not+print"),
    ])
}

fn of_page(server: &Server, page: &Page, cookie: &str, time: Duration) -> Outcome<Figures> {
    let calls: Vec<Vec<u8>> = page.paths.iter().map(|path| get(path, cookie)).collect();
    let first = calls.first().ok_or("a page without an address")?;
    // Whatever is read for the first time is read before.
    for call in &calls {
        exchange(server, call)?;
    }
    let (_, body, _) = exchange(server, first)?;
    let mut packer = GzEncoder::new(Vec::new(), Compression::default());
    packer.write_all(&body)?;
    let compressed = packer.finish()?.len();
    let mut waits = Vec::with_capacity(TRIES);
    for call in calls.iter().cycle().take(TRIES) {
        waits.push(exchange(server, call)?.2);
    }
    waits.sort_unstable();
    let first_byte = waits.get(TRIES / 2).copied().ok_or("nothing was waited for")?;
    let load = load::run(server, &calls, 1, time / 4)?;
    Ok(Figures { bytes: body.len(), compressed, first_byte, load })
}

fn get(path: &str, cookie: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: desk\r\nCookie: {cookie}\r\n\r\n").into_bytes()
}

fn post(path: &str, cookie: &str, fields: &[(&str, &str)]) -> Vec<u8> {
    let body: Vec<String> = fields.iter().map(|(n, v)| format!("{n}={}", encoded(v))).collect();
    let body = body.join("&");
    format!(
        "POST {path} HTTP/1.1\r\nHost: desk\r\nCookie: {cookie}\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// One call on a connection of its own: the head and the body of the answer, and how long its first byte took.
fn exchange(server: &Server, call: &[u8]) -> Outcome<(String, Vec<u8>, Duration)> {
    let mut stream = TcpStream::connect(&server.address)?;
    stream.set_nodelay(true)?;
    let begun = Instant::now();
    stream.write_all(call)?;
    let mut answer = vec![0; 64 * 1024];
    let read = stream.read(&mut answer)?;
    let first_byte = begun.elapsed();
    answer.truncate(read);
    loop {
        if let Some(end) = answer.windows(4).position(|w| w == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(answer.get(..end).unwrap_or_default()).into_owned();
            let length = head.lines().find_map(|line| {
                let (name, value) = line.split_once(':')?;
                name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>())
            });
            let length = length.transpose()?.unwrap_or(0);
            if answer.len() >= end + 4 + length {
                return Ok((head, answer.split_off(end + 4), first_byte));
            }
        }
        let mut more = [0; 16 * 1024];
        let read = stream.read(&mut more)?;
        if read == 0 {
            return Err("the server hung up".into());
        }
        answer.extend_from_slice(more.get(..read).unwrap_or_default());
    }
}

/// The cookies that an answer sets, as a browser sends them back.
fn cookies(head: &str) -> String {
    let set = head.lines().filter_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("set-cookie")
            .then(|| value.trim().split(';').next().unwrap_or("").to_owned())
    });
    set.filter(|pair| !pair.ends_with('=')).collect::<Vec<_>>().join("; ")
}

/// The value of the hidden input of a name.
fn hidden(page: &[u8], name: &str) -> Outcome<String> {
    between(page, &format!("name=\"{name}\" value=\""), "\"")
}

fn between(page: &[u8], begin: &str, end: &str) -> Outcome<String> {
    let page = String::from_utf8_lossy(page);
    let rest = page.split_once(begin).ok_or_else(|| format!("no {begin} on the page"))?.1;
    Ok(rest.split(end).next().unwrap_or("").to_owned())
}

/// Signs somebody in; the cookie of the session.
fn sign_in(server: &Server, (email, password): &(String, String)) -> Outcome<String> {
    let (head, page, _) = exchange(server, &get("/sign_in", ""))?;
    let fields = [("token", &*hidden(&page, "token")?), ("email", email), ("password", password)];
    let (head, _, _) = exchange(server, &post("/sign_in", &cookies(&head), &fields))?;
    let cookie = cookies(&head);
    if cookie.is_empty() { Err("nobody was signed in".into()) } else { Ok(cookie) }
}

/// Signs in whoever asked for the newest request.
fn requester(server: &Server, admin: &str) -> Outcome<String> {
    let info = load::encoded(
        r#"{"list_info":{"row_count":1,"sort_field":"created_time","sort_order":"desc","fields_required":["requester"]}}"#,
    );
    let list = server.ask(&load::get(&format!("/api/v3/requests?input_data={info}"), &server.key))?;
    let list: Value = serde_json::from_slice(&list)?;
    let text = |path: &str| list.pointer(path).and_then(Value::as_str).map(str::to_owned);
    let id = text("/requests/0/requester/id").ok_or("a request without a requester")?;
    let email = text("/requests/0/requester/email_id").ok_or("a requester without an address")?;
    let (_, page, _) = exchange(server, &get(&format!("/users/{id}"), admin))?;
    let call = post(&format!("/users/{id}/password"), admin, &[("token", &hidden(&page, "token")?)]);
    let (_, page, _) = exchange(server, &call)?;
    sign_in(server, &(email, between(&page, "<code class=\"large\">", "</code>")?))
}
