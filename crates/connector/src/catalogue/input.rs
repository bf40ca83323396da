//! An input: what a person fills in.

/// An input of a connection, an action, a data source or the trigger.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Input {
    /// Its stable name.
    pub key: &'static str,
    /// What people read.
    pub label: &'static str,
    /// What it takes.
    pub kind: Kind,
    /// Whether there are several, and how they are written.
    pub collection: Collection,
    /// Whether nothing can be done without it.
    pub required: bool,
    /// What holds when nothing is given, as text or JSON text.
    pub default: Option<&'static str>,
    /// What one may look like, as text or JSON text.
    pub example: Option<&'static str>,
    /// The values that it may have, where there are only some: value and label.
    pub choices: &'static [(&'static str, &'static str)],
    /// The structured object that it is a member of in the grouped form: key and label.
    pub group: Option<(&'static str, &'static str)>,
    /// What it is for.
    pub help: &'static str,
}

/// What an input takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A text.
    Text,
    /// A text that nobody may read over a shoulder.
    Password,
    /// Yes or no.
    Boolean,
    /// JSON: a value, or a text that holds one.
    Code,
    /// A connection.
    Connection,
}

/// Whether an input has several values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Collection {
    /// One value.
    One,
    /// A list of values.
    List,
    /// A list of keys with values.
    Pairs,
}

impl Kind {
    /// Its word in the documents.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Text => "string",
            Self::Password => "password",
            Self::Boolean => "boolean",
            Self::Code => "code",
            Self::Connection => "connection",
        }
    }
}

impl Collection {
    /// Its word in the documents; `None` for one value.
    #[must_use]
    pub const fn word(self) -> Option<&'static str> {
        match self {
            Self::One => None,
            Self::List => Some("valuelist"),
            Self::Pairs => Some("keyvaluelist"),
        }
    }
}

impl Input {
    /// A text that need not be given: what the others are variations of.
    pub(crate) const TEXT: Self = Self {
        key: "",
        label: "",
        kind: Kind::Text,
        collection: Collection::One,
        required: false,
        default: None,
        example: None,
        choices: &[],
        group: None,
        help: "",
    };
}
