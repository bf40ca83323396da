//! Who asks, what they may do, and when: one value that goes through every layer.

use model::{Area, Id, Record};

/// The number under which one call is found in the logs; the wiring puts it where the faces find it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceId(pub u128);

impl std::fmt::Display for TraceId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

/// What is done to a record; the last part of a scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
#[expect(missing_docs, reason = "the words of a scope")]
pub enum Verb {
    Create,
    Read,
    Update,
    Delete,
}

impl Verb {
    /// All verbs.
    pub const ALL: [Self; 4] = [Self::Create, Self::Read, Self::Update, Self::Delete];

    /// The word in a scope.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Create => "CREATE",
            Self::Read => "READ",
            Self::Update => "UPDATE",
            Self::Delete => "DELETE",
        }
    }
}

/// A set of scopes, `SDPOnDemand.<area>.<verb>`: four bits an area.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scopes(u64);

/// A scope that is none of the vendor's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownScope(pub String);

impl Scopes {
    /// Every scope there is.
    #[must_use]
    pub const fn all() -> Self {
        Self((1 << (Area::ALL.len() * 4)) - 1)
    }
    /// These bits, as [`Self::bits`] gave them.
    #[must_use]
    pub const fn from_bits(bits: i64) -> Self {
        Self(bits.cast_unsigned() & Self::all().0)
    }
    /// The set as a number, for storing.
    #[must_use]
    pub const fn bits(self) -> i64 {
        self.0.cast_signed()
    }
    const fn bit(area: Area, verb: Verb) -> u64 {
        1 << (area as u64 * 4 + verb as u64)
    }
    /// Whether it allows `verb` in `area`.
    #[must_use]
    pub const fn allow(self, area: Area, verb: Verb) -> bool {
        self.0 & Self::bit(area, verb) != 0
    }
    /// Whether every scope of `self` is in `other`.
    #[must_use]
    pub const fn within(self, other: Self) -> bool {
        self.0 & !other.0 == 0
    }
    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
    /// The scopes in either.
    #[must_use]
    pub const fn either(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
    /// The scopes in both.
    #[must_use]
    pub const fn both(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Reads a list of scopes, separated by commas or white space, in any letter case (conventions.md sections 2.1
    /// and 2.6).
    ///
    /// # Errors
    /// The first word that is no scope.
    pub fn parse(text: &str) -> Result<Self, UnknownScope> {
        let mut bits = 0;
        for word in text.split([',', ' ', '+', '\t', '\n']).filter(|w| !w.is_empty()) {
            let unknown = || UnknownScope(word.to_owned());
            let mut parts = word.split('.');
            let (Some(service), Some(area), Some(verb), None) =
                (parts.next(), parts.next(), parts.next(), parts.next())
            else {
                return Err(unknown());
            };
            if !service.eq_ignore_ascii_case("SDPOnDemand") {
                return Err(unknown());
            }
            let area =
                Area::ALL.into_iter().find(|a| a.word().eq_ignore_ascii_case(area)).ok_or_else(unknown)?;
            if verb.eq_ignore_ascii_case("ALL") {
                bits |= 0b1111 << (area as u64 * 4);
            } else {
                let verb = Verb::ALL
                    .into_iter()
                    .find(|v| v.word().eq_ignore_ascii_case(verb))
                    .ok_or_else(unknown)?;
                bits |= Self::bit(area, verb);
            }
        }
        Ok(Self(bits))
    }
}

impl std::fmt::Display for Scopes {
    /// As token answers show them: separated by spaces, `ALL` where all four are there.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut first = true;
        let mut say = |f: &mut std::fmt::Formatter<'_>, area: Area, verb: &str| {
            let space = if std::mem::take(&mut first) { "" } else { " " };
            write!(f, "{space}SDPOnDemand.{}.{verb}", area.word())
        };
        for area in Area::ALL {
            if Verb::ALL.iter().all(|v| self.allow(area, *v)) {
                say(f, area, "ALL")?;
                continue;
            }
            for verb in Verb::ALL.into_iter().filter(|v| self.allow(area, *v)) {
                say(f, area, verb.word())?;
            }
        }
        Ok(())
    }
}

/// What a person's role lets them do at most; scopes narrow it further.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Access {
    /// Own requests.
    Requester,
    /// All requests, or those of some sites or groups.
    Technician,
    /// Everything.
    Administrator,
}

