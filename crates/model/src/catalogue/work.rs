//! Work on requests and on their like: tasks, comments, worklogs, approvals, reminders, checklists
//! (requests.md sections 7 to 10 and 13).

use super::{child, describe, lookup, op};
use crate::Area;
use crate::field::{
    Field, Kind, Measure, Preset, boolean, count, created_by, created_time, decimal, digits, flag, group,
    html, id, instruction, json, refer, text, time,
};
use crate::module::{Child, Description};

pub(super) fn modules() -> Vec<Description> {
    vec![
        task(),
        comment(),
        worklog(),
        approval_level(),
        approval(),
        reminder(),
        checklist(),
        checklist_item(),
        Description {
            embed: &["id", "name", "color"],
            ..lookup("task_type", "task_types", vec![Field::new("color", Kind::Color).in_list()])
        },
        lookup(
            "task_template",
            "task_templates",
            vec![
                text("title", 250).in_list(),
                html("comments"),
                // What a task of the template begins with.
                refer("priority", "priority").in_list(),
                refer("owner", "user").in_list(),
                refer("group", "support_group").in_list(),
                Field::new("estimated_effort_days", Kind::Digits { min: 0, max: 100_000 }),
                Field::new("estimated_effort_hours", Kind::Digits { min: 0, max: 100_000 }),
                Field::new("estimated_effort_minutes", Kind::Digits { min: 0, max: 59 }),
            ],
        ),
        lookup("worklog_type", "worklog_types", Vec::new()),
        lookup(
            "approval_status",
            "approval_statuses",
            vec![text("internal_name", 100).in_list().read_only()],
        ),
    ]
}

fn task() -> Description {
    Description {
        title: "title",
        embed: &["id", "title"],
        history_of: &["request", "problem"],
        indexes: vec![vec!["request"], vec!["problem"], vec!["owner", "created_date"]],
        children: vec![
            Child { path: "worklogs", module: "worklog", field: "task" },
            Child { path: "comments", module: "task_comment", field: "task" },
        ],
        operations: vec![
            op("close", &["PUT", "POST"], None, "Close a task"),
            op("pickup", &["PUT", "POST"], None, "Make the caller the task's owner"),
        ],
        ..describe(
            "task",
            "tasks",
            Area::Requests,
            vec![
                id(),
                text("title", 250).required().in_list().full_text(),
                html("description").in_list().full_text(),
                refer("template", "task_template"),
                refer("status", "status").in_list().shipped(6657),
                refer("priority", "priority").in_list(),
                refer("task_type", "task_type").in_list(),
                refer("owner", "user").in_list(),
                refer("group", "support_group").in_list(),
                refer("marked_group", "support_group"),
                refer("marked_technician", "technician"),
                refer("site", "site").in_list(),
                Field::new("percentage_completion", Kind::Int { min: 0, max: 100 }).in_list().value(0_i64),
                time("scheduled_start_time").in_list(),
                time("scheduled_end_time").in_list(),
                time("actual_start_time").in_list(),
                time("actual_end_time").in_list(),
                Field::new("estimated_effort_days", Kind::Digits { min: 0, max: 100_000 }),
                Field::new("estimated_effort_hours", Kind::Digits { min: 0, max: 100_000 }),
                Field::new("estimated_effort_minutes", Kind::Digits { min: 0, max: 59 }),
                digits("estimated_effort").read_only().measure(Measure::Milliseconds),
                digits("email_before").measure(Measure::Milliseconds),
                decimal("additional_cost"),
                boolean("overdue").computed().in_list(),
                flag("deleted").read_only().in_list().untracked(),
                created_by().in_list(),
                time("created_date").read_only().preset(Preset::Now).untracked().in_list().indexed(),
                time("completed_time").read_only().untracked().hidden(),
                count("index").read_only().untracked(),
                text("associated_entity", 50).read_only().untracked().in_list(),
                text("module", 50).read_only().untracked(),
                refer("request", "request").read_only().in_list(),
                refer("problem", "problem").read_only().in_list(),
                instruction("attachments"),
                flag("has_attachments").read_only().untracked().hidden(),
            ],
        )
    }
}

fn comment() -> Description {
    Description {
        wire_key: Some("comment"),
        title: "content",
        embed: &["id"],
        history_of: &["task"],
        indexes: vec![vec!["task"]],
        ..child(
            "task_comment",
            "comments",
            Area::Requests,
            vec![
                id(),
                html("content").required().in_list().alias("description").alias("comment"),
                refer("task", "task").read_only(),
                created_time().in_list(),
                created_by().in_list().alias("comment_by"),
                time("last_updated_time").read_only().untracked().in_list(),
            ],
        )
    }
}

