//! Loans of assets: made, extended, ended (assets-cmdb.md section 2.8).

use crate::context::{Context, Verb};
use crate::draft::Draft;
use crate::permissions::permit;
use crate::records::{Outcome, Place};
use crate::{Desk, DeskError, Refusal};
use model::filter::{equals, test};
use model::{Id, Op, Patch, Record, Value};
use serde_json::Value as Json;
use store::Statement;

/// How many assets one loan may be of.
const ASSETS_MAX: usize = 100;

/// A loan, with the assets that its input names.
pub(crate) async fn prepare(desk: &Desk, ctx: &Context, draft: &mut Draft) -> Result<(), DeskError> {
    let (start, due) = (draft.new.int("start_time"), draft.new.int("due_by_time"));
    if due < start {
        draft.refuse(Refusal::TimesContradict("due_by_time".into()));
    }
    if !draft.is_new() {
        if draft.gives("loaned_assets") {
            draft.refuse(Refusal::NotEditable("loaned_assets".into()));
        }
        return Ok(());
    }
    let ids = match named(draft.new.text("loaned_assets")) {
        Some(ids) if ids.is_empty() => {
            draft.refuse(Refusal::Mandatory("loaned_assets".into()));
            return Ok(());
        }
        Some(ids) if ids.len() <= ASSETS_MAX => ids,
        Some(_) => {
            draft.refuse(Refusal::because("loaned_assets", format!("At most {ASSETS_MAX} assets")));
            return Ok(());
        }
        None => {
            draft.refuse(Refusal::because("loaned_assets", "Each must name an asset by its id"));
            return Ok(());
        }
    };
    let loan = desk.new_id(ctx);
    draft.new.set("id", loan);
    for id in ids {
        lend(desk, ctx, draft, loan, id).await?;
    }
    Ok(())
}

