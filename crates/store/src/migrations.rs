//! The schema, as numbered steps. A step is never edited after a release; a change is a new file.
//!
//! A file holds statements with `;` at the end of a line. Where the engines differ, tokens stand in it:
//! `{id}` is the type of a primary key, `{key}` that of text compared by code points, `{real}` a double,
//! `{first}` puts empty values first in an index. Lines that begin with `@sqlite` or `@postgres` are for one
//! engine only. `crates/store/tests/schema.rs` compares the outcome with the catalogue and says what is missing.

use crate::engine::Step;

/// The files, in order. Number and name must not change.
const FILES: [(u32, &str, &str); 25] = [
    (1, "desk", include_str!("../migrations/0001_desk.sql")),
    (2, "lateness", include_str!("../migrations/0002_lateness.sql")),
    (3, "more", include_str!("../migrations/0003_more.sql")),
    (4, "talk", include_str!("../migrations/0004_talk.sql")),
    (5, "estate", include_str!("../migrations/0005_estate.sql")),
    (6, "imports", include_str!("../migrations/0006_imports.sql")),
    (7, "side_table", include_str!("../migrations/0007_side_table.sql")),
    (8, "requesters", include_str!("../migrations/0008_requesters.sql")),
    (9, "requester_api", include_str!("../migrations/0009_requester_api.sql")),
    (10, "pages", include_str!("../migrations/0010_pages.sql")),
    (11, "jobs", include_str!("../migrations/0011_jobs.sql")),
    (12, "migrations", include_str!("../migrations/0012_migrations.sql")),
    (13, "sign_in", include_str!("../migrations/0013_sign_in.sql")),
    (14, "figures", include_str!("../migrations/0014_figures.sql")),
    (15, "day", include_str!("../migrations/0015_day.sql")),
    (16, "words", include_str!("../migrations/0016_words.sql")),
    (17, "subjects", include_str!("../migrations/0017_subjects.sql")),
    (18, "failures", include_str!("../migrations/0018_failures.sql")),
    (19, "merging", include_str!("../migrations/0019_merging.sql")),
    (20, "marks", include_str!("../migrations/0020_marks.sql")),
    (21, "serials", include_str!("../migrations/0021_serials.sql")),
    (22, "closing", include_str!("../migrations/0022_closing.sql")),
    (23, "projects", include_str!("../migrations/0023_projects.sql")),
    (24, "finding", include_str!("../migrations/0024_finding.sql")),
    (25, "letting", include_str!("../migrations/0025_letting.sql")),
];

/// A file may have this many statements; its steps are numbered from `file × STEPS_PER_FILE`.
pub(crate) const STEPS_PER_FILE: u32 = 1000;

/// All steps.
#[must_use]
pub fn steps() -> Vec<Step> {
    let mut steps = Vec::new();
    for (number, name, text) in FILES {
        for (i, statement) in (0..STEPS_PER_FILE).zip(statements(text)) {
            steps.push(Step {
                number: number * STEPS_PER_FILE + i,
                name,
                sqlite: render(&statement, true).into(),
                postgres: render(&statement, false).into(),
            });
        }
    }
    steps
}

fn statements(text: &str) -> Vec<String> {
    text.split(";\n")
        .map(|s| s.lines().filter(|l| !l.starts_with("--")).collect::<Vec<_>>().join("\n"))
        .map(|s| s.trim().to_owned())
        .filter(|s| !s.is_empty())
        .collect()
}

/// A statement for one engine; one that is for the other engine becomes a statement that does nothing.
fn render(statement: &str, sqlite: bool) -> String {
    const NOTHING: &str = "SELECT 1";
    let statement = match (statement.strip_prefix("@sqlite "), statement.strip_prefix("@postgres "), sqlite) {
        (Some(s), _, true) | (_, Some(s), false) => s,
        (Some(_), _, false) | (_, Some(_), true) => return NOTHING.to_owned(),
        _ => statement,
    };
    let tokens = if sqlite {
        [("{id}", "INTEGER PRIMARY KEY"), ("{key}", "TEXT"), ("{first}", "")]
    } else {
        [("{id}", "BIGINT PRIMARY KEY"), ("{key}", "TEXT COLLATE \"C\""), ("{first}", " NULLS FIRST")]
    };
    tokens.iter().fold(statement.to_owned(), |s, (token, text)| s.replace(token, text))
}

