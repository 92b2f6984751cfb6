//! The journal in PostgreSQL: one table of pages. The turn is an advisory lock; the primary key on a page's number decides
//! whatever happens to the lock.
//!
//! A commit is acknowledged once the standby has it, as the server's `synchronous_commit` says, which this program never
//! changes. A page that is only found has perhaps not come that far: what is found after a lost answer counts once a later
//! commit of our own was acknowledged.

mod open;

use super::{Appended, Away, Head, Keeper, Node, Session, Standby, Status, Stored, Turn};
use crate::rules::hash::Hash;
use crate::rules::time::Time;
use anyhow::{Context, Result};
use fallible_iterator::FallibleIterator;
use open::{Found, Open};
use postgres::error::SqlState;
use postgres::{Config, NoTls, Row};
use std::io::{Read, Write};
use std::path::Path;
use std::sync::atomic::Ordering;
use std::time::Duration;

const SCHEMA: &str = include_str!("../../../../sql/postgres/journal.sql");
/// How long a connection may take.
const CONNECT_WAIT: Duration = Duration::from_secs(2);
/// How long the network may leave something unacknowledged.
const NETWORK_WAIT: Duration = Duration::from_secs(5);
/// How long a follower waits to be told of a page before it looks.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// The first key of all advisory locks: "auct".
const LOCKS: i32 = 1_635_083_380;
/// The second key of the turn is 1; of the post, this and the channel's number.
const POST: i32 = 100;
/// The name of whoever has the turn.
const HOLDER: &str = "select coalesce(nullif(a.application_name, ''), a.pid::text) from pg_locks held \
    join pg_stat_activity a using (pid) where held.locktype = 'advisory' and held.granted and held.objsubid = 2 \
    and held.classid = 1635083380 and held.objid = 1 \
    and held.database = (select oid from pg_database where datname = current_database()) limit 1";
/// Whether a commit waits until a standby has it; whether one is named; whether one is there.
const STANDBY: &str = "select current_setting('synchronous_commit') in ('on', 'remote_apply'), \
    current_setting('synchronous_standby_names') <> '', \
    exists (select 1 from pg_stat_replication where sync_state in ('sync', 'quorum'))";
/// Bytes of a snapshot that one row holds.
const PART_BYTES: usize = 1_024 * 1_024;

/// A journal in the database that a URL names.
pub struct Postgres {
    config: Config,
}

impl Postgres {
    /// Fails if the URL cannot be read; says nothing of its password.
    pub fn named(url: &str) -> Result<Postgres> {
        let mut config: Config = url.parse().context("read journal_url")?;
        config.connect_timeout(CONNECT_WAIT).tcp_user_timeout(NETWORK_WAIT).keepalives_idle(NETWORK_WAIT);
        if config.get_application_name().is_none() {
            // Whoever has the turn is shown by it.
            let host = whoami::hostname().unwrap_or_else(|_| "unnamed".into());
            config.application_name(&format!("auction@{host}"));
        }
        Ok(Postgres { config })
    }
}

impl Keeper for Postgres {
    fn session(&self) -> Box<dyn Session> {
        Box::new(Connected { config: self.config.clone(), link: None })
    }
}

struct Connected {
    config: Config,
    link: Option<Open>,
}

impl Connected {
    /// The connection, made anew if it was lost.
    fn open(&mut self) -> Result<&mut Open, Away> {
        if self.link.as_ref().is_none_or(|open| open.client.is_closed()) {
            self.link = None;
            self.link = Some(Open::connect(&self.config).map_err(away)?);
        }
        self.link.as_mut().ok_or_else(|| Away("no connection".into()))
    }

    /// Asks, and gives the connection up where that fails: whatever it was about to do must not come later.
    fn ask<T>(&mut self, f: impl FnOnce(&mut Open) -> Result<T, postgres::Error>) -> Result<T, Away> {
        let asked = f(self.open()?);
        asked.map_err(|error| {
            self.link = None;
            away(error)
        })
    }
}

impl Session for Connected {
    fn take_turn(&mut self) -> Result<Turn, Away> {
        let open = self.open()?;
        let taken = open.take_turn();
        match taken {
            Err(error) if error.code() == Some(&SqlState::LOCK_NOT_AVAILABLE) => {
                self.ask(Open::end_holder)?;
                self.ask(Open::take_turn)
            }
            Err(error) => {
                self.link = None;
                Err(away(error))
            }
            Ok(turn) => Ok(turn),
        }
    }

