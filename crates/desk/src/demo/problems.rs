//! Problems: what several requests of one sort, close together, have behind them.

use super::BATCH;
use super::calendar::{DAY, HOUR, MINUTE, working};
use super::ids::Slots;
use super::people::Technician;
use super::requests::Batch;
use super::rng::{Rng, Stream};
use super::setup::Filed;
use super::words::{self, Scene};
use super::world::World;
use model::{Id, Record};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

/// Among so many requests, one after the other, one problem is found.
const AMONG: usize = 150;
/// Fewer requests than this have none.
const AMONG_MIN: usize = 75;

/// Rows of problems.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub problems: Vec<Record>,
    pub notes: Vec<Record>,
}

/// How many problems so many requests have.
pub(super) fn count(requests: u64) -> i64 {
    let of = |requests: usize| requests / AMONG + usize::from(requests % AMONG >= AMONG_MIN);
    let (full, rest) = (requests / BATCH as u64, requests % BATCH as u64);
    let rest = of(usize::try_from(rest).unwrap_or(0)) as u64;
    i64::try_from(full * of(BATCH) as u64 + rest).unwrap_or(i64::MAX)
}

/// A problem in the making.
struct Trouble<'a> {
    world: &'a World,
    rng: Rng,
    /// The number of the last incident: the ids of the problem's rows are in its room.
    room: i64,
    used: i64,
    filed: &'a Filed,
    scene: Scene,
    hand: &'a Technician,
    record: Record,
    version: i64,
    reported: i64,
    /// When the cause was found, when it ended.
    found: Option<i64>,
    closed: Option<i64>,
}

impl World {
    /// Finds the problems behind the requests of a batch. `number` is that of the last problem so far.
    pub fn problems(&self, out: &mut Batch, number: &mut i64) {
        let mut requests = std::mem::take(&mut out.requests);
        for among in requests.chunks_mut(AMONG).filter(|among| among.len() >= AMONG_MIN) {
            *number += 1;
            self.problem(among, *number, out);
        }
        out.requests = requests;
    }

    fn problem(&self, among: &mut [Record], number: i64, out: &mut Batch) {
        let mut rng = Rng::new(self.seed, Stream::Problems, number.cast_unsigned());
        let incidents = alike(among, &mut rng);
        let Some(last) = incidents.last().and_then(|at| among.get(*at)).cloned() else { return };
        // How far it has got depends on the clock; numbers of its own keep that from what it is about.
        let fate = Rng::new(self.seed, Stream::Problems, number.cast_unsigned() | 1 << 40);
        let Some(mut trouble) = self.trouble(rng, fate, number, &last) else { return };
        let things = |field: &str| -> Vec<Id> {
            let all = incidents.iter().filter_map(|at| among.get(*at)).flat_map(|r| r.references(field));
            let mut all: Vec<Id> = all.collect();
            all.sort_unstable();
            all.dedup();
            all.truncate(5);
            all
        };
        for field in ["assets", "configuration_items"] {
            trouble.record.set(field, model::record::list_of(&things(field)));
        }
        trouble.tell_of(incidents.len(), out);
        for (nth, at) in (0..).zip(&incidents) {
            if let Some(request) = among.get_mut(*at) {
                trouble.attach(request, nth, out);
            }
        }
        trouble.talk(out);
        trouble.tasks(out);
        trouble.record.version = trouble.version;
        out.found.problems.push(trouble.record);
    }

    fn trouble(&self, mut rng: Rng, mut fate: Rng, number: i64, last: &Record) -> Option<Trouble<'_>> {
        let subcategory = last.reference("subcategory")?;
        let filed = self.setup.filed.iter().find(|f| {
            f.subcategory == subcategory && (f.item.is_none() || f.item == last.reference("item"))
        })?;
        let group_id = last.reference("group")?;
        let group = self.company.groups.iter().find(|g| g.id == group_id)?;
        let hand = self.member(&mut rng, group)?;
        let site_id = last.reference("site")?;
        let site = self.company.sites.iter().position(|s| s.id == site_id)?;
        let place = self.company.sites.get(site)?.place;
        let mut scene = Scene::new(&mut rng, place.code);
        self.furnish(&mut scene, &mut rng, site, None);
        scene.user = self.colleague(&mut rng);
        scene.first = hand.given.to_owned();
        scene.city = place.city;
        scene.dept = "several departments";
        let reported = (last.int("created_time")? + fate.between(10, 600) * MINUTE).min(self.end);
        let found = working(reported + fate.between(DAY, 12 * DAY), &mut fate);
        let closed = working(found + fate.between(DAY, 30 * DAY), &mut fate);
        let left_lying = fate.percent(4);
        let mut record = self.forms.problem.clone();
        let room = last.int("display_id")?;
        record.set("id", Slots::beside(room, 0));
        record.set("display_id", number);
        for path in ["urgency", "impact", "priority", "category", "subcategory", "item", "site", "group"] {
            record.set(path, last.get(path).clone());
        }
        Some(Trouble {
            world: self,
            rng,
            room,
            used: 0,
            filed,
            scene,
            hand,
            record,
            version: 1,
            reported,
            found: Some(found).filter(|at| *at < self.end),
            closed: Some(closed).filter(|at| *at < self.end && !left_lying),
        })
    }
}

