//! Walks through lists while they change.

use crate::support::{by_key, quick, requests, with_key};
use connector::{Error, ListQuery};
use futures_util::TryStreamExt;
use serde_json::{Value as Json, json};
use std::collections::HashSet;
use testkit::{Act, Port, on_both_engines};

fn id(row: &Json) -> String {
    row["id"].as_str().unwrap().to_owned()
}

on_both_engines! {
    a_walk_gives_each_record_once_while_records_come_and_go(app) {
        let ids = requests(app, 57).await;
        let port = Port::of(app).await;
        let client = by_key(app, &port);
        let mut walk = client.walk("/requests", ListQuery::new().rows(10));
        let (mut seen, mut gone) = (Vec::new(), HashSet::new());
        let mut step = 0;
        while let Some(row) = walk.next().await.unwrap() {
            seen.push(id(&row));
            if step % 5 == 0 {
                // One that was given goes, one that was not given yet is edited, one comes.
                let earlier = seen[step / 2].clone();
                app.admin().delete(&format!("/requests/{earlier}")).await.ok();
                gone.insert(earlier);
                app.clock.advance(1000);
                let later = &ids[56];
                app.admin().put(&format!("/requests/{later}"), json!({"request": {"subject": "Z"}})).await.ok();
                if step < 40 {
                    app.admin().new_request("Aaa").await;
                }
            }
            step += 1;
        }
        let distinct: HashSet<&String> = seen.iter().collect();
        assert_eq!(distinct.len(), seen.len(), "none twice");
        for id in ids.iter().filter(|id| !gone.contains(*id)) {
            assert!(distinct.contains(id), "{id} was skipped");
        }
        assert_eq!(seen.len(), 57 + 8, "those that came meanwhile are there too");
    }

    criteria_with_or_stay_together(app) {
        requests(app, 12).await;
        let port = Port::of(app).await;
        let criteria = json!([
            {"field": "subject", "condition": "is", "value": "Request 3"},
            {"field": "subject", "condition": "is", "value": "Request 11", "logical_operator": "or"},
            {"field": "subject", "condition": "is", "value": "Request 7", "logical_operator": "OR"},
        ]);
        let query = ListQuery::new().criteria(criteria).rows(1).fields(["subject"]);
        let rows: Vec<Json> = by_key(app, &port).walk("/requests", query).into_stream().try_collect().await.unwrap();
        let subjects: Vec<&str> = rows.iter().map(|r| r["subject"].as_str().unwrap()).collect();
        assert_eq!(subjects, ["Request 3", "Request 7", "Request 11"]);
        assert_eq!(rows[0].as_object().unwrap().len(), 2, "id and the field that was asked for: {}", rows[0]);
    }

    criteria_that_are_too_long_for_an_address_go_in_the_body(app) {
        let ids = requests(app, 3).await;
        let port = Port::of(app).await;
        let mut many: Vec<String> = (0..500).map(|n| (100_000_000_000_000_000_u64 + n).to_string()).collect();
        many.extend(ids[..2].iter().cloned());
        let query = ListQuery::new().criteria(json!({"field": "id", "condition": "is", "values": many}));
        let rows: Vec<Json> = by_key(app, &port).walk("/requests", query).into_stream().try_collect().await.unwrap();
        assert_eq!(rows.iter().map(id).collect::<Vec<_>>(), ids[..2]);
        assert!(port.seen()[0].uri.query().is_none() && port.seen()[0].body.len() > 4096);
    }

    an_order_is_kept_and_rows_that_move_up_are_not_missed(app) {
        let ids = requests(app, 40).await;
        let port = Port::of(app).await;
        let mut walk = by_key(app, &port).walk("/requests", ListQuery::new().rows(7).sort("subject", true));
        let mut seen = Vec::new();
        while let Some(row) = walk.next().await.unwrap() {
            seen.push(id(&row));
            if seen.len() % 7 == 3 && seen.len() < 30 {
                app.admin().delete(&format!("/requests/{}", seen[seen.len() - 2])).await.ok();
            }
        }
        assert_eq!(seen.iter().collect::<HashSet<_>>().len(), 40, "{seen:?}");
        assert_eq!(seen.len(), ids.len());
    }

    what_is_asked_wrongly_is_refused(app) {
        let port = Port::of(app).await;
        let query = ListQuery::new().criteria(json!({"field": "nonsense", "condition": "is", "value": 1}));
        let error = by_key(app, &port).walk("/requests", query).next().await.unwrap_err();
        assert!(error.to_string().contains("nonsense"), "{error}");
    }

    children_and_lookups_are_walked_as_well(app) {
        let request = app.admin().new_request("Printer").await;
        for n in 0..5 {
            let note = json!({"note": {"description": format!("Note {n}")}});
            app.admin().post(&format!("/requests/{request}/notes"), note).await.ok();
        }
        let port = Port::of(app).await;
        let client = by_key(app, &port);
        for (path, count) in [(format!("/requests/{request}/notes"), 5), ("/priorities".into(), 4)] {
            let rows: Vec<Json> =
                client.walk(&path, ListQuery::new().rows(2)).into_stream().try_collect().await.unwrap();
            let distinct: HashSet<String> = rows.iter().map(id).collect();
            assert!(rows.len() >= count && distinct.len() == rows.len(), "{path}: {rows:?}");
        }
    }
}

