//! A client of the V3 face, without a network between.

use crate::App;
use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use base64::Engine;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::Value as Json;
use std::net::SocketAddr;
use tower::ServiceExt;

/// Speaks to the desk for one person.
#[derive(Clone, Debug)]
pub struct Client<'a> {
    app: &'a App,
    headers: Vec<(String, String)>,
    router: Option<Router>,
    peer: Option<SocketAddr>,
}

/// What came back.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub bytes: Vec<u8>,
}

impl<'a> Client<'a> {
    /// A client with these headers.
    #[must_use]
    pub const fn new(app: &'a App, headers: Vec<(String, String)>) -> Self {
        Self { app, headers, router: None, peer: None }
    }
    /// The same client at a network address.
    #[must_use]
    pub fn at(&self, address: &str) -> Self {
        Self { peer: Some(SocketAddr::new(address.parse().unwrap(), 50_000)), ..self.clone() }
    }
    /// Another client of the same faces, at the same address.
    #[must_use]
    pub fn beside(&self, other: &Self) -> Self {
        Self { headers: self.headers.clone(), ..other.clone() }
    }
    /// The same client of faces that were given other options, which live as long as it does.
    #[must_use]
    pub fn with_options(&self, options: api::ApiOptions) -> Self {
        let router =
            api::router(self.app.desk.clone(), self.app.identity.clone(), options, axum::Router::new());
        Self { router: Some(router), ..self.clone() }
    }
    /// A client with a technician key.
    #[must_use]
    pub fn with_key(app: &'a App, key: &str) -> Self {
        Self::new(app, vec![("authtoken".into(), key.into())])
    }
    /// A client with an access token.
    #[must_use]
    pub fn with_token(app: &'a App, token: &str) -> Self {
        Self::new(app, vec![("Authorization".into(), format!("Zoho-oauthtoken {token}"))])
    }

    /// A client with a Basic credential.
    #[must_use]
    pub fn with_basic(app: &'a App, name: &str, secret: &str) -> Self {
        let token = base64::engine::general_purpose::STANDARD.encode(format!("{name}:{secret}"));
        Self::new(app, vec![("Authorization".into(), format!("Basic {token}"))])
    }

    /// Any call.
    pub async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Body>,
    ) -> Reply {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(peer) = self.peer {
            request = request.extension(ConnectInfo(peer));
        }
        let response = self
            .router
            .clone()
            .unwrap_or_else(|| self.app.router())
            .oneshot(request.body(body.into()).unwrap())
            .await
            .unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes().to_vec();
        Reply { status: parts.status, headers: parts.headers, bytes }
    }

    /// GET of a path below `/api/v3`.
    pub async fn get(&self, path: &str) -> Reply {
        self.send("GET", &format!("/api/v3{path}"), &[], Body::empty()).await
    }
    /// GET with `input_data` in the query.
    pub async fn get_with(&self, path: &str, input: Json) -> Reply {
        let path = format!("/api/v3{path}?input_data={}", encoded(&input.to_string()));
        self.send("GET", &path, &[], Body::empty()).await
    }
    /// GET of a list with this `list_info`.
    pub async fn list(&self, path: &str, list_info: Json) -> Reply {
        self.get_with(path, serde_json::json!({"list_info": list_info})).await
    }
    /// POST with `input_data` in a form.
    pub async fn post(&self, path: &str, input: Json) -> Reply {
        self.form("POST", path, &input).await
    }
    /// PUT with `input_data` in a form.
    pub async fn put(&self, path: &str, input: Json) -> Reply {
        self.form("PUT", path, &input).await
    }
    /// DELETE.
    pub async fn delete(&self, path: &str) -> Reply {
        self.send("DELETE", &format!("/api/v3{path}"), &[], Body::empty()).await
    }
    /// DELETE with `input_data` in a form.
    pub async fn form_delete(&self, path: &str, input: Json) -> Reply {
        self.form("DELETE", path, &input).await
    }
    async fn form(&self, method: &str, path: &str, input: &Json) -> Reply {
        let body = format!("input_data={}", encoded(&input.to_string()));
        let headers = [("Content-Type", "application/x-www-form-urlencoded")];
        self.send(method, &format!("/api/v3{path}"), &headers, body).await
    }
    /// A new request, by its subject; gives its id.
    pub async fn new_request(&self, subject: &str) -> String {
        let made = self.post("/requests", serde_json::json!({"request": {"subject": subject}})).await.ok();
        made["request"]["id"].as_str().unwrap().to_owned()
    }
}

impl Reply {
    /// The body as JSON.
    pub fn json(&self) -> Json {
        serde_json::from_slice(&self.bytes)
            .unwrap_or_else(|e| panic!("{}: {e} in {}", self.status, String::from_utf8_lossy(&self.bytes)))
    }
    /// The body of a success.
    #[track_caller]
    pub fn ok(&self) -> Json {
        let json = self.json();
        let status = &json["response_status"];
        let code = status["status_code"].as_u64().or_else(|| status[0]["status_code"].as_u64());
        assert!(self.status.is_success() && code == Some(2000), "{}: {json:#}", self.status);
        json
    }
    /// Checks a refusal: the HTTP status, the code and the field of some message (`-` for none). Gives the body.
    #[track_caller]
    pub fn refused(&self, http: u16, code: u64, field: &str) -> Json {
        let json = self.json();
        assert_eq!(self.status.as_u16(), http, "{json:#}");
        assert_eq!(json["response_status"]["status"], "failed", "{json:#}");
        assert_eq!(json["response_status"]["status_code"], 4000, "{json:#}");
        let empty = Vec::new();
        let messages = json["response_status"]["messages"].as_array().unwrap_or(&empty);
        let found = messages.iter().any(|m| {
            let names =
                m["field"] == field || m["fields"].as_array().is_some_and(|f| f.contains(&field.into()));
            m["status_code"] == code && (field == "-" || names)
        });
        assert!(found, "no {code} on {field} in {json:#}");
        json
    }
}

/// Percent-encoded, as a form and a query want it.
#[must_use]
pub fn encoded(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}
