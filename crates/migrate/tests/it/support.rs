//! Desks to copy, and copies of them.

use connector::{Client, Connection, Manners};
use desk::{Context, Scopes};
use migrate::{Difference, Migration, Patience};
use std::time::Duration;
use testkit::{App, Port};

/// The administrator of a desk.
pub async fn admin(app: &App) -> Context {
    let caller = app.desk.caller(desk::shipped::ADMINISTRATOR).await.unwrap();
    Context::new(caller, Scopes::all(), app.desk.now(), app.desk.snapshot().settings.zone.clone())
}

/// A client with limits that let a test end soon.
pub fn client(port: &Port, app: &App) -> Client {
    let mut manners = Manners::default();
    manners.backoff = Duration::from_millis(2);
    manners.backoff_max = Duration::from_millis(20);
    let connection = Connection::technician_key(&port.origin, app.secrets.technician_key.as_str()).unwrap();
    Client::builder(connection).manners(manners).build().unwrap()
}

/// The copy of what `client` speaks to into `here`.
pub async fn migration(client: Client, here: &App) -> Migration {
    let patience =
        Patience { times: 50, pause: Duration::from_millis(2), pause_max: Duration::from_millis(20) };
    Migration::new(here.desk.clone(), here.identity.clone(), admin(here).await, client)
        .with_patience(patience)
}

/// All differences, as they are told.
pub async fn differences(migration: &Migration) -> Vec<String> {
    let mut told = Vec::new();
    let mut each = |difference: &Difference| told.push(difference.to_string());
    migration.verify(&|_| {}, &mut each).await.unwrap();
    told
}
