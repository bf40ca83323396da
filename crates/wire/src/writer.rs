//! Records out: from values to the JSON that clients expect, every form exactly as it was seen on the wire
//! (conventions 5, requests.md section 3). The hot path of every answer: one pass, one buffer, no tree.

mod stencil;

pub use stencil::{LeftOut, Stencil};

use crate::envelope::json_string;
use crate::time;
use model::{Form, Id, Kind, Module, Node, Record, Size, Value};
use std::cell::Cell;
use std::fmt::Write as _;

/// Finds the records that references mean.
pub trait Lookups {
    /// The record of a module with this id, if it is known.
    fn record(&self, module: &str, id: Id) -> Option<&Record>;
}

/// References inside references are written this deep: a user's department's site.
const DEPTH_MAX: u8 = 3;

/// Writes records for one caller.
pub struct Writer<'a> {
    lookups: &'a dyn Lookups,
    zone: &'a jiff::tz::TimeZone,
    /// For somebody who is told of other people only who they are: themselves.
    alone: Option<Id>,
    /// The zone's offset, and the stretch of time for which it is known to hold.
    offset: Cell<Option<time::Offset>>,
}

/// Which of a record's members are written.
#[derive(Clone, Debug)]
pub struct Selection {
    nodes: Vec<Node>,
    /// Places of references of which nothing but the id is wanted.
    bare: Vec<usize>,
}

impl Selection {
    /// What a row of a list shows by default.
    #[must_use]
    pub fn listed(module: &Module) -> Self {
        Self { nodes: module.listed().to_vec(), bare: Vec::new() }
    }
    /// The members that `fields_required` names, and the id. A dotted name means one member of a group, and the whole of
    /// a reference unless it is the reference's id; unknown names mean nothing.
    #[must_use]
    pub fn of<'f>(module: &Module, fields: &'f [String]) -> Self {
        let mut bare = Vec::new();
        let named = |node: &Node| {
            if node.key() == "id" || fields.iter().any(|field| field == node.key()) {
                return Some(node.clone());
            }
            let inside = |field: &'f String| {
                let (first, rest) = field.split_once('.')?;
                if first == node.key() { rest.split('.').next() } else { None }
            };
            let wanted: Vec<&str> = fields.iter().filter_map(inside).collect();
            match node {
                _ if wanted.is_empty() => None,
                Node::Leaf { slot, .. } => {
                    let refers = module.leaf(*slot).is_some_and(|leaf| leaf.target().is_some());
                    if refers && wanted.iter().all(|member| *member == "id") {
                        bare.push(*slot);
                    }
                    Some(node.clone())
                }
                Node::Group { key, members, collapse } => {
                    let members = members.iter().filter(|m| wanted.contains(&m.key())).cloned().collect();
                    Some(Node::Group { key: key.clone(), members, collapse: *collapse })
                }
            }
        };
        let nodes = module.tree().iter().filter_map(named).collect();
        Self { nodes, bare }
    }
    /// The members.
    #[must_use]
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }
    /// Whether of the reference at a place nothing but the id is written, so that nobody need look for its record.
    #[must_use]
    pub fn is_bare(&self, slot: usize) -> bool {
        self.bare.contains(&slot)
    }
}

impl<'a> Writer<'a> {
    /// A writer that finds references here and shows times in this zone.
    #[must_use]
    pub const fn new(lookups: &'a dyn Lookups, zone: &'a jiff::tz::TimeZone) -> Self {
        Self { lookups, zone, alone: None, offset: Cell::new(None) }
    }

    /// The same for somebody who is told of other people only who they are, and not what is personal; of themselves everything.
    #[must_use]
    pub const fn alone(self, person: Id) -> Self {
        Self { alone: Some(person), ..self }
    }

