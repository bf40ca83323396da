//! What the source changed since the last look: by the time of the last change where records tell one, else by comparison;
//! and what it has no more.

use crate::Migration;
use crate::bundle::Gatherer;
use crate::copy::{OVERLAP, Outcome, Pages, Run, Tell};
use crate::error::{MigrateError, Unread};
use crate::plan::{self, Part};
use desk::{DeskError, MigratedPart, Place, Remark};
use model::{Catalogue, Id, Module, Size};
use serde_json::json;
use std::sync::Arc;

impl Migration {
    /// Takes over what changed since the last look; copies first what no run has copied yet.
    ///
    /// # Errors
    /// See [`MigrateError`]; the same call goes on then.
    pub async fn follow(&self, tell: Tell<'_>) -> Result<Outcome, MigrateError> {
        let mut run = Run::begin(self, tell).await?;
        let order = plan::order(&self.desk.snapshot());
        for whole in &order {
            let gatherer = Arc::new(Gatherer::new(self.there(), self.desk.snapshot(), true, run.light));
            for part in run.parts(whole).await? {
                Box::pin(run.changed(part, &gatherer)).await?;
            }
            run.outcome.not_shown.extend(gatherer.not_shown());
        }
        // What hangs on others goes first.
        for whole in order.iter().rev() {
            for (theirs, ours) in run.vanished(whole).await? {
                Box::pin(run.remove(whole, theirs, ours)).await?;
            }
        }
        Box::pin(run.look_again()).await?;
        run.end().await
    }
}

impl Run<'_> {
    /// Takes over what changed in a list.
    async fn changed(&mut self, part: Part, gatherer: &Arc<Gatherer>) -> Result<(), MigrateError> {
        let state = match self.marks.get(&part.name) {
            Some(state) if state.done => state.clone(),
            // It was not copied, or not to its end.
            _ => return Box::pin(self.part(part, gatherer)).await,
        };
        let seen_until = self.migration.desk.now() - OVERLAP;
        let mut criteria = part.criteria.clone();
        match plan::changed_field(&part.module) {
            Some(field) => criteria.push(json!({
                "field": field, "condition": "greater or equal",
                "value": state.seen_until.to_string(), "logical_operator": "and",
            })),
            None => criteria.extend(alone(&self.migration.desk.snapshot().catalogue, &part.module)),
        }
        let pages = Pages {
            client: self.migration.client.clone(),
            patience: self.migration.patience,
            module: part.module.clone(),
            criteria,
            after: 0,
            light: self.light,
        };
        match Box::pin(self.walk(pages, gatherer, None, true)).await {
            Ok(()) | Err(Unread::NotShown(_)) => {}
            Err(failed) => return Err(failed.into_error()),
        }
        let next = MigratedPart { seen_until, ..state.clone() };
        let store = self.migration.desk.store();
        let advance = store.advance_migration(self.loader.ids.migration, &part.name, state.step, &next);
        store.commit(vec![advance]).await.map_err(|_| MigrateError::Overtaken)?;
        Ok(())
    }

    /// Removes what the source has no more, as somebody would who did it here.
    async fn remove(&mut self, whole: &Arc<Module>, theirs: i64, ours: Id) -> Result<(), MigrateError> {
        let desk = &self.migration.desk;
        let ctx = self.migration.now();
        let place = desk.exact_place(&ctx, Place::top(whole.clone()), ours).await;
        let done = match place {
            Ok(place) => desk.delete(&ctx, &place, ours).await,
            Err(error) => Err(error),
        };
        let store = desk.store();
        let number = self.loader.ids.migration;
        let statements = match done {
            Ok(()) => {
                self.loader.counts.entry(whole.name.to_string()).or_default().removed += 1;
                match whole.deletion {
                    // It may come back from there.
                    model::Deletion::Trash => return Ok(()),
                    _ => store.forget_migrated(number, &whole.name, theirs),
                }
            }
            Err(DeskError::NotFound) => store.forget_migrated(number, &whole.name, theirs),
            Err(error @ (DeskError::Unavailable(_) | DeskError::Internal(_))) => return Err(error.into()),
            Err(error) => {
                let words = format!("The source has it no more, but here: {error}").replace('\n', " ");
                let remark =
                    Remark { module: whole.name.to_string(), source_id: theirs, field: String::new(), words };
                store.replace_remarks(number, &whole.name, theirs, &[remark])
            }
        };
        Ok(store.commit(statements).await.map_err(DeskError::from)?)
    }
}

/// Of records that hang on others and tell no time of change: that they hang on none. The others are looked at with those
/// that they hang on.
fn alone(catalogue: &Catalogue, module: &Module) -> Vec<serde_json::Value> {
    if module.size == Size::Small {
        return Vec::new();
    }
    let above = |field: &&&str| {
        let target = module.find(field).and_then(|leaf| catalogue.module(leaf.target()?));
        target.is_some_and(|target| target.children.iter().any(|child| child.module == module.name))
    };
    let empty =
        |field: &&str| json!({"field": field, "condition": "is", "values": [], "logical_operator": "and"});
    module.history_of.iter().filter(above).map(empty).collect()
}
