//! Administrators describe the additional fields of requesters.

use super::{post, refused, taken};
use serde_json::{Value as Json, json};
use testkit::{Client, Reply, on_both_engines};

const FIELDS: &str = "/api/v2/public/requester_fields/";

async fn send(client: &Client<'_>, method: &str, path: &str, body: &Json) -> Reply {
    client.send(method, path, &[("Content-Type", "application/json")], body.to_string()).await
}

async fn made(client: &Client<'_>, body: Json) -> Json {
    let reply = send(client, "POST", FIELDS, &body).await;
    assert_eq!(reply.status, 201, "{body}: {}", reply.json());
    reply.json()
}

async fn changed(client: &Client<'_>, id: &Json, body: Json) -> Json {
    let reply = send(client, "PUT", &format!("{FIELDS}{id}/"), &body).await;
    assert_eq!(reply.status, 200, "{body}: {}", reply.json());
    reply.json()
}

/// The keys under which an input is refused.
async fn complaints(client: &Client<'_>, method: &str, path: &str, body: Json) -> Vec<String> {
    let reply = send(client, method, path, &body).await;
    assert_eq!(reply.status, 422, "{body}: {}", String::from_utf8_lossy(&reply.bytes));
    let told = reply.json();
    let told = told.as_object().unwrap();
    assert!(told.values().all(|words| words[0].is_string()), "{told:?}");
    told.keys().cloned().collect()
}

fn values(person: &Json) -> Vec<Json> {
    person["custom_fields"].as_array().unwrap().iter().map(|field| field["value"].clone()).collect()
}

