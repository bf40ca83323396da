//! Assets, what they are instances of, what they cost and who borrowed them (assets-cmdb.md sections 2 to 4).

use super::{Fixed, child, describe, lookup, op};
use crate::Area;
use crate::field::Part;
use crate::field::{
    Field, Kind, Measure, Preset, boolean, count, created_by, created_time, decimal, digits, flag, group,
    html, id, instruction, json, refer, text, texts, time,
};
use crate::module::{Child, Deletion, Description, Size};

/// The product type of computers, at the root of theirs.
pub const COMPUTER: i64 = 5_927;

pub(super) fn modules() -> Vec<Description> {
    vec![
        asset(),
        asset_cost(),
        asset_loan(),
        loaned_asset(),
        product(),
        product_type(),
        Description {
            embed: &["name", "description", "id"],
            ..lookup("asset_category", "asset_categories", Vec::new())
        },
        lookup("asset_type", "asset_types", Vec::new()),
        asset_state(),
        asset_lifecycle(),
        lifecycle_transition(),
        vendor(),
        lookup("manufacturer", "manufacturers", Vec::new()),
        Description { writable: false, ..lookup("depreciation_type", "depreciation_types", Vec::new()) },
    ]
}

/// A day.
fn date(key: &'static str) -> Field {
    Field::new(key, Kind::Date)
}

/// An amount of money; nothing spent is `"0.0"` on the wire (assets-cmdb.md section 2.3).
fn money(key: &'static str) -> Field {
    decimal(key).value("0.0")
}

/// How an asset or a product loses its value (assets-cmdb.md section 2.7).
fn depreciation(key: &'static str) -> Field {
    group(
        key,
        vec![
            refer("depreciation_type", "depreciation_type"),
            Field::new("useful_life", Kind::Digits { min: 1, max: 1200 }).label("Useful life in months"),
            Field::new("depreciation_percent", Kind::Double),
            Field::new("salvage_value", Kind::Double),
        ],
    )
    .collapsed()
}

fn asset() -> Description {
    let mut fields = vec![
        // The component sends an id of its own with a new asset, product or product type (connector.md section 3).
        id().ignored(),
        text("name", 250).required().in_list().unique(&[]).full_text(),
        refer("product", "product").required().in_list(),
        refer("state", "asset_state").required().in_list(),
        text("state_history_comments", 250).in_list(),
        // Makers leave placeholders in these, so several may have the same (assets-cmdb.md section 2.2).
        text("asset_tag", 250).indexed().full_text(),
        text("serial_number", 250).indexed().full_text(),
        text("discovered_serial_number", 250),
        text("barcode", 250).in_list().unique(&[]).full_text(),
        date("acquisition_date"),
        date("warranty_expiry").indexed(),
        date("expiry_date").indexed(),
        text("location", 250).in_list().full_text(),
        // Found by scans (assets-cmdb.md section 2.2); here the inventory that a client sends is the scan.
        text("ip_address", 64).read_only().indexed().full_text(),
        text("mac_address", 64).read_only().full_text(),
        flag("is_swscan_needed"),
        boolean("retain_user_site").value(true).in_list(),
        flag("is_loanable").in_list(),
        flag("is_loaned").read_only(),
        loan().in_list(),
        // When the loan that it is on ends, beside the loan itself; and the collection that it is in.
        time("loan_end").computed(),
        json("module").computed(),
        refer("site", "site").in_list().shipped(222_001),
        refer("user", "user"),
        refer("department", "department"),
        refer("used_by_asset", "asset"),
        refer("suggested_owner", "user"),
        refer("vendor", "vendor"),
        refer("region", "region").computed(),
        money("purchase_cost").in_list(),
        money("operational_cost").read_only(),
        money("total_cost").read_only(),
        text("current_cost", 40).computed(),
        json("purchase_order").computed(),
        digits("purchase_lot_id").read_only().untracked(),
        refer("type", "asset_type").read_only().in_list(),
        refer("category", "asset_category").read_only().in_list(),
        refer("product_type", "product_type").read_only().in_list(),
        json("device_type").computed(),
        json("probe").computed(),
        json("credential").computed(),
        refer("lifecycle", "asset_lifecycle").read_only(),
        json("acknowledgement").computed(),
        json("depreciation").computed(),
        depreciation("asset_depreciation"),
        json("product_depreciation").computed(),
        flag("is_depreciation_configured").read_only().untracked(),
        boolean("is_depreciation_calculated").computed(),
        boolean("is_asset_association_possible").value(true).read_only().untracked(),
        flag("is_in_contract").read_only().untracked(),
        texts("integration_mappings").computed(),
        json("last_audit").computed(),
        json("last_success_audit").computed(),
        instruction("attachments"),
        flag("has_attachments").read_only().untracked().hidden(),
        // The CI that stands for it.
        refer("ci", "ci").read_only().untracked().unshown(),
        created_by().in_list(),
        created_time().in_list().indexed(),
        refer("last_updated_by", "user").read_only().untracked().in_list(),
        time("last_updated_time").read_only().untracked().in_list().indexed(),
        network_adapters(),
    ];
    fields.extend(inventory());
    let comparisons = ["state", "product", "product_type", "user", "department", "site", "vendor"];
    Description {
        paths: vec!["asset_assets"],
        embed: &["id", "name", "barcode"],
        sort: ("name", false),
        extensible: true,
        indexes: comparisons
            .iter()
            .map(|path| vec![*path, "name"])
            .chain([vec!["name"], vec!["used_by_asset"], vec!["ci"]])
            .collect(),
        children: vec![Child { path: "costs", module: "asset_cost", field: "asset" }],
        related: vec![
            Child { path: "requests", module: "request", field: "assets" },
            Child { path: "problems", module: "problem", field: "assets" },
            Child { path: "attached_assets", module: "asset", field: "used_by_asset" },
            Child { path: "loans", module: "loaned_asset", field: "asset" },
        ],
        ..describe("asset", "assets", Area::Assets, fields)
    }
}

