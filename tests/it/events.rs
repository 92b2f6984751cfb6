//! The live stream: what a watcher hears, in order, none missed, none twice, across dropped connections, restarts and
//! processes.

use crate::harness::{Event, House, PATIENCE, Person, email, int, until};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// Other processes' commits reach the watchers within 250 ms by the contract; on a machine that runs all tests at once they
/// are given this long, and the figure is printed.
const SOON: Duration = Duration::from_millis(1_000);

fn cursor(house: &House, id: i64) -> i64 {
    int(&house.listing(id)["cursor"])
}

fn ids(events: &[Event]) -> Vec<i64> {
    events.iter().map(|event| event.id.unwrap()).collect()
}

/// The seqs of the bids among events.
fn seqs(events: &[Event]) -> Vec<i64> {
    events.iter().filter(|event| event.kind == "bid").map(|event| int(&event.data["seq"])).collect()
}

fn rises(ids: &[i64]) {
    assert!(ids.windows(2).all(|pair| pair[0] < pair[1]), "ids only grow: {ids:?}");
}

/// Bob and Cleo in turn, each at the minimum, `n` times.
fn bid_on(house: &House, id: i64, people: [&Person; 2], n: usize) {
    for turn in 0..n {
        let minimum = int(&house.listing(id)["minimum"]);
        house.bid(people[turn % 2], id, minimum).done(201);
    }
}

#[test]
fn retry_is_sent_first_and_the_time_at_most_5_s_apart() {
    let (house, ..) = House::open();
    let watcher = house.watch("listings=all", None);
    let first = watcher.next().unwrap();
    assert!(first.retry.is_some_and(|ms| (100..=60_000).contains(&ms)), "{first:?}");
    assert_eq!(first.id, None);
    let begun = Instant::now();
    let mut at = Vec::new();
    while at.len() < 2 {
        let event = watcher.next().unwrap();
        assert_eq!((event.kind.as_str(), event.id), ("time", None));
        assert!(int(&event.data["unix_ms"]) > 1_700_000_000_000);
        at.push(event.at);
    }
    let widest = (at[0] - begun).max(at[1] - at[0]);
    assert!(widest <= Duration::from_millis(5_000), "{widest:?} apart");
}

#[test]
fn a_bid_is_told_with_all_that_a_page_needs() {
    let (house, ann, bob, cleo) = House::open();
    let id = house.list(&ann, json!({}));
    let watcher = house.watch(&format!("listings={id}"), None);
    let answer =
        house.bid_with(&bob, id, json!({"amount": 1_000, "max": 3_000, "message": "mine"})).done(201);
    let event = watcher.event();
    assert_eq!((event.kind.as_str(), event.id), ("bid", answer["cursor"].as_i64()));
    for (field, value) in [
        ("listing", json!(id)),
        ("seq", json!(1)),
        ("bidder", json!("Bob")),
        ("amount", json!(1_000)),
        ("automatic", json!(false)),
        ("message", json!("mine")),
        ("price", json!(1_000)),
        ("minimum", json!(1_050)),
        ("leader", json!("Bob")),
        ("n_bids", json!(1)),
        ("reserve_met", Value::Null),
        ("closes_at", answer["listing"]["closes_at"].clone()),
    ] {
        assert_eq!(event.data[field], value, "{field}: {event:?}");
    }
    house.bid(&cleo, id, 2_000).done(201);
    let told = watcher.events_until(|event| event.data["automatic"] == true);
    assert_eq!(told.len(), 2);
    assert_eq!((&told[1].data["amount"], &told[1].data["bidder"]), (&json!(2_100), &json!("Bob")));
    rises(&ids(&told));
}

