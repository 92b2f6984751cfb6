//! Bids through the gate against bids on tiny_http alone: one handler, one house and one disk for both, in turns.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::thread;

use auction::house::accounts::{By, Joining};
use auction::house::place_bid::Request as Bid;
use auction::house::{House, Opening};
use auction::rules::listing::{Closes, Draft, ListingId};
use auction::store::clock::Clock;
use crossbeam_channel::{Sender, bounded};
use tiny_http::{Request, Response};

use crate::asking::Next;
use crate::{compare, gated, stock};

const N_CONNECTIONS: usize = 32;
const PURSE: i64 = 900_000_000_000_000;

type Answered = (Request, u16, Vec<u8>);

pub fn compare_bids() {
    let dir = tempfile::tempdir().unwrap();
    let tokens = prepare(dir.path());
    let (house, _writer) =
        House::open_to_serve(dir.path(), Clock::default(), |decided| decided.tell()).unwrap();
    // As in the house itself: the writer does not wait for sockets.
    let (decided, to_answer) = bounded::<Answered>(4096);
    for _ in 0..2 {
        let to_answer = to_answer.clone();
        thread::spawn(move || {
            for (request, status, body) in to_answer {
                request.respond(Response::from_data(body).with_status_code(status)).unwrap_or(());
            }
        });
    }
    let handler = move |request| place(&house, &decided, request);
    let (alone, _server) = stock(handler.clone());
    let (through, _gate, _told) = gated(N_CONNECTIONS, handler);
    compare("32 connections, bids/s", alone, through, &bids(tokens), N_CONNECTIONS);
}

/// Each connection has two listings and two people of its own, who outbid each other in turns: all is accepted.
fn bids(tokens: Vec<String>) -> Next {
    let turns: Vec<AtomicI64> = (0..N_CONNECTIONS).map(|_| AtomicI64::new(0)).collect();
    Arc::new(move |connection, out| {
        let turn = turns[connection].fetch_add(1, Ordering::Relaxed);
        let listing = 1 + connection + if turn % 2 == 0 { 0 } else { N_CONNECTIONS };
        let token = &tokens[2 * connection + usize::from(turn / 2 % 2 == 1)];
        let body = format!("{{\"amount\":{}}}", turn / 2 + 1);
        out.push_str(&format!(
            "POST /api/v1/listings/{listing}/bids HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        ));
    })
}

/// The least that a handler of bids does: who it is, what is bid, and the answer from the disk.
fn place(house: &House, decided: &Sender<Answered>, mut request: Request) {
    let listing = request.url().split('/').nth(4).unwrap().parse().unwrap();
    let token = request.headers().iter().find(|header| header.field.equiv("Authorization")).unwrap();
    let person = house.person(&token.value.as_str()["Bearer ".len()..]).unwrap().unwrap();
    let body: serde_json::Value = serde_json::from_reader(request.as_reader()).unwrap();
    let bid = Bid {
        listing: ListingId(listing),
        bidder: person.id,
        amount: body["amount"].as_i64().unwrap(),
        max: None,
        message: String::new(),
        key: None,
    };
    let decided = decided.clone();
    house.place_bid(bid, move |answer| {
        let body = answer.unwrap().expect("each bid is higher than the last").json().into();
        decided.try_send((request, 201, body)).unwrap();
    });
}

/// People with money and sessions, two for each connection; listings with an increment of 1.
fn prepare(dir: &Path) -> Vec<String> {
    let house = House::open(dir, Opening::Make, Clock::default()).unwrap();
    let open = |i: usize| {
        let joining = Joining {
            email: format!("p{i}@bench.example"),
            name: format!("Person {i}"),
            password: Some("bench-bench".into()),
            is_admin: false,
        };
        house.open_account(joining, By::Admin).unwrap().unwrap()
    };
    let seller = open(0).id;
    for i in 0..2 * N_CONNECTIONS {
        let draft = Draft {
            title: format!("Lot {i}"),
            opening: 1,
            increment: Some(1),
            closes: Some(Closes::In { seconds: 24 * 3_600 }),
            ..Draft::default()
        };
        house.list(seller, draft).unwrap().unwrap();
    }
    (1..=2 * N_CONNECTIONS)
        .map(|i| {
            let account = open(i);
            house.credit(account.id, PURSE, "bench").unwrap().unwrap();
            house.log_in(&account.email, "bench-bench").unwrap().unwrap().unwrap().token
        })
        .collect()
}
