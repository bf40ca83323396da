//! The name of a file that is sent.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// The value of a Content-Disposition header that gives a file to be kept: what people upload is theirs and never shown
/// inside the desk's own origin. The plain name is for old clients, the encoded one (RFC 6266) is exact.
#[must_use]
pub fn to_be_kept(name: &str) -> String {
    let plain: String =
        name.chars().map(|c| if c.is_ascii_graphic() && c != '"' && c != '\\' { c } else { '_' }).collect();
    let encoded = utf8_percent_encode(name, NON_ALPHANUMERIC);
    format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}")
}

#[cfg(test)]
mod tests {
    use super::to_be_kept;

    #[test]
    fn no_name_breaks_the_header() {
        for (name, header) in [
            ("a.txt", "attachment; filename=\"a.txt\"; filename*=UTF-8''a%2Etxt"),
            ("\"ü\r\nX: y", "attachment; filename=\"____X:_y\"; filename*=UTF-8''%22%C3%BC%0D%0AX%3A%20y"),
        ] {
            assert_eq!(to_be_kept(name), header);
        }
    }
}
