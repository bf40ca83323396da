//! The front page: where the password of the first start is typed, and what a person finds behind it.

use super::OAuth;
use super::pages::{self, Front};
use super::sign_in::{Door, form_of, leave, signed_in};
use axum::extract::{Request, State};
use axum::response::Response;
use desk::Access;
use http::StatusCode;
use model::Id;
use std::sync::Arc;

/// Where the page's forms go.
pub(super) const SIGN_IN: &str = "/sign_in";
pub(super) const SIGN_OUT: &str = "/sign_out";

const DOOR: Door<'static> = Door { client: None, action: SIGN_IN };

/// GET of `/`.
pub(super) async fn show(State(oauth): State<Arc<OAuth>>, request: Request) -> Response {
    let Some((secret, user, person)) = signed_in(&oauth, request.headers()).await else {
        return DOOR.page(&oauth, request.headers(), "", None, StatusCode::OK);
    };
    let snapshot = oauth.desk.snapshot();
    let page = Front {
        desk: snapshot.rows("portal").first().and_then(|p| p.text("display_name")).unwrap_or("Frontdesk"),
        person: &person,
        role: &role(&oauth, user).await,
        base: &oauth.public_url,
        token: &oauth.identity.form_token(&secret, "front"),
    };
    pages::show(StatusCode::OK, &page, None)
}

/// POST of the sign-in form.
pub(super) async fn sign_in(State(oauth): State<Arc<OAuth>>, request: Request) -> Response {
    match form_of(request).await {
        Ok((headers, _, form, address)) => DOOR.enter(&oauth, &headers, &form, address, "/").await,
        Err(response) => response,
    }
}

/// POST of the sign-out button.
pub(super) async fn sign_out(State(oauth): State<Arc<OAuth>>, request: Request) -> Response {
    match form_of(request).await {
        Ok((headers, _, form, _)) => leave(&oauth, &headers, &form, "front", "/").await,
        Err(response) => response,
    }
}

/// What somebody is to the desk, with the name that the desk gives the role.
async fn role(oauth: &OAuth, user: Id) -> String {
    let access = match oauth.desk.caller(user).await.map(|caller| caller.access) {
        Ok(Access::Administrator) => "Administrator",
        Ok(Access::Technician) => "Technician",
        Ok(Access::Requester) | Err(_) => "Requester",
    };
    let person = oauth.desk.person(user).await.ok().flatten();
    let role = person.and_then(|person| person.reference("role"));
    match role.and_then(|id| oauth.desk.snapshot().record(id).map(|role| role.title().to_owned())) {
        Some(name) if !name.eq_ignore_ascii_case(access) => format!("{access} ({name})"),
        _ => access.to_owned(),
    }
}
