//! What is said on a request: notes of technicians and requesters, mails to and fro.

use super::calendar::{MINUTE, working};
use super::requests::Case;
use super::words;
use model::{Id, Value};

impl Case<'_> {
    /// Notes and mails.
    pub fn talk(&mut self) {
        let by_mail = self.life.responded.is_some() && self.rng.percent(40);
        if by_mail {
            self.mails();
        }
        let marked = self.life.responded.filter(|_| !by_mail && self.rng.percent(30));
        self.notes(marked);
    }

    /// An instant between the first time that anybody looked at it and its end, at work where that is possible.
    fn moment(&mut self) -> i64 {
        let from = self.life.responded.or(self.life.assigned).unwrap_or(self.life.created) + MINUTE;
        let last = self.life.resolved.unwrap_or(self.life.end);
        if from >= last {
            return last;
        }
        let at = self.rng.between(from, last);
        let by_day = working(at, &mut self.rng);
        if by_day <= last { by_day } else { at }
    }

    /// One to four on sixty of a hundred requests. `marked` is when a first one counts as the first response.
    fn notes(&mut self, marked: Option<i64>) {
        let count = match self.rng.below(100) {
            0..43 => i64::from(marked.is_some()),
            43..75 => 1,
            75..90 => 2,
            90..97 => 3,
            _ => 4,
        };
        let mut times: Vec<i64> = (0..count).map(|_| self.moment()).collect();
        if let (Some(at), Some(first)) = (marked, times.first_mut()) {
            *first = at;
        }
        times.sort_unstable();
        for (nth, at) in times.into_iter().enumerate() {
            let first = nth == 0 && marked.is_some();
            self.note(at, first);
        }
    }

    fn note(&mut self, at: i64, is_response: bool) {
        let mut note = self.world.forms.note.clone();
        let by_requester = !is_response && self.rng.percent(14);
        let (by, text) = if by_requester {
            (self.asker.person.id, words::asked(&mut self.rng, &self.scene))
        } else {
            let other =
                if self.rng.percent(15) { self.world.member(&mut self.rng, self.group) } else { None };
            (other.unwrap_or(self.hand).id, words::finding(&mut self.rng, self.filed.topic, &self.scene))
        };
        note.set("id", self.slots.take(at));
        note.set("description", text);
        note.set("show_to_requester", by_requester || is_response || self.rng.percent(25));
        note.set("mark_first_response", is_response);
        note.set("notify_technician", self.rng.percent(10));
        note.set("created_time", at);
        note.set("created_by", by);
        note.set("request", self.id);
        self.out.notes.push(note);
        self.record.set("has_notes", true);
        self.touched(at, by);
    }

    /// The first answer by mail, and what follows.
    fn mails(&mut self) {
        let Some(mut at) = self.life.responded else { return };
        let done = self.life.resolved.is_some();
        self.mail(at, true, None);
        let mut unanswered = 0;
        for _ in 0..3 {
            if !self.rng.percent(38) {
                break;
            }
            let Some(asked) = self.later(at) else { break };
            at = asked;
            self.mail(at, false, None);
            unanswered += 1;
            if done || self.rng.percent(65) {
                // Nobody who waits is left without an answer in the end.
                at = self.later(at).or(self.life.resolved).unwrap_or(at);
                self.mail(at, true, None);
                unanswered = 0;
            }
        }
        if let Some(resolved) = self.life.resolved.filter(|_| self.rng.percent(50)) {
            self.mail(resolved, true, Some(self.answer));
            unanswered = 0;
        }
        self.record.set("unreplied_count", if self.life.phase.is_open() { unanswered } else { 0_i64 });
    }

    fn later(&mut self, than: i64) -> Option<i64> {
        let last = self.life.resolved.unwrap_or(self.life.end);
        let room = last - than - MINUTE;
        (room > 0).then(|| than + MINUTE + self.rng.small(room))
    }

    fn mail(&mut self, at: i64, to_requester: bool, done: Option<&'static str>) {
        let mut mail = self.world.forms.notification.clone();
        let person = self.asker.person;
        let (by, to, text): (Id, String, String) = if to_requester {
            (
                self.hand.id,
                person.email.clone(),
                words::reply(&mut self.rng, &self.scene, &self.hand.name, done),
            )
        } else {
            (person.id, "helpdesk@example.com".into(), words::asked(&mut self.rng, &self.scene))
        };
        let subject = format!("Re: [Request ID :##RE-{}##] : {}", self.number, self.subject);
        mail.set("id", self.slots.take(at));
        mail.set("subject", words::cut(subject, 250));
        mail.set("description", text);
        mail.set("to", Value::Text(format!("[\"{to}\"]")));
        mail.set("sender", by);
        mail.set("time", at);
        mail.set("request", self.id);
        self.out.notifications.push(mail);
        self.touched(at, by);
    }
}
