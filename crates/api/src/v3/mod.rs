//! The V3 face: ServiceDesk Plus Cloud's REST API on the wire (conventions.md).
//!
//! One entry for every path: the call is authenticated, its payload found wherever the client put it, its path
//! followed through the catalogue to a [`route::Target`], and a paragraph of code here calls one use case and
//! writes the answer. There is no route per module: a module that is described has its paths.

mod answer;
mod bulk;
mod call;
mod catalogs;
mod cmdb;
mod conversations;
mod criteria;
mod inside;
mod list;
mod operations;
mod pieces;
mod related;
mod route;
mod short;
mod texts;
mod uploads;
mod write;

pub use criteria::criteria_filter;
pub use inside::Reader;
pub(crate) use texts::Texts;

use crate::Api;
use answer::Answer;
use axum::extract::{Request, State};
use axum::response::Response;
use call::Call;

use http::Method;
use route::Target;
use std::sync::Arc;
use wire::failure::Failure;

/// Answers any call under `/api/v3` and `/app/{portal}/api/v3`.
pub(crate) async fn entry(State(api): State<Arc<Api>>, request: Request) -> Response {
    let trace = crate::trace_of(&request);
    let answer = match Call::read(&api, request, trace).await {
        Ok(call) => answer(&call).await,
        Err(failure) => Err(failure),
    };
    answer::respond(answer)
}

async fn answer(call: &Call<'_>) -> Result<Answer, Failure> {
    let reads = call.reads();
    match route::follow(call).await? {
        Target::Collection(place) if reads => list::list(call, &place).await,
        Target::Record(place, id) if reads => write::get(call, &place, id).await,
        // Boxed: most calls are the two above, and need not have room for everything else that a call may be.
        target => Box::pin(perform(call, target, reads)).await,
    }
}

async fn perform(call: &Call<'_>, target: Target, reads: bool) -> Result<Answer, Failure> {
    let method = &call.method;
    let edits = *method == Method::PUT || *method == Method::PATCH;
    match target {
        Target::Collection(place) => match *method {
            Method::POST => write::add(call, &place).await,
            _ if edits => bulk::edit(call, &place).await,
            Method::DELETE => bulk::delete(call, &place).await,
            _ => Err(call.wrong_method()),
        },
        Target::Record(place, id) => match *method {
            _ if edits => write::edit(call, &place, id).await,
            Method::DELETE => write::delete(call, &place, id).await,
            _ => Err(call.wrong_method()),
        },
        Target::Operation(place, id, operation) => {
            if !operation.methods.contains(&if reads { "GET" } else { method.as_str() }) {
                return Err(call.wrong_method());
            }
            operations::run(call, &place, id, operation.name).await
        }
        Target::Uploads(place, id, purpose, rest) => uploads::run(call, &place, id, purpose, rest).await,
        _ if !reads => Err(call.wrong_method()),
        Target::Related(place) => list::list(call, &place).await,
        Target::Metainfo(module) => related::metainfo(call, &module),
        Target::History(place, id) => related::history(call, &place, id).await,
        Target::Links(place, id) => related::links(call, &place, id).await,
        Target::Approvals(place, id) => related::approvals(call, &place, id).await,
        Target::Summary(place, id) => related::summary(call, &place, id).await,
        Target::TemplateLayout(template) => related::template_layout(call, template).await,
        Target::Catalog(catalog) => catalogs::list(call, catalog).await,
        Target::Views => catalogs::views(call),
        Target::LinkedEntities => catalogs::linked_entities(call),
    }
}

/// The answer to a path that is none of ours.
pub(crate) async fn nowhere() -> Response {
    answer::respond(Err(Failure::not_found()))
}

/// A JSON text as an answer, for what is served beside the calls.
pub(crate) fn json_answer(text: String) -> Response {
    answer::respond(Ok(Answer::Json(text)))
}
