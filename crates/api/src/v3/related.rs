//! What is told about a record beside itself: fields, history, rights, counts, forms, conversation.

use crate::v3::answer::{self, Answer};
use crate::v3::call::Call;
use crate::v3::write::Seen;
use crate::v3::{list, short, write};
use desk::{Place, Verb};
use model::{Filter, Id, Module, Record};
use serde_json::{Value as Json, json};
use std::sync::Arc;
use wire::failure::Failure;

fn failed(call: &Call<'_>, error: desk::DeskError) -> Failure {
    answer::failure(error, call.ctx.trace)
}

/// GET of `_metainfo`: what the fields are (setup.md section 12).
pub(crate) fn metainfo(call: &Call<'_>, module: &Arc<Module>) -> Result<Answer, Failure> {
    desk::permissions::permit(&call.ctx, &Place::top(module.clone()), Verb::Read)
        .map_err(|e| failed(call, e))?;
    let mut json = String::with_capacity(16 * 1024);
    wire::metainfo::write(&mut json, module);
    Ok(Answer::Json(wire::envelope::object("metainfo", &json)))
}

/// GET of `_history` (requests.md section 11).
pub(crate) async fn history(call: &Call<'_>, place: &Place, id: Id) -> Result<Answer, Failure> {
    let module = call.snapshot.catalogue.module("history").ok_or_else(Failure::not_found)?;
    let asked = list::asked(call, module);
    let selection = list::selection(module, &asked.info);
    let ask = list::ask(call, module, &asked, &selection)?;
    let (_, page) = call.desk().history_of(&call.ctx, place, id, ask).await.map_err(|e| failed(call, e))?;
    list::write(call, module, &[module.list_key()], &asked.info, &selection, page).await.map(Answer::Json)
}

/// GET of `_links`: what the caller may do; some clients write nothing that is not listed (requests.md section 11).
pub(crate) async fn links(call: &Call<'_>, place: &Place, id: Option<Id>) -> Result<Answer, Failure> {
    let module = &place.module;
    let record = match id {
        Some(id) => Some(call.desk().get(&call.ctx, place, id).await.map_err(|e| failed(call, e))?),
        None => None,
    };
    let may = |place: &Place, verb| desk::permissions::permit(&call.ctx, place, verb).is_ok();
    let mut entries = Vec::new();
    let base = match (&place.parent, id) {
        (Some((_, parent)), _) => {
            format!("{}/{}/{}/{}", call.base, parent.module.path(), parent.id(), module.plural)
        }
        (None, _) => format!("{}/{}", call.base, module.path()),
    };
    let here = id.map_or_else(|| base.clone(), |id| format!("{base}/{id}"));
    let mut push = |name: &str, method: &str, href: String| {
        entries.push(json!({"name": name, "method": method, "href": href, "rel": name}));
    };
    if id.is_none() || place.parent.is_some() {
        for (name, method, verb) in [("add", "post", Verb::Create), ("list", "get", Verb::Read)] {
            if may(place, verb) {
                push(name, method, base.clone());
            }
        }
    }
    if let Some(record) = record {
        for (name, method, verb) in
            [("view", "get", Verb::Read), ("edit", "put", Verb::Update), ("delete", "delete", Verb::Delete)]
        {
            if may(place, verb) {
                push(name, method, here.clone());
            }
        }
        for operation in &module.operations {
            let on_own =
                ["close", "reopen", "cancel", "conversations", "resolutions"].contains(&operation.name);
            if may(place, Verb::Update) && (call.ctx.is_technician() || on_own) {
                for method in operation.methods {
                    push(operation.name, &method.to_ascii_lowercase(), format!("{here}/_{}", operation.name));
                }
            }
        }
        for child in &module.children {
            let Some(rows) = call.snapshot.catalogue.module(child.module) else { continue };
            let rows = place.below(record.clone(), rows.clone(), child.field);
            for (method, verb) in [("get", Verb::Read), ("post", Verb::Create)] {
                if may(&rows, verb) {
                    push(child.path, method, format!("{here}/{}", child.path));
                }
            }
        }
    }
    let fixed: Vec<&str> = module
        .leaves()
        .iter()
        .filter(|l| l.field.shown && l.field.access != model::Access::Write)
        .map(|l| l.path.as_str())
        .collect();
    for entry in &mut entries {
        if entry.get("name").and_then(Json::as_str) == Some("edit")
            && let Some(entry) = entry.as_object_mut()
        {
            entry.insert("non_editable_fields".into(), json!(fixed));
        }
    }
    let wanted = call.input().get("operations_required").and_then(Json::as_array).cloned();
    if let Some(wanted) = wanted {
        entries.retain(|e| e.get("name").is_some_and(|name| wanted.contains(name)));
    }
    let text =
        json!({"_links": {"links": entries}, "response_status": {"status_code": 2000, "status": "success"}});
    Ok(Answer::Json(text.to_string()))
}

