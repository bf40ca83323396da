//! What people keep of themselves.

use desk::Scopes;
use desk::identity::{Approval, Client, Exchange, NewClient};
use model::Id;
use testkit::{App, Browser, on_both_engines};

const CALLBACK: &str = "https://client.example.com/cb";

/// A client, and its secret; without a redirect URI a self client.
async fn client(app: &App, name: &str, redirect_uris: &[&str]) -> (Client, String) {
    let redirect_uris = redirect_uris.iter().map(|uri| (*uri).to_owned()).collect();
    let new = NewClient { name: name.to_owned(), redirect_uris, service: None };
    app.identity.issue_client(&new, app.desk.now()).await.unwrap()
}

/// The access token that a client gets for somebody, with a refresh token where it wants one.
async fn let_in(
    app: &App,
    (client, secret): &(Client, String),
    user: Id,
    offline: bool,
) -> (String, Option<String>) {
    let (now, scopes) = (app.desk.now(), Scopes::parse("SDPOnDemand.requests.READ").unwrap());
    let code = match client.redirect_uris.first() {
        Some(redirect_uri) => {
            let approval = Approval { client, user, scopes, redirect_uri, offline, challenge: None };
            app.identity.authorize(&approval, now).await.unwrap()
        }
        None => {
            app.identity.issue_self_client_code(&client.client_id, user, scopes, 10, "", now).await.unwrap()
        }
    };
    let exchange = Exchange {
        client_id: &client.client_id,
        client_secret: secret,
        code: &code,
        redirect_uri: client.redirect_uris.first().map(String::as_str),
        code_verifier: None,
    };
    let tokens = app.identity.exchange(&exchange, now).await.unwrap();
    (tokens.access_token, tokens.refresh_token)
}

async fn works(app: &App, token: &str) -> bool {
    app.identity.verify_access_token(token, app.desk.now()).await.unwrap().is_some()
}

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

    applications_are_listed_and_ended(app) {
        let (rita, _) = app.requester("Rita").await;
        let (mail, chat, sync) =
            (client(app, "Mail <b>", &[CALLBACK]).await, client(app, "Chat", &[CALLBACK]).await, client(app, "Sync", &[]).await);
        let browser = Browser::of(app, rita).await;
        assert!(browser.get("/me").await.shown().says("No application acts for you."));
        let (for_mail, refresh) = let_in(app, &mail, rita, true).await;
        let (for_an_hour, _) = let_in(app, &chat, rita, false).await;
        let (for_sync, _) = let_in(app, &sync, rita, true).await;
        let page = browser.get("/me").await.shown();
        assert_eq!(page.html().matches("name=\"application\"").count(), 3, "{}", page.html());
        for words in ["Mail &#60;b&#62;", "Chat", "Sync", "Given by an administrator", "worklogs and approvals: read"] {
            assert!(page.says(words), "{words}: {}", page.html());
        }
        assert!(page.says("name=\"ends_applications\""), "{}", page.html());
        app.identity.refresh(&mail.0.client_id, &mail.1, &refresh.clone().unwrap(), app.desk.now()).await.unwrap();
        // Nobody ends somebody else's, nor what there is not.
        let ada = app.admins_browser().await;
        let id = mail.0.id.to_string();
        for nothing in [id.as_str(), "1", "nonsense"] {
            ada.post("/me/applications/end", &[("application", nothing)]).await.leads_on();
        }
        assert!(works(app, &for_mail).await);
        browser.post("/me/applications/end", &[("application", &id)]).await.leads_on();
        assert!(!works(app, &for_mail).await && works(app, &for_an_hour).await && works(app, &for_sync).await);
        assert!(app.identity.refresh(&mail.0.client_id, &mail.1, &refresh.unwrap(), app.desk.now()).await.is_err());
        for ended in [&chat, &sync] {
            browser.post("/me/applications/end", &[("application", &ended.0.id.to_string())]).await.leads_on();
        }
        assert!(!works(app, &for_an_hour).await && !works(app, &for_sync).await);
        let page = browser.get("/me").await;
        assert!(page.says("No application acts for you.") && !page.says("ends_applications"), "{}", page.html());
        let told = app.admin().get(&format!("/users/{rita}/_history")).await.ok().to_string();
        assert_eq!(told.matches("REFRESH_TOKEN_REVOKED").count(), 3, "{told}");
    }

    what_was_agreed_to_ends_with_the_password(app) {
        let (rita, _) = app.requester("Rita").await;
        let (tom, _) = app.requester("Tom").await;
        app.identity.set_password(rita, "the first one").await.unwrap();
        let (mail, sync) = (client(app, "Mail", &[CALLBACK]).await, client(app, "Sync", &[]).await);
        let (tokens_of_tom, _) = let_in(app, &mail, tom, true).await;
        let (for_sync, _) = let_in(app, &sync, rita, true).await;
        let browser = Browser::of(app, rita).await;
        let change = async |current: &str, new: &str, more: &[(&str, &str)]| {
            let fields = [("current_password", current), ("password", new), ("password_again", new)];
            browser.post("/me/password", &[&fields[..], more].concat()).await
        };
        let refreshes = async |token: &Option<String>| {
            app.identity.refresh(&mail.0.client_id, &mail.1, token.as_ref().unwrap(), app.desk.now()).await.is_ok()
        };
        let (access, refresh) = let_in(app, &mail, rita, true).await;
        assert_eq!(change("wrong", "the second one", &[]).await.status(), 422);
        assert!(works(app, &access).await, "nothing was changed");
        change("the first one", "the second one", &[("ends_applications", "false")]).await.leads_on();
        assert!(works(app, &access).await && refreshes(&refresh).await, "as was wished");
        change("the second one", "the third one", &[("ends_applications", "false"), ("ends_applications", "true")]).await.leads_on();
        assert!(!works(app, &access).await && !refreshes(&refresh).await);

        let (access, refresh) = let_in(app, &mail, rita, true).await;
        // One that is on its way ends as well.
        let scopes = Scopes::parse("SDPOnDemand.requests.READ").unwrap();
        let approval = Approval { client: &mail.0, user: rita, scopes, redirect_uri: CALLBACK, offline: true, challenge: None };
        let code = app.identity.authorize(&approval, app.desk.now()).await.unwrap();
        app.admins_browser().await.post(&format!("/users/{rita}/password"), &[]).await.shown();
        assert!(!works(app, &access).await && !refreshes(&refresh).await);
        let exchange = Exchange { client_id: &mail.0.client_id, client_secret: &mail.1, code: &code, redirect_uri: Some(CALLBACK), code_verifier: None };
        assert!(app.identity.exchange(&exchange, app.desk.now()).await.is_err());
        // Not what an administrator gave, nor what others agreed to.
        assert!(works(app, &for_sync).await && works(app, &tokens_of_tom).await);
        let told = app.admin().get(&format!("/users/{rita}/_history")).await.ok().to_string();
        assert_eq!(told.matches("REFRESH_TOKEN_REVOKED").count(), 2, "{told}");
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
