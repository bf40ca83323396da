//! A dry run's memory of the rows before.

use crate::import::{Row, State, quoted};
use crate::plan::{Job, Plan, at};
use crate::reasons::Reason;
use model::fold;
use serde_json::Value as Json;
use std::collections::HashSet;

/// What rows before would have written, for a dry run: hashes, so that a million rows take some dozen megabytes.
#[derive(Default)]
pub(crate) struct Seen(HashSet<u64>);

impl Seen {
    /// Judges a row as if those before it were written.
    pub fn judge(&mut self, plan: &Plan, row: &mut Row, key: Option<&str>) {
        // A row whose record one before it would make is an edit of that one.
        if let Some(key) = key
            && self.0.contains(&hash("", key))
            && matches!(row.state, State::Ready(_, true))
        {
            if let State::Ready(_, is_new) = &mut row.state {
                *is_new = false;
            }
            return;
        }
        if let State::Refused(said) = &row.state
            && said.iter().all(|reason| self.made(plan, &row.job, &reason.field))
        {
            // Only what rows before would make is missing.
            row.state = State::Later;
            let title = at(&row.job.object, plan.module.title).and_then(Json::as_str);
            self.0.extend(title.map(|title| hash("title", &fold(title))));
        }
        if let State::Ready(ready, _) = &row.state {
            let record = &ready.record;
            let mut taken = Vec::new();
            for (slot, leaf) in record.module.leaves().iter().enumerate() {
                let text = fold(&record.at(slot).to_string());
                let alone = leaf.field.unique.as_ref().is_some_and(Vec::is_empty) && !text.is_empty();
                if alone && !self.0.insert(hash(&leaf.path, &text)) {
                    taken.push(Reason::new(&leaf.path, "A row before has this value"));
                }
            }
            self.0.insert(hash("title", &fold(record.title())));
            if !taken.is_empty() {
                row.state = State::Refused(taken.into_iter().map(|r| quoted(r, &row.job)).collect());
            }
        }
        self.0.extend(key.map(|key| hash("", key)));
    }

    /// Whether a field refers to what a row before would make.
    fn made(&self, plan: &Plan, job: &Job, field: &str) -> bool {
        let name = at(&job.object, field).and_then(|value| value.get("name")?.as_str());
        plan.own.iter().any(|path| path == field)
            && name.is_some_and(|name| self.0.contains(&hash("title", &fold(name))))
    }
}

fn hash(what: &str, text: &str) -> u64 {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    (what, text).hash(&mut hasher);
    hasher.finish()
}