    /// Writes everything that a record shows, nulls included.
    pub fn record(&self, out: &mut String, record: &Record) {
        self.nodes(out, record, record.module.tree(), 0);
    }
    /// Writes a row.
    pub fn row(&self, out: &mut String, record: &Record, selection: &Selection) {
        if selection.bare.is_empty() {
            return self.nodes(out, record, &selection.nodes, 0);
        }
        out.push('{');
        for (i, node) in selection.nodes.iter().enumerate() {
            match node {
                Node::Leaf { key, slot, .. } if selection.is_bare(*slot) => {
                    out.push_str(if i == 0 { key.first() } else { key.next() });
                    bare(out, record, *slot);
                }
                node => self.node(out, record, node, 0, i == 0),
            }
        }
        out.push('}');
    }
    /// Writes what a reference to a record shows.
    pub fn reference(&self, out: &mut String, record: &Record) {
        self.embed(out, record, 0);
    }

    fn nodes(&self, out: &mut String, record: &Record, nodes: &[Node], depth: u8) {
        out.push('{');
        for (i, node) in nodes.iter().enumerate() {
            self.node(out, record, node, depth, i == 0);
        }
        out.push('}');
    }

    fn node(&self, out: &mut String, record: &Record, node: &Node, depth: u8, is_first: bool) {
        match node {
            Node::Leaf { key, slot, form } => match record.at(*slot) {
                Value::Null if depth == 0 && !is_first && !matches!(form, Form::Array | Form::Refs) => {
                    out.push_str(key.next_null());
                }
                value => {
                    out.push_str(if is_first { key.first() } else { key.next() });
                    self.value(out, record, *slot, *form, value, depth);
                }
            },
            Node::Group { key, members, collapse } => {
                out.push_str(if is_first { key.first() } else { key.next() });
                if *collapse && members.iter().all(|m| is_empty(record, m)) {
                    out.push_str("null");
                } else {
                    self.nodes(out, record, members, depth);
                }
            }
        }
    }

    /// Writes the value at a place. Of the field itself as little as possible is looked at: a record has a hundred, and they
    /// are not next to one another in memory.
    fn value(&self, out: &mut String, record: &Record, slot: usize, form: Form, value: &Value, depth: u8) {
        let kind = || record.module.leaf(slot).map(|leaf| &leaf.field.kind);
        match (form, value) {
            (Form::Array | Form::Refs, Value::Null) => out.push_str("[]"),
            (Form::Refs, value) => {
                let Some(Kind::RefMany(target)) = kind() else { return out.push_str("[]") };
                out.push('[');
                for (i, id) in model::record::ids_of(value).into_iter().enumerate() {
                    if i > 0 {
                        out.push(',');
                    }
                    self.refer(out, target, id, depth);
                }
                out.push(']');
            }
            (_, Value::Null) => {
                let leaf = record.module.leaf(slot).filter(|_| depth > 0);
                match leaf.and_then(|leaf| leaf.field.blank) {
                    Some(text) => json_string(out, text),
                    None => out.push_str("null"),
                }
            }
            (Form::Number, Value::Int(n)) => {
                let prefix = if let Some(Kind::Number { prefix }) = kind() { prefix } else { "" };
                let _ = write!(out, "{{\"display_value\":\"{prefix}{n}\",\"value\":\"{n}\"}}");
            }
            (Form::Ref, Value::Int(id)) => match kind() {
                Some(Kind::Ref(target)) => self.refer(out, target, Id::new(*id), depth),
                _ => out.push_str("null"),
            },
            (Form::Digits, Value::Int(n)) => {
                out.push('"');
                time::number(out, *n);
                out.push('"');
            }
            (Form::Time, Value::Int(ms)) => self.instant(out, *ms),
            (Form::Date, Value::Int(ms)) => time::write_date(out, *ms),
            (Form::Span, Value::Int(ms)) => span(out, *ms),
            (Form::Bool, value) => out.push_str(if value.as_bool() == Some(true) { "true" } else { "false" }),
            (Form::Array | Form::Json, Value::Text(json)) => out.push_str(json),
            (_, Value::Int(n)) => time::number(out, *n),
            (_, Value::Double(d)) => {
                let _ = write!(out, "{d}");
            }
            (_, Value::Bool(b)) => out.push_str(if *b { "true" } else { "false" }),
            (_, Value::Text(text)) => json_string(out, text),
        }
    }

