//! How the CIs belong together.

use super::super::company::Company;
use super::super::forms::named;
use super::super::ids::Rising;
use super::super::rng::Rng;
use super::plan::{BUSINESS, DATABASES, IT_SERVICES};
use super::{Estate, Sort};
use crate::demo::words::APPS;
use crate::{DeskError, Snapshot};
use model::Id;
use std::collections::HashSet;

/// A relationship between two CIs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Link {
    pub id: Id,
    pub kind: Id,
    /// The place of the parent in the list of things.
    pub parent: usize,
    /// The place of the child.
    pub child: usize,
    /// The id of its entry in the history.
    pub told: Id,
}

/// The shipped relationship types that the demo uses.
struct Kinds {
    runs: Id,
    depends: Id,
    connected: Id,
    managed: Id,
    owned: Id,
    uses: Id,
    hosts: Id,
    sends: Id,
    consists: Id,
}

/// Relationships being collected, each pair once.
struct Net<'a> {
    links: Vec<Link>,
    seen: HashSet<(Id, usize, usize)>,
    ids: &'a mut Rising,
}

impl Net<'_> {
    /// Adds one, unless one of the two is missing or both are the same.
    fn tie(&mut self, kind: Id, parent: Option<usize>, child: Option<usize>) {
        let (Some(parent), Some(child)) = (parent, child) else { return };
        if parent != child && self.seen.insert((kind, parent, child)) {
            let (id, told) = (self.ids.take(), self.ids.take());
            self.links.push(Link { id, kind, parent, child, told });
        }
    }
}

impl Estate {
    pub(super) fn link(
        &mut self,
        rng: &mut Rng,
        company: &Company,
        ids: &mut Rising,
        snapshot: &Snapshot,
    ) -> Result<(), DeskError> {
        let kind = |name| named(snapshot, "ci_relationship_type", name);
        let kinds = Kinds {
            runs: kind("Runs")?,
            depends: kind("Depends On")?,
            connected: kind("Connected To")?,
            managed: kind("Managed By")?,
            owned: kind("Owned By")?,
            uses: kind("Uses")?,
            hosts: kind("Hosts")?,
            sends: kind("Sends data to")?,
            consists: kind("Consists Of")?,
        };
        let mut net = Net { links: Vec::new(), seen: HashSet::new(), ids };
        self.link_sites(rng, &kinds, &mut net);
        self.link_machines(rng, &kinds, &mut net);
        self.link_services(rng, &kinds, &mut net);
        self.link_people(rng, company, &kinds, &mut net);
        self.links = net.links;
        Ok(())
    }

    fn here(&self, site: usize, kind: &str) -> &[usize] {
        self.at_site.get(site).and_then(|here| here.get(kind)).map(Vec::as_slice).unwrap_or_default()
    }

    /// All behind a switch, the switches behind the firewall.
    fn link_sites(&self, rng: &mut Rng, kinds: &Kinds, net: &mut Net<'_>) {
        for site in 0..self.at_site.len() {
            let firewall = self.here(site, "Firewall").first().copied();
            net.tie(kinds.connected, self.here(site, "Router").first().copied(), firewall);
            let switches = self.here(site, "Switch");
            for switch in switches {
                net.tie(kinds.depends, Some(*switch), firewall);
            }
            for kind in ["Access Point", "Printer", "Server", "Virtual Host", "Storage Device"] {
                for thing in self.here(site, kind) {
                    net.tie(kinds.depends, Some(*thing), rng.one(switches).copied());
                }
            }
            // Each site prints through its own server.
            let print = self.here(site, "Server").iter().find(|at| self.name(**at).contains("-print-"));
            for printer in self.here(site, "Printer") {
                net.tie(kinds.depends, Some(*printer), print.copied());
            }
        }
    }

    fn name(&self, at: usize) -> &str {
        self.things.get(at).map_or("", |thing| thing.name.as_str())
    }

