//! What the company buys: makers, sellers, and the models that it has.

use super::super::forms::named;
use super::super::rows::Rows;
use crate::DeskError;
use model::{Id, Record, Value};

/// A model that the company buys.
pub(super) struct Model {
    /// The shipped product type.
    pub kind: &'static str,
    /// The type of the CI that stands for an asset of it; empty where it has none.
    pub ci: &'static str,
    pub name: &'static str,
    pub maker: &'static str,
    pub part: &'static str,
    /// What one costs.
    pub cost: i64,
    pub is_laptop: bool,
    /// Processor, megabytes of memory and operating system, of a machine.
    pub inside: (&'static str, i64, &'static str),
}

impl std::fmt::Debug for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

const fn machine(
    kind: &'static str,
    ci: &'static str,
    [name, maker, part]: [&'static str; 3],
    cost: i64,
    inside: (&'static str, i64, &'static str),
) -> Model {
    Model { kind, ci, name, maker, part, cost, is_laptop: false, inside }
}

const fn laptop(names: [&'static str; 3], cost: i64, inside: (&'static str, i64, &'static str)) -> Model {
    Model { is_laptop: true, ..machine("Workstation", "ci_workstation", names, cost, inside) }
}

const fn device(kind: &'static str, ci: &'static str, names: [&'static str; 3], cost: i64) -> Model {
    machine(kind, ci, names, cost, ("", 0, ""))
}

const WINDOWS: &str = "Windows 11 Enterprise";
const SERVER: &str = "Windows Server 2022 Standard";
const LINUX: &str = "Debian GNU/Linux 12";
const HYPERVISOR: &str = "VMware ESXi 8.0";

/// All models. Those of one product type stand together.
pub(super) const MODELS: [Model; 29] = [
    laptop(["Latitude 5440", "Dell", "LAT-5440-I5"], 1_190, ("Intel Core i5-1345U", 16_384, WINDOWS)),
    laptop(["Latitude 7440", "Dell", "LAT-7440-I7"], 1_690, ("Intel Core i7-1365U", 32_768, WINDOWS)),
    laptop(["ThinkPad T14 Gen 4", "Lenovo", "21HD-0001"], 1_340, ("Intel Core i5-1335U", 16_384, WINDOWS)),
    laptop(["EliteBook 840 G10", "HP", "818L1EA"], 1_450, ("Intel Core i5-1335U", 16_384, WINDOWS)),
    laptop(["MacBook Pro 14", "Apple", "MPHE3"], 2_290, ("Apple M2 Pro", 16_384, "macOS 14")),
    machine(
        "Workstation",
        "ci_workstation",
        ["OptiPlex 7010", "Dell", "OPT-7010"],
        840,
        ("Intel Core i5-13500", 16_384, WINDOWS),
    ),
    machine(
        "Workstation",
        "ci_workstation",
        ["ThinkStation P3", "Lenovo", "30GS-0002"],
        2_150,
        ("Intel Core i9-13900", 65_536, WINDOWS),
    ),
    machine(
        "Server",
        "ci_server",
        ["PowerEdge R450", "Dell", "PE-R450"],
        5_400,
        ("Intel Xeon Silver 4314", 131_072, SERVER),
    ),
    machine(
        "Server",
        "ci_server",
        ["ProLiant DL360 Gen11", "HP", "P51930"],
        6_200,
        ("Intel Xeon Silver 4410Y", 131_072, LINUX),
    ),
    machine(
        "Virtual Host",
        "ci_server",
        ["PowerEdge R760", "Dell", "PE-R760"],
        14_800,
        ("Intel Xeon Gold 6430", 1_048_576, HYPERVISOR),
    ),
    machine(
        "Virtual Machine",
        "ci_virtual_machine",
        ["Virtual machine, Windows", "VMware", "VM-WIN"],
        0,
        ("Intel Xeon Gold 6430", 16_384, SERVER),
    ),
    machine(
        "Virtual Machine",
        "ci_virtual_machine",
        ["Virtual machine, Linux", "VMware", "VM-LNX"],
        0,
        ("Intel Xeon Gold 6430", 8_192, LINUX),
    ),
    device("Smartphone", "", ["iPhone 14", "Apple", "MPUF3"], 780),
    device("Smartphone", "", ["Galaxy XCover 6 Pro", "Samsung", "SM-G736B"], 520),
    device("Tablet", "", ["Galaxy Tab Active 5", "Samsung", "SM-X306B"], 560),
    device("Printer", "ci_printer", ["LaserJet Enterprise M611", "HP", "7PS84A"], 890),
    device("Printer", "ci_printer", ["ZT411 label printer", "Zebra", "ZT41142"], 1_320),
    device("Printer", "ci_printer", ["TASKalfa 4054ci", "Kyocera", "1102YR3"], 4_600),
    device("Switch", "ci_switch", ["Catalyst 9200L-48P", "Cisco", "C9200L-48P"], 3_100),
    device("Switch", "ci_switch", ["Aruba CX 6100", "HP", "JL675A"], 1_900),
    device("Firewall", "ci_firewall", ["FortiGate 100F", "Fortinet", "FG-100F"], 2_900),
    device("Router", "ci_router", ["ISR 1100", "Cisco", "C1111-8P"], 1_250),
    device("Access Point", "ci_access_point", ["Aruba AP-515", "HP", "Q9H62A"], 610),
    device("Storage Device", "ci_storage_device", ["PowerStore 500T", "Dell", "PS-500T"], 31_000),
    device("UPS", "", ["Smart-UPS 3000", "APC", "SMT3000"], 1_480),
    device("Projector", "", ["EB-L260F", "Epson", "V11HA69"], 1_050),
    device("Monitor", "", ["P2723DE", "Dell", "P2723DE"], 310),
    device("Keyboard", "", ["MX Keys", "Logitech", "920-010250"], 90),
    device("Toner", "", ["147A black", "HP", "W1470A"], 170),
];

/// Who sells: name, who speaks for them, city and country.
const VENDORS: [[&str; 4]; 5] = [
    ["Northwind Systems", "Ines Albers", "Hamburg", "Germany"],
    ["Contoso Office Supplies", "Paul Dubois", "Lyon", "France"],
    ["Fabrikam Networks", "Karin Nilsson", "Malmö", "Sweden"],
    ["Litware Mobile", "Sean O'Brien", "Dublin", "Ireland"],
    ["Tailspin Leasing", "Maria Rossi", "Milan", "Italy"],
];

/// The models as the desk knows them.
#[derive(Debug)]
pub(super) struct Goods {
    /// As [`MODELS`].
    pub products: Vec<Product>,
    pub vendors: Vec<Id>,
}

/// A model in the desk.
#[derive(Debug)]
pub(super) struct Product {
    pub model: &'static Model,
    pub record: Record,
    /// Whether assets of it lose their value by a plan.
    pub depreciates: bool,
}

impl Goods {
    /// Adds them to the rows of the company.
    pub fn buy(rows: &mut Rows<'_>, now: i64) -> Result<Self, DeskError> {
        let mut vendors = Vec::new();
        for [name, contact, city, country] in VENDORS {
            let word = super::super::people::address_word(name);
            vendors.push(match rows.find("vendor", name, None) {
                Some(id) => id,
                None => rows.add(
                    "vendor",
                    &[
                        ("name", name.into()),
                        ("contact_person", contact.into()),
                        ("email_id", format!("sales@{word}.example.com").into()),
                        ("web_url", format!("https://{word}.example.com").into()),
                        ("city", city.into()),
                        ("country", country.into()),
                    ],
                )?,
            });
        }
        let mut products = Vec::new();
        for model in &MODELS {
            if rows.find("manufacturer", model.maker, None).is_none() {
                rows.add("manufacturer", &[("name", model.maker.into())])?;
            }
            products.push(Self::product(rows, model, now)?);
        }
        Ok(Self { products, vendors })
    }

    fn product(rows: &mut Rows<'_>, model: &'static Model, now: i64) -> Result<Product, DeskError> {
        let kind = named(rows.snapshot(), "product_type", model.kind)?;
        let of_kind =
            |path: &str| rows.snapshot().record(kind).map_or(Value::Null, |kind| kind.get(path).clone());
        let mut cells: Vec<(&str, Value)> = vec![
            ("name", model.name.into()),
            ("product_type", kind.into()),
            ("type", of_kind("type")),
            ("category", of_kind("category")),
            ("manufacturer", model.maker.into()),
            ("part_no", model.part.into()),
            ("is_laptop", model.is_laptop.into()),
            ("cost", crate::money::write(model.cost.into()).into()),
            ("created_time", now.into()),
            ("last_updated_time", now.into()),
            ("created_by", crate::users::SYSTEM.into()),
        ];
        // Straight line over three years for what people carry, five for what stands in racks.
        let depreciates = model.cost >= 800;
        if depreciates {
            let years = if model.ci == "ci_workstation" { 3 } else { 5 };
            cells.push(("depreciation_detail.depreciation_type", Id::new(1).into()));
            cells.push(("depreciation_detail.useful_life", (12 * years).into()));
            cells.push(("depreciation_detail.salvage_value", 50.0.into()));
        }
        let record = rows.add_record("product", &cells)?;
        Ok(Product { model, record, depreciates })
    }
}
