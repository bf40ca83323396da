//! Edits and deletes of many records at once, by `?ids=1,2,3` (conventions.md section 7).
//!
//! Each record is its own unit: what can be done is done. The answer says for each id what became of it, in the
//! order of the ids, in a `response_status` that is an array.

use crate::v3::answer::{self, Answer};
use crate::v3::call::Call;
use crate::v3::write;
use desk::{DeskError, Place};
use model::Id;
use wire::failure::Failure;

/// How many records one call may name.
const IDS_MAX: usize = 100;

fn ids(call: &Call<'_>) -> Result<Vec<Id>, Failure> {
    let text = call.param("ids").ok_or_else(|| call.wrong_method())?;
    let mut ids = Vec::new();
    for part in
        text.trim_matches(['[', ']']).split(',').map(|p| p.trim().trim_matches('"')).filter(|p| !p.is_empty())
    {
        let id = part.parse().map_err(|_| Failure::unable_to_parse("ids"))?;
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    if ids.is_empty() {
        return Err(Failure::mandatory(vec!["ids".into()]));
    }
    if ids.len() > IDS_MAX {
        return Err(answer::with_message(
            Failure::not_valid("ids"),
            format!("At most {IDS_MAX} ids in one call"),
        ));
    }
    Ok(ids)
}

/// PUT of a collection with ids.
pub(crate) async fn edit(call: &Call<'_>, place: &Place) -> Result<Answer, Failure> {
    let ids = ids(call)?;
    let (_, patch) = write::patch(call, &place.module)?;
    let mut done = Vec::new();
    let mut entities = Vec::new();
    for id in ids {
        let result = call.desk().edit(&call.ctx, place, id, &patch).await;
        let outcome = match result {
            Ok(outcome) if outcome.unmet.is_empty() => {
                entities.push(write::whole(call, outcome.record).await?);
                Ok(())
            }
            Ok(outcome) => Err(Failure::closure_rule(outcome.unmet)),
            Err(error) => Err(stop_or_tell(call, error)?),
        };
        done.push((id, outcome));
    }
    Ok(tell(&done, Some((place.module.list_key(), entities))))
}

/// DELETE of a collection with ids.
pub(crate) async fn delete(call: &Call<'_>, place: &Place) -> Result<Answer, Failure> {
    let ids = ids(call)?;
    let mut done = Vec::new();
    for id in ids {
        let outcome = match call.desk().delete(&call.ctx, place, id).await {
            Ok(()) => Ok(()),
            Err(error) => Err(stop_or_tell(call, error)?),
        };
        done.push((id, outcome));
    }
    Ok(tell(&done, None))
}

/// What concerns one record is told beside the others; what concerns the call ends it.
fn stop_or_tell(call: &Call<'_>, error: DeskError) -> Result<Failure, Failure> {
    let for_all =
        matches!(error, DeskError::ScopeMissing(_) | DeskError::Unavailable(_) | DeskError::Internal(_));
    let failure = answer::failure(error, call.ctx.trace);
    if for_all { Err(failure) } else { Ok(failure) }
}

fn tell(done: &[(Id, Result<(), Failure>)], entities: Option<(&str, Vec<String>)>) -> Answer {
    let mut out = String::from("{");
    if let Some((key, entities)) = entities {
        wire::envelope::json_string(&mut out, key);
        out.push_str(":[");
        out.push_str(&entities.join(","));
        out.push_str("],");
    }
    out.push_str("\"response_status\":[");
    for (i, (id, outcome)) in done.iter().enumerate() {
        if i > 0 {
            out.push(',');
        }
        match outcome {
            Ok(()) => {
                out.push_str(&format!("{{\"status_code\":2000,\"status\":\"success\",\"id\":\"{id}\"}}"))
            }
            Err(failure) => {
                out.push_str("{\"status_code\":4000,\"messages\":[");
                for (i, message) in failure.messages.iter().enumerate() {
                    if i > 0 {
                        out.push(',');
                    }
                    message.write(&mut out);
                }
                out.push_str(&format!("],\"status\":\"failed\",\"id\":\"{id}\"}}"));
            }
        }
    }
    out.push_str("]}");
    match done.iter().find_map(|(_, outcome)| outcome.as_ref().err()) {
        // Where nothing was done at all, the status says so; else the elements do.
        Some(failure) if done.iter().all(|(_, outcome)| outcome.is_err()) => {
            Answer::Status(failure.http, out)
        }
        _ => Answer::Json(out),
    }
}
