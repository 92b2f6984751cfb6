//! One listing as a person with pencil and paper would keep it: the list of accepted bids, and nothing else. Whatever is
//! asked (price, leader, close, hold) is worked out from the whole list each time, by the words of the rules.
//!
//! It shares no code with the program, on purpose: it is what the program is compared with. Slow and plain.

/// What the seller chose, and the rates of the day. Times are in milliseconds, the soft close in seconds.
#[derive(Clone, Debug, Default)]
pub struct Terms {
    pub seller: i64,
    pub opening: i64,
    pub reserve: Option<i64>,
    pub buy_now: Option<i64>,
    pub increment: Option<i64>,
    pub first_close: i64,
    /// Window, extension, cap.
    pub soft: Option<(i64, i64, i64)>,
    pub premium_bps: i64,
    pub commission_bps: i64,
    /// When it was made.
    pub made_at: i64,
    /// So many seconds before the close, and after the return of a server that was away then.
    pub outage_s: Option<i64>,
    /// In a sale: before that, nobody bids.
    pub opens_at: Option<i64>,
}

/// A bid that was accepted, as it was made.
#[derive(Clone, Copy, Debug)]
pub struct Made {
    pub who: i64,
    pub amount: i64,
    pub max: i64,
    pub at: i64,
}

/// What happened to the time of a listing, beside its bids.
#[derive(Clone, Copy, Debug)]
pub enum Time {
    Postponed {
        by_s: i64,
    },
    Paused {
        at: i64,
    },
    Resumed {
        at: i64,
    },
    /// No server ran.
    Away {
        from: i64,
        until: i64,
    },
}

/// A listing that is open or was: its terms and its accepted bids in order.
#[derive(Clone, Debug, Default)]
pub struct Lot {
    pub terms: Terms,
    pub bids: Vec<Made>,
    /// Each after so many bids.
    pub times: Vec<(usize, Time)>,
}

/// The hands of a listing's clock: when it closes, since when they stand still, and from when the cap counts.
#[derive(Clone, Copy, Debug)]
struct Hands {
    close: i64,
    paused: Option<i64>,
    cap_from: i64,
}

/// Why a bid is refused, with its figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum No {
    ListingClosed,
    Paused,
    NotOpenYet,
    OwnListing,
    NotAllowed,
    AlreadyLeading,
    BidTooLow { minimum: i64 },
    InsufficientFunds { available: i64 },
}

impl No {
    pub fn code(self) -> &'static str {
        match self {
            No::ListingClosed => "listing_closed",
            No::Paused => "paused",
            No::NotOpenYet => "not_open_yet",
            No::OwnListing => "own_listing",
            No::NotAllowed => "not_allowed",
            No::AlreadyLeading => "already_leading",
            No::BidTooLow { .. } => "bid_too_low",
            No::InsufficientFunds { .. } => "insufficient_funds",
        }
    }

    pub fn figure(self) -> Option<i64> {
        match self {
            No::BidTooLow { minimum: figure } | No::InsufficientFunds { available: figure } => Some(figure),
            _ => None,
        }
    }
}

/// Basis points of an amount, half a unit up.
pub fn rate(amount: i64, bps: i64) -> i64 {
    let twice = 2 * i128::from(amount) * i128::from(bps);
    i64::try_from((twice + 10_000) / 20_000).unwrap()
}

/// 1, 2, 5, 10, 20, 50 …: the largest of them that goes twenty times into the price; 1 if none does.
pub fn step(own: Option<i64>, price: i64) -> i64 {
    let (mut largest, mut zeros) = (1, 1_i128);
    while zeros * 20 <= i128::from(price) {
        for step in [zeros, 2 * zeros, 5 * zeros] {
            if step * 20 <= i128::from(price) {
                largest = step;
            }
        }
        zeros *= 10;
    }
    own.unwrap_or(largest.try_into().unwrap())
}

impl Lot {
    /// Whose maximum is the highest, and how high; the earliest of equals.
    pub fn best(&self) -> Option<(i64, i64)> {
        best(&self.bids)
    }

    /// The same before the bid at this place.
    pub fn best_before(&self, k: usize) -> Option<(i64, i64)> {
        best(&self.bids[..k])
    }

    /// What stands: decided by the last bid against others and the best maximum before it; the reserve lifts it.
    pub fn price(&self) -> Option<i64> {
        let (_, highest) = self.best()?;
        let last = (0..self.bids.len()).rev().find(|k| !self.is_raise(*k)).unwrap();
        let Made { amount, max: new, .. } = self.bids[last];
        let fought = match best(&self.bids[..last]) {
            None => amount,
            Some((_, old)) if new > old => amount.max(new.min(old + step(self.terms.increment, old))),
            Some((_, old)) if new == old => old,
            Some((_, old)) => old.min(new + step(self.terms.increment, new)),
        };
        let reached = self.terms.reserve.filter(|reserve| highest >= *reserve);
        Some(fought.max(reached.unwrap_or(0)))
    }

    /// Whether the bid at this place was the leader's own new maximum.
    pub fn is_raise(&self, k: usize) -> bool {
        best(&self.bids[..k]).is_some_and(|(leader, _)| leader == self.bids[k].who)
    }

