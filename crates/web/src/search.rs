//! Finding: one box for everything, as a page and for the palette.

use crate::records::loans;
use crate::shell::Shell;
use crate::show;
use crate::visit::{Technician, Visit};
use crate::{answer, input, names, views};
use askama::Template;
use axum::body::Body;
use axum::response::Response;
use desk::{DeskError, ListAsk, Place, people_called};
use http::{HeaderValue, StatusCode, header};
use model::filter::{equals, test};
use model::{Filter, Id, Kind, Module, Op, Record};
use serde_json::json;
use std::sync::Arc;

/// The modules that are looked through, by their paths.
const MODULES: [&str; 7] = ["requests", "problems", "tasks", "users", "assets", "cmdb", "products"];
/// The modules whose records people know by a number.
const NUMBERED: [&str; 2] = ["request", "problem"];
/// By what things are known besides their names: what is written on them, and where they answer.
const MARKS: [(&str, &str, &[&str]); 2] = [
    ("assets", "assets", &["serial_number", "asset_tag", "ip_address"]),
    ("cmdb", "cmdb/ci_hardware", &["ci_attributes.txt_serial_number", "ci_attributes.txt_ip_address"]),
];
/// Hits of a module on the page, and in the palette.
const ON_PAGE: u64 = 10;
const IN_PALETTE: u64 = 5;

#[derive(Template)]
#[template(path = "search.html")]
struct SearchPage {
    shell: Shell,
    words: String,
    groups: Vec<Hits>,
}

/// What was found in one module.
struct Hits {
    label: String,
    icon: &'static str,
    hits: Vec<Hit>,
    /// The list with all of them.
    more: Option<String>,
}

struct Hit {
    href: String,
    title: String,
    hint: String,
}

/// GET of `/search`.
pub(crate) async fn show(Technician(visit): Technician) -> Response {
    visit.answered(page(&visit).await)
}

async fn page(visit: &Visit) -> Result<Response, DeskError> {
    let asked = crate::form::Form::of_query(&visit.query);
    let words = asked.get("q").trim().to_owned();
    if let Some(href) = numbered(visit, &words).await?.iter().find_map(|r| names::record(&r.module, r.id())) {
        return Ok(answer::on_to(&href));
    }
    let groups = found(visit, &words, ON_PAGE).await?;
    let mut shell = Shell::new(visit, visit.lang().text("search.title"));
    shell.words.clone_from(&words);
    Ok(answer::page(StatusCode::OK, &SearchPage { shell, words, groups }))
}

/// What is known by the number or the id that was typed.
async fn numbered(visit: &Visit, words: &str) -> Result<Vec<Record>, DeskError> {
    let mut records = Vec::new();
    for name in NUMBERED {
        records.extend(by_number(visit, name, words).await?);
    }
    let id = words.parse::<Id>().ok().filter(|_| words.len() > DIGITS_MAX);
    for module in MODULES.iter().filter_map(|path| visit.snapshot.catalogue.at_path(path)) {
        let Some(id) = id.filter(|_| records.is_empty()) else { break };
        let ask = ListAsk::new(equals(module, "id", vec![id.into()]), 1);
        records = listed(visit, module, ask).await?.0;
    }
    Ok(records)
}

/// Longer numbers are ids.
const DIGITS_MAX: usize = 12;

/// The record with a number that people know it by: `12`, `#12`, `PB-12`; none for an id.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn by_number(visit: &Visit, module: &str, text: &str) -> Result<Option<Record>, DeskError> {
    let module = visit.snapshot.module(module)?;
    let text = text.trim();
    let prefix = match module.find("display_id").map(|leaf| &leaf.field.kind) {
        Some(Kind::Number { prefix }) => prefix,
        _ => "#",
    };
    let begins = text.get(..prefix.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(prefix));
    let digits = text.get(prefix.len()..).filter(|_| begins).unwrap_or(text).trim_start_matches('#');
    let Some(number) = digits.parse::<i64>().ok().filter(|_| digits.len() <= DIGITS_MAX) else {
        return Ok(None);
    };
    let mut ask = ListAsk::new(equals(module, "display_id", vec![number.into()]), 1);
    // A request in the trash has a page.
    ask.with_deleted = module.name == "request";
    Ok(listed(visit, module, ask).await?.0.pop())
}

