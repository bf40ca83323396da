//! Scopes to be chosen: an area a line, a verb a column.

use crate::form::Form;
use crate::sign_in::consent::things;
use crate::texts::Lang;
use desk::{Scopes, Verb};
use model::Area;

/// A line of the grid.
pub(crate) struct Line {
    pub label: &'static str,
    /// The scope and whether it is chosen, in the order of the verbs.
    pub cells: Vec<(String, bool)>,
}

/// The verbs as the heads of columns.
pub(crate) fn verbs(lang: Lang) -> [&'static str; 4] {
    ["consent.create", "consent.read", "consent.update", "consent.delete"].map(|key| lang.text(key))
}

/// The grid.
pub(crate) fn grid(lang: Lang, chosen: Scopes) -> Vec<Line> {
    let cell = |area: Area, verb: Verb| {
        (format!("SDPOnDemand.{}.{}", area.word(), verb.word()), chosen.allow(area, verb))
    };
    let line =
        |area: Area| Line { label: things(lang, area), cells: Verb::ALL.map(|verb| cell(area, verb)).into() };
    Area::ALL.into_iter().map(line).collect()
}

/// What was chosen.
pub(crate) fn of_form(form: &Form) -> Scopes {
    let words: Vec<&str> = form.all("scope").collect();
    Scopes::parse(&words.join(" ")).unwrap_or_default()
}
