//! The board of what the company has.

use super::chart::{Chart, Item, amount, grouped};
use super::{Asked, Board, Tile};
use crate::times::Times;
use crate::visit::Visit;
use desk::DeskError;
use desk::dashboards::EstateBoard;
use desk::figures::Group;

/// The ends of warranties that are told apart, in days from today.
const WARRANTY: [i64; 4] = [0, 31, 91, 366];

/// What there is, and what it cost.
///
/// # Errors
/// As for the use case.
pub(crate) async fn assets(visit: &Visit, asked: &Asked) -> Result<Board, DeskError> {
    let lang = visit.lang();
    let days: Vec<_> = WARRANTY.iter().filter_map(|days| day(visit, *days)).collect();
    // Days are kept as their midnight in UTC.
    let ages: Vec<i64> = days.iter().filter_map(|day| Times::read_date(&day.to_string())).collect();
    let figures = visit.desk().estate_board(&visit.ctx, &asked.board_ask(ages)).await?;
    let tile = |key: &str, figure: String, href: Option<String>| Tile {
        label: lang.text(key).to_owned(),
        figure,
        href,
        tone: "",
    };
    let narrowing = asked.site.map(|id| format!("f.site={id}")).unwrap_or_default();
    let tiles = vec![
        tile("nav.assets", grouped(figures.total), Some(format!("/assets?{narrowing}"))),
        tile("board.cost", amount(figures.cost), None),
    ];
    let mut charts = Vec::new();
    for (path, groups) in &figures.by {
        let label = visit.snapshot.module("asset")?.find(path).map(|leaf| lang.label(&leaf.field.label));
        let label = label.unwrap_or_default();
        let items: Vec<Item> = groups.iter().map(|group| item(visit, path, group, &narrowing)).collect();
        let title = lang.text(match *path {
            "state" => "board.by_state",
            "product_type" => "board.by_type",
            "site" => "board.by_site",
            _ => "board.by_department",
        });
        let heads =
            vec![label.clone(), lang.text("nav.assets").to_owned(), lang.text("board.cost").to_owned()];
        charts.push(Chart::bars(path, title.to_owned(), heads, &items, lang.text("board.others")));
        if *path == "product_type" {
            charts.push(cost(visit, groups, &label, &narrowing));
        }
    }
    charts.push(warranty(visit, &figures, &days, &narrowing));
    Ok(Board { has_period: false, has_groups: false, tiles, charts })
}

fn day(visit: &Visit, days: i64) -> Option<jiff::civil::Date> {
    visit.times.today()?.checked_add(jiff::Span::new().try_days(days).ok()?).ok()
}

fn item(visit: &Visit, path: &str, group: &Group, narrowing: &str) -> Item {
    let row = group.reference().and_then(|id| visit.snapshot.record(id));
    let value = group.reference().map_or_else(|| "none".to_owned(), |id| id.to_string());
    let narrowing =
        if path == "site" || narrowing.is_empty() { String::new() } else { format!("&{narrowing}") };
    // Departments of several sites have one name.
    let site = row.filter(|_| path == "department").and_then(|row| row.reference("site"));
    let site = site.and_then(|id| visit.snapshot.record(id)).map(|site| format!(" · {}", site.title()));
    let label = row.map(|row| format!("{}{}", row.title(), site.unwrap_or_default()));
    Item {
        label: label.unwrap_or_else(|| visit.lang().text("word.none").to_owned()),
        href: Some(format!("/assets?f.{path}={value}{narrowing}")),
        count: group.count,
        more: vec![format!("{:.2}", group.sum)],
        ..Item::default()
    }
}

/// The same groups by what they cost.
fn cost(visit: &Visit, groups: &[Group], label: &str, narrowing: &str) -> Chart {
    let lang = visit.lang();
    let mut groups: Vec<&Group> = groups.iter().filter(|group| group.sum > 0.0).collect();
    groups.sort_by(|a, b| b.sum.total_cmp(&a.sum));
    let by_cost = |group: &&Group| {
        let item = item(visit, "product_type", group, narrowing);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "the cast saturates; what costs less than nothing was left out"
        )]
        let count = group.sum.round() as u64;
        Item { count, more: vec![group.count.to_string()], ..item }
    };
    let items: Vec<Item> = groups.iter().map(by_cost).collect();
    let heads =
        vec![label.to_owned(), lang.text("board.cost").to_owned(), lang.text("nav.assets").to_owned()];
    Chart::bars("cost", lang.text("board.cost_by_type").to_owned(), heads, &items, lang.text("board.others"))
}

fn warranty(visit: &Visit, figures: &EstateBoard, days: &[jiff::civil::Date], narrowing: &str) -> Chart {
    let lang = visit.lang();
    let keys = [
        "board.warranty_over",
        "board.warranty_30",
        "board.warranty_90",
        "board.warranty_year",
        "board.warranty_later",
    ];
    let and = if narrowing.is_empty() { String::new() } else { format!("&{narrowing}") };
    let mut items = Vec::with_capacity(keys.len() + 1);
    for (at, key) in keys.into_iter().enumerate() {
        let from = at.checked_sub(1).and_then(|at| days.get(at)).map(ToString::to_string).unwrap_or_default();
        let to =
            days.get(at).and_then(|day| day.yesterday().ok()).map(|day| day.to_string()).unwrap_or_default();
        items.push(Item {
            label: lang.text(key).to_owned(),
            href: Some(format!("/assets?f.warranty_expiry={from}..{to}{and}")),
            count: figures.by_warranty.get(at).copied().unwrap_or(0),
            ..Item::default()
        });
    }
    items.push(Item {
        label: lang.text("word.none").to_owned(),
        href: Some(format!("/assets?f.warranty_expiry=none{and}")),
        count: figures.without_warranty,
        ..Item::default()
    });
    let heads = vec![lang.text("board.warranty").to_owned(), lang.text("nav.assets").to_owned()];
    Chart::bars("warranty", lang.text("board.by_warranty").to_owned(), heads, &items, "")
}
