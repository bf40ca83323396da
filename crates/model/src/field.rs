//! Fields: what a module's record is made of.

use crate::Value;
use std::borrow::Cow;
use std::sync::Arc;

/// A name in the catalogue: a constant for what is built in, owned for what users define.
pub type Name = Cow<'static, str>;

/// What a field holds and how it looks on the wire (conventions.md section 5).
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// The record's own id.
    Id,
    /// One line of text, at most `max` characters.
    Text {
        /// Greatest number of characters.
        max: usize,
    },
    /// HTML or plain text of many lines, at most `max` characters.
    Html {
        /// Greatest number of characters.
        max: usize,
    },
    /// An e-mail address; compared without regard to case, kept as written.
    Email,
    /// A colour, `#rrggbb`.
    Color,
    /// True or false.
    Bool,
    /// A whole number between `min` and `max`, a JSON number on the wire.
    Int {
        /// Least value.
        min: i64,
        /// Greatest value.
        max: i64,
    },
    /// A whole number that the wire shows as a string of digits (`display_id`, `time_elapsed`, longs).
    Digits {
        /// Least value.
        min: i64,
        /// Greatest value.
        max: i64,
    },
    /// A running number, given by the desk, shown to people with a prefix: `{"display_value": "PB-140", "value": "140"}`
    /// (problems.md section 2).
    Number {
        /// What stands before the digits.
        prefix: &'static str,
    },
    /// A number with a fraction.
    Double,
    /// An amount; text of a decimal number on the wire and in storage, so that nothing is rounded.
    Decimal,
    /// An instant.
    Time,
    /// A day.
    Date,
    /// One of the given texts.
    Pick {
        /// What may be chosen.
        options: Vec<Name>,
    },
    /// Some of the given texts; any text when there are no options.
    PickMany {
        /// What may be chosen; empty for free text.
        options: Vec<Name>,
    },
    /// A reference to a record of the module.
    Ref(Name),
    /// References to records of the module, in order.
    RefMany(Name),
    /// A time span as `{hours, minutes, value}`, stored in milliseconds (worklogs).
    Span,
    /// A nested object whose members are fields of the same record.
    Group(Vec<Field>),
    /// A JSON document that is kept as it came.
    Json,
}

/// What a value must be like beyond its kind.
#[derive(Clone, Debug, PartialEq)]
pub enum Check {
    /// An absolute address, with a scheme and a host.
    Url,
    /// An IPv4 or IPv6 address.
    Ip,
    /// A number of characters within these limits, both included.
    Length {
        /// Least number of characters.
        min: usize,
        /// Greatest number of characters.
        max: usize,
    },
    /// A number within these limits, both included.
    Between {
        /// Least value.
        min: f64,
        /// Greatest value.
        max: f64,
    },
    /// Text that the whole of the pattern describes.
    Pattern(Pattern),
}

/// A regular expression, compiled once; matched in time linear in the text.
#[derive(Clone)]
pub struct Pattern(Arc<regex_lite::Regex>, String);

impl Pattern {
    /// Greatest length of a pattern, in characters.
    pub const CHARS_MAX: usize = 500;

    /// Compiles a pattern that the whole value must match; `None` for one that is none, or too large.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        if text.chars().count() > Self::CHARS_MAX {
            return None;
        }
        let whole = format!("^(?:{text})$");
        let regex = regex_lite::RegexBuilder::new(&whole).size_limit(1 << 18).build().ok()?;
        Some(Self(Arc::new(regex), text.to_owned()))
    }
    /// Whether the whole text matches.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        self.0.is_match(text)
    }
    /// The pattern as it was given.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.1
    }
}

impl std::fmt::Debug for Pattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Pattern").field(&self.1).finish()
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.1 == other.1
    }
}

impl Kind {
    /// Whether it is a number that people see and search as the string of its digits.
    #[must_use]
    pub const fn is_digits(&self) -> bool {
        matches!(self, Self::Id | Self::Digits { .. })
    }
}

/// Who may give a field's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// On add and on edit.
    Write,
    /// On add only; an edit that changes it is refused with 4009.
    AddOnly,
    /// Never by an input, but an operation changes it; refused with 4009.
    ByOperation,
    /// Never from outside; refused with 4014.
    ReadOnly,
}

impl Access {
    /// Whether an input may give it at all.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Write | Self::AddOnly)
    }
}

