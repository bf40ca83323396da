//! What nobody may do to others: administrators stay administrators, what is hidden stays hidden.

use serde_json::json;
use testkit::on_both_engines;

/// Whether an edit of a person goes through.
fn is_done(reply: &testkit::Reply) -> bool {
    reply.status.is_success()
}

on_both_engines! {
    technicians_write_no_administrators_and_no_others_identity(app) {
        let ada = format!("/users/{}", desk::shipped::ADMINISTRATOR);
        let (_, theo) = app.technician("Theo Tech").await;
        let (tina, _) = app.technician("Tina Tech").await;
        let (rita, _) = app.requester("Rita Requester").await;
        for (input, field) in [
            (json!({"inactive": true}), "inactive"),
            (json!({"name": "Nobody"}), "name"),
            (json!({"first_name": "Nobody"}), "first_name"),
            (json!({"phone": "1"}), "phone"),
            (json!({"email_id": "theo2@example.com"}), "email_id"),
        ] {
            theo.put(&ada, json!({"user": input})).await.refused(403, 4002, field);
        }
        let system = "/users/100001000000006619";
        theo.put(system, json!({"user": {"name": "Me"}})).await.refused(403, 4002, "name");
        let tina = format!("/users/{tina}");
        for (input, field) in [
            (json!({"inactive": true}), "inactive"),
            (json!({"name": "Nobody"}), "name"),
            (json!({"email_id": "theo2@example.com"}), "email_id"),
            (json!({"role": {"name": "SDAdmin"}}), "role"),
            (json!({"is_technician": false}), "is_technician"),
        ] {
            theo.put(&tina, json!({"user": input})).await.refused(403, 4002, field);
        }
        theo.put(&tina, json!({"user": {"phone": "555-0102"}})).await.ok();
        let rita = format!("/users/{rita}");
        theo.put(&rita, json!({"user": {"name": "Rita Renamed", "inactive": true}})).await.ok();
        assert_eq!(app.admin().get(&ada).await.ok()["user"]["inactive"], false);
    }

    technicians_write_themselves_but_not_their_standing(app) {
        let (id, theo) = app.technician("Theo Tech").await;
        let own = format!("/users/{id}");
        theo.put(&own, json!({"user": {"name": "Theodor Tech", "phone": "1"}})).await.ok();
        theo.put(&own, json!({"user": {"inactive": true}})).await.refused(403, 4002, "inactive");
    }

    limited_technicians_write_requesters_only(app) {
        app.admin().post("/sites", json!({"site": {"name": "Berlin"}})).await.ok();
        let limited = json!({"is_technician": true, "role": {"name": "SDSiteTechnician"}, "associated_sites": [{"name": "Berlin"}]});
        let (_, bert) = app.person("Bert Berlin", limited).await;
        let (tina, _) = app.technician("Tina Tech").await;
        let (rita, _) = app.requester("Rita Requester").await;
        bert.put(&format!("/users/{tina}"), json!({"user": {"phone": "1"}})).await.refused(403, 4002, "phone");
        bert.put(&format!("/users/{rita}"), json!({"user": {"phone": "1"}})).await.ok();
    }

    the_last_administrator_stays(app) {
        let admin = app.admin();
        let ada = format!("/users/{}", desk::shipped::ADMINISTRATOR);
        for (input, field) in [
            (json!({"inactive": true}), "inactive"),
            (json!({"role": {"name": "SDTechnician"}}), "role"),
            (json!({"is_technician": false}), "is_technician"),
        ] {
            admin.put(&ada, json!({"user": input.clone()})).await.refused(400, 4001, field);
        }
        let role = json!({"role": {"access": "technician"}});
        let roles = admin.list("/roles", json!({"search_fields": {"name": "SDAdmin"}})).await.ok();
        let sd_admin = format!("/roles/{}", roles["roles"][0]["id"].as_str().unwrap());
        admin.put(&sd_admin, role).await.refused(400, 4001, "access");
        // An inactive one does not count.
        let second = json!({"is_technician": true, "role": {"name": "SDAdmin"}});
        let (bea, _) = app.person("Bea Boss", second).await;
        let bea = format!("/users/{bea}");
        admin.put(&bea, json!({"user": {"inactive": true}})).await.ok();
        admin.put(&ada, json!({"user": {"inactive": true}})).await.refused(400, 4001, "inactive");
        admin.put(&bea, json!({"user": {"inactive": false}})).await.ok();
        admin.put(&ada, json!({"user": {"role": {"name": "SDTechnician"}}})).await.ok();
        assert_eq!(admin.get("/roles").await.status, 200);
        admin.put(&bea, json!({"user": {"inactive": true}})).await.refused(403, 4002, "inactive");
    }

    two_administrators_do_not_depose_each_other(app) {
        let admin = app.admin();
        let ada = format!("/users/{}", desk::shipped::ADMINISTRATOR);
        let second = json!({"is_technician": true, "role": {"name": "SDAdmin"}});
        let (bea, boss) = app.person("Bea Boss", second).await;
        let bea = format!("/users/{bea}");
        for _ in 0..5 {
            let demote = json!({"user": {"role": {"name": "SDTechnician"}}});
            let (first, other) = futures_util::future::join(admin.put(&bea, demote.clone()), boss.put(&ada, demote)).await;
            assert!(is_done(&first) != is_done(&other), "{first:?} {other:?}");
            let (left, fallen) = if is_done(&first) { (&admin, &bea) } else { (&boss, &ada) };
            left.put(fallen, json!({"user": {"role": {"name": "SDAdmin"}}})).await.ok();
            // Deactivated by an edit here, by a DELETE there.
            let (first, other) = futures_util::future::join(
                admin.put(&bea, json!({"user": {"inactive": true}})),
                boss.delete(&ada),
            ).await;
            assert!(is_done(&first) != is_done(&other), "{first:?} {other:?}");
            let (left, fallen) = if is_done(&first) { (&admin, &bea) } else { (&boss, &ada) };
            left.put(fallen, json!({"user": {"inactive": false}})).await.ok();
        }
    }

    a_requester_keeps_their_request_and_changes_no_others(app) {
        let admin = app.admin();
        let (_, rita) = app.requester("Rita Requester").await;
        let (_, sam) = app.person("Sam Sees", json!({"requester_allowed_to_view": "all"})).await;
        let path = format!("/requests/{}", rita.new_request("Mine").await);
        let given = json!({"request": {"requester": {"email_id": "sam.sees@example.com"}}});
        rita.put(&path, given).await.refused(403, 4002, "requester");
        let same = json!({"request": {"requester": {"email_id": "rita.requester@example.com"}, "subject": "Still mine"}});
        assert_eq!(rita.put(&path, same).await.ok()["request"]["subject"], "Still mine");
        sam.get(&path).await.ok();
        sam.put(&path, json!({"request": {"subject": "x"}})).await.refused(403, 4002, "-");
        assert_eq!(admin.get(&path).await.ok()["request"]["subject"], "Still mine");
    }

    requesters_find_by_what_they_may_read(app) {
        let (_, theo) = app.technician("Theo Tech").await;
        let (_, rita) = app.requester("Rita Requester").await;
        let id = rita.new_request("The printer smokes").await;
        let notes = format!("/requests/{id}/notes");
        theo.post(&notes, json!({"request_note": {"description": "<p>suspect sabotage</p>"}})).await.ok();
        let shown = json!({"request_note": {"description": "<p>Technician comes Monday</p>", "show_to_requester": true}});
        theo.post(&notes, shown).await.ok();
        theo.post(&format!("/requests/{id}/resolutions"), json!({"resolution": {"content": "new fuser"}})).await.ok();
        for n in 0..3 {
            rita.new_request(&format!("Printer number {n}")).await;
        }
        let numbers = async |client: &testkit::Client<'_>, words: &str| {
            let list = client.list("/requests", json!({"search_text": words, "get_total_count": true})).await.ok();
            let rows = list["requests"].as_array().unwrap().len() as u64;
            assert_eq!(list["list_info"]["total_count"].as_u64(), Some(rows), "{words}");
            rows
        };
        for (words, hers, his) in [
            ("sabotage", 0, 1), ("printer sabotage", 0, 1), ("printer monday", 1, 1), ("fuser", 1, 1), ("printer", 4, 4),
        ] {
            assert_eq!(numbers(&rita, words).await, hers, "{words}");
            assert_eq!(numbers(&theo, words).await, his, "{words}");
        }
        let page = rita.list("/requests", json!({"search_text": "printer", "row_count": 2, "start_index": 3})).await.ok();
        assert_eq!((page["requests"].as_array().unwrap().len(), &page["list_info"]["has_more_rows"]), (2, &json!(false)));
        let page = rita.list("/requests", json!({"search_text": "printer", "row_count": 3})).await.ok();
        assert_eq!((page["requests"].as_array().unwrap().len(), &page["list_info"]["has_more_rows"]), (3, &json!(true)));
    }

    blind_copies_and_forwards_stay_hidden(app) {
        let (_, theo) = app.technician("Theo Tech").await;
        let (_, rita) = app.requester("Rita Requester").await;
        let mails = format!("/requests/{}/notifications", rita.new_request("Mine").await);
        let mail = json!({"notification": {"to": ["rita.requester@example.com"], "bcc": ["boss@example.com"], "subject": "Re"}});
        let reply = theo.post(&mails, mail).await.ok();
        assert_eq!(reply["notification"]["bcc"], json!(["boss@example.com"]));
        let one = format!("{mails}/{}", reply["notification"]["id"].as_str().unwrap());
        assert_eq!(rita.get(&one).await.ok()["notification"]["bcc"], json!([]));
        assert_eq!(theo.get(&one).await.ok()["notification"]["bcc"], json!(["boss@example.com"]));
        let forward = json!({"notification": {"to": ["vendor@example.com"], "subject": "Fwd", "type": "REQFORWARD"}});
        assert_eq!(theo.post(&mails, forward).await.ok()["notification"]["is_public"], false);
        let rows = rita.get(&mails).await.ok();
        assert_eq!(rows["notifications"].as_array().unwrap().len(), 1);
        assert_eq!(rows["notifications"][0]["bcc"], json!([]));
        assert!(!rows.to_string().contains("boss@"));
    }
}
