//! The shipped rows of assets, products and the CMDB (assets-cmdb.md section 7). Tails that no page gives are ours.

use super::Rows;
use crate::DeskError;
use crate::assets::states;
use crate::cmdb::types::ROOT;
use crate::depreciation::Method;
use crate::products::{ASSET, plural, snake};
use model::{Id, Value};

/// IT and Non-IT.
const CATEGORIES: [(i64, &str, &str); 2] =
    [(5899, "IT", "IT Assets and Components"), (5901, "Non-IT", "Non-IT Assets and Components")];

pub(super) fn rows(rows: &mut Rows<'_>) -> Result<(), DeskError> {
    problems(rows)?;
    kinds(rows)?;
    product_types(rows)?;
    ci_types(rows)?;
    attributes(rows)?;
    relationship_types(rows)
}

fn problems(rows: &mut Rows<'_>) -> Result<(), DeskError> {
    rows.row(
        "problem_template",
        Id::shipped(128_011),
        &[("name", "General Problem Template".into()), ("is_default", true.into())],
    )
}

fn kinds(rows: &mut Rows<'_>) -> Result<(), DeskError> {
    for (tail, name, words) in CATEGORIES {
        rows.row(
            "asset_category",
            Id::shipped(tail),
            &[("name", name.into()), ("description", words.into())],
        )?;
    }
    rows.named("asset_type", 5903, 2, &["Asset", "Component", "Consumable", "Software"])?;
    for (order, (id, name, owned, scanned)) in (1_i64..).zip([
        (states::IN_STORE, "In Store", false, true),
        (states::IN_USE, "In Use", true, true),
        (states::IN_REPAIR, "In Repair", true, true),
        (states::EXPIRED, "Expired", true, false),
        (states::DISPOSED, "Disposed", false, false),
    ]) {
        rows.row(
            "asset_state",
            id,
            &[
                ("name", name.into()),
                ("internal_name", name.into()),
                ("ownership", owned.into()),
                ("scanned", scanned.into()),
                ("uses_licence", scanned.into()),
                ("sort_order", order.into()),
            ],
        )?;
    }
    // Clients know the four methods by these numbers (assets-cmdb.md section 2.7).
    for (_, id, name) in Method::ALL {
        rows.row("depreciation_type", Id::new(id), &[("name", name.into())])?;
    }
    rows.named(
        "business_impact",
        7146,
        3,
        &["Affects Business", "Affects Group", "Affects Department", "Affects User"],
    )
}

/// A product type: tail, name, and the tail of the one above it.
const ASSET_TYPES: [(i64, &str, i64); 19] = [
    (5925, "Access Point", 0),
    (model::catalogue::COMPUTER, "Computer", 0),
    (5929, "Workstation", model::catalogue::COMPUTER),
    (5931, "Server", model::catalogue::COMPUTER),
    (5933, "Virtual Machine", model::catalogue::COMPUTER),
    (5935, "Virtual Host", model::catalogue::COMPUTER),
    (5937, "Router", 0),
    (5939, "Cisco Router", 5937),
    (5941, "Printer", 0),
    (5943, "Switch", 0),
    (5945, "Cisco Switch", 5943),
    (5947, "Cisco Catos Switch", 5943),
    (5949, "Mobile", 0),
    (5951, "Smartphone", 5949),
    (5953, "Tablet", 5949),
    (5955, "Firewall", 0),
    (5957, "Storage Device", 0),
    (5959, "Projector", 0),
    (5961, "UPS", 0),
];

