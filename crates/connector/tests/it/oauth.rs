//! Consent, codes and tokens against a real desk, and token endpoints that fail.

use crate::support::{oauth, quick};
use connector::{Client, Connection, Error, FileTokens, Loopback, MemoryTokens, Observer, TokenStore};
use desk::identity::NewClient;
use futures_util::future::join_all;
use serde_json::json;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use testkit::{Act, App, Port, Reply, encoded, on_both_engines};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

fn form(pairs: &[(&str, &str)]) -> String {
    pairs.iter().map(|(n, v)| format!("{n}={}", encoded(v))).collect::<Vec<_>>().join("&")
}

fn cookie(reply: &Reply) -> String {
    let value = reply.headers["set-cookie"].to_str().unwrap();
    value.split(';').next().unwrap().to_owned()
}

fn hidden(reply: &Reply) -> String {
    let html = String::from_utf8_lossy(&reply.bytes).into_owned();
    html.split("name=\"token\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
}

/// What the browser of somebody who signs in and says yes or no does; gives where it is sent in the end.
async fn browse(app: &App, query: &str, decision: &str) -> String {
    const FORM: (&str, &str) = ("Content-Type", "application/x-www-form-urlencoded");
    let nobody = app.nobody();
    let page = nobody.send("GET", &format!("/oauth/v2/auth?{query}"), &[], "").await;
    assert_eq!(page.status, 200, "{}", String::from_utf8_lossy(&page.bytes));
    let input = form(&[
        ("token", &hidden(&page)),
        ("email", "ada.admin@example.com"),
        ("password", &app.admin_password),
    ]);
    let path = format!("/oauth/v2/auth/sign_in?{query}");
    let signed = nobody.send("POST", &path, &[FORM, ("Cookie", &cookie(&page))], input).await;
    let session = cookie(&signed);
    let page =
        nobody.send("GET", signed.headers["location"].to_str().unwrap(), &[("Cookie", &session)], "").await;
    let input = form(&[("token", &hidden(&page)), ("decision", decision)]);
    let path = format!("/oauth/v2/auth/decide?{query}");
    let done = nobody.send("POST", &path, &[FORM, ("Cookie", &session)], input).await;
    done.headers["location"].to_str().unwrap().to_owned()
}

/// The browser calls the loopback address; gives the page that it shows.
async fn call_back(location: &str) -> String {
    let rest = location.strip_prefix("http://").unwrap();
    let (host, target) = rest.split_once('/').unwrap();
    let mut stream = tokio::net::TcpStream::connect(host).await.unwrap();
    stream.write_all(format!("GET /{target} HTTP/1.1\r\nHost: {host}\r\n\r\n").as_bytes()).await.unwrap();
    let mut page = String::new();
    stream.read_to_string(&mut page).await.unwrap();
    page
}

on_both_engines! {
    a_person_consents_in_the_browser(app) {
        let port = Port::of(app).await;
        for decision in ["accept", "reject"] {
            let loopback = Loopback::bind(0).await.unwrap();
            let new = NewClient { name: "CLI".into(), redirect_uris: vec![loopback.uri()], service: None };
            let (id, secret) = app.identity.issue_client(&new, testkit::START).await.unwrap();
            let connection = Connection::oauth(&port.origin, &id.client_id, secret).unwrap()
                .with_scopes(connector::EVERY_SCOPE);
            let client = Client::new(connection).unwrap();
            let unknown = client.get("/requests").await.unwrap_err();
            assert!(matches!(unknown, Error::NotAuthenticated(_)), "{unknown}");
            let consent = client.begin_consent(loopback).unwrap();
            let query = consent.url.query().unwrap().to_owned();
            assert!(query.contains("access_type=offline") && query.contains("code_challenge_method=S256"));
            let finishing = client.finish_consent(consent);
            let browser = async {
                let location = browse(app, &query, decision).await;
                // A stranger's call with another state changes nothing.
                let forged = call_back(&location.replace("state=", "state=x")).await;
                assert!(forged.starts_with("HTTP/1.1 404"), "{forged}");
                call_back(&location).await
            };
            let (finished, page) = tokio::join!(finishing, browser);
            assert!(page.starts_with("HTTP/1.1 200"), "{page}");
            if decision == "accept" {
                finished.unwrap();
                client.get("/requests").await.unwrap();
            } else {
                assert!(matches!(finished.unwrap_err(), Error::OAuth { code, .. } if code == "access_denied"));
            }
        }
    }

    a_self_clients_code_gives_tokens_that_are_kept(app) {
        let port = Port::of(app).await;
        let s = &app.secrets;
        let user = app.identity.refresh_tokens().await.unwrap()[0].user;
        let scopes = desk::Scopes::parse("SDPOnDemand.requests.ALL").unwrap();
        let code = app.identity
            .issue_self_client_code(&s.client_id, user, scopes, 5, "", testkit::START).await.unwrap();
        let dir = tempfile::tempdir().unwrap();
        let connection = Connection::oauth(&port.origin, &s.client_id, s.client_secret.as_str()).unwrap();
        let client = |c: &Connection| {
            Client::builder(c.clone()).tokens(FileTokens::at(dir.path().join("t.json"))).build().unwrap()
        };
        client(&connection).accept_code(&code.as_str().into()).await.unwrap();
        let calls = port.seen().len();
        client(&connection).get("/requests").await.unwrap();
        assert_eq!(port.seen().len(), calls + 1, "the token of the file is good for another process");
        let scope = client(&connection).get("/assets").await.unwrap_err();
        assert!(scope.service().is_some(), "{scope}");
        let again = client(&connection).accept_code(&code.as_str().into()).await.unwrap_err();
        assert!(matches!(again, Error::OAuth { code, .. } if code == "invalid_code"));
    }

    tokens_are_renewed_once_for_many_callers(app) {
        let port = Port::of(app).await;
        let store = Arc::new(Mutex::new(0));
        let looks = store.clone();
        let client = Client::builder(oauth(app, &port))
            .observer(Observer::new(move |_| *looks.lock().unwrap() += 1))
            .manners(quick())
            .build()
            .unwrap();
        let results = join_all((0..20).map(|_| client.get("/requests"))).await;
        assert!(results.iter().all(Result::is_ok), "{results:?}");
        let tokens = || port.seen().iter().filter(|s| s.uri.path() == "/oauth/v2/token").count();
        assert_eq!(tokens(), 1);
        // All of them find out at once that the token is none any more.
        app.clock.advance(3_700_000);
        let results = join_all((0..20).map(|_| client.get("/requests"))).await;
        assert!(results.iter().all(Result::is_ok), "{results:?}");
        assert_eq!(tokens(), 2);
        assert_eq!(*store.lock().unwrap(), port.seen().len());
    }
}

fn token(text: &str, seconds: f64) -> Act {
    let body = json!({"access_token": text, "expires_in": seconds, "token_type": "Bearer"});
    Act::Answer(200, vec![], body.to_string())
}

fn empty() -> Act {
    Act::Answer(200, vec![], json!({"requests": []}).to_string())
}

fn client(port: &Port) -> Client {
    let connection = Connection::oauth(&port.origin, "id", "hush").unwrap().with_refresh_token("hush");
    Client::builder(connection).manners(quick()).build().unwrap()
}

#[tokio::test]
async fn tokens_that_expire_in_the_middle_are_replaced_and_posts_are_sent_once() {
    // Each token is good for three calls, whatever it says.
    let (given, used) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let port = Port::with(None, move |_, seen| {
        if seen.uri.path() == "/oauth/v2/token" {
            used.store(0, Ordering::SeqCst);
            return token(&format!("t{}", given.fetch_add(1, Ordering::SeqCst)), 3600.0);
        }
        if used.fetch_add(1, Ordering::SeqCst) >= 3 {
            return Act::Answer(
                401,
                vec![],
                json!({"response_status": {"messages": [{"message": "UNAUTHORISED"}]}}).to_string(),
            );
        }
        empty()
    })
    .await;
    let client = client(&port);
    for _ in 0..20 {
        client.post("/requests", &json!({})).await.unwrap();
    }
    let done = port.seen().iter().filter(|s| s.uri.path().ends_with("/requests")).count();
    assert_eq!(done, 20 + 6, "20 done, 6 turned away");
}

#[tokio::test]
async fn programs_that_share_a_file_of_tokens_renew_it_once() {
    let port = Port::with(None, |n, seen| match seen.uri.path() {
        "/oauth/v2/token" => token(&format!("t{n}"), 3600.0),
        _ => empty(),
    })
    .await;
    let dir = tempfile::tempdir().unwrap();
    let connection = Connection::oauth(&port.origin, "id", "hush").unwrap().with_refresh_token("hush");
    let program = || {
        let tokens = FileTokens::at(dir.path().join("t.json"));
        Client::builder(connection.clone()).tokens(tokens).manners(quick()).build().unwrap()
    };
    let programs: Vec<Client> = (0..8).map(|_| program()).collect();
    let results = join_all(programs.iter().map(|client| client.get("/requests"))).await;
    assert!(results.iter().all(Result::is_ok), "{results:?}");
    assert_eq!(port.seen().iter().filter(|s| s.uri.path() == "/oauth/v2/token").count(), 1);
}

#[tokio::test]
async fn a_short_token_is_renewed_before_it_ends() {
    let port = Port::with(None, |n, seen| {
        if seen.uri.path() == "/oauth/v2/token" { token(&format!("t{n}"), 1.0) } else { empty() }
    })
    .await;
    let client = client(&port);
    client.get("/requests").await.unwrap();
    client.get("/requests").await.unwrap();
    assert_eq!(port.seen().len(), 3);
    tokio::time::sleep(std::time::Duration::from_millis(950)).await;
    client.get("/requests").await.unwrap();
    assert_eq!(port.seen().len(), 5);
}

#[tokio::test]
async fn refusals_of_the_token_endpoint_are_told_and_its_failures_outlived() {
    for (status, word) in [(200, "invalid_client"), (400, "invalid_scope")] {
        let port =
            Port::with(None, move |_, _| Act::Answer(status, vec![], json!({"error": word}).to_string()))
                .await;
        let error = client(&port).get("/requests").await.unwrap_err();
        assert!(matches!(&error, Error::OAuth { code, .. } if code == word), "{error}");
        assert_eq!(port.seen().len(), 1);
    }
    let gone = Port::with(None, |_, _| Act::Answer(200, vec![], r#"{"error":"invalid_code"}"#.into())).await;
    assert!(matches!(client(&gone).get("/x").await.unwrap_err(), Error::NotAuthenticated(_)));
    let busy = Port::with(None, |n, seen| match (n, seen.uri.path()) {
        (0, _) => Act::CutAfter,
        (1, _) => Act::Answer(502, vec![], String::new()),
        (2, _) => Act::Answer(
            400,
            vec![],
            json!({"error": "Access Denied",
            "error_description": "You have made too many requests continuously."})
            .to_string(),
        ),
        (_, "/oauth/v2/token") => token("t", 3600.0),
        _ => empty(),
    })
    .await;
    client(&busy).get("/requests").await.unwrap();
    for strange in ["", "[]", "<html>", r#"{"access_token": 5}"#] {
        let port = Port::with(None, move |_, _| Act::Answer(200, vec![], strange.into())).await;
        let error = client(&port).get("/requests").await.unwrap_err();
        assert!(matches!(error, Error::Answer { .. }), "{strange}: {error}");
    }
}

#[tokio::test]
async fn a_new_refresh_token_is_kept_and_the_connections_own_is_tried_when_it_fails() {
    let port = Port::with(None, |_, seen| match (seen.uri.path(), seen.param("refresh_token").as_deref()) {
        ("/oauth/v2/token", Some("hush")) => Act::Answer(
            200,
            vec![],
            json!({"access_token": "a", "refresh_token": "new", "expires_in": "3600"}).to_string(),
        ),
        ("/oauth/v2/token", _) => Act::Answer(200, vec![], r#"{"error":"invalid_code"}"#.into()),
        (_, _) if seen.headers["authorization"] == "Zoho-oauthtoken a" => empty(),
        _ => Act::Answer(401, vec![], String::new()),
    })
    .await;
    let store = Arc::new(MemoryTokens::default());
    let connection = Connection::oauth(&port.origin, "id", "hush").unwrap().with_refresh_token("hush");
    let build = || Client::builder(connection.clone()).tokens(Shared(store.clone())).build().unwrap();
    build().get("/requests").await.unwrap();
    let kept = store.load().await.unwrap().unwrap();
    assert_eq!(kept.refresh_token.unwrap().expose(), "new");
    store
        .save(&connector::TokenSet {
            expires_at_ms: 0,
            refresh_token: Some("new".into()),
            ..store.load().await.unwrap().unwrap()
        })
        .await
        .unwrap();
    build().get("/requests").await.unwrap();
}

#[derive(Debug)]
struct Shared(Arc<MemoryTokens>);

impl TokenStore for Shared {
    fn load(&self) -> futures_util::future::BoxFuture<'_, connector::Result<Option<connector::TokenSet>>> {
        self.0.load()
    }
    fn save<'a>(
        &'a self,
        set: &'a connector::TokenSet,
    ) -> futures_util::future::BoxFuture<'a, connector::Result<()>> {
        self.0.save(set)
    }
}
