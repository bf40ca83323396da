//! Statements that say something about the moment of the commit: that a record is there which the decision rests
//! on, and counts that are raised from whatever they are then.

use crate::engine::{Expect, Statement};
use crate::sql::Sql;
use crate::table::VERSION;
use crate::{Store, query};
use model::{Filter, Id, Module};
use std::sync::Arc;

impl Store {
    /// Lets a commit pass only if some record of the module passes the filter at that moment; otherwise it is stale.
    /// Whoever changes such a record at the same time waits for the commit, and the other way round, so that of two
    /// commits that each rest on what the other one takes away, one fails.
    #[must_use]
    pub fn require(&self, module: &Arc<Module>, filter: &Filter) -> Statement {
        query::touch(module, filter, self.db().dialect())
    }

    /// Raises a count of a row by one.
    #[must_use]
    pub fn raise(&self, module: &Module, id: Id, path: &str) -> Statement {
        debug_assert!(module.slot(path).is_some(), "{} has no {path}", module.name);
        let mut sql = Sql::new("UPDATE ");
        sql.name(&module.table).push(" SET ").name(VERSION).push(" = ").name(VERSION).push(" + 1");
        if let Some(leaf) = module.find(path).filter(|l| l.is_column()) {
            sql.push(", ").name(&leaf.column).push(" = coalesce(").name(&leaf.column).push(", 0) + 1");
        }
        sql.push(" WHERE ").name("id").push(" = ").bind(id);
        sql.statement(Expect::Exactly(1))
    }
}
