//! Creating a listing.

use crate::house::notices::events;
use crate::house::settings::Settings;
use crate::house::views::ListingView;
use crate::house::{Answer, House};
use crate::rules::listing::{AccountId, Draft};
use crate::rules::refusal::Refusal;
use crate::store::listings::{LotPlace, Terms};
use crate::store::log::LogLine;
use crate::store::{Snapshot, Tx};

impl House {
    /// Creates a listing on the house's current terms. Refuses `not_found` (the seller), `not_allowed` (suspended or
    /// not approved yet), `invalid` (with every field at fault), and before these `busy` (the clock has jumped).
    ///
    /// The scheduler's entry is installed afterwards; the listing's entry is pending until it is seen there.
    pub fn list(&self, seller: AccountId, draft: Draft) -> Answer<ListingView> {
        self.write_by_clock(move |tx| {
            let terms = Settings::of(tx)?.terms();
            list_in(tx, seller, &draft, terms)
        })
    }

    /// Creates a listing like [`House::list`], for a seller who does so themselves. Refuses `not_allowed` also if the
    /// seller has as many open listings as the setting `limit_open_listings` allows.
    pub fn list_own(&self, seller: AccountId, draft: Draft) -> Answer<ListingView> {
        self.write_by_clock(move |tx| {
            let settings = Settings::of(tx)?;
            check_room(tx, seller, &settings)?;
            list_in(tx, seller, &draft, settings.terms())
        })
    }

    /// Checks whether [`House::list_own`] would accept a valid draft from this seller now, before any pictures are
    /// decoded.
    pub fn may_list(&self, seller: AccountId) -> Answer<()> {
        self.answer(|snapshot| {
            check_seller(snapshot, seller)?;
            check_room(snapshot, seller, &Settings::of(snapshot)?)
        })
    }
}

fn check_seller(snapshot: &Snapshot<'_>, seller: AccountId) -> Answer<()> {
    let account = snapshot.account(seller)?.ok_or(Refusal::NotFound("seller"))?;
    Ok(account.state.may_take_part()?)
}

fn check_room(snapshot: &Snapshot<'_>, seller: AccountId, settings: &Settings) -> Answer<()> {
    let most = settings.limits.open_listings;
    if most > 0 && snapshot.n_open_of(seller, most)? >= most {
        return Err(Refusal::TooManyListings { most }.into());
    }
    Ok(())
}

/// Creates a listing in this transaction.
pub(in crate::house) fn list_in(
    tx: &Tx<'_>,
    seller: AccountId,
    draft: &Draft,
    terms: Terms,
) -> Answer<ListingView> {
    list_lot_in(tx, seller, draft, terms, None)
}

/// Creates a listing in this transaction, in its place of a sale if it has one.
pub(in crate::house) fn list_lot_in(
    tx: &Tx<'_>,
    seller: AccountId,
    draft: &Draft,
    terms: Terms,
    place: Option<LotPlace>,
) -> Answer<ListingView> {
    check_seller(tx, seller)?;
    let draft = draft.clone().normalised();
    draft.check(tx.now)?;
    let closes = draft.closes.expect("a checked draft has a close");
    let listing = tx.add_listing(seller, &draft, closes.at(tx.now), terms, place)?;
    let view = ListingView::of(&listing, &tx.standing(listing.id)?, tx.now);
    events::listed(tx, &view)?;
    let line = LogLine::of("listing.add").listing(listing.id).account(seller);
    tx.log(&LogLine { sale: place.as_ref().map(|place| place.sale), ..line })?;
    Ok(view)
}
