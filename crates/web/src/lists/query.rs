//! What a list is asked for, as its address says it. A link, a saved view and the forms above a list all speak this.
//!
//! | parameter | what it says |
//! |---|---|
//! | `in` | a view that comes with the desk |
//! | `q` | words to search for |
//! | `from.{path}`, `to.{path}` | the days of `f.{path}`, as the filter form sends them |
//! | `f.{path}` | a value that a field must have; several for any of them, see [`super::filters`] |
//! | `sort` | a field, with `-` before it for the greatest first |
//! | `cols` | columns, separated by commas or given one by one |
//! | `after`, `before` | where the page begins or ends, see [`desk::paging`] |
//! | `view` | the saved view that the rest came from |
//! | `more` | the filter form is open, with all fields that can be filtered by |

use crate::form::Form;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What may stand in a query as it is.
const QUERY: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~')
    .remove(b',')
    .remove(b':')
    .remove(b'*');

/// More of either is nobody's wish.
const PAIRS_MAX: usize = 200;
const CHARS_MAX: usize = 4000;
/// More columns than a record has fields, and longer names than any of them has. Every link of a list repeats them.
const COLUMNS_MAX: usize = 200;
const COLUMN_BYTES_MAX: usize = 200;

/// A list's address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Query {
    pairs: Vec<(String, String)>,
}

impl Query {
    /// Reads a query. What says nothing is left out, so that two ways of saying the same are the same.
    pub fn read(query: &str) -> Self {
        Self::of_form(&Form::of_query(query))
    }

    fn of_form(form: &Form) -> Self {
        let mut this = Self::default();
        let mut columns: Vec<&str> = Vec::new();
        for column in form.all("cols").flat_map(|c| c.split(',')) {
            let is_new = !column.is_empty() && column.len() <= COLUMN_BYTES_MAX && !columns.contains(&column);
            if is_new && columns.len() < COLUMNS_MAX {
                columns.push(column);
            }
        }
        for (name, value) in form.pairs().iter().take(PAIRS_MAX) {
            let value = value.trim();
            if value.is_empty() || value.chars().count() > CHARS_MAX || !is_ours(name) || name == "cols" {
                continue;
            }
            let pair = (name.clone(), value.to_owned());
            if name.starts_with("f.") {
                if !this.pairs.contains(&pair) {
                    this.pairs.push(pair);
                }
            } else {
                this.pairs.retain(|(n, _)| n != name);
                this.pairs.push(pair);
            }
        }
        for (name, from) in form.pairs().iter().filter_map(|(n, v)| Some((n.strip_prefix("from.")?, v))) {
            let to = form.get(&format!("to.{name}"));
            if !(from.is_empty() && to.is_empty()) {
                let pair = (format!("f.{name}"), format!("{from}..{to}"));
                if !this.pairs.contains(&pair) {
                    this.pairs.push(pair);
                }
            }
        }
        if !columns.is_empty() {
            this.pairs.push(("cols".into(), columns.join(",")));
        }
        this
    }

    /// The value of a parameter.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }
    /// The values of a filter.
    pub fn filter<'q>(&'q self, path: &'q str) -> impl Iterator<Item = &'q str> {
        self.pairs.iter().filter(move |(n, _)| n.strip_prefix("f.") == Some(path)).map(|(_, v)| v.as_str())
    }
    /// The fields that are filtered by, each once.
    pub fn filtered(&self) -> Vec<&str> {
        let mut paths = Vec::new();
        for path in self.pairs.iter().filter_map(|(n, _)| n.strip_prefix("f.")) {
            if !paths.contains(&path) {
                paths.push(path);
            }
        }
        paths
    }
    /// The columns, where some were chosen.
    pub fn columns(&self) -> Vec<&str> {
        self.get("cols").map(|c| c.split(',').collect()).unwrap_or_default()
    }
    /// The field to sort by, and whether the greatest comes first.
    pub fn sort(&self) -> Option<(&str, bool)> {
        let sort = self.get("sort")?;
        Some(sort.strip_prefix('-').map_or((sort, false), |path| (path, true)))
    }

