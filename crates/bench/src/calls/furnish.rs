//! What demo desks lack: a request, a problem, a task and an asset with a hundred rows of every kind below them, and one record
//! of each kind of setup that nobody has made. So lists below a record have as many rows as are asked for, the same on every desk.

use super::caller::{Caller, rows};
use crate::Outcome;
use serde_json::{Value, json};

/// So many rows below a record.
const ROWS: usize = 100;
/// So many files of a record that takes no more.
const FILES: usize = 10;

/// Makes all of it.
///
/// # Errors
/// The desk refused something.
pub fn furnish(caller: &mut Caller<'_>) -> Outcome<()> {
    let now = u64::try_from(jiff::Timestamp::now().as_millisecond())?;
    let later = json!({"value": (now + 90_000_000).to_string()});
    let people = ids(caller, "/users")?;
    let technicians = ids(caller, "/technicians")?;
    let owner = technicians.first().ok_or("a desk without technicians")?;
    let work =
        json!({"worklog": {"owner": {"id": owner}, "description": "Measured", "time_spent": {"hours": 1}}});
    let comment = json!({"comment": {"content": "Measured"}});

    let others = ids(caller, "/requests")?;
    let at = made(caller, "/requests", &json!({"request": {"subject": "With a hundred of everything"}}))?;
    let request = at.clone();
    several(caller, &format!("{at}/notes"), &json!({"note": {"description": "Measured"}}))?;
    several(caller, &format!("{at}/tasks"), &json!({"task": {"title": "Measured"}}))?;
    several(caller, &format!("{at}/worklogs"), &work)?;
    several(caller, &format!("{at}/drafts"), &json!({"draft": {"description": "Measured"}}))?;
    several(
        caller,
        &format!("{at}/reminders"),
        &json!({"reminder": {"summary": "Measured", "date": later}}),
    )?;
    several(caller, &format!("{at}/checklists"), &json!({"checklist": {"name": "Measured"}}))?;
    let checklist = first(caller, &format!("{at}/checklists"))?;
    several(
        caller,
        &format!("{checklist}/checklist_items"),
        &json!({"checklist_item": {"name": "Measured"}}),
    )?;
    approvals(caller, &at, &people)?;
    let links: Vec<Value> = others.iter().map(|id| json!({"linked_request": {"id": id}})).collect();
    call(caller, "POST", &format!("{at}/_link_requests"), &json!({"link_requests": links}))?;
    call(caller, "POST", &format!("{at}/_resolutions"), &json!({"resolution": {"content": "Measured"}}))?;
    files(caller, &at, ROWS - FILES)?;
    files(caller, &format!("{at}/resolutions"), FILES)?;
    let note = first(caller, &format!("{at}/notes"))?;
    files(caller, &note, FILES)?;

    let at = made(caller, "/problems", &json!({"problem": {"title": "With a hundred of everything"}}))?;
    several(caller, &format!("{at}/notes"), &json!({"note": {"description": "Measured"}}))?;
    several(caller, &format!("{at}/tasks"), &json!({"task": {"title": "Measured"}}))?;
    several(caller, &format!("{at}/worklogs"), &work)?;
    approvals(caller, &at, &people)?;
    let incidents: Vec<Value> = others.iter().map(|id| json!({"request": {"id": id}})).collect();
    let incidents = json!({"associated_requests": incidents});
    call(caller, "POST", &format!("{at}/_associated_requests"), &incidents)?;
    files(caller, &at, FILES)?;
    let note = first(caller, &format!("{at}/notes"))?;
    files(caller, &note, FILES)?;

    // One task of a request, one of a problem, one of its own.
    let of_problem = first(caller, &format!("{at}/tasks"))?;
    let of_request = first(caller, &format!("{request}/tasks"))?;
    for task in [of_problem, of_request, first(caller, "/tasks")?] {
        several(caller, &format!("{task}/comments"), &comment)?;
        several(caller, &format!("{task}/worklogs"), &work)?;
        files(caller, &task, FILES)?;
    }

    let asset = first(caller, "/assets")?;
    several(caller, &format!("{asset}/costs"), &json!({"cost": {"amount": "1.90"}}))?;
    files(caller, &asset, FILES)?;
    let machine = first(caller, "/workstations")?;
    several(caller, &format!("{machine}/costs"), &json!({"cost": {"amount": "1.90"}}))?;
    files(caller, &machine, FILES)?;
    loan(caller, owner, now, &later)?;
    setup(caller)
}

