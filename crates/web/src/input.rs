//! Inputs: how a field is filled in on a form. All of it follows from the field's description.

use crate::documents::{self, DocumentRow};
use crate::form::{self, Form, Problems};
use crate::names;
use crate::numbers;
use crate::rich;
use crate::show;
use crate::visit::Visit;
use desk::{DeskError, ListAsk, Place, View};
use model::filter::equals;
use model::{Access, Id, Kind, Leaf, Module, Preset, Record, Size, Storage, Value};
use std::sync::Arc;

/// An input of a form.
#[derive(Clone, Debug, Default)]
pub(crate) struct Control {
    /// The name in the form: the field's path.
    pub name: String,
    pub label: String,
    /// `text`, `area`, `select`, `checks`, `check`, `number`, `email`, `color`, `datetime-local`, `date`, `person`, `rows`.
    pub kind: &'static str,
    pub value: String,
    pub choices: Vec<Choice>,
    pub is_required: bool,
    pub problem: Option<String>,
    /// What helps to fill it in.
    pub help: Option<String>,
    /// Greatest number of characters; 0 for no limit.
    pub max: usize,
    /// For a list of objects: what its columns are called, and its rows.
    pub parts: Vec<String>,
    pub rows: Vec<DocumentRow>,
    /// Whose names complete what is typed: `user` or `technician`.
    pub people: &'static str,
    /// For a record of another module that is typed: the module whose names complete it.
    pub completed_by: String,
    /// For several records that are typed: the names that were, and room for more.
    pub typed: Vec<String>,
    /// For a long text: whether its source is edited, because it is more than text.
    pub is_source: bool,
    /// What the form first showed: a save compares with it, so it stays the same however often the form comes back.
    pub was: Vec<String>,
}

impl Control {
    pub fn is(&self, kind: &str) -> bool {
        self.kind == kind
    }
    /// The id of the input in the page; there may be several forms with the same field.
    pub fn id(&self, form: &str) -> String {
        format!("{form}-{}", self.name.replace('.', "-"))
    }
    /// What of a list of choices is chosen, in words.
    pub fn chosen(&self) -> String {
        let chosen: Vec<&str> =
            self.choices.iter().filter(|c| c.is_chosen).map(|c| c.label.as_str()).collect();
        chosen.join(", ")
    }
    /// The colour of what is chosen.
    pub fn color(&self) -> Option<&str> {
        self.choices.iter().find(|c| c.is_chosen).and_then(|c| c.color.as_deref())
    }
}

/// One of several to choose from.
#[derive(Clone, Debug, Default)]
pub(crate) struct Choice {
    pub value: String,
    pub label: String,
    pub color: Option<String>,
    pub is_chosen: bool,
}

impl Choice {
    pub fn new(value: impl Into<String>, label: impl Into<String>) -> Self {
        Self { value: value.into(), label: label.into(), ..Self::default() }
    }
}

/// What a form is filled with: a record, and over it what somebody entered.
#[derive(Clone, Copy)]
pub(crate) struct Filled<'a> {
    pub record: &'a Record,
    pub view: &'a View,
    pub entered: Option<&'a Form>,
    pub problems: &'a Problems,
}

/// So many technicians are offered in a list; where there are more, typing a few letters of a name is quicker than
/// looking for it, and a page does not carry all of them.
const TECHNICIANS_MAX: u64 = 60;

/// Whether a field is on forms at all.
pub(crate) fn is_on_forms(leaf: &Leaf, is_new: bool) -> bool {
    let access = match leaf.field.access {
        Access::Write => true,
        Access::AddOnly => is_new,
        Access::ByOperation | Access::ReadOnly => false,
    };
    access
        && leaf.field.shown
        && !leaf.field.ignored
        && leaf.field.storage != Storage::Computed
        && leaf.field.kind != Kind::Id
        && (leaf.field.kind != Kind::Json || !leaf.field.parts.is_empty())
}

/// What a new record begins with, so that the form shows what will be.
pub(crate) fn begun(module: &Arc<Module>) -> Record {
    let mut record = Record::new(module.clone());
    for (slot, leaf) in module.leaves().iter().enumerate() {
        match &leaf.field.preset {
            Preset::Value(value) => record.put(slot, value.clone()),
            Preset::Shipped(tail) => record.put(slot, Id::shipped(*tail)),
            Preset::None | Preset::Caller | Preset::Now => {}
        }
    }
    if let Some(fixed) = &module.fixed
        && let Some(value) = fixed.values.first()
    {
        record.set(fixed.field, value.clone());
    }
    record
}

