//! Administration: clients, keys, the audit trail, the system page, fields, types, the matrix.

use serde_json::json;
use testkit::{Browser, Client, Page, on_both_engines};

/// What a page shows once.
fn shown_once(page: &Page) -> Vec<String> {
    let html = page.html();
    html.split("<code class=\"large\">")
        .skip(1)
        .map(|rest| rest.split('<').next().unwrap().to_owned())
        .collect()
}

fn href(page: &Page, begin: &str) -> String {
    let html = page.html();
    let rest = html.split(&format!("action=\"{begin}")).nth(1).unwrap_or_else(|| panic!("{begin} in {html}"));
    format!("{begin}{}", rest.split('"').next().unwrap())
}

on_both_engines! {
    the_index_says_what_each_is_for(app) {
        let page = app.admins_browser().await.get("/admin").await.shown();
        for words in ["Programs that act for people", "href=\"/admin/audit\"", "href=\"/admin/system\"", "href=\"/admin/requester_fields\"",
            "The priority that follows from impact and urgency"] {
            assert!(page.says(words), "{words}: {}", page.html());
        }
        let (tom, _) = app.technician("Tom").await;
        let tom = Browser::of(app, tom).await;
        for path in ["audit", "system", "rights", "oauth_clients", "oauth_clients/new", "technician_keys", "happyfox_keys", "requester_fields",
            "priority_matrices", "udf_fields/new"] {
            assert_eq!(tom.get(&format!("/admin/{path}")).await.status(), 403, "{path}");
        }
    }

    a_client_is_registered_used_and_revoked(app) {
        let admin = app.admins_browser().await;
        let bad = admin.post("/admin/oauth_clients/new", &[("name", ""), ("kind", "server"), ("redirect_uris", "javascript:alert(1)")]).await;
        assert!(bad.status() == 422 && bad.says("id=\"name-problem\"") && bad.says("id=\"redirect_uris-problem\""), "{}", bad.html());
        let none = admin.post("/admin/oauth_clients/new", &[("name", "X"), ("kind", "server")]).await;
        assert!(none.status() == 422 && none.says("id=\"redirect_uris-problem\""));
        let page = admin.post("/admin/oauth_clients/new", &[("name", "HR <b>sync</b>"), ("kind", "server"),
            ("redirect_uris", "https://a.example.com/cb\r\nhttps://b.example.com/cb")]).await.shown();
        let secret = shown_once(&page)[0].clone();
        let base = href(&page, "/admin/oauth_clients/").trim_end_matches("/rotate").to_owned();
        let client_id = base.rsplit('/').next().unwrap().to_owned();
        assert!(!page.says("<b>sync") && page.says("https://b.example.com/cb"));
        let again = admin.get(&base).await.shown();
        assert!(!again.says(&secret), "shown once");
        assert!(admin.get("/admin/oauth_clients").await.shown().says(&client_id));
        let client = app.identity.client(&client_id).await.unwrap().unwrap();
        assert!(client.accepts_redirect("https://a.example.com/cb"));
        admin.post(&format!("{base}/change"), &[("name", "HR"), ("redirect_uris", "https://c.example.com/cb")]).await.leads_on();
        let client = app.identity.client(&client_id).await.unwrap().unwrap();
        assert!(client.name == "HR" && !client.accepts_redirect("https://a.example.com/cb") && client.accepts_redirect("https://c.example.com/cb"));
        let empty = admin.post(&format!("{base}/change"), &[("name", "HR"), ("redirect_uris", "")]).await;
        assert!(empty.status() == 422 && empty.says("id=\"redirect_uris-problem\""), "{}", empty.html());
        // A new secret; the former one is worth nothing.
        let now = app.desk.now();
        let refresh = app.identity.issue_refresh_token(&client_id, desk::shipped::ADMINISTRATOR, desk::Scopes::all(), now).await.unwrap();
        let page = admin.post(&format!("{base}/rotate"), &[]).await.shown();
        let rotated = shown_once(&page)[0].clone();
        assert!(app.identity.refresh(&client_id, &secret, &refresh, now).await.is_err());
        let tokens = app.identity.refresh(&client_id, &rotated, &refresh, now).await.unwrap();
        let api = Client::with_token(app, &tokens.access_token);
        assert!(api.get("/sites").await.status.is_success());
        // A rest: tokens are worth nothing meanwhile.
        admin.post(&format!("{base}/disable"), &[]).await.leads_on();
        assert_eq!(api.get("/sites").await.status, 401);
        assert!(app.identity.refresh(&client_id, &rotated, &refresh, now).await.is_err());
        assert!(app.identity.client(&client_id).await.unwrap().is_none());
        admin.post(&format!("{base}/enable"), &[]).await.leads_on();
        app.identity.refresh(&client_id, &rotated, &refresh, now).await.unwrap();
        // What it was given is taken back.
        let page = admin.get(&base).await.shown();
        let grant = page.hidden("id");
        admin.post(&format!("{base}/revoke_grant"), &[("id", &grant)]).await.leads_on();
        assert!(app.identity.refresh(&client_id, &rotated, &refresh, now).await.is_err());
        assert_eq!(admin.post(&format!("{base}/revoke_grant"), &[("id", &grant)]).await.status(), 404);
        admin.post(&format!("{base}/revoke"), &[]).await.leads_on();
        assert!(admin.get(&base).await.shown().says("Revoked"));
        assert_eq!(admin.post(&format!("{base}/rotate"), &[]).await.status(), 404);
        assert_eq!(admin.get("/admin/oauth_clients/1000.NOBODY").await.status(), 404);
    }

    a_self_client_gets_its_code(app) {
        let admin = app.admins_browser().await;
        let page = admin.post("/admin/oauth_clients/new", &[("name", "Reports"), ("kind", "self"), ("redirect_uris", "https://left.example.com")]).await.shown();
        let secret = shown_once(&page)[0].clone();
        let base = href(&page, "/admin/oauth_clients/").trim_end_matches("/rotate").to_owned();
        let client_id = base.rsplit('/').next().unwrap().to_owned();
        let nothing = admin.post(&format!("{base}/code"), &[("user", "ada.admin@example.com"), ("minutes", "10")]).await;
        assert!(nothing.status() == 422 && nothing.says("id=\"scope-problem\""), "{}", nothing.html());
        let nobody = admin.post(&format!("{base}/code"), &[("user", "nobody@example.com"), ("minutes", "10"), ("scope", "SDPOnDemand.requests.READ")]).await;
        assert!(nobody.status() == 422 && nobody.says("id=\"user-problem\""), "{}", nobody.html());
        let page = admin.post(&format!("{base}/code"), &[("user", "Ada <ada.admin@example.com>"), ("minutes", "5"), ("description", "Nightly report"),
            ("scope", "SDPOnDemand.requests.READ"), ("scope", "SDPOnDemand.setup.READ")]).await.shown();
        let code = shown_once(&page)[0].clone();
        assert!(page.says("setup.READ"), "{}", page.html());
        assert!(!admin.get(&base).await.shown().says(&code));
        let exchange = desk::identity::Exchange { client_id: &client_id, client_secret: &secret, code: &code, redirect_uri: None, code_verifier: None };
        let tokens = app.identity.exchange(&exchange, app.desk.now()).await.unwrap();
        assert_eq!(tokens.scopes, desk::Scopes::parse("SDPOnDemand.requests.READ SDPOnDemand.setup.READ").unwrap());
        assert!(admin.get("/admin/audit").await.shown().says("Reports: Nightly report"));
        // One that nobody exchanged is taken back.
        let page = admin.post(&format!("{base}/code"), &[("user", "ada.admin@example.com"), ("minutes", "5"), ("scope", "SDPOnDemand.requests.READ")]).await.shown();
        let code = shown_once(&page)[0].clone();
        let html = page.html();
        let id = html.split("/revoke_code\">").nth(1).unwrap().split("name=\"id\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        admin.post(&format!("{base}/revoke_code"), &[("id", &id)]).await.leads_on();
        let exchange = desk::identity::Exchange { code: &code, ..exchange };
        assert!(app.identity.exchange(&exchange, app.desk.now()).await.is_err());
        // One that acts by itself, within its scopes.
        let page = admin.post("/admin/oauth_clients/new", &[("name", "Robot"), ("kind", "self"), ("service", "ada.admin@example.com"), ("scope", "SDPOnDemand.setup.READ")]).await.shown();
        let secret = shown_once(&page)[0].clone();
        let client_id = href(&page, "/admin/oauth_clients/").split('/').nth(3).unwrap().to_owned();
        let tokens = app.identity.client_credentials(&client_id, &secret, None, app.desk.now()).await.unwrap();
        assert_eq!(tokens.scopes, desk::Scopes::parse("SDPOnDemand.setup.READ").unwrap());
    }

    keys_are_issued_and_taken_back(app) {
        let admin = app.admins_browser().await;
        let (_, _) = app.technician("Tom").await;
        app.requester("Rita").await;
        let rita = admin.post("/admin/technician_keys", &[("name", "X"), ("user", "rita@example.com")]).await;
        assert!(rita.status() == 422 && rita.says("id=\"user-problem\""), "{}", rita.html());
        let page = admin.post("/admin/technician_keys", &[("name", "Monitoring"), ("user", "Tom <tom@example.com>")]).await.shown();
        let key = shown_once(&page)[0].clone();
        let api = Client::with_key(app, &key);
        assert!(api.get("/sites").await.status.is_success());
        let page = admin.get("/admin/technician_keys").await.shown();
        assert!(page.says("Monitoring") && !page.says(&key));
        let revoke = href(&page, "/admin/technician_keys/");
        admin.post(&revoke, &[]).await.leads_on();
        assert_eq!(api.get("/sites").await.status, 401);
        assert_eq!(admin.post(&revoke, &[]).await.status(), 404);

        let page = admin.post("/admin/happyfox_keys", &[("name", "HR sync"), ("user", "ada.admin@example.com")]).await.shown();
        let pair = shown_once(&page);
        let calls = async || Client::with_basic(app, &pair[0], &pair[1]).send("GET", "/api/v2/public/requesters/", &[], "").await.status;
        assert_eq!(calls().await, 200);
        let base = format!("/admin/happyfox_keys/{}", pair[0]);
        admin.post(&format!("{base}/disable"), &[]).await.leads_on();
        assert_eq!(calls().await, 401);
        admin.post(&format!("{base}/enable"), &[]).await.leads_on();
        assert_eq!(calls().await, 200);
        admin.post(&format!("{base}/revoke"), &[]).await.leads_on();
        assert_eq!(calls().await, 401);
        assert_eq!(admin.post(&format!("{base}/enable"), &[]).await.status(), 404);
        assert!(!admin.get("/admin/happyfox_keys").await.shown().says(&pair[1]));
        let audit = admin.get("/admin/audit?module=user").await.shown();
        for words in ["Technician key issued: Monitoring", "Technician key revoked: Monitoring", "HappyFox key issued: HR sync", "HappyFox key disabled: HR sync"] {
            assert!(audit.says(words), "{words}: {}", audit.html());
        }
        assert!(!audit.says(&key) && !audit.says(&pair[1]));
    }

    the_audit_trail_tells_of_sign_ins(app) {
        let admin = app.admins_browser().await;
        let (tom, _) = app.technician("Tom").await;
        let from = "192.0.2.7".parse().ok();
        app.identity.begin_session(tom, None, from, app.desk.now()).await.unwrap();
        for (email, password) in [("tom@example.com", "not his"), ("nobody@example.com", "not theirs")] {
            assert!(app.identity.verify_password(email, password, from, app.desk.now()).await.is_err());
        }
        // Nobody waits for it.
        let mut page = admin.get("/admin/audit?module=user").await.shown();
        for _ in 0..100 {
            if page.says("Sign-in failed") {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            page = admin.get("/admin/audit?module=user").await.shown();
        }
        assert!(page.says("Signed in: 192.0.2.7") && page.says("Sign-in failed: 192.0.2.7"), "{}", page.html());
        assert_eq!(page.html().matches("Sign-in failed").count(), 1);
        let german = app.admins_browser().await;
        german.post("/me/preferences", &[("language", "de")]).await.leads_on();
        assert!(german.get("/admin/audit").await.says("Anmeldung fehlgeschlagen: 192.0.2.7"));
    }

    the_audit_trail_tells_who_did_what(app) {
        let admin = app.admins_browser().await;
        let (tom, client) = app.technician("Tom").await;
        let id = app.admin().new_request("A printer smokes").await;
        client.put(&format!("/requests/{id}"), json!({"request": {"subject": "The printer smokes"}})).await.ok();
        admin.post("/admin/sites/new", &[("name", "Harbour")]).await.leads_on();
        let page = admin.get("/admin/audit").await.shown();
        for words in ["The printer smokes", &format!("/requests/{id}"), "Harbour", "Tom"] {
            assert!(page.says(words), "{words}: {}", page.html());
        }
        let page = admin.get("/admin/audit?by=tom%40example.com").await.shown();
        assert!(page.says("The printer smokes") && !page.says("Harbour"), "{}", page.html());
        let page = admin.get("/admin/audit?by=Tom&module=site").await.shown();
        assert!(!page.says("The printer smokes") && !page.says("Harbour"));
        let page = admin.get("/admin/audit?module=site").await.shown();
        assert!(page.says("Harbour") && !page.says("The printer smokes"));
        let page = admin.get("/admin/audit?by=nobody%40example.com").await.shown();
        assert!(page.says("id=\"by-problem\"") && !page.says("Harbour"));
        assert!(!admin.get("/admin/audit?from=2026-03-05").await.shown().says("Harbour"), "after all that");
        assert!(!admin.get("/admin/audit?to=2026-03-03").await.shown().says("Harbour"), "before all that");
        assert!(admin.get("/admin/audit?from=2026-03-04&to=2026-03-04").await.shown().says("Harbour"));
        assert!(admin.get("/admin/audit?from=nonsense&after=nonsense").await.shown().says("Harbour"));
        // Page by page, each entry once.
        for n in 0..60 {
            app.clock.advance(1_000);
            admin.post("/admin/sites/new", &[("name", &format!("Site {n:02}."))]).await.leads_on();
        }
        let first = admin.get("/admin/audit?module=site").await.shown();
        let html = first.html();
        let next = html.split("href=\"/admin/audit?").find(|rest| rest.contains("after=")).unwrap().split('"').next().unwrap();
        let second = admin.get(&format!("/admin/audit?{}", next.replace("&amp;", "&").replace("&#38;", "&"))).await.shown();
        for n in 0..60 {
            let name = format!("Site {n:02}.");
            assert!(first.says(&name) != second.says(&name), "{name}");
        }
        assert!(tom.get() > 0 && second.says("Harbour"));
    }

    the_system_page_tells_what_runs(app) {
        let page = app.admins_browser().await.get("/admin/system").await.shown();
        let html = page.html();
        assert!(html.contains("SQLite") || html.contains("PostgreSQL"), "{html}");
        assert!(html.contains("MiB") || html.contains("KiB"), "{html}");
        let schema = app.desk.storage().await.unwrap().schema;
        assert!(schema >= 20 && html.contains(&format!("<dt>Schema</dt><dd>{schema}</dd>")), "{html}");
        assert!(html.contains("There is no backup"), "{html}");
        let page = app.admins_browser().await.get("/admin/rights").await.shown();
        assert!(page.says("SDSiteTechnician") && page.says("own sites only"), "{}", page.html());
    }

    the_matrix_is_a_grid(app) {
        let admin = app.admins_browser().await;
        let snapshot = app.desk.snapshot();
        let rule = snapshot.rows("priority_matrix").first().unwrap().clone();
        let (impact, urgency) = (rule.reference("impact").unwrap(), rule.reference("urgency").unwrap());
        let was = rule.reference("priority").unwrap().to_string();
        let name = format!("{impact}.{urgency}");
        assert!(admin.get("/admin/priority_matrices").await.shown().says(&format!("name=\"{name}\"")));
        let other = snapshot.rows("priority").iter().find(|row| row.id().to_string() != was).unwrap().id().to_string();
        let own = format!("was.{name}");
        let set = async |before: &str, after: &str| {
            admin.post("/admin/priority_matrices", &[(own.as_str(), before), (name.as_str(), after)]).await
        };
        let now = || {
            let snapshot = app.desk.snapshot();
            let found = snapshot.rows("priority_matrix").iter().find(|r| r.reference("impact") == Some(impact) && r.reference("urgency") == Some(urgency)).cloned();
            found.map(|r| r.reference("priority").unwrap().to_string())
        };
        set(&was, &other).await.leads_on();
        assert_eq!(now().as_deref(), Some(other.as_str()));
        set(&other, "").await.leads_on();
        assert_eq!(now(), None);
        set("", &was).await.leads_on();
        assert_eq!(now().as_deref(), Some(was.as_str()));
        // What the page showed and nobody changed stays as somebody else left it.
        set(&other, &other).await.leads_on();
        assert_eq!(now().as_deref(), Some(was.as_str()));
        assert_eq!(set(&was, "12345678901").await.status(), 422);
    }

    requester_fields_have_their_numbers(app) {
        let admin = app.admins_browser().await;
        let bad = admin.post("/admin/requester_fields", &[("name", "Team"), ("kind", "dropdown"), ("options", "")]).await;
        assert!(bad.status() == 422 && bad.says("id=\"options-problem\""), "{}", bad.html());
        admin.post("/admin/requester_fields", &[("name", "Team"), ("kind", "dropdown"), ("options", "4=Sales\r\nIT")]).await.leads_on();
        admin.post("/admin/requester_fields", &[("name", "Room"), ("kind", "text"), ("mandatory", "true")]).await.leads_on();
        let told = app.happyfox().send("GET", "/api/v2/public/requester_fields/", &[], "").await.json();
        let names = |told: &serde_json::Value| told.as_array().unwrap().iter().map(|f| f["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>();
        assert_eq!(names(&told), ["Team", "Room"], "{told}");
        let id = told[0]["id"].as_i64().unwrap();
        let page = admin.get("/admin/requester_fields").await.shown();
        assert!(page.says("4=Sales"), "{}", page.html());
        admin.post(&format!("/admin/requester_fields/{id}/change"), &[("name", "Unit"), ("mandatory", "false"), ("options", "4=Trade\nIT\nHR")]).await.leads_on();
        admin.post(&format!("/admin/requester_fields/{id}/down"), &[]).await.leads_on();
        let told = app.happyfox().send("GET", "/api/v2/public/requester_fields/", &[], "").await.json();
        assert_eq!(names(&told), ["Room", "Unit"], "{told}");
        assert!(told.to_string().contains("Trade") && told.to_string().contains("HR") && !told.to_string().contains("Sales"), "{told}");
        let wrong = admin.post(&format!("/admin/requester_fields/{id}/change"), &[("name", ""), ("options", "4=Trade")]).await;
        assert_eq!(wrong.status(), 422);
        admin.post(&format!("/admin/requester_fields/{id}/remove"), &[]).await.leads_on();
        assert!(!admin.get("/admin/requester_fields").await.shown().says("Unit"));
        assert_eq!(admin.post("/admin/requester_fields/99999/change", &[("name", "X")]).await.status(), 404);
    }

    a_type_has_the_attributes_of_those_above_it(app) {
        let admin = app.admins_browser().await;
        let server = app.desk.snapshot().rows("ci_type").iter().find(|r| r.title() == "ci_server").unwrap().id();
        let to = admin.post("/admin/ci_types/new", &[("display_name", "Build Server"), ("parent", &server.to_string())]).await.leads_on();
        let own = to.trim_start_matches("/admin/ci_types/").to_owned();
        let bad = admin.post(&format!("/admin/ci_types/{server}/attributes"), &[("name", "Rack"), ("field_type", "Pick List"), ("options", "")]).await;
        assert!(bad.status() == 422 && bad.says("id=\"new-options-problem\""), "{}", bad.html());
        admin.post(&format!("/admin/ci_types/{server}/attributes"), &[("name", "Rack"), ("field_type", "Pick List"), ("options", "R1\r\nR2")]).await.leads_on();
        let page = admin.get(&format!("/admin/ci_types/{server}")).await.shown();
        let change = href(&page, &format!("/admin/ci_types/{server}/attributes/"));
        assert!(page.says("Rack") && page.says("R1, R2") && page.says("Build Server"), "{}", page.html());
        // The type below has it, and does not change it.
        let below = admin.get(&to).await.shown();
        assert!(below.says("Rack") && below.says(&format!("/admin/ci_types/{server}")) && !below.says("/change\""), "{}", below.html());
        let attribute = change.split('/').nth(5).unwrap().to_owned();
        assert_eq!(admin.post(&format!("/admin/ci_types/{own}/attributes/{attribute}/remove"), &[]).await.status(), 404);
        let twice = admin.post(&format!("/admin/ci_types/{own}/attributes"), &[("name", "Rack"), ("field_type", "Single Line")]).await;
        assert!(twice.status() == 422 && twice.says("id=\"new-name-problem\""), "{}", twice.html());
        admin.post(&change, &[("name", "Rack place"), ("options", "R1\nR2\nR3"), ("mandatory", "false")]).await.leads_on();
        assert!(admin.get(&to).await.shown().says("R1, R2, R3"));
        // CIs have it on their form, and what is in use is not removed.
        let form = admin.get("/cmdb/ci_build_server/new").await.shown();
        assert!(form.says("Rack place") && form.says("R3"), "{}", form.html());
        let path = app.desk.snapshot().module("ci_build_server").unwrap().leaves().iter().find(|l| l.field.label == "Rack place").unwrap().path.clone();
        admin.post("/cmdb/ci_build_server/new", &[("name", "build-1"), (path.as_str(), "R3")]).await.leads_on();
        let remove = change.replace("/change", "/remove");
        assert_eq!(admin.post(&remove, &[]).await.status(), 409);
        admin.post(&format!("/admin/ci_types/{own}/attributes"), &[("name", "Jobs"), ("field_type", "Numeric Field"), ("min_value", "1")]).await.leads_on();
        let page = admin.get(&to).await.shown();
        assert!(page.says("Jobs") && page.says("name=\"min_value\" type=\"text\" value=\"1\""), "{}", page.html());
        admin.post(&href(&page, &format!("{to}/attributes/")).replace("/change", "/remove"), &[]).await.leads_on();
        assert!(!admin.get(&to).await.shown().says("Jobs"));
        assert!(admin.get(&format!("/admin/ci_types/{server}?tab=history")).await.shown().says("class=\"changes\""));
    }

    additional_fields_have_options(app) {
        let admin = app.admins_browser().await;
        let form = admin.get("/admin/udf_fields/new").await.shown();
        assert!(form.says("name=\"options\"") && form.says("Pick List"), "{}", form.html());
        let bad = admin.post("/admin/udf_fields/new", &[("name", ""), ("field_type", "Pick List"), ("module", "request")]).await;
        assert!(bad.status() == 422 && bad.says("id=\"f-name-problem\""), "{}", bad.html());
        let fields = [("name", "Floor"), ("field_type", "Pick List"), ("module", "request"), ("options", "1\n2\n3"), ("default", "2"), ("mandatory", "false"), ("unique", "false")];
        let to = admin.post("/admin/udf_fields/new", &fields).await.leads_on();
        let request = admin.get("/requests/new").await.shown();
        assert!(request.says("Floor"), "{}", request.html());
        let edit = admin.get(&format!("{to}/edit")).await.shown();
        assert!(edit.says(">1\n2\n3</textarea>") && edit.says("name=\"default\" type=\"text\" value=\"2\""), "{}", edit.html());
        admin.post(&format!("{to}/edit"), &[("name", "Floor"), ("options", "1\n2\n3\n4"), ("default", "4"), ("mandatory", "true")]).await.leads_on();
        assert!(admin.get(&format!("{to}/edit")).await.shown().says("value=\"4\""));
        let wrong = admin.post(&format!("{to}/edit"), &[("name", "Floor"), ("options", "1\n2"), ("default", "9")]).await;
        assert!(wrong.status() == 422 && wrong.says("id=\"f-default-problem\""), "{}", wrong.html());
        let number = [("name", "Seats"), ("field_type", "Numeric Field"), ("module", "asset"), ("min_value", "5"), ("max_value", "1")];
        let wrong = admin.post("/admin/udf_fields/new", &number).await;
        assert!(wrong.status() == 422 && wrong.says("id=\"f-regex-problem\""), "{}", wrong.html());
    }
}
