//! Pages go compressed to browsers that ask for it: they are a seventh to a tenth of their size then, which is felt wherever
//! the desk is not in the same building.
//!
//! Only what we write ourselves: pages, style sheets, scripts. Files to keep go as they are, since most kinds are packed
//! already and a download tells its length; so do news of the live pages, which must not wait for more to come. What
//! is secret in a page differs each time that it is written (`Identity::form_token`), so that how well it packs beside
//! something that somebody else put into the address tells nothing of it.

use http::{Extensions, HeaderMap, StatusCode, Version, header};
use tower_http::compression::predicate::{And, Predicate, SizeAbove};
use tower_http::compression::{CompressionLayer, CompressionLevel};

/// Smaller answers fit into one packet as they are.
const BYTES_MIN: u16 = 1024;

/// The quickest of the levels that look for what was said before: those below leave half as much again, those above take
/// twice as long for a tenth less.
const LEVEL: i32 = 3;

/// The media types of what we write.
const OURS: [&str; 4] = ["text/html", "text/css", "text/javascript", "image/svg+xml"];

type IsOurs = fn(StatusCode, Version, &HeaderMap, &Extensions) -> bool;

/// Compresses what the pages answer with.
pub(crate) fn layer() -> CompressionLayer<And<SizeAbove, IsOurs>> {
    let is_ours: IsOurs = is_ours;
    CompressionLayer::new()
        .quality(CompressionLevel::Precise(LEVEL))
        .compress_when(SizeAbove::new(BYTES_MIN).and(is_ours))
}

fn is_ours(_: StatusCode, _: Version, headers: &HeaderMap, _: &Extensions) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    !headers.contains_key(header::CONTENT_DISPOSITION) && OURS.iter().any(|ours| kind.starts_with(ours))
}
