//! Rows of ours that the source has no more, among those that hang on a record which was read again.

use crate::bundle::Bundle;
use crate::error::MigrateError;
use crate::place::{Placed, Placer};
use desk::Ready;
use model::{Id, Module};
use serde_json::Value as Json;
use std::collections::HashSet;

impl Placer<'_> {
    /// Rows of ours that hang on a bundle's record and are in the source no more.
    pub async fn gone(
        &self,
        bundle: &Bundle,
        placed: &[Placed],
        shown: &(dyn Fn(&str) -> bool + Sync),
    ) -> Result<Vec<Ready>, MigrateError> {
        let Some(first) = bundle.rows.first() else { return Ok(Vec::new()) };
        // Of a record in the trash a service may not show what hangs on it.
        if first.object.get("is_trashed") == Some(&Json::Bool(true)) {
            return Ok(Vec::new());
        }
        let whole = self.whole(&first.module);
        let Some(root) = first.id.and_then(|id| self.ids.get(&whole.name, id)) else { return Ok(Vec::new()) };
        let kept: HashSet<(String, Id)> = bundle
            .rows
            .iter()
            .filter_map(|row| {
                let name = self.whole(&row.module).name.to_string();
                Some((name.clone(), self.ids.get(&name, row.id?)?))
            })
            .collect();
        let mut gone = Vec::new();
        let mut owners = vec![root];
        let mut open = vec![(whole.clone(), vec![root])];
        while let Some((module, parents)) = open.pop() {
            for child in &module.children {
                let Some(rows) = self.snapshot.catalogue.module(child.module) else { continue };
                if !shown(&format!("{}/{}", module.path(), child.path)) {
                    continue;
                }
                let mut stay = Vec::new();
                for row in self.desk.rows_below(rows, child.field, &parents).await? {
                    if kept.contains(&(self.whole(rows).name.to_string(), row.id())) {
                        stay.push(row.id());
                    } else {
                        gone.push(self.desk.ready_to_forget(row));
                    }
                }
                owners.extend(&stay);
                if !rows.children.is_empty() && !stay.is_empty() {
                    open.push((rows.clone(), stay));
                }
            }
        }
        if let Some(files) = self.snapshot.catalogue.module("attachment") {
            for file in self.desk.rows_below(files, "owner", &owners).await? {
                let is_shown = file.is("listed") || file.text("module") == Some("resolution");
                if is_shown && !kept.contains(&("attachment".to_owned(), file.id())) {
                    gone.push(self.desk.ready_to_forget(file));
                }
            }
        }
        gone.extend(self.unlinked(bundle, &whole, root).await?);
        let written: HashSet<Id> =
            placed.iter().filter_map(|row| row.ready.as_ref().map(|ready| ready.record.id())).collect();
        gone.retain(|ready| !written.contains(&ready.record.id()));
        Ok(gone)
    }

    /// Links of a request that are in the source no more.
    async fn unlinked(&self, bundle: &Bundle, whole: &Module, root: Id) -> Result<Vec<Ready>, MigrateError> {
        let links = self.snapshot.catalogue.module("request_link");
        let Some(links) = links.filter(|_| whole.operation("link_requests", true).is_some()) else {
            return Ok(Vec::new());
        };
        let others: HashSet<Id> = bundle
            .rows
            .iter()
            .filter_map(|row| self.other_end(row))
            .filter_map(|(module, id)| self.ids.get(&module.name, id))
            .collect();
        let mut gone = Vec::new();
        for (mine, other) in [("request", "linked_request"), ("linked_request", "request")] {
            for link in self.desk.rows_below(links, mine, &[root]).await? {
                if link.reference(other).is_none_or(|other| !others.contains(&other)) {
                    gone.push(self.desk.ready_to_forget(link));
                }
            }
        }
        Ok(gone)
    }
}