/// A loan of a hundred assets.
fn loan(caller: &mut Caller<'_>, owner: &str, now: u64, until: &Value) -> Outcome<()> {
    let info = r#"{"row_count":1,"search_criteria":{"field":"product_type.name","condition":"is","value":"Workstation"}}"#;
    let products = caller.json(&caller.get("/products", Some(info)))?;
    let product = products.pointer("/products/0/id").ok_or("no workstation among the products")?;
    let mut lent = Vec::new();
    for n in 0..ROWS {
        let asset = json!({"asset": {
            "name": format!("measured-{n}"), "product": {"id": product}, "state": {"name": "In Store"}, "is_loanable": true,
        }});
        let path = made(caller, "/assets", &asset)?;
        lent.push(json!({"asset": {"id": path.rsplit('/').next()}}));
    }
    let loan = json!({"asset_loan": {
        "loaned_assets": lent, "loaned_to_user": {"id": owner}, "start_time": {"value": now.to_string()}, "due_by_time": until,
    }});
    made(caller, "/asset_loans", &loan).map(drop)
}

/// One of each kind.
fn setup(caller: &mut Caller<'_>) -> Outcome<()> {
    let cycle = made(caller, "/asset_lifecycles", &json!({"asset_lifecycle": {"name": "Measured"}}))?;
    let step = json!({"transition": {"from_state": {"name": "In Store"}, "to_state": {"name": "In Use"}}});
    made(caller, &format!("{cycle}/transitions"), &step)?;
    let view = json!({"saved_view": {"name": "Measured", "module": "requests", "query": "x=1"}});
    made(caller, "/saved_views", &view)?;
    let template = json!({"task_template": {"name": "Measured", "title": "Measured"}});
    made(caller, "/task_templates", &template)?;
    let suggested = json!({"ci_type_relationship": {
        "relationship_type": {"name": "Depends On"}, "parent_ci_type": {"name": "ci_computer"},
        "child_ci_type": {"name": "ci_server"},
    }});
    made(caller, "/ci_type_relationships", &suggested).map(drop)
}

/// A level of approval, and as many who are asked as there are people, a hundred at most.
fn approvals(caller: &mut Caller<'_>, at: &str, people: &[String]) -> Outcome<()> {
    let level = made(caller, &format!("{at}/approval_levels"), &json!({"approval_level": {}}))?;
    for person in people {
        made(caller, &format!("{level}/approvals"), &json!({"approval": {"approver": {"id": person}}}))?;
    }
    Ok(())
}

fn several(caller: &mut Caller<'_>, list: &str, body: &Value) -> Outcome<()> {
    let call = caller.send("POST", list, body);
    (0..ROWS).try_for_each(|_| caller.json(&call).map(drop))
}

/// Files with next to nothing in them, attached where they show.
fn files(caller: &mut Caller<'_>, at: &str, count: usize) -> Outcome<()> {
    let call = upload(caller, &format!("{at}/_uploads"), b"measured");
    (0..count).try_for_each(|_| caller.json(&call).map(drop))
}

/// A call that attaches a file.
pub fn upload(caller: &Caller<'_>, path: &str, file: &[u8]) -> Vec<u8> {
    let part = |name: &str| format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"");
    let begin = format!("{}; filename=\"measured.txt\"\r\n\r\n", part("input_file"));
    let end = format!("\r\n{}\r\n\r\ntrue\r\n--b--\r\n", part("addtoattachment"));
    let length = begin.len() + file.len() + end.len();
    let head = format!(
        "POST /api/v3{path} HTTP/1.1\r\nHost: desk\r\nauthtoken: {}\r\nContent-Type: multipart/form-data; boundary=b\r\n\
         Content-Length: {length}\r\n\r\n{begin}",
        caller.server.key
    );
    [head.as_bytes(), file, end.as_bytes()].concat()
}

fn call(caller: &mut Caller<'_>, method: &str, path: &str, body: &Value) -> Outcome<Value> {
    caller.json(&caller.send(method, path, body))
}

/// Adds a record; its path.
pub fn made(caller: &mut Caller<'_>, list: &str, body: &Value) -> Outcome<String> {
    let answer = call(caller, "POST", list, body)?;
    let mut members = answer.as_object().into_iter().flatten();
    let id = members.find_map(|(_, record)| record.get("id").and_then(Value::as_str));
    Ok(format!("{list}/{}", id.ok_or_else(|| format!("what was added to {list} has no id"))?))
}

/// The path of the first record of a list.
pub fn first(caller: &mut Caller<'_>, list: &str) -> Outcome<String> {
    let id = ids(caller, list)?.into_iter().next().ok_or_else(|| format!("{list} is empty"))?;
    Ok(format!("{list}/{id}"))
}

/// The ids of the first hundred records of a list.
pub fn ids(caller: &mut Caller<'_>, list: &str) -> Outcome<Vec<String>> {
    let answer = caller.json(&caller.get(list, Some(r#"{"row_count":100}"#)))?;
    let rows = rows(&answer).unwrap_or_default();
    let id = |row: &Value| row.get("id").and_then(Value::as_str).map(str::to_owned);
    Ok(rows.iter().filter_map(id).collect())
}
