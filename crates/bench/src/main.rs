//! Measures what the project promises, as ratios taken in one run: a real server process under load over HTTP, against
//! a bare axum route and a raw rusqlite loop. `README.md` beside this crate says what each figure means.
#![expect(clippy::print_stdout, reason = "the table is what it is for")]

mod bare;
mod cmdb;
mod estate;
mod imports;
mod load;
mod machine;
mod mixes;
mod pages;
mod raw;
mod requesters;
mod server;
mod soak;

use load::Measured;
use server::Server;
use std::path::PathBuf;
use std::time::Duration;

/// Anything that goes wrong ends the run: a figure from a broken run is worse than none.
type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

struct Options {
    sizes: Vec<u64>,
    cis: Vec<u64>,
    seconds: u64,
    binary: PathBuf,
    imports: Option<u64>,
    requesters: Vec<u64>,
    mixes: Vec<u64>,
    postgres: Option<String>,
    soak: Option<u64>,
    pages: Vec<u64>,
}

fn options() -> Outcome<Options> {
    let here = std::env::current_exe()?;
    let mut options = Options {
        sizes: vec![1_000, 100_000],
        cis: vec![1_000, 1_000_000],
        seconds: 4,
        binary: here.with_file_name("frontdesk"),
        imports: None,
        requesters: Vec::new(),
        mixes: Vec::new(),
        postgres: None,
        soak: None,
        pages: Vec::new(),
    };
    let numbers = |text: String| -> Outcome<Vec<u64>> {
        let numbers = text.split(',').map(str::trim).filter(|n| !n.is_empty());
        Ok(numbers.map(str::parse).collect::<Result<_, _>>()?)
    };
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        let mut value = || arguments.next().ok_or_else(|| format!("{name} needs a value"));
        match name.as_str() {
            "--requests" => options.sizes = numbers(value()?)?,
            "--cis" => options.cis = numbers(value()?)?,
            "--imports" => options.imports = Some(value()?.parse()?),
            "--requesters" => options.requesters = numbers(value()?)?,
            "--mixes" => options.mixes = numbers(value()?)?,
            "--pages" => options.pages = numbers(value()?)?,
            "--postgres" => options.postgres = Some(value()?),
            "--soak" => options.soak = Some(value()?.parse()?),
            "--seconds" => options.seconds = value()?.parse()?,
            "--server" => options.binary = value()?.into(),
            _ => {
                let known = "--requests, --cis, --imports, --requesters, --mixes, --pages, --postgres, --soak, --seconds, --server";
                return Err(format!("unknown option {name}; known are {known}").into());
            }
        }
    }
    Ok(options)
}

fn main() -> Outcome<()> {
    if std::env::args().nth(1).as_deref() == Some(bare::MODE) {
        return bare::serve();
    }
    let options = options()?;
    let time = Duration::from_secs(options.seconds);
    println!("{}", machine::described(options.postgres.as_deref())?);
    if let Some(seconds) = options.soak {
        let size = options.sizes.last().copied().unwrap_or(100_000);
        return soak::run(&options.binary, size, Duration::from_secs(seconds));
    }
    if !options.mixes.is_empty() {
        return mixes::measure(&options.binary, &options.mixes, options.postgres.as_deref(), time);
    }
    println!("| what | figure |\n|---|---|");
    if let Some(rows) = options.imports {
        return imports::measure(&options.binary, rows);
    }
    if !options.requesters.is_empty() {
        return requesters::measure(&options.binary, &options.requesters, time);
    }
    if !options.pages.is_empty() {
        return pages::measure(&options.binary, &options.pages, time);
    }
    let mut lists: Vec<Vec<Measured>> = Vec::new();
    for size in &options.sizes {
        let server = Server::filled(&options.binary, *size)?;
        println!("| {size} requests: start to ready | {} ms |", server.ready_ms);
        println!("| {size} requests: resident memory when idle | {} MB |", server.resident_mb()?);
        gets(&server, *size, time)?;
        lists.push(queries(&server, *size, time)?);
        creates(&server, *size, time)?;
    }
    if let (Some(small), Some(large)) = (lists.first(), lists.last())
        && options.sizes.len() > 1
    {
        for ((name, _), (small, large)) in QUERIES.iter().zip(small.iter().zip(large)) {
            let ratio = large.cpu_us / small.cpu_us;
            println!(
                "| {name}: server CPU at {:?} against {:?} requests | {ratio:.2} × |",
                options.sizes.last(),
                options.sizes.first()
            );
        }
    }
    if options.cis.is_empty() {
        return Ok(());
    }
    cmdb::run(&options.binary, &options.cis, time)
}

