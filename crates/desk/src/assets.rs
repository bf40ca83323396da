//! Assets: what follows from what when one is written (assets-cmdb.md sections 2.7 to 2.9).

use crate::context::Context;
use crate::depreciation::{self, Plan};
use crate::draft::Draft;
use crate::nouns::parent;
use crate::records::Place;
use crate::{Desk, DeskError, Refusal, Snapshot, cmdb, money, products};
use model::filter::equals;
use model::{Filter, Id, Map, Record, Value};
use serde_json::{Value as Json, json};
use std::sync::Arc;
use store::{Query, Statement};

/// The shipped states, by the tails of their ids. They may be renamed; what they mean stays.
pub mod states {
    use model::Id;
    /// Nobody's, ready to be given out.
    pub const IN_STORE: Id = Id::shipped(6135);
    /// With somebody, or part of something.
    pub const IN_USE: Id = Id::shipped(6137);
    /// Away to be mended.
    pub const IN_REPAIR: Id = Id::shipped(6139);
    /// Past its time.
    pub const EXPIRED: Id = Id::shipped(6141);
    /// Gone.
    pub const DISPOSED: Id = Id::shipped(6143);
}

/// Who or what may have an asset.
const OWNERS: [&str; 3] = ["user", "department", "used_by_asset"];

/// How many steps of "used by" are followed when looking for a ring.
const CHAIN_MAX: usize = 50;

/// How many rows of one kind an inventory may list.
const INVENTORY_MAX: usize = 200;

pub(crate) async fn prepare(desk: &Desk, ctx: &Context, draft: &mut Draft) -> Result<(), DeskError> {
    let product = product(desk, draft).await?;
    lifecycle(draft);
    let ci = cmdb::sync::taken_over(desk, draft).await?;
    state(draft);
    // Also at the paths of types, where a new asset needs neither to be given.
    for path in ["product", "state"] {
        if !draft.is_new() && draft.changes(path) && draft.new.get(path).is_null() {
            draft.refuse(Refusal::Mandatory(path.into()));
        }
    }
    site(desk, draft).await?;
    ring(desk, draft).await?;
    inventory(draft);
    products::depreciation(draft, "asset_depreciation");
    let product_plan = product.as_ref().is_some_and(|p| Plan::read(p, "depreciation_detail").is_some());
    let own_plan = Plan::read(&draft.new, "asset_depreciation").is_some();
    draft.new.set("is_depreciation_configured", own_plan || product_plan);
    total(draft);
    if draft.new.text("state_history_comments").is_some_and(|text| text.contains(['\n', '\r'])) {
        // Plain text of one line (connector.md section 3.1).
        let line = draft.new.text("state_history_comments").unwrap_or_default().replace(['\r', '\n'], " ");
        draft.new.set("state_history_comments", line);
    }
    if draft.changes("is_loanable") && !draft.new.is("is_loanable") && draft.new.is("is_loaned") {
        draft.refuse(Refusal::because("is_loanable", "The asset is on loan"));
    }
    if draft.refusals.is_empty() {
        cmdb::sync::of_asset(desk, ctx, draft, product.as_deref(), ci).await?;
    }
    Ok(())
}

/// The rules of who may have an asset, for one that is written with its CI.
pub(crate) async fn owned(desk: &Desk, draft: &mut Draft) -> Result<(), DeskError> {
    state(draft);
    site(desk, draft).await
}

/// The product settles product type, type and category. At the path of a type the type is known without a product.
async fn product(desk: &Desk, draft: &mut Draft) -> Result<Option<Arc<Record>>, DeskError> {
    let snapshot = draft.snapshot.clone();
    let product = match draft.new.reference("product") {
        Some(id) => desk.store.get(snapshot.module("product")?, id).await?.map(Arc::new),
        None => None,
    };
    let kind = match &product {
        Some(product) => product.reference("product_type"),
        None => draft.new.reference("product_type"),
    };
    if draft.is_new() || draft.changes("product") {
        if product.is_some()
            && draft.new.module.fixed.as_ref().is_some_and(|view| !view.values.contains(&kind.into()))
        {
            draft.refuse(Refusal::because("product", "The product is of another product type"));
            return Ok(product);
        }
        let kind = kind.and_then(|id| snapshot.record_of("product_type", id));
        draft.new.set("product_type", kind.map(|k| k.id()));
        for path in ["type", "category"] {
            draft.new.set(path, kind.map(|k| k.get(path).clone()).unwrap_or_default());
        }
        if kind.is_some_and(|k| k.reference("type") != Some(products::ASSET)) {
            draft.refuse(Refusal::because("product", "Not a product whose instances are assets"));
        }
    }
    Ok(product)
}

