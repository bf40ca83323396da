//! Trace ids: one per request, in the request's extensions, in its log lines and in its answer.

use std::cell::Cell;

use axum::http::{HeaderMap, HeaderValue};
pub use desk::TraceId;

/// The id the caller sent in `traceparent`, or else a new one.
pub(super) fn of(headers: &HeaderMap) -> TraceId {
    headers.get("traceparent").and_then(|value| parse(value.as_bytes())).unwrap_or_else(random)
}

/// A new id. Unique, not secret: a counter scattered over 128 bits from where the thread began.
fn random() -> TraceId {
    thread_local! {
        static START: [u64; 2] = start();
        static COUNT: Cell<u64> = const { Cell::new(0) };
    }
    let [high, low] = START.with(|start| *start);
    let count = COUNT.with(|count| count.replace(count.get().wrapping_add(1)));
    let id = u128::from(scatter(high.wrapping_add(count))) << 64 | u128::from(scatter(low ^ count));
    TraceId(id.max(1))
}

/// The id as a header value.
pub(super) fn header(trace: TraceId) -> Option<HeaderValue> {
    let mut hex = [0_u8; 32];
    let mut rest = trace.0;
    for digit in hex.iter_mut().rev() {
        let nibble = (rest & 0xf) as u8;
        *digit = if nibble < 10 { b'0' + nibble } else { b'a' + nibble - 10 };
        rest >>= 4;
    }
    HeaderValue::from_bytes(&hex).ok()
}

fn start() -> [u64; 2] {
    match (getrandom::u64(), getrandom::u64()) {
        (Ok(high), Ok(low)) => [high, low],
        // Without randomness clock and place tell this thread from its neighbours.
        _ => {
            let now = jiff::Timestamp::now().as_nanosecond();
            let place = std::ptr::from_ref(&now).addr() as u64;
            [now as u64, u64::from(std::process::id()) << 48 ^ place]
        }
    }
}

/// The finaliser of SplitMix64: neighbouring numbers come out far apart, different numbers different.
fn scatter(number: u64) -> u64 {
    let mut z = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// The trace id in a `traceparent`: `00-<32 lower case hex digits>-<16>-<2>`; later versions may go on after that.
fn parse(header: &[u8]) -> Option<TraceId> {
    let mut parts = header.split(|byte| *byte == b'-');
    let (version, trace, parent, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let lengths_fit = version.len() == 2 && trace.len() == 32 && parent.len() == 16 && flags.len() == 2;
    let version_fits = hex(version)? != 0xff && (version != b"00" || parts.next().is_none());
    let parent_fits = hex(parent)? != 0;
    hex(flags)?;
    let id = hex(trace)?;
    (lengths_fit && version_fits && parent_fits && id != 0).then_some(TraceId(id))
}

fn hex(digits: &[u8]) -> Option<u128> {
    if digits.len() > 32 {
        return None;
    }
    digits.iter().try_fold(0_u128, |number, digit| {
        let value = match digit {
            b'0'..=b'9' => digit - b'0',
            b'a'..=b'f' => digit - b'a' + 10,
            _ => return None,
        };
        Some(number << 4 | u128::from(value))
    })
}

thread_local! {
    /// The request whose task runs on this thread right now; zero is none.
    static CURRENT: Cell<u128> = const { Cell::new(0) };
}

/// The request that is being handled by the running task, if any.
pub fn current_trace() -> Option<TraceId> {
    let id = CURRENT.with(Cell::get);
    (id != 0).then_some(TraceId(id))
}

/// Makes a request the current one for as long as the guard lives: one poll of its future.
pub(super) fn enter(trace: TraceId) -> Entered {
    Entered { before: CURRENT.replace(trace.0) }
}

/// See [`enter`].
pub(super) struct Entered {
    before: u128,
}

impl Drop for Entered {
    fn drop(&mut self) {
        CURRENT.set(self.before);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: u128 = 0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736;

    #[test]
    fn traceparent_is_honoured_when_it_is_well_formed() {
        let good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        assert_eq!(parse(good.as_bytes()), Some(TraceId(ID)));
        assert_eq!(parse(format!("cc{}-future", &good[2..]).as_bytes()), Some(TraceId(ID)));
        for bad in [
            "",
            "00",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
            "00-4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b7-01",
        ] {
            assert_eq!(parse(bad.as_bytes()), None, "{bad}");
        }
    }

    #[test]
    fn new_ids_differ_and_print_as_32_digits() {
        let (one, two) = (random(), random());
        assert_ne!(one, two);
        assert_eq!(one.to_string().len(), 32);
        assert_eq!(header(one).expect("a value").as_bytes(), one.to_string().as_bytes());
    }

    #[test]
    fn the_current_trace_ends_with_its_guard() {
        assert_eq!(current_trace(), None);
        {
            let _outer = enter(TraceId(1));
            drop(enter(TraceId(2)));
            assert_eq!(current_trace(), Some(TraceId(1)));
        }
        assert_eq!(current_trace(), None);
    }
}
