//! Staff at the desk of a sale, with a pass in a tablet, as its API sees them and as its pages do.

use crate::harness::{House, Person, Reply, int};
use crate::sale_api::{add_lot, draft, publish};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicU64, Ordering};

/// What a pass lets its holder do.
pub const RIGHTS: [&str; 3] = ["checkin", "bid", "checkout"];
/// Names that no answer of the desk may have.
const SECRET: [&str; 4] = ["held", "available", "reserve", "password"];

/// A pass that is bound to this tablet.
pub struct Tablet<'h> {
    pub house: &'h House,
    pub token: String,
    n_keys: AtomicU64,
}

/// Opens a pass for everything, with these options; returns its code.
pub fn open_pass(house: &House, name: &str, sale: &str, more: &[&str]) -> String {
    let may = if more.contains(&"--may") { &[][..] } else { &["--may", "checkin,bid,checkout"] };
    let open = ["desk", "open", name, "--sale", sale];
    let opened = house.told(&[&open[..], may, more].concat());
    opened["code"].as_str().unwrap().to_owned()
}

/// Gives a code to the API.
pub fn give_code(house: &House, code: &str) -> Reply {
    house.post("/api/v1/desk/sessions").json(&json!({"code": code})).send()
}

/// A published sale of the lots A1, A2 …, each for 2,500 at once or by bids.
pub fn sale_of(house: &House, code: &str, n_lots: usize) {
    draft(house, code, &[]);
    for nth in 1..=n_lots {
        add_lot(house, code, &format!("A{nth}"), &format!("Lamp {nth}"), &["--buy-now", "2500"]);
    }
    publish(house, code);
}

/// The listing of a lot.
pub fn listing_of(house: &House, sale: &str, lot: &str) -> i64 {
    let found =
        house.get(&format!("/api/v1/listings?sale={sale}&sort=lot&state=all&limit=200")).send().done(200);
    let lots = found["listings"].as_array().unwrap();
    int(&lots.iter().find(|listing| listing["lot"] == lot).unwrap()["id"])
}

/// Buys a lot at once.
pub fn buy(house: &House, person: &Person, sale: &str, lot: &str) {
    let id = listing_of(house, sale, lot);
    house.post(&format!("/api/v1/listings/{id}/buy")).by(person).send().done(201);
}

/// A browser that holds a pass: its pages, as it loads them without scripts.
pub struct Desk<'h> {
    pub house: &'h House,
    pub cookie: String,
}

