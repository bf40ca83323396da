//! The GETs of the OpenAPI document that a desk serves, each with the record that has most to tell in the place of every
//! parameter.

use super::caller::{Caller, rows};
use crate::{Outcome, load};
use serde_json::Value;
use std::cmp::Reverse;
use std::collections::HashMap;

/// So many of the records in a parameter's place are looked at, and so many where there is another parameter behind it.
const LOOKED_AT: usize = 100;
const FOLLOWED: usize = 10;

/// Lists as they are asked for while records are looked for.
const WHOLE: &str = r#"{"row_count":100,"get_total_count":true}"#;

/// A route, and the path that was found for it.
pub struct Route {
    pub template: String,
    /// `None` where the desk has no record to ask for.
    pub path: Option<Path>,
    /// What was answered otherwise than by 200 or 404 while a path was looked for.
    pub refused: Option<String>,
    /// How many records were asked for that have nothing there (404), and how many were asked for.
    pub missing: (usize, usize),
}

/// A path to a record that exists.
#[derive(Clone)]
pub struct Path {
    pub path: String,
    /// Whether it is a list that can be asked for in pieces.
    pub is_list: bool,
    weight: Weight,
}

impl Path {
    /// How many rows there are.
    pub const fn total(&self) -> u64 {
        self.weight.0
    }
}

/// How much an answer tells: rows in all, bytes of the first hundred.
type Weight = (u64, usize);

/// All routes of a desk.
///
/// # Errors
/// There is no document.
pub fn all(caller: &mut Caller<'_>) -> Outcome<Vec<Route>> {
    let document = caller.json(&load::get("/api/openapi.json", ""))?;
    let paths = document.get("paths").and_then(Value::as_object).ok_or("a document without paths")?;
    let mut finder = Finder { caller, looked_at: HashMap::new(), ids: HashMap::new(), missing: (0, 0) };
    let mut routes = Vec::new();
    for (template, methods) in paths {
        if methods.get("get").is_none() {
            continue;
        }
        finder.missing = (0, 0);
        let parts: Vec<&str> = template.split('/').skip(1).collect();
        let (path, refused) = match finder.best("", &parts) {
            Ok(path) => (path, None),
            Err(refused) => (None, Some(refused.to_string())),
        };
        routes.push(Route { template: template.clone(), path, refused, missing: finder.missing });
    }
    Ok(routes)
}

struct Finder<'c, 's> {
    caller: &'c mut Caller<'s>,
    /// What was looked at; `None` where nothing was there.
    looked_at: HashMap<String, Option<Path>>,
    ids: HashMap<(String, &'static str), Vec<String>>,
    missing: (usize, usize),
}

impl Finder<'_, '_> {
    /// Of the paths that this one stands for, behind what has been filled in, the one that tells most.
    fn best(&mut self, at: &str, rest: &[&str]) -> Outcome<Option<Path>> {
        let Some((before, parameter, behind)) = at_parameter(rest) else {
            let found = self.look(&joined(at, rest))?;
            self.missing.0 += usize::from(found.is_none());
            self.missing.1 += 1;
            return Ok(found);
        };
        let list = joined(at, before);
        let mut ids = self.ids(&list, parameter)?;
        if let Some((next, _, _)) = at_parameter(behind) {
            // Those below which there is most.
            let mut weighed = Vec::new();
            for id in ids {
                let below = self.look(&joined(&format!("{list}/{id}"), next))?;
                weighed.extend(below.map(|below| (below.weight, id)));
            }
            weighed.retain(|((rows, _), _)| *rows > 0);
            weighed.sort_by_key(|(weight, _)| Reverse(*weight));
            ids = weighed.into_iter().take(FOLLOWED).map(|(_, id)| id).collect();
        }
        let mut best: Option<Path> = None;
        for id in ids {
            if let Some(found) = self.best(&format!("{list}/{id}"), behind)?
                && best.as_ref().is_none_or(|best| found.weight > best.weight)
            {
                best = Some(found);
            }
        }
        Ok(best)
    }

    /// What a path tells.
    fn look(&mut self, path: &str) -> Outcome<Option<Path>> {
        if let Some(known) = self.looked_at.get(path) {
            return Ok(known.clone());
        }
        let call = self.caller.get(path, Some(WHOLE));
        let found = match self.caller.json(&call) {
            Ok(answer) => {
                let total = answer.pointer("/list_info/total_count").and_then(Value::as_u64);
                let shown = rows(&answer).map_or(0, <[Value]>::len);
                let weight = (total.map_or(u64::try_from(shown), Ok)?, answer.to_string().len());
                let is_list = answer.get("list_info").is_some();
                Some(Path { path: path.to_owned(), is_list, weight })
            }
            Err(failed) if failed.to_string().contains("HTTP/1.1 404") => None,
            Err(failed) => return Err(failed),
        };
        self.looked_at.insert(path.to_owned(), found.clone());
        Ok(found)
    }

    /// The first records of a list, by what stands for them in paths.
    fn ids(&mut self, list: &str, parameter: &str) -> Outcome<Vec<String>> {
        // The types of CI are lists of their own.
        let (list, key) =
            if parameter == "{ci_type}" { ("/ci_types", "api_plural_name") } else { (list, "id") };
        let place = (list.to_owned(), key);
        if let Some(known) = self.ids.get(&place) {
            return Ok(known.clone());
        }
        let answer = self.caller.json(&self.caller.get(list, Some(WHOLE)))?;
        let rows = rows(&answer).ok_or_else(|| format!("{list} is no list"))?;
        let id = |row: &Value| row.get(key).and_then(Value::as_str).map(str::to_owned);
        let ids: Option<Vec<String>> = rows.iter().take(LOOKED_AT).map(id).collect();
        let ids = ids.ok_or_else(|| format!("a row of {list} has no {key}"))?;
        self.ids.insert(place, ids.clone());
        Ok(ids)
    }
}

fn at_parameter<'p>(parts: &'p [&'p str]) -> Option<(&'p [&'p str], &'p str, &'p [&'p str])> {
    let place = parts.iter().position(|part| part.starts_with('{'))?;
    let (before, rest) = parts.split_at(place);
    let (parameter, behind) = rest.split_first()?;
    Some((before, parameter, behind))
}

fn joined(at: &str, parts: &[&str]) -> String {
    parts.iter().fold(at.to_owned(), |path, part| format!("{path}/{part}"))
}