async fn found(visit: &Visit, words: &str, limit: u64) -> Result<Vec<Hits>, DeskError> {
    let mut groups = Vec::new();
    if desk::words(words).is_empty() {
        return Ok(groups);
    }
    for path in MODULES {
        let Some(module) = visit.snapshot.catalogue.at_path(path) else { continue };
        let (records, has_more) = in_module(visit, module, words, limit).await?;
        if records.is_empty() {
            continue;
        }
        let view = visit.desk().view(&records, None).await?;
        let query = percent_encoding::utf8_percent_encode(words, percent_encoding::NON_ALPHANUMERIC);
        let all = if module.name == "request" { "in=All_Requests&" } else { "" };
        groups.push(Hits {
            label: names::both(visit, module).1,
            icon: icon(path),
            hits: records.iter().filter_map(|record| hit(visit, &view, record)).collect(),
            more: has_more.then(|| format!("{}?{all}q={query}", names::list(module))),
        });
    }
    Ok(groups)
}

fn icon(path: &str) -> &'static str {
    match path {
        "requests" => "requests",
        "problems" => "problems",
        "tasks" => "tasks",
        "users" => "users",
        "assets" => "assets",
        "cmdb" => "cis",
        _ => "products",
    }
}

/// What is marked with the words; then hits in the full text where the module has one, else by the beginning of a name, which an
/// index answers.
async fn in_module(
    visit: &Visit,
    module: &Arc<Module>,
    words: &str,
    limit: u64,
) -> Result<(Vec<Record>, bool), DeskError> {
    if module.table == "person" {
        return people(visit, module, words, &Filter::everything(), limit).await;
    }
    let mut ask = ListAsk::new(Filter::everything(), limit);
    if desk::is_searched(module) {
        ask.words = desk::words(words);
    } else {
        ask.filter = test(module, module.title, Op::StartsWith, vec![model::fold(words.trim()).into()]);
    }
    let marked = (marked(visit, module, words, limit).await?, false);
    Ok(joined([marked, listed(visit, module, ask).await?], limit))
}

/// Lists one behind the other, each record once: so many at most, and whether there are more.
fn joined(lists: impl IntoIterator<Item = (Vec<Record>, bool)>, limit: u64) -> (Vec<Record>, bool) {
    let most = usize::try_from(limit).unwrap_or(usize::MAX);
    let (mut records, mut has_more): (Vec<Record>, bool) = (Vec::new(), false);
    for (found, is_cut) in lists {
        has_more |= is_cut;
        for record in found {
            if records.iter().all(|known| known.id() != record.id()) {
                records.push(record);
            }
        }
    }
    has_more |= records.len() > most;
    records.truncate(most);
    (records, has_more)
}

/// The people who are called so, by their names first.
async fn people(
    visit: &Visit,
    module: &Arc<Module>,
    words: &str,
    narrowed: &Filter,
    limit: u64,
) -> Result<(Vec<Record>, bool), DeskError> {
    let mut lists = Vec::new();
    for mut ask in people_called(module, words, limit) {
        ask.filter = ask.filter.and(narrowed.clone());
        lists.push(listed(visit, module, ask).await?);
    }
    Ok(joined(lists, limit))
}

/// The records that are marked with the word that was typed, such as a serial number.
async fn marked(
    visit: &Visit,
    module: &Arc<Module>,
    words: &str,
    limit: u64,
) -> Result<Vec<Record>, DeskError> {
    let word = words.trim();
    let is_mark = word.contains(|c: char| c.is_ascii_digit()) && !word.contains(char::is_whitespace);
    let marks = MARKS.iter().find(|(path, ..)| is_mark && *path == module.path());
    let Some((_, path, fields)) = marks else { return Ok(Vec::new()) };
    let Some(module) = visit.snapshot.catalogue.at_path(path) else { return Ok(Vec::new()) };
    let fields = fields.iter().filter(|field| module.slot(field).is_some());
    let is_it = fields.map(|field| equals(module, field, vec![model::fold(word).into()]));
    Ok(listed(visit, module, ListAsk::new(Filter::Any(is_it.collect()), limit)).await?.0)
}

