//! How many rows a list has in all its pages.

use crate::dashboards::chart::grouped;
use crate::texts::Lang;
use crate::visit::Visit;
use desk::{DeskError, ListAsk, Place};

/// So many are counted; of more it is said that there are more, so that a page costs no more where there are a million.
const COUNTED_MAX: u64 = 1_000;

/// The rows that a page shows of its list.
#[derive(Clone, Copy)]
pub(crate) struct Shown {
    pub rows: usize,
    /// Whether there are none before them, and none behind.
    pub is_first: bool,
    pub is_last: bool,
}

/// How many rows a list has, and which of them a page shows where that is known: pages go by key, so only of the first one is
/// it known how many stand before it. Empty where there are none, and where counting them is more work than it is worth.
///
/// # Errors
/// As for reading the list.
pub(crate) async fn said(
    visit: &Visit,
    place: &Place,
    ask: ListAsk,
    shown: Shown,
) -> Result<String, DeskError> {
    let rows = shown.rows as u64;
    if shown.is_first && shown.is_last {
        return Ok(text(visit.lang(), rows, shown));
    }
    let ask = ListAsk { limit: COUNTED_MAX + 1, ..ask };
    let counted = visit.desk().count_to_limit(&visit.ctx, place, ask).await?;
    // Some may have gone since the page was read.
    Ok(counted.map(|counted| text(visit.lang(), counted.max(rows), shown)).unwrap_or_default())
}

fn text(lang: Lang, counted: u64, shown: Shown) -> String {
    let total = grouped(counted.min(COUNTED_MAX));
    let total = if counted > COUNTED_MAX { lang.say("list.more_than", &[("n", &total)]) } else { total };
    match (shown.rows, shown.is_first && !shown.is_last) {
        (0, _) => String::new(),
        (rows, true) => lang.say("list.first_of", &[("last", &rows.to_string()), ("n", &total)]),
        (_, false) => lang.say("list.in_all", &[("n", &total)]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_is_said() {
        let page = |rows, is_first, is_last| Shown { rows, is_first, is_last };
        for (lang, counted, shown, wanted) in [
            (Lang::En, 0, page(0, true, true), ""),
            (Lang::En, 7, page(7, true, true), "7 in all"),
            (Lang::En, 234, page(50, true, false), "1–50 of 234"),
            (Lang::En, 234, page(50, false, false), "234 in all"),
            (Lang::En, 1000, page(50, true, false), "1–50 of 1 000"),
            (Lang::En, 1001, page(50, true, false), "1–50 of more than 1 000"),
            (Lang::En, 1001, page(50, false, false), "more than 1 000 in all"),
            (Lang::De, 234, page(50, true, false), "1–50 von 234"),
            (Lang::De, 1001, page(50, false, true), "insgesamt mehr als 1 000"),
        ] {
            assert_eq!(text(lang, counted, shown).replace('\u{202f}', " "), wanted);
        }
    }
}
