//! The company: its sites, departments and groups, who works there, who helps them.

use super::calendar::Calendar;
use super::people::{self, Person, Technician};
use super::places::{IT, PLACES, Place, REGIONS, TRADES, Trade};
use super::rng::{Rng, Stream};
use super::rows::Rows;
use super::topics::Team;
use crate::{DeskError, Snapshot};
use model::Id;
use std::collections::HashSet;

/// A site of the company.
#[derive(Debug)]
pub(super) struct Site {
    pub id: Id,
    pub place: &'static Place,
}

/// A department at a site.
#[derive(Debug)]
pub(super) struct Department {
    pub id: Id,
    pub trade: &'static Trade,
    /// The place of its site in the list of sites.
    pub site: usize,
    /// The place of its head in the list of people.
    pub head: Option<usize>,
}

/// A support group.
#[derive(Debug)]
pub(super) struct Group {
    pub id: Id,
    pub team: Team,
    /// The only site that it works for.
    pub site: Option<usize>,
    /// The places of its members in the list of technicians.
    pub members: Vec<usize>,
}

/// The company. Small enough to be kept in memory whole.
#[derive(Debug)]
pub(super) struct Company {
    pub sites: Vec<Site>,
    pub departments: Vec<Department>,
    pub groups: Vec<Group>,
    /// In the order in which they joined.
    pub people: Vec<Person>,
    pub technicians: Vec<Technician>,
}

impl std::fmt::Debug for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

impl std::fmt::Debug for Trade {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

const GROUPS: [(Team, &str, &str); 10] = [
    (Team::ServiceDesk, "Service Desk", "The first to answer"),
    (Team::Desktop, "Desktop Support", "Computers, phones and the programs on them"),
    (Team::Network, "Network", "Group for network problems"),
    (Team::Applications, "Business Applications", "ERP, CRM and their like"),
    (Team::Messaging, "Messaging and Collaboration", "Mail, calendars and meetings"),
    (Team::Identity, "Identity and Access", "Accounts and rights"),
    (Team::Servers, "Server and Storage", "Servers, databases and backups"),
    (Team::Printing, "Print Services", "Printers and copiers"),
    (Team::Security, "Information Security", "Threats and how to meet them"),
    (Team::Telephony, "Telephony", "Desk phones and hotlines"),
];

/// How large it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scale {
    pub people: usize,
    pub technicians: usize,
    pub sites: usize,
}

impl Scale {
    pub fn of(requests: u64) -> Self {
        let up_to = |n: u64, least: u64, most: u64| usize::try_from(n.clamp(least, most)).unwrap_or(0);
        let people = up_to(requests / 50 + 20, 20, 20_000);
        Self {
            people,
            technicians: up_to(requests / 400, 5, 150),
            sites: (people / 60 + 2).clamp(3, PLACES.len()),
        }
    }
}

impl Company {
    /// Founds it; `rows` receives what the desk must know of it, people aside. `taken` are addresses that others
    /// have.
    pub fn found(
        seed: u64,
        scale: Scale,
        calendar: &Calendar,
        rows: &mut Rows<'_>,
        taken: HashSet<String>,
    ) -> Result<Self, DeskError> {
        let sites = sites(rows, scale)?;
        let mut departments = departments(rows, &sites)?;
        let mut groups = groups(rows, &sites, scale)?;
        let mut addresses = people::Addresses::new(taken);
        let mut rng = Rng::new(seed, Stream::Company, 0);
        let technicians = people::technicians(&mut rng, scale, &mut groups, &mut addresses, rows.ids());
        let people = people::people(&mut rng, scale, calendar, &mut departments, &mut addresses, rows.ids());
        for (department, at) in departments.iter().zip(rows.places_of("department")) {
            let head = department.head.and_then(|head| people.get(head)).map(|person| person.id);
            rows.set(at, "department_head", head);
        }
        Ok(Self { sites, departments, groups, people, technicians })
    }

    /// The names of the groups, in their order.
    pub fn group_names(&self) -> impl Iterator<Item = String> + '_ {
        self.groups.iter().map(|group| {
            let shared = GROUPS.iter().find(|(team, ..)| group.site.is_none() && *team == group.team);
            let on_site = group.site.and_then(|site| self.sites.get(site));
            match (shared, on_site) {
                (Some((_, name, _)), _) => (*name).to_owned(),
                (None, Some(site)) => on_site_name(site.place),
                (None, None) => String::new(),
            }
        })
    }

    /// The IT department.
    pub fn it(&self) -> Option<&Department> {
        self.departments.get(IT)
    }
}

