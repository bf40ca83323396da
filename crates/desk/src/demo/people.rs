//! Who works in the company, and who helps them.

use super::calendar::{Calendar, DAY, HOUR, MINUTE};
use super::company::{Company, Department, Group, Scale};
use super::forms::blank;
use super::ids::Rising;
use super::names;
use super::rng::{Rng, Stream};
use super::topics::Team;
use crate::users::roles;
use crate::{DeskError, Snapshot};
use model::{Id, Record};
use std::collections::HashSet;

/// Somebody who asks.
#[derive(Debug)]
pub(super) struct Person {
    pub id: Id,
    pub given: &'static str,
    pub family: &'static str,
    pub email: String,
    /// The place of the department in its list.
    pub department: usize,
    pub joined: i64,
    /// The number of the first request that came when they were there. Who asks is found by it and not by the time,
    /// so that it does not depend on the clock.
    pub since: i64,
    pub is_head: bool,
    pub is_vip: bool,
}

impl Person {
    pub fn name(&self) -> String {
        format!("{} {}", self.given, self.family)
    }
}

/// Somebody who helps.
#[derive(Debug)]
pub(super) struct Technician {
    pub id: Id,
    pub given: &'static str,
    pub family: &'static str,
    pub name: String,
    pub email: String,
    /// What an hour costs: a multiple of four, so that quarters of an hour are whole.
    pub rate: i64,
    /// The places of the groups in their list.
    pub groups: Vec<usize>,
}

/// E-mail addresses, each given once.
#[derive(Debug)]
pub(super) struct Addresses(HashSet<String>);

impl Addresses {
    pub fn new(taken: HashSet<String>) -> Self {
        Self(taken)
    }
    fn take(&mut self, given: &str, family: &str) -> String {
        let base = format!("{}.{}", names::plain(given), names::plain(family));
        let mut address = format!("{base}@example.com");
        let mut number = 2;
        while !self.0.insert(address.clone()) {
            address = format!("{base}{number}@example.com");
            number += 1;
        }
        address
    }
}

/// `Server and Storage` is `server.and.storage`.
pub(super) fn address_word(name: &str) -> String {
    name.split(' ').map(names::plain).collect::<Vec<_>>().join(".")
}

pub(super) fn technicians(
    rng: &mut Rng,
    scale: Scale,
    groups: &mut [Group],
    addresses: &mut Addresses,
    ids: &mut Rising,
) -> Vec<Technician> {
    let mut technicians: Vec<Technician> = (0..scale.technicians)
        .map(|_| {
            let (given, family) = names::name(rng);
            Technician {
                id: ids.take(),
                given,
                family,
                name: format!("{given} {family}"),
                email: addresses.take(given, family),
                rate: 4 * rng.between(7, 22),
                groups: Vec::new(),
            }
        })
        .collect();
    let count = technicians.len().max(1);
    let everywhere = groups.iter().filter(|g| g.site.is_none()).count();
    // Each group has somebody, each technician has a group.
    let first_round = (0..groups.len().max(count)).map(|at| (at % count, at % groups.len().max(1)));
    let mut belongs: Vec<(usize, usize)> = first_round.collect();
    for at in 0..count {
        if rng.percent(35) {
            belongs.push((at, rng.place(everywhere)));
        }
    }
    for (at, group) in belongs {
        if let (Some(technician), Some(team)) = (technicians.get_mut(at), groups.get_mut(group))
            && !technician.groups.contains(&group)
        {
            technician.groups.push(group);
            team.members.push(at);
        }
    }
    technicians
}

pub(super) fn people(
    rng: &mut Rng,
    scale: Scale,
    calendar: &Calendar,
    departments: &mut [Department],
    addresses: &mut Addresses,
    ids: &mut Rising,
) -> Vec<Person> {
    let count = i64::try_from(scale.people).unwrap_or(0);
    // Most were there when the desk began, the others joined over the years.
    let at_first = count * 7 / 10;
    let requests = calendar.requests();
    let sites = departments.iter().map(|d| d.site).max().unwrap_or(0) + 1;
    let site_weight =
        |site: usize| i64::try_from(if site == 0 { sites * 3 } else { sites - site + 2 }).unwrap_or(1);
    let weights: Vec<i64> = departments.iter().map(|d| d.trade.share * site_weight(d.site)).collect();
    (0..count)
        .map(|nth| {
            let (given, family) = names::name(rng);
            let department = rng.weighted(weights.iter().copied());
            let since = (nth - at_first + 1).max(0) * requests / (count - at_first + 1).max(1);
            let joined = if nth < at_first {
                calendar.start - 20 * DAY + nth * MINUTE
            } else {
                calendar.hour_of(since) - MINUTE
            };
            let is_head = departments.get_mut(department).is_some_and(|d| {
                let vacant = d.head.is_none();
                d.head = d.head.or(usize::try_from(nth).ok());
                vacant
            });
            Person {
                id: ids.take(),
                given,
                family,
                email: addresses.take(given, family),
                department,
                joined,
                since,
                is_head,
                is_vip: is_head || rng.percent(2),
            }
        })
        .collect()
}

