//! Decides which people get a notice of an event outside the pages. Each notice is written in the transaction of its
//! cause and sent after the commit. Nobody is notified of their own action: they have its answer.

use crate::house::settings::keys::LANGUAGES;
use crate::house::{Answer, House};
use crate::rules::bidding::Standing;
use crate::rules::listing::{AccountId, Listing, ListingId};
use crate::rules::notice::{About, Channel, KindSet, NoticeKind};
use crate::rules::refusal::Refusal;
use crate::rules::settlement::Outcome;
use crate::store::Tx;
use crate::store::log::LogLine;
use crate::store::preferences::Preferences;
use anyhow::Result;
use serde_json::json;

/// The most bidders of one listing who are notified of a close that an outage or the organiser has moved.
const MAX_BIDDERS: i64 = 1_000;

/// Notifies the bidder who has lost the lead.
pub(in crate::house) fn outbid(tx: &Tx<'_>, listing: ListingId, loser: AccountId) -> Result<()> {
    tx.notify(NoticeKind::Outbid, loser, About::Listing(listing))
}

/// Notifies the seller that a late bid has moved the close. Bidders see it on the page, and the one who was outbid
/// reads the new close in that notice.
pub(in crate::house) fn extended(tx: &Tx<'_>, listing: &Listing) -> Result<()> {
    tx.notify(NoticeKind::Extended, listing.seller, About::Listing(listing.id))
}

/// Notifies the seller and everyone who has bid that an outage, a postponement or a resume has moved the close.
pub(in crate::house) fn prolonged(tx: &Tx<'_>, listing: &Listing) -> Result<()> {
    tx.notify(NoticeKind::Extended, listing.seller, About::Listing(listing.id))?;
    for bidder in tx.bidders_of(listing.id, MAX_BIDDERS)? {
        tx.notify(NoticeKind::Extended, bidder, About::Listing(listing.id))?;
    }
    Ok(())
}

/// Notifies the buyer, the seller and a leader who did not win of the end. A seller who cancels knows already.
pub(in crate::house) fn end(
    tx: &Tx<'_>,
    listing: &Listing,
    standing: &Standing,
    outcome: &Outcome,
) -> Result<()> {
    let id = About::Listing(listing.id);
    let leader = standing.lead.as_ref().map(|lead| lead.bidder);
    match outcome {
        Outcome::Sold(sale) => {
            tx.notify(NoticeKind::Won, sale.buyer, id)?;
            tx.notify(NoticeKind::Sold, listing.seller, id)?;
            // Somebody bought it at once, which ends the leader's chance.
            leader
                .filter(|leader| *leader != sale.buyer)
                .map_or(Ok(()), |leader| outbid(tx, listing.id, leader))
        }
        Outcome::Unsold(_) => {
            tx.notify(NoticeKind::Unsold, listing.seller, id)?;
            leader.map_or(Ok(()), |leader| tx.notify(NoticeKind::Unsold, leader, id))
        }
        Outcome::Cancelled { .. } => {
            leader.map_or(Ok(()), |leader| tx.notify(NoticeKind::Cancelled, leader, id))
        }
    }
}

/// Notifies the seller that an admin has cancelled the listing.
pub(in crate::house) fn cancelled(tx: &Tx<'_>, listing: &Listing) -> Result<()> {
    tx.notify(NoticeKind::Cancelled, listing.seller, About::Listing(listing.id))
}

/// Notifies of money paid in or out, or of a reversed sale.
pub(in crate::house) fn funds(tx: &Tx<'_>, account: AccountId) -> Result<()> {
    tx.notify(NoticeKind::Funds, account, About::Funds)
}

/// Notifies the admins that somebody waits for approval.
pub(in crate::house) fn pending(tx: &Tx<'_>, account: AccountId) -> Result<()> {
    for admin in tx.admins()? {
        tx.notify(NoticeKind::Pending, admin, About::Account(account))?;
    }
    Ok(())
}

impl House {
    /// Sets the channels that a server has from now on: notices are written for these only, and what waits for another
    /// channel is parked.
    pub fn keep_channels(&self, channels: &[Channel]) -> Answer<()> {
        let channels = channels.to_vec();
        self.write(move |tx| {
            let held: Vec<Channel> = tx.channels()?.into_iter().map(|open| open.channel).collect();
            for channel in Channel::ALL {
                // Pushes need no configuration: their channel is open while a browser has subscribed.
                let is_wanted = match channel {
                    Channel::Push => held.contains(&channel),
                    Channel::Mail | Channel::Webhook => channels.contains(&channel),
                };
                match (is_wanted, held.contains(&channel)) {
                    (true, false) => tx.open_channel(channel)?,
                    // A starting server tries at once.
                    (true, true) => tx.go_on(channel)?,
                    (false, true) => {
                        tx.close_channel(channel, "the server has no such way any more")?;
                        if channel == Channel::Mail {
                            tx.forget_letters()?;
                        }
                    }
                    (false, false) => {}
                }
            }
            Ok(())
        })
    }

    /// Which notices a person gets by mail and in their browsers, and in which language.
    pub fn preferences(&self, account: AccountId) -> Result<Preferences> {
        self.read(|snapshot| snapshot.preferences(account))
    }

    /// Sets which notices a person gets by mail, and in which language; `None` changes nothing. Refuses `invalid`.
    pub fn choose(
        &self,
        account: AccountId,
        mail: Option<KindSet>,
        language: Option<&str>,
    ) -> Answer<Preferences> {
        self.choose_all(account, mail, None, language)
    }

    /// The same, and which notices the person's browsers get.
    pub fn choose_all(
        &self,
        account: AccountId,
        mail: Option<KindSet>,
        push: Option<KindSet>,
        language: Option<&str>,
    ) -> Answer<Preferences> {
        if language.is_some_and(|language| !LANGUAGES.contains(&language)) {
            return Err(Refusal::invalid("language", format!("One of: {}.", LANGUAGES.join(", "))).into());
        }
        let language = language.map(str::to_owned);
        self.write(move |tx| {
            let held = tx.preferences(account)?;
            let preferences = Preferences {
                mail: mail.unwrap_or(held.mail),
                push: push.unwrap_or(held.push),
                language: language.clone().or(held.language),
                ..held
            };
            tx.set_preferences(account, &preferences)?;
            let kinds: Vec<&str> = preferences.mail.kinds().into_iter().map(NoticeKind::name).collect();
            let mut detail = json!({"mail": kinds, "language": preferences.language});
            if push.is_some() {
                let kinds: Vec<&str> = preferences.push.kinds().into_iter().map(NoticeKind::name).collect();
                detail["push"] = json!(kinds);
            }
            tx.log(&LogLine::of("account.mails").account(account).detail(detail))?;
            Ok(preferences)
        })
    }
}
