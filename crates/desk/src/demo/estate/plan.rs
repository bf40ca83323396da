//! Who gets what, and what stands where.

use super::super::company::Company;
use super::super::ids::Rising;
use super::super::rng::Rng;
use super::super::words::APPS;
use super::goods::MODELS;
use super::{Estate, Sort, Thing, thing_ids};
use model::Id;
use std::collections::HashSet;

/// What IT gives, and on what it runs: the product type at each site, or nothing.
pub(super) const IT_SERVICES: [(&str, &str); 8] = [
    ("E-mail and calendar", "Virtual Machine"),
    ("Directory and sign-in", "Server"),
    ("File shares", "Server"),
    ("Printing service", "Server"),
    ("Internet access", "Firewall"),
    ("Remote access", "Firewall"),
    ("Telephony", "Router"),
    ("Backup", "Storage Device"),
];

/// What the business does, and the programs that it does it with, by their places.
pub(super) const BUSINESS: [(&str, &[usize]); 8] = [
    ("Order to cash", &[0, 1, 8]),
    ("Payroll", &[0, 7, 11]),
    ("Customer service", &[1, 2, 3]),
    ("Procurement", &[0, 6]),
    ("Warehousing", &[8, 0]),
    ("Engineering", &[4, 2, 10]),
    ("Reporting", &[5, 0]),
    ("Document control", &[6, 9, 3]),
];

/// How many of the programs have a database of their own, and what it is called.
pub(super) const DATABASES: [&str; 8] = [
    "SAP database",
    "Salesforce mirror",
    "Jira database",
    "Confluence database",
    "AutoCAD vault",
    "Power BI warehouse",
    "DocuShare database",
    "TimeKeeper database",
];

impl Estate {
    pub(super) fn furnish(&mut self, rng: &mut Rng, company: &Company, ids: &mut Rising) {
        self.sites(rng, company, ids);
        self.machines(rng, company, ids);
        self.programs(ids);
        self.standing(company, ids);
        self.people(rng, company, ids);
        self.store(rng, company, ids);
    }

    fn add(&mut self, name: String, sort: Sort, site: usize, ids: &mut Rising) -> usize {
        let (asset, ci, told) = thing_ids(ids);
        let (has_asset, has_ci) = match sort {
            Sort::Given { model, .. } | Sort::Spare { model } | Sort::Fixed { model } => {
                (true, MODELS.get(model).is_some_and(|m| !m.ci.is_empty()))
            }
            Sort::Logical { .. } | Sort::Standing { .. } => (false, true),
        };
        let thing =
            Thing { asset: has_asset.then_some(asset), ci: has_ci.then_some(ci), name, sort, site, told };
        self.things.push(thing);
        self.things.len() - 1
    }

    /// Something that stands at a site.
    fn put(&mut self, rng: &mut Rng, kind: &'static str, name: String, site: usize, ids: &mut Rising) {
        let model = one_of_kind(rng, kind);
        let at = self.add(name, Sort::Fixed { model }, site, ids);
        if let Some(here) = self.at_site.get_mut(site) {
            here.entry(kind).or_default().push(at);
        }
    }

    /// Network, printers and the few servers that each site has; more where more people work.
    fn sites(&mut self, rng: &mut Rng, company: &Company, ids: &mut Rising) {
        for (site, here) in company.sites.iter().enumerate() {
            let people = company
                .people
                .iter()
                .filter(|p| company.departments.get(p.department).is_some_and(|d| d.site == site))
                .count();
            let (code, low) = (here.place.code, here.place.code.to_lowercase());
            self.put(rng, "Firewall", format!("{low}-fw-01"), site, ids);
            self.put(rng, "Router", format!("{low}-rt-01"), site, ids);
            for nth in 0..people / 40 + 2 {
                let name = format!("{low}-sw-{}{:02}", nth % 6 + 1, nth / 6 + 1);
                self.put(rng, "Switch", name, site, ids);
            }
            for nth in 0..people / 30 + 1 {
                self.put(
                    rng,
                    "Access Point",
                    format!("{low}-ap-{}{:02}", nth % 6 + 1, nth / 6 + 1),
                    site,
                    ids,
                );
            }
            for nth in 0..people / 12 + 2 {
                let name = format!("{code}-PRN-{}{:02}", nth % 6 + 1, nth / 6 + 1);
                self.put(rng, "Printer", name, site, ids);
            }
            for role in ["dc", "file", "print"] {
                self.put(rng, "Server", format!("{low}-{role}-01"), site, ids);
            }
            self.put(rng, "UPS", format!("{low}-ups-01"), site, ids);
            if site == 0 || people > 200 {
                self.put(rng, "Storage Device", format!("{low}-san-01"), site, ids);
            }
            for nth in 0..people / 100 + 1 {
                self.put(rng, "Projector", format!("{code}-PRJ-{:02}", nth + 1), site, ids);
            }
        }
    }

