//! Sign-in and consent (conventions.md section 2.1): who is asked what, and the way back to the client.
//!
//! What the client asked for travels in the query through every step and is judged anew at each. Until client and
//! redirect URI are known to belong together, an error is a page; afterwards it goes back to the client.

use super::{Arrival, Door, end, signed_in};
use crate::form::Form;
use crate::shell::Bare;
use crate::texts::Lang;
use crate::visit::{PURPOSE, language};
use crate::{Web, answer, problem};
use askama::Template;
use axum::extract::{Request, State};
use axum::response::Response;
use desk::identity::{Approval, Challenge, Client};
use desk::{Scopes, Verb};
use http::StatusCode;
use model::Area;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use std::sync::Arc;

#[derive(Template)]
#[template(path = "consent.html")]
struct ConsentPage<'a> {
    bare: Bare,
    client: &'a str,
    person: &'a str,
    rights: &'a [String],
    offline: bool,
    redirect_uri: &'a str,
    query: &'a str,
    token: &'a str,
}

/// What a client asks for, judged.
struct Asked {
    client: Client,
    scopes: Scopes,
    redirect_uri: String,
    state: Option<String>,
    offline: bool,
    challenge: Option<Challenge>,
    /// The query as it came, for the next step.
    query: String,
}

async fn judge(web: &Web, lang: Lang, query: &str) -> Result<Asked, Response> {
    let params = Form::of_query(query);
    let page = |key: &str| problem::bare(lang, StatusCode::BAD_REQUEST, lang.text(key));
    let client = match web.identity.client(params.get("client_id")).await {
        Ok(client) => client.filter(|c| c.revoked.is_none()),
        Err(error) => {
            tracing::warn!(%error, "no consent could be asked for");
            let words = lang.text("error.unavailable");
            return Err(problem::bare(lang, StatusCode::SERVICE_UNAVAILABLE, words));
        }
    };
    let Some(client) = client else { return Err(page("consent.unknown")) };
    let redirect_uri = params.get("redirect_uri").to_owned();
    if !client.accepts_redirect(&redirect_uri) {
        return Err(page("consent.astray"));
    }
    let state = Some(params.get("state")).filter(|s| !s.is_empty()).map(str::to_owned);
    let back = |error: &str| return_to(lang, &back_to(&redirect_uri, &[("error", error)], state.as_deref()));
    if params.get("response_type") != "code" {
        return Err(back("unsupported_response_type"));
    }
    let scopes = match Scopes::parse(params.get("scope")) {
        Ok(scopes) if !scopes.is_empty() => scopes,
        _ => return Err(back("invalid_scope")),
    };
    let challenge = match params.get("code_challenge") {
        "" => None,
        text => match Challenge::read(text, params.given("code_challenge_method")) {
            Some(challenge) => Some(challenge),
            None => return Err(back("invalid_request")),
        },
    };
    let offline = params.get("access_type").eq_ignore_ascii_case("offline");
    Ok(Asked { client, scopes, redirect_uri, state, offline, challenge, query: query.to_owned() })
}

/// GET of `/oauth/v2/auth`: the sign-in page, or the consent page for somebody who is signed in.
pub(crate) async fn ask(State(web): State<Arc<Web>>, request: Request) -> Response {
    let lang = language(None, request.headers());
    let asked = match judge(&web, lang, request.uri().query().unwrap_or("")).await {
        Ok(asked) => asked,
        Err(response) => return response,
    };
    match signed_in(&web, request.headers()).await {
        Some((secret, _, name)) => consent_page(&web, lang, &asked, &secret, &name),
        None => {
            let (action, back) = (action(&asked.query), way_back(&asked.query));
            door(&asked, &action, &back).page(&web, request.headers(), "", None, StatusCode::OK).await
        }
    }
}

/// POST of the sign-in form.
pub(crate) async fn sign_in(State(web): State<Arc<Web>>, request: Request) -> Response {
    match sent(&web, request).await {
        Ok((arrival, asked)) => {
            let (action, back) = (action(&asked.query), way_back(&asked.query));
            door(&asked, &action, &back).enter(&web, &arrival).await
        }
        Err(response) => response,
    }
}

/// POST of `sign_out`: another person may sign in.
pub(crate) async fn sign_out(State(web): State<Arc<Web>>, request: Request) -> Response {
    match Arrival::read(request).await {
        Ok(arrival) => end(&web, &arrival, &way_back(&arrival.query)).await,
        Err(response) => response,
    }
}

async fn sent(web: &Web, request: Request) -> Result<(Arrival, Asked), Response> {
    let arrival = Arrival::read(request).await?;
    let asked = judge(web, arrival.lang, &arrival.query).await?;
    Ok((arrival, asked))
}

/// Where the sign-in form goes: what the client asked for travels along.
fn action(query: &str) -> String {
    format!("/oauth/v2/auth/sign_in?{query}")
}

fn way_back(query: &str) -> String {
    format!("/oauth/v2/auth?{query}")
}

/// The way in for whoever is to say yes or no.
fn door<'a>(asked: &'a Asked, action: &'a str, back: &'a str) -> Door<'a> {
    Door { client: Some(&asked.client.name), action, back }
}

