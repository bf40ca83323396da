//! Many rows written together, as an import does it: each is made ready by the use cases of an add or an edit, and some
//! hundred go into one commit. Making ready and committing can overlap; a row that another one stands in the way of is
//! told apart by whoever commits fewer at once.

use crate::context::{Context, Verb};
use crate::permissions::{permit, visible};
use crate::records::Place;
use crate::resolve::Found;
use crate::{Desk, DeskError, Refusal};
use model::filter::equals;
use model::{Change, Id, Kind, Leaf, Module, Patch, Record, RefInput, Size, Storage, Value, fold};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use store::{ImportProgress, Query, Statement, StoreError};

/// A row that may be written.
#[derive(Debug)]
pub struct Ready {
    /// The record as it will be.
    pub record: Record,
    /// Fields that a closing rule still wants; the rest is written all the same.
    pub unmet: Vec<String>,
    pub(crate) statements: Vec<Statement>,
}

/// Why a commit of rows was not made. Nothing of it is written.
#[derive(Debug)]
pub enum NotCommitted {
    /// What a row rests on has changed since it was made ready, or is being changed by another row of the commit.
    Stale,
    /// One of the rows is refused; which one can be told of one alone.
    Refused(DeskError),
    /// Another process moved on what was to be moved on here.
    Overtaken,
    /// It failed for another reason, which is none of the rows'.
    Failed(DeskError),
}

/// References that were found by name, so that a million rows of one product look for it once. What is found here is
/// still looked at like any reference that is given by id.
#[derive(Debug, Default)]
pub struct Known(Mutex<HashMap<(String, String), Id>>);

/// So many names are kept; then it begins anew.
const KNOWN_MAX: usize = 100_000;

impl Known {
    fn get(&self, key: &(String, String)) -> Option<Id> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(key).copied()
    }
    fn keep(&self, key: (String, String), id: Id) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= KNOWN_MAX {
            known.clear();
        }
        known.insert(key, id);
    }
}

impl Desk {
    /// Makes a new record ready, under an id that was given out for it; a rehearsal only says what speaks against it.
    ///
    /// # Errors
    /// As for [`Self::add`].
    pub async fn ready_to_add(
        &self,
        ctx: &Context,
        place: &Place,
        patch: &Patch,
        id: Id,
    ) -> Result<Ready, DeskError> {
        permit(ctx, place, Verb::Create)?;
        let mut draft = self.draft_new_as(ctx, place, patch, id).await?;
        let statements = if ctx.rehearsal { Vec::new() } else { self.added(ctx, place, &mut draft).await? };
        Ok(Ready { record: draft.new, unmet: draft.unmet, statements })
    }

    /// Makes an edit ready; `None` when it would change nothing.
    ///
    /// # Errors
    /// As for [`Self::edit`].
    pub async fn ready_to_edit(
        &self,
        ctx: &Context,
        place: &Place,
        old: Record,
        patch: &Patch,
    ) -> Result<Option<Ready>, DeskError> {
        permit(ctx, place, Verb::Update)?;
        if !place.module.writable {
            return Err(DeskError::NotPermitted);
        }
        let before = old.clone();
        let mut draft = self.draft_edit(ctx, place, old, patch, "UPDATE").await?;
        let changed = !draft.new.equals(&before) || !draft.statements.is_empty();
        let statements = match self.edited(ctx, place, &mut draft).await? {
            Some(statements) => statements,
            None if !changed => return Ok(None),
            None => Vec::new(),
        };
        Ok(Some(Ready { record: draft.new, unmet: draft.unmet, statements }))
    }

    /// Commits rows that are ready, and before them how far has got whatever brings them: all or none.
    ///
    /// # Errors
    /// See [`NotCommitted`].
    pub async fn commit_ready(
        &self,
        rows: &[&Ready],
        advance: Option<Statement>,
    ) -> Result<(), NotCommitted> {
        self.commit_beside(rows, advance, Vec::new()).await
    }

