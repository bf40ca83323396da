//! The page of what a CI's failure means: a map, drawn here as SVG, and all that is within reach as a table behind it.
//!
//! Everything that can be done with the map is a link, so it works without script; a script adds dragging and the wheel.

use super::drawing::{self, At, Column, Line, NODE_HEIGHT, NODE_WIDTH};
use super::page::Open;
use super::relations::called;
use super::types::{Look, Looks};
use crate::form::Form;
use crate::records::place_at;
use crate::shell::Shell;
use crate::show;
use crate::statics::{self, Asset};
use crate::visit::{Technician, Visit};
use crate::{answer, requests};
use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use desk::{DeskError, Direction, Impact, ImpactMap, MapAsk, Place};
use http::StatusCode;
use model::{Id, Record};
use std::sync::Arc;

/// The map begins with so many steps.
const DEPTH: u32 = 2;
const DEPTH_MAX: u32 = 8;
/// CIs of a layer: at first, and at most.
const LAYER: usize = 10;
const LAYER_MAX: usize = 80;
/// So many CIs can be opened by themselves.
const OPENED_MAX: usize = 60;
/// Sizes of the picture, in hundredths.
const ZOOMS: [u32; 6] = [40, 60, 80, 100, 130, 170];
/// Rows of a page of the table.
const ROWS: usize = 50;
/// So many of what is open are listed below the map.
const OPEN_SHOWN: usize = 20;
/// Letters of a name that fit into its box.
const NAME_MAX: usize = 22;
const LABEL_MAX: usize = 18;

#[derive(Template)]
#[template(path = "cmdb/impact.html")]
struct ImpactPage {
    shell: Shell,
    title: String,
    look: Look,
    base: String,
    asked: Asked,
    picture: Drawn,
    ways: Vec<Way>,
    /// What to leave out, and what to add, by the address of the same page.
    shallower: Option<String>,
    deeper: Option<String>,
    smaller: Option<String>,
    larger: Option<String>,
    whole: Option<String>,
    open: Vec<Open>,
    tables: Vec<Reached>,
    script: &'static str,
}

/// A choice of direction.
struct Way {
    label: &'static str,
    href: String,
    is_here: bool,
}

/// The map, ready to be put into the page.
struct Drawn {
    width: i32,
    height: i32,
    /// In which size it is shown.
    shown_width: i32,
    shown_height: i32,
    nodes: Vec<Node>,
    heads: Vec<(i32, String)>,
    more: Vec<More>,
    lines: Vec<Line>,
}

struct Node {
    id: Id,
    href: String,
    at: At,
    name: String,
    full_name: String,
    look: Look,
    /// `problem`, `request` or nothing: what is open on it.
    state: &'static str,
    requests: usize,
    problems: usize,
    /// The right end of the badge of requests, left of that of problems.
    badge_right: i32,
    /// All of it in words, for whoever does not see the picture.
    words: String,
    is_middle: bool,
    /// What opens or closes it: the address, the sign on it, what it does.
    fold: Option<Fold>,
}

struct Fold {
    href: String,
    sign: String,
    words: String,
    x: i32,
}

struct More {
    at: At,
    href: String,
    words: String,
}

/// All that is within reach in one direction.
struct Reached {
    label: String,
    /// How many are how far away.
    levels: Vec<String>,
    rows: Vec<Row>,
    previous: Option<String>,
    next: Option<String>,
}

struct Row {
    name: String,
    href: String,
    look: Look,
    depth: u32,
    through: String,
    requests: usize,
    problems: usize,
}

/// What the address asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Asked {
    down: bool,
    up: bool,
    depth: u32,
    opened: Vec<Id>,
    layer: usize,
    zoom: u32,
    /// The page of the table.
    page: usize,
}

