//! How far a caller reaches who may do something, but not this: by searching, by naming, by operations, by numbers.

use desk::Scopes;
use serde_json::{Value as Json, json};
use testkit::{App, Client, encoded, on_both_engines};

/// How many requests a caller finds by one criterion; the refusal where they may not ask.
async fn asks(client: &Client<'_>, field: &str, value: Json) -> Option<u64> {
    let criterion = json!({"field": field, "condition": "starts with", "value": value});
    let reply =
        client.list("/requests", json!({"search_criteria": [criterion], "get_total_count": true})).await;
    if reply.status == 400 {
        reply.refused(400, 4001, "search_criteria");
        return None;
    }
    reply.ok()["list_info"]["total_count"].as_u64()
}

async fn id_of(made: testkit::Reply, key: &str) -> String {
    made.ok()[key]["id"].as_str().unwrap().to_owned()
}

/// A request of a requester's that has a problem and an asset.
async fn world<'a>(app: &'a App) -> (String, Client<'a>) {
    let admin = app.admin();
    let (_, rita) = app.requester("Rita Requester").await;
    let request = rita.new_request("Printer").await;
    let problem =
        id_of(admin.post("/problems", json!({"problem": {"title": "Zebra breach"}})).await, "problem").await;
    let ties = json!({"request_problem_association": {"problem": {"id": problem}}});
    admin.post(&format!("/requests/{request}/problem"), ties).await.ok();
    (request, rita)
}

