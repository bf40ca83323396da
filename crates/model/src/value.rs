//! One cell of a record.

use std::fmt;

/// What a field holds. Few cases on purpose: the field's [`Kind`](crate::Kind) gives the meaning, this
/// gives the bits. Ids, instants (milliseconds since 1970-01-01 UTC), dates (their midnight, UTC) and
/// durations (milliseconds) are all [`Value::Int`]; lists and nested documents are their JSON text.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Value {
    /// Nothing given.
    #[default]
    Null,
    /// True or false.
    Bool(bool),
    /// A whole number: also ids, instants, dates and durations.
    Int(i64),
    /// A number with a fraction. Never NaN: the readers refuse it.
    Double(f64),
    /// Text, or a JSON document as text.
    Text(String),
}

impl Value {
    /// True for [`Value::Null`].
    #[must_use]
    pub const fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// The whole number, if it is one.
    #[must_use]
    pub const fn as_int(&self) -> Option<i64> {
        match self {
            Self::Int(n) => Some(*n),
            _ => None,
        }
    }

    /// The truth value; databases without a boolean give 0 and 1.
    #[must_use]
    pub const fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(b) => Some(*b),
            Self::Int(n) => Some(*n != 0),
            _ => None,
        }
    }

    /// The number, whole or not.
    #[must_use]
    pub fn as_double(&self) -> Option<f64> {
        match self {
            Self::Double(d) => Some(*d),
            #[expect(
                clippy::cast_precision_loss,
                reason = "a number typed as double may be read from an integer column"
            )]
            Self::Int(n) => Some(*n as f64),
            _ => None,
        }
    }

    /// The text, if it is one.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Text(s) => Some(s),
            _ => None,
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => Ok(()),
            Self::Bool(b) => b.fmt(f),
            Self::Int(n) => n.fmt(f),
            Self::Double(d) => d.fmt(f),
            Self::Text(s) => s.fmt(f),
        }
    }
}

impl From<bool> for Value {
    fn from(b: bool) -> Self {
        Self::Bool(b)
    }
}
impl From<i64> for Value {
    fn from(n: i64) -> Self {
        Self::Int(n)
    }
}
impl From<f64> for Value {
    fn from(d: f64) -> Self {
        Self::Double(d)
    }
}
impl From<&str> for Value {
    fn from(s: &str) -> Self {
        Self::Text(s.to_owned())
    }
}
impl From<String> for Value {
    fn from(s: String) -> Self {
        Self::Text(s)
    }
}
impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(o: Option<T>) -> Self {
        o.map_or(Self::Null, Into::into)
    }
}
