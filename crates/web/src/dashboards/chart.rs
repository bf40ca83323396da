//! Charts: bars of one kind of thing, and columns over a time, with the table that is behind each.

use std::borrow::Cow;
use wire::formula;

/// Bars that are drawn; the rest of the groups is in the table.
const BARS_MAX: usize = 10;

/// A chart.
pub(crate) struct Chart {
    /// Its name in addresses and in the page.
    pub id: &'static str,
    pub title: String,
    /// The columns of the table.
    pub heads: Vec<String>,
    pub rows: Vec<Row>,
    pub bars: Vec<Bar>,
    pub columns: Option<Columns>,
    /// What two colours of a chart mean.
    pub legend: Vec<String>,
}

/// A row of the table.
pub(crate) struct Row {
    pub label: String,
    pub href: Option<String>,
    pub cells: Vec<String>,
}

/// A bar: its parts one behind the other, in hundredths of the longest.
pub(crate) struct Bar {
    pub label: String,
    pub href: Option<String>,
    pub color: Option<String>,
    pub text: String,
    pub width: String,
    /// The second part: where it begins and how long it is.
    pub second: Option<(String, String)>,
}

/// What is counted of one group.
#[derive(Clone, Debug, Default)]
pub(crate) struct Item {
    pub label: String,
    pub href: Option<String>,
    pub color: Option<String>,
    pub count: u64,
    /// Of a chart with two parts: the second.
    pub second: Option<u64>,
    /// What the table says besides.
    pub more: Vec<String>,
}

impl Chart {
    /// Bars, the others together behind the longest ones.
    pub fn bars(id: &'static str, title: String, heads: Vec<String>, items: &[Item], others: &str) -> Self {
        let whole = |item: &Item| item.count + item.second.unwrap_or(0);
        let (shown, rest) = items.split_at(items.len().min(BARS_MAX));
        let (shown, rest) = if rest.len() == 1 { (items, &[][..]) } else { (shown, rest) };
        let mut drawn: Vec<Cow<'_, Item>> = shown.iter().map(Cow::Borrowed).collect();
        if !rest.is_empty() {
            drawn.push(Cow::Owned(Item {
                label: others.replace("{n}", &rest.len().to_string()),
                count: rest.iter().map(|i| i.count).sum(),
                second: rest.iter().map(|i| i.second).sum(),
                ..Item::default()
            }));
        }
        let longest = drawn.iter().map(|item| whole(item)).max().unwrap_or(0);
        let bar = |item: &Cow<'_, Item>| Bar {
            label: item.label.clone(),
            href: item.href.clone(),
            color: item.color.clone(),
            text: match item.second {
                Some(second) => format!("{} / {}", grouped(item.count), grouped(second)),
                None => grouped(item.count),
            },
            width: share(item.count, longest),
            second: item.second.map(|second| (share(item.count, longest), share(second, longest))),
        };
        let row = |item: &Item| {
            let counts = std::iter::once(item.count).chain(item.second);
            let cells = counts.map(|n| n.to_string()).chain(item.more.iter().cloned()).collect();
            Row { label: item.label.clone(), href: item.href.clone(), cells }
        };
        Self {
            id,
            title,
            heads,
            rows: items.iter().map(row).collect(),
            bars: drawn.iter().map(bar).collect(),
            columns: None,
            legend: Vec::new(),
        }
    }

    /// Whether there is nothing to be seen.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The table as a file, in which no cell is a formula.
    ///
    /// # Errors
    /// None that can happen: it is written into memory.
    pub fn file(&self) -> Result<Vec<u8>, csv::Error> {
        let mut writer = csv::Writer::from_writer(Vec::with_capacity(1024));
        let heads: Vec<_> = self.heads.iter().map(|head| formula::harmless(head)).collect();
        writer.write_record(heads.iter().map(|head| head.as_ref()))?;
        for row in &self.rows {
            let cells: Vec<_> =
                std::iter::once(&row.label).chain(&row.cells).map(|cell| formula::harmless(cell)).collect();
            writer.write_record(cells.iter().map(|cell| cell.as_ref()))?;
        }
        writer.into_inner().map_err(|error| error.into_error().into())
    }
}

/// Hundredths of the whole with one place behind the point.
fn share(part: u64, whole: u64) -> String {
    let tenths = if whole == 0 { 0 } else { (u128::from(part) * 1000).div_ceil(u128::from(whole)) };
    format!("{}.{}", tenths / 10, tenths % 10)
}

/// A number as people read it: `12 345`, with narrow spaces.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3 * 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push('\u{202f}');
        }
        out.push(digit);
    }
    out
}

/// An amount of money in whole units.
pub(crate) fn amount(sum: f64) -> String {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the cast saturates, and the sign is put before it"
    )]
    let whole = sum.abs().round() as u64;
    format!("{}{}", if sum < -0.5 { "−" } else { "" }, grouped(whole))
}

/// Two numbers side by side for each part of a time.
pub(crate) struct Columns {
    pub width: u32,
    pub height: u32,
    /// Lines across, and what they stand for.
    pub grid: Vec<(u32, String)>,
    pub pairs: Vec<Pair>,
    /// What is written below: where, and what.
    pub labels: Vec<(u32, String)>,
    pub base: u32,
}

/// The columns of one part of the time.
pub(crate) struct Pair {
    pub one: Column,
    pub other: Column,
    pub words: String,
}

