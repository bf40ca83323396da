//! `frontdesk connector` against a desk that is served.

use crate::binary::{Desk, frontdesk, output, refusal, scratch};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

/// A desk, and a folder for profiles beside it.
struct Place {
    dir: PathBuf,
    desk: Desk,
    secrets: Value,
}

impl Place {
    fn new() -> Place {
        let dir = scratch();
        let secrets: Value = serde_json::from_slice(&output(&dir, &["init", "--json"]).stdout).unwrap();
        let desk = Desk::serve(&dir, &[]);
        Place { dir, desk, secrets }
    }
    /// With a profile by technician key.
    fn connected() -> Place {
        let place = Place::new();
        let url = place.desk.url.clone();
        let made = place.typed(&["connect", "work", "--url", &url, "--key"], place.secret("technician_key"));
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        place
    }
    fn secret(&self, name: &str) -> &str {
        let found = self.secrets.get(name).or_else(|| self.secrets["oauth"].get(name));
        found.and_then(Value::as_str).unwrap_or_else(|| panic!("no {name} in {}", self.secrets))
    }
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = frontdesk(&self.dir);
        command.env("FRONTDESK_CONNECTOR_DIR", self.dir.join("profiles")).arg("connector").args(arguments);
        command
    }
    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }
    /// Runs it with lines on its standard input.
    fn typed(&self, arguments: &[&str], lines: &str) -> Output {
        let mut child = self
            .command(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(format!("{lines}\n").as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    }
    /// Runs it and gives what it printed.
    #[track_caller]
    fn said(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }
    #[track_caller]
    fn json(&self, arguments: &[&str]) -> Value {
        serde_json::from_str(&self.said(arguments)).unwrap()
    }
    fn subjects(&self) -> Vec<String> {
        let lines = self.said(&["run", "listRequests", "-f", "ndjson", "--fields", "subject"]);
        let mut subjects: Vec<String> = lines
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap()["subject"].as_str().unwrap().to_owned())
            .collect();
        subjects.sort();
        subjects
    }
}

fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn secrets_come_from_standard_input_or_the_environment_and_stay_with_their_owner() {
    let place = Place::connected();
    let url = place.desk.url.clone();
    let folder = place.dir.join("profiles");
    assert_eq!((mode(&folder), mode(&folder.join("profiles.json"))), (0o700, 0o600));
    let (id, lines) = (
        place.secret("client_id").to_owned(),
        format!("{}\n{}", place.secret("client_secret"), place.secret("refresh_token")),
    );
    let oauth = ["connect", "cloud", "--url", &url, "--client-id", &id, "--refresh-token"];
    assert!(place.typed(&oauth, &lines).status.success());
    assert_eq!(mode(&folder.join("tokens/cloud.json")), 0o600);
    let listed = place.said(&["profiles"]);
    assert!(listed.contains("* ") && listed.contains("cloud") && listed.contains("work"), "{listed}");
    for secret in ["technician_key", "client_secret", "refresh_token"] {
        assert!(!listed.contains(place.secret(secret)), "{listed}");
    }
    place.said(&["profiles", "use", "cloud"]);
    assert!(place.said(&["profiles", "check"]).contains("lets cloud in"));
    place.said(&["run", "listRequests"]);
    // Calls are shown without secrets.
    let shown = place.run(&["--debug", "-p", "work", "run", "listRequests"]);
    let shown = String::from_utf8(shown.stderr).unwrap();
    assert!(shown.contains("> authtoken: ***") && !shown.contains(place.secret("technician_key")), "{shown}");
    // A credential that does not work leaves no profile.
    let wrong = place.typed(&["connect", "wrong", "--url", &url, "--key"], "no-such-key");
    assert!(refusal(&wrong, 3).contains("401"));
    assert!(
        refusal(&place.run(&["-p", "wrong", "run", "listRequests"]), 2).contains("there is no profile wrong")
    );
    refusal(&place.typed(&["connect", "../x", "--url", &url, "--key"], "key"), 2);
    refusal(&place.typed(&["connect", "x", "--url", "nowhere", "--key"], "key"), 2);
    // The environment needs no profile.
    let mut plain = place.command(&["run", "listRequests"]);
    plain.env("FRONTDESK_CONNECTOR_DIR", place.dir.join("none"));
    plain.env("FRONTDESK_CONNECTOR_URL", &url).env("FRONTDESK_CONNECTOR_KEY", place.secret("technician_key"));
    assert!(plain.output().unwrap().status.success());
    place.said(&["profiles", "remove", "cloud"]);
    assert!(!folder.join("tokens/cloud.json").exists() && !place.said(&["profiles"]).contains("cloud"));
}

