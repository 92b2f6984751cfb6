//! Problems: the answers to requests that fail (RFC 9457), with the codes of the contract.

use crate::house::Fault;
use crate::rules::hash::hex;
use crate::rules::refusal::{FieldFault, Refusal};
use crate::store::budget;
use crate::store::disk::is_disk_unwritable;
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// The time after which to try again if the disk could not be written.
const ROOM_AGAIN_S: u64 = 5;
/// The time after which to try again if a request took too long.
const ASK_AGAIN_S: u64 = 5;

/// A failed request: a code, a sentence, and the members that the code needs.
#[derive(Clone, Debug)]
pub struct Problem {
    pub code: &'static str,
    pub(super) detail: String,
    pub(super) extra: Box<Map<String, Value>>,
    /// For an internal error: the chain of causes, for the log only.
    pub fault: Option<Arc<str>>,
    /// The house's refusal, if it is one. Its sentence precedes `detail`, and is made once the currency is known.
    pub refusal: Option<Box<Refusal>>,
    /// For `method_not_allowed`: the methods that are allowed.
    pub(super) allow: Option<&'static str>,
}

/// The result of every handler; an internal error becomes `broken`.
pub type Outcome<T> = Result<T, Problem>;

impl Problem {
    /// A problem with this code, and a sentence that explains it.
    pub fn new(code: &'static str, detail: impl Into<String>) -> Problem {
        let (extra, refusal) = (Box::default(), None);
        Problem { code, detail: detail.into(), refusal, extra, fault: None, allow: None }
    }

    pub fn bad_request(detail: impl Into<String>) -> Problem {
        Problem::new("bad_request", detail)
    }

    pub fn unauthenticated() -> Problem {
        Problem::new("unauthenticated", "Log in first.")
    }

    pub fn not_found(what: &'static str) -> Problem {
        Refusal::NotFound(what).into()
    }

    /// Refuses a method. `methods` are those that the path accepts, in the form of the header `Allow`.
    pub fn method_not_allowed(methods: &'static str) -> Problem {
        Problem {
            allow: Some(methods),
            ..Problem::new("method_not_allowed", format!("This path takes {methods}."))
        }
    }

    fn with(mut self, name: &str, value: impl Into<Value>) -> Problem {
        self.extra.insert(name.to_owned(), value.into());
        self
    }

    /// Adds a reason that says more to a person than the code does.
    pub fn because(self, reason: &'static str) -> Problem {
        self.with("reason", reason)
    }

    /// Adds one more field that is wrong.
    pub fn naming(mut self, field: String, words: &str) -> Problem {
        let fields = self.extra.entry("fields").or_insert_with(|| json!({}));
        if let Some(fields) = fields.as_object_mut() {
            let said = format!("{field}: {words}");
            self.detail = if self.detail.is_empty() { said } else { format!("{} {said}", self.detail) };
            fields.insert(field, words.into());
        }
        self
    }

    /// The HTTP status of the code.
    pub fn status(&self) -> u16 {
        match self.code {
            "bad_request" => 400,
            "unauthenticated" => 401,
            "forbidden" | "not_allowed" | "own_listing" | "unverified" | "terms_not_accepted" => 403,
            "not_found" => 404,
            "method_not_allowed" => 405,
            "bid_too_low" | "listing_closed" | "paused" | "not_open_yet" | "already_leading"
            | "insufficient_funds" | "taken" | "in_use" | "similar" | "not_covered" => 409,
            "too_large" => 413,
            "unsupported_media_type" => 415,
            "invalid" => 422,
            "rate_limited" => 429,
            "busy" => 503,
            _ => 500,
        }
    }

    pub(super) fn title(&self) -> &'static str {
        match self.code {
            "bad_request" => "Bad request",
            "unauthenticated" => "Not logged in",
            "forbidden" => "Forbidden",
            "not_allowed" => "Not allowed",
            "own_listing" => "Your own listing",
            "not_found" => "Not found",
            "method_not_allowed" => "Method not allowed",
            "bid_too_low" => "Bid too low",
            "listing_closed" => "Listing closed",
            "paused" => "Paused",
            "not_open_yet" => "Not open yet",
            "already_leading" => "Already leading",
            "insufficient_funds" => "Insufficient funds",
            "taken" => "Taken",
            "unverified" => "Address not verified",
            "terms_not_accepted" => "Terms not accepted",
            "in_use" => "In use",
            "similar" => "Similar to a known guest",
            "not_covered" => "Not paid",
            "too_large" => "Too large",
            "unsupported_media_type" => "Unsupported media type",
            "invalid" => "Invalid",
            "rate_limited" => "Too many tries",
            "busy" => "Busy",
            _ => "Broken",
        }
    }

    /// The reason for a person, if the house was not asked: the one of `because`, otherwise the code.
    pub fn reason(&self) -> &str {
        self.extra.get("reason").and_then(Value::as_str).unwrap_or(self.code)
    }

    /// A number that belongs to the code, such as `minimum`.
    pub fn figure(&self, name: &str) -> Option<i64> {
        self.extra.get(name).and_then(Value::as_i64)
    }

    /// Each field at fault, with its sentence.
    pub fn fields(&self) -> impl Iterator<Item = (&str, &str)> {
        let fields = self.extra.get("fields").and_then(Value::as_object);
        fields
            .into_iter()
            .flatten()
            .map(|(field, words)| (field.as_str(), words.as_str().unwrap_or_default()))
    }
}

