//! The threads that answer. One takes the requests and does nothing else, so that the gate is heard at once whatever the others do;
//! each kind has threads of its own, so that none waits behind another; what may wait for them is bounded.

use crate::gate::auth::GateAuth;
use crate::gate::config::Kind;
use crate::gate::cores;
use crate::gate::forwarded::Client;
use crate::house::Answer;
use crate::house::bidding::place_bid::{Accepted, Decisions};
use crate::rules::refusal::Refusal;
use crate::store::budget::{Budget, within};
use crate::web::access_log::AccessEntry;
use crate::web::app::App;
use crate::web::problem::Problem;
use crate::web::reply::Reply;
use crate::web::request::{LANG_COOKIE, Request, kind};
use crate::web::routes::{AfterBid, Next, dispatch};
use crate::web::{pages, stats};
use anyhow::Result;
use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

const N_ANSWERING: usize = 2;
/// What may wait for the threads of a kind. The gate keeps most of what waits, and gives everybody a turn.
const MAX_WAITING: usize = 64;
/// Commits whose bids wait to be told: as many as the gate has connections would do, and then the writer never waits.
const MAX_DECIDED: usize = 1_024;
/// What a request may spend on reading. The largest of honest pages takes a hundredth of it.
const READING: Budget = Budget { work: Duration::from_secs(2), time: Duration::from_secs(10) };

/// The threads of one kind.
struct Pool {
    kind: Kind,
    /// The system cuts off what is longer than 15 bytes.
    name: &'static str,
    n: usize,
    /// Leaves the cores to the others while they have work, so that a bid never waits for who computes.
    is_meek: bool,
}

/// A few threads for what reads and answers, for more only take turns on the cores; passwords cost 19 MiB and 30 ms each.
const POOLS: [Pool; Kind::ALL.len()] = [
    Pool { kind: Kind::Quick, name: "quick", n: 3, is_meek: false },
    Pool { kind: Kind::Write, name: "bids", n: 3, is_meek: false },
    Pool { kind: Kind::Long, name: "writes", n: 2, is_meek: false },
    Pool { kind: Kind::Search, name: "searches", n: 2, is_meek: true },
    Pool { kind: Kind::Password, name: "passwords", n: 2, is_meek: false },
    Pool { kind: Kind::Picture, name: "pictures", n: 2, is_meek: true },
    Pool { kind: Kind::Watching, name: "streams", n: 2, is_meek: false },
];

/// A request that waits for a thread. Its body is not read yet: until then it counts against what the gate holds, so that many who
/// send pictures do not fill the memory.
struct Work {
    raw: tiny_http::Request,
    client: Client,
    visit: AccessEntry,
}

/// What an answer needs of its request once that is gone.
struct Context {
    visit: AccessEntry,
    base: Arc<str>,
    is_api: bool,
    takes_gzip: bool,
    chosen_lang: Option<&'static str>,
    frame: Option<Box<pages::parts::context::PageContext>>,
}

/// Where the writer leaves the bids of a commit, and where they are taken up to be told.
pub fn decisions() -> (Sender<Decisions>, Receiver<Decisions>) {
    bounded(MAX_DECIDED)
}

/// Starts the threads; they end when `server` is unblocked and the queues run dry. `fault` hears if tiny_http is deaf.
pub fn start(
    app: &Arc<App>,
    auth: GateAuth,
    server: &'static tiny_http::Server,
    decided: &Receiver<Decisions>,
    fault: impl FnOnce(&str) + Send + 'static,
) -> Result<Vec<JoinHandle<()>>> {
    let (mut queues, mut threads) = (Vec::new(), Vec::new());
    for pool in &POOLS {
        // Boxed, for the queue has its room from the start.
        let (queue, work) = bounded::<Box<Work>>(MAX_WAITING);
        for _ in 0..pool.n {
            let (app, work) = (app.clone(), work.clone());
            let body = move || {
                if pool.is_meek {
                    cores::stand_back();
                }
                work.iter().for_each(|work| survive(|| within(READING, || handle(&app, *work))));
            };
            threads.push(thread(pool.name, body)?);
        }
        queues.push((pool.kind, queue));
    }
    for _ in 0..N_ANSWERING {
        let decided = decided.clone();
        threads.push(thread("answering", move || decided.iter().for_each(Decisions::tell))?);
    }
    let app = app.clone();
    threads.push(thread("taking", move || take_requests(&app, &auth, server, &queues, fault))?);
    Ok(threads)
}

