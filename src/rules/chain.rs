//! The hash chain: each bid, each change of the close, the settlement and the reversal of a listing is bound to all that
//! came before it.
//!
//! A link's hash is SHA-256 over the previous hash (32 bytes) and the canonical form of the row: its fields in a
//! stated order, as text, each followed by a line feed. Text fields are preceded by their length in bytes, so that no
//! two rows share a form. The secret maximum enters only as a commitment, SHA-256 over a random salt of 16 bytes and
//! the maximum in decimal: anyone can check the public history, and the owner, who gets the salt, can check the
//! maximum. The reserve enters the same way, and the seller gets its salt: a house cannot change the reserve
//! afterwards.

use super::bidding::BidKind;
use super::desk::DeskMark;
use super::hash::{Hash, Salt, hex};
use super::listing::{AccountId, Listing, ListingId};
use super::money::Money;
use super::settlement::Outcome;
use super::time::Time;
use super::timing::{Timing, TimingLink};
use sha2::{Digest, Sha256};

/// A row of the history as it enters the chain. Everything in it is public.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BidLink<'a> {
    pub listing: ListingId,
    pub seq: i64,
    pub kind: BidKind,
    pub bidder: AccountId,
    pub amount: Money,
    pub price: Money,
    pub closes_at: Time,
    pub at: Time,
    pub message: &'a str,
    pub commitment: Hash,
    /// Set where the desk entered the bid.
    pub desk: Option<&'a DeskMark>,
}

impl BidLink<'_> {
    /// The word that begins its link: of a bid from the desk `desk-bid`, also where it raises the leader's maximum.
    pub fn name(&self) -> &'static str {
        if self.desk.is_some() { "desk-bid" } else { self.kind.name() }
    }
}

/// A settlement as it enters the chain: its last link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettlementLink<'a> {
    pub listing: ListingId,
    pub outcome: &'a str,
    pub reason: &'a str,
    pub buyer: Option<AccountId>,
    pub hammer: Money,
    pub premium: Money,
    pub commission: Money,
    pub closes_at: Time,
    pub settled_at: Time,
}

impl SettlementLink<'_> {
    pub fn of(
        listing: ListingId,
        outcome: &Outcome,
        closes_at: Time,
        settled_at: Time,
    ) -> SettlementLink<'_> {
        let sale = outcome.sale();
        SettlementLink {
            listing,
            outcome: outcome.name(),
            reason: outcome.reason().unwrap_or(""),
            buyer: sale.map(|sale| sale.buyer),
            hammer: sale.map_or(0, |sale| sale.hammer),
            premium: sale.map_or(0, |sale| sale.premium),
            commission: sale.map_or(0, |sale| sale.commission),
            closes_at,
            settled_at,
        }
    }
}

/// The commitment to a secret maximum: binds it without revealing it.
pub fn commit(salt: &Salt, max: Money) -> Hash {
    Sha256::new().chain_update(salt).chain_update(max.to_string()).finalize().into()
}

/// The commitment to a listing's secret reserve; to 0 if it has none.
pub fn commit_reserve(listing: &Listing) -> Hash {
    commit(&listing.reserve_salt, listing.reserve.unwrap_or(0))
}

/// The hash before the first link of every chain.
pub const NOTHING: Hash = [0; 32];

/// The first hash of a listing's chain, over the offer and its terms. A lot's link has the same fields as any listing's,
/// and after them its place in the sale.
pub fn genesis(listing: &Listing) -> Hash {
    let mut form = Form::new(&NOTHING, first_kind(listing));
    form.number(listing.id.0).number(listing.seller.0).text(&listing.title).text(&listing.description);
    form.text(&pictures_form(&listing.pictures)).number(listing.opening);
    form.text(&hex(&commit_reserve(listing)));
    form.number(listing.buy_now.unwrap_or(0)).number(listing.increment.unwrap_or(0));
    form.number(listing.first_closes_at.0);
    let soft = listing.soft_close.map_or([0; 3], |s| [s.window_s, s.extension_s, s.cap_s]);
    form.number(soft[0]).number(soft[1]).number(soft[2]);
    form.number(listing.premium_bps).number(listing.commission_bps).number(listing.outage_s.unwrap_or(0));
    form.number(listing.created_at.0);
    if let Some(lot) = &listing.lot {
        form.text(&lot.sale).text(&lot.code).number(lot.opens_at.map_or(0, |at| at.0));
    }
    form.hash()
}

