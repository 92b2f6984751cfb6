//! Joining, logging in, logging out.

use crate::house::people::accounts::{By, Joining};
use crate::house::people::log_in::{Device, LoggedIn, Named, token_hash};
use crate::house::settings::keys::SignUp;
use crate::house::{Fault, unless_refused};
use crate::rules::listing::AccountId;
use crate::rules::refusal::Refusal;
use crate::store::accounts::Account;
use crate::web::app::App;
use crate::web::device_words::device_words;
use crate::web::input::Input;
use crate::web::limits::network;
use crate::web::log_in_limits::Try;
use crate::web::problem::{Outcome, Problem};
use crate::web::reply::Reply;
use crate::web::request::Request;
use crate::web::session_cookie;
use serde_json::json;
use std::time::Instant;

/// Opens an account for somebody who signs up.
pub fn join(app: &App, request: &Request) -> Outcome<Reply> {
    let mut input = Input::of_api(request, false)?;
    let joining = joining(&mut input)?;
    let account = open(app, request, joining)?;
    let state = account.state.name();
    Reply::json(201, &json!({"id": account.id, "email": account.email, "name": account.name, "state": state}))
}

/// Reads the fields of somebody who joins. Refuses `invalid`.
pub fn joining(input: &mut Input) -> Outcome<Joining> {
    let joining = Joining {
        email: input.needed_text("email"),
        name: input.needed_text("name"),
        password: Some(input.needed_text("password")),
        is_admin: false,
        terms: input.whole("terms"),
    };
    input.done()?;
    Ok(joining)
}

/// Opens an account for somebody who signs up, at the rate of their address. A sign-up that the house refuses anyway
/// does not count.
pub fn open(app: &App, request: &Request, joining: Joining) -> Outcome<Account> {
    app.house.may_join(&joining)?;
    app.limits.sign_up(request.client.address)?;
    let account = app.house.open_account(joining, By::Themselves)?;
    keep_language(app, request, account.id);
    Ok(account)
}

/// Keeps the language of the request for mails, unless the person has chosen one. A failure is logged and stops nobody.
pub fn keep_language(app: &App, request: &Request, account: AccountId) {
    if !request.lang_is_known {
        return;
    }
    let keep = || match app.house.preferences(account)?.language {
        Some(_) => Ok(()),
        None => unless_refused(app.house.choose(account, None, Some(request.lang.tag()))).map(drop),
    };
    if let Err(fault) = keep() {
        tracing::warn!(?account, error = format!("{fault:#}"), "keep the language");
    }
}

/// Whom a log-in names, with the secret, as they were sent.
pub enum Sent {
    Email { email: String, password: String },
    Bidder { sale: String, number: i64, pin: String },
}

impl Sent {
    /// Reads `number`, `pin` and `sale` if a number or a PIN was sent, otherwise `email` and `password`. Without a
    /// `sale`, the one sale that takes numbers is meant. Refuses `invalid`.
    pub fn read(app: &App, input: &mut Input) -> Outcome<Sent> {
        if !Sent::is_by_number(input) {
            let (email, password) = (input.needed_text("email"), input.needed_text("password"));
            input.done()?;
            return Ok(Sent::Email { email, password });
        }
        let (number, pin) = (input.needed_bidder_number("number"), input.needed_text("pin"));
        let sale = match input.text("sale") {
            Some(sale) => sale.trim().to_owned(),
            None => only_sale(app, input)?,
        };
        input.done()?;
        Ok(Sent::Bidder { sale, number, pin })
    }

    /// Whether a number or a PIN was sent.
    pub fn is_by_number(input: &Input) -> bool {
        input.has("number") || input.has("pin")
    }

    fn named(&self) -> (Named<'_>, &str) {
        match self {
            Sent::Email { email, password } => (Named::Email(email), password),
            Sent::Bidder { sale, number, pin } => (Named::Bidder { sale, number: *number }, pin),
        }
    }

    fn wrong(&self) -> Problem {
        match self {
            Sent::Email { .. } => wrong_login(),
            Sent::Bidder { .. } => Problem::new("unauthenticated", "Wrong number or PIN."),
        }
    }
}

