//! The rows that a new desk begins with (setup.md section 13). Tails below a million are the vendor's and the same
//! in every portal; tails above are ours, for rows whose tails are not known.

mod estate;

use crate::approvals::statuses as approval;
use crate::requests::statuses as request_status;
use crate::users::{SYSTEM, roles};
use crate::{DeskError, Snapshot};
use model::{Id, Record, Value};

/// Who the first administrator is, and what the desk is called.
#[derive(Clone, Debug)]
pub struct FirstRows<'a> {
    /// Of the first administrator.
    pub admin_email: &'a str,
    /// Of the first administrator, argon2id in PHC form.
    pub password_hash: &'a str,
    /// Of the desk.
    pub portal_name: &'a str,
    /// Milliseconds since 1970-01-01 UTC.
    pub now: i64,
}

/// The first administrator's user record.
pub const ADMINISTRATOR: Id = Id::shipped(1_000_001);
/// The desk's own record.
pub const PORTAL: Id = Id::shipped(1_000_003);
/// The default site.
pub const BASE_SITE: Id = Id::shipped(222_001);

/// Roles for parts of the product that a desk may not have.
const VENDORS_ROLES: [&str; 9] = [
    "AnnouncementConfig",
    "AssetConfig",
    "ContractConfig",
    "HelpdeskConfig",
    "PurchaseConfig",
    "SDAssetManager",
    "SDChangeManager",
    "SDCMDBAdmin",
    "SDCMDBManager",
];

type Cells<'a> = &'a [(&'a str, Value)];

struct Rows<'a> {
    snapshot: &'a Snapshot,
    now: i64,
    rows: Vec<Record>,
}

impl Rows<'_> {
    fn row(&mut self, module: &str, id: Id, cells: Cells<'_>) -> Result<(), DeskError> {
        let mut record = Record::new(self.snapshot.module(module)?.clone());
        let module = record.module.clone();
        for (slot, leaf) in module.leaves().iter().enumerate() {
            match &leaf.field.preset {
                model::Preset::Value(value) => record.put(slot, value.clone()),
                model::Preset::Now => record.put(slot, self.now),
                _ => {}
            }
        }
        record.set("id", id);
        for (path, value) in cells {
            record.set(path, value.clone());
        }
        self.rows.push(record);
        Ok(())
    }

    /// Rows that are nothing but a name, from one tail on in equal steps.
    fn named(&mut self, module: &str, first: i64, step: i64, names: &[&str]) -> Result<(), DeskError> {
        let ordered = self.snapshot.module(module)?.slot("sort_order").is_some();
        for (i, name) in (0_i64..).zip(names) {
            let mut cells = vec![("name", Value::from(*name))];
            if ordered {
                cells.push(("sort_order", (i + 1).into()));
            }
            self.row(module, Id::shipped(first + i * step), &cells)?;
        }
        Ok(())
    }
}

/// All rows of a new desk.
///
/// # Errors
/// When the catalogue lacks a module, which is a mistake of ours.
pub fn rows(snapshot: &Snapshot, first: &FirstRows<'_>) -> Result<Vec<Record>, DeskError> {
    let mut rows = Rows { snapshot, now: first.now, rows: Vec::new() };
    people(&mut rows, first)?;
    statuses(&mut rows)?;
    lookups(&mut rows)?;
    categories(&mut rows)?;
    priority_matrix(&mut rows)?;
    estate::rows(&mut rows)?;
    project_statuses(&mut rows)?;
    Ok(rows.rows)
}

/// The rows that a desk of an earlier version lacks: those of assets, problems and the CMDB, and the statuses of projects.
///
/// # Errors
/// When the catalogue lacks a module, which is a mistake of ours.
pub(crate) fn later_rows(snapshot: &Snapshot, now: i64) -> Result<Vec<Record>, DeskError> {
    let mut rows = Rows { snapshot, now, rows: Vec::new() };
    if snapshot.record(crate::cmdb::types::ROOT).is_none() {
        estate::rows(&mut rows)?;
    }
    if snapshot.rows("project_status").is_empty() {
        project_statuses(&mut rows)?;
    }
    Ok(rows.rows)
}

