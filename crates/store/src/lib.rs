//! Records on SQLite or PostgreSQL: the unit of work, criteria to SQL, full text, history, files, migrations.
//! Knows no rule of the desk.
//!
//! One SQL text serves both engines: identifiers come from the catalogue only, every value is bound (`$1`, `$2` …
//! in order of first use, which SQLite binds by position). What really differs is asked of
//! [`engine::Dialect`] in `schema` and `search`, and nowhere else.

pub mod audit;
mod cache;
mod calls;
pub mod credentials;
pub mod day;
pub mod engine;
mod guards;
mod imports;
pub mod jobs;
mod migrated;
pub mod migrations;
mod narrow;
pub mod nodes;
mod ordered;
mod plan;
pub mod presence;
pub mod private;
mod query;
mod records;
pub mod search;
pub mod shapes;
pub mod sign_in;
mod sql;
mod table;
mod tally;
mod zones;

pub use calls::CallRow;
pub use engine::{Db, Dialect, Statement, StoreError};
pub use imports::ImportProgress;
pub use migrated::{MigratedPart, Remark};
pub use query::Query;
pub use records::{Store, UNIQUE_VALUES};
pub use tally::{Counted, Tally, TallyBy};