fn sites(rows: &mut Rows<'_>, scale: Scale) -> Result<Vec<Site>, DeskError> {
    let mut regions = Vec::new();
    for (name, description) in REGIONS {
        let id = rows.add("region", &[("name", name.into()), ("description", description.into())])?;
        regions.push((name, id));
    }
    let mut sites = Vec::new();
    for (number, place) in (1..).zip(PLACES.iter().take(scale.sites)) {
        let region = regions.iter().find(|(name, _)| *name == place.region).map(|(_, id)| *id);
        let id = rows.add(
            "site",
            &[
                ("name", place.name.into()),
                ("description", format!("Our people in {}", place.city).into()),
                ("region", region.into()),
                ("email_id", format!("reception.{}@example.com", place.code.to_lowercase()).into()),
                ("landline", format!("{}{number:02}", place.area).into()),
                ("street", place.street.into()),
                ("city", place.city.into()),
                ("state", Some(place.state).filter(|s| !s.is_empty()).into()),
                ("postal_code", place.postal_code.into()),
                ("country", place.country.into()),
                ("timezone", place.time_zone.into()),
            ],
        )?;
        sites.push(Site { id, place });
    }
    Ok(sites)
}

fn departments(rows: &mut Rows<'_>, sites: &[Site]) -> Result<Vec<Department>, DeskError> {
    let mut departments = Vec::new();
    for (at, site) in sites.iter().enumerate() {
        for trade in TRADES.iter().filter(|t| at == 0 || !t.central) {
            let description = format!("{} in {}", trade.name, site.place.city);
            let cells =
                [("name", trade.name.into()), ("site", site.id.into()), ("description", description.into())];
            let id = rows.add("department", &cells)?;
            departments.push(Department { id, trade, site: at, head: None });
        }
    }
    Ok(departments)
}

fn groups(rows: &mut Rows<'_>, sites: &[Site], scale: Scale) -> Result<Vec<Group>, DeskError> {
    let sender = |cells: &mut Vec<(&'static str, model::Value)>, word: &str| {
        cells.push(("sender_name", "IT Service Desk".into()));
        cells.push(("sender_email_id", format!("{word}@example.com").into()));
    };
    let mut groups = Vec::new();
    for (team, name, description) in GROUPS {
        let word = people::address_word(name);
        let mut cells = vec![("name", name.into()), ("description", description.into())];
        sender(&mut cells, &word);
        let id = match shipped_group(rows.snapshot(), name) {
            Some(id) => id,
            None => rows.add("support_group", &cells)?,
        };
        groups.push(Group { id, team, site: None, members: Vec::new() });
    }
    let on_site = (scale.technicians / 4).clamp(1, sites.len());
    for (at, site) in sites.iter().enumerate().take(on_site) {
        let name = on_site_name(site.place);
        let description = format!("Hands in {}", site.place.city);
        let mut cells = vec![
            ("name", name.as_str().into()),
            ("description", description.into()),
            ("site", site.id.into()),
        ];
        sender(&mut cells, &format!("onsite.{}", site.place.code.to_lowercase()));
        let id = rows.add("support_group", &cells)?;
        groups.push(Group { id, team: Team::OnSite, site: Some(at), members: Vec::new() });
    }
    Ok(groups)
}

fn on_site_name(place: &Place) -> String {
    format!("On-site Support {}", place.city)
}

/// A group that the desk has already and that works for every site.
fn shipped_group(snapshot: &Snapshot, name: &str) -> Option<Id> {
    snapshot.named("support_group", name).iter().find(|g| g.get("site").is_null()).map(|g| g.id())
}

impl Company {
    /// The group that looks after a team's topics at a site: its place in the list.
    pub fn group_for(&self, team: Team, site: usize) -> usize {
        let find = |team: Team, site: Option<usize>| {
            self.groups
                .iter()
                .position(|group| group.team == team && (group.site.is_none() || group.site == site))
        };
        find(team, Some(site)).or_else(|| find(Team::Desktop, None)).unwrap_or(0)
    }
}