/// GET of `approvals` of a request: those of all its levels in one list.
pub(crate) async fn approvals(call: &Call<'_>, place: &Place, id: Id) -> Result<Answer, Failure> {
    call.desk().get(&call.ctx, place, id).await.map_err(|e| failed(call, e))?;
    let module = call.snapshot.catalogue.module("approval").ok_or_else(Failure::not_found)?;
    let asked = list::asked(call, module);
    let selection = list::selection(module, &asked.info);
    let mut ask = list::ask(call, module, &asked, &selection)?;
    ask.filter = ask.filter.and(of_request(call, module, id)?);
    let page =
        call.desk().list(&call.ctx, &Place::top(module.clone()), ask).await.map_err(|e| failed(call, e))?;
    list::write(call, module, &[module.list_key()], &asked.info, &selection, page).await.map(Answer::Json)
}

/// The approvals on a request's levels.
fn of_request(call: &Call<'_>, approvals: &Arc<Module>, id: Id) -> Result<Filter, Failure> {
    let path = call.snapshot.catalogue.path(approvals, "approval_level.request");
    let path = path.ok_or_else(Failure::not_found)?;
    Ok(Filter::Test(model::Test { path, op: model::Op::In, operands: vec![id.into()] }))
}

/// GET of `summary`: counts of what hangs on a request, as strings but for two (requests.md section 11), or on a problem.
pub(crate) async fn summary(call: &Call<'_>, place: &Place, id: Id) -> Result<Answer, Failure> {
    if place.module.name == "problem" {
        let counts = call.desk().problem_summary(&call.ctx, place, id).await.map_err(|e| failed(call, e))?;
        let told: serde_json::Map<String, Json> =
            counts.into_iter().map(|(name, count)| (name.to_owned(), json!(count.to_string()))).collect();
        return Ok(Answer::Json(wire::envelope::object("problem_summary", &Json::Object(told).to_string())));
    }
    let counts = call.desk().request_summary(&call.ctx, place, id).await.map_err(|e| failed(call, e))?;
    let mut json = serde_json::Map::new();
    for (name, count) in counts {
        let value = match name {
            // Typed clients read these as numbers.
            "unreplied_count" | "worklog_timer_count" => json!(count),
            _ => json!(count.to_string()),
        };
        json.insert(name.to_owned(), value);
    }
    json.insert("my_timer_enabled".into(), Json::Bool(false));
    Ok(Answer::Json(wire::envelope::object("request_summary", &Json::Object(json).to_string())))
}

