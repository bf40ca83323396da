//! What is counted, for Prometheus.
//!
//! Plain atomics and a small writer, not `prometheus-client`: its families look each label set up in a map behind a
//! lock, once per counter and request, and register by name at run time. Our labels are few and fixed, so a
//! counter is an array element and counting a request is five relaxed additions. Each thread adds to numbers of its own,
//! as far as there are enough: cores that add to the same one wait for each other.

mod process;
mod text;

use std::sync::atomic::{AtomicI64, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use axum::http::{Method, StatusCode};

pub(crate) use process::resident_bytes;
pub(crate) use text::{Kind, Page};

/// Methods told apart; the last stands for all others.
const METHODS: [&str; 8] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "other"];
/// Status classes told apart; the last stands for requests whose client left before the answer.
const STATUSES: [&str; 6] = ["1xx", "2xx", "3xx", "4xx", "5xx", "gone"];
/// Upper bounds of the latency histogram in microseconds, and as Prometheus writes them.
const BOUNDS: [(u64, &str); 14] = [
    (250, "0.00025"),
    (500, "0.0005"),
    (1_000, "0.001"),
    (2_500, "0.0025"),
    (5_000, "0.005"),
    (10_000, "0.01"),
    (25_000, "0.025"),
    (50_000, "0.05"),
    (100_000, "0.1"),
    (250_000, "0.25"),
    (500_000, "0.5"),
    (1_000_000, "1"),
    (2_500_000, "2.5"),
    (10_000_000, "10"),
];

/// The numbers of one process.
#[derive(Debug)]
pub struct Metrics {
    started: jiff::Timestamp,
    requests: [Requests; SHARES],
    connections: AtomicU64,
    connections_open: AtomicI64,
    connections_cut: AtomicU64,
}

/// So many threads count requests without meeting another one.
const SHARES: usize = 16;

/// What some threads count of requests. Aligned, so that no two lie where one processor fetches them together.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Requests {
    answered: [[AtomicU64; STATUSES.len()]; METHODS.len()],
    latency: [AtomicU64; BOUNDS.len() + 1],
    latency_sum_us: AtomicU64,
    /// Of one share alone it may be negative: a request can end on another thread than it began on.
    in_flight: AtomicI64,
}

impl Requests {
    fn count(&self, method: usize, status: usize) {
        if let Some(counter) = self.answered.get(method).and_then(|row| row.get(status)) {
            counter.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn observe(&self, took: Duration) {
        let us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let bucket = BOUNDS.iter().position(|(bound, _)| us <= *bound).unwrap_or(BOUNDS.len());
        if let Some(counter) = self.latency.get(bucket) {
            counter.fetch_add(1, Ordering::Relaxed);
        }
        self.latency_sum_us.fetch_add(us, Ordering::Relaxed);
    }
}

/// The share of the thread that runs.
fn share() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static SHARE: usize = NEXT.fetch_add(1, Ordering::Relaxed) % SHARES;
    }
    SHARE.with(|share| *share)
}

impl Metrics {
    /// All zero, for a process that started now.
    pub fn new() -> Metrics {
        Metrics {
            started: jiff::Timestamp::now(),
            requests: Default::default(),
            connections: AtomicU64::new(0),
            connections_open: AtomicI64::new(0),
            connections_cut: AtomicU64::new(0),
        }
    }

    /// When the process started, in milliseconds since 1970-01-01 UTC.
    pub(crate) fn started_ms(&self) -> i64 {
        self.started.as_millisecond()
    }

