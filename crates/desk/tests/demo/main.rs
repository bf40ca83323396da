//! The demo company: the same again for the same seed, and consistent in itself.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "in a test, what does not work must stop it"
)]

mod estate;
mod parts;
mod zones;

use desk::demo::{DemoSummary, Stage};
use desk::{Clock, Context, Desk, DeskError, DeskOptions, Place, Refusal, Scopes, shipped};
use model::record::ids_of;
use model::{Change, Filter, Id, Kind, Op, Patch, Record, SortKey, Value};
use std::collections::{HashMap, HashSet};
use std::fmt::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use store::Query;
use store::engine::{Db, SqliteOptions};

/// 2026-11-24 10:00:00 UTC.
const NOW: i64 = 1_795_514_400_000;
const SEED: u64 = 1;
/// How the rows of a page are found whose ids were sorted.
const ROWS_OF_PAGE: &str = "t0.\"id\" IN (SELECT t0";

#[derive(Debug)]
struct Still(i64);

impl Clock for Still {
    fn now_ms(&self) -> i64 {
        self.0
    }
}

/// A desk in a folder that goes away with it.
struct Home {
    desk: Arc<Desk>,
    dir: PathBuf,
}

impl Drop for Home {
    fn drop(&mut self) {
        let _left = std::fs::remove_dir_all(&self.dir);
    }
}

