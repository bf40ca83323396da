//! `frontdesk connector run` and `source`.

use super::args::{Common, RunArgs, SourceArgs};
use super::output::{Format, Sink};
use super::session::Session;
use super::{failure, given};
use crate::{Failure, say};
use ::connector::catalogue::{self, Does};
use ::connector::{Client, segment};
use serde_json::{Map, Value as Json};
use std::path::Path;

/// Runs an action.
pub(super) async fn action(common: &Common, args: &RunArgs) -> Result<(), Failure> {
    let action = given::action(&args.key)?;
    let mut inputs = given::inputs(action, args.json.as_deref(), &args.inputs)?;
    let debug = take_debug(&mut inputs);
    // First what may be refused, then the profile.
    Client::check_inputs(action.key, &Json::Object(inputs.clone())).map_err(failure)?;
    let sink = Sink::open(&args.out)?;
    let session = Session::open(common, None, debug)?;
    if let Some(path) = &args.save {
        return save(&session.client, action.key, &inputs, path).await;
    }
    let whole = ["fetchAll", "page", "rowCount", "pagination"].iter().all(|key| !inputs.contains_key(*key));
    let inputs = Json::Object(inputs);
    if action.does == Does::List && whole && args.out.format != Format::Json {
        return list(&session.client, action.key, &inputs, sink).await;
    }
    let answer = session.client.run(action.key, &inputs).await.map_err(failure)?;
    sink.answer(&answer)
}

/// A list goes by pages from the service to its reader, however long it is.
async fn list(client: &Client, key: &str, inputs: &Json, mut sink: Sink<'_>) -> Result<(), Failure> {
    let mut walk = client.rows(key, inputs).map_err(failure)?;
    while let Some(rows) = walk.next_rows().await.map_err(failure)? {
        if !sink.records(rows)? {
            return Ok(());
        }
    }
    sink.close()
}

/// The debug switch among the inputs is that of the command line: here the calls are shown on standard error.
fn take_debug(inputs: &mut Map<String, Json>) -> bool {
    let mut on = false;
    for key in ["debug", "debugRequest"] {
        on |= inputs.remove(key).is_some_and(|value| value == Json::Bool(true) || value == "true");
    }
    on
}

async fn save(client: &Client, key: &str, inputs: &Map<String, Json>, path: &Path) -> Result<(), Failure> {
    if key != "downloadAttachment" {
        return Err(Failure::usage("--save is for downloadAttachment; --output takes the answer of others"));
    }
    let part = |name: &str| {
        let text = match inputs.get(name) {
            Some(Json::Number(number)) => number.to_string(),
            Some(Json::String(text)) => text.clone(),
            _ => String::new(),
        };
        segment(name, &text).map_err(failure)
    };
    let record = format!("/{}/{}", part("recordModule")?, part("recordId")?);
    let file = client.download(&record, &part("attachmentId")?).await.map_err(failure)?;
    let size = file.save(path).await.map_err(failure)?;
    say::out(&format!("Saved {size} bytes as {}.", path.display()));
    Ok(())
}

/// Lists the records of a data source.
pub(super) async fn source(common: &Common, args: &SourceArgs) -> Result<(), Failure> {
    let source = catalogue::DATA_SOURCES.iter().find(|source| source.key.eq_ignore_ascii_case(&args.key));
    let source = source.ok_or_else(|| {
        let keys: Vec<&str> = catalogue::DATA_SOURCES.iter().map(|source| source.key).collect();
        Failure::usage(format!("there is no data source {}; there are {}", args.key, keys.join(", ")))
    })?;
    let sink = Sink::open(&args.out)?;
    let session = Session::open(common, None, false)?;
    let found = session.client.source(source.key, args.search.as_deref()).await.map_err(failure)?;
    sink.answer(&found)
}
