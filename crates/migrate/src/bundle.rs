//! What hangs on records: the rows below them to any depth, their files, links and history.
//!
//! Where the source lists the rows below all records at once (`requests/notes`, as Frontdesk does for administrators), a
//! page of records takes a call for each kind of row; elsewhere it takes one for each record. Which way it is shows at the
//! first try.

use crate::error::Unread;
use crate::plan;
use crate::side::{Object, Side};
use desk::Snapshot;
use futures_util::future::{self, BoxFuture, FutureExt};
use futures_util::{StreamExt, TryStreamExt, stream};
use model::{Child, Module};
use serde_json::Value as Json;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use wire::facts::{self, Facts};

/// Calls at once for one page; the client's own limit is beneath.
const CALLS: usize = 8;
/// Records that are asked about in one call.
const TOGETHER: usize = 100;

/// A row of the source.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    /// Its module, as its type shows it.
    pub module: Arc<Module>,
    /// Its id there; links show none.
    pub id: Option<i64>,
    /// What is shown of it.
    pub object: Object,
    /// The record that it hangs on.
    pub above: Option<Above>,
    /// What that tells, read where pages are read, beside the writing.
    pub facts: Facts,
    /// For a file: the path of its bytes.
    pub bytes: Option<String>,
}

impl Row {
    fn new(module: &Arc<Module>, id: Option<i64>, object: Object, above: Option<Above>) -> Self {
        let facts = facts::read(module, &object);
        Self { module: module.clone(), id, object, above, facts, bytes: None }
    }
}

/// The record that a row hangs on.
#[derive(Clone, Debug)]
pub(crate) struct Above {
    /// The row's field that refers to it.
    pub field: &'static str,
    /// Its module.
    pub module: Arc<Module>,
    /// Its id in the source.
    pub id: i64,
}

/// A record and everything that hangs on it, each row behind the one that it hangs on.
#[derive(Clone, Debug)]
pub(crate) struct Bundle {
    /// The rows; the record itself comes first.
    pub rows: Vec<Row>,
    /// Records that are told to refer to it in a field that they do not show: module, field, ids.
    pub told: Vec<(Child, Vec<i64>)>,
}

/// What is known of a list below one record.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Way {
    /// It was shown of some record.
    Each,
    /// It is shown of none.
    Not,
}

/// Reads what hangs on records of one desk.
#[derive(Debug)]
pub(crate) struct Gatherer {
    side: Side,
    snapshot: Arc<Snapshot>,
    /// Whether rows that have a list of their own are gathered too.
    with_lists: bool,
    /// Whether of references nothing but ids is asked for.
    light: bool,
    ways: Mutex<HashMap<String, Way>>,
    /// Lists that are not shown of all records together.
    apart: Mutex<HashSet<String>>,
    not_shown: Mutex<BTreeMap<String, String>>,
}

/// A list that hangs on records.
#[derive(Debug)]
struct List {
    /// What it is told apart by.
    key: String,
    /// Where the rows of all records are, and the field by which they are told apart.
    together: Option<(String, &'static str)>,
    /// The last segment of the path below one record.
    each: String,
    /// The fields that are asked for.
    fields: Vec<String>,
}

/// The place of a record among those that are asked about, and its rows or why they are not shown.
type Listed = (usize, Result<Vec<Object>, String>);

impl List {
    fn of_each(whole: &Module, segment: &str, fields: Vec<String>) -> Self {
        Self { key: format!("{}/{segment}", whole.path()), together: None, each: segment.to_owned(), fields }
    }
}

/// A record that rows are looked for below.
#[derive(Clone, Debug)]
struct Item {
    bundle: usize,
    id: i64,
    path: String,
}

/// The id that an object shows.
pub(crate) fn id_of(object: &Object) -> Option<i64> {
    object.get("id").and_then(number)
}

pub(crate) fn number(value: &Json) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.trim().parse().ok())
}

