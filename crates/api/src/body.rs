//! What is done with a body that nobody wants.

use axum::body::Body;
use http_body_util::BodyExt;

/// Of a refused call this much is read before the answer.
const DRAINED_BYTES_MAX: usize = 1024 * 1024;

/// Reads on without keeping what comes, so that the client, which sends its call whole before it looks, sees the answer and not a
/// broken pipe. `passed` is what has been read already, in bytes.
pub(crate) async fn drain(mut rest: Body, mut passed: usize) {
    while passed <= DRAINED_BYTES_MAX {
        let Some(Ok(frame)) = rest.frame().await else { return };
        passed += frame.data_ref().map_or(0, bytes::Bytes::len);
    }
}
