//! Eight tills at once on one sale, while 32 connections bid: numbers are unique, sums are right, and the report is the
//! ledger's.

use crate::harness::{House, Person, int};
use crate::tablet::{Tablet, listing_of, sale_of};
use serde_json::json;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicI64, Ordering};
use std::thread;

const N_TILLS: usize = 8;
const N_GUESTS_A_TILL: usize = 3;
const N_PAYMENTS_A_TILL: i64 = 12;
const N_BIDDERS: usize = 32;
const N_BIDS: i64 = 6;
const NO_RATES: [(&str, &str); 4] = [
    ("limit_bids_per_s", "0"),
    ("limit_connections_per_address", "0"),
    ("default_credit", "100000000"),
    ("limit_sessions_per_account", "0"),
];

/// Bids on each lot in turn, always a little more than what it saw; a refusal is no harm.
fn bid(house: &House, bidder: &Person, lots: &[i64], nth: i64) {
    for round in 0..N_BIDS {
        let lot = lots[(nth + round) as usize % lots.len()];
        let reply = house.bid(bidder, lot, 1_000 + 100 * (round * N_BIDDERS as i64 + nth));
        assert!(reply.status == 201 || reply.status == 409, "{reply:?}");
    }
}

/// Registers guests and takes payments, each sent twice as over lost wifi; returns the numbers and the sum.
fn work(tablet: &Tablet, paid: &AtomicI64) -> Vec<i64> {
    let mut numbers = Vec::new();
    for guest in 0..N_GUESTS_A_TILL {
        let name = format!("Guest {guest} {}", &tablet.token[..20]);
        let (key, body) = (tablet.new_key(), json!({"name": name, "anyway": true}));
        let first = tablet.post_with("bidders", &key, body.clone()).done(201);
        assert_eq!(tablet.post_with("bidders", &key, body).done(201), first);
        numbers.push(int(&first["number"]));
    }
    for nth in 1..=N_PAYMENTS_A_TILL {
        let number = numbers[nth as usize % numbers.len()];
        let method = ["cash", "card", "bank", "other"][nth as usize % 4];
        let (key, body) =
            (tablet.new_key(), json!({"number": number, "amount": 100 + nth, "method": method}));
        let first = tablet.post_with("payments", &key, body.clone()).done(201);
        assert_eq!(tablet.post_with("payments", &key, body).done(201), first);
        if nth % 5 == 0 {
            tablet.void(int(&first["payment"]["id"])).done(201);
        } else {
            paid.fetch_add(100 + nth, Ordering::Relaxed);
        }
    }
    numbers
}

#[test]
fn eight_tills_and_32_bidders_at_once_leave_every_sum_right() {
    let (house, _, bob, cleo) = House::with(&NO_RATES);
    sale_of(&house, "spring", 4);
    let lots: Vec<i64> = (1..=4).map(|nth| listing_of(&house, "spring", &format!("A{nth}"))).collect();
    let names: Vec<String> = (1..=N_TILLS).map(|nth| format!("Till {nth}")).collect();
    let tablets: Vec<Tablet> = names.iter().map(|name| Tablet::open(&house, name, "spring", &[])).collect();
    let paid = AtomicI64::new(0);
    let numbers: Vec<i64> = thread::scope(|scope| {
        for nth in 0..N_BIDDERS as i64 {
            let (house, lots, bidder) = (&house, &lots, if nth % 2 == 0 { &bob } else { &cleo });
            scope.spawn(move || bid(house, bidder, lots, nth));
        }
        let tills: Vec<_> = tablets.iter().map(|tablet| scope.spawn(|| work(tablet, &paid))).collect();
        tills.into_iter().flat_map(|till| till.join().unwrap()).collect()
    });
    let n_guests = N_TILLS * N_GUESTS_A_TILL;
    let unique: BTreeSet<i64> = numbers.iter().copied().collect();
    assert_eq!(unique, (1..=n_guests as i64).collect::<BTreeSet<_>>(), "each number once, without a gap");
    let taken: i64 = tablets.iter().map(|tablet| tablet.taken().0.iter().sum::<i64>()).sum();
    let report = house.told(&["desk", "report", "spring"]);
    let by_ledger = house.number(
        "select sum(-p.amount) from posting p join transfer t on t.id = p.transfer_id
         where p.purse_id = -1 and (t.method is not null or t.voids is not null)",
    );
    let paid = paid.into_inner();
    assert_eq!((taken, int(&report["total"]), by_ledger), (paid, paid, paid));
    let n_payments = house.number("select count(*) from transfer where method is not null");
    assert_eq!(n_payments, N_TILLS as i64 * N_PAYMENTS_A_TILL);
    let voids: usize =
        report["tills"].as_array().unwrap().iter().map(|till| till["voids"].as_array().unwrap().len()).sum();
    assert_eq!(voids, N_TILLS * 2);
    assert!(house.number("select count(*) from bid") > 0);
    house.audit();
}
