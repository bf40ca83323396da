//! The same way for every module, and the ends of relationships.

use crate::{Files, export, import, matched, of, sums, total};
use serde_json::json;
use testkit::on_both_engines;
use transfer::{ExportOptions, ImportOptions};

on_both_engines! {
    users_products_requests_and_problems_come_in(app) {
        let files = Files::new();
        let departments = files.write("d.csv", "name,site\nSales,Base Site\nBuying,\n");
        let done = import(app, &of("departments", &departments)).await.unwrap();
        assert_eq!(sums(&done), [2, 0, 0, 0], "{done:?}");
        let users = files.write("u.csv", "name,email_id,department,is_technician,reporting_to\n\
            Grace,grace@example.com,,true,\n\
            Ben,ben@example.com,Buying,false,grace@example.com\n\
            Nobody,not an address,,,\n");
        let done = import(app, &of("users", &users)).await.unwrap();
        assert_eq!(sums(&done), [2, 0, 0, 1], "{done:?}");
        assert_eq!(sums(&import(app, &matched("users", &users, "email_id")).await.unwrap()), [0, 0, 2, 1]);
        let products = files.write("p.csv", "name,product_type,manufacturer,cost\nThinkPad,Workstation,Lenovo,999.90\n");
        assert_eq!(sums(&import(app, &of("products", &products)).await.unwrap()), [1, 0, 0, 0]);
        assert_eq!(sums(&import(app, &matched("products", &products, "name")).await.unwrap()), [0, 0, 1, 0]);
        let requests = files.write("r.csv", "subject,description,requester,technician,priority,due_by_time\n\
            Printer,\"<div>It smokes; \"\"really\"\"</div>\",ben@example.com,grace@example.com,High,2026-05-01 10:00\n\
            Screen,,Ben,,Low,\n\
            ,,Ben,,,\n");
        let done = import(app, &of("requests", &requests)).await.unwrap();
        assert_eq!(sums(&done), [2, 0, 0, 1], "{done:?}");
        let list = app.admin().list("/requests", json!({"sort_field": "display_id", "sort_order": "asc"})).await.ok();
        assert_eq!(list["requests"][0]["requester"]["email_id"], "ben@example.com");
        assert_eq!(list["requests"][0]["due_by_time"]["value"], "1777629600000");
        assert_eq!(list["requests"][1]["display_id"], "2");
        let again = files.write("r2.csv", "display_id,subject\n1,Printer on floor 3\n2,Screen\n9,None\n");
        let done = import(app, &matched("requests", &again, "display_id")).await.unwrap();
        assert_eq!(sums(&done)[1..3], [1, 1], "{done:?}");
        let problems = files.write("pr.ndjson", "{\"title\": \"Heat\", \"priority\": \"High\", \"technician\": {\"email_id\": \"grace@example.com\"}}\n\
            not json\n[1]\n{\"titel\": \"x\"}\n");
        let done = import(app, &of("problems", &problems)).await.unwrap();
        assert_eq!(sums(&done), [1, 0, 0, 3], "{done:?}");
        assert!(done.reasons[2].contains("titel: There is no such field"), "{done:?}");
    }

    cis_and_their_relationships_come_in(app) {
        let files = Files::new();
        let cis = files.write("cis.csv", "name,ci_attributes.txt_ip_address,txt_serial_number\n\
            web1,10.0.0.1,W1\ndb1,10.0.0.2,D1\n");
        let typed = |file| ImportOptions { ci_type: Some("ci_server".into()), ..of("cis", file) };
        let done = import(app, &typed(&cis)).await.unwrap();
        assert_eq!(sums(&done), [2, 0, 0, 0], "{done:?}");
        let by_path = matched("cmdb/ci_server", &cis, "name");
        assert_eq!(sums(&import(app, &by_path).await.unwrap()), [0, 0, 2, 0]);
        // Through a type above its own a CI is still read and written as what it is.
        let above = files.write("above.csv", "name,description\nweb1,The front\n");
        let above = ImportOptions { ci_type: Some("ci_computer".into()), ..matched("cis", &above, "name") };
        assert_eq!(sums(&import(app, &above).await.unwrap()), [0, 1, 0, 0]);
        let list = app.admin().list("/cmdb/ci_server", json!({"search_criteria": [
            {"field": "name", "condition": "is", "value": "web1"}]})).await.ok();
        let id = list["ci_server"][0]["id"].as_str().unwrap();
        let one = app.admin().get(&format!("/cmdb/ci_server/{id}")).await.ok();
        assert_eq!(one["ci_server"]["ci_attributes"]["txt_serial_number"], "W1", "{one}");

        let kinds = app.admin().get("/ci_relationship_types").await.ok();
        let kind = &kinds["ci_relationship_types"][0];
        let (name, inverse) = (kind["name"].as_str().unwrap(), kind["inverse_name"].as_str().unwrap());
        let file = files.write("rel.csv", format!("ci1,relationship_type,ci2,comments\n\
            web1,{name},db1,first\n\
            web1,{name},web1,self\n\
            web1,{inverse},db1,turned round\n\
            web1,{name},nobody,\n"));
        let done = import(app, &of("relationships", &file)).await.unwrap();
        assert_eq!(done.rows.refused, 4 - done.rows.created, "{done:?}");
        let out = export(app, &ExportOptions {
            module: "relationships".into(),
            fields: ["parent_ci.name", "relationship_type", "child_ci.name", "comments"].map(Into::into).to_vec(),
            ..ExportOptions::default()
        }).await.unwrap();
        assert!(out.contains(&format!("web1,{name},db1,first\n")), "{out}");
        if done.rows.created == 2 {
            assert!(out.contains(&format!("db1,{name},web1,turned round\n")), "{out}");
        }
        assert_eq!(total(app, "/cmdb/ci_server").await, 2);
    }
}
