//! Users, requesters, technicians and roles (setup.md section 4).

use super::{describe, lookup};
use crate::Area;
use crate::field::{
    Field, Kind, boolean, created_by, created_time, decimal, digits, flag, id, json, mirror, refer,
    refer_many, text, texts, time,
};
use crate::module::{Child, Deletion, Description, Fixed, Size};

/// Numbers of the many-valued fields in the side table.
const GROUPS: i64 = 10;
const SITES: i64 = 11;

pub(super) fn modules() -> Vec<Description> {
    let user = user();
    let technician = Description {
        name: "technician".into(),
        plural: "technicians".into(),
        fixed: Some(Fixed { field: "is_technician", values: vec![true.into()] }),
        indexes: Vec::new(),
        ..user.clone()
    };
    let requester = Description {
        name: "requester".into(),
        plural: "requesters".into(),
        fixed: Some(Fixed { field: "is_technician", values: vec![false.into()] }),
        indexes: Vec::new(),
        ..user.clone()
    };
    vec![user, technician, requester, role()]
}

fn user() -> Description {
    Description {
        table: "person".into(),
        also_read_by: &[Area::Setup, Area::General],
        embed: &[
            "email_id",
            "is_technician",
            "sms_mail",
            "mobile",
            "last_name",
            "user_scope",
            "sms_mail_id",
            "cost_per_hour",
            "site",
            "phone",
            "employee_id",
            "name",
            "id",
            "contact_info_id",
            "photo_url",
            "is_vip_user",
            "department",
            "first_name",
            "job_title",
        ],
        sort: ("name", false),
        size: Size::People,
        deletion: Deletion::Flag("inactive"),
        extensible: true,
        related: vec![
            Child { path: "assets", module: "asset", field: "user" },
            Child { path: "requests", module: "request", field: "requester" },
        ],
        indexes: vec![vec!["is_technician", "name"], vec!["department", "name"], vec!["site", "name"]],
        ..describe(
            "user",
            "users",
            Area::Users,
            vec![
                id(),
                // Clients of the CMDB read the id under this name (assets-cmdb.md section 5.4).
                mirror("contact_info_id", "id"),
                text("name", 255).required().in_list().indexed(),
                text("first_name", 150).in_list(),
                text("middle_name", 150),
                text("last_name", 150).in_list().indexed(),
                Field::new("email_id", Kind::Email).in_list().unique(&[]),
                text("employee_id", 100).in_list().indexed().personal(),
                text("phone", 50).in_list().personal(),
                text("mobile", 50).in_list().personal(),
                // All numbers; the two above follow from them (happyfox.md section 1.5).
                json("phones").read_only().unshown(),
                // By these people are looked up, whoever writes their accents and whoever does not.
                text("name_plain", 255).read_only().unshown().untracked().indexed(),
                text("last_name_plain", 150).read_only().unshown().untracked().indexed(),
                text("primary_phone", 60).read_only().unshown().untracked().indexed(),
                // By what the requester API of HappyFox knows a person.
                digits("requester_number").read_only().unshown().untracked().unique(&[]),
                text("sms_mail", 150).in_list().personal(),
                text("sms_mail_id", 150).in_list().personal(),
                text("job_title", 150).in_list().alias("jobtitle"),
                refer("department", "department").in_list(),
                refer("site", "site").in_list(),
                refer("reporting_to", "user"),
                flag("is_vip_user").in_list().alias("is_vipuser"),
                flag("is_technician").in_list(),
                decimal("cost_per_hour").in_list().value("0").personal(),
                text("user_scope", 50).read_only().in_list().value("internal_user"),
                text("photo_url", 500).read_only().in_list(),
                text("description", 250),
                Field::new(
                    "requester_allowed_to_view",
                    Kind::Pick { options: ["own", "department", "site", "all"].map(Into::into).to_vec() },
                )
                .value("own"),
                decimal("purchase_approval_limit"),
                flag("purchase_approver"),
                flag("service_request_approver"),
                texts("secondary_emailids"),
                text("login_name", 150),
                refer("role", "role"),
                refer_many("groups", "support_group", GROUPS),
                refer_many("associated_sites", "site", SITES),
                text("time_zone", 60),
                // How somebody reads the pages; where nothing is said the browser decides.
                pick("language", &["en", "de"]).unshown().untracked().unsearchable(),
                pick("time_format", &["12", "24"]).unshown().untracked().unsearchable(),
                pick("theme", &["light", "dark"]).unshown().untracked().unsearchable(),
                flag("inactive").in_list(),
                boolean("is_active").computed().in_list(),
                created_time(),
                created_by(),
                time("last_updated_time").read_only().untracked().indexed(),
                text("password_hash", 200).hidden().read_only().untracked(),
            ],
        )
    }
}

fn pick(key: &'static str, options: &[&'static str]) -> Field {
    Field::new(key, Kind::Pick { options: options.iter().map(|option| (*option).into()).collect() })
}

/// What a person may do. Shipped roles carry the vendor's names; `access` is what Frontdesk enforces.
fn role() -> Description {
    let mut what = lookup(
        "role",
        "roles",
        vec![
            Field::new(
                "access",
                Kind::Pick { options: ["administrator", "technician", "requester"].map(Into::into).to_vec() },
            )
            .required()
            .in_list(),
            flag("limited_to_sites").in_list(),
            flag("limited_to_groups").in_list(),
        ],
    );
    what.embed = &["id", "name"];
    what
}
