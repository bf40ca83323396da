//! Every action with every input against a real desk.

use crate::support::by_key;
use connector::{Client, catalogue};
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;
use testkit::{App, Port, on_both_engines};

/// Runs actions and notes which of their inputs were used.
struct Story {
    client: Client,
    used: BTreeSet<(String, String)>,
}

impl Story {
    async fn run(&mut self, key: &str, inputs: Json) -> Json {
        let action = catalogue::action(key).unwrap_or_else(|| panic!("no {key}"));
        for (name, value) in inputs.as_object().unwrap() {
            let members = action.inputs().filter(|i| i.group.is_some_and(|g| g.key == name));
            match action.input(name) {
                Some(_) => drop(self.used.insert((key.to_owned(), name.clone()))),
                None => {
                    for member in members.filter(|i| value.get(i.key).is_some()) {
                        self.used.insert((key.to_owned(), member.key.to_owned()));
                    }
                }
            }
        }
        self.used.insert((key.to_owned(), String::new()));
        let answer = self.client.run(key, &inputs).await.unwrap_or_else(|e| panic!("{key} {inputs}: {e}"));
        assert_eq!(answer.as_object().unwrap().len(), 1, "{answer}");
        let data = &answer["data"];
        if action.does != catalogue::Does::Raw {
            let status = &data["response_status"];
            let status = if status.is_array() { &status[0] } else { status };
            assert_eq!(
                (&status["status_code"], &status["status"]),
                (&json!(2000), &json!("success")),
                "{key}: {data}"
            );
        }
        if let Some(member) = action.answers() {
            assert!(data[member].is_object() || data[member].is_array(), "{key}: {data:#}");
        }
        data.clone()
    }

    /// A list action with each of the shared inputs; `field` names the records, which are `first` and `second` at least.
    async fn list(&mut self, key: &str, fixed: Json, field: &str, first: &str, second: &str) {
        let action = catalogue::action(key).unwrap();
        let run = async |story: &mut Self, more: Json| -> (Vec<String>, Json) {
            let mut inputs = fixed.clone();
            inputs.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            let data = story.run(key, inputs).await;
            let member = action.answers().unwrap_or_else(|| fixed["ciTypeApiName"].as_str().unwrap());
            let rows = data[member].as_array().unwrap_or_else(|| panic!("{key}: {data}"));
            let text = |row: &Json| row[field].as_str().unwrap_or_default().to_owned();
            (rows.iter().map(text).collect(), data)
        };
        let both = |names: &[String]| [first, second].iter().all(|name| names.iter().any(|n| n == name));
        let (all, data) = run(self, json!({})).await;
        assert!(both(&all), "{key}: {all:?}");
        assert_eq!(data["list_info"]["has_more_rows"], false);
        assert_eq!(run(self, json!({"fetchAll": "true", "rowCount": 1, "page": 2})).await.0.len(), all.len());
        let (one, data) = run(self, json!({"fetchAll": false, "rowCount": "1", "page": 1})).await;
        assert_eq!(one.len(), 1, "a real false is honoured");
        assert_eq!(data["list_info"]["row_count"], 1);
        let (other, _) = run(self, json!({"pagination": {"rowCount": 1, "page": 2}})).await;
        assert_ne!(one, other);
        let named = |operator: &str, value: &str| json!({"conditionsCriteria": [{"key": field, "value": operator}], "conditionsCriteriaValue": {field: value}});
        assert_eq!(run(self, named("is", first)).await.0, [first]);
        assert!(!run(self, named("Not Equals", first)).await.0.contains(&first.to_owned()));
        let either = json!([{"field": field, "condition": "is", "value": first},
            {"field": field, "condition": "is", "value": second, "logical_operator": "or"}]);
        let (found, _) = run(self, json!({"searchCriteria": either, "fieldsRequired": [field]})).await;
        assert!(both(&found) && found.len() == 2, "{key}: {found:?}");
        let mut narrowed = named("starts with", first);
        narrowed["searchCriteria"] = either;
        assert_eq!(run(self, narrowed).await.0, [first], "conditions and criteria together");
        assert!(run(self, json!({"searchFields": {field: second}})).await.0.contains(&second.to_owned()));
        let (sorted, _) = run(self, json!({"sortField": field, "sortOrder": "desc"})).await;
        assert_eq!(sorted.len(), all.len());
        let (a, b) = (
            sorted.iter().position(|n| n == first).unwrap(),
            sorted.iter().position(|n| n == second).unwrap(),
        );
        assert!(b < a, "{key}: {sorted:?}");
        let (_, counted) = run(self, json!({"getTotalCount": true})).await;
        assert_eq!(counted["list_info"]["total_count"], all.len(), "{key}");
        let filter = if key == "listRequests" { json!({"name": "All_Requests"}) } else { json!({}) };
        run(self, json!({"filterBy": filter})).await;
    }
}