/// The loan that an asset is on (assets-cmdb.md section 2.8): the row of the asset, and the loan that it belongs to.
fn loan() -> Field {
    let number = Field::new("loan_id", Kind::Number { prefix: "LN-" });
    let members = [
        digits("id"),
        time("start_time"),
        time("due_by_time"),
        time("returned_time"),
        text("barcode", 250),
        number,
    ];
    let mut members: Vec<Field> = members.into_iter().map(Field::computed).collect();
    members.push(group("loan", vec![digits("id").computed()]));
    group("loan", members).collapsed()
}

fn network_adapters() -> Field {
    const PARTS: &[Part] = &[Part::text("name"), Part::text("ip_address"), Part::text("mac_address")];
    json("network_adapters").value("[]").parts(PARTS)
}

const PROCESSOR: &[Part] = &[Part::text("name"), Part::number("number_of_cores")];
const DISK: &[Part] = &[Part::text("model"), Part::text("serial_number"), Part::size("capacity")];
const DRIVE: &[Part] = &[Part::text("drive"), Part::size("capacity"), Part::size("free_space")];
const MONITOR: &[Part] = &[Part::text("name"), Part::text("serial_number")];

/// What a scan of a machine finds (assets-cmdb.md section 2.5, wire-facts.md section 9).
fn inventory() -> Vec<Field> {
    vec![
        flag("is_server"),
        text("last_logged_user", 250),
        group(
            "computer_system",
            vec![text("service_tag", 250).full_text(), text("model", 250), text("system_manufacturer", 250)],
        )
        .collapsed(),
        group(
            "operating_system",
            vec![
                text("os", 250).full_text(),
                text("version", 250),
                text("build_number", 100),
                text("service_pack", 100),
            ],
        )
        .collapsed(),
        group(
            "memory",
            ["physical_memory", "virtual_memory"].map(|key| digits(key).measure(Measure::Bytes)).to_vec(),
        )
        .collapsed(),
        json("processors").value("[]").parts(PROCESSOR),
        json("hard_disks").value("[]").parts(DISK),
        json("logical_drives").value("[]").parts(DRIVE),
        json("monitors").value("[]").parts(MONITOR),
        texts("ip_addresses"),
        text("recent_scan_source", 250),
        text("last_scan_status", 100),
        time("last_scan_time"),
        time("last_success_scan_time"),
    ]
}

