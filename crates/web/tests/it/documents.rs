//! Documents that are lists of objects: on a form each part has its input, on the page they are tables.

use serde_json::json;
use testkit::on_both_engines;

on_both_engines! {
    an_inventory_is_read_and_written(app) {
        let product = app.admin().post("/products", json!({"product": {"name": "Server X", "product_type": {"name": "Workstation"}}})).await.ok();
        let asset = json!({"asset_workstation": {"name": "ws-1.example.com", "product": {"id": product["product"]["id"]},
            "processors": [{"name": "CPU 0", "number_of_cores": 8, "family": "kept"}],
            "network_adapters": [{"name": "eth0", "ip_address": "192.0.2.7", "mac_address": "00:00:5e:00:53:07", "dhcp": true}]}});
        let made = app.admin().post("/asset_workstations", asset).await.ok();
        let id = made["asset_workstation"]["id"].as_str().unwrap().to_owned();
        let admin = app.admins_browser().await;
        let page = admin.get(&format!("/assets/{id}")).await.shown();
        assert!(page.says("CPU 0") && page.says("00:00:5e:00:53:07"), "{}", page.html());
        let form = admin.get(&format!("/assets/{id}/edit")).await.shown();
        assert!(form.says("name=\"network_adapters.0.ip_address\"") && form.says("value=\"192.0.2.7\"") && form.says("name=\"network_adapters.2.name\""), "{}", form.html());
        let kept = "{\"name\":\"eth0\",\"ip_address\":\"192.0.2.7\",\"mac_address\":\"00:00:5e:00:53:07\",\"dhcp\":true}";
        let fields = [("network_adapters", "rows"), ("network_adapters.0", kept), ("network_adapters.0.name", "eth0"), ("network_adapters.0.ip_address", "192.0.2.8"),
            ("network_adapters.0.mac_address", "00:00:5e:00:53:07"), ("network_adapters.1", "{}"), ("network_adapters.1.name", "eth1")];
        admin.post(&format!("/assets/{id}/edit"), &fields).await.leads_on();
        let read = app.admin().get(&format!("/asset_workstations/{id}")).await.ok();
        let adapters = &read["asset_workstation"]["network_adapters"];
        assert_eq!(*adapters, json!([{"name": "eth0", "ip_address": "192.0.2.8", "mac_address": "00:00:5e:00:53:07", "dhcp": true}, {"name": "eth1"}]));
        assert_eq!(read["asset_workstation"]["processors"][0]["family"], "kept");
        // A row that is emptied is gone; a form that shows what is there changes nothing.
        let fields = [("network_adapters", "rows"), ("network_adapters.0", "{\"name\":\"eth0\"}"), ("network_adapters.0.name", ""), ("network_adapters.1", "{\"name\":\"eth1\"}"), ("network_adapters.1.name", "eth1")];
        admin.post(&format!("/assets/{id}/edit"), &fields).await.leads_on();
        let read = app.admin().get(&format!("/asset_workstations/{id}")).await.ok();
        assert_eq!(read["asset_workstation"]["network_adapters"], json!([{"name": "eth1"}]));
        for bad in ["x", "[]", "{\"a\""] {
            let page = admin.post(&format!("/assets/{id}/edit"), &[("network_adapters", "rows"), ("network_adapters.0", bad), ("network_adapters.0.name", "y")]).await;
            assert_eq!(page.status(), 422, "{bad}: {}", page.html());
        }
        let read = app.admin().get(&format!("/asset_workstations/{id}")).await.ok();
        assert_eq!(read["asset_workstation"]["network_adapters"], json!([{"name": "eth1"}]));
    }
}