/// The faults by field; within a field, each sentence once.
fn by_field(faults: &[FieldFault]) -> Map<String, Value> {
    let mut fields = Map::new();
    for FieldFault { field, words, .. } in faults {
        match fields.get_mut(*field) {
            Some(Value::String(said)) if !said.contains(words) => *said = format!("{said} {words}"),
            Some(_) => {}
            None => drop(fields.insert((*field).to_owned(), words.clone().into())),
        }
    }
    fields
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Problem {
        let mut problem = Problem::new(refusal.code(), "");
        if let Some(reason) = refusal.reason() {
            problem = problem.with("reason", reason);
        }
        if let Some(field) = field_of(&refusal) {
            problem = problem.with("fields", json!({field: refusal.to_string()}));
        }
        problem = with_figures(problem, &refusal);
        Problem { refusal: Some(Box::new(refusal)), ..problem }
    }
}

/// The one field that a refusal is about, which its sentence stands beside.
fn field_of(refusal: &Refusal) -> Option<&'static str> {
    match refusal {
        Refusal::EmailTaken => Some("email"),
        Refusal::NameTaken | Refusal::TokenNameTaken => Some("name"),
        Refusal::LinkEnded => Some("token"),
        Refusal::WrongPassword(field) => Some(field),
        Refusal::LogInTooOld => Some("password"),
        _ => None,
    }
}

/// The problem with what belongs to a refusal beside its code, for programs.
fn with_figures(problem: Problem, refusal: &Refusal) -> Problem {
    match refusal {
        Refusal::BidTooLow { minimum } => problem.with("minimum", *minimum),
        Refusal::InsufficientFunds { available } => problem.with("available", *available),
        Refusal::RateLimited { retry_after_s }
        | Refusal::LogInsLimited { retry_after_s }
        | Refusal::Busy { retry_after_s }
        | Refusal::ClockJumped { retry_after_s, .. }
        | Refusal::JournalAway { retry_after_s } => problem.with("retry_after_s", *retry_after_s),
        Refusal::Invalid(faults) => problem.with("fields", by_field(faults)),
        Refusal::NoBuyNow => problem.with("fields", json!({"buy_now": "This listing has no buy-now price."})),
        Refusal::NotOpenYet { opens_at } => problem.with("opens_at", opens_at.to_string()),
        Refusal::AbovePassLimit { most } => problem.with("most", *most),
        Refusal::RegisteredAlready { number } => problem.with("number", *number),
        Refusal::Similar(known) => {
            let known = known.iter().map(|(number, name)| json!({"number": number, "name": name}));
            problem.with("bidders", known.collect::<Value>())
        }
        Refusal::NotCovered { due } | Refusal::AboveDue { due } => problem.with("due", *due),
        Refusal::TermsNotAccepted { version, hash } => {
            problem.with("version", *version).with("hash", hex(hash))
        }
        Refusal::TooMany { most } => problem.with("most", *most),
        Refusal::NotFound(_)
        | Refusal::EmailTaken
        | Refusal::NameTaken
        | Refusal::TokenNameTaken
        | Refusal::LinkEnded
        | Refusal::WrongPassword(_)
        | Refusal::LogInTooOld
        | Refusal::BeyondLimit
        | Refusal::CodeInUse
        | Refusal::PassEnded
        | Refusal::PassNameTaken
        | Refusal::NotOfPass(_)
        | Refusal::NumberTaken
        | Refusal::NotSold
        | Refusal::HandedOverAlready
        | Refusal::VoidedAlready
        | Refusal::ListingClosed
        | Refusal::Paused
        | Refusal::OwnListing
        | Refusal::Suspended
        | Refusal::AwaitingApproval
        | Refusal::SignUpClosed
        | Refusal::NotTheSeller
        | Refusal::HasBids
        | Refusal::NoMoneyMoved
        | Refusal::CurrencyFixed
        | Refusal::NoWayForMails
        | Refusal::OtherOwner
        | Refusal::HeldElsewhere
        | Refusal::TooManyListings { .. }
        | Refusal::AlreadyLeading
        | Refusal::Unverified
        | Refusal::AccountInUse(_)
        | Refusal::AccountClosed
        | Refusal::SignOnOnly
        | Refusal::OutOfScope
        | Refusal::BuyNowOver
        | Refusal::AlreadyReversed
        | Refusal::SaleExists
        | Refusal::NotADraft
        | Refusal::NotPublished
        | Refusal::NothingOpen
        | Refusal::PausedAlready
        | Refusal::NotPaused
        | Refusal::FirstLotClosed
        | Refusal::FileExists => problem,
    }
}

impl From<Fault> for Problem {
    fn from(fault: Fault) -> Problem {
        match fault {
            Fault::Refused(refusal) => refusal.into(),
            Fault::Broken(error) => error.into(),
        }
    }
}

/// An internal error: the person gets a sentence, and the chain is logged with the request's id when it is answered.
impl From<anyhow::Error> for Problem {
    fn from(error: anyhow::Error) -> Problem {
        if budget::is_over(&error) {
            let words = format!("The answer takes too long; ask for less, or try again in {ASK_AGAIN_S} s.");
            return Problem::new("busy", words).with("retry_after_s", ASK_AGAIN_S);
        }
        let fault = Some(format!("{error:#}").into());
        let problem = match code_of(&error) {
            "busy" => Problem::new(
                "busy",
                format!("The server's disk cannot be written to now, so nothing was done; try again in {ROOM_AGAIN_S} s."),
            )
            .with("retry_after_s", ROOM_AGAIN_S),
            code => Problem::new(code, "Something went wrong here."),
        };
        Problem { fault, ..problem }
    }
}

/// The code of an internal error. A full or read-only disk is no fault of the program: the same request may succeed
/// once somebody has made room. Nor is a question that takes too long.
pub fn code_of(error: &anyhow::Error) -> &'static str {
    if is_disk_unwritable(error) || budget::is_over(error) { "busy" } else { "broken" }
}
