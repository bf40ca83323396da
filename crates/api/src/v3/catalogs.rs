//! The values that a field may take, at every place where clients look for them (setup.md section 1), and the views
//! by which lists are filtered.

use crate::v3::answer::{self, Answer};
use crate::v3::call::Call;
use crate::v3::{list, short};
use desk::{Place, REQUEST_VIEWS, Snapshot, Verb};
use model::filter::{equals, test};
use model::{Filter, Id, Kind, Module, Op, Size, Value};
use std::sync::Arc;
use wire::criteria::Criteria;
use wire::failure::Failure;
use wire::list_info::ListInfo;
use wire::writer::Selection;

/// A catalogue of values: of which field of which module, for which record.
pub(crate) struct Catalog {
    asking: Arc<Module>,
    values: Arc<Module>,
    record: Option<Id>,
    key: String,
}

impl Catalog {
    /// The catalogue at a path: `requests/priority`, `requests/groups`, `requests/{id}/technician`,
    /// `requests/udf_fields/udf_ref1`.
    pub fn find(
        snapshot: &Snapshot,
        module: &Arc<Module>,
        record: Option<Id>,
        segment: &str,
        rest: &[&str],
    ) -> Result<Self, Failure> {
        let (path, key) = match (segment, rest) {
            ("udf_fields", [field]) => (format!("udf_fields.{field}"), (*field).to_owned()),
            (field, []) => (field.to_owned(), field.to_owned()),
            _ => return Err(Failure::not_found()),
        };
        let target = |path: &str| {
            module.find(path).filter(|l| l.field.shown).and_then(|l| match &l.field.kind {
                Kind::Ref(target) | Kind::RefMany(target) => snapshot.catalogue.module(target),
                _ => None,
            })
        };
        // `groups` for `group`: some clients ask by the plural.
        let by_plural = || {
            module.leaves().iter().find_map(|leaf| {
                let found = target(&leaf.path)?;
                let spoken = found.plural == path || found.paths.iter().any(|p| *p == path);
                (spoken && !leaf.path.contains('.')).then_some(found)
            })
        };
        let values = target(&path).or_else(by_plural).ok_or_else(Failure::not_found)?;
        Ok(Self { asking: module.clone(), values: values.clone(), record, key })
    }
}

/// GET of a catalogue. The array stands under the key that was asked by, and under the module's plural.
pub(crate) async fn list(call: &Call<'_>, catalog: Catalog) -> Result<Answer, Failure> {
    let failed = |e| answer::failure(e, call.ctx.trace);
    let asked = list::asked(call, &catalog.values);
    let is_theirs = is_theirs(call, &catalog.values);
    let selection = if is_theirs {
        list::selection(&catalog.values, &asked.info)
    } else {
        shown_by_references(&catalog.values, &asked.info)?
    };
    let mut ask = list::ask(call, &catalog.values, &asked, &selection)?;
    if !is_theirs {
        // The full text is made of more than that.
        for word in std::mem::take(&mut ask.words) {
            let has = test(&catalog.values, catalog.values.title, Op::Contains, vec![word.into()]);
            ask.filter = ask.filter.and(has);
        }
    }
    if let Some(id) = catalog.record {
        let place = Place::top(catalog.asking.clone());
        let record = call.desk().get(&call.ctx, &place, id).await.map_err(failed)?;
        if !chooses_parent(&catalog.values, &asked.info) {
            ask.filter = ask.filter.and(fitting(&catalog.values, &record));
        }
    }
    let gone = catalog.values.leaves().iter().any(|l| l.path == "inactive");
    if gone {
        ask.filter = ask.filter.and(equals(&catalog.values, "inactive", vec![false.into()]));
    }
    let place = Place::top(catalog.values.clone());
    let page = call.desk().list_for(&call.ctx, &catalog.asking, &place, ask).await.map_err(failed)?;
    let keys = keys(call, &catalog);
    list::write(call, &catalog.values, &keys, &asked.info, &selection, page).await.map(Answer::Json)
}

/// Whether the caller's scopes are for the values as well, or there is no more to them than to choose them.
fn is_theirs(call: &Call<'_>, values: &Arc<Module>) -> bool {
    values.size == Size::Small
        || desk::permissions::permit(&call.ctx, &Place::top(values.clone()), Verb::Read).is_ok()
}

/// What is shown to whoever may only choose: what every reference shows. By the rest is neither searched nor sorted, but for what
/// clients choose by.
fn shown_by_references(values: &Arc<Module>, info: &ListInfo) -> Result<Selection, Failure> {
    let shown: Vec<String> = values.embedded().iter().map(|node| node.key().to_owned()).collect();
    let first = |field: &str| field.split('.').next().unwrap_or_default().to_owned();
    let is_beyond = |field: &str| {
        let first = first(field);
        !shown.contains(&first) && !parents(values).contains(&first.as_str()) && first != values.sort.0
    };
    let searched = info.criteria.as_ref().is_some_and(|criteria| speaks(criteria, &is_beyond));
    if searched || info.search_fields.iter().flatten().any(|(field, _)| is_beyond(field)) {
        return Err(Failure::not_valid("search_criteria"));
    }
    if info.sort.iter().any(|by| is_beyond(&by.field)) {
        return Err(Failure::not_valid("sort_field"));
    }
    let mut fields = info.fields_required.clone().unwrap_or_else(|| shown.clone());
    fields.retain(|field| shown.contains(&first(field)));
    Ok(Selection::of(values, &fields))
}

