//! What is typed, set and written in files.

use std::net::TcpListener;

use serde_json::{Value, json};

use crate::binary::{Desk, frontdesk, output, refusal, scratch};

#[test]
fn settings_come_from_option_environment_file_default_in_this_order() {
    let dir = scratch();
    std::fs::write(
        dir.join("frontdesk.toml"),
        "# of the house\nlisten = \"127.0.0.1:1\"\ncompany = \"File\"\nmax_connections = 7\n",
    )
    .unwrap();
    let out = frontdesk(&dir)
        .args(["config", "--json", "--listen", "127.0.0.1:3"])
        .env("FRONTDESK_LISTEN", "127.0.0.1:2")
        .env("FRONTDESK_COMPANY", "Environment")
        .env("FRONTDESK_DATABASE_URL", "postgres://me:secret@host/db")
        .output()
        .unwrap();
    let settings: Value = serde_json::from_slice(&out.stdout).unwrap();
    assert_eq!(settings["listen"], json!({"value": "127.0.0.1:3", "origin": "option", "option": "--listen"}));
    assert_eq!(
        settings["company"],
        json!({"value": "Environment", "origin": "environment", "variable": "FRONTDESK_COMPANY"})
    );
    assert_eq!(
        settings["max_connections"],
        json!({"value": 7, "origin": "file", "file": "frontdesk.toml", "line": 4})
    );
    assert_eq!(settings["log"], json!({"value": "info", "origin": "default"}));
    assert_eq!(settings["database_url"]["value"], "postgres://me:***@host/db");
    assert_eq!(settings["tls_cert"], json!({"value": null, "origin": "default"}));
}

#[test]
fn the_table_says_the_same() {
    let dir = scratch();
    std::fs::write(dir.join("other.toml"), "log_format = 'json'\n").unwrap();
    let out = frontdesk(&dir)
        .args(["config", "--data-dir", "there"])
        .env("FRONTDESK_CONFIG", "other.toml")
        .env("FRONTDESK_LISTN", "x")
        .output()
        .unwrap();
    let text = String::from_utf8(out.stdout).unwrap();
    let row = |key: &str| -> Vec<String> {
        let line = text.lines().find(|line| line.starts_with(key)).unwrap();
        line.split_whitespace().map(str::to_owned).collect()
    };
    assert_eq!(row("data_dir"), ["data_dir", "there", "option", "--data-dir"]);
    assert_eq!(row("log_format"), ["log_format", "json", "file", "other.toml:1"]);
    assert_eq!(row("tls_key"), ["tls_key", "-", "default"]);
    let complaint = String::from_utf8(out.stderr).unwrap();
    assert_eq!(complaint, "frontdesk: FRONTDESK_LISTN (environment) is no setting and is ignored\n");
}

#[test]
fn mistakes_get_one_line_and_exit_code_2() {
    let dir = scratch();
    std::fs::write(dir.join("bad.toml"), "listen = '127.0.0.1:1'\nlistn = 'x'\n").unwrap();
    std::fs::write(dir.join("worse.toml"), "listen = \n").unwrap();
    for (arguments, expected) in [
        (vec!["serve", "--frobnicate"], "frontdesk: unexpected argument '--frobnicate' found; see --help"),
        (vec!["serve", "--listen", "here"], "frontdesk: listen (option --listen): not ADDRESS:PORT: here"),
        (vec!["serve", "--config", "bad.toml"], "frontdesk: bad.toml:2: unknown setting listn"),
        (
            vec!["serve", "--config", "none.toml"],
            "frontdesk: config (option --config): cannot read none.toml: No such file or directory (os error 2)",
        ),
        (
            vec!["credentials", "technician-key", "list"],
            "frontdesk: there is no desk yet; frontdesk init or frontdesk serve creates it",
        ),
        (vec!["--listen", "a:1", "init"], "frontdesk: --listen before init has no meaning; see --help"),
    ] {
        assert_eq!(refusal(&output(&dir, &arguments), 2), expected);
    }
    let worse = refusal(&output(&dir, &["config", "--config", "worse.toml"]), 2);
    assert!(worse.starts_with("frontdesk: worse.toml:1: "), "{worse}");
    let variable = frontdesk(&dir).arg("config").env("FRONTDESK_DEMO", "many").output().unwrap();
    assert_eq!(
        refusal(&variable, 2),
        "frontdesk: demo (environment FRONTDESK_DEMO): not a number from 0 to 100000000: many"
    );
}

#[test]
fn a_port_in_use_is_one_line_and_creates_nothing() {
    let dir = scratch();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let line = refusal(&output(&dir, &["serve", "--listen", &address]), 1);
    assert_eq!(line, format!("frontdesk: cannot listen on {address}: the port is in use"));
    assert!(!dir.join("frontdesk-data").exists());
}

#[test]
fn init_prints_one_object_and_refuses_a_second_time() {
    let dir = scratch();
    let arguments = ["init", "--json", "--data-dir", "d", "--admin-email", "me@example.com"];
    let first = output(&dir, &arguments);
    assert!(first.status.success(), "{}", String::from_utf8_lossy(&first.stderr));
    let secrets: Value = serde_json::from_slice(&first.stdout).unwrap();
    assert_eq!(secrets["admin"]["email"], "me@example.com");
    for path in [
        "/admin/password",
        "/oauth/client_id",
        "/oauth/client_secret",
        "/oauth/refresh_token",
        "/technician_key",
        "/happyfox/api_key",
        "/happyfox/auth_code",
    ] {
        assert!(
            secrets.pointer(path).is_some_and(|value| value.as_str().is_some_and(|text| !text.is_empty())),
            "{path}"
        );
    }
    assert_eq!(secrets.as_object().unwrap().len(), 4);
    let second = output(&dir, &arguments);
    assert!(refusal(&second, 2).contains("exists already"));
    assert!(second.stdout.is_empty());
}

