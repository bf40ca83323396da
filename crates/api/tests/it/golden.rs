//! The sample answers of the component that the project began from, as shapes: each key comes back, with the type that
//! it has there. What a sample shows as null or as an empty list may be anything.

use serde_json::{Value as Json, json};
use testkit::{App, Client, on_both_engines};

/// Where a sample is generated placeholder data that real answers contradict: the path, and why we answer otherwise.
const NOISE: [(&str, &str); 12] = [
    ("request.group.site", "the name of the site as a text; real answers have an object or null"),
    (
        "request.sla",
        "duebydays and its like, one of them a truth; the official client has resolution_due_by_*",
    ),
    ("request.lifecycle", "requests have no life cycle here; null, as real answers without one"),
    ("request.has_change_initiated_request", "a truth in quotes"),
    ("request.unreplied_count", "a number in quotes; real answers have the number"),
    ("request.technician.cost_per_hour", "a number; real answers have text"),
    ("request.deleted_assets[]", "an object with nothing in it; the official client has texts"),
    ("request.udf_fields", "fields that the sample's own desk has added"),
    ("request.resources", "answers to the questions of one service of that desk"),
    ("request.project_id", "requests belong to no project here"),
    ("product.depreciation_detail.id", "the id of a plan; here a plan is part of its product"),
    ("task.percentage_completion", "text in this sample, a number in the captured one"),
];

fn compare(shape: &Json, found: &Json, path: &str, wrong: &mut Vec<String>) {
    let noise = NOISE.iter().any(|(known, _)| *known == path);
    let fits = match shape {
        Json::Null => true,
        _ if noise => return,
        // The desk has no pictures of people.
        _ if found.is_null() && path.ends_with(".photo_url") => return,
        Json::String(kind) => match kind.as_str() {
            "string" => found.is_string(),
            "bool" => found.is_boolean(),
            _ => found.is_number(),
        },
        Json::Array(items) => {
            if let (Some(shape), Some(found)) = (items.first(), found.as_array()) {
                for item in found {
                    compare(shape, item, &format!("{path}[]"), wrong);
                }
                if found.is_empty() && !NOISE.iter().any(|(known, _)| *known == format!("{path}[]")) {
                    wrong.push(format!("{path} is empty"));
                }
            }
            found.is_array()
        }
        Json::Object(members) => {
            for (key, shape) in members {
                let inner = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                match found.get(key) {
                    Some(found) => compare(shape, found, &inner, wrong),
                    None if NOISE.iter().any(|(known, _)| *known == inner) => {}
                    None => wrong.push(format!("{inner} is missing")),
                }
            }
            found.is_object()
        }
        _ => false,
    };
    if !fits {
        wrong.push(format!("{path} is {found}, and should be {shape}"));
    }
}

#[track_caller]
fn check(shape: &str, found: &Json) {
    let shape: Json = serde_json::from_str(shape).unwrap();
    let mut wrong = Vec::new();
    compare(&shape, found, "", &mut wrong);
    assert!(wrong.is_empty(), "{wrong:#?}\nin {found:#}");
}

/// An administrator with everything that a sample's people have.
async fn lincoln(app: &App) -> Client<'_> {
    let admin = app.admin();
    admin.post("/departments", json!({"department": {"name": "Engineering"}})).await.ok();
    let user = json!({"user": {
        "name": "Lincoln", "email_id": "lincoln@example.com", "mobile": "9876543210", "phone": "022-1234567890",
        "sms_mail": "linc123@example.com", "job_title": "Java Developer", "last_name": "L", "employee_id": "7",
        "department": {"name": "Engineering"}, "is_technician": true, "sms_mail_id": "linc@example.com",
        "site": {"name": "Base Site"}, "role": {"name": "SDAdmin"},
    }});
    let made = admin.post("/users", user).await.ok();
    let id = made["user"]["id"].as_str().unwrap().parse().unwrap();
    Client::with_key(app, &app.key_for(id).await)
}

async fn product(admin: &Client<'_>, name: &str, kind: &str) -> Json {
    let made =
        admin.post("/products", json!({"product": {"name": name, "product_type": {"name": kind}}})).await;
    made.ok()["product"].clone()
}

