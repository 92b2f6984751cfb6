//! Postponing, pausing and resuming a sale: one transaction changes all its open lots, each with a link of its chain.

use crate::house::closing::retime::retime;
use crate::house::notices::{events, notify};
use crate::house::sales::published;
use crate::house::sales::view::sections;
use crate::house::{Answer, House};
use crate::rules::bidding::Standing;
use crate::rules::faults::check_why;
use crate::rules::listing::Listing;
use crate::rules::refusal::Refusal;
use crate::rules::text;
use crate::rules::time::Time;
use crate::rules::timing::{MAX_POSTPONEMENT_S, Timing};
use crate::store::Tx;
use crate::store::log::LogLine;
use anyhow::{Context, Result};
use serde::Serialize;
use serde_json::{Value, json};

/// What was changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Retimed {
    pub n_lots: u64,
    pub first_closes_at: Option<Time>,
    pub last_closes_at: Option<Time>,
}

impl Retimed {
    fn add(&mut self, closes_at: Time) {
        self.n_lots += 1;
        self.first_closes_at = Some(self.first_closes_at.map_or(closes_at, |first| first.min(closes_at)));
        self.last_closes_at = self.last_closes_at.max(Some(closes_at));
    }
}

impl House {
    /// Moves the close of every open lot of a sale, or of one of its sections, by `by_s` seconds, as it stands. `who` is
    /// public: `cli`, `admin`, `seller`, or the name of a pass.
    ///
    /// Refuses `not_found`, `not_allowed` (not published, nothing open), `invalid` (no reason, no such section, less than
    /// a second, more than 30 days, or a last close more than a year ahead).
    pub fn postpone_sale(
        &self,
        code: &str,
        by_s: i64,
        section: Option<&str>,
        who: &str,
        why: &str,
    ) -> Answer<Retimed> {
        let why = text::one_line(why);
        check_why(&why)?;
        if !(1..=MAX_POSTPONEMENT_S).contains(&by_s) {
            return Err(Refusal::invalid("by", "From 1 second to 30 days, later only.").into());
        }
        let (code, section, who) = (code.to_owned(), section.map(text::one_line), who.to_owned());
        self.write_by_clock(move |tx| {
            if let Some(section) = &section {
                check_section(tx, &code, section)?;
            }
            let timing = Timing::Postponement { by_s, who, why: why.clone() };
            let retimed = each_open(tx, &code, section.as_deref(), &timing, |tx, listing, after| {
                events::postponed(tx, listing.id, after.closes_at, &why)?;
                notify::prolonged(tx, listing)
            })?;
            log(
                tx,
                "sale.postpone",
                &code,
                &why,
                json!({"by_s": by_s, "section": section, "n_lots": retimed.n_lots}),
            )?;
            if retimed.last_closes_at > Some(tx.now.plus_a_year()) {
                return Err(Refusal::invalid("by", "The last close must be at most a year ahead.").into());
            }
            Ok(retimed)
        })
    }

    /// Pauses every open lot: no bid is taken and nothing is settled until the sale is resumed. Refuses `not_found`,
    /// `not_allowed` (not published, paused already, nothing open), `invalid` (no reason).
    pub fn pause_sale(&self, code: &str, who: &str, why: &str) -> Answer<Retimed> {
        let why = text::one_line(why);
        check_why(&why)?;
        let (code, who) = (code.to_owned(), who.to_owned());
        self.write_by_clock(move |tx| {
            let sale = published(tx, &code)?;
            if tx.sale_counts(sale.id)?.n_paused > 0 {
                return Err(Refusal::PausedAlready.into());
            }
            let timing = Timing::Pause { who, why: why.clone() };
            let retimed = each_open(tx, &code, None, &timing, |tx, listing, _| {
                events::paused(tx, listing.id, &why).map(drop)
            })?;
            log(tx, "sale.pause", &code, &why, json!({"n_lots": retimed.n_lots}))?;
            Ok(retimed)
        })
    }

    /// Lets a paused sale go on: each close moves by the length of the pause. Refuses `not_found`, `not_allowed` (not
    /// published, not paused).
    pub fn resume_sale(&self, code: &str, who: &str) -> Answer<Retimed> {
        let (code, who) = (code.to_owned(), who.to_owned());
        self.write_by_clock(move |tx| {
            let sale = published(tx, &code)?;
            if tx.sale_counts(sale.id)?.n_paused == 0 {
                return Err(Refusal::NotPaused.into());
            }
            let retimed = each_open(tx, &code, None, &Timing::Resume { who }, |tx, listing, after| {
                events::resumed(tx, listing.id, after.closes_at)?;
                notify::prolonged(tx, listing)
            })?;
            log(tx, "sale.resume", &code, "", json!({"n_lots": retimed.n_lots}))?;
            Ok(retimed)
        })
    }
}

/// Logs a change of all open lots; an empty reason is none.
fn log(tx: &Tx<'_>, what: &'static str, code: &str, why: &str, detail: Value) -> Answer<()> {
    let line = LogLine::of(what).sale(published(tx, code)?.id).detail(detail);
    Ok(tx.log(&LogLine { why: Some(why).filter(|why| !why.is_empty()), ..line })?)
}

/// Refuses `invalid` unless a published sale has this section.
fn check_section(tx: &Tx<'_>, code: &str, section: &str) -> Answer<()> {
    let has = sections(&tx.lots(published(tx, code)?.id)?);
    if has.iter().any(|name| name == section) {
        return Ok(());
    }
    let words = match has.as_slice() {
        [] => "This sale has no sections.".to_owned(),
        _ => format!("This sale has no section {section}; it has: {}.", has.join(", ")),
    };
    Err(Refusal::invalid("section", words).into())
}

/// Applies `timing` to every open lot that it may change, and tells each with `tell`. Refuses `not_allowed` if there is
/// none.
fn each_open(
    tx: &Tx<'_>,
    code: &str,
    section: Option<&str>,
    timing: &Timing,
    tell: impl Fn(&Tx<'_>, &Listing, &Standing) -> Result<()>,
) -> Answer<Retimed> {
    let sale = published(tx, code)?;
    let mut retimed = Retimed::default();
    for id in tx.open_listings_of(sale.id, section)? {
        let listing = tx.listing(id)?.with_context(|| format!("listing {id} is gone"))?;
        let standing = tx.standing(id)?.standing;
        if let Some(after) = retime(tx, &listing, &standing, timing.clone())? {
            tell(tx, &listing, &after)?;
            retimed.add(after.closes_at);
        }
    }
    if retimed.n_lots == 0 {
        return Err(Refusal::NothingOpen.into());
    }
    Ok(retimed)
}
