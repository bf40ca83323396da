//! One request with everything that hangs on it.

use super::calendar::DAY;
use super::company::Group;
use super::ids::Slots;
use super::life::{Life, Phase};
use super::people::Technician;
use super::rng::{Rng, Stream};
use super::setup::{Filed, Promise, WORKPLACES, keys};
use super::told;
use super::words::{self, Scene};
use super::world::{Asker, World};
use model::{Id, Record, Value};
use serde_json::Value as Json;

/// Rows of many requests, by module.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub requests: Vec<Record>,
    pub notes: Vec<Record>,
    pub notifications: Vec<Record>,
    pub tasks: Vec<Record>,
    pub worklogs: Vec<Record>,
    pub levels: Vec<Record>,
    pub approvals: Vec<Record>,
    pub links: Vec<Record>,
    pub history: Vec<Record>,
}

/// A request in the making.
#[derive(Debug)]
pub(super) struct Case<'a> {
    pub world: &'a World,
    pub out: &'a mut Batch,
    pub rng: Rng,
    pub slots: Slots,
    pub id: Id,
    pub number: i64,
    pub asker: Asker<'a>,
    pub filed: &'a Filed,
    pub group: &'a Group,
    /// Whoever works on it, or would.
    pub hand: &'a Technician,
    pub life: Life,
    pub scene: Scene,
    /// The phrase that says what ended it.
    pub answer: &'static str,
    pub subject: String,
    pub priority: Option<Id>,
    pub record: Record,
    pub version: i64,
    updated: (i64, Id),
}

impl World {
    /// Makes the request with this number, which came at this instant, and puts its rows to the others.
    pub fn request(&self, number: i64, created: i64, out: &mut Batch) {
        // `None` only where a company has no people or no groups, which it always has.
        if let Some(mut case) = self.case(number, created, out) {
            case.fill();
            case.tell_story();
            case.talk();
            case.work();
            case.approve();
            case.finish();
        }
    }

    fn case<'a>(&'a self, number: i64, created: i64, out: &'a mut Batch) -> Option<Case<'a>> {
        let mut rng = Rng::new(self.seed, Stream::Requests, number.cast_unsigned());
        let mut slots = Slots::new(self.ids, number);
        let id = slots.take(created);
        let asker = self.asker(&mut rng, created)?;
        let filed = self.topic(&mut rng)?;
        let group = self.group(filed, asker.department.site)?;
        let hand = self.member(&mut rng, group)?;
        let topic = filed.topic;
        let urgency = self.shipped.urgencies.get(rng.weighted(topic.weight.urgency.iter().copied())).copied();
        let impact = self.shipped.impacts.get(rng.weighted(topic.weight.impact.iter().copied())).copied();
        let cell = self.shipped.matrix.iter().find(|(i, u, _)| Some(*i) == impact && Some(*u) == urgency);
        let priority = cell.map(|(_, _, priority)| *priority);
        let promise = self.promise(priority, filed.service.is_some());
        let life = Life::new(&mut rng, created, promise, self.end);
        let mut scene = Scene::new(&mut rng, asker.site.place.code);
        scene.user = self.colleague(&mut rng);
        scene.first = asker.person.given.to_owned();
        scene.city = asker.site.place.city;
        scene.dept = asker.department.trade.name;
        let subject = words::cut(scene.said(rng.word(topic.subjects)), 250);
        let answer = rng.word(topic.answers);
        let mut record = self.forms.request.clone();
        record.set("id", id);
        record.set("display_id", number);
        record.set("urgency", urgency);
        record.set("impact", impact);
        record.set("priority", priority);
        record.set("sla", promise.map(|p| p.id));
        let updated = (created, asker.person.id);
        Some(Case {
            world: self,
            out,
            rng,
            slots,
            id,
            number,
            asker,
            filed,
            group,
            hand,
            life,
            scene,
            answer,
            subject,
            priority,
            record,
            version: 1,
            updated,
        })
    }

