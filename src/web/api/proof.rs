//! The proof of a listing, for anyone who recomputes its chain. No session is needed.

use crate::rules::listing::ListingId;
use crate::web::app::App;
use crate::web::problem::Outcome;
use crate::web::reply::Reply;
use crate::web::request::Request;

const USUAL_PAGE: i64 = 500;
const MAX_PAGE: i64 = 1_000;

/// Shows the chain of a listing, a page at a time.
pub fn show(app: &App, request: &Request, id: ListingId) -> Outcome<Reply> {
    let proof = app.house.proof(id, after(request)?, request.limit(USUAL_PAGE, MAX_PAGE)?)?;
    Reply::json(200, &proof)
}

/// Reads the `seq` of the bid after which a page begins; 0 for the first page. Refuses `bad_request`.
pub fn after(request: &Request) -> Outcome<i64> {
    Ok(request.after("after must be the seq of a bid.")?.unwrap_or(0))
}
