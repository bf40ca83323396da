//! Lists of any module: columns, filters, order, pages; the same for requests and for countries.

pub(crate) mod export;
pub(crate) mod filters;
pub(crate) mod query;
pub(crate) mod total;

use crate::input::{Choice, Control};
use crate::names;
use crate::show::{self, Cell};
use crate::visit::Visit;
use desk::paging::{self, Spot};
use desk::{DeskError, ListAsk, Place, View};
use filters::Chip;
use model::{Filter, Id, Kind, Module, Record, Size, SortKey, Storage};
use query::Query;
use std::sync::Arc;

/// Rows of a page.
pub(crate) const ROWS: u64 = 50;

/// A list as its page shows it.
pub(crate) struct List {
    /// The path of the list, without its query.
    pub base: String,
    pub query: Query,
    pub columns: Vec<Column>,
    pub rows: Vec<Row>,
    pub chips: Vec<Chip>,
    pub problems: Vec<String>,
    /// The filter form, whether there are more fields for it, and whether they were asked for.
    pub filters: Vec<Control>,
    pub has_more_filters: bool,
    pub is_filter_open: bool,
    /// The columns that can be shown.
    pub shown: Vec<Choice>,
    pub words: String,
    /// How many rows there are, and which of them these are; empty where there are none, and where nobody knows.
    pub total: String,
    /// The addresses of the pages around.
    pub first: Option<String>,
    pub previous: Option<String>,
    pub next: Option<String>,
    /// The address of the list as a file, where it has one.
    pub export: Option<String>,
}

/// A column.
pub(crate) struct Column {
    pub path: String,
    pub label: String,
    /// The address of the list in its order; none where it has no order.
    pub sort: Option<String>,
    /// `ascending`, `descending`, or empty.
    pub sorted: &'static str,
    pub is_number: bool,
    pub is_title: bool,
}

/// A row.
pub(crate) struct Row {
    pub id: Id,
    pub href: String,
    pub title: String,
    pub cells: Vec<Cell>,
}

/// The columns of a module where nobody chose others.
fn usual_columns(module: &Module) -> Vec<&str> {
    match module.table.as_ref() {
        "request" => vec![
            "display_id",
            "subject",
            "requester",
            "status",
            "priority",
            "technician",
            "group",
            "due_by_time",
            "created_time",
        ],
        "problem" => {
            vec!["display_id", "title", "status", "priority", "technician", "group", "reported_time"]
        }
        "task" => vec!["title", "status", "priority", "owner", "group", "scheduled_end_time", "created_date"],
        "asset" => {
            vec!["name", "product", "state", "user", "department", "site", "asset_tag", "serial_number"]
        }
        "ci" => vec!["name", "ci_type", "description", "created_time"],
        "person" => vec!["name", "email_id", "department", "site", "job_title", "phone", "is_technician"],
        "product" => vec!["name", "product_type", "manufacturer", "part_no"],
        "asset_loan" => vec!["loan_id", "loaned_to_user", "start_time", "due_by_time", "status"],
        "udf_field" => vec!["name", "module.name", "field_type", "field_key"],
        _ => Vec::new(),
    }
}

/// Whether a field can be a column.
fn is_column(leaf: &model::Leaf) -> bool {
    leaf.field.shown
        && leaf.path != "id"
        && !matches!(leaf.field.kind, Kind::Json | Kind::Group(_))
        && (leaf.field.storage != Storage::Computed || leaf.field.excerpt_of.is_some() || is_worked_out(leaf))
}

/// Whether a field is worked out of all of a record: whether a request is late, whether a loan is.
fn is_worked_out(leaf: &model::Leaf) -> bool {
    leaf.field.storage == Storage::Computed
        && matches!(leaf.path.as_str(), "is_overdue" | "is_first_response_overdue" | "status")
}

