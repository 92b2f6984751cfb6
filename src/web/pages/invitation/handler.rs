//! `/invitation`: whoever was invited chooses a password, and logs in. Opening the link uses nothing up, because mail
//! programs fetch links, too; only the form counts. The address holds a secret, which the page keeps to itself.

use crate::house::people::email;
use crate::house::people::invitations::Accepting;
use crate::rules::refusal::Refusal;
use crate::web::api::people::enter_first;
use crate::web::app::App;
use crate::web::input::{Input, Writing};
use crate::web::pages::entry::handler::{browser, enter_house};
use crate::web::pages::invitation::view::{InvitationPage, Invited};
use crate::web::pages::parts::context::{PageContext, with_done};
use crate::web::pages::parts::filled::Filled;
use crate::web::pages::parts::form::filled_again;
use crate::web::pages::parts::sentences;
use crate::web::problem::{Outcome, Problem};
use crate::web::reply::Reply;
use crate::web::request::Request;

/// The status of a page whose link is used, void or over.
const GONE: u16 = 410;

/// Shows the form, if the link holds.
pub fn show(app: &App, request: &Request) -> Outcome<Reply> {
    page(app, request, 200, None, request.query("token").unwrap_or_default())
}

/// Sets the password, logs in, and goes to the first page.
pub fn accept(app: &App, request: &Request) -> Outcome<Reply> {
    let mut input = Input::of_form(request, Writing::ProgramForms)?;
    let token = input.text("token").unwrap_or_default();
    let problem = match join(app, request, &mut input, &token) {
        Ok(reply) => return Ok(reply),
        Err(problem) => problem,
    };
    let frame = PageContext::of(request).frame(app, 0)?;
    let mut filled = filled_again(&frame, &input, &problem);
    if let Some(Refusal::TermsNotAccepted { .. }) = problem.refusal.as_deref() {
        filled.clear_errors();
        filled.wrong("terms", sentences::problem(&frame, &problem));
    }
    Ok(problem.dress(page(app, request, problem.status(), Some(filled), &token)?))
}

fn join(app: &App, request: &Request, input: &mut Input, token: &str) -> Outcome<Reply> {
    let accepting = Accepting {
        token: token.to_owned(),
        name: input.needed_text("name"),
        password: input.needed_text("password"),
        terms: input.whole("terms"),
    };
    input.done()?;
    let browser = browser(request)?;
    let account = app.house.accept_invitation(accepting)?;
    let logged_in = enter_first(app, request, account, &browser)?;
    enter_house(app, request, (logged_in, browser), with_done("/", "joined"))
}

/// The form with what was typed, at first with the name of the account; a sentence if the link does not hold.
fn page(app: &App, request: &Request, status: u16, filled: Option<Filled>, token: &str) -> Outcome<Reply> {
    let (invited, name) = match app.house.open_invitation(token).map_err(Problem::from) {
        Ok(link) => {
            let email = email::shown(&link.email).into_owned();
            (Some(Invited { token: token.to_owned(), email }), link.account.name)
        }
        Err(problem) if matches!(problem.refusal.as_deref(), Some(Refusal::LinkEnded)) => {
            (None, String::new())
        }
        Err(problem) => return Err(problem),
    };
    let filled = filled.unwrap_or_else(|| {
        let mut filled = Filled::default();
        filled.keep("name", name);
        filled
    });
    let frame = PageContext::of(request).frame(app, 0)?;
    let terms = app.house.terms_mark()?.map(|terms| terms.version);
    let status = if invited.is_some() { status } else { GONE };
    Ok(Reply::page(status, &InvitationPage { frame, filled, invited, terms })?.untold())
}