/// The input of a field.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn control(visit: &Visit, leaf: &Leaf, filled: Filled<'_>) -> Result<Control, DeskError> {
    let mut control = as_entered(visit, leaf, filled).await?;
    let was = format!("was.{}", leaf.path);
    let is_overtaken = filled.problems.is_overtaken(&leaf.path);
    control.was = match filled.entered {
        // What is stored by now, so that a second save is meant.
        Some(form) if form.has(&was) && !is_overtaken => form.values(&was).map(str::to_owned).collect(),
        Some(form) if form.has(&leaf.path) => {
            shown_values(&as_entered(visit, leaf, Filled { entered: None, ..filled }).await?)
        }
        _ => shown_values(&control),
    };
    Ok(control)
}

/// What speaks against the fields of a form that somebody else changed while it was open: those that the form changes as well,
/// to something else.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn overtaken(visit: &Visit, record: &Record, form: &Form) -> Result<Problems, DeskError> {
    let mut problems = Problems::default();
    let changed = form.changed();
    let view = visit.desk().view(std::slice::from_ref(record), None).await?;
    let filled = Filled { record, view: &view, entered: None, problems: &Problems::default() };
    for (slot, leaf) in record.module.leaves().iter().enumerate() {
        let path = &leaf.path;
        if !changed.has(path) || !form.has(&format!("was.{path}")) {
            continue;
        }
        let stored = as_entered(visit, leaf, filled).await?;
        let values = shown_values(&stored);
        if form.showed(path, &values) {
            continue;
        }
        let mut now = Form::default();
        values.iter().for_each(|value| now.set(path, value));
        if stored.is_source {
            now.set(&format!("{path}.format"), "html");
        }
        if !form::agree(form, &now, leaf, &visit.times) {
            problems.overtake(path, overtaken_words(visit, &view, record, slot));
        }
    }
    Ok(problems)
}

fn overtaken_words(visit: &Visit, view: &View, record: &Record, slot: usize) -> String {
    let cell = show::in_table(visit, view, record, slot);
    if cell.text.is_empty() {
        return visit.lang().text("error.overtaken_emptied").to_owned();
    }
    visit.lang().say("error.overtaken", &[("value", &cell.text)])
}

/// What an input sends when nobody touches it.
fn shown_values(control: &Control) -> Vec<String> {
    let chosen = || control.choices.iter().filter(|c| c.is_chosen).map(|c| c.value.clone());
    match control.kind {
        "rows" => Vec::new(),
        // None of several is said by an empty value, so that the name is there in any case.
        "checks" | "some" => std::iter::once(String::new()).chain(chosen()).collect(),
        "check" if control.value == "true" => vec!["false".to_owned(), "true".to_owned()],
        "check" => vec!["false".to_owned()],
        "select" => vec![chosen().next().unwrap_or_default()],
        _ => vec![control.value.clone()],
    }
}

async fn as_entered(visit: &Visit, leaf: &Leaf, filled: Filled<'_>) -> Result<Control, DeskError> {
    let path = leaf.path.as_str();
    let slot = filled.record.module.slot(path).unwrap_or(usize::MAX);
    let value = filled.record.at(slot);
    let entered = filled.entered.filter(|form| form.has(path));
    let field = &leaf.field;
    let mut control = Control {
        name: path.to_owned(),
        label: visit.lang().label(&field.label),
        is_required: field.required,
        problem: filled.problems.of(path).map(str::to_owned),
        value: entered.map_or_else(|| plain(visit, leaf, value), |form| form.get(path).to_owned()),
        ..Control::default()
    };
    match &field.kind {
        Kind::Text { max } => {
            control.kind = if *max > 500 { "area" } else { "text" };
            control.max = *max;
        }
        Kind::Html { .. } => long_text(&mut control, value, entered),
        Kind::Email => control.kind = "email",
        Kind::Color => control.kind = "color",
        Kind::Bool => {
            control.kind = "check";
            control.value = if control.value == "true" { "true".into() } else { String::new() };
        }
        Kind::Int { .. } | Kind::Digits { .. } => control.kind = "number",
        Kind::Double | Kind::Decimal | Kind::Number { .. } | Kind::Id => control.kind = "text",
        Kind::Span => {
            control.kind = "text";
            control.help = Some(visit.lang().text("form.span_help").to_owned());
        }
        Kind::Time => control.kind = "datetime-local",
        Kind::Date => control.kind = "date",
        Kind::Pick { options } => {
            control.kind = "select";
            let options = options.iter().map(|o| Choice::new(o.as_ref(), o.as_ref()));
            control.choices = chosen(options, &[control.value.as_str()]);
        }
        Kind::PickMany { options } if !options.is_empty() => {
            control.kind = "checks";
            let given: Vec<String> = match entered {
                Some(form) => form.all(path).map(str::to_owned).collect(),
                None => value.as_str().and_then(|t| serde_json::from_str(t).ok()).unwrap_or_default(),
            };
            let given: Vec<&str> = given.iter().map(String::as_str).collect();
            control.choices = chosen(options.iter().map(|o| Choice::new(o.as_ref(), o.as_ref())), &given);
        }
        Kind::PickMany { .. } => {
            control.kind = "area";
            control.help = Some(visit.lang().text("form.list_help").to_owned());
        }
        Kind::Ref(target) => reference(visit, &mut control, leaf, target, filled).await?,
        Kind::RefMany(target) => {
            let target = visit.snapshot.module(target)?.clone();
            control.kind = if target.size == Size::Small { "checks" } else { "some" };
            let given: Vec<String> = match entered {
                Some(form) => form.all(path).map(str::to_owned).collect(),
                None => model::record::ids_of(value).iter().map(ToString::to_string).collect(),
            };
            let given: Vec<&str> = given.iter().map(String::as_str).collect();
            let choices = match target.size {
                Size::Small => small(visit, &target, &given),
                // Those that are there can be left out, and more are typed.
                _ => {
                    let there = |id: &&str| filled.view.record(id.parse().ok()?);
                    let typed = given.iter().filter(|id| there(id).is_none()).map(|name| (*name).to_owned());
                    control.typed = typed.chain([String::new(), String::new()]).collect();
                    control.completed_by = target.name.to_string();
                    let there = given.iter().filter_map(there);
                    there.map(|r| Choice::new(r.id().to_string(), show::title(r))).collect()
                }
            };
            control.choices = chosen(choices.into_iter(), &given);
        }
        Kind::Json if !field.parts.is_empty() => {
            documents::fill(visit, &mut control, leaf, value, entered);
        }
        Kind::Group(_) | Kind::Json => control.kind = "text",
    }
    Ok(control)
}

