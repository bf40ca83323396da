//! What a copy is like.

use crate::support::{client, differences, furnished, migration};
use testkit::{Act, App, Port, on_both_engines};

/// Copies, and compares the two.
async fn copied(there: &App, port: &Port, here: &App) {
    let copy = migration(client(port, there), here).await;
    here.clock.advance(there.desk.now() - here.desk.now());
    let outcome = copy.copy(&|_| {}).await.unwrap();
    assert!(outcome.not_shown.is_empty(), "{:#?}", outcome.not_shown);
    assert_eq!(copy.remarks(None).await.unwrap(), Vec::new());
    let found = differences(&copy).await;
    assert!(found.is_empty(), "{} differences\n{}", found.len(), found[..found.len().min(40)].join("\n"));
}

on_both_engines! {
    everything_is_copied(here) {
        let there = furnished(150).await;
        let port = Port::of(&there).await;
        copied(&there, &port, here).await;
        assert!(port.seen().iter().any(|call| call.uri.path() == "/api/v3/requests/notes"));
    }

    a_service_that_shows_rows_of_one_record_only_is_copied_all_the_same(here) {
        let there = furnished(40).await;
        let lists = ["/api/v3/history", "/api/v3/requests/", "/api/v3/problems/", "/api/v3/tasks/", "/api/v3/assets/"];
        let port = Port::with(Some(&there), move |_, call| {
            let path = call.uri.path();
            let below = lists.iter().any(|list| {
                path.strip_prefix(list).is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_digit()))
            });
            if below { Act::Answer(404, Vec::new(), "{}".into()) } else { Act::Pass }
        })
        .await;
        copied(&there, &port, here).await;
    }
}

on_both_engines! {
    differences_are_found_and_told(here) {
        let there = furnished(20).await;
        let port = Port::of(&there).await;
        copied(&there, &port, here).await;
        let copy = migration(client(&port, &there), here).await;
        let list = |subject: &str| serde_json::json!({"search_criteria": [{"field": "subject", "condition": "is", "value": subject}]});
        let found = here.admin().list("/requests", list("Käse & <Tee>")).await.ok();
        let id = found["requests"][0]["id"].as_str().unwrap().to_owned();
        let at = format!("/requests/{id}");
        let note = here.admin().get(&format!("{at}/notes")).await.ok()["notes"][0]["id"].as_str().unwrap().to_owned();
        here.admin().delete(&format!("{at}/notes/{note}")).await.ok();
        here.admin().put(&at, serde_json::json!({"request": {"subject": "Tea", "udf_fields": {"txt_floor": "4"}}})).await.ok();
        here.admin().delete(&format!("/requests/{}", here.admin().new_request("Mine").await)).await.ok();
        let file = there.admin().get(&at).await.ok()["request"]["attachments"][0]["id"].as_str().unwrap().to_owned();
        let place = here.desk.place_of_file(model::Id::new(file.parse().unwrap())).await.unwrap();
        std::fs::write(place, "cut").unwrap();
        let found = differences(&copy).await;
        let has = |line: String| assert!(found.contains(&line), "{line}\n{}", found.join("\n"));
        has(format!("request {id}: subject: \"Käse & <Tee>\" in the source, \"Tea\" here"));
        has(format!("request {id}: udf_fields.txt_floor: \"3\" in the source, \"4\" here"));
        has(format!("request_note {note}: not here"));
        has(format!("attachment {file}: bytes: 100000 bytes in the source, 3 bytes here"));
        let history = found.iter().filter(|line| line.ends_with(": here, and not in the source")).count();
        assert!(history >= 2, "{}", found.join("\n"));
    }

    a_desk_that_has_records_of_its_own_takes_others_beside_them(here) {
        let there = furnished(20).await;
        let port = Port::of(&there).await;
        // The same numbers, a person and a status of the same names, and a thing that is called alike.
        let own = here.admin().new_request("Mine").await;
        let (lena, _) = here.person("Lena Left", serde_json::json!({})).await;
        let tag = here.admin().post("/tags", serde_json::json!({"tag": {"name": "LOUD"}})).await.ok();
        here.clock.advance(there.desk.now() - here.desk.now());
        let copy = migration(client(&port, &there), here).await;
        copy.copy(&|_| {}).await.unwrap();
        let remarks = copy.remarks(None).await.unwrap();
        let told: Vec<String> = remarks.iter().map(|r| format!("{} {}: {}", r.module, r.field, r.words)).collect();
        assert_eq!(told.len(), 1, "{remarks:?}");
        assert!(told[0].starts_with("request display_id: 1 is taken here; it is "), "{told:?}");
        let mine = here.admin().get(&format!("/requests/{own}")).await.ok();
        assert_eq!((&mine["request"]["subject"], &mine["request"]["display_id"]), (&"Mine".into(), &"1".into()));
        let left = here.admin().get(&format!("/users/{lena}")).await.ok();
        assert_eq!((&left["user"]["phone"], &left["user"]["inactive"]), (&"+49 30 1".into(), &true.into()));
        // What happened here to the person before is here still.
        let own = |line: &String| line.starts_with("history ") && line.ends_with(": here, and not in the source");
        let found: Vec<String> = differences(&copy).await.into_iter().filter(|line| !own(line)).collect();
        assert!(found.iter().all(|line| line.contains(": display_id: ")) && found.len() == 1, "{}", found.join("\n"));
        let tags = here.admin().get("/tags").await.ok();
        let loud: Vec<&serde_json::Value> =
            tags["tags"].as_array().unwrap().iter().filter(|t| t["name"].as_str().unwrap().eq_ignore_ascii_case("loud")).collect();
        assert_eq!((loud.len(), &loud[0]["id"], &loud[0]["name"]), (1, &tag["tag"]["id"], &"loud".into()));
        // Numbers go on from behind what came.
        let next = here.admin().new_request("Next").await;
        let next = here.admin().get(&format!("/requests/{next}")).await.ok();
        assert!(next["request"]["display_id"].as_str().unwrap().parse::<u32>().unwrap() > 25, "{next}");
        // What was copied is found by its words, those of its notes among them.
        let words = here.admin().list("/requests", serde_json::json!({"search_text": "zitronengelb"})).await.ok();
        assert_eq!(words["requests"][0]["subject"], "Käse & <Tee>");
    }
}
