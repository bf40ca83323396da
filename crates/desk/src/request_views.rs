//! The views of requests that come with the desk: which requests each of them shows to whoever asks.

use crate::{Context, Snapshot, overdue};
use model::filter::{equals, test};
use model::{Filter, Id, Module, Op, Record, Value};
use std::sync::Arc;

/// The views: the name as clients send it, and what it says to people.
pub const REQUEST_VIEWS: [(&str, &str); 14] = [
    ("All_Requests", "All requests"),
    ("All_Open", "All open requests"),
    ("All_Closed", "All completed requests"),
    ("Open_System", "Open requests"),
    ("Onhold", "Requests on hold"),
    ("Overdue", "Overdue requests"),
    ("Due_Today", "Requests due today"),
    ("Unassigned", "Requests without a technician"),
    ("My_Open", "My open requests"),
    ("My_Onhold", "My requests on hold"),
    ("My_Overdue", "My overdue requests"),
    ("My_All", "All my requests"),
    ("My_Groups", "Open requests of my groups"),
    ("Trash", "Requests in the trash"),
];

/// The requests that a view shows; `None` for a name that is none of [`REQUEST_VIEWS`]. `groups` are the caller's.
#[must_use]
pub fn request_view(
    snapshot: &Snapshot,
    ctx: &Context,
    groups: &[Id],
    module: &Arc<Module>,
    name: &str,
) -> Option<Filter> {
    let statuses = |test: fn(&Record) -> bool| -> Vec<Value> {
        snapshot.rows("status").iter().filter(|s| test(s)).map(|s| s.id().into()).collect()
    };
    let open = || equals(module, "status", statuses(|s| s.is("in_progress")));
    // On hold the clock stands: nothing is due meanwhile, and nobody is to hurry.
    let running = || equals(module, "status", statuses(|s| s.is("in_progress") && !s.is("stop_timer")));
    let held = || equals(module, "status", statuses(|s| s.is("stop_timer")));
    let mine = || equals(module, "technician", vec![ctx.caller.user.into()]);
    // That the time is past is said by itself as well, so that a list begins with it in the index of that time.
    let past = || test(module, "due_by_time", Op::Less, vec![ctx.now.into()]);
    let late = || past().and(overdue(module, ctx.now));
    Some(match name {
        "All_Requests" => Filter::everything(),
        "All_Open" | "Open_System" => open(),
        "All_Closed" => equals(module, "status", statuses(|s| !s.is("in_progress"))),
        "Onhold" => held(),
        "Overdue" => running().and(late()),
        "Due_Today" => {
            let (from, to) = today(ctx)?;
            running().and(test(module, "due_by_time", Op::Less, vec![to.into()])).and(test(
                module,
                "due_by_time",
                Op::GreaterOrEqual,
                vec![from.into()],
            ))
        }
        "Unassigned" => open().and(test(module, "technician", Op::Empty, Vec::new())),
        "My_Open" => mine().and(open()),
        "My_Onhold" => mine().and(held()),
        "My_Overdue" => mine().and(running()).and(late()),
        "My_All" => mine(),
        "My_Groups" => open().and(equals(module, "group", groups.iter().map(|g| (*g).into()).collect())),
        "Trash" => equals(module, "is_trashed", vec![true.into()]),
        _ => return None,
    })
}

/// From midnight to midnight, where the caller is.
pub(crate) fn today(ctx: &Context) -> Option<(i64, i64)> {
    let now = jiff::Timestamp::from_millisecond(ctx.now).ok()?.to_zoned_datetime(ctx.zone.clone());
    let begins = |day: jiff::civil::Date| {
        day.to_zoned_datetime(ctx.zone.clone()).ok().map(|at| at.timestamp().as_millisecond())
    };
    Some((begins(now.date())?, begins(now.date().tomorrow().ok()?)?))
}