/// Where a field's value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Storage {
    /// In a column of the module's table.
    Column,
    /// In the row's JSON document, with a typed, indexed copy in the side table under this number.
    Document {
        /// The number of the field in the side table: the id of a user-defined field, or a constant.
        field: i64,
    },
    /// Nowhere: worked out by the desk for each answer, or used by it and then forgotten.
    Computed,
}

/// What an added record gets where the input is silent.
#[derive(Clone, Debug, PartialEq)]
pub enum Preset {
    /// Nothing.
    None,
    /// This value.
    Value(Value),
    /// The shipped row with this tail (setup.md section 13).
    Shipped(i64),
    /// The person who asks.
    Caller,
    /// The instant of the call.
    Now,
}

/// A member of the objects in a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// The key.
    pub key: &'static str,
    /// Whether it is a whole number and no text.
    pub is_number: bool,
    /// Whether it counts bytes.
    pub is_size: bool,
}

impl Part {
    /// A text.
    #[must_use]
    pub const fn text(key: &'static str) -> Self {
        Self { key, is_number: false, is_size: false }
    }
    /// A whole number.
    #[must_use]
    pub const fn number(key: &'static str) -> Self {
        Self { is_number: true, ..Self::text(key) }
    }
    /// A number of bytes, which the wire has as a text.
    #[must_use]
    pub const fn size(key: &'static str) -> Self {
        Self { is_size: true, ..Self::text(key) }
    }
    /// The name that people see: the key's words.
    #[must_use]
    pub fn label(&self) -> String {
        let mut words = self.key.replace('_', " ");
        if let Some(first) = words.get_mut(0..1) {
            first.make_ascii_uppercase();
        }
        words
    }
}

/// One field of a module. Built with the constructors below, then frozen inside a
/// [`Module`](crate::Module).
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// For a document that is a list of objects: the members of each that people fill in. It may have others.
    pub parts: &'static [Part],
    /// The key on the wire, and the member name inside a group.
    pub key: Name,
    /// The name people see.
    pub label: Name,
    /// What it holds.
    pub kind: Kind,
    /// Whether an added record must have it.
    pub required: bool,
    /// Who may give it.
    pub access: Access,
    /// Where it is.
    pub storage: Storage,
    /// What it is at first.
    pub preset: Preset,
    /// Whether a row of a list shows it when no `fields_required` is given.
    pub in_list: bool,
    /// Whether a record shows it at all; passwords and flags for one call are not shown.
    pub shown: bool,
    /// Whether it is told to technicians and to the person themselves only, not to everybody who reads a reference to them.
    pub personal: bool,
    /// Whether the database keeps an index on it.
    pub indexed: bool,
    /// Whether the value is one of a kind in its module, and inside which other fields.
    pub unique: Option<Vec<Name>>,
    /// Whether full-text search covers it.
    pub full_text: bool,
    /// Whether the history tells its changes.
    pub tracked: bool,
    /// Whether clients may put it in criteria and sort by it.
    pub searchable: bool,
    /// Other keys that clients send for it.
    pub aliases: Vec<Name>,
    /// For a reference: the field of this record that the other record's field of the same name must equal
    /// (a subcategory's `category`), and inside which its names are looked up.
    pub within: Option<Name>,
    /// For a group: whether it is null on the wire when every member is.
    pub collapse: bool,
    /// The id of the user-defined field, as `_metainfo` shows it.
    pub id: Option<i64>,
    /// What whoever added the field chose it to be, where several of those are of one kind.
    pub field_type: Option<&'static str>,
    /// What a value must be like beyond its kind.
    pub checks: Vec<Check>,
    /// Whether an input that gives it is taken as if it did not: some clients send it and mean nothing by it.
    pub ignored: bool,
    /// Another field of the record, shown a second time under this key.
    pub mirrors: Option<&'static str>,
    /// What a reference to the record shows where there is no value, in place of null.
    pub blank: Option<&'static str>,
    /// Another field of the record, of which it is the beginning as plain text.
    pub excerpt_of: Option<&'static str>,
    /// What a whole number counts, for whoever shows it to people.
    pub measure: Option<Measure>,
}

/// What a whole number counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// A stretch of time.
    Milliseconds,
    /// An amount of data.
    Bytes,
}

