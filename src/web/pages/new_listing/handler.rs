//! `/listings/new`: the form, checked in the browser and here; it keeps what was typed if something is wrong.

use crate::house::Fault;
use crate::house::sales::view::SaleLine;
use crate::rules::faults::MAX_PICTURES;
use crate::rules::listing::Draft;
use crate::rules::refusal::Refusal;
use crate::rules::sale::SaleState;
use crate::rules::text;
use crate::rules::time::Time;
use crate::web::api::listings::list;
use crate::web::app::App;
use crate::web::input::{Input, Writing};
use crate::web::pages::new_listing::view::{Event, NewListing, Preview};
use crate::web::pages::parts::context::{PageContext, gallery, with_done};
use crate::web::pages::parts::filled::Filled;
use crate::web::pages::parts::form::filled_again;
use crate::web::problem::{Outcome, Problem};
use crate::web::reply::Reply;
use crate::web::request::Request;

/// The most categories to choose from; any other may be typed.
const N_CATEGORIES: i64 = 100;
/// An event that ends sooner, or later, is not offered as the end of an item.
const SOONEST_S: i64 = 60;
const MAX_LIFE_S: i64 = 365 * 86_400;

/// Shows an empty form.
pub fn show(app: &App, request: &Request) -> Outcome<Reply> {
    request.signed_in()?;
    let mut filled = Filled::default();
    filled.keep("soft_close", "on");
    page(app, request, 200, filled, Vec::new(), None)
}

fn page(
    app: &App,
    request: &Request,
    status: u16,
    filled: Filled,
    pictures_kept: Vec<String>,
    preview: Option<Preview>,
) -> Outcome<Reply> {
    let frame = PageContext::of(request).frame(app, 0)?;
    let commission_bps = app.settings().terms().commission_bps;
    let categories = app.house.open_categories(N_CATEGORIES)?.into_iter().map(|(name, _)| name).collect();
    let event = event(app)?;
    Reply::page(
        status,
        &NewListing { frame, filled, commission_bps, preview, event, categories, pictures_kept },
    )
}

/// The sale that is running or opens next, if an item that is listed now can end with it. While it is paused, nobody
/// knows when it ends.
fn event(app: &App) -> Outcome<Option<Event>> {
    let current = if app.house.has_sales()? { app.house.current_sale()? } else { None };
    let now = app.house.now();
    let times = now.plus_s(SOONEST_S)..now.plus_s(MAX_LIFE_S);
    let can_end = |line: &SaleLine| line.state != SaleState::Paused && times.contains(&line.last_closes_at);
    let line = current.map(|current| current.line).filter(can_end);
    Ok(line.map(|line| Event { name: line.name, ends_at: line.last_closes_at.utc() }))
}

/// Creates the listing, or with `step=preview` shows how it will look. Uploaded pictures are kept with the draft either
/// way, so that they need not be chosen again.
pub fn add(app: &App, request: &Request) -> Outcome<Reply> {
    let person = request.signed_in()?;
    let current = app.current();
    let people = Writing::People { currency: current.currency, zone: current.zone };
    let mut input = Input::of_form(request, people)?;
    let now = app.house.now();
    input.event_ends_at = event(app)?.map(|event| Time(event.ends_at.timestamp_millis()));
    let mut draft = input.draft(now);
    let is_preview = input.text("step").as_deref() == Some("preview");
    draft.pictures = pictures_kept(app, &mut input);
    let is_listed = !is_preview && input.faults.is_empty();
    if let Err(problem) = may_send(app, request, is_listed, input.pictures.len()) {
        return again(app, request, &input, &problem, draft.pictures);
    }
    store(app, &mut input, &mut draft.pictures)?;
    let checked = input.done();
    if is_preview && checked.is_ok() {
        let mut filled = Filled::default();
        for (name, value) in input.texts() {
            filled.keep(name, value);
        }
        let preview = Some(preview(&draft, input.closes_comes_again, now));
        return page(app, request, 200, filled, draft.pictures, preview);
    }
    let pictures = draft.pictures.clone();
    match checked.and_then(|()| list(app, person, draft, &[])) {
        Ok(listing) => {
            let done = if input.closes_comes_again { "listed-earlier" } else { "listed" };
            Ok(Reply::see_other(with_done(&format!("/listings/{}", listing.listing.id), done)))
        }
        Err(problem) => again(app, request, &input, &problem, pictures),
    }
}

/// Checks whether the seller may list at all and may send this much now, before any of it is decoded.
fn may_send(app: &App, request: &Request, is_listed: bool, n_pictures: usize) -> Outcome<()> {
    let seller = request.signed_in()?.id;
    app.house.may_list(seller)?;
    Ok(app.limits.list(seller, request.client.address, usize::from(is_listed), n_pictures)?)
}

/// The names of the pictures that were uploaded with an earlier form.
fn pictures_kept(app: &App, input: &mut Input) -> Vec<String> {
    let mut names = Vec::new();
    for name in &input.pictures_kept {
        if name.ends_with("-thumb") || name.ends_with("-middle") {
            input.faults.add("picture", "A thumbnail cannot be used as a picture.");
        } else if !names.contains(name) && app.house.keep_picture(name) {
            names.push(name.clone());
        }
    }
    names
}

/// Stores the new pictures and adds their names, up to the limit of a listing. Notes what is wrong with any of them,
/// and keeps the others.
fn store(app: &App, input: &mut Input, names: &mut Vec<String>) -> Outcome<()> {
    for bytes in &input.pictures {
        match app.house.store_picture(bytes) {
            Ok(name) if names.contains(&name) => {}
            Ok(name) => names.push(name),
            Err(Fault::Refused(Refusal::Invalid(faults))) => {
                faults.into_iter().for_each(|fault| input.faults.add(fault.field, fault.words));
            }
            Err(fault) => return Err(fault.into()),
        }
    }
    names.truncate(MAX_PICTURES);
    Ok(())
}

fn preview(draft: &Draft, closes_comes_again: bool, now: Time) -> Preview {
    Preview {
        title: text::one_line(&draft.title),
        description: text::nfc(&draft.description),
        opening: draft.opening,
        reserve: draft.reserve,
        buy_now: draft.buy_now,
        increment: draft.increment,
        closes_at: draft.closes.map_or(now, |closes| closes.at(now)).utc(),
        closes_comes_again,
        pictures: gallery(&draft.pictures),
    }
}

fn again(
    app: &App,
    request: &Request,
    input: &Input,
    problem: &Problem,
    pictures: Vec<String>,
) -> Outcome<Reply> {
    let frame = PageContext::of(request).frame(app, 0)?;
    let filled = filled_again(&frame, input, problem);
    let status = if input.is_too_large { 413 } else { problem.status() };
    Ok(problem.dress(page(app, request, status, filled, pictures, None)?))
}
