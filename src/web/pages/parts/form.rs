//! A page's form: read as people fill it in, and shown again with the typed values and what is wrong with them.

use crate::rules::refusal::Refusal;
use crate::web::app::App;
use crate::web::input::{Input, Writing};
use crate::web::pages::parts::filled::Filled;
use crate::web::pages::parts::frame::Frame;
use crate::web::pages::parts::{field_faults, sentences};
use crate::web::problem::{Outcome, Problem};
use crate::web::request::Request;

/// Reads a form: amounts in the currency of the house, times in its zone.
pub fn read(app: &App, request: &Request) -> Outcome<Input> {
    let current = app.current();
    Input::of_form(request, Writing::People { currency: current.currency, zone: current.zone })
}

/// The typed values with what is wrong with them: beside the field at fault, otherwise above the form.
pub fn filled_again(frame: &Frame, input: &Input, problem: &Problem) -> Filled {
    let mut filled = Filled::default();
    for (name, value) in input.texts() {
        filled.keep(name, value);
    }
    let mut named = false;
    let of_house = problem.refusal.as_deref().filter(|refusal| !matches!(refusal, Refusal::Invalid(_)));
    for (field, said) in problem.fields() {
        let words = match field {
            _ if of_house.is_some() => sentences::problem(frame, problem),
            "picture" => sentences::pictures_amiss(frame, said),
            _ => field_faults::sentence(frame.words, said)
                .unwrap_or_else(|| sentences::amiss(frame, field, filled.value(field))),
        };
        filled.wrong(field, words);
        named = true;
    }
    if !named {
        filled.wrong(problem.refusal.as_deref().map_or("", field_of), sentences::problem(frame, problem));
    }
    filled
}

/// The field that a refusal concerns; empty for the form as a whole.
fn field_of(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::BidTooLow { .. } | Refusal::InsufficientFunds { .. } => "amount",
        Refusal::AlreadyLeading => "max",
        _ => "",
    }
}
