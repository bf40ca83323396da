//! A whole desk behind a socket, for a browser.

use testkit::{App, Engine, Port};

/// A desk that is served on the loopback interface, on a port of the system's choice.
pub struct Served {
    pub app: App,
    pub address: String,
    _port: Port,
}

impl Served {
    /// A desk on SQLite: the pages are the same on both engines, which the tests over HTTP see to.
    pub async fn start() -> Self {
        let app = App::start(Engine::Sqlite).await.unwrap();
        let port = Port::of(&app).await;
        Self { app, address: port.origin.clone(), _port: port }
    }

    /// A person with a password.
    pub async fn person(&self, name: &str, fields: serde_json::Value) -> (model::Id, String) {
        let (id, _) = self.app.person(name, fields).await;
        self.app.identity.set_password(id, PASSWORD).await.unwrap();
        (id, format!("{}@example.com", name.to_lowercase().replace(' ', ".")))
    }
}

/// Everybody's password.
pub const PASSWORD: &str = "open sesame, please";
