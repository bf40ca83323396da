//! The tree of types, the page of a CI, and the map of what its failure means.

use serde_json::json;
use testkit::{App, Browser, on_both_engines};

/// A CI of a type; its id.
async fn ci(app: &App, kind: &str, name: &str) -> String {
    let made = app.admin().post(&format!("/cmdb/{kind}"), json!({"cmdb": {"name": name}})).await.ok();
    made.as_object().unwrap().values().find_map(|v| v["id"].as_str()).unwrap().to_owned()
}

/// A relationship that a form makes.
async fn relate(browser: &Browser<'_>, app: &App, ci: &str, kind: &str, end: &str, other: &str) {
    let kind = app.desk.snapshot().named("ci_relationship_type", kind).first().unwrap().id();
    let fields = [("kind", &*format!("{kind}.{end}")), ("ci", other)];
    browser.post(&format!("/cmdb/{ci}/relate"), &fields).await.leads_on();
}

on_both_engines! {
    types_are_a_tree_with_counts(app) {
        let admin = app.admins_browser().await;
        ci(app, "ci_linux_server", "srv-1.example.com").await;
        ci(app, "ci_server", "srv-2.example.com").await;
        let page = admin.get("/cmdb").await.shown();
        for (words, count) in [("Linux Server", 1), ("Server", 2), ("Hardware", 2), ("CMDB", 2)] {
            let row = format!("<span class=\"grow\">{words}</span><span class=\"quiet\">{count}</span>");
            assert!(page.says(&row), "{words}: {}", page.html());
        }
        assert!(page.says(">Linux Server</a>") || page.says("Linux Server"), "a type is called as people call it");
        assert!(!page.says(">ci_linux_server<"), "{}", page.html());
    }

    a_ci_is_related_from_both_ends(app) {
        let admin = app.admins_browser().await;
        let host = ci(app, "ci_server", "host.example.com").await;
        let guest = ci(app, "ci_virtual_machine", "guest.example.com").await;
        relate(&admin, app, &host, "Hosts", "parent", "Guest.example.com").await;
        let page = admin.get(&format!("/cmdb/{host}")).await.shown();
        assert!(page.says("<h3>Hosts <span class=\"count\">1</span></h3>") && page.says("guest.example.com"), "{}", page.html());
        let page = admin.get(&format!("/cmdb/{guest}")).await.shown();
        assert!(page.says("<h3>Hosted On <span class=\"count\">1</span></h3>") && page.says("host.example.com"), "{}", page.html());
        // The same again, a ring, nobody, and no kind: each is refused beside the form, with what was typed.
        let hosts = app.desk.snapshot().named("ci_relationship_type", "Hosts").first().unwrap().id();
        for (kind, other, words) in [
            (format!("{hosts}.parent"), "guest.example.com", "They are related in this way already."),
            (format!("{hosts}.child"), "guest.example.com", "ring"),
            (format!("{hosts}.parent"), "<nobody>", "There is no CI called “&#60;nobody&#62;”."),
            (format!("{hosts}.parent"), "", "Please name the other CI."),
            ("x".to_owned(), "guest.example.com", "Please choose how they belong together."),
        ] {
            let page = admin.post(&format!("/cmdb/{host}/relate"), &[("kind", &kind), ("ci", other), ("comments", "as said")]).await;
            assert!(page.status() == 422 && page.says("id=\"relate-problem\"") && page.says(words), "{words}: {}", page.html());
            assert!(page.says("value=\"as said\""));
        }
        let id = page.html().split("/unrelate\">").nth(1).unwrap().split("name=\"id\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        let other = ci(app, "ci_server", "other.example.com").await;
        assert_eq!(admin.post(&format!("/cmdb/{other}/unrelate"), &[("id", &id)]).await.status(), 404, "none of its own");
        admin.post(&format!("/cmdb/{guest}/unrelate"), &[("id", &id)]).await.leads_on();
        assert!(admin.get(&format!("/cmdb/{host}")).await.says("It is not related to any other CI yet."));
        assert!(admin.get(&format!("/cmdb/{host}?tab=history")).await.shown().says("host.example.com"));
    }

    cis_of_one_name_are_told_apart(app) {
        let admin = app.admins_browser().await;
        let host = ci(app, "ci_server", "host.example.com").await;
        ci(app, "ci_application", "Mail").await;
        ci(app, "ci_it_service", "Mail").await;
        let runs = app.desk.snapshot().named("ci_relationship_type", "Runs").first().unwrap().id();
        let kind = format!("{runs}.parent");
        let page = admin.post(&format!("/cmdb/{host}/relate"), &[("kind", &kind), ("ci", "Mail")]).await;
        assert!(page.status() == 422 && page.says("Mail [Application]") && page.says("Mail [IT Service]"), "{}", page.html());
        let completed = admin.get("/suggest/ci?q=mai").await.shown().html();
        assert!(completed.contains("Mail [Application]") && completed.contains("Mail [IT Service]"), "{completed}");
        admin.post(&format!("/cmdb/{host}/relate"), &[("kind", &kind), ("ci", "mail [it service]")]).await.leads_on();
        assert!(admin.get(&format!("/cmdb/{host}")).await.says("Mail</a> <span class=\"quiet\">IT Service"));
    }

    what_hangs_on_a_ci_is_drawn(app) {
        let admin = app.admins_browser().await;
        let host = ci(app, "ci_server", "host.example.com").await;
        let switch = ci(app, "ci_switch", "switch.example.com").await;
        let guest = ci(app, "ci_virtual_machine", "guest.example.com").await;
        let mail = ci(app, "ci_application", "Mail").await;
        let team = ci(app, "ci_it_service", "Team & friends").await;
        relate(&admin, app, &host, "Depends On", "parent", "switch.example.com").await;
        relate(&admin, app, &host, "Hosts", "parent", "guest.example.com").await;
        relate(&admin, app, &guest, "Runs", "parent", "Mail").await;
        relate(&admin, app, &team, "Depends On", "parent", "Mail").await;
        let about = json!({"request": {"subject": "No mail", "configuration_items": [{"id": mail}]}});
        app.admin().post("/requests", about).await.ok();
        let about = json!({"problem": {"title": "Mail is slow", "configuration_items": [{"id": mail}]}});
        app.admin().post("/problems", about).await.ok();
        let page = admin.get(&format!("/cmdb/{host}/impact")).await.shown();
        let node = |id: &str| page.html().contains(&format!("id=\"ci-{id}\""));
        assert!([&host, &switch, &guest, &mail].into_iter().all(|id| node(id)) && !node(&team), "{}", page.html());
        assert!(page.says("Mail, Application, 1 open request, 1 open problem") && page.says("Mail is slow"), "{}", page.html());
        // As trouble travels: what the switch gives is called from its end.
        assert!(page.says("<title>Used By</title>") && page.says("<title>Hosts</title>"), "{}", page.html());
        // One step further, by the link on the node, and back.
        let open = page.html().split("class=\"fold\" href=\"").nth(1).unwrap().split('"').next().unwrap().replace("&#38;", "&");
        assert!(open.contains(&format!("open={mail}")), "{open}");
        let page = admin.get(&format!("/cmdb/{host}/impact{}", open.split('#').next().unwrap())).await.shown();
        assert!(page.says(&format!("id=\"ci-{team}\"")) && page.says("Team &#38; friends") && page.says("Close what was opened"), "{}", page.html());
        let down = admin.get(&format!("/cmdb/{host}/impact?way=down&depth=1")).await.shown();
        assert!(!down.says("switch.example.com") && down.says("3 suffer") && !down.says(&format!("id=\"ci-{mail}\"")), "{}", down.html());
        let up = admin.get(&format!("/cmdb/{mail}/impact?way=up&depth=8")).await.shown();
        assert!(up.says(&format!("id=\"ci-{switch}\"")) && up.says("It depends on 3"), "{}", up.html());
        for nonsense in ["?depth=x&open=y,-1&way=z&layer=9999999&zoom=-3&page=0", "?page=99999999999999", "?open=1,2,3"] {
            admin.get(&format!("/cmdb/{host}/impact{nonsense}")).await.shown();
        }
        assert_eq!(admin.get("/cmdb/1/impact").await.status(), 404);
        assert_eq!(admin.get("/cmdb/ci_server/impact").await.status(), 404);
    }

    a_great_layer_is_cut_and_says_so(app) {
        let admin = app.admins_browser().await;
        let host = ci(app, "ci_server", "host.example.com").await;
        for n in 0..25 {
            let guest = ci(app, "ci_virtual_machine", &format!("guest-{n:02}.example.com")).await;
            let wanted = json!({"ci_relationships": [{"relationship_type": {"name": "Hosts"}, "child_ci": {"id": guest}}]});
            app.admin().post(&format!("/cmdb/{host}/ci_relationships"), wanted).await.ok();
            if n == 24 {
                let about = json!({"request": {"subject": "Down", "configuration_items": [{"id": guest}]}});
                app.admin().post("/requests", about).await.ok();
            }
        }
        let page = admin.get(&format!("/cmdb/{host}/impact?way=down")).await.shown();
        let drawn = page.html().matches("<g class=\"node ").count();
        assert!(drawn == 11 && page.says("15 more") && page.says("25 suffer"), "{drawn}: {}", page.html());
        assert!(page.says("<title>guest-24.example.com</title>"), "what is hit comes first: {}", page.html());
        let more = page.html().split("class=\"rest\" href=\"").nth(1).unwrap().split('"').next().unwrap().replace("&#38;", "&");
        let page = admin.get(&format!("/cmdb/{host}/impact{more}")).await.shown();
        assert_eq!(page.html().matches("<g class=\"node ").count(), 21, "{}", page.html());
    }

    a_ci_shows_what_it_stands_for(app) {
        let admin = app.admins_browser().await;
        let product = app.admin().post("/products", json!({"product": {"name": "Rack server", "product_type": {"name": "Server"}}})).await.ok();
        let asset = json!({"asset": {"name": "srv-9.example.com", "state": {"name": "In Store"}, "product": {"id": product["product"]["id"]}}});
        let asset = app.admin().post("/assets", asset).await.ok();
        let asset = asset["asset"]["id"].as_str().unwrap().to_owned();
        let page = admin.get("/cmdb").await.shown().html();
        let href = page.split("class=\"row-link\" href=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        let page = admin.get(&href).await.shown();
        assert!(page.says("Stands for: Asset") && page.says(&format!("href=\"/assets/{asset}\"")), "{}", page.html());
        // And the asset leads to it, and to what hangs on it.
        let about = format!("/assets/{asset}");
        let page = admin.get(&about).await.shown();
        assert!(page.says(&format!("href=\"{href}\"")) && page.says(&format!("href=\"{href}/impact\"")), "{}", page.html());
        assert!(!admin.get(&format!("{about}?tab=history")).await.shown().says("What hangs on it"));
        // A request about the asset is open on the CI as well.
        app.admin().post("/requests", json!({"request": {"subject": "It hums", "assets": [{"id": asset}]}})).await.ok();
        assert!(admin.get(&href).await.shown().says("It hums"));
        admin.upload(&format!("{href}/attach"), &[], &[("plan.txt", "a plan")]).await.leads_on();
        assert!(admin.get(&href).await.says("plan.txt"));
        assert_eq!(admin.post(&format!("{href}/nonsense"), &[]).await.status(), 404);
        // An asset without its CI leads to none.
        app.admin().delete(&href).await.ok();
        assert!(!admin.get(&about).await.shown().says("What hangs on it"));
    }
}
