//! Regions, sites, departments and groups (setup.md sections 5 and 6).

use super::lookup;
use crate::Area;
use crate::field::{Field, Kind, created_time, flag, refer, text};
use crate::module::Description;

const GENERAL: &[Area] =
    &[Area::General, Area::Requests, Area::Problems, Area::Assets, Area::Cmdb, Area::Users];

pub(super) fn modules() -> Vec<Description> {
    vec![lookup("region", "regions", Vec::new()), site(), department(), support_group(), portal()]
}

fn site() -> Description {
    let mut what = lookup(
        "site",
        "sites",
        vec![
            flag("is_default").read_only().in_list(),
            refer("region", "region").in_list(),
            Field::new("email_id", Kind::Email),
            text("web_url", 250),
            text("landline", 50),
            text("fax", 50),
            text("door_no", 100),
            text("street", 250),
            text("landmark", 250),
            text("city", 100),
            text("state", 100),
            text("postal_code", 50),
            text("country", 100),
            text("latitude", 30),
            text("longitude", 30),
            text("timezone", 60),
            created_time(),
        ],
    );
    what.embed = &["deleted", "name", "id", "is_default"];
    what.also_read_by = GENERAL;
    what
}

fn department() -> Description {
    let mut what = lookup(
        "department",
        "departments",
        vec![
            text("name", 100).required().in_list().unique(&["site"]),
            refer("site", "site").in_list(),
            refer("department_head", "user").in_list(),
        ],
    );
    what.embed = &["site", "name", "id"];
    what.also_read_by = GENERAL;
    what
}

fn support_group() -> Description {
    let mut what = lookup(
        "support_group",
        "support_groups",
        vec![
            text("name", 100).required().in_list().unique(&["site"]),
            refer("site", "site").in_list(),
            text("sender_name", 100).in_list(),
            Field::new("sender_email_id", Kind::Email).in_list(),
        ],
    );
    what.paths = vec!["groups"];
    what.input_keys = vec!["group"];
    what.embed = &["site", "deleted", "name", "id"];
    what.also_read_by = GENERAL;
    what
}

/// The desk itself, with the settings that its administrator makes (conventions.md section 1.1).
fn portal() -> Description {
    let mut what = lookup(
        "portal",
        "portals",
        vec![
            text("display_name", 100).in_list(),
            flag("is_default").read_only().in_list(),
            text("status", 30).read_only().in_list().value("active"),
            text("scope", 30).read_only().in_list().value("public"),
            text("portal_type", 30).read_only().in_list().value("service_desk"),
            text("department_type", 30).in_list().value("IT"),
            text("logo_url", 250).in_list(),
            text("timezone", 60).in_list().value("UTC"),
            Field::new("start_day_of_week", Kind::Int { min: 1, max: 7 }).in_list().value(2_i64),
            crate::group(
                "owner",
                vec![text("owner_name", 150), Field::new("email", Kind::Email).alias("email_id")],
            )
            .in_list(),
            // Frontdesk's own settings.
            flag("priority_override").value(true),
            flag("auto_create_requesters"),
            crate::texts("closure_mandatory_fields"),
            crate::texts("problem_closure_mandatory_fields"),
            flag("closed_requests_locked"),
            flag("technicians_need_second_factor"),
        ],
    );
    what.writable = true;
    what.also_read_by = GENERAL;
    what
}