fn people(rows: &mut Rows<'_>, first: &FirstRows<'_>) -> Result<(), DeskError> {
    let owner = crate::users::name_of(first.admin_email);
    rows.row(
        "portal",
        PORTAL,
        &[
            ("name", "itdesk".into()),
            ("display_name", first.portal_name.into()),
            ("description", "IT service desk".into()),
            ("is_default", true.into()),
            ("owner.owner_name", owner.as_str().into()),
            ("owner.email", first.admin_email.into()),
            ("closure_mandatory_fields", "[]".into()),
            ("problem_closure_mandatory_fields", "[]".into()),
        ],
    )?;
    rows.row("site", BASE_SITE, &[("name", "Base Site".into()), ("is_default", true.into())])?;
    let own = [
        (roles::ADMINISTRATOR, "SDAdmin", "administrator", false, false),
        (roles::TECHNICIAN, "SDTechnician", "technician", false, false),
        (roles::SITE_TECHNICIAN, "SDSiteTechnician", "technician", true, false),
        (roles::GROUP_TECHNICIAN, "SDGroupTechnician", "technician", false, true),
        (roles::REQUESTER, "SDRequester", "requester", false, false),
    ];
    // The vendor's other roles, whose names clients know (setup.md section 11): technicians, to the desk.
    let named = (0_i64..)
        .zip(VENDORS_ROLES)
        .map(|(i, name)| (Id::shipped(1_000_311 + 2 * i), name, "technician", false, false));
    for (id, name, access, sites, groups) in own.into_iter().chain(named) {
        rows.row(
            "role",
            id,
            &[
                ("name", name.into()),
                ("access", access.into()),
                ("limited_to_sites", sites.into()),
                ("limited_to_groups", groups.into()),
            ],
        )?;
    }
    rows.row("user", SYSTEM, &[("name", "System".into()), ("first_name", "System".into())])?;
    rows.row(
        "user",
        ADMINISTRATOR,
        &[
            ("name", owner.as_str().into()),
            ("first_name", owner.as_str().into()),
            ("email_id", first.admin_email.into()),
            ("is_technician", true.into()),
            ("role", roles::ADMINISTRATOR.into()),
            ("site", BASE_SITE.into()),
            ("password_hash", first.password_hash.into()),
        ],
    )?;
    rows.row(
        "support_group",
        Id::shipped(6681),
        &[("name", "Network".into()), ("description", "Group for network problems".into())],
    )
}

fn statuses(rows: &mut Rows<'_>) -> Result<(), DeskError> {
    let colour = |c: &str| if c.is_empty() { Value::Null } else { Value::from(c) };
    for (order, (id, name, internal, color, open, stops)) in (1_i64..).zip([
        (request_status::OPEN, "Open", "Open", "#0066ff", true, false),
        (Id::shipped(1_000_103), "In Progress", "In Progress", "#00994d", true, false),
        (request_status::ON_HOLD, "On Hold", "Onhold", "", true, true),
        (request_status::RESOLVED, "Resolved", "Resolved", "#00b300", false, false),
        (request_status::CLOSED, "Closed", "Closed", "#006600", false, false),
        (request_status::CANCELLED, "Cancelled", "Canceled", "#8c8c8c", false, false),
    ]) {
        rows.row(
            "status",
            id,
            &[
                ("name", name.into()),
                ("internal_name", internal.into()),
                ("color", colour(color)),
                ("in_progress", open.into()),
                ("stop_timer", stops.into()),
                ("sort_order", order.into()),
            ],
        )?;
    }
    for (order, (tail, name, color)) in (1_i64..).zip([
        (6799, "Low", "#666666"),
        (6801, "Normal", "#006600"),
        (6803, "Medium", "#ff6600"),
        (6805, "High", "#ff0000"),
    ]) {
        let cells = [("name", name.into()), ("color", color.into()), ("priority_order", order.into())];
        rows.row("priority", Id::shipped(tail), &cells)?;
    }
    for (id, name) in [
        (approval::TO_BE_SENT, "To Be Sent"),
        (approval::PENDING, "Pending Approval"),
        (approval::APPROVED, "Approved"),
        (approval::REJECTED, "Rejected"),
    ] {
        rows.row("approval_status", id, &[("name", name.into()), ("internal_name", name.into())])?;
    }
    Ok(())
}