    fn refer(&self, out: &mut String, target: &str, id: Id, depth: u8) {
        if depth >= DEPTH_MAX {
            let _ = write!(out, "{{\"id\":\"{id}\"}}");
            return;
        }
        match self.lookups.record(target, id) {
            Some(record) => self.embed(out, record, depth),
            None => out.push_str("null"),
        }
    }

    /// Writes what a reference shows that is written this deep.
    fn embed(&self, out: &mut String, record: &Record, depth: u8) {
        let module = &record.module;
        let is_stranger =
            module.size == Size::People && self.alone.is_some_and(|person| person != record.id());
        if is_stranger {
            self.stranger(out, record, depth + 1);
        } else if module.size == Size::Large {
            self.nodes(out, record, module.embedded(), depth + 1);
        } else {
            // Lookups and people are in nearly every answer: their text is made once. It has no times in it, so it
            // is the same in every zone.
            out.push_str(record.embedded.text(|| {
                let mut text = String::with_capacity(256);
                self.nodes(&mut text, record, module.embedded(), depth + 1);
                text
            }));
        }
    }

    /// Writes what a reference to a person shows to whoever is not told what is personal: the same members, and those are empty.
    fn stranger(&self, out: &mut String, person: &Record, depth: u8) {
        out.push('{');
        for (i, node) in person.module.embedded().iter().enumerate() {
            match node {
                Node::Leaf { key, slot, form }
                    if person.module.leaf(*slot).is_some_and(|leaf| leaf.field.personal) =>
                {
                    out.push_str(if i == 0 { key.first() } else { key.next() });
                    self.value(out, person, *slot, *form, &Value::Null, depth);
                }
                node => self.node(out, person, node, depth, i == 0),
            }
        }
        out.push('}');
    }

    fn instant(&self, out: &mut String, ms: i64) {
        let offset = match self.offset.get().filter(|o| o.holds_at(ms)) {
            Some(offset) => offset,
            None => {
                let offset = time::Offset::at(self.zone, ms);
                self.offset.set(Some(offset));
                offset
            }
        };
        time::write_instant(out, ms, offset);
    }
}

/// A reference, or some, as nothing but ids.
fn bare(out: &mut String, record: &Record, slot: usize) {
    let many = record.module.leaf(slot).is_some_and(|leaf| matches!(leaf.field.kind, Kind::RefMany(_)));
    let one = |out: &mut String, id: i64| {
        out.push_str("{\"id\":\"");
        time::number(out, id);
        out.push_str("\"}");
    };
    match record.at(slot) {
        value if many => {
            out.push('[');
            for (i, id) in model::record::ids_of(value).into_iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                one(out, id.get());
            }
            out.push(']');
        }
        Value::Int(id) => one(out, *id),
        _ => out.push_str("null"),
    }
}

fn is_empty(record: &Record, node: &Node) -> bool {
    match node {
        Node::Leaf { slot, .. } => record.at(*slot).is_null(),
        Node::Group { members, .. } => members.iter().all(|m| is_empty(record, m)),
    }
}

/// `{"hours":"01","minutes":"20","value":"4800000"}` (requests.md section 8).
fn span(out: &mut String, ms: i64) {
    let minutes = ms / 60_000;
    out.push_str("{\"hours\":\"");
    time::two_digits(out, minutes / 60);
    out.push_str("\",\"minutes\":\"");
    time::two_digits(out, minutes % 60);
    out.push_str("\",\"value\":\"");
    time::number(out, ms);
    out.push_str("\"}");
}
