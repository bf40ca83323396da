//! The CMDB's own paths: relationships of a CI, and impact analysis (assets-cmdb.md sections 5.3 and 5.6).

use crate::v3::answer::{self, Answer};
use crate::v3::call::Call;
use crate::v3::operations::id_of;
use crate::v3::{list, related, write};
use desk::{Direction, Place, Wanted};
use http::Method;
use model::{Id, RefInput};
use serde_json::{Value as Json, json};
use wire::failure::Failure;
use wire::list_info::ListInfo;

const KEY: &str = "ci_relationships";

/// Runs an operation of a CI.
pub(crate) async fn run(call: &Call<'_>, place: &Place, id: Id, name: &str) -> Result<Answer, Failure> {
    match (name, &call.method) {
        ("impact_analysis", _) => impact(call, place, id).await,
        ("ci_relationships", &(Method::GET | Method::HEAD)) => relationships(call, place, id).await,
        ("ci_relationships", &Method::POST) => relate(call, place, id).await,
        ("ci_relationships", _) => unrelate(call, place, id).await,
        _ => Err(Failure::not_found()),
    }
}

/// Where a CI is added: at the path of its type; at `cmdb` the input names the type.
pub(crate) fn place_to_add(call: &Call<'_>, place: &Place) -> Result<Place, Failure> {
    if place.module.name != "ci" {
        return Ok(place.clone());
    }
    let input = call.input();
    let (entity, _strangers) = wire::reader::entity(&place.module, &input)?;
    let given = entity.get("ci_type").ok_or_else(|| Failure::mandatory(vec!["ci_type".into()]))?;
    let given = wire::lenient::opened(given);
    let text = |key: &str| given.get(key).and_then(wire::scalar::text);
    let types = call.snapshot.rows("ci_type");
    let found = match (text("id"), text("name").or_else(|| given.as_str().map(str::to_owned))) {
        (Some(id), _) => types.iter().find(|t| t.id().to_string() == id),
        (None, Some(name)) => types.iter().find(|t| t.text("name") == Some(&name)),
        (None, None) => None,
    };
    let module = found.and_then(|t| call.snapshot.catalogue.module(t.text("name")?));
    let module = module.ok_or_else(|| Failure::not_valid("ci_type"))?;
    Ok(Place::top(module.clone()))
}

async fn relationships(call: &Call<'_>, place: &Place, id: Id) -> Result<Answer, Failure> {
    let failed = |e| answer::failure(e, call.ctx.trace);
    let module = call.snapshot.catalogue.module("ci_relationship").ok_or_else(Failure::not_found)?;
    let asked = list::asked(call, module);
    let info = &asked.info;
    let selection = list::selection(module, info);
    let ask = list::ask(call, module, &asked, &selection)?;
    let (rows, page) = call.desk().relationships(&call.ctx, place, id, ask).await.map_err(failed)?;
    list::write(call, &rows.module, &[KEY], info, &selection, page).await.map(Answer::Json)
}

/// `{"ci_relationships": [{"relationship_type": {…}, "child_ci": {"id": …}, "comments": …}]}`; `parent_ci` in place of
/// `child_ci` when the CI itself is the child.
async fn relate(call: &Call<'_>, place: &Place, id: Id) -> Result<Answer, Failure> {
    let failed = |e| answer::failure(e, call.ctx.trace);
    let input = call.input();
    let rows = input.get(KEY).ok_or_else(|| Failure::mandatory(vec![KEY.to_owned()]))?;
    let rows = wire::lenient::opened(rows);
    let rows = match rows.as_ref() {
        Json::Array(rows) => rows.as_slice(),
        Json::Object(_) => std::slice::from_ref(rows.as_ref()),
        _ => return Err(Failure::type_mismatch(KEY)),
    };
    let wanted: Result<Vec<Wanted>, Failure> = rows.iter().map(wanted).collect();
    let made = call.desk().relate(&call.ctx, place, id, &wanted?).await.map_err(failed)?;
    let mut shown = Vec::with_capacity(made.len());
    for record in made {
        shown.push(write::whole(call, record).await?);
    }
    Ok(Answer::Status(201, wire::envelope::object(KEY, &format!("[{}]", shown.join(",")))))
}

fn wanted(row: &Json) -> Result<Wanted, Failure> {
    const KEYS: [&str; 4] = ["relationship_type", "parent_ci", "child_ci", "comments"];
    let object = row.as_object().ok_or_else(|| Failure::extra_value_in_array(KEY))?;
    let strangers = object.keys().filter(|k| !KEYS.contains(&k.as_str()) && k.as_str() != "id");
    Failure::merge(strangers.map(|k| Failure::extra_key(k.clone())).collect())?;
    let end = |key: &str| match object.get(key) {
        None | Some(Json::Null) => Ok(None),
        Some(value) => id_of(value.get("id").unwrap_or(value)).map(Some),
    };
    let kind = object.get("relationship_type").filter(|v| !v.is_null());
    let kind = kind.ok_or_else(|| Failure::mandatory(vec!["relationship_type".into()]))?;
    let text = |key: &str| kind.get(key).and_then(wire::scalar::text);
    let id = text("id").map(|id| id.parse().map_err(|_| Failure::unable_to_parse("id"))).transpose()?;
    let comments = object.get("comments").and_then(wire::scalar::text);
    if comments.as_ref().is_some_and(|c| c.chars().count() > 250) {
        return Err(Failure::not_valid("comments"));
    }
    Ok(Wanted {
        kind: RefInput {
            id,
            name: text("name").or_else(|| kind.as_str().map(str::to_owned)),
            ..RefInput::default()
        },
        parent: end("parent_ci")?,
        child: end("child_ci")?,
        comments,
    })
}