/// The inputs of a form for a new record of a module, those of these fields.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn blank(
    visit: &Visit,
    module: &str,
    paths: &[&str],
    entered: Option<&Form>,
    problems: &Problems,
) -> Result<Vec<Control>, DeskError> {
    let module = visit.snapshot.module(module)?.clone();
    let empty = Record::new(module.clone());
    let view = visit.desk().view(std::slice::from_ref(&empty), None).await?;
    let filled = Filled { record: &empty, view: &view, entered, problems };
    let mut controls = Vec::new();
    for leaf in paths.iter().filter_map(|path| module.find(path)) {
        controls.push(control(visit, leaf, filled).await?);
    }
    Ok(controls)
}

fn long_text(control: &mut Control, value: &Value, entered: Option<&Form>) {
    control.kind = "area";
    let path = control.name.clone();
    match entered {
        Some(form) => control.is_source = form.get(&format!("{path}.format")) == "html",
        None => {
            let stored = value.as_str().unwrap_or_default();
            let typed = rich::typed(stored);
            control.is_source = typed.is_none();
            control.value = typed.unwrap_or_else(|| stored.to_owned());
        }
    }
}

/// A value as an input of text holds it.
fn plain(visit: &Visit, leaf: &Leaf, value: &Value) -> String {
    match (&leaf.field.kind, value) {
        (_, Value::Null) => String::new(),
        (Kind::Time, Value::Int(ms)) => visit.times.for_input(*ms),
        (Kind::Date, Value::Int(ms)) => visit.times.date_for_input(*ms),
        (Kind::Span, Value::Int(ms)) => visit.times.span(*ms),
        (Kind::Decimal | Kind::Double, value) => numbers::written(visit.lang(), &value.to_string()),
        (Kind::Bool, value) => value.as_bool().unwrap_or(false).to_string(),
        (Kind::PickMany { .. }, value) => {
            let texts: Vec<String> =
                value.as_str().and_then(|t| serde_json::from_str(t).ok()).unwrap_or_default();
            texts.join("\n")
        }
        (_, value) => value.to_string(),
    }
}

fn chosen(choices: impl Iterator<Item = Choice>, given: &[&str]) -> Vec<Choice> {
    choices
        .map(|mut choice| {
            choice.is_chosen = given.contains(&choice.value.as_str());
            choice
        })
        .collect()
}

/// The rows of a small lookup that can be chosen, and those that are chosen already.
fn small(visit: &Visit, target: &Arc<Module>, given: &[&str]) -> Vec<Choice> {
    let rows = visit.snapshot.rows(&target.name).iter();
    let usable = rows.filter(|row| {
        given.contains(&row.id().to_string().as_str())
            || !(desk::is_gone(row)
                || target.name == "request_template" && desk::is_hidden_template(&visit.ctx, row))
    });
    let usable: Vec<&Arc<Record>> = usable.collect();
    let choice = |row: &&Arc<Record>| {
        let color = row.module.slot("color").and_then(|slot| row.at(slot).as_str()).map(str::to_owned);
        Choice { color, ..Choice::new(row.id().to_string(), told_apart(visit, row, &usable)) }
    };
    usable.iter().map(choice).collect()
}

