//! What is asked of the trigger.

use super::resource::Resource;
use crate::{Error, Result};
use serde_json::Value as Json;

/// What is asked for.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct PollOptions {
    /// Which records.
    pub resource: Resource,
    /// Tell of new records.
    pub created: bool,
    /// Tell of changed records.
    pub updated: bool,
    /// Where the first poll begins, in milliseconds since 1970. Without it the first poll tells of nothing.
    pub since_ms: Option<i64>,
    /// Read each record as a whole.
    pub whole: bool,
}

impl PollOptions {
    /// New records of this kind.
    #[must_use]
    pub const fn new(resource: Resource) -> Self {
        Self { resource, created: true, updated: false, since_ms: None, whole: false }
    }

    /// From the trigger's inputs by key.
    ///
    /// # Errors
    /// [`Error::Input`] names an input that is unknown or of the wrong kind.
    pub fn from_inputs(inputs: &Json) -> Result<Self> {
        let mut options = Self::new(Resource::Requests);
        let Some(map) = inputs.as_object() else {
            return Err(Error::input("inputs", "an object is expected"));
        };
        for (key, value) in map {
            let truth = || match value {
                Json::Bool(truth) => Ok(*truth),
                Json::String(text) if text == "true" => Ok(true),
                Json::String(text) if text == "false" => Ok(false),
                _ => Err(Error::input(key, "true or false is expected")),
            };
            match key.as_str() {
                "pollResourceType" => {
                    let named = value.as_str().and_then(Resource::named);
                    options.resource = named
                        .ok_or_else(|| Error::input(key, "one of requests, problems, assets is expected"))?;
                }
                "showNewRecords" => options.created = truth()?,
                "showUpdatedRecords" => options.updated = truth()?,
                "wholeRecords" => options.whole = truth()?,
                "since" => {
                    let at = crate::run::time_ms(value).map_err(|why| Error::input(key, why))?;
                    options.since_ms = Some(at);
                }
                "connectionInput" => {}
                _ => return Err(Error::input(key, "the trigger has no such input")),
            }
        }
        Ok(options)
    }
}
