//! The rows of the things: assets with their inventory, CIs with their attributes, and what the history says of both.

use super::super::calendar::{DAY, HOUR};
use super::super::company::Company;
use super::super::forms::{blank, rows};
use super::super::rng::{Rng, Stream};
use super::goods::{Model, Product};
use super::links::Link;
use super::{Estate, Sort, Thing};
use crate::assets::states;
use crate::cmdb::sync::{copy_to_ci, stand_for};
use crate::{DeskError, Snapshot, money};
use model::{Id, Record, Value};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::ops::Range;

/// Rows of some things.
#[derive(Debug, Default)]
pub(super) struct Made {
    pub assets: Vec<Record>,
    /// By type, as each type has attributes of its own.
    pub cis: BTreeMap<&'static str, Vec<Record>>,
    pub costs: Vec<Record>,
    pub history: Vec<Record>,
    /// The least and the greatest id of the things.
    pub range: Option<(Id, Id)>,
}

impl Made {
    pub fn rows(&self) -> u64 {
        let cis: usize = self.cis.values().map(Vec::len).sum();
        (self.assets.len() + cis + self.costs.len() + self.history.len()) as u64
    }
}

/// Makes the rows.
#[derive(Debug)]
pub(super) struct Makers<'a> {
    snapshot: &'a Snapshot,
    company: &'a Company,
    estate: &'a Estate,
    seed: u64,
    founded: i64,
    asset: Record,
    cost: Record,
    relationship: Record,
    history: Record,
    /// Names of the states that the history speaks of.
    in_store: String,
    in_use: String,
    impacts: Vec<Id>,
}

/// When a thing came, and who did it.
struct Coming {
    made: i64,
    /// When it was given to whoever has it.
    given: i64,
    by: Id,
}

impl<'a> Makers<'a> {
    pub fn new(
        snapshot: &'a Snapshot,
        company: &'a Company,
        estate: &'a Estate,
        seed: u64,
        founded: i64,
    ) -> Result<Self, DeskError> {
        let state = |id| snapshot.record(id).map(|s| s.title().to_owned()).unwrap_or_default();
        Ok(Self {
            snapshot,
            company,
            estate,
            seed,
            founded,
            asset: blank(snapshot, "asset")?,
            cost: blank(snapshot, "asset_cost")?,
            relationship: blank(snapshot, "ci_relationship")?,
            history: blank(snapshot, "history")?,
            in_store: state(states::IN_STORE),
            in_use: state(states::IN_USE),
            impacts: rows(snapshot, "business_impact").into_iter().map(|(id, _)| id).collect(),
        })
    }

    /// The rows of the things in these places.
    pub fn make(&self, range: Range<usize>) -> Result<Made, DeskError> {
        let mut made = Made::default();
        for (at, thing) in self.estate.things.iter().enumerate().skip(range.start).take(range.len()) {
            let mut rng = Rng::new(self.seed, Stream::Things, at as u64);
            let ids = [thing.asset, thing.ci].into_iter().flatten();
            for id in ids {
                let (least, greatest) = made.range.unwrap_or((id, id));
                made.range = Some((least.min(id), greatest.max(id)));
            }
            let coming = self.coming(&mut rng, thing);
            match thing.sort {
                Sort::Given { model, .. } | Sort::Spare { model } | Sort::Fixed { model } => {
                    if let Some(product) = self.estate.goods.products.get(model) {
                        self.bought(&mut made, &mut rng, (at, thing), product, &coming)?;
                    }
                }
                Sort::Logical { ci_type, .. } => {
                    let mut ci = self.ci(ci_type, thing, &coming)?;
                    self.describe(&mut ci, &mut rng, ci_type);
                    self.keep(&mut made, ci_type, ci, thing.told, &coming);
                }
                Sort::Standing { ci_type, module, id } => {
                    let mut ci = self.ci(ci_type, thing, &coming)?;
                    stand_for(&mut ci, module, id);
                    let email = self.company.people.iter().find(|p| p.id == id).map(|p| p.email.clone());
                    put(&mut ci, "txt_email", email.into());
                    put(&mut ci, "ref_site", self.company.sites.get(thing.site).map(|s| s.id).into());
                    self.keep(&mut made, ci_type, ci, thing.told, &coming);
                }
            }
        }
        Ok(made)
    }