fn columns_of<'m>(module: &'m Module, query: &Query) -> Vec<&'m str> {
    let known = |path: &str| module.find(path).filter(|l| is_column(l)).map(|l| l.path.as_str());
    let mut chosen: Vec<&str> = Vec::new();
    for path in query.columns().into_iter().filter_map(known) {
        // A field may have several names.
        if !chosen.contains(&path) {
            chosen.push(path);
        }
    }
    if !chosen.is_empty() {
        return chosen;
    }
    let usual: Vec<&str> = usual_columns(module).into_iter().filter_map(known).collect();
    if !usual.is_empty() {
        return usual;
    }
    // What the API's lists show, the name first.
    let mut listed: Vec<&str> = module
        .leaves()
        .iter()
        .filter(|l| l.field.in_list && is_column(l) && Some(l.path.as_str()) != module.deleted_flag())
        .map(|l| l.path.as_str())
        .take(8)
        .collect();
    if let Some(at) = listed.iter().position(|p| *p == module.title) {
        listed.swap(0, at);
    }
    listed
}

/// The key by which a field sorts: a reference sorts by what its module is sorted by.
fn sort_key(visit: &Visit, module: &Arc<Module>, field: &str, descending: bool) -> Option<SortKey> {
    let mut path = visit.snapshot.catalogue.path(module, field)?;
    let leaf = path.leaf()?;
    // What an additional field refers to is in no order that an index has.
    let is_document = matches!(leaf.field.storage, Storage::Document { .. });
    if !paging::is_sortable(&leaf.field.kind) || (is_document && leaf.target().is_some()) {
        return None;
    }
    if let Some(target) = leaf.target() {
        let target = visit.snapshot.catalogue.module(target)?.clone();
        let slot = target.slot(if target.size == Size::Small { target.sort.0 } else { target.title })?;
        path.via.push((path.module.clone(), path.slot));
        path.module = target;
        path.slot = slot;
    }
    let is_theirs = desk::permissions::may_ask(&visit.ctx, &visit.snapshot, &path);
    is_theirs.then_some(SortKey { path, descending })
}

/// Where a list is asked for, and what is always so in it.
pub(crate) struct Asked<'a> {
    pub place: &'a Place,
    pub base: &'a str,
    /// What the list is narrowed to besides its filters: a view's own rule.
    pub narrowed: Filter,
    pub query: Query,
}

/// What a list's address comes to: which records, in which order, and what of them is shown.
struct Meaning {
    filter: Filter,
    words: String,
    key: Option<SortKey>,
    paths: Vec<String>,
    slots: Vec<usize>,
    chips: Vec<Chip>,
    problems: Vec<String>,
}

async fn meaning(visit: &Visit, asked: &Asked<'_>) -> Result<Meaning, DeskError> {
    let (module, query) = (&asked.place.module, &asked.query);
    let meant = filters::meant(visit, module, asked.base, query).await?;
    let mut problems = meant.problems;
    let paths = columns_of(module, query);
    let words = query.get("q").unwrap_or("").to_owned();
    let key = order(visit, module, query, &words, &mut problems);
    Ok(Meaning {
        filter: meant.filter.and(asked.narrowed.clone()),
        slots: slots_of(module, &paths, key.as_ref()),
        paths: paths.into_iter().map(str::to_owned).collect(),
        chips: meant.chips,
        words,
        key,
        problems,
    })
}

impl Meaning {
    /// What is asked for on every page of the list.
    fn ask(&self, place: &Place, limit: u64) -> ListAsk {
        let mut ask = ListAsk::new(self.filter.clone(), limit);
        ask.find(&place.module, &self.words);
        ask
    }

    /// So many records behind a spot, or before it, and whether there are more that way.
    async fn rows(
        &self,
        visit: &Visit,
        place: &Place,
        (spot, is_back): (Option<&Spot>, bool),
        limit: u64,
    ) -> Result<(Vec<Record>, View, bool), DeskError> {
        let mut ask = self.ask(place, limit);
        // Backwards, the list is read from its other end and turned round.
        let sort = self.key.clone().map(|key| SortKey { descending: key.descending != is_back, ..key });
        if let Some(spot) = spot {
            ask.filter = ask.filter.and(paging::behind(&place.module, sort.as_ref(), spot));
        }
        ask.sort = sort.into_iter().collect();
        ask.slots.clone_from(&self.slots);
        let mut page = visit.desk().list(&visit.ctx, place, ask).await?;
        if is_back {
            page.records.reverse();
        }
        visit.desk().complete(&visit.ctx, &mut page.records, Some(&self.slots)).await?;
        let view = visit.desk().view(&page.records, Some(&self.slots)).await?;
        Ok((page.records, view, page.has_more))
    }
}

