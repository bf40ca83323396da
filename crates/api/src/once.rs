//! `Idempotency-Key`: a call that is made once however often it is sent (happyfox.md section 4); an extension of ours at both
//! faces.

use http::{HeaderMap, HeaderName};

/// The header.
const KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// Tells a stored answer from a new one.
pub(crate) const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");
/// The longest key.
const KEY_MAX: usize = 255;

/// The key of a call, if it has one.
///
/// # Errors
/// What is wrong with it, in words.
pub(crate) fn key_of(headers: &HeaderMap) -> Result<Option<String>, String> {
    let mut values = headers.get_all(KEY).iter();
    let Some(value) = values.next() else { return Ok(None) };
    let is_fit = |key: &&str| {
        !key.is_empty() && key.len() <= KEY_MAX && key.bytes().all(|b| b.is_ascii_graphic() || b == b' ')
    };
    match (value.to_str().ok().filter(is_fit), values.next()) {
        (Some(key), None) => Ok(Some(key.to_owned())),
        _ => Err(format!("Idempotency-Key must be one text of 1 to {KEY_MAX} visible characters")),
    }
}