    fn coming(&self, rng: &mut Rng, thing: &Thing) -> Coming {
        let by = rng.one(&self.company.technicians).map_or(crate::users::SYSTEM, |t| t.id);
        let person = match thing.sort {
            Sort::Given { person, .. } => self.company.people.get(person),
            _ => None,
        };
        let given = person.map_or(self.founded + 9 * DAY, |person| person.joined);
        let made = (given - rng.between(1, 6) * DAY).max(self.founded + rng.between(1, 8 * 60) * HOUR / 60);
        Coming { made, given: given.max(made), by }
    }

    fn bought(
        &self,
        made: &mut Made,
        rng: &mut Rng,
        (at, thing): (usize, &Thing),
        product: &Product,
        coming: &Coming,
    ) -> Result<(), DeskError> {
        let mut asset = self.asset(rng, at, thing, product, coming);
        let ip = format!("10.{}.{}.{}", 10 + thing.site % 200, at / 250 % 250, at % 250 + 2);
        if !product.model.inside.0.is_empty() {
            self.inventory(&mut asset, rng, thing, product.model, &ip, coming);
        } else if product.model.ci.is_empty() {
            asset.set("mac_address", mac(rng));
        } else {
            adapter(&mut asset, rng, &ip);
        }
        self.costs(made, &mut asset, rng, thing, coming);
        let mut told = vec![("CREATE", coming.made, Vec::new())];
        let user = asset.reference("user");
        if let Some((id, name)) = user.zip(self.name_of(thing)) {
            let states = [(states::IN_STORE, &self.in_store), (states::IN_USE, &self.in_use)];
            let [from, to] = states.map(|(id, name)| json!({"id": id.to_string(), "name": name}));
            let diff = vec![
                changed("state", from, to),
                changed("user", Json::Null, json!({"id": id.to_string(), "name": name})),
            ];
            told.push(("UPDATE", coming.given, diff));
        }
        if let Some(id) = thing.ci {
            let ci_type = product.model.ci;
            let mut ci = self.ci(ci_type, thing, coming)?;
            stand_for(&mut ci, "asset", asset.id());
            asset.set("ci", id);
            copy_to_ci(&asset, Some(&product.record), &mut ci);
            if matches!(thing.sort, Sort::Fixed { .. }) {
                self.answered_for(&mut ci, rng, 2);
            }
            put(&mut ci, "txt_processor_name", Some(product.model.inside.0).filter(|p| !p.is_empty()).into());
            let ports = if product.model.kind == "Switch" { 48_i64 } else { 4 };
            put(&mut ci, "num_port_count", ports.into());
            put(&mut ci, "num_memory_mb", product.model.inside.1.into());
            if let Some((id, name)) = user.zip(self.name_of(thing)) {
                let now = json!({"id": id.to_string(), "name": name});
                let diff = vec![changed("ci_attributes.ref_owned_by", Json::Null, now)];
                self.tell(
                    made,
                    &mut ci,
                    Id::new(thing.told.get() + 3),
                    ("UPDATE", coming.given, diff),
                    coming.by,
                );
            }
            self.keep(made, ci_type, ci, thing.told, coming);
        }
        for (nth, entry) in (1..).zip(told) {
            self.tell(made, &mut asset, Id::new(thing.told.get() + nth), entry, coming.by);
        }
        made.assets.push(asset);
        Ok(())
    }

    fn name_of(&self, thing: &Thing) -> Option<String> {
        match thing.sort {
            Sort::Given { person, .. } => self.company.people.get(person).map(|p| p.name()),
            _ => None,
        }
    }