/// The list that an address means.
///
/// # Errors
/// When the visitor may not read the module, or the database does not answer.
pub(crate) async fn list(visit: &Visit, asked: Asked<'_>) -> Result<List, DeskError> {
    let module = asked.place.module.clone();
    let mut meant = meaning(visit, &asked).await?;
    let (place, is_back) = page_of(visit, &asked.query, &mut meant.problems);
    let (records, view, has_more) = meant.rows(visit, asked.place, (place.as_ref(), is_back), ROWS).await?;
    let query = asked.query;
    let paths: Vec<&str> = meant.paths.iter().map(String::as_str).collect();
    let at = |record: &Record| place_of(&view, meant.key.as_ref(), record);
    let ends = (records.first().map(&at), records.last().map(&at));
    let address = |name: &str, place: Option<Spot>| {
        place.map(|place| format!("{}{}", asked.base, query.with(name, Some(&place.to_string())).address()))
    };
    let (has_next, has_previous) = if is_back { (true, has_more) } else { (has_more, place.is_some()) };
    let these = total::Shown { rows: records.len(), is_first: !has_previous, is_last: !has_next };
    let total = total::said(visit, asked.place, meant.ask(asked.place, 0), these).await?;
    let rows = records.iter().map(|record| row(visit, &view, record, &paths)).collect();
    let (filters, has_more_filters) = filters::controls(visit, &module, &query).await?;
    let columns = paths.iter().map(|path| column(visit, &module, path, asked.base, &query)).collect();
    Ok(List {
        columns,
        rows,
        total,
        filters,
        has_more_filters,
        is_filter_open: query.get("more").is_some(),
        shown: shown(visit, &module, &paths),
        first: has_previous.then(|| format!("{}{}", asked.base, query.with("after", None).address())),
        previous: address("before", ends.0.filter(|_| has_previous)),
        next: address("after", ends.1.filter(|_| has_next)),
        // Of requests, since that is what people report on; the rest is exported on the command line.
        export: (module.name == "request")
            .then(|| format!("{}.csv{}", asked.base, query.with("view", None).address())),
        chips: meant.chips,
        problems: meant.problems,
        words: meant.words,
        base: asked.base.to_owned(),
        query,
    })
}

/// In which order: as asked for, else as the module has it; hits of a search newest first.
fn order(
    visit: &Visit,
    module: &Arc<Module>,
    query: &Query,
    words: &str,
    problems: &mut Vec<String>,
) -> Option<SortKey> {
    if let Some((field, descending)) = query.sort() {
        let key = sort_key(visit, module, field, descending);
        if key.is_none() {
            problems.push(visit.lang().say("list.bad_sort", &[("field", field)]));
        }
        return key;
    }
    let is_search = desk::is_searched(module) && !desk::words(words).is_empty();
    if is_search {
        return None;
    }
    sort_key(visit, module, module.sort.0, module.sort.1)
}

/// The place that the page begins behind or ends before.
fn page_of(visit: &Visit, query: &Query, problems: &mut Vec<String>) -> (Option<Spot>, bool) {
    let (text, is_back) = match (query.get("after"), query.get("before")) {
        (Some(text), _) => (text, false),
        (None, Some(text)) => (text, true),
        (None, None) => return (None, false),
    };
    let place = Spot::read(text);
    if place.is_none() {
        problems.push(visit.lang().text("list.bad_page").to_owned());
    }
    let is_back = is_back && place.is_some();
    (place, is_back)
}

/// The place of a row in the list.
fn place_of(view: &desk::View, key: Option<&SortKey>, record: &Record) -> Spot {
    let value = key.map_or(model::Value::Null, |key| {
        let value = match key.path.via.first() {
            None => record.at(key.path.slot).clone(),
            Some((_, slot)) => {
                let other = record.at(*slot).as_int().and_then(|id| view.record(Id::new(id)));
                other.map_or(model::Value::Null, |other| other.get(other_path(key)).clone())
            }
        };
        paging::compared(&key.path, &value)
    });
    Spot { value, id: record.id() }
}

