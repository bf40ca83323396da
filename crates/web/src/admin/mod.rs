//! Administration: the way to everything that is set up. Most lists behind it are those of every other module; what is no
//! record of the catalogue, or is better seen as a whole, has a page of its own here.

pub(crate) mod audit;
pub(crate) mod clients;
pub(crate) mod field_form;
pub(crate) mod fields;
pub(crate) mod keys;
pub(crate) mod matrix;
pub(crate) mod rights;
mod scopes;
pub(crate) mod system;
pub(crate) mod types;

use crate::answer;
use crate::names;
use crate::shell::Shell;
use crate::texts::Lang;
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
    /// What it is for, in a line.
    about: &'static str,
    /// How many there are, of records.
    count: Option<usize>,
}

/// Pages of their own: the group, the last part of the address, which is the key of its words too.
pub(crate) const PAGES: [(&str, &[&str]); 3] = [
    ("admin.access", &["rights", "oauth_clients", "technician_keys", "happyfox_keys"]),
    ("admin.fields", &["requester_fields"]),
    ("admin.operation", &["audit", "system"]),
];

/// What is set up, by what it is for. A test looks whether every module of the set-up is here.
pub(crate) const GROUPS: [(&str, &[&str]); 8] = [
    ("admin.company", &["portals", "sites", "regions", "departments", "support_groups"]),
    ("admin.access", &["roles"]),
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
        &[
            "task_types",
            "task_templates",
            "worklog_types",
            "approval_statuses",
            "problem_templates",
            "project_statuses",
        ],
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
    ("admin.operation", &[]),
];

/// GET of `/admin`.
pub(crate) async fn show(Administrator(visit): Administrator) -> Response {
    visit.answered(page(&visit))
}

fn page(visit: &Visit) -> Result<Response, DeskError> {
    let lang = visit.lang();
    let link = |plural: &&str| {
        let module = visit.snapshot.catalogue.at_path(plural)?;
        let rows = visit.snapshot.rows(&module.name).iter().filter(|row| !desk::is_gone(row));
        let rows = rows.filter(|row| module.name != "udf_field" || row.reference("ci_type").is_none());
        Some(Link {
            href: names::list(module),
            label: names::both(visit, module).1,
            about: about(lang, plural),
            count: Some(rows.count()),
        })
    };
    let own = |word: &&str| Link {
        href: format!("/admin/{word}"),
        label: names::of(lang, word),
        about: about(lang, word),
        count: None,
    };
    let group = |(key, plurals): &(&str, &[&str])| {
        let pages = PAGES.iter().filter(|(group, _)| group == key).flat_map(|(_, words)| *words).map(own);
        Group { label: lang.text(key), links: plurals.iter().filter_map(link).chain(pages).collect() }
    };
    let page = AdminPage {
        shell: Shell::new(visit, lang.text("nav.admin")),
        groups: GROUPS.iter().map(group).collect(),
    };
    Ok(answer::page(StatusCode::OK, &page))
}

/// What something is for, in a line.
fn about(lang: Lang, word: &str) -> &'static str {
    lang.find(&format!("about.{word}")).unwrap_or("")
}

#[cfg(test)]
mod tests {
    use super::{GROUPS, PAGES};
    use crate::texts::Lang;
    use model::{Area, Size};

    #[test]
    fn everything_that_is_set_up_is_here() {
        let catalogue = model::Catalogue::new(&model::Additions::default());
        let here: Vec<&str> = GROUPS.iter().flat_map(|(_, plurals)| *plurals).copied().collect();
        for module in catalogue.modules() {
            let is_setup = module.area == Area::Setup && module.size == Size::Small && module.top_level;
            assert!(!is_setup || here.contains(&module.plural.as_ref()), "{}", module.plural);
        }
        for plural in &here {
            assert!(catalogue.at_path(plural).is_some(), "{plural}");
        }
        for word in here.iter().chain(PAGES.iter().flat_map(|(_, words)| *words)) {
            assert!(!super::about(Lang::En, word).is_empty(), "{word} says nothing of itself");
        }
    }
}
