//! Times as a person reads them: in their zone, with their clock, in their language.

use crate::texts::Lang;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ZonedDateTime, civil};

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// How somebody reads times.
#[derive(Clone, Debug)]
pub(crate) struct Times {
    pub zone: TimeZone,
    pub lang: Lang,
    /// A clock of twelve hours.
    pub twelve: bool,
    pub now: i64,
}

/// An instant in a page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Moment {
    /// For machines.
    pub iso: String,
    /// In few words: `14:05`, `3 Mar`, `3 Mar 2025`.
    pub short: String,
    /// In full, for whoever points at it.
    pub full: String,
    /// Seen from now: `5 min ago`, `in 2 days`.
    pub ago: String,
    /// Whether it is behind us.
    pub is_past: bool,
}

impl Times {
    fn at(&self, ms: i64) -> Option<ZonedDateTime> {
        Some(Timestamp::from_millisecond(ms).ok()?.to_zoned_datetime(self.zone.clone()))
    }

    /// An instant.
    pub fn moment(&self, ms: i64) -> Moment {
        let Some(at) = self.at(ms) else { return Moment::default() };
        Moment {
            iso: at.timestamp().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            short: self.short(&at),
            full: format!("{} {} {}", self.day_of(at.date()), self.clock(&at), at.strftime("%Z")),
            ago: self.ago(ms),
            is_past: ms < self.now,
        }
    }

    fn clock(&self, at: &ZonedDateTime) -> String {
        if self.twelve { at.strftime("%-I:%M %p").to_string() } else { at.strftime("%H:%M").to_string() }
    }

    /// A day and the time of day.
    pub fn full(&self, ms: i64) -> String {
        self.at(ms).map_or_else(String::new, |at| format!("{} {}", self.day_of(at.date()), self.clock(&at)))
    }

    fn short(&self, at: &ZonedDateTime) -> String {
        let today = self.at(self.now).map(|now| now.date());
        if today == Some(at.date()) {
            return self.clock(at);
        }
        let month = self.lang.month(at.month());
        let is_this_year = today.is_some_and(|today| today.year() == at.year());
        match (self.lang, is_this_year) {
            (Lang::En, true) => format!("{} {month}", at.day()),
            (Lang::En, false) => format!("{} {month} {}", at.day(), at.year()),
            (Lang::De, true) => format!("{}. {month}", at.day()),
            (Lang::De, false) => format!("{}. {month} {}", at.day(), at.year()),
        }
    }

    fn day_of(&self, date: civil::Date) -> String {
        match self.lang {
            Lang::En => format!("{} {} {}", date.day(), self.lang.month(date.month()), date.year()),
            Lang::De => format!("{:02}.{:02}.{}", date.day(), date.month(), date.year()),
        }
    }

    /// The heading of a day in a timeline: `Today`, `Yesterday` or the day.
    pub fn heading(&self, ms: i64) -> String {
        let (Some(at), Some(now)) = (self.at(ms), self.at(self.now)) else { return String::new() };
        if at.date() == now.date() {
            return self.lang.text("time.today").to_owned();
        }
        if now.date().yesterday().is_ok_and(|day| day == at.date()) {
            return self.lang.text("time.yesterday").to_owned();
        }
        self.day_of(at.date())
    }

    /// Today, in full: `Wednesday, 4 March`.
    pub fn date_in_words(&self) -> String {
        let Some(now) = self.at(self.now) else { return String::new() };
        let at = usize::try_from(now.weekday().to_monday_zero_offset()).unwrap_or(0);
        let weekday = self.lang.text("time.weekdays").split(' ').nth(at).unwrap_or("");
        let month =
            self.lang.text("time.months_full").split(' ').nth(usize::try_from(now.month() - 1).unwrap_or(0));
        let day = now.day().to_string();
        let values = [("weekday", weekday), ("day", day.as_str()), ("month", month.unwrap_or(""))];
        self.lang.say("time.date", &values)
    }

    /// The hour of the day.
    pub fn hour(&self) -> i8 {
        self.at(self.now).map_or(0, |now| now.hour())
    }

    /// A day that is kept as its midnight in UTC.
    pub fn date(&self, ms: i64) -> String {
        Timestamp::from_millisecond(ms)
            .map(|at| self.day_of(at.to_zoned_datetime(TimeZone::UTC).date()))
            .unwrap_or_default()
    }

    /// How far an instant is from now.
    pub fn ago(&self, ms: i64) -> String {
        let apart = (self.now - ms).abs();
        let (count, unit) = match apart {
            _ if apart < MINUTE => return self.lang.text("time.now").to_owned(),
            _ if apart < HOUR => (apart / MINUTE, "minutes"),
            _ if apart < DAY => (apart / HOUR, "hours"),
            _ if apart < 45 * DAY => (apart / DAY, "days"),
            _ if apart < 730 * DAY => (apart / (30 * DAY), "months"),
            _ => (apart / (365 * DAY), "years"),
        };
        let unit = self.lang.count(&format!("time.{unit}"), count);
        let key = if ms <= self.now { "time.ago" } else { "time.in" };
        self.lang.say(key, &[("span", &unit)])
    }