#[test]
fn a_new_listing_is_told_to_those_who_watch_all() {
    let (house, ann, ..) = House::open();
    let other = house.list(&ann, json!({}));
    let (all, one) = (house.watch("listings=all", None), house.watch(&format!("listings={other}"), None));
    let id = house.list(&ann, json!({"title": "Second lamp"}));
    let event = all.event();
    assert_eq!((event.kind.as_str(), &event.data["id"]), ("listed", &json!(id)));
    assert_eq!(event.data["title"], "Second lamp");
    house.run(&["listing", "cancel", &other.to_string(), "--why", "lost"]).done();
    let event = one.event();
    assert_eq!((event.kind.as_str(), &event.data), ("cancelled", &json!({"listing": other, "why": "lost"})));
}

/// Watchers that come at any moment while bids run: page and stream join without a gap and without a double.
#[test]
fn snapshot_and_stream_join_while_bids_run() {
    let (house, ann, bob, cleo) = House::with(&[("limit_bids_per_s", "0")]);
    let id = house.list(&ann, json!({"increment": 1}));
    let n = 120;
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let (house, done) = (&house, &done);
        scope.spawn(move || {
            bid_on(house, id, [&bob, &cleo], n);
            done.store(true, Ordering::Relaxed);
        });
        let join = move || {
            let mut joined = 0;
            while !done.load(Ordering::Relaxed) || joined == 0 {
                let at = house.listing(id);
                let (seen, cursor) = (int(&at["n_bids"]), int(&at["cursor"]));
                let watcher = house.watch(&format!("listings={id}&after={cursor}"), None);
                let last = i64::try_from(n).unwrap();
                if seen == last {
                    return joined;
                }
                let events = watcher.events_until(|event| event.data["seq"] == last);
                assert_eq!(seqs(&events), (seen + 1..=last).collect::<Vec<_>>(), "after the cursor {cursor}");
                rises(&ids(&events));
                joined += 1;
            }
            joined
        };
        let threads: Vec<_> = (0..6).map(|_| scope.spawn(join)).collect();
        let n_joined: usize = threads.into_iter().map(|thread| thread.join().unwrap()).sum();
        assert!(n_joined >= 6, "{n_joined} watchers joined while bids ran");
    });
    house.audit();
}

#[test]
fn a_dropped_connection_resumes_after_the_last_event_that_it_saw() {
    let (house, ann, bob, cleo) = House::open();
    let id = house.list(&ann, json!({}));
    let begin = cursor(&house, id);
    bid_on(&house, id, [&bob, &cleo], 6);
    let all = house.watch(&format!("listings={id}&after={begin}"), None);
    let all = all.events_until(|event| event.data["seq"] == 6);
    assert_eq!(seqs(&all), [1, 2, 3, 4, 5, 6]);
    for (n, event) in all.iter().enumerate().take(5) {
        let resumed = house.watch_from(&format!("listings={id}"), None, event.id);
        let events = resumed.events_until(|event| event.data["seq"] == 6);
        assert_eq!(ids(&events), ids(&all[n + 1..]));
    }
    // The header goes before the query: a browser that comes back knows better than the page that it came from.
    let resumed = house.watch_from(&format!("listings={id}&after={begin}"), None, all[3].id);
    assert_eq!(seqs(&resumed.events_until(|event| event.data["seq"] == 6)), [5, 6]);
}

#[test]
fn zero_is_a_cursor_before_everything() {
    let (house, ann, bob, _) = House::open();
    let id = house.list(&ann, json!({}));
    house.bid(&bob, id, 1_000).done(201);
    let events = house.watch("listings=all&after=0", None).events_until(|event| event.kind == "bid");
    assert_eq!(events[0].kind, "listed");
    let events = house.watch_from("listings=all", None, Some(0)).events_until(|event| event.kind == "bid");
    assert_eq!(events[0].kind, "listed");
}

