//! Bids through the gate against bids on tiny_http alone: one handler, one house and one disk for both, in turns.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::thread;

use auction::house::House;
use auction::house::bidding::place_bid::Request as Bid;
use auction::rules::listing::ListingId;
use auction::store::clock::Clock;
use crossbeam_channel::{Sender, bounded};
use tiny_http::{Request, Response};

use crate::asking::Next;
use crate::{compare, gated, stock};

const N_CONNECTIONS: usize = 32;

type Answered = (Request, u16, Vec<u8>);

pub fn compare_bids() {
    let dir = tempfile::tempdir().unwrap();
    let tokens = crate::house::prepare(dir.path(), 2 * N_CONNECTIONS, 2 * N_CONNECTIONS).tokens;
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
        rises: false,
        message: String::new(),
        key: None,
        desk: None,
    };
    let decided = decided.clone();
    house.place_bid(bid, move |answer| {
        let body = answer.expect("each bid is higher than the last").json().into();
        decided.try_send((request, 201, body)).unwrap();
    });
}