fn product_types(rows: &mut Rows<'_>) -> Result<(), DeskError> {
    for (tail, name, parent) in ASSET_TYPES {
        let shown = plural(name);
        let word = snake(name);
        let mut cells: Vec<(&str, Value)> = vec![
            ("name", name.into()),
            ("display_name", shown.as_str().into()),
            ("image", shown.replace(' ', "_").into()),
            ("category", Id::shipped(5899).into()),
            ("type", ASSET.into()),
            ("api_name", format!("asset_{word}").into()),
            ("api_plural_name", format!("asset_{}", plural(&word)).into()),
            ("mandatory", true.into()),
        ];
        if parent != 0 {
            cells.push(("parent", Id::shipped(parent).into()));
        }
        // Machines have a CI from the start; of what else a desk wants one its administrator says.
        let ci_type = match name {
            "Computer" => Some("ci_computer"),
            "Workstation" => Some("ci_workstation"),
            "Server" | "Virtual Host" => Some("ci_server"),
            "Virtual Machine" => Some("ci_virtual_machine"),
            _ => None,
        };
        if let Some(id) = ci_type.and_then(type_id) {
            cells.push(("ci_type", id.into()));
        }
        rows.row("product_type", Id::shipped(tail), &cells)?;
    }
    for (tail, name, kind, category) in [
        (5963, "Keyboard", 5905, 5901),
        (5965, "Monitor", 5905, 5899),
        (5967, "Toner", 5907, 5899),
        (5969, "Software", 5909, 5899),
    ] {
        rows.row(
            "product_type",
            Id::shipped(tail),
            &[
                ("name", name.into()),
                ("display_name", plural(name).into()),
                ("image", plural(name).into()),
                ("category", Id::shipped(category).into()),
                ("type", Id::shipped(kind).into()),
                ("mandatory", true.into()),
            ],
        )?;
    }
    Ok(())
}

/// The types of CI: API name, what people call them, their icon, and the one above. Their ids follow from their place.
const CI_TYPES: [(&str, &str, &str, &str); 26] = [
    ("ci_cmdb", "CMDB", "cmdb", ""),
    ("ci_hardware", "Hardware", "hardware", "ci_cmdb"),
    ("ci_computer", "Computer", "exchange_server", "ci_hardware"),
    ("ci_workstation", "Workstation", "workstation", "ci_computer"),
    ("ci_windows_workstation", "Windows Workstation", "workstation", "ci_workstation"),
    ("ci_linux_workstation", "Linux Workstation", "workstation", "ci_workstation"),
    ("ci_mac_workstation", "Mac Workstation", "workstation", "ci_workstation"),
    ("ci_server", "Server", "server", "ci_computer"),
    ("ci_windows_server", "Windows Server", "server", "ci_server"),
    ("ci_linux_server", "Linux Server", "server", "ci_server"),
    ("ci_virtual_machine", "Virtual Machine", "virtual_machine", "ci_hardware"),
    ("ci_network_device", "Network Device", "network", "ci_hardware"),
    ("ci_router", "Router", "router", "ci_network_device"),
    ("ci_switch", "Switch", "switch", "ci_network_device"),
    ("ci_firewall", "Firewall", "firewall", "ci_network_device"),
    ("ci_access_point", "Access Point", "access_point", "ci_network_device"),
    ("ci_printer", "Printer", "printer", "ci_hardware"),
    ("ci_storage_device", "Storage Device", "storage", "ci_hardware"),
    ("ci_software", "Software", "software", "ci_cmdb"),
    ("ci_application", "Application", "application", "ci_software"),
    ("ci_database", "Database", "database", "ci_software"),
    ("ci_it_service", "IT Service", "service", "ci_cmdb"),
    ("ci_business_service", "Business Service", "service", "ci_cmdb"),
    ("ci_department", "Department", "department", "ci_cmdb"),
    ("ci_user", "People", "user", "ci_cmdb"),
    ("ci_support_group", "Support Group", "group", "ci_cmdb"),
];

fn type_id(name: &str) -> Option<Id> {
    let place = CI_TYPES.iter().position(|(known, ..)| *known == name)?;
    Some(Id::new(ROOT.get() + 2 * i64::try_from(place).ok()?))
}

fn ci_types(rows: &mut Rows<'_>) -> Result<(), DeskError> {
    for (name, shown, icon, above) in CI_TYPES {
        let Some(id) = type_id(name) else { continue };
        rows.row(
            "ci_type",
            id,
            &[
                ("name", name.into()),
                ("api_plural_name", name.into()),
                ("display_name", shown.into()),
                // Singular and plural are the same in every sample that was seen.
                ("display_name_plural", shown.into()),
                ("icon_name", icon.into()),
                ("parent", type_id(above).map_or(Value::Null, Into::into)),
            ],
        )?;
    }
    Ok(())
}