impl Gatherer {
    pub fn new(side: Side, snapshot: Arc<Snapshot>, with_lists: bool, light: bool) -> Self {
        Self {
            side,
            snapshot,
            with_lists,
            light,
            ways: Mutex::default(),
            apart: Mutex::default(),
            not_shown: Mutex::default(),
        }
    }

    /// Lists that the desk does not show, and its words.
    pub fn not_shown(&self) -> BTreeMap<String, String> {
        self.not_shown.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Records of a module with all that hangs on them, in their order.
    pub async fn gather(&self, module: &Arc<Module>, objects: Vec<Object>) -> Result<Vec<Bundle>, Unread> {
        let whole = self.snapshot.catalogue.whole_of(module).clone();
        let mut bundles = Vec::with_capacity(objects.len());
        let mut items = Vec::with_capacity(objects.len());
        for object in objects {
            let Some(id) = id_of(&object) else { continue };
            items.push(Item { bundle: bundles.len(), id, path: format!("{}/{id}", whole.path()) });
            let row = Row::new(module, Some(id), object, None);
            bundles.push(Bundle { rows: vec![row], told: Vec::new() });
        }
        let (below, history, told, links) = tokio::try_join!(
            self.below(whole.clone(), items.clone()),
            self.history(&whole, &items),
            self.told(&whole, &items),
            self.links(&whole, &items, &bundles),
        )?;
        for bundle in &mut bundles {
            let path = items.iter().find(|item| Some(item.id) == bundle.rows.first().and_then(|row| row.id));
            let files: Vec<Row> = path
                .zip(bundle.rows.first())
                .map(|(item, row)| self.files(row, &item.path))
                .unwrap_or_default();
            bundle.rows.extend(files);
        }
        for (bundle, row) in below.into_iter().chain(links).chain(history) {
            if let Some(bundle) = bundles.get_mut(bundle) {
                bundle.rows.push(row);
            }
        }
        for (bundle, child, ids) in told {
            if let Some(bundle) = bundles.get_mut(bundle) {
                bundle.told.push((child, ids));
            }
        }
        Ok(bundles)
    }

    /// The rows below records, and those below them.
    fn below(
        &self,
        module: Arc<Module>,
        items: Vec<Item>,
    ) -> BoxFuture<'_, Result<Vec<(usize, Row)>, Unread>> {
        async move {
            let lists =
                module.children.iter().map(|child| self.child(module.clone(), child.clone(), &items).boxed());
            let lists: Vec<_> = lists.collect();
            Ok(future::try_join_all(lists).await?.concat())
        }
        .boxed()
    }

    /// The rows of one kind below records, and those below them.
    async fn child(
        &self,
        module: Arc<Module>,
        child: Child,
        items: &[Item],
    ) -> Result<Vec<(usize, Row)>, Unread> {
        let Some(rows) = self.snapshot.catalogue.module(child.module) else { return Ok(Vec::new()) };
        if items.is_empty() || (rows.top_level && !self.with_lists) {
            return Ok(Vec::new());
        }
        let found = self.rows_of(&module, &child, rows, items).await?;
        let mut all = Vec::with_capacity(found.len());
        let mut lower = Vec::new();
        for (at, object) in found {
            let (Some(item), Some(id)) = (items.get(at), id_of(&object)) else { continue };
            let above = Above { field: child.field, module: module.clone(), id: item.id };
            let path = format!("{}/{}/{id}", item.path, child.path);
            let row = Row::new(rows, Some(id), object, Some(above));
            let files = self.files(&row, &path);
            all.push((item.bundle, row));
            all.extend(files.into_iter().map(|file| (item.bundle, file)));
            lower.push(Item { bundle: item.bundle, id, path });
        }
        // What has a list of its own has a history of its own.
        let history = if rows.top_level { self.history(rows, &lower).await? } else { Vec::new() };
        if !rows.children.is_empty() && !lower.is_empty() {
            all.extend(self.below(rows.clone(), lower).await?);
        }
        all.extend(history);
        Ok(all)
    }

