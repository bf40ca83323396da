//! Data sources.

use crate::support::{by_key, requests};
use connector::Error;
use serde_json::json;
use std::collections::HashSet;
use testkit::{Port, on_both_engines};

on_both_engines! {
    data_sources_give_all_records_to_choose_from(app) {
        let admin = app.admin();
        let ids = requests(app, 130).await;
        admin.post("/problems", json!({"problem": {"title": "Test Problem"}})).await.ok();
        admin.post("/products", json!({"product": {"name": "P", "product_type": {"name": "Workstation"}}})).await.ok();
        let asset = json!({"asset": {"name": "192.0.2.1", "product": {"name": "P"}, "state": {"name": "In Store"}}});
        let asset = admin.post("/assets", asset).await.ok()["asset"]["id"].clone();
        let port = Port::of(app).await;
        let client = by_key(app, &port);
        assert_eq!(client.source("selectAsset", None).await.unwrap(), json!({"result": [{"label": "192.0.2.1", "key": asset}]}));
        let problems = client.source("selectProblem", Some(" ")).await.unwrap();
        assert_eq!(problems["result"][0]["label"], "Test Problem");
        let all = client.source("selectRequest", None).await.unwrap();
        let keys: HashSet<&str> = all["result"].as_array().unwrap().iter().map(|c| c["key"].as_str().unwrap()).collect();
        assert_eq!(keys, ids.iter().map(String::as_str).collect());
        let found = client.source("selectRequest", Some("REQUEST 12")).await.unwrap();
        let labels: Vec<&str> = found["result"].as_array().unwrap().iter().map(|c| c["label"].as_str().unwrap()).collect();
        assert_eq!(labels.len(), 11, "{labels:?}");
        assert!(matches!(client.source("selectUser", None).await.unwrap_err(), Error::Input(_)));
    }
}