    /// The same with a parameter set, or left out; from the first page.
    #[must_use]
    pub fn with(&self, name: &str, value: Option<&str>) -> Self {
        let mut pairs = self.pairs.clone();
        pairs.retain(|(n, _)| n != name && !is_passing(n));
        if let Some(value) = value {
            pairs.push((name.to_owned(), value.to_owned()));
        }
        Self { pairs }
    }

    /// What is kept of it in a saved view: everything but the page and the view itself.
    #[must_use]
    pub fn saved(&self) -> Self {
        self.with("view", None)
    }

    /// The same list, and the same page of it, with other columns to come.
    #[must_use]
    pub fn columnless(&self) -> Self {
        Self { pairs: self.pairs.iter().filter(|(name, _)| name != "cols").cloned().collect() }
    }

    /// The pairs, for the hidden inputs of a form that sets others.
    pub fn others<'q>(&'q self, set: &'q [&'q str]) -> impl Iterator<Item = (&'q str, &'q str)> {
        let is_set = move |name: &str| {
            is_passing(name) || set.iter().any(|s| *s == name || (*s == "f." && name.starts_with("f.")))
        };
        self.pairs.iter().filter(move |(n, _)| !is_set(n)).map(|(n, v)| (n.as_str(), v.as_str()))
    }

    /// The address of this very page, to come back to after a form, without the filter form that was open on it.
    pub fn here(&self) -> String {
        let pairs = self.pairs.iter().filter(|(name, _)| name != "more").cloned().collect();
        Self { pairs }.address()
    }

    /// The query as it stands in an address, with its question mark; empty where it says nothing.
    pub fn address(&self) -> String {
        let text = self.to_string();
        if text.is_empty() { text } else { format!("?{text}") }
    }
}

fn is_ours(name: &str) -> bool {
    matches!(name, "in" | "q" | "sort" | "cols" | "view") || is_passing(name) || name.starts_with("f.")
}

/// What is of this page alone, and not of a link from it.
fn is_passing(name: &str) -> bool {
    matches!(name, "after" | "before" | "more")
}

impl std::fmt::Display for Query {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (i, (name, value)) in self.pairs.iter().enumerate() {
            let and = if i > 0 { "&" } else { "" };
            write!(f, "{and}{}={}", utf8_percent_encode(name, QUERY), utf8_percent_encode(value, QUERY))?;
        }
        Ok(())
    }
}

/// A value as it stands in a query.
pub(crate) fn encoded(value: &str) -> String {
    utf8_percent_encode(value, QUERY).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_says_what_was_asked() {
        let query = Query::read(
            "in=My_Open&f.status=1&f.status=2&f.status=1&f.x=&q=&sort=-created_time&cols=a&cols=b,c&evil=1",
        );
        assert_eq!(query.to_string(), "in=My_Open&f.status=1&f.status=2&sort=-created_time&cols=a,b,c");
        assert_eq!(Query::read(&query.to_string()), query);
        assert_eq!(query.filter("status").collect::<Vec<_>>(), ["1", "2"]);
        assert_eq!((query.filtered(), query.columns()), (vec!["status"], vec!["a", "b", "c"]));
        assert_eq!(query.sort(), Some(("created_time", true)));
        let paged = query.with("after", Some("n~1"));
        assert_eq!(paged.with("f.status", None).address(), "?in=My_Open&sort=-created_time&cols=a,b,c");
        assert_eq!(paged.saved(), query);
        assert_eq!(Query::read("").address(), "");
        assert_eq!(Query::read("from.x=2026-01-01&to.x=").to_string(), "f.x=2026-01-01..");
    }

    #[test]
    fn columns_are_there_once_and_not_without_end() {
        assert_eq!(Query::read("cols=a,b,a&cols=b,c").columns(), ["a", "b", "c"]);
        let many: Vec<String> = (0..10_000).map(|i| format!("c{i}")).collect();
        assert_eq!(Query::read(&format!("cols={}", many.join(","))).columns().len(), COLUMNS_MAX);
        assert!(Query::read(&format!("cols={}", "c".repeat(COLUMN_BYTES_MAX + 1))).columns().is_empty());
    }

    #[test]
    fn what_people_type_stays_one_value() {
        let query = Query::default().with("q", Some("a&b=c d+ü#%"));
        assert_eq!(Query::read(&query.to_string()).get("q"), Some("a&b=c d+ü#%"));
    }
}
