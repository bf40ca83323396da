//! The second factor: codes that a device works out of a secret and the time (RFC 6238), and recovery codes for whoever
//! has lost the device. Asked for after the password, at every door that asks for one.
//!
//! The secret must be known to work out codes, so it is kept as it is. Until a first code confirms it, it belongs to the page on
//! which it is shown (a step): whoever else knows the password sees another one. Afterwards it is shown to nobody. A code is good for its own half minute and for those beside it, since clocks differ, and once.

use super::act::{Act, Event};
use super::secrets::{self, hash_of_parts};
use super::steps::{Step, StepKind};
use super::{Identity, OAuthError};
use crate::{Context, DeskError, Refusal};
use model::Id;
use std::net::IpAddr;
use store::sign_in::{self, FactorRow};
use store::{Statement, StoreError};
use totp_rs::{Builder, Secret, Totp};

/// Bytes of a secret: what RFC 4226 recommends.
const SECRET_BYTES: usize = 20;
/// Recovery codes of a person.
const RECOVERY_CODES: usize = 10;
/// How long somebody may take over the code, and over the set-up.
const CODE_MS: i64 = 300_000;
const ENROL_MS: i64 = 900_000;

/// A second factor that waits for its first code.
#[derive(Clone, PartialEq, Eq)]
pub struct NewFactor {
    /// The secret in base32, in groups of four, for whoever types it.
    pub key: String,
    /// The same for a QR code: `otpauth://totp/…`.
    pub uri: String,
    /// The secret of the step, which the first code is shown with.
    pub step: String,
}

impl std::fmt::Debug for NewFactor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("NewFactor")
    }
}

/// A second factor that counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Factor {
    /// Since when.
    pub since: i64,
    /// Recovery codes that were not used yet.
    pub recovery_left: usize,
}

/// What follows from a right password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entrance {
    /// Nothing more: the person.
    Open(Id),
    /// A code: the secret of the step, for a cookie.
    Code(String),
    /// A second factor must be set up first: the secret of the step.
    Enrol(String),
}

/// Somebody who came in by a second factor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entered {
    /// Who.
    pub user: Id,
    /// New recovery codes, to be shown this once, where the second factor was set up on the way.
    pub recovery: Vec<String>,
}

