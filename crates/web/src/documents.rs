//! Documents that are lists of objects, such as the disks of a machine: on forms a table with an input for each part that
//! the catalogue names, on pages a table. What an object has besides is kept as it is.

use crate::form::Form;
use crate::input::Control;
use crate::requests::timeline::size;
use crate::show::Cell;
use crate::visit::Visit;
use model::{Leaf, Part, Value};
use serde_json::{Map, Value as Json};
use wire::failure::Failure;

/// No honest list is longer.
const ROWS_MAX: usize = 200;
/// So many empty rows are on a form, for objects to come.
const ROWS_FREE: usize = 2;

type Object = Map<String, Json>;

/// An object on a form.
#[derive(Clone, Debug, Default)]
pub(crate) struct DocumentRow {
    /// Under which name the object as it was is sent along, and what it was.
    pub kept: (String, String),
    /// Name, what is read out, and value of each input.
    pub cells: Vec<(String, String, String)>,
}

/// The objects of a stored list; none for anything else.
fn objects(value: &Value) -> Vec<Object> {
    value.as_str().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
}

fn plain(value: Option<&Json>) -> String {
    match value {
        None | Some(Json::Null) => String::new(),
        Some(Json::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

/// Fills an input of rows: with what was entered, else with what is stored.
pub(crate) fn fill(visit: &Visit, control: &mut Control, leaf: &Leaf, value: &Value, entered: Option<&Form>) {
    control.kind = "rows";
    control.value = "rows".into();
    let label = |part: &Part| visit.lang().label(&part.label());
    control.parts = leaf.field.parts.iter().map(label).collect();
    let path = &leaf.path;
    let stored: Vec<String> = match entered {
        Some(form) => kept(form, path).map(str::to_owned).collect(),
        None => objects(value).into_iter().map(|object| Json::Object(object).to_string()).collect(),
    };
    let free = if entered.is_some() { 0 } else { ROWS_FREE };
    let rows =
        stored.into_iter().chain(std::iter::repeat_n("{}".to_owned(), free)).take(ROWS_MAX).enumerate();
    let row = |(i, json): (usize, String)| {
        let object: Object = serde_json::from_str(&json).unwrap_or_default();
        let cell = |part: &Part| {
            let name = format!("{path}.{i}.{}", part.key);
            let value =
                entered.map_or_else(|| plain(object.get(part.key)), |form| form.get(&name).to_owned());
            (name, format!("{} {}: {}", control.label, i + 1, label(part)), value)
        };
        DocumentRow {
            cells: leaf.field.parts.iter().map(cell).collect(),
            kept: (format!("{path}.{i}"), json),
        }
    };
    control.rows = rows.map(row).collect();
}

/// The objects as they were, as a form brings them along.
fn kept<'f>(form: &'f Form, path: &str) -> impl Iterator<Item = &'f str> {
    let names: Vec<String> = (0..ROWS_MAX).map(|i| format!("{path}.{i}")).collect();
    names
        .into_iter()
        .map_while(move |name| form.pairs().iter().find(|(n, _)| *n == name).map(|(_, v)| v.as_str()))
}

/// What a form says of such a list; `None` where it is as it was shown.
///
/// # Errors
/// When what the page sent along did not come back as it was, or a number is none.
pub(crate) fn read(form: &Form, leaf: &Leaf) -> Result<Option<Json>, Failure> {
    let path = &leaf.path;
    let wrong = || Failure::not_valid(path.as_str());
    let (mut list, mut has_changed) = (Vec::new(), false);
    for (i, json) in kept(form, path).enumerate() {
        let was: Object = serde_json::from_str(json).map_err(|_| wrong())?;
        let mut now = was.clone();
        for part in leaf.field.parts {
            let name = format!("{path}.{i}.{}", part.key);
            let text = form.get(&name).trim();
            if text == plain(was.get(part.key)) {
                continue;
            }
            match text {
                "" => now.remove(part.key),
                text if part.is_number => {
                    let number: i64 = text.parse().map_err(|_| wrong())?;
                    now.insert(part.key.to_owned(), number.into())
                }
                text => now.insert(part.key.to_owned(), text.into()),
            };
        }
        has_changed |= now != was;
        // A row that was emptied is an object that is gone.
        let is_gone = now != was && leaf.field.parts.iter().all(|part| plain(now.get(part.key)).is_empty());
        if !now.is_empty() && !is_gone {
            list.push(Json::Object(now));
        }
    }
    Ok(has_changed.then_some(Json::Array(list)))
}

/// Such a list as a page shows it: what the columns are called, and the rows; none where the list is empty.
pub(crate) fn shown(visit: &Visit, leaf: &Leaf, value: &Value) -> Option<(Vec<String>, Vec<Vec<Cell>>)> {
    let objects = objects(value);
    let label = |part: &Part| visit.lang().label(&part.label());
    let cell = |object: &Object, part: &Part| {
        let text = plain(object.get(part.key));
        let bytes = if part.is_size { text.parse().ok() } else { None };
        Cell::text(bytes.map_or(text, |bytes| size(visit, bytes)))
    };
    let row = |object: &Object| leaf.field.parts.iter().map(|part| cell(object, part)).collect();
    let is_there = !objects.is_empty() && !leaf.field.parts.is_empty();
    is_there.then(|| (leaf.field.parts.iter().map(label).collect(), objects.iter().map(row).collect()))
}
