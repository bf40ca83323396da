//! The boards of what people work on: requests and problems.

use super::chart::{Chart, Item, Part, grouped};
use super::{Asked, Board, Tile};
use crate::views;
use crate::visit::Visit;
use desk::DeskError;
use desk::dashboards::WorkBoard;
use desk::figures::Group;
use jiff::civil::Date;
use model::Id;

/// The ages by which what is open is told: so many days back begins each, the oldest first.
const AGES: [i64; 5] = [-89, -29, -6, -2, 0];

/// What a board counts, and where its records are listed.
struct Kind {
    module: &'static str,
    /// The beginning of the address of a list of what is open, and of a list of all; filters follow.
    open: String,
    all: &'static str,
    begun: &'static str,
    ended: &'static str,
}

/// How requests are doing.
///
/// # Errors
/// As for the use case.
pub(crate) async fn requests(visit: &Visit, asked: &Asked) -> Result<Board, DeskError> {
    let figures = visit.desk().request_board(&visit.ctx, &asked.board_ask(ages(visit))).await?;
    let kind = Kind {
        module: "request",
        open: "/requests?in=All_Open".into(),
        all: "/requests?in=All_Requests",
        begun: "created_time",
        ended: "completed_time",
    };
    let mut tiles = vec![open_tile(visit, asked, &kind, &figures)];
    for (name, count) in &figures.views {
        let tone = match *name {
            "Overdue" if *count > 0 => "late",
            "Due_Today" if *count > 0 => "soon",
            _ => "",
        };
        tiles.push(Tile {
            label: views::shipped_name(visit, kind.module, name),
            figure: grouped(*count),
            href: Some(format!("/requests?in={name}{}", asked.narrowing())),
            tone,
        });
    }
    let (in_time, late) = figures.kept.iter().fold((0, 0), |(a, b), (_, kept, late)| (a + kept, b + late));
    if let Some(share) = (in_time * 100).checked_div(in_time + late) {
        let label = visit.lang().text("board.in_time").to_owned();
        tiles.push(Tile { label, figure: format!("{share} %"), href: None, tone: "" });
    }
    let mut charts = charts(visit, asked, &kind, &figures).await?;
    charts.push(kept(visit, asked, &figures));
    Ok(Board { has_period: true, has_groups: true, tiles, charts })
}

/// How problems are doing.
///
/// # Errors
/// As for the use case.
pub(crate) async fn problems(visit: &Visit, asked: &Asked) -> Result<Board, DeskError> {
    let figures = visit.desk().problem_board(&visit.ctx, &asked.board_ask(ages(visit))).await?;
    let open = visit.snapshot.rows("status").iter().filter(|s| s.is("in_progress"));
    let open: Vec<String> = open.map(|status| format!("f.status={}", status.id())).collect();
    let kind = Kind {
        module: "problem",
        open: format!("/problems?{}", open.join("&")),
        all: "/problems?",
        begun: "reported_time",
        ended: "closed_time",
    };
    let tiles = vec![open_tile(visit, asked, &kind, &figures)];
    let charts = charts(visit, asked, &kind, &figures).await?;
    Ok(Board { has_period: true, has_groups: true, tiles, charts })
}

fn ages(visit: &Visit) -> Vec<i64> {
    AGES.iter().filter_map(|days| visit.times.day_begins(*days)).collect()
}

fn open_tile(visit: &Visit, asked: &Asked, kind: &Kind, figures: &WorkBoard) -> Tile {
    Tile {
        label: visit.lang().text("board.open").to_owned(),
        figure: grouped(figures.open),
        href: Some(format!("{}{}", kind.open, asked.narrowing())),
        tone: "",
    }
}

async fn charts(
    visit: &Visit,
    asked: &Asked,
    kind: &Kind,
    figures: &WorkBoard,
) -> Result<Vec<Chart>, DeskError> {
    let lang = visit.lang();
    let mut charts = vec![over_time(visit, asked, kind, figures)];
    for (path, groups) in &figures.by {
        let mut items = Vec::with_capacity(groups.len());
        for group in groups {
            items.push(item(visit, kind, asked, path, group).await?);
        }
        let title = lang.text(match *path {
            "status" => "board.by_status",
            "priority" => "board.by_priority",
            "group" => "board.by_group",
            "technician" => "board.by_technician",
            "category" => "board.by_category",
            "impact" => "board.by_impact",
            _ => "board.open_by_site",
        });
        let module = visit.snapshot.module(kind.module)?;
        let label = module.find(path).map_or_else(String::new, |leaf| lang.label(&leaf.field.label));
        let heads = vec![label, lang.text("board.open").to_owned()];
        charts.push(Chart::bars(path, title.to_owned(), heads, &items, lang.text("board.others")));
        if *path == "priority" {
            charts.push(by_age(visit, asked, kind, figures));
        }
    }
    Ok(charts)
}

