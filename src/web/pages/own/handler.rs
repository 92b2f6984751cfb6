//! `/account/profile`, `/account/sessions` and `/account/close`: what people change of their own accounts, by form.

use crate::house::people::email;
use crate::house::people::own::Changes;
use crate::house::people::own_sessions::session_id;
use crate::text::i18n::Lang;
use crate::web::api::own::count_address;
use crate::web::app::App;
use crate::web::input::{Input, Writing};
use crate::web::own_hand::{self, owner, present};
use crate::web::pages::own::view::{Close, Profile, SessionRow, Sessions};
use crate::web::pages::parts::context::{PageContext, with_done};
use crate::web::pages::parts::filled::Filled;
use crate::web::pages::parts::form::filled_again;
use crate::web::problem::{Outcome, Problem};
use crate::web::reply::Reply;
use crate::web::request::Request;
use crate::web::session_cookie;

const PROFILE: &str = "/account/profile";

/// Shows the forms for the name, the address and the language.
pub fn profile(app: &App, request: &Request) -> Outcome<Reply> {
    profile_page(app, request, 200, Filled::default(), Filled::default())
}

fn profile_page(
    app: &App,
    request: &Request,
    status: u16,
    of_name: Filled,
    of_email: Filled,
) -> Outcome<Reply> {
    let person = request.signed_in()?;
    let own = app.house.own_account(person.id)?;
    let shown = |address: Option<String>| {
        address.map_or_else(String::new, |address| email::shown(&address).into_owned())
    };
    let page = Profile {
        frame: PageContext::of(request).frame(app, 0)?,
        name: own.name,
        email: shown(own.email),
        is_verified: own.is_verified,
        new_email: shown(own.new_email),
        lang: own.language.as_deref().and_then(Lang::from_tag).unwrap_or_else(|| app.language()),
        needs_password: !app.house.is_fresh(person),
        may_change: !person.by_pin,
        of_name,
        of_email,
    };
    Reply::page(status, &page)
}

/// Takes another name.
pub fn rename(app: &App, request: &Request) -> Outcome<Reply> {
    let mut input = read(request)?;
    let name = input.needed_text("name");
    let changes = Changes { name: Some(name), ..Changes::default() };
    let done = input.done().and_then(|()| own_hand::change(app, request, changes, None));
    match done {
        Ok(()) => Ok(Reply::see_other(with_done(PROFILE, "renamed"))),
        Err(problem) => {
            let filled = filled(app, request, &input, &problem)?;
            Ok(problem.dress(profile_page(app, request, problem.status(), filled, Filled::default())?))
        }
    }
}

/// Asks for a link to another address.
pub fn move_to(app: &App, request: &Request) -> Outcome<Reply> {
    let mut input = read(request)?;
    let (email, typed) = (input.needed_text("email"), input.text("password"));
    let changes = Changes { email: Some(email), ..Changes::default() };
    let counted = input.done().and_then(|()| count_address(app, request));
    let done = counted.and_then(|()| own_hand::change(app, request, changes, typed.as_deref()));
    match done {
        Ok(()) => Ok(Reply::see_other(with_done(PROFILE, "email-asked"))),
        Err(problem) => {
            let filled = filled(app, request, &input, &problem)?;
            Ok(problem.dress(profile_page(app, request, problem.status(), Filled::default(), filled)?))
        }
    }
}

/// Chooses the language of mails, and of the pages from now on.
pub fn speak(app: &App, request: &Request) -> Outcome<Reply> {
    let mut input = read(request)?;
    let language = input.needed_text("language");
    input.done()?;
    let changes = Changes { language: Some(language.clone()), ..Changes::default() };
    own_hand::change(app, request, changes, None)?;
    Ok(Reply::see_other(with_done(&format!("{PROFILE}?lang={language}"), "language-chosen")))
}

/// Shows where the person is logged in.
pub fn sessions(app: &App, request: &Request) -> Outcome<Reply> {
    let (person, present) = (request.signed_in()?, present(request));
    let sessions = app.house.sessions_of(person.id)?.into_iter().map(|session| SessionRow {
        id: session_id(&session.token),
        device: session.device,
        at: session.at.utc(),
        seen_at: session.seen_at.map(|at| at.utc()),
        is_current: Some(session.token) == present,
    });
    let page = Sessions {
        frame: PageContext::of(request).frame(app, 0)?,
        sessions: sessions.collect(),
        may_end: !person.by_pin,
    };
    Reply::page(200, &page)
}

/// Ends one of the sessions.
pub fn end_session(app: &App, request: &Request, id: &str) -> Outcome<Reply> {
    request.signed_in()?;
    if own_hand::end_session(app, request, id)? {
        let reply = Reply::see_other(with_done("/", "logged-out"));
        return Ok(session_cookie::end(reply, request.cookie_scope()));
    }
    Ok(Reply::see_other(with_done("/account/sessions", "session-ended")))
}

/// Shows what closing the account does, with the form for it.
pub fn show_close(app: &App, request: &Request) -> Outcome<Reply> {
    close_page(app, request, 200, Filled::default())
}

fn close_page(app: &App, request: &Request, status: u16, filled: Filled) -> Outcome<Reply> {
    let person = owner(request)?;
    let has_password = app.house.own_account(person.id)?.has_password;
    let frame = PageContext::of(request).frame(app, 0)?;
    Reply::page(status, &Close { frame, filled, has_password })
}

/// Closes the account.
pub fn close(app: &App, request: &Request) -> Outcome<Reply> {
    let mut input = read(request)?;
    let typed = input.text("password");
    let done = input.done().and_then(|()| own_hand::close(app, request, typed.as_deref()));
    match done {
        Ok(()) => Ok(session_cookie::end(Reply::see_other(with_done("/", "closed")), request.cookie_scope())),
        Err(problem) => {
            let filled = filled(app, request, &input, &problem)?;
            Ok(problem.dress(close_page(app, request, problem.status(), filled)?))
        }
    }
}

fn read(request: &Request) -> Outcome<Input> {
    request.signed_in()?;
    Input::of_form(request, Writing::ProgramForms)
}

fn filled(app: &App, request: &Request, input: &Input, problem: &Problem) -> Outcome<Filled> {
    let frame = PageContext::of(request).frame(app, 0)?;
    Ok(filled_again(&frame, input, problem))
}
