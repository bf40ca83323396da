//! Files inside inputs and answers, as base64.

use super::clean::Values;
use crate::catalogue::Action;
use crate::{Client, Error, Result, Upload};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value as Json, json};

/// Sends or reads a file.
pub(super) async fn act(client: &Client, action: &Action, path: &str, values: &Values) -> Result<Json> {
    if action.method == "GET" {
        return read(client, path).await;
    }
    let content = values.text("fileContent").unwrap_or_default();
    let bytes =
        STANDARD.decode(content.trim()).map_err(|_| Error::input("fileContent", "it is no base64"))?;
    let mut upload = Upload::bytes(values.text("fileName").unwrap_or_default(), bytes);
    if let Some(kind) = values.text("contentType") {
        upload = upload.content_type(kind);
    }
    if let Some(text) = values.text("description") {
        upload = upload.description(text);
    }
    let record = path.trim_end_matches("/_uploads");
    client.upload(record, &upload).await
}

async fn read(client: &Client, path: &str) -> Result<Json> {
    let file = client.download_url(path).await?;
    let kind = file.content_type().map(str::to_owned);
    let bytes = file.bytes(client.manners().answer_bytes_max).await?;
    Ok(json!({
        "attachment": {"content_type": kind, "size": bytes.len(), "content": STANDARD.encode(&bytes)},
        "response_status": {"status_code": 2000, "status": "success"},
    }))
}
