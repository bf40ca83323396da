//! `frontdesk requester-fields`, beside a server that runs.

use serde_json::{Value, json};

use crate::binary::{Desk, output, refusal, scratch};

#[test]
fn fields_are_managed_beside_a_running_server() {
    let dir = scratch();
    let first = output(&dir, &["init", "--json"]);
    let secrets: Value = serde_json::from_slice(&first.stdout).unwrap();
    let key = secrets["technician_key"].as_str().unwrap();
    let desk = Desk::serve(&dir, &[]);
    let run = |arguments: &[&str]| {
        let done = output(&dir, &[&["requester-fields", "--json"], arguments].concat());
        assert!(done.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
        serde_json::from_slice::<Value>(&done.stdout).unwrap()
    };
    let department = run(&[
        "add",
        "--id",
        "8",
        "--type",
        "dropdown",
        "--name",
        "Department",
        "--option",
        "4=Sales",
        "--option",
        "IT",
        "--mandatory",
    ]);
    let expected = json!({"id": 8, "name": "Department", "type": "dropdown", "mandatory": true,
        "options": [{"id": 4, "name": "Sales"}, {"id": 1, "name": "IT"}]});
    assert_eq!(department, expected);
    run(&["add", "--type", "text", "--name", "Nick", "--order", "1"]);
    assert_eq!(run(&["change", "8", "--mandatory", "false", "--name", "Team"])["name"], "Team");
    let of_users = "/api/v3/udf_fields?input_data=%7B%22list_info%22%3A%7B%22search_fields%22%3A%7B%22module.name%22%3A%22user%22%7D%7D%7D";
    // The server follows, with the field and with what people have in it.
    let seen = |what: &str| {
        let begun = std::time::Instant::now();
        loop {
            let fields = desk.call("GET", of_users, key, "");
            if fields.contains(what) {
                return;
            }
            assert!(begun.elapsed().as_secs() < 30, "no {what} in {fields}");
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
    };
    seen("Team");
    let input = r#"input_data={"user": {"name": "Rob", "email_id": "rob@example.com", "udf_fields": {"txt_department": "IT"}}}"#;
    let made = desk.call("POST", "/api/v3/users", key, input);
    let made: Value = serde_json::from_str(&made[made.find('{').unwrap()..]).unwrap();
    let user = format!("/api/v3/users/{}", made["user"]["id"].as_str().unwrap());
    assert!(desk.call("GET", &user, key, "").contains("\"IT\""));
    let listed = run(&["list"]);
    let ids: Vec<&Value> = listed.as_array().unwrap().iter().map(|field| &field["id"]).collect();
    assert_eq!(ids, [1, 8]);
    // A file as list writes it, changed.
    let mut file = listed;
    file[1]["options"][1]["name"] = json!("Information Technology");
    file[1]["order"] = json!(1);
    file.as_array_mut().unwrap().swap(0, 1);
    file.as_array_mut().unwrap().push(json!({"name": "Started", "type": "date"}));
    std::fs::write(dir.join("fields.json"), file.to_string()).unwrap();
    let applied = run(&["apply", "fields.json"]);
    assert_eq!(applied[0]["options"][1], json!({"id": 1, "name": "Information Technology"}));
    assert_eq!(run(&["list"]), applied, "in the order of the file");
    seen("Information Technology");
    let person = desk.call("GET", &user, key, "");
    assert!(person.contains("Information Technology"), "{person}");
    assert_eq!(run(&["remove", "1"]), json!({"removed": 1}));
    let table = output(&dir, &["requester-fields", "list"]);
    let table = String::from_utf8(table.stdout).unwrap();
    assert!(table.contains("4=Sales, 1=Information Technology") && !table.contains("Nick"), "{table}");
    desk.stop();
}

#[test]
fn what_cannot_be_is_refused_in_one_line() {
    let dir = scratch();
    assert!(output(&dir, &["init", "--json"]).status.success());
    std::fs::write(dir.join("no.json"), "{").unwrap();
    std::fs::write(dir.join("bad.json"), r#"[{"name": "A", "type": "text"}, {"name": 5, "type": "x"}]"#)
        .unwrap();
    std::fs::write(
        dir.join("taken.json"),
        r#"[{"name": "A", "type": "text"}, {"id": 5, "name": "a", "type": "date"}]"#,
    )
    .unwrap();
    for (arguments, expected) in [
        (
            vec!["add", "--type", "colour", "--name", "X"],
            "frontdesk: --type colour: not one of text, dropdown, multi_select, date, number",
        ),
        (vec!["add", "--type", "text"], "frontdesk: name: This field is required."),
        (vec!["change", "7", "--name", "X"], "frontdesk: there is no field with this id"),
        (vec!["remove", "7"], "frontdesk: there is no field with this id"),
        (vec!["apply", "none.json"], "frontdesk: none.json: No such file or directory (os error 2)"),
        (
            vec!["apply", "no.json"],
            "frontdesk: no.json: not JSON: EOF while parsing an object at line 1 column 1",
        ),
        (
            vec!["apply", "bad.json"],
            "frontdesk: field 2, name: Not a valid string.; field 2, type: \"x\" is not one of text, dropdown, multi_select, date, number.",
        ),
        (vec!["apply", "taken.json"], "frontdesk: field 2, name: Field 1 has this name already."),
        (vec!["list", "--as", "nobody@example.com"], "frontdesk: user: there is no user nobody@example.com"),
    ] {
        let arguments = [&["requester-fields"], &arguments[..]].concat();
        assert_eq!(refusal(&output(&dir, &arguments), 2), expected);
    }
}
