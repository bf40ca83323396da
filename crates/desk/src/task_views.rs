//! The views of tasks that come with the desk: which tasks each of them shows to whoever asks.

use crate::request_views::today;
use crate::{Context, Snapshot};
use model::filter::{equals, test};
use model::{Filter, Id, Module, Op, Value};
use std::sync::Arc;

/// The views, by name.
pub const TASK_VIEWS: [&str; 7] =
    ["My_Open", "My_Groups", "Overdue", "Due_Today", "Unassigned", "All_Open", "All_Tasks"];

/// The tasks that a view shows; `None` for a name that is none of [`TASK_VIEWS`]. `groups` are the caller's.
#[must_use]
pub fn task_view(
    snapshot: &Snapshot,
    ctx: &Context,
    groups: &[Id],
    module: &Arc<Module>,
    name: &str,
) -> Option<Filter> {
    let open = || {
        let open = snapshot.rows("status").iter().filter(|status| status.is("in_progress"));
        equals(module, "status", open.map(|status| status.id().into()).collect())
    };
    let due = |op: Op, time: i64| test(module, "scheduled_end_time", op, vec![time.into()]);
    let groups = || groups.iter().map(|group| Value::from(*group)).collect();
    Some(match name {
        "My_Open" => equals(module, "owner", vec![ctx.caller.user.into()]).and(open()),
        "My_Groups" => open().and(equals(module, "group", groups())),
        "Overdue" => open().and(due(Op::Less, ctx.now)),
        "Due_Today" => {
            let (from, to) = today(ctx)?;
            open().and(due(Op::Less, to)).and(due(Op::GreaterOrEqual, from))
        }
        "Unassigned" => open().and(test(module, "owner", Op::Empty, Vec::new())),
        "All_Open" => open(),
        "All_Tasks" => Filter::everything(),
        _ => return None,
    })
}
