//! The one writer thread: all writes of the server go through its queue, so that bids share a commit (group commit)
//! and no thread waits for another's lock.
//!
//! Work of the group kind is decided one after the other inside one transaction, committed once, and answered after
//! the commit; all else has a transaction of its own. What is acknowledged is on the disk. A commit waits for no more
//! work: it takes what is queued (waiting 100 to 500 us made 8 connections slower by a fifth to a half, and 128 no
//! faster).

use super::fault::{Answer, Fault};
use super::{Conn, Tx};
use crate::rules::refusal::Refusal;
use anyhow::{Result, anyhow};
use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use std::thread::JoinHandle;
use std::time::Duration;

/// Most of the group kind that share one commit.
const MAX_BATCH: usize = 1_024;
/// What may wait for the writer; beyond it the house is busy.
const MAX_QUEUE: usize = 4_096;
/// How long the journal's turn is kept for work that may come.
const KEPT_FOR: Duration = Duration::from_millis(5);
const ENDED: &str = "the writer has ended";

/// What the group kind of work is, and how it is decided.
pub trait Group: Send + 'static {
    type Answer;

    /// Decides and writes; a refusal writes nothing. An error rolls the whole batch back.
    fn decide(&self, tx: &Tx<'_>) -> Answer<Self::Answer>;
}

/// Work of the group kind with what became of it: the commit is on the disk, or has failed.
pub type Decided<G> = (G, Answer<<G as Group>::Answer>);

enum Work<G> {
    /// Boxed, for the queue has its room from the start.
    Group(Box<G>),
    Alone(Box<dyn FnOnce(&Conn) + Send>),
    Stop,
}

/// The queue's entrance. Clones share the thread.
pub struct Writer<G: Group> {
    queue: Sender<Work<G>>,
}

impl<G: Group> Clone for Writer<G> {
    fn clone(&self) -> Writer<G> {
        Writer { queue: self.queue.clone() }
    }
}

impl<G: Group> Writer<G> {
    /// Starts the thread; `after_commit` is called on it whenever something may have been written, with the work that
    /// shared the commit, and must be quick.
    pub fn start(
        conn: Conn,
        after_commit: impl Fn(Vec<Decided<G>>) + Send + 'static,
    ) -> Result<(Writer<G>, JoinHandle<()>)> {
        let (queue, work) = bounded(MAX_QUEUE);
        let thread = std::thread::Builder::new()
            .name("writer".into())
            .spawn(move || run(&conn, &work, after_commit))?;
        Ok((Writer { queue }, thread))
    }

    /// Puts work of the group kind on the queue, or hands it back when the queue is full.
    pub fn submit(&self, work: G) -> Result<(), G> {
        self.queue.try_send(Work::Group(Box::new(work))).map_err(|full| match full {
            TrySendError::Full(Work::Group(work)) | TrySendError::Disconnected(Work::Group(work)) => *work,
            _ => unreachable!("what is handed back is what was put in"),
        })
    }

    /// Runs one write transaction in its turn, and waits for it.
    pub fn write<T: Send + 'static>(
        &self,
        f: impl FnOnce(&Tx<'_>) -> Answer<T> + Send + 'static,
    ) -> Answer<T> {
        let (tell, told) = bounded(1);
        let work = Work::Alone(Box::new(move |conn: &Conn| {
            tell.send(conn.write(f)).ok();
        }));
        match self.queue.try_send(work) {
            Ok(()) => told.recv().map_err(|_| anyhow!(ENDED))?,
            Err(TrySendError::Full(_)) => Err(Refusal::Busy { retry_after_s: 1 }.into()),
            Err(TrySendError::Disconnected(_)) => Err(anyhow!(ENDED).into()),
        }
    }

    /// How much is on the queue.
    pub fn n_waiting(&self) -> usize {
        self.queue.len()
    }

    /// Ends the thread once what is queued is done.
    pub fn stop(&self) {
        self.queue.send(Work::Stop).ok();
    }
}

fn run<G: Group>(conn: &Conn, queue: &Receiver<Work<G>>, after_commit: impl Fn(Vec<Decided<G>>)) {
    let mut batch = Vec::new();
    let commit = |batch: &mut Vec<G>| {
        if !batch.is_empty() {
            after_commit(commit(conn, std::mem::take(batch)));
        }
    };
    while let Ok(mut work) = queue.recv() {
        loop {
            match work {
                Work::Group(group) => batch.push(*group),
                Work::Alone(f) => {
                    commit(&mut batch);
                    f(conn);
                    after_commit(Vec::new());
                }
                Work::Stop => return commit(&mut batch),
            }
            match queue.try_recv() {
                Ok(more) if batch.len() < MAX_BATCH => work = more,
                Ok(more) => {
                    commit(&mut batch);
                    work = more;
                }
                Err(_) => break,
            }
        }
        commit(&mut batch);
        if queue.is_empty() {
            rest_soon(conn, queue);
        }
    }
}

/// Lets the journal's turn go if nothing comes for [`KEPT_FOR`], so that other machines may write.
fn rest_soon<G: Group>(conn: &Conn, queue: &Receiver<Work<G>>) {
    if !conn.has_turn() {
        return;
    }
    let mut wait = crossbeam_channel::Select::new();
    wait.recv(queue);
    if wait.ready_timeout(KEPT_FOR).is_err() {
        conn.rest();
    }
}

/// One transaction for the whole batch. If something unexpected fails in it, each is tried by itself, so that one's
/// fault is not the others'.
fn commit<G: Group>(conn: &Conn, batch: Vec<G>) -> Vec<Decided<G>> {
    let decided = conn.write(|tx| {
        let decide = |work: &G| match work.decide(tx) {
            Err(Fault::Broken(error)) => Err(Fault::Broken(error)),
            answer => Ok(answer),
        };
        batch.iter().map(decide).collect::<Answer<Vec<_>>>()
    });
    match decided {
        Ok(answers) => batch.into_iter().zip(answers).collect(),
        Err(Fault::Refused(busy)) => batch.into_iter().map(|work| (work, Err(busy.clone().into()))).collect(),
        Err(broken) if batch.len() == 1 => batch.into_iter().zip([Err(broken)]).collect(),
        Err(_) => {
            let alone = |work: G| {
                let answer = conn.write(|tx| work.decide(tx));
                (work, answer)
            };
            batch.into_iter().map(alone).collect()
        }
    }
}
