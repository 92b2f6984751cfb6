//! `/terms`, and the form that accepts the newest version.

use crate::house::Fault;
use crate::rules::refusal::Refusal;
use crate::web::api::terms::version;
use crate::web::app::App;
use crate::web::input::Input;
use crate::web::local_target::way_on;
use crate::web::own_texts::{ShownTerms, shown_terms};
use crate::web::pages::parts::context::{PageContext, with_done};
use crate::web::pages::parts::form;
use crate::web::pages::parts::sentences;
use crate::web::pages::terms::view::{TermsPage, ToAccept};
use crate::web::problem::{Outcome, Problem};
use crate::web::reply::Reply;
use crate::web::request::Request;

/// Shows the newest version, or the one that the query names. Refuses `not_found` where there is none.
pub fn show(app: &App, request: &Request) -> Outcome<Reply> {
    let next = way_on(request, request.query("next").unwrap_or("/"));
    page(app, request, 200, version(request)?, next, None)
}

/// Accepts the version that the form names, then goes to `next`. If another one is the newest by now, it is shown.
pub fn accept(app: &App, request: &Request) -> Outcome<Reply> {
    let person = request.signed_in()?;
    let mut input: Input = form::read(app, request)?;
    let next = way_on(request, &input.text("next").unwrap_or_default());
    let version = input.needed_whole("version");
    input.done()?;
    match app.house.accept_terms(person.id, version) {
        Ok(()) => Ok(Reply::see_other(with_done(&next, "terms-accepted"))),
        Err(Fault::Refused(refusal @ Refusal::TermsNotAccepted { .. })) => {
            let problem = Problem::from(refusal);
            page(app, request, problem.status(), None, next, Some(&problem))
        }
        Err(fault) => Err(fault.into()),
    }
}

fn page(
    app: &App,
    request: &Request,
    status: u16,
    version: Option<i64>,
    next: String,
    problem: Option<&Problem>,
) -> Outcome<Reply> {
    let none = || Problem::not_found("version of the terms");
    let newest = app.house.terms_mark()?.ok_or_else(none)?;
    let terms = shown(app, version.unwrap_or(newest.version))?.ok_or_else(none)?;
    let frame = PageContext::of(request).frame(app, 0)?;
    let is_newest = terms.version == newest.version;
    let person = request.person.as_ref().filter(|person| person.terms_version != Some(newest.version));
    let error = problem.map(|problem| sentences::problem(&frame, problem));
    let others = app.house.terms_versions()?.into_iter().filter(|other| other.mark.version != terms.version);
    let page = TermsPage {
        version: terms.version,
        hash: terms.hash,
        at: terms.at.utc(),
        lang: app.language().tag(),
        html: terms.html.to_string(),
        others: others.map(|other| (other.mark.version, other.at.utc())).collect(),
        to_accept: person.filter(|_| is_newest).map(|_| ToAccept { next, error }),
        frame,
    };
    Reply::page(status, &page)
}

/// A version as the page shows it: the newest from memory, any other rendered for this page alone.
fn shown(app: &App, version: i64) -> Outcome<Option<ShownTerms>> {
    let texts = app.own_texts();
    let kept = texts.terms.clone().filter(|terms| terms.version == version);
    Ok(if kept.is_some() { kept } else { shown_terms(&app.house, version)? })
}
