//! A CI and the record that it stands for stay in step (assets-cmdb.md section 5.7).
//!
//! An asset of a product type that names a type of CI has a CI of that type: made with it, found by its name where it
//! is there already. What both know of is written to both in one commit, whichever of the two was written.

use super::types;
use crate::context::Context;
use crate::draft::Draft;
use crate::{Desk, DeskError, Refusal, Snapshot, products};
use model::filter::equals;
use model::{Filter, Id, Module, Record, Value};
use std::collections::HashSet;
use std::sync::Arc;
use store::{Query, Statement};

/// What an asset and its CI both know: the attribute, and the asset's field.
pub(crate) const OF_ASSET: [(&str, &str); 11] = [
    ("txt_serial_number", "serial_number"),
    ("txt_service_tag", "computer_system.service_tag"),
    ("txt_manufacturer", "computer_system.system_manufacturer"),
    ("txt_ip_address", "ip_address"),
    ("txt_mac_address", "mac_address"),
    ("txt_location", "location"),
    ("txt_os", "operating_system.os"),
    ("txt_service_pack", "operating_system.service_pack"),
    ("ref_owned_by", "user"),
    ("ref_model", "product"),
    ("txt_asset_tag", "asset_tag"),
];

/// Fields of an asset that its CI follows and does not lead: addresses are those of its network adapters, and the
/// product says what the asset is.
const ASSET_LEADS: [&str; 3] = ["ip_address", "mac_address", "product"];

/// The types whose CIs stand for records of other modules, which lead with their names.
const STANDING: [(&str, &str); 4] = [
    ("user", "ci_user"),
    ("department", "ci_department"),
    ("support_group", "ci_support_group"),
    ("service_category", "ci_it_service"),
];

fn attribute(key: &str) -> String {
    format!("ci_attributes.{key}")
}

/// An asset is written: its CI follows.
pub(crate) async fn of_asset(
    desk: &Desk,
    ctx: &Context,
    draft: &mut Draft,
    product: Option<&Record>,
) -> Result<(), DeskError> {
    let snapshot = draft.snapshot.clone();
    if let Some(ci) = draft.new.reference("ci") {
        let Some(old) = exact(desk, &snapshot, ci).await? else { return Ok(()) };
        let mut new = old.clone();
        copy_to_ci(&draft.new, product, &mut new);
        draft.statements.extend(written(desk, ctx, &snapshot, old, new).await?);
        return Ok(());
    }
    let Some(module) = ci_module(&snapshot, draft.small("product_type")) else { return Ok(()) };
    if !draft.is_new() && !draft.changes("product") {
        return Ok(());
    }
    if draft.new.get("id").is_null() {
        draft.new.set("id", desk.new_id(ctx));
    }
    let name = draft.new.title().to_owned();
    let (ci, statements) = match unlinked(desk, &module, &name).await? {
        Some(old) => {
            let mut new = old.clone();
            stand_for(&mut new, "asset", draft.new.id());
            copy_to_ci(&draft.new, product, &mut new);
            (old.id(), written(desk, ctx, &snapshot, old, new).await?)
        }
        None => {
            let mut new = Record::new(module.clone());
            desk.preset(ctx, &mut new, &snapshot);
            let id = desk.new_id(ctx);
            new.set("id", id);
            new.set("name", name);
            stand_for(&mut new, "asset", draft.new.id());
            copy_to_ci(&draft.new, product, &mut new);
            (id, added(desk, ctx, &snapshot, new).await?)
        }
    };
    draft.new.set("ci", ci);
    draft.statements.extend(statements);
    Ok(())
}

/// The module of the CIs that assets of a product type have.
fn ci_module(snapshot: &Snapshot, kind: Option<&Arc<Record>>) -> Option<Arc<Module>> {
    let line = products::lineage(snapshot, kind?);
    let ci_type = line.iter().find_map(|kind| kind.reference("ci_type"))?;
    let mut probe = Record::new(snapshot.module("ci").ok()?.clone());
    probe.set("ci_type", ci_type);
    snapshot.catalogue.view_of(&probe.module, &probe).cloned()
}

/// A CI of the type with this name that stands for nothing yet. One that stands for something else keeps the name to
/// itself; the database says so when the new one is written.
async fn unlinked(desk: &Desk, module: &Arc<Module>, name: &str) -> Result<Option<Record>, DeskError> {
    let ci_type = module.fixed.as_ref().and_then(|f| f.values.first().cloned()).unwrap_or_default();
    let filter =
        equals(module, "name", vec![model::fold(name).into()]).and(equals(module, "ci_type", vec![ci_type]));
    let found = desk.store.list(&Query::new(module.clone(), filter, 1)).await?;
    Ok(found.into_iter().next().filter(|ci| ci.get("linked_instance").is_null()))
}

