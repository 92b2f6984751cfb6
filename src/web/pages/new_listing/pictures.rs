//! `POST /listings/new/pictures`: takes one picture while its form is still being filled in. The form then names it in
//! `picture_kept`. A picture that no listing takes within a day is forgotten, like one of a form that was only
//! previewed. Its name is a hash of what is stored: only whoever has the picture can know it.

use crate::house::views::thumbnail_path;
use crate::rules::refusal::Refusal;
use crate::web::app::App;
use crate::web::input::Input;
use crate::web::pages::parts::context::PageContext;
use crate::web::pages::parts::form::filled_again;
use crate::web::pages::parts::frame::Frame;
use crate::web::pages::parts::{form, sentences};
use crate::web::problem::{Outcome, Problem};
use crate::web::reply::Reply;
use crate::web::request::Request;
use serde_json::json;

/// Stores the `picture` of a multipart form. Answers `name` and the path of its `thumbnail`; a refusal answers its
/// `code`, and what is `said` to the visitor. Refuses `invalid` and `too_large` for a file that is no picture or not
/// one, `not_allowed` for an account that cannot list, and `rate_limited`.
pub fn stage(app: &App, request: &Request) -> Outcome<Reply> {
    request.signed_in()?;
    let mut input = form::read(app, request)?;
    match store(app, request, &mut input) {
        Ok(name) => Reply::json(201, &json!({"name": name, "thumbnail": thumbnail_path(&name)})),
        Err(problem) if problem.fault.is_some() => Err(problem),
        Err(problem) => {
            let frame = PageContext::of(request).frame(app, 0)?;
            let said = said(&frame, &input, &problem);
            let (status, code) =
                if input.is_too_large { (413, "too_large") } else { (problem.status(), problem.code) };
            Ok(problem.dress(Reply::json(status, &json!({"code": code, "said": said}))?))
        }
    }
}

/// Checks whether the seller may list and may send one picture more, before it is decoded.
fn store(app: &App, request: &Request, input: &mut Input) -> Outcome<String> {
    let seller = request.signed_in()?.id;
    app.house.may_list(seller)?;
    input.done()?;
    let [bytes] = &input.pictures[..] else {
        return Err(Refusal::invalid("picture", "One picture.").into());
    };
    app.limits.list(seller, request.client.address, 0, 1)?;
    Ok(app.house.store_picture(bytes)?)
}

/// The sentence beside the picture: what is wrong with it, without what pictures must be in general.
fn said(frame: &Frame, input: &Input, problem: &Problem) -> String {
    let filled = filled_again(frame, input, problem);
    let whole = filled.error("picture").or(filled.error("")).unwrap_or_default();
    let general = sentences::pictures_amiss(frame, "");
    let own = whole.strip_prefix(&general).map(str::trim).filter(|own| !own.is_empty());
    own.unwrap_or(whole).to_owned()
}