/// The life cycle of the product type, or of the nearest one above it that has one.
fn lifecycle(draft: &mut Draft) {
    let kind = draft.small("product_type").cloned();
    let line = kind.map(|kind| products::lineage(&draft.snapshot, &kind)).unwrap_or_default();
    let found = line.iter().find_map(|kind| kind.reference("lifecycle"));
    let alive = found.filter(|id| draft.snapshot.record(*id).is_some_and(|l| !crate::is_gone(l)));
    draft.new.set("lifecycle", alive);
}

/// State and owner go together: what is given out is in use, what is in store is nobody's.
fn state(draft: &mut Draft) {
    let owner_given = OWNERS.iter().any(|path| draft.gives(path) && !draft.new.get(path).is_null());
    let has_owner = |draft: &Draft| OWNERS.iter().any(|path| !draft.new.get(path).is_null());
    let Some(mut state) = draft.small("state").cloned() else { return };
    let state_given = draft.gives("state") && (draft.is_new() || draft.changes("state"));
    if owner_given && !state.is("ownership") {
        if state_given {
            let words = format!("An asset that is {} has no owner", state.title());
            draft.refuse(Refusal::because("state", words));
            return;
        }
        draft.new.set("state", states::IN_USE);
        state = draft.small("state").cloned().unwrap_or(state);
    }
    if !state.is("ownership") && has_owner(draft) {
        for path in OWNERS {
            draft.new.set(path, Value::Null);
        }
    }
    if state.is("ownership_mandatory") && !has_owner(draft) && (draft.is_new() || draft.changes("state")) {
        draft.refuse(Refusal::Mandatory("user".into()));
    }
    if draft.old.is_some() && draft.changes("state") {
        transition(draft);
    }
}

/// Where a life cycle is attached, only its transitions are made.
fn transition(draft: &mut Draft) {
    let Some(lifecycle) = draft.new.reference("lifecycle") else { return };
    let from = draft.before("state").as_int().map(Id::new);
    let to = draft.new.reference("state");
    let found = draft
        .snapshot
        .rows("asset_transition")
        .iter()
        .find(|row| {
            row.reference("asset_lifecycle") == Some(lifecycle)
                && row.reference("from_state") == from
                && row.reference("to_state") == to
        })
        .cloned();
    let name = |id: Option<Id>| {
        id.and_then(|id| draft.snapshot.record(id)).map(|r| r.title().to_owned()).unwrap_or_default()
    };
    match found {
        None => {
            let words = format!("The life cycle does not lead from {} to {}", name(from), name(to));
            draft.refuse(Refusal::because("state", words));
        }
        Some(row) if row.is("comment_required") => {
            let said = draft.gives("state_history_comments")
                && draft.new.text("state_history_comments").is_some_and(|t| !t.trim().is_empty());
            if !said {
                draft.refuse(Refusal::Mandatory("state_history_comments".into()));
            }
        }
        Some(_) => {}
    }
}

/// While somebody has it, an asset is where they are, unless it does not retain their site (assets-cmdb.md section 2.9).
async fn site(desk: &Desk, draft: &mut Draft) -> Result<(), DeskError> {
    let moved = OWNERS.iter().chain(&["retain_user_site", "site", "state"]).any(|path| draft.changes(path));
    let kept = draft.new.is("retain_user_site") && draft.small("state").is_some_and(|s| s.is("ownership"));
    if !moved || !kept {
        return Ok(());
    }
    let of_user = match draft.new.reference("user") {
        Some(id) => desk.person(id).await?.and_then(|person| person.reference("site")),
        None => None,
    };
    let of_department = draft.small("department").and_then(|d| d.reference("site"));
    if let Some(site) = of_user.or(of_department) {
        draft.new.set("site", site);
    }
    Ok(())
}

