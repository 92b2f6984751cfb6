//! The caller's own funds and bills, and the listings that they bid on, have won, sell or watch.

use crate::house::views::FundsView;
use crate::store::listings::Relation;
use crate::web::app::App;
use crate::web::problem::Outcome;
use crate::web::reply::Reply;
use crate::web::request::Request;
use serde_json::json;

/// Listings on a page, unless `limit` asks for fewer.
const MAX_OWN: i64 = 500;

/// Shows the account, with its funds in minor units.
pub fn show(app: &App, request: &Request) -> Outcome<Reply> {
    let person = request.signed_in()?;
    let funds = FundsView::from(app.house.purse(person.id)?);
    let own = app.house.own_account(person.id)?;
    let mut body = json!({
        "id": person.id, "name": own.name, "email": own.email, "language": own.language,
        "verified": own.is_verified, "state": own.state.name(),
        "balance": funds.balance, "held": funds.held, "available": funds.available,
        "credit_limit": funds.credit_limit, "currency": app.settings().currency().code,
    });
    if let Some(new_email) = own.new_email {
        body["new_email"] = new_email.into();
    }
    Reply::json(200, &body)
}

/// Lists what the caller bids on or has bid on.
pub fn bids(app: &App, request: &Request) -> Outcome<Reply> {
    list(app, request, Relation::BidOn)
}

/// Lists what the caller has won.
pub fn won(app: &App, request: &Request) -> Outcome<Reply> {
    list(app, request, Relation::Won)
}

/// Lists the caller's bills: one for each sale in which they have bought something, the newest first, then one for what
/// they have bought outside of sales.
pub fn bills(app: &App, request: &Request) -> Outcome<Reply> {
    let person = request.signed_in()?;
    Reply::json(200, &json!({"bills": app.house.bills(person.id)?}))
}

/// Shows the caller's bill of a sale. Refuses `not_found` without a purchase or a bidder number there.
pub fn bill(app: &App, request: &Request, code: &str) -> Outcome<Reply> {
    let person = request.signed_in()?;
    let (bill, _) = app.house.own_bill(person.id, code)?;
    Reply::json(200, &bill)
}

/// Lists what the caller sells.
pub fn listings(app: &App, request: &Request) -> Outcome<Reply> {
    list(app, request, Relation::Selling)
}

/// Lists what the caller watches.
pub fn watched(app: &App, request: &Request) -> Outcome<Reply> {
    list(app, request, Relation::Watched)
}

fn list(app: &App, request: &Request, relation: Relation) -> Outcome<Reply> {
    let person = request.signed_in()?;
    let after = request.after("after must be the next of the previous page.")?;
    let limit = request.limit(MAX_OWN, MAX_OWN)?;
    let (listings, next) = app.house.listings_of(person.id, relation, after, limit)?;
    Reply::json(200, &json!({"listings": listings, "next": next}))
}
