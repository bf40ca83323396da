//! `/requests` and its operations (requests.md).

use serde_json::{Value as Json, json};
use testkit::on_both_engines;

/// The keys of a plain incident as the cloud was seen to answer it (requests.md section 3).
const KEYS: [&str; 63] = [
    "subject",
    "resolution",
    "linked_to_request",
    "mode",
    "lifecycle",
    "is_read",
    "cancellation_requested",
    "is_trashed",
    "id",
    "assigned_time",
    "group",
    "requester",
    "email_to",
    "created_time",
    "item",
    "cancel_flag_comments",
    "level",
    "approval_status",
    "impact",
    "sla",
    "resolved_time",
    "priority",
    "created_by",
    "first_response_due_by_time",
    "is_escalated",
    "last_updated_time",
    "has_notes",
    "udf_fields",
    "impact_details",
    "subcategory",
    "deleted_time",
    "email_cc",
    "onhold_scheduler",
    "status",
    "template",
    "email_ids_to_notify",
    "attachments",
    "request_type",
    "display_id",
    "time_elapsed",
    "notification_status",
    "description",
    "responded_time",
    "is_service_request",
    "urgency",
    "has_request_initiated_change",
    "department",
    "is_reopened",
    "has_draft",
    "has_attachments",
    "has_linked_requests",
    "is_overdue",
    "technician",
    "has_problem",
    "due_by_time",
    "is_fcr",
    "has_project",
    "site",
    "is_first_response_overdue",
    "completed_time",
    "unreplied_count",
    "email_bcc",
    "category",
];

fn get<'a>(json: &'a Json, path: &str) -> &'a Json {
    path.split('.').fold(json, |j, key| &j[key])
}