impl Asked {
    fn read(query: &str) -> Self {
        let form = Form::of_query(query);
        let (down, up) = match form.get("way") {
            "down" => (true, false),
            "up" => (false, true),
            _ => (true, true),
        };
        let number = |name: &str| form.get(name).parse::<usize>().ok();
        let mut opened: Vec<Id> = Vec::new();
        for id in form.get("open").split(',').filter_map(|id| id.parse().ok()).take(OPENED_MAX) {
            if !opened.contains(&id) {
                opened.push(id);
            }
        }
        let depth = number("depth").and_then(|n| u32::try_from(n).ok()).unwrap_or(DEPTH);
        let zoom = number("zoom").and_then(|n| u32::try_from(n).ok()).filter(|z| ZOOMS.contains(z));
        Self {
            down,
            up,
            depth: depth.clamp(1, DEPTH_MAX),
            opened,
            layer: number("layer").unwrap_or(LAYER).clamp(LAYER, LAYER_MAX),
            zoom: zoom.unwrap_or(100),
            page: number("page").unwrap_or(1).clamp(1, 1_000_000),
        }
    }

    fn way(&self) -> &'static str {
        match (self.down, self.up) {
            (true, false) => "down",
            (false, true) => "up",
            _ => "both",
        }
    }

    /// The query of the page that shows this.
    fn address(&self) -> String {
        let mut parts = vec![format!("way={}", self.way()), format!("depth={}", self.depth)];
        if !self.opened.is_empty() {
            let ids: Vec<String> = self.opened.iter().map(ToString::to_string).collect();
            parts.push(format!("open={}", ids.join(",")));
        }
        for (name, value, usual) in
            [("layer", self.layer, LAYER), ("zoom", self.zoom as usize, 100), ("page", self.page, 1)]
        {
            if value != usual {
                parts.push(format!("{name}={value}"));
            }
        }
        format!("?{}", parts.join("&"))
    }

    fn with(&self, change: impl FnOnce(&mut Self)) -> String {
        let mut other = self.clone();
        other.page = 1;
        change(&mut other);
        other.address()
    }
}

/// GET of `/cmdb/{id}/impact`.
pub(crate) async fn show(Technician(visit): Technician, Path(id): Path<String>) -> Response {
    visit.answered(async { page(&visit, requests::id_of(&id)?).await }.await)
}

async fn page(visit: &Visit, id: Id) -> Result<Response, DeskError> {
    let asked = Asked::read(&visit.query);
    let place = place_at(visit, "cmdb")?;
    let ask = MapAsk {
        down: asked.down,
        up: asked.up,
        depth: asked.depth,
        opened: asked.opened.clone(),
        layer_max: asked.layer,
    };
    let map = visit.desk().impact_map(&visit.ctx, &place, id, &ask).await?;
    let title = show::title(&map.ci);
    let lang = visit.lang();
    let at = ZOOMS.iter().position(|zoom| *zoom == asked.zoom).unwrap_or(3);
    let zoomed =
        |to: Option<usize>| to.and_then(|to| ZOOMS.get(to)).map(|zoom| asked.with(|a| a.zoom = *zoom));
    let way = |label: &'static str, down: bool, up: bool| Way {
        label: lang.text(label),
        href: asked.with(|a| (a.down, a.up, a.opened) = (down, up, Vec::new())),
        is_here: (asked.down, asked.up) == (down, up),
    };
    let page = ImpactPage {
        shell: Shell::new(visit, &lang.say("impact.title", &[("name", &title)])),
        look: Looks(visit).of(&map.ci),
        base: format!("/cmdb/{id}"),
        ways: vec![
            way("impact.both", true, true),
            way("impact.down", true, false),
            way("impact.up", false, true),
        ],
        shallower: (asked.depth > 1).then(|| asked.with(|a| a.depth -= 1)),
        deeper: (asked.depth < DEPTH_MAX).then(|| asked.with(|a| a.depth += 1)),
        smaller: zoomed(at.checked_sub(1)),
        larger: zoomed(Some(at + 1)),
        whole: (!asked.opened.is_empty()).then(|| asked.with(|a| a.opened.clear())),
        picture: drawn(visit, &map, &asked),
        open: open(visit, &map).await?,
        tables: tables(visit, &place, id, &asked).await?,
        script: statics::path(Asset::Graph),
        title,
        asked,
    };
    Ok(answer::page(StatusCode::OK, &page))
}

