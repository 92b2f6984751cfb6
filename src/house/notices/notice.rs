//! A notice with its content, which is looked up when it is sent: it describes the present state, and one notice
//! replaces many written before. Amounts are minor units.

use crate::house::bidder_names::Naming;
use crate::house::bought::Bought;
use crate::house::notices::sale_matter::SaleMatter;
use crate::house::settings::Settings;
use crate::house::views::ListingView;
use crate::rules::listing::{AccountId, ListingId, ListingState};
use crate::rules::money::Money;
use crate::rules::notice::{About, NoticeKind};
use crate::rules::outage::Outage;
use crate::rules::time::Time;
use crate::rules::timing::{Timing, TimingLink};
use crate::store::Tx;
use crate::store::accounts::AccountState;
use crate::store::ledger::Cause;
use crate::store::outbox::PendingNotice;
use crate::store::settlements::Settlement;
use anyhow::{Context, Result};
use serde::Serialize;

/// The most movements of money in one notice.
const MAX_MOVEMENTS: i64 = 10;
/// The most changes of a close in one notice, the newest of them.
const MAX_CHANGES: usize = 5;

/// A notice to one person, with its content.
#[derive(Clone, Debug, Serialize)]
pub struct Notice {
    pub kind: NoticeKind,
    /// When it was first written.
    pub at: Time,
    pub account: Addressee,
    #[serde(skip)]
    pub about: About,
    /// What it is about: one of these.
    pub listing: Option<Matter>,
    pub funds: Option<Funds>,
    pub sale: Option<SaleMatter>,
    pub person: Option<Applicant>,
}

/// A person who waits for approval, as an admin is told of them.
#[derive(Clone, Debug, Serialize)]
pub struct Applicant {
    pub id: AccountId,
    pub name: String,
    pub email: Option<String>,
}

/// The person who gets the notice.
#[derive(Clone, Debug, Serialize)]
pub struct Addressee {
    pub id: AccountId,
    pub name: String,
    /// Null for a guest whom the desk has registered without one; no mail is made for them.
    pub email: Option<String>,
}

/// A listing as it stands, or as it ended.
#[derive(Clone, Debug, Serialize)]
pub struct Matter {
    pub id: ListingId,
    pub title: String,
    /// Its place in a sale; null without one.
    pub sale: Option<SaleNamed>,
    pub lot: Option<String>,
    /// What moved its close since the notice was written, oldest first; only in a notice of a moved close. A late bid
    /// is not among it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub changes: Option<Vec<Change>>,
    /// Whether the person leads; only in a notice that it closes soon.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub leads: Option<bool>,
    /// The person's part in it: `seller`, `buyer` or `bidder`.
    pub role: &'static str,
    pub state: ListingState,
    pub closes_at: Time,
    pub price: Option<Money>,
    pub minimum: Option<Money>,
    pub hammer: Option<Money>,
    pub premium: Option<Money>,
    /// For the seller only.
    pub commission: Option<Money>,
    pub reason: Option<String>,
    /// When the sale was reversed; null if it was not.
    pub reversed_at: Option<Time>,
    /// For the buyer only: the charge, and the unpaid part of it.
    #[serde(flatten)]
    pub bought: Option<Bought>,
    /// The address of its page, if the house has a public address.
    pub url: Option<String>,
}

/// The sale of a lot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SaleNamed {
    pub code: String,
    pub name: String,
    /// Whether it says itself where its lots are collected.
    #[serde(skip)]
    pub has_pickup: bool,
}

/// An outage, a postponement or a resume, which moved a close.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// `prolongation`, `postponement` or `resume`.
    pub kind: &'static str,
    pub at: Time,
    /// Null but for a postponement.
    pub by_s: Option<i64>,
    /// The time in which no server ran; null but for a prolongation.
    pub outage: Option<Outage>,
    pub who: Option<String>,
    pub why: Option<String>,
}

impl Change {
    /// The change that a link of the chain records; none if it moves no close.
    fn of(link: &TimingLink) -> Option<Change> {
        let timing = &link.timing;
        let by_s = match timing {
            Timing::Pause { .. } => return None,
            Timing::Postponement { by_s, .. } => Some(*by_s),
            Timing::Prolongation { .. } | Timing::Resume { .. } => None,
        };
        let (who, why) = (timing.who().map(str::to_owned), timing.why().map(str::to_owned));
        Some(Change { kind: timing.name(), at: link.at, by_s, outage: timing.outage(), who, why })
    }

    /// The newest changes of a listing since `since`.
    fn since(tx: &Tx<'_>, id: ListingId, since: Time) -> Result<Vec<Change>> {
        let timings = tx.timings(id)?;
        let recent = timings.iter().filter(|timing| timing.link.at >= since);
        let mut changes: Vec<Change> = recent.filter_map(|timing| Change::of(&timing.link)).collect();
        changes.drain(..changes.len().saturating_sub(MAX_CHANGES));
        Ok(changes)
    }
}

/// The person's purse, with the movements that the notice is about.
#[derive(Clone, Debug, Serialize)]
pub struct Funds {
    pub balance: Money,
    pub held: Money,
    pub available: Money,
    /// The movements since the notice was written, newest first.
    pub movements: Vec<Movement>,
}

