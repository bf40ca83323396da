//! Files that a form brings to a record.

use crate::form::{self, Form, Problems};
use crate::visit::Visit;
use desk::{DeskError, Place, Purpose};
use model::Id;

/// Attaches the files of a form to a record. Each stands for itself: what is wrong with one is said by its name, the
/// others are attached.
///
/// # Errors
/// As for attaching, but for refusals.
pub(crate) async fn attach(
    visit: &Visit,
    form: &Form,
    place: &Place,
    id: Id,
) -> Result<Result<(), Problems>, DeskError> {
    let files = form.uploads(Purpose::Listed);
    if files.is_empty() {
        return Ok(Err(Problems::whole(visit.lang().text("error.no_file"))));
    }
    let mut all = Problems::default();
    for file in files {
        let name = file.name.to_owned();
        let attached = visit.desk().attach(&visit.ctx, place, id, file).await;
        if let Err(mut problems) = form::refused(visit, &place.module, attached)? {
            problems.unlabelled();
            all.general.extend(problems.general.iter().map(|words| format!("{name}: {words}")));
        }
    }
    Ok(if all.is_empty() { Ok(()) } else { Err(all) })
}