/// Nothing is part of itself, however far round.
async fn ring(desk: &Desk, draft: &mut Draft) -> Result<(), DeskError> {
    if draft.is_new() || !draft.changes("used_by_asset") {
        return Ok(());
    }
    let (own, module) = (draft.new.id(), draft.new.module.clone());
    let mut next = draft.new.reference("used_by_asset");
    for _ in 0..CHAIN_MAX {
        match next {
            None => return Ok(()),
            Some(id) if id == own => break,
            Some(id) => {
                let above = desk.store.get(draft.snapshot.catalogue.whole_of(&module), id).await?;
                next = above.and_then(|record| record.reference("used_by_asset"));
            }
        }
    }
    draft.refuse(Refusal::because("used_by_asset", "The asset would be used by itself"));
    Ok(())
}

/// What an inventory lists is an array of objects; the first adapter gives the asset its addresses.
fn inventory(draft: &mut Draft) {
    for path in ["network_adapters", "processors", "hard_disks", "logical_drives", "monitors"] {
        if !draft.gives(path) {
            continue;
        }
        let rows: Option<Vec<serde_json::Map<String, Json>>> =
            draft.new.text(path).map_or(Some(Vec::new()), |text| serde_json::from_str(text).ok());
        match rows {
            Some(rows) if rows.len() <= INVENTORY_MAX => {
                draft.new.set(path, json!(rows).to_string());
                if path == "network_adapters" {
                    addresses(draft, &rows);
                }
            }
            _ => draft.refuse(Refusal::because(path, format!("An array of at most {INVENTORY_MAX} objects"))),
        }
    }
}

fn addresses(draft: &mut Draft, adapters: &[serde_json::Map<String, Json>]) {
    for (path, max) in [("ip_address", 64), ("mac_address", 64)] {
        // Several addresses of one adapter stand in one text.
        let found = adapters.iter().find_map(|adapter| {
            let text = adapter.get(path)?.as_str()?.split([',', ' ']).find(|part| !part.is_empty())?;
            (text.chars().count() <= max).then(|| text.to_owned())
        });
        draft.new.set(path, found);
    }
}

fn total(draft: &mut Draft) {
    for path in ["purchase_cost", "operational_cost"] {
        if draft.new.get(path).is_null() {
            draft.new.set(path, "0.0");
        }
    }
    let sum = money::read(draft.new.text("purchase_cost")) + money::read(draft.new.text("operational_cost"));
    draft.new.set("total_cost", money::write(sum));
    if draft.gives("purchase_cost") {
        let shown = money::write(money::read(draft.new.text("purchase_cost")));
        draft.new.set("purchase_cost", shown);
    }
}

/// A cost beside the price: the asset's sums follow.
pub(crate) async fn prepare_cost(desk: &Desk, place: &Place, draft: &mut Draft) -> Result<(), DeskError> {
    // As it is now: of two costs at once the second one is worked out again.
    let snapshot = draft.snapshot.clone();
    let id = parent(place)?.id();
    let asset = desk.store.get(snapshot.module("asset")?, id).await?.ok_or(DeskError::NotFound)?;
    let others = costs_of(desk, &draft.new.module, asset.id(), draft.old.as_ref().map(Record::id)).await?;
    let own = money::read(draft.new.text("amount"));
    draft.new.set("amount", money::write(own));
    draft.statements.extend(sums(desk, &asset, others + own));
    Ok(())
}

/// A cost that is taken away.
pub(crate) async fn before_cost_removal(desk: &Desk, cost: &Record) -> Result<Vec<Statement>, DeskError> {
    let snapshot = desk.snapshot();
    let Some(id) = cost.reference("asset") else { return Ok(Vec::new()) };
    let Some(asset) = desk.store.get(snapshot.module("asset")?, id).await? else { return Ok(Vec::new()) };
    let others = costs_of(desk, &cost.module, id, Some(cost.id())).await?;
    Ok(sums(desk, &asset, others))
}

fn sums(desk: &Desk, asset: &Record, operational: rust_decimal::Decimal) -> Vec<Statement> {
    let total = money::read(asset.text("purchase_cost")) + operational;
    // States the version that was read, so that two costs at once cannot both forget the other.
    let mut new = asset.clone();
    new.set("operational_cost", money::write(operational));
    new.set("total_cost", money::write(total));
    desk.store.update(asset, &new, &desk.snapshot().catalogue)
}

