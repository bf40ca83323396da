//! QR codes as SVG, drawn in one path. No picture of anybody else's, nothing to load.

use qrcode::{Color, EcLevel, QrCode};
use std::fmt::Write;

/// A QR code: dark modules as a path in a square of `size` units, with the quiet zone that the standard wants.
pub(crate) struct Qr {
    pub size: usize,
    pub path: String,
}

/// Light modules around a code.
const QUIET: usize = 4;

/// The code of a text; `None` for a text that is too long for one.
pub(crate) fn of(text: &str) -> Option<Qr> {
    let code = QrCode::with_error_correction_level(text, EcLevel::L).ok()?;
    let width = code.width();
    let mut path = String::new();
    for (at, color) in code.to_colors().iter().enumerate() {
        if *color == Color::Dark {
            let (x, y) = (at % width + QUIET, at / width + QUIET);
            let _infallible = write!(path, "M{x} {y}h1v1h-1z");
        }
    }
    Some(Qr { size: width + 2 * QUIET, path })
}

#[cfg(test)]
mod tests {
    use super::of;

    #[test]
    fn a_code_is_drawn() {
        let qr = of("otpauth://totp/Example:ann@example.com?secret=GEZDGNBVGY3TQOJQ").unwrap();
        // A finder pattern begins in the corner, behind the quiet zone.
        assert!(qr.path.starts_with("M4 4h1v1h-1zM5 4"), "{}", qr.path);
        assert!(qr.size >= 21 + 8 && (qr.size - 8 - 21).is_multiple_of(4));
        assert!(of(&"x".repeat(10_000)).is_none());
    }
}
