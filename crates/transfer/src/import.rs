//! Rows into the desk: made ready while the rows before them are committed, each by the use case of an add or an edit.
//!
//! Rows are done with in the order of the file. A commit holds the rows of a chunk and, beside them, how far the import
//! has got, so that one that was killed goes on behind the last row that is there. When a commit fails it is halved until
//! the row is alone that stands in the way; that one is made ready once more, for it may have been another row of the
//! commit that it met, and then it is written or refused.

use crate::input::{self, Chunk};
use crate::modules;
use crate::plan::{Job, Plan, at};
use crate::reasons::{self, Reason};
use crate::report::Report;
use crate::seen::Seen;
use crate::{Format, Mapping, TransferError};
use desk::{Context, Desk, DeskError, ImportProgress, Known, NotCommitted, Place, Ready, Refusal};
use model::{Id, Kind, Module, Storage, Value, fold};
use serde_json::Value as Json;
use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;
use wire::reader::{self, Reading};

/// What is to be imported, and how.
#[derive(Clone, Debug, Default)]
pub struct ImportOptions {
    /// The module, as people call it.
    pub module: String,
    /// The type of CI, for CIs.
    pub ci_type: Option<String>,
    /// The file.
    pub file: PathBuf,
    /// How its rows are written.
    pub format: Format,
    /// What stands between cells; a comma when zero.
    pub delimiter: u8,
    /// What the columns are, where their names do not say it.
    pub mapping: Mapping,
    /// Say what would be done, and write nothing.
    pub dry_run: bool,
    /// Begin with the first row, whatever an earlier run did.
    pub from_start: bool,
    /// An empty cell empties the field.
    pub clear_empty: bool,
    /// Where to tell of rows that were refused.
    pub report: Option<PathBuf>,
}

/// How far an import has got.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Bytes of the file that are done with.
    pub bytes: u64,
    /// The size of the file.
    pub size: u64,
    /// Rows that are done with.
    pub rows: i64,
}

/// What an import did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// The rows by what became of them, those of earlier runs among them.
    pub rows: ImportProgress,
    /// The last row of an earlier run that this one went on behind; zero where there was none.
    pub resumed_behind: i64,
    /// Columns that were passed over, because the desk gives the fields.
    pub passed_over: Vec<String>,
    /// The first reasons of refused rows.
    pub reasons: Vec<String>,
}

/// How often a row is made ready anew because of what others write meanwhile.
const ATTEMPTS: usize = 8;

/// Imports a file.
///
/// # Errors
/// [`TransferError::Usage`] before anything is written; [`TransferError::Failed`] for what stops it on the way, after
/// which the same call goes on where it stopped.
pub async fn import(
    desk: &Arc<Desk>,
    ctx: &Context,
    options: &ImportOptions,
    progress: &(dyn Fn(Progress) + Send + Sync),
) -> Result<Imported, TransferError> {
    let snapshot = desk.snapshot();
    let module = modules::find(&snapshot, &options.module, options.ci_type.as_deref())?;
    if module.name == "ci" {
        return Err(TransferError::Usage("CIs are imported by type; --type names it".into()));
    }
    if !module.writable {
        return Err(TransferError::Usage(format!("{} cannot be written", module.plural)));
    }
    let mut plan =
        Plan::new(&snapshot, module, options.mapping.clone(), options.clear_empty, ctx.zone.clone())?;
    let delimiter = if options.delimiter == 0 { b',' } else { options.delimiter };
    let rows = input::open(&options.file, options.format, delimiter, &mut plan)?;
    let (digest, size) = input::digest(&options.file)?;
    let name = format!("{digest} {}", name_of(&plan));
    let before =
        if options.dry_run || options.from_start { None } else { desk.import_progress(&name).await? };
    if !options.dry_run && before.is_none() {
        desk.begin_import(&name).await?;
    }
    let done = before.unwrap_or_default();
    let report = Report::begin(options.report.as_deref(), done.last_row)?;
    let plan = Arc::new(plan);
    let importer = Arc::new(Importer {
        desk: desk.clone(),
        place: Place::top(plan.module.clone()),
        ctx: Context { rehearsal: options.dry_run, ..ctx.clone() },
        plan: plan.clone(),
        known: Known::default(),
    });
    let mut run = Run {
        importer,
        name: (!options.dry_run).then_some(name),
        saved: done.last_row,
        done,
        report,
        seen: Seen::default(),
    };
    let (sender, mut chunks) = tokio::sync::mpsc::channel(2);
    let reading = plan.clone();
    let last_row = done.last_row;
    let reader = tokio::task::spawn_blocking(move || rows.read(&reading, last_row, &sender));
    let mut ready: Option<(Vec<Row>, u64)> = None;
    while let Some(chunk) = chunks.recv().await {
        let Chunk { jobs, bytes } =
            chunk.map_err(|error| TransferError::Failed(format!("{}: {error}", options.file.display())))?;
        let importer = run.importer.clone();
        let in_flight = keys_of(ready.as_ref().map_or(&[], |(rows, _)| rows));
        let preparing = importer.prepare(jobs, in_flight);
        let writing = async {
            match ready.take() {
                Some((rows, bytes)) => run.write(rows).await.map(|()| Some(bytes)),
                None => Ok(None),
            }
        };
        let (prepared, written) = tokio::join!(preparing, writing);
        if let Some(bytes) = written? {
            progress(Progress { bytes, size, rows: run.done.last_row });
        }
        ready = Some((prepared?, bytes));
    }
    if let Some((rows, bytes)) = ready {
        run.write(rows).await?;
        progress(Progress { bytes, size, rows: run.done.last_row });
    }
    reader.await.map_err(|error| TransferError::Failed(error.to_string()))?;
    run.report.end(&run.done)?;
    if let Some(name) = &run.name {
        desk.end_import(name).await?;
    }
    Ok(Imported {
        rows: run.done,
        resumed_behind: last_row,
        passed_over: plan.passed_over.clone(),
        reasons: run.report.first,
    })
}

