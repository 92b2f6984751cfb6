//! Guests: people with a bidder number in a sale. One without an email address logs in with the number and a PIN.

use super::pins::{new_pin, pin_drawn};
use super::{answered, sale_of};
use crate::house::bidding::place_bid::Key;
use crate::house::notices::events;
use crate::house::people::{accounts::account_of, email, password};
use crate::house::settings::Settings;
use crate::house::{Answer, House};
use crate::rules::desk::{MAX_NUMBER, NUMBER_WORDS, PassId, Right};
use crate::rules::faults::Faults;
use crate::rules::likeness::Traits;
use crate::rules::listing::AccountId;
use crate::rules::money::{MAX_AMOUNT, Money};
use crate::rules::refusal::Refusal;
use crate::rules::sale::{SaleId, Stage};
use crate::rules::{names, text};
use crate::store::accounts::{AccountState, NewAccount};
use crate::store::log::LogLine;
use crate::store::passes::Pass;
use crate::store::registrations::{KnownGuest, Registration};
use crate::store::sales::Sale;
use crate::store::{Snapshot, Tx};
use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// The most guests that a search finds.
pub const MAX_FOUND: usize = 50;
/// The most guests that a doubt names.
pub(super) const MAX_ALIKE: usize = 5;

/// A guest who is to get a number.
#[derive(Clone, Debug, Default)]
pub struct Guest {
    pub name: String,
    pub email: Option<String>,
    pub phone: Option<String>,
    /// The lowest free one unless chosen.
    pub number: Option<i64>,
    /// The bidding limit, in minor units: how far below zero the account may go. Unless given, the house's
    /// `default_credit`, as far as the pass may give it; of an account that there is already, it is only ever raised.
    pub limit: Option<Money>,
    /// Whether to register somebody who is much like a guest with a number.
    pub anyway: bool,
}

/// A guest with a number. The PIN is never stored, and never shown again.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Registered {
    pub number: i64,
    pub account: i64,
    #[serde(skip)]
    pub pin: String,
}

/// Who registers a guest.
struct By<'a> {
    pass: Option<PassId>,
    most_limit: Option<Money>,
    pin_hash: &'a str,
    doubts: &'a Doubts,
}

/// The guests who may be the same person, as they were when so many had a number. All names are compared before the lock
/// is held, for that takes 10 ms with 2,000 guests.
#[derive(Default)]
struct Doubts {
    n_known: i64,
    alike: Vec<(i64, String)>,
}

impl Doubts {
    fn of(snapshot: &Snapshot<'_>, sale: SaleId, guest: &Guest) -> Result<Doubts> {
        if guest.anyway {
            return Ok(Doubts::default());
        }
        Ok(Doubts { n_known: snapshot.n_registrations(sale)?, alike: alike(snapshot, sale, guest)? })
    }

    /// Refuses `similar`. Compares again only if somebody has got a number since.
    fn check(&self, tx: &Tx<'_>, sale: SaleId, guest: &Guest) -> Answer<()> {
        if guest.anyway {
            return Ok(());
        }
        let is_as_it_was = tx.n_registrations(sale)? == self.n_known;
        let alike = if is_as_it_was { self.alike.clone() } else { alike(tx, sale, guest)? };
        if alike.is_empty() { Ok(()) } else { Err(Refusal::Similar(alike).into()) }
    }
}

impl Guest {
    /// What likeness compares. The email address is left out: its account has one number in a sale.
    pub(super) fn traits(&self) -> Traits {
        Traits::of(&self.name, self.phone.as_deref())
    }

    /// The guest as it is kept. Refuses `invalid`, with every fault.
    pub(super) fn checked(self) -> Result<Guest, Refusal> {
        let mut faults = Faults::default();
        let name = text::one_line(&self.name);
        // Of the name as it is kept: a list may have blanks and signs in it that are left out.
        if let Some(words) =
            text::amiss_in_line(&self.name, 1, names::MAX_NAME).or_else(|| names::amiss(&name))
        {
            faults.add("name", words);
        }
        let email = self.email.filter(|typed| !typed.trim().is_empty()).map(|typed| email::read(&typed));
        if let Some(Err(words)) = &email {
            faults.add("email", *words);
        }
        let phone = self.phone.map(|typed| text::one_line(&typed)).filter(|phone| !phone.is_empty());
        if let Some(phone) = &phone {
            faults.line("phone", phone, 3, 40);
        }
        let is_number = self.number.is_none_or(|number| (1..=MAX_NUMBER).contains(&number));
        faults.when(!is_number, "number", NUMBER_WORDS);
        let is_limit = self.limit.is_none_or(|limit| (0..=MAX_AMOUNT).contains(&limit));
        faults.when(!is_limit, "limit", "An amount from 0 on.");
        faults.done()?;
        Ok(Guest { name, email: email.and_then(Result::ok), phone, ..self })
    }
}

