//! A running server: the gate in front, tiny_http behind it, the worker pools, the watch hub, the background tasks; and
//! how it ends.

use super::app::App;
use super::named_account::named_account;
use super::request_reader::HEADERS;
use super::router::classify;
use crate::gate::Gate;
use crate::gate::config::Config;
use crate::gate::network::Network;
use crate::house::House;
use crate::house::bidding::place_bid::Decisions;
use crate::house::closing::background::{self, Background};
use crate::house::closing::following;
use crate::scheduler::{Choice, Scheduler};
use crate::store::Means;
use crate::web::live::{self, Hub};
use crate::web::sign_on::{self, SignOn};
use crate::web::workers;
use anyhow::{Context, Result};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tracing_appender::non_blocking::ErrorCounter;

/// How long requests under way and streams may take to end; the contract allows 5 s in all.
const ENDING: Duration = Duration::from_millis(3_500);
/// How long the writer may take after that. It has little left; a background task that hangs is not waited for.
const LAST_CHORES: Duration = Duration::from_millis(1_000);
/// How long the last heartbeat may take, in case another process holds the database.
const LAST_BEAT: Duration = Duration::from_millis(300);
/// The most connections from the gate to tiny_http, and so the most requests under way at once. Half of them may be
/// bids, which then share a commit: with 64 connections, 128 bidders are a tenth slower.
pub const BACKENDS: usize = 128;

/// The options of a server.
pub struct Serving<'a> {
    pub dir: &'a Path,
    pub listen: SocketAddr,
    pub scheduler: Option<Choice>,
    /// Whether the house is a demo, which does without a scheduler.
    pub is_demo: bool,
    pub trusted_proxies: Vec<Network>,
    /// How the house is known at the provider of its single sign-on.
    pub sign_on: Option<sign_on::Client>,
    /// Counts the lost lines of the log, if its own thread writes it.
    pub lost_lines: Option<ErrorCounter>,
    /// The clock, and the journal of a house on several machines.
    pub means: Means,
}

/// A server that takes requests.
pub struct Server {
    pub house: House,
    pub address: SocketAddr,
    pub scheduler: Scheduler,
    /// Which scheduler keeps the deadlines, and why.
    pub scheduler_words: String,
    gate: Gate,
    http: &'static tiny_http::Server,
    background: Background,
    threads: Vec<JoinHandle<()>>,
    /// Threads that end by themselves when the server is asked to end.
    companions: Vec<JoinHandle<()>>,
    ending: Arc<AtomicBool>,
    faults: mpsc::Receiver<String>,
}

impl Server {
    /// Opens the house, creating it if there is none, and begins to serve it.
    pub fn start(serving: Serving<'_>) -> Result<Server> {
        let listener = listener(serving.listen)?;
        let address = listener.local_addr()?;
        let (hub, inbox, wake_hub) = Hub::new();
        let (decide, decided) = workers::decisions();
        let wake_of_follower = wake_hub.clone();
        let after_commit = move |decisions: Decisions| {
            if !decisions.is_empty() {
                // The queue has room for more commits than there can be, and is closed only when the process ends.
                decide.send(decisions).ok();
            }
            wake_hub();
        };
        let (house, writer) = House::open_to_serve(serving.dir, serving.means, after_commit)?;
        let (ending, asked) = (Arc::new(AtomicBool::new(false)), serving.scheduler);
        let choose = move |house: &House| {
            house.mark_demo(serving.is_demo)?;
            house.choose_scheduler(asked)
        };
        let (chosen, companion) = background::write_soon(&house, &ending, choose)?;
        let (scheduler, scheduler_words) = match chosen {
            Some(chosen) => chosen,
            None => house.pick_scheduler(asked)?.1,
        };
        let (background, tasks) = Background::start(&house)?;
        let follower =
            house.has_journal().then(|| following::start(&house, wake_of_follower, &ending)).transpose()?;
        let config = Config { trusted_proxies: serving.trusted_proxies, ..config() };
        let mut app = App::new(
            house.clone(),
            hub.clone(),
            background.waker(),
            config.per_address.clone(),
            config.base_path.clone(),
            config.refusals.clone(),
            serving.lost_lines,
        )?;
        app.sign_on = SignOn::new(serving.sign_on);
        app.listens_on = address;
        let app = Arc::new(app);
        let (tell_fault, faults) = mpsc::channel();
        let fault = {
            let ending = ending.clone();
            move |words: &str| {
                if !ending.load(Ordering::Relaxed) {
                    tell_fault.send(words.to_owned()).ok();
                }
            }
        };
        let (gate, http) = Gate::open(listener, config, hub.told(), fault.clone())?;
        let mut threads = vec![writer, run_hub(&app, hub, inbox, gate.outlet(), fault.clone())?];
        threads.extend(tasks);
        threads.extend(workers::start(&app, gate.auth(), http, &decided, fault)?);
        Ok(Server {
            house,
            address,
            scheduler,
            scheduler_words,
            gate,
            http,
            background,
            threads,
            companions: companion.into_iter().chain(follower).collect(),
            ending,
            faults,
        })
    }

