//! The pages of a desk: for technicians, for those who ask, for those who keep it. Rendered on the server; every page
//! works without script.
//!
//! A page is a handler, a struct and a template: the handler's extractor says who may have it (`visit`), the struct
//! holds what the template shows, ready to be shown, and the template is HTML and nothing else. Whatever is read or
//! written goes through the use cases of `desk`, the same that the API calls; no rule is decided here. What a page
//! offers (a button, an input) follows from the catalogue and from `desk::permissions`, what is done is the use case's
//! to allow.
//!
//! To add a page: a handler in the file of its noun, a template of the same name, a line in [`router`]. To add texts:
//! a key in both files under `texts/`; tests say what is missing. A module of the catalogue needs no page of its own:
//! `records` has lists, forms and pages for all of them.

mod account;
mod admin;
mod answer;
mod approvals;
mod cmdb;
mod compressed;
mod dashboards;
mod documents;
mod files;
mod form;
mod history;
mod home;
mod host;
mod icons;
mod input;
mod lists;
mod live;
mod names;
mod numbers;
mod once;
mod portal;
mod problem;
mod qr;
mod records;
mod refusals;
mod requests;
mod rich;
mod search;
mod shell;
mod show;
mod sign_in;
mod statics;
mod texts;
mod timer;
mod times;
mod undo;
mod views;
mod visit;

use axum::Router;
use axum::routing::{get, post};
use desk::Desk;
use desk::identity::{Identity, SignOnRules};
use std::sync::Arc;

pub use host::{Archive, Host, HostFacts, Job};

/// What the pages need.
#[derive(Debug)]
pub(crate) struct Web {
    pub desk: Arc<Desk>,
    pub identity: Arc<Identity>,
    /// Where people and clients reach the desk, without a slash at the end.
    pub public_url: String,
    /// The open pages that hear of what happens.
    pub pages: live::Pages,
    pub sign_on: Option<SignOn>,
    pub host: Option<Arc<dyn Host>>,
}

/// Single sign-on, where it is set up.
#[derive(Debug)]
pub struct SignOn {
    /// The provider.
    pub provider: oidc::Provider,
    /// What the button says; the pages' own words where it is empty.
    pub button: String,
    /// Whom it lets in.
    pub rules: SignOnRules,
}

/// Where the provider of single sign-on sends browsers back to, behind the desk's public URL.
pub const SIGN_ON_BACK: &str = "/sign_in/sso/back";

/// What the pages are given besides the desk.
#[derive(Debug, Default)]
pub struct WebOptions {
    /// Where people and clients reach the desk.
    pub public_url: String,
    /// Single sign-on.
    pub sign_on: Option<SignOn>,
    /// What the system page tells of the process.
    pub host: Option<Arc<dyn Host>>,
}

impl WebOptions {
    /// Pages at an address, and nothing more.
    #[must_use]
    pub fn at(public_url: &str) -> Self {
        Self { public_url: public_url.to_owned(), ..Self::default() }
    }
}

impl Web {
    /// Whether cookies are for HTTPS alone.
    pub fn is_secure(&self) -> bool {
        self.public_url.starts_with("https://")
    }
}

/// Every page, by who has it.
pub fn router(desk: Arc<Desk>, identity: Arc<Identity>, options: WebOptions) -> Router {
    let WebOptions { public_url, sign_on, host } = options;
    let public_url = public_url.trim_end_matches('/').to_owned();
    let web = Arc::new(Web { desk, identity, public_url, sign_on, host, pages: live::Pages::default() });
    Router::new()
        .merge(doors())
        .merge(own_pages())
        .merge(portal_pages())
        .merge(request_pages())
        .merge(record_pages())
        .merge(admin_pages())
        .merge(figure_pages())
        .layer(axum::middleware::from_fn(problem::instead_of_panic))
        .layer(compressed::layer())
        .with_state(web)
}

/// For whoever comes.
fn doors() -> Router<Arc<Web>> {
    use sign_in::{consent, set_up, sso};
    Router::new()
        .route("/static/{file}", get(statics::serve))
        .route("/not_found", get(problem::not_found))
        .route("/sign_in", get(sign_in::show).post(sign_in::enter))
        .route("/sign_in/sso", get(sso::begin))
        .route("/sign_in/sso/back", get(sso::back))
        .route("/sign_out", post(sign_in::leave))
        .route("/set_up", get(set_up::show).post(set_up::run))
        .route("/oauth/v2/auth", get(consent::ask))
        .route("/oauth/v2/auth/sign_in", post(consent::sign_in))
        .route("/oauth/v2/auth/sign_out", post(consent::sign_out))
        .route("/oauth/v2/auth/decide", post(consent::decide))
}

/// For whoever is signed in, about themselves.
fn own_pages() -> Router<Arc<Web>> {
    Router::new()
        .route("/", get(home::show))
        .route("/me", get(account::show))
        .route("/me/preferences", get(visit::above_for_anybody).post(account::prefer))
        .route("/me/theme", post(account::theme))
        .route("/me/password", get(visit::above_for_anybody).post(account::password))
        .route("/me/sessions/end", post(account::end))
        .route("/me/applications/end", post(account::end_application))
        .route("/live", get(live::events))
        .route("/live/writing", post(live::writing))
        .route("/me/second_factor/{act}", post(account::second_factor::run))
}

