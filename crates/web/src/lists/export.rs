//! A list as a file: the same records in the same order with the same columns as its page.

use super::{Asked, meaning, place_of};
use crate::dashboards::chart::grouped;
use crate::show;
use crate::visit::Visit;
use desk::{DeskError, View};
use model::{Kind, Record};
use wire::formula;

/// So many rows at most; who wants all of a large desk exports it on the command line.
const ROWS_MAX: u64 = 10_000;
/// So many are read at once.
const ROWS_AT_ONCE: u64 = 500;

/// The rows that an address means, from its beginning whatever page it is of, as comma-separated values in which no cell is a
/// formula.
///
/// # Errors
/// As for the list.
pub(crate) async fn file(visit: &Visit, asked: Asked<'_>) -> Result<Vec<u8>, DeskError> {
    let meant = meaning(visit, &asked).await?;
    let module = &asked.place.module;
    let label = |path: &String| {
        let leaf = module.find(path);
        leaf.map_or_else(|| path.clone(), |leaf| visit.lang().label(&leaf.field.label))
    };
    let mut lines = Lines::begun(meant.paths.iter().map(label))?;
    let (mut spot, mut count) = (None, 0);
    loop {
        let (records, view, has_more) =
            meant.rows(visit, asked.place, (spot.as_ref(), false), ROWS_AT_ONCE).await?;
        for record in &records {
            lines.add(meant.paths.iter().map(|path| text(visit, &view, record, path)))?;
        }
        count += ROWS_AT_ONCE;
        let is_cut = has_more && count >= ROWS_MAX;
        if is_cut {
            let most = grouped(ROWS_MAX);
            lines.add(std::iter::once(visit.lang().say("list.export_cut", &[("n", &most)])))?;
        }
        if is_cut || !has_more {
            return lines.ended();
        }
        spot = records.last().map(|record| place_of(&view, meant.key.as_ref(), record));
    }
}

/// A cell in a file: as the page has it, times in full and so that programs can read them.
fn text(visit: &Visit, view: &View, record: &Record, path: &str) -> String {
    let Some(slot) = record.module.slot(path) else { return String::new() };
    let (kind, value) = (record.module.leaf(slot).map(|leaf| &leaf.field.kind), record.at(slot).as_int());
    match (kind, value) {
        (Some(Kind::Time), Some(ms)) => visit.times.for_input(ms).replacen('T', " ", 1),
        (Some(Kind::Date), Some(ms)) => visit.times.date_for_input(ms),
        (Some(Kind::Html { .. }), _) => model::plain_text(record.at(slot).as_str().unwrap_or_default()),
        _ => show::in_full(visit, view, record, slot).text,
    }
}

/// The lines of a file.
struct Lines(csv::Writer<Vec<u8>>);

impl Lines {
    fn begun(heads: impl Iterator<Item = String>) -> Result<Self, DeskError> {
        // By this mark programs that make tables of it know the letters.
        let mut lines = Self(csv::WriterBuilder::new().flexible(true).from_writer("\u{feff}".into()));
        lines.add(heads)?;
        Ok(lines)
    }

    fn add(&mut self, cells: impl Iterator<Item = String>) -> Result<(), DeskError> {
        let cells: Vec<String> = cells.map(|cell| formula::harmless(&cell).into_owned()).collect();
        self.0.write_record(&cells).map_err(|error| DeskError::Internal(error.to_string()))
    }

    fn ended(self) -> Result<Vec<u8>, DeskError> {
        self.0.into_inner().map_err(|error| DeskError::Internal(error.to_string()))
    }
}
