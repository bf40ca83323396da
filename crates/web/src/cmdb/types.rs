//! Types of CI: what they look like, and the tree of them.

use crate::names;
use crate::visit::Visit;
use desk::figures::{CountAsk, CountBy};
use desk::{DeskError, Place};
use model::{Filter, Id, Map, Module, Record};
use std::sync::Arc;

/// How deep a tree is drawn; the desk has no deeper one.
const DEPTH_MAX: usize = 8;

/// A row of the tree.
pub(crate) struct TypeRow {
    pub label: String,
    pub href: String,
    pub look: Look,
    pub depth: usize,
    /// How many CIs there are of it and of the types below it.
    pub count: u64,
    pub is_here: bool,
}

/// What a type looks like.
#[derive(Clone, Debug, Default)]
pub(crate) struct Look {
    /// What people call it.
    pub label: String,
    pub icon: &'static str,
    /// The family that it belongs to, which gives it its colour: `hardware`, `software`, `service`, `people`, `other`.
    pub family: &'static str,
}

/// The looks of the types that a page speaks of.
pub(crate) struct Looks<'v>(pub &'v Visit);

impl Looks<'_> {
    /// The look of a CI.
    pub fn of(&self, ci: &Record) -> Look {
        self.of_type(ci.reference("ci_type"))
    }

    fn of_type(&self, id: Option<Id>) -> Look {
        let line = line(self.0, id);
        let label = line.first().and_then(|own| own.text("display_name")).unwrap_or_default().to_owned();
        let icon = line.iter().find_map(|row| row.text("icon_name").and_then(drawing)).unwrap_or("cis");
        let family = line.iter().find_map(|row| family(row.title())).unwrap_or("other");
        Look { label, icon, family }
    }
}

/// A type and those above it.
fn line(visit: &Visit, id: Option<Id>) -> Vec<Arc<Record>> {
    let mut line: Vec<Arc<Record>> = Vec::new();
    let mut next = id;
    while let Some(row) = next.and_then(|id| visit.snapshot.record_of("ci_type", id)) {
        if line.len() >= DEPTH_MAX {
            break;
        }
        next = row.reference("parent");
        line.push(row.clone());
    }
    line
}

/// The ids of a type and of those above it.
pub(crate) fn lineage(visit: &Visit, id: Option<Id>) -> Vec<Id> {
    line(visit, id).iter().map(|row| row.id()).collect()
}

/// Our drawing for what a type names as its icon.
fn drawing(name: &str) -> Option<&'static str> {
    Some(match name {
        "hardware" => "chip",
        "exchange_server" | "workstation" | "computer" => "assets",
        "server" => "server",
        "virtual_machine" => "virtual_machine",
        "network" | "router" | "switch" => "network",
        "firewall" => "firewall",
        "access_point" => "access_point",
        "printer" => "printer",
        "storage" => "storage",
        "software" | "application" => "software",
        "database" => "database",
        "service" => "service",
        "department" => "department",
        "user" => "person",
        "group" => "users",
        _ => return None,
    })
}

fn family(name: &str) -> Option<&'static str> {
    Some(match name {
        "ci_hardware" => "hardware",
        "ci_software" => "software",
        "ci_it_service" | "ci_business_service" => "service",
        "ci_department" | "ci_user" | "ci_support_group" => "people",
        _ => return None,
    })
}

/// The tree of types, each with how many CIs there are of it.
///
/// # Errors
/// When the visitor may not read CIs, or the database does not answer.
pub(crate) async fn tree(visit: &Visit, here: &Module) -> Result<Vec<TypeRow>, DeskError> {
    let cis = Place::top(visit.snapshot.module("ci")?.clone());
    let ask = CountAsk::by(Filter::everything(), CountBy::Field("ci_type"));
    let own: Map<Id, u64> = visit
        .desk()
        .groups(&visit.ctx, &cis, ask)
        .await?
        .iter()
        .filter_map(|group| Some((group.reference()?, group.count)))
        .collect();
    let mut counts: Map<Id, u64> = Map::default();
    for (of, count) in &own {
        for above in lineage(visit, Some(*of)) {
            *counts.entry(above).or_default() += count;
        }
    }
    let rows = visit.snapshot.rows("ci_type");
    let roots = rows.iter().filter(|row| row.reference("parent").is_none());
    let mut tree = Vec::with_capacity(rows.len());
    for root in roots {
        branch(visit, root, 0, here, &counts, &mut tree);
    }
    Ok(tree)
}

fn branch(
    visit: &Visit,
    row: &Arc<Record>,
    depth: usize,
    here: &Module,
    counts: &Map<Id, u64>,
    tree: &mut Vec<TypeRow>,
) {
    if depth >= DEPTH_MAX {
        return;
    }
    let Some(module) = visit.snapshot.catalogue.module(row.title()) else { return };
    let is_root = row.reference("parent").is_none();
    // The type above all others is the whole list.
    let href = if is_root { "/cmdb".to_owned() } else { names::list(module) };
    tree.push(TypeRow {
        label: names::both(visit, module).1,
        look: Looks(visit).of_type(Some(row.id())),
        depth,
        count: counts.get(&row.id()).copied().unwrap_or(0),
        is_here: here.name == module.name || (is_root && here.name == "ci"),
        href,
    });
    let mut below: Vec<&Arc<Record>> =
        visit.snapshot.rows("ci_type").iter().filter(|r| r.reference("parent") == Some(row.id())).collect();
    below.sort_by_key(|row| row.text("display_name").unwrap_or_default().to_lowercase());
    for row in below {
        branch(visit, row, depth + 1, here, counts, tree);
    }
}
