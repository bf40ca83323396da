//! Clients for tests.

use connector::{Client, Connection, Manners};
use serde_json::{Value as Json, json};
use std::time::Duration;
use testkit::{App, Port};

/// Limits that let a test end soon.
pub fn quick() -> Manners {
    let mut manners = Manners::default();
    manners.backoff = Duration::from_millis(2);
    manners.backoff_max = Duration::from_millis(20);
    manners
}

/// The administrator's client, by technician key.
pub fn by_key(app: &App, port: &Port) -> Client {
    with_key(port, &app.secrets.technician_key, quick())
}

/// A client by technician key.
pub fn with_key(port: &Port, key: &str, manners: Manners) -> Client {
    let connection = Connection::technician_key(&port.origin, key).unwrap();
    Client::builder(connection).manners(manners).build().unwrap()
}

/// The connection of the desk's first OAuth client, with its refresh token.
pub fn oauth(app: &App, port: &Port) -> Connection {
    let secrets = &app.secrets;
    Connection::oauth(&port.origin, &secrets.client_id, secrets.client_secret.as_str())
        .unwrap()
        .with_refresh_token(secrets.refresh_token.as_str())
}

/// So many new requests; gives their ids.
pub async fn requests(app: &App, count: usize) -> Vec<String> {
    let mut ids = Vec::new();
    for n in 0..count {
        ids.push(app.admin().new_request(&format!("Request {n}")).await);
    }
    ids
}

/// The subjects of all requests that the desk has, sorted.
pub async fn subjects(client: &Client) -> Vec<String> {
    let all = client.walk("/requests", connector::ListQuery::new()).into_body().await.unwrap();
    let mut subjects: Vec<String> = all["requests"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| r["subject"].as_str().unwrap().to_owned())
        .collect();
    subjects.sort();
    subjects
}

/// A new request's input.
pub fn request(subject: &str) -> Json {
    json!({"request": {"subject": subject}})
}
