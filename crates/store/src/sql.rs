//! SQL text with its bound values.

use crate::engine::{Cost, Expect, Query, Statement};
use model::Value;
use std::fmt::Write;

/// Text that grows from constants and from names of the catalogue, beside the values it binds. There is no way
/// to put user text into it.
#[derive(Debug, Default)]
pub(crate) struct Sql {
    text: String,
    binds: Vec<Value>,
}

impl Sql {
    /// Begins with a constant.
    pub fn new(text: &'static str) -> Self {
        Self { text: text.to_owned(), binds: Vec::new() }
    }
    /// Adds a constant.
    pub fn push(&mut self, text: &'static str) -> &mut Self {
        self.text.push_str(text);
        self
    }
    /// Adds text that [`crate::table`] made from the catalogue.
    pub fn push_made(&mut self, text: &str) -> &mut Self {
        self.text.push_str(text);
        self
    }
    /// Adds a table's or column's name, quoted.
    pub fn name(&mut self, name: &str) -> &mut Self {
        self.text.push('"');
        self.text.extend(name.chars().filter(|c| *c != '"'));
        self.text.push('"');
        self
    }
    /// Adds `alias.column`.
    pub fn column(&mut self, alias: Alias, column: &str) -> &mut Self {
        let _infallible = write!(self.text, "{alias}.");
        self.name(column)
    }
    /// Adds a table alias.
    pub fn alias(&mut self, alias: Alias) -> &mut Self {
        let _infallible = write!(self.text, "{alias}");
        self
    }
    /// Binds a value.
    pub fn bind(&mut self, value: impl Into<Value>) -> &mut Self {
        self.binds.push(value.into());
        let _infallible = write!(self.text, "${}", self.binds.len());
        self
    }
    /// Binds values, with commas between.
    pub fn bind_list(&mut self, values: impl IntoIterator<Item = Value>) -> &mut Self {
        for (i, value) in values.into_iter().enumerate() {
            if i > 0 {
                self.push(", ");
            }
            self.bind(value);
        }
        self
    }
    /// As a query.
    pub fn query(self, cost: Cost) -> Query {
        Query { sql: self.text.into(), binds: self.binds, cost }
    }
    /// As a statement.
    pub fn statement(self, expect: Expect) -> Statement {
        Statement::new(self.text, self.binds, expect)
    }
}

/// A table's alias in one statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Alias(pub u16);

impl std::fmt::Display for Alias {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "t{}", self.0)
    }
}
