//! Attacks that are no plain call of a route, which `matrix.rs` tries: references to what is others' inside bodies, texts and files
//! that are out to harm, guesses.

use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use testkit::{App, Client, encoded, on_both_engines};

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

/// Puts a file on a request.
async fn upload(client: &Client<'_>, request: &str, listed: bool) -> Json {
    let body = format!(
        "--b\r\nContent-Disposition: form-data; name=\"input_file\"; filename=\"a.txt\"\r\n\r\nsecret\r\n\
         --b\r\nContent-Disposition: form-data; name=\"addtoattachment\"\r\n\r\n{listed}\r\n--b--\r\n"
    );
    let headers = [("Content-Type", "multipart/form-data; boundary=b")];
    client.send("POST", &format!("/api/v3/requests/{request}/_uploads"), &headers, body).await.ok()
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

    each_door_takes_its_own_credentials(app) {
        let ada = desk::shipped::ADMINISTRATOR;
        let token = app.token_for(ada, desk::Scopes::all()).await;
        let (fox, secrets) = (&app.secrets.happyfox, &app.secrets);
        let session = app.admins_browser().await.cookie("frontdesk_session").unwrap();
        let cookie = Client::new(app, vec![("Cookie".into(), format!("frontdesk_session={session}"))]);
        let bearer = |word: &str, secret: &str| Client::new(app, vec![("Authorization".into(), format!("{word} {secret}"))]);
        let refresh = &secrets.refresh_token;
        // Each credential, and which of the doors let it in: V3, the requester API, the pages.
        for (what, client, doors) in [
            ("nothing", app.nobody(), [false, false, false]),
            ("a technician key", app.admin(), [true, false, false]),
            ("an access token", Client::with_token(app, &token), [true, false, false]),
            ("a key of the requester API", app.happyfox(), [false, true, false]),
            ("its key with another code", Client::with_basic(app, &fox.api_key, "x"), [false, false, false]),
            ("its code as the key", Client::with_basic(app, &fox.auth_code, &fox.api_key), [false, false, false]),
            ("its key as a technician key", Client::with_key(app, &fox.api_key), [false, false, false]),
            ("a technician key in Basic", Client::with_basic(app, &secrets.technician_key, ""), [false, false, false]),
            ("a technician key as a token", bearer("Zoho-oauthtoken", &secrets.technician_key), [false, false, false]),
            ("a refresh token as an access token", bearer("Zoho-oauthtoken", refresh), [false, false, false]),
            ("the client's secret as a token", bearer("Bearer", &secrets.client_secret), [false, false, false]),
            ("an access token as a technician key", Client::with_key(app, &token), [false, false, false]),
            ("a session", cookie, [false, false, true]),
            ("a session's secret as a token", bearer("Bearer", &session), [false, false, false]),
        ] {
            let v3 = client.get("/requests").await.status.as_u16();
            let people = client.send("GET", "/api/v2/public/requesters/", &[], "").await.status.as_u16();
            let page = client.send("GET", "/requests", &[], "").await;
            let told = [v3, people, page.status.as_u16()];
            assert_eq!(told.map(|status| status == 200), doors, "{what}: {told:?}");
            assert!(told[..2].iter().all(|status| matches!(status, 200 | 401)) && matches!(told[2], 200 | 303), "{what}: {told:?}");
        }
    }

    every_call_of_the_requester_api_as_everybody(app) {
        let (rita, _) = app.requester("Rita Requester").await;
        let (tina, _) = app.technician("Tina Technician").await;
        let mut keys = vec![("nobody", app.nobody()), ("a wrong code", Client::with_basic(app, &app.secrets.happyfox.api_key, "x"))];
        for (whom, user) in [("a requester", rita), ("a technician", tina), ("an administrator", desk::shipped::ADMINISTRATOR)] {
            let (key, code) = app.identity.issue_happyfox_key(user, whom, app.desk.now()).await.unwrap();
            keys.push((whom, Client::with_basic(app, &key, &code)));
        }
        let fox = app.happyfox();
        let send = async |client: &Client<'_>, method: &str, path: &str, body: &Json| {
            let body = if body.is_null() { String::new() } else { body.to_string() };
            client.send(method, &format!("/api/v2/public/{path}"), &[], body).await
        };
        let field = json!({"name": "Office", "type": "text"});
        let one = json!({"email": "new@example.com", "name": "New"});
        for (method, path, body, expected) in [
            ("GET", "requesters/", Json::Null, [401, 401, 403, 200, 200]),
            ("GET", "requesters/{person}/", Json::Null, [401, 401, 403, 200, 200]),
            ("POST", "requesters/", one.clone(), [401, 401, 403, 200, 200]),
            ("POST", "requesters/", json!([one]), [401, 401, 403, 200, 200]),
            ("POST", "requesters/actions/change-email/", json!({"from_email": "{old}", "to_email": "{new}"}), [401, 401, 403, 200, 200]),
            ("GET", "requester_fields/", Json::Null, [401, 401, 403, 200, 200]),
            ("GET", "requester_fields/{field}/", Json::Null, [401, 401, 403, 200, 200]),
            ("POST", "requester_fields/", json!({"name": "Floor", "type": "text"}), [401, 401, 403, 403, 201]),
            ("PUT", "requester_fields/{field}/", json!({"name": "Room"}), [401, 401, 403, 403, 200]),
            ("DELETE", "requester_fields/{field}/", Json::Null, [401, 401, 403, 403, 204]),
        ] {
            let mut told = Vec::new();
            for (n, (_, client)) in keys.iter().enumerate() {
                // Each call is about something that is there.
                let email = format!("p{n}.{}@example.com", told.len());
                let person = send(&fox, "POST", "requesters/", &json!({"email": email, "name": "P"})).await.json();
                let made = send(&fox, "POST", "requester_fields/", &field).await.json();
                let id = |made: &Json| made["id"].as_u64().map_or_else(|| made["id"].as_str().unwrap_or("?").to_owned(), |id| id.to_string());
                let path = path.replace("{person}", &id(&person)).replace("{field}", &id(&made));
                let body: Json = serde_json::from_str(&body.to_string().replace("{old}", &email).replace("{new}", &format!("to.{email}"))).unwrap();
                let reply = send(client, method, &path, &body).await;
                told.push(reply.status.as_u16());
                send(&fox, "DELETE", &format!("requester_fields/{}/", id(&made)), &Json::Null).await;
            }
            assert_eq!(told, expected, "{method} {path}");
        }
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
        let refresh = format!(
            "grant_type=refresh_token&refresh_token={}&client_id={}&client_secret={}",
            app.secrets.refresh_token, app.secrets.client_id, app.secrets.client_secret
        );
        let refreshed = async |client: &Client<'_>| {
            let form = [("Content-Type", "application/x-www-form-urlencoded")];
            let reply = client.send("POST", "/oauth/v2/token", &form, refresh.clone()).await;
            reply.json().get("access_token").is_some()
        };
        assert!(refreshed(&guesser).await);
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
        assert!(refreshed(&guesser).await, "a client that was good here goes on");
        assert_eq!((read(&new).await, read(&elsewhere).await), (429, 200));
        app.clock.advance(61_000);
        assert_eq!((read(&good).await, read(&new).await), (200, 200));
        assert_eq!(read(&Client::with_key(app, "GUESS").beside(&guesser)).await, 401);
    }

    // Whoever compares each with all before it, or reads to the end for each, takes minutes for these.
    long_inputs_take_no_longer_than_they_are(app) {
        let admin = app.admin();
        let ids: Vec<String> = (0..200_000_u64).map(|n| (n + 100_001_000_000_000_001).to_string()).collect();
        let form = [("Content-Type", "application/x-www-form-urlencoded")];
        let refused = admin.send("DELETE", "/api/v3/requests", &form, format!("ids={}", ids.join(","))).await;
        assert!(refused.refused(400, 4001, "ids").to_string().contains("At most 100 ids"));
        let phones: Vec<Json> = (0..50_000).map(|n| json!({"number": format!("+49 30 {n:07}")})).collect();
        let person = json!({"email": "many@example.com", "name": "Many", "phones": phones}).to_string();
        let headers = [("Content-Type", "application/json")];
        let reply = app.happyfox().send("POST", "/api/v2/public/requesters/", &headers, person).await;
        assert_eq!(reply.status.as_u16(), 422);
        assert_eq!(reply.json()["phones"], json!(["A requester may have 20 phones at most."]));
        for part in ["<", "<p", "&", "<!--"] {
            let request = json!({"subject": "Long", "description": part.repeat(900_000 / part.len())});
            admin.post("/requests", json!({"request": request})).await.ok();
        }
        for (length, is_taken) in [(10_000, true), (10_001, false)] {
            for field in ["subject", "description", "requester.name"] {
                let criteria = json!({"field": field, "condition": "contains", "value": "%".repeat(length)});
                let reply = admin.list("/requests", json!({"search_criteria": criteria})).await;
                assert_eq!(reply.status.is_success(), is_taken, "{field}: {}", reply.status);
            }
        }
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

    a_body_without_room_may_be_sent_again(app) {
        let none = || {
            let parts = [Ok(bytes::Bytes::from_static(b"{")), Err(api::NoRoom)];
            axum::body::Body::from_stream(futures_util::stream::iter(parts))
        };
        let json = [("Content-Type", "application/json")];
        let v3 = app.admin().send("POST", "/api/v3/requests", &json, none()).await;
        assert!(v3.headers.contains_key("retry-after"));
        let refused = v3.json();
        assert_eq!((v3.status.as_u16(), &refused["response_status"]["status"]), (503, &json!("failed")), "{refused}");
        let fox = app.happyfox().send("POST", "/api/v2/public/requesters/", &json, none()).await;
        assert_eq!((fox.status.as_u16(), fox.json()["detail"].is_string()), (503, true));
        assert!(fox.headers.contains_key("retry-after"));
        let session = app.admins_browser().await.cookie("frontdesk_session").unwrap();
        let browser = Client::new(app, vec![("Cookie".into(), format!("frontdesk_session={session}"))]);
        let form = [("Content-Type", "multipart/form-data; boundary=b")];
        let page = browser.send("POST", "/requests/new", &form, none()).await;
        let told = String::from_utf8_lossy(&page.bytes).into_owned();
        assert!(page.status == 503 && told.contains("<html") && page.headers.contains_key("retry-after"), "{} {told}", page.status);
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
