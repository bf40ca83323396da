//! `/oauth/v2`: consent, tokens, revocation (conventions.md section 2, wire-facts.md section 4).

use desk::identity::NewClient;
use serde_json::{Value as Json, json};
use testkit::{App, Client, Reply, encoded, on_both_engines};

const FORM: (&str, &str) = ("Content-Type", "application/x-www-form-urlencoded");
const CALLBACK: &str = "https://client.example.com/cb";

fn form(pairs: &[(&str, &str)]) -> String {
    pairs.iter().map(|(n, v)| format!("{n}={}", encoded(v))).collect::<Vec<_>>().join("&")
}

async fn token(app: &App, pairs: &[(&str, &str)]) -> Json {
    let reply = app.nobody().send("POST", "/oauth/v2/token", &[FORM], form(pairs)).await;
    assert_eq!(reply.status, 200, "{:?}", reply.json());
    reply.json()
}

fn cookie(reply: &Reply, name: &str) -> String {
    let found = reply.headers.get_all("set-cookie").iter().filter_map(|v| v.to_str().ok());
    let found = found.filter_map(|v| v.split(';').next()).find(|v| v.starts_with(&format!("{name}=")));
    found.unwrap_or_else(|| panic!("no cookie {name}")).to_owned()
}

fn hidden(reply: &Reply) -> String {
    let html = String::from_utf8_lossy(&reply.bytes).into_owned();
    html.split("name=\"token\" value=\"").nth(1).and_then(|h| h.split('"').next()).expect("a form").to_owned()
}

/// Signs the administrator in and says yes; gives the address that the browser is sent back to.
async fn consent(app: &App, query: &str, decision: &str) -> String {
    let nobody = app.nobody();
    let page = nobody.send("GET", &format!("/oauth/v2/auth?{query}"), &[], "").await;
    assert_eq!(page.status, 200, "{}", String::from_utf8_lossy(&page.bytes));
    assert!(page.headers["content-security-policy"].to_str().unwrap().contains("default-src 'none'"));
    let visit = cookie(&page, "frontdesk_visit");
    let input = form(&[
        ("token", &hidden(&page)),
        ("email", "ada.admin@example.com"),
        ("password", &app.admin_password),
    ]);
    let path = format!("/oauth/v2/auth/sign_in?{query}");
    let signed = nobody.send("POST", &path, &[FORM, ("Cookie", &visit)], input).await;
    assert_eq!(signed.status, 303, "{}", String::from_utf8_lossy(&signed.bytes));
    let session = cookie(&signed, "frontdesk_session");
    let page =
        nobody.send("GET", signed.headers["location"].to_str().unwrap(), &[("Cookie", &session)], "").await;
    assert!(String::from_utf8_lossy(&page.bytes).contains("Accept"));
    // Without the form's own token nothing is decided.
    let path = format!("/oauth/v2/auth/decide?{query}");
    let forged = nobody.send("POST", &path, &[FORM, ("Cookie", &session)], "decision=accept&token=x").await;
    assert_eq!(forged.status, 200);
    let input = form(&[("token", &hidden(&page)), ("decision", decision)]);
    let done = nobody.send("POST", &path, &[FORM, ("Cookie", &session)], input).await;
    assert_eq!(done.status, 303);
    done.headers["location"].to_str().unwrap().to_owned()
}

async fn server_client(app: &App) -> (String, String) {
    let new =
        NewClient { name: "A <b>client</b>".into(), redirect_uris: vec![CALLBACK.into()], service: None };
    let (client, secret) = app.identity.issue_client(&new, testkit::START).await.unwrap();
    (client.client_id, secret)
}

fn parameter(uri: &str, name: &str) -> Option<String> {
    uri.split(['?', '&']).find_map(|p| p.strip_prefix(&format!("{name}="))).map(str::to_owned)
}

