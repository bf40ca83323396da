//! Forms: what came with one, and what it wants changed in a record.
//!
//! A form's fields are read by the reader of the API: this room only says in its words what browsers send.

use crate::documents;
use crate::input;
use crate::numbers;
use crate::refusals;
use crate::rich;
use crate::texts::Lang;
use crate::times::Times;
use crate::visit::Visit;
use axum::body::Body;
use bytes::Bytes;
use desk::{Context, DeskError, Outcome, Place, Purpose, Refusal, Upload};
use http::request::Parts;
use http::{StatusCode, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use model::{Id, Kind, Leaf, Module, Patch};
use serde_json::{Map, Value as Json, json};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use wire::failure::Failure;
use wire::payload::FilePart;
use wire::reader::{self, Reading};
use wire::room::NoRoom;

/// No honest form without files comes near.
const FORM_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Files and their envelope.
const UPLOAD_BYTES_MAX: usize = 44 * 1024 * 1024;
/// What somebody sends who is not signed in: a name, a password, a code.
const STRANGERS_BYTES_MAX: usize = 64 * 1024;
/// An edit begins again so many times where others change the record while it is looked at.
const TRIES: usize = 50;
/// Names and values of one form; the largest of ours has some hundred, and one for each row that is chosen.
const PAIRS_MAX: usize = 10_000;

/// What a form brought.
#[derive(Debug, Default)]
pub(crate) struct Form {
    pairs: Vec<(String, String)>,
    files: Vec<FilePart>,
    body: Bytes,
}

impl Form {
    /// Reads the body of a POST.
    ///
    /// # Errors
    /// The status of the refusal: too large, broken off, no room for it, or neither a form nor multipart.
    pub async fn read(parts: &Parts, body: Body) -> Result<Self, StatusCode> {
        let is_upload = content_type(parts)
            .is_some_and(|t| t.trim_start().to_ascii_lowercase().starts_with("multipart/"));
        Self::limited(parts, body, if is_upload { UPLOAD_BYTES_MAX } else { FORM_BYTES_MAX }).await
    }

    /// Reads what somebody sent who is not signed in.
    ///
    /// # Errors
    /// As for [`Self::read`].
    pub async fn of_a_stranger(parts: &Parts, body: Body) -> Result<Self, StatusCode> {
        Self::limited(parts, body, STRANGERS_BYTES_MAX).await
    }

    async fn limited(parts: &Parts, body: Body, limit: usize) -> Result<Self, StatusCode> {
        let body = match Limited::new(body, limit).collect().await {
            Ok(collected) => collected.to_bytes(),
            Err(error) if error.is::<LengthLimitError>() => return Err(StatusCode::PAYLOAD_TOO_LARGE),
            Err(error) if NoRoom::is_behind(error.as_ref()) => return Err(StatusCode::SERVICE_UNAVAILABLE),
            Err(_) => return Err(StatusCode::BAD_REQUEST),
        };
        let form = wire::payload::web_form(content_type(parts), &body, PAIRS_MAX);
        let form = form.ok_or(StatusCode::BAD_REQUEST)?;
        if form.files.is_empty() {
            return Ok(Self { pairs: form.params, ..Self::default() });
        }
        // An input for files that nobody filled comes as a file without name and content.
        let is_there = |f: &FilePart| f.file_name.as_deref().is_some_and(|name| !name.is_empty());
        let files = form.files.into_iter().filter(is_there).collect();
        Ok(Self { pairs: form.params, files, body })
    }

    /// A form of a query: what a list was asked for.
    pub fn of_query(query: &str) -> Self {
        Self { pairs: wire::payload::form_pairs(query), ..Self::default() }
    }

    /// The last value under a name; empty where there is none.
    pub fn get(&self, name: &str) -> &str {
        self.pairs.iter().rev().find(|(n, _)| n == name).map_or("", |(_, v)| v.as_str())
    }
    /// The last value under a name, if it says anything.
    pub fn given(&self, name: &str) -> Option<&str> {
        Some(self.get(name).trim()).filter(|v| !v.is_empty())
    }
    /// Whether there is anything under a name.
    pub fn has(&self, name: &str) -> bool {
        self.pairs.iter().any(|(n, _)| n == name)
    }
    /// Every value under a name that says something.
    pub fn all<'f>(&'f self, name: &'f str) -> impl Iterator<Item = &'f str> {
        self.pairs.iter().filter(move |(n, v)| n == name && !v.is_empty()).map(|(_, v)| v.as_str())
    }
    /// The same without the fields that are as the page showed them, which says so under `was.{path}`: what somebody
    /// else changed meanwhile stays as they left it.
    #[must_use]
    pub fn changed(&self) -> Self {
        let mut shown: HashMap<&str, Vec<&str>> = HashMap::new();
        let mut now: HashMap<&str, Vec<&str>> = HashMap::new();
        for (name, value) in &self.pairs {
            let (values, name) = match name.strip_prefix("was.") {
                Some(name) => (&mut shown, name),
                None => (&mut now, name.as_str()),
            };
            let values = values.entry(name).or_default();
            if !value.is_empty() {
                values.push(value);
            }
        }
        let same = |name: &str| shown.get(name).is_some_and(|shown| now.get(name) == Some(shown));
        let kept = self.pairs.iter().filter(|(name, _)| !name.starts_with("was.") && !same(name));
        Self { pairs: kept.cloned().collect(), files: self.files.clone(), body: self.body.clone() }
    }

    /// Whether a field was shown with these values, as far as the form says what it showed.
    pub fn showed(&self, path: &str, values: &[String]) -> bool {
        // Browsers send lines with an ending of their own.
        let said = |value: &str| value.replace("\r\n", "\n");
        let shown = format!("was.{path}");
        self.all(&shown).map(said).eq(values.iter().filter(|value| !value.is_empty()).map(|v| said(v)))
    }

    /// The same without the fields that were left empty: for forms in which that means to leave them as they are.
    #[must_use]
    pub fn filled(&self) -> Self {
        let kept = self.pairs.iter().filter(|(_, value)| !value.trim().is_empty());
        Self { pairs: kept.cloned().collect(), files: Vec::new(), body: Bytes::new() }
    }

    /// The same with these fields alone: the others are not for this page to set.
    #[must_use]
    pub fn only(&self, paths: &[&str]) -> Self {
        let kept = self.pairs.iter().filter(|(name, _)| paths.contains(&name.as_str()));
        Self { pairs: kept.cloned().collect(), files: Vec::new(), body: Bytes::new() }
    }

    /// Every value under a name.
    pub fn values<'f>(&'f self, name: &'f str) -> impl Iterator<Item = &'f str> {
        self.pairs.iter().filter(move |(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    /// Sets a value, for a form that a page fills in.
    pub fn set(&mut self, name: &str, value: &str) {
        self.pairs.push((name.to_owned(), value.to_owned()));
    }

    /// Everything that was entered, for telling two forms of one page apart.
    pub fn content(&self) -> Vec<u8> {
        let mut content = Vec::new();
        let mut put = |part: &[u8]| {
            content.extend(part.len().to_le_bytes());
            content.extend(part);
        };
        for (name, value) in self.pairs.iter().filter(|(name, _)| name != "token" && name != "once") {
            put(name.as_bytes());
            put(value.as_bytes());
        }
        for file in &self.files {
            put(file.file_name.as_deref().unwrap_or_default().as_bytes());
            put(self.body.get(file.data.clone()).unwrap_or_default());
        }
        content
    }

    /// Names and values as they came.
    pub fn pairs(&self) -> &[(String, String)] {
        &self.pairs
    }
    /// The files, for a purpose.
    pub fn uploads(&self, purpose: Purpose) -> Vec<Upload<'_>> {
        let upload = |part| upload(part, &self.body, purpose);
        self.files.iter().map(upload).collect()
    }
}

/// A form that a page fills in by itself, from what another form said.
#[derive(Debug, Default)]
pub(crate) struct TextForm(Form);

impl TextForm {
    pub fn new() -> Self {
        Self::default()
    }
    /// What a form said, without its files.
    pub fn of(form: &Form) -> Self {
        Self(Form { pairs: form.pairs.clone(), ..Form::default() })
    }
    /// The same with one more value.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.0.pairs.push((name.to_owned(), value.to_owned()));
        self
    }
    /// The form.
    pub const fn form(&self) -> &Form {
        &self.0
    }
}

fn content_type(parts: &Parts) -> Option<&str> {
    parts.headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok())
}

fn upload<'f>(part: &'f FilePart, body: &'f Bytes, purpose: Purpose) -> Upload<'f> {
    Upload {
        name: part.file_name.as_deref().unwrap_or("file"),
        content_type: part.content_type.as_deref(),
        description: None,
        purpose,
        bytes: body.get(part.data.clone()).unwrap_or_default(),
    }
}

/// What a form says of a record of a module: of those of its fields that may be given and that the form has.
pub(crate) fn reading(form: &Form, module: &Module, times: &Times) -> Reading {
    let mut object = Map::new();
    let mut wrong = Vec::new();
    for leaf in module.leaves().iter().filter(|l| l.field.access.is_open() && form.has(&l.path)) {
        if leaf.field.kind == Kind::Json && !leaf.field.parts.is_empty() {
            match documents::read(form, leaf) {
                Ok(Some(value)) => put(&mut object, &leaf.path, value),
                Ok(None) => {}
                Err(failure) => wrong.push((failure, leaf.path.clone())),
            }
            continue;
        }
        match value(form, leaf, times) {
            Ok(value) => put(&mut object, &leaf.path, value),
            Err(failure) => wrong.push((failure, leaf.path.clone())),
        }
    }
    let mut reading = reader::read(module, &object);
    for (failure, path) in wrong {
        reading.failures.push(failure);
        reading.wrong.push(path);
    }
    reading
}

fn put(object: &mut Map<String, Json>, path: &str, value: Json) {
    match path.split_once('.') {
        None => {
            object.insert(path.to_owned(), value);
        }
        Some((group, rest)) => {
            let inner = object.entry(group).or_insert_with(|| Json::Object(Map::new()));
            if let Json::Object(inner) = inner {
                put(inner, rest, value);
            }
        }
    }
}

/// Whether two forms say the same of a field.
pub(crate) fn agree(one: &Form, other: &Form, leaf: &Leaf, times: &Times) -> bool {
    matches!((value(one, leaf, times), value(other, leaf, times)), (Ok(one), Ok(other)) if one == other)
}

/// A field of a form in the words of the API.
fn value(form: &Form, leaf: &Leaf, times: &Times) -> Result<Json, Failure> {
    let path = leaf.path.as_str();
    let text = form.get(path).replace("\r\n", "\n");
    let trimmed = text.trim();
    let unreadable = || Failure::not_valid(path);
    Ok(match &leaf.field.kind {
        Kind::RefMany(target) => Json::Array(form.all(path).map(|v| reference(v, target)).collect()),
        Kind::PickMany { options } if !options.is_empty() => json!(form.all(path).collect::<Vec<_>>()),
        Kind::PickMany { .. } => {
            json!(
                trimmed.split(['\n', ',', ';']).map(str::trim).filter(|t| !t.is_empty()).collect::<Vec<_>>()
            )
        }
        Kind::Html { .. } if form.get(&format!("{path}.format")) != "html" => json!(rich::from_text(&text)),
        Kind::Html { .. } => json!(text),
        _ if trimmed.is_empty() => Json::Null,
        // What a choice says that is to empty the field, where an empty one leaves it as it is.
        Kind::Ref(_) if trimmed == "none" => Json::Null,
        Kind::Ref(target) => reference(trimmed, target),
        Kind::Time => json!({"value": times.read_input(trimmed).ok_or_else(unreadable)?}),
        Kind::Date => json!({"value": Times::read_date(trimmed).ok_or_else(unreadable)?}),
        Kind::Span => json!({"value": span(times.lang, trimmed).ok_or_else(unreadable)?}),
        Kind::Decimal | Kind::Double => json!(numbers::read(times.lang, trimmed).ok_or_else(unreadable)?),
        _ => json!(trimmed),
    })
}

/// A reference as a form has it: an id that was chosen, or words that were typed. People are typed as a name, an
/// address, or both: `Ann Lee <ann.lee@example.com>`.
fn reference(text: &str, target: &str) -> Json {
    let is_id = text.len() > 9 && text.bytes().all(|b| b.is_ascii_digit());
    if is_id {
        return json!({"id": text});
    }
    let is_person = matches!(target, "user" | "technician" | "requester");
    match text.rsplit_once('<').and_then(|(_, rest)| rest.strip_suffix('>')) {
        Some(address) if is_person && address.contains('@') => json!({"email_id": address.trim()}),
        _ if is_person && text.contains('@') => json!({"email_id": text}),
        _ => json!({"name": text}),
    }
}

/// A stretch of time as people write it, in milliseconds: `90`, `1:30`, `1h 30m`, `1.5 h`, in German `1,5 h`.
pub(crate) fn span(lang: Lang, text: &str) -> Option<i64> {
    let read = |number: &str| numbers::read(lang, number)?.parse::<f64>().ok();
    let text = text.trim().to_lowercase();
    if let Some((hours, minutes)) = text.split_once(':') {
        let (hours, minutes): (i64, i64) = (hours.trim().parse().ok()?, minutes.trim().parse().ok()?);
        return (hours >= 0 && (0..60).contains(&minutes))
            .then(|| (hours.saturating_mul(60) + minutes).saturating_mul(60_000));
    }
    let mut total = 0.0;
    let mut number = String::new();
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            c if c.is_ascii_digit() || matches!(c, '.' | ',') => number.push(c),
            c if c.is_whitespace() => {}
            'h' | 'd' | 'm' if !number.is_empty() => {
                let unit = match c {
                    'd' => 1440.0,
                    'h' => 60.0,
                    _ => 1.0,
                };
                total += read(&number)? * unit;
                number.clear();
                while rest.peek().is_some_and(|c| c.is_alphabetic()) {
                    rest.next();
                }
            }
            _ => return None,
        }
    }
    if !number.is_empty() {
        total += read(&number)?;
    }
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the cast saturates; longer than a year is refused below"
    )]
    let ms = (total * 60_000.0).round() as i64;
    (ms <= 366 * 86_400_000).then_some(ms)
}

