//! Sales: the list, and one by its code. Drafts exist for the command line only.

use crate::web::app::App;
use crate::web::problem::Outcome;
use crate::web::reply::Reply;
use crate::web::request::Request;
use serde_json::json;

/// Lists the sales that were published.
pub fn list(app: &App, _: &Request) -> Outcome<Reply> {
    Reply::json(200, &json!({"sales": app.house.sales()?}))
}

/// Shows a sale. Refuses `not_found`, for a draft too.
pub fn show(app: &App, _: &Request, code: &str) -> Outcome<Reply> {
    Reply::json(200, &app.house.show_sale(code)?)
}