on_both_engines! {
    an_existing_account_is_taken_over_with_its_ids(app) {
        let fox = app.happyfox();
        let department = json!({"id": 8, "name": "Department", "type": "dropdown", "mandatory": true,
            "options": [{"id": 40, "name": "Sales"}, {"id": 7, "name": "IT"}]});
        assert_eq!(made(&fox, department.clone()).await, department);
        let started = made(&fox, json!({"name": "Started", "type": "date"})).await;
        assert_eq!(started, json!({"id": 1, "name": "Started", "type": "date", "mandatory": false, "options": []}));
        for (id, name, kind) in [(2, "Nick", "text"), (3, "Desk", "number")] {
            assert_eq!(made(&fox, json!({"name": name, "type": kind})).await["id"], id);
        }
        let skills = made(&fox, json!({"id": 9, "name": "技能", "type": "multi_select", "options": ["Rust", {"name": "SQL"}, {"id": 1, "name": "Go"}]})).await;
        assert_eq!(skills["options"], json!([{"id": 2, "name": "Rust"}, {"id": 3, "name": "SQL"}, {"id": 1, "name": "Go"}]));
        // Shown in the order of making, until an order is asked for.
        let listed = async || {
            let all = fox.send("GET", FIELDS, &[], "").await.json();
            all.as_array().unwrap().iter().map(|field| field["id"].as_i64().unwrap()).collect::<Vec<_>>()
        };
        assert_eq!(listed().await, [8, 1, 2, 3, 9]);
        changed(&fox, &json!(9), json!({"order": 1})).await;
        changed(&fox, &json!(8), json!({"order": 99})).await;
        assert_eq!(listed().await, [9, 1, 2, 3, 8]);
        let body = json!({"email": "a@example.com", "custom_fields": {"8": 7, "9": [1, 3], "3": 1.25, "2": "x".repeat(10_000), "1": "2026-02-28"}});
        let person = taken(&fox, body).await;
        assert_eq!(values(&person), [json!([1, 3]), json!("2026-02-28"), json!("x".repeat(10_000)), json!(1.25), json!(7)]);
        refused(&fox, json!({"email": "b@example.com"}), json!({"custom_fields": {"8": ["Department is required."]}})).await;
        // The other face knows the same fields, and numbers that nobody gave are free ones.
        let field = json!({"udf_field": {"name": "Floor", "field_type": "Pick List", "module": {"name": "user"}, "allowed_values": [{"value": "1st"}, {"value": "2nd"}]}});
        app.admin().post("/udf_fields", field).await.ok();
        let floor = fox.send("GET", &format!("{FIELDS}4"), &[], "").await.json();
        assert_eq!(floor["options"], json!([{"id": 1, "name": "1st"}, {"id": 2, "name": "2nd"}]));
        let rows = app.admin().list("/udf_fields", json!({"search_fields": {"name": "Floor"}})).await.ok();
        let floor = format!("/udf_fields/{}", rows["udf_fields"][0]["id"].as_str().unwrap());
        app.admin().put(&floor, json!({"udf_field": {"allowed_values": [{"value": "2nd"}, {"value": "3rd"}]}})).await.ok();
        let floor = fox.send("GET", &format!("{FIELDS}4/"), &[], "").await.json();
        assert_eq!(floor["options"], json!([{"id": 2, "name": "2nd"}, {"id": 3, "name": "3rd"}]), "an option keeps its number");
    }

    descriptions_that_make_no_sense(app) {
        let fox = app.happyfox();
        let team = json!({"id": 5, "name": "Team", "type": "dropdown", "options": ["A"]});
        made(&fox, team).await;
        for (body, keys) in [
            (json!({}), vec!["name", "type"]),
            (json!([]), vec!["non_field_errors"]),
            (json!({"name": "X"}), vec!["type"]),
            (json!({"name": "X", "type": "colour"}), vec!["type"]),
            (json!({"name": "X", "type": 5}), vec!["type"]),
            (json!({"name": 5, "type": "text"}), vec!["name"]),
            (json!({"name": " ", "type": "text"}), vec!["name"]),
            (json!({"name": "x".repeat(101), "type": "text"}), vec!["name"]),
            (json!({"name": "a\nb", "type": "text"}), vec!["name"]),
            (json!({"name": "team", "type": "text"}), vec!["name"]),
            (json!({"name": "X", "type": "text", "id": 5}), vec!["id"]),
            (json!({"name": "X", "type": "text", "id": 0}), vec!["id"]),
            (json!({"name": "X", "type": "text", "id": "7"}), vec!["id"]),
            (json!({"name": "X", "type": "text", "id": 1e20}), vec!["id"]),
            (json!({"name": "X", "type": "text", "mandatory": "yes"}), vec!["mandatory"]),
            (json!({"name": "X", "type": "text", "order": 0}), vec!["order"]),
            (json!({"name": "X", "type": "text", "options": ["A"]}), vec!["options"]),
            (json!({"name": "X", "type": "dropdown"}), vec!["options"]),
            (json!({"name": "X", "type": "dropdown", "options": []}), vec!["options"]),
            (json!({"name": "X", "type": "dropdown", "options": "A"}), vec!["options"]),
            (json!({"name": "X", "type": "dropdown", "options": [5]}), vec!["options"]),
            (json!({"name": "X", "type": "dropdown", "options": [{"id": 1}]}), vec!["options"]),
            (json!({"name": "X", "type": "dropdown", "options": [{"id": "1", "name": "A"}]}), vec!["options"]),
            (json!({"name": "X", "type": "dropdown", "options": [{"id": -1, "name": "A"}]}), vec!["options"]),
            (json!({"name": "X", "type": "dropdown", "options": ["A", "a"]}), vec!["options"]),
            (json!({"name": "X", "type": "dropdown", "options": [{"id": 1, "name": "A"}, {"id": 1, "name": "B"}]}), vec!["options"]),
            (json!({"name": "X", "type": "dropdown", "options": [" "]}), vec!["options"]),
            (json!({"name": "X", "type": "dropdown", "options": vec!["A"; 1001]}), vec!["options"]),
        ] {
            assert_eq!(complaints(&fox, "POST", FIELDS, body.clone()).await, keys, "{body}");
        }
        let five = format!("{FIELDS}5/");
        for (body, keys) in [
            (json!({"id": 6}), vec!["id"]),
            (json!({"type": "text"}), vec!["type"]),
            (json!({"name": ""}), vec!["name"]),
            (json!({"options": []}), vec!["options"]),
        ] {
            assert_eq!(complaints(&fox, "PUT", &five, body.clone()).await, keys, "{body}");
        }
        for (method, path, status) in [
            ("PUT", "99/", 404), ("DELETE", "99/", 404), ("GET", "x/", 404), ("PUT", "", 405), ("POST", "5/", 405), ("GET", "5/6/", 404),
        ] {
            let reply = send(&fox, method, &format!("{FIELDS}{path}"), &json!({})).await;
            assert_eq!(reply.status, status, "{method} {path}");
        }
        let all = fox.send("GET", FIELDS, &[], "").await.json();
        assert_eq!(all.as_array().unwrap().len(), 1, "nothing of it is made");
    }

    options_are_renamed_for_everybody(app) {
        let fox = app.happyfox();
        let one = |id: i64, name: &str| json!({"id": id, "name": name});
        let field = made(&fox, json!({"name": "Team", "type": "dropdown", "options": [one(1, "Sales"), one(2, "IT"), one(3, "Empty")]})).await;
        let many = made(&fox, json!({"name": "Skills", "type": "multi_select", "options": [one(1, "Rust"), one(2, "Go")]})).await;
        let people: Vec<Json> = (0..250)
            .map(|n| json!({"email": format!("p{n}@example.com"), "custom_fields": {"1": 1 + n % 2, "2": [2, 1]}}))
            .collect();
        assert_eq!(post(&fox, &json!(people)).await.status, 200);
        let renamed = changed(&fox, &field["id"], json!({"options": [one(2, "it"), one(1, "Selling"), one(4, "New")]})).await;
        assert_eq!(renamed["options"], json!([one(2, "it"), one(1, "Selling"), one(4, "New")]), "what nobody has may go");
        changed(&fox, &many["id"], json!({"options": [one(2, "Golang"), one(1, "Rust")]})).await;
        for (n, name) in [(0, "Selling"), (1, "it"), (248, "Selling"), (249, "it")] {
            let person = taken(&fox, json!({"email": format!("p{n}@example.com")})).await;
            assert_eq!(values(&person), [json!(1 + n % 2), json!([2, 1])], "numbers stay");
            let users = app.admin().list("/users", json!({"search_fields": {"email_id": person["email"]}})).await.ok();
            let user = app.admin().get(&format!("/users/{}", users["users"][0]["id"].as_str().unwrap())).await.ok();
            assert_eq!(user["user"]["udf_fields"]["txt_team"], name);
            assert_eq!(user["user"]["udf_fields"]["txt_skills"], json!(["Golang", "Rust"]));
        }
        let found = fox.send("GET", "/api/v2/public/requesters/?custom_field_1=1&size=1", &[], "").await.json();
        assert_eq!(found["page_info"]["count"], 125, "searched by the new name");
        // In use, so it stays; and names cannot be swapped in one go.
        for options in [json!([one(1, "Selling")]), json!([one(1, "it"), one(2, "Selling")])] {
            let path = format!("{FIELDS}{}/", field["id"]);
            assert_eq!(complaints(&fox, "PUT", &path, json!({"options": options})).await, ["options"]);
        }
        let row = app.admin().list("/udf_fields", json!({"search_fields": {"name": "Team"}})).await.ok();
        let row = app.admin().get(&format!("/udf_fields/{}", row["udf_fields"][0]["id"].as_str().unwrap())).await.ok();
        assert!(!row.to_string().contains("former"), "{row}");
    }

    a_field_that_goes_takes_its_values_along(app) {
        let fox = app.happyfox();
        made(&fox, json!({"id": 3, "name": "Nick", "type": "text"})).await;
        taken(&fox, json!({"email": "a@example.com", "custom_fields": {"3": "Al"}})).await;
        let gone = fox.send("DELETE", &format!("{FIELDS}3/"), &[], "").await;
        assert_eq!((gone.status.as_u16(), gone.bytes.len()), (204, 0));
        let person = taken(&fox, json!({"email": "a@example.com"})).await;
        assert_eq!(person["custom_fields"], json!([]));
        refused(&fox, json!({"email": "a@example.com", "custom_fields": {"3": "Al"}}), json!({"custom_fields": {"3": ["There is no such field."]}})).await;
        // One of the same id is another one.
        made(&fox, json!({"id": 3, "name": "Nick", "type": "text"})).await;
        assert_eq!(values(&taken(&fox, json!({"email": "a@example.com"})).await), [Json::Null]);
    }

    people_are_found_by_what_they_have(app) {
        let fox = app.happyfox();
        for field in [
            json!({"id": 1, "name": "Nick", "type": "text"}), json!({"id": 2, "name": "Team", "type": "dropdown", "options": ["A", "B"]}),
            json!({"id": 3, "name": "Skills", "type": "multi_select", "options": ["A", "B", "C"]}),
            json!({"id": 4, "name": "Born", "type": "date"}), json!({"id": 5, "name": "Desk", "type": "number"}),
        ] {
            made(&fox, field).await;
        }
        let people = json!([
            {"email": "a@example.com", "custom_fields": {"1": "Äl", "2": 1, "3": [1, 2], "4": "2000-01-01", "5": 7}},
            {"email": "b@example.com", "custom_fields": {"1": "Bo", "2": 2, "3": [2, 3], "4": "2000-01-02", "5": 7.5}},
            {"email": "c@example.com"},
        ]);
        assert_eq!(post(&fox, &people).await.status, 200);
        let found = async |query: &str| {
            let reply = fox.send("GET", &format!("/api/v2/public/requesters/?{query}"), &[], "").await;
            assert_eq!(reply.status, 200, "{query}: {}", reply.json());
            reply.json()["data"].as_array().unwrap().iter().map(|p| p["email"].as_str().unwrap()[..1].to_owned()).collect::<String>()
        };
        for (query, who) in [
            ("", "abc"), ("custom_field_1=%C3%A4l", "a"), ("custom_field_2=2", "b"), ("custom_field_3=2", "ab"), ("custom_field_3=3", "b"),
            ("custom_field_4=2000-01-01", "a"), ("custom_field_5=7.5", "b"), ("custom_field_2=1&custom_field_3=3", ""), ("email=c@example.com", "c"),
        ] {
            assert_eq!(found(query).await, who, "{query}");
        }
        for query in [
            "custom_field_9=1", "custom_field_x=1", "custom_field_2=9", "custom_field_2=A", "custom_field_4=2000-1-1", "custom_field_5=x",
            "page=0", "page=x", "size=301", "updated_since=yesterday", "nonsense=1",
        ] {
            let reply = fox.send("GET", &format!("/api/v2/public/requesters/?{query}"), &[], "").await;
            let key = query.split('=').next().unwrap();
            assert_eq!((reply.status.as_u16(), reply.json()[key].is_array()), (422, true), "{query}");
        }
    }
}
