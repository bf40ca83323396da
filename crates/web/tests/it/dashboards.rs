//! Dashboards: what is counted, for whom, where it leads, and as a file.

use serde_json::json;
use testkit::{Browser, on_both_engines};

/// The rows of a chart's table: label and cells.
fn rows(csv: &str) -> Vec<Vec<String>> {
    csv.lines().skip(1).map(|line| line.split(',').map(str::to_owned).collect()).collect()
}

const DAY: i64 = 86_400_000;

on_both_engines! {
    open_requests_are_counted_and_lead_to_their_list(app) {
        let admin = app.admins_browser().await;
        for (subject, priority) in [("One", "High"), ("Two", "High"), ("Three", "Low")] {
            let input = json!({"request": {"subject": subject, "priority": {"name": priority}}});
            app.admin().post("/requests", input).await.ok();
        }
        let gone = app.admin().new_request("In the trash").await;
        app.admin().send("DELETE", &format!("/api/v3/requests/{gone}/move_to_trash"), &[], "").await;
        let shut = app.admin().new_request("Closed").await;
        app.admin().put(&format!("/requests/{shut}/close"), json!({"request": {"closure_info": {"requester_ack_resolution": true}}})).await;
        let page = admin.get("/dashboards/requests").await.shown();
        let csv = admin.get("/dashboards/requests/priority.csv").await.shown();
        assert_eq!(csv.header("content-type"), "text/csv; charset=utf-8");
        let counted = rows(&csv.html());
        assert!(counted.contains(&vec!["High".into(), "2".into()]) && counted.contains(&vec!["Low".into(), "1".into()]), "{counted:?}");
        // Every bar leads to a list with as many rows.
        let html = page.html();
        let mut followed = 0;
        for bar in html.split("<span class=\"bar-label\"><a href=\"").skip(1) {
            let href = bar.split('"').next().unwrap().replace("&#38;", "&");
            let count: usize = bar.split("bar-count\">").nth(1).unwrap().split([' ', '<']).next().unwrap().parse().unwrap();
            let list = admin.get(&href).await.shown();
            assert_eq!(list.html().matches("class=\"choose\"><input").count() , count + 1, "{href}: {}", list.html());
            assert!(!list.says("was not understood"), "{href}");
            followed += 1;
        }
        assert!(followed >= 10, "{html}");
        assert_eq!(admin.get("/dashboards").await.leads_on(), "/dashboards/requests");
        assert_eq!(admin.get("/dashboards/nothing").await.status(), 404);
        assert_eq!(admin.get("/dashboards/requests/nothing.csv").await.status(), 404);
        assert_eq!(admin.get("/dashboards/requests/priority").await.status(), 404);
    }

    what_came_and_went_is_told_by_days_weeks_and_months(app) {
        let admin = app.admins_browser().await;
        let first = app.admin().new_request("The first").await;
        app.clock.advance(2 * DAY);
        app.admin().new_request("The second").await;
        app.admin().new_request("The third").await;
        app.admin().put(&format!("/requests/{first}"), json!({"request": {"status": {"name": "Closed"}}})).await.ok();
        let browser = app.admins_browser().await;
        for period in ["period=7d", "period=90d", "period=12m"] {
            let counted = rows(&browser.get(&format!("/dashboards/requests/time.csv?{period}")).await.shown().html());
            let sum = |at: usize| counted.iter().map(|row| row[row.len() - 2 + at].parse::<u64>().unwrap()).sum::<u64>();
            assert_eq!((sum(0), sum(1)), (3, 1), "{period}: {counted:?}");
        }
        let days = rows(&browser.get("/dashboards/requests/time.csv?period=7d").await.shown().html());
        let created: Vec<&str> = days.iter().map(|row| row[1].as_str()).collect();
        assert_eq!(created, ["0", "0", "0", "0", "1", "0", "2"]);
        let ages = rows(&browser.get("/dashboards/requests/age.csv").await.shown().html());
        assert_eq!(ages.iter().map(|row| row[1].as_str()).collect::<Vec<_>>(), ["2", "0", "0", "0", "0", "0"]);
        for nonsense in ["from=x&to=y", "from=0000-01-01", "from=9999-12-31&to=-9999-01-01", "period=1%27&site=x&group=9", "site=1&group=1"] {
            browser.get(&format!("/dashboards/requests?{nonsense}")).await.shown();
        }
        drop(admin);
    }

    a_dashboard_counts_what_one_may_see(app) {
        let role = app.admin().post("/roles", json!({"role": {"name": "Local", "access": "technician", "limited_to_sites": true}})).await.ok();
        let site = app.admin().post("/sites", json!({"site": {"name": "Here"}})).await.ok();
        let (tom, _) = app.person("Tom", json!({"is_technician": true, "role": {"id": role["role"]["id"]},
            "associated_sites": [{"id": site["site"]["id"]}]})).await;
        app.admin().new_request("Elsewhere").await;
        let here = json!({"request": {"subject": "Here", "site": {"id": site["site"]["id"]}}});
        app.admin().post("/requests", here).await.ok();
        app.admin().post("/problems", json!({"problem": {"title": "Elsewhere"}})).await.ok();
        let tom = Browser::of(app, tom).await;
        let open = |csv: String| rows(&csv).iter().map(|row| row[1].parse::<u64>().unwrap()).sum::<u64>();
        for (board, chart, all, own) in [("requests", "status", 2, 1), ("requests", "age", 2, 1), ("problems", "status", 1, 0)] {
            let path = format!("/dashboards/{board}/{chart}.csv");
            assert_eq!(open(app.admins_browser().await.get(&path).await.shown().html()), all, "{path}");
            assert_eq!(open(tom.get(&path).await.shown().html()), own, "{path}");
        }
        let id = site["site"]["id"].as_str().unwrap();
        let narrowed = app.admins_browser().await.get(&format!("/dashboards/requests/status.csv?site={id}")).await.shown();
        assert_eq!(open(narrowed.html()), 1);
    }

    promises_and_what_is_late(app) {
        let admin = app.admins_browser().await;
        let due = |subject: &str, days: i64| json!({"request": {"subject": subject, "due_by_time": {"value": (app.desk.now() + days * DAY).to_string()}}});
        let mut ids = Vec::new();
        for (subject, days) in [("Kept", 3), ("Broken", 1), ("Late and open", 1)] {
            let made = app.admin().post("/requests", due(subject, days)).await.ok();
            ids.push(made["request"]["id"].as_str().unwrap().to_owned());
        }
        app.clock.advance(2 * DAY);
        for id in &ids[..2] {
            app.admin().put(&format!("/requests/{id}"), json!({"request": {"status": {"name": "Closed"}}})).await.ok();
        }
        drop(admin);
        let page = app.admins_browser().await.get("/dashboards/requests").await.shown();
        assert!(page.says("50 %") && page.says("1 / 1"), "{}", page.html());
        let overdue = page.html().split("in=Overdue").nth(1).unwrap().split("tile-count late\">").nth(1).unwrap().split('<').next().unwrap().to_owned();
        assert_eq!(overdue, "1");
    }

    assets_are_counted_with_what_they_cost(app) {
        let admin = app.admins_browser().await;
        let product = app.admin().post("/products", json!({"product": {"name": "Laptop", "product_type": {"name": "Workstation"}}})).await.ok();
        for (n, cost) in ["1000.10", "0.90", "99.00"].iter().enumerate() {
            let asset = json!({"asset": {"name": format!("=pc-{n}"), "state": {"name": "In Store"}, "product": {"id": product["product"]["id"]}, "purchase_cost": cost}});
            app.admin().post("/assets", asset).await.ok();
        }
        let counted = rows(&admin.get("/dashboards/assets/product_type.csv").await.shown().html());
        assert_eq!(counted, [["Workstation", "3", "1100.00"]]);
        let page = admin.get("/dashboards/assets").await.shown();
        assert!(page.says("1\u{202f}100") && page.says("Purchase cost by type"), "{}", page.html());
        assert!(admin.get("/dashboards/assets/warranty.csv").await.shown().says("None,3"));
    }

    a_file_of_figures_runs_nothing(app) {
        let admin = app.admins_browser().await;
        let group = app.admin().post("/support_groups", json!({"support_group": {"name": "=1+1"}})).await;
        assert!(group.status.is_success(), "{:?}", group.json());
        let input = json!({"request": {"subject": "x", "group": {"name": "=1+1"}}});
        app.admin().post("/requests", input).await.ok();
        assert!(admin.get("/dashboards/requests/group.csv").await.shown().says("'=1+1,1"));
    }
}
