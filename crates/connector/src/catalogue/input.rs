//! An input: what a person fills in, and where it goes.

/// An input of a connection, an action, a data source or the trigger.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Input {
    /// Its stable name.
    pub key: &'static str,
    /// What people read.
    pub label: &'static str,
    /// What it takes.
    pub kind: Kind,
    /// What the value means, which decides what else is understood and what is refused.
    pub shape: Shape,
    /// Whether there are several, and how they are written.
    pub collection: Collection,
    /// Whether nothing can be done without it.
    pub required: bool,
    /// What holds when nothing is given, as text or JSON text.
    pub default: Option<&'static str>,
    /// What one may look like, as text or JSON text.
    pub example: Option<&'static str>,
    /// What one may look like on a desk as it ships, where there is no example.
    pub sample: Option<&'static str>,
    /// The values that it may have, where there are only some: value and label.
    pub choices: &'static [(&'static str, &'static str)],
    /// The structured object that it is a member of in the grouped form.
    pub group: Option<Group>,
    /// What it is for.
    pub help: &'static str,
    pub(crate) to: Target,
}

/// A structured object of inputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Group {
    /// Its stable name.
    pub key: &'static str,
    /// What people read.
    pub label: &'static str,
    /// The input's label within it, where it is another.
    pub short: Option<&'static str>,
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

/// What a value means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// What it says.
    Plain,
    /// A whole number from 1.
    Count,
    /// A whole number from 0.
    Whole,
    /// A decimal number from 0, kept as it was written.
    Amount,
    /// Yes or no, written as text.
    Truth,
    /// A record: `{"name": …}`, `{"id": …}`, or its bare name, id or e-mail address.
    Reference,
    /// A time: `{"value": …}`, or bare milliseconds, or `2026-01-31T14:00:00Z`.
    Time,
    /// An object.
    Object,
    /// Anything that is JSON.
    Json,
    /// Bytes in base64.
    Bytes,
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

/// Where a value goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// The action's own code looks at it, or nobody does.
    Own,
    /// The segment of the path that is named like the input.
    Path,
    /// A member of the entity, by its dotted path.
    Body(&'static str),
    /// Members of the entity, beside the others and before them.
    Merge,
    /// Members of an object of the entity.
    MergeInto(&'static str),
    /// A parameter of the query, several values with commas between.
    Query(&'static str),
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

impl Shape {
    /// What may be given, in a few words; `None` where the kind says it all.
    #[must_use]
    pub const fn words(self) -> Option<&'static str> {
        Some(match self {
            Self::Plain => return None,
            Self::Count => "a whole number from 1",
            Self::Whole => "a whole number from 0",
            Self::Amount => "a number from 0",
            Self::Truth => "true or false",
            Self::Reference => r#"{"name": …}, {"id": …}, or a bare name, id or e-mail address"#,
            Self::Time => r#"{"value": milliseconds since 1970}, the bare number, or 2026-01-31T14:00:00Z"#,
            Self::Object => "an object",
            Self::Json => "JSON",
            Self::Bytes => "bytes in base64; @FILE on the command line",
        })
    }
}

/// How the tables of the catalogue write an input down: where it goes, then what else there is to say.
impl Input {
    /// A text that need not be given: what the others are variations of.
    pub(crate) const TEXT: Self = Self {
        key: "",
        label: "",
        kind: Kind::Text,
        shape: Shape::Plain,
        collection: Collection::One,
        required: false,
        default: None,
        example: None,
        sample: None,
        choices: &[],
        group: None,
        help: "",
        to: Target::Own,
    };
    pub(crate) const fn own(help: &'static str) -> Self {
        Self { help, ..Self::TEXT }
    }
    pub(crate) const fn path(help: &'static str) -> Self {
        Self { help, to: Target::Path, ..Self::TEXT }
    }
    pub(crate) const fn body(member: &'static str, help: &'static str) -> Self {
        Self { help, to: Target::Body(member), ..Self::TEXT }
    }
    pub(crate) const fn to(mut self, to: Target) -> Self {
        self.to = to;
        self
    }
    pub(crate) const fn like(mut self, example: &'static str) -> Self {
        self.example = Some(example);
        self
    }
    pub(crate) const fn such_as(mut self, sample: &'static str) -> Self {
        self.sample = Some(sample);
        self
    }
    pub(crate) const fn or(mut self, default: &'static str) -> Self {
        self.default = Some(default);
        self
    }
    pub(crate) const fn one_of(mut self, choices: &'static [(&'static str, &'static str)]) -> Self {
        self.choices = choices;
        self
    }
    pub(crate) const fn within(mut self, key: &'static str, label: &'static str) -> Self {
        self.group = Some(Group { key, label, short: None });
        self
    }
    pub(crate) const fn within_as(
        mut self,
        key: &'static str,
        label: &'static str,
        short: &'static str,
    ) -> Self {
        self.group = Some(Group { key, label, short: Some(short) });
        self
    }
}
