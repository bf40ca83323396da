//! What may be given to actions, and what is refused before anything is sent.

use crate::support::{by_key, quick, with_key};
use connector::catalogue::inputs::{CreateRequest, GetRequest, ListInputs, ListRequests, UpdateProduct};
use connector::catalogue::{Inputs, actions};
use connector::{Client, Error};
use serde_json::{Value as Json, json};
use testkit::{Act, Port, on_both_engines};

async fn mock() -> (Port, Client) {
    let port = Port::with(None, |_, _| Act::Answer(200, vec![], r#"{"requests": []}"#.into())).await;
    let client = with_key(&port, "key", quick());
    (port, client)
}

/// What is said about inputs that are refused.
async fn refused(client: &Client, action: &str, inputs: Json) -> String {
    match client.run(action, &inputs).await {
        Err(error @ Error::Input(_)) => error.to_string(),
        other => panic!("{action} {inputs}: {other:?}"),
    }
}

/// The `input_data` of the last call.
fn sent(port: &Port) -> Json {
    serde_json::from_str(&port.seen().last().unwrap().param("input_data").unwrap()).unwrap()
}

#[tokio::test]
async fn what_cannot_be_meant_is_refused_by_name_and_nothing_is_sent() {
    let (port, client) = mock().await;
    for (action, inputs, expected) in [
        ("createAsst", json!({}), "action: there is no action createAsst"),
        ("createRequest", json!([]), "inputs: an object is expected"),
        ("createRequest", json!({}), "requestSubject: is required"),
        ("createRequest", json!({"requestSubject": "  "}), "requestSubject: is required"),
        (
            "createRequest",
            json!({"requestSubjct": "x"}),
            "requestSubjct: createRequest has no such input; did you mean requestSubject?; requestSubject: is required",
        ),
        ("createRequest", json!({"requestSubject": {"a": 1}}), "requestSubject: a text is expected"),
        (
            "createRequest",
            json!({"requestSubject": "x", "additionalFields": "no json"}),
            "additionalFields: an object is expected, as JSON or as a text that holds one",
        ),
        (
            "createRequest",
            json!({"requestSubject": "x", "deletePreTemplateTasks": "maybe"}),
            "deletePreTemplateTasks: true or false is expected",
        ),
        (
            "createProblemTask",
            json!({"taskProblemId": "1", "taskTitle": "x", "percentageCompletion": "all", "estimatedEffortHours": "-1"}),
            "estimatedEffortHours: a number from 0 is expected; percentageCompletion: a number from 0 is expected",
        ),
        (
            "createProblemTask",
            json!({"taskProblemId": "1", "taskTitle": "x", "estimatedEffort": {"weeks": 1}}),
            "estimatedEffort.weeks: createProblemTask has no such input",
        ),
        (
            "createProblemTask",
            json!({"taskProblemId": "1", "taskTitle": "x", "estimatedEffort": {"estimatedEffortDays": 1}, "estimatedEffortDays": 2}),
            "estimatedEffortDays: is given twice, by itself and in estimatedEffort",
        ),
        (
            "createProblem",
            json!({"problemTitle": "x", "problemDueByTime": "tomorrow"}),
            "problemDueByTime: a time is expected: {\"value\": milliseconds}, milliseconds, or 2026-01-31T14:00:00Z",
        ),
        (
            "createAsset",
            json!({"assetName": "x", "state": [1], "product": 1.5}),
            "state: an object such as {\"name\": …}, a name or an id is expected; product: an object such as {\"name\": …}, a name or an id is expected",
        ),
        (
            "createAsset",
            json!({"assetName": "x", "state": "a", "product": "b", "keyValuePairParams": "novalue"}),
            "keyValuePairParams: pairs are expected: an object, a list of {\"key\": …, \"value\": …}, or a=b,c=d",
        ),
        (
            "createProduct",
            json!({"productType": "a", "name": "x", "isLaptop": "perhaps"}),
            "isLaptop: true or false is expected",
        ),
        ("getRequest", json!({"toGetRequestId": ".."}), "toGetRequestId: .. is no id"),
        (
            "deleteConfigurationItem",
            json!({"ciTypeApiName": "ci_computer", "ciIds": []}),
            "ciIds: is required",
        ),
        ("listRequests", json!({"page": "one"}), "page: a whole number from 1 is expected"),
        ("listRequests", json!({"page": 0}), "page: a whole number from 1 is expected"),
        (
            "listRequests",
            json!({"rowCount": 1000}),
            "rowCount: a page has 100 rows at most; fetchAll reads all pages",
        ),
        ("listRequests", json!({"sortOrder": "asc"}), "sortOrder: an order needs a sortField"),
        (
            "listRequests",
            json!({"sortField": "id", "sortOrder": "up"}),
            "sortOrder: one of asc, desc is expected",
        ),
        (
            "listRequests",
            json!({"conditionsCriteria": "subject=is"}),
            "conditionsCriteriaValue: subject has an operator and no value",
        ),
        (
            "listRequests",
            json!({"conditionsCriteriaValue": "subject=x"}),
            "conditionsCriteria: subject has a value and no operator",
        ),
        (
            "listRequests",
            json!({"conditionsCriteria": "created_time=between", "conditionsCriteriaValue": "created_time=5"}),
            "conditionsCriteriaValue: created_time: a range has two ends, such as 1,5",
        ),
        (
            "rawRequest",
            json!({"url": "/x", "method": "STEAL"}),
            "method: one of DELETE, GET, HEAD, LINK, OPTIONS, PATCH, POST, PURGE, PUT, UNLINK is expected",
        ),
        (
            "rawRequest",
            json!({"url": "/x", "method": "POST", "data": "x", "formData": "a=b"}),
            "data: Cannot specify both Data and File/Form Data.",
        ),
        (
            "rawRequest",
            json!({"url": "https://evil.example.com/x", "method": "GET", "timeout": "soon"}),
            "timeout: a whole number from 0 is expected",
        ),
        (
            "uploadAttachment",
            json!({"recordModule": "requests", "recordId": "1", "fileName": "a", "fileContent": "***"}),
            "fileContent: it is no base64",
        ),
        (
            "uploadAttachment",
            json!({"recordModule": "users", "recordId": "1", "fileName": "a", "fileContent": ""}),
            "recordModule: one of requests, problems, assets is expected; fileContent: is required",
        ),
    ] {
        assert_eq!(refused(&client, action, inputs).await, expected);
    }
    let nested = json!({"searchCriteria": [{"field": "subject", "condition": "resembles", "value": "x"}]});
    assert!(refused(&client, "listRequests", nested).await.starts_with("searchCriteria: "));
    let operator = json!({"conditionsCriteria": "subject=resembles", "conditionsCriteriaValue": "subject=x"});
    assert!(refused(&client, "listRequests", operator).await.contains("is none of is, is not, greater than"));
    assert_eq!(port.seen().len(), 0);
}

#[tokio::test]
async fn every_form_of_a_value_is_understood() {
    let (port, client) = mock().await;
    let condition = async |operators: Json, values: Json| {
        let inputs =
            json!({"fetchAll": false, "conditionsCriteria": operators, "conditionsCriteriaValue": values});
        client.run("listRequests", &inputs).await.unwrap();
        sent(&port)["list_info"]["search_criteria"].clone()
    };
    let one = json!({"field": "created_time", "condition": "greater than", "value": "1488451440000"});
    assert_eq!(condition(json!("created_time=Greater Than"), json!("created_time=1488451440000")).await, one);
    assert_eq!(condition(json!({"created_time": "gt"}), json!({"created_time": "1488451440000"})).await, one);
    // Two conditions on one field, a range, and a list of values.
    let several = condition(
        json!([{"key": "id", "value": "Greater than or Equal"}, {"key": "id", "value": "lt"}, {"key": "due", "value": "Range"}]),
        json!([{"key": "id", "value": "5"}, {"key": "due", "value": "1,5"}, {"key": "id", "value": "9"}]),
    )
    .await;
    assert_eq!(
        several,
        json!([
            {"field": "id", "condition": "greater or equal", "value": "5"},
            {"field": "id", "condition": "lesser than", "value": "9", "logical_operator": "and"},
            {"field": "due", "condition": "between", "values": ["1", "5"], "logical_operator": "and"},
        ])
    );
    let lone = condition(json!("t=between"), json!({"t": "[1, 5]"})).await;
    assert_eq!(
        lone,
        json!({"field": "t", "condition": "between", "values": [1, 5]}),
        "a lone range is well formed"
    );

    let body = async |inputs: Json| {
        let mut inputs = inputs;
        inputs["assetName"] = json!("x");
        client.run("createAsset", &inputs).await.unwrap();
        sent(&port)["asset"].clone()
    };
    let asset = body(json!({"state": 5, "product": "{'name': \"Ann's\"}", "assetTag": 7,
        "keyValuePairParams": [{"key": "a", "value": "{\"b\": [true]}"}, {"key": "n", "value": "0012"}, {"key": "z", "value": "null"}]})).await;
    assert_eq!(
        asset,
        json!({"name": "x", "state": {"id": "5"}, "product": {"name": "Ann's"}, "asset_tag": "7",
        "a": {"b": [true]}, "n": "0012", "z": null})
    );
    // No placeholder is sent, and what is empty is not there.
    client
        .run("updateAsset", &json!({"assetId": "1", "assetName": "", "state": "", "attributes": {}}))
        .await
        .unwrap();
    assert_eq!(sent(&port), json!({"asset": {}}));
    client.run("updateRequest", &json!({"toUpdateRequestId": 1})).await.unwrap();
    assert_eq!(sent(&port), json!({"request": {"delete_pre_template_tasks": false}}));
    // A platform hands over what its forms hold: the connection and the debug switch are no business of the service.
    client
        .run("getRequest", &json!({"toGetRequestId": "1", "connectionInput": {"key": "x"}, "debug": true}))
        .await
        .unwrap();
}

#[tokio::test]
async fn raw_requests_are_repeated_as_they_say() {
    let port = Port::with(None, |_, _| Act::Answer(404, vec![], "{}".into())).await;
    let client = with_key(&port, "key", quick());
    let inputs =
        json!({"url": "/x", "method": "POST", "maxRetries": 2, "retryDelayMS": 1, "retryAllErrors": "true"});
    client.run("rawRequest", &inputs).await.unwrap_err();
    assert_eq!(port.seen().len(), 3);
    let inputs = json!({"url": "/x", "method": "POST", "maxRetries": 2, "retryDelayMS": 1});
    client.run("rawRequest", &inputs).await.unwrap_err();
    assert_eq!(port.seen().len(), 4, "what is refused is not repeated unless that is asked for");
}

on_both_engines! {
    typed_functions_do_the_same(app) {
        let port = Port::of(app).await;
        let client = by_key(app, &port);
        let made = client.create_request(CreateRequest {
            request_subject: "Typed".into(),
            email_ids_to_notify: vec!["ann.lee@example.com".into()],
            additional_fields: Some(json!({"priority": {"name": "High"}})),
            ..CreateRequest::default()
        }).await.unwrap();
        let id = made["data"]["request"]["id"].as_str().unwrap().to_owned();
        let read = client.perform(GetRequest { to_get_request_id: id.clone() }).await.unwrap();
        assert_eq!(read, client.run("getRequest", &json!({"toGetRequestId": id})).await.unwrap());
        let listed = client.list_requests(ListRequests { list: ListInputs {
            conditions_criteria: vec![("subject".into(), json!("is"))],
            conditions_criteria_value: vec![("subject".into(), json!("Typed"))],
            row_count: Some(5),
            fetch_all: Some(false),
            ..ListInputs::default()
        } }).await.unwrap();
        assert_eq!(listed["data"]["requests"][0]["id"], id);
        assert_eq!(<CreateRequest as Inputs>::ACTION.key, "createRequest");
        let error = client.create_request(CreateRequest::default()).await.unwrap_err();
        assert!(matches!(error, Error::Service(_)) || error.to_string().contains("requestSubject"), "{error}");
    }
}

#[test]
fn typed_inputs_hold_what_is_given_and_no_more() {
    let given =
        UpdateProduct { id: "1".into(), is_laptop: Some(false), ..UpdateProduct::default() }.into_inputs();
    assert_eq!(Json::Object(given), json!({"id": "1", "isLaptop": false}));
    assert_eq!(actions().count(), 46 + 16);
}