fn lookups(rows: &mut Rows<'_>) -> Result<(), DeskError> {
    for (tail, name) in [(6665, "E-Mail"), (6667, "Web Form"), (6669, "Phone Call")] {
        rows.row("mode", Id::shipped(tail), &[("name", name.into()), ("internal_name", name.into())])?;
    }
    rows.named("level", 6671, 2, &["Tier 1", "Tier 2", "Tier 3", "Tier 4"])?;
    rows.named("urgency", 7917, 2, &["Urgent", "High", "Normal", "Low"])?;
    rows.named(
        "impact",
        8033,
        3,
        &["Affects Business", "Affects Group", "Affects Department", "Affects User"],
    )?;
    rows.named("request_type", 8391, 2, &["Incident", "Request For Information"])?;
    rows.row(
        "request_template",
        Id::shipped(6655),
        &[
            ("name", "Default Request".into()),
            ("is_default", true.into()),
            ("comments", "For every request that has no template of its own".into()),
        ],
    )?;
    for (i, (name, color)) in
        (0_i64..).zip([("Implementation", "#0066ff"), ("Test", "#ff6600"), ("Review", "#006600")])
    {
        rows.row(
            "task_type",
            Id::shipped(1_000_401 + 2 * i),
            &[("name", name.into()), ("color", color.into())],
        )?;
    }
    rows.named("worklog_type", 1_000_421, 2, &["Diagnosis", "Repair", "Travel", "Communication"])?;
    for (i, (name, kind)) in (0_i64..).zip([
        ("Success", "request"),
        ("Failed", "request"),
        ("Unable to reproduce", "request"),
        ("Duplicate", "request"),
        ("Success", "problem"),
        ("Unresolved", "problem"),
    ]) {
        let cells = [("name", name.into()), ("module.name", kind.into()), ("module.id", (i / 4 + 1).into())];
        rows.row("closure_code", Id::shipped(1_000_441 + 2 * i), &cells)?;
    }
    for (order, name) in
        (0_i64..).zip(["Communication", "User Administration", "Application Login", "Hardware"])
    {
        let cells = [("name", name.into()), ("sort_index", order.into())];
        rows.row("service_category", Id::shipped(1_000_461 + 2 * order), &cells)?;
    }
    Ok(())
}

fn project_statuses(rows: &mut Rows<'_>) -> Result<(), DeskError> {
    for (i, (name, color, open)) in (0_i64..).zip([
        ("Open", "#0066ff", true),
        ("Closed", "#006600", false),
        ("Canceled", "#8c8c8c", false),
        ("Onhold", "#ff6600", true),
    ]) {
        let cells = [
            ("name", name.into()),
            ("internal_name", name.into()),
            ("color", color.into()),
            ("in_progress", open.into()),
            ("index", (i + 1).into()),
        ];
        rows.row("project_status", Id::shipped(1_000_481 + 2 * i), &cells)?;
    }
    Ok(())
}

fn categories(rows: &mut Rows<'_>) -> Result<(), DeskError> {
    for (tail, name, words) in [
        (6689, "Software", "Software Problems"),
        (6691, "Hardware", "Hardware Problems"),
        (6693, "Network", "Network Problems"),
        (6695, "Internet", "Internet Problems"),
        (6697, "Operating System", "Operating System Problems"),
        (6699, "Printers", "Printer Problems"),
        (6701, "Desktop Hardware", "Desktop Hardware Problems"),
        (6703, "Telephone", "Telephone Problems"),
        (6705, "Services", "Service Problems"),
        (6707, "User Administration", "User Administration"),
    ] {
        rows.row("category", Id::shipped(tail), &[("name", name.into()), ("description", words.into())])?;
    }
    for (tail, name, category) in [
        (6717, "MS Office", 6689),
        (6719, "Adobe Reader", 6689),
        (1_000_501, "Server", 6691),
        (1_000_503, "Laptop", 6701),
        (1_000_505, "Router", 6693),
        (1_000_507, "VPN", 6693),
        (1_000_509, "Account", 6707),
    ] {
        let cells = [("name", name.into()), ("category", Id::shipped(category).into())];
        rows.row("subcategory", Id::shipped(tail), &cells)?;
    }
    for (tail, name, subcategory) in [
        (6773, "Install", 6717),
        (6775, "Uninstall", 6717),
        (1_000_521, "Update", 6719),
        (1_000_523, "Reset password", 1_000_509),
    ] {
        let cells = [("name", name.into()), ("subcategory", Id::shipped(subcategory).into())];
        rows.row("item", Id::shipped(tail), &cells)?;
    }
    Ok(())
}

/// Impact by urgency: the more people and the more pressing, the higher.
fn priority_matrix(rows: &mut Rows<'_>) -> Result<(), DeskError> {
    const PRIORITIES: [[i64; 4]; 4] = [
        // Urgent, High, Normal, Low
        [6805, 6805, 6803, 6801], // Affects Business
        [6805, 6803, 6803, 6801], // Affects Group
        [6803, 6803, 6801, 6799], // Affects Department
        [6803, 6801, 6801, 6799], // Affects User
    ];
    let mut tail = 1_000_601;
    for (impact, row) in (0_i64..).zip(PRIORITIES) {
        for (urgency, priority) in (0_i64..).zip(row) {
            rows.row(
                "priority_matrix",
                Id::shipped(tail),
                &[
                    ("impact", Id::shipped(8033 + 3 * impact).into()),
                    ("urgency", Id::shipped(7917 + 2 * urgency).into()),
                    ("priority", Id::shipped(priority).into()),
                ],
            )?;
            tail += 2;
        }
    }
    Ok(())
}
