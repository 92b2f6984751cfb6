//! Takes what a page needs from its request, and makes the frame of it: the house, the visitor, the language, the
//! notice of the last action, the warnings.

use crate::house::care::clock_check::ClockState;
use crate::house::people::log_in::token_hash;
use crate::house::views::{ListingView, picture_path, thumbnail_path};
use crate::rules::hash::hex;
use crate::rules::listing::ListingId;
use crate::rules::listing::ListingState;
use crate::store::accounts::AccountState;
use crate::store::outbid::Outbid;
use crate::store::passes::Pass;
use crate::store::sessions::Person;
use crate::text::dates::{Zone, same_day};
use crate::text::i18n::{Lang, Words};
use crate::web::app::App;
use crate::web::local_target::local_target;
use crate::web::pages::parts::card::Card;
use crate::web::pages::parts::frame::{Frame, Viewer};
use crate::web::pages::parts::gallery::Picture;
use crate::web::problem::Outcome;
use crate::web::request::{Method, Request};
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// The values of `?done=` that have a notice.
const DONE: &[&str] = &[
    "joined",
    "logged-in",
    "logged-out",
    "bid",
    "bid-leading",
    "bid-outbid",
    "bought",
    "listed",
    "listed-earlier",
    "cancelled",
    "watched",
    "unwatched",
    "chosen",
    "renamed",
    "email-asked",
    "language-chosen",
    "session-ended",
    "closed",
    "revoked",
    "password-set",
    "password-changed",
    "verified",
    "verification-sent",
    "joined-unverified",
    "terms-accepted",
];

/// The most listings on which a page tells its visitor that they were outbid.
const MAX_OUTBID: i64 = 20;

/// The part of a request that a page needs, even once the request is gone.
#[derive(Clone, Debug)]
pub struct PageContext {
    pub lang: Lang,
    pub person: Option<Arc<Person>>,
    /// At the desk: the pass of the request.
    pub pass: Option<Arc<Pass>>,
    pub is_at_desk: bool,
    /// Whether a hall looks at the page: whoever is logged in there, nothing is said that is for them alone.
    is_projected: bool,
    /// Whether the request bore a token, even one that is no longer good.
    pub had_token: bool,
    /// The page within this house to which links lead back.
    pub path_and_query: String,
    session_mark: String,
    /// The listings on the watchlist of a guest's browser.
    pub watched: Vec<ListingId>,
    done: Option<&'static str>,
}

impl PageContext {
    /// Takes what a page needs from the request.
    pub fn of(request: &Request) -> PageContext {
        let said = request.query("done");
        let path_and_query = match request.method {
            Method::Get => without_done(&request.target),
            _ => page_of_form(&request.path),
        };
        PageContext {
            lang: request.lang,
            person: request.person.clone(),
            pass: request.pass.clone(),
            is_at_desk: request.is_at_desk(),
            is_projected: false,
            had_token: request.token.is_some(),
            path_and_query: local_target(&path_and_query),
            session_mark: session_mark(request),
            watched: request.watched.clone(),
            done: DONE.iter().copied().find(|done| Some(*done) == said),
        }
    }

    /// The same for a page that is shown to a hall.
    pub fn projected(self) -> PageContext {
        PageContext { is_projected: true, ..self }
    }

    pub fn words(&self) -> Words {
        Words::new(self.lang)
    }

    /// Makes the frame for a page that shows the house as of the event `cursor`, or that shows nothing of it: 0.
    pub fn frame(&self, app: &App, cursor: i64) -> Outcome<Frame> {
        let current = app.current();
        let words = self.words();
        let has_sales = app.house.has_sales()?;
        let own = self.person.as_ref().map(|person| own(app, person, has_sales)).transpose()?;
        let (last, outbid, viewer) = match own {
            None => (cursor, Vec::new(), None),
            Some(own) => (own.last_event, own.outbid, Some(own.viewer)),
        };
        let warnings = if self.is_projected { Vec::new() } else { self.warnings(app, &current.zone)? };
        Ok(Frame {
            has_sales,
            own_pages: app.own_texts().names(),
            words,
            house_name: current.settings.name.clone(),
            currency: current.currency,
            zone: current.zone,
            branding: current.branding,
            now: app.house.now().utc(),
            viewer,
            session_mark: self.session_mark.clone(),
            path_and_query: self.path_and_query.clone(),
            cursor: if cursor == 0 { last } else { cursor },
            outbid,
            notice: self.done.map(|done| words.t(&format!("done-{done}"))),
            warnings,
        })
    }
}

impl PageContext {
    /// What the visitor is warned of: the clock, their own account, and what only some can do anything about.
    fn warnings(&self, app: &App, zone: &Zone) -> Outcome<Vec<String>> {
        let words = self.words();
        let is_pending = self.person.as_ref().is_some_and(|person| person.state == AccountState::Pending);
        let own = is_pending.then(|| words.t("refused-awaiting-approval"));
        let of_scheduler = self.scheduler_warning(app)?.map(|key| words.t(key));
        Ok([clock_warning(app, &words, zone)?, own, of_scheduler].into_iter().flatten().collect())
    }

