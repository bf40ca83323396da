//! One request with everything that hangs on it.

use super::calendar::DAY;
use super::company::Group;
use super::ids::Slots;
use super::life::{Life, Phase};
use super::people::Technician;
use super::problems::Found;
use super::rng::{Rng, Stream};
use super::setup::{Filed, Promise, WORKPLACES, keys};
use super::words::{self, Scene};
use super::world::{Asker, World};
use model::{Id, Record, Value};

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
    pub found: Found,
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
    /// The phrases that say how it showed and what ended it.
    symptom: &'static str,
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
        let mut slots = Slots::new(number, created);
        let id = slots.take(created);
        let asker = self.asker(&mut rng, number)?;
        let filed = self.topic(&mut rng)?;
        let group = self.group(filed, asker.department.site)?;
        let hand = self.member(&mut rng, group)?;
        let topic = filed.topic;
        let urgency = self.shipped.urgencies.get(rng.weighted(topic.weight.urgency.iter().copied())).copied();
        let impact = self.shipped.impacts.get(rng.weighted(topic.weight.impact.iter().copied())).copied();
        let cell = self.shipped.matrix.iter().find(|(i, u, _)| Some(*i) == impact && Some(*u) == urgency);
        let priority = cell.map(|(_, _, priority)| *priority);
        let promise = self.promise(priority, filed.service.is_some());
        // How it goes depends on when people work. Numbers of its own keep that from what the request is about.
        let mut fate = Rng::new(self.seed, Stream::Lives, number.cast_unsigned());
        let life = Life::new(&mut fate, created, promise, self.end);
        let mut scene = Scene::new(&mut rng, asker.site.place.code);
        self.furnish(&mut scene, &mut rng, asker.department.site, Some(asker.at));
        scene.user = self.colleague(&mut rng);
        scene.first = asker.person.given.to_owned();
        scene.city = asker.site.place.city;
        scene.dept = asker.department.trade.name;
        let [subject, symptom, answer] = *rng.one(topic.troubles)?;
        let subject = words::cut(scene.said(subject), 250);
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
            symptom,
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
        self.extras();
        // What depends on the time comes last, so that the rest is the same whenever the demo is made.
        self.times();
        self.ending();
    }

    fn words(&mut self) {
        let text = words::description(&mut self.rng, self.filed.topic, self.symptom, &self.scene);
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
            let other = other.filter(|o| o.since <= self.number && o.id != person.id);
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
        crate::requests::judge(record);
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
            0..91 => "Success",
            91..96 => "Unable to reproduce",
            96..97 => "Duplicate",
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
        let spoken_of = self.world.spoken_of(rng, self.filed.topic, &self.scene, &self.asker);
        record.set("assets", model::record::list_of(spoken_of.and_then(|t| t.asset).as_slice()));
        record.set("configuration_items", model::record::list_of(spoken_of.and_then(|t| t.ci).as_slice()));
        if rng.percent(12) {
            let mut tags: Vec<Id> =
                (0..rng.between(1, 2)).filter_map(|_| rng.one(&self.world.setup.tags).copied()).collect();
            tags.dedup();
            self.record.set("tags", model::record::list_of(&tags));
        }
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
