//! The threads that answer. Quick requests, slow ones (passwords, pictures) and the answers of bids each have their own, so
//! that none waits behind the other; what may wait in a lane is bounded.

use super::app::App;
use super::problem::Problem;
use super::reply::Reply;
use super::request::{LANG_COOKIE, Request};
use super::routes::{AfterBid, Next, lead};
use super::site;
use super::tally::Kind;
use super::visit::Visit;
use crate::gate::cores;
use crate::gate::door::Door;
use crate::gate::forwarded::Client;
use crate::house::Answer;
use crate::house::place_bid::{Accepted, Decisions};
use crate::rules::refusal::Refusal;
use anyhow::Result;
use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::JoinHandle;

/// Quick requests read the database and answer: a few threads do, more only take turns on the cores.
const N_QUICK: usize = 3;
/// Passwords cost 19 MiB and 30 ms each.
const N_SLOW: usize = 2;
const N_ANSWERING: usize = 2;
/// What may wait in the slow lane: about 5 s of work.
const MAX_SLOW: usize = 256;
/// Commits whose bids wait to be told: as many as the gate has connections would do, and then the writer never waits.
const MAX_DECIDED: usize = 1_024;

struct Slow {
    raw: tiny_http::Request,
    visit: Visit,
    request: Request,
}

/// What an answer needs of its request once that is gone.
struct Context {
    visit: Visit,
    is_api: bool,
    takes_gzip: bool,
    chosen_lang: Option<&'static str>,
    frame: Option<Box<site::frame::Basis>>,
}

#[derive(Clone)]
struct Lanes {
    app: Arc<App>,
    door: Door,
    /// Boxed, for the queue has its room from the start.
    slow: Sender<Box<Slow>>,
}

/// Where the writer leaves the bids of a commit, and where they are taken up to be told.
pub fn decisions() -> (Sender<Decisions>, Receiver<Decisions>) {
    bounded(MAX_DECIDED)
}

/// Starts the threads; they end when `server` is unblocked and the lanes run dry. `fault` hears if tiny_http is deaf.
pub fn start(
    app: &Arc<App>,
    door: Door,
    server: &'static tiny_http::Server,
    decided: &Receiver<Decisions>,
    fault: impl Fn(&str) + Clone + Send + 'static,
) -> Result<Vec<JoinHandle<()>>> {
    let (slow, slow_here) = bounded(MAX_SLOW);
    let lanes = Lanes { app: app.clone(), door, slow };
    let mut threads = Vec::new();
    for _ in 0..N_QUICK {
        let (lanes, fault) = (lanes.clone(), fault.clone());
        threads.push(thread("quick", move || lanes.take_requests(server, fault))?);
    }
    for _ in 0..N_SLOW {
        let (app, work) = (app.clone(), slow_here.clone());
        threads.push(thread("slow", move || do_slow(&app, &work))?);
    }
    for _ in 0..N_ANSWERING {
        let decided = decided.clone();
        threads.push(thread("answering", move || decided.iter().for_each(Decisions::tell))?);
    }
    Ok(threads)
}