impl House {
    /// Gives a guest a number in the sale of a pass, with a new PIN. The answer to a resend is the same, its PIN too:
    /// that is drawn from the token and the key, so that nothing need keep it.
    ///
    /// Refuses `invalid`, `not_allowed` (a cancelled sale, a right or a limit that the pass does not have), `taken` (the
    /// number, or the person has one) and `similar`.
    pub fn register_at_desk(&self, pass: &Pass, token: &str, key: Key, guest: Guest) -> Answer<Registered> {
        let guest = guest.checked()?;
        let pin = pin_drawn(token, &key.key);
        let (before, doubts) = self.answer(|snapshot| {
            let before = answered(snapshot, pass.id, &key)?;
            let is_new = before.is_none();
            Ok((before, if is_new { Doubts::of(snapshot, pass.sale, &guest)? } else { Doubts::default() }))
        })?;
        // Hashing takes 30 ms, and never happens while the lock is held.
        let pin_hash = if before.is_some() { String::new() } else { password::hash(&pin)? };
        let json = self.write_at_desk(pass, Right::Checkin, key, move |tx, pass| {
            let sale = sale_of(tx, pass)?;
            let by =
                By { pass: Some(pass.id), most_limit: pass.most_limit, pin_hash: &pin_hash, doubts: &doubts };
            register(tx, &sale, &guest, &by)
        })?;
        let registered: Registered = serde_json::from_str(&json).context("read an answer of the desk")?;
        Ok(Registered { pin, ..registered })
    }

    /// Gives a guest a number in a sale, a draft included, with a new PIN, for an admin. Refuses `not_found` (the sale),
    /// and as [`House::register_at_desk`] does.
    pub fn register_guest(&self, sale: &str, guest: Guest) -> Answer<Registered> {
        let (guest, sale) = (guest.checked()?, sale.to_owned());
        let pin = new_pin()?;
        let pin_hash = password::hash(&pin)?;
        let doubts =
            self.answer(|snapshot| Ok(Doubts::of(snapshot, open_to_guests(snapshot, &sale)?.id, &guest)?))?;
        let registered = self.write(move |tx| {
            let sale = open_to_guests(tx, &sale)?;
            let by = By { pass: None, most_limit: None, pin_hash: &pin_hash, doubts: &doubts };
            register(tx, &sale, &guest, &by)
        })?;
        Ok(Registered { pin, ..registered })
    }

    /// All guests of a sale, in the order of their numbers, for an admin. Refuses `not_found`.
    pub fn bidders(&self, sale: &str) -> Answer<Vec<Registration>> {
        self.answer(|snapshot| {
            let sale = snapshot.sale(sale)?.ok_or(Refusal::NotFound("sale"))?;
            Ok(snapshot.registrations(sale.id, 0, MAX_NUMBER)?)
        })
    }

    /// Up to [`MAX_FOUND`] guests of the sale of a pass whose number is `q`, or whose name, email address or telephone
    /// number contains it, in the order of their numbers; the first ones for an empty `q`. Refuses `not_allowed` for a
    /// pass that is only for bids.
    pub fn find_guests(&self, pass: &Pass, q: &str) -> Answer<Vec<Registration>> {
        if !pass.may.has(Right::Checkout) {
            pass.require(Right::Checkin)?;
        }
        let q = text::one_line(q).to_lowercase();
        let is_meant = |guest: &Registration| {
            let texts = [Some(&guest.name), guest.email.as_ref(), guest.phone.as_ref()];
            guest.number.to_string() == q
                || texts.into_iter().flatten().any(|text| text.to_lowercase().contains(&q))
        };
        let all = self.read(|snapshot| snapshot.registrations(pass.sale, 0, MAX_NUMBER))?;
        Ok(all.into_iter().filter(is_meant).take(MAX_FOUND).collect())
    }

    /// The guest with this number in the sale of a pass. Refuses `not_found`.
    pub fn guest(&self, pass: &Pass, number: i64) -> Answer<Registration> {
        self.answer(|snapshot| {
            Ok(snapshot.registration(pass.sale, number)?.ok_or(Refusal::NotFound("bidder"))?)
        })
    }
}

