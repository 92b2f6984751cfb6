//! The checkout's page. It says what is bought, paid and handed over, and nothing of what an account could still spend.

use crate::house::desk::till::DeskPayment;
use crate::house::money::bill::{Bill, BillLine, PaymentView};
use crate::rules::desk::{BY_ADMIN, Method};
use crate::rules::money::Money;
use crate::rules::time::Time;
use crate::store::registrations::Registration;
use crate::web::pages::desk::frame::DeskFrame;
use crate::web::pages::parts::filled::Filled;
use crate::web::pages::parts::sale_words::taken_by;
use askama::Template;

/// The content of the page.
#[derive(Template)]
#[template(path = "desk/checkout/page.html", config = "src/web/askama.toml")]
pub struct Checkout {
    pub frame: DeskFrame,
    /// What was typed to find a bill, where that found none.
    pub typed: String,
    /// Why it found none.
    pub amiss: Option<String>,
    pub found: Option<Found>,
    pub bill: Option<BillPart>,
}

/// The guests whom a name has found.
pub struct Found {
    pub name: String,
    pub guests: Vec<Registration>,
}

/// What the page asks before it books.
#[derive(Clone, Debug, Default)]
pub enum Asking {
    #[default]
    Nothing,
    /// Whether more than is due is meant.
    More(More),
    /// Why the lot of this code is handed over before it is paid.
    Why(String),
    /// Why this payment is voided.
    Void(i64),
}

/// An amount above what is due.
#[derive(Clone, Debug)]
pub struct More {
    pub given: DeskPayment,
    pub due: Money,
}

/// A payment that was just taken.
pub struct Paid {
    pub payment: PaymentView,
    /// What to give back, in minor units.
    pub change: Option<Money>,
}

/// A bill with its forms.
pub struct BillPart {
    pub bill: Bill,
    pub paid: Option<Paid>,
    /// The key of the sentence about what was just done.
    pub done: Option<String>,
    /// Why a write was refused.
    pub refused: Option<String>,
    pub asking: Asking,
    pub filled: Filled,
    /// The lot that was scanned, by its settlement.
    pub marked: Option<i64>,
    /// Whether to show the form for a payment though nothing is due.
    pub is_in_advance: bool,
}

/// The element that has the focus when the page comes: what Enter does next.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Focus {
    Find,
    /// The first of the guests found.
    Found,
    Amount,
    More,
    Why,
    Void,
    HandOver,
    Lot(i64),
    Receipt,
}

impl Focus {
    fn name(&self) -> &'static str {
        match self {
            Focus::Find => "find",
            Focus::Found => "found",
            Focus::Amount => "amount",
            Focus::More => "more",
            Focus::Why => "why",
            Focus::Void => "void",
            Focus::HandOver => "hand-over",
            Focus::Lot(_) => "lot",
            Focus::Receipt => "receipt",
        }
    }
}

impl Checkout {
    pub fn empty(frame: DeskFrame) -> Checkout {
        Checkout { frame, typed: String::new(), amiss: None, found: None, bill: None }
    }

    pub fn bill(frame: DeskFrame, bill: BillPart) -> Checkout {
        Checkout { bill: Some(bill), ..Checkout::empty(frame) }
    }

    /// Whether the element of this name has the focus.
    fn is_at(&self, name: &str) -> bool {
        let found = self.found.as_ref().filter(|found| !found.guests.is_empty());
        let without_bill = found.map_or(Focus::Find, |_| Focus::Found);
        self.bill.as_ref().map_or(without_bill, BillPart::focus).name() == name
    }

    fn is_at_lot(&self, line: &BillLine) -> bool {
        self.bill.as_ref().map(BillPart::focus) == Some(Focus::Lot(line.settlement))
    }

    fn by(&self, payment: &PaymentView) -> String {
        taken_by(&payment.by, &self.frame)
    }

    fn at(&self, at: &Time) -> String {
        self.frame.brief(&at.utc())
    }

    fn n_found(&self, found: &Found) -> String {
        self.frame.words.t2("checkout-found", ("n", found.guests.len()), ("name", found.name.as_str()))
    }

