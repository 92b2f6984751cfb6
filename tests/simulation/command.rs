//! What people and their schedulers ask of the house, as one line each; and how the house is asked.

use crate::at_desk::{self, AtDesk, NewGuest, NewPass, What, till};
use crate::doors::Doors;
use anyhow::{Context, Result};
use auction::house::bidding::place_bid::{Accepted, Key, Request};
use auction::house::closing::settle::Settled;
use auction::house::listings::cancel::Canceller;
use auction::house::people::accounts::{By, Joining};
use auction::house::sales::draft::NewSale;
use auction::house::sales::lots::LotOffer;
use auction::house::sales::retime::Retimed;
use auction::house::{Answer, Fault, House};
use auction::rules::bidding::Purse;
use auction::rules::desk::Method;
use auction::rules::listing::{AccountId, Closes, Draft, ListingId};
use auction::rules::refusal::Refusal;
use auction::rules::sale::SaleText;
use auction::rules::soft_close::SoftClose;
use auction::rules::time::Time;
use auction::store::settlements::Settlement;
use serde_json::Value;
use std::fmt;
use std::sync::mpsc::{Receiver, channel};

/// Done, and what was answered; or refused, with code and figures. Words, so that two of them can be compared and read.
pub type Said = std::result::Result<String, String>;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Opens the account of `person<n>@example.org`.
    Open {
        n: i64,
        by_admin: bool,
    },
    /// Joins, and accepts this version of the terms.
    Join {
        n: i64,
        terms: Option<i64>,
    },
    /// One of a few texts, by its number.
    PublishTerms {
        text: i64,
    },
    Accept {
        who: i64,
        version: i64,
    },
    Credit {
        who: i64,
        amount: i64,
    },
    Debit {
        who: i64,
        amount: i64,
        into_credit: bool,
    },
    Limit {
        who: i64,
        limit: i64,
    },
    Suspend {
        who: i64,
    },
    Restore {
        who: i64,
    },
    Set {
        key: &'static str,
        value: String,
    },
    List {
        seller: i64,
        offer: Offer,
    },
    Bid(Bid),
    Buy {
        listing: i64,
        who: i64,
    },
    /// By this seller, or by an admin.
    Cancel {
        listing: i64,
        by: Option<i64>,
    },
    Settle {
        listing: i64,
    },
    SettleDue,
    Reverse {
        settlement: i64,
    },
    Sync,
    /// The server says that it is there.
    Beat,
    AddSale(Sale),
    AddLot(NewLot),
    Publish {
        sale: i64,
    },
    Postpone {
        sale: i64,
        by_s: i64,
        section: Option<i64>,
    },
    Pause {
        sale: i64,
    },
    Resume {
        sale: i64,
    },
    CancelSale {
        sale: i64,
    },
    OpenPass(NewPass),
    ShutPass {
        name: i64,
    },
    AtDesk(AtDesk),
    /// By an admin at the command line, like the next.
    Register {
        sale: i64,
        guest: NewGuest,
    },
    VoidPayment {
        payment: i64,
    },
    TakePayment {
        who: i64,
        amount: i64,
        method: &'static str,
    },
    HandOver {
        listing: i64,
        why: bool,
    },
}

/// A draft of the sale `s<n>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sale {
    pub n: i64,
    pub opens_at: Option<i64>,
    pub closes_at: i64,
    pub every_s: i64,
    pub soft: Option<(i64, i64, i64)>,
}

