//! What every call needs and few calls change: the catalogue and all small lookups, in memory, replaced as a whole.

use crate::DeskError;
use model::{Additions, Catalogue, Extension, Filter, Id, Map, Module, Record, Size, fold};
use std::collections::HashMap;
use std::sync::{Arc, LazyLock};
use store::{Query, Store};

/// The catalogue and the small lookups as they were at one version of the database.
#[derive(Debug)]
pub struct Snapshot {
    /// The modules, with the fields that administrators added.
    pub catalogue: Arc<Catalogue>,
    /// What the catalogue was built with.
    additions: Additions,
    by_id: Map<Id, Arc<Record>>,
    by_name: HashMap<(String, String), Vec<Arc<Record>>>,
    ordered: Map<String, Vec<Arc<Record>>>,
    /// The desk's own settings.
    pub settings: Settings,
}

/// What the portal's record says, ready for use.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The zone in which times are shown to people who have set none.
    pub zone: jiff::tz::TimeZone,
    /// Whether a priority given beside an impact and an urgency stands against the matrix.
    pub priority_override: bool,
    /// Whether an unknown e-mail address of a requester makes a new requester.
    pub auto_create_requesters: bool,
    /// Fields that must be filled before a request is completed.
    pub closure_mandatory_fields: Vec<String>,
    /// Fields that must be filled before a problem is closed.
    pub problem_closure_mandatory_fields: Vec<String>,
    /// Whether a closed request refuses edits until it is reopened.
    pub closed_requests_locked: bool,
    /// Whether technicians must have a second factor to sign in with their password.
    pub technicians_need_second_factor: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            zone: jiff::tz::TimeZone::UTC,
            priority_override: true,
            auto_create_requesters: false,
            closure_mandatory_fields: Vec::new(),
            problem_closure_mandatory_fields: Vec::new(),
            closed_requests_locked: false,
            technicians_need_second_factor: false,
        }
    }
}

/// No desk keeps more values in one small lookup; a greater number is a mistake that would fill the memory.
const ROWS_MAX: u64 = 50_000;

impl Snapshot {
    /// Reads everything anew.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn load(store: &Store) -> Result<Self, DeskError> {
        Self::load_after(store, None).await
    }

    /// Reads everything anew. The catalogue of the snapshot before stays where nothing was added to it since: building one
    /// takes some ten milliseconds, and so do the tables that the store makes of its modules.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn load_after(store: &Store, before: Option<&Self>) -> Result<Self, DeskError> {
        static BARE: LazyLock<Catalogue> = LazyLock::new(|| Catalogue::new(&Additions::default()));
        let additions = additions(store, &BARE).await?;
        let catalogue = match before.filter(|before| before.additions == additions) {
            Some(before) => before.catalogue.clone(),
            None => Arc::new(Catalogue::new(&additions)),
        };
        let mut this = Self {
            by_id: Map::default(),
            by_name: HashMap::new(),
            ordered: Map::default(),
            settings: Settings::default(),
            catalogue,
            additions,
        };
        for module in this.catalogue.clone().modules().iter().filter(|m| m.size == Size::Small) {
            let mut query = Query::new(module.clone(), Filter::everything(), ROWS_MAX);
            let sort = model::Path::of(module, module.sort.0);
            query.sort =
                sort.map(|path| model::SortKey { path, descending: module.sort.1 }).into_iter().collect();
            let rows: Vec<Arc<Record>> = store.list(&query).await?.into_iter().map(Arc::new).collect();
            for row in &rows {
                this.by_id.insert(row.id(), row.clone());
                let key = (module.name.to_string(), fold(row.title()));
                this.by_name.entry(key).or_default().push(row.clone());
            }
            this.ordered.insert(module.name.to_string(), rows);
        }
        if let Some(portal) = this.rows("portal").first() {
            this.settings = settings(portal);
        }
        Ok(this)
    }

    /// The small record with this id.
    #[must_use]
    pub fn record(&self, id: Id) -> Option<&Arc<Record>> {
        self.by_id.get(&id)
    }
    /// The small record of a module with this id.
    #[must_use]
    pub fn record_of(&self, module: &str, id: Id) -> Option<&Arc<Record>> {
        let found = self.by_id.get(&id)?;
        if found.module.name == module {
            return Some(found);
        }
        // A row may be of several modules: an attribute of CIs is an additional field as well.
        let is_of_both = self.catalogue.module(module).is_some_and(|m| m.table == found.module.table);
        self.rows(module).iter().filter(|_| is_of_both).find(|row| row.id() == id)
    }
    /// All records of a small module, in its order.
    #[must_use]
    pub fn rows(&self, module: &str) -> &[Arc<Record>] {
        self.ordered.get(module).map_or(&[], Vec::as_slice)
    }
    /// The records of a small module with this name, in any letter case.
    #[must_use]
    pub fn named(&self, module: &str, name: &str) -> &[Arc<Record>] {
        self.by_name.get(&(module.to_owned(), fold(name.trim()))).map_or(&[], Vec::as_slice)
    }
    /// The type of CI with this API name.
    pub(crate) fn named_type(&self, name: &str) -> Option<Id> {
        let kind = self.rows("ci_type").iter().find(|kind| kind.text("name") == Some(name))?;
        Some(kind.id())
    }
    /// The module with this name.
    ///
    /// # Errors
    /// When there is none, which is a mistake of ours.
    pub fn module(&self, name: &str) -> Result<&Arc<Module>, DeskError> {
        self.catalogue.module(name).ok_or_else(|| DeskError::Internal(format!("the catalogue has no {name}")))
    }
}

