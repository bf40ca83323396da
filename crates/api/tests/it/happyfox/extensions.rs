//! What the requester API does beyond what is documented, only for whoever asks for it (happyfox.md section 4).

use super::{PATH, count, post, taken};
use serde_json::{Value as Json, json};
use testkit::{Client, Reply, on_both_engines};

async fn with(client: &Client<'_>, query: &str, body: &Json) -> Reply {
    client
        .send("POST", &format!("{PATH}{query}"), &[("Content-Type", "application/json")], body.to_string())
        .await
}

async fn keyed(client: &Client<'_>, key: &str, body: &Json) -> Reply {
    client.send("POST", PATH, &[("Idempotency-Key", key)], body.to_string()).await
}

fn counts(reply: &Reply) -> [u32; 4] {
    ["created", "updated", "unchanged", "failed"]
        .map(|name| reply.headers[&format!("x-requesters-{name}")].to_str().unwrap().parse().unwrap())
}

on_both_engines! {
    a_dry_run_tells_and_writes_nothing(app) {
        let fox = app.happyfox();
        let known = taken(&fox, json!({"email": "known@example.com", "name": "Known"})).await;
        let list = json!([
            {"email": "new@example.com", "phones": [{"number": "1"}, {"number": "2", "is_primary": true}]},
            {"email": "known@example.com", "name": "Renamed"},
            {"email": "known@example.com", "name": "Renamed"},
            {"name": "Nobody"},
            {"email": "bad"},
        ]);
        let dry = with(&fox, "?dry_run=true&report=true", &list).await;
        assert_eq!((dry.status.as_u16(), counts(&dry)), (422, [1, 1, 1, 2]), "{}", dry.json());
        assert_eq!(count(&fox).await, 1);
        assert_eq!(taken(&fox, json!({"email": "known@example.com"})).await, known);
        let real = with(&fox, "?report=true", &list).await;
        assert_eq!((real.status.as_u16(), counts(&real)), (422, [1, 1, 1, 2]));
        // The same but for what only a written person has.
        let (mut dry, real) = (dry.json(), real.json());
        assert_eq!(dry[0]["id"], Json::Null);
        dry[0]["id"] = real[0]["id"].clone();
        assert_eq!(dry, real);
        let one = with(&fox, "?dry_run=1", &json!({"email": "x@example.com", "phones": [{"number": "5"}]})).await.json();
        assert_eq!((&one["id"], &one["name"], &one["phones"][0]["id"]), (&Json::Null, &json!("x"), &Json::Null));
        assert_eq!(one["primary_phone"]["number"], "5");
        assert_eq!(count(&fox).await, 2);
        // Numbers that were only tried are not used up.
        let next = taken(&fox, json!({"email": "x@example.com"})).await["id"].as_i64().unwrap();
        assert_eq!(next, real[0]["id"].as_i64().unwrap() + 1);
    }

    a_dry_run_knows_what_is_taken(app) {
        let (fox, admin) = (app.happyfox(), app.admin());
        let badge = json!({"udf_field": {"name": "Badge", "field_type": "Single Line", "unique": true, "module": {"name": "user"}}});
        admin.post("/udf_fields", badge).await.ok();
        let person = |name: &str, badge: &str| json!({"email": format!("{name}@example.com"), "custom_fields": {"1": badge}});
        taken(&fox, person("a", "one")).await;
        let dry = with(&fox, "?dry_run=true", &json!([person("b", "ONE"), person("c", "two"), person("d", "Two"), person("a", "one")])).await;
        let well: Vec<bool> = dry.json().as_array().unwrap().iter().map(|row| row["success"] == true).collect();
        assert_eq!(well, [false, true, false, true], "{}", dry.json());
        assert_eq!(count(&fox).await, 1);
    }

    a_report_says_what_was_done_and_why(app) {
        let fox = app.happyfox();
        taken(&fox, json!({"email": "known@example.com", "name": "Known", "phones": [{"number": "7"}]})).await;
        let list = json!([
            {"email": "new@example.com"},
            {"email": "KNOWN@example.com", "name": "Known"},
            {"name": "Known", "phones": [{"number": "7"}, {"number": "8"}]},
            {"name": "Fresh", "phones": [{"number": "9"}]},
            {"email": "bad@example.com", "phones": [{"number": "x"}]},
        ]);
        let reply = with(&fox, "?report=true", &list).await;
        assert_eq!(counts(&reply), [2, 1, 1, 1]);
        let rows = reply.json();
        let told: Vec<(Json, Json, Json)> =
            rows.as_array().unwrap().iter().map(|r| (r["index"].clone(), r["action"].clone(), r["matched_by"].clone())).collect();
        let row = |index: u32, action: Option<&str>, by: Option<&str>| (json!(index), json!(action), json!(by));
        assert_eq!(told, [
            row(0, Some("created"), None), row(1, Some("unchanged"), Some("email")), row(2, Some("updated"), Some("name_phone")),
            row(3, Some("created"), None), row(4, None, None),
        ]);
        assert_eq!(rows[4]["email"], "bad@example.com");
        let one = with(&fox, "?report=true", &json!({"email": "new@example.com"})).await.json();
        assert_eq!((&one["action"], &one["matched_by"]), (&json!("unchanged"), &json!("email")));
        // Nothing of it for whoever does not ask, but the counts.
        let plain = post(&fox, &list).await;
        assert_eq!(counts(&plain), [0, 0, 4, 1]);
        assert!(!plain.json().to_string().contains("matched_by") && !plain.json().to_string().contains("bad@"));
        for query in ["?dry_run=maybe", "?report=", "?on_error=stop"] {
            assert_eq!(with(&fox, query, &list).await.status, 422, "{query}");
        }
        assert_eq!(with(&fox, "?something=else", &json!({"email": "new@example.com"})).await.status, 200);
    }

    all_or_nothing(app) {
        let (fox, admin) = (app.happyfox(), app.admin());
        let badge = json!({"udf_field": {"name": "Badge", "field_type": "Single Line", "unique": true, "module": {"name": "user"}}});
        admin.post("/udf_fields", badge).await.ok();
        let person = |name: &str, badge: &str| json!({"email": format!("{name}@example.com"), "custom_fields": {"1": badge}});
        taken(&fox, person("a", "one")).await;
        for bad in [json!({"name": "Nobody"}), person("b", "one"), json!({"email": "a@example.com", "phones": [{"id": 99, "number": "1"}]})] {
            let list = json!([person("c", "three"), bad, person("d", "four")]);
            let reply = with(&fox, "?on_error=abort", &list).await;
            assert_eq!((reply.status.as_u16(), counts(&reply)), (422, [0, 0, 0, 3]), "{bad}");
            let rows = reply.json();
            assert_eq!(rows[0]["errors"], json!({"non_field_errors": ["Not written, since another item of the list failed."]}), "{rows}");
            assert_ne!(rows[1]["errors"], rows[0]["errors"]);
            assert_eq!(count(&fox).await, 1, "{bad}");
        }
        let well = with(&fox, "?on_error=abort", &json!([person("c", "three"), person("d", "four")])).await;
        assert_eq!((well.status.as_u16(), counts(&well)), (200, [2, 0, 0, 0]));
        // One after the other, as everywhere: what the first lets go of, the second may have.
        let swap = with(&fox, "?on_error=abort", &json!([person("a", "two"), person("e", "one")])).await;
        assert_eq!(swap.status, 200, "{}", swap.json());
    }

    a_call_with_a_key_is_made_once(app) {
        let fox = app.happyfox();
        let list = json!([{"email": "a@example.com", "name": "First"}, {"name": "Nobody"}]);
        let first = keyed(&fox, "one", &list).await;
        assert_eq!(first.status, 422);
        assert!(first.headers.get("idempotent-replayed").is_none());
        app.clock.advance(2_000);
        taken(&fox, json!({"email": "a@example.com", "name": "Second"})).await;
        let again = keyed(&fox, "one", &list).await;
        assert_eq!((again.status, &again.bytes, counts(&again)), (first.status, &first.bytes, [1, 0, 0, 1]));
        assert_eq!(again.headers["idempotent-replayed"], "true");
        assert_eq!(taken(&fox, json!({"email": "a@example.com"})).await["name"], "Second", "it was not made again");
        // Another body, or another question, under the same key.
        assert_eq!(keyed(&fox, "one", &json!({"email": "b@example.com"})).await.status, 422);
        let other = fox.send("POST", &format!("{PATH}?report=true"), &[("Idempotency-Key", "one")], list.to_string()).await;
        assert!(other.json()["non_field_errors"].is_array());
        assert_eq!(count(&fox).await, 1);
        // One, a refusal, and an address.
        for body in [json!({"email": "c@example.com"}), json!({"email": "bad"})] {
            let key = body.to_string().replace('"', "'");
            let first = keyed(&fox, &key, &body).await;
            let again = keyed(&fox, &key, &body).await;
            assert_eq!((first.status, first.bytes), (again.status, again.bytes), "{body}");
        }
        let change = |to: &str| json!({"from_email": "c@example.com", "to_email": to}).to_string();
        let path = format!("{PATH}actions/change-email/");
        for _ in 0..2 {
            let reply = fox.send("POST", &path, &[("Idempotency-Key", "two")], change("d@example.com")).await;
            assert_eq!((reply.status.as_u16(), &reply.json()["email"]), (200, &json!("d@example.com")));
        }
        for key in ["", "ü", &"x".repeat(256)] {
            assert_eq!(keyed(&fox, key, &list).await.status, 400, "{key}");
        }
        // A day later nobody sends it again.
        app.clock.advance(25 * 3_600_000);
        app.desk.forget_calls().await.unwrap();
        let anew = keyed(&fox, "one", &json!({"email": "z@example.com"})).await;
        assert_eq!((anew.status.as_u16(), anew.headers.get("idempotent-replayed")), (200, None));
    }

    a_stored_answer_is_for_whoever_may_make_the_call(app) {
        let (id, _) = app.technician("Theo Tech").await;
        let (key, code) = app.identity.issue_happyfox_key(id, "push", app.desk.now()).await.unwrap();
        let fox = Client::with_basic(app, &key, &code);
        let body = json!({"email": "a@example.com", "name": "First"});
        assert_eq!(keyed(&fox, "one", &body).await.status, 200);
        assert_eq!(keyed(&fox, "one", &body).await.status, 200);
        app.admin().put(&format!("/users/{id}"), json!({"user": {"is_technician": false}})).await.ok();
        let refused = keyed(&fox, "one", &body).await;
        assert!(matches!(refused.status.as_u16(), 401 | 403), "{}", refused.status);
        assert!(refused.headers.get("idempotent-replayed").is_none());
    }

    calls_with_one_key_at_once(app) {
        let fox = app.happyfox();
        let body = json!({"email": "a@example.com", "phones": [{"number": "1"}]});
        let replies = futures_util::future::join_all((0..20).map(|_| keyed(&fox, "same", &body))).await;
        let well: Vec<&Reply> = replies.iter().filter(|reply| reply.status == 200).collect();
        assert!(!well.is_empty());
        for reply in &replies {
            match reply.status.as_u16() {
                200 => assert_eq!(reply.bytes, well[0].bytes),
                409 => assert!(reply.json()["detail"].is_string() && reply.headers.contains_key("retry-after")),
                other => panic!("{other}: {}", reply.json()),
            }
        }
        assert_eq!(well.iter().filter(|reply| !reply.headers.contains_key("idempotent-replayed")).count(), 1);
        assert_eq!(count(&fox).await, 1);
    }

    a_claim_of_a_process_that_is_gone_is_taken_over(app) {
        use desk::once::Claimed;
        let claim = async || app.desk.claim_call(&["test"], "key", b"body").await.unwrap();
        let Claimed::Mine(lost) = claim().await else { panic!("not claimed") };
        assert_eq!(claim().await, Claimed::Running);
        app.clock.advance(61_000);
        let Claimed::Mine(_taken_over) = claim().await else { panic!("not taken over") };
        // Whoever had it comes too late to write anything.
        let late = vec![app.desk.call_answered(&lost, 200, "late")];
        assert!(matches!(app.desk.store().commit(late).await, Err(store::StoreError::Stale { .. })));
        assert_eq!(claim().await, Claimed::Running);
    }
}
