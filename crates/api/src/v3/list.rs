//! Lists: `list_info` in, rows and `list_info` out (conventions.md section 3).

use crate::v3::answer::{self, Answer};
use crate::v3::call::Call;
use crate::v3::write::Seen;
use crate::v3::{criteria, route, uploads};
use desk::{ListAsk, Page, Place};
use model::{Module, Node, SortKey};
use std::sync::Arc;
use wire::failure::Failure;
use wire::list_info::{Asked, ListInfo, ListInfoView, SortBy};
use wire::writer::Selection;

/// GET of a collection.
pub(crate) async fn list(call: &Call<'_>, place: &Place) -> Result<Answer, Failure> {
    let asked = asked(call, &place.module);
    let selection = selection(&place.module, &asked.info);
    let mut ask = ask(call, &place.module, &asked, &selection)?;
    ask.filter = ask.filter.and(route::narrowing(call, &place.module));
    let page =
        call.desk().list(&call.ctx, place, ask).await.map_err(|e| answer::failure(e, call.ctx.trace))?;
    let keys = keys(call, &place.module);
    write(call, &place.module, &keys, &asked.info, &selection, page).await.map(Answer::Json)
}

/// What is asked of a list of the module.
pub(crate) fn asked(call: &Call<'_>, module: &Module) -> Asked {
    let mut asked = ListInfo::read(call.payload.input.as_ref(), &call.payload.params);
    asked.info.sort_by_default(module.sort.0);
    if module.table == "asset" && asked.info.sort.is_empty() {
        // Said also where nobody asked (assets-cmdb.md section 2.4).
        asked.info.sort.push(SortBy { field: module.sort.0.to_owned(), descending: module.sort.1 });
    }
    asked
}

/// A list under keys of its own, each row wrapped.
pub(crate) async fn list_as(
    call: &Call<'_>,
    place: &Place,
    keys: &[&str],
    wrap: fn(&str) -> String,
) -> Result<Answer, Failure> {
    let asked = asked(call, &place.module);
    let info = &asked.info;
    let selection = selection(&place.module, info);
    let ask = ask(call, &place.module, &asked, &selection)?;
    let failed = |e| answer::failure(e, call.ctx.trace);
    let page = call.desk().list(&call.ctx, place, ask).await.map_err(failed)?;
    let (has_more, total) = (page.has_more, page.total);
    let rows: Vec<String> = rows(call, &selection, page).await?.iter().map(|row| wrap(row)).collect();
    Ok(Answer::Json(envelope(call, keys, &rows, info, has_more, total)))
}

/// The rows of a page as JSON, one by one.
pub(crate) async fn rows(call: &Call<'_>, selection: &Selection, page: Page) -> Result<Vec<String>, Failure> {
    let failed = |e| answer::failure(e, call.ctx.trace);
    let mut records = page.records;
    let mut slots = Vec::new();
    collect(selection.nodes(), &mut slots);
    call.desk().complete(&call.ctx, &mut records, Some(&slots)).await.map_err(failed)?;
    slots.retain(|slot| !selection.is_bare(*slot));
    let view = call.desk().view(&records, Some(&slots)).await.map_err(failed)?;
    let seen = Seen(&view);
    let writer = call.writer(&seen);
    let row = |record: &model::Record| {
        let mut row = String::new();
        writer.row(&mut row, record, selection);
        row
    };
    Ok(records.iter().map(row).collect())
}

/// The keys under which a list's rows are written: its own, those that clients of older versions read, and the name
/// by which it was asked for.
fn keys<'m>(call: &Call<'_>, module: &'m Module) -> Vec<&'m str> {
    let mut keys = vec![module.list_key()];
    keys.extend(module.list_aliases.iter().copied());
    keys.extend(
        route::spoken(call, module).map(|spoken| spoken.list).filter(|key| *key != module.list_key()),
    );
    keys
}

/// What the rows show.
pub(crate) fn selection(module: &Arc<Module>, info: &ListInfo) -> Selection {
    match &info.fields_required {
        Some(fields) => Selection::of(module, fields),
        None => Selection::listed(module),
    }
}

/// The use case's question, or everything that is wrong with what is asked.
pub(crate) fn ask(
    call: &Call<'_>,
    module: &Arc<Module>,
    asked: &Asked,
    selection: &Selection,
) -> Result<ListAsk, Failure> {
    let info = &asked.info;
    let mut failures = asked.failures.clone();
    let filter = criteria::filter(call, module, info, &mut failures);
    let mut ask = ListAsk::new(filter, u64::from(info.row_count));
    ask.offset = info.start;
    ask.count = info.get_total_count;
    if let Some(text) = info.search_text.as_deref().filter(|t| !t.trim().is_empty()) {
        ask.find(module, text);
    }
    for key in &info.sort {
        match sort_key(call, module, &key.field, key.descending) {
            Ok(key) => ask.sort.push(key),
            Err(failure) => failures.push(failure),
        }
    }
    Failure::merge(failures)?;
    ask.slots = slots(module, selection.nodes());
    Ok(ask)
}

