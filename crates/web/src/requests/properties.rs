//! The properties of a request, in sections at the side of its page.

use super::page::Entered;
use crate::input::{self, Control, Filled};
use crate::visit::Visit;
use desk::{DeskError, View};
use model::Record;

/// Properties that belong together.
pub(super) struct Section {
    pub label: &'static str,
    pub controls: Vec<Control>,
    pub is_open: bool,
}

/// The properties at the side, in sections. What a request has besides comes last.
const SECTIONS: [(&str, &[&str]); 4] = [
    ("request.handling", &["status", "priority", "technician", "group", "due_by_time"]),
    (
        "request.classification",
        &[
            "category",
            "subcategory",
            "item",
            "request_type",
            "service_category",
            "impact",
            "urgency",
            "level",
            "mode",
            "tags",
        ],
    ),
    ("request.people", &["requester", "on_behalf_of", "site", "editor", "email_ids_to_notify"]),
    ("request.times", &["first_response_due_by_time", "scheduled_start_time", "scheduled_end_time"]),
];

/// Fields that have a place of their own on the page.
const ELSEWHERE: [&str; 10] = [
    "subject",
    "description",
    "template",
    "assets",
    "configuration_items",
    "resolution.content",
    "resolution.add_to_linked_requests",
    "delete_pre_template_tasks",
    "problem",
    "created_time",
];

/// The sections.
///
/// # Errors
/// When the database does not answer.
pub(super) async fn sections(
    visit: &Visit,
    view: &View,
    record: &Record,
    entered: Option<&Entered>,
) -> Result<Vec<Section>, DeskError> {
    let problems = Entered::problems(entered, "properties");
    let form = entered.filter(|e| e.name == "properties").map(|e| &e.form);
    let filled = Filled { record, view, entered: form, problems: &problems };
    let module = &record.module;
    let mut placed: Vec<&str> = ELSEWHERE.to_vec();
    let mut sections = Vec::new();
    for (i, (key, paths)) in SECTIONS.iter().enumerate() {
        let mut controls = Vec::new();
        for leaf in
            paths.iter().filter_map(|path| module.find(path)).filter(|leaf| input::is_on_forms(leaf, false))
        {
            controls.push(input::control(visit, leaf, filled).await?);
        }
        placed.extend(paths.iter());
        let is_open = i < 2 || controls.iter().any(|c| c.problem.is_some());
        sections.push(Section { label: visit.lang().text(key), controls, is_open });
    }
    let mut controls = Vec::new();
    let is_left =
        |leaf: &&model::Leaf| !placed.contains(&leaf.path.as_str()) && input::is_on_forms(leaf, false);
    for leaf in module.leaves().iter().filter(is_left) {
        controls.push(input::control(visit, leaf, filled).await?);
    }
    let is_open = controls.iter().any(|c| c.problem.is_some());
    sections.push(Section { label: visit.lang().text("request.more"), controls, is_open });
    Ok(sections)
}
