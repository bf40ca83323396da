//! `frontdesk connector poll`: events as JSON lines or to a webhook.

use super::args::{Common, PollArgs};
use super::failure;
use super::profiles::folder;
use super::session::{Session, manners, shower, variable};
use crate::Failure;
use ::connector::{Batch, PollOptions, PollState, Poller, Secret, Webhook, replace_private};
use serde_json::{Value as Json, json};
use std::future::Future;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Looks, tells, and remembers what was told: once, or for ever.
pub(super) async fn run(common: &Common, args: &PollArgs) -> Result<(), Failure> {
    let mut inputs = json!({
        "pollResourceType": args.resource,
        "showNewRecords": !args.no_created,
        "showUpdatedRecords": args.updated,
        "wholeRecords": args.whole,
    });
    if let (Some(since), Some(map)) = (&args.since, inputs.as_object_mut()) {
        map.insert("since".into(), json!(since));
    }
    let options = PollOptions::from_inputs(&inputs).map_err(failure)?;
    let session = Session::open(common, None, false)?;
    let path = match (&args.state, &session.profile) {
        (Some(path), _) => path.clone(),
        (None, Some(profile)) => state_of(profile, &args.resource)?,
        (None, None) => {
            return Err(Failure::usage("without a profile --state must say where it is kept what was told"));
        }
    };
    let teller = match &args.webhook {
        None => Teller::Lines,
        Some(url) => {
            let token = variable("WEBHOOK_TOKEN").map(Secret::from);
            let observer = common.debug.then(shower);
            Teller::Webhook(Box::new(
                Webhook::new(url, token, manners(common, None)?, observer).map_err(failure)?,
            ))
        }
    };
    let mut poller = Poller::new(session.client, options, read(&path)?).map_err(failure)?;
    let mut stop = std::pin::pin!(stopped());
    loop {
        match round(&mut poller, &teller, &path, stop.as_mut()).await {
            Ok(true) => {}
            Ok(false) => return Ok(()),
            Err(stop) if args.once || !stop.passes => return Err(stop.failure),
            Err(stop) => tracing::warn!("{}; the next look is in {} s", stop.failure, args.every),
        }
        if args.once {
            return Ok(());
        }
        tokio::select! {
            () = &mut stop => return Ok(()),
            () = tokio::time::sleep(Duration::from_secs(args.every)) => {}
        }
    }
}

/// Waits for SIGTERM or Ctrl-C. Both end the polling between two batches, so that what was told is remembered.
async fn stopped() {
    use tokio::signal::unix::{SignalKind, signal};
    match (signal(SignalKind::terminate()), signal(SignalKind::interrupt())) {
        (Ok(mut terminate), Ok(mut interrupt)) => {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
        }
        // Without handlers the signals end the process by themselves.
        _ => std::future::pending().await,
    }
}

/// Where a profile keeps what was told of a resource.
pub(super) fn state_of(profile: &str, resource: &str) -> Result<PathBuf, Failure> {
    Ok(folder()?.join("polls").join(format!("{profile}.{resource}.json")))
}

/// Where events go.
enum Teller {
    Lines,
    Webhook(Box<Webhook>),
}

/// Why a round ended early, and whether the next one may fare better.
struct Stop {
    failure: Failure,
    passes: bool,
}

/// One round; false when it was stopped. What was told is remembered after it was told: who is killed in between hears it
/// again, and loses nothing.
async fn round(
    poller: &mut Poller,
    teller: &Teller,
    path: &Path,
    mut stop: std::pin::Pin<&mut impl Future<Output = ()>>,
) -> Result<bool, Stop> {
    let service = |error: ::connector::Error| {
        use ::connector::Error;
        let passes = matches!(&error, Error::Network { .. } | Error::Deadline { .. } | Error::Answer { .. })
            || error.service().is_some_and(|said| said.http_status == 429 || said.http_status >= 500);
        Stop { failure: failure(error), passes }
    };
    let ours = |failure: Failure| Stop { failure, passes: false };
    loop {
        let batch = tokio::select! {
            () = &mut stop => return Ok(false),
            batch = poller.next() => batch.map_err(service)?,
        };
        let Some(batch) = batch else { break };
        match teller {
            Teller::Lines => lines(&batch).map_err(ours)?,
            Teller::Webhook(webhook) => webhook.tell(&batch).await.map_err(service)?,
        }
        keep(path, &batch.state).map_err(ours)?;
    }
    keep(path, poller.state()).map_err(ours)?;
    Ok(true)
}

/// A reader who hung up has not heard them.
fn lines(batch: &Batch) -> Result<(), Failure> {
    let mut text = String::new();
    for event in &batch.events {
        text.push_str(&json!(event).to_string());
        text.push('\n');
    }
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())
        .and_then(|()| out.flush())
        .map_err(|error| Failure::runtime(format!("cannot write the events: {error}")))
}

fn read(path: &Path) -> Result<PollState, Failure> {
    let wrong = |why: String| {
        Failure::usage(format!(
            "{} holds no state of a poll ({why}); without it polling begins anew",
            path.display()
        ))
    };
    match std::fs::read(path) {
        Ok(bytes) => serde_json::from_slice(&bytes).map_err(|error| wrong(error.to_string())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(PollState::default()),
        Err(error) => Err(wrong(error.to_string())),
    }
}

fn keep(path: &Path, state: &PollState) -> Result<(), Failure> {
    let json: Json = json!(state);
    replace_private(path, json.to_string().as_bytes()).map_err(failure)
}
