//! Open pages hear of what happens: who is told, of what, and when it ends.

use serde_json::json;
use testkit::{App, Browser, Page, encoded, on_both_engines};

/// The mark of a page, from which it hears.
fn mark(page: &Page) -> String {
    page.html().split("data-mark=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
}

async fn hear(browser: &Browser<'_>, path: &str) -> testkit::Hearing {
    let page = browser.get(path).await.shown();
    assert!(page.says(&format!("data-live=\"{path}\"")), "{}", page.html());
    let heard = browser.hear(&format!("/live?on={}&mark={}", encoded(path), mark(&page))).await;
    assert_eq!(heard.status, 200);
    heard
}

async fn note(app: &App, id: &str, words: &str) {
    app.admin().post(&format!("/requests/{id}/notes"), json!({"note": {"description": words}})).await.ok();
}

on_both_engines! {
    a_request_tells_what_others_do(app) {
        let id = app.admin().new_request("Watched").await;
        let other = app.admin().new_request("Other").await;
        let (tina, _) = app.technician("Tina").await;
        let browser = Browser::of(app, tina).await;
        let path = format!("/requests/{id}");
        let mut heard = hear(&browser, &path).await;
        note(app, &other, "Nothing to her").await;
        note(app, &id, "Something").await;
        let (event, entry) = heard.next().await.unwrap();
        assert_eq!(event, "change");
        let page = browser.get(&path).await.shown();
        assert!(mark(&page) >= entry && page.says("Something"), "{}", page.html());
        // What came between the page and its hearing is not lost: also after a restart.
        let old = mark(&page);
        app.admin().put(&format!("/requests/{id}"), json!({"request": {"subject": "Renamed"}})).await.ok();
        let mut late = browser.hear(&format!("/live?on={path}&mark={old}")).await;
        assert_eq!(late.next().await.unwrap().0, "change");
        // The first one hears of it as well, once.
        assert_eq!(heard.next().await.unwrap().0, "change");
    }

    a_list_tells_what_is_in_it(app) {
        let admin = app.admins_browser().await;
        let mut requests = hear(&admin, "/requests").await;
        let mut tasks = hear(&admin, "/tasks").await;
        app.admin().new_request("New").await;
        assert_eq!(requests.next().await.unwrap().0, "change");
        app.admin().post("/tasks", json!({"task": {"title": "Do"}})).await.ok();
        assert_eq!(tasks.next().await.unwrap().0, "change");
        // A technician of one site is not told of what happens elsewhere.
        let role = app.admin().post("/roles", json!({"role": {"name": "Local", "access": "technician", "limited_to_sites": true}})).await.ok();
        let site = app.admin().post("/sites", json!({"site": {"name": "Here"}})).await.ok();
        let (tom, _) = app.person("Tom", json!({"is_technician": true, "role": {"id": role["role"]["id"]}, "associated_sites": [{"id": site["site"]["id"]}]})).await;
        let tom = Browser::of(app, tom).await;
        let mut his = hear(&tom, "/requests").await;
        app.admin().new_request("Elsewhere").await;
        assert_eq!(requests.next().await.unwrap().0, "change");
        let here = app.admin().post("/requests", json!({"request": {"subject": "Here", "site": {"id": site["site"]["id"]}}})).await.ok();
        let id = here["request"]["id"].as_str().unwrap().to_owned();
        let (_, entry) = his.next().await.unwrap();
        let told = app.admin().get(&format!("/requests/{id}/_history")).await.ok();
        assert_eq!(told["history"][0]["id"], entry, "{told}");
    }

    a_requester_hears_what_is_public_and_nothing_else(app) {
        let (rita, _) = app.requester("Rita").await;
        let made = app.admin().post("/requests", json!({"request": {"subject": "Hers", "requester": {"id": rita.to_string()}}})).await.ok();
        let id = made["request"]["id"].as_str().unwrap().to_owned();
        let browser = Browser::of(app, rita).await;
        let path = format!("/portal/requests/{id}");
        let before = mark(&browser.get(&path).await.shown());
        let mut heard = hear(&browser, &path).await;
        let admin = app.admins_browser().await;
        let mut technician = hear(&admin, &format!("/requests/{id}")).await;
        note(app, &id, "Between us").await;
        // The technician sees that she looks.
        let (mut changed, mut seen) = (false, false);
        while !(changed && seen) {
            match technician.next().await.unwrap() {
                (event, _) if event == "change" => changed = true,
                (_, who) => seen |= who.contains("Rita"),
            }
        }
        assert_eq!(mark(&browser.get(&path).await.shown()), before, "an internal note shows in the mark");
        let said = json!({"notification": {"to": ["rita@example.com"], "subject": "Re", "description": "Hello Rita"}});
        app.admin().post(&format!("/requests/{id}/notifications"), said).await.ok();
        let (event, data) = heard.next().await.unwrap();
        let page = browser.get(&path).await.shown();
        assert_eq!((event.as_str(), data), ("change", format!("~{}", mark(&page))));
        assert!(page.says("Hello Rita") && !page.says("Between us"));
        // Others' requests and the desk's pages are not hers to hear.
        let foreign = app.admin().new_request("Foreign").await;
        for (on, status) in [
            (format!("/portal/requests/{foreign}"), 404),
            (format!("/requests/{id}"), 403),
            ("/requests".to_owned(), 403),
            ("/portal/requests/x".to_owned(), 404),
            ("/portal".to_owned(), 404),
        ] {
            assert_eq!(browser.get(&format!("/live?on={on}")).await.status(), status, "{on}");
            assert_eq!(browser.post("/live/writing", &[("on", &on)]).await.status(), status, "{on}");
        }
        // When the request is not hers any more, it ends.
        app.admin().put(&format!("/requests/{id}"), json!({"request": {"requester": {"id": desk::shipped::ADMINISTRATOR.to_string()}}})).await.ok();
        while heard.next().await.is_some() {}
    }

    who_is_here_is_told(app) {
        let id = app.admin().new_request("Crowded").await;
        let path = format!("/requests/{id}");
        let (tina, _) = app.technician("Tina").await;
        let (admin, tina) = (app.admins_browser().await, Browser::of(app, tina).await);
        let mut heard = hear(&admin, &path).await;
        let hers = hear(&tina, &path).await;
        assert_eq!(heard.next().await.unwrap(), ("who".into(), "Tina is looking at this too".into()));
        assert_eq!(tina.post("/live/writing", &[("on", &path)]).await.status(), 204);
        assert_eq!(heard.next().await.unwrap(), ("who".into(), "Tina is writing".into()));
        assert!(admin.get(&path).await.shown().says("Tina is writing"));
        // She has said it.
        tina.post(&format!("{path}/note"), &[("description", "Done")]).await.leads_on();
        loop {
            match heard.next().await.unwrap() {
                (event, who) if event == "who" && who == "Tina is looking at this too" => break,
                (event, _) => assert!(event == "change" || event == "who"),
            }
        }
        drop(hers);
        loop {
            match heard.next().await.unwrap() {
                (event, who) if event == "who" && who.is_empty() => break,
                (event, _) => assert!(event == "change" || event == "who"),
            }
        }
        let german = app.admins_browser().await;
        german.post("/me/preferences", &[("language", "de")]).await.leads_on();
        let _hers = hear(&tina, &path).await;
        let mut heard = hear(&german, &path).await;
        assert_eq!(heard.next().await.unwrap().1, "Tina sieht sich das auch an");
    }

    a_session_that_ends_hears_no_more(app) {
        let id = app.admin().new_request("Watched").await;
        let (tina, _) = app.technician("Tina").await;
        let browser = Browser::of(app, tina).await;
        let mut heard = hear(&browser, &format!("/requests/{id}")).await;
        browser.post("/sign_out", &[]).await.leads_on();
        note(app, &id, "Not for her").await;
        assert_eq!(heard.next().await, None);
        // Nor does somebody who is no technician any more.
        let browser = Browser::of(app, tina).await;
        let mut heard = hear(&browser, "/requests").await;
        app.admin().put(&format!("/users/{tina}"), json!({"user": {"is_technician": false}})).await.ok();
        let before = mark(&app.admins_browser().await.get("/requests").await.shown());
        app.admin().new_request("Another").await;
        // What happened before may have been on its way to her.
        while let Some((event, entry)) = heard.next().await {
            assert!(event == "change" && entry.trim_start_matches('~') <= before.as_str(), "{event} {entry}");
        }
    }

    a_session_has_so_many_pages(app) {
        let admin = app.admins_browser().await;
        let mut first = hear(&admin, "/requests").await;
        let mut rest = Vec::new();
        for _ in 0..8 {
            rest.push(hear(&admin, "/requests").await);
        }
        assert_eq!(first.next().await, None);
        app.admin().new_request("For the others").await;
        for heard in &mut rest {
            assert_eq!(heard.next().await.unwrap().0, "change");
        }
    }

    the_desk_stops_while_pages_are_open(app) {
        let admin = app.admins_browser().await;
        let mut heard = hear(&admin, "/requests").await;
        app.desk.stop_live();
        assert_eq!(heard.next().await, None);
        assert_eq!(admin.get("/live?on=/requests&mark=0").await.status(), 503);
    }

    several_processes_are_one_desk(app) {
        let Some(other) = app.another_process().await else { return };
        let id = app.admin().new_request("Everywhere").await;
        let path = format!("/requests/{id}");
        let (tina, _) = app.technician("Tina").await;
        let admin = app.admins_browser().await;
        let hers = Browser::of(&other, tina).await;
        let mut heard = hear(&admin, &path).await;
        let mut there = hear(&hers, &path).await;
        assert_eq!(heard.next().await.unwrap(), ("who".into(), "Tina is looking at this too".into()));
        assert!(there.next().await.unwrap().1.contains("is looking at this too"));
        hers.post("/live/writing", &[("on", &path)]).await;
        assert_eq!(heard.next().await.unwrap(), ("who".into(), "Tina is writing".into()));
        note(app, &id, "Heard there").await;
        assert_eq!(there.next().await.unwrap().0, "change");
        other.desk.close().await;
        assert_eq!(there.next().await, None);
        loop {
            match heard.next().await.unwrap() {
                (event, who) if event == "who" && who.is_empty() => break,
                (event, _) => assert!(event == "change" || event == "who"),
            }
        }
    }
}