/// The part of an import's name that its file does not tell.
fn name_of(plan: &Plan) -> String {
    use sha2::{Digest, Sha256};
    let hash = Sha256::digest(plan.fingerprint().as_bytes());
    hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// What all rows share.
struct Importer {
    desk: Arc<Desk>,
    place: Place,
    ctx: Context,
    plan: Arc<Plan>,
    known: Known,
}

/// A row, and what is to become of it.
pub(crate) struct Row {
    pub job: Job,
    pub state: State,
}

pub(crate) enum State {
    /// To be written: a new record, or an edit of one.
    Ready(Box<Ready>, bool),
    Unchanged,
    Refused(Vec<Reason>),
    /// It may rest on a row before it that is not written yet.
    Later,
}

/// The record that a row is about.
#[derive(Clone, Copy)]
enum Found {
    Nothing,
    One(Id),
    Several,
}

fn text_of(key: &Value) -> String {
    fold(&key.to_string())
}

fn keys_of(rows: &[Row]) -> HashSet<String> {
    rows.iter().filter_map(|row| row.job.key.as_ref().map(text_of)).collect()
}

impl Importer {
    fn ctx(&self) -> Context {
        Context { now: self.desk.now(), ..self.ctx.clone() }
    }

    /// Whether records get running numbers.
    fn is_numbered(&self) -> bool {
        let leaves = self.place.module.leaves().iter();
        leaves
            .into_iter()
            .any(|leaf| leaf.path == "display_id" || matches!(leaf.field.kind, Kind::Number { .. }))
    }

    /// Makes rows ready, some at a time. What a row before them may change is left for later.
    async fn prepare(
        self: Arc<Self>,
        jobs: Vec<Job>,
        mut taken: HashSet<String>,
    ) -> Result<Vec<Row>, TransferError> {
        // Where the database is elsewhere, rows mostly wait for its answers.
        let cores = std::thread::available_parallelism().map_or(2, |n| n.get().clamp(2, 8));
        let parts = if self.desk.is_shared() { 8 } else { cores };
        let mut found = HashMap::new();
        let mut late = vec![false; jobs.len()];
        if let Some(slot) = self.plan.key {
            let mut keys = Vec::new();
            for (job, late) in jobs.iter().zip(&mut late) {
                let Some(key) = &job.key else { continue };
                *late = !taken.insert(text_of(key));
                if !*late {
                    keys.push(key.clone());
                }
            }
            if !keys.is_empty() {
                found = self.desk.having(&self.ctx, &self.place.module, slot, &keys).await?;
            }
        }
        let found = Arc::new(found);
        let count = jobs.len();
        // New records get their ids, and their numbers where they have some, in the order of the file.
        let parts = if self.is_numbered() { 1 } else { parts };
        let ids: Vec<Id> = jobs.iter().map(|_| self.desk.fresh_id()).collect();
        let mut jobs = jobs.into_iter().zip(late).zip(ids);
        let mut tasks = Vec::with_capacity(parts);
        for _ in 0..parts {
            let part: Vec<((Job, bool), Id)> = jobs.by_ref().take(count.div_ceil(parts)).collect();
            let (this, found) = (self.clone(), found.clone());
            tasks.push(tokio::spawn(async move {
                let mut rows = Vec::with_capacity(part.len());
                let ctx = this.ctx();
                for ((job, late), id) in part {
                    let state = if late {
                        State::Later
                    } else {
                        let record = this.looked_up(&job, &found);
                        this.state(&ctx, &job, record, id).await?
                    };
                    let state = if this.may_follow(&job, &state) { State::Later } else { state };
                    rows.push(Row { job, state });
                }
                Ok::<_, DeskError>(rows)
            }));
        }
        let mut rows = Vec::with_capacity(count);
        for task in tasks {
            rows.extend(task.await.map_err(|error| TransferError::Failed(error.to_string()))??);
        }
        Ok(rows)
    }

    fn looked_up(&self, job: &Job, found: &HashMap<String, Vec<Id>>) -> Found {
        let ids = job.key.as_ref().and_then(|key| found.get(&text_of(key))).map_or(&[][..], Vec::as_slice);
        match ids {
            [] => Found::Nothing,
            [one] => Found::One(*one),
            _ => Found::Several,
        }
    }

    /// Whether a row may be refused only because a row before it is not written yet.
    fn may_follow(&self, job: &Job, state: &State) -> bool {
        let State::Refused(reasons) = state else { return false };
        job.wrong.is_empty()
            && reasons.iter().any(|reason| self.plan.own.contains(&reason.field))
            && self.plan.own.iter().any(|path| at(&job.object, path).is_some())
    }

    /// The record of one row, as the database has it now.
    async fn look_up(&self, job: &Job) -> Result<Found, DeskError> {
        let (Some(slot), Some(key)) = (self.plan.key, &job.key) else { return Ok(Found::Nothing) };
        let found = self.desk.having(&self.ctx, &self.place.module, slot, std::slice::from_ref(key)).await?;
        Ok(self.looked_up(job, &found))
    }

    /// What is to become of a row.
    async fn state(&self, ctx: &Context, job: &Job, found: Found, id: Id) -> Result<State, DeskError> {
        if !job.wrong.is_empty() {
            return Ok(State::Refused(job.wrong.clone()));
        }
        let is_id = self.plan.key.is_some_and(|slot| self.place.module.id_slot() == Some(slot));
        let old = match found {
            Found::Several => {
                let field = self.plan.key.and_then(|slot| self.place.module.leaf(slot));
                let field = field.map_or("", |leaf| leaf.path.as_str());
                return Ok(State::Refused(vec![Reason::new(field, "Several records have this value")]));
            }
            // Ids are given by the desk.
            Found::Nothing if is_id => {
                return Ok(State::Refused(vec![Reason::new("id", "There is no such record")]));
            }
            Found::Nothing => None,
            Found::One(id) => match self.desk.row_record(ctx, &self.place, id).await {
                Ok(record) => Some(record),
                Err(error) => return Ok(State::Refused(reasons::of_error(error)?)),
            },
        };
        // Of a type of CI below the one that is imported the record knows more fields, at other places.
        let module = old.as_ref().map_or(&self.place.module, |record| &record.module).clone();
        let mut reading = reader::read(&module, &job.object);
        let mut patch = std::mem::take(&mut reading.patch);
        self.desk.recall(ctx, &module, &mut patch, &self.known).await?;
        let rehearsal;
        let ctx = if reading.failures.is_empty() {
            ctx
        } else {
            rehearsal = ctx.rehearsing();
            &rehearsal
        };
        let is_new = old.is_none();
        let done = match old {
            None => self.desk.ready_to_add(ctx, &self.place, &patch, id).await.map(Some),
            Some(old) => self.desk.ready_to_edit(ctx, &self.place, old, &patch).await,
        };
        let mut said = against(&module, &reading, done.as_ref().err())?;
        if let Ok(Some(ready)) = &done
            && self.ctx.rehearsal
            && said.is_empty()
        {
            said = self.desk.taken(&ready.record).await?.into_iter().map(reasons::of_refusal).collect();
        }
        match done {
            _ if !said.is_empty() => Ok(State::Refused(said.into_iter().map(|r| quoted(r, job)).collect())),
            Ok(Some(ready)) => Ok(State::Ready(Box::new(ready), is_new)),
            Ok(None) => Ok(State::Unchanged),
            Err(error) => Err(error),
        }
    }
}

impl Importer {
    /// Refuses new records whose values others have already, all at once: a file that is imported a second time would
    /// otherwise be halved down to each of its rows.
    async fn screen(&self, rows: &mut [Row]) -> Result<(), DeskError> {
        // An edit could set free what a row behind it takes.
        if rows.iter().any(|row| matches!(row.state, State::Ready(_, false))) {
            return Ok(());
        }
        let module = &self.place.module;
        for (slot, leaf) in module.leaves().iter().enumerate() {
            let alone = leaf.field.unique.as_ref().is_some_and(Vec::is_empty);
            if !alone || leaf.field.storage != Storage::Column {
                continue;
            }
            let value = |row: &Row| match ready_of(&row.state)?.record.at(slot) {
                Value::Text(text) => Some(Value::Text(fold(text))),
                Value::Null => None,
                other => Some(other.clone()),
            };
            let values: Vec<Value> = rows.iter().filter_map(value).collect();
            if values.is_empty() {
                continue;
            }
            let taken = self.desk.having(&self.ctx, module, slot, &values).await?;
            for row in rows.iter_mut() {
                if value(row).is_some_and(|value| taken.contains_key(&text_of(&value))) {
                    let said = reasons::of_refusal(desk::Refusal::NotUnique(leaf.path.clone()));
                    row.state = State::Refused(vec![quoted(said, &row.job)]);
                }
            }
        }
        Ok(())
    }
}

/// Everything that speaks against a row: what the reader has against it, and what the use case has that does not only
/// follow from that.
fn against(module: &Module, reading: &Reading, error: Option<&DeskError>) -> Result<Vec<Reason>, DeskError> {
    let mut said: Vec<Reason> =
        reading.failures.iter().flat_map(|failure| reasons::of_failure(failure.clone())).collect();
    match error {
        None => {}
        Some(DeskError::Refused(refusals)) => {
            let own = refusals.iter().filter(|r| r.field().is_none_or(|f| !reading.is_wrong(module, f)));
            said.extend(own.cloned().map(reasons::of_refusal));
        }
        Some(DeskError::Unavailable(why)) => return Err(DeskError::Unavailable(why.clone())),
        Some(DeskError::Internal(why)) => return Err(DeskError::Internal(why.clone())),
        Some(DeskError::NotFound) => said.push(Reason::new("id", "There is no such record")),
        Some(other) => said.push(Reason::row(other.to_string())),
    }
    Ok(said)
}

/// A reason with what the row says of the field.
pub(crate) fn quoted(mut reason: Reason, job: &Job) -> Reason {
    /// Longer values are recognised by their beginning.
    const CHARS: usize = 60;
    let value = at(&job.object, &reason.field);
    let text = match value {
        Some(Json::String(text)) => Some(text.clone()),
        Some(Json::Object(parts)) => ["name", "email_id", "id", "value"]
            .iter()
            .find_map(|key| Some(parts.get(*key)?.as_str()?.to_owned())),
        _ => None,
    };
    if let Some(text) = text.filter(|text| !text.is_empty()) {
        let short: String = text.chars().take(CHARS).collect();
        let more = if short.len() < text.len() { "…" } else { "" };
        reason.words.push_str(&format!(" ({short}{more})"));
    }
    reason
}

/// An import on its way.
struct Run {
    importer: Arc<Importer>,
    /// Under which name it is known how far it has got; a dry run has none.
    name: Option<String>,
    /// The last row that the database knows to be done with.
    saved: i64,
    done: ImportProgress,
    report: Report,
    seen: Seen,
}

impl Run {
    /// Writes rows in their order.
    async fn write(&mut self, rows: Vec<Row>) -> Result<(), TransferError> {
        let mut together = Vec::with_capacity(rows.len());
        for row in rows {
            if self.name.is_none() {
                self.rehearse(row).await?;
            } else if matches!(row.state, State::Later) {
                self.commit(std::mem::take(&mut together)).await?;
                self.alone(row).await?;
            } else {
                together.push(row);
            }
        }
        self.commit(together).await
    }

    /// Writes rows in one commit, or in as many as it takes.
    async fn commit(&mut self, rows: Vec<Row>) -> Result<(), TransferError> {
        // What is left to do, the next part last.
        let mut parts = vec![rows];
        let mut screened = false;
        while let Some(mut rows) = parts.pop() {
            let why = match self.try_commit(&rows).await? {
                None => continue,
                Some(why) => why,
            };
            if rows.len() == 1 {
                if let Some(row) = rows.pop() {
                    self.alone(row).await?;
                }
            } else if matches!(why, NotCommitted::Refused(_)) && !std::mem::replace(&mut screened, true) {
                self.importer.screen(&mut rows).await?;
                parts.push(rows);
            } else {
                let rest = rows.split_off(rows.len() / 2);
                parts.extend([rest, rows]);
            }
        }
        Ok(())
    }

    /// Writes rows in one commit, or says why they could not be.
    async fn try_commit(&mut self, rows: &[Row]) -> Result<Option<NotCommitted>, TransferError> {
        let mut next = self.done;
        rows.iter().for_each(|row| count(&mut next, &row.job, &row.state));
        let ready: Vec<&Ready> = rows.iter().filter_map(|row| ready_of(&row.state)).collect();
        // Told before the commit, so that nothing is missing when it is the last thing that happens.
        let mark = self.report.mark()?;
        self.tell(rows)?;
        let saved = if ready.is_empty() { Ok(()) } else { self.save(&ready, &next).await };
        match saved {
            Ok(()) => self.done = next,
            Err(why) => {
                self.report.back_to(&mark)?;
                return match why {
                    NotCommitted::Failed(error) => Err(error.into()),
                    why => Ok(Some(why)),
                };
            }
        }
        Ok(None)
    }

    async fn save(&mut self, ready: &[&Ready], next: &ImportProgress) -> Result<(), NotCommitted> {
        let desk = &self.importer.desk;
        let advance = self.name.as_ref().map(|name| desk.advance_import(name, self.saved, next));
        match desk.commit_ready(ready, advance).await {
            Ok(()) => self.saved = next.last_row,
            Err(NotCommitted::Overtaken) => {
                let words = "Another process imports the same file".to_owned();
                return Err(NotCommitted::Failed(Refusal::because("file", words).into()));
            }
            Err(why) => return Err(why),
        }
        Ok(())
    }

    /// Writes a row by itself, made ready anew.
    async fn alone(&mut self, mut row: Row) -> Result<(), TransferError> {
        let importer = self.importer.clone();
        for attempt in 0..ATTEMPTS {
            let found = importer.look_up(&row.job).await?;
            row.state = importer.state(&importer.ctx(), &row.job, found, importer.desk.fresh_id()).await?;
            let Some(ready) = ready_of(&row.state) else { break };
            let mut next = self.done;
            count(&mut next, &row.job, &row.state);
            match self.save(&[ready], &next).await {
                Ok(()) => {
                    self.done = next;
                    return self.tell(std::slice::from_ref(&row));
                }
                Err(NotCommitted::Failed(error)) => return Err(error.into()),
                Err(NotCommitted::Refused(error)) if attempt > 0 => {
                    let said = reasons::of_error(error)?;
                    row.state = State::Refused(said.into_iter().map(|r| quoted(r, &row.job)).collect());
                    break;
                }
                Err(_) => {}
            }
        }
        if ready_of(&row.state).is_some() {
            row.state = State::Refused(vec![Reason::row("Other changes were faster again and again")]);
        }
        self.settle(&row)
    }

    /// Counts a row that needs no commit.
    fn settle(&mut self, row: &Row) -> Result<(), TransferError> {
        self.tell(std::slice::from_ref(row))?;
        count(&mut self.done, &row.job, &row.state);
        Ok(())
    }

    /// Says what would become of a row, as if those before it were written.
    async fn rehearse(&mut self, mut row: Row) -> Result<(), TransferError> {
        let importer = self.importer.clone();
        let key = row.job.key.as_ref().map(text_of);
        if matches!(row.state, State::Later) {
            let found = importer.look_up(&row.job).await?;
            row.state = importer.state(&importer.ctx(), &row.job, found, importer.desk.fresh_id()).await?;
        }
        self.seen.judge(&importer.plan, &mut row, key.as_deref());
        self.settle(&row)
    }

    fn tell(&mut self, rows: &[Row]) -> Result<(), TransferError> {
        for row in rows {
            match &row.state {
                State::Refused(reasons) => self.report.tell(row.job.number, row.job.line, reasons)?,
                State::Ready(ready, _) if !ready.unmet.is_empty() => {
                    let words =
                        format!("Written, but not closed: a closing rule wants {}", ready.unmet.join(", "));
                    self.report.tell(row.job.number, row.job.line, &[Reason::row(words)])?;
                }
                _ => {}
            }
        }
        self.report.flush()
    }
}

fn ready_of(state: &State) -> Option<&Ready> {
    if let State::Ready(ready, _) = state { Some(ready) } else { None }
}

fn count(into: &mut ImportProgress, job: &Job, state: &State) {
    into.last_row = job.number;
    match state {
        // Of a dry run: made by what rows before it would make.
        State::Ready(_, true) | State::Later => into.created += 1,
        State::Ready(_, false) => into.updated += 1,
        State::Unchanged => into.unchanged += 1,
        State::Refused(_) => into.refused += 1,
    }
}