/// A lot, its code and section by their numbers. Its offer names neither its close nor its soft close.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewLot {
    pub sale: i64,
    pub seller: i64,
    pub code: i64,
    pub section: Option<i64>,
    pub closes_at: Option<i64>,
    pub offer: Offer,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Offer {
    pub opening: i64,
    pub reserve: Option<i64>,
    pub buy_now: Option<i64>,
    pub increment: Option<i64>,
    pub closes_in_s: i64,
    pub soft: Option<(i64, i64, i64)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bid {
    pub listing: i64,
    pub who: i64,
    pub amount: i64,
    pub max: Option<i64>,
    /// An Idempotency-Key.
    pub key: Option<i64>,
}

pub const WHY: &str = "because";

impl Command {
    pub fn perform(&self, house: &House) -> Result<Said> {
        said(self.ask(house))
    }

    fn ask(&self, house: &House) -> Answer<String> {
        match self {
            Command::Open { n, by_admin } => {
                let joining = Joining {
                    email: format!("person{n}@example.org"),
                    name: format!("Person {n}"),
                    ..Joining::default()
                };
                let by = if *by_admin { By::Admin } else { By::Themselves };
                house.open_account(joining, by).map(|account| format!("account {}", account.id))
            }
            Command::Join { n, terms } => {
                let joining = Joining {
                    email: format!("person{n}@example.org"),
                    name: format!("Person {n}"),
                    terms: *terms,
                    ..Joining::default()
                };
                house.open_account(joining, By::Themselves).map(|account| format!("account {}", account.id))
            }
            Command::PublishTerms { text } => {
                let published = house.publish_terms(terms_text(*text).as_bytes());
                published.map(|(terms, is_new)| format!("version {}, new: {is_new}", terms.version))
            }
            Command::Accept { who, version } => house.accept_terms(AccountId(*who), *version).map(done),
            Command::Credit { who, amount } => house.credit(AccountId(*who), *amount, WHY).map(purse),
            Command::Debit { who, amount, into_credit: false } => {
                house.debit(AccountId(*who), *amount, WHY).map(purse)
            }
            Command::Debit { who, amount, .. } => {
                house.debit_into_credit(AccountId(*who), *amount, WHY).map(purse)
            }
            Command::TakePayment { who, amount, method } => {
                let method = Method::of(method).unwrap();
                let taken = house.take_payment(AccountId(*who), *amount, method, None, WHY);
                taken.map(|(id, after)| format!("payment {id}, {}", purse(after)))
            }
            Command::HandOver { listing, why } => {
                let handed = house.hand_over(ListingId(*listing), why.then_some(WHY));
                handed.map(|item| at_desk::handed_over(&serde_json::to_value(&item).unwrap()))
            }
            Command::Limit { who, limit } => house.set_credit_limit(AccountId(*who), *limit).map(purse),
            Command::Suspend { who } => house.suspend(AccountId(*who), WHY).map(done),
            Command::Restore { who } => house.restore_account(AccountId(*who)).map(done),
            Command::Set { key, value } => house.set(key, value).map(done),
            Command::List { seller, offer } => {
                let listed = house.list(AccountId(*seller), offer.draft());
                listed.map(|shape| format!("listing {}, closes {}", shape.id, shape.closes_at.0))
            }
            Command::Bid(bid) => answer_of(&bid.send(house)),
            Command::Buy { listing, who } => {
                let bought = house.buy(ListingId(*listing), AccountId(*who));
                bought.map(|settlement| statement(&settlement))
            }
            Command::Cancel { listing, by } => {
                let by = by.map_or(Canceller::Admin, |seller| Canceller::Seller(AccountId(seller)));
                house.cancel(ListingId(*listing), by, WHY).map(done)
            }
            Command::Settle { listing } => house.settle(ListingId(*listing)).map(|settled| match settled {
                Settled::Done(settlement) => statement(&settlement),
                Settled::NotDue { closes_at } => format!("not due before {}", closes_at.0),
                Settled::Paused { since } => format!("paused since {}", since.0),
                Settled::Waits { closes_at } => format!("waits since {}", closes_at.0),
            }),
            Command::SettleDue => house.settle_overdue().map(|swept| {
                let all: Vec<String> = swept.settlements.iter().map(statement).collect();
                all.join("; ")
            }),
            Command::Reverse { settlement } => house.reverse(*settlement, "cli", WHY).map(|_| done(())),
            Command::Beat => house.beat().map(|prolonged| format!("{} prolonged", prolonged.len())),
            Command::AddSale(sale) => {
                let text =
                    SaleText { name: "Evening".into(), description: String::new(), pickup: String::new() };
                let soft = |(window_s, extension_s, cap_s)| SoftClose { window_s, extension_s, cap_s };
                let new = NewSale {
                    code: code(sale.n),
                    text,
                    opens_at: sale.opens_at.map(Time),
                    closes_at: Time(sale.closes_at),
                    every_s: sale.every_s,
                    premium_bps: None,
                    commission_bps: None,
                    soft_close: sale.soft.map(soft),
                };
                house.add_sale(new).map(|view| view.line.code)
            }
            Command::AddLot(lot) => {
                let draft =
                    Draft { closes: lot.closes_at.map(|at| Closes::At(Time(at))), ..lot.offer.draft() };
                let offer = LotOffer {
                    seller: AccountId(lot.seller),
                    code: format!("A{}", lot.code),
                    section: lot.section.map(section),
                    draft: Draft { soft_close: None, ..draft },
                };
                let added = house.add_lot(&code(lot.sale), offer);
                added.map(|lot| format!("{} at {} is {:?}", lot.code, lot.nth, lot.listing.map(|id| id.0)))
            }
            Command::Publish { sale } => house.publish_sale(&code(*sale)).map(|published| {
                let (first, last) = (published.first_closes_at.0, published.last_closes_at.0);
                format!("{} lots from {first} to {last}", published.n_lots)
            }),
            Command::Postpone { sale, by_s, section: of } => {
                let of = of.map(section);
                house.postpone_sale(&code(*sale), *by_s, of.as_deref(), "cli", WHY).map(retimed)
            }
            Command::Pause { sale } => house.pause_sale(&code(*sale), "cli", WHY).map(retimed),
            Command::Resume { sale } => house.resume_sale(&code(*sale), "cli").map(retimed),
            Command::CancelSale { sale } => {
                house.cancel_sale(&code(*sale), WHY).map(|n| format!("{n} cancelled"))
            }
            Command::OpenPass(pass) => pass.open(house),
            Command::ShutPass { name } => house.shut_pass(&till(*name)).map(|n| format!("{n} shut")),
            Command::AtDesk(asked) => asked.ask(house),
            Command::Register { sale, guest } => guest.register(house, *sale),
            Command::VoidPayment { payment } => {
                house.void_payment(*payment, WHY).map(|(_, after)| purse(after))
            }
            Command::Sync => {
                house.sync_entries(true)?;
                Ok(done(()))
            }
        }
    }
}

/// The terms of this number.
pub fn terms_text(n: i64) -> String {
    format!("# Terms {n}\n\nWhat is bought is paid within {n} days.\n")
}

pub fn code(sale: i64) -> String {
    format!("s{sale}")
}

pub fn section(n: i64) -> String {
    format!("Section {n}")
}

fn retimed(retimed: Retimed) -> String {
    let of = |at: Option<Time>| at.map_or(0, |at| at.0);
    format!("{} lots from {} to {}", retimed.n_lots, of(retimed.first_closes_at), of(retimed.last_closes_at))
}

impl Offer {
    pub fn draft(&self) -> Draft {
        let soft = |(window_s, extension_s, cap_s)| SoftClose { window_s, extension_s, cap_s };
        Draft {
            title: "Lamp".into(),
            opening: self.opening,
            reserve: self.reserve,
            buy_now: self.buy_now,
            increment: self.increment,
            closes: Some(Closes::In { seconds: self.closes_in_s }),
            soft_close: self.soft.map(soft),
            ..Draft::default()
        }
    }
}

/// An answer that is yet to come.
pub type Awaited = Receiver<Answer<Accepted>>;

impl Bid {
    /// What is hashed of it under a key: the same bid again has the same.
    pub fn content(&self) -> String {
        format!("{} {} {:?}", self.listing, self.amount, self.max)
    }

    pub fn send(&self, house: &House) -> Awaited {
        let mut hash = [0; 32];
        let content = self.content();
        hash[..content.len().min(32)].copy_from_slice(&content.as_bytes()[..content.len().min(32)]);
        let request = Request {
            listing: ListingId(self.listing),
            bidder: AccountId(self.who),
            amount: self.amount,
            max: self.max,
            rises: false,
            message: "for my mother".into(),
            key: self.key.map(|key| Key { key: key.to_string(), request: hash }),
            desk: None,
        };
        let (tell, told) = channel();
        house.place_bid(request, move |answer| {
            tell.send(answer).ok();
        });
        told
    }
}

pub fn answer(awaited: &Awaited) -> Result<Said> {
    said(answer_of(awaited))
}

/// The receipt of a bid, once it is there.
pub fn answer_of(awaited: &Awaited) -> Answer<String> {
    let accepted = awaited.recv().context("the house has gone")??;
    let json = accepted.json();
    Ok(format!("{}; under {}", receipt(&json), terms_in_receipt(&json)))
}

/// A refusal is a thing said, as the model says it.
fn said(answer: Answer<String>) -> Result<Said> {
    match answer {
        Ok(words) => Ok(Ok(words)),
        Err(Fault::Refused(refusal)) => Ok(Err(refused(&refusal))),
        Err(Fault::Broken(error)) => Err(error),
    }
}

/// What a receipt names after the salt: the hash of the terms, or nothing.
fn terms_in_receipt(json: &str) -> String {
    let json: Value = serde_json::from_str(json).unwrap();
    let receipt = json["bid"]["receipt"].as_str().unwrap();
    let parts: Vec<&str> = receipt.split(':').collect();
    assert!((6..=7).contains(&parts.len()), "{receipt}");
    parts.get(6).map_or("no terms", |hash| hash).to_owned()
}

/// The answer to a bid, but for its salt and hash.
fn receipt(json: &str) -> String {
    let json: Value = serde_json::from_str(json).unwrap();
    let (bid, listing) = (&json["bid"], &json["listing"]);
    format!(
        "bid {} at {}, max {}, leads {}; {} price {} minimum {} leader {} bids {} reserve met {} buy-now {} closes {}; cursor {}",
        bid["seq"],
        bid["amount"],
        bid["max"],
        json["leading"],
        listing["state"].as_str().unwrap(),
        listing["price"],
        listing["minimum"],
        listing["leader_id"],
        listing["n_bids"],
        listing["reserve_met"],
        listing["buy_now_offered"],
        millis(&listing["closes_at"]),
        json["cursor"],
    )
}

pub fn millis(time: &Value) -> i64 {
    auction::rules::time::Time::parse(time.as_str().unwrap()).unwrap().0
}

fn done((): ()) -> String {
    "done".into()
}

fn purse(purse: Purse) -> String {
    format!(
        "balance {}, held {}, limit {}, available {}",
        purse.balance,
        purse.held,
        purse.credit_limit,
        purse.available()
    )
}

pub fn statement(s: &Settlement) -> String {
    let sale = s.sale();
    format!(
        "settlement {} of {}: {} {:?}, buyer {:?}, hammer {:?}, premium {:?}, commission {:?}, closed {}, settled {}",
        s.id,
        s.listing,
        s.outcome.name(),
        s.outcome.reason(),
        sale.map(|sale| sale.buyer.0),
        sale.map(|sale| sale.hammer),
        sale.map(|sale| sale.premium),
        sale.map(|sale| sale.commission),
        s.closes_at.0,
        s.settled_at.0
    )
}

/// The code, and its figures; of `invalid` the fields.
fn refused(refusal: &Refusal) -> String {
    let figures = match refusal {
        Refusal::BidTooLow { minimum } => format!(" {minimum}"),
        Refusal::InsufficientFunds { available } => format!(" {available}"),
        Refusal::NotCovered { due } => format!(" {due}"),
        Refusal::NoBuyNow => " buy_now".to_owned(),
        Refusal::TermsNotAccepted { version, .. } => format!(" {version}"),
        Refusal::Invalid(faults) => {
            let mut fields: Vec<&str> = faults.iter().map(|fault| fault.field).collect();
            fields.sort_unstable();
            fields.dedup();
            format!(" {}", fields.join(" "))
        }
        _ => String::new(),
    };
    format!("{}{figures}", refusal.code())
}

/// A line in the story of a run.
impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let or = |amount: &Option<i64>, word: &str| amount.map_or(String::new(), |a| format!(" {word} {a}"));
        match self {
            Command::Open { n, by_admin: true } => write!(f, "an admin opens an account for person {n}"),
            Command::Open { n, .. } => write!(f, "person {n} joins"),
            Command::Join { n, terms } => write!(f, "person {n} joins{}", or(terms, "with terms")),
            Command::PublishTerms { text } => write!(f, "publish terms {text}"),
            Command::Accept { who, version } => write!(f, "{who} accepts version {version}"),
            Command::Credit { who, amount } => write!(f, "credit {who} {amount}"),
            Command::Debit { who, amount, into_credit } => {
                write!(f, "debit {who} {amount}{}", if *into_credit { " into credit" } else { "" })
            }
            Command::Limit { who, limit } => write!(f, "limit {who} {limit}"),
            Command::Suspend { who } => write!(f, "suspend {who}"),
            Command::Restore { who } => write!(f, "restore {who}"),
            Command::Set { key, value } => write!(f, "house set {key} {value}"),
            Command::List { seller, offer } => {
                write!(f, "{seller} lists, opening {}", offer.opening)?;
                write!(f, "{}{}", or(&offer.reserve, "reserve"), or(&offer.buy_now, "buy-now"))?;
                write!(f, "{} closes in {} s", or(&offer.increment, "increment"), offer.closes_in_s)?;
                offer.soft.map_or(Ok(()), |soft| write!(f, " soft close {soft:?}"))
            }
            Command::Bid(bid) => {
                write!(f, "{} bids {} on {}", bid.who, bid.amount, bid.listing)?;
                write!(f, "{}{}", or(&bid.max, "max"), or(&bid.key, "under key"))
            }
            Command::Buy { listing, who } => write!(f, "{who} buys {listing}"),
            Command::Cancel { listing, by: None } => write!(f, "an admin cancels {listing}"),
            Command::Cancel { listing, by: Some(by) } => write!(f, "{by} cancels {listing}"),
            Command::Settle { listing } => write!(f, "settle {listing}"),
            Command::SettleDue => write!(f, "settle all that is due"),
            Command::Reverse { settlement } => write!(f, "reverse settlement {settlement}"),
            Command::Beat => write!(f, "beat"),
            Command::AddSale(sale) => write!(f, "{sale:?}"),
            Command::AddLot(lot) => write!(f, "{lot:?}"),
            Command::Publish { sale } => write!(f, "publish sale {sale}"),
            Command::Postpone { sale, by_s, section } => {
                write!(f, "postpone sale {sale} by {by_s} s{}", or(section, "section"))
            }
            Command::Pause { sale } => write!(f, "pause sale {sale}"),
            Command::Resume { sale } => write!(f, "resume sale {sale}"),
            Command::CancelSale { sale } => write!(f, "cancel sale {sale}"),
            Command::OpenPass(pass) => write!(f, "{pass:?}"),
            Command::ShutPass { name } => write!(f, "shut {}", till(*name)),
            Command::AtDesk(asked) => write!(f, "at the desk, {asked:?}"),
            Command::Register { sale, guest } => write!(f, "in sale {sale} an admin registers {guest:?}"),
            Command::TakePayment { who, amount, method } => {
                write!(f, "{who} pays an admin {amount} by {method}")
            }
            Command::HandOver { listing, why } => write!(f, "an admin hands {listing} over, a reason: {why}"),
            Command::VoidPayment { payment } => write!(f, "an admin voids {payment}"),
            Command::Sync => write!(f, "put the scheduler's entries right"),
        }
    }
}

/// Which doors a command may come in by: bids and beats are the server's alone.
pub fn door(command: &Command, doors: &Doors, wanted: usize) -> usize {
    let is_bid = match command {
        Command::AtDesk(asked) => matches!(asked.what, What::Bid { .. }),
        command => matches!(command, Command::Bid(_) | Command::Beat),
    };
    if is_bid { 0 } else { wanted % doors.len() }
}