#[test]
fn a_cursor_newer_than_anything_is_told_to_load_again() {
    let (house, ann, bob, _) = House::open();
    let id = house.list(&ann, json!({}));
    let ahead = house.watch("listings=all&after=1000000", None);
    let reset = ahead.event();
    assert_eq!(reset.kind, "reset");
    assert!(reset.id.unwrap() < 1_000_000, "coming back with it, one is not told again");
    house.bid(&bob, id, 1_000).done(201);
    assert_eq!(ahead.event().kind, "bid", "it goes on live");
    let beyond = house.watch("listings=all&after=99999999999999999999", None);
    assert_eq!(beyond.event().kind, "reset", "so is one beyond all ids");
    house.get("/events?listings=all&after=-1").send().refused(400, "bad_request");
}

#[test]
fn a_cursor_older_than_what_is_kept_is_told_to_load_again() {
    let (house, ann, bob, cleo) = House::open();
    let id = house.list(&ann, json!({}));
    let begin = cursor(&house, id);
    bid_on(&house, id, [&bob, &cleo], 4);
    let conn = house.connection();
    conn.execute("delete from event where id <= ?1", [begin + 2]).unwrap();
    assert_eq!(house.watch(&format!("listings={id}&after={begin}"), None).event().kind, "reset");
    let kept = house.watch(&format!("listings={id}&after={}", begin + 2), None).event();
    assert_eq!(kept.kind, "bid");
}

#[test]
fn what_is_one_s_own_is_told_to_nobody_else() {
    let (house, ann, bob, cleo) = House::open();
    let id = house.list(&ann, json!({"closes_in_s": 5}));
    let [of_ann, of_bob, of_cleo] = [&ann, &bob, &cleo].map(|who| house.watch("listings=all", Some(who)));
    let of_nobody = house.watch("listings=all", None);
    // Whoever names one other listing hears what is theirs all the same.
    let elsewhere = house.watch("listings=999", Some(&bob));
    house.bid(&bob, id, 2_000).done(201);
    house.bid(&cleo, id, 3_000).done(201);
    let outbid = of_bob.wait_for("outbid");
    assert_eq!((&outbid.data["listing"], &outbid.data["price"]), (&json!(id), &json!(3_000)));
    assert_eq!(elsewhere.wait_for("outbid").id, outbid.id);
    assert_eq!(house.settlement(id)["buyer"], "Cleo");
    let own = |watcher: &crate::harness::Watcher| {
        // Everyone hears the settlement; what follows it in the same transaction is here with the next event.
        let mut events = watcher.events_until(|event| event.kind == "settled");
        house.credit("Bob", 1);
        house.list(&ann, json!({"title": "the last"}));
        events.extend(
            watcher.events_until(|event| event.kind == "listed" && event.data["title"] == "the last"),
        );
        let personal = ["outbid", "won", "funds"];
        let mut kinds: Vec<String> = events.iter().map(|event| event.kind.clone()).collect();
        kinds.retain(|kind| personal.contains(&kind.as_str()));
        rises(&ids(&events));
        kinds.sort();
        kinds.dedup();
        kinds
    };
    assert_eq!(own(&of_nobody), Vec::<String>::new());
    assert_eq!(own(&of_cleo), ["funds", "won"]);
    assert_eq!(own(&of_ann), ["funds"]);
    house.audit();
}

#[test]
fn a_stream_goes_on_where_it_was_when_the_server_comes_back() {
    let (mut house, ann, bob, cleo) = House::open();
    let id = house.list(&ann, json!({}));
    let watcher = house.watch(&format!("listings={id}"), Some(&bob));
    bid_on(&house, id, [&bob, &cleo], 3);
    let seen = watcher.events_until(|event| event.data["seq"] == 3);
    bid_on(&house, id, [&cleo, &bob], 1);
    house.kill();
    while watcher.next().is_some() {}
    house.run(&["account", "credit", &email("Bob"), "5", "--why", "while the server was down"]).done();
    house.serve();
    bid_on(&house, id, [&bob, &cleo], 2);
    let resumed = house.watch_from(&format!("listings={id}"), Some(&bob), seen.last().unwrap().id);
    let events = resumed.events_until(|event| event.data["seq"] == 6);
    assert_eq!(seqs(&events), [4, 5, 6]);
    assert!(
        events.iter().any(|event| event.kind == "funds"),
        "what another process did meanwhile is told too"
    );
    rises(&ids(&[seen, events].concat()));
    house.audit();
}

