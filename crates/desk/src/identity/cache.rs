//! Credentials that were found to be good, for as long as that may be believed.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock, RwLockWriteGuard};
use store::credentials::Hash;

/// So many locks, so that cores seldom meet.
const SHARDS: usize = 16;

/// A bounded map from a secret's hash to what was found. A reader that was under way while something was taken back
/// may not put back what it read: see [`Cache::generation`].
#[derive(Debug)]
pub(super) struct Cache<V> {
    shards: [RwLock<Shard<V>>; SHARDS],
    max_each: usize,
    generation: AtomicU64,
}

type Shard<V> = HashMap<Key, Kept<V>, BuildHasherDefault<FirstBytes>>;

#[derive(Debug)]
struct Kept<V> {
    value: V,
    since: i64,
    until: i64,
}

impl<V> Kept<V> {
    /// A clock that was set back makes it worthless too.
    const fn is_good(&self, now: i64) -> bool {
        self.since <= now && now < self.until
    }
}

/// A SHA-256 of something that is good: nobody can choose its bytes, so its first eight are a hash already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Key(Hash);

impl std::hash::Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        if let Some(first) = self.0.first_chunk::<8>() {
            state.write_u64(u64::from_le_bytes(*first));
        }
    }
}

#[derive(Debug, Default)]
struct FirstBytes(u64);

impl Hasher for FirstBytes {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }
    fn write_u64(&mut self, n: u64) {
        self.0 = n;
    }
    fn finish(&self) -> u64 {
        self.0
    }
}

impl<V: Clone> Cache<V> {
    /// A cache of at most `max` entries, or a few more.
    pub fn new(max: usize) -> Self {
        Self {
            shards: std::array::from_fn(|_| RwLock::default()),
            max_each: max.div_ceil(SHARDS).max(1),
            generation: AtomicU64::new(0),
        }
    }

    fn shard(&self, hash: &Hash) -> &RwLock<Shard<V>> {
        let n = usize::from(hash.last().copied().unwrap_or_default()) % SHARDS;
        let [first, ..] = &self.shards;
        self.shards.get(n).unwrap_or(first)
    }

    fn write(shard: &RwLock<Shard<V>>) -> RwLockWriteGuard<'_, Shard<V>> {
        shard.write().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn get(&self, hash: &Hash, now: i64) -> Option<V> {
        let shard = self.shard(hash).read().unwrap_or_else(PoisonError::into_inner);
        shard.get(&Key(*hash)).filter(|kept| kept.is_good(now)).map(|kept| kept.value.clone())
    }

    /// Whether it was found, whatever has become of it.
    pub fn has(&self, hash: &Hash) -> bool {
        let shard = self.shard(hash).read().unwrap_or_else(PoisonError::into_inner);
        shard.contains_key(&Key(*hash))
    }

    /// Taken before reading from the database, handed to [`Self::keep`] with what was read.
    pub fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    /// Keeps what was read, unless something was taken back since.
    pub fn keep(&self, generation: u64, hash: &Hash, value: V, now: i64, until: i64) {
        let mut shard = Self::write(self.shard(hash));
        if self.generation.load(Ordering::Acquire) != generation {
            return;
        }
        if shard.len() >= self.max_each && !shard.contains_key(&Key(*hash)) {
            shard.retain(|_, kept| kept.is_good(now));
            if shard.len() >= self.max_each
                && let Some(any) = shard.keys().next().copied()
            {
                shard.remove(&any);
            }
        }
        shard.insert(Key(*hash), Kept { value, since: now, until });
    }

    /// Forgets one. To be called after the database was told.
    pub fn forget(&self, hash: &Hash) {
        self.generation.fetch_add(1, Ordering::AcqRel);
        Self::write(self.shard(hash)).remove(&Key(*hash));
    }

    /// Forgets all that `is_meant`. To be called after the database was told.
    pub fn forget_where(&self, is_meant: impl Fn(&V) -> bool) {
        self.generation.fetch_add(1, Ordering::AcqRel);
        for shard in &self.shards {
            Self::write(shard).retain(|_, kept| !is_meant(&kept.value));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(n: u64) -> Hash {
        super::super::secrets::hash_of(&n.to_string())
    }

    #[test]
    fn what_is_kept_is_found_until_its_time() {
        let cache = Cache::new(64);
        cache.keep(cache.generation(), &hash(1), 'a', 100, 200);
        assert_eq!(cache.get(&hash(1), 100), Some('a'));
        assert_eq!(cache.get(&hash(1), 199), Some('a'));
        assert_eq!(cache.get(&hash(1), 200), None);
        assert_eq!(cache.get(&hash(1), 99), None, "the clock was set back");
        assert_eq!(cache.get(&hash(2), 150), None);
        cache.forget_where(|v| *v == 'a');
        assert_eq!(cache.get(&hash(1), 150), None);
    }

    #[test]
    fn a_reader_under_way_puts_nothing_back() {
        let cache = Cache::new(64);
        let before = cache.generation();
        cache.forget(&hash(1));
        cache.keep(before, &hash(1), 'a', 0, 200);
        assert_eq!(cache.get(&hash(1), 1), None);
        cache.keep(cache.generation(), &hash(1), 'a', 0, 200);
        assert_eq!(cache.get(&hash(1), 1), Some('a'));
    }

    #[test]
    fn it_does_not_grow_for_ever() {
        let cache = Cache::new(160);
        for n in 0..5_000 {
            cache.keep(cache.generation(), &hash(n), n, 0, 100);
        }
        let kept = (0..5_000).filter(|n| cache.get(&hash(*n), 1).is_some()).count();
        assert!((100..=160).contains(&kept), "{kept}");
    }
}
