//! Records that are written often: what is the same in every answer is written once and copied from then on, and only
//! the members in which answers differ are written anew.

use super::Writer;
use model::{Form, Node, Record};

/// A shared record as it is written, with holes for the members in which answers about it differ: times, which are shown
/// in the caller's zone, records that change by themselves, and what was worked out for one answer.
#[derive(Debug)]
pub struct Stencil {
    text: String,
    holes: Vec<Hole>,
    slots: Vec<usize>,
}

/// A member that is left out: where in the text, and which of the module's members, by its place in the tree.
#[derive(Clone, Copy, Debug)]
struct Hole {
    at: u32,
    member: u16,
    /// Its place in the member, where that is a group of which only this is left out.
    inner: Option<u16>,
}

impl Stencil {
    /// The places of the record that may differ: those that the holes show, and what is not shown at all.
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
    /// Writes a record, leaving holes for the places that `varies` names, beside those of times. `None` for a record that is
    /// not shared or too large.
    #[must_use]
    pub fn stencil(&self, record: &Record, varies: impl Fn(usize) -> bool) -> Option<Stencil> {
        if !record.is_shared() {
            return None;
        }
        let mut stencil = Stencil { text: String::with_capacity(4096), holes: Vec::new(), slots: Vec::new() };
        let is_hole = |slot: usize, form: Form| form == Form::Time || varies(slot);
        let tree = record.module.tree();
        stencil.text.push('{');
        for (member, node) in tree.iter().enumerate() {
            let member = u16::try_from(member).ok()?;
            match node {
                Node::Group { key, members, collapse }
                    if can_be_split(record, members, *collapse, &is_hole) =>
                {
                    stencil.text.push_str(if member == 0 { key.first() } else { key.next() });
                    stencil.text.push('{');
                    for (inner, node) in members.iter().enumerate() {
                        let hole = Hole { at: 0, member, inner: Some(u16::try_from(inner).ok()?) };
                        self.cut(&mut stencil, record, node, hole, inner == 0, &is_hole)?;
                    }
                    stencil.text.push('}');
                }
                node => {
                    let hole = Hole { at: 0, member, inner: None };
                    self.cut(&mut stencil, record, node, hole, member == 0, &is_hole)?;
                }
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

    /// Writes a member into the text, or leaves a hole for it.
    fn cut(
        &self,
        stencil: &mut Stencil,
        record: &Record,
        node: &Node,
        hole: Hole,
        is_first: bool,
        is_hole: &impl Fn(usize, Form) -> bool,
    ) -> Option<()> {
        if has(node, is_hole) {
            stencil.holes.push(Hole { at: u32::try_from(stencil.text.len()).ok()?, ..hole });
            each(node, &mut |slot, _| stencil.slots.push(slot));
        } else {
            self.node(&mut stencil.text, record, node, 0, is_first);
        }
        Some(())
    }

    /// Writes a record by the stencil that was made of it. `false`, with nothing written, where it has values of its own, or
    /// something was put over it at a place that does not differ.
    #[must_use]
    pub fn fill(&self, out: &mut String, record: &Record, stencil: &Stencil) -> bool {
        if !record.is_shared() || record.put_over().any(|slot| !stencil.slots.contains(&slot)) {
            return false;
        }
        let tree = record.module.tree();
        let (begin, mut from) = (out.len(), 0);
        for hole in &stencil.holes {
            let at = hole.at as usize;
            let node = match (tree.get(usize::from(hole.member)), hole.inner) {
                (Some(Node::Group { members, .. }), Some(inner)) => members.get(usize::from(inner)),
                (node, _) => node,
            };
            let (Some(piece), Some(node)) = (stencil.text.get(from..at), node) else {
                out.truncate(begin);
                return false;
            };
            out.push_str(piece);
            self.node(out, record, node, 0, hole.inner.unwrap_or(hole.member) == 0);
            from = at;
        }
        out.push_str(stencil.text.get(from..).unwrap_or_default());
        true
    }
}

/// Whether a group is written member by member: some of it differs, and whether it is null does not depend on that.
fn can_be_split(
    record: &Record,
    members: &[Node],
    collapse: bool,
    is_hole: &impl Fn(usize, Form) -> bool,
) -> bool {
    let differs = members.iter().any(|member| has(member, is_hole));
    let stays = |member: &Node| !has(member, is_hole) && !super::is_empty(record, member);
    differs && (!collapse || members.iter().any(stays))
}

fn has(node: &Node, is_hole: &impl Fn(usize, Form) -> bool) -> bool {
    let mut found = false;
    each(node, &mut |slot, form| found = found || is_hole(slot, form));
    found
}

/// The leaves of a member.
fn each(node: &Node, look: &mut dyn FnMut(usize, Form)) {
    match node {
        Node::Leaf { slot, form, .. } => look(*slot, *form),
        Node::Group { members, .. } => members.iter().for_each(|member| each(member, look)),
    }
}
