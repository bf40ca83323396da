//! How somebody reads the pages: language, time zone, clock, colours. Everybody sets their own, also those who may not
//! edit people.

use crate::records::{Outcome, Place};
use crate::{Context, Desk, DeskError, Refusal};
use model::Patch;

/// The fields of a person that are theirs to set.
pub const PREFERENCES: [&str; 4] = ["language", "time_zone", "time_format", "theme"];

impl Desk {
    /// Sets preferences of the caller.
    ///
    /// # Errors
    /// Refused for any other field, and for a time zone that does not exist.
    pub async fn set_preferences(&self, ctx: &Context, patch: &Patch) -> Result<Outcome, DeskError> {
        let place = Place::top(self.snapshot().module("user")?.clone());
        for (slot, _) in &patch.changes {
            let path = place.module.leaf(*slot).map_or("", |leaf| leaf.path.as_str());
            if !PREFERENCES.contains(&path) {
                return Err(Refusal::CannotGive(path.to_owned()).into());
            }
        }
        self.edit_as(ctx, &place, ctx.caller.user, patch, "UPDATE").await
    }
}
