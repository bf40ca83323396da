//! Two steps to sign in: codes of a device, recovery codes, and whoever must have them.

use desk::identity::{NewClient, code_at};
use serde_json::json;
use testkit::{App, Browser, Page, encoded, on_both_engines};

const PASSWORD: &str = "open sesame, please";
const HALF_MINUTE: i64 = 30_000;

/// The password's part of signing in, from a page on.
pub(crate) async fn by_password(browser: &Browser<'_>, path: &str, email: &str) -> Page {
    let page = browser.get(path).await;
    let token = page.hidden("token");
    let fields = [("token", token.as_str()), ("email", email), ("password", PASSWORD)];
    browser.post_as_it_is(&action(&page), &fields).await
}

fn action(page: &Page) -> String {
    let html = page.html();
    let action = html.split("<form method=\"post\" action=\"").nth(1).unwrap().split('"').next().unwrap();
    action.replace("&amp;", "&").replace("&#38;", "&")
}

/// The second step, from the page that asks for the code.
async fn by_code(browser: &Browser<'_>, page: &Page, code: &str) -> Page {
    let token = page.hidden("token");
    let mut fields = vec![("token", token.as_str()), ("code", code)];
    if page.says("name=\"enrol\"") {
        fields.push(("enrol", "1"));
    }
    browser.post_as_it_is(&action(page), &fields).await
}

fn key(page: &Page) -> String {
    let html = page.html();
    html.split("<code class=\"large key\">").nth(1).unwrap().split('<').next().unwrap().to_owned()
}

fn codes(page: &Page) -> Vec<String> {
    let html = page.html();
    let list = html.split("<ul class=\"codes\">").nth(1).unwrap().split("</ul>").next().unwrap().to_owned();
    list.split("<code>").skip(1).map(|rest| rest.split('<').next().unwrap().to_owned()).collect()
}

fn now_code(app: &App, key: &str) -> String {
    code_at(key, app.desk.now()).unwrap()
}

/// Sets it up on the account page; gives the key and the recovery codes.
async fn set_up(app: &App, browser: &Browser<'_>) -> (String, Vec<String>) {
    let page = browser.post("/me/second_factor/begin", &[("factor_password", PASSWORD)]).await.shown();
    let (key, step) = (key(&page), page.hidden("step"));
    let fields = [("step", step.as_str()), ("code", &now_code(app, &key))];
    let page = browser.post("/me/second_factor/confirm", &fields).await.shown();
    (key, codes(&page))
}

async fn with_password(app: &App, name: &str, is_technician: bool) -> (model::Id, String) {
    let (id, _) = app.person(name, json!({"is_technician": is_technician})).await;
    app.identity.set_password(id, PASSWORD).await.unwrap();
    (id, format!("{}@example.com", name.to_lowercase()))
}