    fn asset(&self, rng: &mut Rng, at: usize, thing: &Thing, product: &Product, coming: &Coming) -> Record {
        let mut asset = self.asset.clone();
        asset.set("id", thing.asset);
        asset.set("name", thing.name.as_str());
        asset.set("product", product.record.id());
        for path in ["product_type", "type", "category"] {
            asset.set(path, product.record.get(path).clone());
        }
        let maker: String = product.model.maker.chars().take(2).collect::<String>().to_uppercase();
        asset.set("serial_number", format!("{maker}{:04X}{:06}", rng.below(0x1_0000), at + 1));
        asset.set("asset_tag", format!("A{:06}", at + 1));
        asset.set("barcode", format!("{:08}", 10_000_000 + at));
        // What was there when the desk began had been bought before.
        let age =
            if coming.given < self.founded + 40 * DAY { rng.between(0, 900) } else { rng.between(0, 30) };
        let day = (coming.made - age * DAY).div_euclid(DAY) * DAY;
        asset.set("acquisition_date", day);
        asset.set("warranty_expiry", day + 1_095 * DAY);
        asset.set("expiry_date", day + 1_826 * DAY);
        asset.set("location", format!("Floor {}", rng.between(1, 6)));
        asset.set("site", self.company.sites.get(thing.site).map(|s| s.id));
        asset.set("vendor", rng.one(&self.estate.goods.vendors).copied());
        asset.set("purchase_cost", money::write(product.model.cost.into()));
        asset.set("created_time", coming.made);
        asset.set("created_by", coming.by);
        asset.set("last_updated_time", coming.made);
        asset.set("last_updated_by", coming.by);
        asset.set("is_depreciation_configured", product.depreciates);
        match thing.sort {
            Sort::Given { person, .. } => {
                let person = self.company.people.get(person);
                asset.set("state", states::IN_USE);
                asset.set("user", person.map(|p| p.id));
                let department = person.and_then(|p| self.company.departments.get(p.department));
                asset.set("department", department.map(|d| d.id));
            }
            Sort::Spare { .. } => {
                let (state, words) = match rng.below(10) {
                    0..6 => (states::IN_STORE, ""),
                    6..8 => (states::IN_REPAIR, "Sent to the maker: the screen is broken"),
                    8 => (states::EXPIRED, "Past its time, data erased"),
                    _ => (states::DISPOSED, "Handed over for recycling"),
                };
                asset.set("state", state);
                asset.set("state_history_comments", Some(words).filter(|w| !w.is_empty()));
                asset.set("is_loanable", state == states::IN_STORE && rng.percent(40));
            }
            _ => asset.set("state", states::IN_USE),
        }
        asset
    }

    /// What a scan finds in a machine.
    fn inventory(
        &self,
        asset: &mut Record,
        rng: &mut Rng,
        thing: &Thing,
        model: &Model,
        ip: &str,
        coming: &Coming,
    ) {
        let (processor, memory, os) = model.inside;
        asset.set("is_server", model.ci != "ci_workstation");
        asset.set("computer_system.service_tag", format!("{:07X}", rng.below(0xFFF_FFFF)));
        asset.set("computer_system.model", model.name);
        asset.set("computer_system.system_manufacturer", model.maker);
        asset.set("operating_system.os", os);
        asset.set("operating_system.version", format!("10.0.{}", rng.between(20_348, 22_631)));
        asset.set("operating_system.build_number", rng.between(20_348, 22_631).to_string());
        asset.set("memory.physical_memory", memory * 1_048_576);
        asset.set("memory.virtual_memory", memory * 1_048_576 * 3 / 2);
        let count = if model.ci == "ci_workstation" { 1 } else { 2 };
        let one = json!({"name": processor, "number_of_cores": 8 * count});
        asset.set("processors", Json::Array(vec![one; count]).to_string());
        let disk = json!({"model": "NVMe SSD", "capacity": (512_i64 << 30).to_string()});
        asset.set("hard_disks", json!([disk]).to_string());
        let drive = json!({"drive": "C:", "capacity": (500_i64 << 30).to_string(),
            "free_space": (rng.between(40, 400) << 30).to_string()});
        asset.set("logical_drives", json!([drive]).to_string());
        asset.set("ip_addresses", json!([ip]).to_string());
        adapter(asset, rng, ip);
        if let Sort::Given { person, .. } = thing.sort {
            let user = self.company.people.get(person).and_then(|p| p.email.split('@').next());
            asset.set("last_logged_user", user.map(|u| format!("EXAMPLE\\{u}")));
        }
        asset.set("last_scan_time", coming.given);
        asset.set("last_success_scan_time", coming.given);
        asset.set("last_scan_status", "Success");
    }