#[test]
fn init_beside_a_server_says_that_the_desk_exists() {
    let dir = scratch();
    let desk = Desk::serve(&dir, &[]);
    assert!(refusal(&output(&dir, &["init"]), 2).contains("exists already"));
    desk.stop();
}

#[test]
fn demo_creates_the_desk_and_fills_a_new_one_only() {
    let dir = scratch();
    let first = output(&dir, &["demo", "20", "--admin-email", "me@example.com"]);
    let text = String::from_utf8(first.stdout).unwrap();
    assert!(first.status.success(), "{}", String::from_utf8_lossy(&first.stderr));
    for expected in ["me@example.com", "technician key", "The desk has a company with 20 requests."] {
        assert!(text.contains(expected), "{expected} is missing from {text}");
    }
    let second = refusal(&output(&dir, &["demo", "20"]), 2);
    assert_eq!(
        second,
        "frontdesk: Demo data goes into a new desk; this one has, or had, requests of its own"
    );
}

/// Has the first administrator edit a user.
fn edit_user(desk: &Desk, key: &str, id: &str, fields: &Value) -> String {
    let input = json!({"user": fields}).to_string();
    desk.call("PUT", &format!("/api/v3/users/{id}"), key, &format!("input_data={input}"))
}

#[test]
fn secrets_go_to_those_who_can_use_them() {
    let dir = scratch();
    let first = output(&dir, &["init", "--json", "--admin-email", "ada@example.com"]);
    let secrets: Value = serde_json::from_slice(&first.stdout).unwrap();
    let key = secrets["technician_key"].as_str().unwrap();
    let desk = Desk::serve(&dir, &[]);
    let input = r#"input_data={"user": {"name": "Rob", "email_id": "rob@example.com"}}"#;
    assert!(desk.call("POST", "/api/v3/users", key, input).contains("rob@example.com"));
    let refused = |arguments: &[&str], expected: &str| {
        let arguments = [&["credentials"], arguments].concat();
        assert_eq!(refusal(&output(&dir, &arguments), 2), expected);
    };
    refused(
        &["technician-key", "issue", "--user", "rob@example.com"],
        "frontdesk: user: rob@example.com is no technician",
    );
    refused(
        &["admin-password", "issue", "--email", "rob@example.com"],
        "frontdesk: user: rob@example.com is no administrator, so a password would open nothing; --restore makes them one",
    );
    for minutes in ["0", "11", "99999999999999999999999"] {
        let arguments = [
            "self-client-code",
            "issue",
            "--client-id",
            "x",
            "--scope",
            "SDPOnDemand.requests.ALL",
            "--minutes",
            minutes,
        ];
        let arguments = [&["credentials"], &arguments[..]].concat();
        let line = refusal(&output(&dir, &arguments), 2);
        assert!(line.contains("1 to 10") || line.contains("number too large"), "{line}");
    }
    // The last administrator stays. When another one has taken over, the first may go, and the program says so.
    let admin = &desk::shipped::ADMINISTRATOR.to_string();
    let edited = edit_user(&desk, key, admin, &json!({"inactive": true}));
    assert!(edited.contains("last active administrator"), "{edited}");
    let second = r#"input_data={"user": {"name": "Eve", "email_id": "eve@example.com", "is_technician": true, "role": {"name": "SDAdmin"}}}"#;
    assert!(desk.call("POST", "/api/v3/users", key, second).contains("eve@example.com"));
    let edited = edit_user(&desk, key, admin, &json!({"inactive": true}));
    assert!(edited.contains("\"status_code\":2000"), "{edited}");
    desk.stop();
    refused(
        &["admin-password", "issue"],
        "frontdesk: user: the first administrator is inactive, so a password would open nothing; --email E --restore brings E back",
    );
    let restored = output(
        &dir,
        &["credentials", "--json", "admin-password", "issue", "--email", "rob@example.com", "--restore"],
    );
    assert!(restored.status.success(), "{}", String::from_utf8_lossy(&restored.stderr));
    let password: Value = serde_json::from_slice(&restored.stdout).unwrap();
    assert_eq!(password["email"], "rob@example.com");
    let issued =
        output(&dir, &["credentials", "--json", "technician-key", "issue", "--user", "rob@example.com"]);
    let issued: Value = serde_json::from_slice(&issued.stdout).unwrap();
    let desk = Desk::serve(&dir, &[]);
    let edited =
        edit_user(&desk, issued["technician_key"].as_str().unwrap(), admin, &json!({"inactive": false}));
    assert!(edited.contains("\"status_code\":2000"), "{edited}");
}

#[test]
fn version_and_help_go_to_standard_output() {
    let dir = scratch();
    let version = output(&dir, &["--version"]);
    assert_eq!(
        String::from_utf8(version.stdout).unwrap(),
        format!("frontdesk {}\n", env!("CARGO_PKG_VERSION"))
    );
    for command in [vec!["--help"], vec!["credentials", "oauth-client", "issue", "--help"]] {
        let help = output(&dir, &command);
        assert!(help.status.success() && help.stderr.is_empty() && !help.stdout.is_empty());
    }
}
