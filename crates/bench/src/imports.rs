//! An import of assets, against a raw loop that inserts the very rows that it made.

use crate::Outcome;
use crate::raw::Cell;
use crate::server::to_its_end;
use desk::{Clock, Desk, DeskOptions};
use model::filter::{equals, test};
use model::{Id, Op, Path as Field, SortKey, Value};
use rusqlite::{Connection, params_from_iter};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};
use store::engine::{Db, SqliteOptions};
use store::{Query, Statement};

/// Rows of a transaction of the raw loop.
const TOGETHER: usize = 100;

/// What an import of so many assets takes, and the raw loop for the same rows.
pub fn measure(binary: &Path, rows: u64) -> Outcome<()> {
    let dir = tempfile::tempdir()?;
    let data = dir.path().join("desk");
    run(binary, &data, &["init", "--json"])?;
    let products = dir.path().join("products.csv");
    std::fs::write(&products, "name,product_type\nThinkPad,Workstation\nCatalyst,Switch\n")?;
    run(binary, &data, &["import", "products", &products.to_string_lossy()])?;
    let fresh = dir.path().join("fresh.db");
    std::fs::copy(data.join("frontdesk.db"), &fresh)?;
    let file = dir.path().join("assets.csv");
    std::fs::write(&file, csv(rows)?)?;

    let arguments = ["import", "assets", &file.to_string_lossy()];
    let (took, peak) = to_its_end(&mut command(binary, &data, &arguments))?;
    let took = took.as_secs_f64();
    #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
    let ours = rows as f64 / took;
    println!("| import of {rows} assets (CSV): the whole process | {ours:.0} rows/s, {took:.1} s |");
    println!("| … greatest resident memory | {peak} MB |");
    let theirs = tokio::runtime::Runtime::new()?.block_on(again(&data.join("frontdesk.db"), &fresh))?;
    println!("| … raw rusqlite loop, the same rows, transactions of {TOGETHER} | {theirs:.0} rows/s |");
    println!("| … **ratio** (goal ≥ 0.5) | **{:.2}** |", ours / theirs);
    let begun = Instant::now();
    let out = dir.path().join("out.csv");
    run(binary, &data, &["export", "assets", "--output", &out.to_string_lossy()])?;
    println!("| export of {rows} assets, every field (CSV) | {:.1} s |", begun.elapsed().as_secs_f64());
    Ok(())
}

fn csv(rows: u64) -> Outcome<String> {
    let mut text =
        "name,product,state,barcode,serial_number,location,acquisition_date,purchase_cost\n".to_owned();
    for n in 0..rows {
        let product = if n % 4 == 0 { "Catalyst" } else { "ThinkPad" };
        let day = n % 28 + 1;
        writeln!(
            text,
            "Asset {n},{product},In Store,BC{n:08},SN-{n:09},Room {},2025-03-{day:02},{}.50",
            n % 500,
            n % 3000
        )?;
    }
    Ok(text)
}

fn command(binary: &Path, data: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(binary);
    command.args(arguments).arg("--data-dir").arg(data).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

fn run(binary: &Path, data: &Path, arguments: &[&str]) -> Outcome<()> {
    let status = command(binary, data, arguments).status()?;
    if status.success() { Ok(()) } else { Err(format!("{arguments:?} failed").into()) }
}

/// A clock that stands.
#[derive(Debug)]
pub struct Now(pub i64);

impl Clock for Now {
    fn now_ms(&self) -> i64 {
        self.0
    }
}

/// Inserts the rows of one database into another, and says how many assets a second that was; only the inserting counts.
async fn again(from: &Path, into: &Path) -> Outcome<f64> {
    let db = Db::open_sqlite(from, SqliteOptions::default()).await?;
    let options = DeskOptions { files_dir: PathBuf::from("/nonexistent"), clock: Arc::new(Now(0)), node: 7 };
    let desk = Desk::open(db, options).await?;
    let connection = Connection::open(into)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.set_prepared_statement_cache_capacity(64);
    let (mut after, mut rows, mut took) = (Id::new(0), 0_u32, Duration::ZERO);
    loop {
        let page = page(&desk, after).await?;
        let Some((last, _)) = page.last() else { break };
        after = *last;
        rows += u32::try_from(page.len())?;
        let begun = Instant::now();
        for some in page.chunks(TOGETHER) {
            connection.execute_batch("BEGIN IMMEDIATE")?;
            for statement in some.iter().flat_map(|(_, statements)| statements) {
                connection
                    .prepare_cached(&statement.sql)?
                    .execute(params_from_iter(statement.binds.iter().map(Cell)))?;
            }
            connection.execute_batch("COMMIT")?;
        }
        took += begun.elapsed();
    }
    desk.close().await;
    Ok(f64::from(rows) / took.as_secs_f64())
}

/// Assets behind an id, each with the statements that insert it and what belongs to it.
async fn page(desk: &Desk, after: Id) -> Outcome<Vec<(Id, Vec<Statement>)>> {
    const ASSETS: u64 = 1_000;
    let (store, snapshot) = (desk.store(), desk.snapshot());
    let assets = snapshot.module("asset")?;
    let mut query = Query::new(assets.clone(), test(assets, "id", Op::Greater, vec![after.into()]), ASSETS);
    query.sort =
        Field::of(assets, "id").map(|path| SortKey { path, descending: false }).into_iter().collect();
    let mut page = Vec::new();
    let (cis, history) = (snapshot.module("ci")?, snapshot.module("history")?);
    for asset in store.list(&query).await? {
        let mut statements = store.insert(&asset);
        let mut owners = vec![Value::from(asset.id())];
        if let Some(id) = asset.reference("ci")
            && let Some(base) = store.get(cis, id).await?
        {
            let exact = snapshot.catalogue.view_of(&base.module, &base).unwrap_or(cis);
            statements.extend(store.get(exact, id).await?.iter().flat_map(|ci| store.insert(ci)));
            owners.push(id.into());
        }
        let told = Query::new(history.clone(), equals(history, "owner", owners), 10);
        for entry in store.list(&told).await? {
            statements.extend(store.insert(&entry));
        }
        page.push((asset.id(), statements));
    }
    Ok(page)
}