/// The records of a list, and whether there are more; none of a module that is not the visitor's to read.
async fn listed(visit: &Visit, module: &Arc<Module>, ask: ListAsk) -> Result<(Vec<Record>, bool), DeskError> {
    match visit.desk().list(&visit.ctx, &Place::top(module.clone()), ask).await {
        Ok(page) => Ok((page.records, page.has_more)),
        Err(DeskError::NotPermitted) => Ok((Vec::new(), false)),
        Err(error) => Err(error),
    }
}

fn hit(visit: &Visit, view: &desk::View, record: &Record) -> Option<Hit> {
    let module = &record.module;
    let text = |path: &str| {
        module.slot(path).map(|slot| show::in_table(visit, view, record, slot).text).unwrap_or_default()
    };
    let (title, hint) = match module.table.as_ref() {
        "request" => (format!("#{} {}", text("display_id"), record.title()), text("status")),
        "problem" => (format!("{} {}", text("display_id"), record.title()), text("status")),
        "task" => (show::title(record), text("status")),
        "asset" => (show::title(record), text("product")),
        "ci" => (show::title(record), text("ci_type")),
        "product" => (show::title(record), text("product_type")),
        _ => (show::title(record), text("email_id")),
    };
    Some(Hit { href: names::record(module, record.id())?, title, hint })
}

/// GET of `/palette`: where one can go and what one can do, and what the words that were typed are found in.
pub(crate) async fn palette(Technician(visit): Technician) -> Response {
    visit.answered(
        async {
            let asked = crate::form::Form::of_query(&visit.query);
            let words = asked.get("q").trim();
            let answer = if words.is_empty() {
                json!({"groups": commands(&visit).await?, "texts": texts(&visit)})
            } else {
                json!({"groups": hits(&visit, words).await?})
            };
            Ok(json_answer(answer.to_string()))
        }
        .await,
    )
}

async fn hits(visit: &Visit, words: &str) -> Result<Vec<serde_json::Value>, DeskError> {
    let mut groups = Vec::new();
    let records = numbered(visit, words).await?;
    let view = visit.desk().view(&records, None).await?;
    for record in &records {
        let Some(hit) = hit(visit, &view, record) else { continue };
        let icon = icon(&names::list(&record.module).replacen('/', "", 1));
        groups.push(json!({"label": names::both(visit, &record.module).0, "items": [
            {"label": hit.title, "hint": hit.hint, "href": hit.href, "icon": icon}]}));
    }
    for group in found(visit, words, IN_PALETTE).await? {
        let items: Vec<_> = group
            .hits
            .iter()
            .map(|hit| json!({"label": hit.title, "hint": hit.hint, "href": hit.href, "icon": group.icon}))
            .collect();
        groups.push(json!({"label": group.label, "items": items}));
    }
    Ok(groups)
}

/// What the palette itself says, and the keys with what they do.
fn texts(visit: &Visit) -> serde_json::Value {
    let lang = visit.lang();
    let keys = [
        ("Ctrl/⌘ K", "palette.key_palette"),
        ("C", "palette.key_new"),
        ("/", "palette.key_find"),
        ("J  K", "palette.key_rows"),
        ("O", "palette.key_open"),
        ("X", "palette.key_choose"),
        ("R", "palette.key_reply"),
        ("N", "palette.key_note"),
        ("E", "palette.key_edit"),
        ("Ctrl/⌘ ↵", "palette.key_send"),
        ("?", "palette.key_help"),
    ];
    let all: Vec<_> = keys.iter().map(|(key, text)| json!([key, lang.text(text)])).collect();
    json!({
        "lead": lang.text("palette.lead"),
        "nothing": lang.text("palette.nothing"),
        "keys": lang.text("palette.keys"),
        "all": all,
    })
}

