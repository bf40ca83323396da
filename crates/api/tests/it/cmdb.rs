//! The CMDB (assets-cmdb.md section 5).

use serde_json::{Value as Json, json};
use testkit::{App, Client, on_both_engines};

async fn ci(admin: &Client<'_>, kind: &str, name: &str) -> String {
    let made = admin.post(&format!("/cmdb/{kind}"), json!({kind: {"name": name}})).await.ok();
    made[kind]["id"].as_str().unwrap().to_owned()
}

async fn attribute(admin: &Client<'_>, kind: &str, more: Json) -> testkit::Reply {
    let types = json!({"search_criteria": {"field": "name", "condition": "is", "value": kind}});
    let id = admin.list("/ci_types", types).await.ok()["ci_types"][0]["id"].as_str().unwrap().to_owned();
    admin.post(&format!("/ci_types/{id}/ci_attributes"), json!({"ci_attribute": more})).await
}

async fn relate(admin: &Client<'_>, from: &str, kind: &str, to: &str) -> testkit::Reply {
    let rows = json!({"ci_relationships": [{"relationship_type": {"name": kind}, "child_ci": {"id": to}}]});
    admin.post(&format!("/cmdb/{from}/ci_relationships"), rows).await
}

/// A service on an application on a server in a rack that another application shares.
async fn estate(app: &App) -> [String; 5] {
    let admin = app.admin();
    let service = ci(&admin, "ci_business_service", "Web shop").await;
    let shop = ci(&admin, "ci_application", "shop").await;
    let wiki = ci(&admin, "ci_application", "wiki").await;
    let server = ci(&admin, "ci_linux_server", "srv-1").await;
    let switch = ci(&admin, "ci_switch", "sw-1").await;
    relate(&admin, &service, "Depends On", &shop).await.ok();
    relate(&admin, &server, "Runs", &shop).await.ok();
    relate(&admin, &server, "Runs", &wiki).await.ok();
    relate(&admin, &server, "Depends On", &switch).await.ok();
    [service, shop, wiki, server, switch]
}

fn names(rows: &Json) -> Vec<&str> {
    rows.as_array().unwrap().iter().map(|row| row["ci"]["name"].as_str().unwrap()).collect()
}

