//! Records out of the desk, page by page in the order of their ids, so that memory stays flat whatever the number.

use crate::columns::{self, Part, Place as Column};
use crate::{Format, TransferError, cell, modules, reasons};
use desk::{Context, Desk, ListAsk, Place, Snapshot};
use model::{Filter, Kind, Leaf, Module, Storage};
use std::io::Write;
use std::sync::Arc;
use wire::formula;

/// What is to be exported, and how.
#[derive(Clone, Debug, Default)]
pub struct ExportOptions {
    /// The module, as people call it.
    pub module: String,
    /// The type of CI, for CIs.
    pub ci_type: Option<String>,
    /// How the records are written.
    pub format: Format,
    /// The `search_criteria` of the API, as JSON.
    pub criteria: Option<String>,
    /// Which fields, by their dotted paths; every stored field when empty.
    pub fields: Vec<String>,
    /// Whether records in the trash, or flagged as deleted or inactive, are among them.
    pub with_deleted: bool,
}

/// Records of a page.
const PAGE: u64 = 500;

/// Writes the records that pass; returns how many.
///
/// # Errors
/// [`TransferError::Usage`] before anything is written; [`TransferError::Failed`] when the desk or the file stops it.
/// That nobody reads any more is no error.
pub async fn export(
    desk: &Desk,
    ctx: &Context,
    options: &ExportOptions,
    out: &mut (dyn Write + Send),
    progress: &(dyn Fn(u64) + Send + Sync),
) -> Result<u64, TransferError> {
    let snapshot = desk.snapshot();
    let module = modules::find(&snapshot, &options.module, options.ci_type.as_deref())?;
    let columns = fields(&module, &options.fields)?;
    let filter = filter(&snapshot, ctx, &module, options.criteria.as_deref())?;
    let mut slots: Vec<usize> = columns.iter().map(|(_, column)| column.slot).collect();
    slots.extend(module.id_slot());
    slots.sort_unstable();
    slots.dedup();
    let is_computed = |slot: &usize| module.leaf(*slot).is_some_and(|l| l.field.storage == Storage::Computed);
    let computed = slots.iter().any(is_computed);
    let place = Place::top(module.clone());
    let mut writer = Writer { out, columns: &columns, module: &module };
    if options.format == Format::Csv && !writer.head()? {
        return Ok(0);
    }
    let (mut count, mut after) = (0, None);
    loop {
        let mut ask = ListAsk::new(filter.clone(), PAGE);
        ask.after = Some(after.unwrap_or(model::Id::new(0)));
        ask.with_deleted = options.with_deleted;
        ask.sort = model::Path::of(&module, "id")
            .map(|path| model::SortKey { path, descending: false })
            .into_iter()
            .collect();
        // What is worked out may need any field.
        ask.slots = if computed { Vec::new() } else { slots.clone() };
        let mut page = desk.list(ctx, &place, ask).await?;
        desk.complete(ctx, &mut page.records, Some(&slots)).await?;
        let view = desk.view(&page.records, Some(&slots)).await?;
        for record in &page.records {
            let written = match options.format {
                Format::Csv => writer.row(record, &view)?,
                Format::Ndjson => writer.line(record, &view)?,
            };
            if !written {
                return Ok(count);
            }
            count += 1;
        }
        progress(count);
        after = page.records.last().map(model::Record::id);
        if !page.has_more || after.is_none() {
            break;
        }
    }
    writer.out.flush().map_err(|error| TransferError::Failed(format!("cannot write: {error}")))?;
    Ok(count)
}

