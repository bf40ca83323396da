//! How many connections come from where: no single address gets all there are.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

/// The connections of each address.
#[derive(Debug)]
pub(super) struct Crowd {
    most: u32,
    counts: Mutex<HashMap<IpAddr, u32>>,
}

/// One connection, as long as it is there.
#[derive(Debug)]
pub(super) struct Present {
    crowd: Arc<Crowd>,
    from: IpAddr,
}

impl Crowd {
    /// At most so many from one address.
    pub(super) fn new(most: u32) -> Arc<Crowd> {
        Arc::new(Crowd { most, counts: Mutex::default() })
    }

    /// Counts one more from an address; `None` where there are enough.
    pub(super) fn enter(self: &Arc<Crowd>, address: IpAddr) -> Option<Present> {
        let from = whose(address);
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(from).or_default();
        if *count >= self.most {
            return None;
        }
        *count += 1;
        drop(counts);
        Some(Present { crowd: Arc::clone(self), from })
    }
}

impl Drop for Present {
    fn drop(&mut self) {
        let mut counts = self.crowd.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&self.from) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                counts.remove(&self.from);
            }
        }
    }
}

/// What one caller has: an IPv4 address, or the 64 bits of an IPv6 network, behind which they may choose any address.
fn whose(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6((v6.to_bits() >> 64 << 64).into()),
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_address_has_so_many_and_no_more() {
        let crowd = Crowd::new(2);
        let enter = |address: &str| crowd.enter(address.parse().expect("an address"));
        let (first, second) = (enter("192.0.2.1"), enter("::ffff:192.0.2.1"));
        assert!(first.is_some() && second.is_some() && enter("192.0.2.1").is_none());
        let of_a_network = [enter("2001:db8::1"), enter("2001:db8::2"), enter("2001:db8::3")];
        assert_eq!(of_a_network.map(|one| one.is_some()), [true, true, false]);
        assert!(enter("192.0.2.2").is_some());
        drop(first);
        assert!(enter("192.0.2.1").is_some());
        drop(second);
        assert!(crowd.counts.lock().expect("no panic").is_empty());
    }
}
