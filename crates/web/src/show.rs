//! Values as pages show them.

use crate::names;
use crate::numbers;
use crate::requests::timeline::size;
use crate::rich;
use crate::shell::initials;
use crate::times::Moment;
use crate::visit::Visit;
use desk::View;
use model::{Id, Kind, Leaf, Measure, Record, Value};

/// A value in a table, or beside its name.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cell {
    pub kind: CellKind,
    pub text: String,
    /// Where it leads.
    pub href: Option<String>,
    /// `#rrggbb`, for lookups that have one.
    pub color: Option<String>,
    pub moment: Option<Moment>,
    /// What points at it in the style sheet, where there is more to say: `late`, `soon`.
    pub tone: &'static str,
}

/// How a value looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum CellKind {
    #[default]
    Empty,
    Text,
    Number,
    /// With a dot of its colour.
    Dot,
    Person,
    Moment,
    Yes,
    No,
    /// Safe HTML, to be put in as it is.
    Rich,
}

impl Cell {
    pub fn text(text: impl Into<String>) -> Self {
        let text = text.into();
        let kind = if text.is_empty() { CellKind::Empty } else { CellKind::Text };
        Self { kind, text, ..Self::default() }
    }
    pub fn is(&self, kind: &str) -> bool {
        let name = match self.kind {
            CellKind::Empty => "empty",
            CellKind::Text => "text",
            CellKind::Number => "number",
            CellKind::Dot => "dot",
            CellKind::Person => "person",
            CellKind::Moment => "moment",
            CellKind::Yes => "yes",
            CellKind::No => "no",
            CellKind::Rich => "rich",
        };
        name == kind
    }
    pub fn initials(&self) -> String {
        initials(&self.text)
    }
}

/// Characters of a long text in a table.
const EXCERPT: usize = 160;

/// The value of a record at a place, in few words, as a table shows it.
pub(crate) fn in_table(visit: &Visit, view: &View, record: &Record, slot: usize) -> Cell {
    let Some(leaf) = record.module.leaf(slot) else { return Cell::default() };
    let mut cell = of(visit, view, leaf, record.at(slot), true);
    if leaf.path == "due_by_time" && record.module.name == "request" {
        cell.tone = due_tone(visit, record);
    }
    cell
}

/// The value of a record at a place, in full.
pub(crate) fn in_full(visit: &Visit, view: &View, record: &Record, slot: usize) -> Cell {
    record.module.leaf(slot).map_or_else(Cell::default, |leaf| of(visit, view, leaf, record.at(slot), false))
}

/// Whether the promise of a request is broken, or will be within two hours.
pub(crate) fn due_tone(visit: &Visit, record: &Record) -> &'static str {
    const SOON_MS: i64 = 2 * 3_600_000;
    let is_set = |path: &str| record.module.slot(path).is_some_and(|s| !record.at(s).is_null());
    let stopped = ["resolved_time", "completed_time", "stopped_since"].iter().any(|path| is_set(path));
    match record.int("due_by_time") {
        _ if stopped => "",
        Some(due) if due < visit.ctx.now => "late",
        Some(due) if due < visit.ctx.now + SOON_MS => "soon",
        _ => "",
    }
}

