//! The loop of the watch hub: it waits for the gate, a log-out or a commit, and brings the audience up to date.

use super::audience::Audience;
use super::{Hub, Inbox};
use crate::gate::outlet::{Outlet, WatcherEvent};
use crate::rules::time::Time;
use crate::store::Conn;
use crate::web::app::App;
use anyhow::Result;
use crossbeam_channel::select;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// How often the server's time is sent; the contract allows 5 s between two of them.
const TIME_EVERY: Duration = Duration::from_secs(4);
/// The shortest time between two reads of events: under load, the commits of that time are sent together.
const READ_EVERY: Duration = Duration::from_millis(2);
/// The shortest time between two reads of the settings, which follow a commit.
const REFRESH_EVERY: Duration = Duration::from_millis(250);
/// How often sessions are checked that end without a log-out (by a new password, or by age).
const RECHECK_EVERY: Duration = Duration::from_secs(60);
/// The most messages of the gate that are taken in one turn.
const HEARD_AT_ONCE: usize = 256;

impl Hub {
    /// Sends events to the watchers for as long as the server runs. Fails if the database cannot be read.
    pub fn run(&self, app: &App, outlet: &Outlet, inbox: &Inbox) -> Result<()> {
        let conn = app.house.conn()?;
        let mut seen = conn.data_version()?;
        let mut audience = Audience::open(outlet, app.base_path.get(), app.house.naming());
        let (mut time_at, mut refreshed, mut rechecked) = (Instant::now(), Instant::now(), Instant::now());
        let (mut stale, mut read_at) = (false, Instant::now());
        let mut revoked_at = conn.read(|snapshot| snapshot.last_revoked_at())?;
        let mut n_renames = conn.read(|snapshot| anyhow::Ok(snapshot.n_renames()))?;
        loop {
            select! {
                recv(inbox.woken) -> woken => if woken.is_err() { return Ok(()) },
                recv(inbox.told) -> told => {
                    let more = inbox.told.try_iter().take(HEARD_AT_ONCE);
                    for told in told.into_iter().chain(more) {
                        self.hear(&mut audience, told, &conn, app.house.now())?;
                    }
                }
                recv(inbox.logged_out) -> token => if let Ok(token) = token { audience.end_session(&token) },
                default(audience.nap()) => {}
            }
            std::thread::sleep(READ_EVERY.saturating_sub(read_at.elapsed()));
            // Before anything new is sent, while the outlet has had time for what was sent last.
            audience.catch_up(&conn)?;
            let version = conn.data_version()?;
            if version != seen {
                read_at = Instant::now();
                (seen, stale) = (version, true);
                if !audience.is_empty() {
                    audience.read_on(&conn)?;
                }
            }
            if stale && refreshed.elapsed() >= REFRESH_EVERY {
                (refreshed, stale) = (Instant::now(), false);
                app.refresh();
                audience.set(app.base_path.get(), app.house.naming());
                // What is written already may name a former member.
                let renamed = conn.read(|snapshot| anyhow::Ok(snapshot.n_renames()))?;
                if std::mem::replace(&mut n_renames, renamed) != renamed {
                    audience.write_anew();
                    // A former member's tokens are gone with the account.
                    audience.end_lost_sessions(&conn, app.house.now())?;
                }
                let last = conn.read(|snapshot| snapshot.last_revoked_at())?;
                if std::mem::replace(&mut revoked_at, last) != last {
                    audience.end_lost_sessions(&conn, app.house.now())?;
                }
            }
            if time_at <= Instant::now() {
                time_at = Instant::now() + TIME_EVERY;
                audience.send_time(app.house.now());
                audience.end_ended_tokens(app.house.now());
                app.look_at_scheduler();
            }
            if rechecked.elapsed() >= RECHECK_EVERY {
                rechecked = Instant::now();
                audience.end_lost_sessions(&conn, app.house.now())?;
            }
        }
    }

    fn hear(&self, audience: &mut Audience<'_>, told: WatcherEvent, conn: &Conn, now: Time) -> Result<()> {
        match told {
            WatcherEvent::Opened { ticket, watcher } => match self.take(ticket) {
                Some(watching) => {
                    if audience.is_empty() {
                        audience.begin(conn)?;
                    }
                    audience.let_in(watcher, watching, now);
                }
                None => audience.turn_away(watcher),
            },
            WatcherEvent::Taken { watcher } => audience.has_taken(watcher),
            WatcherEvent::Lagging { watcher, after } => audience.fall_behind(watcher, after),
            WatcherEvent::Closed { watcher } => audience.forget(watcher),
            WatcherEvent::Lost { ticket } => drop(self.take(ticket)),
        }
        self.n_watchers.store(audience.watchers.len(), Ordering::Relaxed);
        Ok(())
    }
}