    /// The rows of one kind below records, each with the place of the record that it is below.
    async fn rows_of(
        &self,
        module: &Arc<Module>,
        child: &Child,
        rows: &Arc<Module>,
        items: &[Item],
    ) -> Result<Vec<(usize, Object)>, Unread> {
        let shown = rows.find(child.field).is_some_and(|leaf| leaf.field.shown && leaf.field.searchable);
        let key = format!("{}/{}", module.path(), child.path);
        let list = List {
            together: shown.then(|| (key.clone(), child.field)),
            each: child.path.to_owned(),
            fields: plan::fields(rows, self.light),
            key,
        };
        self.listed(&list, items).await
    }

    /// What is told of records in their history.
    async fn history(&self, whole: &Arc<Module>, items: &[Item]) -> Result<Vec<(usize, Row)>, Unread> {
        let Some(module) = self.snapshot.catalogue.module("history") else { return Ok(Vec::new()) };
        let list = List {
            key: format!("{}/_history", whole.path()),
            together: Some(("history".to_owned(), "owner")),
            each: "_history".to_owned(),
            fields: plan::fields(module, self.light),
        };
        let found = self.listed(&list, items).await?;
        let row = |(at, object): (usize, Object)| {
            let item = items.get(at)?;
            let above = Above { field: "owner", module: whole.clone(), id: item.id };
            let id = id_of(&object);
            Some((item.bundle, Row::new(module, id, object, Some(above))))
        };
        Ok(found.into_iter().filter_map(row).collect())
    }

    /// The rows of a list that hangs on records, each with the place of its record, read in whatever way the desk shows it.
    async fn listed(&self, list: &List, items: &[Item]) -> Result<Vec<(usize, Object)>, Unread> {
        let way = self.ways().get(&list.key).cloned();
        let apart = self.apart().contains(&list.key);
        match &list.together {
            _ if items.is_empty() || way == Some(Way::Not) => return Ok(Vec::new()),
            Some((path, by)) if !apart => match self.together(path, by, &list.fields, items).await {
                Err(Unread::NotShown(_)) => self.apart().insert(list.key.clone()),
                other => return other,
            },
            _ => false,
        };
        let lists = items.iter().enumerate().map(|(at, item)| self.each(at, item, list).boxed());
        let lists: Vec<_> = lists.collect();
        let mut lists: Vec<Listed> = stream::iter(lists).buffer_unordered(CALLS).try_collect().await?;
        // Of one record it may be that it is gone meanwhile, and of those in the trash that nothing is shown.
        if lists.iter().any(|(_, rows)| rows.is_ok()) {
            self.ways().insert(list.key.clone(), Way::Each);
        } else if let ([(_, Err(words)), _, ..], None) = (lists.as_slice(), way) {
            self.ways().insert(list.key.clone(), Way::Not);
            let mut not_shown = self.not_shown.lock().unwrap_or_else(PoisonError::into_inner);
            not_shown.insert(list.key.clone(), words.clone());
        }
        lists.sort_by_key(|(at, _)| *at);
        let rows = |(at, rows): Listed| rows.unwrap_or_default().into_iter().map(move |row| (at, row));
        Ok(lists.into_iter().flat_map(rows).collect())
    }

    async fn each(&self, at: usize, item: &Item, list: &List) -> Result<Listed, Unread> {
        match self.side.rows(&format!("{}/{}", item.path, list.each), &list.fields, None).await {
            Ok(rows) => Ok((at, Ok(rows))),
            Err(Unread::NotShown(words)) => Ok((at, Err(words))),
            Err(failed) => Err(failed),
        }
    }

