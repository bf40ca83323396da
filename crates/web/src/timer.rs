//! The timer that a technician lets run while they work on something, and the form in which time is written down.

use crate::form::{Form, Problems};
use crate::input::{self, Control};
use crate::records::place_at;
use crate::visit::{TechniciansForm, Visit};
use crate::{names, requests};
use axum::extract::Path;
use axum::response::Response;
use desk::timers::Timer;
use desk::{DeskError, Place};
use model::{Id, Module};

/// The fields of the form for time spent.
const FIELDS: [&str; 5] = ["owner", "time_spent", "recorded_time", "worklog_type", "description"];

/// The timer as pages show it.
#[derive(Clone)]
pub(crate) struct TimerBox {
    /// The address of the record's page, where time is written down.
    pub href: String,
    pub title: String,
    pub spent: String,
    pub is_running: bool,
}

impl TimerBox {
    pub fn of(visit: &Visit, timer: &Timer) -> Self {
        let page = visit.snapshot.module(&timer.module).ok().and_then(|m| names::record(m, timer.record));
        Self {
            href: page.map(|page| at_form(&timer.module, &page)).unwrap_or_default(),
            title: timer.title.clone(),
            spent: visit.times.span(minutes(timer.spent)),
            is_running: timer.is_running,
        }
    }
}

/// The address of the form for time spent on a record.
fn at_form(module: &str, page: &str) -> String {
    if module == "request" { format!("{page}?tab=time#time") } else { format!("{page}#time") }
}

/// Whole minutes, and never none.
fn minutes(ms: i64) -> i64 {
    const MINUTE: i64 = 60_000;
    ms.saturating_add(MINUTE - 1).div_euclid(MINUTE).max(1) * MINUTE
}

/// The visitor's timer, if it is for a record.
pub(crate) fn own<'v>(visit: &'v Visit, module: &Module, record: Id) -> Option<&'v Timer> {
    visit.timer.as_ref().filter(|timer| timer.is_for(module, record))
}

/// The inputs for time spent on a record: for the visitor, and with the time of their timer if it waits.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn controls(
    visit: &Visit,
    (module, record): (&Module, Id),
    entered: Option<&Form>,
    problems: &Problems,
) -> Result<Vec<Control>, DeskError> {
    let mut controls = input::blank(visit, "worklog", &FIELDS, entered, problems).await?;
    let me = visit.ctx.caller.user.to_string();
    let waiting = own(visit, module, record).filter(|timer| !timer.is_running);
    for control in controls.iter_mut().filter(|control| control.value.is_empty()) {
        match (control.name.as_str(), waiting) {
            ("owner", _) => {
                control.choices.iter_mut().for_each(|choice| choice.is_chosen = choice.value == me);
            }
            ("recorded_time", _) => control.value = visit.times.for_input(visit.ctx.now),
            ("time_spent", Some(timer)) => control.value = visit.times.span(minutes(timer.spent)),
            _ => {}
        }
    }
    Ok(controls)
}

/// Time was written down: the timer that waited for it is gone.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn written_down(visit: &Visit, module: &Module, record: Id) -> Result<(), DeskError> {
    if own(visit, module, record).is_some_and(|timer| !timer.is_running) {
        visit.desk().drop_timer(&visit.ctx).await?;
    }
    Ok(())
}

/// POST of `/timer/{act}`: `start` on the record that `on` names, `stop`, `resume`, `discard`.
pub(crate) async fn run(Path(act): Path<String>, TechniciansForm(visit, form): TechniciansForm) -> Response {
    visit.answered(carry_out(&visit, &form, &act).await)
}

async fn carry_out(visit: &Visit, form: &Form, act: &str) -> Result<Response, DeskError> {
    let desk = visit.desk();
    if act == "start" {
        let (place, id) = record_at(visit, form.get("on"))?;
        let page = names::record(&place.module, id).unwrap_or_default();
        let said = match desk.start_timer(&visit.ctx, &place, id).await? {
            Ok(()) => "timer_started",
            Err(_) => "timer_busy",
        };
        return Ok(visit.done(&page, said));
    }
    // Of which record it is, before it is gone.
    let page = visit.timer.as_ref().map(|timer| TimerBox::of(visit, timer).href);
    let page = page.unwrap_or_else(|| "/".into());
    let said = match act {
        "stop" => desk.stop_timer(&visit.ctx).await.map(|_| "timer_stopped")?,
        "resume" => desk.resume_timer(&visit.ctx).await.map(|()| "timer_started")?,
        "discard" => desk.drop_timer(&visit.ctx).await.map(|()| "timer_discarded")?,
        _ => return Err(DeskError::NotFound),
    };
    Ok(visit.done(&page, said))
}

/// The record whose page is at an address of ours: `/requests/1`, `/tasks/1`.
fn record_at(visit: &Visit, path: &str) -> Result<(Place, Id), DeskError> {
    let (plural, id) = path.trim_start_matches('/').split_once('/').ok_or(DeskError::NotFound)?;
    Ok((place_at(visit, plural)?, requests::id_of(id)?))
}

#[cfg(test)]
mod tests {
    use super::minutes;

    #[test]
    fn a_begun_minute_counts() {
        for (ms, expected) in [(0, 1), (1, 1), (60_000, 1), (60_001, 2), (3_600_000, 60)] {
            assert_eq!(minutes(ms), expected * 60_000, "{ms}");
        }
    }
}
