//! Binds the pass of a code to the browser that opens its link, or that posts the form for it. A link that is fetched
//! without being opened binds nothing: messengers fetch the links in their messages, and browsers some in advance.

use crate::web::app::App;
use crate::web::desk_cookie;
use crate::web::desk_entry::enter;
use crate::web::input::{Input, Writing};
use crate::web::pages::desk::frame::DeskFrame;
use crate::web::pages::desk::open::view::Open;
use crate::web::pages::parts::sentences;
use crate::web::problem::Outcome;
use crate::web::reply::Reply;
use crate::web::request::Request;

/// The most characters of a code that are shown again.
const MAX_TYPED: usize = 40;

/// Binds the pass of the link to the browser that opens it, and goes to the desk; for anything that does not say that
/// somebody opened it, shows the form with the code filled in.
pub fn show(app: &App, request: &Request) -> Outcome<Reply> {
    let code = request.query("code").unwrap_or_default();
    if request.is_opened && !code.is_empty() {
        return bind(app, request, code);
    }
    page(app, request, 200, code, None)
}

/// Binds the pass of the code to this browser, then goes to the desk.
pub fn open(app: &App, request: &Request) -> Outcome<Reply> {
    let mut input = Input::of_form(request, Writing::ProgramForms)?;
    let code = input.needed_text("code");
    input.done()?;
    bind(app, request, &code)
}

fn bind(app: &App, request: &Request, code: &str) -> Outcome<Reply> {
    match enter(app, request, code) {
        Ok(entered) => {
            Ok(desk_cookie::keep(Reply::see_other("/desk"), request.cookie_scope(), &entered.token))
        }
        Err(problem) if problem.status() >= 500 => Err(problem),
        Err(problem) => {
            let frame = DeskFrame::of(app, request)?;
            let sentence = sentences::problem(&frame, &problem);
            Ok(problem.dress(page(app, request, problem.status(), code, Some(sentence))?))
        }
    }
}

fn page(app: &App, request: &Request, status: u16, code: &str, amiss: Option<String>) -> Outcome<Reply> {
    let code = code.trim().chars().take(MAX_TYPED).collect();
    let has_ended = request.query("ended").is_some() && request.pass.is_none();
    Reply::page(status, &Open { frame: DeskFrame::of(app, request)?, code, amiss, has_ended })
}
