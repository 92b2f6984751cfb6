//! Made-up pages for tests: Ann sells; Bob and Cleo bid.

use crate::house::money::bill::{Bill, BillLine, PaymentView};
use crate::rules::desk::Method;
use crate::rules::desk::{DeskMark, Source};
use crate::rules::listing::{AccountId, ListingId, ListingState};
use crate::rules::settlement::{Outcome, Sale};
use crate::rules::time::Time;
use std::sync::Arc;

use askama::Template;
use chrono::{DateTime, TimeDelta, Utc};

use crate::rules::coverage::Coverage;
use crate::rules::money::Currency;
use crate::text::dates::Zone;
use crate::text::i18n::{Lang, Words};
use crate::web::pages::account::settings::{Mails, Settings};
use crate::web::pages::account::tabs::{Counts, Tab};
use crate::web::pages::account::view::{
    Account, Bidding, Content, Line, Money, OpenBill, Pay, Selling, Stake, Won,
};
use crate::web::pages::bills::view::{BillPage, BillRow, Bills};
use crate::web::pages::board::view::Board;
use crate::web::pages::history::view::{Bid, Rows};
use crate::web::pages::home::view::Home;
use crate::web::pages::listing::spark::Spark;
use crate::web::pages::listing::view::{Ending, Hurdles, ListingPage, Place, Receipt, SoftClose, Standing};
use crate::web::pages::own_page::what_now::WhatNow;
use crate::web::pages::parts::card::Card;
use crate::web::pages::parts::filled::Filled;
use crate::web::pages::parts::frame::{Frame, Viewer};
use crate::web::pages::parts::gallery::Picture;
use crate::web::pages::parts::join::Join;
use crate::web::pages::parts::moments::Moments;
use crate::web::pages::proof::view::{Link, ProofPage};

pub fn frame(lang: Lang, viewer: Option<&str>, now: DateTime<Utc>) -> Frame {
    Frame {
        words: Words::new(lang),
        house_name: "Harbour School Charity Night".to_string(),
        currency: Currency { code: "EUR".to_string(), decimals: 2 },
        zone: Arc::new(Zone::named("KST-9").expect("a POSIX rule")),
        now,
        viewer: viewer.map(|name| Viewer {
            id: 7,
            name: name.to_string(),
            number: Some(17),
            available: 124_550,
        }),
        outbid: Vec::new(),
        session_mark: viewer.map(|_| "0123456789ab".to_string()).unwrap_or_default(),
        path_and_query: "/listings/7?lang=en".to_string(),
        cursor: 4711,
        notice: None,
        warnings: Vec::new(),
        has_sales: true,
        own_pages: vec!["about", "privacy", "terms"],
        branding: Arc::default(),
    }
}

pub fn card(id: i64, title: &str, state: ListingState, price: Option<i64>, closes_at: DateTime<Utc>) -> Card {
    Card {
        id,
        title: title.to_string(),
        state,
        opening: 1_000,
        price,
        minimum: price.map_or(1_000, |price| price + 500),
        leader: price.map(|_| "Cleo".to_string()),
        n_bids: if price.is_some() { 3 } else { 0 },
        closes_at,
        ..Card::default()
    }
}

pub fn listing(frame: Frame, card: Card, standing: Standing) -> ListingPage {
    let bid = |seq: i64, bidder: &str, amount, message: &str| Bid {
        seq,
        bidder: bidder.to_string(),
        amount,
        automatic: message == "auto",
        by_desk: message == "desk",
        message: message.to_string(),
        at: frame.now - TimeDelta::seconds(100 - seq),
        own: frame.viewer.as_ref().is_some_and(|viewer| viewer.name == bidder),
    };
    let bids = if card.n_bids == 0 {
        vec![]
    } else {
        vec![
            bid(12, "Cleo", 12_500, "auto"),
            bid(11, "Bob", 12_000, "For the hall at home."),
            bid(9, "Cleo", 1_000, "desk"),
        ]
    };
    ListingPage {
        description: "Oak case, eight-day movement.\nRuns, and strikes the hours.".to_string(),
        category: Some("Clocks & <more>".to_string()),
        pictures: ["first", "second"].map(picture).to_vec(),
        seller: "Ann".to_string(),
        increment: 500,
        soft_close: Some(SoftClose { window_s: 60, extension_s: 60, cap_s: 1800 }),
        extended: false,
        outage: None,
        outage_s: Some(300),
        premium_bps: 1_250,
        spark: Spark::of([1_000, 12_000, 12_500].into_iter()),
        watched: false,
        rows: Rows { frame: &frame, bids: &bids }.render().unwrap(),
        n_older: 0,
        kept_out: None,
        hurdles: Hurdles::default(),
        standing,
        receipts: vec![],
        ending: None,
        scheduler_entry: None,
        place: None,
        filled: Filled::default(),
        card,
        frame,
    }
}

