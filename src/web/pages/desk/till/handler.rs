//! Shows the till of a pass.

use crate::store::passes::Pass;
use crate::web::app::App;
use crate::web::pages::desk::frame::DeskFrame;
use crate::web::pages::desk::till::view::{CountSheet, TillPart};
use crate::web::problem::Outcome;
use crate::web::reply::Reply;
use crate::web::request::Request;

/// Shows the count sheet, to print it.
pub fn sheet(app: &App, request: &Request) -> Outcome<Reply> {
    let (pass, _) = request.at_desk()?;
    Reply::page(200, &CountSheet { frame: DeskFrame::of(app, request)?, till: part(app, pass)? })
}

/// What the till of a pass took, and what of it was voided.
pub fn part(app: &App, pass: &Pass) -> Outcome<TillPart> {
    let (till, voids) = (app.house.till(pass)?, app.house.voids_of_till(pass)?);
    Ok(TillPart { name: pass.name.clone(), till, voids })
}
