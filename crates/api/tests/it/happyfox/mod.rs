//! The requester API of HappyFox (happyfox.md).

mod extensions;
mod fields;
mod keys;
mod model;

use serde_json::{Value as Json, json};
use testkit::{App, Client, Reply, on_both_engines};

const PATH: &str = "/api/v2/public/requesters/";

async fn post(client: &Client<'_>, body: &Json) -> Reply {
    client.send("POST", PATH, &[("Content-Type", "application/json")], body.to_string()).await
}

/// A requester who is taken.
async fn taken(client: &Client<'_>, body: Json) -> Json {
    let reply = post(client, &body).await;
    assert_eq!(reply.status, 200, "{body}: {}", reply.json());
    reply.json()
}

/// An input that is refused with exactly this.
async fn refused(client: &Client<'_>, body: Json, errors: Json) {
    let reply = post(client, &body).await;
    assert_eq!((reply.status.as_u16(), reply.json()), (422, errors), "{body}");
}

/// The fields of section 5: text, dropdown, multi-select, date, number.
async fn fields(app: &App) {
    let options = json!(["One", "Two", "Three"]);
    for (name, kind, options) in [
        ("Nick", "Single Line", None),
        ("Team", "Pick List", Some(&options)),
        ("Skills", "Multi Select", Some(&options)),
        ("Born", "Date", None),
        ("Desk", "Decimal", None),
    ] {
        let mut field = json!({"name": name, "field_type": kind, "module": {"name": "user"}});
        if let Some(options) = options {
            field["allowed_values"] = options.clone();
        }
        app.admin().post("/udf_fields", json!({"udf_field": field})).await.ok();
    }
}

async fn count(client: &Client<'_>) -> u64 {
    let list = client.send("GET", PATH, &[], "").await;
    assert_eq!(list.status, 200, "{}", list.json());
    list.json()["page_info"]["count"].as_u64().unwrap()
}

