//! The audit trail: who changed what, when, over all modules; from the history, in which changes of records, of rights and of
//! credentials stand side by side. The newest first, a page at a time, by key.

use crate::form::Form;
use crate::history::{self, Change};
use crate::input::Choice;
use crate::lists::query::encoded;
use crate::shell::Shell;
use crate::show;
use crate::visit::{Administrator, Visit};
use crate::{answer, names};
use askama::Template;
use axum::response::Response;
use desk::paging::{self, Spot};
use desk::{DeskError, ListAsk, Place};
use http::StatusCode;
use model::filter::{equals, test};
use model::{Filter, Module, Op, Path, Record, SortKey, Value};
use std::collections::BTreeMap;
use std::sync::Arc;

#[derive(Template)]
#[template(path = "admin/audit.html")]
struct AuditPage {
    shell: Shell,
    entries: Vec<Entry>,
    person: String,
    unknown_person: bool,
    from: String,
    to: String,
    modules: Vec<Choice>,
    next: Option<String>,
    first: Option<String>,
}

struct Entry {
    change: Change,
    /// What kind of record it was.
    noun: String,
    /// The record, where it has a page.
    href: Option<String>,
    what: String,
    /// How many fields changed, in words.
    count: String,
}

const ROWS: u64 = 50;
/// Without a beginning only so many days are looked at, so that a rare filter does not read the history of years.
const DAYS: i64 = 30;

/// GET of `/admin/audit`.
pub(crate) async fn show(Administrator(visit): Administrator) -> Response {
    visit.answered(page(&visit).await)
}

async fn page(visit: &Visit) -> Result<Response, DeskError> {
    let form = Form::of_query(&visit.query);
    let module = visit.snapshot.module("history")?.clone();
    let from = match form.given("from").and_then(|text| visit.times.date_begins(text)) {
        Some(from) => from,
        None => visit.times.day_begins(-DAYS).unwrap_or(0),
    };
    let until = form.given("to").and_then(|text| visit.times.date_begins(text)).map(|day| day + 86_400_000);
    let mut filter = test(&module, "time", Op::GreaterOrEqual, vec![from.into()]);
    if let Some(until) = until {
        filter = filter.and(test(&module, "time", Op::Less, vec![until.into()]));
    }
    let mut unknown_person = false;
    if let Some(typed) = form.given("by") {
        match person(visit, typed).await? {
            Some(id) => filter = filter.and(equals(&module, "by", vec![id.into()])),
            None => {
                unknown_person = true;
                filter = Filter::nothing();
            }
        }
    }
    if let Some(name) = form.given("module") {
        filter = filter.and(equals(&module, "module", vec![Value::Text(name.to_owned())]));
    }
    let key = Path::of(&module, "time").map(|path| SortKey { path, descending: true });
    if let Some(behind) = form.given("after").and_then(Spot::read) {
        filter = filter.and(paging::behind(&module, key.as_ref(), &behind));
    }
    let mut ask = ListAsk::new(filter, ROWS);
    ask.sort = key.into_iter().collect();
    let found = visit.desk().list(&visit.ctx, &Place::top(module), ask).await?;
    let next = found.records.last().filter(|_| found.has_more).map(|last| {
        let key = Spot { value: last.int("time").map_or(Value::Null, Value::Int), id: last.id() };
        address(&form, Some(&key.to_string()))
    });
    let view = visit.desk().view(&found.records, None).await?;
    let mut entries = Vec::new();
    for record in &found.records {
        entries.push(entry(visit, &view, record).await?);
    }
    let page = AuditPage {
        shell: Shell::new(visit, visit.lang().text("noun.audit")),
        entries,
        person: form.get("by").to_owned(),
        unknown_person,
        from: visit.times.day_for_input(from),
        to: form.get("to").to_owned(),
        modules: modules(visit, form.get("module")),
        next,
        first: form.has("after").then(|| address(&form, None)),
    };
    Ok(answer::page(StatusCode::OK, &page))
}

fn address(form: &Form, after: Option<&str>) -> String {
    let kept = ["by", "module", "from", "to"].iter().filter_map(|name| Some((*name, form.given(name)?)));
    let all: Vec<String> = kept
        .chain(after.map(|after| ("after", after)))
        .map(|(name, value)| format!("{name}={}", encoded(value)))
        .collect();
    if all.is_empty() { "/admin/audit".into() } else { format!("/admin/audit?{}", all.join("&")) }
}

async fn person(visit: &Visit, typed: &str) -> Result<Option<model::Id>, DeskError> {
    let address = typed.rsplit_once('<').and_then(|(_, rest)| rest.strip_suffix('>')).unwrap_or(typed);
    if address.contains('@') {
        return Ok(visit.desk().person_by_email(address.trim()).await?.map(|person| person.id()));
    }
    let module = visit.snapshot.module("user")?.clone();
    let named = equals(&module, "name", vec![Value::Text(model::fold(address.trim()))]);
    let found = visit.desk().list(&visit.ctx, &Place::top(module), ListAsk::new(named, 1)).await?;
    Ok(found.records.first().map(Record::id))
}

/// The kinds of record that a history is kept of, by their names for people.
fn modules(visit: &Visit, chosen: &str) -> Vec<Choice> {
    let mut all: BTreeMap<String, String> = BTreeMap::new();
    for module in visit.snapshot.catalogue.modules().iter().filter(|m| m.fixed.is_none()) {
        all.entry(module.key().to_owned()).or_insert_with(|| names::of(visit.lang(), &module.name));
    }
    let mut choices: Vec<Choice> = all
        .into_iter()
        .map(|(key, label)| Choice { is_chosen: key == chosen, ..Choice::new(key, label) })
        .collect();
    choices.sort_by(|a, b| a.label.cmp(&b.label));
    choices
}

async fn entry(visit: &Visit, view: &desk::View, record: &Record) -> Result<Entry, DeskError> {
    let module = history::module_of(visit, record);
    let id = record.int("record").map(model::Id::new);
    // Told under the record above it: a note has no page, its request has.
    let owner = record.int("owner").map(model::Id::new);
    let mut href = None;
    let mut what = String::new();
    if let (Some(module), Some(id)) = (module, id) {
        let place = Place::top(module.clone());
        let is_own = owner == Some(id);
        if module.top_level && is_own {
            let found = visit.desk().locate(&visit.ctx, &place, id).await;
            match found {
                Ok(found) => {
                    href = names::record(&found.module, id);
                    what = show::title(&found);
                }
                Err(DeskError::NotFound | DeskError::MergedInto(_) | DeskError::NotInTrash) => {}
                Err(error) => return Err(error),
            }
        } else if let Some((above, owner)) = above(visit, module, owner) {
            href = names::record(&above, owner);
        }
    }
    if id == record.reference("by") {
        // What somebody does to what is their own.
        href = None;
    }
    let noun = module.map(|m| names::both(visit, m).0).unwrap_or_default();
    let change = history::change(visit, view, record);
    let fields = i64::try_from(change.fields.len()).unwrap_or(i64::MAX);
    let count = visit.lang().count("audit.fields", fields);
    Ok(Entry { change, noun, href, what, count })
}

/// The module of the record above, which the fields of a row below name.
fn above(visit: &Visit, module: &Module, owner: Option<model::Id>) -> Option<(Arc<Module>, model::Id)> {
    let field = module.history_of.iter().find(|field| module.slot(field).is_some())?;
    let target = module.find(field)?.target()?.to_owned();
    Some((visit.snapshot.catalogue.module(&target)?.clone(), owner?))
}