    async fn together(
        &self,
        path: &str,
        by: &str,
        fields: &[String],
        items: &[Item],
    ) -> Result<Vec<(usize, Object)>, Unread> {
        let places: HashMap<i64, usize> = items.iter().enumerate().map(|(at, item)| (item.id, at)).collect();
        let pages = items.chunks(TOGETHER).map(|items| {
            let criteria = plan::one_of(by, items.iter().map(|item| item.id));
            self.side.rows(path, fields, Some(criteria)).boxed()
        });
        let pages: Vec<_> = pages.collect();
        let rows = future::try_join_all(pages).await?.concat();
        let parent = |row: &Object| row.get(by).and_then(|value| number(value.get("id").unwrap_or(value)));
        let placed = |row: Object| Some((*places.get(&parent(&row)?)?, row));
        Ok(rows.into_iter().filter_map(placed).collect())
    }

    /// Records that refer to these in a field that they do not show themselves.
    async fn told(
        &self,
        whole: &Arc<Module>,
        items: &[Item],
    ) -> Result<Vec<(usize, Child, Vec<i64>)>, Unread> {
        let mut told = Vec::new();
        for related in &whole.related {
            if !plan::is_told(&self.snapshot.catalogue, related) {
                continue;
            }
            let list = List::of_each(whole, related.path, vec!["id".to_owned()]);
            let found = self.listed(&list, items).await?;
            let mut ids: BTreeMap<usize, Vec<i64>> =
                items.iter().map(|item| (item.bundle, Vec::new())).collect();
            for (at, row) in found {
                if let (Some(item), Some(id)) = (items.get(at), id_of(&row)) {
                    ids.entry(item.bundle).or_default().push(id);
                }
            }
            told.extend(ids.into_iter().map(|(bundle, ids)| (bundle, related.clone(), ids)));
        }
        Ok(told)
    }

    /// The links of requests that say that they have some.
    async fn links(
        &self,
        whole: &Arc<Module>,
        items: &[Item],
        bundles: &[Bundle],
    ) -> Result<Vec<(usize, Row)>, Unread> {
        let module = self.snapshot.catalogue.module("request_link");
        let Some(module) = module.filter(|_| whole.operation("link_requests", true).is_some()) else {
            return Ok(Vec::new());
        };
        let has = |item: &&Item| {
            let row = bundles.get(item.bundle).and_then(|bundle| bundle.rows.first());
            row.is_some_and(|row| row.object.get("has_linked_requests") == Some(&Json::Bool(true)))
        };
        let linked: Vec<Item> = items.iter().filter(has).cloned().collect();
        let found = self.listed(&List::of_each(whole, "link_requests", Vec::new()), &linked).await?;
        let row = |(at, object): (usize, Object)| {
            let item = linked.get(at)?;
            let above = Above { field: "request", module: whole.clone(), id: item.id };
            Some((item.bundle, Row::new(module, None, object, Some(above))))
        };
        Ok(found.into_iter().filter_map(row).collect())
    }

    /// The files that a row shows.
    fn files(&self, row: &Row, path: &str) -> Vec<Row> {
        let (Some(module), Some(id)) = (self.snapshot.catalogue.module("attachment"), row.id) else {
            return Vec::new();
        };
        let of_resolution =
            row.object.get("resolution").and_then(|group| group.get("resolution_attachments"));
        let lists = [
            (row.object.get("attachments"), path.to_owned()),
            (of_resolution, format!("{path}/resolutions")),
        ];
        let mut files = Vec::new();
        for (list, path) in lists {
            for file in list.and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_object) {
                let Some(file_id) = id_of(file) else { continue };
                let above = Above { field: "owner", module: row.module.clone(), id };
                let bytes = Some(format!("{path}/attachments/{file_id}/download"));
                files.push(Row { bytes, ..Row::new(module, Some(file_id), file.clone(), Some(above)) });
            }
        }
        files
    }

    fn apart(&self) -> std::sync::MutexGuard<'_, HashSet<String>> {
        self.apart.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ways(&self) -> std::sync::MutexGuard<'_, HashMap<String, Way>> {
        self.ways.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