/// The places of up to six requests of the commonest sort of trouble.
fn alike(among: &[Record], rng: &mut Rng) -> Vec<usize> {
    let mut sorts: BTreeMap<Id, Vec<usize>> = BTreeMap::new();
    for (at, request) in among.iter().enumerate() {
        if let Some(sort) = request.reference("subcategory").filter(|_| !request.is("is_service_request")) {
            sorts.entry(sort).or_default().push(at);
        }
    }
    let most = sorts.values().map(Vec::len).max().unwrap_or(0);
    let common: Vec<Vec<usize>> = sorts.into_values().filter(|at| at.len() * 3 >= most * 2).collect();
    let mut incidents = rng.one(&common).cloned().unwrap_or_else(|| vec![0]);
    let kept = rng.between(2, 6);
    incidents.truncate(usize::try_from(kept).unwrap_or(2));
    incidents
}

fn changed(field: &str, from: Json, to: Json) -> Json {
    json!({"field": field, "previous_value": from, "current_value": to})
}

fn named(id: Id, name: &str) -> Json {
    json!({"id": id.to_string(), "name": name})
}

impl Trouble<'_> {
    fn next_id(&mut self) -> Id {
        self.used += 1;
        Slots::beside(self.room, self.used)
    }

    fn tell(
        &mut self,
        (module, of): (&str, Id),
        at: i64,
        by: Id,
        operation: &str,
        diff: Vec<Json>,
        out: &mut Batch,
    ) {
        let mut entry = self.world.forms.history.clone();
        entry.set("id", self.next_id());
        entry.set("owner", of.get());
        entry.set("module", module);
        entry.set("record", of.get());
        entry.set("by", by);
        entry.set("time", at);
        entry.set("operation", operation);
        entry.set("diff", Json::Array(diff).to_string());
        out.history.push(entry);
    }

    /// Its words, its analysis as far as that has got, and the history of both.
    fn tell_of(&mut self, incidents: usize, out: &mut Batch) {
        let of = ("problem", self.record.id());
        let (by, hand) = (self.world.desk_member(&mut self.rng).map_or(self.hand.id, |t| t.id), self.hand);
        let [subject, symptom, answer] = self.rng.one(self.filed.topic.troubles).copied().unwrap_or_default();
        let finding = self.rng.word(self.filed.topic.findings);
        let said = |text: &str| format!("<div>{}</div>", self.scene.said(text));
        let title = words::cut(format!("Again and again: {}", self.scene.said(subject)), 250);
        let symptoms = said(symptom);
        let cause = format!(
            "<div>{}<br>{}</div>",
            self.scene.said(finding),
            self.scene.said("It has been so since version {version} was rolled out.")
        );
        let (workaround, resolution) = (said("Until then: restart {asset} and sign in again."), said(answer));
        let effects = said("Work stands still in {dept} in {city}, about {count} people are concerned.");
        let record = &mut self.record;
        record.set("title", title);
        record.set("description", format!("<div>{incidents} incidents of one sort.</div>{symptoms}"));
        record.set("reported_by", by);
        record.set("reported_time", self.reported);
        record.set("due_by_time", self.reported + 30 * DAY);
        record.set("technician", hand.id);
        record.set("symptoms.symptoms_description", symptoms);
        record.set("impact_details.impact_details_description", effects);
        for group in ["symptoms", "impact_details"] {
            stamp(record, group, self.reported, by);
        }
        self.tell(of, self.reported, by, "CREATE", Vec::new(), out);
        let shipped = &self.world.shipped;
        let mut updated = (self.reported, by);
        let mut status = &shipped.open;
        let begun = (self.reported + 3 * HOUR).min(self.found.unwrap_or(self.world.end));
        if begun < self.world.end {
            let diff = vec![step(status, &shipped.in_progress)];
            status = &shipped.in_progress;
            self.tell(of, begun, hand.id, "UPDATE", diff, out);
            self.version += 1;
            updated = (begun, hand.id);
        }
        if let Some(found) = self.found {
            let known = self.rng.percent(30);
            self.record.set("root_cause.root_cause_description", cause.as_str());
            self.record.set("workaround_details.workaround_details_description", workaround.as_str());
            self.record.set("known_error_details.is_known_error", known);
            for group in ["root_cause", "workaround_details", "known_error_details"] {
                stamp(&mut self.record, group, found, hand.id);
            }
            let diff = vec![
                changed("root_cause.root_cause_description", Json::Null, cause.into()),
                changed("workaround_details.workaround_details_description", Json::Null, workaround.into()),
            ];
            self.tell(of, found, hand.id, "UPDATE", diff, out);
            self.version += 1;
            updated = (found, hand.id);
        }
        if let Some(closed) = self.closed {
            self.record.set("resolution_details.resolution_details_description", resolution.as_str());
            self.record.set("close_details.closure_code", shipped.problem_code);
            self.record.set("close_details.close_details_comments", "No incident since then");
            self.record.set("closed_time", closed);
            for group in ["resolution_details", "close_details"] {
                stamp(&mut self.record, group, closed, hand.id);
            }
            let diff = vec![
                step(status, &shipped.closed),
                changed("resolution_details.resolution_details_description", Json::Null, resolution.into()),
            ];
            status = &shipped.closed;
            self.tell(of, closed, hand.id, "CLOSE", diff, out);
            self.version += 1;
            updated = (closed, hand.id);
        }
        self.record.set("status", status.0);
        self.record.set("updated_time", updated.0);
    }

    /// Makes a request an incident of it: after all that has happened to the request.
    fn attach(&mut self, request: &mut Record, nth: i64, out: &mut Batch) {
        let after = request.int("last_updated_time").unwrap_or(self.reported);
        let at = self.reported.max(after) + (nth + 1) * 1_000;
        let of = Json::from(self.record.title());
        let now = json!({"id": self.record.id().to_string(), "name": of});
        let mut entry = self.world.forms.history.clone();
        entry.set("id", Slots::beside(request.int("display_id").unwrap_or(0), 100));
        entry.set("owner", request.id().get());
        entry.set("module", "request");
        entry.set("record", request.id().get());
        entry.set("by", self.hand.id);
        entry.set("time", at);
        entry.set("operation", "PROBLEM");
        entry.set("diff", Json::Array(vec![changed("problem", Json::Null, now)]).to_string());
        out.history.push(entry);
        request.set("problem", self.record.id());
        request.set("has_problem", true);
        request.set("last_updated_time", at);
        request.set("last_updated_by", self.hand.id);
        request.version += 1;
    }

    fn last(&self) -> i64 {
        self.closed.unwrap_or(self.world.end)
    }

    fn talk(&mut self, out: &mut Batch) {
        let count = self.rng.below(4);
        self.record.set("notes_present", count > 0);
        let mut times: Vec<i64> = (0..count).map(|_| self.rng.between(self.reported, self.last())).collect();
        times.sort_unstable();
        for at in times {
            let mut note = self.world.forms.problem_note.clone();
            note.set("id", self.next_id());
            note.set("description", words::finding(&mut self.rng, self.filed.topic, &self.scene));
            note.set("problem", self.record.id());
            note.set("performed_by", self.hand.id);
            note.set("performed_time", at);
            out.found.notes.push(note);
        }
    }

    fn tasks(&mut self, out: &mut Batch) {
        let shipped = &self.world.shipped;
        let count = self.rng.between(0, 2);
        for (index, title) in (1..=count).zip(self.filed.topic.tasks) {
            let mut task = self.world.forms.task.clone();
            let created = (self.reported + index * HOUR).min(self.last());
            task.set("id", self.next_id());
            task.set("title", words::cut(self.scene.said(title), 250));
            task.set("status", if self.closed.is_some() { shipped.closed.0 } else { shipped.open.0 });
            task.set("priority", self.record.get("priority").clone());
            task.set("task_type", self.rng.one(&shipped.task_types).copied());
            task.set("owner", self.hand.id);
            task.set("group", self.record.get("group").clone());
            task.set("site", self.record.get("site").clone());
            task.set("scheduled_start_time", created + DAY);
            task.set("scheduled_end_time", created + 3 * DAY);
            if let Some(closed) = self.closed {
                task.set("actual_start_time", created);
                task.set("actual_end_time", closed);
                task.set("completed_time", closed);
            }
            let done = if self.closed.is_some() { 100 } else { self.rng.below(8) * 10 };
            task.set("percentage_completion", done);
            task.set("created_by", self.hand.id);
            task.set("created_date", created);
            task.set("index", index);
            task.set("associated_entity", "problem");
            task.set("module", "Problem");
            task.set("problem", self.record.id());
            out.tasks.push(task);
        }
    }
}

fn step(from: &(Id, String), to: &(Id, String)) -> Json {
    changed("status", named(from.0, &from.1), named(to.0, &to.1))
}

/// Who wrote a part of the analysis, and when.
fn stamp(record: &mut Record, group: &str, at: i64, by: Id) {
    record.set(&format!("{group}.{group}_updated_on"), at);
    record.set(&format!("{group}.{group}_updated_by"), by);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_problem_for_so_many_requests() {
        assert_eq!([0, 74, 75, 150, 224, 225, 2_500].map(count), [0, 0, 1, 1, 1, 2, 17]);
        assert_eq!(count(1_000_000), 6_800);
    }
}
