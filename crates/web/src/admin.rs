//! Administration: the way to everything that is set up. The lists behind it are those of every other module.

use crate::answer;
use crate::names;
use crate::shell::Shell;
use crate::visit::{Administrator, Visit};
use askama::Template;
use axum::response::Response;
use desk::DeskError;
use http::StatusCode;

#[derive(Template)]
#[template(path = "admin.html")]
struct AdminPage {
    shell: Shell,
    groups: Vec<Group>,
}

struct Group {
    label: &'static str,
    links: Vec<Link>,
}

struct Link {
    href: String,
    label: String,
    count: usize,
}

/// What is set up, by what it is for. A test looks whether every module of the set-up is here.
pub(crate) const GROUPS: [(&str, &[&str]); 6] = [
    ("admin.company", &["portals", "sites", "regions", "departments", "support_groups", "roles"]),
    (
        "admin.requests",
        &[
            "request_templates",
            "request_types",
            "statuses",
            "priorities",
            "urgencies",
            "impacts",
            "priority_matrices",
            "levels",
            "modes",
            "closure_codes",
            "tags",
        ],
    ),
    ("admin.classification", &["categories", "subcategories", "items", "service_categories", "slas"]),
    (
        "admin.work",
        &["task_types", "task_templates", "worklog_types", "approval_statuses", "problem_templates"],
    ),
    (
        "admin.estate",
        &[
            "product_types",
            "manufacturers",
            "vendors",
            "asset_states",
            "asset_types",
            "asset_categories",
            "asset_lifecycles",
            "depreciation_types",
            "ci_types",
            "ci_attributes",
            "ci_relationship_types",
            "ci_type_relationships",
            "business_impacts",
        ],
    ),
    ("admin.fields", &["udf_fields"]),
];

/// GET of `/admin`.
pub(crate) async fn show(Administrator(visit): Administrator) -> Response {
    visit.answered(page(&visit))
}

fn page(visit: &Visit) -> Result<Response, DeskError> {
    let lang = visit.lang();
    let link = |plural: &&str| {
        let module = visit.snapshot.catalogue.at_path(plural)?;
        Some(Link {
            href: names::list(module),
            label: names::both(visit, module).1,
            count: visit.snapshot.rows(&module.name).iter().filter(|row| !desk::is_gone(row)).count(),
        })
    };
    let group = |(key, plurals): &(&str, &[&str])| Group {
        label: lang.text(key),
        links: plurals.iter().filter_map(link).collect(),
    };
    let page = AdminPage {
        shell: Shell::new(visit, lang.text("nav.admin")),
        groups: GROUPS.iter().map(group).collect(),
    };
    Ok(answer::page(StatusCode::OK, &page))
}

#[cfg(test)]
mod tests {
    use super::GROUPS;
    use model::{Area, Size};

    #[test]
    fn everything_that_is_set_up_is_here() {
        let catalogue = model::Catalogue::new(&model::Additions::default());
        let here: Vec<&str> = GROUPS.iter().flat_map(|(_, plurals)| *plurals).copied().collect();
        for module in catalogue.modules() {
            let is_setup = module.area == Area::Setup && module.size == Size::Small && module.top_level;
            assert!(!is_setup || here.contains(&module.plural.as_ref()), "{}", module.plural);
        }
        for plural in here {
            assert!(catalogue.at_path(plural).is_some(), "{plural}");
        }
    }
}
