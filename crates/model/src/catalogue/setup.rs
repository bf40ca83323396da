//! The lookups of a service desk (setup.md sections 2, 3, 7, 8, 10 and 12).

use super::{describe, lookup};
use crate::Area;
use crate::field::{Field, Kind, count, flag, id, json, refer, text};
use crate::module::{Child, Deletion, Description, Fixed, Size};

pub(super) fn modules() -> Vec<Description> {
    let color = || Field::new("color", Kind::Color).in_list();
    let internal_name = || text("internal_name", 100).in_list().read_only();
    let order = |key: &'static str| count(key).in_list();
    let mut all = vec![
        Description {
            embed: &["in_progress", "internal_name", "stop_timer", "color", "name", "id"],
            sort: ("sort_order", false),
            ..lookup(
                "status",
                "statuses",
                vec![
                    internal_name(),
                    color(),
                    flag("in_progress").in_list().add_only().value(true),
                    flag("stop_timer").in_list(),
                    order("sort_order"),
                ],
            )
        },
        Description {
            embed: &["color", "name", "id"],
            sort: ("priority_order", false),
            ..lookup("priority", "priorities", vec![color(), order("priority_order")])
        },
        lookup("urgency", "urgencies", vec![order("sort_order")]),
        lookup("impact", "impacts", vec![order("sort_order")]),
        lookup("level", "levels", Vec::new()),
        lookup("mode", "modes", vec![internal_name()]),
        lookup("request_type", "request_types", Vec::new()),
        Description {
            embed: &["inactive", "name", "id", "sort_index"],
            ..lookup(
                "service_category",
                "service_categories",
                vec![flag("inactive").in_list(), order("sort_index")],
            )
        },
        Description {
            embed: &[
                "id",
                "name",
                "inactive",
                "is_service_sla",
                "resolution_due_by_days",
                "resolution_due_by_hours",
                "resolution_due_by_minutes",
            ],
            sort: ("sort_order", false),
            ..sla()
        },
        closure_code(),
        Description {
            embed: &["in_progress", "internal_name", "color", "name", "id"],
            sort: ("index", false),
            ..lookup(
                "project_status",
                "project_statuses",
                vec![
                    flag("in_progress").in_list().value(true),
                    color(),
                    order("index").read_only(),
                    internal_name(),
                ],
            )
        },
        udf_field(),
        ci_attribute(),
    ];
    all.extend(category_tree());
    for small in ["urgency", "impact"] {
        if let Some(what) = all.iter_mut().find(|m| m.name == small) {
            what.sort = ("sort_order", false);
        }
    }
    all
}

fn category_tree() -> [Description; 3] {
    [
        Description {
            embed: &["deleted", "name", "id"],
            children: vec![Child { path: "subcategories", module: "subcategory", field: "category" }],
            ..lookup(
                "category",
                "categories",
                vec![refer("technician", "technician").in_list(), refer("change_manager", "user").in_list()],
            )
        },
        Description {
            children: vec![Child { path: "items", module: "item", field: "subcategory" }],
            ..lookup(
                "subcategory",
                "subcategories",
                vec![
                    text("name", 100).required().in_list().unique(&["category"]),
                    refer("category", "category").required().in_list().add_only(),
                ],
            )
        },
        lookup(
            "item",
            "items",
            vec![
                text("name", 100).required().in_list().unique(&["subcategory"]),
                refer("subcategory", "subcategory").required().in_list().add_only(),
            ],
        ),
    ]
}

/// A promise of time. The first one, in order, whose criteria a request meets is its own.
fn sla() -> Description {
    lookup(
        "sla",
        "slas",
        vec![
            flag("inactive").in_list(),
            flag("is_service_sla").in_list(),
            count("sort_order").in_list().value(100_i64),
            count("resolution_due_by_days").in_list().value(0_i64),
            count("resolution_due_by_hours").in_list().value(0_i64),
            count("resolution_due_by_minutes").in_list().value(0_i64),
            count("response_due_by_days").in_list().value(0_i64),
            count("response_due_by_hours").in_list().value(0_i64),
            count("response_due_by_minutes").in_list().value(0_i64),
            refer("priority", "priority").in_list(),
            refer("site", "site").in_list(),
            refer("category", "category").in_list(),
        ],
    )
}

/// The modules that have closure codes; each is known by its place here as well, from one on.
pub const CLOSING_MODULES: [&str; 4] = ["request", "problem", "change", "release"];

fn closure_code() -> Description {
    let kinds = CLOSING_MODULES.map(Into::into).to_vec();
    let mut what = lookup(
        "closure_code",
        "closure_codes",
        vec![
            text("name", 100).required().in_list().unique(&["module.name"]),
            crate::group(
                "module",
                // Mandatory as a whole: one of the two tells the other.
                vec![crate::digits("id").untracked(), Field::new("name", Kind::Pick { options: kinds })],
            )
            .in_list(),
            flag("inactive").in_list(),
        ],
    );
    what.paths = vec!["request_closure_codes"];
    what.input_keys = vec!["request_closure_code"];
    what
}

/// A field that administrators add to a module (setup.md section 12).
fn udf_field() -> Description {
    Description {
        size: Size::Small,
        deletion: Deletion::Remove,
        sort: ("name", false),
        ..describe(
            "udf_field",
            "udf_fields",
            Area::Setup,
            vec![
                id(),
                text("name", 100).in_list(),
                text("display_name", 100).in_list(),
                text("field_key", 90).in_list().add_only().unique(&["module.name", "ci_type"]),
                text("description", 250),
                text("type", 30).in_list().read_only(),
                text("field_type", 30).required().in_list().add_only(),
                crate::group("module", vec![text("name", 50)]).in_list(),
                // The number by which the requester API of HappyFox knows a field of users.
                crate::digits("requester_field_id").read_only().unshown().untracked().unique(&[]),
                // Its place among those that the requester API shows.
                crate::digits("requester_field_order").read_only().unshown().untracked(),
                crate::group("sub_module", vec![text("internal_name", 50)]),
                json("constraints").in_list(),
                json("allowed_values").in_list(),
                json("reference_entity").in_list(),
                json("field_config").in_list(),
                json("default_value"),
                flag("mandatory").in_list(),
                flag("unique").in_list().add_only(),
                // Of an attribute of CIs: the type that it belongs to.
                refer("ci_type", "ci_type").in_list().read_only(),
                flag("is_ci_attribute").read_only().untracked().unshown(),
            ],
        )
    }
}

/// An attribute that a type of CI gives to its CIs: an additional field of the type (assets-cmdb.md section 5.2).
fn ci_attribute() -> Description {
    let mut what = Description {
        name: "ci_attribute".into(),
        plural: "ci_attributes".into(),
        also_read_by: &[Area::Cmdb, Area::Assets, Area::General],
        fixed: Some(Fixed { field: "is_ci_attribute", values: vec![true.into()] }),
        indexes: Vec::new(),
        ..udf_field()
    };
    for field in &mut what.fields {
        match field.key.as_ref() {
            "ci_type" => {
                field.required = true;
                field.access = crate::Access::AddOnly;
            }
            "module" | "sub_module" => field.shut(),
            _ => {}
        }
    }
    what
}