fn drawn(visit: &Visit, map: &ImpactMap, asked: &Asked) -> Drawn {
    let name = |edge: &desk::MapEdge| {
        edge.kind.as_ref().map(|kind| called(kind, edge.from_child)).unwrap_or_default()
    };
    let mut picture = drawing::draw(map, name);
    for line in &mut picture.lines {
        line.label = short(&line.label, LABEL_MAX);
    }
    let nodes = map.nodes.iter().zip(&picture.places).map(|(node, at)| one(visit, node, *at, asked));
    let scaled = |n: i32| n * i32::try_from(asked.zoom).unwrap_or(100) / 100;
    Drawn {
        nodes: nodes.collect(),
        heads: picture.columns.iter().map(|column| (column.x, head(visit, column, map))).collect(),
        more: picture.columns.iter().filter_map(|column| more(visit, column, asked)).collect(),
        lines: picture.lines,
        shown_width: scaled(picture.width),
        shown_height: scaled(picture.height),
        width: picture.width,
        height: picture.height,
    }
}

fn head(visit: &Visit, column: &Column, map: &ImpactMap) -> String {
    let lang = visit.lang();
    if column.layer == 0 {
        return String::new();
    }
    let total = map.layers.iter().find(|l| l.layer == column.layer).map_or(0, |l| l.total);
    let steps = lang.count("impact.steps", i64::from(column.layer.abs()));
    format!("{steps} · {total}")
}

fn more(visit: &Visit, column: &Column, asked: &Asked) -> Option<More> {
    let (count, at) = column.more?;
    // What is too much for a picture is in the table.
    let href = if asked.layer >= LAYER_MAX {
        "#all".to_owned()
    } else {
        asked.with(|a| a.layer = (a.layer * 2).min(LAYER_MAX))
    };
    let words = visit.lang().count("impact.more", i64::try_from(count).unwrap_or(i64::MAX));
    Some(More { at, href, words })
}

fn one(visit: &Visit, node: &desk::MapNode, at: At, asked: &Asked) -> Node {
    let lang = visit.lang();
    let id = node.ci.id();
    let look = Looks(visit).of(&node.ci);
    let full_name = show::title(&node.ci);
    let (requests, problems) = (node.requests.len(), node.problems.len());
    let mut words = vec![full_name.clone(), look.label.clone()];
    for (count, key) in [(requests, "impact.open_requests"), (problems, "impact.open_problems")] {
        if count > 0 {
            words.push(lang.count(key, i64::try_from(count).unwrap_or(i64::MAX)));
        }
    }
    Node {
        href: format!("/cmdb/{id}"),
        name: short(&full_name, NAME_MAX),
        full_name,
        state: match (problems, requests) {
            (0, 0) => "",
            (0, _) => "request",
            _ => "problem",
        },
        look,
        requests,
        problems,
        badge_right: at.x + NODE_WIDTH - if problems > 0 { 48 } else { 8 },
        words: words.join(", "),
        is_middle: node.layer == 0,
        fold: fold(visit, node, at, asked),
        id,
        at,
    }
}

fn fold(visit: &Visit, node: &desk::MapNode, at: At, asked: &Asked) -> Option<Fold> {
    let lang = visit.lang();
    let id = node.ci.id();
    let x = if node.layer < 0 { at.x } else { at.x + NODE_WIDTH };
    let anchor = |query: String| format!("{query}#ci-{id}");
    let name = show::title(&node.ci);
    if node.is_opened {
        let href = anchor(asked.with(|a| a.opened.retain(|opened| *opened != id)));
        return Some(Fold {
            href,
            sign: "−".to_owned(),
            words: lang.say("impact.close", &[("name", &name)]),
            x,
        });
    }
    if node.beyond == 0 || asked.opened.len() >= OPENED_MAX {
        return None;
    }
    let href = anchor(asked.with(|a| a.opened.push(id)));
    let sign = if node.beyond > 99 { "99+".to_owned() } else { format!("+{}", node.beyond) };
    let count = node.beyond.to_string();
    Some(Fold { href, sign, words: lang.say("impact.open", &[("name", &name), ("n", &count)]), x })
}

