//! `/account/tokens`: lists a person's tokens for programs, adds one, and revokes one.

use crate::rules::scope::Scope;
use crate::store::api_tokens::ApiToken;
use crate::web::api::tokens::{add_sent, end};
use crate::web::app::App;
use crate::web::pages::parts::context::{PageContext, with_done};
use crate::web::pages::parts::filled::Filled;
use crate::web::pages::parts::form::{self, filled_again};
use crate::web::pages::tokens::view::{Row, Tokens};
use crate::web::problem::Outcome;
use crate::web::reply::Reply;
use crate::web::request::Request;

/// Shows the tokens of the person who asks.
pub fn show(app: &App, request: &Request) -> Outcome<Reply> {
    page(app, request, 200, Filled::default(), None)
}

/// Adds a token, and shows its text this once.
pub fn add(app: &App, request: &Request) -> Outcome<Reply> {
    request.signed_in()?;
    let mut input = form::read(app, request)?;
    match add_sent(app, request, &mut input) {
        Ok(added) => page(app, request, 201, Filled::default(), Some(added.text)),
        Err(problem) => {
            let frame = PageContext::of(request).frame(app, 0)?;
            let filled = filled_again(&frame, &input, &problem);
            Ok(problem.dress(page(app, request, problem.status(), filled, None)?))
        }
    }
}

/// Revokes a token.
pub fn revoke(app: &App, request: &Request) -> Outcome<Reply> {
    request.signed_in()?;
    let mut input = form::read(app, request)?;
    let name = input.needed_text("name");
    input.done()?;
    end(app, request, &name)?;
    Ok(Reply::see_other(with_done("/account/tokens", "revoked")))
}

fn page(app: &App, request: &Request, status: u16, filled: Filled, added: Option<String>) -> Outcome<Reply> {
    let person = request.signed_in()?;
    let now = app.house.now();
    let row = |token: ApiToken| Row {
        is_over: !token.holds(now),
        may: token.may.names(),
        made_at: token.made_at.utc(),
        ends_at: token.ends_at.map(|end| end.utc()),
        used_at: token.used_at.map(|used| used.utc()),
        name: token.name,
    };
    let page = Tokens {
        frame: PageContext::of(request).frame(app, 0)?,
        filled,
        added,
        tokens: app.house.api_tokens(person.id)?.into_iter().map(row).collect(),
        scopes: Scope::ALL.into_iter().filter(|scope| *scope != Scope::Desk || person.is_admin).collect(),
        needs_password: !app.house.is_fresh(person),
    };
    Ok(Reply::page(status, &page)?.unkept())
}
