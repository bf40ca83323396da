//! Signing in and out, consent, static files.

use desk::identity::{NewClient, OAuthError};
use std::net::IpAddr;
use testkit::{App, Browser, Page, encoded, on_both_engines};

const CALLBACK: &str = "https://client.example.com/cb";

async fn sign_in(app: &App, browser: &Browser<'_>, path: &str, password: &str) -> Page {
    let page = browser.get(path).await;
    let token = page.hidden("token");
    let fields = [("token", token.as_str()), ("email", "ada.admin@example.com"), ("password", password)];
    let html = page.html();
    let action = html.split("<form method=\"post\" action=\"").nth(1).unwrap().split('"').next().unwrap();
    assert!(app.desk.now() > 0);
    browser.post_as_it_is(&action.replace("&amp;", "&").replace("&#38;", "&"), &fields).await
}

/// How many seconds somebody has to wait who tries this password; none when it was looked at and wrong.
async fn wait_after(app: &App, email: &str, password: &str, from: Option<IpAddr>) -> Option<i64> {
    match app.identity.verify_password(email, password, from, app.desk.now()).await {
        Err(OAuthError::AccessDenied) => None,
        Err(OAuthError::Throttled { retry_after_s }) => Some(retry_after_s),
        other => panic!("{other:?}"),
    }
}