    /// The same, and behind them what else is to be written.
    pub(crate) async fn commit_beside(
        &self,
        rows: &[&Ready],
        advance: Option<Statement>,
        behind: Vec<Statement>,
    ) -> Result<(), NotCommitted> {
        // The first statement: whoever finds that another process was there must not take its rows for conflicts.
        let first = usize::from(advance.is_some());
        let count: usize = rows.iter().map(|row| row.statements.len()).sum();
        let mut statements = Vec::with_capacity(count + first + behind.len());
        statements.extend(advance);
        for row in rows {
            statements.extend(row.statements.iter().cloned());
        }
        statements.extend(behind);
        match (self.store.commit(statements).await, rows) {
            (Ok(()), _) => {}
            (Err(StoreError::Stale { statement }), _) if statement < first => {
                return Err(NotCommitted::Overtaken);
            }
            (Err(StoreError::Stale { .. }), _) => return Err(NotCommitted::Stale),
            (Err(error @ StoreError::Conflict { .. }), [row]) => {
                return Err(NotCommitted::Refused(match self.conflict(&row.record, error).await {
                    // Taken by what is written beside it, such as the CI of an asset.
                    DeskError::Internal(words) => Refusal::because(row.record.module.title, words).into(),
                    known => known,
                }));
            }
            (Err(error @ (StoreError::Conflict { .. } | StoreError::Referenced { .. })), _) => {
                return Err(NotCommitted::Refused(error.into()));
            }
            (Err(error), _) => return Err(NotCommitted::Failed(error.into())),
        }
        let mut reload = false;
        for row in rows {
            match row.record.module.size {
                // Once for all of them.
                Size::Small => reload = true,
                _ => self.wrote(&row.record).await.map_err(NotCommitted::Failed)?,
            }
        }
        if reload {
            self.reload().await.map_err(NotCommitted::Failed)?;
        }
        Ok(())
    }

    /// The records with these values in a field, by the folded text of the value: of each at most two, since more say no
    /// more than that the value is not one of a kind.
    ///
    /// # Errors
    /// When the database does not answer, or the module has no such field.
    pub async fn having(
        &self,
        ctx: &Context,
        module: &Arc<Module>,
        slot: usize,
        values: &[Value],
    ) -> Result<HashMap<String, Vec<Id>>, DeskError> {
        let Some(leaf) = module.leaf(slot) else { return Ok(HashMap::new()) };
        let most = values.len() as u64 * 2 + 100;
        let found = self.rows_having(ctx, module, slot, leaf, values.to_vec(), most).await?;
        let mut by_value: HashMap<String, Vec<Id>> = HashMap::new();
        let whole = (found.len() as u64) < most;
        let mut note = |row: &Record| {
            let ids = by_value.entry(fold(&row.at(slot).to_string())).or_default();
            if ids.len() < 2 {
                ids.push(row.id());
            }
        };
        if whole {
            found.iter().for_each(&mut note);
        } else {
            // Some value is in very many records.
            for value in values {
                let found = self.rows_having(ctx, module, slot, leaf, vec![value.clone()], 2).await?;
                found.iter().for_each(&mut note);
            }
        }
        Ok(by_value)
    }

    async fn rows_having(
        &self,
        ctx: &Context,
        module: &Arc<Module>,
        slot: usize,
        leaf: &Leaf,
        values: Vec<Value>,
        most: u64,
    ) -> Result<Vec<Record>, DeskError> {
        let snapshot = self.snapshot();
        let mut filter = equals(module, &leaf.path, values).and(visible(ctx, module, &snapshot)?);
        if module.deletion == model::Deletion::Trash {
            filter = filter.and(equals(module, "is_trashed", vec![false.into()]));
        }
        let mut query = Query::new(module.clone(), filter, most);
        query.slots = vec![slot];
        Ok(self.store.list(&query).await?)
    }

    /// The record that a row is about, as its own type reads it.
    ///
    /// # Errors
    /// As for [`Self::get`].
    pub async fn row_record(&self, ctx: &Context, place: &Place, id: Id) -> Result<Record, DeskError> {
        permit(ctx, place, Verb::Read)?;
        self.get_in(ctx, place, id).await
    }

