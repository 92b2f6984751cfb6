//! A problem as a page: what is wrong, in the visitor's language, and a way on.

use crate::web::app::App;
use crate::web::pages::error_page::view::Mishap;
use crate::web::pages::parts::context::PageContext;
use crate::web::pages::parts::sentences;
use crate::web::problem::{Outcome, Problem};
use crate::web::reply::Reply;

pub fn show(app: &App, basis: &PageContext, problem: &Problem) -> Outcome<Reply> {
    if problem.code == "unauthenticated" {
        let page = crate::web::pages::parts::frame::percent_encoded(&basis.path_and_query);
        return Ok(Reply::see_other(format!("/login?next={page}")));
    }
    let frame = basis.frame(app, 0)?;
    let sentence = sentences::problem(&frame, problem);
    let way_on = back_to_listing(basis, problem).map(|path| (path, frame.t("back")));
    let page = Mishap { frame, status: problem.status(), sentence, way_on };
    let reply = Reply::page(problem.status(), &page)?;
    // Any path leads here, and the page repeats it.
    Ok(if basis.person.is_some() { reply.plain() } else { reply })
}

/// Who was refused something of a listing goes back to it.
fn back_to_listing(basis: &PageContext, problem: &Problem) -> Option<String> {
    let (path, _) = basis.path_and_query.split_once('?').unwrap_or((&basis.path_and_query, ""));
    let id = path.strip_prefix("/listings/")?;
    (problem.status() < 500 && problem.code != "not_found" && id.parse::<i64>().is_ok())
        .then(|| path.to_owned())
}
