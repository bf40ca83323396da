//! Every route of the OpenAPI document as everybody: nobody, tokens whose scopes are for something else, a stranger, the
//! requester whom it is about, technicians, an administrator. The outcome is a table that a change of rights, or a new route,
//! shows up in. Every call is one that an administrator gets through with, so that what refuses it is a right and nothing else;
//! the few of which that cannot be so are named.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;

use desk::{Scopes, Snapshot, shipped};
use model::{Field, Kind, Module};
use serde_json::{Value as Json, json};
use testkit::{App, Client, on_both_engines};

/// What stands in every text of requests, of problems and of what is below them. Nobody else is told of it.
const WORD: &str = "Zinnober";
const NAME: &str = "Rita Requester";

/// What an administrator does not get through with either: what was said stays as it was said.
const REFUSED_TO_ALL: [&str; 1] = ["PUT /requests/{id0}/notifications/{id1}"];

/// Paths and methods as the OpenAPI document tells them: a route that is not there does not exist.
async fn routes(app: &App) -> Vec<(String, String)> {
    let document = app.nobody().send("GET", "/api/openapi.json", &[], String::new()).await.json();
    let mut routes = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys().filter(|m| *m != "parameters") {
            routes.push((method.to_uppercase(), path.clone()));
        }
    }
    // What takes away comes last.
    let rank = |method: &str| ["GET", "POST", "PUT", "DELETE"].iter().position(|m| *m == method);
    routes.sort_by_key(|(method, path)| (rank(method), path.clone()));
    routes
}

/// What a path of the document leads to.
struct Meaning<'p> {
    module: Arc<Module>,
    /// The field by which the rows name the record above.
    above: Option<&'static str>,
    /// The segments behind the last collection or record.
    rest: Vec<&'p str>,
}

fn meaning<'p>(snapshot: &Snapshot, path: &'p str) -> Meaning<'p> {
    let catalogue = &snapshot.catalogue;
    let mut segments: Vec<&str> = path.split('/').skip(1).collect();
    let first = segments.remove(0);
    let mut module = catalogue.at_path(first).unwrap();
    if segments.first() == Some(&"{ci_type}") {
        segments.remove(0);
        module = catalogue.at_path("cmdb/ci_computer").unwrap();
    }
    let mut above = None;
    loop {
        if segments.first().is_none_or(|segment| !segment.starts_with('{')) {
            return Meaning { module: module.clone(), above, rest: segments };
        }
        segments.remove(0);
        if let Some(child) = segments.first().and_then(|segment| module.child(segment)) {
            segments.remove(0);
            (above, module) = (Some(child.field), catalogue.module(child.module).unwrap());
        }
    }
}

/// A desk, and what has been put into it.
struct World<'a> {
    app: &'a App,
    snapshot: Arc<Snapshot>,
    /// The requester whom the requests are about.
    rita: String,
    /// The site of the requests and problems.
    site: String,
    made: usize,
    /// A record of each collection that was asked for, by its path.
    known: BTreeMap<String, String>,
}

