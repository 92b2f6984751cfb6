//! Refusals at the desk as sentences. They speak of the guest, where those of the house speak to the bidder, and never
//! say what anybody has available: that gives maxima away.

use crate::rules::refusal::Refusal;
use crate::web::input::Input;
use crate::web::pages::parts::filled::Filled;
use crate::web::pages::parts::form::filled_again;
use crate::web::pages::parts::frame::Frame;
use crate::web::pages::parts::sentences;
use crate::web::problem::Problem;

/// Returns the sentence of a problem for whoever stands at the desk.
pub fn problem(frame: &Frame, problem: &Problem) -> String {
    let key = match problem.refusal.as_deref() {
        Some(Refusal::InsufficientFunds { .. } | Refusal::BeyondLimit) => "desk-refused-funds",
        Some(Refusal::AlreadyLeading) => "desk-refused-leading",
        Some(Refusal::OwnListing) => "desk-refused-own",
        Some(Refusal::Suspended) => "desk-refused-suspended",
        Some(Refusal::AwaitingApproval) => "desk-refused-approval",
        // Who it may be stands below, with a link to each.
        Some(Refusal::Similar(_)) => "desk-similar",
        Some(Refusal::NotFound("lot")) => "desk-no-lot",
        Some(Refusal::NotFound("bidder")) => "desk-no-number",
        _ => return sentences::problem(frame, problem),
    };
    frame.t(key)
}

/// The typed values with what is wrong with them, beside the field at fault.
pub fn filled(frame: &Frame, input: &Input, problem_of: &Problem) -> Filled {
    let mut filled = filled_again(frame, input, problem_of);
    if filled.error("number").is_some() {
        filled.wrong("number", frame.t("need-number"));
    }
    if problem_of.fields().any(|(field, _)| field == "Idempotency-Key") {
        filled.wrong("", frame.t("desk-sent-already"));
    }
    if let Some(refusal) = problem_of.refusal.as_deref()
        && !matches!(refusal, Refusal::Invalid(_))
    {
        filled.clear_errors();
        filled.wrong(field_of(refusal), problem(frame, problem_of));
    }
    filled
}

/// The field that a refusal concerns; empty for the form as a whole.
fn field_of(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::NotFound("lot") => "lot",
        Refusal::NotFound("bidder") | Refusal::NumberTaken => "number",
        Refusal::AbovePassLimit { .. } => "limit",
        Refusal::BidTooLow { .. } => "amount",
        Refusal::AlreadyLeading => "max",
        _ => "",
    }
}
