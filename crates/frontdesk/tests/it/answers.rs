//! What a desk answers to many questions, to be compared with its answers when something below it is broken.

use serde_json::{Value, json};

use crate::home::Client;

/// Orders of requests: by columns with an index and without, by what references show, by what is worked out.
const ORDERS: [(&str, &str); 10] = [
    ("id", "asc"),
    ("subject", "asc"),
    ("created_time", "desc"),
    ("due_by_time", "asc"),
    ("last_updated_time", "desc"),
    ("completed_time", "desc"),
    ("requester.name", "asc"),
    ("technician.name", "desc"),
    ("priority.name", "desc"),
    ("display_id", "asc"),
];

/// Conditions on requests: by indexes, by none, by words, by what is referred to.
const CONDITIONS: [(&str, &str, &str); 12] = [
    ("status.name", "is", "Open"),
    ("status.name", "is", "Closed"),
    ("priority.name", "is", "High"),
    ("subject", "contains", "printer"),
    ("subject", "starts with", "The"),
    ("description", "contains", "the"),
    ("technician", "is empty", ""),
    ("requester.name", "contains", "a"),
    ("assets.name", "contains", "a"),
    ("due_by_time", "greater than", "1700000000000"),
    ("resolution.content", "is not empty", ""),
    ("site.name", "is not", "x"),
];

const WORDS: [&str; 8] = ["printer", "laptop", "the", "vpn", "pr", "server", "password", "open"];

const MODULES: [&str; 7] = ["assets", "users", "problems", "tasks", "products", "cmdb/ci", "departments"];

/// Where pages begin: those behind the first go another way.
const PAGES: [u32; 3] = [1, 101, 201];

/// Questions and their answers.
pub struct Answers(Vec<(String, Value)>);

/// A list, with how many rows there are in all.
fn list(path: &str, mut info: Value) -> String {
    info["row_count"] = 100.into();
    info["get_total_count"] = true.into();
    format!("/{path}?input_data={}", testkit::encoded(&json!({"list_info": info}).to_string()))
}

fn questions(client: &Client) -> Vec<String> {
    let mut lists = Vec::new();
    for (field, order) in ORDERS {
        lists.push(("requests", json!({"sort_field": field, "sort_order": order})));
    }
    for (field, condition, value) in CONDITIONS {
        let criteria = json!({"field": field, "condition": condition, "value": value});
        lists.push(("requests", json!({"search_criteria": criteria, "sort_field": "id"})));
    }
    lists.extend(WORDS.map(|word| ("requests", json!({"search_text": word}))));
    for module in MODULES {
        lists.extend(
            [json!({}), json!({"search_text": "a"}), json!({"search_text": "server"})]
                .map(|info| (module, info)),
        );
    }
    let mut asked = Vec::new();
    for (path, info) in lists {
        for start in PAGES {
            let mut info = info.clone();
            info["start_index"] = start.into();
            asked.push(list(path, info));
        }
    }
    let ids = client.ok("GET", &list("requests", json!({"sort_field": "id"})), "");
    for (n, request) in ids["requests"].as_array().unwrap().iter().enumerate() {
        let path = format!("/requests/{}", request["id"].as_str().unwrap());
        if n % 10 == 0 {
            asked.extend(
                ["notes", "_history", "notifications", "worklogs", "tasks"]
                    .map(|below| format!("{path}/{below}")),
            );
        }
        asked.push(path);
    }
    asked
}

/// An answer without what follows from the time of day.
fn timeless(json: &mut Value) {
    match json {
        Value::Object(object) => {
            object.remove("time_elapsed");
            object.values_mut().for_each(timeless);
        }
        Value::Array(array) => array.iter_mut().for_each(timeless),
        _ => {}
    }
}

impl Answers {
    /// Of a desk that is sound.
    pub fn of(client: &Client) -> Answers {
        let answer = |path: String| {
            let mut json = client.ok("GET", &path, "");
            timeless(&mut json);
            (path, json)
        };
        Answers(questions(client).into_iter().map(answer).collect())
    }

    /// The ids of the requests that the first questions were about.
    pub fn requests(&self) -> Vec<String> {
        let rows = self.0.iter().take(PAGES.len()).flat_map(|(_, page)| page["requests"].as_array().unwrap());
        rows.map(|row| row["id"].as_str().unwrap().to_owned()).collect()
    }

    /// Asks all of it again: each answer is the same, or says in the API's own form that it failed. How many of each.
    pub fn compare(&self, client: &Client, when: &str) -> (usize, usize) {
        let (mut same, mut failed) = (0, 0);
        for (path, right) in &self.0 {
            match client.must("GET", path, "") {
                (200, mut json) => {
                    timeless(&mut json);
                    assert!(json == *right, "{when}: a wrong answer to {path}: {json}, not {right}");
                    same += 1;
                }
                (500 | 503, json) => {
                    let status = &json["response_status"];
                    let status = if status.is_array() { &status[0] } else { status };
                    assert_eq!(status["status"], "failed", "{when}: {path}: {json}");
                    failed += 1;
                }
                (status, json) => panic!("{when}: {path}: {status} {json}"),
            }
        }
        (same, failed)
    }
}