    fn taken_text(&self, paid: &Paid) -> String {
        let payment = &paid.payment;
        let (amount, method) = (self.frame.money(payment.amount), self.frame.method(payment.method));
        self.frame.words.with("checkout-taken", &[("amount", &amount), ("method", &method)])
    }

    fn more_text(&self, more: &More) -> String {
        let (due, rest) = (self.frame.money(more.due), self.frame.money(more.given.amount - more.due));
        let key = if more.due > 0 { "checkout-more" } else { "checkout-more-of-nothing" };
        self.frame.words.with(key, &[("due", &due), ("rest", &rest)])
    }

    fn part_text(&self, line: &BillLine) -> String {
        let (owed, total) = (self.frame.money(line.total - line.covered), self.frame.money(line.total));
        self.frame.words.t2("won-partly", ("owed", owed), ("total", total))
    }

    fn void_text(&self, payment: &PaymentView) -> String {
        let amount = self.frame.money(payment.amount);
        self.frame.words.with("checkout-void-go", &[("amount", &amount)])
    }
}

impl BillPart {
    pub fn of(bill: Bill) -> BillPart {
        BillPart {
            bill,
            paid: None,
            done: None,
            refused: None,
            asking: Asking::Nothing,
            filled: Filled::default(),
            marked: None,
            is_in_advance: false,
        }
    }

    fn number(&self) -> i64 {
        self.bill.number.unwrap_or_default()
    }

    /// The lots that are paid and still here.
    fn ready(&self) -> Vec<&BillLine> {
        self.bill.lines.iter().filter(|line| is_ready(line)).collect()
    }

    /// Their settlements, as the form posts them.
    fn ready_ids(&self) -> String {
        let ids: Vec<String> = self.ready().iter().map(|line| line.settlement.to_string()).collect();
        ids.join(" ")
    }

    fn takes_payments(&self) -> bool {
        !matches!(self.asking, Asking::More(_)) && (self.bill.due > 0 || self.is_in_advance)
    }

    fn more(&self) -> Option<&More> {
        if let Asking::More(more) = &self.asking { Some(more) } else { None }
    }

    /// Whether the reason for handing over this line is asked.
    fn asks_why(&self, line: &BillLine) -> bool {
        matches!(&self.asking, Asking::Why(lot) if line.lot.as_deref().is_some_and(|code| same_code(code, lot)))
    }

    fn asks_void(&self, payment: &PaymentView) -> bool {
        matches!(self.asking, Asking::Void(id) if id == payment.id)
    }

    fn is_marked(&self, line: &BillLine) -> bool {
        self.marked == Some(line.settlement)
    }

    fn may_hand_over(&self, line: &BillLine) -> bool {
        !line.reversed && line.handed_over_at.is_none()
    }

    /// Whether the desk may void it: what an admin booked, an admin voids.
    fn may_void(&self, payment: &PaymentView) -> bool {
        !payment.voided && payment.by != BY_ADMIN
    }

    /// What Enter does next on this bill.
    fn focus(&self) -> Focus {
        let marked = self.bill.lines.iter().find(|line| self.is_marked(line));
        match self.asking {
            Asking::More(_) => return Focus::More,
            Asking::Why(_) => return Focus::Why,
            Asking::Void(_) => return Focus::Void,
            Asking::Nothing => {}
        }
        match (&self.paid, marked) {
            _ if self.takes_payments() && self.filled.has_errors() => Focus::Amount,
            (_, Some(line)) if is_ready(line) => Focus::Lot(line.settlement),
            // The rest of a payment in parts comes before the lots.
            _ if self.takes_payments() => Focus::Amount,
            _ if !self.ready().is_empty() => Focus::HandOver,
            (Some(_), _) => Focus::Receipt,
            _ => Focus::Find,
        }
    }
}

fn is_ready(line: &BillLine) -> bool {
    !line.reversed && line.handed_over_at.is_none() && line.covered == line.total
}

fn same_code(one: &str, other: &str) -> bool {
    crate::rules::sale::folded(one) == crate::rules::sale::folded(other.trim())
}
