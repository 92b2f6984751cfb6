//! Shows what the pass may do.

use crate::rules::desk::Right;
use crate::web::app::App;
use crate::web::pages::desk::frame::DeskFrame;
use crate::web::pages::desk::start::view::Start;
use crate::web::pages::desk::till;
use crate::web::problem::Outcome;
use crate::web::reply::Reply;
use crate::web::request::Request;

/// Shows what the pass may do, and what its till has taken.
pub fn show(app: &App, request: &Request) -> Outcome<Reply> {
    let (pass, _) = request.at_desk()?;
    let till = if pass.may.has(Right::Checkout) { Some(till::handler::part(app, pass)?) } else { None };
    Reply::page(200, &Start { frame: DeskFrame::of(app, request)?, till })
}
