//! The lookups: shipped rows, at each of the places where clients look for them, and changing them (setup.md).

use serde_json::{Value as Json, json};
use testkit::on_both_engines;

on_both_engines! {
    shipped_rows_keep_their_tails(app) {
        for (collection, key, tail, name) in [
            ("statuses", "statuses", "6657", "Open"),
            ("statuses", "statuses", "6659", "On Hold"),
            ("statuses", "statuses", "6661", "Closed"),
            ("statuses", "statuses", "6663", "Resolved"),
            ("modes", "modes", "6665", "E-Mail"),
            ("modes", "modes", "6667", "Web Form"),
            ("modes", "modes", "6669", "Phone Call"),
            ("levels", "levels", "6671", "Tier 1"),
            ("support_groups", "support_groups", "6681", "Network"),
            ("groups", "support_groups", "6681", "Network"),
            ("categories", "categories", "6689", "Software"),
            ("subcategories", "subcategories", "6717", "MS Office"),
            ("items", "items", "6773", "Install"),
            ("priorities", "priorities", "6799", "Low"),
            ("priorities", "priorities", "6801", "Normal"),
            ("priorities", "priorities", "6803", "Medium"),
            ("priorities", "priorities", "6805", "High"),
            ("urgencies", "urgencies", "7917", "Urgent"),
            ("urgencies", "urgencies", "7923", "Low"),
            ("impacts", "impacts", "8033", "Affects Business"),
            ("impacts", "impacts", "8042", "Affects User"),
            ("request_types", "request_types", "8391", "Incident"),
            ("request_templates", "request_templates", "6655", "Default Request"),
        ] {
            let list = app.admin().list(&format!("/{collection}"), json!({"row_count": 100})).await.ok();
            let rows = list[key].as_array().unwrap();
            let row = rows.iter().find(|r| r["id"].as_str().unwrap().ends_with(&format!("000000{tail}")));
            assert_eq!(row.map(|r| &r["name"]), Some(&json!(name)), "{collection} {tail}");
        }
        for collection in ["sites", "departments", "regions", "roles", "task_types", "worklog_types", "closure_codes",
            "request_closure_codes", "service_categories", "slas", "udf_fields", "users", "requesters", "technicians",
            "priority_matrix", "tags", "approval_statuses", "portals", "task_templates"] {
            app.admin().get(&format!("/{collection}")).await.ok();
        }
        let held = app.admin().get("/statuses/100001000000006659").await.ok();
        for (key, value) in [("internal_name", json!("Onhold")), ("in_progress", json!(true)), ("stop_timer", json!(true)), ("color", Json::Null)] {
            assert_eq!(held["status"][key], value);
        }
    }

    projects_have_statuses(app) {
        let admin = app.admin();
        let rows = |list: Json| {
            let rows = list["project_statuses"].as_array().unwrap().clone();
            rows.into_iter().map(|r| json!([r["index"], r["name"], r["internal_name"], r["in_progress"]])).collect::<Vec<_>>()
        };
        let shipped = [
            json!([1, "Open", "Open", true]), json!([2, "Closed", "Closed", false]),
            json!([3, "Canceled", "Canceled", false]), json!([4, "Onhold", "Onhold", true]),
        ];
        assert_eq!(rows(admin.get("/project_statuses").await.ok()), shipped);
        let add = async |status: Json| admin.post("/project_statuses", json!({"project_status": status})).await;
        let made = add(json!({"name": "Planned", "color": "#123456", "description": "Not begun"})).await.ok()["project_status"].clone();
        assert_eq!((&made["index"], &made["internal_name"], &made["deleted"]), (&json!(5), &json!("Planned"), &json!(false)));
        add(json!({"color": "#123456"})).await.refused(400, 4012, "name");
        add(json!({"name": "open"})).await.refused(400, 4008, "name");
        for read_only in [json!({"name": "x", "index": 1}), json!({"name": "x", "internal_name": "y"})] {
            let field = if read_only["index"].is_null() { "internal_name" } else { "index" };
            add(read_only).await.refused(400, 4014, field);
        }
        let at = format!("/project_statuses/{}", made["id"].as_str().unwrap());
        let renamed = admin.put(&at, json!({"project_status": {"name": "Ahead", "in_progress": false}})).await.ok()["project_status"].clone();
        assert_eq!((&renamed["name"], &renamed["internal_name"], &renamed["in_progress"]), (&json!("Ahead"), &json!("Planned"), &json!(false)));
        admin.delete(&at).await.ok();
        assert_eq!(rows(admin.get("/project_statuses").await.ok()), shipped);
        let (_, tina) = app.technician("Tina Tech").await;
        tina.get("/project_statuses").await.ok();
        tina.post("/project_statuses", json!({"project_status": {"name": "x"}})).await.refused(403, 4002, "-");
    }

    a_desk_of_an_earlier_version_gets_what_came_later(app) {
        let gone = store::engine::Expect::Exactly(4);
        let gone = store::Statement::new("DELETE FROM \"project_status\"", Vec::new(), gone);
        app.desk.store().commit(vec![gone]).await.unwrap();
        let desk = match app.another_process().await {
            Some(other) => other.desk.clone(),
            None => {
                // One process has the file for itself, so the other gets a copy, log and all.
                let copy = app.sqlite_file().with_file_name("copy.db");
                for end in ["", "-wal"] {
                    let of = |path: &std::path::Path| format!("{}{end}", path.display());
                    std::fs::copy(of(&app.sqlite_file()), of(&copy)).unwrap();
                }
                let db = store::engine::Db::open_sqlite(&copy, store::engine::SqliteOptions::default()).await.unwrap();
                let options = desk::DeskOptions { files_dir: app.files_dir(), clock: app.clock.clone(), node: 1 };
                desk::Desk::open(db, options).await.unwrap()
            }
        };
        let rows = desk.snapshot().rows("project_status").to_vec();
        let names: Vec<&str> = rows.iter().map(|row| row.title()).collect();
        assert_eq!(names, ["Open", "Closed", "Canceled", "Onhold"]);
    }

    catalogues_at_the_field_and_at_the_record(app) {
        let admin = app.admin();
        for field in ["status", "priority", "group", "technician", "requester", "request_type", "category", "impact", "urgency",
            "subcategory", "item", "level", "mode", "site", "template"] {
            let list = admin.get(&format!("/requests/{field}")).await.ok();
            assert!(list[field].is_array(), "{field}");
        }
        assert!(admin.get("/requests/groups").await.ok()["groups"].is_array());
        let input = json!({"request": {"subject": "x", "category": {"name": "Software"}}});
        let id = admin.post("/requests", input).await.ok()["request"]["id"].as_str().unwrap().to_owned();
        let subs = admin.get(&format!("/requests/{id}/subcategory")).await.ok();
        let names: Vec<&str> = subs["subcategory"].as_array().unwrap().iter().map(|s| s["name"].as_str().unwrap()).collect();
        assert_eq!(names, ["Adobe Reader", "MS Office"]);
        let by_group = json!({"search_criteria": {"field": "groups.id", "condition": "is", "value": "100001000000006681"}});
        assert_eq!(admin.list("/requests/technician", by_group).await.ok()["technician"], json!([]));
        let like = json!({"search_criteria": {"field": "name", "condition": "like", "value": "hig"}});
        assert_eq!(admin.list("/requests/priority", like).await.ok()["priority"].as_array().unwrap().len(), 1);
        let subs = admin.get("/categories/100001000000006689/subcategories").await.ok();
        assert_eq!(subs["subcategories"].as_array().unwrap().len(), 2);
        let items = admin.get("/categories/100001000000006689/subcategories/100001000000006717/items").await.ok();
        assert_eq!(items["items"].as_array().unwrap().len(), 2);
    }

    a_closure_code_is_of_a_module(app) {
        let admin = app.admin();
        let shipped = admin.get("/closure_codes").await.ok();
        let of = |name: &str| {
            let rows = shipped["closure_codes"].as_array().unwrap();
            rows.iter().find(|row| row["module"]["name"] == name).unwrap()["module"].clone()
        };
        let add = async |name: &str, module: Json| {
            admin.post("/closure_codes", json!({"closure_code": {"name": name, "module": module}})).await
        };
        assert_eq!(add("A", json!({"name": "request"})).await.ok()["closure_code"]["module"], of("request"));
        let made = add("A", json!({"id": "2"})).await.ok()["closure_code"].clone();
        assert_eq!(made["module"], of("problem"));
        let both = add("B", json!({"id": of("problem")["id"], "name": "request"})).await.ok();
        assert_eq!(both["closure_code"]["module"], of("problem"), "the id decides");
        let at = format!("/closure_codes/{}", made["id"].as_str().unwrap());
        let moved = admin.put(&at, json!({"closure_code": {"module": {"name": "change"}}})).await.ok();
        assert_eq!(moved["closure_code"]["module"], json!({"id": "3", "name": "change"}));
        admin.put(&at, json!({"closure_code": {"description": "x"}})).await.ok();
        admin.post("/closure_codes", json!({"closure_code": {"name": "C"}})).await.refused(400, 4012, "module");
        admin.put(&at, json!({"closure_code": {"module": null}})).await.refused(400, 4012, "module");
        add("C", json!({"id": "9"})).await.refused(400, 4001, "module");
        add("C", json!({"name": "asset"})).await.refused(400, 4001, "module.name");
    }

    names_are_looked_up_inside_what_the_template_gives(app) {
        let admin = app.admin();
        admin.post("/sites", json!({"site": {"name": "Berlin"}})).await.ok();
        for site in [json!(null), json!({"name": "Berlin"})] {
            admin.post("/groups", json!({"group": {"name": "Printers", "site": site}})).await.ok();
        }
        let values = json!({"category": {"name": "Software"}, "site": {"name": "Berlin"}});
        let template = json!({"request_template": {"name": "Software asked for", "request": values}});
        admin.post("/request_templates", template).await.ok();
        let with = |more: Json| {
            let mut input = json!({"subject": "s", "template": {"name": "Software asked for"}});
            input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            json!({"request": input})
        };
        let made = admin.post("/requests", with(json!({"subcategory": {"name": "MS Office"}}))).await.ok()["request"].clone();
        assert_eq!((&made["category"]["name"], &made["subcategory"]["name"]), (&json!("Software"), &json!("MS Office")));
        let made = admin.post("/requests", with(json!({"group": {"name": "Printers"}}))).await.ok()["request"].clone();
        assert_eq!((&made["group"]["site"]["name"], &made["site"]["name"]), (&json!("Berlin"), &json!("Berlin")), "{made:#}");
        // What the input says of the parent counts.
        let other = with(json!({"category": {"name": "Internet"}, "subcategory": {"name": "MS Office"}}));
        admin.post("/requests", other).await.refused(400, 4001, "subcategory");
        // A template's category is none that the input gave: what it chooses elsewhere brings its own along.
        let elsewhere = admin.post("/requests", with(json!({"subcategory": {"id": "100001000001000505"}}))).await.ok()["request"].clone();
        assert_eq!((&elsewhere["category"]["name"], &elsewhere["subcategory"]["name"]), (&json!("Network"), &json!("Router")));
    }

    a_subcategory_brings_its_category_along(app) {
        let admin = app.admin();
        let seen = |made: Json, key: &str| ["category", "subcategory", "item"].map(|path| made[key][path]["name"].as_str().unwrap_or("-").to_owned());
        for (path, key, title) in [("/requests", "request", "subject"), ("/problems", "problem", "title")] {
            let add = async |more: Json| {
                let mut input = json!({title: "s"});
                input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
                admin.post(path, json!({key: input})).await
            };
            let (office, install) = (json!({"id": "100001000000006717"}), json!({"id": "100001000000006773"}));
            for (more, filed) in [
                (json!({"subcategory": office}), ["Software", "MS Office", "-"]),
                (json!({"subcategory": {"name": "ms office"}}), ["Software", "MS Office", "-"]),
                (json!({"item": install}), ["Software", "MS Office", "Install"]),
                (json!({"item": {"name": "Reset password"}}), ["User Administration", "Account", "Reset password"]),
                (json!({"category": {"name": "Software"}, "item": install}), ["Software", "MS Office", "Install"]),
                (json!({"category": {"name": "Software"}, "item": {"name": "Update"}}), ["Software", "Adobe Reader", "Update"]),
            ] {
                assert_eq!(seen(add(more.clone()).await.ok(), key), filed, "{more}");
            }
            // What is said of the category counts, also that there is none.
            for (more, field) in [
                (json!({"category": {"name": "Network"}, "subcategory": office}), "subcategory"),
                (json!({"category": null, "subcategory": office}), "subcategory"),
                (json!({"category": {"name": "Network"}, "item": install}), "item"),
                (json!({"subcategory": {"name": "Router"}, "item": install}), "item"),
            ] {
                add(more).await.refused(400, 4001, field);
            }
            // What was left open so far, and what was not.
            let at = |made: &Json| format!("{path}/{}", made[key]["id"].as_str().unwrap());
            let open = at(&add(json!({})).await.ok());
            assert_eq!(seen(admin.put(&open, json!({key: {"item": install}})).await.ok(), key), ["Software", "MS Office", "Install"]);
            let router = json!({key: {"subcategory": {"id": "100001000001000505"}}});
            admin.put(&open, router.clone()).await.refused(400, 4001, "subcategory");
            let moved = admin.put(&open, json!({key: {"category": {"name": "Network"}, "subcategory": {"name": "Router"}}})).await.ok();
            assert_eq!(seen(moved, key), ["Network", "Router", "-"]);
        }
        // A name that two categories know says neither.
        for category in ["Zeal", "Apt"] {
            admin.post("/categories", json!({"category": {"name": category}})).await.ok();
            admin.post("/subcategories", json!({"subcategory": {"name": "Alpha", "category": {"name": category}}})).await.ok();
        }
        let named = |more: Json| {
            let mut input = json!({"subject": "s", "subcategory": {"name": "Alpha"}});
            input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            json!({"request": input})
        };
        admin.post("/requests", named(json!({}))).await.refused(400, 4001, "subcategory");
        assert_eq!(seen(admin.post("/requests", named(json!({"category": {"name": "Zeal"}}))).await.ok(), "request"), ["Zeal", "Alpha", "-"]);
        // One that was retired is brought along by nothing.
        admin.delete("/categories/100001000000006693").await.ok();
        admin.post("/requests", json!({"request": {"subject": "s", "subcategory": {"id": "100001000001000505"}}})).await
            .refused(400, 4001, "subcategory");
    }

    what_new_requests_begin_with_stays(app) {
        let admin = app.admin();
        for (path, key, tail) in [
            ("request_types", "request_type", "8391"), ("modes", "mode", "6665"), ("levels", "level", "6671"),
            ("urgencies", "urgency", "7921"),
        ] {
            let at = format!("/{path}/10000100000000{tail}");
            admin.delete(&at).await.refused(403, 4002, "-");
            admin.put(&at, json!({key: {"deleted": true}})).await.refused(400, 4009, "deleted");
            let renamed = admin.put(&at, json!({key: {"name": "Otherwise"}})).await.ok();
            assert_eq!(renamed[key]["name"], "Otherwise");
            let made = admin.post("/requests", json!({"request": {"subject": "s"}})).await.ok();
            assert_eq!(made["request"][key]["name"], "Otherwise", "{path}");
        }
        // Another shipped row is a value to choose from.
        admin.delete("/levels/100001000000006673").await.ok();
    }

    lookups_are_added_renamed_and_retired(app) {
        let admin = app.admin();
        let made = admin.post("/priorities", json!({"priority": {"name": "Critical", "color": "#aa0000"}})).await.ok();
        let path = format!("/priorities/{}", made["priority"]["id"].as_str().unwrap());
        for (input, code, field) in [
            (json!({"priority": {"name": "CRITICAL"}}), 4008, "name"),
            (json!({"priority": {}}), 4012, "name"),
            (json!({"priority": {"name": "x", "color": "red"}}), 4001, "color"),
            (json!({"priority": {"name": "x", "sound": "loud"}}), 4001, "sound"),
            (json!({"priority": {"name": "x".repeat(101)}}), 4001, "name"),
        ] {
            admin.post("/priorities", input).await.refused(400, code, field);
        }
        let used = json!({"request": {"subject": "x", "priority": {"name": "critical"}}});
        let request = admin.post("/requests", used.clone()).await.ok()["request"]["id"].as_str().unwrap().to_owned();
        admin.put(&path, json!({"priority": {"name": "Blocker"}})).await.ok();
        assert_eq!(admin.get(&format!("/requests/{request}")).await.ok()["request"]["priority"]["name"], "Blocker");
        // In use: it stays where it is and is taken for nothing new.
        admin.delete(&path).await.ok();
        assert_eq!(admin.get(&format!("/requests/{request}")).await.ok()["request"]["priority"]["name"], "Blocker");
        assert_eq!(admin.get(&path).await.ok()["priority"]["deleted"], true);
        let list = admin.get("/priorities").await.ok();
        assert!(list["priorities"].as_array().unwrap().iter().all(|p| p["name"] != "Blocker"));
        let again = json!({"request": {"subject": "y", "priority": {"name": "Blocker"}}});
        admin.post("/requests", again).await.refused(400, 4001, "priority");
        admin.put(&format!("/requests/{request}"), json!({"request": {"subject": "still"}})).await.ok();
        // Statuses may be renamed, not deleted; their kind stays.
        admin.put("/statuses/100001000000006657", json!({"status": {"name": "New"}})).await.ok();
        let id = admin.new_request("z").await;
        let status = admin.get(&format!("/requests/{id}")).await.ok()["request"]["status"].clone();
        assert_eq!((status["name"].clone(), status["internal_name"].clone()), (json!("New"), json!("Open")));
        admin.delete("/statuses/100001000000006657").await.refused(403, 4002, "-");
        let gone = json!({"status": {"deleted": true}});
        admin.put("/statuses/100001000000006657", gone).await.refused(400, 4009, "deleted");
        admin.put("/statuses/100001000000006657", json!({"status": {"in_progress": false}})).await.refused(400, 4009, "in_progress");
    }

    shipped_values_are_retired_and_what_the_desk_needs_stays(app) {
        let admin = app.admin();
        let before = json!({"request": {"subject": "before", "priority": {"name": "High"}}});
        let before = admin.post("/requests", before).await.ok()["request"]["id"].as_str().unwrap().to_owned();
        // What the matrix gives is no value to choose from only: requests would have none without a word.
        let high = "/priorities/100001000000006805";
        let refused = admin.delete(high).await.refused(400, 4005, "id").to_string();
        assert!(refused.contains("priority_matrices"), "{refused}");
        admin.put(high, json!({"priority": {"deleted": true}})).await.refused(400, 4009, "deleted");
        let gives = json!({"search_criteria": {"field": "priority.id", "condition": "is", "value": "100001000000006805"}, "row_count": 100});
        for row in admin.list("/priority_matrix", gives).await.ok()["priority_matrices"].as_array().unwrap() {
            admin.delete(&format!("/priority_matrix/{}", row["id"].as_str().unwrap())).await.ok();
        }
        // In use by records or not: flagged, and found by its id.
        for (path, key) in [
            (high, "priority"),
            ("/urgencies/100001000000007923", "urgency"),
            ("/levels/100001000000006677", "level"),
            ("/support_groups/100001000000006681", "support_group"),
        ] {
            admin.delete(path).await.ok();
            assert_eq!(admin.get(path).await.ok()[key]["deleted"], true, "{path}");
            admin.delete(path).await.refused(404, 4007, "-");
        }
        assert_eq!(admin.get(&format!("/requests/{before}")).await.ok()["request"]["priority"]["name"], "High");
        // What new requests begin with is still there.
        let made = admin.post("/requests", json!({"request": {"subject": "after"}})).await.ok();
        assert_eq!(made["request"]["urgency"]["name"], "Normal");
        assert_eq!(made["request"]["level"]["name"], "Tier 1");
        let pressing = json!({"request": {"subject": "x", "impact": {"name": "Affects Business"}, "urgency": {"name": "Urgent"}}});
        assert_eq!(admin.post("/requests", pressing).await.ok()["request"]["priority"], Json::Null);
        // An inactive template is taken for no new request: the one that all others begin with is not made so.
        for (path, key) in [("/request_templates/100001000000006655", "request_template"), ("/problem_templates/100001000000128011", "problem_template")] {
            admin.put(path, json!({key: {"inactive": true}})).await.refused(400, 4009, "inactive");
        }
        admin.post("/requests", json!({"request": {"subject": "still"}})).await.ok();
        let portal = admin.get("/portals").await.ok()["portals"][0]["id"].as_str().unwrap().to_owned();
        let role = admin.get("/roles").await.ok()["roles"][0]["id"].as_str().unwrap().to_owned();
        let approval = admin.get("/approval_statuses").await.ok()["approval_statuses"][0]["id"].as_str().unwrap().to_owned();
        for path in [
            "/statuses/100001000000006661".to_owned(),
            "/request_templates/100001000000006655".to_owned(),
            "/sites/100001000000222001".to_owned(),
            format!("/portals/{portal}"),
            format!("/roles/{role}"),
            format!("/approval_statuses/{approval}"),
        ] {
            let refused = admin.delete(&path).await.refused(403, 4002, "-").to_string();
            assert!(refused.contains("Comes with the desk and cannot be deleted"), "{path}: {refused}");
        }
        // Whoever may not delete lookups at all hears that.
        let (_, tina) = app.technician("Tina Tech").await;
        let refused = tina.delete("/statuses/100001000000006661").await.refused(403, 4002, "-").to_string();
        assert!(refused.contains("User does not have this permission"), "{refused}");
    }

    templates_give_defaults_and_make_fields_mandatory(app) {
        let admin = app.admin();
        let made = admin.post("/request_templates", json!({"request_template": {"name": "New laptop", "is_service_template": true,
            "request": {"priority": {"name": "High"}, "description": "Which one?"}, "mandatory_fields": ["impact", "urgency"]}})).await.ok();
        let template = made["request_template"]["id"].as_str().unwrap().to_owned();
        let input = json!({"request": {"subject": "x", "template": {"name": "New laptop"}, "urgency": null}});
        let reply = admin.post("/requests", input).await;
        reply.refused(400, 4012, "impact");
        reply.refused(400, 4012, "urgency");
        let input = json!({"request": {"subject": "x", "template": {"id": template}, "impact": {"name": "Affects Group"}, "description": "mine"}});
        let request = admin.post("/requests", input).await.ok();
        assert_eq!(request["request"]["description"], "mine");
        assert_eq!(request["request"]["is_service_request"], true);
        let wrong = json!({"request_template": {"name": "Bad", "request": {"wings": 2}}});
        let refused = admin.post("/request_templates", wrong).await.refused(400, 4001, "request");
        assert!(refused.to_string().contains("[wings] field/s cannot be added to the template"));
        let layouts = admin.get(&format!("/request_templates/{template}/layouts")).await.ok();
        assert_eq!(layouts["layouts"][1]["name"], "requester_layout");
    }

    layouts_say_what_a_template_begins_with(app) {
        let admin = app.admin();
        let field = json!({"name": "Cost centre", "field_key": "txt_cost", "field_type": "Single Line", "module": {"name": "request"}});
        admin.post("/udf_fields", json!({"udf_field": field})).await.ok();
        let layouts = |fields: Json| json!([
            {"name": "technician_layout", "help_text": null, "sections": [{"name": "Details", "fields": fields}]},
            {"name": "requester_layout", "sections": [{"name": "Details", "fields": [{"name": "subject", "scopings": []}]}]},
        ]);
        let fields = json!([
            {"name": "subject", "mandatory": true, "default_value": null},
            {"name": "mode", "default_value": [{"value": {"name": "Phone Call"}}], "mandatory": false},
            {"name": "category", "default_value": [{"value": "100001000000006689"}]},
            {"name": "udf_fields.txt_cost", "default_value": [{"value": "4711"}]},
            {"name": "impact", "default_value": [], "mandatory": true},
        ]);
        let made = json!({"request_template": {"name": "Laid out", "layouts": layouts(fields)}});
        let made = admin.post("/request_templates", made).await.ok()["request_template"].clone();
        let path = format!("/request_templates/{}", made["id"].as_str().unwrap());
        assert_eq!(made["request"], json!({"mode": {"name": "Phone Call"}, "category": "100001000000006689", "udf_fields": {"txt_cost": "4711"}}));
        assert_eq!(made["mandatory_fields"], json!(["impact"]));
        let of = |template: &Json, name: &str| {
            let sections = template["layouts"][0]["sections"].as_array().unwrap().clone();
            let all = sections.into_iter().flat_map(|section| section["fields"].as_array().unwrap().clone());
            all.into_iter().find(|field| field["name"] == name).unwrap()
        };
        assert_eq!(of(&made, "udf_fields.txt_cost")["default_value"], json!([{"value": "4711"}]));
        assert_eq!(of(&made, "impact")["mandatory"], true);
        let asked = |more: Json| {
            let mut input = json!({"subject": "x", "template": {"name": "Laid out"}});
            input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            json!({"request": input})
        };
        admin.post("/requests", asked(json!({}))).await.refused(400, 4012, "impact");
        let request = admin.post("/requests", asked(json!({"impact": {"name": "Affects User"}}))).await.ok()["request"].clone();
        assert_eq!((&request["mode"]["name"], &request["category"]["name"]), (&json!("Phone Call"), &json!("Software")));
        assert_eq!(request["udf_fields"]["txt_cost"], "4711");
        // What was read may be sent back, and changes nothing.
        let put = async |layouts: &Json| admin.put(&path, json!({"request_template": {"layouts": layouts}})).await;
        let same = put(&made["layouts"]).await.ok()["request_template"].clone();
        for key in ["request", "mandatory_fields", "layouts"] {
            assert_eq!(same[key], made[key], "{key}");
        }
        let less = put(&layouts(json!([{"name": "mode", "default_value": []}, {"name": "impact", "mandatory": false}]))).await.ok()["request_template"].clone();
        assert_eq!(less["request"], json!({"category": "100001000000006689", "udf_fields": {"txt_cost": "4711"}}));
        assert_eq!(less["mandatory_fields"], json!([]));
        // What the template says in words of its own counts.
        let both = json!({"request_template": {"request": {"mode": {"name": "E-Mail"}}, "layouts": layouts(json!([{"name": "mode", "default_value": [{"value": "6"}]}]))}});
        assert_eq!(admin.put(&path, both).await.ok()["request_template"]["request"]["mode"]["name"], "E-Mail");
        for (wrong, words) in [
            (layouts(json!([{"name": "wings"}, {"name": "created_time"}])), "[created_time, wings] field/s cannot be added to the template"),
            (layouts(json!([{"name": "mode", "default_value": [{"value": {"name": "Pigeon"}}]}])), "Not valid: mode"),
            (json!("x"), "layouts"),
            (json!([{"sections": {"name": "x"}}]), "layouts"),
            (layouts(json!([{"label": "x"}])), "layouts"),
        ] {
            let refused = put(&wrong).await.refused(400, 4001, "layouts").to_string();
            assert!(refused.contains(words), "{words}: {refused}");
        }
    }

    templates_are_checked_when_they_are_written(app) {
        let admin = app.admin();
        let made = admin.post("/request_templates", json!({"request_template": {"name": "Checked"}})).await.ok();
        let path = format!("/request_templates/{}", made["request_template"]["id"].as_str().unwrap());
        let put = async |values: Json| admin.put(&path, json!({"request_template": {"request": values}})).await;
        for (values, words) in [
            (json!({"category": {"name": "nope"}}), "category"),
            (json!({"category": {"name": "Network"}, "subcategory": {"name": "MS Office"}}), "subcategory"),
            (json!({"subject": 7}), "subject"),
            (json!({"resolution": "x"}), "resolution"),
            (json!({"display_id": "7"}), "[display_id] field/s cannot be added to the template"),
            (json!({"wings": 1, "created_time": {"value": "1"}}), "[created_time, wings] field/s cannot be added to the template"),
            (json!({"udf_fields": {"txt_none": "x"}}), "[udf_fields.txt_none] field/s cannot be added to the template"),
            (json!({"attachments": []}), "[attachments] field/s cannot be added to the template"),
        ] {
            let refused = put(values).await.refused(400, 4001, "request");
            assert!(refused.to_string().contains(words), "{words} is missing from {refused}");
        }
        let values = json!({"category": {"name": "Software"}, "subcategory": {"name": "MS Office"}, "due_by_time": {"value": "1800000000000"},
            "technician": {"email_id": "ada.admin@example.com"}, "onhold_scheduler": null, "tags": []});
        put(values).await.ok();
        let input = json!({"request": {"subject": "x", "template": {"name": "Checked"}}});
        let request = admin.post("/requests", input).await.ok();
        assert_eq!(request["request"]["subcategory"]["name"], "MS Office");
        assert_eq!(request["request"]["technician"]["email_id"], "ada.admin@example.com");
        assert_eq!(request["request"]["due_by_time"]["value"], "1800000000000");
    }

    hidden_templates_are_not_for_requesters(app) {
        let admin = app.admin();
        let made = admin.post("/request_templates", json!({"request_template": {"name": "Secret", "show_to_requester": false}})).await.ok();
        let id = made["request_template"]["id"].as_str().unwrap();
        let (_, rob) = app.requester("Rob Requester").await;
        let sees = async |client: &testkit::Client<'_>, path: &str, key: &str| {
            let rows = client.get(path).await.ok();
            rows[key].as_array().unwrap().iter().any(|t| t["name"] == "Secret")
        };
        for (path, key) in [("/request_templates", "request_templates"), ("/requests/template", "template")] {
            assert!(sees(&admin, path, key).await && !sees(&rob, path, key).await, "{path}");
        }
        for path in [format!("/request_templates/{id}"), format!("/request_templates/{id}/layouts")] {
            admin.get(&path).await.ok();
            rob.get(&path).await.refused(404, 4007, "-");
        }
        for template in [json!({"name": "Secret"}), json!({"id": id})] {
            let input = json!({"request": {"subject": "x", "template": template}});
            rob.post("/requests", input.clone()).await.refused(400, 4001, "template");
            admin.post("/requests", input).await.ok();
        }
        rob.new_request("Without").await;
    }

    an_edit_does_not_clear_what_the_template_makes_mandatory(app) {
        let admin = app.admin();
        let input = json!({"request_template": {"name": "Strict", "mandatory_fields": ["impact"]}});
        let made = admin.post("/request_templates", input).await.ok();
        let template = format!("/request_templates/{}", made["request_template"]["id"].as_str().unwrap());
        let input = json!({"request": {"subject": "x", "template": {"name": "Strict"}, "impact": {"name": "Affects User"}}});
        let made = admin.post("/requests", input).await.ok();
        let path = format!("/requests/{}", made["request"]["id"].as_str().unwrap());
        admin.put(&path, json!({"request": {"impact": null}})).await.refused(400, 4012, "impact");
        admin.put(&path, json!({"request": {"impact": {"name": "Affects Group"}, "urgency": null}})).await.ok();
        // A field that became mandatory later holds up nothing, also when an edit names it.
        admin.put(&template, json!({"request_template": {"mandatory_fields": ["impact", "urgency"]}})).await.ok();
        admin.put(&path, json!({"request": {"subject": "y", "urgency": null}})).await.ok();
    }

    closing_rules_name_fields_of_requests(app) {
        let admin = app.admin();
        let portals = admin.get("/portals").await.ok();
        let path = format!("/portals/{}", portals["portals"][0]["id"].as_str().unwrap());
        let rules = |names: &[&str]| json!({"portal": {"closure_mandatory_fields": names}});
        let refused = admin.put(&path, rules(&["category", "categori"])).await.refused(400, 4001, "closure_mandatory_fields");
        assert!(refused.to_string().contains("categori"), "{refused}");
        admin.put(&path, rules(&["stopped_ms"])).await.refused(400, 4001, "closure_mandatory_fields");
        admin.put(&path, rules(&["category", "resolution", "closure_info.closure_code"])).await.ok();
    }

    options_may_be_a_constraint(app) {
        let admin = app.admin();
        let collection = |value: Json| json!([{"constraint_name": "collection", "constraint_value": value}]);
        let values = |row: &Json| row["allowed_values"].as_array().unwrap().iter().map(|v| v["value"].as_str().unwrap().to_owned()).collect::<Vec<_>>();
        for (kind, value) in [
            ("Pick List", json!(["Light", "Dark"])), ("Radio Button", json!([{"value": "Light"}, {"name": "Dark"}])),
            ("Multi Select", json!("[\"Light\",\"Dark\"]")), ("Check Box", json!("Light, Dark")),
        ] {
            let key = kind.to_lowercase().replace(' ', "_");
            let field = json!({"name": kind, "field_key": key, "field_type": kind, "module": {"name": "request"}, "constraints": collection(value)});
            let made = admin.post("/udf_fields", json!({"udf_field": field})).await.ok()["udf_field"].clone();
            assert_eq!(values(&made), ["Light", "Dark"], "{kind}");
            let chosen = if kind.contains("Multi") || kind.contains("Check") { json!(["Dark"]) } else { json!("Dark") };
            let with = |value: Json| json!({"request": {"subject": "s", "udf_fields": {&key: value}}});
            let request = admin.post("/requests", with(chosen.clone())).await.ok()["request"].clone();
            assert_eq!(request["udf_fields"][&key], chosen);
            admin.post("/requests", with(json!("Dim"))).await.refused(400, 4001, &format!("udf_fields.{key}"));
            // Whichever of the two is changed, the other follows.
            let at = format!("/udf_fields/{}", made["id"].as_str().unwrap());
            let changed = admin.put(&at, json!({"udf_field": {"constraints": collection(json!(["Light", "Dark", "Dim"]))}})).await.ok();
            assert_eq!(values(&changed["udf_field"]), ["Light", "Dark", "Dim"]);
            admin.post("/requests", with(json!("Dim"))).await.ok();
            let changed = admin.put(&at, json!({"udf_field": {"allowed_values": [{"value": "Dark"}, {"value": "Black"}]}})).await.ok();
            assert_eq!(changed["udf_field"]["constraints"], collection(json!(["Dark", "Black"])));
        }
        let none = json!({"name": "None", "field_type": "Pick List", "constraints": collection(json!([]))});
        admin.post("/udf_fields", json!({"udf_field": none})).await.refused(400, 4012, "allowed_values");
    }

    additional_fields_hold_what_their_kind_promises(app) {
        let admin = app.admin();
        let field = async |key: &str, kind: &str, more: Json| {
            let mut field = json!({"name": key, "field_key": key, "field_type": kind, "module": {"name": "request"}});
            for (name, value) in more.as_object().unwrap() {
                field[name] = value.clone();
            }
            admin.post("/udf_fields", json!({"udf_field": field})).await.ok()["udf_field"].clone()
        };
        let before = admin.new_request("before").await;
        field("num_ticket", "Auto Number", json!({"mandatory": true})).await;
        let many = json!({"allowed_values": [{"value": "a"}, {"value": "b"}]});
        for kind in ["Multi Select", "Check Box"] {
            let key = kind.to_lowercase().replace(' ', "_");
            assert_eq!(field(&key, kind, many.clone()).await["field_type"], kind);
        }
        assert_eq!(field("txt_kind", "multi_select", many).await["field_type"], "Multi Select");
        field("txt_url", "URL", json!({})).await;
        field("txt_phone", "Phone", json!({})).await;
        field("txt_mail", "E-mail", json!({})).await;
        let add = async |fields: Json| admin.post("/requests", json!({"request": {"subject": "x", "udf_fields": fields}})).await;
        for number in 1..4 {
            let made = add(json!({"txt_url": "https://www.example.com/a?b#c", "multi_select": ["a", "b"]})).await.ok();
            assert_eq!(made["request"]["udf_fields"]["num_ticket"], json!(number.to_string()));
            assert_eq!(made["request"]["udf_fields"]["multi_select"], json!(["a", "b"]));
        }
        add(json!({"num_ticket": 9})).await.refused(400, 4014, "udf_fields.num_ticket");
        let path = format!("/requests/{before}");
        admin.put(&path, json!({"request": {"udf_fields": {"num_ticket": 9}}})).await.refused(400, 4014, "udf_fields.num_ticket");
        admin.put(&path, json!({"request": {"udf_fields": {"txt_url": "ftp://files.example.com"}}})).await.ok();
        let by_number = json!({"search_criteria": {"field": "udf_fields.num_ticket", "condition": "is", "value": "2"}});
        assert_eq!(admin.list("/requests", by_number).await.ok()["requests"].as_array().unwrap().len(), 1);
        let long_mail = format!("{}@example.com", "x".repeat(39));
        for (key, value) in [
            ("txt_url", "www.example.com"), ("txt_url", "https://"), ("txt_url", "/path"), ("txt_url", "https://exa mple.com"),
            ("txt_phone", "0123456789012345678901234567890"), ("txt_mail", long_mail.as_str()), ("txt_mail", "nobody"),
        ] {
            add(json!({key: value})).await.refused(400, 4001, &format!("udf_fields.{key}"));
        }
        // What was refused took no number.
        let made = add(json!({"txt_phone": "+49 30 1234567", "txt_mail": "a@example.com"})).await.ok();
        assert_eq!(made["request"]["udf_fields"]["num_ticket"], "4");
    }

    slas_promise_times(app) {
        let admin = app.admin();
        admin.post("/slas", json!({"sla": {"name": "High SLA", "priority": {"name": "High"}, "resolution_due_by_hours": 4,
            "response_due_by_minutes": "30"}})).await.ok();
        let made = admin.post("/requests", json!({"request": {"subject": "x", "priority": {"name": "High"}}})).await.ok();
        let request = &made["request"];
        let at = |ms: i64| json!((testkit::START + ms).to_string());
        assert_eq!(request["sla"]["name"], "High SLA");
        assert_eq!(request["sla"]["resolution_due_by_hours"], 4);
        assert_eq!(request["due_by_time"]["value"], at(14_400_000));
        assert_eq!(request["first_response_due_by_time"]["value"], at(1_800_000));
        let path = format!("/requests/{}", request["id"].as_str().unwrap());
        app.clock.advance(3_600_000);
        admin.put(&path, json!({"request": {"status": {"name": "On Hold"}}})).await.ok();
        app.clock.advance(3_600_000);
        let resumed = admin.put(&path, json!({"request": {"status": {"name": "Open"}}})).await.ok();
        assert_eq!(resumed["request"]["due_by_time"]["value"], at(18_000_000));
        app.clock.advance(14_400_000);
        assert_eq!(admin.get(&path).await.ok()["request"]["is_overdue"], true);
        let overdue = json!({"search_criteria": {"field": "is_overdue", "condition": "is", "value": true}});
        assert_eq!(admin.list("/requests", overdue).await.ok()["requests"].as_array().unwrap().len(), 1);
        let lowered = admin.put(&path, json!({"request": {"priority": {"name": "Low"}}})).await.ok();
        assert_eq!(lowered["request"]["due_by_time"], Json::Null);
    }
}