/// The assets of a product type and of the types below it, at a path of their own: `/asset_switches`
/// (assets-cmdb.md section 2.6). The same records as at `/assets`, under the same ids.
pub(super) fn typed(whole: &Description, view: &super::AssetView) -> Description {
    let mut what = whole.clone();
    what.name = view.name.clone().into();
    what.plural = view.plural.clone().into();
    what.paths = view.aliases.clone();
    what.input_keys = vec!["asset"];
    what.fixed = Some(Fixed { field: "product_type", values: view.product_types.clone() });
    for field in &mut what.fields {
        // Of a type that is named in the path the name is all that must be given.
        if matches!(field.key.as_ref(), "product" | "state") {
            field.required = false;
        }
        if field.key == "state" {
            field.preset = Preset::Shipped(6135);
        }
    }
    if !view.has_inventory {
        without_inventory(&mut what);
    }
    what
}

/// Takes what only machines show out of sight. The columns are the same in every view; this one does not speak of them.
pub(super) fn without_inventory(what: &mut Description) {
    let keys: Vec<crate::Name> = inventory().into_iter().map(|field| field.key).collect();
    for field in &mut what.fields {
        if keys.contains(&field.key) {
            field.shut();
        }
        if field.key == "network_adapters" {
            field.access = crate::Access::ReadOnly;
        }
    }
}

/// What an asset cost beside its price.
fn asset_cost() -> Description {
    Description {
        wire_key: Some("cost"),
        list_key: Some("costs"),
        input_keys: vec!["asset_cost"],
        title: "description",
        embed: &["id"],
        history_of: &["asset"],
        indexes: vec![vec!["asset"]],
        ..child(
            "asset_cost",
            "asset_costs",
            Area::Assets,
            vec![
                id(),
                decimal("amount").required().in_list(),
                text("description", 250).in_list(),
                date("cost_date").in_list(),
                created_by().in_list(),
                created_time().in_list(),
                refer("asset", "asset").read_only(),
            ],
        )
    }
}

/// A loan of some assets to somebody (assets-cmdb.md section 2.8).
fn asset_loan() -> Description {
    Description {
        title: "comments",
        embed: &["id", "loan_id"],
        sort: ("created_time", true),
        indexes: vec![vec!["loaned_to_user", "created_time"], vec!["created_time"]],
        children: vec![Child { path: "loaned_assets", module: "loaned_asset", field: "asset_loan" }],
        ..describe(
            "asset_loan",
            "asset_loans",
            Area::Assets,
            vec![
                id(),
                Field::new("loan_id", Kind::Number { prefix: "LN-" })
                    .read_only()
                    .in_list()
                    .unique(&[])
                    .untracked(),
                refer("loaned_to_user", "user").required().in_list(),
                refer("received_by", "user").in_list(),
                time("start_time").in_list().preset(Preset::Now),
                time("due_by_time").required().in_list(),
                refer("site", "site").in_list(),
                text("comments", 250).in_list(),
                Field::new(
                    "status",
                    Kind::Pick { options: ["On Loan", "Expired", "Closed"].map(Into::into).to_vec() },
                )
                .computed()
                .in_list(),
                instruction("loaned_assets").unshown(),
                time("closed_time").read_only().untracked().in_list(),
                created_by().in_list(),
                created_time().in_list(),
            ],
        )
    }
}

/// One asset of a loan.
fn loaned_asset() -> Description {
    Description {
        title: "comments",
        embed: &["id"],
        history_of: &["asset"],
        indexes: vec![vec!["asset"], vec!["asset_loan"]],
        operations: vec![
            op("return", &["PUT", "POST"], Some("loaned_asset"), "Take a loaned asset back"),
            op(
                "extend",
                &["PUT", "POST"],
                Some("loaned_asset"),
                "Give a loaned asset a later date of return",
            ),
        ],
        ..child(
            "loaned_asset",
            "loaned_assets",
            Area::Assets,
            vec![
                id(),
                refer("asset", "asset").required().in_list().add_only(),
                refer("asset_loan", "asset_loan").read_only().in_list(),
                time("start_time").in_list(),
                time("due_by_time").in_list(),
                time("returned_time").in_list(),
                refer("returned_by", "user").in_list(),
                text("comments", 250).in_list(),
            ],
        )
    }
}

