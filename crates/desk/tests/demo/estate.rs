//! The estate of the demo company: assets and their CIs agree, every relationship and every problem has its ends.

use super::all;
use desk::Desk;
use desk::demo::DemoSummary;
use model::{Filter, Id, Record, Value};
use std::collections::{HashMap, HashSet};
use store::Query;

/// The CIs as their own types read them: with their attributes.
pub async fn with_attributes(desk: &Desk, cis: &[Record]) -> Vec<Record> {
    let snapshot = desk.snapshot();
    let mut found = Vec::new();
    for ci in cis {
        let view = snapshot.catalogue.view_of(&ci.module, ci).unwrap();
        found.push(desk.store().get(view, ci.id()).await.unwrap().unwrap());
    }
    found
}

pub async fn fits_together(
    desk: &Desk,
    records: &[Record],
    by_id: &HashMap<Id, &Record>,
    summary: DemoSummary,
) {
    let of = |table: &str| records.iter().filter(|r| r.module.table == table).collect::<Vec<_>>();
    let (assets, cis, problems) = (of("asset"), of("ci"), of("problem"));
    let counted = [&assets, &cis, &problems].map(|rows| rows.len() as u64);
    assert_eq!(counted, [summary.assets, summary.cis, summary.problems]);
    let people = usize::try_from(summary.people).unwrap();
    let given = assets.iter().filter(|a| !a.get("user").is_null()).count();
    assert!((people..2 * people).contains(&given), "{given} of {people}");
    assert!((12..16).contains(&problems.len()), "{}", problems.len());
    one_of_a_kind(&assets, &cis);
    for asset in &assets {
        bought_well(asset, by_id);
    }
    for ci in &cis {
        stands_for(ci, by_id);
    }
    tied(&of("ci_relationship"), by_id);
    costs_add_up(&assets, &of("asset_cost"));
    investigated(&problems, records, by_id);
    told(records, by_id);
    found(desk, &assets, &problems).await;
}

fn one_of_a_kind(assets: &[&Record], cis: &[&Record]) {
    for field in ["name", "asset_tag", "serial_number", "barcode"] {
        let values: HashSet<String> = assets.iter().map(|a| model::fold(a.text(field).unwrap())).collect();
        assert_eq!(values.len(), assets.len(), "{field}");
    }
    let names: HashSet<(Option<Id>, String)> =
        cis.iter().map(|ci| (ci.reference("ci_type"), model::fold(ci.title()))).collect();
    assert_eq!(names.len(), cis.len());
}

fn bought_well(asset: &Record, by_id: &HashMap<Id, &Record>) {
    let at = |path: &str| asset.reference(path).map(|id| by_id[&id]);
    let product = at("product").unwrap();
    for path in ["product_type", "type", "category"] {
        assert_eq!(asset.get(path), product.get(path), "{path}");
    }
    let state = at("state").unwrap();
    assert!(state.is("ownership") || asset.get("user").is_null(), "{asset:?}");
    if let Some(user) = at("user") {
        assert_eq!(asset.get("site"), user.get("site"));
        assert_eq!(asset.get("department"), user.get("department"));
    }
    assert!(asset.int("acquisition_date") <= asset.int("created_time"));
    assert!(asset.int("warranty_expiry") > asset.int("acquisition_date"));
    assert_eq!(
        asset.is("is_depreciation_configured"),
        !product.get("depreciation_detail.depreciation_type").is_null()
    );
    // What has a CI, and what the CI is called, follow from the product type.
    let kind = at("product_type").unwrap();
    let ci = at("ci");
    assert!(ci.is_some() || kind.get("ci_type").is_null(), "{asset:?}");
    if let (Some(ci), Some(ci_type)) = (ci, kind.reference("ci_type")) {
        assert_eq!(ci.reference("ci_type"), Some(ci_type));
    }
}

/// What a CI and the record behind it both know is the same.
fn stands_for(ci: &Record, by_id: &HashMap<Id, &Record>) {
    let Some(module) = ci.text("linked_module") else {
        assert!(ci.get("linked_instance").is_null());
        return;
    };
    let other = by_id[&Id::new(ci.int("linked_instance").unwrap())];
    assert_eq!((module, ci.title()), (other.module.name.as_ref(), other.title()));
    if module != "asset" {
        return;
    }
    assert_eq!(other.reference("ci"), Some(ci.id()));
    for (key, field) in [
        ("txt_serial_number", "serial_number"),
        ("txt_service_tag", "computer_system.service_tag"),
        ("txt_ip_address", "ip_address"),
        ("txt_mac_address", "mac_address"),
        ("txt_location", "location"),
        ("ref_owned_by", "user"),
        ("ref_model", "product"),
    ] {
        assert_eq!(ci.get(&format!("ci_attributes.{key}")), other.get(field), "{key} of {}", ci.title());
    }
    let os = "ci_attributes.txt_os";
    if ci.module.slot(os).is_some() {
        assert_eq!(ci.get(os), other.get("operating_system.os"));
    }
    let product = by_id[&other.reference("product").unwrap()];
    assert_eq!(ci.text("ci_attributes.txt_manufacturer"), product.text("manufacturer"));
}

