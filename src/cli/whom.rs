//! Whom a command means: by email address, name, bidder number or the id of the account. Never guesses: what may be two
//! people is refused, with both of them named.

use super::Stop;
use super::nearest::nearest;
use super::out::complain;
use crate::house::{House, unless_refused};
use crate::rules::names;
use crate::rules::refusal::Refusal;
use crate::store::accounts::{Account, AccountState};
use anyhow::Result;

/// How the help names a person.
pub const WHOM: &str = "WHO";
pub const WHOM_HELP: &str = "An email address, a name, a bidder number (#17, or spring#17 in one sale), or the id of the account in digits \
                             alone (17)";

/// How much a name must be like another to be proposed.
const ALIKE: f64 = 0.85;
/// The most people who are named in a refusal.
const MAX_NAMED: usize = 8;

/// A person, with a number in a sale.
struct Numbered {
    account: Account,
    sale: String,
    number: i64,
}

/// Finds the account that is meant. Digits alone are the id of an account, or a bidder number where there is no such
/// account. A text with an `@` is an address and never a name, for anybody may choose a name that reads like the address
/// of another. Refuses what means nobody, with the likeliest name, and what may mean several.
pub fn account(house: &House, typed: &str) -> Result<Account, Stop> {
    let typed = typed.trim();
    if let Some(number) = digits(typed) {
        if let Some(account) = unless_refused(house.account_called(typed))? {
            warn_of_number(house, &account, number)?;
            return Ok(account);
        }
        let numbered = with_number(house, number, None)?;
        return if numbered.is_empty() {
            Err(Refusal::NotFound("account").into())
        } else {
            the_one(typed, numbered)
        };
    }
    if is_address(typed) {
        return match unless_refused(house.account_by_email(typed))? {
            Some(account) => Ok(account),
            None => Err(unknown(house, typed)?),
        };
    }
    let Some((sale, number)) = in_sale(house, typed)? else { return named(house, typed) };
    let numbered = with_number(house, number, sale)?;
    match (numbered.is_empty(), sale) {
        (true, Some(sale)) => Err(Stop::Missing(format!("There is no bidder {number} in {sale}."))),
        (true, None) => Err(Stop::Missing(format!("No sale has a bidder {number}."))),
        _ => the_one(typed, numbered),
    }
}

/// The person as an answer calls them: the address of the account if an address was typed; else the name, with what tells
/// them from others.
pub fn said(account: &Account, typed: &str) -> String {
    let (name, id) = (&account.name, account.id);
    match &account.email {
        Some(email) if is_address(typed) => email.clone(),
        Some(email) if digits(typed).is_none() => format!("{name} <{email}>"),
        Some(email) => format!("{name} <{email}> (account {id})"),
        None => format!("{name} (account {id})"),
    }
}

/// Whether a text is an address; a keyboard for Chinese or Japanese writes the sign in full width.
fn is_address(typed: &str) -> bool {
    typed.contains(['@', '\u{ff20}', '\u{fe6b}'])
}

/// The code of the sale in `spring#17`; none if no sale is named.
pub fn sale_named<'t>(house: &House, typed: &'t str) -> Result<Option<&'t str>> {
    Ok(in_sale(house, typed.trim())?.and_then(|(sale, _)| sale))
}

/// The number that a text of digits alone is.
pub fn digits(typed: &str) -> Option<i64> {
    let is_number = !typed.is_empty() && typed.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| typed.parse().ok()).flatten()
}

/// Reads `#17` and `spring#17`. What stands before the number must be the code of a sale, for names may hold a `#`.
fn in_sale<'t>(house: &House, typed: &'t str) -> Result<Option<(Option<&'t str>, i64)>> {
    let Some((sale, number)) = typed.split_once('#') else { return Ok(None) };
    let Some(number) = digits(number) else { return Ok(None) };
    if sale.is_empty() {
        return Ok(Some((None, number)));
    }
    let is_sale = house.read(|snapshot| snapshot.sale(sale))?.is_some();
    Ok(is_sale.then_some((Some(sale), number)))
}

