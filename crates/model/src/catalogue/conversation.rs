//! What is said on a request: notes, mails, drafts, attachments, history (requests.md sections 6, 11, 12).

use super::{child, describe};
use crate::Area;
use crate::field::{
    boolean, count, created_by, created_time, flag, html, id, instruction, json, refer, text, texts, time,
};
use crate::module::{Deletion, Description};

pub(super) fn modules() -> Vec<Description> {
    vec![note(), notification(), draft(), attachment(), history()]
}

fn note() -> Description {
    Description {
        list_key: Some("notes"),
        // The vendor's pages say `notes`; a cloud client reads `request_notes` (wire-facts.md section 9).
        list_aliases: &["request_notes"],
        input_keys: vec!["note", "request_notes"],
        title: "description",
        embed: &["id"],
        history_of: &["request"],
        indexes: vec![vec!["request"]],
        ..child(
            "request_note",
            "notes",
            Area::Requests,
            vec![
                id(),
                html("description").required().in_list().full_text(),
                flag("show_to_requester").in_list(),
                flag("notify_technician").in_list(),
                flag("mark_first_response").in_list().add_only(),
                flag("add_to_linked_requests").in_list().add_only(),
                created_time().in_list(),
                created_by().in_list(),
                time("last_updated_time").read_only().untracked().in_list(),
                refer("last_updated_by", "user").read_only().untracked().in_list(),
                // The same two under the names that on-premises clients read.
                refer("added_by", "user").computed().in_list(),
                time("added_time").computed().in_list(),
                refer("request", "request").read_only().in_list(),
                instruction("attachments").in_list(),
                flag("has_attachments").read_only().untracked().hidden(),
            ],
        )
    }
}

fn notification() -> Description {
    Description {
        title: "subject",
        embed: &["id", "subject"],
        sort: ("time", true),
        history_of: &["request"],
        indexes: vec![vec!["request"]],
        ..child(
            "notification",
            "notifications",
            Area::Requests,
            vec![
                id(),
                text("subject", 250).in_list().required(),
                html("description"),
                texts("to").in_list().required(),
                texts("cc").in_list(),
                texts("bcc").in_list(),
                boolean("is_public").in_list().value(true),
                text("type", 50).in_list().value("REQREPLY"),
                json("in_reply_to"),
                refer("sender", "user").read_only().in_list().preset(crate::Preset::Caller),
                time("time").read_only().in_list().preset(crate::Preset::Now),
                refer("request", "request").read_only().in_list(),
                instruction("attachments"),
                flag("has_attachments").read_only().untracked().hidden(),
            ],
        )
    }
}

fn draft() -> Description {
    Description {
        title: "subject",
        embed: &["id", "subject"],
        history_of: &["request"],
        indexes: vec![vec!["request"]],
        ..child(
            "draft",
            "drafts",
            Area::Requests,
            vec![
                id(),
                text("subject", 250).in_list(),
                html("description").in_list(),
                texts("to").in_list(),
                texts("cc").in_list(),
                texts("bcc").in_list(),
                text("type", 50).in_list().value("REQREPLY"),
                created_time().in_list(),
                created_by().in_list(),
                refer("request", "request").read_only().in_list(),
            ],
        )
    }
}

/// A stored file and the record it hangs on. Any module's record can have some.
fn attachment() -> Description {
    Description {
        embed: &["id", "name", "size", "content_type", "content_url"],
        writable: false,
        deletion: Deletion::Remove,
        indexes: vec![vec!["owner"]],
        ..child(
            "attachment",
            "attachments",
            Area::Requests,
            vec![
                id(),
                text("name", 255).unsearchable().in_list(),
                text("file_name", 255).computed().in_list(),
                text("file_id", 30).computed().in_list(),
                text("description", 250).unsearchable().in_list(),
                json("size").computed().in_list(),
                count("bytes").hidden(),
                text("content_type", 150).unsearchable().in_list(),
                text("content_url", 500).computed().in_list(),
                text("module", 50).unsearchable().in_list(),
                crate::digits("owner").hidden(),
                text("blob", 100).hidden(),
                flag("listed").hidden(),
                refer("attached_by", "user").in_list(),
                time("attached_on").in_list(),
            ],
        )
    }
}

/// One change of one record: who, when, what was and what is. Written in the commit of the change itself.
fn history() -> Description {
    Description {
        list_key: Some("history"),
        title: "operation",
        embed: &["id"],
        sort: ("time", true),
        writable: false,
        top_level: false,
        indexes: vec![vec!["owner"]],
        ..describe(
            "history",
            "history",
            Area::Requests,
            vec![
                id(),
                // The record under which it is told: a note's change under its request.
                crate::digits("owner").in_list(),
                text("module", 50).unsearchable().in_list(),
                crate::digits("record").in_list(),
                refer("by", "user").in_list(),
                time("time").in_list(),
                text("operation", 50).unsearchable().in_list(),
                text("description", 500).unsearchable().in_list(),
                json("diff").in_list(),
            ],
        )
    }
}