    /// Whether the house answered the bid at this place for the leader.
    pub fn is_answered(&self, k: usize) -> bool {
        best(&self.bids[..k])
            .is_some_and(|(leader, max)| leader != self.bids[k].who && max > self.bids[k].max)
    }

    /// How long the public history is: the bids, and the house's answers for leaders.
    pub fn n_rows(&self) -> i64 {
        let answers = (0..self.bids.len()).filter(|k| self.is_answered(*k)).count();
        (self.bids.len() + answers) as i64
    }

    pub fn minimum(&self) -> i64 {
        self.price().map_or(self.terms.opening, |price| price + step(self.terms.increment, price))
    }

    /// None where there is no reserve.
    pub fn reserve_met(&self) -> Option<bool> {
        let highest = self.best().map_or(0, |(_, max)| max);
        self.terms.reserve.map(|reserve| highest >= reserve)
    }

    /// The buy-now price while it can be taken.
    pub fn buy_now(&self) -> Option<i64> {
        let offered = self.bids.is_empty() || self.reserve_met() == Some(false);
        self.terms.buy_now.filter(|_| offered)
    }

    pub fn closes_at(&self) -> i64 {
        self.hands().close
    }

    pub fn paused_since(&self) -> Option<i64> {
        self.hands().paused
    }

    /// Whether bidding is over for good, but for an outage.
    pub fn is_past(&self, now: i64) -> bool {
        self.paused_since().is_none() && now >= self.closes_at()
    }

    /// The whole story once more, one thing after the other.
    fn hands(&self) -> Hands {
        let first = self.terms.first_close;
        let mut hands = Hands { close: first, paused: None, cap_from: first };
        for k in 0..=self.bids.len() {
            for (_, time) in self.times.iter().filter(|(after, _)| *after == k) {
                self.turn(&mut hands, *time);
            }
            let Some(bid) = self.bids.get(k).filter(|_| !self.is_raise(k)) else { continue };
            if let Some((window, extension, cap)) = self.terms.soft
                && bid.at >= hands.close - window * 1_000
            {
                let latest = hands.cap_from + cap * 1_000;
                hands.close = hands.close.max((bid.at + extension * 1_000).min(latest));
            }
        }
        hands
    }

    fn turn(&self, hands: &mut Hands, time: Time) {
        match time {
            Time::Postponed { by_s } => {
                hands.close += by_s * 1_000;
                hands.cap_from = hands.close;
            }
            Time::Paused { at } => hands.paused = Some(at),
            Time::Resumed { at } => {
                hands.close += at - hands.paused.take().unwrap();
                hands.cap_from = hands.close;
            }
            Time::Away { from, until } => {
                let Some(least) = self.terms.outage_s.map(|s| s * 1_000) else { return };
                // While it was paused nobody could have bid anyhow.
                let (from, until) = (from.max(self.terms.made_at), hands.paused.unwrap_or(until).min(until));
                if from < until && from < hands.close && hands.close - until < least {
                    hands.close = until + least;
                }
            }
        }
    }

    /// Why nobody may bid on it or buy it now, as long as it has not ended.
    pub fn why_shut(&self, now: i64) -> Option<No> {
        if self.paused_since().is_some() {
            Some(No::Paused)
        } else if now >= self.closes_at() {
            Some(No::ListingClosed)
        } else if self.terms.opens_at.is_some_and(|opens_at| now < opens_at) {
            Some(No::NotOpenYet)
        } else {
            None
        }
    }

    /// What is held for a maximum, or owed for a price: it, and the premium on it.
    pub fn with_premium(&self, amount: i64) -> i64 {
        amount + rate(amount, self.terms.premium_bps)
    }

    /// What is held for the leader.
    pub fn held(&self) -> i64 {
        self.best().map_or(0, |(_, max)| self.with_premium(max))
    }

    /// Why this bid is refused, if it is. `available` is without what this lot holds.
    pub fn why_not(&self, bid: Made, suspended: bool, available: i64) -> Option<No> {
        let leads = self.best().filter(|(leader, _)| *leader == bid.who);
        let own = if leads.is_some() { self.held() } else { 0 };
        if let Some(no) = self.why_shut(bid.at) {
            Some(no)
        } else if bid.who == self.terms.seller {
            Some(No::OwnListing)
        } else if suspended {
            Some(No::NotAllowed)
        } else if leads.is_some_and(|(_, max)| bid.max <= max) {
            Some(No::AlreadyLeading)
        } else if leads.is_none() && bid.amount < self.minimum() {
            Some(No::BidTooLow { minimum: self.minimum() })
        } else if available + own < self.with_premium(bid.max) {
            Some(No::InsufficientFunds { available: available + own })
        } else {
            None
        }
    }

    /// Who buys it at which price once it is closed, or why nobody does.
    pub fn outcome(&self) -> Result<(i64, i64), &'static str> {
        match self.best() {
            None => Err("no_bids"),
            Some(_) if self.reserve_met() == Some(false) => Err("reserve_not_met"),
            Some((winner, _)) => Ok((winner, self.price().unwrap())),
        }
    }
}

fn best(bids: &[Made]) -> Option<(i64, i64)> {
    let highest = bids.iter().map(|bid| bid.max).max()?;
    bids.iter().find(|bid| bid.max == highest).map(|bid| (bid.who, highest))
}
