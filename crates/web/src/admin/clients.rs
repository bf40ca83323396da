//! OAuth clients: which there are, what they were given, new ones; and codes for self clients.

use super::scopes::{self, Line};
use crate::form::{self, Form, Problems};
use crate::shell::Shell;
use crate::show::{self, Cell};
use crate::times::Moment;
use crate::visit::{Administrator, AdministratorsForm, Visit};
use crate::{answer, requests};
use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use desk::identity::{Client, ClientChange, ClientKind, NewClient};
use desk::{DeskError, Scopes};
use http::StatusCode;
use model::Id;

#[derive(Template)]
#[template(path = "admin/clients.html")]
struct ListPage {
    shell: Shell,
    clients: Vec<Row>,
}

struct Row {
    href: String,
    name: String,
    kind: &'static str,
    client_id: String,
    created: Moment,
    used: Option<Moment>,
    state: State,
}

/// Whether a credential works, and since when it does not.
pub(crate) struct State {
    pub label: &'static str,
    pub tone: &'static str,
    pub since: Option<Moment>,
}

impl State {
    pub fn of(visit: &Visit, revoked: Option<i64>, disabled: Option<i64>) -> Self {
        let lang = visit.lang();
        let moment = |ms| Some(visit.times.moment(ms));
        match (revoked, disabled) {
            (Some(at), _) => Self { label: lang.text("key.revoked"), tone: "late", since: moment(at) },
            (None, Some(at)) => Self { label: lang.text("key.disabled"), tone: "soon", since: moment(at) },
            (None, None) => Self { label: lang.text("key.works"), tone: "good", since: None },
        }
    }
}

