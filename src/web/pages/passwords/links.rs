//! `/reset` and `/verify`: the pages that links in mails lead to. Opening one uses nothing up, because mail programs fetch
//! links, too; only its form counts. The address holds a secret, which the page keeps to itself.

use crate::rules::notice::LinkKind;
use crate::rules::refusal::Refusal;
use crate::web::api::passwords::set_by_link;
use crate::web::app::App;
use crate::web::input::{Input, Writing};
use crate::web::pages::parts::context::{PageContext, with_done};
use crate::web::pages::parts::filled::Filled;
use crate::web::pages::parts::form::filled_again;
use crate::web::pages::parts::sentences;
use crate::web::pages::passwords::view::{Reset, Verify};
use crate::web::problem::{Outcome, Problem};
use crate::web::reply::Reply;
use crate::web::request::Request;

/// The status of a page whose link is used, void or over.
const GONE: u16 = 410;

/// Shows the form that sets a new password, if the link holds.
pub fn show_reset(app: &App, request: &Request) -> Outcome<Reply> {
    let token = request.query("token").unwrap_or_default();
    match app.house.open_link(token, LinkKind::Reset).map_err(Problem::from) {
        Ok(_) => reset_page(app, request, 200, Filled::default(), Some(token)),
        Err(problem) if is_over(&problem) => reset_page(app, request, GONE, Filled::default(), None),
        Err(problem) => Err(problem),
    }
}

/// Sets a new password, then goes to log in.
pub fn reset(app: &App, request: &Request) -> Outcome<Reply> {
    let mut input = Input::of_form(request, Writing::ProgramForms)?;
    let token = input.text("token").unwrap_or_default();
    let password = input.needed_text("password");
    let set = input.done().and_then(|()| set_by_link(app, &token, &password));
    let problem = match set {
        Ok(()) => return Ok(Reply::see_other(with_done("/login", "password-set"))),
        Err(problem) => problem,
    };
    if is_over(&problem) {
        return reset_page(app, request, GONE, Filled::default(), None);
    }
    let frame = PageContext::of(request).frame(app, 0)?;
    let filled = filled_again(&frame, &input, &problem);
    Ok(problem.dress(reset_page(app, request, problem.status(), filled, Some(&token))?))
}

fn reset_page(
    app: &App,
    request: &Request,
    status: u16,
    filled: Filled,
    token: Option<&str>,
) -> Outcome<Reply> {
    let frame = PageContext::of(request).frame(app, 0)?;
    let page = Reset { frame, filled, token: token.map(str::to_owned) };
    Ok(Reply::page(status, &page)?.untold())
}

/// Shows the form that verifies an address, if the link holds.
pub fn show_verify(app: &App, request: &Request) -> Outcome<Reply> {
    let token = request.query("token").unwrap_or_default();
    match app.house.open_link(token, LinkKind::Verify).map_err(Problem::from) {
        Ok(link) => verify_page(app, request, 200, Some((token, &link.email)), None),
        Err(problem) if is_over(&problem) => verify_page(app, request, GONE, None, None),
        Err(problem) => Err(problem),
    }
}

/// Verifies the address of the link, then goes to the account.
pub fn verify(app: &App, request: &Request) -> Outcome<Reply> {
    let mut input = Input::of_form(request, Writing::ProgramForms)?;
    let token = input.text("token").unwrap_or_default();
    let problem = match app.house.verify_email(&token).map_err(Problem::from) {
        Ok(account) => {
            let is_theirs = request.person.as_ref().is_some_and(|person| person.id == account);
            let way = if is_theirs { "/account" } else { "/login" };
            return Ok(Reply::see_other(with_done(way, "verified")));
        }
        Err(problem) => problem,
    };
    match problem.refusal.as_deref() {
        Some(Refusal::LinkEnded) => verify_page(app, request, GONE, None, None),
        Some(Refusal::EmailTaken) => {
            let frame = PageContext::of(request).frame(app, 0)?;
            let sentence = sentences::problem(&frame, &problem);
            verify_page(app, request, problem.status(), None, Some(sentence))
        }
        _ => Err(problem),
    }
}

fn verify_page(
    app: &App,
    request: &Request,
    status: u16,
    link: Option<(&str, &str)>,
    amiss: Option<String>,
) -> Outcome<Reply> {
    let frame = PageContext::of(request).frame(app, 0)?;
    let link = link.map(|(token, email)| (token.to_owned(), email.to_owned()));
    Ok(Reply::page(status, &Verify { frame, link, amiss })?.untold())
}

fn is_over(problem: &Problem) -> bool {
    matches!(problem.refusal.as_deref(), Some(Refusal::LinkEnded))
}
