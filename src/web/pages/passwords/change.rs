//! `/account/password`: changes the password; and the mail that verifies the address, sent again.

use crate::web::api::passwords::set;
use crate::web::app::App;
use crate::web::input::{Input, Writing};
use crate::web::pages::parts::context::{PageContext, with_done};
use crate::web::pages::parts::filled::Filled;
use crate::web::pages::parts::form::filled_again;
use crate::web::pages::passwords::view::Change;
use crate::web::problem::Outcome;
use crate::web::reply::Reply;
use crate::web::request::Request;

/// Shows the form.
pub fn show(app: &App, request: &Request) -> Outcome<Reply> {
    request.signed_in()?;
    page(app, request, 200, Filled::default())
}

/// Changes the password, then goes back to the account.
pub fn change(app: &App, request: &Request) -> Outcome<Reply> {
    request.signed_in()?;
    let mut input = Input::of_form(request, Writing::ProgramForms)?;
    let (old, new) = (input.needed_text("old"), input.needed_text("new"));
    let problem = match input.done().and_then(|()| set(app, request, &old, &new)) {
        Ok(()) => return Ok(Reply::see_other(with_done("/account", "password-changed"))),
        Err(problem) => problem,
    };
    let frame = PageContext::of(request).frame(app, 0)?;
    let filled = filled_again(&frame, &input, &problem);
    Ok(problem.dress(page(app, request, problem.status(), filled)?))
}

fn page(app: &App, request: &Request, status: u16, filled: Filled) -> Outcome<Reply> {
    let email = request.signed_in()?.email.clone().unwrap_or_default();
    Reply::page(status, &Change { frame: PageContext::of(request).frame(app, 0)?, filled, email })
}

/// Mails the link that verifies the address again, then goes back to the account.
pub fn send_verification(app: &App, request: &Request) -> Outcome<Reply> {
    app.house.ask_verification(request.signed_in()?.id)?;
    Ok(Reply::see_other(with_done("/account", "verification-sent")))
}