    /// A request begins.
    pub(crate) fn request(&self) -> InFlight<'_> {
        self.mine().in_flight.fetch_add(1, Ordering::Relaxed);
        InFlight { metrics: self, finished: false }
    }

    /// A connection begins; it ends with the guard.
    pub(crate) fn connection(&self) -> Open<'_> {
        self.connections.fetch_add(1, Ordering::Relaxed);
        self.connections_open.fetch_add(1, Ordering::Relaxed);
        Open { metrics: self }
    }

    /// A connection was cut off for being slow.
    pub(crate) fn connection_cut(&self) {
        self.connections_cut.fetch_add(1, Ordering::Relaxed);
    }

    /// The numbers that the thread that runs adds to.
    fn mine(&self) -> &Requests {
        let [first, ..] = &self.requests;
        self.requests.get(share()).unwrap_or(first)
    }

    /// The sum of a number over all shares.
    fn sum(&self, number: impl Fn(&Requests) -> Option<&AtomicU64>) -> u64 {
        self.requests.iter().filter_map(number).map(|number| number.load(Ordering::Relaxed)).sum()
    }

    /// Writes everything this process counts by itself.
    pub(crate) fn write(&self, page: &mut Page) {
        let version = format!("version=\"{}\"", env!("CARGO_PKG_VERSION"));
        page.family("frontdesk_build_info", Kind::Gauge, "The version that runs.");
        page.sample("frontdesk_build_info", &version, 1);

        page.family("frontdesk_http_requests_total", Kind::Counter, "Requests by method and status class.");
        for (m, method) in METHODS.iter().enumerate() {
            for (s, status) in STATUSES.iter().enumerate() {
                let count = self.sum(|share| share.answered.get(m)?.get(s));
                if count > 0 {
                    let labels = format!("method=\"{method}\",status=\"{status}\"");
                    page.sample("frontdesk_http_requests_total", &labels, count);
                }
            }
        }
        self.write_latency(page);
        let in_flight: i64 = self.requests.iter().map(|share| share.in_flight.load(Ordering::Relaxed)).sum();
        let open = self.connections_open.load(Ordering::Relaxed);
        for (name, help, number) in [
            ("frontdesk_http_requests_in_flight", "Requests being handled.", in_flight),
            ("frontdesk_connections_open", "Connections open.", open),
        ] {
            page.single(name, Kind::Gauge, help, number);
        }
        let numbers = [
            ("frontdesk_connections_total", "Connections accepted.", &self.connections),
            ("frontdesk_connections_cut_total", "Connections cut off for being slow.", &self.connections_cut),
        ];
        for (name, help, number) in numbers {
            page.single(name, Kind::Counter, help, number.load(Ordering::Relaxed));
        }
        process::write(page, self.started);
    }

    fn write_latency(&self, page: &mut Page) {
        const NAME: &str = "frontdesk_http_request_duration_seconds";
        page.family(NAME, Kind::Histogram, "Time from a request's head to its answer's head.");
        let mut sum = 0;
        let labels = BOUNDS.iter().map(|(_, text)| *text).chain(["+Inf"]);
        for (at, bound) in labels.enumerate() {
            sum += self.sum(|share| share.latency.get(at));
            page.sample(&format!("{NAME}_bucket"), &format!("le=\"{bound}\""), sum);
        }
        let seconds = self.sum(|share| Some(&share.latency_sum_us)) as f64 / 1e6;
        page.sample(&format!("{NAME}_sum"), "", seconds);
        page.sample(&format!("{NAME}_count"), "", sum);
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Metrics::new()
    }
}

/// A request that is being handled.
pub(crate) struct InFlight<'a> {
    metrics: &'a Metrics,
    finished: bool,
}

impl InFlight<'_> {
    /// It was answered.
    pub(crate) fn finish(&mut self, method: &Method, status: StatusCode, took: Duration) {
        self.finished = true;
        let mine = self.metrics.mine();
        mine.count(method_index(method), status_index(status));
        mine.observe(took);
    }
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        let mine = self.metrics.mine();
        mine.in_flight.fetch_sub(1, Ordering::Relaxed);
        if !self.finished {
            mine.count(METHODS.len() - 1, STATUSES.len() - 1);
        }
    }
}

/// A connection that is open.
pub(crate) struct Open<'a> {
    metrics: &'a Metrics,
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.metrics.connections_open.fetch_sub(1, Ordering::Relaxed);
    }
}

fn method_index(method: &Method) -> usize {
    METHODS.iter().position(|name| *name == method.as_str()).unwrap_or(METHODS.len() - 1)
}

fn status_index(status: StatusCode) -> usize {
    usize::from(status.as_u16() / 100).saturating_sub(1).min(4)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_counted_once_in_their_place() {
        let metrics = Metrics::new();
        metrics.request().finish(&Method::POST, StatusCode::CREATED, Duration::from_micros(400));
        metrics.request().finish(&Method::POST, StatusCode::CREATED, Duration::from_secs(20));
        drop(metrics.request());
        let waiting = metrics.request();
        let mut page = Page::default();
        metrics.write(&mut page);
        drop(waiting);
        let text = page.into_text();
        for line in [
            "# TYPE frontdesk_http_requests_total counter",
            "frontdesk_http_requests_total{method=\"POST\",status=\"2xx\"} 2",
            "frontdesk_http_requests_total{method=\"other\",status=\"gone\"} 1",
            "frontdesk_http_request_duration_seconds_bucket{le=\"0.00025\"} 0",
            "frontdesk_http_request_duration_seconds_bucket{le=\"0.0005\"} 1",
            "frontdesk_http_request_duration_seconds_bucket{le=\"10\"} 1",
            "frontdesk_http_request_duration_seconds_bucket{le=\"+Inf\"} 2",
            "frontdesk_http_request_duration_seconds_sum 20.0004",
            "frontdesk_http_request_duration_seconds_count 2",
            "frontdesk_http_requests_in_flight 1",
        ] {
            assert!(text.lines().any(|found| found == line), "{line} is missing from\n{text}");
        }
    }
}