/// What speaks against a form, beside its fields and on top.
#[derive(Clone, Debug, Default)]
pub(crate) struct Problems {
    fields: BTreeMap<String, String>,
    /// The fields that somebody else changed while the form was open.
    overtaken: BTreeSet<String>,
    /// What is about no field of the form.
    pub general: Vec<String>,
}

impl Problems {
    /// What is wrong with a field.
    pub fn of(&self, path: &str) -> Option<&str> {
        self.fields.get(path).map(String::as_str)
    }
    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty() && self.general.is_empty()
    }
    /// A problem of one field.
    pub fn one(path: &str, words: impl Into<String>) -> Self {
        Self { fields: BTreeMap::from([(path.to_owned(), words.into())]), ..Self::default() }
    }
    /// A problem of the whole.
    pub fn whole(words: impl Into<String>) -> Self {
        Self { general: vec![words.into()], ..Self::default() }
    }

    /// Somebody else changed a field while the form was open.
    pub fn overtake(&mut self, path: &str, words: String) {
        self.overtaken.insert(path.to_owned());
        self.say(path, words);
    }
    /// Whether somebody else changed a field while the form was open.
    pub fn is_overtaken(&self, path: &str) -> bool {
        self.overtaken.contains(path)
    }

    /// The same with what is about fields said about others: for a form whose inputs are called otherwise.
    #[must_use]
    pub fn renamed(mut self, names: &[(&str, &str)]) -> Self {
        for (field, input) in names {
            if let Some(words) = self.fields.remove(*field) {
                self.say(input, words);
            }
        }
        self
    }

    /// The same with everything said on top: for a form that has no place beside its inputs.
    #[must_use]
    pub fn on_top(mut self) -> Self {
        self.general.extend(std::mem::take(&mut self.fields).into_values());
        self
    }

    fn say(&mut self, path: &str, words: impl Into<String>) {
        self.fields.entry(path.to_owned()).or_insert_with(|| words.into());
    }

    /// What a use case refuses, for somebody who is not signed in; `input` says which input a field is.
    pub fn of_refusals(lang: Lang, refusals: &[Refusal], input: impl Fn(&str) -> &str) -> Self {
        let mut problems = Self::default();
        for refusal in refusals {
            let words = match refusal {
                Refusal::NotValid { message: Some(message), .. } if lang == Lang::En => message.clone(),
                Refusal::NotValid { message: Some(message), .. } => {
                    format!("{} ({message})", lang.text("error.not_valid"))
                }
                Refusal::Mandatory(_) => lang.text("error.mandatory").to_owned(),
                Refusal::NotUnique(_) => lang.text("error.not_unique").to_owned(),
                _ => lang.text("error.not_valid").to_owned(),
            };
            match refusal.field() {
                Some(field) => problems.say(input(field), words),
                None => problems.general.push(words),
            }
        }
        problems
    }

    /// Says on top what is about fields that the form does not have.
    pub fn lift(&mut self, visit: &Visit, module: &Module, has: impl Fn(&str) -> bool) {
        let gone: Vec<String> = self.fields.keys().filter(|path| !has(path)).cloned().collect();
        for path in gone {
            if let Some(words) = self.fields.remove(&path) {
                let label =
                    module.find(&path).map_or(path.clone(), |leaf| visit.lang().label(&leaf.field.label));
                self.general.push(format!("{label}: {words}"));
            }
        }
    }

    /// Says on top, without their names, what is about fields: where a form has one field alone.
    pub fn unlabelled(&mut self) {
        self.general.extend(std::mem::take(&mut self.fields).into_values());
    }

    fn add_failure(&mut self, visit: &Visit, failure: &Failure) {
        for message in &failure.messages {
            let lang = visit.lang();
            let key = match message.status_code {
                4008 => "error.not_unique",
                4009 => "error.not_editable",
                4012 => "error.mandatory",
                4014 => "error.read_only",
                4016 => "error.times",
                4021 => "error.type",
                _ => "error.not_valid",
            };
            for path in message.field.iter().chain(&message.fields) {
                self.say(path, said(visit, key, message.message.as_deref()));
            }
            if message.field.is_none() && message.fields.is_empty() {
                self.general.push(message.message.clone().unwrap_or_else(|| lang.text(key).to_owned()));
            }
        }
    }

    fn add_refusal(&mut self, visit: &Visit, module: &Module, refusal: &Refusal) {
        let lang = visit.lang();
        let (field, words) = match refusal {
            Refusal::NotValid { field, message } => {
                (field, said(visit, "error.not_valid", message.as_deref()))
            }
            Refusal::Mandatory(field) => (field, lang.text("error.mandatory").to_owned()),
            Refusal::NotUnique(field) => (field, lang.text("error.not_unique").to_owned()),
            Refusal::ReadOnly(field) => (field, lang.text("error.read_only").to_owned()),
            Refusal::NotEditable(field) => (field, lang.text("error.not_editable").to_owned()),
            Refusal::CannotGive(field) => (field, lang.text("error.cannot_give").to_owned()),
            Refusal::WrongType(field) => (field, lang.text("error.type").to_owned()),
            Refusal::ExtraKey(field) => (field, lang.text("error.not_valid").to_owned()),
            Refusal::TimesContradict(field) => (field, lang.text("error.times").to_owned()),
            Refusal::ClosureRule(fields) => {
                self.general.push(closure(visit, module, fields));
                return;
            }
        };
        self.say(field, words);
    }
}

