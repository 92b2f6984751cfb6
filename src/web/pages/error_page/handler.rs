//! Shows a problem as a page: what is wrong, in the visitor's language, and a link to go on.

use crate::web::app::App;
use crate::web::pages::desk::refused;
use crate::web::pages::error_page::view::ErrorPage;
use crate::web::pages::parts::context::PageContext;
use crate::web::pages::parts::sentences;
use crate::web::problem::{Outcome, Problem};
use crate::web::reply::Reply;

/// Shows the error page, or sends a guest who must log in to do so. The desk has a page of its own.
pub fn show(app: &App, context: &PageContext, problem: &Problem) -> Outcome<Reply> {
    if context.is_at_desk {
        return refused::show(app, context, problem);
    }
    if problem.code == "unauthenticated" {
        let page = crate::web::pages::parts::frame::percent_encoded(&context.path_and_query);
        return Ok(Reply::see_other(format!("/login?next={page}")));
    }
    let frame = context.frame(app, 0)?;
    let sentence = sentences::problem(&frame, problem);
    let way_on = back_to_listing(context, problem).map(|path| (path, frame.t("back")));
    let page = ErrorPage { frame, status: problem.status(), sentence, way_on };
    let reply = Reply::page(problem.status(), &page)?;
    // Any path may lead here, and the page repeats it.
    Ok(if context.person.is_some() { reply.plain() } else { reply })
}

/// A link to the listing, for a visitor who was refused something on it.
fn back_to_listing(context: &PageContext, problem: &Problem) -> Option<String> {
    let (path, _) = context.path_and_query.split_once('?').unwrap_or((&context.path_and_query, ""));
    let id = path.strip_prefix("/listings/")?;
    (problem.status() < 500 && problem.code != "not_found" && id.parse::<i64>().is_ok())
        .then(|| path.to_owned())
}
