//! What an asset is worth now: its price less what the usual four methods take off it (assets-cmdb.md section 2.7).

use model::Record;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

/// The methods, by the ids under which clients know them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Method {
    StraightLine,
    DecliningBalance,
    SumOfYearsDigits,
    DoubleDecliningBalance,
}

impl Method {
    /// All methods with their ids and names.
    pub const ALL: [(Self, i64, &'static str); 4] = [
        (Self::StraightLine, 1, "Straight Line"),
        (Self::DecliningBalance, 2, "Declining Balance"),
        (Self::SumOfYearsDigits, 3, "Sum Of The Years Digit"),
        (Self::DoubleDecliningBalance, 4, "Double Declining Balance"),
    ];

    pub fn of(id: i64) -> Option<Self> {
        Self::ALL.iter().find(|(_, known, _)| *known == id).map(|(method, _, _)| *method)
    }
}

/// How something loses its value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Plan {
    pub method: Method,
    /// In months.
    pub life: i64,
    /// What is left at the end.
    pub salvage: Decimal,
    /// What declining balance takes off in a year, in percent.
    pub percent: Decimal,
}

impl Plan {
    /// What a record says under a group: an asset's own `asset_depreciation`, a product's `depreciation_detail`.
    pub fn read(record: &Record, group: &str) -> Option<Self> {
        let at = |path: &str| format!("{group}.{path}");
        let method = Method::of(record.int(&at("depreciation_type"))?)?;
        let amount = |path: &str| {
            record.get(&at(path)).as_double().and_then(|d| Decimal::try_from(d).ok()).unwrap_or_default()
        };
        let percent = amount("depreciation_percent");
        let life = record.int(&at("useful_life"));
        // Declining balance may go on without an end; the others are over with the useful life.
        let life = match method {
            Method::DecliningBalance => life.unwrap_or(1200),
            _ => life?,
        };
        Some(Self { method, life, salvage: amount("salvage_value"), percent })
    }

    /// The value after so many whole months.
    pub fn value(&self, price: Decimal, months: i64) -> Decimal {
        let floor = self.salvage.min(price).max(Decimal::ZERO);
        let months = months.max(0);
        if months >= self.life && self.method != Method::DecliningBalance {
            return floor;
        }
        let months = months.min(self.life);
        let lost = match self.method {
            Method::StraightLine => (price - floor) * ratio(months, self.life),
            Method::SumOfYearsDigits => (price - floor) * self.digits_share(months),
            Method::DecliningBalance => price - declining(price, self.percent / Decimal::ONE_HUNDRED, months),
            Method::DoubleDecliningBalance => price - declining(price, ratio(24, self.life), months),
        };
        (price - lost).max(floor)
    }

    /// The share that is lost by now when the first year counts as many parts as there are years, the last one part.
    fn digits_share(&self, months: i64) -> Decimal {
        let years = (self.life + 11) / 12;
        let all = years * (years + 1) / 2;
        let mut parts = Decimal::ZERO;
        for year in 0..years {
            // The last year may be a short one; its part is spread over the months that it has.
            let length = (self.life - year * 12).min(12);
            let passed = (months - year * 12).clamp(0, length);
            parts += Decimal::from(years - year) * ratio(passed, length);
        }
        parts / Decimal::from(all.max(1))
    }
}

fn ratio(part: i64, whole: i64) -> Decimal {
    Decimal::from(part) / Decimal::from(whole.max(1))
}

/// What is left of a price that loses this share of itself each year, evenly within a year.
fn declining(price: Decimal, yearly: Decimal, months: i64) -> Decimal {
    let rate = yearly.clamp(Decimal::ZERO, Decimal::ONE);
    let mut value = price;
    for _ in 0..months / 12 {
        value -= value * rate;
        if value < Decimal::new(1, 3) {
            return Decimal::ZERO;
        }
        value = value.round_dp(10);
    }
    value - value * rate * ratio(months % 12, 12)
}

/// Whole months from one day to another, in milliseconds since 1970-01-01 UTC.
pub(crate) fn months_between(from: i64, to: i64) -> i64 {
    let day = |ms: i64| {
        jiff::Timestamp::from_millisecond(ms).ok().map(|t| jiff::tz::TimeZone::UTC.to_datetime(t).date())
    };
    let (Some(from), Some(to)) = (day(from), day(to)) else { return 0 };
    let months = (i64::from(to.year()) - i64::from(from.year())) * 12 + i64::from(to.month())
        - i64::from(from.month());
    months - i64::from(to.day() < from.day())
}

/// The share of the price that is left, in percent, for people.
pub(crate) fn percent_left(value: Decimal, price: Decimal) -> i64 {
    if price.is_zero() { 0 } else { (value * Decimal::ONE_HUNDRED / price).round().to_i64().unwrap_or(0) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money;

    fn check(method: Method, percent: i64, expected: &[(i64, &str)]) {
        let plan = Plan { method, life: 36, salvage: Decimal::from(100), percent: Decimal::from(percent) };
        for (months, value) in expected {
            let found = money::write_to_cent(plan.value(Decimal::from(1000), *months));
            assert_eq!(found, *value, "{method:?} after {months} months");
        }
    }

    #[test]
    fn the_four_methods() {
        check(
            Method::StraightLine,
            0,
            &[(0, "1000.0"), (1, "975.0"), (12, "700.0"), (18, "550.0"), (36, "100.0"), (99, "100.0")],
        );
        // 3 + 2 + 1 = 6 parts of 900.
        check(
            Method::SumOfYearsDigits,
            0,
            &[(0, "1000.0"), (12, "550.0"), (18, "400.0"), (24, "250.0"), (36, "100.0")],
        );
        // Two thirds a year, down to what is left at the end.
        check(
            Method::DoubleDecliningBalance,
            0,
            &[(0, "1000.0"), (6, "666.67"), (12, "333.33"), (24, "111.11"), (30, "100.0"), (36, "100.0")],
        );
        check(
            Method::DecliningBalance,
            20,
            &[(0, "1000.0"), (12, "800.0"), (18, "720.0"), (24, "640.0"), (36, "512.0"), (240, "512.0")],
        );
    }

    #[test]
    fn a_price_below_what_is_left_at_the_end_stays() {
        let plan = Plan {
            method: Method::StraightLine,
            life: 12,
            salvage: Decimal::from(100),
            percent: Decimal::ZERO,
        };
        assert_eq!(money::write_to_cent(plan.value(Decimal::from(60), 6)), "60.0");
    }

    #[test]
    fn months_are_whole_ones() {
        const DAY: i64 = 86_400_000;
        // 2026-01-31 and after.
        let start = 1_769_817_600_000;
        assert_eq!(months_between(start, start), 0);
        assert_eq!(months_between(start, start + 27 * DAY), 0);
        assert_eq!(months_between(start, start + 59 * DAY), 2);
        assert_eq!(months_between(start, start - DAY), -1);
    }
}
