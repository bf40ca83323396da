//! A CMDB of any size: CIs of a type that an administrator added, with attributes of its own, and how they depend on
//! one another. Loaded as demo data is, beside the server.

use crate::{Outcome, mixed};
use desk::{Clock, Desk, DeskOptions};
use model::{Id, IdSource, Record, Value};
use std::path::Path;
use std::sync::Arc;
use store::engine::{Db, SqliteOptions};

/// The type of the CIs.
pub const TYPE: &str = "ci_bench_unit";
/// How many CIs go in one transaction.
const BATCH: u64 = 20_000;
/// The root of the CI types, and the relationship type Depends On.
const ROOT: Id = Id::shipped(1_000_801);
const DEPENDS_ON: Id = Id::shipped(1_001_103);

/// The attributes: key, label, kind, word of the kind.
const ATTRIBUTES: [(&str, &str, &str, &str); 4] = [
    ("txt_environment", "Environment", "Pick List", "string"),
    ("txt_team", "Team", "Single Line", "string"),
    ("num_memory", "Memory", "Numeric Field", "long"),
    ("num_power", "Power", "Numeric Field", "long"),
];

/// What the environments are; of a thousand CIs so many each.
const ENVIRONMENTS: [(&str, u64); 3] = [("Production", 500), ("Test", 300), ("Development", 200)];
/// One that the same few CIs are in, however many there are.
const RARE: (&str, u64) = ("Archive", 120);

#[derive(Debug)]
struct Now;

impl Clock for Now {
    fn now_ms(&self) -> i64 {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_millis()).unwrap_or(0)
    }
}

/// So many CIs and relationships, in the desk in this directory.
pub fn fill(dir: &Path, cis: u64, relationships: u64) -> Outcome<()> {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?.block_on(async {
        let desk = open(dir).await?;
        set_up(&desk).await?;
        drop(desk);
        // Opened again, it knows the type and its attributes.
        let desk = open(dir).await?;
        load(&desk, cis, relationships).await?;
        desk.measure().await?;
        Ok(())
    })
}

async fn open(dir: &Path) -> Outcome<Arc<Desk>> {
    let db = Db::open_sqlite(&dir.join("frontdesk.db"), SqliteOptions::default()).await?;
    let options = DeskOptions { files_dir: dir.join("files"), clock: Arc::new(Now), node: 900 };
    Ok(Desk::open(db, options).await?)
}

fn blank(desk: &Desk, module: &str) -> Outcome<Record> {
    let mut record = Record::new(desk.snapshot().module(module)?.clone());
    let module = record.module.clone();
    for (slot, leaf) in module.leaves().iter().enumerate() {
        if let model::Preset::Value(value) = &leaf.field.preset {
            record.put(slot, value.clone());
        }
    }
    Ok(record)
}

async fn set_up(desk: &Desk) -> Outcome<()> {
    let mut kind = blank(desk, "ci_type")?;
    let id = desk.fresh_id();
    kind.set("id", id);
    for (path, text) in [
        ("name", TYPE),
        ("api_plural_name", TYPE),
        ("display_name", "Bench Unit"),
        ("display_name_plural", "Bench Units"),
    ] {
        kind.set(path, text);
    }
    kind.set("parent", ROOT);
    let mut statements = desk.store().insert(&kind);
    for (key, label, field_type, word) in ATTRIBUTES {
        let mut field = blank(desk, "udf_field")?;
        field.set("id", desk.fresh_id());
        for (path, text) in [
            ("name", label),
            ("display_name", label),
            ("field_key", key),
            ("field_type", field_type),
            ("type", word),
            ("module.name", "ci"),
            ("sub_module.internal_name", "ci"),
        ] {
            field.set(path, text);
        }
        field.set("ci_type", id);
        field.set("is_ci_attribute", true);
        if field_type == "Pick List" {
            let options: Vec<_> = ENVIRONMENTS
                .iter()
                .chain([&RARE])
                .map(|(name, _)| serde_json::json!({"value": name}))
                .collect();
            field.set("allowed_values", serde_json::Value::Array(options).to_string());
        }
        statements.extend(desk.store().insert(&field));
    }
    statements.push(desk.store().raise_cache_version("setup"));
    Ok(desk.store().commit(statements).await?)
}

async fn load(desk: &Desk, cis: u64, relationships: u64) -> Outcome<()> {
    let snapshot = desk.snapshot();
    let (store, module) = (desk.store(), snapshot.module(TYPE)?);
    let form = blank(desk, TYPE)?;
    let of = module.fixed.as_ref().and_then(|f| f.values.first().cloned()).unwrap_or_default();
    let (source, now) = (IdSource::new(901, 0), Now.now_ms() - 1_000_000_000);
    let mut ids: Vec<Id> = Vec::new();
    for from in (0..cis).step_by(usize::try_from(BATCH)?) {
        let mut rows = Vec::new();
        for n in from..(from + BATCH).min(cis) {
            let mut ci = form.clone();
            let id = source.next(now + i64::try_from(n)?);
            ids.push(id);
            ci.set("id", id);
            ci.set("name", format!("unit-{:07}", mixed(n) % 10_000_000 * 2_000_000 + n));
            ci.set("ci_type", of.clone());
            ci.set("created_time", now);
            ci.set("last_updated_time", now);
            let mut put = |key: &str, value: Value| ci.set(&format!("ci_attributes.{key}"), value);
            let mut place = mixed(n + 1) % 1_000;
            let environment = ENVIRONMENTS.iter().find(|(_, share)| {
                let here = place < *share;
                place = place.saturating_sub(*share);
                here
            });
            let is_rare = n % (cis / RARE.1).max(1) == 0;
            let environment = environment.filter(|_| !is_rare).map_or(RARE.0, |(name, _)| *name);
            put("txt_environment", environment.into());
            put("txt_team", format!("team {}", mixed(n + 2) % 500).into());
            put("num_memory", i64::try_from(mixed(n + 3) % 1_024)?.into());
            put("num_power", i64::try_from(mixed(n + 4) % 100_000)?.into());
            rows.push(ci);
        }
        store.load(module, &rows).await?;
        if let (Some(first), Some(last)) = (rows.first(), rows.last()) {
            store.fill_search(snapshot.module("ci")?, &snapshot.catalogue, first.id(), last.id()).await?;
        }
    }
    let form = blank(desk, "ci_relationship")?;
    let count = u64::try_from(ids.len())?.max(1);
    let at = |n: u64| ids.get(usize::try_from(n % count).unwrap_or(0)).copied();
    let mut seen = std::collections::HashSet::new();
    let mut rows = Vec::new();
    for n in 0..relationships {
        let (Some(parent), Some(child)) = (at(n), at(mixed(n + 5))) else { continue };
        if parent == child || !seen.insert((parent, child)) {
            continue;
        }
        let mut row = form.clone();
        row.set("id", source.next(now + i64::try_from(cis + n)?));
        row.set("relationship_type", DEPENDS_ON);
        row.set("parent_ci", parent);
        row.set("child_ci", child);
        row.set("created_time", now);
        rows.push(row);
    }
    for rows in rows.chunks(usize::try_from(BATCH)?) {
        store.load(snapshot.module("ci_relationship")?, rows).await?;
    }
    Ok(store.commit(vec![store.raise_cache_version("graph")]).await?)
}
