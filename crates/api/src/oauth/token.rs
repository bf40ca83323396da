//! The token endpoint (conventions.md section 2.2, wire-facts.md section 4): parameters in the body or in the query,
//! refusals as HTTP 200 with `{"error": …}`, because that is what clients look for.

use super::{OAuth, Params};
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use desk::Scopes;
use desk::identity::{Exchange, OAuthError, Tokens};
use http::{HeaderValue, StatusCode, header};
use http_body_util::{BodyExt, Limited};
use serde_json::{Value as Json, json};
use std::sync::Arc;

/// No honest body comes near.
const BODY_BYTES_MAX: usize = 64 * 1024;

/// POST of `/oauth/v2/token`.
pub(super) async fn give(State(oauth): State<Arc<OAuth>>, request: Request) -> Response {
    let address = crate::address_of(request.extensions());
    let params = match params(request).await {
        Ok(params) => params,
        Err(response) => return response,
    };
    let now = oauth.desk.now();
    let shown = |name| params.get(name).unwrap_or("");
    let was_good =
        || oauth.identity.knew_exchange(shown("client_id"), shown("client_secret"), shown("refresh_token"));
    if let Err(seconds) = oauth.guesses.admit(address, now)
        && !was_good()
    {
        return refused(&OAuthError::Throttled { retry_after_s: seconds.cast_signed() });
    }
    let granted = grant(&oauth, &params).await;
    if matches!(granted, Err(OAuthError::InvalidClient | OAuthError::InvalidCode)) {
        oauth.guesses.wrong(address, now);
    }
    match granted {
        Ok(tokens) => answer(StatusCode::OK, told(&oauth, &tokens)),
        Err(error) => refused(&error),
    }
}

async fn grant(oauth: &OAuth, params: &Params) -> Result<Tokens, OAuthError> {
    let now = oauth.desk.now();
    let (id, secret) = (params.get("client_id").unwrap_or(""), params.get("client_secret").unwrap_or(""));
    let identity = &oauth.identity;
    match params.get("grant_type") {
        Some("authorization_code") => {
            let exchange = Exchange {
                client_id: id,
                client_secret: secret,
                code: params.get("code").ok_or(OAuthError::InvalidCode)?,
                redirect_uri: params.get("redirect_uri"),
                code_verifier: params.get("code_verifier"),
            };
            identity.exchange(&exchange, now).await
        }
        Some("refresh_token") => {
            // Some send a scope or a redirect URI along; they mean nothing here.
            let token = params.get("refresh_token").ok_or(OAuthError::InvalidCode)?;
            identity.refresh(id, secret, token, now).await
        }
        Some("client_credentials") => {
            let asked =
                params.get("scope").map(Scopes::parse).transpose().map_err(|_| OAuthError::InvalidScope)?;
            identity.client_credentials(id, secret, asked, now).await
        }
        _ => Err(OAuthError::UnsupportedGrant),
    }
}

fn told(oauth: &OAuth, tokens: &Tokens) -> Json {
    let mut json = json!({
        "access_token": tokens.access_token,
        "scope": tokens.scopes.to_string(),
        "api_domain": oauth.public_url,
        "token_type": "Bearer",
        // A number: clients multiply it or add it to a clock.
        "expires_in": tokens.expires_in_s,
    });
    if let (Some(token), Some(object)) = (&tokens.refresh_token, json.as_object_mut()) {
        object.insert("refresh_token".into(), json!(token));
    }
    json
}

/// POST of `/oauth/v2/token/revoke`. A token that is unknown is as good as revoked.
pub(super) async fn revoke(State(oauth): State<Arc<OAuth>>, request: Request) -> Response {
    let params = match params(request).await {
        Ok(params) => params,
        Err(response) => return response,
    };
    let Some(token) = params.get("token") else {
        return answer(StatusCode::OK, json!({"error": "invalid_code"}));
    };
    match oauth.identity.revoke(token, oauth.desk.now()).await {
        Ok(_) => answer(StatusCode::OK, json!({"status": "success"})),
        Err(error) => {
            tracing::warn!(%error, "a token was not revoked");
            answer(StatusCode::SERVICE_UNAVAILABLE, json!({"error": "general_error"}))
        }
    }
}

/// Anything but POST.
pub(super) async fn wrong_method() -> Response {
    let mut response = answer(StatusCode::METHOD_NOT_ALLOWED, json!({"error": "invalid_request"}));
    response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("POST"));
    response
}

async fn params(request: Request) -> Result<Params, Response> {
    let (parts, body) = request.into_parts();
    let too_large = || answer(StatusCode::PAYLOAD_TOO_LARGE, json!({"error": "general_error"}));
    let body = Limited::new(body, BODY_BYTES_MAX).collect().await.map_err(|_| too_large())?.to_bytes();
    Params::of(parts.uri.query().unwrap_or(""), &String::from_utf8_lossy(&body)).ok_or_else(too_large)
}

fn refused(error: &OAuthError) -> Response {
    let (status, description) = match error {
        OAuthError::Unavailable(why) | OAuthError::GeneralError(why) => {
            tracing::error!(why, "no token could be given");
            (StatusCode::SERVICE_UNAVAILABLE, None)
        }
        OAuthError::Throttled { .. } => (
            StatusCode::BAD_REQUEST,
            Some("You have made too many requests continuously. Please try again after some time."),
        ),
        _ => (StatusCode::OK, None),
    };
    let mut json = json!({"error": error.word()});
    if let (Some(description), Some(object)) = (description, json.as_object_mut()) {
        object.insert("error_description".into(), json!(description));
        object.insert("status".into(), json!("failure"));
    }
    answer(status, json)
}

fn answer(status: StatusCode, json: Json) -> Response {
    let mut response = Response::new(Body::from(json.to_string()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json;charset=utf-8"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
