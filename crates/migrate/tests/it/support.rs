//! Desks to copy, and copies of them.

use connector::{Client, Connection, Manners, Upload};
use desk::{Context, Scopes};
use migrate::{Difference, Migration, Patience};
use serde_json::{Value as Json, json};
use std::time::Duration;
use testkit::{App, Engine, Port};

/// The administrator of a desk.
pub async fn admin(app: &App) -> Context {
    let caller = app.desk.caller(desk::shipped::ADMINISTRATOR).await.unwrap();
    Context::new(caller, Scopes::all(), app.desk.now(), app.desk.snapshot().settings.zone.clone())
}

/// Limits that let a test end soon.
pub fn quick() -> Manners {
    let mut manners = Manners::default();
    manners.backoff = Duration::from_millis(2);
    manners.backoff_max = Duration::from_millis(20);
    manners
}

/// The administrator's client.
pub fn client(port: &Port, app: &App) -> Client {
    let connection = Connection::technician_key(&port.origin, app.secrets.technician_key.as_str()).unwrap();
    Client::builder(connection).manners(quick()).build().unwrap()
}

/// The copy of what `client` speaks to into `here`.
pub async fn migration(client: Client, here: &App) -> Migration {
    let patience =
        Patience { times: 50, pause: Duration::from_millis(2), pause_max: Duration::from_millis(20) };
    Migration::new(here.desk.clone(), here.identity.clone(), admin(here).await, client)
        .with_patience(patience)
}

/// All differences, as they are told.
pub async fn differences(migration: &Migration) -> Vec<String> {
    let mut told = Vec::new();
    let mut each = |difference: &Difference| told.push(difference.to_string());
    migration.verify(&|_| {}, &mut each).await.unwrap();
    told
}

/// The id of what an answer holds under a key.
pub fn id(answer: &Json, key: &str) -> String {
    answer[key]["id"].as_str().unwrap_or_else(|| panic!("{answer:#}")).to_owned()
}

/// Attaches a file to a record by its path.
pub async fn attach(desk: &Client, record: &str, name: &str, bytes: &str) {
    let file = Upload::bytes(name, bytes.to_owned()).content_type("text/plain");
    desk.upload(record, &file).await.unwrap();
}

/// A new request, by its subject; gives its id.
pub async fn new_request(desk: &Client, subject: &str) -> String {
    id(&post(desk, "/requests", json!({"request": {"subject": subject}})).await, "request")
}

/// A desk with something of everything: what the demo has, and what it lacks.
pub async fn furnished(requests: u64) -> App {
    let there = App::start(Engine::Sqlite).await.unwrap();
    there.desk.demo(requests, 7, &mut |_| {}).await.unwrap();
    // Over a port: a call in place is deep, and threads of tests have short stacks.
    let port = Port::of(&there).await;
    let desk = client(&port, &there);
    fields(&desk).await;
    left_out_of_lists(&desk).await;
    cis(&desk).await;
    machine(&desk).await;
    let main = request(&desk).await;
    files(&desk, &main).await;
    work(&desk, &main).await;
    approval(&desk, &main).await;
    let held = format!("/requests/{}", new_request(&desk, "Held").await);
    desk.put(&held, &json!({"request": {"status": {"name": "On Hold"}}})).await.unwrap();
    there.clock.advance(7_200_000);
    let other = new_request(&desk, "Linked").await;
    let links = json!({"link_requests": [{"linked_request": {"id": other}, "comments": "alike"}]});
    post(&desk, &format!("{main}/link_requests"), links).await;
    there
}

/// What a desk answers to an input.
pub async fn post(desk: &Client, path: &str, input: Json) -> Json {
    desk.post(path, &input).await.unwrap()
}

/// Additional fields of requests.
async fn fields(desk: &Client) {
    for (key, kind) in [("txt_floor", "Single Line"), ("num_ticket", "Auto Number"), ("many", "Multi Select")]
    {
        let mut field =
            json!({"name": key, "field_key": key, "field_type": kind, "module": {"name": "request"}});
        if key == "many" {
            field["allowed_values"] = json!([{"value": "a"}, {"value": "b"}]);
        }
        post(desk, "/udf_fields", json!({"udf_field": field})).await;
    }
    post(desk, "/tags", json!({"tag": {"name": "loud"}})).await;
}

/// A person who left, a mode that is deleted and a request that has it, a request in the trash.
async fn left_out_of_lists(desk: &Client) {
    let lena = json!({"name": "Lena Left", "email_id": "lena.left@example.com", "phone": "+49 30 1", "mobile": "0171 2",
        "reporting_to": {"name": "Ada Admin"}});
    let left = id(&post(desk, "/users", json!({"user": lena})).await, "user");
    desk.put(&format!("/users/{left}"), &json!({"user": {"inactive": true}})).await.unwrap();
    let mode = id(&post(desk, "/modes", json!({"mode": {"name": "Fax"}})).await, "mode");
    post(desk, "/requests", json!({"request": {"subject": "By fax", "mode": {"id": mode}}})).await;
    desk.delete(&format!("/modes/{mode}")).await.unwrap();
    let trashed = new_request(desk, "Thrown away").await;
    desk.delete(&format!("/requests/{trashed}")).await.unwrap();
}