/// GET of a template with its layout; whoever may read requests may read the form (setup.md section 9).
pub(crate) async fn template_layout(call: &Call<'_>, id: Id) -> Result<Answer, Failure> {
    let template = call.snapshot.record_of("request_template", id);
    let template =
        template.filter(|t| !desk::is_hidden_template(&call.ctx, t)).ok_or_else(Failure::not_found)?;
    let requests = call.snapshot.catalogue.module("request").ok_or_else(Failure::not_found)?;
    let may =
        |module: &Arc<Module>| desk::permissions::permit(&call.ctx, &Place::top(module.clone()), Verb::Read);
    if may(requests).is_err() {
        may(&template.module).map_err(|e| failed(call, e))?;
    }
    let text = write::whole(call, Record::clone(template)).await?;
    let whole: Json = serde_json::from_str(&text).map_err(Failure::not_json)?;
    let asked_for_layouts = call.segments.last().is_some_and(|s| s.trim_start_matches('_') == "layouts");
    if asked_for_layouts {
        let rows = whole.get("layouts").and_then(Json::as_array).cloned().unwrap_or_default();
        return short::page(call, "layouts", rows);
    }
    Ok(Answer::Json(wire::envelope::object("request_template", &text)))
}

/// GET of `_allowed_values_for_fields`: what each field of the form may be set to.
pub(crate) async fn allowed_values(call: &Call<'_>, place: &Place, id: Id) -> Result<Answer, Failure> {
    const VALUES_MAX: u64 = 100;
    let record = call.desk().get(&call.ctx, place, id).await.map_err(|e| failed(call, e))?;
    let mut allowed = serde_json::Map::new();
    for leaf in record.module.leaves() {
        let Some(target) = leaf.target().and_then(|t| call.snapshot.catalogue.module(t)) else { continue };
        let fixed = !leaf.field.access.is_open() || leaf.path.contains('.');
        if target.size != model::Size::Small || fixed || !leaf.field.shown {
            continue;
        }
        let mut ask = desk::ListAsk::new(Filter::everything(), VALUES_MAX);
        ask.filter = crate::v3::catalogs::fitting(target, &record);
        let at = Place::top(target.clone());
        let page =
            call.desk().list_for(&call.ctx, &record.module, &at, ask).await.map_err(|e| failed(call, e))?;
        let rows: Vec<Json> =
            page.records.iter().map(|r| json!({"id": r.id().to_string(), "name": r.title()})).collect();
        allowed.insert(leaf.path.clone(), Json::Array(rows));
    }
    Ok(Answer::Json(wire::envelope::object("allowed_values", &Json::Object(allowed).to_string())))
}

/// A record as references to it show it.
pub(crate) async fn shown(call: &Call<'_>, record: Record) -> Result<String, Failure> {
    let records = [record];
    let view = call.desk().view(&records, None).await.map_err(|e| failed(call, e))?;
    let seen = Seen(&view);
    let mut json = String::new();
    for record in &records {
        call.writer(&seen).reference(&mut json, record);
    }
    Ok(json)
}

/// A row of linked requests (requests.md section 5, Link).
pub(crate) async fn link_row(call: &Call<'_>, link: &desk::Linked) -> Result<String, Failure> {
    let fields = ["id", "display_id", "subject", "udf_fields", "status"].map(str::to_owned);
    let selection = wire::writer::Selection::of(&link.request.module, &fields);
    let records = [link.request.clone()];
    let view = call.desk().view(&records, None).await.map_err(|e| failed(call, e))?;
    let seen = Seen(&view);
    let mut request = String::new();
    call.writer(&seen).row(&mut request, &link.request, &selection);
    let comments = json!(link.comments);
    Ok(format!("{{\"comments\":{comments},\"linked_request\":{request}}}"))
}

/// The request or the problem above an approval's level.
pub(crate) async fn above_level(call: &Call<'_>, place: &Place) -> Result<Record, Failure> {
    let above = place.parent.as_ref().and_then(|(_, level)| level.module.above(level));
    let (module, id) = above.ok_or_else(Failure::not_found)?;
    let module = call.snapshot.catalogue.module(module).ok_or_else(Failure::not_found)?;
    call.desk().locate(&call.ctx, &Place::top(module.clone()), id).await.map_err(|e| failed(call, e))
}
