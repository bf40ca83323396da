//! A stand-in for a provider of single sign-on, on a port of this machine: it keeps to OpenID Connect, asks for what a real
//! one asks for, and lies on purpose where a test tells it to.

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use http::{HeaderMap, StatusCode};
use ring::rand::SystemRandom;
use ring::signature::{self, EcdsaKeyPair, KeyPair, RsaKeyPair};
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use tokio::task::JoinHandle;

/// What the desk is to the provider.
pub const CLIENT_ID: &str = "the-desk";
/// The desk's secret there; with letters that must be encoded.
pub const CLIENT_SECRET: &str = "s3cret: with+signs";

/// A key that the provider signs with.
enum Key {
    Ec(String, EcdsaKeyPair),
    Rsa(String, RsaKeyPair),
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key")
    }
}

impl Key {
    fn ec(kid: &str) -> Self {
        let rng = SystemRandom::new();
        let kind = &signature::ECDSA_P256_SHA256_FIXED_SIGNING;
        let document = EcdsaKeyPair::generate_pkcs8(kind, &rng).unwrap();
        Self::Ec(kid.into(), EcdsaKeyPair::from_pkcs8(kind, document.as_ref(), &rng).unwrap())
    }

    /// Made for tests and used nowhere else: ring makes no RSA keys.
    fn rsa(kid: &str) -> Self {
        let bytes = include_bytes!("../keys/provider_rsa.pk8");
        Self::Rsa(kid.into(), RsaKeyPair::from_pkcs8(bytes).unwrap())
    }

    fn jwk(&self) -> Json {
        match self {
            Self::Ec(kid, pair) => {
                let point = pair.public_key().as_ref();
                json!({"kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": kid,
                    "x": URL_SAFE_NO_PAD.encode(&point[1..33]), "y": URL_SAFE_NO_PAD.encode(&point[33..])})
            }
            Self::Rsa(kid, pair) => {
                let public = ring::rsa::PublicKeyComponents::<Vec<u8>>::from(pair.public());
                json!({"kty": "RSA", "use": "sig", "alg": "RS256", "kid": kid,
                    "n": URL_SAFE_NO_PAD.encode(public.n), "e": URL_SAFE_NO_PAD.encode(public.e)})
            }
        }
    }

    fn sign(&self, claims: &Json) -> String {
        let (kid, alg) = match self {
            Self::Ec(kid, _) => (kid, "ES256"),
            Self::Rsa(kid, _) => (kid, "RS256"),
        };
        let head = json!({"alg": alg, "typ": "JWT", "kid": kid}).to_string();
        let message =
            format!("{}.{}", URL_SAFE_NO_PAD.encode(head), URL_SAFE_NO_PAD.encode(claims.to_string()));
        let rng = SystemRandom::new();
        let signature = match self {
            Self::Ec(_, pair) => pair.sign(&rng, message.as_bytes()).unwrap().as_ref().to_vec(),
            Self::Rsa(_, pair) => {
                let mut bytes = vec![0; pair.public().modulus_len()];
                pair.sign(&signature::RSA_PKCS1_SHA256, &rng, message.as_bytes(), &mut bytes).unwrap();
                bytes
            }
        };
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

/// Somebody who agreed, on the way back with a code.
#[derive(Clone, Debug)]
struct Agreed {
    claims: Json,
    nonce: String,
    challenge: String,
    redirect_uri: String,
}

type Bend = Box<dyn Fn(&mut Json) + Send>;

struct Inner {
    origin: String,
    now: i64,
    keys: Vec<Key>,
    /// Which of the keys are told of; the last one signs.
    told: usize,
    codes: HashMap<String, Agreed>,
    bend: Option<Bend>,
    /// The token instead of a signed one.
    token: Option<String>,
    key_calls: usize,
}

impl std::fmt::Debug for Inner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Inner")
    }
}

/// A stand-in provider.
#[derive(Debug)]
pub struct Provider {
    /// Its issuer: `http://127.0.0.1:…`.
    pub issuer: String,
    inner: Arc<Mutex<Inner>>,
    task: JoinHandle<()>,
}