    fn let_go(&mut self) {
        // A connection that fails here has lost the turn with it.
        self.ask(|open| open.client.batch_execute("select pg_advisory_unlock(1635083380, 1)")).ok();
    }

    fn pages_after(&mut self, seq: i64, limit: i64) -> Result<Vec<Stored>, Away> {
        let rows = self.ask(|open| open.client.query(&open.pages_after, &[&seq, &limit]))?;
        rows.iter().map(stored).collect::<Result<_>>().map_err(|error| Away(format!("{error:#}")))
    }

    fn append(&mut self, page: &Stored) -> Result<Appended, Away> {
        let open = self.open()?;
        open.was_warned.store(false, Ordering::SeqCst);
        let inserted = open
            .client
            .execute(&open.append, &[&page.seq, &page.token.as_slice(), &page.hash.as_slice(), &page.bytes]);
        match inserted {
            Ok(_) if !open.was_warned.load(Ordering::SeqCst) => Ok(Appended::InForce),
            Ok(_) => Err(Away("the standby may not have the page".into())),
            Err(error) if error.code() == Some(&SqlState::UNIQUE_VIOLATION) => {
                // It may be our own, sent before over a connection that was lost.
                let found = self.ask(|open| open.found(page))?;
                found.map_or(Err(Away("the page was there and is gone".into())), Found::appended)
            }
            // The page before it is gone: whoever takes the turn next sees that this copy has strayed.
            Err(error) if error.code() == Some(&SqlState::FOREIGN_KEY_VIOLATION) => Ok(Appended::Lost),
            Err(error) => {
                self.link = None;
                Err(away(error))
            }
        }
    }

    fn look_for(&mut self, page: &Stored) -> Result<Option<Appended>, Away> {
        self.ask(|open| open.found(page))?.map(Found::appended).transpose()
    }

    fn prepare(&mut self) -> Result<(), Away> {
        let mut client = self.config.connect(NoTls).map_err(away)?;
        client.batch_execute(SCHEMA).map_err(away)
    }

    fn house(&mut self) -> Result<Option<String>, Away> {
        let found = self.ask(|open| open.client.query_opt("select house from journal_house", &[]))?;
        Ok(found.map(|row| row.get(0)))
    }

    fn claim(&mut self, house: &str) -> Result<(), Away> {
        self.ask(|open| {
            open.client
                .execute("insert into journal_house (house) values ($1) on conflict do nothing", &[&house])
        })?;
        Ok(())
    }

    fn put_snapshot(&mut self, seq: i64, file: &Path) -> Result<(), Away> {
        let open = self.open()?;
        let put = || -> Result<()> {
            let mut from = std::fs::File::open(file)?;
            let mut tx = open.client.transaction()?;
            tx.execute("delete from journal_snapshot where seq = $1", &[&seq])?;
            tx.execute("insert into journal_snapshot (seq) values ($1)", &[&seq])?;
            let insert =
                tx.prepare("insert into journal_snapshot_part (seq, n, bytes) values ($1, $2, $3)")?;
            let mut part = Vec::with_capacity(PART_BYTES);
            for n in 0_i64.. {
                part.clear();
                Read::by_ref(&mut from).take(PART_BYTES as u64).read_to_end(&mut part)?;
                if part.is_empty() {
                    break;
                }
                tx.execute(&insert, &[&seq, &n, &part])?;
            }
            tx.execute("delete from journal_snapshot where seq < $1", &[&seq])?;
            Ok(tx.commit()?)
        };
        let mut put = put;
        put().map_err(|error| Away(format!("{error:#}")))
    }

    fn newest_snapshot(&mut self, file: &Path) -> Result<Option<i64>, Away> {
        let open = self.open()?;
        let mut get = || -> Result<Option<i64>> {
            let mut tx = open
                .client
                .build_transaction()
                .isolation_level(postgres::IsolationLevel::RepeatableRead)
                .read_only(true)
                .start()?;
            let Some(row) =
                tx.query_opt("select max(seq) from journal_snapshot having max(seq) is not null", &[])?
            else {
                return Ok(None);
            };
            let seq: i64 = row.get(0);
            let mut to = std::fs::File::create(file)?;
            let select = tx.prepare("select bytes from journal_snapshot_part where seq = $1 and n = $2")?;
            for n in 0_i64.. {
                let Some(row) = tx.query_opt(&select, &[&seq, &n])? else {
                    break;
                };
                to.write_all(row.get::<_, &[u8]>(0))?;
            }
            to.sync_all()?;
            Ok(Some(seq))
        };
        get().map_err(|error| Away(format!("{error:#}")))
    }