impl Identity {
    /// The second factor of a person, where it counts.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn second_factor(&self, user: Id) -> Result<Option<Factor>, DeskError> {
        let Some(since) = self.store.second_factor(user).await?.and_then(|row| row.confirmed) else {
            return Ok(None);
        };
        let codes = self.store.recovery_codes(user).await?;
        Ok(Some(Factor { since, recovery_left: codes.iter().filter(|code| code.used.is_none()).count() }))
    }

    /// A new second factor for somebody who is signed in, which waits for its first code. `desk` names the desk in the list of
    /// whoever scans it.
    ///
    /// # Errors
    /// Refused where there is one that counts.
    pub async fn begin_second_factor(&self, user: Id, desk: &str, now: i64) -> Result<NewFactor, DeskError> {
        if self.store.second_factor(user).await?.is_some() {
            return Err(Refusal::because("code", "There is a second factor already").into());
        }
        let step = self.begin_factor(StepKind::Factor, user, now).await.map_err(in_words)?;
        self.begun_second_factor(&step, user, desk, now).await?.ok_or(DeskError::NotFound)
    }

    async fn begin_factor(&self, kind: StepKind, user: Id, now: i64) -> Result<String, OAuthError> {
        let mut bytes = vec![0; SECRET_BYTES];
        self.secrets.fill(&mut bytes)?;
        self.begin_step(kind, Some(user), Secret::from(bytes).to_base32(), ENROL_MS, now).await
    }

    /// A second factor that somebody who is signed in began to set up; `None` when that was too long ago.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn begun_second_factor(
        &self,
        step: &str,
        user: Id,
        desk: &str,
        now: i64,
    ) -> Result<Option<NewFactor>, DeskError> {
        let begun = self.step(StepKind::Factor, step, now).await?.filter(|begun| begun.person == Some(user));
        match begun {
            Some(begun) => self.shown(user, &begun.data, step, desk).await.map(Some),
            None => Ok(None),
        }
    }

    async fn shown(&self, user: Id, secret: &str, step: &str, desk: &str) -> Result<NewFactor, DeskError> {
        let person = self.store.person(user).await?.ok_or(DeskError::NotFound)?;
        Ok(NewFactor { key: grouped(secret), uri: uri(secret, desk, &person.email), step: step.to_owned() })
    }

    /// Makes the second factor that was begun count, by a code of it. Returns the recovery codes, to be shown this once.
    ///
    /// # Errors
    /// Refused with the field `code` for a wrong code, also after too many of them.
    pub async fn confirm_second_factor(
        &self,
        step: &str,
        user: Id,
        code: &str,
        address: Option<IpAddr>,
        now: i64,
    ) -> Result<Vec<String>, DeskError> {
        let begun = self.step(StepKind::Factor, step, now).await?.filter(|begun| begun.person == Some(user));
        let begun = begun.ok_or_else(|| in_words(OAuthError::AccessDenied))?;
        self.confirm(&begun, user, code, address, now).await.map_err(in_words)
    }

    async fn confirm(
        &self,
        begun: &Step,
        user: Id,
        code: &str,
        address: Option<IpAddr>,
        now: i64,
    ) -> Result<Vec<String>, OAuthError> {
        self.try_code(user, address, now, async || {
            let last_step = step_of(&begun.data, code, now).ok_or(OAuthError::AccessDenied)?;
            let secret = begun.data.clone();
            let row = FactorRow { person: user, secret, created: now, confirmed: Some(now), last_step };
            let (codes, statements) = self.new_recovery_codes(user)?;
            let mut all = vec![sign_in::use_step(&begun.hash), sign_in::add_factor(&row)];
            all.extend(statements);
            all.push(self.noted(Act::own(user, now), user, Event::FactorSetUp, ""));
            self.commit_or_deny(all).await?;
            Ok(codes)
        })
        .await
    }

    /// New recovery codes in place of the former ones, by a code of the second factor; to be shown this once.
    ///
    /// # Errors
    /// As [`Self::confirm_second_factor`].
    pub async fn renew_recovery_codes(
        &self,
        user: Id,
        code: &str,
        address: Option<IpAddr>,
        now: i64,
    ) -> Result<Vec<String>, DeskError> {
        let (codes, mut statements) = self.new_recovery_codes(user)?;
        statements.push(self.noted(Act::own(user, now), user, Event::RecoveryRenewed, ""));
        self.by_code(user, code, address, now, statements).await.map_err(in_words)?;
        Ok(codes)
    }

    /// Removes one's own second factor, by a code of it.
    ///
    /// # Errors
    /// As [`Self::confirm_second_factor`]; refused where it is `required` of the person.
    pub async fn remove_second_factor(
        &self,
        user: Id,
        code: &str,
        required: bool,
        address: Option<IpAddr>,
        now: i64,
    ) -> Result<(), DeskError> {
        if required {
            return Err(Refusal::because("code", "Technicians must have a second factor here").into());
        }
        let mut statements = sign_in::remove_factor(user);
        statements.push(self.noted(Act::own(user, now), user, Event::FactorRemoved, ""));
        self.by_code(user, code, address, now, statements).await.map_err(in_words)
    }

    /// Takes somebody's second factor away, whose device and recovery codes are lost, and ends their sessions: an
    /// administrator's right. `false` when there is none.
    ///
    /// # Errors
    /// [`DeskError::NotPermitted`] for anybody else.
    pub async fn reset_second_factor(&self, ctx: &Context, user: Id) -> Result<bool, DeskError> {
        let act = Act::from(ctx).permit()?;
        if self.store.second_factor(user).await?.is_none() {
            return Ok(false);
        }
        let mut statements = sign_in::remove_factor(user);
        statements.push(store::credentials::remove_sessions_of(user));
        statements.push(sign_in::remove_steps_of(user));
        statements.push(self.noted(act, user, Event::FactorReset, ""));
        self.store.db().commit(statements).await?;
        self.sessions.forget_where(|session| session.user == user);
        Ok(true)
    }

    /// What follows from a right password. Where a second factor is `required` and there is none, it must be set up first.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn entrance(&self, user: Id, required: bool, now: i64) -> Result<Entrance, OAuthError> {
        if self.store.second_factor(user).await?.is_some() {
            let step = self.begin_step(StepKind::Code, Some(user), String::new(), CODE_MS, now).await?;
            return Ok(Entrance::Code(step));
        }
        if required {
            return Ok(Entrance::Enrol(self.begin_factor(StepKind::Enrol, user, now).await?));
        }
        Ok(Entrance::Open(user))
    }

    /// The second factor that somebody must set up before they come in; `None` when the step is over or another one.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn enrolment(&self, step: &str, desk: &str, now: i64) -> Result<Option<NewFactor>, DeskError> {
        let Some(begun) = self.step(StepKind::Enrol, step, now).await? else { return Ok(None) };
        match begun.person {
            Some(user) => self.shown(user, &begun.data, step, desk).await.map(Some),
            None => Ok(None),
        }
    }

    /// Who comes in by a code: of the device, a recovery code, or the first code of a second factor that had to be set up.
    ///
    /// # Errors
    /// [`OAuthError::InvalidCode`] when the step is over, so that the password is asked for again;
    /// [`OAuthError::AccessDenied`] for a wrong code, [`OAuthError::Throttled`] after too many of them.
    pub async fn enter_by_code(
        &self,
        secret: &str,
        code: &str,
        address: Option<IpAddr>,
        now: i64,
    ) -> Result<Entered, OAuthError> {
        if let Some(step) = self.step(StepKind::Code, secret, now).await? {
            let user = step.person.ok_or(OAuthError::InvalidCode)?;
            self.still_active(user).await?;
            self.by_code(user, code, address, now, vec![sign_in::use_step(&step.hash)]).await?;
            return Ok(Entered { user, recovery: Vec::new() });
        }
        let step = self.step(StepKind::Enrol, secret, now).await?.ok_or(OAuthError::InvalidCode)?;
        let user = step.person.ok_or(OAuthError::InvalidCode)?;
        self.still_active(user).await?;
        let recovery = self.confirm(&step, user, code, address, now).await?;
        Ok(Entered { user, recovery })
    }

    async fn still_active(&self, user: Id) -> Result<(), OAuthError> {
        if self.is_active(user).await? { Ok(()) } else { Err(OAuthError::InvalidCode) }
    }

    /// Takes a code of a second factor that counts, or a recovery code, and commits with it what follows.
    async fn by_code(
        &self,
        user: Id,
        code: &str,
        address: Option<IpAddr>,
        now: i64,
        also: Vec<Statement>,
    ) -> Result<(), OAuthError> {
        let row = self.store.second_factor(user).await?.ok_or(OAuthError::AccessDenied)?;
        self.try_code(user, address, now, async || {
            let mut statements = match step_of(&row.secret, code, now) {
                Some(step) => vec![sign_in::take_step(user, step)],
                None => {
                    let hash = recovery_hash(user, code).ok_or(OAuthError::AccessDenied)?;
                    let note = self.noted(Act::own(user, now), user, Event::RecoveryUsed, "");
                    vec![sign_in::use_recovery_code(&hash, user, now), note]
                }
            };
            statements.extend(also);
            self.commit_or_deny(statements).await
        })
        .await
    }

    /// What is stale was taken by somebody else: the code is none any more.
    async fn commit_or_deny(&self, statements: Vec<Statement>) -> Result<(), OAuthError> {
        match self.store.db().commit(statements).await {
            Ok(_) => Ok(()),
            Err(StoreError::Stale { .. } | StoreError::Conflict { .. }) => Err(OAuthError::AccessDenied),
            Err(error) => Err(error.into()),
        }
    }

    /// One look at a code of somebody's second factor.
    async fn try_code<T>(
        &self,
        user: Id,
        address: Option<IpAddr>,
        now: i64,
        look: impl AsyncFnOnce() -> Result<T, OAuthError>,
    ) -> Result<T, OAuthError> {
        let account = hash_of_parts(&["second factor", &user.to_string()]);
        self.attempt(account, address, now, look).await.inspect_err(|error| {
            if matches!(error, OAuthError::AccessDenied) {
                tracing::info!(user.id = %user, "a wrong code of a second factor");
            }
        })
    }

    fn new_recovery_codes(&self, user: Id) -> Result<(Vec<String>, Vec<Statement>), super::NoEntropy> {
        let mut codes = Vec::with_capacity(RECOVERY_CODES);
        let mut statements = vec![sign_in::remove_recovery_codes(user)];
        for _ in 0..RECOVERY_CODES {
            let code = secrets::recovery_code(self.secrets.as_ref())?;
            if let Some(hash) = recovery_hash(user, &code) {
                statements.push(sign_in::add_recovery_code(&hash, user));
            }
            codes.push(code);
        }
        Ok((codes, statements))
    }
}

