//! `frontdesk credentials`: issues, lists and revokes credentials of each kind.

use clap::Args;
use serde_json::{Map, Value, json};

use super::{block_on, must_exist, with_rooms};
use crate::cli::{
    Action, AdminPassword, CredentialKind, CredentialsArgs, HappyfoxAction, HappyfoxKey, OauthClient,
    RefreshToken, SelfClientCode, TechnicianKey,
};
use crate::config::Settings;
use crate::rooms::{Issue, Issued, Kind, Listed, Order, Rooms};
use crate::{Failure, say};

/// Carries out what was typed and shows what came of it.
pub(super) fn run(settings: &Settings, args: CredentialsArgs) -> Result<(), Failure> {
    let CredentialsArgs { json, kind } = args;
    let order = order(kind);
    let (id, word) = match &order {
        Order::Revoke(_, id) => (id.clone(), "revoke"),
        Order::Disable(id) => (id.clone(), "disable"),
        Order::Enable(id) => (id.clone(), "enable"),
        Order::Issue(_) | Order::List(_) => (String::new(), ""),
    };
    let issued = block_on(async {
        // A server may be running on the desk; it sees what is done to credentials within a second.
        let rooms = match order.changes_people() {
            true => Rooms::open(&settings.place).await?,
            false => Rooms::open_beside(&settings.place).await?,
        };
        with_rooms(rooms, async |rooms| {
            must_exist(&rooms)?;
            rooms.credentials(order).await
        })
        .await
    })?;
    match issued {
        Issued::Secrets(secrets) => show_secrets(&secrets, json),
        Issued::List(listed) => show_list(&listed, json),
        Issued::Done if json => say::json(&json!({format!("{word}d"): id})),
        Issued::Done => {
            let done = format!("{word}d {id}.");
            let (first, rest) = done.split_at(1);
            say::out(&format!("{}{rest}", first.to_uppercase()));
        }
        Issued::Unknown => return Err(Failure::usage(format!("there is no {id} to {word}"))),
    }
    Ok(())
}

fn show_secrets(secrets: &[(&'static str, String)], json: bool) {
    if json {
        let object: Map<String, Value> =
            secrets.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
        return say::json(&Value::Object(object));
    }
    for (name, value) in secrets {
        say::out(&format!("{name:<14}  {value}"));
    }
}

fn show_list(listed: &[Listed], json: bool) {
    if json {
        let rows = listed.iter().map(|Listed { id, user, detail, created }| {
            json!({"id": id, "user": user, "detail": detail, "created": created})
        });
        return say::json(&Value::Array(rows.collect()));
    }
    let rows: Vec<[String; 4]> = listed
        .iter()
        .map(|Listed { id, user, detail, created }| {
            [id.clone(), user.clone(), created.clone(), detail.clone()]
        })
        .collect();
    say::table(["ID", "USER", "ISSUED", "DETAIL"], &rows);
}

/// What was typed, as an order.
fn order(kind: CredentialKind) -> Order {
    match kind {
        CredentialKind::AdminPassword(action) => {
            act(Kind::AdminPassword, action, |AdminPassword { email, restore }| Issue::AdminPassword {
                email,
                restore,
            })
        }
        CredentialKind::OauthClient(action) => {
            act(Kind::OauthClient, action, |OauthClient { name, redirect_uri }| Issue::OauthClient {
                name,
                redirect_uris: redirect_uri,
            })
        }
        CredentialKind::SelfClientCode(action) => {
            act(Kind::SelfClientCode, action, |SelfClientCode { client_id, scope, user, minutes }| {
                Issue::SelfClientCode { client_id, scopes: scope, user, minutes }
            })
        }
        CredentialKind::RefreshToken(action) => {
            act(Kind::RefreshToken, action, |RefreshToken { client_id, scope, user }| Issue::RefreshToken {
                client_id,
                scopes: scope,
                user,
            })
        }
        CredentialKind::TechnicianKey(action) => {
            act(Kind::TechnicianKey, action, |TechnicianKey { user }| Issue::TechnicianKey { user })
        }
        CredentialKind::HappyfoxKey(action) => match action {
            HappyfoxAction::Issue(HappyfoxKey { user, name }) => {
                Order::Issue(Issue::HappyfoxKey { user, name })
            }
            HappyfoxAction::List => Order::List(Kind::HappyfoxKey),
            HappyfoxAction::Disable { id } => Order::Disable(id),
            HappyfoxAction::Enable { id } => Order::Enable(id),
            HappyfoxAction::Revoke { id } => Order::Revoke(Kind::HappyfoxKey, id),
        },
    }
}

fn act<I: Args>(kind: Kind, action: Action<I>, issue: impl FnOnce(I) -> Issue) -> Order {
    match action {
        Action::Issue(wanted) => Order::Issue(issue(wanted)),
        Action::List => Order::List(kind),
        Action::Revoke { id } => Order::Revoke(kind, id),
    }
}
