//! A house on several machines: real servers, each with a data directory of its own, and a real PostgreSQL between them.

use crate::harness::{House, Person, until};
use crate::postgres::Postgres;
use serde_json::{Value, json};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// A machine: a data directory that names the journal, and nothing else yet.
fn machine(postgres: &Postgres) -> House {
    let house = House::bare();
    std::fs::create_dir(house.dir()).unwrap();
    name_journal(&house, postgres);
    house
}

fn name_journal(house: &House, postgres: &Postgres) {
    let text = format!("journal_url = \"{}\"\n", postgres.url());
    std::fs::write(house.dir().join("auction.toml"), text).unwrap();
}

/// A house with the cast that was given its journal, not served yet.
fn begun(postgres: &Postgres) -> House {
    let house = House::bare();
    for name in ["Ann", "Bob", "Cleo"] {
        house.add(name);
        house.credit(name, 10_000_000);
    }
    name_journal(&house, postgres);
    house
}

#[test]
fn what_one_machine_takes_stands_on_the_other() {
    let postgres = Postgres::with_standby();
    let mut a = begun(&postgres);
    let refused = a.run(&["house", "show"]);
    assert_eq!(refused.status, 1);
    assert!(refused.stderr.contains("`auction journal start`"), "{}", refused.stderr);
    a.run(&["journal", "start"]).done();
    a.run(&["journal", "start"]).done();
    a.serve();
    let mut b = machine(&postgres);
    b.serve();
    let [ann, bob, cleo] = ["Ann", "Bob", "Cleo"].map(|name| a.log_in(name));
    let id = a.list(&ann, json!({"title": "Oak chair", "closes_in_s": 600}));
    until("the other machine has the listing", || {
        b.get(&format!("/api/v1/listings/{id}")).send().status.eq(&200).then_some(())
    });
    let watcher = b.watch("listings=all", None);
    a.bid(&bob, id, 1_000).done(201);
    let told = watcher.wait_for("bid");
    assert_eq!(told.data["amount"], 1_000);
    // A session of one machine holds on the other, and the next bid follows on the first.
    b.bid(&cleo, id, 2_000).done(201);
    until("both have both bids", || (a.bids(id).len() == 2 && a.bids(id) == b.bids(id)).then_some(()));
    let status = a.told(&["journal", "status"]);
    assert_eq!((&status["standby"], &status["behind"]), (&json!("in_sync"), &json!(0)), "{status}");
    a.audit();
    b.audit();
}

/// A house that lives on two machines, both served, with the cast logged in at the first.
pub struct Two {
    pub postgres: Postgres,
    pub a: House,
    pub b: House,
    ann: Person,
    bob: Person,
    cleo: Person,
}

impl Two {
    fn open(postgres: Postgres) -> Two {
        Two::with(postgres, &[])
    }

    fn with(postgres: Postgres, settings: &[(&str, &str)]) -> Two {
        Two::prepared(postgres, |house| settings.iter().for_each(|(key, value)| house.set(key, value)))
    }

    /// A further machine, not served yet.
    pub fn another(&self) -> House {
        machine(&self.postgres)
    }

    /// The same, after something was done to the house while it had no journal.
    pub fn prepared(postgres: Postgres, prepare: impl FnOnce(&House)) -> Two {
        let mut a = begun(&postgres);
        std::fs::remove_file(a.dir().join("auction.toml")).unwrap();
        prepare(&a);
        name_journal(&a, &postgres);
        a.run(&["journal", "start"]).done();
        a.serve();
        let mut b = machine(&postgres);
        b.serve();
        let [ann, bob, cleo] = ["Ann", "Bob", "Cleo"].map(|name| a.log_in(name));
        Two { postgres, a, b, ann, bob, cleo }
    }

    pub fn list(&self, closes_in_s: i64) -> i64 {
        let id = self.a.list(&self.ann, json!({"title": "Oak chair", "closes_in_s": closes_in_s}));
        self.level();
        id
    }

    /// Waits until both copies hold all pages.
    fn level(&self) {
        until("both copies are level", || {
            let through = |house: &House| house.number("select through from journal");
            let head: i64 = self.postgres.ask(0, "select max(seq) from journal").parse().unwrap();
            (through(&self.a) >= head && through(&self.b) >= head).then_some(())
        });
    }
}

fn ready(house: &House) -> (u16, Value) {
    let answer = house.get("/readyz").send();
    (answer.status, answer.body()["journal"].clone())
}

