//! Values at the fields of one record, and collections that answer to several names (setup.md sections 1 and 2).

use serde_json::{Value as Json, json};
use testkit::{Client, on_both_engines};

async fn names(client: &Client<'_>, path: &str, key: &str, list_info: Json) -> Vec<String> {
    let list = client.list(path, list_info).await.ok();
    list[key].as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap().to_owned()).collect()
}

on_both_engines! {
    a_form_that_changes_the_parent_sees_the_new_children(app) {
        let admin = app.admin();
        let berlin = admin.post("/sites", json!({"site": {"name": "Berlin"}})).await.ok()["site"]["id"].clone();
        admin.post("/sites", json!({"site": {"name": "Paris"}})).await.ok();
        for site in ["Berlin", "Paris"] {
            let group = json!({"support_group": {"name": format!("Desk {site}"), "site": {"name": site}}});
            admin.post("/support_groups", group).await.ok();
        }
        let input = json!({"request": {"subject": "x", "category": {"name": "Software"}, "subcategory": {"name": "MS Office"},
            "site": {"id": berlin}}});
        let id = admin.post("/requests", input).await.ok()["request"]["id"].as_str().unwrap().to_owned();
        let path = |field: &str| format!("/requests/{id}/{field}");
        let is = |field: &str, value: &str| json!({"search_criteria": {"field": field, "condition": "is", "value": value}});
        let check = async |field: &str, info: Json, expected: &[&str]| {
            assert_eq!(names(&admin, &path(field), field, info.clone()).await, expected, "{field} {info}");
        };
        check("subcategory", json!({}), &["Adobe Reader", "MS Office"]).await;
        check("subcategory", is("name", "MS Office"), &["MS Office"]).await;
        check("subcategory", is("category.name", "Network"), &["Router", "VPN"]).await;
        check("subcategory", is("category.id", "100001000000006693"), &["Router", "VPN"]).await;
        check("subcategory", json!({"search_fields": {"category.name": "Network"}}), &["Router", "VPN"]).await;
        check("subcategory", json!({"search_criteria": [
            {"field": "category.name", "condition": "is", "value": "Network"},
            {"field": "name", "condition": "starts with", "value": "r", "logical_operator": "and"},
        ]}), &["Router"]).await;
        check("item", json!({}), &["Install", "Uninstall"]).await;
        check("item", is("subcategory.name", "Adobe Reader"), &["Update"]).await;
        check("item", is("subcategory.category.name", "User Administration"), &["Reset password"]).await;
        check("group", json!({}), &["Desk Berlin", "Network"]).await;
        check("group", is("site.name", "Paris"), &["Desk Paris"]).await;
        check("group", is("site", "Paris"), &["Desk Paris"]).await;
        check("technician", is("groups.id", "100001000000006681"), &[]).await;
        let bare = json!({"request": {"subject": "nothing chosen", "site": null}});
        let bare = admin.post("/requests", bare).await.ok()["request"]["id"].as_str().unwrap().to_owned();
        for (field, number) in [("subcategory", 7), ("item", 4), ("group", 3)] {
            let all = names(&admin, &format!("/requests/{bare}/{field}"), field, json!({"row_count": 100})).await;
            assert_eq!(all.len(), number, "{field}");
        }
    }

    collections_answer_to_their_other_names(app) {
        let admin = app.admin();
        let list = admin.get("/groups").await.ok();
        assert_eq!(list["groups"][0]["name"], "Network");
        assert_eq!(list["groups"], list["support_groups"]);
        let one = admin.get("/groups/100001000000006681").await.ok();
        assert_eq!(one["group"]["name"], "Network");
        assert_eq!(admin.get("/support_groups/100001000000006681").await.ok()["support_group"]["name"], "Network");
        let made = admin.post("/groups", json!({"group": {"name": "Field"}})).await.ok();
        assert_eq!(made["group"]["name"], "Field");
        for (field, keys) in [
            ("group", ["group", "groups", "support_groups"]),
            ("groups", ["groups", "groups", "support_groups"]),
            ("requester", ["requester", "requesters", "users"]),
            ("technician", ["technician", "technicians", "technicians"]),
        ] {
            let list = admin.get(&format!("/requests/{field}")).await.ok();
            for key in keys {
                assert!(list[key].is_array() && list[key] == list[field], "{field} {key}");
            }
        }
        let codes = names(&admin, "/request_closure_codes", "request_closure_codes", json!({})).await;
        assert_eq!(codes, ["Duplicate", "Failed", "Success", "Unable to reproduce"]);
        let codes = names(&admin, "/request_closure_codes", "closure_codes", json!({})).await;
        assert_eq!(codes.len(), 4);
        assert_eq!(names(&admin, "/closure_codes", "closure_codes", json!({})).await.len(), 6);
    }

    places_are_written_with_the_general_scope(app) {
        let scopes = desk::Scopes::parse("SDPOnDemand.general.ALL").unwrap();
        let token = app.token_for(desk::shipped::ADMINISTRATOR, scopes).await;
        let general = Client::with_token(app, &token);
        let site = general.post("/sites", json!({"site": {"name": "Berlin"}})).await.ok();
        assert_eq!(site["site"]["created_time"]["value"], json!(testkit::START.to_string()));
        general.post("/departments", json!({"department": {"name": "Sales"}})).await.ok();
        general.post("/groups", json!({"group": {"name": "Field"}})).await.ok();
        let path = format!("/sites/{}", site["site"]["id"].as_str().unwrap());
        general.put(&path, json!({"site": {"city": "Berlin"}})).await.ok();
        general.post("/priorities", json!({"priority": {"name": "x"}})).await.refused(401, 4002, "-");
        general.post("/users", json!({"user": {"name": "x"}})).await.refused(401, 4002, "-");
    }

    the_portal_tells_its_owner(app) {
        let admin = app.admin();
        let list = admin.get("/portals").await.ok();
        let owner = json!({"owner_name": "Ada Admin", "email": "ada.admin@example.com"});
        assert_eq!(list["portals"][0]["owner"], owner);
        let path = format!("/portals/{}", list["portals"][0]["id"].as_str().unwrap());
        for key in ["email", "email_id"] {
            let address = format!("{key}@example.com");
            let edited = admin.put(&path, json!({"portal": {"owner": {key: address}}})).await.ok();
            assert_eq!(edited["portal"]["owner"]["email"], json!(address));
        }
    }

    the_vendors_roles_are_there(app) {
        let admin = app.admin();
        let roles = names(&admin, "/roles", "roles", json!({"row_count": 100})).await;
        for name in ["SDAdmin", "AnnouncementConfig", "AssetConfig", "HelpdeskConfig", "SDAssetManager", "SDChangeManager",
            "SDCMDBAdmin", "SDCMDBManager", "ContractConfig", "PurchaseConfig"] {
            assert!(roles.iter().any(|role| role == name), "{name}");
        }
        let (_, hal) = app.person("Hal Help", json!({"is_technician": true, "role": {"name": "HelpdeskConfig"}})).await;
        let id = admin.new_request("Anybody's").await;
        hal.put(&format!("/requests/{id}/_pickup"), json!({})).await.ok();
        hal.post("/sites", json!({"site": {"name": "x"}})).await.refused(403, 4002, "-");
    }

    departments_and_groups_are_looked_up_inside_the_site(app) {
        let admin = app.admin();
        for site in ["Berlin", "Paris", "Rome"] {
            admin.post("/sites", json!({"site": {"name": site}})).await.ok();
        }
        for site in ["Berlin", "Paris"] {
            admin.post("/departments", json!({"department": {"name": "Sales", "site": {"name": site}}})).await.ok();
            admin.post("/groups", json!({"group": {"name": "Desk", "site": {"name": site}}})).await.ok();
        }
        let mut number = 0;
        let mut add = async |fields: Json| {
            number += 1;
            let mut user = fields;
            user["name"] = json!(format!("User {number}"));
            admin.post("/users", json!({"user": user})).await
        };
        for (fields, site) in [
            (json!({"site": {"name": "Paris"}, "department": {"name": "Sales"}}), "Paris"),
            (json!({"department": {"name": "Sales"}, "site": {"name": "Paris"}}), "Paris"),
            (json!({"department": {"name": "Sales", "site": {"name": "Paris"}}}), "Paris"),
            (json!({"department": {"name": "Sales", "site": {"name": "Berlin"}}}), "Berlin"),
            (json!({"department": {"name": "Sales", "site": "Paris"}}), "Paris"),
        ] {
            let made = add(fields.clone()).await.ok();
            assert_eq!(made["user"]["department"]["site"]["name"], site, "{fields}");
            assert_eq!(made["user"]["site"]["name"], site, "{fields}");
        }
        for site in ["Rome", "Nowhere"] {
            let fields = json!({"department": {"name": "Sales", "site": {"name": site}}});
            add(fields).await.refused(400, 4001, "department");
        }
        let made = add(json!({"site": {"name": "Paris"}})).await.ok();
        let path = format!("/users/{}", made["user"]["id"].as_str().unwrap());
        let edited = admin.put(&path, json!({"user": {"department": {"name": "sales"}}})).await.ok();
        assert_eq!(edited["user"]["department"]["site"]["name"], "Paris");
        // What was read is written back unchanged, whatever else the reference shows.
        let echo = json!({"user": {"department": edited["user"]["department"]}});
        assert_eq!(admin.put(&path, echo).await.ok()["user"]["department"], edited["user"]["department"]);
        let request = json!({"request": {"subject": "x", "group": {"name": "Desk"}, "site": {"name": "Paris"}}});
        assert_eq!(admin.post("/requests", request).await.ok()["request"]["group"]["site"]["name"], "Paris");
    }
}
