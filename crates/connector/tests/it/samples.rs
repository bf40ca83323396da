//! The sample answers of the component that this one takes after: what they hold comes back through the actions.

use crate::support::by_key;
use serde_json::{Value as Json, json};
use testkit::{Port, on_both_engines};

/// What the samples show of a desk that has what we have not, or that real answers contradict; the list with the reasons
/// is in the tests of the V3 face, which compare the whole shape.
const NOT_OURS: [&str; 4] = ["resources", "project_id", "has_change_initiated_request", "lifecycle"];

/// Checks that each member of the sample's record, and each of the envelope, is there.
#[track_caller]
fn holds(answer: &Json, sample: &str) {
    let sample: Json = serde_json::from_str(sample).unwrap();
    let data = answer["data"].as_object().unwrap_or_else(|| panic!("{answer}"));
    for (member, shape) in sample.as_object().unwrap() {
        let found = data.get(member).unwrap_or_else(|| panic!("no {member} in {answer:#}"));
        for key in shape.as_object().unwrap().keys().filter(|key| !NOT_OURS.contains(&key.as_str())) {
            assert!(found.get(key).is_some(), "no {member}.{key} in {found:#}");
        }
    }
    assert_eq!(data["response_status"], json!({"status_code": 2000, "status": "success"}));
}

macro_rules! sample {
    ($name:literal) => {
        include_str!(concat!("../../../api/tests/it/shapes/", $name, ".json"))
    };
}

on_both_engines! {
    the_sample_answers_hold(app) {
        let port = Port::of(app).await;
        let client = by_key(app, &port);
        let run = async |action: &str, inputs: Json| client.run(action, &inputs).await.unwrap();
        let id = |answer: &Json, member: &str| answer["data"][member]["id"].as_str().unwrap().to_owned();
        holds(&run("createProduct", json!({"name": "P", "productType": "Workstation"})).await, sample!("createProduct"));
        let kind = json!({"name": "T", "category": "IT", "assetType": "Asset"});
        holds(&run("createProductType", kind).await, sample!("createProductType"));
        let asset = run("createAsset", json!({"assetName": "A", "product": "P", "state": "In Store"})).await;
        holds(&asset, sample!("createAsset"));
        let asset = json!({"assetId": id(&asset, "asset")});
        holds(&run("getAsset", asset.clone()).await, sample!("getAsset"));
        let ci = json!({"ciTypeApiName": "ci_computer", "name": "C"});
        holds(&run("createConfigurationItem", ci).await, sample!("createConfigurationItem"));
        let problem = run("createProblem", json!({"problemTitle": "P"})).await;
        holds(&problem, sample!("createProblem"));
        let problem = id(&problem, "problem");
        let note = json!({"noteProblemId": problem, "noteDescription": "N"});
        holds(&run("createProblemNote", note).await, sample!("createProblemNote"));
        holds(&run("createProblemTask", json!({"taskProblemId": problem, "taskTitle": "T"})).await, sample!("createProblemTask"));
        let request = run("createRequest", json!({"requestSubject": "R"})).await;
        holds(&request, sample!("createRequest"));
        let task = json!({"taskRequestId": id(&request, "request"), "taskRequestTitle": "T"});
        holds(&run("createRequestTask", task).await, sample!("createRequestTask"));
        let gone = run("deleteAsset", asset).await;
        assert_eq!(gone, json!({"data": {"response_status": {"status_code": 2000, "status": "success"}}}));
    }
}
