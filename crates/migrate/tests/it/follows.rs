//! What a copy does about changes of its source.

use crate::support::{attach, client, differences, furnished, id, migration, new_request, post};
use connector::{Client, ListQuery};
use migrate::Migration;
use serde_json::{Value as Json, json};
use testkit::{App, Port, on_both_engines};

on_both_engines! {
    changes_of_the_source_are_taken_over(here) {
        let there = furnished(60).await;
        here.clock.advance(there.desk.now() - here.desk.now());
        let port = Port::of(&there).await;
        let desk = client(&port, &there);
        let copy = migration(desk.clone(), here).await;
        copy.copy(&|_| {}).await.unwrap();
        same(&copy).await;
        let main = request(&desk, "Käse & <Tee>").await;
        let other = request(&desk, "Linked").await;
        later(&there, here);
        let task = edits(&desk, &main, &other).await;
        later(&there, here);
        copy.follow(&|_| {}).await.unwrap();
        same(&copy).await;
        let trash = request(&desk, "By fax").await;
        let problem = comings_and_goings(&desk, &main, &other, &task, &trash).await;
        later(&there, here);
        let outcome = copy.follow(&|_| {}).await.unwrap();
        assert_eq!((outcome.counts["ci"].removed, outcome.counts["request"].created), (1, 1), "{outcome:#?}");
        same(&copy).await;
        assert_eq!(here.admin().get(&format!("/requests/{trash}")).await.status, 404);
        back(&desk, &trash, &problem, &main).await;
        later(&there, here);
        copy.follow(&|_| {}).await.unwrap();
        same(&copy).await;
        // Nothing changed, nothing is written.
        let outcome = copy.follow(&|_| {}).await.unwrap();
        let written: u64 = outcome.counts.values().map(|c| c.created + c.updated + c.removed).sum();
        assert_eq!(written, 0, "{outcome:#?}");
    }
}

async fn same(copy: &Migration) {
    let found = differences(copy).await;
    assert!(found.is_empty(), "{}", found.join("\n"));
}

fn later(there: &App, here: &App) {
    there.clock.advance(3_600_000);
    here.clock.advance(3_600_000);
}

fn search(field: &str, value: &str) -> ListQuery {
    ListQuery::new().criteria(json!({"field": field, "condition": "is", "value": value}))
}

async fn first(desk: &Client, list: &str, query: ListQuery) -> String {
    let page = desk.page(&format!("/{list}"), &query, 1).await.unwrap();
    page.rows[0]["id"].as_str().unwrap().to_owned()
}

async fn request(desk: &Client, subject: &str) -> String {
    first(desk, "requests", search("subject", subject)).await
}

async fn remove_with(desk: &Client, path: &str, input: Json) {
    desk.json(&connector::http::Call::new(http::Method::DELETE, path).input(&input)).await.unwrap();
}

/// An edit; rows below that come and go; files and links that do. Gives a new task's id.
async fn edits(desk: &Client, main: &str, other: &str) -> String {
    let at = format!("/requests/{main}");
    desk.put(&at, &json!({"request": {"subject": "Tea", "tags": []}})).await.unwrap();
    let note = first(desk, &format!("requests/{main}/notes"), ListQuery::new()).await;
    desk.delete(&format!("{at}/notes/{note}")).await.unwrap();
    post(desk, &format!("{at}/notes"), json!({"note": {"description": "another"}})).await;
    let file = first(desk, &format!("requests/{main}/attachments"), ListQuery::new()).await;
    desk.delete_attachment(&at, &file).await.unwrap();
    attach(desk, &at, "new.txt", "new").await;
    let links = json!({"link_requests": [{"linked_request": {"id": other}}]});
    remove_with(desk, &format!("{at}/link_requests"), links).await;
    id(&post(desk, &format!("/requests/{other}/tasks"), json!({"task": {"title": "Quiet"}})).await, "task")
}

/// Changes that show only below a request; records that are new, gone and in the trash. Gives a new problem's id.
async fn comings_and_goings(desk: &Client, main: &str, other: &str, task: &str, trash: &str) -> String {
    post(desk, &format!("/tasks/{task}/comments"), json!({"comment": {"content": "Looked again"}})).await;
    let work = json!({"worklog": {"owner": {"name": "Ada Admin"}, "time_spent": {"hours": 1}}});
    post(desk, &format!("/requests/{other}/worklogs"), work).await;
    let fresh = new_request(desk, "Fresh").await;
    desk.delete(&format!("/requests/{trash}")).await.unwrap();
    let ci = first(desk, "cmdb/ci_load_balancer", ListQuery::new()).await;
    desk.delete(&format!("/cmdb/{ci}")).await.unwrap();
    let problem = id(&post(desk, "/problems", json!({"problem": {"title": "Why"}})).await, "problem");
    let incidents = json!({"associated_incidents": [{"request": {"id": fresh}}, {"request": {"id": main}}]});
    post(desk, &format!("/problems/{problem}/associated_incidents"), incidents).await;
    let status = first(desk, "statuses", search("name", "Open")).await;
    desk.put(&format!("/statuses/{status}"), &json!({"status": {"color": "#123456"}})).await.unwrap();
    problem
}

/// Back from the trash, and away from the problem.
async fn back(desk: &Client, trash: &str, problem: &str, main: &str) {
    desk.put(&format!("/requests/{trash}/restore_from_trash"), &json!({})).await.unwrap();
    let away = json!({"associated_incidents": [{"request": {"id": main}}]});
    remove_with(desk, &format!("/problems/{problem}/associated_incidents"), away).await;
}