fn picture(name: &str) -> Picture {
    Picture { large: format!("/pictures/{name}.jpg"), thumb: format!("/pictures/{name}-thumb.jpg") }
}

pub fn sold(mut page: ListingPage) -> ListingPage {
    page.card.state = ListingState::Sold;
    page.card.hammer = page.card.price;
    page.ending = Some(Ending {
        outcome: Outcome::Sold(Sale {
            buy_now: false,
            buyer: AccountId(3),
            hammer: page.card.price.unwrap_or_default(),
            premium: 0,
            commission: 0,
        }),
        winner: Some("Cleo".to_string()),
        at: page.frame.now,
        viewer_won: page.frame.viewer.as_ref().is_some_and(|viewer| viewer.name == "Cleo"),
        viewer_total: Some(14_063),
        coverage: Some(Coverage::Paid),
        hash: Some(HASH.to_string()),
        why: None,
        settlement: 0,
        reversed_at: None,
        reversed_by: None,
    });
    page
}

pub fn receipt(now: DateTime<Utc>) -> Receipt {
    let text = format!("auction-receipt:7:11:{HASH}:20000:{}", &HASH[..32]);
    Receipt { seq: 11, amount: 12_000, at: now - TimeDelta::seconds(89), text, desk: None }
}

const HASH: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

pub fn proof(frame: Frame, title: &str) -> ProofPage {
    let new = |kind| Link::new(kind, frame.now, HASH);
    let link = |kind, seq, who: &str| Link { seq, who: who.to_string(), amount: Some(12_000), ..new(kind) };
    let change = |kind, by_s, why: &str| Link {
        by_s,
        closes_at: Some(frame.now),
        who: "Team B".to_string(),
        why: why.to_string(),
        ..new(kind)
    };
    let desk = DeskMark { pass: "Team B".to_string(), source: Source::Phone };
    ProofPage {
        id: 7,
        title: title.to_string(),
        house: "http://localhost".to_string(),
        n_bids: 3,
        head: HASH.to_string(),
        links: vec![
            Link { lot: Some("A12".to_string()), ..link("lot", None, "Ann") },
            link("bid", Some(1), "Bob"),
            link("automatic", Some(2), "Cleo"),
            change("postponement", Some(600), title),
            Link { closes_at: None, ..change("pause", None, title) },
            change("resume", None, ""),
            Link { desk: Some(desk), ..link("desk-bid", Some(3), "Bob") },
            link("settlement", None, ""),
            Link { closes_at: None, ..change("reversal", None, title) },
        ],
        next: Some(2),
        frame,
    }
}

pub fn home(frame: Frame, cards: Vec<Card>) -> Home {
    Home {
        house_is_empty: cards.is_empty(),
        cards,
        q: String::new(),
        sort: "closes_at".to_string(),
        state: "open".to_string(),
        next: None,
        show: String::new(),
        category: String::new(),
        categories: vec![("Clocks".to_string(), 2)],
        price_from: String::new(),
        price_to: String::new(),
        price_is_wrong: false,
        is_front: true,
        hero: None,
        frame,
    }
}

/// The account page with each of its tabs.
pub fn account(frame: &Frame, cards: &[Card]) -> Vec<Account> {
    let contents = [
        Content::Pay(pay(cards)),
        Content::Bidding(Bidding {
            available: 124_550,
            held: 13_500,
            outbid: cards.iter().skip(1).take(1).cloned().collect(),
            leading: vec![Stake { card: cards[0].clone(), max: 12_000, held: 13_500 }],
        }),
        Content::Selling(Selling { open: cards.to_vec(), ended: cards.to_vec(), has_more: true }),
        Content::Money(money(frame.now)),
        Content::Settings(settings()),
    ];
    let page = |(content, tab)| Account {
        frame: frame.clone(),
        name: cards[0].title.clone(),
        email: "bob@example.org".to_string(),
        is_unverified: true,
        tab,
        counts: Counts { unpaid: 1, due: 1_250, bidding: 2, selling: 501 },
        content,
    };
    contents.into_iter().zip(Tab::ALL).map(page).collect()
}