/// A movement of money.
#[derive(Clone, Debug, Serialize)]
pub struct Movement {
    pub at: Time,
    pub cause: Cause,
    /// The listing whose sale was reversed.
    pub listing: Option<ListingId>,
    pub why: String,
    pub amount: Money,
}

impl Notice {
    /// Looks up the content. `None` if there is nothing left to say: the person who was outbid leads again or has
    /// bought it, the close that was moved or near has passed, the sale was reversed or is over, or nobody waits any more.
    pub(in crate::house) fn of(
        tx: &Tx<'_>,
        settings: &Settings,
        noted: &PendingNotice,
    ) -> Result<Option<Notice>> {
        let account = tx.account(noted.account)?.context("a notice is for an account")?;
        let account = Addressee { id: account.id, name: account.name, email: account.email };
        let (mut listing, mut funds, mut sale, mut person) = (None, None, None, None);
        match noted.about {
            About::Funds => funds = Some(Funds::of(tx, noted)?),
            About::Sale(id) => match SaleMatter::of(tx, settings, noted.kind, id, account.id)? {
                None => return Ok(None),
                found => sale = found,
            },
            About::Account(id) => match Applicant::of(tx, id)? {
                None => return Ok(None),
                found => person = found,
            },
            About::Listing(id) => {
                let (mut matter, leads) = Matter::of(tx, settings, id, account.id)?;
                let moot = match noted.kind {
                    NoticeKind::Outbid => leads || matter.role == "buyer",
                    NoticeKind::Extended | NoticeKind::Ending => matter.state.is_closing_or_ended(),
                    NoticeKind::Won | NoticeKind::Sold => matter.reversed_at.is_some(),
                    _ => false,
                };
                if moot {
                    return Ok(None);
                }
                if noted.kind == NoticeKind::Extended {
                    matter.changes = Some(Change::since(tx, id, noted.at)?);
                }
                if noted.kind == NoticeKind::Ending {
                    matter.leads = Some(leads);
                }
                listing = Some(matter);
            }
        }
        Ok(Some(Notice {
            kind: noted.kind,
            at: noted.at,
            account,
            about: noted.about,
            listing,
            funds,
            sale,
            person,
        }))
    }
}

impl Applicant {
    /// `None` once they were approved, or have left.
    fn of(tx: &Tx<'_>, id: AccountId) -> Result<Option<Applicant>> {
        let waits = tx.account(id)?.filter(|account| account.state == AccountState::Pending);
        Ok(waits.map(|account| Applicant { id: account.id, name: account.name, email: account.email }))
    }
}

impl Matter {
    /// Looks up the listing, and whether the person leads it.
    fn of(tx: &Tx<'_>, settings: &Settings, id: ListingId, person: AccountId) -> Result<(Matter, bool)> {
        let listing = tx.listing(id)?.with_context(|| format!("listing {id} is gone"))?;
        let shape = ListingView::read(tx, &listing, Naming::USUAL, tx.now)?;
        let end = tx.settlement_of(id)?;
        let sale = end.as_ref().and_then(Settlement::sale).copied();
        let is_seller = listing.seller == person;
        let is_buyer = sale.is_some_and(|sale| sale.buyer == person);
        let bought = end.as_ref().filter(|_| is_buyer).map(|end| Bought::of(tx, end)).transpose()?.flatten();
        let matter = Matter {
            id,
            title: shape.title,
            sale: shape.sale.map(|code| SaleNamed::of(tx, code)).transpose()?,
            lot: shape.lot,
            changes: None,
            leads: None,
            role: if is_seller {
                "seller"
            } else if is_buyer {
                "buyer"
            } else {
                "bidder"
            },
            state: shape.state,
            closes_at: shape.closes_at,
            price: shape.price,
            minimum: shape.minimum,
            hammer: sale.map(|sale| sale.hammer),
            premium: sale.map(|sale| sale.premium),
            commission: sale.map(|sale| sale.commission).filter(|_| is_seller),
            reversed_at: end.as_ref().and_then(|end| end.reversed_at),
            bought,
            reason: end.and_then(|end| end.outcome.reason().map(str::to_owned)),
            url: settings.public_url().map(|house| format!("{house}/listings/{id}")),
        };
        Ok((matter, shape.state.is_live() && shape.leader_id == Some(person)))
    }
}

impl SaleNamed {
    fn of(tx: &Tx<'_>, code: String) -> Result<SaleNamed> {
        let text = tx.sale(&code)?.map(|sale| sale.text);
        let has_pickup = text.as_ref().is_some_and(|text| !text.pickup.is_empty());
        Ok(SaleNamed { code, name: text.map_or(String::new(), |text| text.name), has_pickup })
    }
}

impl Funds {
    fn of(tx: &Tx<'_>, noted: &PendingNotice) -> Result<Funds> {
        let purse = tx.purse(noted.account)?;
        let newest = tx.statement_newest(noted.account, MAX_MOVEMENTS)?.into_iter();
        let movements = newest
            .filter(|line| line.at >= noted.at && !matches!(line.cause, Cause::Sale { .. }))
            .map(|line| Movement {
                at: line.at,
                cause: line.cause,
                listing: line.listing,
                why: line.why,
                amount: line.amount,
            })
            .collect();
        Ok(Funds { balance: purse.balance, held: purse.held, available: purse.available(), movements })
    }
}
