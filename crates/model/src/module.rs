//! Modules: the nouns of the desk.

use crate::field::{Field, Kind, Name, Storage};
use crate::{Map, Record, Value};
use std::borrow::Cow;
use std::sync::Arc;

/// The first part of a scope, `SDPOnDemand.<area>.<operation>` (conventions.md section 2.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
#[expect(missing_docs, reason = "the names are the vendor's own words")]
pub enum Area {
    Requests,
    Problems,
    Changes,
    Projects,
    Assets,
    Cmdb,
    Solutions,
    Purchases,
    Contracts,
    Releases,
    Setup,
    Users,
    General,
    Custommodule,
}

impl Area {
    /// All areas, in the order of their bits.
    pub const ALL: [Self; 14] = [
        Self::Requests,
        Self::Problems,
        Self::Changes,
        Self::Projects,
        Self::Assets,
        Self::Cmdb,
        Self::Solutions,
        Self::Purchases,
        Self::Contracts,
        Self::Releases,
        Self::Setup,
        Self::Users,
        Self::General,
        Self::Custommodule,
    ];

    /// The word in a scope.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Requests => "requests",
            Self::Problems => "problems",
            Self::Changes => "changes",
            Self::Projects => "projects",
            Self::Assets => "assets",
            Self::Cmdb => "cmdb",
            Self::Solutions => "solutions",
            Self::Purchases => "purchases",
            Self::Contracts => "contracts",
            Self::Releases => "releases",
            Self::Setup => "setup",
            Self::Users => "users",
            Self::General => "general",
            Self::Custommodule => "custommodule",
        }
    }
}

/// How many records there will be, which decides how references to them are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    /// A few hundred: every process keeps them all in memory, checked against a version row.
    Small,
    /// Thousands to millions, often referred to: kept in a bounded cache as they are met.
    People,
    /// Millions: read when asked for.
    Large,
}

/// What deleting does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deletion {
    /// The row stays, flagged `deleted` or `inactive`: old records go on showing it, new input may not use it.
    Flag(&'static str),
    /// To the trash first, from there for ever.
    Trash,
    /// For ever.
    Remove,
}

/// A collection below a record: `requests/{id}/notes`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Child {
    /// The path segment.
    pub path: &'static str,
    /// The module of the rows.
    pub module: &'static str,
    /// The rows' field that refers to the parent.
    pub field: &'static str,
}

/// The records that are in a view: a technician is a user with `is_technician`, a switch is an asset whose product type
/// is a switch or below it.
#[derive(Clone, Debug, PartialEq)]
pub struct Fixed {
    /// The field.
    pub field: &'static str,
    /// What it holds: one of these. A record that is added through the view gets the first one.
    pub values: Vec<Value>,
}

impl Fixed {
    /// Whether a record is in the view.
    #[must_use]
    pub fn holds(&self, record: &Record) -> bool {
        self.values.contains(record.get(self.field))
    }
}

/// Something that can be done with a record beside reading and writing it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation {
    /// The verb; clients write it with or without a leading underscore (requests.md section 2).
    pub name: &'static str,
    /// The HTTP methods that it answers to.
    pub methods: &'static [&'static str],
    /// Whether it hangs on a record (`requests/{id}/_close`) or on the collection (`requests/_metainfo`).
    pub on_record: bool,
    /// The key of its input, if it takes one.
    pub input: Option<&'static str>,
    /// One line for the OpenAPI document.
    pub summary: &'static str,
}

