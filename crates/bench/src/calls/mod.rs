//! Every GET of the API beside what it returns and beside what there is, and what longer inputs cost: whether any call is
//! worse than linear.

mod caller;
mod furnish;
mod longer;
mod routes;
mod told;

use crate::Outcome;
use crate::desks::Desks;
use crate::server::Server;
use caller::{Caller, Shown, number};
use routes::Route;
use std::collections::BTreeMap;
use std::time::Duration;
use told::{Line, names, spread};

/// What differs by less is noise: a figure above it is taken once more, and the lesser counts.
const NOISE: f64 = 1.25;
/// Only of a list that brings more rows it is told what a row costs.
const FEW: usize = 20;
/// Pages are looked at deep in lists that have more rows than these.
const LONG: u64 = 1_000;
/// So many pages are walked on from the middle of a list.
const WALKED: u64 = 20;

/// A desk with what was found on it.
struct Desk<'s> {
    size: u64,
    caller: Caller<'s>,
    routes: BTreeMap<String, Route>,
    /// How long a call of one small row takes, and how many bytes more a list of requests has in as much time: what a call
    /// costs by itself, in bytes.
    itself: (Duration, f64),
}

/// What a route showed on a desk: the whole answer, and of a list what 10 rows and one take, and one with how many there are.
struct Figures {
    whole: Shown,
    list: Option<[Shown; 3]>,
}

/// All calls on desks of these sizes.
///
/// # Errors
/// A call was answered otherwise than by 200; those of single routes are told of all at the end.
pub fn measure(desks: &Desks, sizes: &[u64]) -> Outcome<()> {
    let servers: Vec<Server> = sizes.iter().map(|size| desks.of_requests(*size)).collect::<Outcome<_>>()?;
    let mut all = Vec::new();
    for (size, server) in sizes.iter().zip(&servers) {
        all.push(Desk::new(*size, server)?);
    }
    let refused = |desk: &Desk<'_>, template: &str, refused: &str| {
        format!("{} requests, `{template}`: {refused}", desk.size)
    };
    let mut failed = Vec::new();
    for desk in &all {
        let of_desk = desk.routes.values();
        failed.extend(of_desk.filter_map(|r| Some(refused(desk, &r.template, r.refused.as_deref()?))));
    }
    let mut figures: Vec<BTreeMap<String, Figures>> = all.iter().map(|_| BTreeMap::new()).collect();
    let templates: Vec<String> = all.first().ok_or("no desk")?.routes.keys().cloned().collect();
    for template in &templates {
        // One desk after the other, so that they are compared within a moment.
        for (desk, figures) in all.iter_mut().zip(&mut figures) {
            match desk.figures(template) {
                Ok(of_route) => figures.extend(of_route.map(|of_route| (template.clone(), of_route))),
                Err(told) => failed.push(refused(desk, template, &told.to_string())),
            }
        }
    }
    for (desk, figures) in all.iter_mut().zip(&figures) {
        found(desk);
        returned(desk, figures)?;
    }
    if let ([few, .., many], [of_few, .., of_many]) = (all.as_mut_slice(), figures.as_slice()) {
        there(few, many, of_few, of_many)?;
    }
    let mut longer = Ok(());
    if let (Some(desk), Some(figures)) = (all.last_mut(), figures.last()) {
        counted(desk, figures)?;
        failed.extend(deep(desk));
        longer = longer::measure(desk.size, &mut desk.caller);
    }
    for failed in &failed {
        println!("| **not answered with 200** | {} |", failed.replace('|', "\\|"));
    }
    longer?;
    if failed.is_empty() { Ok(()) } else { Err(format!("not answered with 200: {failed:#?}").into()) }
}

impl<'s> Desk<'s> {
    fn new(size: u64, server: &'s Server) -> Outcome<Self> {
        let mut caller = Caller::new(server)?;
        furnish::furnish(&mut caller)?;
        let routes = routes::all(&mut caller)?;
        server.settle()?;
        let list = |rows: u32| format!("{{\"row_count\":{rows}}}");
        let small = caller.timed(&caller.get("/requests", Some(&list(1))))?;
        let full = caller.timed(&caller.get("/requests", Some(&list(100))))?;
        let least = caller.timed(&caller.get("/impacts", Some(&list(1))))?.p50;
        let bytes = number(full.bytes.saturating_sub(small.bytes));
        let longer = full.p50.saturating_sub(small.p50).max(Duration::from_micros(1));
        let routes = routes.into_iter().map(|route| (route.template.clone(), route)).collect();
        Ok(Self { size, caller, routes, itself: (least, bytes * least.div_duration_f64(longer)) })
    }

