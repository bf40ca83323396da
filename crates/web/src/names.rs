//! What modules are called, and where their records are.

use crate::texts::Lang;
use crate::visit::Visit;
use model::{Id, Module};

/// What a built-in module is called, by its name or by its plural; the words of the name where nothing else is known.
pub(crate) fn of(lang: Lang, name: &str) -> String {
    match lang.find(&format!("noun.{name}")) {
        Some(text) => text.to_owned(),
        None => {
            let mut words = name.replace('_', " ");
            if let Some(first) = words.get_mut(0..1) {
                first.make_ascii_uppercase();
            }
            words
        }
    }
}

/// What one record of a module is called, and what many are. Types of CI have the names that administrators gave them.
pub(crate) fn both(visit: &Visit, module: &Module) -> (String, String) {
    if module.table == "ci" && module.fixed.is_some() {
        let own = module.fixed.as_ref().and_then(|fixed| fixed.values.first()).and_then(|v| v.as_int());
        if let Some(row) = own.and_then(|id| visit.snapshot.record(Id::new(id))) {
            let one = row.text("display_name").unwrap_or(&module.name).to_owned();
            let many = row.text("display_name_plural").map_or_else(|| one.clone(), str::to_owned);
            return (one, many);
        }
    }
    (of(visit.lang(), &module.name), of(visit.lang(), &module.plural))
}

/// Modules with pages of their own in the daily work: their plurals.
pub(crate) const WORK: [&str; 6] = ["problems", "tasks", "assets", "products", "users", "asset_loans"];

/// The address of a module's list.
pub(crate) fn list(module: &Module) -> String {
    match (module.table.as_ref(), module.plural.as_ref()) {
        ("request", _) => "/requests".into(),
        ("person", _) => "/users".into(),
        ("asset", _) => "/assets".into(),
        ("ci", _) => format!("/{}", module.path()),
        (_, plural) if WORK.contains(&plural) => format!("/{plural}"),
        (_, plural) => format!("/admin/{plural}"),
    }
}

/// The address of a record's page; none for a module whose records have no page of their own.
pub(crate) fn record(module: &Module, id: Id) -> Option<String> {
    if !module.top_level {
        return None;
    }
    if module.table == "ci" {
        return Some(format!("/cmdb/{id}"));
    }
    Some(format!("{}/{id}", list(module)))
}
