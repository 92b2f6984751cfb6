//! The public socket. The gate accepts, reads and checks each request whole before anything else sees it. It is the
//! only client that `tiny_http` has: whole requests go there one at a time over a fixed set of kept connections, and
//! their answers come back. Clients that become watchers stay with the gate, and the [`Outlet`] writes to them.
//!
//! It knows bytes, limits and sockets. It must never wait for a client, hold more for one than a written limit, pass on
//! what two readers could understand differently, or stop serving without raising the alarm.

mod acceptor;
pub mod auth;
pub mod base_path;
mod budget;
mod chunked;
mod client;
mod clients;
mod clock;
pub mod config;
mod connection_counts;
pub mod cores;
#[cfg(test)]
mod differential_test;
mod fair_queue;
pub mod forwarded;
mod front;
mod head;
pub mod network;
pub mod outlet;
pub mod own_addresses;
mod pool;
mod private;
mod queue;
#[cfg(test)]
mod reference_reader;
mod refusal;
pub mod refusals;
mod reply;
mod request;
mod rewrite;
mod selfcheck;
mod shedding;
mod shutdown;
mod slots;
mod sockets;
mod upload;
mod watcher;
mod watchers;

use std::net::TcpListener;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow};
use mio::{Poll, Waker};
use socket2::{SockRef, TcpKeepalive};

use auth::GateAuth;
use config::Config;
use front::{Front, Shared};
use outlet::{Block, Mailbox, Order, Outlet, WatcherEvent};
use pool::BackendPool;
use selfcheck::{Alarm, SelfCheck};
use watchers::Watchers;

/// Descriptors for everything but clients: the database, the log, the reserve.
const OTHER_DESCRIPTORS: usize = 96;
/// A connection to tiny_http has one end here and two there.
const DESCRIPTORS_A_BACKEND: usize = 3;
/// The system counts in whole seconds.
const SHORTEST_KEEPALIVE: Duration = Duration::from_secs(1);
/// Connections that may wait until they are accepted; the system has a limit of its own too.
#[cfg(unix)]
const ACCEPT_BACKLOG: i32 = 4096;

/// The open gate: two threads serve the public socket, and a third checks that they run.
pub struct Gate {
    auth: GateAuth,
    mailbox: Arc<Mailbox>,
    shared: Shared,
    waker: Waker,
    threads: [JoinHandle<()>; 2],
    selfcheck: SelfCheck,
}

impl Gate {
    /// Takes the public listener and begins to serve it. Returns the gate, and a server that lives as long as the
    /// process and has the gate as its only client: pass each of its requests to [`GateAuth::admit`] first.
    ///
    /// An answer with a header `X-Watch: TICKET` (a number) is not passed on: its client becomes a watcher, and `told`
    /// is called, on a thread that must not be made to wait. `fault` is called once if the gate ends by itself; the
    /// process should then end with that message. Fails if a socket cannot be set up, or tiny_http does not answer.
    pub fn open(
        public: TcpListener,
        config: Config,
        told: impl FnMut(WatcherEvent) + Send + 'static,
        fault: impl Fn(&str) + Send + Sync + 'static,
    ) -> Result<(Gate, &'static tiny_http::Server)> {
        let config = fit_to_descriptors(config);
        prepare(&public, &config).context("prepare the public socket")?;
        let auth = GateAuth::new()?;
        let (private, address) = private::listen().context("open the private listener")?;
        let server = serve(private)?;
        // It serves until the process ends, and every worker shares it.
        let server: &'static tiny_http::Server = Box::leak(Box::new(server));
        let (n, timings) = (config.backends, config.timings);
        let pool = BackendPool::open(server, address, auth.clone(), n, timings, front::FIRST_BACKEND)?;
        let poll = Poll::new().context("make the front's poll")?;
        let waker = Waker::new(poll.registry(), front::WAKE)?;
        let (watchers_poll, mailbox) = mailbox()?;
        let (alarm, shared) = (Alarm::new(fault), Shared::default());
        let watchers =
            Watchers::new(watchers_poll, mailbox.clone(), config.limits.backlog_bytes, Box::new(told));
        let front = Front::new(public, poll, config, auth.clone(), pool, mailbox.clone(), shared.clone())?;
        let threads = [
            spawn("gate", alarm.clone(), move || front.run())?,
            spawn("outlet", alarm.clone(), move || watchers.run())?,
        ];
        let selfcheck = SelfCheck::start(alarm, shared.n_turns.clone(), mailbox.clone())?;
        Ok((Gate { auth, mailbox, shared, waker, threads, selfcheck }, server))
    }

