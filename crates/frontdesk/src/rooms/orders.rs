//! Orders about credentials, carried out by identity.

use desk::identity::{Identity, NewClient};
use desk::{Access, Desk, DeskError, Refusal, Scopes, shipped};
use model::Id;

use super::credentials::{Issue, Issued, Kind, Listed, Order};
use crate::Failure;

/// Carries out an order.
pub(super) async fn carry_out(desk: &Desk, identity: &Identity, order: Order) -> Result<Issued, Failure> {
    let done = |there| if there { Issued::Done } else { Issued::Unknown };
    let carried_out = match order {
        Order::Issue(issue) => issue_one(desk, identity, issue).await.map(Issued::Secrets),
        Order::List(kind) => list(desk, identity, kind).await.map(Issued::List),
        Order::Revoke(kind, id) => {
            let there = revoke(desk, identity, kind, &id).await;
            there.map(done)
        }
        Order::Disable(key) => identity.disable_happyfox_key(&key, desk.now()).await.map(done),
        Order::Enable(key) => identity.enable_happyfox_key(&key, desk.now()).await.map(done),
    };
    carried_out.map_err(|error| failure(&error))
}

/// What speaks against an order, in one line.
pub(super) fn failure(error: &DeskError) -> Failure {
    let DeskError::Refused(refusals) = error else { return super::one_line(error) };
    let words: Vec<String> = refusals
        .iter()
        .map(|refusal| match refusal {
            // The command says already what was asked for.
            Refusal::NotValid { field, message: Some(message) } if field == "demo" => message.clone(),
            Refusal::NotValid { field, message: Some(message) } => format!("{field}: {message}"),
            Refusal::NotValid { field, message: None } => format!("{field} is not valid"),
            Refusal::Mandatory(field) => format!("{field} is missing"),
            other => format!("{other:?}"),
        })
        .collect();
    Failure::usage(words.join("; "))
}

/// The user with this address, or the first administrator.
pub(super) async fn user(desk: &Desk, email: Option<&str>) -> Result<Id, DeskError> {
    let Some(email) = email else { return Ok(shipped::ADMINISTRATOR) };
    let person = desk.person_by_email(email).await?;
    person.map(|p| p.id()).ok_or_else(|| Refusal::because("user", format!("there is no user {email}")).into())
}

/// The user with this address, or the first administrator, if they are an active administrator.
async fn administrator(desk: &Desk, email: Option<&str>) -> Result<Id, DeskError> {
    let user = user(desk, email).await?;
    let refused = |why: &str| {
        let whose = email.unwrap_or("the first administrator");
        Err(Refusal::because("user", format!("{whose} {why}")).into())
    };
    match desk.caller(user).await {
        Ok(caller) if caller.access == Access::Administrator => Ok(user),
        Ok(_) => refused("is no administrator, so a password would open nothing; --restore makes them one"),
        Err(DeskError::NotPermitted) => {
            refused("is inactive, so a password would open nothing; --email E --restore brings E back")
        }
        Err(error) => Err(error),
    }
}

fn scopes(given: &[String]) -> Result<Scopes, DeskError> {
    if given.is_empty() {
        return Ok(Scopes::all());
    }
    Scopes::parse(&given.join(","))
        .map_err(|unknown| Refusal::because("scope", format!("unknown: {}", unknown.0)).into())
}

async fn issue_one(
    desk: &Desk,
    identity: &Identity,
    issue: Issue,
) -> Result<Vec<(&'static str, String)>, DeskError> {
    let now = desk.now();
    Ok(match issue {
        Issue::AdminPassword { email, restore } => {
            if restore {
                desk.restore_administrator(user(desk, email.as_deref()).await?).await?;
            }
            let user = administrator(desk, email.as_deref()).await?;
            let password = identity.reset_password(now, user).await?;
            let email = identity.email_of(user).await?.unwrap_or_default();
            vec![("email", email), ("password", password)]
        }
        Issue::OauthClient { name, redirect_uris } => {
            let service = redirect_uris.is_empty().then_some((shipped::ADMINISTRATOR, Scopes::all()));
            let new = NewClient { name, redirect_uris, service };
            let (client, secret) = identity.issue_client(&new, now).await?;
            vec![("client_id", client.client_id), ("client_secret", secret)]
        }
        Issue::SelfClientCode { client_id, scopes: given, user: email, minutes } => {
            let user = user(desk, email.as_deref()).await?;
            let minutes = i64::try_from(minutes).unwrap_or(i64::MAX);
            let scopes = scopes(&given)?;
            let issued = identity.issue_self_client_code(&client_id, user, scopes, minutes, "", now);
            vec![("code", issued.await?)]
        }
        Issue::RefreshToken { client_id, scopes: given, user: email } => {
            let user = user(desk, email.as_deref()).await?;
            let token = identity.issue_refresh_token(&client_id, user, scopes(&given)?, now).await?;
            vec![("refresh_token", token)]
        }
        Issue::TechnicianKey { user: email } => {
            let user = user(desk, email.as_deref()).await?;
            desk.may_hold_technician_key(user).await?;
            let (id, key) = identity.issue_technician_key(user, "Issued on the command line", now).await?;
            vec![("id", id.to_string()), ("technician_key", key)]
        }
        Issue::HappyfoxKey { user: email, name } => {
            let user = user(desk, email.as_deref()).await?;
            let (key, code) = identity.issue_happyfox_key(user, &name, now).await?;
            vec![("api_key", key), ("auth_code", code)]
        }
    })
}

