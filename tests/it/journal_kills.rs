//! Machines that die: sixteen people bid through a real HAProxy at a house on two machines, while one of them, or the journal's
//! primary, or both at once are killed. What was acknowledged stands in what is left, and those who follow miss nothing.

use crate::harness::{House, PASSWORD, email, int};
use crate::journal::Two;
use crate::postgres::{Postgres, free_port, within};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::{Duration, Instant};

const N_BIDDERS: usize = 16;
const N_LISTINGS: usize = 8;
const N_WATCHERS: usize = 4;
/// How long people bid, and when it happens.
const BIDDING: Duration = Duration::from_secs(10);
const KILLED_AT: Duration = Duration::from_secs(4);
/// The longest that nobody is answered, as the contract says.
const PAUSE: Duration = Duration::from_secs(2);
const STEP: i64 = 1_000;
/// Between two bids of one person: other tests run beside this one.
const BREATH: Duration = Duration::from_millis(20);

/// HAProxy with the packaged file, in front of two servers.
struct Proxy {
    child: Child,
    url: String,
    _folder: tempfile::TempDir,
}

impl Proxy {
    fn before(a: &House, b: &House) -> Proxy {
        let (folder, port) = (tempfile::tempdir().unwrap(), free_port());
        let packaged = include_str!("../../packaging/haproxy.cfg");
        let text = packaged
            .replace("127.0.0.1:8088", &format!("127.0.0.1:{port}"))
            .replace("127.0.0.1:8080", a.address())
            .replace("127.0.0.1:8081", b.address());
        let file = folder.path().join("haproxy.cfg");
        std::fs::write(&file, text).unwrap();
        let log = std::fs::File::create(folder.path().join("log")).unwrap();
        let mut haproxy = Command::new("/usr/sbin/haproxy");
        haproxy
            .args(["-db", "-f"])
            .arg(&file)
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log);
        let proxy = Proxy {
            child: haproxy.spawn().unwrap(),
            url: format!("http://127.0.0.1:{port}"),
            _folder: folder,
        };
        within("HAProxy answers", Duration::from_secs(20), || {
            agent().get(format!("{}/readyz", proxy.url)).call().is_ok_and(|answer| answer.status() == 200)
        });
        proxy
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn agent() -> ureq::Agent {
    let config = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(Duration::from_secs(20)));
    config.build().into()
}

/// An acknowledged bid: its listing, number and hash.
type Acknowledged = (i64, i64, String);

struct Crowd {
    url: String,
    tokens: Vec<String>,
    listings: Vec<i64>,
    /// The next amount of each listing.
    next: Vec<AtomicI64>,
    ended: AtomicBool,
    acknowledged: Mutex<Vec<(Acknowledged, Instant)>>,
}

impl Crowd {
    fn gather(two: &Two, proxy: &Proxy) -> Crowd {
        let listings: Vec<i64> = (0..N_LISTINGS).map(|_| two.list(600)).collect();
        let log_in = |n: usize| {
            let body = json!({"email": email(&format!("Bidder{n}")), "password": PASSWORD});
            two.a.post("/api/v1/sessions").json(&body).send().done(201)["token"].as_str().unwrap().to_owned()
        };
        Crowd {
            url: proxy.url.clone(),
            tokens: (0..N_BIDDERS).map(log_in).collect(),
            next: listings.iter().map(|_| AtomicI64::new(STEP)).collect(),
            listings,
            ended: AtomicBool::new(false),
            acknowledged: Mutex::default(),
        }
    }

