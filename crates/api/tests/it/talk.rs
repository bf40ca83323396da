//! What is said on a request, by whom, and what follows from it (requests.md sections 5 and 11).

use serde_json::{Value as Json, json};
use testkit::{Client, on_both_engines};

/// The types of the rows of a conversation.
async fn kinds(client: &Client<'_>, path: &str, input: Json) -> Vec<String> {
    let said = client.get_with(&format!("{path}/conversations"), input).await.ok();
    said["conversations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["type"].as_str().unwrap().to_owned())
        .collect()
}

on_both_engines! {
    requesters_reply_and_are_counted(app) {
        let admin = app.admin();
        let (theo_id, theo) = app.technician("Theo Tech").await;
        let (_, rita) = app.requester("Rita Requester").await;
        let (_, sam) = app.person("Sam Sees", json!({"requester_allowed_to_view": "all"})).await;
        let path = format!("/requests/{}", rita.new_request("Broken").await);
        let mails = format!("{path}/notifications");
        let unreplied = async || admin.get(&path).await.ok()["request"]["unreplied_count"].clone();
        let said = rita.post(&mails, json!({"notification": {"description": "Any news?", "is_public": false}})).await.ok();
        assert_eq!(said["notification"]["sender"]["name"], "Rita Requester");
        assert_eq!(said["notification"]["is_public"], true);
        assert_eq!(said["notification"]["type"], "REQREPLY");
        assert_eq!(said["notification"]["subject"], "Re: Broken");
        assert_eq!(said["notification"]["to"], json!(["ada.admin@example.com"]));
        admin.put(&format!("{path}/_assign"), json!({"request": {"technician": {"id": theo_id.to_string()}}})).await.ok();
        let said = rita.post(&mails, json!({"notification": {"description": "Hello?"}})).await.ok();
        assert_eq!(said["notification"]["to"], json!(["theo.tech@example.com"]));
        assert_eq!(unreplied().await, json!(2));
        let forward = json!({"notification": {"to": ["x@example.com"], "subject": "f", "type": "REQFORWARD"}});
        rita.post(&mails, forward.clone()).await.refused(403, 4002, "type");
        sam.post(&mails, json!({"notification": {"description": "me too"}})).await.refused(403, 4002, "-");
        theo.post(&mails, forward).await.ok();
        assert_eq!(unreplied().await, json!(2));
        let reply = json!({"notification": {"to": ["rita.requester@example.com"], "subject": "Re", "description": "soon"}});
        theo.post(&mails, reply).await.ok();
        assert_eq!(unreplied().await, json!(0));
        admin.post(&format!("{path}/notes"), json!({"request_note": {"description": "hidden"}})).await.ok();
        let summary = async |client: &Client<'_>| client.get(&format!("{path}/summary")).await.ok()["request_summary"].clone();
        let counts = summary(&admin).await;
        for (name, count) in [
            ("requester_reply_count", json!("2")),
            ("technician_reply_count", json!("1")),
            ("conversation_count", json!("5")),
            ("note_count", json!("1")),
            ("unreplied_count", json!(0)),
        ] {
            assert_eq!(counts[name], count, "{name}");
        }
        let counts = summary(&rita).await;
        assert_eq!((&counts["note_count"], &counts["conversation_count"]), (&json!("0"), &json!("3")));
        let links = rita.get(&format!("{path}/notifications/_links")).await.ok();
        assert!(links["_links"]["links"].as_array().unwrap().iter().any(|l| l["name"] == "add"));
    }

    requesters_ask_for_cancellation_and_technicians_cancel(app) {
        let admin = app.admin();
        let (_, rita) = app.requester("Rita Requester").await;
        let (_, sam) = app.person("Sam Sees", json!({"requester_allowed_to_view": "all"})).await;
        let path = format!("/requests/{}", rita.new_request("Never mind").await);
        let cancel = format!("{path}/_cancel");
        let flagged = rita.put(&cancel, json!({"request": {"cancel_flag_comments": {"comment": "found it"}}})).await.ok();
        let request = &flagged["request"];
        assert_eq!(request["cancellation_requested"], true);
        assert_eq!(request["cancel_flag_comments"]["comment"], "found it");
        assert_eq!(request["status"]["name"], "Open");
        let again = rita.put(&cancel, json!({"request": {"update_reason": "really"}})).await.ok();
        assert_eq!(again["request"]["cancel_flag_comments"]["comment"], "really");
        rita.put(&cancel, json!({"request": {"priority": {"name": "High"}}})).await.refused(403, 4002, "priority");
        let odd = json!({"request": {"cancel_flag_comments": {"wings": 2}}});
        rita.put(&cancel, odd).await.refused(400, 4001, "wings");
        let long = json!({"request": {"cancel_flag_comments": {"comment": "x".repeat(1001)}}});
        rita.put(&cancel, long).await.refused(400, 4001, "cancel_flag_comments");
        sam.put(&cancel, json!({})).await.refused(403, 4002, "-");
        let reply = admin.put(&cancel, json!({"request": {"cancel_flag_comments": {"comment": "as asked"}}})).await.ok();
        let request = &reply["request"];
        assert_eq!(request["status"]["name"], "Cancelled");
        assert_eq!(request["cancellation_requested"], false);
        assert_eq!(request["cancel_flag_comments"], Json::Null);
        assert_eq!(request["status_change_comments"], "as asked");
        rita.put(&cancel, json!({})).await.refused(400, 4001, "status");
        let by_edit = json!({"request": {"cancel_flag_comments": {"comment": "x"}}});
        admin.put(&path, by_edit).await.refused(400, 4014, "cancel_flag_comments.comment");
    }

    conversations_are_searched_and_sorted(app) {
        let admin = app.admin();
        let (theo_id, theo) = app.technician("Theo Tech").await;
        let (_, rita) = app.requester("Rita Requester").await;
        let id = rita.new_request("Talk").await;
        let path = format!("/requests/{id}");
        theo.post(&format!("{path}/notes"), json!({"request_note": {"description": "internal word"}})).await.ok();
        app.clock.advance(1_000);
        rita.post(&format!("{path}/notifications"), json!({"notification": {"description": "hello"}})).await.ok();
        app.clock.advance(1_000);
        let mail = json!({"notification": {"to": ["rita.requester@example.com"], "subject": "Re", "description": "hello yourself"}});
        theo.post(&format!("{path}/notifications"), mail).await.ok();
        app.clock.advance(1_000);
        let notice = json!({"notification": {"to": ["rita.requester@example.com"], "subject": "Received", "type": "REQNOTIFY"}});
        theo.post(&format!("{path}/notifications"), notice).await.ok();
        app.clock.advance(1_000);
        let level = admin.post(&format!("{path}/approval_levels"), json!({"approval_level": {}})).await.ok();
        let approvals = format!("{path}/approval_levels/{}/approvals", level["approval_level"]["id"].as_str().unwrap());
        let asked = json!({"approval": {"approver": {"email_id": "theo.tech@example.com"}}});
        let asked = admin.post(&approvals, asked).await.ok();
        let answer = format!("{approvals}/{}/_approve", asked["approval"]["id"].as_str().unwrap());
        theo.put(&answer, json!({"approval": {"comments": "fine with me"}})).await.ok();

        let (note, hers, his, told, yes) =
            ("NOTES", "Requester_E-Mail", "Technician_E-Mail", "System_Notification", "ApprovalComments");
        let one = |field: &str, condition: &str, values: Json| {
            json!({"list_info": {"search_criteria": {"field": field, "condition": condition, "values": values}}})
        };
        let at = |ms: i64| (testkit::START + ms).to_string();
        for (input, expected) in [
            (json!({}), vec![yes, told, his, hers, note]),
            (json!({"list_info": {"sort_field": "created_time", "sort_order": "asc"}}), vec![note, hers, his, told, yes]),
            (json!({"list_info": {"sort_field": "created_time", "sort_order": "desc", "row_count": 2}}), vec![yes, told]),
            (one("type", "is", json!(["NOTES"])), vec![note]),
            (one("type", "neq", json!(["NOTES"])), vec![yes, told, his, hers]),
            (one("type", "in", json!(["notes", "ApprovalComments"])), vec![yes, note]),
            (one("created_by.id", "is", json!([theo_id.to_string()])), vec![yes, told, his, note]),
            (one("created_by.user_type", "is", json!(["3"])), vec![hers]),
            (one("created_by.user_type", "neq", json!([3])), vec![yes, told, his, note]),
            (one("created_by.user_type", "is", json!(["1"])), vec![]),
            (one("created_time", "gte", json!([at(3_000)])), vec![yes, told]),
            (one("created_time", "between", json!([at(1_000), at(2_000)])), vec![his, hers]),
            (one("created_time", "lt", json!([at(1_000)])), vec![note]),
            (json!({"notes": false}), vec![yes, told, his, hers]),
            (json!({"notes": "false", "system_notifications": false}), vec![yes, his, hers]),
            (json!({"list_info": {"search_fields": {"type": "ApprovalComments"}}}), vec![yes]),
            (json!({"list_info": {"search_text": "hello"}}), vec![his, hers]),
            (json!({"list_info": {"search_criteria": [
                {"field": "type", "condition": "is", "value": "NOTES"},
                {"field": "created_by.user_type", "condition": "is", "value": "3", "logical_operator": "OR"},
            ]}}), vec![hers, note]),
        ] {
            assert_eq!(kinds(&admin, &path, input.clone()).await, expected, "{input}");
        }
        assert_eq!(kinds(&rita, &path, json!({})).await, [told, his, hers]);
        let url = format!("{path}/conversations");
        for (input, code, field) in [
            (json!({"list_info": {"sort_field": "subject"}}), 4001, "sort_field"),
            (one("subject", "is", json!(["x"])), 4001, "search_criteria"),
            (one("type", "contains", json!(["x"])), 4001, "search_criteria"),
            (one("created_time", "is", json!(["soon"])), 4001, "search_criteria"),
            (json!({"list_info": {"filter_by": {"name": "Mine"}}}), 4001, "filter_by"),
            (json!({"notes": "perhaps"}), 4021, "notes"),
        ] {
            admin.get_with(&url, input).await.refused(400, code, field);
        }
        let all = admin.list(&url, json!({"get_total_count": true, "row_count": 1})).await.ok();
        assert_eq!(all["list_info"]["total_count"], 5);
        let row = &all["conversations"][0];
        assert_eq!(row["created_by"]["user_type"], "2");
        assert_eq!(row["created_by"]["name"], "Theo Tech");
        assert_eq!(row["description"], "fine with me");
        assert_eq!(row["created_time"]["value"], json!(at(4_000)));
        let comment = row["content_url"].as_str().unwrap();
        assert_eq!(admin.send("GET", comment, &[], "").await.ok()["approval"]["comments"], "fine with me");
        let few = admin.list(&url, json!({"fields_required": ["type"], "row_count": 1})).await.ok();
        assert_eq!(few["conversations"][0].as_object().unwrap().len(), 2);
    }
}
