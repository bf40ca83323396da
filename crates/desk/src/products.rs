//! Products, product types and asset states: what assets are instances of, and what they can be doing
//! (assets-cmdb.md sections 2.9, 3 and 4).

use crate::context::Context;
use crate::draft::Draft;
use crate::{Desk, DeskError, Refusal, Snapshot};
use model::{AssetView, Id, Record, Value};
use std::sync::Arc;

/// How deep product types may be nested.
const DEPTH_MAX: usize = 8;

pub(crate) async fn prepare(desk: &Desk, ctx: &Context, draft: &mut Draft) -> Result<(), DeskError> {
    if draft.changes("product_type")
        && let Some(kind) = draft.small("product_type").cloned()
    {
        for path in ["type", "category"] {
            draft.new.set(path, kind.get(path).clone());
        }
        if !draft.is_new() {
            // Its assets are of the new type from now on.
            let snapshot = draft.snapshot.clone();
            let stamps = [
                ("product_type", Value::from(kind.id())),
                ("type", kind.get("type").clone()),
                ("category", kind.get("category").clone()),
            ];
            let assets = snapshot.module("asset")?;
            draft.statements.extend(desk.store.stamp_rows(assets, "product", draft.new.id(), &stamps));
        }
    }
    depreciation(draft, "depreciation_detail");
    manufacturer(desk, ctx, draft)
}

/// What a plan of depreciation must say (assets-cmdb.md section 2.7).
pub(crate) fn depreciation(draft: &mut Draft, group: &str) {
    use crate::depreciation::Method;
    let at = |path: &str| format!("{group}.{path}");
    let parts = ["depreciation_type", "useful_life", "depreciation_percent", "salvage_value"];
    if !parts.iter().any(|path| draft.gives(&at(path))) {
        return;
    }
    let method = draft.new.int(&at("depreciation_type")).and_then(Method::of);
    let set = |draft: &Draft, path: &str| !draft.new.get(&at(path)).is_null();
    let Some(method) = method else {
        if parts.iter().any(|path| set(draft, path)) {
            draft.refuse(Refusal::Mandatory(at("depreciation_type")));
        }
        return;
    };
    match method {
        Method::DecliningBalance if !set(draft, "depreciation_percent") => {
            draft.refuse(Refusal::Mandatory(at("depreciation_percent")));
        }
        Method::DecliningBalance => {}
        _ if set(draft, "depreciation_percent") => {
            let words = "Only declining balance has a percentage";
            draft.refuse(Refusal::because(at("depreciation_percent"), words));
        }
        _ if !set(draft, "useful_life") => draft.refuse(Refusal::Mandatory(at("useful_life"))),
        _ => {}
    }
}

/// A manufacturer that is named for the first time is kept among the manufacturers, for forms to offer.
fn manufacturer(desk: &Desk, ctx: &Context, draft: &mut Draft) -> Result<(), DeskError> {
    let name = draft.new.text("manufacturer").map(str::trim).filter(|n| !n.is_empty() && *n != "-");
    let Some(name) =
        name.filter(|_| draft.changes("manufacturer")).map(|n| n.chars().take(100).collect::<String>())
    else {
        return Ok(());
    };
    if draft.snapshot.named("manufacturer", &name).is_empty() {
        let mut row = Record::new(draft.snapshot.module("manufacturer")?.clone());
        desk.preset(ctx, &mut row, &draft.snapshot);
        row.set("id", desk.new_id(ctx));
        row.set("name", name);
        draft.statements.extend(desk.store.insert_if_new(&row, "name"));
        draft.statements.push(desk.store.raise_cache_version("setup"));
    }
    Ok(())
}

/// A product type takes category and kind from the one above it, and has a path of its own for its assets.
pub(crate) async fn prepare_type(desk: &Desk, draft: &mut Draft) -> Result<(), DeskError> {
    if let Some(parent) = draft.small("parent").cloned() {
        for path in ["category", "type"] {
            if draft.gives(path) && draft.new.get(path) != parent.get(path) {
                draft.refuse(Refusal::because(path, "Must be that of the parent"));
            } else if draft.changes("parent") {
                draft.new.set(path, parent.get(path).clone());
            }
        }
        if lineage(&draft.snapshot, &parent).iter().any(|t| t.id() == draft.new.id()) && !draft.is_new() {
            draft.refuse(Refusal::because("parent", "A product type cannot be below itself"));
        }
        if lineage(&draft.snapshot, &parent).len() >= DEPTH_MAX {
            draft.refuse(Refusal::because("parent", format!("At most {DEPTH_MAX} levels")));
        }
    }
    if draft.old.is_some() {
        if draft.changes("type") || draft.changes("category") {
            in_use_stays(desk, draft).await?;
        }
        return Ok(());
    }
    let name = draft.new.text("name").unwrap_or_default().to_owned();
    if draft.new.text("display_name").is_none() {
        draft.new.set("display_name", plural(&name));
    }
    let is_asset = draft.new.reference("type") == Some(ASSET);
    let given = draft.new.text("api_name").map(str::to_owned);
    if !is_asset && given.is_some() {
        draft.refuse(Refusal::because("api_name", "Only types of assets have one"));
    }
    if is_asset && given.is_none() {
        let word = snake(&name);
        draft.new.set("api_name", format!("custom_asset_{word}"));
        if draft.new.text("api_plural_name").is_none() {
            draft.new.set("api_plural_name", format!("custom_asset_{}", plural(&word)));
        }
    }
    for path in ["api_name", "api_plural_name"] {
        let Some(word) = draft.new.text(path).map(str::to_owned) else {
            if is_asset && path == "api_plural_name" {
                let own = draft.new.text("api_name").map(plural);
                draft.new.set(path, own);
            }
            continue;
        };
        let well_formed = word.starts_with("custom_asset_") && snake(&word) == word;
        let taken = draft.snapshot.catalogue.module(&word).is_some()
            || draft.snapshot.catalogue.at_path(&word).is_some();
        if !well_formed {
            draft.refuse(Refusal::because(
                path,
                "Begins with custom_asset_; lower-case letters, digits and _",
            ));
        } else if taken && draft.gives(path) {
            draft.refuse(Refusal::NotUnique(path.into()));
        } else if taken {
            // It follows from the name.
            draft.refuse(Refusal::NotUnique("name".into()));
        }
    }
    Ok(())
}

