//! A source that misbehaves, and runs that are killed.

use crate::support::{differences, furnished, migration, quick};
use connector::{Client, Connection};
use migrate::MigrateError;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use testkit::{Act, App, Port, on_both_engines};

/// So many requests the desk has that is copied.
const REQUESTS: u64 = 2_000;

/// What goes wrong with the nth call: with about one in six something does.
fn trouble(n: usize) -> Act {
    // Fibonacci hashing: like chance, and the same in every run.
    let chance = (n as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 58;
    let answer = |status: u16, after: Option<&str>| {
        let headers = after.map(|after| ("Retry-After", after.to_owned())).into_iter().collect();
        Act::Answer(
            status,
            headers,
            r#"{"response_status": {"status_code": 4000, "status": "failed"}}"#.into(),
        )
    };
    match chance {
        0 => Act::CutBefore,
        1 => Act::CutAfter,
        2 => Act::CutWithin,
        3 | 4 => answer(429, Some("0")),
        5 => answer(429, None),
        6 => answer(503, Some("0")),
        7 => answer(503, None),
        8 => answer(500, None),
        9 => answer(502, None),
        // A token that is valid no more.
        10 => Act::Answer(
            401,
            Vec::new(),
            r#"{"response_status": {"status_code": 4000, "status": "failed", "messages": [{"status_code": 401, "message": "UNAUTHORISED"}]}}"#.into(),
        ),
        _ => Act::Pass,
    }
}

async fn oauth(there: &App, port: &Port) -> Client {
    let secrets = &there.secrets;
    let connection = Connection::oauth(&port.origin, &secrets.client_id, secrets.client_secret.as_str())
        .unwrap()
        .with_refresh_token(secrets.refresh_token.as_str());
    Client::builder(connection).manners(quick()).build().unwrap()
}

on_both_engines! {
    a_demo_desk_is_copied_through_every_trouble_and_after_kills(here) {
        let there = furnished(REQUESTS).await;
        here.clock.advance(there.desk.now() - here.desk.now());
        let port = Port::with(Some(&there), |n, call| {
            if call.uri.path().starts_with("/oauth") { Act::Pass } else { trouble(n) }
        })
        .await;
        let copy = migration(oauth(&there, &port).await, here).await;
        let mut killed = 0;
        // The nth time that something was written is about the last thing that these runs do.
        for after in [3, 20, 40, 5, 2] {
            let told = Arc::new(AtomicU64::new(0));
            let (running, counted) = (copy.clone(), told.clone());
            let run = tokio::spawn(async move {
                running.copy(&|_| { counted.fetch_add(1, Ordering::SeqCst); }).await.map(|_| ())
            });
            while told.load(Ordering::SeqCst) < after && !run.is_finished() {
                tokio::time::sleep(std::time::Duration::from_millis(1)).await;
            }
            killed += u32::from(!run.is_finished());
            run.abort();
            let _killed = run.await;
        }
        assert!(killed >= 3, "the runs were over before they were killed");
        // What the last of them had handed over may be written while this one begins: it is overtaken then, and goes on
        // when it is called again.
        let outcome = match copy.copy(&|_| {}).await {
            Err(MigrateError::Overtaken) => copy.copy(&|_| {}).await,
            outcome => outcome,
        }
        .unwrap();
        assert!(outcome.copied_before > 0 && outcome.not_shown.is_empty(), "{outcome:#?}");
        assert_eq!(copy.remarks(None).await.unwrap(), Vec::new());
        let found = differences(&copy).await;
        assert!(found.is_empty(), "{} differences\n{}", found.len(), found[..found.len().min(40)].join("\n"));
        // Not one thing twice.
        for module in ["request", "request_note", "notification", "history", "asset", "request_link", "attachment"] {
            let count = async |app: &App| {
                let snapshot = app.desk.snapshot();
                let module = snapshot.module(module).unwrap().clone();
                let mut filter = model::Filter::everything();
                if module.name == "request" {
                    filter = model::filter::equals(&module, "is_trashed", vec![false.into()]);
                }
                app.desk.store().count(&store::Query::new(module, filter, 1)).await.unwrap()
            };
            let (theirs, ours) = (count(&there).await, count(here).await);
            assert!(ours <= theirs + 5, "{module}: {theirs} there, {ours} here");
        }
    }
}
