//! The history of a request, in the form of [`crate::history`].

use super::requests::Case;
use model::Id;
use serde_json::{Value as Json, json};

/// Somebody, as the history names them.
pub(super) type Who<'a> = (Id, &'a str);

fn named((id, name): Who<'_>) -> Json {
    json!({"id": id.to_string(), "name": name})
}

/// A field that referred to one thing and refers to another now.
pub(super) fn moved(field: &str, from: Option<Who<'_>>, to: Option<Who<'_>>) -> Json {
    changed(field, from.map_or(Json::Null, named), to.map_or(Json::Null, named))
}

/// A field that was one thing and is another.
pub(super) fn changed(field: &str, from: Json, to: Json) -> Json {
    json!({"field": field, "previous_value": from, "current_value": to})
}

/// An instant.
pub(super) fn time(at: i64) -> Json {
    json!({"value": at.to_string()})
}

impl Case<'_> {
    /// Adds an entry.
    pub fn tell(&mut self, at: i64, by: Id, operation: &'static str, diff: Vec<Json>) {
        let mut entry = self.world.forms.history.clone();
        let request = self.id.get();
        entry.set("id", self.slots.take(at));
        entry.set("owner", request);
        entry.set("module", "request");
        entry.set("record", request);
        entry.set("by", by);
        entry.set("time", at);
        entry.set("operation", operation);
        entry.set("diff", Json::Array(diff).to_string());
        self.out.history.push(entry);
        if operation != "CREATE" {
            self.touched(at, by);
            self.version += 1;
        }
    }
}
