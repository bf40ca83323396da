//! When things happen: mostly in working hours, more on Mondays, hardly at the end of December.

use super::rng::{Rng, Stream};

pub(super) const MINUTE: i64 = 60_000;
pub(super) const HOUR: i64 = 60 * MINUTE;
pub(super) const DAY: i64 = 24 * HOUR;
/// The requests of so many days.
const DAYS: i64 = 1_095;

/// How busy the hours of a day are, UTC.
const HOURS: [i64; 24] = [1, 1, 1, 1, 1, 2, 4, 14, 40, 60, 58, 50, 34, 44, 52, 46, 36, 20, 10, 6, 4, 3, 2, 1];
/// How busy the days of a week are; 1970 began on a Thursday.
const WEEKDAYS: [i64; 7] = [98, 84, 8, 5, 120, 108, 100];

/// How many requests come in each hour.
#[derive(Debug)]
pub(super) struct Calendar {
    seed: u64,
    /// The beginning of the first hour.
    pub start: i64,
    /// How many came by the end of each hour.
    until: Vec<i64>,
}

/// The beginning of the first hour of a calendar that ends now.
pub(super) const fn start(now: i64) -> i64 {
    (now - HOUR).div_euclid(HOUR) * HOUR - DAYS * DAY
}

impl Calendar {
    /// So many requests, spread over three years that end an hour or two before `now`.
    pub fn new(requests: i64, now: i64, seed: u64) -> Self {
        let start = start(now);
        let mut rng = Rng::new(seed, Stream::Hours, 0);
        let weights: Vec<i128> = (0..DAYS * 24)
            .map(|hour| {
                // A company that grows by half in three years.
                let growth = 800 + 400 * hour / (DAYS * 24);
                i128::from(busyness(start + hour * HOUR) * growth * rng.between(70, 130))
            })
            .collect();
        let all: i128 = weights.iter().sum();
        let mut so_far = 0;
        let until = weights
            .iter()
            .map(|weight| {
                so_far += weight;
                i64::try_from(i128::from(requests) * so_far / all.max(1)).unwrap_or(requests)
            })
            .collect();
        Self { seed, start, until }
    }

    /// How many requests come.
    pub fn requests(&self) -> i64 {
        self.until.last().copied().unwrap_or(0)
    }

    /// The beginning of the hour in which the request with this number comes.
    pub fn hour_of(&self, number: i64) -> i64 {
        let hour = self.until.partition_point(|until| *until < number);
        self.start + i64::try_from(hour).unwrap_or(0) * HOUR
    }

    /// The instants at which requests come, ascending, each once.
    pub fn moments(&self) -> impl Iterator<Item = i64> + '_ {
        let mut before = 0;
        (0_i64..).zip(&self.until).flat_map(move |(hour, until)| {
            let count = until - std::mem::replace(&mut before, *until);
            let mut rng = Rng::new(self.seed, Stream::Moments, hour.cast_unsigned());
            let width = HOUR / count.max(1);
            (0..count).map(move |nth| self.start + hour * HOUR + nth * width + rng.below(width))
        })
    }
}

/// How busy an hour is in its week and its year.
fn busyness(ms: i64) -> i64 {
    let days = ms.div_euclid(DAY);
    let of =
        |list: &[i64], at: i64| usize::try_from(at).ok().and_then(|at| list.get(at)).copied().unwrap_or(1);
    let usual = of(&HOURS, ms.rem_euclid(DAY) / HOUR) * of(&WEEKDAYS, days.rem_euclid(7));
    // The day of the year, give or take one.
    let season = match days * 10_000 % 3_652_425 / 10_000 {
        357.. | 0 => 25,
        205..=235 => 80,
        _ => 100,
    };
    usual * season
}

/// The same instant where people work then, or else early on the next working day.
pub(super) fn working(ms: i64, rng: &mut Rng) -> i64 {
    let (day, hour) = (ms.div_euclid(DAY), ms.rem_euclid(DAY) / HOUR);
    let free = |day: i64| matches!(day.rem_euclid(7), 2 | 3);
    if !free(day) && (6..19).contains(&hour) {
        return ms;
    }
    let mut morning = if hour >= 19 { day + 1 } else { day };
    while free(morning) {
        morning += 1;
    }
    morning * DAY + 7 * HOUR + rng.small(3 * HOUR)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_795_478_400_000;

    #[test]
    fn as_many_moments_as_asked_for_ascending() {
        for count in [0, 1, 7, 5_000] {
            let moments: Vec<i64> = Calendar::new(count, NOW, 1).moments().collect();
            assert_eq!(moments.len(), usize::try_from(count).unwrap());
            assert!(moments.is_sorted_by(|a, b| a < b));
            assert!(moments.iter().all(|m| *m < NOW - HOUR && *m > NOW - 1_100 * DAY));
            let calendar = Calendar::new(count, NOW, 1);
            assert_eq!(calendar.requests(), count);
            for (number, moment) in (1..).zip(moments) {
                let hour = calendar.hour_of(number);
                assert!((hour..hour + HOUR).contains(&moment), "{number}");
            }
        }
    }

    #[test]
    fn people_work_by_day_and_not_on_sundays() {
        let moments: Vec<i64> = Calendar::new(20_000, NOW, 1).moments().collect();
        let share =
            |test: fn(i64) -> bool| moments.iter().filter(|m| test(**m)).count() * 100 / moments.len();
        assert!(share(|m| (7..19).contains(&(m.rem_euclid(DAY) / HOUR))) > 85);
        assert!(share(|m| matches!(m.div_euclid(DAY).rem_euclid(7), 2 | 3)) < 5);
        let mut rng = Rng::new(1, Stream::Requests, 0);
        for moment in moments {
            let at = working(moment, &mut rng);
            assert!(at >= moment && working(at, &mut rng) == at);
        }
    }
}