fn thread(name: &str, f: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>> {
    let body = move || {
        cores::give_way();
        f();
    };
    Ok(std::thread::Builder::new().name(name.into()).spawn(body)?)
}

impl Lanes {
    fn take_requests(&self, server: &tiny_http::Server, fault: impl Fn(&str)) {
        loop {
            match server.recv() {
                Ok(raw) => {
                    if let Some((client, raw)) = self.door.admit(raw) {
                        survive(|| self.handle(client, raw));
                    }
                }
                // `unblock` says so, too; the process is ending then, and a fault changes nothing.
                Err(error) => return fault(&format!("no more requests are taken: {error}")),
            }
        }
    }

    fn handle(&self, client: Client, mut raw: tiny_http::Request) {
        let mut visit = self.app.visits.begin(&raw, self.app.house.now());
        let request = match Request::read(&self.app, client, &mut raw) {
            Ok(request) => request,
            Err(problem) => {
                // What cannot be read is answered as a program's.
                log_fault(&visit, &problem);
                return respond(raw, problem.json(), visit);
            }
        };
        visit.account = request.person.as_ref().map(|person| person.id);
        if visit.kind != Kind::Write {
            return self.answer(raw, &request, visit);
        }
        match self.slow.try_send(Box::new(Slow { raw, visit, request })) {
            Ok(()) => {}
            Err(TrySendError::Full(slow) | TrySendError::Disconnected(slow)) => {
                let busy = Refusal::Busy { retry_after_s: 5 };
                refuse(&self.app, slow.raw, Context::of(&slow.request, slow.visit), busy.into());
            }
        }
    }

    fn answer(&self, raw: tiny_http::Request, request: &Request, visit: Visit) {
        let context = Context::of(request, visit);
        match lead(&self.app, request) {
            Ok(Next::Reply(reply)) => reply_to(raw, context, reply),
            Err(problem) => {
                if context.visit.kind == Kind::Bid {
                    self.app.tally.bid(problem.code);
                }
                refuse(&self.app, raw, context, problem);
            }
            Ok(Next::Bid(bid, after)) => {
                let app = self.app.clone();
                self.app.house.place_bid(bid, move |answer| {
                    app.tally.decided(&answer);
                    survive(|| answer_bid(&app, raw, context, after, answer));
                });
            }
        }
    }
}

fn do_slow(app: &Arc<App>, work: &Receiver<Box<Slow>>) {
    while let Ok(slow) = work.recv() {
        let Slow { mut raw, visit, mut request } = *slow;
        survive(|| {
            let context = Context::of(&request, visit);
            match request.read_body(&mut raw).and_then(|()| lead(app, &request)) {
                Ok(Next::Reply(reply)) => reply_to(raw, context, reply),
                Ok(Next::Bid(..)) => unreachable!("bids are not slow"),
                Err(problem) => refuse(app, raw, context, problem),
            }
        });
    }
}

fn answer_bid(
    app: &Arc<App>,
    raw: tiny_http::Request,
    context: Context,
    after: AfterBid,
    answer: Answer<Accepted>,
) {
    match after(app, answer) {
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
    fn of(request: &Request, visit: Visit) -> Context {
        let frame = (!request.is_api()).then(|| Box::new(site::frame::Basis::of(request)));
        let chosen_lang = request.lang_is_chosen.then(|| request.lang.tag());
        let takes_gzip = request.takes_gzip && !request.is_mirrored();
        Context { visit, is_api: request.is_api(), takes_gzip, chosen_lang, frame }
    }

    /// A chosen language is kept, a page is compressed.
    fn dress(&self, reply: Reply) -> Reply {
        let reply = reply.zipped(self.takes_gzip);
        match self.chosen_lang {
            Some(tag) => {
                let cookie = format!("{LANG_COOKIE}={tag}; Path=/; Max-Age=31536000; SameSite=Lax");
                reply.with("Set-Cookie", cookie)
            }
            None => reply,
        }
    }
}

fn reply_to(raw: tiny_http::Request, context: Context, reply: Reply) {
    respond(raw, context.dress(reply), context.visit);
}

/// A problem as its client reads it: JSON for programs, a page for people.
fn refuse(app: &App, raw: tiny_http::Request, context: Context, problem: Problem) {
    log_fault(&context.visit, &problem);
    let reply = match &context.frame {
        Some(basis) if !context.is_api => {
            let page = site::mishap::show(app, basis, &problem).unwrap_or_else(|worse| {
                log_fault(&context.visit, &worse);
                problem.json()
            });
            problem.dress(context.dress(page))
        }
        _ => problem.json(),
    };
    respond(raw, reply, context.visit);
}

fn log_fault(visit: &Visit, problem: &Problem) {
    if let Some(error) = &problem.fault {
        tracing::error!(id = %visit.id, %error, "a request failed");
    }
}

/// In one write: tiny_http's own `respond` takes one a kilobyte.
fn respond(raw: tiny_http::Request, reply: Reply, visit: Visit) {
    let status = reply.status;
    let reply = reply.with("X-Request-Id", visit.id.to_string());
    let bytes = reply.into_bytes(*raw.method() == tiny_http::Method::Head, visit.at);
    let mut writer = raw.into_writer();
    if let Err(error) = writer.write_all(&bytes).and_then(|()| writer.flush()) {
        tracing::debug!(%error, "an answer found nobody");
    }
    visit.end(status, bytes.len());
}
