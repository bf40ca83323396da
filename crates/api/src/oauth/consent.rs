//! Sign-in and consent (conventions.md section 2.1): who is asked what, and the way back to the client.
//!
//! What the client asked for travels in the query through every step and is judged anew at each. Until client and
//! redirect URI are known to belong together, an error is a page; afterwards it goes back to the client.

use super::pages::{self, Consent};
use super::sign_in::{Door, form_of, leave, redirect, signed_in};
use super::{OAuth, Params};
use axum::extract::{Request, State};
use axum::response::Response;
use desk::Scopes;
use desk::identity::{Approval, Challenge, Client};
use http::StatusCode;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use std::sync::Arc;

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

async fn judge(oauth: &OAuth, query: &str) -> Result<Asked, Response> {
    let params = Params::of(query, "");
    let page = |words: &str| pages::problem(StatusCode::BAD_REQUEST, words);
    let client = match oauth.identity.client(params.get("client_id").unwrap_or("")).await {
        Ok(client) => client.filter(|c| c.revoked.is_none()),
        Err(error) => {
            tracing::warn!(%error, "no consent could be asked for");
            return Err(pages::problem(StatusCode::SERVICE_UNAVAILABLE, "The desk cannot answer right now."));
        }
    };
    let Some(client) = client else { return Err(page("The application that sent you here is not known.")) };
    let redirect_uri = params.get("redirect_uri").unwrap_or("").to_owned();
    if !client.accepts_redirect(&redirect_uri) {
        return Err(page(
            "The application that sent you here wants to send you back to an address it has not registered.",
        ));
    }
    let state = params.get("state").map(str::to_owned);
    let back = |error: &str| redirect(&back_to(&redirect_uri, &[("error", error)], state.as_deref()));
    if params.get("response_type") != Some("code") {
        return Err(back("unsupported_response_type"));
    }
    let scopes = match Scopes::parse(params.get("scope").unwrap_or("")) {
        Ok(scopes) if !scopes.is_empty() => scopes,
        _ => return Err(back("invalid_scope")),
    };
    let challenge = match params.get("code_challenge") {
        None => None,
        Some(text) => match Challenge::read(text, params.get("code_challenge_method")) {
            Some(challenge) => Some(challenge),
            None => return Err(back("invalid_request")),
        },
    };
    let offline = params.get("access_type").is_some_and(|t| t.eq_ignore_ascii_case("offline"));
    Ok(Asked { client, scopes, redirect_uri, state, offline, challenge, query: query.to_owned() })
}

/// GET of `/oauth/v2/auth`: the sign-in page, or the consent page for somebody who is signed in.
pub(super) async fn ask(State(oauth): State<Arc<OAuth>>, request: Request) -> Response {
    let asked = match judge(&oauth, request.uri().query().unwrap_or("")).await {
        Ok(asked) => asked,
        Err(response) => return response,
    };
    match signed_in(&oauth, request.headers()).await {
        Some((cookie, _, name)) => consent_page(&oauth, &asked, &cookie, &name),
        None => door(&asked, &action(&asked.query)).page(&oauth, request.headers(), "", None, StatusCode::OK),
    }
}

/// POST of the sign-in form.
pub(super) async fn sign_in(State(oauth): State<Arc<OAuth>>, request: Request) -> Response {
    let (headers, query, form, address) = match form_of(request).await {
        Ok(parts) => parts,
        Err(response) => return response,
    };
    let asked = match judge(&oauth, &query).await {
        Ok(asked) => asked,
        Err(response) => return response,
    };
    let back = format!("/oauth/v2/auth?{query}");
    door(&asked, &action(&query)).enter(&oauth, &headers, &form, address, &back).await
}

/// POST of `sign_out`: another person may sign in.
pub(super) async fn sign_out(State(oauth): State<Arc<OAuth>>, request: Request) -> Response {
    let (headers, query, form, _) = match form_of(request).await {
        Ok(parts) => parts,
        Err(response) => return response,
    };
    leave(&oauth, &headers, &form, "consent", &format!("/oauth/v2/auth?{query}")).await
}

/// Where the sign-in form goes: what the client asked for travels along.
fn action(query: &str) -> String {
    format!("/oauth/v2/auth/sign_in?{query}")
}

/// The way in for whoever is to say yes or no.
fn door<'a>(asked: &'a Asked, action: &'a str) -> Door<'a> {
    Door { client: Some(&asked.client.name), action }
}

/// POST of the consent form: back to the client with a code, or with a no.
pub(super) async fn decide(State(oauth): State<Arc<OAuth>>, request: Request) -> Response {
    let (headers, query, form, _) = match form_of(request).await {
        Ok(parts) => parts,
        Err(response) => return response,
    };
    let asked = match judge(&oauth, &query).await {
        Ok(asked) => asked,
        Err(response) => return response,
    };
    let Some((secret, user, name)) = signed_in(&oauth, &headers).await else {
        return redirect(&format!("/oauth/v2/auth?{query}"));
    };
    if !oauth.identity.is_form_token(form.get("token").unwrap_or(""), &secret, "consent") {
        return consent_page(&oauth, &asked, &secret, &name);
    }
    let state = asked.state.as_deref();
    if form.get("decision") != Some("accept") {
        return redirect(&back_to(&asked.redirect_uri, &[("error", "access_denied")], state));
    }
    let approval = Approval {
        client: &asked.client,
        user,
        scopes: asked.scopes,
        redirect_uri: &asked.redirect_uri,
        offline: asked.offline,
        challenge: asked.challenge.clone(),
    };
    match oauth.identity.authorize(&approval, oauth.desk.now()).await {
        Ok(code) => {
            let answers =
                [("code", code.as_str()), ("location", "us"), ("accounts-server", &oauth.public_url)];
            redirect(&back_to(&asked.redirect_uri, &answers, state))
        }
        Err(error) => redirect(&back_to(&asked.redirect_uri, &[("error", error.word())], state)),
    }
}

fn consent_page(oauth: &OAuth, asked: &Asked, secret: &str, name: &str) -> Response {
    let token = oauth.identity.form_token(secret, "consent");
    let rights = pages::in_words(asked.scopes);
    let page = Consent {
        client: &asked.client.name,
        person: name,
        rights: &rights,
        offline: asked.offline,
        redirect_uri: &asked.redirect_uri,
        query: &asked.query,
        token: &token,
    };
    pages::show(StatusCode::OK, &page, Some(&asked.redirect_uri))
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