impl World<'_> {
    /// A text that is in no other record.
    fn text(&mut self, is_theirs: bool) -> String {
        self.made += 1;
        format!("{} {}", if is_theirs { WORD } else { "Row" }, self.made)
    }

    /// The first record of a module's collection.
    async fn first_of(&self, list: &str) -> Option<String> {
        let reply = self.app.admin().get(list).await;
        let json: Json = serde_json::from_slice(&reply.bytes).ok()?;
        let rows = json
            .as_object()?
            .iter()
            .find_map(|(key, rows)| rows.as_array().filter(|_| key != "response_status"))?;
        Some(rows.first()?["id"].as_str()?.to_owned())
    }

    /// What a field of a new record needs.
    async fn value(&mut self, field: &Field, is_theirs: bool) -> Json {
        match &field.kind {
            Kind::Ref(target) => {
                let target = self.snapshot.catalogue.module(target).unwrap().clone();
                let at = format!("/{}", target.path());
                match self.first_of(&at).await {
                    Some(id) => json!({"id": id}),
                    None => json!({"id": Box::pin(self.fresh(&at, &at)).await}),
                }
            }
            Kind::Time | Kind::Date => json!({"value": (self.app.desk.now() + 86_400_000).to_string()}),
            Kind::Decimal => json!("1.5"),
            Kind::PickMany { .. } => json!(["somebody@example.com"]),
            _ => json!(self.text(is_theirs)),
        }
    }

    /// The input by which a record is added to a collection.
    async fn new_row(&mut self, template: &str) -> Json {
        let Meaning { module, above, .. } = meaning(&self.snapshot, template);
        let is_theirs = template.starts_with("/requests") || template.starts_with("/problems");
        let mut row = serde_json::Map::new();
        for field in
            module.fields.iter().filter(|f| f.required && f.access.is_open() && Some(f.key.as_ref()) != above)
        {
            row.insert(field.key.to_string(), self.value(field, is_theirs).await);
        }
        let more = self.beside(&module.name).await;
        row.extend(more.as_object().unwrap().clone());
        json!({module.key(): row})
    }

    /// What a new row of a module needs that its catalogue does not tell.
    async fn beside(&mut self, module: &str) -> Json {
        let unique = self.made;
        match module {
            "request" => json!({"requester": {"id": self.rita}, "site": {"id": self.site}}),
            "problem" => json!({"site": {"id": self.site}}),
            "user" | "requester" | "technician" => json!({"email_id": format!("row.{unique}@example.com")}),
            "asset" | "workstation" => json!({"is_loanable": true}),
            "asset_loan" => json!({"loaned_assets": [{"asset": self.another("assets").await}]}),
            "loaned_asset" => json!({"asset": self.another("assets").await}),
            "ci" => json!({"ci_type": {"name": "ci_computer"}}),
            "ci_attribute" | "udf_field" => {
                json!({"name": format!("Row {unique}"), "field_type": "Single Line"})
            }
            "ci_relationship" => {
                json!({"parent_ci": self.another("cmdb").await, "child_ci": self.another("cmdb").await})
            }
            "ci_type_relationship" => {
                json!({"parent_ci_type": self.another("ci_types").await, "child_ci_type": self.another("ci_types").await})
            }
            "closure_code" => json!({"module": {"name": "request"}}),
            "priority_matrix" => {
                json!({"impact": self.another("impacts").await, "urgency": self.another("urgencies").await})
            }
            "role" => json!({"access": "technician"}),
            "saved_view" => json!({"module": "requests"}),
            _ => json!({}),
        }
    }

    /// A reference to a record that nothing else refers to.
    async fn another(&mut self, plural: &str) -> Json {
        let at = format!("/{plural}");
        json!({"id": Box::pin(self.fresh(&at, &at)).await})
    }

    /// A new record at a path whose parameters are filled; the first that is there where nothing can be added.
    async fn fresh(&mut self, template: &str, path: &str) -> String {
        let Meaning { module, .. } = meaning(&self.snapshot, template);
        if !module.writable {
            return self.first_of(path).await.unwrap_or_else(|| panic!("there is nothing at {path}"));
        }
        let input = self.new_row(template).await;
        let reply = self.app.admin().post(path, input.clone()).await;
        assert!(reply.status.is_success(), "POST {path} {input}: {}", reply.json());
        let made = reply.json();
        let record = &made[module.key()];
        record["id"].as_str().unwrap_or_else(|| panic!("{made}")).to_owned()
    }

    /// The path with ids of records in the places of its parameters: of new ones where they will be changed.
    async fn filled(&mut self, template: &str, anew: bool) -> String {
        let (mut out, mut so_far) = (String::new(), String::new());
        for part in template.split('/').skip(1) {
            if part == "{ci_type}" {
                out.push_str("/ci_computer");
            } else if part.starts_with('{') {
                let id = match self.known.get(&out).filter(|_| !anew) {
                    Some(id) => id.clone(),
                    None => self.fresh(&so_far, &out).await,
                };
                self.known.entry(out.clone()).or_insert_with(|| id.clone());
                out = format!("{out}/{id}");
            } else {
                out = format!("{out}/{part}");
            }
            so_far = format!("{so_far}/{part}");
        }
        out
    }

    /// What a call of a route sends.
    async fn input(&mut self, method: &str, template: &str) -> Json {
        let Meaning { module, rest, .. } = meaning(&self.snapshot, template);
        let is_theirs = template.starts_with("/requests") || template.starts_with("/problems");
        let key = module.key().to_owned();
        let operation = rest.first().map(|segment| segment.trim_start_matches('_'));
        match (method, module.table.as_ref(), operation) {
            ("POST", _, None) => self.new_row(template).await,
            ("PUT", _, None) => {
                let has = |key: &str| {
                    module.field(key).is_some_and(|f| {
                        f.access.is_open() && matches!(f.kind, Kind::Text { .. } | Kind::Html { .. })
                    })
                };
                let field = ["description", "comments", module.title].into_iter().find(|key| has(key));
                match field {
                    Some(field) => json!({key: {field: self.text(is_theirs)}}),
                    None => json!({key: {}}),
                }
            }
            (_, _, Some("extend")) => {
                let later = (self.app.desk.now() + 172_800_000).to_string();
                json!({key: {"due_by_time": {"value": later}}})
            }
            ("POST", _, Some("ci_relationships")) => {
                let kind = json!({"id": self.first_of("/ci_relationship_types").await});
                json!({"ci_relationships": [{"relationship_type": kind, "child_ci": self.another("cmdb").await}]})
            }
            (_, _, Some("assign")) => {
                json!({key: {"technician": {"id": shipped::ADMINISTRATOR.to_string()}}})
            }
            (_, _, Some("tag")) => json!({"tags": [self.another("tags").await]}),
            (_, _, Some("resolutions")) => json!({"resolution": {"content": self.text(true)}}),
            (_, _, Some("link_requests")) => {
                json!({"link_requests": [{"linked_request": self.another("requests").await}]})
            }
            (_, _, Some("merge_requests")) => json!({"merge_requests": [self.another("requests").await]}),
            (_, _, Some("problem")) => {
                json!({"request_problem_association": {"problem": self.another("problems").await}})
            }
            (_, _, Some(incidents @ ("associated_incidents" | "associated_requests"))) => {
                json!({incidents: [{"request": self.another("requests").await}]})
            }
            _ => json!({}),
        }
    }

    /// Makes it so that a call can be done: what it takes away has to be there.
    async fn prepare(&mut self, method: &str, template: &str, path: &str, input: &mut Json) {
        let admin = self.app.admin();
        match (method, template.rsplit('/').next().unwrap()) {
            (_, "_restore_from_trash") => {
                let request = path.trim_end_matches("/_restore_from_trash");
                admin.delete(&format!("{request}/_move_to_trash")).await.ok();
            }
            ("DELETE", "_associated_incidents" | "_associated_requests" | "_link_requests") => {
                admin.post(path, input.clone()).await.ok();
            }
            ("DELETE", "_ci_relationships") => {
                let row = self.input("POST", template).await;
                let made = admin.post(path, row).await.json();
                *input = json!({"ci_relationships": [{"id": made["ci_relationships"][0]["id"]}]});
            }
            _ => {}
        }
    }
}

