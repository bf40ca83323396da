//! What is around every page: language, colours, who is here, where one can go.

use crate::icons::icon;
use crate::statics::{self, Asset};
use crate::texts::Lang;
use crate::timer::TimerBox;
use crate::visit::Visit;

/// One way to go.
pub(crate) struct Way {
    pub href: String,
    pub label: String,
    pub icon: &'static str,
    pub is_here: bool,
}

/// Around a page of somebody who is signed in.
pub(crate) struct Shell {
    pub lang: Lang,
    /// The page's own title.
    pub title: String,
    pub desk: String,
    pub person: String,
    pub initials: String,
    pub theme: &'static str,
    pub token: String,
    pub flash: Option<&'static str>,
    /// The entries of the history by which what was said there can be taken back; empty where it cannot.
    pub undo: String,
    /// The address of the page, to come back to.
    pub here: String,
    /// The page's address and mark, for pages that hear of what happens.
    pub live: Option<(String, String)>,
    pub timer: Option<TimerBox>,
    pub is_technician: bool,
    pub is_portal: bool,
    /// The key by which a form of the page that adds something is carried out once.
    pub once: String,
    /// What the search box holds.
    pub words: String,
    pub ways: Vec<Vec<Way>>,
}

impl Shell {
    /// Around the pages of the desk for those who work at it, of the portal for everybody else.
    pub fn new(visit: &Visit, title: &str) -> Self {
        let is_technician = visit.ctx.is_technician();
        let is_portal = !is_technician || visit.path == "/portal" || visit.path.starts_with("/portal/");
        let lang = visit.lang();
        let desk = visit.snapshot.rows("portal").first().and_then(|p| p.text("display_name"));
        let (said, undo) =
            visit.flash.as_deref().map_or(("", ""), |said| said.split_once('~').unwrap_or((said, "")));
        let flash = lang.find(&format!("flash.{said}"));
        let query = if visit.query.is_empty() { String::new() } else { format!("?{}", visit.query) };
        let person = visit.person.title().to_owned();
        Self {
            lang,
            title: title.to_owned(),
            desk: desk.unwrap_or("Frontdesk").to_owned(),
            initials: initials(&person),
            person,
            theme: theme(visit.person.text("theme")),
            token: visit.token(),
            flash,
            undo: undo.to_owned(),
            here: format!("{}{query}", visit.path),
            live: None,
            timer: visit.timer.as_ref().map(|timer| TimerBox::of(visit, timer)),
            is_technician,
            is_portal,
            once: visit.desk().fresh_id().to_string(),
            words: String::new(),
            ways: if is_portal { Vec::new() } else { ways(visit) },
        }
    }

    /// The same on a page that hears of what happens to what it shows, from a mark on.
    #[must_use]
    pub fn hearing(mut self, on: &str, mark: String) -> Self {
        self.live = Some((on.to_owned(), mark));
        self
    }

    /// A text.
    pub fn t(&self, key: &str) -> &'static str {
        self.lang.text(key)
    }
    /// An icon, to be put in as it is.
    #[expect(clippy::unused_self, reason = "templates reach functions through what they are given")]
    pub fn icon(&self, name: &str) -> &'static str {
        icon(name)
    }
    /// The address of the style sheet.
    #[expect(clippy::unused_self, reason = "templates reach functions through what they are given")]
    pub fn style(&self) -> &'static str {
        statics::path(Asset::Style)
    }
    /// The address of the script.
    #[expect(clippy::unused_self, reason = "templates reach functions through what they are given")]
    pub fn script(&self) -> &'static str {
        statics::path(Asset::App)
    }
    /// The greatest size of one file, in bytes.
    #[expect(clippy::unused_self, reason = "templates reach functions through what they are given")]
    pub fn file_max(&self) -> usize {
        desk::FILE_BYTES_MAX
    }
    /// The address of the palette's script, loaded when it is first called for.
    #[expect(clippy::unused_self, reason = "templates reach functions through what they are given")]
    pub fn palette(&self) -> &'static str {
        statics::path(Asset::Palette)
    }
    /// The address of the icon in the browser's tab.
    #[expect(clippy::unused_self, reason = "templates reach functions through what they are given")]
    pub fn tab_icon(&self) -> &'static str {
        statics::path(Asset::Icon)
    }
}

/// Around a page of somebody who is not signed in.
pub(crate) struct Bare {
    pub lang: Lang,
    pub title: String,
}

impl Bare {
    pub fn new(lang: Lang, title: &str) -> Self {
        Self { lang, title: title.to_owned() }
    }
    /// A text.
    pub fn t(&self, key: &str) -> &'static str {
        self.lang.text(key)
    }
    /// The address of the style sheet.
    #[expect(clippy::unused_self, reason = "templates reach functions through what they are given")]
    pub fn style(&self) -> &'static str {
        statics::path(Asset::Style)
    }
    /// The address of the icon in the browser's tab.
    #[expect(clippy::unused_self, reason = "templates reach functions through what they are given")]
    pub fn tab_icon(&self) -> &'static str {
        statics::path(Asset::Icon)
    }
}

/// The attribute of a chosen theme; empty where the browser decides.
fn theme(chosen: Option<&str>) -> &'static str {
    match chosen {
        Some("light") => "light",
        Some("dark") => "dark",
        _ => "",
    }
}

/// The first letters of a name's first and last word.
pub(crate) fn initials(name: &str) -> String {
    let mut words = name.split_whitespace().filter_map(|w| w.chars().find(|c| c.is_alphanumeric()));
    let first = words.next();
    first.into_iter().chain(words.next_back()).flat_map(char::to_uppercase).collect()
}

fn ways(visit: &Visit) -> Vec<Vec<Way>> {
    let lang = visit.lang();
    let way = |href: &str, key: &str, icon: &'static str| {
        let is_here = visit.path == href || (href != "/" && visit.path.starts_with(&format!("{href}/")));
        Way { href: href.to_owned(), label: lang.text(key).to_owned(), icon, is_here }
    };
    let mut groups = vec![
        vec![
            way("/", "nav.home", "home"),
            way("/requests", "nav.requests", "requests"),
            way("/problems", "nav.problems", "problems"),
            way("/tasks", "nav.tasks", "tasks"),
            way("/dashboards", "nav.dashboards", "chart"),
        ],
        vec![
            way("/assets", "nav.assets", "assets"),
            way("/cmdb", "nav.cmdb", "cis"),
            way("/products", "nav.products", "products"),
            way("/asset_loans", "nav.loans", "loans"),
        ],
        vec![way("/users", "nav.users", "users")],
    ];
    if visit.ctx.is_administrator()
        && let Some(last) = groups.last_mut()
    {
        last.push(way("/admin", "nav.admin", "admin"));
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::initials;

    #[test]
    fn people_have_initials() {
        for (name, expected) in
            [("Ann Lee", "AL"), ("ann marie lee", "AL"), ("System", "S"), ("", ""), ("Ökan Ünal", "ÖÜ")]
        {
            assert_eq!(initials(name), expected);
        }
    }
}
