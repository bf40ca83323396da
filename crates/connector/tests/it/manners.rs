//! Storms, cut connections, slow and strange answers: nothing is lost, nothing is done twice.

use crate::support::{by_key, quick, request, requests, subjects, with_key};
use connector::{Error, ListQuery, Observer};
use futures_util::future::join_all;
use serde_json::json;
use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use testkit::{Act, Port, Seen, on_both_engines};

fn busy(seconds: &str) -> Act {
    let body = json!({"response_status": {"status_code": 4000, "messages": [{"status_code": 4015}]}});
    Act::Answer(429, vec![("Retry-After", seconds.into())], body.to_string())
}

fn is_post(seen: &Seen) -> bool {
    seen.method == "POST"
}

on_both_engines! {
    in_a_storm_of_refusals_each_request_is_added_once(app) {
        // Two of three calls are refused, in one way or another, without the desk having heard of them.
        let port = Port::with(Some(app), |n, _| match n % 6 {
            0 => busy("0"),
            1 => Act::Answer(503, vec![("Retry-After", "0".into())], "busy".into()),
            2 => Act::Answer(400, vec![], r#"{"error": "URL_ROLLING_THROTTLES_LIMIT_EXCEEDED"}"#.into()),
            3 => busy("Wed, 21 Oct 2015 07:28:00 GMT"),
            _ => Act::Pass,
        }).await;
        let mut manners = quick();
        manners.retries = 100;
        let client = with_key(&port, &app.secrets.technician_key, manners);
        let inputs: Vec<_> = (0..30).map(|n| request(&format!("Request {n:02}"))).collect();
        let made = join_all(inputs.iter().map(|input| client.post("/requests", input))).await;
        assert!(made.iter().all(Result::is_ok), "{made:?}");
        let expected: Vec<String> = (0..30).map(|n| format!("Request {n:02}")).collect();
        assert_eq!(subjects(&client).await, expected);
    }

    a_post_whose_answer_is_lost_is_told_and_not_repeated(app) {
        for act in [Act::CutAfter, Act::CutWithin, Act::CutBefore, Act::Answer(502, vec![], "<html>".into())] {
            let port = Port::with(Some(app), {
                let act = act.clone();
                move |_, seen| if is_post(seen) { act.clone() } else { Act::Pass }
            }).await;
            let client = by_key(app, &port);
            let error = client.post("/requests", &request("Once")).await.unwrap_err();
            assert!(error.is_uncertain(), "{act:?}: {error}");
            assert_eq!(port.seen().len(), 1, "{act:?}");
        }
        let port = Port::of(app).await;
        assert_eq!(subjects(&by_key(app, &port)).await, ["Once", "Once"], "those that the desk heard");
    }

    an_add_under_a_name_is_made_once_where_the_service_knows_names(app) {
        let posts = AtomicUsize::new(0);
        let port = Port::with(Some(app), move |_, seen| match posts.load(Ordering::SeqCst) {
            n if is_post(seen) => {
                posts.fetch_add(1, Ordering::SeqCst);
                [Act::CutAfter, Act::CutWithin, Act::CutBefore, Act::Answer(502, vec![], String::new()), Act::Pass][n % 5].clone()
            }
            _ => Act::Pass,
        }).await;
        let client = by_key(app, &port);
        for n in 0..5 {
            client.run("createRequest", &json!({"requestSubject": format!("Once {n}")})).await.unwrap();
        }
        assert_eq!(subjects(&client).await, ["Once 0", "Once 1", "Once 2", "Once 3", "Once 4"]);
        // Run again under its name after a crash, it adds nothing.
        let inputs = json!({"requestSubject": "Named"});
        let first = client.named("run-7-row-1").run("createRequest", &inputs).await.unwrap();
        let again = client.named("run-7-row-1").run("createRequest", &inputs).await.unwrap();
        assert_eq!(first["data"]["request"]["id"], again["data"]["request"]["id"]);
    }

    reads_and_edits_outlive_broken_connections(app) {
        let ids = requests(app, 30).await;
        let port = Port::with(Some(app), |n, _| match n % 5 {
            0 => Act::CutAfter,
            1 => Act::CutWithin,
            2 => Act::Answer(500, vec![], String::new()),
            3 => Act::CutBefore,
            _ => Act::Pass,
        }).await;
        let mut manners = quick();
        (manners.retries, manners.retry_budget) = (20, 10_000);
        let client = with_key(&port, &app.secrets.technician_key, manners);
        let mut walk = client.walk("/requests", ListQuery::new().rows(4));
        let mut seen = HashSet::new();
        while let Some(row) = walk.next().await.unwrap() {
            assert!(seen.insert(row["id"].as_str().unwrap().to_owned()));
        }
        assert_eq!(seen, ids.iter().cloned().collect());
        for id in &ids[..5] {
            client.put(&format!("/requests/{id}"), &request("Edited")).await.unwrap();
        }
    }

    a_request_whose_removal_was_not_answered_is_not_destroyed(app) {
        let ids = requests(app, 2).await;
        let port = Port::with(Some(app), |_, seen| match seen.method.as_str() {
            "DELETE" => Act::CutAfter,
            _ => Act::Pass,
        }).await;
        let client = by_key(app, &port);
        client.delete(&format!("/requests/{}", ids[0])).await.unwrap();
        // It is in the trash, from which it can come back.
        client.put(&format!("/requests/{}/restore_from_trash", ids[0]), &json!({})).await.unwrap();
        assert_eq!(port.seen().iter().filter(|s| s.method == "DELETE").count(), 1);
        // One that was not heard is sent again, after a look.
        let first = AtomicUsize::new(0);
        let port = Port::with(Some(app), move |_, seen| match seen.method.as_str() {
            "DELETE" if first.fetch_add(1, Ordering::SeqCst) == 0 => Act::CutBefore,
            _ => Act::Pass,
        }).await;
        by_key(app, &port).delete(&format!("/requests/{}", ids[1])).await.unwrap();
        let methods: Vec<String> = port.seen().into_iter().map(|s| s.method).collect();
        assert_eq!(methods, ["DELETE", "GET", "DELETE"]);
        // An operation is no removal: nothing says afterwards whether it was done.
        let port = Port::with(Some(app), |_, _| Act::CutBefore).await;
        for action in ["trashRequest", "restoreRequest", "closeRequest"] {
            let error = by_key(app, &port).run(action, &json!({"requestId": ids[0]})).await.unwrap_err();
            assert!(error.is_uncertain(), "{action}: {error}");
        }
        assert_eq!(port.seen().len(), 3);
    }
}

#[tokio::test]
async fn a_service_that_is_not_there_heard_nothing() {
    let gone = Port::with(None, |_, _| Act::Pass).await;
    let mut manners = quick();
    manners.retries = 2;
    let origin = gone.origin.clone();
    drop(gone);
    tokio::time::sleep(Duration::from_millis(20)).await;
    let connection = connector::Connection::technician_key(&origin, "key").unwrap();
    let client = connector::Client::builder(connection).manners(manners).build().unwrap();
    let error = client.post("/requests", &json!({})).await.unwrap_err();
    assert!(matches!(error, Error::Network { uncertain: false, .. }), "{error}");
    assert!(error.to_string().starts_with("POST /requests: "), "{error}");
}

#[tokio::test]
async fn everybody_waits_as_long_as_the_service_says() {
    let port =
        Port::with(None, |n, _| if n == 0 { busy("1") } else { Act::Answer(200, vec![], "{}".into()) }).await;
    let client = with_key(&port, "key", quick());
    let begin = Instant::now();
    client.get("/requests").await.unwrap();
    assert!(begin.elapsed() >= Duration::from_secs(1));
    // Longer than there is time: the refusal is told at the deadline.
    let port = Port::with(None, |_, _| busy("3600")).await;
    let mut manners = quick();
    manners.deadline = Duration::from_millis(300);
    let error = with_key(&port, "key", manners).get("/requests").await.unwrap_err();
    assert!(matches!(&error, Error::Service(e) if e.http_status == 429), "{error}");
}

#[tokio::test]
async fn deadlines_hold_against_slow_answers() {
    let app = testkit::App::start(testkit::Engine::Sqlite).await.unwrap();
    let port = Port::with(Some(&app), |_, _| Act::Late(Duration::from_secs(20))).await;
    let mut manners = quick();
    manners.deadline = Duration::from_millis(200);
    let client = with_key(&port, &app.secrets.technician_key, manners.clone());
    let error = client.post("/requests", &request("x")).await.unwrap_err();
    assert!(matches!(error, Error::Deadline { uncertain: true, .. }), "{error}");
    manners.deadline = Duration::from_secs(20);
    manners.read_timeout = Duration::from_millis(50);
    manners.retries = 2;
    let error = with_key(&port, "key", manners).get("/requests").await.unwrap_err();
    assert!(matches!(error, Error::Network { .. }), "{error}");
}

#[tokio::test]
async fn a_body_may_be_slow_and_may_not_stop() {
    let app = testkit::App::start(testkit::Engine::Sqlite).await.unwrap();
    let port = Port::with(Some(&app), |n, _| match n {
        0 => Act::Stall(Duration::from_millis(300)),
        1 => Act::Stall(Duration::from_secs(30)),
        _ => Act::Pass,
    })
    .await;
    let mut manners = quick();
    manners.read_timeout = Duration::from_secs(2);
    let client = with_key(&port, &app.secrets.technician_key, manners);
    client.get("/requests").await.unwrap();
    assert_eq!(port.seen().len(), 1, "a pause is no end");
    client.get("/requests").await.unwrap();
    assert_eq!(port.seen().len(), 3, "one that stopped is asked again");
}

#[tokio::test]
async fn no_more_calls_at_once_than_allowed() {
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let app = testkit::App::start(testkit::Engine::Sqlite).await.unwrap();
    let (begun, top) = (now.clone(), most.clone());
    let port = Port::with(Some(&app), move |_, _| {
        top.fetch_max(begun.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        Act::Late(Duration::from_millis(20))
    })
    .await;
    let mut manners = quick();
    manners.concurrency = 3;
    let connection =
        connector::Connection::technician_key(&port.origin, app.secrets.technician_key.as_str()).unwrap();
    let ended = now.clone();
    let client = connector::Client::builder(connection)
        .manners(manners)
        .observer(Observer::new(move |_| {
            ended.fetch_sub(1, Ordering::SeqCst);
        }))
        .build()
        .unwrap();
    let results = join_all((0..30).map(|_| client.get("/requests"))).await;
    assert!(results.iter().all(Result::is_ok));
    assert_eq!(most.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn answers_of_the_wrong_kind_are_errors_and_never_successes() {
    for (status, body) in [
        (200, "<html>Sign in</html>"),
        (200, ""),
        (200, "{\"requests\": "),
        (200, r#"{"response_status": {"status": "failed", "status_code": 4000}}"#),
        (200, r#"{"response_status": [{"status": "failed"}]}"#),
        (
            200,
            r#"{"response_status": {"status": "warning", "status_code": 3000, "messages": [{"status_code": 4003}]}}"#,
        ),
        (302, ""),
        (404, "<html>"),
        (418, r#"{"response_status": "odd"}"#),
    ] {
        let port = Port::with(None, move |_, _| {
            Act::Answer(status, vec![("Location", "http://192.0.2.1/".into())], body.into())
        })
        .await;
        let error = with_key(&port, "key", quick()).get("/requests").await.expect_err(body);
        match (&error, status) {
            (Error::Answer { .. }, 200 | 302) => {}
            (Error::Service(said), _) => assert_eq!(said.http_status, status),
            _ => panic!("{body}: {error}"),
        }
    }
    let port = Port::with(None, |_, _| Act::Answer(200, vec![], "x".repeat(5000))).await;
    let mut manners = quick();
    manners.answer_bytes_max = 1000;
    let error = with_key(&port, "key", manners).get("/requests").await.unwrap_err();
    assert!(error.to_string().contains("more than 1000 bytes"), "{error}");
}

#[tokio::test]
async fn the_debug_mode_shows_each_try_and_no_secret() {
    let port =
        Port::with(None, |n, _| if n == 0 { busy("0") } else { Act::Answer(200, vec![], "{}".into()) }).await;
    let shown = Arc::new(Mutex::new(String::new()));
    let to = shown.clone();
    let connection = connector::Connection::technician_key(&port.origin, "hush").unwrap();
    let client = connector::Client::builder(connection)
        .observer(Observer::new(move |exchange| to.lock().unwrap().push_str(&format!("{exchange}\n"))))
        .build()
        .unwrap();
    client.post("/requests", &request("Printer")).await.unwrap();
    let shown = shown.lock().unwrap();
    assert!(shown.contains("> authtoken: ***") && !shown.contains("hush"), "{shown}");
    assert!(shown.contains("POST http://127.0.0.1:") && shown.contains("(try 2)"), "{shown}");
    assert!(shown.contains(r#"input_data={"request":{"subject":"Printer"}}"#), "{shown}");
}
