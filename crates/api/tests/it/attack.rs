//! Every route as somebody who may not: nobody, a token for something else, a requester and a technician to whom the
//! records do not belong. The outcome is a table that a change of rights, or a new route, shows up in.

use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::fmt::Write;
use testkit::{App, Client, Engine, encoded, on_both_engines};

/// Paths and methods as the OpenAPI document tells them: a route that is not there does not exist.
/// With each the key of its input, for what takes one.
async fn routes(app: &App) -> Vec<(String, String, Option<String>)> {
    let document = app.nobody().send("GET", "/api/openapi.json", &[], String::new()).await.json();
    let mut routes = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, told) in methods.as_object().unwrap().iter().filter(|(m, _)| *m != "parameters") {
            let input = &told["requestBody"]["content"]["application/json"]["schema"]["properties"];
            let key = input.as_object().and_then(|keys| keys.keys().next().cloned());
            routes.push((method.to_uppercase(), path.clone(), key));
        }
    }
    // What takes away comes last.
    let rank = |method: &str| ["GET", "POST", "PUT", "DELETE"].iter().position(|m| *m == method);
    routes.sort_by_key(|(method, path, _)| (rank(method), path.clone()));
    routes
}

/// A request of Rita's at a site of its own, with something below it of every kind that is easily made.
async fn world(app: &App) -> BTreeMap<&'static str, String> {
    let admin = app.admin();
    let site = admin.post("/sites", json!({"site": {"name": "Munich"}})).await.ok();
    let (rita, _) = app.person("Rita Requester", json!({"site": {"name": "Munich"}})).await;
    let request = json!({"request": {"subject": "Zinnober", "requester": {"id": rita.to_string()}, "site": {"id": site["site"]["id"]}}});
    let made = admin.post("/requests", request).await.ok();
    let request = made["request"]["id"].as_str().unwrap().to_owned();
    let at = format!("/requests/{request}");
    admin.post(&format!("{at}/notes"), json!({"note": {"description": "Zinnober"}})).await.ok();
    admin.post(&format!("{at}/tasks"), json!({"task": {"title": "Zinnober task"}})).await.ok();
    admin
        .post(
            &format!("{at}/worklogs"),
            json!({"worklog": {"description": "Zinnober", "time_spent": {"hours": 1}}}),
        )
        .await;
    let problem = admin.post("/problems", json!({"problem": {"title": "Zinnober problem"}})).await.ok();
    let problem = problem["problem"]["id"].as_str().unwrap().to_owned();
    admin.post(&format!("/problems/{problem}/notes"), json!({"note": {"description": "Zinnober"}})).await;
    BTreeMap::from([
        ("/requests", request),
        ("/problems", problem),
        ("/users", rita.to_string()),
        ("/requesters", rita.to_string()),
    ])
}

/// The first record of a list, as an administrator sees it; one that is not there where the list is empty.
async fn first_of(app: &App, list: &str) -> String {
    let reply = app.admin().get(list).await;
    let json: Json = serde_json::from_slice(&reply.bytes).unwrap_or_default();
    let rows = json
        .as_object()
        .into_iter()
        .flatten()
        .find_map(|(key, rows)| rows.as_array().filter(|_| key != "response_status"));
    rows.and_then(|rows| rows.first()?["id"].as_str().map(str::to_owned))
        .unwrap_or_else(|| "100001000000000001".into())
}

/// A path with ids of what is there in the places of its parameters.
async fn filled(app: &App, path: &str, known: &mut BTreeMap<String, String>) -> String {
    let mut out = String::new();
    for part in path.split('/').skip(1) {
        if part.starts_with('{') {
            if part != "{ci_type}" && !known.contains_key(&out) {
                known.insert(out.clone(), first_of(app, &out).await);
            }
            let id = if part == "{ci_type}" { "ci_computer" } else { &known[&out] };
            out = format!("{out}/{id}");
        } else {
            out.push('/');
            out.push_str(part);
        }
    }
    out
}

