//! What the company has set up in its desk: categories, promises, templates, additional fields, tags.

use super::forms::{named, rows};
use super::rows::Rows;
use super::topics::{self, FORMS, Topic};
use crate::{DeskError, Snapshot};
use model::{Id, Value};
use serde_json::{Value as Json, json};

/// A topic, and where the desk files it.
#[derive(Debug)]
pub(super) struct Filed {
    pub topic: &'static Topic,
    pub category: Id,
    pub subcategory: Id,
    pub item: Option<Id>,
    /// A template of its own, and the service category where it is a wish.
    pub template: Option<Id>,
    pub service: Option<Option<Id>>,
}

impl std::fmt::Debug for Topic {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} / {} / {}", self.category, self.subcategory, self.item)
    }
}

/// More of the tree than the topics need.
const MORE: [(&str, &str, &[&str]); 16] = [
    ("Software", "Browser", &["Add-on", "Certificate", "Slow"]),
    ("Software", "PDF editor", &["Install", "Licence"]),
    ("Hardware", "Storage", &["Disk", "Tape library"]),
    ("Hardware", "Scanner", &["Handheld", "Document scanner"]),
    ("Network", "VPN", &["Client", "Gateway", "Slow"]),
    ("Network", "Wi-Fi", &["Coverage", "Guest access"]),
    ("Internet", "Web access", &["Blocked site", "Proxy"]),
    ("Operating System", "Linux", &["Update", "Access"]),
    ("Operating System", "Windows update", &["Failed", "Restart"]),
    ("Printers", "Printing", &["Driver", "Quality", "Queue"]),
    ("Telephone", "Hotline", &["Announcement", "Hunt group"]),
    ("Telephone", "Desk phone", &["Defective", "Forwarding"]),
    ("Mobile Devices", "Tablet", &["Defective", "Order"]),
    ("Mobile Devices", "Smartphone", &["Defective", "Lost", "Mail"]),
    ("E-mail", "Shared mailbox", &["Access", "New"]),
    ("Security", "Certificates", &["Expired", "New"]),
];

/// Names of tags, their colours.
const TAGS: [(&str, &str); 12] = [
    ("vip", "#b8860b"),
    ("month-end", "#8b0000"),
    ("remote", "#006699"),
    ("vendor", "#663399"),
    ("warranty", "#2e8b57"),
    ("repeat", "#cc5500"),
    ("known-error", "#990033"),
    ("quick-win", "#008080"),
    ("training", "#556b2f"),
    ("audit", "#333399"),
    ("migration", "#808000"),
    ("follow-up", "#708090"),
];

/// Keys of the additional fields of requests.
pub(super) mod keys {
    pub const ASSET: &str = "txt_affected_asset";
    pub const PLACE: &str = "txt_place_of_work";
    pub const NEEDED: &str = "date_needed_by";
    pub const COST: &str = "dbl_estimated_cost";
    pub const REMOTE: &str = "bool_remote_session_allowed";
}

/// Where people work.
pub(super) const WORKPLACES: [&str; 4] = ["Office", "At home", "At a customer's", "On the road"];

/// What was set up.
#[derive(Debug)]
pub(super) struct Setup {
    pub filed: Vec<Filed>,
    pub tags: Vec<Id>,
    pub promises: Vec<Promise>,
}

/// A promise of time, as [`crate::requests`] reads it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Promise {
    pub id: Id,
    pub priority: Option<Id>,
    pub for_wishes: bool,
    /// Milliseconds to the first response.
    pub response: i64,
    /// Milliseconds to the resolution.
    pub resolution: i64,
}

impl Setup {
    pub fn make(rows: &mut Rows<'_>) -> Result<Self, DeskError> {
        let filed = tree(rows)?;
        let promises = promises(rows)?;
        additional_fields(rows)?;
        let tags = TAGS.into_iter().map(|(name, color)| match rows.find("tag", name, None) {
            Some(id) => Ok(id),
            None => rows.add("tag", &[("name", name.into()), ("color", color.into())]),
        });
        let tags = tags.collect::<Result<Vec<_>, _>>()?;
        Ok(Self { filed, tags, promises })
    }
}

