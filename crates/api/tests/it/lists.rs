//! `list_info` in all its forms (conventions.md section 3, wire-facts.md section 8).

use serde_json::{Value as Json, json};
use testkit::on_both_engines;

fn subjects(json: &Json) -> Vec<&str> {
    json["requests"].as_array().unwrap().iter().map(|r| r["subject"].as_str().unwrap()).collect()
}

/// The fields that `_metainfo` names, those behind references with their names and ids, and whether it says that lists can be sorted
/// by them.
fn named(before: &str, fields: &Json, found: &mut Vec<(String, bool)>) {
    for (name, field) in fields.as_object().unwrap() {
        let path = format!("{before}{name}");
        if field["fields"].is_object() {
            named(&format!("{path}."), &field["fields"], found);
            continue;
        }
        let is_sortable = field["sortable"] == true;
        if field["type"] == "lookup" {
            found.extend(["name", "id"].map(|own| (format!("{path}.{own}"), false)));
        }
        found.push((path, is_sortable));
    }
}

async fn five(app: &testkit::App) {
    for (i, (subject, priority, status)) in [
        ("Alpha printer", "High", "Open"),
        ("beta PRINTER", "Low", "Open"),
        ("Gamma 100% phone", "High", "On Hold"),
        ("delta_phone", "Normal", "Closed"),
        ("Ärger", "Medium", "Open"),
    ]
    .into_iter()
    .enumerate()
    {
        let input = json!({"request": {"subject": subject, "priority": {"name": priority}, "status": {"name": status},
            "technician": if i < 2 { json!({"email_id": "ada.admin@example.com"}) } else { Json::Null }}});
        app.admin().post("/requests", input).await.ok();
        app.clock.advance(1_000);
    }
}

