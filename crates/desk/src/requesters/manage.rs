//! Administrators make, change and remove the additional fields of requesters (happyfox.md section 4: opaque ids), on the
//! command line and through the requester API. They are additional fields of users like any others.

use super::fields::{FieldKind, RequesterField, fields};
use crate::batch::{NotCommitted, Ready};
use crate::context::{Context, Verb};
use crate::draft::Draft;
use crate::permissions::permit;
use crate::records::{Place, patch_of};
use crate::udf::{NumberedOption, numbered_options, options_text};
use crate::{Desk, DeskError, Refusal};
use model::filter::equals;
use model::{Change, Id, Record, Value, fold};
use serde_json::json;
use store::Query;

/// What is to be known of a field; what is missing stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldInput {
    /// The number of a new field; another one where that is missing. Of a known field, that field's.
    pub id: Option<i64>,
    /// What people call it: 1 to 100 characters.
    pub name: Option<String>,
    /// What it holds. It cannot become another.
    pub kind: Option<FieldKind>,
    /// Whether an input must have it.
    pub mandatory: Option<bool>,
    /// All options, in the order in which they are shown. One that is not among them any more is removed, which only
    /// options can be that nobody has.
    pub options: Option<Vec<OptionInput>>,
    /// The place at which it is shown, from 1 on; at the end where this is missing or greater.
    pub order: Option<usize>,
}

/// An option of a field's input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OptionInput {
    /// The number of a known option, or the one that a new option is to have; by its name or a free one where missing.
    pub id: Option<i64>,
    /// What people call it: 1 to 250 characters.
    pub name: String,
}

/// How many options a field may have.
const OPTIONS_MAX: usize = 1000;
/// The longest name of an option.
const OPTION_NAME_MAX: usize = 250;
/// The longest name of a field.
const NAME_MAX: usize = 100;
/// The longest text that a text field holds (happyfox.md section 1.6).
const TEXT_MAX: usize = 10_000;
/// So many people are given the new name of an option in one commit.
const RENAMED_AT_ONCE: u64 = 200;

/// Gives a new field of users its number among those of requesters, and its place behind the others.
pub(crate) async fn number(desk: &Desk, draft: &mut Draft) -> Result<(), DeskError> {
    let rows = draft.snapshot.clone();
    let rows = rows.rows("udf_field");
    if draft.new.int("requester_field_id").is_none() {
        let number = loop {
            let number = desk.numbers.next("requester_field").await?;
            // Some came with numbers of their own.
            if !rows.iter().any(|row| row.int("requester_field_id") == Some(number)) {
                break number;
            }
        };
        draft.new.set("requester_field_id", number);
    }
    let last = rows.iter().filter_map(|row| row.int("requester_field_order")).max();
    draft.new.set("requester_field_order", last.unwrap_or(0) + 1);
    Ok(())
}

impl Desk {
    /// Makes a field.
    ///
    /// # Errors
    /// Rights; everything that speaks against the input at once, by `id`, `name`, `type`, `options`.
    pub async fn add_requester_field(
        &self,
        ctx: &Context,
        input: &FieldInput,
    ) -> Result<RequesterField, DeskError> {
        let place = self.field_place()?;
        permit(ctx, &place, Verb::Create)?;
        let known = fields(&self.snapshot());
        let mut refusals = Vec::new();
        if let Some(id) = input.id {
            if known.iter().any(|field| field.id == id) {
                refusals.push(Refusal::because("id", format!("A field with id {id} exists already.")));
            } else if !(1..=i64::from(i32::MAX)).contains(&id) {
                refusals
                    .push(Refusal::because("id", format!("A number from 1 to {} is required.", i32::MAX)));
            }
        }
        let name = check_name(input.name.as_deref(), &known, None, &mut refusals);
        if input.kind.is_none() {
            refusals.push(Refusal::because("type", "This field is required."));
        }
        let kind = input.kind.unwrap_or(FieldKind::Text);
        let options = check_options(kind, input.options.as_deref(), &[], &mut refusals);
        if !refusals.is_empty() {
            return Err(DeskError::Refused(refusals));
        }
        let text = |text: &str| Change::Value(Value::from(text));
        let (label, constraints) = match kind {
            FieldKind::Text => (
                "Single Line",
                Some(json!([{"constraint_name": "max_length", "constraint_value": TEXT_MAX}])),
            ),
            FieldKind::Dropdown => ("Pick List", None),
            FieldKind::MultiSelect => ("Multi Select", None),
            FieldKind::Date => ("Date", None),
            FieldKind::Number => ("Decimal", None),
        };
        let mut changes = vec![
            ("name", text(name)),
            ("display_name", text(name)),
            ("field_type", text(label)),
            ("module.name", text("user")),
            ("mandatory", Change::Value(Value::Bool(input.mandatory.unwrap_or(false)))),
        ];
        if let Some(constraints) = constraints {
            changes.push(("constraints", text(&constraints.to_string())));
        }
        if let Some(options) = options {
            changes.push(("allowed_values", text(&options_text(&options))));
        }
        if let Some(id) = input.id {
            changes.push(("requester_field_id", Change::Value(id.into())));
        }
        let made = self.add(ctx, &place, &patch_of(&place.module, changes)).await.map_err(in_our_words)?;
        let id = made.record.int("requester_field_id").unwrap_or_default();
        if let Some(order) = input.order {
            self.put_in_order(ctx, &place, id, order).await?;
        }
        self.requester_field(id)
    }

