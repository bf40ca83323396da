//! A database of a test's own, on the PostgreSQL server that the environment names.

use tokio_postgres::NoTls;

/// Created for one test, dropped at its end.
#[derive(Debug)]
pub(crate) struct Database {
    /// Where it is.
    pub url: String,
    server: String,
    name: String,
}

impl Database {
    /// `None` where there is no server; under `CI` that is an error, so that no half of the tests is missed.
    pub async fn create() -> Option<Self> {
        let Ok(server) = std::env::var("FRONTDESK_TEST_POSTGRES") else {
            assert!(std::env::var("CI").is_err(), "FRONTDESK_TEST_POSTGRES is not set");
            return None;
        };
        let mut random = [0_u8; 8];
        getrandom::fill(&mut random).unwrap();
        let name = format!("frontdesk_test_{:016x}", u64::from_le_bytes(random));
        run(&server, &format!("CREATE DATABASE {name}")).await;
        let (base, _) = server.rsplit_once('/').unwrap();
        Some(Self { url: format!("{base}/{name}"), server, name })
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let (server, name) = (self.server.clone(), self.name.clone());
        // In a thread of its own: the test's runtime may be going down already.
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(run(&server, &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")));
        });
        let _left_behind_at_worst = dropped.join();
    }
}

async fn run(server: &str, sql: &str) {
    let (client, connection) = tokio_postgres::connect(server, NoTls).await.unwrap();
    let connection = tokio::spawn(connection);
    client.batch_execute(sql).await.unwrap();
    drop(client);
    let _closed = connection.await;
}