/// The sale that is meant where none is named: the only one that is open, or, where none is, the only one that still takes
/// numbers. No sale if there is none, so that the log-in fails like any other.
fn only_sale(app: &App, input: &mut Input) -> Outcome<String> {
    let sales = app.house.sales_with_pins()?;
    let some_are_open = sales.iter().any(|sale| sale.n_open > 0);
    let meant = sales.into_iter().filter(|sale| sale.n_open > 0 || !some_are_open);
    let mut codes: Vec<String> = meant.map(|sale| sale.code).collect();
    if codes.len() > 1 {
        input.faults.add("sale", format!("Several sales take numbers: name one of {}.", codes.join(", ")));
    }
    Ok(codes.pop().unwrap_or_default())
}

/// Logs in, and answers with the token and its cookie.
pub fn log_in(app: &App, request: &Request) -> Outcome<Reply> {
    let mut input = Input::of_api(request, false)?;
    let sent = Sent::read(app, &mut input)?;
    let logged_in = enter(app, request, &sent, &[home(request)])?;
    let person = &logged_in.person;
    let body = json!({
        "token": logged_in.token,
        "account": {"id": person.id, "name": person.name, "email": person.email},
    });
    Ok(session_cookie::keep(Reply::json(201, &body)?, request.cookie_scope(), &logged_in.token))
}

/// Opens a session, within the limits of failures and of log-ins, and remembers `devices` for the account. Refuses
/// `unauthenticated` for a wrong password or PIN, `rate_limited`, `unverified` for the right password, and `not_allowed` for
/// a password where the single sign-on is the only way in.
pub fn enter(app: &App, request: &Request, sent: &Sent, devices: &[Device<'_>]) -> Outcome<LoggedIn> {
    if matches!(sent, Sent::Email { .. }) && app.settings().sign_up == SignUp::Sso {
        return Err(Refusal::SignOnOnly.into());
    }
    let (named, secret) = sent.named();
    let tried = begin(app, request, named)?;
    let words = device_words(request.user_agent.as_deref());
    let devices = [devices, &[Device::Called(&words)]].concat();
    match app.house.log_in(named, secret, &devices) {
        Ok(None) => {
            app.log_in_limits.failed(tried, Instant::now())?;
            Err(sent.wrong())
        }
        Err(Fault::Broken(error)) => Err(error.into()),
        // A refusal comes after the right password or PIN.
        right => {
            app.log_in_limits.succeeded(tried, Instant::now());
            Ok(welcome(app, right?.ok_or_else(|| sent.wrong())?))
        }
    }
}

/// Begins a try of somebody's password or PIN, within the limits of failures. Refuses `rate_limited`.
pub fn begin(app: &App, request: &Request, named: Named<'_>) -> Outcome<Try> {
    let is_known = |device| app.house.knows_device(named, device);
    let browser = match request.device.as_deref() {
        Some(token) if is_known(Device::Browser(token))? => Some(token),
        _ => None,
    };
    let is_home = |network| is_known(Device::Network(network));
    Ok(app.log_in_limits.begin(named, request.client.address, browser, Instant::now(), is_home)?)
}

/// Opens a session from the browser of this token for somebody who has shown who they are without a password, and
/// remembers the browser and its network for the account; the limits of log-ins do not apply.
pub fn enter_first(app: &App, request: &Request, account: Account, browser: &str) -> Outcome<LoggedIn> {
    let words = device_words(request.user_agent.as_deref());
    let devices = [home(request), Device::Browser(browser), Device::Called(&words)];
    let logged_in = app.house.open_session(account, &devices)?;
    Ok(welcome(app, logged_in.ok_or_else(wrong_login)?))
}

fn wrong_login() -> Problem {
    Problem::new("unauthenticated", "Wrong email or password.")
}

/// The network that a request comes from.
pub fn home(request: &Request) -> Device<'static> {
    Device::Network(network(request.client.address))
}

fn welcome(app: &App, logged_in: LoggedIn) -> LoggedIn {
    logged_in.ended.iter().for_each(|token| app.hub.log_out(*token));
    logged_in
}

/// Logs the caller out.
pub fn log_out(app: &App, request: &Request) -> Outcome<Reply> {
    request.signed_in()?;
    leave(app, request)?;
    Ok(session_cookie::end(Reply::empty(204), request.cookie_scope()))
}

/// Ends the session of the request, and its streams.
pub fn leave(app: &App, request: &Request) -> Outcome<()> {
    if let Some(token) = &request.token {
        app.house.log_out(&token.text)?;
        app.hub.log_out(token_hash(&token.text));
    }
    Ok(())
}
