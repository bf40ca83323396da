//! Icons: small drawings of our own on a grid of 16, in the colour of the text around them.

/// The drawing of an icon, to be put into a page as it is; a dot where there is none of that name.
pub(crate) fn icon(name: &str) -> &'static str {
    ICONS.iter().find(|(known, _)| *known == name).map_or(DOT, |(_, svg)| svg)
}

macro_rules! drawing {
    ($inner:literal) => {
        concat!(
            r#"<svg class="icon" viewBox="0 0 16 16" width="16" height="16" fill="none" stroke="currentColor" stroke-width="1.5" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" focusable="false">"#,
            $inner,
            "</svg>"
        )
    };
}

const DOT: &str = drawing!(r#"<circle cx="8" cy="8" r="2"/>"#);

const ICONS: [(&str, &str); 56] = [
    ("home", drawing!(r#"<path d="M2.5 7.2 8 2.7l5.5 4.5v6.1h-4V9.5h-3v3.8h-4z"/>"#)),
    (
        "requests",
        drawing!(
            r#"<path d="M2.5 4.5h11v3a1.5 1.5 0 0 0 0 3v2h-11v-2a1.5 1.5 0 0 0 0-3z"/><path d="M9.5 5v6.5"/>"#
        ),
    ),
    ("problems", drawing!(r#"<path d="M8 2.5 14 13H2z"/><path d="M8 6.5v3M8 11.3v.1"/>"#)),
    (
        "tasks",
        drawing!(r#"<rect x="2.5" y="2.5" width="11" height="11" rx="2"/><path d="m5.5 8 2 2 3.2-4"/>"#),
    ),
    ("assets", drawing!(r#"<rect x="2" y="3" width="12" height="8" rx="1"/><path d="M6 13.5h4M8 11v2.5"/>"#)),
    (
        "cis",
        drawing!(
            r#"<circle cx="4" cy="4" r="1.8"/><circle cx="12" cy="4" r="1.8"/><circle cx="8" cy="12" r="1.8"/><path d="M5 5.6 7.2 10.4M11 5.6 8.8 10.4M5.8 4h4.4"/>"#
        ),
    ),
    (
        "products",
        drawing!(r#"<path d="M8 2 13.5 5v6L8 14l-5.5-3V5z"/><path d="M2.8 5.2 8 8l5.2-2.8M8 8v5.7"/>"#),
    ),
    (
        "users",
        drawing!(
            r#"<circle cx="6" cy="5.5" r="2.5"/><path d="M1.8 13.2c.3-2.6 2-4 4.2-4s3.9 1.4 4.2 4M10.8 3.3a2.4 2.4 0 0 1 0 4.4M12 9.6c1.3.6 2 1.8 2.2 3.6"/>"#
        ),
    ),
    (
        "admin",
        drawing!(
            r#"<circle cx="8" cy="8" r="2"/><path d="M8 1.8v2M8 12.2v2M1.8 8h2M12.2 8h2M3.6 3.6 5 5M11 11l1.4 1.4M12.4 3.6 11 5M5 11l-1.4 1.4"/>"#
        ),
    ),
    (
        "chip",
        drawing!(
            r#"<rect x="4" y="4" width="8" height="8" rx="1"/><path d="M6.5 4V2M9.5 4V2M6.5 14v-2M9.5 14v-2M4 6.5H2M4 9.5H2M14 6.5h-2M14 9.5h-2"/>"#
        ),
    ),
    (
        "server",
        drawing!(
            r#"<rect x="2.5" y="2.5" width="11" height="4.6" rx="1"/><rect x="2.5" y="8.9" width="11" height="4.6" rx="1"/><path d="M5 4.8h.1M5 11.2h.1M8 4.8h3M8 11.2h3"/>"#
        ),
    ),
    (
        "virtual_machine",
        drawing!(
            r#"<rect x="2.5" y="2.5" width="11" height="11" rx="1" stroke-dasharray="2.2 1.6"/><path d="M5.5 6.5 8 10.5l2.5-4"/>"#
        ),
    ),
    (
        "network",
        drawing!(
            r#"<rect x="2" y="9" width="12" height="4.5" rx="1"/><path d="M4.5 11.3h.1M7 11.3h.1M9.5 11.3h2M8 9V3M5.5 5.2 8 2.7l2.5 2.5"/>"#
        ),
    ),
    (
        "firewall",
        drawing!(
            r#"<path d="M2.5 3h11v10h-11zM2.5 6.3h11M2.5 9.7h11M8 3v3.3M5.2 6.3v3.4M10.8 6.3v3.4M8 9.7V13"/>"#
        ),
    ),
    (
        "access_point",
        drawing!(r#"<path d="M2.3 6.4a8 8 0 0 1 11.4 0M4.6 8.8a4.8 4.8 0 0 1 6.8 0M8 12.2v.1"/>"#),
    ),
    ("printer", drawing!(r#"<path d="M4.5 6V2.5h7V6M4.5 11H2.5V6h11v5h-2"/><path d="M4.5 9.3h7v4.2h-7z"/>"#)),
    (
        "storage",
        drawing!(
            r#"<rect x="2" y="4.5" width="12" height="7" rx="1.2"/><path d="M4.5 9h.1M7 9h.1M2 6.9h12"/>"#
        ),
    ),
    (
        "software",
        drawing!(
            r#"<rect x="2" y="3" width="12" height="10" rx="1.2"/><path d="M2 6h12M4.2 4.5h.1M6.2 4.5h.1M6.5 8.2 5 9.6l1.5 1.4M9.5 8.2 11 9.6 9.5 11"/>"#
        ),
    ),
    (
        "database",
        drawing!(
            r#"<ellipse cx="8" cy="4" rx="5" ry="1.9"/><path d="M3 4v8c0 1 2.2 1.9 5 1.9s5-.9 5-1.9V4M3 8c0 1 2.2 1.9 5 1.9S13 9 13 8"/>"#
        ),
    ),
    ("service", drawing!(r#"<path d="M2.2 11.8h11.6M3.2 11.8a4.8 4.8 0 0 1 9.6 0M8 7V5.2M6.8 5.2h2.4"/>"#)),
    (
        "department",
        drawing!(r#"<path d="M3.5 13.5v-11h6v11M9.5 6.5h3v7M2 13.5h12M5.5 5h2M5.5 7.7h2M5.5 10.4h2"/>"#),
    ),
    ("chart", drawing!(r#"<path d="M2.5 2.5v11h11M5.5 11V8M8.5 11V4.5M11.5 11V6.5"/>"#)),
    ("search", drawing!(r#"<circle cx="7" cy="7" r="4.2"/><path d="m10.2 10.2 3.3 3.3"/>"#)),
    ("plus", drawing!(r#"<path d="M8 3v10M3 8h10"/>"#)),
    ("close", drawing!(r#"<path d="m4 4 8 8M12 4l-8 8"/>"#)),
    ("check", drawing!(r#"<path d="m3 8.5 3.2 3.2L13 4.8"/>"#)),
    ("reply", drawing!(r#"<path d="M6.5 4 2.5 8l4 4"/><path d="M2.5 8h6a5 5 0 0 1 5 4.8"/>"#)),
    (
        "note",
        drawing!(r#"<path d="M3 2.5h10v7L9.5 13.5H3z"/><path d="M9.5 13.5v-4H13M5.5 5.5h5M5.5 8h2.5"/>"#),
    ),
    ("download", drawing!(r#"<path d="M8 2.5v7.6M5 7.3l3 3 3-3M3 13.3h10"/>"#)),
    (
        "clip",
        drawing!(
            r#"<path d="m13 7.5-5 5a3.2 3.2 0 0 1-4.6-4.6l5.3-5.3a2.1 2.1 0 0 1 3 3L6.6 10.8a1 1 0 0 1-1.5-1.4L9.6 5"/>"#
        ),
    ),
    ("clock", drawing!(r#"<circle cx="8" cy="8" r="5.7"/><path d="M8 4.8V8l2.2 1.6"/>"#)),
    (
        "history",
        drawing!(r#"<path d="M2.6 8a5.5 5.5 0 1 0 1.7-4L2.6 5.6"/><path d="M2.5 2.7v3h3M8 5.2V8l1.8 1.3"/>"#),
    ),
    (
        "link",
        drawing!(
            r#"<path d="M6.7 9.3a2.7 2.7 0 0 0 3.8 0l2.2-2.2a2.7 2.7 0 0 0-3.8-3.8L8 4.2"/><path d="M9.3 6.7a2.7 2.7 0 0 0-3.8 0L3.3 8.9a2.7 2.7 0 0 0 3.8 3.8l.9-.9"/>"#
        ),
    ),
    ("filter", drawing!(r#"<path d="M2.5 4h11M4.5 8h7M6.5 12h3"/>"#)),
    (
        "columns",
        drawing!(r#"<rect x="2.5" y="3" width="11" height="10" rx="1"/><path d="M6.2 3v10M9.8 3v10"/>"#),
    ),
    (
        "star",
        drawing!(r#"<path d="m8 2.3 1.7 3.6 3.9.5-2.9 2.7.8 3.9L8 11.1 4.5 13l.8-3.9-2.9-2.7 3.9-.5z"/>"#),
    ),
    (
        "share",
        drawing!(
            r#"<circle cx="12" cy="3.7" r="1.7"/><circle cx="4" cy="8" r="1.7"/><circle cx="12" cy="12.3" r="1.7"/><path d="M5.5 7.2 10.5 4.5M5.5 8.8l5 2.7"/>"#
        ),
    ),
    ("down", drawing!(r#"<path d="m4 6 4 4 4-4"/>"#)),
    ("up", drawing!(r#"<path d="m4 10 4-4 4 4"/>"#)),
    ("left", drawing!(r#"<path d="M10 3.5 5.5 8l4.5 4.5"/>"#)),
    ("right", drawing!(r#"<path d="M6 3.5 10.5 8 6 12.5"/>"#)),
    ("more", drawing!(r#"<path d="M3.5 8h.1M8 8h.1M12.5 8h.1"/>"#)),
    ("menu", drawing!(r#"<path d="M2.5 4.5h11M2.5 8h11M2.5 11.5h11"/>"#)),
    ("edit", drawing!(r#"<path d="M10.8 2.7 13.3 5.2 5.6 13H3v-2.6z"/><path d="m9.3 4.2 2.5 2.5"/>"#)),
    (
        "trash",
        drawing!(r#"<path d="M2.8 4.2h10.4M6 4.2V2.7h4v1.5M4 4.2l.7 9.1h6.6l.7-9.1M6.8 6.8v4M9.2 6.8v4"/>"#),
    ),
    ("out", drawing!(r#"<path d="M9.5 2.7h-6v10.6h6M7 8h6.5M11 5.3 13.7 8 11 10.7"/>"#)),
    (
        "person",
        drawing!(
            r#"<circle cx="8" cy="5.3" r="2.8"/><path d="M2.8 13.8c.4-3 2.4-4.6 5.2-4.6s4.8 1.6 5.2 4.6"/>"#
        ),
    ),
    ("alert", drawing!(r#"<circle cx="8" cy="8" r="5.7"/><path d="M8 5v3.6M8 10.9v.1"/>"#)),
    (
        "lock",
        drawing!(
            r#"<rect x="3" y="7" width="10" height="6.5" rx="1.2"/><path d="M5.2 7V5a2.8 2.8 0 0 1 5.6 0v2"/>"#
        ),
    ),
    ("file", drawing!(r#"<path d="M4 2.2h5l3.2 3.2v8.4H4z"/><path d="M9 2.2v3.2h3.2"/>"#)),
    (
        "approval",
        drawing!(
            r#"<path d="M8 1.9 13 4v4c0 3-2.1 5-5 6.1C5.1 13 3 11 3 8V4z"/><path d="m5.8 7.9 1.6 1.6 2.9-3.3"/>"#
        ),
    ),
    ("undo", drawing!(r#"<path d="M5.5 3 2.5 6l3 3"/><path d="M2.5 6h7a4 4 0 0 1 0 8H6"/>"#)),
    ("stop", drawing!(r#"<rect x="4" y="4" width="8" height="8" rx="1.2"/>"#)),
    (
        "split",
        drawing!(
            r#"<rect x="2" y="3" width="12" height="10" rx="1.2"/><path d="M6.5 3v10M3.7 6h1.1M3.7 8.5h1.1"/>"#
        ),
    ),
    ("loans", drawing!(r#"<path d="M3 6h8.5L9 3.5M13 10H4.5L7 12.5"/>"#)),
    (
        "portal",
        drawing!(
            r#"<circle cx="8" cy="8" r="5.7"/><path d="M2.5 8h11M8 2.3c3.6 3.6 3.6 7.8 0 11.4M8 2.3C4.4 5.9 4.4 10.1 8 13.7"/>"#
        ),
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn icons_are_all_different() {
        let names: std::collections::BTreeSet<&str> = ICONS.iter().map(|(name, _)| *name).collect();
        assert_eq!(names.len(), ICONS.len());
        assert!(ICONS.iter().all(|(_, svg)| svg.starts_with("<svg") && svg.ends_with("</svg>")));
    }
}
