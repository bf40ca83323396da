//! Runs actions: from inputs to calls, and from answers to `{"data": …}`.

mod build;
mod clean;
mod criteria;
mod files;
mod raw;

pub(crate) use clean::{Values, time_ms};

use crate::catalogue::{self, Action, Does, Inputs};
use crate::http::{Call, Repeat};
use crate::list::ListQuery;
use crate::{Client, Error, Result};
use serde_json::{Map, Value as Json, json};

impl Client {
    /// Runs an action by its key, with inputs by theirs: flat, or with the members of a group in an object under the
    /// group's key. The answer is `{"data": …}` around the whole answer of the API.
    ///
    /// ```no_run
    /// # async fn example(client: connector::Client) -> connector::Result<()> {
    /// let made = client
    ///     .run("createRequest", &serde_json::json!({"requestSubject": "The printer on floor 3 smokes"}))
    ///     .await?;
    /// println!("{}", made["data"]["request"]["id"]);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error::Input`] for an unknown action or with all inputs that cannot be; else those of the call.
    pub async fn run(&self, action: &str, inputs: &Json) -> Result<Json> {
        let known = catalogue::action(action)
            .ok_or_else(|| Error::input("action", format!("there is no action {action}")))?;
        match inputs {
            Json::Null => self.run_action(known, Map::new()).await,
            Json::Object(map) => self.run_action(known, map.clone()).await,
            _ => Err(Error::input("inputs", "an object is expected")),
        }
    }

    /// Runs an action with typed inputs. The answer is as that of [`Client::run`].
    ///
    /// # Errors
    /// As [`Client::run`].
    pub async fn perform<I: Inputs>(&self, inputs: I) -> Result<Json> {
        self.run_action(I::ACTION, inputs.into_inputs()).await
    }

    /// Whether an action would be sent with these inputs, without sending it.
    ///
    /// # Errors
    /// [`Error::Input`] for an unknown action or with all inputs that cannot be.
    pub fn check_inputs(action: &str, inputs: &Json) -> Result<()> {
        let known = catalogue::action(action)
            .ok_or_else(|| Error::input("action", format!("there is no action {action}")))?;
        let map = inputs.as_object().ok_or_else(|| Error::input("inputs", "an object is expected"))?;
        let values = Values::read(known, map)?;
        match known.does {
            Does::Raw => Ok(()),
            Does::List => list_query(&values).map(|_| ()),
            _ => build::path(known, &values).map(|_| ()),
        }
    }

    async fn run_action(&self, action: &'static Action, inputs: Map<String, Json>) -> Result<Json> {
        let values = Values::read(action, &inputs)?;
        let debug = values.is_true("debug") || values.is_true("debugRequest");
        let client = if debug { self.debugging() } else { self.clone() };
        let data = client.answer(action, &values).await?;
        Ok(json!({"data": data}))
    }

    async fn answer(&self, action: &'static Action, values: &Values) -> Result<Json> {
        if action.does == Does::Raw {
            return raw::send(self, values).await;
        }
        let path = build::path(action, values)?;
        match action.does {
            Does::Get => self.get(&path).await,
            Does::List => self.list(&path, values).await,
            Does::Delete => self.json_delete(&path, action, values).await,
            Does::Update => self.put(&path, &build::body(action, values)?).await,
            Does::Create => self.create(&path, &build::body(action, values)?, self.name()).await,
            Does::Operate => {
                let method = ::http::Method::from_bytes(action.method.as_bytes());
                let method = method.map_err(|_| Error::input("method", "it is no method"))?;
                // What was done is refused the second time, so an answer that is lost stays lost.
                let call = Call::new(method, path).repeat(Repeat::Unsafe);
                let body = build::body(action, values)?;
                let empty = body.as_object().is_some_and(Map::is_empty);
                self.json(&if empty { call } else { call.input(&body) }).await
            }
            Does::File => files::act(self, action, &path, values).await,
            Does::Raw => raw::send(self, values).await,
        }
    }

    /// The rows of a list action one by one, in flat memory. `page` and `rowCount` have no say.
    ///
    /// # Errors
    /// [`Error::Input`] when that is no list action, or with all inputs that cannot be.
    pub fn rows(&self, action: &str, inputs: &Json) -> Result<crate::Walk> {
        let known = catalogue::action(action).filter(|action| action.does == Does::List);
        let known =
            known.ok_or_else(|| Error::input("action", format!("{action} is no action that lists")))?;
        let empty = Map::new();
        let values = Values::read(known, inputs.as_object().unwrap_or(&empty))?;
        Ok(self.walk(&build::path(known, &values)?, list_query(&values)?.rows(100)))
    }

    async fn json_delete(&self, path: &str, action: &Action, values: &Values) -> Result<Json> {
        match build::query(action, values).as_slice() {
            [] => self.delete(path).await,
            pairs => {
                let call = Call::new(::http::Method::DELETE, path);
                let call = pairs.iter().fold(call, |call, (key, value)| call.query(*key, value.as_str()));
                self.json(&call).await
            }
        }
    }

    async fn list(&self, path: &str, values: &Values) -> Result<Json> {
        let query = list_query(values)?;
        let one_page = values.number("page").is_some() || values.number("rowCount").is_some();
        if values.truth("fetchAll").unwrap_or(!one_page) {
            return self.walk(path, query.rows(100)).into_body().await;
        }
        let rows = values.number("rowCount").unwrap_or(100);
        if rows > 100 {
            return Err(Error::input("rowCount", "a page has 100 rows at most; fetchAll reads all pages"));
        }
        let mut info = query.rows(u32::try_from(rows).unwrap_or(100)).list_info();
        info.insert("page".into(), json!(values.number("page").unwrap_or(1)));
        Ok(self.page_with(path, info).await?.into_body())
    }
}

/// What the list inputs ask for.
fn list_query(values: &Values) -> Result<ListQuery> {
    let mut query = ListQuery::new();
    if let Some(criteria) = criteria::of(values)? {
        query = query.criteria(criteria);
    }
    if let Some(fields) = values.json("searchFields") {
        query = query.search_fields(fields.clone());
    }
    if let Some(view) = values.json("filterBy") {
        query = query.filter_by(view.clone());
    }
    match (values.text("sortField"), values.text("sortOrder")) {
        (Some(field), order) => query = query.sort(field, order == Some("desc")),
        (None, Some(_)) => return Err(Error::input("sortOrder", "an order needs a sortField")),
        (None, None) => {}
    }
    if let Some(fields) = values.list("fieldsRequired") {
        query = query.fields(fields.iter().cloned());
    }
    if values.is_true("getTotalCount") {
        query = query.with_total();
    }
    Ok(query)
}
