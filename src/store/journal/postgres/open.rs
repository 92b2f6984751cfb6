//! A connection with PostgreSQL, and what is asked over it as one.

use super::hash;
use crate::rules::time::Time;
use crate::store::journal::{Appended, Away, Head, Stored, Turn};
use postgres::{Client, Config, NoTls, Statement};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// How long the turn is waited for before its holder's session may be ended: a machine that was stopped must not hold the
/// others.
const TURN_WAIT: &str = "2s";

/// A connection with its prepared statements.
pub struct Open {
    pub client: Client,
    pub append: Statement,
    pub pages_after: Statement,
    token: Statement,
    /// Set by a warning: what was just committed may not be with the standby.
    pub was_warned: Arc<AtomicBool>,
    pub listens: bool,
}

impl Open {
    pub fn connect(config: &Config) -> Result<Open, postgres::Error> {
        let was_warned = Arc::new(AtomicBool::new(false));
        let warned = was_warned.clone();
        let mut config = config.clone();
        config.notice_callback(move |notice| {
            if notice.severity() == "WARNING" {
                warned.store(true, Ordering::SeqCst);
            }
        });
        let mut client = config.connect(NoTls)?;
        client.batch_execute(&format!("set lock_timeout = '{TURN_WAIT}'"))?;
        let append = client.prepare(
            "insert into journal (seq, follows, token, hash, page) values ($1::bigint, nullif($1::bigint - 1, 0), $2, $3, $4)",
        )?;
        let pages_after = client
            .prepare("select seq, token, hash, page from journal where seq > $1 order by seq limit $2")?;
        let token = client.prepare("select token from journal where seq = $1")?;
        Ok(Open { client, append, pages_after, token, was_warned, listens: false })
    }

    pub fn take_turn(&mut self) -> Result<Turn, postgres::Error> {
        // Two statements, for the second must see what was committed while the first waited.
        self.client.batch_execute("select pg_advisory_lock(1635083380, 1)")?;
        let row = self.client.query_one(
            "select coalesce(max(seq), 0), (select hash from journal order by seq desc limit 1), \
             (extract(epoch from clock_timestamp()) * 1000)::bigint from journal",
            &[],
        )?;
        let head = Head { seq: row.get(0), hash: row.get::<_, Option<&[u8]>>(1).map_or([0; 32], hash) };
        Ok(Turn { head, now: Time(row.get(2)) })
    }

    /// Ends the session of whoever has the turn and has done nothing for a second, unless it waits for the standby: what it does
    /// there is a commit. Where many wait, one after the other has the turn, and nobody is ended.
    pub fn end_holder(&mut self) -> Result<(), postgres::Error> {
        let n = self.client.execute(
            "select pg_terminate_backend(held.pid) from pg_locks held join pg_stat_activity a using (pid) \
             where held.locktype = 'advisory' and held.granted and held.objsubid = 2 \
             and held.classid = 1635083380 and held.objid = 1 and held.pid <> pg_backend_pid() \
             and held.database = (select oid from pg_database where datname = current_database()) \
             and a.wait_event is distinct from 'SyncRep' \
             and clock_timestamp() - greatest(a.query_start, a.state_change) > interval '1 second'",
            &[],
        )?;
        if n > 0 {
            tracing::warn!("the turn was kept for too long: its holder's session was ended");
        }
        Ok(())
    }

    fn token_of(&mut self, seq: i64) -> Result<Option<Vec<u8>>, postgres::Error> {
        Ok(self.client.query_opt(&self.token, &[&seq])?.map(|row| row.get(0)))
    }

    /// Commits something of our own, which is acknowledged after all that was committed before it.
    fn touch(&mut self) -> Result<bool, postgres::Error> {
        self.was_warned.store(false, Ordering::SeqCst);
        self.client.execute("insert into journal_touch default values on conflict (one) do update set n = journal_touch.n + 1", &[])?;
        Ok(!self.was_warned.load(Ordering::SeqCst))
    }

    /// What became of a page with this number.
    pub fn found(&mut self, page: &Stored) -> Result<Option<Found>, postgres::Error> {
        let Some(token) = self.token_of(page.seq)? else {
            return Ok(None);
        };
        if token != page.token {
            return Ok(Some(Found::Another));
        }
        Ok(Some(if self.touch()? { Found::Ours } else { Found::OursNotSafe }))
    }
}

pub enum Found {
    Ours,
    OursNotSafe,
    Another,
}

impl Found {
    pub fn appended(self) -> Result<Appended, Away> {
        match self {
            Found::Ours => Ok(Appended::InForce),
            Found::Another => Ok(Appended::Lost),
            Found::OursNotSafe => Err(Away("the standby has not got the page yet".into())),
        }
    }
}
