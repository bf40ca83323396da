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

pub(crate) fn ids(call: &Call<'_>) -> Result<Vec<Id>, Failure> {
    let text = call.param("ids").ok_or_else(|| call.wrong_method())?;
    let mut ids = Vec::new();
    for part in
        text.trim_matches(['[', ']']).split(',').map(|p| p.trim().trim_matches('"')).filter(|p| !p.is_empty())
    {
        let id = part.parse().map_err(|_| Failure::unable_to_parse("ids"))?;
        // What is refused for its length is not compared with itself first.
        if ids.len() <= IDS_MAX && !ids.contains(&id) {
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
    let (given, patch) = write::given(call, &place.module)?;
    let mut done = Done::default();
    let mut entities = Vec::new();
    let mut refused = Vec::new();
    for id in ids {
        if done.is_over(id) {
            continue;
        }
        let result = call.desk().edit(&given.ctx, place, id, &patch).await;
        if !given.is_whole() {
            // Nothing is written; what the records have against it is told together.
            refused.extend(given.judge(result.map(|_| ())).err());
            continue;
        }
        match result {
            Ok(outcome) => {
                // Written it is, whether or not it can be shown.
                entities.extend(write::whole(call, outcome.record).await.ok());
                let unmet = outcome.unmet;
                done.put(id, if unmet.is_empty() { Became::Done } else { Became::DoneInPart(unmet) });
            }
            Err(error) => done.refuse(id, error, call.ctx.trace)?,
        }
    }
    Failure::merge(refused)?;
    Ok(tell(&done.became, Some((place.module.list_key(), entities))))
}

/// DELETE of a collection with ids.
pub(crate) async fn delete(call: &Call<'_>, place: &Place) -> Result<Answer, Failure> {
    let ids = ids(call)?;
    let mut done = Done::default();
    for id in ids {
        if done.is_over(id) {
            continue;
        }
        match write::remove(call, place, id).await {
            Ok(()) => done.put(id, Became::Done),
            Err(error) => done.refuse(id, error, call.ctx.trace)?,
        }
    }
    let done = done.became;
    let all_done = done.iter().all(|(_, became)| matches!(became, Became::Done));
    if place.module.table == "ci" && all_done {
        // The documented delete of CIs, whose answer is one object (assets-cmdb.md section 1).
        return Ok(Answer::Json(wire::envelope::status_only(None)));
    }
    Ok(tell(&done, None))
}

/// What became of the records so far.
#[derive(Default)]
struct Done {
    became: Vec<(Id, Became)>,
    /// What ended the call before its last record.
    over: Option<Failure>,
}

impl Done {
    fn put(&mut self, id: Id, became: Became) {
        self.became.push((id, became));
    }
    /// What concerns one record is told beside the others. What concerns the call ends it: as a whole where nothing was done
    /// yet, else it is told of this record and of those behind it, which are not tried.
    fn refuse(&mut self, id: Id, error: DeskError, trace: u128) -> Result<(), Failure> {
        let for_all =
            matches!(error, DeskError::ScopeMissing(_) | DeskError::Unavailable(_) | DeskError::Internal(_));
        let failure = answer::failure(error, trace);
        if for_all && self.became.iter().all(|(_, became)| matches!(became, Became::Refused(_))) {
            return Err(failure);
        }
        self.over = for_all.then(|| failure.clone());
        self.put(id, Became::Refused(failure));
        Ok(())
    }
    /// Whether the call ended before this record, which is told then.
    fn is_over(&mut self, id: Id) -> bool {
        let over = self.over.clone().map(Became::Refused);
        let is_over = over.is_some();
        self.became.extend(over.map(|became| (id, became)));
        is_over
    }
}

/// What became of one record.
enum Became {
    /// What was asked for.
    Done,
    /// All but what a closing rule kept from being done: it wants these fields.
    DoneInPart(Vec<String>),
    /// Nothing.
    Refused(Failure),
}

impl Became {
    /// Its element of the `response_status`, the same as a call for this record alone would have.
    fn write(&self, id: Id, out: &mut String) {
        let (code, status, messages) = match self {
            Self::Done => (2000, "success", Vec::new()),
            Self::DoneInPart(fields) => (3000, "warning", answer::unmet(fields)),
            Self::Refused(failure) => (4000, "failed", failure.messages.clone()),
        };
        out.push_str(&format!("{{\"status_code\":{code},"));
        for (i, message) in messages.iter().enumerate() {
            out.push_str(if i == 0 { "\"messages\":[" } else { "," });
            message.write(out);
        }
        if !messages.is_empty() {
            out.push_str("],");
        }
        out.push_str(&format!("\"status\":\"{status}\",\"id\":\"{id}\"}}"));
    }
}

fn tell(done: &[(Id, Became)], entities: Option<(&str, Vec<String>)>) -> Answer {
    let mut out = String::from("{");
    if let Some((key, entities)) = entities {
        wire::envelope::json_string(&mut out, key);
        out.push_str(":[");
        out.push_str(&entities.join(","));
        out.push_str("],");
    }
    out.push_str("\"response_status\":[");
    for (i, (id, became)) in done.iter().enumerate() {
        if i > 0 {
            out.push(',');
        }
        became.write(*id, &mut out);
    }
    out.push_str("]}");
    let refused = |became: &Became| match became {
        Became::Refused(failure) => Some(failure.http),
        Became::Done | Became::DoneInPart(_) => None,
    };
    match done.iter().find_map(|(_, became)| refused(became)) {
        // Where nothing was done at all, the status says so; else the elements do.
        Some(http) if done.iter().all(|(_, became)| refused(became).is_some()) => Answer::Status(http, out),
        _ => Answer::Json(out),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_done_before_the_call_ended_is_told() {
        let gone = || DeskError::Unavailable("no database".into());
        let mut done = Done::default();
        assert!(done.refuse(Id::new(1), DeskError::NotFound, 0).is_ok());
        assert_eq!(done.refuse(Id::new(2), gone(), 0).unwrap_err().http, 503, "nothing was done");
        done.put(Id::new(2), Became::Done);
        assert!(!done.is_over(Id::new(3)));
        assert!(done.refuse(Id::new(3), gone(), 0).is_ok());
        assert!(done.is_over(Id::new(4)));
        let Answer::Json(text) = tell(&done.became, None) else { panic!("part was done") };
        let told: serde_json::Value = serde_json::from_str(&text).unwrap();
        let told = told["response_status"].as_array().unwrap();
        let told: Vec<_> =
            told.iter().map(|t| (t["id"].as_str().unwrap(), t["status"].as_str().unwrap())).collect();
        assert_eq!(told, [("1", "failed"), ("2", "success"), ("3", "failed"), ("4", "failed")]);
    }
}
