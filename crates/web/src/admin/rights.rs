//! What the three kinds of access may do, as `desk::permissions` says it: a page to look something up, not to set it.

use crate::shell::Shell;
use crate::visit::{Administrator, Visit};
use crate::{answer, names};
use askama::Template;
use axum::response::Response;
use desk::permissions::role_allows;
use desk::{Access, DeskError, Verb};
use http::StatusCode;
use model::Module;

#[derive(Template)]
#[template(path = "admin/rights.html")]
struct RightsPage {
    shell: Shell,
    roles: Vec<Role>,
    rows: Vec<Row>,
}

/// A role, and who has it.
struct Role {
    href: String,
    name: String,
    access: String,
    limits: Vec<&'static str>,
}

struct Row {
    label: String,
    /// Of requester, technician, administrator: what they may do, in words.
    may: Vec<String>,
}

/// GET of `/admin/rights`.
pub(crate) async fn show(Administrator(visit): Administrator) -> Response {
    visit.answered(page(&visit))
}

fn page(visit: &Visit) -> Result<Response, DeskError> {
    let lang = visit.lang();
    let role = |row: &std::sync::Arc<model::Record>| Role {
        href: names::record(&row.module, row.id()).unwrap_or_default(),
        name: row.title().to_owned(),
        access: match row.text("access") {
            Some("administrator") => lang.text("account.administrator"),
            Some("technician") => lang.text("account.technician"),
            _ => lang.text("account.requester"),
        }
        .to_owned(),
        limits: [("limited_to_sites", "rights.sites"), ("limited_to_groups", "rights.groups")]
            .into_iter()
            .filter(|(flag, _)| row.is(flag))
            .map(|(_, key)| lang.text(key))
            .collect(),
    };
    let roles = visit.snapshot.rows("role").iter().filter(|row| !desk::is_gone(row)).map(role).collect();
    let modules = visit.snapshot.catalogue.modules().iter();
    let shown = modules.filter(|m| m.top_level && m.fixed.is_none() && m.name != "saved_view");
    let mut rows: Vec<Row> = shown.map(|module| row(visit, module)).collect();
    rows.sort_by(|a, b| a.label.cmp(&b.label));
    let shell = Shell::new(visit, lang.text("noun.rights"));
    Ok(answer::page(StatusCode::OK, &RightsPage { shell, roles, rows }))
}

fn row(visit: &Visit, module: &Module) -> Row {
    let lang = visit.lang();
    let may = |access: Access| {
        let verbs = [
            (Verb::Read, "consent.read"),
            (Verb::Create, "consent.create"),
            (Verb::Update, "consent.update"),
            (Verb::Delete, "consent.delete"),
        ];
        let allowed = verbs.into_iter().filter(|(verb, _)| {
            (*verb == Verb::Read || module.writable) && role_allows(access, module, *verb)
        });
        allowed.map(|(_, key)| lang.text(key)).collect::<Vec<_>>().join(", ")
    };
    Row {
        label: names::both(visit, module).1,
        may: [Access::Requester, Access::Technician, Access::Administrator].map(may).into(),
    }
}
