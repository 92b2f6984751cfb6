//! Which listing, lot, settlement or sale a command means: by its number, or by the lot's code as it stands on the item
//! (`A12`, or `charity:A12` where several sales have one). Never guesses: what may be two is refused, with both named, and
//! how to write each.

use super::Stop;
use super::nearest::nearest;
use super::out::complain;
use super::whom::digits;
use crate::house::House;
use crate::house::unless_refused;
use crate::rules::listing::ListingId;
use crate::rules::refusal::Refusal;
use crate::rules::sale::Stage;
use crate::rules::settlement::Outcome;
use crate::rules::time::Time;
use crate::store::sales::{Sale, StoredLot};
use anyhow::Result;

/// How the help names a listing.
pub const LISTING: &str = "LISTING";
pub const LISTING_HELP: &str =
    "The number of the listing (17, or listing:17), or the code of a lot: A12, or charity:A12 of one sale";

/// How much a code must be like another to be proposed.
const ALIKE: f64 = 0.75;
/// For so long after the close of a lot its code is still said aloud: it is paid, collected, handed over, reversed.
const COLLECTED_S: i64 = 30 * 86_400;
const LISTING_PREFIX: &str = "listing:";
const SETTLEMENT_PREFIX: &str = "settlement:";

/// Finds the listing that is meant. A number alone is a listing's, or a lot's code where there is no such listing. Refuses
/// the number of a listing that is the code of another lot, too, of a sale that is to come, runs or was just held.
pub fn listing(house: &House, typed: &str) -> Result<ListingId, Stop> {
    let typed = typed.trim();
    if let Some(bare) = typed.strip_prefix(LISTING_PREFIX) {
        return digits(bare.trim()).map(ListingId).ok_or_else(|| unknown(typed));
    }
    let Some(id) = digits(typed).map(ListingId) else { return lot(house, typed) };
    let Some(title) =
        house.read(|snapshot| Ok(snapshot.listing(id)?.map(|listing| listing.title.clone())))?
    else {
        return Ok(unique_lot(house, typed)?.ok_or(Refusal::NotFound("listing"))?);
    };
    let lots = lots_said(house, typed, &[id])?;
    check_single(typed, format!("{LISTING_PREFIX}{id} is {title}"), &lots)?;
    Ok(id)
}

/// Finds the settlement that is meant, with its listing. A number alone is a settlement's, or means as [`listing`] where
/// there is no such settlement.
pub fn settlement(house: &House, typed: &str) -> Result<(i64, ListingId), Stop> {
    let typed = typed.trim();
    let bare = typed.strip_prefix(SETTLEMENT_PREFIX).map(str::trim);
    let Some(id) = digits(bare.unwrap_or(typed)) else {
        return if bare.is_some() { Err(unknown(typed)) } else { of_listing(house, listing(house, typed)?) };
    };
    let of = house.read(|snapshot| snapshot.listing_of_settlement(id))?;
    let missing =
        || Stop::Missing(format!("There is no settlement {id}; `auction listing show` prints a listing's."));
    match (of, bare) {
        (Some(of), Some(_)) => Ok((id, of)),
        (Some(of), None) => {
            check_settlement(house, typed, id, of)?;
            Ok((id, of))
        }
        (None, Some(_)) => Err(missing()),
        (None, None) => {
            let listing = listing(house, typed).map_err(|stop| match stop {
                Stop::Refused(_) => missing(),
                other => other,
            })?;
            let settlement = unless_refused(house.settlement(listing))?.ok_or_else(missing)?;
            Ok((settlement.id, listing))
        }
    }
}

/// Refuses the number of a settlement, of the listing `of`, that is another lot's code, too; or the number of another
/// listing that was sold. In a house that holds no sales a number alone is the settlement's, as it always was there: then
/// that listing is only named.
fn check_settlement(house: &House, typed: &str, id: i64, of: ListingId) -> Result<(), Stop> {
    let this = format!("{SETTLEMENT_PREFIX}{id} is of listing {of}");
    let other = unless_refused(house.settlement(ListingId(id)))?
        .filter(|other| other.id != id && matches!(other.outcome, Outcome::Sold(_)));
    let other = other.map(|other| format!("{LISTING_PREFIX}{id} has settlement {}", other.id));
    if !house.read(|snapshot| snapshot.has_sales())? {
        if let Some(other) = other {
            complain(format!("note: {id} is taken as {this}; {other}"));
        }
        return Ok(());
    }
    let named: &[ListingId] = if other.is_some() { &[of, ListingId(id)] } else { &[of] };
    let mut others: Vec<String> = other.into_iter().collect();
    others.extend(lots_said(house, typed, named)?);
    check_single(typed, this, &others)
}

/// Refuses what has other meanings beside the one that it is taken for.
fn check_single(typed: &str, this: String, others: &[String]) -> Result<(), Stop> {
    if others.is_empty() {
        return Ok(());
    }
    let lines: String = [&[this], others].concat().iter().map(|line| format!("\n  {line}")).collect();
    Err(Stop::Missing(format!("{typed} has several meanings; write which:{lines}")))
}

/// The lots with this code that people still speak of, but for those of the listings that are named already.
fn lots_said(house: &House, code: &str, named: &[ListingId]) -> Result<Vec<String>> {
    let since = house.now().plus_s(-COLLECTED_S);
    let found = lots_called(house, code)?.into_iter();
    let said = found.filter(|lot| lot.is_published && lot.closes_at > since && !named.contains(&lot.listing));
    Ok(said.map(|lot| lot.line(code)).collect())
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
        [lot] => Ok(Some(lot.listing)),
        _ => {
            let lines: String = found.iter().map(|lot| format!("\n  {}", lot.line(code))).collect();
            Err(Stop::Missing(format!("Several sales have a lot {code}; write which:{lines}")))
        }
    }
}

/// A lot that is a listing.
struct Called {
    sale: String,
    /// Whether its sale was published, and not cancelled.
    is_published: bool,
    listing: ListingId,
    title: String,
    closes_at: Time,
}

impl Called {
    fn line(&self, code: &str) -> String {
        format!("{}:{code} is listing {}, {}", self.sale, self.listing, self.title)
    }
}

/// The lots with this code, of all sales.
fn lots_called(house: &House, code: &str) -> Result<Vec<Called>> {
    house.read(|snapshot| {
        let mut found = Vec::new();
        for sale in snapshot.all_sales()? {
            let lot = snapshot.lot_by_code(sale.id, code)?;
            let Some(id) = lot.and_then(|lot| lot.listing) else { continue };
            let Some(listing) = snapshot.listing(id)? else { continue };
            found.push(Called {
                sale: sale.code,
                is_published: sale.stage == Stage::Published,
                listing: id,
                title: listing.title.clone(),
                closes_at: snapshot.standing(id)?.standing.closes_at,
            });
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
