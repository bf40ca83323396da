//! The two desks, as both are read: lists of rows and single records, by the paths of the V3 API.

use crate::Patience;
use crate::error::{MigrateError, Unread};
use connector::{Client, Error, ListQuery};
use desk::Context;
use serde_json::{Map, Value as Json, json};
use std::time::Duration;

/// A row as a desk shows it.
pub(crate) type Object = Map<String, Json>;

/// One of the two desks.
#[derive(Clone, Debug)]
pub(crate) enum Side {
    /// The source, over the network.
    There { client: Client, patience: Patience },
    /// This desk.
    Here { reader: api::Reader, ctx: Box<Context> },
}

impl Side {
    /// All rows of a list that pass the criteria, with these fields. For lists of bounded length.
    pub async fn rows(
        &self,
        path: &str,
        fields: &[String],
        criteria: Option<Json>,
    ) -> Result<Vec<Object>, Unread> {
        match self {
            Self::There { client, patience } => {
                let path = &format!("/{path}");
                let query = query(fields, criteria);
                let first = page(client, *patience, path, &query).await?;
                if !first.has_more {
                    return Ok(first.rows.into_iter().filter_map(object).collect());
                }
                let mut walk = client.walk(path, query);
                let mut rows = Vec::new();
                while let Some(page) = next_rows(*patience, &mut walk).await? {
                    rows.extend(page.into_iter().filter_map(object));
                }
                Ok(rows)
            }
            Self::Here { reader, ctx } => here(reader, ctx, path, fields, criteria).await,
        }
    }

    /// Whether it is a Frontdesk that shows its caller everything: one that lists the history of all records.
    pub async fn is_frontdesk(&self) -> Result<bool, Unread> {
        let criteria = json!({"field": "owner", "condition": "is", "value": "0"});
        match self.rows("history", &["id".to_owned()], Some(criteria)).await {
            Ok(_) => Ok(true),
            Err(Unread::NotShown(_)) => Ok(false),
            Err(failed) => Err(failed),
        }
    }

    /// One record, under whatever key it comes.
    pub async fn record(&self, path: &str) -> Result<Object, Unread> {
        let body = match self {
            Self::There { client, patience } => {
                let get = || {
                    let (client, path) = (client.clone(), format!("/{path}"));
                    async move { client.get(&path).await }
                };
                patiently(*patience, get).await?
            }
            Self::Here { reader, ctx } => reader.get(ctx, path, None).await.map_err(refused)?,
        };
        let Json::Object(body) = body else { return Err(Unread::NotShown(format!("{path}: no object"))) };
        let found = body.into_iter().find(|(key, value)| key != "response_status" && !value.is_null());
        let found = match found.map(|(_, value)| value) {
            // A CI comes as an array of one.
            Some(Json::Array(rows)) => rows.into_iter().next(),
            other => other,
        };
        found.and_then(object).ok_or_else(|| Unread::NotShown(format!("{path}: no record")))
    }
}

/// The first page of a list.
pub(crate) async fn page(
    client: &Client,
    patience: Patience,
    path: &str,
    query: &ListQuery,
) -> Result<connector::Page, Unread> {
    let page = || {
        let (client, path, query) = (client.clone(), path.to_owned(), query.clone());
        async move { client.page(&path, &query, 1).await }
    };
    patiently(patience, page).await
}

/// What a list is asked for.
pub(crate) fn query(fields: &[String], criteria: Option<Json>) -> ListQuery {
    let query = ListQuery::new().rows(100).fields(fields);
    match criteria {
        Some(criteria) => query.criteria(criteria),
        None => query,
    }
}

/// The next page of a walk.
pub(crate) async fn next_rows(
    patience: Patience,
    walk: &mut connector::Walk,
) -> Result<Option<Vec<Json>>, Unread> {
    let mut waits = Waits::new(patience);
    loop {
        match walk.next_rows().await {
            Ok(rows) => return Ok(rows),
            Err(error) => waits.after(error).await?,
        }
    }
}

/// Makes a call until it is answered.
pub(crate) async fn patiently<T, F: Future<Output = connector::Result<T>> + Send>(
    patience: Patience,
    call: impl Fn() -> F + Send,
) -> Result<T, Unread> {
    let mut waits = Waits::new(patience);
    loop {
        match call().await {
            Ok(answer) => return Ok(answer),
            Err(error) => waits.after(error).await?,
        }
    }
}

/// The pauses between tries of one call.
struct Waits {
    left: u32,
    next: Duration,
    longest: Duration,
}

impl Waits {
    const fn new(patience: Patience) -> Self {
        Self { left: patience.times, next: patience.pause, longest: patience.pause_max }
    }

    /// Waits where waiting may help; else says what the error means.
    async fn after(&mut self, error: Error) -> Result<(), Unread> {
        if !may_pass(&error) || self.left == 0 {
            return Err(not_shown(error));
        }
        tracing::warn!(%error, "the source does not answer; trying again");
        self.left -= 1;
        tokio::time::sleep(self.next).await;
        self.next = (self.next * 2).min(self.longest);
        Ok(())
    }
}

/// Whether an error may be another one, or none, in a while.
fn may_pass(error: &Error) -> bool {
    match error {
        Error::Network { .. } | Error::Deadline { .. } | Error::Answer { .. } => true,
        Error::Service(error) => error.http_status >= 500 || error.http_status == 429,
        _ => false,
    }
}

/// A refusal of what was asked for is an answer: there is no such thing to be read.
fn not_shown(error: Error) -> Unread {
    match error.service() {
        Some(service) if matches!(service.http_status, 400 | 403 | 404 | 405 | 422) => {
            Unread::NotShown(error.to_string())
        }
        _ => Unread::Failed(MigrateError::Source(error)),
    }
}

fn refused(failure: wire::Failure) -> Unread {
    Unread::NotShown(failure.to_json())
}

fn object(row: Json) -> Option<Object> {
    if let Json::Object(object) = row { Some(object) } else { None }
}

/// Rows of this desk, page by page of ids.
async fn here(
    reader: &api::Reader,
    ctx: &Context,
    path: &str,
    fields: &[String],
    criteria: Option<Json>,
) -> Result<Vec<Object>, Unread> {
    let mut rows: Vec<Object> = Vec::new();
    loop {
        let last = rows.last().and_then(|row| row.get("id")).cloned().unwrap_or_else(|| json!("0"));
        let behind = json!({"field": "id", "condition": "greater than", "value": last});
        let mut all = vec![behind];
        match &criteria {
            Some(Json::Array(more)) => all.extend(more.iter().cloned()),
            more => all.extend(more.clone()),
        }
        for more in all.iter_mut().skip(1).filter_map(Json::as_object_mut) {
            more.insert("logical_operator".into(), json!("and"));
        }
        let info =
            json!({"row_count": 100, "sort_field": "id", "fields_required": fields, "search_criteria": all});
        let body = reader.get(ctx, path, Some(json!({"list_info": info}))).await.map_err(refused)?;
        let page = body.as_object().and_then(|body| body.iter().find(|(_, value)| is_rows(value)));
        let page = page.map(|(_, rows)| rows.as_array().cloned().unwrap_or_default()).unwrap_or_default();
        rows.extend(page.into_iter().filter_map(object));
        if body.get("list_info").and_then(|info| info.get("has_more_rows")) != Some(&json!(true)) {
            return Ok(rows);
        }
    }
}

fn is_rows(value: &Json) -> bool {
    value.as_array().is_some_and(|rows| rows.iter().all(|row| row.get("status_code").is_none()))
}