async fn costs_of(
    desk: &Desk,
    costs: &Arc<model::Module>,
    asset: Id,
    except: Option<Id>,
) -> Result<rust_decimal::Decimal, DeskError> {
    const COSTS_MAX: u64 = 10_000;
    let query = Query::new(costs.clone(), equals(costs, "asset", vec![asset.into()]), COSTS_MAX);
    let rows = desk.store.list(&query).await?;
    let amounts =
        rows.iter().filter(|row| Some(row.id()) != except).map(|row| money::read(row.text("amount")));
    Ok(amounts.sum())
}

/// Whoever refers to an asset that is removed lets go of it: requests keep its name (requests.md section 3,
/// `deleted_assets`), its loans go with it, and so does the CI that only stood for it.
pub(crate) async fn before_removal(
    desk: &Desk,
    ctx: &Context,
    asset: &Record,
) -> Result<Vec<Statement>, DeskError> {
    let snapshot = desk.snapshot();
    let mut statements = Vec::new();
    for module in ["request", "problem"] {
        statements.extend(release(desk, &snapshot, module, "assets", asset).await?);
    }
    statements.extend(desk.store.let_go(snapshot.module("asset")?, "used_by_asset", asset.id(), &[]));
    statements.extend(desk.store.remove_rows(snapshot.module("loaned_asset")?, "asset", asset.id()));
    statements.extend(cmdb::sync::of_removed_asset(desk, ctx, asset).await?);
    Ok(statements)
}

/// How many records may speak of an asset or a CI that is removed; more keep it from being removed.
const SPEAKING_MAX: u64 = 2_000;

/// Takes a removed record out of the many-valued field of whoever names it there.
pub(crate) async fn release(
    desk: &Desk,
    snapshot: &Snapshot,
    module: &str,
    field: &str,
    removed: &Record,
) -> Result<Vec<Statement>, DeskError> {
    let module = snapshot.module(module)?;
    let naming: Filter = equals(module, field, vec![removed.id().into()]);
    let rows = desk.store.list(&Query::new(module.clone(), naming, SPEAKING_MAX + 1)).await?;
    if rows.len() as u64 > SPEAKING_MAX {
        return Err(DeskError::InUse(vec![module.plural.to_string()]));
    }
    let mut statements = Vec::new();
    for old in rows {
        let mut new = old.clone();
        let left: Vec<Id> = old.references(field).into_iter().filter(|id| *id != removed.id()).collect();
        new.set(field, model::record::list_of(&left));
        if field == "assets" && module.slot("deleted_assets").is_some() {
            let mut names: Vec<String> =
                old.text("deleted_assets").and_then(|t| serde_json::from_str(t).ok()).unwrap_or_default();
            names.push(removed.title().to_owned());
            new.set("deleted_assets", json!(names).to_string());
        }
        statements.extend(desk.store.update(&old, &new, &snapshot.catalogue));
    }
    Ok(statements)
}

/// Fills in what is worked out: the region of the site, the book value, the loan that is running.
pub(crate) async fn complete(
    desk: &Desk,
    ctx: &Context,
    records: &mut [Record],
    shown: impl Fn(&str) -> bool,
) -> Result<(), DeskError> {
    let snapshot = desk.snapshot();
    if shown("loan.id") || shown("loan_end") {
        loans(desk, &snapshot, records).await?;
    }
    let worth = ["current_cost", "depreciation", "product_depreciation", "is_depreciation_calculated"];
    let products = if worth.iter().any(|path| shown(path)) {
        products_of(desk, &snapshot, records).await?
    } else {
        Map::default()
    };
    for record in records.iter_mut() {
        let region =
            record.reference("site").and_then(|id| snapshot.record(id)).and_then(|s| s.reference("region"));
        record.set("region", region);
        let module = collection(record, &snapshot);
        record.set("module", module);
        let product = record.reference("product").and_then(|id| products.get(&id));
        value(record, product.map(AsRef::as_ref), ctx.now);
    }
    Ok(())
}

