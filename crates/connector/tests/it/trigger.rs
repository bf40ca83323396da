//! The trigger: nothing lost, nothing told twice, whatever happens in between.

use crate::support::{by_key, quick, requests, with_key};
use connector::{Client, Event, PollOptions, PollState, Poller, Resource, What};
use futures_util::StreamExt;
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, HashSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use testkit::{Act, App, Port, on_both_engines};

/// A program that is started anew for each round and keeps its state as text.
struct Watcher {
    options: PollOptions,
    kept: String,
}

impl Watcher {
    fn new(resource: Resource, updated: bool) -> Self {
        let mut options = PollOptions::new(resource);
        options.updated = updated;
        Self { options, kept: "{}".into() }
    }
    /// One round; gives what happened.
    async fn look(&mut self, client: &Client) -> Vec<Event> {
        let state: PollState = serde_json::from_str(&self.kept).unwrap();
        let mut poller = Poller::new(client.clone(), self.options.clone(), state).unwrap();
        let mut events = Vec::new();
        while let Some(batch) = poller.next().await.unwrap() {
            events.extend(batch.events);
        }
        self.kept = serde_json::to_string(poller.state()).unwrap();
        events
    }
}

fn ids(events: &[Event], what: What) -> Vec<String> {
    events.iter().filter(|e| e.event == what).map(|e| e.record["id"].as_str().unwrap().to_owned()).collect()
}

async fn edit(app: &App, id: &str, subject: &str) {
    app.admin().put(&format!("/requests/{id}"), json!({"request": {"subject": subject}})).await.ok();
}