    /// Returns what checks that a request of the server comes from the gate.
    pub fn auth(&self) -> GateAuth {
        self.auth.clone()
    }

    /// Returns what writes to the watchers.
    pub fn outlet(&self) -> Outlet {
        Outlet::new(self.mailbox.clone())
    }

    /// Shuts down in order: lets nobody new in, lets requests in progress get their answers, then sends every watcher
    /// `last` and the end of its stream. Returns after `within` at the latest; the process can end then.
    pub fn stop(self, within: Duration, last: &[u8]) {
        let by = Instant::now() + within;
        self.selfcheck.stop();
        self.shared.shutdown.request(Instant::now() + within * 7 / 10);
        if let Err(error) = self.waker.wake() {
            tracing::error!("wake the gate: {error}");
        }
        let [front, watchers] = self.threads;
        join_by(front, by);
        let last = (!last.is_empty()).then(|| Arc::new(Block::framed(last)));
        self.mailbox.post(Order::EndAll { last, by });
        join_by(watchers, by);
    }
}

/// Raises the limit of open files as far as the system allows, and lowers the number of connections to what fits.
fn fit_to_descriptors(mut config: Config) -> Config {
    let wanted = config.max_connections + config.backends * DESCRIPTORS_A_BACKEND + OTHER_DESCRIPTORS;
    let allowed = match rlimit::increase_nofile_limit(wanted as u64 + OTHER_DESCRIPTORS as u64) {
        Ok(allowed) => usize::try_from(allowed).unwrap_or(usize::MAX),
        Err(error) => {
            tracing::warn!("raise the limit of open files: {error}");
            wanted
        }
    };
    config.backends = config.backends.clamp(1, (allowed / 16).max(4));
    let left = allowed.saturating_sub(config.backends * DESCRIPTORS_A_BACKEND + OTHER_DESCRIPTORS);
    if left < config.max_connections {
        config.max_connections = left.max(16);
        tracing::warn!("the limit of open files allows {} connections", config.max_connections);
    }
    config.max_watchers = config.max_watchers.min(config.max_connections / 10 * 9);
    config
}

fn prepare(public: &TcpListener, config: &Config) -> Result<()> {
    public.set_nonblocking(true)?;
    let socket = SockRef::from(public);
    // Again, for a longer backlog; a listener from the service manager comes with one of its own.
    #[cfg(unix)]
    socket.listen(ACCEPT_BACKLOG)?;
    // Accepted sockets inherit these.
    socket.set_tcp_nodelay(true)?;
    socket.set_tcp_keepalive(&TcpKeepalive::new().with_time(config.timings.idle.max(SHORTEST_KEEPALIVE)))?;
    #[cfg(target_os = "linux")]
    socket.set_tcp_user_timeout(Some(config.timings.vanished))?;
    Ok(())
}

/// Starts tiny_http from a thread that gives way, so that the threads that it starts give way too.
fn serve(private: tiny_http::Listener) -> Result<tiny_http::Server> {
    let start = move || {
        cores::give_way();
        tiny_http::Server::from_listener(private, None)
    };
    let started = thread::spawn(start).join().map_err(|_| anyhow!("tiny_http panicked at its start"))?;
    started.map_err(|error| anyhow!("start tiny_http: {error}"))
}

fn mailbox() -> Result<(Poll, Arc<Mailbox>)> {
    let poll = Poll::new().context("make the outlet's poll")?;
    let waker = Waker::new(poll.registry(), watchers::WAKE)?;
    Ok((poll, Arc::new(Mailbox::new(waker))))
}

/// Starts a thread whose end, other than in order, is a fault.
fn spawn(
    name: &'static str,
    alarm: Alarm,
    run: impl FnOnce() -> Result<()> + Send + 'static,
) -> Result<JoinHandle<()>> {
    let body = move || {
        let guard = alarm.guard(name);
        match run() {
            Ok(()) => guard.in_order(),
            Err(error) => alarm.raise(&format!("the {name} thread ended: {error:#}")),
        }
    };
    thread::Builder::new().name(name.into()).spawn(body).with_context(|| format!("start the {name} thread"))
}

fn join_by(thread: JoinHandle<()>, by: Instant) {
    while !thread.is_finished() && Instant::now() < by {
        thread::sleep(Duration::from_millis(2));
    }
}
