//! Views of lists that people keep for themselves or share.

use super::describe;
use crate::Area;
use crate::field::{created_by, created_time, flag, id, text};
use crate::module::Description;

pub(super) fn modules() -> Vec<Description> {
    vec![saved_view()]
}

/// A list as somebody left it: which records, in which order, with which columns. The query is that of the list's
/// address, so that a view and a link say the same thing and are read by the same code.
fn saved_view() -> Description {
    Description {
        embed: &["id", "name"],
        sort: ("name", false),
        indexes: vec![vec!["created_by"], vec!["is_shared"]],
        ..describe(
            "saved_view",
            "saved_views",
            Area::Requests,
            vec![
                id(),
                text("name", 100).required().in_list().unique(&["module", "created_by"]),
                text("module", 100).required().in_list().add_only(),
                text("query", 4000).unsearchable().in_list(),
                flag("is_shared").in_list(),
                created_by().in_list(),
                created_time().in_list(),
            ],
        )
    }
}
