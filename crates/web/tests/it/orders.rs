//! Lists in the order of additional fields and of amounts: every row once, in the right order, page by page.

use serde_json::json;
use testkit::{App, on_both_engines};

/// The first cells of all rows of a list, page by page.
async fn rows(app: &App, path: &str) -> Vec<String> {
    let browser = app.admins_browser().await;
    let (mut rows, mut next) = (Vec::new(), Some(path.to_owned()));
    while let Some(path) = next {
        let page = browser.get(&path).await.shown();
        let html = page.html();
        assert!(!page.says("class=\"alert bad\""), "{path}: {html}");
        let titles = html.split("class=\"row-link\" href=\"").skip(1);
        rows.extend(titles.map(|rest| rest.split_once('>').unwrap().1.split('<').next().unwrap().to_owned()));
        next = html
            .split("rel=\"next\" href=\"")
            .nth(1)
            .map(|rest| rest.split('"').next().unwrap().replace("&#38;", "&"));
    }
    rows
}

on_both_engines! {
    additional_fields_sort_lists(app) {
        for (name, kind) in [("Cost centre", "Single Line"), ("Effort", "Numeric Field"), ("Price", "Decimal")] {
            let field = json!({"udf_field": {"name": name, "module": {"name": "request"}, "field_type": kind}});
            let made = app.admin().post("/udf_fields", field).await;
            assert!(made.status.is_success(), "{name}: {:?}", made.json());
        }
        let snapshot = app.desk.snapshot();
        let module = snapshot.module("request").unwrap().clone();
        let paths: Vec<String> = module.leaves().iter().filter(|l| l.path.starts_with("udf_fields.")).map(|l| l.path.clone()).collect();
        assert_eq!(paths.len(), 3);
        let key = |at: usize| paths[at].strip_prefix("udf_fields.").unwrap();
        for n in 0..70_i64 {
            let mut fields = serde_json::Map::new();
            // Some have no value, and several have the same.
            if n % 5 != 0 {
                for at in 0..3 {
                    let value = match key(at) {
                        k if k.starts_with("num") || k.starts_with("long") => json!((n * 7) % 13),
                        k if k.starts_with("dbl") => json!(((n * 11) % 17) as f64 / 4.0),
                        _ => json!(format!("{}x", ["b", "A", "c"][usize::try_from(n % 3).unwrap()])),
                    };
                    fields.insert(key(at).to_owned(), value);
                }
            }
            let input = json!({"request": {"subject": format!("R{n:02}"), "udf_fields": fields}});
            app.admin().post("/requests", input).await.ok();
        }
        for path in &paths {
            let base = format!("/requests?in=All_Requests&cols=subject,{path}&sort=");
            let up = rows(app, &format!("{base}{path}")).await;
            let mut all = up.clone();
            all.sort();
            all.dedup();
            assert_eq!((up.len(), all.len()), (70, 70), "{path}");
            // No value is the least value.
            let empty = |row: &String| row[1..].parse::<i64>().unwrap() % 5 == 0;
            assert!(up.iter().take(14).all(empty) && !up.iter().skip(14).any(empty), "{path}: {up:?}");
            let mut down = rows(app, &format!("{base}-{path}")).await;
            down.reverse();
            assert_eq!(down, up, "{path}");
        }
    }

    amounts_sort_lists(app) {
        let product = app.admin().post("/products", json!({"product": {"name": "Laptop", "product_type": {"name": "Workstation"}}})).await.ok();
        for n in 0..60_i64 {
            let mut asset = json!({"name": format!("pc-{n:02}"), "state": {"name": "In Store"}, "product": {"id": product["product"]["id"]}});
            if n > 0 {
                asset["purchase_cost"] = json!(format!("{}.{:02}", (n * 37) % 101, n % 100));
            }
            app.admin().post("/assets", json!({"asset": asset})).await.ok();
        }
        let up = rows(app, "/assets?cols=name,purchase_cost&sort=purchase_cost").await;
        let cost = |row: &String| {
            let n: i64 = row[3..].parse().unwrap();
            if n == 0 { -1 } else { (n * 37) % 101 * 100 + n % 100 }
        };
        let mut expected = up.clone();
        expected.sort_by_key(cost);
        assert_eq!((up.len(), &up), (60, &expected));
        let mut down = rows(app, "/assets?cols=name,purchase_cost&sort=-purchase_cost").await;
        down.reverse();
        assert_eq!(down, up);
    }
}