#[test]
fn a_self_clients_code_makes_a_profile() {
    let place = Place::new();
    let id = place.secret("client_id").to_owned();
    let issued = output(
        &place.dir,
        &[
            "credentials",
            "self-client-code",
            "issue",
            "--client-id",
            &id,
            "--scope",
            "SDPOnDemand.assets.ALL",
            "--json",
        ],
    );
    let issued: Value = serde_json::from_slice(&issued.stdout).unwrap();
    let code = issued["code"].as_str().unwrap_or_else(|| panic!("{issued}"));
    let lines = format!("{}\n{code}", place.secret("client_secret"));
    // A server sees a new code within a second.
    std::thread::sleep(Duration::from_millis(1200));
    let made = place.typed(
        &["connect", "assets", "--url", &place.desk.url.clone(), "--client-id", &id, "--code"],
        &lines,
    );
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    place.said(&["run", "listAssets"]);
    refusal(&place.run(&["run", "listRequests"]), 3);
}

#[test]
fn actions_are_described_and_run_in_every_form() {
    let place = Place::connected();
    let listed = place.said(&["actions"]);
    for key in ["createAsset", "rawRequest", "selectRequest", "pollChangesTrigger", "restoreRequest"] {
        assert!(listed.contains(key), "{key}");
    }
    assert_eq!(place.json(&["actions", "asset", "-f", "json"]).as_array().unwrap().len(), 6);
    let page = place.said(&["describe", "createAsset"]);
    for part in [
        "POST /assets",
        "assetName (Asset Name, text, required)",
        "example: 192.0.2.1",
        "additionalFields",
        "frontdesk connector run createAsset --input assetName=192.0.2.1",
    ] {
        assert!(page.contains(part), "{part} in {page}");
    }
    let document = place.json(&["describe", "sdp-oauth2", "-f", "json"]);
    assert_eq!(document["inputs"][5]["key"], "dataCenter");

    let made = place.json(&[
        "run",
        "createRequest",
        "-i",
        "requestSubject=A \"printer\", and more",
        "-i",
        "additionalFields.priority.name=High",
    ]);
    let id = made["data"]["request"]["id"].as_str().unwrap().to_owned();
    assert_eq!(made["data"]["request"]["priority"]["name"], "High");
    let read = place.json(&["run", "getRequest", "--input", &format!("toGetRequestId={id}")]);
    assert_eq!(read["data"]["request"]["subject"], "A \"printer\", and more");
    let piped = place.typed(
        &["run", "createRequest", "--json", "-", "-i", "requestSubject=B"],
        r#"{"requestSubject": "x", "impactDetails": "y"}"#,
    );
    let piped: Value = serde_json::from_slice(&piped.stdout).unwrap();
    assert_eq!(
        (&piped["data"]["request"]["subject"], &piped["data"]["request"]["impact_details"]),
        (&json!("B"), &json!("y"))
    );
    let csv = place.said(&["run", "listRequests", "-f", "csv", "--fields", "id,subject,requester.email_id"]);
    let mut lines = csv.lines();
    assert_eq!(lines.next(), Some("id,subject,requester.email_id"));
    assert_eq!(lines.next().unwrap(), format!("{id},\"A \"\"printer\"\", and more\",admin@frontdesk.local"));
    assert_eq!(place.subjects(), ["A \"printer\", and more", "B"]);
    let table = place.said(&[
        "run",
        "listRequests",
        "-f",
        "table",
        "--fields",
        "subject,priority",
        "-i",
        "sortField=subject",
    ]);
    assert!(table.starts_with("subject"), "{table}");
    let table = place.said(&["source", "selectRequest", "--search", "PRINTER", "-f", "table"]);
    assert_eq!(table.lines().count(), 2, "{table}");
    let file = place.dir.join("out.ndjson");
    place.said(&["run", "listRequests", "-f", "ndjson", "-o", file.to_str().unwrap()]);
    assert_eq!(std::fs::read_to_string(&file).unwrap().lines().count(), 2);

    // Files, up and down.
    let bytes: Vec<u8> = (0..100_000_u32).map(|n| (n % 256) as u8).collect();
    std::fs::write(place.dir.join("up.bin"), &bytes).unwrap();
    let of = format!("recordId={id}");
    let up = place.json(&[
        "run",
        "uploadAttachment",
        "-i",
        "recordModule=requests",
        "-i",
        &of,
        "-i",
        "fileName=up.bin",
        "-i",
        "fileContent=@up.bin",
    ]);
    let attachment = format!("attachmentId={}", up["data"]["attachment"]["id"].as_str().unwrap());
    place.said(&[
        "run",
        "downloadAttachment",
        "-i",
        "recordModule=requests",
        "-i",
        &of,
        "-i",
        &attachment,
        "--save",
        "down.bin",
    ]);
    assert_eq!(std::fs::read(place.dir.join("down.bin")).unwrap(), bytes);
}