/// POST of the consent form: back to the client with a code, or with a no.
pub(crate) async fn decide(State(web): State<Arc<Web>>, request: Request) -> Response {
    let (arrival, asked) = match sent(&web, request).await {
        Ok(sent) => sent,
        Err(response) => return response,
    };
    let lang = arrival.lang;
    let Some((secret, user, name)) = signed_in(&web, &arrival.headers).await else {
        return answer::on_to(&way_back(&asked.query));
    };
    if !web.identity.is_form_token(arrival.form.get("token"), &secret, PURPOSE) {
        return consent_page(&web, lang, &asked, &secret, &name);
    }
    let state = asked.state.as_deref();
    let back = |answers: &[(&str, &str)]| return_to(lang, &back_to(&asked.redirect_uri, answers, state));
    if arrival.form.get("decision") != "accept" {
        return back(&[("error", "access_denied")]);
    }
    let approval = Approval {
        client: &asked.client,
        user,
        scopes: asked.scopes,
        redirect_uri: &asked.redirect_uri,
        offline: asked.offline,
        challenge: asked.challenge.clone(),
    };
    match web.identity.authorize(&approval, web.desk.now()).await {
        Ok(code) => back(&[("code", &code), ("location", "us"), ("accounts-server", &web.public_url)]),
        Err(error) => back(&[("error", error.word())]),
    }
}

fn consent_page(web: &Web, lang: Lang, asked: &Asked, secret: &str, name: &str) -> Response {
    let page = ConsentPage {
        bare: Bare::new(lang, lang.text("consent.title")),
        client: &asked.client.name,
        person: name,
        rights: &in_words(lang, asked.scopes),
        offline: asked.offline,
        redirect_uri: &asked.redirect_uri,
        query: &asked.query,
        token: &web.identity.form_token(secret, PURPOSE),
    };
    answer::page_leading_to(StatusCode::OK, &page, Some(&asked.redirect_uri))
}

/// Sends the browser back to the application.
fn return_to(lang: Lang, uri: &str) -> Response {
    let lost = || problem::bare(lang, StatusCode::BAD_REQUEST, lang.text("consent.no_way_back"));
    answer::redirect(uri).unwrap_or_else(lost)
}

/// What scopes allow, in words for people, an area a line.
pub(crate) fn in_words(lang: Lang, scopes: Scopes) -> Vec<String> {
    let verb = |verb: Verb| match verb {
        Verb::Create => lang.text("consent.create"),
        Verb::Read => lang.text("consent.read"),
        Verb::Update => lang.text("consent.update"),
        Verb::Delete => lang.text("consent.delete"),
    };
    let line = |area: Area| {
        let verbs: Vec<&str> = Verb::ALL.into_iter().filter(|v| scopes.allow(area, *v)).map(verb).collect();
        (!verbs.is_empty()).then(|| format!("{}: {}", things(lang, area), verbs.join(", ")))
    };
    Area::ALL.into_iter().filter_map(line).collect()
}

pub(crate) fn things(lang: Lang, area: Area) -> &'static str {
    lang.text(match area {
        Area::Requests => "consent.requests",
        Area::Problems => "consent.problems",
        Area::Changes => "consent.changes",
        Area::Projects => "consent.projects",
        Area::Assets => "consent.assets",
        Area::Cmdb => "consent.cmdb",
        Area::Solutions => "consent.solutions",
        Area::Purchases => "consent.purchases",
        Area::Contracts => "consent.contracts",
        Area::Releases => "consent.releases",
        Area::Setup => "consent.setup",
        Area::Users => "consent.users",
        Area::General => "consent.general",
        Area::Custommodule => "consent.custommodule",
    })
}

/// The redirect URI with answers added to its query.
fn back_to(redirect_uri: &str, answers: &[(&str, &str)], state: Option<&str>) -> String {
    let mut uri = redirect_uri.to_owned();
    let answers = answers.iter().copied().chain(state.map(|s| ("state", s)));
    for (name, value) in answers {
        uri.push(if uri.contains('?') { '&' } else { '?' });
        uri.push_str(name);
        uri.push('=');
        let value = utf8_percent_encode(value, NON_ALPHANUMERIC).to_string();
        // What URLs leave as it is, clients like to see as it is: codes have dots in them.
        uri.push_str(&value.replace("%2E", ".").replace("%2D", "-").replace("%5F", "_"));
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::back_to;

    #[test]
    fn answers_are_added_to_the_redirect_uri() {
        let check = |uri: &str, state: Option<&str>, expected: &str| {
            assert_eq!(back_to(uri, &[("code", "1000.a.b")], state), expected);
        };
        check("https://a.example.com/cb", None, "https://a.example.com/cb?code=1000.a.b");
        check(
            "https://a.example.com/cb?x=1",
            Some("s p&q"),
            "https://a.example.com/cb?x=1&code=1000.a.b&state=s%20p%26q",
        );
        check("app:/cb", Some("\r\nX: y"), "app:/cb?code=1000.a.b&state=%0D%0AX%3A%20y");
    }
}
