//! Lists: filters, order, pages, several at once.

use serde_json::json;
use testkit::{App, Page, on_both_engines};

/// The titles of the rows, in their order.
fn titles(page: &Page) -> Vec<String> {
    let html = page.html();
    html.split("class=\"row-link\" href=\"")
        .skip(1)
        .filter_map(|rest| rest.split_once('>')?.1.split_once('<').map(|(title, _)| title.to_owned()))
        .filter(|title| !title.chars().all(|c| c.is_ascii_digit()))
        .collect()
}

/// The address of a link by its relation.
fn link(page: &Page, rel: &str) -> Option<String> {
    let html = page.html();
    let rest = html.split(&format!("rel=\"{rel}\" href=\"")).nth(1)?;
    Some(rest.split('"').next()?.replace("&amp;", "&").replace("&#38;", "&"))
}

async fn requests(app: &App, count: usize) {
    for i in 0..count {
        let priority = ["High", "Low", ""][i % 3];
        let mut input = json!({"subject": format!("Request {i:03}")});
        if !priority.is_empty() {
            input["priority"] = json!({"name": priority});
        }
        if i % 4 == 0 {
            input["due_by_time"] =
                json!({"value": (testkit::START + 86_400_000 * i64::try_from(i).unwrap()).to_string()});
        }
        app.admin().post("/requests", json!({"request": input})).await.ok();
        app.clock.advance(1000);
    }
}

