//! Assets, products and loans (assets-cmdb.md sections 2 to 4).

use serde_json::{Value as Json, json};
use testkit::{Client, START, on_both_engines};

const DAY: i64 = 86_400_000;

async fn product(admin: &Client<'_>, name: &str, kind: &str) -> String {
    let input = json!({"product": {"name": name, "product_type": {"name": kind}}});
    admin.post("/products", input).await.ok()["product"]["id"].as_str().unwrap().to_owned()
}

async fn asset(admin: &Client<'_>, name: &str, more: Json) -> Json {
    let mut input = json!({"name": name, "product": {"name": "Latitude"}, "state": {"name": "In Store"}});
    for (key, value) in more.as_object().unwrap() {
        input[key] = value.clone();
    }
    admin.post("/assets", json!({"asset": input})).await.ok()["asset"].clone()
}

fn id(record: &Json) -> String {
    record["id"].as_str().unwrap().to_owned()
}

on_both_engines! {
    what_must_be_given_is_said_at_once(app) {
        let admin = app.admin();
        let refused = admin.post("/assets", json!({"asset": {"asset_tag": "T"}})).await.refused(400, 4012, "name");
        for field in ["product", "state"] {
            assert!(refused.to_string().contains(field), "{refused:#}");
        }
        let input = json!({"asset": {"name": "A", "product": {"name": "test-product", "id": "234567890123456"}, "state": {"name": "In Store"}}});
        admin.post("/assets", input).await.refused(400, 4001, "product");
        admin.post("/assets", json!({"asset": {"name": "A", "os": "x"}})).await.refused(400, 4001, "os");
        product(&admin, "Latitude", "Workstation").await;
        let input = json!({"asset": {"name": "A", "ip_address": "192.0.2.7", "product": {"name": "Latitude"}, "state": {"name": "In Store"}}});
        admin.post("/assets", input).await.refused(400, 4014, "ip_address");
    }

    names_and_barcodes_are_one_of_a_kind(app) {
        let admin = app.admin();
        product(&admin, "Latitude", "Workstation").await;
        asset(&admin, "One", json!({"barcode": "B1", "serial_number": "S1", "asset_tag": "T1"})).await;
        for (field, value) in [("barcode", "b1"), ("name", "ONE")] {
            let mut input = json!({"name": "Two", "product": {"name": "Latitude"}, "state": {"name": "In Store"}});
            input[field] = json!(value);
            admin.post("/assets", json!({"asset": input})).await.refused(400, 4008, field);
        }
        // Makers leave the same placeholder in many machines.
        asset(&admin, "Twin", json!({"serial_number": "s1", "asset_tag": "T1"})).await;
        for (field, value) in [("serial_number", "S1"), ("asset_tag", "t1")] {
            let criteria = json!({"search_criteria": {"field": field, "condition": "is", "value": value}});
            assert_eq!(admin.list("/assets", criteria).await.ok()["assets"].as_array().unwrap().len(), 2, "{field}");
        }
        // Blank is no value: many may be without.
        for name in ["Three", "Four"] {
            let made = asset(&admin, name, json!({"barcode": " "})).await;
            assert!(made["barcode"].is_null());
        }
        let tries = (0..8).map(|n| {
            let admin = admin.clone();
            async move {
                let input = json!({"asset": {"name": format!("Race {n}"), "barcode": "RACE", "product": {"name": "Latitude"}, "state": {"name": "In Store"}}});
                admin.post("/assets", input).await
            }
        });
        let replies = futures_util::future::join_all(tries).await;
        let won = replies.iter().filter(|r| r.status.is_success()).count();
        assert_eq!(won, 1);
        for lost in replies.iter().filter(|r| !r.status.is_success()) {
            lost.refused(400, 4008, "barcode");
        }
        let criteria = json!({"search_criteria": {"field": "barcode", "condition": "is", "value": "RACE"}});
        assert_eq!(admin.list("/assets", criteria).await.ok()["assets"].as_array().unwrap().len(), 1);
    }

    one_record_is_at_every_path_of_its_type(app) {
        let admin = app.admin();
        let made = admin.post("/asset_workstations", json!({"asset_workstation": {
            "name": "pc-7.example.com", "serial_number": "SN7", "operating_system": {"os": "Debian 12"},
            "computer_system": {"system_manufacturer": "Dell", "model": "Latitude", "service_tag": "TAG7"},
            "memory": {"physical_memory": "17179869184"},
            "network_adapters": [{"name": "eth0", "ip_address": "192.0.2.7", "mac_address": "00:00:5e:00:53:07", "dhcp": true}],
            "processors": [{"name": "CPU", "number_of_cores": 4}],
        }})).await.ok();
        let made = &made["asset_workstation"];
        assert_eq!(made["ip_address"], "192.0.2.7");
        assert_eq!(made["product_type"]["name"], "Workstation");
        assert_eq!(made["state"]["name"], "In Store");
        let id = id(made);
        for (path, key) in [
            ("assets", "asset"), ("workstations", "workstation"), ("workstation", "workstation"),
            ("asset_computers", "asset_computer"), ("asset_workstations", "asset_workstation"), ("asset_assets", "asset"),
        ] {
            let found = admin.get(&format!("/{path}/{id}")).await.ok();
            assert_eq!(found[key]["name"], "pc-7.example.com", "{path}: {found:#}");
            assert_eq!(found[key].get("computer_system").is_some(), key != "asset", "{path}");
        }
        let cleared = json!({"asset_workstation": {"state": null}});
        admin.put(&format!("/asset_workstations/{id}"), cleared).await.refused(400, 4012, "state");
        assert_eq!(admin.get("/assets").await.ok()["list_info"]["sort_field"], "name", "said unasked");
        for (path, key) in [("assets", "assets"), ("workstations", "workstations"), ("asset_computers", "asset_computers")] {
            assert_eq!(admin.get(&format!("/{path}")).await.ok()[key].as_array().unwrap().len(), 1, "{path}");
        }
        assert_eq!(admin.get(&format!("/asset_switches/{id}")).await.status.as_u16(), 404);
        assert_eq!(admin.get("/asset_switches").await.ok()["asset_switches"], json!([]));
        admin.put(&format!("/assets/{id}"), json!({"asset": {"location": "Room 7"}})).await.ok();
        let done = admin.put(&format!("/asset_workstations/{id}"), json!({"asset_workstation": {"operating_system": {"version": "12.5"}}})).await.ok();
        assert_eq!(done["asset_workstation"]["operating_system"]["os"], "Debian 12");
        assert_eq!(done["asset_workstation"]["location"], "Room 7");
        let under_the_other_key = admin.put(&format!("/workstations/{id}"), json!({"asset": {"asset_tag": "T7"}})).await.ok();
        assert_eq!(under_the_other_key["asset"]["asset_tag"], "T7");
        // A product of another type does not belong here.
        product(&admin, "Catalyst", "Switch").await;
        let wrong = json!({"asset_workstation": {"name": "x", "product": {"name": "Catalyst"}}});
        admin.post("/asset_workstations", wrong).await.refused(400, 4001, "product");
        let by_tag = json!({"search_criteria": {"field": "computer_system.service_tag", "condition": "is", "value": "tag7"}});
        assert_eq!(admin.list("/workstations", by_tag).await.ok()["workstations"].as_array().unwrap().len(), 1);
    }

    a_date_is_read_as_it_was_written(app) {
        let admin = app.admin();
        product(&admin, "Latitude", "Workstation").await;
        const NOON: i64 = 1_795_806_489_824;
        let day = NOON - NOON.rem_euclid(DAY);
        let made = asset(&admin, "pc", json!({"warranty_expiry": {"value": NOON.to_string()}, "expiry_date": {"value": "2026-09-18"}})).await;
        assert_eq!(made["warranty_expiry"]["value"], NOON.to_string());
        assert_eq!(made["expiry_date"]["value"], "1789689600000", "a day that is given as such is its beginning");
        let at = format!("/assets/{}", id(&made));
        assert_eq!(admin.get(&at).await.ok()["asset"]["warranty_expiry"]["value"], NOON.to_string());
        let found = async |condition: &str, values: Json| {
            let test = json!({"search_criteria": {"field": "warranty_expiry", "condition": condition, "values": values}});
            admin.list("/assets", test).await.ok()["assets"].as_array().unwrap().len()
        };
        let (this, next) = (json!([day.to_string()]), json!([(day + DAY).to_string()]));
        for (condition, values, rows) in [
            ("is", json!([NOON.to_string()]), 1), ("is", this.clone(), 1), ("is", next.clone(), 0), ("is not", this.clone(), 0),
            ("greater than", this.clone(), 0), ("greater or equal", this.clone(), 1), ("lesser than", next.clone(), 1),
            ("lesser or equal", this.clone(), 1), ("lesser than", this.clone(), 0),
            ("between", json!([(day - DAY).to_string(), day.to_string()]), 1),
        ] {
            assert_eq!(found(condition, values.clone()).await, rows, "{condition} {values}");
        }
    }

    every_device_has_an_inventory(app) {
        let admin = app.admin();
        for (path, key) in [
            ("asset_switches", "asset_switch"), ("asset_routers", "asset_router"), ("asset_access_points", "asset_access_point"),
            ("asset_printers", "asset_printer"), ("asset_smartphones", "asset_smartphone"), ("asset_tablets", "asset_tablet"),
            ("asset_servers", "asset_server"), ("asset_virtual_machines", "asset_virtual_machine"),
        ] {
            let made = admin.post(&format!("/{path}"), json!({key: {
                "name": format!("one of {path}"), "operating_system": {"os": "IOS 15"}, "computer_system": {"service_tag": key},
                "memory": {"physical_memory": "1024"}, "processors": [{"name": "CPU", "number_of_cores": 1}],
                "network_adapters": [{"name": "eth0", "ip_address": "192.0.2.7", "mac_address": "00:00:5e:00:53:07"}],
            }})).await.ok();
            assert_eq!(made[key]["ip_address"], "192.0.2.7", "{path}");
            let found = admin.get(&format!("/{path}/{}", id(&made[key]))).await.ok()[key].clone();
            assert_eq!((&found["operating_system"]["os"], &found["computer_system"]["service_tag"]), (&json!("IOS 15"), &json!(key)));
            assert_eq!(found["processors"][0]["name"], "CPU", "{path}");
        }
    }

    a_type_of_ones_own_has_a_path_of_its_own(app) {
        let admin = app.admin();
        let kind = json!({"product_type": {"name": "Coffee Machine", "category": {"name": "Non-IT"}, "type": {"name": "Asset"}}});
        let kind = admin.post("/product_types", kind).await.ok()["product_type"].clone();
        assert_eq!(kind["api_name"], "custom_asset_coffee_machine");
        assert_eq!(kind["display_name"], "Coffee Machines");
        let made = admin.post("/custom_asset_coffee_machines", json!({"custom_asset_coffee_machine": {"name": "Kitchen 1"}})).await.ok();
        assert_eq!(made["custom_asset_coffee_machine"]["category"]["name"], "Non-IT");
        let listed = admin.get("/custom_asset_coffee_machines").await.ok();
        assert_eq!(listed["custom_asset_coffee_machines"][0]["name"], "Kitchen 1");
        let consumable = json!({"product_type": {"name": "Beans", "category": {"name": "Non-IT"}, "type": {"name": "Consumable"}}});
        assert!(admin.post("/product_types", consumable).await.ok()["product_type"]["api_name"].is_null());
        let kind = id(&kind);
        admin.delete(&format!("/product_types/{kind}")).await.refused(400, 4005, "id");
        let shipped = admin.list("/product_types", json!({"search_fields": {"name": "Router"}})).await.ok();
        let shipped = id(&shipped["product_types"][0]);
        assert_eq!(admin.delete(&format!("/product_types/{shipped}")).await.status.as_u16(), 403);
        let drone = json!({"product_type": {"name": "Drone", "type": {"name": "Asset"}, "category": {"name": "IT"}}});
        admin.post("/product_types", drone.clone()).await.ok();
        admin.post("/product_types", drone).await.refused(400, 4008, "name");
        for needed in ["asset_types", "asset_categories"] {
            let row = admin.get(&format!("/{needed}")).await.ok()[needed][0]["id"].as_str().unwrap().to_owned();
            assert_eq!(admin.delete(&format!("/{needed}/{row}")).await.status.as_u16(), 403, "{needed}");
        }
    }

    state_and_owner_go_together(app) {
        let admin = app.admin();
        product(&admin, "Latitude", "Workstation").await;
        admin.post("/sites", json!({"site": {"name": "Berlin"}})).await.ok();
        let (user, rita) = app.person("Rita Requester", json!({"site": {"name": "Berlin"}})).await;
        let made = asset(&admin, "pc", json!({})).await;
        let at = format!("/assets/{}", id(&made));
        let given = admin.put(&at, json!({"asset": {"user": {"id": user.to_string()}}})).await.ok()["asset"].clone();
        assert_eq!(given["state"]["name"], "In Use", "what is given out is in use");
        assert_eq!(given["site"]["name"], "Berlin", "and is where its owner is");
        admin.post("/sites", json!({"site": {"name": "Oslo"}})).await.ok();
        let oslo = |retain: bool| json!({"asset": {"site": {"name": "Oslo"}, "retain_user_site": retain}});
        assert_eq!(admin.put(&at, oslo(true)).await.ok()["asset"]["site"]["name"], "Berlin", "whatever is said");
        assert_eq!(admin.put(&at, oslo(false)).await.ok()["asset"]["site"]["name"], "Oslo", "unless it is elsewhere");
        assert_eq!(rita.get("/assets").await.ok()["assets"].as_array().unwrap().len(), 1, "who sees it");
        assert_eq!(rita.get(&at).await.ok()["asset"]["name"], "pc");
        assert_eq!(rita.get(&at.replace("/assets", "/asset_workstations")).await.ok()["asset_workstation"]["name"], "pc");
        let both = json!({"asset": {"user": {"id": user.to_string()}, "state": {"name": "Disposed"}}});
        admin.put(&at, both).await.refused(400, 4001, "state");
        let back = json!({"asset": {"state": {"name": "In Store"}, "state_history_comments": "came\nback"}});
        let back = admin.put(&at, back).await.ok()["asset"].clone();
        assert!(back["user"].is_null(), "what is in store is nobody's");
        assert_eq!(back["state_history_comments"], "came back");
        assert_eq!(rita.get("/assets").await.ok()["assets"], json!([]));
        assert_eq!(rita.get(&at).await.status.as_u16(), 404);
        let history = admin.get(&format!("{at}/_history")).await.ok();
        let fields: Vec<&Json> = history["history"].as_array().unwrap().iter()
            .flat_map(|entry| entry["diff"].as_array().unwrap()).map(|change| &change["field"]).collect();
        assert!(fields.contains(&&json!("state")) && fields.contains(&&json!("user")), "{history:#}");
    }

    a_life_cycle_allows_its_own_steps_only(app) {
        let admin = app.admin();
        let cycle = admin.post("/asset_lifecycles", json!({"asset_lifecycle": {"name": "Strict"}})).await.ok();
        let cycle = id(&cycle["asset_lifecycle"]);
        for (from, to, comment) in [("In Store", "In Use", false), ("In Use", "In Repair", true)] {
            let step = json!({"transition": {"from_state": {"name": from}, "to_state": {"name": to}, "comment_required": comment}});
            admin.post(&format!("/asset_lifecycles/{cycle}/transitions"), step).await.ok();
        }
        let kinds = admin.list("/product_types", json!({"search_criteria": {"field": "name", "condition": "is", "value": "Workstation"}})).await.ok();
        let kind = id(&kinds["product_types"][0]);
        admin.put(&format!("/product_types/{kind}"), json!({"product_type": {"lifecycle": {"id": cycle}}})).await.ok();
        admin.delete(&format!("/asset_lifecycles/{cycle}")).await.refused(400, 4005, "id");
        product(&admin, "Latitude", "Workstation").await;
        let made = asset(&admin, "pc", json!({})).await;
        assert_eq!(made["lifecycle"]["name"], "Strict");
        let at = format!("/assets/{}", id(&made));
        admin.put(&at, json!({"asset": {"state": {"name": "Disposed"}}})).await.refused(400, 4001, "state");
        admin.put(&at, json!({"asset": {"state": {"name": "In Use"}}})).await.ok();
        admin.put(&at, json!({"asset": {"state": {"name": "In Repair"}}})).await.refused(400, 4012, "state_history_comments");
        admin.put(&at, json!({"asset": {"state": {"name": "In Repair"}, "state_history_comments": "screen"}})).await.ok();
    }

    costs_add_up_and_wear_off(app) {
        let admin = app.admin();
        product(&admin, "Latitude", "Workstation").await;
        let bought = START - START.rem_euclid(DAY) - 370 * DAY;
        let made = asset(&admin, "pc", json!({
            "purchase_cost": 1000, "acquisition_date": {"value": bought.to_string()},
            "asset_depreciation": {"depreciation_type": {"id": "1"}, "useful_life": "36", "salvage_value": "100.00"},
        })).await;
        assert_eq!(made["purchase_cost"], "1000.0");
        assert_eq!(made["current_cost"], "700.0", "{made:#}");
        assert_eq!(made["is_depreciation_configured"], true);
        assert_eq!(made["is_depreciation_calculated"], true);
        let at = format!("/assets/{}", id(&made));
        let cost = admin.post(&format!("{at}/costs"), json!({"cost": {"amount": "19.90", "description": "Battery"}})).await.ok();
        admin.post(&format!("{at}/costs"), json!({"cost": {"amount": 0.1}})).await.ok();
        let found = admin.get(&at).await.ok()["asset"].clone();
        assert_eq!((&found["operational_cost"], &found["total_cost"]), (&json!("20.0"), &json!("1020.0")));
        admin.delete(&format!("{at}/costs/{}", id(&cost["cost"]))).await.ok();
        assert_eq!(admin.get(&at).await.ok()["asset"]["total_cost"], "1000.1");
        let percent = json!({"asset": {"asset_depreciation": {"depreciation_type": {"id": "1"}, "depreciation_percent": "10"}}});
        admin.put(&at, percent).await.refused(400, 4001, "asset_depreciation.depreciation_percent");
        let extra = json!({"asset": {"asset_depreciation": {"is_asset_depreciation": true}}});
        admin.put(&at, extra).await.refused(400, 4001, "is_asset_depreciation");
    }

    things_are_lent_and_come_back(app) {
        let admin = app.admin();
        product(&admin, "Latitude", "Workstation").await;
        let (user, _) = app.requester("Rita Requester").await;
        let (free, fixed) = (asset(&admin, "free", json!({"is_loanable": true})).await, asset(&admin, "fixed", json!({})).await);
        let ask = |asset: &Json| json!({"asset_loan": {
            "loaned_assets": [{"asset": {"id": asset["id"]}}], "start_time": {"value": START.to_string()},
            "due_by_time": {"value": (START + DAY).to_string()}, "site": null, "loaned_to_user": {"id": user.to_string()},
        }});
        admin.post("/asset_loans", ask(&fixed)).await.refused(400, 4001, "loaned_assets");
        let loan = admin.post("/asset_loans", ask(&free)).await.ok()["asset_loan"].clone();
        assert_eq!((&loan["status"], &loan["loan_id"]["display_value"]), (&json!("On Loan"), &json!("LN-1")));
        admin.post("/asset_loans", ask(&free)).await.refused(400, 4001, "loaned_assets");
        let at = format!("/assets/{}", id(&free));
        let shown = admin.get(&at).await.ok()["asset"].clone();
        assert_eq!((&shown["is_loaned"], &shown["loan"]["loan_id"]["value"]), (&json!(true), &json!("1")));
        assert_eq!(shown["loan"]["due_by_time"]["value"], (START + DAY).to_string());
        assert_eq!(shown["loan"]["loan"]["id"], loan["id"]);
        let some = admin.list("/assets", json!({"fields_required": ["module", "loan_end"]})).await.ok()["assets"].clone();
        let row = some.as_array().unwrap().iter().find(|row| row["id"] == free["id"]).unwrap();
        assert_eq!(row["loan_end"]["value"], (START + DAY).to_string());
        assert_eq!((&row["module"]["name"], &row["module"]["api_plural_name"]), (&json!("asset_workstation"), &json!("asset_workstations")));
        let row = some.as_array().unwrap().iter().find(|row| row["id"] == fixed["id"]).unwrap();
        assert_eq!(row.get("loan_end"), Some(&Json::Null), "who is on no loan has no end of one");
        assert_eq!(admin.delete(&at).await.status.as_u16(), 400, "what is on loan is not removed");
        app.clock.advance(2 * DAY);
        assert_eq!(admin.get(&format!("/asset_loans/{}", id(&loan))).await.ok()["asset_loan"]["status"], "Expired");
        let rows = format!("/asset_loans/{}/loaned_assets", id(&loan));
        let row = admin.get(&rows).await.ok()["loaned_assets"][0].clone();
        let later = json!({"loaned_asset": {"due_by_time": {"value": (START + 5 * DAY).to_string()}}});
        admin.put(&format!("{rows}/{}/_extend", id(&row)), later).await.ok();
        let back = json!({"loaned_asset": {"comments": "scratched"}});
        admin.put(&format!("{rows}/{}/_return", id(&row)), back).await.ok();
        assert_eq!(admin.get(&format!("/asset_loans/{}", id(&loan))).await.ok()["asset_loan"]["status"], "Closed");
        let shown = admin.get(&at).await.ok()["asset"].clone();
        assert_eq!((&shown["is_loaned"], &shown["loan"]), (&json!(false), &Json::Null));
        admin.put(&format!("{rows}/{}/_return", id(&row)), json!({})).await.refused(400, 4001, "returned_time");
        assert_eq!(admin.get(&format!("{at}/loans")).await.ok()["loaned_assets"].as_array().unwrap().len(), 1);
    }

    requests_and_problems_speak_of_assets(app) {
        let admin = app.admin();
        product(&admin, "Latitude", "Workstation").await;
        let (user, _) = app.requester("Rita Requester").await;
        let pc = asset(&admin, "pc", json!({"barcode": "B1", "user": {"id": user.to_string()}, "state": {"name": "In Use"}})).await;
        let request = json!({"request": {"subject": "It smokes", "assets": [{"name": "pc"}]}});
        let request = admin.post("/requests", request).await.ok()["request"].clone();
        assert_eq!(request["assets"], json!([{"id": pc["id"], "name": "pc", "barcode": "B1"}]));
        // An item that names nothing takes nothing away.
        let of_request = format!("/requests/{}", id(&request));
        for slip in [json!([{}]), json!([{"id": null}]), json!({"name": ""}), json!([{"name": "pc"}, null])] {
            admin.put(&of_request, json!({"request": {"assets": slip}})).await.refused(400, 4001, "assets");
        }
        assert_eq!(admin.get(&of_request).await.ok()["request"]["assets"][0]["name"], "pc");
        for none in [json!(null), json!([])] {
            let cleared = admin.put(&of_request, json!({"request": {"assets": none}})).await.ok();
            assert_eq!(cleared["request"]["assets"], json!([]));
            let back = admin.put(&of_request, json!({"request": {"assets": {"name": "pc"}}})).await.ok();
            assert_eq!(back["request"]["assets"][0]["name"], "pc");
        }
        let problem = json!({"problem": {"title": "They smoke", "assets": [{"id": pc["id"]}]}});
        let problem = admin.post("/problems", problem).await.ok()["problem"].clone();
        let at = format!("/assets/{}", id(&pc));
        assert_eq!(admin.get(&format!("{at}/requests")).await.ok()["requests"][0]["id"], request["id"]);
        assert_eq!(admin.get(&format!("{at}/problems")).await.ok()["problems"][0]["id"], problem["id"]);
        assert_eq!(admin.get(&format!("/users/{user}/assets")).await.ok()["assets"][0]["id"], pc["id"]);
        let criteria = json!({"search_criteria": {"field": "assets.name", "condition": "is", "value": "pc"}});
        assert_eq!(admin.list("/requests", criteria).await.ok()["requests"].as_array().unwrap().len(), 1);
        admin.post(&format!("{at}/requests"), json!({"request": {"subject": "x"}})).await.refused(400, 4021, "POST");
        admin.delete(&at).await.ok();
        let left = admin.get(&format!("/requests/{}", id(&request))).await.ok()["request"].clone();
        assert_eq!((&left["assets"], &left["deleted_assets"]), (&json!([]), &json!(["pc"])));
        assert_eq!(admin.get(&format!("/problems/{}", id(&problem))).await.ok()["problem"]["assets"], json!([]));
    }

    a_product_in_use_stays(app) {
        let admin = app.admin();
        let model = product(&admin, "Latitude", "Workstation").await;
        asset(&admin, "pc", json!({})).await;
        let refused = admin.delete(&format!("/products/{model}")).await.refused(400, 4005, "id");
        assert!(refused.to_string().contains("assets"), "{refused:#}");
        admin.post("/products", json!({"product": {"name": "LATITUDE", "product_type": {"name": "Router"}}})).await.refused(400, 4008, "name");
        let named = json!({"product": {"manufacturer": "Example Works"}});
        admin.put(&format!("/products/{model}"), named).await.ok();
        let makers = admin.list("/manufacturers", json!({})).await.ok();
        assert_eq!(makers["manufacturers"][0]["name"], "Example Works");
        let moved = json!({"product": {"product_type": {"name": "Server"}}});
        admin.put(&format!("/products/{model}"), moved).await.ok();
        let servers = admin.get("/asset_servers").await.ok();
        assert_eq!(servers["asset_servers"].as_array().unwrap().len(), 1, "assets follow their product");
    }

    what_technicians_may_do_with_the_estate(app) {
        let admin = app.admin();
        let (_, tina) = app.technician("Tina Tech").await;
        product(&admin, "Latitude", "Workstation").await;
        let made = asset(&tina, "pc", json!({})).await;
        tina.put(&format!("/assets/{}", id(&made)), json!({"asset": {"location": "here"}})).await.ok();
        tina.post("/products", json!({"product": {"name": "x", "product_type": {"name": "Router"}}})).await.refused(403, 4002, "-");
        tina.post("/ci_types", json!({"ci_type": {"display_name": "x"}})).await.refused(403, 4002, "-");
        let (_, rita) = app.requester("Rita Requester").await;
        rita.post("/assets", json!({"asset": {"name": "x"}})).await.refused(403, 4002, "-");
        rita.get("/cmdb").await.refused(403, 4002, "-");
    }
}