/// The text that begins a listing's first link: `listing`, or `lot` in a sale.
pub fn first_kind(listing: &Listing) -> &'static str {
    if listing.lot.is_some() { "lot" } else { "listing" }
}

/// The form of a listing's pictures in its chain: their names, joined by commas. One picture or none has the form from
/// before there were several.
pub fn pictures_form(pictures: &[String]) -> String {
    pictures.join(",")
}

pub fn link_bid(previous: &Hash, link: &BidLink<'_>) -> Hash {
    let mut form = Form::new(previous, link.name());
    form.number(link.listing.0).number(link.seq).number(link.bidder.0);
    form.number(link.amount).number(link.price).number(link.closes_at.0).number(link.at.0);
    form.text(link.message).text(&hex(&link.commitment));
    if let Some(desk) = link.desk {
        form.text(&desk.pass).text(desk.source.name());
    }
    form.hash()
}

pub fn link_timing(previous: &Hash, link: &TimingLink) -> Hash {
    let mut form = Form::new(previous, link.timing.name());
    form.number(link.listing.0).number(link.after_seq);
    match &link.timing {
        Timing::Prolongation { outage } => {
            form.number(link.closes_at.0).number(outage.from.0).number(outage.until.0).number(link.at.0);
        }
        Timing::Postponement { by_s, who, why } => {
            form.number(link.closes_at.0).number(*by_s).number(link.at.0).text(who).text(why);
        }
        Timing::Pause { who, why } => {
            form.number(link.at.0).text(who).text(why);
        }
        Timing::Resume { who } => {
            form.number(link.closes_at.0).number(link.at.0).text(who);
        }
    }
    form.hash()
}

pub fn link_settlement(previous: &Hash, link: &SettlementLink<'_>) -> Hash {
    let mut form = Form::new(previous, "settlement");
    form.number(link.listing.0).text(link.outcome).text(link.reason);
    form.number(link.buyer.map_or(0, |buyer| buyer.0));
    form.number(link.hammer).number(link.premium).number(link.commission);
    form.number(link.closes_at.0).number(link.settled_at.0);
    form.hash()
}

/// A reversal as it enters the chain: the last link of a listing whose sale is reversed. `who` is the public name of a
/// role, never an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReversalLink<'a> {
    pub listing: ListingId,
    pub settlement: i64,
    pub at: Time,
    pub who: &'a str,
    pub why: &'a str,
}

pub fn link_reversal(previous: &Hash, link: &ReversalLink<'_>) -> Hash {
    let mut form = Form::new(previous, "reversal");
    form.number(link.listing.0).number(link.settlement).number(link.at.0).text(link.who).text(link.why);
    form.hash()
}

struct Form(Vec<u8>);

impl Form {
    fn new(previous: &Hash, kind: &str) -> Form {
        let mut bytes = Vec::with_capacity(320);
        bytes.extend_from_slice(previous);
        let mut form = Form(bytes);
        form.text(kind);
        form
    }

    fn number(&mut self, number: i64) -> &mut Form {
        self.0.extend_from_slice(number.to_string().as_bytes());
        self.0.push(b'\n');
        self
    }

    fn text(&mut self, text: &str) -> &mut Form {
        self.number(text.len() as i64);
        self.0.extend_from_slice(text.as_bytes());
        self.0.push(b'\n');
        self
    }

    fn hash(&self) -> Hash {
        Sha256::digest(&self.0).into()
    }
}

#[cfg(test)]
mod tests {
    use super::super::desk::Source;
    use super::super::outage::Outage;
    use super::*;