/// A column.
#[derive(Clone, Debug, Default)]
pub(crate) struct Column {
    pub x: String,
    pub y: String,
    pub width: String,
    pub height: String,
    pub href: Option<String>,
}

/// What is counted in a part of the time.
pub(crate) struct Part {
    pub label: String,
    /// A shorter label, for below the column.
    pub short: String,
    pub counts: [u64; 2],
    pub hrefs: [Option<String>; 2],
}

const WIDTH: u32 = 960;
const HEIGHT: u32 = 250;
const LEFT: u32 = 44;
const TOP: u32 = 12;
const BOTTOM: u32 = 28;
/// Labels below are not nearer to one another than this.
const APART: f64 = 74.0;

impl Chart {
    /// Columns over a time.
    pub fn columns(id: &'static str, title: String, heads: Vec<String>, parts: &[Part]) -> Self {
        let greatest = parts.iter().flat_map(|p| p.counts).max().unwrap_or(0);
        let step = nice_step(greatest);
        let top = greatest.div_ceil(step).max(1) * step;
        let base = HEIGHT - BOTTOM;
        #[expect(clippy::cast_precision_loss, reason = "places of a picture")]
        let height = |count: u64| count as f64 / top as f64 * f64::from(base - TOP);
        #[expect(clippy::cast_precision_loss, reason = "some hundred parts at most")]
        let each = f64::from(WIDTH - LEFT) / parts.len().max(1) as f64;
        let column = |x: f64, count: u64, href: &Option<String>| Column {
            x: format!("{x:.1}"),
            y: format!("{:.1}", f64::from(base) - height(count)),
            width: format!("{:.1}", (each * 0.38).min(26.0)),
            height: format!("{:.1}", height(count)),
            // Of nothing there is nothing to be seen.
            href: href.clone().filter(|_| count > 0),
        };
        let (mut pairs, mut labels, mut free) = (Vec::new(), Vec::new(), f64::MIN);
        for (place, part) in (0_u32..).zip(parts) {
            let x = f64::from(LEFT) + each * f64::from(place);
            let middle = x + each / 2.0;
            let wide = (each * 0.38).min(26.0);
            let [one, other] = part.counts;
            pairs.push(Pair {
                one: column(middle - wide - 0.5, one, &part.hrefs[0]),
                other: column(middle + 0.5, other, &part.hrefs[1]),
                words: format!("{}: {one} / {other}", part.label),
            });
            if middle - free >= APART {
                free = middle;
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "within the picture"
                )]
                labels.push((middle as u32, part.short.clone()));
            }
        }
        let lines = (0..=top / step).map(|n| {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "within the picture")]
            let y = (f64::from(base) - height(n * step)) as u32;
            (y, grouped(n * step))
        });
        let grid = lines.collect();
        let row = |part: &Part| Row {
            label: part.label.clone(),
            href: part.hrefs[0].clone(),
            cells: part.counts.iter().map(ToString::to_string).collect(),
        };
        Self {
            id,
            title,
            legend: heads.iter().skip(1).cloned().collect(),
            heads,
            rows: parts.iter().map(row).collect(),
            bars: Vec::new(),
            columns: Some(Columns { width: WIDTH, height: HEIGHT, grid, pairs, labels, base }),
        }
    }
}

/// A step of 1, 2 or 5 and noughts, of which about four make the greatest.
fn nice_step(greatest: u64) -> u64 {
    let wanted = greatest.div_ceil(4).max(1);
    let mut ten: u64 = 1;
    while let Some(next) = ten.checked_mul(10).filter(|next| *next <= wanted) {
        ten = next;
    }
    [1, 2, 5].into_iter().map(|n| n * ten).find(|step| *step >= wanted).unwrap_or(ten.saturating_mul(10))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_at_a_glance() {
        assert_eq!(
            ["0", "12", "1 234", "1 000 000"],
            [0, 12, 1234, 1_000_000].map(|n| grouped(n).replace('\u{202f}', " ")).as_slice()
        );
        assert_eq!([0, 3, 4, 9, 40, 41, 1001].map(nice_step), [1, 1, 1, 5, 10, 20, 500]);
        assert_eq!((share(1, 3), share(0, 0), share(3, 3)), ("33.4".into(), "0.0".into(), "100.0".into()));
    }

    #[test]
    fn a_file_runs_nothing() {
        let items = [Item { label: "=cmd|' /C calc'!A0".into(), count: 3, ..Item::default() }];
        let chart =
            Chart::bars("x", String::new(), vec!["Group".into(), "Open".into()], &items, "{n} others");
        assert_eq!(chart.file().unwrap(), b"Group,Open\n'=cmd|' /C calc'!A0,3\n");
    }

    #[test]
    fn many_groups_are_ten_bars_and_the_rest() {
        let items: Vec<Item> =
            (0..15).map(|n| Item { label: n.to_string(), count: 100 - n, ..Item::default() }).collect();
        let chart = Chart::bars("x", String::new(), Vec::new(), &items, "{n} others");
        assert_eq!((chart.bars.len(), chart.rows.len()), (11, 15));
        assert_eq!(chart.bars.last().map(|b| (b.label.as_str(), b.text.as_str())), Some(("5 others", "440")));
        assert_eq!(Chart::bars("x", String::new(), Vec::new(), &items[..11], "").bars.len(), 11);
    }
}