/// The requests that a requester sees beside their own (setup.md section 4.1, `requester_allowed_to_view`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    /// None.
    Own,
    /// Those of the same department.
    Department(Id),
    /// Those of the same site.
    Site(Id),
    /// All.
    All,
}

/// The person who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// Their user record.
    pub user: Id,
    /// What their role lets them do.
    pub access: Access,
    /// For a technician limited to sites: these.
    pub sites: Option<Vec<Id>>,
    /// For a technician limited to groups: these.
    pub groups: Option<Vec<Id>>,
    /// For a requester: whose requests they see.
    pub view: View,
}

impl Caller {
    /// Whether some requests are hidden from them, as from requesters and from technicians of some sites or groups.
    #[must_use]
    pub fn is_limited(&self) -> bool {
        match self.access {
            Access::Requester => true,
            Access::Technician => self.sites.is_some() || self.groups.is_some(),
            Access::Administrator => false,
        }
    }
}

/// One call: who, with which scopes, when, under which trace id, in which time zone.
#[derive(Clone, Debug)]
pub struct Context {
    /// Who.
    pub caller: Caller,
    /// With which scopes.
    pub scopes: Scopes,
    /// When, in milliseconds since 1970-01-01 UTC.
    pub now: i64,
    /// Under which trace id.
    pub trace: u128,
    /// In which time zone times are shown.
    pub zone: jiff::tz::TimeZone,
    /// Whether an add or an edit is only to say what speaks against it, and to write nothing: part of the input
    /// could not be read, and the client is to learn everything at once.
    pub rehearsal: bool,
    /// By what the caller speaks, where the history is to tell it: the name of a key.
    pub via: Option<std::sync::Arc<str>>,
    /// The claim on a call that is to be made once; whatever adds a record says in the same commit that it is done.
    pub once: Option<crate::once::Ticket>,
    /// The record that the caller looked at before, and its version: an edit of it that finds another one is not made.
    pub seen: Option<(Id, i64)>,
}

impl Context {
    /// A call in earnest, under no trace id.
    #[must_use]
    pub const fn new(caller: Caller, scopes: Scopes, now: i64, zone: jiff::tz::TimeZone) -> Self {
        Self { caller, scopes, now, trace: 0, zone, rehearsal: false, via: None, once: None, seen: None }
    }
    /// The same, only to say what speaks against it.
    #[must_use]
    pub fn rehearsing(&self) -> Self {
        Self { rehearsal: true, once: None, ..self.clone() }
    }
    /// The same of somebody who looked at this state of a record.
    #[must_use]
    pub fn having_seen(&self, record: &Record) -> Self {
        Self { seen: Some((record.id(), record.version)), ..self.clone() }
    }
    /// Whether the caller is an administrator.
    #[must_use]
    pub fn is_administrator(&self) -> bool {
        self.caller.access == Access::Administrator
    }
    /// Whether the caller is a technician or more.
    #[must_use]
    pub fn is_technician(&self) -> bool {
        self.caller.access >= Access::Technician
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_read_and_told() {
        for (text, told) in [
            ("SDPOnDemand.requests.ALL", "SDPOnDemand.requests.ALL"),
            (
                "sdpondemand.Requests.read,SDPOnDemand.assets.ALL",
                "SDPOnDemand.requests.READ SDPOnDemand.assets.ALL",
            ),
            (
                "SDPOnDemand.setup.CREATE SDPOnDemand.setup.READ",
                "SDPOnDemand.setup.CREATE SDPOnDemand.setup.READ",
            ),
            ("", ""),
        ] {
            assert_eq!(Scopes::parse(text).map(|s| s.to_string()), Ok(told.to_owned()), "{text}");
        }
        for bad in
            ["SDPOnDemand.requests", "SDPOnDemand.admin.ALL", "X.requests.ALL", "SDPOnDemand.requests.WRITE"]
        {
            assert_eq!(Scopes::parse(bad), Err(UnknownScope(bad.to_owned())));
        }
        assert_eq!(Scopes::from_bits(Scopes::all().bits()), Scopes::all());
    }
}