pub(crate) fn stand_for(ci: &mut Record, module: &str, id: Id) {
    ci.set("linked_module", module);
    ci.set("linked_instance", id.get());
}

pub(crate) fn copy_to_ci(asset: &Record, product: Option<&Record>, ci: &mut Record) {
    ci.set("name", asset.title().to_owned());
    for (key, field) in OF_ASSET {
        let Some(slot) = ci.module.slot(&attribute(key)) else { continue };
        let mut value = asset.get(field).clone();
        if key == "txt_manufacturer" && value.is_null() {
            value = product.map(|p| p.get("manufacturer").clone()).unwrap_or_default();
        }
        // What the asset does not know the CI may know all the same.
        if !value.is_null()
            || asset.module.find(field).is_some_and(|l| l.field.access == model::Access::Write)
        {
            ci.put(slot, value);
        }
    }
    let processors =
        asset.text("processors").and_then(|t| serde_json::from_str::<Vec<serde_json::Value>>(t).ok());
    if let (Some(slot), Some(rows)) =
        (ci.module.slot(&attribute("num_processor_count")), processors.filter(|rows| !rows.is_empty()))
    {
        ci.put(slot, i64::try_from(rows.len()).unwrap_or(0));
    }
}

/// A CI is written: the record that it stands for follows.
pub(crate) async fn of_ci(desk: &Desk, ctx: &Context, draft: &mut Draft) -> Result<(), DeskError> {
    let snapshot = draft.snapshot.clone();
    let was =
        draft.old.as_ref().map(|old| (old.get("linked_module").clone(), old.get("linked_instance").clone()));
    let is = (draft.new.get("linked_module").clone(), draft.new.get("linked_instance").clone());
    let link_changed = was.as_ref() != Some(&is);
    if link_changed
        && let Some((Value::Text(module), Value::Int(_))) = &was
        && module == "asset"
    {
        draft.statements.extend(desk.store.let_go(snapshot.module("asset")?, "ci", draft.new.id(), &[]));
    }
    let (Value::Text(name), Value::Int(id)) = is else { return Ok(()) };
    let Some(module) = snapshot.catalogue.module(&name).cloned() else { return Ok(()) };
    let Some(old) = desk.store.get(&module, Id::new(id)).await? else { return Ok(()) };
    let mut new = old.clone();
    if link_changed {
        // The record leads at first: the CI takes over what it knows.
        if module.table == "asset" {
            if draft.new.get("id").is_null() {
                draft.new.set("id", desk.new_id(ctx));
            }
            new.set("ci", draft.new.id());
            let product = match old.reference("product") {
                Some(product) => desk.store.get(snapshot.module("product")?, product).await?,
                None => None,
            };
            if !draft.gives("name") {
                copy_to_ci(&old, product.as_ref(), &mut draft.new);
            }
        }
    }
    if module.table != "asset" {
        lead(draft, &old, link_changed);
        return Ok(());
    }
    if draft.changes("name") {
        new.set(module.title, draft.new.title().to_owned());
    }
    copy_to_asset(draft, &mut new);
    draft.statements.extend(written(desk, ctx, &snapshot, old, new).await?);
    Ok(())
}

/// A CI of the type that stands for users has the name of the user that it stands for, and so on. It is renamed where it
/// is at home: whoever may write CIs may not for that write users.
fn lead(draft: &mut Draft, record: &Record, link_changed: bool) {
    if !has_its_name(&draft.snapshot, &draft.new) {
        return;
    }
    if draft.gives("name") && draft.changes("name") && !link_changed {
        let of = draft.new.text("linked_module").unwrap_or_default().replace('_', " ");
        draft
            .refuse(Refusal::because("name", format!("The name is that of the {of} that the CI stands for")));
    }
    draft.new.set("name", record.title().to_owned());
}

/// Whether a CI has the name of what it is linked to. A computer that is linked to a department keeps its own.
fn has_its_name(snapshot: &Snapshot, ci: &Record) -> bool {
    let linked = ci.text("linked_module");
    let Some((_, kind)) = STANDING.iter().find(|(module, _)| linked == Some(module)) else { return false };
    let own = ci.reference("ci_type").and_then(|id| snapshot.record_of("ci_type", id));
    own.is_some_and(|own| types::lineage(snapshot, own).iter().any(|t| t.text("name") == Some(kind)))
}

/// What the input says of attributes that the asset knows as well.
fn copy_to_asset(draft: &Draft, asset: &mut Record) {
    for (key, field) in OF_ASSET {
        let path = attribute(key);
        if ASSET_LEADS.contains(&field) || draft.new.module.slot(&path).is_none() || !draft.gives(&path) {
            continue;
        }
        asset.set(field, draft.new.get(&path).clone());
    }
}