fn time(ms: i64) -> String {
    jiff::Timestamp::from_millisecond(ms)
        .map_or_else(|_| ms.to_string(), |t| t.strftime("%F %R UTC").to_string())
}

fn state(word: &str, taken_back: Option<i64>, last_used: Option<i64>) -> String {
    match (taken_back, last_used) {
        (Some(at), _) => format!(", {word} {}", time(at)),
        (None, Some(at)) => format!(", last used {}", time(at)),
        (None, None) => String::new(),
    }
}

async fn list(desk: &Desk, identity: &Identity, kind: Kind) -> Result<Vec<Listed>, DeskError> {
    let mut listed = Vec::new();
    let mut push = |id: String, user: Option<Id>, detail: String, created: i64| {
        listed.push((id, user, detail, created));
    };
    match kind {
        Kind::AdminPassword => {
            push(
                String::new(),
                Some(shipped::ADMINISTRATOR),
                "a password is shown only when it is issued".into(),
                0,
            );
        }
        Kind::OauthClient => {
            for client in identity.clients().await? {
                let leads = match client.redirect_uris.as_slice() {
                    [] => "self client".to_owned(),
                    uris => uris.join(" "),
                };
                let detail =
                    format!("{}: {leads}{}", client.name, state("revoked", client.revoked, client.last_used));
                push(client.client_id, client.service.map(|s| s.0), detail, client.created);
            }
        }
        Kind::SelfClientCode => {
            for code in identity.open_codes(desk.now()).await? {
                let detail = format!("{}, until {}", code.scopes, time(code.expires));
                push(code.id.to_string(), Some(code.user), detail, code.created);
            }
        }
        Kind::RefreshToken => {
            for token in identity.refresh_tokens().await? {
                let detail = format!("{}{}", token.scopes, state("revoked", token.revoked, token.last_used));
                push(token.id.to_string(), Some(token.user), detail, token.created);
            }
        }
        Kind::TechnicianKey => {
            for key in identity.technician_keys().await? {
                let detail = format!("{}{}", key.name, state("revoked", key.revoked, key.last_used));
                push(key.id.to_string(), Some(key.user), detail, key.created);
            }
        }
        Kind::HappyfoxKey => {
            for key in identity.happyfox_keys().await? {
                let (word, since) = match key.revoked {
                    Some(_) => ("revoked", key.revoked),
                    None => ("disabled", key.disabled),
                };
                let detail = format!("{}{}", key.name, state(word, since, key.last_used));
                push(key.api_key, Some(key.user), detail, key.created);
            }
        }
    }
    let mut shown = Vec::with_capacity(listed.len());
    for (id, user, detail, created) in listed {
        let user = match user {
            Some(user) => identity.email_of(user).await?.unwrap_or_default(),
            None => String::new(),
        };
        let id = if id.is_empty() { user.clone() } else { id };
        let created = if created == 0 { String::new() } else { time(created) };
        shown.push(Listed { id, user, detail, created });
    }
    Ok(shown)
}

async fn revoke(desk: &Desk, identity: &Identity, kind: Kind, id: &str) -> Result<bool, DeskError> {
    let now = desk.now();
    let number = id.parse::<Id>().ok();
    Ok(match (kind, number) {
        (Kind::AdminPassword, _) => {
            // A password nobody knows; keys stay.
            let Some(person) = desk.person_by_email(id).await? else { return Ok(false) };
            identity.reset_password(now, person.id()).await?;
            true
        }
        (Kind::OauthClient, _) => identity.revoke_client(id, now).await?,
        (Kind::HappyfoxKey, _) => identity.revoke_happyfox_key(id, now).await?,
        (Kind::SelfClientCode, Some(id)) => identity.revoke_code(id, now).await?,
        (Kind::RefreshToken, Some(id)) => identity.revoke_refresh_token(id, now).await?,
        (Kind::TechnicianKey, Some(id)) => identity.revoke_technician_key(id, now).await?,
        (Kind::SelfClientCode | Kind::RefreshToken | Kind::TechnicianKey, None) => false,
    })
}
