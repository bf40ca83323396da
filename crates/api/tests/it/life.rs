//! A request's life beside plain edits: locks, holds, cancellation, service requests, the end of merged ones.

use serde_json::{Value as Json, json};
use testkit::{App, Client, on_both_engines};

/// Changes the desk's own settings.
async fn set(app: &App, settings: Json) {
    let admin = app.admin();
    let portal = admin.get("/portals").await.ok()["portals"][0]["id"].as_str().unwrap().to_owned();
    admin.put(&format!("/portals/{portal}"), json!({"portal": settings})).await.ok();
}

on_both_engines! {
    a_closed_request_is_locked_against_operations_too(app) {
        set(app, json!({"closed_requests_locked": true})).await;
        let (_, theo) = app.technician("Theo Tech").await;
        let path = format!("/requests/{}", theo.new_request("Closed").await);
        let other = theo.new_request("Other").await;
        theo.put(&format!("{path}/_close"), json!({})).await.ok();
        let closure = json!({"request": {"closure_info": {"closure_comments": "really"}}});
        for (name, input) in [
            ("", json!({"request": {"subject": "x"}})),
            ("", json!({"request": {"status": {"name": "Resolved"}}})),
            ("/_assign", json!({"request": {"group": {"name": "Network"}}})),
            ("/_pickup", json!({})),
            ("/_cancel", json!({})),
            ("/resolutions", json!({"resolution": {"content": "x"}})),
            ("/tag", json!({"tags": []})),
            ("/_merge_requests", json!({"merge_requests": [{"id": other}]})),
            ("/_close", json!({"request": {"subject": "x", "closure_info": {"closure_comments": "y"}}})),
        ] {
            theo.put(&format!("{path}{name}"), input).await.refused(403, 4002, "-");
        }
        // Its links are no more changed from their other end.
        let closed = path.rsplit('/').next().unwrap();
        let links = format!("/requests/{other}/link_requests");
        let to = |id: &str| json!({"link_requests": [{"linked_request": {"id": id}}]});
        theo.post(&links, to(closed)).await.refused(403, 4002, "-");
        app.admin().post(&links, to(closed)).await.ok();
        theo.send("DELETE", &format!("/api/v3{links}"), &[("Content-Type", "application/json")], to(closed).to_string()).await.refused(403, 4002, "-");
        assert_eq!(app.admin().get(&path).await.ok()["request"]["has_linked_requests"], true);
        theo.put(&format!("{path}/_close"), closure).await.ok();
        app.admin().put(&path, json!({"request": {"subject": "Administrators may"}})).await.ok();
        theo.put(&format!("{path}/_reopen"), json!({})).await.ok();
        theo.put(&format!("{path}/_pickup"), json!({})).await.ok();
    }

    what_hangs_on_a_closed_request_is_as_locked(app) {
        set(app, json!({"closed_requests_locked": true})).await;
        let (_, theo) = app.technician("Theo Tech").await;
        let (_, rita) = app.requester("Rita Requester").await;
        let request = rita.new_request("Printer").await;
        let path = format!("/requests/{request}");
        let rows = [
            ("notes", "request_note", json!({"description": "by the way", "show_to_requester": true})),
            ("tasks", "task", json!({"title": "look"})),
            ("worklogs", "worklog", json!({"description": "looked", "owner": {"name": "Theo Tech"}})),
            ("drafts", "draft", json!({"description": "later"})),
            ("reminders", "reminder", json!({"summary": "tomorrow", "date": {"value": (testkit::START + 60_000).to_string()}})),
            ("checklists", "checklist", json!({"name": "steps"})),
            ("approval_levels", "approval_level", json!({})),
        ];
        let add = async |client: &Client<'_>, at: &str, (below, key, input): &(&str, &str, Json)| {
            client.post(&format!("{at}/{below}"), json!({*key: input})).await
        };
        let upload = async |client: &Client<'_>, at: &str| {
            let body = "--b\r\nContent-Disposition: form-data; name=\"input_file\"; filename=\"a.txt\"\r\n\r\nx\r\n--b--\r\n";
            let headers = [("Content-Type", "multipart/form-data; boundary=b")];
            client.send("POST", &format!("/api/v3{at}/_uploads"), &headers, body).await
        };
        let mut there = Vec::new();
        for row in &rows {
            let made = add(&theo, &path, row).await.ok();
            there.push(format!("{path}/{}/{}", row.0, made[row.1]["id"].as_str().unwrap()));
        }
        let file = upload(&theo, &path).await.ok()["file_id"].as_str().unwrap().to_owned();
        let other = theo.new_request("Other").await;
        let link = |id: &str| json!({"link_requests": [{"linked_request": {"id": id}}]});
        theo.post(&format!("/requests/{other}/link_requests"), link(&request)).await.ok();
        theo.put(&format!("{path}/_close"), json!({})).await.ok();

        for (row, at) in rows.iter().zip(&there) {
            add(&theo, &path, row).await.refused(403, 4002, "-");
            theo.put(at, json!({row.1: row.2})).await.refused(403, 4002, "-");
            theo.delete(at).await.refused(403, 4002, "-");
        }
        let task = &there[1];
        add(&theo, task, &rows[2]).await.refused(403, 4002, "-");
        theo.put(&task.replace(&path, ""), json!({"task": {"title": "x"}})).await.refused(403, 4002, "-");
        for at in [&path, task, &there[0]] {
            upload(&theo, at).await.refused(403, 4002, "-");
        }
        theo.delete(&format!("{path}/_uploads/{file}")).await.refused(403, 4002, "-");
        theo.post(&format!("{path}/link_requests"), link(&other)).await.refused(403, 4002, "-");
        let mail = ("notifications", "notification", json!({"subject": "Re", "to": ["rita.requester@example.com"]}));
        add(&theo, &path, &mail).await.refused(403, 4002, "-");
        add(&rita, &path, &rows[0]).await.refused(403, 4002, "-");
        upload(&rita, &path).await.refused(403, 4002, "-");
        // What is said on a linked request does not get to it.
        let said = json!({"note": {"description": "y", "add_to_linked_requests": true}});
        theo.post(&format!("/requests/{other}/notes"), said).await.ok();
        assert_eq!(app.admin().get(&format!("{path}/notes")).await.ok()["notes"].as_array().unwrap().len(), 1);
        // By a reply somebody says that it is not over.
        add(&rita, &path, &("notifications", "notification", json!({"description": "It smokes"}))).await.ok();
        add(&app.admin(), &path, &rows[0]).await.ok();
        rita.put(&format!("{path}/_reopen"), json!({})).await.ok();
        for (row, at) in rows.iter().zip(&there) {
            theo.put(at, json!({row.1: row.2})).await.ok();
            add(&theo, &path, row).await.ok();
        }
        upload(&theo, task).await.ok();
    }

    a_closed_request_is_not_done_away_with(app) {
        set(app, json!({"closed_requests_locked": true})).await;
        let (_, theo) = app.technician("Theo Tech").await;
        let admin = app.admin();
        let closed = theo.new_request("Closed").await;
        let open = theo.new_request("Open").await;
        let path = format!("/requests/{closed}");
        let merge = async |client: &Client<'_>, id: &str, other: &str| {
            let input = json!({"merge_requests": [{"id": other}]});
            client.put(&format!("/requests/{id}/_merge_requests"), input).await
        };
        theo.put(&format!("{path}/_close"), json!({})).await.ok();
        let refused = async |at: &str| {
            for way in [at.to_owned(), format!("{at}/_move_to_trash"), format!("{at}?delete_type=permanent")] {
                theo.delete(&way).await.refused(403, 4002, "-");
            }
        };
        refused(&path).await;
        merge(&theo, &open, &closed).await.refused(403, 4002, "-");
        merge(&theo, &closed, &open).await.refused(403, 4002, "-");
        // Of several the others go.
        let third = theo.new_request("Third").await;
        let told = theo.delete(&format!("/requests?ids={third},{closed}")).await.ok();
        let told: Vec<&str> = told["response_status"].as_array().unwrap().iter().map(|s| s["status"].as_str().unwrap()).collect();
        assert_eq!(told, ["success", "failed"]);
        assert_eq!(admin.get(&path).await.ok()["request"]["subject"], "Closed");
        // In the trash it can be restored, and no more: it is as closed as before.
        admin.delete(&path).await.ok();
        for way in ["", "?delete_type=permanent"] {
            theo.delete(&format!("{path}{way}")).await.refused(403, 4002, "-");
        }
        theo.delete(&format!("{path}/_move_to_trash")).await.ok();
        theo.put(&format!("{path}/_restore_from_trash"), json!({})).await.ok();
        refused(&path).await;
        // Administrators may, and so may all where it is open again.
        theo.put(&format!("{path}/_reopen"), json!({})).await.ok();
        theo.delete(&path).await.ok();
        theo.delete(&path).await.ok();
        theo.put(&format!("/requests/{open}/_close"), json!({})).await.ok();
        merge(&admin, &admin.new_request("Another").await, &open).await.ok();
    }

    what_is_linked_twice_in_one_call_is_linked_once(app) {
        let admin = app.admin();
        let path = format!("/requests/{}/link_requests", admin.new_request("Printer").await);
        let other = admin.new_request("The same printer").await;
        let link = |comments: &str| json!({"linked_request": {"id": other}, "comments": comments});
        admin.post(&path, json!({"link_requests": [link("one"), link("two")]})).await.ok();
        let linked = admin.get(&path).await.ok()["link_requests"].clone();
        assert_eq!((linked.as_array().unwrap().len(), &linked[0]["comments"]), (1, &json!("one")));
    }

    so_many_are_merged_at_once_and_each_once(app) {
        let admin = app.admin();
        let path = format!("/requests/{}", admin.new_request("Printer").await);
        let other = admin.new_request("The same printer").await;
        let merge = async |times: usize| {
            let input = json!({"merge_requests": vec![json!({"id": other}); times]});
            admin.put(&format!("{path}/_merge_requests"), input).await
        };
        merge(51).await.refused(400, 4001, "merge_requests");
        admin.get(&format!("/requests/{other}")).await.ok();
        merge(2).await.ok();
        assert_eq!(admin.get(&format!("{path}/notes")).await.ok()["notes"].as_array().unwrap().len(), 1);
    }

    nobody_decides_on_a_closed_request(app) {
        set(app, json!({"closed_requests_locked": true})).await;
        let (theo_id, theo) = app.technician("Theo Tech").await;
        let path = format!("/requests/{}", theo.new_request("Laptop").await);
        let level = |after: &str| format!("{path}/approval_levels{after}");
        let made = async |at: &str, key: &str, input: Json| {
            theo.post(at, json!({key: input})).await.ok()[key]["id"].as_str().unwrap().to_owned()
        };
        let first = made(&level(""), "approval_level", json!({})).await;
        let second = made(&level(""), "approval_level", json!({})).await;
        let ask = json!({"approver": {"id": theo_id.to_string()}});
        let asked = made(&level(&format!("/{first}/approvals")), "approval", ask.clone()).await;
        let unasked = made(&level(&format!("/{second}/approvals")), "approval", ask).await;
        let decide = level(&format!("/{first}/approvals/{asked}/_approve"));
        let send = level(&format!("/{second}/approvals/{unasked}/_send_notification"));
        theo.put(&format!("{path}/_close"), json!({})).await.ok();
        theo.put(&decide, json!({})).await.refused(403, 4002, "-");
        theo.put(&send, json!({})).await.refused(403, 4002, "-");
        theo.put(&format!("{path}/_reopen"), json!({})).await.ok();
        theo.put(&send, json!({})).await.ok();
        theo.put(&decide, json!({})).await.ok();
    }

    a_schedule_is_for_a_hold(app) {
        let admin = app.admin();
        let path = format!("/requests/{}", admin.new_request("Wait").await);
        let comments = json!({"onhold_scheduler": {"comments": "parts"}});
        admin.put(&path, json!({"request": comments})).await.refused(400, 4001, "onhold_scheduler");
        let later = json!({"onhold_scheduler": {"scheduled_time": {"value": (testkit::START + 60_000).to_string()}}});
        admin.put(&path, json!({"request": later})).await.refused(400, 4001, "onhold_scheduler");
        admin.put(&path, json!({"request": {"onhold_scheduler": null}})).await.ok();
        let mut held = comments.clone();
        held["status"] = json!({"name": "On Hold"});
        let reply = admin.put(&path, json!({"request": held})).await.ok();
        assert_eq!(reply["request"]["onhold_scheduler"]["comments"], "parts");
        assert_eq!(reply["request"]["onhold_scheduler"]["scheduled_time"], Json::Null);
        assert_eq!(reply["request"]["onhold_scheduler"]["held_by"]["name"], "Ada Admin");
        let target = json!({"request": {"onhold_scheduler": {"change_to_status": {"name": "Open"}}}});
        admin.put(&path, target).await.refused(400, 4012, "onhold_scheduler.scheduled_time");
        let mut left = comments;
        left["status"] = json!({"name": "Open"});
        admin.put(&path, json!({"request": left})).await.refused(400, 4001, "onhold_scheduler");
        let wiped = admin.put(&path, json!({"request": {"onhold_scheduler": null}})).await.ok();
        assert_eq!(wiped["request"]["onhold_scheduler"], Json::Null);
        assert_eq!(wiped["request"]["status"]["name"], "On Hold");
    }

    whom_to_notify_are_addresses(app) {
        let admin = app.admin();
        for bad in [json!(["bad"]), json!(["a@example.com", "b@"]), json!("a@example.com, @b"), json!(["a b@example.com"])] {
            let input = json!({"request": {"subject": "x", "email_ids_to_notify": bad}});
            admin.post("/requests", input).await.refused(400, 4001, "email_ids_to_notify");
        }
        let input = json!({"request": {"subject": "x", "email_ids_to_notify": "a@example.com,b@example.com"}});
        let made = admin.post("/requests", input).await.ok();
        assert_eq!(made["request"]["email_ids_to_notify"], json!(["a@example.com", "b@example.com"]));
    }

    a_merged_request_goes_with_the_one_that_took_it_in(app) {
        let admin = app.admin();
        let (a, b, c) = (admin.new_request("A").await, admin.new_request("B").await, admin.new_request("C").await);
        admin.put(&format!("/requests/{b}/_merge_requests"), json!({"merge_requests": [{"id": c}]})).await.ok();
        admin.put(&format!("/requests/{a}/_merge_requests"), json!({"merge_requests": [{"id": b}]})).await.ok();
        for path in [format!("/requests/{b}"), format!("/requests/{b}/_move_to_trash"), format!("/requests/{c}?delete_type=permanent")] {
            let refused = admin.delete(&path).await.refused(404, 4007, "-");
            assert!(refused.to_string().contains("Merged into"), "{path} {refused}");
        }
        let gone = admin.get(&format!("/requests/{b}")).await.refused(404, 4007, "-");
        assert!(gone.to_string().contains(&a), "{gone}");
        admin.delete(&format!("/requests/{a}?delete_type=permanent")).await.ok();
        for id in [&a, &b, &c] {
            let gone = admin.get(&format!("/requests/{id}")).await.refused(404, 4007, "-");
            assert!(!gone.to_string().contains("Merged"), "{gone}");
        }
        assert_eq!(admin.list("/requests", json!({"filter_by": {"name": "Trash"}})).await.ok()["requests"], json!([]));
    }

    only_one_response_is_the_first(app) {
        let admin = app.admin();
        let notes = format!("/requests/{}/notes", admin.new_request("Answered").await);
        let note = json!({"request_note": {"description": "on it", "mark_first_response": true}});
        assert_eq!(admin.post(&notes, note.clone()).await.ok()["request_note"]["mark_first_response"], true);
        assert_eq!(admin.post(&notes, note).await.ok()["request_note"]["mark_first_response"], false);
    }

    links_are_taken_away_by_name(app) {
        let admin = app.admin();
        let (a, b) = (admin.new_request("A").await, admin.new_request("B").await);
        let path = format!("/requests/{a}/_link_requests");
        admin.post(&path, json!({"link_requests": [{"linked_request": {"id": b}}]})).await.ok();
        admin.delete(&path).await.refused(400, 4012, "link_requests");
        let none = format!("/api/v3{path}?input_data={}", testkit::encoded(&json!({"link_requests": []}).to_string()));
        admin.send("DELETE", &none, &[], "").await.refused(400, 4012, "link_requests");
        assert_eq!(admin.get(&path).await.ok()["link_requests"].as_array().unwrap().len(), 1);
    }

    a_service_request_asks_its_approvers(app) {
        let admin = app.admin();
        app.requester("Bea Boss").await;
        let (_, rita) = app.requester("Rita Requester").await;
        admin.post("/request_templates", json!({"request_template": {"name": "New laptop", "is_service_template": true}})).await.ok();
        let input = json!({"request": {"subject": "x", "template": {"name": "New laptop"},
            "service_approvers": {"users": [{"email_id": "bea.boss@example.com"}]},
            "resources": {"res_1": {"qstn_text_2": {"value": "red"}}},
            "request_template_task_ids": [{"id": "12", "title": "t"}]}});
        let made = rita.post("/requests", input).await.ok();
        let request = &made["request"];
        let approvers = &request["service_approvers"];
        assert_eq!(approvers["users"][0]["name"], "Bea Boss");
        assert_eq!(approvers["users"][0]["email_id"], "bea.boss@example.com");
        assert_eq!(approvers["org_roles"], json!([]));
        assert_eq!(request["resources"]["res_1"]["qstn_text_2"]["value"], "red");
        assert_eq!(request["approval_status"]["name"], "Pending Approval");
        let path = format!("/requests/{}", request["id"].as_str().unwrap());
        let levels = admin.get(&format!("{path}/approval_levels")).await.ok();
        assert_eq!(levels["approval_levels"][0]["level"], 1);
        assert_eq!(levels["approval_levels"][0]["status"]["name"], "Pending Approval");
        let asked = admin.get(&format!("{path}/approvals")).await.ok();
        assert_eq!(asked["approvals"][0]["approver"]["name"], "Bea Boss");
        assert_eq!(asked["approvals"][0]["status"]["name"], "Pending Approval");
        // What was read is written back; it asks nobody again.
        admin.put(&path, json!({"request": {"service_approvers": approvers}})).await.ok();
        assert_eq!(rita.get(&path).await.ok()["request"]["service_approvers"], *approvers);
        assert_eq!(admin.get(&format!("{path}/approvals")).await.ok()["approvals"].as_array().unwrap().len(), 1);
        // An incident asks nobody by itself.
        let plain = json!({"request": {"subject": "x", "service_approvers": {"users": [{"name": "Bea Boss"}]}}});
        let plain = admin.post("/requests", plain).await.ok();
        assert_eq!(plain["request"]["approval_status"], Json::Null);
    }

    what_a_service_request_carries_is_checked(app) {
        let admin = app.admin();
        let id = admin.new_request("x").await;
        for (input, code, field) in [
            (json!({"service_approvers": {"users": [{"email_id": "no@example.com"}]}}), 4001, "service_approvers"),
            (json!({"service_approvers": {"users": [{"email": "no@example.com"}]}}), 4001, "email"),
            (json!({"service_approvers": {"users": [{"wings": 2}]}}), 4001, "wings"),
            (json!({"service_approvers": {"people": []}}), 4001, "people"),
            (json!({"service_approvers": []}), 4021, "service_approvers"),
            (json!({"service_approvers": "Bea"}), 4021, "service_approvers"),
            (json!({"service_approvers": {"users": "Bea"}}), 4021, "service_approvers"),
            (json!({"resources": []}), 4021, "resources"),
            (json!({"resources": "red"}), 4021, "resources"),
            (json!({"request_template_task_ids": {"id": "1"}}), 4021, "request_template_task_ids"),
            (json!({"request_template_task_ids": ["1"]}), 4001, "request_template_task_ids"),
            (json!({"request_template_task_ids": [{"title": "x"}]}), 4001, "request_template_task_ids"),
        ] {
            admin.put(&format!("/requests/{id}"), json!({"request": input})).await.refused(400, code, field);
        }
        let cleared = json!({"service_approvers": null, "resources": null, "request_template_task_ids": []});
        admin.put(&format!("/requests/{id}"), json!({"request": cleared})).await.ok();
    }
}
