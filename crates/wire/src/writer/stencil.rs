//! Records that are written often: what is the same in every answer is written once and copied from then on, and only
//! the members in which answers differ are written anew.

use super::Writer;
use jiff::tz::TimeZone;
use model::{Form, Node, Record};
use std::ops::Range;

/// A shared record as it is written, and the members in which answers about it differ: what was worked out for one answer,
/// and times, where the caller is in another zone.
///
/// What references show is copied. Whoever keeps a stencil says where they vary, and forgets it when what they show of the
/// others may have changed.
#[derive(Debug)]
pub struct Stencil {
    text: String,
    zone: TimeZone,
    holes: Vec<Hole>,
    slots: Vec<usize>,
}

/// A member that may be written anew: where in the text it is, and which of the module's members, by its place in the tree.
#[derive(Clone, Copy, Debug)]
struct Hole {
    from: u32,
    to: u32,
    member: u16,
    /// Its place in the member, where that is a group of which only this differs.
    inner: Option<u16>,
    /// Whether it differs in every answer, not only in other zones.
    varies: bool,
}

/// A stretch of a stencil's text that was left out of what was written: it need not be copied to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// Where it belongs in what was written, in bytes.
    pub at: usize,
    /// Which bytes of [`Stencil::text`] it is.
    pub stretch: Range<usize>,
}

/// Stretches that are not longer are copied: that costs less than sending one more piece.
const PIECE_MIN: usize = 1024;

impl Stencil {
    /// The record as it was written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The places of the record that may differ in the same zone: those that the members show, and what is not shown at all.
    #[must_use]
    pub fn slots(&self) -> &[usize] {
        &self.slots
    }
    /// The memory that it takes.
    #[must_use]
    pub const fn bytes(&self) -> usize {
        size_of::<Self>()
            + self.text.capacity()
            + self.holes.capacity() * size_of::<Hole>()
            + self.slots.capacity() * size_of::<usize>()
    }
}