    /// Changes a field. An option that keeps its number and has another name is renamed for everybody who has it.
    ///
    /// # Errors
    /// [`DeskError::NotFound`], and as for [`Self::add_requester_field`]. What was said of renaming holds even if it
    /// stops in the middle: people are then shown the new name, whichever of the two they have, and the same change made
    /// again goes on.
    pub async fn change_requester_field(
        &self,
        ctx: &Context,
        id: i64,
        input: &FieldInput,
    ) -> Result<RequesterField, DeskError> {
        let place = self.field_place()?;
        permit(ctx, &place, Verb::Update)?;
        let (row, field) = self.field_row(id)?;
        let known = fields(&self.snapshot());
        let mut refusals = Vec::new();
        if input.id.is_some_and(|given| given != id) {
            refusals.push(Refusal::because("id", "A field keeps its id."));
        }
        if input.kind.is_some_and(|kind| kind != field.kind) {
            refusals.push(Refusal::because("type", "A field keeps its type."));
        }
        let before = numbered_options(&row);
        let mut changes = Vec::new();
        if input.name.is_some() {
            let name = check_name(input.name.as_deref(), &known, Some(id), &mut refusals);
            let name = Value::from(name);
            changes.push(("name", Change::Value(name.clone())));
            changes.push(("display_name", Change::Value(name)));
        }
        if let Some(mandatory) = input.mandatory {
            changes.push(("mandatory", Change::Value(Value::Bool(mandatory))));
        }
        let mut renamed = Vec::new();
        if input.options.is_some() {
            let current: Vec<NumberedOption> = before.iter().filter(|o| !o.former).cloned().collect();
            if let Some(mut options) =
                check_options(field.kind, input.options.as_deref(), &current, &mut refusals)
            {
                let gone = before.iter().filter(|old| !options.iter().any(|new| new.id == old.id));
                for option in gone {
                    let count = self.people_with(&field, &option.name).await?;
                    if count > 0 {
                        let words =
                            format!("Option {} {} is in use by {count} requesters.", option.id, option.name);
                        refusals.push(Refusal::because("options", words));
                    }
                }
                for old in &before {
                    let Some(new) = options.iter().find(|new| new.id == old.id && new.name != old.name)
                    else {
                        continue;
                    };
                    // Whoever has the one could not be told from whoever had the other.
                    let stays = |id: i64| options.iter().any(|option| option.id == id);
                    let taken = |o: &&NumberedOption| {
                        o.id != old.id && fold(&o.name) == fold(&new.name) && stays(o.id)
                    };
                    if let Some(other) = before.iter().find(taken) {
                        let words = format!(
                            "{} is the name of option {}; rename that one first.",
                            new.name, other.id
                        );
                        refusals.push(Refusal::because("options", words));
                    }
                    renamed.push((old.name.clone(), new.name.clone()));
                }
                // Whoever has a former name is still to be found by it.
                let former = before.iter().filter(|old| renamed.iter().any(|(name, _)| *name == old.name));
                options.extend(former.map(|old| NumberedOption { former: true, ..old.clone() }));
                changes.push(("allowed_values", Change::Value(options_text(&options).into())));
            }
        }
        if !refusals.is_empty() {
            return Err(DeskError::Refused(refusals));
        }
        if !changes.is_empty() {
            let patch = patch_of(&place.module, changes);
            self.edit(ctx, &place, row.id(), &patch).await.map_err(in_our_words)?;
        }
        if !renamed.is_empty() {
            for (old, new) in &renamed {
                self.rename_option(ctx, &field, old, new).await?;
            }
            let (row, _) = self.field_row(id)?;
            let options: Vec<NumberedOption> =
                numbered_options(&row).into_iter().filter(|option| !option.former).collect();
            let change = ("allowed_values", Change::Value(options_text(&options).into()));
            self.edit(ctx, &place, row.id(), &patch_of(&place.module, vec![change])).await?;
        }
        if let Some(order) = input.order {
            self.put_in_order(ctx, &place, id, order).await?;
        }
        self.requester_field(id)
    }

