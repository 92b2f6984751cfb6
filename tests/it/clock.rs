//! A machine's clock that is set: what it moved ahead by without time having passed sells nothing and stamps nothing. By
//! libfaketime, which moves the wall clock of a running process and leaves the kernel's boot time alone; and by a clock of
//! the test's own.
#![cfg(target_os = "linux")]

use crate::harness::{House, Person, Ran, until};
use crate::real_nights;
use auction::house::bidding::place_bid::Request;
use auction::house::{Answer, Fault};
use auction::rules::listing::{Closes, Draft, ListingId};
use auction::rules::refusal::Refusal;
use auction::rules::time::Time;
use auction::store::clock::Clock;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::sync::mpsc::channel;

const HOUR_S: i64 = 3_600;
const ALL_TIMES: &str = "select max(at) from (select max(at) as at from event union all select max(at) from heartbeat \
                         union all select max(settled_at) from settlement union all select max(at) from bid)";

/// A served house whose server's wall clock a test sets while it runs.
struct Faked {
    house: House,
    ann: Person,
    bob: Person,
    cleo: Person,
}

fn libfaketime() -> String {
    real_nights::faketime().expect("this test needs libfaketime: apt-get install faketime")
}

fn now_ms() -> i64 {
    Clock::default().now().0
}

impl Faked {
    fn open(settings: &[(&str, &str)]) -> Faked {
        let mut house = House::bare();
        for (key, value) in settings {
            house.set(key, value);
        }
        for name in ["Ann", "Bob", "Cleo"] {
            house.add(name);
            house.credit(name, crate::harness::PAID_IN);
        }
        Faked::set_file(&house, 0);
        Faked::serve(&mut house);
        let [ann, bob, cleo] = ["Ann", "Bob", "Cleo"].map(|name| house.log_in(name));
        Faked { house, ann, bob, cleo }
    }

    fn serve(house: &mut House) {
        let (library, file) = (libfaketime(), Faked::file(house));
        let environment = [
            ("LD_PRELOAD", &*library),
            ("FAKETIME_TIMESTAMP_FILE", file.to_str().unwrap()),
            ("FAKETIME_NO_CACHE", "1"),
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
            ("DONT_FAKE_MONOTONIC", "1"),
        ];
        house.serve_in("none", &environment);
    }

    fn file(house: &House) -> PathBuf {
        house.home().join("faketime")
    }

    fn set_file(house: &House, ahead_s: i64) {
        let file = Faked::file(house);
        std::fs::write(file.with_extension("new"), format!("{ahead_s:+}\n")).unwrap();
        std::fs::rename(file.with_extension("new"), file).unwrap();
    }

    fn set_ahead(&self, ahead_s: i64) {
        Faked::set_file(&self.house, ahead_s);
    }

    /// A command by a clock that is so far ahead.
    fn run(&self, ahead_s: i64, args: &[&str]) -> Ran {
        let mut command = self.house.command();
        command.envs([("LD_PRELOAD", libfaketime()), ("FAKETIME", format!("{ahead_s:+}"))]);
        command.envs([("FAKETIME_DONT_FAKE_MONOTONIC", "1"), ("DONT_FAKE_MONOTONIC", "1")]);
        crate::harness::run(command.args(args), "")
    }

    fn ready(&self) -> (u16, Value) {
        let answer = self.house.get("/readyz").send();
        (answer.status, answer.body()["clock"].clone())
    }

    /// Until the server's clock is seen to be so, and it has done whatever a server does by itself.
    fn wait_for(&self, state: &str, turns: usize) {
        until("the clock is seen", || (self.ready().1 == state).then_some(()));
        let beat = || self.house.number("select at from heartbeat where of = 'server'");
        for _ in 0..turns {
            let before = beat();
            until("it beats", || (beat() != before).then_some(()));
        }
    }

    fn page(&self, lang: &str) -> String {
        self.house.get(&format!("/?lang={lang}")).send().text()
    }
}

fn closes_at(house: &House, id: i64) -> i64 {
    house.number(&format!("select closes_at from standing where listing_id = {id}"))
}