on_both_engines! {
    a_phone_stays_what_it_is_where_that_is_not_said(app) {
        let fox = app.happyfox();
        let with = async |phones: Json| taken(&fox, json!({"email": "a@example.com", "phones": phones})).await["phones"].clone();
        let made = with(json!([{"type": "mobile", "number": "111"}, {"number": "222"}])).await;
        assert_eq!((&made[0]["type"], &made[1]["type"]), (&json!("mobile"), &json!("other")));
        for same in [json!({"number": "1-1-1"}), json!({"number": "111", "type": null}), json!({"id": made[0]["id"], "number": "111"})] {
            assert_eq!(with(json!([same])).await, made, "{same}");
        }
        assert_eq!(with(json!([{"type": "home", "number": "111"}])).await[0]["type"], "home");
        let person = app.admin().list("/users", json!({"search_fields": {"email_id": "a@example.com"}})).await.ok();
        assert_eq!(person["users"].as_array().unwrap().len(), 1);
    }

    who_has_left_is_told_of_in_a_report(app) {
        let fox = app.happyfox();
        let (id, _) = app.requester("Lena Left").await;
        app.admin().put(&format!("/users/{id}"), json!({"user": {"inactive": true}})).await.ok();
        let body = json!({"email": "lena.left@example.com", "name": "Lena Left-Again"}).to_string();
        let headers = [("Content-Type", "application/json")];
        let told = fox.send("POST", &format!("{PATH}?report=true"), &headers, body).await.json();
        assert_eq!((&told["action"], &told["inactive"]), (&json!("updated"), &json!(true)), "{told}");
        let plain = taken(&fox, json!({"email": "lena.left@example.com"})).await;
        assert!(plain.get("inactive").is_none());
        let here = fox.send("POST", &format!("{PATH}?report=true"), &headers, json!({"email": "b@example.com"}).to_string()).await.json();
        assert!(here.get("inactive").is_none());
    }

    one_requester_is_made_and_changed(app) {
        let fox = app.happyfox();
        let made = taken(&fox, json!({"email": "lisa.taylors@example.com", "name": "Lisa Taylor"})).await;
        let id = made["id"].as_i64().unwrap();
        assert!(id > 0 && id < 1_000_000, "a small number: {made}");
        assert_eq!((&made["phones"], &made["primary_phone"], &made["custom_fields"]), (&json!([]), &Json::Null, &json!([])));
        assert_eq!(made["created_at"], made["updated_at"]);
        assert_eq!(made["created_at"].as_str().unwrap().len(), "2024-01-10T13:05:05Z".len());
        app.clock.advance(5_000);
        let again = taken(&fox, json!({"email": " LISA.Taylors@Example.com ", "name": "Lisa T"})).await;
        assert_eq!((&again["id"], &again["name"], &again["email"]), (&json!(id), &json!("Lisa T"), &json!("lisa.taylors@example.com")));
        assert_ne!(again["created_at"], again["updated_at"]);
        app.clock.advance(5_000);
        let same = taken(&fox, json!({"email": "lisa.taylors@example.com"})).await;
        assert_eq!((&same["name"], &same["updated_at"]), (&json!("Lisa T"), &again["updated_at"]), "nothing was said, nothing moved");
        assert_eq!(count(&fox).await, 1);
        let one = fox.send("GET", &format!("{PATH}{id}"), &[], "").await;
        assert_eq!(one.json(), same);
        // The same person at the other face, at once.
        let request = json!({"request": {"subject": "Hello", "requester": {"email_id": "lisa.taylors@example.com"}}});
        let request = app.admin().post("/requests", request).await.ok();
        assert_eq!(request["request"]["requester"]["name"], "Lisa T");
        let (user, _) = app.requester("Rita Requester").await;
        let found = taken(&fox, json!({"email": "rita.requester@example.com", "name": "Rita Renamed"})).await;
        assert_eq!(app.admin().get(&format!("/users/{user}")).await.ok()["user"]["name"], "Rita Renamed", "{found}");
    }

    the_cis_of_people_follow_their_names(app) {
        let (fox, admin) = (app.happyfox(), app.admin());
        let (user, _) = app.requester("Rita Requester").await;
        let ci = json!({"ci_user": {"name": "Rita", "linked_entity": {"name": "user"}, "linked_instance": user.to_string()}});
        let ci = admin.post("/cmdb/ci_user", ci).await.ok()["ci_user"]["id"].as_str().unwrap().to_owned();
        taken(&fox, json!({"email": "other@example.com", "name": "Other"})).await;
        let list = json!([{"email": "rita.requester@example.com", "name": "Rita Renamed"}, {"email": "other@example.com", "name": "Another"}]);
        assert_eq!(post(&fox, &list).await.status, 200);
        assert_eq!(admin.get(&format!("/cmdb/ci_user/{ci}")).await.ok()["ci_user"]["name"], "Rita Renamed");
        taken(&fox, json!({"email": "rita.requester@example.com", "name": "Rita Again"})).await;
        assert_eq!(admin.get(&format!("/cmdb/ci_user/{ci}")).await.ok()["ci_user"]["name"], "Rita Again");
    }

    names_come_from_addresses_and_are_kept(app) {
        let fox = app.happyfox();
        for (email, name) in [
            ("john_smith-jones@example.com", "john smith jones"),
            ("ann+news@example.com", "ann"),
            ("Ünal.Ö@example.com", "Ünal Ö"),
        ] {
            assert_eq!(taken(&fox, json!({"email": email})).await["name"], name);
        }
        for name in ["李小龍", "محمد", "<b>Bold</b>", "Ann 🦊", "O'Neil; DROP TABLE person;--", &"x".repeat(255)] {
            let made = taken(&fox, json!({"email": "many@example.com", "name": name})).await;
            assert_eq!(made["name"], name);
        }
        // A domain is one, in its own letters and in those of the wire; what stands before the at sign is not looked into.
        let own = taken(&fox, json!({"email": "Jo@B\u{fc}cher.example"})).await;
        for same in ["jo@xn--bcher-kva.example", "JO@BU\u{308}CHER.example", "jo@XN--BCHER-KVA.example"] {
            assert_eq!(taken(&fox, json!({"email": same})).await, own, "{same}");
        }
        assert_ne!(taken(&fox, json!({"email": "j\u{f6}@b\u{fc}cher.example"})).await["id"], own["id"]);
        let found = fox.send("GET", &format!("{PATH}?email=jo@xn--bcher-kva.example"), &[], "").await.json();
        assert_eq!(found["data"][0]["email"], "Jo@B\u{fc}cher.example");
        let users = app.admin().list("/users", json!({"search_fields": {"email_id": "jo@xn--bcher-kva.example"}})).await.ok();
        assert_eq!(users["users"].as_array().unwrap().len(), 1);
        let kept = taken(&fox, json!({"email": "many@example.com", "name": null, "phones": null})).await;
        assert_eq!(kept["name"], "x".repeat(255));
    }

    what_nobody_can_be_made_of(app) {
        let fox = app.happyfox();
        let nobody = json!({"non_field_errors": ["Email or phones is required"]});
        let nameless = json!({"field": "name", "message": "Name is required when only phones is passed in the request payload."});
        let phone = json!([{"type": "main", "number": "788"}]);
        for body in [
            json!({}), json!({"name": "A"}), json!({"email": null}), json!({"email": ""}), json!({"email": "  ", "phones": []}),
            json!({"phones": null, "custom_fields": {"1": "x"}}), json!({"id": 1}),
        ] {
            refused(&fox, body, nobody.clone()).await;
        }
        for body in [
            json!({"phones": phone}), json!({"phones": phone, "name": ""}), json!({"phones": phone, "name": null}),
            json!({"phones": phone, "name": " ", "email": ""}),
        ] {
            refused(&fox, body, nameless.clone()).await;
        }
        for body in [json!("text"), json!(5), json!(true), json!(null)] {
            let reply = post(&fox, &body).await;
            assert_eq!(reply.status, 422);
            assert!(reply.json()["non_field_errors"].is_array(), "{}", reply.json());
        }
        for (body, field) in [
            (json!({"email": 5}), "email"), (json!({"email": ["a@example.com"]}), "email"), (json!({"email": {"a": 1}}), "email"),
            (json!({"email": true}), "email"), (json!({"email": "no at"}), "email"), (json!({"email": "a@b"}), "email"),
            (json!({"email": "a@b..c"}), "email"), (json!({"email": "@example.com"}), "email"), (json!({"email": "a@@example.com"}), "email"),
            (json!({"email": "a b@example.com"}), "email"), (json!({"email": "a\nb@example.com"}), "email"),
            (json!({"email": format!("{}@example.com", "a".repeat(65))}), "email"),
            (json!({"email": format!("a@{}.com", "b".repeat(254))}), "email"),
            (json!({"email": "a@example.com", "name": 5}), "name"), (json!({"email": "a@example.com", "name": "x".repeat(256)}), "name"),
            (json!({"email": "a@example.com", "name": "a\u{1}b"}), "name"), (json!({"email": "a@example.com", "name": ["x"]}), "name"),
            (json!({"email": "a@example.com", "phones": "5"}), "phones"), (json!({"email": "a@example.com", "phones": {}}), "phones"),
            (json!({"email": "a@example.com", "phones": [5]}), "phones"), (json!({"email": "a@example.com", "phones": [{}]}), "phones"),
            (json!({"email": "a@example.com", "phones": [{"number": 5}]}), "phones"),
            (json!({"email": "a@example.com", "phones": [{"number": " "}]}), "phones"),
            (json!({"email": "a@example.com", "phones": [{"number": "abc"}]}), "phones"),
            (json!({"email": "a@example.com", "phones": [{"number": "1 call me"}]}), "phones"),
            (json!({"email": "a@example.com", "phones": [{"number": "1".repeat(51)}]}), "phones"),
            (json!({"email": "a@example.com", "phones": [{"number": "1", "type": "fax"}]}), "phones"),
            (json!({"email": "a@example.com", "phones": [{"number": "1", "type": 1}]}), "phones"),
            (json!({"email": "a@example.com", "phones": [{"number": "1", "is_primary": "yes"}]}), "phones"),
            (json!({"email": "a@example.com", "phones": [{"number": "1", "id": "x"}]}), "phones"),
            (json!({"email": "a@example.com", "phones": [{"number": "1", "id": 99}]}), "phones"),
            (json!({"email": "a@example.com", "phones": [{"number": "1", "is_primary": true}, {"number": "2", "is_primary": true}]}), "phones"),
            (json!({"email": "a@example.com", "phones": (0..21).map(|n| json!({"number": n.to_string()})).collect::<Vec<_>>()}), "phones"),
            (json!({"email": "a@example.com", "custom_fields": []}), "custom_fields"),
            (json!({"email": "a@example.com", "custom_fields": "x"}), "custom_fields"),
            (json!({"email": "a@example.com", "custom_fields": {"77": 1}}), "custom_fields"),
            (json!({"email": "a@example.com", "custom_fields": {"x": 1}}), "custom_fields"),
            (json!({"email": "a@example.com", "skip_mandatory_requester_custom_fields_check": "true"}), "skip_mandatory_requester_custom_fields_check"),
        ] {
            let reply = post(&fox, &body).await;
            assert_eq!(reply.status, 422, "{body}");
            let errors = reply.json();
            assert_eq!(errors.as_object().unwrap().keys().collect::<Vec<_>>(), [field], "{body}: {errors}");
        }
        // All at once.
        let all = post(&fox, &json!({"email": 5, "name": 6, "phones": 7, "custom_fields": 8})).await.json();
        assert_eq!(all.as_object().unwrap().len(), 4, "{all}");
        assert_eq!(count(&fox).await, 0, "nothing of it is written");
    }

    people_without_an_address_are_known_by_name_and_first_phone(app) {
        let fox = app.happyfox();
        let both = json!({"name": "A", "phones": [{"type": "main", "number": "111"}, {"type": "mobile", "number": "222"}]});
        let made = taken(&fox, both.clone()).await;
        assert_eq!((&made["email"], &made["primary_phone"]["number"]), (&Json::Null, &json!("111")));
        assert_eq!(made["phones"][1]["type"], "mobile");
        assert!(made["phones"][0].get("is_primary").is_none());
        assert_eq!(taken(&fox, both).await, made, "the same again changes nothing");
        let spelt = taken(&fox, json!({"name": "A", "phones": [{"type": "main", "number": "1-1-1"}]})).await;
        assert_eq!(spelt["id"], made["id"]);
        assert_eq!(spelt["phones"].as_array().unwrap().len(), 2, "no second phone");
        // Neither another name nor a number that is not the first.
        for other in [json!({"name": "a", "phones": [{"number": "111"}]}), json!({"name": "A", "phones": [{"number": "222"}]})] {
            assert_ne!(taken(&fox, other).await["id"], made["id"]);
        }
        let marked = json!({"name": "B", "phones": [{"number": "5"}, {"number": "6", "is_primary": true}, {"number": "+6"}]});
        let marked = taken(&fox, marked).await;
        assert_eq!(marked["primary_phone"]["number"], "6");
        assert_eq!((marked["phones"].as_array().unwrap().len(), &marked["phones"][0]["type"]), (2, &json!("other")));
        // By its id a phone gets another number; what is not sent stays.
        let id = marked["phones"][0]["id"].clone();
        let edited = json!({"name": "B", "phones": [{"number": "6", "is_primary": true}, {"id": id, "number": "7", "type": "home"}]});
        let edited = taken(&fox, edited).await;
        assert_eq!(edited["phones"], json!([{"id": id, "type": "home", "number": "7"}, {"id": marked["phones"][1]["id"], "type": "other", "number": "6"}]));
        // Two with one name and one first number.
        for email in ["one@example.com", "two@example.com"] {
            taken(&fox, json!({"email": email, "name": "Twin", "phones": [{"number": "333"}]})).await;
        }
        let reply = post(&fox, &json!({"name": "Twin", "phones": [{"number": "3 33"}]})).await;
        assert_eq!(reply.status, 422);
        assert!(reply.json()["non_field_errors"][0].as_str().unwrap().starts_with("2 requesters"), "{}", reply.json());
    }

    phones_are_seen_at_both_faces(app) {
        let (fox, admin) = (app.happyfox(), app.admin());
        let made = taken(&fox, json!({"email": "p@example.com", "phones": [{"type": "mobile", "number": "222"}, {"type": "work", "number": "111"}]})).await;
        let users = admin.list("/users", json!({"search_fields": {"email_id": "p@example.com"}})).await.ok();
        let user = format!("/users/{}", users["users"][0]["id"].as_str().unwrap());
        let seen = admin.get(&user).await.ok()["user"].clone();
        assert_eq!((&seen["phone"], &seen["mobile"]), (&json!("111"), &json!("222")));
        admin.put(&user, json!({"user": {"phone": "112"}})).await.ok();
        let after = taken(&fox, json!({"email": "p@example.com"})).await;
        assert_eq!(after["phones"][1], json!({"id": made["phones"][1]["id"], "type": "work", "number": "112"}));
        admin.put(&user, json!({"user": {"mobile": null}})).await.ok();
        let after = taken(&fox, json!({"email": "p@example.com"})).await;
        assert_eq!((after["phones"].as_array().unwrap().len(), &after["primary_phone"]["number"]), (1, &json!("112")));
        let (_, _) = app.person("Vera Three", json!({"mobile": "0171 1"})).await;
        let vera = taken(&fox, json!({"email": "vera.three@example.com"})).await;
        assert_eq!((&vera["primary_phone"]["type"], &vera["primary_phone"]["number"]), (&json!("mobile"), &json!("0171 1")));
        assert!(vera["id"].is_i64());
    }

    additional_fields_by_number(app) {
        fields(app).await;
        let fox = app.happyfox();
        let listed = fox.send("GET", "/api/v2/public/requester_fields/", &[], "").await.json();
        assert_eq!(listed[1], json!({"id": 2, "name": "Team", "type": "dropdown", "mandatory": false,
            "options": [{"id": 1, "name": "One"}, {"id": 2, "name": "Two"}, {"id": 3, "name": "Three"}]}));
        let all = json!({"1": "Test", "2": 1, "3": [2, 1, 2], "4": "2021-05-08", "5": 100.25});
        let made = taken(&fox, json!({"email": "f@example.com", "custom_fields": all})).await;
        let values = |of: &Json| of["custom_fields"].as_array().unwrap().iter().map(|f| f["value"].clone()).collect::<Vec<_>>();
        assert_eq!(values(&made), [json!("Test"), json!(1), json!([2, 1]), json!("2021-05-08"), json!(100.25)]);
        assert_eq!(made["custom_fields"][2], json!({"id": 3, "name": "Skills", "type": "m", "value": [2, 1]}));
        // Patched, not replaced; null and the empty list clear.
        let patched = taken(&fox, json!({"email": "f@example.com", "custom_fields": {"1": null, "3": [], "5": 7}})).await;
        assert_eq!(values(&patched), [Json::Null, json!(1), Json::Null, json!("2021-05-08"), json!(7)]);
        for (id, value) in [
            ("1", json!(5)), ("1", json!("a\u{0}b")), ("1", json!("x".repeat(10_001))), ("1", json!(["x"])),
            ("2", json!(9)), ("2", json!("One")), ("2", json!([1])), ("2", json!(1.5)), ("3", json!(1)), ("3", json!([9])), ("3", json!(["1"])),
            ("4", json!("2021-02-30")), ("4", json!("2021-5-8")), ("4", json!("2021-05-08T00:00:00Z")), ("4", json!(20_210_508)),
            ("5", json!("100")), ("5", json!(1.234)), ("5", json!(1e300)), ("5", json!(true)),
        ] {
            let body = json!({"email": "g@example.com", "custom_fields": {id: value}});
            let reply = post(&fox, &body).await;
            assert_eq!(reply.status, 422, "{body}");
            assert!(reply.json()["custom_fields"][id].is_array(), "{body}: {}", reply.json());
        }
        let wrong = post(&fox, &json!({"email": "g@example.com", "custom_fields": {"2": 9, "4": "x", "99": 1}})).await.json();
        assert_eq!(wrong["custom_fields"].as_object().unwrap().len(), 3, "{wrong}");
        assert_eq!(wrong["custom_fields"]["2"][0], "Option 9 is not one of 1 One, 2 Two, 3 Three.");
        // Mandatory is what must be in the input, whatever is stored.
        let rows = app.admin().list("/udf_fields", json!({"search_fields": {"name": "Desk"}})).await.ok();
        let desk = rows["udf_fields"][0]["id"].as_str().unwrap();
        app.admin().put(&format!("/udf_fields/{desk}"), json!({"udf_field": {"mandatory": true}})).await.ok();
        for missing in [json!({}), json!({"5": null})] {
            let reply = post(&fox, &json!({"email": "f@example.com", "custom_fields": missing})).await;
            assert_eq!((reply.status.as_u16(), reply.json()["custom_fields"].get("5").is_some()), (422, true));
        }
        let skip = |fields: Json| json!({"email": "f@example.com", "custom_fields": fields, "skip_mandatory_requester_custom_fields_check": true});
        taken(&fox, skip(json!({}))).await;
        assert_eq!(post(&fox, &skip(json!({"5": "x"}))).await.status, 422, "presence only");
        taken(&fox, json!({"email": "f@example.com", "custom_fields": {"5": 0}})).await;
    }

    rules_of_additional_fields_hold_here_too(app) {
        let (fox, admin) = (app.happyfox(), app.admin());
        let rule = |name: &str, value: Json| json!([{"constraint_name": name, "constraint_value": value}]);
        for field in [
            json!({"name": "Badge", "field_type": "Single Line", "unique": true, "constraints": rule("min_length", json!(3))}),
            json!({"name": "Private", "field_type": "E-mail"}),
            json!({"name": "Floor", "field_type": "Numeric Field", "constraints": rule("max_value", json!(40))}),
        ] {
            let mut field = field;
            field["module"] = json!({"name": "user"});
            admin.post("/udf_fields", json!({"udf_field": field})).await.ok();
        }
        let person = |name: &str, fields: Json| json!({"email": format!("{name}@example.com"), "custom_fields": fields});
        for (id, value) in [("1", json!("ab")), ("2", json!("nobody")), ("3", json!(41)), ("3", json!(1.5))] {
            let reply = post(&fox, &person("a", json!({id: value}))).await;
            assert_eq!((reply.status.as_u16(), reply.json()["custom_fields"][id].is_array()), (422, true), "{id} {value}: {}", reply.json());
        }
        taken(&fox, person("a", json!({"1": "abc", "2": "me@example.com", "3": 40}))).await;
        // What is one of a kind is taken for whoever comes second, and for nobody else in the list.
        let unique = json!({"custom_fields": {"1": ["Another requester has this value."]}});
        refused(&fox, person("b", json!({"1": "ABC"})), unique.clone()).await;
        let list = post(&fox, &json!([person("c", json!({"1": "cde"})), person("d", json!({"1": "abc"})), person("e", json!({}))])).await;
        assert_eq!(list.status, 422);
        let rows = list.json();
        assert_eq!((&rows[0]["success"], &rows[1]["errors"], &rows[2]["success"]), (&json!(true), &unique, &json!(true)), "{rows}");
        assert_eq!(count(&fox).await, 3);
    }

    lists_keep_what_is_good(app) {
        let fox = app.happyfox();
        let list = json!([
            {"email": "one@example.com", "name": "One"},
            {"name": "Test 1"},
            {"phones": [{"number": "5"}]},
            {"name": "Three", "phones": [{"number": "5", "type": "main"}]},
            7,
            {"email": "one@example.com", "name": "One again"},
        ]);
        let reply = post(&fox, &list).await;
        assert_eq!(reply.status, 422);
        let rows = reply.json();
        let id = rows[0]["id"].clone();
        assert_eq!(rows[0], json!({"id": id, "success": true, "name": "One", "email": "one@example.com"}), "as this item left them");
        assert_eq!(rows[1], json!({"errors": {"non_field_errors": ["Email or phones is required"]}, "success": false, "name": "Test 1"}));
        assert_eq!(rows[2], json!({"errors": {"field": "name", "message": "Name is required when only phones is passed in the request payload."}, "success": false}));
        assert_eq!((&rows[3]["name"], &rows[3]["primary_phone"]["number"], rows[3].get("email")), (&json!("Three"), &json!("5"), None));
        assert_eq!((&rows[4]["success"], rows[4]["errors"]["non_field_errors"].is_array()), (&json!(false), true));
        assert_eq!(rows[5]["id"], id, "the same one twice");
        assert_eq!(count(&fox).await, 2);
        let all = post(&fox, &json!([{"email": "two@example.com"}])).await;
        assert_eq!((all.status.as_u16(), all.json().as_array().unwrap().len()), (200, 1));
        let people = |n: usize| Json::Array((0..n).map(|n| json!({"email": format!("p{n}@example.com"), "phones": [{"number": n.to_string()}]})).collect());
        for wrong in [json!([]), people(301)] {
            let reply = post(&fox, &wrong).await;
            assert_eq!((reply.status.as_u16(), reply.json()["non_field_errors"].is_array()), (422, true));
        }
        assert_eq!(count(&fox).await, 3, "none of too many");
        let many = post(&fox, &people(300)).await;
        assert_eq!((many.status.as_u16(), many.json().as_array().unwrap().len()), (200, 300));
        assert_eq!(count(&fox).await, 303);
        assert_eq!(post(&fox, &people(300)).await.json(), many.json());
        let page = fox.send("GET", &format!("{PATH}?page=2&size=300"), &[], "").await.json();
        assert_eq!((page["data"].as_array().unwrap().len(), &page["page_info"]["page_count"]), (3, &json!(2)));
        let found = fox.send("GET", &format!("{PATH}?email=P7@example.com"), &[], "").await.json();
        assert_eq!(found["data"][0]["primary_phone"]["number"], "7");
        assert_eq!(fox.send("GET", &format!("{PATH}?size=0"), &[], "").await.status, 422);
    }

    what_is_refused_is_read_first(app) {
        let (fox, nobody) = (app.happyfox(), app.nobody());
        let json = ("Content-Type", "application/json");
        for (client, method, path, kind, status) in [
            (&nobody, "POST", PATH, json, 401),
            (&fox, "POST", PATH, ("Content-Type", "text/plain"), 415),
            (&fox, "DELETE", PATH, json, 405),
            (&fox, "POST", "/api/v2/public/nothing/", json, 404),
        ] {
            let read = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
            let count = read.clone();
            let pieces = (0..20).map(move |_| {
                count.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                Ok::<_, std::io::Error>(vec![b' '; 10_000])
            });
            let body = axum::body::Body::from_stream(futures_util::stream::iter(pieces));
            let reply = client.send(method, path, &[kind], body).await;
            assert_eq!(reply.status, status, "{method} {path}");
            assert_eq!(read.load(std::sync::atomic::Ordering::Relaxed), 20, "{method} {path}");
        }
        let many: String = (0..300).map(|i| format!("name={i}&")).collect();
        assert_eq!(fox.send("GET", &format!("{PATH}?{many}"), &[], "").await.status, 400);
    }

    callers_and_calls_that_are_not_let_in(app) {
        let fox = app.happyfox();
        let body = json!({"email": "a@example.com"}).to_string();
        let nobody = app.nobody();
        for headers in [
            vec![], vec![("Authorization", "Basic")], vec![("Authorization", "Basic !!!")], vec![("Authorization", "Basic YQ==")],
            vec![("Authorization", "Bearer x")], vec![("Authorization", "Basic YTpi")],
        ] {
            let reply = nobody.send("POST", PATH, &headers, "{not json").await;
            assert_eq!(reply.status, 401, "{headers:?}");
            assert!(reply.headers["www-authenticate"].to_str().unwrap().starts_with("Basic realm="));
            assert!(reply.json()["detail"].is_string());
        }
        for (kind, body, status) in [
            ("application/json", "{not json", 400), ("application/json", "{\"email\": \"a@example.com\",}", 400),
            ("application/json", "// note\n{}", 400), ("application/json", "", 400), ("application/json", "{\"a\": 1e999}", 400),
            ("text/plain", "{}", 415), ("application/x-www-form-urlencoded", "email=a", 415),
        ] {
            let reply = fox.send("POST", PATH, &[("Content-Type", kind)], body).await;
            assert_eq!((reply.status.as_u16(), reply.json()["detail"].is_string()), (status, true), "{kind} {body}");
        }
        assert_eq!(fox.send("POST", PATH, &[], vec![b'"', 0xff, b'"']).await.status, 400);
        assert_eq!(fox.send("POST", PATH, &[], "[".repeat(100_000)).await.status, 400);
        assert_eq!(fox.send("POST", PATH, &[], vec![b' '; 9 * 1024 * 1024]).await.status, 413);
        let wrong = fox.send("DELETE", PATH, &[], "").await;
        assert_eq!((wrong.status.as_u16(), wrong.headers["allow"].to_str().unwrap()), (405, "GET, HEAD, OPTIONS, POST"));
        assert_eq!(fox.send("GET", "/api/v2/public/nothing/", &[], "").await.status, 404);
        // Without a content type, without the slash, with parameters of the type.
        for (path, headers) in [
            ("/api/v2/public/requesters", vec![]), (PATH, vec![("Content-Type", "application/json; charset=utf-8")]),
        ] {
            assert_eq!(fox.send("POST", path, &headers, body.clone()).await.status, 200);
        }
        app.identity.disable_happyfox_key(&app.secrets.happyfox.api_key, app.desk.now()).await.unwrap();
        assert_eq!(fox.send("POST", PATH, &[], body).await.status, 401);
    }

    many_calls_for_one_new_address_make_one(app) {
        let fox = app.happyfox();
        let calls = (0..12).map(|n| {
            let fox = fox.clone();
            async move { taken(&fox, json!({"email": "New@example.com", "name": format!("Name {n}"), "phones": [{"number": "1"}]})).await }
        });
        let made: Vec<Json> = futures_util::future::join_all(calls).await;
        assert!(made.iter().all(|one| one["id"] == made[0]["id"]), "{made:#?}");
        assert_eq!(count(&fox).await, 1);
        assert_eq!(taken(&fox, json!({"email": "new@example.com"})).await["phones"].as_array().unwrap().len(), 1);
    }

    a_technician_is_changed_at_the_desk(app) {
        let fox = app.happyfox();
        let ada = format!("/users/{}", desk::shipped::ADMINISTRATOR);
        app.admin().post("/udf_fields", json!({"udf_field": {"name": "Floor", "field_type": "Single Line", "module": {"name": "user"}}})).await.ok();
        let before = app.admin().get(&ada).await.ok();
        let same = json!({"email": "Ada.Admin@example.com", "name": "Ada Admin"});
        assert_eq!(taken(&fox, same.clone()).await["name"], "Ada Admin", "a whole company is sent, with its technicians");
        let refused = json!({"non_field_errors": ["A technician is changed at the desk."]});
        for change in [json!({"name": "Not Ada"}), json!({"phones": [{"number": "110"}]}), json!({"custom_fields": {"1": "3rd"}})] {
            let mut input = json!({"email": "ada.admin@example.com"});
            input.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
            for path in [PATH.to_owned(), format!("{PATH}?dry_run=true")] {
                let reply = fox.send("POST", &path, &[], input.to_string()).await;
                assert_eq!((reply.status.as_u16(), reply.json()), (422, refused.clone()), "{input}");
            }
            let reply = post(&fox, &json!([{"email": "new@example.com"}, input, same])).await;
            assert_eq!(reply.status, 422);
            let rows = reply.json();
            assert_eq!((&rows[0]["success"], &rows[1]["errors"], &rows[2]["success"]), (&json!(true), &refused, &json!(true)), "{rows}");
        }
        // Nor are they found by their name and number.
        app.admin().put(&ada, json!({"user": {"phone": "110"}})).await.ok();
        let found = json!({"name": "Ada Admin", "phones": [{"number": "110"}, {"number": "112"}]});
        assert_eq!(post(&fox, &found).await.json(), refused);
        let after = app.admin().get(&ada).await.ok();
        for field in ["name", "first_name", "last_name", "email_id", "mobile", "udf_fields"] {
            assert_eq!(before["user"][field], after["user"][field], "{field}");
        }
        assert_eq!(after["user"]["phone"], "110");
    }

    an_address_changes(app) {
        let fox = app.happyfox();
        let change = async |body: Json| fox.send("POST", &format!("{PATH}actions/change-email/"), &[], body.to_string()).await;
        let made = taken(&fox, json!({"email": "old@example.com"})).await;
        taken(&fox, json!({"email": "other@example.com"})).await;
        let done = change(json!({"from_email": "OLD@example.com", "to_email": "new@example.com"})).await;
        assert_eq!((done.status.as_u16(), &done.json()["email"], &done.json()["id"]), (200, &json!("new@example.com"), &made["id"]));
        let spelt = change(json!({"requester_id": made["id"], "to_email": "New@example.com"})).await.json();
        assert_eq!(spelt["email"], "New@example.com");
        let phoned = taken(&fox, json!({"name": "P", "phones": [{"number": "1"}]})).await;
        assert_eq!(change(json!({"requester_id": phoned["id"], "to_email": "p@example.com"})).await.json()["email"], "p@example.com");
        for (body, errors) in [
            (json!({"to_email": "x@example.com"}), json!({"non_field_errors": ["Either from_email or requester_id is required."]})),
            (json!({"from_email": "no@example.com", "to_email": "x@example.com"}), json!({"from_email": ["Requester with email no@example.com does not exist."]})),
            (json!({"requester_id": 9999, "to_email": "x@example.com"}), json!({"requester_id": ["Requester with id 9999 does not exist."]})),
        ] {
            let reply = change(body.clone()).await;
            assert_eq!((reply.status.as_u16(), reply.json()), (422, errors), "{body}");
        }
        for body in [
            json!({"from_email": "new@example.com"}), json!({"from_email": "new@example.com", "to_email": "other@example.com"}),
            json!({"from_email": "new@example.com", "to_email": "nonsense"}), json!({"from_email": "new@example.com", "to_email": 5}),
        ] {
            let reply = change(body.clone()).await;
            assert_eq!((reply.status.as_u16(), reply.json().get("to_email").is_some()), (422, true), "{body}: {}", reply.json());
        }
        let both = change(json!({"from_email": "other@example.com", "requester_id": made["id"], "to_email": "x@example.com"})).await;
        assert_eq!(both.status, 422);
        // Technicians sign in by theirs.
        let taken_over = change(json!({"from_email": "ada.admin@example.com", "to_email": "mallory@example.com"})).await;
        assert_eq!(taken_over.json(), json!({"from_email": ["The address of a technician is changed at the desk."]}));
        assert_eq!(app.admin().get(&format!("/users/{}", desk::shipped::ADMINISTRATOR)).await.ok()["user"]["email_id"], "ada.admin@example.com");
    }
}