    /// Only admins can do anything about the scheduler; a seller may ask why a listing ends late. Nobody else reads of it.
    fn scheduler_warning(&self, app: &App) -> Outcome<Option<&'static str>> {
        let (Some(warning), Some(person)) = (app.warning(), &self.person) else { return Ok(None) };
        Ok((person.is_admin || app.house.sells_now(person.id)?).then_some(warning))
    }
}

/// What every page tells a person of their own, read at one moment.
struct Own {
    viewer: Viewer,
    outbid: Vec<Outbid>,
    /// The page's stream goes on from this event.
    last_event: i64,
}

/// Reads it. Only who may bid is told where they were outbid.
fn own(app: &App, person: &Person, has_sales: bool) -> Outcome<Own> {
    let own = app.house.read(|snapshot| {
        let available = snapshot.purse(person.id)?.available();
        let number = if has_sales { app.house.number_now(snapshot, person.id)? } else { None };
        let outbid = match person.state {
            AccountState::Active => snapshot.outbid_of(person.id, app.house.now(), MAX_OUTBID)?,
            _ => Vec::new(),
        };
        let viewer = Viewer { id: person.id.0, name: person.name.clone(), number, available };
        anyhow::Ok(Own { viewer, outbid, last_event: snapshot.last_event()?.id })
    });
    Ok(own?)
}

fn clock_warning(app: &App, words: &Words, zone: &Zone) -> Outcome<Option<String>> {
    Ok(match app.house.clock_state()? {
        ClockState::Right { .. } => None,
        ClockState::Jumped { .. } => Some(words.t("warning-clock-jumped")),
        ClockState::Behind { now, stands_at } => {
            let (now, at) = (now.utc(), stands_at.utc());
            let time = if same_day(zone, at, now) { zone.time(at) } else { zone.full(at, words.lang) };
            Some(words.t1("warning-clock-behind", "time", time))
        }
    })
}

/// Returns a few digits that differ for each session and reveal nothing of its token: a hash of the hash that the house
/// keeps.
fn session_mark(request: &Request) -> String {
    match (&request.person, &request.token) {
        (Some(_), Some(token)) => hex(&Sha256::digest(token_hash(&token.text))[..6]),
        _ => String::new(),
    }
}

/// The address of the same page without its notice.
fn without_done(target: &str) -> String {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let pairs: Vec<&str> =
        query.split('&').filter(|pair| !pair.is_empty() && !pair.starts_with("done=")).collect();
    if pairs.is_empty() { path.to_owned() } else { format!("{path}?{}", pairs.join("&")) }
}

/// The page with the form that posts to `path`.
fn page_of_form(path: &str) -> String {
    let mut parts = path.trim_start_matches('/').split('/');
    match (parts.next(), parts.next(), parts.next()) {
        (Some("listings"), Some(id), Some(_)) => format!("/listings/{id}"),
        (Some("logout"), ..) => "/".to_owned(),
        (Some("account"), Some("profile"), _) => "/account/profile".to_owned(),
        (Some("account"), Some("close"), _) => "/account/close".to_owned(),
        (Some("account"), ..) => "/account".to_owned(),
        _ => path.to_owned(),
    }
}

/// Returns `path` with the notice `done`.
pub fn with_done(path: &str, done: &str) -> String {
    let (page, fragment) = path.split_once('#').unwrap_or((path, ""));
    let joint = if page.contains('?') { '&' } else { '?' };
    let fragment = if fragment.is_empty() { String::new() } else { format!("#{fragment}") };
    format!("{page}{joint}done={done}{fragment}")
}

/// A listing as a card.
pub fn card(listing: &ListingView) -> Card {
    Card {
        id: listing.id.0,
        title: listing.title.clone(),
        category: listing.category.clone(),
        state: listing.state,
        opening: listing.opening,
        price: listing.price,
        minimum: listing.minimum.or(listing.price).unwrap_or(listing.opening),
        leader: listing.leader.clone(),
        leader_number: listing.leader_number,
        n_bids: listing.n_bids,
        reserve_met: listing.reserve_met,
        buy_now: listing.buy_now.filter(|_| listing.buy_now_offered),
        closes_at: listing.closes_at.utc(),
        thumb: listing.thumbnail.clone(),
        picture: listing.picture.clone(),
        hammer: listing.price.filter(|_| listing.state == ListingState::Sold),
        reversed: listing.reversed_at.is_some(),
        sale: listing.sale.clone(),
        lot: listing.lot.clone(),
        opens_at: listing.opens_at.map(|at| at.utc()),
        mine: None,
    }
}

/// Returns the stored pictures with these names, in this order.
pub fn gallery(names: &[String]) -> Vec<Picture> {
    let picture = |name: &String| Picture { large: picture_path(name), thumb: thumbnail_path(name) };
    names.iter().map(picture).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_s_page_is_known_by_its_path() {
        assert_eq!(page_of_form("/listings/5/bids"), "/listings/5");
        assert_eq!(page_of_form("/listings/new"), "/listings/new");
        assert_eq!(page_of_form("/logout"), "/");
        assert_eq!(without_done("/listings/5?done=bid&lang=ko"), "/listings/5?lang=ko");
        assert_eq!(with_done("/account?x=1", "bid"), "/account?x=1&done=bid");
    }
}
