//! The text of a delivery: a mail in its person's language, with amounts and times as on the pages, or the webhook's
//! JSON.
//!
//! Mail addresses are not confirmed: somebody who joins with another's address could have the house mail that person
//! texts of their choice. So no text that a person wrote stands in a subject, and none becomes a link: the only links
//! are the house's.

mod sale;

use crate::house::bought::Bought;
use crate::house::notices::notice::{Change, Funds, Matter, Notice};
use crate::house::notices::outbox::{Letter, Parcel};
use crate::house::settings::Settings;
use crate::notifications::draft::{Block, Draft, Line, MailLink};
use crate::notifications::dress::Dress;
use crate::rules::coverage::Coverage;
use crate::rules::listing::ListingState;
use crate::rules::money::{Currency, Money};
use crate::rules::notice::{Channel, NoticeKind};
use crate::rules::time::Time;
use crate::rules::unlinked::unlinked;
use crate::store::ledger::Cause;
use crate::text::dates::{Zone, duration};
use crate::text::i18n::{Lang, Words};
use serde_json::json;

/// Writes a parcel as its channel sends it.
pub fn compose(parcel: &Parcel<'_>) -> Letter {
    match parcel.channel {
        Channel::Mail => Composer::of(parcel).draft(parcel).letter(&Dress::of(parcel.settings)),
        Channel::Webhook | Channel::Push => Letter { subject: String::new(), body: body(parcel), html: None },
    }
}

fn body(parcel: &Parcel<'_>) -> String {
    let settings = parcel.settings;
    let house = json!({
        "name": settings.name, "currency": settings.currency().code, "url": settings.public_url(),
    });
    json!({"id": parcel.key, "made_at": parcel.made_at, "house": house, "notices": parcel.notices})
        .to_string()
}

/// Writes a mail in its person's language.
pub(super) struct Composer<'a> {
    words: Words,
    currency: Currency,
    zone: Zone,
    settings: &'a Settings,
}

/// Rank of a notice: the one with the smallest gives a mail its subject.
fn gravity(kind: NoticeKind) -> u8 {
    match kind {
        NoticeKind::Won | NoticeKind::Sold => 0,
        NoticeKind::Cancelled | NoticeKind::Unsold => 1,
        NoticeKind::Outbid | NoticeKind::Ending => 2,
        NoticeKind::Bill | NoticeKind::Pending => 2,
        NoticeKind::Extended | NoticeKind::Funds | NoticeKind::Opens => 3,
    }
}

/// Whether a notice says that a change of its sale, or an outage, moved a lot's close.
fn is_moved_lot(notice: &Notice) -> bool {
    let is_moved = |matter: &Matter| matter.sale.is_some() && matter.changes.iter().flatten().count() > 0;
    notice.kind == NoticeKind::Extended && notice.listing.as_ref().is_some_and(is_moved)
}

/// Whether the same changes moved two lots of one sale.
fn moved_together(one: &Notice, other: &Notice) -> bool {
    let changes = |notice: &Notice| {
        let matter = notice.listing.as_ref()?;
        Some((matter.sale.clone()?, matter.changes.clone()?))
    };
    is_moved_lot(one) && is_moved_lot(other) && changes(one) == changes(other)
}

impl<'a> Composer<'a> {
    pub(super) fn of(parcel: &Parcel<'a>) -> Composer<'a> {
        let settings = parcel.settings;
        let language = parcel.language.unwrap_or(&settings.language);
        let lang = Lang::from_tag(language).unwrap_or_default();
        let zone = Zone::of(settings);
        Composer { words: Words::new(lang), currency: settings.currency(), zone, settings }
    }

    fn draft(&self, parcel: &Parcel<'_>) -> Draft {
        let gravest = parcel.notices.iter().min_by_key(|notice| gravity(notice.kind));
        let gravest = gravest.expect("a parcel holds a notice");
        let mut subject = self.subject(gravest);
        let said = parcel.notices.iter().filter(|other| moved_together(gravest, other)).count().max(1);
        if parcel.notices.len() > said {
            let n = parcel.notices.len() - said;
            subject = self.words.t2("mail-subject-more", ("first", subject), ("n", n));
        }
        let greeting = self.words.t1("mail-greeting", "name", unlinked(&gravest.account.name));
        let mut blocks = vec![Block::of([greeting])];
        blocks.extend(self.blocks(parcel.notices));
        blocks.extend(self.what_now(&parcel.texts));
        Draft { words: self.words, subject, blocks, are_matters: true, foot: self.foot() }
    }

    /// The language that it writes.
    pub(super) fn lang(&self) -> &'static str {
        self.words.lang.tag()
    }

    /// A title and a few lines without links, for a push.
    pub(super) fn short(&self, notices: &[Notice]) -> (String, String) {
        let gravest = notices.iter().min_by_key(|notice| gravity(notice.kind));
        let gravest = gravest.expect("a parcel holds a notice");
        let subject = self.subject(gravest);
        let title = match notices.len() - 1 {
            0 => subject,
            n => self.words.t2("mail-subject-more", ("first", subject), ("n", n)),
        };
        let blocks = self.blocks(std::slice::from_ref(gravest));
        let lines: Vec<&str> = blocks.iter().flat_map(Block::words).collect();
        (title, lines.join("\n"))
    }

