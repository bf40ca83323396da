//! Requests (requests.md section 3), their templates and the priority matrix.

use super::{child, describe, lookup, op};
use crate::field::{
    Field, Kind, Measure, Preset, boolean, count, created_by, created_time, decimal, digits, flag, group,
    html, id, instruction, json, refer, refer_many, text, texts, time,
};
use crate::module::{Child, Deletion, Description, Operation, Size};
use crate::{Area, Value};

/// Numbers of the built-in many-valued fields in the side table; never used again for anything else.
mod numbers {
    pub const TAGS: i64 = 1;
    pub const ASSETS: i64 = 2;
    pub const CONFIGURATION_ITEMS: i64 = 3;
}

pub(super) fn modules() -> Vec<Description> {
    vec![request(), link(), template(), priority_matrix(), tag()]
}

#[expect(clippy::too_many_lines, reason = "a table of fields is one room")]
fn request() -> Description {
    let fields = vec![
        id().in_list(),
        digits("display_id").read_only().in_list().unique(&[]).untracked(),
        text("subject", 250).required().in_list().indexed().full_text(),
        html("description").full_text(),
        text("short_description", 500).excerpt_of("description"),
        text("impact_details", 250),
        text("update_reason", 250),
        text("status_change_comments", 1000),
        texts("email_ids_to_notify"),
        flag("delete_pre_template_tasks").untracked(),
        json("request_template_task_ids").value("[]").untracked(),
        // Templates have no checklists here; clients say all the same what is to become of those.
        boolean("add_template_checklists").instruction().hidden(),
        boolean("delete_pre_template_checklists").instruction().hidden(),
        // Times.
        // Kept as given on add, so that requests can be moved in from elsewhere.
        created_time().add_only().in_list().indexed(),
        time("due_by_time").in_list().indexed(),
        time("first_response_due_by_time"),
        time("scheduled_start_time"),
        time("scheduled_end_time"),
        time("assigned_time").read_only().untracked(),
        time("responded_time").read_only().untracked(),
        time("resolved_time").read_only().untracked(),
        time("completed_time").read_only().untracked().indexed(),
        time("deleted_time").read_only().untracked(),
        time("last_updated_time").read_only().untracked().indexed(),
        digits("time_elapsed").computed().measure(Measure::Milliseconds),
        digits("stopped_ms").read_only().untracked().hidden(),
        time("stopped_since").read_only().untracked().hidden(),
        // Whether a clock that stands now was stopped too late. A filter cannot compare two columns.
        flag("ended_late").read_only().untracked().hidden(),
        flag("response_late").read_only().untracked().hidden(),
        // Lookups.
        refer("status", "status").in_list().shipped(6657),
        refer("template", "request_template").in_list().shipped(6655),
        refer("request_type", "request_type").shipped(8391),
        refer("mode", "mode").shipped(6665),
        refer("level", "level").shipped(6671),
        refer("impact", "impact"),
        refer("urgency", "urgency").shipped(7921),
        refer("priority", "priority"),
        refer("category", "category"),
        refer("subcategory", "subcategory").within("category"),
        refer("item", "item").within("subcategory"),
        refer("service_category", "service_category"),
        refer("sla", "sla"),
        refer("site", "site"),
        refer("group", "support_group").in_list(),
        refer("department", "department").read_only(),
        // People.
        refer("technician", "technician").in_list(),
        refer("requester", "user").in_list().preset(Preset::Caller),
        refer("on_behalf_of", "user").in_list(),
        refer("editor", "user"),
        created_by(),
        refer("last_updated_by", "user").read_only().untracked(),
        refer("deleted_by", "user").read_only().untracked().hidden(),
        refer("merged_into", "request").read_only().hidden(),
        // Groups.
        group(
            "resolution",
            vec![
                html("content").full_text(),
                boolean("add_to_linked_requests").untracked(),
                refer("submitted_by", "user").read_only().untracked(),
                time("submitted_on").read_only().untracked(),
                json("resolution_attachments").computed(),
            ],
        )
        .collapsed(),
        group(
            "closure_info",
            vec![
                boolean("requester_ack_resolution"),
                text("requester_ack_comments", 1000),
                text("closure_comments", 1000),
                refer("closure_code", "closure_code"),
            ],
        )
        .collapsed(),
        group(
            "onhold_scheduler",
            vec![
                time("scheduled_time").indexed(),
                text("comments", 1000),
                refer("change_to_status", "status"),
                refer("held_by", "technician"),
            ],
        )
        .collapsed()
        .alias("on_hold_scheduler"),
        group("cancel_flag_comments", vec![digits("id").read_only(), text("comment", 1000).read_only()])
            .collapsed()
            .in_list(),
        group(
            "linked_to_request",
            vec![refer("request", "request").read_only(), text("comments", 1000).read_only()],
        )
        .collapsed(),
        json("service_approvers"),
        json("resources"),
        refer_many("tags", "tag", numbers::TAGS),
        refer("approval_status", "approval_status").read_only(),
        json("lifecycle").computed(),
        refer_many("assets", "asset", numbers::ASSETS),
        refer_many("configuration_items", "ci", numbers::CONFIGURATION_ITEMS),
        texts("deleted_assets").read_only().untracked(),
        // The problem that it is an incident of; said by `has_problem` and read at `requests/{id}/problem`.
        refer("problem", "problem").read_only().unshown().indexed(),
        // Given, it names files that were uploaded before.
        instruction("attachments"),
        decimal("service_cost").read_only(),
        decimal("total_cost").read_only(),
        text("project_id", 30).read_only(),
        // Yes and no.
        flag("is_fcr"),
        flag("is_service_request").read_only().in_list().untracked(),
        boolean("is_overdue").computed(),
        boolean("is_first_response_overdue").computed(),
        flag("is_escalated").read_only().untracked(),
        flag("is_read").read_only().untracked(),
        flag("is_reopened").read_only().untracked(),
        flag("is_trashed").by_operation().untracked(),
        flag("cancellation_requested").read_only().in_list(),
        flag("completed_by_denial").read_only().untracked(),
        flag("has_notes").read_only().in_list().untracked(),
        flag("has_attachments").read_only().untracked(),
        flag("has_resolution_attachments").read_only().untracked().hidden(),
        flag("has_linked_requests").read_only().untracked(),
        flag("has_problem").read_only().untracked(),
        flag("has_project").read_only().untracked(),
        flag("has_purchase_orders").read_only().untracked(),
        flag("has_draft").read_only().in_list().untracked(),
        flag("has_request_initiated_change").read_only().untracked(),
        flag("has_change_initiated_request").read_only().untracked(),
        count("unreplied_count").read_only().value(0_i64).untracked(),
        text("notification_status", 100).read_only().untracked(),
        count("editor_status").read_only().value(0_i64).untracked(),
        texts("email_to").read_only().untracked(),
        texts("email_cc").read_only().untracked(),
        texts("email_bcc").read_only().untracked(),
    ];
    let comparisons = [
        "status",
        "technician",
        "group",
        "requester",
        "on_behalf_of",
        "priority",
        "site",
        "category",
        "department",
        "created_by",
    ];
    Description {
        title: "subject",
        embed: &["id", "display_id", "subject"],
        sort: ("created_time", true),
        deletion: Deletion::Trash,
        extensible: true,
        indexes: comparisons.iter().map(|path| vec![*path, "created_time"]).collect(),
        children: vec![
            Child { path: "notes", module: "request_note", field: "request" },
            Child { path: "tasks", module: "task", field: "request" },
            Child { path: "worklogs", module: "worklog", field: "request" },
            Child { path: "approval_levels", module: "approval_level", field: "request" },
            Child { path: "notifications", module: "notification", field: "request" },
            Child { path: "drafts", module: "draft", field: "request" },
            Child { path: "reminders", module: "reminder", field: "request" },
            Child { path: "checklists", module: "checklist", field: "request" },
        ],
        operations: request_operations(),
        ..describe("request", "requests", Area::Requests, fields)
    }
}

