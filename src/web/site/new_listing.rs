//! `/listings/new`: the form, checked in the page and here; what was typed stays when something is wrong.

use super::entry::filled_again;
use super::frame::{Basis, with_done};
use crate::rules::listing::Draft;
use crate::rules::time::Time;
use crate::web::api::done;
use crate::web::api::listings::list;
use crate::web::app::App;
use crate::web::input::{Input, Writing};
use crate::web::pages::filled::Filled;
use crate::web::pages::new_listing::{NewListing, Preview};
use crate::web::problem::{Outcome, Problem};
use crate::web::reply::Reply;
use crate::web::request::Request;

pub fn show(app: &App, request: &Request) -> Outcome<Reply> {
    request.signed_in()?;
    page(app, request, 200, Filled::default(), None)
}

fn page(
    app: &App,
    request: &Request,
    status: u16,
    filled: Filled,
    preview: Option<Preview>,
) -> Outcome<Reply> {
    let frame = Basis::of(request).frame(app, 0)?;
    let commission_bps = app.settings().terms().commission_bps;
    Reply::page(status, &NewListing { frame, filled, commission_bps, preview })
}

/// Lists, or shows first how it will look (`step=preview`). A picture that was sent is kept with the draft either way, so
/// that it need not be chosen again.
pub fn add(app: &App, request: &Request) -> Outcome<Reply> {
    let person = request.signed_in()?;
    let current = app.current();
    let people = Writing::People { currency: current.currency, zone: current.zone };
    let mut input = Input::of_form(request, people)?;
    let now = app.house.now();
    let mut draft = input.draft(now);
    let kept = picture(app, &mut input);
    let checked = kept.and_then(|kept| {
        draft.picture = kept;
        input.done()
    });
    let is_preview = input.text("step").as_deref() == Some("preview");
    let mut filled = Filled::default();
    if is_preview && checked.is_ok() {
        for (name, value) in input.texts() {
            filled.keep(name, value);
        }
        keep_picture(&mut filled, draft.picture.as_deref());
        return page(app, request, 200, filled, Some(preview(&draft, now)));
    }
    let picture = draft.picture.clone();
    match checked.and_then(|()| list(app, person, draft, None)) {
        Ok(listing) => {
            Ok(Reply::see_other(with_done(&format!("/listings/{}", listing.listing.id), "listed")))
        }
        Err(problem) => again(app, request, &input, &problem, picture.as_deref()),
    }
}

/// The name of the picture that was sent, or of the one that was sent before.
fn picture(app: &App, input: &mut Input) -> Outcome<Option<String>> {
    if let Some(bytes) = &input.picture {
        return Ok(Some(done(app.house.store_picture(bytes))?));
    }
    let Some(name) = input.text("picture_kept") else {
        return Ok(None);
    };
    let known = app.house.picture(&format!("{name}.jpg"))?.is_some();
    Ok(Some(name).filter(|_| known))
}

fn keep_picture(filled: &mut Filled, name: Option<&str>) {
    filled.keep("picture_kept", name.unwrap_or_default());
}

fn preview(draft: &Draft, now: Time) -> Preview {
    Preview {
        title: draft.title.trim().to_owned(),
        description: draft.description.clone(),
        opening: draft.opening,
        closes_at: draft.closes.map_or(now, |closes| closes.at(now)).utc(),
        picture: draft.picture.as_ref().map(|name| format!("/pictures/{name}.jpg")),
    }
}

fn again(
    app: &App,
    request: &Request,
    input: &Input,
    problem: &Problem,
    picture: Option<&str>,
) -> Outcome<Reply> {
    let frame = Basis::of(request).frame(app, 0)?;
    let mut filled = filled_again(&frame, input, problem);
    keep_picture(&mut filled, picture);
    page(app, request, problem.status(), filled, None)
}