on_both_engines! {
    nobody_searches_by_what_they_may_not_read(app) {
        let (_, rita) = world(app).await;
        let admin = app.admin();
        let (_, tom) = app.technician("Tom Tech").await;
        assert_eq!(asks(&admin, "problem.title", json!("Zebra")).await, Some(1));
        assert_eq!(asks(&tom, "problem.title", json!("Zebra")).await, Some(1));
        for field in ["problem.title", "problem", "problem.description", "assets.purchase_cost", "assets.user.email_id", "requester.role.access", "technician.role.name"] {
            assert_eq!(asks(&rita, field, json!("Zebra")).await, None, "{field}");
        }
        // What every answer shows they may ask about.
        for (field, value, found) in [("requester.name", "Rita", 1), ("requester.email_id", "rita", 1), ("status.name", "Open", 1), ("priority.name", "x", 0)] {
            assert_eq!(asks(&rita, field, json!(value)).await, Some(found), "{field}");
        }
        let sorted = rita.list("/requests", json!({"sort_field": "problem.title"})).await;
        sorted.refused(400, 4001, "sort_field");
        let sorted = rita.list("/requests", json!({"sort_field": "requester.name"})).await;
        sorted.ok();
        // Nor what they see some of.
        let limited = json!({"is_technician": true, "role": {"name": "SDSiteTechnician"}});
        let (_, bert) = app.person("Bert Berlin", limited).await;
        assert_eq!(asks(&bert, "problem.title", json!("Zebra")).await, None);
        // Nor what their token is not for.
        let (theo, _) = app.technician("Theo Tech").await;
        let scopes = Scopes::parse("SDPOnDemand.requests.READ").unwrap();
        let token = app.token_for(theo, scopes).await;
        let theo = Client::with_token(app, &token);
        assert_eq!(asks(&theo, "problem.title", json!("Zebra")).await, None);
        assert_eq!(asks(&theo, "requester.department.name", json!("x")).await, Some(0));
        assert_eq!(asks(&theo, "status.internal_name", json!("Open")).await, Some(1));
    }

    a_catalogue_shows_what_references_show(app) {
        let admin = app.admin();
        admin.post("/products", json!({"product": {"name": "Latitude", "product_type": {"name": "Workstation"}}})).await.ok();
        let asset = json!({"asset": {"name": "lap-1", "product": {"name": "Latitude"}, "state": {"name": "In Store"}, "barcode": "B1", "purchase_cost": "1234"}});
        admin.post("/assets", asset).await.ok();
        let (theo, whole) = app.technician("Theo Tech").await;
        let token = async |scopes: &str| Client::with_token(app, &app.token_for(theo, Scopes::parse(scopes).unwrap()).await);
        let narrow = token("SDPOnDemand.requests.READ").await;
        let wide = token("SDPOnDemand.requests.READ,SDPOnDemand.assets.READ").await;
        let all = json!({"fields_required": ["name", "barcode", "purchase_cost"]});
        let row = async |client: &Client<'_>| client.list("/requests/assets", all.clone()).await.ok()["assets"][0].take();
        for client in [&whole, &wide] {
            assert!(row(client).await["purchase_cost"].as_str().unwrap().starts_with("1234"));
        }
        let told = row(&narrow).await;
        assert_eq!((&told["name"], &told["barcode"], told.get("purchase_cost")), (&json!("lap-1"), &json!("B1"), None));
        let listed = narrow.list("/requests/assets", json!({})).await.ok();
        assert!(!listed.to_string().contains("1234"), "{listed}");
        let found = async |client: &Client<'_>, info: Json| {
            let reply = client.list("/requests/assets", info).await;
            (reply.status == 200).then(|| reply.json()["assets"].as_array().unwrap().len())
        };
        let by = |field: &str, value: &str| json!({"search_criteria": {"field": field, "condition": "contains", "value": value}});
        for (info, of_narrow, of_wide) in [
            (by("name", "lap"), Some(1), Some(1)),
            (json!({"search_criteria": {"field": "purchase_cost", "condition": "greater than", "value": "1000"}}), None, Some(1)),
            (json!({"search_fields": {"purchase_cost": "1234"}}), None, Some(1)),
            (json!({"sort_field": "purchase_cost"}), None, Some(1)),
            (json!({"sort_field": "barcode"}), Some(1), Some(1)),
            (json!({"search_text": "lap"}), Some(1), Some(1)),
        ] {
            assert_eq!((found(&narrow, info.clone()).await, found(&wide, info.clone()).await), (of_narrow, of_wide), "{info}");
        }
        // People likewise: what a request shows of them, and nothing of what else is known.
        let people = json!({"fields_required": ["name", "email_id", "description", "role"]});
        let told = narrow.list("/requests/requester", people.clone()).await.ok();
        let told = &told["requester"][0];
        assert!(told["name"].is_string() && told.get("email_id").is_some() && told.get("role").is_none(), "{told}");
        assert!(whole.list("/requests/requester", people).await.ok()["requester"][0].get("role").is_some());
        narrow.list("/requests/technician", by("groups.name", "x")).await.ok();
    }

    requesters_name_no_ci(app) {
        let admin = app.admin();
        let field = json!({"udf_field": {"name": "Which server", "field_type": "Lookup", "reference_entity": "ci_server", "module": {"name": "request"}}});
        let field = admin.post("/udf_fields", field).await.ok()["udf_field"]["field_key"].as_str().unwrap().to_owned();
        let ci = json!({"ci_server": {"name": "vault-1"}});
        let ci = id_of(admin.post("/cmdb/ci_server", ci).await, "ci_server").await;
        let (_, rita) = app.requester("Rita Requester").await;
        let path = format!("/requests/{}", rita.new_request("Printer").await);
        let says = |reference: Json| json!({"request": {"udf_fields": {&field: reference}}});
        for reference in [json!({"id": ci}), json!({"name": "vault-1"}), json!({"id": "123456789012345678"})] {
            rita.put(&path, says(reference)).await.refused(403, 4002, &format!("udf_fields.{field}"));
        }
        // What somebody else put there is written back.
        admin.put(&path, says(json!({"id": ci}))).await.ok();
        assert_eq!(rita.put(&path, says(json!({"id": ci}))).await.ok()["request"]["udf_fields"][&field]["name"], "vault-1");
        rita.put(&path, says(Json::Null)).await.ok();
    }

    flags_tell_of_nothing_that_is_hidden(app) {
        const FLAGS: [&str; 4] = ["has_notes", "has_draft", "has_linked_requests", "has_problem"];
        let (request, rita) = world(app).await;
        let admin = app.admin();
        let path = format!("/requests/{request}");
        let note = |is_shown: bool| json!({"note": {"description": "x", "show_to_requester": is_shown}});
        let link = |other: &str| json!({"link_requests": [{"linked_request": {"id": other}}]});
        admin.post(&format!("{path}/notes"), note(false)).await.ok();
        admin.post(&format!("{path}/drafts"), json!({"draft": {"description": "later"}})).await.ok();
        admin.post(&format!("{path}/link_requests"), link(&admin.new_request("Theirs").await)).await.ok();
        // Read often enough to come from memory, by both.
        let told = async |client: &Client<'_>| {
            let (mut one, mut row) = (Json::Null, Json::Null);
            for _ in 0..3 {
                one = client.get(&path).await.ok()["request"].take();
                let list = client.list("/requests", json!({"fields_required": FLAGS, "search_fields": {"id": request}})).await;
                row = list.ok()["requests"][0].take();
            }
            FLAGS.map(|flag| {
                assert_eq!(one[flag], row[flag], "{flag}");
                one[flag] == true
            })
        };
        for _ in 0..2 {
            assert_eq!(told(&admin).await, [true, true, true, true]);
            assert_eq!(told(&rita).await, [false, false, false, false]);
        }
        for flag in FLAGS {
            let criteria = json!({"search_criteria": {"field": flag, "condition": "is", "value": true}});
            rita.list("/requests", criteria.clone()).await.refused(400, 4001, "search_criteria");
            rita.list("/requests", json!({"sort_field": flag})).await.refused(400, 4001, "sort_field");
            assert!(admin.list("/requests", criteria).await.ok().to_string().contains(&request), "{flag}");
        }
        // Of what they may read they are told.
        let shown = id_of(admin.post(&format!("{path}/notes"), note(true)).await, "note").await;
        admin.post(&format!("{path}/link_requests"), link(&rita.new_request("Hers").await)).await.ok();
        assert_eq!(told(&rita).await, [true, false, true, false]);
        admin.delete(&format!("{path}/notes/{shown}")).await.ok();
        assert_eq!(told(&rita).await, [false, false, true, false]);
        assert_eq!(told(&admin).await, [true, true, true, true]);
    }

    requesters_are_told_who_others_are_and_no_more(app) {
        const PERSONAL: [&str; 6] = ["phone", "mobile", "sms_mail", "sms_mail_id", "employee_id", "cost_per_hour"];
        let admin = app.admin();
        let contact = json!({"phone": "0301", "mobile": "0171", "sms_mail": "a@example.com", "sms_mail_id": "b@example.com",
            "employee_id": "E7", "cost_per_hour": "80", "job_title": "Expert"});
        let mut technician = contact.clone();
        technician["is_technician"] = json!(true);
        let (approver, tom) = app.person("Tom Tech", technician).await;
        let (id, rita) = app.person("Rita Requester", contact).await;
        let template = json!({"request_template": {"name": "Laptop", "is_service_template": true}});
        let template = id_of(admin.post("/request_templates", template).await, "request_template").await;
        let made = json!({"request": {"subject": "Printer", "requester": {"id": id.to_string()}, "technician": {"name": "Tom Tech"},
            "template": {"id": template}, "service_approvers": {"users": [{"id": approver.to_string()}]}}});
        let request = id_of(admin.post("/requests", made).await, "request").await;
        let path = format!("/requests/{request}");
        tom.post(&format!("{path}/notes"), json!({"note": {"description": "x", "show_to_requester": true}})).await.ok();
        tom.post(&format!("{path}/notifications"), json!({"notification": {"subject": "x", "to": ["rita.requester@example.com"]}})).await.ok();
        // What each reference to a person shows of what is personal.
        fn look(json: &Json, seen: &mut Vec<(String, bool)>) {
            if json.get("is_vip_user").is_some() {
                let name = json["name"].as_str().unwrap().to_owned();
                assert!(json["email_id"].is_string() && json["first_name"].is_string(), "{json}");
                let told: Vec<bool> = PERSONAL.iter().map(|key| !json.get(*key).expect(key).is_null()).collect();
                seen.push((name, told.contains(&true)));
            }
            match json {
                Json::Array(items) => items.iter().for_each(|item| look(item, seen)),
                Json::Object(members) => members.values().for_each(|member| look(member, seen)),
                _ => {}
            }
        }
        let people = async |client: &Client<'_>, path: &str| {
            let mut seen = Vec::new();
            look(&client.get(path).await.ok(), &mut seen);
            seen
        };
        for _ in 0..3 {
            for below in ["", "/notes", "/notifications", "/conversations"] {
                let path = format!("{path}{below}");
                let (theirs, hers) = (people(&tom, &path).await, people(&rita, &path).await);
                assert!(hers.iter().any(|(name, _)| name == "Tom Tech"), "{path}");
                for (name, is_told) in &theirs {
                    assert!(*is_told || name == "Ada Admin", "{path}: {name}");
                }
                for (name, is_told) in &hers {
                    assert_eq!(*is_told, name == "Rita Requester", "{path}: {name}");
                }
            }
            let listed = people(&rita, "/requests").await;
            assert!(listed.contains(&("Tom Tech".to_owned(), false)) && listed.contains(&("Rita Requester".to_owned(), true)), "{listed:?}");
        }
        for field in PERSONAL {
            let field = format!("technician.{field}");
            assert_eq!(asks(&rita, &field, json!("0")).await, None, "{field}");
            assert!(asks(&tom, &field, json!("0")).await.is_some(), "{field}");
            rita.list("/requests", json!({"sort_field": field})).await.refused(400, 4001, "sort_field");
        }
        assert_eq!(asks(&rita, "technician.job_title", json!("Exp")).await, Some(1));
    }

    requesters_name_nobody_but_by_their_address(app) {
        let (request, rita) = world(app).await;
        let path = format!("/requests/{request}");
        let own = |field: &str, value: Json| json!({"request": {"subject": "x", field: value}});
        for value in [json!({"name": "Ada Admin"}), json!({"name": "Nobody At All"})] {
            rita.post("/requests", own("on_behalf_of", value.clone())).await.refused(403, 4002, "on_behalf_of");
        }
        for value in [json!({"email_id": "ada.admin@example.com"}), json!({"email_id": "nobody@example.com"})] {
            for field in ["technician", "editor"] {
                let told = rita.put(&path, json!({"request": {field: value.clone()}})).await.refused(403, 4002, field);
                assert_eq!(told["response_status"]["messages"].as_array().unwrap().len(), 1, "{field} {value}: {told}");
            }
        }
        let (_, _) = app.requester("Colin League").await;
        rita.post("/requests", own("on_behalf_of", json!({"email_id": "colin.league@example.com"}))).await.ok();
        // What is there already they may send back.
        let read = rita.get(&path).await.ok();
        rita.put(&path, json!({"request": {"subject": "Plotter", "requester": read["request"]["requester"]}})).await.ok();
    }

    requesters_neither_choose_how_it_ends_nor_who_approves(app) {
        let (request, rita) = world(app).await;
        let path = format!("/requests/{request}");
        for status in ["On Hold", "Cancelled", "Resolved"] {
            let close = json!({"request": {"status": {"name": status}}});
            rita.put(&format!("{path}/_close"), close).await.refused(403, 4002, "status");
        }
        assert_eq!(app.admin().get(&path).await.ok()["request"]["status"]["name"], "Open");
        rita.put(&format!("{path}/_close"), json!({"request": {"status": {"name": "Closed"}}})).await.ok();

        let admin = app.admin();
        let ada = desk::shipped::ADMINISTRATOR.to_string();
        let template = json!({"request_template": {"name": "Laptop", "is_service_template": true, "show_to_requester": true,
            "request": {"service_approvers": {"users": [{"id": ada}]}}}});
        let template = id_of(admin.post("/request_templates", template).await, "request_template").await;
        let me = rita.get(&path).await.ok()["request"]["requester"]["id"].clone();
        let with = |users: Json| json!({"request": {"subject": "Laptop", "template": {"id": template}, "service_approvers": {"users": users}}});
        for users in [json!([{"id": me}]), json!([])] {
            rita.post("/requests", with(users)).await.refused(403, 4002, "service_approvers");
        }
        let plain = json!({"request": {"subject": "x", "service_approvers": {"users": [{"id": me}]}}});
        rita.post("/requests", plain).await.refused(400, 4001, "service_approvers");
        // By a name, which can be guessed, nobody is found, whether or not there is one.
        let named = |name: &str| json!({"request": {"subject": "x", "service_approvers": {"users": [{"name": name}]}}});
        let refused = async |client: &Client<'_>, name: &str| client.post("/requests", named(name)).await.refused(400, 4001, "service_approvers");
        assert_eq!(refused(&rita, "Ada Admin").await, refused(&rita, "No Body").await);
        admin.post("/requests", named("Ada Admin")).await.ok();
        let told = json!({"request": {"subject": "x", "service_approvers": {"users": [{"email_id": "ada.admin@example.com"}]}}});
        rita.post("/requests", told).await.ok();
    }

    seeing_is_not_writing(app) {
        let admin = app.admin();
        admin.post("/departments", json!({"department": {"name": "Sales"}})).await.ok();
        let sales = json!({"department": {"name": "Sales"}, "requester_allowed_to_view": "department"});
        let (_, rita) = app.person("Rita Requester", sales.clone()).await;
        let (_, colin) = app.person("Colin League", sales).await;
        let request = rita.new_request("Printer").await;
        let path = format!("/requests/{request}");
        colin.get(&path).await.ok();
        let note = json!({"note": {"description": "x"}});
        assert_eq!(colin.post(&format!("{path}/notes"), note.clone()).await.status, 403);
        let upload = async |client: &Client<'_>, at: &str| {
            let body = "--b\r\nContent-Disposition: form-data; name=\"input_file\"; filename=\"a.txt\"\r\n\r\nx\r\n--b--\r\n";
            let headers = [("Content-Type", "multipart/form-data; boundary=b")];
            client.send("POST", &format!("/api/v3{at}/_uploads"), &headers, body).await.status.as_u16()
        };
        assert_eq!(upload(&colin, &path).await, 403);
        assert_eq!(upload(&rita, &path).await, 200);
        // Nor is what somebody else wrote on one's own request one's own.
        let said = json!({"note": {"description": "x", "show_to_requester": true}});
        let theirs = id_of(admin.post(&format!("{path}/notes"), said).await, "note").await;
        assert_eq!(upload(&rita, &format!("{path}/notes/{theirs}")).await, 403);
        let own = id_of(rita.post(&format!("{path}/notes"), note).await, "note").await;
        assert_eq!(upload(&rita, &format!("{path}/notes/{own}")).await, 200);
        // What they may not list they do not count.
        admin.post(&format!("{path}/tasks"), json!({"task": {"title": "Look"}})).await.ok();
        let counts = rita.get(&format!("{path}/_summary")).await.ok()["request_summary"].clone();
        assert_eq!((&counts["task_pending_count"], &counts["note_count"]), (&json!("0"), &json!("2")), "{counts}");
    }

    technicians_do_not_read_when_others_came_in(app) {
        let (_, tom) = app.technician("Tom Tech").await;
        let ada = desk::shipped::ADMINISTRATOR;
        let from = Some("192.0.2.7".parse().unwrap());
        app.identity.begin_session(ada, None, from, app.desk.now()).await.unwrap();
        let path = format!("/users/{ada}/_history");
        assert!(app.admin().get(&path).await.ok().to_string().contains("SIGNED_IN"));
        let told = tom.get(&path).await.ok().to_string();
        assert!(!told.contains("SIGNED_IN") && !told.contains("192.0.2.7"), "{told}");
        tom.put(&format!("/users/{}", app.requester("Rita Requester").await.0), json!({"user": {"phone": "1"}})).await.ok();
    }

    what_would_cost_too_much_is_refused(app) {
        let admin = app.admin();
        for depth in [5_000, 100_000] {
            let deep = json!({"request": {"subject": "x", "description": "<div>".repeat(depth)}});
            admin.post("/requests", deep).await.refused(400, 4001, "description");
        }
        let many: Vec<String> = (0..1000).map(|n| format!("word {n}")).collect();
        let test = |n: usize| vec![json!({"field": "description", "condition": "not contains", "values": many}); n];
        let list = async |n: usize| {
            let info = json!({"list_info": {"search_criteria": test(n)}}).to_string();
            let headers = [("Content-Type", "application/x-www-form-urlencoded")];
            admin.send("GET", "/api/v3/requests", &headers, format!("input_data={}", encoded(&info))).await
        };
        list(5).await.ok();
        list(50).await.refused(400, 4001, "values");
        let body = format!("[{}0]", "{\"\":0},".repeat(200_000));
        let reply = admin.send("POST", "/api/v3/requests", &[("Content-Type", "application/json")], body).await;
        assert_eq!(reply.status, 400);
    }
}
