//! What hangs on a request: notes, tasks, worklogs, approvals, files, mails, resolution (requests.md 6 to 13).

use serde_json::{Value as Json, json};
use testkit::on_both_engines;

/// A call that begins when others have had so many turns, to meet one of them in the middle.
async fn later<T>(turns: usize, call: impl Future<Output = T>) -> T {
    for _ in 0..turns {
        tokio::task::yield_now().await;
    }
    call.await
}

on_both_engines! {
    notes(app) {
        let admin = app.admin();
        let id = admin.new_request("Noted").await;
        let path = format!("/requests/{id}/notes");
        let made = admin.post(&path, json!({"request_note": {"description": "<b>seen</b>", "show_to_requester": "true"}})).await;
        assert_eq!(made.status, 201);
        let made = made.ok();
        let note = &made["request_note"];
        assert_eq!(note["description"], "<b>seen</b>");
        assert_eq!(note["show_to_requester"], true);
        assert_eq!(note["created_by"]["email_id"], "ada.admin@example.com");
        assert_eq!(note["request"], json!({"id": id, "display_id": "1", "subject": "Noted"}));
        assert_eq!(admin.get(&format!("/requests/{id}")).await.ok()["request"]["has_notes"], true);
        // Answered under the key that was sent.
        let old = admin.post(&path, json!({"note": {"description": "old key"}})).await.ok();
        assert_eq!(old["note"]["description"], "old key");
        let rows = admin.get(&path).await.ok();
        assert_eq!(rows["notes"].as_array().unwrap().len(), 2);
        assert_eq!(rows["request_notes"], rows["notes"]);
        let one = format!("{path}/{}", note["id"].as_str().unwrap());
        let edited = admin.put(&one, json!({"request_note": {"description": "changed"}})).await.ok();
        assert_eq!(edited["request_note"]["description"], "changed");
        assert_eq!(edited["request_note"]["show_to_requester"], true);
        admin.post(&path, json!({"request_note": {}})).await.refused(400, 4012, "description");
        let other = admin.new_request("Other").await;
        admin.get(&format!("/requests/{other}/notes/{}", note["id"].as_str().unwrap())).await.refused(404, 4007, "-");
        admin.delete(&one).await.ok();
        admin.get(&one).await.refused(404, 4007, "-");
        admin.delete(&format!("{path}/{}", old["note"]["id"].as_str().unwrap())).await.ok();
        assert_eq!(admin.get(&format!("/requests/{id}")).await.ok()["request"]["has_notes"], false);
    }

    a_first_response_is_marked_once(app) {
        let admin = app.admin();
        let id = admin.new_request("Answered").await;
        app.clock.advance(1_000);
        let note = json!({"request_note": {"description": "on it", "mark_first_response": true}});
        admin.post(&format!("/requests/{id}/notes"), note.clone()).await.ok();
        let first = (testkit::START + 1_000).to_string();
        assert_eq!(admin.get(&format!("/requests/{id}")).await.ok()["request"]["responded_time"]["value"], json!(first));
        app.clock.advance(1_000);
        admin.post(&format!("/requests/{id}/notes"), note).await.ok();
        assert_eq!(admin.get(&format!("/requests/{id}")).await.ok()["request"]["responded_time"]["value"], json!(first));
    }

    words_are_found_in_subject_description_notes_and_resolution(app) {
        let admin = app.admin();
        let id = admin.new_request("The printer smokes").await;
        admin.put(&format!("/requests/{id}"), json!({"request": {"description": "<p>in the cellar</p>"}})).await.ok();
        let note = admin.post(&format!("/requests/{id}/notes"), json!({"request_note": {"description": "extinguished"}})).await.ok();
        admin.post(&format!("/requests/{id}/resolutions"), json!({"resolution": {"content": "fuser replaced"}})).await.ok();
        admin.new_request("Something else").await;
        let found = async |words: &str| {
            let list = admin.list("/requests", json!({"search_text": words})).await.ok();
            list["requests"].as_array().unwrap().len()
        };
        for (words, number) in [
            ("printer", 1), ("PRINTER cellar", 1), ("extingui", 1), ("fuser smokes", 1), ("printer else", 0), ("nothing", 0),
        ] {
            assert_eq!(found(words).await, number, "{words}");
        }
        admin.delete(&format!("/requests/{id}/notes/{}", note["request_note"]["id"].as_str().unwrap())).await.ok();
        assert_eq!(found("extinguished").await, 0);
        admin.put(&format!("/requests/{id}"), json!({"request": {"subject": "The copier smokes"}})).await.ok();
        assert_eq!((found("printer").await, found("copier fuser").await), (0, 1));
        admin.delete(&format!("/requests/{id}")).await.ok();
        assert_eq!(found("copier").await, 0);
    }

    tasks(app) {
        let admin = app.admin();
        let id = admin.new_request("With tasks").await;
        let path = format!("/requests/{id}/tasks");
        let made = admin.post(&path, json!({"task": {
            "title": "Create SRS", "percentage_completion": "30", "estimated_effort_days": "15",
            "estimated_effort_hours": 20, "estimated_effort_minutes": "45", "email_before": "3600000",
            "scheduled_start_time": {"value": "1772700000000"}, "scheduled_end_time": {"value": "1772800000000"},
            "additional_cost": "100", "task_type": {"name": "Implementation"}, "priority": {"name": "High"},
            "owner": {"email_id": "ada.admin@example.com"},
        }})).await.ok();
        let task = &made["task"];
        for (key, value) in [
            ("title", json!("Create SRS")),
            ("percentage_completion", json!(30)),
            ("estimated_effort_days", json!("15")),
            ("estimated_effort_hours", json!("20")),
            ("estimated_effort", json!("1370700000")),
            ("email_before", json!("3600000")),
            ("additional_cost", json!("100")),
            ("overdue", json!(false)),
            ("deleted", json!(false)),
            ("associated_entity", json!("request")),
            ("module", json!("Request")),
            ("index", json!(1)),
            ("attachments", json!([])),
        ] {
            assert_eq!(task[key], value, "{key}");
        }
        assert_eq!(task["request"]["id"], json!(id));
        assert_eq!(task["status"]["name"], "Open");
        assert_eq!(task["owner"]["name"], "Ada Admin");
        assert!(task["created_date"]["value"].is_string());
        let one = format!("{path}/{}", task["id"].as_str().unwrap());
        app.clock.advance(300_000_000);
        assert_eq!(admin.get(&one).await.ok()["task"]["overdue"], true);
        let closed = admin.put(&one, json!({"task": {"status": {"name": "Closed"}}})).await.ok();
        assert_eq!(closed["task"]["overdue"], false);
        for (input, code, field) in [
            (json!({"task": {"description": "x"}}), 4012, "title"),
            (json!({"task": {"title": "x", "percentage_completion": 101}}), 4001, "percentage_completion"),
            (json!({"task": {"title": "x", "assigned_to": "y"}}), 4001, "assigned_to"),
            (json!({"task": {"title": "x", "estimated_effort_minutes": 60}}), 4001, "estimated_effort_minutes"),
            (json!({"task": {"title": "x", "scheduled_start_time": {"value": 2}, "scheduled_end_time": {"value": 1}}}),
                4016, "scheduled_end_time"),
        ] {
            admin.post(&path, input).await.refused(400, code, field);
        }
        // Comments and time spent on the task.
        let comment = admin.post(&format!("{one}/comments"), json!({"comment": {"content": "half done"}})).await.ok();
        assert_eq!(comment["comment"]["content"], "half done");
        assert_eq!(admin.get(&format!("{one}/comments")).await.ok()["comments"].as_array().unwrap().len(), 1);
        let log = json!({"worklog": {"owner": {"email_id": "ada.admin@example.com"}, "time_spent": {"hours": "01", "minutes": "20"}}});
        let log = admin.post(&format!("{one}/worklogs"), log).await.ok();
        assert_eq!(log["worklog"]["time_spent"], json!({"hours": "01", "minutes": "20", "value": "4800000"}));
        assert_eq!(log["worklog"]["request"]["id"], json!(id));
        assert_eq!(admin.get("/tasks").await.ok()["tasks"].as_array().unwrap().len(), 1);
        admin.delete(&one).await.ok();
        admin.get(&one).await.refused(404, 4007, "-");
    }

    tasks_begin_as_their_template_says(app) {
        let admin = app.admin();
        let template = json!({"task_template": {"name": "Prepare a laptop", "title": "Install the image", "description": "From the share",
            "priority": {"name": "High"}, "owner": {"email_id": "ada.admin@example.com"}, "group": {"name": "Network"},
            "estimated_effort_hours": 2, "estimated_effort_minutes": "30"}});
        let made = admin.post("/task_templates", template).await.ok();
        assert_eq!(made["task_template"]["owner"]["email_id"], "ada.admin@example.com");
        admin.post("/task_templates", json!({"task_template": {"name": "Bare"}})).await.ok();
        let path = format!("/requests/{}/tasks", admin.new_request("Laptop").await);
        let made = admin.post(&path, json!({"task": {"template": {"name": "Prepare a laptop"}}})).await.ok();
        let task = &made["task"];
        for (key, value) in [("title", "Install the image"), ("description", "From the share"), ("estimated_effort", "9000000"), ("estimated_effort_hours", "2")] {
            assert_eq!(task[key], value, "{key}");
        }
        assert_eq!((&task["priority"]["name"], &task["group"]["name"]), (&json!("High"), &json!("Network")));
        assert_eq!(task["owner"]["email_id"], "ada.admin@example.com");
        let own = json!({"task": {"template": {"name": "Prepare a laptop"}, "title": "Mine", "priority": null, "estimated_effort_days": 1}});
        let made = admin.post(&path, own).await.ok();
        let task = &made["task"];
        assert_eq!((&task["title"], &task["priority"], &task["estimated_effort"]), (&json!("Mine"), &Json::Null, &json!("86400000")));
        let bare = admin.post(&path, json!({"task": {"template": {"name": "Bare"}}})).await.ok();
        assert_eq!(bare["task"]["title"], "Bare");
        admin.post(&path, json!({"task": {"description": "untitled"}})).await.refused(400, 4012, "title");
        admin.post(&path, json!({"task": {"template": {"name": "Bare"}, "title": ""}})).await.refused(400, 4012, "title");
    }

    charges_have_cents(app) {
        let admin = app.admin();
        admin.put("/users/100001000001000001", json!({"user": {"cost_per_hour": "30"}})).await.ok();
        let path = format!("/requests/{}/worklogs", admin.new_request("Costly").await);
        let log = |more: Json| {
            let mut log = json!({"owner": {"email_id": "ada.admin@example.com"}});
            for (key, value) in more.as_object().unwrap() {
                log[key] = value.clone();
            }
            json!({"worklog": log})
        };
        for (more, tech, other, total) in [
            (json!({"time_spent": {"hours": "01", "minutes": "00"}}), json!("30.00"), Json::Null, json!("30.00")),
            (json!({"tech_charge": "10", "other_charge": 2.5}), json!("10.00"), json!("2.50"), json!("12.50")),
            // The total by its other name is no offence, and no news.
            (json!({"owner_cost": "1", "other_cost": "2", "total_cost": "99"}), json!("1.00"), json!("2.00"), json!("3.00")),
        ] {
            let made = admin.post(&path, log(more)).await.ok();
            let made = &made["worklog"];
            assert_eq!((&made["tech_charge"], &made["other_charge"], &made["total_charge"]), (&tech, &other, &total));
            assert_eq!(made.get("total_cost"), None);
        }
        admin.post(&path, log(json!({"total_charge": "9"}))).await.refused(400, 4014, "total_charge");
    }

    worklogs(app) {
        let admin = app.admin();
        let id = admin.new_request("Took time").await;
        let path = format!("/requests/{id}/worklogs");
        let owner = json!({"email_id": "ada.admin@example.com"});
        let made = admin.post(&path, json!({"worklog": {"owner": owner, "description": "looked",
            "start_time": {"value": "1772600000000"}, "end_time": {"value": 1_772_601_800_000_i64},
            "worklog_type": {"name": "Diagnosis"}, "other_charge": "12.50"}})).await.ok();
        let log = &made["worklog"];
        assert_eq!(log["time_spent"]["value"], "1800000");
        assert_eq!(log["time_spent"]["minutes"], "30");
        assert_eq!(log["total_charge"], "12.50");
        assert_eq!(log["worklog_type"]["name"], "Diagnosis");
        let one = format!("{path}/{}", log["id"].as_str().unwrap());
        let edited = admin.put(&one, json!({"worklog": {"description": "looked twice"}})).await.ok();
        assert_eq!(edited["worklog"]["time_spent"]["value"], "1800000");
        admin.post(&path, json!({"worklog": {"description": "x"}})).await.refused(400, 4012, "owner");
        let backwards = json!({"worklog": {"owner": owner, "start_time": {"value": 2}, "end_time": {"value": 1}}});
        admin.post(&path, backwards).await.refused(400, 4016, "end_time");
        assert_eq!(admin.get(&path).await.ok()["worklogs"].as_array().unwrap().len(), 1);
        admin.delete(&one).await.ok();
    }

    approvals_run_level_by_level(app) {
        let admin = app.admin();
        let (_, boss) = app.requester("Bea Boss").await;
        let (_, chief) = app.requester("Cem Chief").await;
        let id = admin.new_request("A new laptop").await;
        let levels = format!("/requests/{id}/approval_levels");
        let mut paths = Vec::new();
        for (number, mail) in [(1, "bea.boss@example.com"), (2, "cem.chief@example.com")] {
            let level = admin.post(&levels, json!({"approval_level": {"level": number}})).await.ok();
            assert_eq!(level["approval_level"]["associated_entity"], "request");
            let approvals = format!("{levels}/{}/approvals", level["approval_level"]["id"].as_str().unwrap());
            let approval = admin.post(&approvals, json!({"approval": {"approver": {"email_id": mail}}})).await.ok();
            let expected = if number == 1 { "Pending Approval" } else { "To Be Sent" };
            assert_eq!(approval["approval"]["status"]["name"], expected);
            paths.push(format!("{approvals}/{}", approval["approval"]["id"].as_str().unwrap()));
        }
        let status = async || admin.get(&format!("/requests/{id}")).await.ok()["request"]["approval_status"]["name"].clone();
        assert_eq!(status().await, "Pending Approval");
        boss.put(&format!("{}/_approve", paths[1]), json!({})).await.refused(404, 4007, "-");
        let yes = json!({"approval": {"comments": "fine"}});
        let decided = admin.put(&format!("{}/_approve", paths[0]), yes.clone()).await.ok();
        assert_eq!(decided["approval"]["status"]["name"], "Approved");
        assert_eq!(decided["approval"]["comments"], "fine");
        assert_eq!(status().await, "Pending Approval");
        admin.put(&format!("{}/approve", paths[0]), yes).await.refused(400, 4001, "status");
        admin.put(&format!("{}/_reject", paths[1]), json!({})).await.ok();
        assert_eq!(status().await, "Rejected");
        let _not_their_request = chief.get(&paths[1]).await;
        admin.post(&levels, json!({"approval_level": {"level": 6}})).await.refused(400, 4001, "level");
        admin.post(&levels, json!({"approval_level": {"level": 1}})).await.refused(400, 4008, "level");
    }

    files(app) {
        let admin = app.admin();
        let id = admin.new_request("With a file").await;
        let base = format!("/api/v3/requests/{id}");
        let send = async |method: &str, path: &str, part: &str, name: &str, extra: &str| {
            let body = format!(
                "--b\r\nContent-Disposition: form-data; name=\"{part}\"; filename=\"{name}\"\r\n\
                 Content-Type: text/plain\r\n\r\nhello \u{1F44B}\r\n{extra}--b--\r\n"
            );
            let headers = [("Content-Type", "multipart/form-data; boundary=b")];
            admin.send(method, &format!("{base}/{path}"), &headers, body).await
        };
        let listed = "--b\r\nContent-Disposition: form-data; name=\"addtoattachment\"\r\n\r\ntrue\r\n";
        let new = send("POST", "_uploads", "filename", "../../etc/log.txt", listed).await.ok();
        let file = &new["files"][0];
        assert_eq!(file["name"], "log.txt");
        assert_eq!(file["size"], "10");
        assert_eq!(new["attachment"]["size"]["value"], "10");
        assert_eq!(new["attachment"]["attached_by"]["name"], "Ada Admin");
        let old = send("PUT", "upload?description=second", "input_file", "b.txt", "").await.ok();
        assert_eq!(old["attachment"]["description"], "second");
        let request = admin.get(&format!("/requests/{id}")).await.ok();
        assert_eq!(request["request"]["has_attachments"], true);
        assert_eq!(request["request"]["attachments"].as_array().unwrap().len(), 2);
        let got = admin.send("GET", file["content_url"].as_str().unwrap(), &[], "").await;
        assert_eq!(got.status, 200);
        assert_eq!(got.bytes, "hello \u{1F44B}".as_bytes());
        assert!(got.headers["content-disposition"].to_str().unwrap().starts_with("attachment"));
        let rows = admin.get(&format!("/requests/{id}/attachments")).await.ok();
        assert_eq!(rows["attachments"].as_array().unwrap().len(), 2);
        for row in rows["attachments"].as_array().unwrap() {
            admin.delete(&format!("/requests/{id}/attachments/{}", row["id"].as_str().unwrap())).await.ok();
        }
        assert_eq!(admin.get(&format!("/requests/{id}")).await.ok()["request"]["has_attachments"], false);
        assert_eq!(admin.send("GET", file["content_url"].as_str().unwrap(), &[], "").await.status, 404);
        // One that comes while the last one goes is shown, whichever was first.
        let add = async || send("PUT", "upload", "input_file", "c.txt", "").await.ok()["attachment"]["id"].as_str().unwrap().to_owned();
        let mut there = add().await;
        for round in 0..60 {
            let path = format!("/requests/{id}/attachments/{there}");
            let (gone, new) = futures_util::future::join(later(round * 4, admin.delete(&path)), add()).await;
            gone.ok();
            there = new;
            let request = admin.get(&format!("/requests/{id}")).await.ok()["request"].take();
            assert_eq!((&request["has_attachments"], &request["attachments"][0]["id"]), (&json!(true), &json!(there)));
        }
        admin.post(&format!("/requests/{id}/_uploads"), json!({})).await.refused(400, 4012, "input_file");
    }

    what_comes_while_the_last_one_goes_is_told(app) {
        let admin = app.admin();
        let request = format!("/requests/{}", admin.new_request("Mail is slow").await);
        let problem = admin.post("/problems", json!({"problem": {"title": "Mail is slow"}})).await.ok();
        let problem = format!("/problems/{}", problem["problem"]["id"].as_str().unwrap());
        for (above, rows, key, input, flag) in [
            (&request, "notes", "note", json!({"description": "seen"}), "has_notes"),
            (&problem, "notes", "note", json!({"description": "seen"}), "notes_present"),
            (&request, "drafts", "draft", json!({"subject": "x", "description": "soon"}), "has_draft"),
        ] {
            let list = format!("{above}/{rows}");
            let add = async || admin.post(&list, json!({key: input})).await.ok()[key]["id"].as_str().unwrap().to_owned();
            let told = async || {
                let shown = admin.get(above).await.ok();
                let record = shown.as_object().unwrap().values().find(|value| value.get(flag).is_some());
                record.unwrap()[flag].clone()
            };
            let mut there = add().await;
            for round in 0..60 {
                let path = format!("{list}/{there}");
                let (gone, new) = futures_util::future::join(later(round * 4, admin.delete(&path)), add()).await;
                gone.ok();
                there = new;
                assert_eq!(told().await, true, "{list}, round {round}");
            }
            admin.delete(&format!("{list}/{there}")).await.ok();
            assert_eq!(told().await, false, "{list}");
        }
    }

    what_is_written_at_the_same_time_is_found(app) {
        let admin = app.admin();
        let request = format!("/requests/{}", admin.new_request("Mail is slow").await);
        let problem = admin.post("/problems", json!({"problem": {"title": "Mail is slow"}})).await.ok();
        let problem = format!("/problems/{}", problem["problem"]["id"].as_str().unwrap());
        for above in [&request, &problem] {
            let list = above.split('/').nth(1).unwrap();
            let mut notes = Vec::new();
            for _ in 0..2 {
                let made = admin.post(&format!("{above}/notes"), json!({"note": {"description": "first"}})).await.ok();
                notes.push(format!("{above}/notes/{}", made["note"]["id"].as_str().unwrap()));
            }
            for round in 0..60 {
                let word = |n: usize| format!("{}{}", ["left", "right"][n], "abcdefghij".chars().nth(round % 10).unwrap().to_string().repeat(1 + round / 10));
                let write = async |n: usize| admin.put(&notes[n], json!({"note": {"description": word(n)}})).await.ok();
                futures_util::future::join(write(0), later(round * 2, write(1))).await;
                for n in 0..2 {
                    let found = admin.list(&format!("/{list}"), json!({"search_text": word(n), "get_total_count": true})).await.ok();
                    assert_eq!(found["list_info"]["total_count"], 1, "{list}, round {round}: {}", word(n));
                }
            }
        }
    }

    a_stored_file_can_be_attached_wherever_files_hang(app) {
        let admin = app.admin();
        let problem = admin.post("/problems", json!({"problem": {"title": "Mail is slow"}})).await.ok();
        let problem = format!("/problems/{}", problem["problem"]["id"].as_str().unwrap());
        let note = admin.post(&format!("{problem}/notes"), json!({"note": {"description": "seen"}})).await.ok();
        let task = admin.post(&format!("{problem}/tasks"), json!({"task": {"title": "look"}})).await.ok();
        let ci = admin.post("/cmdb/ci_switch", json!({"ci_switch": {"name": "sw-1"}})).await.ok();
        let kind = json!({"product_type": {"name": "Switchlet", "type": {"name": "Asset"}, "category": {"name": "IT"}}});
        admin.post("/product_types", kind).await.ok();
        admin.post("/products", json!({"product": {"name": "S-9", "product_type": {"name": "Switchlet"}}})).await.ok();
        let asset = admin.post("/assets", json!({"asset": {"name": "s-9", "product": {"name": "S-9"}, "state": {"name": "In Store"}}})).await.ok();
        let id = |of: &Json, key: &str| of[key]["id"].as_str().unwrap().to_owned();
        let places = [
            (problem.clone(), "problem"),
            (format!("{problem}/notes/{}", id(&note, "note")), "note"),
            (format!("{problem}/tasks/{}", id(&task, "task")), "task"),
            (format!("/assets/{}", id(&asset, "asset")), "asset"),
            (format!("/cmdb/ci_switch/{}", id(&ci, "ci_switch")), "ci_switch"),
        ];
        for (at, key) in places {
            let body = "--b\r\nContent-Disposition: form-data; name=\"input_file\"; filename=\"a.txt\"\r\n\r\nhello\r\n--b--\r\n";
            let headers = [("Content-Type", "multipart/form-data; boundary=b")];
            let made = admin.send("POST", &format!("/api/v3{at}/_uploads"), &headers, body).await.ok();
            let file = made["files"][0]["file_id"].clone();
            assert_eq!(admin.get(&at).await.ok()[key]["attachments"], json!([]), "{at}");
            let tied = admin.put(&at, json!({key: {"attachments": [{"id": file}]}})).await.ok();
            assert_eq!(tied[key]["attachments"][0]["name"], "a.txt", "{at}");
            let url = tied[key]["attachments"][0]["content_url"].as_str().unwrap();
            assert_eq!(admin.send("GET", url, &[], "").await.bytes, b"hello", "{at}");
            admin.put(&at, json!({key: {"attachments": [{"id": "1"}]}})).await.refused(400, 4001, "attachments");
            admin.delete(&format!("{at}/attachments/{}", file.as_str().unwrap())).await.ok();
            assert_eq!(admin.get(&at).await.ok()[key]["attachments"], json!([]), "{at}");
        }
    }

    files_that_come_with_a_request(app) {
        let admin = app.admin();
        let part = |name: &str| format!(
            "--b\r\nContent-Disposition: form-data; name=\"input_file\"; filename=\"{name}\"\r\n\
             Content-Type: text/plain\r\n\r\nhello\r\n");
        let input = |json: Json| format!("--b\r\nContent-Disposition: form-data; name=\"input_data\"\r\n\r\n{json}\r\n");
        let headers = [("Content-Type", "multipart/form-data; boundary=b")];
        let body = format!("{}{}{}--b--\r\n", input(json!({"request": {"subject": "Two files"}})), part("a.txt"), part("b.txt"));
        let made = admin.send("POST", "/api/v3/requests", &headers, body).await.ok();
        assert_eq!(made["request"]["has_attachments"], true);
        let names: Vec<&Json> = made["request"]["attachments"].as_array().unwrap().iter().map(|f| &f["name"]).collect();
        assert_eq!(names, ["a.txt", "b.txt"]);
        let url = made["request"]["attachments"][0]["content_url"].as_str().unwrap();
        assert_eq!(admin.send("GET", url, &[], "").await.bytes, b"hello");
        let id = made["request"]["id"].as_str().unwrap();
        let body = format!("{}{}--b--\r\n", input(json!({"request": {"subject": "Three"}})), part("c.txt"));
        let edited = admin.send("PUT", &format!("/api/v3/requests/{id}"), &headers, body).await.ok();
        assert_eq!(edited["request"]["attachments"].as_array().unwrap().len(), 3);
        // A request that is refused leaves no file behind, and no request.
        let body = format!("{}{}--b--\r\n", input(json!({"request": {"description": "no subject"}})), part("d.txt"));
        admin.send("POST", "/api/v3/requests", &headers, body).await.refused(400, 4012, "subject");
    }

    stored_files_are_listed_when_an_input_names_them(app) {
        let admin = app.admin();
        let id = admin.new_request("Inline").await;
        let body = "--b\r\nContent-Disposition: form-data; name=\"filename\"; filename=\"i.png\"\r\n\r\nx\r\n--b--\r\n";
        let headers = [("Content-Type", "multipart/form-data; boundary=b")];
        let store = async |client: &testkit::Client<'_>| {
            let made = client.send("POST", &format!("/api/v3/requests/{id}/_uploads"), &headers, body).await.ok();
            made["files"][0]["file_id"].as_str().unwrap().to_owned()
        };
        let file = store(&admin).await;
        let seen = admin.get(&format!("/requests/{id}")).await.ok();
        assert_eq!((&seen["request"]["has_attachments"], &seen["request"]["attachments"]), (&json!(false), &json!([])));
        // It is there for whoever refers to it.
        assert_eq!(admin.get(&format!("/requests/{id}/_uploads/{file}")).await.status, 200);
        let named = |key: &str, file: &str| json!({"request": {"attachments": [{key: file}]}});
        let listed = admin.put(&format!("/requests/{id}"), named("id", &file)).await.ok();
        assert_eq!(listed["request"]["attachments"][0]["id"], json!(file));
        // Again it changes nothing; on another request it is somebody's already.
        let again = admin.put(&format!("/requests/{id}"), named("file_id", &file)).await.ok();
        assert_eq!(again["request"]["attachments"].as_array().unwrap().len(), 1);
        let other = admin.new_request("Other").await;
        admin.put(&format!("/requests/{other}"), named("id", &file)).await.refused(400, 4001, "attachments");
        admin.put(&format!("/requests/{other}"), named("id", "12")).await.refused(400, 4001, "attachments");
        admin.put(&format!("/requests/{other}"), json!({"request": {"attachments": [7.5]}})).await.refused(400, 4001, "attachments");
        // A new request takes what its author stored, and nobody else's.
        let file = store(&admin).await;
        let (_, tech) = app.technician("Tess Tech").await;
        let input = |file: &str| json!({"request": {"subject": "With", "attachments": [{"file_id": file}]}});
        tech.post("/requests", input(&file)).await.refused(400, 4001, "attachments");
        let made = admin.post("/requests", input(&file)).await.ok();
        assert_eq!(made["request"]["attachments"][0]["name"], "i.png");
        let list = json!({"fields_required": ["attachments"], "row_count": 1, "sort_field": "id", "sort_order": "desc"});
        let rows = admin.list("/requests", list).await.ok();
        assert_eq!(rows["requests"][0]["attachments"][0]["name"], "i.png");
        // The older forms always list.
        for (method, path) in [("PUT", "upload"), ("POST", "attachments")] {
            admin.send(method, &format!("/api/v3/requests/{other}/{path}"), &headers, body).await.ok();
        }
        let seen = admin.get(&format!("/requests/{other}")).await.ok();
        assert_eq!(seen["request"]["attachments"].as_array().unwrap().len(), 2);
        // A requester may send files along, too.
        let (_, rob) = app.requester("Rob Requester").await;
        let own = rob.new_request("Mine").await;
        let made = rob.send("POST", &format!("/api/v3/requests/{own}/_uploads"), &headers, body).await.ok();
        let file = made["files"][0]["file_id"].as_str().unwrap();
        let listed = rob.put(&format!("/requests/{own}"), named("id", file)).await.ok();
        assert_eq!(listed["request"]["attachments"][0]["id"], json!(file));
    }

    files_are_listed_all_or_as_many_as_are_asked_for(app) {
        let admin = app.admin();
        let id = admin.new_request("Many files").await;
        let body = "--b\r\nContent-Disposition: form-data; name=\"input_file\"; filename=\"a.txt\"\r\n\r\nx\r\n--b--\r\n";
        let headers = [("Content-Type", "multipart/form-data; boundary=b")];
        for _ in 0..12 {
            admin.send("PUT", &format!("/api/v3/requests/{id}/upload"), &headers, body).await.ok();
        }
        let path = format!("/requests/{id}/attachments");
        let listed = async |list_info: Json| {
            let seen = admin.list(&path, list_info).await.ok();
            (seen["attachments"].as_array().unwrap().len(), seen["list_info"]["has_more_rows"].as_bool().unwrap())
        };
        assert_eq!(listed(json!({})).await, (12, false));
        assert_eq!(listed(json!({"sort_field": "name"})).await, (12, false));
        // As many as a page has where nobody says how many, too.
        assert_eq!(listed(json!({"row_count": 10})).await, (10, true));
        assert_eq!(listed(json!({"row_count": 5, "start_index": 11})).await, (2, false));
        assert_eq!(listed(json!({"page": 2})).await, (2, false));
    }

    checklists_are_completed_when_all_their_items_are(app) {
        let admin = app.admin();
        let path = format!("/requests/{}/checklists", admin.new_request("Steps").await);
        let add = async |name: &str, items: &[Json]| {
            let made = admin.post(&path, json!({"checklist": {"name": name}})).await.ok();
            let at = format!("{path}/{}", made["checklist"]["id"].as_str().unwrap());
            for item in items {
                admin.post(&format!("{at}/checklist_items"), json!({"checklist_item": item})).await.ok();
            }
            at
        };
        let (done, open) = (json!({"name": "One", "completed": true}), json!({"name": "Two"}));
        add("empty", &[]).await;
        let all = add("all", &[done.clone(), done.clone()]).await;
        add("some", &[done, open.clone()]).await;
        add("none", &[open]).await;
        let listed = admin.list(&path, json!({"sort_field": "id"})).await.ok();
        let told: Vec<_> = listed["checklists"].as_array().unwrap().iter().map(|row| (&row["name"], &row["is_completed"])).collect();
        let expected = [("empty", false), ("all", true), ("some", false), ("none", false)].map(|(name, done)| (json!(name), json!(done)));
        assert_eq!(told, expected.each_ref().map(|(name, done)| (name, done)));
        let item = admin.list(&format!("{all}/checklist_items"), json!({})).await.ok()["checklist_items"][0]["id"].take();
        admin.put(&format!("{all}/checklist_items/{}", item.as_str().unwrap()), json!({"checklist_item": {"completed": false}})).await.ok();
        assert_eq!(admin.get(&all).await.ok()["checklist"]["is_completed"], false);
    }

    the_resolution_has_files_of_its_own(app) {
        let admin = app.admin();
        let id = admin.new_request("Resolve").await;
        let body = "--b\r\nContent-Disposition: form-data; name=\"input_file\"; filename=\"fix.txt\"\r\n\r\nx\r\n--b--\r\n";
        let headers = [("Content-Type", "multipart/form-data; boundary=b")];
        let base = format!("/api/v3/requests/{id}/resolutions");
        let first = admin.send("POST", &format!("{base}/_uploads"), &headers, body).await.ok();
        admin.send("PUT", &format!("{base}/upload"), &headers, body).await.ok();
        admin.post(&format!("/requests/{id}/resolutions"), json!({"resolution": {"content": "rc"}})).await.ok();
        let seen = admin.get(&format!("/requests/{id}/resolutions")).await.ok();
        let files = seen["resolution"]["resolution_attachments"].as_array().unwrap();
        assert_eq!((files.len(), &files[0]["name"]), (2, &json!("fix.txt")));
        let request = admin.get(&format!("/requests/{id}")).await.ok();
        assert_eq!(request["request"]["resolution"]["resolution_attachments"].as_array().unwrap().len(), 2);
        assert_eq!((&request["request"]["has_attachments"], &request["request"]["attachments"]), (&json!(false), &json!([])));
        let url = files[0]["content_url"].as_str().unwrap();
        assert_eq!(admin.send("GET", url, &[], "").await.bytes, b"x");
        let listed = admin.get(&format!("/requests/{id}/resolutions/_uploads")).await.ok();
        assert_eq!(listed["attachments"].as_array().unwrap().len(), 2);
        let file = first["files"][0]["id"].as_str().unwrap();
        admin.delete(&format!("/requests/{id}/resolutions/_uploads/{file}")).await.ok();
        let seen = admin.get(&format!("/requests/{id}")).await.ok();
        assert_eq!(seen["request"]["resolution"]["resolution_attachments"].as_array().unwrap().len(), 1);
        let (_, rob) = app.requester("Rob Requester").await;
        let own = rob.new_request("Mine").await;
        let refused = rob.send("POST", &format!("/api/v3/requests/{own}/resolutions/_uploads"), &headers, body).await;
        refused.refused(403, 4002, "-");
    }

    mails_and_the_conversation(app) {
        let admin = app.admin();
        let id = admin.new_request("Talk").await;
        admin.post(&format!("/requests/{id}/notes"), json!({"request_note": {"description": "internal"}})).await.ok();
        app.clock.advance(1_000);
        let mail = json!({"notification": {"to": ["x@example.com"], "subject": "Re", "description": "hello",
            "is_public": true, "type": "REQREPLY", "in_reply_to": {"id": id}}});
        let sent = admin.post(&format!("/requests/{id}/notifications"), mail).await.ok();
        assert_eq!(sent["notification"]["sender"]["name"], "Ada Admin");
        let one = format!("/requests/{id}/notifications/{}", sent["notification"]["id"].as_str().unwrap());
        assert_eq!(admin.get(&one).await.ok()["notification"]["description"], "hello");
        for path in ["conversations", "_conversations"] {
            let said = admin.get(&format!("/requests/{id}/{path}")).await.ok();
            assert_eq!(said["conversations"][0]["type"], "Requester_E-Mail");
            assert_eq!(said["conversations"][1]["type"], "NOTES");
        }
        let bad = json!({"notification": {"to": ["nobody"], "subject": "x"}});
        admin.post(&format!("/requests/{id}/notifications"), bad).await.refused(400, 4001, "to");
        let draft = admin.post(&format!("/requests/{id}/drafts"), json!({"draft": {"description": "later"}})).await.ok();
        assert_eq!(admin.get(&format!("/requests/{id}")).await.ok()["request"]["has_draft"], true);
        admin.delete(&format!("/requests/{id}/drafts/{}", draft["draft"]["id"].as_str().unwrap())).await.ok();
        assert_eq!(admin.get(&format!("/requests/{id}")).await.ok()["request"]["has_draft"], false);
    }

    the_resolution(app) {
        let admin = app.admin();
        let id = admin.new_request("Resolve").await;
        let path = format!("/requests/{id}/resolutions");
        // None yet: on-premises clients, who come with a key, want 404; the cloud answers an empty one.
        admin.get(&path).await.refused(404, 4007, "-");
        let token = app.token_for(desk::shipped::ADMINISTRATOR, desk::Scopes::all()).await;
        let cloud = testkit::Client::with_token(app, &token);
        assert_eq!(cloud.get(&path).await.ok()["resolution"]["content"], Json::Null);
        let made = admin.post(&path, json!({"resolution": {"content": "rc", "add_to_linked_requests": false}})).await.ok();
        assert_eq!(made["resolution"]["content"], "rc");
        assert_eq!(made["resolution"]["submitted_by"]["name"], "Ada Admin");
        assert_eq!(made["resolution"]["resolution_attachments"], json!([]));
        let other = admin.new_request("Linked").await;
        let link = json!({"link_requests": [{"linked_request": {"id": other}}]});
        admin.post(&format!("/requests/{id}/link_requests"), link).await.ok();
        admin.put(&path, json!({"resolution": {"content": "rc2", "add_to_linked_requests": "true"}})).await.ok();
        assert_eq!(admin.get(&format!("/requests/{other}/resolutions")).await.ok()["resolution"]["content"], "rc2");
    }

    summary_links_and_forms(app) {
        let admin = app.admin();
        let id = admin.new_request("Told about").await;
        admin.post(&format!("/requests/{id}/notes"), json!({"request_note": {"description": "n"}})).await.ok();
        let summary = admin.get(&format!("/requests/{id}/summary")).await.ok();
        assert_eq!(summary["request_summary"]["note_count"], "1");
        assert_eq!(summary["request_summary"]["unreplied_count"], 0);
        let links = admin.get(&format!("/requests/{id}/_links")).await.ok();
        let all = links["_links"]["links"].as_array().unwrap();
        for (name, method) in [("edit", "put"), ("delete", "delete"), ("link_requests", "post"), ("merge_requests", "put")] {
            assert!(all.iter().any(|l| l["name"] == name && l["method"] == method), "{name} {method}");
        }
        let some = admin.get_with(&format!("/requests/{id}/_links"), json!({"operations_required": ["edit"]})).await.ok();
        assert_eq!(some["_links"]["links"].as_array().unwrap().len(), 1);
        let form = admin.get(&format!("/requests/{id}/template/100001000000006655/_get_template_with_layout")).await.ok();
        assert_eq!(form["request_template"]["name"], "Default Request");
        assert_eq!(form["request_template"]["layouts"][0]["name"], "technician_layout");
        let values = admin.get(&format!("/requests/{id}/_allowed_values_for_fields")).await.ok();
        assert!(values["allowed_values"]["priority"].as_array().unwrap().len() == 4);
    }
}

