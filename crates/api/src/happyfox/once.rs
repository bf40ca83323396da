//! `Idempotency-Key`: the same key and the same call give the stored answer (happyfox.md section 4).

use super::Call;
use super::answer::{self, Told, detail, failed, of_all};
use desk::once::{Claimed, Ticket};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use serde_json::json;

/// The key of a call, if it has one.
pub(super) fn key_of(headers: &HeaderMap) -> Result<Option<String>, Told> {
    crate::once::key_of(headers).map_err(|words| detail(StatusCode::BAD_REQUEST, &words))
}

/// Claims a call; `Err` is what is to be answered instead of making it.
pub(super) async fn claim(call: &Call<'_>, key: &str, asked: &str, body: &[u8]) -> Result<Ticket, Told> {
    let mut whole = asked.as_bytes().to_vec();
    whole.push(0);
    whole.extend_from_slice(body);
    let scope = ["happyfox", &call.key.to_string()];
    let claimed = call.api.desk.claim_call(&scope, key, &whole).await;
    match claimed.map_err(|error| failed(&error, call.ctx.trace))? {
        Claimed::Mine(ticket) => Ok(ticket),
        Claimed::Answered(status, stored) => Err(replayed(status, &stored)),
        Claimed::Running | Claimed::Made(..) => {
            let words = "A call with this Idempotency-Key is still being made.";
            Err(detail(StatusCode::CONFLICT, words).and(header::RETRY_AFTER, 1))
        }
        Claimed::Other => Err(answer::refused(&of_all("This Idempotency-Key was used for another call."))),
    }
}

/// An answer as it is stored: the headers that belong to it, then the body.
pub(super) fn stored(told: &Told) -> String {
    let headers = told.headers.iter().filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
    let headers: Vec<(&str, &str)> = headers.collect();
    format!("{}\n{}", json!(headers), told.body)
}

fn replayed(status: u16, stored: &str) -> Told {
    let (headers, body) = stored.split_once('\n').unwrap_or(("[]", stored));
    let headers: Vec<(String, String)> = serde_json::from_str(headers).unwrap_or_default();
    let headers = headers.iter().filter_map(|(name, value)| {
        Some((HeaderName::try_from(name).ok()?, HeaderValue::from_str(value).ok()?))
    });
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
    let told = Told { status, body: body.to_owned(), headers: headers.collect() };
    told.and(crate::once::REPLAYED, HeaderValue::from_static("true"))
}
