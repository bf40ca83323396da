//! The history of a request, in the form of [`crate::history`].

use super::life::{Life, Phase};
use super::requests::Case;
use model::Id;
use serde_json::{Value as Json, json};

/// A status, as the history names it.
type Status = (Id, String);

fn named(id: Id, name: &str) -> Json {
    json!({"id": id.to_string(), "name": name})
}

fn changed(field: &str, from: Json, to: Json) -> Json {
    json!({"field": field, "previous_value": from, "current_value": to})
}

fn step(from: &Status, to: &Status) -> Json {
    changed("status", named(from.0, &from.1), named(to.0, &to.1))
}

fn time(at: i64) -> Json {
    json!({"value": at.to_string()})
}

impl<'a> Case<'a> {
    /// The entries of the history, in order of time.
    pub fn tell_story(&mut self) {
        let life = self.life.clone();
        let creator = self.record.reference("created_by").unwrap_or(self.hand.id);
        self.tell(life.created, creator, "CREATE", Vec::new());
        let mut now = self.tell_begin(&life);
        self.tell_waiting(&life, now);
        if let Some((closed, again)) = life.reopened {
            let statuses = &self.world.shipped;
            self.tell(closed, self.hand.id, "CLOSE", vec![step(now, &statuses.closed)]);
            self.tell(again, self.asker.person.id, "REOPEN", vec![step(&statuses.closed, &statuses.open)]);
            now = &statuses.open;
        }
        self.tell_end(&life, now, creator);
    }

    /// Who took it; says the status that it has then.
    fn tell_begin(&mut self, life: &Life) -> &'a Status {
        let statuses = &self.world.shipped;
        let hand = self.hand;
        let begun = step(&statuses.open, &statuses.in_progress);
        if let Some(assigned) = life.assigned.filter(|at| *at > life.created) {
            let begins = !matches!(life.phase, Phase::Open | Phase::Cancelled);
            let mut diff: Vec<Json> = begins.then_some(begun).into_iter().collect();
            diff.push(changed("technician", Json::Null, named(hand.id, &hand.name)));
            let operation = if self.rng.percent(60) { "PICKUP" } else { "ASSIGN" };
            self.tell(assigned, hand.id, operation, diff);
            return if begins { &statuses.in_progress } else { &statuses.open };
        }
        if life.phase == Phase::InProgress {
            self.tell(life.responded.unwrap_or(life.created), hand.id, "UPDATE", vec![begun]);
            return &statuses.in_progress;
        }
        &statuses.open
    }

    /// When the clock stood, and when somebody set a later date.
    fn tell_waiting(&mut self, life: &Life, now: &Status) {
        let hand = self.hand.id;
        let on_hold = &self.world.shipped.on_hold;
        if let Some((from, until)) = life.held {
            self.tell(from, hand, "UPDATE", vec![step(now, on_hold)]);
            let stood = until - from;
            let dues = [("due_by_time", life.due), ("first_response_due_by_time", life.response_due)];
            let moved = dues.into_iter().filter_map(|(path, due)| Some((path, due?)));
            let mut diff: Vec<Json> =
                moved.map(|(path, due)| changed(path, time(due - stood), time(due))).collect();
            diff.push(step(on_hold, now));
            self.tell(until, hand, "UPDATE", diff);
        }
        if let Some((at, before)) = life.postponed {
            let diff = changed("due_by_time", time(before), life.due.map_or(Json::Null, time));
            self.tell(at, hand, "UPDATE", vec![diff]);
        }
    }

    fn tell_end(&mut self, life: &Life, now: &Status, creator: Id) {
        let hand = self.hand.id;
        let statuses = &self.world.shipped;
        match life.phase {
            Phase::Open | Phase::InProgress => {}
            Phase::OnHold => {
                let at = life.held_since.unwrap_or(life.end);
                self.tell(at, hand, "UPDATE", vec![step(now, &statuses.on_hold)]);
            }
            Phase::Cancelled => {
                let by = if life.assigned.is_some() { hand } else { creator };
                self.tell(life.end, by, "CANCEL", vec![step(now, &statuses.cancelled)]);
            }
            Phase::Resolved | Phase::Closed => {
                let done = life.resolved.unwrap_or(life.end);
                let content = self.record.text("resolution.content").map_or(Json::Null, Json::from);
                let resolution = changed("resolution.content", Json::Null, content);
                let code = self.code();
                if life.completed == life.resolved {
                    let diff = [step(now, &statuses.closed), resolution].into_iter().chain(code).collect();
                    self.tell(done, hand, "CLOSE", diff);
                    return;
                }
                self.tell(done, hand, "UPDATE", vec![step(now, &statuses.resolved), resolution]);
                if let Some(completed) = life.completed {
                    let diff = [step(&statuses.resolved, &statuses.closed)].into_iter().chain(code).collect();
                    self.tell(completed, crate::users::SYSTEM, "CLOSE", diff);
                }
            }
        }
    }

    fn code(&self) -> Option<Json> {
        let path = "closure_info.closure_code";
        let id = self.record.reference(path)?;
        let name = self.world.shipped.codes.iter().find(|(code, _)| *code == id).map(|(_, name)| name)?;
        Some(changed(path, Json::Null, named(id, name)))
    }

    fn tell(&mut self, at: i64, by: Id, operation: &'static str, diff: Vec<Json>) {
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