/// The field of the other record that a reference is sorted by.
fn other_path(key: &SortKey) -> &str {
    key.path.leaf().map_or("id", |leaf| leaf.path.as_str())
}

fn slots_of(module: &Module, paths: &[&str], key: Option<&SortKey>) -> Vec<usize> {
    let mut wanted: Vec<&str> = paths.to_vec();
    wanted.push(module.title);
    if module.name == "request" {
        // By these it is seen whether a promise is broken.
        wanted.extend(["due_by_time", "resolved_time", "completed_time", "stopped_since"]);
    }
    if paths.iter().filter_map(|path| module.find(path)).any(is_worked_out) {
        return Vec::new();
    }
    let mut slots: Vec<usize> = wanted.iter().filter_map(|path| module.slot(path)).collect();
    if let Some(key) = key {
        slots.push(key.path.via.first().map_or(key.path.slot, |(_, slot)| *slot));
    }
    slots.sort_unstable();
    slots.dedup();
    slots
}

fn row(visit: &Visit, view: &desk::View, record: &Record, paths: &[&str]) -> Row {
    let module = &record.module;
    let mut cells: Vec<Cell> = Vec::with_capacity(paths.len());
    for path in paths {
        let cell = module.slot(path).map(|slot| show::in_table(visit, view, record, slot));
        cells.push(cell.unwrap_or_default());
    }
    Row {
        id: record.id(),
        href: names::record(module, record.id()).unwrap_or_default(),
        title: show::title(record),
        cells,
    }
}

fn column(visit: &Visit, module: &Arc<Module>, path: &str, base: &str, query: &Query) -> Column {
    let leaf = module.find(path);
    let label = leaf.map_or_else(|| path.to_owned(), |leaf| visit.lang().label(&leaf.field.label));
    let (field, down) =
        query.sort().unwrap_or(if query.get("q").is_some() { ("", false) } else { module.sort });
    let is_sorted = field == path;
    let kind = leaf.map(|leaf| &leaf.field.kind);
    let sort = sort_key(visit, module, path, false).map(|_| {
        // Times begin with the newest; a second click turns the order round.
        let newest_first = matches!(kind, Some(Kind::Time | Kind::Date)) || path == "display_id";
        let descending = if is_sorted { !down } else { newest_first };
        let sort = if descending { format!("-{path}") } else { path.to_owned() };
        format!("{base}{}", query.with("sort", Some(&sort)).address())
    });
    Column {
        path: path.to_owned(),
        label,
        sort,
        sorted: match (is_sorted, down) {
            (false, _) => "",
            (true, false) => "ascending",
            (true, true) => "descending",
        },
        is_number: matches!(kind, Some(Kind::Int { .. } | Kind::Double | Kind::Decimal)),
        is_title: path == module.title,
    }
}

/// Every field that can be a column; those that are shown first, in their order.
fn shown(visit: &Visit, module: &Module, paths: &[&str]) -> Vec<Choice> {
    let choice = |leaf: &model::Leaf, is_chosen: bool| Choice {
        is_chosen,
        ..Choice::new(leaf.path.clone(), visit.lang().label(&leaf.field.label))
    };
    let chosen = paths.iter().filter_map(|path| module.find(path)).map(|leaf| choice(leaf, true));
    let mut rest: Vec<Choice> = module
        .leaves()
        .iter()
        .filter(|leaf| is_column(leaf) && !paths.contains(&leaf.path.as_str()))
        .map(|leaf| choice(leaf, false))
        .collect();
    rest.sort_by(|a, b| a.label.cmp(&b.label));
    chosen.chain(rest).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_columns_are_there() {
        let catalogue = model::Catalogue::new(&model::Additions::default());
        // Views of a module may lack some; attributes of CIs are listed on the page of their type.
        let own = catalogue.modules().iter().filter(|m| m.fixed.is_none() && m.name != "ci_attribute");
        for module in own {
            for path in usual_columns(module) {
                assert!(module.find(path).is_some_and(is_column), "{} has no column {path}", module.name);
            }
        }
    }
}