#[derive(Template)]
#[template(path = "admin/client_new.html")]
struct NewPage {
    shell: Shell,
    name: String,
    is_self: bool,
    redirect_uris: String,
    service: String,
    lines: Vec<Line>,
    verbs: [&'static str; 4],
    problems: Problems,
}

#[derive(Template)]
#[template(path = "admin/client.html")]
struct ClientPage {
    shell: Shell,
    base: String,
    is_self: bool,
    is_revoked: bool,
    is_disabled: bool,
    client_id: String,
    state: State,
    created: Moment,
    used: Option<Moment>,
    service: Option<(Cell, String)>,
    redirect_uris: String,
    grants: Vec<GrantRow>,
    codes: Vec<GrantRow>,
    /// What was just made, shown once: what it is, and the secret.
    shown: Option<(&'static str, String)>,
    problems: Problems,
    // The form of a code.
    user: String,
    description: String,
    minutes: i64,
    lines: Vec<Line>,
    verbs: [&'static str; 4],
}

struct GrantRow {
    id: Id,
    person: Cell,
    scopes: String,
    created: Moment,
    /// When it was last used, or until when a code is good.
    last: Option<Moment>,
}

/// GET of `/admin/oauth_clients`.
pub(crate) async fn list(Administrator(visit): Administrator) -> Response {
    visit.answered(list_page(&visit).await)
}

async fn list_page(visit: &Visit) -> Result<Response, DeskError> {
    let lang = visit.lang();
    let mut clients = visit.web.identity.clients().await?;
    clients.sort_by_key(|client| client.revoked.is_some());
    let row = |client: Client| Row {
        href: format!("/admin/oauth_clients/{}", client.client_id),
        kind: kind(visit, client.kind),
        created: visit.times.moment(client.created),
        used: client.last_used.map(|at| visit.times.moment(at)),
        state: State::of(visit, client.revoked, client.disabled),
        name: client.name,
        client_id: client.client_id,
    };
    let shell = Shell::new(visit, lang.text("noun.oauth_clients"));
    Ok(answer::page(StatusCode::OK, &ListPage { shell, clients: clients.into_iter().map(row).collect() }))
}

fn kind(visit: &Visit, kind: ClientKind) -> &'static str {
    visit.lang().text(match kind {
        ClientKind::Server => "client.server",
        ClientKind::SelfClient => "client.self",
    })
}

/// GET of `/admin/oauth_clients/new`.
pub(crate) async fn new(Administrator(visit): Administrator) -> Response {
    visit.answered(Ok(new_page(&visit, &Form::default(), Problems::default())))
}

fn new_page(visit: &Visit, form: &Form, problems: Problems) -> Response {
    let lang = visit.lang();
    let page = NewPage {
        shell: Shell::new(visit, lang.text("client.new")),
        name: form.get("name").to_owned(),
        is_self: form.get("kind") == "self",
        redirect_uris: form.get("redirect_uris").to_owned(),
        service: form.get("service").to_owned(),
        lines: scopes::grid(lang, scopes::of_form(form)),
        verbs: scopes::verbs(lang),
        problems,
    };
    let status = if page.problems.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    answer::page(status, &page)
}

fn lines(text: &str) -> Vec<String> {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

/// A person by what was typed: `Ann Lee <ann@example.com>`, an address, or a name.
///
/// # Errors
/// What is wrong with it, beside the input of this name.
pub(crate) async fn person(
    visit: &Visit,
    typed: &str,
    input: &str,
) -> Result<Result<Id, Problems>, DeskError> {
    let address = typed.rsplit_once('<').and_then(|(_, rest)| rest.strip_suffix('>')).unwrap_or(typed);
    match visit.desk().person_by_email(address.trim()).await? {
        Some(person) => Ok(Ok(person.id())),
        None => Ok(Err(Problems::one(input, visit.lang().text("key.nobody")))),
    }
}

/// POST of `/admin/oauth_clients/new`.
pub(crate) async fn add(AdministratorsForm(visit, form): AdministratorsForm) -> Response {
    visit.answered(
        async {
            let is_self = form.get("kind") == "self";
            let mut redirect_uris = lines(form.get("redirect_uris"));
            if is_self {
                redirect_uris.clear();
            } else if redirect_uris.is_empty() {
                let problems = Problems::one("redirect_uris", visit.lang().text("error.mandatory"));
                return Ok(new_page(&visit, &form, problems));
            }
            let mut service = None;
            if let Some(typed) = form.given("service").filter(|_| is_self) {
                match person(&visit, typed, "service").await? {
                    Ok(user) => service = Some((user, scopes::of_form(&form))),
                    Err(problems) => return Ok(new_page(&visit, &form, problems)),
                }
            }
            let new = NewClient { name: form.get("name").to_owned(), redirect_uris, service };
            let made = visit.web.identity.issue_client(&new, &visit.ctx).await;
            let module = visit.snapshot.module("user")?.clone();
            match form::refused(&visit, &module, made)? {
                Ok((client, secret)) => {
                    let words = visit.lang().text("client.secret_once");
                    let came = Came { shown: Some((words, secret)), ..Came::default() };
                    page(&visit, &client.client_id, came).await
                }
                Err(problems) => Ok(new_page(&visit, &form, problems)),
            }
        }
        .await,
    )
}

/// What a form of the page brought.
#[derive(Default)]
struct Came {
    shown: Option<(&'static str, String)>,
    problems: Problems,
    form: Form,
}

/// GET of `/admin/oauth_clients/{client}`.
pub(crate) async fn show(Administrator(visit): Administrator, Path(client): Path<String>) -> Response {
    visit.answered(page(&visit, &client, Came::default()).await)
}

async fn find(visit: &Visit, client_id: &str) -> Result<Client, DeskError> {
    let clients = visit.web.identity.clients().await?;
    clients.into_iter().find(|client| client.client_id == client_id).ok_or(DeskError::NotFound)
}

async fn page(visit: &Visit, client_id: &str, came: Came) -> Result<Response, DeskError> {
    let lang = visit.lang();
    let client = find(visit, client_id).await?;
    let identity = &visit.web.identity;
    let mut grants = Vec::new();
    for grant in identity.refresh_tokens().await? {
        if grant.client == client.id && grant.revoked.is_none() {
            let last = grant.last_used;
            grants.push(grant_row(visit, grant.id, grant.user, grant.scopes, grant.created, last).await?);
        }
    }
    let mut codes = Vec::new();
    for code in identity.open_codes(visit.ctx.now).await? {
        if code.client == client.id {
            let until = Some(code.expires);
            codes.push(grant_row(visit, code.id, code.user, code.scopes, code.created, until).await?);
        }
    }
    let service = match client.service {
        Some((user, scopes)) => Some((cell(visit, user).await?, scopes.to_string())),
        None => None,
    };
    let Came { shown, problems, form } = came;
    let own = visit.person.text("email_id").unwrap_or_default();
    let redirect_uris = match form.has("redirect_uris") {
        true => form.get("redirect_uris").to_owned(),
        false => client.redirect_uris.join("\n"),
    };
    let is_bad = !problems.is_empty();
    let page = ClientPage {
        shell: Shell::new(visit, &client.name),
        base: format!("/admin/oauth_clients/{}", client.client_id),
        is_self: client.kind == ClientKind::SelfClient,
        is_revoked: client.revoked.is_some(),
        is_disabled: client.disabled.is_some(),
        state: State::of(visit, client.revoked, client.disabled),
        created: visit.times.moment(client.created),
        used: client.last_used.map(|at| visit.times.moment(at)),
        service,
        redirect_uris,
        grants,
        codes,
        shown,
        problems,
        user: form.given("user").unwrap_or(own).to_owned(),
        description: form.get("description").to_owned(),
        minutes: form.get("minutes").parse().unwrap_or(10),
        lines: scopes::grid(lang, scopes::of_form(&form)),
        verbs: scopes::verbs(lang),
        client_id: client.client_id,
    };
    let status = if is_bad { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    Ok(answer::page(status, &page))
}

async fn grant_row(
    visit: &Visit,
    id: Id,
    user: Id,
    scopes: Scopes,
    created: i64,
    last: Option<i64>,
) -> Result<GrantRow, DeskError> {
    Ok(GrantRow {
        id,
        person: cell(visit, user).await?,
        scopes: scopes.to_string().replace("SDPOnDemand.", ""),
        created: visit.times.moment(created),
        last: last.map(|at| visit.times.moment(at)),
    })
}

/// A person as a cell.
pub(crate) async fn cell(visit: &Visit, user: Id) -> Result<Cell, DeskError> {
    Ok(match visit.desk().person(user).await? {
        Some(person) => show::of_record(&person),
        None => Cell::text(user.to_string()),
    })
}

/// POST of `/admin/oauth_clients/{client}/{act}`.
pub(crate) async fn act(
    Path((client, act)): Path<(String, String)>,
    AdministratorsForm(visit, form): AdministratorsForm,
) -> Response {
    visit.answered(run(&visit, form, &client, &act).await)
}

async fn run(visit: &Visit, form: Form, client_id: &str, act: &str) -> Result<Response, DeskError> {
    let identity = &visit.web.identity;
    let ctx = &visit.ctx;
    let base = format!("/admin/oauth_clients/{client_id}");
    let there = |done: bool| if done { Ok(()) } else { Err(DeskError::NotFound) };
    match act {
        "rotate" => {
            let secret = identity.rotate_client(client_id, ctx).await?.ok_or(DeskError::NotFound)?;
            let shown = Some((visit.lang().text("client.secret_once"), secret));
            return page(visit, client_id, Came { shown, ..Came::default() }).await;
        }
        "code" => return issue_code(visit, form, client_id).await,
        "change" => {
            let change = ClientChange {
                name: form.get("name").to_owned(),
                redirect_uris: lines(form.get("redirect_uris")),
            };
            let changed = identity.change_client(client_id, &change, ctx).await;
            let module = visit.snapshot.module("user")?.clone();
            match form::refused(visit, &module, changed)? {
                Ok(done) => there(done)?,
                Err(problems) => {
                    return page(visit, client_id, Came { problems, form, shown: None }).await;
                }
            }
        }
        "disable" => there(identity.disable_client(client_id, ctx).await?)?,
        "enable" => there(identity.enable_client(client_id, ctx).await?)?,
        "revoke" => there(identity.revoke_client(client_id, ctx).await?)?,
        "revoke_grant" => {
            there(identity.revoke_refresh_token(requests::id_of(form.get("id"))?, ctx).await?)?;
        }
        "revoke_code" => there(identity.revoke_code(requests::id_of(form.get("id"))?, ctx).await?)?,
        _ => return Err(DeskError::NotFound),
    }
    Ok(visit.done(&base, "saved"))
}

async fn issue_code(visit: &Visit, form: Form, client_id: &str) -> Result<Response, DeskError> {
    let user = match person(visit, form.get("user"), "user").await? {
        Ok(user) => user,
        Err(problems) => return page(visit, client_id, Came { problems, form, shown: None }).await,
    };
    let minutes = form.get("minutes").parse().unwrap_or(0);
    let (scopes, description) = (scopes::of_form(&form), form.get("description"));
    let identity = &visit.web.identity;
    let issued =
        identity.issue_self_client_code(client_id, user, scopes, minutes, description, &visit.ctx).await;
    let module = visit.snapshot.module("user")?.clone();
    match form::refused(visit, &module, issued)? {
        Ok(code) => {
            let shown = Some((visit.lang().text("client.code_once"), code));
            page(visit, client_id, Came { shown, ..Came::default() }).await
        }
        Err(problems) => page(visit, client_id, Came { problems, form, shown: None }).await,
    }
}