    fn subject(&self, notice: &Notice) -> String {
        let key = format!("mail-subject-{}", notice.kind.name());
        match (&notice.listing, &notice.funds) {
            (Some(matter), _) if is_moved_lot(notice) => {
                let sale = matter.sale.as_ref().map_or("", |sale| sale.code.as_str());
                self.words.t1("mail-subject-sale-moved", "sale", sale)
            }
            (Some(matter), _) => self.words.t1(&key, "listing", matter.id.to_string()),
            (None, Some(funds)) => self.words.t1(&key, "available", self.money(funds.available)),
            (None, None) => self.subject_of_others(&key, notice),
        }
    }

    /// A paragraph a notice; one for all lots that a change of their sale moved together.
    fn blocks(&self, notices: &[Notice]) -> Vec<Block> {
        let is_said = |nth: usize| notices[..nth].iter().any(|before| moved_together(before, &notices[nth]));
        let of = |(nth, notice): (usize, &Notice)| {
            if is_said(nth) {
                return None;
            }
            let together = notices.iter().filter(|other| moved_together(notice, other));
            let lots: Vec<&Matter> = together.filter_map(|other| other.listing.as_ref()).collect();
            Some(if lots.is_empty() { self.block(notice) } else { self.moved_lots(&lots) })
        };
        notices.iter().enumerate().filter_map(of).collect()
    }

    /// What moved these lots, and when each ends now.
    fn moved_lots(&self, lots: &[&Matter]) -> Block {
        let changes = lots[0].changes.iter().flatten();
        let mut block = Block::of(changes.map(|change| self.change(change, lots[0])));
        for lot in lots {
            let code = lot.lot.as_deref().unwrap_or_default();
            let title = unlinked(&lot.title);
            block.0.push(Line::Words(match lot.state {
                ListingState::Paused => self.words.t2("mail-lot-paused", ("lot", code), ("title", title)),
                _ => {
                    let at = self.zone.full(lot.closes_at.utc(), self.words.lang);
                    self.words.with("mail-lot-closes", &[("lot", code), ("title", &title), ("at", &at)])
                }
            }));
            block.0.extend(self.link(NoticeKind::Extended, lot));
        }
        block
    }

    /// Says what moved a close.
    fn change(&self, change: &Change, matter: &Matter) -> String {
        let sale = matter.sale.as_ref().map_or(String::new(), |sale| unlinked(&sale.name));
        match (change.outage, change.by_s) {
            (Some(outage), _) => {
                let at = |at: Time| self.zone.full(at.utc(), self.words.lang);
                self.words.t2("mail-prolonged", ("from", at(outage.from)), ("until", at(outage.until)))
            }
            (None, Some(by_s)) => {
                let why = unlinked(change.why.as_deref().unwrap_or_default());
                let by = duration(by_s, self.words);
                self.words.with("mail-sale-postponed", &[("sale", &sale), ("by", &by), ("why", &why)])
            }
            (None, None) => self.words.t1("mail-sale-resumed", "sale", sale),
        }
    }

    fn block(&self, notice: &Notice) -> Block {
        match (&notice.listing, &notice.funds) {
            (Some(matter), _) => {
                let mut block = Block::of(self.of_listing(notice.kind, matter));
                block.0.extend(self.link(notice.kind, matter));
                block
            }
            (None, Some(funds)) => self.funds(funds),
            (None, None) => self.of_others(notice),
        }
    }

    /// The link to a listing's page, if the house has a public address.
    fn link(&self, kind: NoticeKind, matter: &Matter) -> Option<Line> {
        let key = match kind {
            NoticeKind::Outbid if !matter.state.is_closing_or_ended() => "mail-link-bid",
            _ => "mail-link-item",
        };
        matter.url.clone().map(|url| Line::link(url, self.words.t(key)))
    }

    fn of_listing(&self, kind: NoticeKind, matter: &Matter) -> Vec<String> {
        let words = &self.words;
        let title = unlinked(&matter.title);
        match kind {
            NoticeKind::Outbid => self.outbid(matter),
            NoticeKind::Won => vec![words.t1("mail-won", "title", title), self.paid(matter)],
            NoticeKind::Sold => {
                let hammer = self.money(matter.hammer.unwrap_or(0));
                vec![words.t2("mail-sold", ("title", title), ("hammer", hammer)), self.earned(matter)]
            }
            NoticeKind::Unsold => {
                let mut lines = vec![words.t1("mail-unsold", "title", title)];
                match matter.reason.as_deref() {
                    Some("no_bids") => lines.push(words.t("ended-no-bids")),
                    _ => lines.push(words.t("ended-reserve-not-met")),
                }
                lines.extend(self.released(matter));
                lines
            }
            NoticeKind::Cancelled => {
                let why = unlinked(matter.reason.as_deref().unwrap_or_default());
                let mut lines = vec![words.t2("mail-cancelled", ("title", title), ("why", why))];
                lines.extend(self.released(matter));
                lines
            }
            NoticeKind::Extended => {
                let mut lines = vec![words.t1("mail-extended", "title", title)];
                lines.extend(matter.changes.iter().flatten().map(|change| self.change(change, matter)));
                lines.push(self.closes(matter));
                lines
            }
            NoticeKind::Ending => self.ending(matter),
            NoticeKind::Funds | NoticeKind::Opens | NoticeKind::Bill | NoticeKind::Pending => Vec::new(),
        }
    }