/// The attributes: type, key, label, kind, and what a lookup refers to.
const ATTRIBUTES: [(&str, &str, &str, &str, &str); 28] = [
    ("ci_cmdb", "ref_owned_by", "Owned by", "Lookup", "user"),
    ("ci_cmdb", "ref_managed_by", "Managed by", "Lookup", "user"),
    ("ci_cmdb", "ref_business_impact", "Business impact", "Lookup", "business_impact"),
    ("ci_hardware", "txt_service_tag", "Service tag", "Single Line", ""),
    ("ci_hardware", "txt_serial_number", "Serial number", "Single Line", ""),
    ("ci_hardware", "txt_manufacturer", "Manufacturer", "Single Line", ""),
    ("ci_hardware", "ref_model", "Model", "Lookup", "product"),
    ("ci_hardware", "txt_location", "Location", "Single Line", ""),
    ("ci_hardware", "txt_ip_address", "IP address", "Single Line", ""),
    ("ci_hardware", "txt_mac_address", "MAC address", "Single Line", ""),
    ("ci_hardware", "txt_processor_name", "Processor name", "Single Line", ""),
    ("ci_hardware", "num_processor_count", "Processor count", "Numeric Field", ""),
    ("ci_hardware", "txt_service_pack", "Service pack", "Single Line", ""),
    ("ci_computer", "txt_os", "Operating system", "Single Line", ""),
    ("ci_network_device", "txt_os", "Operating system", "Single Line", ""),
    ("ci_printer", "txt_os", "Operating system", "Single Line", ""),
    ("ci_storage_device", "txt_os", "Operating system", "Single Line", ""),
    ("ci_network_device", "num_port_count", "Port count", "Numeric Field", ""),
    ("ci_virtual_machine", "num_memory_mb", "Memory in MB", "Numeric Field", ""),
    ("ci_software", "txt_version", "Version", "Single Line", ""),
    ("ci_software", "txt_manufacturer", "Manufacturer", "Single Line", ""),
    ("ci_application", "txt_url", "Address", "URL", ""),
    ("ci_database", "txt_instance", "Instance", "Single Line", ""),
    ("ci_it_service", "txt_service_hours", "Service hours", "Single Line", ""),
    ("ci_business_service", "txt_service_hours", "Service hours", "Single Line", ""),
    ("ci_department", "ref_site", "Site", "Lookup", "site"),
    ("ci_user", "txt_email", "E-mail", "E-mail", ""),
    ("ci_support_group", "ref_site", "Site", "Lookup", "site"),
];

fn attributes(rows: &mut Rows<'_>) -> Result<(), DeskError> {
    for (place, (of, key, label, kind, target)) in (0_i64..).zip(ATTRIBUTES) {
        let reference = match target {
            "" => Value::Null,
            name => Value::Text(serde_json::json!({"name": name}).to_string()),
        };
        let word = match kind {
            "Lookup" => "refered_field",
            "Numeric Field" => "long",
            _ => "string",
        };
        rows.row(
            "udf_field",
            Id::shipped(1_000_901 + 2 * place),
            &[
                ("name", label.into()),
                ("display_name", label.into()),
                ("field_key", key.into()),
                ("type", word.into()),
                ("field_type", kind.into()),
                ("module.name", "ci".into()),
                ("sub_module.internal_name", "ci".into()),
                ("reference_entity", reference),
                ("ci_type", type_id(of).map_or(Value::Null, Into::into)),
                ("is_ci_attribute", true.into()),
            ],
        )?;
    }
    Ok(())
}

/// The relationship types: name, name from the other end, which way trouble travels, and whether a ring makes sense.
fn relationship_types(rows: &mut Rows<'_>) -> Result<(), DeskError> {
    for (place, (name, inverse, impact, acyclic)) in (0_i64..).zip([
        ("Runs", "Runs On", "parent_to_child", true),
        ("Depends On", "Used By", "child_to_parent", false),
        ("Connected To", "Connected From", "both", false),
        ("Located In", "Houses", "child_to_parent", true),
        ("Owned By", "Owns", "none", false),
        ("Managed By", "Manages", "none", false),
        ("Uses", "Is Used By", "child_to_parent", false),
        ("Hosts", "Hosted On", "parent_to_child", true),
        ("Sends data to", "Receives data from", "parent_to_child", false),
        ("Consists Of", "Part Of", "child_to_parent", true),
    ]) {
        rows.row(
            "ci_relationship_type",
            Id::shipped(1_001_101 + 2 * place),
            &[
                ("name", name.into()),
                ("inverse_name", inverse.into()),
                ("impact", impact.into()),
                ("acyclic", acyclic.into()),
            ],
        )?;
    }
    Ok(())
}