on_both_engines! {
    an_asset_is_answered_as_the_sample_shows(app) {
        let admin = lincoln(app).await;
        product(&admin, "Product Name", "Access Point").await;
        let made = admin.post("/assets", json!({"asset": {
            "name": "UniqueName", "product": {"name": "Product Name"}, "state": {"name": "In Store"},
        }})).await.ok();
        check(include_str!("shapes/createAsset.json"), &made);
        assert_eq!(made["asset"]["product"]["part_no"], "-");
        assert_eq!(made["asset"]["product"]["manufacturer"], "-");
        assert_eq!(made["asset"]["state"]["id"], "100001000000006135");
        assert!(made["asset"]["last_updated_time"].is_null());
        let id = made["asset"]["id"].as_str().unwrap();
        check(include_str!("shapes/getAsset.json"), &admin.get(&format!("/assets/{id}")).await.ok());
        let deleted = admin.delete(&format!("/assets/{id}")).await.ok();
        assert_eq!(deleted, json!({"response_status": {"status_code": 2000, "status": "success"}}));
    }

    products_and_their_types_are_answered_as_the_samples_show(app) {
        let admin = app.admin();
        let kind = admin.post("/product_types", json!({"product_type": {
            "id": "1510894167438614", "name": "test-name", "category": {"name": "Non-IT"}, "type": {"name": "Asset"},
            "image": "test-image", "description": "test-description",
        }})).await.ok();
        check(include_str!("shapes/createProductType.json"), &kind);
        assert_ne!(kind["product_type"]["id"], "1510894167438614", "an id that a client sends is passed over");
        let made = admin.post("/products", json!({"product": {
            "id": "1510894167438614", "name": "test-name", "product_type": {"name": "Workstation"},
            "manufacturer": "test-manufacturer", "parto_no": "test-part_no", "is_laptop": "false",
            "comments": "test-comments",
            "software": {"is_parent_suite": false, "name": "test-name", "id": "1537003994714405"},
            "depreciation_detail": {
                "depreciation_type": {"id": "2"}, "useful_life": "36", "depreciation_percent": 20.5, "salvage_value": 10.25,
            },
        }})).await.ok();
        check(include_str!("shapes/createProduct.json"), &made);
        assert_eq!(made["product"]["part_no"], "test-part_no");
    }

    a_ci_is_answered_as_the_sample_shows(app) {
        let admin = lincoln(app).await;
        let department = admin.list("/departments", json!({})).await.ok()["departments"][0]["id"].clone();
        let made = admin.post("/cmdb/ci_computer", json!({"ci_computer": {
            "name": "Dell Server", "description": "Dell Server used for VMs",
            "ci_attributes": {
                "ref_owned_by": {"email_id": "lincoln@example.com"}, "ref_managed_by": {"name": "Lincoln"},
                "txt_manufacturer": "Dell", "txt_os": "Windows", "ref_business_impact": {"name": "Affects Department"},
            },
        }})).await.ok();
        let id = made["ci_computer"]["id"].as_str().unwrap();
        let linked = admin.put(&format!("/cmdb/ci_computer/{id}"), json!({"ci_computer": {
            "linked_entity": {"name": "department"}, "linked_instance": department, "name": "Dell Server",
        }})).await.ok();
        check(include_str!("shapes/createConfigurationItem.json"), &linked);
        assert_eq!(linked["ci_computer"]["ci_attributes"]["ref_business_impact"]["id"], "100001000000007152");
        let deleted = admin.delete(&format!("/cmdb/ci_computer?ids={id}")).await;
        assert!(deleted.status.is_success());
    }

    a_problem_is_answered_as_the_sample_shows(app) {
        let admin = lincoln(app).await;
        admin.post("/support_groups", json!({"support_group": {"name": "DBA Group", "site": {"name": "Base Site"}}})).await.ok();
        let ci = admin.post("/cmdb/ci_application", json!({"ci_application": {"name": "Hardware Problems"}})).await.ok();
        let made = admin.post("/problems", json!({"problem": {
            "title": "Test Problem", "description": "<div>Description</div>", "urgency": {"name": "Normal"},
            "impact": {"name": "Affects Group"}, "priority": {"name": "Medium"}, "site": {"name": "Base Site"},
            "group": {"name": "DBA Group"}, "technician": {"email_id": "lincoln@example.com"},
            "reported_by": {"email_id": "lincoln@example.com"},
            "category": {"name": "Software"}, "subcategory": {"name": "MS Office"}, "item": {"name": "Install"},
            "services": [{"name": "Communication"}, {"name": "Application Login"}],
            "configuration_items": [{"id": ci["ci_application"]["id"]}],
            "due_by_time": {"value": "1872700000000"},
            "root_cause": {"root_cause_description": "Root Cause"},
            "symptoms": {"symptoms_description": "symptoms"},
            "impact_details": {"impact_details_description": "Impact Details"},
            "workaround_details": {"workaround_details_description": "Workaround"},
            "resolution_details": {"resolution_details_description": "Resolution"},
            "known_error_details": {"is_known_error": false},
        }})).await.ok();
        let mut found = made.clone();
        // Its own desk's additional fields.
        found["problem"]["udf_fields"]["udf_char1"] = json!("YES");
        let mut shape: Json = serde_json::from_str(include_str!("shapes/createProblem.json")).unwrap();
        shape["problem"]["udf_fields"] = json!({});
        // A group's site is written whole here; the sample has its id alone. The stamps are the administrator's.
        check(&shape.to_string(), &found);
        let id = made["problem"]["id"].as_str().unwrap();
        assert_eq!(made["problem"]["display_id"], json!({"display_value": "PB-1", "value": "1"}));
        let note = admin.post(&format!("/problems/{id}/notes"), json!({"note": {
            "description": "<div>Test Add Note</div>", "notify_to": {"xpaths": [{"xpath": "problem.technician"}]},
        }})).await.ok();
        check(include_str!("shapes/createProblemNote.json"), &note);
        let task = admin.post(&format!("/problems/{id}/tasks"), json!({"task": {
            "title": "Add Problem Task", "description": "<div>Add Task</div>", "percentage_completion": "45",
            "estimated_effort_days": "12", "email_before": "1800000", "additional_cost": "150",
            "owner": {"email_id": "lincoln@example.com"}, "priority": {"name": "Medium"}, "site": {"name": "Base Site"},
            "scheduled_start_time": {"value": "1875329240000"}, "scheduled_end_time": {"value": "1875934040000"},
            "actual_start_time": {"value": "1875415640000"}, "actual_end_time": {"value": "1875761240000"},
        }})).await.ok();
        check(include_str!("shapes/createProblemTask.json"), &task);
        assert_eq!(task["task"]["estimated_effort"], "1036800000");
        assert_eq!(task["task"]["associated_entity"], "problem");
        for path in [format!("/problems/{id}/notes/{}", note["note"]["id"].as_str().unwrap()),
                     format!("/problems/{id}/tasks/{}", task["task"]["id"].as_str().unwrap()),
                     format!("/problems/{id}")] {
            let deleted = admin.delete(&path).await.ok();
            assert_eq!(deleted, json!({"response_status": {"status_code": 2000, "status": "success"}}));
            assert_eq!(admin.get(&path).await.status.as_u16(), 404, "{path}");
        }
    }
}