#[test]
fn a_cancel_in_another_process_reaches_the_watchers_at_once() {
    let (house, ann, bob, _) = House::open();
    let watcher = house.watch("listings=all", Some(&bob));
    let mut slowest = Duration::ZERO;
    for _ in 0..5 {
        let id = house.list(&ann, json!({}));
        house.bid(&bob, id, 1_000).done(201);
        house.run(&["listing", "cancel", &id.to_string(), "--why", "broken"]).done();
        let ended = Instant::now();
        let event = watcher.wait_for("cancelled");
        assert_eq!(event.data, json!({"listing": id, "why": "broken"}));
        slowest = slowest.max(event.at.saturating_duration_since(ended));
    }
    println!("a cancel by another process was told at most {} ms after it ended", slowest.as_millis());
    assert!(slowest <= SOON, "{slowest:?}");
    assert_eq!(house.funds(&bob).1, 0);
    house.audit();
}

#[test]
fn a_settlement_in_another_process_reaches_the_watchers_at_once() {
    let (house, ann, bob, _) = House::open();
    let id = house.list(&ann, json!({"closes_in_s": 5}));
    house.bid(&bob, id, 1_000).done(201);
    let watcher = house.watch("listings=all", Some(&bob));
    let settled = house.told(&["settle", &id.to_string()]);
    let ended = Instant::now();
    let event = watcher.wait_for("settled");
    let late = event.at.saturating_duration_since(ended);
    println!("a settlement was told {} ms after the process that waited for it ended", late.as_millis());
    assert!(late <= SOON, "{late:?}");
    assert_eq!(event.data, json!({"listing": id, "outcome": "sold", "hammer": 1_000, "winner": "Bob"}));
    assert_eq!(settled["hammer"], 1_000);
    let won = watcher.wait_for("won");
    assert_eq!((&won.data["listing"], &won.data["hammer"]), (&json!(id), &json!(1_000)));
    house.audit();
}

#[test]
fn logging_out_ends_the_session_s_streams_and_no_other() {
    let (house, _, bob, cleo) = House::open();
    let (of_bob, of_cleo) =
        (house.watch("listings=all", Some(&bob)), house.watch("listings=all", Some(&cleo)));
    let again = house.log_in("Bob");
    let of_bob_again = house.watch("listings=all", Some(&again));
    assert!(of_bob.next().is_some(), "it has begun");
    assert_eq!(house.delete("/api/v1/sessions/current").by(&bob).send().status, 204);
    let begun = Instant::now();
    while of_bob.next().is_some() {
        assert!(begun.elapsed() < PATIENCE);
    }
    assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
    house.credit("Bob", 5);
    assert_eq!(of_bob_again.wait_for("funds").data["balance"], 100_005);
    house.credit("Cleo", 5);
    of_cleo.wait_for("funds");
}

#[test]
fn a_watcher_that_went_away_costs_the_others_nothing() {
    let (house, ann, bob, cleo) = House::open();
    let id = house.list(&ann, json!({}));
    for _ in 0..50 {
        drop(house.watch("listings=all", None));
    }
    let watcher = house.watch("listings=all", None);
    bid_on(&house, id, [&bob, &cleo], 2);
    assert_eq!(seqs(&watcher.events_until(|event| event.data["seq"] == 2)), [1, 2]);
    until("the server is well", || (house.get("/healthz").send().status == 200).then_some(()));
}