    /// What some cost beside their price: one or two rows, and the sums that follow.
    fn costs(&self, made: &mut Made, asset: &mut Record, rng: &mut Rng, thing: &Thing, coming: &Coming) {
        let count = if rng.percent(6) { rng.between(1, 2) } else { 0 };
        let mut sum = 0;
        for nth in 0..count {
            let amount = rng.between(4, 60) * 5;
            sum += amount;
            let mut cost = self.cost.clone();
            cost.set("id", Id::new(thing.told.get() + 4 + nth));
            cost.set("amount", money::write(amount.into()));
            cost.set("description", rng.word(&["Memory upgrade", "Battery", "Repair", "Extended warranty"]));
            cost.set("cost_date", coming.given.div_euclid(DAY) * DAY);
            cost.set("created_by", coming.by);
            cost.set("created_time", coming.given);
            cost.set("asset", thing.asset);
            made.costs.push(cost);
        }
        asset.set("operational_cost", money::write(sum.into()));
        let price = money::read(asset.text("purchase_cost"));
        asset.set("total_cost", money::write(price + rust_decimal::Decimal::from(sum)));
    }

    fn ci(&self, ci_type: &str, thing: &Thing, coming: &Coming) -> Result<Record, DeskError> {
        let mut ci = blank(self.snapshot, ci_type)?;
        let of = ci.module.fixed.as_ref().and_then(|f| f.values.first().cloned()).unwrap_or_default();
        ci.set("id", thing.ci);
        ci.set("name", thing.name.as_str());
        ci.set("ci_type", of);
        ci.set("created_by", coming.by);
        ci.set("created_time", coming.made);
        ci.set("last_updated_by", coming.by);
        ci.set("last_updated_time", coming.made);
        Ok(ci)
    }

    /// Programs, databases and services.
    fn describe(&self, ci: &mut Record, rng: &mut Rng, ci_type: &str) {
        let word = super::super::people::address_word(ci.title());
        let name = ci.title().to_owned();
        let said = match ci_type {
            "ci_application" => format!("{name}, as all departments use it"),
            "ci_database" => format!("Data of {}", name.trim_end_matches(" database")),
            "ci_it_service" => format!("{name}, given by IT to everybody"),
            _ => format!("{name}: what stands still when one of its parts does"),
        };
        ci.set("description", said);
        put(ci, "txt_version", format!("{}.{}", rng.between(2, 24), rng.below(10)).into());
        put(ci, "txt_url", format!("https://{word}.example.com").into());
        put(ci, "txt_instance", word.replace('.', "_").to_uppercase().into());
        put(
            ci,
            "txt_service_hours",
            rng.word(&["24x7", "Mon-Fri 07:00-19:00", "Mon-Sat 06:00-22:00"]).into(),
        );
        let head = self.company.departments.iter().filter_map(|d| d.head);
        let heads: Vec<usize> = head.collect();
        let owner = rng.one(&heads).and_then(|at| self.company.people.get(*at)).map(|p| p.id);
        put(ci, "ref_owned_by", owner.into());
        self.answered_for(ci, rng, if ci_type == "ci_business_service" { 1 } else { 3 });
    }

