//! No secret is ever in a log line, at any level, whatever is done with it.

use serde_json::Value;
use testkit::Engine;

use crate::binary::{output, scratch};
use crate::home::Home;

/// Every text in a JSON document that is long enough to be a secret.
fn texts(json: &Value, out: &mut Vec<String>) {
    match json {
        Value::String(text) if text.len() >= 8 && !text.contains('@') => out.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| texts(item, out)),
        Value::Object(members) => members.values().for_each(|value| texts(value, out)),
        _ => {}
    }
}

#[test]
fn no_log_line_has_a_secret() {
    let home = Home::new(Engine::Sqlite).unwrap();
    let mut secrets = Vec::new();
    texts(&home.secrets, &mut secrets);
    // Identifiers are no secrets, but their partners are.
    assert!(secrets.len() >= 7, "{secrets:?}");
    let desk = home.serve(&["--log", "trace"]);
    let client = home.client(&desk);
    let oauth = &home.secrets["oauth"];
    let (id, secret) = (oauth["client_id"].as_str().unwrap(), oauth["client_secret"].as_str().unwrap());
    let form = "Content-Type: application/x-www-form-urlencoded\r\n";
    let token_call = |refresh: &str, secret: &str| {
        let body =
            format!("grant_type=refresh_token&refresh_token={refresh}&client_id={id}&client_secret={secret}");
        let (_, body) = client.send("POST", "/oauth/v2/token", form, body.as_bytes()).unwrap();
        serde_json::from_slice::<Value>(&body).unwrap()
    };
    let refresh = oauth["refresh_token"].as_str().unwrap();
    let access = token_call(refresh, secret)["access_token"].as_str().unwrap().to_owned();
    token_call("wrongRefreshToken1", secret);
    token_call(refresh, "wrongClientSecret1");
    for headers in [
        format!("Authorization: Zoho-oauthtoken {access}\r\n"),
        "Authorization: Zoho-oauthtoken wrongAccessToken1\r\n".to_owned(),
        "authtoken: wrongTechnicianKey1\r\n".to_owned(),
        "Authorization: Basic d3JvbmdLZXkxOndyb25nQ29kZTE=\r\n".to_owned(),
        "Cookie: session=wrongSessionCookie1\r\n".to_owned(),
    ] {
        client.send("GET", "/api/v3/requests", &headers, b"");
        client.send("GET", "/api/v2/public/requesters/", &headers, b"");
        client.send("GET", "/", &headers, b"");
    }
    client.send(
        "GET",
        &format!("/api/v3/requests?TECHNICIAN_KEY={}&authtoken={}", client.key, client.key),
        "",
        b"",
    );
    client.send("GET", &format!("/oauth/v2/token?client_secret={secret}"), "", b"");
    client.send("POST", "/oauth/v2/token/revoke", form, format!("token={access}").as_bytes());
    let password = home.secrets["admin"]["password"].as_str().unwrap();
    for password in [password, "wrongPassword123"] {
        let body = format!("email=admin%40frontdesk.local&password={}", testkit::encoded(password));
        client.send("POST", "/sign_in", form, body.as_bytes());
        client.send("POST", "/oauth/v2/auth/sign_in", form, body.as_bytes());
    }
    client.call(
        "POST",
        "/requests",
        "{\"request\": {\"subject\": \"aSubjectOfSomebody\", \"description\": \"aTextOfSomebody\"}}",
    );
    home.done(&["credentials", "admin-password", "issue", "--json"]);
    desk.stop();
    let logs = home.logs();
    assert!(logs.contains(" DEBUG ") && logs.contains("/api/v3/requests"), "nothing was logged");
    secrets.extend(
        [access].into_iter().chain(
            [
                "wrongRefreshToken1",
                "wrongClientSecret1",
                "wrongAccessToken1",
                "wrongTechnicianKey1",
                "wrongCode1",
            ]
            .into_iter()
            .chain(["d3JvbmdLZXkxOndyb25nQ29kZTE", "wrongSessionCookie1", "wrongPassword123"])
            // What people write is nobody's business either.
            .chain(["aSubjectOfSomebody", "aTextOfSomebody"])
            .map(str::to_owned),
        ),
    );
    let public = [id, home.secrets["happyfox"]["api_key"].as_str().unwrap()];
    for secret in secrets.iter().filter(|secret| !public.contains(&secret.as_str())) {
        let line = logs.lines().find(|line| line.contains(secret.as_str()));
        assert!(line.is_none(), "{secret} is logged: {line:?}");
    }
}

#[test]
fn the_password_of_the_database_is_told_to_nobody() {
    let dir = scratch();
    for url in [
        "postgres://desk:hunter2hunter2@127.0.0.1:1/desk",
        "postgres://desk@127.0.0.1:1/desk?password=hunter2hunter2",
        "postgres://desk:hunter2hunter2@127.0.0.1:notaport/desk",
        "mysql://desk:hunter2hunter2@127.0.0.1/desk",
    ] {
        for command in ["serve", "config", "verify", "backup"] {
            let told = output(&dir, &[command, "--database-url", url, "--log", "trace"]);
            let (out, err) = (String::from_utf8_lossy(&told.stdout), String::from_utf8_lossy(&told.stderr));
            assert!(!out.contains("hunter2") && !err.contains("hunter2"), "{command} {url}: {out}{err}");
        }
    }
}

#[test]
fn the_secret_of_single_sign_on_is_told_to_nobody() {
    let dir = scratch();
    let path = dir.join("frontdesk.toml");
    let file = "sso_client_secret = 'hunter2hunter2'\nsso_client_id = 'desk'\n";
    for (issuer, fails) in [("https://id.example.com", false), ("http://id.example.com", true)] {
        std::fs::write(&path, format!("{file}sso_issuer = '{issuer}'\n")).unwrap();
        for arguments in
            [["config", "--log", "trace"].as_slice(), ["config", "--json", "--log", "trace"].as_slice()]
        {
            let told = output(&dir, arguments);
            let (out, err) = (String::from_utf8_lossy(&told.stdout), String::from_utf8_lossy(&told.stderr));
            assert!(!out.contains("hunter2") && !err.contains("hunter2"), "{out}{err}");
            assert!(out.contains("***") && told.status.success() != fails, "{out}{err}");
        }
    }
}