/// The fields, each with the name of its column.
fn fields(module: &Module, wanted: &[String]) -> Result<Vec<(String, Column)>, TransferError> {
    if wanted.is_empty() {
        let stored = |leaf: &Leaf| leaf.field.shown && leaf.field.storage != Storage::Computed;
        let all = module.leaves().iter().enumerate().filter(|(_, leaf)| stored(leaf));
        return Ok(all.map(|(slot, leaf)| (leaf.path.clone(), Column { slot, part: Part::Whole })).collect());
    }
    let find = |name: &String| {
        let found = columns::find(module, name)
            .filter(|column| module.leaf(column.slot).is_some_and(|leaf| leaf.field.shown));
        found
            .map(|column| (name.trim().to_owned(), column))
            .ok_or_else(|| TransferError::Usage(format!("{} have no field {name}", module.plural)))
    };
    wanted.iter().map(find).collect()
}

fn filter(
    snapshot: &Snapshot,
    ctx: &Context,
    module: &Arc<Module>,
    criteria: Option<&str>,
) -> Result<Filter, TransferError> {
    let Some(text) = criteria.filter(|text| !text.trim().is_empty()) else {
        return Ok(Filter::everything());
    };
    let json = serde_json::from_str(text)
        .map_err(|error| TransferError::Usage(format!("the criteria are not JSON: {error}")))?;
    api::criteria_filter(snapshot, ctx, module, &json).map_err(|failure| {
        let words: Vec<String> = reasons::of_failure(failure)
            .into_iter()
            .map(|reason| match reason.field.as_str() {
                "" | "search_criteria" => reason.words,
                field => format!("{field}: {}", reason.words),
            })
            .collect();
        TransferError::Usage(format!("the criteria are refused: {}", words.join("; ")))
    })
}

struct Writer<'a> {
    out: &'a mut (dyn Write + Send),
    columns: &'a [(String, Column)],
    module: &'a Module,
}

impl Writer<'_> {
    fn head(&mut self) -> Result<bool, TransferError> {
        let names: Vec<&str> = self.columns.iter().map(|(name, _)| name.as_str()).collect();
        self.record(&names)
    }

    fn row(&mut self, record: &model::Record, view: &desk::View) -> Result<bool, TransferError> {
        let mut cells = Vec::with_capacity(self.columns.len());
        for (_, column) in self.columns {
            let leaf = record.module.leaf(column.slot);
            cells.push(leaf.and_then(|leaf| cell::shown(record, leaf, column.slot, column.part, view)));
        }
        let texts: Vec<_> =
            cells.iter().map(|cell| formula::harmless(cell.as_deref().unwrap_or(""))).collect();
        self.record(&texts)
    }

    fn record(&mut self, cells: &[impl AsRef<str>]) -> Result<bool, TransferError> {
        let mut writer = csv::Writer::from_writer(Vec::with_capacity(512));
        writer
            .write_record(cells.iter().map(AsRef::as_ref))
            .map_err(|error| TransferError::Failed(error.to_string()))?;
        let bytes = writer.into_inner().map_err(|error| TransferError::Failed(error.to_string()))?;
        self.put(&bytes)
    }

    fn line(&mut self, record: &model::Record, view: &desk::View) -> Result<bool, TransferError> {
        let mut line = String::with_capacity(512);
        for (name, column) in self.columns {
            let Some(leaf) = self.module.leaf(column.slot) else { continue };
            // A span is an object, in a cell as the text of one.
            let value = match (&leaf.field.kind, record.at(column.slot)) {
                (Kind::Span, model::Value::Int(ms)) => serde_json::json!({"value": ms}),
                _ => cell::shown_json(record, leaf, column.slot, column.part, view),
            };
            line.push_str(if line.is_empty() { "{" } else { "," });
            line.push_str(&serde_json::Value::from(name.as_str()).to_string());
            line.push(':');
            line.push_str(&value.to_string());
        }
        line.push_str("}\n");
        self.put(line.as_bytes())
    }

    /// False when nobody reads any more.
    fn put(&mut self, bytes: &[u8]) -> Result<bool, TransferError> {
        match self.out.write_all(bytes) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(false),
            Err(error) => Err(TransferError::Failed(format!("cannot write: {error}"))),
        }
    }
}