#[test]
fn each_kind_of_failure_has_its_exit_code_and_its_line() {
    let place = Place::connected();
    for (code, arguments, expected) in [
        (2, vec!["run", "createAsset"], "assetName: is required; state: is required; product: is required"),
        (2, vec!["run", "createAsst"], "there is no action createAsst"),
        (2, vec!["run", "getRequest", "-i", "x=1"], "getRequest has no input x"),
        (2, vec!["run", "getRequest", "--json", "missing.json"], "cannot read missing.json"),
        (2, vec!["source", "selectUser"], "there is no data source selectUser; there are selectAsset"),
        (2, vec!["--rate", "0", "run", "listRequests"], "--rate must be a number above 0"),
        (2, vec!["describe", "nothing"], "there is nothing called nothing"),
        (2, vec!["run", "listRequests", "-f", "table", "-o", "x"], "a table is for reading"),
        (
            1,
            vec!["run", "createAsset", "-i", "assetName=x", "-i", "state=Nope", "-i", "product=Nope"],
            "4001 state",
        ),
        (4, vec!["run", "getRequest", "-i", "toGetRequestId=5"], "HTTP 404"),
    ] {
        let line = refusal(&place.run(&arguments), code);
        assert!(line.contains(expected), "{arguments:?}: {line}");
    }
    let mut gone = place.command(&["--retries", "1", "run", "listRequests"]);
    gone.env("FRONTDESK_CONNECTOR_URL", "http://127.0.0.1:9").env("FRONTDESK_CONNECTOR_KEY", "x");
    let line = refusal(&gone.output().unwrap(), 5);
    assert!(line.contains("cannot reach http://127.0.0.1:9: Connection refused"), "{line}");
}

#[test]
fn a_desk_behind_tls_is_spoken_to_by_who_trusts_it() {
    let dir = scratch();
    let fixture = |name: &str| format!("{}/tests/it/fixtures/{name}", env!("CARGO_MANIFEST_DIR"));
    let secrets: Value = serde_json::from_slice(&output(&dir, &["init", "--json"]).stdout).unwrap();
    let desk = Desk::serve(&dir, &["--tls-cert", &fixture("one.crt"), "--tls-key", &fixture("one.key")]);
    let port = desk.address().rsplit(':').next().unwrap().to_owned();
    let run = |trusted: &str| {
        let mut command = frontdesk(&dir);
        command.args(["connector", "--retries", "0", "run", "listRequests"]);
        command.env("SSL_CERT_FILE", fixture(trusted)).env_remove("SSL_CERT_DIR");
        command.env("FRONTDESK_CONNECTOR_URL", format!("https://localhost:{port}"));
        command.env("FRONTDESK_CONNECTOR_KEY", secrets["technician_key"].as_str().unwrap());
        command.output().unwrap()
    };
    let trusted = run("one.crt");
    assert!(trusted.status.success(), "{}", String::from_utf8_lossy(&trusted.stderr));
    assert!(refusal(&run("two.crt"), 5).contains("certificate"));
}