impl Company {
    /// What the desk keeps of the people in these places of the list.
    pub fn person_records(
        &self,
        snapshot: &Snapshot,
        seed: u64,
        range: std::ops::Range<usize>,
    ) -> Result<Vec<Record>, DeskError> {
        let form = blank(snapshot, "user")?;
        let people = self.people.iter().enumerate().skip(range.start).take(range.len());
        Ok(people.map(|(at, person)| self.person_record(&form, person, at, seed)).collect())
    }

    fn person_record(&self, form: &Record, person: &Person, at: usize, seed: u64) -> Record {
        let mut rng = Rng::new(seed, Stream::People, at as u64);
        let mut row = form.clone();
        put_name(&mut row, person.id, (person.given, person.family), &person.email);
        row.set("employee_id", format!("E{:06}", at + 1001));
        row.set("created_time", person.joined);
        row.set("last_updated_time", person.joined);
        row.set("created_by", crate::users::SYSTEM);
        row.set("role", roles::REQUESTER);
        row.set("is_vip_user", person.is_vip);
        if let Some(department) = self.departments.get(person.department) {
            row.set("department", department.id);
            row.set(
                "job_title",
                if person.is_head { department.trade.head } else { rng.word(department.trade.jobs) },
            );
            row.set("service_request_approver", person.is_head);
            if let Some(head) =
                department.head.filter(|head| *head != at).and_then(|head| self.people.get(head))
            {
                row.set("reporting_to", head.id);
            }
            self.put_site(&mut row, department.site, &mut rng);
        }
        if rng.permille(person_sees_department(person)) {
            row.set("requester_allowed_to_view", "department");
        }
        row
    }

    /// What the desk keeps of the technicians.
    pub fn technician_records(
        &self,
        snapshot: &Snapshot,
        seed: u64,
        since: i64,
    ) -> Result<Vec<Record>, DeskError> {
        let form = blank(snapshot, "user")?;
        Ok(self
            .technicians
            .iter()
            .enumerate()
            .map(|(at, t)| self.technician_record(&form, t, at, seed, since))
            .collect())
    }

    fn technician_record(
        &self,
        form: &Record,
        technician: &Technician,
        at: usize,
        seed: u64,
        since: i64,
    ) -> Record {
        const JOBS: [&str; 5] = [
            "Support Specialist",
            "Systems Administrator",
            "Senior Support Specialist",
            "IT Engineer",
            "Team Lead",
        ];
        let mut rng = Rng::new(seed, Stream::People, 1_000_000 + at as u64);
        let mut row = form.clone();
        put_name(&mut row, technician.id, (technician.given, technician.family), &technician.email);
        row.set("employee_id", format!("T{:05}", at + 101));
        row.set("created_time", since);
        row.set("last_updated_time", since + HOUR);
        row.set("created_by", crate::users::SYSTEM);
        row.set("is_technician", true);
        row.set("job_title", rng.word(&JOBS));
        row.set("cost_per_hour", technician.rate.to_string());
        row.set("login_name", technician.email.split('@').next().unwrap_or_default());
        if let Some(it) = self.it() {
            row.set("department", it.id);
        }
        let groups: Vec<&Group> = technician.groups.iter().filter_map(|g| self.groups.get(*g)).collect();
        let on_site: Vec<usize> =
            groups.iter().filter(|g| g.team == Team::OnSite).filter_map(|g| g.site).collect();
        row.set("groups", model::record::list_of(&groups.iter().map(|g| g.id).collect::<Vec<_>>()));
        let sites: Vec<Id> = on_site.iter().filter_map(|s| self.sites.get(*s)).map(|s| s.id).collect();
        row.set("associated_sites", model::record::list_of(&sites));
        let role = if on_site.len() == groups.len() {
            roles::SITE_TECHNICIAN
        } else if at % 7 == 3 {
            roles::GROUP_TECHNICIAN
        } else {
            roles::TECHNICIAN
        };
        row.set("role", role);
        self.put_site(&mut row, on_site.first().copied().unwrap_or(0), &mut rng);
        row
    }

    fn put_site(&self, row: &mut Record, site: usize, rng: &mut Rng) {
        let Some(site) = self.sites.get(site) else { return };
        row.set("site", site.id);
        row.set("time_zone", site.place.time_zone);
        row.set("phone", format!("{}{:02}", site.place.area, rng.below(100)));
        if rng.percent(40) {
            row.set("mobile", format!("{}{:02}", site.place.area, rng.below(100)));
        }
    }
}

/// Some heads may follow what their department asks for.
const fn person_sees_department(person: &Person) -> i64 {
    if person.is_head { 500 } else { 3 }
}

fn put_name(row: &mut Record, id: Id, (given, family): (&str, &str), email: &str) {
    row.set("id", id);
    row.set("name", format!("{given} {family}"));
    row.set("first_name", given);
    row.set("last_name", family);
    crate::users::plain_names(row);
    row.set("email_id", email);
}