/// What a mock answers to a list call: rows of these ids and times in the order asked for, if it knows it.
fn answer(rows: &[(u64, i64)], input: &str, knows: &[&str]) -> Act {
    let info = serde_json::from_str::<Json>(input).unwrap()["list_info"].clone();
    let mut rows = rows.to_vec();
    let field = info["sort_field"].as_str().unwrap_or("");
    if !field.is_empty() && !knows.contains(&field) {
        let body = json!({"response_status": [{"status_code": 4000, "status": "failed", "messages":
            [{"status_code": 4001, "field": "sort_field", "type": "failed"}]}]});
        return Act::Answer(400, vec![], body.to_string());
    }
    let test = &info["search_criteria"];
    let value: i64 = test["value"].as_str().unwrap_or("0").parse().unwrap();
    match field {
        "id" => {
            rows.sort();
            rows.retain(|(id, _)| *id as i64 > value);
        }
        "created_time" => {
            rows.sort_by_key(|(id, at)| (*at, *id));
            rows.retain(|(_, at)| *at >= value);
        }
        _ => {}
    }
    let count = info["row_count"].as_u64().unwrap() as usize;
    let start = info["start_index"].as_u64().unwrap_or(1) as usize - 1;
    let page: Vec<Json> = rows
        .iter()
        .skip(start)
        .take(count)
        .map(|(id, at)| json!({"id": id.to_string(), "created_time": {"value": at.to_string()}}))
        .collect();
    let more = rows.len() > start + page.len();
    let body = json!({"requests": page, "list_info": {"has_more_rows": more, "row_count": page.len()},
        "response_status": [{"status_code": 2000, "status": "success"}]});
    Act::Answer(200, vec![], body.to_string())
}

#[tokio::test]
async fn services_that_know_less_are_walked_another_way() {
    // 30 rows of one moment among others, more than a page.
    let rows: Vec<(u64, i64)> =
        (0..80).map(|n| ((n * 37) % 80 + 1, if n % 80 < 30 { 5000 } else { 1000 + n as i64 * 10 })).collect();
    for knows in [vec!["id", "created_time"], vec!["created_time"], vec![]] {
        let (rows, known) = (rows.clone(), knows.clone());
        let port =
            Port::with(None, move |_, seen| answer(&rows, &seen.param("input_data").unwrap(), &known)).await;
        let mut walk = with_key(&port, "key", quick()).walk("/requests", ListQuery::new().rows(8));
        let mut seen = HashSet::new();
        while let Some(row) = walk.next().await.unwrap() {
            assert!(seen.insert(id(&row)), "{knows:?}: twice");
        }
        assert_eq!(seen.len(), 80, "{knows:?}");
    }
}

#[tokio::test]
async fn a_service_that_does_not_sort_as_asked_or_never_moves_on_is_noticed() {
    let rows: Vec<(u64, i64)> = (0..50).map(|n| ((n * 37) % 50 + 1, 0)).collect();
    let unsorted = rows.clone();
    let port = Port::with(None, move |_, seen| {
        let input = seen
            .param("input_data")
            .unwrap()
            .replace("sort_field", "ignored")
            .replace("search_criteria", "i");
        answer(&unsorted, &input, &[])
    })
    .await;
    let mut walk = with_key(&port, "key", quick()).walk("/requests", ListQuery::new().rows(8));
    let mut seen = HashSet::new();
    while let Some(row) = walk.next().await.unwrap() {
        assert!(seen.insert(id(&row)));
    }
    assert_eq!(seen.len(), 50);
    // The same page for ever.
    let port = Port::with(None, move |_, _| answer(&rows, r#"{"list_info": {"row_count": 8}}"#, &[])).await;
    let mut walk = with_key(&port, "key", quick()).walk("/requests", ListQuery::new().rows(8));
    let error = loop {
        match walk.next().await {
            Ok(row) => assert!(row.is_some(), "it looked like an end"),
            Err(error) => break error,
        }
    };
    assert!(matches!(error, Error::Answer { .. }), "{error}");
}
