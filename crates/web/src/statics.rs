//! Style sheet, scripts and icon: embedded, under names that hold a hash of what is in them, so that browsers keep
//! them for ever and still see every change.

use axum::body::Body;
use axum::extract::Path;
use axum::response::Response;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use sha2::{Digest, Sha256};
use std::sync::LazyLock;

/// Where the files are.
pub(crate) const FOLDER: &str = "/static/";

/// A file that pages ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asset {
    Style,
    App,
    Palette,
    Graph,
    Similar,
    Icon,
}

struct File {
    asset: Asset,
    /// The name without the hash.
    name: &'static str,
    media_type: &'static str,
    text: &'static str,
}

const FILES: [File; 6] = [
    File {
        asset: Asset::Style,
        name: "desk.css",
        media_type: "text/css; charset=utf-8",
        text: include_str!("../assets/desk.css"),
    },
    File {
        asset: Asset::App,
        name: "app.js",
        media_type: "text/javascript; charset=utf-8",
        text: include_str!("../assets/app.js"),
    },
    File {
        asset: Asset::Palette,
        name: "palette.js",
        media_type: "text/javascript; charset=utf-8",
        text: include_str!("../assets/palette.js"),
    },
    File {
        asset: Asset::Graph,
        name: "graph.js",
        media_type: "text/javascript; charset=utf-8",
        text: include_str!("../assets/graph.js"),
    },
    File {
        asset: Asset::Similar,
        name: "similar.js",
        media_type: "text/javascript; charset=utf-8",
        text: include_str!("../assets/similar.js"),
    },
    File {
        asset: Asset::Icon,
        name: "icon.svg",
        media_type: "image/svg+xml",
        text: include_str!("../assets/icon.svg"),
    },
];

struct Served {
    file: &'static File,
    text: String,
    /// `/static/desk-0123456789abcdef.css`.
    path: String,
    etag: String,
}

static SERVED: LazyLock<Vec<Served>> = LazyLock::new(|| {
    FILES
        .iter()
        .map(|file| {
            let text =
                if file.name.ends_with(".js") { without_remarks(file.text) } else { file.text.to_owned() };
            let hash: String =
                Sha256::digest(text.as_bytes()).iter().take(8).map(|b| format!("{b:02x}")).collect();
            let (stem, ending) = file.name.rsplit_once('.').unwrap_or((file.name, ""));
            Served {
                file,
                text,
                path: format!("{FOLDER}{stem}-{hash}.{ending}"),
                etag: format!("\"{hash}\""),
            }
        })
        .collect()
});

/// A script without the lines that are remarks, and without indentation: those are for us, not for browsers.
fn without_remarks(script: &str) -> String {
    let lines =
        script.lines().map(str::trim_start).filter(|line| !line.is_empty() && !line.starts_with("//"));
    lines.fold(String::new(), |text, line| text + line + "\n")
}

/// The address of a file, with the hash of its content.
pub(crate) fn path(asset: Asset) -> &'static str {
    SERVED.iter().find(|s| s.file.asset == asset).map_or("", |s| s.path.as_str())
}

/// GET of a file.
pub(crate) async fn serve(Path(name): Path<String>, headers: HeaderMap) -> Response {
    let Some(served) = SERVED.iter().find(|s| s.path.strip_prefix(FOLDER) == Some(name.as_str())) else {
        return with_status(StatusCode::NOT_FOUND, Body::empty());
    };
    let known = headers.get(header::IF_NONE_MATCH).and_then(|v| v.to_str().ok());
    let is_known = known.is_some_and(|tags| tags.split(',').any(|tag| tag.trim() == served.etag));
    let mut response = if is_known {
        with_status(StatusCode::NOT_MODIFIED, Body::empty())
    } else {
        with_status(StatusCode::OK, Body::from(served.text.as_str()))
    };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(served.file.media_type));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Ok(etag) = served.etag.parse() {
        headers.insert(header::ETAG, etag);
    }
    response
}

fn with_status(status: StatusCode, body: Body) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the design page promises of our own script.
    #[test]
    fn scripts_are_small() {
        let scripts = SERVED.iter().filter(|s| s.file.name.ends_with(".js"));
        let bytes: usize = scripts.map(|s| s.text.len()).sum();
        assert!(bytes <= 15 * 1024, "{bytes}");
    }

    /// Otherwise a script would lose a part of a text.
    #[test]
    fn remarks_are_lines_of_their_own() {
        for file in FILES.iter().filter(|f| f.name.ends_with(".js")) {
            for line in file.text.lines() {
                assert_eq!(line.matches('`').count() % 2, 0, "a text over several lines: {line}");
                assert!(!line.contains("/*"), "{line}");
            }
        }
    }
}
