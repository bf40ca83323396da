//! Views of lists that people keep: everybody has their own, and reads those that others share.

use crate::context::Context;
use crate::draft::Draft;
use crate::{DeskError, Refusal};
use model::Record;

pub(crate) fn prepare(ctx: &Context, draft: &mut Draft) -> Result<(), DeskError> {
    if let Some(old) = &draft.old {
        may_change(ctx, old)?;
    }
    let module = draft.new.text("module").map(str::to_owned);
    if module.is_some_and(|path| draft.snapshot.catalogue.at_path(&path).is_none()) {
        draft.refuse(Refusal::not_valid("module"));
    }
    Ok(())
}

/// Whether somebody may change or delete a view: their own, or any as an administrator.
pub(crate) fn may_change(ctx: &Context, view: &Record) -> Result<(), DeskError> {
    let is_own = view.reference("created_by") == Some(ctx.caller.user);
    if is_own || ctx.is_administrator() { Ok(()) } else { Err(DeskError::NotPermitted) }
}
