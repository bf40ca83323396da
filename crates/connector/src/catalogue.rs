//! What there is to choose from, as data: connections, actions with their inputs, data sources and the trigger. Forms,
//! documents and the command line are made of it, and so are the typed functions.
//!
//! ```
//! use connector::catalogue;
//! let action = catalogue::action("createAsset").unwrap();
//! assert_eq!(action.label, "Create Asset");
//! assert!(action.input("assetName").unwrap().required);
//! ```

#[macro_use]
mod table;

mod assets;
mod cis;
mod connections;
mod files;
mod input;
mod list;
mod problem_notes;
mod problem_tasks;
mod problems;
mod product_types;
mod products;
mod raw;
mod request_life;
mod request_notes;
mod request_tasks;
mod requests;
mod sources;

pub use connections::{CONNECTIONS, ConnectionKind, connection};
pub(crate) use input::Target;
pub use input::{Collection, Group, Input, Kind, Shape};
pub(crate) use list::OPERATORS;
pub use sources::{DATA_SOURCES, DataSource, POLL_RESOURCES, TRIGGER, Trigger, data_source};
pub use table::{Action, Does, Inputs};

/// Typed inputs, one struct per action.
pub mod inputs {
    pub use super::assets::*;
    pub use super::cis::*;
    pub use super::files::*;
    pub use super::list::ListInputs;
    pub use super::problem_notes::*;
    pub use super::problem_tasks::*;
    pub use super::problems::*;
    pub use super::product_types::*;
    pub use super::products::*;
    pub use super::raw::*;
    pub use super::request_life::*;
    pub use super::request_notes::*;
    pub use super::request_tasks::*;
    pub use super::requests::*;
}

/// The tables, in the documents' order; what the original has not comes last.
const TABLES: &[&[&Action]] = &[
    assets::ACTIONS,
    cis::ACTIONS,
    problems::ACTIONS,
    problem_notes::ACTIONS,
    problem_tasks::ACTIONS,
    products::ACTIONS,
    product_types::ACTIONS,
    requests::ACTIONS,
    request_tasks::ACTIONS,
    raw::ACTIONS,
    request_life::ACTIONS,
    request_notes::ACTIONS,
    files::ACTIONS,
];

/// All actions.
pub fn actions() -> impl Iterator<Item = &'static Action> {
    TABLES.iter().flat_map(|table| table.iter().copied())
}

/// The action with this key.
#[must_use]
pub fn action(key: &str) -> Option<&'static Action> {
    actions().find(|action| action.key == key)
}

const CONNECTION_INPUT: Input = Input {
    key: "connectionInput",
    label: "Connection",
    kind: Kind::Connection,
    required: true,
    help: "The connection; here the client that runs the action is it",
    ..Input::TEXT
};

const DEBUG: Input = Input {
    key: "debug",
    label: "Debug Request",
    kind: Kind::Boolean,
    default: Some("false"),
    help: "Log each call of this action, secrets masked",
    ..Input::TEXT
};

/// The inputs that every action has. Raw Request names them otherwise and lists them itself.
const fn common_of(key: &str) -> &'static [Input] {
    const ALL: &[Input] = &[CONNECTION_INPUT, DEBUG];
    const RAW: &[Input] =
        &[Input { key: "connection", ..CONNECTION_INPUT }, Input { key: "debugRequest", ..DEBUG }];
    // Comparing texts is not const yet; no other action has a key of this length that begins so.
    match key.as_bytes() {
        [b'r', b'a', b'w', ..] => RAW,
        _ => ALL,
    }
}
