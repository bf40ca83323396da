//! The commands, one file each, and what they share.

mod backup;
mod config;
pub(crate) mod connector;
mod credentials;
mod demo;
mod export;
mod import;
mod init;
mod migrate;
mod requester_fields;
mod serve;

use std::future::Future;

use crate::cli::{Cli, Command, Options};
use crate::config::{Effective, Settings, Sources};
use crate::rooms::Rooms;
use crate::{Failure, logging, say};

/// Does what was typed; `None` when the command line has been answered already (help, version).
pub(crate) fn run(cli: Option<Cli>) -> Result<(), Failure> {
    let Some(Cli { desk, serve, command }) = cli else { return Ok(()) };
    let before = serve.options();
    let effective = |more: Options| -> Result<Effective, Failure> {
        let mut options = desk.options();
        options.extend(more);
        Ok(Effective::of(&Sources::of_process(options, desk.config.as_deref())?))
    };
    // Options of serve need not name it. Those that stand before it are its own, too; the later one decides.
    if let (Some((key, _)), Some(other)) = (before.first(), command.as_ref().and_then(Command::is_not_serve))
    {
        let option = key.replace('_', "-");
        return Err(Failure::usage(format!("--{option} before {other} has no meaning; see --help")));
    }
    match command {
        None => serve::run(&settings(&effective(before)?)?),
        Some(Command::Serve(args)) => {
            let mut options = args.options();
            options.extend(before);
            serve::run(&settings(&effective(options)?)?)
        }
        Some(Command::Init(args)) => init::run(&settings(&effective(args.new.options())?)?, args.json),
        Some(Command::Config(args)) => config::run(&effective(args.serve.options())?, args.json),
        Some(Command::Credentials(args)) => credentials::run(&settings(&effective(Vec::new())?)?, args),
        Some(Command::Import(args)) => import::run(&settings(&effective(Vec::new())?)?, args),
        Some(Command::Migrate(args)) => migrate::run(&settings(&effective(Vec::new())?)?, &args),
        Some(Command::Export(args)) => export::run(&settings(&effective(Vec::new())?)?, args),
        Some(Command::Completions { shell }) => {
            let mut cli = <Cli as clap::CommandFactory>::command();
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut cli, "frontdesk", &mut script);
            say::out(String::from_utf8_lossy(&script).trim_end());
            Ok(())
        }
        Some(Command::Connector(args)) => {
            // It has no desk of its own: of the settings only those about logging matter.
            settings(&effective(Vec::new())?)?;
            connector::run(args)
        }
        Some(Command::RequesterFields(args)) => {
            requester_fields::run(&settings(&effective(Vec::new())?)?, args)
        }
        Some(Command::Backup(args)) => {
            let options = args.options();
            backup::run(&settings(&effective(options)?)?, args)
        }
        Some(Command::Restore(args)) => backup::restore(&settings(&effective(Vec::new())?)?, &args),
        Some(Command::Verify(args)) => backup::verify(&settings(&effective(Vec::new())?)?, &args),
        Some(Command::Demo(args)) => demo::run(&settings(&effective(args.new.options())?)?, &args),
    }
}

/// The settings, judged; logging starts as they say.
fn settings(effective: &Effective) -> Result<Settings, Failure> {
    let settings = Settings::read(effective)?;
    logging::start(settings.log.clone(), settings.log_format);
    for variable in &effective.unknown_variables {
        tracing::warn!(variable, "a variable of the environment is no setting and is ignored");
    }
    Ok(settings)
}

/// Runs a command's future to its end. What still runs beside it then (connections that would not finish) is left
/// behind, not waited for.
fn block_on<T>(future: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    run_on(tokio::runtime::Builder::new_multi_thread(), future)
}

/// The same on one thread, which starts sooner than several: for commands that mostly wait.
fn block_on_one_thread<T>(future: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    run_on(tokio::runtime::Builder::new_current_thread(), future)
}

fn run_on<T>(
    mut builder: tokio::runtime::Builder,
    future: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    let runtime =
        builder.enable_all().build().map_err(|error| Failure::runtime(format!("cannot start: {error}")))?;
    let result = runtime.block_on(future);
    runtime.shutdown_background();
    result
}

/// Opens the desk, does something with it, closes it.
async fn with_desk<T, F>(settings: &Settings, work: impl FnOnce(Rooms) -> F) -> Result<T, Failure>
where
    F: Future<Output = Result<T, Failure>>,
{
    with_rooms(Rooms::open(&settings.place).await?, work).await
}

async fn with_rooms<T, F>(rooms: Rooms, work: impl FnOnce(Rooms) -> F) -> Result<T, Failure>
where
    F: Future<Output = Result<T, Failure>>,
{
    let result = work(rooms.clone()).await;
    rooms.close().await;
    result
}

/// Refuses to work on a desk that has not been created.
fn must_exist(rooms: &Rooms) -> Result<(), Failure> {
    if rooms.is_new() {
        return Err(Failure::usage("there is no desk yet; frontdesk init or frontdesk serve creates it"));
    }
    Ok(())
}