fn of(visit: &Visit, view: &View, leaf: &Leaf, value: &Value, is_short: bool) -> Cell {
    if value.is_null() || value.as_str() == Some("") {
        return Cell::default();
    }
    let times = &visit.times;
    match &leaf.field.kind {
        Kind::Ref(_) => value.as_int().map_or_else(Cell::default, |id| reference(view, Id::new(id))),
        Kind::RefMany(_) => {
            let names: Vec<String> = model::record::ids_of(value)
                .into_iter()
                .filter_map(|id| view.record(id).map(|r| title(r)))
                .collect();
            Cell::text(names.join(", "))
        }
        Kind::Time => match value.as_int() {
            Some(ms) => {
                let moment = times.moment(ms);
                let text = if is_short { moment.short.clone() } else { times.full(ms) };
                Cell { kind: CellKind::Moment, text, moment: Some(moment), ..Cell::default() }
            }
            None => Cell::default(),
        },
        Kind::Date => Cell::text(value.as_int().map_or_else(String::new, |ms| times.date(ms))),
        Kind::Span => Cell::text(value.as_int().map_or_else(String::new, |ms| times.span(ms))),
        Kind::Bool => {
            let is_true = value.as_bool().unwrap_or(false);
            let key = if is_true { "word.yes" } else { "word.no" };
            let kind = if is_true { CellKind::Yes } else { CellKind::No };
            Cell { kind, text: visit.lang().text(key).to_owned(), ..Cell::default() }
        }
        Kind::Html { .. } if is_short => {
            Cell::text(model::excerpt(value.as_str().unwrap_or_default(), EXCERPT))
        }
        Kind::Html { .. } => {
            let text = rich::shown(value.as_str().unwrap_or_default());
            Cell { kind: CellKind::Rich, text, ..Cell::default() }
        }
        Kind::Double | Kind::Decimal => {
            let text = numbers::written(visit.lang(), &value.to_string());
            Cell { kind: CellKind::Number, text, ..Cell::default() }
        }
        Kind::Int { .. } | Kind::Digits { .. } | Kind::Id => {
            let measured = value.as_int().and_then(|count| measured(visit, leaf, count));
            let text = measured.unwrap_or_else(|| value.to_string());
            Cell { kind: CellKind::Number, text, ..Cell::default() }
        }
        Kind::Number { prefix } => Cell::text(format!("{prefix}{value}")),
        Kind::Color => {
            let color = value.as_str().map(str::to_owned);
            Cell { kind: CellKind::Dot, text: value.to_string(), color, ..Cell::default() }
        }
        Kind::PickMany { .. } => {
            let texts: Vec<String> =
                value.as_str().and_then(|t| serde_json::from_str(t).ok()).unwrap_or_default();
            Cell::text(texts.join(", "))
        }
        Kind::Json => Cell::text(value.to_string()),
        Kind::Text { .. } | Kind::Email | Kind::Pick { .. } | Kind::Group(_) => {
            Cell::text(spoken(visit, leaf, &value.to_string()))
        }
    }
}

/// What a whole number counts, as people read it.
pub(crate) fn measured(visit: &Visit, leaf: &Leaf, count: i64) -> Option<String> {
    match (&leaf.field.kind, leaf.field.measure) {
        (Kind::Span, _) | (_, Some(Measure::Milliseconds)) => Some(visit.times.span(count)),
        (_, Some(Measure::Bytes)) => Some(size(visit, count)),
        _ => None,
    }
}

/// A text as people read it: the desk's own words for programs, as which kind of user somebody is, in those for people.
pub(crate) fn spoken(visit: &Visit, leaf: &Leaf, text: &str) -> String {
    const WORDS: [&str; 2] = ["user_scope", "associated_entity"];
    let is_word = WORDS.contains(&leaf.path.as_str());
    if is_word { names::of(visit.lang(), text) } else { text.to_owned() }
}

/// A record that another one refers to.
pub(crate) fn reference(view: &View, id: Id) -> Cell {
    let Some(record) = view.record(id) else { return Cell::text(id.to_string()) };
    of_record(record)
}

/// A record by its name, with its colour where it has one.
pub(crate) fn of_record(record: &Record) -> Cell {
    let text = title(record);
    let color = record.module.slot("color").and_then(|slot| record.at(slot).as_str()).map(str::to_owned);
    let href = names::record(&record.module, record.id());
    let is_person = record.module.table == "person";
    let has_color = matches!(record.module.name.as_ref(), "status" | "priority" | "task_type" | "tag");
    let kind = match (is_person, has_color) {
        (true, _) => CellKind::Person,
        (_, true) => CellKind::Dot,
        _ => CellKind::Text,
    };
    // A lookup's page is for those who keep it; in a table its name is enough.
    let href = href.filter(|href| !href.starts_with("/admin/"));
    Cell { kind, text, href, color, ..Cell::default() }
}

/// What a record is called: its title, or its number where it has none.
pub(crate) fn title(record: &Record) -> String {
    // What programs call a type of CI is not what people call it.
    let spoken = record.module.slot("display_name").filter(|_| record.module.name == "ci_type");
    let title = spoken.and_then(|slot| record.at(slot).as_str()).unwrap_or_else(|| record.title());
    let leaf = record.module.find(record.module.title);
    match title {
        "" => record.id().to_string(),
        html if leaf.is_some_and(|leaf| matches!(leaf.field.kind, Kind::Html { .. })) => {
            model::excerpt(html, EXCERPT)
        }
        text => beginning(text, EXCERPT),
    }
}

/// The beginning of a plain text, in which an angle bracket is an angle bracket.
pub(crate) fn beginning(text: &str, most: usize) -> String {
    text.chars().take(most).collect()
}
