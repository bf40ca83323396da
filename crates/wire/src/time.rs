//! Times on the wire: `{"display_value":"Jun 24, 2020 03:05 PM","value":"1593000300533"}` (conventions 5).

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const DAY: i64 = 86_400_000;

/// Midnight of 0001-01-01 and of 10000-01-01, UTC: between them a time can be shown.
pub(crate) const YEARS: std::ops::Range<i64> = -62_135_596_800_000..253_402_300_800_000;

/// A zone's offset and the stretch of time for which it is known to hold, so that a page of times asks the zone
/// once or twice instead of for each.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Offset {
    ms: i64,
    from: i64,
    to: i64,
}

impl Offset {
    /// The offset at an instant.
    pub fn at(zone: &jiff::tz::TimeZone, ms: i64) -> Self {
        // Half-open stretches of about six days: offsets change at most a few times a year, and a stretch with a
        // change in it is cut to the instant itself.
        let (from, to) = (ms - ms.rem_euclid(6 * DAY), ms - ms.rem_euclid(6 * DAY) + 6 * DAY);
        let of = |ms: i64| {
            let timestamp = jiff::Timestamp::from_millisecond(ms).ok()?;
            Some(i64::from(zone.to_offset(timestamp).seconds()) * 1000)
        };
        match (of(from), of(ms), of(to)) {
            (Some(a), Some(b), Some(c)) if a == b && b == c => Self { ms: b, from, to },
            (_, Some(b), _) => Self { ms: b, from: ms, to: ms + 1 },
            _ => Self { ms: 0, from: ms, to: ms + 1 },
        }
    }
    /// Whether it is known to hold at an instant.
    pub const fn holds_at(self, ms: i64) -> bool {
        self.from <= ms && ms < self.to
    }
}

/// Writes an instant as clients read it.
pub(crate) fn write_instant(out: &mut String, ms: i64, offset: Offset) {
    let local = ms.saturating_add(offset.ms);
    let minute = local.rem_euclid(DAY) / 60_000;
    let (hour, minute) = (minute / 60, minute % 60);
    out.push_str("{\"display_value\":\"");
    write_day(out, local);
    let twelve = if hour % 12 == 0 { 12 } else { hour % 12 };
    out.push(' ');
    two_digits(out, twelve);
    out.push(':');
    two_digits(out, minute);
    out.push_str(if hour < 12 { " AM\",\"value\":\"" } else { " PM\",\"value\":\"" });
    number(out, ms);
    out.push_str("\"}");
}

/// Writes a day, stored as its midnight in UTC.
pub(crate) fn write_date(out: &mut String, ms: i64) {
    out.push_str("{\"display_value\":\"");
    write_day(out, ms);
    out.push_str("\",\"value\":\"");
    number(out, ms);
    out.push_str("\"}");
}

/// `Jun 24, 2020`. The civil date of a day number, by the usual reckoning in eras of 400 years that begin in March.
fn write_day(out: &mut String, ms: i64) {
    let days = ms.div_euclid(DAY) + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 2 } else { month_from_march - 10 };
    let year = year_of_era + era * 400 + i64::from(month < 2);
    let name = usize::try_from(month).ok().and_then(|m| MONTHS.get(m)).copied().unwrap_or("Jan");
    out.push_str(name);
    out.push(' ');
    number(out, day);
    out.push_str(", ");
    number(out, year);
}

/// Without the machinery of `write!`, which costs more than the digits.
pub(crate) fn number(out: &mut String, n: i64) {
    out.push_str(itoa::Buffer::new().format(n));
}

/// At least two digits.
pub(crate) fn two_digits(out: &mut String, n: i64) {
    if (0..10).contains(&n) {
        out.push('0');
    }
    number(out, n);
}

/// Midnight in UTC of `2026-09-18`.
pub(crate) fn day_of(text: &str) -> Option<i64> {
    let date: jiff::civil::Date = text.trim().parse().ok()?;
    let instant = jiff::tz::TimeZone::UTC.to_zoned_datetime(date.at(0, 0, 0, 0)).ok()?;
    Some(instant.timestamp().as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_shown_in_the_zone() {
        let check = |zone: &str, ms: i64, expected: &str| {
            let zone = jiff::tz::TimeZone::get(zone).unwrap();
            let mut out = String::new();
            write_instant(&mut out, ms, Offset::at(&zone, ms));
            assert_eq!(out, format!("{{\"display_value\":\"{expected}\",\"value\":\"{ms}\"}}"));
        };
        check("UTC", 1_593_000_300_533, "Jun 24, 2020 12:05 PM");
        check("America/New_York", 1_478_797_440_000, "Nov 10, 2016 12:04 PM");
        check("Asia/Kolkata", 1_593_000_300_533, "Jun 24, 2020 05:35 PM");
        check("UTC", 0, "Jan 1, 1970 12:00 AM");
        check("UTC", 1_709_164_800_000, "Feb 29, 2024 12:00 AM");
        // Around the change to summer time.
        check("Europe/Berlin", 1_774_745_999_000, "Mar 29, 2026 01:59 AM");
        check("Europe/Berlin", 1_774_746_000_000, "Mar 29, 2026 03:00 AM");
    }

    #[test]
    fn days_agree_with_the_calendar() {
        for days in (-700_000..2_900_000).step_by(977) {
            let ms = days * DAY;
            let Ok(timestamp) = jiff::Timestamp::from_millisecond(ms) else { continue };
            let date =
                timestamp.to_zoned_datetime(jiff::tz::TimeZone::UTC).strftime("%b %-d, %-Y").to_string();
            let mut out = String::new();
            write_day(&mut out, ms);
            assert_eq!(out, date, "{days}");
        }
        assert_eq!(day_of("2026-09-18"), Some(1_789_689_600_000));
        assert_eq!(day_of("2026-02-30"), None);
    }
}