/// What a row is called among others: with its site where another one has the same name.
fn told_apart(visit: &Visit, row: &Record, among: &[&Arc<Record>]) -> String {
    let site = row.module.slot("site").and_then(|_| row.reference("site"));
    let site = site.and_then(|id| visit.snapshot.record(id));
    match site {
        Some(site) if among.iter().any(|r| r.id() != row.id() && r.title() == row.title()) => {
            format!("{} ({})", row.title(), site.title())
        }
        _ => row.title().to_owned(),
    }
}

async fn reference(
    visit: &Visit,
    control: &mut Control,
    leaf: &Leaf,
    target: &str,
    filled: Filled<'_>,
) -> Result<(), DeskError> {
    let target = visit.snapshot.module(target)?.clone();
    let current = control.value.clone();
    if target.size == Size::Small {
        control.kind = "select";
        let mut choices = small(visit, &target, &[current.as_str()]);
        narrow(visit, &mut choices, leaf, &target, filled);
        control.choices = chosen(choices.into_iter(), &[current.as_str()]);
        return Ok(());
    }
    if target.name == "technician"
        && let Some(technicians) = technicians(visit).await?
    {
        control.kind = "select";
        let mut choices: Vec<Choice> =
            technicians.iter().map(|t| Choice::new(t.id().to_string(), t.title())).collect();
        let is_offered = current.is_empty() || choices.iter().any(|c| c.value == current);
        if !is_offered && let Some(person) = current.parse().ok().and_then(|id| filled.view.record(id)) {
            choices.push(Choice::new(current.clone(), person.title()));
        }
        control.choices = chosen(choices.into_iter(), &[current.as_str()]);
        return Ok(());
    }
    // Typed by name; an id from the record is shown as what it means.
    control.kind = if target.table == "person" { "person" } else { "record" };
    control.people = people(&target.name);
    control.completed_by = target.name.to_string();
    control.help = Some(names::of(visit.lang(), &target.name));
    if let Some(record) = current.parse::<Id>().ok().and_then(|id| filled.view.record(id)) {
        control.value = typed_name(record);
    }
    Ok(())
}

/// Whose names complete an input of somebody of a module.
pub(crate) fn people(module: &str) -> &'static str {
    if module == "technician" { "technician" } else { "user" }
}

/// How a record is named in an input so that the same record is found again.
pub(crate) fn typed_name(record: &Record) -> String {
    let email = (record.module.table == "person").then(|| record.text("email_id")).flatten();
    match email {
        Some(email) => format!("{} <{email}>", record.title()),
        None if record.module.table == "person" => record.id().to_string(),
        None => record.title().to_owned(),
    }
}

/// Leaves of the choices those that fit the rest of the record: subcategories of its category.
fn narrow(visit: &Visit, choices: &mut Vec<Choice>, leaf: &Leaf, target: &Arc<Module>, filled: Filled<'_>) {
    let row =
        |choice: &Choice| choice.value.parse().ok().and_then(|id| visit.snapshot.record_of(&target.name, id));
    if target.slot("module.name").is_some() {
        let own = filled.record.module.table.as_ref();
        choices.retain(|c| row(c).is_some_and(|r| r.text("module.name") == Some(own)));
    }
    let Some(within) = leaf.field.within.as_deref() else { return };
    let entered = filled.entered.filter(|form| form.has(within));
    let parent = match entered {
        Some(form) => form.get(within).parse().ok(),
        None => filled.record.reference(within),
    };
    choices.retain(|c| row(c).is_some_and(|r| parent.is_none() || r.reference(within) == parent));
    if parent.is_none() {
        let above =
            |c: &Choice| row(c).and_then(|r| r.reference(within)).and_then(|id| visit.snapshot.record(id));
        // In the order in which those above are chosen from.
        choices.sort_by_cached_key(|choice| {
            let above = above(choice);
            above.and_then(|a| visit.snapshot.rows(&a.module.name).iter().position(|r| r.id() == a.id()))
        });
        // Which one it is of is said beside it, since names repeat.
        for choice in choices {
            if let Some(above) = above(choice) {
                choice.label = format!("{} › {}", above.title(), choice.label);
            }
        }
    }
}

/// The technicians who can be chosen, by name; none where there are too many for a list.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn technicians(visit: &Visit) -> Result<Option<Vec<Record>>, DeskError> {
    let module = visit.snapshot.module("technician")?.clone();
    let mut ask = ListAsk::new(equals(&module, "inactive", vec![false.into()]), TECHNICIANS_MAX);
    ask.slots = ["name", "email_id"].iter().filter_map(|path| module.slot(path)).collect();
    let asking = visit.snapshot.module("request")?.clone();
    let page = visit.desk().list_for(&visit.ctx, &asking, &Place::top(module), ask).await?;
    Ok((!page.has_more).then_some(page.records))
}