fn tied(relationships: &[&Record], by_id: &HashMap<Id, &Record>) {
    let mut pairs = HashSet::new();
    let mut kinds: HashMap<String, usize> = HashMap::new();
    for row in relationships {
        let [kind, parent, child] =
            ["relationship_type", "parent_ci", "child_ci"].map(|path| by_id[&row.reference(path).unwrap()]);
        assert!(parent.id() != child.id() && pairs.insert((kind.id(), parent.id(), child.id())));
        let made = [parent, child].iter().filter_map(|ci| ci.int("created_time")).max();
        assert!(row.int("created_time") >= made, "{row:?}");
        *kinds.entry(kind.title().to_owned()).or_default() += 1;
    }
    for kind in ["Runs", "Depends On", "Managed By", "Uses", "Hosts", "Consists Of"] {
        assert!(kinds[kind] > 2, "{kinds:?}");
    }
}

fn costs_add_up(assets: &[&Record], costs: &[&Record]) {
    let amount = |text: Option<&str>| text.unwrap().parse::<f64>().unwrap();
    assert!(!costs.is_empty());
    for asset in assets {
        let of = costs.iter().filter(|c| c.reference("asset") == Some(asset.id()));
        let sum: f64 = of.map(|c| amount(c.text("amount"))).sum();
        let [price, operational, total] =
            ["purchase_cost", "operational_cost", "total_cost"].map(|path| amount(asset.text(path)));
        assert!((sum - operational).abs() < 0.01 && (price + sum - total).abs() < 0.01, "{asset:?}");
    }
}

fn investigated(problems: &[&Record], records: &[Record], by_id: &HashMap<Id, &Record>) {
    let mut numbers: Vec<i64> = problems.iter().filter_map(|p| p.int("display_id")).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (1..).take(problems.len()).collect::<Vec<_>>());
    let requests: Vec<&Record> = records.iter().filter(|r| r.module.name == "request").collect();
    for problem in problems {
        let incidents: Vec<_> =
            requests.iter().filter(|r| r.reference("problem") == Some(problem.id())).collect();
        assert!((1..=6).contains(&incidents.len()), "{}", incidents.len());
        for incident in incidents {
            assert!(incident.is("has_problem"));
            assert_eq!(incident.get("subcategory"), problem.get("subcategory"));
            assert!(incident.int("created_time") <= problem.int("reported_time"));
        }
        let status = by_id[&problem.reference("status").unwrap()];
        assert_eq!(status.text("internal_name") == Some("Closed"), problem.int("closed_time").is_some());
        let analysed = problem.text("root_cause.root_cause_description").is_some();
        assert!(analysed || problem.int("closed_time").is_none());
        let noted = records
            .iter()
            .any(|r| r.module.name == "problem_note" && r.reference("problem") == Some(problem.id()));
        assert_eq!(problem.is("notes_present"), noted);
    }
    assert!(requests.iter().all(|r| r.is("has_problem") == r.reference("problem").is_some()));
    let referring = requests.iter().filter(|r| !r.references("assets").is_empty()).count();
    let speaking = requests.iter().filter(|r| !r.references("configuration_items").is_empty()).count();
    for count in [referring, speaking] {
        assert!((25..40).contains(&(count * 100 / requests.len())), "{count}");
    }
}

/// Every asset, CI, relationship and problem was made once, and changed as often as its version says.
fn told(records: &[Record], by_id: &HashMap<Id, &Record>) {
    let mut entries: HashMap<Id, Vec<&Record>> = HashMap::new();
    for entry in records.iter().filter(|r| r.module.name == "history") {
        entries.entry(Id::new(entry.int("record").unwrap())).or_default().push(entry);
    }
    for record in by_id.values() {
        if !["asset", "ci", "ci_relationship", "problem"].contains(&record.module.table.as_ref()) {
            continue;
        }
        let mut own = entries.remove(&record.id()).unwrap();
        own.sort_by_key(|e| e.id());
        assert!(own.is_sorted_by_key(|e| e.int("time")), "{own:?}");
        assert_eq!(own[0].text("operation"), Some("CREATE"));
        assert_eq!(own.len(), usize::try_from(record.version).unwrap(), "{record:?}");
        assert_eq!(own[0].text("module"), Some(record.module.key()));
        let made = ["created_time", "reported_time"].iter().find_map(|p| record.int(p));
        assert_eq!(own[0].int("time"), made);
    }
}

async fn found(desk: &Desk, assets: &[&Record], problems: &[&Record]) {
    let find = async |module: &str, text: &str| -> HashSet<Id> {
        let module = desk.snapshot().module(module).unwrap().clone();
        let mut query = Query::new(module, Filter::everything(), 10_000);
        query.words = desk::words(text);
        desk.store().list(&query).await.unwrap().iter().map(Record::id).collect()
    };
    for asset in assets.iter().step_by(25) {
        assert!(find("asset", asset.text("serial_number").unwrap()).await.contains(&asset.id()));
        if let Value::Int(ci) = asset.get("ci") {
            assert!(find("ci", asset.title()).await.contains(&Id::new(*ci)));
        }
    }
    for problem in problems {
        assert!(find("problem", problem.title()).await.contains(&problem.id()), "{}", problem.title());
    }
    assert!(!all(desk, "asset").await.is_empty());
}
