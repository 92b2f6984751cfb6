//! `/sales`: the sales that were published. A house without any has no such page.

use crate::house::sales::view::SaleLine;
use crate::rules::sale::SaleState;
use crate::web::app::App;
use crate::web::pages::parts::context::PageContext;
use crate::web::pages::sales::view::{SaleRow, Sales};
use crate::web::problem::{Outcome, Problem};
use crate::web::reply::Reply;
use crate::web::request::Request;
use std::cmp::Reverse;

/// Shows the list: running sales, then the next ones, then the past ones. Refuses `not_found` if there is none.
pub fn show(app: &App, request: &Request) -> Outcome<Reply> {
    let mut sales = app.house.sales()?;
    if sales.is_empty() {
        return Err(Problem::not_found("page"));
    }
    sales.sort_by_key(place);
    let cursor = app.house.read(|snapshot| snapshot.last_event())?.id;
    let page =
        Sales { frame: PageContext::of(request).frame(app, cursor)?, sales: sales.iter().map(row).collect() };
    Reply::page(200, &page)
}

/// Running sales first, the soonest close first; then those that open next; then the past ones, the newest first.
fn place(sale: &SaleLine) -> (u8, i64, Reverse<i64>) {
    match sale.state {
        SaleState::Draft | SaleState::Open | SaleState::Paused => (0, sale.closes_at.0, Reverse(0)),
        SaleState::Upcoming => (1, sale.opens_at.map_or(0, |at| at.0), Reverse(0)),
        SaleState::Closed | SaleState::Cancelled => (2, 0, Reverse(sale.last_closes_at.0)),
    }
}

fn row(sale: &SaleLine) -> SaleRow {
    SaleRow {
        code: sale.code.clone(),
        name: sale.name.clone(),
        state: sale.state,
        opens_at: sale.opens_at.map(|at| at.utc()),
        closes_at: sale.closes_at.utc(),
        last_closes_at: sale.last_closes_at.utc(),
        n_lots: sale.n_lots,
        n_open: sale.n_open,
    }
}