/// The collection of an asset's own type, in the words of a module that a CI is linked to (assets-cmdb.md sections 2.6 and
/// 5.4).
fn collection(asset: &Record, snapshot: &Snapshot) -> Option<String> {
    let kind = asset.reference("product_type").and_then(|id| snapshot.record_of("product_type", id))?;
    let shown = json!({
        "id": kind.id().to_string(),
        "name": kind.text("api_name").unwrap_or("asset"),
        "api_plural_name": kind.text("api_plural_name").unwrap_or("assets"),
        "display_name": kind.title(),
        "display_name_plural": kind.text("display_name"),
    });
    Some(shown.to_string())
}

async fn products_of(
    desk: &Desk,
    snapshot: &Snapshot,
    records: &[Record],
) -> Result<Map<Id, Arc<Record>>, DeskError> {
    let mut ids: Vec<Id> = records.iter().filter_map(|r| r.reference("product")).collect();
    ids.sort_unstable();
    ids.dedup();
    let rows = desk.store.get_many(snapshot.module("product")?, &ids).await?;
    Ok(rows.into_iter().map(|row| (row.id(), row)).collect())
}

/// The book value, by the asset's own plan or else by its product's.
fn value(record: &mut Record, product: Option<&Record>, now: i64) {
    let price = money::read(record.text("purchase_cost"));
    let detail = product.and_then(|p| Plan::read(p, "depreciation_detail").map(|plan| (p, plan)));
    record.set("product_depreciation", detail.map(|(p, _)| detail_of(p).to_string()));
    let plan = Plan::read(record, "asset_depreciation").or(detail.map(|(_, plan)| plan));
    let bought = record.int("acquisition_date");
    let Some((plan, bought)) = plan.zip(bought).filter(|_| !price.is_zero()) else {
        record.set("current_cost", money::write(price));
        record.set("is_depreciation_calculated", false);
        return;
    };
    let months = depreciation::months_between(bought, now);
    let left = plan.value(price, months);
    record.set("is_depreciation_calculated", true);
    record.set("current_cost", money::write_to_cent(left));
    let shown = json!({
        "book_value": money::write_to_cent(left),
        "accumulated_depreciation": money::write_to_cent(price - left),
        "percent_left": depreciation::percent_left(left, price),
        "months": months.max(0).to_string(),
    });
    record.set("depreciation", shown.to_string());
}

fn detail_of(product: &Record) -> Json {
    let text = |path: &str| product.get(&format!("depreciation_detail.{path}")).as_double();
    json!({
        "id": product.id().to_string(),
        "useful_life": product.int("depreciation_detail.useful_life").map(|n| n.to_string()),
        "depreciation_percent": text("depreciation_percent"),
        "salvage_value": text("salvage_value"),
    })
}

/// The loan that each loaned asset is on (assets-cmdb.md section 2.8).
async fn loans(desk: &Desk, snapshot: &Snapshot, records: &mut [Record]) -> Result<(), DeskError> {
    let loaned: Vec<Value> = records.iter().filter(|r| r.is("is_loaned")).map(|r| r.id().into()).collect();
    if loaned.is_empty() {
        return Ok(());
    }
    let module = snapshot.module("loaned_asset")?;
    let running = equals(module, "asset", loaned).and(model::filter::test(
        module,
        "returned_time",
        model::Op::Empty,
        Vec::new(),
    ));
    let rows = desk.store.list(&Query::new(module.clone(), running, 1_000)).await?;
    let ids: Vec<Id> = rows.iter().filter_map(|r| r.reference("asset_loan")).collect();
    let parents = desk.store.get_many(snapshot.module("asset_loan")?, &ids).await?;
    for record in records.iter_mut() {
        let Some(row) = rows.iter().find(|r| r.reference("asset") == Some(record.id())) else { continue };
        let loan = parents.iter().find(|p| Some(p.id()) == row.reference("asset_loan"));
        record.set("loan.id", row.id().get());
        record.set("loan_end", row.get("due_by_time").clone());
        for path in ["start_time", "due_by_time"] {
            record.set(&format!("loan.{path}"), row.get(path).clone());
        }
        record.set("loan.barcode", record.get("barcode").clone());
        record.set("loan.loan_id", loan.and_then(|l| l.int("loan_id")));
        record.set("loan.loan.id", loan.map(|l| l.id().get()));
    }
    Ok(())
}
