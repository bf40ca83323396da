//! Records that are read again and again are written from a text that is kept. It must never show: faces that keep none
//! answer the same, to whomever, whatever happens meanwhile.

use api::ApiOptions;
use serde_json::{Value as Json, json};
use testkit::{App, Client, on_both_engines};

/// The same caller at faces that keep no texts.
fn plain<'a>(client: &Client<'a>) -> Client<'a> {
    client.with_options(ApiOptions { text_bytes: 0, ..App::api_options() })
}

/// Reads a record until it is written from its text, and once more, each time by faces that keep none too.
async fn reads_the_same(client: &Client<'_>, plain: &Client<'_>, path: &str) -> Json {
    for _ in 0..4 {
        let (kept, plain) = (client.get(path).await, plain.get(path).await);
        assert_eq!(String::from_utf8_lossy(&kept.bytes), String::from_utf8_lossy(&plain.bytes), "{path}");
        assert_eq!(kept.status, plain.status, "{path}");
    }
    client.get(path).await.json()
}

on_both_engines!(what_happens_to_a_request_is_read_at_once(app) {
    let admin = app.admin();
    let (alice_id, alice) = app.requester("Alice Example").await;
    let (_, tom) = app.technician("Tom Tech").await;
    let made = admin.post("/requests", json!({"request": {
        "subject": "Printer", "description": "<b>No</b> paper", "requester": {"id": alice_id.to_string()},
        "technician": {"name": "Tom Tech"}, "priority": {"name": "High"},
        "due_by_time": {"value": (testkit::START + 3_600_000).to_string()}}}));
    let made = made.await.ok();
    let id = made["request"]["id"].as_str().unwrap();
    let path = format!("/requests/{id}");
    let callers = [(&admin, plain(&admin)), (&tom, plain(&tom)), (&alice, plain(&alice))];
    let read = async || {
        let mut first = Json::Null;
        for (client, plain) in callers.iter().rev() {
            first = reads_the_same(client, plain, &path).await["request"].take();
        }
        first
    };
    let request = read().await;
    assert_eq!((&request["is_overdue"], &request["short_description"]), (&json!(false), &json!("No paper")));

    // Time goes by.
    app.clock.advance(2 * 3_600_000);
    let request = read().await;
    assert_eq!((&request["is_overdue"], &request["time_elapsed"]), (&json!(true), &json!("7200000")));
    // A person, and a lookup, are called otherwise.
    admin.put(&format!("/users/{alice_id}"), json!({"user": {"name": "Alice Other"}})).await.ok();
    assert_eq!(read().await["requester"]["name"], "Alice Other");
    let priority = request["priority"]["id"].as_str().unwrap();
    admin.put(&format!("/priorities/{priority}"), json!({"priority": {"name": "Very high"}})).await.ok();
    assert_eq!(read().await["priority"]["name"], "Very high");
    // An edit, an operation, what hangs on it.
    admin.put(&path, json!({"request": {"subject": "Plotter", "description": "Ink"}})).await.ok();
    let request = read().await;
    assert_eq!((&request["subject"], &request["short_description"]), (&json!("Plotter"), &json!("Ink")));
    admin.post(&format!("{path}/notes"), json!({"note": {"description": "Looked at it"}})).await.ok();
    assert_eq!(read().await["has_notes"], true);
    admin.put(&path, json!({"request": {"resolution": {"content": "Bought some"}}})).await.ok();
    assert_eq!(read().await["resolution"]["content"], "Bought some");
    admin.put(&format!("{path}/_close"), json!({})).await.ok();
    assert_eq!(read().await["status"]["name"], "Closed");
    admin.delete(&format!("{path}/move_to_trash")).await.ok();
    read().await;
    assert_eq!(admin.get(&path).await.status, 404);
});

#[tokio::test]
async fn records_of_a_whole_company_are_read_as_without_texts() {
    let app = App::start(testkit::Engine::Sqlite).await.unwrap();
    app.desk.demo(150, 7, &mut |_| {}).await.unwrap();
    let admin = app.admin();
    let plain = plain(&admin);
    let modules = [
        "requests",
        "problems",
        "tasks",
        "assets",
        "cmdb/ci",
        "users",
        "products",
        "departments",
        "statuses",
    ];
    for module in modules {
        let list = admin.list(&format!("/{module}"), json!({"row_count": 40})).await.ok();
        let key = module.rsplit('/').next().unwrap();
        let rows = list[key].as_array().or_else(|| list["cmdb"].as_array()).unwrap();
        assert!(!rows.is_empty(), "{module}");
        for row in rows {
            let path = format!("/{module}/{}", row["id"].as_str().unwrap());
            reads_the_same(&admin, &plain, &path).await;
            app.clock.advance(3_600_000);
            reads_the_same(&admin, &plain, &path).await;
        }
    }
}
