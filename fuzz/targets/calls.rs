//! Whole calls to a desk. The first byte says to which reader the rest goes: input of records, lists, OAuth parameters,
//! requesters, files, addresses. Nothing is answered as our mistake, and what is refused says so in the face's own form.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::sync::OnceLock;
use testkit::{App, Engine};
use tokio::runtime::Runtime;

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

static DESK: OnceLock<(Runtime, App)> = OnceLock::new();

fn escaped(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("%{byte:02X}")).collect()
}

/// What an address may hold as it stands.
fn as_address(bytes: &[u8]) -> String {
    let is_allowed = |b: &&u8| b.is_ascii_graphic() && !b"#<>\"{}|\\^`".contains(b);
    bytes.iter().filter(is_allowed).map(|b| char::from(*b)).collect()
}

fuzz_target!(|data: &[u8]| {
    let Some((reader, rest)) = data.split_first() else { return };
    let (runtime, app) = DESK.get_or_init(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let app = runtime.block_on(App::start(Engine::Sqlite)).unwrap();
        (runtime, app)
    });
    let (admin, fox, nobody) = (app.admin(), app.happyfox(), app.nobody());
    let form = |name: &str| format!("{name}={}", escaped(rest)).into_bytes();
    let (client, method, path, kind, body) = match reader % 16 {
        0 => (&admin, "POST", "/api/v3/requests".to_owned(), JSON, rest.to_vec()),
        1 => (&admin, "POST", "/api/v3/assets".to_owned(), FORM, form("input_data")),
        2 => (&admin, "POST", "/api/v3/users".to_owned(), FORM, form("input_data")),
        3 => (&admin, "POST", "/api/v3/udf_fields".to_owned(), JSON, rest.to_vec()),
        4 => (&admin, "POST", "/api/v3/cmdb/ci_computer".to_owned(), JSON, rest.to_vec()),
        5 => (&admin, "GET", format!("/api/v3/requests?input_data={}", escaped(rest)), JSON, Vec::new()),
        6 => (&admin, "GET", format!("/api/v3/cmdb?input_data={}", escaped(rest)), JSON, Vec::new()),
        7 => (&admin, "GET", format!("/api/v3/assets?{}", as_address(rest)), JSON, Vec::new()),
        8 => (&admin, "GET", format!("/api/v3/{}", as_address(rest)), JSON, Vec::new()),
        9 => (&admin, "PUT", format!("/api/v3/{}", as_address(rest)), JSON, b"{}".to_vec()),
        10 => (&nobody, "POST", "/oauth/v2/token".to_owned(), FORM, rest.to_vec()),
        11 => (&nobody, "GET", format!("/oauth/v2/auth?{}", as_address(rest)), FORM, Vec::new()),
        12 => (&nobody, "POST", "/oauth/v2/token/revoke".to_owned(), FORM, rest.to_vec()),
        13 => (&fox, "POST", "/api/v2/public/requesters/?dry_run=true".to_owned(), JSON, rest.to_vec()),
        14 => (
            &admin,
            "POST",
            "/api/v3/attachments".to_owned(),
            "multipart/form-data; boundary=b",
            rest.to_vec(),
        ),
        _ => (&admin, "POST", "/api/v3/requests".to_owned(), FORM, rest.to_vec()),
    };
    let reply = runtime.block_on(client.send(method, &path, &[("Content-Type", kind)], body));
    assert!(reply.status.as_u16() < 500, "{}: {}", reply.status, String::from_utf8_lossy(&reply.bytes));
    if reply.status.is_client_error() && path.starts_with("/api/v3/") {
        assert_eq!(reply.json()["response_status"]["status"], "failed", "{path}");
    }
});