on_both_engines! {
    a_technician_chooses_the_promise_and_who_holds_it(app) {
        let admin = app.admin();
        let (user, tina) = app.technician("Tina Tech").await;
        let (_, rita) = app.requester("Rita Requester").await;
        let sla = |name: &str, hours: u64, more: Json| {
            let mut input = json!({"name": name, "resolution_due_by_hours": hours});
            input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            json!({"sla": input})
        };
        admin.post("/slas", sla("Everybody", 8, json!({}))).await.ok();
        admin.post("/slas", sla("Gold", 2, json!({"priority": {"name": "High"}}))).await.ok();
        let due = |request: &Json| request["due_by_time"]["value"].as_str().unwrap().parse::<i64>().unwrap() - testkit::START;
        const HOUR: i64 = 3_600_000;
        let made = tina.post("/requests", json!({"request": {"subject": "s", "sla": {"name": "Gold"}}})).await.ok()["request"].clone();
        assert_eq!((&made["sla"]["name"], due(&made)), (&json!("Gold"), 2 * HOUR));
        let path = format!("/requests/{}", made["id"].as_str().unwrap());
        let put = async |input: Json| tina.put(&path, json!({"request": input})).await.ok()["request"].clone();
        let edited = put(json!({"category": {"name": "Software"}})).await;
        assert_eq!((&edited["sla"]["name"], due(&edited)), (&json!("Gold"), 2 * HOUR), "what was chosen stays");
        let edited = put(json!({"sla": {"name": "Everybody"}})).await;
        assert_eq!((&edited["sla"]["name"], due(&edited)), (&json!("Everybody"), 8 * HOUR));
        let none = put(json!({"sla": null})).await;
        assert!(none["sla"].is_null() && none["due_by_time"].is_null());
        tina.put(&path, json!({"request": {"sla": {"name": "Silver"}}})).await.refused(400, 4001, "sla");
        let own = rita.post("/requests", json!({"request": {"subject": "mine"}})).await.ok()["request"].clone();
        assert_eq!(own["sla"]["name"], "Everybody", "nobody chose one");
        let at = format!("/requests/{}", own["id"].as_str().unwrap());
        assert!(!rita.put(&at, json!({"request": {"sla": {"name": "Gold"}}})).await.status.is_success());
        // Who holds it, as it is sent; flags about checklists are taken and not shown.
        let held = put(json!({"status": {"name": "On Hold"}, "add_template_checklists": true, "delete_pre_template_checklists": "false",
            "onhold_scheduler": {"comments": "waits", "held_by": {"email_id": "ada.admin@example.com"}}})).await;
        assert_eq!(held["onhold_scheduler"]["held_by"]["name"], "Ada Admin");
        assert!(held.get("add_template_checklists").is_none());
        let held = put(json!({"onhold_scheduler": {"comments": "waits on", "held_by": null}})).await;
        assert_eq!(held["onhold_scheduler"]["held_by"]["id"], user.to_string());
        tina.put(&path, json!({"request": {"status": {"name": "Open"}, "onhold_scheduler": {"held_by": {"id": user.to_string()}}}})).await
            .refused(400, 4001, "onhold_scheduler");
    }

    a_request_needs_only_a_subject(app) {
        let made = app.admin().post("/requests", json!({"request": {"subject": "No toner"}})).await;
        assert_eq!(made.status, 201);
        let request = made.ok()["request"].clone();
        for key in KEYS {
            assert!(request.get(key).is_some(), "no {key}");
        }
        for (path, value) in [
            ("subject", json!("No toner")),
            ("display_id", json!("1")),
            ("status.name", json!("Open")),
            ("status.id", json!("100001000000006657")),
            ("status.color", json!("#0066ff")),
            ("mode.name", json!("E-Mail")),
            ("level.name", json!("Tier 1")),
            ("urgency.name", json!("Normal")),
            ("request_type.name", json!("Incident")),
            ("template.name", json!("Default Request")),
            ("requester.email_id", json!("ada.admin@example.com")),
            ("created_by.email_id", json!("ada.admin@example.com")),
            ("priority", Json::Null),
            ("impact", Json::Null),
            ("resolution", Json::Null),
            ("sla", Json::Null),
            ("due_by_time", Json::Null),
            ("time_elapsed", json!("0")),
            ("attachments", json!([])),
            ("email_ids_to_notify", json!([])),
            ("unreplied_count", json!(0)),
            ("is_overdue", json!(false)),
            ("created_time.value", json!(testkit::START.to_string())),
            ("created_time.display_value", json!("Mar 4, 2026 09:00 AM")),
        ] {
            assert_eq!(get(&request, path), &value, "{path}");
        }
        let path = format!("/requests/{}", request["id"].as_str().unwrap());
        assert_eq!(app.admin().get(&path).await.ok()["request"], request);
        let second = app.admin().new_request("And another").await;
        assert_eq!(app.admin().get(&format!("/requests/{second}")).await.ok()["request"]["display_id"], "2");
    }

    what_was_written_is_read_back(app) {
        let given = json!({
            "subject": "Ärger mit \"dem\" Drucker 🖨 & <Toner>",
            "description": "<div>Zeile 1<br>Zeile 2 – 100 %</div>",
            "impact_details": "whole floor",
            "priority": {"name": "High"},
            "impact": {"name": "Affects User"},
            "category": {"name": "Software"},
            "subcategory": {"name": "MS Office"},
            "item": {"name": "Install"},
            "group": {"name": "Network"},
            "technician": {"email_id": "ada.admin@example.com"},
            "email_ids_to_notify": ["a@example.com", "b@example.com"],
            "scheduled_start_time": {"value": "1772700000000"},
            "scheduled_end_time": {"value": 1_772_800_000_000_i64},
            "is_fcr": true,
        });
        let made = app.admin().post("/requests", json!({"request": given})).await.ok();
        let request = &made["request"];
        for (path, value) in [
            ("subject", given["subject"].clone()),
            ("description", given["description"].clone()),
            ("priority.name", json!("High")),
            ("category.name", json!("Software")),
            ("subcategory.name", json!("MS Office")),
            ("item.name", json!("Install")),
            ("technician.email_id", json!("ada.admin@example.com")),
            ("email_ids_to_notify", given["email_ids_to_notify"].clone()),
            ("scheduled_start_time.value", json!("1772700000000")),
            ("scheduled_end_time.value", json!("1772800000000")),
            ("is_fcr", json!(true)),
            ("assigned_time.value", json!(testkit::START.to_string())),
        ] {
            assert_eq!(get(request, path), &value, "{path}");
        }
        // Null clears; what is not named stays.
        let path = format!("/requests/{}", request["id"].as_str().unwrap());
        let edited = app.admin().put(&path, json!({"request": {"technician": null, "impact_details": null}})).await.ok();
        assert_eq!(edited["request"]["technician"], Json::Null);
        assert_eq!(edited["request"]["assigned_time"], Json::Null);
        assert_eq!(edited["request"]["impact_details"], Json::Null);
        assert_eq!(edited["request"]["subject"], given["subject"]);
    }

    bad_input_is_refused_whole(app) {
        let admin = app.admin();
        let id = admin.new_request("Before").await;
        let path = format!("/requests/{id}");
        let before = admin.get(&path).await.ok();
        for (input, http, code, field) in [
            (json!({"request": {}}), 400, 4012, "subject"),
            (json!({"request": {"subject": null}}), 400, 4012, "subject"),
            (json!({"request": {"subject": "  "}}), 400, 4012, "subject"),
            (json!({"request": {"subject": "x".repeat(251)}}), 400, 4001, "subject"),
            (json!({"request": {"subject": "x", "os": "y"}}), 400, 4001, "os"),
            (json!({"incident": {"subject": "x"}}), 400, 4001, "incident"),
            (json!({"request": {"subject": "x", "priority": {"name": "Nope"}}}), 400, 4001, "priority"),
            (json!({"request": {"subject": "x", "priority": {"id": "1"}}}), 400, 4001, "priority"),
            (json!({"request": {"subject": "x", "priority": {"id": "100001000000006657"}}}), 400, 4001, "priority"),
            (json!({"request": {"subject": "x", "requester": {"email_id": "no@example.com"}}}), 400, 4001, "requester"),
            (json!({"request": {"subject": "x", "requester": {"email": "no@example.com"}}}), 400, 4001, "email"),
            (json!({"request": {"subject": "x", "category": null, "subcategory": {"name": "MS Office"}}}), 400, 4001, "subcategory"),
            (json!({"request": {"subject": "x", "display_id": "7"}}), 400, 4014, "display_id"),
            (json!({"request": {"subject": "x", "is_trashed": true}}), 400, 4009, "is_trashed"),
            (json!({"request": {"subject": "x", "tags": ["a", "b"]}}), 400, 4001, "tags"),
            (json!({"request": {"subject": "x", "due_by_time": {}}}), 400, 4001, "due_by_time"),
            (json!({"request": {"subject": "x", "due_by_time": "2026-03-05T10:00:00Z"}}), 400, 4001, "due_by_time"),
            (json!({"request": {"subject": "x", "due_by_time": {"value": "1"}}}), 400, 4016, "due_by_time"),
            (
                json!({"request": {"subject": "x", "scheduled_start_time": {"value": 1_772_900_000_000_i64},
                    "scheduled_end_time": {"value": 1_772_800_000_000_i64}}}),
                400, 4016, "scheduled_end_time",
            ),
        ] {
            admin.post("/requests", input.clone()).await.refused(http, code, field);
            if code != 4012 || field != "subject" || input["request"].get("subject").is_some() {
                admin.put(&path, input).await.refused(http, code, field);
            }
        }
        // All errors of an input at once.
        let many = json!({"request": {"os": 1, "ram": 2, "priority": {"name": "Nope"}}});
        let reply = admin.post("/requests", many).await;
        for field in ["os", "ram", "priority"] {
            reply.refused(400, 4001, field);
        }
        reply.refused(400, 4012, "subject");
        assert_eq!(admin.get(&path).await.ok(), before);
        assert_eq!(admin.list("/requests", json!({"get_total_count": true})).await.ok()["list_info"]["total_count"], 1);
    }

    everything_wrong_with_an_input_is_told_at_once(app) {
        let admin = app.admin();
        let said = |reply: &testkit::Reply| {
            let json = reply.json();
            let mut said: Vec<(u64, String)> = json["response_status"]["messages"].as_array().unwrap().iter()
                .flat_map(|m| {
                    let fields = m["fields"].as_array().cloned().unwrap_or_else(|| vec![m["field"].clone()]);
                    fields.into_iter().map(|f| (m["status_code"].as_u64().unwrap(), f.as_str().unwrap_or("-").to_owned()))
                })
                .collect();
            said.sort();
            said
        };
        let told = |errors: &[(u64, &str)]| errors.iter().map(|(c, f)| (*c, (*f).to_owned())).collect::<Vec<_>>();
        for (input, errors) in [
            (json!({"bogus": 1}), vec![(4001, "bogus"), (4012, "subject")]),
            (json!({"subject": "x", "bogus": 1, "status": {"name": "Nope"}, "is_fcr": "x"}),
                vec![(4001, "bogus"), (4001, "status"), (4021, "is_fcr")]),
            // What only follows from an error that is told already is not told beside it.
            (json!({"subject": "x".repeat(251)}), vec![(4001, "subject")]),
            (json!({"subject": "x", "category": 1.5, "subcategory": {"name": "MS Office"}}), vec![(4001, "id")]),
            (json!({"subject": "x", "onhold_scheduler": 7, "priority": "Nope"}),
                vec![(4001, "priority"), (4021, "onhold_scheduler")]),
            (json!({"subject": "x", "scheduled_start_time": {"value": 2}, "scheduled_end_time": {"value": 1}, "bogus": 1}),
                vec![(4001, "bogus"), (4016, "scheduled_end_time")]),
        ] {
            assert_eq!(said(&admin.post("/requests", json!({"request": input})).await), told(&errors), "{input}");
        }
        let beside = json!({"request": {"priority": {"name": "Nope"}}, "incident": {}});
        assert_eq!(said(&admin.post("/requests", beside).await),
            told(&[(4001, "incident"), (4001, "priority"), (4012, "subject")]));
        // Refused inputs leave no gaps in the numbers.
        let made = admin.post("/requests", json!({"request": {"subject": "First"}})).await.ok();
        assert_eq!(made["request"]["display_id"], "1");
        let path = format!("/requests/{}", made["request"]["id"].as_str().unwrap());
        for (operation, input, errors) in [
            ("", json!({"bogus": 1, "priority": "Nope"}), vec![(4001, "bogus"), (4001, "priority")]),
            ("/_close", json!({"bogus": 1, "closure_info": {"closure_code": {"name": "Nope"}}}),
                vec![(4001, "bogus"), (4001, "closure_info.closure_code")]),
            ("/_assign", json!({"bogus": 1, "technician": {"name": "Nobody"}}), vec![(4001, "bogus"), (4001, "technician")]),
            ("/_assign", json!({"bogus": 1}), vec![(4001, "bogus"), (4012, "technician")]),
            ("/_cancel", json!({"bogus": 1, "priority": "Nope"}), vec![(4001, "bogus"), (4001, "priority")]),
        ] {
            let reply = admin.put(&format!("{path}{operation}"), json!({"request": input})).await;
            assert_eq!(said(&reply), told(&errors), "{operation} {input}");
        }
        let resolution = json!({"resolution": {"content": "x", "bogus": 1}});
        admin.put(&format!("{path}/resolutions"), resolution).await.refused(400, 4001, "bogus");
        let wrong = json!({"task": {"bogus": 1, "status": {"name": "Nope"}}});
        assert_eq!(said(&admin.post(&format!("{path}/tasks"), wrong).await),
            told(&[(4001, "bogus"), (4001, "status"), (4012, "title")]));
        assert_eq!(admin.get(&path).await.ok()["request"], made["request"]);
        assert_eq!(admin.get(&format!("{path}/_history")).await.ok()["history"].as_array().unwrap().len(), 1);
        // Whether it is there and whether one may comes first.
        admin.put("/requests/999", json!({"request": {"bogus": 1}})).await.refused(404, 4007, "-");
    }

    closing_and_reopening(app) {
        let admin = app.admin();
        let id = admin.new_request("Close me").await;
        let path = format!("/requests/{id}");
        app.clock.advance(3_600_000);
        let closure = json!({"request": {"closure_info": {
            "requester_ack_resolution": "false",
            "closure_comments": "done",
            "closure_code": {"name": "Success"},
        }}});
        let closed = admin.put(&format!("{path}/_close"), closure).await.ok();
        assert!(closed["response_status"]["messages"][0]["message"].is_string());
        let request = &closed["request"];
        assert_eq!(request["status"]["name"], "Closed");
        assert_eq!(request["completed_time"]["value"], (testkit::START + 3_600_000).to_string());
        assert_eq!(request["resolved_time"]["value"], (testkit::START + 3_600_000).to_string());
        assert_eq!(request["time_elapsed"], "3600000");
        assert_eq!(request["closure_info"]["requester_ack_resolution"], false);
        assert_eq!(request["closure_info"]["closure_code"]["name"], "Success");
        app.clock.advance(1_000);
        let opened = admin.put(&path, json!({"request": {"status": {"name": "open"}}})).await.ok();
        assert_eq!(opened["request"]["is_reopened"], true);
        assert_eq!(opened["request"]["completed_time"], Json::Null);
        // By a plain edit, and by the old spelling.
        let resolved = admin.put(&path, json!({"request": {"status": {"name": "Resolved"},
            "resolution": {"content": "new drum"}}})).await.ok();
        assert_eq!(resolved["request"]["resolution"]["content"], "new drum");
        assert_eq!(resolved["request"]["resolution"]["submitted_by"]["email_id"], "ada.admin@example.com");
        assert_eq!(resolved["request"]["completed_time"], Json::Null);
        let closed = admin.send("PUT", &format!("/api/v3{path}/close"), &[], "").await.ok();
        assert_eq!(closed["request"]["status"]["name"], "Closed");
        admin.put(&format!("{path}/_close"), json!({"request": {"closure_info": {"closure_code": {"name": "Nope"}}}}))
            .await
            .refused(400, 4001, "closure_info.closure_code");
    }

    closing_rules_do_what_can_be_done(app) {
        let admin = app.admin();
        let portal = admin.get("/portals").await.ok()["portals"][0]["id"].as_str().unwrap().to_owned();
        let rules = json!({"portal": {"closure_mandatory_fields": ["category", "resolution"]}});
        admin.put(&format!("/portals/{portal}"), rules).await.ok();
        let id = admin.new_request("Half closed").await;
        let input = json!({"request": {"status": {"name": "Closed"}, "priority": {"name": "Low"}}});
        let reply = admin.put(&format!("/requests/{id}"), input).await;
        assert_eq!(reply.status, 200);
        let json = reply.json();
        assert_eq!(json["response_status"]["status"], "warning");
        assert_eq!(json["response_status"]["status_code"], 3000);
        assert_eq!(json["response_status"]["messages"][0]["fields"], json!(["category", "resolution"]));
        assert_eq!(json["request"]["status"]["name"], "Open");
        assert_eq!(json["request"]["priority"]["name"], "Low");
        // Of many at once each is told as it would be alone.
        let whole = admin.post("/requests", json!({"request": {"subject": "x", "category": {"name": "Software"},
            "resolution": {"content": "done"}}})).await.ok()["request"]["id"].as_str().unwrap().to_owned();
        let close = json!({"request": {"status": {"name": "Closed"}, "priority": {"name": "High"}}});
        let reply = admin.put(&format!("/requests?ids={id},{whole}"), close).await;
        assert_eq!(reply.status, 200);
        let bulk = reply.json();
        assert_eq!(bulk["response_status"][0], json!({"status_code": 3000, "status": "warning", "id": id,
            "messages": json["response_status"]["messages"]}));
        assert_eq!(bulk["response_status"][1], json!({"status_code": 2000, "status": "success", "id": whole}));
        assert_eq!(bulk["requests"][0]["status"]["name"], "Open");
        assert_eq!(bulk["requests"][0]["priority"]["name"], "High");
        assert_eq!(bulk["requests"][1]["status"]["name"], "Closed");
        let whole = json!({"request": {"status": {"name": "Closed"}, "category": {"name": "Software"},
            "resolution": {"content": "done"}}});
        assert_eq!(admin.put(&format!("/requests/{id}"), whole).await.ok()["request"]["status"]["name"], "Closed");
    }

    trash_and_back(app) {
        let admin = app.admin();
        let id = admin.new_request("Trash me").await;
        let path = format!("/requests/{id}");
        admin.put(&format!("{path}/restore_from_trash"), json!({})).await.refused(400, 4017, "-");
        let gone = admin.delete(&path).await.ok();
        assert_eq!(gone, json!({"response_status": {"status_code": 2000, "status": "success"}}));
        admin.get(&path).await.refused(404, 4007, "-");
        admin.put(&path, json!({"request": {"subject": "x"}})).await.refused(404, 4007, "-");
        assert_eq!(admin.get("/requests").await.ok()["requests"], json!([]));
        let trash = admin.list("/requests", json!({"filter_by": {"name": "Trash"}})).await.ok();
        assert_eq!(trash["requests"][0]["id"], json!(id));
        admin.put(&format!("{path}/_restore_from_trash"), json!({})).await.ok();
        assert_eq!(admin.get(&path).await.ok()["request"]["is_trashed"], false);
        for spelling in ["_move_to_trash", "move_to_trash"] {
            admin.delete(&format!("{path}/{spelling}")).await.ok();
            admin.put(&format!("{path}/restore_from_trash"), json!({})).await.ok();
        }
        admin.delete(&path).await.ok();
        admin.delete(&path).await.ok();
        admin.put(&format!("{path}/restore_from_trash"), json!({})).await.refused(404, 4007, "-");
        admin.delete(&path).await.refused(404, 4007, "-");
        let id = admin.new_request("At once").await;
        admin.delete(&format!("/requests/{id}?delete_type=permanent")).await.ok();
        assert_eq!(admin.list("/requests", json!({"filter_by": {"name": "Trash"}})).await.ok()["requests"], json!([]));
    }

    assign_and_pick_up(app) {
        let (_, tina) = app.technician("Tina Tech").await;
        let id = app.admin().new_request("Who does it").await;
        let path = format!("/requests/{id}");
        let picked = tina.send("PUT", &format!("/api/v3{path}/pickup"), &[], "").await.ok();
        assert_eq!(picked["request"]["technician"]["email_id"], "tina.tech@example.com");
        let input = json!({"request": {"technician": {"email_id": "ada.admin@example.com"}, "group": {"name": "Network"}}});
        for spelling in ["assign", "_assign"] {
            let assigned = app.admin().put(&format!("{path}/{spelling}"), input.clone()).await.ok();
            assert_eq!(assigned["request"]["technician"]["name"], "Ada Admin");
            assert_eq!(assigned["request"]["group"]["name"], "Network");
        }
        let wrong = json!({"request": {"subject": "x"}});
        app.admin().put(&format!("{path}/_assign"), wrong).await.refused(403, 4002, "subject");
        let (_, rita) = app.requester("Rita Requester").await;
        let requester = json!({"request": {"technician": {"email_id": "rita.requester@example.com"}}});
        app.admin().put(&format!("{path}/_assign"), requester).await.refused(400, 4001, "technician");
        rita.get(&path).await.refused(404, 4007, "-");
    }

    the_matrix_gives_the_priority(app) {
        let admin = app.admin();
        let input = json!({"request": {"subject": "x", "impact": {"name": "Affects Business"}, "urgency": {"name": "Urgent"}}});
        let made = admin.post("/requests", input.clone()).await.ok();
        assert_eq!(made["request"]["priority"]["name"], "High");
        let path = format!("/requests/{}", made["request"]["id"].as_str().unwrap());
        let edited = admin.put(&path, json!({"request": {"urgency": {"name": "Low"}}})).await.ok();
        assert_eq!(edited["request"]["priority"]["name"], "Normal");
        let portal = admin.get("/portals").await.ok()["portals"][0]["id"].as_str().unwrap().to_owned();
        admin.put(&format!("/portals/{portal}"), json!({"portal": {"priority_override": false}})).await.ok();
        let mut given = input;
        given["request"]["priority"] = json!({"name": "Low"});
        admin.post("/requests", given.clone()).await.refused(403, 4002, "priority");
        // The matrix is the administrator's to change.
        let rows = admin.list("/priority_matrix", json!({"search_criteria": [
            {"field": "impact.name", "condition": "is", "value": "Affects Business"},
            {"field": "urgency.name", "condition": "is", "value": "Urgent", "logical_operator": "and"},
        ]})).await.ok();
        let entry = rows["priority_matrices"][0]["id"].as_str().unwrap().to_owned();
        let low = json!({"priority_matrix": {"priority": {"name": "Low"}}});
        admin.put(&format!("/priority_matrices/{entry}"), low).await.ok();
        assert_eq!(admin.post("/requests", given).await.ok()["request"]["priority"]["name"], "Low");
    }

    on_hold_stops_the_clock(app) {
        let admin = app.admin();
        let id = admin.new_request("Wait").await;
        let path = format!("/requests/{id}");
        let until = testkit::START + 7_200_000;
        let held = json!({"request": {"status": {"name": "On Hold"}, "onhold_scheduler": {
            "scheduled_time": {"value": until.to_string()}, "comments": "parts",
            "change_to_status": {"name": "In Progress"}}}});
        let reply = admin.put(&path, held).await.ok();
        assert_eq!(reply["request"]["onhold_scheduler"]["held_by"]["name"], "Ada Admin");
        app.clock.advance(7_200_001);
        assert_eq!(admin.get(&path).await.ok()["request"]["time_elapsed"], "0");
        assert_eq!(app.desk.resume_held_requests().await.unwrap(), 1);
        assert_eq!(app.desk.resume_held_requests().await.unwrap(), 0);
        let now = admin.get(&path).await.ok();
        assert_eq!(now["request"]["status"]["name"], "In Progress");
        assert_eq!(now["request"]["onhold_scheduler"], Json::Null);
        app.clock.advance(60_000);
        assert_eq!(admin.get(&path).await.ok()["request"]["time_elapsed"], "60000");
        let late = json!({"request": {"status": {"name": "On Hold"}, "onhold_scheduler": {"scheduled_time": {"value": "1000"}}}});
        admin.put(&path, late).await.refused(400, 4016, "onhold_scheduler.scheduled_time");
    }

    late_is_the_same_wherever_it_is_asked(app) {
        const HOUR: i64 = 3_600_000;
        let admin = app.admin();
        let due = json!({"value": (testkit::START + HOUR).to_string()});
        let new = async |subject: &str, extra: Json| {
            let mut input = json!({"subject": subject, "due_by_time": due, "first_response_due_by_time": due,
                "technician": {"email_id": "ada.admin@example.com"}});
            for (key, value) in extra.as_object().unwrap() {
                input[key] = value.clone();
            }
            let made = admin.post("/requests", json!({"request": input})).await.ok();
            format!("/requests/{}", made["request"]["id"].as_str().unwrap())
        };
        let status = |name: &str| json!({"request": {"status": {"name": name}}});
        let (resolved, held, closed) =
            (new("resolved in time", json!({})).await, new("held in time", json!({})).await, new("closed", json!({})).await);
        let (late, hung, cancelled) =
            (new("resolved late", json!({})).await, new("held late", json!({})).await, new("cancelled late", json!({})).await);
        let answered = new("answered in time", json!({})).await;
        new("running", json!({})).await;
        new("no promise", json!({"due_by_time": null, "first_response_due_by_time": null})).await;
        let moved = new("moved", json!({})).await;
        let told = new("answered late", json!({})).await;
        admin.put(&resolved, status("Resolved")).await.ok();
        admin.put(&held, status("On Hold")).await.ok();
        admin.put(&closed, status("Closed")).await.ok();
        let note = json!({"request_note": {"description": "x", "mark_first_response": true}});
        admin.post(&format!("{answered}/notes"), note.clone()).await.ok();
        app.clock.advance(2 * HOUR);
        admin.put(&late, status("Resolved")).await.ok();
        admin.put(&hung, status("On Hold")).await.ok();
        admin.put(&cancelled, status("Cancelled")).await.ok();
        // What was closed in time stays in time, however late somebody writes on it.
        admin.post(&format!("{closed}/notes"), note.clone()).await.ok();
        admin.post(&format!("{told}/notes"), note).await.ok();
        let later = json!({"value": (testkit::START + 9 * HOUR).to_string()});
        admin.put(&moved, json!({"request": {"due_by_time": later, "first_response_due_by_time": later}})).await.ok();
        let of = |list: &Json| {
            let rows = list["requests"].as_array().unwrap();
            rows.iter().map(|r| r["subject"].as_str().unwrap().to_owned()).collect::<std::collections::BTreeSet<_>>()
        };
        let fields = ["subject", "is_overdue", "is_first_response_overdue"];
        let all = admin.list("/requests", json!({"row_count": 100, "fields_required": fields})).await.ok();
        for (field, wanted) in [
            ("is_overdue",
                vec!["running", "resolved late", "held late", "cancelled late", "answered in time", "answered late"]),
            ("is_first_response_overdue",
                vec!["running", "resolved late", "held late", "cancelled late", "answered late"]),
        ] {
            let wanted = wanted.into_iter().map(str::to_owned).collect();
            for truth in [true, false] {
                let mut shown = all.clone();
                shown["requests"].as_array_mut().unwrap().retain(|r| r[field] == truth);
                let shown = of(&shown);
                assert_eq!(shown == wanted, truth, "{field} {shown:?}");
                for (condition, value) in [("is", json!(truth)), ("is not", json!(!truth)), ("is", json!(truth.to_string()))] {
                    let criteria = json!({"field": field, "condition": condition, "value": value});
                    let found = admin.list("/requests", json!({"row_count": 100, "search_criteria": criteria})).await.ok();
                    assert_eq!(of(&found), shown, "{criteria}");
                }
                let simple = json!({"row_count": 100, "search_fields": {field: truth}});
                assert_eq!(of(&admin.list("/requests", simple).await.ok()), shown, "{field} {truth}");
            }
            let odd = json!({"search_criteria": {"field": field, "condition": "is", "value": "maybe"}});
            let refused = admin.list("/requests", odd).await.refused(400, 4001, "search_criteria").to_string();
            assert!(refused.contains(field) && refused.contains("true") && refused.contains("false"), "{refused}");
        }
        for view in ["Overdue", "My_Overdue"] {
            let found = admin.list("/requests", json!({"row_count": 100, "filter_by": {"name": view}})).await.ok();
            // On hold the clock stands, however late it was stopped.
            let open = ["running", "answered in time", "answered late"].map(str::to_owned).into();
            assert_eq!(of(&found), open, "{view}");
        }
        // Gone on with, the clock runs again and the old promise is long past.
        admin.put(&held, status("Open")).await.ok();
        assert_eq!(admin.get(&held).await.ok()["request"]["is_overdue"], true);
    }

    links_and_merges(app) {
        let admin = app.admin();
        let (a, b, c) = (admin.new_request("A").await, admin.new_request("B").await, admin.new_request("C").await);
        let link = json!({"link_requests": [{"linked_request": {"id": b}, "comments": "same printer"}]});
        let linked = admin.post(&format!("/requests/{a}/link_requests"), link.clone()).await.ok();
        assert_eq!(linked["response_status"]["messages"][0]["message"], "Request successfully linked");
        for (one, other) in [(&a, &b), (&b, &a)] {
            let rows = admin.get(&format!("/requests/{one}/_link_requests")).await.ok();
            assert_eq!(rows["link_requests"][0]["linked_request"]["id"], json!(other));
            assert_eq!(rows["link_requests"][0]["comments"], "same printer");
            assert_eq!(admin.get(&format!("/requests/{one}")).await.ok()["request"]["has_linked_requests"], true);
        }
        let itself = json!({"link_requests": [{"linked_request": {"id": a}}]});
        admin.post(&format!("/requests/{a}/link_requests"), itself).await.refused(400, 4001, "linked_request");
        let unlink = format!("/api/v3/requests/{a}/link_requests?input_data={}", testkit::encoded(&link.to_string()));
        let done = admin.send("DELETE", &unlink, &[], "").await.ok();
        assert_eq!(done["response_status"]["messages"][0]["message"], "The request[s] link are removed successfully.");
        assert_eq!(admin.get(&format!("/requests/{b}")).await.ok()["request"]["has_linked_requests"], false);

        admin.post(&format!("/requests/{b}/notes"), json!({"request_note": {"description": "from B"}})).await.ok();
        admin.put(&format!("/requests/{a}/_merge_requests"), json!({"merge_requests": [{"id": b}, {"id": c}]})).await.ok();
        let gone = admin.get(&format!("/requests/{b}")).await.refused(404, 4007, "-");
        assert!(gone.to_string().contains(&a), "{gone}");
        let notes = admin.get(&format!("/requests/{a}/notes")).await.ok();
        assert_eq!(notes["notes"].as_array().unwrap().len(), 3);
        admin.put(&format!("/requests/{a}/merge_requests"), json!({"merge_requests": [{"id": a}]}))
            .await
            .refused(400, 4001, "merge_requests");
    }

    a_reference_to_nothing_empties_nothing(app) {
        let admin = app.admin();
        let input = json!({"request": {"subject": "Kept", "priority": {"name": "High"}, "technician": {"email_id": "ada.admin@example.com"}}});
        let id = admin.post("/requests", input).await.ok()["request"]["id"].as_str().unwrap().to_owned();
        let path = format!("/requests/{id}");
        for slip in [json!({"id": null}), json!({}), json!({"id": ""}), json!({"name": null, "email_id": ""})] {
            for field in ["priority", "technician"] {
                admin.put(&path, json!({"request": {field: slip}})).await.refused(400, 4001, field);
            }
        }
        let kept = admin.get(&path).await.ok()["request"].clone();
        assert_eq!((&kept["priority"]["name"], &kept["technician"]["name"]), (&json!("High"), &json!("Ada Admin")));
        for none in [json!(null), json!("")] {
            let emptied = admin.put(&path, json!({"request": {"technician": none}})).await.ok()["request"].clone();
            assert_eq!(emptied["technician"], Json::Null);
            admin.put(&path, json!({"request": {"technician": {"id": null, "email_id": "ada.admin@example.com"}}})).await.ok();
        }
    }

    many_at_once(app) {
        let admin = app.admin();
        let (a, b) = (admin.new_request("A").await, admin.new_request("B").await);
        let edit = json!({"request": {"priority": {"name": "High"}}});
        let done = admin.put(&format!("/requests?ids={a},{b},999"), edit).await.json();
        assert_eq!(done["response_status"][0], json!({"status_code": 2000, "status": "success", "id": a}));
        assert_eq!(done["response_status"][2]["messages"][0]["status_code"], 4007);
        assert_eq!(done["requests"][1]["priority"]["name"], "High");
        let gone = admin.delete(&format!("/requests?ids={a},{b}")).await.json();
        assert_eq!(gone["response_status"].as_array().unwrap().len(), 2);
        assert_eq!(admin.get("/requests").await.ok()["requests"], json!([]));
        admin.put("/requests?ids=x", json!({"request": {"subject": "y"}})).await.refused(400, 4001, "ids");
        // What is wrong with the input is told once, by the reader and by the records.
        let c = admin.new_request("C").await;
        let wrong = json!({"request": {"subject": "y", "bogus": 1, "priority": {"name": "Nope"}}});
        let reply = admin.put(&format!("/requests?ids={c},{}", admin.new_request("D").await), wrong).await;
        reply.refused(400, 4001, "bogus");
        let messages = reply.refused(400, 4001, "priority")["response_status"]["messages"].as_array().unwrap().len();
        assert_eq!(messages, 2);
        assert_eq!(admin.get(&format!("/requests/{c}")).await.ok()["request"]["subject"], "C");
    }

    of_many_each_is_told_what_became_of_it(app) {
        let admin = app.admin();
        let told = |reply: &testkit::Reply| -> Vec<(String, u64)> {
            let rows = reply.json()["response_status"].as_array().unwrap().clone();
            let code = |row: &Json| row["messages"][0]["status_code"].as_u64().or(row["status_code"].as_u64()).unwrap();
            rows.iter().map(|row| (row["id"].as_str().unwrap().to_owned(), code(row))).collect()
        };
        let (a, b, c) = (admin.new_request("A").await, admin.new_request("B").await, admin.new_request("C").await);
        let reply = admin.delete(&format!("/requests?ids={a},999,{b},{a}")).await;
        assert_eq!(reply.status, 200, "what could be done is done");
        assert_eq!(told(&reply), [(a.clone(), 2000), ("999".into(), 4007), (b.clone(), 2000)]);
        // One that its deleter may not delete, and one that is needed.
        let level = admin.post("/levels", json!({"level": {"name": "Tier 9"}})).await.ok()["level"]["id"].as_str().unwrap().to_owned();
        let reply = admin.delete(&format!("/levels?ids=100001000000006671,{level}")).await;
        assert_eq!(told(&reply), [("100001000000006671".into(), 4002), (level.clone(), 2000)]);
        admin.get(&format!("/levels/{level}")).await.refused(404, 4007, "-");
        // Nothing at all was done: so says the status.
        let reply = admin.delete(&format!("/levels?ids=100001000000006671,{level}")).await;
        assert_eq!((reply.status.as_u16(), told(&reply)[1].1), (403, 4007));
        assert_eq!(admin.delete("/requests?ids=998,999").await.status, 404);
        // For ever is for ever with many as with one.
        let reply = admin.delete(&format!("/requests?ids={c}&delete_type=permanent")).await;
        assert_eq!(told(&reply), [(c.clone(), 2000)]);
        for (id, is_there) in [(a, true), (c, false)] {
            assert_eq!(admin.put(&format!("/requests/{id}/restore_from_trash"), json!({})).await.status.is_success(), is_there);
        }
    }

    two_edits_of_one_request_both_hold(app) {
        let admin = app.admin();
        let id = admin.new_request("Both").await;
        let path = format!("/requests/{id}");
        let mut edits = Vec::new();
        for i in 0..6 {
            let input = match i % 2 {
                0 => json!({"request": {"impact_details": format!("d{i}")}}),
                _ => json!({"request": {"update_reason": format!("r{i}")}}),
            };
            edits.push(admin.put(&path, input));
        }
        for reply in futures_util::future::join_all(edits).await {
            reply.ok();
        }
        let request = admin.get(&path).await.ok();
        assert!(request["request"]["impact_details"].as_str().unwrap().starts_with('d'));
        assert!(request["request"]["update_reason"].as_str().unwrap().starts_with('r'));
        let history = admin.list(&format!("/requests/{id}/_history"), json!({"row_count": 100})).await.ok();
        let updates = history["history"].as_array().unwrap().iter().filter(|h| h["operation"] == "UPDATE").count();
        assert_eq!(updates, 6);
    }

    however_many_edits_of_one_request_at_once_all_hold(app) {
        let admin = app.admin();
        let id = admin.new_request("Crowded").await;
        let path = format!("/requests/{id}");
        let edits = (0..64).map(|i| admin.put(&path, json!({"request": {"impact_details": format!("d{i}")}})));
        for reply in futures_util::future::join_all(edits).await {
            reply.ok();
        }
        let history = admin.list(&format!("/requests/{id}/_history"), json!({"row_count": 100})).await.ok();
        let updates = history["history"].as_array().unwrap().iter().filter(|h| h["operation"] == "UPDATE").count();
        assert_eq!(updates, 64);
        // Into the trash among edits: those that come too late find nothing, nobody is told to come again.
        let trash = format!("{path}/move_to_trash");
        let deletes = futures_util::future::join_all((0..4).map(|_| admin.delete(&trash)));
        let edits = (0..24).map(|i| admin.put(&path, json!({"request": {"impact_details": format!("e{i}")}})));
        let (deleted, edited) = futures_util::future::join(deletes, futures_util::future::join_all(edits)).await;
        for reply in deleted {
            reply.ok();
        }
        assert!(edited.iter().all(|reply| matches!(reply.status.as_u16(), 200 | 404)));
        admin.put(&format!("{path}/restore_from_trash"), json!({})).await.ok();
    }

    the_history_tells_every_change(app) {
        let admin = app.admin();
        let id = admin.new_request("Told").await;
        let path = format!("/requests/{id}");
        app.clock.advance(5_000);
        let edit = json!({"request": {"priority": {"name": "High"}, "subject": "Told again", "description": "x"}});
        admin.put(&path, edit).await.ok();
        admin.put(&path, json!({"request": {"subject": "Told again"}})).await.ok();
        let history = admin.get(&format!("{path}/_history")).await.ok();
        let rows = history["history"].as_array().unwrap();
        assert_eq!(rows.len(), 2, "{history:#}");
        let newest = &rows[0];
        assert_eq!(newest["operation"], "UPDATE");
        assert_eq!(newest["by"]["email_id"], "ada.admin@example.com");
        assert_eq!(newest["time"]["value"], (testkit::START + 5_000).to_string());
        let diff = newest["diff"].as_array().unwrap();
        let of = |field: &str| diff.iter().find(|d| d["field"] == field).unwrap_or_else(|| panic!("no {field}"));
        assert_eq!(of("subject")["previous_value"], "Told");
        assert_eq!(of("subject")["current_value"], "Told again");
        assert_eq!(of("priority")["previous_value"], Json::Null);
        assert_eq!(of("priority")["current_value"]["name"], "High");
        assert_eq!(rows[1]["operation"], "CREATE");
    }
}