/// For those who ask.
fn portal_pages() -> Router<Arc<Web>> {
    Router::new()
        .route("/portal", get(portal::show))
        .route("/portal/decide", post(portal::decide))
        .route("/portal/new", get(portal::new::show).post(portal::new::add))
        .route("/portal/similar", get(portal::similar::show))
        .route("/portal/requests", get(portal::list))
        .route("/portal/requests/{id}", get(portal::request::show))
        .route("/portal/requests/{id}/{act}", get(visit::above_for_anybody).post(portal::request::act))
        .route("/portal/requests/{id}/files/{file}", get(portal::request::file))
        .route("/portal/requests/{id}/{module}/{said}/files/{file}", get(portal::request::said_file))
}

/// For those who work at the desk.
fn request_pages() -> Router<Arc<Web>> {
    Router::new()
        .route("/search", get(search::show))
        .route("/palette", get(search::palette))
        .route("/suggest/{module}", get(search::suggest))
        .route("/undo", get(visit::above).post(undo::run))
        .route("/timer/{act}", post(timer::run))
        .route("/views", get(visit::above).post(views::add))
        .route("/views/{id}", get(visit::above).post(views::change))
        .route("/requests", get(requests::list::show))
        .route("/requests.csv", get(requests::list::export))
        .route("/requests/bulk", get(visit::above).post(requests::bulk::run))
        .route("/requests/new", get(requests::new::show).post(requests::new::add))
        .route("/requests/{id}", get(requests::page::show))
        .route("/requests/{id}/{act}", get(visit::above).post(requests::act::run))
        .route("/requests/{id}/files/{file}", get(requests::act::file))
        .route("/requests/{id}/{module}/{said}/files/{file}", get(requests::act::said_file))
        .route("/requests/{id}/{rows}/{row}/edit", get(records::below::show).post(records::below::change))
        .route("/requests/{id}/{rows}/{row}/delete", get(records::below::show).post(records::below::remove))
}

/// Every other module.
fn record_pages() -> Router<Arc<Web>> {
    use records::{act, below, edit, page};
    let mut router = Router::new()
        .route("/cmdb", get(records::list))
        .route("/cmdb/{word}", get(records::in_cmdb))
        .route("/cmdb/{word}/new", get(edit::cmdb_new).post(edit::cmdb_add))
        .route("/cmdb/{word}/edit", get(edit::edit).post(edit::change))
        .route("/cmdb/{word}/impact", get(cmdb::impact::show))
        .route("/cmdb/{word}/{act}", get(visit::above).post(cmdb::page::act))
        .route("/cmdb/{word}/files/{file}", get(act::file))
        .route("/admin", get(admin::show))
        .route("/admin/{plural}", get(records::admin_list))
        .route("/admin/{plural}/new", get(edit::admin_new).post(edit::admin_add))
        .route("/admin/{plural}/{id}", get(page::admin_show))
        .route("/admin/{plural}/{id}/edit", get(edit::admin_edit).post(edit::admin_change))
        .route("/admin/{plural}/{id}/{act}", get(visit::above).post(act::admin_act));
    for plural in names::WORK {
        router = router
            .route(&format!("/{plural}"), get(records::list))
            .route(&format!("/{plural}/new"), get(edit::new).post(edit::add))
            .route(&format!("/{plural}/{{id}}"), get(page::show))
            .route(&format!("/{plural}/{{id}}/edit"), get(edit::edit).post(edit::change))
            .route(&format!("/{plural}/{{id}}/{{act}}"), get(visit::above).post(act::act))
            .route(&format!("/{plural}/{{id}}/files/{{file}}"), get(act::file))
            .route(&format!("/{plural}/{{id}}/{{rows}}/{{row}}/edit"), get(below::show).post(below::change))
            .route(
                &format!("/{plural}/{{id}}/{{rows}}/{{row}}/delete"),
                get(below::show).post(below::remove),
            );
    }
    router
}

/// What administrators set up that is no record of the catalogue.
fn admin_pages() -> Router<Arc<Web>> {
    use admin::{audit, clients, field_form, fields, keys, matrix, rights, system, types};
    Router::new()
        .route("/admin/oauth_clients", get(clients::list))
        .route("/admin/oauth_clients/new", get(clients::new).post(clients::add))
        .route("/admin/oauth_clients/{client}", get(clients::show))
        .route("/admin/oauth_clients/{client}/{act}", post(clients::act))
        .route("/admin/technician_keys", get(keys::list).post(keys::issue))
        .route("/admin/technician_keys/{key}/{act}", post(keys::act))
        .route("/admin/happyfox_keys", get(keys::list).post(keys::issue))
        .route("/admin/happyfox_keys/{key}/{act}", post(keys::act))
        .route("/admin/audit", get(audit::show))
        .route("/admin/system", get(system::show))
        .route("/admin/rights", get(rights::show))
        .route("/admin/requester_fields", get(fields::list).post(fields::add))
        .route("/admin/requester_fields/{id}/{act}", post(fields::act))
        .route("/admin/priority_matrices", get(matrix::show).post(matrix::set))
        .route("/admin/udf_fields/new", get(field_form::new).post(field_form::add))
        .route("/admin/udf_fields/{id}/edit", get(field_form::edit).post(field_form::change))
        .route("/admin/ci_types/new", get(types::new_type).post(types::add_type))
        .route("/admin/ci_types/{id}", get(types::show))
        .route("/admin/ci_types/{id}/attributes", get(types::elsewhere).post(types::add))
        .route("/admin/ci_types/{id}/attributes/{attribute}/{act}", post(types::act))
}

/// How the desk is doing.
fn figure_pages() -> Router<Arc<Web>> {
    Router::new()
        .route("/dashboards", get(dashboards::first))
        .route("/dashboards/{board}", get(dashboards::show))
        .route("/dashboards/{board}/{chart}", get(dashboards::csv))
}
