//! Texts of records that are read often: what is the same in every answer about a record is written once
//! ([`wire::writer::Stencil`]).
//!
//! Nothing has to be forgotten here. A text counts for the very record that it was made of, told by where its values are in
//! memory, with the very lookups, and as long as no person was changed; the store forgets a record before a commit that changed
//! it is acknowledged, and what it reads then is another one.

use crate::v3::pieces::Pieces;
use bytes::Bytes;
use desk::{Desk, Snapshot, View};
use model::{Origin, Record, Size};
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use std::ops::Range;
use std::sync::{Arc, Weak};
use wire::writer::{LeftOut, Stencil, Writer};

/// What a request's text usually takes.
const USUAL_BYTES: u64 = 9 * 1024;

/// The texts, by the ids of their records.
#[derive(Debug)]
pub(crate) struct Texts(Cache<i64, Arc<Text>, Weight>);

/// A record as it is written.
#[derive(Debug)]
pub(crate) struct Text {
    origin: Origin,
    /// Held weakly: lookups that were replaced are not kept for it, and no others come to lie in their place.
    snapshot: Weak<Snapshot>,
    /// The people whom it names ([`Desk::people_as_of`]).
    people: u64,
    stencil: Stencil,
}

#[derive(Clone, Debug)]
struct Weight;

impl Weighter<i64, Arc<Text>> for Weight {
    fn weight(&self, _: &i64, text: &Arc<Text>) -> u64 {
        (size_of::<Text>() + text.stencil.bytes() + 64) as u64
    }
}

impl Texts {
    /// At most so many bytes of them.
    pub fn new(bytes: u64) -> Self {
        let entries = usize::try_from(bytes / USUAL_BYTES).unwrap_or(usize::MAX);
        Self(Cache::with_weighter(entries, bytes, Weight))
    }

    /// The text of a record to which nothing was done since it came from the store.
    pub fn of(&self, record: &Record) -> Option<Arc<Text>> {
        if !record.is_shared() || record.put_over().next().is_some() {
            return None;
        }
        self.0.get(&record.id().get()).filter(|text| record.comes_from(&text.origin))
    }

    /// Keeps the text of a record, with what an answer has put over it. What was put over this time or before differs, and so
    /// do records that change by themselves, where it refers to any.
    pub fn keep(&self, writer: &Writer<'_>, record: &Record, view: &View, before: Option<&Text>) {
        let module = &record.module;
        let far = view.snapshot().catalogue.far_references(&module.name);
        let before = before.map_or(&[][..], Text::slots);
        let is_of_row = |slot: usize| module.leaf(slot).is_some_and(|leaf| leaf.field.excerpt_of.is_some());
        let is_far = |slot: usize| far.iter().any(|far| far.slot == slot && far.size != Size::People);
        let varies = |slot: usize| {
            before.contains(&slot)
                || (record.put_over().any(|over| over == slot) && !is_of_row(slot))
                || (is_far(slot) && !record.at(slot).is_null())
        };
        let (Some(origin), Some(stencil)) = (record.origin(), writer.stencil(record, varies)) else { return };
        let (snapshot, people) = (Arc::downgrade(view.snapshot()), view.people_as_of());
        self.0.insert(record.id().get(), Arc::new(Text { origin, snapshot, people, stencil }));
    }
}

impl Text {
    /// Whether it names people as they are.
    pub fn knows_people(&self, desk: &Desk) -> bool {
        self.people == desk.people_as_of()
    }

    /// The places of the record that must be looked at for each answer.
    pub fn slots(&self) -> &[usize] {
        self.stencil.slots()
    }

    /// Writes the record, where the text still counts.
    pub fn write(&self, writer: &Writer<'_>, record: &Record, view: &View, out: &mut String) -> bool {
        self.is_of(view) && writer.fill(out, record, &self.stencil)
    }

    /// The same, but for one stretch that is sent from here.
    pub fn write_around(
        self: &Arc<Self>,
        writer: &Writer<'_>,
        record: &Record,
        view: &View,
        out: &mut String,
    ) -> Option<Stretch> {
        if !self.is_of(view) {
            return None;
        }
        let LeftOut { at, stretch } = writer.fill_around(out, record, &self.stencil)?;
        Some(Stretch { at, text: self.clone(), bytes: stretch })
    }

    fn is_of(&self, view: &View) -> bool {
        std::ptr::eq(self.snapshot.as_ptr(), Arc::as_ptr(view.snapshot()))
    }
}

/// A stretch of a kept text, and where in the rest of an answer it belongs, in bytes.
#[derive(Debug)]
pub(crate) struct Stretch {
    at: usize,
    text: Arc<Text>,
    bytes: Range<usize>,
}

impl Stretch {
    /// The whole answer, of which this is the rest.
    pub fn within(self, rest: String) -> Pieces {
        Pieces::new(rest, self.at, Bytes::from_owner(self))
    }
}

impl AsRef<[u8]> for Stretch {
    fn as_ref(&self) -> &[u8] {
        self.text.stencil.text().as_bytes().get(self.bytes.clone()).unwrap_or_default()
    }
}