fn pay(cards: &[Card]) -> Pay {
    let title = cards[0].title.as_str();
    let won = |coverage| Won {
        listing: 7,
        title: title.to_string(),
        lot: Some(title.to_string()),
        settlement: 1,
        hammer: 10_000,
        premium: 1_250,
        coverage,
    };
    let bill = OpenBill {
        sale: Some("spring".to_string()),
        name: Some(title.to_string()),
        due: 1_250,
        won: vec![won(Coverage::Partly { paid: 10_000, owed: 1_250 })],
        pickup: title.to_string(),
        what_now: WhatNow { payment: None, pickup: Some(title.into()) },
    };
    let paid = vec![won(Coverage::Paid), won(Coverage::Reversed)];
    Pay { due: 1_250, payment: Some(title.into()), open: vec![bill], won: paid }
}

fn money(now: DateTime<Utc>) -> Money {
    let line = |cause: &str, listing, amount, balance| Line {
        at: now - TimeDelta::days(1),
        cause: cause.to_string(),
        listing,
        amount,
        balance,
        coverage: listing.map(|_: i64| Coverage::Owed),
        is_voided: listing.is_none(),
    };
    let statement = vec![
        line("Bought: brass barometer", Some(3), -11_250, 138_050),
        line("Paid in", None, 149_300, 149_300),
    ];
    Money { balance: 138_050, held: 13_500, available: 124_550, credit_limit: 0, statement }
}

fn settings() -> Settings {
    Settings {
        has_password: true,
        is_owner: true,
        mails: Mails { kinds: vec![("won", false)], push_kinds: vec![("ending", true)], ..Mails::default() },
        pushes: crate::web::pages::account::push::Pushes { are_sent: true, public_key: "BKey".into(), n: 1 },
    }
}

pub fn board(frame: Frame, cards: Vec<Card>, ended: Vec<Card>) -> Board {
    let last = ended.first().map(|card| (card, card.number(&frame)));
    let (moments, join) = (Moments::of(last, &frame), Join::at("http://192.168.1.5:8080", ""));
    Board { moments, cards, ended, total: 123_456, join, frame }
}

/// A lot whose sale has not opened yet.
pub fn lot(id: i64, title: &str, now: DateTime<Utc>) -> Card {
    let upcoming = card(id, title, ListingState::Upcoming, None, now + TimeDelta::hours(2));
    Card { lot: Some("A12".to_string()), opens_at: Some(now + TimeDelta::hours(1)), ..upcoming }
}

/// The page of a lot whose sale is paused.
pub fn paused(mut page: ListingPage) -> String {
    let title = page.card.title.clone();
    page.card.state = ListingState::Paused;
    page.place = Some(Place {
        sale: "spring".to_string(),
        sale_name: title.clone(),
        section: Some(title.clone()),
        before: Some((6, "A11".to_string())),
        after: None,
        paused: Some(title.clone()),
        postponed: vec![title],
    });
    page.render().unwrap()
}

/// A bill with a line in each state, and a payment in each.
pub fn bill(frame: Frame, title: &str) -> BillPage {
    let line = |settlement: i64, covered: i64, reversed: bool| BillLine {
        settlement,
        listing: ListingId(settlement),
        lot: Some("A1".to_string()),
        title: title.to_string(),
        hammer: 10_000,
        premium: 1_250,
        tax: 0,
        total: 11_250,
        covered,
        handed_over_at: (covered > 0).then_some(Time(1)),
        reversed,
    };
    let payment = |id: i64, voided: Option<&str>| PaymentView {
        id,
        amount: 11_250,
        method: Method::Card,
        reference: Some(title.to_string()),
        at: Time(0),
        by: title.to_string(),
        voided: voided.is_some(),
        voided_why: voided.map(str::to_string),
    };
    let bill = Bill {
        sale: Some("spring".to_string()),
        number: Some(17),
        account: AccountId(2),
        name: title.to_string(),
        lines: vec![line(1, 11_250, false), line(2, 0, true), line(3, 0, false)],
        payments: vec![payment(1, None), payment(2, Some(title))],
        total: 22_500,
        covered: 11_250,
        due: 11_250,
    };
    let [sale, email, pickup] = [title; 3].map(str::to_string);
    let what_now = WhatNow { payment: Some(title.into()), pickup: Some(title.into()) };
    BillPage { frame, bill, sale: Some(sale), email, pickup, what_now }
}

pub fn bills(frame: Frame, title: &str) -> Bills {
    let page = bill(frame, title);
    let outside =
        BillRow { bill: Bill { sale: None, number: None, due: 0, ..page.bill.clone() }, sale: None };
    Bills { frame: page.frame, bills: vec![BillRow { bill: page.bill, sale: page.sale }, outside] }
}
