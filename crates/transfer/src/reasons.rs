//! Why a row is refused, in words: a field and what is wrong with it.

use desk::{DeskError, Refusal};
use wire::failure::Failure;

/// A field, empty where it is about the whole row, and what is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reason {
    pub field: String,
    pub words: String,
}

impl Reason {
    pub fn new(field: impl Into<String>, words: impl Into<String>) -> Self {
        Self { field: field.into(), words: words.into() }
    }
    pub fn row(words: impl Into<String>) -> Self {
        Self::new("", words)
    }
}

/// What the reader has against a row.
pub(crate) fn of_failure(failure: Failure) -> Vec<Reason> {
    let mut reasons = Vec::new();
    for message in failure.messages {
        let words = message.message.unwrap_or_else(|| {
            match message.status_code {
                4008 => "Another record has this value",
                4009 => "The field is not changed by an input",
                4012 => "Mandatory and missing",
                4014 => "The desk gives this field",
                4016 => "Contradicts another time",
                4021 => "Not of the kind of value that the field holds",
                _ => "Not valid",
            }
            .to_owned()
        });
        let mut fields: Vec<String> = message.field.into_iter().chain(message.fields).collect();
        if fields.is_empty() {
            fields.push(String::new());
        }
        reasons.extend(fields.into_iter().map(|field| Reason { field, words: words.clone() }));
    }
    reasons
}

/// What a use case has against a row.
///
/// # Errors
/// What is none of the row's.
pub(crate) fn of_error(error: DeskError) -> Result<Vec<Reason>, DeskError> {
    Ok(match error {
        DeskError::Refused(refusals) => refusals.into_iter().map(of_refusal).collect(),
        DeskError::NotFound => vec![Reason::new("id", "There is no such record")],
        DeskError::MergedInto(id) => vec![Reason::new("id", format!("Merged into the request with id {id}"))],
        error @ (DeskError::NotPermitted
        | DeskError::ScopeMissing(_)
        | DeskError::NotInTrash
        | DeskError::Shipped
        | DeskError::InUse(_)) => vec![Reason::row(error.to_string())],
        error @ (DeskError::Overtaken | DeskError::Unavailable(_) | DeskError::Internal(_)) => {
            return Err(error);
        }
    })
}

pub(crate) fn of_refusal(refusal: Refusal) -> Reason {
    match refusal {
        Refusal::NotValid { field, message } => {
            let words = message.unwrap_or_else(|| "There is no such value, or it is not in use".to_owned());
            Reason { field, words }
        }
        Refusal::Mandatory(field) => Reason::new(field, "Mandatory and missing"),
        Refusal::NotUnique(field) => Reason::new(field, "Another record has this value"),
        Refusal::ReadOnly(field) => Reason::new(field, "The desk gives this field"),
        Refusal::NotEditable(field) => Reason::new(field, "The field cannot be changed any more"),
        Refusal::CannotGive(field) => Reason::new(field, "May not be given"),
        Refusal::WrongType(field) => Reason::new(field, "Not of the kind of value that the field holds"),
        Refusal::ExtraKey(field) => Reason::new(field, "There is no such field"),
        Refusal::TimesContradict(field) => Reason::new(field, "Contradicts another time"),
        Refusal::ClosureRule(fields) => Reason::row(format!("A closing rule wants {}", fields.join(", "))),
    }
}

/// An error in one line.
pub(crate) fn in_words(error: DeskError) -> String {
    match of_error(error) {
        Ok(reasons) => {
            let words: Vec<String> = reasons
                .into_iter()
                .map(|r| if r.field.is_empty() { r.words } else { format!("{}: {}", r.field, r.words) })
                .collect();
            words.join("; ")
        }
        Err(error) => error.to_string().replace('\n', " "),
    }
}