/// A refusal beside the input of the code.
fn in_words(error: OAuthError) -> DeskError {
    match error {
        OAuthError::AccessDenied => Refusal::because("code", "This code is not right").into(),
        OAuthError::Throttled { retry_after_s } => {
            Refusal::because("code", format!("Too many attempts; please wait {retry_after_s} s")).into()
        }
        OAuthError::Unavailable(why) => DeskError::Unavailable(why),
        error => DeskError::Internal(error.to_string()),
    }
}

/// A recovery code as it is kept: with whose it is, without the strokes and spaces between its groups. `None` for what
/// cannot be one.
fn recovery_hash(user: Id, code: &str) -> Option<store::credentials::Hash> {
    let plain: String =
        code.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    (plain.len() == secrets::RECOVERY_CHARS).then(|| hash_of_parts(&["recovery", &user.to_string(), &plain]))
}

fn totp(secret: &str) -> Option<Totp> {
    Builder::new().with_secret(Secret::try_from_base32(secret).ok()?).build().ok()
}

/// The step whose code this is: the present one, the one before or the one after.
fn step_of(secret: &str, code: &str, now: i64) -> Option<i64> {
    let digits: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    if digits.len() != 6 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let seconds = u64::try_from(now / 1_000).ok()?;
    i64::try_from(totp(secret)?.check(&digits, seconds)?).ok()
}

