//! What people keep of themselves.

use testkit::{Browser, on_both_engines};

on_both_engines! {
    sessions_are_listed_and_ended(app) {
        let (rita, _) = app.requester("Rita").await;
        let (phone, desk, other) = (Browser::of(app, rita).await, Browser::of(app, rita).await, Browser::of(app, rita).await);
        let page = desk.get("/me").await.shown();
        assert_eq!(page.html().matches("name=\"session\"").count(), 2, "{}", page.html());
        let handle = page.hidden("session");
        desk.post("/me/sessions/end", &[("session", &handle)]).await.leads_on();
        assert_eq!(desk.get("/me").await.html().matches("name=\"session\"").count(), 1);
        desk.post("/me/sessions/end", &[]).await.leads_on();
        for ended in [&phone, &other] {
            assert_eq!(ended.get("/").await.leads_on(), "/sign_in");
        }
        assert_eq!(desk.get("/").await.status(), 200);
        // Nobody ends somebody else's.
        let ada = app.admins_browser().await;
        let foreign = ada.get("/me").await;
        assert_eq!(foreign.html().matches("name=\"session\"").count(), 0);
        let second = app.admins_browser().await;
        let theirs = ada.get("/me").await.hidden("session");
        desk.post("/me/sessions/end", &[("session", &theirs)]).await.leads_on();
        assert_eq!(second.get("/").await.status(), 200);
        desk.post("/me/sessions/end", &[("session", "nonsense")]).await.leads_on();
    }

    a_password_is_changed_by_who_knows_it(app) {
        let (rita, _) = app.requester("Rita").await;
        app.identity.set_password(rita, "the first one").await.unwrap();
        let (here, elsewhere) = (Browser::of(app, rita).await, Browser::of(app, rita).await);
        let change = async |current: &str, new: &str, again: &str| {
            here.post("/me/password", &[("current_password", current), ("password", new), ("password_again", again)]).await
        };
        let wrong = change("wrong", "the second one", "the second one").await;
        assert!(wrong.status() == 422 && wrong.says("id=\"current_password-problem\""), "{}", wrong.html());
        assert!(change("the first one", "short", "short").await.says("id=\"password-problem\""));
        assert!(change("the first one", "the second one", "another").await.says("id=\"password_again-problem\""));
        assert_eq!(elsewhere.get("/").await.status(), 200);
        change("the first one", "the second one", "the second one").await.leads_on();
        assert_eq!(here.get("/").await.status(), 200);
        assert_eq!(elsewhere.get("/").await.leads_on(), "/sign_in");
        let found = app.identity.verify_password("rita@example.com", "the second one", None, app.desk.now()).await;
        assert_eq!(found, Ok(rita));
    }

    an_administrator_gives_a_new_password(app) {
        let (rita, _) = app.requester("Rita").await;
        let page = app.admins_browser().await.post(&format!("/users/{rita}/password"), &[]).await.shown();
        let html = page.html();
        let password = html.split("<code class=\"large\">").nth(1).unwrap().split('<').next().unwrap();
        let found = app.identity.verify_password("rita@example.com", password, None, app.desk.now()).await;
        assert_eq!(found, Ok(rita));
    }

    preferences_are_everybodys_own(app) {
        let (rita, _) = app.requester("Rita").await;
        let browser = Browser::of(app, rita).await;
        let fields = [("language", "de"), ("time_zone", "Asia/Tokyo"), ("time_format", "12"), ("theme", "light"), ("name", "Eve"), ("is_technician", "true")];
        browser.post("/me/preferences", &fields).await.leads_on();
        let person = app.desk.person(rita).await.unwrap().unwrap();
        assert_eq!((person.text("name"), person.is("is_technician")), (Some("Rita"), false));
        assert_eq!((person.text("language"), person.text("time_zone")), (Some("de"), Some("Asia/Tokyo")));
        assert!(browser.get("/").await.shown().says("Wie können wir helfen?"));
        for (name, value) in [("language", "xx"), ("time_zone", "Moon/Base"), ("theme", "pink")] {
            let page = browser.post("/me/preferences", &[(name, value)]).await;
            assert!(page.status() == 422 && page.says("class=\"problem\""), "{name}: {}", page.html());
        }
        // Times are told in the zone that was chosen: 09:00 UTC is 18:00 in Tokyo.
        browser.post("/me/preferences", &[("language", "en"), ("time_format", "")]).await.leads_on();
        browser.post("/portal/new", &[("subject", "What time is it?"), ("description", "x")]).await.leads_on();
        let page = browser.get("/portal").await;
        assert!(page.says("4 Mar 2026 18:00"), "{}", page.html());
    }
}