    /// As [`crate::requests`] finds it: the first one that fits.
    fn promise(&self, priority: Option<Id>, wish: bool) -> Option<&Promise> {
        let mut all = self.setup.promises.iter();
        all.find(|p| p.for_wishes == wish && (p.priority.is_none() || p.priority == priority))
    }
}

impl Case<'_> {
    /// Notes that something happened.
    pub fn touched(&mut self, at: i64, by: Id) {
        if at >= self.updated.0 {
            self.updated = (at, by);
        }
    }

    fn fill(&mut self) {
        self.words();
        self.filing();
        self.people();
        self.times();
        self.ending();
        self.extras();
    }

    fn words(&mut self) {
        let text = words::description(&mut self.rng, self.filed.topic, &self.scene);
        self.record.set("subject", self.subject.as_str());
        self.record.set("description", text);
        if self.rng.percent(8) {
            let details = self.scene.said("{dept} in {city} cannot work with {app} until this is solved");
            self.record.set("impact_details", words::cut(details, 250));
        }
    }

    fn filing(&mut self) {
        let shipped = &self.world.shipped;
        let (record, filed) = (&mut self.record, self.filed);
        record.set("category", filed.category);
        record.set("subcategory", filed.subcategory);
        record.set("item", filed.item);
        if let Some(template) = filed.template {
            record.set("template", template);
        }
        record.set("is_service_request", filed.service.is_some());
        record.set("service_category", filed.service.flatten());
        let is_question = filed.topic.subcategory == "Question";
        let kind = if is_question { shipped.question } else { shipped.incident };
        record.set("request_type", filed.service.is_none().then_some(kind));
        let tier = match filed.topic.team {
            super::topics::Team::ServiceDesk => 0,
            super::topics::Team::Servers | super::topics::Team::Security => 2,
            _ => 1,
        };
        record.set("level", shipped.levels.get(tier).copied());
        let status = match self.life.phase {
            Phase::Open => &shipped.open,
            Phase::InProgress => &shipped.in_progress,
            Phase::OnHold => &shipped.on_hold,
            Phase::Resolved => &shipped.resolved,
            Phase::Closed => &shipped.closed,
            Phase::Cancelled => &shipped.cancelled,
        };
        record.set("status", status.0);
    }

    fn people(&mut self) {
        let person = self.asker.person;
        let shipped = &self.world.shipped;
        let (mode, by) = match self.rng.below(100) {
            0..38 => (shipped.mail, person.id),
            38..78 => (shipped.web, person.id),
            _ => (shipped.phone, self.world.desk_member(&mut self.rng).map_or(person.id, |t| t.id)),
        };
        self.updated.1 = by;
        let record = &mut self.record;
        record.set("mode", mode);
        if mode == shipped.mail {
            record.set("email_to", r#"["helpdesk@example.com"]"#);
        }
        record.set("created_by", by);
        record.set("requester", person.id);
        record.set("department", self.asker.department.id);
        record.set("site", self.asker.site.id);
        record.set("group", self.group.id);
        if self.life.assigned.is_some() {
            record.set("technician", self.hand.id);
        }
        if self.rng.percent(2) {
            let other = self.rng.one(&self.world.company.people);
            let other = other.filter(|o| o.joined < self.life.created && o.id != person.id);
            record.set("on_behalf_of", other.map(|o| o.id));
        }
    }

    fn times(&mut self) {
        let (record, life) = (&mut self.record, &self.life);
        record.set("created_time", life.created);
        record.set("due_by_time", life.due);
        record.set("first_response_due_by_time", life.response_due);
        record.set("assigned_time", life.assigned);
        record.set("responded_time", life.responded);
        record.set("resolved_time", life.resolved);
        record.set("completed_time", life.completed);
        record.set("stopped_ms", life.held.map(|(from, until)| until - from));
        record.set("stopped_since", life.held_since);
        record.set("is_reopened", life.reopened.is_some());
        if life.held_since.is_some() && self.rng.percent(50) {
            let on = (self.world.end + self.rng.between(2, 20) * DAY) / DAY * DAY + DAY / 3;
            record.set("onhold_scheduler.scheduled_time", on);
            record.set("onhold_scheduler.comments", self.scene.said("Waiting for the vendor of {app}"));
            record.set("onhold_scheduler.change_to_status", self.world.shipped.open.0);
            record.set("onhold_scheduler.held_by", self.hand.id);
        }
    }

    fn ending(&mut self) {
        let (record, life) = (&mut self.record, &self.life);
        if let Some(resolved) = life.resolved {
            record.set("resolution.content", words::resolution(&mut self.rng, &self.scene, self.answer));
            record.set("resolution.add_to_linked_requests", false);
            record.set("resolution.submitted_by", self.hand.id);
            record.set("resolution.submitted_on", resolved);
            let fast = resolved - life.created < DAY / 12 && life.held.is_none() && life.reopened.is_none();
            record.set("is_fcr", fast && self.rng.percent(70));
        }
        if life.completed.is_none() || life.phase == Phase::Cancelled {
            return;
        }
        let wanted = match self.rng.below(100) {
            0..88 => "Success",
            88..94 => "Unable to reproduce",
            94..97 => "Duplicate",
            _ => "Failed",
        };
        let codes = &self.world.shipped.codes;
        let code = codes.iter().find(|(_, name)| name == wanted).or(codes.first());
        record.set("closure_info.closure_code", code.map(|(id, _)| *id));
        if self.rng.percent(35) {
            record.set("closure_info.requester_ack_resolution", true);
            let said = self.rng.word(&[
                "Works again, thank you",
                "Solved",
                "Confirmed by telephone",
                "Thanks for the quick help",
            ]);
            record.set("closure_info.requester_ack_comments", said);
        }
        if self.rng.percent(20) {
            let said = self.rng.word(&[
                "Closed with the requester's consent",
                "No answer in five days, closed",
                "Documented in the knowledge base",
            ]);
            record.set("closure_info.closure_comments", said);
        }
    }

    fn extras(&mut self) {
        let rng = &mut self.rng;
        let record = &mut self.record;
        let mut udf = |key: &str, value: Value| record.set(&format!("udf_fields.{key}"), value);
        if rng.percent(45) {
            udf(keys::ASSET, self.scene.asset.as_str().into());
        }
        if rng.percent(40) {
            udf(keys::PLACE, rng.word(&WORKPLACES).into());
        }
        let wish = self.filed.service.is_some();
        if rng.percent(if wish { 60 } else { 6 }) {
            let day = (self.life.created + rng.between(3, 40) * DAY) / DAY * DAY;
            udf(keys::NEEDED, day.into());
        }
        if wish && rng.percent(35) {
            let cents = rng.between(2_000, 250_000) / 100 * 25;
            udf(keys::COST, f64::from(i32::try_from(cents).unwrap_or(0)).into());
        }
        if rng.percent(25) {
            udf(keys::REMOTE, rng.percent(80).into());
        }
        if rng.percent(12) {
            let mut tags: Vec<Id> =
                (0..rng.between(1, 2)).filter_map(|_| rng.one(&self.world.setup.tags).copied()).collect();
            tags.dedup();
            self.record.set("tags", model::record::list_of(&tags));
        }
    }

    /// The entries of the history, in order of time.
    fn tell_story(&mut self) {
        let shipped = &self.world.shipped;
        let status = |s: &'static str| -> &(Id, String) {
            match s {
                "in progress" => &shipped.in_progress,
                "on hold" => &shipped.on_hold,
                "resolved" => &shipped.resolved,
                "closed" => &shipped.closed,
                "cancelled" => &shipped.cancelled,
                _ => &shipped.open,
            }
        };
        let step = |from: &(Id, String), to: &(Id, String)| {
            told::moved("status", Some((from.0, &from.1)), Some((to.0, &to.1)))
        };
        let life = self.life.clone();
        let hand = self.hand.id;
        let creator = self.record.reference("created_by").unwrap_or(hand);
        self.tell(life.created, creator, "CREATE", Vec::new());
        let mut now = status("open");
        if let Some(assigned) = life.assigned.filter(|at| *at > life.created) {
            let mut diff = Vec::new();
            if life.phase != Phase::Open && life.phase != Phase::Cancelled {
                diff.push(step(now, status("in progress")));
                now = status("in progress");
            }
            diff.push(told::moved("technician", None, Some((hand, &self.hand.name))));
            let operation = if self.rng.percent(60) { "PICKUP" } else { "ASSIGN" };
            self.tell(assigned, hand, operation, diff);
        } else if life.phase == Phase::InProgress {
            let at = life.responded.or(life.assigned).unwrap_or(life.created);
            self.tell(at, hand, "UPDATE", vec![step(now, status("in progress"))]);
            now = status("in progress");
        }
        if let Some((from, until)) = life.held {
            self.tell(from, hand, "UPDATE", vec![step(now, status("on hold"))]);
            let mut diff = vec![];
            for (path, due) in [("due_by_time", life.due), ("first_response_due_by_time", life.response_due)]
            {
                diff.extend(
                    due.map(|due| told::changed(path, told::time(due - until + from), told::time(due))),
                );
            }
            diff.push(step(status("on hold"), now));
            self.tell(until, hand, "UPDATE", diff);
        }
        if let Some((closed, again)) = life.reopened {
            self.tell(closed, hand, "CLOSE", vec![step(now, status("closed"))]);
            self.tell(again, self.asker.person.id, "REOPEN", vec![step(status("closed"), status("open"))]);
            now = status("open");
        }
        match life.phase {
            Phase::OnHold => {
                let at = life.held_since.unwrap_or(life.end);
                self.tell(at, hand, "UPDATE", vec![step(now, status("on hold"))]);
            }
            Phase::Cancelled => {
                let by = if life.assigned.is_some() { hand } else { creator };
                self.tell(life.end, by, "CANCEL", vec![step(now, status("cancelled"))]);
            }
            Phase::Resolved | Phase::Closed => {
                let at_once = life.completed == life.resolved;
                let to = if at_once { status("closed") } else { status("resolved") };
                let mut diff = vec![step(now, to)];
                let content = self.record.text("resolution.content").map_or(Json::Null, Json::from);
                diff.push(told::changed("resolution.content", Json::Null, content));
                let done = life.resolved.unwrap_or(life.end);
                let code = self.code();
                if at_once {
                    diff.extend(code);
                    self.tell(done, hand, "CLOSE", diff);
                } else {
                    self.tell(done, hand, "UPDATE", diff);
                    if let Some(completed) = life.completed {
                        let mut diff = vec![step(to, status("closed"))];
                        diff.extend(code);
                        self.tell(completed, crate::users::SYSTEM, "CLOSE", diff);
                    }
                }
            }
            Phase::Open | Phase::InProgress => {}
        }
    }

    fn code(&self) -> Option<Json> {
        let id = self.record.reference("closure_info.closure_code")?;
        let name =
            self.world.shipped.codes.iter().find(|(code, _)| *code == id).map(|(_, name)| name.as_str())?;
        Some(told::moved("closure_info.closure_code", None, Some((id, name))))
    }

    fn finish(mut self) {
        self.record.set("last_updated_time", self.updated.0);
        self.record.set("last_updated_by", self.updated.1);
        let seen = !matches!(self.life.phase, Phase::Open) || self.life.assigned.is_some();
        self.record.set("is_read", seen);
        let late = self.life.due.is_some_and(|due| self.life.resolved.unwrap_or(self.life.end) > due);
        self.record.set("is_escalated", late && self.rng.percent(30));
        self.record.version = self.version;
        self.out.requests.push(self.record);
    }
}
