//! The frame around the pages of the desk: the house, the sale, the pass and until when it holds, and links to what the
//! pass may do.

use crate::rules::desk::{Right, Rights};
use crate::web::app::App;
use crate::web::pages::desk::forms::fresh_key;
use crate::web::pages::parts::context::PageContext;
use crate::web::pages::parts::frame::Frame;
use crate::web::problem::Outcome;
use crate::web::request::Request;
use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};
use std::ops::Deref;

/// The sentences of the desk's script, each with its key.
const SPOKEN: [(&str, &str); 6] = [
    ("offline", "desk-offline"),
    ("sending", "send-sending"),
    ("send_waiting", "send-waiting"),
    ("send_payment", "send-payment"),
    ("send_lost", "send-lost"),
    ("send_open", "desk-open"),
];

/// The content of the frame. It has the words, amounts and times of every page's frame, and nothing of an account.
#[derive(Clone, Debug)]
pub struct DeskFrame {
    page: Frame,
    /// None on the page that asks for a code.
    pub pass: Option<PassLine>,
    /// A new key for each page: its form posts it, so that the same form sent twice books once.
    pub key: String,
}

/// The pass, as the frame names it.
#[derive(Clone, Debug)]
pub struct PassLine {
    /// By which the script knows that a write belongs to this pass.
    pub id: i64,
    pub name: String,
    pub sale: String,
    pub may: Rights,
    /// Until when it holds.
    pub until: String,
}

/// A link of the frame to a page of the desk.
pub struct DeskLink {
    pub right: Right,
    pub path: &'static str,
    pub is_here: bool,
}

impl Deref for DeskFrame {
    type Target = Frame;

    fn deref(&self) -> &Frame {
        &self.page
    }
}

impl DeskFrame {
    /// The frame for the answer to a request.
    pub fn of(app: &App, request: &Request) -> Outcome<DeskFrame> {
        DeskFrame::new(app, &PageContext::of(request))
    }

    /// The frame for an answer that follows once the request is gone.
    pub fn new(app: &App, context: &PageContext) -> Outcome<DeskFrame> {
        let page = context.frame(app, 0)?;
        let pass = match &context.pass {
            None => None,
            Some(pass) => Some(PassLine {
                id: pass.id.0,
                name: pass.name.clone(),
                sale: app.house.sale_name_at_desk(pass)?,
                may: pass.may.clone(),
                until: until(&page, pass.ends_at.utc()),
            }),
        };
        Ok(DeskFrame { page, pass, key: fresh_key()? })
    }

    /// The same frame with this key: a form that is shown again stays the same request.
    pub fn with_key(self, key: &str) -> DeskFrame {
        DeskFrame { key: key.to_owned(), ..self }
    }

    /// The pages that the pass may use, in the order of an evening.
    pub fn links(&self) -> Vec<DeskLink> {
        let here = self.path_and_query.split('?').next().unwrap_or_default();
        let may = |right: &&Right| self.pass.as_ref().is_some_and(|pass| pass.may.has(**right));
        let link = |right: &Right| {
            let path = path_of(*right);
            let is_at = |path: &str| {
                here.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            };
            let is_paper = *right == Right::Checkout && CHECKOUT_PAPERS.into_iter().any(is_at);
            DeskLink { right: *right, path, is_here: is_paper || is_at(path) }
        };
        Right::ALL.iter().filter(may).map(link).collect()
    }

    /// The data of the desk's script, as JSON that is safe inside a script element.
    pub fn for_desk_script(&self) -> String {
        let words = SPOKEN.iter().map(|(name, key)| ((*name).to_owned(), Value::from(self.t(key))));
        let value = json!({
            "pass": self.pass.as_ref().map(|pass| pass.id),
            "decimals": self.currency.decimals,
            "signs": self.currency.signs(),
            "words": words.collect::<Map<String, Value>>(),
        });
        value.to_string().replace('<', "\\u003c")
    }
}

impl DeskLink {
    pub fn title(&self, frame: &Frame) -> String {
        frame.t(&format!("desk-{}", self.right.name()))
    }

    pub fn hint(&self, frame: &Frame) -> String {
        frame.t(&format!("desk-{}-hint", self.right.name()))
    }
}

/// A time of the evening to the minute; with the date, if it is a day away or more.
fn until(page: &Frame, at: DateTime<Utc>) -> String {
    match page.seconds_left(&at) {
        0..86_400 => page.zone.time(at).chars().take(5).collect(),
        _ => page.zone.short(at),
    }
}

/// What the checkout prints.
const CHECKOUT_PAPERS: [&str; 3] = ["/desk/receipts", "/desk/bills", "/desk/till"];

/// The page on which a right is used.
pub fn path_of(right: Right) -> &'static str {
    match right {
        Right::Checkin => "/desk/checkin",
        Right::Bid => "/desk/bid",
        Right::Checkout => "/desk/checkout",
    }
}