/// Which fields a closing rule still wants.
pub(crate) fn closure(visit: &Visit, module: &Module, fields: &[String]) -> String {
    let lang = visit.lang();
    let name = |path: &String| match path.as_str() {
        "resolution" => lang.text("request.resolution").to_owned(),
        path => module.find(path).map_or_else(|| path.to_owned(), |leaf| lang.label(&leaf.field.label)),
    };
    let names: Vec<String> = fields.iter().map(name).collect();
    lang.say("error.closure", &[("fields", &names.join(", "))])
}

/// The words of the use case in the reader's language, else the general ones with what it said.
fn said(visit: &Visit, key: &str, message: Option<&str>) -> String {
    let general = visit.lang().text(key);
    match message {
        // The reader's own message says the same and names the field by its key.
        Some(message)
            if !message.starts_with("Value given for") && !message.starts_with("Unable to parse") =>
        {
            let known = refusals::in_words(visit.lang(), message);
            known.unwrap_or_else(|| format!("{general} ({message})"))
        }
        _ => general.to_owned(),
    }
}

/// Carries out what a form wants: the use case when all of it could be read, else its rehearsal, so that a person
/// hears at once what the reader and what the desk have against it.
///
/// # Errors
/// Everything but what speaks against the input.
pub(crate) async fn carry_out<T>(
    visit: &Visit,
    module: &Module,
    reading: Reading,
    run: impl AsyncFnOnce(&Context, &Patch) -> Result<T, DeskError>,
) -> Result<Result<T, Problems>, DeskError> {
    carry_out_unless(visit, module, reading, Problems::default(), run).await
}

