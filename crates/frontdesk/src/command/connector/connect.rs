//! `frontdesk connector connect`: makes a profile, and does not keep one that does not work.

use super::args::{Common, ConnectArgs};
use super::failure;
use super::profiles::{Profiles, check_name};
use super::session::{finished, tokens_of, variable};
use crate::{Failure, say};
use ::connector::{
    Client, Connection, EVERY_SCOPE, FileTokens, ListQuery, Loopback, OAUTH, Secret, TECHNICIAN_KEY,
};
use serde_json::{Map, Value as Json};
use std::io::{BufRead, IsTerminal};

/// Makes the profile.
pub(super) async fn run(common: &Common, args: ConnectArgs) -> Result<(), Failure> {
    check_name(&args.name)?;
    let mut inputs = Map::new();
    let mut put = |key: &str, value: Option<String>| {
        if let Some(value) = value {
            inputs.insert(key.to_owned(), Json::String(value));
        }
    };
    put("dataCenter", Some(args.url.clone()));
    put("portal", args.portal.clone());
    let kind = if args.key {
        put("technicianKey", Some(secret("KEY", "Technician key")?));
        TECHNICIAN_KEY
    } else {
        put("clientId", args.client_id.clone());
        put("clientSecret", Some(secret("CLIENT_SECRET", "Client secret")?));
        put("scopes", Some(args.scopes.clone().unwrap_or_else(|| EVERY_SCOPE.to_owned())));
        put("authorizeUrl", args.authorize_url.clone());
        put("tokenUrl", args.token_url.clone());
        if args.refresh_token {
            put("refreshToken", Some(secret("REFRESH_TOKEN", "Refresh token")?));
        }
        OAUTH
    };
    let connection = Connection::from_inputs(kind, &inputs).map_err(failure)?;
    // An older profile of this name stays as it is until the new one works.
    let (tokens, fresh) = (tokens_of(&args.name)?, tokens_of(&format!("{}.new", args.name))?);
    let builder = Client::builder(connection).tokens(FileTokens::at(&fresh));
    let client = finished(builder, common, None, common.debug)?;
    let admitted = admit(&client, kind, &args).await;
    // The lock's file is empty, and there may be none.
    let _ = std::fs::remove_file(fresh.with_extension("lock"));
    if let Err(failure) = admitted {
        let _ = std::fs::remove_file(&fresh);
        return Err(failure);
    }
    let moved = if fresh.exists() { std::fs::rename(&fresh, &tokens) } else { Ok(()) };
    moved.map_err(|error| Failure::runtime(format!("cannot keep {}: {error}", tokens.display())))?;
    let base = client.connection().base();
    Profiles::read()?.put(&args.name, kind, &inputs)?;
    say::out(&format!("Connected to {base} as profile {}.", args.name));
    Ok(())
}

/// Gets tokens where it takes some, and asks whether the desk lets the client in.
async fn admit(client: &Client, kind: &str, args: &ConnectArgs) -> Result<(), Failure> {
    if kind == OAUTH && args.code {
        let code = secret("CODE", "Code of the self client")?;
        client.accept_code(&Secret::from(code)).await.map_err(failure)?;
    } else if kind == OAUTH && !args.refresh_token {
        consent(client, args.port).await?;
    }
    greet(client).await
}

/// A person consents in the browser.
async fn consent(client: &Client, port: u16) -> Result<(), Failure> {
    let loopback = Loopback::bind(port).await.map_err(failure)?;
    let uri = loopback.uri();
    let consent = client.begin_consent(loopback).map_err(failure)?;
    say::out(&format!("Open this address in a browser on this machine and consent:\n\n  {}\n", consent.url));
    say::out(&format!("Waiting for the browser to come back to {uri} …"));
    client.finish_consent(consent).await.map_err(failure)
}

/// Whether the desk lets the client in. A client that may not see requests is in all the same.
pub(super) async fn greet(client: &Client) -> Result<(), Failure> {
    client.check().await.map_err(failure)?;
    let query = ListQuery::new().rows(1).fields(["id"]);
    match client.page("/requests", &query, 1).await {
        Ok(_) => Ok(()),
        Err(error) => {
            let text = error.to_string().to_ascii_lowercase();
            let limited = error.service().is_some_and(|said| said.http_status == 403)
                || text.contains("scope")
                || text.contains("permission");
            if limited { Ok(()) } else { Err(failure(error)) }
        }
    }
}

/// A secret: from the environment, from a prompt, or from the next line of standard input.
fn secret(variable_name: &str, prompt: &str) -> Result<String, Failure> {
    let given = match variable(variable_name) {
        Some(value) => value,
        None if std::io::stdin().is_terminal() => {
            let term = console::Term::stderr();
            term.write_str(&format!("{prompt}: "))
                .and_then(|()| term.read_secure_line())
                .map_err(|error| Failure::runtime(format!("cannot read the terminal: {error}")))?
        }
        None => {
            let mut line = String::new();
            std::io::stdin()
                .lock()
                .read_line(&mut line)
                .map_err(|error| Failure::runtime(format!("cannot read standard input: {error}")))?;
            line
        }
    };
    match given.trim() {
        "" => Err(Failure::usage(format!(
            "{prompt}: nothing was given; set FRONTDESK_CONNECTOR_{variable_name}, or type it at the prompt"
        ))),
        text => Ok(text.to_owned()),
    }
}
