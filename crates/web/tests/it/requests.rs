//! The page of a request: each form writes what it says, and what is refused stands beside its field.

use serde_json::{Value as Json, json};
use testkit::{App, Browser, on_both_engines};

async fn request(app: &App, id: &str) -> Json {
    app.admin().get(&format!("/requests/{id}")).await.ok()["request"].clone()
}

fn id_of(app: &App, module: &str, name: &str) -> String {
    app.desk.snapshot().named(module, name).first().unwrap().id().to_string()
}

on_both_engines! {
    a_request_is_taken_down(app) {
        let (rita, _) = app.requester("Rita Reed").await;
        let admin = app.admins_browser().await;
        let page = admin.get("/requests/new").await.shown();
        assert!(page.says("name=\"requester\"") && page.says("class=\"uploads\""), "{}", page.html());
        let fields = [("requester", "Nobody Known"), ("subject", "Broken"), ("description", "It is broken"), ("due_by_time", "soon")];
        let page = admin.post("/requests/new", &fields).await;
        assert_eq!(page.status(), 422);
        for beside in ["id=\"new-requester-problem\"", "id=\"new-due_by_time-problem\"", "It is broken"] {
            assert!(page.says(beside), "{beside}: {}", page.html());
        }
        let status = id_of(app, "status", "On Hold");
        let fields = [("requester", "Rita Reed <rita.reed@example.com>"), ("subject", "Broken"), ("description", "It is\nbroken"),
            ("status", &status), ("due_by_time", "2026-03-05T10:30"), ("email_ids_to_notify", "a@example.com\nb@example.com")];
        let to = admin.upload("/requests/new", &fields, &[("a.txt", "A"), ("b.txt", "B")]).await.leads_on();
        let made = request(app, to.rsplit('/').next().unwrap()).await;
        assert_eq!(made["requester"]["id"], rita.to_string());
        assert_eq!((made["status"]["name"].as_str(), made["description"].as_str()), (Some("On Hold"), Some("<p>It is<br>broken</p>")));
        assert_eq!(made["due_by_time"]["display_value"], "Mar 5, 2026 10:30 AM");
        assert_eq!(made["email_ids_to_notify"], json!(["a@example.com", "b@example.com"]));
        assert_eq!(made["attachments"].as_array().unwrap().len(), 2);
    }

    properties_write_what_was_changed_and_nothing_else(app) {
        let id = app.admin().new_request("Old subject").await;
        let admin = app.admins_browser().await;
        let page = admin.get(&format!("/requests/{id}")).await.shown();
        assert!(page.says("name=\"was.status\""), "{}", page.html());
        let (open, held) = (id_of(app, "status", "Open"), id_of(app, "status", "On Hold"));
        let high = id_of(app, "priority", "High");
        // Somebody else changed the group meanwhile: the page that is older leaves it alone.
        let group = app.admin().post("/support_groups", json!({"support_group": {"name": "Night shift"}})).await.ok();
        app.admin().put(&format!("/requests/{id}"), json!({"request": {"group": {"id": group["support_group"]["id"]}}})).await.ok();
        let fields = [("was.status", open.as_str()), ("status", &held), ("was.priority", ""), ("priority", &high), ("was.group", ""), ("group", "")];
        let to = admin.post(&format!("/requests/{id}/properties"), &fields).await.leads_on();
        assert_eq!(to, format!("/requests/{id}"));
        let now = request(app, &id).await;
        assert_eq!((now["status"]["name"].as_str(), now["priority"]["name"].as_str()), (Some("On Hold"), Some("High")));
        assert_eq!(now["group"]["name"], "Night shift");
        let page = admin.post(&format!("/requests/{id}/properties"), &[("technician", "100001000000000001"), ("due_by_time", "never")]).await;
        assert!(page.status() == 422 && page.says("id=\"p-technician-problem\"") && page.says("id=\"p-due_by_time-problem\""), "{}", page.html());
    }

    a_property_that_somebody_else_changed_is_not_overwritten_in_passing(app) {
        let id = app.admin().new_request("Two at once").await;
        let admin = app.admins_browser().await;
        let (high, low) = (id_of(app, "priority", "High"), id_of(app, "priority", "Low"));
        app.admin().put(&format!("/requests/{id}"), json!({"request": {"priority": {"name": "Low"}}})).await.ok();
        // As the script sends one property, and as the whole form comes.
        let save = async |was: &str| admin.post(&format!("/requests/{id}/properties"), &[("priority", high.as_str()), ("was.priority", was)]).await;
        let page = save("").await;
        assert!(page.status() == 422 && page.says("id=\"p-priority-problem\"") && page.says("Changed meanwhile to “Low”"), "{}", page.html());
        assert!(page.says(&format!("value=\"{high}\" selected")), "{}", page.html());
        assert_eq!((page.hidden("was.priority"), request(app, &id).await["priority"]["name"].as_str()), (low.clone(), Some("Low")));
        save(&low).await.leads_on();
        assert_eq!(request(app, &id).await["priority"]["name"], "High");
        save(&low).await.leads_on();
        let (resolution, at) = (format!("/requests/{id}/resolution"), format!("/requests/{id}?tab=resolution"));
        assert_eq!(admin.get(&at).await.shown().hidden("was.resolution.content"), "");
        app.admin().put(&format!("/requests/{id}"), json!({"request": {"resolution": {"content": "<p>Theirs</p>"}}})).await.ok();
        let page = admin.post(&resolution, &[("was.resolution.content", ""), ("resolution.content", "Mine")]).await;
        assert!(page.status() == 422 && page.says("Changed meanwhile to “Theirs”") && page.says(">Mine</textarea>"), "{}", page.html());
        // A status that is set in passing by a page that is older leaves the resolution as it is.
        admin.post(&resolution, &[("was.resolution.content", ""), ("resolution.content", ""), ("status", &id_of(app, "status", "Resolved"))]).await.leads_on();
        let now = request(app, &id).await;
        assert_eq!((now["resolution"]["content"].as_str(), now["status"]["name"].as_str()), (Some("<p>Theirs</p>"), Some("Resolved")));
        admin.post(&resolution, &[("was.resolution.content", &page.hidden("was.resolution.content")), ("resolution.content", "Mine")]).await.leads_on();
        assert_eq!(request(app, &id).await["resolution"]["content"], "<p>Mine</p>");
    }

    of_many_who_save_the_same_at_once_one_is_not_overwritten(app) {
        let id = app.admin().new_request("Shown to all").await;
        let admin = app.admins_browser().await;
        let save = async |n: usize| {
            let fields = [("subject", format!("By {n}")), ("was.subject", "Shown to all".to_owned())];
            let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
            admin.post(&format!("/requests/{id}/properties"), &fields).await.status()
        };
        // Notes change the request's row as well, and stand in nobody's way.
        let note = async |n: usize| {
            let note = json!({"note": {"description": format!("Note {n}")}});
            app.admin().post(&format!("/requests/{id}/notes"), note).await.ok();
        };
        let (saved, _) = tokio::join!(
            futures_util::future::join_all((0..12).map(save)),
            futures_util::future::join_all((0..4).map(note)),
        );
        let taken: Vec<usize> = (0..12).filter(|n| saved[*n] == 303).collect();
        assert!(taken.len() == 1 && saved.iter().all(|status| [303, 422].contains(status)), "{saved:?}");
        assert_eq!(request(app, &id).await["subject"], format!("By {}", taken[0]));
    }

    a_form_that_is_sent_twice_adds_once(app) {
        app.requester("Rita Reed").await;
        let admin = app.admins_browser().await;
        let once = admin.get("/requests/new").await.shown().hidden("once");
        let fields = [("once", once.as_str()), ("requester", "Rita Reed <rita.reed@example.com>"), ("subject", "Twice")];
        // A refusal does not use the key up.
        assert_eq!(admin.post("/requests/new", &[("once", once.as_str()), ("requester", "Nobody"), ("subject", "Twice")]).await.status(), 422);
        let (first, second) = tokio::join!(admin.post("/requests/new", &fields), admin.post("/requests/new", &fields));
        let to = first.leads_on();
        assert_eq!(second.leads_on(), to);
        assert!(admin.get(&to).await.shown().says("class=\"flash"));
        assert_eq!(admin.upload("/requests/new", &fields, &[]).await.leads_on(), to);
        let count = async |path: &str, key: &str| app.admin().get(path).await.ok()[key].as_array().map_or(0, Vec::len);
        assert_eq!(count("/requests", "requests").await, 1);
        // Something else under the same key is something else, and so is the same from a page that was loaded anew.
        let note = format!("{to}/note");
        let once = admin.get(&to).await.shown().hidden("once");
        for (once, words) in [(once.as_str(), "One"), (&once, "One"), (&once, "Two"), ("another", "One")] {
            admin.post(&note, &[("once", once), ("description", words)]).await.leads_on();
        }
        assert_eq!(count(&format!("{to}/notes"), "notes").await, 3);
        let portal = admin.get("/portal/new").await.shown().hidden("once");
        let fields = [("once", portal.as_str()), ("subject", "Mine"), ("description", "Twice")];
        let to = admin.post("/portal/new", &fields).await.leads_on();
        assert_eq!(admin.post("/portal/new", &fields).await.leads_on(), to);
        assert_eq!(count("/requests", "requests").await, 2);
    }

    the_address_of_a_form_leads_to_its_page(app) {
        let id = app.admin().new_request("Loaded anew").await;
        let admin = app.admins_browser().await;
        for (path, to) in [
            (format!("/requests/{id}/reply?list=in%3DAll"), format!("/requests/{id}?list=in%3DAll")),
            (format!("/portal/requests/{id}/reply"), format!("/portal/requests/{id}")),
            ("/requests/bulk".to_owned(), "/requests".to_owned()),
            ("/admin/sites/1/delete".to_owned(), "/admin/sites/1".to_owned()),
            ("/problems/1/note".to_owned(), "/problems/1".to_owned()),
            ("/cmdb/1/relate".to_owned(), "/cmdb/1".to_owned()),
            ("/undo".to_owned(), "/".to_owned()),
        ] {
            assert_eq!(admin.get(&path).await.leads_on(), to, "{path}");
        }
    }

    a_number_leads_to_the_same_part_of_the_page(app) {
        let id = app.admin().new_request("By number").await;
        let admin = app.admins_browser().await;
        let number = request(app, &id).await["display_id"].as_str().unwrap().to_owned();
        assert_eq!(admin.get(&format!("/requests/{number}?tab=history")).await.leads_on(), format!("/requests/{id}?tab=history"));
        assert_eq!(admin.get(&format!("/requests/{number}")).await.leads_on(), format!("/requests/{id}"));
    }

    a_subcategory_brings_its_category_along(app) {
        let mut rows = Vec::new();
        let admin = app.admins_browser().await;
        for (category, subcategories) in [("Zeal", ["Alpha", "Beta"]), ("Apt", ["Gamma", "Alpha"])] {
            let above = admin.post("/admin/categories/new", &[("name", category)]).await.leads_on();
            let above = above.rsplit('/').next().unwrap().to_owned();
            for name in subcategories {
                let to = admin.post("/admin/subcategories/new", &[("name", name), ("category", &above)]).await.leads_on();
                rows.push((to.rsplit('/').next().unwrap().to_owned(), format!("{category} › {name}")));
            }
        }
        // Grouped by category, in the order of the categories.
        let html = admin.get("/requests/new").await.shown().html();
        let choices = html.split("id=\"new-subcategory\"").nth(1).unwrap().split("</select>").next().unwrap().to_owned();
        let heads: Vec<&str> = choices.split("<option").filter_map(|o| o.split_once('>')?.1.split_once(" › ").map(|(head, _)| head)).collect();
        let mut grouped = heads.clone();
        grouped.dedup();
        let mut once = grouped.clone();
        once.sort_unstable();
        once.dedup();
        assert_eq!(grouped.len(), once.len(), "{heads:?}");
        app.requester("Rita Reed").await;
        let fields = [("requester", "Rita Reed <rita.reed@example.com>"), ("subject", "Sorted"), ("category", ""), ("subcategory", &rows[3].0)];
        let to = admin.post("/requests/new", &fields).await.leads_on();
        let stored = async |to: &str| {
            let made = request(app, to.rsplit('/').next().unwrap()).await;
            format!("{} › {}", made["category"]["name"].as_str().unwrap_or_default(), made["subcategory"]["name"].as_str().unwrap_or_default())
        };
        assert_eq!(stored(&to).await, rows[3].1);
        let id = app.admin().new_request("Sorted later").await;
        let fields = [("was.category", ""), ("category", ""), ("was.subcategory", ""), ("subcategory", rows[1].0.as_str())];
        admin.post(&format!("/requests/{id}/properties"), &fields).await.leads_on();
        assert_eq!(stored(&format!("/requests/{id}")).await, rows[1].1);
    }

    a_request_is_tied_to_a_problem(app) {
        let admin = app.admins_browser().await;
        let id = app.admin().new_request("Smoke on floor two").await;
        let related = format!("/requests/{id}?tab=related");
        let form = format!("/problems/new?request={id}");
        assert!(admin.get(&related).await.shown().says(&format!("href=\"{form}\"")));
        let page = admin.get(&form).await.shown();
        assert!(page.says("value=\"Smoke on floor two\"") && page.hidden("request") == id, "{}", page.html());
        let problem = admin.post("/problems/new", &[("title", "Printers smoke"), ("request", id.as_str())]).await.leads_on();
        // Listed once.
        assert_eq!(admin.get(&problem).await.shown().html().matches("Smoke on floor two").count(), 1);
        assert!(admin.get(&related).await.shown().says(&format!("href=\"{problem}\"")));
        admin.post(&format!("/requests/{id}/no_problem"), &[]).await.leads_on();
        assert!(!admin.get(&problem).await.shown().says("Smoke on floor two"));
        let page = admin.post(&format!("/requests/{id}/problem"), &[("problem", "PB-999")]).await;
        assert!(page.status() == 422 && page.says("id=\"problem-problem\""), "{}", page.html());
        let names: Vec<String> = serde_json::from_str(&admin.get("/suggest/problem?q=prin").await.shown().html()).unwrap();
        assert_eq!(names.len(), 1);
        admin.post(&format!("/requests/{id}/problem"), &[("problem", &names[0])]).await.leads_on();
        assert!(admin.get(&related).await.shown().says(&format!("href=\"{problem}\"")));
    }

    refused_properties_are_mended_and_saved_as_a_whole(app) {
        let id = app.admin().new_request("Mended").await;
        let admin = app.admins_browser().await;
        let (open, held, high) = (id_of(app, "status", "Open"), id_of(app, "status", "On Hold"), id_of(app, "priority", "High"));
        let good = [("was.status", open.as_str()), ("status", &held), ("was.priority", ""), ("priority", &high),
            ("was.tags", ""), ("tags", ""), ("was.due_by_time", "")];
        let path = format!("/requests/{id}/properties");
        let page = admin.post(&path, &[&good[..], &[("due_by_time", "never")]].concat()).await;
        assert_eq!(page.status(), 422);
        let was = ["status", "priority", "due_by_time"].map(|name| page.hidden(&format!("was.{name}")));
        assert_eq!(was, [open.as_str(), "", ""]);
        let mended = [("was.status", was[0].as_str()), ("status", &held), ("was.priority", &was[1]), ("priority", &high),
            ("was.due_by_time", &was[2]), ("due_by_time", "2026-03-05T10:30")];
        admin.post(&path, &mended).await.leads_on();
        let now = request(app, &id).await;
        assert_eq!((now["status"]["name"].as_str(), now["priority"]["name"].as_str()), (Some("On Hold"), Some("High")));
        assert_eq!(now["due_by_time"]["display_value"], "Mar 5, 2026 10:30 AM");
    }

    the_conversation_is_one_timeline(app) {
        let (rita, _) = app.requester("Rita").await;
        let made = app.admin().post("/requests", json!({"request": {"subject": "Talk", "requester": {"id": rita.to_string()}}})).await.ok();
        let id = made["request"]["id"].as_str().unwrap().to_owned();
        let admin = app.admins_browser().await;
        let path = |act: &str| format!("/requests/{id}/{act}");
        assert_eq!(admin.post(&path("reply"), &[("to", "rita@example.com"), ("description", "")]).await.status(), 422);
        let page = admin.post(&path("reply"), &[("to", "not an address"), ("description", "Kept words")]).await;
        assert!(page.status() == 422 && page.says("Kept words") && page.says("role=\"alert\""), "{}", page.html());
        let solved = id_of(app, "status", "Resolved");
        admin.upload(&path("reply"), &[("to", "rita@example.com"), ("description", "Did you try?"), ("status", &solved)], &[("how.txt", "so")]).await.leads_on();
        app.clock.advance(60_000);
        admin.post(&path("note"), &[("description", "She did not"), ("show_to_requester", "false")]).await.leads_on();
        app.clock.advance(60_000);
        admin.post(&path("note"), &[("description", "An open word"), ("show_to_requester", "true")]).await.leads_on();
        assert_eq!(request(app, &id).await["status"]["name"], "Resolved");
        let html = admin.get(&path("")[..path("").len() - 1]).await.shown().html();
        let places: Vec<usize> = ["Did you try?", "She did not", "An open word"].iter().map(|w| html.find(w).unwrap()).collect();
        assert!(places.is_sorted(), "{places:?}");
        assert!(html.contains("said reply") && html.contains("said note") && html.contains("said shared_note") && html.contains("how.txt"), "{html}");
        let hers = Browser::of(app, rita).await.get(&format!("/portal/requests/{id}")).await.shown();
        assert!(hers.says("Did you try?") && hers.says("An open word") && !hers.says("She did not"), "{}", hers.html());
        let file = html.split("/mails/").nth(1).unwrap().split('"').next().unwrap().to_owned();
        assert_eq!(Browser::of(app, rita).await.get(&format!("/portal/requests/{id}/mails/{file}")).await.shown().html(), "so");
    }

    a_request_that_is_closed_for_good_says_so(app) {
        let portal = app.admin().get("/portals").await.ok()["portals"][0]["id"].as_str().unwrap().to_owned();
        app.admin().put(&format!("/portals/{portal}"), json!({"portal": {"closed_requests_locked": true}})).await.ok();
        let (theo, api) = app.technician("Theo Tech").await;
        let id = api.new_request("Printer").await;
        let levels = format!("/requests/{id}/approval_levels");
        let level = api.post(&levels, json!({"approval_level": {}})).await.ok()["approval_level"]["id"].as_str().unwrap().to_owned();
        let ask = json!({"approval": {"approver": {"email_id": "theo.tech@example.com"}}});
        api.post(&format!("{levels}/{level}/approvals"), ask).await.ok();
        let theo = Browser::of(app, theo).await;
        let path = format!("/requests/{id}");
        let decisions = async || {
            let mut offered = Vec::new();
            for page in [format!("{path}?tab=approvals"), format!("/portal{path}")] {
                offered.push(theo.get(&page).await.shown().says("/decide"));
            }
            offered
        };
        assert_eq!(decisions().await, [true, true]);
        let offers = |page: &testkit::Page| {
            let acts = ["note", "trash", "pickup"].map(|act| page.says(&format!("action=\"{path}/{act}")));
            assert!(acts.iter().all(|offered| *offered == acts[0]), "{acts:?}");
            (page.says("closed for good"), acts[0])
        };
        assert_eq!(offers(&theo.get(&path).await.shown()), (false, true));
        theo.post(&format!("{path}/close"), &[]).await.leads_on();
        assert_eq!(offers(&theo.get(&path).await.shown()), (true, false));
        assert_eq!(theo.post(&format!("{path}/note"), &[("description", "x")]).await.status(), 403);
        assert_eq!(theo.post(&format!("{path}/trash"), &[]).await.status(), 403);
        assert_eq!(decisions().await, [false, false]);
        let bulk = theo.post("/requests/bulk", &[("do", "trash"), ("id", &id)]).await;
        assert!(bulk.status() == 422 && bulk.says("Printer"), "{}", bulk.html());
        assert_eq!(offers(&app.admins_browser().await.get(&path).await.shown()), (false, true));
        theo.post(&format!("{path}/reopen"), &[]).await.leads_on();
        assert_eq!(offers(&theo.get(&path).await.shown()), (false, true));
    }

    work_is_noted(app) {
        let id = app.admin().new_request("Work").await;
        let admin = app.admins_browser().await;
        let path = |act: &str| format!("/requests/{id}/{act}");
        let page = admin.post(&path("task"), &[("title", "")]).await;
        assert!(page.status() == 422 && page.says("id=\"task-title-problem\""), "{}", page.html());
        admin.post(&path("task"), &[("title", "Call the vendor")]).await.leads_on();
        let page = admin.get(&path("").replace(&format!("{id}/"), &format!("{id}?tab=tasks"))).await.shown();
        assert!(page.says("Call the vendor"), "{}", page.html());
        let task = page.hidden("id");
        admin.post(&path("task_done"), &[("id", &task)]).await.leads_on();
        let tasks = app.admin().get(&format!("/requests/{id}/tasks")).await.ok();
        assert_eq!(tasks["tasks"][0]["status"]["name"], "Closed");
        let me = desk::shipped::ADMINISTRATOR.to_string();
        let page = admin.post(&path("worklog"), &[("owner", &me), ("time_spent", "a while")]).await;
        assert!(page.status() == 422 && page.says("id=\"worklog-time_spent-problem\""), "{}", page.html());
        admin.post(&path("worklog"), &[("owner", &me), ("time_spent", "1h 30m"), ("description", "On the phone")]).await.leads_on();
        let page = admin.get(&format!("/requests/{id}?tab=time")).await.shown();
        assert!(page.says("1 h 30 min") && page.says("On the phone"), "{}", page.html());
        admin.post(&path("resolution"), &[("resolution.content", "Bought a new one")]).await.leads_on();
        assert!(admin.get(&format!("/requests/{id}?tab=resolution")).await.shown().says("Bought a new one"));
        assert_eq!(request(app, &id).await["resolution"]["content"], "<p>Bought a new one</p>");
    }

    steps_links_and_the_trash(app) {
        let (id, other) = (app.admin().new_request("One").await, app.admin().new_request("Two").await);
        let admin = app.admins_browser().await;
        let number = request(app, &other).await["display_id"].as_str().unwrap().to_owned();
        let page = admin.post(&format!("/requests/{id}/link"), &[("linked_request", "999999")]).await;
        assert!(page.status() == 422 && page.says("id=\"linked-problem\""), "{}", page.html());
        admin.post(&format!("/requests/{id}/link"), &[("linked_request", &format!("#{number}")), ("comments", "Same cause")]).await.leads_on();
        let page = admin.get(&format!("/requests/{other}?tab=related")).await.shown();
        assert!(page.says("Same cause") && page.says("One"), "{}", page.html());
        admin.post(&format!("/requests/{id}/unlink"), &[("id", &other)]).await.leads_on();
        assert!(admin.get(&format!("/requests/{id}?tab=related")).await.says("No request is linked."));
        assert_eq!(admin.get(&format!("/requests/{number}")).await.leads_on(), format!("/requests/{other}"));
        assert_eq!(admin.get(&format!("/search?q=%23{number}")).await.leads_on(), format!("/requests/{other}"));
        admin.post(&format!("/requests/{id}/pickup"), &[]).await.leads_on();
        admin.post(&format!("/requests/{id}/close"), &[]).await.leads_on();
        assert_eq!(request(app, &id).await["status"]["name"], "Closed");
        admin.post(&format!("/requests/{id}/reopen"), &[]).await.leads_on();
        assert_eq!(request(app, &id).await["status"]["name"], "Open");
        admin.post(&format!("/requests/{id}/trash"), &[]).await.leads_on();
        let page = admin.get(&format!("/requests/{id}")).await.shown();
        assert!(page.says("This request is in the trash.") && page.says("/restore"), "{}", page.html());
        admin.post(&format!("/requests/{id}/restore"), &[]).await.leads_on();
        assert!(admin.get(&format!("/requests/{id}")).await.says("The request is back."));
        let page = admin.get(&format!("/requests/{id}?tab=history")).await.shown();
        for words in ["added", "closed", "reopened", "taken"] {
            assert!(page.says(words), "{words}: {}", page.html());
        }
        assert_eq!(admin.post(&format!("/requests/{id}/nonsense"), &[]).await.status(), 404);
        assert_eq!(admin.get("/requests/nonsense").await.status(), 404);
        assert_eq!(admin.get("/requests/100001999999999999").await.status(), 404);
    }

    what_a_request_is_about_is_named(app) {
        let id = app.admin().new_request("About something").await;
        let admin = app.admins_browser().await;
        let server = admin.post("/cmdb/ci_server/new", &[("name", "srv-1.example.com")]).await.leads_on();
        let server = server.rsplit('/').next().unwrap().to_owned();
        let field = ("field", "configuration_items");
        let page = admin.post(&format!("/requests/{id}/name"), &[field, ("name", "srv-9.example.com")]).await;
        assert!(page.status() == 422 && page.says("id=\"name-configuration_items-problem\""), "{}", page.html());
        admin.post(&format!("/requests/{id}/name"), &[field, ("name", "srv-1.example.com")]).await.leads_on();
        let page = admin.get(&format!("/requests/{id}?tab=related")).await.shown();
        assert!(page.says(&format!("href=\"/cmdb/{server}\"")), "{}", page.html());
        admin.post(&format!("/requests/{id}/unname"), &[field, ("id", &server)]).await.leads_on();
        assert_eq!(request(app, &id).await["configuration_items"], json!([]));
        assert_eq!(admin.post(&format!("/requests/{id}/name"), &[("field", "technician"), ("name", "x")]).await.status(), 404);
    }

    a_closing_rule_is_told(app) {
        let portal = app.desk.snapshot().rows("portal").first().unwrap().id();
        app.admin().put(&format!("/portals/{portal}"), json!({"portal": {"closure_mandatory_fields": ["resolution"]}})).await.ok();
        let id = app.admin().new_request("Unsolved").await;
        let page = app.admins_browser().await.post(&format!("/requests/{id}/close"), &[]).await;
        assert!(page.status() == 422 && page.says("please fill in: Resolution"), "{}", page.html());
        assert_eq!(request(app, &id).await["status"]["name"], "Open");
    }

    time_and_notes_are_mended_and_taken_away(app) {
        let id = app.admin().new_request("Mended words").await;
        let (tina, _) = app.technician("Tina").await;
        let (browser, admin) = (Browser::of(app, tina).await, app.admins_browser().await);
        let here = format!("/requests/{id}");
        let time = format!("{here}?tab=time");
        let rows = async |rows: &str| app.admin().get(&format!("{here}/{rows}")).await.ok()[rows].as_array().unwrap().clone();
        // When it was is filled in, and can be said.
        let form = browser.get(&time).await.shown();
        assert!(form.says("name=\"recorded_time\" type=\"datetime-local\" value=\"2026-03-04T"), "{}", form.html());
        let spent = [("owner", tina.to_string()), ("time_spent", "30".into()), ("recorded_time", "2026-03-02T14:15".into()), ("description", "On the phone".into())];
        let spent = spent.each_ref().map(|(name, value)| (*name, value.as_str()));
        browser.post(&format!("{here}/worklog"), &spent).await.leads_on();
        browser.post(&format!("{here}/note"), &[("description", "It is the toner")]).await.leads_on();
        let (worklog, note) = (rows("worklogs").await[0].clone(), rows("notes").await[0].clone());
        assert!(worklog["recorded_time"]["display_value"].as_str().unwrap().starts_with("Mar 2, 2026"), "{worklog}");
        for (row, rows_at, page, other) in [("worklogs", &worklog, &time, "time_spent"), ("notes", &note, &here, "show_to_requester")] {
            let at = format!("{here}/{row}/{}", rows_at["id"].as_str().unwrap());
            // Offered to whoever wrote it and to administrators.
            let link = format!("href=\"{at}/edit\"");
            assert!(browser.get(page).await.shown().says(&link) && admin.get(page).await.shown().says(&link), "{row}");
            let (tom, _) = app.technician(&format!("Tom {row}")).await;
            assert!(!Browser::of(app, tom).await.get(page).await.shown().says(&link), "{row}");
            let form = browser.get(&format!("{at}/edit")).await.shown();
            assert!(form.says(&format!("name=\"{other}\"")) && form.says(&format!("action=\"{at}/delete\"")) && form.says("Are you sure?"), "{}", form.html());
            let wrong = browser.post(&format!("{at}/edit"), &[("description", ""), ("time_spent", "a while")]).await;
            assert!(row == "worklogs" || wrong.says("id=\"f-description-problem\""), "{}", wrong.html());
            assert_eq!(wrong.status(), 422);
            let was = form.html().split("name=\"was.description\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
            let fields = [("was.description", was.as_str()), ("description", "In other words"), ("created_by", "1")];
            assert_eq!(browser.post(&format!("{at}/edit"), &fields).await.leads_on(), *page);
            let page_now = browser.get(page).await.shown();
            assert!(page_now.says("In other words") && page_now.says("Saved."), "{}", page_now.html());
            // The other of two hears of the first here as well.
            let page_now = admin.post(&format!("{at}/edit"), &[("was.description", was.as_str()), ("description", "Mine")]).await;
            assert!(page_now.status() == 422 && page_now.says("Changed meanwhile to “In other words”"), "{}", page_now.html());
            browser.post(&format!("{at}/delete"), &[]).await.leads_on();
            assert!(!browser.get(page).await.shown().says("In other words"));
            assert_eq!(browser.get(&format!("{at}/edit")).await.status(), 404);
            assert!(rows(row).await.is_empty(), "{row}");
        }
        assert_eq!(browser.get(&format!("{here}/approval_levels/{id}/edit")).await.status(), 404);
        let rita = app.requester("Rita").await.0;
        assert_eq!(Browser::of(app, rita).await.get(&format!("{here}/notes/{id}/edit")).await.status(), 403);
    }

    what_is_below_a_task_or_a_problem_is_mended_too(app) {
        let admin = app.admins_browser().await;
        let me = desk::shipped::ADMINISTRATOR.to_string();
        let task = admin.post("/tasks/new", &[("title", "Crimp cables")]).await.leads_on();
        admin.post(&format!("{task}/worklog"), &[("owner", &me), ("time_spent", "30"), ("description", "Cat 7")]).await.leads_on();
        let problem = admin.post("/problems/new", &[("title", "All printers smoke")]).await.leads_on();
        admin.post(&format!("{problem}/note"), &[("description", "Cat 7")]).await.leads_on();
        for (page, rows) in [(task, "worklogs"), (problem, "notes")] {
            let html = admin.get(&page).await.shown().html();
            let at = html.split(&format!("href=\"{page}/{rows}/")).nth(1).unwrap().split('/').next().unwrap().to_owned();
            let at = format!("{page}/{rows}/{at}");
            assert_eq!(admin.post(&format!("{at}/edit"), &[("description", "Cat 8")]).await.leads_on(), page);
            assert!(admin.get(&page).await.shown().says("Cat 8"));
            assert_eq!(admin.post(&format!("{at}/delete"), &[]).await.leads_on(), page);
            assert!(!admin.get(&page).await.shown().says("Cat 8"));
        }
    }

    every_form_that_adds_adds_once(app) {
        let admin = app.admins_browser().await;
        let me = desk::shipped::ADMINISTRATOR.to_string();
        let id = app.admin().new_request("Once").await;
        let here = format!("/requests/{id}");
        let count = async |path: &str, key: &str| app.admin().get(path).await.ok()[key].as_array().map_or(0, Vec::len);
        let once = admin.get("/tasks/new").await.shown().hidden("once");
        let task = [("once", once.as_str()), ("title", "Twice")];
        let (first, second) = tokio::join!(admin.post("/tasks/new", &task), admin.post("/tasks/new", &task));
        let made = first.leads_on();
        assert_eq!(second.leads_on(), made);
        assert_eq!(count("/tasks", "tasks").await, 1);
        let once = admin.get("/admin/sites/new").await.shown().hidden("once");
        let site = [("once", once.as_str()), ("name", "Harbour")];
        assert_eq!(admin.post("/admin/sites/new", &site).await.leads_on(), admin.post("/admin/sites/new", &site).await.leads_on());
        // A form of a record that is there has no key: saving twice changes nothing.
        assert!(!admin.get(&format!("{made}/edit")).await.shown().says("name=\"once\""));
        let time = [("owner", me.as_str()), ("time_spent", "30")];
        for (page, act, fields, rows, key) in [
            (format!("{here}?tab=tasks"), format!("{here}/task"), vec![("title", "Again")], format!("{here}/tasks"), "tasks"),
            (format!("{here}?tab=time"), format!("{here}/worklog"), time.to_vec(), format!("{here}/worklogs"), "worklogs"),
            (made.clone(), format!("{made}/worklog"), time.to_vec(), format!("{made}/worklogs"), "worklogs"),
        ] {
            let once = admin.get(&page).await.shown().hidden("once");
            let mut fields = fields;
            fields.push(("once", &once));
            for _ in 0..2 {
                admin.post(&act, &fields).await.leads_on();
            }
            assert_eq!(count(&rows, key).await, 1, "{act}");
        }
        let problem = admin.post("/problems/new", &[("title", "All printers smoke")]).await.leads_on();
        let once = admin.get(&problem).await.shown().hidden("once");
        for _ in 0..2 {
            admin.post(&format!("{problem}/note"), &[("once", &once), ("description", "Toner")]).await.leads_on();
        }
        assert_eq!(count(&format!("{problem}/notes"), "notes").await, 1);
    }
}
