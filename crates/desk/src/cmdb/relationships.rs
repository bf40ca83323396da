//! Relationships between CIs: which may be made, and which make a ring (assets-cmdb.md section 5.6).

use super::impact;
use super::types::lineage;
use crate::context::{Context, Verb};
use crate::draft::Draft;
use crate::permissions::permit;
use crate::records::{ListAsk, Page, Place, patch_of};
use crate::{Desk, DeskError, Refusal};
use model::filter::equals;
use model::{Change, Filter, Id, Patch, Record, RefInput};

/// How many relationships one call may make or remove.
pub(crate) const ROWS_MAX: usize = 100;

pub(crate) async fn prepare(desk: &Desk, _ctx: &Context, draft: &mut Draft) -> Result<(), DeskError> {
    if !draft.is_new() {
        return Ok(());
    }
    let (Some(parent), Some(child)) = (draft.new.reference("parent_ci"), draft.new.reference("child_ci"))
    else {
        return Ok(());
    };
    let Some(kind) = draft.small("relationship_type").cloned() else { return Ok(()) };
    if parent == child {
        draft.refuse(Refusal::because("child_ci", "A CI has no relationship with itself"));
        return Ok(());
    }
    if kind.is("only_suggested") && !suggested(desk, draft, kind.id(), parent, child).await? {
        let words = format!("{} is not allowed between CIs of these types", kind.title());
        draft.refuse(Refusal::because("relationship_type", words));
    }
    if !kind.is("acyclic") {
        draft.statements.push(impact::changed(desk));
        return Ok(());
    }
    draft.statements.push(desk.changed_unless_others().await?);
    if desk.reaches(kind.id(), child, parent).await? {
        draft.refuse(Refusal::because("child_ci", format!("{} would go round in a ring", kind.title())));
    }
    Ok(())
}

/// Whether the type is suggested between the types of two CIs, or between types above theirs.
async fn suggested(desk: &Desk, draft: &Draft, kind: Id, parent: Id, child: Id) -> Result<bool, DeskError> {
    let snapshot = &draft.snapshot;
    let rows = desk.store.get_many(snapshot.module("ci")?, &[parent, child]).await?;
    let types = |ci: Id| -> Vec<Id> {
        let own = rows.iter().find(|r| r.id() == ci).and_then(|r| r.reference("ci_type"));
        let own = own.and_then(|id| snapshot.record_of("ci_type", id));
        own.map(|t| lineage(snapshot, t).iter().map(|t| t.id()).collect()).unwrap_or_default()
    };
    let (parents, children) = (types(parent), types(child));
    Ok(snapshot.rows("ci_type_relationship").iter().any(|row| {
        row.reference("relationship_type") == Some(kind)
            && row.reference("parent_ci_type").is_some_and(|t| parents.contains(&t))
            && row.reference("child_ci_type").is_some_and(|t| children.contains(&t))
    }))
}

/// Both names of a relationship type are one of a kind, also against one another's.
pub(crate) fn prepare_type(draft: &mut Draft) {
    let own = draft.new.get("id").clone();
    for path in ["name", "inverse_name"] {
        let Some(name) = draft.new.text(path).map(model::fold).filter(|_| draft.changes(path)) else {
            continue;
        };
        let taken = draft.snapshot.rows("ci_relationship_type").iter().any(|row| {
            *row.get("id") != own
                && ["name", "inverse_name"]
                    .iter()
                    .any(|p| row.text(p).map(model::fold).as_ref() == Some(&name))
        });
        if taken {
            draft.refuse(Refusal::NotUnique(path.into()));
        }
    }
}

/// A relationship that a client asks for at a CI: the other end, and which of the two is the parent.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// The type: by id, by name, or by the name from the child's end, which turns the relationship round.
    pub kind: RefInput,
    /// The parent, where it is the other one.
    pub parent: Option<Id>,
    /// The child, where it is the other one.
    pub child: Option<Id>,
    /// What is said of it.
    pub comments: Option<String>,
}

impl Desk {
    /// The relationships of a CI, from either end.
    ///
    /// # Errors
    /// [`DeskError::NotFound`] for the CI.
    pub async fn relationships(
        &self,
        ctx: &Context,
        place: &Place,
        ci: Id,
        mut ask: ListAsk,
    ) -> Result<(Place, Page), DeskError> {
        self.get(ctx, place, ci).await?;
        let rows = Place::top(self.snapshot().module("ci_relationship")?.clone());
        let end = |path: &str| equals(&rows.module, path, vec![ci.into()]);
        ask.filter = ask.filter.and(Filter::Any(vec![end("parent_ci"), end("child_ci")]));
        let page = self.list(ctx, &rows, ask).await?;
        Ok((rows, page))
    }

