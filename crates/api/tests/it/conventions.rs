//! Paths, credentials, where the payload is, what errors look like (conventions.md sections 1 and 4, wire-facts.md).

use serde_json::{Value as Json, json};
use testkit::{Client, Reply, encoded, on_both_engines};

const FORM: (&str, &str) = ("Content-Type", "application/x-www-form-urlencoded");

async fn keyed(client: &Client<'_>, path: &str, key: &str, input: &Json) -> Reply {
    let body = format!("input_data={}", encoded(&input.to_string()));
    client.send("POST", &format!("/api/v3{path}"), &[FORM, ("Idempotency-Key", key)], body).await
}

on_both_engines! {
    an_add_with_a_key_is_made_once(app) {
        let admin = app.admin();
        let input = json!({"request": {"subject": "Once"}});
        let first = keyed(&admin, "/requests", "k", &input).await;
        first.ok();
        assert_eq!((first.status.as_u16(), first.headers.get("idempotent-replayed")), (201, None));
        let id = first.json()["request"]["id"].as_str().unwrap().to_owned();
        admin.put(&format!("/requests/{id}"), json!({"request": {"subject": "Changed"}})).await.ok();
        let again = keyed(&admin, "/requests", "k", &input).await;
        assert_eq!((again.status, &again.bytes, &again.headers["idempotent-replayed"]), (first.status, &first.bytes, &http::HeaderValue::from_static("true")));
        // Another input, another path, another caller.
        keyed(&admin, "/requests", "k", &json!({"request": {"subject": "Other"}})).await.refused(422, 4001, "Idempotency-Key");
        keyed(&admin, "/problems", "k", &json!({"problem": {"title": "Once"}})).await.ok();
        let (_, theo) = app.technician("Theo Technician").await;
        assert_ne!(keyed(&theo, "/requests", "k", &input).await.ok()["request"]["id"], json!(id));
        // Another token of the same caller, which may not add.
        let read = desk::Scopes::parse("SDPOnDemand.requests.READ").unwrap();
        let read = Client::with_token(app, &app.token_for(desk::shipped::ADMINISTRATOR, read).await);
        keyed(&read, "/requests", "k", &input).await.refused(401, 4002, "-");
        // What was refused has written nothing: the key may bring something better.
        keyed(&admin, "/requests", "better", &json!({"request": {}})).await.refused(400, 4012, "subject");
        keyed(&admin, "/requests", "better", &input).await.ok();
        keyed(&admin, "/requests", "\u{fc}", &input).await.refused(400, 4001, "Idempotency-Key");
        // Many at once: one is made.
        let before = admin.list("/requests", json!({"get_total_count": true})).await.ok()["list_info"]["total_count"].clone();
        let replies = futures_util::future::join_all((0..10).map(|_| keyed(&admin, "/requests", "many", &input))).await;
        let made: std::collections::HashSet<String> =
            replies.iter().filter(|r| r.status == 201).map(|r| r.json()["request"]["id"].to_string()).collect();
        assert!(made.len() == 1 && replies.iter().all(|r| matches!(r.status.as_u16(), 201 | 409)));
        let after = admin.list("/requests", json!({"get_total_count": true})).await.ok()["list_info"]["total_count"].clone();
        assert_eq!(after.as_u64().unwrap(), before.as_u64().unwrap() + 1);
    }

    an_add_whose_answer_was_lost_is_found_again(app) {
        use desk::once::Claimed;
        let admin = app.admin();
        let input = json!({"request": {"subject": "Lost"}});
        // As after a kill between the commit and the keeping of the answer.
        let made = keyed(&admin, "/requests", "k", &input).await.ok();
        let forget = "UPDATE \"idempotent_call\" SET \"status\" = NULL, \"answer\" = NULL";
        let forget = store::Statement::new(forget, Vec::new(), store::engine::Expect::Exactly(1));
        app.desk.store().commit(vec![forget]).await.unwrap();
        let again = keyed(&admin, "/requests", "k", &input).await;
        assert_eq!((again.status.as_u16(), &again.headers["idempotent-replayed"]), (201, &http::HeaderValue::from_static("true")));
        assert_eq!(again.ok()["request"], made["request"]);
        let caller = desk::shipped::ADMINISTRATOR.to_string();
        let claim = app.desk.claim_call(&["v3", &caller, "/api/v3/requests"], "k", input.to_string().as_bytes()).await.unwrap();
        assert!(matches!(claim, Claimed::Answered(201, _)), "kept now: {claim:?}");
    }

    both_url_forms_lead_to_the_same_desk(app) {
        let admin = app.admin();
        let id = admin.new_request("Here").await;
        for path in ["/api/v3/requests/", "/app/itdesk/api/v3/requests/", "/app/ITDESK/api/v3/requests/"] {
            let one = admin.send("GET", &format!("{path}{id}/"), &[], "").await.ok();
            assert_eq!(one["request"]["id"], json!(id));
        }
        let portals = admin.get("/portals").await.ok();
        let number = portals["portals"][0]["id"].as_str().unwrap();
        admin.send("GET", &format!("/app/{number}/api/v3/requests"), &[], "").await.ok();
        admin.send("GET", "/app/elsewhere/api/v3/requests", &[], "").await.refused(401, 4002, "-");
        for nowhere in ["/api/v3", "/api/v3/", "/api/v3/nope", "/api/v3/requests/1/nope", "/api/v3/requests/nope/1"] {
            admin.send("GET", nowhere, &[], "").await.refused(404, 4007, "-");
        }
        admin.send("POST", &format!("/api/v3/requests/{id}"), &[], "").await.refused(400, 4021, "POST");
        admin.send("DELETE", "/api/v3/requests", &[], "").await.refused(400, 4021, "DELETE");
    }

    doubled_slashes_and_unknown_paths(app) {
        let admin = app.admin();
        let id = admin.new_request("Here").await;
        for path in ["//api/v3/requests", "///api/v3/requests", "//app/itdesk/api/v3/requests", "/api/v3//requests", "//api//v3/requests"] {
            let path = format!("{path}/{id}?input_data={{}}");
            let reply = admin.send("GET", &path, &[], "").await;
            if path.starts_with("//api//") {
                reply.refused(404, 4007, "-");
            } else {
                assert_eq!(reply.ok()["request"]["id"], json!(id), "{path}");
            }
        }
        let made = admin.send("POST", "//api/v3/requests", &[FORM], "input_data={\"request\":{\"subject\":\"x\"}}").await;
        assert_eq!(made.ok()["request"]["subject"], "x");
        app.nobody().send("GET", "//api/v3/requests", &[], "").await.refused(401, 4002, "-");
        for nowhere in ["/nope", "//nope", "/api", "/api/v2/requests", "/oauth/nope", "/app/itdesk", "//api/v30/x?y=z"] {
            for method in ["GET", "POST", "DELETE"] {
                let reply = app.nobody().send(method, nowhere, &[], "").await;
                reply.refused(404, 4007, "-");
                assert!(reply.headers["content-type"].to_str().unwrap().starts_with("application/json"), "{nowhere}");
            }
        }
    }

    credentials_in_every_form(app) {
        let key = app.key_for(desk::shipped::ADMINISTRATOR).await;
        for (name, value) in [
            ("authtoken", key.clone()),
            ("AuthToken", key.clone()),
            ("TECHNICIAN_KEY", key.clone()),
            ("technician_key", key.clone()),
        ] {
            let client = Client::new(app, vec![(name.into(), value)]);
            client.get("/requests").await.ok();
        }
        app.nobody().get(&format!("/requests?TECHNICIAN_KEY={key}")).await.ok();
        let form = |key: &str| format!("TECHNICIAN_KEY={key}&input_data={}", testkit::encoded(r#"{"request":{"subject":"s"}}"#));
        let headers = [("Content-Type", "application/x-www-form-urlencoded")];
        let made = app.nobody().send("POST", "/api/v3/requests", &headers, form(&key)).await.ok();
        assert_eq!(made["request"]["created_by"]["name"], "Ada Admin");
        let wrong = app.nobody().send("POST", "/api/v3/requests", &headers, form("nope")).await;
        assert_eq!(wrong.status.as_u16(), 401);
        for headers in [
            vec![],
            vec![("Authorization", "Zoho-oauthtoken 1000.a.b")],
            vec![("Authorization", "Bearer ")],
            vec![("Authorization", "Basic YTpi")],
            vec![("authtoken", "nope")],
        ] {
            let headers = headers.into_iter().map(|(n, v)| (n.to_owned(), v.to_owned())).collect();
            let reply = Client::new(app, headers).get("/requests").await;
            reply.refused(401, 4002, "-");
            assert!(reply.headers["content-type"].to_str().unwrap().starts_with("application/json"));
        }
    }

    a_stranger_is_not_listened_to_for_long(app) {
        let key = app.key_for(desk::shipped::ADMINISTRATOR).await;
        let headers = [("Content-Type", "application/x-www-form-urlencoded")];
        let input = |length: usize| {
            let input = json!({"request": {"subject": "s", "description": "d".repeat(length)}});
            format!("input_data={}", encoded(&input.to_string()))
        };
        let post = async |client: &Client<'_>, body: String| client.send("POST", "/api/v3/requests", &headers, body).await;
        let nobody = app.nobody();
        let in_pieces = async |body: &str| {
            let pieces: Vec<_> = body.as_bytes().chunks(7_000).map(|piece| Ok::<_, std::io::Error>(piece.to_vec())).collect();
            let body = axum::body::Body::from_stream(futures_util::stream::iter(pieces));
            nobody.send("POST", "/api/v3/requests", &headers, body).await
        };
        // A form that is read whole has its key wherever it likes; of a longer one the beginning is looked through.
        let short = input(60_000);
        let long = input(300_000);
        post(&nobody, format!("{short}&authtoken={key}")).await.ok();
        for body in [format!("authtoken={key}&{long}"), format!("x=y&TECHNICIAN_KEY={key}&{long}")] {
            for made in [in_pieces(&body).await.ok(), post(&nobody, body).await.ok()] {
                assert_eq!(made["request"]["description"].as_str().unwrap().len(), 300_000);
            }
        }
        in_pieces(&format!("{short}&authtoken={key}")).await.ok();
        in_pieces(&format!("{long}&authtoken={key}")).await.refused(413, 4001, "-");
        let nothing = "x".repeat(100_000);
        for body in [format!("{long}&authtoken={key}"), long.clone(), format!("a=b&{long}"), nothing] {
            let told = post(&nobody, body).await.refused(413, 4001, "-");
            assert!(told.to_string().contains("64 KB"), "{told}");
        }
        // A key that was cut is none, nor does a wrong one open a long form.
        for body in [format!("authtoken={}", "x".repeat(100_000)), format!("authtoken=nope&{long}")] {
            let told = post(&nobody, body).await;
            assert!(matches!(told.status.as_u16(), 401 | 413), "{}", told.status);
        }
        post(&nobody, short).await.refused(401, 4002, "-");
        // Whoever says in a header who they are is not looked at so.
        post(&app.admin(), long).await.ok();
    }

    input_data_wherever_it_is(app) {
        let admin = app.admin();
        let input = json!({"request": {"subject": "a+b & 100% äöü"}});
        let text = input.to_string();
        let form = format!("input_data={}", encoded(&text));
        let plus = form.replace("%20", "+");
        let query = format!("/api/v3/requests?input_data={}", encoded(&text));
        let multipart = format!("--x\r\nContent-Disposition: form-data; name=\"input_data\"\r\n\r\n{text}\r\n--x--\r\n");
        let python = "input_data=".to_owned() + &encoded("{'request': {'subject': 'a+b & 100% äöü', 'is_fcr': True, 'impact': None}}");
        for (path, headers, body) in [
            ("/api/v3/requests", vec![FORM], form.clone()),
            ("/api/v3/requests", vec![FORM], plus),
            ("/api/v3/requests", vec![], form.clone()),
            ("/api/v3/requests", vec![("Content-Type", "application/json")], form),
            ("/api/v3/requests", vec![("Content-Type", "application/json")], text.clone()),
            ("/api/v3/requests", vec![], text.clone()),
            ("/api/v3/requests", vec![FORM], format!("input_data={text}").replace("100% ", "100% ")),
            ("/api/v3/requests", vec![], json!({"input_data": input}).to_string()),
            (&query, vec![], String::new()),
            (&query, vec![FORM], String::new()),
            ("/api/v3/requests", vec![("Content-Type", "multipart/form-data; boundary=x")], multipart),
            ("/api/v3/requests", vec![FORM], python),
        ] {
            let made = admin.send("POST", path, &headers, body.clone()).await.ok();
            assert_eq!(made["request"]["subject"], "a+b & 100% äöü", "{body}");
        }
        // GET with a form body, as the official Ansible collection sends every list call.
        let info = format!("input_data={}", encoded("{\"list_info\": {\"row_count\": 3}}"));
        let list = admin.send("GET", "/api/v3/requests", &[FORM], info).await.ok();
        assert_eq!(list["requests"].as_array().unwrap().len(), 3);
        let bare = admin.get("/requests?row_count=2&nonsense=1").await.ok();
        assert_eq!(bare["requests"].as_array().unwrap().len(), 2);
        let mut accepted = 0;
        for accept in ["application/vnd.manageengine.sdp.v3+json", "application/v3+json", "*/*", "text/html", "vnd.manageengine.v3+json"] {
            let reply = admin.send("GET", "/api/v3/requests", &[("Accept", accept)], "").await;
            accepted += usize::from(reply.status == 200);
        }
        assert_eq!(accepted, 5);
    }

    what_is_no_json_is_refused(app) {
        let admin = app.admin();
        for body in [
            "input_data={", "input_data={\"request\":", "{\"request\": {\"subject\": \"x\"", "input_data=[1,2", "input_data='x'",
            "{\"request\": \"not an object\"}", "{\"request\": [1]}", "{\"request\": 7}", "input_data=%ff%fe",
        ] {
            let reply = admin.send("POST", "/api/v3/requests", &[FORM], body).await;
            assert_eq!(reply.status, 400, "{body}: {:?}", reply.json());
            assert_eq!(reply.json()["response_status"]["status"], "failed");
        }
        // As if nothing had been sent would be the wrong answer to something that was.
        let gzip: &[u8] = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xabV*J-,M-.Q\xb2";
        let utf16: Vec<u8> = "{\"request\":{\"subject\":\"x\"}}".encode_utf16().flat_map(u16::to_be_bytes).collect();
        for body in [gzip.to_vec(), utf16] {
            admin.send("POST", "/api/v3/requests", &[("Content-Type", "application/json")], body)
                .await
                .refused(400, 4001, "input_data");
        }
        for encoding in ["gzip", "identity, br"] {
            let headers = [("Content-Encoding", encoding)];
            let refused = admin.send("POST", "/api/v3/requests", &headers, gzip).await.refused(415, 4001, "-");
            assert!(refused.to_string().contains("Content-Encoding"), "{refused}");
        }
        admin.send("POST", "/api/v3/requests", &[FORM], "subject=x").await.refused(400, 4012, "request");
        admin.send("GET", "/api/v3/requests", &[("Content-Encoding", "identity")], "").await.ok();
        let deep = format!("{{\"request\": {}1{}}}", "{\"a\":".repeat(200_000), "}".repeat(200_000));
        assert_eq!(admin.send("POST", "/api/v3/requests", &[], deep).await.status, 400);
        let wide = format!("{{\"request\": {{\"subject\": \"{}\"}}}}", "x".repeat(13 * 1024 * 1024));
        assert_eq!(admin.send("POST", "/api/v3/requests", &[], wide.clone()).await.status, 413);
        // Nor because it says that it has files, or has them beside.
        let parts = [("Content-Type", "multipart/form-data; boundary=b")];
        let part = |head: &str, text: &str| format!("--b\r\nContent-Disposition: form-data; name={head}\r\n\r\n{text}\r\n--b--\r\n");
        for body in [part("input_data", &wide), part("\"input_data\"; filename=\"a.json\"", &wide), part("x", &wide), wide.clone()] {
            admin.send("POST", "/api/v3/requests", &parts, body).await.refused(413, 4001, "-");
        }
        let file = part("\"input_file\"; filename=\"a.txt\"", &wide);
        admin.send("POST", "/api/v3/requests", &parts, file).await.refused(400, 4012, "request");
        let long = json!({"request": {"subject": "x", "description": "y".repeat(1_000_001)}});
        admin.post("/requests", long).await.refused(400, 4001, "description");
        let zero = "{\"request\": {\"subject\": \"a\\u0000b\"}}";
        assert_eq!(admin.send("POST", "/api/v3/requests", &[], zero).await.status, 400);
        assert_eq!(admin.get("/requests").await.ok()["requests"], json!([]));
    }

    wrong_types_at_every_field_are_refused_not_fatal(app) {
        let admin = app.admin();
        let module = app.desk.snapshot().catalogue.module("request").unwrap().clone();
        let junk: Vec<Json> = vec![
            json!([]), json!([[]]), json!({}), json!({"id": {}}), json!({"id": "x"}), json!({"id": -1}), json!(true), json!(1e300),
            json!(-1), json!("\u{202E}"), json!({"value": "x"}), json!({"value": 1e18}), json!({"name": "x".repeat(5000)}), json!([null]),
        ];
        for field in &module.fields {
            for value in &junk {
                let input = json!({"request": {"subject": "x", field.key.as_ref(): value}});
                let reply = admin.post("/requests", input.clone()).await;
                assert!(reply.status.as_u16() < 500, "{input}: {}", String::from_utf8_lossy(&reply.bytes));
                reply.json();
            }
        }
    }

    null_is_what_a_yes_or_no_begins_as(app) {
        let admin = app.admin();
        admin.post("/products", json!({"product": {"name": "Latitude", "product_type": {"name": "Workstation"}}})).await.ok();
        let request = admin.new_request("Nothing").await;
        let task = json!({"task": {"title": "t", "percentage_completion": 40}});
        for (path, key, fixed, field, value, begins) in [
            ("/users".to_owned(), "user", json!({"name": "U", "email_id": "u@example.com"}), "is_vip_user", json!(true), json!(false)),
            ("/users".to_owned(), "user", json!({"name": "W", "email_id": "w@example.com"}), "cost_per_hour", json!("7"), json!("0")),
            ("/assets".to_owned(), "asset", json!({"name": "A1", "product": {"name": "Latitude"}, "state": {"name": "In Store"}}),
                "retain_user_site", json!(false), json!(true)),
            ("/assets".to_owned(), "asset", json!({"name": "A2", "product": {"name": "Latitude"}, "state": {"name": "In Store"}}),
                "is_loanable", json!(true), json!(false)),
            ("/assets".to_owned(), "asset", json!({"name": "A3", "product": {"name": "Latitude"}, "state": {"name": "In Store"}}),
                "is_swscan_needed", json!(true), json!(false)),
            ("/requests".to_owned(), "request", json!({"subject": "s"}), "is_fcr", json!(true), json!(false)),
            (format!("/requests/{request}/notes"), "request_note", json!({"description": "d"}), "show_to_requester", json!(true), json!(false)),
            (format!("/requests/{request}/tasks"), "task", task["task"].clone(), "percentage_completion", json!(40), json!(0)),
            ("/statuses".to_owned(), "status", json!({"name": "Waiting", "in_progress": true}), "stop_timer", json!(true), json!(false)),
        ] {
            let mut input = fixed.clone();
            input[field] = value.clone();
            let made = admin.post(&path, json!({key: input})).await.ok()[key].clone();
            assert_eq!(made[field], value, "{key}.{field}");
            let at = format!("{path}/{}", made["id"].as_str().unwrap());
            admin.put(&at, json!({key: {field: null}})).await.ok();
            assert_eq!(admin.get(&at).await.ok()[key][field], begins, "{key}.{field} on edit");
            let mut input = fixed.clone();
            input[field] = Json::Null;
            for unique in ["name", "email_id"] {
                if let Some(text) = input[unique].as_str().map(|text| format!("n{text}")) {
                    input[unique] = json!(text);
                }
            }
            let made = admin.post(&path, json!({key: input})).await.ok()[key].clone();
            assert_eq!(made[field], begins, "{key}.{field} on add");
        }
    }

    metainfo_says_of_added_fields_what_they_were_added_as(app) {
        let admin = app.admin();
        for (field_type, kind) in [
            ("Single Line", "string"), ("Multi Line", "string"), ("Pick List", "string"), ("Radio Button", "string"),
            ("E-mail", "string"), ("Phone", "string"), ("URL", "string"), ("IP Address", "string"), ("Check Box", "string"),
            ("Multi Select", "string"), ("Numeric Field", "integer"), ("Auto Number", "integer"), ("Decimal", "double"),
            ("Currency", "double"), ("Boolean", "boolean"), ("Date", "date"), ("Date/Time", "datetime"), ("Lookup", "lookup"),
            ("Multi Lookup", "lookup"),
        ] {
            let mut field = json!({"name": field_type, "field_type": field_type, "allowed_values": [{"value": "A"}]});
            if kind == "lookup" {
                field["reference_entity"] = json!({"name": "vendor"});
            }
            let made = admin.post("/udf_fields", json!({"udf_field": field})).await.ok()["udf_field"].clone();
            let meta = admin.get("/requests/_metainfo").await.ok();
            let told = &meta["metainfo"]["fields"]["udf_fields"]["fields"][made["field_key"].as_str().unwrap()];
            assert_eq!((&told["type"], &told["field_type"]), (&json!(kind), &made["field_type"]), "{told}");
        }
    }

    a_day_and_an_instant_are_two_things(app) {
        let admin = app.admin();
        for (key, kind) in [("date_due", "Date"), ("dt_due", "Date/Time")] {
            let field = json!({"name": key, "field_key": key, "field_type": kind, "module": {"name": "request"}});
            admin.post("/udf_fields", json!({"udf_field": field})).await.ok();
        }
        let with = |key: &str, value: &Json| json!({"request": {"subject": "s", "udf_fields": {key: value}}});
        // What a day is given as is not what it is shown as: milliseconds, as a text, and no time beside the day.
        let shown = json!({"display_value": "Sep 18, 2026", "value": "1789689600000"});
        for day in [json!({"value": "2026-09-18"}), json!("2026-09-18"), shown.clone(), json!({"value": 1_789_689_600_000_i64})] {
            let made = admin.post("/requests", with("date_due", &day)).await.ok()["request"].clone();
            assert_eq!(made["udf_fields"]["date_due"], shown, "{day}");
            let read = admin.get(&format!("/requests/{}", made["id"].as_str().unwrap())).await.ok();
            assert_eq!(read["request"]["udf_fields"]["date_due"], shown);
        }
        for value in [json!("2026-09-18"), json!("1789689600000"), json!({"value": "2026-09-18"})] {
            let test = json!({"search_criteria": {"field": "udf_fields.date_due", "condition": "is", "value": value}});
            assert_eq!(admin.list("/requests", test).await.ok()["requests"].as_array().unwrap().len(), 4, "{value}");
        }
        let made = admin.post("/requests", with("dt_due", &shown)).await.ok();
        assert_eq!(made["request"]["udf_fields"]["dt_due"]["display_value"], "Sep 18, 2026 12:00 AM");
        for (key, text) in [("dt_due", "2026-09-18"), ("dt_due", "2026-09-18T10:00:00Z"), ("date_due", "2026-02-30"), ("date_due", "soon")] {
            let refused = admin.post("/requests", with(key, &json!({"value": text}))).await.refused(400, 4001, &format!("udf_fields.{key}"));
            assert!(refused.to_string().contains("Unable to parse JSON for : udf_fields."), "{refused}");
        }
    }

    udf_fields_in_every_form(app) {
        let admin = app.admin();
        for (key, kind, extra) in [
            ("udf_char1", "Single Line", json!({})),
            ("udf_long1", "Numeric Field", json!({})),
            ("udf_date1", "Date/Time", json!({})),
            ("udf_boolean1", "Boolean", json!({})),
            ("txt_colours", "Multi Select", json!({"allowed_values": [{"value": "Red"}, {"value": "Blue"}]})),
            ("ref_owner", "Lookup", json!({"reference_entity": {"name": "user"}})),
        ] {
            let mut field = json!({"name": key, "field_key": key, "field_type": kind, "module": {"name": "request"}});
            for (k, v) in extra.as_object().unwrap() {
                field[k] = v.clone();
            }
            admin.post("/udf_fields", json!({"udf_field": field})).await.ok();
        }
        let values = json!({"udf_char1": "x", "udf_long1": "42", "udf_date1": {"value": "1478758440000"}, "udf_boolean1": "true",
            "txt_colours": ["Blue"], "ref_owner": {"email_id": "ada.admin@example.com"}});
        let as_string = json!({"request": {"subject": "s", "udf_fields": values.to_string()}});
        let as_object = json!({"request": {"subject": "o", "udf_fields": values}});
        for input in [as_string, as_object] {
            let made = admin.post("/requests", input).await.ok();
            let udf = &made["request"]["udf_fields"];
            assert_eq!(udf["udf_char1"], "x");
            assert_eq!(udf["udf_long1"], "42");
            assert_eq!(udf["udf_date1"]["display_value"], "Nov 10, 2016 06:14 AM");
            assert_eq!(udf["udf_boolean1"], true);
            assert_eq!(udf["txt_colours"], json!(["Blue"]));
            assert_eq!(udf["ref_owner"]["name"], "Ada Admin");
        }
        admin.new_request("without").await;
        let meta = admin.get("/requests/_metainfo").await.ok();
        let fields = &meta["metainfo"]["fields"]["udf_fields"]["fields"];
        assert_eq!(fields["ref_owner"]["type"], "lookup");
        assert_eq!(fields["ref_owner"]["lookup_entity"], "user");
        assert_eq!(fields["udf_boolean1"]["type"], "boolean");
        for (field, condition, value, rows) in [
            ("udf_fields.udf_char1", "is", json!("X"), 2),
            ("udf_fields.udf_long1", "greater than", json!(41), 2),
            ("udf_fields.udf_boolean1", "is", json!(true), 2),
            ("udf_fields.txt_colours", "is", json!("blue"), 2),
            ("udf_fields.ref_owner.email_id", "is", json!("ada.admin@example.com"), 2),
            ("udf_fields.udf_char1", "is not", json!("x"), 1),
            ("udf_fields.udf_char1", "is", Json::Null, 1),
        ] {
            let criteria = json!({"field": field, "condition": condition, "value": value});
            let list = admin.list("/requests", json!({"search_criteria": criteria})).await.ok();
            assert_eq!(list["requests"].as_array().unwrap().len(), rows, "{criteria}");
        }
        let sorted = admin.list("/requests", json!({"sort_field": "udf_fields.udf_char1", "sort_order": "desc"})).await.ok();
        assert_eq!(sorted["requests"][2]["subject"], "without");
        admin.post("/requests", json!({"request": {"subject": "x", "udf_fields": {"udf_nope": 1}}})).await.refused(400, 4001, "udf_nope");
        admin.post("/requests", json!({"request": {"subject": "x", "udf_fields": {"txt_colours": ["Green"]}}}))
            .await
            .refused(400, 4001, "udf_fields.txt_colours");
        let users = admin.list("/requests/udf_fields/ref_owner", json!({})).await.ok();
        assert!(!users["ref_owner"].as_array().unwrap().is_empty());
    }

    the_openapi_document_is_there(app) {
        let reply = app.nobody().send("GET", "/api/openapi.json", &[], "").await;
        let document = reply.json();
        assert_eq!(document["openapi"], "3.1.0");
        assert!(document["paths"].as_object().unwrap().keys().any(|p| p.contains("/requests/{")));
        let upload = |path: &str| document["paths"][format!("/requests/{{id0}}/{path}")]["post"]["operationId"].clone();
        assert!(upload("_uploads").is_string() && upload("resolutions/_uploads").is_string());
        assert_ne!(upload("_uploads"), upload("resolutions/_uploads"));
        let once = json!({"$ref": "#/components/parameters/IdempotencyKey"});
        assert!(document["paths"]["/requests"]["post"]["parameters"].as_array().unwrap().contains(&once));
        assert_eq!(document["components"]["parameters"]["IdempotencyKey"]["name"], "Idempotency-Key");
    }
}