    fn path(&self, template: &str) -> Option<&routes::Path> {
        self.routes.get(template)?.path.as_ref()
    }

    /// What a route shows; `None` where there is nothing to ask for.
    fn figures(&mut self, template: &str) -> Outcome<Option<Figures>> {
        let Some(found) = self.path(template) else { return Ok(None) };
        let (path, is_list) = (found.path.clone(), found.is_list);
        if !is_list {
            let whole = self.caller.timed(&self.caller.get(&path, None))?;
            return Ok(Some(Figures { whole, list: None }));
        }
        let mut of = |info: &str| self.caller.timed(&self.caller.get(&path, Some(info)));
        let ten = of(TEN)?;
        let list = [ten, of(ONE)?, of(COUNTED)?];
        Ok(Some(Figures { whole: of(HUNDRED)?, list: Some(list) }))
    }

    /// The same once more.
    fn again(&mut self, template: &str, info: Option<&str>) -> Outcome<Shown> {
        let path = self.path(template).ok_or("a route without a path")?.path.clone();
        self.caller.timed(&self.caller.get(&path, info))
    }
}

const HUNDRED: &str = r#"{"row_count":100}"#;
const TEN: &str = r#"{"row_count":10}"#;
const ONE: &str = r#"{"row_count":1}"#;
const COUNTED: &str = r#"{"row_count":1,"get_total_count":true}"#;

/// Which routes have a record to ask for.
fn found(desk: &Desk<'_>) {
    let size = desk.size;
    let without: Vec<&str> = desk
        .routes
        .values()
        .filter(|route| route.path.is_none() && route.refused.is_none())
        .map(|route| &*route.template)
        .collect();
    let all = desk.routes.len();
    println!(
        "| {size} requests: GETs of the API, with a record to ask for | {all}, {} |",
        all - without.len()
    );
    if !without.is_empty() {
        println!("| … no record to ask for | {} |", names(&without));
    }
    let missing = desk.routes.values().filter(|route| route.path.is_some() && route.missing.0 > 0);
    let missing: Vec<String> = missing
        .map(|route| format!("`{}` ({} of {})", route.template, route.missing.0, route.missing.1))
        .collect();
    if !missing.is_empty() {
        println!("| … some records have nothing there (404) | {} |", missing.join(", "));
    }
    let (itself, bytes) = desk.itself;
    println!(
        "| … what a call costs by itself | {:.2} ms, as much as {:.1} kB of a list of requests |",
        itself.as_secs_f64() * 1e3,
        bytes / 1e3
    );
}

/// Two figures, or where one costs more than noise may make of it the same taken once more, if that is less.
fn lesser(
    shown: (Shown, Shown),
    cost: impl Fn(Shown, Shown) -> f64,
    again: impl FnOnce() -> Outcome<(Shown, Shown)>,
) -> Outcome<(Shown, Shown)> {
    if cost(shown.0, shown.1) <= NOISE {
        return Ok(shown);
    }
    let again = again()?;
    Ok(if cost(again.0, again.1) < cost(shown.0, shown.1) { again } else { shown })
}

/// What a row of a list of 100 costs in one of a list of 10.
fn returned(desk: &mut Desk<'_>, figures: &BTreeMap<String, Figures>) -> Outcome<()> {
    let mut lines = Vec::new();
    for (template, figures) in figures {
        // A list of files comes whole, however many are asked for.
        let told = figures.list.filter(|[ten, ..]| figures.whole.rows > FEW.max(ten.rows));
        let Some([ten, one, _]) = told else { continue };
        let cost = |whole: Shown, ten: Shown| {
            whole.p50.div_duration_f64(ten.p50) / (number(whole.rows) / number(ten.rows.max(1)))
        };
        let (whole, ten) = lesser((figures.whole, ten), cost, || {
            Ok((desk.again(template, Some(HUNDRED))?, desk.again(template, Some(TEN))?))
        })?;
        let words = format!(
            "{} rows {:.2} ms, {} rows {:.2} ms, one {:.2} ms",
            whole.rows,
            whole.ms(),
            ten.rows,
            ten.ms(),
            one.ms()
        );
        lines.push(Line { name: template.clone(), times: cost(whole, ten), words });
    }
    println!("| {} requests: lists of more than {FEW} rows | {} |", desk.size, lines.len());
    spread("a row of a list of 100 in one of a list of 10 (linear is 1)", &[0.5, 1.0, NOISE], lines, NOISE);
    Ok(())
}

