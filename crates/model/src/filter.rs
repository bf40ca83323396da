//! Filters that have been checked against the catalogue: every path leads somewhere, every operand has the
//! type of its field.

use crate::{Kind, Leaf, Module, Value, fold_email};
use std::sync::Arc;

/// Which records.
#[derive(Clone, Debug)]
pub enum Filter {
    /// Those that pass all; every record when there are none.
    All(Vec<Self>),
    /// Those that pass any; no record when there are none.
    Any(Vec<Self>),
    /// Those that do not pass. A test of an empty field fails, so its negation passes.
    Not(Box<Self>),
    /// Those that pass this test.
    Test(Test),
}

impl Filter {
    /// Every record.
    #[must_use]
    pub const fn everything() -> Self {
        Self::All(Vec::new())
    }
    /// No record.
    #[must_use]
    pub const fn nothing() -> Self {
        Self::Any(Vec::new())
    }
    /// Those that pass both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::All(mut a), Self::All(b)) => {
                a.extend(b);
                Self::All(a)
            }
            (Self::All(mut a), b) | (b, Self::All(mut a)) => {
                a.push(b);
                Self::All(a)
            }
            (a, b) => Self::All(vec![a, b]),
        }
    }
    /// Those that do not pass.
    #[must_use]
    pub fn negate(self) -> Self {
        Self::Not(Box::new(self))
    }
}

/// How a field is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Op {
    /// Equal to one of the operands.
    In,
    /// Less than the operand.
    Less,
    /// Less than or equal to the operand.
    LessOrEqual,
    /// Greater than the operand.
    Greater,
    /// Greater than or equal to the operand.
    GreaterOrEqual,
    /// From the first operand to the second, both included.
    Between,
    /// Text begins with one of the operands.
    StartsWith,
    /// Text ends with one of the operands.
    EndsWith,
    /// Text contains one of the operands.
    Contains,
    /// There is no value (or an empty text). The only test that an empty field passes.
    Empty,
}

impl Op {
    /// Whether it looks for a part of a text.
    #[must_use]
    pub const fn is_part(self) -> bool {
        matches!(self, Self::StartsWith | Self::EndsWith | Self::Contains)
    }

    /// Whether what passes lies side by side in the order of the field.
    #[must_use]
    pub const fn is_stretch(self) -> bool {
        matches!(
            self,
            Self::Less
                | Self::LessOrEqual
                | Self::Greater
                | Self::GreaterOrEqual
                | Self::Between
                | Self::Empty
        )
    }
}

/// One comparison. Operands for text are folded ([`fold`](crate::fold)); parts of a number that is shown as its digits
/// are texts too.
#[derive(Clone, Debug)]
pub struct Test {
    /// What is compared.
    pub path: Path,
    /// How.
    pub op: Op,
    /// With what.
    pub operands: Vec<Value>,
}

/// The way from a record through references to a field.
#[derive(Clone, Debug)]
pub struct Path {
    /// The references on the way: the module that has it, and its place there.
    pub via: Vec<(Arc<Module>, usize)>,
    /// The module of the last field.
    pub module: Arc<Module>,
    /// The place of the last field.
    pub slot: usize,
}

impl Path {
    /// A field of the module itself.
    #[must_use]
    pub fn of(module: &Arc<Module>, path: &str) -> Option<Self> {
        module.slot(path).map(|slot| Self { via: Vec::new(), module: module.clone(), slot })
    }
    /// The last field.
    #[must_use]
    pub fn leaf(&self) -> Option<&Leaf> {
        self.module.leaf(self.slot)
    }
}

/// Shorthand: the records of `module` whose field at `path` equals one of the operands.
#[must_use]
pub fn equals(module: &Arc<Module>, path: &str, operands: Vec<Value>) -> Filter {
    test(module, path, Op::In, operands)
}

/// Shorthand: one comparison of a field of `module`; no record passes where the module has no such field.
#[must_use]
pub fn test(module: &Arc<Module>, path: &str, op: Op, operands: Vec<Value>) -> Filter {
    debug_assert!(module.slot(path).is_some(), "{} has no {path}", module.name);
    let Some(path) = Path::of(module, path) else { return Filter::nothing() };
    let operands = in_one_spelling(&path, operands);
    Filter::Test(Test { path, op, operands })
}

/// Operands as the field that they are compared with is kept: an address has several spellings.
#[must_use]
pub fn in_one_spelling(path: &Path, mut operands: Vec<Value>) -> Vec<Value> {
    if path.leaf().is_some_and(|leaf| leaf.field.kind == Kind::Email) {
        for operand in &mut operands {
            if let Value::Text(text) = operand {
                *text = fold_email(text);
            }
        }
    }
    operands
}

/// A key to sort by.
#[derive(Clone, Debug)]
pub struct SortKey {
    /// What.
    pub path: Path,
    /// Greatest first. Empty fields count as least.
    pub descending: bool,
}
