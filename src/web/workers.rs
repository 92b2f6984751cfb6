//! The worker pools. One thread takes the requests and does nothing else, so that the gate is heard at once whatever
//! the others do; each pool has its own threads, so that none waits behind another; what may wait for a pool is
//! bounded.

use crate::gate::auth::GateAuth;
use crate::gate::config::WorkerPool;
use crate::gate::cores;
use crate::gate::forwarded::Client;
use crate::house::Answer;
use crate::house::bidding::place_bid::{Accepted, Decisions};
use crate::rules::refusal::Refusal;
use crate::store::budget::{Budget, within};
use crate::web::access_log::AccessEntry;
use crate::web::app::App;
use crate::web::pages::error_page;
use crate::web::pages::parts::context::PageContext;
use crate::web::problem::Problem;
use crate::web::reply::Reply;
use crate::web::request::{LANG_COOKIE, Request};
use crate::web::route::{AfterBid, Response};
use crate::web::router::{Class, classify, dispatch};
use crate::web::stats::Kind;
use anyhow::Result;
use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

const N_ANSWERING: usize = 2;
/// Requests that may wait for a pool. The gate keeps most of those that wait, and gives everybody a turn.
const MAX_WAITING: usize = 64;
/// Commits whose bids wait to be answered. As many as the gate has connections would do; with more the writer never
/// waits.
const MAX_DECIDED: usize = 1_024;
/// What a request may spend on reading. The largest honest page takes a hundredth of it.
const READING: Budget = Budget { work: Duration::from_secs(2), time: Duration::from_secs(10) };

/// The threads of one pool.
struct Threads {
    pool: WorkerPool,
    /// Their name; the system cuts off what is longer than 15 bytes.
    name: &'static str,
    n: usize,
    /// Leaves the cores to the others while they have work, so that a bid never waits for a computation.
    is_meek: bool,
}

/// A few threads each, because more would only take turns on the cores; passwords cost 19 MiB and 30 ms each.
const POOLS: [Threads; WorkerPool::ALL.len()] = [
    Threads { pool: WorkerPool::Quick, name: "quick", n: 3, is_meek: false },
    Threads { pool: WorkerPool::Bids, name: "bids", n: 3, is_meek: false },
    Threads { pool: WorkerPool::Writes, name: "writes", n: 2, is_meek: false },
    Threads { pool: WorkerPool::Searches, name: "searches", n: 2, is_meek: true },
    Threads { pool: WorkerPool::Passwords, name: "passwords", n: 2, is_meek: false },
    Threads { pool: WorkerPool::Pictures, name: "pictures", n: 2, is_meek: true },
    Threads { pool: WorkerPool::Streams, name: "streams", n: 2, is_meek: false },
    Threads { pool: WorkerPool::Outside, name: "outside", n: 2, is_meek: false },
];

/// A request that waits for a thread. Its body is not read yet: until then it counts against what the gate holds, so
/// that many senders of pictures do not fill the memory.
struct Work {
    raw: tiny_http::Request,
    client: Client,
    class: Class,
    entry: AccessEntry,
}

/// What a reply needs of its request once that is gone.
struct ReplyContext {
    entry: AccessEntry,
    base: Arc<str>,
    takes_gzip: bool,
    chosen_lang: Option<&'static str>,
    /// A tablet is shared: a page of the desk is not to come back once its pass is shut.
    is_at_desk: bool,
    /// For a page; none for a program.
    page: Option<Box<PageContext>>,
}

/// The queue from the writer, which sends the decided bids of each commit, to the threads that answer them.
pub fn decisions() -> (Sender<Decisions>, Receiver<Decisions>) {
    bounded(MAX_DECIDED)
}