#[test]
fn polling_goes_on_where_it_stopped() {
    let place = Place::connected();
    let new = |subject: &str| {
        drop(place.json(&["run", "createRequest", "-i", &format!("requestSubject={subject}")]))
    };
    new("before");
    assert_eq!(place.said(&["poll", "--once"]), "");
    new("one");
    new("two");
    let told = place.said(&["poll", "--once"]);
    let events: Vec<Value> = told.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let subjects: Vec<&str> = events.iter().map(|e| e["record"]["subject"].as_str().unwrap()).collect();
    assert_eq!((subjects, &events[0]["event"]), (vec!["one", "two"], &json!("created")));
    assert_eq!(place.said(&["poll", "--once"]), "");
    // For ever, until it is stopped.
    let mut child = place.command(&["poll", "--every", "1"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    new("three");
    let mut line = String::new();
    lines.read_line(&mut line).unwrap();
    assert!(line.contains("\"three\""), "{line}");
    // It ends between two batches, when what it told is remembered.
    assert!(
        Command::new("sh").arg("-c").arg(format!("kill -TERM {}", child.id())).status().unwrap().success()
    );
    assert!(child.wait().unwrap().success());
    assert_eq!(place.said(&["poll", "--once"]), "");
    std::fs::write(place.dir.join("bad.json"), "{").unwrap();
    refusal(&place.run(&["poll", "--once", "--state", "bad.json"]), 2);
}

#[test]
fn events_that_a_webhook_did_not_take_are_told_again() {
    let place = Place::connected();
    place.said(&["poll", "--once", "--state", "s.json"]);
    place.json(&["run", "createRequest", "-i", "requestSubject=hooked"]);
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/hook?x=1", listener.local_addr().unwrap());
    let server = std::thread::spawn(move || {
        let mut bodies = Vec::new();
        for status in ["500 Broken", "204 Taken"] {
            let (mut stream, _) = listener.accept().unwrap();
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let (mut head, mut length) = (String::new(), 0);
            loop {
                let mut line = String::new();
                reader.read_line(&mut line).unwrap();
                if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length: ") {
                    length = value.trim().parse().unwrap();
                }
                head.push_str(&line);
                if line == "\r\n" {
                    break;
                }
            }
            let mut body = vec![0; length];
            std::io::Read::read_exact(&mut reader, &mut body).unwrap();
            write!(stream, "HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").unwrap();
            bodies.push((head, serde_json::from_slice::<Value>(&body).unwrap()));
        }
        bodies
    });
    let hooked = |place: &Place| {
        let mut command =
            place.command(&["--retries", "0", "poll", "--once", "--state", "s.json", "--webhook", &url]);
        command.env("FRONTDESK_CONNECTOR_WEBHOOK_TOKEN", "hush").output().unwrap()
    };
    refusal(&hooked(&place), 6);
    assert!(hooked(&place).status.success());
    let bodies = server.join().unwrap();
    assert!(
        bodies[0].0.to_ascii_lowercase().contains("authorization: bearer hush")
            && bodies[0].0.starts_with("POST /hook?x=1 ")
    );
    assert_eq!(bodies[0].1, bodies[1].1);
    assert_eq!(bodies[1].1["events"][0]["record"]["subject"], "hooked");
    assert_eq!(place.said(&["poll", "--once", "--state", "s.json"]), "");
}

#[test]
fn bulk_takes_csv_and_json_lines_and_tells_of_each_row() {
    let place = Place::connected();
    let write = |name: &str, text: &str| std::fs::write(place.dir.join(name), text).unwrap();
    write(
        "new.csv",
        "Request Subject,Prio,impactDetails\n\"A, first\",High,floor 1\nB,Low,\nC,Nope,x\n,High,x\n",
    );
    let line = refusal(&place.run(&["bulk", "createRequest", "--from", "new.csv"]), 2);
    assert!(line.contains("column Prio of new.csv is no input"), "{line}");
    write(
        "map.toml",
        "[columns]\nPrio = \"additionalFields.priority.name\"\n\n[defaults]\nrequestDescription = \"from a file\"\n",
    );
    let mapped = ["bulk", "createRequest", "--from", "new.csv", "--map", "map.toml"];
    let dry = place.run(&[mapped.as_slice(), &["--dry-run"]].concat());
    assert!(refusal(&dry, 1).contains("1 row cannot be sent"));
    assert_eq!(place.subjects(), Vec::<String>::new());
    let done = place.run(&mapped);
    assert!(refusal(&done, 1).contains("2 rows refused"));
    assert!(
        String::from_utf8_lossy(&done.stdout)
            .starts_with("2 done, 2 refused, 0 uncertain; new.csv.createRequest.report")
    );
    assert_eq!(place.subjects(), ["A, first", "B"]);
    let report = std::fs::read_to_string(place.dir.join("new.csv.createRequest.report")).unwrap();
    let refused: Vec<Value> = report
        .lines()
        .map(|l| serde_json::from_str(l).unwrap())
        .filter(|l: &Value| l["status"] == "refused")
        .collect();
    assert!(
        refused.iter().any(|l| l["row"] == 3 && l["code"] == 4001 && l["field"] == "priority"),
        "{refused:?}"
    );
    assert!(refused.iter().any(|l| l["row"] == 4 && l["field"] == "requestSubject"), "{refused:?}");
    // Once more: what was done is not done again. A file that was changed is another one.
    assert!(
        String::from_utf8_lossy(&place.run(&mapped).stdout)
            .starts_with("0 done, 2 by an earlier run, 2 refused")
    );
    assert_eq!(place.subjects().len(), 2);
    write("new.csv", "Request Subject,Prio\nD,High\n");
    assert!(refusal(&place.run(&mapped), 2).contains("is about another file"));
    write(
        "more.ndjson",
        "{\"requestSubject\": \"E\", \"emailIdsToNotify\": [\"a@example.com\"], \"additionalFields\": {\"is_fcr\": true}}\n\n{\"Request Subject\": \"F\"}\n",
    );
    let told = place.said(&[
        "bulk",
        "createRequest",
        "--from",
        "more.ndjson",
        "--set",
        "impactDetails=all",
        "--report",
        "r",
    ]);
    assert!(told.starts_with("2 done, 0 refused"), "{told}");
    assert_eq!(place.subjects(), ["A, first", "B", "E", "F"]);
}

#[test]
fn a_bulk_run_that_is_killed_and_run_again_does_each_row_once() {
    let place = Place::connected();
    let rows: String = (0..600).map(|n| format!("Row {n:04}\n")).collect();
    std::fs::write(place.dir.join("many.csv"), format!("requestSubject\n{rows}")).unwrap();
    let bulk = ["bulk", "createRequest", "--from", "many.csv", "--concurrency", "8"];
    let report = place.dir.join("many.csv.createRequest.report");
    for _ in 0..2 {
        let before = std::fs::read_to_string(&report).map_or(0, |text| text.lines().count());
        let mut child = place.command(&bulk).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let begun = Instant::now();
        while std::fs::read_to_string(&report).map_or(0, |text| text.lines().count()) < before + 60 {
            assert!(begun.elapsed() < Duration::from_secs(30), "nothing happens");
            std::thread::sleep(Duration::from_millis(2));
        }
        child.kill().unwrap();
        child.wait().unwrap();
    }
    let told = place.said(&bulk);
    assert!(told.contains("by an earlier run, 0 refused, 0 uncertain"), "{told}");
    let expected: Vec<String> = (0..600).map(|n| format!("Row {n:04}")).collect();
    assert_eq!(place.subjects(), expected);
}

#[test]
fn shells_complete_commands_and_keys() {
    let dir = scratch();
    for (shell, word) in [("bash", "createAsset"), ("zsh", "createAsset"), ("fish", "bulk")] {
        let script = String::from_utf8(output(&dir, &["completions", shell]).stdout).unwrap();
        assert!(script.contains(word), "{shell}");
    }
}