/// The newest events are kept at hand, older ones are read from the database, and what does not go into one row waits until
/// that is taken. All of it arrives, in order, and live events follow.
#[test]
fn whoever_was_away_for_long_gets_everything_in_order() {
    let (mut house, ann, bob, _) = House::open();
    let id = house.list(&ann, json!({}));
    let begin = cursor(&house, id);
    house.kill();
    let mut conn = house.connection();
    let tx = conn.transaction().unwrap();
    let n = 12_000;
    let filler = "x".repeat(60);
    for seq in 0..n {
        let data = json!({"listing": id, "seq": -seq, "filler": filler}).to_string();
        let sql = "insert into event (at, kind, listing_id, data) select max(at), 'bid', ?1, ?2 from event";
        tx.execute(sql, (id, data)).unwrap();
    }
    tx.commit().unwrap();
    house.serve();
    // From the database first, then from what is at hand; from there alone; and from its very edge.
    for after in [begin, begin + 10_000, begin + n - 8_192, begin + n - 8_193] {
        let watchers: Vec<_> =
            (0..5).map(|_| house.watch(&format!("listings={id}&after={after}"), None)).collect();
        for watcher in watchers {
            let events = watcher.events_until(|event| event.id == Some(begin + n));
            assert_eq!(ids(&events), (after + 1..=begin + n).collect::<Vec<_>>());
        }
    }
    let watcher = house.watch(&format!("listings={id}&after={begin}"), None);
    house.bid(&bob, id, 1_000).done(201);
    let events = watcher.events_until(|event| event.data["seq"] == 1);
    let (live, missed) = events.split_last().unwrap();
    assert_eq!(ids(missed), (begin + 1..=begin + n).collect::<Vec<_>>());
    assert!(live.id > Some(begin + n));
}

/// It was lost when the hub had read the bid before it heard of the watcher.
#[test]
fn who_watches_from_now_on_hears_a_bid_that_is_made_at_once() {
    let (house, ann, bob, cleo) = House::open();
    let id = house.list(&ann, json!({"increment": 1}));
    for round in 0..20 {
        let watcher = house.watch("listings=all", None);
        let bidder = if round % 2 == 0 { &bob } else { &cleo };
        house.bid(bidder, id, 1_000 + round).done(201);
        let heard = watcher.events_until(|event| event.kind == "bid");
        assert_eq!(heard.last().unwrap().data["amount"], 1_000 + round);
    }
}

/// Events of another listing, written by hand, as if so many bids had gone by.
fn flood(house: &House, listing: i64, n: i64) {
    let sql = "with recursive n (i) as (select 1 union all select i + 1 from n where i < ?2)
        insert into event (at, kind, listing_id, data)
        select (select max(at) from event), 'flood', ?1, json_object('listing', ?1, 'i', i, 'filling', hex(zeroblob(80)))
        from n";
    house.connection().execute(sql, [listing, n]).unwrap();
}

