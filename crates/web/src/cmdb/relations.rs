//! What a CI is related to, by the names that the relationships have from its end; how relationships are made and removed.

use super::types::{Look, Looks, lineage};
use crate::form::{self, Form, Problems};
use crate::input::Choice;
use crate::visit::Visit;
use crate::{names, requests, show};
use desk::{DeskError, ListAsk, Place, Wanted};
use model::filter::equals;
use model::{Filter, Id, Record, RefInput};

/// So many relationships are shown on the page.
const SHOWN: u64 = 300;
/// So many CIs of one name are told apart.
const NAMESAKES: u64 = 20;

/// Relationships of one name.
pub(crate) struct Relations {
    pub label: String,
    pub rows: Vec<Relation>,
}

/// A relationship, seen from one end.
pub(crate) struct Relation {
    pub id: Id,
    pub href: String,
    pub name: String,
    pub look: Look,
    pub comments: String,
}

/// The form for a new relationship.
#[derive(Default)]
pub(crate) struct NewRelation {
    /// What is suggested for a CI of this type, and all there is.
    pub suggested: Vec<Choice>,
    pub kinds: Vec<Choice>,
    pub ci: String,
    pub comments: String,
    pub problem: Option<String>,
}

/// The relationships of a CI by their names, and whether there are more.
///
/// # Errors
/// As for reading the CI.
pub(crate) async fn of(visit: &Visit, place: &Place, ci: Id) -> Result<(Vec<Relations>, bool), DeskError> {
    let ask = ListAsk::new(Filter::everything(), SHOWN);
    let (_, page) = visit.desk().relationships(&visit.ctx, place, ci, ask).await?;
    let view = visit.desk().view(&page.records, None).await?;
    let looks = Looks(visit);
    let mut groups: Vec<Relations> = Vec::new();
    for row in &page.records {
        let is_parent = row.reference("parent_ci") == Some(ci);
        let other = row.reference(if is_parent { "child_ci" } else { "parent_ci" });
        let Some(other) = other.and_then(|id| view.record(id)) else { continue };
        let kind = row.reference("relationship_type").and_then(|id| visit.snapshot.record(id));
        let label = kind.map(|kind| called(kind, !is_parent)).unwrap_or_default();
        let relation = Relation {
            id: row.id(),
            href: names::record(&other.module, other.id()).unwrap_or_default(),
            name: show::title(other),
            look: looks.of(other),
            comments: row.text("comments").unwrap_or_default().to_owned(),
        };
        match groups.iter_mut().find(|group| group.label == label) {
            Some(group) => group.rows.push(relation),
            None => groups.push(Relations { label, rows: vec![relation] }),
        }
    }
    groups.sort_by(|a, b| a.label.cmp(&b.label));
    for group in &mut groups {
        group.rows.sort_by(|a, b| a.name.cmp(&b.name));
    }
    Ok((groups, page.has_more))
}

/// What a relationship of a type is called from one of its ends.
pub(crate) fn called(kind: &Record, from_child: bool) -> String {
    let name = if from_child { kind.text("inverse_name") } else { kind.text("name") };
    name.unwrap_or_default().to_owned()
}

/// The form, with what somebody entered.
pub(crate) fn form(
    visit: &Visit,
    ci: &Record,
    entered: Option<&Form>,
    problem: Option<String>,
) -> NewRelation {
    let chosen = entered.map(|form| form.get("kind")).unwrap_or_default();
    let types = lineage(visit, ci.reference("ci_type"));
    let mut suggested: Vec<String> = Vec::new();
    for row in visit.snapshot.rows("ci_type_relationship") {
        let Some(kind) = row.reference("relationship_type") else { continue };
        for (end, word) in [("parent_ci_type", "parent"), ("child_ci_type", "child")] {
            let value = format!("{kind}.{word}");
            if row.reference(end).is_some_and(|t| types.contains(&t)) && !suggested.contains(&value) {
                suggested.push(value);
            }
        }
    }
    let mut all: Vec<Choice> = Vec::new();
    for kind in visit.snapshot.rows("ci_relationship_type") {
        for (word, from_child) in [("parent", false), ("child", true)] {
            let value = format!("{}.{word}", kind.id());
            all.push(Choice { is_chosen: value == chosen, ..Choice::new(value, called(kind, from_child)) });
        }
    }
    all.sort_by(|a, b| a.label.cmp(&b.label));
    let (suggested, kinds) = all.into_iter().partition(|choice| suggested.contains(&choice.value));
    let text = |name: &str| entered.map(|form| form.get(name).to_owned()).unwrap_or_default();
    NewRelation { suggested, kinds, ci: text("ci"), comments: text("comments"), problem }
}