    /// Who looks after it, and how much hangs on it: one of the first so many.
    fn answered_for(&self, ci: &mut Record, rng: &mut Rng, first: usize) {
        let by = rng.one(&self.company.technicians).map(|t| t.id);
        put(ci, "ref_managed_by", by.into());
        let impact = self.impacts.get(rng.place(first.min(self.impacts.len()))).copied();
        put(ci, "ref_business_impact", impact.into());
    }

    /// A CI is done: its first entry, and into the list.
    fn keep(&self, made: &mut Made, ci_type: &'static str, mut ci: Record, told: Id, coming: &Coming) {
        let version = ci.version;
        let updated = ci.get("last_updated_time").clone();
        self.tell(made, &mut ci, told, ("CREATE", coming.made, Vec::new()), coming.by);
        ci.version = version;
        ci.set("last_updated_time", updated);
        made.cis.entry(ci_type).or_default().push(ci);
    }

    /// An entry of the history; every one but the first is a version.
    fn tell(
        &self,
        made: &mut Made,
        record: &mut Record,
        id: Id,
        (operation, at, diff): (&str, i64, Vec<Json>),
        by: Id,
    ) {
        let mut entry = self.history.clone();
        entry.set("id", id);
        entry.set("owner", record.id().get());
        entry.set("module", record.module.key());
        entry.set("record", record.id().get());
        entry.set("by", by);
        entry.set("time", at);
        entry.set("operation", operation);
        entry.set("diff", Json::Array(diff).to_string());
        made.history.push(entry);
        record.set("last_updated_time", at);
        if operation != "CREATE" {
            record.version += 1;
        }
    }

    /// The row of a relationship, and its entry in the history of the parent.
    pub fn link(&self, link: &Link) -> Option<(Record, Record)> {
        let ends = [self.estate.things.get(link.parent)?, self.estate.things.get(link.child)?];
        // It is made when both ends are there.
        let there = |thing: &Thing| match thing.sort {
            Sort::Given { person, .. } => self.company.people.get(person).map_or(0, |p| p.joined),
            _ => 0,
        };
        let at = ends.map(there).into_iter().max()?.max(self.founded + 9 * DAY);
        let [parent, child] = ends.map(|thing| thing.ci);
        let mut row = self.relationship.clone();
        row.set("id", link.id);
        row.set("relationship_type", link.kind);
        row.set("parent_ci", parent?);
        row.set("child_ci", child?);
        row.set("created_by", crate::users::SYSTEM);
        row.set("created_time", at);
        let mut entry = self.history.clone();
        entry.set("id", link.told);
        entry.set("owner", parent?.get());
        entry.set("module", row.module.key());
        entry.set("record", link.id.get());
        entry.set("by", crate::users::SYSTEM);
        entry.set("time", at);
        entry.set("operation", "CREATE");
        entry.set("diff", "[]");
        Some((row, entry))
    }
}

fn changed(field: &str, from: Json, to: Json) -> Json {
    json!({"field": field, "previous_value": from, "current_value": to})
}

/// Sets an attribute where the CI's type has it.
fn put(ci: &mut Record, key: &str, value: Value) {
    if let Some(slot) = ci.module.slot(&format!("ci_attributes.{key}")) {
        ci.put(slot, value);
    }
}

fn mac(rng: &mut Rng) -> String {
    let part = |rng: &mut Rng| format!("{:02X}", rng.below(256));
    format!("02:42:{}:{}:{}:{}", part(rng), part(rng), part(rng), part(rng))
}

/// The adapter that gives an asset its addresses.
fn adapter(asset: &mut Record, rng: &mut Rng, ip: &str) {
    let mac = mac(rng);
    let row = json!({"name": "Ethernet", "ip_address": ip, "mac_address": mac});
    asset.set("network_adapters", json!([row]).to_string());
    asset.set("ip_address", ip);
    asset.set("mac_address", mac);
}
