//! Sales in real time: paused, resumed and postponed by the command line beside a server, after one was killed, and
//! without any; and what cron's line does meanwhile.

use crate::cron::{tab_file, with_cron};
use crate::harness::{House, Inside, Ran, until};
use auction::house::Fault;
use auction::house::sales::retime::Retimed;
use auction::rules::refusal::Refusal;
use auction::rules::time::Time;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::Read;
use std::process::Stdio;
use std::time::Instant;

const WHY: &str = "the wifi failed";

/// A house with the cast, served or not.
fn cast(settings: &[(&str, &str)]) -> House {
    let house = House::bare();
    for (key, value) in settings {
        house.set(key, value);
    }
    for name in ["Ann", "Bob", "Cleo"] {
        house.add(name);
        house.credit(name, crate::harness::PAID_IN);
    }
    house
}

/// Publishes the sale `spring`: `n_lots` of Ann, the first closing in `closes_in_s`, the others 1 s apart. Returns their
/// listings.
fn publish(house: &House, n_lots: usize, closes_in_s: i64, more: &[&str]) -> Vec<i64> {
    let closes_at = auction::store::clock::Clock::default().now().plus_s(closes_in_s).to_string();
    let add =
        ["sale", "add", "spring", "--name", "Spring evening", "--every", "1s", "--closes-at", &closes_at];
    house.run(&[&add[..], more].concat()).done();
    for n in 1..=n_lots {
        let lot = format!("A{n}");
        let section = if n == 1 { "First" } else { "Others" };
        let add = ["listing", "add", "--seller", "ann@example.org", "--title", "Lamp", "--opening", "1000"];
        let place = ["--sale", "spring", "--lot", &lot, "--section", section];
        house.run(&[&add[..], &place].concat()).done();
    }
    house.run(&["sale", "publish", "spring"]).done();
    let conn = house.connection();
    let mut lots = conn.prepare("select listing_id from lot order by nth").unwrap();
    lots.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

fn pause(house: &House) -> Ran {
    house.run(&["sale", "pause", "spring", "--why", WHY]).done()
}

fn resume(house: &House) -> Ran {
    house.run(&["sale", "resume", "spring"]).done()
}

fn postpone(house: &House, by: &str) -> Ran {
    house.run(&["sale", "postpone", "spring", "--by", by, "--why", WHY]).done()
}

fn closes_at(house: &House, id: i64) -> i64 {
    house.number(&format!("select closes_at from standing where listing_id = {id}"))
}

fn now() -> i64 {
    auction::store::clock::Clock::default().now().0
}

fn wait_until(at: i64) {
    until("the close has passed", || (now() > at).then_some(()));
}

fn time(value: &Value) -> i64 {
    Time::parse(value.as_str().unwrap()).unwrap().0
}

/// How long a listing's last pause lasted.
fn paused_ms(house: &House, id: i64) -> i64 {
    let at = |kind: &str| {
        house.number(&format!("select max(at) from timing where listing_id = {id} and kind = '{kind}'"))
    };
    at("resume") - at("pause")
}

fn n_settled(house: &House) -> i64 {
    house.number("select count(*) from settlement")
}

#[test]
fn a_running_server_settles_nothing_of_a_paused_sale_and_each_lot_in_time_after_the_resume() {
    let (house, _, bob, _) = House::with(&[]);
    let lots = publish(&house, 3, 6, &[]);
    let seen = house.watch("listings=all", None);
    for lot in &lots {
        house.bid(&bob, *lot, 1_000).done(201);
    }
    pause(&house);
    let first = closes_at(&house, lots[0]);
    for lot in &lots {
        assert_eq!(seen.wait_for("paused").data, json!({"listing": lot, "why": WHY}));
    }
    house.bid(&bob, lots[0], 1_100).refused(409, "paused");
    assert_eq!(house.listing(lots[0])["state"], "paused");
    let metric = |name: &str| {
        let metrics = house.get("/metrics").send().text();
        let line =
            metrics.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_else(|| panic!("{metrics}"));
        line.trim().parse::<i64>().unwrap()
    };
    assert_eq!((metric("auction_listings_paused "), metric("auction_listings_open ")), (3, 3));
    wait_until(first + 1_500);
    let fired = house.told(&["settle", &lots[0].to_string()]);
    assert_eq!((&fired["state"], &fired["listing"]), (&json!("paused"), &json!(lots[0])));
    assert!(house.run(&["settle", &lots[0].to_string()]).done().stdout.contains("has been paused since"));
    assert_eq!(house.run(&["settle", "--due"]).done().stdout, "");
    assert_eq!((n_settled(&house), metric("auction_listings_overdue ")), (0, 0), "however late it gets");
    resume(&house);
    let resumed = seen.wait_for("resumed").data;
    let moved = first + paused_ms(&house, lots[0]);
    assert_eq!((&resumed["listing"], time(&resumed["closes_at"])), (&json!(lots[0]), moved));
    for (n, lot) in lots.iter().enumerate() {
        let settled = house.settlement(*lot);
        assert_eq!(time(&settled["closes_at"]), moved + 1_000 * n as i64, "one after the other");
        assert_eq!((&settled["outcome"], &settled["buyer"]), (&json!("sold"), &json!("Bob")));
        let late_ms = time(&settled["settled_at"]) - time(&settled["closes_at"]);
        println!("lot {n} was settled {late_ms} ms after its close");
        assert!((0..10_000).contains(&late_ms), "{late_ms} ms");
    }
    assert_eq!(metric("auction_listings_paused "), 0);
    house.audit();
}

#[test]
fn a_postponement_beside_a_server_moves_all_and_a_waiting_settlement_lets_go() {
    let (house, _, bob, _) = House::with(&[]);
    let lots = publish(&house, 2, 12, &[]);
    let first = closes_at(&house, lots[0]);
    let mut fired = house.command();
    let fired = fired.args(["--format", "json", "settle", &lots[0].to_string()]);
    let mut fired = fired.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let told = house.told(&["sale", "postpone", "spring", "--by", "10m", "--why", WHY]);
    assert_eq!((&told["n_lots"], time(&told["first_closes_at"])), (&json!(2), first + 600_000));
    let mut said = String::new();
    fired.stdout.take().unwrap().read_to_string(&mut said).unwrap();
    assert!(fired.wait().unwrap().success());
    let said: Value = serde_json::from_str(&said).unwrap();
    assert_eq!((&said["state"], time(&said["closes_at"])), (&json!("open"), first + 600_000));
    let shown = house.listing(lots[0]);
    assert_eq!((&shown["state"], time(&shown["closes_at"])), (&json!("open"), first + 600_000));
    // Of a section alone.
    let told =
        house.told(&["sale", "postpone", "spring", "--by", "30s", "--why", WHY, "--section", "Others"]);
    assert_eq!((&told["n_lots"], time(&told["first_closes_at"])), (&json!(1), first + 631_000));
    assert_eq!(closes_at(&house, lots[0]), first + 600_000);
    let nowhere = house.run(&["sale", "postpone", "spring", "--by", "1m", "--why", WHY, "--section", "No"]);
    assert_eq!(nowhere.status, 1, "{nowhere:?}");
    wait_until(first + 500);
    house.bid(&bob, lots[0], 1_000).done(201);
    assert_eq!(n_settled(&house), 0);
    house.audit();
}

#[test]
fn a_server_killed_during_a_pause_changes_nothing_and_the_next_one_goes_on() {
    let (mut house, _, bob, cleo) = House::with(&[]);
    let lots = publish(&house, 2, 8, &[]);
    house.bid(&bob, lots[0], 1_000).done(201);
    pause(&house);
    let first = closes_at(&house, lots[0]);
    house.kill();
    wait_until(first + 500);
    assert_eq!(house.run(&["settle", "--due"]).done().stdout, "");
    house.serve();
    assert_eq!(house.listing(lots[0])["state"], "paused", "it outlives the server");
    house.bid(&cleo, lots[0], 1_100).refused(409, "paused");
    // Resumed while no server runs, and settled without any.
    house.kill();
    resume(&house);
    assert_eq!(closes_at(&house, lots[0]), first + paused_ms(&house, lots[0]));
    let settled = house.told(&["settle", &lots[0].to_string()]);
    assert_eq!((&settled["buyer"], time(&settled["closes_at"])), (&json!("Bob"), closes_at(&house, lots[0])));
    assert_eq!(house.told(&["settle", &lots[1].to_string()])["outcome"], "unsold");
    house.serve();
    assert_eq!(house.told(&["sale", "show", "spring"])["state"], "closed");
    house.audit();
}

#[test]
fn a_sale_is_paused_resumed_and_postponed_without_any_server() {
    let house = cast(&[]);
    let lots = publish(&house, 2, 3_600, &[]);
    let first = closes_at(&house, lots[0]);
    pause(&house);
    assert_eq!(pause(&house).stdout, "sale spring is paused already\n");
    postpone(&house, "5m");
    assert_eq!(closes_at(&house, lots[0]), first + 300_000, "a paused sale can be postponed");
    resume(&house);
    let moved = first + 300_000 + paused_ms(&house, lots[0]);
    assert_eq!(closes_at(&house, lots[0]), moved);
    assert!(house.run(&["sale", "resume", "spring"]).done().stdout.contains("is not paused"));
    assert_eq!(closes_at(&house, lots[1]), moved + 1_000);
    let told = house.told(&["sale", "show", "spring"]);
    assert_eq!((&told["state"], time(&told["closes_at"])), (&json!("open"), moved));
    house.audit();
}

/// The server died; one lot closed unserved, and then the sale was paused. When the server was back, that lot alone was
/// prolonged and took bids in the middle of the pause.
#[test]
fn a_lot_that_waited_for_a_server_when_its_sale_was_paused_is_paused_once_it_is_prolonged() {
    const MINUTE: i64 = 60_000;
    let house = cast(&[("outage", "extend"), ("outage_s", "300")]);
    let lots = publish_inside(&Inside::alone(&house, 0), 60, 700);
    // Ten minutes later, without a server.
    let paused = beside(&house, 10 * MINUTE).pause_sale("spring", "cli", WHY).unwrap();
    assert_eq!(paused.n_lots, 1, "the first has closed, and waits for a server");
    let at = house.number("select max(at) from timing where kind = 'pause'");
    drop(Inside::alone(&house, 11 * MINUTE));
    let kinds = |id: i64| {
        let conn = house.connection();
        let sql = format!(
            "select group_concat(kind, ' ') from (select kind from timing where listing_id = {id} order by nth)"
        );
        conn.query_row(&sql, [], |row| row.get::<_, String>(0)).unwrap()
    };
    assert_eq!(kinds(lots[0]), "prolongation pause");
    assert_eq!(kinds(lots[1]), "pause prolongation", "the outage counts up to the pause");
    assert_eq!(closes_at(&house, lots[1]), at + 5 * MINUTE);
    assert_eq!(house.number("select count(*) from standing where paused_at is not null"), 2);
    let why = house.number(&format!(
        "select count(*) from timing where kind = 'pause' and why = '{WHY}' and who = 'cli'"
    ));
    assert_eq!(why, 2);
    house.audit();
    assert_eq!(beside(&house, 20 * MINUTE).resume_sale("spring", "cli").unwrap().n_lots, 2);
    for lot in lots {
        let left_ms = closes_at(&house, lot) - house.number("select max(at) from timing");
        assert!((left_ms - 5 * MINUTE).abs() <= 1, "five minutes are left: {left_ms} ms");
    }
    house.audit();
}

#[test]
fn a_lot_that_waited_for_a_server_when_its_sale_was_cancelled_is_not_offered_again() {
    let mut house = cast(&[("outage", "extend"), ("outage_s", "60")]);
    house.serve();
    let lots = publish(&house, 2, 6, &["--opens-at", "2020-01-01T00:00:00Z"]);
    let far = ["sale", "postpone", "spring", "--by", "1h", "--why", WHY, "--section", "Others"];
    house.run(&far).done();
    house.kill();
    wait_until(closes_at(&house, lots[0]));
    let cancelled = house.run(&["sale", "cancel", "spring", "--why", "no hall"]).done();
    assert!(cancelled.stdout.contains("and 1 lot with it"), "{cancelled:?}");
    assert_eq!(n_settled(&house), 1, "the other waits for a server");
    house.serve();
    until("the server is back", || (n_settled(&house) == 2).then_some(()));
    for lot in &lots {
        let ended = house.listing(*lot);
        assert_eq!((&ended["state"], &ended["outcome"]), (&json!("cancelled"), &json!("cancelled")));
    }
    let sale = house.get("/api/v1/sales/spring").send().done(200);
    assert_eq!((&sale["state"], &sale["n_open"]), (&json!("cancelled"), &json!(0)), "{sale}");
    house.audit();
}

/// A command beside a server, or without any, at another time of day.
fn beside(house: &House, ahead_ms: i64) -> auction::house::House {
    let clock = auction::store::clock::Clock::default();
    clock.set_ahead(ahead_ms);
    auction::house::House::open(&house.dir(), auction::house::Opening::Existing, clock).unwrap()
}

/// A sale of two lots, made by a house at another time of day.
fn publish_inside(inside: &Inside, closes_in_s: i64, every_s: i64) -> Vec<i64> {
    use auction::house::sales::{draft::NewSale, lots::LotOffer};
    use auction::rules::{listing::Draft, sale::SaleText};
    let text = SaleText { name: "Spring".into(), description: String::new(), pickup: String::new() };
    let sale = NewSale {
        code: "spring".into(),
        text,
        opens_at: None,
        closes_at: inside.house.now().plus_s(closes_in_s),
        every_s,
        premium_bps: None,
        commission_bps: None,
        soft_close: None,
    };
    inside.house.add_sale(sale).unwrap();
    for code in ["A1", "A2"] {
        let draft = Draft { title: "Lamp".into(), opening: 1_000, ..Draft::default() };
        let offer = LotOffer { seller: inside.account("Ann"), code: code.into(), section: None, draft };
        inside.house.add_lot("spring", offer).unwrap();
    }
    inside.house.publish_sale("spring").unwrap();
    ["A1", "A2"].map(|code| inside.house.lot_listing("spring", code).unwrap().0).to_vec()
}

#[test]
fn a_sale_that_is_paused_for_more_than_a_day_is_named_by_the_doctor() {
    let house = cast(&[]);
    publish(&house, 2, 30 * 86_400, &[]);
    pause(&house);
    let named = |ahead_ms: i64| {
        let inside = Inside::of(&house, ahead_ms);
        let findings = inside.house.doctor().unwrap();
        findings.into_iter().find(|finding| finding.name == "sales")
    };
    assert!(named(3_600_000).is_none(), "an hour is a pause");
    let finding = named(25 * 3_600_000).expect("a day is not");
    assert!(
        finding.ok && finding.words.contains("spring") && finding.words.contains("2 lots"),
        "{finding:?}"
    );
    assert!(finding.what_to_do.contains("auction sale resume spring"), "{finding:?}");
    house.run(&["sale", "cancel", "spring", "--why", "forgotten"]).done();
    assert!(named(25 * 3_600_000).is_none());
    house.audit();
}

#[test]
fn a_settlement_during_a_pause_is_found_by_the_audit() {
    let house = cast(&[]);
    let lots = publish(&house, 1, 3_600, &[]);
    pause(&house);
    // As a settlement that did not look at the pause would have left it.
    let late = Inside::of(&house, 2 * 3_600_000);
    let conn = house.connection();
    conn.execute_batch("update standing set paused_at = null").unwrap();
    late.house.settle_overdue().unwrap();
    drop(late);
    let ran = house.run(&["audit"]);
    assert_eq!(ran.status, 1, "{ran:?}");
    let words = format!("listing {}: it was settled while it was paused", lots[0]);
    assert!(ran.stdout.contains(&words), "{ran:?}");
}

#[test]
fn while_the_clock_has_jumped_nothing_is_postponed_paused_or_resumed_and_the_jump_is_no_part_of_a_pause() {
    const HOUR: i64 = 3_600_000;
    let house = cast(&[]);
    let lots = publish(&house, 2, 7_200, &[]);
    let first = closes_at(&house, lots[0]);
    let clock = auction::store::clock::Clock::default();
    let (served, writer) =
        auction::house::House::open_to_serve(&house.dir(), clock.clone(), |decided| decided.tell()).unwrap();
    served.beat().unwrap();
    served.pause_sale("spring", "cli", WHY).unwrap();
    clock.set_ahead(10_000);
    served.beat().unwrap();
    clock.step(HOUR);
    let is_jump = |answer: auction::house::Answer<Retimed>| {
        matches!(answer, Err(Fault::Refused(Refusal::ClockJumped { .. })))
    };
    assert!(is_jump(served.resume_sale("spring", "cli")));
    assert!(is_jump(served.postpone_sale("spring", 60, None, "cli", WHY)));
    assert!(is_jump(served.pause_sale("spring", "cli", WHY)));
    assert_eq!(closes_at(&house, lots[0]), first);
    clock.set_ahead(60_000);
    clock.step(0);
    served.resume_sale("spring", "cli").unwrap();
    let moved_ms = closes_at(&house, lots[0]) - first;
    assert!((60_000..HOUR / 2).contains(&moved_ms), "as long as time has passed: {moved_ms} ms");
    // Put back in the next pause: the house's time stands still, and no close moves back.
    served.pause_sale("spring", "cli", WHY).unwrap();
    clock.step(-HOUR);
    served.resume_sale("spring", "cli").unwrap();
    assert_eq!(closes_at(&house, lots[0]) - first, moved_ms);
    served.stop_writing();
    writer.join().unwrap();
    drop(served);
    house.audit();
}

/// The lines in the crontab that settle one listing or several, and when.
fn lines(house: &House) -> BTreeMap<i64, String> {
    let tab = std::fs::read_to_string(tab_file(house)).unwrap_or_default();
    let settling =
        tab.lines().filter_map(|line| line.split_once(" settle ")).filter(|(_, ids)| *ids != "--due");
    let each = settling.flat_map(|(line, ids)| {
        let when: Vec<&str> = line.split(' ').take(5).collect();
        let when = when.join(" ");
        ids.split(' ').map(move |id| (id.parse().unwrap(), when.clone()))
    });
    each.collect()
}

/// Entries of paused lots stood as armed: a resume whose entries were refused was noticed a minute later.
#[test]
fn the_entries_of_a_sale_go_with_its_pause_and_come_with_the_resume() {
    let mut house = with_cron();
    house.serve_by("cron");
    let lots = publish(&house, 3, 7_200, &[]);
    let before = lines(&house);
    assert_eq!(before.keys().copied().collect::<Vec<i64>>(), lots);
    postpone(&house, "10m");
    let postponed = lines(&house);
    assert!(postponed.len() == 3 && lots.iter().all(|lot| postponed[lot] != before[lot]), "{postponed:?}");
    pause(&house);
    assert_eq!(lines(&house), BTreeMap::new(), "nothing fires for a paused lot");
    assert_eq!(house.number("select count(*) from entry"), 0);
    let refuses = house.bin().join("refuses");
    std::fs::write(&refuses, "").unwrap();
    assert!(!resume(&house).stderr.is_empty(), "it says that the scheduler refuses");
    assert_eq!(lines(&house), BTreeMap::new());
    std::fs::remove_file(&refuses).unwrap();
    let refused = Instant::now();
    until("the server puts them in", || (lines(&house).len() == 3).then_some(()));
    println!("armed {:?} after the scheduler took entries again", refused.elapsed());
    until("and notes them", || {
        (house.number("select count(*) from entry where armed = 1") == 3).then_some(())
    });
    house.audit();
}