/// The places of a selection; none, which means all, when a value that is worked out is among them.
fn slots(module: &Module, nodes: &[Node]) -> Vec<usize> {
    let mut slots = Vec::new();
    collect(nodes, &mut slots);
    let computed =
        |slot: &usize| module.leaf(*slot).is_some_and(|l| l.field.storage == model::Storage::Computed);
    if slots.iter().any(computed) { Vec::new() } else { slots }
}

fn collect(nodes: &[Node], slots: &mut Vec<usize>) {
    for node in nodes {
        match node {
            Node::Leaf { slot, .. } => slots.push(*slot),
            Node::Group { members, .. } => collect(members, slots),
        }
    }
}

/// A sort key from a client's words. Sorting by a reference sorts by what its module is sorted by.
pub(crate) fn sort_key(
    call: &Call<'_>,
    module: &Arc<Module>,
    field: &str,
    descending: bool,
) -> Result<SortKey, Failure> {
    let wrong = || answer::with_message(Failure::not_valid("sort_field"), format!("Cannot sort by {field}"));
    let mut path = criteria::path(call, module, field).ok_or_else(wrong)?;
    let target = match path.leaf().map(|l| &l.field.kind) {
        Some(model::Kind::Ref(target)) => call.snapshot.catalogue.module(target),
        Some(model::Kind::RefMany(_)) => return Err(wrong()),
        _ => None,
    };
    if let Some(target) = target {
        let own = target.slot(target.sort.0).ok_or_else(wrong)?;
        path.via.push((path.module.clone(), path.slot));
        path.module = target.clone();
        path.slot = own;
    }
    if !desk::permissions::may_ask(&call.ctx, &call.snapshot, &path) {
        return Err(wrong());
    }
    // A record that refers to several has no one place in the order of what they are called.
    let is_of_many = |(module, slot): &(Arc<Module>, usize)| {
        module.leaf(*slot).is_some_and(|leaf| matches!(leaf.field.kind, model::Kind::RefMany(_)))
    };
    if path.via.iter().any(is_of_many) {
        return Err(wrong());
    }
    Ok(SortKey { path, descending })
}

/// No more bytes than these are kept ready for rows that are yet to be written.
const RESERVED_MAX: usize = 1024 * 1024;

/// A page as JSON, its rows under each of the keys.
pub(crate) async fn write(
    call: &Call<'_>,
    module: &Arc<Module>,
    keys: &[&str],
    info: &ListInfo,
    selection: &Selection,
    page: Page,
) -> Result<String, Failure> {
    let failed = |e| answer::failure(e, call.ctx.trace);
    let Page { mut records, has_more, total } = page;
    let mut slots = Vec::new();
    collect(selection.nodes(), &mut slots);
    call.desk().complete(&call.ctx, &mut records, Some(&slots)).await.map_err(failed)?;
    if uploads::are_shown(module, &slots) {
        uploads::show(call, &mut records).await?;
    }
    slots.retain(|slot| !selection.is_bare(*slot));
    let view = call.desk().view(&records, Some(&slots)).await.map_err(failed)?;
    let seen = Seen(&view);
    let writer = call.writer(&seen);
    debug_assert!(records.iter().all(|r| r.module.table == module.table));
    let rows = |out: &mut String| {
        let from = out.len();
        for (i, record) in records.iter().enumerate() {
            if i > 0 {
                out.push(',');
            }
            writer.row(out, record, selection);
            if i == 0 {
                // The others will be about as long, unless it is an odd one.
                let all = (out.len() - from).saturating_mul(records.len() * keys.len());
                out.reserve(all.min(RESERVED_MAX));
            }
        }
    };
    Ok(around(call, keys, rows, records.len(), info, has_more, total))
}

/// A list's envelope around rows that are JSON already.
pub(crate) fn envelope(
    call: &Call<'_>,
    keys: &[&str],
    rows: &[String],
    info: &ListInfo,
    has_more: bool,
    total: Option<u64>,
) -> String {
    let joined = |out: &mut String| out.push_str(&rows.join(","));
    around(call, keys, joined, rows.len(), info, has_more, total)
}

/// A list's envelope around so many rows, which `rows` writes where they are sent from.
fn around(
    call: &Call<'_>,
    keys: &[&str],
    rows: impl FnOnce(&mut String),
    count: usize,
    info: &ListInfo,
    has_more: bool,
    total: Option<u64>,
) -> String {
    let view = ListInfoView::answer(info, call.payload.input.as_ref(), count, has_more, total);
    let mut out = String::new();
    let (key, others) = keys.split_first().map_or(("", keys), |(key, others)| (*key, others));
    wire::envelope::list_open(&mut out, key);
    let from = out.len();
    rows(&mut out);
    let to = out.len();
    for key in others {
        out.push_str("],");
        wire::envelope::json_string(&mut out, key);
        out.push_str(":[");
        out.extend_from_within(from..to);
    }
    wire::envelope::list_close(&mut out, &view);
    out
}