fn short(text: &str, max: usize) -> String {
    if text.chars().count() <= max {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(max - 1).collect();
    short.push('…');
    short
}

/// What is open on the CIs of the map, each once, problems first.
async fn open(visit: &Visit, map: &ImpactMap) -> Result<Vec<Open>, DeskError> {
    let mut all: Vec<Arc<Record>> = Vec::new();
    for list in map.nodes.iter().map(|n| &n.problems).chain(map.nodes.iter().map(|n| &n.requests)) {
        for record in list {
            if !all.iter().any(|known| known.id() == record.id()) {
                all.push(record.clone());
            }
        }
    }
    // `of_records` takes records of one module at a time.
    all.truncate(OPEN_SHOWN);
    let (problems, requests): (Vec<_>, Vec<_>) = all.into_iter().partition(|r| r.module.name == "problem");
    let mut open = super::page::of_records(visit, &problems).await?;
    open.extend(super::page::of_records(visit, &requests).await?);
    Ok(open)
}

async fn tables(visit: &Visit, place: &Place, id: Id, asked: &Asked) -> Result<Vec<Reached>, DeskError> {
    let mut tables = Vec::new();
    let sides = [
        (asked.down, Direction::Downstream, "impact.suffer"),
        (asked.up, Direction::Upstream, "impact.depends"),
    ];
    for (_, direction, key) in sides.into_iter().filter(|(is_wanted, ..)| *is_wanted) {
        let from = (asked.page - 1) * ROWS;
        let found =
            visit.desk().impact(&visit.ctx, place, id, direction, u32::MAX, from..from + ROWS).await?;
        tables.push(reached(visit, &found, key, from, asked));
    }
    Ok(tables)
}

fn reached(visit: &Visit, found: &Impact, key: &str, from: usize, asked: &Asked) -> Reached {
    let lang = visit.lang();
    let looks = Looks(visit);
    let name_of = |id: Id| {
        let hit = found.hits.iter().find(|hit| hit.ci.id() == id).map(|hit| hit.ci.title());
        hit.or_else(|| (found.ci.id() == id).then(|| found.ci.title())).unwrap_or_default().to_owned()
    };
    let row = |hit: &desk::Hit| Row {
        name: show::title(&hit.ci),
        href: format!("/cmdb/{}", hit.ci.id()),
        look: looks.of(&hit.ci),
        depth: hit.depth,
        through: {
            let kind = hit.kind.as_ref().map(|kind| kind.title().to_owned()).unwrap_or_default();
            let name = name_of(hit.from);
            if name.is_empty() { kind } else { format!("{kind} · {name}") }
        },
        requests: hit.requests.len(),
        problems: hit.problems.len(),
    };
    let page = |page: usize| format!("{}#all", asked.with(|a| a.page = page));
    let levels = (1_i64..).zip(&found.levels);
    Reached {
        label: lang.count(key, i64::try_from(found.total).unwrap_or(i64::MAX)),
        levels: levels
            .map(|(step, count)| format!("{}: {count}", lang.count("impact.steps", step)))
            .collect(),
        rows: found.hits.iter().map(row).collect(),
        previous: (asked.page > 1).then(|| page(asked.page - 1)),
        next: (from + found.hits.len() < found.total && !found.hits.is_empty()).then(|| page(asked.page + 1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_says_what_is_shown() {
        let usual = Asked::read("");
        assert_eq!(usual.address(), "?way=both&depth=2");
        let asked = Asked::read("way=up&depth=99&open=1,x,2,1&layer=7&zoom=33&page=0");
        assert_eq!(asked.address(), "?way=up&depth=8&open=1,2");
        assert_eq!(Asked::read(&asked.address()[1..]), asked);
        assert_eq!(asked.with(|a| a.opened.push(Id::new(3))), "?way=up&depth=8&open=1,2,3");
        assert_eq!(Asked::read("page=3&zoom=60").with(|_| ()), "?way=both&depth=2&zoom=60");
    }

    #[test]
    fn long_names_are_cut_between_letters() {
        assert_eq!(short("Übergabe", 8), "Übergabe");
        assert_eq!(short("Übergaben", 8), "Übergab…");
    }
}
