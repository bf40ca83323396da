//! A database of a test's own, on the PostgreSQL server that the environment names.

use store::engine::{Db, PostgresOptions};
use tokio_postgres::NoTls;

/// Created for one test, dropped at its end.
#[derive(Debug)]
pub struct Database {
    /// Where it is.
    pub url: String,
    server: String,
    name: String,
}

impl Database {
    /// `None` where there is no server, and none is asked for.
    pub async fn create() -> Option<Self> {
        let (server, base) = server()?;
        let template = template(&server, &base).await;
        Some(Self::made(server, &base, &format!(" TEMPLATE {template}")).await)
    }

    /// The same without any table.
    pub async fn empty() -> Option<Self> {
        let (server, base) = server()?;
        Some(Self::made(server, &base, "").await)
    }

    async fn made(server: String, base: &str, like: &str) -> Self {
        let name = format!("frontdesk_test_{:016x}", random());
        run(&server, &format!("CREATE DATABASE {name}{like}")).await.unwrap();
        Self { url: format!("{base}/{name}"), server, name }
    }
}

/// The server's URL, and the same without a database.
fn server() -> Option<(String, String)> {
    let server = std::env::var("FRONTDESK_TEST_POSTGRES").ok();
    if !crate::is_here(server.is_some(), "FRONTDESK_TEST_POSTGRES") {
        return None;
    }
    let server = server?;
    let (base, _) = server.rsplit_once('/').unwrap();
    Some((server.clone(), base.to_owned()))
}

fn random() -> u64 {
    let mut random = [0_u8; 8];
    getrandom::fill(&mut random).unwrap();
    u64::from_le_bytes(random)
}

/// A database whose schema is current, made once for all tests of a schema: a copy of it costs a fraction of the some
/// hundred statements that made it. Its name follows from those statements.
async fn template(server: &str, base: &str) -> String {
    use std::hash::{Hash, Hasher};
    let mut hash = std::hash::DefaultHasher::new();
    for step in store::migrations::steps() {
        step.postgres.hash(&mut hash);
    }
    let name = format!("frontdesk_template_{:016x}", hash.finish());
    let exists = format!("SELECT 1 FROM pg_database WHERE datname = '{name}'");
    if rows(server, &exists).await > 0 {
        return name;
    }
    // Several processes may get here at once: each makes one of its own, the first to give it the name wins.
    let own = format!("frontdesk_making_{:016x}", random());
    run(server, &format!("CREATE DATABASE {own}")).await.unwrap();
    let db = Db::open_postgres(&format!("{base}/{own}"), PostgresOptions::default()).await.unwrap();
    db.migrate(&store::migrations::steps(), 0).await.unwrap();
    db.close().await;
    if run(server, &format!("ALTER DATABASE {own} RENAME TO {name}")).await.is_err() {
        run(server, &format!("DROP DATABASE IF EXISTS {own} WITH (FORCE)")).await.unwrap();
        assert!(rows(server, &exists).await > 0, "no template");
    }
    name
}

impl Drop for Database {
    fn drop(&mut self) {
        let (server, name) = (self.server.clone(), self.name.clone());
        // In a thread of its own: the test's runtime may be going down already.
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            let drop = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
            let _left_behind_at_worst = runtime.block_on(run(&server, &drop));
        });
        let _left_behind_at_worst = dropped.join();
    }
}

async fn run(server: &str, sql: &str) -> Result<(), tokio_postgres::Error> {
    let (client, connection) = tokio_postgres::connect(server, NoTls).await.unwrap();
    let connection = tokio::spawn(connection);
    let done = client.batch_execute(sql).await;
    drop(client);
    let _closed = connection.await;
    done
}

async fn rows(server: &str, sql: &str) -> usize {
    let (client, connection) = tokio_postgres::connect(server, NoTls).await.unwrap();
    let connection = tokio::spawn(connection);
    let found = client.query(sql, &[]).await.unwrap().len();
    drop(client);
    let _closed = connection.await;
    found
}