on_both_engines! {
    a_second_factor_is_set_up_by_who_knows_the_password(app) {
        let (tina, email) = with_password(app, "Tina", true).await;
        let browser = Browser::of(app, tina).await;
        assert!(browser.get("/me").await.shown().says("/me/second_factor/begin"));
        let wrong = browser.post("/me/second_factor/begin", &[("factor_password", "wrong")]).await;
        assert!(wrong.status() == 422 && wrong.says("id=\"factor_password-problem\""), "{}", wrong.html());
        let page = browser.post("/me/second_factor/begin", &[("factor_password", PASSWORD)]).await.shown();
        let first = key(&page);
        assert!(page.says("<svg class=\"qr\"") && !page.says("otpauth"), "{}", page.html());
        // A wrong code shows the same key again; nothing counts yet.
        let step = page.hidden("step");
        let page = browser.post("/me/second_factor/confirm", &[("step", &step), ("code", "000000")]).await;
        assert!(page.status() == 422 && page.says("id=\"code-problem\"") && key(&page) == first, "{}", page.html());
        let other = Browser::new(app);
        assert_eq!(by_password(&other, "/sign_in", &email).await.leads_on(), "/");
        // Whoever else knows the password sees another one, and nobody finishes what somebody else began.
        let elsewhere = Browser::of(app, tina).await;
        let theirs = elsewhere.post("/me/second_factor/begin", &[("factor_password", PASSWORD)]).await.shown();
        assert_ne!(self::key(&theirs), first);
        let (tom, _) = with_password(app, "Tom", true).await;
        let stolen = Browser::of(app, tom).await.post("/me/second_factor/confirm", &[("step", &step), ("code", &now_code(app, &first))]).await;
        assert_eq!(stolen.leads_on(), "/me");
        assert!(app.identity.second_factor(tom).await.unwrap().is_none());
        let page = browser.post("/me/second_factor/confirm", &[("step", &step), ("code", &now_code(app, &first))]).await.shown();
        let recovery = codes(&page);
        assert_eq!(recovery.len(), 10);
        let late = elsewhere.post("/me/second_factor/confirm", &[("step", &theirs.hidden("step")), ("code", &now_code(app, &self::key(&theirs)))]).await;
        assert_eq!(late.status(), 422, "there is one already");
        // The secret is shown to nobody any more.
        let account = browser.get("/me").await.shown();
        assert!(account.says("10 recovery codes left") && !account.says(&first) && !account.says("begin"), "{}", account.html());
        let again = browser.post("/me/second_factor/begin", &[("factor_password", PASSWORD)]).await;
        assert_eq!(again.leads_on(), "/me");
        let plain = first.replace(' ', "");
        let told = app.admin().get(&format!("/users/{tina}")).await.ok().to_string();
        assert!(!told.contains(&plain) && !told.contains(&recovery[0]));
        let history = app.admin().get(&format!("/users/{tina}/_history")).await.ok().to_string();
        assert!(history.contains("SECOND_FACTOR_SET_UP") && !history.contains(&plain), "{history}");
    }

    a_way_in_that_was_begun_ends_with_the_password(app) {
        let portal = app.desk.snapshot().rows("portal").first().unwrap().id();
        let setting = json!({"portal": {"technicians_need_second_factor": true}});
        app.admin().put(&format!("/portals/{portal}"), setting).await.ok();
        let (tina, email) = with_password(app, "Tina", true).await;
        let browser = Browser::new(app);
        let page = by_password(&browser, "/sign_in", &email).await.shown();
        let key = key(&page);
        app.identity.set_password(tina, "another one altogether").await.unwrap();
        by_code(&browser, &page, &now_code(app, &key)).await;
        assert!(browser.cookie("frontdesk_session").is_none());
        assert!(app.identity.second_factor(tina).await.unwrap().is_none());
        // The same between the password and the code.
        let (tom, email) = with_password(app, "Tom", true).await;
        let (key, _) = set_up(app, &Browser::of(app, tom).await).await;
        app.clock.advance(HALF_MINUTE);
        let browser = Browser::new(app);
        let page = by_password(&browser, "/sign_in", &email).await.shown();
        assert!(page.says("name=\"code\""), "{}", page.html());
        app.identity.set_password(tom, "another one altogether").await.unwrap();
        by_code(&browser, &page, &now_code(app, &key)).await;
        assert!(browser.cookie("frontdesk_session").is_none());
    }

    a_code_is_asked_after_the_password_and_is_good_once(app) {
        let (tina, email) = with_password(app, "Tina", true).await;
        let (key, _) = set_up(app, &Browser::of(app, tina).await).await;
        let browser = Browser::new(app);
        // The code that confirmed it was used.
        let page = by_password(&browser, "/sign_in?next=%2Frequests", &email).await.shown();
        assert!(page.says("name=\"code\"") && browser.cookie("frontdesk_session").is_none(), "{}", page.html());
        assert_eq!(browser.get("/").await.leads_on(), "/sign_in");
        let used = by_code(&browser, &page, &now_code(app, &key)).await;
        assert!(used.status() == 401 && used.says("good once"), "{}", used.html());
        app.clock.advance(HALF_MINUTE);
        let code = now_code(app, &key);
        assert_eq!(by_code(&browser, &page, &code).await.leads_on(), "/requests");
        assert_eq!(browser.get("/requests").await.status(), 200);
        let other = Browser::new(app);
        let page = by_password(&other, "/sign_in", &email).await.shown();
        assert_eq!(by_code(&other, &page, &code).await.status(), 401);
        assert_eq!(by_code(&other, &page, "").await.status(), 401);
        // The one before is older than the one that was taken, the next one is ahead of its time and good.
        assert_eq!(by_code(&other, &page, &code_at(&key, app.desk.now() - HALF_MINUTE).unwrap()).await.status(), 401);
        assert_eq!(by_code(&other, &page, &code_at(&key, app.desk.now() + HALF_MINUTE).unwrap()).await.leads_on(), "/");
        // The way from the password to the code ends.
        let late = Browser::new(app);
        let page = by_password(&late, "/sign_in", &email).await.shown();
        app.clock.advance(301_000);
        let over = by_code(&late, &page, &now_code(app, &key)).await;
        assert!(over.status() == 401 && over.says("name=\"password\""), "{}", over.html());
    }

    a_step_is_no_way_around_the_password(app) {
        let (tina, email) = with_password(app, "Tina", true).await;
        let (key, _) = set_up(app, &Browser::of(app, tina).await).await;
        app.clock.advance(HALF_MINUTE);
        let browser = Browser::new(app);
        let page = browser.get("/sign_in").await;
        let token = page.hidden("token");
        let code = now_code(app, &key);
        let page = browser.post_as_it_is("/sign_in", &[("token", &token), ("code", &code), ("email", &email)]).await;
        assert!(page.status() == 401 && browser.cookie("frontdesk_session").is_none());
        let page = by_password(&browser, "/sign_in", &email).await.shown();
        let forged = browser.post_as_it_is("/sign_in", &[("token", "x"), ("code", &code)]).await;
        assert_eq!(forged.status(), 403);
        // Who is put out of use meanwhile does not come in.
        app.admin().put(&format!("/users/{tina}"), json!({"user": {"inactive": true}})).await.ok();
        assert_eq!(by_code(&browser, &page, &code).await.status(), 401);
        assert!(browser.cookie("frontdesk_session").is_none());
    }

    guessing_codes_is_slowed_down(app) {
        let (tina, email) = with_password(app, "Tina", true).await;
        let (key, _) = set_up(app, &Browser::of(app, tina).await).await;
        app.clock.advance(HALF_MINUTE);
        let browser = Browser::new(app);
        let page = by_password(&browser, "/sign_in", &email).await.shown();
        let mut last = 0;
        for _ in 0..6 {
            last = by_code(&browser, &page, "123456").await.status();
        }
        assert_eq!(last, 429);
        // A new browser and the right password begin no new count, and the right code waits too.
        let other = Browser::new(app);
        let page = by_password(&other, "/sign_in", &email).await.shown();
        assert_eq!(by_code(&other, &page, &now_code(app, &key)).await.status(), 429);
        app.clock.advance(2_000);
        assert_eq!(by_code(&other, &page, &now_code(app, &key)).await.leads_on(), "/");
    }

    recovery_codes_let_in_once(app) {
        let (tina, email) = with_password(app, "Tina", true).await;
        let desk = Browser::of(app, tina).await;
        let (key, recovery) = set_up(app, &desk).await;
        let browser = Browser::new(app);
        let page = by_password(&browser, "/sign_in", &email).await.shown();
        assert_eq!(by_code(&browser, &page, &recovery[3].to_uppercase()).await.leads_on(), "/");
        let other = Browser::new(app);
        let page = by_password(&other, "/sign_in", &email).await.shown();
        assert_eq!(by_code(&other, &page, &recovery[3]).await.status(), 401);
        assert!(desk.get("/me").await.shown().says("9 recovery codes left"));
        // New ones take the place of all former ones.
        app.clock.advance(HALF_MINUTE);
        assert_eq!(desk.post("/me/second_factor/recovery", &[("code", "000000")]).await.status(), 422);
        let page = desk.post("/me/second_factor/recovery", &[("code", &now_code(app, &key))]).await.shown();
        let new = codes(&page);
        assert!(new.len() == 10 && !new.contains(&recovery[0]));
        let page = by_password(&other, "/sign_in", &email).await.shown();
        assert_eq!(by_code(&other, &page, &recovery[0]).await.status(), 401);
        assert_eq!(by_code(&other, &page, &new[0]).await.leads_on(), "/");
        let other_persons = with_password(app, "Tom", true).await;
        let (_, theirs) = set_up(app, &Browser::of(app, other_persons.0).await).await;
        let third = Browser::new(app);
        let page = by_password(&third, "/sign_in", &email).await.shown();
        assert_eq!(by_code(&third, &page, &theirs[0]).await.status(), 401);
        // It is turned off by a code.
        app.clock.advance(HALF_MINUTE);
        assert_eq!(desk.post("/me/second_factor/remove", &[("code", "000000")]).await.status(), 422);
        assert_eq!(desk.post("/me/second_factor/remove", &[("code", &now_code(app, &key))]).await.leads_on(), "/me");
        assert_eq!(by_password(&Browser::new(app), "/sign_in", &email).await.leads_on(), "/");
    }

    an_administrator_resets_it(app) {
        let (tina, email) = with_password(app, "Tina", true).await;
        let browser = Browser::of(app, tina).await;
        set_up(app, &browser).await;
        let (tom, _) = app.technician("Tom").await;
        assert_eq!(Browser::of(app, tom).await.post(&format!("/users/{tina}/second_factor"), &[]).await.status(), 403);
        let admin = app.admins_browser().await;
        assert!(admin.get(&format!("/users/{tina}")).await.shown().says(&format!("/users/{tina}/second_factor")));
        admin.post(&format!("/users/{tina}/second_factor"), &[]).await.leads_on();
        assert_eq!(browser.get("/").await.leads_on(), "/sign_in", "sessions end");
        assert_eq!(by_password(&Browser::new(app), "/sign_in", &email).await.leads_on(), "/");
        let page = admin.get(&format!("/users/{tina}?tab=history")).await.shown();
        assert!(page.says("Two-step sign-in reset") && page.says("Ada Admin"), "{}", page.html());
        assert_eq!(admin.post(&format!("/users/{tina}/second_factor"), &[]).await.status(), 404, "there is none any more");
    }

    technicians_must_have_it_where_the_desk_says_so(app) {
        let (_, tech) = with_password(app, "Tina", true).await;
        let (_, asks) = with_password(app, "Rita", false).await;
        let portal = app.desk.snapshot().rows("portal").first().unwrap().id();
        let setting = json!({"portal": {"technicians_need_second_factor": true}});
        app.admin().put(&format!("/portals/{portal}"), setting).await.ok();
        assert_eq!(by_password(&Browser::new(app), "/sign_in", &asks).await.leads_on(), "/");
        let browser = Browser::new(app);
        let page = by_password(&browser, "/sign_in?next=%2Ftasks", &tech).await.shown();
        assert!(page.says("<svg class=\"qr\"") && browser.cookie("frontdesk_session").is_none(), "{}", page.html());
        assert_eq!(browser.get("/tasks").await.leads_on(), "/sign_in?next=%2Ftasks");
        let key = key(&page);
        let wrong = by_code(&browser, &page, "000000").await;
        assert!(wrong.status() == 401 && self::key(&wrong) == key, "{}", wrong.html());
        let done = by_code(&browser, &wrong, &now_code(app, &key)).await.shown();
        assert!(codes(&done).len() == 10 && done.says("href=\"/tasks\""), "{}", done.html());
        assert_eq!(browser.get("/tasks").await.status(), 200);
        // It cannot be turned off, and from now on it is asked for.
        app.clock.advance(HALF_MINUTE);
        let page = browser.post("/me/second_factor/remove", &[("code", &now_code(app, &key))]).await;
        assert_eq!(page.status(), 422);
        let page = by_password(&Browser::new(app), "/sign_in", &tech).await.shown();
        assert!(page.says("name=\"code\"") && !page.says("class=\"qr\""));
    }

    consent_asks_for_the_code_too(app) {
        let (tina, email) = with_password(app, "Tina", true).await;
        let (key, _) = set_up(app, &Browser::of(app, tina).await).await;
        app.clock.advance(HALF_MINUTE);
        let callback = "https://client.example.com/cb";
        let new = NewClient { name: "A client".into(), redirect_uris: vec![callback.into()], service: None };
        let (client, _) = app.identity.issue_client(&new, app.desk.now()).await.unwrap();
        let path = format!(
            "/oauth/v2/auth?response_type=code&client_id={}&redirect_uri={}&scope=SDPOnDemand.requests.READ&state=s",
            encoded(&client.client_id), encoded(callback)
        );
        let browser = Browser::new(app);
        let page = by_password(&browser, &path, &email).await.shown();
        assert!(page.says("name=\"code\"") && !page.says("name=\"decision\""), "{}", page.html());
        assert!(!browser.get(&path).await.says("name=\"decision\""));
        assert_eq!(by_code(&browser, &page, &now_code(app, &key)).await.leads_on(), path);
        assert!(browser.get(&path).await.shown().says("name=\"decision\""));
    }
}
