//! Which listing, lot, settlement or sale a command means: by its number, or by the lot's code as it stands on the item
//! (`A12`, or `charity:A12` where several sales have one). Never guesses: what may be two is refused, with both named.

use super::Stop;
use super::nearest::nearest;
use super::out::complain;
use super::whom::digits;
use crate::house::House;
use crate::house::unless_refused;
use crate::rules::listing::ListingId;
use crate::rules::refusal::Refusal;
use crate::store::sales::{Sale, StoredLot};
use anyhow::Result;

/// How the help names a listing.
pub const LISTING: &str = "LISTING";
pub const LISTING_HELP: &str =
    "The number of the listing (17), or the code of a lot: A12, or charity:A12 of one sale";

/// How much a code must be like another to be proposed.
const ALIKE: f64 = 0.75;
const LISTING_PREFIX: &str = "listing:";
const SETTLEMENT_PREFIX: &str = "settlement:";

/// Finds the listing that is meant. A number alone is a listing's, or a lot's code where there is no such listing.
pub fn listing(house: &House, typed: &str) -> Result<ListingId, Stop> {
    let typed = typed.trim();
    let bare = typed.strip_prefix(LISTING_PREFIX).map(str::trim);
    let number = digits(bare.unwrap_or(typed).trim_start_matches('#'));
    match number.map(ListingId) {
        Some(id) if bare.is_some() || has_listing(house, id)? => Ok(id),
        Some(_) => Ok(unique_lot(house, typed)?.ok_or(Refusal::NotFound("listing"))?),
        None if bare.is_some() => Err(unknown(typed)),
        None => lot(house, typed),
    }
}

/// Finds the settlement that is meant, with its listing. A number alone is a settlement's, or a listing's where there is
/// no such settlement.
pub fn settlement(house: &House, typed: &str) -> Result<(i64, ListingId), Stop> {
    let typed = typed.trim();
    let bare = typed.strip_prefix(SETTLEMENT_PREFIX).map(str::trim);
    let Some(id) = digits(bare.unwrap_or(typed)) else {
        return if bare.is_some() { Err(unknown(typed)) } else { of_listing(house, listing(house, typed)?) };
    };
    let other = unless_refused(house.settlement(ListingId(id)))?.map(|settlement| settlement.id);
    if let Some(listing) = house.read(|snapshot| snapshot.listing_of_settlement(id))? {
        if let (None, Some(other)) = (bare, other.filter(|other| *other != id)) {
            complain(format!(
                "note: {id} is settlement {id}, of listing {listing}; listing {id} has settlement {other}"
            ));
        }
        return Ok((id, listing));
    }
    match (bare, other) {
        (None, Some(other)) => Ok((other, ListingId(id))),
        _ => Err(Stop::Missing(format!(
            "There is no settlement {id}; `auction listing show` prints a listing's."
        ))),
    }
}

/// The settlement of a listing. Refuses one that has not been settled.
pub fn of_listing(house: &House, listing: ListingId) -> Result<(i64, ListingId), Stop> {
    house.show(listing)?;
    let settlement = unless_refused(house.settlement(listing))?;
    let words = || Stop::Missing(format!("Listing {listing} has not been settled."));
    Ok((settlement.ok_or_else(words)?.id, listing))
}

/// Refuses the code of a sale that does not exist, with the likeliest one that does.
pub fn sale(house: &House, code: &str) -> Result<(), Stop> {
    if house.read(|snapshot| snapshot.sale(code))?.is_some() {
        return Ok(());
    }
    let codes =
        house.read(|snapshot| snapshot.all_sales())?.into_iter().map(|sale| (sale.code.clone(), sale.code));
    let refusal = Refusal::NotFound("sale");
    Err(match nearest(codes, &code.to_lowercase(), ALIKE) {
        Some(near) => Stop::Missing(format!("{refusal} Did you mean `{near}`?")),
        None => Stop::Refused(refusal),
    })
}

fn has_listing(house: &House, id: ListingId) -> Result<bool> {
    Ok(house.read(|snapshot| snapshot.listing(id))?.is_some())
}

fn lot(house: &House, typed: &str) -> Result<ListingId, Stop> {
    if let Some((code, lot)) = typed.split_once([':', '/']) {
        sale(house, code)?;
        let found = house.read(|snapshot| {
            let sale = snapshot.sale(code)?;
            sale.map(|sale| snapshot.lot_by_code(sale.id, lot.trim())).transpose()
        })?;
        return match found.flatten() {
            Some(StoredLot { listing: Some(listing), .. }) => Ok(listing),
            Some(_) => Err(Stop::Missing(format!("{typed} is no listing yet: the sale is a draft."))),
            None => Err(no_such_lot(house, lot, Some(code))?),
        };
    }
    match unique_lot(house, typed)? {
        Some(listing) => Ok(listing),
        None => Err(no_such_lot(house, typed, None)?),
    }
}

/// The listing of the only lot with this code; none without one. Refuses a code that several sales have.
fn unique_lot(house: &House, code: &str) -> Result<Option<ListingId>, Stop> {
    let found = lots_called(house, code)?;
    match &found[..] {
        [] => Ok(None),
        [(_, _, listing)] => Ok(Some(*listing)),
        _ => {
            let line = |(sale, title, listing): &(String, String, ListingId)| {
                format!("\n  {sale}:{code} is listing {listing}, {title}")
            };
            let lines: String = found.iter().map(line).collect();
            Err(Stop::Missing(format!("Several sales have a lot {code}; write which:{lines}")))
        }
    }
}

/// The listings of the lots with this code, with sale and title.
fn lots_called(house: &House, code: &str) -> Result<Vec<(String, String, ListingId)>> {
    house.read(|snapshot| {
        let mut found = Vec::new();
        for sale in snapshot.all_sales()? {
            let lot = snapshot.lot_by_code(sale.id, code)?;
            if let Some(id) = lot.and_then(|lot| lot.listing)
                && let Some(listing) = snapshot.listing(id)?
            {
                found.push((sale.code, listing.title.clone(), id));
            }
        }
        Ok(found)
    })
}

/// Says that no lot has this code, and which one it may have meant.
fn no_such_lot(house: &House, code: &str, in_sale: Option<&str>) -> Result<Stop> {
    let codes = house.read(|snapshot| {
        let is_meant = |sale: &Sale| in_sale.is_none_or(|code| code == sale.code);
        let mut codes = Vec::new();
        for sale in snapshot.all_sales()?.into_iter().filter(is_meant) {
            let lots = snapshot.lots(sale.id)?.into_iter().filter(|lot| lot.listing.is_some());
            codes.extend(lots.map(|lot| (lot.code.to_uppercase(), format!("{}:{}", sale.code, lot.code))));
        }
        Ok(codes)
    })?;
    let near = nearest(codes, &code.to_uppercase(), ALIKE);
    let near = near.map_or(String::new(), |near| format!(" Did you mean `{near}`?"));
    Ok(Stop::Missing(match in_sale {
        Some(sale) => format!("There is no such lot in {sale}: {code}.{near}"),
        None => format!("There is no such listing or lot: {code}.{near}"),
    }))
}

fn unknown(typed: &str) -> Stop {
    Stop::Missing(format!(
        "{typed} names no listing: write its number, as in listing:17, or a lot's code, as in A12."
    ))
}