/// The status of a call, and what is told.
async fn call(client: &Client<'_>, method: &str, path: &str, input: &Json) -> (u16, String) {
    let reply = match method {
        "GET" => client.get(path).await,
        "POST" if path.ends_with("_uploads") => {
            let body = "--b\r\nContent-Disposition: form-data; name=\"input_file\"; filename=\"a.txt\"\r\n\r\nx\r\n--b--\r\n";
            let headers = [("Content-Type", "multipart/form-data; boundary=b")];
            client.send("POST", &format!("/api/v3{path}"), &headers, body).await
        }
        "POST" => client.post(path, input.clone()).await,
        "PUT" => client.put(path, input.clone()).await,
        _ if input.as_object().is_some_and(|input| !input.is_empty()) => {
            client.form_delete(path, input.clone()).await
        }
        _ => client.delete(path).await,
    };
    (reply.status.as_u16(), String::from_utf8_lossy(&reply.bytes).into_owned())
}

/// A call of a route that is ready to be made.
struct Ready {
    path: String,
    input: Json,
    /// The record that the path goes to or through last, and how an administrator sees it.
    record: Option<(String, Json)>,
}

impl World<'_> {
    async fn ready(&mut self, method: &str, template: &str) -> Ready {
        let Meaning { rest, .. } = meaning(&self.snapshot, template);
        let changes = method != "GET";
        let mut path = self.filled(template, changes).await;
        let is_collection = rest.is_empty() && !template.ends_with('}');
        let mut record = path.split('/').collect::<Vec<_>>();
        record.truncate(record.len() - rest.len() - usize::from(is_collection));
        let mut record = record.join("/");
        if is_collection && matches!(method, "PUT" | "DELETE") {
            let id = self.fresh(template, &path).await;
            record = format!("{path}/{id}");
            path = format!("{path}?ids={id}");
        }
        let mut input = if changes { self.input(method, template).await } else { json!({}) };
        self.prepare(method, template, &path, &mut input).await;
        let is_there = changes && record.len() > 1 && !template.ends_with("_restore_from_trash");
        let record = if is_there { Some((record.clone(), self.seen(&record).await)) } else { None };
        Ready { path, input, record }
    }

    /// What an administrator sees of a record.
    async fn seen(&self, record: &str) -> Json {
        self.app.admin().get(record).await.ok()
    }
}

/// Scopes for these verbs in every area.
fn everywhere(verbs: &[&str]) -> Scopes {
    let areas = model::Area::ALL.iter();
    let words =
        areas.flat_map(|area| verbs.iter().map(move |verb| format!("SDPOnDemand.{}.{verb}", area.word())));
    Scopes::parse(&words.collect::<Vec<_>>().join(",")).unwrap()
}

const HEAD: &str = "\
# What a call that is in order comes to. By column: nobody; an administrator's tokens for another area, for reading where it
# writes and the other way round, for all but the verb (CREATE, UPDATE, DELETE of POST, PUT, DELETE); a requester who is a
# stranger; a technician of another site; the requester whom the request is about; a technician; an administrator.
";

on_both_engines! {
    every_route_as_everybody(app) {
        tried(app).await;
    }
}