impl Field {
    /// A writable column of this kind.
    #[must_use]
    pub fn new(key: impl Into<Name>, kind: Kind) -> Self {
        let key = key.into();
        Self {
            label: label_of(&key),
            key,
            kind,
            required: false,
            access: Access::Write,
            storage: Storage::Column,
            preset: Preset::None,
            in_list: false,
            shown: true,
            personal: false,
            indexed: false,
            unique: None,
            full_text: false,
            tracked: true,
            searchable: true,
            aliases: Vec::new(),
            within: None,
            collapse: false,
            id: None,
            field_type: None,
            checks: Vec::new(),
            ignored: false,
            mirrors: None,
            blank: None,
            excerpt_of: None,
            measure: None,
            parts: &[],
        }
    }
    /// Must be given.
    #[must_use]
    pub fn required(mut self) -> Self {
        self.required = true;
        self
    }
    /// Cannot be given from outside.
    #[must_use]
    pub fn read_only(mut self) -> Self {
        self.access = Access::ReadOnly;
        self
    }
    /// Changed by operations only.
    #[must_use]
    pub fn by_operation(mut self) -> Self {
        self.access = Access::ByOperation;
        self
    }
    /// Can be given when the record is added, not later.
    #[must_use]
    pub fn add_only(mut self) -> Self {
        self.access = Access::AddOnly;
        self
    }
    /// Shown in the rows of a list.
    #[must_use]
    pub fn in_list(mut self) -> Self {
        self.in_list = true;
        self
    }
    /// Never shown.
    #[must_use]
    pub fn hidden(mut self) -> Self {
        self.shown = false;
        self.searchable = false;
        self
    }
    /// Passed over where a client gives it.
    #[must_use]
    pub fn ignored(mut self) -> Self {
        self.ignored = true;
        self
    }
    /// What references show where there is no value.
    #[must_use]
    pub fn blank(mut self, text: &'static str) -> Self {
        self.blank = Some(text);
        self
    }
    /// Not shown, but there for criteria and sorting.
    #[must_use]
    pub fn unshown(mut self) -> Self {
        self.shown = false;
        self
    }
    /// Of a person: how they are reached or what they cost, which requesters are not told of others.
    #[must_use]
    pub fn personal(mut self) -> Self {
        self.personal = true;
        self
    }
    /// Neither shown nor given, in a view of a module that does not speak of it.
    pub fn shut(&mut self) {
        self.shown = false;
        self.access = Access::ReadOnly;
        if let Kind::Group(members) = &mut self.kind {
            members.iter_mut().for_each(Self::shut);
        }
    }
    /// Not for criteria and sorting.
    #[must_use]
    pub fn unsearchable(mut self) -> Self {
        self.searchable = false;
        self
    }
    /// Kept under an index.
    #[must_use]
    pub fn indexed(mut self) -> Self {
        self.indexed = true;
        self
    }
    /// One of a kind, without regard to case, among the records that agree in the fields `within`.
    #[must_use]
    pub fn unique(mut self, within: &[&'static str]) -> Self {
        self.unique = Some(within.iter().map(|w| Name::Borrowed(*w)).collect());
        self
    }
    /// Covered by full-text search.
    #[must_use]
    pub fn full_text(mut self) -> Self {
        self.full_text = true;
        self
    }
    /// Counts something.
    #[must_use]
    pub const fn measure(mut self, measure: Measure) -> Self {
        self.measure = Some(measure);
        self
    }
    /// The members of each object of a document that is a list of objects.
    #[must_use]
    pub const fn parts(mut self, parts: &'static [Part]) -> Self {
        self.parts = parts;
        self
    }
    /// Left out of the history: stamps and flags that follow from something else.
    #[must_use]
    pub fn untracked(mut self) -> Self {
        self.tracked = false;
        self
    }
    /// Worked out by the desk, not stored; not searchable unless the desk says how.
    #[must_use]
    pub fn computed(mut self) -> Self {
        self.storage = Storage::Computed;
        self.access = Access::ReadOnly;
        self.tracked = false;
        self.searchable = false;
        self
    }
    /// Worked out of another field alone: its beginning as plain text.
    #[must_use]
    pub fn excerpt_of(mut self, field: &'static str) -> Self {
        self.excerpt_of = Some(field);
        self.computed()
    }
    /// A word to the desk that comes with an input and is not kept.
    #[must_use]
    pub fn instruction(mut self) -> Self {
        self.storage = Storage::Computed;
        self.tracked = false;
        self.searchable = false;
        self
    }
    /// At first this value.
    #[must_use]
    pub fn preset(mut self, preset: Preset) -> Self {
        self.preset = preset;
        self
    }
    /// At first this value.
    #[must_use]
    pub fn value(self, value: impl Into<Value>) -> Self {
        self.preset(Preset::Value(value.into()))
    }
    /// At first the shipped row with this tail.
    #[must_use]
    pub fn shipped(self, tail: i64) -> Self {
        self.preset(Preset::Shipped(tail))
    }
    /// Also understood under this key.
    #[must_use]
    pub fn alias(mut self, key: &'static str) -> Self {
        self.aliases.push(Name::Borrowed(key));
        self
    }
    /// The other record must belong to the same `field` (a subcategory to the category).
    #[must_use]
    pub fn within(mut self, field: &'static str) -> Self {
        self.within = Some(Name::Borrowed(field));
        self
    }
    /// Kept in the row's document; `field` is its number in the side table.
    #[must_use]
    pub fn document(mut self, field: i64) -> Self {
        self.storage = Storage::Document { field };
        self
    }
    /// A group that is null when all its members are.
    #[must_use]
    pub fn collapsed(mut self) -> Self {
        self.collapse = true;
        self
    }
    /// The name people see, where it does not follow from the key.
    #[must_use]
    pub fn label(mut self, label: impl Into<Name>) -> Self {
        self.label = label.into();
        self
    }
}

/// `due_by_time` → `Due by time`.
fn label_of(key: &str) -> Name {
    let mut words = key.replace('_', " ");
    if let Some(first) = words.get_mut(0..1) {
        first.make_ascii_uppercase();
    }
    Name::Owned(words)
}

/// The record's own id.
#[must_use]
pub fn id() -> Field {
    Field::new("id", Kind::Id).read_only().in_list().untracked()
}
/// One line of text.
#[must_use]
pub fn text(key: &'static str, max: usize) -> Field {
    Field::new(key, Kind::Text { max })
}
/// HTML or many lines.
#[must_use]
pub fn html(key: &'static str) -> Field {
    Field::new(key, Kind::Html { max: 1_000_000 })
}
/// True or false.
#[must_use]
pub fn boolean(key: &'static str) -> Field {
    Field::new(key, Kind::Bool)
}
/// True or false, false at first.
#[must_use]
pub fn flag(key: &'static str) -> Field {
    boolean(key).value(false)
}
/// An instant.
#[must_use]
pub fn time(key: &'static str) -> Field {
    Field::new(key, Kind::Time)
}
/// A whole number from zero up.
#[must_use]
pub fn count(key: &'static str) -> Field {
    Field::new(key, Kind::Int { min: 0, max: i64::from(i32::MAX) })
}
/// A whole number that the wire shows as a string.
#[must_use]
pub fn digits(key: &'static str) -> Field {
    Field::new(key, Kind::Digits { min: 0, max: i64::MAX })
}
/// An amount.
#[must_use]
pub fn decimal(key: &'static str) -> Field {
    Field::new(key, Kind::Decimal)
}
/// A reference.
#[must_use]
pub fn refer(key: &'static str, module: &'static str) -> Field {
    Field::new(key, Kind::Ref(Name::Borrowed(module)))
}
/// References, kept in the row's document under the side-table number `field`.
#[must_use]
pub fn refer_many(key: &'static str, module: &'static str, field: i64) -> Field {
    Field::new(key, Kind::RefMany(Name::Borrowed(module))).document(field)
}
/// A list of texts.
#[must_use]
pub fn texts(key: &'static str) -> Field {
    let mut field = Field::new(key, Kind::PickMany { options: Vec::new() });
    field.searchable = false;
    field
}
/// A nested object.
#[must_use]
pub fn group(key: &'static str, members: Vec<Field>) -> Field {
    Field::new(key, Kind::Group(members))
}
/// A document that is kept as it came.
#[must_use]
pub fn json(key: &'static str) -> Field {
    let mut field = Field::new(key, Kind::Json);
    field.searchable = false;
    field
}
/// Another field of the record, shown a second time under this key.
#[must_use]
pub fn mirror(key: &'static str, of: &'static str) -> Field {
    let mut field = json(key).computed();
    field.mirrors = Some(of);
    field
}
/// A document that comes with an input, is acted upon and not kept; what it says may be shown all the same.
#[must_use]
pub fn instruction(key: &'static str) -> Field {
    json(key).instruction()
}
/// Since when the record is there.
#[must_use]
pub fn created_time() -> Field {
    time("created_time").read_only().preset(Preset::Now).untracked()
}
/// Who added the record.
#[must_use]
pub fn created_by() -> Field {
    refer("created_by", "user").read_only().preset(Preset::Caller).untracked()
}