/// A user or a department is written: the CI that stands for it follows with its name.
pub(crate) async fn of_other(
    desk: &Desk,
    ctx: &Context,
    draft: &Draft,
    module: &str,
) -> Result<Vec<Statement>, DeskError> {
    if draft.is_new() || draft.has_no_ci || !draft.changes(draft.new.module.title) {
        return Ok(Vec::new());
    }
    let snapshot = &draft.snapshot;
    let cis = snapshot.module("ci")?;
    let standing = standing_for(cis, module, vec![draft.new.id().into()]);
    let mut statements = Vec::new();
    for ci in desk.store.list(&Query::new(cis.clone(), standing, 10)).await? {
        let found = exact(desk, snapshot, ci.id()).await?;
        let Some(old) = found.filter(|old| has_its_name(snapshot, old)) else { continue };
        let mut new = old.clone();
        new.set("name", draft.new.title().to_owned());
        statements.extend(written(desk, ctx, snapshot, old, new).await?);
    }
    Ok(statements)
}

fn standing_for(cis: &Arc<Module>, module: &str, ids: Vec<Value>) -> Filter {
    equals(cis, "linked_module", vec![module.into()]).and(equals(cis, "linked_instance", ids))
}

/// Those of these records that a CI stands for, for whoever writes many at once.
pub(crate) async fn with_cis(
    desk: &Desk,
    snapshot: &Snapshot,
    module: &str,
    ids: Vec<Value>,
) -> Result<HashSet<Id>, DeskError> {
    let cis = snapshot.module("ci")?;
    let most = ids.len() as u64 * 10;
    let mut query = Query::new(cis.clone(), standing_for(cis, module, ids), most);
    query.slots = cis.slot("linked_instance").into_iter().collect();
    let found = desk.store.list(&query).await?;
    Ok(found.iter().filter_map(|ci| ci.int("linked_instance")).map(Id::new).collect())
}

/// An asset is removed: the CI that only stood for it goes with it; one that is spoken of elsewhere stays by itself.
pub(crate) async fn of_removed_asset(
    desk: &Desk,
    ctx: &Context,
    asset: &Record,
) -> Result<Vec<Statement>, DeskError> {
    let snapshot = desk.snapshot();
    let Some(id) = asset.reference("ci") else { return Ok(Vec::new()) };
    let Some(old) = exact(desk, &snapshot, id).await? else { return Ok(Vec::new()) };
    let relationships = snapshot.module("ci_relationship")?;
    let mut spoken_of = false;
    for (module, field) in [
        (relationships, "parent_ci"),
        (relationships, "child_ci"),
        (snapshot.module("request")?, "configuration_items"),
        (snapshot.module("problem")?, "configuration_items"),
    ] {
        spoken_of |= desk.store.exists(module, equals(module, field, vec![id.into()])).await?;
    }
    if !spoken_of {
        return Ok(desk.store.remove(&old));
    }
    let mut new = old.clone();
    new.set("linked_module", Value::Null);
    new.set("linked_instance", Value::Null);
    written(desk, ctx, &snapshot, old, new).await
}

/// A CI as its own type reads it.
async fn exact(desk: &Desk, snapshot: &Snapshot, id: Id) -> Result<Option<Record>, DeskError> {
    let Some(base) = desk.store.get(snapshot.module("ci")?, id).await? else { return Ok(None) };
    match snapshot.catalogue.view_of(&base.module, &base) {
        Some(module) => Ok(desk.store.get(module, id).await?),
        None => Ok(Some(base)),
    }
}

/// A record that is written beside the one that the caller writes, with its own history.
async fn written(
    desk: &Desk,
    ctx: &Context,
    snapshot: &Arc<Snapshot>,
    old: Record,
    mut new: Record,
) -> Result<Vec<Statement>, DeskError> {
    if new.equals(&old) {
        return Ok(Vec::new());
    }
    if new.module.slot("last_updated_time").is_some() {
        new.set("last_updated_time", ctx.now);
    }
    if new.module.slot("last_updated_by").is_some() {
        new.set("last_updated_by", ctx.caller.user);
    }
    let mut statements = desk.store.update(&old, &new, &snapshot.catalogue);
    let draft = Draft::editing(snapshot.clone(), old, new, "UPDATE");
    statements.extend(desk.told_beside(ctx, &draft).await?);
    Ok(statements)
}

async fn added(
    desk: &Desk,
    ctx: &Context,
    snapshot: &Arc<Snapshot>,
    new: Record,
) -> Result<Vec<Statement>, DeskError> {
    let mut statements = desk.store.insert(&new);
    let draft = Draft::adding(snapshot.clone(), new);
    statements.extend(desk.told_beside(ctx, &draft).await?);
    Ok(statements)
}
