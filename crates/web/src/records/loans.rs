//! Loans of assets: which assets one is of, as its form says it, and taking them back.

use crate::form::{self, Form, Problems, TextForm};
use crate::input::{self, Choice, Control};
use crate::visit::Visit;
use desk::{DeskError, ListAsk, Place};
use model::filter::{equals, test};
use model::{Filter, Id, Module, Op, Patch, Record};
use serde_json::json;
use std::sync::Arc;
use wire::failure::Failure;
use wire::reader::Reading;

/// The assets of a loan: the name of their inputs, as of the field of the API.
const LENT: &str = "loaned_assets";
/// So many inputs for assets are on the form.
const INPUTS: usize = 4;
/// A loan is of no more.
const ASSETS_MAX: u64 = 100;

/// What of the assets may be lent: what is meant for it and is not on loan.
pub(crate) fn lendable(assets: &Arc<Module>) -> Filter {
    let on_loan = equals(assets, "is_loaned", vec![true.into()]);
    equals(assets, "is_loanable", vec![true.into()]).and(on_loan.negate())
}

/// Whether a record is an asset that may be lent.
pub(super) fn is_lendable(record: &Record) -> bool {
    record.module.table == "asset" && record.is("is_loanable") && !record.is("is_loaned")
}

/// The inputs for the assets of a new loan. An address that leads to the form names them by their ids.
///
/// # Errors
/// When the database does not answer.
pub(super) async fn control(
    visit: &Visit,
    loans: &Module,
    entered: Option<&Form>,
    problems: &Problems,
) -> Result<Control, DeskError> {
    let mut choices = Vec::new();
    for given in entered.into_iter().flat_map(|form| form.all(LENT)) {
        let asset = match given.parse::<Id>() {
            Ok(id) => asset(visit, "id", id.into()).await?,
            Err(_) => None,
        };
        choices.push(Choice::new(asset.as_ref().map_or_else(|| given.to_owned(), input::typed_name), ""));
    }
    let free = INPUTS.saturating_sub(choices.len()).max(1);
    choices.extend(std::iter::repeat_n(Choice::default(), free));
    let label = loans.find(LENT).map_or_else(String::new, |leaf| visit.lang().label(&leaf.field.label));
    Ok(Control {
        name: LENT.to_owned(),
        label,
        kind: "several",
        completed_by: "lendable".to_owned(),
        choices,
        is_required: true,
        problem: problems.of(LENT).map(str::to_owned),
        ..Control::default()
    })
}

/// The one asset with a value.
async fn asset(visit: &Visit, path: &str, value: model::Value) -> Result<Option<Record>, DeskError> {
    let assets = visit.snapshot.module("asset")?.clone();
    let ask = ListAsk::new(equals(&assets, path, vec![value]), 2);
    let mut found = visit.desk().list(&visit.ctx, &Place::top(assets), ask).await?.records;
    Ok(if found.len() == 1 { found.pop() } else { None })
}

/// What the form of a new loan says, its assets in the words of the API.
///
/// # Errors
/// When the database does not answer.
pub(super) async fn reading(visit: &Visit, form: &Form, loans: &Module) -> Result<Reading, DeskError> {
    let (mut assets, mut unknown) = (Vec::new(), Vec::new());
    for name in form.all(LENT).map(str::trim) {
        match asset(visit, "name", model::fold(name).into()).await? {
            Some(asset) => assets.push(json!({"asset": {"id": asset.id().to_string()}})),
            None => unknown.push(name),
        }
    }
    let named = TextForm::of(&form.filled()).with(LENT, &json!(assets).to_string());
    let mut reading = form::reading(named.form(), loans, &visit.times);
    if !unknown.is_empty() {
        let words = visit.lang().say("loan.unknown", &[("names", &unknown.join(", "))]);
        reading.failures.push(Failure::not_valid(LENT).saying(words));
        reading.wrong.push(LENT.to_owned());
    }
    Ok(reading)
}

/// Takes back an asset that is on loan, or all assets of a loan.
///
/// # Errors
/// As for the use case.
pub(super) async fn take_back(
    visit: &Visit,
    place: &Place,
    id: Id,
) -> Result<Result<(), Problems>, DeskError> {
    let rows = visit.snapshot.module("loaned_asset")?.clone();
    let record = visit.desk().locate(&visit.ctx, place, id).await?;
    let field = if place.module.table == "asset" { "asset" } else { "asset_loan" };
    let place = place.below(record, rows.clone(), field);
    let out = test(&rows, "returned_time", Op::Empty, Vec::new());
    let found = visit.desk().list(&visit.ctx, &place, ListAsk::new(out, ASSETS_MAX)).await?.records;
    for row in found {
        let done = visit.desk().return_loaned_asset(&visit.ctx, &place, row.id(), Patch::default()).await;
        if let Err(problems) = form::refused(visit, &rows, done)? {
            return Ok(Err(problems));
        }
    }
    Ok(Ok(()))
}
