//! From a path to what it means: a walk through the catalogue.

use crate::v3::call::Call;
use crate::v3::{answer, catalogs::Catalog};
use desk::{DeskError, Place, Purpose, Verb};
use http::Method;
use model::filter::equals;
use model::{Area, Filter, Id, Module, Operation};
use std::sync::Arc;
use wire::failure::Failure;

/// What a path means.
pub(crate) enum Target {
    /// A list, and where records are added.
    Collection(Place),
    /// One record.
    Record(Place, Id),
    /// Something to do with a record.
    Operation(Place, Id, Operation),
    /// A record's files for a purpose, and the segments behind.
    Uploads(Place, Id, Purpose, Vec<String>),
    /// Records of another module that refer to a record; to be read only.
    Related(Place),
    /// What a module's fields are.
    Metainfo(Arc<Module>),
    /// What happened to a record.
    History(Place, Id),
    /// What the caller may do with a record.
    Links(Place, Option<Id>),
    /// All approvals of a request.
    Approvals(Place, Id),
    /// Counts of what hangs on a record.
    Summary(Place, Id),
    /// A template with its layout.
    TemplateLayout(Id),
    /// The values that a field may take.
    Catalog(Catalog),
    /// The views by which lists are filtered.
    Views,
    /// The modules whose records CIs stand for.
    LinkedEntities,
}

/// The words under which files are sent and found (conventions.md section 6).
const UPLOADS: [&str; 6] = ["_uploads", "uploads", "_upload", "upload", "attachments", "_attachments"];

/// Follows the call's path.
pub(crate) async fn follow(call: &Call<'_>) -> Result<Target, Failure> {
    let mut segments = call.segments.iter().map(String::as_str).peekable();
    let first = segments.next().ok_or_else(Failure::not_found)?;
    if first == "list_view_filters" {
        return Ok(Target::Views);
    }
    if call.segments == ["cmdb", "linked_entity"] {
        return Ok(Target::LinkedEntities);
    }
    let catalogue = &call.snapshot.catalogue;
    if first == "history" && segments.peek().is_none() {
        return whole(call, catalogue.module("history"), &Area::ALL);
    }
    // A type of CI is named by the second segment.
    let named = segments.peek().filter(|second| second.parse::<Id>().is_err());
    let below = named.and_then(|second| catalogue.at_path(&format!("{first}/{second}")));
    let module = match below {
        Some(module) => {
            segments.next();
            module
        }
        None => catalogue.at_path(first).ok_or_else(Failure::not_found)?,
    };
    let mut place = Place::top(module.clone());
    desk::permissions::approach(&call.ctx, &place, call.reads())
        .map_err(|e| answer::failure(e, call.ctx.trace))?;
    loop {
        let Some(segment) = segments.next() else { return Ok(Target::Collection(place)) };
        let Ok(id) = segment.parse::<Id>() else {
            return on_collection(call, place, segment, segments.collect());
        };
        let failed = |e| answer::failure(e, call.ctx.trace);
        place = call.desk().exact_place(&call.ctx, place, id).await.map_err(failed)?;
        let Some(segment) = segments.next() else { return Ok(Target::Record(place, id)) };
        if let (Some(related), None) = (place.module.related_at(segment).cloned(), segments.peek()) {
            let rows = catalogue.module(related.module).ok_or_else(Failure::not_found)?;
            let record = call.desk().get(&call.ctx, &place, id).await.map_err(failed)?;
            let parent = Some((related.field, Arc::new(record)));
            return Ok(Target::Related(Place { parent, ..Place::top(rows.clone()) }));
        }
        let Some(child) = place.module.child(segment).cloned() else {
            return on_record(call, place, id, segment, segments.collect());
        };
        let rows = call.snapshot.catalogue.module(child.module).ok_or_else(Failure::not_found)?;
        let parent = call.desk().locate(&call.ctx, &place, id).await.map_err(failed)?;
        place = place.below(parent, rows.clone(), child.field);
    }
}

/// The words of a path that is one of its module's other names: what a list and what one record is called there.
/// `groups` and `group` for what is `support_groups` elsewhere.
pub(crate) struct Spoken<'m> {
    /// The key of a list, which is the path itself.
    pub list: &'m str,
    /// The key of one record, where the module has a word for it.
    pub one: Option<&'m str>,
}