    fn link_machines(&self, rng: &mut Rng, kinds: &Kinds, net: &mut Net<'_>) {
        let (hosts, machines) = (self.here(0, "Virtual Host"), self.here(0, "Virtual Machine"));
        for machine in machines {
            net.tie(kinds.hosts, rng.one(hosts).copied(), Some(*machine));
        }
        for host in hosts {
            net.tie(kinds.depends, Some(*host), self.here(0, "Storage Device").first().copied());
        }
        let role = |word: &str| -> Vec<usize> {
            machines.iter().copied().filter(|at| self.name(*at).contains(word)).collect()
        };
        let (apps, bases) = (role("-app-"), role("-db-"));
        for (nth, machine) in apps.iter().enumerate() {
            net.tie(kinds.runs, Some(*machine), self.word(APPS.get(nth % APPS.len()).copied()));
        }
        for (nth, machine) in bases.iter().enumerate() {
            net.tie(kinds.runs, Some(*machine), self.word(DATABASES.get(nth).copied()));
        }
        for (app, base) in APPS.iter().zip(DATABASES) {
            net.tie(kinds.depends, self.word(Some(app)), self.word(Some(base)));
        }
        for machine in role("-mail-") {
            net.tie(kinds.depends, self.word(Some("E-mail and calendar")), Some(machine));
        }
    }

    fn word(&self, word: Option<&'static str>) -> Option<usize> {
        self.by_word.get(word?).copied()
    }

    fn link_services(&self, rng: &mut Rng, kinds: &Kinds, net: &mut Net<'_>) {
        for (service, kind) in IT_SERVICES {
            if kind != "Virtual Machine" {
                for thing in self.here(0, kind) {
                    net.tie(kinds.depends, self.word(Some(service)), Some(*thing));
                }
            }
        }
        for app in APPS {
            net.tie(kinds.depends, self.word(Some(app)), self.word(Some("Directory and sign-in")));
            if rng.percent(40) {
                net.tie(kinds.sends, self.word(Some(app)), self.word(Some("Power BI")));
            }
        }
        for (service, apps) in BUSINESS {
            for app in apps {
                net.tie(kinds.depends, self.word(Some(service)), self.word(APPS.get(*app).copied()));
            }
            for (part, _) in IT_SERVICES.iter().take(2) {
                net.tie(kinds.consists, self.word(Some(service)), self.word(Some(part)));
            }
        }
    }

    /// Who uses what, who looks after what, and the machines behind the switches of their site.
    fn link_people(&self, rng: &mut Rng, company: &Company, kinds: &Kinds, net: &mut Net<'_>) {
        let mut groups = Vec::new();
        let mut departments = Vec::new();
        for (at, thing) in self.things.iter().enumerate() {
            match thing.sort {
                Sort::Standing { module: "support_group", .. } => groups.push(at),
                Sort::Standing { module: "department", .. } => departments.push(at),
                _ => {}
            }
        }
        for at in &departments {
            for _ in 0..rng.between(1, 3) {
                let (service, _) = BUSINESS.get(rng.place(BUSINESS.len())).copied().unwrap_or_default();
                net.tie(kinds.uses, Some(*at), self.word(Some(service)));
            }
        }
        for (at, thing) in self.things.iter().enumerate().filter(|(_, thing)| thing.ci.is_some()) {
            match thing.sort {
                Sort::Logical { .. } => net.tie(kinds.managed, Some(at), rng.one(&groups).copied()),
                Sort::Fixed { .. } if rng.percent(60) => {
                    net.tie(kinds.managed, Some(at), rng.one(&groups).copied());
                }
                Sort::Given { person, .. } => {
                    net.tie(kinds.depends, Some(at), rng.one(self.here(thing.site, "Switch")).copied());
                    let id = company.people.get(person).map(|p| p.id);
                    if company.people.get(person).is_some_and(|p| p.is_head) {
                        let owner = self
                            .things
                            .iter()
                            .position(|t| matches!(t.sort, Sort::Standing { id: of, .. } if Some(of) == id));
                        net.tie(kinds.owned, Some(at), owner);
                    }
                }
                _ => {}
            }
        }
    }
}
