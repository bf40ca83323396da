//! The timer of a technician, and what is new since they looked.

use serde_json::json;
use testkit::{Browser, on_both_engines};

const MINUTE: i64 = 60_000;

on_both_engines! {
    a_timer_runs_until_its_time_is_written_down(app) {
        let (id, other) = (app.admin().new_request("Timed").await, app.admin().new_request("Other").await);
        let (tina, _) = app.technician("Tina").await;
        let browser = Browser::of(app, tina).await;
        let here = format!("/requests/{id}");
        assert!(browser.get(&here).await.shown().says("Start timer"));
        assert_eq!(browser.post("/timer/start", &[("on", &here)]).await.leads_on(), here);
        app.clock.advance(12 * MINUTE + 1);
        // Every page shows it, and it knows no browser.
        let page = Browser::of(app, tina).await.get("/assets").await.shown();
        assert!(page.says("13 min") && page.says("Timed") && page.says("Stop timer"), "{}", page.html());
        assert!(!app.admins_browser().await.get("/assets").await.shown().says("Stop timer"));
        // One at a time.
        browser.post("/timer/start", &[("on", &format!("/requests/{other}"))]).await.leads_on();
        assert!(browser.get("/").await.shown().says("still needed for something else"));
        let to = browser.post("/timer/stop", &[]).await.leads_on();
        assert_eq!(to, format!("{here}?tab=time#time"));
        app.clock.advance(60 * MINUTE);
        let page = browser.get(&format!("{here}?tab=time")).await.shown();
        assert!(page.says("name=\"time_spent\" type=\"text\" value=\"13 min\""), "{}", page.html());
        // It runs on as if it had not been stopped.
        browser.post("/timer/resume", &[]).await.leads_on();
        app.clock.advance(MINUTE);
        browser.post("/timer/stop", &[]).await.leads_on();
        let page = browser.get(&format!("{here}?tab=time")).await.shown();
        assert!(page.says("value=\"14 min\""), "{}", page.html());
        // What is refused does not cost the time.
        let page = browser.post(&format!("{here}/worklog"), &[("time_spent", "soon")]).await;
        assert!(page.status() == 422 && page.says("id=\"worklog-time_spent-problem\""), "{}", page.html());
        assert!(browser.get("/").await.shown().says("14 min"));
        browser.post(&format!("{here}/worklog"), &[("owner", &tina.to_string()), ("time_spent", "14 min")]).await.leads_on();
        assert!(!browser.get("/assets").await.shown().says("Discard the time"));
        let logs = app.admin().get(&format!("/requests/{id}/worklogs")).await.ok();
        assert_eq!(logs["worklogs"][0]["time_spent"]["value"], (14 * MINUTE).to_string(), "{logs}");
        let form = browser.get(&format!("{here}?tab=time")).await.shown();
        assert!(!form.says("value=\"14 min\""), "{}", form.html());
    }

    a_timer_of_a_task(app) {
        let task = app.admin().post("/tasks", json!({"task": {"title": "Crimp cables"}})).await.ok();
        let task = task["task"]["id"].as_str().unwrap().to_owned();
        let admin = app.admins_browser().await;
        let here = format!("/tasks/{task}");
        let me = desk::shipped::ADMINISTRATOR.to_string();
        admin.post("/timer/start", &[("on", &here)]).await.leads_on();
        app.clock.advance(90 * MINUTE);
        assert_eq!(admin.post("/timer/stop", &[]).await.leads_on(), format!("{here}#time"));
        let page = admin.get(&here).await.shown();
        assert!(page.says("value=\"1 h 30 min\"") && page.says("Crimp cables"), "{}", page.html());
        let page = admin.post(&format!("{here}/worklog"), &[("time_spent", "x")]).await;
        assert!(page.status() == 422 && page.says("id=\"worklog-time_spent-problem\""), "{}", page.html());
        admin.post(&format!("{here}/worklog"), &[("owner", &me), ("time_spent", "1 h 30 min"), ("description", "Cat 7")]).await.leads_on();
        let page = admin.get(&here).await.shown();
        assert!(page.says("Cat 7") && !page.says("Discard the time"), "{}", page.html());
    }

    a_timer_asks_who_comes(app) {
        let id = app.admin().new_request("Mine").await;
        let admin = app.admins_browser().await;
        for on in ["", "/", "/requests", "/requests/1", "/problems/1", "/users/100001000000000001", "//evil.example.com/1"] {
            let status = admin.post("/timer/start", &[("on", on)]).await.status();
            assert!([403, 404].contains(&status), "{on}: {status}");
        }
        assert_eq!(admin.post("/timer/explode", &[]).await.status(), 404);
        let (rita, _) = app.requester("Rita").await;
        let rita = Browser::of(app, rita).await;
        assert_eq!(rita.post("/timer/start", &[("on", &format!("/requests/{id}"))]).await.status(), 403);
        // Nothing runs: nothing happens.
        for act in ["stop", "resume", "discard"] {
            assert_eq!(admin.post(&format!("/timer/{act}"), &[]).await.leads_on(), "/");
        }
        admin.post("/timer/start", &[("on", &format!("/requests/{id}"))]).await.leads_on();
        app.clock.advance(1000 * 60 * MINUTE);
        // A forgotten timer counts a day at most. The session is over by then.
        let admin = app.admins_browser().await;
        let page = admin.get("/").await.shown();
        assert!(page.says("<strong>24 h</strong>") || page.says("<strong>1 d"), "{}", page.html());
        admin.post("/timer/discard", &[]).await.leads_on();
        assert!(!admin.get("/").await.shown().says("Stop timer"));
    }

    home_says_what_is_new(app) {
        let (tina, hers) = app.technician("Tina").await;
        let (id, quiet) = (app.admin().new_request("Talk of the town").await, app.admin().new_request("Quiet").await);
        for id in [&id, &quiet] {
            app.admin().put(&format!("/requests/{id}"), json!({"request": {"technician": {"id": tina.to_string()}}})).await.ok();
        }
        let browser = Browser::of(app, tina).await;
        assert!(!browser.get("/").await.shown().says("New for you"), "on the first visit all is new");
        app.clock.advance(45 * MINUTE);
        hers.post(&format!("/requests/{quiet}/notes"), json!({"note": {"description": "My own words"}})).await.ok();
        app.admin().post(&format!("/requests/{id}/notes"), json!({"note": {"description": "Look at this"}})).await.ok();
        for _ in 0..2 {
            // Also when the page is loaded once more.
            app.clock.advance(2 * MINUTE);
            let page = browser.get("/").await.shown();
            let html = page.html();
            let news = html.split("id=\"h-news\"").nth(1).unwrap().split("</section>").next().unwrap();
            assert!(news.contains("Talk of the town") && !news.contains("Quiet"), "{news}");
        }
        app.clock.advance(45 * MINUTE);
        assert!(!browser.get("/").await.shown().says("New for you"));
    }
}