/// A group by what its records refer to.
async fn item(
    visit: &Visit,
    kind: &Kind,
    asked: &Asked,
    path: &str,
    group: &Group,
) -> Result<Item, DeskError> {
    let row = match group.reference() {
        None => None,
        Some(id) => match visit.snapshot.record(id) {
            Some(row) => Some(row.clone()),
            None => visit.desk().person(id).await?,
        },
    };
    let none = || visit.lang().text("word.none").to_owned();
    let color = row
        .as_ref()
        .and_then(|row| row.module.slot("color").and_then(|slot| row.at(slot).as_str()).map(str::to_owned));
    // Of problems the open ones are told by their statuses already.
    let open = if path == "status" { kind.all } else { kind.open.as_str() };
    let value = group.reference().map_or_else(|| "none".to_owned(), |id| id.to_string());
    let narrowing =
        if matches!(path, "site" | "group") { narrowing_but(asked, path) } else { asked.narrowing() };
    Ok(Item {
        label: match (&row, group.reference()) {
            (Some(row), _) => row.title().to_owned(),
            (None, Some(id)) => id.to_string(),
            (None, None) => none(),
        },
        href: Some(format!("{open}&f.{path}={value}{narrowing}")),
        color,
        count: group.count,
        ..Item::default()
    })
}

/// The narrowing without one of its filters, which a link sets itself.
fn narrowing_but(asked: &Asked, path: &str) -> String {
    let one = |name: &str, id: Option<Id>| {
        id.filter(|_| name != path).map(|id| format!("&f.{name}={id}")).unwrap_or_default()
    };
    format!("{}{}", one("site", asked.site), one("group", asked.group))
}

fn by_age(visit: &Visit, asked: &Asked, kind: &Kind, figures: &WorkBoard) -> Chart {
    let lang = visit.lang();
    let day = |days: i64| {
        let today = visit.times.today()?;
        today.checked_add(jiff::Span::new().try_days(days).ok()?).ok()
    };
    let keys =
        ["board.age_older", "board.age_90", "board.age_30", "board.age_7", "board.age_2", "board.age_today"];
    let mut items: Vec<Item> = Vec::with_capacity(keys.len());
    for (at, key) in keys.into_iter().enumerate() {
        let from = at.checked_sub(1).and_then(|at| AGES.get(at)).and_then(|days| day(*days));
        let to = AGES.get(at).and_then(|days| day(*days - 1));
        let text = |day: Option<Date>| day.map(|day| day.to_string()).unwrap_or_default();
        items.push(Item {
            label: lang.text(key).to_owned(),
            href: Some(format!(
                "{}&f.{}={}..{}{}",
                kind.open,
                kind.begun,
                text(from),
                text(to),
                asked.narrowing()
            )),
            count: figures.by_age.get(at).copied().unwrap_or(0),
            ..Item::default()
        });
    }
    // The newest first.
    items.reverse();
    let heads = vec![lang.text("board.age").to_owned(), lang.text("board.open").to_owned()];
    Chart::bars("age", lang.text("board.by_age").to_owned(), heads, &items, "")
}

fn over_time(visit: &Visit, asked: &Asked, kind: &Kind, figures: &WorkBoard) -> Chart {
    let lang = visit.lang();
    let period = &asked.period;
    let mut parts = Vec::with_capacity(period.parts.len());
    for (at, (from, to)) in period.parts.iter().copied().enumerate() {
        let href = |path: &str| Some(format!("{}&f.{path}={from}..{to}{}", kind.all, asked.narrowing()));
        let count = |counts: &[u64]| counts.get(at).copied().unwrap_or(0);
        parts.push(Part {
            label: period.label(&visit.times, (from, to)),
            short: visit.times.short_date(from),
            counts: [count(&figures.created), count(&figures.closed)],
            hrefs: [href(kind.begun), href(kind.ended)],
        });
    }
    let (created, closed): (u64, u64) = (figures.created.iter().sum(), figures.closed.iter().sum());
    let heads = vec![
        lang.text("board.time").to_owned(),
        format!("{} ({})", lang.text("board.created"), grouped(created)),
        format!("{} ({})", lang.text("board.closed"), grouped(closed)),
    ];
    Chart::columns("time", lang.text("board.over_time").to_owned(), heads, &parts)
}

fn kept(visit: &Visit, asked: &Asked, figures: &WorkBoard) -> Chart {
    let lang = visit.lang();
    let period = &asked.period;
    let item = |(priority, in_time, late): &(Option<Id>, u64, u64)| {
        let row = priority.and_then(|id| visit.snapshot.record(id));
        let value = priority.map_or_else(|| "none".to_owned(), |id| id.to_string());
        let share = (in_time * 100).checked_div(in_time + late).unwrap_or(0);
        Item {
            label: row.map_or_else(|| lang.text("word.none").to_owned(), |row| row.title().to_owned()),
            href: Some(format!(
                "/requests?in=All_Requests&f.priority={value}&f.completed_time={}..{}{}",
                period.from,
                period.to,
                asked.narrowing()
            )),
            count: *in_time,
            second: Some(*late),
            more: vec![format!("{share} %")],
            ..Item::default()
        }
    };
    let items: Vec<Item> = figures.kept.iter().map(item).collect();
    let heads = ["board.priority", "board.kept", "board.late", "board.share"];
    let heads = heads.map(|key| lang.text(key).to_owned()).to_vec();
    let legend = heads.get(1..3).map(<[String]>::to_vec).unwrap_or_default();
    let chart = Chart::bars(
        "promises",
        lang.text("board.promises").to_owned(),
        heads,
        &items,
        lang.text("board.others"),
    );
    Chart { legend, ..chart }
}