#[test]
fn an_hour_ahead_for_a_moment_sells_nothing_and_leaves_no_trace() {
    let faked = Faked::open(&[]);
    let Faked { house, ann, bob, cleo } = &faked;
    let id = house.list(ann, json!({"closes_in_s": 1_800, "buy_now": 50_000, "reserve": 40_000}));
    house.bid(bob, id, 1_000).done(201);
    let first = closes_at(house, id);

    faked.set_ahead(HOUR_S);
    let refused = house.bid(cleo, id, 2_000).refused(503, "busy");
    assert_eq!((&refused["reason"], &refused["retry_after_s"]), (&json!("clock_jumped"), &json!(5)));
    assert!(refused["detail"].as_str().unwrap().contains("clock has jumped"), "{refused}");
    house.post(&format!("/api/v1/listings/{id}/buy")).by(cleo).json(&json!({})).send().refused(503, "busy");
    house.try_list(ann, json!({"closes_in_s": 60})).refused(503, "busy");
    faked.wait_for("jumped", 1);
    assert_eq!(faked.ready(), (503, json!("jumped")));
    let (english, korean) = (faked.page("en"), faked.page("ko"));
    assert!(english.contains("Bids and endings are paused"), "{english}");
    assert!(korean.contains("서버 시간을 확인하고 있습니다"), "{korean}");
    assert!(house.get("/metrics").send().text().contains("auction_clock_jumped 1"));
    let told = house.get("/api/v1/time").send().body()["unix_ms"].as_i64().unwrap();
    assert!((told - now_ms()).abs() < 60_000, "the house's time goes on without the jump");
    assert_eq!(house.listing(id)["state"], "open");
    assert_eq!(house.number("select count(*) from settlement"), 0);
    assert!(house.number(ALL_TIMES) < now_ms() + 5_000, "nothing bears the jumped time");
    assert!(house.log().contains("clock has jumped"), "{}", house.log());

    faked.set_ahead(0);
    faked.wait_for("right", 1);
    assert_eq!(house.listing(id)["state"], "open");
    let at = house.bid(cleo, id, 2_000).done(201)["bid"]["at"].as_str().unwrap().to_owned();
    assert!((Time::parse(&at).unwrap().0 - now_ms()).abs() < 60_000, "{at}");
    assert_eq!((closes_at(house, id), faked.ready().0), (first, 200));
    assert!(!faked.page("en").contains("Bids and endings are paused"));
    house.audit();
}

#[test]
fn a_settlement_that_starts_after_the_jump_is_refused_until_the_clock_is_accepted() {
    let mut faked = Faked::open(&[]);
    let id = faked.house.list(&faked.ann, json!({"closes_in_s": 1_800}));
    faked.house.bid(&faked.bob, id, 1_000).done(201);
    faked.house.stop();
    let before = faked.house.number("select max(id) from event");
    for args in
        [&["settle", &id.to_string()][..], &["settle", "--due"], &["settle", &id.to_string(), "--unserved"]]
    {
        let ran = faked.run(HOUR_S, args);
        assert_eq!((ran.status, &*ran.stdout), (1, ""), "{ran:?}");
        assert!(ran.stderr.contains("clock has jumped") && ran.stderr.contains("--accept-clock"), "{ran:?}");
    }
    let listed = faked.run(
        HOUR_S,
        &[
            "listing",
            "add",
            "--seller",
            "ann@example.org",
            "--title",
            "Lamp",
            "--opening",
            "1",
            "--closes-in",
            "1h",
        ],
    );
    assert_eq!(listed.status, 1, "{listed:?}");
    let doctor = faked.run(HOUR_S, &["doctor"]);
    assert!(doctor.status == 1 && doctor.stdout.contains("--accept-clock"), "{doctor:?}");
    assert_eq!(faked.house.number("select max(id) from event"), before, "nothing changed");
    assert!(faked.house.number("select max(at) from heartbeat") < now_ms() + 5_000);

    // Not jumped: not due, and nothing to accept.
    assert!(faked.house.run(&["settle", &id.to_string()]).done().stdout.contains("closes at"));
    faked.house.run(&["doctor", "--accept-clock"]).done();
    assert_eq!(faked.run(HOUR_S, &["settle", "--due"]).status, 1);

    let accepted = faked.run(HOUR_S, &["doctor", "--accept-clock", "--format", "json"]).done().json();
    assert_eq!(accepted["before"], "jumped");
    assert!(faked.run(HOUR_S, &["settle", &id.to_string()]).done().stdout.contains("sold to Bob"));
    faked.house.audit();
}