/// What the same calls take where there is more.
fn there(
    few: &mut Desk<'_>,
    many: &mut Desk<'_>,
    of_few: &BTreeMap<String, Figures>,
    of_many: &BTreeMap<String, Figures>,
) -> Outcome<()> {
    let own = few.itself.1;
    let cost = |large: Shown, small: Shown| {
        let longer = (number(large.bytes) + own) / (number(small.bytes) + own);
        large.p50.div_duration_f64(small.p50) / longer
    };
    let mut lines = Vec::new();
    for (template, large) in of_many {
        let Some(small) = of_few.get(template) else { continue };
        let info = large.list.map(|_| HUNDRED);
        let (large, small) = lesser((large.whole, small.whole), cost, || {
            Ok((many.again(template, info)?, few.again(template, info)?))
        })?;
        let words = format!(
            "{:.2} ms for {:.1} kB ({} rows), {:.2} ms for {:.1} kB ({} rows)",
            large.ms(),
            large.kb(),
            large.rows,
            small.ms(),
            small.kb(),
            small.rows
        );
        lines.push(Line { name: template.clone(), times: cost(large, small), words });
    }
    println!("| at {} against {} requests: GETs that both answer | {} |", many.size, few.size, lines.len());
    let what = format!("a kB of the answer, {:.1} kB more for the call by itself", own / 1e3);
    spread(&what, &[NOISE, 2.0, 10.0], lines, 2.0);
    Ok(())
}

/// What it takes to say how many rows a list has, beside one of them.
fn counted(desk: &mut Desk<'_>, figures: &BTreeMap<String, Figures>) -> Outcome<()> {
    let mut lines = Vec::new();
    let cost = |counted: Shown, one: Shown| counted.p50.div_duration_f64(one.p50);
    for (template, figures) in figures {
        let Some([_, one, counted]) = figures.list else { continue };
        let (counted, one) = lesser((counted, one), cost, || {
            Ok((desk.again(template, Some(COUNTED))?, desk.again(template, Some(ONE))?))
        })?;
        let total = desk.path(template).map_or(0, routes::Path::total);
        let words = format!("{:.2} ms instead of {:.2} for {total} rows", counted.ms(), one.ms());
        lines.push(Line { name: template.clone(), times: cost(counted, one), words });
    }
    println!("| {} requests: lists | {} |", desk.size, lines.len());
    spread("one row and how many there are, in one row alone", &[NOISE, 2.0, 10.0], lines, 10.0);
    Ok(())
}

/// What pages deep in long lists take, beside the first; what was refused.
fn deep(desk: &mut Desk<'_>) -> Vec<String> {
    const PLACES: [&str; 3] = [
        "a page in the middle, jumped to, in the first one",
        "the last page, jumped to, in the first one",
        "pages behind the one in the middle, each after the other, in the first one",
    ];
    let mut lines = PLACES.map(|_| Vec::new());
    let mut refused = Vec::new();
    let found = desk.routes.values().filter_map(|route| {
        let path = route.path.as_ref().filter(|path| path.is_list && path.total() > LONG)?;
        Some((&route.template, &path.path, path.total()))
    });
    for (template, path, total) in found {
        let [first, deep @ ..] = match pages(&mut desk.caller, path, total) {
            Ok(pages) => pages,
            Err(told) => {
                refused.push(format!("{} requests, `{template}`, its pages: {told}", desk.size));
                continue;
            }
        };
        for (lines, page) in lines.iter_mut().zip(deep) {
            let words = format!("{:.2} ms instead of {:.2}, of {total} rows", page.ms(), first.ms());
            lines.push(Line { name: template.clone(), times: page.p50.div_duration_f64(first.p50), words });
        }
    }
    println!("| {} requests: lists of more than {LONG} rows | {} |", desk.size, lines[0].len());
    for (what, lines) in PLACES.into_iter().zip(lines) {
        spread(what, &[NOISE, 2.0, 10.0], lines, 10.0);
    }
    refused
}

/// The first page of a list, the one in the middle, the last, and those behind the one in the middle.
fn pages(caller: &mut Caller<'_>, path: &str, total: u64) -> Outcome<[Shown; 4]> {
    let page = |caller: &Caller<'_>, start: u64| {
        caller.get(path, Some(&format!("{{\"row_count\":100,\"start_index\":{start}}}")))
    };
    let middle = total / 2;
    let first = caller.timed(&page(caller, 1))?;
    let jump = caller.timed(&page(caller, middle))?;
    let end = caller.timed(&page(caller, total - 99))?;
    let walked = WALKED.min(total / 200);
    let calls: Vec<Vec<u8>> = (0..=walked).map(|n| page(caller, middle + 100 * n)).collect();
    Ok([first, jump, end, caller.each(&calls)?])
}
