//! Rows below a record that have no page of their own, such as a note or time spent: each has a form, and on it its end.

use super::edit::FormPage;
use super::{may, place_of};
use crate::form::{self, Edit, Form, Problems};
use crate::input::{self, Filled};
use crate::requests::{self, beside};
use crate::shell::Shell;
use crate::visit::{Technician, TechniciansForm, Visit};
use crate::{answer, names, show};
use axum::extract::Path;
use axum::response::Response;
use desk::{DeskError, Place, Verb};
use http::StatusCode;
use model::{Id, Record};

/// The modules with such forms, and the fields of each.
const FORMS: [(&str, &[&str]); 4] = [
    ("request_note", &["description", "show_to_requester"]),
    ("problem_note", &["description"]),
    ("task_comment", &["content"]),
    ("worklog", &["owner", "time_spent", "recorded_time", "worklog_type", "description"]),
];

/// By which field it is known who wrote a row.
const AUTHORS: [&str; 2] = ["created_by", "performed_by"];

fn fields(module: &str) -> Option<&'static [&'static str]> {
    FORMS.iter().find(|(name, _)| *name == module).map(|(_, fields)| *fields)
}

/// The address of a row's form. It is offered to whoever wrote the row, and to administrators.
pub(crate) fn form_of(visit: &Visit, above: &Record, row: &Record) -> Option<String> {
    let child = above.module.children.iter().find(|child| child.module == row.module.name)?;
    let me = Some(visit.ctx.caller.user);
    let is_own = AUTHORS.iter().any(|path| row.module.slot(path).is_some() && row.reference(path) == me);
    let is_offered = (is_own || visit.ctx.is_administrator()) && may(visit, &row.module, Verb::Update);
    fields(&row.module.name).filter(|_| is_offered)?;
    Some(format!("{}/{}/{}/edit", names::record(&above.module, above.id())?, child.path, row.id()))
}

/// A row below a record, and where both are.
struct Row {
    place: Place,
    above: Record,
    id: Id,
    fields: &'static [&'static str],
    /// The row's own address, without what is done there.
    address: String,
}

impl Row {
    /// The row that an address means: `/requests/1/notes/2/edit`.
    async fn of(visit: &Visit, (id, rows, row): (&str, &str, &str)) -> Result<Self, DeskError> {
        let (id, row) = (requests::id_of(id)?, requests::id_of(row)?);
        let path = super::page::first(visit);
        let top = place_of(visit, &path, id).await?;
        let above = visit.desk().locate(&visit.ctx, &top, id).await?;
        let child = above.module.children.iter().find(|child| child.path == rows);
        let child = child.ok_or(DeskError::NotFound)?;
        let fields = fields(child.module).ok_or(DeskError::NotFound)?;
        let place = top.below(above.clone(), visit.snapshot.module(child.module)?.clone(), child.field);
        let address = format!("/{path}/{id}/{rows}/{row}");
        Ok(Self { place, above, id: row, fields, address })
    }

    /// The page that the row is shown on.
    fn back(&self, visit: &Visit) -> String {
        let id = self.above.id();
        if self.above.module.name != "request" {
            return names::record(&self.above.module, id).unwrap_or_default();
        }
        let tab = if self.place.module.name == "worklog" { "time" } else { "" };
        requests::page::address(id, tab, beside::asked(visit).as_deref())
    }

    async fn page(
        &self,
        visit: &Visit,
        record: &Record,
        entered: Option<&Form>,
        problems: &Problems,
    ) -> Result<Response, DeskError> {
        let view = visit.desk().view(std::slice::from_ref(record), None).await?;
        let filled = Filled { record, view: &view, entered, problems };
        let mut controls = Vec::with_capacity(self.fields.len());
        for leaf in self.fields.iter().filter_map(|path| record.module.find(path)) {
            controls.push(input::control(visit, leaf, filled).await?);
        }
        let query = if visit.query.is_empty() { String::new() } else { format!("?{}", visit.query) };
        let title = names::of(visit.lang(), &record.module.name);
        let can_delete = may(visit, &record.module, Verb::Delete);
        let page = FormPage {
            shell: Shell::new(visit, &title),
            action: format!("{}/edit{query}", self.address),
            delete: can_delete.then(|| format!("{}/delete{query}", self.address)),
            back: self.back(visit),
            back_label: show::title(&self.above),
            title,
            general: problems.general.clone(),
            groups: vec![(String::new(), controls)],
            is_new: false,
            of_request: None,
        };
        let status = if problems.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
        Ok(answer::page(status, &page))
    }

    async fn save(&self, visit: &Visit, form: &Form) -> Result<Response, DeskError> {
        let module = self.place.module.clone();
        let named: Vec<&str> =
            form.pairs().iter().map(|(name, _)| name.as_str()).filter(|name| self.has(name)).collect();
        let reading = form::reading(&form.changed().only(&named), &module, &visit.times);
        match form::edit(visit, &self.place, self.id, form, reading, Edit::Fields).await? {
            Ok(_) => Ok(visit.done(&self.back(visit), "saved")),
            Err(mut problems) => {
                problems.lift(visit, &module, |path| form.has(path));
                let record = visit.desk().get(&visit.ctx, &self.place, self.id).await?;
                self.page(visit, &record, Some(form), &problems).await
            }
        }
    }

    /// Whether an input is one of the form's: a field, or how a field was written.
    fn has(&self, name: &str) -> bool {
        self.fields.contains(&name.strip_suffix(".format").unwrap_or(name))
    }
}

/// GET of `/{plural}/{id}/{rows}/{row}/edit`.
pub(crate) async fn show(
    Technician(visit): Technician,
    Path((id, rows, row)): Path<(String, String, String)>,
) -> Response {
    visit.answered(
        async {
            let row = Row::of(&visit, (&id, &rows, &row)).await?;
            if !may(&visit, &row.place.module, Verb::Update) {
                return Err(DeskError::NotPermitted);
            }
            let record = visit.desk().get(&visit.ctx, &row.place, row.id).await?;
            row.page(&visit, &record, None, &Problems::default()).await
        }
        .await,
    )
}

/// POST of `/{plural}/{id}/{rows}/{row}/edit`.
pub(crate) async fn change(
    Path((id, rows, row)): Path<(String, String, String)>,
    TechniciansForm(visit, form): TechniciansForm,
) -> Response {
    visit.answered(async { Row::of(&visit, (&id, &rows, &row)).await?.save(&visit, &form).await }.await)
}

/// POST of `/{plural}/{id}/{rows}/{row}/delete`.
pub(crate) async fn remove(
    Path((id, rows, row)): Path<(String, String, String)>,
    TechniciansForm(visit, _): TechniciansForm,
) -> Response {
    visit.answered(
        async {
            let row = Row::of(&visit, (&id, &rows, &row)).await?;
            visit.desk().delete(&visit.ctx, &row.place, row.id).await?;
            Ok(visit.done(&row.back(&visit), "deleted"))
        }
        .await,
    )
}