/// What assets are instances of (assets-cmdb.md section 3).
fn product() -> Description {
    Description {
        also_read_by: &[Area::Assets, Area::General, Area::Requests, Area::Cmdb],
        embed: &[
            "id",
            "name",
            "part_no",
            "manufacturer",
            "gl_code",
            "software",
            "product_type",
            "type",
            "category",
        ],
        sort: ("name", false),
        extensible: true,
        indexes: vec![vec!["product_type", "name"], vec!["name"]],
        related: vec![Child { path: "assets", module: "asset", field: "product" }],
        ..describe(
            "product",
            "products",
            Area::Setup,
            vec![
                id().ignored(),
                text("name", 250).required().in_list().unique(&[]).full_text(),
                refer("product_type", "product_type").required().in_list(),
                text("manufacturer", 250).in_list().full_text().blank("-"),
                // The component's misspelling (connector.md section 3.6).
                text("part_no", 250).in_list().alias("parto_no").full_text().blank("-"),
                flag("is_laptop").in_list(),
                decimal("cost").in_list(),
                text("comments", 1000).in_list(),
                html("description"),
                group("software", vec![digits("id"), text("name", 250), boolean("is_parent_suite")])
                    .collapsed()
                    .in_list(),
                digits("default_image"),
                json("option_images"),
                json("gl_code"),
                refer("type", "asset_type").read_only().in_list(),
                refer("category", "asset_category").read_only().in_list(),
                depreciation("depreciation_detail"),
                created_time(),
                created_by(),
                time("last_updated_time").read_only().untracked(),
            ],
        )
    }
}

/// Kinds of product (assets-cmdb.md section 4).
fn product_type() -> Description {
    let mut what = lookup(
        "product_type",
        "product_types",
        vec![
            id().ignored(),
            text("display_name", 100).in_list(),
            refer("category", "asset_category").required().in_list(),
            refer("type", "asset_type").required().in_list(),
            refer("parent", "product_type").in_list(),
            text("image", 250).in_list(),
            text("api_name", 100).in_list().add_only(),
            text("api_plural_name", 100).in_list().add_only(),
            flag("mandatory").in_list().read_only(),
            refer("lifecycle", "asset_lifecycle"),
            // Assets of this type have a CI of that type, and the two stay in step.
            refer("ci_type", "ci_type"),
        ],
    );
    what.embed = &["image", "name", "id", "display_name", "mandatory"];
    what.deletion = Deletion::Remove;
    what.fields.retain(|f| f.key != "deleted");
    what
}

/// What an asset is doing (assets-cmdb.md section 2.9).
fn asset_state() -> Description {
    let mut what = lookup(
        "asset_state",
        "asset_states",
        vec![
            text("internal_name", 100).in_list().read_only(),
            // An asset in this state may have an owner; it must have one.
            flag("ownership").in_list(),
            flag("ownership_mandatory").in_list(),
            flag("scanned").in_list().value(true),
            flag("uses_licence").in_list().value(true),
            count("sort_order").in_list(),
        ],
    );
    what.embed = &["internal_name", "name", "description", "id"];
    what.sort = ("sort_order", false);
    what
}

/// Which states follow on which, for the assets of product types that have one.
fn asset_lifecycle() -> Description {
    let mut what = lookup("asset_lifecycle", "asset_lifecycles", vec![flag("inactive").in_list()]);
    what.embed = &["inactive", "name", "id"];
    what.children = vec![Child { path: "transitions", module: "asset_transition", field: "asset_lifecycle" }];
    what
}

fn lifecycle_transition() -> Description {
    Description {
        title: "name",
        wire_key: Some("transition"),
        list_key: Some("transitions"),
        size: Size::Small,
        indexes: vec![vec!["asset_lifecycle"]],
        ..child(
            "asset_transition",
            "asset_transitions",
            Area::Setup,
            vec![
                id(),
                text("name", 100).in_list(),
                refer("asset_lifecycle", "asset_lifecycle").read_only(),
                refer("from_state", "asset_state").required().in_list(),
                refer("to_state", "asset_state")
                    .required()
                    .in_list()
                    .unique(&["asset_lifecycle", "from_state"]),
                flag("comment_required").in_list(),
            ],
        )
    }
}

fn vendor() -> Description {
    lookup(
        "vendor",
        "vendors",
        vec![
            text("contact_person", 150).in_list(),
            Field::new("email_id", Kind::Email).in_list(),
            text("phone", 50).in_list(),
            text("fax", 50),
            text("web_url", 250),
            text("street", 250),
            text("city", 100),
            text("state", 100),
            text("postal_code", 50),
            text("country", 100),
        ],
    )
}