/// What is described before a module is frozen.
#[derive(Clone, Debug, PartialEq)]
pub struct Description {
    /// Singular: the JSON key of one record.
    pub name: Name,
    /// Plural: the path segment and the JSON key of a list.
    pub plural: Name,
    /// The JSON key of one record, where it is not the name.
    pub wire_key: Option<&'static str>,
    /// The JSON key of a list, where it is not the plural.
    pub list_key: Option<&'static str>,
    /// Other keys under which a list's rows stand a second time, for clients that read them there.
    pub list_aliases: &'static [&'static str],
    /// Other path segments for the same collection.
    pub paths: Vec<&'static str>,
    /// Other keys that an input may come under.
    pub input_keys: Vec<&'static str>,
    /// The database table.
    pub table: Name,
    /// The scope's area.
    pub area: Area,
    /// More areas whose READ also lets one read it.
    pub also_read_by: &'static [Area],
    /// The field that names a record to people, and by which references find it.
    pub title: &'static str,
    /// The fields.
    pub fields: Vec<Field>,
    /// The keys that a reference to a record shows.
    pub embed: &'static [&'static str],
    /// Sort field and whether descending, where a list asks for none.
    pub sort: (&'static str, bool),
    /// How many there will be.
    pub size: Size,
    /// What deleting does.
    pub deletion: Deletion,
    /// Collections below a record.
    pub children: Vec<Child>,
    /// Lists of other records that refer to a record, at paths below it: the assets of a user.
    pub related: Vec<Child>,
    /// Operations.
    pub operations: Vec<Operation>,
    /// Whether the collection is reached at the top level, not only below a parent.
    pub top_level: bool,
    /// Whether the API may write it at all.
    pub writable: bool,
    /// For a view of another module's records: the field that tells which of them are in it.
    pub fixed: Option<Fixed>,
    /// For a view: the path segment below which its own stands, as `cmdb/ci_computer`.
    pub below: Option<&'static str>,
    /// Whether administrators can add fields of their own, kept under `udf_fields`.
    pub extensible: bool,
    /// The fields that may refer to the record above, under which this one's changes are told, for `_history`. The
    /// first one that does is meant.
    pub history_of: &'static [&'static str],
    /// Composite indexes, each a list of field paths; the id comes last by itself.
    pub indexes: Vec<Vec<&'static str>>,
}

/// Where a leaf field is: the path of keys that leads to it and its place in a record.
#[derive(Clone, Debug, PartialEq)]
pub struct Leaf {
    /// Keys joined by dots: `closure_info.closure_code`.
    pub path: String,
    /// The column, for fields that have one: dots become underscores.
    pub column: String,
    /// The field.
    pub field: Arc<Field>,
}

impl Leaf {
    /// Whether the value is in a column.
    #[must_use]
    pub fn is_column(&self) -> bool {
        self.field.storage == Storage::Column
    }
    /// Whether a second column holds the folded text, for search and sort.
    #[must_use]
    pub fn has_key_column(&self) -> bool {
        self.is_column()
            && self.field.searchable
            && matches!(
                self.field.kind,
                Kind::Text { .. }
                    | Kind::Html { .. }
                    | Kind::Email
                    | Kind::Color
                    | Kind::Decimal
                    | Kind::Pick { .. }
            )
    }
    /// The module referred to, for references.
    #[must_use]
    pub fn target(&self) -> Option<&str> {
        match &self.field.kind {
            Kind::Ref(m) | Kind::RefMany(m) => Some(m),
            _ => None,
        }
    }
}

/// A described noun, frozen: its leaves have places, its paths are indexed.
#[derive(Debug)]
pub struct Module {
    what: Description,
    leaves: Vec<Leaf>,
    places: Map<String, usize>,
    /// The places of the id and of the title, which every call asks for many times.
    id: Option<usize>,
    title: Option<usize>,
    tree: Vec<Node>,
    embed: Vec<Node>,
    list: Vec<Node>,
    excerpts: Vec<(usize, usize)>,
}

/// A member of a record as the wire shows it: a leaf, or a group of members.
#[derive(Clone, Debug, PartialEq)]
pub enum Node {
    /// A leaf by its place in the record.
    Leaf {
        /// Its key.
        key: Key,
        /// Its place.
        slot: usize,
        /// How its value is written.
        form: Form,
    },
    /// A nested object.
    Group {
        /// Its key.
        key: Key,
        /// Its members.
        members: Vec<Self>,
        /// Whether the whole is null when every member is.
        collapse: bool,
    },
}

impl Node {
    /// The bare key.
    #[must_use]
    pub fn key(&self) -> &str {
        let (Self::Leaf { key, .. } | Self::Group { key, .. }) = self;
        key.name()
    }
}

/// The key of a member, ready to be written: most members of most records are null, and are copied as one piece.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key(Box<str>);

impl Key {
    const NULL: &str = "null";

