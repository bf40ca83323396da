//! Taking changes back.

use serde_json::{Value as Json, json};
use testkit::{App, Browser, Page, on_both_engines};

async fn request(app: &App, id: &str) -> Json {
    app.admin().get(&format!("/requests/{id}")).await.ok()["request"].clone()
}

fn id_of(app: &App, module: &str, name: &str) -> String {
    app.desk.snapshot().named(module, name).first().unwrap().id().to_string()
}

/// The entries that the undo forms of a page name, in their order.
fn offered(page: &Page) -> Vec<String> {
    let html = page.html();
    html.split("name=\"entries\" value=\"")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap().to_owned())
        .collect()
}

async fn history(browser: &Browser<'_>, id: &str) -> Vec<String> {
    offered(&browser.get(&format!("/requests/{id}?tab=history")).await.shown())
}

on_both_engines! {
    a_change_is_taken_back_from_the_notice(app) {
        let id = app.admin().new_request("Undo me").await;
        let admin = app.admins_browser().await;
        let (high, low) = (id_of(app, "priority", "High"), id_of(app, "priority", "Low"));
        admin.post(&format!("/requests/{id}/properties"), &[("was.priority", ""), ("priority", &high)]).await.leads_on();
        app.clock.advance(1000);
        admin.get("/").await.shown();
        let to = admin.post(&format!("/requests/{id}/properties"), &[("was.priority", &high), ("priority", &low)]).await.leads_on();
        let page = admin.get(&to).await.shown();
        let entries = offered(&page);
        assert!(page.says("Saved.") && entries.len() == 1, "{}", page.html());
        assert_eq!(page.hidden("back"), to);
        // The notice is gone with the next page.
        assert!(offered(&admin.get(&to).await.shown()).is_empty());
        let back = admin.post("/undo", &[("entries", &entries[0]), ("back", &to)]).await.leads_on();
        assert_eq!(back, to);
        assert!(admin.get(&to).await.shown().says("It is as it was before."));
        assert_eq!(request(app, &id).await["priority"]["name"], "High");
        // It is itself told in the history, and can be taken back.
        let told = app.admin().get(&format!("/requests/{id}/_history")).await.ok();
        assert_eq!(told["history"][0]["operation"], "UNDO", "{told}");
        let again = history(&admin, &id).await;
        admin.post("/undo", &[("entries", &again[0]), ("back", &to)]).await.leads_on();
        assert_eq!(request(app, &id).await["priority"]["name"], "Low");
    }

    what_was_changed_again_stays(app) {
        let id = app.admin().new_request("Twice").await;
        let (tina, _) = app.technician("Tina").await;
        let (admin, tina) = (app.admins_browser().await, Browser::of(app, tina).await);
        let (high, low) = (id_of(app, "priority", "High"), id_of(app, "priority", "Low"));
        let path = format!("/requests/{id}/properties");
        admin.post(&path, &[("priority", &high), ("impact_details", "Many")]).await.leads_on();
        let first = history(&admin, &id).await[0].clone();
        app.clock.advance(1000);
        tina.post(&path, &[("priority", &low)]).await.leads_on();
        // The older change is not offered any more, and refused to whoever has the form still.
        let offers = history(&admin, &id).await;
        assert!(!offers.contains(&first) && offers.len() == 1, "{offers:?}");
        let page = admin.post("/undo", &[("entries", &first), ("back", "/requests")]).await;
        assert!(page.status() == 422 && page.says("Changed again since: Priority.") && page.says("Twice"), "{}", page.html());
        let now = request(app, &id).await;
        assert_eq!((now["priority"]["name"].as_str(), now["impact_details"].as_str()), (Some("Low"), Some("Many")));
        // Once the newer one is taken back, the older one can be.
        tina.post("/undo", &[("entries", &offers[0]), ("back", "/requests")]).await.leads_on();
        admin.post("/undo", &[("entries", &first), ("back", "/requests")]).await.leads_on();
        let now = request(app, &id).await;
        assert!(now["priority"].is_null() && now["impact_details"].is_null(), "{now}");
    }

    every_kind_of_value_comes_back(app) {
        let (rita, _) = app.requester("Rita").await;
        let id = app.admin().new_request("Kinds").await;
        let before = request(app, &id).await;
        let admin = app.admins_browser().await;
        let fields = [("subject", "Other"), ("requester", "rita@example.com"), ("due_by_time", "2026-03-09T10:00"), ("impact_details", "x"),
            ("email_ids_to_notify", "a@example.com\nb@example.com"), ("description", "A <b>text</b>")];
        app.clock.advance(1000);
        admin.post(&format!("/requests/{id}/properties"), &fields).await.leads_on();
        let changed = request(app, &id).await;
        assert_eq!((changed["requester"]["id"].as_str(), changed["subject"].as_str()), (Some(rita.to_string().as_str()), Some("Other")));
        let entry = history(&admin, &id).await[0].clone();
        admin.post("/undo", &[("entries", &entry)]).await.leads_on();
        let after = request(app, &id).await;
        for field in ["subject", "requester", "due_by_time", "impact_details", "email_ids_to_notify", "description", "site"] {
            assert_eq!(after[field], before[field], "{field}");
        }
        app.clock.advance(1000);
        let entry = history(&admin, &id).await[0].clone();
        admin.post("/undo", &[("entries", &entry)]).await.leads_on();
        let again = request(app, &id).await;
        for field in ["subject", "requester", "due_by_time", "impact_details", "email_ids_to_notify", "description"] {
            assert_eq!(again[field], changed[field], "{field}");
        }
    }

    rules_hold_for_undoing_too(app) {
        let id = app.admin().new_request("Rules").await;
        let admin = app.admins_browser().await;
        let group = app.admin().post("/support_groups", json!({"support_group": {"name": "Night shift"}})).await.ok();
        let group = group["support_group"]["id"].as_str().unwrap().to_owned();
        admin.post(&format!("/requests/{id}/properties"), &[("group", &group)]).await.leads_on();
        app.clock.advance(1000);
        admin.post(&format!("/requests/{id}/properties"), &[("was.group", &group), ("group", "none")]).await.leads_on();
        let entry = history(&admin, &id).await[0].clone();
        app.admin().delete(&format!("/support_groups/{group}")).await;
        app.admin().put(&format!("/support_groups/{group}"), json!({"support_group": {"deleted": true}})).await;
        let page = admin.post("/undo", &[("entries", &entry)]).await;
        assert!(page.status() == 422 && page.says("Rules"), "{}", page.html());
        assert!(request(app, &id).await["group"].is_null());
        // A requester has no business here, and nobody undoes what they may not see.
        let (rita, _) = app.requester("Rita").await;
        assert_eq!(Browser::of(app, rita).await.post("/undo", &[("entries", &entry)]).await.status(), 403);
        let role = app.admin().post("/roles", json!({"role": {"name": "Local", "access": "technician", "limited_to_sites": true}})).await.ok();
        let site = app.admin().post("/sites", json!({"site": {"name": "Here"}})).await.ok();
        let (tom, _) = app.person("Tom", json!({"is_technician": true, "role": {"id": role["role"]["id"]}, "associated_sites": [{"id": site["site"]["id"]}]})).await;
        let page = Browser::of(app, tom).await.post("/undo", &[("entries", &entry)]).await;
        assert!(page.status() == 422 && !page.says("Rules"), "{}", page.html());
        for bad in ["", "x", "1", "99999999999999999999"] {
            let status = admin.post("/undo", &[("entries", bad)]).await.status();
            assert!([404, 422].contains(&status), "{bad}: {status}");
        }
        let token = admin.token();
        assert_eq!(app.admins_browser().await.post_as_it_is("/undo", &[("entries", &entry), ("token", &token)]).await.status(), 403);
    }

    steps_and_the_trash_are_taken_back(app) {
        let id = app.admin().new_request("Steps").await;
        let admin = app.admins_browser().await;
        for act in ["pickup", "close"] {
            app.clock.advance(1000);
            let to = admin.post(&format!("/requests/{id}/{act}"), &[]).await.leads_on();
            let page = admin.get(&to).await.shown();
            let entries = offered(&page);
            assert_eq!(entries.len(), 1, "{act}: {}", page.html());
            app.clock.advance(1000);
            admin.post("/undo", &[("entries", &entries[0])]).await.leads_on();
        }
        let now = request(app, &id).await;
        assert_eq!((now["status"]["name"].as_str(), now["technician"].is_null(), now["completed_time"].is_null()), (Some("Open"), true, true), "{now}");
        app.clock.advance(1000);
        let to = admin.post(&format!("/requests/{id}/trash"), &[]).await.leads_on();
        let entries = offered(&admin.get(&to).await.shown());
        admin.post("/undo", &[("entries", &entries[0])]).await.leads_on();
        assert_eq!(request(app, &id).await["subject"], "Steps");
        let page = admin.post("/undo", &[("entries", &entries[0])]).await;
        assert!(page.status() == 422 && page.says("It cannot be undone any more."), "{}", page.html());
    }

    several_are_taken_back_at_once(app) {
        let admin = app.admins_browser().await;
        let mut ids = Vec::new();
        for n in 0..12 {
            ids.push(app.admin().new_request(&format!("Bulk {n}")).await);
        }
        let high = id_of(app, "priority", "High");
        let fields: Vec<(&str, &str)> = ids.iter().map(|id| ("id", id.as_str())).chain([("priority", high.as_str()), ("do", "edit"), ("back", "/requests")]).collect();
        app.clock.advance(1000);
        admin.post("/requests/bulk", &fields).await.leads_on();
        let page = admin.get("/requests").await.shown();
        let entries = offered(&page);
        assert!(entries.len() == 1 && page.says("All of them were changed."), "{}", page.html());
        assert_eq!(request(app, &ids[3]).await["priority"]["name"], "High");
        admin.post("/undo", &[("entries", &entries[0]), ("back", "/requests")]).await.leads_on();
        for id in &ids {
            assert!(request(app, id).await["priority"].is_null());
        }
        let fields: Vec<(&str, &str)> = ids.iter().map(|id| ("id", id.as_str())).chain([("do", "trash"), ("back", "/requests")]).collect();
        app.clock.advance(1000);
        admin.post("/requests/bulk", &fields).await.leads_on();
        let entries = offered(&admin.get("/requests").await.shown());
        admin.post("/undo", &[("entries", &entries[0]), ("back", "https://evil.example.com")]).await.leads_on();
        assert_eq!(request(app, &ids[11]).await["subject"], "Bulk 11");
    }

    other_records_too(app) {
        let admin = app.admins_browser().await;
        let to = admin.post("/problems/new", &[("title", "First name")]).await.leads_on();
        app.clock.advance(1000);
        admin.post(&format!("{to}/edit"), &[("was.title", "First name"), ("title", "Second name")]).await.leads_on();
        let page = admin.get(&to).await.shown();
        assert!(page.says("Second name") && offered(&page).len() == 1, "{}", page.html());
        let page = admin.get(&format!("{to}?tab=history")).await.shown();
        admin.post("/undo", &[("entries", &offered(&page)[0]), ("back", &to)]).await.leads_on();
        assert!(admin.get(&to).await.shown().says("First name"));
        // A person that was deleted is there still, and comes back.
        let (nora, _) = app.requester("Nora").await;
        app.clock.advance(1000);
        let to = admin.post(&format!("/users/{nora}/delete"), &[]).await.leads_on();
        let entries = offered(&admin.get(&to).await.shown());
        assert_eq!(entries.len(), 1);
        admin.post("/undo", &[("entries", &entries[0])]).await.leads_on();
        assert_eq!(app.admin().get(&format!("/users/{nora}")).await.ok()["user"]["name"], "Nora");
    }
}
