//! What was solved before, shown to somebody who is about to report something.

use crate::answer;
use crate::form::Form;
use crate::rich;
use crate::texts::Lang;
use crate::times::Moment;
use crate::visit::{Anybody, Visit};
use askama::Template;
use axum::response::Response;
use desk::DeskError;
use http::StatusCode;
use model::Record;

/// So many are shown.
const SHOWN: usize = 4;
/// So much of what is typed is looked at.
const CHARS_MAX: usize = 600;

/// A solved request.
pub(crate) struct Solved {
    pub href: String,
    pub subject: String,
    pub resolution: String,
    pub when: Moment,
}

#[derive(Template)]
#[template(path = "portal/similar.html")]
struct SimilarPart<'a> {
    lang: Lang,
    similar: &'a [Solved],
}

/// What is like a text.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn of(visit: &Visit, text: &str) -> Result<Vec<Solved>, DeskError> {
    let text: String = text.chars().take(CHARS_MAX).collect();
    let found = visit.desk().similar_solved(&visit.ctx, &text, SHOWN).await?;
    let solved = |record: &Record| Solved {
        href: format!("/portal/requests/{}", record.id()),
        subject: record.title().to_owned(),
        resolution: rich::shown(record.text("resolution.content").unwrap_or_default()),
        when: visit.times.moment(record.int("created_time").unwrap_or(0)),
    };
    Ok(found.iter().map(solved).collect())
}

/// The part of the page that says it.
pub(crate) fn part(lang: Lang, similar: &[Solved]) -> Result<String, askama::Error> {
    SimilarPart { lang, similar }.render()
}

/// GET of `/portal/similar`: the part of the page, for the script that asks while somebody types.
pub(crate) async fn show(Anybody(visit): Anybody) -> Response {
    visit.answered(
        async {
            let asked = Form::of_query(&visit.query);
            let similar = of(&visit, asked.get("q")).await?;
            Ok(answer::page(StatusCode::OK, &SimilarPart { lang: visit.lang(), similar: &similar }))
        }
        .await,
    )
}
