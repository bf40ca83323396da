//! Where secrets come from, and their forms. The forms are those that clients of the vendor's service know
//! (conventions.md section 2.2): some check them with a pattern before they send anything.

use sha2::{Digest, Sha256};
use std::fmt::Write;
use store::credentials::Hash;

/// The machine has no randomness to give.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no source of randomness")]
pub struct NoEntropy;

/// Where randomness comes from. The wiring gives [`SystemSecrets`], tests their own.
pub trait Secrets: Send + Sync + std::fmt::Debug {
    /// Fills `bytes` with randomness.
    ///
    /// # Errors
    /// When there is none.
    fn fill(&self, bytes: &mut [u8]) -> Result<(), NoEntropy>;
}

/// The randomness of the operating system.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemSecrets;

impl Secrets for SystemSecrets {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), NoEntropy> {
        getrandom::fill(bytes).map_err(|_| NoEntropy)
    }
}

/// What is stored and looked up instead of a secret.
pub(super) fn hash_of(secret: &str) -> Hash {
    Sha256::digest(secret.as_bytes()).into()
}

/// The hash of several texts, none of which can run into the next.
pub(crate) fn hash_of_parts(parts: &[&str]) -> Hash {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_le_bytes());
        hasher.update(part.as_bytes());
    }
    hasher.finalize().into()
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        let _infallible = write!(text, "{byte:02x}");
    }
    text
}

/// The hash that these hexadecimal digits stand for.
pub(super) fn unhex(text: &str) -> Option<Hash> {
    let mut hash = Hash::default();
    if text.len() != hash.len() * 2 || !text.is_ascii() {
        return None;
    }
    for (i, byte) in hash.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(2 * i..2 * i + 2)?, 16).ok()?;
    }
    Some(hash)
}

fn random<const N: usize>(secrets: &dyn Secrets) -> Result<[u8; N], NoEntropy> {
    let mut bytes = [0; N];
    secrets.fill(&mut bytes)?;
    Ok(bytes)
}

/// A code, an access token or a refresh token: `1000.<32 hex>.<32 hex>`.
pub(super) fn token(secrets: &dyn Secrets) -> Result<String, NoEntropy> {
    let (a, b) = (random::<16>(secrets)?, random::<16>(secrets)?);
    Ok(format!("1000.{}.{}", hex(&a), hex(&b)))
}

/// A client's name for itself: `1000.` and 30 capital letters and digits.
pub(super) fn client_id(secrets: &dyn Secrets) -> Result<String, NoEntropy> {
    Ok(format!("1000.{}", letters(secrets, b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", 30)?))
}

/// A client's secret: 42 hexadecimal digits.
pub(super) fn client_secret(secrets: &dyn Secrets) -> Result<String, NoEntropy> {
    Ok(hex(&random::<21>(secrets)?))
}

/// A technician key, in the form of a GUID in capitals.
pub(super) fn technician_key(secrets: &dyn Secrets) -> Result<String, NoEntropy> {
    let n = u128::from_be_bytes(random::<16>(secrets)?);
    let part = |shift: u32, bits: u32| (n >> shift) & ((1 << bits) - 1);
    Ok(format!(
        "{:08X}-{:04X}-{:04X}-{:04X}-{:012X}",
        n >> 96,
        part(80, 16),
        part(64, 16),
        part(48, 16),
        part(0, 48)
    ))
}

/// A HappyFox key or code: 32 hexadecimal digits.
pub(super) fn happyfox(secrets: &dyn Secrets) -> Result<String, NoEntropy> {
    Ok(hex(&random::<16>(secrets)?))
}

/// A session's secret, or whatever else only a program reads: 64 hexadecimal digits.
pub(super) fn opaque(secrets: &dyn Secrets) -> Result<String, NoEntropy> {
    Ok(hex(&random::<32>(secrets)?))
}

/// A password that can be read aloud and typed: four groups of five, about 99 bits.
pub(super) fn password(secrets: &dyn Secrets) -> Result<String, NoEntropy> {
    let letters = letters(secrets, b"23456789abcdefghjkmnpqrstuvwxyz", 20)?;
    let mut text = String::with_capacity(23);
    for (i, c) in letters.chars().enumerate() {
        if i > 0 && i % 5 == 0 {
            text.push('-');
        }
        text.push(c);
    }
    Ok(text)
}

/// Letters and digits of a recovery code, about 79 bits.
pub(super) const RECOVERY_CHARS: usize = 16;

/// A recovery code: four groups of four.
pub(super) fn recovery_code(secrets: &dyn Secrets) -> Result<String, NoEntropy> {
    let letters = letters(secrets, b"23456789abcdefghjkmnpqrstuvwxyz", RECOVERY_CHARS)?;
    let groups: Vec<&str> =
        letters.as_bytes().chunks(4).filter_map(|g| std::str::from_utf8(g).ok()).collect();
    Ok(groups.join("-"))
}

/// `count` letters of an alphabet, each as likely as the others.
fn letters(secrets: &dyn Secrets, alphabet: &[u8], count: usize) -> Result<String, NoEntropy> {
    let fair = 256 - 256 % alphabet.len();
    let mut text = String::with_capacity(count);
    // The rare bytes above the greatest multiple are passed over; a source that gives nothing else is none.
    for _ in 0..64 {
        for byte in random::<64>(secrets)? {
            if text.len() == count {
                return Ok(text);
            }
            let n = usize::from(byte);
            if n < fair
                && let Some(letter) = alphabet.get(n % alphabet.len())
            {
                text.push(char::from(*letter));
            }
        }
    }
    Err(NoEntropy)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Only(u8);
    impl Secrets for Only {
        fn fill(&self, bytes: &mut [u8]) -> Result<(), NoEntropy> {
            bytes.fill(self.0);
            Ok(())
        }
    }

    #[test]
    fn forms() {
        let s = Only(0xA7);
        let half = "a7".repeat(16);
        assert_eq!(token(&s).unwrap(), format!("1000.{half}.{half}"));
        assert_eq!(client_id(&s).unwrap(), format!("1000.{}", "X".repeat(30)));
        assert_eq!(client_secret(&s).unwrap(), "a7".repeat(21));
        assert_eq!(technician_key(&s).unwrap(), "A7A7A7A7-A7A7-A7A7-A7A7-A7A7A7A7A7A7");
        assert_eq!(happyfox(&s).unwrap().len(), 32);
        let password = password(&SystemSecrets).unwrap();
        assert_eq!(password.split('-').map(str::len).collect::<Vec<_>>(), [5, 5, 5, 5]);
    }

    #[test]
    fn letters_are_fair_and_a_broken_source_is_no_endless_loop() {
        assert_eq!(client_id(&Only(255)), Err(NoEntropy));
        let many = letters(&SystemSecrets, b"ABC", 3000).unwrap();
        for letter in ['A', 'B', 'C'] {
            let count = many.chars().filter(|c| *c == letter).count();
            assert!((850..1150).contains(&count), "{letter}: {count}");
        }
    }

    #[test]
    fn a_hash_comes_back_from_its_digits() {
        let hash = hash_of("x");
        assert_eq!(unhex(&hex(&hash)), Some(hash));
        for bad in ["", "ab", &"zz".repeat(32), &"é".repeat(32)] {
            assert_eq!(unhex(bad), None, "{bad}");
        }
    }

    #[test]
    fn parts_do_not_run_together() {
        assert_ne!(hash_of_parts(&["ab", "c"]), hash_of_parts(&["a", "bc"]));
    }
}