async fn new_desk(now: i64) -> Home {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let base = std::env::var_os("FRONTDESK_DEMO_DIR").map_or_else(std::env::temp_dir, PathBuf::from);
    let name = format!("frontdesk-demo-{}-{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
    let dir = base.join(name);
    let db = Db::open_sqlite(&dir.join("frontdesk.db"), SqliteOptions::default()).await.unwrap();
    let options = DeskOptions { files_dir: dir.join("files"), clock: Arc::new(Still(now)), node: 0 };
    let desk = Desk::open(db, options).await.unwrap();
    let first = shipped::FirstRows {
        admin_email: "ada.admin@example.com",
        password_hash: "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$AAAAAAAAAAAAAAAAAAAAAA",
        portal_name: "Example IT",
        now: NOW,
    };
    desk.initialise(&first, Vec::new()).await.unwrap();
    Home { desk, dir }
}

async fn filled(requests: u64, seed: u64) -> (Home, DemoSummary) {
    filled_at(NOW, requests, seed).await
}

async fn filled_at(now: i64, requests: u64, seed: u64) -> (Home, DemoSummary) {
    let place = new_desk(now).await;
    let mut seen = Vec::new();
    let summary = place.desk.demo(requests, seed, &mut |p| seen.push(p)).await.unwrap();
    assert_eq!(seen.last().map(|p| (p.done, p.total, p.stage)), Some((requests, requests, Stage::Search)));
    assert!(seen.is_sorted_by_key(|p| p.done));
    (place, summary)
}

async fn all(desk: &Desk, module: &str) -> Vec<Record> {
    let module = desk.snapshot().module(module).unwrap().clone();
    desk.store().list(&Query::new(module, Filter::everything(), 10_000_000)).await.unwrap()
}

/// Every record of every table.
async fn everything(desk: &Desk) -> Vec<Record> {
    let snapshot = desk.snapshot();
    let mut records = Vec::new();
    for module in snapshot.catalogue.modules().iter().filter(|m| m.fixed.is_none()) {
        let mut found = all(desk, &module.name).await;
        if module.name == "ci" {
            found = estate::with_attributes(desk, &found).await;
        }
        records.extend(found);
    }
    records
}

async fn context(desk: &Desk) -> Context {
    let caller = desk.caller(shipped::ADMINISTRATOR).await.unwrap();
    Context::new(caller, Scopes::all(), desk.now(), desk.snapshot().settings.zone.clone())
}

async fn add_request(desk: &Desk, subject: &str) -> Record {
    let module = desk.snapshot().module("request").unwrap().clone();
    let mut patch = Patch::default();
    patch.set(module.slot("subject").unwrap(), Change::Value(subject.into()));
    desk.add(&context(desk).await, &Place::top(module), &patch).await.unwrap().record
}

fn ids(records: &[Record]) -> Vec<Id> {
    records.iter().map(Record::id).collect()
}

/// The same records without anything that is kept in memory.
fn bare(desk: &Desk) -> store::Store {
    store::Store::new(desk.store().db().clone())
}

/// A task that looks at what was written all the time.
struct Tending(Arc<AtomicBool>, tokio::task::JoinHandle<()>);

impl Tending {
    fn begin(desk: &Arc<Desk>) -> Self {
        let ended = Arc::new(AtomicBool::new(false));
        let task = tokio::spawn({
            let (desk, ended) = (desk.clone(), ended.clone());
            async move {
                while !ended.load(Ordering::Relaxed) {
                    desk.tend_zones().await.unwrap();
                    tokio::task::yield_now().await;
                }
            }
        });
        Self(ended, task)
    }

    async fn end(self) {
        self.0.store(true, Ordering::Relaxed);
        self.1.await.unwrap();
    }
}

#[tokio::test]
async fn the_same_seed_gives_the_same_company() {
    let dump = async |seed| {
        let (place, summary) = filled(600, seed).await;
        let mut text = format!("{summary:?}\n");
        for record in everything(&place.desk).await {
            writeln!(
                text,
                "{} {} {:?}",
                record.module.name,
                record.version,
                record.values().collect::<Vec<_>>()
            )
            .unwrap();
        }
        text
    };
    let (one, again, other) = (dump(SEED).await, dump(SEED).await, dump(2).await);
    assert!(one == again);
    assert!(one != other);
}

#[tokio::test]
async fn the_clock_changes_times_and_what_follows_from_them_only() {
    let dump = async |now: i64, timeless: bool| {
        let (place, _) = filled_at(now, 600, SEED).await;
        let mut text = String::new();
        for record in everything(&place.desk).await {
            let kept = !timeless
                || ["request", "user", "category", "subcategory", "item", "support_group", "site"]
                    .contains(&record.module.name.as_ref());
            if record.id().is_shipped() || !kept {
                continue;
            }
            write!(text, "{} {}", record.module.name, record.id()).unwrap();
            for (slot, leaf) in record.module.leaves().iter().enumerate() {
                let follows = |path: &str| {
                    let words = [
                        "time",
                        "status",
                        "is_",
                        "has_",
                        "stopped",
                        "late",
                        "resolution.",
                        "closure_info.",
                        "onhold",
                        "count",
                    ];
                    path == "technician"
                        || path == "last_updated_by"
                        || words.iter().any(|w| path.contains(w))
                };
                if !(timeless && (matches!(leaf.field.kind, Kind::Time | Kind::Date) || follows(&leaf.path)))
                {
                    write!(text, " {}={:?}", leaf.path, record.at(slot)).unwrap();
                }
            }
            text.push('\n');
        }
        text
    };
    let minutes = 60_000;
    assert!(dump(NOW, false).await == dump(NOW + 59 * minutes, false).await, "the same within an hour");
    let (one, other) = (dump(NOW, true).await, dump(NOW + 31 * 24 * 60 * minutes + 7 * minutes, true).await);
    let different = one.lines().zip(other.lines()).find(|(a, b)| a != b);
    assert!(one == other, "{different:?}");
}

#[tokio::test]
async fn everything_fits_together() {
    let (place, summary) = filled(2_000, SEED).await;
    let desk = &place.desk;
    let records = everything(desk).await;
    let by_id: HashMap<Id, &Record> = records.iter().map(|r| (r.id(), r)).collect();
    assert_eq!(by_id.len(), records.len(), "no id is given twice");
    let of = |module: &str| records.iter().filter(|r| r.module.name == module).collect::<Vec<_>>();
    let requests = of("request");
    assert_eq!((requests.len(), summary.requests), (2_000, 2_000));
    assert_eq!(of("user").len() as u64, summary.people + summary.technicians + 2);
    let shipped_rows = records.iter().filter(|r| r.id().is_shipped()).count() as u64;
    assert_eq!(summary.rows, records.len() as u64 - shipped_rows);

    for record in &records {
        references_resolve(record, &by_id);
        if !record.id().is_shipped() {
            assert!(record.id() > Id::shipped(999_999_999_999), "{}", record.id());
            assert!(record.id() < desk.fresh_id(), "{}", record.id());
        }
        texts_are_short_enough(record);
    }
    ids_follow_time(&requests);
    for request in &requests {
        times_are_in_order(request);
        filed_well(request, &by_id);
        if request.is("is_trashed") || request.int("unreplied_count").is_none() {
            panic!("{request:?}");
        }
    }
    flags_match_rows(&requests, &records);
    history_is_told(&requests, &of("history"), &by_id);
    shares_are_believable(&requests, &records);
    words_are_found(desk, &requests, &of("request_note")).await;
    estate::fits_together(desk, &records, &by_id, summary).await;

    let next = add_request(desk, "The next one").await;
    assert_eq!(next.int("display_id"), Some(2_001));
    assert!(requests.iter().all(|r| r.id() < next.id()));
}

fn references_resolve(record: &Record, by_id: &HashMap<Id, &Record>) {
    for (slot, leaf) in record.module.leaves().iter().enumerate() {
        let Some(target) = leaf.target() else { continue };
        let ids = match record.at(slot) {
            Value::Null => continue,
            Value::Int(id) => vec![Id::new(*id)],
            list => ids_of(list),
        };
        for id in ids {
            let found =
                by_id.get(&id).unwrap_or_else(|| panic!("{} {} → {id}", record.module.name, leaf.path));
            let table = if matches!(target, "technician" | "requester") { "user" } else { target };
            let whole = if found.module.table == "ci" { "ci" } else { found.module.name.as_ref() };
            assert_eq!(whole, table, "{} {}", record.module.name, leaf.path);
            assert!(
                target != "technician" || found.is("is_technician"),
                "{} {}",
                record.module.name,
                leaf.path
            );
        }
    }
}

fn texts_are_short_enough(record: &Record) {
    for (slot, leaf) in record.module.leaves().iter().enumerate() {
        let (Kind::Text { max } | Kind::Html { max }) = leaf.field.kind else { continue };
        if let Some(text) = record.at(slot).as_str() {
            assert!(text.chars().count() <= max, "{} {}: {text}", record.module.name, leaf.path);
            assert!(!text.contains('{') || leaf.path != "subject", "{text}");
        }
    }
}

fn ids_follow_time(requests: &[&Record]) {
    let mut sorted = requests.to_vec();
    sorted.sort_by_key(|r| r.id());
    assert!(sorted.is_sorted_by_key(|r| r.int("created_time")));
    let numbers: Vec<i64> = sorted.iter().filter_map(|r| r.int("display_id")).collect();
    assert_eq!(numbers, (1..=2_000).collect::<Vec<_>>());
}

fn times_are_in_order(request: &Record) {
    let times: Vec<i64> =
        ["created_time", "assigned_time", "responded_time", "resolved_time", "completed_time"]
            .iter()
            .filter_map(|path| request.int(path))
            .collect();
    assert!(times.is_sorted() && *times.last().unwrap() < NOW, "{request:?}");
    let created = times[0];
    for due in ["due_by_time", "first_response_due_by_time"] {
        assert!(request.int(due).is_some_and(|due| due > created), "{request:?}");
    }
    assert!(request.int("last_updated_time").is_some_and(|t| t >= created && t < NOW));
    assert!(request.int("stopped_ms").unwrap_or(0) >= 0);
    for (due, flag, stops) in [
        ("due_by_time", "ended_late", &["resolved_time", "completed_time", "stopped_since"][..]),
        (
            "first_response_due_by_time",
            "response_late",
            &["responded_time", "resolved_time", "completed_time", "stopped_since"],
        ),
    ] {
        let stopped = stops.iter().filter_map(|path| request.int(path)).min();
        assert_eq!(request.is(flag), stopped > request.int(due), "{request:?}");
    }
}

fn filed_well(request: &Record, by_id: &HashMap<Id, &Record>) {
    let at = |path: &str| request.reference(path).map(|id| by_id[&id]);
    let status = at("status").unwrap();
    let (open, stops) = (status.is("in_progress"), status.is("stop_timer"));
    assert_eq!(request.int("stopped_since").is_some(), stops);
    assert!(!open || (request.int("resolved_time").is_none() && request.int("completed_time").is_none()));
    match status.text("internal_name").unwrap() {
        "Resolved" => {
            assert!(request.int("resolved_time").is_some() && request.int("completed_time").is_none())
        }
        "Closed" => {
            assert!(request.int("resolved_time").is_some() && request.int("completed_time").is_some())
        }
        "Canceled" => assert!(request.int("completed_time").is_some()),
        _ => assert!(request.get("resolution.content").is_null()),
    }
    assert_eq!(at("subcategory").unwrap().get("category"), request.get("category"));
    if let Some(item) = at("item") {
        assert_eq!(item.get("subcategory"), request.get("subcategory"));
    }
    let requester = at("requester").unwrap();
    assert_eq!(requester.get("department"), request.get("department"));
    assert_eq!(requester.get("site"), request.get("site"));
    assert!(requester.int("created_time") < request.int("created_time"));
    let group = at("group").unwrap();
    assert!(group.get("site").is_null() || group.get("site") == request.get("site"));
    assert_eq!(request.get("technician").is_null(), request.get("assigned_time").is_null());
    if let Some(technician) = at("technician") {
        assert!(technician.references("groups").contains(&group.id()));
    }
    let sla = at("sla").unwrap();
    assert_eq!(sla.is("is_service_sla"), request.is("is_service_request"));
    assert!(sla.get("priority").is_null() || sla.get("priority") == request.get("priority"));
    let cell = by_id.values().find(|r| {
        r.module.name == "priority_matrix"
            && r.get("impact") == request.get("impact")
            && r.get("urgency") == request.get("urgency")
    });
    assert_eq!(cell.unwrap().get("priority"), request.get("priority"));
    assert_eq!(at("template").unwrap().is("is_service_template"), request.is("is_service_request"));
}

fn flags_match_rows(requests: &[&Record], records: &[Record]) {
    let with = |module: &str, fields: &[&str]| -> HashSet<Id> {
        let rows = records.iter().filter(|r| r.module.name == module);
        rows.flat_map(|r| fields.iter().filter_map(|f| r.reference(f))).collect()
    };
    let noted = with("request_note", &["request"]);
    let linked = with("request_link", &["request", "linked_request"]);
    let approved = with("approval_level", &["request"]);
    let drafted = with("draft", &["request"]);
    for request in requests {
        assert_eq!(request.is("has_notes"), noted.contains(&request.id()));
        assert_eq!(request.is("has_linked_requests"), linked.contains(&request.id()));
        assert_eq!(!request.get("approval_status").is_null(), approved.contains(&request.id()));
        assert_eq!(request.is("has_draft"), drafted.contains(&request.id()));
        assert!(!request.is("has_attachments"));
    }
}

fn history_is_told(requests: &[&Record], history: &[&Record], by_id: &HashMap<Id, &Record>) {
    let mut told: HashMap<i64, Vec<&Record>> = HashMap::new();
    for entry in history {
        told.entry(entry.int("owner").unwrap()).or_default().push(entry);
    }
    // What the others are told of is looked at elsewhere.
    told.retain(|owner, _| by_id[&Id::new(*owner)].module.name == "request");
    for request in requests {
        let mut entries = told.remove(&request.id().get()).unwrap();
        entries.sort_by_key(|e| e.id());
        assert!(entries.is_sorted_by_key(|e| e.int("time")), "{entries:?}");
        assert_eq!(entries[0].text("operation"), Some("CREATE"));
        assert_eq!(entries[0].get("time"), request.get("created_time"));
        assert_eq!(request.version, i64::try_from(entries.len()).unwrap());
        // The statuses lead from the first to the one that it has.
        let mut status = model::Id::shipped(6657).to_string();
        for entry in entries {
            let diff: serde_json::Value = serde_json::from_str(entry.text("diff").unwrap()).unwrap();
            for change in diff.as_array().unwrap().iter().filter(|c| c["field"] == "status") {
                assert_eq!(change["previous_value"]["id"], status.as_str());
                status = change["current_value"]["id"].as_str().unwrap().to_owned();
                let id: Id = status.parse().unwrap();
                assert_eq!(change["current_value"]["name"], by_id[&id].title());
            }
        }
        assert_eq!(status, request.reference("status").unwrap().to_string());
    }
    assert!(told.is_empty());
}

fn shares_are_believable(requests: &[&Record], records: &[Record]) {
    let rows = |module: &str| records.iter().filter(|r| r.module.name == module).count();
    let share =
        |test: &dyn Fn(&Record) -> bool| requests.iter().filter(|r| test(r)).count() * 100 / requests.len();
    let checks = [
        ("open", share(&|r| r.get("resolved_time").is_null() && r.get("completed_time").is_null()), 5..13),
        ("late", share(&|r| r.int("resolved_time") > r.int("due_by_time")), 6..25),
        ("noted", share(&|r| r.is("has_notes")), 52..68),
        ("linked", share(&|r| r.is("has_linked_requests")), 1..4),
        ("approval", share(&|r| !r.get("approval_status").is_null()), 2..6),
        ("tasks", rows("task") * 100 / requests.len(), 15..50),
        ("worklogs", rows("worklog") * 100 / requests.len(), 20..50),
        ("mails", rows("notification") * 100 / requests.len(), 30..120),
        ("dated", share(&|r| !r.get("udf_fields.date_needed_by").is_null()), 5..30),
        ("tagged", share(&|r| !r.get("tags").is_null()), 8..17),
    ];
    for (name, found, expected) in checks {
        assert!(expected.contains(&found), "{name}: {found} of a hundred");
    }
}

async fn words_are_found(desk: &Desk, requests: &[&Record], notes: &[&Record]) {
    let find = async |text: &str| -> HashSet<Id> {
        let module = desk.snapshot().module("request").unwrap().clone();
        let mut query = Query::new(module, Filter::everything(), 10_000);
        query.words = desk::words(text);
        desk.store().list(&query).await.unwrap().iter().map(Record::id).collect()
    };
    for request in requests.iter().step_by(400) {
        assert!(find(request.text("subject").unwrap()).await.contains(&request.id()));
    }
    for note in notes.iter().step_by(300) {
        let words = desk::words(&model::plain_text(note.text("description").unwrap())).join(" ");
        assert!(find(&words).await.contains(&note.reference("request").unwrap()), "{words}");
    }
    let printers = find("printer").await.len();
    assert!((20..1_000).contains(&printers), "{printers}");
}

async fn refused(desk: &Desk) -> String {
    match desk.demo(10, SEED, &mut |_| {}).await {
        Err(DeskError::Refused(reasons)) => match reasons.as_slice() {
            [Refusal::NotValid { message: Some(message), .. }] => message.clone(),
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_desk_with_requests_refuses() {
    let place = new_desk(NOW).await;
    add_request(&place.desk, "My own").await;
    assert!(refused(&place.desk).await.contains("requests of its own"));
    assert_eq!(all(&place.desk, "request").await.len(), 1);

    let (place, _) = filled(10, SEED).await;
    assert!(refused(&place.desk).await.contains("requests of its own"));
}

#[tokio::test]
async fn a_company_without_requests_counts_from_one() {
    let (place, summary) = filled(0, SEED).await;
    assert_eq!((summary.requests, summary.people, summary.technicians), (0, 20, 5));
    assert_eq!(add_request(&place.desk, "The first").await.int("display_id"), Some(1));
}

#[tokio::test]
async fn a_clock_that_is_far_behind_refuses() {
    let place = new_desk(1_700_000_000_000).await;
    assert!(refused(&place.desk).await.contains("ids"));
}

/// Whether a list is one of some records, or of none.
fn is_of_ids(filter: &Filter) -> bool {
    match filter {
        Filter::All(parts) => parts.iter().any(is_of_ids),
        Filter::Any(parts) => parts.is_empty(),
        Filter::Not(_) => false,
        Filter::Test(test) => test.op == Op::In && test.path.leaf().is_some_and(|leaf| leaf.path == "id"),
    }
}

/// With what was counted, lists come by other ways, and come the same.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn planned_lists_are_the_same_lists() {
    let (home, _) = filled(3_000, SEED).await;
    let desk = &home.desk;
    let snapshot = desk.snapshot();
    let module = snapshot.module("request").unwrap().clone();
    let status = |tail: i64| Value::from(Id::shipped(tail));
    let is = |path: &str, operands: Vec<Value>| model::filter::test(&module, path, Op::In, operands);
    let people: Vec<Value> = all(desk, "user").await.iter().map(|u| u.id().into()).collect();
    let latest = all(desk, "request").await.iter().filter_map(|r| r.int("created_time")).max().unwrap();
    let since =
        model::filter::test(&module, "created_time", Op::Greater, vec![(latest - 5_000_000_000).into()]);
    let priority = || is("priority", vec![Id::shipped(6801).into()]);
    let open = || is("status", vec![status(6657)]);
    let kept = || is("is_trashed", vec![false.into()]);
    let place = "udf_fields.txt_place_of_work";
    let between = |least: i32, most: i32| {
        let operands = [least, most].map(|n| Value::Double(f64::from(n))).to_vec();
        model::filter::test(&module, "udf_fields.dbl_estimated_cost", Op::Between, operands)
    };
    let referring = all(desk, "request").await;
    let of = |path: &str| referring.iter().find_map(|r| r.references(path).first().copied()).unwrap().into();
    let (ci, asset): (Value, Value) = (of("configuration_items"), of("assets"));
    let other_ci = referring.iter().rev().find_map(|r| r.references("configuration_items").first().copied());
    let other_ci = Value::from(other_ci.unwrap());
    let assets = all(desk, "asset").await;
    let known = assets.iter().find(|record| Value::from(record.id()) == asset).unwrap();
    let key = |record: &Record| Value::from(record.get("name").as_str().unwrap().to_lowercase());
    let name = key(known);
    let products = all(desk, "product").await;
    let product =
        products.iter().find(|record| Some(record.id()) == known.reference("product")).map(key).unwrap();
    let through = |path: &str, op: Op, operands: Vec<Value>| {
        let path = snapshot.catalogue.path(&module, path).unwrap();
        Filter::Test(model::Test { path, op, operands })
    };
    let person = all(desk, "user").await.iter().find(|u| Value::from(u.id()) == people[40]).map(key).unwrap();
    let mut subjects: Vec<String> =
        referring.iter().map(|r| model::fold(r.get("subject").as_str().unwrap())).collect();
    subjects.sort_unstable();
    subjects.dedup();
    let stretch = |op: Op, ends: &[usize]| {
        let ends = ends.iter().map(|at| subjects[*at].as_str().into()).collect();
        model::filter::test(&module, "subject", op, ends)
    };
    let category = Value::from(referring.iter().find_map(|r| r.reference("category")).unwrap());
    let part = |path: &str, op: Op, texts: &[&str]| {
        model::filter::test(&module, path, op, texts.iter().map(|text| (*text).into()).collect())
    };
    let filters = [
        Filter::everything(),
        open(),
        open().and(priority()),
        is("status", vec![status(6657), status(6659), status(6663)]).and(priority()),
        is("requester", vec![people[40].clone()]).and(open().negate()),
        since.clone().and(priority()),
        since.and(is("technician", people[..9].to_vec())),
        Filter::Any(vec![open(), is("requester", vec![people[41].clone()])]),
        model::filter::test(&module, "technician", Op::Empty, Vec::new()),
        is("is_fcr", vec![true.into()]),
        // Fields in the side table: common and rare values, none, several, and those of many-valued fields.
        is(place, vec!["office".into()]),
        is(place, vec!["office".into(), "at home".into()]).and(priority()),
        is(place, vec!["on the road".into()]).and(between(0, 40_000)),
        between(10_000, 10_500),
        between(10_000, 10_500).negate().and(open()),
        model::filter::test(&module, place, Op::Empty, Vec::new()).and(open()),
        model::filter::test(&module, place, Op::Contains, vec!["o".into()]),
        is("udf_fields.bool_remote_session_allowed", vec![false.into()]).and(priority()),
        is("configuration_items", vec![ci.clone()]),
        Filter::Any(vec![is("configuration_items", vec![ci.clone()]), is("assets", vec![asset])]).and(open()),
        is("configuration_items", vec![ci]).and(is(place, vec!["office".into()])),
        // Parts of texts: common, rare, none, in several ways, and beside conditions that have an index.
        part("subject", Op::Contains, &["e"]),
        part("subject", Op::Contains, &["q"]),
        part("subject", Op::Contains, &["no such words"]),
        part("subject", Op::EndsWith, &["s"]).and(open()),
        part("subject", Op::StartsWith, &["new", "the "]).and(priority()),
        part("subject", Op::Contains, &["q"]).and(is("category", vec![category.clone()])),
        part("subject", Op::Contains, &["q"]).negate().and(is("category", vec![category])),
        Filter::Any(vec![part("subject", Op::Contains, &["q"]), part("subject", Op::EndsWith, &["x"])]),
        part("display_id", Op::Contains, &["77"]),
        // Stretches of an indexed text that few have, none, or many.
        stretch(Op::Less, &[1]),
        stretch(Op::LessOrEqual, &[1]).and(open().negate()),
        stretch(Op::Between, &[2, 3]).and(kept()),
        stretch(Op::Greater, &[subjects.len() - 1]),
        stretch(Op::Greater, &[1]),
        stretch(Op::Empty, &[]),
        stretch(Op::Empty, &[]).negate(),
        // Names of what is referred to: in documents by one, a part of many, none, in several ways, and from there on.
        through("assets.name", Op::In, vec![name.clone()]),
        through("assets.name", Op::In, vec![name.clone()]).negate().and(kept()),
        through("assets.name", Op::Contains, vec!["no such words".into()]),
        through("assets.name", Op::Greater, vec!["".into()]).and(kept()),
        through("assets.name", Op::Empty, Vec::new()).negate(),
        Filter::Any(vec![
            through("assets.name", Op::In, vec![name]),
            is("configuration_items", vec![other_ci]),
        ]),
        through("assets.product.name", Op::In, vec![product]).and(kept()),
        // In columns by parts, stretches, and by being empty.
        through("requester.name", Op::Contains, vec![person.clone()]),
        through("requester.name", Op::EndsWith, vec!["no such words".into()]),
        through("requester.name", Op::Between, vec![person.clone(), person]).negate().and(kept()),
        through("technician.name", Op::Empty, Vec::new()).and(kept()),
        through("technician.name", Op::Empty, Vec::new()).negate().and(kept()),
        // An index leads to few anyway.
        through("requester.name", Op::EndsWith, vec!["no such words".into()]).and(open()),
        through("requester.department.name", Op::Empty, Vec::new()),
    ];
    let orders = [
        "created_time",
        "due_by_time",
        "display_id",
        "subject",
        "id",
        place,
        "udf_fields.dbl_estimated_cost",
        "udf_fields.dbl_estimated_cost",
        "udf_fields.date_needed_by",
    ];
    let mut queries = Vec::new();
    for filter in filters {
        for (i, order) in orders.iter().enumerate() {
            let mut query = Query::new(module.clone(), filter.clone(), 40);
            query.offset = 3 * i as u64;
            let path = model::Path::of(&module, order).unwrap();
            query.sort = vec![model::SortKey { path, descending: i % 2 == 0 }];
            queries.push(query);
        }
    }
    let (mut before, mut counts) = (Vec::new(), Vec::new());
    for query in &queries {
        before.push((desk.store().list(query).await.unwrap(), desk.store().explain(query).sql));
        counts.push(desk.store().count(query).await.unwrap());
    }
    assert!(desk.measure().await.unwrap() > 0);
    assert_eq!(desk.measure().await.unwrap(), 0, "nothing has changed since");
    let (mut planned, mut led, mut ways, mut of_empty) = (0, [0; 3], [0; 2], 0);
    let (mut of_ids, mut looked_up) = (0, 0);
    for ((query, (before, text)), count) in queries.iter().zip(before).zip(counts) {
        let ids = |records: &[Record]| records.iter().map(Record::id).collect::<Vec<_>>();
        let after = desk.store().list(query).await.unwrap();
        assert_eq!(ids(&after), ids(&before), "{text}");
        of_empty += usize::from(desk.store().list_by_parts(query).await.unwrap().is_some());
        let narrowed = desk.store().narrowed(query).await.unwrap();
        of_ids += usize::from(is_of_ids(&narrowed.filter));
        let sql = desk.store().explain(&narrowed).sql;
        let joins = |text: &str| text.contains("FROM \"asset\"") || text.contains("FROM \"person\"");
        looked_up += usize::from(joins(&text) && !joins(&sql));
        planned += usize::from(sql != text);
        for (count, word) in led.iter_mut().zip(["\"record\" FROM \"field_value\"", "CROSS JOIN", "EXISTS"]) {
            *count += usize::from(sql.contains(word));
        }
        assert_eq!(desk.store().count(query).await.unwrap(), count, "{text}");
        // Given up soon, and right all the same.
        if let Some(instead) = desk.store().explain_instead(query) {
            let sql = format!("EXPLAIN QUERY PLAN {}", instead.sql).into();
            let is_of_page = instead.sql.contains(ROWS_OF_PAGE);
            let steps = desk.store().db().read(store::engine::Query { sql, ..instead }).await.unwrap();
            let steps: Vec<&str> = steps.iter().filter_map(|step| step.last()?.as_str()).collect();
            let by_text = |step: &&str| step.contains("USING COVERING INDEX") && !step.contains(" t0 ");
            assert!(steps.iter().any(by_text), "{steps:?}");
            // Where ids are sorted, their rows are looked up in any case.
            let of_page = usize::from(is_of_page);
            let by_row = |step: &&&str| step.starts_with("SEARCH t0 USING INTEGER PRIMARY KEY");
            ways[usize::from(steps.iter().filter(by_row).count() > of_page)] += 1;
        }
    }
    // In every order: stretches of subjects that few or none have; assets of a name, and people, unless they are many.
    // Where the subject itself is sorted by, it is walked.
    assert_eq!((of_ids, looked_up), (5 * (orders.len() - 1), 11 * orders.len()));
    // In the order of an added field those without a value come first.
    assert!(of_empty >= 4, "{of_empty}");
    // Those with the text are looked up, or looked for among those with the other condition.
    assert!(ways.iter().all(|count| *count >= 5), "{ways:?}");
    // The side table gives the rows, gives the order, or is only asked about rows that others give.
    assert!(led.iter().all(|count| *count >= 5), "{led:?}");
    assert!(planned > queries.len() / 2, "{planned}");
    // Open is rare and the priority is not: the way in is the status.
    let sql = desk.store().explain(&queries[18]).sql;
    assert!(sql.contains("+t0.\"priority\"") && !sql.contains("+t0.\"status\""), "{sql}");
    // Few are on hold until a time: theirs leads to them, although it says nothing of most requests.
    for kept in [Filter::everything(), kept()] {
        let scheduled = "onhold_scheduler.scheduled_time";
        let due = model::filter::test(&module, scheduled, Op::LessOrEqual, vec![i64::MAX.into()]);
        let explained = desk.store().explain(&Query::new(module.clone(), due.and(kept), 200));
        let sql = format!("EXPLAIN QUERY PLAN {}", explained.sql).into();
        let steps = desk.store().db().read(store::engine::Query { sql, ..explained }).await.unwrap();
        let by_index = steps.iter().any(|step| step.last().is_some_and(|s| s.to_string().contains("onhold")));
        assert!(by_index, "{steps:?}");
    }
    // After a stop the same is known.
    let later = store::Store::new(desk.store().db().clone());
    assert_ne!(later.explain(&queries[18]).sql, sql);
    later.recall_measures().await.unwrap();
    assert_eq!(later.explain(&queries[18]).sql, sql);
}

/// The key of a list in the order of what a reference of requests shows.
fn shown_by(snapshot: &desk::Snapshot, reference: &str, descending: bool) -> SortKey {
    let module = snapshot.module("request").unwrap();
    let slot = module.slot(reference).unwrap();
    let target = snapshot.module(module.leaf(slot).unwrap().target().unwrap()).unwrap().clone();
    let own = target.slot(target.sort.0).unwrap();
    let path = model::Path { via: vec![(module.clone(), slot)], module: target, slot: own };
    SortKey { path, descending }
}

/// Put together from its parts, a list in the order of what a reference shows is the list that one statement gives.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lists_by_what_a_reference_shows_are_the_same_lists() {
    let (home, _) = filled(6_000, SEED).await;
    let desk = &home.desk;
    let snapshot = desk.snapshot();
    let module = snapshot.module("request").unwrap().clone();
    // A priority without a place in their order, people of one name, and references to what is not there.
    for sql in [
        "UPDATE \"priority\" SET \"priority_order\" = NULL WHERE \"id\" = (SELECT min(\"priority\") FROM \"request\")",
        "UPDATE \"person\" SET \"name\" = 'Kim Lee', \"name_key\" = 'kim lee' WHERE \"id\" % 7 = 0",
        "UPDATE \"request\" SET \"group\" = 77, \"requester\" = CASE WHEN \"id\" % 2 THEN \"requester\" END WHERE \"id\" % 40 < 2",
    ] {
        let statement = store::Statement::new(sql, Vec::new(), store::engine::Expect::AtLeast(1));
        desk.store().db().commit(vec![statement]).await.unwrap();
    }
    let test = |path: &str, op: Op, operands: Vec<Value>| model::filter::test(&module, path, op, operands);
    let of = |reference: &str, field: &str, op: Op, operands: Vec<Value>| {
        let mut path = shown_by(&snapshot, reference, false).path;
        path.slot = path.module.slot(field).unwrap();
        Filter::Test(model::Test { path, op, operands })
    };
    let groups: Vec<Value> = all(desk, "support_group").await.iter().map(|g| g.id().into()).collect();
    let kept = test("is_trashed", Op::In, vec![false.into()]);
    let filters = [
        Filter::everything(),
        kept.clone(),
        test("group", Op::In, groups[..2].to_vec()).negate().and(kept.clone()),
        // What says something of those that are referred to, alone and beside something else.
        of("requester", "name", Op::Greater, vec!["k".into()]),
        of("status", "in_progress", Op::In, vec![false.into()]).and(kept.clone()),
        Filter::Any(vec![
            test("technician", Op::Empty, Vec::new()),
            of("technician", "name", Op::Less, vec!["p".into()]),
        ]),
        Filter::Any(vec![of("category", "name", Op::LessOrEqual, vec!["n".into()]), kept.clone()]),
        of("requester", "name", Op::Empty, Vec::new()).negate(),
        // Nobody knows how many these are: the index of the text is gone through, and what it gives is sorted.
        test("subject", Op::Contains, vec!["printer".into()]).and(kept.clone()),
        test("subject", Op::Contains, vec!["no such words".into()]),
    ];
    let references = [
        "requester",
        "created_by",
        "technician",
        "status",
        "priority",
        "category",
        "group",
        "site",
        "department",
        // Without an index: zones know which there are.
        "mode",
        "urgency",
    ];
    let mut queries = Vec::new();
    for (i, filter) in filters.iter().enumerate() {
        for (j, reference) in references.iter().enumerate() {
            for descending in [false, true] {
                let mut query = Query::new(module.clone(), filter.clone(), 40);
                query.offset = 7 * ((i + j) as u64 % 4);
                query.sort = vec![shown_by(&snapshot, reference, descending)];
                // Among those that show the same, something else may decide.
                let next = ["created_time", "subject"].map(|path| model::Path::of(&module, path).unwrap());
                let next = next.map(|path| SortKey { path, descending: j % 2 == 0 });
                query.sort.extend(next.into_iter().take((i + j) % 3));
                queries.push(query);
            }
        }
    }
    let ids = |records: &[Record]| records.iter().map(Record::id).collect::<Vec<_>>();
    let mut before = Vec::new();
    for query in &queries {
        assert!(desk.store().list_by_parts(query).await.unwrap().is_none(), "nothing was counted yet");
        before.push(ids(&desk.store().list(query).await.unwrap()));
    }
    let mut whole = HashMap::new();
    for reference in references {
        for descending in [false, true] {
            let mut query = Query::new(module.clone(), kept.clone(), 10_000);
            query.sort = vec![shown_by(&snapshot, reference, descending)];
            whole.insert((reference, descending), ids(&desk.store().list(&query).await.unwrap()));
        }
    }
    desk.measure().await.unwrap();
    desk.tend_zones().await.unwrap();
    let (mut in_parts, mut by_text) = (HashMap::new(), 0);
    for (query, before) in queries.iter().zip(before) {
        let sort = &query.sort[0];
        let reference = sort.path.via[0].0.leaf(sort.path.via[0].1).unwrap().path.clone();
        if let Some(records) = desk.store().list_by_parts(query).await.unwrap() {
            *in_parts.entry((reference.clone(), sort.descending)).or_insert(0) += 1;
            assert_eq!(ids(&records), before, "{reference} {} {:?}", sort.descending, query.filter);
        }
        assert_eq!(ids(&desk.store().list(query).await.unwrap()), before);
        // Beside the ids that are sorted, which are the rows' own.
        let sql = desk.store().explain(query).sql.replace(ROWS_OF_PAGE, "");
        by_text += usize::from(sql.contains("t0.\"id\" IN (SELECT"));
    }
    assert_eq!(by_text, references.len() * 2 * 2, "both directions, two filters");
    // Each order in both directions, for most of the filters.
    assert_eq!(in_parts.len(), references.len() * 2, "{in_parts:?}");
    assert!(in_parts.values().sum::<i32>() >= 70, "{in_parts:?}");

    // Page by page, each behind the one before.
    for ((reference, descending), whole) in whole {
        let key = shown_by(&snapshot, reference, descending);
        let shown: HashMap<i64, Value> = all(desk, &key.path.module.name)
            .await
            .iter()
            .map(|record| (record.id().get(), desk::paging::compared(&key.path, record.at(key.path.slot))))
            .collect();
        let (mut walked, mut filter, mut by_parts) = (Vec::new(), kept.clone(), 0);
        loop {
            let mut query = Query::new(module.clone(), filter, 150);
            query.sort = vec![key.clone()];
            by_parts += usize::from(desk.store().list_by_parts(&query).await.unwrap().is_some());
            let page = desk.store().list(&query).await.unwrap();
            let Some(last) = page.last() else { break };
            walked.extend(ids(&page));
            let value =
                last.reference(reference).and_then(|id| shown.get(&id.get())).cloned().unwrap_or_default();
            let spot = desk::paging::Spot { value, id: last.id() };
            filter = desk::paging::behind(&module, Some(&key), &spot).and(kept.clone());
        }
        assert_eq!(walked, whole, "{reference} {descending}");
        assert!(by_parts >= 1, "{reference} {descending}");
    }
}