    /// Makes relationships of a CI. All are looked at, also for what they would be together, before the first is made.
    ///
    /// # Errors
    /// As for an add, of the first that cannot be made.
    pub async fn relate(
        &self,
        ctx: &Context,
        place: &Place,
        ci: Id,
        wanted: &[Wanted],
    ) -> Result<Vec<Record>, DeskError> {
        let rows = Place::top(self.snapshot().module("ci_relationship")?.clone());
        permit(ctx, &rows, Verb::Create)?;
        self.get(ctx, place, ci).await?;
        if wanted.is_empty() {
            return Err(Refusal::Mandatory("ci_relationships".into()).into());
        }
        if wanted.len() > ROWS_MAX {
            return Err(
                Refusal::because("ci_relationships", format!("At most {ROWS_MAX} in one call")).into()
            );
        }
        let patches: Vec<Patch> =
            wanted.iter().map(|one| self.patch_for(&rows, ci, one)).collect::<Result<_, _>>()?;
        let mut drafts = Vec::with_capacity(patches.len());
        for patch in &patches {
            drafts.push(self.draft_new(ctx, &rows, patch).await?.new);
        }
        self.fit_together(ci, &drafts).await?;
        let mut made = Vec::with_capacity(patches.len());
        for patch in &patches {
            made.push(self.add(ctx, &rows, patch).await?.record);
        }
        Ok(made)
    }

    /// Whether relationships of one CI can be made at once: none twice, and no ring that two of them close.
    async fn fit_together(&self, ci: Id, rows: &[Record]) -> Result<(), DeskError> {
        let snapshot = self.snapshot();
        let of =
            |row: &Record| ["relationship_type", "parent_ci", "child_ci"].map(|path| row.reference(path));
        for (i, row) in rows.iter().enumerate() {
            if rows.iter().take(i).any(|earlier| of(earlier) == of(row)) {
                return Err(Refusal::NotUnique("child_ci".into()).into());
            }
            let [Some(kind), Some(parent), Some(child)] = of(row) else { continue };
            let acyclic = snapshot.record_of("ci_relationship_type", kind).filter(|kind| kind.is("acyclic"));
            let Some(acyclic) = acyclic.filter(|_| parent == ci) else { continue };
            // From the child back to the CI, through another one of these.
            for [other, above, below] in rows.iter().map(of) {
                let Some(above) = above.filter(|_| other == Some(kind) && below == Some(ci)) else {
                    continue;
                };
                if above == child || self.reaches(kind, child, above).await? {
                    let words = format!("{} would go round in a ring", acyclic.title());
                    return Err(Refusal::because("child_ci", words).into());
                }
            }
        }
        Ok(())
    }

    fn patch_for(&self, rows: &Place, ci: Id, wanted: &Wanted) -> Result<Patch, DeskError> {
        let snapshot = self.snapshot();
        let by_name = wanted.kind.name.as_deref().map(model::fold);
        let inverse = wanted.kind.id.is_none()
            && snapshot
                .named("ci_relationship_type", wanted.kind.name.as_deref().unwrap_or_default())
                .is_empty();
        let kind = match inverse {
            false => wanted.kind.clone(),
            true => {
                let found = snapshot
                    .rows("ci_relationship_type")
                    .iter()
                    .find(|row| row.text("inverse_name").map(model::fold) == by_name);
                let id = found.map(|row| row.id()).ok_or_else(|| Refusal::not_valid("relationship_type"))?;
                RefInput { id: Some(id), ..RefInput::default() }
            }
        };
        let (parent, child) = match (wanted.parent, wanted.child) {
            (Some(parent), Some(child)) if parent == ci || child == ci => (parent, child),
            (Some(_), Some(_)) => {
                return Err(Refusal::because("child_ci", "One end must be the CI itself").into());
            }
            (Some(parent), None) => (parent, ci),
            (None, Some(child)) => (ci, child),
            (None, None) => return Err(Refusal::Mandatory("child_ci".into()).into()),
        };
        let (parent, child) = if inverse { (child, parent) } else { (parent, child) };
        let end = |id: Id| Change::Ref(RefInput { id: Some(id), ..RefInput::default() });
        let comments = wanted.comments.clone().map_or(Change::Clear, |text| Change::Value(text.into()));
        Ok(patch_of(
            &rows.module,
            vec![
                ("relationship_type", Change::Ref(kind)),
                ("parent_ci", end(parent)),
                ("child_ci", end(child)),
                ("comments", comments),
            ],
        ))
    }

    /// Removes relationships of a CI.
    ///
    /// # Errors
    /// [`DeskError::NotFound`] when one of them is none of this CI, before any is removed.
    pub async fn unrelate(&self, ctx: &Context, place: &Place, ci: Id, ids: &[Id]) -> Result<(), DeskError> {
        let rows = Place::top(self.snapshot().module("ci_relationship")?.clone());
        permit(ctx, &rows, Verb::Delete)?;
        self.get(ctx, place, ci).await?;
        for id in ids {
            let row = self.get_in(ctx, &rows, *id).await?;
            if ![row.reference("parent_ci"), row.reference("child_ci")].contains(&Some(ci)) {
                return Err(DeskError::NotFound);
            }
        }
        for id in ids {
            self.delete(ctx, &rows, *id).await?;
        }
        Ok(())
    }
}
