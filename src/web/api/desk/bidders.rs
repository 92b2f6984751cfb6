//! Guests at the desk: found, registered, and given a new PIN.

use crate::house::desk::guests::Guest;
use crate::store::registrations::Registration;
use crate::web::app::App;
use crate::web::input::Input;
use crate::web::problem::Outcome;
use crate::web::reply::Reply;
use crate::web::request::{Request, id_of};
use crate::web::write_key;
use serde_json::{Value, json};

/// Lists the guests whose number is `q`, or whose name, email address or telephone number contains it: at most 50.
pub fn find(app: &App, request: &Request) -> Outcome<Reply> {
    let (pass, _) = request.at_desk()?;
    let found = app.house.find_guests(pass, request.query("q").unwrap_or_default())?;
    Reply::json(200, &json!({"bidders": found.iter().map(view).collect::<Value>()}))
}

fn view(guest: &Registration) -> Value {
    json!({
        "number": guest.number, "account": guest.account, "name": guest.name, "email": guest.email,
        "phone": guest.phone, "limit": guest.limit, "has_pin": guest.has_pin, "registered_at": guest.at,
    })
}

/// Gives a guest a number and a PIN, which no other answer shows.
pub fn register(app: &App, request: &Request) -> Outcome<Reply> {
    let (pass, token) = request.at_desk()?;
    let key = write_key::of_program(request)?;
    let mut input = Input::of_api(request, false)?;
    let guest = Guest {
        name: input.needed_text("name"),
        email: input.text("email"),
        phone: input.text("phone"),
        number: input.whole("number"),
        limit: input.amount("limit"),
        anyway: input.flag("anyway"),
    };
    input.done()?;
    let registered = app.house.register_at_desk(pass, token, key, guest)?;
    let body = json!({"number": registered.number, "account": registered.account, "pin": registered.pin});
    Reply::json(201, &body)
}

/// Gives a guest a new PIN in place of the one before.
pub fn new_pin(app: &App, request: &Request, segment: &str) -> Outcome<Reply> {
    let (pass, token) = request.at_desk()?;
    let key = write_key::of_program(request)?;
    Input::nothing(request)?;
    let registered = app.house.new_pin_at_desk(pass, token, key, id_of(segment, "bidder")?)?;
    let body = json!({"number": registered.number, "account": registered.account, "pin": registered.pin});
    Reply::json(201, &body)
}
