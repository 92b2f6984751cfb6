//! What staff ask at the desk of a sale, and how the house is asked.

use crate::command::{Awaited, WHY, answer_of, code, millis};
use anyhow::Context;
use auction::house::bidding::place_bid::Key;
use auction::house::desk::bids::DeskBid;
use auction::house::desk::guests::Guest;
use auction::house::desk::passes::PassAsked;
use auction::house::desk::till::DeskPayment;
use auction::house::{Answer, House};
use auction::rules::desk::{Method, Rights, Source};
use auction::rules::refusal::Refusal;
use auction::rules::time::Time;
use auction::store::passes::Pass;
use serde_json::Value;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::sync::mpsc::channel;

/// A write of the desk: by which pass, under which Idempotency-Key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AtDesk {
    pub pass: i64,
    pub key: i64,
    pub what: What,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    Register(NewGuest),
    Bid { lot: i64, number: i64, amount: i64, max: Option<i64>, source: &'static str },
    Pay { number: i64, amount: i64, method: &'static str },
    Void { payment: i64 },
    HandOver { lot: i64, why: bool },
}

/// A guest: `person<n>@example.org`, or somebody without an email address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewGuest {
    pub n: Option<i64>,
    pub number: Option<i64>,
    pub limit: Option<i64>,
}

/// A pass `till<name>` to open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPass {
    pub name: i64,
    pub sale: i64,
    pub may: &'static str,
    pub ends_at: i64,
    pub limit: Option<i64>,
}

impl NewPass {
    /// Opens it, and the desk with it: two writes, which are not disturbed.
    pub fn open(&self, house: &House) -> Answer<String> {
        let asked = PassAsked {
            name: till(self.name),
            sale: code(self.sale),
            may: Rights::parse(self.may).unwrap(),
            ends_at: Time(self.ends_at),
            most_limit: self.limit,
        };
        let opened = house.open_pass(asked)?;
        house.enter_desk(&opened.code, None)?.context("a new code is known")?;
        Ok(format!("pass {}", opened.pass.id.0))
    }
}

impl NewGuest {
    pub fn guest(&self) -> Guest {
        Guest {
            name: "Guest".into(),
            email: self.n.map(|n| format!("person{n}@example.org")),
            number: self.number,
            limit: self.limit,
            anyway: true,
            ..Guest::default()
        }
    }

    pub fn register(&self, house: &House, sale: i64) -> Answer<String> {
        let registered = house.register_guest(&code(sale), self.guest())?;
        Ok(format!("number {} for {}", registered.number, registered.account))
    }
}

impl AtDesk {
    /// What is hashed of it under a key: the same again has the same.
    pub fn content(&self) -> String {
        format!("{:?}", self.what)
    }

    fn key(&self) -> Key {
        let mut hasher = DefaultHasher::new();
        self.content().hash(&mut hasher);
        let mut request = [0; 32];
        request[..8].copy_from_slice(&hasher.finish().to_be_bytes());
        Key { key: self.key.to_string(), request }
    }

    pub fn ask(&self, house: &House) -> Answer<String> {
        let pass = house.passes()?.into_iter().find(|pass| pass.id.0 == self.pass);
        let pass = pass.ok_or(Refusal::PassEnded)?;
        let key = self.key();
        match &self.what {
            What::Register(guest) => {
                let registered = house.register_at_desk(&pass, "token", key, guest.guest())?;
                Ok(format!("number {} for {}", registered.number, registered.account))
            }
            What::Bid { lot, number, amount, max, source } => {
                let bid = DeskBid {
                    lot: lot_code(*lot),
                    number: *number,
                    amount: *amount,
                    max: *max,
                    source: Source::of(source).unwrap(),
                };
                answer_of(&send(house, &pass, key, bid)?)
            }
            What::Pay { number, amount, method } => {
                let method = Method::of(method).unwrap();
                let (number, amount) = (*number, *amount);
                let payment = DeskPayment { number, amount, method, reference: None, anyway: true };
                house.pay_at_desk(&pass, key, payment).map(|paid| booked(&paid.json))
            }
            What::Void { payment } => house.void_at_desk(&pass, key, *payment, WHY).map(|json| booked(&json)),
            What::HandOver { lot, why } => {
                let why = why.then_some(WHY);
                let json = house.hand_over_at_desk(&pass, key, &lot_code(*lot).to_lowercase(), why)?;
                Ok(handed_over(&serde_json::from_str(&json).unwrap()))
            }
        }
    }
}

fn send(house: &House, pass: &Pass, key: Key, bid: DeskBid) -> Answer<Awaited> {
    let request = house.bid_at_desk(pass, key, bid)?;
    let (tell, told) = channel();
    house.place_bid(request, move |answer| {
        tell.send(answer).ok();
    });
    Ok(told)
}

pub fn till(name: i64) -> String {
    format!("till{name}")
}

pub fn lot_code(lot: i64) -> String {
    format!("A{lot}")
}

fn booked(json: &str) -> String {
    let json: Value = serde_json::from_str(json).unwrap();
    format!("{}; {}", payment(&json["payment"]), bill(&json["bill"]))
}

/// The words of a handover.
pub fn handed_over(json: &Value) -> String {
    let (lot, at) = (json["lot"].as_str().unwrap_or("null"), millis(&json["handed_over_at"]));
    format!("{lot} handed over at {at}; {}", bill(&json["bill"]))
}

fn payment(json: &Value) -> String {
    format!(
        "payment {} of {} by {} at {} to {} voided {}",
        json["id"],
        json["amount"],
        json["method"].as_str().unwrap(),
        millis(&json["at"]),
        json["by"].as_str().unwrap(),
        json["voided"]
    )
}

fn line(json: &Value) -> String {
    let at = &json["handed_over_at"];
    let at = if at.is_null() { "null".into() } else { millis(at).to_string() };
    format!(
        "{} of {} lot {}: {} and {} is {} covered {} handed over {at} reversed {}",
        json["settlement"],
        json["listing"],
        json["lot"].as_str().unwrap_or("null"),
        json["hammer"],
        json["premium"],
        json["total"],
        json["covered"],
        json["reversed"]
    )
}

/// The words of a bill.
pub fn bill(json: &Value) -> String {
    let all = |key: &str, words: fn(&Value) -> String| -> String {
        json[key].as_array().unwrap().iter().map(words).collect::<Vec<_>>().join(", ")
    };
    format!(
        "bill of {} in {} number {} lines [{}] payments [{}] total {} covered {} due {}",
        json["account"],
        json["sale"].as_str().unwrap_or("null"),
        json["number"],
        all("lines", line),
        all("payments", payment),
        json["total"],
        json["covered"],
        json["due"]
    )
}