    /// One person bids on one listing after the other, and repeats under the same key whatever was not answered.
    fn bid(&self, who: usize) {
        let agent = agent();
        for n in 0_usize.. {
            if self.ended.load(Ordering::Relaxed) {
                return;
            }
            let at = (who + n) % self.listings.len();
            let amount = self.next[at].fetch_add(STEP, Ordering::Relaxed);
            let url = format!("{}/api/v1/listings/{}/bids", self.url, self.listings[at]);
            let (key, body) = (format!("{who}-{n}"), json!({"amount": amount}).to_string());
            let answer = loop {
                let asked = agent
                    .post(&url)
                    .header("Authorization", &format!("Bearer {}", self.tokens[who]))
                    .header("Content-Type", "application/json")
                    .header("Idempotency-Key", &key)
                    .send(&body);
                match asked {
                    Ok(answer) if answer.status().as_u16() < 500 => break answer,
                    _ => std::thread::sleep(Duration::from_millis(20)),
                }
            };
            std::thread::sleep(BREATH);
            if answer.status() != 201 {
                continue;
            }
            let told: Value = serde_json::from_str(&answer.into_body().read_to_string().unwrap()).unwrap();
            let bid = &told["bid"];
            let acknowledged =
                (self.listings[at], int(&bid["seq"]), bid["hash"].as_str().unwrap().to_owned());
            self.acknowledged.lock().unwrap().push((acknowledged, Instant::now()));
        }
    }