/// The status, and whether the answer tells of what is not the caller's.
async fn call(client: &Client<'_>, method: &str, path: &str, key: Option<&str>) -> (u16, bool) {
    let input = key.map_or_else(|| json!({}), |key| json!({key: {}}));
    let reply = match method {
        "GET" => client.get(path).await,
        "POST" => client.post(path, input).await,
        "PUT" => client.put(path, input).await,
        _ => client.delete(path).await,
    };
    let told = String::from_utf8_lossy(&reply.bytes);
    (reply.status.as_u16(), told.contains("Zinnober") || told.contains("Rita Requester"))
}

#[tokio::test]
async fn every_route_as_those_who_may_not() {
    let app = App::start(Engine::Sqlite).await.unwrap();
    let mut known: BTreeMap<String, String> =
        world(&app).await.into_iter().map(|(list, id)| (list.to_owned(), id)).collect();
    let elsewhere = desk::Scopes::parse("SDPOnDemand.solutions.READ").unwrap();
    let token = app.token_for(desk::shipped::ADMINISTRATOR, elsewhere).await;
    let scope = Client::with_token(&app, &token);
    let (_, weak) = app.requester("Wim Weak").await;
    app.admin().post("/sites", json!({"site": {"name": "Berlin"}})).await.ok();
    let limited = json!({"is_technician": true, "role": {"name": "SDSiteTechnician"}, "associated_sites": [{"name": "Berlin"}]});
    let (_, foreign) = app.person("Fritz Foreign", limited).await;
    let nobody = app.nobody();

    let mut table = String::from(
        "# What an empty call of each route comes to: for nobody, an administrator's token whose scope is another area, a\n\
         # requester who is a stranger to the records, a technician of another site.\n",
    );
    let mut wrong = Vec::new();
    for (method, path, key) in routes(&app).await {
        let full = filled(&app, &path, &mut known).await;
        let (mut row, mut leaks) = (Vec::new(), Vec::new());
        for client in [&nobody, &scope, &weak, &foreign] {
            let (status, told) = call(client, &method, &full, key.as_deref()).await;
            row.push(status);
            leaks.push(told);
        }
        writeln!(table, "{method:<6} {path:<72} {} {} {} {}", row[0], row[1], row[2], row[3]).unwrap();
        let is_theirs = ["/requests/{", "/problems/{", "/users/{", "/requesters/{"]
            .iter()
            .any(|own| path.starts_with(own));
        for (is_wrong, whom) in [
            (row[0] != 401, "nobody"),
            (row[1] < 400, "a token for something else"),
            (is_theirs && method != "GET" && row[2] < 400, "a stranger"),
            (leaks[0] || leaks[1] || leaks[2], "a stranger, who is told of others"),
            (row.iter().any(|status| *status >= 500), "anybody"),
        ] {
            if is_wrong {
                wrong.push(format!("{method} {path} for {whom}: {row:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    // Nothing of it had an effect on what is not theirs.
    let still = app.admin().get(&format!("/requests/{}", known["/requests"])).await.ok();
    assert_eq!(still["request"]["subject"], "Zinnober");
    let agreed = include_str!("attack.txt");
    assert!(
        table == agreed,
        "if the change is meant, put this into tests/it/attack.txt:\n{}",
        changes(agreed, &table)
    );
}

/// Puts a file on a request.
async fn upload(client: &Client<'_>, request: &str, listed: bool) -> Json {
    let body = format!(
        "--b\r\nContent-Disposition: form-data; name=\"input_file\"; filename=\"a.txt\"\r\n\r\nsecret\r\n\
         --b\r\nContent-Disposition: form-data; name=\"addtoattachment\"\r\n\r\n{listed}\r\n--b--\r\n"
    );
    let headers = [("Content-Type", "multipart/form-data; boundary=b")];
    client.send("POST", &format!("/api/v3/requests/{request}/_uploads"), &headers, body).await.ok()
}

/// Lines that are not in the other text.
fn changes(old: &str, new: &str) -> String {
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("attack.txt");
    std::fs::write(&path, new).unwrap();
    let mut out = format!("(all of it is in {})\n", path.display());
    for (sign, these, those) in [("-", old, new), ("+", new, old)] {
        let those: std::collections::BTreeSet<&str> = those.lines().collect();
        for line in these.lines().filter(|line| !those.contains(line)).take(20) {
            writeln!(out, "{sign} {line}").unwrap();
        }
    }
    out
}

on_both_engines! {
    references_in_bodies_lead_to_nothing_of_others(app) {
        let world = world(app).await;
        let foreign = &world["/requests"];
        let (_, rita_key) = (&world["/users"], app.key_for(world["/users"].parse().unwrap()).await);
        let rita = Client::with_key(app, &rita_key);
        let (_, weak) = app.requester("Wim Weak").await;
        let own = weak.new_request("Mine").await;
        // A file of Rita's that hangs on nothing yet, and one that does.
        for listed in [false, true] {
            let made = upload(&rita, foreign, listed).await;
            let file = made["files"][0]["file_id"].as_str().unwrap_or_else(|| panic!("{made}")).to_owned();
            for client in [&weak, &app.admin()] {
                let take = json!({"request": {"attachments": [{"id": file}]}});
                client.put(&format!("/requests/{own}"), take.clone()).await.refused(400, 4001, "attachments");
                let mut new = take;
                new["request"]["subject"] = json!("With a stolen file");
                client.post("/requests", new).await.refused(400, 4001, "attachments");
            }
            // By the path of one's own record, or of none.
            assert_eq!(weak.get(&format!("/requests/{own}/_uploads/{file}")).await.status, 404);
            assert!(weak.get(&format!("/requests/{foreign}/_uploads/{file}")).await.status.as_u16() >= 400);
            assert!(weak.delete(&format!("/requests/{own}/_uploads/{file}")).await.status.as_u16() >= 400);
        }
        // Rows below a record by the path of another one.
        let notes = app.admin().get(&format!("/requests/{foreign}/notes")).await.ok();
        let note = notes["notes"][0]["id"].as_str().unwrap();
        assert_eq!(weak.get(&format!("/requests/{own}/notes/{note}")).await.status, 404);
        assert_eq!(app.admin().get(&format!("/requests/{own}/notes/{note}")).await.status, 404);
        let tasks = app.admin().get(&format!("/requests/{foreign}/tasks")).await.ok();
        let task = tasks["tasks"][0]["id"].as_str().unwrap();
        assert_eq!(app.admin().get(&format!("/requests/{own}/tasks/{task}")).await.status, 404);

        // Names of others and of records that one may not see.
        for body in [
            json!({"subject": "x", "requester": {"id": world["/users"]}}),
            json!({"subject": "x", "linked_to_request": {"request": {"id": foreign}}}),
            json!({"subject": "x", "problem": {"id": world["/problems"]}}),
            json!({"subject": "x", "technician": {"id": desk::shipped::ADMINISTRATOR.to_string()}}),
        ] {
            let reply = weak.post("/requests", json!({"request": body})).await;
            if reply.status.is_success() {
                let made = reply.json()["request"].clone();
                assert_ne!(made["requester"]["id"], world["/users"].as_str(), "in another's name: {body}");
                let told = made.to_string();
                assert!(!told.contains("Zinnober"), "{body} told of what is not theirs: {told}");
                assert!(made["technician"].is_null() && made["problem"].is_null(), "{body}: {told}");
            }
        }
        let link = json!({"link_requests": [{"linked_request": {"id": foreign}}]});
        assert!(weak.post(&format!("/requests/{own}/link_requests"), link).await.status.as_u16() >= 400);

        // Nothing of others by searching, sorting or counting.
        for info in [
            json!({"search_text": "Zinnober", "get_total_count": true}),
            json!({"search_criteria": [{"field": "id", "condition": "is", "value": foreign}], "get_total_count": true}),
            json!({"search_criteria": [{"field": "subject", "condition": "contains", "value": "Zin"}], "get_total_count": true}),
            json!({"search_fields": {"subject": "Zinnober"}, "get_total_count": true}),
        ] {
            let found = weak.list("/requests", info.clone()).await.ok();
            assert_eq!(found["list_info"]["total_count"], 0, "{info}: {found}");
        }
    }

    html_of_strangers_is_stored_clean(app) {
        let evil = "<p>Hello</p><img src=x onerror=alert(1)><script>alert(1)</script>";
        let clean = "<p>Hello</p><img src=\"x\">";
        let (_, weak) = app.requester("Wim Weak").await;
        let made = weak.post("/requests", json!({"request": {"subject": "x", "description": evil}})).await.ok();
        assert_eq!(made["request"]["description"], clean);
        let at = format!("/requests/{}", made["request"]["id"].as_str().unwrap());
        weak.put(&at, json!({"request": {"description": format!("{evil}2")}})).await.ok();
        assert_eq!(weak.get(&at).await.ok()["request"]["description"], format!("{clean}2"));
        let admin = app.admin();
        let note = admin.post(&format!("{at}/notes"), json!({"note": {"description": evil}})).await.ok();
        assert!(!note.to_string().contains("onerror"), "{note}");
        let solved = admin.put(&at, json!({"request": {"resolution": {"content": evil}}})).await.ok();
        assert!(!solved.to_string().contains("onerror"), "{solved}");
        let problem = admin.post("/problems", json!({"problem": {"title": "x", "description": evil}})).await.ok();
        assert!(!problem.to_string().contains("onerror"), "{problem}");
        let said = format!("input_data={}", encoded(&json!({"request": {"subject": "<b>x</b>"}}).to_string()));
        let headers = [("Content-Type", "application/x-www-form-urlencoded")];
        // Titles are text and stay text: whoever shows them escapes them.
        let titled = weak.send("POST", "/api/v3/requests", &headers, said).await.ok();
        assert_eq!(titled["request"]["subject"], "<b>x</b>");
    }

    guessing_is_held_up_and_nobody_else(app) {
        let ada = desk::shipped::ADMINISTRATOR;
        let key = app.key_for(ada).await;
        let guesser = app.nobody().with_options(App::api_options()).at("192.0.2.7");
        let good = Client::with_key(app, &key).beside(&guesser);
        let fox = app.happyfox().beside(&guesser);
        let new = Client::with_key(app, &app.key_for(ada).await).beside(&guesser);
        let elsewhere = new.at("192.0.2.8");
        let read = async |client: &Client<'_>| client.get("/requests").await.status.as_u16();
        let people = "/api/v2/public/requesters/";
        assert_eq!((read(&good).await, fox.send("GET", people, &[], "").await.status.as_u16()), (200, 200));
        let form = [("Content-Type", "application/x-www-form-urlencoded")];
        let exchange = format!("grant_type=refresh_token&refresh_token=x&client_id={}&client_secret=guess", app.secrets.client_id);
        // Whoever shows nothing guesses nothing.
        for _ in 0..110 {
            assert_eq!(read(&guesser).await, 401);
        }
        let mut told = Vec::new();
        for guess in 0..35 {
            told.push(read(&Client::with_key(app, &format!("{guess:032X}")).beside(&guesser)).await);
            told.push(read(&Client::with_token(app, &format!("1000.{guess}")).beside(&guesser)).await);
            let fox = Client::with_basic(app, &app.secrets.happyfox.api_key, &format!("{guess}")).beside(&guesser);
            told.push(fox.send("GET", people, &[], "").await.status.as_u16());
            let tokens = guesser.send("POST", "/oauth/v2/token", &form, exchange.clone()).await;
            told.push(if tokens.status == 200 { 401 } else { tokens.status.as_u16() });
        }
        let (looked, held) = told.split_at(100);
        assert!(looked.iter().all(|status| *status == 401), "{told:?}");
        assert!(held.iter().all(|status| matches!(status, 400 | 429)), "{told:?}");
        let held = Client::with_key(app, "GUESS").beside(&guesser).get("/requests").await;
        assert!(held.headers.contains_key("retry-after"));
        held.refused(429, 4015, "-");
        // What was good here goes on, what nobody has seen here waits, and others are not concerned.
        assert_eq!((read(&good).await, fox.send("GET", people, &[], "").await.status.as_u16()), (200, 200));
        assert_eq!((read(&new).await, read(&elsewhere).await), (429, 200));
        app.clock.advance(61_000);
        assert_eq!((read(&good).await, read(&new).await), (200, 200));
        assert_eq!(read(&Client::with_key(app, "GUESS").beside(&guesser)).await, 401);
    }

    files_are_limited_in_size_and_number(app) {
        let admin = app.admin();
        let upload = async |at: &str, bytes: usize| {
            let mut body = b"--b\r\nContent-Disposition: form-data; name=\"input_file\"; filename=\"a.txt\"\r\n\r\n".to_vec();
            body.resize(body.len() + bytes, b'x');
            body.extend_from_slice(b"\r\n--b--\r\n");
            let headers = [("Content-Type", "multipart/form-data; boundary=b")];
            admin.send("POST", &format!("/api/v3{at}/_uploads"), &headers, body).await
        };
        let task = admin.post("/tasks", json!({"task": {"title": "Look"}})).await.ok();
        let task = format!("/tasks/{}", task["task"]["id"].as_str().unwrap());
        upload(&task, desk::FILE_BYTES_MAX + 1).await.refused(400, 4001, "input_file");
        upload(&task, desk::FILE_BYTES_MAX).await.ok();
        assert_eq!(upload(&task, 45 << 20).await.status, 413);
        for (at, there, most) in [(&task, 1, 10), (&format!("/requests/{}", admin.new_request("Files").await), 0, 100)] {
            for _ in there..most {
                upload(at, 1).await.ok();
            }
            let refused = upload(at, 1).await.refused(400, 4001, "input_file");
            assert!(refused.to_string().contains(&format!("At most {most} files")), "{refused}");
        }
    }

    files_of_strangers_are_served_inert(app) {
        let (_, weak) = app.requester("Wim Weak").await;
        let id = weak.new_request("With files").await;
        for (name, kind, shown) in [
            ("../../../etc/passwd", "text/html", "passwd"),
            ("..\\..\\boot.ini", "text/html", "boot.ini"),
            ("x.html\u{0}.png", "image/svg+xml", "x.html_.png"),
            ("a\u{1f}b.svg", "image/svg+xml", "ab.svg"),
            (".", "text/html", "."),
            ("con", "application/xhtml+xml", "con"),
        ] {
            let body = format!(
                "--b\r\nContent-Disposition: form-data; name=\"input_file\"; filename=\"{name}\"\r\nContent-Type: {kind}\r\n\r\n\
                 <script>alert(1)</script>\r\n\
                 --b\r\nContent-Disposition: form-data; name=\"addtoattachment\"\r\n\r\ntrue\r\n--b--\r\n"
            );
            let headers = [("Content-Type", "multipart/form-data; boundary=b")];
            let made = weak.send("POST", &format!("/api/v3/requests/{id}/_uploads"), &headers, body).await.ok();
            let file = made["files"][0]["file_id"].as_str().unwrap_or_else(|| panic!("{made}"));
            let reply = weak.get(&format!("/requests/{id}/_uploads/{file}")).await;
            let header = |name: &str| reply.headers.get(name).map_or("", |value| value.to_str().unwrap());
            let disposition = header("content-disposition");
            assert!(disposition.starts_with("attachment; filename=\"") && disposition.contains(shown), "{name:?}: {disposition}");
            assert!(!disposition.contains("..") && !disposition.contains('/'), "{disposition}");
            assert_eq!(header("x-content-type-options"), "nosniff");
            assert!(header("content-security-policy").contains("sandbox"), "{name:?}");
        }
        // Nothing was written beside the folder of files.
        let outside: Vec<_> = std::fs::read_dir(app.files_dir().parent().unwrap()).unwrap().map(|e| e.unwrap().file_name()).collect();
        assert!(outside.iter().all(|name| name.to_str().unwrap().starts_with("frontdesk.db") || name == "files"), "{outside:?}");
    }
}