    /// A stretch of time, stored in milliseconds: `2 h 5 min`.
    pub fn span(&self, ms: i64) -> String {
        let minutes = ms / MINUTE;
        let (hours, minutes) = (minutes / 60, minutes % 60);
        match (hours, minutes) {
            (0, minutes) => format!("{minutes} min"),
            (hours, 0) => format!("{hours} h"),
            (hours, minutes) => format!("{hours} h {minutes} min"),
        }
    }

    /// What an input of the type `datetime-local` holds.
    pub fn for_input(&self, ms: i64) -> String {
        self.at(ms).map_or_else(String::new, |at| at.strftime("%Y-%m-%dT%H:%M").to_string())
    }

    /// What an input of the type `date` holds.
    pub fn date_for_input(&self, ms: i64) -> String {
        Timestamp::from_millisecond(ms).map(|at| at.strftime("%Y-%m-%d").to_string()).unwrap_or_default()
    }

    /// What an input of the type `date` holds for a moment, by the day in the person's zone.
    pub fn day_for_input(&self, ms: i64) -> String {
        self.at(ms).map_or_else(String::new, |at| at.strftime("%Y-%m-%d").to_string())
    }

    /// The instant that an input of the type `datetime-local` names.
    pub fn read_input(&self, text: &str) -> Option<i64> {
        let at: civil::DateTime = text.trim().parse().ok()?;
        Some(at.to_zoned_datetime(self.zone.clone()).ok()?.timestamp().as_millisecond())
    }

    /// The midnight, UTC, of the day that an input of the type `date` names.
    pub fn read_date(text: &str) -> Option<i64> {
        let day: civil::Date = text.trim().parse().ok()?;
        Some(day.to_zoned_datetime(TimeZone::UTC).ok()?.timestamp().as_millisecond())
    }

    /// The first instant of a day in the person's zone, so many days from today.
    pub fn day_begins(&self, days: i64) -> Option<i64> {
        let today = self.at(self.now)?.date();
        let day = today.checked_add(jiff::Span::new().try_days(days).ok()?).ok()?;
        Some(day.to_zoned_datetime(self.zone.clone()).ok()?.timestamp().as_millisecond())
    }

    /// The day that it is now.
    pub fn today(&self) -> Option<civil::Date> {
        Some(self.at(self.now)?.date())
    }

    /// The first instant of a day in the person's zone.
    pub fn begins(&self, day: civil::Date) -> Option<i64> {
        Some(day.to_zoned_datetime(self.zone.clone()).ok()?.timestamp().as_millisecond())
    }

    /// A day in few words: `3 Mar`, `3 Mar 2025`.
    pub fn short_date(&self, day: civil::Date) -> String {
        let noon = day.at(12, 0, 0, 0).to_zoned_datetime(self.zone.clone());
        let is_today = self.today() == Some(day);
        match noon {
            Ok(_) if is_today => self.lang.text("time.today").to_owned(),
            Ok(at) => self.short(&at),
            Err(_) => day.to_string(),
        }
    }

    /// The first instant of a day.
    pub fn date_begins(&self, text: &str) -> Option<i64> {
        let day: civil::Date = text.trim().parse().ok()?;
        Some(day.to_zoned_datetime(self.zone.clone()).ok()?.timestamp().as_millisecond())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(lang: Lang) -> Times {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        // 2026-03-04 10:00 in Berlin.
        Times { zone, lang, twelve: false, now: 1_772_614_800_000 }
    }

    #[test]
    fn instants_are_told_in_words() {
        let (en, de) = (times(Lang::En), times(Lang::De));
        let at = en.now - 3 * HOUR;
        assert_eq!((en.moment(at).short.as_str(), en.moment(at).ago.as_str()), ("07:00", "3 h ago"));
        assert_eq!(de.moment(at).ago, "vor 3 Std.");
        assert_eq!(de.moment(en.now + 2 * DAY).ago, "in 2 Tagen");
        assert_eq!(en.moment(en.now - DAY).ago, "1 day ago");
        assert_eq!(
            (en.moment(en.now - 9 * DAY).short, de.moment(en.now - 9 * DAY).short),
            ("23 Feb".into(), "23. Feb.".into())
        );
        assert_eq!(en.moment(at).full, "4 Mar 2026 07:00 CET");
        assert_eq!(de.full(at), "04.03.2026 07:00");
        assert_eq!(Times { twelve: true, ..en.clone() }.full(at), "4 Mar 2026 7:00 AM");
        assert_eq!(en.heading(en.now - DAY), "Yesterday");
        assert_eq!(en.span(125 * MINUTE), "2 h 5 min");
    }

    #[test]
    fn inputs_are_read_in_the_persons_zone() {
        let times = times(Lang::En);
        let at = times.read_input("2026-07-01T12:00").unwrap();
        assert_eq!(times.for_input(at), "2026-07-01T12:00");
        assert_eq!(times.moment(at).iso, "2026-07-01T10:00:00Z");
        assert_eq!(times.read_input("tomorrow"), None);
        let day = Times::read_date("2026-07-01").unwrap();
        assert_eq!(
            (times.date_for_input(day).as_str(), times.date(day).as_str()),
            ("2026-07-01", "1 Jul 2026")
        );
        assert_eq!(times.day_begins(0), Some(times.now - 10 * HOUR));
    }
}