    /// The ids of all bids that this follower is told of, each with how often; begins again where it was broken off.
    fn follow(&self, last: i64) -> BTreeMap<i64, usize> {
        let (mut last, mut told) = (last, BTreeMap::new());
        let mut quiet_until = None;
        loop {
            let config = ureq::Agent::config_builder().timeout_recv_body(Some(Duration::from_secs(5)));
            let agent: ureq::Agent = config.build().into();
            let url = format!("{}/events?listings=all", self.url);
            if let Ok(answer) = agent.get(url).header("Last-Event-ID", &last.to_string()).call() {
                let mut is_bid = false;
                for line in BufReader::new(answer.into_body().into_reader()).lines() {
                    let Ok(line) = line else { break };
                    match line.split_once(": ") {
                        Some(("id", id)) => last = id.parse().unwrap(),
                        Some(("event", kind)) => is_bid = kind == "bid",
                        None if line.is_empty() && is_bid => {
                            *told.entry(last).or_insert(0) += 1;
                            is_bid = false;
                        }
                        _ => {}
                    }
                }
            }
            // Broken off, or silent for five seconds: after the end one more look is enough.
            if self.ended.load(Ordering::Relaxed) && quiet_until.replace(()).is_some() {
                return told;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Has everybody bid and follow, while `happens`; by how much the longest time in which nobody was answered was longer than
    /// before, from the instant on that `happens` returns, and what each follower was told.
    fn run(
        &self,
        last: i64,
        happens: impl FnOnce() -> Instant + Send,
    ) -> (Duration, Vec<BTreeMap<i64, usize>>) {
        std::thread::scope(|scope| {
            let bidders: Vec<_> = (0..N_BIDDERS).map(|who| scope.spawn(move || self.bid(who))).collect();
            let followers: Vec<_> = (0..N_WATCHERS).map(|_| scope.spawn(move || self.follow(last))).collect();
            let began = Instant::now();
            std::thread::sleep(KILLED_AT);
            let since = happens();
            std::thread::sleep(BIDDING.saturating_sub(began.elapsed()).max(Duration::from_secs(4)));
            self.ended.store(true, Ordering::Relaxed);
            bidders.into_iter().for_each(|bidder| bidder.join().unwrap());
            let told = followers.into_iter().map(|follower| follower.join().unwrap()).collect();
            let mut answered: Vec<Instant> =
                self.acknowledged.lock().unwrap().iter().map(|(_, at)| *at).collect();
            answered.extend([began, since]);
            answered.sort_unstable();
            let longest = |from: Instant, to: Instant| {
                let within = answered.windows(2).filter(|pair| pair[0] >= from && pair[1] <= to);
                within.map(|pair| pair[1] - pair[0]).max().unwrap_or_default()
            };
            // A busy machine is slow before it happens, too.
            let usual = longest(began, began + KILLED_AT);
            let pause = longest(since, Instant::now()).saturating_sub(usual);
            println!("the longest time without an answer: {usual:?} before, {pause:?} more after");
            (pause, told)
        })
    }

    /// Whatever was acknowledged stands in this house, and everybody was told of each bid once.
    fn check(&self, house: &House, told: &[BTreeMap<i64, usize>], last: i64) {
        let acknowledged = self.acknowledged.lock().unwrap();
        let conn = house.connection();
        let mut find =
            conn.prepare("select lower(hex(hash)) from bid where listing_id = ?1 and seq = ?2").unwrap();
        for ((listing, seq, hash), _) in acknowledged.iter() {
            let stands: String = find.query_row((listing, seq), |row| row.get(0)).unwrap();
            assert_eq!(&stands, hash, "bid {seq} on {listing} was acknowledged");
        }
        let mut ids =
            conn.prepare("select id from event where kind = 'bid' and id > ?1 order by id").unwrap();
        let ids: Vec<i64> = ids.query_map([last], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
        for told in told {
            assert_eq!(told.keys().copied().collect::<Vec<_>>(), ids, "each bid is told");
            assert!(told.values().all(|n| *n == 1), "none twice");
        }
        println!("{} acknowledged, {} told to each of {}", acknowledged.len(), ids.len(), told.len());
        assert!(acknowledged.len() > 50, "{}", acknowledged.len());
    }
}

/// A house on two machines with sixteen bidders, and HAProxy before it.
fn evening() -> (Two, Proxy) {
    let two = Two::prepared(Postgres::with_standby(), |house| {
        for n in 0..N_BIDDERS {
            house.add(&format!("Bidder{n}"));
            house.credit(&format!("Bidder{n}"), 1_000_000_000);
        }
    });
    let proxy = Proxy::before(&two.a, &two.b);
    (two, proxy)
}

fn last_event(house: &House) -> i64 {
    house.number("select max(id) from event")
}

#[test]
fn one_machine_of_two_is_killed() {
    let (mut two, proxy) = evening();
    let crowd = Crowd::gather(&two, &proxy);
    let last = last_event(&two.b);
    let a = &mut two.a;
    let (pause, told) = crowd.run(last, || {
        a.kill();
        Instant::now()
    });
    assert!(pause <= PAUSE, "{pause:?}");
    crowd.check(&two.b, &told, last);
    two.b.audit();
}

#[test]
fn the_primary_of_the_journal_is_killed_and_its_standby_promoted() {
    let (mut two, proxy) = evening();
    let crowd = Crowd::gather(&two, &proxy);
    let last = last_event(&two.b);
    let postgres = &mut two.postgres;
    let (pause, told) = crowd.run(last, || {
        postgres.servers[0].kill();
        postgres.promote(1);
        Instant::now()
    });
    assert!(pause <= PAUSE, "{pause:?}");
    crowd.check(&two.a, &told, last);
    two.a.audit();
}

#[test]
fn a_machine_and_the_primary_are_killed_together() {
    let (mut two, proxy) = evening();
    let crowd = Crowd::gather(&two, &proxy);
    let last = last_event(&two.b);
    let (a, postgres) = (&mut two.a, &mut two.postgres);
    let (pause, told) = crowd.run(last, || {
        a.kill();
        postgres.servers[0].kill();
        postgres.promote(1);
        Instant::now()
    });
    assert!(pause <= PAUSE, "{pause:?}");
    crowd.check(&two.b, &told, last);
    two.b.audit();
}

#[test]
fn an_empty_machine_joins_while_people_bid() {
    let (two, proxy) = evening();
    let crowd = Crowd::gather(&two, &proxy);
    let last = last_event(&two.b);
    let mut joined = None;
    let (_, told) = crowd.run(last, || {
        let mut c = two.another();
        let began = Instant::now();
        c.serve();
        let head: i64 = two.postgres.ask(0, "select max(seq) from journal").parse().unwrap();
        let took = within("it is level", Duration::from_secs(30), || {
            c.number("select through from journal") >= head
        });
        println!(
            "level with {head} pages after {:?}, of them {took:?} after it began to serve",
            began.elapsed()
        );
        joined = Some(c);
        Instant::now()
    });
    let c = joined.unwrap();
    within("all are level", Duration::from_secs(30), || {
        c.number("select through from journal") == two.a.number("select through from journal")
    });
    crowd.check(&c, &told, last);
    c.audit();
    assert_eq!(c.number("select count(*) from bid"), two.a.number("select count(*) from bid"));
}