/// Numbers that look random and are the same in every run.
pub(crate) fn mixed(n: u64) -> u64 {
    let n = (n ^ (n >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let n = (n ^ (n >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    n ^ (n >> 31)
}

/// The size of desk from which on there are more requests than fit into the memory kept for them.
const FAR: u64 = 50_000;

/// One full request, against a bare route that answers as many bytes; in turns, because the machine is shared.
fn gets(server: &Server, size: u64, time: Duration) -> Outcome<()> {
    let calls = server.full_requests(10)?;
    let bytes = server.size_of(calls.first().ok_or("the desk has no requests")?)?;
    let bare = Server::bare(bytes)?;
    let constant = vec![load::get("/", "")];
    // What people look at is looked at again and again; what a synchronisation walks through is not.
    let mut cases = vec![("of a thousand", 64, calls.clone()), ("of a thousand", 1, calls)];
    if size >= FAR {
        cases.push(("of 20,000, each in its turn", 64, server.full_requests(200)?));
    }
    for (which, connections, calls) in cases {
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for _ in 0..3 {
            theirs.push(load::run(&bare, &constant, connections, time / 3)?);
            ours.push(load::run(server, &calls, connections, time / 3)?);
        }
        let (ours, theirs) = (load::median(ours)?, load::median(theirs)?);
        println!("| {size} requests, {connections} connections: GET one {which} ({bytes} bytes) | {ours} |");
        println!("| … bare axum route of the same size | {theirs} |");
        println!(
            "| … **ratio of throughput** (goal ≥ 0.5) | **{:.2}** |",
            ours.per_second / theirs.per_second
        );
        println!("| … ratio of CPU per call | {:.2} |", theirs.cpu_us / ours.cpu_us);
    }
    Ok(())
}

/// Durable creates, against a raw loop that writes the same rows in transactions of 100.
fn creates(server: &Server, size: u64, time: Duration) -> Outcome<()> {
    let calls = vec![load::post(&server.key, raw::BODY)];
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..3 {
        theirs.push(raw::rows_per_second(&server.data_copy()?, time / 3)?);
        ours.push(load::run(server, &calls, 64, time / 3)?);
    }
    theirs.sort_by(f64::total_cmp);
    let theirs = theirs.get(1).copied().ok_or("no raw figures")?;
    let ours = load::median(ours)?;
    println!("| {size} requests: durable create, 64 connections | {ours} |");
    println!(
        "| … raw rusqlite loop, transactions of 100, into a copy of the same database | {theirs:.0}/s |"
    );
    println!("| … **ratio** (goal ≥ 0.5) | **{:.2}** |", ours.per_second / theirs);
    let one = load::run(server, &calls, 1, time / 2)?;
    println!("| {size} requests: durable create, 1 connection | {one} |");
    Ok(())
}

/// Lists of 100 and searches: their names and their `list_info`.
const QUERIES: [(&str, &str); 6] = [
    (
        "list of 100: status and priority, newest first",
        r#"{"row_count":100,"sort_field":"created_time","sort_order":"desc","search_criteria":[{"field":"status.name","condition":"is","value":"Closed"},{"field":"priority.name","condition":"is","value":"Normal","logical_operator":"and"}]}"#,
    ),
    (
        "list of 100: category and status, oldest first",
        r#"{"row_count":100,"sort_field":"created_time","sort_order":"asc","search_criteria":[{"field":"category.name","condition":"is","value":"User Administration"},{"field":"status.name","condition":"is","value":"Closed","logical_operator":"and"}]}"#,
    ),
    (
        "list of 100: no criteria, newest first",
        r#"{"row_count":100,"sort_field":"created_time","sort_order":"desc"}"#,
    ),
    ("full text, 50 newest: a word", r#"{"row_count":50,"search_text":"printer"}"#),
    ("full text, 50 newest: two words", r#"{"row_count":50,"search_text":"printer floor"}"#),
    ("full text, 50 newest: a beginning", r#"{"row_count":50,"search_text":"pri"}"#),
];

fn queries(server: &Server, size: u64, time: Duration) -> Outcome<Vec<Measured>> {
    let mut measured = Vec::new();
    for (name, info) in QUERIES {
        let input = format!("{{\"list_info\":{info}}}");
        let path = format!("/api/v3/requests?input_data={}", load::encoded(&input));
        let result = load::run(server, &[load::get(&path, &server.key)], 1, time / 4)?;
        println!("| {size} requests: {name} | {result} |");
        measured.push(result);
    }
    Ok(measured)
}
