//! Keys that last until they are taken back: of technicians for the V3 API, and of the requester API of HappyFox.

use super::clients::{State, cell, person};
use crate::form::{self, Form, Problems};
use crate::shell::Shell;
use crate::show::Cell;
use crate::times::Moment;
use crate::visit::{Administrator, AdministratorsForm, Visit};
use crate::{answer, requests};
use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use desk::DeskError;
use http::StatusCode;

#[derive(Template)]
#[template(path = "admin/keys.html")]
struct KeysPage {
    shell: Shell,
    base: &'static str,
    is_happyfox: bool,
    keys: Vec<Row>,
    /// What was just issued, shown once: names and values.
    shown: Vec<(&'static str, String)>,
    problems: Problems,
    name: String,
    user: String,
}

struct Row {
    /// What the forms of the row are about.
    id: String,
    name: String,
    person: Cell,
    created: Moment,
    used: Option<Moment>,
    state: State,
    is_revoked: bool,
    is_disabled: bool,
}

/// Which keys a page is about.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Technician,
    Happyfox,
}

impl Kind {
    /// By the address of the page.
    fn of(visit: &Visit) -> Self {
        if visit.path.starts_with(Self::Happyfox.base()) { Self::Happyfox } else { Self::Technician }
    }
    const fn base(self) -> &'static str {
        match self {
            Self::Technician => "/admin/technician_keys",
            Self::Happyfox => "/admin/happyfox_keys",
        }
    }
    const fn title(self) -> &'static str {
        match self {
            Self::Technician => "noun.technician_keys",
            Self::Happyfox => "noun.happyfox_keys",
        }
    }
}

/// GET of `/admin/technician_keys` and of `/admin/happyfox_keys`.
pub(crate) async fn list(Administrator(visit): Administrator) -> Response {
    visit.answered(page(&visit, Vec::new(), None).await)
}

async fn page(
    visit: &Visit,
    shown: Vec<(&'static str, String)>,
    came: Option<(Form, Problems)>,
) -> Result<Response, DeskError> {
    let kind = Kind::of(visit);
    let mut keys = match kind {
        Kind::Technician => technician_keys(visit).await?,
        Kind::Happyfox => happyfox_keys(visit).await?,
    };
    keys.sort_by_key(|key| key.is_revoked);
    let (form, problems) = came.unwrap_or_default();
    let own = visit.person.text("email_id").unwrap_or_default();
    let status = if problems.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let page = KeysPage {
        shell: Shell::new(visit, visit.lang().text(kind.title())),
        base: kind.base(),
        is_happyfox: kind == Kind::Happyfox,
        keys,
        shown,
        problems,
        name: form.get("name").to_owned(),
        user: form.given("user").unwrap_or(own).to_owned(),
    };
    Ok(answer::page(status, &page))
}

async fn technician_keys(visit: &Visit) -> Result<Vec<Row>, DeskError> {
    let mut rows = Vec::new();
    for key in visit.web.identity.technician_keys().await? {
        rows.push(Row {
            id: key.id.to_string(),
            name: key.name,
            person: cell(visit, key.user).await?,
            created: visit.times.moment(key.created),
            used: key.last_used.map(|at| visit.times.moment(at)),
            state: State::of(visit, key.revoked, None),
            is_revoked: key.revoked.is_some(),
            is_disabled: false,
        });
    }
    Ok(rows)
}

async fn happyfox_keys(visit: &Visit) -> Result<Vec<Row>, DeskError> {
    let mut rows = Vec::new();
    for key in visit.web.identity.happyfox_keys().await? {
        rows.push(Row {
            name: key.name,
            person: cell(visit, key.user).await?,
            created: visit.times.moment(key.created),
            used: key.last_used.map(|at| visit.times.moment(at)),
            state: State::of(visit, key.revoked, key.disabled),
            is_revoked: key.revoked.is_some(),
            is_disabled: key.disabled.is_some(),
            id: key.api_key,
        });
    }
    Ok(rows)
}

/// POST of `/admin/technician_keys` and of `/admin/happyfox_keys`: a new key.
pub(crate) async fn issue(AdministratorsForm(visit, form): AdministratorsForm) -> Response {
    visit.answered(
        async {
            let user = match person(&visit, form.get("user"), "user").await? {
                Ok(user) => user,
                Err(problems) => return page(&visit, Vec::new(), Some((form, problems))).await,
            };
            let (identity, name) = (&visit.web.identity, form.get("name"));
            let issued = async {
                Ok(match Kind::of(&visit) {
                    Kind::Technician => {
                        visit.desk().may_hold_technician_key(user).await?;
                        let (_, key) = identity.issue_technician_key(user, name, &visit.ctx).await?;
                        vec![("authtoken", key)]
                    }
                    Kind::Happyfox => {
                        let (key, code) = identity.issue_happyfox_key(user, name, &visit.ctx).await?;
                        vec![("API key", key), ("auth code", code)]
                    }
                })
            };
            let module = visit.snapshot.module("user")?.clone();
            match form::refused(&visit, &module, issued.await)? {
                Ok(shown) => page(&visit, shown, None).await,
                Err(problems) => page(&visit, Vec::new(), Some((form, problems))).await,
            }
        }
        .await,
    )
}

/// POST of `/admin/technician_keys/{key}/{act}` and of `/admin/happyfox_keys/{key}/{act}`.
pub(crate) async fn act(
    Path((key, act)): Path<(String, String)>,
    AdministratorsForm(visit, _): AdministratorsForm,
) -> Response {
    visit.answered(
        async {
            let (kind, identity, ctx) = (Kind::of(&visit), &visit.web.identity, &visit.ctx);
            let done = match (kind, act.as_str()) {
                (Kind::Technician, "revoke") => {
                    identity.revoke_technician_key(requests::id_of(&key)?, ctx).await?
                }
                (Kind::Happyfox, "disable") => identity.disable_happyfox_key(&key, ctx).await?,
                (Kind::Happyfox, "enable") => identity.enable_happyfox_key(&key, ctx).await?,
                (Kind::Happyfox, "revoke") => identity.revoke_happyfox_key(&key, ctx).await?,
                _ => false,
            };
            if done { Ok(visit.done(kind.base(), "saved")) } else { Err(DeskError::NotFound) }
        }
        .await,
    )
}