fn worklog() -> Description {
    Description {
        title: "description",
        embed: &["id"],
        history_of: &["request", "problem"],
        indexes: vec![vec!["request"], vec!["problem"], vec!["task"]],
        ..child(
            "worklog",
            "worklogs",
            Area::Requests,
            vec![
                id(),
                refer("owner", "technician").required().in_list(),
                html("description").in_list(),
                time("start_time").in_list(),
                time("end_time").in_list(),
                time("recorded_time").in_list().preset(Preset::Now),
                Field::new("time_spent", Kind::Span).in_list(),
                flag("include_nonoperational_hours").in_list(),
                flag("mark_first_response").in_list(),
                boolean("add_time_for_linked_requests").instruction().hidden(),
                decimal("tech_charge").in_list().alias("owner_cost"),
                decimal("other_charge").in_list().alias("other_cost"),
                decimal("total_charge").in_list().read_only(),
                // Some clients send the total by its other name, too; it is worked out all the same.
                decimal("total_cost").instruction().hidden(),
                refer("worklog_type", "worklog_type").in_list().alias("type"),
                created_by().in_list(),
                created_time(),
                refer("request", "request").read_only().in_list(),
                refer("problem", "problem").read_only().in_list(),
                refer("task", "task").read_only().in_list(),
            ],
        )
    }
}

fn approval_level() -> Description {
    Description {
        title: "associated_entity",
        embed: &["id", "level"],
        sort: ("level", false),
        history_of: &["request", "problem"],
        indexes: vec![vec!["request"], vec!["problem"]],
        children: vec![Child { path: "approvals", module: "approval", field: "approval_level" }],
        ..child(
            "approval_level",
            "approval_levels",
            Area::Requests,
            vec![
                id(),
                Field::new("level", Kind::Int { min: 1, max: 5 })
                    .in_list()
                    .add_only()
                    .unique(&["request", "problem"]),
                json("rule"),
                refer("status", "approval_status").read_only().in_list().preset(Preset::None),
                created_time().in_list(),
                created_by().in_list(),
                text("associated_entity", 50).read_only().in_list().untracked(),
                refer("request", "request").read_only().in_list(),
                refer("problem", "problem").read_only().in_list(),
            ],
        )
    }
}

fn approval() -> Description {
    Description {
        title: "comments",
        embed: &["id"],
        history_of: &["approval_level"],
        indexes: vec![vec!["approval_level"], vec!["approver"]],
        operations: vec![
            op("approve", &["PUT", "POST"], Some("approval"), "Approve"),
            op("reject", &["PUT", "POST"], Some("approval"), "Reject"),
            op("send_notification", &["GET", "PUT"], Some("notification"), "Ask the approver"),
        ],
        ..child(
            "approval",
            "approvals",
            Area::Requests,
            vec![
                id(),
                refer("approver", "user").required().in_list().add_only().unique(&["approval_level"]),
                // 250 on requests, 1000 on problems (requests.md section 10, problems.md section 9).
                text("comments", 1000).in_list(),
                refer("original_approver", "user").read_only().in_list(),
                group("xpath", vec![text("path", 250), text("display_name", 250).read_only()]).collapsed(),
                refer("approval_level", "approval_level").read_only().in_list(),
                refer("status", "approval_status").read_only().in_list(),
                time("sent_on").read_only().in_list(),
                time("action_taken_on").read_only().in_list(),
            ],
        )
    }
}

fn reminder() -> Description {
    Description {
        title: "summary",
        embed: &["id", "summary"],
        history_of: &["request"],
        indexes: vec![vec!["request"]],
        ..child(
            "reminder",
            "reminders",
            Area::Requests,
            vec![
                id(),
                text("summary", 250).required().in_list(),
                time("date").required().in_list(),
                Field::new(
                    "remind_before",
                    Kind::Pick {
                        options: ["0", "15", "30", "45", "60", "120", "360", "720", "1440", "2880", "10080"]
                            .map(Into::into)
                            .to_vec(),
                    },
                )
                .in_list()
                .value("0"),
                Field::new("status", Kind::Pick { options: vec!["Open".into(), "Completed".into()] })
                    .in_list()
                    .value("Open"),
                created_by().in_list(),
                created_time().in_list(),
                refer("request", "request").read_only(),
            ],
        )
    }
}

fn checklist() -> Description {
    Description {
        embed: &["id", "name"],
        history_of: &["request"],
        indexes: vec![vec!["request"]],
        children: vec![Child { path: "checklist_items", module: "checklist_item", field: "checklist" }],
        ..child(
            "checklist",
            "checklists",
            Area::Requests,
            vec![
                id(),
                text("name", 250).required().in_list(),
                html("description").in_list(),
                boolean("is_completed").computed().in_list(),
                created_by().in_list(),
                created_time().in_list(),
                refer("request", "request").read_only(),
            ],
        )
    }
}

fn checklist_item() -> Description {
    Description {
        embed: &["id", "name"],
        sort: ("order", false),
        history_of: &["checklist"],
        indexes: vec![vec!["checklist"]],
        ..child(
            "checklist_item",
            "checklist_items",
            Area::Requests,
            vec![
                id(),
                text("name", 250).required().in_list(),
                count("order").in_list(),
                flag("completed").in_list(),
                text("value", 1000).in_list(),
                refer("checklist", "checklist").read_only(),
            ],
        )
    }
}