fn id(record: &Json) -> String {
    record["id"].as_str().unwrap_or_else(|| panic!("no id in {record}")).to_owned()
}

const T1: i64 = 1_488_451_440_000;

fn at(ms: i64) -> Json {
    json!({"value": ms, "display_value": "some time"})
}

async fn assets(story: &mut Story) -> String {
    let product = story.run("createProduct", json!({"productType": "Workstation", "name": "ThinkPad", "id": "1510894167438614",
        "manufacturer": "Example", "isLaptop": "true", "partNo": "TP-1", "attributes": r#"{"comments": "light"}"#})).await;
    let product = &product["product"];
    assert_eq!(
        (&product["part_no"], &product["is_laptop"], &product["comments"]),
        (&json!("TP-1"), &json!(true), &json!("light"))
    );
    let grouped = story.run("updateProduct", json!({"id": id(product), "productType": {"name": "Workstation"}, "name": "ThinkPad X",
        "productDetails": {"manufacturer": "Other", "isLaptop": false, "partNo": "TP-2"}, "attributes": {"comments": null}})).await;
    assert_eq!(
        (&grouped["product"]["part_no"], &grouped["product"]["is_laptop"]),
        (&json!("TP-2"), &json!(false))
    );
    assert_eq!(grouped["product"]["comments"], Json::Null);
    assert_eq!(story.run("getProduct", json!({"id": id(product)})).await["product"]["name"], "ThinkPad X");
    story
        .run("createProduct", json!({"productType": "Workstation", "name": "Zenbook", "isLaptop": ""}))
        .await;
    story.list("listProducts", json!({}), "name", "ThinkPad X", "Zenbook").await;

    let made = story
        .run(
            "createAsset",
            json!({"assetName": "192.0.2.1", "state": {"name": "In Store"}, "product": "ThinkPad X",
        "assetId": "1", "assetTag": "T-1", "stateHistoryComments": "new", "barCode": "B1",
        "keyValuePairParams": "serial_number=S1,asset_tag=T-2"}),
        )
        .await;
    let asset = &made["asset"];
    assert_eq!((&asset["barcode"], &asset["serial_number"]), (&json!("B1"), &json!("S1")));
    assert_eq!(asset["asset_tag"], "T-2", "free parameters win");
    let key = id(asset);
    let edited = story
        .run(
            "updateAsset",
            json!({"assetId": key, "assetName": "192.0.2.2", "state": r#"{"name": "In Store"}"#,
        "product": id(product), "assetTag": "T-3", "stateHistoryComments": "moved", "barCode": "B2",
        "attributes": {"serial_number": "S2"}}),
        )
        .await;
    let edited = &edited["asset"];
    assert_eq!(
        (&edited["name"], &edited["asset_tag"], &edited["barcode"]),
        (&json!("192.0.2.2"), &json!("T-3"), &json!("B2"))
    );
    assert_eq!(story.run("getAsset", json!({"assetId": key})).await["asset"]["serial_number"], "S2");
    story
        .run(
            "createAsset",
            json!({"assetName": "192.0.2.9", "state": "In Store", "product": "Zenbook",
        "additionalFields": {"assetTag": "T-9", "barCode": "B9", "stateHistoryComments": "grouped"}}),
        )
        .await;
    story.list("listAssets", json!({}), "name", "192.0.2.2", "192.0.2.9").await;
    let spare = story
        .run("createAsset", json!({"assetName": "spare", "state": "In Store", "product": "Zenbook"}))
        .await;
    story.run("deleteAsset", json!({"assetId": id(&spare["asset"])})).await;
    let spare = story.run("createProduct", json!({"productType": "Workstation", "name": "Spare"})).await;
    story.run("deleteProduct", json!({"id": id(&spare["product"])})).await;
    key
}

async fn product_types(story: &mut Story) {
    let made = story
        .run(
            "createProductType",
            json!({"name": "Badge", "category": "Non-IT", "assetType": {"name": "Asset"}, "id": "7",
        "attributes": {"description": "to open doors"}}),
        )
        .await;
    let made = &made["product_type"];
    assert_eq!(
        (&made["category"]["name"], &made["description"]),
        (&json!("Non-IT"), &json!("to open doors"))
    );
    let edited = story
        .run(
            "updateProductType",
            json!({"id": id(made), "name": "Badges", "category": {"name": "Non-IT"},
        "assetType": "Asset", "attributes": {"description": "doors"}}),
        )
        .await;
    assert_eq!(
        (&edited["product_type"]["name"], &edited["product_type"]["description"]),
        (&json!("Badges"), &json!("doors"))
    );
    assert_eq!(story.run("getProductType", json!({"id": id(made)})).await["product_type"]["name"], "Badges");
    story.list("listProductTypes", json!({}), "name", "Badges", "Workstation").await;
    story.run("deleteProductType", json!({"id": id(made)})).await;
}

async fn cis(story: &mut Story) {
    let kind = "ci_computer";
    let made = story
        .run(
            "createConfigurationItem",
            json!({"ciTypeApiName": kind, "name": "srv-1", "description": "one",
        "attributes": "{'txt_ip_address': '192.0.2.7'}"}),
        )
        .await;
    assert_eq!(made[kind]["ci_attributes"]["txt_ip_address"], "192.0.2.7");
    let key = id(&made[kind]);
    let edited = story
        .run(
            "updateConfigurationItem",
            json!({"ciTypeApiName": kind, "ciId": key, "name": "srv-2", "description": "two",
        "attributes": {"txt_ip_address": "192.0.2.8"}}),
        )
        .await;
    assert_eq!(edited[kind]["name"], "srv-2", "the original cannot rename");
    let read = story.run("getConfigurationItem", json!({"ciTypeApiName": kind, "ciId": key})).await;
    assert_eq!(
        (&read[kind]["description"], &read[kind]["ci_attributes"]["txt_ip_address"]),
        (&json!("two"), &json!("192.0.2.8"))
    );
    story.run("createConfigurationItem", json!({"ciTypeApiName": kind, "name": "srv-9"})).await;
    story.list("listConfigurationItems", json!({"ciTypeApiName": kind}), "name", "srv-2", "srv-9").await;
    let mut gone = Vec::new();
    for name in ["a", "b"] {
        let made = story.run("createConfigurationItem", json!({"ciTypeApiName": kind, "name": name})).await;
        gone.push(id(&made[kind]));
    }
    story.run("deleteConfigurationItem", json!({"ciTypeApiName": kind, "ciIds": gone})).await;
    assert!(story.client.get(&format!("/cmdb/{kind}/{}", gone[1])).await.unwrap_err().is_not_found());
}

async fn problems(story: &mut Story) {
    let made = story.run("createProblem", json!({"problemTitle": "A wave", "problemDescription": "<b>much</b>",
        "problemReportedTime": at(T1), "problemDueByTime": (T1 + 3_600_000).to_string(), "problemClosedTime": null,
        "additionalFields": {"priority": {"name": "High"}}})).await;
    let made = &made["problem"];
    assert_eq!(made["reported_time"]["value"], T1.to_string());
    assert_eq!(
        (&made["due_by_time"]["value"], &made["priority"]["name"]),
        (&json!((T1 + 3_600_000).to_string()), &json!("High"))
    );
    let problem = id(made);
    let edited = story.run("updateProblem", json!({"toUpdateProblemId": problem, "problemTitle": "B wave", "problemDescription": "less",
        "problemTimes": {"problemReportedTime": "2017-03-02T12:00:00Z", "problemDueByTime": at(T1 + 7_200_000)},
        "additionalFields": {"impact": {"name": "Affects Group"}}})).await;
    let edited = &edited["problem"];
    assert_eq!((&edited["title"], &edited["impact"]["name"]), (&json!("B wave"), &json!("Affects Group")));
    assert_eq!(edited["reported_time"]["value"], "1488456000000");
    // A problem that is closed when it is entered, and one that is closed by an edit.
    let closed = json!({"status": {"name": "Closed"}, "close_details": {"closure_code": {"name": "Success"}, "close_details_comments": "x"}});
    let old = story
        .run(
            "createProblem",
            json!({"problemTitle": "Old", "problemReportedTime": at(T1 - 1000), "problemClosedTime": at(T1), "additionalFields": closed}),
        )
        .await;
    assert_eq!(old["problem"]["closed_time"]["value"], T1.to_string(), "{old:#}");
    let old = id(&old["problem"]);
    let again = story
        .run("updateProblem", json!({"toUpdateProblemId": old, "problemClosedTime": at(T1 + 1000)}))
        .await;
    assert_eq!(again["problem"]["closed_time"]["value"], (T1 + 1000).to_string());
    assert_eq!(
        story.run("getProblem", json!({"toGetProblemId": problem})).await["problem"]["title"],
        "B wave"
    );
    story.run("createProblem", json!({"problemTitle": "Z wave"})).await;
    story.list("listProblems", json!({}), "title", "B wave", "Z wave").await;

    let note = story
        .run(
            "createProblemNote",
            json!({"noteProblemId": problem, "noteDescription": "<b>seen</b>",
        "notifyTo": {"xpaths": [{"xpath": "problem.technician"}]}, "additionalFields": {}}),
        )
        .await;
    let note = id(&note["note"]);
    story
        .run(
            "updateProblemNote",
            json!({"noteProblemId": problem, "toUpdateNoteId": note, "noteDescription": "note a",
        "notifyTo": {"xpaths": []}, "additionalFields": {"description": "note b"}}),
        )
        .await;
    let read = story.run("getProblemNote", json!({"noteProblemId": problem, "toGetNoteId": note})).await;
    assert_eq!(read["note"]["description"], "note b");
    story.run("createProblemNote", json!({"noteProblemId": problem, "noteDescription": "note z"})).await;
    story
        .list("listProblemNotes", json!({"noteProblemId": problem}), "description", "note b", "note z")
        .await;
    story.run("deleteProblemNote", json!({"noteProblemId": problem, "toDeleteNoteId": note})).await;

    let task = story.run("createProblemTask", json!({"taskProblemId": problem, "taskTitle": "Look", "taskDescription": "closely",
        "taskType": {"name": "Implementation"}, "taskOwner": "ada.admin@example.com", "estimatedEffortMinutes": "30",
        "estimatedEffortHours": 2, "estimatedEffortDays": "1", "percentageCompletion": "45", "group": "Network",
        "additionalFields": {"additional_cost": "150"}})).await;
    let task = &task["task"];
    assert_eq!(
        (&task["estimated_effort_minutes"], &task["estimated_effort_hours"], &task["estimated_effort_days"]),
        (&json!("30"), &json!("2"), &json!("1")),
        "{task:#}"
    );
    assert_eq!((&task["owner"]["name"], &task["group"]["name"]), (&json!("Ada Admin"), &json!("Network")));
    let key = id(task);
    let edited = story.run("updateProblemTask", json!({"taskProblemId": problem, "toUpdateTaskId": key, "taskTitle": "Look b",
        "taskDescription": "again", "taskType": "Implementation", "taskOwner": {"email_id": "ada.admin@example.com"},
        "estimatedEffort": {"estimatedEffortMinutes": 0, "estimatedEffortHours": "3", "estimatedEffortDays": 0},
        "percentageCompletion": 60, "group": {"name": "Network"}, "additionalFields": {"additional_cost": "10.5"}})).await;
    assert_eq!(edited["task"]["percentage_completion"].to_string().trim_matches('"'), "60");
    assert_eq!(
        story.run("getProblemTask", json!({"taskProblemId": problem, "toGetTaskId": key})).await["task"]["title"],
        "Look b"
    );
    story.run("createProblemTask", json!({"taskProblemId": problem, "taskTitle": "Z"})).await;
    story.list("listProblemTasks", json!({"taskProblemId": problem}), "title", "Look b", "Z").await;
    story.run("deleteProblemTask", json!({"taskProblemId": problem, "toDeleteTaskId": key})).await;
    story.run("deleteProblem", json!({"toDeleteProblemId": old})).await;
}

async fn requests(story: &mut Story) -> String {
    let made = story.run("createRequest", json!({"requestSubject": "A printer", "requestDescription": "<b>smokes</b>",
        "impactDetails": "floor 3", "emailIdsToNotify": ["ann.lee@example.com", "bo@example.com"], "deletePreTemplateTasks": "true",
        "additionalFields": {"priority": {"name": "High"}, "impact_details": "floors 3 and 4"}})).await;
    let made = &made["request"];
    assert_eq!(
        (&made["priority"]["name"], &made["impact_details"]),
        (&json!("High"), &json!("floors 3 and 4"))
    );
    assert_eq!(made["email_ids_to_notify"], json!(["ann.lee@example.com", "bo@example.com"]));
    let request = id(made);
    let edited = story
        .run(
            "updateRequest",
            json!({"toUpdateRequestId": request, "requestSubject": "B printer",
        "requestDescription": "no smoke", "impactDetails": "floor 5", "emailIdsToNotify": "cy@example.com",
        "deletePreTemplateTasks": false, "additionalFields": {"urgency": {"name": "Urgent"}}}),
        )
        .await;
    let edited = &edited["request"];
    assert_eq!((&edited["subject"], &edited["urgency"]["name"]), (&json!("B printer"), &json!("Urgent")));
    assert_eq!(edited["email_ids_to_notify"], json!(["cy@example.com"]));
    assert_eq!(
        story.run("getRequest", json!({"toGetRequestId": request})).await["request"]["impact_details"],
        "floor 5"
    );
    story.run("createRequest", json!({"requestSubject": "Z printer"})).await;
    story.list("listRequests", json!({}), "subject", "B printer", "Z printer").await;

    let task = story.run("createRequestTask", json!({"taskRequestId": request, "taskRequestTitle": "Repair",
        "taskRequestPercentageCompletion": "30", "taskRequestEstimatedEffortHours": 12, "taskRequestDescription": "soon",
        "taskRequestOwner": {"name": "Ada Admin"}, "taskRequestAdditionalCost": "23.08", "taskRequestActualEndTime": at(T1 + 1000),
        "taskRequestActualStartTime": at(T1), "additionalFields": {"priority": {"name": "High"}}})).await;
    let task = &task["task"];
    assert_eq!(
        (&task["actual_start_time"]["value"], &task["actual_end_time"]["value"]),
        (&json!(T1.to_string()), &json!((T1 + 1000).to_string()))
    );
    assert_eq!(task["additional_cost"].as_str().unwrap().parse::<f64>().unwrap(), 23.08);
    let key = id(task);
    let edited = story.run("updateRequestTask", json!({"taskRequestId": request, "toUpdateRequestTaskId": key, "taskRequestTitle": "Repair b",
        "taskRequestPercentageCompletion": 100, "taskRequestEstimatedEffortHours": "13", "taskRequestDescription": "now",
        "taskRequestOwner": "Ada Admin", "taskRequestAdditionalCost": 1.5, "taskRequestActualEndTime": T1 + 3000,
        "taskRequestActualStartTime": T1 + 2000, "additionalFields": {"priority": {"name": "Low"}}})).await;
    assert_eq!(
        (&edited["task"]["title"], &edited["task"]["priority"]["name"]),
        (&json!("Repair b"), &json!("Low"))
    );
    let read =
        story.run("getRequestTask", json!({"taskRequestId": request, "toGetRequestTaskId": key})).await;
    assert_eq!(read["task"]["actual_start_time"]["value"], (T1 + 2000).to_string());
    story.run("createRequestTask", json!({"taskRequestId": request, "taskRequestTitle": "Z"})).await;
    story.list("listRequestTasks", json!({"taskRequestId": request}), "title", "Repair b", "Z").await;
    story.run("deleteRequestTask", json!({"taskRequestId": request, "toDeleteRequestTaskId": key})).await;
    request
}

async fn life(app: &App, story: &mut Story, request: &str) {
    let note = story.run("createRequestNote", json!({"requestId": request, "noteDescription": "called", "showToRequester": true,
        "notifyTechnician": false, "markFirstResponse": true, "additionalFields": {"add_to_linked_requests": false}})).await;
    assert_eq!(note["request_note"]["show_to_requester"], true);
    let note = id(&note["request_note"]);
    story.run("updateRequestNote", json!({"requestId": request, "noteId": note, "noteDescription": "note b", "showToRequester": "false",
        "notifyTechnician": true, "additionalFields": {"description": "note c"}})).await;
    let read = story.run("getRequestNote", json!({"requestId": request, "noteId": note})).await;
    assert_eq!(
        (&read["request_note"]["description"], &read["request_note"]["show_to_requester"]),
        (&json!("note c"), &json!(false))
    );
    story.run("createRequestNote", json!({"requestId": request, "noteDescription": "note z"})).await;
    story.list("listRequestNotes", json!({"requestId": request}), "description", "note c", "note z").await;
    story.run("deleteRequestNote", json!({"requestId": request, "noteId": note})).await;

    app.technician("Theo Tech").await;
    let given = story
        .run(
            "assignRequest",
            json!({"requestId": request, "technician": "theo.tech@example.com", "group": "Network"}),
        )
        .await;
    assert_eq!(
        (&given["request"]["technician"]["name"], &given["request"]["group"]["name"]),
        (&json!("Theo Tech"), &json!("Network"))
    );
    story.run("pickupRequest", json!({"requestId": request})).await;
    story
        .run(
            "addRequestResolution",
            json!({"requestId": request, "content": "toner", "addToLinkedRequests": false}),
        )
        .await;
    let read = story.run("getRequestResolution", json!({"requestId": request})).await;
    assert_eq!(read["resolution"]["content"], "toner");
    let closed = story.run("closeRequest", json!({"requestId": request, "closureCode": "Success", "closureComments": "done",
        "requesterAckResolution": true, "requesterAckComments": "thanks", "isFcr": true, "additionalFields": {"impact_details": "none"}})).await;
    let closed = &closed["request"];
    assert_eq!(
        (&closed["status"]["name"], &closed["technician"]["name"]),
        (&json!("Closed"), &json!("Ada Admin"))
    );
    assert_eq!(closed["closure_info"]["closure_comments"], "done");
    assert_eq!(
        (&closed["closure_info"]["closure_code"]["name"], &closed["is_fcr"]),
        (&json!("Success"), &json!(true))
    );

    story.run("trashRequest", json!({"requestId": request})).await;
    assert!(story.client.get(&format!("/requests/{request}")).await.unwrap_err().is_not_found());
    story.run("restoreRequest", json!({"requestId": request})).await;
    story.run("deleteRequest", json!({"toDeleteRequestId": request})).await;
    assert!(story.client.get(&format!("/requests/{request}")).await.unwrap_err().is_not_found());
    story.run("restoreRequest", json!({"requestId": request})).await;
}

async fn files(story: &mut Story, module: &str, record: &str) {
    let of = |more: Json| {
        let mut inputs = json!({"recordModule": module, "recordId": record});
        inputs.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        inputs
    };
    let made = story
        .run(
            "uploadAttachment",
            of(json!({"fileName": "a.txt", "fileContent": "SGVsbG8=", "contentType": "text/plain",
        "description": "a greeting"})),
        )
        .await;
    let file = id(&made["attachment"]);
    let listed = story.run("listAttachments", of(json!({}))).await;
    assert_eq!(listed["attachments"][0]["name"], "a.txt");
    let read = story.run("downloadAttachment", of(json!({"attachmentId": file}))).await;
    assert_eq!(
        (&read["attachment"]["content"], &read["attachment"]["size"]),
        (&json!("SGVsbG8="), &json!(5))
    );
    story.run("deleteAttachment", of(json!({"attachmentId": file}))).await;
}

async fn raw(story: &mut Story, port: &Port, request: &str) {
    let read = story
        .run(
            "rawRequest",
            json!({"url": format!("/requests/{request}"), "method": "GET", "responseType": "json"}),
        )
        .await;
    assert_eq!(read["request"]["id"], request);
    let form = "input_data=%7B%22request%22%3A%7B%22subject%22%3A%22Raw%22%7D%7D";
    let made = story
        .run(
            "rawRequest",
            json!({"url": "requests", "method": "POST", "data": form, "timeout": "20000",
        "headers": "User-Agent: x=1,X-Own=2,Authorization=nobody,Accept=text/html"}),
        )
        .await;
    assert_eq!(made["request"]["subject"], "Raw");
    let seen = port.seen().pop().unwrap();
    assert_eq!(
        (&seen.headers["x-own"], &seen.headers["accept"]),
        (&"2".parse().unwrap(), &"application/vnd.manageengine.sdp.v3+json".parse().unwrap())
    );
    let listed = story.run("rawRequest", json!({"url": format!("{}/requests", story.client.connection().base()), "method": "GET",
        "queryParams": {"input_data": {"list_info": {"row_count": 1}}}, "responseType": "text", "debugRequest": false})).await;
    assert!(listed.as_str().unwrap().starts_with('{'), "{listed}");
    let id = id(&made["request"]);
    let sent = story.run("rawRequest", json!({"url": format!("/requests/{id}/_uploads"), "method": "POST", "formData": {"addtoattachment": "true"},
        "fileData": [{"key": "filename", "value": "My File Contents"}], "fileDataFileNames": "filename=example.txt"})).await;
    assert_eq!(sent["attachment"]["name"], "example.txt");
    let path = format!("/requests/{id}/_uploads/{}", sent["attachment"]["id"].as_str().unwrap());
    let bytes =
        story.run("rawRequest", json!({"url": path, "method": "GET", "responseType": "arraybuffer"})).await;
    assert_eq!(bytes, "TXkgRmlsZSBDb250ZW50cw==");
    assert_eq!(story.run("rawRequest", json!({"url": path, "method": "HEAD"})).await, Json::Null);
    story.run("rawRequest", json!({"url": "/requests", "method": "GET", "maxRetries": 2, "retryDelayMS": "1", "retryAllErrors": true,
        "useExponentialBackoff": "false"})).await;
}

on_both_engines! {
    every_action_does_what_it_says_with_every_input(app) {
        let port = Port::of(app).await;
        let mut story = Story { client: by_key(app, &port), used: BTreeSet::new() };
        let asset = assets(&mut story).await;
        product_types(&mut story).await;
        cis(&mut story).await;
        problems(&mut story).await;
        let request = requests(&mut story).await;
        life(app, &mut story, &request).await;
        files(&mut story, "requests", &request).await;
        files(&mut story, "assets", &asset).await;
        raw(&mut story, &port, &request).await;
        let mut unused = Vec::new();
        for action in catalogue::actions() {
            let own = action.inputs().map(|input| input.key);
            let own = own.filter(|key| !["connection", "connectionInput", "debug", "debugRequest"].contains(key));
            for key in own.chain([""]) {
                if !story.used.contains(&(action.key.to_owned(), key.to_owned())) {
                    unused.push(format!("{}.{key}", action.key));
                }
            }
        }
        assert!(unused.is_empty(), "{unused:#?}");
    }
}
