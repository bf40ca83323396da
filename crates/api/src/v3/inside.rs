//! The V3 face without HTTP between: for a command of this program that compares what two desks show.

use crate::v3::answer::Answer;
use crate::v3::call::Call;
use crate::{Api, ApiOptions, happyfox};
use desk::identity::Identity;
use desk::{Context, Desk};
use http::Method;
use serde_json::Value as Json;
use std::sync::Arc;
use wire::failure::Failure;
use wire::payload::Payload;

/// Reads paths of the V3 face on behalf of a caller who is known already.
#[derive(Clone, Debug)]
pub struct Reader(Arc<Api>);

impl Reader {
    /// A reader of this desk.
    #[must_use]
    pub fn new(desk: Arc<Desk>, identity: Arc<Identity>) -> Self {
        let options = ApiOptions::default();
        let throttle = happyfox::Throttle::new(&desk, options.requester_calls);
        // It reads each record once.
        let texts = super::Texts::new(0);
        Self(Arc::new(Api { desk, identity, options, throttle, guesses: Arc::default(), texts }))
    }

    /// What GET of a path below `/api/v3` answers at this moment to the caller of `ctx`.
    ///
    /// # Errors
    /// The refusal that a client would get; [`Failure::not_found`] where the answer is a file.
    pub async fn get(&self, ctx: &Context, path: &str, input: Option<Json>) -> Result<Json, Failure> {
        let call = Call {
            api: &self.0,
            ctx: Context { now: self.0.desk.now(), ..ctx.clone() },
            method: Method::GET,
            segments: path.split('/').filter(|segment| !segment.is_empty()).map(str::to_owned).collect(),
            payload: Payload { input, ..Payload::default() },
            body: bytes::Bytes::new(),
            base: "/api/v3".to_owned(),
            snapshot: self.0.desk.snapshot(),
            groups: Vec::new(),
            once: None,
            by_key: false,
        };
        match super::answer(&call).await? {
            Answer::Json(text) | Answer::Status(_, text) | Answer::Replayed(_, text) => {
                serde_json::from_str(&text).map_err(Failure::not_json)
            }
            Answer::Around(text, stretch) => {
                serde_json::from_slice(&stretch.within(text).whole()).map_err(Failure::not_json)
            }
            Answer::File(..) => Err(Failure::not_found()),
        }
    }
}
