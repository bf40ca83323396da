//! Approvers who do not see the request otherwise, and what is left when approvals are taken away.

use serde_json::{Value as Json, json};
use testkit::{Client, on_both_engines};

/// A new level of a request with these approvers; gives the paths of the level and of each approval.
async fn level(client: &Client<'_>, request: &str, number: u64, approvers: &[&str]) -> (String, Vec<String>) {
    let levels = format!("/requests/{request}/approval_levels");
    let made = client.post(&levels, json!({"approval_level": {"level": number}})).await.ok();
    let level = format!("{levels}/{}", made["approval_level"]["id"].as_str().unwrap());
    let mut paths = Vec::new();
    for approver in approvers {
        let input = json!({"approval": {"approver": {"email_id": approver}}});
        let made = client.post(&format!("{level}/approvals"), input).await.ok();
        paths.push(format!("{level}/approvals/{}", made["approval"]["id"].as_str().unwrap()));
    }
    (level, paths)
}

on_both_engines! {
    an_answer_is_as_short_as_an_approvals_comments(app) {
        let admin = app.admin();
        let id = admin.new_request("A new laptop").await;
        let (_, answers) = level(&admin, &id, 1, &["ada.admin@example.com"]).await;
        let said = |length: usize| json!({"approval": {"comments": "x".repeat(length)}});
        for word in ["_approve", "_reject"] {
            admin.put(&format!("{}/{word}", answers[0]), said(251)).await.refused(400, 4001, "comments");
        }
        assert_eq!(admin.get(&answers[0]).await.ok()["approval"]["status"]["name"], "Pending Approval");
        let done = admin.put(&format!("{}/_approve", answers[0]), said(250)).await.ok();
        assert_eq!(done["approval"]["comments"].as_str().unwrap().len(), 250);
    }

    answers_of_the_same_moment_know_of_one_another(app) {
        let admin = app.admin();
        let mut people = Vec::new();
        for name in ["Anna", "Bert", "Cara", "Dirk", "Emma", "Finn"] {
            people.push((format!("{}.boss@example.com", name.to_lowercase()), app.requester(&format!("{name} Boss")).await.1));
        }
        let addresses: Vec<&str> = people.iter().map(|(address, _)| address.as_str()).collect();
        let id = admin.new_request("A new laptop").await;
        let (first, answers) = level(&admin, &id, 1, &addresses).await;
        let (second, _) = level(&admin, &id, 2, &["ada.admin@example.com"]).await;
        let paths: Vec<String> = answers.iter().map(|answer| format!("{answer}/_approve")).collect();
        let decisions = people.iter().zip(&paths).map(|((_, person), path)| person.put(path, json!({})));
        for reply in futures_util::future::join_all(decisions).await {
            reply.ok();
        }
        let status = async |path: &str| admin.get(path).await.ok()["approval_level"]["status"]["name"].take();
        assert_eq!(status(&first).await, "Approved");
        assert_eq!(status(&second).await, "Pending Approval", "it is asked next");
    }

    what_an_approver_said_is_theirs(app) {
        let admin = app.admin();
        let (_, boss) = app.requester("Bea Boss").await;
        let (_, theo) = app.technician("Theo Tech").await;
        let id = admin.new_request("A new laptop").await;
        let (_, answers) = level(&admin, &id, 1, &["bea.boss@example.com"]).await;
        let said = |words: &str| json!({"approval": {"comments": words}});
        theo.put(&answers[0], said("Buy two")).await.refused(403, 4002, "comments");
        boss.put(&answers[0], said("Let me think")).await.ok();
        boss.put(&format!("{}/_approve", answers[0]), said("Only this one")).await.ok();
        theo.put(&answers[0], said("Buy two")).await.refused(403, 4002, "comments");
        assert_eq!(theo.get(&answers[0]).await.ok()["approval"]["comments"], "Only this one");
        admin.put(&answers[0], said("Only one")).await.ok();
    }

    approvers_read_and_answer_but_change_nothing(app) {
        let admin = app.admin();
        admin.post("/sites", json!({"site": {"name": "Berlin"}})).await.ok();
        let limited = json!({"is_technician": true, "role": {"name": "SDSiteTechnician"}, "associated_sites": [{"name": "Berlin"}]});
        let (_, boss) = app.requester("Bea Boss").await;
        let (_, bert) = app.person("Bert Berlin", limited).await;
        let (_, other) = app.requester("Otto Other").await;
        let (_, rita) = app.requester("Rita Requester").await;
        let id = rita.new_request("A new laptop").await;
        let path = format!("/requests/{id}");
        admin.post(&format!("{path}/notes"), json!({"request_note": {"description": "n", "show_to_requester": true}})).await.ok();
        let (first, answers) = level(&admin, &id, 1, &["bea.boss@example.com", "bert.berlin@example.com"]).await;
        let (second, later) = level(&admin, &id, 2, &["ada.admin@example.com"]).await;
        for (approver, own) in [(&boss, &answers[0]), (&bert, &answers[1])] {
            assert_eq!(approver.get(&path).await.ok()["request"]["subject"], "A new laptop");
            let levels = approver.get(&format!("{path}/approval_levels")).await.ok();
            assert_eq!(levels["approval_levels"].as_array().unwrap().len(), 1);
            approver.get(&first).await.ok();
            approver.get(&second).await.refused(404, 4007, "-");
            approver.get(&later[0]).await.refused(404, 4007, "-");
            for list in [format!("{first}/approvals"), format!("{path}/approvals")] {
                let rows = approver.get(&list).await.ok();
                assert_eq!(rows["approvals"].as_array().unwrap().len(), 1, "{list}");
            }
            approver.get(own).await.ok();
            approver.put(&path, json!({"request": {"subject": "x"}})).await.refused(403, 4002, "-");
            approver.put(&format!("{path}/_close"), json!({})).await.refused(403, 4002, "-");
            approver.post(&format!("{path}/notes"), json!({"request_note": {"description": "x"}})).await.refused(403, 4002, "-");
            assert_eq!(approver.get(&format!("{path}/notes")).await.ok()["notes"], json!([]));
            assert_eq!(approver.get("/requests").await.ok()["requests"], json!([]));
            approver.put(&format!("{own}/_approve"), json!({"approval": {"comments": "fine"}})).await.ok();
        }
        bert.post(&format!("{first}/approvals"), json!({"approval": {"approver": {"email_id": "otto.other@example.com"}}}))
            .await
            .refused(403, 4002, "-");
        other.get(&path).await.refused(404, 4007, "-");
        other.get(&format!("{path}/approval_levels")).await.refused(404, 4007, "-");
        other.put(&format!("{}/_approve", answers[0]), json!({})).await.refused(404, 4007, "-");
        let all = admin.get(&format!("{path}/approvals")).await.ok();
        let states: Vec<&Json> = all["approvals"].as_array().unwrap().iter().map(|a| &a["status"]["name"]).collect();
        assert_eq!(states, ["Approved", "Approved", "Pending Approval"]);
        let one = admin.list(&format!("{path}/approvals"), json!({"row_count": 1, "get_total_count": true})).await.ok();
        assert_eq!((&one["list_info"]["has_more_rows"], &one["list_info"]["total_count"]), (&json!(true), &json!(3)));
        admin.put(&format!("{path}/approvals"), json!({})).await.refused(400, 4021, "-");
    }

    what_is_left_decides(app) {
        let admin = app.admin();
        for name in ["Ann A", "Bob B", "Cem C"] {
            app.requester(name).await;
        }
        let id = admin.new_request("Deleted approvals").await;
        let status = async || admin.get(&format!("/requests/{id}")).await.ok()["request"]["approval_status"]["name"].clone();
        let (first, answers) = level(&admin, &id, 1, &["ann.a@example.com", "bob.b@example.com"]).await;
        let (second, later) = level(&admin, &id, 2, &["cem.c@example.com"]).await;
        admin.put(&format!("{}/_approve", answers[0]), json!({})).await.ok();
        // The one who had not answered is taken away: the level is approved, the next one is asked.
        admin.delete(&answers[1]).await.ok();
        assert_eq!(admin.get(&first).await.ok()["approval_level"]["status"]["name"], "Approved");
        assert_eq!(admin.get(&later[0]).await.ok()["approval"]["status"]["name"], "Pending Approval");
        assert_eq!(status().await, "Pending Approval");
        admin.delete(&second).await.ok();
        assert_eq!(status().await, "Approved");
        admin.delete(&first).await.ok();
        assert_eq!(status().await, Json::Null);
        // A rejected level counts as long as it is there.
        let (first, answers) = level(&admin, &id, 1, &["ann.a@example.com"]).await;
        let (_, later) = level(&admin, &id, 2, &["bob.b@example.com"]).await;
        admin.put(&format!("{}/_reject", answers[0]), json!({})).await.ok();
        assert_eq!(status().await, "Rejected");
        admin.delete(&first).await.ok();
        assert_eq!(status().await, "Pending Approval");
        assert_eq!(admin.get(&later[0]).await.ok()["approval"]["status"]["name"], "Pending Approval");
        admin.delete(&later[0]).await.ok();
        assert_eq!(status().await, Json::Null);
    }
}
