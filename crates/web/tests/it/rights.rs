//! Who reaches what: a requester no page of the desk and nobody else's request, a technician no administration, nobody
//! anything.

use serde_json::json;
use testkit::{Browser, on_both_engines};

/// Every route of the pages, with something in place of what it asks for; those of the daily work for each module.
fn routes() -> Vec<String> {
    let source = include_str!("../../src/lib.rs");
    let quoted = source.split(".route(").skip(1).filter_map(|rest| rest.split('"').nth(1));
    let work = ["problems", "tasks", "assets", "products", "users", "asset_loans"];
    let mut routes = Vec::new();
    for route in quoted {
        for plural in work.iter().filter(|plural| route.contains("{plural}") || **plural == "problems") {
            let path = route.replace("{{", "{").replace("}}", "}").replace("{plural}", plural);
            let path =
                path.replace("{act}", "edit").replace("{module}", "notes").replace("{word}", "ci_server");
            let path = path.split('/').map(|s| if s.starts_with('{') { "100001000000000001" } else { s });
            routes.push(path.collect::<Vec<_>>().join("/"));
        }
    }
    routes.sort_unstable();
    routes.dedup();
    routes
}

on_both_engines! {
    every_route_asks_who_comes(app) {
        let (rita, _) = app.requester("Rita").await;
        let (nobody, rita) = (Browser::new(app), Browser::of(app, rita).await);
        let routes = routes();
        assert!(routes.len() > 60 && routes.contains(&"/users/100001000000000001/edit".to_owned()), "{routes:?}");
        for path in &routes {
            let is_door = ["/static/", "/sign_in", "/sign_out", "/oauth/", "/set_up", "/not_found"].iter().any(|door| path.starts_with(door));
            let is_everybodys = path == "/" || path.starts_with("/me") || path.starts_with("/portal");
            if is_door {
                continue;
            }
            for method in ["GET", "POST"] {
                let page = nobody.send(method, path, &[], "").await;
                let is_sent_away = page.status() == 303 && page.header("location").starts_with("/sign_in");
                assert!(is_sent_away || page.status() == 405, "{method} {path}: {}", page.status());
                // Without a token no form is taken; with one the page is for those who work here.
                let page = if method == "GET" { rita.get(path).await } else { rita.post(path, &[]).await };
                let is_refused = [403, 405].contains(&page.status());
                assert!(is_everybodys || is_refused, "{method} {path}: {}", page.status());
            }
        }
    }

    a_requester_reaches_the_portal_alone(app) {
        let (rita, _) = app.requester("Rita").await;
        let foreign = app.admin().new_request("Not for Rita").await;
        let own = app.admin().post("/requests", json!({"request": {"subject": "Hers", "requester": {"id": rita.to_string()}}})).await.ok();
        let own = own["request"]["id"].as_str().unwrap().to_owned();
        let note = app.admin().post(&format!("/requests/{own}/notes"), json!({"note": {"description": "secret words"}})).await.ok();
        assert!(note["note"].is_object() || note["request_note"].is_object(), "{note}");
        let browser = Browser::of(app, rita).await;
        let pages = [
            "/requests", "/requests/new", "/users", "/assets", "/problems", "/tasks", "/products", "/cmdb", "/admin", "/admin/sites",
            "/admin/sites/new", "/search?q=a", "/palette", "/suggest/user?q=a", "/problems/new",
        ];
        for path in pages.iter().map(|p| (*p).to_owned()).chain([format!("/requests/{own}"), format!("/requests/{own}?tab=history")]) {
            assert_eq!(browser.get(&path).await.status(), 403, "{path}");
        }
        for path in ["/requests/new", "/requests/bulk", "/views", "/admin/sites/new", "/users/new"] {
            assert_eq!(browser.post(path, &[("name", "x"), ("subject", "x")]).await.status(), 403, "{path}");
        }
        for act in ["properties", "reply", "note", "close", "trash", "decide", "link", "attach"] {
            let page = browser.post(&format!("/requests/{own}/{act}"), &[("subject", "x")]).await;
            assert_eq!(page.status(), 403, "{act}");
        }
        assert!(browser.get("/").await.shown().says("How can we help?"));
        let page = browser.get(&format!("/portal/requests/{own}")).await.shown();
        assert!(page.says("Hers") && !page.says("secret words"), "{}", page.html());
        assert_eq!(browser.get(&format!("/portal/requests/{foreign}")).await.status(), 404);
        assert!(!browser.get("/portal/requests").await.shown().says("Not for Rita"));
        for act in ["reply", "confirm", "reopen", "cancel"] {
            let page = browser.post(&format!("/portal/requests/{foreign}/{act}"), &[("description", "x")]).await;
            assert_eq!(page.status(), 404, "{act}");
        }
    }

    a_technician_does_not_keep_the_desk(app) {
        let (tom, _) = app.technician("Tom").await;
        let browser = Browser::of(app, tom).await;
        assert_eq!(browser.get("/admin").await.status(), 403);
        let sites = browser.get("/admin/sites").await.shown();
        assert!(!sites.says("/admin/sites/new"), "{}", sites.html());
        assert_eq!(browser.get("/admin/sites/new").await.status(), 403);
        assert_eq!(browser.post("/admin/sites/new", &[("name", "Atlantis")]).await.status(), 403);
        let ada = desk::shipped::ADMINISTRATOR;
        assert_eq!(browser.post(&format!("/users/{ada}/password"), &[]).await.status(), 403);
        assert!(!browser.get("/").await.shown().says("href=\"/admin\""));
    }

    a_technician_of_one_site_sees_no_other(app) {
        let roles = app.admin().post("/roles", json!({"role": {"name": "Local", "access": "technician", "limited_to_sites": true}})).await.ok();
        let site = app.admin().post("/sites", json!({"site": {"name": "Here"}})).await.ok();
        let (tom, _) = app.person("Tom", json!({"is_technician": true, "role": {"id": roles["role"]["id"]},
            "associated_sites": [{"id": site["site"]["id"]}]})).await;
        let elsewhere = app.admin().new_request("Elsewhere").await;
        let browser = Browser::of(app, tom).await;
        assert!(!browser.get("/requests?in=All_Requests").await.shown().says("Elsewhere"));
        assert_eq!(browser.get(&format!("/requests/{elsewhere}")).await.status(), 404);
        assert_eq!(browser.post(&format!("/requests/{elsewhere}/properties"), &[("subject", "x")]).await.status(), 404);
        let page = browser.post("/requests/bulk", &[("id", &elsewhere), ("do", "trash")]).await;
        assert_eq!(page.status(), 422);
        assert!(!page.says("Elsewhere"), "{}", page.html());
    }

    a_view_is_its_owners(app) {
        let (tom, _) = app.technician("Tom").await;
        let (tina, _) = app.technician("Tina").await;
        let (tom, tina) = (Browser::of(app, tom).await, Browser::of(app, tina).await);
        let fields = [("name", "Toms own"), ("module", "requests"), ("base", "/requests"), ("query", "in=Overdue&evil=1")];
        let own = tom.post("/views", &fields).await.leads_on();
        assert!(own.starts_with("/requests?in=Overdue&view="), "{own}");
        let shared = tom.post("/views", &[("name", "For all"), ("module", "requests"), ("query", "in=Onhold"), ("is_shared", "true")]).await.leads_on();
        let id = shared.rsplit('=').next().unwrap().to_owned();
        let page = tina.get("/requests").await.shown();
        assert!(page.says("For all") && !page.says("Toms own"), "{}", page.html());
        assert_eq!(tina.post(&format!("/views/{id}"), &[("do", "delete")]).await.status(), 403);
        assert_eq!(tina.post(&format!("/views/{id}"), &[("query", "in=Trash")]).await.status(), 403);
        tom.post(&format!("/views/{id}"), &[("query", "in=Trash"), ("name", "For everybody"), ("is_shared", "true")]).await.leads_on();
        assert!(tina.get("/requests").await.says("For everybody"));
        tom.post(&format!("/views/{id}"), &[("do", "delete")]).await.leads_on();
        assert!(!tina.get("/requests").await.says("For everybody"));
        assert_eq!(tom.post("/views", &[("name", "x"), ("module", "nowhere"), ("query", "")]).await.status(), 422);
    }
}