/// By `?ids=`, or by an input of rows with ids.
async fn unrelate(call: &Call<'_>, place: &Place, id: Id) -> Result<Answer, Failure> {
    let ids: Vec<Id> = match call.param("ids") {
        Some(_) => crate::v3::bulk::ids(call)?,
        None => {
            let input = call.input();
            let rows = input.get(KEY).map(wire::lenient::opened);
            let rows = rows.as_deref().and_then(Json::as_array);
            let rows = rows.ok_or_else(|| Failure::mandatory(vec!["ids".into()]))?;
            rows.iter().map(|row| id_of(row.get("id").unwrap_or(row))).collect::<Result<_, _>>()?
        }
    };
    let done = call.desk().unrelate(&call.ctx, place, id, &ids).await;
    done.map_err(|e| answer::failure(e, call.ctx.trace))?;
    Ok(Answer::Json(wire::envelope::status_only(None)))
}

/// `direction` is downstream (what suffers) or upstream (what it depends on); `depth` is any number from one up, or
/// left out for all. Paged like a list.
async fn impact(call: &Call<'_>, place: &Place, id: Id) -> Result<Answer, Failure> {
    let failed = |e| answer::failure(e, call.ctx.trace);
    let info = ListInfo::read(call.payload.input.as_ref(), &call.payload.params).whole()?;
    let input = call.input();
    let asked = |key: &str| {
        let inside = input.get("impact_analysis").and_then(|i| i.get(key)).or_else(|| input.get(key));
        inside.and_then(wire::scalar::text).or_else(|| call.param(key).map(str::to_owned))
    };
    let direction = match asked("direction").unwrap_or_default().to_ascii_lowercase().as_str() {
        "" | "down" | "downstream" | "impacts" => Direction::Downstream,
        "up" | "upstream" | "depends_on" => Direction::Upstream,
        _ => {
            return Err(answer::with_message(
                Failure::not_valid("direction"),
                "downstream or upstream".into(),
            ));
        }
    };
    let depth = match asked("depth").filter(|d| !d.is_empty()) {
        None => u32::MAX,
        Some(text) => text.parse().ok().filter(|d| *d > 0).ok_or_else(|| Failure::not_valid("depth"))?,
    };
    let from = usize::try_from(info.start).unwrap_or(usize::MAX);
    let page = from..from.saturating_add(info.row_count as usize);
    let found = call.desk().impact(&call.ctx, place, id, direction, depth, page).await.map_err(failed)?;
    let mut rows = Vec::with_capacity(found.hits.len());
    for hit in &found.hits {
        let ci = related::shown(call, model::Record::clone(&hit.ci)).await?;
        let kind = hit.kind.as_ref().map(
            |k| json!({"id": k.id().to_string(), "name": k.title(), "inverse_name": k.text("inverse_name")}),
        );
        let via = json!({
            "id": hit.relationship.to_string(),
            "relationship_type": kind,
            "from": {"id": hit.from.to_string()},
        });
        let (requests, problems) = (open(call, &hit.requests).await?, open(call, &hit.problems).await?);
        rows.push(format!(
            "{{\"ci\":{ci},\"depth\":{},\"via\":{via},\"open_requests\":[{requests}],\"open_problems\":[{problems}]}}",
            hit.depth
        ));
    }
    let levels: Vec<Json> = (1..)
        .zip(&found.levels)
        .map(|(depth, count): (u32, _)| json!({"depth": depth, "count": count}))
        .collect();
    let has_more = from.saturating_add(rows.len()) < found.total;
    let shown = rows.len();
    let ci = related::shown(call, found.ci).await?;
    let word = if direction == Direction::Downstream { "downstream" } else { "upstream" };
    let head = format!(
        "{{\"ci\":{ci},\"direction\":\"{word}\",\"total_count\":{},\"levels\":{},\"cis\":[{}]}}",
        found.total,
        Json::Array(levels),
        rows.join(",")
    );
    let list_info = json!({
        "has_more_rows": has_more,
        "start_index": info.start.saturating_add(1),
        "row_count": shown,
        "total_count": found.total,
    });
    let text = format!(
        "{{\"impact_analysis\":{head},\"list_info\":{list_info},\"response_status\":{{\"status_code\":2000,\"status\":\"success\"}}}}"
    );
    Ok(Answer::Json(text))
}

/// What is open on a CI, in short.
async fn open(call: &Call<'_>, records: &[std::sync::Arc<model::Record>]) -> Result<String, Failure> {
    let Some(module) = records.first().map(|r| r.module.clone()) else { return Ok(String::new()) };
    let fields = ["id", "display_id", "subject", "title", "status", "priority"].map(str::to_owned);
    let selection = wire::writer::Selection::of(&module, &fields);
    let records = records.iter().map(|r| model::Record::clone(r)).collect();
    let page = desk::Page { records, has_more: false, total: None };
    Ok(list::rows(call, &selection, page).await?.join(","))
}
