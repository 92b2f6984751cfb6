//! What a listing's page offers to bid, what that comes to with the premium, and what the visitor can afford. The script
//! computes the same from each new standing and from each change of the visitor's funds.

use crate::rules::bidding::most_within;
use crate::rules::listing::ListingState;
use crate::rules::money::share;
use crate::web::pages::listing::view::{ListingPage, Standing, percent};

impl ListingPage {
    /// Whether the form to bid is on the page; a guest logs in on the way. It is hidden from who cannot afford a bid.
    pub(super) fn may_bid(&self) -> bool {
        !self.is_seller() && self.kept_out.is_none() && self.card.state == ListingState::Open
    }

    /// Whether the bar is on the page, hidden: the script shows it while there is a paddle, also once bidding opens or goes on.
    pub(super) fn has_bar(&self) -> bool {
        !self.is_seller() && self.kept_out.is_none() && self.card.is_live()
    }

    /// Whether it depends on the visitor's funds alone if they may bid, now or once bidding is open.
    pub(super) fn may_pay(&self) -> bool {
        !self.is_seller() && self.kept_out.is_none() && self.frame.viewer.is_some()
    }

    /// The visitor's own maximum, while they lead.
    fn own_max(&self) -> Option<i64> {
        if let Standing::Leading { max } = self.standing { Some(max) } else { None }
    }

    pub(super) fn leads(&self) -> bool {
        self.own_max().is_some()
    }

    /// A hammer price with its premium: what is held for a bid, and paid by the winner.
    pub(super) fn with_premium(&self, hammer: i64) -> i64 {
        hammer.saturating_add(share(hammer, self.premium_bps))
    }

    /// What the visitor can still put into a bid here, with what is held for their own lead; no limit for a guest.
    fn spendable(&self) -> i64 {
        let held = self.own_max().map_or(0, |max| self.with_premium(max));
        self.frame.viewer.as_ref().map_or(i64::MAX, |viewer| viewer.available.saturating_add(held))
    }

    pub(super) fn affords(&self, hammer: i64) -> bool {
        self.with_premium(hammer) <= self.spendable()
    }

    /// The least that the visitor can bid next: the minimum, or anything above their own maximum.
    fn least(&self) -> i64 {
        self.own_max().map_or(self.card.minimum, |max| max.saturating_add(1))
    }

    pub(super) fn is_short_of_funds(&self) -> bool {
        !self.affords(self.least())
    }

    /// What to do for who cannot afford the next bid.
    pub(super) fn no_funds_text(&self) -> String {
        let most = most_within(self.spendable(), self.premium_bps);
        self.frame.words.t1("no-funds", "most", self.frame.money(most))
    }

    /// What the next bid comes to.
    pub(super) fn no_funds_need(&self) -> String {
        let total = self.with_premium(self.next_bids()[0]);
        self.frame.words.t1("no-funds-need", "total", self.frame.money(total))
    }

    /// The suggested bids: the minimum and two higher ones, or higher maxima for the leader.
    pub(super) fn next_bids(&self) -> [i64; 3] {
        let step = self.increment.max(1);
        let (from, steps) = match self.own_max() {
            Some(max) => (max, [1, 2, 5]),
            None => (self.card.minimum, [0, 2, 5]),
        };
        steps.map(|steps| from.saturating_add(step.saturating_mul(steps)))
    }

    /// The amount of a raise: the current price. If somebody else leads by the time it arrives, it is too low, and no
    /// bid is made.
    pub(super) fn amount_of_raise(&self) -> String {
        self.frame.field(self.card.price.unwrap_or(self.card.minimum))
    }

    /// The maximum in its field: what was typed, or the minimum; empty for the leader. A maximum that was overtaken is
    /// offered again at the new minimum.
    pub(super) fn max_typed(&self) -> String {
        let typed = [self.filled.value("max"), self.filled.value("amount")];
        let typed = typed.into_iter().find(|text| !text.is_empty());
        if self.leads() {
            return self.filled.value("max").to_string();
        }
        let fresh = self.frame.field(self.card.minimum);
        match typed.map(|text| (text, self.frame.currency.parse(text))) {
            Some((_, Ok(minor))) if minor < self.card.minimum => fresh,
            Some((text, _)) => text.to_string(),
            None => fresh,
        }
    }

    /// The line under the field: what the typed maximum comes to, and whether that is more than the visitor may spend; empty
    /// while nothing readable is typed.
    pub(super) fn comes_to(&self) -> String {
        let Ok(hammer) = self.frame.currency.parse(&self.max_typed()) else { return String::new() };
        let is = comes_to(self, hammer);
        if self.affords(hammer) { is } else { format!("{is}. {}", self.frame.t("beyond-funds")) }
    }

    /// Whether the typed maximum comes to more than the visitor may spend.
    pub(super) fn is_beyond_funds(&self) -> bool {
        let typed = self.frame.currency.parse(&self.max_typed());
        typed.is_ok_and(|hammer| !self.affords(hammer))
    }

    /// Whether what was typed into the one field is refused, by whatever name.
    pub(super) fn is_max_wrong(&self) -> bool {
        ["max", "amount"].iter().any(|name| self.filled.error(name).is_some())
    }

    pub(super) fn at_least(&self) -> String {
        self.frame.words.t1("bid-at-least", "minimum", self.frame.money(self.card.minimum))
    }

    /// For the leader, the amount that a new maximum must exceed.
    pub(super) fn max_hint(&self) -> String {
        match self.own_max() {
            Some(max) => self.frame.words.t1("need-raise", "max", self.frame.money(max)),
            None => self.frame.t("bid-max-hint"),
        }
    }
}

fn comes_to(page: &ListingPage, hammer: i64) -> String {
    let frame = &page.frame;
    let (amount, total) = (frame.money(hammer), frame.money(page.with_premium(hammer)));
    if page.premium_bps == 0 {
        return frame.words.t1("comes-to-plain", "total", total);
    }
    let percent = percent(page.premium_bps);
    frame.words.with("comes-to", &[("amount", &amount), ("percent", &percent), ("total", &total)])
}