    fn new(name: &str) -> Self {
        Self(format!(",\"{name}\":{}", Self::NULL).into())
    }
    fn name(&self) -> &str {
        self.piece(2, 2 + Self::NULL.len())
    }
    /// As the first member of an object: `"key":`.
    #[must_use]
    pub fn first(&self) -> &str {
        self.piece(1, Self::NULL.len())
    }
    /// As a member behind another: `,"key":`.
    #[must_use]
    pub fn next(&self) -> &str {
        self.piece(0, Self::NULL.len())
    }
    /// As a member behind another, which is null: `,"key":null`.
    #[must_use]
    pub const fn next_null(&self) -> &str {
        &self.0
    }
    /// What is between so many bytes at the beginning and so many at the end.
    fn piece(&self, before: usize, behind: usize) -> &str {
        self.0.get(before..self.0.len().saturating_sub(behind)).unwrap_or_default()
    }
}

/// How a value is written, as its field's [`Kind`] demands (conventions.md section 5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A reference.
    Ref,
    /// An array of references.
    Refs,
    /// A JSON array that is stored as it is written; an empty one where there is nothing.
    Array,
    /// A running number and how it is shown.
    Number,
    /// A whole number as a string.
    Digits,
    /// An instant and how it is shown.
    Time,
    /// A day and how it is shown.
    Date,
    /// A time span in its parts.
    Span,
    /// True or false.
    Bool,
    /// JSON that is stored as it is written.
    Json,
    /// A text or a number as it is.
    Plain,
}

impl Form {
    const fn of(kind: &Kind) -> Self {
        match kind {
            Kind::Ref(_) => Self::Ref,
            Kind::RefMany(_) => Self::Refs,
            Kind::PickMany { .. } => Self::Array,
            Kind::Number { .. } => Self::Number,
            Kind::Id | Kind::Digits { .. } => Self::Digits,
            Kind::Time => Self::Time,
            Kind::Date => Self::Date,
            Kind::Span => Self::Span,
            Kind::Bool => Self::Bool,
            Kind::Json => Self::Json,
            Kind::Text { .. }
            | Kind::Html { .. }
            | Kind::Email
            | Kind::Color
            | Kind::Int { .. }
            | Kind::Double
            | Kind::Decimal
            | Kind::Pick { .. }
            | Kind::Group(_) => Self::Plain,
        }
    }
}

impl std::ops::Deref for Module {
    type Target = Description;
    fn deref(&self) -> &Description {
        &self.what
    }
}

impl Module {
    /// Freezes a description.
    #[must_use]
    pub fn new(what: Description) -> Self {
        let mut leaves = Vec::new();
        let mut tree = Vec::new();
        flatten(&what.fields, "", &mut leaves, &mut tree);
        let mut places: Map<String, usize> =
            leaves.iter().enumerate().map(|(slot, leaf): (usize, &Leaf)| (leaf.path.clone(), slot)).collect();
        for (slot, leaf) in leaves.iter().enumerate() {
            for alias in &leaf.field.aliases {
                places.entry(alias.to_string()).or_insert(slot);
            }
        }
        let embed =
            what.embed.iter().filter_map(|key| tree.iter().find(|n| n.key() == *key).cloned()).collect();
        let shown_in_list: Vec<&str> =
            what.fields.iter().filter(|f| f.in_list && f.shown).map(|f| f.key.as_ref()).collect();
        let list = tree.iter().filter(|n| shown_in_list.contains(&n.key())).cloned().collect();
        let excerpt = |(slot, leaf): (usize, &Leaf)| Some((slot, *places.get(leaf.field.excerpt_of?)?));
        let excerpts = leaves.iter().enumerate().filter_map(excerpt).collect();
        let (id, title) = (places.get("id").copied(), places.get(what.title).copied());
        Self { what, leaves, places, id, title, tree, embed, list, excerpts }
    }