#[test]
fn without_its_journal_nothing_is_written_and_pages_go_on() {
    let mut two = Two::open(Postgres::alone());
    let id = two.list(600);
    two.a.bid(&two.bob, id, 1_000).done(201);
    two.postgres.servers[0].kill();
    until("the server has noticed", || (ready(&two.a) == (503, json!("away"))).then_some(()));
    assert_eq!(two.a.get(&format!("/listings/{id}")).send().status, 200);
    let began = Instant::now();
    let refused = two.a.bid(&two.cleo, id, 2_000).refused(503, "busy");
    assert_eq!(
        (&refused["reason"], &refused["retry_after_s"]),
        (&json!("journal_away"), &json!(5)),
        "{refused}"
    );
    assert!(began.elapsed() < Duration::from_secs(25), "{:?}", began.elapsed());
    let settle = two.a.run(&["settle", &id.to_string()]);
    assert_eq!(settle.status, 3, "{}", settle.stderr);
    two.postgres.servers[0].start_again();
    until("the server is ready again", || (ready(&two.a).0 == 200).then_some(()));
    two.a.bid(&two.cleo, id, 2_000).done(201);
    two.level();
    assert_eq!(two.a.bids(id), two.b.bids(id));
}

#[test]
fn closes_that_an_outage_of_the_journal_overlapped_are_prolonged_once() {
    let mut two = Two::with(Postgres::alone(), &[("outage", "extend"), ("outage_s", "60")]);
    let id = two.list(30);
    two.a.bid(&two.bob, id, 1_000).done(201);
    two.postgres.servers[0].kill();
    std::thread::sleep(Duration::from_secs(35));
    two.postgres.servers[0].start_again();
    until("the close is moved", || {
        let ends: Vec<i64> = [&two.a, &two.b]
            .map(|house| house.number(&format!("select closes_at from standing where listing_id = {id}")))
            .into();
        (ends[0] == ends[1] && house_events(&two.a, "extended") == 1 && house_events(&two.b, "extended") == 1)
            .then_some(())
    });
    assert_eq!(two.a.listing(id)["state"], "open");
    two.b.bid(&two.cleo, id, 2_000).done(201);
    two.level();
    assert_eq!(house_events(&two.a, "extended"), 1, "once, though two servers came back");
}

fn house_events(house: &House, kind: &str) -> i64 {
    house.number(&format!("select count(*) from event where kind = '{kind}'"))
}

#[test]
fn a_weaker_promise_is_named() {
    let two = Two::open(Postgres::alone());
    assert_eq!(ready(&two.a), (200, json!("not_named")));
    let doctor = two.a.run(&["doctor"]);
    assert_eq!(doctor.status, 1);
    assert!(doctor.stdout.contains("The journal is on one machine alone"), "{}", doctor.stdout);
    assert_eq!(two.a.run(&["journal", "status"]).status, 1);
    let metrics = two.a.get("/metrics").send().text();
    assert!(metrics.contains("auction_journal_state{state=\"not_named\"} 1"), "{metrics}");
    drop(two);

    let two = Two::open(Postgres::with_standby());
    assert_eq!(ready(&two.a), (200, json!("in_sync")));
    two.postgres.sql(0, "alter role auction set synchronous_commit = off");
    // Sessions that begin from now on have it.
    assert_eq!(two.a.run(&["journal", "status"]).status, 1);
    assert!(two.a.run(&["doctor"]).stdout.contains("does not wait for its standby"));
}

#[test]
fn nothing_is_acknowledged_while_the_standby_stands_still() {
    let two = Two::open(Postgres::with_standby());
    let id = two.list(600);
    two.a.bid(&two.bob, id, 1_000).done(201);
    two.postgres.servers[1].stop_for_a_while();
    std::thread::scope(|scope| {
        let bid = scope.spawn(|| two.b.bid(&two.cleo, id, 2_000));
        std::thread::sleep(Duration::from_secs(6));
        assert!(!bid.is_finished(), "the standby has not got it yet");
        assert_eq!(two.a.bids(id).len(), 1);
        two.postgres.servers[1].go_on();
        bid.join().unwrap().done(201);
    });
    two.level();
    assert_eq!(two.a.bids(id).len(), 2);
}

/// How many have the turn.
const TURN: &str = "select count(*) from pg_locks where locktype = 'advisory' and objid = 1 and granted";

