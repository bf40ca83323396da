//! What can go wrong in a use case. Knows nothing of HTTP; each face maps it once.

use model::Id;
use store::StoreError;

/// Why a use case did nothing.
#[derive(Clone, Debug)]
pub enum DeskError {
    /// The input cannot be accepted: every reason at once.
    Refused(Vec<Refusal>),
    /// There is no such record, or the caller may not see it.
    NotFound,
    /// The caller's role does not allow it.
    NotPermitted,
    /// The caller's token lacks this scope.
    ScopeMissing(String),
    /// The record is not in the trash, so it is not destroyed.
    NotInTrash,
    /// The record came with the desk, and the desk does not work without it.
    Shipped,
    /// Still referred to: by records of these modules, by their plural.
    InUse(Vec<String>),
    /// Merged into the request with this id; it is found there.
    MergedInto(Id),
    /// Somebody changed the record since the caller saw it ([`crate::Context::seen`]); nothing was changed.
    Overtaken,
    /// The database does not answer, or not in time; nothing was changed.
    Unavailable(String),
    /// Something that must not happen did; the text is for us, not for the client.
    Internal(String),
}

/// One reason to refuse an input, with the dotted path of the field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// A value that does not exist, is not in use, does not belong there, or is out of bounds.
    NotValid {
        /// The field.
        field: String,
        /// A sentence for people, where there is more to say than that it is not valid.
        message: Option<String>,
    },
    /// Mandatory and missing.
    Mandatory(String),
    /// Taken by another record.
    NotUnique(String),
    /// Never given from outside.
    ReadOnly(String),
    /// Not changed any more.
    NotEditable(String),
    /// Not given by this caller.
    CannotGive(String),
    /// Not of the kind of value that the field holds.
    WrongType(String),
    /// A key that does not belong there.
    ExtraKey(String),
    /// Contradicts another time.
    TimesContradict(String),
    /// A closing rule wants these fields filled.
    ClosureRule(Vec<String>),
}

impl Refusal {
    /// A value that is not valid, without further words.
    #[must_use]
    pub fn not_valid(field: impl Into<String>) -> Self {
        Self::NotValid { field: field.into(), message: None }
    }
    /// The field that it is about; none for a rule about several.
    #[must_use]
    pub fn field(&self) -> Option<&str> {
        match self {
            Self::NotValid { field, .. }
            | Self::Mandatory(field)
            | Self::NotUnique(field)
            | Self::ReadOnly(field)
            | Self::NotEditable(field)
            | Self::CannotGive(field)
            | Self::TimesContradict(field)
            | Self::WrongType(field)
            | Self::ExtraKey(field) => Some(field),
            Self::ClosureRule(_) => None,
        }
    }
    /// A value that is not valid, with words.
    #[must_use]
    pub fn because(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::NotValid { field: field.into(), message: Some(message.into()) }
    }
}

impl From<Refusal> for DeskError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(vec![refusal])
    }
}

impl From<StoreError> for DeskError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(why) | StoreError::Full(why) => Self::Unavailable(why),
            StoreError::Timeout => Self::Unavailable("the database took too long".into()),
            other => Self::Internal(other.to_string()),
        }
    }
}

impl std::fmt::Display for DeskError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Refused(reasons) => write!(f, "refused: {reasons:?}"),
            Self::NotFound => f.write_str("not found"),
            Self::NotPermitted => f.write_str("not permitted"),
            Self::ScopeMissing(scope) => write!(f, "scope {scope} is missing"),
            Self::NotInTrash => f.write_str("not in trash"),
            Self::Shipped => f.write_str("comes with the desk"),
            Self::InUse(by) => write!(f, "in use by {}", by.join(", ")),
            Self::MergedInto(id) => write!(f, "merged into {id}"),
            Self::Overtaken => f.write_str("changed meanwhile"),
            Self::Unavailable(why) => write!(f, "unavailable: {why}"),
            Self::Internal(why) => write!(f, "internal error: {why}"),
        }
    }
}

impl std::error::Error for DeskError {}