/// What a form does with a record.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Edit {
    /// Changes its fields.
    Fields,
    /// Writes down how a request was solved.
    Resolution,
}

/// Edits a record as a form wants, unless somebody else changed the same while it was open.
///
/// # Errors
/// Everything but what speaks against the input.
pub(crate) async fn edit(
    visit: &Visit,
    place: &Place,
    id: Id,
    form: &Form,
    reading: Reading,
    edit: Edit,
) -> Result<Result<Outcome, Problems>, DeskError> {
    // Looked at again as often as somebody is faster between looking and writing.
    for _ in 0..TRIES {
        let record = visit.desk().get(&visit.ctx, place, id).await?;
        let overtaken = input::overtaken(visit, &record, form).await?;
        let run = async |ctx: &Context, patch: &Patch| {
            let ctx = &ctx.having_seen(&record);
            match edit {
                Edit::Fields => visit.desk().edit(ctx, place, id, patch).await,
                Edit::Resolution => visit.desk().resolve_request(ctx, id, patch).await,
            }
        };
        match carry_out_unless(visit, &place.module, reading.clone(), overtaken, run).await {
            Err(DeskError::Overtaken) => {}
            done => return done,
        }
    }
    Err(DeskError::Overtaken)
}

/// Carries out a form against which this speaks already: where anything does, it is rehearsed only.
async fn carry_out_unless<T>(
    visit: &Visit,
    module: &Module,
    mut reading: Reading,
    mut problems: Problems,
    run: impl AsyncFnOnce(&Context, &Patch) -> Result<T, DeskError>,
) -> Result<Result<T, Problems>, DeskError> {
    let patch = std::mem::take(&mut reading.patch);
    let is_whole = reading.failures.is_empty() && problems.is_empty();
    let ctx = if is_whole { Cow::Borrowed(&visit.ctx) } else { Cow::Owned(visit.ctx.rehearsing()) };
    for failure in &reading.failures {
        problems.add_failure(visit, failure);
    }
    match run(&ctx, &patch).await {
        Ok(done) if is_whole => Ok(Ok(done)),
        Ok(_) => Ok(Err(problems)),
        Err(DeskError::Refused(refusals)) => {
            for refusal in refusals.iter().filter(|r| r.field().is_none_or(|f| !reading.is_wrong(module, f)))
            {
                problems.add_refusal(visit, module, refusal);
            }
            Ok(Err(problems))
        }
        Err(error) => Err(error),
    }
}

