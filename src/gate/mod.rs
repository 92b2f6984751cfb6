//! The public socket. The gate accepts, reads and checks each request whole before anything else sees it, and
//! is the only client that `tiny_http` ever has: whole requests go there one at a time over a fixed set of kept
//! connections, answers come back, and clients that are to watch stay with the gate, fed by the `Outlet`.
//! It knows bytes, limits and sockets. It must never wait for a client, hold more for one than a stated limit,
//! pass on what two readers could understand differently, or be deaf without saying so.

mod accept;
#[cfg(test)]
mod agreement;
mod backend;
pub mod base_path;
mod budget;
#[cfg(test)]
mod by_the_book;
mod census;
mod chunked;
mod client;
pub mod config;
pub mod cores;
mod delivery;
pub mod door;
mod exchange;
pub mod forwarded;
mod front;
mod head;
mod intake;
mod line;
pub mod network;
pub mod outlet;
mod passing;
mod private;
mod refusal;
pub mod refusals;
mod reply;
mod selfcheck;
mod slots;
mod stopping;
mod turns;
mod upkeep;
mod watcher;
mod watchers;

use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, ensure};
use mio::{Interest, Poll, Token, Waker};
use socket2::{SockRef, TcpKeepalive};

use backend::Backend;
use census::Census;
use config::Config;
use door::Door;
use front::{Front, Parts};
use outlet::{Block, Mailbox, Order, Outlet, Told};
use selfcheck::{Alarm, SelfCheck};
use stopping::Stopping;
use watchers::Watchers;

/// Descriptors for all but clients: the database, the log, the reserve.
const OTHER_DESCRIPTORS: usize = 96;
/// A connection to tiny_http has one end here and two there.
const DESCRIPTORS_A_BACKEND: usize = 3;
/// The system counts in whole seconds.
const SHORTEST_KEEPALIVE: Duration = Duration::from_secs(1);
/// Connections to tiny_http at the start; the others are opened when they are needed.
const OPEN_AT_START: usize = 4;
const PROBE_PATIENCE: Duration = Duration::from_secs(2);
/// More than one, for a process that is stopped meanwhile.
const PROBE_TRIES: u32 = 5;
/// Connections that the system may hold until they are accepted; the system has its own limit too.
#[cfg(unix)]
const ACCEPT_BACKLOG: i32 = 4096;

pub struct Gate {
    door: Door,
    mailbox: Arc<Mailbox>,
    stopping: Arc<Stopping>,
    waker: Waker,
    threads: [JoinHandle<()>; 2],
    selfcheck: SelfCheck,
}

impl Gate {
    /// Takes the public listener and begins to serve it. The server given back, which lives as long as the
    /// process, has the gate as its only client;
    /// ask `door().admit` first about each of its requests. An answer with a header `X-Watch: TICKET` (a number)
    /// is not passed on: its client becomes a watcher, and `told` hears of it, on a thread that must not be made
    /// to wait. `fault` is called once if the gate ends by itself: the process should then end with that message.
    pub fn open(
        public: TcpListener,
        config: Config,
        told: impl FnMut(Told) + Send + 'static,
        fault: impl Fn(&str) + Send + Sync + 'static,
    ) -> Result<(Gate, &'static tiny_http::Server)> {
        let config = fit_to_descriptors(config);
        prepare(&public, &config).context("prepare the public socket")?;
        let door = Door::new()?;
        let (private, address) = private::listen().context("open the private listener")?;
        let server = serve(private)?;
        // It serves until the process ends, and every worker shares it.
        let server: &'static tiny_http::Server = Box::leak(Box::new(server));
        let backends = connect(server, &door, &address, config.backends)?;
        let poll = Poll::new().context("make the front's poll")?;
        let waker = Waker::new(poll.registry(), front::WAKE)?;
        let (watchers_poll, mailbox) = mailbox()?;
        let (alarm, stopping) = (Alarm::new(fault), Arc::new(Stopping::default()));
        let (backlog, turns) = (config.limits.backlog_bytes, Arc::new(AtomicU64::new(0)));
        let parts = Parts {
            listener: mio::net::TcpListener::from_std(public),
            reserve: accept::reserve(),
            census: Census::new(config.per_address.clone(), config.max_watchers),
            poll,
            config,
            door: door.clone(),
            mailbox: mailbox.clone(),
            stopping: stopping.clone(),
            turns: turns.clone(),
            address,
            backends,
        };
        let front = Front::new(register(parts)?);
        let watchers = Watchers::new(watchers_poll, mailbox.clone(), backlog, Box::new(told));
        let threads = [
            spawn("gate", alarm.clone(), move || front.run())?,
            spawn("outlet", alarm.clone(), move || watchers.run())?,
        ];
        let selfcheck = SelfCheck::start(alarm, turns, mailbox.clone())?;
        Ok((Gate { door, mailbox, stopping, waker, threads, selfcheck }, server))
    }