on_both_engines! {
    pages_hold_every_row_once_in_any_order(app) {
        requests(app, 123).await;
        let admin = app.admins_browser().await;
        for sort in ["-created_time", "created_time", "subject", "-subject", "priority", "-priority", "due_by_time", "-due_by_time",
            "-display_id", "requester", "technician", "-technician"] {
            let mut seen = Vec::new();
            let mut pages = Vec::new();
            let mut next = Some(format!("/requests?in=All_Requests&sort={sort}"));
            while let Some(path) = next {
                let page = admin.get(&path).await.shown();
                let rows = titles(&page);
                assert!(!page.says("class=\"alert bad\""), "{sort}: {}", page.html());
                seen.extend(rows.clone());
                next = link(&page, "next");
                pages.push((path, rows));
            }
            assert_eq!(pages.len(), 3, "{sort}");
            let mut sorted = seen.clone();
            sorted.sort();
            sorted.dedup();
            assert_eq!((seen.len(), sorted.len()), (123, 123), "{sort}");
            // And back: the page before is the page that was before.
            let last = admin.get(&pages[2].0).await;
            let back = admin.get(&link(&last, "prev").unwrap()).await.shown();
            assert_eq!(titles(&back), pages[1].1, "{sort}");
            let first = admin.get(&link(&back, "prev").unwrap()).await.shown();
            assert_eq!(titles(&first), pages[0].1, "{sort}");
        }
    }

    a_list_says_how_many_there_are(app) {
        requests(app, 123).await;
        let admin = app.admins_browser().await;
        let total = |page: &Page| page.html().split("data-fresh=\"total\">").nth(1).unwrap().split('<').next().unwrap().to_owned();
        let first = admin.get("/requests?in=All_Requests").await.shown();
        assert_eq!(total(&first), "1–50 of 123");
        let second = admin.get(&link(&first, "next").unwrap()).await.shown();
        assert_eq!(total(&second), "123 in all");
        let last = admin.get(&link(&second, "next").unwrap()).await.shown();
        assert_eq!((titles(&last).len(), total(&last).as_str()), (23, "123 in all"));
        let back = admin.get(&link(&second, "prev").unwrap()).await.shown();
        assert_eq!(total(&back), "1–50 of 123");
        // Only what passes, on one page and on several, by words too; in any order.
        let high = app.desk.snapshot().named("priority", "High").first().unwrap().id();
        let low = app.desk.snapshot().named("priority", "Low").first().unwrap().id();
        for (query, wanted) in [
            (format!("f.priority={high}"), "41 in all"),
            (format!("f.priority={high}&f.priority={low}&sort=-subject"), "1–50 of 82"),
            ("q=request".to_owned(), "1–50 of 123"),
            ("q=request+007".to_owned(), "1 in all"),
            ("f.technician=me".to_owned(), ""),
        ] {
            let page = admin.get(&format!("/requests?in=All_Requests&{query}")).await.shown();
            assert_eq!(total(&page), wanted, "{query}");
        }
        // What is in the trash is not among them.
        let gone = app.admin().get("/requests").await.ok()["requests"][0]["id"].as_str().unwrap().to_owned();
        admin.post("/requests/bulk", &[("id", &gone), ("do", "trash")]).await.leads_on();
        assert_eq!(total(&admin.get("/requests?in=All_Requests").await.shown()), "1–50 of 122");
        assert_eq!(total(&admin.get("/requests?in=Trash").await.shown()), "1 in all");
        // Other modules say it as well, and other languages.
        assert_eq!(total(&admin.get("/users").await.shown()), format!("{} in all", titles(&admin.get("/users").await.shown()).len()));
        admin.post("/me/preferences", &[("language", "de"), ("time_format", "")]).await.leads_on();
        assert_eq!(total(&admin.get("/requests?in=All_Requests").await.shown()), "1–50 von 122");
    }

    only_what_somebody_may_see_is_counted(app) {
        requests(app, 60).await;
        let roles = app.admin().post("/roles", json!({"role": {"name": "Local", "access": "technician", "limited_to_sites": true}})).await.ok();
        let site = app.admin().post("/sites", json!({"site": {"name": "Here"}})).await.ok()["site"]["id"].clone();
        let (tom, _) = app.person("Tom", json!({"is_technician": true, "role": {"id": roles["role"]["id"]}, "associated_sites": [{"id": site}]})).await;
        let (rita, _) = app.requester("Rita").await;
        for n in 0..55 {
            let input = json!({"request": {"subject": format!("Here {n}"), "site": {"id": site}, "requester": {"id": rita.to_string()}}});
            app.admin().post("/requests", input).await.ok();
        }
        let toms = testkit::Browser::of(app, tom).await;
        for query in ["in=All_Requests", "in=All_Requests&sort=subject", "in=All_Requests&q=here"] {
            let page = toms.get(&format!("/requests?{query}")).await.shown();
            assert!(page.says(">1–50 of 55<"), "{query}: {}", page.html());
        }
        let ritas = testkit::Browser::of(app, rita).await;
        let page = ritas.get("/portal/requests").await.shown();
        assert!(page.says(">1–20 of 55<"), "{}", page.html());
        let page = ritas.get(&link(&page, "next").unwrap()).await.shown();
        assert!(page.says(">55 in all<"), "{}", page.html());
        // Of words each hit would have to be read; where all are on the page it is known.
        let page = ritas.get("/portal/requests?q=here").await.shown();
        assert!(!page.says("class=\"total\""), "{}", page.html());
        assert!(ritas.get("/portal/requests?q=here+7").await.shown().says(">1 in all<"));
    }

    filters_are_built_from_the_catalogue(app) {
        requests(app, 12).await;
        let admin = app.admins_browser().await;
        let snapshot = app.desk.snapshot();
        let high = snapshot.named("priority", "High").first().unwrap().id();
        let low = snapshot.named("priority", "Low").first().unwrap().id();
        let count = async |query: &str| titles(&admin.get(&format!("/requests?in=All_Requests&{}", query.replace(' ', "+"))).await.shown()).len();
        assert_eq!(count(&format!("f.priority={high}")).await, 4);
        assert_eq!(count(&format!("f.priority={high}&f.priority={low}")).await, 8);
        assert_eq!(count(&format!("f.priority={high}&f.priority=none")).await, 8);
        assert_eq!(count("f.subject=request 00").await, 10);
        assert_eq!(count("f.technician=me").await, 0);
        assert_eq!(count("f.technician=none").await, 12);
        assert_eq!(count("f.created_time=today").await, 12);
        assert_eq!(count("f.created_time=yesterday").await, 0);
        assert_eq!(count("f.due_by_time=2026-03-04..2026-03-08").await, 2);
        assert_eq!(count("from.due_by_time=2026-03-05&to.due_by_time=").await, 2);
        assert_eq!(count("f.due_by_time=none").await, 9);
        assert_eq!(count("f.is_overdue=true").await, 1);
        assert_eq!(count("f.requester=ada").await, 12);
        assert_eq!(count("f.requester=nobody").await, 0);
        assert_eq!(count("q=request 003").await, 1);
        assert_eq!(count("q=...").await, 0);
        // What means nothing is told and left out.
        for bad in ["f.nonsense=1", "f.priority=", "f.created_time=soon", "f.is_overdue=maybe", "f.password_hash=x"] {
            let page = admin.get(&format!("/requests?in=All_Requests&{bad}")).await.shown();
            assert_eq!(titles(&page).len(), 12, "{bad}");
            assert_eq!(page.says("was not understood"), !bad.ends_with('='), "{bad}");
        }
        let page = admin.get(&format!("/requests?in=All_Requests&f.priority={high}")).await;
        assert!(page.says("class=\"chip\"") && page.says("name=\"f.status\"") && page.says("name=\"f.is_overdue\""), "{}", page.html());
        // The rest of the fields comes where it is asked for, and not with the links of that page.
        assert!(!page.says("name=\"f.mode\""));
        let page = admin.get("/requests?f.mode=none&more=1").await.shown();
        assert!(page.says("name=\"f.mode\"") && page.says("filter-menu\" open") && !page.says("more=1"), "{}", page.html());
        for bad in ["sort=nonsense", "after=nonsense", "before=x", "cols=nonsense", "in=Nonsense", "view=1"] {
            admin.get(&format!("/requests?{bad}")).await.shown();
        }
    }

    plain_text_is_shown_as_it_was_typed(app) {
        let typed = "Error at <stdin>: List<String>";
        let shown = "Error at &#60;stdin&#62;: List&#60;String&#62;";
        let id = app.admin().new_request(typed).await;
        let admin = app.admins_browser().await;
        let page = admin.get("/requests").await.shown();
        assert_eq!(titles(&page), [shown]);
        let ci = admin.post("/cmdb/ci_server/new", &[("name", typed)]).await.leads_on();
        for path in [format!("/requests/{id}"), ci.clone(), "/cmdb".to_owned(), "/search?q=stdin".to_owned()] {
            let page = admin.get(&path).await.shown();
            assert!(page.says(shown) && !page.says("<stdin>"), "{path}: {}", page.html());
        }
    }

    columns_are_chosen(app) {
        requests(app, 2).await;
        let page = app.admins_browser().await.get("/requests?cols=subject&cols=mode&cols=is_overdue&cols=password").await.shown();
        let html = page.html();
        let heads: Vec<&str> = html.split("<th scope=\"col\"").skip(1).collect();
        assert_eq!(heads.len(), 3, "{html}");
        assert!(heads[0].contains("Subject") && heads[1].contains("Mode") && heads[2].contains("Overdue"), "{heads:?}");
    }

    many_technicians_are_typed_instead_of_listed(app) {
        requests(app, 2).await;
        let admin = app.admins_browser().await;
        let page = admin.get("/requests").await.shown();
        assert!(page.says("<select id=\"bulk-technician\"") && page.says("type=\"checkbox\" name=\"f.technician\""));
        for n in 0..60 {
            let user = json!({"name": format!("Hand {n:02}"), "email_id": format!("hand.{n}@example.com"), "is_technician": true});
            app.admin().post("/users", json!({"user": user})).await.ok();
        }
        let page = admin.get("/requests").await.shown();
        assert!(page.says("<input id=\"bulk-technician\"") && page.says("data-suggest=\"technician\""), "{}", page.html());
        assert!(!page.says("Hand 07"));
        assert!(admin.get("/suggest/technician?q=hand+07").await.says("Hand 07 <hand.7@example.com>"));
        let list = app.admin().get("/requests").await.ok();
        let id = list["requests"][0]["id"].as_str().unwrap();
        let fields = [("id", id), ("technician", "Hand 07 <hand.7@example.com>"), ("do", "edit"), ("back", "/requests")];
        admin.post("/requests/bulk", &fields).await.leads_on();
        let request = app.admin().get(&format!("/requests/{id}")).await.ok();
        assert_eq!(request["request"]["technician"]["name"], "Hand 07");
        for typed in ["Hand+07", "hand+07", "Hand+07+%3Chand.7@example.com%3E"] {
            let page = admin.get(&format!("/requests?in=All_Requests&f.technician={typed}")).await.shown();
            assert_eq!(titles(&page).len(), 1, "{typed}");
        }
        let page = admin.get(&format!("/requests/{id}")).await.shown();
        assert!(page.says("value=\"Hand 07 &#60;hand.7@example.com&#62;\""), "{}", page.html());
    }

    several_are_changed_at_once(app) {
        requests(app, 3).await;
        let admin = app.admins_browser().await;
        let list = app.admin().get("/requests").await.ok();
        let ids: Vec<String> = list["requests"].as_array().unwrap().iter().map(|r| r["id"].as_str().unwrap().to_owned()).collect();
        let high = app.desk.snapshot().named("priority", "High").first().unwrap().id().to_string();
        let mut fields: Vec<(&str, &str)> = ids.iter().map(|id| ("id", id.as_str())).collect();
        fields.extend([("priority", high.as_str()), ("status", ""), ("do", "edit"), ("back", "/requests?in=All_Open")]);
        assert_eq!(admin.post("/requests/bulk", &fields).await.leads_on(), "/requests?in=All_Open");
        for id in &ids {
            let request = app.admin().get(&format!("/requests/{id}")).await.ok();
            assert_eq!(request["request"]["priority"]["name"], "High");
        }
        assert_eq!(admin.post("/requests/bulk", &[("do", "edit"), ("back", "//evil.example.com")]).await.leads_on(), "/requests");
        let fields = [("id", ids[0].as_str()), ("status", ""), ("priority", ""), ("do", "edit"), ("back", "/requests")];
        admin.post("/requests/bulk", &fields).await.leads_on();
        let page = admin.get("/requests").await.shown();
        assert!(page.says("Nothing was set, so nothing was changed."), "{}", page.html());
        // One that is refused does not keep the others from theirs, and is told.
        let page = admin.post("/requests/bulk", &[("id", &ids[0]), ("id", "100001999999999999"), ("do", "trash")]).await;
        assert!(page.status() == 422 && page.says("1 request was changed.") && page.says("It does not exist"), "{}", page.html());
        assert!(admin.get("/requests?in=Trash").await.shown().says("value=\"restore\""));
        admin.post("/requests/bulk", &[("id", &ids[0]), ("do", "restore")]).await.leads_on();
        app.admin().get(&format!("/requests/{}", ids[0])).await.ok();
        let empty = admin.post("/requests/bulk", &[("id", &ids[0]), ("priority", "none"), ("do", "edit")]).await;
        assert_eq!(empty.status(), 303);
        assert_eq!(app.admin().get(&format!("/requests/{}", ids[0])).await.ok()["request"]["priority"], json!(null));
    }

    tasks_have_views(app) {
        const HOUR: i64 = 3_600_000;
        let me = desk::shipped::ADMINISTRATOR.to_string();
        let group = app.desk.snapshot().named("support_group", "Network").first().unwrap().id().to_string();
        app.admin().put(&format!("/users/{me}"), json!({"user": {"groups": [{"id": group}]}})).await.ok();
        let at = |hours: i64| json!({"value": (testkit::START + hours * HOUR).to_string()});
        for (title, fields) in [
            ("Mine", json!({"owner": {"id": me}})),
            ("Mine but done", json!({"owner": {"id": me}, "status": {"name": "Closed"}})),
            ("My groups", json!({"group": {"id": group}})),
            ("Late", json!({"scheduled_end_time": at(-1)})),
            ("Late but done", json!({"scheduled_end_time": at(-1), "status": {"name": "Closed"}})),
            ("Soon", json!({"scheduled_end_time": at(1)})),
            ("Next week", json!({"scheduled_end_time": at(170)})),
        ] {
            let mut task = fields;
            task["title"] = json!(title);
            app.admin().post("/tasks", json!({"task": task})).await.ok();
        }
        let admin = app.admins_browser().await;
        let usual = admin.get("/tasks").await.shown();
        assert!(usual.says("<h1>All tasks</h1>"), "{}", usual.html());
        assert_eq!(titles(&usual).len(), 7);
        for (view, name, wanted) in [
            ("My_Open", "My open tasks", vec!["Mine"]),
            ("My_Groups", "My groups", vec!["My groups"]),
            ("Overdue", "Overdue", vec!["Late"]),
            ("Due_Today", "Due today", vec!["Late", "Soon"]),
            ("Unassigned", "Unassigned", vec!["Late", "My groups", "Next week", "Soon"]),
            ("All_Open", "Open", vec!["Late", "Mine", "My groups", "Next week", "Soon"]),
        ] {
            assert!(usual.says(&format!("href=\"/tasks?in={view}\">{name}</a>")), "{view}: {}", usual.html());
            let page = admin.get(&format!("/tasks?in={view}")).await.shown();
            let mut found = titles(&page);
            found.sort();
            assert_eq!(found, wanted, "{view}");
            assert!(page.says(&format!("<h1>{name}</h1>")), "{view}: {}", page.html());
        }
        assert_eq!(titles(&admin.get("/tasks?in=Nonsense").await.shown()).len(), 7);
        // Filters stay within the view, and the view in what is saved.
        assert!(titles(&admin.get("/tasks?in=My_Open&q=late").await.shown()).is_empty());
        let saved = admin.post("/views", &[("name", "Hurry"), ("module", "tasks"), ("base", "/tasks"), ("query", "in=Overdue")]).await.leads_on();
        assert!(saved.starts_with("/tasks?in=Overdue&view="), "{saved}");
        assert_eq!(titles(&admin.get(&saved).await.shown()), ["Late"]);
    }

    what_is_on_hold_is_not_overdue(app) {
        const HOUR: i64 = 3_600_000;
        let due = json!({"value": (testkit::START + HOUR).to_string()});
        let mut ids = Vec::new();
        for subject in ["Running late", "Held late"] {
            let made = app.admin().post("/requests", json!({"request": {"subject": subject, "due_by_time": due,
                "technician": {"id": desk::shipped::ADMINISTRATOR.to_string()}}})).await.ok();
            ids.push(made["request"]["id"].as_str().unwrap().to_owned());
        }
        let admin = app.admins_browser().await;
        let rows = async |view: &str| titles(&admin.get(&format!("/requests?in={view}")).await.shown());
        app.clock.advance(2 * HOUR);
        assert_eq!((rows("Overdue").await.len(), rows("Due_Today").await.len()), (2, 2));
        app.admin().put(&format!("/requests/{}", ids[1]), json!({"request": {"status": {"name": "On Hold"}}})).await.ok();
        for view in ["Overdue", "My_Overdue", "Due_Today"] {
            assert_eq!(rows(view).await, ["Running late"], "{view}");
        }
        assert_eq!(rows("Onhold").await, ["Held late"]);
        // The tiles of the first page and of the board count the same.
        for path in ["/", "/dashboards/requests"] {
            let page = admin.get(path).await.shown();
            let tile = page.html().split("in=Overdue").nth(1).unwrap().split("tile-count late\">").nth(1).unwrap().split('<').next().unwrap().to_owned();
            assert_eq!(tile, "1", "{path}");
        }
        app.admin().put(&format!("/requests/{}", ids[1]), json!({"request": {"status": {"name": "Open"}}})).await.ok();
        assert_eq!(rows("Overdue").await.len(), 2);
    }

    a_view_whose_name_is_taken_is_refused_beside_its_form(app) {
        let admin = app.admins_browser().await;
        for (module, base, query) in [("requests", "/requests", "in=Overdue"), ("tasks", "/tasks", "in=My_Open"), ("sites", "/admin/sites", "q=har")] {
            let keep = async |name: &str| admin.post("/views", &[("name", name), ("module", module), ("base", base), ("query", query)]).await;
            let first = keep("Mine").await.leads_on();
            let page = keep("Mine").await;
            assert!(page.status() == 422 && page.says("id=\"new-view-problem\"") && page.says("save-menu\" open"), "{}", page.html());
            // It is the list that it was, and what was typed is there.
            assert!(page.says("id=\"new-view\" name=\"name\" value=\"Mine\"") && page.says(&format!("name=\"query\" value=\"{query}\"")), "{}", page.html());
            let other = keep("Other").await.leads_on();
            let id = other.rsplit('=').next().unwrap();
            let page = admin.post(&format!("/views/{id}"), &[("name", "Mine"), ("base", base), ("query", query)]).await;
            assert!(page.status() == 422 && page.says("id=\"view-name-problem\"") && !page.says("id=\"new-view-problem\""), "{}", page.html());
            assert!(!admin.get(&first).await.shown().says("-problem\""));
        }
        assert_eq!(admin.post("/views", &[("name", "x"), ("module", "requests"), ("base", "/nowhere"), ("query", "")]).await.leads_on().split('?').next(), Some("/nowhere"));
    }

    a_list_is_taken_along_as_a_file(app) {
        requests(app, 60).await;
        app.admin().post("/requests", json!({"request": {"subject": "=HYPERLINK(\"http://x\")"}})).await.ok();
        let (_, hers) = app.requester("Rita Reed").await;
        let admin = app.admins_browser().await;
        let page = admin.get("/requests?in=All_Requests&sort=subject&cols=display_id,subject,priority,created_time").await.shown();
        let export = page.html().split("href=\"/requests.csv").nth(1).unwrap().split('"').next().unwrap().replace("&#38;", "&");
        let file = admin.get(&format!("/requests.csv{export}")).await.shown();
        assert_eq!(file.header("content-type"), "text/csv; charset=utf-8");
        assert!(file.header("content-disposition").contains("requests.csv"), "{}", file.header("content-disposition"));
        let text = file.html();
        let lines: Vec<&str> = text.trim_start_matches('\u{feff}').lines().collect();
        // All rows, not those of a page, in the order of the list, with its columns.
        assert_eq!((lines.len(), lines[0]), (62, "No.,Subject,Priority,Created"), "{text}");
        assert!(lines[2].contains("Request 000,High,2026-03-04 ") && lines[61].contains("Request 059"), "{text}");
        // No cell is a formula.
        assert!(lines[1].contains("'=HYPERLINK"), "{}", lines[1]);
        let high = app.desk.snapshot().named("priority", "High").first().unwrap().id();
        let text = admin.get(&format!("/requests.csv?in=All_Requests&f.priority={high}&q=Request")).await.shown().html();
        assert_eq!(text.lines().count(), 21, "{text}");
        drop(hers);
        let rita = app.desk.caller(app.requester("Rita Green").await.0).await.unwrap().user;
        assert_eq!(testkit::Browser::of(app, rita).await.get("/requests.csv").await.status(), 403);
    }
}