    /// Removes a field. What people have in it is not shown any more, by either face.
    ///
    /// # Errors
    /// [`DeskError::NotFound`], rights, or a database that does not answer.
    pub async fn remove_requester_field(&self, ctx: &Context, id: i64) -> Result<(), DeskError> {
        let place = self.field_place()?;
        let (row, _) = self.field_row(id)?;
        self.delete(ctx, &place, row.id()).await
    }

    fn field_place(&self) -> Result<Place, DeskError> {
        Ok(Place::top(self.snapshot().module("udf_field")?.clone()))
    }

    fn requester_field(&self, id: i64) -> Result<RequesterField, DeskError> {
        fields(&self.snapshot()).into_iter().find(|field| field.id == id).ok_or(DeskError::NotFound)
    }

    fn field_row(&self, id: i64) -> Result<(Record, RequesterField), DeskError> {
        let field = self.requester_field(id)?;
        let snapshot = self.snapshot();
        let mut rows = snapshot.rows("udf_field").iter();
        let row = rows.find(|row| row.int("requester_field_id") == Some(id)).ok_or(DeskError::NotFound)?;
        Ok((Record::clone(row), field))
    }

    /// Shows a field at a place and moves the others.
    async fn put_in_order(
        &self,
        ctx: &Context,
        place: &Place,
        id: i64,
        order: usize,
    ) -> Result<(), DeskError> {
        let mut ids: Vec<i64> =
            fields(&self.snapshot()).iter().map(|field| field.id).filter(|other| *other != id).collect();
        ids.insert(order.saturating_sub(1).min(ids.len()), id);
        for (at, id) in (1_i64..).zip(ids) {
            let (row, _) = self.field_row(id)?;
            if row.int("requester_field_order") != Some(at) {
                let change = ("requester_field_order", Change::Value(at.into()));
                self.edit(ctx, place, row.id(), &patch_of(&place.module, vec![change])).await?;
            }
        }
        Ok(())
    }

    async fn people_with(&self, field: &RequesterField, option: &str) -> Result<u64, DeskError> {
        let user = self.snapshot().module("user")?.clone();
        let with = equals(&user, &field.path, vec![fold(option).into()]);
        Ok(self.store.count(&Query::new(user, with, 1)).await?)
    }

    /// Gives everybody who has an option its new name, some hundred in a commit.
    async fn rename_option(
        &self,
        ctx: &Context,
        field: &RequesterField,
        old: &str,
        new: &str,
    ) -> Result<(), DeskError> {
        let snapshot = self.snapshot();
        let user = snapshot.module("user")?.clone();
        let place = Place::top(user.clone());
        // Letter case alone does not change whom it finds: then it is walked by id, once.
        let mut after = Id::new(0);
        loop {
            let with = equals(&user, &field.path, vec![fold(old).into()]);
            let further = model::filter::test(&user, "id", model::Op::Greater, vec![after.into()]);
            let people =
                self.store.list(&Query::new(user.clone(), with.and(further), RENAMED_AT_ONCE)).await?;
            let Some(last) = people.last().map(Record::id) else { return Ok(()) };
            let mut ready: Vec<Ready> = Vec::with_capacity(people.len());
            let mut ids = Vec::with_capacity(people.len());
            for person in people {
                let id = person.id();
                let patch = renaming(field, &person, old, new);
                if let Some(made) = self.ready_to_edit(ctx, &place, person, &patch).await? {
                    ready.push(made);
                    ids.push(id);
                }
            }
            match self.commit_ready(&ready.iter().collect::<Vec<_>>(), None).await {
                Ok(()) => {}
                Err(NotCommitted::Failed(error)) => return Err(error),
                Err(NotCommitted::Stale | NotCommitted::Overtaken | NotCommitted::Refused(_)) => {
                    for id in ids {
                        let person = self.get(ctx, &place, id).await?;
                        self.edit(ctx, &place, id, &renaming(field, &person, old, new)).await?;
                    }
                }
            }
            after = last;
        }
    }
}