    /// The leaves, in the order of their places.
    #[must_use]
    pub fn leaves(&self) -> &[Leaf] {
        &self.leaves
    }
    /// The leaf at a place.
    #[must_use]
    pub fn leaf(&self, slot: usize) -> Option<&Leaf> {
        self.leaves.get(slot)
    }
    /// The place of a path or of an alias.
    #[must_use]
    pub fn slot(&self, path: &str) -> Option<usize> {
        self.places.get(path).copied()
    }
    /// The place of the id.
    #[must_use]
    pub const fn id_slot(&self) -> Option<usize> {
        self.id
    }
    /// The place of what names a record to people.
    #[must_use]
    pub const fn title_slot(&self) -> Option<usize> {
        self.title
    }
    /// The fields that are the beginnings of others: their places, and those of the others.
    pub fn excerpts(&self) -> impl Iterator<Item = (usize, usize)> + '_ {
        self.excerpts.iter().copied()
    }
    /// The leaf at a path.
    #[must_use]
    pub fn find(&self, path: &str) -> Option<&Leaf> {
        self.slot(path).and_then(|slot| self.leaf(slot))
    }
    /// A top-level field by its key or an alias.
    #[must_use]
    pub fn field(&self, key: &str) -> Option<&Field> {
        self.what.fields.iter().find(|f| f.key == key || f.aliases.iter().any(|a| a == key))
    }
    /// Everything that a full record shows.
    #[must_use]
    pub fn tree(&self) -> &[Node] {
        &self.tree
    }
    /// What a reference shows.
    #[must_use]
    pub fn embedded(&self) -> &[Node] {
        &self.embed
    }
    /// What a row of a list shows by default.
    #[must_use]
    pub fn listed(&self) -> &[Node] {
        &self.list
    }
    /// The key of one record.
    #[must_use]
    pub fn key(&self) -> &str {
        self.what.wire_key.unwrap_or(&self.what.name)
    }
    /// The key of a list of records.
    #[must_use]
    pub fn list_key(&self) -> &str {
        self.what.list_key.unwrap_or(&self.what.plural)
    }
    /// The path of the collection: `requests`, or `cmdb/ci_computer` for a view below another one.
    #[must_use]
    pub fn path(&self) -> Cow<'_, str> {
        match self.what.below {
            Some(above) => Cow::Owned(format!("{above}/{}", self.what.plural)),
            None => Cow::Borrowed(&self.what.plural),
        }
    }
    /// The list of records that refer to one, at this path segment.
    #[must_use]
    pub fn related_at(&self, path: &str) -> Option<&Child> {
        self.what.related.iter().find(|c| c.path == path)
    }
    /// Whether a record of the module is in it; always, but for a view.
    #[must_use]
    pub fn holds(&self, record: &Record) -> bool {
        self.what.fixed.as_ref().is_none_or(|fixed| fixed.holds(record))
    }
    /// The record above, under which the changes of one are told.
    #[must_use]
    pub fn above(&self, record: &Record) -> Option<(&'static str, crate::Id)> {
        self.what.history_of.iter().find_map(|field| record.reference(field).map(|id| (*field, id)))
    }
    /// The child collection at this path segment.
    #[must_use]
    pub fn child(&self, path: &str) -> Option<&Child> {
        self.what.children.iter().find(|c| c.path == path)
    }
    /// The operation at this path segment, with or without its underscore.
    #[must_use]
    pub fn operation(&self, segment: &str, on_record: bool) -> Option<&Operation> {
        let bare = segment.strip_prefix('_').unwrap_or(segment);
        self.what.operations.iter().find(|o| o.on_record == on_record && o.name == bare)
    }
    /// Whether the flag that deletion sets is this field.
    #[must_use]
    pub fn deleted_flag(&self) -> Option<&'static str> {
        match self.what.deletion {
            Deletion::Flag(field) => Some(field),
            Deletion::Trash => Some("is_trashed"),
            Deletion::Remove => None,
        }
    }
}

fn flatten(fields: &[Field], prefix: &str, leaves: &mut Vec<Leaf>, nodes: &mut Vec<Node>) {
    for field in fields {
        let path = if prefix.is_empty() { field.key.to_string() } else { format!("{prefix}.{}", field.key) };
        let key = Key::new(&field.key);
        if let Kind::Group(members) = &field.kind {
            let mut inner = Vec::new();
            flatten(members, &path, leaves, &mut inner);
            if field.shown {
                nodes.push(Node::Group { key, members: inner, collapse: field.collapse });
            }
        } else if let Some(slot) =
            field.mirrors.and_then(|of| leaves.iter().position(|leaf: &Leaf| leaf.path == of))
        {
            let form = leaves.get(slot).map_or(Form::Plain, |leaf| Form::of(&leaf.field.kind));
            nodes.push(Node::Leaf { key, slot, form });
        } else {
            if field.shown {
                nodes.push(Node::Leaf { key, slot: leaves.len(), form: Form::of(&field.kind) });
            }
            leaves.push(Leaf { column: path.replace('.', "_"), path, field: Arc::new(field.clone()) });
        }
    }
}