on_both_engines! {
    short_lists_are_paged_like_any_other(app) {
        let admin = app.admin();
        let id = admin.new_request("With files").await;
        for name in ["b.txt", "a.txt", "c.txt"] {
            let body = format!(
                "--b\r\nContent-Disposition: form-data; name=\"input_file\"; filename=\"{name}\"\r\n\
                 Content-Type: text/plain\r\n\r\nx\r\n--b--\r\n"
            );
            let headers = [("Content-Type", "multipart/form-data; boundary=b")];
            admin.send("PUT", &format!("/api/v3/requests/{id}/upload"), &headers, body).await.ok();
        }
        let template = admin.get("/request_templates").await.ok()["request_templates"][0]["id"].as_str().unwrap().to_owned();
        for (path, key, all) in [
            (format!("/requests/{id}/attachments"), "attachments", 3),
            ("/cmdb/linked_entity".to_owned(), "linked_entity", 5),
            ("/list_view_filters/show_all".to_owned(), "list_view_filters", 14),
            (format!("/request_templates/{template}/layouts"), "layouts", 2),
        ] {
            let ask = async |info: Json| admin.list(&path, info).await.ok();
            let names = |reply: &Json| -> Vec<String> {
                reply[key].as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap().to_owned()).collect()
            };
            let whole = names(&ask(json!({"row_count": 100})).await);
            assert_eq!(whole.len(), all, "{path}");
            let second = ask(json!({"row_count": 1, "start_index": 2, "get_total_count": true})).await;
            assert_eq!(names(&second), whole[1..2], "{path}");
            let info = &second["list_info"];
            assert_eq!((&info["row_count"], &info["start_index"], &info["total_count"]), (&json!(1), &json!(2), &json!(all)));
            assert_eq!(info["has_more_rows"], all > 2, "{path}");
            let page = ask(json!({"row_count": 1, "page": 2})).await;
            assert_eq!((names(&page), &page["list_info"]["page"]), (whole[1..2].to_vec(), &json!(2)));
            assert!(page["list_info"]["total_count"].is_null());
            let behind = ask(json!({"row_count": 5, "start_index": all + 1})).await;
            assert_eq!((&behind[key], &behind["list_info"]["has_more_rows"]), (&json!([]), &json!(false)), "{path}");
            let mut sorted = whole.clone();
            sorted.sort_by_key(|name| std::cmp::Reverse(name.to_lowercase()));
            let down = ask(json!({"row_count": 100, "sort_field": "name", "sort_order": "desc"})).await;
            assert_eq!(names(&down), sorted, "{path}");
            admin.list(&path, json!({"sort_field": "nothing"})).await.refused(400, 4001, "sort_field");
        }
        assert_eq!(admin.get("/list_view_filters/show_all").await.ok()["list_view_filters"].as_array().unwrap().len(), 14);
    }

    what_a_reference_leads_to_is_empty_where_there_is_none(app) {
        five(app).await;
        let find = async |field: &str, condition: &str| {
            let info = json!({"sort_field": "id", "search_criteria": {"field": field, "condition": condition}});
            let list = app.admin().list("/requests", info).await.ok();
            subjects(&list).iter().map(|s| s.to_string()).collect::<Vec<_>>()
        };
        for field in ["technician", "technician.name", "technician.id"] {
            assert_eq!(find(field, "is empty").await, ["Gamma 100% phone", "delta_phone", "Ärger"], "{field}");
            assert_eq!(find(field, "is not empty").await, ["Alpha printer", "beta PRINTER"], "{field}");
        }
        // What a technician need not have.
        assert_eq!(find("technician.jobtitle", "is empty").await.len(), 5);
        assert_eq!(find("technician.jobtitle", "is not empty").await.len(), 0);
        // By way of two references.
        assert_eq!(find("technician.department.name", "is empty").await.len(), 5);
        assert_eq!(find("technician.department.id", "is empty").await.len(), 5);
        assert_eq!(find("created_by.name", "is empty").await.len(), 0);
    }

    what_a_reference_leads_to_is_found_by_its_id(app) {
        five(app).await;
        let find = async |field: &str, condition: &str, value: Json| {
            let criteria = json!({"field": field, "condition": condition, "value": value});
            let info = json!({"sort_field": "id", "search_criteria": criteria});
            let list = app.admin().list("/requests", info).await.ok();
            let technician = list["requests"][0]["technician"]["id"].clone();
            (subjects(&list).iter().map(|s| s.to_string()).collect::<Vec<_>>(), technician)
        };
        let (_, technician) = find("subject", "is", json!("Alpha printer")).await;
        assert!(technician.is_string(), "{technician}");
        for condition in ["is", "is not"] {
            let (by_id, _) = find("technician.id", condition, technician.clone()).await;
            let (by_reference, _) = find("technician", condition, json!({"id": technician})).await;
            assert_eq!(by_id, by_reference, "{condition}");
            assert_eq!(by_id.contains(&"Alpha printer".to_owned()), condition == "is", "{by_id:?}");
        }
        assert_eq!(find("technician.id", "is", json!("1")).await.0.len(), 0);
        // By way of two references.
        assert_eq!(find("technician.department.id", "is", json!("1")).await.0.len(), 0);
        assert_eq!(find("technician.department.id", "is not", json!("1")).await.0.len(), 5);
    }

    a_walk_goes_on_where_the_page_before_ended(app) {
        // 520 people, named so that their order is known.
        for half in [0..300, 300..520] {
            let people: Vec<Json> = half.map(|n| json!({"name": format!("Walker {n:03}"), "email": format!("walker.{n}@example.com")})).collect();
            let json = [("Content-Type", "application/json")];
            let taken = app.happyfox().send("POST", "/api/v2/public/requesters/", &json, Json::from(people).to_string()).await;
            assert_eq!(taken.status, 200);
        }
        let admin = app.admin();
        let page = async |order: &str, start: u64, rows: u64| {
            let info = json!({"row_count": rows, "start_index": start, "sort_field": "name", "sort_order": order, "fields_required": ["id"],
                "search_criteria": {"field": "name", "condition": "starts with", "value": "Walker"}});
            let list = admin.list("/users", info).await.ok();
            // What it is sorted by is read, but not shown.
            assert!(list["users"].as_array().unwrap().iter().all(|u| u.as_object().unwrap().len() == 1), "{list}");
            list["users"].as_array().unwrap().iter().map(|u| u["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        for order in ["asc", "desc"] {
            let whole: Vec<String> = [page(order, 1, 100).await, page(order, 101, 100).await, page(order, 201, 100).await].concat();
            // Somebody whom the walk met leaves, and somebody comes before its place: the rest neither moves up nor down.
            admin.delete(&format!("/users/{}", whole[3])).await.ok();
            let fourth = page(order, 301, 100).await;
            let name = if order == "asc" { "Walker 000a" } else { "Walker 999" };
            let (new, _) = app.person(name, json!({})).await;
            let rest = [fourth, page(order, 401, 100).await, page(order, 501, 100).await].concat();
            let mut seen: Vec<String> = [whole, rest].concat();
            assert!(!seen.contains(&new.to_string()));
            let count = seen.len();
            seen.sort();
            seen.dedup();
            assert_eq!((seen.len(), count), (520, 520));
            // Later on, the same page is that of the list as it is then.
            app.clock.advance(10 * 60_000);
            let again = page(order, 301, 100).await;
            let by_others = [page(order, 301, 50).await, page(order, 351, 50).await].concat();
            assert_eq!(again, by_others);
        }
    }

    pages(app) {
        five(app).await;
        let admin = app.admin();
        let list = admin.get("/requests").await.ok();
        assert_eq!(list["response_status"], json!([{"status_code": 2000, "status": "success"}]));
        assert_eq!(list["list_info"]["has_more_rows"], false);
        assert_eq!(list["list_info"]["row_count"], 5);
        assert_eq!(list["list_info"].get("total_count"), None);
        let sorted = |extra: Json| {
            let mut info = json!({"sort_field": "created_time", "sort_order": "asc", "row_count": 2});
            for (k, v) in extra.as_object().unwrap() {
                info[k] = v.clone();
            }
            info
        };
        for (extra, expected, more) in [
            (json!({}), vec!["Alpha printer", "beta PRINTER"], true),
            (json!({"start_index": 0}), vec!["Alpha printer", "beta PRINTER"], true),
            (json!({"start_index": "1"}), vec!["Alpha printer", "beta PRINTER"], true),
            (json!({"start_index": 3}), vec!["Gamma 100% phone", "delta_phone"], true),
            (json!({"start_index": 5}), vec!["Ärger"], false),
            (json!({"page": 2}), vec!["Gamma 100% phone", "delta_phone"], true),
            (json!({"page": "3", "start_index": 1}), vec!["Ärger"], false),
            (json!({"start_index": 99}), vec![], false),
        ] {
            let list = admin.list("/requests", sorted(extra.clone())).await.ok();
            assert_eq!(subjects(&list), expected, "{extra}");
            assert_eq!(list["list_info"]["has_more_rows"], more, "{extra}");
        }
        let all = admin.list("/requests", json!({"row_count": "1000", "get_total_count": "true"})).await.ok();
        assert_eq!(all["list_info"]["total_count"], 5);
        assert_eq!(subjects(&all).len(), 5);
    }

    rows_are_short_unless_asked(app) {
        five(app).await;
        let row = app.admin().get("/requests").await.ok()["requests"][0].clone();
        for key in ["id", "display_id", "subject", "requester", "technician", "group", "status", "template", "created_time",
            "due_by_time", "has_draft", "has_notes", "is_service_request", "cancellation_requested", "cancel_flag_comments"] {
            assert!(row.get(key).is_some(), "no {key}");
        }
        assert_eq!(row.get("description"), None);
        let asked = app.admin().list("/requests", json!({"fields_required": ["subject", "is_overdue", "priority"]})).await.ok();
        let row = asked["requests"][0].as_object().unwrap();
        assert_eq!(row.keys().map(String::as_str).collect::<std::collections::BTreeSet<_>>(),
            ["id", "is_overdue", "priority", "subject"].into());
    }

    criteria(app) {
        five(app).await;
        let admin = app.admin();
        let one = |field: &str, condition: &str, value: Json| json!({"field": field, "condition": condition, "value": value});
        let start = testkit::START;
        for (criteria, expected) in [
            (one("subject", "contains", json!("printer")), vec!["Alpha printer", "beta PRINTER"]),
            (one("subject", "like", json!("PHONE")), vec!["Gamma 100% phone", "delta_phone"]),
            (one("subject", "contains", json!("%")), vec!["Gamma 100% phone"]),
            (one("subject", "contains", json!("_")), vec!["delta_phone"]),
            (one("subject", "starts with", json!("är")), vec!["Ärger"]),
            (one("subject", "ends with", json!("PHONE")), vec!["Gamma 100% phone", "delta_phone"]),
            (one("subject", "is", json!("ÄRGER")), vec!["Ärger"]),
            (one("subject", "not contains", json!("p")), vec!["Ärger"]),
            (one("status.name", "is", json!("Open")), vec!["Alpha printer", "beta PRINTER", "Ärger"]),
            (one("status.name", "neq", json!("Open")), vec!["Gamma 100% phone", "delta_phone"]),
            (one("status.in_progress", "is", json!(false)), vec!["delta_phone"]),
            (one("status", "is", json!({"name": "Closed"})), vec!["delta_phone"]),
            (one("status", "is", json!({"id": "100001000000006661"})), vec!["delta_phone"]),
            (one("priority.id", "eq", json!("100001000000006805")), vec!["Alpha printer", "Gamma 100% phone"]),
            (json!({"field": "priority.name", "condition": "is", "values": ["High", "Low"]}),
                vec!["Alpha printer", "beta PRINTER", "Gamma 100% phone"]),
            (json!({"field": "technician", "condition": "is"}), vec!["Gamma 100% phone", "delta_phone", "Ärger"]),
            (json!({"field": "technician", "condition": "is not"}), vec!["Alpha printer", "beta PRINTER"]),
            (one("technician.email_id", "is", json!("ADA.admin@example.com")), vec!["Alpha printer", "beta PRINTER"]),
            (one("technician", "is", json!("Ada Admin")), vec!["Alpha printer", "beta PRINTER"]),
            (one("display_id", "is", json!("2")), vec!["beta PRINTER"]),
            (one("display_id", "greater than", json!(3)), vec!["delta_phone", "Ärger"]),
            (one("created_time", "gte", json!((start + 3_000).to_string())), vec!["delta_phone", "Ärger"]),
            (json!({"field": "created_time", "condition": "between",
                "values": [(start + 1_000).to_string(), (start + 2_000).to_string()]}), vec!["beta PRINTER", "Gamma 100% phone"]),
            (one("created_time", "is", json!("$(TODAY)")),
                vec!["Alpha printer", "beta PRINTER", "Gamma 100% phone", "delta_phone", "Ärger"]),
            (one("created_time", "is", json!("$(YESTERDAY)")), vec![]),
            (json!([one("status.name", "is", json!("Open")), one("priority.name", "is", json!("High"))]), vec!["Alpha printer"]),
            (json!([one("priority.name", "is", json!("High")), {"field": "priority.name", "condition": "is",
                "value": "Low", "logical_operator": "OR"}]), vec!["Alpha printer", "beta PRINTER", "Gamma 100% phone"]),
            (json!({"field": "status.name", "condition": "is", "value": "Open", "children": [
                {"field": "priority.name", "condition": "is", "value": "Low", "logical_operator": "and"},
                {"field": "priority.name", "condition": "is", "value": "Medium", "logical_operator": "or"}]}),
                vec!["beta PRINTER", "Ärger"]),
        ] {
            let info = json!({"search_criteria": criteria, "sort_field": "id"});
            let list = admin.list("/requests", info).await.ok();
            assert_eq!(subjects(&list), expected, "{criteria}");
        }
        // The digits that people see are searched like a text.
        for i in 6..=27 {
            admin.post("/requests", json!({"request": {"subject": format!("#{i}"), "description": if i < 26 { "x" } else { "" }}}))
                .await.ok();
        }
        let whole = admin.list("/requests", json!({"search_criteria": one("display_id", "is", json!("27"))})).await.ok();
        let id = whole["requests"][0]["id"].as_str().unwrap().to_owned();
        for (criteria, expected) in [
            (one("display_id", "contains", json!("27")), vec!["#27"]),
            (one("display_id", "contains", json!(7)), vec!["#7", "#17", "#27"]),
            (one("display_id", "starts with", json!("2")), vec!["beta PRINTER", "#20", "#21", "#22", "#23", "#24", "#25", "#26", "#27"]),
            (one("display_id", "ends with", json!("6")), vec!["#6", "#16", "#26"]),
            (one("display_id", "contains", json!("%")), vec![]),
            (one("id", "ends with", json!(&id[6..])), vec!["#27"]),
            // An empty text is one that is not there.
            (json!([one("description", "is", json!("")), one("display_id", "greater than", json!(5))]), vec!["#26", "#27"]),
            (json!([one("description", "is", json!("")), one("display_id", "greater than", json!(4))]), vec!["Ärger", "#26", "#27"]),
            (json!([one("description", "is not", json!("")), one("display_id", "greater than", json!(24))]), vec!["#25"]),
            (json!([{"field": "description", "condition": "is", "values": ["", "X"]}, one("display_id", "greater than", json!(24))]),
                vec!["#25", "#26", "#27"]),
        ] {
            let list = admin.list("/requests", json!({"search_criteria": criteria, "sort_field": "id", "row_count": 100})).await.ok();
            assert_eq!(subjects(&list), expected, "{criteria}");
        }
        let simple = admin.list("/requests", json!({"search_fields": {"display_id": "2"}})).await.ok();
        assert_eq!(subjects(&simple), ["beta PRINTER"]);
        let statuses = json!({"search_criteria": one("id", "ends with", json!("6657"))});
        assert_eq!(admin.list("/statuses", statuses).await.ok()["statuses"][0]["name"], "Open");
        for (criteria, field) in [
            (one("nope", "is", json!("x")), "search_criteria"),
            (one("status.nope", "is", json!("x")), "search_criteria"),
            (one("subject", "resembles", json!("x")), "-"),
            (json!({"field": "created_time", "condition": "between", "values": ["1"]}), "search_criteria"),
        ] {
            admin.list("/requests", json!({"search_criteria": criteria})).await.refused(400, 4001, field);
        }
    }

    everything_wrong_with_a_list_is_told_at_once(app) {
        let info = json!({
            "row_count": 0,
            "colour": "blue",
            "sort_field": "nope",
            "filter_by": {"name": "No_Such_View"},
            "search_criteria": [
                {"field": "status.nope", "condition": "is", "value": 1, "extra": 1, "more": 2},
                {"field": "is_overdue", "condition": "is", "value": "maybe", "logical_operator": "or"},
            ],
        });
        let reply = app.admin().list("/requests", info).await;
        for field in ["row_count", "colour", "sort_field", "filter_by", "extra", "more", "search_criteria"] {
            reply.refused(400, 4001, field);
        }
        let told = reply.json().to_string();
        for words in ["row_count must be at least 1", "Cannot search by status.nope", "Cannot sort by nope", "is_overdue"] {
            assert!(told.contains(words), "{words} in {told}");
        }
        for count in ["0", "-5"] {
            app.admin().get(&format!("/requests?row_count={count}")).await.refused(400, 4001, "row_count");
        }
        let many = vec![json!({"field": "subject", "condition": "is", "value": "x"}); 201];
        let told = app.admin().list("/requests", json!({"search_criteria": many})).await.refused(400, 4001, "search_criteria");
        assert!(told.to_string().contains("At most 200 criteria in one search"), "{told}");
    }

    a_direction_without_a_field_turns_the_usual_order(app) {
        five(app).await;
        let admin = app.admin();
        for (order, first) in [("asc", "Alpha printer"), ("desc", "Ärger")] {
            let list = admin.list("/requests", json!({"sort_order": order, "row_count": 1})).await.ok();
            assert_eq!(subjects(&list), [first]);
            assert_eq!(list["list_info"]["sort_field"], "created_time");
            assert_eq!(list["list_info"]["sort_order"], order);
        }
        for module in app.desk.snapshot().catalogue.modules().iter().filter(|m| m.top_level) {
            let path = format!("/{}", module.path());
            let sorted = async |order: &str| {
                let list = admin.list(&path, json!({"sort_order": order, "row_count": 100})).await.ok();
                list[module.list_key()].as_array().unwrap().clone()
            };
            let (up, mut down) = (sorted("asc").await, sorted("desc").await);
            down.reverse();
            assert_eq!(up, down, "{path}");
        }
        let id = admin.new_request("With a history").await;
        admin.put(&format!("/requests/{id}"), json!({"request": {"subject": "x"}})).await.ok();
        for (order, first) in [("asc", "CREATE"), ("desc", "UPDATE")] {
            let list = admin.list(&format!("/requests/{id}/_history"), json!({"sort_order": order})).await.ok();
            assert_eq!(list["history"][0]["operation"], first);
        }
    }

    simple_search_and_views(app) {
        five(app).await;
        let admin = app.admin();
        for (info, expected) in [
            (json!({"search_fields": {"subject": "printer"}}), vec!["Alpha printer", "beta PRINTER"]),
            (json!({"search_fields": "{\"display_id\": \"2\"}"}), vec!["beta PRINTER"]),
            (json!({"search_fields": "subject:gamma"}), vec!["Gamma 100% phone"]),
            (json!({"search_fields": {"subject": "p", "priority.name": "High"}}), vec!["Alpha printer", "Gamma 100% phone"]),
            (json!({"filter_by": {"name": "My_Open"}}), vec!["Alpha printer", "beta PRINTER"]),
            (json!({"filter_by": {"name": "Onhold"}}), vec!["Gamma 100% phone"]),
            (json!({"filter_by": {"name": "status.name", "value": "Closed"}}), vec!["delta_phone"]),
            (json!({"filter_by": "{\"name\": \"All_Closed\"}"}), vec!["delta_phone"]),
        ] {
            let mut asked = info.clone();
            asked["sort_field"] = json!("id");
            assert_eq!(subjects(&admin.list("/requests", asked).await.ok()), expected, "{info}");
        }
        admin.list("/requests", json!({"filter_by": {"name": "No_Such_View"}})).await.refused(400, 4001, "filter_by");
        let views = admin.get_with("/list_view_filters/show_all", json!({"show_all": {"module": "request"}})).await.ok();
        assert!(views["list_view_filters"].as_array().unwrap().len() > 5);
    }

    words_are_found_by_their_beginning(app) {
        let admin = app.admin();
        // More words with one beginning than are merged one by one, and an edit that changes a word.
        let mut ids = Vec::new();
        for n in 0..70 {
            let subject = format!("crate{n:02}x in the {} hall", if n % 2 == 0 { "crimson" } else { "crimp" });
            let made = admin.post("/requests", json!({"request": {"subject": subject}})).await.ok();
            ids.push(made["request"]["id"].as_str().unwrap().to_owned());
        }
        let found = async |text: &str| -> Vec<String> {
            let list = admin.list("/requests", json!({"search_text": text, "row_count": 100, "get_total_count": true})).await.ok();
            let rows = list["requests"].as_array().unwrap().clone();
            assert_eq!(list["list_info"]["total_count"], rows.len(), "{text}");
            rows.iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect()
        };
        let newest_first = |of: &dyn Fn(usize) -> bool| -> Vec<String> {
            ids.iter().enumerate().rev().filter(|(n, _)| of(*n)).map(|(_, id)| id.clone()).collect()
        };
        for (text, of) in [
            ("crate", &(|_| true) as &dyn Fn(usize) -> bool),
            ("crate0", &|n| n < 10),
            ("crate07x", &|n| n == 7),
            ("crim", &|_| true),
            ("crims", &|n| n % 2 == 0),
            ("crimson", &|n| n % 2 == 0),
            ("CRIMP crate1", &|n| n % 2 == 1 && n / 10 == 1),
            ("crimson crimp", &|_| false),
            ("crimsons", &|_| false),
            ("c", &|_| true),
            ("hall crat", &|_| true),
        ] {
            assert_eq!(found(text).await, newest_first(of), "{text}");
        }
        admin.put(&format!("/requests/{}", ids[7]), json!({"request": {"subject": "crateless"}})).await.ok();
        assert_eq!(found("crate07").await, Vec::<String>::new());
        assert_eq!(found("cratel").await, vec![ids[7].clone()]);
    }

    words_of_any_script_are_found(app) {
        let admin = app.admin();
        let (_, rita) = app.requester("Rita Requester").await;
        // Vowels that are marks, accents typed after their letters, letters without capitals, and what is in no word.
        for (subject, found, missed) in [
            ("हिन्दी में समाचार", vec!["हिन्दी", "हिन्", "समाचार में"], vec!["न्दी", "हिन्दू"]),
            ("ภาษาไทย เครื่องพิมพ์", vec!["ภาษา", "เครื่องพิมพ์"], vec!["ไทย"]),
            ("E\u{301}tude re\u{301}parée", vec!["\u{e9}tude", "e\u{301}tud", "r\u{e9}par\u{e9}e"], vec!["etude"]),
            ("Cafetière \u{e0} r\u{e9}gler", vec!["cafetie\u{300}re", "CAFETI\u{c8}RE"], vec!["gler"]),
            ("印刷机坏了 3号楼", vec!["印刷机", "3号"], vec!["刷机"]),
            ("Drucker läuft heiß 🔥mehr", vec!["LÄUFT heiß", "mehr"], vec!["äuft"]),
        ] {
            let id = rita.new_request(subject).await;
            for (words, expected) in found.iter().map(|w| (w, true)).chain(missed.iter().map(|w| (w, false))) {
                for client in [&admin, &rita] {
                    let list = client.list("/requests", json!({"search_text": words})).await.ok();
                    let is_there = list["requests"].as_array().unwrap().iter().any(|row| row["id"] == id.as_str());
                    assert_eq!(is_there, expected, "{subject}: {words}");
                }
            }
        }
    }

    every_field_gives_an_order_or_is_refused(app) {
        five(app).await;
        let admin = app.admin();
        let (mut ordered, mut refused) = (0, 0);
        for path in ["/requests", "/problems", "/tasks", "/users", "/technicians", "/assets", "/cmdb/ci_computer", "/cmdb", "/products", "/sites"] {
            let meta = admin.get(&format!("{path}/_metainfo")).await.ok();
            let mut fields = Vec::new();
            named("", &meta["metainfo"]["fields"], &mut fields);
            assert!(fields.len() > 5, "{path}");
            for (field, is_sortable) in fields {
                for words in [json!({}), json!({"search_text": "printer"})] {
                    let mut info = words;
                    info["sort_field"] = json!(field);
                    let reply = admin.list(path, info).await;
                    if reply.status.is_success() {
                        ordered += 1;
                    } else {
                        reply.refused(400, 4001, "sort_field");
                        assert!(!is_sortable, "{path} {field}");
                        refused += 1;
                    }
                }
            }
        }
        assert!(ordered > 1_000 && refused > 50, "{ordered} {refused}");
    }

    what_an_attribute_refers_to_gives_an_order(app) {
        let admin = app.admin();
        for name in ["Zoe", "Amy", "Mia"] {
            app.technician(&format!("{name} Keeper")).await;
        }
        for (ci, owner) in [("c-1", Some("Zoe")), ("c-2", Some("Amy")), ("c-3", None), ("c-4", Some("Mia"))] {
            let owner = owner.map(|name| json!({"name": format!("{name} Keeper")}));
            let ci = json!({"ci_computer": {"name": ci, "ci_attributes": {"ref_owned_by": owner}}});
            admin.post("/cmdb/ci_computer", ci).await.ok();
        }
        for (field, order, expected) in [
            ("ci_attributes.ref_owned_by.name", "asc", ["c-3", "c-2", "c-4", "c-1"]),
            ("ci_attributes.ref_owned_by", "desc", ["c-1", "c-4", "c-2", "c-3"]),
        ] {
            let list = admin.list("/cmdb/ci_computer", json!({"sort_field": field, "sort_order": order})).await.ok();
            let names: Vec<&str> = list["ci_computer"].as_array().unwrap().iter().filter_map(|ci| ci["name"].as_str()).collect();
            assert_eq!(names, expected, "{field}");
        }
    }

    sorting(app) {
        five(app).await;
        let admin = app.admin();
        let by = async |info: Json| {
            let list = admin.list("/requests", info).await.ok();
            subjects(&list).into_iter().map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(by(json!({"sort_field": "subject"})).await,
            ["Alpha printer", "beta PRINTER", "delta_phone", "Gamma 100% phone", "Ärger"]);
        assert_eq!(by(json!({"sort_field": "subject", "sort_order": "desc"})).await.first().unwrap(), "Ärger");
        assert_eq!(by(json!({"sort_field": "technician.name", "sort_order": "desc", "row_count": 1})).await.len(), 1);
        assert_eq!(by(json!({"sort_fields": [{"field": "priority.name", "order": "asc"}, {"field": "subject", "order": "desc"}]})).await,
            ["Gamma 100% phone", "Alpha printer", "beta PRINTER", "Ärger", "delta_phone"]);
        let found = admin.list("/levels", json!({"search_text": "tier 2"})).await.ok();
        assert_eq!(found["levels"].as_array().unwrap().len(), 1);
        assert_eq!(admin.list("/requests", json!({"search_text": "!?"})).await.ok()["requests"], json!([]));
        for field in ["created_time", "due_by_time", "last_updated_time", "id", "priority", "status", "display_id", "status.name"] {
            assert_eq!(by(json!({"sort_field": field})).await.len(), 5, "{field}");
        }
        admin.list("/requests", json!({"sort_field": "nope"})).await.refused(400, 4001, "sort_field");
    }
}

on_both_engines! {
    of_a_reference_its_id_alone_may_be_wanted(app) {
        let admin = app.admin();
        let tag = admin.post("/tags", json!({"tag": {"name": "loud"}})).await.ok()["tag"]["id"].clone();
        let request = json!({"request": {"subject": "One", "tags": [{"id": tag}]}});
        admin.post("/requests", request).await.ok();
        let rows = async |fields: Json| admin.list("/requests", json!({"fields_required": fields})).await.ok()["requests"][0].clone();
        let bare = rows(json!(["requester.id", "status.id", "tags.id", "technician.id", "subject"])).await;
        assert_eq!(bare["requester"], json!({"id": desk::shipped::ADMINISTRATOR.to_string()}));
        assert_eq!(bare["tags"], json!([{"id": tag}]));
        assert_eq!((&bare["technician"], bare["status"].as_object().unwrap().len()), (&Json::Null, 1));
        let whole = rows(json!(["requester.id", "requester.name", "status"])).await;
        assert_eq!(whole["requester"]["email_id"], "ada.admin@example.com");
        assert_eq!(whole["status"]["name"], "Open");
    }
}
