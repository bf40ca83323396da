//! The CMDB: the tree of types, the page of a CI with what it is related to, and the map of what its failure means.

mod drawing;
pub(crate) mod impact;
pub(crate) mod page;
pub(crate) mod relations;
pub(crate) mod types;