/// The statements that make a module's table and indexes, as a file holds them. For whoever writes a migration.
#[must_use]
pub fn describe(module: &model::Module) -> Vec<String> {
    use crate::table::{EXTRA, VERSION, key_column};
    let table = &module.table;
    let mut columns = Vec::new();
    for leaf in module.leaves().iter().filter(|l| l.is_column()) {
        columns.push(format!("\"{}\" {}", leaf.column, column_type(&leaf.field.kind)));
    }
    columns.push(format!("\"{VERSION}\" BIGINT NOT NULL"));
    let has_documents =
        module.leaves().iter().any(|l| matches!(l.field.storage, model::Storage::Document { .. }));
    if module.extensible || has_documents {
        columns.push(format!("\"{EXTRA}\" TEXT"));
    }
    for leaf in module.leaves().iter().filter(|l| l.has_key_column()) {
        let kind = if leaf.field.kind == model::Kind::Decimal { "DOUBLE PRECISION" } else { "{key}" };
        columns.push(format!("\"{}\" {kind}", key_column(leaf)));
    }
    let mut statements = vec![format!("CREATE TABLE \"{table}\" (\n  {}\n)", columns.join(",\n  "))];
    for leaf in module.leaves() {
        if let Some(within) = &leaf.field.unique {
            let mut names = vec![leaf.path.as_str()];
            names.extend(within.iter().map(AsRef::as_ref));
            statements.push(index(module, "ux", &names, true));
        }
        if leaf.field.indexed {
            statements.push(index(module, "ix", &[&leaf.path], false));
        }
    }
    statements.extend(module.indexes.iter().map(|paths| index(module, "ix", paths, false)));
    if crate::search::is_searched(module) {
        let [sqlite, postgres] = crate::search::ddl(module);
        statements.extend(sqlite.into_iter().map(|s| format!("@sqlite {s}")));
        statements.extend(postgres.into_iter().map(|s| format!("@postgres {s}")));
    }
    statements
}

fn index(module: &model::Module, prefix: &str, paths: &[&str], unique: bool) -> String {
    let mut columns: Vec<String> = Vec::new();
    for (i, path) in paths.iter().enumerate() {
        if let Some(leaf) = module.find(path) {
            let column = crate::table::column_of(leaf);
            // A reference that is missing counts as one value, so that names are unique among rows without one too.
            let optional_scope = unique && i > 0;
            columns.push(if optional_scope {
                let nothing = if leaf.has_key_column() { "''" } else { "0" };
                format!("coalesce(\"{column}\", {nothing})")
            } else if unique {
                format!("\"{column}\"")
            } else {
                format!("\"{column}\"{{first}}")
            });
        }
    }
    if !unique && !paths.contains(&"id") {
        columns.push("\"id\"{first}".into());
    }
    let name: Vec<String> = paths.iter().map(|p| p.replace('.', "_")).collect();
    let kind = if unique { "UNIQUE INDEX" } else { "INDEX" };
    let table = &module.table;
    format!("CREATE {kind} \"{prefix}_{table}_{}\" ON \"{table}\" ({})", name.join("_"), columns.join(", "))
}

/// The field whose value is one of a kind, from the name of the index that says so.
#[must_use]
pub fn unique_field<'a>(module: &'a model::Module, index: &str) -> Option<&'a str> {
    module.leaves().iter().find_map(|leaf| {
        let within = leaf.field.unique.as_ref()?;
        let mut name = format!("ux_{}_{}", module.table, leaf.column);
        for path in within {
            name.push('_');
            name.push_str(&path.replace('.', "_"));
        }
        (name == index).then_some(leaf.path.as_str())
    })
}

const fn column_type(kind: &model::Kind) -> &'static str {
    use model::Kind;
    match kind {
        Kind::Id => "{id}",
        Kind::Bool => "BOOLEAN",
        Kind::Double => "DOUBLE PRECISION",
        Kind::Int { .. }
        | Kind::Digits { .. }
        | Kind::Number { .. }
        | Kind::Time
        | Kind::Date
        | Kind::Ref(_)
        | Kind::Span => "BIGINT",
        Kind::Text { .. }
        | Kind::Html { .. }
        | Kind::Email
        | Kind::Color
        | Kind::Decimal
        | Kind::Pick { .. }
        | Kind::PickMany { .. }
        | Kind::RefMany(_)
        | Kind::Group(_)
        | Kind::Json => "TEXT",
    }
}
