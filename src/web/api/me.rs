//! What is one's own: the purse, and the listings that one bids on, has won, sells, or watches.

use crate::house::views::FundsView;
use crate::store::listings::Relation;
use crate::web::app::App;
use crate::web::problem::Outcome;
use crate::web::reply::Reply;
use crate::web::request::Request;
use serde_json::json;

/// A page of one's own listings, unless `limit` asks for fewer.
const MAX_OWN: i64 = 500;

pub fn show(app: &App, request: &Request) -> Outcome<Reply> {
    let person = request.signed_in()?;
    let funds = FundsView::from(app.house.purse(person.id)?);
    let body = json!({
        "id": person.id, "name": person.name, "email": person.email,
        "balance": funds.balance, "held": funds.held, "available": funds.available,
        "credit_limit": funds.credit_limit, "currency": app.settings().currency().code,
    });
    Reply::json(200, &body)
}

pub fn bids(app: &App, request: &Request) -> Outcome<Reply> {
    list(app, request, Relation::BidOn)
}

pub fn won(app: &App, request: &Request) -> Outcome<Reply> {
    list(app, request, Relation::Won)
}

pub fn listings(app: &App, request: &Request) -> Outcome<Reply> {
    list(app, request, Relation::Selling)
}

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
