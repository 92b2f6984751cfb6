//! Registrations: the bidder number that a person has in a sale; and which lots have been handed over.

use super::composed::composed;
use super::named::named;
use super::passes::FILE;
use super::{Snapshot, Tx, first};
use crate::rules::desk::PassId;
use crate::rules::listing::{AccountId, ListingId};
use crate::rules::money::Money;
use crate::rules::sale::SaleId;
use crate::rules::time::Time;
use anyhow::{Context, Result};
use rusqlite::{Row, named_params};

const REGISTRATION: &str = composed!(FILE, "registration");
const REGISTRATIONS: &str = composed!(FILE, "registrations");
const KNOWN_GUESTS: &str = named(FILE, "known_guests");
const PIN_OF: &str = named(FILE, "pin_of");
const N_REGISTRATIONS: &str = named(FILE, "n_registrations");
const NUMBER_OF: &str = named(FILE, "number_of");
const BIDDER_NUMBER: &str = named(FILE, "bidder_number");
const NUMBER_SINCE: &str = named(FILE, "number_since");
const SALES_OF_NUMBER: &str = named(FILE, "sales_of_number");
const NEXT_NUMBER: &str = named(FILE, "next_number");
const REGISTER: &str = named(FILE, "register");
const SET_PIN: &str = named(FILE, "set_pin");
const SET_PHONE: &str = named(FILE, "set_phone");
const SOLD_LOT: &str = named(FILE, "sold_lot");
const HANDED_OVER_AT: &str = named(FILE, "handed_over_at");
const HAND_OVER: &str = named(FILE, "hand_over");

/// A person's number in a sale, with the person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registration {
    pub number: i64,
    pub account: AccountId,
    pub name: String,
    pub email: Option<String>,
    pub phone: Option<String>,
    /// The bidding limit: how far below zero the account may go, in minor units.
    pub limit: Money,
    pub at: Time,
    /// The pass that gave the number; none for an admin.
    pub by: Option<String>,
    pub has_pin: bool,
}

/// A person with a number, as far as others are compared with them.
#[derive(Clone, Debug)]
pub struct KnownGuest {
    pub number: i64,
    pub account: AccountId,
    pub name: String,
    pub phone: Option<String>,
}

/// A sold lot of a sale.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SoldLot {
    pub settlement: i64,
    pub buyer: AccountId,
}