/// Makes the relationship that a form asks for.
///
/// # Errors
/// Everything but what speaks against the input.
pub(crate) async fn add(
    visit: &Visit,
    place: &Place,
    ci: Id,
    form: &Form,
) -> Result<Result<(), Problems>, DeskError> {
    let lang = visit.lang();
    let Some((kind, is_parent)) = form.get("kind").split_once('.').and_then(|(id, word)| {
        Some((id.parse::<Id>().ok()?, ["parent", "child"].iter().position(|w| *w == word)? == 0))
    }) else {
        return Ok(Err(Problems::whole(lang.text("cmdb.choose_kind"))));
    };
    let other = match named(visit, form.get("ci").trim()).await? {
        Ok(other) => other,
        Err(words) => return Ok(Err(Problems::whole(words))),
    };
    let wanted = Wanted {
        kind: RefInput { id: Some(kind), ..RefInput::default() },
        parent: Some(if is_parent { ci } else { other }),
        child: Some(if is_parent { other } else { ci }),
        comments: form.given("comments").map(str::to_owned),
    };
    let rows = visit.snapshot.module("ci_relationship")?.clone();
    let done = visit.desk().relate(&visit.ctx, place, ci, &[wanted]).await;
    match form::refused(visit, &rows, done)? {
        Ok(_) => Ok(Ok(())),
        Err(problems) if problems.of("child_ci").is_some() && problems.general.is_empty() => {
            let twice = lang.text("error.not_unique");
            let words = problems.of("child_ci").filter(|words| *words != twice);
            Ok(Err(Problems::whole(words.unwrap_or(lang.text("cmdb.related_already")))))
        }
        Err(mut problems) => {
            problems.lift(visit, &rows, |_| false);
            Ok(Err(problems))
        }
    }
}

/// The CI that somebody typed: a name, or `name [type]` where several have it.
async fn named(visit: &Visit, typed: &str) -> Result<Result<Id, String>, DeskError> {
    let lang = visit.lang();
    if typed.is_empty() {
        return Ok(Err(lang.text("cmdb.choose_ci").to_owned()));
    }
    let cis = visit.snapshot.module("ci")?.clone();
    let (name, kind) = match typed.strip_suffix(']').and_then(|rest| rest.rsplit_once(" [")) {
        Some((name, kind)) => (name.trim(), Some(model::fold(kind.trim()))),
        None => (typed, None),
    };
    let looks = Looks(visit);
    let mut found = Vec::new();
    for (name, kind) in [(typed, None), (name, kind)] {
        let ask = ListAsk::new(equals(&cis, "name", vec![model::fold(name).into()]), NAMESAKES);
        found = visit.desk().list(&visit.ctx, &Place::top(cis.clone()), ask).await?.records;
        found.retain(|ci| kind.as_ref().is_none_or(|kind| model::fold(&looks.of(ci).label) == *kind));
        if !found.is_empty() {
            break;
        }
    }
    Ok(match found.as_slice() {
        [one] => Ok(one.id()),
        [] => Err(lang.say("cmdb.no_such_ci", &[("name", typed)])),
        several => {
            let typed: Vec<String> = several.iter().map(|ci| typed_name(&looks, ci)).collect();
            Err(lang.say("cmdb.several_cis", &[("names", &typed.join(", "))]))
        }
    })
}

fn typed_name(looks: &Looks<'_>, ci: &Record) -> String {
    format!("{} [{}]", ci.title(), looks.of(ci).label)
}

/// Names of CIs as an input completes them; those that several have say of which type each is.
pub(crate) fn completed(visit: &Visit, cis: &[Record]) -> Vec<String> {
    let looks = Looks(visit);
    let is_shared =
        |ci: &Record| cis.iter().filter(|c| model::fold(c.title()) == model::fold(ci.title())).count() > 1;
    cis.iter().map(|ci| if is_shared(ci) { typed_name(&looks, ci) } else { ci.title().to_owned() }).collect()
}

/// Removes the relationship that a form names.
///
/// # Errors
/// As for the use case.
pub(crate) async fn remove(visit: &Visit, place: &Place, ci: Id, form: &Form) -> Result<(), DeskError> {
    let id = requests::id_of(form.get("id"))?;
    visit.desk().unrelate(&visit.ctx, place, ci, &[id]).await
}