/// Starts the threads; they end when `server` is unblocked and the queues run dry. `fault` is called if tiny_http takes
/// no more requests.
pub fn start(
    app: &Arc<App>,
    auth: GateAuth,
    server: &'static tiny_http::Server,
    decided: &Receiver<Decisions>,
    fault: impl FnOnce(&str) + Send + 'static,
) -> Result<Vec<JoinHandle<()>>> {
    let (mut queues, mut threads) = (Vec::new(), Vec::new());
    for pool in &POOLS {
        // Boxed, because the queue takes the memory for all its places at the start.
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
        queues.push((pool.pool, queue));
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
    queues: &[(WorkerPool, Sender<Box<Work>>)],
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

/// Never waits: a request that finds a full queue is refused as `busy` at once.
fn hand_on(app: &App, client: Client, raw: tiny_http::Request, queues: &[(WorkerPool, Sender<Box<Work>>)]) {
    let class = classify(raw.method().as_str(), raw.url());
    let entry = app.access_log.begin(&raw, class.kind, class.pattern, app.house.now());
    let (_, queue) = queues.iter().find(|(of, _)| *of == class.pool).expect("every pool has threads");
    match queue.try_send(Box::new(Work { raw, client, class, entry })) {
        Ok(()) => {}
        Err(TrySendError::Full(work) | TrySendError::Disconnected(work)) => {
            let busy = Problem::from(Refusal::Busy { retry_after_s: 5 });
            respond(work.raw, busy.json(&app.current().currency), work.entry);
        }
    }
}

fn handle(app: &Arc<App>, work: Work) {
    let Work { mut raw, client, class, mut entry } = work;
    let mut request = match Request::read(app, client, &raw, class.is_for_programs) {
        Ok(request) => request,
        Err(problem) => {
            // A request that cannot be read is answered in JSON.
            log_fault(&entry, &problem);
            return respond(raw, problem.json(&app.current().currency), entry);
        }
    };
    entry.account = request.person.as_ref().map(|person| person.id);
    let context = ReplyContext::of(&request, entry);
    let read = request.read_body(&mut raw, class.body_limit_bytes);
    match read.and_then(|()| dispatch(app, &mut request)) {
        Ok(Response::Reply(reply)) => reply_to(raw, context, reply),
        Err(problem) => {
            if class.kind == Kind::Bid {
                app.stats.bid(problem.code);
            }
            refuse(app, raw, context, problem);
        }
        Ok(Response::Bid(bid, after)) => {
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
    context: ReplyContext,
    after: AfterBid,
    answer: Answer<Accepted>,
) {
    match within(READING, || after(app, answer)) {
        Ok(reply) => reply_to(raw, context, reply),
        Err(problem) => refuse(app, raw, context, problem),
    }
}

/// A panic in one request must not end the thread: tiny_http answers 500 for a request that is dropped.
fn survive(f: impl FnOnce()) {
    if catch_unwind(AssertUnwindSafe(f)).is_err() {
        tracing::error!("a request ended in a panic; the words are above");
    }
}

impl ReplyContext {
    fn of(request: &Request, entry: AccessEntry) -> ReplyContext {
        let page = (!request.is_for_programs).then(|| Box::new(PageContext::of(request)));
        let chosen_lang = request.lang_is_chosen.then(|| request.lang.tag());
        let takes_gzip = request.takes_gzip && !request.is_mirrored();
        let is_at_desk = request.is_at_desk();
        ReplyContext { entry, base: request.base.clone(), takes_gzip, chosen_lang, is_at_desk, page }
    }

    /// Puts the base path before every path, keeps a chosen language in its cookie, and compresses what may be
    /// compressed.
    fn dress(&self, reply: Reply) -> Reply {
        let reply = reply.under(&self.base).compressed(self.takes_gzip);
        let reply = if self.is_at_desk { reply.unkept() } else { reply };
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

fn reply_to(raw: tiny_http::Request, context: ReplyContext, reply: Reply) {
    respond(raw, context.dress(reply), context.entry);
}

/// Answers with a problem: in JSON for programs, with a page for people. The page has a budget of its own.
fn refuse(app: &App, raw: tiny_http::Request, context: ReplyContext, problem: Problem) {
    log_fault(&context.entry, &problem);
    let reply = match &context.page {
        Some(page) => {
            let shown =
                within(READING, || error_page::handler::show(app, page, &problem)).unwrap_or_else(|worse| {
                    log_fault(&context.entry, &worse);
                    problem.json(&app.current().currency)
                });
            problem.dress(context.dress(shown))
        }
        None => problem.json(&app.current().currency),
    };
    respond(raw, reply, context.entry);
}

fn log_fault(entry: &AccessEntry, problem: &Problem) {
    if let Some(error) = &problem.fault {
        tracing::error!(id = %entry.id, %error, "a request failed");
    }
}

/// Writes a reply in one piece; tiny_http's own `respond` writes each kilobyte apart.
fn respond(raw: tiny_http::Request, reply: Reply, entry: AccessEntry) {
    let status = reply.status;
    let reply = reply.with("X-Request-Id", entry.id.to_string());
    let bytes = reply.into_bytes(*raw.method() == tiny_http::Method::Head, entry.at);
    let mut writer = raw.into_writer();
    if let Err(error) = writer.write_all(&bytes).and_then(|()| writer.flush()) {
        tracing::debug!(%error, "an answer found nobody");
    }
    entry.end(status, bytes.len());
}
