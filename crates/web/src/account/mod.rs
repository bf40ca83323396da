//! What somebody keeps of themselves: how they read the pages, their password, the browsers in which they are signed in, the
//! applications that act for them.

pub(crate) mod second_factor;

use crate::answer::{self, set_cookie};
use crate::form::{self, Problems, TextForm};
use crate::input::Choice;
use crate::shell::Shell;
use crate::sign_in::consent;
use crate::times::Moment;
use crate::visit::{Anybody, AnybodysForm, SESSION, Visit};
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use desk::identity::{Application, PasswordChange};
use desk::{Context, DeskError, PREFERENCES};
use http::StatusCode;
use model::{Id, Patch};
use std::sync::Arc;

#[derive(Template)]
#[template(path = "account.html")]
struct AccountPage {
    shell: Shell,
    email: String,
    role: String,
    languages: Vec<Choice>,
    zones: Vec<Choice>,
    clocks: Vec<Choice>,
    themes: Vec<Choice>,
    sessions: Vec<SessionRow>,
    applications: Vec<ApplicationRow>,
    /// Whether some of them came by the person's own consent, which may end with the password.
    has_agreed: bool,
    problems: Problems,
    /// Where programs reach the desk.
    api: String,
    factor: second_factor::Standing,
}

struct SessionRow {
    handle: String,
    is_own: bool,
    browser: String,
    address: String,
    begun: Moment,
    seen: Moment,
}

struct ApplicationRow {
    id: Id,
    name: String,
    is_agreed: bool,
    rights: String,
    since: Moment,
    used: Option<Moment>,
}

impl ApplicationRow {
    fn of(visit: &Visit, application: Application) -> Self {
        Self {
            id: application.client,
            name: application.name,
            is_agreed: application.is_agreed,
            rights: consent::in_words(visit.lang(), application.scopes).join(" · "),
            since: visit.times.moment(application.since),
            used: application.last_used.map(|at| visit.times.moment(at)),
        }
    }
}

/// GET of `/me`.
pub(crate) async fn show(Anybody(visit): Anybody) -> Response {
    visit.answered(page(&visit, Problems::default()).await)
}

async fn page(visit: &Visit, problems: Problems) -> Result<Response, DeskError> {
    let lang = visit.lang();
    let person = &visit.person;
    let choices = |path: &str, options: &[(&str, &str)]| {
        let chosen = person.text(path).unwrap_or("");
        let choice = |(value, label): &(&str, &str)| Choice {
            is_chosen: *value == chosen,
            ..Choice::new(*value, *label)
        };
        options.iter().map(choice).collect::<Vec<_>>()
    };
    let by_browser = ("", lang.text("account.by_browser"));
    let sessions =
        visit.web.identity.sessions_of(visit.ctx.caller.user, &visit.secret, visit.ctx.now).await?;
    let applications = visit.web.identity.applications_of(visit.ctx.caller.user, visit.ctx.now).await?;
    let status = if problems.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let page = AccountPage {
        shell: Shell::new(visit, lang.text("account.title")),
        email: person.text("email_id").unwrap_or("").to_owned(),
        role: role(visit),
        languages: choices("language", &[by_browser, ("en", "English"), ("de", "Deutsch")]),
        zones: zones(visit),
        clocks: choices(
            "time_format",
            &[("", lang.text("account.clock_24")), ("12", lang.text("account.clock_12"))],
        ),
        themes: choices(
            "theme",
            &[
                ("", lang.text("account.theme_auto")),
                ("light", lang.text("account.theme_light")),
                ("dark", lang.text("account.theme_dark")),
            ],
        ),
        sessions: sessions
            .into_iter()
            .map(|s| SessionRow {
                handle: s.handle,
                is_own: s.is_own,
                browser: s
                    .agent
                    .as_deref()
                    .map_or_else(|| lang.text("account.unknown_browser").to_owned(), browser),
                address: s.address.unwrap_or_default(),
                begun: visit.times.moment(s.begun),
                seen: visit.times.moment(s.last_seen),
            })
            .collect(),
        has_agreed: applications.iter().any(|application| application.is_agreed),
        applications: applications.into_iter().map(|one| ApplicationRow::of(visit, one)).collect(),
        problems,
        factor: second_factor::standing(visit).await?,
        api: format!("{}/api/v3", visit.web.public_url),
    };
    Ok(answer::page(status, &page))
}

/// What somebody is to the desk, with the name that the desk gives the role.
fn role(visit: &Visit) -> String {
    let access = visit.lang().text(match visit.ctx.caller.access {
        desk::Access::Administrator => "account.administrator",
        desk::Access::Technician => "account.technician",
        desk::Access::Requester => "account.requester",
    });
    let role = visit.person.reference("role").and_then(|id| visit.snapshot.record(id));
    match role.map(|role| role.title()) {
        Some(name) if !name.eq_ignore_ascii_case(access) => format!("{access} ({name})"),
        _ => access.to_owned(),
    }
}

fn zones(visit: &Visit) -> Vec<Choice> {
    let chosen = visit.person.text("time_zone").unwrap_or("");
    let desk = visit.snapshot.settings.zone.iana_name().unwrap_or("UTC").to_owned();
    let usual = visit.lang().say("account.desks_zone", &[("zone", &desk)]);
    let mut zones = vec![Choice { is_chosen: chosen.is_empty(), ..Choice::new("", usual) }];
    zones.extend(places(chosen));
    zones
}

