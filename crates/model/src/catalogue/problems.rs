//! Problems and their notes (problems.md sections 2 and 5).

use super::{child, describe, lookup, op};
use crate::Area;
use crate::field::{
    Field, Kind, Preset, flag, group, html, id, instruction, json, refer, refer_many, text, time,
};
use crate::module::{Child, Description, Operation};

/// Numbers of the many-valued fields in the side table; never used again for anything else.
mod numbers {
    pub const ASSETS: i64 = 20;
    pub const CONFIGURATION_ITEMS: i64 = 21;
    pub const SERVICES: i64 = 22;
}

pub(super) fn modules() -> Vec<Description> {
    vec![
        problem(),
        note(),
        Description {
            embed: &["inactive", "name", "id"],
            ..lookup(
                "problem_template",
                "problem_templates",
                vec![
                    flag("is_default").in_list().read_only(),
                    flag("inactive").in_list(),
                    json("problem").value("{}"),
                    crate::texts("mandatory_fields"),
                ],
            )
        },
    ]
}

/// The groups of a problem: the analysis in parts, each stamped with who wrote it last and when
/// (problems.md section 2, grouped objects).
pub const GROUPS: [&str; 7] = [
    "root_cause",
    "symptoms",
    "impact_details",
    "workaround_details",
    "resolution_details",
    "known_error_details",
    "close_details",
];

/// A group with its own members and its stamp.
fn stamped(key: &'static str, on: &'static str, by: &'static str, own: Vec<Field>) -> Field {
    let mut members = own;
    members.push(time(on).read_only().untracked());
    members.push(refer(by, "user").read_only().untracked());
    group(key, members)
}

fn analysis() -> Vec<Field> {
    vec![
        stamped(
            "root_cause",
            "root_cause_updated_on",
            "root_cause_updated_by",
            vec![html("root_cause_description").full_text()],
        ),
        stamped(
            "symptoms",
            "symptoms_updated_on",
            "symptoms_updated_by",
            vec![html("symptoms_description").full_text()],
        ),
        stamped(
            "impact_details",
            "impact_details_updated_on",
            "impact_details_updated_by",
            vec![html("impact_details_description").full_text()],
        ),
        stamped(
            "workaround_details",
            "workaround_details_updated_on",
            "workaround_details_updated_by",
            vec![html("workaround_details_description").full_text()],
        ),
        stamped(
            "resolution_details",
            "resolution_details_updated_on",
            "resolution_details_updated_by",
            vec![html("resolution_details_description").full_text()],
        ),
        stamped(
            "known_error_details",
            "known_error_details_updated_on",
            "known_error_details_updated_by",
            vec![flag("is_known_error"), text("known_error_comments", 5000)],
        ),
        stamped(
            "close_details",
            "close_details_updated_on",
            "close_details_updated_by",
            vec![refer("closure_code", "closure_code"), text("close_details_comments", 5000)],
        ),
    ]
}

fn problem() -> Description {
    let mut fields = vec![
        id(),
        Field::new("display_id", Kind::Number { prefix: "PB-" })
            .read_only()
            .in_list()
            .unique(&[])
            .untracked(),
        text("title", 250).required().in_list().indexed().full_text(),
        html("description").full_text(),
        // The vendor's own Ansible examples send the reporter as `requester` (problems.md section 10).
        refer("reported_by", "user").in_list().preset(Preset::Caller).alias("requester"),
        // Lists are sorted by `created_time` as well, which is no attribute of its own (problems.md section 2).
        time("reported_time").in_list().preset(Preset::Now).indexed().alias("created_time"),
        time("due_by_time").in_list().indexed(),
        time("closed_time").in_list().indexed(),
        time("updated_time").read_only().untracked().indexed(),
        refer("status", "status").in_list().shipped(6657),
        refer("priority", "priority").in_list(),
        refer("urgency", "urgency").in_list(),
        refer("impact", "impact").in_list(),
        refer("category", "category").in_list(),
        refer("subcategory", "subcategory").within("category"),
        refer("item", "item").within("subcategory"),
        refer("site", "site").in_list(),
        refer("group", "support_group").in_list(),
        refer("technician", "technician").in_list(),
        refer("template", "problem_template").in_list().shipped(128_011),
        json("lifecycle").computed(),
        refer_many("assets", "asset", numbers::ASSETS),
        refer_many("configuration_items", "ci", numbers::CONFIGURATION_ITEMS),
        refer_many("services", "service_category", numbers::SERVICES),
        instruction("attachments"),
        json("problem_template_task_ids").value("[]").untracked(),
        flag("notes_present").read_only().in_list().untracked(),
        flag("has_attachments").read_only().untracked().hidden(),
        refer("approval_status", "approval_status").read_only(),
        group("rel", vec![json("workarounds").computed(), json("resolutions").computed()]),
    ];
    fields.extend(analysis());
    let comparisons = ["status", "technician", "group", "priority", "site", "category", "reported_by"];
    Description {
        title: "title",
        embed: &["id", "display_id", "title"],
        sort: ("reported_time", true),
        extensible: true,
        indexes: comparisons.iter().map(|path| vec![*path, "reported_time"]).collect(),
        children: vec![
            Child { path: "notes", module: "problem_note", field: "problem" },
            Child { path: "tasks", module: "task", field: "problem" },
            Child { path: "worklogs", module: "worklog", field: "problem" },
            Child { path: "approval_levels", module: "approval_level", field: "problem" },
        ],
        related: vec![Child { path: "requests", module: "request", field: "problem" }],
        operations: operations(),
        ..describe("problem", "problems", Area::Problems, fields)
    }
}

fn operations() -> Vec<Operation> {
    const PUT: &[&str] = &["PUT", "POST"];
    const LINK: &[&str] = &["GET", "POST", "DELETE"];
    vec![
        op("close", PUT, Some("problem"), "Close a problem"),
        op("reopen", PUT, Some("problem"), "Open a closed problem again"),
        op("pickup", PUT, None, "Make the caller the problem's technician"),
        op("assign", PUT, Some("problem"), "Set the group or the technician of a problem"),
        op("associated_incidents", LINK, Some("associated_incidents"), "The incidents of a problem"),
        op("associated_requests", LINK, Some("associated_requests"), "The requests of a problem"),
    ]
}

fn note() -> Description {
    Description {
        wire_key: Some("note"),
        list_key: Some("notes"),
        // One client writes the module in front (problems.md section 5).
        input_keys: vec!["problem_note"],
        title: "description",
        embed: &["id"],
        history_of: &["problem"],
        indexes: vec![vec!["problem"]],
        ..child(
            "problem_note",
            "problem_notes",
            Area::Problems,
            vec![
                id(),
                html("description").required().in_list().full_text(),
                instruction("notify_to").unshown(),
                instruction("attachments").in_list(),
                flag("has_attachments").read_only().untracked().hidden(),
                refer("problem", "problem").read_only().unshown(),
                refer("performed_by", "user").read_only().preset(Preset::Caller).untracked().in_list(),
                time("performed_time").read_only().preset(Preset::Now).untracked().in_list(),
            ],
        )
    }
}
