//! What things are: ids, instants, values, and the catalogue that describes every module of the desk once, as
//! data. Pure: no I/O, no clock, no randomness; those come in as arguments.

/// A map whose keys are names and ids of our own, never chosen by a client, so that its hash may be fast.
pub type Map<K, V> = std::collections::HashMap<K, V, foldhash::fast::RandomState>;

pub mod catalogue;
pub mod field;
pub mod filter;
mod id;
pub mod module;
pub mod record;
mod text;
mod value;

pub use catalogue::{Additions, AssetView, Catalogue, CiType, Extension};
pub use field::*;
pub use filter::{Filter, Op, Path, SortKey, Test};
pub use id::{Id, IdSource, NotAnId, SHIPPED_PREFIX};
pub use module::{Area, Child, Deletion, Description, Fixed, Form, Key, Leaf, Module, Node, Operation, Size};
pub use record::{Change, Origin, Patch, Record, RefInput};
pub use text::{excerpt, fold, fold_as, fold_email, is_of_word, plain_text, unaccented, words};
pub use value::Value;