fn thread(name: &str, f: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>> {
    let body = move || {
        cores::give_way();
        f();
    };
    Ok(std::thread::Builder::new().name(name.into()).spawn(body)?)
}

fn take_requests(
    app: &App,
    auth: &GateAuth,
    server: &tiny_http::Server,
    queues: &[(Kind, Sender<Box<Work>>)],
    fault: impl FnOnce(&str),
) {
    loop {
        match server.recv() {
            Ok(raw) => survive(|| {
                if let Some((client, raw)) = auth.admit(raw) {
                    hand_on(app, client, raw, queues);
                }
            }),
            // `unblock` says so, too; the process is ending then, and a fault changes nothing.
            Err(error) => return fault(&format!("no more requests are taken: {error}")),
        }
    }
}

/// Waits for nobody: what finds a full queue is told so at once.
fn hand_on(app: &App, client: Client, raw: tiny_http::Request, queues: &[(Kind, Sender<Box<Work>>)]) {
    let visit = app.visits.begin(&raw, app.house.now());
    let kind = kind(raw.method().as_str(), raw.url());
    let (_, queue) = queues.iter().find(|(of, _)| *of == kind).expect("every kind has threads");
    match queue.try_send(Box::new(Work { raw, client, visit })) {
        Ok(()) => {}
        Err(TrySendError::Full(work) | TrySendError::Disconnected(work)) => {
            let busy = Problem::from(Refusal::Busy { retry_after_s: 5 });
            respond(work.raw, busy.json(&app.current().currency), work.visit);
        }
    }
}

fn handle(app: &Arc<App>, work: Work) {
    let Work { mut raw, client, mut visit } = work;
    let mut request = match Request::read(app, client, &raw) {
        Ok(request) => request,
        Err(problem) => {
            // What cannot be read is answered as a program's.
            log_fault(&visit, &problem);
            return respond(raw, problem.json(&app.current().currency), visit);
        }
    };
    visit.account = request.person.as_ref().map(|person| person.id);
    let context = Context::of(&request, visit);
    match request.read_body(&mut raw).and_then(|()| dispatch(app, &request)) {
        Ok(Next::Reply(reply)) => reply_to(raw, context, reply),
        Err(problem) => {
            if context.visit.kind == stats::Kind::Bid {
                app.stats.bid(problem.code);
            }
            refuse(app, raw, context, problem);
        }
        Ok(Next::Bid(bid, after)) => {
            let answering = app.clone();
            app.house.place_bid(bid, move |answer| {
                answering.stats.decided(&answer);
                survive(|| answer_bid(&answering, raw, context, after, answer));
            });
        }
    }
}

fn answer_bid(
    app: &Arc<App>,
    raw: tiny_http::Request,
    context: Context,
    after: AfterBid,
    answer: Answer<Accepted>,
) {
    match within(READING, || after(app, answer)) {
        Ok(reply) => reply_to(raw, context, reply),
        Err(problem) => refuse(app, raw, context, problem),
    }
}

/// A fault of ours in one request must not cost the thread: tiny_http answers 500 for a request that is dropped.
fn survive(f: impl FnOnce()) {
    if catch_unwind(AssertUnwindSafe(f)).is_err() {
        tracing::error!("a request ended in a panic; the words are above");
    }
}

impl Context {
    fn of(request: &Request, visit: AccessEntry) -> Context {
        let frame = (!request.is_api()).then(|| Box::new(pages::parts::context::PageContext::of(request)));
        let chosen_lang = request.lang_is_chosen.then(|| request.lang.tag());
        let takes_gzip = request.takes_gzip && !request.is_mirrored();
        let base = request.base.clone();
        Context { visit, base, is_api: request.is_api(), takes_gzip, chosen_lang, frame }
    }

    /// Paths begin where the house lies, a chosen language is kept, a page is compressed.
    fn dress(&self, reply: Reply) -> Reply {
        let reply = reply.under(&self.base).zipped(self.takes_gzip);
        match self.chosen_lang {
            Some(tag) => {
                let cookie =
                    format!("{LANG_COOKIE}={tag}; Path={}/; Max-Age=31536000; SameSite=Lax", self.base);
                reply.with("Set-Cookie", cookie)
            }
            None => reply,
        }
    }
}

fn reply_to(raw: tiny_http::Request, context: Context, reply: Reply) {
    respond(raw, context.dress(reply), context.visit);
}

/// A problem as its client reads it: JSON for programs, a page for people, which has a budget of its own.
fn refuse(app: &App, raw: tiny_http::Request, context: Context, problem: Problem) {
    log_fault(&context.visit, &problem);
    let reply = match &context.frame {
        Some(basis) if !context.is_api => {
            let page = within(READING, || pages::error_page::handler::show(app, basis, &problem))
                .unwrap_or_else(|worse| {
                    log_fault(&context.visit, &worse);
                    problem.json(&app.current().currency)
                });
            problem.dress(context.dress(page))
        }
        _ => problem.json(&app.current().currency),
    };
    respond(raw, reply, context.visit);
}

fn log_fault(visit: &AccessEntry, problem: &Problem) {
    if let Some(error) = &problem.fault {
        tracing::error!(id = %visit.id, %error, "a request failed");
    }
}

/// In one write: tiny_http's own `respond` takes one a kilobyte.
fn respond(raw: tiny_http::Request, reply: Reply, visit: AccessEntry) {
    let status = reply.status;
    let reply = reply.with("X-Request-Id", visit.id.to_string());
    let bytes = reply.into_bytes(*raw.method() == tiny_http::Method::Head, visit.at);
    let mut writer = raw.into_writer();
    if let Err(error) = writer.write_all(&bytes).and_then(|()| writer.flush()) {
        tracing::debug!(%error, "an answer found nobody");
    }
    visit.end(status, bytes.len());
}
