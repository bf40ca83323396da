//! Data sources: records to choose from.

use crate::catalogue;
use crate::{Client, Error, ListQuery, Result};
use serde_json::{Value as Json, json};

impl Client {
    /// All records of a data source as `{"result": [{"label": …, "key": …}]}`, with `search` only those whose label
    /// contains it.
    ///
    /// ```no_run
    /// # async fn example(client: connector::Client) -> connector::Result<()> {
    /// let found = client.source("selectAsset", Some("printer")).await?;
    /// println!("{}", found["result"][0]["key"]);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error::Input`] for an unknown data source; else those of the calls.
    pub async fn source(&self, key: &str, search: Option<&str>) -> Result<Json> {
        let source = catalogue::data_source(key)
            .ok_or_else(|| Error::input("source", format!("there is no data source {key}")))?;
        let mut query = ListQuery::new().fields([source.label_field]);
        if let Some(words) = search.map(str::trim).filter(|words| !words.is_empty()) {
            query =
                query.criteria(json!({"field": source.label_field, "condition": "contains", "value": words}));
        }
        let mut walk = self.walk(source.path, query);
        let mut result = Vec::new();
        while let Some(row) = walk.next().await? {
            let label = row.get(source.label_field).cloned().unwrap_or(Json::Null);
            result.push(json!({"label": label, "key": row.get("id")}));
        }
        Ok(json!({"result": result}))
    }
}
