//! Keys of the requester API: who may come in, how often, and what the history tells of it.

use super::{PATH, post, taken};
use api::{ApiOptions, CallLimits};
use model::Id;
use serde_json::{Value as Json, json};
use std::num::NonZeroU32;
use testkit::{App, Client, on_both_engines};

fn limited(reads: u32, writes: u32) -> ApiOptions {
    let requester_calls = CallLimits { reads: NonZeroU32::new(reads), writes: NonZeroU32::new(writes) };
    ApiOptions { requester_calls, ..App::api_options() }
}

async fn read(client: &Client<'_>) -> u16 {
    client.send("GET", PATH, &[], "").await.status.as_u16()
}

on_both_engines! {
    a_key_rests_and_goes(app) {
        let now = app.desk.now();
        let (key, code) = app.identity.issue_happyfox_key(desk::shipped::ADMINISTRATOR, "HR sync", now).await.unwrap();
        let client = Client::with_basic(app, &key, &code);
        assert_eq!(read(&client).await, 200);
        assert!(app.identity.disable_happyfox_key(&key, now).await.unwrap());
        assert!(!app.identity.disable_happyfox_key(&key, now).await.unwrap());
        assert_eq!(read(&client).await, 401);
        assert!(app.identity.enable_happyfox_key(&key, testkit::START).await.unwrap());
        assert!(!app.identity.enable_happyfox_key(&key, testkit::START).await.unwrap());
        assert_eq!(read(&client).await, 200);
        assert!(app.identity.revoke_happyfox_key(&key, now).await.unwrap());
        assert_eq!(read(&client).await, 401);
        assert!(!app.identity.enable_happyfox_key(&key, testkit::START).await.unwrap(), "what is revoked stays so");
        let listed = app.identity.happyfox_keys().await.unwrap();
        let known = listed.iter().find(|known| known.api_key == key).unwrap();
        assert_eq!((known.name.as_str(), known.revoked), ("HR sync", Some(now)));
        assert_eq!(read(&app.happyfox()).await, 200, "the other key goes on");
    }

    the_history_names_the_key(app) {
        let now = app.desk.now();
        let (key, code) = app.identity.issue_happyfox_key(desk::shipped::ADMINISTRATOR, "HR sync", now).await.unwrap();
        let client = Client::with_basic(app, &key, &code);
        taken(&client, json!({"email": "a@example.com", "name": "Ann"})).await;
        taken(&client, json!({"email": "a@example.com", "name": "Anne"})).await;
        let admin = app.admin();
        let users = admin.list("/users", json!({"search_fields": {"email_id": "a@example.com"}})).await.ok();
        let user = users["users"][0]["id"].as_str().unwrap().to_owned();
        admin.put(&format!("/users/{user}"), json!({"user": {"name": "Anna"}})).await.ok();
        let history = admin.get(&format!("/users/{user}/_history")).await.ok();
        let told: Vec<Json> = history["history"].as_array().unwrap().iter().map(|entry| entry["description"].clone()).collect();
        assert_eq!(told.iter().filter(|words| **words == json!("HappyFox key HR sync")).count(), 2, "{history}");
        assert_eq!(told.iter().filter(|words| words.is_null()).count(), 1, "{history}");
    }

    what_a_keys_user_may_not_do(app) {
        let (requester, _) = app.requester("Rita Requester").await;
        let key_of = async |user: Id| app.identity.issue_happyfox_key(user, "k", app.desk.now()).await.unwrap();
        let (key, code) = key_of(requester).await;
        let weak = Client::with_basic(app, &key, &code);
        for (method, path, body) in [
            ("POST", "requesters/", json!({"email": "x@example.com"})), ("POST", "requesters/", json!([{"email": "x@example.com"}])),
            ("POST", "requester_fields/", json!({"name": "N", "type": "text"})),
            ("POST", "requesters/actions/change-email/", json!({"from_email": "rita.requester@example.com", "to_email": "y@example.com"})),
        ] {
            let reply = weak.send(method, &format!("/api/v2/public/{path}"), &[], body.to_string()).await;
            assert_eq!((reply.status.as_u16(), reply.json()["detail"].is_string()), (403, true), "{path}: {}", reply.json());
        }
        let (technician, _) = app.technician("Theo Technician").await;
        let (key, code) = key_of(technician).await;
        let staff = Client::with_basic(app, &key, &code);
        assert_eq!(staff.send("POST", "/api/v2/public/requester_fields/", &[], json!({"name": "N", "type": "text"}).to_string()).await.status, 403);
        // An administrator's address and name are not a technician's to change.
        let reply = post(&staff, &json!({"email": "ada.admin@example.com", "name": "Not Ada"})).await;
        assert_eq!(reply.status, 422, "{}", reply.json());
    }

    too_many_calls_are_turned_away(app) {
        let fox = app.happyfox().with_options(limited(3, 2));
        let other = app.identity.issue_happyfox_key(desk::shipped::ADMINISTRATOR, "other", app.desk.now()).await.unwrap();
        for _ in 0..3 {
            assert_eq!(read(&fox).await, 200);
        }
        let turned_away = fox.send("GET", PATH, &[], "").await;
        assert_eq!(turned_away.status, 429);
        let seconds: i64 = turned_away.headers["retry-after"].to_str().unwrap().parse().unwrap();
        assert_eq!(seconds, 20, "a third of a minute");
        assert!(turned_away.json()["detail"].as_str().unwrap().contains("20 seconds"));
        // What writes is counted apart, and so is each key; a list is one call.
        let people: Vec<Json> = (0..50).map(|n| json!({"email": format!("p{n}@example.com")})).collect();
        for _ in 0..2 {
            assert_eq!(post(&fox, &json!(people)).await.status, 200);
        }
        assert_eq!(post(&fox, &json!(people)).await.status, 429);
        let same_faces = app.happyfox().with_options(limited(1, 1));
        assert_eq!(read(&same_faces).await, 200);
        assert_eq!(read(&same_faces).await, 429);
        let (key, code) = other;
        assert_eq!(read(&Client::with_basic(app, &key, &code).with_options(limited(1, 1))).await, 200);
        // Whoever waits as told is let in.
        app.clock.advance(seconds * 1000 - 1);
        assert_eq!(read(&fox).await, 429);
        app.clock.advance(1);
        assert_eq!(read(&fox).await, 200);
        assert_eq!(read(&app.happyfox().with_options(limited(0, 0))).await, 200, "no limit");
        // Wrong credentials are not counted as anybody's.
        assert_eq!(app.nobody().with_options(limited(1, 1)).send("GET", PATH, &[], "").await.status, 401);
    }
}