/// The zones by place, and the one that is chosen.
pub(crate) fn places(chosen: &str) -> Vec<Choice> {
    let names = jiff::tz::db().available().map(|name| name.to_string());
    // Zones by place; the others are old names and offsets.
    let places = names.filter(|n| {
        n.contains('/')
            && !n.starts_with("Etc/")
            && !n.starts_with("posix")
            && !n.starts_with("right")
            && !n.starts_with("US/")
    });
    let mut places: Vec<String> = places.collect();
    if !chosen.is_empty() && chosen != "UTC" && !places.iter().any(|p| p == chosen) {
        places.push(chosen.to_owned());
    }
    places.sort_unstable();
    let choice = |name: String| Choice {
        is_chosen: name == chosen,
        ..Choice::new(name.clone(), name.replace('_', " "))
    };
    places.into_iter().map(choice).collect()
}

/// A browser and its system, from what it calls itself.
fn browser(agent: &str) -> String {
    let find = |known: &[(&str, &'static str)]| {
        known.iter().find(|(part, _)| agent.contains(part)).map(|(_, name)| *name)
    };
    let browser = find(&[
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
        ("curl/", "curl"),
    ]);
    let system = find(&[
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS X", "macOS"),
        ("CrOS", "ChromeOS"),
        ("Linux", "Linux"),
    ]);
    match (browser, system) {
        (Some(browser), Some(system)) => format!("{browser} · {system}"),
        (Some(one), None) | (None, Some(one)) => one.to_owned(),
        (None, None) => agent.chars().take(60).collect(),
    }
}

/// POST of `/me/preferences`.
pub(crate) async fn prefer(AnybodysForm(visit, form): AnybodysForm) -> Response {
    visit.answered(
        async {
            let module = visit.snapshot.module("user")?.clone();
            let reading = form::reading(&form.only(&PREFERENCES), &module, &visit.times);
            let set = async |ctx: &Context, patch: &Patch| visit.desk().set_preferences(ctx, patch).await;
            match form::carry_out(&visit, &module, reading, set).await? {
                Ok(_) => Ok(visit.done("/me", "saved")),
                Err(problems) => page(&visit, problems).await,
            }
        }
        .await,
    )
}

/// POST of `/me/theme`: the switch in the menu, from any page.
pub(crate) async fn theme(AnybodysForm(visit, form): AnybodysForm) -> Response {
    visit.answered(
        async {
            let module = visit.snapshot.module("user")?.clone();
            let only = TextForm::new().with("theme", form.get("theme"));
            let reading = form::reading(only.form(), &module, &visit.times);
            let set = async |ctx: &Context, patch: &Patch| visit.desk().set_preferences(ctx, patch).await;
            let back = form.given("back").filter(|b| crate::visit::is_local(b)).unwrap_or("/").to_owned();
            match form::carry_out(&visit, &module, reading, set).await? {
                Ok(_) => Ok(answer::on_to(&back)),
                Err(problems) => page(&visit, problems).await,
            }
        }
        .await,
    )
}

/// POST of `/me/password`. All sessions end; this browser gets a new one.
pub(crate) async fn password(AnybodysForm(visit, form): AnybodysForm) -> Response {
    visit.answered(
        async {
            let module = visit.snapshot.module("user")?.clone();
            let change = PasswordChange {
                current: form.get("current_password"),
                new: form.get("password"),
                // Unless somebody took the tick away.
                ends_applications: form.get("ends_applications") != "false",
            };
            if change.new != form.get("password_again") {
                let words = visit.lang().text("account.not_the_same");
                return page(&visit, Problems::one("password_again", words)).await;
            }
            let user = visit.ctx.caller.user;
            let identity = &visit.web.identity;
            let open = identity.sessions_of(user, &visit.secret, visit.ctx.now).await?;
            let agent = open.into_iter().find(|session| session.is_own).and_then(|session| session.agent);
            let changed = identity.change_password(user, &change, visit.address, visit.ctx.now).await;
            match form::refused(&visit, &module, changed)? {
                Ok(()) => {
                    let session =
                        identity.begin_session(user, agent.as_deref(), visit.address, visit.ctx.now).await;
                    let secret = session.map_err(|e| DeskError::Unavailable(e.to_string()))?;
                    let mut response = visit.done("/me", "password_changed");
                    set_cookie(&mut response, SESSION, &secret, visit.web.is_secure());
                    Ok(response)
                }
                Err(problems) => page(&visit, problems).await,
            }
        }
        .await,
    )
}

/// POST of `/me/sessions/end`: one browser, or all but this one.
pub(crate) async fn end(
    State(web): State<Arc<crate::Web>>,
    AnybodysForm(visit, form): AnybodysForm,
) -> Response {
    visit.answered(
        async {
            let user = visit.ctx.caller.user;
            match form.given("session") {
                Some(handle) => web.identity.end_session_of(user, handle).await?,
                None => {
                    let open = web.identity.sessions_of(user, &visit.secret, visit.ctx.now).await?;
                    for session in open.iter().filter(|s| !s.is_own) {
                        web.identity.end_session_of(user, &session.handle).await?;
                    }
                }
            }
            Ok(visit.done("/me", "session_ended"))
        }
        .await,
    )
}

/// POST of `/me/applications/end`: what one was given is taken back.
pub(crate) async fn end_application(AnybodysForm(visit, form): AnybodysForm) -> Response {
    visit.answered(
        async {
            if let Ok(client) = form.get("application").parse() {
                visit.web.identity.end_application(visit.ctx.caller.user, client, visit.ctx.now).await?;
            }
            Ok(visit.done("/me", "application_ended"))
        }
        .await,
    )
}

#[cfg(test)]
mod tests {
    use super::browser;

    #[test]
    fn browsers_have_short_names() {
        let firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
        let chrome = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";
        let phone = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Mobile/15E148 Safari/604.1";
        for (agent, name) in [
            (firefox, "Firefox · Linux"),
            (chrome, "Chrome · Windows"),
            (phone, "Safari · iPhone"),
            ("x", "x"),
        ] {
            assert_eq!(browser(agent), name);
        }
    }
}