/// What a use case without an input of fields refuses.
///
/// # Errors
/// Everything but refusals.
pub(crate) fn refused<T>(
    visit: &Visit,
    module: &Module,
    done: Result<T, DeskError>,
) -> Result<Result<T, Problems>, DeskError> {
    match done {
        Ok(done) => Ok(Ok(done)),
        Err(DeskError::Refused(refusals)) => {
            let mut problems = Problems::default();
            refusals.iter().for_each(|refusal| problems.add_refusal(visit, module, refusal));
            Ok(Err(problems))
        }
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read_as_people_write_them() {
        let minutes = |n: i64| Some(n * 60_000);
        for (text, english, german) in [
            ("90", minutes(90), minutes(90)),
            ("1:30", minutes(90), minutes(90)),
            ("1h 30m", minutes(90), minutes(90)),
            ("1.5 h", minutes(90), None),
            ("1,5h", None, minutes(90)),
            ("1,000", minutes(1000), minutes(1)),
            ("2 hours", minutes(120), minutes(120)),
            ("2 h 5 min", minutes(125), minutes(125)),
            ("1d", minutes(1440), minutes(1440)),
            ("0", minutes(0), minutes(0)),
            ("1:75", None, None),
            ("soon", None, None),
            ("1h x", None, None),
            ("1..5 h", None, None),
            ("999999h", None, None),
        ] {
            assert_eq!((span(Lang::En, text), span(Lang::De, text)), (english, german), "{text}");
        }
    }

    #[test]
    fn people_are_typed_by_name_or_address() {
        for (text, expected) in [
            ("100001000000006619", json!({"id": "100001000000006619"})),
            ("Ann Lee <ann.lee@example.com>", json!({"email_id": "ann.lee@example.com"})),
            ("ann.lee@example.com", json!({"email_id": "ann.lee@example.com"})),
            ("Ann Lee", json!({"name": "Ann Lee"})),
        ] {
            assert_eq!(reference(text, "user"), expected);
        }
        assert_eq!(reference("a@b <x@y>", "site"), json!({"name": "a@b <x@y>"}));
    }
}