impl Snapshot<'_> {
    /// The registration with this number.
    pub fn registration(&self, sale: SaleId, number: i64) -> Result<Option<Registration>> {
        self.row(REGISTRATION, named_params! {":sale_id": sale, ":number": number}, registration)
            .with_context(|| format!("bidder {number}: read"))
    }

    /// Up to `limit` registrations with numbers above `after`, in their order.
    pub fn registrations(&self, sale: SaleId, after: i64, limit: i64) -> Result<Vec<Registration>> {
        let parameters = named_params! {":sale_id": sale, ":after": after, ":limit": limit};
        self.rows(REGISTRATIONS, parameters, registration).context("read the bidders of a sale")
    }

    /// Everybody with a number in a sale, in the order of the numbers.
    pub fn known_guests(&self, sale: SaleId) -> Result<Vec<KnownGuest>> {
        let read = |row: &Row<'_>| {
            anyhow::Ok(KnownGuest {
                number: row.get(0)?,
                account: row.get(1)?,
                name: row.get(2)?,
                phone: row.get(3)?,
            })
        };
        self.rows(KNOWN_GUESTS, named_params! {":sale_id": sale}, read).context("read the guests of a sale")
    }

    /// The account with this number, and the hash of its PIN if it has one.
    pub fn pin_of(&self, sale: SaleId, number: i64) -> Result<Option<(AccountId, Option<String>)>> {
        let read = |row: &Row<'_>| anyhow::Ok((row.get(0)?, row.get(1)?));
        self.row(PIN_OF, named_params! {":sale_id": sale, ":number": number}, read)
            .with_context(|| format!("bidder {number}: read the PIN"))
    }

    /// How many guests of a sale have a number.
    pub fn n_registrations(&self, sale: SaleId) -> Result<i64> {
        self.the_row(N_REGISTRATIONS, named_params! {":sale_id": sale}, first)
            .context("count the guests of a sale")
    }

    /// The number that a person has in a sale.
    pub fn number_of(&self, sale: SaleId, account: AccountId) -> Result<Option<i64>> {
        self.row(NUMBER_OF, named_params! {":sale_id": sale, ":account_id": account}, first)
            .with_context(|| format!("account {account}: read the bidder number"))
    }

    /// The number that a person has in the sale of a listing; none outside of sales.
    pub fn bidder_number(&self, listing: ListingId, account: AccountId) -> Result<Option<i64>> {
        let parameters = named_params! {":listing_id": listing, ":account_id": account};
        self.row(BIDDER_NUMBER, parameters, first)
            .with_context(|| format!("listing {listing}: read the number of account {account}"))
    }

    /// The number that a person got last, in a published sale that closes after `since`.
    pub fn number_since(&self, account: AccountId, since: Time) -> Result<Option<i64>> {
        self.row(NUMBER_SINCE, named_params! {":account_id": account, ":since": since}, first)
            .with_context(|| format!("account {account}: read the newest bidder number"))
    }

    /// The lowest number that nobody has in the sale.
    pub fn next_number(&self, sale: SaleId) -> Result<i64> {
        self.the_row(NEXT_NUMBER, named_params! {":sale_id": sale}, first).context("find a free number")
    }

    /// The codes of the sales in which somebody has this number, drafts included, the oldest first.
    pub fn sales_of_number(&self, number: i64) -> Result<Vec<String>> {
        self.rows(SALES_OF_NUMBER, named_params! {":number": number}, first)
            .with_context(|| format!("bidder {number}: find the sales"))
    }

    /// The sold lot with this code, compared without case; none if there is no such lot or nobody has bought it.
    pub fn sold_lot(&self, sale: SaleId, folded: &str) -> Result<Option<SoldLot>> {
        let read = |row: &Row<'_>| Ok(SoldLot { settlement: row.get(0)?, buyer: row.get(1)? });
        self.row(SOLD_LOT, named_params! {":sale_id": sale, ":folded": folded}, read)
            .context("read a sold lot")
    }

    /// When a lot was handed over.
    pub fn handed_over_at(&self, settlement: i64) -> Result<Option<Time>> {
        self.row(HANDED_OVER_AT, named_params! {":settlement_id": settlement}, first)
            .with_context(|| format!("settlement {settlement}: read the handover"))
    }
}

impl Tx<'_> {
    pub fn register(
        &self,
        sale: SaleId,
        number: i64,
        account: AccountId,
        pass: Option<PassId>,
        pin_hash: Option<&str>,
    ) -> Result<()> {
        let parameters = named_params! {
            ":sale_id": sale, ":number": number, ":account_id": account, ":at": self.now, ":pass_id": pass,
            ":pin_hash": pin_hash,
        };
        self.execute(REGISTER, parameters).with_context(|| format!("bidder {number}: register"))?;
        Ok(())
    }

    /// Sets the hash of a new PIN, which ends the old one.
    /// Replaces a PIN; `pass` is the one that gives the new one, none for an admin.
    pub fn set_pin(&self, sale: SaleId, number: i64, pin_hash: &str, pass: Option<PassId>) -> Result<()> {
        let parameters = named_params! {
            ":sale_id": sale, ":number": number, ":pin_hash": pin_hash, ":pass_id": pass,
        };
        self.execute(SET_PIN, parameters).with_context(|| format!("bidder {number}: set the PIN"))?;
        Ok(())
    }

    /// Keeps the telephone number of an account that has none.
    pub fn set_phone(&self, id: AccountId, phone: &str) -> Result<()> {
        self.execute(SET_PHONE, named_params! {":id": id, ":phone": phone})
            .with_context(|| format!("account {id}: keep the telephone number"))?;
        Ok(())
    }

    pub fn hand_over(&self, settlement: i64, pass: Option<PassId>, why: Option<&str>) -> Result<()> {
        let parameters = named_params! {
            ":settlement_id": settlement, ":at": self.now, ":pass_id": pass, ":why": why,
        };
        self.execute(HAND_OVER, parameters).with_context(|| format!("settlement {settlement}: hand over"))?;
        Ok(())
    }
}

fn registration(row: &Row<'_>) -> Result<Registration> {
    Ok(Registration {
        number: row.get(0)?,
        account: row.get(1)?,
        name: row.get(2)?,
        email: row.get(3)?,
        phone: row.get(4)?,
        limit: row.get(5)?,
        at: row.get(6)?,
        by: row.get(7)?,
        has_pin: row.get(8)?,
    })
}
