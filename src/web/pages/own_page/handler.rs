//! `/about`, `/contact`, `/payment`, `/pickup` and `/privacy`, each once the house has written it.

use crate::store::own_pages::OwnPage;
use crate::web::app::App;
use crate::web::pages::own_page::view::OwnTextPage;
use crate::web::pages::parts::context::PageContext;
use crate::web::problem::{Outcome, Problem};
use crate::web::reply::Reply;
use crate::web::request::Request;

/// Shows what the house says of itself. Refuses `not_found`.
pub fn about(app: &App, request: &Request) -> Outcome<Reply> {
    show(app, request, OwnPage::About)
}

/// Shows how the house is reached. Refuses `not_found`.
pub fn contact(app: &App, request: &Request) -> Outcome<Reply> {
    show(app, request, OwnPage::Contact)
}

/// Shows what the house does with people's data. Refuses `not_found`.
pub fn privacy(app: &App, request: &Request) -> Outcome<Reply> {
    show(app, request, OwnPage::Privacy)
}

/// Shows how to pay. Refuses `not_found`.
pub fn payment(app: &App, request: &Request) -> Outcome<Reply> {
    show(app, request, OwnPage::Payment)
}

/// Shows where and when to collect. Refuses `not_found`.
pub fn pickup(app: &App, request: &Request) -> Outcome<Reply> {
    show(app, request, OwnPage::Pickup)
}

fn show(app: &App, request: &Request, page: OwnPage) -> Outcome<Reply> {
    let texts = app.own_texts();
    let shown = texts.pages.iter().find(|shown| shown.page == page);
    let shown = shown.ok_or_else(|| Problem::not_found("page"))?;
    let frame = PageContext::of(request).frame(app, 0)?;
    let (lang, html) = (app.language().tag(), shown.html.to_string());
    Reply::page(200, &OwnTextPage { frame, name: page.name(), lang, html })
}
