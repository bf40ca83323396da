//! Amounts of money: decimal text on the wire and in the database, exact in between.

use rust_decimal::{Decimal, RoundingStrategy};

/// The amount that a text says; nothing for a text that says none.
#[must_use]
pub(crate) fn read(text: Option<&str>) -> Decimal {
    text.and_then(|t| t.trim().parse().ok()).unwrap_or_default()
}

/// An amount as people gave it, or a sum of such, with one digit after the point at least, as costs of assets are shown
/// (assets-cmdb.md section 2.3). What was written is read back: prices have parts of cents.
#[must_use]
pub(crate) fn write(amount: Decimal) -> String {
    let plain = amount.normalize();
    if plain.scale() == 0 { format!("{plain}.0") } else { plain.to_string() }
}

/// An amount that was worked out, to the cent.
#[must_use]
pub(crate) fn write_to_cent(amount: Decimal) -> String {
    write(amount.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_exact_and_shown_with_a_fraction() {
        for (a, b, sum) in [
            ("0.1", "0.2", "0.3"),
            ("0.0", "0.0", "0.0"),
            ("100", "250", "350.0"),
            ("19.9950", "0", "19.995"),
        ] {
            assert_eq!(write(read(Some(a)) + read(Some(b))), sum, "{a} + {b}");
        }
        assert_eq!(write(read(Some("no amount"))), "0.0");
        assert_eq!(write_to_cent(read(Some("19.995"))), "20.0");
    }
}