/// The other name by which a call asks for a module's collection or for one of its records.
pub(crate) fn spoken<'m>(call: &Call<'_>, module: &'m Module) -> Option<Spoken<'m>> {
    let first = call.segments.first()?;
    let at = module.paths.iter().position(|path| path == first)?;
    let list = module.paths.get(at)?;
    let one = module.input_keys.iter().copied().find(|key| list.strip_suffix('s') == Some(*key));
    Some(Spoken { list, one })
}

/// What a path of another name leaves out of a module's collection: `request_closure_codes` are those of requests.
pub(crate) fn narrowing(call: &Call<'_>, module: &Arc<Module>) -> Filter {
    match spoken(call, module) {
        Some(Spoken { list: "request_closure_codes", .. }) => {
            equals(module, "module.name", vec!["request".into()])
        }
        _ => Filter::everything(),
    }
}

fn bare(segment: &str) -> &str {
    segment.strip_prefix('_').unwrap_or(segment)
}

/// All rows of a module that is otherwise read below one record at a time: `requests/notes`, `tasks/comments`,
/// `history`. A copy of the desk would have to ask ten times for each record. For administrators, who see all of them, with the
/// scopes for whatever they may be about.
fn whole(call: &Call<'_>, rows: Option<&Arc<Module>>, above: &[Area]) -> Result<Target, Failure> {
    let rows = rows.filter(|_| call.ctx.is_administrator()).ok_or_else(Failure::not_found)?;
    if let Some(area) = above.iter().find(|area| !call.ctx.scopes.allow(**area, Verb::Read)) {
        let scope = desk::permissions::scope_of(*area, Verb::Read);
        return Err(answer::failure(DeskError::ScopeMissing(scope), call.ctx.trace));
    }
    Ok(Target::Related(Place::top(rows.clone())))
}

fn on_collection(call: &Call<'_>, place: Place, segment: &str, rest: Vec<&str>) -> Result<Target, Failure> {
    if let (Some(child), [], None) = (place.module.child(segment), rest.as_slice(), &place.parent) {
        return whole(call, call.snapshot.catalogue.module(child.module), &[place.area]);
    }
    match (bare(segment), rest.as_slice()) {
        ("metainfo", []) => Ok(Target::Metainfo(place.module)),
        ("links", []) => Ok(Target::Links(place, None)),
        _ => Catalog::find(&call.snapshot, &place.module, None, segment, &rest).map(Target::Catalog),
    }
}

/// Whether a client of the newest form wants its file among the attachments (requests.md section 12).
fn lists(call: &Call<'_>) -> bool {
    call.param("addtoattachment").is_some_and(|v| v.eq_ignore_ascii_case("true"))
}

fn on_record(
    call: &Call<'_>,
    place: Place,
    id: Id,
    segment: &str,
    rest: Vec<&str>,
) -> Result<Target, Failure> {
    let owned = || rest.iter().map(|s| (*s).to_owned()).collect();
    if UPLOADS.contains(&segment) && place.module.slot("has_attachments").is_some() {
        // The newest form stores a file, to be listed on request; the older ones list it.
        let purpose = if segment == "_uploads" && call.method == Method::POST && !lists(call) {
            Purpose::Stored
        } else {
            Purpose::Listed
        };
        return Ok(Target::Uploads(place, id, purpose, owned()));
    }
    if bare(segment) == "resolutions"
        && let Some((uploads, rest)) = rest.split_first()
        && UPLOADS.contains(uploads)
        && place.module.slot("has_resolution_attachments").is_some()
    {
        let rest = rest.iter().map(|s| (*s).to_owned()).collect();
        return Ok(Target::Uploads(place, id, Purpose::Resolution, rest));
    }
    if let Some(operation) = place.module.operation(segment, true).cloned()
        && rest.is_empty()
    {
        return Ok(match operation.name {
            "get_template_with_layout" | "layouts" => Target::TemplateLayout(id),
            _ => Target::Operation(place, id, operation),
        });
    }
    match (bare(segment), rest.as_slice()) {
        ("metainfo", []) => Ok(Target::Metainfo(place.module)),
        ("links", []) => Ok(Target::Links(place, Some(id))),
        ("history", []) => Ok(Target::History(place, id)),
        ("summary", []) if matches!(place.module.name.as_ref(), "request" | "problem") => {
            Ok(Target::Summary(place, id))
        }
        ("approvals", []) if place.module.name == "request" => Ok(Target::Approvals(place, id)),
        ("template", [template, layout]) if bare(layout) == "get_template_with_layout" => {
            template.parse().map(Target::TemplateLayout).map_err(|_| Failure::not_found())
        }
        _ => Catalog::find(&call.snapshot, &place.module, Some(id), segment, &rest).map(Target::Catalog),
    }
}