async fn commands(visit: &Visit) -> Result<Vec<serde_json::Value>, DeskError> {
    let lang = visit.lang();
    let shell = Shell::new(visit, "");
    let item =
        |label: &str, href: &str, icon: &str| json!({"label": label, "hint": "", "href": href, "icon": icon});
    let go: Vec<_> = shell.ways.iter().flatten().map(|way| item(&way.label, &way.href, way.icon)).collect();
    let add: Vec<_> = [
        ("request", "/requests/new"),
        ("problem", "/problems/new"),
        ("task", "/tasks/new"),
        ("asset", "/assets/new"),
        ("user", "/users/new"),
    ]
    .iter()
    .map(|(name, href)| item(&lang.say("record.new", &[("what", &names::of(lang, name))]), href, "plus"))
    .collect();
    let module = visit.snapshot.module("request")?.clone();
    let views: Vec<_> = views::all(visit, &module, "/requests")
        .await?
        .iter()
        .map(|view| item(&view.label, &view.href, "filter"))
        .collect();
    let more: Vec<_> = [("nav.me", "/me", "person"), ("nav.portal", "/portal", "portal")]
        .iter()
        .map(|(key, href, icon)| item(lang.text(key), href, icon))
        .collect();
    let mut groups = vec![
        json!({"label": lang.text("palette.add"), "items": add}),
        json!({"label": lang.text("palette.go"), "items": go}),
        json!({"label": lang.text("palette.views"), "items": views}),
        json!({"label": lang.text("palette.more"), "items": more}),
    ];
    if visit.ctx.is_administrator() {
        let setup: Vec<_> = crate::admin::GROUPS
            .iter()
            .flat_map(|(_, plurals)| *plurals)
            .filter_map(|plural| visit.snapshot.catalogue.at_path(plural))
            .map(|module| item(&names::both(visit, module).1, &names::list(module), "admin"))
            .chain(
                crate::admin::PAGES
                    .iter()
                    .flat_map(|(_, words)| *words)
                    .map(|word| item(&names::of(lang, word), &format!("/admin/{word}"), "admin")),
            )
            .collect();
        groups.push(json!({"label": lang.text("nav.admin"), "items": setup}));
    }
    Ok(groups)
}

/// GET of `/suggest/{module}`: names that an input of people or records completes.
pub(crate) async fn suggest(
    Technician(visit): Technician,
    axum::extract::Path(module): axum::extract::Path<String>,
) -> Response {
    visit.answered(
        async {
            let asked = crate::form::Form::of_query(&visit.query);
            let words = asked.get("q").trim();
            // Of assets those that may be lent.
            let (name, narrowed) = match module.as_str() {
                "lendable" => ("asset", Some(loans::lendable(visit.snapshot.module("asset")?))),
                name => (name, None),
            };
            let module = visit.snapshot.module(name).map_err(|_| DeskError::NotFound)?.clone();
            let names = if words.is_empty() {
                Vec::new()
            } else {
                suggested(&visit, &module, words, narrowed).await?
            };
            Ok(json_answer(json!(names).to_string()))
        }
        .await,
    )
}

async fn suggested(
    visit: &Visit,
    module: &Arc<Module>,
    words: &str,
    narrowed: Option<Filter>,
) -> Result<Vec<String>, DeskError> {
    const SUGGESTED: u64 = 8;
    if module.table == "person" {
        let active = equals(module, "inactive", vec![false.into()]);
        let (people, _) = people(visit, module, words, &active, SUGGESTED).await?;
        return Ok(people.iter().map(input::typed_name).collect());
    }
    let filter = test(module, module.title, Op::StartsWith, vec![model::fold(words).into()]);
    let ask = ListAsk::new(filter.and(narrowed.unwrap_or_else(Filter::everything)), SUGGESTED);
    let page = visit.desk().list(&visit.ctx, &Place::top(module.clone()), ask).await?;
    if module.table == "ci" {
        return Ok(crate::cmdb::relations::completed(visit, &page.records));
    }
    if module.name == "problem" {
        let numbered = |p: &Record| format!("PB-{} {}", p.get("display_id"), p.title());
        return Ok(page.records.iter().map(numbered).collect());
    }
    Ok(page.records.iter().map(input::typed_name).collect())
}

fn json_answer(text: String) -> Response {
    let mut response = Response::new(Body::from(text));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}