/// What changes of a person when an option of theirs has another name.
fn renaming(field: &RequesterField, person: &Record, old: &str, new: &str) -> model::Patch {
    let fit = |name: &str| if name.eq_ignore_ascii_case(old) { new.to_owned() } else { name.to_owned() };
    let value = match (field.kind, person.at(field.slot)) {
        (FieldKind::MultiSelect, Value::Text(names)) => {
            let names: Vec<String> = serde_json::from_str(names).unwrap_or_default();
            Value::Text(json!(names.iter().map(|name| fit(name)).collect::<Vec<_>>()).to_string())
        }
        (_, Value::Text(name)) => Value::Text(fit(name)),
        (_, other) => other.clone(),
    };
    let mut patch = model::Patch::default();
    patch.set(field.slot, Change::Value(value));
    patch
}

/// Refusals of an additional field under the names that an input of this kind has.
fn in_our_words(error: DeskError) -> DeskError {
    let DeskError::Refused(refusals) = error else { return error };
    let renamed = refusals.into_iter().map(|refusal| match refusal {
        Refusal::NotUnique(field) if field == "requester_field_id" => {
            Refusal::because("id", "A field with this id exists already.")
        }
        Refusal::NotUnique(_) => Refusal::because("name", "A field with this name exists already."),
        Refusal::NotValid { field, message } => {
            let field = match field.as_str() {
                "allowed_values" => "options".to_owned(),
                "field_type" => "type".to_owned(),
                "display_name" | "field_key" => "name".to_owned(),
                _ => field,
            };
            Refusal::NotValid { field, message }
        }
        Refusal::Mandatory(field) if field == "allowed_values" => Refusal::Mandatory("options".into()),
        other => other,
    });
    DeskError::Refused(renamed.collect())
}

fn check_name<'n>(
    name: Option<&'n str>,
    known: &[RequesterField],
    own: Option<i64>,
    refusals: &mut Vec<Refusal>,
) -> &'n str {
    let name = name.unwrap_or_default().trim();
    let words = if name.is_empty() {
        Some("This field is required.".to_owned())
    } else if name.chars().count() > NAME_MAX {
        Some(format!("Ensure this field has no more than {NAME_MAX} characters."))
    } else if name.chars().any(char::is_control) {
        Some("Control characters are not allowed.".to_owned())
    } else {
        let same = |field: &&RequesterField| Some(field.id) != own && fold(&field.name) == fold(name);
        known.iter().find(same).map(|field| format!("Field {} has this name already.", field.id))
    };
    refusals.extend(words.map(|words| Refusal::because("name", words)));
    name
}