fn branch(rows: &mut Rows<'_>, category: &str, subcategory: &str) -> Result<(Id, Id), DeskError> {
    let category = match rows.find("category", category, None) {
        Some(id) => id,
        None => rows.add(
            "category",
            &[("name", category.into()), ("description", format!("{category} Problems").into())],
        )?,
    };
    let within = Some(("category", category));
    let subcategory = match rows.find("subcategory", subcategory, within) {
        Some(id) => id,
        None => rows.add("subcategory", &[("name", subcategory.into()), ("category", category.into())])?,
    };
    Ok((category, subcategory))
}

fn leaf(rows: &mut Rows<'_>, subcategory: Id, item: &str) -> Result<Id, DeskError> {
    match rows.find("item", item, Some(("subcategory", subcategory))) {
        Some(id) => Ok(id),
        None => rows.add("item", &[("name", item.into()), ("subcategory", subcategory.into())]),
    }
}

fn tree(rows: &mut Rows<'_>) -> Result<Vec<Filed>, DeskError> {
    let mut filed = Vec::new();
    for topic in topics::all() {
        let (category, subcategory) = branch(rows, topic.category, topic.subcategory)?;
        let item = if topic.item.is_empty() { None } else { Some(leaf(rows, subcategory, topic.item)?) };
        filed.push(Filed { topic, category, subcategory, item, template: None, service: None });
    }
    for (category, subcategory, items) in MORE {
        let (_, subcategory) = branch(rows, category, subcategory)?;
        for item in items {
            leaf(rows, subcategory, item)?;
        }
    }
    templates(rows, &mut filed)?;
    Ok(filed)
}

fn templates(rows: &mut Rows<'_>, filed: &mut [Filed]) -> Result<(), DeskError> {
    for form in &FORMS {
        let service = rows.find("service_category", form.service, None).filter(|_| !form.service.is_empty());
        let is_service = !form.service.is_empty();
        let mut mine = filed.iter().filter(|f| f.topic.template == form.name);
        let first = mine.next();
        // What all its topics agree in.
        let mut values = serde_json::Map::new();
        if let Some(first) = first {
            let common = mine.all(|f| f.category == first.category);
            if common {
                let name = first.topic.category;
                values.insert("category".into(), json!({"id": first.category.to_string(), "name": name}));
            }
        }
        if !form.subject.is_empty() {
            values.insert("subject".into(), form.subject.into());
        }
        let id = rows.add(
            "request_template",
            &[
                ("name", form.name.into()),
                ("comments", form.comments.into()),
                ("is_service_template", is_service.into()),
                ("service_category", service.into()),
                ("request", Json::Object(values).to_string().into()),
                ("mandatory_fields", json!(form.mandatory).to_string().into()),
            ],
        )?;
        for topic in filed.iter_mut().filter(|f| f.topic.template == form.name) {
            topic.template = Some(id);
            topic.service = is_service.then_some(service);
        }
    }
    Ok(())
}

fn promises(rows: &mut Rows<'_>) -> Result<Vec<Promise>, DeskError> {
    const MINUTE: i64 = 60_000;
    // Name, shipped priority, then hours to the resolution and minutes to the response.
    let promised = [
        ("High", Some(6805), 8, 60),
        ("Medium", Some(6803), 24, 240),
        ("Normal", Some(6801), 72, 480),
        ("Low", Some(6799), 168, 1_440),
        ("Service requests", None, 240, 1_440),
    ];
    let mut promises = Vec::new();
    for (order, (name, priority, hours, minutes)) in (1_i64..).zip(promised) {
        let priority = priority.map(Id::shipped);
        let description = format!("First response within {} hours, done within {hours} hours", minutes / 60);
        let id = rows.add(
            "sla",
            &[
                ("name", name.into()),
                ("description", description.into()),
                ("is_service_sla", priority.is_none().into()),
                ("sort_order", (order * 10).into()),
                ("priority", priority.into()),
                ("resolution_due_by_days", (hours / 24).into()),
                ("resolution_due_by_hours", (hours % 24).into()),
                ("response_due_by_days", (minutes / 1_440).into()),
                ("response_due_by_hours", (minutes % 1_440 / 60).into()),
                ("response_due_by_minutes", (minutes % 60).into()),
            ],
        )?;
        promises.push(Promise {
            id,
            priority,
            for_wishes: priority.is_none(),
            response: minutes * MINUTE,
            resolution: hours * 60 * MINUTE,
        });
    }
    Ok(promises)
}