impl<'h> Desk<'h> {
    /// A browser that has opened the desk with a new pass.
    #[track_caller]
    pub fn open(house: &'h House, name: &str, sale: &str, more: &[&str]) -> Desk<'h> {
        let code = open_pass(house, name, sale, more);
        let entered = type_code(house, &code, None);
        assert_eq!((entered.status, entered.header("Location")), (303, Some("/desk")), "{entered:?}");
        Desk { house, cookie: cookie_of(&entered) }
    }

    #[track_caller]
    pub fn get(&self, path: &str) -> Reply {
        unstored(path, self.house.get(path).header("Cookie", &self.cookie).send())
    }

    #[track_caller]
    pub fn page(&self, path: &str) -> String {
        let reply = self.get(path);
        assert_eq!(reply.status, 200, "{path}: {reply:?}");
        reply.text()
    }

    /// Sends a form of the desk's own.
    #[track_caller]
    pub fn post(&self, path: &str, fields: &[(&str, &str)]) -> Reply {
        let call = self.house.post(path).header("Cookie", &self.cookie);
        unstored(path, call.header("Sec-Fetch-Site", "same-origin").form(fields).send())
    }
}

/// A page of the desk is kept nowhere.
#[track_caller]
fn unstored(path: &str, reply: Reply) -> Reply {
    assert_eq!(reply.header("Cache-Control"), Some("no-store"), "{path}: {reply:?}");
    reply
}

/// Types a code into the desk's page, in a browser that may hold a pass already.
pub fn type_code(house: &House, code: &str, cookie: Option<&str>) -> Reply {
    let mut call = house.post("/desk/open").header("Sec-Fetch-Site", "same-origin");
    if let Some(cookie) = cookie {
        call = call.header("Cookie", cookie);
    }
    call.form(&[("code", code)]).send()
}

/// The desk's cookie, which nothing else reads.
#[track_caller]
pub fn cookie_of(entered: &Reply) -> String {
    let set = entered.header("Set-Cookie").unwrap();
    assert!(
        set.contains("; Path=/desk; ") && set.contains("HttpOnly") && set.contains("SameSite=Lax"),
        "{set}"
    );
    set.split(';').next().unwrap().to_owned()
}

impl<'h> Tablet<'h> {
    /// A tablet with a new pass.
    pub fn open(house: &'h House, name: &str, sale: &str, more: &[&str]) -> Tablet<'h> {
        let code = open_pass(house, name, sale, more);
        let token = give_code(house, &code).done(201)["token"].as_str().unwrap().to_owned();
        Tablet { house, token, n_keys: AtomicU64::new(0) }
    }

    pub fn bearer(&self) -> String {
        format!("Bearer {}", self.token)
    }

    /// A key that was not used before.
    pub fn new_key(&self) -> String {
        format!("key-{}", self.n_keys.fetch_add(1, Ordering::Relaxed))
    }

    #[track_caller]
    pub fn get(&self, path: &str) -> Reply {
        let call = self.house.get(&format!("/api/v1/desk/{path}"));
        checked(call.header("Authorization", &self.bearer()).send())
    }

    /// Writes once.
    #[track_caller]
    pub fn post(&self, path: &str, body: Value) -> Reply {
        self.post_with(path, &self.new_key(), body)
    }

    /// Writes under this key.
    #[track_caller]
    pub fn post_with(&self, path: &str, key: &str, body: Value) -> Reply {
        let call = self.house.post(&format!("/api/v1/desk/{path}"));
        let call = call.header("Authorization", &self.bearer()).header("Idempotency-Key", key);
        checked(call.json(&body).send())
    }

    /// Registers a guest; their number.
    #[track_caller]
    pub fn register(&self, body: Value) -> i64 {
        int(&self.post("bidders", body).done(201)["number"])
    }

    #[track_caller]
    pub fn bill(&self, number: i64) -> Value {
        self.get(&format!("bills/{number}")).done(200)
    }

    /// Takes a payment; its id.
    #[track_caller]
    pub fn pay(&self, number: i64, amount: i64, method: &str) -> i64 {
        let body = json!({"number": number, "amount": amount, "method": method});
        int(&self.post("payments", body).done(201)["payment"]["id"])
    }

    #[track_caller]
    pub fn void(&self, payment: i64) -> Reply {
        self.post(&format!("payments/{payment}/void"), json!({"why": "a mistake"}))
    }

    /// What the till took in cash, by card, by bank and otherwise, and the number of its payments.
    #[track_caller]
    pub fn taken(&self) -> ([i64; 4], i64) {
        let till = self.get("till").done(200);
        let taken = ["cash", "card", "bank", "other"].map(|method| int(&till["taken"][method]));
        (taken, int(&till["n_payments"]))
    }
}

/// An answer of the desk is kept nowhere, and tells no secret.
#[track_caller]
fn checked(reply: Reply) -> Reply {
    assert_eq!(reply.header("Cache-Control"), Some("no-store"), "{reply:?}");
    assert!(reply.header("Set-Cookie").is_none(), "{reply:?}");
    let secret = secret_in(&reply.body());
    assert_eq!(secret, None, "{reply:?}");
    reply
}

fn secret_in(value: &Value) -> Option<String> {
    match value {
        Value::Object(fields) => fields.iter().find_map(|(name, value)| {
            if SECRET.contains(&name.as_str()) { Some(name.clone()) } else { secret_in(value) }
        }),
        Value::Array(items) => items.iter().find_map(secret_in),
        _ => None,
    }
}