/// The options that an input asks for, with their numbers; `None` for a field that has none.
fn check_options(
    kind: FieldKind,
    given: Option<&[OptionInput]>,
    known: &[NumberedOption],
    refusals: &mut Vec<Refusal>,
) -> Option<Vec<NumberedOption>> {
    let mut refuse = |words: String| refusals.push(Refusal::because("options", words));
    if !matches!(kind, FieldKind::Dropdown | FieldKind::MultiSelect) {
        if given.is_some_and(|options| !options.is_empty()) {
            refuse("Only a dropdown and a multi_select have options.".into());
        }
        return None;
    }
    let given = given.unwrap_or_default();
    if given.is_empty() {
        refuse("At least one option is required.".into());
    }
    if given.len() > OPTIONS_MAX {
        refuse(format!("A field may have {OPTIONS_MAX} options at most."));
        return None;
    }
    let mut options: Vec<NumberedOption> = Vec::with_capacity(given.len());
    let mut numbers: std::collections::HashSet<i64> = given.iter().filter_map(|option| option.id).collect();
    let mut names = std::collections::HashSet::new();
    let mut seen = std::collections::HashSet::new();
    let reserved: Vec<i64> = known.iter().map(|option| option.id).collect();
    let mut next = 1..;
    for option in given {
        let name = option.name.trim();
        if name.is_empty() || name.chars().count() > OPTION_NAME_MAX || name.chars().any(char::is_control) {
            refuse(format!("The name of an option has 1 to {OPTION_NAME_MAX} characters."));
        }
        if !names.insert(fold(name)) {
            refuse(format!("Two options have the name {name}."));
        }
        let id = match option.id {
            Some(id) => {
                if !(1..=i64::from(i32::MAX)).contains(&id) {
                    refuse(format!("{id} cannot be the id of an option."));
                }
                if !seen.insert(id) {
                    refuse(format!("Two options have the id {id}."));
                }
                id
            }
            None => {
                let same = known.iter().find(|old| fold(&old.name) == fold(name)).map(|old| old.id);
                let free = |id: &i64| !numbers.contains(id) && !reserved.contains(id);
                let id = same.filter(|id| !numbers.contains(id)).or_else(|| next.find(free));
                id.unwrap_or_default()
            }
        };
        numbers.insert(id);
        options.push(NumberedOption { id, name: name.to_owned(), former: false });
    }
    Some(options)
}

impl FieldInput {
    /// A description as JSON has it: `{"id", "name", "type", "mandatory", "options": [{"id", "name"}], "order"}`, of which
    /// each may be missing. An option may be its name alone.
    ///
    /// # Errors
    /// What is wrong with which key.
    pub fn of_json(json: &serde_json::Value) -> Result<Self, Vec<(String, String)>> {
        let Some(object) = json.as_object() else {
            return Err(vec![("non_field_errors".into(), "Invalid data. Expected a dictionary.".into())]);
        };
        let mut wrong: Vec<(String, String)> = Vec::new();
        let given = |key: &str| object.get(key).filter(|value| !value.is_null());
        let mut complain = |key: &str, words: String| wrong.push((key.to_owned(), words));
        let mut input = Self::default();
        match given("id").map(serde_json::Value::as_i64) {
            Some(None) => complain("id", "A valid integer is required.".into()),
            id => input.id = id.flatten(),
        }
        match given("name").map(serde_json::Value::as_str) {
            Some(None) => complain("name", "Not a valid string.".into()),
            name => input.name = name.flatten().map(str::to_owned),
        }
        if let Some(kind) = given("type") {
            input.kind = kind.as_str().and_then(FieldKind::of_word);
            if input.kind.is_none() {
                let all: Vec<&str> = FieldKind::ALL.iter().map(|kind| kind.word()).collect();
                complain("type", format!("{kind} is not one of {}.", all.join(", ")));
            }
        }
        match given("mandatory").map(serde_json::Value::as_bool) {
            Some(None) => complain("mandatory", "Must be a valid boolean.".into()),
            mandatory => input.mandatory = mandatory.flatten(),
        }
        match given("order").map(|order| order.as_u64().filter(|order| *order > 0)) {
            Some(None) => complain("order", "A positive integer is required.".into()),
            order => input.order = order.flatten().and_then(|order| usize::try_from(order).ok()),
        }
        match given("options") {
            None => {}
            Some(serde_json::Value::Array(items)) => {
                let options: Option<Vec<OptionInput>> = items.iter().map(option_of_json).collect();
                if options.is_none() {
                    complain("options", "Expected a list of {\"id\", \"name\"}.".into());
                }
                input.options = options;
            }
            Some(_) => complain("options", "Expected a list of {\"id\", \"name\"}.".into()),
        }
        if wrong.is_empty() { Ok(input) } else { Err(wrong) }
    }
}

fn option_of_json(json: &serde_json::Value) -> Option<OptionInput> {
    if let Some(name) = json.as_str() {
        return Some(OptionInput { id: None, name: name.to_owned() });
    }
    let id = match json.get("id").filter(|id| !id.is_null()) {
        None => None,
        Some(id) => Some(id.as_i64()?),
    };
    Some(OptionInput { id, name: json.get("name")?.as_str()?.to_owned() })
}
