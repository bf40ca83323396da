//! `frontdesk serve`: from a free port to a stopped server.

use std::net::SocketAddr;
use std::sync::Arc;

use super::{block_on, demo};
use crate::config::Settings;
use crate::metrics::Metrics;
use crate::rooms::{Host, InitRefused, NewDesk, Rooms, Secrets};
use crate::serve::{self, Ended, Server, Signals, Tls};
use crate::{Failure, probes, say};

/// Serves until a signal ends it.
pub(super) fn run(settings: &Settings) -> Result<(), Failure> {
    block_on(serve(settings))
}

async fn serve(settings: &Settings) -> Result<(), Failure> {
    let metrics = Arc::new(Metrics::new());
    // First what may be refused, then the desk: a taken port must not cost the secrets of a new desk.
    let tls = load_tls(settings)?;
    let listener =
        serve::bind(&settings.listen).await.map_err(|error| Failure::runtime(error.to_string()))?;
    let address = listener.local_addr().map_err(|error| Failure::runtime(error.to_string()))?;
    let rooms = Rooms::open(&settings.place).await?;
    let urls = Urls::of(settings, address);
    // Before anybody is told that we listen: who starts us may stop us as soon as they have read it.
    let mut signals =
        Signals::listen().map_err(|error| Failure::runtime(format!("cannot listen for signals: {error}")))?;
    tokio::select! {
        biased;
        done = welcome(settings, &rooms, &urls) => done?,
        signal = signals.next() => {
            tracing::info!(signal, "stopped while starting");
            return Ok(());
        }
    }
    if let Some(tls) = &tls {
        tokio::spawn(Arc::clone(tls).reload_on_hangup());
    }
    rooms.start_background(&settings.place, &settings.backup);
    let host = Host::new(&rooms, &metrics, &settings.backup);
    let router = rooms
        .router(urls.people_use(), settings.requester_calls, settings.sso.as_ref(), host)?
        .merge(probes::router(rooms.clone(), Arc::clone(&metrics)));
    let proxies = settings.trusted_proxies.clone();
    let server = Server { router, metrics, limits: settings.limits, tls, proxies };
    tracing::info!(%address, version = env!("CARGO_PKG_VERSION"), "serving");
    finish(listener, server, &rooms, &mut signals).await
}

/// Serves, stops on the first signal, gives up on the second.
async fn finish(
    listener: tokio::net::TcpListener,
    server: Server,
    rooms: &Rooms,
    signals: &mut Signals,
) -> Result<(), Failure> {
    let (stop, stopped) = tokio::sync::oneshot::channel();
    let running = async {
        let ended = serve::run(listener, server, async { drop(stopped.await) }).await;
        rooms.close().await;
        ended
    };
    let impatience = async {
        let signal = signals.next().await;
        tracing::info!(signal, "stopping: finishing what is running");
        // Pages that stay open and listen would never be done by themselves.
        rooms.stop_live();
        let _ = stop.send(());
        signals.next().await
    };
    tokio::select! {
        biased;
        ended = running => {
            match ended {
                Ended::Finished => tracing::info!("stopped"),
                Ended::Unfinished(connections) => tracing::warn!(connections, "stopped before these were done"),
            }
            Ok(())
        }
        signal = impatience => Err(Failure::runtime(format!("{signal} came again: stopped at once"))),
    }
}

fn load_tls(settings: &Settings) -> Result<Option<Arc<Tls>>, Failure> {
    match &settings.tls {
        Some(files) => Tls::load(files.clone()).map(|tls| Some(Arc::new(tls))).map_err(Failure::runtime),
        None => Ok(None),
    }
}

/// Where the desk is found.
struct Urls {
    /// Where it listens, as somebody on this machine types it.
    own: String,
    /// Whether it listens on every address of the machine.
    everywhere: bool,
    /// Where people reach it, when that is somewhere else.
    public: Option<String>,
}

impl Urls {
    fn of(settings: &Settings, mut address: SocketAddr) -> Urls {
        let everywhere = address.ip().is_unspecified();
        if everywhere {
            address.set_ip(std::net::Ipv4Addr::LOCALHOST.into());
        }
        let scheme = if settings.tls.is_some() { "https" } else { "http" };
        Urls { own: format!("{scheme}://{address}"), everywhere, public: settings.public_url.clone() }
    }

    /// The address for people and clients.
    fn people_use(&self) -> &str {
        self.public.as_deref().unwrap_or(&self.own)
    }

    /// What follows `listens on`. The address comes first and ends with a space: whoever starts us reads it.
    fn in_words(&self) -> String {
        let mut words = self.own.clone();
        if self.everywhere {
            words.push_str(" and every other address of this machine");
        }
        if let Some(public) = &self.public {
            words.push_str(&format!(" (public address: {public})"));
        }
        words
    }
}

/// Says where the desk is; creates it first if it is not there, and then says how to get in, once.
async fn welcome(settings: &Settings, rooms: &Rooms, urls: &Urls) -> Result<(), Failure> {
    let created = match rooms.is_new() {
        true => create(settings, rooms).await?,
        false => None,
    };
    let where_to = format!("Frontdesk {} listens on {}", env!("CARGO_PKG_VERSION"), urls.in_words());
    let Some(secrets) = created else {
        if settings.demo.is_some() {
            tracing::info!("the desk is not new: no demo company is added");
        }
        // Where a provider signs people in, nobody need have a password.
        let set_up = if settings.sso.is_none() { rooms.begin_set_up().await? } else { None };
        say::out(&where_to);
        if let Some(secret) = set_up {
            say::out("No administrator has a password yet. Set up the desk within a week at:");
            say::out(&format!("  {}/set_up?secret={secret}", urls.people_use()));
        }
        say::out("For new credentials: frontdesk credentials --help");
        return Ok(());
    };
    if let Some(n) = settings.demo {
        demo::fill(rooms, n, demo::SEED).await?;
    }
    // Whoever starts us may stop us as soon as they have read where we listen: all of it is said at once.
    let set_up = rooms.new_set_up_secret().await?;
    say::out(&where_to);
    let url = urls.people_use();
    say::out("\nThis is a new desk. What follows is shown once; frontdesk credentials issues more.\n");
    say::out(&format!("  {:<19}  {url}/set_up?secret={set_up}", "set up at"));
    say::out(&format!("  {:<19}  {url}/", "or sign in at"));
    for (name, value) in secrets.lines() {
        say::out(&format!("  {name:<19}  {value}"));
    }
    let key = &secrets.technician_key;
    say::out("\nA first request:\n");
    say::out(&format!("  curl -H 'authtoken: {key}' '{url}/api/v3/requests'\n"));
    Ok(())
}

/// Creates the desk, unless another process on the same database was faster.
async fn create(settings: &Settings, rooms: &Rooms) -> Result<Option<Secrets>, Failure> {
    let new_desk = NewDesk { admin_email: settings.admin_email.clone(), company: settings.company.clone() };
    match rooms.initialise(&new_desk).await {
        Ok(secrets) => Ok(Some(secrets)),
        Err(InitRefused::Exists) => Ok(None),
        Err(InitRefused::Failed(failure)) => Err(failure),
    }
}