impl Drop for Provider {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Provider {
    /// A provider by whose clock it is `now`. It signs with a key on an elliptic curve.
    pub async fn start(now: i64) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let inner = Arc::new(Mutex::new(Inner {
            origin: issuer.clone(),
            now,
            keys: vec![Key::ec("first")],
            told: 1,
            codes: HashMap::new(),
            bend: None,
            token: None,
            key_calls: 0,
        }));
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(document))
            .route("/keys", get(keys))
            .route("/token", post(token))
            .with_state(inner.clone());
        let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { issuer, inner, task }
    }

    /// From now on tokens are signed with a new key, and the former one is forgotten.
    pub fn rotate(&self) {
        let mut inner = self.inner.lock().unwrap();
        let kid = format!("key {}", inner.keys.len());
        inner.keys = vec![Key::ec(&kid)];
    }

    /// From now on tokens are signed with RSA.
    pub fn sign_with_rsa(&self) {
        self.inner.lock().unwrap().keys = vec![Key::rsa("rsa")];
    }

    /// From now on tokens are signed with a key that is told to nobody, under the name of the one that is.
    pub fn sign_with_a_strangers_key(&self) {
        let mut inner = self.inner.lock().unwrap();
        inner.keys = vec![Key::ec("first"), Key::ec("first")];
        inner.told = 1;
    }

    /// What the next tokens say otherwise than they should.
    pub fn bend(&self, bend: impl Fn(&mut Json) + Send + 'static) {
        self.inner.lock().unwrap().bend = Some(Box::new(bend));
    }

    /// The next tokens are this.
    pub fn answer_with(&self, token: String) {
        self.inner.lock().unwrap().token = Some(token);
    }

    /// Moves the provider's clock.
    pub fn set_clock(&self, now: i64) {
        self.inner.lock().unwrap().now = now;
    }

    /// How often somebody asked for the keys.
    pub fn key_calls(&self) -> usize {
        self.inner.lock().unwrap().key_calls
    }

    /// What somebody does who was sent here: signs in as whoever `claims` says, and is sent back. Gives path and query of the
    /// way back.
    #[track_caller]
    pub fn sign_in(&self, sent_to: &str, claims: Json) -> String {
        let begin = format!("{}/authorize?", self.issuer);
        let query = sent_to.strip_prefix(&begin).unwrap_or_else(|| panic!("not the provider's: {sent_to}"));
        let asked = pairs(query);
        let of = |name: &str| asked.get(name).unwrap_or_else(|| panic!("no {name} in {sent_to}")).clone();
        assert_eq!((of("response_type").as_str(), of("client_id").as_str()), ("code", CLIENT_ID));
        assert_eq!(of("code_challenge_method"), "S256");
        assert!(of("scope").split(' ').any(|scope| scope == "openid"), "{sent_to}");
        let mut inner = self.inner.lock().unwrap();
        let code = format!("code+{}", inner.codes.len());
        let agreed = Agreed {
            claims,
            nonce: of("nonce"),
            challenge: of("code_challenge"),
            redirect_uri: of("redirect_uri"),
        };
        inner.codes.insert(code.clone(), agreed);
        let to = of("redirect_uri");
        let path = to.strip_prefix("http://desk.example.com").unwrap_or(&to);
        format!("{path}?code={}&state={}", crate::encoded(&code), crate::encoded(&of("state")))
    }
}

fn pairs(text: &str) -> HashMap<String, String> {
    let decode = |part: &str| {
        let plain = part.replace('+', " ");
        percent_encoding::percent_decode_str(&plain).decode_utf8_lossy().into_owned()
    };
    let all = text.split('&').filter_map(|pair| pair.split_once('='));
    all.map(|(name, value)| (decode(name), decode(value))).collect()
}

type Shared = State<Arc<Mutex<Inner>>>;

fn answer(status: u16, body: &Json) -> Response {
    let headers = [("content-type", "application/json")];
    (StatusCode::from_u16(status).unwrap(), headers, body.to_string()).into_response()
}

async fn document(State(inner): Shared) -> Response {
    let origin = inner.lock().unwrap().origin.clone();
    answer(
        200,
        &json!({"issuer": origin, "authorization_endpoint": format!("{origin}/authorize"),
            "token_endpoint": format!("{origin}/token"), "jwks_uri": format!("{origin}/keys"),
            "response_types_supported": ["code"], "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256", "ES256"]}),
    )
}

async fn keys(State(inner): Shared) -> Response {
    let mut inner = inner.lock().unwrap();
    inner.key_calls += 1;
    let mut keys: Vec<Json> = inner.keys.iter().take(inner.told).map(Key::jwk).collect();
    // A kind that nobody knows yet must not keep the others from being read.
    keys.insert(0, json!({"kty": "future", "kid": "first"}));
    answer(200, &json!({"keys": keys}))
}

/// The token endpoint (OpenID Connect Core 1.0 section 3.1.3).
async fn token(State(inner): Shared, headers: HeaderMap, body: Bytes) -> Response {
    let mut inner = inner.lock().unwrap();
    let refuse = |error: &str| answer(400, &json!({"error": error}));
    let basic = headers.get("authorization").and_then(|v| v.to_str().ok()).unwrap_or_default();
    let expected = format!("{}:{}", crate::encoded(CLIENT_ID), crate::encoded(CLIENT_SECRET));
    if basic != format!("Basic {}", STANDARD.encode(expected)) {
        return answer(401, &json!({"error": "invalid_client"}));
    }
    let form = pairs(&String::from_utf8_lossy(&body));
    let of = |name: &str| form.get(name).cloned().unwrap_or_default();
    if of("grant_type") != "authorization_code" {
        return refuse("unsupported_grant_type");
    }
    // A code is good once.
    let Some(agreed) = inner.codes.remove(&of("code")) else { return refuse("invalid_grant") };
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(of("code_verifier")));
    if challenge != agreed.challenge || of("redirect_uri") != agreed.redirect_uri {
        return refuse("invalid_grant");
    }
    let seconds = inner.now / 1_000;
    let mut claims = json!({"iss": inner.origin, "aud": CLIENT_ID, "exp": seconds + 300, "iat": seconds,
        "nonce": agreed.nonce});
    for (key, value) in agreed.claims.as_object().unwrap() {
        claims[key] = value.clone();
    }
    if let Some(bend) = &inner.bend {
        bend(&mut claims);
    }
    let id_token = inner.token.clone().unwrap_or_else(|| inner.keys.last().unwrap().sign(&claims));
    answer(
        200,
        &json!({"access_token": "unused", "token_type": "Bearer", "expires_in": 300, "id_token": id_token}),
    )
}
