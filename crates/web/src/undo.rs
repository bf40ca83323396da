//! Taking changes back: from the history of a record, or from the notice that follows a change.

use crate::form::{self, Problems};
use crate::requests::bulk::{OutcomePage, Refused};
use crate::shell::Shell;
use crate::visit::{TechniciansForm, Visit, is_local};
use crate::{answer, names, show};
use axum::response::Response;
use desk::{DeskError, Undone};
use http::StatusCode;
use model::Id;

/// No change of several records is greater.
const ENTRIES_MAX: usize = 200;

/// Entries of the history in few letters, for a cookie: the first, then how far each is from the one before.
pub(crate) fn written(entries: &[Id]) -> String {
    let mut ids: Vec<i64> = entries.iter().map(|id| id.get()).collect();
    ids.sort_unstable();
    let mut last = 0;
    let steps = ids.iter().map(|id| {
        let step = id - last;
        last = *id;
        step.to_string()
    });
    steps.collect::<Vec<_>>().join(".")
}

/// The entries that were written so; none from what is no such text.
pub(crate) fn read(text: &str) -> Vec<Id> {
    let mut last = 0_i64;
    let step = |step: &str| {
        last = last.checked_add(step.parse().ok().filter(|step| *step > 0_i64)?)?;
        Some(Id::new(last))
    };
    text.split('.').take(ENTRIES_MAX).map_while(step).collect()
}

/// What the visit's own change of a record can be taken back by.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn of_own_change(visit: &Visit, record: Id) -> Result<Option<Id>, DeskError> {
    let Some(entry) = visit.desk().own_change(&visit.ctx, record).await? else { return Ok(None) };
    match visit.desk().undoable(&visit.ctx, entry).await {
        Ok(_) => Ok(Some(entry)),
        Err(DeskError::NotFound | DeskError::NotPermitted) => Ok(None),
        Err(error) => Err(error),
    }
}

/// On to another page, which says what was done to a record and offers to take it back.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn done(visit: &Visit, path: &str, said: &str, record: Id) -> Result<Response, DeskError> {
    Ok(match of_own_change(visit, record).await? {
        Some(entry) => visit.done_undoably(path, said, &[entry]),
        None => visit.done(path, said),
    })
}

/// POST of `/undo`: takes back the changes that entries of the history tell of, and goes back to the page.
pub(crate) async fn run(TechniciansForm(visit, form): TechniciansForm) -> Response {
    visit.answered(
        async {
            let back = form.given("back").filter(|back| is_local(back)).unwrap_or("/");
            let entries = read(form.get("entries"));
            if entries.is_empty() {
                return Err(DeskError::NotFound);
            }
            all(&visit, &entries, back).await
        }
        .await,
    )
}

async fn all(visit: &Visit, entries: &[Id], back: &str) -> Result<Response, DeskError> {
    let mut done = 0;
    let mut refused = Vec::new();
    for entry in entries {
        match one(visit, *entry).await? {
            Ok(()) => done += 1,
            Err(why) => refused.push(why),
        }
    }
    if refused.is_empty() {
        return Ok(visit.done(back, "undone"));
    }
    let lang = visit.lang();
    let page = OutcomePage {
        shell: Shell::new(visit, lang.text("undo.title")),
        done: lang.count("undo.done", done),
        why: lang.text("undo.refused"),
        refused,
        undo: String::new(),
        back: back.to_owned(),
    };
    Ok(answer::page(StatusCode::UNPROCESSABLE_ENTITY, &page))
}

/// Takes one change back, or says why it is not.
async fn one(visit: &Visit, entry: Id) -> Result<Result<(), Refused>, DeskError> {
    let (desk, lang) = (visit.desk(), visit.lang());
    let undoable = match desk.undoable(&visit.ctx, entry).await {
        Ok(undoable) => undoable,
        Err(error) => return why(visit, error).map(|why| Err(Refused::nameless(lang, why))),
    };
    let module = undoable.record.module.clone();
    let refused = |why: String| Refused {
        href: names::record(&module, undoable.record.id()).unwrap_or_default(),
        title: show::title(&undoable.record),
        why,
    };
    let undone = match form::refused(visit, &module, desk.undo(&visit.ctx, &undoable).await) {
        Ok(Ok(undone)) => undone,
        Ok(Err(problems)) => return Ok(Err(refused(words(visit, problems, &module)))),
        Err(error) => return why(visit, error).map(|why| Err(refused(why))),
    };
    match undone {
        Undone::Done(outcome) if outcome.unmet.is_empty() => Ok(Ok(())),
        Undone::Done(outcome) => Ok(Err(refused(form::closure(visit, &module, &outcome.unmet)))),
        Undone::Changed(paths) => {
            let label = |path: &String| {
                module.find(path).map_or_else(|| path.clone(), |leaf| lang.label(&leaf.field.label))
            };
            let labels: Vec<String> = paths.iter().map(label).collect();
            Ok(Err(refused(lang.say("undo.changed", &[("fields", &labels.join(", "))]))))
        }
    }
}

fn words(visit: &Visit, mut problems: Problems, module: &model::Module) -> String {
    problems.lift(visit, module, |_| false);
    problems.general.join(" ")
}

/// Why a change is not taken back, in words.
///
/// # Errors
/// What is no matter of the change: the database does not answer.
fn why(visit: &Visit, error: DeskError) -> Result<String, DeskError> {
    let key = match error {
        DeskError::NotFound | DeskError::NotInTrash => "undo.gone",
        DeskError::NotPermitted => "error.not_permitted",
        DeskError::MergedInto(_) => "error.merged",
        error => return Err(error),
    };
    Ok(visit.lang().text(key).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_written_shortly() {
        let ids = [290_000_000_000_000_007, 290_000_000_000_000_001, 290_000_000_004_000_001].map(Id::new);
        let text = written(&ids);
        assert_eq!(text, "290000000000000001.6.3999994");
        let mut sorted = ids.to_vec();
        sorted.sort_unstable();
        assert_eq!(read(&text), sorted);
        for bad in ["", "x", "-5", "0", "99999999999999999999"] {
            assert_eq!(read(bad), Vec::new(), "{bad}");
        }
        assert_eq!(read("5.x.7"), [Id::new(5)]);
    }
}