on_both_engines! {
    rows_below_all_records_are_for_administrators_to_list(app) {
        let admin = app.admin();
        let (first, second) = (admin.new_request("One").await, admin.new_request("Two").await);
        for (request, text) in [(&first, "a"), (&second, "b"), (&second, "c")] {
            admin.post(&format!("/requests/{request}/notes"), json!({"note": {"description": text}})).await.ok();
        }
        let of = |field: &str, ids: &[&String]| json!({"search_criteria": [{"field": field, "condition": "is", "values": ids}],
            "sort_field": "id", "fields_required": ["description", field, "operation"]});
        let notes = admin.list("/requests/notes", of("request", &[&first, &second])).await.ok();
        let told: Vec<_> = notes["notes"].as_array().unwrap().iter().map(|n| (&n["request"]["id"], &n["description"])).collect();
        assert_eq!(told, [(&json!(first), &json!("a")), (&json!(second), &json!("b")), (&json!(second), &json!("c"))]);
        let history = admin.list("/history", of("owner", &[&first])).await.ok();
        let history = history["history"].as_array().unwrap();
        assert!(history.len() == 2 && history.iter().all(|entry| entry["owner"] == json!(first)), "{history:?}");
        admin.post("/requests/notes", json!({"note": {"description": "x"}})).await.refused(400, 4021, "POST");
        let (_, technician) = app.technician("Tess Technician").await;
        let (_, requester) = app.requester("Rita Requester").await;
        for other in [technician, requester] {
            for path in ["/requests/notes", "/history", "/tasks/comments"] {
                other.get(path).await.refused(404, 4007, "-");
            }
        }
    }

    what_hangs_on_a_record_moves_its_time(app) {
        let admin = app.admin();
        let at = format!("/requests/{}", admin.new_request("One").await);
        let changed = async || admin.get(&at).await.ok()["request"]["last_updated_time"]["value"].clone();
        let mut last = changed().await;
        let task = format!("{at}/tasks");
        for (path, input) in [
            (task.as_str(), json!({"task": {"title": "Look"}})),
            (&format!("{at}/worklogs"), json!({"worklog": {"owner": {"name": "Ada Admin"}}})),
            (&format!("{at}/reminders"), json!({"reminder": {"summary": "x", "date": {"value": (testkit::START + 90_000_000).to_string()}}})),
            (&format!("{at}/checklists"), json!({"checklist": {"name": "Steps"}})),
        ] {
            app.clock.advance(1000);
            let made = admin.post(path, input).await.ok();
            let now = changed().await;
            assert_ne!(now, last, "{path}");
            last = now;
            if path == task {
                app.clock.advance(1000);
                let comments = format!("/tasks/{}/comments", made["task"]["id"].as_str().unwrap());
                admin.post(&comments, json!({"comment": {"content": "Looked"}})).await.ok();
                assert_ne!(changed().await, last, "a comment of a task");
                last = changed().await;
            }
        }
    }
}
