//! `/join`, `/login` and `/logout`: sign-up, log-in and log-out by form.

use crate::house::people::log_in::{Device, LoggedIn, new_token};
use crate::house::settings::keys::SignUp;
use crate::rules::refusal::Refusal;
use crate::web::api::people::{Sent, enter, enter_first, home, joining, keep_language, leave, open};
use crate::web::app::App;
use crate::web::input::{Input, Writing};
use crate::web::local_target::way_on;
use crate::web::pages::entry::view::{Join, Login, Sso};
use crate::web::pages::listing::watch::bring_along;
use crate::web::pages::parts::context::{PageContext, with_done};
use crate::web::pages::parts::filled::Filled;
use crate::web::pages::parts::form::filled_again;
use crate::web::pages::parts::frame::percent_encoded;
use crate::web::pages::parts::sentences;
use crate::web::problem::{Outcome, Problem};
use crate::web::reply::Reply;
use crate::web::request::Request;
use crate::web::{device_cookie, session_cookie};

/// Shows the form to sign up.
pub fn show_join(app: &App, request: &Request) -> Outcome<Reply> {
    let next = way_on(request, request.query("next").unwrap_or("/"));
    join_page(app, request, 200, Filled::default(), next)
}

fn join_page(app: &App, request: &Request, status: u16, filled: Filled, next: String) -> Outcome<Reply> {
    let frame = PageContext::of(request).frame(app, 0)?;
    let open = app.settings().sign_up != SignUp::Closed;
    let terms = app.house.terms_mark()?.map(|terms| terms.version);
    Reply::page(status, &Join { frame, filled, next, terms, open, sso: sso(app) })
}

fn sso(app: &App) -> Sso {
    let settings = app.settings();
    let is_offered = app.sign_on.is_set_up(settings.oidc_issuer());
    Sso { is_offered, is_only: settings.sign_up == SignUp::Sso }
}

/// Signs up and logs in, then goes to `next`.
pub fn join(app: &App, request: &Request) -> Outcome<Reply> {
    let mut input = Input::of_form(request, Writing::ProgramForms)?;
    let next = way_on(request, &input.text("next").unwrap_or_default());
    match sign_up(app, request, &mut input) {
        Ok(logged_in) => enter_house(app, request, logged_in, with_done(&next, "joined")),
        // The account is open; its owner logs in once the link in the mail was opened.
        Err(problem) if is_unverified(&problem) => {
            Ok(Reply::see_other(with_done(&login_url(&next), "joined-unverified")))
        }
        Err(problem) => {
            let frame = PageContext::of(request).frame(app, 0)?;
            let mut filled = filled_again(&frame, &input, &problem);
            if let Some(Refusal::TermsNotAccepted { .. }) = problem.refusal.as_deref() {
                filled.clear_errors();
                filled.wrong("terms", sentences::problem(&frame, &problem));
            }
            if let Some(Refusal::RateLimited { retry_after_s }) = problem.refusal.as_deref() {
                filled.wrong("", sentences::later(&frame, "refused-sign-ups-limited", *retry_after_s));
            }
            Ok(problem.dress(join_page(app, request, problem.status(), filled, next)?))
        }
    }
}

/// The page to log in, which leads on to `next`.
fn login_url(next: &str) -> String {
    format!("/login?next={}", percent_encoded(next))
}

/// Returns the token that identifies this browser: its own, or a new one.
pub fn browser(request: &Request) -> Outcome<String> {
    Ok(request.device.clone().map_or_else(new_token, Ok)?)
}

/// Keeps the session and the browser in cookies, and goes `way`.
pub fn enter_house(
    app: &App,
    request: &Request,
    (logged_in, browser): (LoggedIn, String),
    way: String,
) -> Outcome<Reply> {
    keep_language(app, request, logged_in.person.id);
    let reply = session_cookie::keep(Reply::see_other(way), request.cookie_scope(), &logged_in.token);
    let reply = device_cookie::keep(reply, request.cookie_scope(), &browser);
    bring_along(app, request, reply, logged_in.person.id)
}

/// Opens an account and its first session.
fn sign_up(app: &App, request: &Request, input: &mut Input) -> Outcome<(LoggedIn, String)> {
    let joining = joining(input)?;
    let browser = browser(request)?;
    let account = open(app, request, joining)?;
    let logged_in = enter_first(app, request, account, &browser)?;
    Ok((logged_in, browser))
}

