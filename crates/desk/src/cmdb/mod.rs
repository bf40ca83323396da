//! The CMDB: configuration items, what their types give them, how they depend on one another, and the records that
//! they stand for (assets-cmdb.md section 5).

pub mod graph;
pub mod impact;
pub mod map;
pub(crate) mod relationships;
pub(crate) mod sync;
pub(crate) mod types;

use crate::context::{Context, Verb};
use crate::draft::Draft;
use crate::{Desk, DeskError, Place, Refusal, Snapshot, permissions};
use model::filter::equals;
use model::{Id, Module, Record, Value};
use serde_json::{Value as Json, json};
use store::Statement;

/// The modules whose records a CI may stand for (assets-cmdb.md section 5.5).
const LINKABLE: [&str; 5] = ["asset", "user", "department", "support_group", "service_category"];

pub(crate) async fn prepare(desk: &Desk, ctx: &Context, draft: &mut Draft) -> Result<(), DeskError> {
    if draft.new.get("ci_type").is_null() {
        draft.refuse(Refusal::Mandatory("ci_type".into()));
        return Ok(());
    }
    link(desk, ctx, draft).await?;
    if draft.refusals.is_empty() {
        sync::of_ci(desk, ctx, draft).await?;
    }
    Ok(())
}

/// The record that the CI stands for: both its module and its id must be given (assets-cmdb.md section 5.5).
async fn link(desk: &Desk, ctx: &Context, draft: &mut Draft) -> Result<(), DeskError> {
    let (entity, instance) = (draft.gives("linked_entity"), draft.gives("linked_instance"));
    if !entity && !instance {
        return Ok(());
    }
    let given: Option<Json> =
        draft.new.text("linked_entity").and_then(|text| serde_json::from_str(text).ok());
    let none = given.as_ref().is_none_or(Json::is_null);
    if none && draft.new.get("linked_instance").is_null() {
        draft.new.set("linked_module", Value::Null);
        return Ok(());
    }
    if none && entity != instance {
        // One alone speaks of the other as it is.
        if draft.new.get("linked_module").is_null() {
            draft.refuse(Refusal::Mandatory("linked_entity".into()));
            return Ok(());
        }
    } else {
        let text = |key: &str| given.as_ref().and_then(|g| g.get(key)).and_then(Json::as_str);
        // If both are given the id decides (conventions.md section 5), where it is one of ours.
        let by_id =
            text("id").and_then(|id| LINKABLE.into_iter().find(|m| entity_id(m).to_string() == id.trim()));
        let by_name =
            || linkable(&draft.snapshot, given.as_ref().and_then(Json::as_str).or_else(|| text("name"))?);
        match by_id.or_else(by_name) {
            Some(module) => draft.new.set("linked_module", module),
            None => {
                draft.refuse(Refusal::not_valid("linked_entity"));
                return Ok(());
            }
        }
    }
    let Some(id) = draft.new.int("linked_instance").map(Id::new) else {
        draft.refuse(Refusal::Mandatory("linked_instance".into()));
        return Ok(());
    };
    if linked(desk, ctx, &draft.new, id).await?.is_none() {
        draft.refuse(Refusal::not_valid("linked_instance"));
        return Ok(());
    }
    // The database would refuse a second CI of a record as well, but may rather speak of the name that both have.
    let cis = draft.snapshot.module("ci")?;
    let others = equals(cis, "linked_module", vec![draft.new.get("linked_module").clone()])
        .and(equals(cis, "linked_instance", vec![id.into()]))
        .and(equals(cis, "id", vec![draft.new.id().into()]).negate());
    if desk.store.exists(cis, others).await? {
        draft.refuse(Refusal::NotUnique("linked_instance".into()));
    }
    Ok(())
}

/// The module that a client means: by its name, its path, or the name of a view such as `asset_computer`.
pub(crate) fn linkable(snapshot: &Snapshot, name: &str) -> Option<&'static str> {
    let catalogue = &snapshot.catalogue;
    let module = catalogue.module(name).or_else(|| catalogue.at_path(name))?;
    let whole = catalogue.whole_of(module);
    LINKABLE.into_iter().find(|linkable| whole.name == *linkable)
}