on_both_engines! {
    cis_are_at_their_types_and_at_the_root(app) {
        let admin = app.admin();
        let id = ci(&admin, "ci_windows_server", "srv-1").await;
        let found = admin.get(&format!("/cmdb/{id}")).await.ok();
        assert_eq!(found["cmdb"][0]["name"], "srv-1");
        assert_eq!(found["cmdb"][0]["ci_type"]["name"], "ci_windows_server");
        assert!(found["cmdb"][0]["ci_attributes"].as_object().unwrap().contains_key("txt_os"));
        for (path, key) in [("ci_windows_server", "ci_windows_server"), ("ci_server", "ci_server"), ("ci_computer", "ci_computer")] {
            let listed = admin.get(&format!("/cmdb/{path}")).await.ok();
            assert_eq!(listed[key].as_array().unwrap().len(), 1, "{path}");
            assert_eq!(admin.get(&format!("/cmdb/{path}/{id}")).await.ok()[key]["name"], "srv-1", "{path}");
        }
        assert_eq!(admin.get(&format!("/cmdb/ci_switch/{id}")).await.status.as_u16(), 404);
        for nowhere in ["/cmdb/ci_toaster", "/cmdb/ci_toaster/1", "/cmdb/100000000000000001"] {
            admin.get(nowhere).await.refused(404, 4007, "-");
        }
        let all = admin.list("/cmdb", json!({"search_criteria": {"field": "name", "condition": "like", "value": "srv"}})).await.ok();
        assert_eq!(all["cmdb"].as_array().unwrap().len(), 1);
        let by_type = json!({"search_criteria": {"field": "ci_type.id", "condition": "is", "value": found["cmdb"][0]["ci_type"]["id"]}});
        assert_eq!(admin.list("/cmdb", by_type).await.ok()["cmdb"].as_array().unwrap().len(), 1);
        let at_root = admin.post("/cmdb", json!({"cmdb": {"name": "srv-2", "ci_type": {"name": "ci_windows_server"}}})).await;
        assert_eq!(at_root.ok()["cmdb"]["ci_type"]["name"], "ci_windows_server");
        admin.post("/cmdb", json!({"cmdb": {"name": "srv-3", "ci_type": {"name": "ci_toaster"}}})).await.refused(400, 4001, "ci_type");
        admin.post("/cmdb", json!({"cmdb": {"name": "srv-3"}})).await.refused(400, 4012, "ci_type");
        admin.post("/cmdb/ci_server", json!({"ci_server": {"description": "x"}})).await.refused(400, 4012, "name");
        admin.post("/cmdb/ci_windows_server", json!({"ci_windows_server": {"name": "SRV-1"}})).await.refused(400, 4008, "name");
        ci(&admin, "ci_linux_server", "srv-1").await;
    }

    attributes_belong_to_their_type_and_are_inherited(app) {
        let admin = app.admin();
        admin.post("/cmdb/ci_virtual_machine", json!({"ci_virtual_machine": {"name": "vm", "ci_attributes": {"txt_os": "x"}}})).await
            .refused(400, 4001, "txt_os");
        let made = admin.post("/cmdb/ci_workstation", json!({"ci_workstation": {"name": "pc", "ci_attributes": {
            "txt_os": "Debian", "num_processor_count": "4", "txt_ip_address": "192.0.2.7",
        }}})).await.ok();
        assert_eq!(made["ci_workstation"]["ci_attributes"]["num_processor_count"], "4");
        let id = made["ci_workstation"]["id"].as_str().unwrap();
        // Written through a type above, nothing of its own is lost.
        attribute(&admin, "ci_workstation", json!({"name": "Desk", "field_type": "Single Line"})).await.ok();
        admin.put(&format!("/cmdb/ci_workstation/{id}"), json!({"ci_workstation": {"ci_attributes": {"txt_desk": "7B"}}})).await.ok();
        admin.put(&format!("/cmdb/ci_computer/{id}"), json!({"ci_computer": {"ci_attributes": {"txt_os": "Debian 12"}}})).await.ok();
        admin.put(&format!("/cmdb/{id}"), json!({"cmdb": {"description": "mine"}})).await.ok();
        let found = admin.get(&format!("/cmdb/ci_workstation/{id}")).await.ok()["ci_workstation"].clone();
        assert_eq!(found["ci_attributes"]["txt_desk"], "7B");
        assert_eq!(found["ci_attributes"]["txt_os"], "Debian 12");
        assert_eq!(found["description"], "mine");
        let below = ci(&admin, "ci_linux_workstation", "lx").await;
        let below = admin.get(&format!("/cmdb/ci_linux_workstation/{below}")).await.ok();
        assert!(below["ci_linux_workstation"]["ci_attributes"].as_object().unwrap().contains_key("txt_desk"));
        let above = ci(&admin, "ci_computer", "c").await;
        let above = admin.get(&format!("/cmdb/ci_computer/{above}")).await.ok();
        assert!(!above["ci_computer"]["ci_attributes"].as_object().unwrap().contains_key("txt_desk"));
        for kind in ["ci_computer", "ci_linux_workstation", "ci_workstation"] {
            attribute(&admin, kind, json!({"name": "Desk", "field_key": "txt_desk", "field_type": "Single Line"})).await
                .refused(400, 4008, "field_key");
        }
        let search = json!({"search_criteria": [
            {"field": "ci_attributes.txt_desk", "condition": "is", "value": "7b"},
            {"field": "txt_os", "condition": "starts with", "value": "debian", "logical_operator": "and"},
        ]});
        assert_eq!(admin.list("/cmdb/ci_workstation", search).await.ok()["ci_workstation"].as_array().unwrap().len(), 1);
        let sorted = json!({"sort_field": "ci_attributes.txt_desk", "sort_order": "desc"});
        assert_eq!(admin.list("/cmdb/ci_workstation", sorted).await.ok()["ci_workstation"][0]["name"], "pc");
        let history = admin.get(&format!("/cmdb/ci_workstation/{id}/_history")).await.ok();
        assert!(history.to_string().contains("ci_attributes.txt_desk"));
    }

    values_of_every_kind_are_checked(app) {
        let admin = app.admin();
        let kind = json!({"ci_type": {"name": "Load Balancer", "parent": {"name": "ci_network_device"}}});
        let kind = admin.post("/ci_types", kind).await.ok()["ci_type"].clone();
        assert_eq!(kind["name"], "ci_load_balancer");
        for more in [
            json!({"name": "Vip", "field_type": "IP Address", "mandatory": true}),
            json!({"name": "Site code", "field_type": "Single Line", "constraints": [{"constraint_name": "pattern", "constraint_value": "[A-Z]{3}-[0-9]+"}]}),
            json!({"name": "Weight", "field_type": "Decimal", "constraints": [{"constraint_name": "min_value", "constraint_value": "0"}, {"constraint_name": "max_value", "constraint_value": "100"}]}),
            json!({"name": "Ports", "field_type": "Numeric Field", "default_value": 8}),
            json!({"name": "Active", "field_type": "Boolean", "default_value": true}),
            json!({"name": "Bought", "field_type": "Date"}),
            json!({"name": "Seen", "field_type": "Date/Time"}),
            json!({"name": "Contact", "field_type": "E-mail"}),
            json!({"name": "Console", "field_type": "URL"}),
            json!({"name": "Vendor", "field_type": "Lookup", "reference_entity": {"name": "vendor"}}),
            json!({"name": "Teams", "field_type": "Multi Lookup", "reference_entity": "support_group"}),
            json!({"name": "Mode", "field_type": "Pick List", "allowed_values": [{"value": "Round robin"}, {"value": "Hash"}]}),
            json!({"name": "Cluster id", "field_type": "Single Line", "unique": true}),
        ] {
            attribute(&admin, "ci_load_balancer", more).await.ok();
        }
        admin.post("/vendors", json!({"vendor": {"name": "Example Networks"}})).await.ok();
        let all = json!({
            "txt_vip": "2001:db8::7", "txt_site_code": "BER-1", "dbl_weight": 12.5, "date_bought": {"value": "1767225600000"},
            "dt_seen": {"value": "1767225600123"}, "txt_contact": "ops@example.com", "txt_console": "https://lb.example.com/",
            "ref_vendor": {"name": "example networks"}, "ref_teams": [{"name": "Network"}], "txt_mode": "hash", "txt_cluster_id": "C1",
        });
        let add = async |name: &str, attributes: Json| {
            admin.post("/cmdb/ci_load_balancer", json!({"ci_load_balancer": {"name": name, "ci_attributes": attributes}})).await
        };
        let made = add("lb-1", all.clone()).await.ok()["ci_load_balancer"]["ci_attributes"].clone();
        assert_eq!((&made["num_ports"], &made["bool_active"]), (&json!("8"), &json!(true)), "{made:#}");
        assert_eq!((&made["txt_mode"], &made["ref_vendor"]["name"]), (&json!("Hash"), &json!("Example Networks")));
        assert_eq!(made["ref_teams"][0]["name"], "Network");
        assert_eq!(made["date_bought"]["value"], "1767225600000");
        for (key, value, code, field) in [
            ("txt_vip", json!("no address"), 4001, "ci_attributes.txt_vip"),
            ("txt_vip", Json::Null, 4012, "ci_attributes.txt_vip"),
            ("txt_site_code", json!("ber-1"), 4001, "ci_attributes.txt_site_code"),
            ("txt_site_code", json!("BER-1\nx"), 4001, "ci_attributes.txt_site_code"),
            ("dbl_weight", json!(100.5), 4001, "ci_attributes.dbl_weight"),
            ("dbl_weight", json!("heavy"), 4021, "ci_attributes.dbl_weight"),
            ("num_ports", json!("many"), 4021, "ci_attributes.num_ports"),
            ("bool_active", json!("perhaps"), 4021, "ci_attributes.bool_active"),
            ("txt_contact", json!("nobody"), 4001, "ci_attributes.txt_contact"),
            ("txt_console", json!("lb.example.com"), 4001, "ci_attributes.txt_console"),
            ("ref_vendor", json!({"name": "Nobody"}), 4001, "ci_attributes.ref_vendor"),
            ("txt_mode", json!("Random"), 4001, "ci_attributes.txt_mode"),
            ("txt_cluster_id", json!("c1"), 4008, "ci_attributes.txt_cluster_id"),
            ("txt_nonsense", json!("x"), 4001, "txt_nonsense"),
        ] {
            let mut attributes = all.clone();
            attributes["txt_cluster_id"] = json!("C2");
            attributes[key] = value;
            add("lb-2", attributes).await.refused(400, code, field);
        }
        // What was one of a kind is free again when its record is gone or says something else.
        let mut other = all.clone();
        other["txt_cluster_id"] = json!("C2");
        let second = add("lb-2", other).await.ok()["ci_load_balancer"]["id"].as_str().unwrap().to_owned();
        admin.put(&format!("/cmdb/{second}"), json!({"cmdb": {"ci_attributes": {"txt_cluster_id": "C1"}}})).await
            .refused(400, 4008, "ci_attributes.txt_cluster_id");
        admin.put(&format!("/cmdb/{second}"), json!({"cmdb": {"ci_attributes": {"txt_cluster_id": "C3"}}})).await.ok();
        let mut third = all.clone();
        third["txt_cluster_id"] = json!("C2");
        add("lb-3", third).await.ok();
        admin.delete(&format!("/cmdb/ci_load_balancer/{second}")).await.ok();
        let bad = json!({"name": "Bad", "field_type": "Single Line", "constraints": [{"constraint_name": "pattern", "constraint_value": "("}]});
        attribute(&admin, "ci_load_balancer", bad).await.refused(400, 4001, "constraints");
        let bad = json!({"name": "Bad", "field_type": "Single Line", "constraints": "x"});
        attribute(&admin, "ci_load_balancer", bad).await.refused(400, 4001, "constraints");
        let bad = json!({"name": "Bad", "field_type": "Multi Select"});
        attribute(&admin, "ci_load_balancer", bad).await.refused(400, 4012, "allowed_values");
        // One that numbers is the desk's to give.
        attribute(&admin, "ci_load_balancer", json!({"name": "Rack", "field_type": "Auto Number"})).await.ok();
        let mut numbered = all.clone();
        numbered["txt_cluster_id"] = json!("C9");
        let made = add("lb-9", numbered.clone()).await.ok();
        assert_eq!(made["ci_load_balancer"]["ci_attributes"]["num_rack"], "1");
        numbered["num_rack"] = json!(7);
        add("lb-10", numbered).await.refused(400, 4014, "ci_attributes.num_rack");
        let some = json!({"fields_required": ["name", "ci_attributes.txt_mode", "ci_type.name"], "row_count": 1});
        let row = admin.list("/cmdb/ci_load_balancer", some).await.ok()["ci_load_balancer"][0].clone();
        let keys = |of: &Json| of.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        assert_eq!(keys(&row), ["ci_attributes", "ci_type", "id", "name"]);
        assert_eq!(keys(&row["ci_attributes"]), ["txt_mode"], "one member of a group");
        assert!(row["ci_type"]["id"].is_string(), "the whole of a reference");
        let meta = admin.get("/cmdb/ci_load_balancer/_metainfo").await.ok();
        assert_eq!(meta["metainfo"]["fields"]["ci_attributes"]["fields"]["ref_vendor"]["lookup_entity"], "vendor");
        admin.delete(&format!("/ci_types/{}", kind["id"].as_str().unwrap())).await.refused(400, 4005, "id");
    }

    added_fields_speak_of_types_of_ci(app) {
        let admin = app.admin();
        let add = async |field: Json| admin.post("/udf_fields", json!({"udf_field": field})).await;
        let server = ci(&admin, "ci_linux_server", "srv-1").await;
        let switch = ci(&admin, "ci_switch", "sw-1").await;
        for (name, kind) in [("Runs on", json!({"name": "ci_server"})), ("Also on", json!("ci_server"))] {
            let field = json!({"name": name, "field_type": "Lookup", "reference_entity": kind, "module": {"name": "request"}});
            let key = add(field).await.ok()["udf_field"]["field_key"].as_str().unwrap().to_owned();
            let meta = admin.get("/requests/_metainfo").await.ok();
            assert_eq!(meta["metainfo"]["fields"]["udf_fields"]["fields"][&key]["lookup_entity"], "ci_server", "{name}");
            let with = |value: Json| json!({"request": {"subject": "s", "udf_fields": {&key: value}}});
            let made = admin.post("/requests", with(json!({"id": server}))).await.ok()["request"].clone();
            assert_eq!(made["udf_fields"][&key]["name"], "srv-1");
            let made = admin.post("/requests", with(json!({"name": "srv-1"}))).await.ok()["request"].clone();
            assert_eq!(made["udf_fields"][&key]["id"], server.as_str());
            admin.post("/requests", with(json!({"id": switch}))).await.refused(400, 4001, &format!("udf_fields.{key}"));
            let criteria = json!({"search_criteria": {"field": format!("udf_fields.{key}.name"), "condition": "is", "value": "srv-1"}});
            assert_eq!(admin.list("/requests", criteria).await.ok()["requests"].as_array().unwrap().len(), 2);
        }
        admin.delete(&format!("/cmdb/{server}")).await.refused(400, 4005, "id");
        // A type that a field refers to stays, whether there is a CI of it or not.
        let kind = json!({"product_type": {"name": "Drone", "type": {"name": "Asset"}, "category": {"name": "IT"}}});
        let drone = admin.post("/product_types", kind).await.ok()["product_type"].clone();
        let rack = admin.post("/ci_types", json!({"ci_type": {"name": "ci_rack", "display_name": "Rack"}})).await.ok()["ci_type"].clone();
        attribute(&admin, "ci_rack", json!({"name": "Below", "field_type": "Lookup", "reference_entity": "ci_rack"})).await.ok();
        for (path, row, named) in [("product_types", &drone, "custom_asset_drone"), ("ci_types", &rack, "ci_rack")] {
            let at = format!("/{path}/{}", row["id"].as_str().unwrap());
            let field = add(json!({"name": named, "field_type": "Lookup", "reference_entity": {"name": named}})).await.ok()["udf_field"].clone();
            let refused = admin.delete(&at).await.refused(400, 4005, "id").to_string();
            assert!(refused.contains("udf_fields"), "{refused}");
            admin.delete(&format!("/udf_fields/{}", field["id"].as_str().unwrap())).await.ok();
            admin.delete(&at).await.ok();
        }
        add(json!({"name": "x", "field_type": "Lookup", "reference_entity": "ci_toaster"})).await.refused(400, 4001, "reference_entity");
        // A field of a type is an attribute of its CIs.
        for (name, more) in [
            ("Slots", json!({"sub_module": {"internal_name": "ci_server"}})),
            ("Bays", json!({"module": {"name": "cmdb"}, "sub_module": {"internal_name": "ci_server"}})),
            ("Feet", json!({"module": {"name": "ci_server"}})),
        ] {
            let mut field = json!({"name": name, "field_type": "Numeric Field"});
            field.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            let made = add(field).await.ok()["udf_field"].clone();
            let key = made["field_key"].as_str().unwrap().to_owned();
            // It is an additional field as well, where it was added and where it is listed.
            let id = made["id"].as_str().unwrap();
            assert_eq!(admin.get(&format!("/ci_attributes/{id}")).await.ok()["ci_attribute"]["field_key"], key.as_str());
            let own = format!("/udf_fields/{id}");
            assert_eq!(admin.get(&own).await.ok()["udf_field"]["field_key"], key.as_str());
            let renamed = json!({"udf_field": {"display_name": "Named anew", "module": {"name": "request"}}});
            let renamed = admin.put(&own, renamed).await.ok()["udf_field"].clone();
            assert_eq!((&renamed["display_name"], &renamed["module"]["name"]), (&json!("Named anew"), &json!("ci")));
            assert!(!admin.get(&format!("{own}/_history")).await.ok()["history"].as_array().unwrap().is_empty());
            let at = format!("/cmdb/ci_linux_server/{server}");
            let put = json!({"ci_linux_server": {"ci_attributes": {&key: "4"}}});
            assert_eq!(admin.put(&at, put).await.ok()["ci_linux_server"]["ci_attributes"][&key], "4", "{name}");
            let put = json!({"ci_switch": {"ci_attributes": {&key: "4"}}});
            admin.put(&format!("/cmdb/ci_switch/{switch}"), put).await.refused(400, 4001, &key);
            admin.delete(&own).await.refused(400, 4005, "id");
        }
        // A field of the assets of one type is one of all assets.
        add(json!({"name": "Colour", "field_key": "txt_colour", "field_type": "Single Line", "sub_module": {"internal_name": "asset_server"}})).await.ok();
        let meta = admin.get("/assets/_metainfo").await.ok();
        assert!(meta["metainfo"]["fields"]["udf_fields"]["fields"]["txt_colour"].is_object());
        add(json!({"name": "x", "field_type": "Single Line", "sub_module": {"internal_name": "ci_toaster"}})).await.refused(400, 4001, "module");
    }

    types_form_a_tree(app) {
        let admin = app.admin();
        let add = async |name: &str, parent: &str| {
            admin.post("/ci_types", json!({"ci_type": {"display_name": name, "parent": {"name": parent}}})).await
        };
        add("Rack", "ci_hardware").await.ok();
        add("rack", "ci_hardware").await.refused(400, 4008, "name");
        let named = json!({"ci_type": {"display_name": "Power supplies", "name": "UPS"}});
        let ups = admin.post("/ci_types", named).await.ok()["ci_type"].clone();
        assert_eq!((&ups["name"], &ups["display_name"]), (&json!("ci_ups"), &json!("Power supplies")));
        attribute(&admin, "ci_ups", json!({"name": "Minutes", "field_type": "Numeric Field"})).await.ok();
        // Attributes belong to their type and go with it.
        admin.delete(&format!("/ci_types/{}", ups["id"].as_str().unwrap())).await.ok();
        // Shipped ones may go as well, but for the root and those that something refers to.
        let shipped = async |name: &str| {
            let found = admin.list("/ci_types", json!({"search_criteria": {"field": "name", "condition": "is", "value": name}})).await.ok();
            format!("/ci_types/{}", found["ci_types"][0]["id"].as_str().unwrap())
        };
        admin.delete(&shipped("ci_cmdb").await).await.refused(403, 4002, "-");
        admin.delete(&shipped("ci_workstation").await).await.refused(400, 4005, "id");
        admin.delete(&shipped("ci_mac_workstation").await).await.ok();
        add("Computer", "ci_hardware").await.refused(400, 4008, "name");
        add("Deep", "ci_windows_workstation").await.refused(400, 4001, "parent");
        add("Nowhere", "ci_nothing").await.refused(400, 4001, "parent");
        admin.post("/ci_types", json!({"ci_type": {"name": "ci_Bad Name"}})).await.refused(400, 4001, "name");
        let types = admin.list("/ci_types", json!({"search_criteria": {"field": "name", "condition": "is", "value": "ci_rack"}})).await.ok();
        let id = types["ci_types"][0]["id"].as_str().unwrap();
        ci(&admin, "ci_rack", "R1").await;
        let renamed = json!({"ci_type": {"display_name": "Cabinet"}});
        assert_eq!(admin.put(&format!("/ci_types/{id}"), renamed).await.ok()["ci_type"]["name"], "ci_rack", "the API name stays");
        admin.put(&format!("/ci_types/{id}"), json!({"ci_type": {"name": "ci_cabinet"}})).await.refused(400, 4009, "name");
        admin.delete(&format!("/ci_types/{id}")).await.refused(400, 4005, "id");
        let cis = admin.get(&format!("/ci_types/{id}/cis")).await.ok();
        let ci = cis["cmdb"][0]["id"].as_str().unwrap();
        admin.delete(&format!("/cmdb/{ci}")).await.ok();
        admin.delete(&format!("/ci_types/{id}")).await.ok();
        admin.get("/cmdb/ci_rack").await.refused(404, 4007, "-");
    }

    a_ci_and_what_it_stands_for_stay_in_step(app) {
        let admin = app.admin();
        admin.post("/products", json!({"product": {"name": "PowerEdge", "product_type": {"name": "Server"}, "manufacturer": "Dell"}})).await.ok();
        let made = admin.post("/assets", json!({"asset": {
            "name": "srv-1", "product": {"name": "PowerEdge"}, "state": {"name": "In Store"}, "serial_number": "S1", "location": "Room 1",
        }})).await.ok();
        let asset = made["asset"]["id"].as_str().unwrap();
        let found = async || admin.list("/cmdb/ci_server", json!({"search_fields": {"name": "srv"}})).await.ok()["ci_server"][0].clone();
        let listed = found().await;
        assert_eq!(listed["name"], "srv-1", "an asset of a machine's type has a CI");
        let id = listed["id"].as_str().unwrap().to_owned();
        let ci = async || admin.get(&format!("/cmdb/ci_server/{id}")).await.ok()["ci_server"].clone();
        let first = ci().await;
        assert_eq!(first["linked_instance"], asset);
        assert_eq!(first["linked_entity"]["name"], "asset");
        assert_eq!(first["linked_instance_data"]["name"], "srv-1");
        assert_eq!(first["ci_attributes"]["txt_serial_number"], "S1");
        assert_eq!(first["ci_attributes"]["txt_manufacturer"], "Dell");
        assert_eq!(first["ci_attributes"]["ref_model"]["name"], "PowerEdge");
        admin.put(&format!("/assets/{asset}"), json!({"asset": {"name": "srv-2", "serial_number": "S2"}})).await.ok();
        let second = ci().await;
        assert_eq!((&second["name"], &second["ci_attributes"]["txt_serial_number"]), (&json!("srv-2"), &json!("S2")));
        // A name that another CI of the type has is refused at the asset, too.
        admin.post("/cmdb/ci_server", json!({"ci_server": {"name": "taken"}})).await.ok();
        admin.put(&format!("/assets/{asset}"), json!({"asset": {"name": "Taken"}})).await.refused(400, 4008, "name");
        let (user, _) = app.requester("Rita Requester").await;
        admin.put(&format!("/cmdb/ci_server/{id}"), json!({"ci_server": {"name": "srv-3", "ci_attributes": {"txt_location": "Room 2"}}})).await.ok();
        admin.put(&format!("/assets/{asset}"), json!({"asset": {"user": {"id": user.to_string()}}})).await.ok();
        let of_asset = admin.get(&format!("/assets/{asset}")).await.ok()["asset"].clone();
        assert_eq!((&of_asset["name"], &of_asset["location"]), (&json!("srv-3"), &json!("Room 2")));
        assert_eq!(ci().await["ci_attributes"]["ref_owned_by"]["name"], "Rita Requester");
        let serial = |text: &str| json!({"ci_server": {"ci_attributes": {"txt_serial_number": text}}});
        admin.put(&format!("/cmdb/ci_server/{id}"), serial("S3")).await.ok();
        assert_eq!(admin.get(&format!("/assets/{asset}")).await.ok()["asset"]["serial_number"], "S3");
        admin.post("/assets", json!({"asset": {
            "name": "srv-9", "product": {"name": "PowerEdge"}, "state": {"name": "In Store"}, "serial_number": "S9",
        }})).await.ok();
        admin.put(&format!("/cmdb/ci_server/{id}"), json!({"ci_server": {"name": "SRV-9"}})).await.refused(400, 4008, "name");
        assert_eq!(ci().await["name"], "srv-3", "neither is written");
        let other = admin.list("/assets", json!({"search_criteria": {"field": "name", "condition": "is", "value": "srv-9"}})).await.ok();
        admin.delete(&format!("/assets/{}", other["assets"][0]["id"].as_str().unwrap())).await.ok();
        // People and departments lead with their names.
        let person = admin.post("/cmdb/ci_user", json!({"ci_user": {"name": "somebody", "linked_entity": {"name": "user"}, "linked_instance": user.to_string()}})).await.ok();
        let person = person["ci_user"]["id"].as_str().unwrap();
        admin.put(&format!("/users/{user}"), json!({"user": {"name": "Rita Renamed"}})).await.ok();
        assert_eq!(admin.get(&format!("/cmdb/{person}")).await.ok()["cmdb"][0]["name"], "Rita Renamed");
        admin.put(&format!("/cmdb/{person}"), json!({"cmdb": {"name": "Somebody"}})).await.refused(400, 4001, "name");
        // What is only linked to somebody has a name of its own.
        let desk = json!({"ci_workstation": {"name": "pc-1", "linked_entity": {"name": "user"}, "linked_instance": user.to_string()}});
        admin.delete(&format!("/cmdb/{person}")).await.ok();
        let desk = admin.post("/cmdb/ci_workstation", desk).await.ok()["ci_workstation"].clone();
        assert_eq!((&desk["name"], &desk["linked_entity"]["name"]), (&json!("pc-1"), &json!("user")));
        let at = format!("/cmdb/{}", desk["id"].as_str().unwrap());
        admin.put(&at, json!({"cmdb": {"name": "pc-2"}})).await.ok();
        let user_name = async || admin.get(&format!("/users/{user}")).await.ok()["user"]["name"].clone();
        assert_eq!(user_name().await, "Rita Renamed", "nobody is renamed by a CI");
        admin.put(&format!("/users/{user}"), json!({"user": {"name": "Rita Again"}})).await.ok();
        assert_eq!(admin.get(&at).await.ok()["cmdb"][0]["name"], "pc-2", "nor a CI by somebody");
        admin.delete(&at).await.ok();
        let person = json!({"ci_user": {"name": "x", "linked_entity": {"id": desk["linked_entity"]["id"], "name": "department"}, "linked_instance": user.to_string()}});
        let person = admin.post("/cmdb/ci_user", person).await.ok()["ci_user"].clone();
        assert_eq!((&person["name"], &person["linked_entity"]["name"]), (&json!("Rita Again"), &json!("user")), "the id decides");
        admin.post("/cmdb/ci_user", json!({"ci_user": {"name": "twice", "linked_entity": {"name": "user"}, "linked_instance": user.to_string()}})).await
            .refused(400, 4008, "linked_instance");
        let half = json!({"ci_user": {"name": "half", "linked_instance": user.to_string()}});
        admin.post("/cmdb/ci_user", half).await.refused(400, 4012, "linked_entity");
        // What may be linked is listed, for those who may read CIs.
        let linkable = admin.get("/cmdb/linked_entity").await.ok();
        let names: Vec<&str> = linkable["linked_entity"].as_array().unwrap().iter().map(|m| m["name"].as_str().unwrap()).collect();
        assert_eq!(names, ["asset", "user", "department", "support_group", "service_category"]);
        assert_eq!(linkable["linked_entity"][2]["api_plural_name"], "departments");
        assert_eq!(linkable["list_info"]["row_count"], 5);
        let linked = admin.list("/cmdb/ci_user", json!({"fields_required": ["linked_entity"]})).await.ok();
        assert!(linkable["linked_entity"].as_array().unwrap().contains(&linked["ci_user"][0]["linked_entity"]));
        admin.post("/cmdb/linked_entity", json!({})).await.refused(400, 4021, "POST");
        // The CI that only stood for the asset goes with it.
        admin.delete(&format!("/assets/{asset}")).await.ok();
        assert!(found().await.is_null());
    }

    an_asset_takes_over_a_ci_and_leaves_what_it_knows(app) {
        let admin = app.admin();
        admin.post("/products", json!({"product": {"name": "Latitude", "product_type": {"name": "Workstation"}}})).await.ok();
        let (user, _) = app.requester("Rita Requester").await;
        let known = json!({"txt_location": "Room 1", "txt_serial_number": "S1", "txt_service_tag": "T1", "ref_owned_by": {"id": user.to_string()}});
        let made = async |name: &str, attributes: &Json| {
            let input = json!({"ci_workstation": {"name": name, "ci_attributes": attributes}});
            admin.post("/cmdb/ci_workstation", input).await.ok()["ci_workstation"]["id"].as_str().unwrap().to_owned()
        };
        let at = async |id: &str| admin.get(&format!("/cmdb/ci_workstation/{id}")).await.ok()["ci_workstation"].clone();
        let asset = async |name: &str, path: &str, more: Json| {
            let mut input = json!({"name": name, "product": {"name": "Latitude"}});
            input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            let key = path.trim_start_matches('/').trim_end_matches('s');
            admin.post(path, json!({key: input})).await.ok()[key].clone()
        };
        // One of the same name is there before the asset.
        let ci = made("pc-1", &known).await;
        let pc = asset("pc-1", "/assets", json!({"state": {"name": "In Store"}, "serial_number": "S2"})).await;
        let shown = at(&ci).await;
        assert_eq!(shown["linked_instance"], pc["id"]);
        assert_eq!((&shown["ci_attributes"]["txt_location"], &shown["ci_attributes"]["txt_serial_number"]), (&json!("Room 1"), &json!("S2")));
        assert_eq!(shown["ci_attributes"]["ref_owned_by"]["name"], "Rita Requester");
        assert_eq!(pc["location"], "Room 1", "and the asset learns it");
        assert!(pc["user"].is_null(), "what is said to be in store is nobody's");
        let of_asset = format!("/assets/{}", pc["id"].as_str().unwrap());
        admin.put(&of_asset, json!({"asset": {"barcode": "B1"}})).await.ok();
        assert_eq!(at(&ci).await["ci_attributes"]["txt_service_tag"], "T1", "an edit of something else takes nothing away");
        admin.put(&of_asset, json!({"asset": {"location": null}})).await.ok();
        assert!(at(&ci).await["ci_attributes"]["txt_location"].is_null(), "what the asset says counts");
        let ci = made("pc-2", &known).await;
        let pc = asset("pc-2", "/asset_workstations", json!({})).await;
        assert_eq!((&pc["user"]["name"], &pc["state"]["name"]), (&json!("Rita Requester"), &json!("In Use")));
        assert_eq!(pc["computer_system"]["service_tag"], "T1");
        assert_eq!(at(&ci).await["ci_attributes"]["ref_owned_by"]["name"], "Rita Requester");
        // Linked by hand: each keeps its name, and one that somebody made outlives the asset.
        let lead = made("Lead", &known).await;
        admin.post("/products", json!({"product": {"name": "Box", "product_type": {"name": "Printer"}}})).await.ok();
        let free = async |name: &str| {
            let input = json!({"asset": {"name": name, "product": {"name": "Box"}, "state": {"name": "In Use"}, "serial_number": "S9"}});
            let made = admin.post("/assets", input).await.ok()["asset"]["id"].as_str().unwrap().to_owned();
            let ci = admin.get(&format!("/assets/{made}")).await.ok()["asset"]["id"].clone();
            let cis = admin.list("/cmdb", json!({"search_criteria": {"field": "linked_instance", "condition": "is", "value": ci}})).await.ok();
            for ci in cis["cmdb"].as_array().unwrap() {
                admin.delete(&format!("/cmdb/{}", ci["id"].as_str().unwrap())).await.ok();
            }
            made
        };
        let link = |id: &str| json!({"ci_workstation": {"linked_entity": {"name": "asset"}, "linked_instance": id}});
        let box_1 = free("box-1").await;
        let linked = admin.put(&format!("/cmdb/ci_workstation/{lead}"), link(&box_1)).await.ok()["ci_workstation"].clone();
        assert_eq!((&linked["name"], &linked["ci_attributes"]["txt_serial_number"]), (&json!("Lead"), &json!("S9")));
        assert_eq!(linked["ci_attributes"]["txt_location"], "Room 1");
        let shown = admin.get(&format!("/assets/{box_1}")).await.ok()["asset"].clone();
        assert_eq!((&shown["name"], &shown["location"]), (&json!("box-1"), &json!("Room 1")));
        assert_eq!(shown["user"]["name"], "Rita Requester");
        admin.delete(&format!("/assets/{box_1}")).await.ok();
        let left = at(&lead).await;
        assert!(left["linked_instance"].is_null() && left["linked_entity"].is_null());
        assert_eq!(left["ci_attributes"]["txt_location"], "Room 1");
        let box_2 = free("box-2").await;
        app.clock.advance(1);
        let later = made("Later", &known).await;
        admin.put(&format!("/cmdb/ci_workstation/{later}"), link(&box_2)).await.ok();
        admin.delete(&format!("/assets/{box_2}")).await.ok();
        assert_eq!(at(&later).await["name"], "Later");
        // Added and linked at once, the CI still renames nothing.
        let box_3 = free("box-3").await;
        let both = json!({"ci_workstation": {"name": "Other", "linked_entity": {"name": "asset"}, "linked_instance": box_3}});
        admin.post("/cmdb/ci_workstation", both).await.ok();
        assert_eq!(admin.get(&format!("/assets/{box_3}")).await.ok()["asset"]["name"], "box-3");
    }

    the_owner_of_a_ci_is_one_that_its_asset_may_have(app) {
        let admin = app.admin();
        admin.post("/products", json!({"product": {"name": "Latitude", "product_type": {"name": "Workstation"}}})).await.ok();
        let (user, _) = app.requester("Rita Requester").await;
        let made = admin.post("/asset_workstations", json!({"asset_workstation": {"name": "pc", "product": {"name": "Latitude"}}})).await.ok();
        let at = format!("/assets/{}", made["asset_workstation"]["id"].as_str().unwrap());
        assert_eq!(made["asset_workstation"]["state"]["name"], "In Store");
        let ci = admin.get("/cmdb/ci_workstation").await.ok()["ci_workstation"][0]["id"].as_str().unwrap().to_owned();
        let owned = json!({"ci_workstation": {"ci_attributes": {"ref_owned_by": {"id": user.to_string()}}}});
        admin.put(&format!("/cmdb/ci_workstation/{ci}"), owned.clone()).await.ok();
        let asset = admin.get(&at).await.ok()["asset"].clone();
        assert_eq!((&asset["state"]["name"], &asset["user"]["name"]), (&json!("In Use"), &json!("Rita Requester")));
        // A life cycle that does not lead there stands in its way here, too.
        admin.put(&at, json!({"asset": {"state": {"name": "In Store"}}})).await.ok();
        let cycle = admin.post("/asset_lifecycles", json!({"asset_lifecycle": {"name": "Strict"}})).await.ok();
        let kinds = admin.list("/product_types", json!({"search_criteria": {"field": "name", "condition": "is", "value": "Workstation"}})).await.ok();
        let kind = kinds["product_types"][0]["id"].as_str().unwrap();
        let cycle = json!({"product_type": {"lifecycle": {"id": cycle["asset_lifecycle"]["id"]}}});
        admin.put(&format!("/product_types/{kind}"), cycle).await.ok();
        admin.put(&at, json!({"asset": {"barcode": "B"}})).await.ok();
        admin.put(&format!("/cmdb/ci_workstation/{ci}"), owned).await.refused(400, 4001, "state");
        let asset = admin.get(&at).await.ok()["asset"].clone();
        assert_eq!((&asset["state"]["name"], &asset["user"]), (&json!("In Store"), &Json::Null));
        let shown = admin.get(&format!("/cmdb/ci_workstation/{ci}")).await.ok();
        assert!(shown["ci_workstation"]["ci_attributes"]["ref_owned_by"].is_null(), "neither is written");
    }

    relationships_are_seen_from_both_ends(app) {
        let admin = app.admin();
        let [_, shop, wiki, server, switch] = estate(app).await;
        let rows = admin.get(&format!("/cmdb/ci_application/{shop}/ci_relationships")).await.ok();
        assert_eq!(rows["ci_relationships"].as_array().unwrap().len(), 2);
        relate(&admin, &server, "Runs", &shop).await.refused(400, 4008, "child_ci");
        relate(&admin, &server, "Runs", &server).await.refused(400, 4001, "child_ci");
        relate(&admin, &shop, "Runs", &server).await.refused(400, 4001, "child_ci");
        relate(&admin, &server, "Nonsense", &shop).await.refused(400, 4001, "relationship_type");
        // Several at once are all made or none.
        let new = ci(&admin, "ci_application", "mail").await;
        let runs = |end: &str| json!({"relationship_type": {"name": "Runs"}, end: {"id": new}});
        let at = format!("/cmdb/{server}/ci_relationships");
        for both in [[runs("child_ci"), runs("parent_ci")], [runs("child_ci"), runs("child_ci")]] {
            let refused = admin.post(&at, json!({"ci_relationships": both})).await;
            assert_eq!(refused.json()["response_status"]["messages"][0]["field"], "child_ci");
            assert_eq!(admin.get(&format!("/cmdb/{new}/ci_relationships")).await.ok()["ci_relationships"], json!([]));
        }
        // The name from the other end turns it round.
        let made = relate(&admin, &wiki, "Receives data from", &shop).await.ok();
        assert_eq!(made["ci_relationships"][0]["parent_ci"]["name"], "shop");
        let id = made["ci_relationships"][0]["id"].as_str().unwrap();
        assert_eq!(admin.delete(&format!("/cmdb/{server}/ci_relationships?ids={id}")).await.status.as_u16(), 404);
        admin.delete(&format!("/cmdb/{wiki}/ci_relationships?ids={id}")).await.ok();
        let kinds = admin.list("/ci_relationship_types", json!({"search_fields": {"name": "Runs"}})).await.ok();
        let runs = kinds["ci_relationship_types"][0]["id"].as_str().unwrap();
        admin.delete(&format!("/ci_relationship_types/{runs}")).await.refused(400, 4005, "id");
        admin.post("/ci_relationship_types", json!({"ci_relationship_type": {"name": "Used By", "inverse_name": "x"}})).await
            .refused(400, 4008, "name");
        // Only where it is suggested.
        let cools = json!({"ci_relationship_type": {"name": "Cools", "inverse_name": "Cooled By", "only_suggested": true}});
        admin.post("/ci_relationship_types", cools).await.ok();
        relate(&admin, &server, "Cools", &switch).await.refused(400, 4001, "relationship_type");
        let suggest = json!({"ci_type_relationship": {"relationship_type": {"name": "Cools"}, "parent_ci_type": {"name": "ci_computer"}, "child_ci_type": {"name": "ci_network_device"}}});
        admin.post("/ci_type_relationships", suggest).await.ok();
        relate(&admin, &server, "Cools", &switch).await.ok();
        // They go with their ends.
        admin.delete(&format!("/cmdb/{server}")).await.ok();
        assert_eq!(admin.get(&format!("/cmdb/{switch}/ci_relationships")).await.ok()["ci_relationships"], json!([]));
    }

    impact_is_followed_to_any_depth(app) {
        let admin = app.admin();
        let [service, shop, _, server, switch] = estate(app).await;
        let impact = async |of: &str, words: &str| {
            admin.get(&format!("/cmdb/{of}/_impact_analysis{words}")).await.ok()["impact_analysis"].clone()
        };
        let down = impact(&switch, "").await;
        assert_eq!(names(&down["cis"]), ["srv-1", "shop", "wiki", "Web shop"]);
        assert_eq!(down["levels"], json!([{"depth": 1, "count": 1}, {"depth": 2, "count": 2}, {"depth": 3, "count": 1}]));
        assert_eq!(down["cis"][3]["via"]["from"]["id"], shop.as_str());
        let near = impact(&switch, "?depth=1").await;
        assert_eq!(names(&near["cis"]), ["srv-1"]);
        let up = impact(&service, "?direction=upstream").await;
        assert_eq!(names(&up["cis"]), ["shop", "srv-1", "sw-1"]);
        // With what is open on what is hit, by the CI and by the asset that it stands for.
        let request = json!({"request": {"subject": "Shop is down", "configuration_items": [{"id": shop}]}});
        admin.post("/requests", request).await.ok();
        let problem = json!({"problem": {"title": "It reboots", "configuration_items": [{"id": server}]}});
        admin.post("/problems", problem).await.ok();
        let closed = json!({"request": {"subject": "Old", "configuration_items": [{"id": shop}], "status": {"name": "Closed"}}});
        admin.post("/requests", closed).await.ok();
        let down = impact(&switch, "").await;
        assert_eq!(down["cis"][0]["open_problems"][0]["title"], "It reboots");
        assert_eq!(down["cis"][1]["open_requests"].as_array().unwrap().len(), 1);
        assert_eq!(down["cis"][1]["open_requests"][0]["subject"], "Shop is down");
        // A change of a relationship is seen at once; rings end.
        relate(&admin, &switch, "Depends On", &service).await.ok();
        assert_eq!(impact(&switch, "").await["total_count"], 4);
        assert_eq!(impact(&service, "").await["total_count"], 4);
        let rows = admin.get(&format!("/cmdb/{server}/ci_relationships")).await.ok();
        let depends = rows["ci_relationships"].as_array().unwrap().iter()
            .find(|r| r["relationship_type"]["name"] == "Depends On").unwrap()["id"].as_str().unwrap().to_owned();
        admin.delete(&format!("/cmdb/{server}/ci_relationships?ids={depends}")).await.ok();
        assert_eq!(impact(&switch, "").await["total_count"], 0);
        admin.get(&format!("/cmdb/{switch}/_impact_analysis?direction=sideways")).await.refused(400, 4001, "direction");
        let page = admin.list(&format!("/cmdb/{server}/_impact_analysis"), json!({"row_count": 2})).await.ok();
        assert_eq!((&page["list_info"]["has_more_rows"], &page["list_info"]["total_count"]), (&json!(true), &json!(4)), "{page:#}");
    }

    cis_are_deleted_by_ids_and_let_go(app) {
        let admin = app.admin();
        let (one, two) = (ci(&admin, "ci_application", "one").await, ci(&admin, "ci_application", "two").await);
        let request = json!({"request": {"subject": "x", "configuration_items": [{"id": one}, {"id": two}]}});
        let request = admin.post("/requests", request).await.ok()["request"]["id"].as_str().unwrap().to_owned();
        let criteria = json!({"search_criteria": {"field": "configuration_items", "condition": "is", "values": [{"id": one}]}});
        assert_eq!(admin.list("/requests", criteria).await.ok()["requests"].as_array().unwrap().len(), 1);
        assert_eq!(admin.get(&format!("/cmdb/{one}/requests")).await.ok()["requests"][0]["id"], request.as_str());
        let deleted = admin.delete(&format!("/cmdb/ci_application?ids={one},{two}")).await.ok();
        assert_eq!(deleted["response_status"]["status"], "success", "one object: {deleted}");
        assert_eq!(admin.get("/cmdb/ci_application").await.ok()["ci_application"], json!([]));
        let left = admin.get(&format!("/requests/{request}")).await.ok();
        assert_eq!(left["request"]["configuration_items"], json!([]));
        let found = async |text: &str| admin.list("/cmdb", json!({"search_text": text})).await.ok()["cmdb"].as_array().unwrap().len();
        ci(&admin, "ci_application", "numbat tracker").await;
        assert_eq!((found("numbat").await, found("one").await), (1, 0));
    }
}
