//! What happened to a record: who changed what, when, from what, to what.

use crate::numbers;
use crate::show::{self, Cell};
use crate::times::Moment;
use crate::visit::Visit;
use desk::{DeskError, ListAsk, Place};
use model::{Filter, Id, Kind, Leaf, Module, Record};
use serde_json::Value as Json;
use std::sync::Arc;

/// Characters of a text that was or is.
const TEXT_MAX: usize = 300;
/// So many changes are shown, the newest.
const CHANGES: u64 = 200;

/// One change.
pub(crate) struct Change {
    pub by: Cell,
    pub when: Moment,
    /// What was done, in words.
    pub what: String,
    pub fields: Vec<FieldChange>,
    /// The entry by which it can be taken back, where it can.
    pub undo: Option<Id>,
}

/// What one field was and what it is.
pub(crate) struct FieldChange {
    pub label: String,
    pub before: String,
    pub after: String,
}

/// The changes of a record, the newest first.
///
/// # Errors
/// As for reading the record; [`DeskError::NotPermitted`] for requesters.
pub(crate) async fn of(visit: &Visit, place: &Place, id: Id) -> Result<Vec<Change>, DeskError> {
    let ask = ListAsk::new(Filter::everything(), CHANGES);
    let (_, page) = visit.desk().history_of(&visit.ctx, place, id, ask).await?;
    let view = visit.desk().view(&page.records, None).await?;
    let undoable = visit.desk().which_undoable(&visit.ctx, place, id, &page.records).await?;
    let shown = |entry: &Record| {
        let undo = undoable.contains(&entry.id()).then(|| entry.id());
        Change { undo, ..change(visit, &view, entry) }
    };
    Ok(page.records.iter().map(shown).collect())
}

/// One entry of the history.
pub(crate) fn change(visit: &Visit, view: &desk::View, entry: &Record) -> Change {
    let by = entry.reference("by").map(|id| show::reference(view, id)).unwrap_or_default();
    let module = module_of(visit, entry).map(AsRef::as_ref);
    let diff: Vec<Json> = entry.text("diff").and_then(|t| serde_json::from_str(t).ok()).unwrap_or_default();
    Change {
        by,
        when: visit.times.moment(entry.int("time").unwrap_or(0)),
        what: what(visit, entry),
        fields: diff.iter().filter_map(|d| field(visit, module, d)).collect(),
        undo: None,
    }
}

/// The module of the record that an entry is about.
pub(crate) fn module_of<'v>(visit: &'v Visit, entry: &Record) -> Option<&'v Arc<Module>> {
    let name = entry.text("module")?;
    let modules = visit.snapshot.catalogue.modules();
    modules.iter().find(|m| m.key() == name || m.name == name)
}

fn what(visit: &Visit, entry: &Record) -> String {
    let lang = visit.lang();
    let operation = entry.text("operation").unwrap_or_default().to_ascii_lowercase();
    let event = lang.find(&format!("event.{operation}"));
    if let (Some(event), true) = (event, entry.text("description").unwrap_or_default().is_empty()) {
        return event.to_owned();
    }
    let verb = event
        .or_else(|| lang.find(&format!("operation.{operation}")))
        .map_or_else(|| operation.replace('_', " "), str::to_owned);
    let noun = module_of(visit, entry).map(|m| crate::names::both(visit, m).0).unwrap_or_default();
    let words = entry.text("description").unwrap_or_default();
    match (noun.is_empty(), words.is_empty()) {
        (true, true) => verb,
        (false, true) => format!("{noun}: {verb}"),
        // What was done to a credential, and to which.
        (_, false) if lang.find(&format!("event.{operation}")).is_some() => format!("{verb}: {words}"),
        (_, false) => words.to_owned(),
    }
}

fn field(visit: &Visit, module: Option<&Module>, diff: &Json) -> Option<FieldChange> {
    let path = diff.get("field")?.as_str()?;
    let leaf = module.and_then(|m| m.find(path));
    // What is never shown is no more to be shown here.
    if leaf.is_some_and(|leaf| !leaf.field.shown) {
        return None;
    }
    let label = leaf.map_or_else(|| path.to_owned(), |leaf| visit.lang().label(&leaf.field.label));
    let value = |key: &str| diff.get(key).map_or_else(String::new, |value| in_words(visit, leaf, value));
    Some(FieldChange { label, before: value("previous_value"), after: value("current_value") })
}

fn in_words(visit: &Visit, leaf: Option<&Leaf>, value: &Json) -> String {
    let kind = leaf.map(|leaf| &leaf.field.kind);
    let count = value.as_i64().or_else(|| value.as_str()?.parse().ok());
    if let Some(words) = leaf.zip(count).and_then(|(leaf, count)| show::measured(visit, leaf, count)) {
        return words;
    }
    match value {
        Json::Null => String::new(),
        Json::Bool(b) => visit.lang().text(if *b { "word.yes" } else { "word.no" }).to_owned(),
        Json::Number(n) => numbers::written(visit.lang(), &n.to_string()),
        Json::String(text) => match leaf.filter(|leaf| !matches!(leaf.field.kind, Kind::Html { .. })) {
            None => model::excerpt(text, TEXT_MAX),
            Some(leaf) if leaf.field.kind == Kind::Decimal => numbers::written(visit.lang(), text),
            Some(leaf) => show::beginning(&show::spoken(visit, leaf, text), TEXT_MAX),
        },
        Json::Array(items) => {
            let words: Vec<String> = items.iter().map(|item| in_words(visit, leaf, item)).collect();
            words.join(", ")
        }
        Json::Object(object) => {
            let text = |key: &str| object.get(key).and_then(Json::as_str);
            if let Some(ms) = text("value").and_then(|v| v.parse().ok()) {
                return match kind {
                    Some(Kind::Date) => visit.times.date(ms),
                    _ => visit.times.full(ms),
                };
            }
            text("name").or_else(|| text("id")).unwrap_or_default().to_owned()
        }
    }
}