    /// Adds threads that write to the house beside the server and end by themselves when it is asked to end: they may
    /// write as long as requests may take.
    pub fn accompany(&mut self, threads: Vec<JoinHandle<()>>) {
        self.companions.extend(threads);
    }

    /// Serves until `asked_to_end` is set (by a signal), then ends in order. Fails at once if a part of the server
    /// fails.
    pub fn run(self, asked_to_end: &AtomicBool) -> Result<()> {
        while !asked_to_end.load(Ordering::Relaxed) {
            if let Ok(words) = self.faults.recv_timeout(Duration::from_millis(50)) {
                anyhow::bail!("the server has failed: {words}");
            }
            if let Some(thread) = self.threads.iter().find(|thread| thread.is_finished()) {
                anyhow::bail!("the server has failed: its thread {:?} has ended", thread.thread().name());
            }
        }
        self.stop();
        Ok(())
    }

    /// Takes no new requests, lets those under way finish, ends the streams, and lets the writer write what it has.
    pub fn stop(self) {
        self.ending.store(true, Ordering::Relaxed);
        self.beat_last();
        let by = Instant::now() + ENDING;
        self.gate.stop(ENDING, b"retry: 1000\n\n");
        wait_for(&self.companions, by);
        self.http.unblock();
        self.background.stop();
        self.house.stop_writing();
        wait_for(&self.threads[WRITER..=WRITER], Instant::now() + LAST_CHORES);
    }

    fn beat_last(&self) {
        let (house, (tell, told)) = (self.house.clone(), mpsc::channel());
        std::thread::spawn(move || tell.send(house.end_serving()).ok());
        if let Ok(Err(error)) = told.recv_timeout(LAST_BEAT) {
            tracing::error!(error = format!("{error:#}"), "the last beat");
        }
    }
}

fn wait_for(threads: &[JoinHandle<()>], by: Instant) {
    while threads.iter().any(|thread| !thread.is_finished()) && Instant::now() < by {
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn config() -> Config {
    Config {
        backends: BACKENDS,
        body_limit: |method, target| classify(method, target).body_limit_bytes,
        pool: |method, target| classify(method, target).pool,
        account: named_account,
        headers: Some(&HEADERS),
        ..Config::default()
    }
}

/// Takes over the socket that the service manager holds, so that a restart refuses nobody; otherwise opens one.
fn listener(address: SocketAddr) -> Result<TcpListener> {
    let handed_over = listenfd::ListenFd::from_env().take_tcp_listener(0).context("take the socket over")?;
    match handed_over {
        Some(listener) => Ok(listener),
        None => TcpListener::bind(address).with_context(|| format!("listen on {address}")),
    }
}

/// The index of the writer among the threads.
const WRITER: usize = 0;

fn run_hub(
    app: &Arc<App>,
    hub: Hub,
    inbox: live::Inbox,
    outlet: crate::gate::outlet::Outlet,
    fault: impl Fn(&str) + Send + 'static,
) -> Result<JoinHandle<()>> {
    let app = app.clone();
    let thread = std::thread::Builder::new().name("hub".into()).spawn(move || {
        if let Err(error) = hub.run(&app, &outlet, &inbox) {
            fault(&format!("the watch hub has ended: {error:#}"));
        }
    })?;
    Ok(thread)
}