#[test]
fn a_machine_that_is_stopped_while_it_writes_holds_nobody_up() {
    let two = Two::open(Postgres::with_standby());
    let id = two.list(600);
    let pid = two.a.server_id().to_string();
    // Whoever bids without a pause has the turn nearly all the time.
    let ended = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let (ended, two) = (&ended, &two);
        let busy = scope.spawn(move || {
            for n in 0_i64.. {
                if ended.load(Ordering::Relaxed) {
                    break;
                }
                let who = if n % 2 == 0 { &two.bob } else { &two.cleo };
                two.a.bid(who, id, 1_000 + n * 1_000);
            }
        });
        let signal =
            |name: &str| assert!(Command::new("/bin/kill").args([name, &pid]).status().unwrap().success());
        let is_held = || two.postgres.ask(0, TURN) == "1";
        until("it is stopped with the turn", || {
            std::thread::sleep(Duration::from_millis(50));
            signal("-STOP");
            let has_turn = is_held() && is_held() && is_held();
            if !has_turn {
                signal("-CONT");
            }
            has_turn.then_some(())
        });
        let began = Instant::now();
        let other = two.b.list(&two.ann, json!({"title": "Elsewhere", "closes_in_s": 600}));
        let took = began.elapsed();
        let taken = two.b.bid(&two.bob, other, 1_000);
        std::thread::sleep(Duration::from_secs(3));
        signal("-CONT");
        ended.store(true, Ordering::Relaxed);
        busy.join().unwrap();
        taken.done(201);
        println!("the other machine went on after {took:?}");
        assert!((Duration::from_secs(1)..Duration::from_secs(6)).contains(&took), "{took:?}");
    });
    two.level();
    assert_eq!(two.a.bids(id), two.b.bids(id));
    two.a.audit();
    two.b.audit();
}

#[test]
fn a_standby_that_was_promoted_without_the_last_pages_is_refused_loudly() {
    let mut two = Two::open(Postgres::with_standby());
    let id = two.list(600);
    // As an asynchronous standby would lack them.
    two.postgres.sql(0, "alter system set synchronous_standby_names = ''");
    two.postgres.sql(0, "select pg_reload_conf()");
    two.a.bid(&two.bob, id, 1_000).done(201);
    two.postgres.servers[1].kill();
    two.a.bid(&two.cleo, id, 2_000).done(201);
    two.level();
    two.postgres.servers[0].kill();
    two.postgres.servers[1].start_again();
    two.postgres.promote(1);
    let refused = until("the machine refuses", || {
        let refused = two.a.run(&["listing", "show", &id.to_string()]);
        (refused.status == 1).then_some(refused)
    });
    assert!(refused.stderr.contains("empty this data directory"), "{}", refused.stderr);
    let answer = two.a.bid(&two.bob, id, 3_000);
    assert!(answer.status >= 500, "{}", answer.status);
    assert_eq!(
        two.postgres.ask(1, "select count(*) from journal where seq > (select max(seq) from journal)"),
        "0"
    );
}

#[test]
fn each_of_many_deadlines_is_settled_once_whoever_fires() {
    let two = Two::open(Postgres::with_standby());
    let ids: Vec<i64> =
        (0..40).map(|_| two.a.list(&two.ann, json!({"title": "Due", "closes_in_s": 8}))).collect();
    two.level();
    for id in ids.iter().step_by(2) {
        two.b.bid(&two.bob, *id, 1_000).done(201);
    }
    std::thread::scope(|scope| {
        for house in [&two.a, &two.b] {
            let ids = &ids;
            scope.spawn(move || {
                for id in ids {
                    house.run(&["settle", &id.to_string()]).done();
                }
                house.run(&["settle", "--due"]).done();
            });
        }
    });
    two.level();
    for house in [&two.a, &two.b] {
        assert_eq!(house.number("select count(*) from settlement"), 40);
        assert_eq!(house.number("select count(distinct listing_id) from settlement"), 40);
        house.audit();
    }
}

#[test]
fn whoever_stops_the_journal_is_the_whole_house() {
    let mut two = Two::open(Postgres::with_standby());
    let id = two.list(600);
    two.a.bid(&two.bob, id, 1_000).done(201);
    let refused = two.a.run(&["journal", "stop"]);
    assert!(refused.status == 1 && refused.stderr.contains("Stop it first"), "{}", refused.stderr);
    two.a.stop();
    two.a.run(&["journal", "stop"]).done();
    until("the other has heard of it", || {
        (two.b.number("select is_stopped from journal") == 1).then_some(())
    });
    assert!(two.b.bid(&two.cleo, id, 2_000).status >= 500);
    std::fs::remove_file(two.a.dir().join("auction.toml")).unwrap();
    two.a.serve();
    two.a.bid(&two.cleo, id, 2_000).done(201);
    assert_eq!(two.a.bids(id).len(), 2);
    two.a.audit();
}