    fn outbid(&self, matter: &Matter) -> Vec<String> {
        let mut lines = vec![self.words.t1("mail-outbid", "title", unlinked(&matter.title))];
        match (matter.state, matter.price, matter.minimum) {
            (state, Some(price), Some(minimum)) if !state.is_closing_or_ended() => {
                let (price, minimum) = (self.money(price), self.money(minimum));
                lines.push(self.words.t2("mail-stands", ("price", price), ("minimum", minimum)));
                lines.push(self.closes(matter));
            }
            _ => lines.push(self.words.t("mail-has-ended")),
        }
        lines
    }

    /// What is on the buyer's bill; that it is paid only once their money covers it.
    fn paid(&self, matter: &Matter) -> String {
        let (hammer, premium) = (matter.hammer.unwrap_or(0), matter.premium.unwrap_or(0));
        let total = self.money(hammer.saturating_add(premium));
        let paid = match matter.bought.as_ref().map(Bought::coverage) {
            Some(Coverage::Paid) => self.words.t1("mail-paid", "total", total),
            Some(Coverage::Partly { owed, .. }) => {
                self.words.t2("mail-partly", ("total", total), ("owed", self.money(owed)))
            }
            Some(Coverage::Owed) | None => self.words.t1("mail-owed", "total", total),
            Some(Coverage::Reversed) => self.words.t("mail-reversed"),
        };
        if premium == 0 {
            return paid;
        }
        let parts = (("hammer", self.money(hammer)), ("premium", self.money(premium)));
        format!("{paid} ({})", self.words.t2("won-made-of", parts.0, parts.1))
    }

    fn earned(&self, matter: &Matter) -> String {
        let (hammer, commission) = (matter.hammer.unwrap_or(0), matter.commission.unwrap_or(0));
        let earned = self.words.t1("mail-earned", "amount", self.money(hammer.saturating_sub(commission)));
        if commission == 0 {
            return earned;
        }
        format!("{earned} ({})", self.words.t1("mail-commission", "commission", self.money(commission)))
    }

    /// Says to a bidder who led and did not win that their money is free again.
    fn released(&self, matter: &Matter) -> Option<String> {
        (matter.role == "bidder").then(|| self.words.t("mail-released"))
    }

    fn funds(&self, funds: &Funds) -> Block {
        let (available, balance) = (self.money(funds.available), self.money(funds.balance));
        let mut block =
            Block::of([self.words.t2("mail-funds", ("available", available), ("balance", balance))]);
        for movement in funds.movements.iter().rev() {
            let cause = match (movement.cause, movement.listing) {
                (Cause::Credit, _) => self.words.t("cause-credit"),
                (Cause::Debit, _) => self.words.t("cause-debit"),
                (Cause::Void { .. }, _) => self.words.t("cause-void"),
                (_, Some(listing)) => self.words.t1("cause-reversed-of", "listing", listing.to_string()),
                (_, None) => self.words.t("cause-reversed"),
            };
            let amount = self.money(movement.amount);
            block.0.push(Line::Entry(format!("{cause}: {amount} ({})", unlinked(&movement.why))));
        }
        block
    }

    fn foot(&self) -> Block {
        let Some(house) = self.settings.public_url() else {
            return Block::of([self.words.t("mail-choose")]);
        };
        let url = format!("{house}/account#mail");
        let line = self.words.t1("mail-choose-at", "url", url.clone());
        Block(vec![Line::Link(MailLink { url, words: self.words.t("mail-link-choose"), line })])
    }

    /// When it ends, or that it is paused.
    fn closes(&self, matter: &Matter) -> String {
        if matter.state == ListingState::Paused {
            return self.words.t("mail-paused");
        }
        self.words.t1("mail-closes", "at", self.zone.full(matter.closes_at.utc(), self.words.lang))
    }

    fn money(&self, minor: Money) -> String {
        self.currency.money(minor, self.words.lang == Lang::Ko)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_its_words_in_both_languages() {
        for (lang, kind) in
            [Lang::En, Lang::Ko].iter().flat_map(|lang| NoticeKind::ALL.map(|kind| (*lang, kind)))
        {
            for key in ["mail-subject", "choose"].map(|family| format!("{family}-{}", kind.name())) {
                assert_ne!(Words::new(lang).t(&key), key);
            }
        }
    }
}