on_both_engines! {
    new_and_changed_records_are_told_once(app) {
        let old = requests(app, 3).await;
        let port = Port::of(app).await;
        let client = by_key(app, &port);
        let mut watcher = Watcher::new(Resource::Requests, true);
        assert_eq!(watcher.look(&client).await, [], "the first look tells of nothing");
        assert_eq!(watcher.look(&client).await, []);
        // In the same moment as those that were there, and later.
        let mut new = requests(app, 2).await;
        app.clock.advance(5_000);
        new.extend(requests(app, 2).await);
        edit(app, &old[0], "Changed").await;
        let events = watcher.look(&client).await;
        assert_eq!(ids(&events, What::Created), new);
        assert_eq!(ids(&events, What::Updated), [old[0].clone()]);
        assert_eq!(events.last().unwrap().record["subject"], "Changed");
        assert_eq!(watcher.look(&client).await, []);
        // A new one that is changed at once is told once, and again when it is changed later.
        let born = requests(app, 1).await.remove(0);
        app.clock.advance(1_000);
        edit(app, &born, "a").await;
        let events = watcher.look(&client).await;
        assert_eq!((ids(&events, What::Created), ids(&events, What::Updated)), (vec![born.clone()], vec![]));
        app.clock.advance(120_000);
        edit(app, &born, "b").await;
        app.clock.advance(1_000);
        edit(app, &born, "c").await;
        let events = watcher.look(&client).await;
        assert_eq!((ids(&events, What::Created), ids(&events, What::Updated)), (vec![], vec![born.clone()]));
        assert_eq!(events[0].record["subject"], "c");
        // One that is removed and comes back is not new.
        app.admin().delete(&format!("/requests/{}", new[0])).await.ok();
        assert_eq!(ids(&watcher.look(&client).await, What::Created), Vec::<String>::new());
        app.admin().put(&format!("/requests/{}/restore_from_trash", new[0]), json!({})).await.ok();
        assert_eq!(ids(&watcher.look(&client).await, What::Created), Vec::<String>::new());
    }

    problems_and_assets_are_watched_as_well(app) {
        let admin = app.admin();
        admin.post("/products", json!({"product": {"name": "P", "product_type": {"name": "Workstation"}}})).await.ok();
        let port = Port::of(app).await;
        let client = by_key(app, &port);
        let (mut problems, mut assets) = (Watcher::new(Resource::Problems, true), Watcher::new(Resource::Assets, true));
        assert_eq!((problems.look(&client).await, assets.look(&client).await), (vec![], vec![]));
        app.clock.advance(60_000);
        // Reported long ago, and new all the same.
        let problem = json!({"problem": {"title": "Old", "reported_time": {"value": 1000}}});
        let problem = admin.post("/problems", problem).await.ok()["problem"]["id"].clone();
        let asset = json!({"asset": {"name": "A", "product": {"name": "P"}, "state": {"name": "In Store"}}});
        let asset = admin.post("/assets", asset).await.ok()["asset"]["id"].clone();
        assert_eq!(json!(ids(&problems.look(&client).await, What::Created)), json!([problem]));
        assert_eq!(json!(ids(&assets.look(&client).await, What::Created)), json!([asset]));
        assert_eq!((problems.look(&client).await, assets.look(&client).await), (vec![], vec![]));
        app.clock.advance(60_000);
        let (problem, asset) = (problem.as_str().unwrap(), asset.as_str().unwrap());
        admin.put(&format!("/problems/{problem}"), json!({"problem": {"title": "New"}})).await.ok();
        admin.put(&format!("/assets/{asset}"), json!({"asset": {"barcode": "B"}})).await.ok();
        assert_eq!(ids(&problems.look(&client).await, What::Updated), [problem]);
        assert_eq!(ids(&assets.look(&client).await, What::Updated), [asset]);
        assert_eq!((problems.look(&client).await, assets.look(&client).await), (vec![], vec![]));
    }

    a_first_look_may_begin_in_the_past_and_read_records_whole(app) {
        requests(app, 2).await;
        app.clock.advance(60_000);
        let since = testkit::START + 30_000;
        let late = requests(app, 150).await;
        let problem = json!({"problem": {"title": "P", "reported_time": {"value": (since + 1).to_string()}}});
        app.admin().post("/problems", problem).await.ok();
        let early = json!({"problem": {"title": "E", "reported_time": {"value": "1000"}}});
        app.admin().post("/problems", early).await.ok();
        let port = Port::of(app).await;
        let client = by_key(app, &port);
        let mut watcher = Watcher::new(Resource::Requests, false);
        watcher.options.since_ms = Some(since);
        assert_eq!(ids(&watcher.look(&client).await, What::Created), late);
        assert!(watcher.kept.len() < 10_000, "{}", watcher.kept.len());
        let mut watcher = Watcher::new(Resource::Problems, false);
        (watcher.options.since_ms, watcher.options.whole) = (Some(since), true);
        let events = watcher.look(&client).await;
        assert_eq!(events.len(), 1, "{events:?}");
        assert!(events[0].record.get("root_cause").is_some() && events[0].id.starts_with("problems/"));
        assert_eq!(watcher.look(&client).await, []);
    }

    the_documented_answer_and_the_stream(app) {
        let port = Port::of(app).await;
        let client = by_key(app, &port);
        let options = PollOptions::from_inputs(&json!({"pollResourceType": "requests", "showNewRecords": "true", "connectionInput": null})).unwrap();
        let mut poller = Poller::new(client.clone(), options.clone(), PollState::default()).unwrap();
        assert_eq!(poller.poll().await.unwrap(), (json!({"data": {"created": [], "updated": []}}), false));
        let id = requests(app, 1).await.remove(0);
        let (answer, changes) = poller.poll().await.unwrap();
        assert!(changes);
        assert_eq!((&answer["data"]["created"][0]["id"], &answer["data"]["updated"]), (&json!(id), &json!([])));
        let mut off = options.clone();
        off.created = false;
        requests(app, 1).await;
        let mut silent = Poller::new(client.clone(), off, poller.state().clone()).unwrap();
        assert!(!silent.poll().await.unwrap().1);
        let kept = poller.state().clone();
        let mut stream = Box::pin(Poller::new(client.clone(), options, kept).unwrap().into_stream(Duration::from_millis(5)));
        assert_eq!(stream.next().await.unwrap().unwrap().events.len(), 1);
        let more = requests(app, 2).await;
        assert_eq!(ids(&stream.next().await.unwrap().unwrap().events, What::Created), more);
        let other = PollOptions::new(Resource::Assets);
        assert!(Poller::new(client, other, poller.state().clone()).is_err());
    }

    nothing_is_lost_or_told_twice_while_calls_fail_and_programs_end(app) {
        let storm = std::sync::Arc::new(AtomicUsize::new(0));
        let fails = storm.clone();
        let port = Port::with(Some(app), move |n, _| match (fails.load(Ordering::SeqCst), n % 4) {
            (0, _) | (_, 3) => Act::Pass,
            (_, 0) => Act::CutWithin,
            (_, 1) => Act::Answer(400, vec![], "{}".into()),
            _ => Act::Answer(500, vec![], String::new()),
        }).await;
        let mut manners = quick();
        manners.retries = 0;
        let client = with_key(&port, &app.secrets.technician_key, manners);
        let mut options = PollOptions::new(Resource::Requests);
        options.updated = true;
        let mut kept = PollState::default();
        let mut poller = Poller::new(client.clone(), options.clone(), kept.clone()).unwrap();
        while poller.next().await.unwrap().is_some() {}
        kept = poller.state().clone();
        storm.store(1, Ordering::SeqCst);
        let mut expected = HashSet::new();
        let mut told: BTreeMap<String, usize> = BTreeMap::new();
        for round in 0..60 {
            if round < 12 {
                // More than a page of one moment now and then.
                expected.extend(requests(app, if round == 5 { 130 } else { 7 }).await);
                app.clock.advance(if round % 3 == 0 { 0 } else { 4_000 });
            }
            // The program may end anywhere; what it kept is the state behind what it dealt with.
            let mut poller = Poller::new(client.clone(), options.clone(), kept.clone()).unwrap();
            for _ in 0..=round % 3 {
                if let Ok(Some(batch)) = poller.next().await {
                    batch.events.iter().for_each(|e| *told.entry(e.id.clone()).or_default() += 1);
                    kept = batch.state;
                }
            }
        }
        storm.store(0, Ordering::SeqCst);
        let mut poller = Poller::new(client, options, kept).unwrap();
        while let Some(batch) = poller.next().await.unwrap() {
            batch.events.iter().for_each(|e| *told.entry(e.id.clone()).or_default() += 1);
        }
        assert!(told.values().all(|n| *n == 1), "{told:?}");
        let ids: HashSet<String> = told.keys().map(|id| id.split('/').nth(1).unwrap().to_owned()).collect();
        assert_eq!(ids, expected);
    }
}

#[test]
fn inputs_of_the_trigger_are_checked() {
    let refused = |inputs: Json| PollOptions::from_inputs(&inputs).unwrap_err().to_string();
    assert_eq!(
        refused(json!({"pollResourceType": "users"})),
        "pollResourceType: one of requests, problems, assets is expected"
    );
    assert_eq!(refused(json!({"showNewRecords": 1})), "showNewRecords: true or false is expected");
    assert!(refused(json!({"since": "yesterday"})).starts_with("since: a time is expected"));
    assert_eq!(refused(json!({"x": 1})), "x: the trigger has no such input");
    let options =
        PollOptions::from_inputs(&json!({"since": "2026-03-04T09:00:00Z", "showUpdatedRecords": true}))
            .unwrap();
    assert_eq!((options.since_ms, options.updated), (Some(testkit::START), true));
}
