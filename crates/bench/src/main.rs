//! Measures what the project promises, as ratios taken in one run: a real server process under load over HTTP, against
//! a bare axum route and a raw rusqlite loop. `README.md` beside this crate says what each figure means.
#![expect(clippy::print_stdout, reason = "the table is what it is for")]

mod bare;
mod calls;
mod cmdb;
mod copies;
mod desks;
mod estate;
mod imports;
mod instructions;
mod lists;
mod load;
mod machine;
mod mixes;
mod pages;
mod raw;
mod requesters;
mod requests;
mod server;
mod soak;

use desks::Desks;
use std::path::PathBuf;
use std::time::Duration;

/// Anything that goes wrong ends the run: a figure from a broken run is worse than none.
type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

struct Options {
    sizes: Vec<u64>,
    cis: Vec<u64>,
    seconds: u64,
    binary: PathBuf,
    keep: Option<PathBuf>,
    imports: Option<u64>,
    requesters: Vec<u64>,
    mixes: Vec<u64>,
    postgres: Option<String>,
    soak: Option<u64>,
    pages: Vec<u64>,
    instructions: bool,
    copies: Vec<u64>,
    lists: Vec<u64>,
    calls: Vec<u64>,
}

impl Options {
    /// Nothing of which any part is asked for.
    fn nothing() -> Outcome<Self> {
        Ok(Self {
            sizes: Vec::new(),
            cis: Vec::new(),
            seconds: 4,
            binary: std::env::current_exe()?.with_file_name("frontdesk"),
            keep: None,
            imports: None,
            requesters: Vec::new(),
            mixes: Vec::new(),
            postgres: None,
            soak: None,
            pages: Vec::new(),
            instructions: false,
            copies: Vec::new(),
            lists: Vec::new(),
            calls: Vec::new(),
        })
    }

    /// What a run measures when no part is named.
    fn usual(self) -> Self {
        let sizes = [
            &self.sizes,
            &self.cis,
            &self.requesters,
            &self.mixes,
            &self.pages,
            &self.copies,
            &self.lists,
            &self.calls,
        ];
        let is_named = sizes.iter().any(|sizes| !sizes.is_empty())
            || self.instructions
            || self.imports.is_some()
            || self.soak.is_some();
        if is_named {
            self
        } else {
            Self { sizes: vec![1_000, 100_000], cis: vec![1_000, 1_000_000], ..self }
        }
    }

    /// Everything but the soak, at the sizes that the project publishes.
    fn everything(self) -> Self {
        Self {
            sizes: vec![1_000, 100_000, 1_000_000],
            cis: vec![1_000, 1_000_000],
            imports: Some(100_000),
            requesters: vec![1_000, 100_000],
            mixes: vec![1_000, 100_000, 1_000_000],
            pages: vec![1_000, 1_000_000],
            instructions: true,
            copies: vec![10_000, 100_000],
            lists: vec![1_000_000],
            calls: vec![1_000, 1_000_000],
            ..self
        }
    }
}

fn options() -> Outcome<Options> {
    let mut options = Options::nothing()?;
    let numbers = |text: String| -> Outcome<Vec<u64>> {
        let numbers = text.split(',').map(str::trim).filter(|n| !n.is_empty());
        Ok(numbers.map(str::parse).collect::<Result<_, _>>()?)
    };
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        let mut value = || arguments.next().ok_or_else(|| format!("{name} needs a value"));
        match name.as_str() {
            "--everything" => options = options.everything(),
            "--requests" => options.sizes = numbers(value()?)?,
            "--cis" => options.cis = numbers(value()?)?,
            "--imports" => options.imports = Some(value()?.parse()?),
            "--requesters" => options.requesters = numbers(value()?)?,
            "--mixes" => options.mixes = numbers(value()?)?,
            "--pages" => options.pages = numbers(value()?)?,
            "--copies" => options.copies = numbers(value()?)?,
            "--lists" => options.lists = numbers(value()?)?,
            "--calls" => options.calls = numbers(value()?)?,
            "--instructions" => options.instructions = true,
            "--postgres" => options.postgres = Some(value()?),
            "--soak" => options.soak = Some(value()?.parse()?),
            "--seconds" => options.seconds = value()?.parse()?,
            "--server" => options.binary = value()?.into(),
            "--keep" => options.keep = Some(value()?.into()),
            _ => {
                let known = "--everything, --requests, --cis, --imports, --requesters, --mixes, --pages, --copies, --lists, --calls, --instructions, --postgres, --soak, --seconds, --server, --keep";
                return Err(format!("unknown option {name}; known are {known}").into());
            }
        }
    }
    Ok(options.usual())
}

fn main() -> Outcome<()> {
    match std::env::args().nth(1).as_deref() {
        Some(bare::MODE) => return bare::serve(),
        Some(instructions::MODE) => return instructions::run(),
        _ => {}
    }
    let options = options()?;
    let time = Duration::from_secs(options.seconds);
    let desks = Desks::new(options.binary, options.keep)?;
    println!("{}", machine::described(options.postgres.as_deref())?);
    if let Some(seconds) = options.soak {
        let size = options.sizes.last().copied().unwrap_or(100_000);
        return soak::run(&desks, size, Duration::from_secs(seconds));
    }
    if !options.mixes.is_empty() {
        heading("Mixes of calls");
        mixes::measure(&desks, &options.mixes, options.postgres.as_deref(), time)?;
    }
    if !options.sizes.is_empty() {
        heading("Requests");
        table();
        requests::measure(&desks, &options.sizes, time)?;
    }
    if !options.cis.is_empty() {
        heading("CMDB");
        table();
        cmdb::run(&desks, &options.cis, time)?;
    }
    if !options.requesters.is_empty() {
        heading("Requester API");
        table();
        requesters::measure(&desks, &options.requesters, time)?;
    }
    if let Some(rows) = options.imports {
        heading("Import and export");
        table();
        imports::measure(desks.binary(), rows)?;
    }
    if !options.pages.is_empty() {
        heading("Pages");
        table();
        pages::measure(&desks, &options.pages, time)?;
    }
    if !options.copies.is_empty() {
        heading("Copies and the connector");
        table();
        copies::measure(&desks, &options.copies)?;
    }
    if !options.lists.is_empty() {
        heading("Lists of requests");
        table();
        lists::measure(&desks, &options.lists)?;
    }
    if !options.calls.is_empty() {
        heading("Calls beside what they return and what there is");
        table();
        calls::measure(&desks, &options.calls)?;
    }
    if options.instructions {
        heading("Instructions of hot functions");
        instructions::measure()?;
    }
    Ok(())
}

fn heading(what: &str) {
    println!("\n## {what}\n");
}

fn table() {
    println!("| what | figure |\n|---|---|");
}

/// Numbers that look random and are the same in every run.
pub(crate) fn mixed(n: u64) -> u64 {
    let n = (n ^ (n >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let n = (n ^ (n >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    n ^ (n >> 31)
}
