//! The tabs of the account page: each has an address of its own, so that they need no script. Only the data of the tab that
//! is shown are read; the others are counted.

use crate::rules::listing::AccountId;
use crate::store::listings::Relation;
use crate::web::app::App;
use crate::web::problem::Outcome;
use crate::web::request::Request;

/// Counts no further: what is more reads "500+".
const MAX_COUNTED: i64 = 500;

/// A part of the account page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tab {
    Pay,
    Bidding,
    Selling,
    Money,
    Settings,
}

impl Tab {
    pub const ALL: [Tab; 5] = [Tab::Pay, Tab::Bidding, Tab::Selling, Tab::Money, Tab::Settings];

    /// Its name in the address.
    pub fn name(self) -> &'static str {
        match self {
            Tab::Pay => "pay",
            Tab::Bidding => "bidding",
            Tab::Selling => "selling",
            Tab::Money => "money",
            Tab::Settings => "settings",
        }
    }

    /// The anchors of its sections, which stood on one page once: mails and bookmarks still lead to them.
    pub fn anchors(self) -> &'static [&'static str] {
        match self {
            Tab::Pay => &["won-title"],
            Tab::Bidding => &["outbid-title", "leading-title"],
            Tab::Selling => &["selling-title"],
            Tab::Money => &["statement-title"],
            Tab::Settings => &["mail", "push"],
        }
    }

    /// The tab that the address names. Without one: the settings after they were saved, else what is due, else the bids.
    pub fn of(request: &Request, counts: &Counts) -> Tab {
        let named = request.query("tab").and_then(|name| Tab::ALL.into_iter().find(|tab| tab.name() == name));
        named.unwrap_or(match (request.query("done"), counts.due) {
            (Some("chosen"), _) => Tab::Settings,
            (_, 0) => Tab::Bidding,
            _ => Tab::Pay,
        })
    }
}

/// How much there is to do in the tabs.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counts {
    /// Purchases that are not paid in full.
    pub unpaid: i64,
    /// The unpaid part of all purchases.
    pub due: i64,
    /// Open listings that the person has bid on.
    pub bidding: i64,
    /// Open listings of theirs.
    pub selling: i64,
}

impl Counts {
    pub fn of(app: &App, person: AccountId) -> Outcome<Counts> {
        let owed = app.house.dues(person)?;
        Ok(app.house.read(|snapshot| {
            let bidding = snapshot.listings_of(person, Relation::Bidding, None, MAX_COUNTED + 1)?;
            Ok::<_, anyhow::Error>(Counts {
                unpaid: i64::try_from(owed.0)?,
                due: owed.1,
                bidding: i64::try_from(bidding.len())?,
                selling: snapshot.n_open_of(person, MAX_COUNTED + 1)?,
            })
        })?)
    }

    /// The count that a tab shows; nothing for none.
    pub fn shown(&self, tab: &Tab) -> Option<String> {
        let n = match tab {
            Tab::Pay => self.unpaid,
            Tab::Bidding => self.bidding,
            Tab::Selling => self.selling,
            Tab::Money | Tab::Settings => 0,
        };
        (n > 0).then(|| if n > MAX_COUNTED { format!("{MAX_COUNTED}+") } else { n.to_string() })
    }
}