/// A type of CI with attributes, CIs of it, how they hang together.
async fn cis(desk: &Client) {
    let kind =
        id(&post(desk, "/ci_types", json!({"ci_type": {"display_name": "Load Balancer"}})).await, "ci_type");
    let attribute = json!({"ci_attribute": {"name": "VIP", "field_type": "Single Line"}});
    let made = post(desk, &format!("/ci_types/{kind}/ci_attributes"), attribute).await;
    let key = made["ci_attribute"]["field_key"].as_str().unwrap();
    let mut ends = Vec::new();
    for name in ["lb-1", "lb-2"] {
        let mut ci = json!({"name": name, "ci_attributes": {}});
        ci["ci_attributes"][key] = json!(format!("{name}.example.com"));
        let made = post(desk, "/cmdb/ci_load_balancer", json!({"ci_load_balancer": ci})).await;
        ends.push(id(&made, "ci_load_balancer"));
    }
    let row = json!({"relationship_type": {"name": "Depends On"}, "child_ci": {"id": ends[1]}});
    post(desk, &format!("/cmdb/{}/ci_relationships", ends[0]), json!({"ci_relationships": [row]})).await;
}

/// A machine with its inventory, which only its own path shows, lent to somebody.
async fn machine(desk: &Client) {
    let product = json!({"product": {"name": "ThinkStation", "product_type": {"name": "Workstation"}}});
    post(desk, "/products", product).await;
    let machine = json!({"asset_workstation": {"name": "ws-77", "product": {"name": "ThinkStation"}, "is_loanable": true,
        "operating_system": {"os": "Debian"}, "memory": {"physical_memory": "17179869184"}, "ip_addresses": ["192.0.2.7"],
        "processors": [{"name": "cpu0", "cores": 8}]}});
    let asset = id(&post(desk, "/asset_workstations", machine).await, "asset_workstation");
    attach(desk, &format!("/assets/{asset}"), "invoice.txt", "of the asset").await;
    let cost = json!({"cost": {"amount": "19.90", "description": "Battery"}});
    post(desk, &format!("/assets/{asset}/costs"), cost).await;
    let loan = json!({"asset_loan": {"loaned_assets": [{"asset": {"id": asset}}], "loaned_to_user": {"name": "Ada Admin"},
        "start_time": {"value": testkit::START.to_string()}, "due_by_time": {"value": (testkit::START + 900_000_000).to_string()}}});
    post(desk, "/asset_loans", loan).await;
}

/// A request that will have everything below it; its path.
async fn request(desk: &Client) -> String {
    let request = json!({"request": {"subject": "Käse & <Tee>", "description": "<p>Two\nlines</p>",
        "udf_fields": {"txt_floor": "3", "many": ["a", "b"]}, "tags": [{"name": "loud"}],
        "due_by_time": {"value": (testkit::START + 1000).to_string()}}});
    format!("/requests/{}", id(&post(desk, "/requests", request).await, "request"))
}

async fn files(desk: &Client, at: &str) {
    let note =
        post(desk, &format!("{at}/notes"), json!({"note": {"description": "<b>zitronengelb</b>"}})).await;
    attach(desk, &format!("{at}/notes/{}", id(&note, "note")), "note.txt", "of the note").await;
    attach(desk, at, "größe.txt", &"x".repeat(100_000)).await;
    attach(desk, &format!("{at}/resolutions"), "fix.txt", "of the resolution").await;
    let resolution = json!({"resolution": {"content": "Turned it off and on"}});
    post(desk, &format!("{at}/resolutions"), resolution).await;
}

async fn work(desk: &Client, at: &str) {
    let task = json!({"task": {"title": "Look", "owner": {"name": "Ada Admin"}}});
    let task = id(&post(desk, &format!("{at}/tasks"), task).await, "task");
    post(desk, &format!("/tasks/{task}/comments"), json!({"comment": {"content": "Looked"}})).await;
    let reminder = json!({"summary": "Call", "date": {"value": (testkit::START + 90_000_000).to_string()}});
    post(desk, &format!("{at}/reminders"), json!({"reminder": reminder})).await;
    let list = post(desk, &format!("{at}/checklists"), json!({"checklist": {"name": "Steps"}})).await;
    let items = format!("{at}/checklists/{}/checklist_items", id(&list, "checklist"));
    post(desk, &items, json!({"checklist_item": {"name": "One", "completed": true}})).await;
    post(desk, &format!("{at}/drafts"), json!({"draft": {"description": "later"}})).await;
    // A task of its own, with a worklog.
    let task = id(&post(desk, "/tasks", json!({"task": {"title": "Water the plants"}})).await, "task");
    let work = json!({"owner": {"name": "Ada Admin"}, "time_spent": {"value": 90_061_000}});
    post(desk, &format!("/tasks/{task}/worklogs"), json!({"worklog": work})).await;
}

async fn approval(desk: &Client, at: &str) {
    let level = post(desk, &format!("{at}/approval_levels"), json!({"approval_level": {"level": 1}})).await;
    let ask = json!({"approval": {"approver": {"id": ::desk::shipped::ADMINISTRATOR.to_string()}}});
    post(desk, &format!("{at}/approval_levels/{}/approvals", id(&level, "approval_level")), ask).await;
}