/// The key that was asked by, the values' own plural and other names of theirs: `groups` beside `support_groups`,
/// `requesters` for the field `requester`, whose values are users.
fn keys<'c>(call: &'c Call<'_>, catalog: &'c Catalog) -> Vec<&'c str> {
    let mut keys = vec![catalog.key.as_str()];
    let of_field = call.snapshot.catalogue.module(&catalog.key).map(|m| m.plural.as_ref());
    let names = [catalog.values.plural.as_ref()].into_iter();
    for key in names.chain(of_field).chain(catalog.values.paths.iter().copied()) {
        if !keys.contains(&key) && !key.contains('/') {
            keys.push(key);
        }
    }
    keys
}

/// The fields by which values belong to what a record has already (setup.md section 1).
fn parents(values: &Module) -> &'static [&'static str] {
    match values.name.as_ref() {
        "subcategory" => &["category"],
        "item" => &["subcategory"],
        "support_group" => &["site"],
        "technician" => &["associated_sites", "groups", "site"],
        "asset" => &["site"],
        _ => &[],
    }
}

/// Whether the client itself says which parent it means: the form may be about to change it, so that what the record
/// has already says nothing.
fn chooses_parent(values: &Module, info: &ListInfo) -> bool {
    let is_parents = |field: &str| {
        let begin = field.split('.').next().unwrap_or(field);
        parents(values).contains(&begin)
    };
    info.criteria.as_ref().is_some_and(|criteria| speaks(criteria, &is_parents))
        || info.search_fields.iter().flatten().any(|(field, _)| is_parents(field))
        || info.filter_by.as_ref().and_then(|f| f.name.as_deref()).is_some_and(is_parents)
}

fn speaks(criteria: &Criteria, of: &dyn Fn(&str) -> bool) -> bool {
    match criteria {
        Criteria::All(parts) | Criteria::Any(parts) => parts.iter().any(|part| speaks(part, of)),
        Criteria::Test(test) => of(&test.field),
    }
}

/// Of the values, those that fit what the record has already: subcategories of its category, groups of its site.
/// All of them where it has nothing yet.
pub(crate) fn fitting(values: &Arc<Module>, record: &model::Record) -> Filter {
    let has = |path: &str| record.module.slot(path).and_then(|slot| record.at(slot).as_int()).map(Value::Int);
    let of = |path: &str| has(path).map_or(Filter::everything(), |value| equals(values, path, vec![value]));
    match values.name.as_ref() {
        "subcategory" => of("category"),
        "item" => of("subcategory"),
        "support_group" => {
            let everywhere = test(values, "site", Op::Empty, Vec::new());
            match has("site") {
                Some(site) => Filter::Any(vec![equals(values, "site", vec![site]), everywhere]),
                None => Filter::everything(),
            }
        }
        "closure_code" => equals(values, "module.name", vec![record.module.name.as_ref().into()]),
        _ => Filter::everything(),
    }
}

/// The filter of a view; names are compared without regard to case, underscores and the word `requests`.
pub(crate) fn view_filter(call: &Call<'_>, module: &Arc<Module>, name: &str) -> Option<Filter> {
    let plain = |s: &str| {
        let s: String =
            s.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
        s.replace("requests", "").replace("system", "")
    };
    let wanted = plain(name);
    let known = REQUEST_VIEWS.iter().map(|(name, _)| *name).find(|known| plain(known) == wanted)?;
    desk::request_view(&call.snapshot, &call.ctx, &call.groups, module, known)
}

/// GET of `list_view_filters/show_all`: the views by name (requests.md section 2).
pub(crate) fn views(call: &Call<'_>) -> Result<Answer, Failure> {
    let rows: Vec<serde_json::Value> = REQUEST_VIEWS
        .iter()
        .enumerate()
        .map(|(i, (name, words))| {
            serde_json::json!({"id": (i + 1).to_string(), "name": name, "display_name": words, "module": "request"})
        })
        .collect();
    // The path says that all are wanted.
    short::all(call, "list_view_filters", rows)
}

/// GET of `cmdb/linked_entity`: the modules whose records CIs stand for (assets-cmdb.md section 5.3).
pub(crate) fn linked_entities(call: &Call<'_>) -> Result<Answer, Failure> {
    let rows = desk::linked_entities(&call.ctx, &call.snapshot);
    let rows = rows.map_err(|error| answer::failure(error, call.ctx.trace))?;
    short::page(call, "linked_entity", rows)
}
