//! Users, technicians, requesters; who may do what (setup.md section 4, conventions.md section 2.6).

use desk::Scopes;
use serde_json::{Value as Json, json};
use testkit::{App, Client, on_both_engines};

/// A client with an access token that has these scopes.
async fn with_scopes<'a>(app: &'a App, user: model::Id, scopes: &str) -> Client<'a> {
    let token = app.token_for(user, Scopes::parse(scopes).unwrap()).await;
    Client::with_token(app, &token)
}

on_both_engines! {
    a_renamed_department_is_renamed_wherever_its_people_are_shown(app) {
        let admin = app.admin();
        let department = admin.post("/departments", json!({"department": {"name": "Sales"}})).await.ok();
        let id = department["department"]["id"].as_str().unwrap();
        let (ann, _) = app.person("Ann", json!({"department": {"id": id}})).await;
        let made = admin.post("/requests", json!({"request": {"subject": "x", "requester": {"id": ann.to_string()}}})).await.ok();
        let request = format!("/requests/{}", made["request"]["id"].as_str().unwrap());
        // Twice with everything in memory, each time after a change of its name.
        for name in ["Sales", "Trade", "Market"] {
            admin.put(&format!("/departments/{id}"), json!({"department": {"name": name}})).await.ok();
            for _ in 0..2 {
                let shown = admin.get(&request).await.ok();
                assert_eq!(shown["request"]["requester"]["department"]["name"], name);
            }
        }
    }

    a_name_that_several_people_have_is_not_guessed_at(app) {
        let admin = app.admin();
        let user = async |email: &str, extra: Json| {
            let mut user = json!({"name": "Ann Lee", "email_id": email});
            for (key, value) in extra.as_object().unwrap() {
                user[key] = value.clone();
            }
            admin.post("/users", json!({"user": user})).await.ok()["user"]["id"].as_str().unwrap().to_owned()
        };
        let first = user("ann@example.com", json!({})).await;
        let asks = |requester: Json| json!({"request": {"subject": "x", "requester": requester}});
        admin.post("/requests", asks(json!({"name": "Ann Lee"}))).await.ok();
        let second = user("ann.lee@example.com", json!({"is_technician": true})).await;
        for by_name in [json!({"name": "ann lee"}), json!("Ann Lee")] {
            let refused = admin.post("/requests", asks(by_name)).await.refused(400, 4001, "requester").to_string();
            assert!(refused.contains("use email_id or id"), "{refused}");
        }
        for (sure, id) in [
            (json!({"id": first, "name": "Ann Lee"}), &first),
            (json!({"email_id": "ann.lee@example.com", "name": "Ann Lee"}), &second),
        ] {
            assert_eq!(admin.post("/requests", asks(sure)).await.ok()["request"]["requester"]["id"], json!(id));
        }
        // Of technicians there is one of that name; and of those who have left nobody is meant.
        let input = json!({"request": {"subject": "x", "technician": {"name": "Ann Lee"}}});
        assert_eq!(admin.post("/requests", input).await.ok()["request"]["technician"]["id"], json!(second));
        admin.delete(&format!("/users/{first}")).await.ok();
        let made = admin.post("/requests", asks(json!({"name": "Ann Lee"}))).await.ok();
        assert_eq!(made["request"]["requester"]["id"], json!(second));
    }

    people_are_added_found_and_retired(app) {
        let admin = app.admin();
        let made = admin.post("/users", json!({"user": {"first_name": "Ann", "last_name": "Lee", "email_id": "Ann.Lee@Example.com",
            "employee_id": "E7", "department": null, "is_vip_user": "true", "phone": "555-0101"}})).await.ok();
        let user = &made["user"];
        for (key, value) in [
            ("name", json!("Ann Lee")),
            ("first_name", json!("Ann")),
            ("email_id", json!("Ann.Lee@Example.com")),
            ("employee_id", json!("E7")),
            ("is_vip_user", json!(true)),
            ("is_technician", json!(false)),
            ("user_scope", json!("internal_user")),
            ("cost_per_hour", json!("0")),
            ("phone", json!("555-0101")),
        ] {
            assert_eq!(user[key], value, "{key}");
        }
        assert_eq!(user.get("password_hash"), None);
        let path = format!("/users/{}", user["id"].as_str().unwrap());
        admin.post("/users", json!({"user": {"name": "X", "email_id": "ann.lee@example.COM"}})).await.refused(400, 4008, "email_id");
        admin.post("/users", json!({"user": {"name": "X", "email": "x@example.com"}})).await.refused(400, 4001, "email");
        admin.post("/users", json!({"user": {"name": "X", "email_id": "nonsense"}})).await.refused(400, 4001, "email_id");
        for (collection, key, number) in [("/users", "users", 3), ("/requesters", "requesters", 2), ("/technicians", "technicians", 1)] {
            let list = admin.get(collection).await.ok();
            assert_eq!(list[key].as_array().unwrap().len(), number, "{collection}");
        }
        let request = json!({"request": {"subject": "for Ann", "requester": {"email_id": "ann.lee@example.com"}}});
        let request = admin.post("/requests", request).await.ok();
        assert_eq!(request["request"]["requester"]["email_id"], "Ann.Lee@Example.com");
        admin.delete(&path).await.ok();
        let again = json!({"request": {"subject": "for Ann", "requester": {"email_id": "ann.lee@example.com"}}});
        admin.post("/requests", again).await.refused(400, 4001, "requester");
        let old = admin.get(&format!("/requests/{}", request["request"]["id"].as_str().unwrap())).await.ok();
        assert_eq!(old["request"]["requester"]["name"], "Ann Lee");
    }

    requesters_see_their_own(app) {
        let (_, rita) = app.requester("Rita Requester").await;
        let (_, theo) = app.technician("Theo Tech").await;
        let mine = rita.new_request("Mine").await;
        let other = app.admin().new_request("Not hers").await;
        assert_eq!(rita.get("/requests").await.ok()["requests"].as_array().unwrap().len(), 1);
        rita.get(&format!("/requests/{other}")).await.refused(404, 4007, "-");
        rita.put(&format!("/requests/{other}"), json!({"request": {"subject": "x"}})).await.refused(404, 4007, "-");
        for (input, field) in [
            (json!({"technician": {"email_id": "theo.tech@example.com"}}), "technician"),
            (json!({"status": {"name": "On Hold"}}), "status"),
            (json!({"group": {"name": "Network"}}), "group"),
            (json!({"priority": {"name": "High"}}), "priority"),
        ] {
            rita.put(&format!("/requests/{mine}"), json!({"request": input})).await.refused(403, 4002, field);
        }
        let someone = json!({"request": {"subject": "x", "requester": {"email_id": "ada.admin@example.com"}}});
        rita.post("/requests", someone).await.refused(403, 4002, "requester");
        theo.post(&format!("/requests/{mine}/notes"), json!({"request_note": {"description": "secret"}})).await.ok();
        theo.post(&format!("/requests/{mine}/notes"), json!({"request_note": {"description": "open", "show_to_requester": true}})).await.ok();
        let notes = rita.get(&format!("/requests/{mine}/notes")).await.ok();
        assert_eq!(notes["notes"].as_array().unwrap().len(), 1);
        assert_eq!(notes["notes"][0]["description"], "open");
        rita.post(&format!("/requests/{mine}/notes"), json!({"request_note": {"description": "mine"}})).await.ok();
        rita.put(&format!("/requests/{mine}"), json!({"request": {"description": "more"}})).await.ok();
        let closed = rita.put(&format!("/requests/{mine}/_close"), json!({"request": {"closure_info": {"requester_ack_resolution": true}}})).await.ok();
        assert_eq!(closed["request"]["status"]["name"], "Closed");
        rita.put(&format!("/requests/{mine}/_reopen"), json!({})).await.ok();
        for path in ["/users", "/technicians", "/tasks", "/udf_fields"] {
            rita.get(path).await.refused(403, 4002, "-");
        }
        rita.get(&format!("/requests/{mine}/tasks")).await.refused(403, 4002, "-");
        rita.get(&format!("/requests/{mine}/_history")).await.refused(403, 4002, "-");
        rita.delete(&format!("/requests/{mine}")).await.refused(403, 4002, "-");
        rita.post("/priorities", json!({"priority": {"name": "Mine"}})).await.refused(403, 4002, "-");
        rita.get("/priorities").await.ok();
    }

    technicians_may_be_limited_to_sites_and_groups(app) {
        let admin = app.admin();
        let site = admin.post("/sites", json!({"site": {"name": "Berlin"}})).await.ok()["site"]["id"].clone();
        let limited = json!({"is_technician": true, "role": {"name": "SDSiteTechnician"}, "associated_sites": [{"name": "Berlin"}]});
        let (_, bert) = app.person("Bert Berlin", limited).await;
        let here = json!({"request": {"subject": "here", "site": {"id": site}}});
        let here = admin.post("/requests", here).await.ok()["request"]["id"].as_str().unwrap().to_owned();
        let there = admin.new_request("there").await;
        assert_eq!(bert.get("/requests").await.ok()["requests"].as_array().unwrap().len(), 1);
        bert.get(&format!("/requests/{here}")).await.ok();
        bert.get(&format!("/requests/{there}")).await.refused(404, 4007, "-");
        bert.get(&format!("/requests/{there}/notes")).await.refused(404, 4007, "-");
        admin.post(&format!("/requests/{there}/tasks"), json!({"task": {"title": "t"}})).await.ok();
        assert_eq!(bert.get("/tasks").await.ok()["tasks"], json!([]));
        bert.post(&format!("/requests/{here}/link_requests"), json!({"link_requests": [{"linked_request": {"id": there}}]}))
            .await
            .refused(400, 4001, "linked_request");
        let limited = json!({"is_technician": true, "role": {"name": "SDGroupTechnician"}, "groups": [{"name": "Network"}]});
        let (_, gil) = app.person("Gil Group", limited).await;
        admin.put(&format!("/requests/{there}"), json!({"request": {"group": {"name": "Network"}}})).await.ok();
        let seen = gil.get("/requests").await.ok();
        assert_eq!(seen["requests"][0]["id"], json!(there));
        assert_eq!(seen["requests"].as_array().unwrap().len(), 1);
    }

    nobody_raises_themselves(app) {
        let (id, theo) = app.technician("Theo Tech").await;
        let admin_role = json!({"user": {"role": {"name": "SDAdmin"}}});
        theo.put(&format!("/users/{id}"), admin_role).await.refused(403, 4002, "role");
        theo.post("/users", json!({"user": {"name": "Mole", "is_technician": true}})).await.refused(403, 4002, "is_technician");
        theo.post("/technicians", json!({"technician": {"name": "Mole"}})).await.refused(403, 4002, "-");
        let ada = desk::shipped::ADMINISTRATOR;
        theo.put(&format!("/users/{ada}"), json!({"user": {"email_id": "theo2@example.com"}})).await.refused(403, 4002, "email_id");
        theo.post("/statuses", json!({"status": {"name": "Mine"}})).await.refused(403, 4002, "-");
        app.admin().delete(&format!("/users/{ada}")).await.refused(403, 4002, "-");
        theo.post("/requesters", json!({"requester": {"name": "Nora New", "email_id": "nora@example.com"}})).await.ok();
    }

    scopes_are_enforced_on_each_call(app) {
        let ada = desk::shipped::ADMINISTRATOR;
        let id = app.admin().new_request("Scoped").await;
        let one = format!("/requests/{id}");
        let read = with_scopes(app, ada, "SDPOnDemand.requests.READ").await;
        read.get(&one).await.ok();
        read.get("/requests").await.ok();
        read.get(&format!("{one}/notes")).await.ok();
        read.get("/requests/priority").await.ok();
        for reply in [
            read.put(&one, json!({"request": {"subject": "x"}})).await,
            read.post("/requests", json!({"request": {"subject": "x"}})).await,
            read.delete(&one).await,
            read.post(&format!("{one}/notes"), json!({"request_note": {"description": "x"}})).await,
            read.put(&format!("{one}/_close"), json!({})).await,
            read.put(&format!("{one}/pickup"), json!({})).await,
            read.get("/users").await,
            read.post("/priorities", json!({"priority": {"name": "x"}})).await,
        ] {
            let json = reply.refused(401, 4002, "-");
            assert!(json.to_string().to_lowercase().contains("scope"), "{json}");
        }
        // What is read of all records at once is about more than requests.
        read.get("/requests/notes").await.ok();
        for (all, wanted) in [("/history", "SDPOnDemand.problems.READ"), ("/problems/notes", "SDPOnDemand.problems.READ")] {
            let json = read.get(all).await.refused(401, 4002, "-");
            assert!(json.to_string().contains(wanted), "{json}");
        }
        app.admin().get("/history").await.ok();
        app.admin().get("/problems/notes").await.ok();
        let update = with_scopes(app, ada, "SDPOnDemand.requests.UPDATE").await;
        update.put(&one, json!({"request": {"subject": "y"}})).await.ok();
        // What is added below a record is an update of it or an addition, as the client has it.
        let create = with_scopes(app, ada, "SDPOnDemand.requests.CREATE").await;
        for client in [&update, &create] {
            client.post(&format!("{one}/notes"), json!({"request_note": {"description": "x"}})).await.ok();
            let task = client.post(&format!("{one}/tasks"), json!({"task": {"title": "x"}})).await.ok();
            let task = format!("{one}/tasks/{}", task["task"]["id"].as_str().unwrap());
            client.post(&format!("{task}/worklogs"), json!({"worklog": {"owner": {"id": ada.to_string()}}})).await.ok();
        }
        let told = with_scopes(app, ada, "SDPOnDemand.requests.READ,SDPOnDemand.requests.UPDATE").await;
        let links = told.get(&format!("{one}/_links")).await.ok();
        let offered = |name: &str| links["_links"]["links"].as_array().unwrap().iter().any(|l| l["name"] == name && l["method"] == "post");
        assert!(offered("notes") && offered("tasks") && offered("worklogs"), "{links}");
        update.post("/tasks", json!({"task": {"title": "x"}})).await.refused(401, 4002, "-");
        create.put(&one, json!({"request": {"subject": "z"}})).await.refused(401, 4002, "-");
        assert_eq!(update.get(&one).await.status, 401);
        let setup = with_scopes(app, ada, "SDPOnDemand.setup.ALL,SDPOnDemand.users.READ").await;
        setup.post("/levels", json!({"level": {"name": "Tier 9"}})).await.ok();
        setup.get("/users").await.ok();
        assert_eq!(setup.get(&one).await.status, 401);
    }

    every_route_as_nobody_and_as_a_requester(app) {
        let (_, rita) = app.requester("Rita Requester").await;
        let id = app.admin().new_request("Not hers").await;
        let catalogue = &app.desk.snapshot().catalogue;
        let mut seen = 0;
        for module in catalogue.modules() {
            let mut paths = Vec::new();
            if module.top_level {
                paths.push(format!("/{}", module.plural));
                paths.push(format!("/{}/1", module.plural));
            }
            for child in &module.children {
                paths.push(format!("/{}/{id}/{}", module.plural, child.path));
            }
            for operation in &module.operations {
                paths.push(format!("/{}/{id}/_{}", module.plural, operation.name));
            }
            for path in paths {
                for method in ["GET", "POST", "PUT", "DELETE"] {
                    seen += 1;
                    let path = format!("/api/v3{path}");
                    assert_eq!(app.nobody().send(method, &path, &[], "").await.status, 401, "{method} {path}");
                    let reply = rita.send(method, &path, &[], "").await;
                    let text = String::from_utf8_lossy(&reply.bytes).into_owned();
                    assert!(reply.status.as_u16() < 500, "{method} {path}: {text}");
                    assert!(!text.contains("Not hers"), "{method} {path}: {text}");
                    let body: Json = serde_json::from_str(&text).unwrap();
                    assert!(body.get("response_status").is_some(), "{method} {path}");
                }
            }
        }
        assert!(seen > 200, "{seen}");
        assert_eq!(app.admin().get(&format!("/requests/{id}")).await.ok()["request"]["is_trashed"], false);
    }
}
