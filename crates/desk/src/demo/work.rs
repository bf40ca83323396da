//! Work on a request: tasks, time spent, approvals, and links to other requests.

use super::calendar::{HOUR, MINUTE};
use super::ids::Slots;
use super::life::Phase;
use super::people::Technician;
use super::requests::{Batch, Case};
use super::rng::Rng;
use super::words;
use super::world::World;
use crate::approvals::statuses;
use model::{Id, Record, Value};

impl Case<'_> {
    /// Tasks on one request of five, more often on wishes; time spent on one of four.
    pub fn work(&mut self) {
        let wish = self.filed.service.is_some();
        if self.rng.percent(if wish { 60 } else { 13 }) {
            let count = self.rng.between(1, if wish { 4 } else { 2 });
            let tasks = self.filed.topic.tasks;
            for (index, title) in (1..=count).zip(tasks) {
                self.task(index, title);
            }
        }
        if self.life.assigned.is_some() && self.rng.percent(27) {
            for _ in 0..self.rng.between(1, 2) {
                self.worklog();
            }
        }
    }

    fn task(&mut self, index: i64, title: &str) {
        let mut task = self.world.forms.task.clone();
        let shipped = &self.world.shipped;
        let last = self.life.resolved.unwrap_or(self.life.end);
        let created = self.life.assigned.unwrap_or(self.life.created).min(last);
        let planned = created + self.rng.between(1, 8) * HOUR;
        let effort = self.rng.between(1, 16);
        let is_done = !self.life.phase.is_open() || self.rng.percent(35);
        task.set("id", self.slots.take(created));
        task.set("title", words::cut(self.scene.said(title), 250));
        if self.rng.percent(40) {
            task.set("description", self.scene.said(self.rng.word(self.filed.topic.details)));
        }
        task.set("status", if is_done { shipped.closed.0 } else { shipped.open.0 });
        task.set("priority", self.priority);
        task.set("task_type", self.rng.one(&shipped.task_types).copied());
        task.set("owner", self.life.assigned.map(|_| self.hand.id));
        task.set("group", self.group.id);
        task.set("site", self.asker.site.id);
        task.set("scheduled_start_time", planned);
        task.set("scheduled_end_time", planned + effort * HOUR);
        task.set("estimated_effort_hours", effort);
        task.set("estimated_effort", effort * HOUR);
        if is_done {
            let end = self.rng.between(created, last);
            task.set("actual_start_time", self.rng.between(created, end));
            task.set("actual_end_time", end);
            task.set("completed_time", end);
            task.set("percentage_completion", 100_i64);
        } else {
            task.set("percentage_completion", self.rng.below(8) * 10);
        }
        task.set("created_by", self.hand.id);
        task.set("created_date", created);
        task.set("index", index);
        task.set("associated_entity", "request");
        task.set("module", "Request");
        task.set("request", self.id);
        self.out.tasks.push(task);
    }

    fn worklog(&mut self) {
        let mut entry = self.world.forms.worklog.clone();
        let last = self.life.resolved.unwrap_or(self.life.end);
        let from = self.life.responded.or(self.life.assigned).unwrap_or(self.life.created);
        let start = self.rng.between(from, last);
        let quarters = 1 + self.rng.small(16);
        let end = (start + quarters * 15 * MINUTE).min(self.world.end);
        let other = if self.rng.percent(6) { self.rng.between(1, 40) * 5 } else { 0 };
        let charge = self.hand.rate / 4 * quarters;
        entry.set("id", self.slots.take(start));
        entry.set("owner", self.hand.id);
        entry.set("description", words::finding(&mut self.rng, self.filed.topic, &self.scene));
        entry.set("start_time", end - quarters * 15 * MINUTE);
        entry.set("end_time", end);
        entry.set("recorded_time", end);
        entry.set("time_spent", quarters * 15 * MINUTE);
        entry.set("tech_charge", format!("{charge}.00"));
        entry.set("other_charge", (other > 0).then(|| format!("{other}.00")));
        entry.set("total_charge", format!("{}.00", charge + other));
        entry.set("worklog_type", self.rng.one(&self.world.shipped.worklog_types).copied());
        entry.set("created_by", self.hand.id);
        entry.set("created_time", end);
        entry.set("request", self.id);
        self.out.worklogs.push(entry);
    }

    /// Somebody must agree to one wish of five.
    pub fn approve(&mut self) {
        if self.filed.service.is_none() || self.life.assigned.is_none() || !self.rng.percent(25) {
            return;
        }
        let Some(approver) = self.approver() else { return };
        let asked = self.life.assigned.unwrap_or(self.life.created);
        let last = self.life.resolved.unwrap_or(self.life.end);
        let answered = self.rng.between(asked, last);
        let status = match self.life.phase {
            Phase::Open => statuses::PENDING,
            Phase::Cancelled => statuses::REJECTED,
            Phase::InProgress | Phase::OnHold if self.rng.percent(40) => statuses::PENDING,
            _ => statuses::APPROVED,
        };
        let mut level = self.world.forms.approval_level.clone();
        let level_id = self.slots.take(asked);
        level.set("id", level_id);
        level.set("level", 1_i64);
        level.set("status", status);
        level.set("created_time", asked);
        level.set("created_by", self.hand.id);
        level.set("associated_entity", "request");
        level.set("request", self.id);
        self.out.levels.push(level);
        let mut approval = self.world.forms.approval.clone();
        approval.set("id", self.slots.take(asked));
        approval.set("approver", approver);
        approval.set("approval_level", level_id);
        approval.set("status", status);
        approval.set("sent_on", asked);
        if status != statuses::PENDING {
            approval.set("action_taken_on", answered);
            let said = match status {
                statuses::REJECTED => ["Not in this year's budget", "Please use what we have"],
                _ => ["Agreed", "Fine with me, please go ahead"],
            };
            approval.set("comments", self.rng.one(&said).copied().unwrap_or_default());
        }
        self.out.approvals.push(approval);
        self.record.set("approval_status", status);
    }

    /// The head of the requester's department, or of another one.
    fn approver(&mut self) -> Option<Id> {
        let company = &self.world.company;
        let others = company.departments.iter().filter_map(|d| d.head);
        let mut heads = self.asker.department.head.into_iter().chain(others);
        let head = heads.find(|head| *head != self.asker.at)?;
        company.people.get(head).filter(|person| person.since <= self.number).map(|person| person.id)
    }
}

