//! `/metrics`: what an operator wants to see, as Prometheus reads it.

use super::app::App;
use super::problem::Outcome;
use super::reply::Reply;
use crate::house::doctor::Figures;

pub fn show(app: &App) -> Outcome<Reply> {
    let Figures { n_open, n_overdue, n_pending, heartbeat_age_s } = app.house.figures()?;
    let gauges = [
        ("auction_watchers", "Browsers that follow the events.", Some(app.hub.n_watchers() as i64)),
        ("auction_listings_open", "Listings that are not settled.", Some(n_open)),
        ("auction_listings_overdue", "Listings past their close that are not settled yet.", Some(n_overdue)),
        ("auction_entries_pending", "Deadlines that the OS scheduler was not seen to hold.", Some(n_pending)),
        (
            "auction_sweep_heartbeat_age_seconds",
            "Seconds since the OS scheduler last ran the sweep; absent until it did.",
            heartbeat_age_s,
        ),
    ];
    let mut text = String::new();
    for (name, help, value) in gauges {
        text.push_str(&format!("# HELP {name} {help}\n# TYPE {name} gauge\n"));
        if let Some(value) = value {
            text.push_str(&format!("{name} {value}\n"));
        }
    }
    Ok(Reply::new(200, "text/plain; version=0.0.4; charset=utf-8", text))
}
