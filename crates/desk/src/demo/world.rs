//! All that requests are made from: made once, then only read.

use super::calendar::Calendar;
use super::company::{Company, Department, Group, Site};
use super::estate::{Estate, Thing};
use super::forms::Forms;
use super::people::{Person, Technician};
use super::rng::Rng;
use super::setup::{Filed, Setup, Shipped};
use super::topics::{Team, Topic};
use super::words::Scene;

/// The company, its desk, and the time.
#[derive(Debug)]
pub(super) struct World {
    pub seed: u64,
    pub calendar: Calendar,
    /// The last instant at which anything happens.
    pub end: i64,
    pub company: Company,
    pub setup: Setup,
    pub shipped: Shipped,
    pub forms: Forms,
    pub estate: Estate,
}

/// Who asks, and where they are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asker<'a> {
    /// The place in the list of people.
    pub at: usize,
    pub person: &'a Person,
    pub department: &'a Department,
    pub site: &'a Site,
}

impl World {
    /// Somebody who was there when the request with this number came. Some people ask far more often than others.
    pub fn asker(&self, rng: &mut Rng, number: i64) -> Option<Asker<'_>> {
        let here = self.company.people.partition_point(|person| person.since <= number);
        let count = i64::try_from(here).unwrap_or(0);
        let place = if rng.percent(50) { rng.below(count) } else { rng.small(count) };
        let at = usize::try_from(place).unwrap_or(0);
        let person = self.company.people.get(at)?;
        let department = self.company.departments.get(person.department)?;
        let site = self.company.sites.get(department.site)?;
        Some(Asker { at, person, department, site })
    }
    /// A topic, the common ones more often.
    pub fn topic(&self, rng: &mut Rng) -> Option<&Filed> {
        let filed = &self.setup.filed;
        filed.get(rng.weighted(filed.iter().map(|f| f.topic.share)))
    }
    /// The group that looks after a topic at a site.
    pub fn group(&self, filed: &Filed, site: usize) -> Option<&Group> {
        self.company.groups.get(self.company.group_for(filed.topic.team, site))
    }
    /// One of a group's technicians.
    pub fn member(&self, rng: &mut Rng, group: &Group) -> Option<&Technician> {
        rng.one(&group.members).and_then(|at| self.company.technicians.get(*at))
    }
    /// One of those who answer first.
    pub fn desk_member(&self, rng: &mut Rng) -> Option<&Technician> {
        self.company.groups.first().and_then(|group| self.member(rng, group))
    }
    /// Puts things that are there into a scene: those of its site, and what the person works with.
    pub fn furnish(&self, scene: &mut Scene, rng: &mut Rng, site: usize, person: Option<usize>) {
        let mut name = |kind: &str| self.estate.at_site(rng, site, kind).map(|thing| thing.name.clone());
        for (place, found) in [
            (&mut scene.printer, name("Printer")),
            (&mut scene.switch, name("Switch")),
            (&mut scene.host, name("Server")),
            (
                &mut scene.asset,
                person.and_then(|at| self.estate.of_person(at).first()).map(|t| t.name.clone()),
            ),
        ] {
            if let Some(name) = found {
                *place = name;
            }
        }
    }
    /// The thing that a request refers to, in one case of three: what its topic is about.
    pub fn spoken_of(
        &self,
        rng: &mut Rng,
        topic: &Topic,
        scene: &Scene,
        asker: &Asker<'_>,
    ) -> Option<&Thing> {
        if !rng.percent(36) {
            return None;
        }
        let named = |kind: &str, name: &str| self.estate.named_at(asker.department.site, kind, name);
        let device = || self.estate.of_person(asker.at).first();
        match topic.team {
            Team::Printing => named("Printer", &scene.printer),
            Team::Network => named("Switch", &scene.switch),
            Team::Servers => named("Server", &scene.host),
            Team::Applications => self.estate.called(scene.app),
            Team::Messaging => self.estate.called("E-mail and calendar"),
            Team::Telephony => self.estate.of_person(asker.at).last(),
            Team::Identity | Team::Security | Team::ServiceDesk | Team::Desktop | Team::OnSite => device(),
        }
        .or_else(device)
    }
    /// A colleague to speak of.
    pub fn colleague(&self, rng: &mut Rng) -> String {
        rng.one(&self.company.people).map(Person::name).unwrap_or_default()
    }
}