impl World {
    /// Links some requests of a batch to earlier ones of the same batch that are about the same.
    pub fn link(&self, out: &mut Batch, rng: &mut Rng) {
        const NEAR: usize = 300;
        let Batch { requests, links, .. } = out;
        for later in 1..requests.len() {
            if !rng.permille(13) {
                continue;
            }
            let about = |at: usize| requests.get(at).and_then(|r| r.reference("subcategory"));
            let Some(earlier) =
                (later.saturating_sub(NEAR)..later).rev().find(|at| about(*at) == about(later))
            else {
                continue;
            };
            let by = self.desk_member(rng);
            let row =
                requests.get(earlier).zip(requests.get(later)).map(|(a, b)| self.link_row(a, b, by, rng));
            links.extend(row);
            for at in [earlier, later] {
                if let Some(request) = requests.get_mut(at) {
                    request.set("has_linked_requests", true);
                }
            }
        }
    }

    fn link_row(&self, earlier: &Record, later: &Record, by: Option<&Technician>, rng: &mut Rng) -> Record {
        let at = later.int("created_time").unwrap_or(self.end) + rng.between(1, 90) * 1_000;
        let mut link = self.forms.link.clone();
        link.set("id", Slots::link(later.int("display_id").unwrap_or(0)));
        link.set("request", later.id());
        link.set("linked_request", earlier.id());
        link.set(
            "comments",
            rng.one(&["Same cause", "Same place", "Looks alike"]).copied().map_or(Value::Null, Value::from),
        );
        link.set("created_by", by.map(|t| t.id));
        link.set("created_time", at);
        link
    }
}
