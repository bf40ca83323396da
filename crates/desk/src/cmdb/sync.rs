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

/// The CI that a new asset takes over, because it is there already. What the asset does not say of itself and the CI knows
/// becomes the asset's (assets-cmdb.md section 1: attributes merge key by key).
pub(crate) async fn taken_over(desk: &Desk, draft: &mut Draft) -> Result<Option<Record>, DeskError> {
    let begins = draft.new.get("ci").is_null() && (draft.is_new() || draft.changes("product"));
    let module = ci_module(&draft.snapshot, draft.small("product_type")).filter(|_| begins);
    let Some(module) = module else { return Ok(None) };
    let name = draft.new.title().to_owned();
    let Some(ci) = unlinked(desk, &module, &name).await? else { return Ok(None) };
    // Whoever says that an asset is in a state that knows no owner says that it has none.
    let may_have_owner = (draft.is_new() && !draft.gives("state"))
        || draft.small("state").is_some_and(|state| state.is("ownership"));
    for (field, value) in filling(&ci, &draft.new) {
        let Some(slot) = draft.new.module.slot(field) else { continue };
        if draft.given.contains(&slot) || (field == "user" && !may_have_owner) {
            continue;
        }
        draft.new.put(slot, value);
        draft.given.push(slot);
    }
    Ok(Some(ci))
}

/// What a CI knows and its asset does not: the asset's field, and the value.
fn filling(ci: &Record, asset: &Record) -> Vec<(&'static str, Value)> {
    let known = |(key, field): &(&'static str, &'static str)| {
        let slot = ci.module.slot(&attribute(key))?;
        let value = ci.at(slot);
        let open = !ASSET_LEADS.contains(field) && is_open(asset, field);
        (open && !value.is_null() && asset.get(field).is_null()).then(|| (*field, value.clone()))
    };
    OF_ASSET.iter().filter_map(known).collect()
}

/// Whether an input may give an asset's field, at the path by which it is reached.
fn is_open(asset: &Record, field: &str) -> bool {
    asset.module.find(field).is_some_and(|leaf| leaf.field.access == model::Access::Write)
}