/// The person whose name it is.
fn named(house: &House, typed: &str) -> Result<Account, Stop> {
    let found = house.read(|snapshot| snapshot.accounts_named(typed))?;
    let (exact, others): (Vec<Account>, Vec<Account>) =
        found.into_iter().partition(|account| names::key(&account.name) == names::key(typed));
    let mut found = if exact.is_empty() { others } else { exact };
    found.retain(|account| names::are_one(&account.name, typed));
    match found.len() {
        0 => Err(unknown(house, typed)?),
        1 => Ok(found.remove(0)),
        _ => Err(Stop::Missing(several(typed, found.iter().map(line)))),
    }
}

/// The only person among those with a number.
fn the_one(typed: &str, mut numbered: Vec<Numbered>) -> Result<Account, Stop> {
    let first = numbered[0].account.id;
    if numbered.iter().all(|other| other.account.id == first) {
        return Ok(numbered.remove(0).account);
    }
    let lines = numbered.iter().map(|one| format!("{}#{} is {}", one.sale, one.number, line(&one.account)));
    Err(Stop::Missing(several(typed, lines)))
}

fn several(typed: &str, lines: impl Iterator<Item = String>) -> String {
    let mut lines: Vec<String> = lines.map(|line| format!("\n  {line}")).collect();
    let n_more = lines.len().saturating_sub(MAX_NAMED);
    lines.truncate(MAX_NAMED);
    let more = if n_more > 0 { format!("\n  and {n_more} more") } else { String::new() };
    format!("{typed} may be several people; write which:{}{more}", lines.concat())
}

fn line(account: &Account) -> String {
    match &account.email {
        Some(email) => format!("{} <{email}>, account {}", account.name, account.id),
        None => format!("{}, account {}", account.name, account.id),
    }
}

/// Says that nobody is called so, and whom it may have meant.
fn unknown(house: &House, typed: &str) -> Result<Stop> {
    let is_email = typed.contains('@');
    let known = house.read(|snapshot| snapshot.accounts())?;
    let known = known.into_iter().filter(|account| account.state != AccountState::Closed);
    let names = known.filter_map(|account| {
        let called = if is_email { account.email.clone()? } else { account.name.clone() };
        Some((names::key(&called), (called, account.email)))
    });
    let near = nearest(names, &names::key(typed), ALIKE);
    let near = near.map(|(called, email)| match email {
        Some(email) if !is_email => format!(" Did you mean {called} <{email}>?"),
        _ => format!(" Did you mean {called}?"),
    });
    let refusal = Refusal::NotFound("account");
    Ok(match near {
        Some(near) => Stop::Missing(format!("{refusal}{near}")),
        None => Stop::Refused(refusal),
    })
}

/// Everybody who has this number, in the sale or in any.
fn with_number(house: &House, number: i64, sale: Option<&str>) -> Result<Vec<Numbered>> {
    house.read(|snapshot| {
        let codes = match sale {
            Some(code) => vec![code.to_owned()],
            None => snapshot.sales_of_number(number)?,
        };
        let mut found = Vec::new();
        for code in codes {
            let Some(sale) = snapshot.sale(&code)? else { continue };
            let Some(guest) = snapshot.registration(sale.id, number)? else { continue };
            if let Some(account) = snapshot.account(guest.account)? {
                found.push(Numbered { account, sale: code, number });
            }
        }
        Ok(found)
    })
}

/// Says on stderr that the id of an account is also somebody else's bidder number.
fn warn_of_number(house: &House, account: &Account, number: i64) -> Result<()> {
    let others = with_number(house, number, None)?;
    if let Some(other) = others.iter().find(|other| other.account.id != account.id) {
        complain(format!(
            "note: {number} is account {number}, {}; the bidder number of {} is {}#{number}",
            account.name, other.account.name, other.sale
        ));
    }
    Ok(())
}