    fn head(&mut self) -> Result<Head, Away> {
        self.ask(|open| {
            let row =
                open.client.query_opt("select seq, hash from journal order by seq desc limit 1", &[])?;
            Ok(row.map_or(Head::default(), |row| Head { seq: row.get(0), hash: hash(row.get(1)) }))
        })
    }

    fn put_picture(&mut self, file: &str, bytes: &[u8]) -> Result<(), Away> {
        const PUT: &str =
            "insert into journal_picture (file, bytes) values ($1, $2) on conflict (file) do nothing";
        self.ask(|open| open.client.execute(PUT, &[&file, &bytes])).map(drop)
    }

    fn picture(&mut self, file: &str) -> Result<Option<Vec<u8>>, Away> {
        let found = self.ask(|open| {
            open.client.query_opt("select bytes from journal_picture where file = $1", &[&file])
        })?;
        Ok(found.map(|row| row.get(0)))
    }

    fn forget_picture(&mut self, file: &str) -> Result<(), Away> {
        self.ask(|open| open.client.execute("delete from journal_picture where file = $1", &[&file]))
            .map(drop)
    }

    fn try_post(&mut self, channel: i32) -> Result<bool, Away> {
        let lock = format!("select pg_try_advisory_lock({LOCKS}, {})", POST + channel);
        self.ask(|open| Ok(open.client.query_one(&lock, &[])?.get(0)))
    }

    fn let_go_post(&mut self, channel: i32) {
        let unlock = format!("select pg_advisory_unlock({LOCKS}, {})", POST + channel);
        self.ask(|open| open.client.batch_execute(&unlock)).ok();
    }

    fn status(&mut self) -> Result<Status, Away> {
        let head = self.head()?;
        self.ask(|open| {
            let nodes = open.client.query(
                "select name, through, (extract(epoch from seen_at) * 1000)::bigint, version from journal_node order by name",
                &[],
            )?;
            let node = |row: &Row| Node {
                name: row.get(0),
                through: row.get(1),
                seen_at: Time(row.get(2)),
                version: row.get(3),
            };
            let turn = open.client.query_opt(HOLDER, &[])?.map(|row| row.get(0));
            let row = open.client.query_one(STANDBY, &[])?;
            let standby = match (row.get::<_, bool>(0), row.get::<_, bool>(1), row.get::<_, bool>(2)) {
                (_, false, _) => Standby::NotNamed,
                (false, _, _) => Standby::NotWaitedFor,
                (_, _, false) => Standby::Missing,
                (true, true, true) => Standby::InSync,
            };
            Ok(Status { head, nodes: nodes.iter().map(node).collect(), turn, standby })
        })
    }

    fn report(&mut self, name: &str, through: i64) -> Result<(), Away> {
        let version = env!("CARGO_PKG_VERSION");
        self.ask(|open| {
            open.client.execute(
                "insert into journal_node (name, through, version) values ($1, $2, $3) on conflict (name) do update \
                 set through = excluded.through, version = excluded.version, seen_at = clock_timestamp()",
                &[&name, &through, &version],
            )
        })?;
        Ok(())
    }

    fn wait_for_more(&mut self, seq: i64) -> Result<(), Away> {
        self.ask(|open| {
            if !open.listens {
                open.client.batch_execute("listen auction_journal")?;
                open.listens = true;
                // What came before this was heard by nobody.
                return Ok(());
            }
            let mut heard = open.client.notifications();
            let mut waiting = heard.timeout_iter(LOOK_EVERY);
            while let Some(told) = waiting.next()? {
                if told.payload().parse().is_ok_and(|newest: i64| newest > seq) {
                    break;
                }
            }
            Ok(())
        })
    }
}

fn stored(row: &Row) -> Result<Stored> {
    let token: &[u8] = row.get(1);
    Ok(Stored {
        seq: row.get(0),
        token: token.try_into().context("a token of the journal")?,
        hash: hash(row.get(2)),
        bytes: row.get(3),
    })
}

fn hash(bytes: &[u8]) -> Hash {
    bytes.try_into().unwrap_or_default()
}

fn away(error: postgres::Error) -> Away {
    // A server's own words are in the source, and no password is.
    let words = error.as_db_error().map_or_else(|| error.to_string(), |server| server.message().to_owned());
    Away(words)
}
