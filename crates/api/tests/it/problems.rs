//! `/problems` and what is below them (problems.md).

use serde_json::{Value as Json, json};
use testkit::{App, Client, START, on_both_engines};

async fn new_problem(client: &Client<'_>, title: &str) -> String {
    let made = client.post("/problems", json!({"problem": {"title": title}})).await.ok();
    made["problem"]["id"].as_str().unwrap().to_owned()
}

async fn problem(client: &Client<'_>, id: &str) -> Json {
    client.get(&format!("/problems/{id}")).await.ok()["problem"].clone()
}

async fn limited(app: &App) -> Client<'_> {
    let admin = app.admin();
    admin.post("/sites", json!({"site": {"name": "Berlin"}})).await.ok();
    app.person(
        "Bert Berlin",
        json!({"is_technician": true, "role": {"name": "SDSiteTechnician"}, "associated_sites": [{"name": "Berlin"}]}),
    )
    .await
    .1
}

on_both_engines! {
    a_problem_has_a_summary(app) {
        let admin = app.admin();
        let problem = admin.post("/problems", json!({"problem": {"title": "Mail is slow"}})).await.ok();
        let path = format!("/problems/{}", problem["problem"]["id"].as_str().unwrap());
        admin.post(&format!("{path}/notes"), json!({"problem_note": {"description": "n"}})).await.ok();
        admin.post(&format!("{path}/tasks"), json!({"task": {"title": "look"}})).await.ok();
        admin.post(&format!("{path}/tasks"), json!({"task": {"title": "done", "status": {"name": "Closed"}}})).await.ok();
        let request = admin.new_request("Mail").await;
        let of = json!({"request_problem_association": {"problem": {"id": problem["problem"]["id"]}}});
        admin.post(&format!("/requests/{request}/problem"), of).await.ok();
        for word in ["_summary", "summary"] {
            let told = admin.get(&format!("{path}/{word}")).await.ok()["problem_summary"].clone();
            for (name, count) in [
                ("note_count", "1"), ("task_pending_count", "1"), ("task_completed_count", "1"), ("worklog_count", "0"),
                ("associated_request_count", "1"), ("attachment_count", "0"), ("approval_pending_count", "0"),
            ] {
                assert_eq!(told[name], count, "{name}: {told}");
            }
        }
        admin.get("/problems/1/_summary").await.refused(404, 4007, "-");
    }

    a_new_problem_has_its_defaults(app) {
        let admin = app.admin();
        let id = new_problem(&admin, "Mail is slow").await;
        let found = problem(&admin, &id).await;
        assert_eq!(found["status"]["name"], "Open");
        assert_eq!(found["template"]["name"], "General Problem Template");
        assert_eq!(found["template"]["id"], "100001000000128011");
        assert_eq!(found["reported_by"]["email_id"], "ada.admin@example.com");
        assert_eq!(found["reported_time"]["value"], START.to_string());
        for key in ["closed_time", "updated_time", "lifecycle", "due_by_time"] {
            assert!(found[key].is_null(), "{key}");
        }
        for key in ["assets", "configuration_items", "services", "attachments", "problem_template_task_ids"] {
            assert_eq!(found[key], json!([]), "{key}");
        }
        assert_eq!(found["known_error_details"]["is_known_error"], false);
        assert!(found["root_cause"]["root_cause_updated_on"].is_null());
        admin.post("/problems", json!({"problem": {"description": "x"}})).await.refused(400, 4012, "title");
    }

    each_part_of_the_analysis_is_stamped_by_who_writes_it(app) {
        let admin = app.admin();
        let (_, tina) = app.technician("Tina Tech").await;
        let id = new_problem(&admin, "Mail is slow").await;
        app.clock.advance(60_000);
        let parts = [
            ("root_cause", "root_cause_description"), ("symptoms", "symptoms_description"),
            ("impact_details", "impact_details_description"), ("workaround_details", "workaround_details_description"),
            ("resolution_details", "resolution_details_description"),
            ("known_error_details", "known_error_comments"), ("close_details", "close_details_comments"),
        ];
        for (group, member) in parts {
            let done = tina.put(&format!("/problems/{id}"), json!({"problem": {group: {member: "Words"}}})).await.ok();
            let part = &done["problem"][group];
            assert_eq!(part[member], "Words", "{group}");
            assert_eq!(part[format!("{group}_updated_by")]["name"], "Tina Tech", "{group}");
            assert_eq!(part[format!("{group}_updated_on")]["value"], (START + 60_000).to_string(), "{group}");
        }
        let stamp = json!({"problem": {"symptoms": {"symptoms_updated_on": {"value": "1"}}}});
        admin.put(&format!("/problems/{id}"), stamp).await.refused(400, 4014, "symptoms.symptoms_updated_on");
        let text = json!({"problem": {"root_cause": "a text"}});
        admin.put(&format!("/problems/{id}"), text).await.refused(400, 4021, "root_cause");
        let stranger = json!({"problem": {"workaround": "x"}});
        admin.put(&format!("/problems/{id}"), stranger).await.refused(400, 4001, "workaround");
    }

    closing_keeps_the_rules_and_opening_again_forgets_the_time(app) {
        let admin = app.admin();
        let portal = admin.list("/portals", json!({})).await.ok()["portals"][0]["id"].as_str().unwrap().to_owned();
        let rule = |field: &str| json!({"portal": {"problem_closure_mandatory_fields": [field]}});
        let path = format!("/portals/{portal}");
        // A field of requests that problems do not have.
        admin.put(&path, rule("mode")).await.refused(400, 4001, "problem_closure_mandatory_fields");
        admin.put(&path, rule("root_cause.root_cause_description")).await.ok();
        let id = new_problem(&admin, "Mail is slow").await;
        app.clock.advance(60_000);
        let reply = admin.put(&format!("/problems/{id}/_close"), json!({"problem": {"close_details": {
            "closure_code": {"name": "Success"}, "close_details_comments": "Done",
        }}})).await.json();
        assert_eq!(reply["response_status"]["status_code"], 3000, "{reply:#}");
        assert_eq!(problem(&admin, &id).await["status"]["name"], "Open");
        let cause = json!({"problem": {"root_cause": {"root_cause_description": "A full disk"}}});
        let closed = admin.put(&format!("/problems/{id}/close"), cause).await.ok();
        assert_eq!(closed["problem"]["status"]["name"], "Closed");
        assert_eq!(closed["problem"]["closed_time"]["value"], (START + 60_000).to_string());
        assert_eq!(closed["problem"]["close_details"]["closure_code"]["name"], "Success");
        // The one of problems, not the one of requests that has the same name.
        assert_eq!(closed["problem"]["close_details"]["closure_code"]["id"], "100001000001000449");
        let open = admin.put(&format!("/problems/{id}"), json!({"problem": {"status": {"name": "Open"}}})).await.ok();
        assert!(open["problem"]["closed_time"].is_null());
        let before = json!({"problem": {"closed_time": {"value": "1000"}}});
        admin.put(&format!("/problems/{id}"), before).await.refused(400, 4016, "closed_time");
    }

    a_problem_is_taken_and_given(app) {
        let admin = app.admin();
        let (_, tina) = app.technician("Tina Tech").await;
        let (_, rita) = app.requester("Rita Requester").await;
        let id = new_problem(&admin, "Mail is slow").await;
        let taken = tina.put(&format!("/problems/{id}/pickup"), json!({})).await.ok();
        assert_eq!(taken["problem"]["technician"]["name"], "Tina Tech");
        let given = admin.put(&format!("/problems/{id}/_assign"), json!({"problem": {"group": {"name": "Network"}}})).await.ok();
        assert_eq!(given["problem"]["group"]["name"], "Network");
        admin.put(&format!("/problems/{id}/assign"), json!({"problem": {"title": "x"}})).await.refused(403, 4002, "title");
        rita.get(&format!("/problems/{id}")).await.refused(403, 4002, "-");
        rita.post("/problems", json!({"problem": {"title": "x"}})).await.refused(403, 4002, "-");
    }

    incidents_are_seen_from_both_sides(app) {
        let admin = app.admin();
        let id = new_problem(&admin, "Mail is slow").await;
        let (one, two) = (admin.new_request("No mail").await, admin.new_request("Slow mail").await);
        let ask = json!({"request_problem_association": {"problem": {"id": id}}});
        admin.post(&format!("/requests/{one}/problem"), ask).await.ok();
        let rows = json!({"associated_incidents": [{"request": {"id": two}}]});
        admin.post(&format!("/problems/{id}/associated_incidents"), rows.clone()).await.ok();
        for request in [&one, &two] {
            let found = admin.get(&format!("/requests/{request}/problem")).await.ok();
            assert_eq!(found["request_problem_association"]["problem"]["id"], id.as_str());
            assert_eq!(admin.get(&format!("/requests/{request}")).await.ok()["request"]["has_problem"], true);
        }
        let listed = admin.get(&format!("/problems/{id}/associated_incidents")).await.ok();
        assert_eq!(listed["associated_incidents"].as_array().unwrap().len(), 2);
        assert_eq!(admin.get(&format!("/problems/{id}/requests")).await.ok()["requests"].as_array().unwrap().len(), 2);
        let by_problem = json!({"search_criteria": {"field": "problem.id", "condition": "is", "value": id}});
        assert_eq!(admin.list("/requests", by_problem).await.ok()["requests"].as_array().unwrap().len(), 2);
        let gone = admin.form_delete(&format!("/problems/{id}/associated_incidents"), rows).await;
        gone.ok();
        admin.delete(&format!("/requests/{one}/problem")).await.ok();
        for request in [&one, &two] {
            assert_eq!(admin.get(&format!("/requests/{request}")).await.ok()["request"]["has_problem"], false);
            let none = admin.get(&format!("/requests/{request}/problem")).await.ok();
            assert!(none["request_problem_association"].is_null());
        }
        let nowhere = json!({"request_problem_association": {"problem": {"id": "100000000000000001"}}});
        admin.post(&format!("/requests/{one}/problem"), nowhere).await.refused(400, 4001, "problem");
    }

    a_removed_problem_lets_its_incidents_go(app) {
        let admin = app.admin();
        let id = new_problem(&admin, "Mail is slow").await;
        let request = admin.new_request("No mail").await;
        let ask = json!({"request_problem_association": {"problem": {"id": id}}});
        admin.post(&format!("/requests/{request}/problem"), ask).await.ok();
        let note = admin.post(&format!("/problems/{id}/notes"), json!({"problem_note": {"description": "n"}})).await.ok();
        assert!(note["problem_note"]["id"].is_string(), "answered under the key that was sent: {note:#}");
        assert_eq!(problem(&admin, &id).await["notes_present"], true);
        admin.delete(&format!("/problems/{id}")).await.ok();
        assert_eq!(admin.get(&format!("/problems/{id}")).await.status.as_u16(), 404);
        let found = admin.get(&format!("/requests/{request}")).await.ok();
        assert_eq!(found["request"]["has_problem"], false);
    }

    work_below_a_problem_is_its_own(app) {
        let admin = app.admin();
        let id = new_problem(&admin, "Mail is slow").await;
        let task = admin.post(&format!("/problems/{id}/tasks"), json!({"task": {"title": "Look"}})).await.ok();
        let task = task["task"]["id"].as_str().unwrap();
        let at = format!("/problems/{id}/tasks/{task}");
        let comment = admin.post(&format!("{at}/comments"), json!({"comment": {"content": "Hm"}})).await.ok();
        assert_eq!(comment["comment"]["content"], "Hm");
        let worklog = json!({"worklog": {"owner": {"email_id": "ada.admin@example.com"}, "time_spent": {"hours": 1, "minutes": 20}}});
        let logged = admin.post(&format!("{at}/worklogs"), worklog.clone()).await.ok();
        assert_eq!(logged["worklog"]["problem"]["id"], id.as_str());
        assert_eq!(logged["worklog"]["time_spent"]["value"], "4800000");
        admin.post(&format!("/problems/{id}/worklogs"), worklog).await.ok();
        let level = admin.post(&format!("/problems/{id}/approval_levels"), json!({"approval_level": {}})).await.ok();
        assert_eq!(level["approval_level"]["associated_entity"], "problem");
        let level = level["approval_level"]["id"].as_str().unwrap();
        let approvals = format!("/problems/{id}/approval_levels/{level}/approvals");
        let approval = json!({"approval": {"approver": {"email_id": "ada.admin@example.com"}}});
        let approval = admin.post(&approvals, approval).await.ok();
        let approval = approval["approval"]["id"].as_str().unwrap();
        assert_eq!(problem(&admin, &id).await["approval_status"]["name"], "Pending Approval");
        admin.put(&format!("{approvals}/{approval}/_approve"), json!({"approval": {"comments": "x".repeat(600)}})).await.ok();
        assert_eq!(problem(&admin, &id).await["approval_status"]["name"], "Approved");
        let history = admin.get(&format!("/problems/{id}/_history")).await.ok();
        assert!(history["history"].as_array().unwrap().len() >= 5, "{history:#}");
        // Not at another problem, and not at a request.
        let other = new_problem(&admin, "Other").await;
        assert_eq!(admin.get(&format!("/problems/{other}/tasks/{task}")).await.status.as_u16(), 404);
        admin.delete(&format!("/problems/{id}")).await.ok();
        assert_eq!(admin.get(&format!("/tasks/{task}")).await.status.as_u16(), 404);
    }

    scopes_and_sites_hold_for_problems_and_what_is_below(app) {
        let admin = app.admin();
        let bert = limited(app).await;
        let id = new_problem(&admin, "Everywhere").await;
        let here = admin.post("/problems", json!({"problem": {"title": "Here", "site": {"name": "Berlin"}}})).await.ok();
        let here = here["problem"]["id"].as_str().unwrap();
        admin.post(&format!("/problems/{id}/tasks"), json!({"task": {"title": "Hidden"}})).await.ok();
        admin.post(&format!("/problems/{here}/tasks"), json!({"task": {"title": "Shown"}})).await.ok();
        assert_eq!(bert.get(&format!("/problems/{id}")).await.status.as_u16(), 404);
        assert_eq!(bert.get("/problems").await.ok()["problems"].as_array().unwrap().len(), 1);
        let tasks = bert.get("/tasks").await.ok();
        let titles: Vec<&str> = tasks["tasks"].as_array().unwrap().iter().map(|t| t["title"].as_str().unwrap()).collect();
        assert_eq!(titles, ["Shown"]);
        let read = desk::Scopes::parse("SDPOnDemand.problems.READ").unwrap();
        let token = app.token_for(desk::shipped::ADMINISTRATOR, read).await;
        let reader = Client::with_token(app, &token);
        reader.get(&format!("/problems/{id}/tasks")).await.ok();
        assert_eq!(reader.post(&format!("/problems/{id}/tasks"), json!({"task": {"title": "x"}})).await.status.as_u16(), 401);
        assert_eq!(reader.get("/requests").await.status.as_u16(), 401);
        let requests = desk::Scopes::parse("SDPOnDemand.requests.ALL").unwrap();
        let token = app.token_for(desk::shipped::ADMINISTRATOR, requests).await;
        let other = Client::with_token(app, &token);
        assert_eq!(other.get(&format!("/problems/{id}/tasks")).await.status.as_u16(), 401);
    }

    problems_are_found(app) {
        let admin = app.admin();
        let id = new_problem(&admin, "Mail is slow").await;
        new_problem(&admin, "Printers smoke").await;
        let cause = json!({"problem": {"root_cause": {"root_cause_description": "<b>quokka</b> in the pipe"}}});
        admin.put(&format!("/problems/{id}"), cause).await.ok();
        admin.post(&format!("/problems/{id}/notes"), json!({"note": {"description": "seen a wombat"}})).await.ok();
        let told = |whom: Json| json!({"note": {"description": "told", "notify_to": whom}});
        for nobody in [json!("a"), json!({"bogus": []}), json!({"xpaths": [5]}), json!({"users": [{"id": "5"}]})] {
            admin.post(&format!("/problems/{id}/notes"), told(nobody)).await.refused(400, 4001, "notify_to");
        }
        let admins = json!({"users": [{"id": desk::shipped::ADMINISTRATOR.to_string()}], "xpaths": [{"xpath": "problem.technician"}]});
        let note = admin.post(&format!("/problems/{id}/notes"), told(admins)).await.ok();
        assert!(note["note"].get("notify_to").is_none(), "a word to the desk: {note}");
        let found = async |info: Json| -> usize {
            admin.list("/problems", info).await.ok()["problems"].as_array().unwrap().len()
        };
        assert_eq!(found(json!({"search_text": "quokka"})).await, 1);
        assert_eq!(found(json!({"search_text": "wombat"})).await, 1);
        assert_eq!(found(json!({"search_text": "wallaby"})).await, 0);
        let is = |field: &str, value: Json| json!({"search_criteria": {"field": field, "condition": "is", "value": value}});
        assert_eq!(found(is("display_id", json!("PB-1"))).await, 1);
        assert_eq!(found(is("display_id", json!(2))).await, 1);
        assert_eq!(found(is("status.name", json!("Open"))).await, 2);
        assert_eq!(found(is("known_error_details.is_known_error", json!(false))).await, 2);
        let sorted = admin.list("/problems", json!({"sort_field": "created_time", "sort_order": "asc"})).await.ok();
        assert_eq!(sorted["problems"][0]["title"], "Mail is slow");
        let meta = admin.get("/problems/_metainfo").await.ok();
        assert_eq!(meta["metainfo"]["fields"]["reported_by"]["lookup_entity"], "user");
    }
}
