//! A module's table: its columns are written once, here, from the catalogue.

use model::{Field, Kind, Leaf, Module, Storage, Value, fold_as};
use std::collections::BTreeMap;
use std::sync::Arc;

/// How often the row was written.
pub(crate) const VERSION: &str = "row_version";
/// The document with the values of user-defined and many-valued fields.
pub(crate) const EXTRA: &str = "extra";

/// What a module's rows look like in the database, and the statements that never change.
#[derive(Debug)]
pub(crate) struct Table {
    pub module: Arc<Module>,
    /// Places of the leaves that have a column, in column order.
    pub columns: Vec<usize>,
    /// Places of the leaves that are in the document, and their numbers there.
    pub documents: Vec<(usize, i64)>,
    /// Of each place, whether true and false are there, which the database has as 1 and 0.
    bools: Vec<bool>,
    pub has_extra: bool,
    /// `"id", "subject", …, "row_version"[, "extra"]`.
    pub select_list: String,
    pub insert: Arc<str>,
    pub get: Arc<str>,
}

/// The column beside a text column that holds the folded text.
pub(crate) fn key_column(leaf: &Leaf) -> String {
    format!("{}_key", leaf.column)
}

/// The column by which a field is compared and sorted.
pub(crate) fn column_of(leaf: &Leaf) -> String {
    if leaf.has_key_column() { key_column(leaf) } else { leaf.column.clone() }
}

/// What the key column of a field holds: the folded words of a text, the number of an amount.
pub(crate) fn key_of(field: &Field, value: &Value) -> Value {
    match (value, &field.kind) {
        // Amounts are compared as numbers, shown to the last digit as text.
        (Value::Text(text), Kind::Decimal) => text.parse::<f64>().map_or(Value::Null, Value::Double),
        (Value::Text(text), kind) => Value::Text(fold_as(kind, text)),
        _ => Value::Null,
    }
}

impl Table {
    pub fn new(module: &Arc<Module>) -> Self {
        let leaves = || module.leaves().iter().enumerate();
        let columns: Vec<usize> = leaves().filter(|(_, l)| l.is_column()).map(|(slot, _)| slot).collect();
        let documents: Vec<(usize, i64)> = leaves()
            .filter_map(|(slot, leaf)| match leaf.field.storage {
                Storage::Document { field } => Some((slot, field)),
                Storage::Column | Storage::Computed => None,
            })
            .collect();
        let has_extra = module.extensible || !documents.is_empty();
        let leaf_columns = || columns.iter().filter_map(|slot| module.leaf(*slot));
        let mut names: Vec<String> = leaf_columns().map(|l| l.column.clone()).collect();
        names.push(VERSION.into());
        if has_extra {
            names.push(EXTRA.into());
        }
        let select_list = quoted(&names, "t0.");
        names.extend(leaf_columns().filter(|l| l.has_key_column()).map(key_column));
        let places: Vec<String> = (1..=names.len()).map(|i| format!("${i}")).collect();
        let table = &module.table;
        let insert =
            format!(r#"INSERT INTO "{table}" ({}) VALUES ({})"#, quoted(&names, ""), places.join(", "));
        let get = format!(r#"SELECT {select_list} FROM "{table}" t0 WHERE t0."id" = $1"#);
        Self {
            module: module.clone(),
            columns,
            documents,
            bools: module.leaves().iter().map(|leaf| leaf.field.kind == Kind::Bool).collect(),
            has_extra,
            select_list,
            insert: insert.into(),
            get: get.into(),
        }
    }

    /// The names of an inserted row's columns, in the order of [`Self::row`].
    pub fn column_names(&self) -> Vec<String> {
        let leaves = || self.columns.iter().filter_map(|slot| self.module.leaf(*slot));
        let mut names: Vec<String> = leaves().map(|l| l.column.clone()).collect();
        names.push(VERSION.into());
        if self.has_extra {
            names.push(EXTRA.into());
        }
        names.extend(leaves().filter(|l| l.has_key_column()).map(key_column));
        names
    }

    /// A record's cells in the order of the insert's columns.
    pub fn row(&self, record: &model::Record) -> Vec<Value> {
        let mut row = Vec::with_capacity(self.columns.len() * 2);
        row.extend(self.columns.iter().map(|slot| record.at(*slot).clone()));
        row.push(Value::Int(record.version));
        if self.has_extra {
            row.push(self.document(record));
        }
        for slot in &self.columns {
            if let Some(leaf) = self.module.leaf(*slot).filter(|l| l.has_key_column()) {
                row.push(key_of(&leaf.field, record.at(*slot)));
            }
        }
        row
    }

    /// The document: field number → value.
    pub fn document(&self, record: &model::Record) -> Value {
        let mut members = BTreeMap::new();
        for (slot, field) in &self.documents {
            let value = match record.at(*slot) {
                Value::Null => continue,
                Value::Bool(b) => serde_json::Value::from(*b),
                Value::Int(n) => serde_json::Value::from(*n),
                Value::Double(d) => serde_json::Value::from(*d),
                Value::Text(s) => serde_json::Value::from(s.as_str()),
            };
            members.insert(field.to_string(), value);
        }
        if members.is_empty() {
            return Value::Null;
        }
        serde_json::to_string(&members).map_or(Value::Null, Value::Text)
    }

    /// A record from the cells of `select_list`, or of these places' columns followed by version and document.
    pub fn record(&self, slots: &[usize], row: Vec<Value>) -> model::Record {
        let mut record = model::Record::new(self.module.clone());
        let mut cells = row.into_iter();
        for slot in slots {
            let cell = cells.next().unwrap_or_default();
            let is_bool = self.bools.get(*slot).is_some_and(|is_bool| *is_bool);
            match cell.as_bool().filter(|_| is_bool) {
                Some(truth) => record.put(*slot, truth),
                None => record.put(*slot, cell),
            }
        }
        record.version = cells.next().and_then(|v| v.as_int()).unwrap_or(1);
        if let Some(Value::Text(text)) = cells.next() {
            self.read_document(&text, &mut record);
        }
        record
    }

    fn read_document(&self, text: &str, record: &mut model::Record) {
        let Ok(mut members) = serde_json::from_str::<BTreeMap<i64, serde_json::Value>>(text) else {
            tracing::error!(record.id = %record.id(), "the document of a row is not one of ours");
            return;
        };
        for (slot, field) in &self.documents {
            let value = match members.remove(field) {
                Some(serde_json::Value::Bool(b)) => Value::Bool(b),
                Some(serde_json::Value::String(s)) => Value::Text(s),
                Some(serde_json::Value::Number(n)) => {
                    n.as_i64().map_or_else(|| Value::Double(n.as_f64().unwrap_or_default()), Value::Int)
                }
                _ => continue,
            };
            record.put(*slot, value);
        }
    }
}

fn quoted(names: &[String], prefix: &str) -> String {
    let all: Vec<String> = names.iter().map(|n| format!("{prefix}\"{n}\"")).collect();
    all.join(", ")
}