#[test]
fn a_server_goes_on_by_a_clock_that_is_accepted_beside_it() {
    let mut faked = Faked::open(&[]);
    let id = faked.house.list(&faked.ann, json!({"closes_in_s": 1_800}));
    let long = faked.house.list(&faked.ann, json!({"closes_in_s": 18_000}));
    faked.house.bid(&faked.bob, id, 1_000).done(201);
    faked.set_ahead(HOUR_S);
    faked.wait_for("jumped", 0);
    // A supervisor's restart does not make it right.
    faked.house.stop();
    Faked::serve(&mut faked.house);
    faked.wait_for("jumped", 1);
    faked.house.bid(&faked.cleo, id, 2_000).refused(503, "busy");
    faked.run(HOUR_S, &["doctor", "--accept-clock"]).done();
    assert_eq!(faked.house.settlement(id)["buyer"], "Bob");
    let at = faked.house.bid(&faked.cleo, long, 2_000).done(201)["bid"]["at"].as_str().unwrap().to_owned();
    assert!(Time::parse(&at).unwrap().0 > now_ms() + 3_000_000, "{at}");
    assert_eq!(faked.ready(), (200, json!("right")));
    faked.house.audit();
}

#[test]
fn a_clock_that_is_put_back_stands_and_says_so_and_its_return_is_no_jump() {
    let faked = Faked::open(&[]);
    let Faked { house, ann, bob, cleo } = &faked;
    let id = house.list(ann, json!({"closes_in_s": 1_800}));
    let first = house.bid(bob, id, 1_000).done(201);
    faked.set_ahead(-HOUR_S);
    faked.wait_for("behind", 0);
    let (english, korean) = (faked.page("en"), faked.page("ko"));
    assert!(english.contains("time is paused at") && english.contains("catches up"), "{english}");
    assert!(korean.contains("멈춰 있습니다"), "{korean}");
    let doctor = faked.run(-HOUR_S, &["doctor"]);
    assert!(doctor.stdout.contains("stands"), "{doctor:?}");
    let second = house.bid(cleo, id, 2_000).done(201);
    assert!(second["bid"]["at"].as_str() >= first["bid"]["at"].as_str(), "no time goes back");
    faked.set_ahead(0);
    faked.wait_for("right", 0);
    house.bid(bob, id, 3_000).done(201);
    assert!(!faked.page("en").contains("clock stands at"));
    house.audit();
}

/// A server without its threads, by a clock of the test's own.
struct Own {
    house: auction::house::House,
    clock: Clock,
    writer: Option<std::thread::JoinHandle<()>>,
}

impl Own {
    fn of(house: &House) -> Own {
        let clock = Clock::default();
        let (house, writer) =
            auction::house::House::open_to_serve(&house.dir(), clock.clone(), |decided| decided.tell())
                .unwrap();
        Own { house, clock, writer: Some(writer) }
    }

    fn account(&self, name: &str) -> auction::rules::listing::AccountId {
        self.house.account_by_email(&crate::harness::email(name)).unwrap().id
    }

    fn list(&self, seconds: i64) -> ListingId {
        let closes = Some(Closes::In { seconds });
        let draft = Draft { title: "Lamp".into(), opening: 1_000, closes, ..Draft::default() };
        self.house.list(self.account("Ann"), draft).unwrap().id
    }

    fn bid(&self, name: &str, listing: ListingId, amount: i64) -> Result<(), Refusal> {
        let (tell, told) = channel();
        let bidder = self.account(name);
        let request = Request {
            listing,
            bidder,
            amount,
            max: None,
            rises: false,
            message: String::new(),
            key: None,
            desk: None,
        };
        assert_eq!(
            done(self.house.weigh_bid(&request)).is_ok(),
            self.house.clock_state().unwrap().ahead_ms() <= 0
        );
        self.house.place_bid(request, move |answer| tell.send(answer).unwrap());
        done(told.recv().unwrap()).map(drop)
    }

    fn settled(&self) -> Result<Vec<ListingId>, Refusal> {
        done(self.house.settle_overdue())
            .map(|swept| swept.settlements.iter().map(|settlement| settlement.listing).collect())
    }

