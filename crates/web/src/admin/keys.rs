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

fn page(
    visit: &Visit,
    is_happyfox: bool,
    mut keys: Vec<Row>,
    shown: Vec<(&'static str, String)>,
    came: Option<(Form, Problems)>,
) -> Response {
    keys.sort_by_key(|key| key.is_revoked);
    let (form, problems) = came.unwrap_or_default();
    let (base, title) = match is_happyfox {
        true => ("/admin/happyfox_keys", "noun.happyfox_keys"),
        false => ("/admin/technician_keys", "noun.technician_keys"),
    };
    let own = visit.person.text("email_id").unwrap_or_default();
    let status = if problems.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let page = KeysPage {
        shell: Shell::new(visit, visit.lang().text(title)),
        base,
        is_happyfox,
        keys,
        shown,
        problems,
        name: form.get("name").to_owned(),
        user: form.given("user").unwrap_or(own).to_owned(),
    };
    answer::page(status, &page)
}

pub(crate) mod technician {
    //! Keys of technicians.

    use super::*;

    /// GET of `/admin/technician_keys`.
    pub(crate) async fn list(Administrator(visit): Administrator) -> Response {
        visit.answered(render(&visit, Vec::new(), None).await)
    }

    async fn render(
        visit: &Visit,
        shown: Vec<(&'static str, String)>,
        came: Option<(Form, Problems)>,
    ) -> Result<Response, DeskError> {
        let mut keys = Vec::new();
        for key in visit.web.identity.technician_keys().await? {
            keys.push(Row {
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
        Ok(page(visit, false, keys, shown, came))
    }

    /// POST of `/admin/technician_keys`.
    pub(crate) async fn issue(AdministratorsForm(visit, form): AdministratorsForm) -> Response {
        visit.answered(
            async {
                let user = match person(&visit, form.get("user"), "user").await? {
                    Ok(user) => user,
                    Err(problems) => return render(&visit, Vec::new(), Some((form, problems))).await,
                };
                let issued = async {
                    visit.desk().may_hold_technician_key(user).await?;
                    visit.web.identity.issue_technician_key(user, form.get("name"), &visit.ctx).await
                };
                let module = visit.snapshot.module("user")?.clone();
                match form::refused(&visit, &module, issued.await)? {
                    Ok((_, key)) => render(&visit, vec![("authtoken", key)], None).await,
                    Err(problems) => render(&visit, Vec::new(), Some((form, problems))).await,
                }
            }
            .await,
        )
    }

    /// POST of `/admin/technician_keys/{id}/revoke`.
    pub(crate) async fn revoke(
        Path(id): Path<String>,
        AdministratorsForm(visit, _): AdministratorsForm,
    ) -> Response {
        visit.answered(
            async {
                let id = requests::id_of(&id)?;
                match visit.web.identity.revoke_technician_key(id, &visit.ctx).await? {
                    true => Ok(visit.done("/admin/technician_keys", "saved")),
                    false => Err(DeskError::NotFound),
                }
            }
            .await,
        )
    }
}

pub(crate) mod happyfox {
    //! Keys of the requester API.

    use super::*;

    /// GET of `/admin/happyfox_keys`.
    pub(crate) async fn list(Administrator(visit): Administrator) -> Response {
        visit.answered(render(&visit, Vec::new(), None).await)
    }

    async fn render(
        visit: &Visit,
        shown: Vec<(&'static str, String)>,
        came: Option<(Form, Problems)>,
    ) -> Result<Response, DeskError> {
        let mut keys = Vec::new();
        for key in visit.web.identity.happyfox_keys().await? {
            keys.push(Row {
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
        Ok(page(visit, true, keys, shown, came))
    }

    /// POST of `/admin/happyfox_keys`.
    pub(crate) async fn issue(AdministratorsForm(visit, form): AdministratorsForm) -> Response {
        visit.answered(
            async {
                let user = match person(&visit, form.get("user"), "user").await? {
                    Ok(user) => user,
                    Err(problems) => return render(&visit, Vec::new(), Some((form, problems))).await,
                };
                let issued = visit.web.identity.issue_happyfox_key(user, form.get("name"), &visit.ctx);
                let module = visit.snapshot.module("user")?.clone();
                match form::refused(&visit, &module, issued.await)? {
                    Ok((key, code)) => {
                        render(&visit, vec![("API key", key), ("auth code", code)], None).await
                    }
                    Err(problems) => render(&visit, Vec::new(), Some((form, problems))).await,
                }
            }
            .await,
        )
    }

    /// POST of `/admin/happyfox_keys/{key}/{act}`.
    pub(crate) async fn act(
        Path((key, act)): Path<(String, String)>,
        AdministratorsForm(visit, _): AdministratorsForm,
    ) -> Response {
        visit.answered(
            async {
                let identity = &visit.web.identity;
                let done = match act.as_str() {
                    "disable" => identity.disable_happyfox_key(&key, &visit.ctx).await?,
                    "enable" => identity.enable_happyfox_key(&key, &visit.ctx).await?,
                    "revoke" => identity.revoke_happyfox_key(&key, &visit.ctx).await?,
                    _ => false,
                };
                if done { Ok(visit.done("/admin/happyfox_keys", "saved")) } else { Err(DeskError::NotFound) }
            }
            .await,
        )
    }
}
