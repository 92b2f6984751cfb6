//! Links in mails: each leads to a page with a form, and holds once, for a while. Its token is made when its mail is sent;
//! only a hash of it is stored.
//!
//! [`letters::ask_link`](crate::house::notices::letters::ask_link) asks for one. A page looks at a link with
//! [`House::open_link`], which uses nothing up; the verb behind its form takes it with [`take`].

use crate::house::notices::letters::LINK_PLACE;
use crate::house::notices::outbox::{Round, Trouble};
use crate::house::people::log_in::{new_token, token_hash};
use crate::house::{Answer, House};
use crate::rules::notice::LinkKind;
use crate::rules::refusal::Refusal;
use crate::rules::time::Time;
use crate::store::accounts::{Account, AccountState};
use crate::store::letters::Link;
use crate::store::outbox::Delivery;
use crate::store::{Snapshot, Tx};

/// A link that was opened, with the account that it is for.
#[derive(Clone, Debug)]
pub struct OpenedLink {
    pub account: Account,
    pub kind: LinkKind,
    /// Whoever opened it has this address.
    pub email: String,
}

/// A mail with its link in place.
pub struct Sealed {
    pub delivery: Delivery,
    /// The token in it; none without a link. What a server answers may quote it.
    pub token: Option<String>,
}

impl Sealed {
    /// The trouble without the token, which an answer may quote.
    pub fn without_token(&self, trouble: Trouble) -> Trouble {
        let clean = |words: String| match &self.token {
            Some(token) => words.replace(token, "…"),
            None => words,
        };
        match trouble {
            Trouble::Refused(words) => Trouble::Refused(clean(words)),
            Trouble::Later(words) => Trouble::Later(clean(words)),
            Trouble::Unreached(words) => Trouble::Unreached(clean(words)),
        }
    }
}

impl House {
    /// Looks at the link of a token without using it up. Refuses `invalid` ([`Refusal::LinkEnded`]) if there is none of
    /// this kind, or if it was used, has ended, or has been replaced by a newer one.
    pub fn open_link(&self, token: &str, kind: LinkKind) -> Answer<OpenedLink> {
        self.answer(|snapshot| opened(snapshot, token, kind, self.now_in(snapshot)?))
    }

    /// Puts the link into a mail that is about to be sent, with a new token under `base`. `None` if the mail is moot: its
    /// link was used, voided, asked for again, or has ended. Such a mail is dropped.
    pub fn seal(&self, _: &Round, delivery: &Delivery, base: &str) -> Answer<Option<Sealed>> {
        let (Some(kind), Some(account)) = (delivery.link, delivery.account) else {
            return Ok(Some(Sealed { delivery: delivery.clone(), token: None }));
        };
        let token = new_token()?;
        let (hash, id, email) = (token_hash(&token), delivery.id, delivery.email.clone());
        let since = delivery.since;
        let is_armed = self.write(move |tx| {
            let life_s = kind.life_s();
            let holds = |link: Link| {
                Some(link.email) == email && link.asked_at == since && tx.now < link.asked_at.plus_s(life_s)
            };
            let is_wanted = tx.link(account, kind)?.is_some_and(holds);
            match is_wanted {
                true => tx.arm_link(account, kind, &hash, tx.now.plus_s(life_s))?,
                false => tx.drop_delivery(id)?,
            }
            Ok(is_wanted)
        })?;
        let address = format!("{base}{}?token={token}", kind.path());
        let delivery = Delivery {
            body: delivery.body.replace(LINK_PLACE, &address),
            html: delivery.html.as_ref().map(|html| html.replace(LINK_PLACE, &in_html(&address))),
            ..delivery.clone()
        };
        Ok(is_armed.then_some(Sealed { delivery, token: Some(token) }))
    }
}

/// Uses the link of a token up. Refuses as [`House::open_link`] does.
pub(in crate::house) fn take(tx: &Tx<'_>, token: &str, kind: LinkKind) -> Answer<OpenedLink> {
    let link = opened(tx, token, kind, tx.now)?;
    tx.end_link(link.account.id, kind)?;
    Ok(link)
}

fn opened(snapshot: &Snapshot<'_>, token: &str, kind: LinkKind, now: Time) -> Answer<OpenedLink> {
    let link = snapshot.link_of_token(&token_hash(token))?;
    let holds = |link: &Link| link.kind == kind && link.ends_at.is_some_and(|ends_at| now < ends_at);
    let link = link.filter(holds).ok_or(Refusal::LinkEnded)?;
    let account = snapshot.account(link.account)?.filter(|account| account.state != AccountState::Closed);
    let account = account.ok_or(Refusal::LinkEnded)?;
    Ok(OpenedLink { account, kind, email: link.email })
}

/// An address as it stands in HTML.
fn in_html(address: &str) -> String {
    address.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;")
}