fn additional_fields(rows: &mut Rows<'_>) -> Result<(), DeskError> {
    let options: Vec<Json> = WORKPLACES.iter().map(|w| json!({"value": w})).collect();
    for (key, name, field_type, kind, options) in [
        (keys::ASSET, "Affected asset", "Single Line", "string", None),
        (keys::PLACE, "Place of work", "Pick List", "string", Some(options)),
        (keys::NEEDED, "Needed by", "Date", "datestamp", None),
        (keys::COST, "Estimated cost", "Currency", "double", None),
        (keys::REMOTE, "Remote session allowed", "Boolean", "boolean", None),
    ] {
        rows.add(
            "udf_field",
            &[
                ("name", name.into()),
                ("display_name", name.into()),
                ("field_key", key.into()),
                ("field_type", field_type.into()),
                ("type", kind.into()),
                ("module.name", "request".into()),
                ("sub_module.internal_name", "request".into()),
                ("constraints", "[]".into()),
                (
                    "allowed_values",
                    options.map(|o| Value::from(Json::Array(o).to_string())).unwrap_or_default(),
                ),
            ],
        )?;
    }
    Ok(())
}

/// The lookups that every desk is shipped with, by what they mean.
#[derive(Debug)]
pub(super) struct Shipped {
    pub open: (Id, String),
    pub in_progress: (Id, String),
    pub on_hold: (Id, String),
    pub resolved: (Id, String),
    pub closed: (Id, String),
    pub cancelled: (Id, String),
    pub urgencies: Vec<Id>,
    pub impacts: Vec<Id>,
    /// Impact, urgency, priority.
    pub matrix: Vec<(Id, Id, Id)>,
    pub levels: Vec<Id>,
    pub mail: Id,
    pub web: Id,
    pub phone: Id,
    pub incident: Id,
    pub question: Id,
    pub codes: Vec<(Id, String)>,
    /// How problems end.
    pub problem_code: Option<Id>,
    pub task_types: Vec<Id>,
    pub worklog_types: Vec<Id>,
}

impl Shipped {
    pub fn read(snapshot: &Snapshot) -> Result<Self, DeskError> {
        let ids = |module| -> Vec<Id> { rows(snapshot, module).into_iter().map(|(id, _)| id).collect() };
        let status = |id: Id| {
            let row = snapshot
                .record(id)
                .ok_or_else(|| DeskError::Internal(format!("the desk has no status {id}")))?;
            Ok::<_, DeskError>((id, row.title().to_owned()))
        };
        use crate::requests::statuses;
        let matrix = rows(snapshot, "priority_matrix");
        let cell = |row: &model::Record| {
            Some((row.reference("impact")?, row.reference("urgency")?, row.reference("priority")?))
        };
        let of_module = |module: &'static str| {
            let codes = rows(snapshot, "closure_code").into_iter();
            codes.filter(move |(_, row)| row.text("module.name") == Some(module))
        };
        let codes = of_module("request");
        Ok(Self {
            open: status(statuses::OPEN)?,
            in_progress: status(Id::shipped(1_000_103))?,
            on_hold: status(statuses::ON_HOLD)?,
            resolved: status(statuses::RESOLVED)?,
            closed: status(statuses::CLOSED)?,
            cancelled: status(statuses::CANCELLED)?,
            urgencies: ids("urgency"),
            impacts: ids("impact"),
            matrix: matrix.iter().filter_map(|(_, row)| cell(row)).collect(),
            levels: ids("level"),
            mail: named(snapshot, "mode", "E-Mail")?,
            web: named(snapshot, "mode", "Web Form")?,
            phone: named(snapshot, "mode", "Phone Call")?,
            incident: named(snapshot, "request_type", "Incident")?,
            question: named(snapshot, "request_type", "Request For Information")?,
            codes: codes.map(|(id, row)| (id, row.title().to_owned())).collect(),
            problem_code: of_module("problem").find(|(_, row)| row.title() == "Success").map(|(id, _)| id),
            task_types: ids("task_type"),
            worklog_types: ids("worklog_type"),
        })
    }
}
