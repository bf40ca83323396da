//! How a client behaves towards the service.

use std::time::Duration;

/// The limits that a client sets itself. The defaults suit the cloud and a desk of one's own alike.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Manners {
    /// How many calls may be under way at once (8).
    pub concurrency: usize,
    /// How many calls may begin per second, in an even flow after a burst of as many (no limit). The cloud publishes
    /// no figure; tools that are throttled there set 2 or 3.
    pub calls_per_second: Option<f64>,
    /// How often a call is sent again after failing (8).
    pub retries: u32,
    /// The first pause before it is sent again; it doubles each time, and the real one is anything from nothing to
    /// that (250 ms).
    pub backoff: Duration,
    /// The longest such pause (30 s). `Retry-After` may ask for longer ones, and gets them within the deadline.
    pub backoff_max: Duration,
    /// How many repeats the whole client may spend on broken connections and 5xx while nothing succeeds (64). Each
    /// success gives a tenth back, so a service in trouble is not buried under repeats. Answers of 429 spend nothing:
    /// the service itself says when to come back.
    pub retry_budget: u32,
    /// All tries of one call and the pauses between (5 min).
    pub deadline: Duration,
    /// Making a connection (10 s).
    pub connect_timeout: Duration,
    /// Waiting for the next bytes of an answer (60 s).
    pub read_timeout: Duration,
    /// The largest answer that is read into memory (64 MiB). Files are streamed and have no limit.
    pub answer_bytes_max: usize,
}

impl Default for Manners {
    fn default() -> Self {
        Self {
            concurrency: 8,
            calls_per_second: None,
            retries: 8,
            backoff: Duration::from_millis(250),
            backoff_max: Duration::from_secs(30),
            retry_budget: 64,
            deadline: Duration::from_secs(300),
            connect_timeout: Duration::from_secs(10),
            read_timeout: Duration::from_secs(60),
            answer_bytes_max: 64 * 1024 * 1024,
        }
    }
}