on_both_engines! {
    a_refresh_token_gives_access_tokens(app) {
        let s = &app.secrets;
        let pairs = [("grant_type", "refresh_token"), ("refresh_token", &s.refresh_token), ("client_id", &s.client_id),
            ("client_secret", &s.client_secret), ("scope", "SDPOnDemand.requests.ALL"), ("redirect_uri", "https://x.example.com")];
        let first = token(app, &pairs).await;
        assert_eq!(first["token_type"], "Bearer");
        assert_eq!(first["expires_in"], json!(3600));
        assert!(first["scope"].as_str().unwrap().contains("SDPOnDemand.requests.ALL SDPOnDemand."));
        assert_eq!(first.get("refresh_token"), None);
        // In the query with an empty body, and without a Content-Type.
        let query = format!("/oauth/v2/token?{}", form(&pairs));
        let second = app.nobody().send("POST", &query, &[], "").await.json();
        for given in [&first, &second] {
            let access = given["access_token"].as_str().unwrap();
            Client::with_token(app, access).get("/requests").await.ok();
            let bearer = Client::new(app, vec![("authorization".into(), format!("BEARER {access}"))]);
            bearer.get("/requests").await.ok();
        }
        app.clock.advance(3_600_000);
        Client::with_token(app, first["access_token"].as_str().unwrap()).get("/requests").await.refused(401, 4002, "-");
    }

    refusals_are_200_with_an_error(app) {
        let s = &app.secrets;
        let (id, secret, refresh) = (s.client_id.as_str(), s.client_secret.as_str(), s.refresh_token.as_str());
        for (pairs, error) in [
            (vec![("grant_type", "refresh_token"), ("refresh_token", "1000.x.y"), ("client_id", id), ("client_secret", secret)], "invalid_code"),
            (vec![("grant_type", "refresh_token"), ("refresh_token", refresh), ("client_id", id), ("client_secret", "x")], "invalid_client"),
            (vec![("grant_type", "refresh_token"), ("refresh_token", refresh), ("client_id", "x"), ("client_secret", secret)], "invalid_client"),
            (vec![("grant_type", "authorization_code"), ("code", "x"), ("client_id", id), ("client_secret", secret)], "invalid_code"),
            (vec![("grant_type", "client_credentials"), ("client_id", id), ("client_secret", secret), ("scope", "SDPOnDemand.admin.ALL")], "invalid_scope"),
            (vec![("grant_type", "password")], "unsupported_grant_type"),
            (vec![], "unsupported_grant_type"),
        ] {
            assert_eq!(token(app, &pairs).await["error"], error, "{pairs:?}");
        }
        let wrong = app.nobody().send("GET", "/oauth/v2/token", &[], "").await;
        assert_eq!((wrong.status.as_u16(), wrong.json()["error"].clone()), (405, json!("invalid_request")));
    }

    nobody_sends_more_parameters_than_there_are(app) {
        let (few, many, long) = (vec!["a"; 100].join("&"), vec!["a"; 101].join("&"), "a".repeat(64 * 1024 + 1));
        for path in ["/oauth/v2/token", "/oauth/v2/token/revoke"] {
            for (query, body, status) in [("", &few, 200), ("", &many, 413), (&many, &few, 413), ("", &long, 413)] {
                let reply = app.nobody().send("POST", &format!("{path}?{query}"), &[FORM], body.clone()).await;
                assert_eq!(reply.status, status, "{path} {} {}", query.len(), body.len());
                assert_eq!(reply.json()["error"] == "general_error", status == 413, "{}", reply.json());
            }
        }
    }

    a_self_client_acts_on_its_own_and_with_codes(app) {
        let s = &app.secrets;
        let credentials = [("client_id", s.client_id.as_str()), ("client_secret", s.client_secret.as_str())];
        let own = token(app, &[&[("grant_type", "client_credentials"), ("scope", "SDPOnDemand.requests.READ")], &credentials[..]].concat()).await;
        let client = Client::with_token(app, own["access_token"].as_str().unwrap());
        client.get("/requests").await.ok();
        assert_eq!(client.post("/requests", json!({"request": {"subject": "x"}})).await.status, 401);
        let scopes = desk::Scopes::parse("SDPOnDemand.requests.ALL").unwrap();
        let code = app.identity.issue_self_client_code(&s.client_id, desk::shipped::ADMINISTRATOR, scopes, 10, "", testkit::START).await.unwrap();
        let pairs = [&[("grant_type", "authorization_code"), ("code", code.as_str())], &credentials[..]].concat();
        let given = token(app, &pairs).await;
        let (access, refresh) = (given["access_token"].as_str().unwrap(), given["refresh_token"].as_str().unwrap());
        Client::with_token(app, access).get("/requests").await.ok();
        // A second use of the code takes back what the first gave.
        assert_eq!(token(app, &pairs).await["error"], "invalid_code");
        assert_eq!(Client::with_token(app, access).get("/requests").await.status, 401);
        let pairs = [&[("grant_type", "refresh_token"), ("refresh_token", refresh)], &credentials[..]].concat();
        assert_eq!(token(app, &pairs).await["error"], "invalid_code");
    }

    consent_leads_back_with_a_code(app) {
        let (id, secret) = server_client(app).await;
        let verifier = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJK";
        let challenge = "dYnyvJLqEC86rRSbSAtWrEq4nkypwq68nqQVOdlFDzI";
        let query = form(&[("response_type", "code"), ("client_id", &id), ("redirect_uri", CALLBACK), ("state", "s/1"),
            ("scope", "SDPOnDemand.requests.READ,SDPOnDemand.setup.READ"), ("access_type", "offline"), ("prompt", "consent"),
            ("code_challenge", verifier), ("code_challenge_method", "plain")]);
        let back = consent(app, &query, "accept").await;
        assert!(back.starts_with(&format!("{CALLBACK}?code=1000.")), "{back}");
        assert_eq!(parameter(&back, "location").as_deref(), Some("us"));
        assert_eq!(parameter(&back, "accounts-server").as_deref(), Some("http%3A%2F%2Fdesk.example.com"));
        assert_eq!(parameter(&back, "state").as_deref(), Some("s%2F1"));
        let code = parameter(&back, "code").unwrap();
        let base = [("grant_type", "authorization_code"), ("client_id", id.as_str()), ("client_secret", secret.as_str()), ("code", code.as_str())];
        let with = |extra: &[(&'static str, &'static str)]| [&base[..], extra].concat();
        assert_eq!(token(app, &with(&[])).await["error"], "invalid_code");
        assert_eq!(token(app, &with(&[("code_verifier", challenge)])).await["error"], "invalid_code");
        assert_eq!(token(app, &with(&[("code_verifier", verifier), ("redirect_uri", "https://client.example.com/other")])).await["error"], "invalid_redirect_uri");
        let given = token(app, &with(&[("code_verifier", verifier), ("redirect_uri", CALLBACK)])).await;
        assert_eq!(given["scope"], "SDPOnDemand.requests.READ SDPOnDemand.setup.READ");
        assert!(given["refresh_token"].is_string());
        let denied = consent(app, &query, "deny").await;
        assert_eq!(denied, format!("{CALLBACK}?error=access_denied&state=s%2F1"));
    }

    nobody_is_led_astray(app) {
        let (id, _) = server_client(app).await;
        let ask = async |redirect: &str, extra: &[(&str, &str)]| {
            let mut pairs = vec![("response_type", "code"), ("client_id", id.as_str()), ("redirect_uri", redirect), ("scope", "SDPOnDemand.requests.READ")];
            pairs.retain(|(n, _)| !extra.iter().any(|(e, _)| e == n));
            pairs.extend(extra);
            app.nobody().send("GET", &format!("/oauth/v2/auth?{}", form(&pairs)), &[], "").await
        };
        for astray in ["https://client.example.com/cb/", "https://client.example.com/cb?x", "https://evil.example.com/cb", "http://client.example.com/cb", ""] {
            let page = ask(astray, &[]).await;
            assert_eq!(page.status, 400, "{astray}");
            assert_eq!(page.headers.get("location"), None);
        }
        for (extra, error) in [
            (("scope", "SDPOnDemand.admin.ALL"), "invalid_scope"),
            (("scope", ""), "invalid_scope"),
            (("response_type", "token"), "unsupported_response_type"),
            (("code_challenge", "short"), "invalid_request"),
        ] {
            let back = ask(CALLBACK, &[extra]).await;
            assert_eq!(back.headers["location"].to_str().unwrap(), format!("{CALLBACK}?error={error}"));
        }
        let page = ask(CALLBACK, &[("state", "\"><script>alert(1)</script>")]).await;
        let html = String::from_utf8_lossy(&page.bytes).into_owned();
        assert!(!html.contains("<script") && !html.contains("<b>client</b>"), "{html}");
        assert!(page.headers["content-security-policy"].to_str().unwrap().contains("frame-ancestors 'none'"));
        // A wrong password says no more than that, and guessing is slowed down.
        let visit = cookie(&page, "frontdesk_visit");
        let query = form(&[("response_type", "code"), ("client_id", &id), ("redirect_uri", CALLBACK), ("scope", "SDPOnDemand.requests.READ")]);
        let mut statuses = Vec::new();
        for _ in 0..8 {
            let input = form(&[("token", &hidden(&page)), ("email", "ada.admin@example.com"), ("password", "wrong")]);
            let reply = app.nobody().send("POST", &format!("/oauth/v2/auth/sign_in?{query}"), &[FORM, ("Cookie", &visit)], input).await;
            statuses.push(reply.status.as_u16());
        }
        assert_eq!((statuses.first(), statuses.last()), (Some(&401), Some(&429)), "{statuses:?}");
    }

    revoking_takes_effect(app) {
        let s = &app.secrets;
        let pairs = [("grant_type", "refresh_token"), ("refresh_token", s.refresh_token.as_str()), ("client_id", s.client_id.as_str()),
            ("client_secret", s.client_secret.as_str())];
        let access = token(app, &pairs).await["access_token"].as_str().unwrap().to_owned();
        let client = Client::with_token(app, &access);
        client.get("/requests").await.ok();
        let body = form(&[("token", &s.refresh_token)]);
        let done = app.nobody().send("POST", "/oauth/v2/token/revoke", &[FORM], body).await;
        assert_eq!(done.json(), json!({"status": "success"}));
        client.get("/requests").await.refused(401, 4002, "-");
        assert_eq!(token(app, &pairs).await["error"], "invalid_code");
    }
}
