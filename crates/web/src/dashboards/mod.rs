//! Dashboards: figures as charts, drawn here as SVG, each with a table behind it, as a file, and with links to what is
//! counted. The figures are the desk's; this room says which charts there are and how they look.

pub(crate) mod chart;
mod estate;
mod period;
mod work;

use crate::input::Choice;
use crate::shell::Shell;
use crate::visit::{Technician, Visit};
use crate::{answer, form::Form};
use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use chart::Chart;
use desk::DeskError;
use desk::dashboards::BoardAsk;
use http::StatusCode;
use model::Id;
use period::Period;

#[derive(Template)]
#[template(path = "dashboards/page.html")]
struct BoardPage {
    shell: Shell,
    board: Board,
    /// The path of the board, and its query.
    base: String,
    query: String,
    boards: Vec<(String, &'static str, bool)>,
    periods: Vec<Choice>,
    from: String,
    to: String,
    sites: Vec<Choice>,
    groups: Vec<Choice>,
    /// What is looked at, in words.
    about: String,
}

/// The charts of a page.
pub(crate) struct Board {
    /// Whether what came and went in a time is part of it.
    pub has_period: bool,
    pub has_groups: bool,
    pub tiles: Vec<Tile>,
    pub charts: Vec<Chart>,
}

/// A figure by itself.
pub(crate) struct Tile {
    pub label: String,
    pub figure: String,
    pub href: Option<String>,
    pub tone: &'static str,
}

/// What a board is asked for.
pub(crate) struct Asked {
    pub period: Period,
    pub site: Option<Id>,
    pub group: Option<Id>,
}

/// The boards, by their names in addresses, and what they are called.
const BOARDS: [(&str, &str); 3] =
    [("requests", "nav.requests"), ("problems", "nav.problems"), ("assets", "nav.assets")];

impl Asked {
    fn read(visit: &Visit) -> Self {
        let form = Form::of_query(&visit.query);
        Self {
            period: Period::read(&visit.times, form.get("period"), form.get("from"), form.get("to")),
            site: form.get("site").parse().ok(),
            group: form.get("group").parse().ok(),
        }
    }

    pub fn board_ask(&self, ages: Vec<i64>) -> BoardAsk {
        BoardAsk { site: self.site, group: self.group, ends: self.period.ends.clone(), ages }
    }

    /// The filters of a list that is narrowed in the same way, to be put behind others.
    pub fn narrowing(&self) -> String {
        let one = |path: &str, id: Option<Id>| id.map(|id| format!("&f.{path}={id}")).unwrap_or_default();
        format!("{}{}", one("site", self.site), one("group", self.group))
    }

    /// The query that asks for the same.
    fn query(&self) -> String {
        let one = |name: &str, id: Option<Id>| id.map(|id| format!("&{name}={id}")).unwrap_or_default();
        format!("?{}{}{}", self.period.query(), one("site", self.site), one("group", self.group))
    }
}

/// GET of `/dashboards`.
pub(crate) async fn first(Technician(_): Technician) -> Response {
    answer::on_to("/dashboards/requests")
}

/// GET of `/dashboards/{board}`.
pub(crate) async fn show(Technician(visit): Technician, Path(name): Path<String>) -> Response {
    visit.answered(page(&visit, &name).await)
}

async fn board(visit: &Visit, name: &str, asked: &Asked) -> Result<Board, DeskError> {
    match name {
        "requests" => work::requests(visit, asked).await,
        "problems" => work::problems(visit, asked).await,
        "assets" => estate::assets(visit, asked).await,
        _ => Err(DeskError::NotFound),
    }
}

async fn page(visit: &Visit, name: &str) -> Result<Response, DeskError> {
    let asked = Asked::read(visit);
    let board = board(visit, name, &asked).await?;
    let lang = visit.lang();
    let query = asked.query();
    let choice = |id: Option<Id>, module: &str| -> Vec<Choice> {
        let rows = visit.snapshot.rows(module).iter().filter(|row| !desk::is_gone(row));
        rows.map(|row| Choice {
            is_chosen: id == Some(row.id()),
            ..Choice::new(row.id().to_string(), row.title())
        })
        .collect()
    };
    let named = |module: &str, id: Option<Id>| {
        id.and_then(|id| visit.snapshot.record_of(module, id)).map(|row| row.title().to_owned())
    };
    let about = [
        board.has_period.then(|| asked.period.words.clone()),
        named("site", asked.site),
        named("support_group", asked.group),
    ];
    let about: Vec<String> = about.into_iter().flatten().collect();
    let page = BoardPage {
        shell: Shell::new(visit, lang.text("nav.dashboards")),
        boards: BOARDS
            .iter()
            .map(|(known, key)| (format!("/dashboards/{known}{query}"), lang.text(key), *known == name))
            .collect(),
        periods: period::NAMES
            .iter()
            .map(|(known, key)| Choice {
                is_chosen: *known == asked.period.name,
                ..Choice::new(*known, lang.text(key))
            })
            .collect(),
        from: asked.period.from.to_string(),
        to: asked.period.to.to_string(),
        sites: choice(asked.site, "site"),
        groups: choice(asked.group, "support_group"),
        about: about.join(" · "),
        base: format!("/dashboards/{name}"),
        query,
        board,
    };
    Ok(answer::page(StatusCode::OK, &page))
}

/// GET of `/dashboards/{board}/{chart}`: the table behind a chart, as a file.
pub(crate) async fn csv(
    Technician(visit): Technician,
    Path((name, chart)): Path<(String, String)>,
) -> Response {
    visit.answered(file(&visit, &name, &chart).await)
}

async fn file(visit: &Visit, name: &str, chart: &str) -> Result<Response, DeskError> {
    let chart = chart.strip_suffix(".csv").ok_or(DeskError::NotFound)?;
    let board = board(visit, name, &Asked::read(visit)).await?;
    let chart = board.charts.iter().find(|c| c.id == chart).ok_or(DeskError::NotFound)?;
    let bytes = chart.file().map_err(|error| DeskError::Internal(error.to_string()))?;
    Ok(answer::file(&format!("{name}-{}.csv", chart.id), "text/csv; charset=utf-8", bytes))
}