/// Shows the forms to log in. A number card leads here with its `number` and `sale` in the query.
pub fn show_log_in(app: &App, request: &Request) -> Outcome<Reply> {
    let next = way_on(request, request.query("next").unwrap_or("/"));
    let mut by_number = Filled::default();
    for name in ["number", "sale"] {
        request.query(name).into_iter().for_each(|value| by_number.keep(name, value));
    }
    let number_first = request.query("number").is_some();
    let forms = Forms { by_number, number_first, ..Forms::default() };
    log_in_page(app, request, 200, forms, next)
}

/// What the page to log in shows.
#[derive(Default)]
struct Forms {
    by_email: Filled,
    by_number: Filled,
    number_first: bool,
    offers_mail: bool,
}

fn log_in_page(app: &App, request: &Request, status: u16, forms: Forms, next: String) -> Outcome<Reply> {
    let frame = PageContext::of(request).frame(app, 0)?;
    let sales = if frame.has_sales { app.house.sales_with_pins()? } else { Vec::new() };
    let sales = sales.into_iter().map(|sale| (sale.code, sale.name)).collect();
    let Forms { by_email, by_number, number_first, offers_mail } = forms;
    let sso = sso(app);
    Reply::page(status, &Login { frame, by_email, by_number, sales, number_first, next, offers_mail, sso })
}

/// Logs in, then goes to `next`.
pub fn log_in(app: &App, request: &Request) -> Outcome<Reply> {
    let mut input = Input::of_form(request, Writing::ProgramForms)?;
    let next = way_on(request, &input.text("next").unwrap_or_default());
    let mut problem = match sign_in(app, request, &mut input) {
        Ok(logged_in) => return enter_house(app, request, logged_in, with_done(&next, "logged-in")),
        Err(problem) => problem,
    };
    let (is_by_number, offers_mail) = (Sent::is_by_number(&input), is_unverified(&problem));
    // The password was right: whoever typed it may have the mail again.
    if offers_mail && input.text("again").is_some() {
        match send_again(app, &mut input) {
            Ok(()) => return Ok(Reply::see_other(with_done(&login_url(&next), "verification-sent"))),
            Err(other) => problem = other,
        }
    }
    let filled = refused(app, request, &input, &problem, is_by_number)?;
    let forms = match is_by_number {
        true => Forms { by_number: filled, number_first: true, ..Forms::default() },
        false => Forms { by_email: filled, offers_mail, ..Forms::default() },
    };
    Ok(problem.dress(log_in_page(app, request, problem.status(), forms, next)?))
}

fn is_unverified(problem: &Problem) -> bool {
    matches!(problem.refusal.as_deref(), Some(Refusal::Unverified))
}

/// Mails the link that verifies the address of the form.
fn send_again(app: &App, input: &mut Input) -> Outcome<()> {
    let email = input.text("email").unwrap_or_default();
    Ok(app.house.ask_verification(app.house.account_by_email(&email)?.id)?)
}

/// The form that was sent, with what is wrong in words that do not show who has an account or a number.
fn refused(
    app: &App,
    request: &Request,
    input: &Input,
    problem: &Problem,
    is_by_number: bool,
) -> Outcome<Filled> {
    let frame = PageContext::of(request).frame(app, 0)?;
    let mut filled = filled_again(&frame, input, problem);
    match (problem.code, problem.refusal.as_deref(), is_by_number) {
        ("unauthenticated", _, true) => filled.wrong("", frame.t("refused-wrong-pin")),
        ("unauthenticated", _, false) => filled.wrong("", sentences::of_code(&frame, "wrong_login")),
        (_, Some(Refusal::LogInsLimited { retry_after_s }), true) => {
            filled.wrong("", sentences::later(&frame, "refused-pins-limited", *retry_after_s));
        }
        _ => {}
    }
    Ok(filled)
}

fn sign_in(app: &App, request: &Request, input: &mut Input) -> Outcome<(LoggedIn, String)> {
    let sent = Sent::read(app, input)?;
    let browser = browser(request)?;
    let devices = [home(request), Device::Browser(&browser)];
    Ok((enter(app, request, &sent, &devices)?, browser))
}

/// Logs out.
pub fn log_out(app: &App, request: &Request) -> Outcome<Reply> {
    leave(app, request)?;
    Ok(session_cookie::end(Reply::see_other(with_done("/", "logged-out")), request.cookie_scope()))
}