/// The ids in `[{"asset": {"id": …}}]`, each once; none where it is something else.
fn named(text: Option<&str>) -> Option<Vec<Id>> {
    let Json::Array(rows) = text.map_or(Some(Json::Array(Vec::new())), |t| serde_json::from_str(t).ok())?
    else {
        return None;
    };
    let mut ids = Vec::new();
    for row in rows {
        let asset = row.get("asset").unwrap_or(&row);
        let id = asset.get("id")?;
        let id: Id = id.as_str().map(str::to_owned).unwrap_or_else(|| id.to_string()).parse().ok()?;
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    Some(ids)
}

async fn lend(desk: &Desk, ctx: &Context, draft: &mut Draft, loan: Id, asset: Id) -> Result<(), DeskError> {
    let snapshot = draft.snapshot.clone();
    let Some(old) = desk.get_visible(ctx, snapshot.module("asset")?, asset).await? else {
        draft.refuse(Refusal::not_valid("loaned_assets"));
        return Ok(());
    };
    let words = if !old.is("is_loanable") {
        Some(format!("{} is not for loan", old.title()))
    } else if old.is("is_loaned") {
        Some(format!("{} is on loan already", old.title()))
    } else {
        None
    };
    if let Some(words) = words {
        draft.refuse(Refusal::because("loaned_assets", words));
        return Ok(());
    }
    let mut row = Record::new(snapshot.module("loaned_asset")?.clone());
    row.set("id", desk.new_id(ctx));
    row.set("asset", asset);
    row.set("asset_loan", loan);
    row.set("start_time", draft.new.get("start_time").clone());
    row.set("due_by_time", draft.new.get("due_by_time").clone());
    draft.statements.extend(desk.store.insert(&row));
    let mut new = old.clone();
    new.set("is_loaned", true);
    // Of two loans at once one finds the asset changed, and is done again.
    draft.statements.extend(desk.store.update(&old, &new, &snapshot.catalogue));
    Ok(())
}

/// A loaned asset: its dates, and taking it back.
pub(crate) async fn prepare_asset(
    desk: &Desk,
    ctx: &Context,
    place: &Place,
    draft: &mut Draft,
) -> Result<(), DeskError> {
    if draft.is_new() {
        let Some((_, loan)) = &place.parent else { return Err(DeskError::NotFound) };
        let Some(asset) = draft.new.reference("asset") else { return Ok(()) };
        let (start, due) = (loan.get("start_time").clone(), loan.get("due_by_time").clone());
        for (path, value) in [("start_time", start), ("due_by_time", due)] {
            if !draft.gives(path) {
                draft.new.set(path, value);
            }
        }
        let snapshot = draft.snapshot.clone();
        let Some(old) = desk.get_visible(ctx, snapshot.module("asset")?, asset).await? else { return Ok(()) };
        if !old.is("is_loanable") || old.is("is_loaned") {
            draft.refuse(Refusal::because("asset", "Not for loan, or on loan already"));
            return Ok(());
        }
        let mut new = old.clone();
        new.set("is_loaned", true);
        draft.statements.extend(desk.store.update(&old, &new, &snapshot.catalogue));
        return Ok(());
    }
    if draft.new.int("due_by_time") < draft.new.int("start_time") {
        draft.refuse(Refusal::TimesContradict("due_by_time".into()));
    }
    let came_back = draft.before("returned_time").is_null() && !draft.new.get("returned_time").is_null();
    if !draft.before("returned_time").is_null() && draft.changes("returned_time") {
        draft.refuse(Refusal::NotEditable("returned_time".into()));
    }
    if came_back {
        if draft.new.int("returned_time") < draft.new.int("start_time") {
            draft.refuse(Refusal::TimesContradict("returned_time".into()));
        }
        if draft.new.get("returned_by").is_null() {
            draft.new.set("returned_by", ctx.caller.user);
        }
        draft.statements.extend(returned(desk, draft).await?);
    }
    Ok(())
}

/// The asset is free again; the loan is closed with the last of its assets.
async fn returned(desk: &Desk, draft: &Draft) -> Result<Vec<Statement>, DeskError> {
    let snapshot = &draft.snapshot;
    let mut statements = Vec::new();
    if let Some(id) = draft.new.reference("asset")
        && let Some(old) = desk.store.get(snapshot.module("asset")?, id).await?
    {
        let mut new = old.clone();
        new.set("is_loaned", false);
        statements.extend(desk.store.update(&old, &new, &snapshot.catalogue));
    }
    if let Some(loan) = draft.new.reference("asset_loan") {
        let rows = snapshot.module("loaned_asset")?;
        let open = equals(rows, "asset_loan", vec![loan.into()])
            .and(test(rows, "returned_time", Op::Empty, Vec::new()))
            .and(equals(rows, "id", vec![draft.new.id().into()]).negate());
        if !desk.store.exists(rows, open).await? {
            let stamps = [("closed_time", draft.new.get("returned_time").clone())];
            let expect = store::engine::Expect::Any;
            statements.push(desk.store.stamp(snapshot.module("asset_loan")?, loan, &stamps, expect));
        }
    }
    Ok(statements)
}

/// Fills in where a loan stands.
pub(crate) fn complete(loan: &mut Record, now: i64) {
    let status = match (loan.int("closed_time"), loan.int("due_by_time")) {
        (Some(_), _) => "Closed",
        (None, Some(due)) if due < now => "Expired",
        _ => "On Loan",
    };
    loan.set("status", status);
}

impl Desk {
    /// Takes a loaned asset back: now, unless the input says when.
    ///
    /// # Errors
    /// As for an edit; refused when it is back already.
    pub async fn return_loaned_asset(
        &self,
        ctx: &Context,
        place: &Place,
        id: Id,
        mut patch: Patch,
    ) -> Result<Outcome, DeskError> {
        permit(ctx, place, Verb::Update)?;
        let row = self.get_in(ctx, place, id).await?;
        if !row.get("returned_time").is_null() {
            return Err(Refusal::because("returned_time", "The asset is back already").into());
        }
        if let Some(slot) = place.module.slot("returned_time")
            && patch.get(slot).is_none()
        {
            patch.set(slot, model::Change::Value(Value::Int(ctx.now)));
        }
        self.edit_as(ctx, place, id, &patch, "RETURN").await
    }

    /// Gives a loaned asset a later date of return.
    ///
    /// # Errors
    /// As for an edit; refused without a date, or when it is back already.
    pub async fn extend_loan(
        &self,
        ctx: &Context,
        place: &Place,
        id: Id,
        patch: &Patch,
    ) -> Result<Outcome, DeskError> {
        permit(ctx, place, Verb::Update)?;
        if place.module.slot("due_by_time").is_none_or(|slot| patch.get(slot).is_none()) {
            return Err(Refusal::Mandatory("due_by_time".into()).into());
        }
        let row = self.get_in(ctx, place, id).await?;
        if !row.get("returned_time").is_null() {
            return Err(Refusal::because("returned_time", "The asset is back already").into());
        }
        self.edit_as(ctx, place, id, patch, "EXTEND").await
    }
}