/// The code of a secret at a time, as a device works it out: for tests and for whoever has no device.
#[must_use]
pub fn code_at(secret: &str, now: i64) -> Option<String> {
    let plain: String = secret.chars().filter(|c| !c.is_whitespace()).collect();
    Some(totp(&plain)?.generate(u64::try_from(now / 1_000).ok()?).to_string())
}

fn grouped(secret: &str) -> String {
    let groups: Vec<&str> =
        secret.as_bytes().chunks(4).filter_map(|group| std::str::from_utf8(group).ok()).collect();
    groups.join(" ")
}

/// The URI that authenticator apps read from a QR code (the Key URI format). SHA-1, six digits and half a minute are what
/// they take when nothing is said.
fn uri(secret: &str, desk: &str, email: &str) -> String {
    use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
    let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let (desk, email) = (encoded(desk), encoded(email));
    format!("otpauth://totp/{desk}:{email}?secret={secret}&issuer={desk}")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238, appendix B: the last six digits of the codes with SHA-1 of the secret `12345678901234567890`.
    #[test]
    fn codes_are_those_of_the_standard() {
        let secret = Secret::from(b"12345678901234567890".to_vec()).to_base32();
        assert_eq!(secret, "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        for (seconds, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(code_at(&secret, seconds * 1_000).as_deref(), Some(code), "{seconds}");
            for near in [-30, 0, 30] {
                assert_eq!(step_of(&secret, code, (seconds + near) * 1_000), Some(seconds / 30), "{seconds}");
            }
            assert_eq!(step_of(&secret, code, (seconds + 90) * 1_000), None, "{seconds}");
        }
        assert_eq!(step_of(&secret, "287 082", 59_000), Some(1), "people type it in groups");
        for wrong in ["", "28708", "2870820", "28708x", "２８７０８２"] {
            assert_eq!(step_of(&secret, wrong, 59_000), None, "{wrong}");
        }
    }

    #[test]
    fn recovery_codes_are_read_as_people_type_them() {
        let user = Id::new(7);
        let hash = recovery_hash(user, "abcd-2345-efgh-6789");
        assert!(hash.is_some());
        assert_eq!(hash, recovery_hash(user, " ABCD 2345 EFGH 6789 "));
        assert_ne!(hash, recovery_hash(Id::new(8), "abcd-2345-efgh-6789"));
        assert_eq!(recovery_hash(user, "abcd-2345"), None);
    }

    #[test]
    fn names_do_not_break_the_uri() {
        let uri = uri("ABC", "A & B: desk", "ann+x@example.com");
        assert!(
            uri.starts_with("otpauth://totp/A%20%26%20B%3A%20desk:ann%2Bx%40example%2Ecom?secret=ABC&"),
            "{uri}"
        );
    }
}
