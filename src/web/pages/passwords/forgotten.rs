//! `/forgotten`: has a link that sets a new password mailed. The page says the same for every address.

use crate::house::settings::keys::SignUp;
use crate::rules::refusal::Refusal;
use crate::web::api::passwords::forget;
use crate::web::app::App;
use crate::web::input::{Input, Writing};
use crate::web::pages::parts::context::PageContext;
use crate::web::pages::parts::filled::Filled;
use crate::web::pages::parts::form::filled_again;
use crate::web::pages::parts::sentences;
use crate::web::pages::passwords::view::Forgotten;
use crate::web::problem::{Outcome, Problem};
use crate::web::reply::Reply;
use crate::web::request::Request;

/// Shows the form; after it was sent, what to do next.
pub fn show(app: &App, request: &Request) -> Outcome<Reply> {
    page(app, request, 200, Filled::default())
}

/// Notes the address.
pub fn ask(app: &App, request: &Request) -> Outcome<Reply> {
    let mut input = Input::of_form(request, Writing::ProgramForms)?;
    let problem = match noted(app, request, &mut input) {
        Ok(()) => return Ok(Reply::see_other("/forgotten?sent=1")),
        Err(problem) => problem,
    };
    let frame = PageContext::of(request).frame(app, 0)?;
    let mut filled = filled_again(&frame, &input, &problem);
    if let Some(Refusal::RateLimited { retry_after_s }) = problem.refusal.as_deref() {
        filled.wrong("", sentences::later(&frame, "refused-forgotten-limited", *retry_after_s));
    }
    Ok(problem.dress(page(app, request, problem.status(), filled)?))
}

fn noted(app: &App, request: &Request, input: &mut Input) -> Result<(), Problem> {
    let email = input.needed_text("email");
    input.done()?;
    forget(app, request, &email)
}

fn page(app: &App, request: &Request, status: u16, filled: Filled) -> Outcome<Reply> {
    let frame = PageContext::of(request).frame(app, 0)?;
    let (has_mail, is_sent) = (app.house.has_mail()?, request.query("sent").is_some());
    let has_passwords = app.settings().sign_up != SignUp::Sso;
    Reply::page(status, &Forgotten { frame, filled, has_passwords, has_mail, is_sent })
}