/// What administrators and their data add to the built-in modules.
async fn additions(store: &Store, bare: &Catalogue) -> Result<Additions, DeskError> {
    let rows = async |name: &str| -> Result<Vec<Arc<Record>>, DeskError> {
        let Some(module) = bare.module(name) else { return Ok(Vec::new()) };
        let query = Query::new(module.clone(), Filter::everything(), ROWS_MAX);
        Ok(store.list(&query).await?.into_iter().map(Arc::new).collect())
    };
    let mut additions = Additions {
        assets: crate::products::views(&rows("product_type").await?),
        ci_types: crate::cmdb::types::described(&rows("ci_type").await?),
        ..Additions::default()
    };
    let fields = rows("udf_field").await?;
    let views = |name: &str| {
        let assets = additions.assets.iter().map(|view| (&view.name, &view.plural));
        let cis = additions.ci_types.iter().map(|kind| (&kind.name, &kind.plural));
        let found = assets.chain(cis).find(|(one, many)| *one == name || *many == name);
        found.map(|(one, _)| model::Name::Owned(one.clone()))
    };
    let targets = |name: &str| crate::udf::target(bare, name).or_else(|| views(name));
    let fields: Vec<_> =
        fields.iter().filter_map(|row| Some((row, crate::udf::field(row, &targets)?))).collect();
    for (row, field) in fields {
        match (row.reference("ci_type"), row.text("module.name")) {
            (Some(ci_type), _) => additions.attributes.push((ci_type, field)),
            (None, Some(module)) => {
                additions.fields.push(Extension { module: module.to_owned(), field });
            }
            (None, None) => {}
        }
    }
    Ok(additions)
}

fn settings(portal: &Record) -> Settings {
    let zone = portal.text("timezone").unwrap_or("UTC");
    let fields =
        |path| portal.text(path).and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    Settings {
        zone: jiff::tz::TimeZone::get(zone).unwrap_or(jiff::tz::TimeZone::UTC),
        priority_override: portal.is("priority_override"),
        auto_create_requesters: portal.is("auto_create_requesters"),
        closure_mandatory_fields: fields("closure_mandatory_fields"),
        problem_closure_mandatory_fields: fields("problem_closure_mandatory_fields"),
        closed_requests_locked: portal.is("closed_requests_locked"),
        technicians_need_second_factor: portal.is("technicians_need_second_factor"),
    }
}
