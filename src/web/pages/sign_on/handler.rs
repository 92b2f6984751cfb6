//! `/login/sso` and `/login/sso/callback`: to the provider of the single sign-on, and back from it.

use crate::house::Fault;
use crate::house::people::sign_on::SignedOn;
use crate::rules::refusal::Refusal;
use crate::web::api::people::enter_first;
use crate::web::app::App;
use crate::web::local_target::{local_target, way_on};
use crate::web::pages::entry::handler::{browser, enter_house};
use crate::web::pages::parts::context::{PageContext, with_done};
use crate::web::pages::parts::frame::percent_encoded;
use crate::web::pages::sign_on::view::SignOnFailed;
use crate::web::problem::{Outcome, Problem};
use crate::web::reply::Reply;
use crate::web::request::Request;
use crate::web::sign_on::attempt::{self, Attempt};
use crate::web::sign_on::{Returned, Trouble};

/// The path to which the provider sends people back.
const BACK: &str = "/login/sso/callback";

/// Sends the person to the provider, who says who they are. Refuses `not_found` where no provider is set up.
pub fn begin(app: &App, request: &Request) -> Outcome<Reply> {
    let issuer = issuer(app)?;
    let next = way_on(request, request.query("next").unwrap_or("/"));
    let settings = app.settings();
    match app.sign_on.begin(&issuer, &back(app, request), &next, app.house.now()) {
        Ok((url, attempt)) => {
            let reply = Reply::see_elsewhere(url.as_str()).unkept();
            Ok(attempt.keep(reply, request.cookie_scope()))
        }
        Err(trouble) => failed(app, request, trouble, settings.oidc_issuer().unwrap_or_default()),
    }
}

/// Logs the person in whom the provider sends back, and leads on to where they wanted to go.
pub fn end(app: &App, request: &Request) -> Outcome<Reply> {
    let issuer = issuer(app)?;
    let state = request.query("state").unwrap_or_default();
    let attempt = Attempt::of(request.sign_on.as_deref(), state, app.house.now());
    let Some(attempt) = attempt.filter(|attempt| attempt.issuer == issuer) else {
        return page(app, request, 400, "sso-not-begun");
    };
    let reply = match log_in(app, request, &attempt)? {
        Ok(logged_in) => logged_in,
        Err(trouble) => failed(app, request, trouble, &issuer)?,
    };
    Ok(attempt::end(reply.unkept(), request.cookie_scope()))
}

fn log_in(app: &App, request: &Request, attempt: &Attempt) -> Outcome<Result<Reply, Trouble>> {
    if let Some(error) = request.query("error") {
        return Ok(Err(Trouble::Denied(error.to_owned())));
    }
    let answer = Returned { code: request.query("code").unwrap_or_default(), issuer: request.query("iss") };
    let identity = match app.sign_on.finish(attempt, &back(app, request), &answer, app.house.now()) {
        Ok(identity) => identity,
        Err(trouble) => return Ok(Err(trouble)),
    };
    let SignedOn { account, is_new } = match app.house.sign_on(identity) {
        Ok(signed_on) => signed_on,
        Err(Fault::Refused(refusal)) => return refused(app, request, refusal).map(Ok),
        Err(broken) => return Err(broken.into()),
    };
    let browser = browser(request)?;
    let logged_in = enter_first(app, request, account, &browser)?;
    let way = with_done(&local_target(&attempt.next), "logged-in");
    // Who joins by a form accepts the terms there.
    let way = match is_new && app.house.terms_mark()?.is_some() {
        true => format!("/terms?next={}", percent_encoded(&way)),
        false => way,
    };
    enter_house(app, request, (logged_in, browser), way).map(Ok)
}

/// The house's refusal of somebody whom the provider has let in.
fn refused(app: &App, request: &Request, refusal: Refusal) -> Outcome<Reply> {
    match refusal {
        Refusal::SignUpClosed => page(app, request, 403, "sso-sign-up-closed"),
        Refusal::EmailTaken => page(app, request, 403, "sso-email-taken"),
        Refusal::Unverified if app.house.has_mail()? => page(app, request, 403, "sso-verify-by-mail"),
        Refusal::Unverified => page(app, request, 403, "sso-unverified"),
        other => Err(other.into()),
    }
}

fn issuer(app: &App) -> Outcome<String> {
    let settings = app.settings();
    let issuer = settings.oidc_issuer().filter(|issuer| app.sign_on.is_set_up(Some(issuer)));
    issuer.map(str::to_owned).ok_or_else(|| Problem::not_found("page"))
}

/// The address of [`BACK`], as it must be registered at the provider.
fn back(app: &App, request: &Request) -> String {
    format!("{}{BACK}", request.public_address(&app.settings()))
}

/// Logs why nobody was logged in, and says it in words that show no more than people need.
fn failed(app: &App, request: &Request, trouble: Trouble, issuer: &str) -> Outcome<Reply> {
    let (status, key) = match trouble {
        Trouble::Down(error) => {
            tracing::warn!(issuer, error = format!("{error:#}"), "the single sign-on does not answer");
            (502, "sso-down")
        }
        Trouble::Denied(error) => {
            // The provider's words, of which only a code in plain letters is logged.
            let error: String =
                error.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_').take(40).collect();
            tracing::info!(issuer, error, "the single sign-on let nobody in");
            (403, "sso-denied")
        }
        Trouble::Unsound(error) => {
            tracing::warn!(issuer, error = format!("{error:#}"), "the single sign-on is not to be trusted");
            (502, "sso-unsound")
        }
    };
    page(app, request, status, key)
}

fn page(app: &App, request: &Request, status: u16, key: &str) -> Outcome<Reply> {
    // The page's own address has the provider's code in it, which no link repeats and no other page is told.
    let mut context = PageContext::of(request);
    context.path_and_query = "/login".to_owned();
    let frame = context.frame(app, 0)?;
    let sentence = frame.t(key);
    Ok(Reply::page(status, &SignOnFailed { frame, sentence })?.untold())
}
