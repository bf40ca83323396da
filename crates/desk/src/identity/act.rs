//! Who does something to credentials, and when: for the right to do it, and for the history.

use super::Identity;
use crate::{Context, DeskError, users};
use model::Id;
use store::Statement;
use store::sign_in::{self, Noted};

/// Who does something to credentials, and when. A [`Context`] is somebody who calls; a bare time is whoever may run the
/// program on the desk's machine, who may do everything.
#[derive(Clone, Copy, Debug)]
pub struct Act {
    pub(super) by: Id,
    pub(super) now: i64,
    is_administrator: bool,
}

impl From<i64> for Act {
    fn from(now: i64) -> Self {
        Self { by: users::SYSTEM, now, is_administrator: true }
    }
}

impl From<&Context> for Act {
    fn from(ctx: &Context) -> Self {
        Self { by: ctx.caller.user, now: ctx.now, is_administrator: ctx.is_administrator() }
    }
}

impl Act {
    /// What somebody does to a credential of their own.
    pub(super) const fn own(user: Id, now: i64) -> Self {
        Self { by: user, now, is_administrator: false }
    }

    /// Credentials are an administrator's to give and to take.
    pub(super) const fn permit(self) -> Result<Self, DeskError> {
        if self.is_administrator { Ok(self) } else { Err(DeskError::NotPermitted) }
    }
}

/// What the history says of credentials. The pages have words for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Event {
    ClientIssued,
    ClientChanged,
    ClientRotated,
    ClientDisabled,
    ClientEnabled,
    ClientRevoked,
    CodeIssued,
    CodeRevoked,
    Consent,
    GrantIssued,
    GrantRevoked,
    KeyIssued,
    KeyRevoked,
    HappyfoxIssued,
    HappyfoxDisabled,
    HappyfoxEnabled,
    HappyfoxRevoked,
    PasswordChanged,
    PasswordReset,
    FactorSetUp,
    FactorRemoved,
    FactorReset,
    RecoveryRenewed,
    RecoveryUsed,
    SignOnLinked,
    SignedIn,
    SignInFailed,
    SetUp,
}

impl Event {
    const ALL: [Self; 28] = [
        Self::ClientIssued,
        Self::ClientChanged,
        Self::ClientRotated,
        Self::ClientDisabled,
        Self::ClientEnabled,
        Self::ClientRevoked,
        Self::CodeIssued,
        Self::CodeRevoked,
        Self::Consent,
        Self::GrantIssued,
        Self::GrantRevoked,
        Self::KeyIssued,
        Self::KeyRevoked,
        Self::HappyfoxIssued,
        Self::HappyfoxDisabled,
        Self::HappyfoxEnabled,
        Self::HappyfoxRevoked,
        Self::PasswordChanged,
        Self::PasswordReset,
        Self::FactorSetUp,
        Self::FactorRemoved,
        Self::FactorReset,
        Self::RecoveryRenewed,
        Self::RecoveryUsed,
        Self::SignOnLinked,
        Self::SignedIn,
        Self::SignInFailed,
        Self::SetUp,
    ];

    const fn word(self) -> &'static str {
        match self {
            Self::ClientIssued => "OAUTH_CLIENT_ISSUED",
            Self::ClientChanged => "OAUTH_CLIENT_CHANGED",
            Self::ClientRotated => "OAUTH_CLIENT_ROTATED",
            Self::ClientDisabled => "OAUTH_CLIENT_DISABLED",
            Self::ClientEnabled => "OAUTH_CLIENT_ENABLED",
            Self::ClientRevoked => "OAUTH_CLIENT_REVOKED",
            Self::CodeIssued => "SELF_CLIENT_CODE_ISSUED",
            Self::CodeRevoked => "SELF_CLIENT_CODE_REVOKED",
            Self::Consent => "CONSENT_GIVEN",
            Self::GrantIssued => "REFRESH_TOKEN_ISSUED",
            Self::GrantRevoked => "REFRESH_TOKEN_REVOKED",
            Self::KeyIssued => "TECHNICIAN_KEY_ISSUED",
            Self::KeyRevoked => "TECHNICIAN_KEY_REVOKED",
            Self::HappyfoxIssued => "HAPPYFOX_KEY_ISSUED",
            Self::HappyfoxDisabled => "HAPPYFOX_KEY_DISABLED",
            Self::HappyfoxEnabled => "HAPPYFOX_KEY_ENABLED",
            Self::HappyfoxRevoked => "HAPPYFOX_KEY_REVOKED",
            Self::PasswordChanged => "PASSWORD_CHANGED",
            Self::PasswordReset => "PASSWORD_RESET",
            Self::FactorSetUp => "SECOND_FACTOR_SET_UP",
            Self::FactorRemoved => "SECOND_FACTOR_REMOVED",
            Self::FactorReset => "SECOND_FACTOR_RESET",
            Self::RecoveryRenewed => "RECOVERY_CODES_RENEWED",
            Self::RecoveryUsed => "RECOVERY_CODE_USED",
            Self::SignOnLinked => "SIGN_ON_LINKED",
            Self::SignedIn => "SIGNED_IN",
            Self::SignInFailed => "SIGN_IN_FAILED",
            Self::SetUp => "DESK_SET_UP",
        }
    }
}

/// The words under which the history tells what was done to somebody's credentials, and when they came in from where.
pub(crate) fn words() -> impl Iterator<Item = &'static str> {
    Event::ALL.into_iter().map(Event::word)
}

impl Identity {
    /// An entry of the history, under the person whose credential it is.
    pub(super) fn noted(&self, act: Act, person: Id, event: Event, what: &str) -> Statement {
        sign_in::note(&Noted {
            id: self.new_id(act.now),
            person,
            by: act.by,
            time: act.now,
            operation: event.word(),
            description: what,
        })
    }
}
