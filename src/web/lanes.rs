//! The threads that answer. Quick requests, slow ones (passwords, pictures) and the answers of bids each have their own, so
//! that none waits behind the other; what may wait in a lane is bounded.

use super::app::App;
use super::problem::{Outcome, Problem};
use super::reply::Reply;
use super::request::{LANG_COOKIE, Request, takes_long};
use super::routes::{AfterBid, Next, lead};
use super::site;
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
    request: Request,
}

/// What an answer needs of its request once that is gone.
#[derive(Clone)]
struct Context {
    is_api: bool,
    takes_gzip: bool,
    chosen_lang: Option<&'static str>,
    frame: Option<Box<site::frame::Basis>>,
}

#[derive(Clone)]
struct Lanes {
    app: Arc<App>,
    door: Door,
    slow: Sender<Slow>,
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
    Ok(std::thread::Builder::new().name(name.into()).spawn(f)?)
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
        let request = match Request::read(&self.app, client, &mut raw) {
            Ok(request) => request,
            Err(problem) => {
                // What cannot be read is answered as a program's.
                return respond(raw, problem.json());
            }
        };
        if !takes_long(raw.method().as_str(), &request.target) {
            return self.answer(raw, &request);
        }
        match self.slow.try_send(Slow { raw, request }) {
            Ok(()) => {}
            Err(
                TrySendError::Full(Slow { raw, request }) | TrySendError::Disconnected(Slow { raw, request }),
            ) => {
                let busy = Refusal::Busy { retry_after_s: 5 };
                let context = Context::of(&request);
                respond(raw, refused(&self.app, &context, busy.into()));
            }
        }
    }

    fn answer(&self, raw: tiny_http::Request, request: &Request) {
        let context = Context::of(request);
        match lead(&self.app, request) {
            Ok(Next::Reply(reply)) => respond(raw, context.dress(reply)),
            Err(problem) => respond(raw, refused(&self.app, &context, problem)),
            Ok(Next::Bid(bid, after)) => {
                let app = self.app.clone();
                self.app.house.place_bid(bid, move |answer| {
                    survive(|| respond(raw, answer_bid(&app, &context, after, answer)));
                });
            }
        }
    }
}

fn do_slow(app: &Arc<App>, work: &Receiver<Slow>) {
    while let Ok(Slow { mut raw, mut request }) = work.recv() {
        survive(|| {
            let context = Context::of(&request);
            let reply = match request.read_body(&mut raw).and_then(|()| lead(app, &request)) {
                Ok(Next::Reply(reply)) => context.dress(reply),
                Ok(Next::Bid(..)) => unreachable!("bids are not slow"),
                Err(problem) => refused(app, &context, problem),
            };
            respond(raw, reply);
        });
    }
}

fn answer_bid(app: &Arc<App>, context: &Context, after: AfterBid, answer: Answer<Accepted>) -> Reply {
    let reply: Outcome<Reply> = after(app, answer);
    reply.map_or_else(|problem| refused(app, context, problem), |reply| context.dress(reply))
}

/// A fault of ours in one request must not cost the thread: tiny_http answers 500 for a request that is dropped.
fn survive(f: impl FnOnce()) {
    if catch_unwind(AssertUnwindSafe(f)).is_err() {
        tracing::error!("a request ended in a panic; the words are above");
    }
}

impl Context {
    fn of(request: &Request) -> Context {
        let frame = (!request.is_api()).then(|| Box::new(site::frame::Basis::of(request)));
        let chosen_lang = request.lang_is_chosen.then(|| request.lang.tag());
        Context { is_api: request.is_api(), takes_gzip: request.takes_gzip, chosen_lang, frame }
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

/// A problem as its client reads it: JSON for programs, a page for people.
fn refused(app: &App, context: &Context, problem: Problem) -> Reply {
    match &context.frame {
        Some(basis) if !context.is_api => {
            let page = site::mishap::show(app, basis, &problem);
            problem.dress(context.dress(page.unwrap_or_else(|_| problem.json())))
        }
        _ => problem.json(),
    }
}

/// In one write: tiny_http's own `respond` takes one a kilobyte.
fn respond(raw: tiny_http::Request, reply: Reply) {
    let bytes = reply.into_bytes(*raw.method() == tiny_http::Method::Head);
    let mut writer = raw.into_writer();
    if let Err(error) = writer.write_all(&bytes).and_then(|()| writer.flush()) {
        tracing::debug!(%error, "an answer found nobody");
    }
}