on_both_engines! {
    a_page_that_is_not_there_is_a_page(app) {
        let (admin, stranger) = (app.admins_browser().await, Browser::new(app));
        let html = [("Accept", "text/html,application/xhtml+xml,*/*;q=0.8")];
        for browser in [&admin, &stranger] {
            let page = browser.send("GET", "/nope/at/all", &html, "").await;
            assert_eq!((page.status(), page.header("content-type")), (404, "text/html; charset=utf-8"));
            assert!(page.says("It does not exist, or you may not see it."), "{}", page.html());
        }
        assert!(admin.send("GET", "/nope", &html, "").await.says("class=\"side\"") && !stranger.send("GET", "/nope", &html, "").await.says("class=\"side\""));
        for (path, headers) in [("/nope", &[("Accept", "application/json")][..]), ("/api/nope", &html), ("/app/nope", &html), ("/nope", &[])] {
            let answer = admin.send("GET", path, headers, "").await;
            assert!(answer.status() == 404 && answer.html().starts_with('{'), "{path}: {}", answer.html());
        }
    }

    a_form_without_a_session_leads_back_to_its_page(app) {
        let browser = Browser::new(app);
        let sent = async |path: &str, referer: &str| {
            let headers = [("Host", "desk.example.com"), ("Referer", referer), ("Content-Type", "application/x-www-form-urlencoded")];
            browser.send("POST", path, &headers, "description=Lost").await.leads_on()
        };
        let back = |path: &str| format!("/sign_in?ended=1&next={}", encoded(path));
        assert_eq!(sent("/requests/1/reply", "https://desk.example.com/requests/1?list=x").await, back("/requests/1?list=x"));
        for elsewhere in ["https://evil.example.com/requests/2", "https://desk.example.com//evil.example.com/", "x", ""] {
            assert_eq!(sent("/requests/1/reply", elsewhere).await, back("/requests/1"), "{elsewhere}");
        }
        assert_eq!(sent("/requests/new", "").await, back("/requests/new"));
        let page = browser.get("/sign_in?ended=1&next=%2Fme").await.shown();
        assert!(page.says("Your session ended; what you sent was not saved."), "{}", page.html());
        assert_eq!(sign_in(app, &browser, "/sign_in?ended=1&next=%2Fme", &app.admin_password).await.leads_on(), "/me");
        assert_eq!(browser.get("/me").await.shown().header("referrer-policy"), "same-origin");
    }

    one_sign_in_serves_every_page(app) {
        let browser = Browser::new(app);
        assert_eq!(browser.get("/").await.leads_on(), "/sign_in");
        assert_eq!(browser.get("/requests?in=Overdue").await.leads_on(), "/sign_in?next=%2Frequests%3Fin%3DOverdue");
        let page = browser.get("/sign_in").await.shown();
        assert!(page.says("Example IT") && page.says("frontdesk credentials admin-password issue"), "{}", page.html());
        let wrong = sign_in(app, &browser, "/sign_in", "wrong").await;
        assert_eq!(wrong.status(), 401);
        assert!(wrong.says("do not belong together") && wrong.says("ada.admin@example.com"));
        let next = "/sign_in?next=%2Frequests%3Fin%3DOverdue";
        assert_eq!(sign_in(app, &browser, next, &app.admin_password).await.leads_on(), "/requests?in=Overdue");
        assert!(browser.get("/").await.shown().says("Good morning"));
        assert_eq!(browser.get("/sign_in").await.leads_on(), "/");
        // A form of somebody else signs nobody out.
        browser.post_as_it_is("/sign_out", &[("token", "x")]).await;
        assert_eq!(browser.get("/").await.status(), 200);
        assert_eq!(browser.post("/sign_out", &[]).await.leads_on(), "/sign_in");
        assert_eq!(browser.get("/").await.leads_on(), "/sign_in");
    }

    nobody_is_sent_elsewhere_after_signing_in(app) {
        for next in ["https://evil.example.com", "//evil.example.com", "/\\evil.example.com"] {
            let browser = Browser::new(app);
            let path = format!("/sign_in?next={}", encoded(next));
            assert_eq!(sign_in(app, &browser, &path, &app.admin_password).await.leads_on(), "/", "{next}");
        }
    }

    a_form_that_is_not_ours_gets_nowhere(app) {
        let browser = Browser::new(app);
        let fields = [("email", "ada.admin@example.com"), ("password", app.admin_password.as_str())];
        assert_eq!(browser.post_as_it_is("/sign_in", &fields).await.status(), 403);
        let admin = app.admins_browser().await;
        for token in ["", "x", "0123456789"] {
            let page = admin.post_as_it_is("/requests/new", &[("token", token), ("subject", "Forged")]).await;
            assert_eq!(page.status(), 403);
        }
        let other = app.admins_browser().await;
        let foreign = other.token();
        let page = admin.post_as_it_is("/requests/new", &[("token", &foreign), ("subject", "Forged")]).await;
        assert_eq!(page.status(), 403);
        let found = app.admin().list("/requests", serde_json::json!({"get_total_count": true})).await.ok();
        assert_eq!(found["list_info"]["total_count"], 0);
    }

    guessing_is_slowed_down(app) {
        let browser = Browser::new(app);
        let mut last = (0, String::new());
        for _ in 0..6 {
            let page = sign_in(app, &browser, "/sign_in", "wrong").await;
            last = (page.status(), page.html());
        }
        assert_eq!(last.0, 429);
        assert!(last.1.contains("Please wait 1 second."), "{}", last.1);
    }

    waits_grow_and_are_forgotten_after_an_hour(app) {
        let wait = async || wait_after(app, "ada.admin@example.com", "wrong", None).await;
        for _ in 0..5 {
            assert_eq!(wait().await, None);
        }
        for seconds in [1, 2, 4, 8] {
            assert_eq!(wait().await, Some(seconds));
            app.clock.advance(seconds * 1_000 - 1);
            assert_eq!(wait().await, Some(1), "what is refused does not count");
            // Not even the right password is looked at.
            let right = wait_after(app, "ada.admin@example.com", &app.admin_password, None).await;
            assert_eq!(right, Some(1));
            app.clock.advance(1);
            assert_eq!(wait().await, None);
        }
        assert_eq!(wait_after(app, "nobody@example.com", "wrong", None).await, None, "others go on");
        app.clock.advance(3_600_001);
        for _ in 0..5 {
            assert_eq!(wait().await, None);
        }
        assert_eq!(wait().await, Some(1));
    }

    a_right_password_forgives_the_account_and_not_the_address(app) {
        let (address, now) = (Some([192, 0, 2, 7].into()), app.desk.now());
        for _ in 0..2 {
            for _ in 0..4 {
                assert_eq!(wait_after(app, "ada.admin@example.com", "wrong", address).await, None);
            }
            let right = app.identity.verify_password("ada.admin@example.com", &app.admin_password, address, now).await;
            assert_eq!(right, Ok(desk::shipped::ADMINISTRATOR));
        }
        // Eight of the address's twenty are gone.
        for n in 8..20 {
            assert_eq!(wait_after(app, &format!("p{n}@example.com"), "wrong", address).await, None, "{n}");
        }
        let right = wait_after(app, "ada.admin@example.com", &app.admin_password, address).await;
        assert_eq!(right, Some(1));
        let elsewhere = Some([192, 0, 2, 8].into());
        let right = app.identity.verify_password("ada.admin@example.com", &app.admin_password, elsewhere, now).await;
        assert_eq!(right, Ok(desk::shipped::ADMINISTRATOR));
    }

    many_at_once_get_no_further_and_all_processes_count_together(app) {
        let other = app.another_process().await;
        let tries = (0..40).map(|n| {
            let app = other.as_ref().filter(|_| n % 2 == 1).unwrap_or(app);
            wait_after(app, "ada.admin@example.com", "wrong", None)
        });
        let waits = futures_util::future::join_all(tries).await;
        assert_eq!(waits.iter().filter(|wait| wait.is_none()).count(), 5, "{waits:?}");
        if let Some(other) = other {
            assert_eq!(wait_after(&other, "ada.admin@example.com", "wrong", None).await, Some(1));
        }
    }

    the_language_is_the_browsers_until_somebody_chooses(app) {
        let browser = Browser::new(app);
        let german = [("Accept-Language", "de-DE,de;q=0.9,en;q=0.5")];
        assert!(browser.send("GET", "/sign_in", &german, "").await.says("Kennwort"));
        let admin = app.admins_browser().await;
        let page = admin.send("GET", "/", &german, "").await;
        assert!(page.says("<html lang=\"de\"") && page.says("Guten Morgen"), "{}", page.html());
        admin.post("/me/preferences", &[("language", "en"), ("theme", "dark")]).await.leads_on();
        let page = admin.send("GET", "/", &german, "").await;
        assert!(page.says("<html lang=\"en\" data-theme=\"dark\">") && page.says("Good morning"), "{}", page.html());
    }

    static_files_are_kept_for_ever(app) {
        let browser = Browser::new(app);
        let html = browser.get("/sign_in").await.html();
        let path = html.split("<link rel=\"stylesheet\" href=\"").nth(1).unwrap().split('"').next().unwrap();
        let style = browser.get(path).await.shown();
        assert!(style.header("cache-control").contains("immutable") && style.header("content-type").starts_with("text/css"));
        let etag = style.header("etag").to_owned();
        let again = browser.send("GET", path, &[("If-None-Match", &etag)], "").await;
        assert_eq!((again.status(), again.reply.bytes.len()), (304, 0));
        assert_eq!(browser.get("/static/desk-0000000000000000.css").await.status(), 404);
    }

    consent_shares_the_session(app) {
        let new = NewClient { name: "A <b>client</b>".into(), redirect_uris: vec![CALLBACK.into()], service: None };
        let (client, _) = app.identity.issue_client(&new, testkit::START).await.unwrap();
        let query = format!(
            "response_type=code&client_id={}&redirect_uri={}&scope=SDPOnDemand.requests.READ&state=s",
            encoded(&client.client_id),
            encoded(CALLBACK)
        );
        let path = format!("/oauth/v2/auth?{query}");
        let browser = Browser::new(app);
        assert!(browser.get(&path).await.shown().says("to continue to"));
        assert_eq!(sign_in(app, &browser, &path, &app.admin_password).await.leads_on(), path);
        let page = browser.get(&path).await.shown();
        assert!(page.says("Accept") && page.says("Requests with their notes") && !page.says("<b>client</b>"), "{}", page.html());
        assert!(page.header("content-security-policy").contains("form-action 'self' https://client.example.com"));
        let decide = format!("/oauth/v2/auth/decide?{query}");
        assert_eq!(browser.post_as_it_is(&decide, &[("decision", "accept"), ("token", "x")]).await.status(), 200);
        let back = browser.post(&decide, &[("decision", "accept")]).await.leads_on();
        assert!(back.starts_with(&format!("{CALLBACK}?code=1000.")), "{back}");
        // The pages know the same session.
        assert_eq!(browser.get("/requests").await.status(), 200);
        let denied = browser.post(&decide, &[("decision", "deny")]).await.leads_on();
        assert_eq!(denied, format!("{CALLBACK}?error=access_denied&state=s"));
        let out = browser.post(&format!("/oauth/v2/auth/sign_out?{query}"), &[]).await.leads_on();
        assert_eq!(out, path);
        assert!(browser.get(&path).await.says("to continue to"));
    }
}
