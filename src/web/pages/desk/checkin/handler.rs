//! Shows who is found, registers a new guest, and shows a guest with a number.

use crate::house::desk::guests::Guest;
use crate::rules::desk::NUMBER_WORDS;
use crate::rules::refusal::Refusal;
use crate::store::passes::Pass;
use crate::store::registrations::Registration;
use crate::web::app::App;
use crate::web::input::Input;
use crate::web::pages::desk::checkin::view::{Checkin, GuestPage};
use crate::web::pages::desk::forms::Scanned;
use crate::web::pages::desk::frame::DeskFrame;
use crate::web::pages::desk::sentences;
use crate::web::pages::parts::filled::Filled;
use crate::web::pages::parts::form;
use crate::web::pages::parts::frame::percent_encoded;
use crate::web::problem::{Outcome, Problem};
use crate::web::reply::Reply;
use crate::web::request::{Request, id_of};
use crate::web::write_key;

/// Shows the guests whom `q` finds, or the guest with a `number`; a scanned number card finds its guest.
pub fn show(app: &App, request: &Request) -> Outcome<Reply> {
    let (pass, _) = request.at_desk()?;
    if let Some(number) = request.query("number") {
        let guest = app.house.guest(pass, id_of(number, "bidder")?)?;
        return Reply::page(200, &GuestPage { frame: DeskFrame::of(app, request)?, guest });
    }
    let q = request.query("q").unwrap_or_default().trim();
    if let Scanned::Number(number) = Scanned::read(q) {
        return Ok(Reply::see_other(format!("/desk/checkin?number={number}")));
    }
    page(app, request, pass, q, 200, |view| {
        if view.found.is_empty() && !q.is_empty() {
            view.filled.keep(field_of(q), q);
        }
    })
}

/// The field of a new guest that somebody was searched by.
fn field_of(q: &str) -> &'static str {
    let n_digits = q.chars().filter(char::is_ascii_digit).count();
    let is_phone = q.chars().all(|c| c.is_ascii_digit() || " +-()/.".contains(c));
    match () {
        () if q.contains('@') => "email",
        () if is_phone && n_digits > 5 => "phone",
        () if is_phone => "number",
        () => "name",
    }
}

fn page(
    app: &App,
    request: &Request,
    pass: &Pass,
    q: &str,
    status: u16,
    fill: impl FnOnce(&mut Checkin),
) -> Outcome<Reply> {
    let mut view = Checkin {
        frame: DeskFrame::of(app, request)?,
        found: found(app, pass, q)?,
        q: q.to_owned(),
        filled: Filled::default(),
        next_number: app.house.next_number_at_desk(pass)?,
        most_limit: pass.most_limit,
        similar: Vec::new(),
        way_on: None,
    };
    fill(&mut view);
    Reply::page(status, &view)
}

/// The guests whom `q` finds; whoever has it as a number comes first.
fn found(app: &App, pass: &Pass, q: &str) -> Outcome<Vec<Registration>> {
    let mut found = app.house.find_guests(pass, q)?;
    if let Some(at) =
        Scanned::number(q).and_then(|number| found.iter().position(|guest| guest.number == number))
    {
        found[..=at].rotate_right(1);
    }
    Ok(found)
}

/// Registers a guest, then shows the number card.
pub fn register(app: &App, request: &Request) -> Outcome<Reply> {
    let (pass, token) = request.at_desk()?;
    let mut input = form::read(app, request)?;
    let key = write_key::of_form(&mut input)?;
    let guest = guest(&mut input);
    let registered = input.done().and_then(|()| {
        Ok(app.house.register_at_desk(pass, token, write_key::bound(request, &key), guest)?)
    });
    match registered {
        Ok(_) => Ok(Reply::see_other(format!("/desk/checkin/card?key={}", percent_encoded(&key)))),
        Err(problem) => refused(app, request, pass, &key, &input, problem),
    }
}

fn guest(input: &mut Input) -> Guest {
    Guest {
        name: input.needed_text("name"),
        email: input.text("email"),
        phone: input.text("phone"),
        number: number(input),
        limit: limit(input),
        anyway: input.flag("anyway"),
    }
}

fn number(input: &mut Input) -> Option<i64> {
    let typed = input.text("number")?;
    let number = Scanned::number(&typed);
    input.faults.when(number.is_none(), "number", NUMBER_WORDS);
    number
}

/// A limit may be nothing at all, which no other amount may be.
fn limit(input: &mut Input) -> Option<i64> {
    let is_zero = |typed: String| !typed.is_empty() && typed.chars().all(|c| "0., ".contains(c));
    if input.text("limit").is_some_and(is_zero) { Some(0) } else { input.amount("limit") }
}

fn refused(
    app: &App,
    request: &Request,
    pass: &Pass,
    key: &str,
    input: &Input,
    problem: Problem,
) -> Outcome<Reply> {
    if problem.status() >= 500 || problem.code == "unauthenticated" {
        return Err(problem);
    }
    let reply = page(app, request, pass, "", problem.status(), |view| {
        view.filled = sentences::filled(&view.frame, input, &problem);
        let words = view.frame.words;
        match problem.refusal.as_deref() {
            Some(Refusal::Similar(similar)) => view.similar = similar.clone(),
            Some(Refusal::RegisteredAlready { number }) => {
                let text = words.t1("desk-show-number", "number", *number);
                view.way_on = Some((format!("/desk/checkin?number={number}"), text));
            }
            _ if problem.fields().any(|(field, _)| field == "Idempotency-Key") => {
                let card = format!("/desk/checkin/card?key={}", percent_encoded(key));
                view.way_on = Some((card, words.t("desk-show-card")));
            }
            // Nothing was booked under the key: the corrected form may use it.
            _ => {}
        }
        if view.way_on.is_none() {
            view.frame.key = key.to_owned();
        }
    })?;
    Ok(problem.dress(reply))
}