async fn tried(app: &App) {
    let admin = app.admin();
    let mut sites = Vec::new();
    for name in ["Munich", "Berlin"] {
        let made = admin.post("/sites", json!({"site": {"name": name}})).await.ok();
        sites.push(made["site"]["id"].as_str().unwrap().to_owned());
    }
    let (rita, own) = app.person(NAME, json!({"site": {"name": "Munich"}})).await;
    let (_, stranger) = app.requester("Wim Weak").await;
    let limited = json!({"is_technician": true, "role": {"name": "SDSiteTechnician"}, "associated_sites": [{"name": "Berlin"}]});
    let (_, elsewhere) = app.person("Fritz Foreign", limited).await;
    let (_, technician) = app.technician("Tina Technician").await;
    let nobody = app.nobody();
    let token =
        async |scopes: Scopes| Client::with_token(app, &app.token_for(shipped::ADMINISTRATOR, scopes).await);
    let other = token(Scopes::parse("SDPOnDemand.solutions.ALL").unwrap()).await;
    let (reads, writes) =
        (token(everywhere(&["READ"])).await, token(everywhere(&["CREATE", "UPDATE", "DELETE"])).await);
    let lacking = BTreeMap::from([
        ("GET", token(everywhere(&["CREATE", "UPDATE", "DELETE"])).await),
        ("POST", token(everywhere(&["READ", "UPDATE", "DELETE"])).await),
        ("PUT", token(everywhere(&["READ", "CREATE", "DELETE"])).await),
        ("DELETE", token(everywhere(&["READ", "CREATE", "UPDATE"])).await),
    ]);
    let whole = token(Scopes::all()).await;
    let mut world = World {
        app,
        snapshot: app.desk.snapshot(),
        rita: rita.to_string(),
        site: sites.remove(0),
        made: 0,
        known: BTreeMap::new(),
    };

    let mut table = String::from(HEAD);
    let mut wrong = Vec::new();
    for (method, template) in routes(app).await {
        let is_operation = !meaning(&world.snapshot, &template).rest.is_empty();
        let is_below = template.contains('{');
        let changes = method != "GET";
        let is_theirs =
            changes && is_below && (template.starts_with("/requests") || template.starts_with("/problems"));
        let columns = [
            ("nobody", &nobody),
            ("another area", &other),
            ("half", if changes { &reads } else { &writes }),
            ("all but the verb", &lacking[method.as_str()]),
            ("a stranger", &stranger),
            ("elsewhere", &elsewhere),
            ("their own", &own),
            ("a technician", &technician),
            ("an administrator", &whole),
        ];
        write!(table, "{method:<6} {template:<71}").unwrap();
        let mut ready = None;
        for (whom, client) in columns {
            if ready.is_none() {
                ready = Some(world.ready(&method, &template).await);
            }
            let Ready { path, input, record } = ready.as_ref().unwrap();
            let (status, told) = call(client, &method, path, input).await;
            write!(table, " {status}").unwrap();
            let is_told = |word: &str| told.contains(word) && !input.to_string().contains(word);
            let is_refused = status >= 400;
            let is_wrong = match whom {
                "nobody" | "another area" | "half" => status != 401,
                // A row below a record may be added by who may edit the record; operations have rights of their own.
                "all but the verb" => status != 401 && !is_operation && !(method == "POST" && is_below),
                "a stranger" => is_told(WORD) || is_told(NAME) || (is_theirs && !is_refused),
                "elsewhere" => is_told(WORD) || (is_theirs && !is_refused),
                "an administrator" => {
                    is_refused != REFUSED_TO_ALL.contains(&format!("{method} {template}").as_str())
                }
                _ => false,
            };
            let has_changed = match record {
                Some((record, before)) if is_refused => world.seen(record).await != *before,
                _ => false,
            };
            if is_wrong || has_changed || status >= 500 {
                wrong.push(format!(
                    "{method} {path} {input} for {whom}: {status}, changed: {has_changed}, {told:.300}"
                ));
            }
            if changes && !is_refused {
                ready = None;
            }
        }
        table.push('\n');
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let agreed = include_str!("matrix.txt");
    assert!(
        table == agreed,
        "if the change is meant, put this into tests/it/matrix.txt:\n{}",
        differences(agreed, &table)
    );
}

/// Lines that are not in the other text.
fn differences(old: &str, new: &str) -> String {
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("matrix.txt");
    std::fs::write(&path, new).unwrap();
    let mut out = format!("(all of it is in {})\n", path.display());
    for (sign, these, those) in [("-", old, new), ("+", new, old)] {
        let those: std::collections::BTreeSet<&str> = those.lines().collect();
        for line in these.lines().filter(|line| !those.contains(line)).take(20) {
            writeln!(out, "{sign} {line}").unwrap();
        }
    }
    out
}
