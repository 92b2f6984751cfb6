//! A sale as a calendar.

use crate::web::app::App;
use crate::web::problem::Outcome;
use crate::web::reply::Reply;
use crate::web::request::Request;

/// Shows a sale as a calendar. Refuses `not_found`, for a draft too.
pub fn show(app: &App, _: &Request, code: &str) -> Outcome<Reply> {
    app.house.catalogue(code)?;
    Ok(Reply::new(200, "text/calendar; charset=utf-8", ""))
}