fn request_operations() -> Vec<Operation> {
    const PUT: &[&str] = &["PUT", "POST"];
    vec![
        op("close", PUT, Some("request"), "Close a request"),
        op("pickup", PUT, None, "Make the caller the request's technician"),
        op("assign", PUT, Some("request"), "Set the group or the technician of a request"),
        op("reopen", PUT, Some("request"), "Open a completed request again"),
        op("cancel", PUT, Some("request"), "Cancel a request"),
        op("move_to_trash", &["DELETE"], None, "Move a request to the trash"),
        op("restore_from_trash", PUT, None, "Take a request back from the trash"),
        op("merge_requests", PUT, Some("merge_requests"), "Merge other requests into a request"),
        op("link_requests", &["GET", "POST", "DELETE"], Some("link_requests"), "Linked requests"),
        op("resolutions", &["GET", "POST", "PUT"], Some("resolution"), "The resolution of a request"),
        op("conversations", &["GET"], None, "Everything said on a request, in order of time"),
        op("tag", PUT, Some("tags"), "Set the tags of a request"),
        op(
            "problem",
            &["GET", "POST", "PUT", "DELETE"],
            Some("request_problem_association"),
            "The problem that a request is an incident of",
        ),
        op("allowed_values_for_fields", &["GET"], None, "Values that fields of the form may take"),
    ]
}

