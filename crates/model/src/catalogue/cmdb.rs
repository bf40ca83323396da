//! Configuration items, their types, and how they depend on one another (assets-cmdb.md section 5).

use super::{CiType, Fixed, describe, lookup, op};
use crate::Area;
use crate::field::{
    Field, Kind, created_by, created_time, digits, flag, group, html, id, instruction, json, refer, text,
    texts, time,
};
use crate::module::{Child, Deletion, Description, Size};

pub(super) fn modules() -> Vec<Description> {
    vec![ci(), ci_type(), relationship_type(), type_relationship(), relationship(), business_impact()]
}

/// A CI of any type. What its type adds is shown where the type is known: at `/cmdb/{type}` and `/cmdb/{id}`.
fn ci() -> Description {
    Description {
        list_key: Some("cmdb"),
        wire_key: Some("cmdb"),
        paths: vec!["cmdb/ci"],
        input_keys: vec!["ci"],
        embed: &["id", "name", "ci_type", "linked_instance"],
        sort: ("name", false),
        extensible: true,
        indexes: vec![vec!["ci_type", "name"], vec!["name"], vec!["linked_module", "linked_instance"]],
        related: vec![
            Child { path: "requests", module: "request", field: "configuration_items" },
            Child { path: "problems", module: "problem", field: "configuration_items" },
        ],
        operations: vec![
            op(
                "ci_relationships",
                &["GET", "POST", "DELETE"],
                Some("ci_relationships"),
                "The relationships of a CI, from either end",
            ),
            op("impact_analysis", &["GET"], None, "What a CI has an effect on, or depends on, to any depth"),
        ],
        ..describe(
            "ci",
            "cmdb",
            Area::Cmdb,
            vec![
                id(),
                text("name", 250).required().in_list().unique(&["ci_type"]).full_text(),
                html("description").in_list().full_text(),
                refer("ci_type", "ci_type").read_only().in_list(),
                text("linked_module", 100).read_only().untracked().unshown(),
                // One record stands behind one CI at most.
                digits("linked_instance").unique(&["linked_module"]),
                instruction("linked_entity"),
                json("linked_instance_data").computed(),
                texts("data_source").computed().in_list(),
                instruction("attachments"),
                flag("has_attachments").read_only().untracked().hidden(),
                created_by().in_list(),
                created_time().in_list(),
                refer("last_updated_by", "user").read_only().untracked().in_list(),
                time("last_updated_time").read_only().untracked().in_list().indexed(),
            ],
        )
    }
}

/// The CIs of a type and of the types below it, at `/cmdb/{type}`: with the attributes of the type and of those
/// above it under `ci_attributes`.
pub(super) fn typed(whole: &Description, ci_type: &CiType, attributes: Vec<Field>) -> Description {
    let mut what = whole.clone();
    what.name = ci_type.name.clone().into();
    what.plural = ci_type.plural.clone().into();
    what.wire_key = None;
    what.list_key = None;
    what.input_keys = vec!["cmdb", "ci"];
    what.paths = Vec::new();
    what.below = Some("cmdb");
    what.fixed = Some(Fixed { field: "ci_type", values: ci_type.subtree.clone() });
    what.fields.push(group("ci_attributes", attributes).in_list());
    what
}

/// A kind of CI (assets-cmdb.md section 5.1).
fn ci_type() -> Description {
    Description {
        also_read_by: &[Area::Cmdb, Area::Assets, Area::General],
        title: "name",
        embed: &["api_plural_name", "name", "display_name_plural", "id", "display_name", "icon_name"],
        sort: ("display_name", false),
        size: Size::Small,
        children: vec![Child { path: "ci_attributes", module: "ci_attribute", field: "ci_type" }],
        related: vec![Child { path: "cis", module: "ci", field: "ci_type" }],
        ..describe(
            "ci_type",
            "ci_types",
            Area::Setup,
            vec![
                id(),
                text("name", 100).in_list().add_only().unique(&[]),
                text("api_plural_name", 100).in_list().read_only(),
                text("display_name", 100).required().in_list().unique(&[]),
                text("display_name_plural", 100).in_list(),
                text("icon_name", 100).in_list(),
                text("description", 250).in_list(),
                refer("parent", "ci_type").in_list().add_only(),
                created_time(),
                created_by(),
            ],
        )
    }
}

/// How two CIs can belong together, with a name from either end (assets-cmdb.md section 5.6).
fn relationship_type() -> Description {
    let mut what = lookup(
        "ci_relationship_type",
        "ci_relationship_types",
        vec![
            text("inverse_name", 100).required().in_list(),
            // Which way trouble travels along it.
            Field::new(
                "impact",
                Kind::Pick {
                    options: ["parent_to_child", "child_to_parent", "both", "none"].map(Into::into).to_vec(),
                },
            )
            .in_list()
            .value("parent_to_child"),
            // Nothing may be its own ancestor along it.
            flag("acyclic").in_list(),
            // Only between CIs of types for which it is suggested.
            flag("only_suggested").in_list(),
        ],
    );
    what.embed = &["id", "name", "inverse_name"];
    what.deletion = Deletion::Remove;
    what.fields.retain(|f| f.key != "deleted");
    what
}

/// A relationship that is suggested between CIs of two types and of the types below them.
fn type_relationship() -> Description {
    Description {
        also_read_by: &[Area::Cmdb, Area::Assets, Area::General],
        title: "comments",
        embed: &["id"],
        size: Size::Small,
        ..describe(
            "ci_type_relationship",
            "ci_type_relationships",
            Area::Setup,
            vec![
                id(),
                refer("relationship_type", "ci_relationship_type").required().in_list().add_only(),
                refer("parent_ci_type", "ci_type").required().in_list().add_only(),
                refer("child_ci_type", "ci_type")
                    .required()
                    .in_list()
                    .add_only()
                    .unique(&["relationship_type", "parent_ci_type"]),
                text("comments", 250).in_list(),
            ],
        )
    }
}

fn relationship() -> Description {
    Description {
        title: "comments",
        embed: &["id"],
        history_of: &["parent_ci"],
        indexes: vec![vec!["parent_ci"], vec!["child_ci"]],
        ..describe(
            "ci_relationship",
            "ci_relationships",
            Area::Cmdb,
            vec![
                id(),
                refer("relationship_type", "ci_relationship_type").required().in_list().add_only(),
                refer("parent_ci", "ci").required().in_list().add_only(),
                refer("child_ci", "ci")
                    .required()
                    .in_list()
                    .add_only()
                    .unique(&["parent_ci", "relationship_type"]),
                text("comments", 250).in_list(),
                created_by().in_list(),
                created_time().in_list(),
            ],
        )
    }
}

/// How much hangs on a CI; a list of its own whose names are those of request impacts (assets-cmdb.md section 5.2).
fn business_impact() -> Description {
    lookup("business_impact", "business_impacts", Vec::new())
}
