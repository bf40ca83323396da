//! What becomes of rows.

use crate::{Files, import, matched, of, products, sums, total};
use serde_json::json;
use testkit::on_both_engines;
use transfer::{ImportOptions, Mapping};

on_both_engines! {
    rows_are_created_updated_left_alone_and_refused(app) {
        products(app).await;
        let files = Files::new();
        let first = files.write("assets.csv", "Name,product,state,barcode,Serial No,acquisition_date,Remarks\n\
            PC-1,ThinkPad,In Store,B1,S1,2026-01-31,x\n\
            PC-2,ThinkPad,In Store,B2,S2,,x\n\
            SW-1,Catalyst,In Store,B3,S3,,x\n");
        let map = "match = \"barcode\"\n[columns]\n\"Serial No\" = \"serial_number\"\nRemarks = \"\"\n\
            [defaults]\nlocation = \"Cellar\"\n";
        let mapping = Mapping::parse("map.toml", map).unwrap();
        let options = |file| ImportOptions { mapping: mapping.clone(), report: Some(files.path("report.csv")), ..of("assets", file) };
        assert_eq!(sums(&import(app, &options(&first)).await.unwrap()), [3, 0, 0, 0]);
        assert_eq!(sums(&import(app, &options(&first)).await.unwrap()), [0, 0, 3, 0], "the same file once more");

        let second = files.write("more.csv", "name,product,state,barcode,Serial No,acquisition_date,Remarks\n\
            PC-1,ThinkPad,In Store,B1,S1,2026-01-31,\n\
            PC-2,ThinkPad,In Repair,b2,S2,,\n\
            PC-1,ThinkPad,In Store,B4,S1,,\n\
            PC-5,ThinkPad,In Store,,S5,,\n\
            PC-6,ThinkPad,In Store,B6,S6,,\n");
        let done = import(app, &options(&second)).await.unwrap();
        assert_eq!(sums(&done), [1, 1, 1, 2], "{done:?}");
        let report = files.read("report.csv");
        assert_eq!(report, "row,line,field,reason\n\
            3,4,name,Another record has this value (PC-1)\n\
            4,5,barcode,\"Empty, and rows are matched by it\"\n\
            ,,created,1\n,,updated,1\n,,unchanged,1\n,,refused,2\n");

        // Written as the API would have written them: history, search, the CI that stands for the asset, rules.
        let criteria = |field: &str, value: &str| json!({"search_criteria": [{"field": field, "condition": "is", "value": value}]});
        let list = app.admin().list("/assets", criteria("barcode", "B2")).await.ok();
        let id = list["assets"][0]["id"].as_str().unwrap().to_owned();
        assert_eq!(list["assets"][0]["state"]["name"], "In Repair");
        let one = app.admin().get(&format!("/assets/{id}")).await.ok();
        assert_eq!(one["asset"]["location"], "Cellar");
        assert_eq!(one["asset"]["product_type"]["name"], "Workstation");
        let history = app.admin().get(&format!("/assets/{id}/_history")).await.ok();
        let operations: Vec<&str> =
            history["history"].as_array().unwrap().iter().map(|h| h["operation"].as_str().unwrap()).collect();
        assert_eq!(operations.len(), 2, "{history}");
        let found = app.admin().list("/assets", json!({"search_text": "S6"})).await.ok();
        assert_eq!(found["assets"][0]["name"], "PC-6");
        let cis = app.admin().list("/cmdb/ci_workstation", criteria("name", "PC-6")).await.ok();
        assert_eq!(cis["list_info"]["row_count"], 1, "{cis}");
    }

    a_broken_row_is_refused_and_the_others_are_taken(app) {
        products(app).await;
        app.admin().post("/assets", json!({"asset": {"name": "Old", "product": {"name": "ThinkPad"},
            "state": {"name": "In Store"}, "barcode": "TAKEN"}})).await.ok();
        let files = Files::new();
        let mut text = b"name,product,state,barcode,warranty_expiry\n".to_vec();
        text.extend(b"A1,ThinkPad,In Store,X1,2027-01-01\n");
        text.extend(b"A2,ThinkPad,In Store\n");
        text.extend(b"A\xff3,ThinkPad,In Store,X3,\n");
        text.extend(b"A4,Nothing,In Store,X4,\n");
        text.extend(b"A5,ThinkPad,In Store,TAKEN,\n");
        text.extend(b",ThinkPad,In Store,X6,\n");
        text.extend(b"A7,ThinkPad,In Store,X7,soon\n");
        text.extend(b"A8,ThinkPad,In Store,X1,\n");
        text.extend(b"\"A9, \"\"the\nninth\"\"\",ThinkPad,In Store,X9,\n");
        let file = files.write("assets.csv", &text);
        let options = ImportOptions { report: Some(files.path("report.csv")), ..of("assets", &file) };
        let done = import(app, &options).await.unwrap();
        assert_eq!(sums(&done), [2, 0, 0, 7], "{done:?}");
        let report = files.read("report.csv");
        for line in [
            "2,3,,3 columns in place of 5",
            "3,4,name,Not UTF-8",
            "4,5,product,\"There is no such value, or it is not in use (Nothing)\"",
            "5,6,barcode,Another record has this value (TAKEN)",
            "6,7,name,Mandatory and missing",
            "7,8,warranty_expiry,",
            "8,9,barcode,Another record has this value (X1)",
        ] {
            assert!(report.contains(line), "{line} is not in {report}");
        }
        let list = app.admin().list("/assets", json!({"search_criteria": [
            {"field": "name", "condition": "starts with", "value": "A9"}]})).await.ok();
        assert_eq!(list["assets"][0]["name"], "A9, \"the\nninth\"");
        assert_eq!(total(app, "/assets").await, 3);
    }

    exactly_the_row_in_the_way_is_refused_in_commits_of_many(app) {
        products(app).await;
        let files = Files::new();
        let mut text = "name,product,state,barcode\n".to_owned();
        for n in 0..1200 {
            // Twins in one commit, and in two.
            let code = match n { 77 => 12, 900 => 400, 1199 => 13, other => other };
            text.push_str(&format!("M{n},ThinkPad,In Store,C{code}\n"));
        }
        let done = import(app, &of("assets", &files.write("many.csv", text))).await.unwrap();
        assert_eq!(sums(&done), [1197, 0, 0, 3]);
        assert_eq!(done.reasons, [
            "row 78 (line 79): barcode: Another record has this value (C12)",
            "row 901 (line 902): barcode: Another record has this value (C400)",
            "row 1200 (line 1201): barcode: Another record has this value (C13)",
        ]);
        assert_eq!(total(app, "/assets").await, 1197);
        assert_eq!(total(app, "/cmdb/ci_workstation").await, 1197);
    }

    a_row_may_rest_on_a_row_before_it(app) {
        products(app).await;
        let files = Files::new();
        let file = files.write("parts.csv", "name,product,state,used_by_asset\n\
            Rack,Catalyst,In Store,\n\
            Blade,Catalyst,In Use,Rack\n\
            Card,Catalyst,In Use,Blade\n\
            Lost,Catalyst,In Use,Later\n\
            Later,Catalyst,In Store,\n");
        let dry = ImportOptions { dry_run: true, ..of("assets", &file) };
        let would = import(app, &dry).await.unwrap();
        assert_eq!(sums(&would), [4, 0, 0, 1], "{would:?}");
        let done = import(app, &of("assets", &file)).await.unwrap();
        assert_eq!(sums(&done), [4, 0, 0, 1], "{done:?}");
        let twice = files.write("twice.csv", "name,location\nRack,here\nRack,there\n");
        assert_eq!(sums(&import(app, &matched("assets", &twice, "name")).await.unwrap()), [0, 2, 0, 0]);
        let list = app.admin().list("/assets", json!({"search_criteria": [
            {"field": "name", "condition": "is", "value": "Rack"}]})).await.ok();
        assert_eq!(list["assets"][0]["location"], "there");
    }

    a_dry_run_says_the_same_and_writes_nothing(app) {
        products(app).await;
        let files = Files::new();
        app.admin().post("/assets", json!({"asset": {"name": "Old", "product": {"name": "ThinkPad"},
            "state": {"name": "In Store"}, "barcode": "B0"}})).await.ok();
        let before = (total(app, "/assets").await, total(app, "/cmdb/ci_workstation").await);
        let file = files.write("assets.csv", "name,product,state,barcode\n\
            Old,ThinkPad,In Store,B0\n\
            New,ThinkPad,In Store,B1\n\
            New,ThinkPad,In Store,B2\n\
            Changed,ThinkPad,In Store,B1\n\
            Old,ThinkPad,In Store,B3\n");
        let dry = ImportOptions { dry_run: true, ..matched("assets", &file, "barcode") };
        assert_eq!(sums(&import(app, &dry).await.unwrap()), [1, 1, 1, 2]);
        assert_eq!((total(app, "/assets").await, total(app, "/cmdb/ci_workstation").await), before);
        let done = import(app, &matched("assets", &file, "barcode")).await.unwrap();
        assert_eq!(sums(&done), [1, 1, 1, 2], "{done:?}");
    }

    what_a_file_cannot_mean_is_refused_before_anything_is_written(app) {
        let files = Files::new();
        let file = files.write("assets.csv", "name,colour of the box\nA,red\n");
        let refused = async |options: ImportOptions| import(app, &options).await.unwrap_err().to_string();
        assert_eq!(refused(of("assets", &file)).await,
            "unknown column colour of the box: assets have no such field; a mapping can name one or pass it over");
        let mapped = |text: &str| ImportOptions { mapping: Mapping::parse("m", text).unwrap(), ..of("assets", &file) };
        assert_eq!(refused(mapped("[columns]\n\"colour of the box\" = \"colour\"\n")).await,
            "the mapping names a field colour, which assets do not have");
        assert_eq!(refused(mapped("[columns]\n\"colour of the box\" = \"total_cost\"\n")).await,
            "the mapping names the field total_cost, which the desk gives");
        assert_eq!(refused(mapped("[columns]\nweight = \"barcode\"\n\"colour of the box\" = \"\"\n")).await,
            "the mapping names a column weight, which the file does not have");
        assert_eq!(refused(mapped("match = \"barcode\"\n[columns]\n\"colour of the box\" = \"\"\n")).await,
            "no column is barcode, by which rows are to be matched");
        assert_eq!(refused(matched("assets", &file, "product")).await, "assets cannot be matched by product");
        let twice = files.write("twice.csv", "name,NAME\nA,B\n");
        assert_eq!(refused(of("assets", &twice)).await, "two columns give the same field: NAME");
        assert_eq!(refused(of("gadgets", &file)).await, "there is no module gadgets");
        assert_eq!(refused(of("cis", &file)).await, "CIs are imported by type; --type names it");
        assert!(refused(of("assets", &files.path("none.csv"))).await.starts_with("cannot read "));
        assert_eq!(total(app, "/assets").await, 0);
    }

    empty_cells_say_nothing_unless_they_are_to_empty(app) {
        products(app).await;
        let files = Files::new();
        let full = files.write("a.csv", "name,product,state,location,barcode\nA,ThinkPad,In Store,Attic,B\n");
        import(app, &of("assets", &full)).await.unwrap();
        let empty = files.write("b.csv", "name,location,barcode\nA,,B\n");
        assert_eq!(sums(&import(app, &matched("assets", &empty, "barcode")).await.unwrap()), [0, 0, 1, 0]);
        let clearing = ImportOptions { clear_empty: true, ..matched("assets", &empty, "barcode") };
        assert_eq!(sums(&import(app, &clearing).await.unwrap()), [0, 1, 0, 0]);
        let list = app.admin().list("/assets", json!({})).await.ok();
        assert_eq!(list["assets"][0]["location"], json!(null));
    }
}
