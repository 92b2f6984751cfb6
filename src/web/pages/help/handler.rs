//! `/help` and `/help/{page}`: the manual.

use crate::web::app::App;
use crate::web::manual::{self, html};
use crate::web::pages::help::view::HelpPage;
use crate::web::pages::parts::context::PageContext;
use crate::web::problem::{Outcome, Problem};
use crate::web::reply::Reply;
use crate::web::request::Request;

/// Shows the index of the manual.
pub fn index(app: &App, request: &Request) -> Outcome<Reply> {
    let frame = PageContext::of(request).frame(app, 0)?;
    let title = frame.t("help-title");
    Reply::page(200, &HelpPage { frame, title, body: html::body(&manual::index()), is_index: true })
}

/// Shows a page of the manual. Refuses `not_found`.
pub fn show(app: &App, request: &Request, name: &str) -> Outcome<Reply> {
    let page = manual::find(name).ok_or_else(|| Problem::not_found("page"))?;
    let frame = PageContext::of(request).frame(app, 0)?;
    let title = page.title().to_owned();
    Reply::page(200, &HelpPage { frame, title, body: html::body(page.text), is_index: false })
}