    /// Second by second, as a server beats; the wall clock so far ahead.
    fn pass(&self, seconds: std::ops::Range<i64>, step_ms: i64) {
        for second in seconds.step_by(5) {
            self.clock.set_ahead(second * 1_000);
            self.clock.step(step_ms);
            assert_eq!(self.house.beat().unwrap().len(), 0, "nothing is prolonged");
        }
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        self.house.stop_writing();
        self.writer.take().unwrap().join().unwrap();
    }
}

/// What was done, or why it was refused.
fn done<T>(answer: Answer<T>) -> Result<T, Refusal> {
    answer.map_err(|fault| match fault {
        Fault::Refused(refusal) => refusal,
        Fault::Broken(error) => panic!("{error:#}"),
    })
}

fn is_jump(refused: &Result<impl std::fmt::Debug, Refusal>) -> bool {
    matches!(refused, Err(Refusal::ClockJumped { .. }))
}

#[test]
fn what_comes_due_while_the_clock_is_checked_is_settled_right_after_by_the_true_time() {
    let house = House::bare();
    for (key, value) in [("outage", "extend"), ("outage_s", "30")] {
        house.set(key, value);
    }
    for name in ["Ann", "Bob", "Cleo"] {
        house.add(name);
        house.credit(name, crate::harness::PAID_IN);
    }
    let own = Own::of(&house);
    let (short, long) = (own.list(60), own.list(1_800));
    for id in [short, long] {
        own.bid("Bob", id, 1_000).unwrap();
    }
    let closes = [closes_at(&house, short.0), closes_at(&house, long.0)];
    own.pass(0..20, 0);
    // The first thing that happens after it.
    own.clock.step(HOUR_S * 1_000);
    assert!(is_jump(&own.bid("Cleo", long, 2_000)) && is_jump(&own.settled()));
    assert!(is_jump(&done(own.house.settle(long))));
    own.pass(20..100, HOUR_S * 1_000);
    assert!(is_jump(&own.settled()));
    own.pass(100..105, 0);
    assert_eq!(own.settled(), Ok(vec![short]), "it came due at the 60th second, and no other");
    own.bid("Cleo", long, 2_000).unwrap();
    assert_eq!([closes_at(&house, short.0), closes_at(&house, long.0)], closes, "nothing was prolonged");
    let settled_at = house.number("select settled_at from settlement");
    assert!((settled_at - closes[0] - 40_000).abs() < 15_000, "{} ms late", settled_at - closes[0]);
    // A real suspend of a day, of which the kernel's boot time knows, is an outage as ever.
    own.clock.set_ahead(86_400_000);
    assert_eq!(own.house.beat().unwrap().len(), 1);
    house.audit();
}

/// A machine without a hardware clock begins behind, and the network's time sets it right minutes later.
#[test]
fn a_clock_that_was_behind_the_last_event_may_be_set_right() {
    let house = House::bare();
    for name in ["Ann", "Bob"] {
        house.add(name);
        house.credit(name, crate::harness::PAID_IN);
    }
    let own = Own::of(&house);
    let id = own.list(3_600);
    own.bid("Bob", id, 1_000).unwrap();
    // Booted again: nothing is known of the clock but the last event.
    house.connection().execute("delete from house where key = 'clock_mark'", []).unwrap();
    own.pass(0..20, -600_000);
    own.clock.set_ahead(20_000);
    own.clock.step(0);
    own.bid("Bob", id, 2_000).unwrap();
    assert_eq!(own.settled(), Ok(vec![]), "it is no jump");
    house.audit();
}

#[test]
fn what_another_boot_has_noted_refuses_nothing() {
    let mut faked = Faked::open(&[]);
    let id = faked.house.list(&faked.ann, json!({"closes_in_s": 1_800}));
    faked.house.bid(&faked.bob, id, 1_000).done(201);
    faked.house.stop();
    let conn = faked.house.connection();
    let reboot = "update house set value = '00000000000000000000000000000001' || substr(value, 33) where key = 'clock_mark'";
    assert_eq!(conn.execute(reboot, []).unwrap(), 1);
    assert!(faked.run(HOUR_S, &["settle", &id.to_string()]).done().stdout.contains("sold to Bob"));
    faked.house.audit();
}