/// Kind and category of a type that has products already stay as they are.
async fn in_use_stays(desk: &Desk, draft: &mut Draft) -> Result<(), DeskError> {
    let users = match &draft.old {
        Some(old) => desk.used_by(old).await?,
        None => Vec::new(),
    };
    if users.iter().any(|plural| plural == "products" || plural == "assets") {
        for path in ["type", "category"] {
            if draft.changes(path) {
                draft.refuse(Refusal::NotEditable(path.into()));
            }
        }
    }
    Ok(())
}

/// The asset type whose products are assets.
pub(crate) const ASSET: Id = Id::shipped(5903);

/// The category of machines.
const IT: Id = Id::shipped(5899);

/// The product type of computers.
const COMPUTER: Id = Id::shipped(model::catalogue::COMPUTER);

/// A product type and those above it, nearest first.
pub(crate) fn lineage(snapshot: &Snapshot, of: &Arc<Record>) -> Vec<Arc<Record>> {
    let mut line = vec![of.clone()];
    while let Some(parent) =
        line.last().and_then(|t| t.reference("parent")).and_then(|id| snapshot.record(id))
    {
        if line.iter().any(|t| t.id() == parent.id()) {
            break;
        }
        line.push(parent.clone());
    }
    line
}

/// The paths of product types' own assets, as the catalogue needs them (assets-cmdb.md section 2.6).
pub(crate) fn views(types: &[Arc<Record>]) -> Vec<AssetView> {
    let parent = |t: &Arc<Record>| {
        t.reference("parent").and_then(|id| types.iter().find(|other| other.id() == id)).cloned()
    };
    let line = |t: &Arc<Record>| {
        let mut ids = vec![t.id()];
        let mut next = parent(t);
        while let Some(above) = next.filter(|above| !ids.contains(&above.id())) {
            ids.push(above.id());
            next = parent(&above);
        }
        ids
    };
    let lines: Vec<Vec<Id>> = types.iter().map(line).collect();
    let mut views = Vec::new();
    for (kind, own) in types.iter().zip(&lines) {
        let below = lines.iter().filter(|l| l.first() != own.first() && l.contains(&kind.id()));
        let product_types: Vec<Value> = std::iter::once(kind.id())
            .chain(below.filter_map(|l| l.first().copied()))
            .map(Value::from)
            .collect();
        // Whatever is on a network can be scanned: computers, switches, printers, telephones (wire-facts.md section 9).
        let has_inventory = kind.reference("category") == Some(IT);
        if kind.id() == COMPUTER {
            // The older name of the same collection (assets-cmdb.md section 2.5).
            views.push(AssetView {
                name: "workstation".into(),
                plural: "workstations".into(),
                aliases: vec!["workstation"],
                product_types: product_types.clone(),
                has_inventory,
            });
        }
        let (Some(name), Some(plural)) = (kind.text("api_name"), kind.text("api_plural_name")) else {
            continue;
        };
        views.push(AssetView {
            name: name.to_owned(),
            plural: plural.to_owned(),
            aliases: Vec::new(),
            product_types,
            has_inventory,
        });
    }
    views
}

pub(crate) fn prepare_state(draft: &mut Draft) {
    if draft.is_new() {
        let name = draft.new.text("name").map(str::to_owned);
        draft.new.set("internal_name", name);
    }
    if draft.new.is("ownership_mandatory") && !draft.new.is("ownership") {
        draft.new.set("ownership", true);
    }
}

/// Lower snake case.
pub(crate) fn snake(name: &str) -> String {
    let mut out = String::new();
    for c in model::fold(name).chars() {
        if c.is_ascii_alphanumeric() {
            out.push(c);
        } else if !out.ends_with('_') {
            out.push('_');
        }
    }
    out.trim_matches('_').chars().take(60).collect()
}

/// An English plural, good enough for a path: switches, batteries, printers.
pub(crate) fn plural(word: &str) -> String {
    let lower = word.to_ascii_lowercase();
    if ["s", "x", "ch", "sh", "z"].iter().any(|end| lower.ends_with(end)) {
        return format!("{word}es");
    }
    let before = lower.chars().rev().nth(1);
    match word.strip_suffix('y') {
        Some(stem) if !before.is_some_and(|c| "aeiou".contains(c)) => format!("{stem}ies"),
        _ => format!("{word}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plurals_and_api_names() {
        for (one, many) in [
            ("Access Point", "Access Points"),
            ("switch", "switches"),
            ("battery", "batteries"),
            ("display", "displays"),
            ("bus", "buses"),
        ] {
            assert_eq!(plural(one), many);
        }
        for (name, word) in [("Load Balancer", "load_balancer"), ("  UPS (3 kW) ", "ups_3_kw"), ("ÄÖ", "")]
        {
            assert_eq!(snake(name), word);
        }
    }
}