/// The sale with this code, drafts included, for an admin who registers guests. Refuses `not_found`, and `not_allowed` if
/// it was cancelled.
pub(super) fn open_to_guests(snapshot: &Snapshot<'_>, code: &str) -> Answer<Sale> {
    let sale = snapshot.sale(code)?.ok_or(Refusal::NotFound("sale"))?;
    if sale.stage == Stage::Cancelled { Err(Refusal::NotPublished.into()) } else { Ok(sale) }
}

fn register(tx: &Tx<'_>, sale: &Sale, guest: &Guest, by: &By<'_>) -> Answer<Registered> {
    if let (Some(limit), Some(most)) = (guest.limit, by.most_limit)
        && limit > most
    {
        return Err(Refusal::AbovePassLimit { most }.into());
    }
    let known = guest.email.as_deref().map(|email| account_of(tx, email)).transpose()?.flatten();
    if let Some(known) = &known
        && let Some(number) = tx.number_of(sale.id, known.id)?
    {
        return Err(Refusal::RegisteredAlready { number }.into());
    }
    let number = match guest.number {
        Some(number) if tx.registration(sale.id, number)?.is_some() => {
            return Err(Refusal::NumberTaken.into());
        }
        Some(number) => number,
        None => tx.next_number(sale.id)?,
    };
    if number > MAX_NUMBER {
        return Err(Refusal::invalid("number", "All numbers are taken.").into());
    }
    by.doubts.check(tx, sale.id, guest)?;
    let account = match known {
        Some(account) => raise_limit(tx, account.id, guest)?,
        None => {
            let usual = Settings::of(tx)?.default_credit();
            open_account(tx, guest, by.most_limit.map_or(usual, |most| usual.min(most)))?
        }
    };
    tx.register(sale.id, number, account, by.pass, Some(by.pin_hash))?;
    tell(tx, account)?;
    log_registered(tx, sale.id, number, account)?;
    Ok(Registered { number, account: account.0, pin: String::new() })
}

/// Logs that somebody has given a guest a number, with the limit that the guest has now.
pub(super) fn log_registered(tx: &Tx<'_>, sale: SaleId, number: i64, account: AccountId) -> Result<()> {
    let detail = json!({"number": number, "limit": tx.purse(account)?.credit_limit});
    tx.log(&LogLine::of("bidder.add").account(account).sale(sale).detail(detail))
}

/// Tells a guest of the limit. As every event, it keeps later writes from lying before this one, even if the clock is put
/// back.
pub(super) fn tell(tx: &Tx<'_>, account: AccountId) -> Result<()> {
    events::funds(tx, account).map(drop)
}

/// The first guests of a sale who may be the same person, by number and name.
fn alike(snapshot: &Snapshot<'_>, sale: SaleId, guest: &Guest) -> Result<Vec<(i64, String)>> {
    let traits = guest.traits();
    let known = snapshot.known_guests(sale)?.into_iter();
    let alike = known.filter(|known| traits.is_like(&traits_of(known)));
    Ok(alike.take(MAX_ALIKE).map(|known| (known.number, known.name)).collect())
}

pub(super) fn traits_of(known: &KnownGuest) -> Traits {
    Traits::of(&known.name, known.phone.as_deref())
}

/// Opens an account for a guest, whose limit is `usual_limit` unless it is given.
pub(super) fn open_account(tx: &Tx<'_>, guest: &Guest, usual_limit: Money) -> Result<AccountId> {
    tx.open_account(&NewAccount {
        email: guest.email.as_deref(),
        name: &guest.name,
        password_hash: None,
        is_admin: false,
        state: AccountState::Active,
        credit_limit: guest.limit.unwrap_or(usual_limit),
        phone: guest.phone.as_deref(),
    })
}

/// Gives an account that there is already the limit, if that is higher, and the telephone number, if it has none.
pub(super) fn raise_limit(tx: &Tx<'_>, account: AccountId, guest: &Guest) -> Result<AccountId> {
    let limit = tx.purse(account)?.credit_limit;
    if let Some(higher) = guest.limit.filter(|given| *given > limit) {
        tx.set_credit_limit(account, higher)?;
    }
    if let Some(phone) = &guest.phone {
        tx.set_phone(account, phone)?;
    }
    Ok(account)
}