    fn link(message: &str, amount: Money) -> BidLink<'_> {
        BidLink {
            listing: ListingId(1),
            seq: 1,
            kind: BidKind::Bid,
            bidder: AccountId(2),
            amount,
            price: amount,
            closes_at: Time(9),
            at: Time(3),
            message,
            commitment: commit(&[0; 16], amount),
            desk: None,
        }
    }

    #[test]
    fn every_field_and_the_past_change_the_hash() {
        let base = link_bid(&[0; 32], &link("hello", 100));
        assert_eq!(base, link_bid(&[0; 32], &link("hello", 100)));
        assert_ne!(base, link_bid(&[1; 32], &link("hello", 100)));
        assert_ne!(base, link_bid(&[0; 32], &link("hello", 101)));
        assert_ne!(base, link_bid(&[0; 32], &link("hello\n", 100)));
    }

    #[test]
    fn a_timing_has_the_form_that_the_manual_says() {
        let outage = Outage { from: Time(1_000), until: Time(2_000) };
        let (who, why) = (|| "cli".to_owned(), || "no wifi".to_owned());
        for (timing, form) in [
            (Timing::Prolongation { outage }, "12\nprolongation\n7\n3\n5000\n1000\n2000\n2001\n"),
            (
                Timing::Postponement { by_s: 60, who: who(), why: why() },
                "12\npostponement\n7\n3\n5000\n60\n2001\n3\ncli\n7\nno wifi\n",
            ),
            (Timing::Pause { who: who(), why: why() }, "5\npause\n7\n3\n2001\n3\ncli\n7\nno wifi\n"),
            (Timing::Resume { who: who() }, "6\nresume\n7\n3\n5000\n2001\n3\ncli\n"),
        ] {
            let link = TimingLink {
                listing: ListingId(7),
                after_seq: 3,
                closes_at: Time(5_000),
                at: Time(2_001),
                timing,
            };
            let bytes = [&[9; 32][..], form.as_bytes()].concat();
            assert_eq!(link_timing(&[9; 32], &link), Hash::from(Sha256::digest(bytes)), "{form:?}");
        }
    }

    #[test]
    fn a_bid_from_the_desk_and_a_reversal_have_the_form_that_the_manual_says() {
        let desk = DeskMark { pass: "till 1".to_owned(), source: Source::Paper };
        let bid = BidLink { desk: Some(&desk), ..link("hello", 100) };
        let commitment = hex(&bid.commitment);
        let form = format!(
            "8\ndesk-bid\n1\n1\n2\n100\n100\n9\n3\n5\nhello\n64\n{commitment}\n6\ntill 1\n5\npaper\n"
        );
        let hashed = |form: &str| Hash::from(Sha256::digest([&[9; 32][..], form.as_bytes()].concat()));
        assert_eq!(link_bid(&[9; 32], &bid), hashed(&form));
        let raise = BidLink { kind: BidKind::Raise, ..bid };
        assert_eq!(link_bid(&[9; 32], &raise), hashed(&form), "a raise from the desk has the same form");
        let reversal =
            ReversalLink { listing: ListingId(7), settlement: 4, at: Time(2_001), who: "cli", why: "broken" };
        assert_eq!(
            link_reversal(&[9; 32], &reversal),
            hashed("8\nreversal\n7\n4\n2001\n3\ncli\n6\nbroken\n")
        );
    }

    #[test]
    fn one_picture_or_none_enters_the_chain_as_it_did_before_there_were_several() {
        let names = ["a", "b"].map(|digit| digit.repeat(32));
        for (n, text) in [
            (0, "0\n\n".to_owned()),
            (1, format!("32\n{}\n", names[0])),
            (2, format!("65\n{}\n", names.join(","))),
        ] {
            let mut form = Form::new(&NOTHING, "listing");
            form.text(&pictures_form(&names[..n]));
            let expected = [&NOTHING[..], b"7\nlisting\n", text.as_bytes()].concat();
            assert_eq!(form.hash(), Hash::from(Sha256::digest(expected)), "{n}");
        }
    }

    #[test]
    fn a_commitment_hides_the_maximum_behind_its_salt() {
        assert_ne!(commit(&[1; 16], 500), commit(&[2; 16], 500));
    }
}
