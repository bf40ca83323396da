//! Which module a person means.

use crate::TransferError;
use desk::Snapshot;
use model::Module;
use std::sync::Arc;

/// The module with this name: the plural or the singular, a path of the API such as `cmdb/ci_computer`; `cis` with a
/// type beside it; `relationships` for those between CIs.
pub(crate) fn find(
    snapshot: &Snapshot,
    name: &str,
    ci_type: Option<&str>,
) -> Result<Arc<Module>, TransferError> {
    let catalogue = &snapshot.catalogue;
    let plain = name.trim().to_ascii_lowercase().replace('-', "_");
    let is_ci = matches!(plain.as_str(), "ci" | "cis" | "cmdb");
    if let Some(ci_type) = ci_type {
        if !is_ci {
            return Err(TransferError::Usage(format!("--type goes with cis, not with {name}")));
        }
        let wanted = model::fold(ci_type);
        let row = snapshot.rows("ci_type").iter().find(|row| {
            ["name", "display_name"]
                .iter()
                .any(|path| row.text(path).map(model::fold).as_ref() == Some(&wanted))
        });
        let module = row.and_then(|row| catalogue.module(row.text("name")?));
        return module
            .cloned()
            .ok_or_else(|| TransferError::Usage(format!("there is no type of CI {ci_type}")));
    }
    let found = match plain.as_str() {
        "relationships" => catalogue.module("ci_relationship"),
        _ if is_ci => catalogue.module("ci"),
        other => catalogue.at_path(other).or_else(|| catalogue.module(other)),
    };
    let found = found.filter(|module| module.top_level);
    found.cloned().ok_or_else(|| TransferError::Usage(format!("there is no module {name}")))
}
