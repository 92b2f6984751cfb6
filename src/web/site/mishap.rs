//! A problem as a page: what is wrong, in the visitor's language, and a way on.

use super::frame::Basis;
use crate::web::app::App;
use crate::web::pages::mishap::Mishap;
use crate::web::pages::sentences;
use crate::web::problem::{Outcome, Problem};
use crate::web::reply::Reply;

pub fn show(app: &App, basis: &Basis, problem: &Problem) -> Outcome<Reply> {
    if problem.code == "unauthenticated" {
        let page = crate::web::pages::frame::percent_encoded(&basis.path_and_query);
        return Ok(Reply::see_other(format!("/login?next={page}")));
    }
    let frame = basis.frame(app, 0)?;
    let sentence = sentence(&frame, problem);
    let page = Mishap { frame, status: problem.status(), sentence, way_on: None };
    let reply = Reply::page(problem.status(), &page)?;
    // Any path leads here, and the page repeats it.
    Ok(if basis.person.is_some() { reply.plain() } else { reply })
}

/// The problem's sentence for the visitor.
pub fn sentence(frame: &crate::web::pages::frame::Frame, problem: &Problem) -> String {
    let key = match problem.reason() {
        "rate_limited" => Some("refused-rate-limited-for"),
        "log_ins_limited" => Some("refused-log-ins-limited"),
        _ => None,
    };
    if let (Some(key), Some(retry_after_s)) = (key, problem.figure("retry_after_s")) {
        return sentences::later(frame, key, retry_after_s);
    }
    sentences::refusal(frame, problem.reason(), problem.figure("minimum"), problem.figure("available"))
}