impl Writer<'_> {
    /// Writes a record, remembering the members with the places that `varies` names, beside times. `None` for a record that
    /// is not shared or too large.
    #[must_use]
    pub fn stencil(&self, record: &Record, varies: impl Fn(usize) -> bool) -> Option<Stencil> {
        if !record.is_shared() {
            return None;
        }
        let mut stencil = Stencil {
            text: String::with_capacity(8 * 1024),
            zone: self.zone.clone(),
            holes: Vec::new(),
            slots: Vec::new(),
        };
        let differs = |slot: usize, form: Form| {
            let has_time = form == Form::Time && !record.at(slot).is_null();
            Differs { always: varies(slot), elsewhere: has_time || varies(slot) }
        };
        let tree = record.module.tree();
        stencil.text.push('{');
        for (member, node) in tree.iter().enumerate() {
            let member = u16::try_from(member).ok()?;
            let hole = Hole { from: 0, to: 0, member, inner: None, varies: false };
            match node {
                Node::Group { key, members, collapse }
                    if can_be_split(record, members, *collapse, &differs) =>
                {
                    stencil.text.push_str(if member == 0 { key.first() } else { key.next() });
                    stencil.text.push('{');
                    for (inner, node) in members.iter().enumerate() {
                        let hole = Hole { inner: Some(u16::try_from(inner).ok()?), ..hole };
                        self.cut(&mut stencil, record, node, hole, &differs)?;
                    }
                    stencil.text.push('}');
                }
                node => self.cut(&mut stencil, record, node, hole, &differs)?,
            }
        }
        stencil.text.push('}');
        let others = (0..record.module.leaves().len()).filter(|slot| varies(*slot));
        let others: Vec<usize> = others.filter(|slot| !stencil.slots.contains(slot)).collect();
        stencil.slots.extend(others);
        stencil.text.shrink_to_fit();
        stencil.holes.shrink_to_fit();
        stencil.slots.shrink_to_fit();
        Some(stencil)
    }

    /// Writes a member into the text, and remembers where if it may differ.
    fn cut(
        &self,
        stencil: &mut Stencil,
        record: &Record,
        node: &Node,
        hole: Hole,
        differs: &impl Fn(usize, Form) -> Differs,
    ) -> Option<()> {
        let from = u32::try_from(stencil.text.len()).ok()?;
        self.node(&mut stencil.text, record, node, 0, hole.is_first());
        let Differs { always: varies, elsewhere } = has(node, differs);
        if elsewhere {
            let to = u32::try_from(stencil.text.len()).ok()?;
            stencil.holes.push(Hole { from, to, varies, ..hole });
        }
        if varies {
            each(node, &mut |slot, _| stencil.slots.push(slot));
        }
        Some(())
    }

    /// Writes a record by the stencil that was made of it. `false`, with nothing written, where it has values of its own, or
    /// something was put over it at a place that does not differ.
    #[must_use]
    pub fn fill(&self, out: &mut String, record: &Record, stencil: &Stencil) -> bool {
        let Some(LeftOut { at, stretch }) = self.fill_around(out, record, stencil) else { return false };
        out.insert_str(at, stencil.text.get(stretch).unwrap_or_default());
        true
    }

    /// The same without the longest stretch that would be copied, where it is worth a piece of its own; it is empty else. `None`,
    /// with nothing written, where [`Self::fill`] is `false`.
    #[must_use]
    pub fn fill_around(&self, out: &mut String, record: &Record, stencil: &Stencil) -> Option<LeftOut> {
        if !record.is_shared() || record.put_over().any(|slot| !stencil.slots.contains(&slot)) {
            return None;
        }
        let tree = record.module.tree();
        let longest = self.longest(stencil);
        let (begin, mut copied) = (out.len(), 0);
        let mut at = begin;
        let mut copy = |out: &mut String, stretch: Range<usize>| {
            if stretch == longest {
                at = out.len();
            } else {
                out.push_str(stencil.text.get(stretch).unwrap_or_default());
            }
        };
        for hole in self.holes(stencil) {
            let node = match (tree.get(usize::from(hole.member)), hole.inner) {
                (Some(Node::Group { members, .. }), Some(inner)) => members.get(usize::from(inner)),
                (node, _) => node,
            };
            let Some(node) = node else {
                out.truncate(begin);
                return None;
            };
            copy(out, copied..hole.from as usize);
            self.node(out, record, node, 0, hole.is_first());
            copied = hole.to as usize;
        }
        copy(out, copied..stencil.text.len());
        Some(LeftOut { at, stretch: longest })
    }

    /// The longest stretch that is copied, or an empty one where none is worth a piece of its own.
    fn longest(&self, stencil: &Stencil) -> Range<usize> {
        let (mut longest, mut from, end) = (0..0, 0, stencil.text.len());
        let holes = self.holes(stencil).map(|hole| (hole.from as usize, hole.to as usize));
        for (to, next) in holes.chain([(end, end)]) {
            if to - from > longest.len().max(PIECE_MIN) {
                longest = from..to;
            }
            from = next;
        }
        longest
    }

    /// The places that are written anew in this zone.
    fn holes<'s>(&self, stencil: &'s Stencil) -> impl Iterator<Item = &'s Hole> + use<'s> {
        let is_elsewhere = *self.zone != stencil.zone;
        stencil.holes.iter().filter(move |hole| hole.varies || is_elsewhere)
    }
}

impl Hole {
    /// Whether nothing is before it in its object.
    const fn is_first(&self) -> bool {
        match self.inner {
            Some(inner) => inner == 0,
            None => self.member == 0,
        }
    }
}

/// Whether a member is written otherwise in every answer, and whether it is in another zone.
#[derive(Clone, Copy, Default)]
struct Differs {
    always: bool,
    elsewhere: bool,
}

/// Whether a group is written member by member: some of it differs, and whether it is null does not depend on that.
fn can_be_split(
    record: &Record,
    members: &[Node],
    collapse: bool,
    differs: &impl Fn(usize, Form) -> Differs,
) -> bool {
    let stays = |member: &Node| !has(member, differs).always && !super::is_empty(record, member);
    members.iter().any(|member| has(member, differs).elsewhere) && (!collapse || members.iter().any(stays))
}

fn has(node: &Node, differs: &impl Fn(usize, Form) -> Differs) -> Differs {
    let mut found = Differs::default();
    each(node, &mut |slot, form| {
        let leaf = differs(slot, form);
        found.always |= leaf.always;
        found.elsewhere |= leaf.elsewhere;
    });
    found
}

/// The leaves of a member.
fn each(node: &Node, look: &mut dyn FnMut(usize, Form)) {
    match node {
        Node::Leaf { slot, form, .. } => look(*slot, *form),
        Node::Group { members, .. } => members.iter().for_each(|member| each(member, look)),
    }
}