/// An asset is written: its CI follows. `found` is the CI that it takes over.
pub(crate) async fn of_asset(
    desk: &Desk,
    ctx: &Context,
    draft: &mut Draft,
    product: Option<&Record>,
    found: Option<Record>,
) -> Result<(), DeskError> {
    let snapshot = draft.snapshot.clone();
    if let Some(ci) = draft.new.reference("ci") {
        let Some(old) = exact(desk, &snapshot, ci).await? else { return Ok(()) };
        let mut new = old.clone();
        follow(draft, product, &mut new);
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
    let (ci, statements) = match found {
        Some(old) => {
            let mut new = old.clone();
            stand_for(&mut new, "asset", draft.new.id());
            merge_to_ci(&draft.new, product, &mut new);
            (old.id(), written(desk, ctx, &snapshot, old, new).await?)
        }
        None => {
            let mut new = Record::new(module.clone());
            desk.preset(ctx, &mut new, &snapshot);
            let id = desk.new_id(ctx);
            new.set("id", id);
            stand_for(&mut new, "asset", draft.new.id());
            copy_to_ci(&draft.new, product, &mut new);
            (id, added(desk, ctx, &snapshot, new).await?)
        }
    };
    draft.new.set("ci", ci);
    draft.statements.extend(statements);
    Ok(())
}

/// What an edit of an asset changes its CI follows in; whatever else the CI knows stays as it is.
fn follow(draft: &Draft, product: Option<&Record>, ci: &mut Record) {
    if draft.changes(draft.new.module.title) {
        ci.set("name", draft.new.title().to_owned());
    }
    let maker = "computer_system.system_manufacturer";
    for (key, field) in OF_ASSET {
        let changed = draft.changes(field) || (field == maker && draft.changes("product"));
        if let Some(slot) = ci.module.slot(&attribute(key)).filter(|_| changed) {
            ci.put(slot, known(&draft.new, product, field));
        }
    }
    count_processors(&draft.new, ci);
}

/// What an asset knows of itself, or its product of it.
fn known(asset: &Record, product: Option<&Record>, field: &str) -> Value {
    let value = asset.get(field).clone();
    if field == "computer_system.system_manufacturer" && value.is_null() {
        return product.map(|p| p.get("manufacturer").clone()).unwrap_or_default();
    }
    value
}

/// What an asset knows its CI takes over when the two are linked; of the rest the CI keeps what it has.
fn merge_to_ci(asset: &Record, product: Option<&Record>, ci: &mut Record) {
    for (key, field) in OF_ASSET {
        let value = known(asset, product, field);
        if let Some(slot) = ci.module.slot(&attribute(key)).filter(|_| !value.is_null()) {
            ci.put(slot, value);
        }
    }
    count_processors(asset, ci);
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

/// All that a new CI takes from the asset that it is made for.
pub(crate) fn copy_to_ci(asset: &Record, product: Option<&Record>, ci: &mut Record) {
    ci.set("name", asset.title().to_owned());
    merge_to_ci(asset, product, ci);
}

fn count_processors(asset: &Record, ci: &mut Record) {
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
    if module.table != "asset" {
        lead(draft, &old, link_changed);
        return Ok(());
    }
    let mut asset = Draft::editing(snapshot.clone(), old.clone(), old.clone(), "UPDATE");
    copy_to_asset(draft, &mut asset);
    if link_changed {
        join(desk, ctx, draft, &mut asset).await?;
    } else if draft.changes("name") {
        asset.new.set(module.title, draft.new.title().to_owned());
    }
    crate::assets::owned(desk, &mut asset).await?;
    for refusal in std::mem::take(&mut asset.refusals) {
        draft.refuse(refusal);
    }
    draft.statements.extend(written(desk, ctx, &snapshot, old, asset.new).await?);
    Ok(())
}

/// A CI is linked to an asset. Both keep their names. What the input says of the CI's attributes goes to the asset; of the
/// others each takes from the other what it does not know itself, and where both know something the asset leads.
async fn join(desk: &Desk, ctx: &Context, draft: &mut Draft, asset: &mut Draft) -> Result<(), DeskError> {
    if draft.new.get("id").is_null() {
        draft.new.set("id", desk.new_id(ctx));
    }
    asset.new.set("ci", draft.new.id());
    let product = match asset.new.reference("product") {
        Some(product) => desk.store.get(asset.snapshot.module("product")?, product).await?,
        None => None,
    };
    let owned = asset.small("state").is_some_and(|state| state.is("ownership"));
    for (field, value) in filling(&draft.new, &asset.new) {
        let slot = asset.new.module.slot(field);
        if let Some(slot) = slot.filter(|slot| !asset.given.contains(slot) && (field != "user" || owned)) {
            asset.new.put(slot, value);
            asset.given.push(slot);
        }
    }
    let said: Vec<(usize, Value)> =
        draft.given.iter().map(|slot| (*slot, draft.new.at(*slot).clone())).collect();
    merge_to_ci(&asset.new, product.as_ref(), &mut draft.new);
    said.into_iter().for_each(|(slot, value)| draft.new.put(slot, value));
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
fn copy_to_asset(draft: &Draft, asset: &mut Draft) {
    for (key, field) in OF_ASSET {
        let path = attribute(key);
        if ASSET_LEADS.contains(&field) || draft.new.module.slot(&path).is_none() || !draft.gives(&path) {
            continue;
        }
        if let Some(slot) = asset.new.module.slot(field) {
            asset.new.put(slot, draft.new.get(&path).clone());
            asset.given.push(slot);
        }
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

/// An asset is removed: the CI that was made for it goes with it. One that somebody made by hand stays by itself, and so does
/// one that is spoken of elsewhere.
pub(crate) async fn of_removed_asset(
    desk: &Desk,
    ctx: &Context,
    asset: &Record,
) -> Result<Vec<Statement>, DeskError> {
    let snapshot = desk.snapshot();
    let Some(id) = asset.reference("ci") else { return Ok(Vec::new()) };
    let Some(old) = exact(desk, &snapshot, id).await? else { return Ok(Vec::new()) };
    let relationships = snapshot.module("ci_relationship")?;
    let mut stays = !made_for(&old, asset);
    for (module, field) in [
        (relationships, "parent_ci"),
        (relationships, "child_ci"),
        (snapshot.module("request")?, "configuration_items"),
        (snapshot.module("problem")?, "configuration_items"),
    ] {
        stays |= desk.store.exists(module, equals(module, field, vec![id.into()])).await?;
    }
    if !stays {
        return Ok(desk.store.remove(&old));
    }
    let mut new = old.clone();
    new.set("linked_module", Value::Null);
    new.set("linked_instance", Value::Null);
    written(desk, ctx, &snapshot, old, new).await
}

/// Whether a CI was made for an asset: in the same call, hence at the same instant and with a later id. A CI that was there
/// before has an earlier id, one that was linked afterwards is of another instant.
fn made_for(ci: &Record, asset: &Record) -> bool {
    ci.id() > asset.id() && ci.get("created_time") == asset.get("created_time")
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
