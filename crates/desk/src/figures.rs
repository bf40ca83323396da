//! Figures: how many records there are in groups, of those that the caller may see, and what they come to.

use crate::context::{Context, Verb};
use crate::permissions::permit;
use crate::records::Place;
use crate::{Desk, DeskError};
use model::{Filter, Id, Value};
use store::{Counted, Tally, TallyBy};

/// What records are counted by.
#[derive(Clone, Debug)]
pub enum CountBy<'a> {
    /// The value of a field, by its path.
    Field(&'a str),
    /// The stretch of time into which a field falls. The beginnings of all but the first are given, the earliest first.
    Stretch(&'a str, Vec<i64>),
}

/// What is counted.
#[derive(Clone, Debug)]
pub struct CountAsk<'a> {
    /// Which of those that the caller may see.
    pub filter: Filter,
    /// By what; all together where this is empty.
    pub by: Vec<CountBy<'a>>,
    /// The path of an amount that is added up.
    pub sum: Option<&'a str>,
}

impl<'a> CountAsk<'a> {
    /// Those that pass, by one thing.
    #[must_use]
    pub fn by(filter: Filter, by: CountBy<'a>) -> Self {
        Self { filter, by: vec![by], sum: None }
    }
    /// Those that pass, all together.
    #[must_use]
    pub const fn all(filter: Filter) -> Self {
        Self { filter, by: Vec::new(), sum: None }
    }
}

/// A group of records.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// What they have in common.
    pub value: Value,
    /// How many they are.
    pub count: u64,
    /// What they come to, where that was asked for.
    pub sum: f64,
}

impl Group {
    /// What they refer to in common.
    #[must_use]
    pub fn reference(&self) -> Option<Id> {
        self.value.as_int().map(Id::new)
    }
}

impl Desk {
    /// How many records of a place there are in each group.
    ///
    /// # Errors
    /// When the caller may not read the module, there is no such field, or the database does not answer in time.
    pub async fn counted(
        &self,
        ctx: &Context,
        place: &Place,
        ask: CountAsk<'_>,
    ) -> Result<Vec<Counted>, DeskError> {
        permit(ctx, place, Verb::Read)?;
        let module = &place.module;
        let slot = |path: &str| module.slot(path).ok_or(DeskError::NotFound);
        let by = ask.by.into_iter().map(|by| match by {
            CountBy::Field(path) => Ok(TallyBy::Value(slot(path)?)),
            CountBy::Stretch(path, ends) => Ok(TallyBy::Stretch(slot(path)?, ends)),
        });
        let by = by.collect::<Result<_, DeskError>>()?;
        let sum = ask.sum.map(slot).transpose()?;
        let filter = self.passing(ctx, place, ask.filter, false, None).await?;
        Ok(self.store.tally(&Tally { module: module.clone(), filter, by, sum }).await?)
    }

    /// The same by one thing, the largest group first.
    ///
    /// # Errors
    /// As for [`Self::counted`].
    pub async fn groups(
        &self,
        ctx: &Context,
        place: &Place,
        ask: CountAsk<'_>,
    ) -> Result<Vec<Group>, DeskError> {
        let counted = self.counted(ctx, place, ask).await?;
        let group = |mut c: Counted| Group {
            value: if c.values.is_empty() { Value::Null } else { c.values.swap_remove(0) },
            count: c.count,
            sum: c.sum,
        };
        let mut groups: Vec<Group> = counted.into_iter().map(group).collect();
        groups.sort_by(|a, b| b.count.cmp(&a.count).then(a.value.as_int().cmp(&b.value.as_int())));
        Ok(groups)
    }

    /// How many there are in all.
    ///
    /// # Errors
    /// As for [`Self::counted`].
    pub async fn how_many(&self, ctx: &Context, place: &Place, filter: Filter) -> Result<u64, DeskError> {
        let counted = self.counted(ctx, place, CountAsk::all(filter)).await?;
        Ok(counted.iter().map(|c| c.count).sum())
    }

    /// How many there are in each stretch of time.
    ///
    /// # Errors
    /// As for [`Self::counted`].
    pub async fn over_time(
        &self,
        ctx: &Context,
        place: &Place,
        filter: Filter,
        path: &str,
        ends: &[i64],
    ) -> Result<Vec<u64>, DeskError> {
        let path = model::Path::of(&place.module, path).ok_or(DeskError::NotFound)?;
        let mut counts = Vec::with_capacity(ends.len().saturating_sub(1));
        // One after the other: to count what lies together in an index is a tenth of the work of sorting it into groups.
        for (from, to) in ends.iter().zip(ends.iter().skip(1)) {
            let within = Filter::Test(model::Test {
                path: path.clone(),
                op: model::Op::Between,
                operands: vec![Value::Int(*from), Value::Int(to - 1)],
            });
            counts.push(self.how_many(ctx, place, within.and(filter.clone())).await?);
        }
        Ok(counts)
    }
}

/// The numbers of so many stretches of time, in their order.
pub(crate) fn spread(groups: &[Group], stretches: usize) -> Vec<u64> {
    let mut counts = vec![0; stretches];
    for group in groups {
        let at = group.value.as_int().and_then(|at| usize::try_from(at).ok());
        if let Some(count) = at.and_then(|at| counts.get_mut(at)) {
            *count += group.count;
        }
    }
    counts
}