    /// Hosts and virtual machines, where the company has its computer room: two for each program, more for many people.
    fn machines(&mut self, rng: &mut Rng, company: &Company, ids: &mut Rising) {
        let Some(low) = company.sites.first().map(|s| s.place.code.to_lowercase()) else { return };
        let apps = APPS.len() * (1 + company.people.len() / 3_000);
        let bases = DATABASES.len();
        let others = [("mail", 2), ("web", 2 + company.people.len() / 2_000)];
        let count = apps + bases + others.iter().map(|(_, n)| n).sum::<usize>();
        for nth in 0..count / 8 + 2 {
            self.put(rng, "Virtual Host", format!("{low}-vhost-{:02}", nth + 1), 0, ids);
        }
        for (role, count) in [("app", apps), ("db", bases)].into_iter().chain(others) {
            for nth in 0..count {
                self.put(rng, "Virtual Machine", format!("{low}-{role}-{:02}", nth + 1), 0, ids);
            }
        }
    }

    fn programs(&mut self, ids: &mut Rising) {
        let words = APPS
            .iter()
            .map(|app| ("ci_application", *app))
            .chain(DATABASES.iter().map(|name| ("ci_database", *name)))
            .chain(IT_SERVICES.iter().map(|(name, _)| ("ci_it_service", *name)))
            .chain(BUSINESS.iter().map(|(name, _)| ("ci_business_service", *name)));
        for (ci_type, word) in words {
            let at = self.add(word.to_owned(), Sort::Logical { ci_type, word }, 0, ids);
            self.by_word.insert(word, at);
        }
    }

    /// CIs that stand for groups, for the departments of the first site and for their heads. Names are one of a kind
    /// among the CIs of a type.
    fn standing(&mut self, company: &Company, ids: &mut Rising) {
        let mut taken: HashSet<(&'static str, String)> = HashSet::new();
        let mut standing: Vec<(&'static str, &'static str, Id, String, usize)> = Vec::new();
        for (name, group) in company.group_names().zip(&company.groups) {
            standing.push(("ci_support_group", "support_group", group.id, name, group.site.unwrap_or(0)));
        }
        for department in company.departments.iter().filter(|d| d.site == 0) {
            standing.push(("ci_department", "department", department.id, department.trade.name.into(), 0));
            if let Some(head) = department.head.and_then(|head| company.people.get(head)) {
                standing.push(("ci_user", "user", head.id, head.name(), 0));
            }
        }
        for (ci_type, module, id, name, site) in standing {
            if taken.insert((ci_type, model::fold(&name))) {
                self.add(name, Sort::Standing { ci_type, module, id }, site, ids);
            }
        }
    }

    /// A machine for each person, and for one of three something to carry.
    fn people(&mut self, rng: &mut Rng, company: &Company, ids: &mut Rising) {
        for (person, who) in company.people.iter().enumerate() {
            let from = self.things.len();
            let site = company.departments.get(who.department).map_or(0, |d| d.site);
            let code = company.sites.get(site).map_or("", |s| s.place.code);
            let model = one_of_kind(rng, "Workstation");
            let name = machine_name(code, model, person + 1);
            self.add(name, Sort::Given { model, person }, site, ids);
            if rng.percent(if who.is_head { 80 } else { 30 }) {
                let kind = if rng.percent(80) { "Smartphone" } else { "Tablet" };
                let model = one_of_kind(rng, kind);
                self.add(format!("{code}-MOB{:05}", person + 1), Sort::Given { model, person }, site, ids);
            }
            self.of_person.push((from, self.things.len()));
        }
    }

    /// What nobody has at the moment: one for twelve people.
    fn store(&mut self, rng: &mut Rng, company: &Company, ids: &mut Rising) {
        let people = company.people.len();
        for nth in 0..people / 12 + 2 {
            let site = rng.place(company.sites.len());
            let code = company.sites.get(site).map_or("", |s| s.place.code);
            let model = one_of_kind(rng, "Workstation");
            self.add(machine_name(code, model, people + nth + 1), Sort::Spare { model }, site, ids);
        }
    }
}

fn machine_name(code: &str, model: usize, number: usize) -> String {
    let is_laptop = MODELS.get(model).is_some_and(|m| m.is_laptop);
    format!("{code}-{}{number:05}", if is_laptop { "LT" } else { "PC" })
}

/// The place of one of the models of a product type.
fn one_of_kind(rng: &mut Rng, kind: &str) -> usize {
    let from = MODELS.iter().position(|m| m.kind == kind).unwrap_or(0);
    let count = MODELS.iter().filter(|m| m.kind == kind).count();
    from + rng.place(count)
}