/// Which request is linked to which; a pair is one row, seen from both sides.
fn link() -> Description {
    Description {
        title: "comments",
        embed: &["id"],
        history_of: &["request"],
        indexes: vec![vec!["request"], vec!["linked_request"]],
        ..child(
            "request_link",
            "request_links",
            Area::Requests,
            vec![
                id(),
                refer("request", "request").required().unique(&["linked_request"]),
                refer("linked_request", "request").required().in_list(),
                text("comments", 1000).in_list(),
                created_by(),
                created_time(),
            ],
        )
    }
}

fn template() -> Description {
    let mut what = lookup(
        "request_template",
        "request_templates",
        vec![
            text("name", 100).required().in_list().unique(&[]),
            text("comments", 250).in_list(),
            flag("is_default").in_list().read_only(),
            flag("is_service_template").in_list().add_only(),
            flag("inactive").in_list(),
            // The words of on-premises clients for the same (wire-facts.md, typed clients).
            boolean("is_enabled").computed().in_list(),
            boolean("is_default_template").computed().in_list(),
            text("image", 250).in_list(),
            flag("show_to_requester").in_list().value(true),
            refer("service_category", "service_category").in_list(),
            json("lifecycle").computed().in_list(),
            json("workflow").computed().in_list(),
            json("request").value("{}"),
            texts("mandatory_fields"),
            // What they say of fields is kept as defaults and as what is mandatory; the form itself follows from those.
            instruction("layouts"),
            boolean("has_tasks").computed(),
            boolean("has_checklists").computed(),
            boolean("is_customer_segmented").computed(),
        ],
    );
    what.embed = &["id", "name", "is_service_template", "inactive"];
    what.operations = vec![
        op("get_template_with_layout", &["GET"], None, "The template with the layout of its form"),
        op("layouts", &["GET"], None, "The layouts of the template's form"),
    ];
    what
}

/// Which priority follows from an impact and an urgency (setup.md section 8).
fn priority_matrix() -> Description {
    Description {
        title: "name",
        paths: vec!["priority_matrix"],
        size: Size::Small,
        deletion: Deletion::Remove,
        ..describe(
            "priority_matrix",
            "priority_matrices",
            Area::Setup,
            vec![
                id(),
                text("name", 250).read_only().in_list().preset(Preset::Value(Value::Null)),
                refer("impact", "impact").required().in_list().unique(&["urgency"]),
                refer("urgency", "urgency").required().in_list(),
                refer("priority", "priority").required().in_list(),
            ],
        )
    }
}

fn tag() -> Description {
    lookup("tag", "tags", vec![Field::new("color", Kind::Color).in_list()])
}
