//! Numbers that look random and are the same for the same seed, on every machine: splitmix64, integers only.

/// A stream of numbers.
#[derive(Clone, Debug)]
pub(super) struct Rng(u64);

/// What sets the streams of one seed apart.
#[derive(Clone, Copy, Debug)]
pub(super) enum Stream {
    Company = 1,
    People = 2,
    Hours = 3,
    Moments = 4,
    Requests = 5,
    Links = 6,
    Lives = 7,
    Estate = 8,
    Things = 9,
    Problems = 10,
}

const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;

const fn mixed(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

impl Rng {
    /// The stream of one thing: what is made of it does not depend on how many numbers others have taken.
    pub const fn new(seed: u64, stream: Stream, index: u64) -> Self {
        let seed = mixed(seed.wrapping_add(GOLDEN)).wrapping_add((stream as u64).wrapping_mul(GOLDEN));
        Self(mixed(mixed(seed).wrapping_add(index.wrapping_mul(GOLDEN))))
    }
    const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(GOLDEN);
        mixed(self.0)
    }
    /// From zero up to, and without, `n`; zero where there is nothing to choose from.
    pub fn below(&mut self, n: i64) -> i64 {
        let wide = u128::from(self.next()) * u128::from(u64::try_from(n).unwrap_or(0));
        i64::try_from(wide >> 64).unwrap_or(0)
    }
    /// From `least` to `most`, both included.
    pub fn between(&mut self, least: i64, most: i64) -> i64 {
        least + self.below(most - least + 1)
    }
    /// Below `n`, small ones far more often.
    pub fn small(&mut self, n: i64) -> i64 {
        let reach = self.below(n) + 1;
        self.below(reach)
    }
    /// True so many times in a hundred.
    pub fn percent(&mut self, times: i64) -> bool {
        self.below(100) < times
    }
    /// True so many times in a thousand.
    pub fn permille(&mut self, times: i64) -> bool {
        self.below(1000) < times
    }
    /// A place in a list of so many.
    pub fn place(&mut self, count: usize) -> usize {
        usize::try_from(self.below(i64::try_from(count).unwrap_or(0))).unwrap_or(0)
    }
    /// One of these.
    pub fn one<'a, T>(&mut self, of: &'a [T]) -> Option<&'a T> {
        of.get(self.place(of.len()))
    }
    /// One of these texts; an empty one where there is none.
    pub fn word(&mut self, of: &[&'static str]) -> &'static str {
        self.one(of).copied().unwrap_or_default()
    }
    /// A place in a list of weights, the heavier the more often.
    pub fn weighted(&mut self, weights: impl Iterator<Item = i64> + Clone) -> usize {
        let mut left = self.below(weights.clone().sum());
        for (place, weight) in weights.enumerate() {
            if left < weight {
                return place;
            }
            left -= weight;
        }
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_repeat_and_differ() {
        let draw = |seed, stream, index| {
            let mut rng = Rng::new(seed, stream, index);
            (0..4).map(|_| rng.below(1_000_000)).collect::<Vec<_>>()
        };
        assert_eq!(draw(1, Stream::People, 7), draw(1, Stream::People, 7));
        assert_ne!(draw(1, Stream::People, 7), draw(2, Stream::People, 7));
        assert_ne!(draw(1, Stream::People, 7), draw(1, Stream::People, 8));
        assert_ne!(draw(1, Stream::People, 7), draw(1, Stream::Requests, 7));
    }

    #[test]
    fn bounds_hold() {
        let mut rng = Rng::new(1, Stream::Company, 0);
        for _ in 0..10_000 {
            assert!((0..7).contains(&rng.below(7)));
            assert!((3..=5).contains(&rng.between(3, 5)));
            assert!(rng.weighted([0, 5, 1].into_iter()) > 0);
        }
        assert_eq!(rng.below(0), 0);
    }
}
