//! The time that a dashboard looks at, cut into days, weeks or months as the person has them.

use crate::times::Times;
use jiff::civil::{Date, Weekday};
use jiff::{Span, ToSpan};

/// The times by name, and what they are called.
pub(crate) const NAMES: [(&str, &str); 4] = [
    ("7d", "range.last_7_days"),
    ("30d", "range.last_30_days"),
    ("90d", "range.last_90_days"),
    ("12m", "board.last_12_months"),
];

/// More days than this are nobody's wish.
const DAYS_MAX: i32 = 800;
/// So many days are shown one by one, and so many by weeks.
const BY_DAY: i32 = 45;
const BY_WEEK: i32 = 190;

/// A time, and its parts.
#[derive(Clone, Debug)]
pub(crate) struct Period {
    /// The name, or nothing for days that were given.
    pub name: &'static str,
    /// The first and the last day.
    pub from: Date,
    pub to: Date,
    /// The instants at which the parts begin, and the one at which the last ends.
    pub ends: Vec<i64>,
    /// The parts: the first and the last day of each.
    pub parts: Vec<(Date, Date)>,
    pub words: String,
}

impl Period {
    /// The time that an address asks for: by its name, or from a day to a day; else the last thirty days.
    pub fn read(times: &Times, name: &str, from: &str, to: &str) -> Self {
        let today = times.today().unwrap_or(Date::constant(2000, 1, 1));
        let given = |text: &str| text.trim().parse::<Date>().ok();
        let known = NAMES.iter().map(|(known, _)| *known).find(|known| *known == name);
        let (name, from, to) = match (known, given(from), given(to)) {
            (None, Some(from), to) => ("", from, to.unwrap_or(today)),
            (None, None, Some(to)) => ("", days_before(to, 29), to),
            (known, ..) => {
                let name = known.unwrap_or("30d");
                (name, begin(name, today), today)
            }
        };
        let (from, to) = if from <= to { (from, to) } else { (to, from) };
        let from = from.max(days_before(to, DAYS_MAX));
        let parts = parts(from, to);
        let mut ends: Vec<i64> = parts.iter().filter_map(|(first, _)| times.begins(*first)).collect();
        ends.extend(to.tomorrow().ok().and_then(|after| times.begins(after)));
        let words = format!("{} – {}", times.short_date(from), times.short_date(to));
        Self { name, from, to, ends, parts, words }
    }

    /// The query that asks for it.
    pub fn query(&self) -> String {
        match self.name {
            "" => format!("from={}&to={}", self.from, self.to),
            name => format!("period={name}"),
        }
    }

    /// What a part is called: its day, or the first of its days.
    pub fn label(&self, times: &Times, part: (Date, Date)) -> String {
        if part.0 == part.1 {
            return times.short_date(part.0);
        }
        format!("{} – {}", times.short_date(part.0), times.short_date(part.1))
    }
}

fn days_before(day: Date, days: i32) -> Date {
    day.checked_sub(Span::new().days(days)).unwrap_or(day)
}

fn begin(name: &str, today: Date) -> Date {
    match name {
        "7d" => days_before(today, 6),
        "90d" => days_before(today, 89),
        "12m" => today.first_of_month().checked_sub(11.months()).unwrap_or(today),
        _ => days_before(today, 29),
    }
}

/// The days, weeks or months from a day to a day; the first and the last may be shorter.
fn parts(from: Date, to: Date) -> Vec<(Date, Date)> {
    let days = (to - from).get_days();
    let mut parts = Vec::new();
    let mut first = from;
    while first <= to {
        let last = match days {
            _ if days < BY_DAY => first,
            _ if days < BY_WEEK => {
                let left = 6 - first.weekday().since(Weekday::Monday);
                first.checked_add(Span::new().days(left)).unwrap_or(to)
            }
            _ => first.last_of_month(),
        };
        parts.push((first, last.min(to)));
        match last.tomorrow() {
            Ok(next) => first = next,
            Err(_) => break,
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::texts::Lang;
    use jiff::civil::date;
    use jiff::tz::TimeZone;

    #[test]
    fn times_are_cut_where_people_cut_them() {
        // 2026-03-31, over the night in which the clocks go forward.
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let times = Times { zone, lang: Lang::En, twelve: false, now: 1_774_951_200_000 };
        let week = Period::read(&times, "7d", "", "");
        assert_eq!((week.from, week.to, week.parts.len()), (date(2026, 3, 25), date(2026, 3, 31), 7));
        let hours: Vec<i64> = week.ends.windows(2).map(|e| (e[1] - e[0]) / 3_600_000).collect();
        assert_eq!(hours, [24, 24, 24, 24, 23, 24, 24]);
        let quarter = Period::read(&times, "90d", "", "");
        assert!(quarter.parts.iter().skip(1).all(|(first, _)| first.weekday() == Weekday::Monday));
        assert_eq!(quarter.parts.last(), Some(&(date(2026, 3, 30), date(2026, 3, 31))));
        let year = Period::read(&times, "12m", "", "");
        assert_eq!((year.from, year.parts.len()), (date(2025, 4, 1), 12));
        let given = Period::read(&times, "", "2026-03-10", "2026-03-01");
        assert_eq!((given.parts.len(), given.query().as_str()), (10, "from=2026-03-01&to=2026-03-10"));
        assert_eq!(Period::read(&times, "nonsense", "", "").name, "30d");
        assert!(Period::read(&times, "", "1900-01-01", "2026-03-01").parts.len() < 40);
        assert!(Period::read(&times, "", "-9999-01-01", "9999-12-31").ends.len() < 40);
    }
}