/// Whoever named a quiet listing and an old cursor had the house read all that others had done meanwhile, again and again.
#[test]
fn a_replay_costs_what_it_sends_and_not_what_it_skips() {
    let (house, ann, bob, cleo) = House::open();
    let (lamp, vase) = (house.list(&ann, json!({})), house.list(&ann, json!({"title": "Vase"})));
    let begin = cursor(&house, lamp);
    house.bid(&bob, lamp, 1_000).done(201);
    flood(&house, vase, 100_000);
    house.bid(&cleo, lamp, 2_000).done(201);
    flood(&house, vase, 100_000);
    house.bid(&bob, lamp, 3_000).done(201);
    let spent = || {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", house.server_id())).unwrap();
        let fields: Vec<&str> = stat.rsplit(") ").next().unwrap().split(' ').collect();
        fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
    };
    let replay = |person: Option<&Person>| {
        let watcher = house.watch_from(&format!("listings={lamp}"), person, Some(begin));
        watcher.events_until(|event| event.kind == "bid" && event.data["seq"] == 3)
    };
    let before = spent();
    assert_eq!(seqs(&replay(None)), [1, 2, 3]);
    let first = spent() - before;
    for _ in 0..25 {
        let events = replay(None);
        assert_eq!(seqs(&events), [1, 2, 3]);
        assert_eq!(events.len(), 3);
    }
    let more = spent() - before - first;
    println!("the first replay took {first} ticks, 25 more {more}");
    assert!(more < 5 * (first + 10), "the first took {first} ticks, 25 more {more}");
    // With what is Cleo's own, in order.
    let sql = format!(
        "select count(*) from event where id > {begin} and (account_id is null and listing_id = {lamp} or account_id = {})",
        cleo.id
    );
    let events = replay(Some(&cleo));
    rises(&ids(&events));
    assert!(events.iter().any(|event| event.kind == "funds"), "{events:?}");
    // What came to her after the last bid is not waited for.
    let n_due = house.number(&sql);
    let n_told = i64::try_from(events.len()).unwrap();
    assert!((n_due - 3..=n_due).contains(&n_told), "{n_told} of {n_due}");
    // And goes on live.
    let watcher = house.watch_from(&format!("listings={lamp},{vase}"), None, Some(begin));
    let all = watcher.events_until(|event| event.kind == "bid" && event.data["seq"] == 3);
    assert_eq!(all.len(), 200_003);
    rises(&ids(&all));
    house.bid(&cleo, lamp, 4_000).done(201);
    assert_eq!(watcher.event().data["seq"], 4);
}

/// A flood of listings ended 290 of 300 watchers. Whoever lags hears all of it, in order, once the socket takes it.
#[test]
fn watchers_that_lag_on_a_flood_are_brought_on_and_miss_nothing() {
    let (house, ann, ..) = House::open();
    let id = house.list(&ann, json!({}));
    let begin = cursor(&house, id);
    let slow: Vec<TcpStream> = (0..5)
        .map(|_| {
            let mut stream = TcpStream::connect(house.address()).unwrap();
            stream.set_read_timeout(Some(PATIENCE)).unwrap();
            let head = format!("GET /events?listings=all&after={begin} HTTP/1.0\r\nHost: h\r\n\r\n");
            stream.write_all(head.as_bytes()).unwrap();
            stream
        })
        .collect();
    let watching = || house.get("/metrics").send().text().contains("auction_watchers 6\n");
    let live = house.watch(&format!("listings=all&after={begin}"), None);
    until("all watch", || watching().then_some(()));

    // Far more than a watcher may be behind with, in one commit.
    let flood = "with recursive n (i) as (select 1 union all select i + 1 from n where i < 3000)
        insert into event (at, kind, listing_id, data)
        select (select max(at) from event), 'listed', 1, json_object('id', i, 'title', hex(zeroblob(600))) from n";
    house.connection().execute(flood, []).unwrap();
    let last = begin + 3_000;
    let heard = live.events_until(|event| event.id == Some(last));
    assert_eq!(ids_known(&heard), (begin + 1..=last).collect::<Vec<_>>());
    assert!(watching(), "nobody was ended");
    let mut told: Vec<_> = slow.iter().map(told).collect();
    thread::scope(|scope| {
        for told in &mut told {
            scope.spawn(|| {
                let heard: Vec<i64> = told.take(3_000).collect();
                assert_eq!(heard, (begin + 1..=last).collect::<Vec<_>>());
            });
        }
    });
    // And they go on live.
    let next = house.list(&ann, json!({"title": "the next"}));
    told.iter_mut().for_each(|told| assert_eq!(told.next(), Some(cursor(&house, next))));
}

/// The ids of the events that come to one who read nothing until now.
fn told(stream: &TcpStream) -> impl Iterator<Item = i64> {
    let lines = BufReader::new(stream).lines().map(Result::unwrap);
    lines.filter_map(|line| line.strip_prefix("id: ").map(|id| id.parse().unwrap()))
}

fn ids_known(events: &[Event]) -> Vec<i64> {
    events.iter().filter_map(|event| event.id).collect()
}
