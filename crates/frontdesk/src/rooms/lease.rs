//! This process's number among those on one database, held for as long as the process runs.

use std::sync::Arc;
use std::time::Duration;

use desk::Desk;
use store::StoreError;
use store::engine::Db;
use store::nodes::{LEASE_MS, Node};
use tokio::sync::Mutex;

/// How often a lease is renewed. Three renewals may fail before it ends.
const RENEW: Duration = Duration::from_millis(LEASE_MS.unsigned_abs() / 4);

/// A leased number. Cheap to clone.
#[derive(Clone)]
pub(super) struct Lease {
    db: Db,
    desk: Arc<Desk>,
    /// None once it is given back.
    node: Arc<Mutex<Option<Node>>>,
}

impl Lease {
    /// Takes a number for the desk's ids and keeps it until [`Lease::end`].
    pub(super) async fn hold(db: &Db, desk: &Arc<Desk>) -> Result<Lease, StoreError> {
        let lease = Lease { db: db.clone(), desk: Arc::clone(desk), node: Arc::default() };
        *lease.node.lock().await = Some(lease.take().await?);
        let kept = lease.clone();
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(RENEW).await;
                match kept.renew().await {
                    Ok(true) => {}
                    Ok(false) => break,
                    Err(error) => tracing::warn!(%error, "the number of this process was not renewed"),
                }
            }
        });
        Ok(lease)
    }

    async fn take(&self) -> Result<Node, StoreError> {
        let token = getrandom::u64().map_err(|error| StoreError::Unavailable(error.to_string()))?;
        let node = Node::take(&self.db, token.cast_signed(), self.desk.now()).await?;
        self.desk.id_source().set_node(node.number);
        tracing::debug!(node = node.number, "this process has a number among those on the database");
        Ok(node)
    }

    /// False when there is nothing to renew any more.
    async fn renew(&self) -> Result<bool, StoreError> {
        let mut held = self.node.lock().await;
        let Some(node) = *held else { return Ok(false) };
        if !node.renew(&self.db, self.desk.now()).await? {
            tracing::warn!(
                node = node.number,
                "another process has taken the number of this one, which takes another"
            );
            *held = Some(self.take().await?);
        }
        Ok(true)
    }

    /// Gives the number back.
    pub(super) async fn end(&self) {
        if let Some(node) = self.node.lock().await.take()
            && let Err(error) = node.give_back(&self.db).await
        {
            tracing::debug!(%error, "the number of this process was not given back; it falls free in a minute");
        }
    }
}