/// The record that a CI stands for, if the caller sees it.
async fn linked(desk: &Desk, ctx: &Context, ci: &Record, id: Id) -> Result<Option<Record>, DeskError> {
    let snapshot = desk.snapshot();
    let Some(module) = ci.text("linked_module").and_then(|name| snapshot.catalogue.module(name)) else {
        return Ok(None);
    };
    let module = module.clone();
    desk.get_visible(ctx, &module, id).await
}

/// Whoever refers to a CI that is removed lets go of it; its relationships go with it.
pub(crate) async fn before_removal(desk: &Desk, ci: &Record) -> Result<Vec<Statement>, DeskError> {
    let snapshot = desk.snapshot();
    let mut statements = Vec::new();
    for module in ["request", "problem"] {
        statements.extend(crate::assets::release(desk, &snapshot, module, "configuration_items", ci).await?);
    }
    let relationships = snapshot.module("ci_relationship")?;
    for end in ["parent_ci", "child_ci"] {
        statements.extend(desk.store.remove_rows(relationships, end, ci.id()));
    }
    statements.push(impact::changed(desk));
    statements.extend(desk.store.let_go(snapshot.module("asset")?, "ci", ci.id(), &[]));
    Ok(statements)
}

/// Fills in what is worked out: the module of the record that a CI stands for, and a summary of the record.
pub(crate) async fn complete(
    desk: &Desk,
    ctx: &Context,
    records: &mut [Record],
    with_data: bool,
) -> Result<(), DeskError> {
    let snapshot = desk.snapshot();
    for record in records.iter_mut() {
        let Some(module) = record.text("linked_module").and_then(|name| snapshot.catalogue.module(name))
        else {
            continue;
        };
        record.set("linked_entity", entity(module).to_string());
        if !with_data {
            continue;
        }
        let Some(id) = record.int("linked_instance").map(Id::new) else { continue };
        if let Some(other) = linked(desk, ctx, record, id).await? {
            record.set("linked_instance_data", summary(&snapshot, &other).to_string());
        }
    }
    Ok(())
}

/// The modules whose records a CI may stand for, as a CI names them (assets-cmdb.md sections 5.3 and 5.5).
///
/// # Errors
/// The caller may not read CIs.
pub fn linked_entities(ctx: &Context, snapshot: &Snapshot) -> Result<Vec<Json>, DeskError> {
    permissions::permit(ctx, &Place::top(snapshot.module("ci")?.clone()), Verb::Read)?;
    Ok(LINKABLE.iter().filter_map(|name| snapshot.catalogue.module(name)).map(|m| entity(m)).collect())
}

/// A module whose record a CI stands for (assets-cmdb.md section 5.4).
fn entity(module: &Module) -> Json {
    let label = label(&module.name);
    json!({
        "id": entity_id(&module.name).to_string(),
        "name": module.name,
        "api_plural_name": module.plural,
        "display_name": label,
        "display_name_plural": crate::products::plural(&label),
        "icon_name": null,
    })
}

/// What a CI says of the record that it stands for (assets-cmdb.md section 5.4).
fn summary(snapshot: &Snapshot, record: &Record) -> Json {
    let site = record.module.slot("site").and_then(|slot| record.at(slot).as_int()).map(Id::new);
    let site = site.and_then(|id| snapshot.record(id)).map(|site| {
        json!({
            "id": site.id().to_string(),
            "name": site.title(),
            "deleted": site.is("deleted"),
            "is_default": site.is("is_default"),
        })
    });
    json!({"id": record.id().to_string(), "name": record.title(), "site": site})
}

fn label(name: &str) -> String {
    let mut words = name.replace('_', " ");
    if let Some(first) = words.get_mut(0..1) {
        first.make_ascii_uppercase();
    }
    words
}

/// A number by which clients may name a linkable module; the same in every desk.
fn entity_id(name: &str) -> Id {
    let place = LINKABLE.iter().position(|linkable| *linkable == name).unwrap_or(0);
    Id::shipped(1_000_700 + i64::try_from(place).unwrap_or(0))
}
