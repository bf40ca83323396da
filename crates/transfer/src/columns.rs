//! What a column's name means.

use desk::Snapshot;
use model::{Kind, Leaf, Module};

/// Which part of a field a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Part {
    /// The value; of a reference whatever tells which record is meant.
    Whole,
    /// A reference by name.
    Name,
    /// A reference by id.
    Id,
    /// A reference to a person by e-mail address.
    Email,
}

impl Part {
    /// The key inside a reference.
    pub(crate) const fn key(self) -> Option<&'static str> {
        match self {
            Self::Whole => None,
            Self::Name => Some("name"),
            Self::Id => Some("id"),
            Self::Email => Some("email_id"),
        }
    }
}

/// A field, or a part of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Place {
    pub slot: usize,
    pub part: Part,
}

/// Names that people give the ends of a relationship between CIs.
const RELATIONSHIP: [(&str, &str); 6] = [
    ("ci1", "parent_ci"),
    ("ci", "parent_ci"),
    ("ci2", "child_ci"),
    ("related_ci", "child_ci"),
    ("relationship", "relationship_type"),
    ("type", "relationship_type"),
];

/// What a name means: a dotted path, an alias, an additional field without its group, a label.
pub(crate) fn find(module: &Module, name: &str) -> Option<Place> {
    let name = name.trim();
    if let Some(slot) = leaf_named(module, name) {
        return Some(Place { slot, part: Part::Whole });
    }
    if let Some((before, last)) = name.rsplit_once('.')
        && let Some(slot) = leaf_named(module, before)
        && let Some(leaf) = module.leaf(slot)
    {
        let is_time = matches!(leaf.field.kind, Kind::Time | Kind::Date);
        let part = match last.to_ascii_lowercase().as_str() {
            "value" if is_time => Part::Whole,
            "name" if leaf.target().is_some() => Part::Name,
            "id" if leaf.target().is_some() => Part::Id,
            "email_id" if is_person(leaf) => Part::Email,
            _ => return None,
        };
        return Some(Place { slot, part });
    }
    None
}

/// Whether a field refers to people.
pub(crate) fn is_person(leaf: &Leaf) -> bool {
    matches!(leaf.target(), Some("user" | "technician" | "requester"))
}

fn leaf_named(module: &Module, name: &str) -> Option<usize> {
    if let Some(slot) = module.slot(name) {
        return Some(slot);
    }
    let same = |text: &str| text.eq_ignore_ascii_case(name);
    if module.name == "ci_relationship"
        && let Some((_, path)) = RELATIONSHIP.iter().find(|(word, _)| same(word))
    {
        return module.slot(path);
    }
    let leaves = || module.leaves().iter().enumerate();
    let by = |test: &dyn Fn(&Leaf) -> bool| {
        let mut found = leaves().filter(|(_, leaf)| test(leaf)).map(|(slot, _)| slot);
        // Two fields of one name are none of this name.
        found.next().filter(|_| found.next().is_none())
    };
    by(&|leaf| same(&leaf.path))
        .or_else(|| by(&|leaf| leaf.field.aliases.iter().any(|alias| same(alias))))
        .or_else(|| {
            by(&|leaf| {
                ["udf_fields.", "ci_attributes."]
                    .iter()
                    .any(|group| leaf.path.strip_prefix(group).is_some_and(same))
            })
        })
        .or_else(|| by(&|leaf| is_given(leaf) && same(&leaf.field.label)))
        .or_else(|| by(&|leaf| leaf.field.shown && same(&leaf.field.label)))
}

/// Whether an input may give a field.
pub(crate) fn is_given(leaf: &Leaf) -> bool {
    leaf.field.access.is_open() && !leaf.field.ignored
}

/// Whether a field refers to records of its own table.
pub(crate) fn is_own(snapshot: &Snapshot, module: &Module, leaf: &Leaf) -> bool {
    leaf.target()
        .and_then(|target| snapshot.catalogue.module(target))
        .is_some_and(|target| target.table == module.table)
}
