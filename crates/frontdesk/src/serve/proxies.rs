//! Load balancers before the desk: whose word is taken for where a call comes from.
//!
//! Failed sign-ins are counted by address. Behind a proxy all of them would come from one, and a single attacker would keep
//! everybody out. So a proxy that was named is believed in what it appends to `X-Forwarded-For`; what stands to the left
//! of the last hop that is not ours was written by whoever called, and is believed by nobody.

use std::net::{IpAddr, SocketAddr};

use axum::http::HeaderMap;

/// Addresses and networks that are believed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proxies(Vec<Network>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Network {
    bits: u128,
    /// How many of the 128 count; IPv4 is looked at as the IPv6 addresses that stand for it.
    length: u32,
}

impl Proxies {
    /// Reads addresses and networks with commas between them: `192.0.2.10, 10.0.0.0/8, 2001:db8::/32`.
    ///
    /// # Errors
    /// The part that is neither.
    pub fn read(text: &str) -> Result<Proxies, String> {
        let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        let network =
            |part: &str| Network::read(part).ok_or_else(|| format!("not an address or network: {part}"));
        Ok(Proxies(parts.map(network).collect::<Result<_, _>>()?))
    }

    /// Where a call comes from, as far as somebody is believed.
    pub(super) fn origin(&self, peer: SocketAddr, headers: &HeaderMap) -> SocketAddr {
        if self.0.is_empty() || !self.has(peer.ip()) {
            return peer;
        }
        let hops = headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok());
        let hops: Vec<&str> = hops.flat_map(|value| value.split(',')).map(str::trim).collect();
        let mut origin = peer;
        for hop in hops.into_iter().rev() {
            let Some(address) = address(hop) else { break };
            origin = SocketAddr::new(address, 0);
            if !self.has(address) {
                break;
            }
        }
        origin
    }

    /// Whether it is the address of one of them.
    pub(super) fn has(&self, address: IpAddr) -> bool {
        let bits = bits(address);
        self.0.iter().any(|network| network.masked(bits) == network.masked(network.bits))
    }
}

impl Network {
    fn read(text: &str) -> Option<Network> {
        let (address, length) = match text.split_once('/') {
            Some((address, length)) => (address.parse::<IpAddr>().ok()?, Some(length.parse::<u32>().ok()?)),
            None => (text.parse().ok()?, None),
        };
        let most = if address.is_ipv4() { 32 } else { 128 };
        let length = length.unwrap_or(most);
        (length <= most).then(|| Network { bits: bits(address), length: 128 - most + length })
    }

    fn masked(self, bits: u128) -> u128 {
        bits.checked_shr(128 - self.length).unwrap_or(0)
    }
}

fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => v4.to_ipv6_mapped().to_bits(),
        IpAddr::V6(v6) => v6.to_bits(),
    }
}

/// An address as proxies write it: by itself, with a port, in brackets.
fn address(hop: &str) -> Option<IpAddr> {
    let plain = hop.trim_start_matches('[').trim_end_matches(']');
    plain.parse().ok().or_else(|| hop.parse::<SocketAddr>().ok().map(|address| address.ip()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(proxies: &str, peer: &str, forwarded: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append("x-forwarded-for", value.parse().expect("a value"));
        }
        let peer = SocketAddr::new(peer.parse().expect("an address"), 4711);
        Proxies::read(proxies).expect("proxies").origin(peer, &headers).ip().to_string()
    }

    #[test]
    fn only_those_who_were_named_are_believed_and_only_in_what_they_saw() {
        for (proxies, peer, forwarded, expected) in [
            ("", "192.0.2.10", &["198.51.100.7"][..], "192.0.2.10"),
            ("192.0.2.10", "192.0.2.11", &["198.51.100.7"], "192.0.2.11"),
            ("192.0.2.10", "192.0.2.10", &["198.51.100.7"], "198.51.100.7"),
            ("192.0.2.10", "::ffff:192.0.2.10", &["198.51.100.7"], "198.51.100.7"),
            ("192.0.2.10", "192.0.2.10", &[], "192.0.2.10"),
            // What the caller wrote stands to the left.
            ("192.0.2.10", "192.0.2.10", &["127.0.0.1, 198.51.100.7"], "198.51.100.7"),
            ("192.0.2.10", "192.0.2.10", &["127.0.0.1", "198.51.100.7"], "198.51.100.7"),
            ("192.0.2.0/24", "192.0.2.10", &["203.0.113.1, 198.51.100.7, 192.0.2.99"], "198.51.100.7"),
            ("192.0.2.0/24", "192.0.2.10", &["nonsense, 192.0.2.99"], "192.0.2.99"),
            ("192.0.2.0/24", "192.0.2.10", &["198.51.100.7:5555"], "198.51.100.7"),
            ("2001:db8::/32", "2001:db8::1", &["[2001:db9::7]:80"], "2001:db9::7"),
            ("0.0.0.0/0", "192.0.2.10", &["198.51.100.7"], "198.51.100.7"),
        ] {
            assert_eq!(origin(proxies, peer, forwarded), expected, "{proxies} {peer} {forwarded:?}");
        }
    }

    #[test]
    fn what_is_no_network_is_named() {
        for text in ["x", "192.0.2.0/33", "192.0.2.1/", "2001:db8::/129", "192.0.2.1, y"] {
            assert!(Proxies::read(text).is_err(), "{text}");
        }
        assert_eq!(Proxies::read(" , "), Ok(Proxies::default()));
    }
}