    /// Replaces names in a patch by the ids that they stood for before. Of records of the patch's own table nothing is
    /// kept, since the rows themselves may change what a name means.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn recall(
        &self,
        ctx: &Context,
        module: &Arc<Module>,
        patch: &mut Patch,
        known: &Known,
    ) -> Result<(), DeskError> {
        let snapshot = self.snapshot();
        for (slot, change) in &mut patch.changes {
            let inputs: &mut [RefInput] = match change {
                Change::Ref(input) => std::slice::from_mut(input),
                Change::Refs(inputs) => inputs,
                Change::Clear | Change::Value(_) => continue,
            };
            let target = module.leaf(*slot).and_then(Leaf::target).and_then(|t| snapshot.catalogue.module(t));
            let Some(target) = target.filter(|t| t.size != Size::Small && t.table != module.table) else {
                continue;
            };
            for input in inputs.iter_mut().filter(|input| input.id.is_none() && input.site.is_none()) {
                let said = match (&input.email, &input.name) {
                    (Some(email), _) => format!("@{}", model::fold_email(email)),
                    (None, Some(name)) => fold(name),
                    (None, None) => continue,
                };
                let key = (target.name.to_string(), said);
                let id = match known.get(&key) {
                    Some(id) => Some(id),
                    None => match target.size {
                        Size::People => {
                            let found = self.find_person(target, input).await?;
                            if let Found::One(person) = &found { Some(person.id()) } else { None }
                        }
                        _ => self.find_named(ctx, target, input).await?.map(|record| record.id()),
                    },
                };
                // What is not found is looked for once more by the use case, which says what is wrong with it.
                if let Some(id) = id {
                    known.keep(key, id);
                    *input = RefInput { id: Some(id), ..RefInput::default() };
                }
            }
        }
        Ok(())
    }

    /// The fields of a record whose values other records have that must be one of a kind. For rehearsals; a commit is
    /// refused by the database itself.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn taken(&self, record: &Record) -> Result<Vec<Refusal>, DeskError> {
        let mut taken = Vec::new();
        let module = &record.module;
        let whole = self.snapshot().catalogue.whole_of(module).clone();
        for (slot, leaf) in module.leaves().iter().enumerate() {
            let Some(others) = rivals(record, slot, &whole) else { continue };
            if self.store.exists(&whole, others).await? {
                taken.push(Refusal::NotUnique(leaf.path.clone()));
            }
        }
        if let Some(slot) = self.store.taken_value(record).await?
            && let Some(leaf) = module.leaf(slot)
        {
            taken.push(Refusal::NotUnique(leaf.path.clone()));
        }
        Ok(taken)
    }

    /// How far the import of this name has got.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn import_progress(&self, name: &str) -> Result<Option<ImportProgress>, DeskError> {
        Ok(self.store.import_progress(name).await?)
    }

    /// Begins an import, or begins it anew.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn begin_import(&self, name: &str) -> Result<(), DeskError> {
        let begin = vec![self.store.end_import(name), self.store.begin_import(name, self.now())];
        Ok(self.store.commit(begin).await?)
    }

    /// What moves an import on, for [`Self::commit_ready`].
    #[must_use]
    pub fn advance_import(&self, name: &str, from: i64, to: &ImportProgress) -> Statement {
        self.store.advance_import(name, from, to)
    }

    /// Forgets an import that came to its end.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn end_import(&self, name: &str) -> Result<(), DeskError> {
        Ok(self.store.commit(vec![self.store.end_import(name)]).await?)
    }
}

/// The records of the whole module that have a record's value at a place where it must be one of a kind; `None` where it
/// need not be, or the record has no value there.
pub(crate) fn rivals(record: &Record, slot: usize, whole: &Arc<Module>) -> Option<model::Filter> {
    let module = &record.module;
    let leaf = module.leaf(slot).filter(|leaf| leaf.field.storage == Storage::Column)?;
    let within = leaf.field.unique.as_ref()?;
    let mut filter = equals(module, &leaf.path, vec![operand(leaf, record.at(slot))?]);
    for path in within {
        let Some(other) = module.find(path) else { continue };
        filter = filter.and(match operand(other, record.get(path)) {
            Some(value) => equals(module, path, vec![value]),
            None => model::filter::test(module, path, model::Op::Empty, Vec::new()),
        });
    }
    let others = filter.and(equals(module, "id", vec![record.id().into()]).negate());
    Some(rebased(others, whole))
}

/// A value as filters compare it; `None` for no value.
fn operand(leaf: &Leaf, value: &Value) -> Option<Value> {
    match (value, &leaf.field.kind) {
        (Value::Null, _) => None,
        (Value::Text(text), Kind::Decimal) => text.parse().ok().map(Value::Double),
        (Value::Text(text), _) => Some(Value::Text(fold(text))),
        (other, _) => Some(other.clone()),
    }
}

/// A filter on a view as one on the whole module, whose leaves have the same paths at other places.
fn rebased(filter: model::Filter, whole: &Arc<Module>) -> model::Filter {
    use model::{Filter, Path, Test};
    let all = |parts: Vec<Filter>| parts.into_iter().map(|part| rebased(part, whole)).collect();
    match filter {
        Filter::All(parts) => Filter::All(all(parts)),
        Filter::Any(parts) => Filter::Any(all(parts)),
        Filter::Not(inner) => rebased(*inner, whole).negate(),
        Filter::Test(Test { path, op, operands }) => {
            let same = path.leaf().and_then(|leaf| Path::of(whole, &leaf.path));
            Filter::Test(Test { path: same.unwrap_or(path), op, operands })
        }
    }
}
