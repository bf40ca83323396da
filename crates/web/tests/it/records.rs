//! The pages that every module has: list, form, record.

use serde_json::json;
use testkit::on_both_engines;

on_both_engines! {
    every_module_has_its_pages(app) {
        let admin = app.admins_browser().await;
        let snapshot = app.desk.snapshot();
        for module in snapshot.catalogue.modules().iter().filter(|m| m.top_level && m.name != "request" && m.name != "saved_view") {
            let path = match module.table.as_ref() {
                "person" => "/users".to_owned(),
                "asset" => "/assets".to_owned(),
                "ci" => format!("/{}", module.path()),
                _ if ["problems", "tasks", "products", "asset_loans"].contains(&module.plural.as_ref()) => format!("/{}", module.plural),
                "ci_relationship" => continue,
                _ => format!("/admin/{}", module.plural),
            };
            let list = admin.get(&path).await;
            assert_eq!(list.status(), 200, "{path}: {}", list.html());
            let html = list.html();
            if html.contains(&format!("href=\"{path}/new\"")) {
                assert_eq!(admin.get(&format!("{path}/new")).await.status(), 200, "{path}/new");
            }
            if let Some(row) = html.split("class=\"row-link\" href=\"").nth(1) {
                let href = row.split('"').next().unwrap();
                for page in [href.to_owned(), format!("{href}?tab=history")] {
                    let shown = admin.get(&page).await;
                    assert_eq!(shown.status(), 200, "{page}: {}", shown.html());
                }
                if module.writable {
                    assert_eq!(admin.get(&format!("{href}/edit")).await.status(), 200, "{href}/edit");
                }
            }
        }
    }

    a_site_is_kept(app) {
        let admin = app.admins_browser().await;
        let page = admin.post("/admin/sites/new", &[("name", ""), ("timezone", "Moon/Base"), ("city", "Kept")]).await;
        assert_eq!(page.status(), 422);
        for beside in ["id=\"f-name-problem\"", "id=\"f-timezone-problem\"", "Kept"] {
            assert!(page.says(beside), "{beside}: {}", page.html());
        }
        let to = admin.post("/admin/sites/new", &[("name", "Harbour"), ("timezone", "Europe/Berlin")]).await.leads_on();
        let page = admin.get(&to).await.shown();
        assert!(page.says("Harbour") && page.says("Europe/Berlin") && page.says("Added."), "{}", page.html());
        let page = admin.post("/admin/sites/new", &[("name", "harbour")]).await;
        assert!(page.status() == 422 && page.says("id=\"f-name-problem\""), "{}", page.html());
        admin.post(&format!("{to}/edit"), &[("was.name", "Harbour"), ("name", "Harbour East"), ("was.timezone", "Europe/Berlin"), ("timezone", "")]).await.leads_on();
        let page = admin.get(&to).await.shown();
        assert!(page.says("Harbour East") && !page.says("Europe/Berlin"), "{}", page.html());
        assert!(admin.get(&format!("{to}?tab=history")).await.shown().says("Harbour East"));
        admin.post(&format!("{to}/delete"), &[]).await.leads_on();
        assert_eq!(admin.get(&to).await.status(), 404);
        let portal = app.desk.snapshot().rows("portal").first().unwrap().id();
        assert_eq!(admin.post(&format!("/admin/portals/{portal}/delete"), &[]).await.status(), 409);
    }

    numbers_are_read_as_the_language_writes_them(app) {
        let admin = app.admins_browser().await;
        let me = desk::shipped::ADMINISTRATOR;
        let cost = async |typed: &str| admin.post(&format!("/users/{me}/edit"), &[("cost_per_hour", typed)]).await;
        let stored = async || app.admin().get(&format!("/users/{me}")).await.ok()["user"]["cost_per_hour"].as_str().map(str::to_owned);
        cost("1,250.50").await.leads_on();
        assert_eq!(stored().await.as_deref(), Some("1250.50"));
        let page = cost("1,5").await;
        assert!(page.status() == 422 && page.says("id=\"f-cost_per_hour-problem\""), "{}", page.html());
        assert_eq!(page.hidden("was.cost_per_hour"), "1250.50");
        admin.post("/me/preferences", &[("language", "de")]).await.leads_on();
        assert_eq!(admin.get(&format!("/users/{me}/edit")).await.shown().hidden("was.cost_per_hour"), "1250,50");
        cost("1.250").await.leads_on();
        assert_eq!(stored().await.as_deref(), Some("1250"));
        cost("1,5").await.leads_on();
        assert_eq!(stored().await.as_deref(), Some("1.5"));
        assert_eq!(cost("1.5").await.status(), 422);
    }

    a_refused_form_still_knows_what_it_first_showed(app) {
        let admin = app.admins_browser().await;
        let to = admin.post("/admin/sites/new", &[("name", "Harbour"), ("city", "Kiel"), ("street", "Quay 1")]).await.leads_on();
        let entered = [("was.name", "Harbour"), ("name", "Harbour East"), ("was.city", "Kiel"), ("city", "Hamburg"),
            ("was.street", "Quay 1"), ("street", ""), ("was.timezone", ""), ("timezone", "Moon/Base")];
        let mut page = admin.post(&format!("{to}/edit"), &entered).await;
        // However often it is refused.
        for _ in 0..2 {
            assert_eq!(page.status(), 422);
            let shown = ["name", "city", "street", "timezone"].map(|name| page.hidden(&format!("was.{name}")));
            assert_eq!(shown, ["Harbour", "Kiel", "Quay 1", ""]);
            assert!(page.says("value=\"Hamburg\""), "{}", page.html());
            page = admin.post(&format!("{to}/edit"), &entered).await;
        }
        let was = ["name", "city", "street", "timezone"].map(|name| page.hidden(&format!("was.{name}")));
        let mended = [("was.name", was[0].as_str()), ("name", "Harbour East"), ("was.city", &was[1]), ("city", "Hamburg"),
            ("was.street", &was[2]), ("street", ""), ("was.timezone", &was[3]), ("timezone", "Europe/Berlin")];
        admin.post(&format!("{to}/edit"), &mended).await.leads_on();
        let page = admin.get(&to).await.shown();
        for words in ["Harbour East", "Hamburg", "Europe/Berlin"] {
            assert!(page.says(words), "{words}: {}", page.html());
        }
        assert!(!page.says("Quay 1"), "{}", page.html());
        // A form that does not say what it first showed: it is what is stored.
        let page = admin.post(&format!("{to}/edit"), &[("city", "Bremen"), ("timezone", "Moon/Base")]).await;
        assert_eq!((page.hidden("was.city").as_str(), page.hidden("was.timezone").as_str()), ("Hamburg", "Europe/Berlin"));
    }

    the_second_of_two_who_edit_a_field_hears_of_the_first(app) {
        let admin = app.admins_browser().await;
        let to = admin.post("/admin/sites/new", &[("name", "Harbour"), ("city", "Kiel"), ("street", "Quay 1")]).await.leads_on();
        let form = admin.get(&format!("{to}/edit")).await.shown();
        let shown = ["name", "city", "street"].map(|name| form.hidden(&format!("was.{name}")));
        let changed = async |city: &str, was: &str| {
            let fields = [("was.name", shown[0].as_str()), ("name", "Harbour East"), ("was.city", was), ("city", city),
                ("was.street", &shown[2]), ("street", "Quay 1")];
            admin.post(&format!("{to}/edit"), &fields).await
        };
        let stored = async |field: &str| {
            app.admin().get(&to.replace("/admin", "")).await.ok()["site"][field].as_str().map(str::to_owned)
        };
        let other = async |site: serde_json::Value| app.admin().put(&to.replace("/admin", ""), json!({"site": site})).await.ok();
        // Somebody else was faster with a field that this form changes too, and with one that it leaves alone.
        other(json!({"city": "Lübeck", "street": "Quay 2"})).await;
        let page = changed("Hamburg", &shown[1]).await;
        assert!(page.status() == 422 && page.says("id=\"f-city-problem\"") && page.says("Changed meanwhile to “Lübeck”"), "{}", page.html());
        assert!(page.says("value=\"Hamburg\"") && !page.says("id=\"f-street-problem\"") && !page.says("id=\"f-name-problem\""), "{}", page.html());
        // Nothing of it was written.
        assert_eq!((stored("name").await.as_deref(), stored("city").await.as_deref()), (Some("Harbour"), Some("Lübeck")));
        assert_eq!((page.hidden("was.city").as_str(), page.hidden("was.street").as_str()), ("Lübeck", "Quay 1"));
        // Whoever means it saves again; the field that only the other one changed stays theirs.
        changed("Hamburg", "Lübeck").await.leads_on();
        assert_eq!((stored("city").await.as_deref(), stored("street").await.as_deref()), (Some("Hamburg"), Some("Quay 2")));
        assert_eq!(stored("name").await.as_deref(), Some("Harbour East"));
        // Two who want the same have no quarrel, however it is written.
        other(json!({"city": "Bremen"})).await;
        changed(" Bremen", "Hamburg").await.leads_on();
        // What was emptied is said as well, and everything else that is wrong comes along.
        other(json!({"city": ""})).await;
        let fields = [("was.city", "Bremen"), ("city", "Kiel"), ("was.timezone", ""), ("timezone", "Moon/Base")];
        let page = admin.post(&format!("{to}/edit"), &fields).await;
        assert!(page.status() == 422 && page.says("Emptied meanwhile") && page.says("id=\"f-timezone-problem\""), "{}", page.html());
        // Lines are the same however browsers end them.
        let to = admin.post("/problems/new", &[("title", "All printers smoke"), ("description", "Since\nMonday")]).await.leads_on();
        let fields = [("was.description", "Since\r\nMonday"), ("description", "Since\r\nTuesday")];
        admin.post(&format!("{to}/edit"), &fields).await.leads_on();
        assert_eq!(admin.post(&format!("{to}/edit"), &[fields[0], ("description", "Since Sunday")]).await.status(), 422);
    }

    additional_fields_are_on_forms_and_lists(app) {
        let field = json!({"udf_field": {"name": "Cost centre", "module": {"name": "request"}, "field_type": "Single Line"}});
        let made = app.admin().post("/udf_fields", field).await;
        assert!(made.status.is_success(), "{:?}", made.json());
        let path = app.desk.snapshot().module("request").unwrap().leaves().iter().find(|l| l.path.starts_with("udf_fields.")).unwrap().path.clone();
        let id = app.admin().new_request("With a field").await;
        let admin = app.admins_browser().await;
        assert!(admin.get(&format!("/requests/{id}")).await.shown().says(&format!("name=\"{path}\"")));
        admin.post(&format!("/requests/{id}/properties"), &[(&path, "4711")]).await.leads_on();
        let page = admin.get(&format!("/requests?cols=subject,{path}&f.{path}=47")).await.shown();
        assert!(page.says("4711") && page.says("Cost centre"), "{}", page.html());
    }

    a_ci_is_of_its_type(app) {
        let admin = app.admins_browser().await;
        let to = admin.post("/cmdb/ci_server/new", &[("name", "srv-1.example.com")]).await.leads_on();
        let page = admin.get(&to).await.shown();
        assert!(page.says("srv-1.example.com") && page.says("Server"), "{}", page.html());
        assert!(admin.get("/cmdb").await.shown().says("srv-1.example.com"));
        assert!(admin.get("/cmdb/ci_server").await.shown().says("srv-1.example.com"));
        assert_eq!(admin.get("/cmdb/ci_nothing").await.status(), 404);
        admin.post(&format!("{to}/edit"), &[("was.name", "srv-1.example.com"), ("name", "srv-2.example.com")]).await.leads_on();
        assert!(admin.get(&to).await.shown().says("srv-2.example.com"));
    }

    a_problem_has_notes_and_files(app) {
        let admin = app.admins_browser().await;
        let to = admin.post("/problems/new", &[("title", "All printers smoke"), ("description", "Since Monday")]).await.leads_on();
        admin.post(&format!("{to}/note"), &[("description", "It is the toner")]).await.leads_on();
        assert_eq!(admin.post(&format!("{to}/note"), &[("description", "")]).await.status(), 422);
        admin.upload(&format!("{to}/attach"), &[], &[("toner.txt", "black")]).await.leads_on();
        let page = admin.get(&to).await.shown();
        for words in ["All printers smoke", "<p>Since Monday</p>", "It is the toner", "toner.txt"] {
            assert!(page.says(words), "{words}: {}", page.html());
        }
        // What it is about is typed, and shown as links.
        app.admin().post("/products", json!({"product": {"name": "Inkwell", "product_type": {"name": "Printer"}}})).await.ok();
        let asset = app.admin().post("/assets", json!({"asset": {"name": "prn-1", "product": {"name": "Inkwell"}, "state": {"name": "In Store"}}})).await.ok();
        let asset = format!("/assets/{}", asset["asset"]["id"].as_str().unwrap());
        let ci = admin.post("/cmdb/ci_server/new", &[("name", "print-server")]).await.leads_on();
        let form = admin.get(&format!("{to}/edit")).await.shown();
        for input in ["data-suggest=\"asset\"", "data-suggest=\"ci\""] {
            assert!(form.says(input), "{input}: {}", form.html());
        }
        let fields = [("was.assets", ""), ("assets", "prn-1"), ("assets", ""), ("was.configuration_items", ""), ("configuration_items", "print-server")];
        admin.post(&format!("{to}/edit"), &fields).await.leads_on();
        let page = admin.get(&to).await.shown();
        assert!(page.says(&format!("href=\"{asset}\">prn-1<")) && page.says(&format!("href=\"{ci}\">print-server<")), "{}", page.html());
        let id = asset.rsplit('/').next().unwrap();
        assert!(admin.get(&format!("{to}/edit")).await.shown().says(&format!("name=\"assets\" value=\"{id}\" checked")));
        admin.post(&format!("{to}/edit"), &[("was.assets", ""), ("was.assets", id), ("assets", "")]).await.leads_on();
        assert!(!admin.get(&to).await.shown().says("prn-1"));
        let page = admin.post(&format!("{to}/edit"), &[("assets", "prn-9")]).await;
        assert!(page.status() == 422 && page.says("value=\"prn-9\"") && page.says("id=\"f-assets-problem\""), "{}", page.html());
        admin.post(&format!("{to}/pickup"), &[]).await.leads_on();
        assert!(admin.get("/palette?q=printers").await.shown().says("All printers smoke"));
        assert!(admin.get("/search?q=printers").await.shown().says("All printers smoke"));
    }

    an_asset_is_lent_and_comes_back(app) {
        let (rita, _) = app.requester("Rita Reed").await;
        app.admin().post("/products", json!({"product": {"name": "Latitude", "product_type": {"name": "Workstation"}}})).await.ok();
        let mut ids = Vec::new();
        for (name, is_loanable) in [("lap-1", true), ("lap-2", true), ("lap-3", false)] {
            let asset = json!({"asset": {"name": name, "product": {"name": "Latitude"}, "state": {"name": "In Store"}, "is_loanable": is_loanable}});
            ids.push(app.admin().post("/assets", asset).await.ok()["asset"]["id"].as_str().unwrap().to_owned());
        }
        let admin = app.admins_browser().await;
        assert_eq!(admin.get("/suggest/lendable?q=lap").await.shown().html(), "[\"lap-1\",\"lap-2\"]");
        assert!(!admin.get(&format!("/assets/{}", ids[2])).await.says("/asset_loans/new"));
        let at = format!("/assets/{}", ids[0]);
        let form = format!("/asset_loans/new?loaned_assets={}", ids[0]);
        assert!(admin.get(&at).await.shown().says(&format!("href=\"{form}\"")));
        let page = admin.get(&form).await.shown();
        assert!(page.says("name=\"loaned_assets\" type=\"text\" value=\"lap-1\""), "{}", page.html());
        let fields = |second: &'static str| [("loaned_assets", "lap-1"), ("loaned_assets", second), ("loaned_assets", ""),
            ("loaned_to_user", "Rita Reed <rita.reed@example.com>"), ("due_by_time", "2026-03-20T10:00")];
        for second in ["lap-3", "lap-9"] {
            let page = admin.post("/asset_loans/new", &fields(second)).await;
            assert!(page.status() == 422 && page.says("id=\"f-loaned_assets-problem\"") && page.says(second), "{}", page.html());
        }
        let loan = admin.post("/asset_loans/new", &fields("LAP-2")).await.leads_on();
        let stored = app.admin().get(&loan).await.ok()["asset_loan"].clone();
        assert_eq!((stored["loaned_to_user"]["id"].as_str(), stored["status"].as_str()), (Some(rita.to_string().as_str()), Some("On Loan")));
        assert_eq!(admin.get("/suggest/lendable?q=lap").await.shown().html(), "[]");
        // One comes back, then what is left.
        assert!(admin.get(&at).await.shown().says(&format!("action=\"{at}/take_back\"")));
        admin.post(&format!("{at}/take_back"), &[]).await.leads_on();
        assert!(!admin.get(&at).await.shown().says("/take_back"));
        assert!(admin.get(&loan).await.shown().says(&format!("action=\"{loan}/take_back\"")));
        admin.post(&format!("{loan}/take_back"), &[]).await.leads_on();
        assert_eq!(app.admin().get(&loan).await.ok()["asset_loan"]["status"], "Closed");
        // The list says when each is due and where it stands.
        let list = admin.get("/asset_loans").await.shown();
        assert!(list.says(">Closed<") && list.says("20 Mar") && !list.says("class=\"alert bad\""), "{}", list.html());
        assert!(!admin.get(&loan).await.shown().says("/take_back"));
        let page = admin.post("/asset_loans/new", &[("loaned_assets", ""), ("loaned_to_user", "Rita Reed <rita.reed@example.com>")]).await;
        assert!(page.status() == 422 && page.says("id=\"f-loaned_assets-problem\""), "{}", page.html());
    }

    departments_of_one_name_are_told_apart(app) {
        let admin = app.admins_browser().await;
        for site in ["North", "South"] {
            let to = admin.post("/admin/sites/new", &[("name", site)]).await.leads_on();
            let fields = [("name", "Sales"), ("site", to.rsplit('/').next().unwrap())];
            admin.post("/admin/departments/new", &fields).await.leads_on();
        }
        admin.post("/admin/departments/new", &[("name", "Legal")]).await.leads_on();
        let page = admin.get("/users/new").await.shown();
        for choice in [">Sales (North)<", ">Sales (South)<", ">Legal<"] {
            assert!(page.says(choice), "{choice}: {}", page.html());
        }
    }

    names_are_completed(app) {
        app.requester("Rita Reed").await;
        let admin = app.admins_browser().await;
        assert_eq!(admin.get("/suggest/user?q=rit").await.shown().html(), "[\"Rita Reed <rita.reed@example.com>\"]");
        assert_eq!(admin.get("/suggest/nonsense?q=x").await.status(), 404);
        let kind = app.desk.snapshot().named("product_type", "Workstation").first().unwrap().id().to_string();
        admin.post("/products/new", &[("name", "Slate 5"), ("product_type", &kind)]).await.leads_on();
        assert!(admin.get("/assets/new").await.shown().says("data-suggest=\"product\""));
        assert_eq!(admin.get("/suggest/product?q=sla").await.shown().html(), "[\"Slate 5\"]");
        assert!(admin.get("/palette").await.shown().says("/requests/new"));
    }

    people_are_found_with_their_accents_and_without(app) {
        app.requester("José Müller").await;
        app.requester("Jose Muller").await;
        let admin = app.admins_browser().await;
        for words in ["jos%C3%A9+m%C3%BCl", "Jose+Mul", "JOSE"] {
            for (path, both) in [("/suggest/user", ["José Müller", "Jose Muller"]), ("/palette", ["José Müller", "Jose Muller"])] {
                let page = admin.get(&format!("{path}?q={words}")).await.shown();
                assert!(both.iter().all(|name| page.says(name)), "{path}?q={words}: {}", page.html());
            }
        }
        // By the last name as well, in the list, and in a filter.
        let renamed = json!({"user": {"first_name": "Zoë", "last_name": "Ñandú"}});
        let (zoe, _) = app.requester("Zoe Nandu").await;
        app.admin().put(&format!("/users/{zoe}"), renamed).await.ok();
        assert!(admin.get("/suggest/user?q=nandu").await.shown().says("Zoë Ñandú"));
        assert!(admin.get("/palette?q=nandu").await.shown().says("Zoë Ñandú"));
        assert!(admin.get("/users?q=zoe").await.shown().says("Zoë Ñandú"));
        let request = json!({"request": {"subject": "By Zoë", "requester": {"id": zoe.to_string()}}});
        app.admin().post("/requests", request).await.ok();
        assert!(admin.get("/requests?f.requester=nandu").await.shown().says("By Zoë"));
        assert!(!admin.get("/requests?f.requester=muller").await.shown().says("By Zoë"));
    }

    things_are_found_by_what_is_written_on_them(app) {
        let admin = app.admins_browser().await;
        let task = admin.post("/tasks/new", &[("title", "Replace the toner"), ("description", "On floor seven")]).await.leads_on();
        let id = task.rsplit('/').next().unwrap();
        for words in ["toner", "repl+toner", "seven", id] {
            assert!(admin.get(&format!("/palette?q={words}")).await.shown().says(&format!("\"href\":\"{task}\"")), "{words}");
        }
        admin.post(&format!("{task}/edit"), &[("title", "Replace the drum")]).await.leads_on();
        assert!(admin.get("/search?q=drum").await.shown().says(&task) && !admin.get("/search?q=toner").await.shown().says(&task));
        assert_eq!(admin.get(&format!("/search?q={id}")).await.leads_on(), task);
        admin.post(&format!("{task}/delete"), &[]).await.leads_on();
        assert!(!admin.get("/search?q=drum").await.shown().says(&task));
        // What belongs to a request does not make the request a hit of its words.
        let request = app.admin().new_request("Paper jam").await;
        admin.post(&format!("/requests/{request}/task"), &[("title", "Order rollers")]).await.leads_on();
        let page = admin.get("/palette?q=rollers").await.shown();
        assert!(page.says("Order rollers") && !page.says("Paper jam"), "{}", page.html());
        let problem = admin.post("/problems/new", &[("title", "All printers smoke")]).await.leads_on();
        let names: Vec<String> = serde_json::from_str(&admin.get("/suggest/problem?q=all").await.shown().html()).unwrap();
        let number = names[0].split(' ').next().unwrap().to_owned();
        assert!(number.starts_with("PB-"), "{number}");
        for words in [number.clone(), number.to_lowercase()] {
            assert_eq!(admin.get(&format!("/search?q={words}")).await.leads_on(), problem);
            assert!(admin.get(&format!("/palette?q={words}")).await.shown().says(&format!("\"href\":\"{problem}\"")));
        }
        app.admin().post("/products", json!({"product": {"name": "Inkwell", "product_type": {"name": "Printer"}}})).await.ok();
        let asset = json!({"asset": {"name": "prn-1", "product": {"name": "Inkwell"}, "state": {"name": "In Store"}, "serial_number": "SN-4711-x"}});
        app.admin().post("/assets", asset).await.ok();
        let ci = admin.post("/cmdb/ci_server/new", &[("name", "srv-1"), ("ci_attributes.txt_ip_address", "10.7.0.12"), ("ci_attributes.txt_serial_number", "XYZ9")]).await.leads_on();
        for (words, name) in [("sn-4711-X", "prn-1"), ("10.7.0.12", "srv-1"), ("xyz9", "srv-1")] {
            assert!(admin.get(&format!("/palette?q={words}")).await.shown().says(name), "{words}");
        }
        assert!(admin.get("/search?q=10.7.0.12").await.shown().says(&ci));
        assert!(!admin.get("/palette?q=10.7.0.1").await.shown().says("srv-1"));
    }

    what_programs_count_is_read_by_people(app) {
        let admin = app.admins_browser().await;
        let task = admin.post("/tasks/new", &[("title", "Crimp cables"), ("estimated_effort_hours", "2"), ("estimated_effort_minutes", "5")]).await.leads_on();
        admin.post(&format!("{task}/edit"), &[("estimated_effort_hours", "3"), ("email_before", "")]).await.leads_on();
        assert!(admin.get(&task).await.shown().says("3 h 5 min"));
        let history = admin.get(&format!("{task}?tab=history")).await.shown();
        assert!(history.says("2 h 5 min") && history.says("3 h 5 min") && !history.says("11100000"), "{}", history.html());
        assert!(admin.get("/tasks?cols=title,estimated_effort").await.shown().says("3 h 5 min"));
        app.admin().post("/products", json!({"product": {"name": "Slate 5", "product_type": {"name": "Workstation"}}})).await.ok();
        let asset = json!({"asset": {"name": "ws-1", "product": {"name": "Slate 5"}, "state": {"name": "In Store"}}});
        let asset = app.admin().post("/assets", asset).await.ok()["asset"]["id"].as_str().unwrap().to_owned();
        let memory = json!({"asset_workstation": {"memory": {"physical_memory": "17179869184"}}});
        app.admin().put(&format!("/asset_workstations/{asset}"), memory).await.ok();
        assert!(admin.get(&format!("/assets/{asset}")).await.shown().says("16.0 GB"));
        let (rita, _) = app.requester("Rita Reed").await;
        let page = admin.get(&format!("/users/{rita}")).await.shown();
        assert!(page.says("Internal user") && !page.says("internal_user"), "{}", page.html());
        assert!(admin.get("/users?cols=name,user_scope").await.shown().says("Internal user"));
    }

    spans_and_filters_are_in_the_signs_of_the_language(app) {
        let admin = app.admins_browser().await;
        let me = desk::shipped::ADMINISTRATOR.to_string();
        app.admin().put(&format!("/users/{me}"), json!({"user": {"cost_per_hour": "1250.50"}})).await.ok();
        let id = app.admin().new_request("Spent").await;
        let spend = async |typed: &str| admin.post(&format!("/requests/{id}/worklog"), &[("owner", me.as_str()), ("time_spent", typed)]).await;
        let found = async |typed: &str| admin.get(&format!("/users?f.cost_per_hour={typed}")).await.shown().says(&format!("href=\"/users/{me}\""));
        spend("1.5 h").await.leads_on();
        assert_eq!(spend("1,5 h").await.status(), 422);
        assert!(found("1,250.50").await && found("1250.5").await && found("1,000..2,000").await && !found("1,251..").await);
        admin.post("/me/preferences", &[("language", "de")]).await.leads_on();
        spend("1,5 h").await.leads_on();
        assert_eq!(spend("1.5 h").await.status(), 422);
        assert!(found("1.250,50").await && found("1250,5").await && found("1.000..2.000").await && !found("1.251..").await);
        // What a program wrote, or somebody of another language, is understood where it has one meaning.
        assert!(found("1250.50").await);
        assert_eq!(app.admin().get(&format!("/requests/{id}/worklogs")).await.ok()["worklogs"].as_array().unwrap().len(), 2);
    }

    what_cannot_be_taken_back_is_asked_twice_without_script_too(app) {
        let admin = app.admins_browser().await;
        for (new, name) in [("/problems/new", "title"), ("/tasks/new", "title"), ("/admin/sites/new", "name"), ("/cmdb/ci_server/new", "name")] {
            let to = admin.post(new, &[(name, "Short lived")]).await.leads_on();
            let html = admin.get(&to).await.shown().html();
            let form = html.split("<details class=\"ask\">").nth(1).unwrap().split("</details>").next().unwrap();
            assert!(form.contains(&format!("action=\"{to}/delete\"")) && form.contains("Are you sure?"), "{form}");
            admin.post(&format!("{to}/delete"), &[]).await.leads_on();
        }
    }
}
