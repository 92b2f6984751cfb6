//! What was refused at the desk, as a page in the desk's frame. Without a pass, the way leads to where a code is given.

use crate::web::app::App;
use crate::web::pages::desk::frame::DeskFrame;
use crate::web::pages::desk::sentences;
use crate::web::pages::error_page::view::headline;
use crate::web::pages::parts::context::PageContext;
use crate::web::problem::{Outcome, Problem};
use crate::web::reply::Reply;
use askama::Template;

/// The content of the page.
#[derive(Template)]
#[template(path = "desk/refused.html", config = "src/web/askama.toml")]
pub struct DeskRefused {
    pub frame: DeskFrame,
    pub headline: String,
    pub sentence: String,
}

/// Shows what was refused, or leads to `/desk/open` without a pass that holds.
pub fn show(app: &App, context: &PageContext, problem: &Problem) -> Outcome<Reply> {
    if problem.code == "unauthenticated" {
        let ended = if context.had_token { "?ended=1" } else { "" };
        return Ok(Reply::see_other(format!("/desk/open{ended}")));
    }
    let frame = DeskFrame::new(app, context)?;
    let headline = headline(&frame, problem.status());
    let sentence = sentences::problem(&frame, problem);
    Reply::page(problem.status(), &DeskRefused { frame, headline, sentence })
}
