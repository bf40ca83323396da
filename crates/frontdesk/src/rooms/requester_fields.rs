//! The additional fields of requesters, as the requester API knows them.

use desk::requesters::fields::{FieldKind, RequesterField, fields};
use desk::requesters::manage::{FieldInput, OptionInput};
use desk::{Context, DeskError, Refusal};
use serde_json::{Value, json};

use super::{Rooms, orders};
use crate::Failure;

/// What is to be done with them.
#[derive(Debug)]
pub(crate) enum FieldOrder {
    /// List all.
    List,
    /// Make one.
    Add(FieldInput),
    /// Change the one with this id.
    Change(i64, FieldInput),
    /// Remove the one with this id.
    Remove(i64),
    /// Make and change as a list of descriptions says, in its order.
    Apply(Value),
}

/// What a command line says of a field.
#[derive(Debug)]
pub(crate) struct Description {
    pub(crate) id: Option<i64>,
    pub(crate) name: Option<String>,
    pub(crate) kind: Option<String>,
    pub(crate) mandatory: Option<bool>,
    /// Each its name, or its id and its name with `=` between.
    pub(crate) options: Vec<String>,
    pub(crate) order: Option<u32>,
}

impl Description {
    /// As an input; the kind is one of the known words.
    pub(crate) fn input(self) -> Result<FieldInput, Failure> {
        let kind = match self.kind.as_deref() {
            None => None,
            Some(word) => Some(FieldKind::of_word(word).ok_or_else(|| {
                let all: Vec<&str> = FieldKind::ALL.iter().map(|kind| kind.word()).collect();
                Failure::usage(format!("--type {word}: not one of {}", all.join(", ")))
            })?),
        };
        let option = |text: &String| match text.split_once('=').map(|(id, name)| (id.parse::<i64>(), name)) {
            Some((Ok(id), name)) => OptionInput { id: Some(id), name: name.to_owned() },
            _ => OptionInput { id: None, name: text.clone() },
        };
        Ok(FieldInput {
            id: self.id,
            name: self.name,
            kind,
            mandatory: self.mandatory,
            options: (!self.options.is_empty()).then(|| self.options.iter().map(option).collect()),
            order: self.order.and_then(|order| usize::try_from(order).ok()),
        })
    }
}

impl Rooms {
    /// Carries out an order; the fields that it is about, each as the requester API shows it.
    pub(crate) async fn requester_fields(
        &self,
        order: FieldOrder,
        user: Option<&str>,
    ) -> Result<Vec<Value>, Failure> {
        let ctx = self.acting_as(user).await?;
        let desk = &self.desk;
        let done = match order {
            FieldOrder::List => Ok(fields(&desk.snapshot())),
            FieldOrder::Add(input) => desk.add_requester_field(&ctx, &input).await.map(|field| vec![field]),
            FieldOrder::Change(id, input) => {
                desk.change_requester_field(&ctx, id, &input).await.map(|field| vec![field])
            }
            FieldOrder::Remove(id) => desk.remove_requester_field(&ctx, id).await.map(|()| Vec::new()),
            FieldOrder::Apply(file) => self.apply(&ctx, &file).await,
        };
        match done {
            Ok(fields) => Ok(fields.iter().map(shown).collect()),
            Err(DeskError::NotFound) => Err(Failure::usage("there is no field with this id")),
            Err(error) => Err(orders::failure(&error)),
        }
    }

    async fn apply(&self, ctx: &Context, file: &Value) -> Result<Vec<RequesterField>, DeskError> {
        let desk = &self.desk;
        let items = match file {
            Value::Array(items) => items.as_slice(),
            one => std::slice::from_ref(one),
        };
        // What cannot be read keeps the rest from being begun.
        let mut inputs = Vec::with_capacity(items.len());
        let mut refusals = Vec::new();
        for (at, item) in (1_usize..).zip(items) {
            match FieldInput::of_json(item) {
                Ok(input) => inputs.push(FieldInput { order: Some(at), ..input }),
                Err(wrong) => refusals.extend(
                    wrong
                        .into_iter()
                        .map(|(key, words)| Refusal::because(format!("field {at}, {key}"), words)),
                ),
            }
        }
        if !refusals.is_empty() {
            return Err(DeskError::Refused(refusals));
        }
        let mut done = Vec::with_capacity(inputs.len());
        for (at, input) in (1_usize..).zip(&inputs) {
            // By its id, or else by its name, so that a file that stopped in the middle may be applied again.
            let is_meant = |field: &RequesterField| match (input.id, &input.name) {
                (Some(id), _) => field.id == id,
                (None, Some(name)) => field.name.to_lowercase() == name.trim().to_lowercase(),
                (None, None) => false,
            };
            let known = fields(&desk.snapshot()).into_iter().find(is_meant);
            let outcome = match known {
                Some(field) => desk.change_requester_field(ctx, field.id, input).await,
                None => desk.add_requester_field(ctx, input).await,
            };
            done.push(outcome.map_err(|error| named(error, at))?);
        }
        Ok(done)
    }
}

/// Says which field of the file a refusal is about.
fn named(error: DeskError, at: usize) -> DeskError {
    let DeskError::Refused(refusals) = error else { return error };
    let named = refusals.into_iter().map(|refusal| match refusal {
        Refusal::NotValid { field, message } => {
            Refusal::NotValid { field: format!("field {at}, {field}"), message }
        }
        other => other,
    });
    DeskError::Refused(named.collect())
}

fn shown(field: &RequesterField) -> Value {
    let options: Vec<Value> =
        field.options.iter().map(|(id, name)| json!({"id": id, "name": name})).collect();
    json!({
        "id": field.id,
        "name": field.name,
        "type": field.kind.word(),
        "mandatory": field.mandatory,
        "options": options,
    })
}
