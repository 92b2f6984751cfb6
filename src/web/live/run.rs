//! The loop of the watch hub: it waits for the gate, a log-out or a commit, and brings the audience up to date.

use super::audience::Audience;
use super::{Hub, Inbox};
use crate::gate::outlet::{Outlet, Told};
use crate::rules::time::Time;
use crate::store::Conn;
use crate::web::app::App;
use anyhow::Result;
use crossbeam_channel::select;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// The server's time is told this often; the contract says every 5 s at most apart.
const TIME_EVERY: Duration = Duration::from_secs(4);
/// Events are read at most this often: under load the commits of so long are told together.
const READ_EVERY: Duration = Duration::from_millis(2);
/// Settings are read again at most this often, when something was committed.
const REFRESH_EVERY: Duration = Duration::from_millis(250);
/// A session that ended otherwise than by log-out (a new password, its age) is noticed after so long.
const RECHECK_EVERY: Duration = Duration::from_secs(60);
/// Words of the gate that are heard in one turn.
const HEARD_AT_ONCE: usize = 256;

impl Hub {
    /// Tells the watchers, for as long as the server runs.
    pub fn run(&self, app: &App, outlet: &Outlet, inbox: &Inbox) -> Result<()> {
        let conn = app.house.conn()?;
        let mut seen = conn.data_version()?;
        let mut audience = Audience::open(outlet, app.base_path.get());
        let (mut time_at, mut refreshed, mut rechecked) = (Instant::now(), Instant::now(), Instant::now());
        let (mut stale, mut read_at) = (false, Instant::now());
        loop {
            select! {
                recv(inbox.woken) -> woken => if woken.is_err() { return Ok(()) },
                recv(inbox.told) -> told => {
                    let more = inbox.told.try_iter().take(HEARD_AT_ONCE);
                    for told in told.into_iter().chain(more) {
                        self.hear(&mut audience, told, &conn, app.house.now())?;
                    }
                }
                recv(inbox.leavers) -> token => if let Ok(token) = token { audience.end_session(&token) },
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
                app.refresh()?;
                audience.lie_under(app.base_path.get());
            }
            if time_at <= Instant::now() {
                time_at = Instant::now() + TIME_EVERY;
                audience.tell_time(app.house.now());
                app.look_at_scheduler();
            }
            if rechecked.elapsed() >= RECHECK_EVERY {
                rechecked = Instant::now();
                audience.end_lost_sessions(&conn, app.house.now())?;
            }
        }
    }

    fn hear(&self, audience: &mut Audience<'_>, told: Told, conn: &Conn, now: Time) -> Result<()> {
        match told {
            Told::Opened { ticket, watcher } => match self.take(ticket) {
                Some(watching) => {
                    if audience.is_empty() {
                        audience.begin(conn)?;
                    }
                    audience.let_in(watcher, watching, now);
                }
                None => audience.show_out(watcher),
            },
            Told::Taken { watcher } => audience.has_taken(watcher),
            Told::Lagging { watcher, after } => audience.let_lag(watcher, after),
            Told::Closed { watcher } => audience.forget(watcher),
            Told::Lost { ticket } => drop(self.take(ticket)),
        }
        self.n_watchers.store(audience.watchers.len(), Ordering::Relaxed);
        Ok(())
    }
}