    pub fn door(&self) -> Door {
        self.door.clone()
    }

    pub fn outlet(&self) -> Outlet {
        Outlet::new(self.mailbox.clone())
    }

    /// Ends in order: nobody new, requests under way get their answers, then every watcher gets `last` and the
    /// end of its stream. Returns after `within` at the latest; the process can end then.
    pub fn stop(self, within: Duration, last: &[u8]) {
        let by = Instant::now() + within;
        self.selfcheck.stop();
        self.stopping.ask(Instant::now() + within * 7 / 10);
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

/// As many open files as the system allows, and no more connections than fit.
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
    // Again, for a longer queue; a listener from the service manager has its own.
    #[cfg(unix)]
    socket.listen(ACCEPT_BACKLOG)?;
    // Accepted sockets inherit these.
    socket.set_tcp_nodelay(true)?;
    socket.set_tcp_keepalive(&TcpKeepalive::new().with_time(config.timings.idle.max(SHORTEST_KEEPALIVE)))?;
    #[cfg(target_os = "linux")]
    socket.set_tcp_user_timeout(Some(config.timings.vanished))?;
    Ok(())
}

/// Its threads are started by one that gives way, and so they do.
fn serve(private: tiny_http::Listener) -> Result<tiny_http::Server> {
    let start = move || {
        cores::give_way();
        tiny_http::Server::from_listener(private, None)
    };
    let started = thread::spawn(start).join().map_err(|_| anyhow!("tiny_http panicked at its start"))?;
    started.map_err(|error| anyhow!("start tiny_http: {error}"))
}

/// Of `n` connections the first ones, opened one by one, each asked whether it is served before the next: a burst would leave
/// some of them stranded in tiny_http for ever.
fn connect(
    server: &tiny_http::Server,
    door: &Door,
    address: &private::Address,
    n: usize,
) -> Result<Vec<Backend>> {
    let by = Instant::now() + PROBE_PATIENCE;
    (0..n)
        .map(|at| {
            if at >= OPEN_AT_START {
                return Ok(Backend::new(None, by));
            }
            let link = address.connect().with_context(|| format!("connection {at} to tiny_http"))?;
            let mut backend = Backend::new(Some(link), by);
            backend.begin(door.probe())?;
            backend.spent();
            let probe = (0..PROBE_TRIES).find_map(|_| server.recv_timeout(PROBE_PATIENCE).transpose());
            let probe = probe.context("tiny_http does not answer")??;
            ensure!(door.admit(probe).is_none(), "tiny_http has another client");
            backend.probing = true;
            Ok(backend)
        })
        .collect()
}

fn mailbox() -> Result<(Poll, Arc<Mailbox>)> {
    let poll = Poll::new().context("make the outlet's poll")?;
    let waker = Waker::new(poll.registry(), watchers::WAKE)?;
    Ok((poll, Arc::new(Mailbox::new(waker))))
}

fn register(mut parts: Parts) -> Result<Parts> {
    let registry = parts.poll.registry();
    registry.register(&mut parts.listener, front::LISTENER, Interest::READABLE)?;
    for (at, link) in parts.backends.iter_mut().map_while(|backend| backend.link.as_mut()).enumerate() {
        registry.register(link, Token(front::FIRST_BACKEND + at), Interest::READABLE)?;
    }
    Ok(parts)
}

/// A thread whose end, other than in order, is a fault.
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
